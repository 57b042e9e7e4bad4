local T = require "teasel"
local core = require "teasel.core"
local dci = require "teasel.metric.dci"
local fairness = require "teasel.metric.fairness"
local statistic = require "teasel.metric.lib.statistic"
local modularity = require "teasel.metric.modularity"
local reference = require "spec.metric_reference"
local space = require "teasel.data.space"

local metric, stream = T.metric, T.stream

local function tested(name)
  return {test_codes = reference.array(name, "mus_test"),
    test_factors = reference.array(name, "ys_test")}
end

local function near(wanted, got, tolerance)
  if type(wanted) == "table" then
    for i, v in ipairs(wanted) do near(v, got[i], tolerance) end
  else
    assert.is_near(wanted, got, tolerance)
  end
end

-- for every case of the reference f(x, y, case, name)
local function each_case(f)
  if not reference.all() then return pending "the metrics' reference is not there" end
  for _, name in ipairs(reference.names) do
    f(reference.array(name, "mus_train"), reference.array(name, "ys_train"), reference.case(name),
      name)
  end
end

describe("on the arrays of the reference", function()
  it("modularity is equal", function()
    each_case(function(x, y, case)
      local score, details = metric.modularity(x, y)
      near(case.scores.modularity, score, 1e-12)
      near(case.metrics.modularity_explicitness.modularity_per_code, details.per_code, 1e-12)
    end)
  end)

  it("explicitness is that of the converged regression #slow", function()
    each_case(function(x, y, case, name)
      local score, details = metric.explicitness(x, y, tested(name))
      local wanted = case.metrics.modularity_explicitness.multinomial_converged
      near(wanted.explicitness_score_test, score, 1e-6)
      near(wanted.explicitness_score_train, details.train, 1e-6)
      near(wanted.explicitness_per_factor_test, details.per_factor, 1e-6)
    end)
  end)

  it("SAP is that of the exact machines", function()
    each_case(function(x, y, case, name)
      local score, details = metric.sap(x, y, tested(name))
      local wanted = case.metrics.sap_score
      near(case.scores.sap, score, 5e-4)
      near(wanted.primal_converged.SAP_score, score, 1e-7)
      near(wanted.primal_converged.score_matrix, details.matrix, 1e-7)
      local continuous, more = metric.sap(x, y, {continuous = true})
      near(wanted.continuous_factors_true.SAP_score, continuous, 1e-6)
      near(wanted.continuous_factors_true.score_matrix, more.matrix, 1e-6)
    end)
  end)

  it("IRS is equal but for the original's single precision", function()
    each_case(function(x, y, case)
      local score, details = metric.irs(x, y)
      near(case.scores.irs, score, 1e-5)
      near(case.metrics.irs.float64, score, 1e-7)
      near(case.metrics.irs.details.IRS_matrix, details.matrix, 1e-5)
    end)
  end)

  it("the unsupervised scores are equal", function()
    each_case(function(x, _, case)
      local total, details = metric.unsupervised(x)
      near(case.scores.gaussian_total_correlation, total, 1e-9)
      near(case.scores.gaussian_wasserstein_correlation, details.wasserstein, 1e-9)
      near(case.scores.gaussian_wasserstein_correlation_norm, details.wasserstein_normalised, 1e-9)
      near(case.scores.mutual_info_score, details.mutual_information, 1e-9)
    end)
  end)

  it("DCI is equal where splits are not tied, and near where they are", function()
    if not reference.all() then return pending "the metrics' reference is not there" end
    local name = "dsprites_c_mixed"
    local case, o = reference.case(name), tested(name)
    o.factors = {1, 2}   -- the others take 6 s more
    local _, details = metric.dci(reference.array(name, "mus_train"),
      reference.array(name, "ys_train"), o)
    local wanted = case.metrics.dci
    for d, row in ipairs(wanted.importance_matrix) do
      near({row[1], row[2]}, details.matrix[d], 1e-6)
    end
    near({wanted.accuracy_test_per_factor[1], wanted.accuracy_test_per_factor[2]},
      details.accuracy, 1e-6)
  end)

  it("the totals of DCI are near #slow", function()
    if core.double then return end   -- 7 s for each case
    each_case(function(x, y, case, name)
      local wanted, score, details = case.metrics.dci, metric.dci(x, y, tested(name))
      near(wanted.disentanglement, score, 0.002)
      near(wanted.completeness, details.completeness, 0.002)
      near(wanted.informativeness_test, details.informativeness, 0.005)
      near(wanted.informativeness_train, details.informativeness_train, 0.005)
    end)
  end)
end)

