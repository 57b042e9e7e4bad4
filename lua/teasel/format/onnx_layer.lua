-- Layers of teasel.nn as nodes of ONNX (operator set 17), by what a layer says of itself in `form`.
--
-- Here images are [n h w c], there [n c h w]. A value keeps the order in which it was made, and is
-- turned only where a layer needs the other one: behind images that come in, and in front of what
-- reads an image as a list of numbers. Kernels are turned when they are written.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local tree = require "teasel.tree"

local op, tensor = core.op, core.tensor
local onnx_layer = {}

-- A value: {name =, shape = of an item, as here, turned = whether an image has its channels first}.

-- turned(g, x, first) -> the value x as it has to be in a graph g: with its channels first (images
-- alone have another order), or as here
local function turned(g, x, first)
  if #x.shape ~= 3 or x.turned == first then return x end
  local name = g:node("Transpose", {x.name}, {perm = first and {0, 3, 1, 2} or {0, 2, 3, 1}})
  return {name = name, shape = x.shape, turned = first}
end

local function pair(v)
  if type(v) == "table" then return v[1], v[2] end
  return v, v
end

-- rows before and after, columns before and after; large: the size of the image with the padding
local function padding(form, large, kernel, stride)
  local p = form.pad or 0
  if p ~= "same" then
    if type(p) == "table" and #p == 4 then return p[1], p[2], p[3], p[4] end
    local y, x = pair(p)
    return y, y, x, x
  end
  local all = {}
  for d = 1, 2 do
    local count = -(-large[d] // stride[d])
    local total = math.max((count - 1) * stride[d] + kernel[d] - large[d], 0)
    all[2 * d - 1], all[2 * d] = total // 2, total - total // 2
  end
  return table.unpack(all)
end

-- the attributes of windows, and their kernel, stride and padding as lists
local function windows(form, x, grows)
  local kernel, stride = {pair(form.kernel)}, {pair(form.stride or 1)}
  local large = grows and {x.shape[1] * stride[1], x.shape[2] * stride[2]} or x.shape
  local top, bottom, left, right = padding(form, large, kernel, stride)
  return {kernel_shape = kernel, strides = stride, pads = {top, left, bottom, right}}, kernel,
    stride, {top + bottom, left + right}
end

local function image(layer, x)
  if #x.shape ~= 3 then
    fail("onnx: layer '%s': got items of the shape [%s], wanted images [h w c]", layer.name,
      table.concat(x.shape, " "))
  end
end

local function channels(layer, x, wanted)
  if x.shape[#x.shape] ~= wanted then
    fail("onnx: layer '%s': got items of the shape [%s], wanted %d along the last axis", layer.name,
      table.concat(x.shape, " "), wanted)
  end
end

local LAYERS = {}

function LAYERS.linear(g, layer, params, _, x)
  x = turned(g, x, false)
  local n_in, n_out = table.unpack(params.weight:shape())
  channels(layer, x, n_in)
  local shape = table.move(x.shape, 1, #x.shape, 1, {})
  shape[#shape] = n_out
  local inputs = {x.name, g:tensor("weight", params.weight)}
  if #shape == 1 then
    inputs[3] = params.bias and g:tensor("bias", params.bias)
    return {name = g:node("Gemm", inputs), shape = shape, turned = false}
  end
  local name = g:node("MatMul", inputs)
  if params.bias then name = g:node("Add", {name, g:tensor("bias", params.bias)}) end
  return {name = name, shape = shape, turned = false}
end

local function convolution(name, order, grows)
  return function(g, layer, params, _, x)
    image(layer, x)
    x = turned(g, x, true)
    local shape = params.weight:shape()
    channels(layer, x, shape[grows and 4 or 3])
    local attributes, kernel, stride, pads = windows(layer.form, x, grows)
    local inputs = {x.name, g:tensor("weight", op.permute(params.weight, order))}
    inputs[3] = params.bias and g:tensor("bias", params.bias)
    local size = {[3] = shape[grows and 3 or 4]}
    for d = 1, 2 do
      size[d] = grows and (x.shape[d] - 1) * stride[d] + kernel[d] - pads[d]
        or (x.shape[d] + pads[d] - kernel[d]) // stride[d] + 1
    end
    return {name = g:node(name, inputs, attributes), shape = size, turned = true}
  end
end

-- [kh kw in out] becomes [out in kh kw], and that of a transposed one, [kh kw out in], [in out ...]
LAYERS.conv = convolution("Conv", {4, 3, 1, 2}, false)
LAYERS.deconv = convolution("ConvTranspose", {4, 3, 1, 2}, true)

local function pooling(name, attribute)
  return function(g, layer, _, _, x)
    image(layer, x)
    x = turned(g, x, true)
    local form = {kernel = layer.form.kernel, stride = layer.form.stride or layer.form.kernel,
      pad = layer.form.pad}
    local attributes, kernel, stride, pads = windows(form, x, false)
    if attribute then attributes[attribute] = 1 end
    local size = {[3] = x.shape[3]}
    for d = 1, 2 do size[d] = (x.shape[d] + pads[d] - kernel[d]) // stride[d] + 1 end
    return {name = g:node(name, {x.name}, attributes), shape = size, turned = true}
  end
end

LAYERS.max_pool = pooling("MaxPool")
LAYERS.avg_pool = pooling("AveragePool", "count_include_pad")

-- scale and shift, which may be left out
local function affine(g, params, n)
  return g:tensor("scale", params.scale or tensor.ones{n}),
    g:tensor("shift", params.shift or tensor.zeros{n})
end

function LAYERS.batch_norm(g, layer, params, stats, x)
  x = turned(g, x, true)
  if #x.shape ~= 1 then image(layer, x) end
  local n = x.shape[#x.shape]
  if not (stats and stats.mean) then
    fail("onnx: layer '%s': got no running statistics, wanted the option 'stats'", layer.name)
  end
  channels(layer, x, #stats.mean)
  local scale, shift = affine(g, params, n)
  return {name = g:node("BatchNormalization", {x.name, scale, shift, g:tensor("mean", stats.mean),
    g:tensor("var", stats.var)}, {epsilon = layer.form.eps + 0.0}), shape = x.shape,
    turned = x.turned}
end

function LAYERS.instance_norm(g, layer, params, _, x)
  image(layer, x)
  x = turned(g, x, true)
  local scale, shift = affine(g, params, x.shape[3])
  return {name = g:node("InstanceNormalization", {x.name, scale, shift},
    {epsilon = layer.form.eps + 0.0}), shape = x.shape, turned = true}
end

function LAYERS.layer_norm(g, layer, params, _, x)
  x = turned(g, x, false)
  local scale, shift = affine(g, params, x.shape[#x.shape])
  return {name = g:node("LayerNormalization", {x.name, scale, shift},
    {axis = -1, epsilon = layer.form.eps + 0.0}), shape = x.shape, turned = false}
end

-- a node of one operand that keeps its shape; last: it works along the last axis
local function unary(name, attributes, last)
  return function(g, layer, _, _, x)
    if last then x = turned(g, x, false) end
    local given = attributes and attributes(layer.form)
    return {name = g:node(name, {x.name}, given), shape = x.shape, turned = x.turned}
  end
end

local function along_last() return {axis = -1} end

LAYERS.relu, LAYERS.tanh = unary "Relu", unary "Tanh"
LAYERS.sigmoid, LAYERS.softplus = unary "Sigmoid", unary "Softplus"
LAYERS.softmax = unary("Softmax", along_last, true)
LAYERS.log_softmax = unary("LogSoftmax", along_last, true)
LAYERS.elu = unary("Elu", function(form) return {alpha = form.alpha + 0.0} end)
LAYERS.leaky_relu = unary("LeakyRelu", function(form) return {alpha = form.slope + 0.0} end)

function LAYERS.dropout(_, _, _, _, x) return x end   -- nothing, behind training

local function items(shape)
  local n = 1
  for _, m in ipairs(shape) do n = n * m end
  return n
end

local function reshaped(g, layer, x, shape)
  x = turned(g, x, false)
  if items(shape) ~= items(x.shape) then
    fail("onnx: layer '%s': got items of the shape [%s], wanted %d numbers", layer.name,
      table.concat(x.shape, " "), items(shape))
  end
  local name = g:node("Reshape", {x.name, g:integers("shape", {0, table.unpack(shape)})})
  return {name = name, shape = shape, turned = false}
end

function LAYERS.flatten(g, layer, _, _, x)
  if #x.shape == 1 then return x end
  return reshaped(g, layer, x, {items(x.shape)})
end

function LAYERS.reshape(g, layer, _, _, x) return reshaped(g, layer, x, layer.form.shape) end

function LAYERS.upsample(g, layer, _, _, x)
  image(layer, x)
  x = turned(g, x, true)
  local y, z = pair(layer.form.factor)
  local name = g:node("Resize", {x.name, "", g:tensor("scales", tensor.tensor{1, 1, y, z})},
    {mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"})
  return {name = name, shape = {x.shape[1] * y, x.shape[2] * z, x.shape[3]}, turned = true}
end

function LAYERS.pad(g, layer, _, _, x)
  x = turned(g, x, true)
  local top, bottom, left, right = table.unpack(layer.form.pads)
  local name = g:node("Pad", {x.name, g:integers("pads", {0, 0, top, left, 0, 0, bottom, right})})
  return {name = name, shape = {x.shape[1] + top + bottom, x.shape[2] + left + right, x.shape[3]},
    turned = true}
end

function LAYERS.crop(g, layer, _, _, x)
  x = turned(g, x, true)
  local top, left, height, width = table.unpack(layer.form.part)
  local name = g:node("Slice", {x.name, g:integers("starts", {top, left}),
    g:integers("ends", {top + height, left + width}), g:integers("axes", {2, 3})})
  return {name = name, shape = {height, width, x.shape[3]}, turned = true}
end

-- the weight as it is in evaluation: divided by what its running statistics say
function LAYERS.spectral(g, layer, params, stats, x)
  local w = params.weight
  local shape = w:shape()
  local matrix = op.reshape(w, {w:size() // shape[#shape], shape[#shape]})
  if not (stats and stats.u) then
    fail("onnx: layer '%s': got no running statistics, wanted the option 'stats'", layer.name)
  end
  local function unit(v) return v / (op.sqrt(op.sum(op.square(v))) + 1e-12) end
  local sigma = op.matmul(unit(stats.u), op.matmul(matrix, unit(stats.v)), true)
  local inner = layer.form.inner
  return LAYERS[inner.form.kind](g, inner, {weight = w / op.reshape(sigma, {}),
    bias = params.bias}, {}, x)
end

function LAYERS.chain(g, layer, params, stats, x)
  for _, part in ipairs(layer.parts) do
    x = g:within(part.key, onnx_layer.add, part.layer, params[part.key],
      (stats or {})[part.key], x)
  end
  return x
end

function LAYERS.heads(g, layer, params, stats, x)
  local values = {}
  for _, part in ipairs(layer.parts) do
    values[part.key] = g:within(part.key, onnx_layer.add, part.layer, params[part.key],
      (stats or {})[part.key], x)
  end
  return values
end

-- fails for parameters or running statistics that are not of these shapes, by name
local function check_shapes(layer, what, t, shapes)
  if type(t) ~= "table" then
    fail("onnx: layer '%s': got %s for its %s, wanted a table as init gave", layer.name,
      tree.is_tensor(t) and "a tensor" or t == nil and "nothing" or "a " .. type(t), what)
  end
  for _, name in ipairs(tree.keys(shapes)) do
    local got, wanted = t[name], table.concat(shapes[name], " ")
    local shape = tree.is_tensor(got) and table.concat(got:shape(), " ")
    if shape ~= wanted then
      fail("onnx: layer '%s': got %s for '%s' of its %s, wanted the shape [%s]", layer.name,
        shape and "the shape [" .. shape .. "]" or "no tensor", name, what, wanted)
    end
  end
end

-- add(g, layer, params, stats, x) -> the value that a layer with these parameters and running
-- statistics makes of the value x in a graph g, or a table of values
function onnx_layer.add(g, layer, params, stats, x)
  local kind = layer.form and layer.form.kind
  if not LAYERS[kind or 1] then
    fail("onnx: layer '%s': got a function of one's own, which no file can hold, wanted layers of "
      .. "nn: %s", layer.name, table.concat(tree.keys(LAYERS), ", "))
  end
  if x.name == nil then
    fail("onnx: layer '%s': got what heads give, wanted one value", layer.name)
  end
  if layer.parts or next(layer.shapes) then
    check_shapes(layer, "parameters", params, layer.shapes)
  end
  if stats and next(layer.stat_shapes) then
    check_shapes(layer, "running statistics", stats, layer.stat_shapes)
  end
  return LAYERS[kind](g, layer, params, stats, x)
end

onnx_layer.turned = turned

check.functions("onnx_layer.", onnx_layer, {
  add = "g: table(nodes), layer: table(name), params: any, stats: any, x: table",
  turned = "g: table(nodes), x: table(shape), first: boolean"})

return onnx_layer
