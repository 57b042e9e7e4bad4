-- A server of the explorer in a process of its own, and what a client says to it.
--
--   local s = served.start[[{files = {["/"] = {"text/plain", "page"}}, answer = ...}]]
--   s:say "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"   -- all that is answered until it hangs up; HOST:
--   s:stop()                                        -- what the server is called

local child = require "spec.child"
local core = require "teasel.core"
local json = require "teasel.lib.json"
local scratch = require "spec.scratch"

local served = {}
local Served = {}
Served.__index = Served

-- what the machine lacks, or nil
function served.missing()
  if not pcall(require, "socket") then return "lua-socket is not installed (make deps)" end
end

local SCRIPT = [[
local server = require "teasel.tool.explorer.server"
local s = assert(server.new(%s))
print(s.address)
io.flush()
while true do s:step(1) end]]

-- run(command [, folder]) -> a server that this command of a shell starts in the folder (default:
-- one of its own), and whose address it prints
function served.run(command, folder)
  local self = setmetatable({own = not folder, folder = folder or scratch.make()}, Served)
  local output = self.folder .. "/output"
  self.process = assert(core.process.start({"sh", "-c", ("cd '%s' && exec env %s"):format(
    self.folder, command)}, output))
  for _ = 1, 600 do
    self.address = (core.file.read(output) or ""):match "http://%S+"
    if self.address or self.process:ended() then break end
    core.system.sleep(0.05)
  end
  assert(self.address, core.file.read(output))
  self.host = self.address:match "//([^/]*)/"
  self.port = tonumber(self.host:match ":(%d+)$")
  return self
end

-- start(options) -> a server with these options, the text of a table
function served.start(options)
  local folder = scratch.make()
  assert(core.file.save(folder .. "/server.lua", SCRIPT:format(options)))
  local self = served.run(child.lua .. " server.lua", folder)
  self.own = true
  return self
end

function Served:connect()
  local c = require("socket").tcp4()
  c:settimeout(20)
  assert(c:connect("127.0.0.1", self.port))
  return c
end

-- say(text) -> what is answered until the server hangs up, or nil and what was answered
function Served:say(text)
  local c = self:connect()
  c:send((text:gsub("HOST", self.host)))
  local answer, _, part = c:receive "*a"
  c:close()
  return answer or part
end

-- ask(what, fields, body) -> the status and the answer to "GET /", with more fields of the head
function Served:ask(what, fields, body)
  local length = body and ("Content-Length: %d\r\n"):format(#body) or ""
  local answer = self:say(("%s HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n%s%s\r\n%s"):format(
    what, fields or "", length, body or ""))
  return tonumber(answer:match "^HTTP/1.1 (%d+) "), answer
end

-- question(name, fields) -> the answer to a question of the page, after its head
function Served:question(name, fields)
  local status, answer = self:ask("POST /api/" .. name, "Content-Type: application/json\r\n",
    json.encode(fields))
  assert(status == 200, answer)
  return answer:match "\r\n\r\n(.*)$"
end

-- stop([signal = SIGTERM]) -> the status with which it ends, false where the signal ends it
function Served:stop(signal)
  self.process:signal(signal or 15)
  local status
  for _ = 1, 200 do
    status = self.process:ended()
    if status ~= nil then break end
    core.system.sleep(0.05)
  end
  if self.own then scratch.remove(self.folder) end
  return status
end

return served
