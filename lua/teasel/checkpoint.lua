-- Checkpoints: a tree of tensors and numbers in one file, which either is wholly there or not.
-- The file is HDF5 behind a head with its SHA-256: h5py and h5dump open it as it is. Tensors are
-- arrays under their path in the tree ("state/params/1/weight"); everything else that is a
-- number, a string or a boolean goes, with what the caller wants to note, into one JSON text.

local core = require "teasel.core"
local json = require "dkjson"
local tree = require "teasel.tree"

local file, op = core.file, core.op
local checkpoint = {}

local NUMBER = core.double and "float64" or "float32"

-- The leaves of a tree that are no tensors: path -> value.
local function plain(t, path, found)
  found = found or {}
  if type(t) == "table" and not tree.is_tensor(t) then
    for _, k in ipairs(tree.keys(t)) do
      plain(t[k], path and path .. "/" .. k or tostring(k), found)
    end
  elseif type(t) == "number" then
    found[path] = {("%q"):format(t)}   -- every bit; JSON's decimals would lose some
  elseif type(t) == "string" or type(t) == "boolean" then
    found[path] = t
  end
  return found
end

local function plain_value(saved)
  if type(saved) == "table" then return tonumber(saved[1]) or 0 / 0 end
  return saved
end

local function tensors(state)
  local leaves, names = tree.leaves(state)
  for i, name in ipairs(names) do names[i] = "state/" .. name:gsub("%.", "/") end
  return leaves, names
end

local function finite(x)
  return op.sum(x * 0):item() == 0
end

-- save(path, state, note) -> true, or nil and a message; then the older file is still there.
-- note: a table for JSON. A state with a NaN or an infinity is not saved: it would replace a
-- state from which one can go on.
function checkpoint.save(path, state, note)
  local leaves, names = tensors(state)
  for i, x in ipairs(leaves) do
    if not finite(x) then return nil, ("%s: not saved, %s is not finite"):format(path, names[i]) end
  end
  local out, message = file.store()
  local ok = out
  for i, x in ipairs(leaves) do
    if not ok then break end
    ok, message = out:array(names[i], NUMBER, x:shape(), x:data())
  end
  if ok then
    ok, message = out:text("note", json.encode({note = note, plain = plain(state)},
      {indent = true}))
  end
  if ok then ok, message = out:save(path) end
  if out then out:close() end
  return ok, message
end

-- read(path) -> note, and a function(state) that puts what was saved into a state of the same
-- form, in place; or nil and a message. Nothing is read from a damaged file.
function checkpoint.read(path)
  local input, message = file.open(path)
  if not input then return nil, message end
  local text = input:read("note")
  local saved = text and json.decode(text)
  if not saved then return nil, path .. ": no note in it, wanted a checkpoint of teasel" end
  return saved.note, function(state)
    local leaves, names = tensors(state)
    for i, x in ipairs(leaves) do
      local data, kind, shape = input:read(names[i])
      if not data then error(("%s: %s"):format(path, kind), 0) end
      if kind ~= NUMBER or table.concat(shape, " ") ~= table.concat(x:shape(), " ") then
        error(("%s: %s is %s [%s], wanted %s [%s]"):format(path, names[i], kind,
          table.concat(shape, " "), NUMBER, table.concat(x:shape(), " ")), 0)
      end
      core.tensor.assign(x, data)
    end
    local own = plain(state)
    for name, value in pairs(saved.plain) do
      if own[name] == nil then
        error(("%s: has '%s', which the state has not"):format(path, name), 0)
      end
      own[name] = nil
      local at, last = state, nil
      for key in name:gmatch("[^/]+") do
        if last ~= nil then at = at[last] end
        last = math.tointeger(tonumber(key)) or key
      end
      at[last] = plain_value(value)
    end
    local missing = next(own)
    if missing then error(("%s: lacks '%s', which the state has"):format(path, missing), 0) end
  end
end

return checkpoint
