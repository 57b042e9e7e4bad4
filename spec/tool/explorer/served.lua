-- A server of the explorer in a process of its own, and what a client says to it.
--
--   local s = served.start[[{files = {["/"] = {"text/plain", "page"}}, answer = ...}]]
--   s:say "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"   -- all that is answered until it hangs up; HOST:
--   s:stop()                                        -- what the server is called

local child = require "spec.child"
local core = require "teasel.core"
local scratch = require "spec.scratch"

local served = {}
local Served = {}
Served.__index = Served

-- what the machine lacks, or nil
function served.missing()
  if not pcall(require, "socket") then return "lua-socket is not installed (make deps)" end
end

local SCRIPT = [[
local core = require "teasel.core"
local server = require "teasel.tool.explorer.server"
local s = assert(server.new(%s))
assert(core.file.save("address", s.address))
while true do s:step(1) end]]

-- start(options) -> a server with these options, the text of a table
function served.start(options)
  local self = setmetatable({folder = scratch.make()}, Served)
  assert(core.file.save(self.folder .. "/server.lua", SCRIPT:format(options)))
  local command = ("cd '%s' && exec env %s server.lua"):format(self.folder, child.lua)
  self.process = assert(core.process.start({"sh", "-c", command}, self.folder .. "/output"))
  for _ = 1, 600 do
    self.address = core.file.read(self.folder .. "/address")
    if self.address or self.process:ended() then break end
    core.system.sleep(0.05)
  end
  assert(self.address, core.file.read(self.folder .. "/output"))
  self.host = self.address:match "//([^/]*)/"
  self.port = tonumber(self.host:match ":(%d+)$")
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

function Served:stop()
  self.process:signal(15)
  scratch.remove(self.folder)
end

return served
