-- States with keys and values of every kind that a checkpoint may hold: random ones, and texts that
-- tell any two apart.

local T = require "teasel"

local states = {}

local STREAM, BYTES = getmetatable(T.stream(1)), getmetatable(T.bytes "")

-- a value as text in which two values that differ in any bit differ; tables by their sorted keys
local told

function told(v)
  local kind = math.type(v) or type(v)
  if kind == "float" then return "float " .. ("%016x"):format((("<i8"):unpack(("<d"):pack(v))))
  elseif T.tree.is_tensor(v) then
    return ("tensor [%s] %s"):format(table.concat(v:shape(), " "), v:data())
  elseif getmetatable(v) == STREAM then return ("stream %d %d"):format(v:state())
  elseif getmetatable(v) == BYTES then
    return ("bytes [%s] %s"):format(table.concat(v:shape(), " "), v:string())
  elseif kind == "table" then
    local parts = {}
    for key, item in pairs(v) do parts[#parts + 1] = ("[%s] = %s"):format(told(key), told(item)) end
    table.sort(parts)
    return "{" .. table.concat(parts, "; ") .. "}"
  end
  return ("%s %q"):format(kind, v)
end

states.told = told

-- a state of the same form with other values everywhere
function states.emptied(v)
  if T.tree.is_tensor(v) then return T.zeros(v:shape())
  elseif getmetatable(v) == STREAM then return T.stream(0)
  elseif getmetatable(v) == BYTES then return T.bytes ""
  elseif type(v) == "table" then
    local new = {}
    for key, item in pairs(v) do new[key] = states.emptied(item) end
    return new
  elseif type(v) == "string" then return v .. "?"
  elseif type(v) == "boolean" then return not v
  end
  return 7
end

local random = math.random

local function text()
  local bytes = {}
  for i = 1, random(0, 6) do
    bytes[i] = random() < 0.5 and string.char(random(0, 255))
      or ("/.%\"3-e"):sub(random(7)):sub(1, 1)
  end
  return table.concat(bytes)
end

local function number()
  local kinds = {
    function() return random(-10, 10) end,
    function() return random(0) end,
    function() return math.maxinteger - random(0, 3) end,
    function() return math.mininteger + random(0, 3) end,
    function() return (("<d"):unpack(("<i8"):pack(random(0)))) end,
    function() return random() end,
    function() return random(-10, 10) + 0.0 end,
    function() return ({1 / 0, -1 / 0, -0.0, 5e-324})[random(4)] end,
  }
  return kinds[random(#kinds)]()
end

local function key()
  local k = ({number, text, function() return random() < 0.5 end,
    function() return tostring(number()) end})[random(4)]()
  return k == k and k or "nan"
end

local function shape()
  local s = {}
  for i = 1, random(0, 4) do s[i] = random(0, 3) end
  return s
end

local branch

local function value(depth)
  return ({number, text, function() return random() < 0.5 end, function() return {} end,
    function() return T.stream(random(0)):normal(shape(), 0, 10.0 ^ random(-30, 30)) end,
    function()
      local s = T.stream(random(0), text())
      return s:assign(random(0), random(0))
    end,
    function() local t = text() return T.bytes(t, {1, #t}) end,
    function() return branch(depth + 1) end})[depth < 4 and random(8) or random(7)]()
end

function branch(depth)
  local t = {}
  for _ = 1, random(0, 6) do t[key()] = value(depth) end
  return t
end

-- one of the seed, with at least one entry of every kind at its top
function states.random(seed)
  math.randomseed(seed)
  local state = branch(0)
  state.number, state.text, state.stream = number(), text(), T.stream(random(0))
  state.bytes, state.none, state.tensor = T.bytes(text()), {}, T.stream(1):normal{3}
  return state
end

-- Changes every value of a state, as a function of what it was and of the stream.
function states.stir(t, stream)
  for _, key in ipairs(T.tree.keys(t)) do
    local v = t[key]
    if T.tree.is_tensor(v) then
      T.assign(v, (v * 0.75 + stream:normal(v:shape())):data())
    elseif getmetatable(v) == STREAM then stream = v
    elseif getmetatable(v) == BYTES then t[key] = T.bytes(v:string() .. "+")
    elseif type(v) == "table" then states.stir(v, stream)
    elseif math.type(v) == "integer" then t[key] = v + 1
    elseif type(v) == "number" then t[key] = v + stream:uniform{1}:item() / 3
    elseif type(v) == "string" then t[key] = v .. "\0"
    else t[key] = not v
    end
  end
end

return states
