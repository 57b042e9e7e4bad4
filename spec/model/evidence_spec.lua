-- Importance-sampled likelihoods, against VAEs whose likelihood is known.

local T = require "teasel"
local core = require "teasel.core"
local evidence = require "teasel.model.evidence"
local likelihood = require "teasel.model.likelihood"
local set = require "teasel.data.set"
local vae = require "teasel.model.vae"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

-- x = w z + b + noise of variance v, z ~ N(0, 1), as a model of teasel.model.vae for images of
-- 1 x 3 pixels. Its posterior is N(m, s2), s2 = 1 / (1 + |w|^2 / v), m = s2 w (x - b) / v; its
-- encoder's is `wider` times as wide.
local W, B, V = {0.5, -0.3, 0.8}, {0.1, 0.4, 0.2}, 0.2
local function linear(wider)
  local square = 0
  for _, w in ipairs(W) do square = square + w * w end
  local s2 = 1 / (1 + square / V)
  local column, row = tensor.tensor(W):reshape{3, 1}, tensor.tensor(W):reshape{1, 3}
  return {latents = 1, likelihood = likelihood.gaussian(V),
    encoder = function(_, x)
      local mean = op.matmul(x:reshape{#x, 3} - tensor.tensor(B), column) * (s2 / V)
      return {mean = mean, logvar = mean * 0 + math.log(s2 * wider)}
    end,
    decoder = function(_, z)
      return (op.matmul(z, row) + tensor.tensor(B)):reshape{#z, 1, 1, 3}
    end}
end

-- -log N(x; b, w w' + v I), by the formulas of Sherman & Morrison and of the determinant
local function exact(x)
  local square, gap, along = 0, 0, 0
  for i = 1, 3 do
    square = square + W[i] ^ 2
    gap = gap + (x[i] - B[i]) ^ 2
    along = along + W[i] * (x[i] - B[i])
  end
  local quadratic = (gap - along ^ 2 / (V + square)) / V
  return 0.5 * (3 * math.log(2 * math.pi) + math.log(V ^ 2 * (V + square)) + quadratic)
end

local NONE = {encoder = {}, decoder = {}}
local x = stream(1):normal({5, 1, 1, 3}, 0.3, 0.6)

describe("the likelihood by importance sampling", function()
  local wanted = {}
  for i, row in ipairs(x:reshape{5, 3}:table()) do wanted[i] = exact(row) end

  it("of a linear Gaussian VAE is exact with one sample, where q is the posterior", function()
    local got = evidence.nll(linear(1), NONE, x, stream(2), {samples = 1}):table()
    for i in ipairs(wanted) do assert.is_near(wanted[i], got[i], 1e-4) end
  end)

  it("comes to it with many, where q is another distribution", function()
    local got = evidence.nll(linear(1.8), NONE, x, stream(3), {samples = 4000}):table()
    for i in ipairs(wanted) do assert.is_near(wanted[i], got[i], 0.03) end
  end)

  it("with one is the negative of the evidence lower bound on average, above it", function()
    local many = op.expand(x[{{1}}], {4000, 1, 1, 3})
    local got = evidence.nll(linear(1.8), NONE, many, stream(4), {samples = 1}):mean():item()
    -- its gap to -log p(x) is KL(N(m, 1.8 s2) || N(m, s2)), which no image changes
    assert.is_near(wanted[1] + 0.5 * (1.8 - 1 - math.log(1.8)), got, 0.03)
  end)

  it("does not depend on how many images are decoded at a time, but for its draws", function()
    local model = vae.fc(2, 4)
    local params = vae.init(model, stream(5))
    local images = op.gt(stream(6):uniform{3, 64, 64, 1}, 0.5)
    local one = evidence.nll(model, params, images, stream(7), {samples = 300})
    local two = evidence.nll(model, params, images:slice(1, 1, 1), stream(8), {samples = 300})
    assert.same({3}, one:shape())
    assert.is_near(one[1]:item(), two:item(), 1)
    local bound = vae.elbo(vae.pass(model, params, images, stream(9))):item()
    assert.is_true(one:mean():item() < bound + 0.5)
  end)

  it("of a set is the mean over its first images, with its standard error", function()
    local data = set.new{count = 5, shape = {1, 1, 3}, images = function(index)
      return op.take(x, index, 1)
    end}
    local mean, sd = evidence.of(linear(1), NONE, data, stream(2), {samples = 1, images = 3})
    local m = (wanted[1] + wanted[2] + wanted[3]) / 3
    assert.is_near(m, mean, 1e-4)
    local v = 0
    for i = 1, 3 do v = v + (wanted[i] - m) ^ 2 / 2 end
    assert.is_near(math.sqrt(v / 3), sd, 1e-3)
    assert.is_near(select(1, evidence.of(linear(1), NONE, data, stream(2), {samples = 1})),
      (wanted[1] + wanted[2] + wanted[3] + wanted[4] + wanted[5]) / 5, 1e-4)
    assert.error_matches(function()
      evidence.of(linear(1), NONE, data:split{0}, stream(2))
    end, "evidence.of: argument 'set': got .*, wanted a data set of one image or more")
  end)

  it("is known of no model whose q(z|x) is another than N(mean, e^logvar)", function()
    for _, name in ipairs{"quantised", "joint_vae"} do
      local model = T[name].model{shape = {8, 8, 1}, channels = {2}, hidden = {4}}
      local params, images = vae.init(model, stream(1)), tensor.zeros{2, 8, 8, 1}
      assert.error_matches(function() evidence.nll(model, params, images, stream(2)) end,
        "evidence.nll: got a model with a posterior of its own, wanted one with q(z|x) = N(", 1,
        true)
    end
  end)
end)
