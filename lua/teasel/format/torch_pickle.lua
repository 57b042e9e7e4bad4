-- What stands in the pickles of PyTorch: the names that may be read and the few that are called, as
-- data; and a tree of tensors written as such a pickle.

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local file_array = require "teasel.format.file_array"
local options = require "teasel.options"
local pickle = require "teasel.format.pickle"
local stop = require "teasel.lib.stop"
local tree = require "teasel.tree"

local torch_pickle = {}

local CODES, width = file_array.CODES, file_array.width

-- the classes of storages by the types of their numbers
local STORAGES = {float32 = "Float", float64 = "Double", float16 = "Half", bfloat16 = "BFloat16",
  int64 = "Long", int32 = "Int", int16 = "Short", int8 = "Char", uint8 = "Byte", bool = "Bool"}

local TYPES = {}
for name, class in pairs(STORAGES) do TYPES[class] = name end

-- what PyTorch calls types of numbers
local DTYPES = {float = "float32", double = "float64", half = "float16", long = "int64",
  int = "int32", short = "int16"}
local NAMES = {}    -- of the types, by their codes
for name, code in pairs(CODES) do DTYPES[name], NAMES[code] = name, name end

local function is(value, kind) return type(value) == "table" and value.kind == kind end

local function sizes(list, what)
  if not is(list, "list") then stop("is damaged: a tensor's %s is no list", what) end
  local copy = {}
  for d, n in ipairs(list) do
    if math.type(n) ~= "integer" or n < 0 or n > 1 << 40 then
      stop("is damaged: a tensor's %s has an item that is no number of items", what)
    end
    copy[d] = n
  end
  return copy
end

-- the arguments of _rebuild_tensor: a storage, the number of its first item, shape, strides
local function tensor(list, dtype)
  local storage, offset, shape, steps = table.unpack(list, 1, 4)
  if not is(storage, "storage") or math.type(offset) ~= "integer" or offset < 0
      or offset > 1 << 40 then
    stop "is damaged: a tensor has no storage"
  end
  local name = dtype or NAMES[storage.code]
  local x = {kind = "tensor", storage = storage, offset = offset, type = name, code = CODES[name],
    shape = sizes(shape, "shape"), steps = sizes(steps, "strides")}
  if #x.shape ~= #x.steps then stop "is damaged: a tensor has more sizes than strides" end
  -- floats, as products of sizes may be beyond integers
  local last, empty = offset + 0.0, false
  for d, n in ipairs(x.shape) do
    last, empty = last + (n - 1.0) * x.steps[d], empty or n == 0
  end
  local wide = width(x.code) / width(storage.code)
  if not empty and (last + 1) * wide > storage.items then
    stop("is damaged: a tensor lies outside of the storage '%s'", storage.key)
  end
  return x
end

local function rebuilt(list)
  local extra = list[7]
  if is(extra, "dict") then
    for i, key in ipairs(extra.keys) do
      if extra.values[i] ~= false then
        stop("has a tensor with the mark '%s', wanted one without", tostring(key))
      end
    end
  end
  return tensor(list)
end

-- what may be called, each with a list of its arguments
local CALLED = {
  ["collections.OrderedDict"] = function(list)
    local dict = {kind = "dict", keys = {}, values = {}}
    for i, item in ipairs(is(list[1], "list") and list[1] or {}) do
      if not is(item, "list") or #item ~= 2 then stop "is damaged: a dictionary has no pairs" end
      dict.keys[i], dict.values[i] = item[1], item[2]
    end
    return dict
  end,
  ["torch._utils._rebuild_tensor"] = tensor,
  ["torch._utils._rebuild_tensor_v2"] = rebuilt,
  ["torch._utils._rebuild_tensor_v3"] = function(list)
    local dtype = list[7]
    if not is(dtype, "name") or not dtype.type then stop "has a tensor of an unknown type" end
    return tensor(list, dtype.type)
  end,
  ["torch._utils._rebuild_parameter"] = function(list) return list[1] end,
  ["torch._utils._rebuild_parameter_with_state"] = function(list) return list[1] end,
  ["torch.Size"] = function(list) return list[1] end,
  ["torch.device"] = function(list)
    return type(list[1]) == "string" and list[1] or pickle.none
  end,
  -- bytes, as the pickles of Python 2 know none
  ["_codecs.encode"] = function(list)
    if list[2] ~= "latin1" or type(list[1]) ~= "string" or not utf8.len(list[1])
        or list[1]:find "[\xc4-\xff]" then
      stop "has bytes in an encoding other than latin1"
    end
    return (list[1]:gsub(utf8.charpattern, function(c) return string.char(utf8.codepoint(c)) end))
  end,
}
CALLED["torch._tensor._rebuild_from_type_v2"] = function(list)
  local f, class, arguments = table.unpack(list, 1, 3)
  local plain = is(class, "name")
    and (class.name == "torch.Tensor" or class.name == "torch.nn.parameter.Parameter")
  if not plain or not is(f, "name") or not f.call or not is(arguments, "list")
      or f.name == "torch._tensor._rebuild_from_type_v2" then
    stop "has a tensor of a class of its own"
  end
  return f.call(arguments)
