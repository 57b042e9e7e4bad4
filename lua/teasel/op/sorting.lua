-- What needs the order of items: sorting, quantiles, unique items and histograms. Where items move
-- from x into a result, it can be differentiated; indices and counts are flat. All can be called as
-- methods, and what may be left out can be given by name: x:sort(1, true) or
-- x:sort{descending = true}.

local core = require "teasel.core"
local argument = require "teasel.lib.argument"
local array = require "teasel.op.array"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
local sorting = {}

local EXACT = core.double and 1 << 53 or 1 << 24   -- integers up to here are exact

-- sort(x, axis, descending) -> x sorted along an axis (default: the last), and the 1-based indices
-- of where the items were. Equal items keep their order; NaN goes last.
function sorting.sort(x, ...)
  local axis, descending = argument.named("sort", {"axis", "descending"}, ...)
  x = argument.tensor("sort", "x", x, 1)
  descending = argument.flag("sort", "descending", descending)
  axis = argument.axis("sort", "axis", axis, x:rank(), -1)
  local index = op.argsort(x, axis, descending)
  return op.take_along(x, index, axis), index
end

-- topk(x, k, axis, smallest) -> the k largest items along an axis (default: the last), the largest
-- first, and their indices; with `smallest` the k smallest. NaN counts as neither.
function sorting.topk(x, k, ...)
  local axis, smallest = argument.named("topk", {"axis", "smallest"}, ...)
  x = argument.tensor("topk", "x", x, 1)
  smallest = argument.flag("topk", "smallest", smallest)
  axis = argument.axis("topk", "axis", axis, x:rank(), -1)
  k = argument.integer("topk", "k", k, 0, x:size(axis))
  local index = ops.slice(op.argsort(x, axis, not smallest), axis, 1, k)
  return op.take_along(x, index, axis), index
end

-- argmin(x, axis, keep): the 1-based index of the first smallest item along an axis (default: the
-- last); flat.
function sorting.argmin(x, ...)
  local axis, keep = argument.named("argmin", {"axis", "keep"}, ...)
  x = argument.tensor("argmin", "x", x, 1)
  axis = argument.axis("argmin", "axis", axis, x:rank(), -1)
  if x:size(axis) == 0 then argument.wrong("argmin", "x", x, "one item or more along the axis") end
  return op.argmax(op.neg(x), axis, argument.flag("argmin", "keep", keep))
end

-- one quantile of what is sorted along an axis
local function between(sorted, q, axis)
  local at = 1 + q * (sorted:size(axis) - 1)
  local low = math.floor(at)
  local y = ops.slice(sorted, axis, low, low)
  if at == low then return y end
  local part = at - low
  return op.affine(y, 1 - part, 0)
    + op.affine(ops.slice(sorted, axis, low + 1, low + 1), part, 0)
end

