-- Layers: functions of parameters and input. A layer holds no numbers of its own:
--
--   local net = nn.chain{nn.linear(784, 256), nn.relu, nn.linear(256, 10)}
--   local params, stats = net:init(T.stream(1))
--   local y = net(params, x, mode)
--
-- `params` and `stats` (running statistics, {} where there are none) are plain nested tables.
-- mode, a table, may hold
--   train   true: batch statistics and dropout; else running statistics and no dropout
--   stats   the running statistics. When training they are moved towards the batch's, in place;
--           left out, nothing is written, as in virtual steps that must leave no trace
--   keep    true: when training, too, the running statistics are only read (spectral norm needs
--           them)
--   stream  random numbers for dropout
-- Images are [n height width channels], kernels [height width channels_in channels_out].

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local init = require "teasel.initial"
local layer = require "teasel.lib.layer"
local names = require "teasel.lib.names"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"
local tree = require "teasel.tree"

local op, tensor, track, blend = core.op, core.tensor, core.optim.track, core.optim.blend
local constant = core.grad.constant
local nn = {init = init}

local function rectified(y, slope)
  return slope == nil and y or slope == 0 and op.relu(y) or op.leaky_relu(y, slope)
end

local function nothing() return {}, {} end

-- A layer without parameters from a function of x and mode.
function nn.func(name, f)
  return layer.new(name, nothing, function(_, x, mode) return f(x, mode) end)
end

local size = check.count

-- What the initialiser `option` draws; one that was named but not called gives a function.
local function draw(who, option, initialiser, ...)
  local drawn = initialiser(...)
  if not tree.is_tensor(drawn) then
    fail("%s: option '%s': got a %s from it, wanted a tensor, as from he_normal()", who, option,
      type(drawn))
  end
  return drawn
end

-- Options of a layer with weights, of which bias is true (0 at first), false (none) or an
-- initialiser: false or an initialiser.
local function with_bias(who, o)
  if o.bias == nil or o.bias == true then o.bias = init.constant(0) end
  if o.bias and type(o.bias) ~= "function" then
    check.wrong(who, "option 'bias'", o.bias, "true, false or an initialiser")
  end
  return o
end

-- The parameters of a layer with weights.
local function drawn(who, o, stream, shape, n_out, fan_in, fan_out)
  return {
    weight = draw(who, "init", o.init, stream, shape, fan_in, fan_out),
    bias = o.bias and draw(who, "bias", o.bias, stream, {n_out}, fan_in, fan_out) or nil,
  }, {}
end

-- linear(n_in, n_out, options): x [... n_in] -> x weight + bias [... n_out].
-- Options: bias (true: 0 at first; false: none; or an initialiser), init (glorot_uniform). Its
-- parameters are called weight, [n_in n_out], and bias, [n_out].
function nn.linear(n_in, n_out, given)
  size("linear", "n_in", n_in)
  size("linear", "n_out", n_out)
  local o = with_bias("linear", options.read("linear", given, {bias = options.any,
    init = init.glorot_uniform()}))
  return layer.as(layer.with_slope(("linear %d -> %d"):format(n_in, n_out), function(stream)
    return drawn("linear", o, stream, {n_in, n_out}, n_out, n_in, n_out)
  end, function(params, x, _, slope)
    if params.bias then return op.linear(x, params.weight, params.bias, slope) end
    return rectified(op.matmul(x, params.weight), slope)
  end, {weight = {n_in, n_out}, bias = o.bias and {n_out} or nil}), "linear")
end

local function pair(v)
  if type(v) == "table" then return v[1], v[2] end
  return v, v
end

local function kernel_layer(name, n_in, n_out, given, transposed)
  size(name, "channels_in", n_in)
  size(name, "channels_out", n_out)
  local any = options.any
  local o = with_bias(name, options.read(name, given, {kernel = any, stride = any, pad = any,
    bias = any, init = init.glorot_uniform()}))
  check.windows(name, o)
  local kh, kw = pair(o.kernel)
  local form = {stride = o.stride, pad = o.pad}
  -- conv_x takes the kernel of the convolution that it transposes
  local shape = transposed and {kh, kw, n_out, n_in} or {kh, kw, n_in, n_out}
  local run = transposed and op.conv_x or op.conv
  local run_bias = transposed and op.deconv_bias or op.conv_bias
  local title = ("%s %d -> %d, %dx%d"):format(name, n_in, n_out, kh, kw)
  if o.stride and o.stride ~= 1 then title = title .. " stride " .. pair(o.stride) end
  return layer.as(layer.with_slope(title, function(stream)
    return drawn(name, o, stream, shape, n_out, n_in * kh * kw, n_out * kh * kw)
  end, function(params, x, _, slope)
    if not params.bias then return rectified(run(x, params.weight, form), slope) end
    return run_bias(x, params.weight, params.bias,
      {stride = o.stride, pad = o.pad, slope = slope})
  end, {weight = shape, bias = o.bias and {n_out} or nil}), name,
    {kernel = o.kernel, stride = o.stride, pad = o.pad})
