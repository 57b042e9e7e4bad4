-- VAE-GANs with a Q: the quantities of the papers, the steps of their players, and the gradient
-- through a look-ahead of the discriminator.

local T = require "teasel"
local core = require "teasel.core"
local gan, optim, tree = T.gan, T.optim, T.tree

local latents = T.latents{noise = 4, noise_from = "gaussian", {"gaussian", 2, weight = 0.5}}
local model = T.vaegan.network(latents, {16, 16, 1}, {width = 1 / 16})

local function bits(t)
  local list = {}
  for i, leaf in ipairs((tree.leaves(t))) do list[i] = leaf:data() end
  return list
end

local function images(seed, n) return T.stream(seed, "x"):uniform({n or 4, 16, 16, 1}, -1, 1) end

local OBJECTIVE = {Enc = function(t) return t.kl + t.llike - t.L_I end,
  Dec = function(t) return 0.1 * t.llike - t.log_Dis - t.L_I end,
  Dis = function(t) return -t.L_GAN - t.L_I end}

local function learner(more)
  local net, o = T.vaegan(model, latents, T.stream(1)), {}
  for name, value in pairs(OBJECTIVE) do o[name] = value end
  for name, value in pairs(more or {}) do o[name] = value or nil end
  net:players(o)
  return net
end

describe("the networks of a VAE-GAN", function()
  it("halve images down to 4 pixels or an odd side, and compare them two layers before", function()
    for _, case in ipairs{{{64, 64, 3}, {8, 8, 16}}, {{32, 32, 1}, {8, 8, 8}},
      {{28, 28, 1}, {7, 7, 8}}} do
      local shape, front = table.unpack(case)
      local m = T.vaegan.network(latents, shape, {width = 1 / 16})
      local params = T.vaegan(m, latents, T.stream(1)).params
      local x = T.stream(2):uniform{2, shape[1], shape[2], shape[3]}
      local mode = {train = true}
      assert.same({2, table.unpack(front)}, m.features(params.critic.trunk[1], x, mode):shape())
      assert.same({2, 6}, m.encoder(params.encoder, x, mode).mean:shape())
      assert.same(x:shape(), gan.generate(m, params.generator, T.zeros{2, 6}):shape())
      local logit, features = gan.judge(m, params.critic, x)
      assert.same({2, 1}, logit:shape())
      assert.same({2, 4}, gan.guess(m, params.q_head, features):shape())
    end
    assert.has_error(function() T.vaegan.network(latents, {6, 8, 1}) end, "vaegan.network: got "
      .. "images [6 8 1], wanted some that can be halved twice, to 4 x 4 or more")
  end)
end)

describe("a VAE-GAN's quantities", function()
  local net = T.vaegan(model, latents, T.stream(1))
  local critic, x = net.params.critic, images(1)
  local z = {rec = T.stream(2):normal{4, 6}, pri = T.stream(3):normal{4, 6}}
  local made = {rec = gan.generate(model, net.params.generator, z.rec),
    pri = gan.generate(model, net.params.generator, z.pri)}

  it("are those of the papers", function()
    local function log_D(d) return T.log(T.sigmoid(d)):mean() end
    local function judged(images) return (gan.judge(model, critic, images)) end
    local L_GAN, features, accuracy = net:L_GAN(critic, x, made)
    local wanted = log_D(judged(x)) + log_D(-judged(made.rec)) + log_D(-judged(made.pri))
    assert.near(wanted:item(), L_GAN:item(), 1e-5)
    local function share(d) return d:gt(0):mean():item() end
    assert.near(share(judged(x)) / 2 + (share(-judged(made.rec)) + share(-judged(made.pri))) / 4,
      accuracy:item(), 1e-6)
    local mode = {train = true}
    local gap = model.features(critic.trunk[1], x, mode)
      - model.features(critic.trunk[1], made.rec, mode)
    local llike = gap:square():sum() / 2 / 4
    assert.near(llike:item(), net:llike(critic, x, made.rec):item(), 1e-4 * llike:item())
    local sum, each = net:L_I(net.params.q_head, features, z)
    local nll = {}
    for name, f in pairs(features) do
      nll[name] = latents:nll(gan.guess(model, net.params.q_head, f), z[name])
    end
    assert.same(latents:information(nll.pri):data(), each:data())
    local both = latents:information(nll.rec) + latents:information(nll.pri)
    assert.near(0.5 * 0.5 * both:sum():item(), sum:item(), 1e-5)
  end)

  it("move the running statistics only where these are given, by real images", function()
    local before = bits(net.stats)
    local _, features = net:L_GAN(critic, x, made)
    net:L_I(net.params.q_head, features, z)
    net:encode(net.params.encoder, x, T.stream(1))
    assert.same(before, bits(net.stats))
    local other = T.vaegan(model, latents, T.stream(1))
    other:L_GAN(critic, x, made, other.stats.critic)
    gan.judge(model, critic, x, net.stats.critic)
    assert.same(bits(net.stats), bits(other.stats))
  end)
end)

