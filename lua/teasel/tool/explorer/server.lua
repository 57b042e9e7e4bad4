-- A small server of HTTP for one page and its questions, in one process and one thread: it lists
-- what it has, and has nothing else.
--
--   local s = server.new{files = {["/"] = {"text/html", "<p>..."}}, answer = f}
--   s.address                        -- "http://127.0.0.1:40213/", what a browser is to open
--   while ... do s:step(0.5) end     -- answers what has come; waits so many seconds at most
--   s:close()
--
-- Options: files, by their paths: {type, bytes}; answer(name, fields) -> type, bytes [, headers] of
-- the question that was sent to /api/NAME as JSON, or nil, message where it is a wrong one; host
-- ("127.0.0.1"); port (0: any that is free); token (none), without which a request gets nothing;
-- seconds: {ask =, rest =, write =}, see SECONDS. nil, message where it cannot listen.
--
-- Whoever connects has little of it: CONNECTIONS at a time, of which a new one takes the place of
-- the one that has been silent longest, and a deadline for each request and each answer. So neither
-- slow nor many clients keep the user's own page out. What a request must be is in
-- teasel.tool.explorer.request.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local options = require "teasel.options"
local request = require "teasel.tool.explorer.request"
local socket = require "socket"

local now = core.system.now
local server = {CONNECTIONS = 64}

local OWN = {["127.0.0.1"] = true, localhost = true}   -- that other machines cannot reach
local MOST = 1000        -- the number of a descriptor that select can take
local PIECE = 16384      -- bytes that are read or written at once
local SECONDS = {ask = 10, rest = 60, write = 30}   -- for a request, between two, for an answer
local LINGER = 1         -- seconds in which one that was refused may read why

