-- dSprites (Matthey et al. 2017): 737,280 binary images of 64 x 64 pixels, of every combination of
-- five factors. They are drawn on demand by csrc/image/sprite.c, or come from a file of the
-- release.
--
--   local dsprites = require "teasel.data.generator.dsprites"
--   local data = dsprites{}                                -- all
--   local data = dsprites{shape = 2, scale = {0, 5}}       -- hearts, the smallest and the largest
--   local data = dsprites.open("dsprites.hdf5")            -- the same from the released file
--   local x, factors = data:batch(stream, 64)               -- [64 64 64 1] of 0 and 1, [64 5]
--
-- data is a set (see teasel.data.set), data.space its space. The factors, from the slowest:
--
--   shape         3   square, ellipse, heart; 1, 2, 3
--   scale         6   .5, .6, ... 1
--   orientation  40   0 to 2 pi inclusive, so that the last is the first again
--   posX, posY   32   0 to 1, the centre's way from pixel 16 to 48, y down
--
-- The release has a sixth factor before these, a colour that is always white. It has no part in
-- the space, and stands in exported files as class 0, value 1.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local options = require "teasel.options"
local ramp = require("teasel.data.drawn").ramp
local space = require "teasel.data.space"

local op, tensor, file = core.op, core.tensor, core.file

local whole = space{
  names = {"shape", "scale", "orientation", "posX", "posY"},
  sizes = {3, 6, 40, 32, 32},
  values = {shape = {1, 2, 3}, scale = {.5, .6, .7, .8, .9, 1},
    orientation = ramp(0, 2 * math.pi, 40), posX = ramp(0, 1, 32), posY = ramp(0, 1, 32)},
  labels = {shape = {"square", "ellipse", "heart"}},
}

local SIDE = 64
local SHAPE = {SIDE, SIDE, 1}
local SLAB = 4096   -- images that are read or written at a time

local dsprites = {}

-- The given options checked against those of `known` and the factors of s, and apart from them
-- the levels given for factors.
local function read(who, given, s, known)
  for _, name in ipairs(s.names) do known[name] = options.any end
  local o, chosen = options.read(who, given, known), {}
  for _, name in ipairs(s.names) do chosen[name] = o[name] end
  return o, chosen
end

-- The number of images of a file with the layout of the release; nil, message for another one.
local function count_images(path)
  local list, message = file.import_list(path)
  if not list then return nil, message end
  local shapes = {}
  for _, entry in ipairs(list) do shapes[entry.name] = table.concat(entry.shape, " ") end
  local imgs, classes = shapes["imgs"] or "none", shapes["latents/classes"] or "none"
  local n = math.tointeger(classes:match("^(%d+) 6$"))
  if not n or n < 1 or n > whole:count() or imgs ~= ("%d %d %d"):format(n, SIDE, SIDE) then
    return nil, ("'%s': got imgs [%s] and latents/classes [%s], wanted [n %d %d] and [n 6]"):format(
      path, imgs, classes, SIDE, SIDE)
  end
  return n
end

-- the n images of a file, a bit for a pixel: 377 MB for all
local function read_images(path, n)
  local bits = core.sprite.bits(n)
  for first = 1, n, SLAB do
    local bytes, message = file.import_read(path, "imgs", {type = "uint8", first = first,
      count = math.min(SLAB, n - first + 1)})
    if not bytes then return nil, message end
    if not bits:put(first, bytes) then
      return nil, ("'%s': imgs has other values than 0 and 1 from image %d on"):format(path, first)
    end
  end
  return bits
end

