-- Continuous and categorical latents in one VAE.

local core = require "teasel.core"
local joint_vae = require "teasel.model.joint_vae"
local slope = require "spec.slope"
local vae = require "teasel.model.vae"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

describe("a Gumbel-softmax sample", function()
  it("is nearly one-hot when it is cold, with the probabilities of the logits", function()
    local p, n = {0.2, 0.5, 0.3}, 4000
    local logits = op.expand(op.log(tensor.tensor(p)):reshape{1, 3}, {n, 3})
    local y = joint_vae.gumbel(stream(1), logits, 0.02)
    assert.is_true(op.abs(y:sum(2) - 1):max():item() < 1e-5)
    assert.is_true(op.max(y, 2):mean():item() > 0.98)
    for k, share in ipairs(op.one_hot(op.argmax(y, 2), 3):mean(1):table()) do
      assert.is_true(math.abs(share - p[k]) < 4 * math.sqrt(p[k] * (1 - p[k]) / n))
    end
  end)

  it("has a gradient in the logits", function()
    assert(slope(function(l)
      return (joint_vae.gumbel(stream(2), l, 0.67) * tensor.tensor{{1, -2, 3}}):sum()
    end, stream(3):normal{2, 3}))
  end)
end)

describe("a JointVAE", function()
  local model = joint_vae.model{shape = {8, 8, 1}, channels = {3}, hidden = {5}, continuous = 2,
    categories = {3, 4}}
  local params = vae.init(model, stream(4))
  local x = stream(5):uniform{6, 8, 8, 1}

  it("has the KL of every latent, that of categories to a uniform choice", function()
    local pass = vae.pass(model, params, x, stream(6))
    assert.same({6, 9}, pass.z:shape())
    local units, logits = pass.unit_kl:table(), pass.q.logits:table()
    assert.equal(4, #units)
    local continuous, categorical = joint_vae.kl(model, pass)
    local wanted = vae.unit_kl(pass.q.mean, pass.q.logvar)
    assert.same(wanted:table(), {units[1], units[2]})
    for i, range in ipairs{{1, 3}, {4, 7}} do
      local sum = 0
      for _, row in ipairs(logits) do
        local total = 0
        for k = range[1], range[2] do total = total + math.exp(row[k]) end
        for k = range[1], range[2] do
          local p = math.exp(row[k]) / total
          sum = sum + p * math.log(p * (range[2] - range[1] + 1)) / #logits
        end
      end
      assert.is_true(math.abs(units[2 + i] - sum) < 1e-5)
    end
    assert.is_true(math.abs((continuous + categorical - pass.kl):item()) < 1e-5)
    assert.is_true(math.abs(categorical:item() - units[3] - units[4]) < 1e-5)
    assert.is_true(math.abs(joint_vae.most(model) - math.log(12)) < 1e-9)
    local weights = tensor.arange(1, 9):reshape{1, 9}
    assert(slope(function(q)
      return (model.posterior.kl(q) * tensor.arange(1, 4)):sum()
        + (model.posterior.sample(stream(6), q) * weights):sum()
    end, model.encoder(params.encoder, x)))
  end)

  it("shows latents of both kinds", function()
    local v = vae.view(model, params)
    local kinds = {}
    for i, latent in ipairs(v.latents) do kinds[i] = latent.kind .. latent.width end
    assert.same({"gaussian1", "gaussian1", "categorical3", "categorical4"}, kinds)
    local z = v.prior(stream(7), 5)
    assert.same({5, 9}, z:shape())
    assert.same({1, 1, 1, 1, 1}, z:slice(2, 3, 5):sum(2):table())
    assert.same({15, 8, 8, 1}, v.decode(v:sweep(z, 3, v:line(3))):shape())
    local codes = v.represent(x)
    assert.same({6, 9}, codes:shape())
    assert.is_true(op.abs(op.exp(codes:slice(2, 3, 5)):sum(2) - 1):max():item() < 1e-5)
  end)

  it("says what is wrong with its options", function()
    local function wrong(message, given)
      given.shape = {8, 8, 1}
      assert.error_matches(function() joint_vae.model(given) end, message, 1, true)
    end
    wrong("option 'categories': got a table of 0 items, wanted a list of one or more",
      {categories = {}})
    wrong("argument 'categories', item 1: got 0", {categories = {0}})
    wrong("option 'temperature': got 0, wanted a number of", {temperature = 0})
  end)
end)
