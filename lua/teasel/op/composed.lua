-- Ops that are put together from those of the core. All can be called as methods: x:mean(1).

local argument = require "teasel.lib.argument"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
local named = core.op.named   -- errors say what the user called
local ops = {}

local mean_sum, var_sum, norm_sum = named("sum", "mean"), named("sum", "var"), named("sum", "norm")

-- mean(x, axes, keep): the mean over axes (one, a list, or nil: all); `keep` leaves these, with
-- size 1. What follows x can be given by name, here and below: x:mean{axes = 1, keep = true}.
function ops.mean(x, ...)
  local axes, keep = argument.named("mean", {"axes", "keep"}, ...)
  x = argument.tensor("mean", "x", x)
  local s = mean_sum(x, axes, keep)
  local items = x:size() / math.max(s:size(), 1)
  return op.affine(s, 1 / items, 0)
end

-- var(x, axes, keep, correction): the variance over axes (one, a list, or nil: all), divided by
-- n - correction (default 0; 1: the unbiased estimate).
function ops.var(x, ...)
  local axes, keep, correction = argument.named("var", {"axes", "keep", "correction"}, ...)
  correction = check.number("var", "correction", correction == nil and 0 or correction)
  x = argument.tensor("var", "x", x)
  local s = var_sum(x, axes, true)
  local e = op.square(x - op.affine(s, 1 / (x:size() / math.max(s:size(), 1)), 0))
  s = var_sum(e, axes, keep)
  local items = x:size() / math.max(s:size(), 1)
  return op.affine(s, 1 / (items - correction), 0)
end

-- norm(x, axes, keep): the Euclidean norm over axes (one, a list, or nil: all). Its gradient at 0
-- is not finite.
function ops.norm(x, ...)
  local axes, keep = argument.named("norm", {"axes", "keep"}, ...)
  return op.sqrt(norm_sum(op.square(argument.tensor("norm", "x", x)), axes, keep))
end

-- The tensors of a list, of one shape, along a new axis (default 1).
function ops.stack(list, axis)
  if type(list) ~= "table" or core.items("stack", "list", list) == 0 then
    check.wrong("stack", "list", list, "a list of one or more tensors")
  end
  local parts = {}
  for i, x in ipairs(list) do
    local shape = argument.tensor("stack", "x", x):shape()
    table.insert(shape, argument.axis("stack", "axis", axis, #shape + 1, 1), 1)
    parts[i] = op.reshape(x, shape)
  end
  return op.concat(parts, axis)
end

local narrow = named("slice", "narrow")

local function cut(who, slice, x, axis, first, last)
  local lo, hi = {}, argument.tensor(who, "x", x):shape()
  axis = argument.axis(who, "axis", axis, #hi)
  for d = 1, #hi do lo[d] = 1 end
  lo[axis], hi[axis] = first or 1, last or -1
  return slice(x, lo, hi)
end

-- slice(x, axis, first, last): the items first..last (default: all, 1 and -1) of x along one axis,
-- both included; -1 is the last. A `last` before `first` by one gives none. core.op.slice, behind
-- it, cuts all axes at once.
function ops.slice(x, axis, first, last) return cut("slice", op.slice, x, axis, first, last) end

-- narrow(x, axis, first, last): the name that slice had before; the scripts that runs keep use it.
function ops.narrow(x, axis, first, last)
  return cut("narrow", narrow, x, axis, first, last)
end

local MOST_PARTS = 1 << 24   -- sizes before a 0 cost no memory, but each part of a split does

-- x cut along an axis into pieces of the given sizes (a list), or of one size; returns a list.
function ops.split(x, sizes, axis)
  local shape = argument.tensor("split", "x", x):shape()
  axis = argument.axis("split", "axis", axis, #shape, 1)
  local n, sum = shape[axis], 0
  if type(sizes) == "number" then
    local size = check.count("split", "sizes", sizes)
    if n // size > MOST_PARTS then
      check.wrong("split", "sizes", size, ("at most 2^24 parts of %d"):format(n))
    end
    sizes = {}
    for i = 1, n, size do sizes[#sizes + 1] = math.min(size, n - i + 1) end
  end
  check.list("split", "sizes", sizes, function(who, name, size)
    sum = sum + check.integer(who, name, size, 0)
  end)
  if sum ~= n then fail("split: argument 'sizes': got a sum of %d, wanted %d", sum, n) end
  local parts, from = {}, 1
  for i, size in ipairs(sizes) do
    parts[i] = ops.slice(x, axis, from, from + size - 1)
    from = from + size
  end
  return parts
end

-- x [n, ...] as [n, everything else]
function ops.flatten(x)
  local shape = check.tensor("flatten", "x", x):shape()
  local n, items = shape[1] or check.wrong("flatten", "x", x, "one axis or more"), 1
  for d = 2, #shape do items = items * shape[d] end
  return op.reshape(x, {n, items})
end

-- Transposed convolution of y [n h w o] with kernels w [kh kw c o]; see conv_x.
ops.deconv = named("conv_x", "deconv")

local WINDOW = {kernel = options.any, stride = options.any, pad = options.any}

local average, which = named("sum_pool", "avg_pool"), named("pool_which", "max_pool")
local spread = named("spread", "upsample")

local function window(who, given)
  local w = options.read(who, given, WINDOW)
  check.windows(who, w)
  w.stride = w.stride or w.kernel
  return w
end

-- Mean over each window of images x [n h w c], padding left out of neither sum nor count.
-- Options: kernel, stride (default: the kernel), pad.
function ops.avg_pool(x, given)
  local w = window("avg_pool", given)
  local sum = average(x, w)
  local items = type(w.kernel) == "table" and w.kernel[1] * w.kernel[2] or w.kernel * w.kernel
  return op.affine(sum, 1 / items, 0)
end

-- Largest item of each window of images x [n h w c]; options as avg_pool. At a tie the first has
-- the gradient.
function ops.max_pool(x, given)
  local w = window("max_pool", given)
  return op.pool_take(x, which(x, w), w)
end

-- Nearest-neighbour upsampling of images x [n h w c] by an integer factor, or {y, x}.
function ops.upsample(x, factor)
  if type(factor) ~= "table" or #factor ~= 2 then check.count("upsample", "factor", factor) end
  return spread(x, {kernel = factor, stride = factor})
end

-- The n x n identity matrix.
function ops.eye(n)
  n = check.integer("eye", "n", n, 0)
  return op.one_hot(tensor.arange(1, n), n)
end

for name, f in pairs(ops) do tensor.methods[name] = f end

return ops