local REASONS = {[200] = "OK", [303] = "See Other", [400] = "Bad Request", [401] = "Unauthorized",
  [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [413] = "Content Too Large", [415] = "Unsupported Media Type", [417] = "Expectation Failed",
  [431] = "Request Header Fields Too Large", [422] = "Unprocessable Content"}

-- what a browser is told of every answer: nothing of it is for other pages, nothing is executed or
-- loaded that does not come from here, nothing stays in a cache
local ALWAYS = table.concat({
  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    .. "connect-src 'self'; img-src data: blob:; base-uri 'none'; form-action 'none'; "
    .. "frame-ancestors 'none'",
  "X-Content-Type-Options: nosniff", "Cache-Control: no-store", "Referrer-Policy: no-referrer",
  "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin",
}, "\r\n")

local Server = {}
Server.__index = Server

function server.new(given)
  local o = options.read("explorer.server", given, {files = {}, answer = options.any,
    host = "127.0.0.1", port = 0, token = options.any, seconds = SECONDS})
  if not (OWN[o.host] or o.token) then
    fail("explorer.server: got the host %s without a token, wanted one", o.host)
  end
  local listener = socket.tcp4()
  listener:setoption("reuseaddr", true)
  local ok, message = listener:bind(o.host, o.port)
  if ok then ok, message = listener:listen(1024) end
  if not ok then
    listener:close()
    return nil, ("%s port %d: %s"):format(o.host, o.port, message)
  end
  listener:settimeout(0)
  local _, port = listener:getsockname()
  port = math.tointeger(tonumber(port))
  local self = setmetatable({listener = listener, connections = {}, files = o.files,
    answer = o.answer, port = port, token = o.token, name = "teasel" .. port,
    seconds = o.seconds}, Server)
  if OWN[o.host] then   -- else it has names that we do not know
    self.hosts = {["127.0.0.1:" .. port] = true, ["localhost:" .. port] = true}
  end
  self.address = ("http://%s:%d/%s"):format(o.host == "0.0.0.0" and socket.dns.gethostname()
    or o.host, port, o.token and "?token=" .. o.token or "")
  return self
end

-- the bytes of an answer, which ends the connection unless `keep`
local function message(status, kind, body, keep, more)
  local lines = {("HTTP/1.1 %d %s"):format(status, REASONS[status]), ALWAYS,
    "Content-Type: " .. kind, "Content-Length: " .. #body,
    "Connection: " .. (keep and "keep-alive" or "close")}
  for name, value in pairs(more or {}) do lines[#lines + 1] = name .. ": " .. value end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

local function plain(status, keep, more)
  return message(status, "text/plain; charset=utf-8", REASONS[status] .. "\n", keep, more)
end

-- the answer to a question that was sent to /api/NAME
local function asked(self, r, name)
  if r.method ~= "POST" then return plain(405, r.keep, {Allow = "POST"}) end
  local kind = (r.headers["content-type"] or ""):lower():gsub("%s", "")
  if kind ~= "application/json" and kind ~= "application/json;charset=utf-8" then
    return plain(415, r.keep)
  end
  local read, fields = pcall(json.decode, r.body)   -- what is too deep for it is an error
  if not read or type(fields) ~= "table" then return plain(400, r.keep) end
  local content, bytes, more = self.answer(name, fields)
  if content then return message(200, content, bytes, r.keep, more) end
  return message(422, "application/json", json.encode{error = bytes}, r.keep)
end

-- the answer to a request
local function answer_to(self, r)
  local refused = request.refusal(r, self)
  if refused then return plain(refused, r.keep) end
  local name = r.path:match "^/api/(%l+)$"
  if name then return asked(self, r, name) end
  local file = self.files[r.path]
  if not file then return plain(404, r.keep) end
  if r.method ~= "GET" and r.method ~= "HEAD" then
    return plain(405, r.keep, {Allow = "GET, HEAD"})
  end
  if self.token and r.query ~= "" then   -- from now on the token is in a cookie, not in the address
    return plain(303, r.keep, {Location = r.path,
      ["Set-Cookie"] = ("%s=%s; Path=/; HttpOnly; SameSite=Strict"):format(self.name, self.token)})
  end
  local bytes = message(200, file[1], file[2], r.keep)
  return r.method == "HEAD" and bytes:sub(1, -#file[2] - 1) or bytes
end

-- Answers the first request of what came, if it is whole.
local function take(self, c)
  local r, rest = request.read(c.came)
  if r then
    c.came, c.keep, c.out = rest, r.keep, answer_to(self, r)
  elseif rest then
    c.came, c.keep, c.out = "", false, plain(rest, false)
  else
    return
  end
  c.sent, c.deadline = 0, now() + self.seconds.write
end

local function drop(self, c)
  c.socket:close()
  self.connections[c.socket] = nil
end

-- Nothing more is written; what still comes is thrown away for a moment, since closing at once
-- would take back what was written.
local function hang_up(c)
  c.socket:shutdown "send"
  c.out, c.came, c.over, c.deadline = nil, "", true, now() + LINGER
end

local function read_some(self, c)
  local bytes, why, part = c.socket:receive(PIECE)
  bytes = bytes or part
  if why == "closed" and bytes == "" then return drop(self, c) end
  if c.over then return end
  if c.came == "" then c.deadline = now() + self.seconds.ask end
  c.came = c.came .. bytes
  take(self, c)
end

local function write_some(self, c)
  local last, why, part = c.socket:send(c.out, c.sent + 1, math.min(#c.out, c.sent + PIECE))
  if why == "closed" then return drop(self, c) end
  c.sent = last or part
  if c.sent < #c.out then return end
  if not c.keep then return hang_up(c) end
  c.out, c.deadline = nil, now() + self.seconds.rest
  if c.came ~= "" then
    c.deadline = now() + self.seconds.ask
    take(self, c)
  end
end

-- Makes room for one more connection: the one goes whose deadline comes first among those that
-- have asked nothing; else any.
local function make_room(self)
  local count, oldest = 0, nil
  for _, c in pairs(self.connections) do
    count = count + 1
    local before = not oldest or (c.out == nil) ~= (oldest.out == nil) and c.out == nil
      or (c.out == nil) == (oldest.out == nil) and c.since < oldest.since
    if before then oldest = c end
  end
  if count >= server.CONNECTIONS then drop(self, oldest) end
end

local function accept(self)
  for _ = 1, server.CONNECTIONS do
    local s = self.listener:accept()
    if not s then return end
    make_room(self)
    if s:getfd() > MOST then
      s:close()
      return
    end
    s:settimeout(0)
    s:setoption("tcp-nodelay", true)
    self.connections[s] = {socket = s, came = "", since = now(),
      deadline = now() + self.seconds.ask}
  end
end

-- step(seconds): waits until something has come, at most so long, and does what can be done at once
function Server:step(seconds)
  local reading, writing = {self.listener}, {}
  for s, c in pairs(self.connections) do
    local list = c.out and writing or reading
    list[#list + 1] = s
  end
  local ready, free = socket.select(reading, writing, seconds)
  local time = now()   -- what came while another was answered is not late
  for _, s in ipairs(free) do
    local c = self.connections[s]
    if c then write_some(self, c) end
  end
  for _, s in ipairs(ready) do
    local c = self.connections[s]
    if c then read_some(self, c) end
  end
  for _, c in pairs(self.connections) do
    if c.deadline < time then drop(self, c) end
  end
  if ready[self.listener] then accept(self) end
end

-- close(): no more connections, and an end of those that are open
function Server:close()
  for _, c in pairs(self.connections) do c.socket:close() end
  self.connections = {}
  self.listener:close()
end

return server
