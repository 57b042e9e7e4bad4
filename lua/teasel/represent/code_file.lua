-- Codes and factors of files of other people.
--
--   local found = code_file("scores.npz")                         -- both in one file
--   local found = code_file("z.npy", "y.csv")                     -- in two
--   local found = code_file("z.npz:mean", "y.csv:shape,scale")    -- an array, some columns of them
--   local found = code_file("z.npy:1,2", "y.npy:3")               -- columns by their numbers
--   --> {codes = [n D], factors = [n K], test_codes =, test_factors =, names = of the factors}
--
-- One file is HDF5, .npz, .safetensors or of PyTorch with arrays mus_train [n D], ys_train [n K]
-- and, for points of their own to be tested on, mus_test, ys_test; or codes, factors, codes_test,
-- factors_test. Of two, each may be that, .npy, .csv or .tsv; what it is is found by its content.
-- An array of HDF5 in a group is named with it, "z.h5:group/mean"; in a file of T.save the group
-- `state` goes without saying.
--
-- A column of text, as a table may have, is a factor whose values are numbered as readers of data
-- sets do it. As they do, the first of several columns with a head is left out where it says which
-- point is meant (see teasel.data.reader.file), unless it is asked for. What is wrong is an error.

local core = require "teasel.core"
local csv = require "teasel.format.csv"
local exact = require "teasel.metric.lib.exact"
local file_part = require "teasel.lib.file_part"
local files = require "teasel.data.reader.files"
local kind_of = require "teasel.format.kind"
local npy = require "teasel.format.npy"
local npz = require "teasel.format.npz"
local ops = require "teasel.op.composed"
local safetensors = require "teasel.format.safetensors"
local torch = require "teasel.format.torch"
local raise = require "teasel.lib.fail"

local op, tensor, disk, file = core.op, core.tensor, core.disk, core.file

local NAMES = {{"mus_train", "ys_train", "mus_test", "ys_test"},
  {"codes", "factors", "codes_test", "factors_test"}}
local SETS = {npz = npz.open, safetensors = safetensors.open, torch = torch.open}
local SHOWN = 12   -- names of arrays that a message lists

local function fail(path, form, ...) raise("score: %s: " .. form, path, ...) end

-- fails for a shape that codes or factors cannot have
local function check_shape(path, name, sizes, refused)
  local shape = table.concat(sizes, " ")
  if #sizes > 2 or #sizes < 1 or refused then
    fail(path, "'%s' has the shape [%s]%s, wanted numbers [points columns]", name, shape,
      refused and " and is refused: " .. refused or "")
  end
  if sizes[1] == 0 or sizes[2] == 0 then
    fail(path, "'%s' is empty, of shape [%s], wanted one point and one column or more", name, shape)
  end
end

-- an array of HDF5, see teasel.metric.lib.exact
local function imported(path, entry)
  check_shape(path, entry.name, entry.shape, entry.refused)
  local function read(kind)
    local bytes, message = file.import_read(path, entry.name, {type = kind})
    if not bytes then fail(path, "'%s': %s", entry.name, message) end
    return bytes
  end
  local reals = tensor.zeros{entry.shape[1], entry.shape[2] or 1}
  tensor.assign(reals, read(core.double and "float64" or "float32"))
  local kind = entry.kind:find "int" and "int64" or "float64"
  return exact.packed(("score: %s: '%s'"):format(path, entry.name), read(kind), kind, entry.shape,
    reals)
end

-- numbers as they are, by rows, as reals that may round them
local function rounded(bytes, form, shape)
  local n, d, list, at = shape[1], shape[2] or 1, {}, 1
  for i = 1, n * d do list[i], at = form:unpack(bytes, at) end
  return op.reshape(tensor.tensor(list), {n, d})
end

-- an array of numpy's, which is {shape, type, read}
local function of_numpy(path, array, name)
  check_shape(path, name, array.shape)
  local kind = (array.type:find "int" or array.type == "bool") and "int64" or "float64"
  local bytes, message = array:read{as = kind}
  if not bytes then fail(path, "'%s': %s", name, message) end
  local reals = array:read{as = "tensor"}
  reals = reals and op.reshape(reals, {array.shape[1], array.shape[2] or 1})
    or rounded(bytes, kind == "int64" and "<i8" or "<d", array.shape)
  return exact.packed(("score: %s: '%s'"):format(path, name), bytes, kind, array.shape, reals)
end

-- the columns with these numbers of an array
local function some_columns(a, chosen)
  local parts = {}
  for i, j in ipairs(chosen) do parts[i] = ops.slice(a.reals, 2, j, j) end
  return {name = a.name, n = a.n, d = #chosen, reals = op.concat(parts, 2), get = function(i, j)
    return a.get(i, chosen[j])
  end}
end

