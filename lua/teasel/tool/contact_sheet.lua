-- build/teasel contact_sheet NAME FILE.png [--columns 10] [--random 2] [--scale 0] [--seed 1]: what
-- a data set has, in one picture: rows of random images, and for each factor a row in which it
-- alone goes from its first value to its last, the others staying in the middle. NAME is what the
-- set is called in T.data: dsprites, digits ...
--
--   --columns N   images to a row
--   --random N    rows of random images
--   --scale N     pixels to a pixel of the set (0: so that a tile is about 64 wide)
--   --seed N      of the random images
--
--   T.contact_sheet(T.data.digits{style = 0}, {columns = 12}):save("digits.png")

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local command = require "teasel.run.command"
local core = require "teasel.core"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"

local tensor = core.tensor

local DEFAULTS = {columns = 10, random = 2, scale = 0, seed = 1}

-- `columns` integers from 0 to size - 1, as evenly as there are
local function spread(size, columns)
  local list = {}
  if size <= columns then
    for code = 0, size - 1 do list[#list + 1] = code end
    return list
  end
  for i = 0, columns - 1 do
    list[#list + 1] = columns > 1 and (i * (size - 1) + (columns - 1) // 2) // (columns - 1) or 0
  end
  return list
end

local function add(tiles, images, columns)
  for _, tile in ipairs(canvas.images(images)) do tiles[#tiles + 1] = tile end
  while #tiles % columns ~= 0 do tiles[#tiles + 1] = false end
end

local contact_sheet = {}

-- draw(set, {columns = 10, random = 2, scale = 0, seed = 1, middle =}) -> a canvas. random: rows of
-- images drawn at random; scale: pixels to a pixel, 0 for tiles of about 64; middle: {name = code},
-- what the factors are that do not move, instead of the middle of their codes. A set without a
-- space has rows of random images only, at least one.
function contact_sheet.draw(set, given)
  local o = options.read("contact_sheet", given, merged(DEFAULTS, {middle = {}}))
  check.integer("contact_sheet", "option 'columns'", o.columns, 1, 1000)
  check.integer("contact_sheet", "option 'random'", o.random, 0, 1000)
  local tiles, labels, stream = {}, {}, core.rand.stream(o.seed, "contact sheet")
  for row = 1, set.space and o.random or math.max(1, o.random) do
    add(tiles, (set:batch(stream, o.columns)), o.columns)
    labels[#labels + 1] = row == 1 and "random" or ""
  end
  local names = set.space and set.space.names or {}
  local middle = {}
  for k, name in ipairs(names) do
    middle[k] = o.middle[name] or set.space.sizes[k] // 2
  end
  for k, name in ipairs(names) do
    local codes, rows = spread(set.space.sizes[k], o.columns), {}
    for i, code in ipairs(codes) do
      rows[i] = table.move(middle, 1, #middle, 1, {})
      rows[i][k] = code
    end
    add(tiles, set:images(set.space:index(tensor.tensor(rows))), o.columns)
    labels[#labels + 1] = #codes == set.space.sizes[k] and ("%s\n%d"):format(name, #codes)
      or ("%s\n%d of %d"):format(name, #codes, set.space.sizes[k])
  end
  return canvas.grid(tiles, {columns = o.columns, row_labels = labels, scale = o.scale})
end

check.functions("contact_sheet.", contact_sheet, {draw = "set: set"})

setmetatable(contact_sheet, {__call = function(_, ...) return contact_sheet.draw(...) end})

if ... ~= "teasel.tool.contact_sheet" then
  local name, path = arg[1], arg[2]
  if name == "--help" then return command.show_head "contact_sheet" end
  if not name or not path or name:find "^%-" or path:find "^%-" then
    command.fail "contact_sheet: wanted the name of a data set and of a file: digits sheet.png"
  end
  local o = command.read(table.move(arg, 3, #arg, 1, {}), DEFAULTS)
  local found, generator = pcall(function() return require("teasel").data[name] end)
  if not found then command.fail("contact_sheet: %s", generator) end
  local set, message = generator{}
  if not set then command.fail("contact_sheet: %s", message) end
  local ok, why = contact_sheet.draw(set, merged(o)):save(path)
  if not ok then command.fail("contact_sheet: %s", why) end
  print(path)
end

return contact_sheet
