-- smallNORB (LeCun et al. 2004): 50 toys of 5 kinds, each from 9 elevations, 18 azimuths and in 6
-- lights, by two cameras, 96 x 96, grey; training and test have other toys. Read from its binary
-- matrices, as released, gzipped or unpacked.
--
--   local norb = T.data.norb{folder = "smallnorb", part = "train"}
--   norb.factor_names      -- instance, elevation, azimuth, lighting; its classes are the kinds
--
-- Options: folder ("": found by teasel.data.find as "smallnorb"), part ("train" or "test"), camera
-- (1 or 2). The images are no grid in their order. nil, message where a file cannot be read.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local find = require "teasel.data.find"
local options = require "teasel.options"
local set = require "teasel.data.set"

local bytes = core.bytes
local LIMIT = 1 << 30
local BYTE, INT32 = 0x1e3d4c55, 0x1e3d4c54

local NAMES = {
  train = "smallnorb-5x46789x9x18x6x2x96x96-training-",
  test = "smallnorb-5x01235x9x18x6x2x96x96-testing-",
}

local KINDS = {"animal", "human", "airplane", "truck", "car"}

-- The bytes of a binary matrix and its shape: magic, number of axes, at least three sizes, items.
local function matrix(path, wanted, rank)
  local file, message = bytes.gunzip(path, LIMIT)
  if not file then return nil, message end
  local head = 8 + 4 * math.max(rank, 3)
  if #file < head then
    return nil, ("%s: got %d bytes, wanted a head of %d"):format(path, #file, head)
  end
  local magic, axes = ("<I4I4"):unpack(file:string(1, 8))
  if magic ~= wanted or axes ~= rank then
    return nil, ("%s: got the magic number %08x and %d axes, wanted %08x and %d"):format(path,
      magic, axes, wanted, rank)
  end
  local shape, size = {}, wanted == INT32 and 4 or 1
  for d = 1, rank do
    shape[d] = ("<I4"):unpack(file:string(5 + 4 * d, 8 + 4 * d))
    size = size * shape[d]
    if size > LIMIT then return nil, ("%s: got sizes beyond %d bytes"):format(path, LIMIT) end
  end
  if #file ~= head + size then
    return nil, ("%s: got %d bytes of items, wanted %d for the shape [%s]"):format(path,
      #file - head, size, table.concat(shape, " "))
  end
  if wanted == BYTE then return file:drop(head, shape), shape end
  local x, why = core.archive.unpack(file:string(head + 1, #file), "<i4", shape)
  if not x then return nil, ("%s: %s"):format(path, why) end
  return x, shape
end

local function open(folder, name, wanted, rank)
  for _, ending in ipairs{".mat.gz", ".mat"} do
    local path = folder .. "/" .. name .. ending
    if core.disk.stat(path) then return matrix(path, wanted, rank) end
  end
  return nil, ("%s: found neither %s.mat.gz nor %s.mat"):format(folder, name, name)
end

return function(given)
  local o = options.read("norb", given, {folder = "", part = "train", camera = 1})
  if not NAMES[o.part] then
    fail("norb: option 'part': got '%s', wanted 'train' or 'test'", o.part)
  end
  if o.camera ~= 1 and o.camera ~= 2 then
    fail("norb: option 'camera': got %s, wanted 1 or 2", tostring(o.camera))
  end
  local folder, message = find("smallnorb", o.folder)
  if not folder then return nil, message end
  local images, kinds, factors
  images, message = open(folder, NAMES[o.part] .. "dat", BYTE, 4)
  if not images then return nil, message end
  kinds, message = open(folder, NAMES[o.part] .. "cat", INT32, 1)
  if not kinds then return nil, message end
  factors, message = open(folder, NAMES[o.part] .. "info", INT32, 2)
  if not factors then return nil, message end
  local n, _, h, w = table.unpack(images:shape())
  if #kinds ~= n or #factors ~= n or factors:shape()[2] ~= 4 or images:shape()[2] ~= 2 then
    return nil, ("%s: got %d pairs of images, %d kinds and %d rows of factors, wanted as many")
      :format(folder, n, #kinds, #factors)
  end
  for i, kind in ipairs(kinds:table()) do
    if kind < 0 or kind >= #KINDS then
      return nil, ("%s: got the kind %.9g for pair %d, wanted 0..%d"):format(folder, kind, i,
        #KINDS - 1)
    end
  end
  return set.new{count = n, shape = {h, w, 1}, labels = kinds, classes = KINDS,
    factor_names = {"instance", "elevation", "azimuth", "lighting"}, factors = factors,
    images = function(index)
      local both = images:take(index):reshape{#index, 2, h, w}
      return both:slice(2, o.camera, o.camera):reshape{#index, h, w, 1}
    end}
end
