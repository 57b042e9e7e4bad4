-- Digests: equal values have equal ones, and nothing else.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local digest = require "teasel.represent.digest"

local function adder(n) return function(x) return x + n end end

describe("a digest", function()
  it("is the same for values that are equal in all that they hold", function()
    local function value()
      local t = {a = T.tensor{1, 2}, [1] = "one", [2.5] = true, s = T.stream(3, "x"),
        b = T.bytes("abc"), f = adder(4), n = 0 / 0, deep = {{}, {false}}}
      t.self = t
      return setmetatable(t, {__index = {1}})
    end
    assert.equal(digest(value()), digest(value()))
    assert.matches("^%x+$", digest(value()))
    assert.equal(64, #digest(value()))
  end)

  it("differs where values differ", function()
    local stream = T.stream(1)
    stream:seek(1)
    local values = {false, 0, 0.0, "0", {}, {0}, {0.0}, {"0"}, {[0] = 0}, {["1"] = 0}, {[1.5] = 0},
      {[true] = 0}, {{}, {}}, {{{}}}, {a = 1}, {b = 1}, {a = 1, b = 1}, {ab = 1}, -0.0, 1e308,
      math.huge, 0 / 0, 1 / 3, 1 / 3 + 1e-16, 1 << 53, (1 << 53) + 1,
      T.tensor{0, 1}, T.tensor{{0, 1}}, T.tensor{{0}, {1}}, T.tensor{1, 0}, T.tensor{-0.0, 1},
      T.bytes("ab"), T.bytes("ab", {2, 1}), T.bytes("ba"), T.stream(1), T.stream(2),
      T.stream(1, "x"), stream, adder(1), adder(1.0), adder(2), adder(T.tensor{1}),
      adder(T.tensor{2}), function(x) return x - 1 end, math.sin, math.cos, core.op.exp,
      core.op.log,
      setmetatable({}, {1}), setmetatable({}, {2}), ("x"):rep(100), ("x"):rep(101)}
    local seen = {}
    for i = 1, #values do
      local d = digest(values[i])
      assert.is_nil(seen[d], ("values %d and %d"):format(i, seen[d] or 0))
      seen[d] = i
    end
  end)

  it("tells what a function holds, however deep", function()
    local function net(scale)
      local inner = {f = function(x) return x * scale[1] end}
      return function(x) return inner.f(x) + 1 end
    end
    assert.equal(digest(net{2}), digest(net{2}))
    assert.not_equal(digest(net{2}), digest(net{3}))
    local one, two = net{T.tensor{1}}, net{T.tensor{1}}
    assert.equal(digest(one), digest(two))
  end)

  it("is the same in another process, of the library's networks too", function()
    local program = [[local T = require 'teasel'
      local model = T.vae.fc(2, 4)
      local digest = require 'teasel.represent.digest'
      io.write(digest{model, T.vae.view(model, {encoder = T.ones{2}, decoder = {}}),
        T.baseline.truth(), print, T.nn}, require 'teasel.represent.digest'.library())]]
    local function run(before)
      local pipe = io.popen(("%s -e \"%s %s\""):format(child.lua, before, program))
      local text = pipe:read "a"
      pipe:close()
      return text
    end
    local text = run ""
    assert.equal(128, #text)
    assert.equal(text, run "require 'teasel.report.score' require 'teasel.report.summary'")
  end)

  it("is one of every network and of what metrics are given, whatever checks they hold", function()
    for _, model in ipairs{T.vae.fc(2, 4), T.vae.conv(3), T.vae.conv_burgess(4, 1, 8),
      T.nn.chain{T.nn.batch_norm(2), T.nn.relu}, T.latents{{"uniform", 2}}} do
      assert.equal(64, #assert(digest(model)))
    end
    for name in pairs(T.baseline.names) do
      local images = T.data.dsprites{orientation = {0, 9}, posX = {4, 16}, posY = {4, 16}}
      assert.equal(64, #assert(digest(T.baseline.make(name, images, T.stream(1)))), name)
    end
  end)

  it("is none of what cannot be told from others", function()
    local function lost(value) return {digest(value)} end
    for message, value in pairs{["file"] = {io.stdout}, ["thread"] = {coroutine.create(print)},
      ["a key that is a table"] = {[{}] = 1}, ["no name"] = {("x"):gmatch "x"}} do
      assert.is_nil(lost(value)[1])
      assert.matches(message, lost(value)[2])
    end
  end)

  it("passes over a table that is set apart", function()
    local apart = {}
    local function of(n)
      apart.n = n
      return digest({1, apart}, apart)
    end
    assert.equal(of(1), of(2))
  end)
end)
