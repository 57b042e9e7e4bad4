-- MNIST (LeCun et al. 1998): 60,000 training and 10,000 test images of digits, 28 x 28, in four
-- IDX files, gzipped or plain, as released. T.data.idx reads single files of that format.

local core = require "teasel.core"
local drawn = require "teasel.data.generator.digits"
local find = require "teasel.data.find"
local fail = require "teasel.lib.fail"
local idx = require "teasel.data.reader.idx"
local opening = require "teasel.lib.opening"
local options = require "teasel.options"
local set = require "teasel.data.set"

local mnist = {}

local FILES = {
  train = {"train-images", "train-labels"},
  test = {"t10k-images", "t10k-labels"},
  emnist_test = {"test-images", "test-labels"},
}

-- the path of the first file that is there of the names that it may have, unpacked or gzipped
local function locate(folder, name, endings)
  for _, ending in ipairs(endings) do
    for _, packed in ipairs{".gz", ""} do
      local path = folder .. "/" .. name .. ending .. packed
      if core.disk.stat(path) then return path end
    end
  end
  local likely = name .. endings[1]
  return nil, ("%s: found neither %s.gz nor %s"):format(folder, likely, likely)
end

local warned = false

-- Drawn digits for the pictures of a run that was trained on MNIST, where MNIST is not.
local function stand_in(message)
  if not warned then io.stderr:write(message, ": drawn digits stand in for it\n") end
  warned = true
  local all = drawn{size = 2, posX = 1, posY = 1}
  local digits = set.new{count = all:count(), shape = {28, 28, 1}, classes = 10,
    images = function(index) return all:images(index) end,
    labels = function(index) return all:labels(index) end}
  digits.digits = digits.labels
  return digits
end

-- open{part = "train" or "test", folder =, prefix =} -> a set; nil, message where there is none.
-- The folder is found by teasel.data.find when it is left out, or "". Fashion-MNIST and KMNIST are
-- other folders of the same files; a prefix is for EMNIST, "emnist-letters-", whose images lie on
-- their side and are turned. Names with a dot, train-images.idx3-ubyte, are known too. Where a run
-- is opened, not trained, and MNIST is missing, drawn digits take its place, and a line says so.
function mnist.open(given)
  local o = options.read("mnist.open", given, {part = "train", folder = "", prefix = ""})
  if o.part ~= "train" and o.part ~= "test" then
    fail("mnist.open: option 'part': got '%s', wanted 'train' or 'test'", o.part)
  end
  local emnist = o.prefix ~= ""
  local names = FILES[emnist and o.part == "test" and "emnist_test" or o.part]
  local folder, message = find("mnist", o.folder)
  if not folder and #opening > 0 then return stand_in(message) end
  if not folder then return nil, message end
  local images, labels, digits
  images, message = locate(folder, o.prefix .. names[1], {"-idx3-ubyte", ".idx3-ubyte"})
  if not images then return nil, message end
  labels, message = locate(folder, o.prefix .. names[2], {"-idx1-ubyte", ".idx1-ubyte",
    "-idx1-int"})
  if not labels then return nil, message end
  digits, message = idx{images = images, labels = labels, turned = emnist}
  if not digits then return nil, message end
  digits.digits = digits.labels
  return digits
end

-- mnist{part =, folder =} -> the same as open
return setmetatable(mnist, {__call = function(_, given) return mnist.open(given) end})
