local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local shard = require "teasel.lib.shard"

local near, refused = expect.near, expect.refused
local dist = T.dist
local gaussian, bernoulli = dist.gaussian, dist.bernoulli
local categorical, uniform = dist.categorical, dist.uniform

local LOOSE = core.double and 1e-12 or 2e-5   -- of closed forms of some terms

-- f of the items of tables of one length
local function zip(f, ...)
  local lists, result = {...}, {}
  for i = 1, #lists[1] do
    local at = {}
    for k, list in ipairs(lists) do at[k] = list[i] end
    result[i] = f(table.unpack(at))
  end
  return result
end

local function total(list)
  local sum = 0
  for _, v in ipairs(list) do sum = sum + v end
  return sum
end

local function sigmoid(l) return 1 / (1 + math.exp(-l)) end

local function softmax(logits)
  local e = zip(math.exp, logits)
  local sum = total(e)
  return zip(function(v) return v / sum end, e)
end

-- Means over samples: x [n ...] is drawn at one parameter for all. The tolerance is 4 standard
-- errors, measured from the values themselves.
local function near_mean(values, wanted)
  local error_bar = math.sqrt(values:var():item() / values:size())
  near(values:mean(), wanted, 4 * error_bar / math.max(1, math.abs(wanted)))
end

describe("gaussian", function()
  local x, m, v = {0.5, -1, 3}, {0, 0.5, 2.5}, {0, -1.2, 0.7}
  local m2, v2 = {1, -0.5, 2}, {0.3, 0.4, -0.5}
  local function row(list) return T.tensor{list} end

  it("has the nll, entropy and kl of their closed forms, summed over an item", function()
    near(gaussian.nll(row(x), row(m), row(v)), {total(zip(function(a, b, c)
      return 0.5 * math.log(2 * math.pi * math.exp(c)) + (a - b) ^ 2 / (2 * math.exp(c))
    end, x, m, v))}, LOOSE)
    near(gaussian.entropy(row(v)), {total(zip(function(c)
      return 0.5 * math.log(2 * math.pi * math.exp(1) * math.exp(c))
    end, v))}, LOOSE)
    near(gaussian.kl(row(m), row(v)), {total(zip(function(b, c)
      return 0.5 * (b * b + math.exp(c) - 1 - c)
    end, m, v))}, LOOSE)
    near(gaussian.kl(row(m), row(v), row(m2), row(v2)), {total(zip(function(b, c, b2, c2)
      return 0.5 * (c2 - c) + (math.exp(c) + (b - b2) ^ 2) / (2 * math.exp(c2)) - 0.5
    end, m, v, m2, v2))}, LOOSE)
  end)

  it("has variances that are no numbers themselves, as long as their roots are", function()
    local zero, small = T.zeros(1, 1), T.full({1, 1}, -170)
    assert.near((math.log(2 * math.pi) - 170) / 2, gaussian.nll(zero, zero, small):item(), 1e-4)
    local slope = T.grad(function(v) return T.sum(gaussian.nll(zero, zero, v)) end)(small / 2)
    assert.near(0.5, slope:item(), 1e-6)
    assert.near(0, gaussian.kl(zero, small, zero, small):item(), 1e-6)
    assert.near((math.exp(1) - 2) / 2, gaussian.kl(zero, small + 1, zero, small):item(), 1e-5)
  end)

  it("is at a distance of 0 from itself, and the standard normal is N(0, 1)", function()
    near(gaussian.kl(row(m), row(v), row(m), row(v)), {0})
    local zeros = row{0, 0, 0}
    near(gaussian.kl(row(m), row(v), zeros, zeros), gaussian.kl(row(m), row(v)), LOOSE)
  end)

  it("gives one number for each item of a batch, whatever its axes", function()
    local s = T.stream(1)
    local a, b, c = s:normal{4, 2, 3}, s:normal{4, 2, 3}, s:normal{4, 2, 3}
    local nll, kl = gaussian.nll(a, b, c), gaussian.kl(b, c)
    assert.are.same({{4}, {4}, {4}}, {nll:shape(), kl:shape(), gaussian.entropy(c):shape()})
    local function flat(t) return t[3]:reshape{1, 6} end
    near(nll[3], gaussian.nll(flat(a), flat(b), flat(c))[1], LOOSE)
    near(kl[3], gaussian.kl(flat(b), flat(c))[1], LOOSE)
    near(gaussian.kl(s:normal{5}, s:normal{5}):shape()[1], 5)
  end)

  it("samples with its mean and variance", function()
    local n = 40000
    local y = gaussian.sample(T.stream(2), T.full({n}, 1.5), T.full({n}, math.log(4)))
    near_mean(y, 1.5)
    near_mean((y - 1.5):square(), 4)
    near_mean((y - 1.5) ^ 3, 0)
  end)

  it("samples independently where one parameter is broadcast to the other", function()
    for _, y in ipairs{gaussian.sample(T.stream(3), T.zeros{4}, T.zeros{1000, 4}),
        gaussian.sample(T.stream(3), T.zeros{1000, 4}, T.zeros{4})} do
      assert.are.same({1000, 4}, y:shape())
      assert.is_true((y[1] - y[2]):abs():min():item() > 0)
    end
  end)

  it("has samples that are differentiable in its parameters", function()
    local mean, logvar = T.tensor{{0.5, -1}}, T.tensor{{0.2, -0.7}}
    local w = T.tensor{{3, 5}}
    local y = gaussian.sample(T.stream(4), mean, logvar)
    local g = T.grad(function(p)
      return (gaussian.sample(T.stream(4), p.mean, p.logvar) * w):sum()
    end){mean = mean, logvar = logvar}
    near(g.mean, w)
    near(g.logvar, w * (y - mean) * 0.5)
  end)
end)

