-- Bare numbers: a file that has nothing but the items of an array, one behind the other.
--
--   raw.write("z.bin", z)                                        -- float32, little-endian
--   local z = raw.read("z.bin", {shape = {-1, 10}})              -- as many rows as there are
--   local images = raw.read("images.raw", {shape = {60000, 28, 28}, type = "uint8", at = 16})

local check = require "teasel.lib.check"
local core = require "teasel.core"
local file_array = require "teasel.format.file_array"
local options = require "teasel.options"
local tree = require "teasel.tree"

local raw = {}

-- a type by its name -> as the core has it
local function code_of(o)
  local code = file_array.CODES[o.type]
  if not code then options.unknown("raw: option 'type'", o.type, file_array.CODES) end
  return o.big and code:gsub("<", ">") or code
end

-- read(path, options) -> a tensor, or for uint8 bytes, of the numbers in a file; nil and a message
-- where they cannot be read or held. Options: shape, a list of sizes of which one may be -1 (as
-- many as there are; default {-1}); type = "float32", or bool, int8..int64, uint8..uint64, float16,
-- float64; big = false: the order of bytes; at = 0: bytes before the first number; first, count,
-- as, limit: see teasel.format.npy. Bytes that are left over are an error where a size is -1.
function raw.read(path, o)
  o = options.read("raw", o, {shape = {-1}, type = "float32", big = false, at = 0, first = 1,
    count = -1, as = "", limit = 1 << 33})
  local code = code_of(o)
  check.integer("raw", "option 'at'", o.at, 0, 1 << 40)
  local file, message = core.archive.archive(path, true)
  if not file then return nil, message end
  local size, items, open = file:list()[1].size - o.at, 1, nil
  local shape = {}
  for d, n in ipairs(o.shape) do
    check.integer("raw", ("option 'shape', size %d"):format(d), n, -1, 1 << 40)
    if n == -1 and open then check.wrong("raw", "option 'shape'", o.shape, "one size of -1") end
    open, shape[d] = n == -1 and d or open, n
    items = n == -1 and items or items * n
  end
  if open then
    local each = items * file_array.width(code)
    if size < 0 or each == 0 or size % each ~= 0 then
      return nil, ("%s: has %d bytes, wanted a multiple of %d for the shape [%s]"):format(path,
        size, each, table.concat(shape, " "))
    end
    shape[open] = size // each
  end
  local array = file_array.made(file, 1, path, path:match "[^/]*$", {type = o.type, shape = shape,
    code = code, at = o.at})
  local x, why = array:read{first = o.first, count = o.count, as = o.as, limit = o.limit}
  file:close()
  return x, why
end

-- write(path, x, options) -> true: the items of a tensor, or bytes, row by row; complete or not at
-- all. nil and a message where a number cannot be held, or the file not be written. Options: type =
-- "float32", see read (bytes stay as they are); big = false.
function raw.write(path, x, o)
  o = options.read("raw", o, {type = "float32", big = false})
  local code, data, message = code_of(o), nil, nil
  if tree.is_bytes(x) then data = x:string()
  else data, message = core.archive.pack(check.tensor("raw.write", "x", x), code)
  end
  if not data then return nil, ("%s: not saved, %s"):format(path, message) end
  return core.file.save(path, data)
end

check.functions("raw.", raw, {read = "path: string, options: table?",
  write = "path: string, x: any, options: table?"})

return raw
