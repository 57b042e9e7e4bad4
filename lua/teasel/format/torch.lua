-- Files of PyTorch: state dicts and other trees of tensors, as torch.save writes them, read and
-- written. Nothing in a file is ever executed: see teasel.format.pickle, and CALLED below for the
-- only names that are followed.
--
--   local file = torch.open "model.pt"                  -- reads its pickle alone
--   print(table.concat(file.names, " "))                -- conv1.weight conv1.bias ...
--   local w = file:read "conv1.weight"                  -- a tensor [out in height width], as there
--   torch.write("mine.pt", {["conv1.weight"] = w})      -- for torch.load(path, weights_only=True)
--
-- Both formats are read: the zip archive of version 1.6 and later, and the older one of five
-- pickles with the numbers behind them. Tensors may share a storage, begin within it and have any
-- strides; half, bfloat16, integers and bool are converted as teasel.format.npy tells. A whole
-- module in a pickle is refused by the name of its class. Source: torch/serialization.py and
-- torch/_utils.py.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local file_array = require "teasel.format.file_array"
local file_set = require "teasel.format.file_set"
local pickle = require "teasel.format.pickle"
local stop = require "teasel.lib.stop"
local torch_pickle = require "teasel.format.torch_pickle"
local zip = require "teasel.format.zip"

local torch = {}

local MOST_PICKLE = 1 << 26    -- bytes
-- All tensors of a file together have at most so many times its bytes, and some: whatever a small
-- file says of itself, little memory is asked for.
local TIMES, SOME = 64, 1 << 24

local MAGIC = "l\xfc\x9cF\xf9 j\xa8P\x19"    -- an integer of torch/serialization.py

local width = file_array.width

-- the names that may be read, and what is made of those that may be called
local function names_of(persistent)
  local storages = {}
  return {
    persistent = function(id) return persistent(id, storages) end,
    name = torch_pickle.name,
  }, storages
end

-- a storage as a file refers to it: its tuple -> {key =, code =, items =, kind =}. The same key
-- always means the same one.
local function storage_of(id, storages, old)
  local word, class, key, _, items, view = table.unpack(type(id) == "table" and id or {}, 1, 6)
  if word ~= "storage" or type(class) ~= "table" or not (class.code or class.untyped)
      or type(key) ~= "string" or math.type(items) ~= "integer" or items < 0
      or items > 1 << 40 then
    stop "is damaged: a storage is not described as torch.save does"
  end
  local code = class.code or "|u1"
  local found = storages[key]
  if not found then
    found = {kind = "storage", key = key, code = code, items = items}
    storages[key] = found
  elseif found.code ~= code or found.items ~= items then
    stop("is damaged: the storage '%s' is described in two ways", key)
  end
  if not old or view == nil or view == pickle.none then return found end
  local view_key, first, count = table.unpack(type(view) == "table" and view or {}, 1, 3)
  if type(view_key) ~= "string" or math.type(first) ~= "integer" or math.type(count) ~= "integer"
      or first < 0 or count < 0 or count > items or first > items - count then
    stop("is damaged: a part of the storage '%s' lies outside of it", key)
  end
  return {kind = "storage", key = key, code = code, items = count, root = found, first = first}
end