describe("laplace", function()
  local laplace = dist.laplace
  local x, m, s = {0.5, -1, 3}, {0, 0.5, 2.5}, {0, -1.2, 0.7}
  local m2, s2 = {1, -0.5, 2}, {0.3, 0.4, -0.5}
  local function row(list) return T.tensor{list} end

  it("has the nll, entropy and kl of their closed forms, summed over an item", function()
    near(laplace.nll(row(x), row(m), row(s)), {total(zip(function(a, b, c)
      return math.log(2 * math.exp(c)) + math.abs(a - b) / math.exp(c)
    end, x, m, s))}, LOOSE)
    near(laplace.entropy(row(s)), {total(zip(function(c)
      return math.log(2 * math.exp(1) * math.exp(c))
    end, s))}, LOOSE)
    local function kl(b, c, b2, c2)
      local d, scale, scale2 = math.abs(b - b2), math.exp(c), math.exp(c2)
      return math.log(scale2 / scale) + (scale * math.exp(-d / scale) + d) / scale2 - 1
    end
    near(laplace.kl(row(m), row(s), row(m2), row(s2)), {total(zip(kl, m, s, m2, s2))}, LOOSE)
    near(laplace.kl(row(m), row(s)), {total(zip(function(b, c) return kl(b, c, 0, 0) end, m, s))},
      LOOSE)
    near(laplace.kl(row(m), row(s), row(m), row(s)), {0}, LOOSE)
    refused("dist.laplace.kl: argument 'logscale2': got nil, wanted a tensor or a number",
      laplace.kl, row(m), row(s), row(m))
    -- of a scale whose inverse no float holds, at its mean and beside it
    for _, mean in ipairs{0, 0.5} do
      local p = {mean = row{mean}, logscale = row{-100}}
      near(laplace.kl(p.mean, p.logscale), {99 + mean}, LOOSE)
      near(T.grad(function(q) return laplace.kl(q.mean, q.logscale):sum() end)(p).logscale, {{-1}})
    end
  end)

  it("samples with its mean and scale, on both sides, and differentiably in both", function()
    local n = 40000
    local y = laplace.sample(T.stream(2), T.full({n}, 1.5), T.full({n}, math.log(2)))
    near_mean((y - 1.5):abs(), 2)
    near_mean((y - 1.5):sign(), 0)
    near_mean((y - 1.5):square(), 8)
    local mean, logscale, w = T.tensor{{0.5, -1}}, T.tensor{{0.2, -0.7}}, T.tensor{{3, 5}}
    local z = laplace.sample(T.stream(4), mean, logscale)
    local g = T.grad(function(p)
      return (laplace.sample(T.stream(4), p.mean, p.logscale) * w):sum()
    end){mean = mean, logscale = logscale}
    near(g.mean, w)
    near(g.logscale, w * (z - mean), LOOSE)
  end)

  it("has a finite sample of every uniform number", function()
    local draw, largest = shard.draw, {}
    for i, u in ipairs{0, 0.5, 1 - 2 ^ -24} do
      function shard.draw(_, _, _, shape) return T.full(shape, u) end
      largest[i] = laplace.sample(T.stream(1), T.zeros{1, 2}, T.zeros{1, 2}):abs():max():item()
    end
    shard.draw = draw
    near(T.tensor(largest), {25 * math.log(2), 0, 23 * math.log(2)}, LOOSE)
  end)
end)

