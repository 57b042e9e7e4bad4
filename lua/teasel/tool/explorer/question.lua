-- What the explorer's page may ask, by name, and how it is answered. A question is a table that
-- came from a browser, so every field is checked before anything is done with it.
--
--   local answer = question.answers(subjects, {watch = false})
--   answer("decode", {run = 1, z = {{0, 1}}})   --> type, bytes, headers; or nil, message
--
-- Plain values go as JSON. Images go as their bytes, one behind the other, with {n h w c} in the
-- header X-Images: a page draws those faster than files. Files (see teasel.tool.explorer.export) go
-- with the name that they are to be saved under in X-Name.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local export = require "teasel.tool.explorer.export"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local options = require "teasel.options"

local tensor = core.tensor
local question = {}

local FAR = 1000          -- that a latent may be from 0
local ROWS = 64           -- latents that are decoded at once
local IMAGES = 100        -- of the data that are given at once
local SIDE = 8            -- of the grid of swaps
local COLUMNS = 15        -- of a traversal
local NEAREST = 8         -- images
local POINTS = 2000       -- of a plane that are given at once
local SEEDS = 1 << 30

-- fields of a question

local function integer(q, name, least, most)
  local v = q[name]
  return check.integer("explorer", name, math.type(v) == "float" and math.tointeger(v) or v, least,
    most)
end

local function list(q, name, least, most)
  local v = check.table("explorer", name, q[name])
  if #v < least or #v > most then
    fail("explorer: argument '%s': got %d items, wanted %d to %d", name, #v, least, most)
  end
  return v
end

-- numbers of images
local function index(q, name, count, most)
  local numbers = {}
  for i, v in ipairs(list(q, name, 1, most)) do
    numbers[i] = integer({[name] = v}, name, 1, count)
  end
  return tensor.tensor(numbers)
end

local function data_of(s)
  return s.run.data or fail "explorer: got a run without data, wanted one that has them"
end

-- rows of latents [n L]
local function latents(q, s, most)
  local last = s:draws() == "images" and s.run.view.latents[#s.run.view.latents]
    or fail "explorer: got a model that draws no images, wanted one that does"
  local L = last.last
  for _, row in ipairs(list(q, "z", 1, most)) do
    if #check.table("explorer", "item of 'z'", row) ~= L then
      fail("explorer: argument 'z': got a row of %d numbers, wanted %d", #row, L)
    end
    for _, v in ipairs(row) do check.number("explorer", "number in 'z'", v, -FAR, FAR) end
  end
  return tensor.tensor(q.z)
end

-- the number of a latent that can be swept
local function latent(q, s) return integer(q, "latent", 1, #s.run.view.latents) end

-- forms of an answer

local function plain(value) return "application/json", json.encode(value) end

local function images(x)
  local bytes = x:bytes()
  return "application/octet-stream", bytes:string(), {["X-Images"] = table.concat(x:shape(), " ")}
end

local function file(kind, name, bytes) return kind, bytes, {["X-Name"] = name} end

-- questions about one run, s, with its fields q

local one = {}

function one.begin(s, q)
  local o = {}
  if q.image ~= nil then
    o.image = integer(q, "image", 1, data_of(s):count())
  elseif q.pixels ~= nil then
    local hex = check.string("explorer", "pixels", q.pixels)
    if #hex % 2 ~= 0 or hex:find "%X" then
      check.wrong("explorer", "pixels", "other signs", "two hexadecimal digits for each byte")
    end
    o.pixels = hex:gsub("..", function(two) return string.char(tonumber(two, 16)) end)
  else
    o.seed, o.count = integer(q, "seed", 0, SEEDS), integer(q, "count", 1, ROWS)
  end
  return plain{z = s:begin(o):table()}
end

function one.decode(s, q) return images(s.run.view.decode(latents(q, s, ROWS))) end

function one.points(s, q)
  if s:draws() ~= "points" then
    fail "explorer: got a model that draws no points, wanted one that does"
  end
  return plain(s:points(integer(q, "seed", 0, SEEDS), integer(q, "count", 1, POINTS)))
end

function one.traverse(s, q)
  return images(s.verbs:traverse{seed = latents(q, s, 1), units = {latent(q, s)},
    count = integer(q, "count", 2, COLUMNS)})
end

function one.images(s, q)
  return images(data_of(s):images(index(q, "index", data_of(s):count(), IMAGES)))
end

function one.nearest(s, q)
  return plain{index = s:nearest(latents(q, s, 1), NEAREST):table()}
end

-- images of the data that give contents, and such that give styles
local function pair(s, q)
  local data = data_of(s)
  return data:images(index(q, "contents", data:count(), SIDE)),
    data:images(index(q, "styles", data:count(), SIDE))
end

function one.swap(s, q) return images(s.verbs:swap(pair(s, q))) end

local HOW = {pca = true, tsne = true, latents = true}

function one.map(s, q)
  if not HOW[q.how] then options.unknown("explorer: map", tostring(q.how), HOW) end
  local by_number = q.how == "latents"
  return plain(s:map{how = q.how, x = by_number and integer(q, "x", 1, 1 << 20) or nil,
    y = by_number and integer(q, "y", 1, 1 << 20) or nil})
end

function one.curves(s) return plain(s:curves()) end
function one.scores(s) return plain(s:scores()) end
function one.measure(s) return plain(s:measure()) end

function one.export(s, q)
  if not export.known[q.what] then
    options.unknown("explorer: export", tostring(q.what), export.known)
  end
  local given = {z = q.z ~= nil and latents(q, s, 1) or nil}
  if q.contents ~= nil or q.styles ~= nil then given.contents, given.styles = pair(s, q) end
  return file(export.of(s, q.what, given))
end

-- answers(subjects, {watch =}) -> f(name, fields) -> type, bytes, headers; nil, message
function question.answers(subjects, o)
  local all = {}

  function all.about()
    local runs = {}
    for i, s in ipairs(subjects) do runs[i] = s:about() end
    return plain{runs = runs, watch = o.watch}
  end

  function all.status()
    local runs = {}
    for i, s in ipairs(subjects) do
      s:refresh()
      runs[i] = s:status()
    end
    return plain{runs = runs}
  end

  local function answer(name, q)
    if all[name] then return all[name]() end
    if not one[name] then options.unknown("explorer", name, one) end
    return one[name](subjects[integer(q, "run", 1, #subjects)], q)
  end

  return function(name, q)
    local told = table.pack(pcall(answer, name, q))
    if told[1] then return table.unpack(told, 2, told.n) end
    return nil, (tostring(told[2]):gsub("^[^\n]-:%d+: ", ""))
  end
end

return question
