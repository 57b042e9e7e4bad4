-- Where an error of the library is said to be.

local T = require "teasel"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"

local nn = T.nn

local function here() return debug.getinfo(2, "l").currentline end

-- the message of f's error, and what it has before the function's name
local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return message, message:match "^(.-:%d+): "
end

local function place(line) return "spec/fail_spec.lua:" .. line end

describe("an error of the library", function()
  it("is where the library was called from, with a message put together from its parts", function()
    local message = message_of(function() fail("f: got %d, wanted %s", 3, "4") end)
    assert.equal(place(here() - 1) .. ": f: got 3, wanted 4", message)
  end)

  it("is there if the core finds it deep inside the library", function()
    local net = nn.chain{nn.linear(2, 3), nn.heads{a = nn.chain{nn.linear(4, 1)}}}
    local params = net:init(T.stream(1))
    local message, at = message_of(function()
      local y = net(params, T.ones(5, 2))
      return y
    end)
    assert.equal(place(here() - 3), at)
    assert.matches("linear: got x of shape %[5 3%]", message)
  end)

  it("is in the function that the library called back", function()
    local line
    local function f(x)
      line = here() + 1
      local y = x:sum(7)
      return y
    end
    local _, at = message_of(function() return (T.grad(f)(T.ones(3))) end)
    assert.equal(place(line), at)
  end)

  it("is found past options, checks and tail calls of the library", function()
    local _, at = message_of(function() local _ = nn.conv(1, 2, {kernal = 4}) end)
    assert.equal(place(here() - 1), at)
    _, at = message_of(function() local _ = T.upsample("x", 2) end)
    assert.equal(place(here() - 1), at)
    _, at = message_of(function() local _ = T.optim.adam{lr = "1"} end)
    assert.equal(place(here() - 1), at)
  end)

  it("is where a function was called that had left the stack by a tail call", function()
    local function left() return check.integer("f", "n", "x", 1) end
    local _, at = message_of(function() local _ = left() end)
    assert.equal(place(here() - 1), at)
  end)

  it("is in a script that was read from a string or lies elsewhere", function()
    local chunk = load("local T = ...\n\nlocal x = T.ones(3):sum(2)", "@elsewhere/script.lua", "t")
    local _, at = message_of(chunk, T)
    assert.equal("elsewhere/script.lua:3", at)
    _, at = message_of(load("local T = ... local x = T.ones(3):sum(2)", "=typed", "t"), T)
    assert.equal("typed:1", at)
  end)

  it("has no place where nobody called, as on the command line", function()
    local folder = debug.getinfo(fail, "S").source:match "^(@.*)lib/fail%.lua$"
    local chunk = load("local f = ... local x = f('f: got %s', 3)", folder .. "score.lua", "t")
    local co = coroutine.create(chunk)
    assert.same({false, "f: got 3"}, {coroutine.resume(co, fail)})
  end)
end)

describe("check", function()
  local tensor, stream = T.ones(2, 3), T.stream(1)

  -- {check, value that is right, value that is wrong, how that is told, further arguments}
  local rows = {
    {"table", {}, nil, "got nil, wanted a table"},
    {"string", "a", 5, "got 5, wanted a string"},
    {"callable", print, {}, "got a table of 0 items, wanted a function"},
    {"callable", print, {1, a = 2}, "got a table of 1 items, wanted a function"},
    {"callable", print, {a = 1}, "got a table with a alone, wanted a function"},
    {"callable", print, {b = 1, a = 2}, "got a table with a, b, wanted a function"},
    {"callable", print, {d = 1, c = 1, a = 2, b = 1, [true] = 1, [("x"):rep(99)] = 1},
      "got a table with a, b, c ..., wanted a function"},
    {"callable", nn.relu, "print", 'got "print", wanted a function'},
    {"tensor", tensor, 2, "got 2, wanted a tensor"},
    {"stream", stream, tensor, "got a tensor [2 3], wanted a stream, as from T.stream(seed)"},
    {"integer", 3, 3.0, "got 3.0, wanted an integer"},
    {"integer", 3, 0, "got 0, wanted an integer of 1 or more", 1},
    {"integer", 3, 4, "got 4, wanted an integer in 1..3", 1, 3},
    {"number", 0.5, 0 / 0, "nan, wanted a number"},
    {"number", 0.5, math.huge, "got inf, wanted a number"},
    {"number", 0, -1, "got -1, wanted a number of 0 or more", 0},
    {"number", 0, 1.5, "got 1.5, wanted a number in 0..1", 0, 1},
    {"tree", {a = {tensor}}, stream, "got a stream, wanted a tensor or a tree of tensors"},
    {"list", {1, 2}, true, "got true, wanted a list"},
  }

  for _, row in ipairs(rows) do
    local name, right, bad, told = table.unpack(row, 1, 4)
    it(name .. " lets pass what is right, and says of other things: " .. told, function()
      assert.equal(right, check[name]("f", "x", right, table.unpack(row, 5)))
      local message = message_of(check[name], "f", "x", bad, table.unpack(row, 5))
      assert.matches("f: argument 'x': ", message, 1, true)
      assert.matches(told, message, 1, true)
    end)
  end

  it("names the item of a list that is wrong", function()
    local function integer(who, name, v) return check.integer(who, name, v, 1) end
    assert.same({3, 4}, check.list("f", "sizes", {3, 4}, integer))
    assert.matches("f: argument 'sizes', item 2: got \"4\", wanted an integer of 1 or more",
      message_of(check.list, "f", "sizes", {3, "4"}, integer), 1, true)
  end)

  it("takes words in a name's place", function()
    assert.matches("f: option 'lr': got nil, wanted a number",
      message_of(check.number, "f", "option 'lr'", nil), 1, true)
  end)

  it("is itself checked: the core's errors want words", function()
    assert.matches("wrong: argument 'wanted': got nil, wanted a string",
      message_of(core.wrong, "f", "x", 1, nil), 1, true)
    assert.matches("fail: argument 'message': got nothing, wanted a string",
      message_of(core.fail), 1, true)
    assert.matches("library: argument 'prefix': got 5, wanted a string",
      message_of(core.library, 5), 1, true)
  end)
end)
