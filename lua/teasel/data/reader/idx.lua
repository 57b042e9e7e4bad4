-- IDX files, the format of MNIST and its kind (Fashion-MNIST, KMNIST, EMNIST): images and labels in
-- a file each, gzipped or plain, as a data set.
--
--   T.data.idx{images = "kmnist/train-images-idx3-ubyte.gz",
--     labels = "kmnist/train-labels-idx1-ubyte.gz"}
--
-- Labels are bytes or integers of four bytes. T.data.mnist finds the files of a folder by their
-- usual names.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local set = require "teasel.data.set"

local bytes = core.bytes
local idx = {}

local MOST = 65536      -- classes
local LIMIT = 1 << 30   -- bytes; no file of MNIST's family is near it

-- read(path, rank) -> the bytes of an IDX file of unsigned bytes, [n, ...]; nil, message if the
-- file is missing, damaged, cut off, too long, or of another type or number of axes.
function idx.read(path, rank)
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

-- labels(path) -> the labels of a file: bytes [n], or a tensor [n] where it has integers of four
-- bytes; nil, message
function idx.labels(path)
  local file = core.file.head(path, 4) == "\0\0\12\1" and bytes.gunzip(path, LIMIT)
  if not file then return idx.read(path, 1) end
  local n = #file >= 8 and (">I4"):unpack(file:string(5, 8))
  if not n or #file ~= 8 + 4 * n then
    return nil, ("%s: got %d bytes, wanted 8 and four for each label"):format(path, #file)
  end
  return core.archive.unpack(file:string(9, #file), ">i4", {n})
end

-- the set of images [n h w] and labels [n], of 0..9 at least, or none; nil, message
local function new(images, labels, turned)
  local n, h, w = table.unpack(images:shape())
  local classes
  if labels then
    if getmetatable(labels) ~= core.tensor.metatable then labels = labels:take(nil, 1) end
    if n ~= #labels then
      return nil, ("got %d images and %d labels, wanted as many"):format(n, #labels)
    end
    local low = n > 0 and core.op.min(labels):item() or 0
    local high = n > 0 and core.op.max(labels):item() or 0
    if low < 0 or high >= MOST then
      return nil, ("got the label %g, wanted 0..%d"):format(low < 0 and low or high, MOST - 1)
    end
    classes = math.max(10, math.tointeger(high) + 1)
  end
  return set.new{count = n, shape = turned and {w, h, 1} or {h, w, 1}, classes = classes,
    labels = labels, images = function(index)
      local x = images:take(index):reshape{#index, h, w, 1}
      return turned and core.op.permute(x, {1, 3, 2, 4}) or x
    end}
end

check.functions("idx.", idx, {read = "path: string, rank: count", labels = "path: string"})

-- idx{images = path, labels = path, turned = false} -> the set; nil, message where a file is
-- missing or damaged, or there are not as many labels as images. Without labels there are no
-- classes. turned: rows and columns are exchanged, as EMNIST's images have to be.
return setmetatable(idx, {__call = function(_, given)
  local o = options.read("idx", given, {images = "", labels = "", turned = false})
  if o.images == "" then fail "idx: got no option 'images', wanted the path of a file" end
  local images, message = idx.read(o.images, 3)
  if not images then return nil, message end
  local labels
  if o.labels ~= "" then
    labels, message = idx.labels(o.labels)
    if not labels then return nil, message end
  end
  local made
  made, message = new(images, labels, o.turned)
  if not made then return nil, ("%s, %s: %s"):format(o.images, o.labels, message) end
  return made
end})
