-- Arrays of numpy: .npy files, read and written.
--
--   local z = npy.read "z.npy"                               -- a tensor, or bytes
--   local images = npy.open "images.npy"                     -- reads its head alone
--   print(table.concat(images.shape, " "), images.type)      -- 737280 64 64 uint8
--   local some = images:read{first = 1001, count = 64}       -- bytes of 64 rows
--   npy.write("z.npy", z)
--
-- All of numpy's numbers can be read: bool, int8 to int64, uint8 to uint64, float16, float32 and
-- float64, in either order of bytes and of axes. Arrays of Python objects, of text, of dates, of
-- complex numbers or with named fields are refused by name. Nothing in a file is ever executed.
--
-- uint8 becomes an array of bytes, of which a batch is taken as reals (bytes:take), bool a mask and
-- everything else a tensor. An integer that a tensor cannot hold exactly is an error, and so is a
-- number that would become infinite; a fraction is rounded to the tensor's precision.
--
-- An array in a file that was opened has the fields name, shape, type ("float32"), and `read`.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local file_array = require "teasel.format.file_array"
local npy_array = require "teasel.format.npy_array"
local options = require "teasel.options"

local npy = {}

-- open(path) -> the array of a .npy file, of which nothing was read but what describes it; nil and
-- a message where there is none.
function npy.open(path)
  local file, message = core.archive.archive(path)
  if not file then return nil, message end
  if file:is_zip() then
    file:close()
    return nil, path .. ": is a zip file, as numpy's .npz, wanted an array of numpy"
  end
  local array, why = npy_array.entry(file, 1, path, path:match "[^/]*$")
  if not array then file:close() end
  return array, why
end

-- read(path, options) -> all of the array in a .npy file, or some rows, see Array:read; nil and a
-- message where it cannot be read.
function npy.read(path, o)
  local array, message = npy.open(path)
  if not array then return nil, message end
  local x
  x, message = array:read(o)
  array.file:close()
  return x, message
end

-- encode(x, options) -> strings that together are a .npy file of a tensor, an array of bytes or a
-- number; nil and a message where a number cannot be held. Options: type = a name as "float64" or
-- "int32": of the numbers in the file; default: the tensor's own, of a mask bool, of bytes uint8.
function npy.encode(x, o)
  o = options.read("npy", o, {type = ""})
  local name, sizes, data = file_array.encode("npy", x, o.type, npy_array.CODES)
  if not name then return nil, sizes end
  local shape = #sizes == 1 and sizes[1] .. "," or table.concat(sizes, ", ")
  local text = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"):format(
    npy_array.CODES[name], shape)
  text = text .. (" "):rep(-(#text + 11) % 64) .. "\n"
  return npy_array.MAGIC .. "\1\0" .. ("<I2"):pack(#text) .. text, data
end

-- write(path, x, options) -> true: a tensor, an array of bytes or a number as a .npy file, complete
-- or not at all; nil and a message where it cannot be written. Options: see encode.
function npy.write(path, x, o)
  local head, data = npy.encode(x, o)
  if not head then return nil, ("%s: not saved, %s"):format(path, data) end
  return core.file.save(path, head, data)
end

check.functions("npy.", npy, {open = "path: string", read = "path: string, options: table?",
  write = "path: string, x: any, options: table?"})

return npy