describe("a VAE-GAN's players", function()
  it("step as the objectives say, all gradients before the first step", function()
    local net, slow = learner(), T.vaegan(model, latents, T.stream(1))
    local x, stream = images(1), T.stream(5)
    net:step(x, stream)
    local p, s = slow.params, slow.stats
    local q = slow:encode(p.encoder, x, stream:split "z", s.encoder)
    local z = {rec = q.z, pri = latents:sample(stream:split "prior", 4)}
    local made = {rec = gan.generate(model, p.generator, z.rec, s.generator),
      pri = gan.generate(model, p.generator, z.pri, s.generator)}
    local function sum_of(critic, generator, given)
      local rec = gan.generate(model, generator, given)
      return slow:llike(critic, x, rec), rec
    end
    local enc = T.grad(function(e)
      local own = slow:encode(e, x, stream:split "z")
      local llike, rec = sum_of(p.critic, p.generator, own.z)
      local _, features = gan.judge(model, p.critic, rec)
      local nll = latents:nll(gan.guess(model, p.q_head, features), own.z)
      return T.gaussian_kl(own.mean, own.logvar):sum() / 4 + llike + latents:loss(nll)
    end)(p.encoder)
    local dec = T.grad(function(g)
      local llike, rec = sum_of(p.critic, g, z.rec)
      local loss = 0.1 * llike
      for name, image in pairs{rec = rec, pri = gan.generate(model, g, z.pri)} do
        local logit, features = gan.judge(model, p.critic, image)
        loss = loss + gan.generator_loss(logit)
          + 0.5 * latents:loss(latents:nll(gan.guess(model, p.q_head, features), z[name]))
      end
      return loss
    end)(p.generator)
    local dis = T.grad(function(d)
      local value, features = slow:L_GAN(d.critic, x, made, s.critic)
      return -value - (slow:L_I(d.q_head, features, z, s.q_head))
    end){critic = p.critic, q_head = p.q_head}
    for name, grads in pairs{encoder = enc, generator = dec, critic = dis.critic,
      q_head = dis.q_head} do
      local adam = optim.adam{lr = 2e-4, b1 = 0.5}
      adam:update(p[name], grads, adam:init(p[name]))
    end
    assert.same(bits(s), bits(net.stats))
    -- a first step of Adam is 2e-4 whatever the gradient, but where that is next to nothing
    local far, all = 0, 0
    for name, part in pairs(p) do
      for i, leaf in ipairs((tree.leaves(part))) do
        local gap = (leaf - tree.leaves(net.params[name])[i]):abs()
        far, all = far + gap:gt(2e-6):sum():item(), all + gap:size()
      end
    end
    assert.is_true(far < 0.005 * all, ("%d of %d weights differ"):format(far, all))
  end)

  it("see Dis ahead without a trace, and the gradient goes through its steps", function()
    local net = learner{K = 2}
    for i = 1, 2 do net:step(images(i), T.stream(i)) end
    local x, z = images(3), {rec = T.stream(4):normal{4, 6}, pri = T.stream(5):normal{4, 6}}
    local before = bits{net.state.dis, net.params, net.stats}
    local function objective(g, through)
      local made = {rec = gan.generate(model, g, z.rec), pri = gan.generate(model, g, z.pri)}
      local critic = net:ahead(2, x, made, through)
      local logits, features = net:judge(critic, made)
      return 0.1 * net:llike(net.params.critic, x, made.rec) + gan.generator_loss(logits.rec)
        + gan.generator_loss(logits.pri) - (net:L_I(net.params.q_head, features, z))
    end
    local slope = T.grad(objective)(net.params.generator, true)
    assert.same(before, bits{net.state.dis, net.params, net.stats})
    local first = T.grad(objective)(net.params.generator, false)
    assert.are_not.same(bits(slope), bits(first))
    -- the same where the steps are computed twice
    local once, twice, calls = learner{K = 2}, learner{K = 2, recompute = true}, {}
    for i, own in ipairs{once, twice} do
      local of_all = own.L_GAN
      calls[i], own.L_GAN = 0, function(...)
        calls[i] = calls[i] + 1
        return of_all(...)
      end
      for j = 1, 2 do own:step(images(j), T.stream(j)) end
    end
    assert.equal(2 * 2, calls[2] - calls[1])   -- two steps seen ahead, in each of two steps
    for k, w in ipairs((tree.leaves(net.params))) do
      assert.near(0, (w - tree.leaves(twice.params)[k]):abs():max():item(), 1e-4)
    end
    if not core.double then return end
    -- differences of the whole objective, in which Dis learns on the images that are moved
    local stream, H = T.stream(6), 1e-6
    for i = 1, 3 do
      local draws = stream:split(tostring(i))
      local way = tree.map(function(w) return draws:normal(w:shape()) end, slope)
      local function at(h)
        return objective(tree.map(function(w, v) return w + v * h end, net.params.generator, way),
          true):item()
      end
      local difference = (8 * (at(H) - at(-H)) - (at(2 * H) - at(-2 * H))) / (12 * H)
      local wanted = T.inner(slope, way):item()
      assert.near(wanted, difference, 1e-6 * math.max(math.abs(wanted), 1))
      assert.is_true(math.abs(T.inner(first, way):item() - difference) > 1e-3)
    end
  end)

  it("are a VAE without Dis, and an InfoGAN without Enc", function()
    local vae = learner{Dis = false, Enc = function(t) return t.kl + t.pixels end,
      Dec = function(t) return t.pixels end}
    local terms = vae:step(images(1), T.stream(1))
    assert.same({"kl", "kl_info", "kl_other", "live_mb", "pixels", "unit_kl"}, tree.keys(terms))
    local kl = terms.unit_kl:table()
    assert.near((kl[1] + kl[2] + kl[3] + kl[4]) / 4, terms.kl_other:item(), 1e-5)
    assert.near((kl[5] + kl[6]) / 2, terms.kl_info:item(), 1e-5)

    local info = learner{Enc = false, Dec = function(t) return -t.log_Dis - t.L_I end}
    terms = info:step(images(1), T.stream(1))
    assert.same({"d_accuracy", "d_loss", "information", "live_mb", "log_dis"}, tree.keys(terms))
    local x = images(1, 3) * 0.5 + 0.5
    assert.equal(info:recognise(x):data(), info:view().represent(x):data())
  end)

  it("refuse a quantity that there is not, and steps without players", function()
    local net = learner{Dec = function(t) return t.lik end}
    local ok, message = pcall(net.step, net, images(1), T.stream(1))
    assert.is_false(ok)
    assert.matches("vaegan: objective.+got .-lik.+llike", message)
    net = T.vaegan(model, latents, T.stream(1))
    assert.has_error(function() net:step(images(1), T.stream(1)) end)
    assert.has_error(function() net:ahead(1, images(1), {pri = images(2)}) end)
    assert.has_error(function() learner{optimizer = "sgd"} end)
    for said, other in pairs{["noise from 'uniform'"] = {noise = 4, {"gaussian", 2}},
      ["c3 from 'categorical'"] = {noise = 4, noise_from = "gaussian", {"gaussian", 2},
        {"categorical", 3}}} do
      assert.error_matches(function() T.vaegan(model, T.latents(other), T.stream(1)) end,
        "vaegan: argument 'latents': got " .. said .. ", wanted 'gaussian'")
    end
  end)

  it("may be RMSprop's", function()
    local net = learner{optimizer = "rmsprop"}
    local before = bits(net.params)
    net:step(images(1), T.stream(1))
    assert.are_not.same(before, bits(net.params))
    assert.matches("^rmsprop", net.state.enc.optimizer)
  end)
end)

describe("a VAE-GAN's view", function()
  it("represents by q(z|x), decodes in [0, 1] and names what Q reads", function()
    local net = learner()
    local view, x = net:view(), images(1, 3) * 0.5 + 0.5
    local mean, logvar = view.posterior(x)
    assert.same({{3, 6}, {3, 6}}, {mean:shape(), logvar:shape()})
    assert.equal(mean:data(), view.represent(x):data())
    local drawn = view.decode(view.prior(T.stream(1), 5))
    assert.same({5, 16, 16, 1}, drawn:shape())
    assert.is_true(drawn:min():item() >= 0 and drawn:max():item() <= 1)
    local names = {}
    for i, latent in ipairs(view.latents) do names[i] = latent.name .. latent.code end
    assert.same({"z11", "z22", "z33", "z44", "c15", "c26"}, names)
  end)
end)
