local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused
local gunzip = core.bytes.gunzip

describe("an array of bytes", function()
  local b = T.bytes("abcdef", {3, 2})

  it("has the bytes of a string and a shape", function()
    assert.are.same({3, 2}, b:shape())
    assert.are.equal(3, #b)
    assert.are.equal("abcdef", b:string())
    assert.are.equal("bytes [3 2]", tostring(b))
    assert.are.same({4}, T.bytes("a\0b\255"):shape())
    assert.are.equal("a\0b\255", T.bytes("a\0b\255"):string())
    assert.are.same({0}, T.bytes(""):shape())
    assert.are.equal("", T.bytes("", {0, 28}):string())
  end)

  it("is read in parts", function()
    assert.are.equal("bcd", b:string(2, 4))
    assert.are.equal("f", b:string(6))
    assert.are.equal("", b:string(3, 2))
    refused("string: argument 'first': got 0, wanted an integer in 1..7", b.string, b, 0)
    refused("string: argument 'last': got 7, wanted an integer in 1..6", b.string, b, 2, 7)
  end)

  it("is gathered by index into numbers from 0 to 1, or as scale and shift say", function()
    local c = T.bytes("\0\51\102\153\204\255", {3, 2})
    near(c:take(), {{0, 0.2}, {0.4, 0.6}, {0.8, 1}})
    near(c:take(T.tensor{3, 1, 3}), {{0.8, 1}, {0, 0.2}, {0.8, 1}})
    near(c:take(T.tensor{2}, 1), {{102, 153}}, 0)
    near(c:take(T.tensor{2}, 2, -100), {{104, 206}}, 0)
    near(c:take(nil, 1, 0), {{0, 51}, {102, 153}, {204, 255}}, 0)
    assert.are.same({0, 2}, c:take(T.zeros{0}):shape())
  end)

  it("gives every value of a byte its own number", function()
    local all = {}
    for i = 0, 255 do all[i + 1] = string.char(i) end
    local c = T.bytes(table.concat(all))
    near(c:take(), T.arange(0, 255) / 255)
    near(c:take(nil, 1), T.arange(0, 255), 0)
  end)

  it("gathers the same with one thread and with two", function()
    local had = T.threads()
    local c = T.bytes(("0123456789"):rep(1000), {1000, 10})
    local index = T.stream(1):integers({3000}, 1, 1000)
    local found = {}
    for threads = 1, 2 do
      T.threads(threads)
      found[threads] = c:take(index):data()
    end
    T.threads(had)
    assert.are.equal(found[1], found[2])
  end)

  it("refuses indices that it does not have", function()
    for _, wrong in ipairs{0, 4, 1.5, -1, 0 / 0, math.huge} do
      assert.error_matches(function() b:take(T.tensor{1, wrong}) end,
        "take: argument 'index': got .* as item 2, wanted an integer in 1%.%.3$")
    end
    refused("take: argument 'index': got a tensor [1 1], wanted one axis", b.take, b, T.ones{1, 1})
    refused("take: argument 'index': got 2, wanted a tensor", b.take, b, 2)
    refused("wanted one axis or more", b.take, T.bytes("a", {}))
  end)

  it("refuses a shape of another size, and what is no string", function()
    refused("bytes: argument 'shape': got a table of 2 items, wanted sizes with a product of 6",
      T.bytes, "abcdef", {2, 2})
    refused("bytes: argument 'string': got 3, wanted a string", T.bytes, 3)
  end)

  it("hands its memory on when its head is dropped, and is empty then", function()
    collectgarbage()
    local c = T.bytes "headbody"
    local live = T.memory().live
    local rest = c:drop(4, {2, 2})
    assert.are.equal(live, T.memory().live)
    assert.are.same({2, 2}, rest:shape())
    assert.are.equal("body", rest:string())
    assert.are.same({0}, c:shape())
    assert.are.equal("", c:string())
    assert.are.same({0}, c:take():shape())
    refused("drop: argument 'n': got 5, wanted an integer in 0..4", rest.drop, rest, 5, {0})
    refused("wanted sizes with a product of 3", rest.drop, rest, 1, {4})
  end)

  it("is empty, not gone, when it was closed", function()
    local kept
    do
      local c <close> = T.bytes(("x"):rep(100000))
      kept = c
    end
    assert.are.same({{0}, 0, ""}, {kept:shape(), #kept, kept:string()})
    assert.are.same({0}, kept:take():shape())
  end)

  it("gives its memory back", function()
    collectgarbage()
    local live = T.memory().live
    local c = T.bytes(("x"):rep(1 << 20))
    assert.is_true(T.memory().live >= live + (1 << 20))
    c = nil
    collectgarbage()
    assert.are.equal(live, T.memory().live)
  end)
end)

describe("a tensor as bytes", function()
  it("is rounded to the nearest of 256 steps from lo to hi, and cut off beyond", function()
    local b = T.tensor{{0, 1}, {0.5, 0.2}, {-3, 7}, {0 / 0, math.huge}}:bytes()
    assert.are.same({4, 2}, b:shape())
    assert.are.same({0, 255, 128, 51, 0, 255, 0, 255}, {b:string():byte(1, -1)})
    assert.are.same({0, 128, 255}, {T.tensor{-1, 0, 1}:bytes(-1, 1):string():byte(1, -1)})
  end)

  it("comes back as it was", function()
    local text = {}
    for i = 0, 255 do text[i + 1] = string.char(i) end
    local all = T.bytes(table.concat(text))
    assert.are.equal(all:string(), all:take():bytes():string())
  end)

  it("wants lo below hi", function()
    local x = T.ones{1}
    refused("bytes: argument 'hi': got 0, wanted more than lo = 1", x.bytes, x, 1, 0)
    refused("bytes: argument 'hi': got 1, wanted more than lo = 1", x.bytes, x, 1, 1)
    refused("bytes: argument 'lo': got -inf, wanted a finite number", x.bytes, x, -1 / 0)
    refused("bytes: argument 'hi': got 1e+308, wanted a number less than 2^1024 from lo = -1e+308",
      x.bytes, x, -1e308, 1e308)
  end)
end)

describe("inflate", function()
  it("gives all bytes or none, whatever the limit", function()
    local packed = "\120\218\83\179\72\16\81\216\151\116\70\109\148\166\62\13\0\249\51\124\61"
    for limit = 0, 400 do
      local text, message = core.bytes.inflate(packed, limit)
      assert.are.equal(limit >= 349 and 349, text and #text or false)
      assert.is_true(text ~= nil or limit == 0
        or message == ("the zlib data hold more than %d bytes"):format(limit))
    end
  end)
end)

describe("gunzip", function()
  local path

  local function write(data)
    local file = assert(io.open(path, "wb"))
    file:write(data)
    file:close()
  end

  local function compressed(data)
    write(data)
    assert(os.execute(("gzip -nc '%s' > '%s.gz'"):format(path, path)))
    local file = assert(io.open(path .. ".gz", "rb"))
    local text = file:read "a"
    file:close()
    os.remove(path .. ".gz")
    return text
  end

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("reads files gzipped or plain", function()
    local text = ("some text, "):rep(5000) .. "\0\255"
    write(text)
    assert.are.equal(text, gunzip(path, 1 << 20):string())
    write(compressed(text))
    assert.are.equal(text, gunzip(path, 1 << 20):string())
    write ""
    assert.are.same({0}, gunzip(path, 10):shape())
    write(compressed "")
    assert.are.same({0}, gunzip(path, 10):shape())
  end)

  it("reads on where one gzip file follows another", function()
    local one, two = compressed "one", compressed "two"
    write(one .. two)
    assert.are.equal("onetwo", gunzip(path, 10):string())
  end)

  it("stops at the limit, whatever the file promises", function()
    local bomb = compressed(("\0"):rep(1 << 20))
    write(bomb)
    assert.are.equal(1 << 20, #gunzip(path, 1 << 20))
    local b, message = gunzip(path, (1 << 20) - 1)
    assert.is_nil(b)
    assert.are.equal(path .. ": holds more than the limit of 1048575 bytes", message)
    write(bomb:sub(1, -5) .. "\1\0\0\0")  -- says that it holds one byte
    assert.is_nil((gunzip(path, 1000)))
  end)

  it("says what is wrong with a file", function()
    local good = compressed(("text "):rep(1000))
    local middle = #good // 2
    local cases = {
      {good:sub(1, -9), "the gzip data are cut off"},
      {good:sub(1, middle), "the gzip data are cut off"},
      {good:sub(1, -9) .. "\1\2\3\4" .. good:sub(-4),
        "the gzip data are damaged (incorrect data check)"},
      {good:sub(1, 10) .. "\7" .. good:sub(12), "the gzip data are damaged (invalid block type)"},
    }
    for _, case in ipairs(cases) do
      write(case[1])
      local b, message = gunzip(path, 1 << 20)
      assert.is_nil(b)
      assert.are.equal(path .. ": " .. case[2], message)
    end
  end)

  it("says where there is no file to read", function()
    local b, message = gunzip("/no/such/file", 10)
    assert.is_nil(b)
    assert.are.equal("/no/such/file: No such file or directory", message)
    b, message = gunzip("/", 10)
    assert.is_nil(b)
    assert.are.equal("/: not a regular file", message)
  end)

  it("leaves nothing behind where it fails", function()
    write(compressed(("x"):rep(100000)):sub(1, -9))
    collectgarbage()
    local live = T.memory().live
    for _ = 1, 3 do gunzip(path, 1 << 20) end
    collectgarbage()
    assert.are.equal(live, T.memory().live)
  end)
end)
