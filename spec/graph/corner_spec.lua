-- Where formulas that are right on paper lose digits: differences of large equal numbers, long
-- sums, 0 times infinity, and NaN that comparisons skip.

local T = require "teasel"
local core = require "teasel.core"

local inf, nan = math.huge, 0 / 0

local function near(got, wanted, tolerance)
  assert(math.abs(got - wanted) <= tolerance * math.max(math.abs(wanted), 1e-30),
    ("got %.9g, wanted %.9g"):format(got, wanted))
end

local function item(x) return x:item() end
local function is_nan(x) assert.is_true(x ~= x) end

describe("no digits are lost", function()
  it("by the cross-entropy of large logits", function()
    local function ce(logits, target)
      return item(T.cross_entropy(T.tensor(logits), T.tensor(target)))
    end
    near(ce({1e4, 9995, 9990, 0}, {1, 0, 0, 0}), math.log(1 + math.exp(-5) + math.exp(-10)), 1e-5)
    near(ce({1e30, 1e30}, {1, 0}), math.log(2), 1e-6)
    near(ce({1e30, 1e30}, {0.25, 0.75}), math.log(2), 1e-6)
    near(ce({-1e4, -10005}, {0, 1}), 5 + math.log(1 + math.exp(-5)), 1e-6)
    near(ce({20, 0}, {1, 0}), math.exp(-20), 1e-5)
    near(ce({1e4, 9995}, {2, 0}), 2 * math.log(1 + math.exp(-5)), 1e-5)
  end)

  it("so it is what log_softmax gives", function()
    local x = T.stream(1):normal({50, 7}) * 3 + 1e4
    local target = T.one_hot(T.stream(2):integers({50}, 1, 7), 7)
    local a = T.cross_entropy(x, target)
    local b = -(T.log_softmax(x) * target):sum(2)
    assert.is_true((a - b):abs():max():item() <= (core.double and 1e-12 or 2e-5))
  end)

  it("by infinite logits, whose costs are infinite or none", function()
    local function ce(logits, target)
      return item(T.cross_entropy(T.tensor(logits), T.tensor(target)))
    end
    assert.equal(inf, ce({inf, 0}, {0, 1}))
    assert.equal(inf, ce({-inf, 0}, {1, 0}))
    assert.equal(0, ce({-inf, 0}, {0, 1}))
    is_nan(ce({nan, 0}, {0, 1}))
    is_nan(ce({0, nan}, {1, 0}))
  end)

  it("by a Bernoulli log-likelihood that is sure and right", function()
    local function nll(logit, x) return item(T.bernoulli_nll(T.tensor(x), T.tensor(logit))) end
    near(nll(20, 1), math.exp(-20), 1e-5)
    near(nll(-20, 0), math.exp(-20), 1e-5)
    near(nll(50, 1), math.exp(-50), 1e-5)
    near(nll(30, 0), 30, 1e-6)
    near(nll(1e30, 1), 0, 1)
  end)

  it("by the divergence of a normal distribution that is nearly the prior", function()
    for _, v in ipairs{1e-4, -1e-4, 1e-6, 0.01, -0.3, 0.39, 0.41, -0.41, 2, -5} do
      v = item(T.tensor(v))
      local sum, term = 0, v
      for k = 2, 40 do
        term = term * v / k
        sum = sum + term
      end
      if v == -5 then sum = math.exp(v) - 1 - v end
      near(item(T.gaussian_kl(T.tensor(0), T.tensor(v))), sum / 2, core.double and 1e-12 or 1e-6)
    end
  end)

  it("by sums of long columns, whatever is beside them", function()
    local tenth = item(T.tensor(0.1))
    for _, n in ipairs{33, 64, 1000, 16384, 70001} do
      for _, beside in ipairs{1, 2, 3, 40} do
        local x = T.full({n, beside}, 0.1):sum(1)
        near(item(x:max()), n * tenth, core.double and 1e-14 or 1e-6)
        near(item(x:min()), n * tenth, core.double and 1e-14 or 1e-6)
        near(item(T.full({n, beside}, 0.1):mean()), tenth, core.double and 1e-14 or 1e-6)
      end
    end
    assert.equal(16384 * 5, item(T.arange(0, 32767):reshape{16384, 2}:slice(2, 2, 2):sign():sum()
      * 5))
  end)

  -- a million terms, in one column or in several
  local MANY = 1000000
  local function columns(x, n) return x:reshape{n, MANY // n}:transpose() end

  it("by the softmax family of many classes", function()
    local tolerance = core.double and 1e-13 or 1e-6
    local x = T.concat({T.zeros{1}, T.full({MANY}, math.log(0.1))}, 1)
    local sum = 1 + MANY / 10
    local beside = T.concat({x:reshape{-1, 1}, x:reshape{-1, 1}}, 2)
    near(item(x:logsumexp()), math.log(sum), tolerance)
    near(item(beside:logsumexp(1):min()), math.log(sum), tolerance)
    near(item(T.log_softmax(x)[1]), -math.log(sum), tolerance)
    near(item(T.softmax(x)[1]), 1 / sum, tolerance)
    near(item(T.softmax(beside, 1)[1][2]), 1 / sum, tolerance)
    local cost = T.cross_entropy(T.zeros{MANY}, T.full({MANY}, 0.1))
    near(item(cost), MANY / 10 * math.log(MANY), tolerance)
  end)

  it("by the sums of a normalisation over many rows", function()
    local tolerance, op = core.double and 1e-13 or 1e-6, core.op
    local odd = T.arange(1, MANY) / 2
    local sign = (odd - odd:floor()) * 4 - 1   -- 1, -1, 1, ...
    for _, n in ipairs{1, 2, 16, 40} do
      local x = columns(sign, n)
      local rows = MANY // n
      near(item(op.normalize(x * 0.1, {1}, 0):abs():max()), 1, tolerance)
      near(item(op.normalize_dot(x, x * 0.1, {1}, 0):min()), 0.1 * rows, tolerance)
      -- the derivative knows nothing of what is added to all
      local slope = op.normalize_x(x, T.full(x:shape(), 0.1), {1}, 0)
      assert.is_true(item(slope:abs():max()) <= tolerance / 10)
    end
  end)

  it("and rows that are longer than a piece of work are folded, too", function()
    local x = T.stream(1):normal{3, 20000}
    local rows = {}
    for i = 1, 3 do rows[i] = x:slice(1, i, i):reshape{20000} end
    local sum = rows[1] + rows[2] + rows[3]
    assert.is_true((x:sum(1) - sum):abs():max():item() < 1e-5)
    assert.equal(T.maximum(rows[1], T.maximum(rows[2], rows[3])):data(), x:max(1):data())
  end)

  it("and every row of a column is added once", function()
    for _, n in ipairs{1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 128, 1023, 1025} do
      local x = T.arange(1, n):reshape{n, 1} * T.tensor{1, 2, 3}
      assert.same({n * (n + 1) / 2, n * (n + 1), 1.5 * n * (n + 1)}, x:sum(1):table())
    end
  end)
end)

describe("an integer", function()
  it("that would become another one is refused as an item", function()
    local most = core.double and 1 << 53 or 1 << 24
    local wanted = "wanted an integer that an item holds"
    for _, make in ipairs{function(v) return T.full({2}, v) end,
        function(v) return T.ones(2) + v end,
        function(v) return T.maximum(v, T.ones(2)) end,
        function(v) return T.allclose(T.ones(2), v) end} do
      make(most)
      assert.error_matches(function() make(most + 1) end, wanted)
      assert.error_matches(function() make(-most - 1) end, wanted)
    end
  end)
end)

describe("a NaN", function()
  it("is the largest item for max, argmax and max_pool, wherever it stands", function()
    for place = 1, 3 do
      local list = {3, 1, 2}
      list[place] = nan
      local x = T.tensor(list)
      is_nan(item(x:max()))
      is_nan(item(x:min()))
      assert.equal(place, item(x:argmax()))
      is_nan(item(T.maximum(x, 0):sum()))
      is_nan(item(T.minimum(x, 0):sum()))
      is_nan(item(T.clip(x, 0, 1):sum()))
      is_nan(item(T.relu(x):sum()))
      is_nan(item(T.logsumexp(x)))
      is_nan(item(T.softmax(x):sum()))
      is_nan(item(T.softplus(x):sum()))
      is_nan(item(T.max_pool(x:reshape{1, 1, 3, 1}, {kernel = {1, 3}}):sum()))
    end
  end)

  it("of several is the first for argmax", function()
    assert.equal(2, item(T.tensor{1, nan, inf, nan}:argmax()))
    assert.equal(1, item(T.tensor{inf, 2, inf}:argmax()))
  end)
end)

describe("a derivative", function()
  local function slope(f, x) return item(T.grad(f)(T.tensor(x))) end

  it("of a power is right where its base is 0", function()
    assert.equal(0, slope(function(x) return x ^ 0 end, 0))
    assert.equal(1, slope(function(x) return x ^ 1 end, 0))
    assert.equal(0, slope(function(x) return x ^ 2 end, 0))
    assert.equal(0, slope(function(y) return T.tensor(0) ^ y end, 2))
  end)

  it("of log-sum-exp and softmax is right beside -infinity", function()
    local g = T.grad(function(x) return T.logsumexp(x) end)(T.tensor{-inf, 0, 0})
    assert.same({0, 0.5, 0.5}, g:table())
    g = T.grad(function(x) return T.softmax(x):slice(1, 2, 2):sum() end)(T.tensor{-inf, 0, 0})
    assert.same({0, 0.25, -0.25}, g:table())
  end)
end)

describe("a branch that was not taken has the gradient 0", function()
  -- of {-1, 4}: what comes back to the first item from a root of 0 is infinite; `at` moves a tensor
  local cases = {
    relu = function(x) return T.relu(x) end,
    ["leaky_relu without a slope"] = function(x) return T.leaky_relu(x, 0) end,
    ["a rectified product"] = function(x, at)
      return T.linear(x:reshape{2, 1}, at(T.ones{1, 1}), at(T.zeros{1}), 0)
    end,
    clip = function(x) return T.clip(x, 0, 9) end,
    ["maximum's first"] = function(x) return T.maximum(x, 0) end,
    ["maximum's second"] = function(x, at) return T.maximum(at(T.zeros{1}), x) end,
    ["minimum's first"] = function(x) return -T.minimum(-x, 0) end,
    ["minimum's second"] = function(x, at) return -T.minimum(at(T.zeros{1}), -x) end,
    ["where's first"] = function(x) return T.where(x:gt(0), x, 0) end,
    ["where's second"] = function(x, at) return T.where(x:le(0), at(T.zeros{1}), x) end,
    ["where's, by a condition for many"] = function(x, at)
      return T.where(at(T.tensor{{0}, {1}}), x:reshape{2, 1}:expand{2, 3}, 0):sum(2) / 3
    end,
  }
  for name, f in pairs(cases) do
    it("even where an infinite one comes back: " .. name, function()
      for _, place in ipairs{"host", "mirror"} do
        local function at(t) return t:to(place) end
        local g = T.grad(function(x) return T.sqrt(f(x, at)):sum() end)(at(T.tensor{-1, 4}))
        assert.same({0, 0.25}, g:to "host":table())
      end
    end)
  end

  it("and those behind it: the second derivative of what was taken", function()
    local slope = T.grad(function(x)
      return (T.maximum(x, 0) ^ 3 + T.where(x:gt(0), x ^ 2, 1)):sum()
    end)
    local second = T.grad(function(x) return slope(x):sum() end)(T.tensor{-1, 4})
    assert.same({0, 26}, second:table())
  end)
end)
