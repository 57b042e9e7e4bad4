-- Messages of protocol buffers, read: by the definition of the encoding, and by nothing of what
-- writes them.
--
--   message(bytes) -> {[field] = a list of its values: integers, or strings of bytes}

local function varint(bytes, at)
  local n, shift = 0, 0
  repeat
    local byte = bytes:byte(at)
    n, shift, at = n | (byte & 0x7f) << shift, shift + 7, at + 1
  until byte < 0x80
  return n, at
end

local function message(bytes)
  local fields, at = {}, 1
  while at <= #bytes do
    local key, value
    key, at = varint(bytes, at)
    local kind = key & 7
    if kind == 0 then value, at = varint(bytes, at)
    else
      local size = kind == 1 and 8 or kind == 5 and 4
      if kind == 2 then size, at = varint(bytes, at) end
      assert(size, "no such kind of field")
      value, at = bytes:sub(at, at + size - 1), at + size
      assert(#value == size, "a field is cut off")
    end
    local list = fields[key >> 3] or {}
    fields[key >> 3], list[#list + 1] = list, value
  end
  return fields
end

-- ints(bytes) -> the integers of a packed field
local function ints(bytes)
  local list, at = {}, 1
  while at <= #bytes do list[#list + 1], at = varint(bytes, at) end
  return list
end

return setmetatable({ints = ints}, {__call = function(_, bytes) return message(bytes) end})
