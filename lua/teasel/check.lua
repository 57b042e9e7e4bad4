-- Checks of arguments: each raises an error at the line that called the library (see teasel.fail)
-- which says what was got and what was wanted, or returns the value:
--
--   check.integer("linear", "n_in", n_in, 1)
--   --> script.lua:12: linear: argument 'n_in': got nil, wanted an integer of 1 or more
--
-- `name` is that of an argument, or words that say more: "option 'lr'", "item 3".

local core = require "teasel.core"
local fail = require "teasel.fail"

local STREAM = getmetatable(core.rand.stream(0))
local TENSOR = core.tensor.metatable

local check = {}

local behind = setmetatable({}, {__mode = "k"})   -- functions by those that check their arguments
local signatures = setmetatable({}, {__mode = "k"})   -- what is checked, by the functions behind

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

check.boolean = of_type("boolean", "true or false")

-- an integer of 1 or more
function check.count(who, name, value) return check.integer(who, name, value, 1) end

-- an integer of 0 or more
function check.size(who, name, value) return check.integer(who, name, value, 0) end

-- a tensor or a number
function check.numeric(who, name, value)
  if type(value) ~= "number" and getmetatable(value) ~= TENSOR then
    check.wrong(who, name, value, "a tensor or a number")
  end
  return value
end

-- a path, or several of one figure
function check.path(who, name, value)
  if type(value) ~= "string" and type(value) ~= "table" then
    check.wrong(who, name, value, "a path")
  end
  return value
end

-- a learning rate
function check.rate(who, name, value)
  if type(value) ~= "number" and type(value) ~= "function" then
    check.wrong(who, name, value, "a number or a function of the update's number")
  end
  return value
end

-- a data set: what has these methods
function check.set(who, name, value)
  if type(value) ~= "table" or not (value.count and value.images) then
    check.wrong(who, name, value, "a data set")
  end
  return value
end

local function pair(who, name, value)
  if type(value) ~= "table" then return check.count(who, name, value) end
  if #value ~= 2 then check.wrong(who, name, value, "a size or {height, width}") end
  for i = 1, 2 do check.count(who, name, value[i]) end
end

local function pad(who, value)
  local sizes = type(value) == "table" and value or {value, value}
  local right = value == "same" or #sizes == 2 or #sizes == 4
  for _, n in ipairs(value ~= "same" and sizes or {}) do
    right = right and math.type(n) == "integer" and n >= 0
  end
  if not right then
    check.wrong(who, "pad", value,
      'an integer of 0 or more, {y, x}, {top, bottom, left, right} or "same"')
  end
end

-- The windows that a kernel reads: options kernel, a must, stride and pad.
function check.windows(who, o)
  if not o.kernel then fail("%s: got no option 'kernel', wanted its size", who) end
  pair(who, "kernel", o.kernel)
  if o.stride then pair(who, "stride", o.stride) end
  if o.pad then pad(who, o.pad) end
end

function check.any(_, _, value) return value end

-- a list of numbers, one or more
function check.numbers(who, name, value)
  if type(value) ~= "table" or #value == 0 then
    check.wrong(who, name, value, "a list of one or more numbers")
  end
  for i, v in ipairs(value) do
    if type(v) ~= "number" then
      check.wrong(who, ("item %d of %s"):format(i, name), v, "a number")
    end
  end
  return value
end

-- a list of lists of as many numbers each
function check.matrix(who, name, value)
  if type(value) ~= "table" or #value == 0 then
    check.wrong(who, name, value, "a list of one or more rows of numbers")
  end
  for i, row in ipairs(value) do
    local words = ("row %d of %s"):format(i, name)
    check.numbers(who, words, row)
    if #row ~= #value[1] then check.wrong(who, words, row, ("%d numbers"):format(#value[1])) end
  end
  return value
end

-- A table that has all these fields, a list.
function check.fields(who, name, value, fields)
  local lacks = type(value) ~= "table"
  for _, field in ipairs(fields) do lacks = lacks or value[field] == nil end
  if lacks then
    check.wrong(who, name, value, "a table with " .. table.concat(fields, ", "))
  end
  return value
end

-- A signature as a list of {name =, optional =, check(who, name, value)}.
local function read(signature)
  local list = {}
  for name, kind, fields, optional in signature:gmatch "([%w_]+): ([%w_]+)(%(?[%w_ ]*%)?)(%??)" do
    local wanted = {}
    for field in fields:gmatch "[%w_]+" do wanted[#wanted + 1] = field end
    local one = assert(check[kind], kind)
    list[#list + 1] = {name = name, optional = optional == "?", check = #wanted == 0 and one
      or function(who, what, value) return check.fields(who, what, value, wanted) end}
  end
  return list
end

-- The function whose arguments f checks, where it does no more than that; else f.
function check.behind(f)
  while behind[f] do f = behind[f] end
  return f
end

-- What is checked of the arguments, as {{name =, wanted = in words, optional =}...}, by function:
-- what was written in the file of the library at that place.
function check.signatures()
  local all = {}
  for f, signature in pairs(signatures) do
    local list = {}
    for i, arg in ipairs(read(signature)) do
      local fine, message = pcall(arg.check, "", arg.name, nil)
      list[i] = {name = arg.name, optional = arg.optional,
        wanted = fine and "anything" or message:match "wanted (.*)$"}
    end
    all[f] = list
  end
  return all
end

-- f with its arguments checked:
--   check.called("vae.init", f, "model: table(encoder decoder), stream: stream, width: count?")
-- A kind is the name of a check above; `?` allows nil.
function check.called(who, f, signature)
  local args = read(signature)
  signatures[check.behind(f)] = signature
  local function called(...)
    for i, arg in ipairs(args) do
      local value = (select(i, ...))
      if value ~= nil or not arg.optional then arg.check(who, arg.name, value) end
    end
    return f(...)
  end
  behind[called] = f
  return called
end

-- make, a function that makes functions: what it makes checks its arguments by the signature.
function check.maker(who, make, signature)
  local function maker(...) return check.called(who, make(...), signature) end
  behind[maker] = make
  return maker
end

-- Makes functions of a module check their arguments; `signatures` has one for each name.
function check.functions(who, module, signatures)
  for name, signature in pairs(signatures) do
    module[name] = check.called(who .. name, assert(module[name], name), signature)
  end
end

-- The same for the methods of objects whose metatable, or its __index, is `methods`; the object is
-- checked too.
function check.methods(who, methods, signatures)
  for name, signature in pairs(signatures) do
    local full = who .. ":" .. name
    local f = check.called(full, assert(methods[name], name), "self: any, " .. signature)
    local function called(self, ...)
      local meta = getmetatable(self)
      if meta ~= methods and not (type(meta) == "table" and rawget(meta, "__index") == methods) then
        check.wrong(full, "self", self, ("a %s: %s(...)"):format(who, full))
      end
      return f(self, ...)
    end
    behind[called], methods[name] = f, called
  end
end

return check
