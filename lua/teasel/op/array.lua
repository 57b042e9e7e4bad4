-- Parts of tensors and other arrangements of their items, put together from the ops of the core, so
-- that all of it can be differentiated. All but `tensor` can be called as methods too.
--
-- x[key] reads a part:
--   x[i]                  the i-th item along the first axis; x[-1] is the last
--   x[{i, {from, to}, {}}] one entry per axis, those left out at the end being whole: an integer
--                         drops its axis, {from, to} is a range with both ends, {i} a range of one,
--                         {} the whole axis, and a tensor of one axis picks as below
--   x[t]                  with a tensor of indices: the items at 1..n of the first axis; the
--                         result has the axes of t in place of that axis
--   x[m]                  with a mask, which is what a comparison gives (gt, eq, isnan ...):
--                         masked_select(x, m)
-- and ipairs(x) goes over the first axis. Any other key is an error.

local core = require "teasel.core"
local argument = require "teasel.lib.argument"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"

local op, tensor = core.op, core.tensor
local array = {}

local MAXDEPTH = 8   -- of lists, as many as a tensor can have axes

local function product(list)
  local n = 1
  for _, size in ipairs(list) do n = n * size end
  return n
end

-- masked_select(x, mask): the items of x where the mask is not 0, in row-major order. The mask has
-- the shape of x or of its first axes; the result is [count, x's other axes].
function array.masked_select(x, mask)
  x = argument.tensor("masked_select", "x", x)
  mask = argument.tensor("masked_select", "mask", mask)
  local shape, lead = x:shape(), mask:shape()
  for d, size in ipairs(lead) do
    if shape[d] ~= size then
      argument.wrong("masked_select", "mask", mask, ("the shape of x, [%s], or of its first axes")
        :format(table.concat(shape, " ")))
    end
  end
  local rest = table.move(shape, #lead + 1, #shape, 2, {product(lead)})
  local index = op.nonzero(op.reshape(mask, {rest[1]}))
  return op.take(op.reshape(x, rest), op.reshape(index, {#index}))
end

-- x by the indices of t along an axis, which becomes t's axes
local function taken(x, t, axis)
  local shape, axes = x:shape(), t:shape()
  local y = op.take(x, op.reshape(t, {t:size()}), axis)
  if #axes == 1 then return y end
  local new = table.move(shape, 1, axis - 1, 1, {})
  table.move(axes, 1, #axes, axis, new)
  return op.reshape(y, table.move(shape, axis + 1, #shape, #new + 1, new))
end

-- what the entry of an axis of n asks for: first, last, and whether the axis is dropped
local function range_of(entry, axis, n)
  local name = "i[" .. axis .. "]"
  if type(entry) == "number" then
    local i = argument.place("index", name, entry, n, "integer")
    return i, i, true
  elseif type(entry) ~= "table" or rawlen(entry) > 2 then
    argument.wrong("index", name, entry,
      "an integer, a range {from, to}, {} for the whole axis, or a tensor")
  elseif rawlen(entry) == 0 then
    return 1, n
  end
  entry = argument.list(entry)
  local from = argument.place("index", name, entry[1], n, "integer")
  local to = entry[2] == nil and from or argument.place("index", name, entry[2], n, "integer")
  if to < from then argument.wrong("index", name, entry[2], "an end at or after the start") end
  return from, to
end

-- x[{...}]
local function box(x, key)
  local shape, rank = x:shape(), x:rank()
  for k in pairs(key) do
    local d = math.type(k) == "integer" and k or 0
    if d < 1 or d > rank then
      argument.wrong("index", "i", k, ("entries for the axes 1..%d"):format(rank))
    end
  end
  local first, last, dropped, picks = {}, {}, {}, {}
  for d, size in ipairs(shape) do
    local entry = rawget(key, d)
    if entry == nil then entry = {} end
    if argument.is_tensor(entry) then
      picks[d] = argument.ranked("index", "i[" .. d .. "]", entry, 1)
      first[d], last[d] = 1, size
    else
      first[d], last[d], dropped[d] = range_of(entry, d, size)
    end
  end
  local y = op.slice(x, first, last)
  for d, t in pairs(picks) do
    if t:is_mask() then
      if #t ~= shape[d] then
        argument.wrong("index", "i[" .. d .. "]", t, ("a mask of %d items"):format(shape[d]))
      end
      t = op.nonzero(t)
    end
    y = op.take(y, op.reshape(t, {t:size()}), d)
  end
  if next(dropped) == nil then return y end
  local kept = {}
  for d, size in ipairs(y:shape()) do
    if not dropped[d] then kept[#kept + 1] = size end
  end
  return op.reshape(y, kept)
end

function tensor.metatable.__part(x, key)
  if not argument.is_tensor(key) then return box(x, key) end
  if key:is_mask() then return array.masked_select(x, key) end
  return taken(argument.tensor("index", "x", x, 1), key, 1)
end

-- select(x, axis, i): the i-th items along an axis, which is dropped; -1 is the last.
function array.select(x, axis, i)
  x = argument.tensor("select", "x", x, 1)
  local shape = x:shape()
  axis = argument.axis("select", "axis", axis, #shape)
  i = argument.place("select", "i", i, shape[axis], "integer")
  table.remove(shape, axis)
  return op.reshape(ops.slice(x, axis, i, i), shape)
end

-- transpose(x, a, b): x with two axes in each other's place (default: the last two).
function array.transpose(x, a, b)
  x = argument.tensor("transpose", "x", x, 2)
  local order, rank = {}, x:rank()
  for d = 1, rank do order[d] = d end
  a = argument.axis("transpose", "a", a, rank, -2)
  b = argument.axis("transpose", "b", b, rank, -1)
  order[a], order[b] = b, a
  return op.permute(x, order)
end

-- squeeze(x, axes): x without its axes of size 1, or without some of them (one or a list), which
-- must be of size 1.
function array.squeeze(x, axes)
  x = argument.tensor("squeeze", "x", x)
  local kept, shape = {}, x:shape()
  local set = argument.axes("squeeze", "axes", axes, #shape)
  for d, size in ipairs(shape) do
    if axes ~= nil and set[d] and size ~= 1 then
      argument.wrong("squeeze", "axes", d, ("axes of size 1 of the shape [%s]")
        :format(table.concat(shape, " ")))
    end
    if size ~= 1 or not set[d] then kept[#kept + 1] = size end
  end
  return op.reshape(x, kept)
end

-- unsqueeze(x, axis): x with a new axis of size 1, which becomes axis number `axis` (default 1; -1:
-- the last).
function array.unsqueeze(x, axis)
  x = argument.tensor("unsqueeze", "x", x)
  local shape = x:shape()
  table.insert(shape, argument.axis("unsqueeze", "axis", axis, #shape + 1, 1), 1)
  return op.reshape(x, argument.sizes("unsqueeze", shape))
end

-- tile(x, times): x repeated so many times along each axis. `times` is a list, or one integer for
-- the last axis; as in numpy, where there are fewer than x has axes they are those of the last, and
-- where there are more x has new first axes.
function array.tile(x, times)
  x = argument.tensor("tile", "x", x)
  times = type(times) == "table" and argument.list(times) or {times}
  if #times == 0 then argument.wrong("tile", "times", nil, "an integer or a list of some") end
  local shape, extra = x:shape(), #times - x:rank()
  for _ = 1, extra do table.insert(shape, 1, 1) end
  local new = table.move(shape, 1, #shape, 1, {})
  for k, n in ipairs(times) do
    times[k] = argument.integer("tile", "times", n, 0, 1 << 40)
    local d = k + #shape - #times
    new[d] = new[d] * times[k]
  end
  argument.sizes("tile", new)
  x = op.reshape(x, shape)
  for k, n in ipairs(times) do
    local d = k + #shape - #times
    local outer, inner = 1, 1
    for e, size in ipairs(shape) do
      if e < d then outer = outer * size else inner = inner * size end
    end
    x = op.expand(op.reshape(x, {outer, 1, inner}), {outer, n, inner})
    shape[d] = shape[d] * n
    x = op.reshape(x, shape)
  end
  return x
end

-- roll(x, shift, axis): x with its items moved on by `shift` places along an axis, those that leave
-- it at the end coming in at the start; without an axis along all items in row-major order.
function array.roll(x, shift, axis)
  x = argument.tensor("roll", "x", x)
  shift = argument.integer("roll", "shift", shift, math.mininteger, math.maxinteger)
  if axis == nil then
    return op.reshape(array.roll(op.reshape(x, {x:size()}), shift, 1), x:shape())
  end
  axis = argument.axis("roll", "axis", axis, x:rank())
  local n = x:size(axis)
  local s = n > 0 and shift % n or 0
  if s == 0 then return x end
  return op.concat({ops.slice(x, axis, n - s + 1, n), ops.slice(x, axis, 1, n - s)}, axis)
end

for name, f in pairs(array) do tensor.methods[name] = f end

-- whether there is a tensor in nested lists: among the items, or in the first of them
local function holds_tensor(list, depth)
  for _, v in ipairs(list) do
    if argument.is_tensor(v) then return true end
  end
  return depth < MAXDEPTH and type(list[1]) == "table" and holds_tensor(list[1], depth + 1)
end

-- a tensor of lists of tensors, which lie so deep in another list
local function stacked(value, depth)
  if type(value) ~= "table" or not holds_tensor(value, 1) then
    return tensor.tensor(value, true)
  end
  if depth > MAXDEPTH then
    fail("tensor: argument 'value': got lists nested more than %d deep, wanted at most that",
      MAXDEPTH)
  end
  local parts = {}
  for i = 1, core.items("tensor", "value", value) do
    local v = value[i]
    parts[i] = type(v) == "table" and stacked(v, depth + 1) or v
  end
  return ops.stack(parts)
end

-- tensor(value): a tensor from a number, from nested lists of numbers, or from lists of tensors of
-- one shape, which are stacked along a new first axis (and can be differentiated). A tensor is
-- returned as it is. An integer that no item holds (above 2^24 in floats) is an error.
function array.tensor(value) return stacked(value, 1) end

return array