end

-- called one after the other they may give what nobody expects: never a key without a value
local function result(name)
  local f = CALLED[name]
  return f and function(list)
    local value = f(list)
    if value == nil then stop("is damaged: %s is called without what it needs", name) end
    return value
  end
end

local NAMED = {["torch.Tensor"] = true, ["torch.nn.parameter.Parameter"] = true}

-- name(full) -> what a pickle's name stands for; an error where it may not be read
function torch_pickle.name(full)
  local class = full:match "^torch%.(%w+)Storage$" or full:match "^torch%.cuda%.(%w+)Storage$"
  local dtype = DTYPES[full:match "^torch%.(%w+)$"]
  local found = {kind = "name", name = full, call = result(full), type = dtype,
    code = CODES[TYPES[class]], untyped = full == "torch.storage.UntypedStorage" or nil}
  if found.call or dtype or found.code or found.untyped or NAMED[full] then return found end
  if class then stop("has a storage %s, wanted %s", full, "Float, Double, Half, BFloat16, Long, "
    .. "Int, Short, Char, Byte or Bool") end
  stop("holds an object of the class %s, which would run code; wanted tensors, numbers, texts, "
    .. "lists and dictionaries: in Python, torch.save(module.state_dict(), path)", full)
end

local function integer(n)
  if n >= 0 and n < 256 then return ("<c1I1"):pack("K", n) end
  if n >= -1 << 31 and n < 1 << 31 then return ("<c1i4"):pack("J", n) end
  return ("<c1I1i8"):pack("\x8a", 8, n)
end

local function text(s) return "X" .. ("<s4"):pack(s) end

local function tuple(list)
  for i, n in ipairs(list) do list[i] = integer(n) end
  return "(" .. table.concat(list) .. "t"
end

-- write(value, options) -> the pickle of a tree, and a list of its storages as strings; nil and a
-- message where a number cannot be held. Option type: see torch.write.
function torch_pickle.write(value, o)
  o = options.read("torch", o, {type = ""})
  local out, storages, keys, above, depth = {"\x80\2"}, {}, {}, {}, 0
  local function put(...) for _, s in ipairs{...} do out[#out + 1] = s end end

  local function put_array(x, path)
    local found = keys[x]
    if not found then
      local name, shape, data = file_array.encode("torch", x, o.type, STORAGES)
      if not name then stop("'%s': %s", path, shape) end
      storages[#storages + 1] = data
      found = {name = name, shape = shape, key = ("%d"):format(#storages - 1),
        items = #data // width(CODES[name])}
      keys[x] = found
    end
    local steps, step = {}, 1
    for d = #found.shape, 1, -1 do steps[d], step = step, step * math.max(found.shape[d], 1) end
    put("ctorch._utils\n_rebuild_tensor_v2\n((", text "storage", "ctorch\n",
      STORAGES[found.name], "Storage\n", text(found.key), text "cpu", integer(found.items), "tQ",
      integer(0), tuple(table.move(found.shape, 1, #found.shape, 1, {})), tuple(steps),
      "\x89ccollections\nOrderedDict\n)RtR")
  end

  local visit
  local function put_table(t, path)
    if above[t] then fail("torch.write: '%s' is a table inside of itself", path) end
    if depth > 900 then fail "torch.write: got tables more than 900 deep" end
    above[t], depth = true, depth + 1
    local names = tree.keys(t)
    local list = #names > 0 and #names == #t
    put(list and "](" or "}(")
    for _, key in ipairs(names) do
      local inner = path == "" and tostring(key) or path .. "." .. tostring(key)
      if not list then visit(key, inner) end
      visit(t[key], inner)
    end
    put(list and "e" or "u")
    above[t], depth = nil, depth - 1
  end

  function visit(x, path)
    if tree.is_tensor(x) or tree.is_bytes(x) then return put_array(x, path) end
    if type(x) == "table" and not getmetatable(x) then return put_table(x, path) end
    if math.type(x) == "integer" then return put(integer(x)) end
    if type(x) == "number" then return put("G", (">d"):pack(x)) end
    if type(x) == "boolean" then return put(x and "\x88" or "\x89") end
    if type(x) == "string" and utf8.len(x) then return put(text(x)) end
    check.wrong("torch.write", ("item '%s'"):format(path), x,
      "a tensor, bytes, a number, a boolean, a string in UTF-8 or a table of these")
  end

  local ok, e = pcall(visit, value, "")
  if not ok then return nil, stop.message(e) or error(e, 0) end
  return table.concat(out) .. ".", storages
end

return torch_pickle