-- what a pickle of so many bytes made, as a tree whose arrays are those of the file, of `size`
-- bytes; place(storage) gives its entry, its first byte, and whether its numbers have the highest
-- byte first
local function finished(path, file, value, place, size, pickled)
  local names, arrays, by_name, budget = {}, {}, {}, size * TIMES + SOME
  local function made(x, name)
    if x.kind == "name" then return x.name end
    if x.kind ~= "tensor" then return nil, "a storage without a tensor" end
    if arrays[x] == nil then
      local storage = x.storage
      local entry, at, big = place(storage.root or storage)
      local code = big and x.code:gsub("^<", ">") or x.code
      local problem = file_array.problem(x.shape)
      if problem then stop("'%s' %s", name, problem) end
      local bytes = width(file_array.REAL)
      for _, n in ipairs(x.shape) do bytes = bytes * n end
      budget = budget - bytes
      if budget < 0 then
        stop("'%s' and what stands before it have more than %d times the bytes of the file", name,
          TIMES)
      end
      arrays[x] = file_array.made(file, entry, path, name, {type = x.type, code = code,
        shape = x.shape, steps = x.steps,
        at = at + (storage.first or 0) * width(storage.code) + x.offset * width(code)})
    end
    if not by_name[name] then names[#names + 1], by_name[name] = name, arrays[x] end
    return arrays[x]
  end
  local root, left = pickle.plain(value, pickled, made)
  local set = file_set(path, file, names, function(name) return by_name[name] end)
  set.tree, set.left = root, left
  return set
end

-- a file of 1.6 and later: an archive with data.pkl, and a file for each storage
local function read_zip(path, file)
  local by_name, prefix, place = {}, nil, nil
  for i, entry in ipairs(file:list()) do
    by_name[entry.name] = {i = i, size = entry.size}
    local front = entry.name:match "^(.*/)data%.pkl$" or entry.name == "data.pkl" and ""
    if front and prefix then stop "has two files data.pkl" end
    prefix, place = front or prefix, front and i or place
  end
  if not prefix then stop "has no file data.pkl, wanted an archive of torch.save" end
  if by_name[prefix .. "constants.pkl"] then
    stop "is a program of TorchScript, wanted a state dict: torch.save(module.state_dict(), path)"
  end
  local size, total = file:list()[place].size, 0
  if size > MOST_PICKLE then
    stop("has a pickle of %d bytes, wanted at most %d", size, MOST_PICKLE)
  end
  for _, entry in ipairs(file:list()) do total = total + entry.packed end
  local text = assert(file:string(place, 0, size))
  local order = by_name[prefix .. "byteorder"]
  local big = order and order.size == 3 and assert(file:string(order.i, 0, 3)) == "big"
  local names = names_of(storage_of)
  local value = pickle.read(text, 1, names)
  return finished(path, file, value, function(storage)
    local entry = by_name[prefix .. "data/" .. storage.key]
    if not entry then stop("has no file for the storage '%s'", storage.key) end
    if entry.size < storage.items * width(storage.code) then
      stop("is damaged: the storage '%s' is cut off", storage.key)
    end
    return entry.i, 0, big
  end, total, size)
end

-- a file of before: magic number, version, what machine wrote it, the tree, the keys of the
-- storages; then of each storage the number of its items, and these, always little-endian
local function read_old(path, file)
  local size = file:list()[1].size
  local text = assert(file:string(1, 0, math.min(size, MOST_PICKLE)))
  local names, storages = names_of(function(id, all) return storage_of(id, all, true) end)
  local magic, at = pickle.read(text, 1, names)
  if type(magic) ~= "table" or magic.kind ~= "long" or magic.text ~= MAGIC then
    stop "is a pickle of Python, but not of torch.save"
  end
  local version, value, keys
  version, at = pickle.read(text, at, names)
  if version ~= 1001 then stop("has the version %s, wanted 1001", version) end
  at = select(2, pickle.read(text, at, names))
  value, at = pickle.read(text, at, names)
  keys, at = pickle.read(text, at, names)
  if type(keys) ~= "table" or keys.kind ~= "list" then
    stop "is damaged: it has no list of storages"
  end
  at = at - 1
  for _, key in ipairs(keys) do
    local storage = storages[key]
    if not storage then stop("is damaged: it has a storage that no tensor has") end
    if storage.at then stop("is damaged: it lists the storage '%s' twice", key) end
    if at + 8 > size then stop "is cut off" end
    local items = ("<i8"):unpack(assert(file:string(1, at, 8)))
    if items ~= storage.items then
      stop("is damaged: the storage '%s' has %d items in one place and %d in another", key, items,
        storage.items)
    end
    storage.at, at = at + 8, at + 8 + items * width(storage.code)
    if at > size then stop "is cut off" end
  end
  return finished(path, file, value, function(storage)
    if not storage.at then stop("is damaged: it has no storage '%s'", storage.key) end
    return 1, storage.at, false
  end, size, #text)
end

-- open(path) -> the arrays of a file, see teasel.format.file_set: names, the keys that lead to them
-- joined by dots, array, read, close; its `tree` of tables, numbers and texts, in which arrays that
-- can be `read` stand for the tensors, lists begin at 1 and dictionaries have their own keys; and
-- `left`, a list of what Lua has nothing for, as None. nil and a message where it cannot be read.
function torch.open(path)
  local file, message = core.archive.archive(path)
  if not file then return nil, message end
  local set
  set, message = stop.caught(path, file:is_zip() and read_zip or read_old, path, file)
  if not set then file:close() end
  return set, message
end

-- write(path, value, options) -> true: a tree of tensors, bytes, numbers, strings and booleans as
-- torch.load(path, weights_only=True) reads it, complete or not at all: tables with items 1 to n
-- become lists, others dictionaries; a tensor that stands in two places shares its storage. (A
-- fraction that is no tensor needs PyTorch 2: the weights_only of 1.13 knows none.) nil and a
-- message where it cannot be written. Options: type = of the tensors' numbers, a name as "float16"
-- or "bfloat16" (default: their own).
function torch.write(path, value, o)
  local text, storages = torch_pickle.write(value, o)
  if not text then return nil, ("%s: not saved, %s"):format(path, storages) end
  local files = {{"archive/data.pkl", text}, {"archive/byteorder", "little"}}
  for i, data in ipairs(storages) do
    files[#files + 1] = {("archive/data/%d"):format(i - 1), data, align = 64}
  end
  files[#files + 1] = {"archive/version", "3\n"}
  return zip.write(path, files)
end

check.functions("torch.", torch, {open = "path: string",
  write = "path: string, value: any, options: table?"})

return torch
