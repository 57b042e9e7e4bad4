-- The generator's loss after K steps of the discriminator's Adam, as the experiments on unrolled
-- GANs use it: gan.unroll inside of grad.

local T = require "teasel"
local core = require "teasel.core"
local gan, nn, optim, tree = T.gan, T.nn, T.optim, T.tree

local STEP = 3e-7   -- of differences; a longer one would see the bends of Adam and of leaky ReLU

local function data_of(t)
  local list = {}
  for i, leaf in ipairs((tree.leaves(t))) do list[i] = leaf:data() end
  return list
end

-- A game of one kind: the networks, a state of D's Adam that was in use, and one batch.
--   f(generator, K, first, ending) -> f_K in the weights of the generator; first "constant": the
--   weights after the steps are taken as constant; "unseen": the images in the steps are, as in the
--   experiments' --through false; ending: a function of D_K and the images instead of f
local function game(model, real, z, rate)
  local params, stats = gan.init(model, T.stream(11, "weights"))
  -- weights of 0.02 make so small a network forget its input
  params = tree.map(function(w) return w:rank() > 1 and w * 8 or w end, params)
  local adam = optim.adam{lr = rate, b1 = 0.5}
  local state = adam:init(params.critic)
  local slope = T.grad(function(critic, fake)
    return (gan.critic_loss(model, critic, real, fake))
  end)
  for _ = 1, 3 do
    local fake = gan.generate(model, params.generator, z)
    adam:update(params.critic, slope(params.critic, fake), state)
  end
  local function f(generator, steps, first, ending)
    local fake = gan.generate(model, generator, z)
    local seen = first == "unseen" and T.stop_gradient(fake) or fake
    local critic, after = gan.unroll(adam, steps, params.critic, state, function(c)
      return (slope(c, seen))
    end)
    if first == "constant" then critic = T.stop_gradient(critic) end
    local loss = ending and ending(critic, fake) or -gan.critic_loss(model, critic, real, fake)
    return loss, critic, after
  end
  return {model = model, params = params, stats = stats, adam = adam, state = state, real = real,
    z = z, f = f}
end

local function mlp_game()
  local stream = T.stream(3, "mlp")
  return game({
    generator = nn.chain{nn.linear(4, 8), nn.tanh, nn.linear(8, 2)},
    trunk = nn.chain{nn.linear(2, 8), nn.tanh, nn.linear(8, 8), nn.tanh},
    d_head = nn.linear(8, 1),
  }, stream:split("real"):normal{16, 2}, stream:split("z"):normal{16, 4}, 5e-3)
end

local function mnist_game()
  local stream = T.stream(4, "mnist")
  local latents = T.latents{noise = 6, {"categorical", 10}, {"uniform", 2}}
  return game(gan.mnist(latents, {width = 1 / 16}), stream:split("real"):uniform{4, 28, 28, 1},
    latents:sample(stream:split("z"), 4), 1e-3)
end

-- The derivative of f along a direction by 4-point differences.
local function difference(f, at, along)
  local function value(t)
    return f(tree.map(function(x, v) return x + v * t end, at, along)):item()
  end
  return (8 * (value(STEP) - value(-STEP)) - (value(2 * STEP) - value(-2 * STEP))) / (12 * STEP)
end

local function norm(t) return math.sqrt(T.inner(t, t):item()) end

local GAMES = {{"an MLP", mlp_game, 5}, {"the MNIST networks with batch norm", mnist_game, 3}}

