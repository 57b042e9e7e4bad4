-- Tensors by name in one file: .safetensors, read and written.
--
--   local set = safetensors.open "model.safetensors"         -- reads its head alone
--   print(table.concat(set.names, " "), set.metadata.format)
--   local w = set:read "encoder.conv1.weight"
--   safetensors.write("codes.safetensors", {codes = z}, {type = "float16"})
--
-- The file is a length, so many bytes of JSON that name type, shape and place of each tensor, and
-- the tensors, row by row, little-endian, without gaps. What numbers become is told in
-- teasel.format.npy; float8 and float4, which this library has no use for, are refused by name.
-- Source: the format's own description, github.com/huggingface/safetensors.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local file_array = require "teasel.format.file_array"
local file_set = require "teasel.format.file_set"
local json = require "teasel.lib.json"
local options = require "teasel.options"
local stop = require "teasel.lib.stop"
local tree = require "teasel.tree"

local safetensors = {}

local MOST_HEAD = 100000000    -- bytes of JSON, as the format has it

local TYPES = {BOOL = "bool", I8 = "int8", I16 = "int16", I32 = "int32", I64 = "int64",
  U8 = "uint8", U16 = "uint16", U32 = "uint32", U64 = "uint64", F16 = "float16",
  BF16 = "bfloat16", F32 = "float32", F64 = "float64"}

local NAMES = {}
for name, type in pairs(TYPES) do NAMES[type] = name end

