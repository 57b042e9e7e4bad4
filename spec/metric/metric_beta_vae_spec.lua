local T = require "teasel"
local core = require "teasel.core"
local beta_vae = require "teasel.metric.beta_vae"
local space = require "teasel.data.space"

local stream = T.stream

local FEW = {train = 1000, test = 500}

local function few(more)
  local o = {}
  for _, t in ipairs{FEW, more or {}} do
    for name, value in pairs(t) do o[name] = value end
  end
  return o
end

local function grid() return space{names = {"a", "b", "c"}, sizes = {3, 5, 8}}:enumerate() end

describe("the metric of Higgins et al.", function()
  it("is 1 for the factors themselves, each of which is told from the others", function()
    local y = grid()
    local score, details = beta_vae(y, y, few())
    assert.are.equal(1, score)
    assert.are.equal(1, details.train)
    assert.are.same({1, 1, 1}, details.per_factor)
    assert.are.equal(120, details.n)
  end)

  it("is chance for codes that say nothing", function()
    -- many points: a pair is one point twice more often where few share a value
    local y = stream(1, "y"):integers({6000, 3}, 0, 2)
    for _, z in ipairs{stream(1):normal{6000, 4}, T.zeros{6000, 4}} do
      assert.is_near(1 / 3, beta_vae(z, y, {train = 4000, test = 4000}), 0.05)
    end
  end)

  it("may stop its classifier after some steps of Adagrad from zero", function()
    local y = grid()
    local codes = T.concat({y * T.tensor{1, 0.2, 0.1}, stream(4):normal{120, 1}}, 2)
    local o = few{steps = 3, lr = 0.05, batch = 8, seed = 5}
    local _, details = beta_vae(codes, y, o)
    -- softmax regression and Adagrad by hand, on the same points
    local key, step = core.rand.stream(5, "beta_vae"):state()
    local x, label = core.learn.groups(y):pairs(codes, key, step, 1000, 8)
    x, label = x:table(), label:table()
    local w, sums = {}, {}
    for k = 1, 3 do w[k], sums[k] = {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0} end
    for _ = 1, 3 do
      local g = {}
      for k = 1, 3 do g[k] = {0, 0, 0, 0, 0} end
      for i, row in ipairs(x) do
        local p, total = {}, 0
        for k = 1, 3 do
          local a = w[k][5]
          for d = 1, 4 do a = a + w[k][d] * row[d] end
          p[k] = math.exp(a)
          total = total + p[k]
        end
        for k = 1, 3 do
          local gap = (p[k] / total - (label[i] == k - 1 and 1 or 0)) / #x
          for d = 1, 5 do g[k][d] = g[k][d] + gap * (row[d] or 1) end
        end
      end
      for k = 1, 3 do
        for d = 1, 5 do
          sums[k][d] = sums[k][d] + g[k][d] ^ 2
          w[k][d] = w[k][d] - 0.05 * g[k][d] / math.sqrt(sums[k][d])
        end
      end
    end
    for k = 1, 3 do
      for d = 1, 5 do assert.is_near(w[k][d], details.weights[k][d], 1e-4) end
    end
    assert.same({1, 2}, {details.curve[1].step, details.curve[2].step})
  end)

  it("needs no whole grid", function()
    local y = T.take(grid(), stream(1):permutation(120):slice(1, 1, 60))
    assert(beta_vae(y, y, few()) > 0.99)
  end)

  it("has pairs of points that share their factor", function()
    local y = T.take(grid(), stream(1):permutation(120):slice(1, 1, 60))
    local x, label = core.learn.groups(y):pairs(y, 1, 0, 500, 4)
    local own = T.one_hot(label + 1, 3)
    assert.are.equal(0, T.max(x * own):item())
    assert(T.min(T.max(x, 2)):item() > 0)
  end)

  it("draws points and companions uniformly", function()
    -- of the values 0 (twice), 1 (once: left out) and 2 (three times), with codes that tell the
    -- pairs: the mean of |a - b| over all equally probable ones is 2/5 * 1/2 + 3/5 * 8/9 * ...
    local y = T.tensor{{0}, {0}, {1}, {2}, {2}, {2}}
    local z = T.tensor{{0}, {1}, {100}, {0}, {1}, {3}}
    local x = core.learn.groups(y):pairs(z, 3, 0, 1, 1 << 20)
    assert.is_near(2 / 5 * (1 / 2) + 3 / 5 * (12 / 9), x:item(), 0.005)
  end)

  it("does not depend on the order of codes, or the number of threads", function()
    local y = grid()
    local z = T.matmul(y, stream(1):normal{3, 4})
    local score, details = beta_vae(z, y, few())
    local threads = T.threads()
    for _, n in ipairs{1, 3} do
      T.threads(n)
      local again, more = beta_vae(z, y, few())
      assert.are.equal(score, again)
      assert.are.same(details, more)
    end
    T.threads(threads)
    local reversed = T.concat({z:slice(2, 3, 4), z:slice(2, 1, 2)}, 2)
    assert.is_near(score, beta_vae(reversed, y, few()), 0.002)
  end)

  it("draws from the stream that is given, and goes on in it", function()
    local y = grid()
    local z = T.matmul(y, stream(1):normal{3, 2})
    local s = stream(5)
    local first, second = beta_vae(z, y, few{stream = s}), beta_vae(z, y, few{stream = s})
    assert.are_not.equal(first, second)
    assert.are.equal(first, (beta_vae(z, y, few{stream = stream(5)})))
  end)

  it("can scale the features", function()
    local y = grid()
    local z = T.matmul(y, stream(1):normal{3, 3})
    local scaled = few{standardise = true}
    assert.are.equal((beta_vae(z, y, scaled)), (beta_vae(z * T.tensor{1, 1 / 64, 64}, y, scaled)))
  end)

  it("takes a data set and a function that represents it", function()
    local set = space.set(space{names = {"a", "b"}, sizes = {4, 6}}, function(index)
      return T.concat({index:reshape{#index, 1}, index:reshape{#index, 1}}, 2)
    end)
    local score, details = beta_vae(set, function(images) return images end, few())
    assert.are.equal(24, details.n)
    assert(score > 0.9)
  end)

  it("says what is wrong", function()
    local y = grid()
    for message, f in pairs{
      ["got one factor"] = function() beta_vae(y, y, {factors = {2}}) end,
      ["factor 1 has one value"] = function() beta_vae(y, T.concat({y * 0, y}, 2)) end,
      ["no two points share a value of factor 1"] = function()
        beta_vae({{1}, {2}, {3}, {4}}, {{1, 0}, {2, 0}, {3, 1}, {4, 1}})
      end,
      ["row 1, column 1 of the codes"] = function() beta_vae(y / (y - y), y) end,
      ["got 120 codes and 1 factors"] = function() beta_vae(y, {{1, 2}}) end,
      ["wanted one of: C, batch"] = function() beta_vae(y, y, {size = 3}) end,
      ["wanted an integer in 1.."] = function() beta_vae(y, y, {batch = 0}) end,
    } do
      assert.error_matches(f, message)
    end
  end)
end)