describe("known answers:", function()
  local function diagonal(D, K, f)
    local m = {}
    for d = 1, D do
      m[d] = {}
      for k = 1, K do m[d][k] = f(d, k) and 1 or 0 end
    end
    return m
  end

  local one = math.log(2) / math.log(10)
  for name, row in pairs{
    ["a diagonal"] = {diagonal(5, 5, function(d, k) return d == k end), 1, 1, 1},
    ["nothing"] = {diagonal(10, 10, function() return false end), 0, 0, 0},
    ["an empty code"] = {{{1, 0}, {0, 1}, {0, 0}}, 1, 1, 2 / 3},
    ["codes that appear twice"] = {
      diagonal(10, 5, function(d, k) return (d - 1) % 5 == k - 1 end), 1, 1 - one, 1},
    ["factors that are missed"] = {diagonal(2, 5, function(d, k) return d == k end), 1, 1, 1},
    ["codes for two factors"] = {
      diagonal(5, 10, function(d, k) return (k - 1) % 5 == d - 1 end), 1 - one, 1, 1 - 1 / 9},
  } do
    it("disentanglement, completeness and modularity of " .. name, function()
      near(row[2], (dci.disentanglement(row[1])), 1e-8)
      near(row[3], (dci.completeness(row[1])), 1e-8)
      near(row[4], (modularity.of(row[1])), 1e-12)
    end)
  end

  it("fairness of a table of predictions", function()
    local mean, worst = fairness.of{{0, 100}, {100, 100}}
    near(2 / 9, mean, 1e-12)
    near(1 / 3, worst, 1e-12)
  end)
end)

describe("with codes that are the factors", function()
  local y = stream(1):integers({2000, 3}, 0, 5)

  it("every score is best", function()
    for name, least in pairs{mig = 0.98, modularity = 0.98, explicitness = 1, irs = 1, dci = 0.99,
      dcimig = 0.98, factor_vae = 1, beta_vae = 1} do
      local score = metric[name](y, y)
      assert(score >= least - 1e-6 and score <= 1 + 1e-6, name .. ": " .. score)
    end
    assert((metric.sap(y, y, {continuous = true})) > 0.98)
    local _, details = metric.dci(y, y)
    assert(details.completeness > 0.99)
    near(1, details.informativeness, 1e-6)
  end)

  it("and appear twice, only modularity and disentanglement stay", function()
    local twice = T.concat({y, y}, 2)
    near(0, (metric.mig(twice, y)), 1e-12)
    near(0, (metric.sap(twice, y)), 0.05)
    local score, details = metric.dci(twice, y)
    assert(score > 0.9)
    assert.is_near(1 - math.log(2) / math.log(6), details.completeness, 0.05)
  end)

  it("and are mixed up or missed, the information gaps are what they are by definition", function()
    local grid = space{names = {"a", "b"}, sizes = {4, 4}}:enumerate()
    local h, bins = math.log(4), math.log(20)
    local twice = T.concat({grid, grid}, 2)
    local first = T.slice(grid, 2, 1, 1)
    -- name, the factors themselves, twice, and one of them alone
    for name, row in pairs{mig = {1, 0, 0.5}, dcimig = {1, 1, 0.5},
      jemmig = {1, 1 - h / (h + bins), (1 + 1 - 2 * h / (h + bins)) / 2}, modularity = {1, 1, 1}} do
      near(row[1], (metric[name](grid, grid)), 1e-12)
      near(row[2], (metric[name](twice, grid)), 1e-12)
      near(row[3], (metric[name](first, grid)), 1e-12)
    end
  end)

  it("and spread more within a value than over all, IRS is below 0", function()
    local score, details = metric.irs({{1, 0}, {1, 0}, {1, 0}, {-1, 0}, {-1, 0}, {-1, 0}, {-1, 0},
      {1, 0}}, {{0}, {0}, {0}, {0}, {1}, {1}, {1}, {1}}, {quantile = 1})
    -- means 1/2 and -1/2, largest deviations 3/2; over all 1
    near(-0.5, score, 1e-6)
    near({-0.5, 0}, details.per_code, 1e-6)
    assert.are.same({1, 1}, details.parents)
  end)

  it("of other points, no score is good", function()
    local other = T.take(y, stream(2):permutation(2000))
    assert((metric.dci(other, y)) < 0.2)
    assert((metric.mig(other, y)) < 0.1)
    near(0.5, (metric.explicitness(other, y)), 0.05)
    assert((metric.beta_vae(other, y)) < 0.6)
  end)

  it("and never vary, every score has a value", function()
    local zero = T.zeros{2000, 2}
    for _, name in ipairs{"mig", "modularity", "irs", "sap", "dci", "dcimig", "factor_vae"} do
      near(0, (metric[name](zero, y)), 0.2)
    end
    near(0.5, (metric.explicitness(zero, y)), 1e-9)
    local total, details = metric.unsupervised(zero)
    assert.are.equal(math.huge, total)
    near(0, details.wasserstein_normalised, 1e-12)
  end)
end)

