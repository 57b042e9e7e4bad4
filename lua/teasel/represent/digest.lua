-- Digests of values: the same for values that are equal in all that they hold, in whatever process
-- of this library. What is kept on disk to be taken again is kept under the digest of all that it
-- depends on.
--
--   digest(value [, apart]) -> 64 hexadecimal digits, or nil and what in the value has no digest
--                              from others; the table `apart` is passed over wherever it is met
--
-- Tables are their keys, values and metatables, tensors their shape and bits, functions of Lua
-- their code and what they hold from outside, streams their place. Functions of C, the library's
-- modules and the globals go by their names: digest.library() stands for their bytes.

local core = require "teasel.core"

local file, system = core.file, core.system
local digest = {}

local TENSOR = core.tensor.metatable
local STREAM = getmetatable(core.rand.stream(0))
local BYTES = getmetatable(core.bytes.bytes "")

local STANDARD = {_G = true, coroutine = true, debug = true, io = true, math = true, os = true,
  package = true, string = true, table = true, utf8 = true}

local write

-- value -> name: of the library's modules, and of functions of C and the tables that hold them
local function named()
  local names, modules = {}, {}
  for name, module in pairs(package.loaded) do
    if type(module) == "table" and (STANDARD[name] or name:find "^teasel") then
      modules[#modules + 1] = name
    end
  end
  table.sort(modules)
  for _, name in ipairs(modules) do
    local module = package.loaded[name]
    names[module] = names[module] or name
  end
  local function add(t, path, deep)
    for name, value in pairs(t) do
      local at = ("%s.%s"):format(path, name)
      if type(value) == "function" and debug.getinfo(value, "S").what == "C" then
        if not names[value] or at < names[value] then names[value] = at end
      elseif deep and type(value) == "table" and not names[value] then
        names[value] = at
        add(value, at, deep)
      end
    end
  end
  for _, name in ipairs(modules) do
    if STANDARD[name] then add(package.loaded[name], name) end
  end
  add(core, "teasel.core", true)
  -- the kinds of values that C makes, under the names that it gives them
  for name, kind in pairs(debug.getregistry()) do
    if type(name) == "string" and type(kind) == "table" and kind.__name == name then
      names[kind] = name
    end
  end
  names[TENSOR] = "tensor"
  return names
end

local function hashed(text) return #text > 64 and file.sha256(text) or text end

local function write_table(self, t)
  local entries = {}
  for key, value in next, t do
    local kind = math.type(key) or type(key)
    if kind == "table" or kind == "function" or kind == "userdata" or kind == "thread" then
      self.lost = self.lost or "a key that is a " .. kind
    else
      entries[#entries + 1] = {(kind == "float" and "%s %a" or "%s %s"):format(kind, key), value}
    end
  end
  table.sort(entries, function(a, b) return a[1] < b[1] end)
  self:put("table %d", #entries)
  for _, entry in ipairs(entries) do
    self:put("%d:%s", #entry[1], entry[1])
    write(self, entry[2])
  end
  write(self, getmetatable(t))
end

local function write_function(self, f)
  if debug.getinfo(f, "S").what == "C" then
    self.lost = self.lost or "a function of C that has no name"
    return
  end
  self:put("function %s", file.sha256(string.dump(f, true)))
  local i = 1
  while true do
    local name, value = debug.getupvalue(f, i)
    if not name then break end
    write(self, value)
    i = i + 1
  end
end

local function write_userdata(self, x)
  local kind = getmetatable(x)
  if kind == TENSOR then
    self:put("tensor %s %s", table.concat(x:shape(), " "), file.sha256(x:data()))
  elseif kind == STREAM then
    self:put("stream %d %d", x:state())
  elseif kind == BYTES then
    self:put("bytes %s %s", table.concat(x:shape(), " "), file.sha256(x:string()))
  else
    self.lost = self.lost or tostring(x)
  end
end

local WRITERS = {table = write_table, ["function"] = write_function, userdata = write_userdata}

function write(self, value)
  local kind = type(value)
  if WRITERS[kind] then
    local name, seen = self.names[value], self.seen[value]
    if name then return self:put("the %s", name) end
    if seen then return self:put("item %d", seen) end
    self.count = self.count + 1
    self.seen[value] = self.count
    WRITERS[kind](self, value)
  elseif kind == "number" then
    self:put(math.type(value) == "integer" and "integer %d" or "float %a", value)
  elseif kind == "string" then
    self:put("string %d %s", #value, hashed(value))
  elseif kind == "boolean" or kind == "nil" then
    self:put("%s", tostring(value))
  else
    self.lost = self.lost or "a " .. kind
  end
end

local function put(self, form, ...) self.parts[#self.parts + 1] = form:format(...) end

local function of(value, apart)
  local self = {names = named(), seen = {}, count = 0, parts = {}, put = put}
  if apart then self.names[apart] = "one set apart" end
  write(self, value)
  if self.lost then return nil, self.lost end
  return file.sha256(table.concat(self.parts, "\n"))
end

local here = debug.getinfo(1, "S").source:match "^@(.*)/represent/[^/]*$"
local version

local function sources(folder, list)
  for _, name in ipairs(system.list(folder) or {}) do
    local path = folder .. "/" .. name
    if name:find "%.lua$" then list[#list + 1] = path else sources(path, list) end
  end
  return list
end

-- library() -> the digest of all files of the library, as they are when it is first asked for
function digest.library()
  if not version then
    local list = here and sources(here, {}) or {}
    list[#list + 1] = package.searchpath("teasel.core", package.cpath)
    for i, path in ipairs(list) do list[i] = file.sha256(file.read(path) or path) end
    version = file.sha256(table.concat(list))
  end
  return version
end

return setmetatable(digest, {__call = function(_, ...) return of(...) end})