end

-- conv(channels_in, channels_out, options): options kernel (needed), stride (1), pad (0; also
-- {y, x}, {top, bottom, left, right} or "same"), bias (as linear), init (glorot_uniform).
function nn.conv(channels_in, channels_out, given)
  return kernel_layer("conv", channels_in, channels_out, given, false)
end

-- deconv(channels_in, channels_out, options): the transposed convolution, with the same options;
-- kernel 4, stride 2, pad 1 doubles an image.
function nn.deconv(channels_in, channels_out, given)
  return kernel_layer("deconv", channels_in, channels_out, given, true)
end

local function affine_parameters(channels)
  return {scale = tensor.ones{channels}, shift = tensor.zeros{channels}}
end

local function affine_shapes(o, channels)
  return o.affine and {scale = {channels}, shift = {channels}} or nil
end

local function rescaled(params, y)
  return params.scale and y * params.scale + params.shift or y
end

-- The last axis of what a normalising layer reads; another would be broadcast.
local function check_last(who, x, n)
  check.tensor(who, "x", x)
  if x:rank() == 0 or x:size(-1) ~= n then
    check.wrong(who, "x", x, ("%d items along the last axis"):format(n))
  end
end

local function settings(who, given, defaults)
  local o = options.read(who, given, defaults)
  check.number(who, "option 'eps'", o.eps, 0)
  if o.momentum then check.number(who, "option 'momentum'", o.momentum, 0, 1) end
  return o
end

-- One value alone is its own mean: its normal form is 0 whatever it is, and so is every gradient.
local function check_values(who, where, x, n)
  if n == 1 then
    fail("%s: got 1 value %s [%s], wanted 2 or more", who, where, table.concat(x:shape(), " "))
  end
end

-- Batch norm of a shard of a batch, by the moments of the whole.
local function shard_norm(params, x, running, o, slope)
  local mean, var, centred = shard.moments(x)
  if running then
    blend(running.mean, constant(mean), o.momentum)
    blend(running.var, constant(var), o.momentum)
  end
  -- what is of the channels' size is put together first: each pass over x counts
  local scale = 1 / op.sqrt(var + o.eps)
  local y = centred * (params.scale and scale * params.scale or scale)
  return rectified(params.shift and y + params.shift or y, slope)
end

