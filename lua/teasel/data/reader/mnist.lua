-- MNIST (LeCun et al. 1998): 60,000 training and 10,000 test images of digits, 28 x 28, in four
-- IDX files, gzipped or plain, as released. The reader takes any data set in that format.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local find = require "teasel.data.find"
local fail = require "teasel.lib.fail"
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

-- labels(path) -> the same of labels, which some sets have as integers of four bytes, a tensor then
local function labels_of(path)
  local f = io.open(path, "rb")
  local head = f and f:read(4)
  if f then f:close() end
  local file = head == "\0\0\12\1" and bytes.gunzip(path, LIMIT)
  if not file then return mnist.idx(path, 1) end
  local n = #file >= 8 and (">I4"):unpack(file:string(5, 8))
  if not n or #file ~= 8 + 4 * n then
    return nil, ("%s: got %d bytes, wanted 8 and four for each label"):format(path, #file)
  end
  return core.archive.unpack(file:string(9, #file), ">i4", {n})
end

local FILES = {
  train = {"train-images", "train-labels"},
  test = {"t10k-images", "t10k-labels"},
  emnist_test = {"test-images", "test-labels"},
}

-- the first of the names that a file may have, unpacked or gzipped
local function read(folder, name, endings, how)
  for _, ending in ipairs(endings) do
    for _, packed in ipairs{".gz", ""} do
      local path = folder .. "/" .. name .. ending .. packed
      local file = io.open(path, "rb")
      if file then
        file:close()
        return how(path)
      end
    end
  end
  local likely = name .. endings[1]
  return nil, ("%s: found neither %s.gz nor %s"):format(folder, likely, likely)
end

-- the set of images [n h w] and labels [n]. set:digits(index) -> [n], the digits 0..9, are its
-- labels under another name.
local function new(images, labels, transposed)
  local n, h, w = table.unpack(images:shape())
  if getmetatable(labels) ~= core.tensor.metatable then labels = labels:take(nil, 1) end
  local most = n > 0 and math.tointeger(core.op.max(labels):item()) or 0
  local digits = set.new{count = n, shape = transposed and {w, h, 1} or {h, w, 1},
    classes = math.max(10, most + 1), labels = labels, images = function(index)
      local x = images:take(index):reshape{#index, h, w, 1}
      return transposed and core.op.permute(x, {1, 3, 2, 4}) or x
    end}
  digits.digits = digits.labels
  return digits
end

-- open{part = "train" or "test", folder =, prefix =} -> a set; nil, message where there is none.
-- The folder is found by teasel.data.find when it is left out, or "". Fashion-MNIST and KMNIST are
-- other folders of the same files; a prefix is for EMNIST, "emnist-letters-", whose images lie on
-- their side and are turned. Names with a dot, train-images.idx3-ubyte, are known too.
function mnist.open(given)
  local o = options.read("mnist.open", given, {part = "train", folder = "", prefix = ""})
  if o.part ~= "train" and o.part ~= "test" then
    fail("mnist.open: option 'part': got '%s', wanted 'train' or 'test'", o.part)
  end
  local emnist = o.prefix ~= ""
  local names = FILES[emnist and o.part == "test" and "emnist_test" or o.part]
  local folder, message = o.folder, nil
  if folder == "" then
    folder, message = find("mnist")
    if not folder then return nil, message end
  end
  local images, labels
  images, message = read(folder, o.prefix .. names[1], {"-idx3-ubyte", ".idx3-ubyte"},
    function(path) return mnist.idx(path, 3) end)
  if not images then return nil, message end
  labels, message = read(folder, o.prefix .. names[2], {"-idx1-ubyte", ".idx1-ubyte",
    "-idx1-int"}, labels_of)
  if not labels then return nil, message end
  if #images ~= #labels then
    return nil, ("%s: got %d images and %d labels, wanted as many"):format(folder, #images, #labels)
  end
  return new(images, labels, emnist)
end

check.functions("mnist.", mnist, {idx = "path: string, rank: count"})

-- mnist{part =, folder =} -> the same as open
return setmetatable(mnist, {__call = function(_, given) return mnist.open(given) end})
