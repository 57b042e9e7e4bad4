-- What the explorer's page saves: figures as PNG, moving ones as APNG, numbers as CSV.
--
--   export.known            -- the names of all, as keys
--   export.of(subject, "strips", {z = z}) -> type, name of the file, bytes

local canvas = require "teasel.plot.canvas"
local core = require "teasel.core"
local csv = require "teasel.format.csv"
local fail = require "teasel.lib.fail"
local content_figure = require "teasel.report.content_figure"
local figure = require "teasel.plot.figure"
local ops = require "teasel.op.composed"
local show = require "teasel.tool.repl.show"

local export = {}

local PNG, APNG, CSV = "image/png", "image/apng", "text/csv; charset=utf-8"

-- The bytes of the file that write(path) makes.
local function bytes_of(write)
  local bytes, message = show.drawn(write, core.file.read)
  return bytes or fail("export: %s", message)
end

-- the latents in the order and with the names that the page has
local function shown(s)
  local units, labels = {}, {}
  for i, latent in ipairs(s:latents()) do
    units[i] = latent.number
    labels[i] = table.concat({latent.name, table.unpack(latent.follows or {})}, "\n")
  end
  return units, labels
end

local known = {}

function known.image(s, given)
  local grid = canvas.grid(canvas.images(s.run.view.decode(given.z)), {gap = 0})
  return PNG, "image.png", grid:png()
end

function known.strips(s, given)
  local units, labels = shown(s)
  return PNG, "traversal.png", bytes_of(function(path)
    return figure.traversal(path, s.run.view, {base = given.z, units = units, labels = labels})
  end)
end

function known.film(s, given)
  local units = shown(s)
  return APNG, "traversal.png", bytes_of(function(path)
    return figure.movie(path, s.run.view, {base = given.z, units = units})
  end)
end

function known.swaps(s, given)
  return PNG, "swaps.png", bytes_of(function(path)
    return content_figure.swap(path, s.run.view, given.contents, given.styles, {title = s:name()})
  end)
end

local function table_of(columns, names)
  return bytes_of(function(path) return csv.write(path, columns, {names = names}) end)
end

function known.codes(s)
  local found = s:found() or fail "export: got a run without codes of its data"
  local columns, names = {image = found.items:table()}, {"image"}
  local function add(name, x, k)
    names[#names + 1] = name
    columns[name] = ops.slice(x, 2, k, k):reshape{#x}:table()
  end
  for d = 1, found.codes:shape()[2] do add(s.run.view:code_name(d), found.codes, d) end
  for k, name in ipairs(found.factors and found.data.factor_names or {}) do
    add(name, found.factors, k)
  end
  return CSV, "codes.csv", table_of(columns, names)
end

function known.curves(s)
  local told = s:curves()
  local columns, names = {step = told.step}, {"step"}
  for name, values in pairs(told.terms) do
    columns[name], names[#names + 1] = values, name
  end
  table.sort(names, function(a, b) return b ~= "step" and (a == "step" or a < b) end)
  return CSV, "curves.csv", table_of(columns, names)
end

function known.scores(s)
  local names, values = {}, {}
  for i, row in ipairs(s:scores().rows) do names[i], values[i] = row.name, row.value end
  if #names == 0 then fail "export: got a run without scores" end
  return CSV, "scores.csv", table_of({score = names, value = values}, {"score", "value"})
end

export.known = known

-- what files are made of besides the run
local FROM = {image = {"z"}, strips = {"z"}, film = {"z"}, swaps = {"contents", "styles"}}
local KINDS = {z = "latents", contents = "images", styles = "images"}

-- of(s, what, given) -> the type, the name and the bytes of a file. given: z, latents [1 L] that
-- images begin at; contents and styles, images of swaps.
function export.of(s, what, given)
  for _, name in ipairs(FROM[what] or {}) do
    if not given[name] then
      fail("export: got no %s '%s', wanted those that it begins at", KINDS[name], name)
    end
  end
  local kind, name, bytes = known[what](s, given)
  return kind, ("%s-%s"):format(s:name(), name), bytes
end

return export
