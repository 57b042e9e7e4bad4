-- Trees: nested tables whose leaves are tensors, like the parameters of a network. Whatever is
-- neither a plain table nor a tensor (numbers, strings, streams) is carried along untouched.
-- Keys are visited in a fixed order: numbers first, then strings by the alphabet.

local core = require "teasel.core"

local metatable = core.tensor.metatable
local tree = {}

function tree.is_tensor(x) return getmetatable(x) == metatable end

local is_tensor = tree.is_tensor

local function is_branch(x) return type(x) == "table" and getmetatable(x) == nil end

local function before(a, b)
  if type(a) == type(b) then return a < b end
  return type(a) == "number"
end

-- The keys of a branch in order.
function tree.keys(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys, before)
  return keys
end

-- A tree of f(leaf, leaf of each further tree ...); the further trees have t's form.
function tree.map(f, t, ...)
  if is_tensor(t) then return f(t, ...) end
  if not is_branch(t) then return t end
  local others, new = {...}, {}
  for _, k in ipairs(tree.keys(t)) do
    local at = {}
    for i, other in ipairs(others) do
      at[i] = type(other) == "table" and other[k] or nil
      if at[i] == nil and (is_tensor(t[k]) or is_branch(t[k])) then
        error(("tree.map: got a tree without '%s', wanted the form of the first"):format(k), 0)
      end
    end
    new[k] = tree.map(f, t[k], table.unpack(at, 1, #others))
  end
  return new
end

-- The tensors of a tree, in order; with names: their paths, like "encoder.1.weight".
function tree.leaves(t, list, names, path)
  list, names = list or {}, names or {}
  if is_tensor(t) then
    list[#list + 1] = t
    names[#list] = path or ""
  elseif is_branch(t) then
    for _, k in ipairs(tree.keys(t)) do
      tree.leaves(t[k], list, names, path and path .. "." .. k or tostring(k))
    end
  end
  return list, names
end

-- A tree of t's form with the tensors of a list as its leaves, in order.
function tree.build(t, list)
  local i = 0
  return tree.map(function()
    i = i + 1
    return list[i]
  end, t)
end

-- A tree with fresh copies of all tensors: a snapshot that in-place updates do not reach.
function tree.copy(t)
  -- adding -0.0 changes no bit, adding 0.0 would make 0 of -0
  return tree.map(function(x) return core.op.affine(x, 1, -0.0) end, t)
end

-- Number of items in all tensors of a tree.
function tree.size(t)
  local n = 0
  for _, x in ipairs(tree.leaves(t)) do n = n + x:size() end
  return n
end

return tree
