-- Trees: nested tables whose leaves are tensors, like the parameters of a network. Whatever is
-- neither a plain table nor a tensor (numbers, strings, streams) is carried along untouched.
-- Keys are visited in a fixed order: numbers first, then strings by the alphabet, then booleans.
-- A table inside of itself is no tree: an error; and so is one that is more than 1,000 tables deep.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"

local metatable, of_bytes = core.tensor.metatable, getmetatable(core.bytes.bytes "")
local tree = {}

-- is_tensor(x) -> whether x is a tensor
function tree.is_tensor(x) return getmetatable(x) == metatable end

-- is_bytes(x) -> whether x is an array of bytes
function tree.is_bytes(x) return getmetatable(x) == of_bytes end

local getmetatable, next, type = getmetatable, next, type   -- walks are taken at every step

local function is_tensor(x) return getmetatable(x) == metatable end

local function is_branch(x) return type(x) == "table" and getmetatable(x) == nil end

local RANK = {number = 1, string = 2, boolean = 3}

local function before(a, b)
  local one, other = RANK[type(a)], RANK[type(b)]
  if one ~= other then return one < other end
  if one == 3 then return not a and b end
  return a < b
end

-- The keys of a branch in order.
function tree.keys(t)
  local keys, n, kind, mixed, sorted, last = {}, 0, nil, false, true, nil
  for k in next, t do
    local own = type(k)
    if own ~= kind then
      if not RANK[own] then
        fail("tree: got a key that is a %s, wanted numbers, strings and booleans", own)
      end
      kind, mixed = own, kind ~= nil or own == "boolean"
    elseif not mixed and k < last then sorted = false end
    n, last = n + 1, k
    keys[n] = k
  end
  if mixed then table.sort(keys, before) elseif not sorted then table.sort(keys) end
  return keys
end

local DEEPEST = 1000   -- tables inside one another; Lua's stack would end far beyond

-- `above`: the branches around t, as keys, and their number under the key `above` itself
local function enter(who, t, above)
  local depth = (above[above] or 0) + 1
  if above[t] then fail("%s: got a table inside of itself, wanted a tree", who) end
  if depth > DEEPEST then
    fail("%s: got tables more than %d deep inside one another, wanted at most that", who, DEEPEST)
  end
  above[t], above[above] = true, depth
end

local function leave(t, above) above[t], above[above] = nil, above[above] - 1 end

-- what stands in further trees under a key of t
local function under(k, leaf, others)
  local at = {}
  for i, other in ipairs(others) do
    at[i] = type(other) == "table" and other[k] or nil
    if at[i] == nil and (is_tensor(leaf) or is_branch(leaf)) then
      fail("tree.map: got a tree without '%s', wanted the form of the first", k)
    end
  end
  return table.unpack(at, 1, #others)
end

local function mapped(above, f, t, ...)
  if is_tensor(t) then return f(t, ...) end
  if not is_branch(t) then return t end
  local others, new = select("#", ...) > 0 and {...}, {}
  enter("tree.map", t, above)
  for _, k in ipairs(tree.keys(t)) do
    local item = t[k]
    if others then new[k] = mapped(above, f, item, under(k, item, others))
    else new[k] = mapped(above, f, item) end
  end
  leave(t, above)
  return new
end

-- A tree of f(leaf, leaf of each further tree ...); the further trees have t's form.
function tree.map(f, t, ...)
  return mapped({}, check.callable("tree.map", "f", f), t, ...)
end

local function gather(t, list, names, path, above)
  if is_tensor(t) then
    list[#list + 1] = t
    if names then names[#list] = path or "" end
  elseif is_branch(t) then
    enter("tree.leaves", t, above)
    for _, k in ipairs(tree.keys(t)) do
      local at = names and (path and path .. "." .. tostring(k) or tostring(k))
      gather(t[k], list, names, at, above)
    end
    leave(t, above)
  end
  return list, names
end

-- The tensors of a tree t, in order; with names: their paths, like "encoder.1.weight".
function tree.leaves(t) return gather(t, {}, {}, nil, {}) end

local function gather_beside(t, other, list, above)
  local kind = getmetatable(t)
  if kind == metatable then
    list[#list + 1] = other
    return is_tensor(other)
  end
  if kind or type(t) ~= "table" then return not is_tensor(other) and not is_branch(other) end
  if not is_branch(other) then return false end
  enter("tree.beside", t, above)
  for _, k in ipairs(tree.keys(t)) do
    if not gather_beside(t[k], other[k], list, above) then return false end
  end
  leave(t, above)
  for k in next, other do
    if t[k] == nil then return false end
  end
  return true
end

-- beside(t, other) -> the tensors of the tree `other` at the places of t's, in the order of t's
-- leaves; nil where the two have not the same tables, with the same keys, and the same tensors
function tree.beside(t, other)
  local list = {}
  return gather_beside(t, other, list, {}) and list or nil
end

-- A tree of t's form with the tensors of a list as its leaves, in order.
function tree.build(t, list)
  local i = 0
  return tree.map(function()
    i = i + 1
    return list[i]
  end, t)
end

-- A tree of t's form with fresh copies of all its tensors: a snapshot that in-place updates do not
-- reach.
function tree.copy(t)
  -- moved, not computed: arithmetic counts the smallest numbers as 0
  return tree.map(function(x)
    return core.op.reshape(core.op.concat({core.op.reshape(x, {x:size()})}, 1), x:shape())
  end, t)
end

-- Number of items in all tensors of a tree t.
function tree.size(t)
  local n = 0
  for _, x in ipairs(tree.leaves(t)) do n = n + x:size() end
  return n
end

check.functions("tree.", tree, {keys = "t: table", build = "t: any, list: table",
  beside = "t: any, other: any"})

return tree
