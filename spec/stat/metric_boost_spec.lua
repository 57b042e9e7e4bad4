local T = require "teasel"
local core = require "teasel.core"
local find = require "teasel.data.find"
local json = require "dkjson"
local reference = require "spec.metric_reference"

local learn, tensor, stream = core.learn, T.tensor, T.stream

local function trace()
  local path = find "../reference/metrics/gbt_trace.json"
  if not path then return nil end
  local file <close> = assert(io.open(path))
  return json.decode(file:read "a")
end

local function column(x, j) return T.slice(x, 2, j, j):reshape{#x} end

describe("gradient boosted trees", function()
  it("have the decision values of the reference after 5 stages", function()
    local wanted = trace()
    if not wanted then return pending "the metrics' reference is not there" end
    for _, fit in ipairs(wanted.fits) do
      local name = fit.file:gsub("%.h5$", "")
      local x, y = reference.array(name, "mus_train"), reference.array(name, "ys_train")
      local model = learn.boost(x, column(y, fit.factor + 1), 0, 5)
      for i, row in ipairs(model:scores(x:slice(1, 1, 5))) do
        for c, v in ipairs(row) do
          assert.is_near(fit.decision_function_first5rows[i][c], v, 1e-12)
        end
      end
      for d, v in ipairs((model:importance())) do
        assert.is_near(fit.feature_importances[d], v, 3e-4)
      end
      assert.is_near(fit.train_accuracy, model:accuracy(), 1e-12)
    end
  end)

  it("take the first split that a slow search finds", function()
    -- one stage, two classes: the root's threshold minimises the squares of y - mean
    local x, y = stream(1):normal{60, 2}, stream(1, "y"):integers({60}, 0, 1)
    local rows, label = x:table(), y:table()
    local best, gain_at = -1, nil
    for j = 1, 2 do
      for _, cut in ipairs(rows) do
        local n, s, m, t = 0, 0, 0, 0
        for i, row in ipairs(rows) do
          if row[j] <= cut[j] then n, s = n + 1, s + label[i] else m, t = m + 1, t + label[i] end
        end
        local gain = n > 0 and m > 0 and (s / n - t / m) ^ 2 * n * m or 0
        if gain > best then best, gain_at = gain, j end
      end
    end
    local importance = learn.boost(x, y, 0, 1):importance()
    assert(importance[gain_at] > 0)
  end)

  it("learn two classes with one tree a stage, and more with one for each", function()
    local x = tensor{{0}, {1}, {2}, {3}, {4}, {5}}
    local two, three = tensor{0, 0, 0, 1, 1, 1}, tensor{0, 0, 1, 1, 2, 2}
    for _, y in ipairs{two, three} do
      local model = learn.boost(x, y)
      assert.are.same(y:table(), model:predict(x):table())
      assert.are.equal(1, model:accuracy())
    end
    assert.are.equal(1, #learn.boost(x, two):scores(x)[1])
    assert.are.equal(3, #learn.boost(x, three):scores(x)[1])
  end)

  it("share the importance among codes with the same order of points", function()
    local a = stream(1):integers({300, 1}, 0, 30)
    local x = T.concat({a, a * 2, T.exp(a / 10)}, 2)
    local y = stream(2):integers({300}, 0, 3)
    for _, v in ipairs((learn.boost(x, y, 5):importance())) do assert(v > 0.15 and v < 0.55) end
  end)

  it("are the same with any number of threads, and for any order of points", function()
    local x = stream(1):normal{500, 3}
    local y = stream(1, "y"):integers({500}, 0, 4)
    local threads, first = T.threads(), nil
    for _, n in ipairs{1, 2, 5} do
      T.threads(n)
      local scores = learn.boost(x, y, 7, 20):scores(x)
      first = first or scores
      assert.are.same(first, scores)
    end
    T.threads(threads)
    local order = stream(3):permutation(500)
    local other = learn.boost(T.take(x, order), T.take(y, order), 7, 20):scores(x)
    for i, row in ipairs(first) do
      for c, v in ipairs(row) do assert.is_near(v, other[i][c], 1e-9) end
    end
  end)

  it("do not split columns that never vary", function()
    local x, y = T.ones(40, 2), stream(1):integers({40}, 0, 1)
    assert.are.same({0, 0}, (learn.boost(x, y):importance()))
  end)

  it("refuse what they cannot learn from", function()
    local x = tensor{{1}, {2}, {3}}
    for message, f in pairs{
      ["of class 1, of 3"] = function() learn.boost(x, tensor{0, 2, 0}) end,
      ["one class"] = function() learn.boost(x, tensor{0, 0, 0}) end,
      ["row 2, column 1"] = function() learn.boost(tensor{{1}, {0 / 0}, {3}}, tensor{0, 1, 0}) end,
    } do
      assert.error_matches(f, message)
    end
  end)
end)
