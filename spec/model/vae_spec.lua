-- The networks of the papers and their objectives.

local T = require "teasel"
local core = require "teasel.core"
local dist = require "teasel.dist"
local expect = require "spec.expect"
local grad = require "teasel.grad"
local ops = require "teasel.op.composed"
local scratch = require "spec.scratch"
local tree = require "teasel.tree"
local vae = require "teasel.model.vae"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

describe("the networks", function()
  -- Higgins et al. 2017, table 1; Burgess et al. 2018, appendix
  local PUBLISHED = {
    {"fc", vae.fc(10), 1, 10, 6381620, 7814896},
    {"conv, one channel", vae.conv(32), 1, 32, 394240, 386945},
    {"conv, three channels", vae.conv(32, 3), 3, 32, 395264, 387971},
    {"conv, half as wide", vae.conv(10, 1, 16), 1, 10, 97268, 96449},
    {"small", vae.small(10), 1, 10, 97268, 96449},
    {"conv_burgess", vae.conv_burgess(10), 1, 10, 252052, 249953},
  }

  for _, row in ipairs(PUBLISHED) do
    local name, model, channels, latents, encoder, decoder = table.unpack(row)
    it("have these numbers of parameters: " .. name, function()
      local params = vae.init(model, stream(1))
      assert.equal(encoder, tree.size(params.encoder))
      assert.equal(decoder, tree.size(params.decoder))
    end)

    it("map images to latents and back: " .. name, function()
      local params = vae.init(model, stream(1))
      local q = model.encoder(params.encoder, tensor.ones{2, 64, 64, channels})
      assert.same({2, latents}, q.mean:shape())
      assert.same({2, latents}, q.logvar:shape())
      assert.same({2, 64, 64, channels}, vae.decode(model, params, q.mean):shape())
    end)
  end

  it("have tanh in the fully connected decoder and ReLU elsewhere", function()
    assert.matches("tanh", tostring(vae.fc(10).decoder))
    assert.is_nil(tostring(vae.fc(10).encoder):find("tanh"))
    assert.is_nil(tostring(vae.conv_burgess(10).decoder):find("tanh"))
  end)
end)

describe("a network for images of any size", function()
  local likelihood = require "teasel.model.likelihood"

  it("gives images of the size that it reads, whatever that is", function()
    for _, shape in ipairs{{28, 28, 1}, {96, 96, 3}, {128, 128, 1}, {24, 40, 3}, {45, 61, 2}} do
      local model = vae.network{shape = shape, latents = 3, channels = {2, 2, 3, 3}, hidden = {4},
        likelihood = likelihood.gaussian_pixel}
      local params = vae.init(model, stream(1))
      local x = stream(2):uniform{1, table.unpack(shape)}
      local pass = vae.pass(model, params, x, stream(3))
      assert.same({1, shape[1], shape[2], 2 * shape[3]}, pass.logits:shape())
      assert.same({1, table.unpack(shape)}, vae.decode(model, params, pass.z):shape())
      assert.is_true(pass.reconstruction:item() < math.huge)
    end
  end)

  it("has as many convolutions and hidden layers as are asked for", function()
    local model = vae.network{shape = {28, 28, 1}, channels = {5, 7}, hidden = {}}
    local text = tostring(model.encoder)
    assert.matches("conv 1 %-> 5.*conv 5 %-> 7.*flatten.*mean: linear 343 %-> 10", text)
    assert.is_nil(text:find "pad")
    assert.matches("pad 32 x 32", tostring(vae.network{shape = {28, 28, 1}}.encoder))
    local flat = vae.network{shape = {3, 5, 1}, latents = 2, channels = {}, hidden = {4}}
    local params = vae.init(flat, stream(1))
    assert.same({2, 3, 5, 1}, vae.decode(flat, params, tensor.ones{2, 2}):shape())
  end)

  it("says which option is wrong", function()
    local function wrong(message, given)
      assert.error_matches(function() vae.network(given) end, message, 1, true)
    end
    wrong("vae.network: argument 'shape': got nil, wanted a list", {})
    wrong("vae.network: option 'heads': got 3, wanted a table", {shape = {8, 8, 1}, heads = 3})
    wrong("vae.network: option 'heads', 'mean': got \"2\", wanted an integer of 1 or more",
      {shape = {8, 8, 1}, channels = {2}, heads = {mean = "2"}})
    wrong("argument 'shape': got a table of 2 items, wanted {h, w, c}", {shape = {8, 8}})
    wrong("argument 'channels', item 2: got 0, wanted", {shape = {8, 8, 1}, channels = {4, 0}})
    wrong("got the option 'chanels', wanted", {shape = {8, 8, 1}, chanels = {4}})
    wrong("argument 'likelihood': got", {shape = {8, 8, 1}, likelihood = {}})
  end)
end)

