-- Wrong calls and what is to be said of their answers. A subject of wrong calls is
--
--   {who = "conv", f = core.op.conv, args = {{name = "x"}, ...}, make = function() ... end}
--
-- where make() gives the arguments of a right call, made afresh, and an argument may have `takes`:
-- words for the foreign values below that are right for it, "nil" if it can be left out. Further
-- fields: `word`, one that may stand for an argument's name; `careful`, if only foreign values are
-- safe.

local core = require "teasel.core"

local wrong = {}

local nan, inf = 0 / 0, math.huge

local function nested(depth) return depth == 0 and 1 or {nested(depth - 1)} end

local function released()
  local t = core.tensor.ones(2, 3)
  t:release()
  return t
end

-- makers of values of a type that no argument takes, but for those that say so
local foreign = {
  {"string", function() return "5" end},
  {"string", function() return "" end},
  {"string", function() return "a\0b" end},
  {"string", function() return ("long "):rep(9) end},
  {"boolean", function() return true end},
  {"boolean", function() return false end},
  {"function", function() return print end},
  {"coroutine", function() return coroutine.create(print) end},
  {"file", function() return io.stdout end},
  {"released", released},
  {"stream", function() return core.rand.stream(1) end},
  {"bytes", function() return core.bytes.bytes "abc" end},
  {"nil", function() return nil end},
}

-- makers of values that are right for some arguments and wrong for most
local doubtful = {
  function() return {core.tensor.ones(2), released()} end,
  function() return {core.tensor.ones(2), core.tensor.ones(3, 2)} end,
  function() return core.tensor.tensor {nan, inf, -1} end,
  function()
    return setmetatable({}, {__index = error, __len = error, __tostring = error, __name = 5})
  end,
}

for _, v in ipairs {
  -- numbers
  nan, inf, -inf, 2.0 ^ 63, -2.0 ^ 63, 2 ^ 53, 2 ^ 40, math.maxinteger, math.mininteger, -1, 0,
  0.5, 9,
  -- lists: empty, with holes, of wrong things, of wrong numbers, too long, too deep, ragged
  {}, {1, nil, 3}, {[3] = 1}, {"a"}, {{1}}, {print}, {nan}, {-1}, {0}, {1.5}, {2 ^ 63}, {2 ^ 40},
  {2 ^ 40, 2 ^ 40}, {1, 1}, {1, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}, nested(9), {{1, 2}, {3}},
  {{}, {}},
  -- options: unknown, odd, mixed with a list
  {option = 1}, {[{}] = 1}, {1, option = 2}, {[1.5] = 1}, core.tensor.metatable,
} do
  doubtful[#doubtful + 1] = function() return v end
end

for _, shape in ipairs {
  {}, {0}, {1}, {3}, {2, 3}, {1, 1, 1, 1}, {2, 0, 3, 1}, {1, 1, 1, 1, 1, 1, 1, 2}, {0, 2 ^ 40},
  {0, 2 ^ 40, 1, 1},
} do
  doubtful[#doubtful + 1] = function() return core.tensor.full(shape, 2) end
end

-- What is wrong with a message, or nil. `names`: words of which one has to be in it.
local function fault_of(message, who, names)
  if type(message) ~= "string" then return "the error is no string" end
  local text = message:gsub("^[^%s:]+:%d+: ", "")
  -- an argument may be right and the result still too much
  if text:find "^[%w_]+: out of memory: %d+ bytes were asked for" then return end
  if text:find(who .. ": got the shape .*, wanted at most 2%^40 elements") then return end
  if text:sub(1, #who + 2) ~= who .. ": " then return "the function is not named" end
  if not text:find "got .*wanted " then return "what was got and wanted is not told" end
  for _, name in ipairs(names) do
    if (" " .. text .. " "):find("[^%w_]" .. name .. "[^%w_]") then return end
  end
  return "the argument is not named"
end

local function text_of(v)
  local ok, text = pcall(tostring, v)
  return ok and text or type(v)
end

-- Calls a subject. Returns nil if the answer is as it should be: a result, unless the argument
-- `never` cannot be right, or an error of the right form; else what is wrong with it.
local function complaint(subject, args, n, never)
  local ok, message = pcall(subject.f, table.unpack(args, 1, n))
  local fault
  if ok then
    fault = never and "the call is not refused"
  else
    local names = {"argument '" .. (never or "") .. "'"}
    if not never then
      names = {"options?", "arguments", subject.word}
      for _, arg in ipairs(subject.args) do table.insert(names, arg.name) end
    end
    fault = fault_of(message, subject.who, names)
  end
  if not fault then return end
  local words = {}
  for k = 1, n do words[k] = text_of(args[k]) end
  return ("%s(%s): %s: %s"):format(subject.who, table.concat(words, ", "), fault, message)
end

-- The subject of {function, its name in errors, arguments as {name, what else it takes, value or
-- its maker}..., careful =, word =}.
function wrong.subject(row)
  local args = table.move(row, 3, #row, 1, {})
  for _, arg in ipairs(args) do arg.name, arg.takes = arg[1], arg[2] end
  return {
    who = row[2], f = row[1], args = args, careful = row.careful, word = row.word,
    make = function()
      local values = {}
      for k, arg in ipairs(args) do
        values[k] = type(arg[3]) == "function" and arg[3]() or arg[3]
      end
      return values
    end,
  }
end

-- All wrong calls of a subject in which one argument of a right call is replaced: returns what is
-- wrong with the answers, but at most a few.
function wrong.systematically(subject)
  local faults, n = {}, #subject.args
  local function try(args, never)
    if #faults < 5 then faults[#faults + 1] = complaint(subject, args, n, never) end
  end
  for k, arg in ipairs(subject.args) do
    for _, v in ipairs(foreign) do
      local args = subject.make()
      args[k] = v[2]()
      local fits = (arg.takes or ""):find(v[1], 1, true)
      try(args, not fits and arg.name or nil)
    end
    for _, v in ipairs(subject.careful and {} or doubtful) do
      local args = subject.make()
      args[k] = v()
      try(args)
    end
  end
  return faults
end

-- One wrong call in which several arguments of a right one are replaced.
function wrong.at_random(subject, rand)
  local args, n = subject.make(), #subject.args
  for _ = 1, 1 + math.floor(3 * rand()) do
    local v = doubtful[1 + math.floor(#doubtful * rand())]
    args[1 + math.floor(n * rand())] = v()
  end
  if rand() < 0.1 then n = n + 1 end
  return complaint(subject, args, n)
end

return wrong