describe("bernoulli", function()
  local logits, logits2 = {-2, 0, 0.5, 3}, {1, -1, 0.5, 2}
  local x = {0, 1, 0.25, 1}
  local function row(list) return T.tensor{list} end

  it("has the nll, entropy and kl of their closed forms, summed over an item", function()
    local function cross(p, l)
      return -p * math.log(sigmoid(l)) - (1 - p) * math.log(sigmoid(-l))
    end
    near(bernoulli.nll(row(x), row(logits)), {total(zip(cross, x, logits))}, LOOSE)
    local p = zip(sigmoid, logits)
    near(bernoulli.entropy(row(logits)), {total(zip(cross, p, logits))}, LOOSE)
    near(bernoulli.kl(row(logits), row(logits2)),
      {total(zip(cross, p, logits2)) - total(zip(cross, p, logits))}, LOOSE)
    near(bernoulli.kl(row(logits), row(logits)), {0})
  end)

  it("stays finite and right at extreme logits", function()
    near(bernoulli.nll(T.tensor{1, 0, 1, 0}, T.tensor{200, -200, -200, 200}), {0, 0, 200, 200})
    near(bernoulli.entropy(T.tensor{200, -200}), {0, 0})
    near(bernoulli.kl(T.tensor{200}, T.tensor{-200}), {200})
  end)

  it("refuses items that are not from 0 to 1, in an objective of networks too", function()
    local wanted = "got items from %s to %s, wanted them in 0..1"
    for _, case in ipairs{{{0, 255}, "0", "255"}, {{-1, 1}, "-1", "1"}, {{0, 1.001}, "0", "1.001"},
      {{0 / 0, 0.5}, "nan", "nan"}} do
      local ok, message = pcall(function() return (bernoulli.nll(row(case[1]), T.zeros{1, 2})) end)
      assert.is_false(ok)
      assert.matches("dist_spec.lua:%d+: dist.bernoulli.nll: argument 'x': ", message)
      assert.is_truthy(message:gsub("%-nan", "nan"):find(wanted:format(case[2], case[3]), 1, true),
        message)
    end
    assert.same({0}, bernoulli.nll(T.zeros{0, 3}, T.zeros{0, 3}):shape())
    local model = T.vae.fc(2, 4)
    local params = T.vae.init(model, T.stream(1))
    local images = T.stream(2):integers({3, 64, 64, 1}, 0, 255)
    assert.error_matches(function() T.vae.terms(model, params, images, T.stream(3)) end,
      "got items from 0 to 255, wanted them in 0..1")
    local loss = T.value_and_grad(function(p)
      return (T.vae.terms(model, p, images / 255, T.stream(3)))
    end)
    assert.is_true(loss(params):item() > 0)
    assert.error_matches(function()
      T.grad(function(p)
        return (T.vae.terms(model, p, images / 255 * 2 - 1, T.stream(3)))
      end)(params)
    end, "got items from %-1 to 1, wanted")
  end)

  it("gives one number for each item of a batch", function()
    local l = T.stream(1):normal{3, 2, 2, 1}
    local y = bernoulli.sample(T.stream(2), l)
    assert.are.same({3, 2, 2, 1}, y:shape())
    local nll = bernoulli.nll(y, l)
    assert.are.same({3}, nll:shape())
    near(nll[2], T.bernoulli_nll(y[2], l[2]):sum(), LOOSE)
  end)

  it("samples ones as often as it should, and nothing but 0 and 1", function()
    local n = 40000
    for _, l in ipairs{-2, 0, 1.5} do
      local y = bernoulli.sample(T.stream(3), T.full({n}, l))
      near((y * (1 - y)):sum(), 0, 0)
      near_mean(y, sigmoid(l))
    end
    near(bernoulli.sample(T.stream(4), T.tensor{200, -200}), {1, 0}, 0)
  end)
end)

