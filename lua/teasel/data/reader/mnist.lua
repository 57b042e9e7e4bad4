-- MNIST (LeCun et al. 1998): 60,000 training and 10,000 test images of digits, 28 x 28, in four
-- IDX files, gzipped or plain, as released. The reader takes any data set in that format.

local check = require "teasel.check"
local core = require "teasel.core"
local find = require "teasel.data.find"
local fail = require "teasel.fail"
local options = require "teasel.options"
local set = require "teasel.data.set"

local bytes = core.bytes
local mnist = {}

local LIMIT = 1 << 30   -- bytes; no IDX file of MNIST's family is near it

-- idx(path, rank) -> the bytes of an IDX file of unsigned bytes, [n, ...]; nil, message if the
-- file is missing, damaged, cut off, too long, or of another type or number of axes.
function mnist.idx(path, rank)
  local file, message = bytes.gunzip(path, LIMIT)
  if not file then return nil, message end
  local size = #file
  local head = 4 + 4 * rank
  if size < head then
    return nil, ("%s: got %d bytes, wanted a header of %d"):format(path, size, head)
  end
  local zero, kind, axes = (">I2BB"):unpack(file:string(1, 4))
  if zero ~= 0 or kind ~= 8 or axes ~= rank then
    return nil, ("%s: got the magic number %04x%02x%02x, wanted 000008%02x (bytes, %d axes)")
      :format(path, zero, kind, axes, rank, rank)
  end
  local shape, items = {}, 1
  for d = 1, rank do
    shape[d] = (">I4"):unpack(file:string(1 + 4 * d, 4 + 4 * d))
    items = items * shape[d]
    if items > LIMIT then return nil, ("%s: got sizes beyond %d bytes"):format(path, LIMIT) end
  end
  if size ~= head + items then
    return nil, ("%s: got %d bytes of items, wanted %d for the shape [%s]"):format(path,
      size - head, items, table.concat(shape, " "))
  end
  return file:drop(head, shape)
end

local FILES = {
  train = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
  test = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
}

local function read(folder, name, rank)
  for _, ending in ipairs{".gz", ""} do
    local path = folder .. "/" .. name .. ending
    local file = io.open(path, "rb")
    if file then
      file:close()
      return mnist.idx(path, rank)
    end
  end
  return nil, ("%s: found neither %s.gz nor %s"):format(folder, name, name)
end

-- the set of images [n h w] and labels [n], arrays of bytes. set:digits(index) -> [n], the digits
-- 0..9, are its labels under another name.
local function new(images, labels)
  local n, h, w = table.unpack(images:shape())
  local digits = set.new{count = n, shape = {h, w, 1}, classes = 10,
    images = function(index) return images:take(index):reshape{#index, h, w, 1} end,
    labels = function(index) return labels:take(index, 1) end}
  digits.digits = digits.labels
  return digits
end

-- open{part = "train" or "test", folder = ...} -> a set; nil, message where there is none.
-- The folder is found by teasel.data.find when it is left out, or "".
function mnist.open(given)
  local o = options.read("mnist.open", given, {part = "train", folder = ""})
  local names = FILES[o.part]
  if not names then
    fail("mnist.open: option 'part': got '%s', wanted 'train' or 'test'", o.part)
  end
  local folder, message = o.folder, nil
  if folder == "" then
    folder, message = find("mnist")
    if not folder then return nil, message end
  end
  local images, labels
  images, message = read(folder, names[1], 3)
  if not images then return nil, message end
  labels, message = read(folder, names[2], 1)
  if not labels then return nil, message end
  if #images ~= #labels then
    return nil, ("%s: got %d images and %d labels, wanted as many"):format(folder, #images, #labels)
  end
  return new(images, labels)
end

check.functions("mnist.", mnist, {idx = "path: string, rank: count"})
-- mnist{part =, folder =} -> the same as open
return setmetatable(mnist, {__call = function(_, given) return mnist.open(given) end})
