-- Codes and factors of an HDF5 file of other people.
--
--   local found = code_file(path)
--   --> {codes = [n D], factors = [n K], test_codes =, test_factors =}
--
-- Its arrays are mus_train [n D], ys_train [n K] and, for points of their own to be tested on,
-- mus_test, ys_test; or codes, factors, codes_test, factors_test. What is wrong is an error.

local core = require "teasel.core"
local exact = require "teasel.metric.lib.exact"
local raise = require "teasel.fail"

local tensor, file = core.tensor, core.file

local NAMES = {{"mus_train", "ys_train", "mus_test", "ys_test"},
  {"codes", "factors", "codes_test", "factors_test"}}
local SHOWN = 12   -- names of arrays that a message lists

-- what files begin with that are no HDF5
local KINDS = {{"PK\3\4", "a zip file, as numpy's .npz"}, {"\x93NUMPY", "a .npy file of numpy"},
  {"\x1f\x8b", "a gzip file"}}

local function fail(path, form, ...) raise("score: %s: " .. form, path, ...) end

-- an array of a file, see teasel.metric.lib.exact
local function array(path, entry)
  local shape = table.concat(entry.shape, " ")
  if #entry.shape > 2 or #entry.shape < 1 or entry.refused then
    fail(path, "'%s' has the shape [%s]%s, wanted numbers [points columns]", entry.name, shape,
      entry.refused and " and is refused: " .. entry.refused or "")
  end
  if entry.shape[1] == 0 or entry.shape[2] == 0 then
    fail(path, "'%s' is empty, of shape [%s], wanted one point and one column or more", entry.name,
      shape)
  end
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

local function names_of(list)
  local names = {}
  for i, entry in ipairs(list) do names[i] = entry.name end
  table.sort(names)
  local more = #names > SHOWN and (" and %d more"):format(#names - SHOWN) or ""
  return #names > 0 and table.concat(names, ", ", 1, math.min(#names, SHOWN)) .. more or "nothing"
end

-- fails for a file that is known to be another kind
local function check_kind(path)
  local f = io.open(path, "rb")
  local head = f and f:read(8) or ""
  if f then f:close() end
  for _, kind in ipairs(KINDS) do
    if head:sub(1, #kind[1]) == kind[1] then
      fail(path, "is %s, wanted HDF5, as h5py writes it: f['codes'] = codes", kind[2])
    end
  end
end

return function(path)
  check_kind(path)
  local list, message = file.import_list(path)
  if not list then fail(path, "%s", message) end
  local found = {}
  for _, entry in ipairs(list) do found[entry.name] = entry end
  for _, names in ipairs(NAMES) do
    if found[names[1]] and found[names[2]] then
      local read = {}
      for i, name in ipairs(names) do read[i] = found[name] and array(path, found[name]) end
      local tested = read[3] and true or nil
      if tested and not read[4] then
        fail(path, "it has '%s' but no '%s'", names[3], names[4])
      end
      for i = 1, tested and 3 or 1, 2 do
        if read[i].n ~= read[i + 1].n then
          fail(path, "'%s' has %d points and '%s' has %d, wanted as many", names[i], read[i].n,
            names[i + 1], read[i + 1].n)
        end
      end
      for i = 1, tested and 2 or 0 do
        if read[i + 2].d ~= read[i].d then
          fail(path, "'%s' has %d columns, wanted %d as '%s'", names[i + 2], read[i + 2].d,
            read[i].d, names[i])
        end
      end
      local factors = exact.factors{read[2], tested and read[4]}
      return {codes = exact.codes(read[1]), factors = factors[1],
        test_codes = tested and exact.codes(read[3]), test_factors = factors[2]}
    end
  end
  fail(path, "wanted mus_train and ys_train, or codes and factors; it has %s", names_of(list))
end
