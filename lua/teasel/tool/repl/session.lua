-- A session: lines typed one after the other, each executed with what the ones before left. It
-- reads and prints nothing itself, so that a terminal, a pipe and a notebook share it.
--
--   local s = session.new{print = function(text) ... end}
--   s:run "x = T.ones{2, 3}; x * 2"   -- {ok = true}: statements print nothing by themselves
--   s:run "x + 1"                     -- {ok = true, text = "tensor [2 3] ...", values = {x + 1}}
--   s:run "x +"                       -- {incomplete = true}
--   s:run "nil + 1"                   -- {ok = false, message = "[3]:1: attempt to ..."}
--
-- The variables live in s.env, behind which stand Lua's globals, and T, who, time, help, script and
-- history. `_` is the last result, `_3` that of line 3; the last twenty of them are kept.

local check = require "teasel.lib.check"
local chunk = require "teasel.tool.repl.chunk"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local reference = require "teasel.tool.repl.reference"
local value = require "teasel.tool.repl.value"

local session = {}

local Session = {}
Session.__index = Session

local KEPT = 20    -- results
local LEVELS = 5   -- of a traceback

local library = debug.getinfo(1, "S").source:match "^(@.*)tool/repl/[^/]*$"

-- line `at` of what a function was compiled from
local function source_line(self, info, at)
  local text = self.lines[info.source]
  if not text and info.source:sub(1, 1) == "@" then
    text = core.file.read(info.source:sub(2), 1 << 20)
  end
  local n = 0
  for line in (text and text .. "\n" or ""):gmatch "([^\n]*)\n" do
    n = n + 1
    if n == at then return line:match "^%s*(.-)%s*$" end
  end
end

