-- Several arrays of numpy in one file: .npz, a zip archive of .npy files, read and written.
--
--   local set = npz.open "dsprites.npz"                       -- reads its directory alone
--   print(table.concat(set.names, " "))                       -- imgs latents_values ...
--   local images = set:read("imgs", {first = 1, count = 64})  -- bytes of 64 rows
--   npz.write("out.npz", {codes = z, factors = y})
--
-- Both kinds are read: stored (np.savez), of which rows are read where they lie, and packed
-- (np.savez_compressed), of which everything before them is unpacked too. What numbers become is
-- as described in teasel.format.npy. An array that is read whole is compared with its checksum.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local npy = require "teasel.format.npy"
local npy_array = require "teasel.format.npy_array"
local options = require "teasel.options"
local tree = require "teasel.tree"
local zip = require "teasel.format.zip"

local npz = {}

local Archive = {}
Archive.__index = Archive

-- npz:array(name) -> the array of that name as teasel.format.npy has it, with shape, type and a
-- method `read`; nil and a message where there is none or it cannot be read.
function Archive:array(name)
  local place = self.places[name]
  if not place then
    return nil, ("%s: has no array '%s'; it has %s"):format(self.path, name,
      #self.names > 0 and table.concat(self.names, ", ") or "none")
  end
  return npy_array.entry(self.file, place, self.path, name)
end

-- npz:read(name, options) -> an array's items: bytes for uint8, a mask for bool, else a tensor; nil
-- and a message where it cannot be read. Options: first, count, as, limit, see Array:read.
function Archive:read(name, o)
  local array, message = self:array(name)
  if not array then return nil, message end
  return array:read(o)
end

-- npz:close(): closes the file; its arrays can no longer be read.
function Archive:close() self.file:close() end

-- open(path) -> an archive with `names`, a list, and the methods array, read and close; nil and a
-- message where the file is missing, damaged or no .npz.
function npz.open(path)
  local file, message = core.archive.archive(path)
  if not file then return nil, message end
  if not file:is_zip() then return nil, path .. ": is no zip archive, wanted an .npz of numpy" end
  local names, places = {}, {}
  for i, entry in ipairs(file:list()) do
    local name = entry.name:match "^(.*)%.npy$"
    if name then
      if places[name] then return nil, ("%s: has two arrays '%s'"):format(path, name) end
      names[#names + 1], places[name] = name, i
    end
  end
  return setmetatable({path = path, file = file, names = names, places = places}, Archive)
end

-- write(path, arrays, options) -> true: a table {name = a tensor, bytes or a number} as an .npz,
-- complete or not at all; nil and a message where it cannot be written. Options: packed = false:
-- by deflate, as np.savez_compressed does; type: of the numbers, see npy.encode.
function npz.write(path, arrays, o)
  o = options.read("npz", o, {packed = false, type = ""})
  local files = {}
  for i, name in ipairs(tree.keys(arrays)) do
    check.string("npz.write", "item " .. tostring(name), name)
    local head, data = npy.encode(arrays[name], {type = o.type})
    if not head then return nil, ("%s: not saved, '%s': %s"):format(path, name, data) end
    files[i] = {name .. ".npy", head, data}
  end
  return zip.write(path, files, o.packed)
end

check.functions("npz.", npz, {open = "path: string",
  write = "path: string, arrays: table, options: table?"})
check.methods("npz", Archive, {array = "name: string", read = "name: string, options: table?",
  close = ""})

return npz