for _, row in ipairs(GAMES) do
  local name, make, steps = table.unpack(row)
  describe("the unrolled loss of " .. name, function()
    local g = make()
    local generator = g.params.generator

    it("with K = 0 is the plain loss, with its gradient, bit for bit", function()
      local plain = T.value_and_grad(function(p)
        return -gan.critic_loss(g.model, g.params.critic, g.real, gan.generate(g.model, p, g.z))
      end)
      local value, slope = plain(generator)
      local unrolled, unrolled_slope = T.value_and_grad(g.f)(generator, 0)
      assert.equal(value:data(), unrolled:data())
      assert.same(data_of(slope), data_of(unrolled_slope))
      assert.is_true(norm(slope) > 1e-4)
    end)

    it("differs from that with the first term only, of the same value", function()
      local value, whole = T.value_and_grad(g.f)(generator, steps)
      local same, first = T.value_and_grad(g.f)(generator, steps, "constant")
      assert.equal(value:data(), same:data())
      local gap = tree.map(function(a, b) return a - b end, whole, first)
      assert.is_true(norm(gap) > 0.01 * norm(whole), ("%g of %g"):format(norm(gap), norm(whole)))
      assert.same(data_of(first), data_of((T.grad(g.f)(generator, steps, "unseen"))))
    end)

    it("leaves D's weights, slots and statistics alone, bit for bit", function()
      local before = {data_of(g.params), data_of(g.state.slots), data_of(g.stats), g.state.t}
      T.grad(g.f)(generator, steps)
      assert.same(before, {data_of(g.params), data_of(g.state.slots), data_of(g.stats), g.state.t})
      local _, critic, after = g.f(generator, steps)
      assert.equal(g.state.t + steps, after.t)
      assert.are_not.same(data_of(g.params.critic), data_of(critic))
    end)

    it("takes the steps that the optimizer would take", function()
      local fake = gan.generate(g.model, generator, g.z)
      local weights, state = tree.copy(g.params.critic), {t = g.state.t,
        slots = tree.copy(g.state.slots)}
      for _ = 1, steps do
        local grads = T.grad(function(c)
          return (gan.critic_loss(g.model, c, g.real, fake))
        end)(weights)
        g.adam:update(weights, grads, state)
      end
      local _, critic = g.f(generator, steps)
      local gap = tree.map(function(a, b) return a - b end, weights, critic)
      assert.is_true(norm(gap) <= 1e-4 * norm(tree.map(function(a, b) return a - b end, weights,
        g.params.critic)))
    end)

    if core.double then
      -- -E log D_K(G(z)), which the experiments' G minimises
      local function unsaturated(critic, fake)
        return gan.generator_loss((gan.judge(g.model, critic, fake)))
      end

      local function compare(ending)
        local slope = T.grad(g.f)(generator, steps, nil, ending)
        for direction = 1, 4 do
          local stream, i = T.stream(direction, "direction"), 0
          local along = tree.map(function(x)
            i = i + 1
            return stream:split(tostring(i)):normal(x:shape())
          end, generator)
          local length = norm(along)
          along = tree.map(function(x) return x / length end, along)
          local wanted = difference(function(p) return (g.f(p, steps, nil, ending)) end, generator,
            along)
          local got = T.inner(slope, along):item()
          assert(math.abs(got - wanted) < 1e-5 * math.abs(wanted),
            ("direction %d: got %.12g, differences give %.12g"):format(direction, got, wanted))
        end
      end

      it("has the gradient that differences give", function() compare() end)

      it("has it with the loss that does not saturate, too", function() compare(unsaturated) end)

      it("has that gradient in every weight of the first and the last layer", function()
        local slope, leaves = T.grad(g.f)(generator, steps), (tree.leaves(generator))
        local gradients = tree.leaves(slope)
        for _, k in ipairs{1, #leaves} do
          local n = leaves[k]:size()
          for c = 0, 3 do
            local at = 1 + c * 7 % n
            local unit = {}
            for i = 1, n do unit[i] = i == at and 1 or 0 end
            local j = 0
            local along = tree.map(function(x)
              j = j + 1
              return j == k and T.tensor(unit):reshape(x:shape()) or T.zeros(x:shape())
            end, generator)
            local wanted = difference(function(p) return (g.f(p, steps)) end, generator, along)
            local got = gradients[k]:head(n)[at]
            assert(math.abs(got - wanted) < 1e-5 * math.max(math.abs(wanted), 1e-3 * norm(slope)),
              ("leaf %d, item %d: got %.12g, differences give %.12g"):format(k, at, got, wanted))
          end
        end
      end)
    end
  end)
end

-- The game of one number each: D descends a/2 y^2 - b x y, so with r = 1 - eta a after K steps
-- y_K = r^K y + (1 - r^K) (b/a) x, and of d x y_K the derivative in x is d y_K + d x (1 - r^K) b/a.
describe("the unrolled quadratic game", function()
  local A, B, D, ETA, X, Y = 2, -1.5, 0.7, 0.15, 0.4, 1.3
  local sgd = optim.sgd{lr = ETA}

  local function loss(x, steps)
    local y = T.tensor(Y)
    y = gan.unroll(sgd, steps, y, sgd:init(y), function(p)
      return (T.grad(function(q) return A / 2 * q * q - B * x * q end)(p))
    end)
    return D * x * y
  end

  for _, steps in ipairs{0, 1, 5, 10} do
    it(("has its closed form for K = %d"):format(steps), function()
      local power = (1 - ETA * A) ^ steps
      local reach = (1 - power) * B / A
      local last = power * Y + reach * X
      local value, slope = T.value_and_grad(loss)(T.tensor(X), steps)
      local allowed = core.double and 1e-13 or 1e-6
      assert.is_true(math.abs(value:item() - D * X * last) < allowed)
      assert.is_true(math.abs(slope:item() - (D * last + D * X * reach)) < allowed)
    end)
  end
end)
