local T = require "teasel"
local paired = require "teasel.report.paired"

local function zeros(n)
  local list = {}
  for i = 1, n do list[i] = 0 end
  return list
end

-- the two-sided p of signed ranks by all choices of signs
local function by_enumeration(list)
  local sizes = {}
  for i, d in ipairs(list) do sizes[i] = math.abs(d) end
  local ranks = {}
  for i, size in ipairs(sizes) do
    local below, same = 0, 0
    for _, other in ipairs(sizes) do
      if other < size then below = below + 1 elseif other == size then same = same + 1 end
    end
    ranks[i] = below + (same + 1) / 2
  end
  local up, total = 0, 0
  for i, d in ipairs(list) do
    total = total + ranks[i]
    if d > 0 then up = up + ranks[i] end
  end
  local least, count = math.min(up, total - up), 0
  for signs = 0, 2 ^ #list - 1 do
    local sum = 0
    for i, rank in ipairs(ranks) do
      if signs // (1 << (i - 1)) % 2 == 1 then sum = sum + rank end
    end
    if sum <= least then count = count + 1 end
  end
  return math.min(1, 2 * count / 2 ^ #list)
end

describe("the test of signed ranks", function()
  it("has the p of all choices of signs, with shared ranks too", function()
    for _, list in ipairs{{1, 2, 3, 4, 5}, {1, -2, 3, -4, 5, 6}, {1, 1, -1, 2, 2, -3, 4}, {-1},
        {3, 3, 3, 3}, {0.5, -0.25, 7, -7, 2, 9, 11, -1}} do
      assert.near(by_enumeration(list), paired.wilcoxon(list, zeros(#list)).p, 1e-12)
    end
  end)

  it("leaves out pairs without a difference", function()
    local test = paired.wilcoxon({1, 5, 2, 8}, {1, 4, 2, 6})
    assert.same({2, 3, 0.5}, {test.n, test.sum, test.p})
    assert.same({0, 1}, {paired.wilcoxon({1}, {1}).n, paired.wilcoxon({1}, {1}).p})
  end)

  it("is normal for many pairs, close to what is exact", function()
    local draws = T.stream(1, "pairs"):normal{41}:table()
    for i = 1, 41 do draws[i] = draws[i] + 0.3 end
    local rough = paired.wilcoxon(draws, zeros(41)).p
    table.remove(draws)
    assert.near(paired.wilcoxon(draws, zeros(40)).p, rough, 0.02)
  end)
end)

describe("the test of signs", function()
  it("has the binomial's p", function()
    assert.near(0.0625, paired.sign({1, 2, 3, 4, 5}, zeros(5)).p, 1e-15)
    assert.near(2 * (1 + 6) / 64, paired.sign({1, 1, 1, 1, 1, -1}, zeros(6)).p, 1e-15)
    assert.equal(1, paired.sign({1, -1}, zeros(2)).p)
    assert.same({4, 3}, {paired.sign({1, 2, 3, -1, 0}, zeros(5)).n,
      paired.sign({1, 2, 3, -1, 0}, zeros(5)).up})
  end)

  it("is normal for many pairs, close to what is exact", function()
    local list = {}
    for i = 1, 61 do list[i] = i <= 38 and 1 or -1 end
    local rough = paired.sign(list, zeros(61)).p
    table.remove(list)
    assert.near(paired.sign(list, zeros(60)).p, rough, 0.03)
  end)
end)

describe("the correlation of ranks", function()
  it("is 1 for what rises together, and has shared ranks", function()
    assert.near(1, paired.spearman({1, 5, 7}, {-2, 0, 100}), 1e-15)
    assert.near(-1, paired.spearman({1, 5, 7}, {3, 2, 1}), 1e-15)
    -- ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4
    assert.near(4.5 / math.sqrt(4.5 * 5), paired.spearman({0, 3, 3, 9}, {1, 2, 3, 4}), 1e-12)
    assert.is_true(paired.spearman({1, 1}, {1, 2}) ~= paired.spearman({1, 1}, {1, 2}))
  end)
end)

describe("the interval of a median", function()
  it("covers the median of the law about as often as it says", function()
    local hits, stream = 0, T.stream(2, "samples")
    for i = 1, 100 do
      local low, high = paired.interval(stream:split(tostring(i)):normal{15}:table(),
        {samples = 300, seed = i})
      if low <= 0 and 0 <= high then hits = hits + 1 end
    end
    assert.is_true(hits >= 90 and hits <= 100)
  end)

  it("is that of the values where there are two or one", function()
    assert.same({1, 3}, {paired.interval{1, 3}})
    assert.same({4, 4}, {paired.interval{4}})
    assert.same({}, {paired.interval{}})
  end)
end)

describe("paired values", function()
  it("are as many finite numbers on both sides", function()
    assert.error_matches(function() paired.sign({1, 2}, {1}) end, "got 2 and 1 values")
    assert.error_matches(function() paired.wilcoxon({1, 0 / 0}, {1, 2}) end, "pair 2: got %-?nan")
    assert.error_matches(function() paired.spearman({1, 2}, {1, {}}) end, "pair 2: got table")
    assert.error_matches(function() paired.interval{1, {}} end, "value 2: got table: %w+, wanted a")
    assert.error_matches(function() paired.interval({1, 2}, {samples = 0}) end, "got 0 samples")
  end)
end)
