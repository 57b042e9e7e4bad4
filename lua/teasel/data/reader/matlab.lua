-- Small sets of images in .mat files of MATLAB 5 (see teasel.format.mat): an array whose columns or
-- rows are images, which mostly run down the columns of their pixels.
--
--   T.data.matlab{"face_1024.mat", images = "dataY", side = 32, factors = "dataT"}

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local files = require "teasel.data.reader.files"
local mat = require "teasel.format.mat"
local options = require "teasel.options"
local set = require "teasel.data.set"
local space = require "teasel.data.space"

local op, learn = core.op, core.learn

-- an array [a b] as [n K], given how long one axis is; nil where neither is
local function rows(file, path, name, wanted, what)
  local array, message = file:array(name)
  if not array then return nil, message end
  local shape = array.shape
  for axis = 1, #shape == 2 and 2 or 0 do
    if shape[axis] == wanted then
      local x
      if axis == 1 then x, message = file:columns(name) else x, message = file:tensor(name) end
      if x and x:size() > 0 and op.min(op.eq(x - x, 0)):item() ~= 1 then
        return nil, ("%s: '%s' has nan or inf, wanted finite numbers"):format(path, name)
      end
      return x, message
    end
  end
  return nil, ("%s: '%s' is [%s], wanted one axis of %d, %s"):format(path, name,
    table.concat(shape, " "), wanted, what)
end

-- matlab{path, ...} -> the set of the images in a file. Options:
--   path      the file; may stand without a name
--   images    the array's name: [pixels n] or [n pixels], bytes or numbers in 0..1
--   side      of an image, or {height, width}
--   across    true: pixels run along the rows of an image; false: down its columns, as MATLAB's do
--   factors   the name of an array [K n] or [n K]; names: of the factors
--   labels    the name of an array of n classes
--   sizes     how many values each of `names` has, where the images are all combinations in order
-- nil, message where the file cannot be read or has no such array.
return function(given)
  local o = files.options("matlab", given, {path = "", images = "", side = options.any,
    across = false, factors = "", names = {}, labels = "", sizes = {}})
  if o.path == "" or o.images == "" then
    fail("matlab: got %s, wanted both of 'path' and 'images'", o.path == "" and "no path"
      or "no name of images")
  end
  local h, w = o.side, o.side
  if type(h) == "table" then h, w = h[1], h[2] end
  check.integer("matlab", "option 'side'", h, 1)
  check.integer("matlab", "option 'side'", w, 1)
  local file, x, message
  file, message = mat.open(o.path)
  if not file then return nil, message end
  x, message = rows(file, o.path, o.images, h * w, "the pixels of an image")
  if not x then return nil, message end
  local n = #x
  local low, high = n > 0 and op.min(x):item() or 0, n > 0 and op.max(x):item() or 0
  local white = high > 1 and 255 or 1
  if not (low >= 0 and high <= white) then
    return nil, ("%s: '%s' has values from %g to %g, wanted bytes, or numbers in 0..1"):format(
      o.path, o.images, low, high)
  end
  x = o.across and x:reshape{n, h, w, 1} or op.permute(x:reshape{n, w, h, 1}, {1, 3, 2, 4})
  if white > 1 then x = x * (1 / white) end
  local told = {count = n, shape = {h, w, 1},
    images = function(index) return op.take(x, index, 1) end}
  if #o.sizes > 0 then
    told.space = space{names = o.names, sizes = o.sizes}
    if told.space:count() ~= n then
      fail("matlab: option 'sizes': got %d combinations, wanted %d, the images of the file",
        told.space:count(), n)
    end
  elseif o.factors ~= "" then
    told.factors, message = rows(file, o.path, o.factors, #o.names, "as many as 'names' has")
    if not told.factors then return nil, message end
    told.factor_names = o.names
  end
  if o.labels ~= "" then
    local labels
    labels, message = rows(file, o.path, o.labels, 1, "a class for each image")
    if not labels then return nil, message end
    local classes, values = learn.classes(labels:reshape{labels:size(), 1})
    told.labels, told.classes = classes:reshape{#classes}, {}
    for i, v in ipairs(values[1]) do told.classes[i] = ("%.9g"):format(v) end
  end
  for name, rows_of in pairs{factors = told.factors, labels = told.labels} do
    if #rows_of ~= n then
      return nil, ("%s: got %d %s, wanted %d, the images"):format(o.path, #rows_of, name, n)
    end
  end
  return set.new(told)
end