-- The message of an error with the line it is on and the way there from what was typed, without
-- the library's own levels.
local function explained(self, problem)
  local text = type(problem) == "string" and problem or value.show(problem)
  local lines, shown = {text}, 0
  for level = 2, math.maxinteger do
    local info = debug.getinfo(level, "Slnf")
    if not info or info.func == xpcall or shown == LEVELS then break end
    local own = library and info.source:sub(1, #library) == library
    if info.what ~= "C" and not own and info.currentline > 0 then
      local place = ("%s:%d"):format(info.short_src, info.currentline)
      if text:find(place .. ":", 1, true) ~= 1 or shown > 0 then
        lines[#lines + 1] = "  " .. place .. (info.name and ", in " .. info.name or "")
      end
      lines[#lines + 1] = "    " .. (source_line(self, info, info.currentline) or "")
      shown = shown + 1
    end
  end
  return table.concat(lines, "\n")
end

-- The variables of the session with their kinds and bytes, largest first.
local function who(self)
  local rows = {}
  for name, v in next, self.env do
    if type(name) == "string" and not name:find "^_%d*$" then
      rows[#rows + 1] = {name, value.kind(v), value.bytes(v)}
    end
  end
  table.sort(rows, function(a, b)
    if a[3] ~= b[3] then return a[3] > b[3] end
    return a[1] < b[1]
  end)
  for i, row in ipairs(rows) do
    rows[i] = ("%-16s %-24s %12s"):format(row[1], row[2], row[3] > 0 and row[3] .. " bytes" or "")
      :gsub("%s+$", "")
  end
  return #rows > 0 and table.concat(rows, "\n") or "no variables yet"
end

local function timed(self, f, ...)
  check.callable("time", "f", f)
  local began = core.system.now()
  local results = table.pack(f(...))
  self.print(("%.3g s"):format(core.system.now() - began))
  return table.unpack(results, 1, results.n)
end

-- script(path, ...), as it is typed: what the file returns
local function typed_script(self, path, ...)
  check.string("script", "path", path)
  local result = self:script(path, ...)
  if not result.ok then error(result.message, 0) end
  return table.unpack(result.values, 1, result.values.n)
end

-- history([path]), as it is typed: prints what was typed before; or writes a script that does it
-- again
local function typed_history(self, path)
  local now = table.remove(self.typed)
  local text = path == nil and table.concat(self.typed, "\n") or self:history()
  self.typed[#self.typed + 1] = now
  if path == nil then return self.print(text) end
  check.string("history", "path", path)
  local ok, message = core.file.save(path, text)
  if not ok then fail("history: %s", message) end
end

-- what a variable is an object of, or nil; and its value
local function object_in(self, name)
  local v = rawget(self.env, name)
  local meta = type(v) == "table" and getmetatable(v)
  return type(meta) == "table" and rawget(meta, "__name") or nil, v
end

-- What is said of a name: of what can be typed beside T, how a session is used; of a variable that
-- holds an object what that can do, and of one of its verbs, r:traverse, that; else what the
-- reference has; of a variable that it does not know, what that is.
local function about(self, what)
  local named = type(what) == "string" and what ~= "T"
  if named and rawget(self.base, what) ~= nil then return reference.own "repl" end
  local name, verb = nil, nil
  if named then name, verb = what:match "^([%a_][%w_]*)([:.][%a_][%w_]*)$" end
  local owner = name and object_in(self, name)
  if owner then
    local text, known = reference.about((owner == "run" and "repl.explore" or owner)
      .. verb:gsub("^%.", ":"))
    if known then return text end
  end
  local text, known = reference.about(what)
  local object, v
  if named then object, v = object_in(self, what) end
  if not object and known or not named or v == nil then return text end
  local said = what .. ": " .. value.kind(v)
  if object == "run" then return said .. "\n" .. reference.own "repl.explore" end
  text, known = reference.about(object or what)
  return known and said .. "\n" .. text or said
end

-- new(options) -> a session. Options: print, a function that gets what who, time and help say
-- (default: io.write); more, a table of further names that can be typed; brief, a table: of a value
-- that is a key of it, having been seen otherwise, the kind is shown alone.
function session.new(given)
  local o = options.read("session.new", given, {print = function(text) io.write(text, "\n") end,
    more = {}, brief = {}})
  local self = setmetatable({number = 0, typed = {}, lines = {}, kept = {}, print = o.print,
    brief = o.brief}, Session)
  local base = setmetatable({
    T = require "teasel",
    who = function() self.print(who(self)) end,
    time = function(f, ...) return timed(self, f, ...) end,
    help = function(what) self.print(about(self, what)) end,
    script = function(path, ...) return typed_script(self, path, ...) end,
    history = function(path) return typed_history(self, path) end,
  }, {__index = _G})
  for name, v in pairs(o.more) do base[name] = v end
  self.base = base
  self.env = setmetatable({}, {__index = base})
  return self
end

-- The results of a line as `_` and `_N`, in the place of the oldest.
local function keep(self, results)
  if results.n == 0 or results[1] == nil then return end
  local name = "_" .. self.number
  self.env._, self.env[name] = results[1], results[1]
  self.kept[#self.kept + 1] = name
  if #self.kept > KEPT then self.env[table.remove(self.kept, 1)] = nil end
end

local function call(self, run)
  local results = table.pack(xpcall(run, function(problem) return explained(self, problem) end))
  if not results[1] then return {ok = false, message = results[2]} end
  return {ok = true, values = table.pack(table.unpack(results, 2, results.n))}
end

-- What the values of an expression look like; nil for none, and for those of a call that returned
-- nothing but nil.
local function shown(self, values)
  local parts, something = {}, false
  for i = 1, values.n do
    local v = values[i]
    parts[i] = v ~= nil and self.brief[v] and value.kind(v) or value.show(v)
    something = something or values[i] ~= nil
  end
  return something and table.concat(parts, "\n") or nil
end

-- run(text) -> what became of it, see the head of this file. Nothing that is typed raises an error.
function Session:run(text)
  local source = ("=[%d]"):format(self.number + 1)
  local read = chunk.read(text, source, self.env)
  if read.kind == "incomplete" then return {incomplete = true} end
  if read.kind == "empty" then return {ok = true} end
  if read.kind == "help" then return {ok = true, text = about(self, read.name)} end
  if read.kind == "search" then return {ok = true, text = reference.search(read.words)} end
  self.number = self.number + 1
  if read.kind == "wrong" then return {ok = false, message = read.message} end
  self.lines[source] = text
  self.typed[#self.typed + 1] = text
  local result = call(self, read.run)
  if result.ok then
    keep(self, result.values)
    local ok, said = pcall(shown, self, result.values)
    if not read.silent then result.text = said end
    if not ok then return {ok = false, message = tostring(said)} end
  end
  return result
end

-- script(path, ...) -> the same of a file, whose top-level locals stay visible
function Session:script(path, ...)
  local text, message = core.file.read(path)
  if not text then return {ok = false, message = message} end
  text = text:gsub("^#[^\n]*", "")
  local f
  f, message = load(chunk.open_locals(text), "@" .. path, "t", self.env)
  if not f then return {ok = false, message = message} end
  local words = table.pack(...)
  return call(self, function() return f(table.unpack(words, 1, words.n)) end)
end

-- history() -> all that was typed, as the text of a script that does it again
function Session:history()
  local lines = {"-- Typed line by line", 'require("teasel").again{'}
  for _, line in ipairs(self.typed) do lines[#lines + 1] = ("%q,"):format(line) end
  return table.concat(lines, "\n") .. "\n}\n"
end

return session
