-- What DC-IGN adds to a VAE: batches of one factor, clamped latents and their gradient.

require "teasel"
local core = require "teasel.core"
local dcign = require "teasel.model.dcign"
local grad = require "teasel.grad"
local ops = require "teasel.op.composed"
local space = require "teasel.data.space"
local tree = require "teasel.tree"
local vae = require "teasel.model.vae"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

local function worst(a, b) return op.max(op.abs(a - b)):item() end

describe("a batch of DC-IGN", function()
  it("differs in the factors that it is drawn for, and in no other", function()
    local s = space{names = {"hue", "shape", "size"}, sizes = {7, 5, 9}}
    for seed, factors in ipairs{"shape", {"hue", "size"}} do
      local levels = s:levels(dcign.index(s, stream(seed), 40, factors))
      local mask = s:mask(factors):table()
      for k, row in ipairs(levels:transpose():table()) do
        local kinds, count = {}, 0
        for _, code in ipairs(row) do
          if not kinds[code] then kinds[code], count = true, count + 1 end
        end
        assert.equal(mask[k] == 1 and s.sizes[k] or 1, count)
      end
    end
  end)
end)

describe("the latents of DC-IGN", function()
  local own = dcign.own(4, {2, 3})

  it("that are a factor's own are free, the others at the batch's mean", function()
    local z = stream(1):normal{6, 4}
    local clamped, mean = dcign.clamp(z, own), ops.mean(z, 1)
    for i = 1, 6 do
      assert.same({mean[1]:item(), z[{i, 2}]:item(), z[{i, 3}]:item(), mean[4]:item()},
        clamped[i]:table())
    end
    assert.has_error(function() dcign.own(4, {5}) end)
    assert.same({0, 1, 0}, dcign.own(3, {2, 2}):table())
    assert.same({0, 0}, dcign.own(2, {}):table())
  end)

  it("have the decoder's gradient, or (z - mean) x the weight over the batch", function()
    local z, w, x = stream(1):normal{6, 4}, stream(2):normal{4, 5}, stream(3):normal{6, 5}
    local function through(clamped) return op.sum(op.square(op.matmul(clamped, w) - x)) end
    local g = grad.grad(function(v)
      return through(dcign.clamp(v, own)) + dcign.still({z = v}, own) * 0.01
    end)(z)
    local decoder = grad.grad(through)(dcign.clamp(z, own))
    local kept = (z - ops.mean(z, 1, true)) * (0.01 / 6)
    assert.is_true(worst(g, op.where(own, decoder, kept)) < 1e-5)
  end)

  it("are told apart by a pass through the clamp", function()
    local model = vae.fc(4, 6)
    local params, x = vae.init(model, stream(4)), stream(5):uniform{3, 64, 64, 1}
    local g = grad.grad(function(p)
      local pass = vae.pass(model, p, x, stream(6), function(z) return dcign.clamp(z, own) end)
      return pass.reconstruction
    end)(params)
    local heads = g.encoder[#g.encoder].mean.weight   -- [6 4]: clamped latents have no gradient
    local columns = op.max(op.abs(heads), 1):table()
    assert.is_true(columns[1] == 0 and columns[4] == 0)
    assert.is_true(columns[2] > 0 and columns[3] > 0)
  end)

  it("belong to the network of the paper's table", function()
    local model = dcign.network(10)
    local params = vae.init(model, stream(7))
    -- 3 x 3 convolutions 1 - 96 - 48 - 48, 3,072 to mean and log variance; and back
    assert.equal(960 + 41520 + 20784 + 2 * 30730, tree.size(params.encoder))
    assert.equal(33792 + 20784 + 41568 + 865, tree.size(params.decoder))
    local small = dcign.network(3, {width = 4, channels = 3})
    params = vae.init(small, stream(7))
    local q = small.encoder(params.encoder, tensor.ones{2, 64, 64, 3})
    assert.same({2, 3}, q.mean:shape())
    assert.same({2, 64, 64, 3}, vae.decode(small, params, q.mean):shape())
  end)
end)
