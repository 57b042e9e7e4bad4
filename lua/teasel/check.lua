-- Checks of arguments: each raises an error at the line that called the library (see teasel.fail)
-- which says what was got and what was wanted, or returns the value:
--
--   check.integer("linear", "n_in", n_in, 1)
--   --> script.lua:12: linear: argument 'n_in': got nil, wanted an integer of 1 or more
--
-- `name` is that of an argument, or words that say more: "option 'lr'", "item 3".

local core = require "teasel.core"
require "teasel.fail"

local STREAM = getmetatable(core.rand.stream(0))
local TENSOR = core.tensor.metatable

local check = {}

-- The error that `value`, of this name, is not what was wanted.
function check.wrong(who, name, value, wanted)
  core.wrong(who, name:find(" ", 1, true) and name or "argument '" .. name .. "'", value, wanted)
end

-- f of some type, in words
local function of_type(kind, words)
  return function(who, name, value)
    if type(value) ~= kind then check.wrong(who, name, value, words) end
    return value
  end
end

check.table = of_type("table", "a table")
check.string = of_type("string", "a string")

-- a function, or what can be called like one
function check.callable(who, name, value)
  local meta = type(value) ~= "function" and getmetatable(value)
  if type(value) ~= "function" and not (type(meta) == "table" and meta.__call) then
    check.wrong(who, name, value, "a function")
  end
  return value
end

function check.tensor(who, name, value)
  if getmetatable(value) ~= TENSOR then check.wrong(who, name, value, "a tensor") end
  return value
end

function check.stream(who, name, value)
  if getmetatable(value) ~= STREAM then
    check.wrong(who, name, value, "a stream, as from T.stream(seed)")
  end
  return value
end

local function range(kind, least, most)
  if least and most then return ("%s in %s..%s"):format(kind, least, most) end
  return least and ("%s of %s or more"):format(kind, least) or kind
end

-- an integer, of `least` or more where it is given, and of at most `most`
function check.integer(who, name, value, least, most)
  if math.type(value) ~= "integer" or least and value < least or most and value > most then
    check.wrong(who, name, value, range("an integer", least, most))
  end
  return value
end

-- a finite number, of `least` or more where it is given, and of at most `most`
function check.number(who, name, value, least, most)
  if type(value) ~= "number" or value - value ~= 0 or least and value < least
      or most and value > most then
    check.wrong(who, name, value, range("a number", least, most))
  end
  return value
end

-- a tensor or a tree of some, as a network's parameters are
function check.tree(who, name, value)
  if getmetatable(value) ~= TENSOR and (type(value) ~= "table" or getmetatable(value)) then
    check.wrong(who, name, value, "a tensor or a tree of tensors")
  end
  return value
end

-- a list, each of whose items `item` accepts: item(who, "argument 'name', item 3", value)
function check.list(who, name, value, item)
  if type(value) ~= "table" then check.wrong(who, name, value, "a list") end
  for i, v in ipairs(item and value or {}) do
    item(who, ("argument '%s', item %d"):format(name, i), v)
  end
  return value
end

return check
