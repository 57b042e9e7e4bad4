-- Likelihoods of pixels, and what models make of them.

local core = require "teasel.core"
local likelihood = require "teasel.model.likelihood"
local slope = require "spec.slope"
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

local N, H, W, C = 3, 2, 3, 2
local x = stream(1):uniform{N, H, W, C}

local function out(outputs) return stream(2):normal({N, H, W, outputs * C}, 0.3, 0.7) end

-- the nll of each image: the sum of f(pixel, first output, second output)
local function slow(numbers, outputs, f)
  local a, b, list = x:table(), numbers:table(), {}
  for n = 1, N do
    list[n] = 0
    for i = 1, H do
      for j = 1, W do
        for c = 1, C do
          list[n] = list[n] + f(a[n][i][j][c], b[n][i][j][c], outputs == 2 and b[n][i][j][C + c])
        end
      end
    end
  end
  return list
end

local function normal(v, mean, deviation)
  return 0.5 * ((v - mean) / deviation) ^ 2 + math.log(deviation) + 0.5 * math.log(2 * math.pi)
end

local function sigmoid(v) return 1 / (1 + math.exp(-v)) end

local DEFINED = {
  bernoulli = {likelihood.bernoulli, function(v, a)
    return -v * math.log(sigmoid(a)) - (1 - v) * math.log(1 - sigmoid(a))
  end},
  gaussian = {likelihood.gaussian(0.01), function(v, a) return normal(v, a, 0.1) end},
  gaussian_pixel = {likelihood.gaussian_pixel, function(v, a, b)
    local floor = -2 * math.log(255)
    return normal(v, a, math.exp(0.5 * (floor + math.log(1 + math.exp(b - floor)))))
  end},
  logistic = {likelihood.logistic, function(v, a, b)
    local s = math.exp(b)
    local above, below = sigmoid((v - a + 0.5 / 255) / s), sigmoid((v - a - 0.5 / 255) / s)
    return -math.log(v < 0.5 / 255 and above or v > 1 - 0.5 / 255 and 1 - below or above - below)
  end},
}

describe("every likelihood", function()
  for name, row in pairs(DEFINED) do
    local p, f = table.unpack(row)
    local outputs = p.outputs or 1
    it("sums -log p over the pixels of each image: " .. name, function()
      local numbers = out(outputs)
      local got = p.nll(x, numbers):table()
      for n, wanted in ipairs(slow(numbers, outputs, f)) do
        assert.is_true(math.abs(got[n] - wanted) < 2e-4 * math.abs(wanted), name)
      end
      local image = p.mean(numbers)
      assert.same({N, H, W, C}, image:shape())
      assert.is_true(image:min():item() >= 0 and image:max():item() <= 1)
      assert(slope(function(y) return p.nll(x, y):mean() end, numbers))
    end)
  end

  it("with one learned variance is the best of all fixed ones", function()
    local mean = out(1)
    local least = likelihood.gaussian_shared.nll(x, mean):mean():item()
    local best = (x - mean):square():mean():sqrt():item()
    for _, factor in ipairs{0.5, 0.99, 1, 1.01, 2} do
      local fixed = likelihood.gaussian(best * best * factor).nll(x, mean):mean():item()
      if factor == 1 then
        assert.is_true(math.abs(fixed - least) < 1e-5 * math.abs(least))
      else
        assert.is_true(fixed > least)
      end
    end
    assert(slope(function(y) return likelihood.gaussian_shared.nll(x, y):mean() end, mean))
    -- an image that is met exactly has a finite one
    local exact = likelihood.gaussian_shared.nll(x, x):mean():item()
    assert.is_true(exact > -H * W * C * 5 and exact < 0)
  end)

  it("of 256 grey values sums to 1 over them", function()
    local grey = tensor.arange(0, 255):reshape{256, 1, 1, 1} / 255
    for _, row in ipairs{{0.5, -3}, {0.1, -1}, {1.2, -6.5}, {-0.3, 2}, {0.7, -9}, {0.7, 9}} do
      local same = op.expand(tensor.tensor(row):reshape{1, 1, 1, 2}, {256, 1, 1, 2})
      local sum = op.exp(-likelihood.logistic.nll(grey, same)):sum():item()
      assert.is_true(math.abs(sum - 1) < 1e-3, ("%g %g: %g"):format(row[1], row[2], sum))
    end
  end)
end)
