-- Checkpoints: a state in one file, which either is wholly there or not.
--
-- A state is a tree: a table whose keys are strings, numbers or booleans, and whose leaves are
-- tensors, streams, arrays of bytes, numbers, strings, booleans and empty tables. All of it comes
-- back with the same bits. A table or tensor that stands in two places is saved twice and read
-- into both. Anything else (functions, tables with a metatable, a table inside of itself) is named
-- and refused when it is to be saved, which a run does before its first step.
--
-- The file is HDF5 behind a head with its SHA-256: h5py and h5dump open it as it is. Tensors and
-- bytes are arrays under their path in the state ("state/params/1/weight"); everything else goes,
-- with what the caller wants to note, into one JSON text. In a path an integer key is 3, a string
-- is itself where it is a word and else in quotes ("3"), with % and two hexadecimal digits for
-- bytes that would be misread; a float is 0x1.8p+0, a boolean true.
--
-- A text under the key 'optimizer' beside 'slots' tells whose slots those are: it is compared. A
-- file whose note says `weights_only` (see teasel.run.weights) has no slots, but any kind of float.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local opening = require "teasel.lib.opening"
local tree = require "teasel.tree"

local file, op = core.file, core.op
local checkpoint = {}

local FORMAT = 2        -- of the text; 1 had no number, and paths in which 3 and "3" were the same
local NUMBER = core.double and "float64" or "float32"
local MOST_BYTES = 999  -- of a path
local SHOWN = 8         -- differences that a message lists

local STREAM = getmetatable(core.rand.stream(0))
local CODES = {float16 = "<f2", float32 = "<f4", float64 = "<f8"}
local SCALAR = {number = true, string = true, boolean = true}
local KEY = SCALAR

local function escaped(text)
  local odd = utf8.len(text) and '[%c%%/"\\]' or '[%c%%/"\\\128-\255]'
  return (text:gsub(odd, function(byte) return ("%%%02x"):format(byte:byte()) end))
end

