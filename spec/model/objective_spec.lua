-- Objectives beyond the evidence lower bound, against sums written out, closed forms and
-- differences.

local T = require "teasel"
local core = require "teasel.core"
local factor_vae = require "teasel.model.factor_vae"
local game = require "teasel.model.game"
local objective = require "teasel.model.objective"
local slope = require "spec.slope"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

local function near(got, wanted, tolerance)
  if type(got) ~= "number" then got = got:item() end
  assert.is_true(math.abs(got - wanted) <= tolerance * math.max(1, math.abs(wanted)),
    ("got %.9g, wanted %.9g"):format(got, wanted))
end

-- A pass of n images and D units, as far as objectives read it.
local function pass_of(n, D, seed)
  local mean = stream(seed, "mean"):normal{n, D}
  local logvar = stream(seed, "logvar"):normal({n, D}, -0.5, 0.5)
  local z = mean + op.exp(logvar * 0.5) * stream(seed, "z"):normal{n, D}
  return {z = z, q = {mean = mean, logvar = logvar}}
end

local function density(z, mean, logvar)
  return math.exp(-0.5 * ((z - mean) ^ 2 / math.exp(logvar) + logvar + math.log(2 * math.pi)))
end

-- q(z_i|x_j) of all units, or of unit d, from lists of lists
local function posterior(z, mean, logvar, i, j, d)
  local p = 1
  for e = d or 1, d or #z[i] do p = p * density(z[i][e], mean[j][e], logvar[j][e]) end
  return p
end

describe("the weights of a batch's posteriors", function()
  it("sum to 1, and are the image's own on the diagonal", function()
    for _, how in ipairs{"stratified", "even"} do
      for i, row in ipairs(objective.log_weights(5, 40, how):exp():table()) do
        local sum = 0
        for _, w in ipairs(row) do sum = sum + w end
        near(sum, 1, 1e-6)
        near(row[i], 1 / 40, 1e-6)
      end
    end
    local row = objective.log_weights(5, 40):exp()[2]:table()
    near(row[3], (40 - 4) / (40 * 4), 1e-6)
    for _, j in ipairs{1, 4, 5} do near(row[j], 1 / 4, 1e-6) end
    near(objective.log_weights(5, 40, "weighted"):exp():sum(), 5 * 5 / (5 * 40), 1e-6)
  end)

  -- all batches of 3 out of 5 images, in every order, in which image 1 comes first
  it("give q(z) itself on average over all batches, unless each is the same", function()
    local N, D = 5, 2
    local all = pass_of(N, D, 1)
    local z, mean, logvar = all.z:table(), all.q.mean:table(), all.q.logvar:table()
    local exact, own = 0, posterior(z, mean, logvar, 1, 1)
    for j = 1, N do exact = exact + posterior(z, mean, logvar, 1, j) / N end
    local sums, batches = {stratified = 0, even = 0, weighted = 0}, 0
    for b = 2, N do
      for c = 2, N do
        if b ~= c then
          batches = batches + 1
          for how in pairs(sums) do
            local w = objective.log_weights(3, N, how):exp()[1]:table()
            for place, j in ipairs{1, b, c} do
              sums[how] = sums[how] + w[place] * posterior(z, mean, logvar, 1, j)
            end
          end
        end
      end
    end
    near(sums.stratified / batches, exact, 1e-5)
    near(sums.even / batches, exact, 1e-5)
    -- the same weight for all gives the image's own posterior too much of all there is
    near(sums.weighted / batches, own / (3 * N) + (exact - own / N) * 2 * N / (3 * N * (N - 1)),
      1e-5)
  end)

  it("are none of a batch of one, nor of more images than there are", function()
    for _, bad in ipairs{{1, 10}, {5, 4}} do
      assert.error_matches(function() objective.log_weights(bad[1], bad[2]) end,
        ("got a batch of %d out of %d images, wanted 2 or more"):format(bad[1], bad[2]), 1, true)
    end
    assert.error_matches(function() objective.log_weights(3, 10, "stratifid") end,
      "did you mean 'stratified'", 1, true)
  end)
end)

