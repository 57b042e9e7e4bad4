-- Correlated and constrained factors, against the shares that their weights ask for.

local T = require "teasel"

local correlated = T.data.correlated
local space = T.data.space{names = {"a", "b", "c"}, sizes = {2, 3, 4}, values = {b = {10, 20, 30}}}
local set = T.data.space.set(space, function(index)
  return index:reshape{#index, 1, 1, 1} / 24
end)

-- how often each point is drawn, as a list
local function shares(of, n)
  local x, levels = of:batch(T.stream(1, "shares"), n)
  local index = space:index(levels)
  assert(((x:reshape{n} * 24 - index):abs():max():item()) < 1e-4)
  return (T.one_hot(index, 24):sum{axes = 1} / n):table()
end

local function codes_of(i) return (i - 1) // 12, (i - 1) // 4 % 3, (i - 1) % 4 end

describe("a correlated set", function()
  it("is drawn by the product of its weights", function()
    local n, wanted, sum = 40000, {}, 0
    local ab, c = {{1, 2, 3}, {4, 0.5, 6}}, {1, 1, 2, 4}
    local part = correlated(set, {{"a", "b", ab}, {"c", c}})
    assert.equal(24, part:count())
    assert.equal(space, part.space)
    for i = 1, 24 do
      local p, q, r = codes_of(i)
      wanted[i] = ab[p + 1][q + 1] * c[r + 1]
      sum = sum + wanted[i]
    end
    for i, share in ipairs(shares(part, n)) do
      assert.near(wanted[i] / sum, share, 5 * math.sqrt(wanted[i] / sum / n))
    end
  end)

  it("is given the values and the shares of its levels", function()
    local seen = {}
    correlated(set, {{"b", "c", function(b, c, at, of)
      seen[#seen + 1] = {b, c, at, of}
      return 1
    end}})
    assert.equal(12, #seen)
    assert.same({10, 0, 0, 0}, seen[1])
    assert.same({30, 3, 1, 1}, seen[12])
    local most = 0
    for i, share in ipairs(shares(correlated(set, {{"b", "c", correlated.line(.2)}}), 10000)) do
      local _, b, c = codes_of(i)
      if math.abs(b / 2 - c / 3) < .2 then most = most + share end
    end
    assert.is_true(most > .7)
  end)

  it("has no points of weight 0: neither drawn, nor counted", function()
    local part = correlated(set, {{"a", "c", function(a, c) return a == 1 or c < 2 end}})
    assert.equal(18, part:count())
    assert.is_nil(part.space)
    assert.same({"a", "b", "c"}, part.factor_names)
    for i, share in ipairs(shares(part, 10000)) do
      local a, _, c = codes_of(i)
      assert.near((a == 1 or c < 2) and 1 / 18 or 0, share, .015)
    end
    local seen = 0
    for _, levels in part:each(5) do
      for _, row in ipairs(levels:table()) do
        assert.is_true(row[1] == 1 or row[3] < 2)
        seen = seen + 1
      end
    end
    assert.equal(18, seen)
  end)

  it("is split into sets that share no image", function()
    local one, two = correlated(set, {{"a", {1, 0}}}):split{6, 6}
    local seen = {}
    for name, part in pairs{one = one, two = two} do
      local _, levels = part:batch(T.stream(1), 200)
      for _, i in ipairs(space:index(levels):table()) do
        assert.is_true(seen[i] == nil or seen[i] == name)
        seen[i] = name
      end
    end
  end)

  it("has labels, and batches of no image", function()
    local digits = correlated(T.data.digits{jitter = 0, hand = 0, size = 0, slant = 0},
      {{"digit", {1, 0, 0, 0, 0, 0, 0, 0, 0, 1}}})
    local x, _, labels = digits:batch(T.stream(1), 20)
    assert.same({20, 28, 28, 1}, x:shape())
    assert.is_true(T.maximum(labels:eq(0), labels:eq(9)):min():item() == 1)
    assert.equal(0, #digits:batch(T.stream(1), 0))
  end)

  local cases = {
    {"no set", "argument 'set': got 5, wanted a data set", 5, {}},
    {"an unknown factor", "got the factor 'd', wanted one of: a, b, c", set, {{"d", {1}}}},
    {"a factor with itself", "rule 1: got 'a' twice", set, {{"a", 1, {{1, 1}, {1, 1}}}}},
    {"weights of another size", "wanted the weights of a and b, 2 lists of 3", set,
      {{"a", "b", {{1, 2}, {3, 4}}}}},
    {"a negative weight", "got the weight -1 for a, wanted", set, {{"a", {1, -1}}}},
    {"weights that are 0", "weights of 0 for every combination of a, wanted", set, {{"a", {0, 0}}}},
    {"a rule that is none", "rule 2: got 7, wanted {factor, weights}", set, {{"a", {1, 1}}, 7}},
    {"a set without a space", "argument 'set': got a set, wanted a set with a space",
      set:subset(T.tensor{1, 2}), {}},
  }
  for _, case in ipairs(cases) do
    it("names " .. case[1], function()
      local ok, message = pcall(correlated, case[3], case[4])
      assert.is_false(ok)
      assert.truthy(message:find(case[2], 1, true), message)
    end)
  end
end)