describe("categorical", function()
  local logits, logits2 = {0.5, -1, 2}, {1, 0, -0.5}
  local p, p2 = softmax(logits), softmax(logits2)
  local function row(list) return T.tensor{list} end
  local function cross(a, b) return -a * math.log(b) end

  it("has the nll, entropy and kl of their closed forms", function()
    for k = 1, 3 do
      near(categorical.nll(T.one_hot(T.tensor{k}, 3), row(logits)), {-math.log(p[k])}, LOOSE)
    end
    near(categorical.entropy(row(logits)), {total(zip(cross, p, p))}, LOOSE)
    near(categorical.kl(row(logits), row(logits2)),
      {total(zip(cross, p, p2)) - total(zip(cross, p, p))}, LOOSE)
    near(categorical.kl(row(logits), row(logits)), {0})
    near(categorical.entropy(T.zeros{1, 8}), {math.log(8)}, LOOSE)
  end)

  it("sums over the codes of an item: [n codes classes] gives [n]", function()
    local l = T.stream(1):normal{4, 5, 3}
    local y = categorical.sample(T.stream(2), l)
    assert.are.same({4, 5, 3}, y:shape())
    local nll = categorical.nll(y, l)
    assert.are.same({{4}, {4}, {4}}, {nll:shape(), categorical.entropy(l):shape(),
      categorical.kl(l, l):shape()})
    near(nll[2], categorical.nll(y[2], l[2]):sum(), LOOSE)
  end)

  it("samples one-hot, each class as often as it should", function()
    local n = 40000
    local y = categorical.sample(T.stream(3), row(logits):expand{n, 3})
    near(y:sum(2), T.ones{n}, 0)
    near(y:max(2), T.ones{n}, 0)
    for k = 1, 3 do near_mean(y:slice(2, k, k), p[k]) end
    near(categorical.sample(T.stream(4), row{1000, 0, -1000}), {{1, 0, 0}}, 0)
  end)
end)

describe("samples of no items", function()
  it("keep the shape of what they are drawn from", function()
    local stream, none = T.stream(1), T.zeros(0, 3)
    assert.same({0, 3}, categorical.sample(stream, none):shape())
    assert.same({2, 0, 3}, categorical.sample(stream, T.zeros(2, 0, 3)):shape())
    assert.same({0, 3}, gaussian.sample(stream, none, none):shape())
    assert.same({0, 3}, bernoulli.sample(stream, none):shape())
  end)
end)

describe("samples without a stream", function()
  it("are refused, as are other wrong arguments", function()
    local x = T.zeros(2, 3)
    local sample = "dist.%s.sample: argument 'stream': got nil, wanted a stream"
    refused(sample:format "gaussian", gaussian.sample, nil, x, x)
    refused(sample:format "bernoulli", bernoulli.sample, nil, x)
    refused(sample:format "categorical", categorical.sample, nil, x)
    refused(sample:format "uniform", T.dist.uniform.sample, nil, x, x)
    refused("dist.gaussian.kl: argument 'logvar': got nil, wanted a tensor or a number",
      gaussian.kl, x)
    refused("dist.gaussian.kl: argument 'logvar2': got nil, wanted a tensor or a number",
      gaussian.kl, x, x, x)
  end)
end)

describe("uniform", function()
  local lo, hi = T.tensor{{-1, 2}, {0, 0}}, T.tensor{{1, 5}, {0.5, 4}}

  it("has the nll, entropy and kl of their closed forms", function()
    near(uniform.nll(T.tensor{{0, 2}, {0.5, 3}}, lo, hi), {math.log(6), math.log(2)}, LOOSE)
    near(uniform.nll(T.tensor{{-1.1, 3}, {0.2, 4.5}}, lo, hi), {math.huge, math.huge})
    near(uniform.entropy(lo, hi), {math.log(6), math.log(2)}, LOOSE)
    near(uniform.kl(lo, hi, lo - 1, hi),
      {math.log(3 / 2 * 4 / 3), math.log(1.5 / 0.5 * 5 / 4)}, LOOSE)
    near(uniform.kl(lo, hi, lo, hi), {0, 0})
    near(uniform.kl(lo, hi, lo, hi - 0.1), {math.huge, math.huge})
  end)

  it("samples between its ends, with its mean and variance", function()
    local n = 40000
    local y = uniform.sample(T.stream(1), T.full({n}, -1), T.full({n}, 3))
    assert.is_true(y:min():item() >= -1 and y:max():item() <= 3)
    near_mean(y, 1)
    near_mean((y - 1):square(), 16 / 12)
  end)

  it("has samples that are differentiable in its ends", function()
    local y = uniform.sample(T.stream(2), lo, hi)
    local u = (y - lo) / (hi - lo)
    local g = T.grad(function(p) return uniform.sample(T.stream(2), p.lo, p.hi):sum() end){
      lo = lo, hi = hi}
    near(g.lo, 1 - u, LOOSE)
    near(g.hi, u, LOOSE)
  end)
end)

