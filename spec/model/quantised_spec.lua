-- Codes whose units have a few learned values each.

local core = require "teasel.core"
local grad = require "teasel.grad"
local optim = require "teasel.optim"
local quantised = require "teasel.model.quantised"
local slope = require "spec.slope"
local vae = require "teasel.model.vae"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

describe("the nearest value", function()
  local code, values = stream(1):normal{7, 3}, stream(2):normal{3, 4}

  it("is that of the code's own unit", function()
    local c, v = code:table(), values:table()
    for i, row in ipairs(quantised.nearest(code, values):table()) do
      for d, got in ipairs(row) do
        local best = v[d][1]
        for _, value in ipairs(v[d]) do
          if math.abs(value - c[i][d]) < math.abs(best - c[i][d]) then best = value end
        end
        assert.is_true(math.abs(got - best) < 1e-6)
      end
    end
  end)

  it("has a gradient in the values, and none in the code", function()
    assert(slope(function(v) return quantised.nearest(code, v):square():sum() end, values, 1e-6))
    local g = grad.grad(function(c) return quantised.nearest(c, values):square():sum()
      + c:sum() * 0 end)(code)
    assert.equal(0, op.abs(g):max():item())
  end)
end)

describe("a quantised autoencoder", function()
  local model = quantised.model{shape = {8, 8, 1}, channels = {3}, hidden = {5}, latents = 3,
    values = 4}
  local params = vae.init(model, stream(3))
  local x = stream(4):uniform{6, 8, 8, 1}

  it("decodes the values, and hands the gradient on to the codes", function()
    local pass = vae.pass(model, params, x, stream(5))
    local value = quantised.nearest(pass.q.code, params.encoder[2].values)
    assert.is_true(op.abs(pass.z - value):max():item() < 1e-6)
    assert.is_true(math.abs(pass.kl:item() - 3 * math.log(4)) < 1e-5)
    local function reconstruction(p) return vae.pass(model, p, x, stream(5)).reconstruction end
    local g = grad.grad(reconstruction)(params).encoder
    assert.equal(0, op.abs(g[2].values):max():item())
    local through = grad.grad(function(z)
      return model.likelihood.nll(x, model.decoder(params.decoder, z)):mean()
    end)(pass.z)
    local head = grad.grad(function(p)
      return (model.encoder(p, x).code * through):sum()
    end)(params.encoder)
    local last = #g[1]
    assert.is_true(op.abs(g[1][last].code.weight - head[1][last].code.weight):max():item() < 1e-5)
  end)

  it("moves the values to the codes by one penalty, the codes by the other", function()
    local pass = vae.pass(model, params, x, stream(5))
    local quantisation, commitment = quantised.penalties(pass)
    local gap = (pass.q.code - pass.z):square():mean():item()
    assert.is_true(math.abs(quantisation:item() - gap) < 1e-6)
    assert.is_true(math.abs(commitment:item() - gap) < 1e-6)
    local function slope_of(which)
      local g = grad.grad(function(p)
        return (select(which, quantised.penalties(vae.pass(model, p, x, stream(5)))))
      end)(params).encoder
      return op.abs(g[2].values):max():item(), op.abs(g[1][#g[1]].code.bias):max():item()
    end
    local values, codes = slope_of(1)
    assert.is_true(values > 0 and codes == 0)
    values, codes = slope_of(2)
    assert.is_true(values == 0 and codes > 0)
  end)

  it("shows the values, and draws them alike often", function()
    local v = vae.view(model, params)
    local known = {}
    for d, row in ipairs(params.encoder[2].values:table()) do
      known[d] = {}
      for _, value in ipairs(row) do known[d][("%.5f"):format(value)] = true end
    end
    for _, z in ipairs{v.represent(x), v.prior(stream(6), 20)} do
      for _, row in ipairs(z:table()) do
        for d, value in ipairs(row) do assert.is_true(known[d][("%.5f"):format(value)]) end
      end
    end
    assert.is_true(math.abs(v.prior(stream(6), 2000):mean():item()) < 0.03)
    local net = vae.learner(model, optim.adam{lr = 1e-2}, stream(7))
    local before = net:step(x, stream(8), vae.elbo).reconstruction:item()
    for i = 1, 20 do net:step(x, stream(8, "" .. i), vae.elbo) end
    assert.is_true(net:step(x, stream(8), vae.elbo).reconstruction:item() < before)
  end)
end)
