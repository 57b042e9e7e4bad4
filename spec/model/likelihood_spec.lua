-- Likelihoods of pixels, and what models make of them.

local core = require "teasel.core"
local likelihood = require "teasel.model.likelihood"
local vae = require "teasel.model.vae"

local stream, op, tensor = core.rand.stream, core.op, core.tensor

local function near(a, b, tolerance)
  assert.is_true(math.abs(a - b) <= tolerance * math.max(1, math.abs(b)), ("%g, %g"):format(a, b))
end

describe("the likelihood of pixels", function()
  local x, output = stream(1):uniform{2, 2, 2, 1}, stream(2):normal{2, 2, 2, 1}

  it("is Gaussian with the stated variance, in nats summed over the pixels", function()
    local got = likelihood.gaussian(0.1).nll(x, output):table()
    for i = 1, 2 do
      local sum = 0
      for j, v in ipairs(x[i]:reshape{4}:table()) do
        local gap = v - output[i]:reshape{4}:table()[j]
        sum = sum + 0.5 * math.log(2 * math.pi * 0.1) + gap ^ 2 / 0.2
      end
      near(got[i], sum, 1e-5)
    end
  end)

  it("shows means in [0, 1]", function()
    local mean = likelihood.gaussian(1).mean(tensor.tensor{-0.5, 0.25, 1.5})
    assert.same({0, 0.25, 1}, mean:table())
    near(likelihood.bernoulli.mean(tensor.tensor{2}):item(), 1 / (1 + math.exp(-2)), 1e-6)
  end)

  it("is refused with a variance that is not above 0", function()
    assert.has_error(function() likelihood.gaussian(0) end)
    assert.has_error(function() likelihood.gaussian(-1) end)
    assert.has_error(function() likelihood.gaussian(0 / 0) end)
  end)

  it("of a model is Bernoulli's unless it has one, in its pass and its view", function()
    local model = vae.fc(2, 4)
    local params = vae.init(model, stream(3))
    local images = stream(4):uniform{3, 64, 64, 1}
    local pass = vae.pass(model, params, images, stream(5))
    near(pass.reconstruction:item(), likelihood.bernoulli.nll(images, pass.logits):mean():item(),
      1e-5)
    model.likelihood = likelihood.gaussian(0.5)
    pass = vae.pass(model, params, images, stream(5))
    local squares = (images - pass.logits):square():sum():item() / 3
    near(pass.reconstruction:item(), squares + 4096 * 0.5 * math.log(math.pi), 1e-4)
    local shown = vae.view(model, params).decode(pass.z)
    assert.equal(likelihood.gaussian(0.5).mean(pass.logits):data(), shown:data())
  end)
end)

describe("a pass through a function of the latents", function()
  it("decodes what it gives, and keeps the sample", function()
    local model = vae.fc(2, 4)
    local params, x = vae.init(model, stream(3)), stream(4):uniform{3, 64, 64, 1}
    local whole = vae.pass(model, params, x, stream(5))
    local halved = vae.pass(model, params, x, stream(5), function(z) return z * 0.5 end)
    assert.equal(whole.z:data(), halved.z:data())
    assert.equal(model.decoder(params.decoder, whole.z * 0.5):data(), halved.logits:data())
    assert.is_true(op.abs(whole.logits - halved.logits):max():item() > 0)
  end)
end)
