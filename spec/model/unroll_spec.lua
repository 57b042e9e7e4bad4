-- Unrolled optimization (Metz et al. 2017): a player is judged by the other one's parameters
-- after some steps of their optimizer, and the gradient goes through all of these steps.

local T = require "teasel"
local core = require "teasel.core"
local nn, optim, tree = T.nn, T.optim, T.tree

local double = core.double

-- The quadratic game. The inner player minimises a/2 y^2 - b x y in y by K steps of gradient
-- descent with rate eta, so with r = 1 - eta a
--   y_{k+1} = y_k - eta (a y_k - b x) = r y_k + (1 - r) (b/a) x
--   y_K     = r^K y_0 + (1 - r^K) (b/a) x
-- The outer player minimises c/2 x^2 + d x y_K in x:
--   d/dx    = c x + d y_K + d x (1 - r^K) b/a
--   d2/dx2  = c + 2 d (1 - r^K) b/a
-- of which the first two terms of d/dx are all that is left when y_K is taken as a constant.
-- Several games are played at once, item by item; r goes from 0.95 to -1.5.
describe("an unrolled quadratic game", function()
  local ETA, STEPS, C, D = 0.1, 5, 0.8, -1.7
  local A, B = {0.5, 2, 9, 15, 25}, {1, -1, 3, 0.5, 2}
  local X, Y = {0.3, -1, 2, 0.7, 1.5}, {1, 0.5, -2, 0, 3}
  local a, b, x, y = T.tensor(A), T.tensor(B), T.tensor(X), T.tensor(Y)
  local sgd = optim.sgd{lr = ETA}

  local inner = T.grad(function(p, q) return T.sum(a / 2 * p * p - b * q * p) end)

  local function unrolled(q, stop)
    local p, state = y, sgd:init(y)
    for _ = 1, STEPS do p, state = sgd:step(p, inner(p, q), state) end
    if stop then p = T.stop_gradient(p) end
    return T.sum(C / 2 * q * q + D * q * p), p
  end

  -- f(i, r^K, y_K, (1 - r^K) b/a) for every game
  local function closed(f)
    local t = {}
    for i = 1, #A do
      local power = (1 - ETA * A[i]) ^ STEPS
      local slope = (1 - power) * B[i] / A[i]
      t[i] = f(i, power * Y[i] + slope * X[i], slope)
    end
    return t
  end

  local function assert_near(wanted, got)
    for i, v in ipairs(got:head(got:size())) do
      local allowed = (double and 1e-13 or 1e-5) * math.max(math.abs(wanted[i]), 1)
      if not (math.abs(v - wanted[i]) <= allowed) then
        error(("game %d: got %.17g, wanted %.17g"):format(i, v, wanted[i]), 2)
      end
    end
  end

  it("ends where its closed form ends", function()
    local _, p = unrolled(x)
    assert_near(closed(function(_, last) return last end), p)
  end)

  it("has the gradient of its closed form", function()
    assert_near(closed(function(i, last, slope) return C * X[i] + D * last + D * X[i] * slope end),
      (T.grad(unrolled)(x)))
  end)

  it("has the second derivative of its closed form", function()
    assert_near(closed(function(_, _, slope) return C + 2 * D * slope end),
      T.hvp(unrolled, x, T.ones{#A}))
  end)

  it("without the gradient through the steps has the first terms only, which differ", function()
    local first = closed(function(i, last) return C * X[i] + D * last end)
    local g = T.grad(unrolled)(x, true)
    assert_near(first, g)
    local whole = T.grad(unrolled)(x)
    for _, gap in ipairs((whole - g):head(#A)) do assert.is_true(math.abs(gap) > 0.01) end
  end)

  it("is played with the gradient taken once more inside of the inner player's steps", function()
    -- the inner player follows the gradient of |gradient|^2 / 2: a (a y - b x)
    local function consensus(q)
      local p = y
      for _ = 1, STEPS do
        p = p - ETA / 100 * T.grad(function(z) return T.sum(T.square(inner(z, q))) / 2 end)(p)
      end
      return T.sum(C / 2 * q * q + D * q * p), p
    end
    local g, last = T.grad(consensus)(x)
    local wanted, slopes = {}, {}
    for i = 1, #A do
      local power = (1 - ETA / 100 * A[i] ^ 2) ^ STEPS
      slopes[i] = (1 - power) * B[i] / A[i]
      wanted[i] = power * Y[i] + slopes[i] * X[i]
    end
    assert_near(wanted, last)
    for i = 1, #A do wanted[i] = C * X[i] + D * wanted[i] + D * X[i] * slopes[i] end
    assert_near(wanted, g)
  end)
end)

-- A small GAN: the discriminator, convolutional and batch-normed, takes five steps of Adam on the
-- generator's images; the generator's loss is taken from the discriminator after them.
local STEPS = 5

local function game()
  local stream = T.stream(7, "unroll")
  local train = {train = true}
  local generator = nn.chain{nn.linear(3, 2 * 2 * 4), nn.reshape{2, 2, 4}, nn.batch_norm(4),
    nn.tanh, nn.deconv(4, 1, {kernel = 4, stride = 2, pad = 1}), nn.tanh}
  local critic = nn.chain{nn.conv(1, 3, {kernel = 3, pad = "same"}), nn.batch_norm(3), nn.tanh,
    nn.conv(3, 4, {kernel = 3, stride = 2, pad = 1, bias = false}), nn.batch_norm(4), nn.softplus,
    nn.flatten, nn.linear(2 * 2 * 4, 1)}
  local g, d = generator:init(stream:split "g"), critic:init(stream:split "d")
  local real, z = stream:normal{6, 4, 4, 1}, stream:normal{6, 3}

  local critic_grad = T.grad(function(weights, fake)
    return T.mean(T.softplus(-critic(weights, real, train)))
      + T.mean(T.softplus(critic(weights, fake, train)))
  end)

  -- the generator's loss after the critic's steps, from all that it can be differentiated in
  local function loss(p, stop)
    local adam = optim.adam{lr = function() return p.rate end, b1 = 0.5}
    local fake = generator(p.generator, z, train)
    local weights, state = p.critic, adam:init(p.critic)
    for _ = 1, STEPS do
      weights, state = adam:step(weights, critic_grad(weights, fake), state)
    end
    if stop then weights = T.stop_gradient(weights) end
    return T.mean(T.softplus(-critic(weights, fake, train))), weights, state
  end

  return loss, {generator = g, critic = d, rate = T.tensor(0.01)}
end

-- Adam's first step is nearly the sign of a gradient, so the loss bends sharply where a gradient
-- is small and a longer step would see the bend. The error that is left is the rounding, 1e-10.
local STEP = 1e-6

-- df/dt at 0 by 4-point differences
local function difference(f)
  return (8 * (f(STEP) - f(-STEP)) - (f(2 * STEP) - f(-2 * STEP))) / (12 * STEP)
end

-- d loss / d (item i of the leaf-th tensor of x)
local function partial(loss, x, leaf, i)
  local list = tree.leaves(x)
  return difference(function(t)
    local moved = table.move(list, 1, #list, 1, {})
    local flat = list[leaf]:head(list[leaf]:size())
    flat[i] = flat[i] + t
    moved[leaf] = T.reshape(T.tensor(flat), list[leaf]:shape())
    return loss(tree.build(x, moved)):item()
  end)
end

if double then
  describe("the gradient through five steps of Adam of a batch-normed convolutional net", function()
    local loss, x = game()
    local g = T.grad(loss)(x)
    local gradients, names = tree.leaves(g)

    for k, name in ipairs(names) do
      it("equals differences in " .. name, function()
        local flat, largest = gradients[k]:head(gradients[k]:size()), 0
        for c = 1, math.min(5, #flat) do
          local i = 1 + (c - 1) * 7 % #flat
          local wanted = partial(loss, x, k, i)
          largest = math.max(largest, math.abs(wanted))
          assert(math.abs(flat[i] - wanted) < 1e-6 * math.max(math.abs(wanted), 0.01),
            ("item %d: got %.17g, differences give %.17g"):format(i, flat[i], wanted))
        end
        -- the batch norm takes out the bias before it
        assert.are.equal(name ~= "critic.1.bias", largest > 0.01)
      end)
    end

    it("is not the gradient of the loss with the steps held constant", function()
      local first = T.grad(loss)(x, true)
      local whole, part = g.generator[1].weight, first.generator[1].weight
      assert.is_true(T.norm(whole - part):item() > 0.01 * T.norm(whole):item())
      assert.are.equal(0, first.rate:item())
      assert.are_not.equal(0, g.rate:item())
    end)

    it("can be differentiated once more, which equals differences of itself", function()
      local v = T.sin(T.reshape(T.arange(1, 48), {3, 16}))
      local function along(t)
        local p = {generator = tree.map(function(w) return w end, x.generator), critic = x.critic,
          rate = x.rate}
        p.generator[1] = {weight = x.generator[1].weight + v * t, bias = x.generator[1].bias}
        return (loss(p))
      end
      local slope = T.grad(along)
      local curvature = T.grad(slope)(T.tensor(0)):item()
      local wanted = difference(function(t) return slope(T.tensor(t)):item() end)
      assert.is_true(math.abs(wanted) > 1e-2)
      assert(math.abs(curvature - wanted) < 1e-6 * math.abs(wanted),
        ("got %.17g, differences give %.17g"):format(curvature, wanted))
    end)
  end)
end

describe("five virtual steps of Adam", function()
  local loss, x = game()

  it("leave the weights alone", function()
    local function data(p)
      local list = {}
      for k, w in ipairs((tree.leaves(p))) do list[k] = w:data() end
      return list
    end
    local before = data(x)
    local _, weights, state = loss(x)
    assert.are.same(before, data(x))
    assert.are.equal(STEPS, state.t)
    assert.are_not.same(data(x.critic), data(weights))
  end)

  it("give the same value inside of grad and outside of it", function()
    local outside = loss(x)
    local inside = T.value_and_grad(loss)(x)
    assert.are.equal(outside:item(), inside:item())
  end)
end)
