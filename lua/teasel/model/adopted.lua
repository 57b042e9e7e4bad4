-- Networks that were trained in PyTorch or Keras, built from their weights: the sizes of the layers
-- are those of the arrays, and what the two orders of axes differ in is settled here, once.
--
--   local down = adopted(weights, {64, 64, 1})      -- weights by PyTorch's names, shape {h, w, c}
--   down:conv "conv1":conv "conv2":linear "lin1":interleaved("mu_logvar", {"mean", "logvar"})
--   local encoder, params, stats = down:network()     -- layers of teasel.nn, as if trained here
--   local up = adopted(weights, {10}):linear "lin2":linear("lin3", {to = {16, 16, 32}})
--   up:deconv "convT1":deconv("convT2", {last = true})
--
-- PyTorch's images are [n c h w], ours [n h w c]; its kernels [out in kh kw] (transposed ones [in
-- out kh kw]), ours [kh kw in out] ([kh kw out in]); its linear layers [out in], ours [in out]. A
-- linear layer behind a map of channels reads it as c, h, w; one with the option `to` makes such a
-- map. Keras has our orders, and other names: with order = "keras" a layer's are NAME.kernel:0 and
-- NAME.bias:0, as T.adopt.weights gives them ("conv1.conv1"). `name` is what stands before .weight
-- and .bias, or .kernel:0. Options of a layer:
--   stride, pad    of convolutions (2 and 1, with which 4 x 4 kernels halve or double an image);
--                  pad = "same" is Keras's: as many outputs as strides, the odd zero behind
--   norm           the name of a batch norm behind it, before the activation
--   activation     a layer in place of that of all layers
--   last           true: no activation
--   to             {h, w, c}, of a linear layer: the map that its outputs are
-- What does not fit is an error that names the array, what was got and what was wanted.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local nn = require "teasel.nn"
local options = require "teasel.options"

local op = core.op
local adopted = {}

local Adopted = {}
Adopted.__index = Adopted

local OF_A_KERNEL = {norm = "", activation = options.any, last = false, stride = 2,
  pad = options.any}
local OF_A_LINEAR = {norm = "", activation = options.any, last = false, to = options.any}

-- what arrays are called, the eps that batch norm has by default, and whether axes of kernels go
-- elsewhere
local ORDERS = {
  torch = {weight = ".weight", bias = ".bias", scale = ".weight", shift = ".bias",
    mean = ".running_mean", var = ".running_var", eps = 1e-5, turned = true},
  keras = {weight = ".kernel:0", bias = ".bias:0", scale = ".gamma:0", shift = ".beta:0",
    mean = ".moving_mean:0", var = ".moving_variance:0", eps = 1e-3},
}

local function text(shape) return table.concat(shape, " ") end

