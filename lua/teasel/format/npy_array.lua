-- The array in a file of numpy: what its head says, and its items. The file is one of an opened
-- core.archive; teasel.format.npy tells what numbers become.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local options = require "teasel.options"

local op = core.op
local npy_array = {}

npy_array.MAGIC = "\x93NUMPY"
npy_array.REAL = core.double and "<f8" or "<f4"   -- the type of a tensor's numbers

local MOST_HEAD = 1 << 16    -- bytes of the text that describes the array
local MOST_ITEMS = 1 << 40
local MOST_AXES = 8
local LIMIT = 1 << 33        -- bytes of what is read at once, where the caller sets no other

-- the names of types, by what numpy writes for them without the order of bytes
local NAMES = {b1 = "bool", i1 = "int8", i2 = "int16", i4 = "int32", i8 = "int64", u1 = "uint8",
  u2 = "uint16", u4 = "uint32", u8 = "uint64", f2 = "float16", f4 = "float32", f8 = "float64"}

local CODES = {}
for code, name in pairs(NAMES) do CODES[name] = (code:find "1$" and "|" or "<") .. code end
npy_array.CODES = CODES

-- what cannot be read, by the letter of its type
local REFUSED = {O = "Python objects, which are never read: they may run code", U = "text",
  S = "text", a = "text", c = "complex numbers", M = "dates", m = "spans of time",
  V = "records or raw bytes", f = "floats of this size", i = "integers of this size",
  u = "integers of this size"}

-- a type as numpy writes it -> as the core reads it and its name; nil and why not
local function type_of(text)
  local order, code = text:match "^([<>=|]?)(.*)$"
  local name, single = NAMES[code], code:find "1$"
  if name and (single or order ~= "|") then   -- more bytes than one have an order
    return (single and "|" or order == ">" and ">" or "<") .. code, name
  end
  return nil, ("holds %s (type '%s'), wanted numbers: bool, int8..int64, uint8..uint64, "
    .. "float16..float64"):format(REFUSED[code:sub(1, 1)] or "an unknown type", text)
end

-- the list in "(3, 4)"; nil and why not
local function shape_of(text)
  local shape, items = {}, 1
  if not text:find "^[%dL,%s]*$" then return nil, "has no shape: (" .. text .. ")" end
  for size in text:gmatch "%d+" do
    local n = math.tointeger(tonumber(size))
    if not n or n > MOST_ITEMS or items > MOST_ITEMS // math.max(n, 1) then
      return nil, ("has the shape (%s), wanted at most 2^40 items"):format(text)
    end
    shape[#shape + 1], items = n, items * math.max(n, 1)
  end
  if #shape > MOST_AXES then
    return nil, ("has %d axes, wanted at most %d"):format(#shape, MOST_AXES)
  end
  return shape
end

-- the text {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } -> a description; nil and
-- why not
local function described(text)
  local body = text:match "^%s*{(.*)}%s*$"
  if not body then return nil, "has a head that is no dictionary" end
  if body:find "['\"]descr['\"]%s*:%s*%[" then
    return nil, "has named fields, wanted an array of numbers"
  end
  local found, rest = {}, body:gsub("%s+", " ")
  while rest:find "%S" do
    local key, value, more = rest:match "^ ?['\"]([%w_]+)['\"] ?: ?(%b()) ?,?(.*)$"
    if not key then key, value, more = rest:match "^ ?['\"]([%w_]+)['\"] ?: ?([^,]+),?(.*)$" end
    if not key or found[key] then return nil, "has a head that cannot be read" end
    found[key], rest = value:match "^(.-) ?$", more
  end
  local descr = (found.descr or ""):match "^['\"]([^'\"]*)['\"]$"
  local order = ({True = true, False = false})[found.fortran_order]
  local sizes = (found.shape or ""):match "^%((.*)%)$"
  if not descr or order == nil or not sizes then
    return nil, "has a head without descr, fortran_order and shape as numpy writes them"
  end
  local code, name = type_of(descr)
  if not code then return nil, name end
  local shape, why = shape_of(sizes)
  if not shape then return nil, why end
  return {type = name, shape = shape, code = code, fortran = order}
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
  o = options.read("npy", o, {first = 1, count = -1, as = "", limit = LIMIT})
  local shape, rows = self.shape, self.shape[1] or 1
  check.integer("npy", "option 'first'", o.first, 1, rows + 1)
  check.integer("npy", "option 'count'", o.count, -1, rows + 1 - o.first)
  local count = o.count < 0 and rows + 1 - o.first or o.count
  local as = o.as ~= "" and o.as or self.type == "uint8" and "bytes" or "tensor"
  if as ~= "bytes" and as ~= "tensor" and not CODES[as] then
    local known = {bytes = true, tensor = true}
    for name in pairs(CODES) do known[name] = true end
    options.unknown("npy: option 'as'", as, known)
  end
  local items = count
  for d = 2, #shape do items = items * shape[d] end
  local code = as == "tensor" and npy_array.REAL or CODES[as] or "|u1"
  if items > o.limit // tonumber(code:sub(3)) then
    return nil, ("%s: '%s' has %d items, more than the limit of %d bytes"):format(self.path,
      self.name, items, o.limit)
  end
  local x, message = self.file:numbers(self.place, {at = self.at, type = self.code, shape = shape,
    fortran = self.fortran}, o.first, count, CODES[as] or as)
  if not x then return nil, message end
  return o.as == "" and self.type == "bool" and op.ne(x, 0) or x
end

-- made(file, path, description) -> the array of that type, shape, code and place in a plain file
function npy_array.made(file, path, array)
  array.file, array.place, array.path, array.name = file, 1, path, path:match "[^/]*$"
  return setmetatable(array, Array)
end

-- entry(file, i, path, name) -> the array in file number i of an opened core.archive; nil and a
-- message
function npy_array.entry(file, i, path, name)
  local size = file:list()[i].size
  local function wrong(why) return nil, ("%s: '%s' %s"):format(path, name, why) end
  local head, message = file:string(i, 0, math.min(size, 12))
  if not head then return nil, message end
  if head:sub(1, #npy_array.MAGIC) ~= npy_array.MAGIC then return wrong "is no array of numpy" end
  if size < 12 then return wrong "is cut off" end
  local version = head:byte(7)
  if version < 1 or version > 3 then
    return wrong(("is of version %d, wanted 1 to 3"):format(version))
  end
  local at = version == 1 and 10 or 12
  local length = (version == 1 and "<I2" or "<I4"):unpack(head, 9)
  if length > MOST_HEAD then return wrong(("has a head of %d bytes"):format(length)) end
  if at + length > size then return wrong "is cut off" end
  local text
  text, message = file:string(i, at, length)
  if not text then return nil, message end
  local array
  array, message = described(text)
  if not array then return wrong(message) end
  array.at, array.file, array.place, array.path, array.name = at + length, file, i, path, name
  return setmetatable(array, Array)
end

return npy_array
