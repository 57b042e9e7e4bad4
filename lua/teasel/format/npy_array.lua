-- The array in a file of numpy: what its head says. The file is one of an opened core.archive;
-- teasel.format.npy tells what numbers become.

local file_array = require "teasel.format.file_array"

local npy_array = {}

npy_array.MAGIC = "\x93NUMPY"

local MOST_HEAD = 1 << 16    -- bytes of the text that describes the array

-- the types that numpy has, by what it writes for them without the order of bytes, and the other
-- way
local NAMES, CODES = {}, {}
for name, code in pairs(file_array.CODES) do
  if name ~= "bfloat16" then NAMES[code:sub(2)], CODES[name] = name, code end
end
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
  local shape = {}
  if not text:find "^[%dL,%s]*$" then return nil, "has no shape: (" .. text .. ")" end
  for size in text:gmatch "%d+" do shape[#shape + 1] = size end
  local problem = file_array.problem(shape)
  if problem then return nil, problem end
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
  array.at = at + length
  return file_array.made(file, i, path, name, array)
end

return npy_array
