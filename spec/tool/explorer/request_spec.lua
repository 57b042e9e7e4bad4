-- What is a request, and which are refused.

local request = require "teasel.tool.explorer.request"

local GET = "GET /a?b=1 HTTP/1.1\r\nHost: localhost:80\r\n"

local function status(bytes) return select(2, request.read(bytes)) end

-- n texts like this one, with some bytes replaced, left out or doubled
local function mutants(text, n)
  math.randomseed(1)
  local i = 0
  return function()
    i = i + 1
    local mutant = text
    for _ = 1, math.random(4) do
      local at, how = math.random(#mutant), math.random(3)
      local byte = how == 1 and string.char(math.random(0, 255)) or mutant:sub(at, at)
      mutant = mutant:sub(1, at - 1) .. (how == 2 and "" or how == 3 and byte .. byte or byte)
        .. mutant:sub(at + 1)
    end
    return i <= n and mutant or nil
  end
end

describe("a request", function()
  it("is read with its body, and what follows stays", function()
    local r, rest = request.read "POST /x HTTP/1.1\r\nContent-Length: 4\r\nX-y:\t z \r\n\r\nbodyGET"
    assert.same({method = "POST", path = "/x", query = "", body = "body", keep = true,
      headers = {["content-length"] = "4", ["x-y"] = "z"}}, r)
    assert.equal("GET", rest)
    r = request.read(GET .. "Connection: Close\r\n\r\n")
    assert.same({"/a", "b=1", false}, {r.path, r.query, r.keep})
    assert.is_false(request.read("GET / HTTP/1.0\r\n\r\n").keep)
  end)

  it("is waited for until it is whole", function()
    local whole = "POST /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
    for n = 0, #whole - 1 do
      assert.same({n = 1}, table.pack(request.read(whole:sub(1, n))))
    end
    assert.is_truthy(request.read(whole))
  end)

  it("is none where two readers could take it in two ways", function()
    local many_fields = ""
    for i = 1, 70 do many_fields = many_fields .. ("A%d: b\r\n"):format(i) end
    for _, head in ipairs{"GET / HTTP/2.0\r\n", "GET  / HTTP/1.1\r\n", "get / HTTP/1.1\r\n",
      "GET http://a/ HTTP/1.1\r\n", "GET * HTTP/1.1\r\n", "GET /\tx HTTP/1.1\r\n", "GET /\r\n",
      "GET / HTTP/1.1\nHost: a\r\n", GET .. "Host: b\r\n", GET .. "A : b\r\n", GET .. " folded\r\n",
      GET .. "Nothing\r\n", GET .. ": b\r\n", GET .. "A: b\0c\r\n",
      GET .. "Content-Length: 1\r\nContent-Length: 1\r\n", GET .. "Content-Length: +1\r\n",
      GET .. "Content-Length: -1\r\n", GET .. "Content-Length: 1, 1\r\n",
      GET .. "Transfer-Encoding: chunked\r\n", GET .. "Content-Length: 0x1\r\n",
      GET .. many_fields} do
      assert.equal(400, status(head .. "\r\n"), head)
    end
    assert.equal(417, status(GET .. "Expect: 100-continue\r\n\r\n"))
  end)

  it("has a head and a body of some size, larger ones are refused before they are there", function()
    assert.equal(431, status(GET .. "A: " .. ("b"):rep(request.HEAD) .. "\r\n\r\n"))
    assert.equal(431, status(("A"):rep(request.HEAD + 1)))
    assert.equal(413, status(GET .. ("Content-Length: %d\r\n\r\n"):format(request.BODY + 1)))
    assert.equal(413, status(GET .. "Content-Length: 99999999999999999999\r\n\r\n"))
    assert.is_nil(status(GET .. ("Content-Length: %d\r\n\r\n"):format(request.BODY)))
  end)

  it("is read, waited for or refused, whatever comes", function()
    local whole = "POST /api/a?b HTTP/1.1\r\nHost: a:1\r\nCookie: a=b\r\n"
      .. "Content-Length: 2\r\n\r\n{}"
    local read, refused = 0, 0
    for bytes in mutants(whole, 2000) do
      local r, rest = request.read(bytes)
      if r then
        read = read + 1
        assert.is_true(#r.body <= request.BODY and type(rest) == "string")
        request.refusal(r, {token = "t", name = "a", hosts = {}})
      elseif rest then
        refused = refused + 1
        assert.is_true(rest >= 400 and rest < 500)
      end
    end
    assert.is_true(read > 300 and refused > 300)
  end)

  it("comes from our own page", function()
    local own = {hosts = {["localhost:80"] = true}, name = "t"}
    local function refusal(fields, path)
      local r = request.read(("GET %s HTTP/1.1\r\n%s\r\n"):format(path or "/x", fields))
      return request.refusal(r, own)
    end
    assert.equal(400, refusal "")
    assert.equal(403, refusal "Host: evil.example\r\n")
    assert.equal(403, refusal "Host: evil.example:80\r\n")
    assert.equal(403, refusal "Host: localhost\r\n")
    assert.equal(403, refusal "Host: localhost:80.evil.example\r\n")
    assert.is_nil(refusal "Host: localhost:80\r\n")
    local HOST = "Host: LocalHost:80\r\n"
    assert.is_nil(refusal(HOST .. "Origin: http://localhost:80\r\n"))
    for _, origin in ipairs{"http://evil.example", "null", "https://localhost:80",
      "http://localhost:81", "http://localhost", ""} do
      assert.equal(403, refusal(HOST .. ("Origin: %s\r\n"):format(origin)))
    end
    for _, site in ipairs{"cross-site", "same-site"} do
      assert.equal(403, refusal(HOST .. ("Sec-Fetch-Site: %s\r\n"):format(site)))
      assert.is_nil(refusal(HOST .. ("Sec-Fetch-Site: %s\r\n"):format(site), "/"))
    end
    assert.is_nil(refusal(HOST .. "Sec-Fetch-Site: same-origin\r\n"))
  end)

  it("has the token, where there is one", function()
    local own = {token = "abc123", name = "t"}
    local function refusal(fields, path)
      local r = request.read(("GET %s HTTP/1.1\r\nHost: any:1\r\n%s\r\n"):format(path, fields))
      return request.refusal(r, own)
    end
    assert.is_nil(refusal("", "/?token=abc123"))
    assert.is_nil(refusal("Cookie: a=b; t=abc123; c=d\r\n", "/"))
    for _, path in ipairs{"/", "/?token=", "/?token=abc12", "/?token=abc1234", "/?token=abc124",
      "/?atoken=abc123"} do
      assert.equal(401, refusal("", path))
    end
    assert.equal(401, refusal("Cookie: at=abc123\r\n", "/"))
    assert.equal(401, refusal("Cookie: t=abc12\r\n", "/"))
  end)
end)
