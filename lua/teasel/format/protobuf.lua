-- Messages of protocol buffers, written: each function gives one field as a string, and a message
-- is its fields, one after the other (protobuf.dev, "Encoding").
--
--   local event = protobuf.double(1, time) .. protobuf.int(2, step)
--     .. protobuf.bytes(5, summary)          -- a message inside of another, a string, or bytes

local check = require "teasel.lib.check"

local protobuf = {}

local VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5   -- how a field is stored

-- an integer in groups of seven bits, the lowest first; negative ones as 64 bits without sign
local function varint(n)
  local bytes = {}
  repeat
    local more = n >> 7
    bytes[#bytes + 1] = string.char(n & 0x7f | (more ~= 0 and 0x80 or 0))
    n = more
  until n == 0
  return table.concat(bytes)
end

local function key(field, kind) return varint(field << 3 | kind) end

-- int(field, n): an integer, a truth value as 0 or 1, or the number of a name in an enumeration
function protobuf.int(field, n) return key(field, VARINT) .. varint(n) end

-- double(field, x): a number of 8 bytes
function protobuf.double(field, x) return key(field, EIGHT) .. ("<d"):pack(x) end

-- float(field, x): a number of 4 bytes
function protobuf.float(field, x) return key(field, FOUR) .. ("<f"):pack(x) end

-- bytes(field, text): a string, bytes, or a message
function protobuf.bytes(field, text) return key(field, BYTES) .. varint(#text) .. text end

-- doubles(field, list): many numbers of 8 bytes in one field, packed
function protobuf.doubles(field, list)
  check.list("protobuf.doubles", "list", list, check.number)
  local parts = {}
  for i, x in ipairs(list) do parts[i] = ("<d"):pack(x) end
  return protobuf.bytes(field, table.concat(parts))
end

-- ints(field, list): many integers in one field, packed
function protobuf.ints(field, list)
  check.list("protobuf.ints", "list", list, check.integer)
  local parts = {}
  for i, n in ipairs(list) do parts[i] = varint(n) end
  return protobuf.bytes(field, table.concat(parts))
end

check.functions("protobuf.", protobuf, {int = "field: count, n: integer",
  double = "field: count, x: number", float = "field: count, x: number",
  bytes = "field: count, text: string", doubles = "field: count, list: list",
  ints = "field: count, list: list"})

return protobuf