-- quantiles in the name of `who`
local function quantile(who, x, q, axis, keep)
  x = argument.tensor(who, "x", x)
  keep = argument.flag(who, "keep", keep)
  local shape = x:shape()
  if axis == nil then
    x, axis = op.reshape(x, {x:size()}), 1
    for d in ipairs(shape) do shape[d] = 1 end
  else
    axis = argument.axis(who, "axis", axis, #shape)
    shape[axis] = 1
  end
  if x:size(axis) == 0 then argument.wrong(who, "x", x, "one item or more") end
  if not keep then
    local kept = {}
    for d, size in ipairs(shape) do
      if x:rank() > 1 and d ~= axis then kept[#kept + 1] = size end
    end
    shape = kept
  end
  local unknown = op.max(op.ne(x, x), axis, true)
  local list = type(q) == "table" and argument.list(q) or {q}
  if #list == 0 then argument.wrong(who, "q", q, "a number in 0..1 or a list of some") end
  for _, p in ipairs(list) do
    if type(p) ~= "number" or not (p >= 0 and p <= 1) then
      argument.wrong(who, "q", p, "numbers in 0..1")
    end
  end
  local sorted, found = sorting.sort(x, axis), {}
  for i, p in ipairs(list) do
    found[i] = op.reshape(op.where(unknown, 0 / 0, between(sorted, p, axis)), shape)
  end
  if type(q) == "table" then return ops.stack(found) end
  return found[1]
end

-- quantile(x, q, axis, keep): the q-quantile along an axis (nil: of all items), between two items
-- by linear interpolation; NaN where there is one. q is a number in 0..1, or a list of them: then
-- the results lie along a new first axis. `keep` leaves the axis (without one: all), with size 1.
function sorting.quantile(x, q, ...)
  local axis, keep = argument.named("quantile", {"axis", "keep"}, ...)
  return quantile("quantile", x, q, axis, keep)
end

-- median(x, axis, keep): the item in the middle along an axis (nil: of all items), or the mean of
-- the two there; NaN where there is one.
function sorting.median(x, ...)
  local axis, keep = argument.named("median", {"axis", "keep"}, ...)
  return quantile("median", x, 0.5, axis, keep)
end

-- n ones where x is
local function ones_like(n, x) return op.to(tensor.ones{n}, x:place()) end

-- unique(x) -> the different items of x in rising order [k]; for each item of x the 1-based index
-- of its like there, in the shape of x; and how often each occurs [k]. NaN is like NaN. Flat.
function sorting.unique(x)
  x = core.grad.constant(argument.tensor("unique", "x", x))
  local n, shape = x:size(), x:shape()
  if n == 0 then return tensor.zeros{0}, x, tensor.zeros{0} end
  local sorted, index = sorting.sort(op.reshape(x, {n}))
  local here, before = ops.slice(sorted, 1, 2, n), ops.slice(sorted, 1, 1, n - 1)
  local both_nan = op.ne(here, here) * op.ne(before, before)
  local new = op.concat({ones_like(1, x), op.ne(here, before) - both_nan})
  local number = op.cumsum(new)
  local values = array.masked_select(sorted, new)
  local inverse = op.reshape(op.put_along(number, index, n), shape)
  return values, inverse, op.put(ones_like(n, x), number, #values)
end

local HISTOGRAM = {bins = 10, low = options.any, high = options.any}

-- histogram(x, {bins =, low =, high =}) -> how many items of x lie in each of so many equal parts
-- (default 10) of low..high [bins], and the ends of the parts [bins + 1]. The range is by default
-- that of the items. A part has its lower end, the last one both; what lies outside, and NaN, is
-- not counted. Flat.
function sorting.histogram(x, given)
  x = core.grad.constant(argument.tensor("histogram", "x", x))
  local o = options.read("histogram", given, HISTOGRAM)
  local bins, n = argument.integer("histogram", "bins", o.bins, 1, EXACT), x:size()
  if n > EXACT then
    argument.wrong("histogram", "x", x, ("at most %d items: counts are exact up to there")
      :format(EXACT))
  end
  x = op.reshape(x, {n})
  x = array.masked_select(x, op.eq(x, x))
  local low = o.low or (#x > 0 and op.min(x):item() or 0)
  local high = o.high or (#x > 0 and op.max(x):item() or 1)
  for name, v in pairs{low = low, high = high} do
    if type(v) ~= "number" or v - v ~= 0 then
      if o[name] == nil then argument.wrong("histogram", "x", v, "finite items, or a range") end
      argument.wrong("histogram", name, v, "a finite number")
    end
  end
  if low > high then argument.wrong("histogram", "low", low, "a number below `high`") end
  if low == high then
    local half = math.max(0.5, math.abs(low) * 1e-3)
    low, high = low - half, high + half
  end
  local ends = op.to(tensor.linspace(low, high, bins + 1), x:place())
  x = array.masked_select(x, op.ge(x, low) * op.le(x, high))
  local guess = op.floor(op.affine(x, bins / (high - low), 1 - low * bins / (high - low)))
  local index = op.clip(guess, 1, bins)
  -- a number at the end of a part may have been rounded into its neighbour
  index = index - op.lt(x, op.take(ends, index))
  index = op.clip(index, 1, bins)
  index = index + op.ge(x, op.take(ends, index + 1))
  index = op.clip(index, 1, bins)
  return op.put(ones_like(#x, x), index, bins), ends
end

for name, f in pairs(sorting) do tensor.methods[name] = f end

return sorting