describe("the three parts of the KL", function()
  it("are exact where the batch is all images", function()
    local N, D = 6, 3
    local pass = pass_of(N, D, 2)
    local z, mean, logvar = pass.z:table(), pass.q.mean:table(), pass.q.logvar:table()
    local information, correlation, dimension = 0, 0, 0
    for i = 1, N do
      local joint, product, prior = 0, 1, 1
      for j = 1, N do joint = joint + posterior(z, mean, logvar, i, j) / N end
      for d = 1, D do
        local marginal = 0
        for j = 1, N do marginal = marginal + posterior(z, mean, logvar, i, j, d) / N end
        product, prior = product * marginal, prior * density(z[i][d], 0, 0)
      end
      information = information + math.log(posterior(z, mean, logvar, i, i) / joint) / N
      correlation = correlation + math.log(joint / product) / N
      dimension = dimension + math.log(product / prior) / N
    end
    for _, how in ipairs{"even", "weighted"} do
      local I, TC, KL = objective.decompose(pass, N, how)
      -- of a batch of all, 1 / NM for each is 1 / N of what there is
      local short = how == "weighted" and math.log(N) or 0
      near(I, information + short, 1e-4)
      near(TC, correlation + (D - 1) * short, 1e-4)
      near(KL, dimension - D * short, 1e-4)
    end
  end)

  it("sum to the KL of the samples, however they are estimated", function()
    local pass = pass_of(7, 4, 3)
    local kl = 0
    local z, mean, logvar = pass.z:table(), pass.q.mean:table(), pass.q.logvar:table()
    for i = 1, 7 do
      for d = 1, 4 do
        kl = kl + math.log(density(z[i][d], mean[i][d], logvar[i][d]) / density(z[i][d], 0, 0)) / 7
      end
    end
    for _, how in ipairs{"stratified", "even", "weighted"} do
      local I, TC, KL = objective.decompose(pass, 1000, how)
      near((I + TC + KL):item(), kl, 1e-4)
      near(objective.total_correlation(pass, 1000, how), TC:item(), 0)
    end
  end)

  it("have the slopes of differences", function()
    assert(slope(function(p)
      local I, TC, KL = objective.decompose(p, 50)
      return I * 0.5 + TC * 3 + KL * 2
    end, pass_of(4, 3, 4)))
  end)
end)

describe("the covariance", function()
  it("is of all pairs of columns, of one matrix or of two", function()
    local x, y = tensor.tensor{{1, 2}, {3, 2}, {5, 5}}, tensor.tensor{{1}, {0}, {5}}
    local own, both = objective.covariance(x):table(), objective.covariance(x, y)
    near(own[1][1], 8 / 3, 1e-6)
    near(own[1][2], 2, 1e-6)
    assert.same({2, 1}, both:shape())
    near(both:table()[1][1], 8 / 3, 1e-6)
    near(both:table()[2][1], 3, 1e-6)
  end)
end)

describe("the penalty of DIP-VAE", function()
  it("is of the covariance over the batch, of the means or of z", function()
    local n, D = 5, 3
    local pass = pass_of(n, D, 5)
    local mean, logvar = pass.q.mean:table(), pass.q.logvar:table()
    local function mean_of(f)
      local sum = 0
      for i = 1, n do sum = sum + f(i) / n end
      return sum
    end
    local function cov(d, e, second)
      local a, b = mean_of(function(i) return mean[i][d] end),
        mean_of(function(i) return mean[i][e] end)
      local c = mean_of(function(i) return (mean[i][d] - a) * (mean[i][e] - b) end)
      return d == e and second and c + mean_of(function(i) return math.exp(logvar[i][d]) end) or c
    end
    for _, row in ipairs{{{}, 10, 100}, {{kind = "II", off = 3}, 3, 3},
      {{kind = "I", off = 2, diagonal = 7}, 2, 7}, {{kind = "II", off = 0, diagonal = 1}, 0, 1}} do
      local given, off, diagonal = table.unpack(row)
      local sum = 0
      for d = 1, D do
        for e = 1, D do
          local c = cov(d, e, given.kind == "II")
          sum = sum + (d == e and diagonal * (c - 1) ^ 2 or off * c ^ 2)
        end
      end
      near(objective.dip(pass, given), sum, 1e-4)
    end
    assert(slope(function(p) return objective.dip(p, {kind = "II", off = 3, diagonal = 2}) end,
      {z = pass.z, q = pass.q}))
    assert.error_matches(function() objective.dip(pass, {kind = "III"}) end, "wanted one of: I, II",
      1, true)
    assert.error_matches(function() objective.dip(pass, {off = -1, diagonal = 1}) end,
      "objective.dip: option 'off': got -1, wanted a number of 0 or more", 1, true)
  end)
end)

