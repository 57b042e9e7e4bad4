-- One process of the fuzzer: lua5.4 spec/fuzz/child.lua SEED FIRST COUNT FOLDER makes the calls
-- FIRST, FIRST + 1, ... in FOLDER. Before each it writes "NUMBER TEXT" to FOLDER/calls, so that
-- whoever started it knows which call it did not come back from; what is wrong with a message, or
-- takes long, goes to its standard output, as "NUMBER kind TEXT".

local seed, first, count, folder = table.unpack(arg)
seed, first, count = math.tointeger(seed), math.tointeger(first), math.tointeger(count)

local surface = require "spec.fuzz.surface"
local value = require "spec.fuzz.value"

local SLOW = 5          -- seconds of one call: what its result needs takes far less
local KEPT = 40         -- results that later calls are made with

-- what the interpreter says by itself where an argument was not checked
local RAW = {
  "attempt to", "bad argument", "'for' ", "no integer representation", "invalid order function",
  "index is nil", "index is NaN", "stack overflow", "invalid value %(", "got no value",
  "core failed without", "too many results", "malformed", "invalid option", "invalid conversion",
  "string slice too long", "resulting string too large", "out of limits",
  "wrong number of arguments",
}

-- whether a message says who complains: "file:line: name: ..." or "name: ..."
local function named(message)
  if type(message) ~= "string" then return false end
  if message:find(value.OWN, 1, true) or message == "not enough memory" then return true end
  for _, raw in ipairs(RAW) do if message:find(raw) then return false end end
  message = message:gsub("^[^:\n]*%.lua:%d+: ", ""):gsub("^%[[^\n]-%]:%d+: ", "")
  return message:find "^[%a_#][%w_.:#+]*:? [^\n]*" ~= nil and message:find "^[^ ]+: " ~= nil
end

local calls = assert(io.open(folder .. "/calls", "w"))
calls:setvbuf "line"
local earlier = {}
local inner = {}        -- those of them that are the library's own

local function keep(v, own)
  if type(v) ~= "table" and type(v) ~= "userdata" then return end
  if own then inner[v] = true end
  earlier[#earlier < KEPT and #earlier + 1 or math.random(KEPT)] = v
end

-- the next function and its arguments
local function draw()
  local random = math.random
  if random(3) == 1 and #earlier > 0 then
    local self = value.pick(earlier)
    local methods = surface.methods(self)
    if #methods > 0 then
      local f = value.pick(methods)
      local args = {n = 1 + random(0, 3), self}
      for i = 2, args.n do args[i] = value.any(surface.options, earlier) end
      return ":" .. f.name, f.call, args, inner[self]
    end
  end
  local f = value.pick(random(3) == 1 and surface.operations or surface.functions)
  local op = surface.ops[f.name:match "^T%.([%w_]+)$"]
  local args
  if op and random(6) > 1 then args = value.of_op(op)
  else
    args = {n = random(0, 4)}
    for i = 1, args.n do args[i] = value.any(surface.options, earlier) end
  end
  return f.name, f.call, args, surface.inner(f.name)
end

local function text(name, args)
  local parts = {}
  for i = 1, args.n do parts[i] = value.text(args[i]) end
  return (name .. "(" .. table.concat(parts, ", ") .. ")"):gsub("[%c]", "?")
end

for number = first, first + count - 1 do
  math.randomseed(seed, number)
  local name, f, args, own = draw()
  local what = text(name, args)
  calls:write(number, " ", what, "\n")
  local start = os.clock()
  local results = table.pack(pcall(f, table.unpack(args, 1, args.n)))
  local seconds = os.clock() - start
  if seconds > SLOW then print(("%d slow %.1f s: %s"):format(number, seconds, what)) end
  if results[1] then
    for i = 2, results.n do keep(results[i], own) end
  elseif not own and not named(results[2]) then
    print(("%d message %s -> %s"):format(number, what,
      (tostring(results[2]):gsub("%c", "?"))))
  end
  if number % 50 == 0 then collectgarbage() end
end
calls:write "done\n"