-- batch_norm(channels, options) over all axes but the last (Ioffe & Szegedy 2015). Options: eps
-- (1e-5), momentum (0.1: the batch's share in the running statistics), affine (true). Variances
-- are divided by n, those of the running statistics too. Training needs 2 values of each channel.
function nn.batch_norm(channels, given)
  size("batch_norm", "channels", channels)
  local o = settings("batch_norm", given, {eps = 1e-5, momentum = 0.1, affine = true})
  return layer.as(layer.with_slope("batch_norm " .. channels, function()
    return o.affine and affine_parameters(channels) or {},
      {mean = tensor.zeros{channels}, var = tensor.ones{channels}}
  end, function(params, x, mode, slope)
    local stats, axes = mode.stats, {}
    check_last("batch_norm", x, channels)
    if not mode.train then
      if not (stats and stats.mean) then
        fail "batch_norm: got neither train = true nor stats, wanted one of them"
      end
      return rectified(rescaled(params, (x - stats.mean) / op.sqrt(stats.var + o.eps)), slope)
    end
    local running = stats and stats.mean and not mode.keep and stats
    if shard.varies(x) then return shard_norm(params, x, running, o, slope) end
    check_values("batch_norm", "of each channel in training", x, x:size() // channels)
    if running and x:size() > 0 then
      track(stats.mean, stats.var, x, o.momentum)
    end
    if params.scale then return op.batch_norm(x, params.scale, params.shift, o.eps, slope) end
    for d = 1, x:rank() - 1 do axes[d] = d end
    return rectified(op.normalize(x, axes, o.eps), slope)
  end, affine_shapes(o, channels), {mean = {channels}, var = {channels}}), "batch_norm",
    {eps = o.eps})
end

-- instance_norm(channels, options) over height and width (Ulyanov et al. 2016). Options: eps
-- (1e-5), affine (true).
function nn.instance_norm(channels, given)
  size("instance_norm", "channels", channels)
  local o = settings("instance_norm", given, {eps = 1e-5, affine = true})
  return layer.as(layer.new("instance_norm " .. channels, function()
    return o.affine and affine_parameters(channels) or {}, {}
  end, function(params, x)
    check_last("instance_norm", x, channels)
    if x:rank() == 4 then
      local _, h, w = table.unpack(x:shape())
      check_values("instance_norm", "of each channel in an image", x, h * w)
    end
    return rescaled(params, op.normalize(x, {2, 3}, o.eps))
  end, affine_shapes(o, channels)), "instance_norm", {eps = o.eps})
end

-- layer_norm(features, options) over the last axis (Ba et al. 2016). Options as instance_norm.
function nn.layer_norm(features, given)
  size("layer_norm", "features", features)
  local o = settings("layer_norm", given, {eps = 1e-5, affine = true})
  return layer.as(layer.new("layer_norm " .. features, function()
    return o.affine and affine_parameters(features) or {}, {}
  end, function(params, x)
    check_last("layer_norm", x, features)
    check_values("layer_norm", "in each item", x, x:shape()[x:rank()])
    return rescaled(params, op.normalize(x, -1, o.eps))
  end, affine_shapes(o, features)), "layer_norm", {eps = o.eps})
end

-- dropout(rate): when training, each item is 0 with that probability and the others are scaled
-- so that the mean stays (Srivastava et al. 2014). Needs mode.stream.
function nn.dropout(rate)
  if type(rate) ~= "number" or not (rate >= 0 and rate < 1) then
    fail("dropout: argument 'rate': got %s, wanted a number of 0 or more, below 1", tostring(rate))
  end
  return layer.as(nn.func("dropout " .. rate, function(x, mode)
    check.tensor("dropout", "x", x)
    if not mode.train or rate == 0 then return x end
    if not mode.stream then fail "dropout: got no mode.stream, wanted a stream" end
    return x * (op.ge(shard.draw(mode.stream, "uniform", x, x:shape()), rate) * (1 / (1 - rate)))
  end), "dropout")
end

-- The weight as the matrix whose greatest singular value counts: rows are all axes but the last.
local function matrix(weight)
  local shape = weight:shape()
  return op.reshape(weight, {weight:size() // shape[#shape], shape[#shape]})
end

local function unit(x) return x / (op.sqrt(op.sum(op.square(x))) + 1e-12) end

-- u, v after so many steps towards the first singular vectors of W [m n], from v [n 1]
local function power(W, v, steps)
  local u
  for _ = 1, steps do
    u = unit(op.matmul(W, v))
    v = unit(op.matmul(W, u, true))
  end
  return u, v
end

local BEGIN = 15   -- steps towards the singular vectors of fresh weights

-- spectral(layer) -> the same layer (a linear, conv or deconv) with its weight divided by its
-- greatest singular value, u' W v (Miyato et al. 2018, algorithm 1). u and v are running
-- statistics: each call in training takes one step of the power iteration, and derivatives hold
-- them constant. Of a kernel all axes but the last are the rows of W; that of a deconv ends with
-- the channels it reads. Needs mode.stats in every call; see mode.keep.
function nn.spectral(inner)
  if type(inner) ~= "table" or type(inner.shapes) ~= "table" or not inner.shapes.weight then
    check.wrong("spectral", "layer", inner, "a linear, conv or deconv layer")
  end
  local shape = inner.shapes.weight
  local rows, columns = 1, shape[#shape]
  for d = 1, #shape - 1 do rows = rows * shape[d] end
  return layer.as(layer.with_slope("spectral " .. inner.name, function(stream)
    local params = inner:init(stream)
    local u, v = power(matrix(params.weight), stream:split("spectral"):normal{columns, 1}, BEGIN)
    return params, {u = u, v = v}
  end, function(params, x, mode, slope)
    local stats = mode.stats
    if not (stats and stats.u) then fail "spectral: got no mode.stats, wanted it in every call" end
    local W = matrix(params.weight)
    if mode.train and not mode.keep then
      local u, v = power(constant(W), stats.v, 1)
      blend(stats.u, u, 1)
      blend(stats.v, v, 1)
    end
    -- of unit length, since averages of them are not; and copies, which stay while these move
    local sigma = op.matmul(unit(stats.u), op.matmul(W, unit(stats.v)), true)
    return inner.apply({weight = params.weight / op.reshape(sigma, {}), bias = params.bias}, x,
      mode, slope)
  end, inner.shapes, {u = {rows, 1}, v = {columns, 1}}), "spectral", {inner = inner})
end

-- A layer from an op that takes one tensor.
local function plain(name, f) return layer.as(nn.func(name, function(x) return f(x) end), name) end

-- relu, a layer: what is below 0 becomes 0
nn.relu = plain("relu", op.relu)
nn.relu.slope = 0
-- tanh, a layer: the hyperbolic tangent of each item
nn.tanh = plain("tanh", op.tanh)
-- sigmoid, a layer: 1 / (1 + e^-x) of each item
nn.sigmoid = plain("sigmoid", op.sigmoid)
-- softplus, a layer: log(1 + e^x) of each item
nn.softplus = plain("softplus", op.softplus)
-- softmax, a layer: e^x / sum e^x over the last axis
nn.softmax = plain("softmax", op.softmax)
-- log_softmax, a layer: the logarithm of softmax over the last axis
nn.log_softmax = plain("log_softmax", op.log_softmax)
-- flatten, a layer: each item becomes a row, [n ...] -> [n m]
nn.flatten = plain("flatten", ops.flatten)

-- leaky_relu(slope): slope times x below 0 (default 0.01)
function nn.leaky_relu(slope)
  slope = slope or 0.01
  local l = nn.func("leaky_relu " .. slope, function(x) return op.leaky_relu(x, slope) end)
  l.slope = slope >= 0 and slope or nil   -- below 0 the result does not tell the operand's sign
  return layer.as(l, "leaky_relu", {slope = slope})
end

-- elu(alpha): alpha (e^x - 1) below 0 (default 1)
function nn.elu(alpha)
  alpha = alpha or 1
  return layer.as(nn.func("elu " .. alpha, function(x) return op.elu(x, alpha) end), "elu",
    {alpha = alpha})
end

-- reshape{...}: the shape of one item; the first axis stays
function nn.reshape(shape)
  check.list("reshape", "shape", shape, function(_, name, n)
    check.integer("reshape", name, n, 0)
  end)
  return layer.as(nn.func("reshape [" .. table.concat(shape, " ") .. "]", function(x)
    check.tensor("reshape", "x", x)
    return op.reshape(x, {#x, table.unpack(shape)})
  end), "reshape", {shape = shape})
end

local WINDOW = {kernel = options.any, stride = options.any, pad = options.any}

-- max_pool(options): a layer of the op of that name; see T.help "max_pool"
function nn.max_pool(given)
  check.windows("max_pool", options.read("max_pool", given, WINDOW))
  return layer.as(nn.func("max_pool", function(x) return ops.max_pool(x, given) end), "max_pool",
    {kernel = given.kernel, stride = given.stride, pad = given.pad})
end

-- avg_pool(options): a layer of the op of that name; see T.help "avg_pool"
function nn.avg_pool(given)
  check.windows("avg_pool", options.read("avg_pool", given, WINDOW))
  return layer.as(nn.func("avg_pool", function(x) return ops.avg_pool(x, given) end), "avg_pool",
    {kernel = given.kernel, stride = given.stride, pad = given.pad})
end

-- upsample(factor): each pixel of x [n h w c] becomes factor x factor of them
function nn.upsample(factor)
  return layer.as(nn.func("upsample " .. factor, function(x) return ops.upsample(x, factor) end),
    "upsample", {factor = factor})
end

-- chain{a, b, c, ...}: layers one after the other; params[i] belongs to the i-th
function nn.chain(list)
  layer.check_table("chain", list)
  local parts = {}
  for i, l in ipairs(list) do parts[i] = {key = i, layer = l} end
  return layer.network("chain", parts, function(params, x, mode)
    local i = 1
    while i <= #parts do
      local part, behind = parts[i], parts[i + 1]
      local slope = part.layer.takes_slope and behind and behind.layer.slope
      x = part.layer.apply(params[i], x, layer.part_of(mode, i), slope or nil)
      i = slope and i + 2 or i + 1
    end
    return x
  end)
end

-- heads{name = layer, ...}: several layers on the same input; y and params are tables by name
function nn.heads(layers)
  layer.check_table("heads", layers)
  local parts = {}
  for _, name in ipairs(tree.keys(layers)) do
    parts[#parts + 1] = {key = name, label = name, layer = layers[name]}
  end
  return layer.network("heads", parts, function(params, x, mode)
    local y = {}
    for _, part in ipairs(parts) do
      y[part.key] = part.layer.apply(params[part.key], x, layer.part_of(mode, part.key))
    end
    return y
  end)
end

check.functions("", nn, {
  func = "name: string, f: callable", leaky_relu = "slope: number?", elu = "alpha: number?",
  reshape = "shape: table", upsample = "factor: count", chain = "list: table",
  heads = "layers: table", spectral = "inner: any",
})

names.strict(init, "nn.init")

return nn