describe("what reads q(z|x)", function()
  local net = T.vae.learner(T.joint_vae.model{shape = {8, 8, 1}, channels = {2}, hidden = {4}},
    T.optim.sgd{lr = 1}, stream(1))
  local x, given = tensor.zeros{3, 8, 8, 1}, pass_of(3, 2, 1)
  local joint = T.vae.pass(net.model, net.params, x, stream(2))
  local D = factor_vae.discriminator{latents = 9, units = 2, stream = stream(3)}

  it("wants a model in which it is N(mean, e^logvar)", function()
    local own = "got a model with a posterior of its own, wanted one with q(z|x) = N(mean, e^"
    for message, f in pairs{
      ["objective.dip: " .. own] = function() objective.dip(joint) end,
      ["objective.decompose: " .. own] = function() objective.total_correlation(joint, 20) end,
      ["discriminator:step: " .. own] = function() D:step(net, joint, x, stream(4)) end,
      ["objective.dip: q of the model: got a table with code alone, wanted {mean =, logvar ="] =
        function() objective.dip{q = {code = given.z}} end,
      ["objective.decompose: q of the model: got 2, wanted {mean ="] =
        function() objective.total_correlation({z = given.z, q = 2}, 20) end,
      ["objective.decompose: argument 'pass.z': got 1, wanted a tensor"] =
        function() objective.total_correlation({z = 1, q = given.q}, 20) end,
    } do
      assert.error_matches(f, message, 1, true)
    end
  end)
end)

describe("the maximum mean discrepancy", function()
  it("is the mean over all different pairs", function()
    local x, y = stream(6):normal{4, 2}, stream(7):normal({3, 2}, 0.5, 2)
    local function mean(a, b, same)
      local sum, count = 0, 0
      for i, u in ipairs(a:table()) do
        for j, v in ipairs(b:table()) do
          if not (same and i == j) then
            local gap = (u[1] - v[1]) ^ 2 + (u[2] - v[2]) ^ 2
            sum, count = sum + math.exp(-gap / (2 * 1.5)), count + 1
          end
        end
      end
      return sum / count
    end
    near(objective.mmd(x, y, 1.5), mean(x, x, true) + mean(y, y, true) - 2 * mean(x, y), 1e-5)
    assert(slope(function(t) return objective.mmd(t[1], t[2], 1.5) end, {x, y}))
  end)

  it("is that of two normal distributions, in closed form", function()
    local n, D, s2, m = 300, 3, 2.25, 0.4
    local v = D
    local wanted = (v / (v + 2 * s2)) ^ (D / 2) + (v / (v + 2)) ^ (D / 2)
      - 2 * (v / (v + 1 + s2)) ^ (D / 2) * math.exp(-D * m * m / (2 * (v + 1 + s2)))
    local got = objective.mmd(stream(8):normal({n, D}, m, math.sqrt(s2)), stream(9):normal{n, D})
    assert.is_true(math.abs(got:item() - wanted) < 0.015, got:item() .. " " .. wanted)
    assert.is_true(wanted > 0.05)
  end)
end)

describe("a controller of beta", function()
  it("is the sum of both parts, and stays in its range", function()
    local c = objective.controller{kp = 0.01, ki = 0.5, least = 1, most = 3}
    near(c:step(10, 8), 0.01 / (1 + math.exp(-2)) + 1 + 1, 1e-9)
    near(c:step(9, 8), 0.01 / (1 + math.exp(-1)) + 1.5 + 1, 1e-9)
    near(c:step(100, 8), 3, 1e-9)
    -- it comes back at once
    near(c:step(6, 8), 0.01 / (1 + math.exp(2)) + 1 + 1, 1e-9)
    near(c:step(0, 8), 0.01 / (1 + math.exp(8)) + 1, 1e-9)
  end)

  it("brings the KL of a simple system to its target", function()
    local c, kl, beta = objective.controller{ki = 0.01}, 0, 1
    for _ = 1, 3000 do
      kl = kl + 0.1 * (40 / beta - kl)
      beta = c:step(kl, 8)
    end
    near(kl, 8, 1e-3)
    near(beta, 5, 1e-3)
  end)
end)

