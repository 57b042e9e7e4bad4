local T = require "teasel"
local core = require "teasel.core"
local reference = require "spec.metric_reference"
local space = require "teasel.data.space"

local metric = T.metric

local NAME = "dsprites_b_rotated"   -- the case whose scores are not simply 1

describe("the generator of numpy", function()
  it("has the published numbers", function()
    local generator = core.learn.mersenne(5489)
    assert.are.equal(3499211612 & 0x7fffffff, generator:below(1 << 31))
    assert.are.equal(581869302 & 0x7fffffff, generator:below(1 << 31))
  end)

  it("draws nothing for one value, and again what is too large", function()
    local a, b = core.learn.mersenne(1), core.learn.mersenne(1)
    assert.are.equal(0, a:below(1))
    for _ = 1, 1000 do
      local v
      repeat v = b:below(8) until v < 5
      assert.are.equal(v, a:below(5))
    end
  end)
end)

describe("on the whole grid of the reference", function()
  local codes, factors, case
  lazy_setup(function()
    if reference.all() then
      codes, factors = reference.grid(NAME)
      case = reference.case(NAME)
    end
  end)

  local function missing()
    if not codes then pending "the metrics' reference is not there" end
    return not codes
  end

  -- the means of score and details.train over 5 seeds
  local function means(f)
    local train, test = 0, 0
    for seed = 0, 4 do
      local score, details = f(codes, factors, {seed = seed})
      train, test = train + details.train / 5, test + score / 5
    end
    return train, test
  end

  it("the metric of Higgins et al. has the mean of 5 seeds", function()
    if missing() then return end
    local train, test = means(metric.beta_vae)
    assert.is_near(case.scores.beta_vae_train_mean5, train, 0.004)
    assert.is_near(case.scores.beta_vae_eval_mean5, test, 0.006)
  end)

  it("the metric of Kim & Mnih has the mean of 5 seeds", function()
    if missing() then return end
    local train, test = means(metric.factor_vae)
    assert.is_near(case.scores.factor_vae_train_mean5, train, 0.01)
    assert.is_near(case.scores.factor_vae_eval_mean5, test, 0.01)
  end)

  it("compat 'dlib' draws the same points", function()
    if missing() then return end
    local generator = core.learn.mersenne(0)
    local sizes = {3, 6, 40, 32, 32}
    for _, part in ipairs{{"train", 10000}, {"test", 5000}} do
      local index = generator:points(sizes, part[2], 16)
      for array, values in pairs{mus = codes, ys = factors} do
        local wanted = reference.array(NAME, ("%s_%s"):format(array, part[1]))
        assert(T.max(T.abs(T.take(values, index) - wanted)):item() < 1e-7)
      end
    end
  end)

  it("compat 'dlib' has the scores of the same seed", function()
    if missing() then return end
    local R = case.metrics
    for seed = 0, 2, 2 do
      local o = {compat = "dlib", seed = seed}
      local score, details = metric.beta_vae(codes, factors, o)
      local wanted = R.beta_vae_sklearn.multinomial_converged.per_seed
      assert.is_near(wanted.eval_accuracy[seed + 1], score, 1e-6)
      assert.is_near(wanted.train_accuracy[seed + 1], details.train, 1e-6)
      score, details = metric.factor_vae(codes, factors, o)
      assert.is_near(R.factor_vae_score.per_seed.eval_accuracy[seed + 1], score, 1e-9)
      assert.is_near(R.factor_vae_score.per_seed.train_accuracy[seed + 1], details.train, 1e-9)
      for d, row in ipairs(seed == 0 and details.votes or {}) do
        for k, v in ipairs(row) do
          assert.are.equal(v, R.factor_vae_score.train_votes_seed0[k][d])
        end
      end
      assert.is_near(R.mig.seeds[seed + 1], (metric.mig(codes, factors, o)), 1e-12)
      assert.is_near(R.irs.seeds[seed + 1], (metric.irs(codes, factors, o)), 1e-5)
      assert.is_near(R.modularity_explicitness.modularity_seeds[seed + 1],
        (metric.modularity(codes, factors, o)), 1e-12)
    end
    assert.is_near(case.scores.sap, (metric.sap(codes, factors, {compat = "dlib"})), 5e-4)
    assert.is_near(case.scores.gaussian_total_correlation,
      (metric.unsupervised(codes, factors, {compat = "dlib"})), 1e-9)
  end)
end)

describe("compat 'dlib'", function()
  local y = space{names = {"a", "b"}, sizes = {4, 6}}:enumerate()

  it("does not depend on the order of the points", function()
    local z = T.matmul(y, T.stream(1):normal{2, 3})
    local order = T.stream(2):permutation(24)
    local o = {compat = "dlib", train = 300, test = 200}
    for _, name in ipairs{"beta_vae", "factor_vae"} do
      assert.are.equal((metric[name](z, y, o)),
        (metric[name](T.take(z, order), T.take(y, order), o)))
    end
  end)

  it("says what it needs", function()
    local few = T.slice(y, 1, 1, 23)
    for message, f in pairs{
      ["got 23 points, wanted 24"] = function() metric.mig(few, few, {compat = "dlib"}) end,
      ["every combination of values once"] = function()
        local twice = T.concat({few, T.slice(y, 1, 1, 1)}, 1)
        metric.mig(twice, twice, {compat = "dlib"})
      end,
      ["wanted 'dlib'"] = function() metric.mig(y, y, {compat = "sklearn"}) end,
      ["all factors"] = function() metric.mig(y, y, {compat = "dlib", factors = {1}}) end,
    } do
      assert.error_matches(f, message)
    end
  end)
end)
