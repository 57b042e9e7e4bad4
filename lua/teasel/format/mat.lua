-- Arrays of MATLAB: .mat files of version 5 to 7.2, packed or not, in either order of bytes. (7.3
-- is HDF5.) Numbers and cells are read; text, structures and sparse or complex numbers are refused
-- by name. Nothing in a file is trusted: it is taken apart here, where no length can lead outside.
--
--   local file = mat.open "COIL20.mat"
--   print(table.concat(file.names, " "))       -- X Y im_height im_width
--   local x = file:array "X"                   -- {class = "uint8", shape = {1440, 1024}, ...}
--   file:tensor "X"                            -- [1440 1024], indices as in MATLAB

local check = require "teasel.lib.check"
local core = require "teasel.core"
local stop = require "teasel.lib.stop"

local mat = {}

mat.most = 1 << 32         -- bytes of a file, and of all its variables unpacked
local DEPTH = 8            -- cells inside cells

local CLASSES = {"cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8",
  "int16", "uint16", "int32", "uint32", "int64", "uint64"}

-- how numbers are stored, whatever the class of the array
local STORED = {[1] = "i1", [2] = "u1", [3] = "i2", [4] = "u2", [5] = "i4", [6] = "u4", [7] = "f4",
  [9] = "f8", [12] = "i8", [13] = "u8"}
local MATRIX, PACKED = 14, 15

local function damaged(format, ...) stop("it is damaged: " .. format, ...) end

-- the element at a place: its type, its bytes, the place behind it; `order` is "<" or ">"
local function element(text, at, order)
  if at + 7 > #text then damaged("it is cut off") end
  local kind, size = (order .. "I4I4"):unpack(text, at)
  local from, behind = at + 8, nil
  if kind >> 16 ~= 0 then     -- up to four bytes in the place of a length
    kind, size, from = kind & 0xffff, kind >> 16, at + 4
    if size > 4 then damaged("a small element has %d bytes", size) end
    behind = at + 8
  else
    behind = from + size + (kind == PACKED and 0 or -size % 8)
  end
  if size > #text - from + 1 then damaged("an element is cut off") end
  return kind, text:sub(from, from + size - 1), behind
end