describe("FactorVAE's discriminator", function()
  it("reads latents whose columns are shuffled each on its own", function()
    local z = stream(10):normal{50, 3}
    local p = factor_vae.permuted(stream(11), z)
    local orders = {}
    for d = 1, 3 do
      local column = z:slice(2, d, d):reshape{50}:table()
      local shuffled = p:slice(2, d, d):reshape{50}:table()
      local at = {}
      for i, v in ipairs(column) do at[v] = i end
      orders[d] = {}
      for i, v in ipairs(shuffled) do orders[d][i] = at[v] end
      table.sort(column)
      table.sort(shuffled)
      assert.same(column, shuffled)
    end
    assert.are_not.same(orders[1], orders[2])
    assert.are_not.same(orders[2], orders[3])
    assert.equal(p:data(), factor_vae.permuted(stream(11), z):data())
  end)

  local function small(seed)
    return factor_vae.discriminator{latents = 2, units = 8, lr = 5e-3, stream = stream(seed)}
  end

  it("has the loss of a classifier, and its slope", function()
    local D = small(12)
    local z, other = stream(13):normal{3, 2}, stream(14):normal{4, 2}
    local _, terms = D.player:gradient(z, other)
    local sum = 0
    for _, v in ipairs(D.network(D.player.params, z):reshape{3}:table()) do
      sum = sum - math.log(1 / (1 + math.exp(-v))) / 3
    end
    for _, v in ipairs(D.network(D.player.params, other):reshape{4}:table()) do
      sum = sum - math.log(1 - 1 / (1 + math.exp(-v))) / 4
    end
    near(terms.discriminator, sum / 2, 1e-5)
    near(D:total_correlation(z), D.network(D.player.params, z):mean():item(), 1e-6)
    assert(slope(function(x) return D:total_correlation(x) end, z, 1e-5))
  end)

  it("steps on the latents of a pass, and on those of other images, shuffled", function()
    local function learned(step)
      local net = T.vae.learner(T.vae.network{shape = {4, 4, 1}, latents = 2, channels = {2},
        hidden = {}}, T.optim.sgd{lr = 0.1}, stream(18))
      local D, x = small(19), stream(20):uniform{6, 4, 4, 1}
      local _, pass = net:step(x, stream(21), function(pass) return T.vae.elbo(pass) end)
      local terms = step(D, net, pass, x * 0.5)
      return D.player.params, terms.discriminator:item()
    end
    local one, loss = learned(function(D, net, pass, other)
      return D:step(net, pass, other, stream(22))
    end)
    local two, wanted = learned(function(D, net, pass, other)
      local q = net.model.encoder(net.params.encoder, other)
      local z = T.dist.gaussian.sample(stream(22):split "other z", q.mean, q.logvar)
      return game.alternating{{D.player, pass.z,
        factor_vae.permuted(stream(22):split "permuted", z)}}
    end)
    assert.equal(wanted, loss)
    for i, t in ipairs(T.tree.leaves(two)) do
      assert.equal(t:data(), T.tree.leaves(one)[i]:data())
    end
  end)

  it("learns the total correlation of a normal distribution #slow", function()
    local D, r = small(15), 0.8
    local function draw(i)
      local e = stream(16, "draw " .. i):normal{256, 2}
      local a, b = e:slice(2, 1, 1), e:slice(2, 2, 2)
      return op.concat({a, a * r + b * math.sqrt(1 - r * r)}, 2)
    end
    for i = 1, 600 do
      game.alternating{{D.player, draw(2 * i), factor_vae.permuted(stream(17, "" .. i),
        draw(2 * i + 1))}}
    end
    local found = 0
    for i = 1, 20 do found = found + D:total_correlation(draw(-i)):item() / 20 end
    local wanted = -0.5 * math.log(1 - r * r)   -- 0.51 nats
    assert.is_true(math.abs(found - wanted) < 0.1, found .. ", wanted " .. wanted)
  end)
end)