-- the array of this name and rank
local function array(self, name, rank)
  local x = self.weights[name]
  if not x then
    local near = options.near(name, self.weights)
    fail("adopted: the weights have no '%s'%s", name,
      #near > 0 and (", but '%s'"):format(table.concat(near, "', '")) or "")
  end
  check.tensor("adopted", ("item '%s' of the weights"):format(name), x)
  if x:rank() ~= rank then
    fail("adopted: '%s' has the shape [%s], wanted %d axes", name, text(x:shape()), rank)
  end
  return x
end

-- the array of this name, which has a number for each output
local function numbers(self, name, outputs)
  local x = array(self, name, 1)
  if #x ~= outputs then
    fail("adopted: '%s' has %d numbers, wanted %d, one for each output", name, #x, outputs)
  end
  return x
end

-- the same, if there is such an array
local function numbers_if(self, name, outputs)
  return self.weights[name] and numbers(self, name, outputs)
end

local function bias_of(self, name, outputs)
  return numbers_if(self, name .. self.order.bias, outputs)
end

-- a layer at the end, with its parameters and running statistics
local function add(self, layer, params, stats)
  local i = #self.list + 1
  self.list[i], self.params[i], self.stats[i] = layer, params or {}, stats or {}
  return self
end

local function check_input(self, name, got, wanted)
  if got ~= wanted then
    fail("adopted: '%s' reads %d %s, and what comes before it has the shape [%s]", name, got,
      #self.shape == 3 and "channels or numbers" or "numbers", text(self.shape))
  end
end

-- batch norm, then the activation
local function finish(self, o)
  if o.norm ~= "" then self:batch_norm(o.norm) end
  if not o.last then add(self, o.activation or self.activation) end
  return self
end

-- batch_norm(name, options): one of its running statistics; its scale, its shift or both may be
-- missing. Option eps: 1e-5, which is PyTorch's default, or 1e-3 with order = "keras".
function Adopted:batch_norm(name, o)
  local order = self.order
  o = options.read("adopted:batch_norm", o, {eps = order.eps})
  local mean = array(self, name .. order.mean, 1)
  local n = #mean
  check_input(self, name, n, self.shape[#self.shape])
  local scale = numbers_if(self, name .. order.scale, n)
  local shift = numbers_if(self, name .. order.shift, n)
  local affine = scale ~= nil or shift ~= nil
  return add(self, nn.batch_norm(n, {eps = o.eps, affine = affine}),
    affine and {scale = scale or core.tensor.ones{n}, shift = shift or core.tensor.zeros{n}},
    {mean = mean, var = numbers(self, name .. order.var, n)})
end

local function check_map(self, name)
  if #self.shape ~= 3 then
    fail("adopted: '%s' is a convolution, and what comes before it has the shape [%s], wanted "
      .. "{h, w, c}", name, text(self.shape))
  end
end

-- the size of what each kind of convolution gives for a size and a kernel's
local SIDES = {
  conv = function(n, k, stride, pad)
    if pad == "same" then return (n - 1) // stride + 1 end
    return (n + 2 * pad - k) // stride + 1
  end,
  deconv = function(n, k, stride, pad)
    if pad == "same" then return n * stride end
    return (n - 1) * stride - 2 * pad + k
  end,
}

-- a layer nn.conv or nn.deconv, whose kernels are [kh kw in out] and [kh kw out in]
local function convolution(self, kind, name, o)
  o = options.read("adopted:" .. kind, o, OF_A_KERNEL)
  local stride, pad = o.stride, o.pad or 1
  if pad ~= "same" then check.integer("adopted:" .. kind, "option 'pad'", pad, 0) end
  local w, side = array(self, name .. self.order.weight, 4), SIDES[kind]
  if self.order.turned then w = op.permute(w, {3, 4, 2, 1}) end
  local kh, kw, into, out = table.unpack(w:shape())
  if kind == "deconv" then into, out = out, into end
  local bias = bias_of(self, name, out)
  check_map(self, name)
  check_input(self, name, into, self.shape[3])
  add(self, nn[kind](into, out, {kernel = {kh, kw}, stride = stride, pad = pad,
    bias = bias ~= nil}), {weight = w, bias = bias})
  local shape = {side(self.shape[1], kh, stride, pad), side(self.shape[2], kw, stride, pad), out}
  if shape[1] < 1 or shape[2] < 1 then
    fail("adopted: '%s' has kernels of %d x %d, and what comes before it has the shape [%s]", name,
      kh, kw, text(self.shape))
  end
  self.shape = shape
  return finish(self, o)
end

-- conv(name, options): a convolution
function Adopted:conv(name, o) return convolution(self, "conv", name, o) end

-- deconv(name, options): a transposed convolution
function Adopted:deconv(name, o) return convolution(self, "deconv", name, o) end

-- the weight [in out] and bias of a linear layer that reads what there is
local function matrix(self, name)
  local w, shape = array(self, name .. self.order.weight, 2), self.shape
  local into, out = table.unpack(w:shape())
  if self.order.turned then into, out = out, into end
  local size = 1
  for _, n in ipairs(shape) do size = size * n end
  check_input(self, name, into, size)
  if self.order.turned and #shape == 3 then
    local h, wide, c = table.unpack(shape)
    w = op.reshape(op.permute(op.reshape(w, {out, c, h, wide}), {3, 4, 2, 1}), {into, out})
  elseif self.order.turned then
    w = op.permute(w, {2, 1})
  end
  return w, bias_of(self, name, out)
end

local function flat(self)
  if #self.shape == 3 then add(self, nn.flatten) end
end

-- linear(name, options): a linear layer; after a map of channels it reads all of it
function Adopted:linear(name, o)
  o = options.read("adopted:linear", o, OF_A_LINEAR)
  local w, bias = matrix(self, name)
  local into, out = table.unpack(w:shape())
  if o.to then
    check.list("adopted:linear", "to", o.to, check.count)
    local h, wide, c = table.unpack(o.to)
    if #o.to ~= 3 or h * wide * c ~= out then
      check.wrong("adopted:linear", "option 'to'", o.to,
        ("{h, w, c} with a product of %d, the outputs of '%s'"):format(out, name))
    end
    if self.order.turned then
      w = op.reshape(op.permute(op.reshape(w, {into, c, h, wide}), {1, 3, 4, 2}), {into, out})
      bias = bias and op.reshape(op.permute(op.reshape(bias, {c, h, wide}), {2, 3, 1}), {out})
    end
  end
  flat(self)
  add(self, nn.linear(into, out, {bias = bias ~= nil}), {weight = w, bias = bias})
  self.shape = {out}
  if o.norm ~= "" and o.to then
    fail("adopted: '%s' has a batch norm and the option 'to', wanted one of them", name)
  end
  finish(self, o)
  if o.to then
    add(self, nn.reshape(o.to))
    self.shape = table.move(o.to, 1, 3, 1, {})
  end
  return self
end

local function add_heads(self, all)
  local layers, params = {}, {}
  for name, head in pairs(all) do
    layers[name] = nn.linear(head.weight:size(1), head.weight:size(2), {bias = head.bias ~= nil})
    params[name] = head
  end
  flat(self)
  add(self, nn.heads(layers), params)
  self.shape = {}
  return self
end

-- heads{mean = "fc_mean", logvar = "fc_log_var"}: several linear layers at the end, whose outputs
-- are a table by these names
function Adopted:heads(names)
  local all = {}
  for key, name in pairs(names) do
    local w, bias = matrix(self, check.string("adopted:heads", ("item '%s'"):format(key), name))
    all[key] = {weight = w, bias = bias}
  end
  return add_heads(self, all)
end

-- one linear layer whose outputs are those of several heads: of `count` heads the outputs of number
-- k are index(k, j), j = 1 .. size
local function split(self, who, name, keys, index)
  check.list(who, "keys", keys, check.string)
  local w, bias = matrix(self, name)
  local out, all = w:size(2), {}
  if #keys == 0 or out % #keys ~= 0 then
    check.wrong(who, "keys", keys, ("names that %d outputs can be shared among"):format(out))
  end
  local size = out // #keys
  for k, key in ipairs(keys) do
    local places = {}
    for j = 1, size do places[j] = index(k, j, size, #keys) end
    places = core.tensor.tensor(places)
    all[key] = {weight = op.permute(op.take(op.permute(w, {2, 1}), places), {2, 1}),
      bias = bias and op.take(bias, places)}
  end
  return add_heads(self, all)
end

-- interleaved(name, {"mean", "logvar"}): one linear layer at the end whose outputs are a mean, its
-- log variance, the next mean ..., as view(n, -1, 2).unbind(-1) parts them
function Adopted:interleaved(name, keys)
  return split(self, "adopted:interleaved", name, keys, function(k, j, _, n)
    return (j - 1) * n + k
  end)
end

-- halves(name, {"mean", "logvar"}): one linear layer at the end whose outputs are all means, then
-- all log variances, as chunk(2, dim=1) parts them
function Adopted:halves(name, keys)
  return split(self, "adopted:halves", name, keys, function(k, j, size)
    return (k - 1) * size + j
  end)
end

-- add(layer): any layer without parameters that keeps the shape, as nn.sigmoid
function Adopted:add(layer) return add(self, layer) end

-- network() -> the layers as one, its parameters and its running statistics
function Adopted:network() return nn.chain(self.list), self.params, self.stats end

-- adopted(weights, shape, options) -> an empty network that reads items of this shape, {h, w, c} of
-- images or {n}. weights: tensors by PyTorch's names, as T.adopt.weights gives them. Option
-- activation = nn.relu: the layer behind each, if it is not the last. Option order = "torch" or
-- "keras", see the head of this file.
local function new(weights, shape, o)
  o = options.read("adopted", o, {activation = nn.relu, order = "torch"})
  if not ORDERS[o.order] then options.unknown("adopted: option 'order'", o.order, ORDERS) end
  check.table("adopted", "weights", weights)
  check.list("adopted", "shape", shape, check.count)
  if #shape ~= 1 and #shape ~= 3 then
    check.wrong("adopted", "shape", shape, "{n} or {h, w, c}")
  end
  return setmetatable({weights = weights, shape = table.move(shape, 1, #shape, 1, {}), list = {},
    params = {}, stats = {}, activation = o.activation, order = ORDERS[o.order]}, Adopted)
end

check.methods("adopted", Adopted, {conv = "name: string, options: table?",
  deconv = "name: string, options: table?", linear = "name: string, options: table?",
  batch_norm = "name: string, options: table?", heads = "names: table", add = "layer: callable",
  interleaved = "name: string, keys: table", halves = "name: string, keys: table", network = ""})

return setmetatable(adopted, {__call = function(_, ...) return new(...) end})