-- the numbers of the columns that `part` lists by name or number; d columns there are
local function chosen_columns(path, part, d, names)
  local chosen = {}
  for word in part:gmatch "[^,]+" do
    local at = math.tointeger(tonumber(word))
    for j, name in ipairs(names or {}) do if name == word then at = j end end
    if not at or at < 1 or at > d then
      fail(path, "has no column '%s'; it has %s", word, names and table.concat(names, ", ")
        or d .. " without names")
    end
    chosen[#chosen + 1] = at
  end
  if #chosen == 0 then fail(path, "got ':%s', wanted columns by names or numbers", part) end
  return chosen
end

-- fails for a column of text that is rows of numbers of a table that is none
local function check_table(path, j, text)
  if not text:find "^[-+.%deE]+[;,|%s]" or text:find "[^-+.%deE;,|%s]" then return end
  fail(path, "column %d holds text ('%s'), wanted a table: a line for each point, with a comma, a "
    .. "semicolon or a tab between columns, the same in every line as in the first, and a point in "
    .. "numbers", j, text)
end

-- the numbers of the columns but that which says which point a row is of
local function columns_of(names, d, rows)
  local chosen = {}
  for j = files.numbered(names or {}, rows) and 2 or 1, d do chosen[#chosen + 1] = j end
  return chosen
end

local function of_table(path, part, what)
  local chosen
  local found, message = csv.parse(path, {columns = function(names, d, rows)
    chosen = part and chosen_columns(path, part, d, names) or columns_of(names, d, rows)
    return chosen
  end})
  if not found then raise("score: %s", message) end
  local lists, names, n = found.columns, found.names, found.n
  check_shape(path, "table", {n, #lists})
  local columns = {}
  for j, list in ipairs(lists) do
    if type(list[1]) == "string" then
      check_table(path, chosen[j], list[1])
      if what == "codes" then
        fail(path, "column %d holds text ('%s'), wanted codes, which are numbers", chosen[j],
          list[1])
      end
      list = files.levels(list)
      lists[j] = list
    end
    columns[j] = op.reshape(tensor.tensor(list), {n, 1})
  end
  return {name = ("score: %s"):format(path), n = n, d = #lists,
    reals = #columns == 1 and columns[1] or op.concat(columns, 2), get = function(i, j)
      return lists[j][i]
    end}, names
end

local function names_of(names)
  table.sort(names)
  local more = #names > SHOWN and (" and %d more"):format(#names - SHOWN) or ""
  return #names > 0 and table.concat(names, ", ", 1, math.min(#names, SHOWN)) .. more or "nothing"
end

-- {name = function() -> an array} of a file that holds several
local function arrays_of(path, kind)
  local found = {}
  if SETS[kind] then
    local set, message = SETS[kind](path)
    if not set then raise("score: %s", message) end
    for _, name in ipairs(set.names) do
      found[name] = function()
        local array, why = set:array(name)
        if not array then raise("score: %s", why) end
        return of_numpy(path, array, name)
      end
    end
    return found, set.names
  end
  local list, message = file.import_list(path)
  if not list then fail(path, "%s", message) end
  local names = {}
  for i, entry in ipairs(list) do
    local function read() return imported(path, entry) end
    local plain = entry.name:match "^state/(.+)"   -- where T.save puts what it is given
    names[i], found[entry.name] = entry.name, read
    if plain and not found[plain] then found[plain] = read end
  end
  return found, names
end

-- what a file is; a missing one is HDF5's to complain of
local function check_kind(path)
  local kind, message = kind_of(path)
  if kind then return kind end
  if not disk.stat(path) then return "hdf5" end
  raise("score: %s", message)
end

-- codes and factors that fit each other
local function fitted(path, names, read)
  local tested = read[3] and true or nil
  for i = 1, tested and 3 or 1, 2 do
    if read[i].n ~= read[i + 1].n then
      fail(path, "'%s' has %d points and '%s' has %d, wanted as many", names[i], read[i].n,
        names[i + 1], read[i + 1].n)
    end
  end
  for i = 1, tested and 2 or 0 do
    if read[i + 2].d ~= read[i].d then
      fail(path, "'%s' has %d columns, wanted %d as '%s'", names[i + 2], read[i + 2].d, read[i].d,
        names[i])
    end
  end
  local factors = exact.factors{read[2], tested and read[4]}
  return {codes = exact.codes(read[1]), factors = factors[1],
    test_codes = tested and exact.codes(read[3]), test_factors = factors[2]}
end

local function of_one(path)
  local kind = check_kind(path)
  if kind == "npy" or kind == "text" then
    fail(path, "is %s, wanted one file with codes and factors, HDF5 or .npz; or two, --codes FILE "
      .. "--factors FILE", kind == "npy" and "one array of numpy" or "no file of arrays")
  end
  local found, all = arrays_of(path, kind)
  for _, names in ipairs(NAMES) do
    if found[names[1]] and found[names[2]] then
      local read = {}
      for i, name in ipairs(names) do read[i] = found[name] and found[name]() end
      if read[3] and not read[4] then fail(path, "it has '%s' but no '%s'", names[3], names[4]) end
      return fitted(path, names, read)
    end
  end
  fail(path, "wanted mus_train and ys_train, or codes and factors; it has %s", names_of(all))
end

-- the array that is meant in one of two files, and the names of its columns; what = "codes" or
-- "factors"
local function of_part(text, what)
  local path, part = file_part(text)
  local kind = check_kind(path)
  if kind == "text" then return of_table(path, part, what) end
  if kind == "npy" then
    local array, message = npy.open(path)
    if not array then raise("score: %s", message) end
    local read = of_numpy(path, array, array.name)
    return part and some_columns(read, chosen_columns(path, part, read.d)) or read
  end
  local found, all = arrays_of(path, kind)
  local name = part or #all == 1 and all[1]
  for _, names in ipairs(NAMES) do
    local own = names[what == "codes" and 1 or 2]
    name = name or found[own] and own
  end
  if not found[name] then
    fail(path, "%s; it has %s: wanted one of these as FILE:NAME",
      part and ("has no '%s'"):format(part) or "has several arrays", names_of(all))
  end
  return found[name]()
end

return function(path, factors)
  if not factors then return of_one(path) end
  local codes, values, names = of_part(path, "codes"), of_part(factors, "factors")
  local found = fitted(path, {path, factors}, {codes, values})
  found.names = names
  return found
end
