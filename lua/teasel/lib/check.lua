-- Checks of arguments: each raises an error at the line that called the library (teasel.lib.fail)
-- which says what was got and what was wanted, or returns the value:
--
--   check.integer("linear", "n_in", n_in, 1)
--   --> script.lua:12: linear: argument 'n_in': got nil, wanted an integer of 1 or more
--
-- `name` is that of an argument, or words that say more: "option 'lr'", "item 3".

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local names = require "teasel.lib.names"

local STREAM = getmetatable(core.rand.stream(0))
local TENSOR = core.tensor.metatable

local check = {}

local behind = setmetatable({}, {__mode = "k"})   -- functions by those that check their arguments
local signatures = setmetatable({}, {__mode = "k"})   -- what is checked, by the functions behind
local owners = setmetatable({}, {__mode = "k"})   -- what methods are of, by the functions behind

-- The error that `value`, of this name, is not what was wanted.
function check.wrong(who, name, value, wanted)
  core.wrong(who, name:find(" ", 1, true) and name or "argument '" .. name .. "'", value, wanted)
end

-- the check of a value for which right(value) is true, in words
local function that(right, words)
  return function(who, name, value)
    if not right(value) then check.wrong(who, name, value, words) end
    return value
  end
end

local function is(kind) return function(value) return type(value) == kind end end
local function is_tensor(value) return getmetatable(value) == TENSOR end

check.table = that(is "table", "a table")
check.string = that(is "string", "a string")
check.boolean = that(is "boolean", "true or false")

-- a function, or what can be called like one
check.callable = that(function(value)
  local meta = type(value) ~= "function" and getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call
end, "a function")

check.tensor = that(is_tensor, "a tensor")
check.stream = that(function(value) return getmetatable(value) == STREAM end,
  "a stream, as from T.stream(seed)")

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

-- a finite number above 0
check.positive = that(function(value)
  return type(value) == "number" and value > 0 and value < math.huge
end, "a number above 0")

-- a number in 0..1
function check.share(who, name, value) return check.number(who, name, value, 0, 1) end

-- a tensor or a tree of some, as a network's parameters are
check.tree = that(function(value)
  return is_tensor(value) or type(value) == "table" and not getmetatable(value)
end, "a tensor or a tree of tensors")

-- a list, each of whose items `item` accepts: item(who, "argument 'name', item 3", value)
function check.list(who, name, value, item)
  if type(value) ~= "table" then check.wrong(who, name, value, "a list") end
  for i, v in ipairs(item and value or {}) do
    item(who, ("argument '%s', item %d"):format(name, i), v)
  end
  return value
end

-- a list of tables, as a run's log is
function check.tables(who, name, value) return check.list(who, name, value, check.table) end

-- an integer of 1 or more
function check.count(who, name, value) return check.integer(who, name, value, 1) end

-- an integer of 0 or more
function check.size(who, name, value) return check.integer(who, name, value, 0) end

-- a tensor or a number
check.numeric = that(function(value) return type(value) == "number" or is_tensor(value) end,
  "a tensor or a number")

-- a path, or several of one figure
check.path = that(function(value) return type(value) == "string" or type(value) == "table" end,
  "a path")

-- a learning rate
check.rate = that(function(value) return type(value) == "number" or type(value) == "function" end,
  "a number or a function of the update's number")

local function field(value, name) return value[name] end

-- whether a value is a table that has all these fields; of some tables other names are errors
local function has(value, fields)
  for _, name in ipairs(type(value) == "table" and fields or {}) do
    local known, got = pcall(field, value, name)
    if not known or got == nil then return false end
  end
  return type(value) == "table"
end

-- a data set: what has these methods
check.set = that(function(value) return has(value, {"count", "images"}) end, "a data set")

-- a data set that is not empty
check.images = that(function(value)
  return has(value, {"count", "images"}) and value:count() > 0
end, "a data set of one image or more")

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

-- gaussian(who, model [, q]): q(z|x) of a model, or of that which a pass was made by, has to be
-- N(mean, e^logvar): neither a `posterior` of its own nor an encoder that gives something else as q
function check.gaussian(who, model, q)
  if model.posterior then
    fail("%s: got a model with a posterior of its own, wanted one with q(z|x) = N(mean, e^logvar)",
      who)
  elseif q ~= nil and not (type(q) == "table" and is_tensor(q.mean) and is_tensor(q.logvar)) then
    check.wrong(who, "q of the model", q, "{mean =, logvar =} of q(z|x) = N(mean, e^logvar)")
  end
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
  if not has(value, fields) then
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
-- what was written in the file of the library at that place. Of a method, `object` says what it is
-- a method of.
function check.signatures()
  local all = {}
  for f, signature in pairs(signatures) do
    local list = {object = owners[f]}
    for i, arg in ipairs(read(signature)) do
      local fine, message = pcall(arg.check, "", arg.name, nil)
      list[i] = {name = arg.name, optional = arg.optional,
        wanted = fine and "anything" or message:match "wanted (.*)$"}
    end
    all[f] = list
  end
  return all
end

-- f with its arguments checked by a list as from `read`
local function guarded(who, f, args)
  local count = #args
  local function called(...)
    for i = 1, count do
      local arg, value = args[i], (select(i, ...))
      if value ~= nil or not arg.optional then arg.check(who, arg.name, value) end
    end
    return f(...)
  end
  behind[called] = f
  return called
end

-- f with its arguments checked:
--   check.called("vae.init", f, "model: table(encoder decoder), stream: stream, width: count?")
-- A kind is the name of a check above; `?` allows nil.
function check.called(who, f, signature)
  signatures[check.behind(f)] = signature
  return guarded(who, f, read(signature))
end

-- make, a function that makes functions: what it makes checks its arguments by the signature.
function check.maker(who, make, signature)
  local function maker(...) return check.called(who, make(...), signature) end
  behind[maker] = make
  return maker
end

-- Makes functions of a module check their arguments; `all` has a signature for each name.
function check.functions(who, module, all)
  for name, signature in pairs(all) do
    module[name] = check.called(who .. name, assert(module[name], name), signature)
  end
end

-- The same for the methods of objects whose metatable, or its __index, is `methods`; the object is
-- checked too. A name that an object has not is an error from now on, but for the fields that it
-- may be without, of which `fields` has the names: "space classes".
function check.methods(who, methods, all, fields)
  local function own(full, name, self)
    local meta = getmetatable(self)
    if meta ~= methods and not (type(meta) == "table" and rawget(meta, "__index") == methods) then
      check.wrong(full, name, self, ("%s %s: %s(...)"):format(who:find "^[aeiou]" and "an" or "a",
        who, full))
    end
  end
  for name, signature in pairs(all) do
    local f = assert(methods[name], name)
    local args = read("self: any, " .. signature)
    args[1].check = own
    signatures[check.behind(f)], owners[check.behind(f)] = signature, who
    methods[name] = guarded(who .. ":" .. name, f, args)
  end
  methods.__name = who   -- what errors and the REPL call it
  names.strict(methods, who, fields or "")
end

return check