-- pairs of distributions by their parameters, for what all of them must satisfy
local PAIRS = {
  gaussian = {{{{0.3, -1}}, {{0.2, -0.5}}}, {{{0, 0.5}}, {{0.4, 0.1}}}},
  laplace = {{{{0.3, -1}}, {{0.2, -0.5}}}, {{{0, 0.5}}, {{0.4, 0.1}}}},
  bernoulli = {{{{0.7, -1, 2}}}, {{{0, 0.5, 1}}}},
  categorical = {{{{{0.5, -1, 2}, {0, 0, 1}}}}, {{{{1, 0, 0}, {0.3, 0.2, 0.1}}}}},
  uniform = {{{{-1, 0}}, {{1, 0.5}}}, {{{-2, -1}}, {{1.5, 1}}}},
}

local AROUND = {gaussian = true, laplace = true}   -- whose entropy no mean changes

for _, name in ipairs(T.tree.keys(PAIRS)) do
  local d = dist[name]

  local function tensors(lists)
    local list = {}
    for i, v in ipairs(lists) do list[i] = T.tensor(v) end
    return list
  end

  local p, q = tensors(PAIRS[name][1]), tensors(PAIRS[name][2])

  describe(name, function()
    local n = 40000
    local function repeated(list)
      return zip(function(t)
        local shape = t:shape()
        shape[1] = n
        return t:expand(shape)
      end, list)
    end
    local many, others = repeated(p), repeated(q)
    local x = d.sample(T.stream(7, name), table.unpack(many))

    it("has the mean nll of its samples as its entropy", function()
      local entropy = AROUND[name] and d.entropy(p[2]) or d.entropy(table.unpack(p))
      local nll = d.nll(x, table.unpack(many))
      if name == "uniform" then near(nll, entropy:expand{n}, LOOSE)
      else near_mean(nll, entropy:item()) end
    end)

    it("has the mean log ratio of its samples as its kl", function()
      local both = table.move(q, 1, #q, #p + 1, {table.unpack(p)})
      local kl = d.kl(table.unpack(both))
      local ratio = d.nll(x, table.unpack(others)) - d.nll(x, table.unpack(many))
      assert.is_true(kl:item() > 0.01)
      if name == "uniform" then near(ratio, kl:expand{n}, LOOSE)
      else near_mean(ratio, kl:item()) end
    end)

    it("samples the same from the same stream, and other items at every step", function()
      local s = T.stream(8)
      local one, two = d.sample(s, table.unpack(many)), d.sample(s, table.unpack(many))
      near(d.sample(T.stream(8), table.unpack(many)), one, 0)
      assert.is_true((one - two):abs():sum():item() > 0)
    end)

    if name == "bernoulli" or name == "categorical" then
      it("has samples that are constants", function()
        local g = T.grad(function(logits)
          local y = d.sample(T.stream(9), logits)
          assert.is_false(core.grad.recorded(y))
          return (y * logits):sum()
        end)(p[1])
        near(g, d.sample(T.stream(9), p[1]), 0)
      end)
    end

    if core.double then
      it("has the gradients of nll, entropy and kl that differences give", function()
        local fixed = x:slice(1, 1, 1)
        for i in ipairs(p) do
          local function with(f)
            return function(t)
              local params = {table.unpack(p)}
              params[i] = t
              return f(params):sum()
            end
          end
          expect.gradient(with(function(params)
            return d.nll(fixed, table.unpack(params))
          end), p[i])
          expect.gradient(with(function(params)
            return d.kl(table.unpack(table.move(q, 1, #q, #params + 1, params)))
          end), p[i])
          if not AROUND[name] then
            expect.gradient(with(function(params) return d.entropy(table.unpack(params)) end), p[i])
          end
        end
      end)
    end
  end)
end
