-- Checks of what ops take besides those of teasel.lib.check: tensors of some rank, axes, places
-- counted from either end. Each returns the value in the form that is needed, or raises an error.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local TENSOR = core.tensor.metatable

local argument = {wrong = check.wrong}

function argument.is_tensor(x) return getmetatable(x) == TENSOR end

-- What is left out at the end of a call may be given in one table by name instead: returns the
-- values in the order of `names`.
function argument.named(who, names, first, ...)
  if type(first) ~= "table" or type(next(first)) ~= "string" then return first, ... end
  local known, values = {}, {}
  for _, name in ipairs(names) do known[name] = options.any end
  local read = options.read(who, first, known)
  for k, name in ipairs(names) do values[k] = read[name] end
  return table.unpack(values, 1, #names)
end

-- true or false, or nil for false
function argument.flag(who, name, v)
  if v ~= nil and type(v) ~= "boolean" then argument.wrong(who, name, v, "true or false") end
  return v or false
end

-- A tensor, or a number as one, of at least `rank` axes (default 0).
function argument.tensor(who, name, x, rank)
  if type(x) == "number" then
    local whole = math.type(x) == "integer"
    local item = core.tensor.tensor(x + 0.0)
    if whole and math.tointeger(item:item()) ~= x then
      argument.wrong(who, name, x, "an integer that an item holds")
    end
    x = item
  end
  if getmetatable(x) ~= TENSOR or not pcall(x.rank, x) then
    argument.wrong(who, name, x, "a tensor or a number")
  end
  if rank and x:rank() < rank then
    argument.wrong(who, name, x, rank == 1 and "one axis or more" or rank .. " axes or more")
  end
  return x
end

-- A tensor of exactly `rank` axes.
function argument.ranked(who, name, x, rank)
  x = argument.tensor(who, name, x)
  if x:rank() ~= rank then
    argument.wrong(who, name, x, rank == 1 and "one axis" or rank .. " axes")
  end
  return x
end

-- An integer in low..high.
function argument.integer(who, name, v, low, high)
  local i = type(v) == "number" and math.tointeger(v)
  if not i or i < low or i > high then
    argument.wrong(who, name, v, high == math.maxinteger and low == math.mininteger and "an integer"
      or high == math.maxinteger and ("an integer of %d or more"):format(low)
      or ("an integer in %d..%d"):format(low, high))
  end
  return i
end

-- A place 1..n or -n..-1, counted from the end, as 1..n. `words` tell what it is a place of.
function argument.place(who, name, v, n, words)
  local i = type(v) == "number" and math.tointeger(v)
  if not i or i == 0 or i > n or i < -n then
    argument.wrong(who, name, v, n == 0 and ("no %s: there is none"):format(words)
      or ("an %s in 1..%d (or -%d..-1, from the last)"):format(words, n, n))
  end
  return i < 0 and i + n + 1 or i
end

-- An axis of n, 1..n or -n..-1, as 1..n; nil stands for `default`, where there is one.
function argument.axis(who, name, axis, n, default)
  if axis == nil then axis = default end
  return argument.place(who, name, axis, n, "axis")
end

-- A list as it is without its metatable, copied.
function argument.list(list)
  local plain = {}
  for i = 1, rawlen(list) do plain[i] = rawget(list, i) end
  return plain
end

-- Sizes that a tensor can have: at most 8, of at most 2^40 items where none of them is 0.
function argument.sizes(who, sizes)
  local items = 1.0
  for _, n in ipairs(sizes) do items = items * math.max(n, 1) end
  if items > 2.0 ^ 40 or #sizes > 8 then
    fail("%s: got the shape [%s], wanted at most 2^40 elements and 8 axes", who,
      table.concat(sizes, " "))
  end
  return sizes
end

-- One axis of n, a list of them, or nil for all: as a set, and as a list in rising order.
function argument.axes(who, name, axes, n)
  local set, list = {}, {}
  if axes == nil then
    for d = 1, n do set[d] = true end
  elseif type(axes) == "table" then
    for _, axis in ipairs(argument.list(axes)) do
      local d = argument.axis(who, name, axis, n)
      if set[d] then argument.wrong(who, name, axis, "each axis once") end
      set[d] = true
    end
  else
    set[argument.axis(who, name, axes, n)] = true
  end
  for d = 1, n do
    if set[d] then list[#list + 1] = d end
  end
  return set, list
end

return argument