local ESCAPED = {['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r",
  t = "\t"}

-- what reads JSON of the only form that a head may have; each function goes on where the last one
-- ended. Its own, because two entries of one name have to be seen.
local function reader(text)
  local at, read = 1, {}

  local function skip() at = text:find("[^ \t\r\n]", at) or #text + 1 end

  local function unlike(wanted)
    local got = text:sub(at, at + 19)
    stop("has a head that is no JSON of this format: got %s at byte %d of it, wanted %s",
      got == "" and "its end" or ("%q"):format(got), at, wanted)
  end

  -- whether this character follows, which is then passed
  function read.accept(character)
    skip()
    if text:sub(at, at) ~= character then return false end
    at = at + 1
    return true
  end

  function read.expect(character)
    if not read.accept(character) then unlike(character) end
  end

  local function hexadecimal()
    local digits = text:match("^%x%x%x%x", at)
    if not digits then unlike "four hexadecimal digits" end
    at = at + 4
    return tonumber(digits, 16)
  end

  local function unicode()
    local code = hexadecimal()
    if code >= 0xd800 and code < 0xdc00 and text:find("^\\u", at) then
      at = at + 2
      local low = hexadecimal()
      if low < 0xdc00 or low > 0xdfff then unlike "the second half of a character" end
      return utf8.char(0x10000 + (code - 0xd800 << 10) + low - 0xdc00)
    elseif code >= 0xd800 and code < 0xe000 then unlike "a whole character"
    end
    return utf8.char(code)
  end

  function read.string()
    read.expect '"'
    local parts = {}
    while true do
      local special = text:find('["\\%c]', at)
      if not special then
        at = #text + 1
        unlike "the end of a text"
      end
      parts[#parts + 1] = text:sub(at, special - 1)
      at = special + 1
      local character = text:sub(special, special)
      if character == '"' then return table.concat(parts) end
      if character ~= "\\" then unlike "no control character" end
      local letter = text:sub(at, at)
      at = at + 1
      if letter == "u" then parts[#parts + 1] = unicode()
      elseif ESCAPED[letter] then parts[#parts + 1] = ESCAPED[letter]
      else unlike "an escape of JSON"
      end
    end
  end

  -- calls each(name) for every item of an object, which has to read its value
  function read.object(each)
    local seen = {}
    read.expect "{"
    if read.accept "}" then return end
    repeat
      local name = read.string()
      if seen[name] then stop("has '%s' twice", name) end
      seen[name] = true
      read.expect ":"
      each(name)
    until not read.accept ","
    read.expect "}"
  end

  function read.integers()
    local list = {}
    read.expect "["
    if read.accept "]" then return list end
    repeat
      skip()
      local digits = text:match("^%d+%f[^%d]", at)
      local n = digits and (digits == "0" or digits:sub(1, 1) ~= "0") and
        math.tointeger(tonumber(digits))
      if not n or text:find("^[.eE]", at + #digits) then unlike "an integer of 0 or more" end
      list[#list + 1], at = n, at + #digits
    until not read.accept ","
    read.expect "]"
    return list
  end

  function read.finish()
    skip()
    if at <= #text then unlike "its end" end
  end

  return read
end

-- the head -> a list of {name =, dtype =, shape =, from =, to =}, and the metadata
local function entries_of(text)
  local read, list, metadata = reader(text), {}, {}
  local function described(name)
    local e = {name = name}
    read.object(function(key)
      if key == "dtype" then e.dtype = read.string()
      elseif key == "shape" then e.shape = read.integers()
      elseif key == "data_offsets" then
        local places = read.integers()
        if #places ~= 2 then stop("'%s' has %d data_offsets, wanted 2", name, #places) end
        e.from, e.to = places[1], places[2]
      else stop("'%s' has the field '%s', wanted dtype, shape and data_offsets", name, key)
      end
    end)
    if not (e.dtype and e.shape and e.from) then
      stop("'%s' lacks its dtype, shape or data_offsets", name)
    end
    list[#list + 1] = e
  end
  read.object(function(name)
    if name ~= "__metadata__" then return described(name) end
    read.object(function(key) metadata[key] = read.string() end)
  end)
  read.finish()
  return list, metadata
end

-- puts the entries in the order of their places, which have to fill the file
local function check_places(list, room)
  table.sort(list, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    if a.to ~= b.to then return a.to < b.to end
    return a.name < b.name
  end)
  local at = 0
  for _, e in ipairs(list) do
    if e.from ~= at or e.to < e.from then
      stop("'%s' lies at bytes %d to %d, wanted them from %d on, without gaps", e.name, e.from,
        e.to, at)
    end
    at = e.to
    local problem = file_array.problem(e.shape)
    local code = file_array.CODES[TYPES[e.dtype]]
    if problem then stop("'%s' %s", e.name, problem) end
    local bytes = code and file_array.width(code)
    for _, n in ipairs(e.shape) do bytes = bytes and bytes * n end
    if bytes and bytes ~= e.to - e.from then
      stop("'%s' has %d bytes, wanted %d by its shape", e.name, e.to - e.from, bytes)
    end
  end
  if at ~= room then stop("has %d bytes of tensors, and its head names %d", room, at) end
end

local function read(path, file)
  local size = file:list()[1].size
  if size < 10 then stop "is cut off" end
  local length = ("<I8"):unpack(assert(file:string(1, 0, 8)))
  if length < 2 or length > MOST_HEAD or length > size - 8 then
    stop("has a head of %u bytes, wanted at most %d", length, math.min(MOST_HEAD, size - 8))
  end
  local text = assert(file:string(1, 8, length))
  if text:sub(1, 1) ~= "{" or not utf8.len(text) then stop "has a head that is no JSON" end
  local list, metadata = entries_of(text)
  check_places(list, size - 8 - length)
  local names, arrays = {}, {}
  for i, e in ipairs(list) do
    names[i] = e.name
    arrays[e.name] = TYPES[e.dtype] and file_array.made(file, 1, path, e.name, {shape = e.shape,
      type = TYPES[e.dtype], code = file_array.CODES[TYPES[e.dtype]], at = 8 + length + e.from})
      or e.dtype
  end
  local set = file_set(path, file, names, function(name)
    local array = arrays[name]
    if type(array) ~= "string" then return array end
    return nil, ("%s: '%s' holds %s, wanted numbers: bool, int8..int64, uint8..uint64, float16, "
      .. "bfloat16, float32, float64"):format(path, name, array)
  end)
  set.metadata = metadata
  return set
end

-- open(path) -> the tensors of a file, see teasel.format.file_set: names, in the order in which
-- they lie, array, read, close; and `metadata`, texts by name. nil and a message where the file is
-- missing, damaged or none of this format.
function safetensors.open(path)
  local file, message = core.archive.archive(path, true)
  if not file then return nil, message end
  local set
  set, message = stop.caught(path, read, path, file)
  if not set then file:close() end
  return set, message
end

-- write(path, arrays, options) -> true: a table {name = a tensor, bytes or a number} in this
-- format, complete or not at all; nil and a message where it cannot be written. Options: type = a
-- name as "float16" or "bfloat16": of the numbers in the file, default: the tensors' own; metadata
-- = {}: texts by name.
function safetensors.write(path, arrays, o)
  o = options.read("safetensors", o, {type = "", metadata = {}})
  local heads, order, parts, at = {}, {}, {}, 0
  for _, name in ipairs(tree.keys(arrays)) do
    check.string("safetensors.write", "item " .. tostring(name), name)
    if name == "__metadata__" or not utf8.len(name) then
      check.wrong("safetensors.write", "item '" .. name .. "'", name,
        "a name in UTF-8 other than __metadata__")
    end
    local kind, shape, data = file_array.encode("safetensors", arrays[name], o.type, NAMES)
    if not kind then return nil, ("%s: not saved, '%s': %s"):format(path, name, shape) end
    heads[name] = {dtype = NAMES[kind], shape = setmetatable(shape, {__jsontype = "array"}),
      data_offsets = {at, at + #data}}
    order[#order + 1], parts[#parts + 1], at = name, data, at + #data
  end
  for key, text in pairs(o.metadata) do
    check.string("safetensors.write", "option 'metadata', a name", key)
    check.string("safetensors.write", "option 'metadata', item '" .. key .. "'", text)
  end
  if next(o.metadata) then heads.__metadata__ = o.metadata end
  local text = json.encode(setmetatable(heads, {__jsontype = "object"}), {keyorder = order})
  text = text .. (" "):rep(-#text % 8)
  return core.file.save(path, ("<I8"):pack(#text), text, table.unpack(parts))
end

check.functions("safetensors.", safetensors, {open = "path: string",
  write = "path: string, arrays: table, options: table?"})

return safetensors