describe("the objective", function()
  local model = vae.fc(3, 8)
  local params = vae.init(model, stream(2))
  local x = op.gt(stream(3):uniform{5, 64, 64, 1}, 0.7)

  it("is the Bernoulli likelihood and the KL, both in nats per image", function()
    local reconstruction, kl, unit_kl = vae.terms(model, params, x, stream(4))
    local q = model.encoder(params.encoder, x)
    local z = q.mean + op.exp(q.logvar * 0.5) * stream(4):normal{5, 3}
    local p = vae.decode(model, params, z)
    local likelihood = (x * op.log(p) + (1 - x) * op.log(1 - p)):sum():item() / 5
    assert.is_true(math.abs(reconstruction:item() + likelihood) < 1e-4 * math.abs(likelihood))
    local divergence = (q.mean:square() + op.exp(q.logvar) - 1 - q.logvar):sum():item() / 10
    assert.is_true(math.abs(kl:item() - divergence) < 1e-5 * math.abs(divergence) + 1e-6)
    assert.same({3}, unit_kl:shape())
    assert.is_true(math.abs(unit_kl:sum():item() - kl:item()) < 1e-6)
  end)

  it("needs of a batch what a pass has: the posterior, a sample, logits and three terms", function()
    local pass = vae.pass(model, params, x, stream(4))
    local q = model.encoder(params.encoder, x)
    local z = dist.gaussian.sample(stream(4), q.mean, q.logvar)
    local logits = model.decoder(params.decoder, z)
    assert.same({q.mean:data(), q.logvar:data(), z:data(), logits:data(), x:data()},
      {pass.q.mean:data(), pass.q.logvar:data(), pass.z:data(), pass.logits:data(),
        pass.x:data()})
    local reconstruction, kl, unit_kl = vae.terms(model, params, x, stream(4))
    assert.same({reconstruction:data(), kl:data(), unit_kl:data()},
      {pass.reconstruction:data(), pass.kl:data(), pass.unit_kl:data()})
    assert.equal((reconstruction + kl * 4):item(), vae.elbo(pass, 4):item())
    assert.equal((reconstruction + kl):item(), vae.elbo(pass):item())
  end)

  -- what comes with FactorVAE, beta-TCVAE and DIP-VAE needs no more of a pass than z, q and terms
  it("can be a sum: the total correlation and a penalty of the means' covariance", function()
    local function total_correlation(pass, images)
      local n, d = table.unpack(pass.z:shape())
      local z, mean = pass.z:reshape{n, 1, d}, pass.q.mean:reshape{1, n, d}
      -- log q(z_i|x_j) for every pair, Chen et al. 2018, eq. S3: minibatch-weighted
      local log_q = -op.gaussian_nll(op.expand(z, {n, n, d}), op.expand(mean, {n, n, d}),
        op.expand(pass.q.logvar:reshape{1, n, d}, {n, n, d}))
      local function log_mean(l, axis) return op.logsumexp(l, axis) - math.log(n * images) end
      return (log_mean(log_q:sum(3), 2) - log_mean(log_q, 2):sum(2)):mean()
    end
    local function dip(pass)
      local m = pass.q.mean - pass.q.mean:mean(1, true)
      local cov = op.matmul(m, m, true) / #m
      return (cov - ops.eye(3)):square():sum()
    end
    local function objective(p)
      local pass = vae.pass(model, p, x, stream(4))
      return vae.elbo(pass) + total_correlation(pass, 100) * 5 + dip(pass) * 10
    end
    local loss, g = grad.value_and_grad(objective)(params)
    local pass = vae.pass(model, params, x, stream(4))
    local wanted = vae.elbo(pass):item() + 5 * total_correlation(pass, 100):item()
      + 10 * dip(pass):item()
    assert.is_true(math.abs(loss:item() - wanted) < 1e-5 * math.abs(wanted))
    assert.is_true(op.abs(g.encoder[#g.encoder].mean.weight):max():item() > 0)
  end)

  it("is of the parameters too, and a step gives the pass that it was taken from", function()
    local optim = require "teasel.optim"
    local net = vae.learner(model, optim.sgd{lr = 0}, stream(2))
    local terms, pass = net:step(x, stream(4), function(p)
      local own = p.params.encoder
      return vae.elbo(p) * 0 + own[#own].mean.weight:square():sum()
    end)
    assert.equal(params.encoder[#params.encoder].mean.weight:square():sum():item(),
      terms.loss:item())
    assert.equal(vae.pass(model, params, x, stream(4)).z:data(), pass.z:data())
  end)

  it("is that of the posterior which the model has", function()
    local other = {encoder = model.encoder, decoder = model.decoder, latents = 3, posterior = {
      sample = function(_, q) return q.mean * 2 end,
      kl = function(q) return q.mean:square():mean(1) end,
    }}
    local pass = vae.pass(other, params, x, stream(4))
    local q = model.encoder(params.encoder, x)
    assert.equal((q.mean * 2):data(), pass.z:data())
    assert.equal(q.mean:square():mean(1):data(), pass.unit_kl:data())
    local view = vae.view(other, params)   -- whose KL nobody takes for that of N(mean, e^logvar)
    assert.is_nil(view.posterior)
    assert.equal(q.mean:data(), view.represent(x):data())
    assert.equal(stream(4):normal{5, 3}:data(), view.prior(stream(4), 5):data())
    other.posterior.prior = function(s, n) return s:uniform({n, 3}, -1, 1) end
    assert.equal(stream(4):uniform({5, 3}, -1, 1):data(),
      vae.view(other, params).prior(stream(4), 5):data())
    other.encoder = function(p, images) return {scale = model.encoder(p, images).mean} end
    expect.refused("q of the model: got", vae.view(other, params).represent, x)
    local shown = {decode = true}
    other.view = function(_, given) return {shown, given} end
    assert.same({shown, params}, vae.view(other, params))
  end)

  it("takes a Laplace distribution in the place of both normal ones, as its head says", function()
    local text = assert(core.file.read "lua/teasel/model/vae.lua")
    text = text:match("A Laplace[^\n]+(.-)\n\n"):gsub("\n%-%-", "\n")
    local code = assert(load("local T, model, n = ..." .. text, "head", "t"))
    local other = vae.network{shape = {4, 4, 1}, latents = 3, channels = {2}, hidden = {4},
      heads = {mean = 3, logscale = 3}}
    code(T, other, 3)
    local own, images = vae.init(other, stream(1)), stream(2):uniform{5, 4, 4, 1}
    local pass = vae.pass(other, own, images, stream(3))
    assert.is_true(math.abs(pass.kl:item()
      - T.dist.laplace.kl(pass.q.mean, pass.q.logscale):mean():item()) < 1e-4)
    assert.same({3}, pass.unit_kl:shape())
    assert.same({5, 3}, vae.view(other, own).prior(stream(4), 5):shape())
  end)

  it("reaches every parameter of both networks", function()
    local g = grad.grad(function(p)
      local reconstruction, kl = vae.terms(model, p, x, stream(4))
      return reconstruction + kl
    end)(params)
    for _, leaf in ipairs(tree.leaves(g)) do
      assert.is_true(op.abs(leaf):max():item() > 0)
    end
  end)

  it("pulls the KL to the capacity from both sides", function()
    local slope = grad.grad(function(kl) return vae.capacity(kl, 1000, 5) end)
    assert.equal(1000, slope(tensor.tensor(7)):item())
    assert.equal(-1000, slope(tensor.tensor(2)):item())
    assert.equal(0, slope(tensor.tensor(5)):item())
    assert.equal(2000, vae.capacity(tensor.tensor(7), 1000, 5):item())
  end)

  it("gives the KL of every unit as the distribution module does", function()
    local mean, logvar = stream(5):normal{40, 3}, stream(6):normal{40, 3}
    local units = vae.unit_kl(mean, logvar):table()
    local total = dist.gaussian.kl(mean, logvar):mean():item()
    assert.is_true(math.abs(units[1] + units[2] + units[3] - total) < 1e-5)
  end)
end)

describe("a learner", function()
  local optim = require "teasel.optim"

  it("takes the optimizer's step down an objective of the pass, and tells the terms", function()
    local model, adam = vae.fc(3, 8), optim.adam{lr = 1e-3}
    local x = op.gt(stream(3):uniform{5, 64, 64, 1}, 0.7)
    local net = vae.learner(model, adam, stream(2))
    local params = vae.init(model, stream(2))
    local state, unlike = adam:init(params), nil
    for i = 1, 3 do
      local loss, g, pass = grad.value_and_grad(function(p)
        local pass = vae.pass(model, p, x, stream(4, "z" .. i))
        return vae.elbo(pass, 2) + pass.z:square():mean(), pass
      end)(params)
      adam:update(params, g, state)
      local terms = net:step(x, stream(4, "z" .. i), function(p)
        return vae.elbo(p, 2) + p.z:square():mean()
      end)
      assert.same({loss:item(), pass.reconstruction:item(), pass.kl:item(), pass.unit_kl:table()},
        {terms.loss:item(), terms.reconstruction:item(), terms.kl:item(), terms.unit_kl:table()})
      for j, leaf in ipairs(tree.leaves(params)) do
        if leaf:data() ~= tree.leaves(net.state.params)[j]:data() then unlike = j end
      end
      assert.is_nil(unlike)
      assert.equal(i, net.state.optimizer.t)
    end
    assert.equal(vae.view(model, params).represent(x):data(), net:view().represent(x):data())
  end)
end)

describe("codes of a run's images", function()
  local dsprites = require "teasel.data.generator.dsprites"
  local encoding = require "teasel.represent.encoding"
  local folder = scratch.make()
  local data = dsprites{shape = {0, 1}, scale = 5, orientation = 0}
  local model = vae.fc(2, 4)
  local params = vae.init(model, stream(7))
  local r = {dir = folder, state = {params = params}, view = vae.view(model, params)}

  teardown(function() scratch.remove(folder) end)

  it("are in order, represented in pieces", function()
    local mean, factors, logvar = encoding.of_view(r, data)
    assert.same({2 * 32 * 32, 2}, mean:shape())
    local some = tensor.tensor{1, 600, 2048}
    local q = model.encoder(params.encoder, data:images(some))
    assert.is_true(op.abs(mean:take(some) - q.mean):max():item() < 1e-5)
    assert.is_true(op.abs(logvar:take(some) - q.logvar):max():item() < 1e-5)
    assert.same(data.space:levels(some):table(), factors:take(some):table())
  end)

  it("are kept for the same parameters, statistics, images and name, and no others", function()
    local calls = 0
    local function of(run, set, name)
      calls = 0
      return encoding.of(run, set, function(images)
        calls = calls + 1
        return images:reshape{#images, 4096}:sum(2, true) * run.state.params.w
      end, name)
    end
    local run = {dir = folder, state = {params = {w = tensor.tensor{2}}}}
    local first = of(run, data, "sum")
    assert.is_true(calls > 0)
    local again, factors = of(run, data, "sum")
    assert.equal(0, calls)
    assert.equal(first:data(), again:data())
    assert.same({2048, #data.space.names}, factors:shape())
    of(run, data, "other")
    assert.is_true(calls > 0)
    of(run, data:subset(tensor.arange(2, 2048)), "other")
    assert.is_true(calls > 0)
    of(run, data, "other")
    assert.equal(0, calls)
    of(run, dsprites{shape = {0, 2}, scale = 5, orientation = 0}, "other")
    assert.is_true(calls > 0)
    run.state.stats = {tensor.tensor{1}}
    of(run, data, "other")
    of(run, data, "other")
    assert.equal(0, calls)
    run.state.params.w = tensor.tensor{3}
    local changed = of(run, data, "other")
    assert.is_true(calls > 0)
    assert.are_not.equal(first:data(), changed:data())
  end)
end)
