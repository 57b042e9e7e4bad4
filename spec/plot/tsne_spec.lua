local T = require "teasel"
local core = require "teasel.core"
local pca = require "teasel.plot.pca"
local tsne = require "teasel.plot.tsne"

local learn = core.learn

local function rows(t) return t:table() end

local function squared(a, b)
  local sum = 0
  for i = 1, #a do sum = sum + (a[i] - b[i]) ^ 2 end
  return sum
end

-- p(j|i) for all j, by the definition: the width is found by trying
local function conditional(x, i, perplexity)
  local lo, hi = 0, 1e6
  local p
  for _ = 1, 200 do
    local beta, sum, entropy = (lo + hi) / 2, 0, 0
    p = {}
    for j = 1, #x do
      p[j] = j == i and 0 or math.exp(-beta * squared(x[i], x[j]))
      sum = sum + p[j]
    end
    for j = 1, #x do
      p[j] = p[j] / sum
      if p[j] > 0 then entropy = entropy - p[j] * math.log(p[j]) end
    end
    if entropy > math.log(perplexity) then lo = beta else hi = beta end
  end
  return p
end

-- the divergence between p and a map, and its gradient, by equations 4 and 5 of the paper
local function divergence(p, y)
  local n, z, kl = #y, 0, 0
  for i = 1, n do
    for j = 1, n do if i ~= j then z = z + 1 / (1 + squared(y[i], y[j])) end end
  end
  local slope = {}
  for i = 1, n do
    slope[i] = {0, 0}
    for j = 1, n do
      if i ~= j then
        local near, pij = 1 / (1 + squared(y[i], y[j])), p[i][j] or 0
        if pij > 0 then kl = kl + pij * math.log(pij / (near / z)) end
        for a = 1, 2 do
          slope[i][a] = slope[i][a] + 4 * (pij - near / z) * near * (y[i][a] - y[j][a])
        end
      end
    end
  end
  return kl, slope
end

local function largest_gap(a, b)
  local gap = 0
  for i = 1, #a do
    for j = 1, #a[i] do gap = math.max(gap, math.abs(a[i][j] - b[i][j])) end
  end
  return gap
end

-- three clouds of n points, far from each other in ten dimensions
local function clouds(n)
  local x = T.stream(1, "clouds"):normal{3 * n, 10}
  local centre = {}
  for i = 1, 3 * n do
    centre[i] = {}
    for j = 1, 10 do centre[i][j] = j == (i - 1) // n + 1 and 20 or 0 end
  end
  return x + T.tensor(centre)
end

describe("affinities", function()
  local x = T.stream(2, "points"):normal{24, 3}
  local p <const> = learn.affinity(x, 23, 5)

  it("are those of the definition", function()
    local points, got = rows(x), p:table()
    local own = {}
    for i = 1, 24 do own[i] = conditional(points, i, 5) end
    for i = 1, 24 do
      for j = 1, 24 do
        assert.near((own[i][j] + own[j][i]) / 48, got[i][j] or 0, 1e-6)
      end
    end
  end)

  it("are symmetric and sum up to 1, of some neighbours too", function()
    local sum, got = 0, learn.affinity(x, 6, 4):table()
    for i, row in ipairs(got) do
      for j, v in pairs(row) do
        sum = sum + v
        assert.near(v, got[j][i], 1e-15)
        assert.is_true(i ~= j)
      end
    end
    assert.near(1, sum, 1e-12)
  end)

  it("of points that are all the same are equal", function()
    for i, row in ipairs(learn.affinity(T.zeros(4, 2), 3, 2):table()) do
      for j, v in pairs(row) do
        assert.is_true(i ~= j)
        assert.near(1 / 12, v, 1e-12)
      end
    end
  end)

  it("have the gradient of their divergence from a map", function()
    local y = T.stream(3, "map"):normal{24, 2}
    local slope, kl = p:gradient(y, 0, 1)
    local right, expected = divergence(p:table(), rows(y))
    assert.near(right, kl, 1e-9)
    assert.is_true(largest_gap(expected, rows(slope)) < 1e-7)
  end)

  it("have nearly that gradient where cells count as one place", function()
    local far = learn.affinity(clouds(100), 90, 30)
    local y = T.stream(4, "map"):normal{300, 2} * 5
    local exact, kl = far:gradient(y, 0, 1)
    local rough, about = far:gradient(y, 0.5, 1)
    local size = T.sum(T.square(exact)):item()
    assert.is_true(T.sum(T.square(rough - exact)):item() < 1e-3 * size)
    assert.is_true(rough:table()[1][1] ~= exact:table()[1][1])
    assert.near(kl, about, 0.01 * kl)
  end)

  it("have a gradient for points that share a place", function()
    local slope, kl = p:gradient(T.zeros(24, 2), 0, 1)
    assert.equal(0, T.sum(T.abs(slope)):item())
    assert.near(divergence(p:table(), rows(T.zeros(24, 2))), kl, 1e-9)
  end)
end)

