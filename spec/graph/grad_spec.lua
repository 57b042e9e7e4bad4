-- Derivatives as functions of functions: what they return, and that they nest.

local T = require "teasel"
local core = require "teasel.core"

local double = core.double
local recorded = core.grad.recorded

local function items(x) return x:head(x:size()) end

-- every item of x is within `tolerance` of the list's, relative to the largest of them
local function assert_near(wanted, x, tolerance)
  tolerance = tolerance or (double and 1e-13 or 1e-5)
  local got, largest = items(x), 1e-3
  assert.are.equal(#wanted, #got)
  for _, w in ipairs(wanted) do largest = math.max(largest, math.abs(w)) end
  for i, w in ipairs(wanted) do
    if not (math.abs(got[i] - w) <= tolerance * largest) then
      error(("item %d: got %.17g, wanted %.17g"):format(i, got[i], w), 2)
    end
  end
end

local function map(list, f)
  local t = {}
  for i, v in ipairs(list) do t[i] = f(v) end
  return t
end

-- f', f'', ... of a function of one tensor, item by item
local function derivative(f) return T.grad(function(x) return T.sum(f(x)) end) end

-- df/dx_i of a number-valued f by 4-point differences
local function differences(f, x, step)
  local at, shape, found = items(x), x:shape(), {}
  local function value(i, move)
    local moved = table.move(at, 1, #at, 1, {})
    moved[i] = moved[i] + move
    return f(T.reshape(T.tensor(moved), shape)):item()
  end
  for i = 1, #at do
    found[i] = (8 * (value(i, step) - value(i, -step)) - (value(i, 2 * step) - value(i, -2 * step)))
      / (12 * step)
  end
  return found
end

local points = {-2.5, -1, -0.3, 0, 0.7, 1.9}

describe("grad", function()
  it("is the derivative of calculus", function()
    local g = T.grad(function(x) return T.sum(x * x * x - x * 2) end)(T.tensor(points))
    assert_near(map(points, function(x) return 3 * x * x - 2 end), g)
  end)

  it("of a number without axes is one", function()
    local g = T.grad(function(x) return T.exp(x) * 2 end)(T.tensor(0.5))
    assert.are.same({}, g:shape())
    assert_near({2 * math.exp(0.5)}, g)
  end)

  it("returns a tree like its first argument and carries along what is no tensor", function()
    local x = {weight = T.tensor{1, 2}, layers = {T.tensor{3}, {bias = T.tensor(4)}},
      name = "net", count = 7}
    local g = T.grad(function(p)
      return T.sum(p.weight * p.count) * p.layers[1] * T.square(p.layers[2].bias)
    end)(x)
    assert.are.equal("net", g.name)
    assert.are.equal(7, g.count)
    assert_near({7 * 3 * 16, 7 * 3 * 16}, g.weight)
    assert_near({21 * 16}, g.layers[1])
    assert_near({21 * 3 * 8}, g.layers[2].bias)
    assert.are.same({1}, g.layers[1]:shape())
  end)

  it("gives one tensor in two places its two partial derivatives", function()
    local t = T.tensor(3)
    local g = T.grad(function(p) return p.a * p.a * p.b end)({a = t, b = t})
    assert_near({18}, g.a)
    assert_near({9}, g.b)
  end)

  it("passes further arguments on and holds them constant", function()
    local g = T.grad(function(x, y, text)
      assert.are.equal("as it was", text)
      assert.is_false(recorded(y))
      return x * y
    end)(T.tensor(2), T.tensor(5), "as it was")
    assert_near({5}, g)
  end)

  it("returns the further results of the function without their history", function()
    local g, y, tree, text = T.grad(function(x)
      local y = T.exp(x)
      assert.is_true(recorded(y))
      return y, y, {inside = y * 2}, "text"
    end)(T.tensor(1))
    assert_near({math.exp(1)}, g)
    assert_near({math.exp(1)}, y)
    assert_near({2 * math.exp(1)}, tree.inside)
    assert.are.equal("text", text)
    assert.is_false(recorded(g))
    assert.is_false(recorded(y))
    assert.is_false(recorded(tree.inside))
  end)

  it("is zero, and of the right shape, in what the value does not depend on", function()
    local x = {used = T.tensor{1, 2}, unused = T.ones{2, 3}, flat = T.tensor{-1, 1}}
    local g = T.grad(function(p)
      return T.sum(p.used) + T.sum(T.step(p.flat)) + T.sum(p.unused * 0)
    end)(x)
    assert.are.same({2, 3}, g.unused:shape())
    assert_near({0, 0, 0, 0, 0, 0}, g.unused)
    assert_near({0, 0}, g.flat)
    local h = T.grad(function() return T.tensor(1) end)(x)
    assert_near({0, 0}, h.used)
    assert.are.same({2, 3}, h.unused:shape())
  end)

  it("adds up over every use of an operand", function()
    local a = T.tensor{{1, 2}, {3, 4}}
    local function g(f) return T.grad(function(x) return T.sum(f(x)) end)(a) end
    assert_near({2, 2, 2, 2}, g(function(x) return x + x end))
    assert_near({0, 0, 0, 0}, g(function(x) return x - x end))
    assert_near({0, 0, 0, 0}, g(function(x) return x / x end))
    assert_near({3, 12, 27, 48}, g(function(x) return x * x * x end))
    assert_near({3, 3, 3, 3}, g(function(x) return T.concat({x, x, x}, 1) end))
    -- d/dA sum(A A) = 1 A' + A' 1
    assert_near({3 + 4, 7 + 4, 3 + 6, 7 + 6}, g(function(x) return T.matmul(x, x) end))
    assert_near({4, 4, 4, 4}, g(function(x)
      local y = x
      for _ = 1, 2 do y = y + y end
      return y
    end))
  end)

  it("leaves its argument alone", function()
    local x = T.tensor{1, 2}
    T.grad(function(y) return T.sum(T.square(y)) end)(x)
    assert.is_false(recorded(x))
    assert_near({1, 2}, x)
  end)

  it("records nothing that does not lead back to its argument", function()
    T.grad(function(x)
      assert.is_false(recorded(T.ones{3} * 2))
      assert.is_false(recorded(T.stop_gradient(x) * 2))
      assert.is_false(recorded(T.step(x)))
      assert.is_true(recorded(x * 2))
      return x
    end)(T.tensor(1))
    assert.is_false(recorded(T.ones{3} * 2))
  end)

  it("holds constant what stop_gradient stops, tree and all", function()
    local g = T.grad(function(p)
      local q = T.stop_gradient(p)
      assert.are.equal("kept", q.name)
      return p.x * q.x * q.list[1]
    end)({x = T.tensor(3), list = {T.tensor(5)}, name = "kept"})
    assert_near({15}, g.x)
    assert_near({0}, g.list[1])
  end)

  it("ends the memory of its graph with itself", function()
    local x = T.ones{1000}
    local f = T.grad(function(y)
      for _ = 1, 50 do y = T.sin(y) end
      return T.sum(y)
    end)
    f(x):release()
    collectgarbage()
    local live = core.memory().live
    f(x):release()
    collectgarbage()
    assert.are.equal(live, core.memory().live)
  end)
end)

describe("value_and_grad", function()
  it("gives the value, the gradient and the further results of one run", function()
    local runs = 0
    local value, g, more, text = T.value_and_grad(function(x)
      runs = runs + 1
      return T.sum(x * x), x * 2, "text"
    end)(T.tensor{1, 2, 3})
    assert.are.equal(1, runs)
    assert.are.equal(14, value:item())
    assert_near({2, 4, 6}, g)
    assert_near({2, 4, 6}, more)
    assert.are.equal("text", text)
    assert.is_false(recorded(value) or recorded(g) or recorded(more))
  end)

  it("inside of itself keeps the history that the outer one needs", function()
    local g = T.grad(function(x)
      local value, inner = T.value_and_grad(function(y) return y * y * x end)(x)
      assert.is_true(recorded(value))
      return value + inner       -- x^3 + 2 x^2
    end)(T.tensor(3))
    assert_near({27 + 12}, g)
  end)
end)

describe("derivatives of derivatives", function()
  it("of tanh up to the third are its closed forms", function()
    local d1 = derivative(T.tanh)
    local d2 = derivative(d1)
    local d3 = derivative(d2)
    local x, t = T.tensor(points), map(points, function(v)
      return (math.exp(v) - math.exp(-v)) / (math.exp(v) + math.exp(-v))
    end)
    assert_near(map(t, function(v) return 1 - v ^ 2 end), d1(x))
    assert_near(map(t, function(v) return -2 * v * (1 - v ^ 2) end), d2(x))
    assert_near(map(t, function(v) return (1 - v ^ 2) * (6 * v ^ 2 - 2) end), d3(x))
  end)

  it("of exp are exp, six times over", function()
    local f = T.exp
    for _ = 1, 6 do f = derivative(f) end
    assert_near(map(points, math.exp), f(T.tensor(points)))
  end)

  it("of x^5 end at zero", function()
    local f, factor = function(x) return x * x * x * x * x end, 1
    for n = 5, 0, -1 do
      assert_near(map(points, function(x) return factor * x ^ n end), f(T.tensor(points)))
      f, factor = derivative(f), factor * n
    end
    assert_near({0, 0, 0, 0, 0, 0}, f(T.tensor(points)))
  end)

  it("are sums that change nothing but themselves, in whatever order their parts come", function()
    local seed = T.tensor{1, -2, 3}
    for _, f in ipairs{
      function(p) return (p.a + p.b) + p.a * 3 end,
      function(p) return p.a * 3 + (p.a + p.b) end,
      function(p) return (p.a + p.a) + (p.a + p.b) + p.a end,
      function(p) return p.a + (p.b + p.a) + (p.a + p.a) end,
    } do
      local _, pullback = T.vjp(f, {a = T.ones{3}, b = T.ones{3}})
      for _ = 1, 2 do
        local g = pullback(seed)
        assert.are.same({4, -8, 12}, items(g.a))
        assert.are.same({1, -2, 3}, items(g.b))
        assert.are.same({1, -2, 3}, items(seed))
      end
    end
  end)

  it("are those of a critic's gradient penalty, which for <w, x> is (|w| - 1)^2", function()
    local function critic(params, x) return T.reshape(x, {#x, 4}):matmul(params.w) end
    local function penalty(params, x)   -- as in the head of teasel.grad
      local slope = T.grad(function(y) return T.sum(critic(params, y)) end)(x)
      local norm = T.sqrt(T.sum(T.square(slope), {2, 3, 4}) + 1e-12)
      return T.mean(T.square(norm - 1))
    end
    local w, norm = {2, -1, 0, 2}, math.sqrt(9 + 1e-12)
    local value, g = T.value_and_grad(penalty)({w = T.tensor{{2}, {-1}, {0}, {2}}},
      T.stream(1):normal{5, 2, 2, 1})
    assert_near({(norm - 1)^2}, value)
    assert_near(map(w, function(v) return 2 * (norm - 1) * v / norm end), g.w)
  end)

  it("do not confuse an inner variable with an outer one", function()
    local x = T.tensor(3)
    -- d/dx x d/dy (x + y) = 1
    assert_near({1}, T.grad(function(a)
      return a * T.grad(function(b) return a + b end)(T.tensor(1))
    end)(x))
    -- the same where the inner variable is made of the outer one
    assert_near({1}, T.grad(function(a)
      return a * T.grad(function(b) return a + b end)(a)
    end)(x))
    -- d/dx x d/dy (x y) = d/dx x^2
    assert_near({6}, T.grad(function(a)
      return a * T.grad(function(b) return a * b end)(a)
    end)(x))
    -- d/dx [d/dy x y^2 at y = x] = d/dx 2 x^2
    assert_near({12}, T.grad(function(a)
      return T.grad(function(b) return a * b * b end)(a)
    end)(x))
    -- three deep: d/dx [x d/dy (y d/dz x y z)] = d/dx [x d/dy (x y^2)] = d/dx 2 x^2 y
    assert_near({4 * 3 * 5}, T.grad(function(a)
      return a * T.grad(function(b)
        return b * T.grad(function(c) return a * b * c end)(T.tensor(7))
      end)(T.tensor(5))
    end)(x))
  end)

  it("reach outer variables through closures, results and pullbacks", function()
    local x = T.tensor(2)
    assert_near({3 * 4 + 4}, T.grad(function(a)
      local kept
      local g = T.grad(function(b)
        kept = a * a
        return a * a * b * b / 2
      end)(a)                          -- x^3
      return g + kept                  -- 3 x^2 + 2 x
    end)(x))
    assert_near({5}, T.grad(function(a)
      local _, pullback = T.vjp(function(b) return b * 5 end, T.tensor(1))
      return pullback(a)               -- linear in the outer variable
    end)(x))
  end)

  it("through stop_gradient see a constant", function()
    assert_near({9}, T.grad(function(a)
      return a * T.stop_gradient(T.grad(function(b) return b * b * b / 3 end)(a))
    end)(T.tensor(3)))
  end)

  it("are taken along branches of Lua's own", function()
    local function f(x)
      local y = T.tensor(1)
      for _ = 1, x:item() > 1 and 3 or 2 do y = y * x end
      return y
    end
    assert_near({3 * 4}, derivative(f)(T.tensor(2)))
    assert_near({2 * 0.5}, derivative(f)(T.tensor(0.5)))
    assert_near({6 * 2}, derivative(derivative(f))(T.tensor(2)))
  end)
end)

describe("vjp", function()
  it("gives the value and a pullback that runs the function no more", function()
    local runs = 0
    local y, pullback = T.vjp(function(x)
      runs = runs + 1
      return x * x
    end, T.tensor{1, 2, 3})
    assert_near({1, 4, 9}, y)
    assert.is_false(recorded(y))
    assert_near({2, 0, 0}, pullback(T.tensor{1, 0, 0}))
    assert_near({0, 4, 0}, pullback(T.tensor{0, 1, 0}))
    assert_near({2, 0, 0}, pullback(T.tensor{1, 0, 0}))
    assert_near({2, 40, 600}, pullback(T.tensor{1, 10, 100}))
    assert.are.equal(1, runs)
  end)

  it("takes trees in and out", function()
    local y, pullback, more = T.vjp(function(p, k)
      return {sum = p.a + p.b, product = {p.a * p.b * k}}, "more"
    end, {a = T.tensor(2), b = T.tensor(3)}, T.tensor(10))
    assert_near({60}, y.product[1])
    assert.are.equal("more", more)
    local g = pullback({sum = T.tensor(1), product = {T.tensor(100)}})
    assert_near({1 + 100 * 30}, g.a)
    assert_near({1 + 100 * 20}, g.b)
  end)

  it("adds up two outputs that are one tensor, or the argument itself", function()
    local _, pullback = T.vjp(function(x)
      local y = x * 3
      return {y, y, x}
    end, T.tensor(1))
    assert_near({3 + 30 + 100}, pullback{T.tensor(1), T.tensor(10), T.tensor(100)})
  end)

  it("of a vjp is what is differentiated twice", function()
    local x, v = T.tensor(points), T.tensor{1, 2, 3, 4, 5, 6}
    local g = T.grad(function(a)
      local _, pullback = T.vjp(T.sin, a)
      return T.sum(pullback(v))          -- v cos x
    end)(x)
    local n = 0
    assert_near(map(points, function(a)
      n = n + 1
      return -n * math.sin(a)
    end), g)
  end)
end)

describe("jvp", function()
  it("of a linear map is the map itself", function()
    local a = T.tensor{{1, 2, 3}, {4, 5, 6}}
    local y, d = T.jvp(function(x) return T.matmul(a, x) end, T.ones{3, 1}, T.tensor{{1}, {0}, {2}})
    assert_near({6, 15}, y)
    assert_near({7, 16}, d)
    assert.is_false(recorded(y) or recorded(d))
  end)

  it("moves along trees and gives a tree", function()
    local y, d = T.jvp(function(p) return {p.a * p.b, {p.a + p.b}} end,
      {a = T.tensor(2), b = T.tensor(3)}, {a = T.tensor(10), b = T.tensor(1)})
    assert_near({6}, y[1])
    assert_near({3 * 10 + 2 * 1}, d[1])
    assert_near({11}, d[2][1])
  end)

  it("is zero along what the value does not depend on", function()
    local _, d = T.jvp(function(p) return p.a * 2 end, {a = T.tensor(1), b = T.tensor(1)},
      {a = T.tensor(0), b = T.tensor(5)})
    assert_near({0}, d)
  end)

  it("can be differentiated", function()
    -- d/dx of 2 x v at v = 5
    assert_near({10}, T.grad(function(x)
      local _, d = T.jvp(function(a) return a * a end, x, T.tensor(5))
      return d
    end)(T.tensor(3)))
  end)
end)

-- A function of three numbers whose Hessian is written out:
-- f = x^2 y + y^3 / 3 + x sin z
local function f3(p)
  local x, y, z = p[1], p[2], p[3]
  return x * x * y + y * y * y / 3 + x * T.sin(z)
end

local function hessian3(x, y, z)
  return {
    {2 * y, 2 * x, math.cos(z)},
    {2 * x, 2 * y, 0},
    {math.cos(z), 0, -x * math.sin(z)},
  }
end

describe("hvp", function()
  it("is the Hessian times a vector", function()
    local x, y, z = 0.7, -1.2, 2.1
    local at, h = T.tensor{x, y, z}, hessian3(x, y, z)
    for _, v in ipairs{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.3, -2, 5}} do
      local wanted = map(h, function(row) return row[1] * v[1] + row[2] * v[2] + row[3] * v[3] end)
      local got = T.hvp(f3, at, T.tensor(v))
      assert_near(wanted, got)
      assert.is_false(recorded(got))
    end
  end)

  it("is the same by reverse over reverse and by jvp of the gradient", function()
    local at, v = T.tensor{0.7, -1.2, 2.1}, T.tensor{0.3, -2, 5}
    local _, d = T.jvp(T.grad(f3), at, v)
    assert_near(items(d), T.hvp(f3, at, v))
  end)

  it("takes trees and passes further arguments on", function()
    local h = T.hvp(function(p, k) return p.a * p.a * p.b * k end,
      {a = T.tensor(2), b = T.tensor(3)}, {a = T.tensor(1), b = T.tensor(10)}, T.tensor(100))
    assert_near({100 * (2 * 3 * 1 + 2 * 2 * 10)}, h.a)
    assert_near({100 * (2 * 2 * 1)}, h.b)
  end)
end)

-- a smooth network of several kinds of ops: [6] -> number
local function network(x)
  local w = T.sin(T.reshape(T.arange(1, 24), {6, 4}))
  local h = T.tanh(T.matmul(T.reshape(x, {1, 6}), w))
  local image = T.reshape(T.concat({h, T.sigmoid(h), T.sin(h), T.square(h)}, 2), {1, 4, 4, 1})
  local y = T.conv(image, T.cos(T.reshape(T.arange(1, 18), {3, 3, 1, 2})), {pad = "same"})
  y = T.softmax(T.reshape(T.normalize(y, {1, 2, 3}, 1e-3), {4, 8}), -1)
  return T.logsumexp(y * T.reshape(T.linspace(-1, 2, 32), {4, 8}))
end

if double then
  describe("in double precision", function()
    local x = T.tensor{0.3, -0.8, 1.1, 0.2, -0.4, 0.9}
    local v = T.tensor{0.5, -1, 0.25, 2, -0.75, 1}

    it("grad equals differences of the value", function()
      assert_near(differences(network, x, 1e-3), T.grad(network)(x), 1e-8)
    end)

    it("jvp equals differences of the value along its direction", function()
      local _, d = T.jvp(network, x, v)
      local along = differences(function(t) return network(x + v * t) end, T.tensor(0), 1e-3)
      assert_near(along, d, 1e-8)
    end)

    it("jvp and vjp are adjoint", function()
      local f = function(a) return T.tanh(T.matmul(T.reshape(a, {2, 3}), T.ones{3, 4} * a[1])) end
      local _, d = T.jvp(f, x, v)
      local w = T.sin(T.reshape(T.arange(1, 8), {2, 4}))
      local _, pullback = T.vjp(f, x)
      assert_near({T.inner(w, d):item()}, T.inner(pullback(w), v), 1e-13)
    end)

    it("hvp equals differences of the gradient", function()
      local along = {}
      for i = 1, 6 do
        along[i] = differences(function(t) return T.grad(network)(x + v * t)[i] end, T.tensor(0),
          1e-3)[1]
      end
      assert_near(along, T.hvp(network, x, v), 1e-7)
    end)

    it("the Hessian of a network is symmetric", function()
      local rows = {}
      for i = 1, 6 do rows[i] = T.hvp(network, x, T.one_hot(T.tensor{i}, 6)[1]) end
      local h = T.stack(rows)
      local largest = T.max(T.abs(h)):item()
      assert.is_true(largest > 1e-3)
      assert.is_true(T.max(T.abs(h - T.permute(h))):item() < 1e-13 * largest)
    end)
  end)
end
