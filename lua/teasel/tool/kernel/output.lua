-- What a cell prints, as messages: print, io.write and the methods of io.stdout and io.stderr go
-- out at once, in their order; what C or a child process prints comes before the next of them. A
-- line that begins with "\r", a bar of progress, is one display that changes.
--
--   local out = output.new(publish, zmq)   -- publish(type, content, metadata): to all who listen;
--                                          -- zmq: teasel.zmq
--   out:flush()                       -- what waits goes out; to be called at the end of a cell
--   out:display(bundle)  out:display(bundle, {id = "a"})  out:update(bundle, "a")
--
-- A page takes a thousand messages a second and throws away the rest, so that of a program that
-- prints more several lines go together.

local core = require "teasel.core"

local output = {}

local Output = {}
Output.__index = Output

local AT_ONCE, EACH_SECOND = 50, 200   -- messages without waiting, and what comes back
local COLUMNS = 90                     -- of a bar of progress

function output.new(publish, zmq)
  return setmetatable({publish = publish, zmq = zmq, waiting = {}, left = AT_ONCE, at = 0,
    bars = 0}, Output)
end

local function send_stream(self)
  local text = table.concat(self.waiting)
  self.waiting = {}
  if text ~= "" then self.publish("stream", {name = self.name, text = text}) end
end

local function add(self, name, text)
  if text == "" then return end
  if name ~= self.name then send_stream(self) end
  self.name = name
  self.waiting[#self.waiting + 1] = text
end

-- what others than Lua have printed since
local function others(self)
  local out, err = self.zmq.captured()
  add(self, "stdout", out)
  add(self, "stderr", err)
end

function Output:flush()
  others(self)
  send_stream(self)
end

-- The bar that is drawn again: its first text makes a display, further ones change it, and one with
-- a line end is its last.
local function bar(self, text)
  local line = text:gsub("\27%[K", ""):gsub("[\r\n]", "")
  local content = {data = {["text/plain"] = line}, metadata = {}}
  self:flush()
  if not self.bar then
    self.bars = self.bars + 1
    self.bar = "bar-" .. self.bars
    content.transient = {display_id = self.bar}
    self.publish("display_data", content)
  else
    content.transient = {display_id = self.bar}
    self.publish("update_display_data", content)
  end
  if text:find "\n" then self.bar = nil end
end

function Output:write(name, text)
  if name == "stderr" and text:sub(1, 1) == "\r" then return bar(self, text) end
  if self.bar and name == "stderr" and text == "\n" then
    self.bar = nil
    return
  end
  others(self)
  add(self, name, text)
  local now = core.system.now()
  self.left = math.min(AT_ONCE, self.left + (now - self.at) * EACH_SECOND)
  self.at = now
  if self.left >= 1 then
    self.left = self.left - 1
    send_stream(self)
  end
end

-- display(bundle [, {id =, metadata =}]): bundle: {["image/png"] = base64, ["text/plain"] = ...};
-- one with an id can be updated
function Output:display(bundle, o)
  o = o or {}
  self:flush()
  self.publish("display_data", {data = bundle, metadata = o.metadata or {},
    transient = {display_id = o.id}})
end

function Output:update(bundle, id)
  self:flush()
  self.publish("update_display_data", {data = bundle, metadata = {},
    transient = {display_id = id}})
end

-- catch(ask): from now on all that this process prints goes through here. ask(prompt) -> the line
-- that a user types, where io.read wants one of stdin
function Output:catch(ask)
  local stdout, stderr, stdin = io.stdout, io.stderr, io.stdin
  local methods = getmetatable(stdout).__index
  local write, read, lines = methods.write, methods.read, methods.lines
  local function text_of(...)
    local parts = table.pack(...)
    for i = 1, parts.n do
      local kind = type(parts[i])
      if kind ~= "string" and kind ~= "number" then
        error(("bad argument #%d to 'write' (string expected, got %s)"):format(i, kind), 3)
      end
    end
    return table.concat(parts)
  end
  function methods.write(file, ...)
    if file ~= stdout and file ~= stderr then return write(file, ...) end
    self:write(file == stdout and "stdout" or "stderr", text_of(...))
    return file
  end
  function methods.read(file, ...)
    if file ~= stdin then return read(file, ...) end
    local line = ask ""
    local form = ...
    if form == "n" or form == "*n" then return tonumber(line) end
    if form == "L" or form == "*L" then return line and line .. "\n" end
    return line
  end
  function methods.lines(file, ...)
    if file ~= stdin then return lines(file, ...) end
    return function() return ask "" end
  end
  function io.write(...) return io.output():write(...) end
  function io.read(...) return io.input():read(...) end
  _G.print = function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    self:write("stdout", table.concat(parts, "\t") .. "\n")
  end
  -- a bar of progress is drawn where there is a terminal to draw it on
  local terminal = core.system.terminal
  function core.system.terminal(fd)
    if fd == 2 then return COLUMNS end
    return terminal(fd)
  end
  self.zmq.capture()
end

return output
