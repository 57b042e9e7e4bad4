-- The sprites of Li and Mandt (2018): characters of the Liberated Pixel Cup, 64 x 64 in colour, put
-- together from the sheets that they published: body/N.png, bottomwear/N.png, topwear/N.png and
-- hair/N.png for N = 0..5, and shoes/1.png, each 13 x 21 cells of 64 x 64. A set of all 93,312
-- images, which is a grid; its classes are the nine pairs of action and direction.
--
--   T.data.lpc_sprites{folder = "Sprites"}
--
-- Option: folder; "": found by teasel.data.find as "lpc_sprites". nil, message where a sheet cannot
-- be read or has another size. The factors, from the slowest: body, bottomwear, topwear, hair (6
-- each), action (walk, spellcast, slash), direction (front, left, right), frame (8). As in the
-- authors' scripts shoes come last and everything lies on black; but colours are mixed exactly,
-- where theirs are rounded to bytes after each layer.

local core = require "teasel.core"
local files = require "teasel.data.reader.files"
local find = require "teasel.data.find"
local options = require "teasel.options"
local set = require "teasel.data.set"
local space = require "teasel.data.space"

local op, tensor = core.op, core.tensor

local SIDE, COLUMNS, ROWS, KINDS = 64, 13, 21, 6
local LAYERS = {"body", "bottomwear", "topwear", "hair"}
-- the first row of each action, and the column of each of its frames
local ACTIONS = {{"walk", 8, {8, 1, 2, 3, 4, 5, 6, 7}}, {"spellcast", 0, {0, 1, 2, 3, 4, 5, 4, 6}},
  {"slash", 12, {0, 1, 2, 3, 4, 5, 4, 0}}}
-- the row of each direction among the four of an action
local DIRECTIONS = {{"front", 2}, {"left", 1}, {"right", 3}}

local cells, classes = {}, {}
for _, action in ipairs(ACTIONS) do
  for _, direction in ipairs(DIRECTIONS) do
    classes[#classes + 1] = action[1] .. " " .. direction[1]
    for _, column in ipairs(action[3]) do
      cells[#cells + 1] = (action[2] + direction[2]) * COLUMNS + column + 1
    end
  end
end

-- the cells that are used of a sheet, [72 64 64 4]; nil, message
local function read(path)
  local x, message = core.picture.read(path, false, true)
  if not x then return nil, message end
  local height, width, channels = table.unpack(x:shape())
  if height ~= ROWS * SIDE or width ~= COLUMNS * SIDE or channels < 3 then
    return nil, ("%s: got %d x %d pixels of %d channels, wanted %d x %d in colour"):format(path,
      width, height, channels, COLUMNS * SIDE, ROWS * SIDE)
  end
  if channels == 3 then x = op.concat({x, tensor.ones{height, width, 1}}, 3) end
  x = op.permute(op.reshape(x, {ROWS, SIDE, COLUMNS, SIDE, 4}), {1, 3, 2, 4, 5})
  return op.take(op.reshape(x, {ROWS * COLUMNS, SIDE, SIDE, 4}), tensor.tensor(cells), 1)
end

-- the cells of all sheets of a layer, as bytes
local function layer(folder, names)
  local sheets = {}
  for i, name in ipairs(names) do
    local x, message = read(folder .. "/" .. name)
    if not x then return nil, message end
    sheets[i] = x
  end
  return op.concat(sheets, 1):bytes()
end

-- what a layer's cells hide of the image, and show in its place
local function over(image, cell)
  local alpha = cell[{{}, {}, {}, {4, 4}}]
  return image + (cell[{{}, {}, {}, {1, 3}}] - image) * alpha
end

return function(given)
  local o = options.read("lpc_sprites", given, {folder = ""})
  local folder, message = find("lpc_sprites", o.folder)
  if not folder then return nil, message end
  local layers, all = {}, {"shoes/1.png"}
  for i, name in ipairs(LAYERS) do
    local names = {}
    for k = 0, KINDS - 1 do names[k + 1] = ("%s/%d.png"):format(name, k) end
    layers[i], message = layer(folder, names)
    if not layers[i] then return nil, message end
    table.move(names, 1, KINDS, #all + 1, all)
  end
  local shoes
  shoes, message = layer(folder, {all[1]})
  if not shoes then return nil, message end
  local stamp
  stamp, message = files.stamp(folder, all)
  if not stamp then return nil, message end
  local digest = core.file.sha256(folder .. "\n" .. stamp)
  local grid = space{names = {"body", "bottomwear", "topwear", "hair", "action", "direction",
    "frame"}, sizes = {KINDS, KINDS, KINDS, KINDS, #ACTIONS, #DIRECTIONS, 8}}
  local each = #cells
  local function moment(levels)
    return (levels[{{}, 5}] * #DIRECTIONS + levels[{{}, 6}]) * 8 + levels[{{}, 7}] + 1
  end
  local function images(index)
    local levels = grid:levels(index)
    local at = moment(levels)
    local x = tensor.zeros{#index, SIDE, SIDE, 3}
    for i, cell in ipairs(layers) do x = over(x, cell:take(levels[{{}, i}] * each + at)) end
    return over(x, shoes:take(at))
  end
  return set.new{space = grid, shape = {SIDE, SIDE, 3}, images = images, classes = classes,
    labels = function(index)
      local levels = grid:levels(index)
      return levels[{{}, 5}] * #DIRECTIONS + levels[{{}, 6}]
    end, key = function() return digest end}
end
