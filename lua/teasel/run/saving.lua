-- Trees of tensors and values in files, by the name of the file when they are saved and by its
-- content when they are loaded.

local check = require "teasel.lib.check"
local checkpoint = require "teasel.run.checkpoint"
local core = require "teasel.core"
local csv = require "teasel.format.csv"
local fail = require "teasel.lib.fail"
local kind_of = require "teasel.format.kind"
local npy = require "teasel.format.npy"
local npz = require "teasel.format.npz"
local options = require "teasel.options"
local raw = require "teasel.format.raw"
local tree = require "teasel.tree"

local saving = {}

local BYTES = getmetatable(core.bytes.bytes "")

-- the arrays of a tree by their paths, as "params/1/weight"
local function flattened(value, name, found, above)
  if type(value) ~= "table" or getmetatable(value) then
    if not tree.is_tensor(value) and getmetatable(value) ~= BYTES and type(value) ~= "number" then
      fail("save: '%s' is a %s, wanted tensors, bytes and numbers; a file .h5 holds the rest", name,
        type(value))
    end
    found[name] = value
    return found
  end
  if above[value] then fail("save: '%s' is a table inside of itself", name) end
  above[value] = true
  for _, key in ipairs(tree.keys(value)) do
    local part = tostring(key)
    if type(key) == "string" and (key:find "/" or key == "" or math.tointeger(tonumber(key)))
        or type(key) ~= "string" and math.type(key) ~= "integer" then
      fail("save: '%s' has the key %s, wanted integers, and words without / that are none", name,
        type(key) == "string" and ("'%s'"):format(key) or part)
    end
    flattened(value[key], name == "" and part or name .. "/" .. part, found, above)
  end
  above[value] = nil
  return found
end

-- puts x into the tree under its path; nil and a message where the path leads through an array
local function put(root, name, x)
  local at, key = root, nil
  for part in name:gmatch "[^/]+" do
    if key ~= nil then
      if at[key] == nil then at[key] = {} end
      at = at[key]
      if type(at) ~= "table" then return nil, ("'%s' lies in an array"):format(name) end
    end
    key = math.tointeger(tonumber(part)) or part
  end
  if key == nil or at[key] ~= nil then return nil, ("'%s' stands for two arrays"):format(name) end
  at[key] = x
  return true
end

local function save_npz(path, value, o)
  if type(value) ~= "table" or getmetatable(value) then
    check.wrong("save", "value", value, "a table of arrays for .npz")
  end
  return npz.write(path, flattened(value, "", {}, {}), o)
end

local function save_state(path, value, o)
  options.read("save", o, {})
  if type(value) ~= "table" and not tree.is_tensor(value) then
    check.wrong("save", "value", value, "a table or a tensor for .h5")
  end
  local problem = checkpoint.unfit(value, true)
  if problem then
    fail("save: argument 'value': got what a file .h5 cannot hold: %s",
      (problem:gsub("%f[%w]state/", "value/")))
  end
  return checkpoint.save(path, value, nil, true)
end

local WRITERS = {h5 = save_state, hdf5 = save_state, npy = npy.write, npz = save_npz,
  csv = csv.write, tsv = csv.write, bin = raw.write, raw = raw.write}

