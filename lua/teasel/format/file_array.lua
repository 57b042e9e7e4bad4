-- An array of numbers in a file, of which nothing was read yet but what it is. The file is one of
-- an opened core.archive. What the numbers become is told in teasel.format.npy.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local tree = require "teasel.tree"

local op = core.op
local MOST_ITEMS = 1 << 40
local MOST_AXES = 8
local LIMIT = 1 << 33        -- bytes of what is read at once, where the caller sets no other

local file_array = {}

file_array.REAL = core.double and "<f8" or "<f4"   -- the type of a tensor's numbers

-- types as the core has them, little-endian, by their names
local CODES = {bool = "|b1", int8 = "|i1", int16 = "<i2", int32 = "<i4", int64 = "<i8",
  uint8 = "|u1", uint16 = "<u2", uint32 = "<u4", uint64 = "<u8", float16 = "<f2",
  bfloat16 = "<g2", float32 = "<f4", float64 = "<f8"}
file_array.CODES = CODES

-- width(code) -> the bytes of a number of a type as the core has it
function file_array.width(code) return tonumber(code:sub(3)) end

local width = file_array.width

-- problem(shape) -> what is wrong with the shape of an array that a file has, or nil
function file_array.problem(shape)
  local items = 1
  if #shape > MOST_AXES then
    return ("has %d axes, wanted at most %d"):format(#shape, MOST_AXES)
  end
  for d, size in ipairs(shape) do
    local n = math.tointeger(size)
    if not n or n < 0 or n > MOST_ITEMS or items > MOST_ITEMS // math.max(n, 1) then
      local comma = #shape == 1 and "," or ""
      return ("has the shape (%s%s), wanted at most 2^40 items"):format(table.concat(shape, ", "),
        comma)
    end
    shape[d], items = n, items * math.max(n, 1)
  end
end

local Array = {}
Array.__index = Array

-- Array:read(options) -> its items: bytes for uint8, a mask for bool, else a tensor, of the array's
-- shape or of so many rows of it; or nil and a message. Where the whole of a packed or stored array
-- is read, its checksum is compared.
-- Options: first = 1, count = all that follow: rows, the items along the first axis; as = "tensor",
-- "bytes" (of whole numbers in 0..255), or the name of a type ("int64") for a string of these
-- numbers, little-endian; limit = 2^33: the most bytes to get.
function Array:read(o)
  o = options.read("read", o, {first = 1, count = -1, as = "", limit = LIMIT})
  local shape, rows = self.shape, self.shape[1] or 1
  check.integer("read", "option 'first'", o.first, 1, rows + 1)
  check.integer("read", "option 'count'", o.count, -1, rows + 1 - o.first)
  local count = o.count < 0 and rows + 1 - o.first or o.count
  local as = o.as ~= "" and o.as or self.type == "uint8" and "bytes" or "tensor"
  if as ~= "bytes" and as ~= "tensor" and not CODES[as] then
    local known = {bytes = true, tensor = true}
    for name in pairs(CODES) do known[name] = true end
    options.unknown("read: option 'as'", as, known)
  end
  local items = count
  for d = 2, #shape do items = items * shape[d] end
  local code = as == "tensor" and file_array.REAL or CODES[as] or "|u1"
  if items > o.limit // width(code) then
    return nil, ("%s: '%s' has %d items, more than the limit of %d bytes"):format(self.path,
      self.name, items, o.limit)
  end
  local x, message = self.file:numbers(self.place, {at = self.at, type = self.code, shape = shape,
    fortran = self.fortran, steps = self.steps}, o.first, count, CODES[as] or as)
  if not x then return nil, message end
  return o.as == "" and self.type == "bool" and op.ne(x, 0) or x
end

-- Array:value(options) -> what read gives, or of an array without axes a number with all its bits
function Array:value(o)
  local whole = self.type:find "int" or self.type == "bool"
  if #self.shape > 0 then return self:read(o) end
  local bytes, message = self:read{as = whole and "int64" or "float64"}
  if not bytes then return nil, message end
  return ((whole and "<i8" or "<d"):unpack(bytes))
end

-- made(file, i, path, name, array) -> the array {type =, shape =, code = as the core has the type,
-- at = its first byte, fortran or steps where the last index does not run fastest}, which lies in
-- file number i of an opened core.archive
function file_array.made(file, i, path, name, array)
  array.file, array.place, array.path, array.name = file, i, path, name
  return setmetatable(array, Array)
end

-- is(value) -> whether it is such an array
function file_array.is(value) return getmetatable(value) == Array end

-- encode(who, x, type) -> what a tensor, bytes or a number is in a file: the name of its type, its
-- shape, its numbers as a string; nil and a message where one cannot be held. type "" is the
-- tensor's own, of a mask bool, of bytes uint8; `known` has the types of the format as its keys.
function file_array.encode(who, x, name, known)
  if name ~= "" and not known[name] then options.unknown(who .. ": option 'type'", name, known) end
  local data, message
  if type(x) == "number" then
    if name ~= "" then data, message = core.archive.pack(core.tensor.tensor(x), CODES[name])
    elseif math.type(x) == "integer" then name, data = "int64", ("<i8"):pack(x)
    else name, data = "float64", ("<d"):pack(x)
    end
  elseif tree.is_bytes(x) then
    if name ~= "" and name ~= "uint8" then
      fail("%s: option 'type': got '%s' for bytes, wanted 'uint8'", who, name)
    end
    name, data = "uint8", x:string()
  else
    check.tensor(who, "x", x)
    name = name ~= "" and name or x:is_mask() and "bool" or core.double and "float64" or "float32"
    data, message = core.archive.pack(x, CODES[name])
  end
  if not data then return nil, message end
  return name, type(x) == "number" and {} or x:shape(), data
end

return file_array