local function unescaped(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function key_name(key)
  if type(key) == "number" then return ("%q"):format(key) end
  if type(key) == "boolean" then return tostring(key) end
  if key:find "^[%a_][%w_]*$" and key ~= "true" and key ~= "false" then return key end
  return '"' .. escaped(key) .. '"'
end

-- What a checkpoint makes of a value, or nil.
local function kind_of(value)
  local meta = getmetatable(value)   -- the details of a metric are plain, but print shows them
  if type(value) == "table" and (meta == nil or type(meta) == "table" and meta.__plain) then
    return next(value) == nil and "empty table" or "branch"
  elseif SCALAR[type(value)] then return type(value)
  elseif tree.is_tensor(value) then return "tensor"
  elseif getmetatable(value) == STREAM then return "stream"
  elseif tree.is_bytes(value) then return "bytes"
  end
end

-- The leaves of a state in order: a list of {value, kind, name, old = its name in format 1, parent,
-- key}; and a list of what is no leaf and cannot be saved. `above`: the tables around this one.
local function survey(value, name, old, parent, key, leaves, problems, above)
  local kind = kind_of(value)
  if kind ~= "branch" then
    if kind then
      leaves[#leaves + 1] = {value = value, kind = kind, name = name, old = old, parent = parent,
        key = key}
    else
      problems[#problems + 1] = ("%s is a %s"):format(name,
        type(value) == "table" and "table with a metatable" or type(value))
    end
    return leaves, problems
  elseif above[value] then
    problems[#problems + 1] = name .. " is a table inside of itself"
    return leaves, problems
  elseif #name > MOST_BYTES then
    problems[#problems + 1] = ("%s... is nested too deep: its path has more than %d bytes"):format(
      name:sub(1, 60), MOST_BYTES)
    return leaves, problems
  end
  above[value] = true
  local strange
  for k in pairs(value) do strange = strange or not KEY[type(k)] and type(k) end
  if strange then problems[#problems + 1] = ("%s has a key that is a %s"):format(name, strange) end
  for _, k in ipairs(strange and {} or tree.keys(value)) do
    survey(value[k], name .. "/" .. key_name(k), old and old .. "/" .. tostring(k) or tostring(k),
      value, k, leaves, problems, above)
  end
  above[value] = nil
  return leaves, problems
end

local function surveyed(state)
  if type(state) ~= "table" and not tree.is_tensor(state) then
    return {}, {("state is a %s, wanted a table"):format(type(state))}
  end
  return survey(state, "state", nil, nil, nil, {}, {}, {})
end

-- at most SHOWN of a list, in words
local function listed(list)
  local text = table.concat(list, ", ", 1, math.min(#list, SHOWN))
  return #list > SHOWN and ("%s and %d more"):format(text, #list - SHOWN) or text
end

-- A leaf that is no array, for JSON: strings that it may hold as they are, booleans, and else
-- {text} for a number, {text, kind} for the rest.
local function plain(leaf)
  local x = leaf.value
  if leaf.kind == "stream" then return {("%d %d"):format(x:state()), "stream"}
  elseif leaf.kind == "empty table" then return {"", "empty table"}
  elseif leaf.kind == "number" then
    if x ~= x then return {("%016x"):format((("<i8"):unpack(("<d"):pack(x)))), "nan"} end
    return {("%q"):format(x)}
  elseif leaf.kind == "string" and escaped(x) ~= x then return {escaped(x), "string"}
  end
  return x
end

-- saved -> what plain saved, and its kind
local function plain_value(saved)
  if type(saved) ~= "table" then return saved, type(saved) end
  local text, kind = saved[1], saved[2]
  if kind == "nan" then return ("<d"):unpack(("<i8"):pack(tonumber(text, 16))), "number"
  elseif kind == "string" then return unescaped(text), "string"
  elseif kind == "stream" or kind == "empty table" then return text, kind
  end
  return tonumber(text) or 0 / 0, "number"
end

local function finite(x)
  return op.sum(x * 0):item() == 0
end

-- why these leaves cannot be saved, or nil; numbers have to be finite, but for `infinite`
local function unfit(leaves, problems, infinite)
  if #problems > 0 then return listed(problems) end
  for _, leaf in ipairs(leaves) do
    if #leaf.name > MOST_BYTES then
      return ("the path %s... has %d bytes, wanted at most %d"):format(leaf.name:sub(1, 60),
        #leaf.name, MOST_BYTES)
    elseif leaf.kind == "tensor" and not infinite and not finite(leaf.value) then
      return leaf.name .. " is not finite"
    end
  end
end

-- unfit(state, infinite) -> why save would refuse a state for what is in it, or nil
function checkpoint.unfit(state, infinite)
  local leaves, problems = surveyed(state)
  return unfit(leaves, problems, infinite)
end

-- save(path, state, note, infinite) -> true, or nil and a message; then the older file is still
-- there.
-- note: a table for JSON. A state with a NaN or an infinity in a tensor is not saved: it would
-- replace a state from which one can go on. With `infinite` it is saved all the same.
function checkpoint.save(path, state, note, infinite)
  local leaves, problems = surveyed(state)
  local problem = unfit(leaves, problems, infinite)
  if problem then return nil, ("%s: not saved, %s"):format(path, problem) end
  local out <close>, message = file.store()
  local ok, values = out, {}
  for _, leaf in ipairs(leaves) do
    local x = leaf.value
    if not ok then break end
    if leaf.kind == "tensor" then ok, message = out:array(leaf.name, NUMBER, x:shape(), x:data())
    elseif leaf.kind == "bytes" then
      ok, message = out:array(leaf.name, "uint8", x:shape(), x:string())
    else values[leaf.name] = plain(leaf)
    end
  end
  if ok then
    local fits, text = pcall(json.encode, {format = FORMAT, note = note, plain = values},
      {indent = true})
    if not fits then return nil, ("%s: not saved, argument 'note': %s"):format(path, text) end
    ok, message = out:text("note", text)
  end
  if ok then ok, message = out:save(path) end
  return ok, message
end

-- {name = {kind, shape or value}} of all that a file has of the state
local function contents(input, saved)
  local found = {}
  for _, entry in ipairs(input:list()) do
    if entry.name ~= "note" then found[entry.name] = {kind = entry.type, shape = entry.shape} end
  end
  for name, value in pairs(saved.plain) do
    local read, kind = plain_value(value)
    found[name] = {kind = kind, value = read}
  end
  return found
end

-- A leaf's name in a file of format 1; nil where that format did not save it.
local function old_name(leaf)
  if leaf.kind == "tensor" then return leaf.old and "state/" .. leaf.old:gsub("%.", "/") end
  local owner = leaf.key == "optimizer" and leaf.parent.slots
  return SCALAR[leaf.kind] and not owner and leaf.old or nil
end

local function array_text(kind, shape) return ("%s [%s]"):format(kind, table.concat(shape, " ")) end

-- why what was found cannot go where the leaf is, or nil
local function misfit(leaf, found)
  local got = found.shape and array_text(found.kind, found.shape) or found.kind
  local wanted = leaf.kind
  if wanted == "tensor" then wanted = array_text(NUMBER, leaf.value:shape())
  elseif wanted == "bytes" then   -- whoever changes them makes new ones, of any shape
    if found.kind == "uint8" then return end
  elseif SCALAR[wanted] and SCALAR[found.kind] then   -- a number may take the place of a false
    local optimizer = leaf.key == "optimizer" and leaf.parent.slots
    if optimizer and leaf.value ~= found.value and #opening == 0 then   -- else no step is taken
      return ("%s is %s, wanted %s: the slots beside it are of another optimizer"):format(
        leaf.name, found.value, leaf.value)
    end
    return
  end
  if got ~= wanted then return ("%s is %s, wanted %s"):format(leaf.name, got, wanted) end
end

-- in_slots(name, values) -> whether a path leads into the slots of an optimizer, whose name stands
-- among the values, by their paths
function checkpoint.in_slots(name, values)
  for at in name:gmatch "()/slots%f[/\0]" do
    if values[name:sub(1, at - 1) .. "/optimizer"] ~= nil then return true end
  end
  return false
end

-- the leaves that a file of weights has
local function without_slots(leaves)
  local values, kept = {}, {}
  for _, leaf in ipairs(leaves) do values[leaf.name] = leaf.value end
  for _, leaf in ipairs(leaves) do
    if not checkpoint.in_slots(leaf.name, values) then kept[#kept + 1] = leaf end
  end
  return kept
end

-- Pairs of a leaf and its name in the file, or an error that lists all that does not fit.
local function matched(path, found, leaves, format)
  local pairs_, own, lacks, wrong, more = {}, {}, {}, {}, {}
  for _, leaf in ipairs(leaves) do
    local name = leaf.name
    if format == 1 then name = old_name(leaf) end
    if name and own[name] then
      wrong[#wrong + 1] = ("'%s' stands for two keys of the state in this older file"):format(name)
    elseif name then
      own[name] = true
      pairs_[#pairs_ + 1] = {leaf, name}
      if found[name] then wrong[#wrong + 1] = misfit(leaf, found[name])
      else lacks[#lacks + 1] = ("'%s'"):format(name)
      end
    end
  end
  for name in pairs(found) do
    if not own[name] then more[#more + 1] = ("'%s'"):format(name) end
  end
  table.sort(more)
  local parts = {}
  if #wrong > 0 then parts[#parts + 1] = listed(wrong) end
  if #lacks > 0 then parts[#parts + 1] = "the file lacks " .. listed(lacks) end
  if #more > 0 then parts[#parts + 1] = "the state lacks " .. listed(more) end
  if #parts > 0 then
    fail("%s: does not fit the state: %s", path, table.concat(parts, "; "))
  end
  return pairs_
end

local function put(path, input, leaf, name, found)
  if found.shape then
    local data, message = input:read(name)
    if data and found.code then
      data, message = core.archive.unpack(data, found.code, found.shape)
      data = data and data:data()
    end
    if not data then fail("%s: '%s': %s", path, name, message) end
    if leaf.kind == "tensor" then core.tensor.assign(leaf.value, data)
    else leaf.parent[leaf.key] = core.bytes.bytes(data, found.shape)
    end
  elseif leaf.kind == "stream" then
    local key, step = found.value:match "^(%S+) (%S+)$"
    leaf.value:assign(math.tointeger(tonumber(key)), math.tointeger(tonumber(step)))
  elseif leaf.kind ~= "empty table" then
    leaf.parent[leaf.key] = found.value
  end
end

-- input(path) -> what the core reads the arrays of a checkpoint from, and its text {format =,
-- note =, plain = values by their paths}; nil and a message
function checkpoint.input(path)
  local input, message = file.open(path)
  if not input then return nil, message end
  local text = input:read("note")
  local saved = text and json.decode(text)
  if type(saved) ~= "table" or type(saved.plain) ~= "table" then
    return nil, path .. ": no note in it, wanted a checkpoint of teasel"
  end
  return input, saved
end

-- read(path) -> note, and a function(state) that puts what was saved into a state of the same
-- form, in place (arrays of bytes, which nothing can change, are replaced); or nil and a message.
-- Nothing is read from a damaged file. Whatever the file and the state do not share, in either
-- direction, is an error that lists it, and the state stays as it was. Files of format 1 lack
-- streams, bytes and the names of optimizers; the state's own stay.
function checkpoint.read(path)
  local input, saved = checkpoint.input(path)
  if not input then return nil, saved end
  local format = saved.format or 1
  if format ~= 1 and format ~= FORMAT then
    return nil, ("%s: a checkpoint of format %s, this program reads 1 and %d"):format(path,
      tostring(format), FORMAT)
  end
  return saved.note, function(state)
    local leaves, problems = surveyed(state)
    if #problems > 0 and format > 1 then
      fail("%s: does not fit the state: %s", path, listed(problems))
    end
    local found = contents(input, saved)
    if type(saved.note) == "table" and saved.note.weights_only then
      leaves = without_slots(leaves)
      for _, item in pairs(found) do
        if CODES[item.kind] then item.kind, item.code = NUMBER, CODES[item.kind] end
      end
    end
    for _, pair in ipairs(matched(path, found, leaves, format)) do
      put(path, input, pair[1], pair[2], found[pair[2]])
    end
  end
end

-- the key that a part of a path stands for
local function key_of(text)
  if text:sub(1, 1) == '"' then return unescaped(text:sub(2, -2)) end
  if text == "true" or text == "false" then return text == "true" end
  if text:find "^[%a_]" then return text end
  return tonumber(text)
end

-- what was saved under a name as a value; nil and a message
local function value_of(input, name, found)
  if found.shape then
    local data, message = input:read(name)
    if not data then return nil, message end
    if found.kind == "uint8" then return core.bytes.bytes(data, found.shape) end
    return core.archive.unpack(data, CODES[found.kind], found.shape)
  elseif found.kind == "stream" then
    local key, step = found.value:match "^(%S+) (%S+)$"
    return core.rand.stream_at(math.tointeger(tonumber(key)), math.tointeger(tonumber(step)))
  elseif found.kind == "empty table" then return {}
  end
  return found.value
end

-- load(path) -> the state that was saved, made anew, and its note; nil and a message where the file
-- is damaged, is no checkpoint, or is of format 1, which does not tell keys apart. A tensor that
-- another build saved has this one's precision.
function checkpoint.load(path)
  local input, saved = checkpoint.input(path)
  if not input then return nil, saved end
  if saved.format ~= FORMAT then
    return nil, ("%s: wanted a checkpoint of teasel of format %d"):format(path, FORMAT)
  end
  local root = {}
  for name, found in pairs(contents(input, saved)) do
    local at, key = root, nil
    for part in name:gmatch "[^/]+" do
      if key ~= nil then
        at[key] = at[key] or {}
        at = at[key]
      end
      key = key_of(part)
    end
    if key == nil or type(at) ~= "table" then
      return nil, ("%s: has a name that cannot be read: %s"):format(path, name)
    end
    local message
    at[key], message = value_of(input, name, found)
    if at[key] == nil then return nil, ("%s: '%s': %s"):format(path, name, message) end
  end
  return root.state, saved.note
end

check.functions("checkpoint.", checkpoint, {save = "path: string, state: any",
  input = "path: string", read = "path: string", load = "path: string",
  in_slots = "name: string, values: table"})

return checkpoint
