-- T.unrolled_gan: a GAN whose generator sees its discriminator some steps ahead, as one piece.

local T = require "teasel"

describe("an unrolled GAN", function()
  local nn, optim = T.nn, T.optim
  local model = {generator = nn.chain{nn.linear(3, 4), nn.tanh, nn.linear(4, 2)},
    critic = nn.chain{nn.linear(2, 4), nn.tanh, nn.linear(4, 1)}}
  local x = T.stream(9):normal{6, 2}

  local function of_D(D, real, Gz) return T.softplus(-D(real)):mean() + T.softplus(D(Gz)):mean() end
  local function of_G(D_K, _, Gz) return T.softplus(-D_K(Gz)):mean() end

  local function new(more)
    local options = {D = of_D, G = of_G, K = 2, noise = 3, noise_from = "gaussian", lr_d = 0.1,
      lr_g = 0.01}
    for name, value in pairs(more or {}) do options[name] = value end
    return T.unrolled_gan(model, T.stream(1), options)
  end

  -- both steps, written out with grad and Adam alone
  local function by_hand(K, through)
    local g = model.generator:init(T.stream(1):split "generator")
    local d = model.critic:init(T.stream(1):split "critic")
    local adam_d, adam_g = optim.adam{lr = 0.1, b1 = 0.5}, optim.adam{lr = 0.01, b1 = 0.5}
    local state_d, z = adam_d:init(d), T.stream(2):normal{6, 3}
    local function slope_of_D(p, Gz)
      return (T.grad(function(critic)
        return of_D(function(points) return model.critic(critic, points) end, x, Gz)
      end)(p))
    end
    local slope = T.grad(function(own)
      local Gz = model.generator(own, z)
      local p, state = d, state_d
      for _ = 1, K do
        p, state = adam_d:step(p, slope_of_D(p, through and Gz or T.stop_gradient(Gz)), state)
      end
      return of_G(function(points) return model.critic(p, points) end, x, Gz)
    end)(g)
    adam_d:update(d, slope_of_D(d, model.generator(g, z)), state_d)
    adam_g:update(g, slope, adam_g:init(g))
    return {generator = g, critic = d}
  end

  it("takes one step of both, the generator's through K steps of the discriminator", function()
    local found = {}
    for i, row in ipairs{{0, true}, {2, true}, {2, false}} do
      local net, wanted = new{K = row[1], through = row[2]}, by_hand(row[1], row[2])
      net:step(x, T.stream(2))
      for _, name in ipairs{"generator", "critic"} do
        local a, b = T.tree.leaves(wanted[name]), T.tree.leaves(net.params[name])
        for j in ipairs(a) do assert.near(0, (a[j] - b[j]):abs():max():item(), 1e-5) end
      end
      found[i] = T.concat{T.tree.leaves(net.params.generator)[1]:reshape{-1}}:data()
    end
    assert.are_not.equal(found[1], found[2])
    assert.are_not.equal(found[2], found[3])
  end)

  it("computes the steps of the discriminator twice where it is asked to", function()
    local nets, calls = {}, {}
    for i, again in ipairs{false, true} do
      calls[i] = 0
      nets[i] = new{recompute = again, D = function(...)
        calls[i] = calls[i] + 1
        return of_D(...)
      end}
      nets[i]:step(x, T.stream(2))
    end
    assert.same({3, 5}, calls)   -- its own step, and two that the generator sees
    local a, b = T.tree.leaves(nets[1].params), T.tree.leaves(nets[2].params)
    for j in ipairs(a) do assert.near(0, (a[j] - b[j]):abs():max():item(), 1e-5) end
  end)

  it("reports what each minimises, or the terms that it gives", function()
    local terms = new():step(x, T.stream(2))
    assert.is_true(terms.d_loss:item() > 0 and terms.g_loss:item() > 0)
    terms = new{G = function(D_K, _, Gz)
      local value = of_G(D_K, x, Gz)
      return value, {f = value}
    end}:step(x, T.stream(2))
    assert.is_nil(terms.g_loss)
    assert.is_true(terms.f:item() > 0)
  end)

  it("draws from the noise that it was trained on, by running statistics", function()
    local net = new{noise_from = "uniform"}
    local z = net:view().prior(T.stream(3), 500)
    assert.is_true(z:min():item() >= -1 and z:max():item() <= 1 and z:max():item() > 0.9)
    assert.is_true(new():view().prior(T.stream(3), 500):max():item() > 1.5)
    assert.equal(model.generator(net.params.generator, z):data(), net:view().decode(z):data())
    assert.is_nil(net.state.stats)
    assert.same({}, net:view():swept())
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() new{noise_from = "cauchy"} end,
      "unrolled_gan: noise_from: got the option 'cauchy', wanted one of: gaussian, uniform")
    assert.error_matches(function() new{K = -1} end, "unrolled_gan: option 'K': got %-1")
    assert.error_matches(function() new{D = 3} end, "unrolled_gan: option 'D': got 3")
  end)
end)
