local T = require "teasel"
local mig = require "teasel.metric.mig"
local reference = require "spec.metric_reference"

local stream = T.stream

-- 20 codes of three independent factors
local function factors(n) return stream(1, "factors"):integers({n, 3}, 0, 4) end

local function columns(x, order)
  local parts = {}
  for i, k in ipairs(order) do parts[i] = x:slice(2, k, k) end
  return T.concat(parts, 2)
end

describe("mig", function()
  it("is that of the reference, and so is its matrix", function()
    if not reference.all() then return pending "the metrics' reference is not there" end
    for _, name in ipairs(reference.names) do
      local case = reference.case(name)
      local score, details = mig(reference.array(name, "mus_train"),
        reference.array(name, "ys_train"))
      assert.is_near(case.scores.mig, score, 1e-12)
      for d, row in ipairs(case.metrics.mig.mutual_information) do
        for k, wanted in ipairs(row) do assert.is_near(wanted, details.matrix[d][k], 1e-12) end
      end
      for k, wanted in ipairs(case.metrics.mig.factor_entropy) do
        assert.is_near(wanted, details.entropies[k], 1e-12)
        assert.is_near(case.metrics.mig.per_factor[k], details.per_factor[k], 1e-12)
      end
    end
  end)

  it("is near 1 for the factors themselves", function()
    local y = factors(3000)
    local score, details = mig(y, y)
    assert(score > 0.98 and score <= 1)
    assert.are.same({1, 2, 3}, details.best)
  end)

  it("is near 0 for codes that say nothing", function()
    local score = mig(stream(2):normal{3000, 4}, factors(3000))
    assert(score >= 0 and score < 0.02)
  end)

  it("is 0 for codes that all appear twice, and for constant ones", function()
    local y = factors(1000)
    assert.are.equal(0, (mig(T.concat({y, y}, 2), y)))
    assert.are.equal(0, (mig(T.zeros{1000, 4}, y)))
  end)

  it("is the normalised information for one code alone", function()
    local y = factors(1000):slice(2, 1, 1)
    assert.is_near(1, mig(y, y), 1e-15)
  end)

  it("does not depend on the order of codes or points, on scale or sign", function()
    local y = factors(2000)
    local z = y + stream(3):normal{2000, 3} * 0.5
    local score = mig(z, y)
    assert.is_near(score, mig(columns(z, {3, 1, 2}), y), 1e-15)
    local order = stream(4):permutation(2000)
    assert.is_near(score, mig(T.take(z, order), T.take(y, order)), 1e-15)
    assert.is_near(score, mig(z * 4, y), 1e-15)
    assert.is_near(score, mig(z, y * -7 + 0.25), 1e-12)
  end)

  it("uses the factors that are chosen", function()
    local y = factors(500)
    local _, details = mig(y, y, {factors = {3, 2}})
    assert.are.same({3, 2}, details.best)
    assert.are.same({factors = {3, 2}, bins = 20, factor_bins = 0, resamples = 0, seed = 0},
      details.settings)
    assert.are.equal(500, details.n)
  end)

  it("takes continuous factors in bins", function()
    local y = stream(1):uniform{3000, 3}
    local score, details = mig(y, y, {factor_bins = 20})
    assert(score > 0.95)
    assert.is_near(math.log(20), details.entropies[1], 0.01)
  end)

  it("takes lists of lists", function()
    assert.is_near(1, mig({{0}, {1}, {0}}, {{5}, {7}, {5}}), 1e-15)
  end)

  it("says what is wrong", function()
    local y = factors(10)
    for message, f in pairs{
      ["row 2, column 1 of the codes is "] = function()
        mig({{0, 1}, {0 / 0, 1}, {2, 1}}, {{1}, {2}, {3}})
      end,
      ["factor 2 has one value"] = function() mig({{0}, {1}}, {{0, 4}, {1, 4}}) end,
      ["got 10 codes and 9 factors"] = function() mig(y, factors(9)) end,
      ["got 1 points, wanted 2 or more"] = function() mig({{1}}, {{1}}) end,
      ["did you mean 'bins'"] = function() mig(y, y, {bin = 10}) end,
      ["got codes of shape %[3%]"] = function() mig({1, 2, 3}, y) end,
      ["numbers of columns, 1..3"] = function() mig(y, y, {factors = {4}}) end,
    } do
      assert.error_matches(f, message)
    end
  end)
end)
