-- Operators as ONNX defines them, number by number: slow, and with nothing of the library. Images
-- are [n c h w], kernels [out in h w], of ConvTranspose [in out h w], as in PyTorch.
--
--   local y = operator.Conv({kernel_shape = {3, 3}, strides = {1, 1}, pads = {0, 0, 0, 0}}, x, w)
--
-- An array is {shape =, [1] =, [2] = ...}; operator.array makes one of a tensor.

local function items(shape)
  local n = 1
  for _, m in ipairs(shape) do n = n * m end
  return n
end

-- an array of a shape whose item at an index, a list from 0 on, is f(index)
local function array(shape, f)
  local out, index = {shape = shape}, {}
  for d = 1, #shape do index[d] = 0 end
  for i = 1, items(shape) do
    out[i] = f(index)
    for d = #shape, 1, -1 do
      index[d] = index[d] + 1
      if index[d] < shape[d] then break end
      index[d] = 0
    end
  end
  return out
end

-- the item at an index; `outside` where that lies outside
local function at(x, index, outside)
  local place = 0
  for d, n in ipairs(x.shape) do
    if index[d] < 0 or index[d] >= n then return outside end
    place = place * n + index[d]
  end
  return x[place + 1]
end

local function changed(index, d, value)
  local copy = table.move(index, 1, #index, 1, {})
  copy[d] = value
  return copy
end

local function each(x, f)
  return array(x.shape, function(index) return f(at(x, index), index) end)
end

-- mean and deviation of the items that a function lists, and eps
local function normal(list, eps)
  local mean, var = 0, 0
  for _, v in ipairs(list) do mean = mean + v / #list end
  for _, v in ipairs(list) do var = var + (v - mean) ^ 2 / #list end
  return mean, math.sqrt(var + eps)
end

-- over the windows of an image [n c h w], from start(o) for item o of what comes out: fold(total,
-- place in the image, row and column in the window, o)
local function windows(x, a, channels, start, fold)
  local k, s, p = a.kernel_shape, a.strides, a.pads
  local shape = {x.shape[1], channels}
  for d = 1, 2 do
    shape[d + 2] = (x.shape[d + 2] + p[d] + p[d + 2] - k[d]) // s[d] + 1
  end
  return array(shape, function(o)
    local total = start(o)
    for i = 0, k[1] - 1 do
      for j = 0, k[2] - 1 do
        local place = {o[1], o[2], o[3] * s[1] - p[1] + i, o[4] * s[2] - p[2] + j}
        total = fold(total, place, i, j, o)
      end
    end
    return total
  end)
end

local OPS = {}

function OPS.Identity(_, x) return x end

function OPS.Transpose(a, x)
  local shape = {}
  for d, from in ipairs(a.perm) do shape[d] = x.shape[from + 1] end
  return array(shape, function(index)
    local other = {}
    for d, from in ipairs(a.perm) do other[from + 1] = index[d] end
    return at(x, other)
  end)
end

function OPS.MatMul(_, x, w)
  return array(table.move({w.shape[2]}, 1, 1, #x.shape, {table.unpack(x.shape)}), function(index)
    local total = 0
    for k = 0, w.shape[1] - 1 do
      total = total + at(x, changed(index, #index, k)) * at(w, {k, index[#index]})
    end
    return total
  end)
end

function OPS.Add(_, x, b) return each(x, function(v, i) return v + b[i[#i] + 1] end) end

function OPS.Gemm(a, x, w, b)
  local y = OPS.MatMul(a, x, w)
  return b and OPS.Add(a, y, b) or y
end

function OPS.Conv(a, x, w, b)
  return windows(x, a, w.shape[1], function(o) return b and b[o[2] + 1] or 0 end,
    function(total, place, i, j, o)
      for c = 0, w.shape[2] - 1 do
        total = total + at(x, changed(place, 2, c), 0) * at(w, {o[2], c, i, j})
      end
      return total
    end)
end

function OPS.ConvTranspose(a, x, w, b)
  local k, s, p = a.kernel_shape, a.strides, a.pads
  local shape = {x.shape[1], w.shape[2]}
  for d = 1, 2 do shape[d + 2] = (x.shape[d + 2] - 1) * s[d] + k[d] - p[d] - p[d + 2] end
  return array(shape, function(o)
    local total = b and b[o[2] + 1] or 0
    for y = 0, x.shape[3] - 1 do
      for z = 0, x.shape[4] - 1 do
        local i, j = o[3] + p[1] - y * s[1], o[4] + p[2] - z * s[2]
        for c = 0, (i >= 0 and i < k[1] and j >= 0 and j < k[2]) and w.shape[1] - 1 or -1 do
          total = total + at(x, {o[1], c, y, z}) * at(w, {c, o[2], i, j})
        end
      end
    end
    return total
  end)
end

function OPS.MaxPool(a, x)
  return windows(x, a, x.shape[2], function() return -math.huge end, function(total, place)
    return math.max(total, at(x, place, -math.huge))
  end)
end

function OPS.AveragePool(a, x)
  assert(a.count_include_pad == 1)
  local n = a.kernel_shape[1] * a.kernel_shape[2]
  return windows(x, a, x.shape[2], function() return 0 end, function(total, place)
    return total + at(x, place, 0) / n
  end)
end

function OPS.BatchNormalization(a, x, scale, shift, mean, var)
  return each(x, function(v, i)
    local c = i[2] + 1
    return (v - mean[c]) / math.sqrt(var[c] + a.epsilon) * scale[c] + shift[c]
  end)
end

function OPS.InstanceNormalization(a, x, scale, shift)
  return each(x, function(v, i)
    local list = {}
    for y = 0, x.shape[3] - 1 do
      for z = 0, x.shape[4] - 1 do list[#list + 1] = at(x, {i[1], i[2], y, z}) end
    end
    local mean, deviation = normal(list, a.epsilon)
    return (v - mean) / deviation * scale[i[2] + 1] + shift[i[2] + 1]
  end)
end

-- the items along the last axis
local function row(x, index)
  local list = {}
  for k = 0, x.shape[#x.shape] - 1 do list[k + 1] = at(x, changed(index, #index, k)) end
  return list
end

function OPS.LayerNormalization(a, x, scale, shift)
  assert(a.axis == -1)
  return each(x, function(v, i)
    local mean, deviation = normal(row(x, i), a.epsilon)
    return (v - mean) / deviation * scale[i[#i] + 1] + shift[i[#i] + 1]
  end)
end

function OPS.Softmax(a, x)
  assert(a.axis == -1)
  return each(x, function(v, i)
    local sum = 0
    for _, other in ipairs(row(x, i)) do sum = sum + math.exp(other - v) end
    return 1 / sum
  end)
end

function OPS.LogSoftmax(a, x)
  return each(OPS.Softmax(a, x), function(v) return math.log(v) end)
end

function OPS.Relu(_, x) return each(x, function(v) return math.max(v, 0) end) end

function OPS.LeakyRelu(a, x) return each(x, function(v) return v < 0 and a.alpha * v or v end) end

function OPS.Elu(a, x)
  return each(x, function(v) return v < 0 and a.alpha * (math.exp(v) - 1) or v end)
end

function OPS.Tanh(_, x) return each(x, function(v) return 1 - 2 / (math.exp(2 * v) + 1) end) end

function OPS.Sigmoid(_, x) return each(x, function(v) return 1 / (1 + math.exp(-v)) end) end

function OPS.Softplus(_, x) return each(x, function(v) return math.log(1 + math.exp(v)) end) end

function OPS.Reshape(_, x, wanted)
  local shape = {shape = {}, table.unpack(x)}
  for d, n in ipairs(wanted) do shape.shape[d] = n == 0 and x.shape[d] or n end
  assert(items(shape.shape) == #x)
  return shape
end

function OPS.Resize(a, x, _, scales)
  assert(a.mode == "nearest" and a.coordinate_transformation_mode == "asymmetric"
    and a.nearest_mode == "floor")
  local shape = {}
  for d, n in ipairs(x.shape) do shape[d] = math.tointeger(n * scales[d]) end
  return array(shape, function(index)
    local from = {}
    for d, i in ipairs(index) do from[d] = math.floor(i / scales[d]) end
    return at(x, from)
  end)
end

function OPS.Pad(_, x, pads)
  local shape, rank = {}, #x.shape
  for d, n in ipairs(x.shape) do shape[d] = n + pads[d] + pads[d + rank] end
  return array(shape, function(index)
    local from = {}
    for d, i in ipairs(index) do from[d] = i - pads[d] end
    return at(x, from, 0)
  end)
end

function OPS.Slice(_, x, starts, ends, axes)
  local shape, from = {table.unpack(x.shape)}, {}
  for d = 1, #shape do from[d] = 0 end
  for i, axis in ipairs(axes) do
    shape[axis + 1], from[axis + 1] = ends[i] - starts[i], starts[i]
  end
  return array(shape, function(index)
    local place = {}
    for d, i in ipairs(index) do place[d] = i + from[d] end
    return at(x, place)
  end)
end

-- array(x) -> the numbers of a tensor
function OPS.array(x)
  local list = x:reshape{x:size()}:table()
  list.shape = x:shape()
  return list
end

OPS.items = items

return OPS
