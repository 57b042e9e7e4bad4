-- Trees of tensors and values in files, by the name of the file when they are saved and by its
-- content when they are loaded.

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local checkpoint = require "teasel.run.checkpoint"
local core = require "teasel.core"
local csv = require "teasel.format.csv"
local fail = require "teasel.lib.fail"
local file_array = require "teasel.format.file_array"
local kind_of = require "teasel.format.kind"
local mat = require "teasel.format.mat"
local merged = require "teasel.lib.merged"
local npy = require "teasel.format.npy"
local npz = require "teasel.format.npz"
local onnx = require "teasel.format.onnx"
local options = require "teasel.options"
local raw = require "teasel.format.raw"
local safetensors = require "teasel.format.safetensors"
local stop = require "teasel.lib.stop"
local torch = require "teasel.format.torch"
local tree = require "teasel.tree"

local saving = {}

local DEEPEST = 1000   -- tables inside one another, as in teasel.tree

-- the arrays of a tree by their paths, as "params/1/weight"; `mark` stands between the keys
local function flattened(value, mark, name, found, above, depth)
  if type(value) ~= "table" or getmetatable(value) then
    if not tree.is_tensor(value) and not tree.is_bytes(value) and type(value) ~= "number" then
      fail("save: '%s' is a %s, wanted tensors, bytes and numbers; a file .h5 holds the rest", name,
        type(value))
    end
    found[name] = value
    return found
  end
  if above[value] then fail("save: '%s' is a table inside of itself", name) end
  if depth > DEEPEST then
    fail("save: got tables more than %d deep inside one another, wanted at most that", DEEPEST)
  end
  above[value] = true
  for _, key in ipairs(tree.keys(value)) do
    local part = tostring(key)
    if type(key) == "string" and (key:find(mark, 1, true) or key == ""
          or math.tointeger(tonumber(key)))
        or type(key) ~= "string" and math.type(key) ~= "integer" then
      fail("save: '%s' has the key %s, wanted integers, and words without %s that are none", name,
        type(key) == "string" and ("'%s'"):format(key) or part, mark)
    end
    flattened(value[key], mark, name == "" and part or name .. mark .. part, found, above,
      depth + 1)
  end
  above[value] = nil
  return found
end

-- puts x into the tree under its path, whose keys a mark parts; nil and a message where the path
-- leads through an array
local function put(root, name, x, mark)
  local at, key = root, nil
  for part in name:gmatch("[^" .. mark .. "]+") do
    if key ~= nil then
      if at[key] == nil then at[key] = {} end
      at = at[key]
      if type(at) ~= "table" then return nil, ("'%s' lies in an array"):format(name) end
    end
    key = math.tointeger(tonumber(part)) or part
  end
  if key == nil or at[key] ~= nil then return nil, ("'%s' stands for two arrays"):format(name) end
  at[key] = x
  return true
end

local function check_table(value, ending)
  if type(value) ~= "table" or getmetatable(value) then
    check.wrong("save", "value", value, "a table of arrays for " .. ending)
  end
end

local function save_npz(path, value, o)
  check_table(value, ".npz")
  return npz.write(path, flattened(value, "/", "", {}, {}, 1), o)
end

-- A table of arrays by names is written as it is. Of a tree the keys are joined by dots, as PyTorch
-- does, and a word in the file says that they have to be parted again.
local TREE = "teasel.tree"

local function save_safetensors(path, value, o)
  check_table(value, ".safetensors")
  local flat = true
  for key, x in pairs(value) do
    flat = flat and type(key) == "string" and (type(x) ~= "table" or getmetatable(x) ~= nil)
  end
  if flat then return safetensors.write(path, value, o) end
  o = options.read("save", o, {type = "", metadata = {}})
  return safetensors.write(path, flattened(value, ".", "", {}, {}, 1),
    {type = o.type, metadata = merged({[TREE] = "."}, o.metadata)})
end

local function save_state(path, value, o)
  options.read("save", o, {})
  if type(value) ~= "table" and not tree.is_tensor(value) then
    check.wrong("save", "value", value, "a table or a tensor for .h5")
  end
  local problem = checkpoint.unfit(value, true)
  if problem then
    fail("save: argument 'value': got what a file .h5 cannot hold: %s",
      (problem:gsub("%f[%w]state/", "value/")))
  end
  return checkpoint.save(path, value, nil, true)
end

local function save_onnx(path, value, o)
  options.read("save", o, {})
  local given = merged(check.table("save", "value", value))
  local network, params = given.network, given.params
  given.network, given.params = nil, nil
  return onnx.write(path, network, params, given)
end