-- save(path, value, options) -> true: a value in a file of the kind that the path's ending says,
-- complete or not at all; nil and a message where it cannot be written. What cannot be in such a
-- file is an error.
--   .h5    any tree of tensors, bytes, streams, numbers, strings, booleans, with the same bits; it
--          has a digest, and h5py opens it (see teasel.run.checkpoint)
--   .npz   a tree of tensors, bytes and numbers; options packed = false, type
--   .npy   a tensor, bytes or a number; option type
--   .csv   a tensor [rows] or [rows columns], or a table of columns; options names, separator
--   .tsv   the same with tabs
--   .bin   (or .raw) a tensor's bare numbers, or bytes; options type, big
function saving.save(path, value, o)
  local ending = path:match "%.(%w+)$"
  if ending == "pt" or ending == "pth" or ending == "safetensors" then
    fail("save: '%s': files of this kind are not written yet, wanted .npz: in Python, "
      .. "np.load(path) gives its arrays by name", path)
  end
  local write = WRITERS[ending]
  if not write then
    local known = {}
    for name in pairs(WRITERS) do known[#known + 1] = "." .. name end
    table.sort(known)
    fail("save: argument 'path': got '%s', wanted a name that ends with one of %s", path,
      table.concat(known, " "))
  end
  return write(path, value, o)
end

-- an array without axes as a number, with all its bits
local function plain(array, o)
  local whole = array.type:find "int" or array.type == "bool"
  if #array.shape > 0 then return array:read(o) end
  local bytes, message = array:read{as = whole and "int64" or "float64"}
  if not bytes then return nil, message end
  return ((whole and "<i8" or "<d"):unpack(bytes))
end

local function load_npy(path, o)
  local array, message = npy.open(path)
  if not array then return nil, message end
  local x
  x, message = plain(array, o)
  array.file:close()
  return x, message
end

local function load_npz(path, o)
  local set, message = npz.open(path)
  if not set then return nil, message end
  local root = {}
  local file <close> = set.file
  for _, name in ipairs(set.names) do
    local array, x, ok
    array, message = set:array(name)
    if array then x, message = plain(array, o) end
    if x == nil then return nil, message end
    ok, message = put(root, name, x)
    if not ok then return nil, ("%s: %s"):format(path, message) end
  end
  return root
end

local CODES = {float32 = "<f4", float64 = "<f8", int64 = "<i8"}

-- the numbers of an HDF5 file of others; what is no array of numbers is named in a list
local function load_hdf5(path, o)
  options.read("load", o, {})
  local list, message = core.file.import_list(path)
  if not list then return nil, message end
  local root, left = {}, {}
  for _, entry in ipairs(list) do
    if entry.refused then left[#left + 1] = ("%s: %s"):format(entry.name, entry.refused)
    else
      local bytes, kind, shape = core.file.import_read(path, entry.name)
      if not bytes then return nil, kind end
      local x, ok
      if kind == "uint8" then x = core.bytes.bytes(bytes, shape)
      else x, message = core.archive.unpack(bytes, CODES[kind], shape)
      end
      if not x then return nil, ("%s: '%s': %s"):format(path, entry.name, message) end
      ok, message = put(root, entry.name, x)
      if not ok then return nil, ("%s: %s"):format(path, message) end
    end
  end
  return root, left
end

local function load_state(path, o)
  options.read("load", o, {})
  return checkpoint.load(path)
end

local READERS = {checkpoint = load_state, hdf5 = load_hdf5, npy = load_npy, npz = load_npz,
  text = csv.read}

-- load(path, options) -> what is in a file, whose kind is found by its content; nil and a message
-- where it cannot be read. Nothing in a file is ever executed. Numbers are rounded to the tensors'
-- own precision; integers that would become others are an error.
--   a file of save's  the tree that was saved, with the same bits
--   HDF5              a tree of its arrays by their groups; second, a list of what is no array of
--                     numbers
--   .npz              a tree of arrays, "a/1" being item 1 of table a; options first, count, as
--   .npy              a tensor, bytes for uint8, a number where it has no axes; the same options
--   text              a tensor and its header, or a table of columns, see teasel.format.csv
--   anything          with option shape or type, as bare numbers, see teasel.format.raw
function saving.load(path, o)
  if o and (o.shape ~= nil or o.type ~= nil) then return raw.read(path, o) end
  local kind = kind_of(path)
  if not kind then return nil, select(2, core.archive.archive(path)) end
  if kind_of.refused[kind] then return nil, ("%s: %s"):format(path, kind_of.refused[kind]) end
  if kind == "bytes" then
    return nil, path .. ": is of no known kind: options shape and type say how to read its bytes"
  end
  return READERS[kind](path, o)
end

check.functions("", saving, {save = "path: string, value: any, options: table?",
  load = "path: string, options: table?"})

return saving
