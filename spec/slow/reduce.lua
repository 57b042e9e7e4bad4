-- What reductions, normalisation and the softmax family mean.

local array = require "spec.slow.array"
local elem = require "spec.slow.elem"

local slow = {}

-- The places of x that differ in the axes of the set only: one list for every index without these
-- axes, and the shape of these indices.
local function groups(x, set, keep)
  local kept, full = {}, {}
  for d, size in ipairs(x.shape) do
    full[d] = set[d] and 1 or size
    if keep or not set[d] then kept[#kept + 1] = full[d] end
  end
  local lists = array.build(full, function() return {} end)
  array.build(x.shape, function(index)
    local list = array.item(lists, index)
    list[#list + 1] = array.place(x, index)
  end)
  return lists, kept
end

local function items_at(x, places)
  local items = {}
  for i, place in ipairs(places) do items[i] = x[place] end
  return items
end

-- one number from the items of each group
local function reduction(f)
  return function(x, with)
    local lists, shape = groups(x, array.axis_set(with.axes, #x.shape), with.keep)
    local y = {shape = shape}
    for i, places in ipairs(lists) do y[i] = f(items_at(x, places)) end
    return y
  end
end

-- as many numbers as there are items in each group
local function by_group(x, axes, f)
  local y = {shape = x.shape}
  for _, places in ipairs(groups(x, array.axis_set(axes, #x.shape))) do
    local items = items_at(x, places)
    for i, v in ipairs(#items > 0 and f(items) or {}) do y[places[i]] = v end
  end
  return y
end

local function sum(items)
  local s = 0
  for _, v in ipairs(items) do s = s + v end
  return s
end

-- a NaN stays
local function max(items)
  local top = items[1]
  for _, v in ipairs(items) do
    if not (top >= v or top ~= top) then top = v end
  end
  return top
end

local function min(items)
  local least = items[1]
  for _, v in ipairs(items) do
    if not (least <= v or least ~= least) then least = v end
  end
  return least
end

local function argmax(items)
  local top = max(items)
  for i, v in ipairs(items) do
    if v == top then return i end
  end
end

local function logsumexp(items)
  local top, s = max(items), 0
  if math.abs(top) == math.huge then return top end
  for _, v in ipairs(items) do s = s + math.exp(v - top) end
  return top + math.log(s)
end

slow.sum = reduction(sum)
slow.max = reduction(max)
slow.min = reduction(min)
slow.logsumexp = reduction(logsumexp)

function slow.argmax(x, with)
  return reduction(argmax)(x, {axes = with.axis or -1, keep = with.keep})
end

function slow.normalize(x, with)
  return by_group(x, with.axes, function(items)
    local mean, variance, y = sum(items) / #items, 0, {}
    for _, v in ipairs(items) do variance = variance + (v - mean) ^ 2 / #items end
    for i, v in ipairs(items) do y[i] = (v - mean) / math.sqrt(variance + (with.eps or 1e-5)) end
    return y
  end)
end

function slow.log_softmax(x, with)
  return by_group(x, with.axis or -1, function(items)
    local total, y = logsumexp(items), {}
    for i, v in ipairs(items) do y[i] = v - total end
    return y
  end)
end

function slow.softmax(x, with) return elem.exp(slow.log_softmax(x, with), {}) end

function slow.cross_entropy(logits, target)
  local terms = elem.mul(slow.log_softmax(logits, {}), target, {})
  return elem.neg(slow.sum(terms, {axes = -1}), {})
end

return slow