-- an image as it is, or several in rows
local function save_png(path, value, o)
  local rank = tree.is_tensor(value) and value:rank()
  o = options.read("save", o, {columns = 10})
  check.count("save", "option 'columns'", o.columns)
  if rank ~= 3 and rank ~= 4 then
    check.wrong("save", "value", value, "an image [h w c] or several [n h w c] for .png")
  end
  local images = canvas.images(rank == 3 and value:reshape{1, table.unpack(value:shape())} or value)
  if rank == 4 then return canvas.grid(images, {columns = o.columns}):save(path) end
  local one = images[1]
  local sheet = canvas.new{width = one.width, height = one.height, channels = one.channels}
  sheet:image(0, 0, one)
  return sheet:save(path)
end

local WRITERS = {h5 = save_state, hdf5 = save_state, npy = npy.write, npz = save_npz,
  onnx = save_onnx, csv = csv.write, tsv = csv.write, bin = raw.write, raw = raw.write,
  png = save_png, pt = torch.write, pth = torch.write, safetensors = save_safetensors}

-- save(path, value, options) -> true: a value in a file of the kind that the path's ending says,
-- complete or not at all; nil and a message where it cannot be written. What cannot be in such a
-- file is an error.
--   .h5    any tree of tensors, bytes, streams, numbers, strings, booleans, with the same bits; it
--          has a digest, and h5py opens it (see teasel.run.checkpoint)
--   .npz   a tree of tensors, bytes and numbers; options packed = false, type
--   .npy   a tensor, bytes or a number; option type
--   .pt    (or .pth) any tree of tensors, bytes, numbers, strings, booleans, for PyTorch's
--          torch.load(path, weights_only=True); option type, see teasel.format.torch
--   .safetensors  a tree of tensors, bytes and numbers, its keys joined by dots; options type,
--          metadata, see teasel.format.safetensors
--   .onnx  a network of teasel.nn as it is evaluated, {network =, params =, shape = of an item that
--          goes in}, with stats, channels_first, see teasel.format.onnx
--   .csv   a tensor [rows] or [rows columns], or a table of columns; options names, separator
--   .tsv   the same with tabs
--   .bin   (or .raw) a tensor's bare numbers, or bytes; options type, big
--   .png   an image [h w c] in [0, 1] as it is, or images [n h w c] in rows; option columns = 10
function saving.save(path, value, o)
  local ending = path:match "%.(%w+)$"
  local write = WRITERS[ending]
  if not write then
    local known = {}
    for name in pairs(WRITERS) do known[#known + 1] = "." .. name end
    table.sort(known)
    fail("save: argument 'path': got '%s', wanted a name that ends with one of %s", path,
      table.concat(known, " "))
  end
  return write(path, value, o)
end

local function load_npy(path, o)
  local array, message = npy.open(path)
  if not array then return nil, message end
  local x
  x, message = array:value(o)
  array.file:close()
  return x, message
end

-- what all arrays of a file may have together, where option `limit` says nothing else: a small file
-- can hold many that are large
local LIMIT = 1 << 33

-- options of the reading of one file, whose limit is what is left of it
local function shared(o) return merged({limit = LIMIT}, o or {}) end

-- the bytes of numbers of a shape
local function weight(shape, width)
  for _, n in ipairs(shape) do width = width * n end
  return width
end

-- what array:METHOD(o) gives; it takes its part of the limit
local function taken(array, method, o)
  local x, message = array[method](array, o)
  if type(x) == "string" then o.limit = o.limit - #x
  elseif tree.is_tensor(x) or tree.is_bytes(x) then
    o.limit = o.limit
      - weight(x:shape(), tree.is_bytes(x) and 1 or file_array.width(file_array.REAL))
  end
  return x, message
end

-- the arrays of an opened file: as a tree, with this mark between its keys, or (mark nil) as a
-- table by their names. left: a list for the messages of those that cannot be read; nil: they are
-- errors.
local function load_set(set, o, mark, left)
  local root = {}
  local file <close> = set.file
  o = shared(o)
  for _, name in ipairs(set.names) do
    local array, message = set:array(name)
    if array then
      local x, ok
      x, message = taken(array, "value", o)
      if x == nil then return nil, message end
      if mark then ok, message = put(root, name, x, mark) else root[name], ok = x, true end
      if not ok then return nil, ("%s: %s"):format(set.path, message) end
    elseif left then left[#left + 1] = message
    else return nil, message
    end
  end
  return root
end

local function load_npz(path, o)
  local set, message = npz.open(path)
  if not set then return nil, message end
  return load_set(set, o, "/")
end

local function load_safetensors(path, o)
  local set, message = safetensors.open(path)
  if not set then return nil, message end
  local left = {}
  local root, why = load_set(set, o, set.metadata[TREE] == "." and "." or nil, left)
  if not root then return nil, why end
  return root, left
end

-- a copy of a tree that was read, with what stands in the file in place of its arrays. One without
-- axes is a tensor, as files of PyTorch have numbers of their own, unless no tensor can hold it.
local function filled(value, o, known)
  if value == nil then return nil end
  if known[value] ~= nil then return known[value] end
  if file_array.is(value) then
    local x = #value.shape == 0 and value.type ~= "uint8" and taken(value, "read", o) or nil
    local message
    if x == nil then x, message = taken(value, "value", o) end
    if x == nil then stop("%s", message) end
    known[value] = x
    return x
  elseif type(value) ~= "table" then return value
  end
  local copy = {}
  for key, item in pairs(value) do copy[key] = filled(item, o, known) end
  return copy
end

local function load_torch(path, o)
  local set, message = torch.open(path)
  if not set then return nil, message end
  local file <close> = set.file
  local ok, root = pcall(filled, set.tree, shared(o), {})
  if ok and root == nil then return nil, path .. ": holds nothing but None" end
  if ok then return root, set.left end
  return nil, stop.message(root) or error(root, 0)
end

-- a variable of MATLAB as an array, a cell as a list; what is no array of numbers is listed
local function load_mat(path, o)
  options.read("load", o, {})
  local file, message = mat.open(path)
  if not file then return nil, message end
  local root, left = {}, {}
  for _, name in ipairs(file.names) do
    root[name], message = file:value(name)
    if root[name] == nil then left[#left + 1] = message end
  end
  return root, left
end

-- What the arrays of an HDF5 file may have together: a head may lie, and what is packed is rarely
-- less than a thousandth.
local function room_of(path)
  local file <close> = io.open(path, "rb")
  return math.min(LIMIT, (1 << 26) + 4096 * (file and file:seek "end" or 0))
end

-- the numbers of an HDF5 file of others; what is no array of numbers is named in a list
local function load_hdf5(path, o, turned)
  o = options.read("load", o, {limit = room_of(path)})
  local list, message = core.file.import_list(path)
  if not list then return nil, message end
  local root, left, room = {}, {}, o.limit
  for _, entry in ipairs(list) do
    if entry.refused then left[#left + 1] = ("%s: %s"):format(entry.name, entry.refused)
    else
      room = room - weight(entry.shape, file_array.width(file_array.CODES[entry.type]))
      if room < 0 then
        return nil, ("%s: its arrays up to '%s' have more than the limit of %d bytes"):format(path,
          entry.name, o.limit)
      end
      local bytes, kind, shape = core.file.import_read(path, entry.name)
      if not bytes then
        return nil, kind:find(path, 1, true) and kind or ("%s: %s"):format(path, kind)
      end
      local x, ok
      if kind == "uint8" then x = core.bytes.bytes(bytes, shape)
      else x, message = core.archive.unpack(bytes, file_array.CODES[kind], shape)
      end
      if not x then return nil, ("%s: '%s': %s"):format(path, entry.name, message) end
      if turned then
        x = tree.is_tensor(x) and mat.turned(x) or mat.turned(x:take(nil, 1)):bytes(0, 255)
      end
      ok, message = put(root, entry.name, x, "/")
      if not ok then return nil, ("%s: %s"):format(path, message) end
    end
  end
  return root, left
end

-- MATLAB writes HDF5 with the first axis running fastest
local function load_mat73(path, o) return load_hdf5(path, o, true) end

local function load_state(path, o)
  options.read("load", o, {})
  return checkpoint.load(path)
end

local READERS = {checkpoint = load_state, hdf5 = load_hdf5, npy = load_npy, npz = load_npz,
  text = csv.read, torch = load_torch, safetensors = load_safetensors, mat = load_mat,
  mat73 = load_mat73}

-- load(path, options) -> what is in a file, whose kind is found by its content; nil and a message
-- where it cannot be read. Nothing in a file is ever executed. Numbers are rounded to the tensors'
-- own precision; integers that would become others are an error. Option limit (2^33): the most
-- bytes of all arrays together (of HDF5 by default in proportion to the file's own), but for .mat
-- of MATLAB 5 and text, which have bounds of their own.
--   a file of save's  the tree that was saved, with the same bits
--   HDF5              a tree of its arrays by their groups; second, a list of what is no array of
--                     numbers
--   .mat              a table of MATLAB's arrays, of their own shapes, cells as lists; second, a
--                     list of what is no array of numbers
--   PyTorch           a tree of tensors, numbers, strings and booleans: lists from 1, dictionaries
--                     by their own keys; second, a list of what Lua has nothing for, as None
--   .safetensors      a table of tensors by their names, or the tree that was saved; second, a list
--                     of what no tensor can hold
--   .npz              a tree of arrays, "a/1" being item 1 of table a; options first, count, as
--   .npy              a tensor, bytes for uint8, a number where it has no axes; the same options
--   text              a tensor and its header, or a table of columns, see teasel.format.csv
--   anything          with option shape or type, as bare numbers, see teasel.format.raw
function saving.load(path, o)
  if o and (o.shape ~= nil or o.type ~= nil) then return raw.read(path, o) end
  local kind, message = kind_of(path)
  if not kind then return nil, message end
  return READERS[kind](path, o)
end

check.functions("", saving, {save = "path: string, value: any, options: table?",
  load = "path: string, options: table?"})

return saving
