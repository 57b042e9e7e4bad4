-- InfoGAN: the paper's quantities and its players.

local T = require "teasel"
local gan, optim, tree = T.gan, T.optim, T.tree

local latents = T.latents{noise = 4, {"categorical", 3, weight = 0.5}, {"uniform", 2, weight = 0.1}}
local model = gan.mnist(latents, {width = 1 / 32})

local function bits(t)
  local list = {}
  for i, leaf in ipairs((tree.leaves(t))) do list[i] = leaf:data() end
  return list
end

local function drawn(step)
  local stream = T.stream(step, "drawn")
  return stream:split("x"):uniform{6, 28, 28, 1}, latents:sample(stream:split("z"), 6)
end

local PAPER = {D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end}

local function players(net, more)
  local o = {D = PAPER.D, G = PAPER.G}
  for name, value in pairs(more or {}) do o[name] = value end
  return net:players(o)
end

describe("an InfoGAN's quantities", function()
  local net = T.infogan(model, latents, T.stream(1))
  local critic = net.params.critic
  local x, z = drawn(1)
  local Gz = gan.generate(model, net.params.generator, z)

  it("are V, log D and lambda L_I of the paper", function()
    local d_x, d_Gz = gan.judge(model, critic, x), gan.judge(model, critic, Gz)
    local V = T.log(T.sigmoid(d_x)):mean() + T.log(1 - T.sigmoid(d_Gz)):mean()
    assert.is_true(math.abs((net:V(critic, x, Gz) - V):item()) < 1e-5)
    local log_D, features = net:log_D(critic, Gz)
    assert.is_true(math.abs((log_D - T.log(T.sigmoid(d_Gz)):mean()):item()) < 1e-5)
    local L_I, each = net:L_I(net.params.q_head, features, z)
    local nll = latents:nll(gan.guess(model, net.params.q_head, features), z)
    assert.same(latents:information(nll):data(), each:data())
    local sum = 0
    for k, value in ipairs(each:table()) do sum = sum + value * latents.weights[k] end
    assert.is_true(math.abs(L_I:item() - sum) < 1e-5)
  end)

  it("move the running statistics only where these are given", function()
    local before = bits(net.stats)
    local _, features = net:V(critic, x, Gz)
    net:L_I(net.params.q_head, features, z)
    assert.same(before, bits(net.stats))
    net:V(critic, x, Gz, net.stats)
    assert.are_not.same(before, bits(net.stats))
  end)

  it("are of images in the range of the networks", function()
    assert.equal(x:data(), net:centred(x):data())
    local shapes = gan.shapes(latents, {width = 1 / 32})
    assert.same({{0, 1}, {-1, 1}}, {model.range, shapes.range})
    local wide = T.infogan(shapes, latents, T.stream(1)):centred(x)
    assert.equal((x * 2 - 1):data(), wide:data())
  end)
end)

