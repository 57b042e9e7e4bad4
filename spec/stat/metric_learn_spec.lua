local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local reference = require "spec.metric_reference"

local learn, tensor, stream = core.learn, T.tensor, T.stream

local function column(list)
  local rows = {}
  for i, v in ipairs(list) do rows[i] = {v} end
  return tensor(rows)
end

local function flat(t) return t:head(t:size()) end

describe("bins", function()
  it("cut the range into equal parts, closed at the end", function()
    assert.are.same({0, 0, 1, 2, 3, 3}, flat(learn.bins(column{0, 0.9, 1, 2.5, 3, 4}, 4)))
  end)

  it("put a constant column into the middle of a range of 1", function()
    assert.are.same({10, 10}, flat(learn.bins(column{7, 7}, 20)))
  end)

  it("have edges rounded to float unless they are wide", function()
    local x = column{0, 3, 6, 7, 8, 10}   -- 20 edges of 0.5 i
    assert.are.same(flat(learn.bins(x, 20)), flat(learn.bins(x, 20, true)))
    -- 3 * (1 / 10) is below 0.3 in double precision and equal to it in single precision
    if core.double then
      local y = column{0, 0.3, 1}
      assert.are.same({0, 3, 9}, flat(learn.bins(y, 10)))
    end
  end)

  it("are those of the reference", function()
    if not reference.all() then return pending "the metrics' reference is not there" end
    for _, name in ipairs(reference.names) do
      local bins = learn.bins(reference.array(name, "mus_train"), 20)
      local wanted = reference.array(name, "intermediate/mus_train_discretized")
      assert.are.equal(1, T.min(T.eq(bins + 1, wanted)):item())
    end
  end)

  it("of what is not finite are an error", function()
    assert.has_error(function() learn.bins(column{1, 0 / 0}, 4) end)
    assert.has_error(function() learn.bins(column{1, math.huge}, 4) end)
  end)
end)

describe("classes", function()
  it("number the distinct values in ascending order", function()
    local codes, values = learn.classes(tensor{{5, 0.5}, {-2, 0.25}, {5, 0.75}})
    assert.are.same({{1, 1}, {0, 0}, {1, 2}}, codes:table())
    assert.are.same({{-2, 5}, {0.25, 0.5, 0.75}}, values)
  end)

  it("are found again, and -1 is an unknown one", function()
    local _, values = learn.classes(column{0.5, 3, 0.5})
    assert.are.same({1, -1, 0}, flat(learn.recode(column{3, 1, 0.5}, values)))
  end)

  it("are the same by counting as by sorting", function()
    local x = stream(1):integers({1000, 1}, -50, 50)
    assert.are.same(flat(learn.classes(x)), flat(learn.classes(x / 4)))
  end)
end)

describe("mutual information", function()
  local LOG2 = math.log(2)

  it("is the entropy for equal columns and 0 for independent ones", function()
    local a = tensor{{0, 0, 0}, {0, 1, 3}, {1, 0, 2}, {1, 1, 1}}
    local m = learn.mutual(a, a)
    local entropies = learn.entropy(a)
    for i, wanted in ipairs{LOG2, LOG2, 2 * LOG2} do
      assert.is_near(wanted, entropies[i], 1e-15)
      assert.is_near(wanted, m[i][i], 1e-15)
    end
    assert.is_near(0, m[1][2], 1e-15)
    assert.is_near(LOG2, m[1][3], 1e-15)
    assert.are.equal(m[1][3], m[3][1])
  end)

  it("wants as many rows, and few enough values", function()
    assert.has_error(function() learn.mutual(column{1, 2}, column{1, 2, 3}) end)
    local x = stream(1):uniform{5000, 1}
    assert.error_matches(function() learn.mutual(x, x) end, "continuous")
  end)
end)

-- the gradient of learn.h's objective at a model's weights, its largest entry
local function slope(x, y, k, C, w)
  local d, largest = #x[1], 0
  local scale = k == 2 and 2 or 1
  local g = {}
  for c = 1, k do
    g[c] = {}
    for j = 1, d do g[c][j] = scale * w[c][j] end
    g[c][d + 1] = 0
  end
  for i, row in ipairs(x) do
    local p, sum = {}, 0
    for c = 1, k do
      local l = w[c][d + 1]
      for j = 1, d do l = l + w[c][j] * row[j] end
      p[c] = math.exp(l)
      sum = sum + p[c]
    end
    for c = 1, k do
      local r = C * (p[c] / sum - (y[i] == c - 1 and 1 or 0))
      for j = 1, d + 1 do g[c][j] = g[c][j] + r * (row[j] or 1) end
    end
  end
  for c = 1, k do
    for j = 1, d + 1 do largest = math.max(largest, math.abs(g[c][j])) end
  end
  return largest
end

