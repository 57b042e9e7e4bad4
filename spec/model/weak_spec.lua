-- Posteriors that pairs of images share.

local core = require "teasel.core"
local joint_vae = require "teasel.model.joint_vae"
local slope = require "spec.slope"
local vae = require "teasel.model.vae"
local weak = require "teasel.model.weak"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

local function posterior(n, D, seed)
  return {mean = stream(seed, "m"):normal{2 * n, D}, logvar = stream(seed, "v"):normal{2 * n, D}}
end

describe("the posteriors of a pair", function()
  local n, D = 4, 5
  local q = posterior(n, D, 1)
  local mean, logvar = q.mean:table(), q.logvar:table()

  it("are alike in the units whose KL is in the lower half of its range", function()
    for i, row in ipairs(weak.alike(q):table()) do
      local kl, low, high = {}, math.huge, -math.huge
      for d = 1, D do
        local v1, v2 = math.exp(logvar[i][d]), math.exp(logvar[n + i][d])
        kl[d] = 0.5 * (v1 / v2 + (mean[n + i][d] - mean[i][d]) ^ 2 / v2 - 1 + math.log(v2 / v1))
        low, high = math.min(low, kl[d]), math.max(high, kl[d])
      end
      for d = 1, D do assert.equal(kl[d] <= (low + high) / 2 and 1 or 0, row[d]) end
    end
    -- all are, where an image is paired with itself
    local function twice(x) return op.concat({x, x}, 1) end
    local same = {mean = twice(q.mean), logvar = twice(q.logvar)}
    assert.equal(1, weak.alike(same):min():item())
  end)

  it("have the average where they share, and their own elsewhere", function()
    local mask = op.gt(stream(2):uniform{n, D}, 0.5)
    local m = mask:table()
    for _, how in ipairs{"gvae", "ml_vae"} do
      local got = weak.share(q, mask, how)
      local shared_mean, shared_logvar = got.mean:table(), got.logvar:table()
      for i = 1, n do
        for d = 1, D do
          local a, b, v, w = mean[i][d], mean[n + i][d], math.exp(logvar[i][d]),
            math.exp(logvar[n + i][d])
          local variance = how == "gvae" and (v + w) / 2 or 2 * v * w / (v + w)
          local average = how == "gvae" and (a + b) / 2 or variance / 2 * (a / v + b / w)
          for _, row in ipairs{i, n + i} do
            local wanted = m[i][d] == 1 and {average, math.log(variance)}
              or {mean[row][d], logvar[row][d]}
            assert.is_true(math.abs(shared_mean[row][d] - wanted[1]) < 1e-5)
            assert.is_true(math.abs(shared_logvar[row][d] - wanted[2]) < 1e-5)
          end
        end
      end
      assert(slope(function(p)
        local s = weak.share(p, mask, how)
        return s.mean:square():sum() + (s.logvar * s.mean):sum()
      end, q))
    end
  end)

  it("come in two halves", function()
    local three = {mean = tensor.zeros{3, 2}, logvar = tensor.zeros{3, 2}}
    assert.error_matches(function() weak.alike(three) end, "wanted [2n D]", 1, true)
    assert.error_matches(function() weak.share(q, tensor.zeros{n, D}, "ml") end,
      "wanted one of: gvae, ml_vae", 1, true)
  end)
end)

describe("a model of pairs", function()
  local model = vae.network{shape = {8, 8, 1}, latents = 4, channels = {3}, hidden = {5}}
  local x = stream(4):uniform{6, 8, 8, 1}

  it("shares what is alike, or the first units, and shows single images", function()
    for _, row in ipairs{{{}, 1}, {{average = "ml_vae"}, 2}, {{shared = 3}, 3}} do
      local given, kind = table.unpack(row)
      local pairs_of = weak.model(model, given)
      local params = vae.init(pairs_of, stream(5))
      assert.equal(vae.init(model, stream(5)).encoder[1].weight:data(),
        params.encoder[1].weight:data())
      local pass = vae.pass(pairs_of, params, x, stream(6))
      local q = model.encoder(params.encoder, x)
      local mask = kind < 3 and weak.alike(q)
        or op.expand(tensor.tensor{{1, 1, 1, 0}}, {3, 4})
      local wanted = weak.share(q, mask, given.average)
      assert.equal(wanted.mean:data(), pass.q.mean:data())
      assert.equal(wanted.logvar:data(), pass.q.logvar:data())
      assert.equal(vae.unit_kl(wanted.mean, wanted.logvar):data(), pass.unit_kl:data())
      assert.equal(q.mean:data(), vae.view(pairs_of, params).represent(x):data())
    end
    assert.error_matches(function() weak.model(model, {once = true}) end,
      "weak.model: option 'once': got true without a number", 1, true)
    assert.error_matches(function() weak.model(model, {shared = 5}) end,
      "weak.model: option 'shared': got 5, wanted an integer in 0..4", 1, true)
    local other = joint_vae.model{shape = {8, 8, 1}, channels = {2}, hidden = {4}}
    assert.error_matches(function() weak.model(other) end,
      "weak.model: got a model with a posterior of its own, wanted one with q(z|x) = N(", 1, true)
  end)

  it("draws what a pair shares once, and counts its KL once", function()
    local of_pair = weak.model(model, {shared = 3, once = true})
    local params = vae.init(of_pair, stream(5))
    local pass = vae.pass(of_pair, params, x, stream(6))
    local each = vae.pass(weak.model(model, {shared = 3}), params, x, stream(6))
    local z, own = pass.z, each.z
    assert.equal(own:slice(1, 1, 3):data(), z:slice(1, 1, 3):data())
    assert.equal(z:slice(1, 1, 3):slice(2, 1, 3):data(), z:slice(1, 4, 6):slice(2, 1, 3):data())
    assert.equal(own:slice(2, 4, 4):data(), z:slice(2, 4, 4):data())
    assert.are_not.same(own:slice(2, 1, 3):data(), z:slice(2, 1, 3):data())
    local wanted = each.unit_kl * tensor.tensor{0.5, 0.5, 0.5, 1}
    assert.equal(wanted:data(), pass.unit_kl:data())
    assert.is_near(wanted:sum():item(), pass.kl:item(), 1e-6)
  end)
end)
