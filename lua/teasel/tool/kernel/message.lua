-- The messages of Jupyter's protocol 5.3 as tables, over the sockets of teasel.zmq, which is asked
-- for when a line is made: it may be missing.
--
--   local line = message.connect(connection)  -- what a connection file says
--   local m = line:receive(1000)
--     -- {type =, content =, header = its JSON, ids =, from = "shell" or "control"}; nil after
--     -- 1000 ms, at a signal, and for what is no message, of which a line is written to stderr
--   line:reply(m, "kernel_info_reply", content)
--   line:publish(m, "status", content [, metadata])   -- to all who listen, as caused by m
--   line:ask(m, "input_request", content)             -- on stdin
--
-- An empty table is an object in JSON; message.list(t) makes it an array.

local dkjson = require "dkjson"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local unique = require "teasel.lib.unique"

local message = {VERSION = "5.3"}

local Line = {}
Line.__index = Line

local ARRAY = {__jsontype = "array"}
local OBJECT = {__jsontype = "object"}

function message.list(t) return setmetatable(t, ARRAY) end

-- A text in which every byte is part of a character: JSON knows no others.
function message.text(text)
  if utf8.len(text) then return text end
  local parts, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    parts[#parts + 1] = text:sub(at, (bad or #text + 1) - 1)
    if bad then parts[#parts + 1] = ("\\x%02X"):format(text:byte(bad)) end
    at = bad and bad + 1 or #text + 1
  end
  return table.concat(parts)
end

-- a copy that JSON can say: texts made of characters, empty tables as objects
local function sayable(v)
  if type(v) == "string" then return message.text(v) end
  if type(v) ~= "table" or getmetatable(v) == getmetatable(json.null) then return v end
  local copy = {}
  for key, item in pairs(v) do copy[key] = sayable(item) end
  if next(copy) == nil and not getmetatable(v) then return setmetatable(copy, OBJECT) end
  return setmetatable(copy, getmetatable(v))
end

-- The addresses of a connection, from the fields of its file.
local function addresses(c)
  local list = {}
  for _, name in ipairs{"shell", "control", "stdin", "iopub", "hb"} do
    local port = math.tointeger(c[name .. "_port"])
    if not port then
      fail("kernel: %s_port: got %s, wanted a number", name, tostring(c[name .. "_port"]))
    end
    local mark = c.transport == "ipc" and "-" or ":"
    list[name] = ("%s://%s%s%d"):format(c.transport or "tcp", c.ip or "127.0.0.1", mark, port)
  end
  return list
end

-- connect(connection) -> a line. connection: {ip, transport, key, shell_port, control_port,
-- stdin_port, iopub_port, hb_port}
function message.connect(c)
  local scheme = c.signature_scheme
  if scheme and scheme ~= "" and scheme ~= "hmac-sha256" then
    fail("kernel: got the signature scheme %s, wanted hmac-sha256", tostring(scheme))
  end
  local given = addresses(c)
  given.key = c.key or ""
  given.parent = math.tointeger(tonumber(os.getenv "JPY_PARENT_PID" or "")) or 0
  local found, zmq = pcall(require, "teasel.zmq")
  if not found then
    fail "kernel: teasel was built without libzmq; `make jupyter` installs what is missing"
  end
  local wire, problem = zmq.open(given)
  if not wire then fail("kernel: %s", problem) end
  return setmetatable({zmq = zmq, wire = wire, session = unique(), count = 0, refused = 0}, Line)
end

local function decoded(text)
  local t, at = dkjson.decode(text, 1, json.null)
  return type(t) == "table" and at > #text and t or nil
end

local TOLD = 10   -- messages that were refused

local function refuse(self, reason)
  self.refused = self.refused + 1
  if self.refused > TOLD then return end
  self.zmq.complain(("refused a message: %s%s\n"):format(reason, self.refused == TOLD
    and "; no more are told" or ""))
end

function Line:receive(milliseconds, name)
  local from, ids, header, _, _, content = self.wire:receive(milliseconds, name)
  if from == nil then return nil end
  if not from then return refuse(self, ids) end
  local head, body = decoded(header), decoded(content)
  if not (head and body and type(head.msg_type) == "string") then
    return refuse(self, "its parts are no JSON objects")
  end
  return {from = from, ids = ids, type = head.msg_type, header = header, content = body,
    session = head.session}
end

local function send(self, socket, ids, kind, parent, content, metadata)
  self.count = self.count + 1
  local header = json.encode{msg_id = self.session .. "_" .. self.count, msg_type = kind,
    session = self.session, username = "teasel", version = message.VERSION,
    date = os.date "!%Y-%m-%dT%H:%M:%S.000000Z"}
  self.wire:send(socket, ids, header, parent and parent.header or "{}",
    json.encode(sayable(metadata or {})), json.encode(sayable(content)))
end

function Line:reply(m, kind, content) send(self, m.from, m.ids, kind, m, content) end

function Line:ask(m, kind, content) send(self, "stdin", m.ids, kind, m, content) end

function Line:publish(m, kind, content, metadata)
  send(self, "iopub", {"kernel." .. self.session .. "." .. kind}, kind, m, content, metadata)
end

function Line:close() self.wire:close() end

return message