describe("logistic regression", function()
  it("finds the point where the gradient vanishes", function()
    for k = 2, 4 do
      local x = stream(k):normal{200, 3}
      local y = stream(k, "y"):integers({200}, 0, k - 1)
      local model = learn.logistic(x, y, 0.7)
      assert(slope(x:table(), y:table(), k, 0.7, model:weights()) < 1e-7)
    end
  end)

  it("gets near it with thousands of weights", function()
    local x = stream(1):uniform{150, 700}
    local y = stream(2):integers({150}, 0, 4)
    local model = learn.logistic(x, y, 0.7)
    local _, largest, steps = model:fit()
    assert(largest < 0.1 and steps < 200)
    assert.is_near(largest, slope(x:table(), y:table(), 5, 0.7, model:weights()), 1e-6)
  end)

  it("has an optimum for separable points", function()
    local x, y = column{-2, -1, 1, 2, 3, 4}, tensor{0, 0, 1, 1, 2, 2}
    local model = learn.logistic(x, y, 100)
    assert.are.same({0, 0, 1, 1, 2, 2}, flat(model:predict(x)))
    local _, largest = model:fit()
    assert(largest < 1e-6)   -- 1e-8 C
  end)

  it("gets there in few steps from columns of any size", function()
    local y = stream(2):integers({600}, 0, 5)
    local apart = T.one_hot(y + 1, 6) + stream(3):normal{600, 6} * 0.01
    for _, scale in ipairs{1e-6, 1e-3, 1, 1e3, 1e6} do
      local mixed = stream(1):normal{600, 3} * tensor{1, scale, 1 / scale}
      for _, x in ipairs{apart * scale, mixed} do
        local loss, largest, steps = learn.logistic(x, y):fit()
        assert(loss >= 0 and largest < 1e-8 and steps < 40)
      end
    end
  end)

  it("of two classes penalises one vector", function()
    local x, y = column{-1, 1, 2}, tensor{0, 1, 0}
    local w = learn.logistic(x, y, 1):weights()
    local v, b = w[2][1] - w[1][1], w[2][2] - w[1][2]
    local g, h = v, 0
    for i, u in ipairs{-1, 1, 2} do
      local r = 1 / (1 + math.exp(-v * u - b)) - (i == 2 and 1 or 0)
      g, h = g + r * u, h + r
    end
    assert.is_near(0, g, 1e-8)
    assert.is_near(0, h, 1e-8)
  end)

  it("has the accuracies of the reference's converged one on its points", function()
    if not reference.all() then return pending "the metrics' reference is not there" end
    for _, name in ipairs(reference.names) do
      local seeds = reference.case(name).metrics.beta_vae_sklearn.multinomial_converged.per_seed
      local path = "intermediate/beta_vae_"
      local model = learn.logistic(reference.array(name, path .. "train_points"),
        reference.array(name, path .. "train_labels"))
      for part, wanted in pairs{train = seeds.train_accuracy[1], eval = seeds.eval_accuracy[1]} do
        local got = model:predict(reference.array(name, path .. part .. "_points"))
        local right = T.eq(got, reference.array(name, path .. part .. "_labels"))
        assert.is_near(wanted, right:mean():item(), 1e-6)
      end
    end
  end)

  it("has the same bits with any number of threads", function()
    local x = stream(1):normal{3000, 4}
    local y = stream(1, "y"):integers({3000}, 0, 6)
    local threads, first = T.threads(), nil
    for _, n in ipairs{1, 2, 5} do
      T.threads(n)
      local weights = learn.logistic(x, y):weights()
      first = first or weights
      assert.are.same(first, weights)
    end
    T.threads(threads)
  end)

  it("refuses what has no optimum or no meaning", function()
    local x = column{1, 2, 3}
    for message, f in pairs{
      ["of class 1, of 3"] = function() learn.logistic(x, tensor{0, 2, 0}) end,
      ["one class"] = function() learn.logistic(x, tensor{0, 0, 0}) end,
      ["finite"] = function() learn.logistic(column{1, 0 / 0, 3}, tensor{0, 1, 0}) end,
      ["C"] = function() learn.logistic(x, tensor{0, 1, 0}, 0) end,
      ["integer in 0"] = function() learn.logistic(x, tensor{0, 0.5, 0}) end,
      ["of 3 items"] = function() learn.logistic(x, tensor{0, 1}) end,
    } do
      assert.error_matches(f, message)
    end
  end)
end)

describe("the area under the curve", function()
  it("counts pairs in order, half of a tie", function()
    local x, y = column{0, 1, 1, 2}, tensor{0, 0, 1, 1}
    local model = learn.logistic(x, y)
    local auc = model:auc(x, y)
    assert.are.same({3.5 / 4, 3.5 / 4}, auc)
  end)

  it("wants items of every class", function()
    local x = column{0, 1, 1, 2}
    local model = learn.logistic(x, tensor{0, 0, 1, 1})
    assert.error_matches(function() model:auc(x, tensor{1, 1, 1, 1}) end, "of class 0")
  end)
end)

describe("an allocation that fails", function()
  local x = stream(1):normal{40, 3}
  local y = stream(1, "y"):integers({40}, 0, 2)
  local f = stream(1, "f"):integers({40, 2}, 0, 2)

  for name, run in pairs{
    bins = function() learn.bins(x, 20) end,
    classes = function() learn.classes(f) end,
    recode = function() learn.recode(f, {{0, 1}, {0, 2}}) end,
    mutual = function() learn.mutual(f, f) end,
    entropy = function() learn.entropy(f) end,
    pairs = function() learn.groups(f):pairs(x, 1, 0, 10, 3) end,
    votes = function() learn.groups(f):votes(x, 1, 0, 10, 3, {1, 1, 1}) end,
    logistic = function()
      local model = learn.logistic(x, y)
      model:predict(x)
      model:auc(x, y)
    end,
    boost = function() learn.boost(x, y, 0, 3):predict(x) end,
    margin = function() learn.margin(x, y, x, y, 1) end,
    lasso = function() learn.lasso(x, f, 0.1) end,
    covariance = function() learn.covariance(x, f) end,
    deviation = function() learn.deviation(x, y, 0.5) end,
    gauss = function() learn.gauss{{2, 1}, {1, 2}} end,
    ranks = function() learn.ranks(x) end,
  } do
    it("is an error that leaves nothing behind: " .. name, function()
      run()
      assert(expect.memory_back(run) > 1)
    end)
  end
end)
