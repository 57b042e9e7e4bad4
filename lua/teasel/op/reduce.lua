-- More reductions, and comparisons of whole tensors. All can be called as methods, and what may be
-- left out can be given by name: x:prod(1, true), x:prod{axes = 1, keep = true}.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local argument = require "teasel.lib.argument"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
local reduce = {}

-- the product along an axis, which stays with size 1: halves are multiplied until one item is left,
-- so that derivatives divide by nothing, not even by zeros
local function product(x, axis)
  local n = x:size(axis)
  if n == 0 then
    local shape = x:shape()
    shape[axis] = 1
    return op.to(tensor.ones(shape), x:place())
  end
  while n > 1 do
    local half = n // 2
    local y = ops.slice(x, axis, 1, half) * ops.slice(x, axis, half + 1, 2 * half)
    x = n % 2 == 0 and y or op.concat({y, ops.slice(x, axis, n, n)}, axis)
    n = half + n % 2
  end
  return x
end

-- x as a tensor, the axes as a set and as a list, and whether to keep them
local function reduction(who, x, ...)
  local axes, keep = argument.named(who, {"axes", "keep"}, ...)
  x = argument.tensor(who, "x", x)
  local set, list = argument.axes(who, "axes", axes, x:rank())
  return x, set, list, argument.flag(who, "keep", keep)
end

-- prod(x, axes, keep): the product over axes (one, a list, or nil: all); of no items it is 1.
function reduce.prod(x, ...)
  local set, list, keep
  x, set, list, keep = reduction("prod", x, ...)
  for _, axis in ipairs(list) do x = product(x, axis) end
  if keep then return x end
  local kept = {}
  for d, size in ipairs(x:shape()) do
    if not set[d] then kept[#kept + 1] = size end
  end
  return op.reshape(x, kept)
end

-- std(x, axes, keep, correction): the standard deviation over axes, the root of var with the same
-- arguments. Its gradient where the variance is 0 is not finite.
function reduce.std(x, ...)
  local axes, keep, correction = argument.named("std", {"axes", "keep", "correction"}, ...)
  local _, list
  x, _, list, keep = reduction("std", x, axes, keep)
  correction = check.number("std", "correction", correction == nil and 0 or correction)
  return op.sqrt(ops.var(x, list, keep, correction))
end

-- any(x, axes, keep): a mask: 1 where some item over axes (one, a list, or nil: all) is not 0.
-- NaN is not 0. Flat.
function reduce.any(x, ...)
  local _, axes, keep
  x, _, axes, keep = reduction("any", x, ...)
  return op.gt(op.sum(op.ne(x, 0), axes, keep), 0)
end

-- all(x, axes, keep): a mask: 1 where no item over axes (one, a list, or nil: all) is 0. Flat.
function reduce.all(x, ...)
  local _, axes, keep
  x, _, axes, keep = reduction("all", x, ...)
  return op.eq(op.sum(op.eq(x, 0), axes, keep), 0)
end

-- isnan(x): a mask: 1 where x is not a number. Flat.
function reduce.isnan(x)
  x = argument.tensor("isnan", "x", x)
  return op.ne(x, x)
end

-- equal(a, b): true if both have one shape and the same items. NaN is not equal to itself.
function reduce.equal(a, b)
  a, b = argument.tensor("equal", "a", a), argument.tensor("equal", "b", b)
  local s, t = a:shape(), b:shape()
  return table.concat(s, " ") == table.concat(t, " ")
    and op.sum(op.ne(a, b)):item() == 0
end

-- the sizes that both have in common, counted from the last axis; nil where they do not fit
local function broadcast(s, t)
  local sizes = {}
  for d = 1, math.max(#s, #t) do
    local m, n = s[#s + 1 - d] or 1, t[#t + 1 - d] or 1
    if m ~= n and m ~= 1 and n ~= 1 then return nil end
    sizes[d] = m == 1 and n or m
  end
  return sizes
end

local TOLERANCE = {rtol = 1e-5, atol = 1e-8, equal_nan = false}

-- allclose(a, b, {rtol =, atol =, equal_nan =}): true if |a - b| <= atol + rtol |b| for every item
-- (default: 1e-5 and 1e-8, as in numpy), after broadcasting. Equal infinities are close, NaN to
-- NaN only with equal_nan (default false).
function reduce.allclose(a, b, given)
  a, b = argument.tensor("allclose", "a", a), argument.tensor("allclose", "b", b)
  local o = options.read("allclose", given, TOLERANCE)
  local sizes = broadcast(a:shape(), b:shape())
  if sizes then
    argument.sizes("allclose", sizes)
  else
    argument.wrong("allclose", "b", b, ("a shape that fits a's, [%s]")
      :format(table.concat(a:shape(), " ")))
  end
  a, b = core.grad.constant(a), core.grad.constant(b)
  local finite = op.lt(op.abs(b), math.huge)
  local near = op.le(op.abs(a - b), op.affine(op.abs(b), o.rtol, o.atol)) * finite
  local close = op.maximum(near, op.eq(a, b))
  if o.equal_nan then close = op.maximum(close, op.ne(a, a) * op.ne(b, b)) end
  return op.sum(op.eq(close, 0)):item() == 0
end

for name, f in pairs(reduce) do tensor.methods[name] = f end

return reduce
