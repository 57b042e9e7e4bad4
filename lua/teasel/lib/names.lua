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

-- the same of a network, which is a function of its parameters
local OF_NETWORKS = {forward = "net(params, x, mode)", parameters = "net:init(stream)",
  state_dict = "net:init(stream)", train = "net(params, x, {train = true})",
  eval = "net(params, x, {stats = stats})"}

-- hint(who, name, known [, most]) -> which of a set of names are like this one, or which there are,
-- in words; of more than `most` (default: 12) it says where they are listed
function names.hint(who, name, known, most)
  local ours = (who == "T" or who == "tensor") and ELSEWHERE[name]
  if not (ours and known[ours:match "^[%w_]+"]) then
    ours = who == "network" and OF_NETWORKS[name]
  end
  if ours then return ("did you mean '%s'?"):format(ours) end
  local near = options.near(name, known)
  if #near > 0 then
    for i, like in ipairs(near) do near[i] = "'" .. like .. "'" end
    return ("did you mean %s?"):format(table.concat(near, " or "))
  end
  local list = {}
  for k in pairs(known) do list[#list + 1] = k end
  table.sort(list)
  return #list <= (most or MOST) and table.concat(list, ", ")
    or who == "T" and "T.help() lists them" or ('T.help "%s" lists them'):format(who)
end

-- unknown(who, name, known [, most]): raises the error; known: a set of names
function names.unknown(who, name, known, most)
  fail('%s: got "%s", wanted a name that it has (%s)', who, name,
    names.hint(who, name, known, most))
end

-- strict(t, who [, fields]) -> t, in which a name that is missing is an error from now on, but for
-- those of `fields`, "space classes", which are nil; t stays as it is if it has an __index of its
-- own. Where t holds the methods of objects, they are strict, too, and as fast as before: Lua asks
-- only for what neither has.
function names.strict(t, who, fields)
  local meta, lacks = getmetatable(t) or {}, {}
  if type(meta) ~= "table" or meta.__index ~= nil then return t end
  for name in (fields or ""):gmatch "%S+" do lacks[name] = true end
  function meta.__index(_, name)
    if lacks[name] or type(name) ~= "string" or name:find "^__" then return nil end
    local known = {}
    for _, held in ipairs{t, lacks} do
      for k in pairs(held) do
        if type(k) == "string" and not k:find "^__" then known[k] = true end
      end
    end
    names.unknown(who, name, known, fields and math.huge)
  end
  return setmetatable(t, meta)
end

-- object(who, lacks, tables) -> the __index of objects, whose fields are also those of the tables
-- that tables(object) lists, the first first. A name that none of them has is an error, which says
-- what they have; but for those in `lacks`, a set, which are nil then.
function names.object(who, lacks, tables)
  return function(self, name)
    local known, places = {}, tables(self)
    for _, t in ipairs(places) do
      local value = rawget(t, name)
      if value ~= nil then return value end
    end
    if lacks[name] or type(name) ~= "string" or name:find "^__" then return nil end
    places[#places + 1] = self
    for _, t in ipairs(places) do
      for k in pairs(t) do
        if type(k) == "string" and not k:find "^__" then known[k] = true end
      end
    end
    names.unknown(who, name, known, math.huge)
  end
end

-- Adds the names of the modules of a room, files and folders with an init.lua.
local function modules(room, known)
  local path = folder .. room:gsub("%.", "/")
  for _, file in ipairs(core.system.list(path) or {}) do
    local name = file:match "^([%w_]+)%.lua$" or core.system.list(path .. file) and file
    if name and name ~= "init" and package.searchpath("teasel." .. room .. name, package.path) then
      known[name] = true
    end
  end
end

-- near_module(name, room) -> the module of a room, as "tool.", whose name is most like this one;
-- nil where none is
function names.near_module(name, room)
  local known = {}
  modules(room, known)
  return options.nearest(name, known)
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
