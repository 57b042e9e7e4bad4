-- Ops that are put together from those of the core. All can be called as methods: x:mean(1).

local core = require "teasel.core"

local op, tensor = core.op, core.tensor
local ops = {}

-- Mean over axes (one, a list, or nil: all).
function ops.mean(x, axes, keep)
  local s = op.sum(x, axes, keep)
  local items = x:size() / math.max(s:size(), 1)
  return op.affine(s, 1 / items, 0)
end

-- Variance over axes: divided by n - correction (standard 0; 1: the unbiased estimate).
function ops.var(x, axes, keep, correction)
  local e = op.square(x - ops.mean(x, axes, true))
  local s = op.sum(e, axes, keep)
  local items = x:size() / math.max(s:size(), 1)
  return op.affine(s, 1 / (items - (correction or 0)), 0)
end

-- Euclidean norm over axes. Its gradient at 0 is not finite.
function ops.norm(x, axes, keep) return op.sqrt(op.sum(op.square(x), axes, keep)) end

-- Tensors of one shape along a new axis (standard 1).
function ops.stack(list, axis)
  axis = axis or 1
  local parts = {}
  for i, x in ipairs(list) do
    local shape = x:shape()
    if axis < 0 then axis = axis + #shape + 2 end
    if axis < 1 or axis > #shape + 1 then
      error(("stack: argument 'axis': got %s, wanted an integer in 1..%d"):format(axis, #shape + 1), 2)
    end
    table.insert(shape, axis, 1)
    parts[i] = op.reshape(x, shape)
  end
  return op.concat(parts, axis)
end

-- The items first..last along one axis, inclusive; -1 is the last.
function ops.narrow(x, axis, first, last)
  local lo, hi = {}, x:shape()
  if axis < 0 then axis = axis + #hi + 1 end
  if not hi[axis] then
    error(("narrow: argument 'axis': got %s, wanted an axis of x, 1..%d"):format(axis, #hi), 2)
  end
  for d = 1, #hi do lo[d] = 1 end
  lo[axis], hi[axis] = first, last
  return op.slice(x, lo, hi)
end

-- x cut along an axis into pieces of the given sizes (a list), or of one size; returns a list.
function ops.split(x, sizes, axis)
  axis = axis or 1
  local shape = x:shape()
  if axis < 0 then axis = axis + #shape + 1 end
  if type(sizes) == "number" then
    local size, n = sizes, shape[axis]
    sizes = {}
    for i = 1, n, size do sizes[#sizes + 1] = math.min(size, n - i + 1) end
  end
  local parts, from = {}, 1
  for i, size in ipairs(sizes) do
    parts[i] = ops.narrow(x, axis, from, from + size - 1)
    from = from + size
  end
  if from - 1 ~= shape[axis] then
    error(("split: argument 'sizes': got a sum of %d, wanted %d"):format(from - 1, shape[axis]), 2)
  end
  return parts
end

-- x [n, ...] as [n, everything else]
function ops.flatten(x)
  local n = #x
  return op.reshape(x, {n, n > 0 and x:size() // n or 0})
end

-- Transposed convolution of y [n h w o] with kernels w [kh kw c o]; see conv_x.
ops.deconv = op.conv_x

local function window(options)
  local kernel = options.kernel
  return {kernel = kernel, stride = options.stride or kernel, pad = options.pad}
end

-- Mean over each window of images [n h w c], padding left out of neither sum nor count.
-- Options: kernel, stride (standard: the kernel), pad.
function ops.avg_pool(x, options)
  local kernel = options.kernel
  local items = type(kernel) == "table" and kernel[1] * kernel[2] or kernel * kernel
  return op.affine(op.sum_pool(x, window(options)), 1 / items, 0)
end

-- Largest item of each window; options as avg_pool. At a tie the first has the gradient.
function ops.max_pool(x, options)
  local w = window(options)
  return op.pool_take(x, op.pool_which(x, w), w)
end

-- Nearest-neighbour upsampling by an integer factor.
function ops.upsample(x, factor) return op.spread(x, {kernel = factor, stride = factor}) end

-- The n x n identity matrix.
function ops.eye(n) return op.one_hot(tensor.arange(1, n), n) end

return ops
