-- Tensors whose numbers are not in the host's memory. The mirror is such a place on any machine:
-- who follows an address of its on the host dies.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"

-- ops without a kernel for far memory: their number is only to fall
local MISSING = {}

local function far(t) return T.tensor(t):to "mirror" end

describe("a tensor's place", function()
  before_each(function() T.device "host" end)
  after_each(function() T.device "host" end)

  it("is the host until it is moved, and ops stay where their operands are", function()
    local x = T.tensor{{1, 2}, {3, 4}}
    assert.equal("host", x:place())
    local y = x:to "mirror"
    assert.equal("mirror", y:place())
    assert.equal("mirror", (y * y):place())
    assert.same({{1, 4}, {9, 16}}, (y * y):table())
    assert.same({{1, 4}, {9, 16}}, (y * y):to "host":table())
    assert.equal("host", y:to "host":place())
  end)

  it("takes numbers from the host", function()
    local y = far{1, 2}
    assert.same({3, 5}, (2 * y + T.tensor(1)):table())
    local g = T.grad(function(a) return (a:to "mirror" * 2):to "host" end)(T.tensor(3))
    assert.equal("host", g:place())
    assert.equal(2, g:item())
  end)

  it("is one for all operands, or an error says how to move them", function()
    local ok, message = pcall(function() return T.tensor{1, 2} + far{1, 2} end)
    assert.is_false(ok)
    assert.matches("add: got a %[2%] on 'host' beside %[2%] on 'mirror', wanted one place", message)
    assert.matches('x:to "mirror"', message, 1, true)
    ok, message = pcall(T.concat, {far{1}, T.tensor{2}})
    assert.is_false(ok)
    assert.matches("concat: got an item %[1%] on 'host' beside", message)
  end)

  it("that nobody knows is an error that lists those there are", function()
    local ok, message = pcall(function() return far{1}:to "mars" end)
    assert.is_false(ok)
    assert.matches([[to: argument 'place': got the place "mars", wanted "host" or "mirror"]],
      message, 1, true)
    ok, message = pcall(T.device, "mars")
    assert.is_false(ok)
    assert.matches([[device: argument 'name': got the place "mars"]], message, 1, true)
  end)

  it("of new tensors is what T.device says", function()
    assert.equal("host", T.device())
    assert.equal("mirror", T.device "mirror")
    for _, t in ipairs{T.zeros(2), T.ones(2), T.full({2}, 3), T.tensor{1, 2}, T.arange(1, 3),
      T.linspace(0, 1, 3), T.stream(1):normal{2}, T.stream(1):uniform{2},
      T.stream(1):permutation(4), T.bytes("abc", {3}):take(T.tensor{1, 3}), T.exp(1),
      T.tensor{T.tensor(1), 2}} do
      assert.equal("mirror", t:place())
    end
    assert.same({3, 3}, T.full({2}, 3):table())
  end)

  it("is followed by slots of optimizers and by counts", function()
    local p = far{1, 2}
    local adam = T.optim.adam{lr = 0.1}
    adam:update({p}, {far{1, 1}}, adam:init{p})
    assert.equal("mirror", p:place())
    local values, inverse, counts = T.unique(far{3, 1, 3})
    assert.same({{1, 3}, {2, 1, 2}, {1, 2}}, {values:table(), inverse:table(), counts:table()})
    assert.same({1, 2}, (T.histogram(far{0, 3, 3}, {bins = 2})):table())
    local value, push = T.jvp(function(x) return x * x end, far{3, 4}, far{1, 1})
    assert.same({{9, 16}, {6, 8}}, {value:table(), push:table()})
  end)

  it("does not matter to what reads numbers", function()
    local x, y = T.tensor{{1, 2}, {3, 5}}, far{{1, 2}, {3, 5}}
    assert.equal(x:data(), y:data())
    assert.equal(tostring(x), tostring(y))
    assert.same(x:head(3), y:head(3))
    assert.equal(7, far{7}:item())
    assert.same(T.solve(x, x):table(), T.solve(y, y):table())
    local bytes = T.bytes("abc", {3})
    assert.same(bytes:take(T.tensor{1, 3}):table(), bytes:take(far{1, 3}):table())
  end)

  it("changes in a graph, and gradients come back", function()
    local x = T.tensor{1, 2, 3}
    local f = function(u) return (u:to "mirror" ^ 3):to "host":sum() end
    local g = T.grad(f)(x)
    assert.equal("host", g:place())
    assert.same({3, 12, 27}, g:table())
    local second = T.grad(function(u) return T.grad(f)(u):sum() end)(x)
    assert.same({6, 12, 18}, second:table())
    g = T.grad(function(u) return (u ^ 3):sum() end)(far{1, 2, 3})   -- all of it there
    assert.equal("mirror", g:place())
    assert.same({3, 12, 27}, g:table())
  end)

  it("is that of a gradient that an op has none of", function()
    local _, pull = T.vjp(function(t) return t.x:take(t.i) end, {x = far{1, 2}, i = far{1, 1}})
    local g = pull(far{1, 1})
    assert.same({"mirror", "mirror"}, {g.x:place(), g.i:place()})
    assert.same({{2, 0}, {0, 0}}, {g.x:table(), g.i:table()})
  end)

  it("makes no difference to an index that is wrong", function()
    for _, f in ipairs{function(x, i) return x:take(i) end,
      function(x, i) return x:put(i, 2) end, function(x, i) return T.take_along(x, i) end} do
      local wanted = select(2, pcall(f, T.tensor{1, 2, 3}, T.tensor{1, 2.5, 7}))
      local got = select(2, pcall(f, far{1, 2, 3}, far{1, 2.5, 7}))
      assert.matches("got 2.5 as item 2, wanted an integer in 1..", wanted, 1, true)
      assert.equal(wanted, got)
    end
  end)

  it("is not the host's to read: who follows a far address dies", function()
    if not core.double then return end   -- only that build has the function that does so
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write[[
      local T, core = require "teasel", require "teasel.core"
      print "before"
      io.stdout:flush()
      print(core.place.touch(T.tensor{1}:to "mirror"), "after")]]
    file:close()
    local pipe = io.popen(("%s %s 2> /dev/null; echo status $?"):format(child.lua, script))
    local text = pipe:read "a"
    pipe:close()
    os.remove(script)
    assert.matches("before", text)
    assert.is_nil(text:find "after")
    assert.matches("status 139", text)
  end)

  it("has kernels for all ops but those that are listed", function()
    local missing = {}
    for _, op in ipairs(core.op.registry()) do
      if not op.far then missing[#missing + 1] = op.name end
    end
    table.sort(missing)
    assert.same(MISSING, missing)
  end)
end)