describe("t-SNE", function()
  it("keeps clouds apart", function()
    for _, theta in ipairs{0, 0.5} do
      local y, details = tsne(clouds(30), {perplexity = 10, theta = theta})
      local map = rows(y)
      for i = 1, 90 do
        local nearest, least
        for j = 1, 90 do
          local far = squared(map[i], map[j])
          if j ~= i and (not least or far < least) then nearest, least = j, far end
        end
        assert.equal((i - 1) // 30, (nearest - 1) // 30)
      end
      assert.is_true(details.kl[#details.kl] < details.kl[1] / 3)
    end
  end)

  it("spreads points that have no clusters", function()
    local y, details = tsne(T.stream(1):normal{150, 6}, {steps = 450})
    assert.is_true(T.std(y):item() > 1)
    assert.is_true(details.kl[#details.kl] < 0.7 * details.kl[1])
  end)

  it("gives the same bits for any number of threads", function()
    local threads = T.threads()
    T.threads(1)
    local one = rows(tsne(clouds(50), {steps = 30}))
    T.threads(3)
    local three = rows(tsne(clouds(50), {steps = 30}))
    T.threads(threads)
    assert.equal(0, largest_gap(one, three))
  end)

  it("makes a map of points on a line, and of many columns", function()
    assert.same({40, 2}, tsne(T.stream(5):normal{40, 1}, {perplexity = 5, steps = 10}):shape())
    assert.same({80, 2}, tsne(T.stream(5):normal{80, 200}, {perplexity = 5, steps = 10}):shape())
  end)

  it("says before each step how far it is", function()
    local told = {}
    tsne(T.stream(5):normal{9, 2}, {perplexity = 2, steps = 3, each = function(done, steps)
      told[#told + 1] = ("%d of %d"):format(done, steps)
    end})
    assert.same({"0 of 3", "1 of 3", "2 of 3"}, told)
  end)

  local x = T.stream(6):normal{10, 3}
  for name, case in pairs{
    ["an x that is no matrix"] = {{T.zeros(3)}, "tsne: argument 'x': got a tensor of 1 axes"},
    ["an x with a NaN"] = {{x * (0 / 0)}, "tsne: argument 'x': got an infinity or a NaN"},
    ["a perplexity of all points"] = {{x, {perplexity = 10}},
      "option 'perplexity': got 10, wanted 1 to 9, fewer than the 10 points"},
    ["a start of another size"] = {{x, {perplexity = 2, start = x}},
      "option 'start': got %[10 3%], wanted a tensor of 10 rows of 2"},
    ["a theta at which a cell may hold the point"] = {{x, {perplexity = 2, theta = 2}},
      "option 'theta': got 2, wanted a number from 0 to 0.7"},
    ["an option that it does not know"] = {{x, {perplexty = 2}}, "did you mean 'perplexity'"},
  } do
    it("refuses " .. name, function()
      assert.error_matches(function() tsne(table.unpack(case[1])) end, case[2])
    end)
  end
end)

describe("principal components", function()
  it("are the axes of a cloud that is stretched along them", function()
    local scales = T.tensor{{5, 0.1, 2}}
    local x = T.stream(7):normal{500, 3} * scales + 10
    local z, details = pca(x, {components = 2})
    local along = T.abs(details.directions):table()
    assert.is_true(along[1][1] > 0.99 and along[3][2] > 0.99)
    local variances = details.variances:table()
    assert.near(25, variances[1], 4)
    assert.near(4, variances[2], 0.8)
    local back = T.matmul(z, details.directions, {tb = true}) + details.mean
    assert.is_true(T.max(T.abs(back - x)):item() < 0.5)
  end)

  it("are refused where there are not so many", function()
    assert.error_matches(function() pca(T.zeros(4, 9), {components = 4}) end,
      "pca: option 'components': got 4, wanted an integer from 1 to 3 for 4 points of 9 numbers")
  end)
end)