describe("standardised columns", function()
  it("have the mean 0 and the deviation 1 of those they are measured by", function()
    local x = stream(1):normal({400, 3}, 5, 2)
    local standardised = statistic.standardiser(x)
    local own = standardised(x)
    near(0, T.max(T.abs(T.mean(own, 1))):item(), 1e-5)
    near(1, T.min(T.var(own, 1)):item(), 1e-5)
    near(0, T.max(T.abs(standardised(x + 2) - own - 2 / T.sqrt(T.var(x, 1)))):item(), 1e-5)
  end)

  it("are 0 where those never vary, whatever rounding makes of their mean", function()
    for _, v in ipairs{0, 0.1, 7.7, -1e5} do
      local standardised = statistic.standardiser(T.zeros{999, 1} + v)
      assert.are.same({{0}, {0}}, standardised(T.tensor{{v}, {v + 3}}):table())
    end
  end)
end)

describe("the total correlation", function()
  it("is a large number where rounding hides that a code is a sum of others", function()
    local x = stream(1):normal{1000, 2}
    local total = metric.unsupervised(T.concat({x, T.sum(x, 2, true)}, 2))
    assert(total > 15 and (core.double or total < 25), total)
  end)
end)

describe("scores", function()
  local y = stream(1):integers({1500, 3}, 0, 4)
  local z = T.matmul(y, stream(3):normal{3, 4}) + stream(4):normal{1500, 4} * 0.5

  it("do not depend on the order of codes", function()
    local function turned(x)
      return T.concat({T.slice(x, 2, 3, 4), T.slice(x, 2, 1, 2)}, 2)
    end
    for name, tolerance in pairs{mig = 1e-12, modularity = 1e-12, irs = 1e-12, sap = 1e-12,
      explicitness = 1e-9, dcimig = 1e-12, jemmig = 1e-12, unsupervised = 1e-9, factor_vae = 1e-12,
      dci = 1e-6} do
      near((metric[name](z, y)), (metric[name](turned(z), y)), tolerance)
    end
  end)

  it("that draw no points do not depend on the order of points", function()
    local order = stream(5):permutation(1500)
    local x, f = T.take(z, order), T.take(y, order)
    for name, tolerance in pairs{mig = 1e-12, modularity = 1e-12, irs = 1e-6, dcimig = 1e-12,
      jemmig = 1e-12, unsupervised = 1e-9} do
      near((metric[name](z, y)), (metric[name](x, f)), tolerance)
    end
  end)

  it("have the same bits with any number of threads", function()
    local threads, first = T.threads(), {}
    for _, n in ipairs{1, 3} do
      T.threads(n)
      for _, name in ipairs{"mig", "irs", "sap", "explicitness", "dci", "factor_vae",
        "unsupervised"} do
        local score = metric[name](z, y, {seed = 4})
        first[name] = first[name] or score
        assert.are.equal(first[name], score)
      end
    end
    T.threads(threads)
  end)

  it("of the slow metrics have the same bits with any number of threads, too", function()
    local grid = space{names = {"a", "b", "c"}, sizes = {3, 4, 10}}:enumerate()
    local mixed = T.matmul(grid, stream(3):normal{3, 4})
    local threads, first = T.threads(), {}
    local z, y = T.slice(z, 1, 1, 500), T.slice(y, 1, 1, 500)
    local function scores()
      local made = {
        {metric.z_max_variance(mixed, grid, {train = 200, test = 100})},
        {metric.fairness(mixed, grid, {points = 30, resamples = 5})},
      }
      for _, method in ipairs{"lasso", "spearman"} do
        made[#made + 1] = {metric.udr({z, T.slice(z, 2, 1, 3), y}, nil, {method = method})}
      end
      for _, learner in ipairs{"trees", "logistic"} do
        made[#made + 1] = {metric.downstream(z, y, {sizes = {50, 200}, factors = {2},
          predictor = learner})}
        made[#made + 1] = {metric.leakage(z, y, {factors = {2}, classifier = learner})}
      end
      return made
    end
    for _, n in ipairs{1, 3} do
      T.threads(n)
      first[n] = scores()
    end
    T.threads(threads)
    assert.are.same(first[1], first[3])
  end)

  it("that go by the order of values alone are the same for other codes of that order", function()
    local function cubes(v) return v * v * v end
    -- few values, so that no node of a tree has points that several codes part alike: which of
    -- them it takes is a draw that depends on their values
    local x = stream(3):integers({1500, 4}, -2, 2)
    local f = core.learn.bins(T.matmul(x, stream(1):normal{4, 3}) + stream(4):normal{1500, 3}, 5)
    local function trees(v)
      local _, details = metric.dci(v, f, {stages = 20, test_codes = v, test_factors = f})
      return details
    end
    -- many values, of which some are near each other in relation to the largest
    local function ranked(v)
      local others = {v, T.slice(z, 2, 1, 2), y}
      return (metric.udr(others, nil, {method = "spearman"}))
    end
    local wide = core.learn.bins(z, 100) - 50
    local importance, ranks = trees(x), ranked(wide)
    for _, map in ipairs{T.exp, cubes} do
      local again = trees(map(x))
      for _, part in ipairs{"matrix", "disentanglement", "completeness", "informativeness"} do
        assert.are.same(importance[part], again[part])
      end
      assert.are.same(ranks, ranked(map(wide)))
    end
  end)

  it("come with an interval around them where one is asked for", function()
    local function within(name, score, interval)
      local low, high = table.unpack(interval)
      -- the distance alone is no share and no nats: it has the square of the codes' unit
      local width = name == "wasserstein" and 0.2 * score or 0.2
      assert(low < score and score < high and high - low < width,
        ("%s: %g in %g .. %g"):format(name, score, low, high))
    end
    local function check(name, o)
      local score, details = metric[name](z, y, o)
      within(name, score, details.interval)
    end
    for _, name in ipairs{"mig", "modularity", "irs", "dcimig", "jemmig", "sap",
      "explicitness"} do
      check(name, {resamples = 40})
    end
    check("sap", {resamples = 40, continuous = true})
    for name, o in pairs{unsupervised = {resamples = 40}, dci = {resamples = 5, stages = 10}} do
      local _, details = metric[name](z, y, o)
      local seen = 0
      for part, interval in pairs(details.intervals) do
        within(part, details[part], interval)
        seen = seen + 1
      end
      assert.are.equal(name == "dci" and 3 or 4, seen)
    end
    local _, still = metric.unsupervised(T.concat({z, T.ones(#z, 1)}, 2), nil, {resamples = 3})
    assert.are.equal(math.huge, still.total_correlation)
    assert.is_nil(still.intervals.total_correlation)
    assert.is_truthy(still.intervals.wasserstein)
  end)
end)

describe("on a small grid", function()
  local y = space{names = {"a", "b", "c"}, sizes = {3, 5, 8}}:enumerate()
  local few = {train = 600, test = 300}

  it("the Z-max variance is best for the factors themselves", function()
    assert.are.equal(1, (metric.z_max_variance(y, y, few)))
    assert((metric.z_max_variance(T.matmul(y, stream(1):normal{3, 3}), y, few)) < 0.9)
  end)

  it("the Z-max variance wants points that differ in one factor", function()
    assert.error_matches(function()
      metric.z_max_variance({{0, 0}, {1, 1}, {2, 2}, {3, 3}}, {{0, 0}, {1, 1}, {2, 2}, {3, 3}})
    end, "no two points differ in factor 1 alone")
  end)

  it("predictions from the factors themselves are fair, and from mixed codes less so", function()
    local o = {train = 60}
    near(0, (metric.fairness(y, y, o)), 0.02)
    assert((metric.fairness(T.matmul(y, stream(1):normal{3, 3}), y, o)) > 0.05)
  end)

  it("an interval of the fairness holds its score, which it leaves as it is", function()
    local z = T.matmul(y, stream(1):normal{3, 3})
    local function interval(points)
      local score, details = metric.fairness(z, y, {train = 60, points = points, resamples = 40})
      assert.are.equal((metric.fairness(z, y, {train = 60, points = points})), score)
      local low, high = table.unpack(details.interval)
      assert(low < score and score < high, ("%g in %g .. %g"):format(score, low, high))
      return high - low
    end
    local few, many = interval(10), interval(100)
    -- a sixth of the spread of a share of 10 points at most, as 6 pairs are averaged
    assert(many < few and few < 0.3, ("%g %g"):format(many, few))
  end)

  it("there is no interval of the fairness where none is asked for", function()
    local _, details = metric.fairness(y, y, {train = 60, points = 5})
    assert.is_nil(details.interval)
  end)
end)

describe("downstream accuracy", function()
  it("grows with the points, for both predictors", function()
    local y = stream(1):integers({900, 2}, 0, 3)
    local z = T.matmul(y, stream(2):normal{2, 2})
    for _, predictor in ipairs{"trees", "logistic"} do
      local score, details = metric.downstream(z, y,
        {sizes = {10, 100, 500}, factors = {1}, predictor = predictor})
      assert.are.same({10, 100, 500}, details.sizes)
      assert(details.mean[1] < details.mean[3] and score == details.mean[3] and score > 0.8)
      assert(details.min[3] <= score)
    end
  end)

  it("wants a known predictor and enough points", function()
    local y = stream(1):integers({12, 2}, 0, 1)
    local function other() metric.downstream(y, y, {predictor = "tree"}) end
    assert.error_matches(other, "wanted 'trees'")
    assert.error_matches(function() metric.downstream(y, y) end, "wanted 15 or more")
  end)
end)

describe("leakage", function()
  local y = stream(1):integers({1200, 1}, 0, 3)
  local knowing = T.one_hot(y:reshape{1200} + 1, 4) + stream(2):normal{1200, 4} * 0.1

  it("is high from codes that know the label and chance from codes that do not", function()
    for _, classifier in ipairs{"trees", "logistic"} do
      assert((metric.leakage(knowing, y, {classifier = classifier})) > 0.95)
      local score, details = metric.leakage(stream(3):normal{1200, 4}, y, {classifier = classifier})
      near(0.25, score, 0.08)
      near(0.25, details.chance[1], 0.06)
    end
  end)

  it("takes a classifier", function()
    local seen
    local score, details = metric.leakage(knowing, y, {classifier = function(x, label, classes)
      seen = {#x, #label, classes}
      return function(codes) return T.zeros{#codes} end
    end})
    assert.are.same({800, 800, 4}, seen)
    assert(score < 0.35 and details.settings.classifier == "a function")
    assert.error_matches(function() metric.leakage(knowing, y, {classifier = "x"}) end, "'trees'")
  end)
end)

describe("udr", function()
  local y = stream(1):normal{1000, 3}

  it("is 1 for codes that agree up to order, sign and idle ones", function()
    local turned = T.concat({T.slice(y, 2, 3, 3) * -2, T.slice(y, 2, 1, 2)}, 2)
    local more = T.concat({T.zeros{1000, 1}, y}, 2)
    for _, method in ipairs{"lasso", "spearman"} do
      local kl = {{1, 1, 1}, {1, 1, 1}, {0, 1, 1, 1}}
      local scores, details = metric.udr({y, turned, more}, nil, {method = method, kl = kl})
      for j, score in ipairs(scores) do
        -- the lasso takes alpha off each coefficient; noise correlates a little
        assert(score > 0.85 and score <= 1, method .. j)
      end
      assert.are.equal(3, #details.pairs)
    end
  end)

  it("is lower for a model whose codes are mixed", function()
    local mixed = T.matmul(y, stream(2):normal{3, 3})
    local scores = metric.udr{y, y, mixed}
    assert(scores[3] < scores[1] - 0.2)
  end)

  it("takes a data set and a function that represents it for a model", function()
    local set = space.set(space{names = {"a", "b"}, sizes = {9, 10}}, function(index)
      return T.concat({index:reshape{#index, 1}, index:reshape{#index, 1}}, 2)
    end)
    local function represent(_, factors) return factors end
    local points = set.space:enumerate()
    assert.are.same(metric.udr{points, points * 2}, metric.udr{{set, represent}, points * 2})
    assert.error_matches(function() metric.udr{{set}, points} end, "got nil for represent")
  end)

  it("says what is wrong", function()
    assert.error_matches(function() metric.udr{y} end, "two models or more")
    assert.error_matches(function() metric.udr{y, T.slice(y, 1, 1, 5)} end, "5 points of model 2")
    assert.error_matches(function() metric.udr({y, y}, nil, {method = "x"}) end, "'spearman'")
    assert.error_matches(function() metric.udr({y, y}, nil, {kl = {{1}}}) end, "model 1")
  end)
end)
