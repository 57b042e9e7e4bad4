-- The explorer's server and those who do not mean well.

local served = require "spec.tool.explorer.served"

local OPTIONS = [[{
  files = {["/"] = {"text/html; charset=utf-8", "<p>page"},
    ["/page.js"] = {"text/javascript", "1"}},
  answer = function(name, fields)
    if name == "twice" then return "application/json", tostring(2 * fields.x) end
    if name == "large" then return "text/plain", ("x"):rep(3000000), {["X-Images"] = "3"} end
    return nil, "no such question"
  end,
  seconds = {ask = 0.4, rest = 2, write = 5},
}]]

local JSON = "Content-Type: application/json\r\n"

describe("the explorer's server", function()
  if served.missing() then return pending(served.missing()) end

  local s
  setup(function() s = served.start(OPTIONS) end)
  teardown(function() s:stop() end)

  it("gives the files of its list and nothing else", function()
    local status, answer = s:ask "GET /"
    assert.equal(200, status)
    assert.matches("\r\nContent%-Type: text/html; charset=utf%-8\r\n.*\r\n\r\n<p>page$", answer)
    assert.matches("Content%-Security%-Policy: default%-src 'none'; script%-src 'self'", answer)
    assert.matches("frame%-ancestors 'none'", answer)
    assert.matches("\r\nX%-Content%-Type%-Options: nosniff\r\n", answer)
    assert.is_nil(answer:find "Access%-Control")
    assert.equal(200, (s:ask "GET /page.js?v=1"))
    for _, path in ipairs{"/../server.lua", "/page.js/../server.lua", "/%2e%2e/server.lua",
      "//etc/passwd", "/etc/passwd", "/server.lua", "/./page.js", "/page.js%00", "/page.js/",
      "/PAGE.JS", "/api/", "/..\\server.lua", "/api/../page.js"} do
      assert.equal(404, (s:ask("GET " .. path)), path)
    end
  end)

  it("answers HEAD without a body, and no other method", function()
    local status, answer = s:ask "HEAD /"
    assert.equal(200, status)
    assert.matches("Content%-Length: 7\r\n.*\r\n\r\n$", answer)
    for _, what in ipairs{"POST /", "DELETE /", "OPTIONS /api/twice", "GET /api/twice"} do
      assert.equal(405, (s:ask(what)), what)
    end
  end)

  it("answers questions in JSON alone", function()
    local status, answer = s:ask("POST /api/twice", JSON, '{"x": 21}')
    assert.equal(200, status)
    assert.matches("\r\n\r\n42$", answer)
    assert.equal(200, (s:ask("POST /api/twice", "Content-Type: application/json; charset=UTF-8\r\n",
      '{"x": 21}')))
    for _, kind in ipairs{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
      "application/jsonp", "text/plain; application/json"} do
      local field = ("Content-Type: %s\r\n"):format(kind)
      assert.equal(415, (s:ask("POST /api/twice", field, '{"x": 1}')))
    end
    assert.equal(415, (s:ask("POST /api/twice", "", '{"x": 21}')))
    for _, body in ipairs{"", "{", "21", "nonsense", ("["):rep(200000), ('{"a":'):rep(40000)} do
      assert.equal(400, (s:ask("POST /api/twice", JSON, body)), body:sub(1, 9))
    end
    status, answer = s:ask("POST /api/other", JSON, "{}")
    assert.equal(422, status)
    assert.matches('{"error":"no such question"}', answer, 1, true)
  end)

  it("does nothing for another site: by its name, its origin, or its request", function()
    for _, host in ipairs{"evil.example", "evil.example:" .. s.port, "127.0.0.1", "127.0.0.1:1",
      "127.0.0.1:" .. s.port .. "@evil.example"} do
      local answer = s:say(("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"):format(host))
      assert.matches("^HTTP/1.1 403 ", answer)
    end
    assert.matches("^HTTP/1.1 200 ", s:say(
      ("GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n"):format(s.port)))
    assert.matches("^HTTP/1.1 400 ", s:say "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    for _, field in ipairs{"Origin: http://evil.example\r\n", "Origin: null\r\n",
      "Sec-Fetch-Site: cross-site\r\n", ("Origin: http://localhost:%d\r\n"):format(s.port)} do
      assert.equal(403, (s:ask("POST /api/twice", JSON .. field, '{"x": 1}')), field)
    end
    assert.equal(200, (s:ask("POST /api/twice", JSON .. "Origin: http://HOST\r\n", '{"x": 1}')))
  end)

  it("refuses what is too large, and says so before it hangs up", function()
    assert.equal(431, (s:ask("GET /", "A: " .. ("b"):rep(100000) .. "\r\n")))
    assert.equal(413, (s:ask("POST /api/twice", JSON, (" "):rep(1000000))))
    assert.equal(400, (s:ask("POST /api/twice", JSON .. "Transfer-Encoding: chunked\r\n", "{}")))
  end)

  it("keeps a connection for the next request, and answers those that came together", function()
    local c = s:connect()
    local get = ("GET /page.js HTTP/1.1\r\nHost: %s\r\n\r\n"):format(s.host)
    c:send(get .. get .. get:gsub("HTTP/1.1", "HTTP/1.0"))
    local answer = c:receive "*a"
    assert.equal(3, select(2, answer:gsub("HTTP/1.1 200 OK", "")))
    c:close()
  end)

  it("sends long answers to those who read slowly", function()
    local c = s:connect()
    c:send(("POST /api/large HTTP/1.0\r\nHost: %s\r\n%sContent-Length: 2\r\n\r\n{}"):format(s.host,
      JSON))
    require("socket").sleep(0.2)
    local answer = c:receive "*a"
    assert.matches("\r\nX%-Images: 3\r\n", answer)
    assert.equal(3000000, #answer:match "\r\n\r\n(x*)$")
    c:close()
  end)

  it("answers while others are slow, and hangs up on them", function()
    local slow = {}
    for i = 1, 70 do
      slow[i] = s:connect()
      slow[i]:send "GET / HTTP/1.1\r\nHost: "
    end
    assert.equal(200, (s:ask "GET /"))
    local started = require("socket").gettime()
    for i = 1, 20 do   -- a byte at a time gains no time
      require("socket").sleep(0.03)
      slow[70]:send "x"
    end
    local _, why = slow[70]:receive "*a"
    assert.is_true(require("socket").gettime() - started < 5, why)
    assert.equal(200, (s:ask "GET /"))
    for i = 1, 70 do slow[i]:close() end
  end)

  it("answers its page beside 1,000 open connections", function()
    local open = {}
    for i = 1, 1000 do open[i] = s:connect() end
    assert.equal(200, (s:ask "GET /"))
    for i = 1, 1000 do open[i]:close() end
    assert.equal(200, (s:ask "GET /"))
  end)

  it("gives nothing without its token, and asks for one where others can reach it", function()
    local t = served.start [[{files = {["/"] = {"text/html", "page"}}, host = "0.0.0.0",
      token = "0123456789abcdef"}]]
    assert.matches("/%?token=0123456789abcdef$", t.address)
    assert.equal(401, (t:ask "GET /"))
    assert.equal(401, (t:ask "GET /?token=0123456789abcdee"))
    local status, answer = t:ask "GET /?token=0123456789abcdef"
    assert.equal(303, status)
    assert.matches("\r\nLocation: /\r\n", answer)
    local cookie = answer:match "\r\nSet%-Cookie: ([^;]*); Path=/; HttpOnly; SameSite=Strict\r\n"
    assert.equal(200, (t:ask("GET /", ("Cookie: %s\r\n"):format(cookie))))
    t:stop()
    local server = require "teasel.tool.explorer.server"
    assert.error_matches(function() server.new{host = "0.0.0.0"} end,
      "got the host 0.0.0.0 without a token")
    local none, why = server.new{port = s.port}
    assert.is_nil(none)
    assert.matches("127.0.0.1 port %d+: address already in use", why)
  end)
end)