describe("an InfoGAN's players", function()
  -- the steps as they are written without players
  local function slow(net, aside)
    local params, stats = net.params, net.stats
    local adam_d, adam_g = optim.adam{lr = 2e-4, b1 = 0.5}, optim.adam{lr = 1e-3, b1 = 0.5}
    local both = {critic = params.critic, q_head = params.q_head}
    local d, g = adam_d:init(both), adam_g:init(params.generator)
    return function(x, z)
      local Gz = gan.generate(model, params.generator, z)
      local grads = T.grad(function(p)
        return (gan.infogan_loss(model, latents, p, x, Gz, z, stats, not aside))
      end)(both)
      adam_d:update(both, grads, d)
      local slope = T.grad(function(p)
        local logit, features = gan.judge(model, params.critic,
          gan.generate(model, p, z, stats.generator))
        local loss = gan.generator_loss(logit)
        if aside then return loss end
        return loss + latents:loss(latents:nll(gan.guess(model, params.q_head, features), z))
      end)(params.generator)
      adam_g:update(params.generator, slope, g)
    end
  end

  for _, aside in ipairs{false, true} do
    it(("step as the two losses say, bit for bit, %s"):format(aside
        and "where Q only watches" or "with L_I"), function()
      local net = T.infogan(model, latents, T.stream(1))
      local other = T.infogan(model, latents, T.stream(1))
      local D, G = players(net, {aside = aside,
        G = function(log_D, L_I) return aside and -log_D or -log_D - L_I end})
      local step = slow(other, aside)
      for i = 1, 3 do
        local x, z = drawn(i)
        T.game.alternating{{D, x, G:forward(z), z}, {G, z}}
        step(x, z)
      end
      assert.same(bits{other.params, other.stats}, bits{net.params, net.stats})
    end)
  end

  it("are those of gan.infogan", function()
    local net = T.infogan(model, latents, T.stream(1))
    local other = T.infogan(model, latents, T.stream(1))
    local D, G = players(net)
    local state, step = gan.infogan{model = model, codes = latents, params = other.params,
      stats = other.stats}
    local x, z = drawn(1)
    local terms, wanted = T.game.alternating{{D, x, G:forward(z), z}, {G, z}}, step(x, z)
    assert.same(bits(state), bits(net.state))
    assert.same({"d_accuracy", "d_loss", "g_loss", "information", "live_mb"}, tree.keys(terms))
    assert.equal(wanted.information:data(), terms.information:data())
  end)

  it("report D's accuracy, the mean share of real and generated images that it knows", function()
    local net = T.infogan(model, latents, T.stream(1))
    local D, G = players(net)
    local x, z = drawn(1)
    local Gz = G:forward(z)
    local on_x = gan.judge(model, net.params.critic, x)
    local on_Gz = gan.judge(model, net.params.critic, Gz)
    local _, terms = D:gradient(x, Gz, z)
    local known = 0
    for _, logit in ipairs(on_x:head(6)) do known = known + (logit > 0 and 1 or 0) end
    for _, logit in ipairs(on_Gz:head(6)) do known = known + (logit < 0 and 1 or 0) end
    assert.is_true(math.abs(terms.d_accuracy:item() - known / 12) < 1e-6)
  end)

  it("smooth the labels of real images only", function()
    local net = T.infogan(model, latents, T.stream(1))
    local D = players(net, {label = 0.9})
    local x, z = drawn(1)
    local Gz = gan.generate(model, net.params.generator, z)
    local p_x = T.sigmoid((gan.judge(model, net.params.critic, x)))
    local p_Gz = T.sigmoid((gan.judge(model, net.params.critic, Gz)))
    local wanted = -(T.log(p_x):mean() * 0.9 + T.log(1 - p_x):mean() * 0.1
      + T.log(1 - p_Gz):mean())
    local _, terms = D:gradient(x, Gz, z)
    assert.is_true(math.abs((terms.d_loss - wanted):item()) < 1e-5)
  end)

  it("show D what `sees` makes of real and generated images", function()
    local net = T.infogan(model, latents, T.stream(1))
    local shown = {}
    local D, G = players(net, {sees = function(images)
      shown[#shown + 1] = images:shape()[1]
      return images * 0
    end})
    local x, z = drawn(1)
    local _, terms = D:gradient(x, G:forward(z), z)
    local black = x * 0
    local logit = gan.judge(model, net.params.critic, black)
    local wanted = T.softplus(-logit):mean() + T.softplus(logit):mean()
    assert.is_true(math.abs((terms.d_loss - wanted):item()) < 1e-5)
    G:gradient(z)
    assert.same({6, 6, 6}, shown)
  end)

  it("keep averages of all weights beside the statistics as they are, and draw by these", function()
    local net = T.infogan(model, latents, T.stream(1))
    local D, G = players(net, {average = 0.75})
    local function values(part)
      local list = {}
      for i, leaf in ipairs((tree.leaves(part))) do list[i] = leaf + 0 end
      return list
    end
    local wanted = values(net.params)
    for i = 1, 3 do
      local x, z = drawn(i)
      T.game.alternating{{D, x, G:forward(z), z}, {G, z}}
      for j, now in ipairs(values(net.params)) do wanted[j] = wanted[j] * 0.75 + now * 0.25 end
    end
    local average = net.state.average
    local got, stats, now = values(average.params), values(average.stats), values(net.stats)
    for j, value in ipairs(wanted) do assert.is_true(T.allclose(value, got[j], {atol = 1e-5})) end
    for j, value in ipairs(now) do assert.is_true(T.equal(value, stats[j])) end
    local _, z = drawn(4)
    assert.equal(gan.view(model, latents, average.params, average.stats).decode(z):data(),
      net:view().decode(z):data())
    assert.are_not.equal(gan.view(model, latents, net.params, net.stats).decode(z):data(),
      net:view().decode(z):data())
  end)

  it("train with spectral norm, whose vectors move once a step and not by looking ahead", function()
    local bound = gan.mnist(latents, {width = 1 / 32, spectral = true, leak = 0.01})
    local net = T.infogan(bound, latents, T.stream(1))
    local D, G = players(net)
    local x, z = drawn(1)
    local before = bits(net.stats.critic)
    net:ahead(2, x, gan.generate(bound, net.params.generator, z))
    assert.same(before, bits(net.stats.critic))
    T.game.alternating{{D, x, G:forward(z), z}, {G, z}}
    local after = bits(net.stats.critic)
    assert.are_not.same(before, after)
    net:view().represent(x)
    assert.same(after, bits(net.stats.critic))
    assert.is_nil(tostring(bound.trunk):find("batch_norm", 1, true))
  end)

  it("look ahead as D's Adam would step on -V, with an Adam for Q or without", function()
    for _, lr_q in ipairs{false, 1e-3} do
      local net = T.infogan(model, latents, T.stream(1))
      local D, G = players(net, {lr_q = lr_q or nil})
      local x, z = drawn(1)
      T.game.alternating{{D, x, G:forward(z), z}, {G, z}}
      local Gz = gan.generate(model, net.params.generator, z)
      local before = bits(net.state)
      local ahead = net:ahead(2, x, Gz)
      assert.same(before, bits(net.state))
      assert.same(bits(net.params.critic), bits(net:ahead(0, x, Gz)))
      local adam, slots = optim.adam{lr = 2e-4, b1 = 0.5}, {}
      for i, slot in ipairs(net.state.d.slots) do slots[i] = lr_q and slot or slot.critic end
      local wanted = gan.unroll(adam, 2, net.params.critic, {t = net.state.d.t, slots = slots},
        function(c)
          return (T.grad(function(p) return (gan.critic_loss(model, p, x, Gz)) end)(c))
        end)
      assert.same(bits(wanted), bits(ahead))
    end
  end)

  it("need an objective, latents and a stream", function()
    local net = T.infogan(model, latents, T.stream(1))
    local x = drawn(1)
    local function wrong(message, f) assert.error_matches(f, message, 1, true) end
    wrong("infogan:players: option 'G': got nil, wanted a function",
      function() net:players{D = PAPER.D} end)
    wrong("infogan:ahead: got no players", function() net:ahead(1, x, x) end)
    wrong("infogan: got no latents", function()
      local none = T.latents{noise = 4}
      T.infogan(gan.mnist(none, {width = 1 / 32}), none, T.stream(1))
    end)
    wrong("infogan: argument 'source': got 3", function() T.infogan(model, latents, 3) end)
  end)
end)
