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
local file_set = require "teasel.format.file_set"
local npy = require "teasel.format.npy"
local npy_array = require "teasel.format.npy_array"
local options = require "teasel.options"
local tree = require "teasel.tree"
local zip = require "teasel.format.zip"

local npz = {}

-- open(path) -> the arrays of an archive, see teasel.format.file_set: names, array, read, close;
-- nil and a message where the file is missing, damaged or no .npz.
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
  return file_set(path, file, names, function(name)
    return npy_array.entry(file, places[name], path, name)
  end)
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

return npz
