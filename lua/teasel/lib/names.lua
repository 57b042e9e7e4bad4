-- Misspelt names: tables in which a name that they lack is an error that says which are like it.
--
--   local x = T.zeroes(3)
--   --> script.lua:1: T: got "zeroes", wanted a name that it has (did you mean 'zeros'?)
--
-- Lua asks only for names that are not there, so those that are cost nothing. rawget(t, name) looks
-- without an error.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local names = {}

local folder = debug.getinfo(1, "S").source:match "^@(.*)lib/names%.lua$" or ""   -- .../teasel/

local MOST = 12   -- names that are all listed where none is like the one that was given

-- what numpy and PyTorch call by another name
local ELSEWHERE = {absolute = "abs", amax = "max", amin = "min", array = "tensor", bmm = "matmul",
  cat = "concat", clamp = "clip", concatenate = "concat", gather = "take_along",
  index_select = "take", masked_fill = "where", mm = "matmul", ndim = "rank", numpy = "table",
  percentile = "quantile", power = "pow", scatter_add = "put_along",
  swapaxes = "permute", tolist = "table", view = "reshape",
  -- T has no numbers at random but those of a stream
  rand = "stream(seed):uniform", randint = "stream(seed):integers", randn = "stream(seed):normal",
  random = "stream(seed):uniform", randperm = "stream(seed):permutation",
  shuffle = "stream(seed):permutation"}

-- hint(who, name, known) -> which of a set of names are like this one, or which there are, in words
function names.hint(who, name, known)
  local ours = (who == "T" or who == "tensor") and ELSEWHERE[name]
  if ours and known[ours:match "^[%w_]+"] then return ("did you mean '%s'?"):format(ours) end
  local near = options.near(name, known)
  if #near > 0 then
    for i, like in ipairs(near) do near[i] = "'" .. like .. "'" end
    return ("did you mean %s?"):format(table.concat(near, " or "))
  end
  local list = {}
  for k in pairs(known) do list[#list + 1] = k end
  table.sort(list)
  return #list <= MOST and table.concat(list, ", ")
    or who == "T" and "T.help() lists them" or ('T.help "%s" lists them'):format(who)
end

-- unknown(who, name, known): raises the error; known: a set of names
function names.unknown(who, name, known)
  fail('%s: got "%s", wanted a name that it has (%s)', who, name, names.hint(who, name, known))
end

-- strict(t, who) -> t, in which a name that is missing is an error from now on; t stays as it is if
-- it has an __index of its own
function names.strict(t, who)
  local meta = getmetatable(t) or {}
  if type(meta) ~= "table" or meta.__index ~= nil then return t end
  function meta.__index(_, name)
    if type(name) ~= "string" or name:find "^__" then return nil end
    local known = {}
    for k in pairs(t) do
      if type(k) == "string" and not k:find "^__" then known[k] = true end
    end
    names.unknown(who, name, known)
  end
  return setmetatable(t, meta)
end

-- the names of the modules of a room
local function modules(room, known)
  for _, file in ipairs(core.system.list(folder .. room:gsub("%.", "/")) or {}) do
    local name = file:match "^([%w_]+)%.lua$" or file:match "^[%w_]+$"
    if name and name ~= "init" then known[name] = true end
  end
end

-- lazy(t, who, rooms, kept) -> t, which loads the modules of rooms, as "data.reader.", when they
-- are first named; kept(name) -> what is found besides, or nil. Other names are errors, and so are
-- they in the modules.
function names.lazy(t, who, rooms, kept)
  return setmetatable(t, {__index = function(_, name)
    if type(name) ~= "string" or name:find "^__" then return nil end
    local value = kept and kept(name)
    if value then return value end
    local known = {}
    for _, room in ipairs(rooms) do
      local path = "teasel." .. room .. name
      if package.searchpath(path, package.path) then
        value = require(path)
        if type(value) == "table" then
          names.strict(value, who == "T" and name or who .. "." .. name)
        end
        t[name] = value
        return value
      end
      modules(room, known)
    end
    for k in pairs(t) do known[k] = true end
    names.unknown(who, name, known)
  end})
end

return names
