-- Networks written from left to right, as the tables of the papers have them. A sequential knows
-- the shape of what comes out of it, so that a line says only what comes next:
--
--   local s = sequential({28, 28, 1}, {activation = nn.leaky_relu(0.1), norm = nn.batch_norm})
--   s:conv(64, {norm = false}):conv(128):linear(1024)
--   local network, features = s:chain(), s:size()
--
-- Convolutions are 4 x 4 with stride 2 and padding 1: they halve an image, transposed ones double
-- it; with same = true the stride is 1, and it keeps its size. Behind each layer comes a norm,
-- where there is one, and then the activation. A layer with a norm has no bias, since the norm
-- would take it out.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local layer = require "teasel.lib.layer"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op = core.op

local Sequential = {}
Sequential.__index = Sequential

local SETTINGS = {activation = options.any, norm = options.any, init = options.any,
  bias = options.any, spectral = false}
local OF_A_LAYER = {norm = options.any, last = false}
local OF_A_KERNEL = {norm = options.any, last = false, same = false}

-- sequential(shape, options) -> an empty one, for items of this shape: {n}, or {h, w, c} of images.
-- Options, of all layers: activation, a layer (default: none); norm, a function of the number of
-- channels that gives a layer (false: none); init and bias, as of the layers of teasel.nn (one
-- with norm has no bias); spectral (false): layers with weights have spectral norm. What has
-- the wrong form is an error.
local function new(shape, given)
  check.list("sequential", "shape", shape, check.count)
  if #shape ~= 1 and #shape ~= 3 then
    check.wrong("sequential", "shape", shape, "{n} or {h, w, c}")
  end
  local o = options.read("sequential", given, SETTINGS)
  for _, name in ipairs{"norm", "init", "bias"} do
    local given = o[name] ~= (name == "bias" and true or nil) and o[name]
    if given then check.callable("sequential", "option '" .. name .. "'", given) end
  end
  return setmetatable({shape = table.move(shape, 1, #shape, 1, {}), settings = o, list = {}},
    Sequential)
end

-- size() -> how many numbers come out of it for an item
function Sequential:size()
  local n = 1
  for _, m in ipairs(self.shape) do n = n * m end
  return n
end

-- add(layer) -> itself, with any layer at the end that keeps the shape, or that ends the network
function Sequential:add(layer)
  self.list[#self.list + 1] = layer
  return self
end

-- One more layer of `make`, with n_out channels or units, and what comes behind it.
local function block(self, make, n_in, n_out, form, o)
  local s = self.settings
  local norm = s.norm
  if o.norm ~= nil then norm = o.norm end
  if o.last then norm = false end
  form.init, form.bias = s.init, not norm and (s.bias == nil or s.bias)
  local made = make(n_in, n_out, form)
  self:add(s.spectral and nn.spectral(made) or made)
  if norm then self:add(norm(n_out)) end
  if s.activation and not o.last then self:add(s.activation) end
  return self
end

local function image(self, who, least)
  local h, w, c = table.unpack(self.shape)
  if not c or h < least or w < least then
    fail("sequential:%s: got items of the shape [%s], wanted images [h w c] of %d pixels or more",
      who, table.concat(self.shape, " "), least)
  end
  return h, w, c
end

-- 4 x 4: by steps of two pixels, or of one with as many zeros as keep the size
local function windows(o)
  if o.same then return {kernel = 4, stride = 1, pad = {1, 2, 1, 2}} end
  return {kernel = 4, stride = 2, pad = 1}
end

-- conv(channels, options) -> itself, with a convolution that halves the image. Options, of all
-- three kinds of layers: norm, in place of that of all layers; last (false): neither norm nor
-- activation, and a bias; of kernels also same (false): the image keeps its size.
function Sequential:conv(channels, given)
  local o = options.read("sequential", given, OF_A_KERNEL)
  local h, w, c = image(self, "conv", o.same and 1 or 2)
  block(self, nn.conv, c, channels, windows(o), o)
  self.shape = o.same and {h, w, channels} or {h // 2, w // 2, channels}
  return self
end

-- deconv(channels, options) -> itself, with a transposed convolution that doubles the image;
-- options as conv
function Sequential:deconv(channels, given)
  local o = options.read("sequential", given, OF_A_KERNEL)
  local h, w, c = image(self, "deconv", 1)
  block(self, nn.deconv, c, channels, windows(o), o)
  self.shape = o.same and {h, w, channels} or {2 * h, 2 * w, channels}
  return self
end

-- flatten() -> itself, with images made lists of numbers; without images it stays as it is
function Sequential:flatten()
  if #self.shape > 1 then
    self:add(nn.flatten)
    self.shape = {self:size()}
  end
  return self
end

-- linear(units, options) -> itself, with a fully connected layer; images are flattened before.
-- Options as conv
function Sequential:linear(units, given)
  self:flatten()
  block(self, nn.linear, self.shape[1], units, {}, options.read("sequential", given, OF_A_LAYER))
  self.shape = {units}
  return self
end

-- reshape(shape) -> itself, with items made this shape, {h, w, c}, of as many numbers
function Sequential:reshape(shape)
  check.list("sequential:reshape", "shape", shape, check.count)
  local n = 1
  for _, m in ipairs(shape) do n = n * m end
  if #shape ~= 3 or n ~= self:size() then
    fail("sequential:reshape: got the shape [%s], wanted {h, w, c} of %d numbers",
      table.concat(shape, " "), self:size())
  end
  self:add(nn.reshape(shape))
  self.shape = table.move(shape, 1, #shape, 1, {})
  return self
end

-- how many rows or columns before and after make one size of the other, which is not less
local function around(who, small, large)
  if large < small then
    fail("sequential:%s: got %d pixels, wanted %d or more", who, large, small)
  end
  return (large - small) // 2, (large - small + 1) // 2
end

-- pad(height, width) -> itself, with zeros around images, to the same number on both sides or one
-- more below and on the right; an image of this size stays as it is
function Sequential:pad(height, width)
  local h, w, c = image(self, "pad", 1)
  local top, bottom = around("pad", h, height)
  local left, right = around("pad", w, width)
  if height > h or width > w then
    self:add(layer.as(nn.func(("pad %d x %d"):format(height, width), function(x)
      return op.pad(x, {0, top, left, 0}, {0, bottom, right, 0})
    end), "pad", {pads = {top, bottom, left, right}}))
  end
  self.shape = {height, width, c}
  return self
end

-- crop(height, width) -> itself, with the middle of images cut out, as `pad` puts it there
function Sequential:crop(height, width)
  local h, w, c = image(self, "crop", 1)
  local top, left = around("crop", height, h), around("crop", width, w)
  if height < h or width < w then
    self:add(layer.as(nn.func(("crop %d x %d"):format(height, width), function(x)
      return ops.slice(ops.slice(x, 2, top + 1, top + height), 3, left + 1, left + width)
    end), "crop", {part = {top, left, height, width}}))
  end
  self.shape = {height, width, c}
  return self
end

-- chain() -> the network, a layer of teasel.nn
function Sequential:chain() return nn.chain(self.list) end

check.methods("sequential", Sequential, {
  size = "", add = "layer: any", conv = "channels: count", deconv = "channels: count",
  flatten = "", linear = "units: count", reshape = "shape: table", chain = "",
  pad = "height: count, width: count", crop = "height: count, width: count",
})

return new