local function integers(text, order, size)
  local list = {}
  for at = 1, #text - size + 1, size do
    list[#list + 1] = (order .. "i" .. size):unpack(text, at)
  end
  return list
end

-- a variable from the bytes of its matrix
local function matrix(text, order, depth)
  local _, flags, at = element(text, 1, order)
  if #flags < 4 then damaged("an array has no class") end
  local word = (order .. "I4"):unpack(flags)
  local class = CLASSES[word & 0xff]
  if not class then damaged("an array has the class %d", word & 0xff) end
  local dims, name
  _, dims, at = element(text, at, order)
  _, name, at = element(text, at, order)
  local found = {name = name, class = class, shape = integers(dims, order, 4)}
  local items = 1
  for _, n in ipairs(found.shape) do
    if n < 0 or n > mat.most then damaged("'%s' has a side of %d", name, n) end
    items = items * math.max(n, 1)
    if items > mat.most then damaged("'%s' has more than %d items", name, mat.most) end
  end
  if #found.shape < 2 then damaged("'%s' has %d axes", name, #found.shape) end
  if class == "cell" then
    found.cells = {}
    if depth == DEPTH then damaged("cells lie more than %d deep", DEPTH) end
    while at <= #text do
      local kind, inner
      kind, inner, at = element(text, at, order)
      if kind ~= MATRIX then damaged("a cell of '%s' is no array", name) end
      found.cells[#found.cells + 1] = matrix(inner, order, depth + 1)
    end
  elseif word & 0x800 ~= 0 then
    found.refused = "holds complex numbers"
  elseif (word & 0xff) < 6 then
    found.refused = "is a " .. class
  else
    local kind, data = element(text, at, order)
    local code = STORED[kind]
    if not code then damaged("'%s' is stored as type %d", name, kind) end
    local wanted = 1
    for _, n in ipairs(found.shape) do wanted = wanted * n end
    if #data ~= wanted * tonumber(code:sub(2)) then
      damaged("'%s' has %d bytes, wanted %d items of %s", name, #data, wanted, code)
    end
    found.data, found.code = data, (code:find "1$" and "|" or order) .. code
    found.logical = word & 0x200 ~= 0
  end
  return found
end

-- turned(x) -> x with its axes in the opposite order
function mat.turned(x)
  local order = {}
  for d = 1, x:rank() do order[d] = x:rank() + 1 - d end
  return core.op.permute(x, order)
end

local turned = mat.turned

local Mat = {}
Mat.__index = Mat

-- file:array(name) -> {name =, class =, shape =, data = its items as a string, the first axis
-- running fastest, code = what they are, as "<f8"}, of a cell {cells = a list of such}; nil and a
-- message where there is none or it cannot be read.
function Mat:array(name)
  local found = self.by_name[name]
  if not found then
    return nil, ("%s: has no array '%s'; it has %s"):format(self.path, name,
      #self.names > 0 and table.concat(self.names, ", ") or "none")
  end
  if found.refused then
    return nil, ("%s: '%s' %s, wanted numbers"):format(self.path, name, found.refused)
  end
  return found
end

local function columns_of(path, name, found)
  local shape = {}
  for d = #found.shape, 1, -1 do shape[#shape + 1] = found.shape[d] end
  local x, why = core.archive.unpack(found.data, found.code, shape)
  if not x then return nil, ("%s: '%s': %s"):format(path, name, why) end
  return x
end

-- file:columns(name) -> a tensor of an array with its axes in the opposite order, as its items lie:
-- of one of shape [h w n] the items are [n w h]; nil and a message as array has.
function Mat:columns(name)
  local found, message = self:array(name)
  if not found then return nil, message end
  if not found.data then
    return nil, ("%s: '%s' is a cell, wanted numbers"):format(self.path, name)
  end
  return columns_of(self.path, name, found)
end

-- file:tensor(name) -> a tensor of an array's own shape; nil and a message as array has.
function Mat:tensor(name)
  local x, message = self:columns(name)
  if not x then return nil, message end
  return turned(x)
end

local function value_of(path, name, found)
  if found.refused then
    return nil, ("%s: '%s' %s, wanted numbers"):format(path, name, found.refused)
  elseif found.cells then
    local list = {}
    for i, cell in ipairs(found.cells) do
      local x, message = value_of(path, ("%s.%d"):format(name, i), cell)
      if x == nil then return nil, message end
      list[i] = x
    end
    return list
  end
  local x, message = columns_of(path, name, found)
  if not x then return nil, message end
  x = turned(x)
  return found.logical and core.op.ne(x, 0) or found.class == "uint8" and x:bytes(0, 255) or x
end

-- file:value(name) -> an array of its own shape: bytes of uint8, a mask of logical, else a tensor;
-- of a cell a list of these; nil and a message as array has.
function Mat:value(name)
  local found, message = self:array(name)
  if not found then return nil, message end
  return value_of(self.path, name, found)
end

local function read(path, text)
  local mark = text:sub(127, 128)
  local order = mark == "IM" and "<" or mark == "MI" and ">"
  if text:sub(1, 4) == "\x89HDF" or text:sub(513, 516) == "\x89HDF" then
    stop "is of version 7.3, which is HDF5"
  end
  if not order then stop "is no .mat file of MATLAB 5" end
  local names, by_name, at, left = {}, {}, 129, mat.most
  while at <= #text do
    local kind, inner
    kind, inner, at = element(text, at, order)
    if kind == PACKED then
      local why
      inner, why = core.bytes.inflate(inner, left)
      if not inner then damaged("%s", why) end
      left = left - #inner
      kind, inner = element(inner, 1, order)
    end
    if kind == MATRIX then
      local found = matrix(inner, order, 1)
      names[#names + 1], by_name[found.name] = found.name, found
    end
  end
  return setmetatable({path = path, names = names, by_name = by_name}, Mat)
end

-- open(path) -> the arrays of a file, with `names`, a list, and the methods array, columns,
-- tensor and value; nil and a message where it is missing, damaged, or not of MATLAB 5.
function mat.open(path)
  local text, message = core.file.read(path, mat.most)
  if not text then return nil, message end
  local ok, found = pcall(read, path, text)
  if ok then return found end
  return nil, ("%s: %s"):format(path, stop.message(stop.passed(found)) or "it is damaged")
end

check.functions("mat.", mat, {open = "path: string", turned = "x: tensor"})
check.methods("mat", Mat, {array = "name: string", columns = "name: string",
  tensor = "name: string", value = "name: string"})

return mat
