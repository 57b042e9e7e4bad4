-- Arguments for the fuzzer: what people pass, what they pass by mistake, and numbers at the edges.
-- Everything comes from math.random, which the caller seeds.

local T = require "teasel"
local core = require "teasel.core"

local random = math.random
local value = {}

local NUMBERS = {
  0, 1, 1, 2, 2, 3, 4, 5, 7, -1, -2, 0.5, 1.5, -0.0, 1e-300, 1e300, 1 / 0, -1 / 0, 0 / 0, 255, 256,
  1 << 16, 1 << 20, (1 << 24) - 1, 1 << 24, 1 << 31, 1 << 32, 1 << 36, (1 << 40) - 1, 1 << 40,
  (1 << 40) + 1, 1 << 53, 1 << 62, math.maxinteger, math.mininteger, 2.0 ^ 63, 2.0 ^ 53,
}
local WORDS = {
  "", "x", "same", "auto", "none", "a b", "no/such/file", "%s%d", "\0", ("long "):rep(60), "3",
  "1e400", "posX", "left", "auto", "nan", ".",
}
local KEYS = {"a", "b", "weight", "x", "1", "z.mean", 1.5, true}

-- one of a list, whatever it holds
function value.pick(list) return list[random(#list)] end

local pick = value.pick

local function small() return random(0, 4) end

function value.number() return pick(NUMBERS) end

local function size()
  return random(4) > 1 and small() or pick(NUMBERS)
end

local function list(n, f)
  local t = {}
  for i = 1, n do t[i] = f() end
  return t
end

-- shapes that have few elements, whatever their sizes
local function shape()
  local rank = random(0, 8)
  local s, items, empty = {}, 1, random(6) == 1
  for i = 1, rank do
    s[i] = random(1, 4)
    if items * s[i] > 3000 then s[i] = 1 end
    items = items * s[i]
  end
  if empty and rank > 0 then
    s[random(rank)] = 0
    if rank > 1 and random(3) == 1 then
      for i = 1, rank do if s[i] > 0 then s[i] = 1 end end
      local at = random(rank)
      if s[at] > 0 then s[at] = pick{1 << 20, 1 << 31, 1 << 39, 1 << 40} end
    end
  end
  return s
end

local function filled(s)
  local n = 1
  for _, d in ipairs(s) do n = n * d end
  if n == 0 or random(8) == 1 then
    return T.full(s, pick{0, 1, 0 / 0, 1 / 0, -1, 1e30, 1e-30})
  end
  local x = T.stream(random(100), "fuzz"):uniform(s, -3, 3)
  return random(4) == 1 and x:abs():affine(1, 1) or x
end

function value.tensor() return filled(shape()) end

-- images, kernels, matrices, vectors, indices: what most functions want
function value.likely_tensor()
  local kind = random(7)
  if kind == 1 then return filled{random(1, 2), random(1, 5), random(1, 5), random(1, 3)} end
  if kind == 2 then return filled{random(1, 3), random(1, 3), random(1, 3), random(1, 3)} end
  if kind == 3 then return filled{random(0, 5), random(1, 3)} end
  if kind == 4 then return filled{random(0, 5)} end
  if kind == 5 then return T.arange(1, random(0, 4)) end
  if kind == 6 then
    local n = random(1, 4)
    return filled{n, n}
  end
  return filled{}
end

-- an option's or an attribute's value
function value.setting()
  local kind = random(12)
  if kind <= 3 then return small() end
  if kind <= 6 then return value.number() end
  if kind == 7 then return list(2, size) end
  if kind == 8 then return list(4, size) end
  if kind == 9 then return list(random(0, 9), size) end
  if kind == 10 then return pick(WORDS) end
  if kind == 11 then return random(2) == 1 end
  return value.any()
end

local function options(names)
  local t = {}
  for _ = 1, random(0, 4) do t[pick(names)] = value.setting() end
  return t
end

local function cyclic()
  local t = {a = value.likely_tensor()}
  t.b = {t}
  return t
end

local function tree(depth)
  local t = {}
  for _ = 1, random(0, 3) do
    t[random(2) == 1 and #t + 1 or pick(KEYS)] =
      depth > 0 and random(3) == 1 and tree(depth - 1) or value.likely_tensor()
  end
  return t
end

value.OWN = "the caller's own error"

local FUNCTIONS = {
  function(...) return ... end,
  function() end,
  function() error(value.OWN, 0) end,
  function(x) return T.tree.is_tensor(x) and x:sum() or 0 end,
  function() return 1 end,
  function() return {} end,
}

-- any value; `names` are the options that are known, `earlier` what calls gave before
function value.any(names, earlier)
  local kind = random(19)
  if kind <= 3 then return value.number() end
  if kind <= 5 then return value.tensor() end
  if kind <= 8 then return value.likely_tensor() end
  if kind == 9 then return list(random(0, 5), size) end
  if kind == 10 then return list(random(0, 3), value.likely_tensor) end
  if kind == 11 then return tree(2) end
  if kind == 12 then return pick(WORDS) end
  if kind == 13 then return pick(FUNCTIONS) end
  if kind == 14 then return T.stream(random(9), "fuzz") end
  if kind == 15 then return pick{true, false} end
  if kind == 16 then return random(3) == 1 and cyclic() or list(random(0, 3), function()
    return list(random(0, 3), value.number) end) end
  if kind == 17 and names then return options(names) end
  if kind == 18 and earlier and #earlier > 0 then return pick(earlier) end
  if kind == 19 then return nil end
  return value.likely_tensor()
end

-- the arguments of an op from its row in the registry: mostly of the kind that is wanted
function value.of_op(op)
  local args, named, n = {}, {}, 0
  local by_name = random(2) == 1
  for _, arg in ipairs(op.args) do
    local v
    if random(12) == 1 then v = value.any()
    elseif arg.kind == "tensor" then
      v = (random(3) == 1 and value.tensor or value.likely_tensor)()
    elseif arg.kind == "tensors" then v = list(random(1, 3), value.likely_tensor)
    elseif arg.kind == "axis" then v = random(-3, 3)
    elseif arg.kind == "axes" then v = pick{random(-3, 3), list(random(0, 3), small)}
    elseif arg.kind == "pair" then v = pick{size(), list(2, size)}
    elseif arg.kind == "pad" then v = pick{size(), list(2, size), list(4, size), "same"}
    elseif arg.kind == "count" then v = size()
    elseif arg.kind == "boolean" then v = random(2) == 1
    elseif arg.kind == "number" then v = value.number()
    else v = list(random(0, 8), size) end
    if arg.default and random(2) == 1 then v = nil end
    if by_name and arg.kind ~= "tensor" and arg.kind ~= "tensors" then named[arg.name] = v
    else
      n = n + 1
      args[n] = v
    end
  end
  if by_name and next(named) then
    n = n + 1
    args[n] = named
  end
  args.n = n
  return args
end

-- a value in a few words, for the reader of a finding
function value.text(v, depth)
  depth = depth or 0
  local meta = getmetatable(v)
  if meta == core.tensor.metatable then
    local live, s = pcall(v.shape, v)
    return live and ("T.zeros{%s}"):format(table.concat(s, ", ")) or "a released tensor"
  elseif type(v) == "string" then
    return ("%q"):format(#v > 30 and v:sub(1, 30) .. "..." or v)
  elseif type(v) == "number" and math.type(v) == "float" then
    return ("%.17g"):format(v)
  elseif type(v) ~= "table" or meta then
    return (type(v) == "boolean" or v == nil) and tostring(v) or "a " .. type(v)
  elseif depth > 2 then
    return "{...}"
  end
  local parts, keys = {}, {}
  for k in pairs(v) do
    keys[#keys + 1] = k
    if #keys == 100 then break end   -- what calls return may have millions
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do
    parts[#parts + 1] = (math.type(k) == "integer" and "" or tostring(k) .. " = ")
      .. value.text(v[k], depth + 1)
    if #parts > 12 then break end
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

return value