-- the levels of a column in the order of their first appearance
local function levels_of(column, size)
  local levels, first = {}, {}
  for level = 0, size - 1 do
    local is = op.eq(column, level)
    if op.max(is):item() == 1 then
      levels[#levels + 1], first[level] = level, op.argmax(is, 1):item()
    end
  end
  table.sort(levels, function(a, b) return first[a] < first[b] end)
  return levels
end

-- The space whose points are the rows of classes [n 6], in order; nil when there is none. A factor
-- that is constant in the file is not a factor of it.
local function find_space(classes)
  local n, chosen, free = #classes, {}, 0
  local rows = op.slice(classes, {1, 2}, {n, 6})
  for k, name in ipairs(whole.names) do
    local levels = levels_of(whole:column(rows, k), whole.sizes[k])
    if #levels == 0 then return nil end
    chosen[name] = #levels > 1 and levels or levels[1]
    free = free + (#levels > 1 and 1 or 0)
  end
  local part = free > 0 and whole:select(chosen)
  if part and part:count() == n and
     op.min(op.eq(part:outer(part:enumerate()), rows)):item() == 1 then
    return space{names = part.names, sizes = part.sizes, values = part.values,
      labels = part.labels}
  end
end

-- open(path [, options]) -> the set of an HDF5 file, the released one or one that `export` wrote;
-- nil, message when it cannot be read. Options: levels of its factors, as for dsprites{}.
function dsprites.open(path, given)
  local n, images, classes, message
  n, message = count_images(path)
  if not n then return nil, message end
  classes, message = file.import_read(path, "latents/classes", {type = "uint8"})
  if not classes then return nil, message end
  local s = find_space(core.bytes.bytes(classes, {n, 6}):take(nil, 1, 0))
  if not s then
    return nil, ("'%s': its %d images are not all combinations of some levels in their order")
      :format(path, n)
  end
  local _, chosen = read("dsprites.open", given, s, {})
  local part = s:select(chosen)
  images, message = read_images(path, n)
  if not images then return nil, message end
  return space.set(part, function(index) return images:reals(index) end,
    function() return file.sha256(images:string()) end, SHAPE)
end

-- a function levels [n 5] -> n rows of a file: 6 numbers in the given format, the colour's and
-- those that values_of(k) lists for the levels of factor k
local function row_writer(format, colour, values_of)
  local packed = {}
  for k = 1, #whole.names do
    packed[k] = {}
    for level, value in ipairs(values_of(k)) do packed[k][level - 1] = format:pack(value) end
  end
  local head = format:pack(colour)
  return function(levels)
    local parts = {}
    for _, row in ipairs(levels:table()) do
      parts[#parts + 1] = head
      for k, level in ipairs(row) do parts[#parts + 1] = packed[k][math.tointeger(level)] end
    end
    return table.concat(parts)
  end
end

local function classes_of(k)
  local list = {}
  for level = 0, whole.sizes[k] - 1 do list[level + 1] = level end
  return list
end

local function values_of(k) return whole.values[whole.names[k]] end

-- export(path [, options]) -> true: writes a file with the layout of the release, imgs [n 64 64],
-- latents/classes and latents/values [n 6]; nil, message when that fails, and no file then.
-- Options: levels of the factors, as for dsprites{}; gzip, 0 (none) to 9.
function dsprites.export(path, given)
  local o, chosen = read("dsprites.export", given, whole, {gzip = 4})
  local part = whole:select(chosen)
  local n = part:count()
  local sets = {
    {"imgs", "uint8", {n, SIDE, SIDE}, function(_, index) return core.sprite.bytes(index) end},
    {"latents/classes", "int64", {n, 6}, row_writer("<i8", 0, classes_of)},
    {"latents/values", "float64", {n, 6}, row_writer("<d", 1, values_of)},
  }
  local out <close>, message = file.export(path)
  if not out then return nil, message end
  for i, set in ipairs(sets) do
    local number, why = out:dataset(set[1], set[2], set[3], o.gzip)
    if number ~= i then return nil, why end
  end
  for first = 1, n, SLAB do
    local index = part:origin(tensor.arange(first, math.min(first + SLAB - 1, n)))
    local levels = whole:levels(index)
    for i, set in ipairs(sets) do
      local ok, why = out:rows(i, set[4](levels, index))
      if not ok then return nil, why end
    end
  end
  return out:close()
end

-- dsprites{path =, shape =, scale =, ...} -> the set of all images, or of those with the given
-- levels: a number fixes a factor and takes it out of the space, a list keeps it with these levels.
-- With a path, the images come from that file; see open.
check.functions("dsprites.", dsprites, {open = "path: string", export = "path: string"})

return setmetatable(dsprites, {__call = function(_, given)
  local o, chosen = read("dsprites", given, whole, {path = options.any})
  if o.path then return dsprites.open(o.path, chosen) end
  return space.set(whole:select(chosen), core.sprite.reals, function() return "dsprites" end, SHAPE)
end})
