-- Files that hold several arrays: .npz, .npy and HDF5, recognised by how they begin. Nothing in
-- them is trusted: HDF5 is read in a child process, and numpy's objects are refused.
--
--   source(path) -> a source, with
--     arrays       a list of {name =, shape =, type = "uint8", refused = why it is not read or nil}
--     read(array, first, count) -> rows: a string of bytes for uint8, else a tensor; nil, message
--   nil, message where there is none

local core = require "teasel.core"
local npy = require "teasel.format.npy"
local npz = require "teasel.format.npz"

local archive, file = core.archive, core.file

local REAL = core.double and "float64" or "float32"
local CODE = core.double and "<f8" or "<f4"

local function of_hdf5(path)
  local list, message = file.import_list(path)
  if not list then return nil, message end
  local arrays = {}
  for i, entry in ipairs(list) do
    arrays[i] = {name = entry.name, shape = entry.shape, refused = entry.refused,
      type = entry.type == "uint8" and "uint8" or entry.kind}
  end
  return {arrays = arrays, read = function(array, first, count)
    local bytes, _, shape = file.import_read(path, array.name, {first = first, count = count,
      type = array.type == "uint8" and "uint8" or REAL})
    if not bytes then return nil, _ end
    if array.type == "uint8" then return bytes end
    return archive.unpack(bytes, CODE, shape)
  end}
end

local function rows_of(array, first, count)
  local x, message = array:read{first = first, count = count}
  if not x then return nil, message end
  return array.type == "uint8" and x:string() or x
end

local function of_npz(path)
  local opened, message = npz.open(path)
  if not opened then return nil, message end
  local arrays, by_name = {}, {}
  for i, name in ipairs(opened.names) do
    local array, why = opened:array(name)
    local said = ("%s: '%s' "):format(path, name)
    if why and why:sub(1, #said) == said then why = why:sub(#said + 1) end
    by_name[name] = array
    arrays[i] = {name = name, shape = array and array.shape or {}, type = array and array.type,
      refused = not array and why or nil}
  end
  return {arrays = arrays, read = function(array, first, count)
    return rows_of(by_name[array.name], first, count)
  end}
end

local function of_npy(path)
  local array, message = npy.open(path)
  if not array then return nil, message end
  return {arrays = {{name = "array", shape = array.shape, type = array.type}},
    read = function(_, first, count) return rows_of(array, first, count) end}
end

return function(path)
  local head, message = core.file.head(path, 8)
  if not head then return nil, message end
  if head:sub(1, 2) == "PK" then return of_npz(path) end
  if head:sub(1, 6) == "\x93NUMPY" then return of_npy(path) end
  if head == "\x89HDF\r\n\26\n" then return of_hdf5(path) end
  return nil, path .. ": is neither .npz, .npy nor HDF5"
end
