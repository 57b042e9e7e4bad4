-- teasel.data.set: the protocol that every data set keeps to.

local T = require "teasel"
local metric = require "teasel.metric"
local set = require "teasel.data.set"
local space = require "teasel.data.space"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused

local function equal(a, b) return T.eq(a, b):min():item() == 1 end

-- an image [1 1 1] that is its number
local function drawn(index) return index:reshape{#index, 1, 1, 1} end

local function number_of(images) return images:reshape{#images} end

-- twelve images; class i % 3; two factors, with only 8 of 4 x 4 combinations
local FACTORS = {}
for i = 1, 12 do FACTORS[i] = {i % 4, 10 * (i % 2) + 0.5} end

local function listed(more)
  local o = {count = 12, shape = {1, 1, 1}, images = drawn, factor_names = {"turn", "light"},
    factors = FACTORS, classes = {"a", "b", "c"},
    labels = function(index) return index - (index / 3):floor() * 3 end}
  for name, value in pairs(more or {}) do o[name] = value end
  return set.new(o)
end

describe("a set", function()
  it("is printed with its number, their shape, and what is known of them", function()
    assert.equal("set of 12 images [1 1 1]; factors: turn, light; 3 classes", tostring(listed()))
    local grid = space{names = {"turn", "light"}, sizes = {3, 2}}
    assert.equal("space of 6 points: turn 3, light 2", tostring(grid))
    assert.equal("set of 6 images; factors: turn 3, light 2", tostring(set.of_space(grid, drawn)))
  end)

  it("has images, factors and labels by number, or all of them", function()
    local s = listed()
    assert.same({12, {1, 1, 1}, {"turn", "light"}, {"a", "b", "c"}},
      {s:count(), s.shape, s.factor_names, s.classes})
    near(number_of(s:images(T.tensor{5, 1})), {5, 1}, 0)
    near(s:factors(T.tensor{5, 2}), {{1, 10.5}, {2, 0.5}}, 0)
    near(s:labels(T.tensor{5, 3}), {2, 0}, 0)
    near(number_of(s:images()), T.arange(1, 12), 0)
    near(s:factors(), FACTORS, 0)
    assert.same({12}, s:labels():shape())
  end)

  it("hands on images, then factors, then labels, where it has them", function()
    local nothing = set.new{count = 2, shape = {1, 1, 1}, images = drawn}
    assert.equal(1, select("#", table.unpack{nothing:each(2)()}))
    local digits = set.new{count = 2, shape = {1, 1, 1}, images = drawn, classes = 2,
      labels = T.tensor{1, 0}}
    local _, labels, none = digits:each(2)()
    near(labels, {1, 0}, 0)
    assert.is_nil(none)
    assert.same({"0", "1"}, digits.classes)
    local x, factors, classes = listed():batch(T.stream(1), 40)
    local index = number_of(x)
    near(factors, listed():factors(index), 0)
    near(classes, listed():labels(index), 0)
  end)

  it("goes through each image once, in order or in a random one", function()
    local s, at = listed(), 0
    for x, factors in s:each(5) do
      assert.True(equal(number_of(x), T.arange(at + 1, at + #x)) and #factors == #x)
      at = at + #x
    end
    assert.equal(12, at)
    local seen = {}
    for x, _, labels in s:epoch(T.stream(3), 4) do
      near(labels, s:labels(number_of(x)), 0)
      for _, v in ipairs(number_of(x):table()) do seen[#seen + 1] = v end
    end
    assert.False(equal(T.tensor(seen), T.arange(1, 12)))
    table.sort(seen)
    near(T.tensor(seen), T.arange(1, 12), 0)
  end)

  it("shuffles blocks, and only some of them at a time, where it is told to", function()
    local n, block = 1000, 10   -- 100 blocks, of which an epoch holds 32 in one window
    local s = set.new{count = n, shape = {1, 1, 1}, images = drawn, block = block}
    local function order(seed)
      local list = {}
      for x in s:epoch(T.stream(seed), 7) do
        for _, v in ipairs(number_of(x):table()) do list[#list + 1] = math.tointeger(v) end
      end
      return list
    end
    local list = order(1)
    assert.equal(n // 7 * 7, #list)
    local seen, first, apart = {}, {}, 0
    for i = 1, 320 do
      seen[list[i]], first[(list[i] - 1) // block] = true, true
      if list[i + 1] ~= list[i] + 1 then apart = apart + 1 end
    end
    local blocks = 0
    for _ in pairs(first) do blocks = blocks + 1 end
    assert.same({32, true}, {blocks, apart > 280})   -- whole blocks, their images in no order
    for i = 321, #list do
      assert.is_nil(seen[list[i]])
      seen[list[i]] = true
    end
    assert.same(order(1), list)
    assert.are_not.same(order(2), list)
  end)

  it("has subsets and splits, which are sets", function()
    local s = listed()
    local part = s:subset(T.tensor{7, 2, 9}):subset(T.tensor{3, 1})
    near(number_of(part:images()), {9, 7}, 0)
    near(part:factors(), s:factors(T.tensor{9, 7}), 0)
    near(part:labels(T.tensor{2}), {1}, 0)
    near(part.items, {9, 7}, 0)
    local train, rest, test = s:split{0.5, 0.25, 0.25}
    assert.same({6, 3, 3}, {train:count(), rest:count(), test:count()})
    near(number_of(test:images()), {10, 11, 12}, 0)
    local few, more = s:split({2, 5}, T.stream(4))
    local seen = {}
    for _, v in ipairs(number_of(few:images()):table()) do seen[v] = true end
    for _, v in ipairs(number_of(more:images()):table()) do
      assert.is_nil(seen[v])
      seen[v] = true
    end
    assert.same({2, 5}, {few:count(), more:count()})
    near(number_of(few:images()), number_of((s:split({2}, T.stream(4))):images()), 0)
  end)

  it("pairs images of a class, each partner as likely as another", function()
    local s = listed()
    local xa, xb, a, b = s:pairs(T.stream(1), 3000, {class = true})
    assert.True(equal(number_of(xa), a) and equal(number_of(xb), b))
    assert.True(equal(s:labels(a), s:labels(b)))
    near(T.eq(a, b):mean():item(), 0.25, 0.05)
    local of_one = T.one_hot(b[a:eq(1)], 12):sum(1):table()
    for i, n in ipairs(of_one) do assert.equal(i % 3 == 1, n > 30) end
  end)

  it("pairs images that share factors, with a grid and without", function()
    local grid = space.set(space{names = {"turn", "light"}, sizes = {4, 3}}, drawn)
    for _, s in ipairs{listed(), grid} do
      local _, _, a, b = s:pairs(T.stream(2), 2000, {share = "light"})
      local fa, fb = s:factors(a), s:factors(b)
      local same = T.eq(fa, fb):mean(1):table()
      assert.equal(1, same[2])
      assert.True(same[1] > 0.15 and same[1] < 0.65)
      _, _, a, b = s:pairs(T.stream(2), 100, {share = {1, "light"}})
      assert.True(equal(s:factors(a), s:factors(b)))
    end
  end)

  it("pairs images that share all factors but k, other ones from pair to pair", function()
    local grid = space.set(space{names = {"a", "b", "c"}, sizes = {90, 80, 70}}, drawn)
    local function differing(k)
      local _, _, a, b = grid:pairs(T.stream(5), 3000, {differ = k})
      return 1 - T.eq(grid:factors(a), grid:factors(b))
    end
    local one = differing(1)
    assert.equal(1, one:sum(2):max():item())
    near(one:mean(1), {1 / 3, 1 / 3, 1 / 3}, 0.04)
    near(differing(2):mean(1), {2 / 3, 2 / 3, 2 / 3}, 0.04)
    near(differing "any":sum(2):mean():item(), 1.5, 0.05)
    assert.equal(0, differing(0):max():item())
    local s = listed()
    local _, _, a, b = s:pairs(T.stream(5), 500, {differ = 1})
    assert.equal(1, T.eq(s:factors(a), s:factors(b)):max(2):min():item())
  end)

  it("pairs no image that is alone with what has to be the same", function()
    -- 8 images of 2 x 4, and two with a turn of their own
    local factors = {}
    for i = 1, 8 do factors[i] = {i % 2, i % 4} end
    factors[9], factors[10] = {0.25, 0}, {0.75, 0}
    local s = set.new{count = 10, shape = {1, 1, 1}, images = drawn, factors = factors,
      factor_names = {"turn", "light"}}
    local xa, _, a, b = s:pairs(T.stream(7), 4000, {share = "turn"})
    assert.True(equal(number_of(xa), a))
    assert.True(equal(s:factors(a):slice(2, 1, 1), s:factors(b):slice(2, 1, 1)))
    local times = T.one_hot(a, 10):sum(1):table()
    for i = 1, 8 do near(times[i] / 4000, 1 / 8, 0.03) end
    assert.same({0, 0}, {times[9], times[10]})
    near(T.eq(a, b):mean():item(), 1 / 4, 0.04)
    -- one that is alone in the set, where nothing has to be the same, is its own partner
    local _, _, i, j = s:subset(T.tensor{2}):pairs(T.stream(1), 3, {share = {}})
    assert.same({{1, 1, 1}, {1, 1, 1}}, {i:table(), j:table()})
    local _, _, c = s:pairs(T.stream(7), 4000, {differ = 0})   -- nothing differs: all are drawn
    assert.True(T.one_hot(c, 10):sum(1):table()[10] > 300)
  end)

  it("has no pairs that share a factor with a value for each image", function()
    local n = 60
    local x = T.stream(8):uniform{n, 1}
    local s = set.new{count = n, shape = {1, 1, 1}, images = drawn, factor_names = {"x", "y", "z"},
      factors = T.concat({x, (T.arange(1, n):reshape{n, 1} / 2):floor(), x * 0}, 2)}
    refused("set:pairs: got 60 of 60 images without another that has the same x, z, wanted at most "
      .. "half: factors that are continuous want few levels", s.pairs, s, T.stream(1), 1,
      {share = {"x", "z"}})
    refused("images without another that has the same x", s.pairs, s, T.stream(1), 50,
      {differ = 1})
    local _, _, a, b = s:pairs(T.stream(1), 200, {share = "y"})
    assert.True(equal(s:factors(a):slice(2, 2, 2), s:factors(b):slice(2, 2, 2)))
  end)

  it("with a space has its levels as factors, and draws points by their levels", function()
    local s = space.set(space{names = {"a", "b"}, sizes = {2, 3}}, drawn, nil, {1, 1, 1})
    assert.same({6, {"a", "b"}, {1, 1, 1}}, {s:count(), s.factor_names, s.shape})
    near(s:factors(), s.space:enumerate(), 0)
    near(number_of(s:images(T.tensor{{1, 2}})), {6}, 0)
    local part = s:subset(T.tensor{6, 2})
    assert.is_nil(part.space)
    near(part:factors(), {{1, 2}, {0, 1}}, 0)
    assert.same({true, false}, {set.is(part), set.is{}})
  end)

  it("without a grid of factors is scored as any other", function()
    local n, stream = 600, T.stream(6)
    local factors = stream:integers({n, 3}, 0, 1)   -- three attributes, as CelebA has forty
    local s = set.new{count = n, shape = {1, 1, 3}, factor_names = {"young", "smiling", "bald"},
      factors = factors, images = function(index)
        return T.reshape(factors:take(index, 1), {#index, 1, 1, 3})
      end}
    assert.is_nil(s.space)
    local function represent(x) return x:flatten() * 3 end
    assert.is_true(metric.mig(s, represent) > 0.95)
    assert.is_true(metric.mig(s:subset(T.arange(1, 300)), represent) > 0.95)
    near(metric.mig(s, represent), metric.mig(represent(s:images()), factors), 0)
    refused("mig: got a set without known factors, wanted one with factor_names", metric.mig,
      set.new{count = 2, shape = {1, 1, 1}, images = drawn}, represent)
  end)
end)

describe("a set's errors", function()
  local s, stream = listed(), T.stream(1)
  local plain = set.new{count = 2, shape = {1, 1, 1}, images = drawn}
  local cases = {
    {"a number that no image has", "set:images: got the number 13 in row 2 of the index, wanted an "
      .. "integer in 1..12", s.images, s, T.tensor{12, 13}},
    {"the number 0", "got the number 0 in row 1", s.factors, s, T.tensor{0}},
    {"a fraction", "got the number 1.5 in row 1", s.labels, s, T.tensor{1.5}},
    {"no number", "nan in row 1", s.images, s, T.tensor{0 / 0}},
    {"an index of two axes", "set:images: argument 'index': got a tensor [1 1], wanted an index",
      s.images, s, T.tensor{{1}}},
    {"a subset of images that do not exist", "set:subset: got the number 61", s.subset, s,
      T.tensor{61}},
    {"images of another shape", "set: images gave a tensor [2 1 1 1] for 2 points, wanted images "
      .. "[2 1 1 3]", function()
        set.new{count = 2, shape = {1, 1, 3}, images = drawn}:images()
      end},
    {"factors that nobody knows", "set:factors: got a set without known factors", plain.factors,
      plain},
    {"labels that are not there", "set:labels: got a set without labels", plain.labels, plain},
    {"pairs of a class where there is none", "got the option 'class' for a set without labels",
      plain.pairs, plain, stream, 2, {class = true}},
    {"pairs of factors where there are none", "'share' for a set without known factors, wanted",
      plain.pairs, plain, stream, 2, {share = "a"}},
    {"two kinds of pairs", "got 2 options, wanted one of: class, share, differ", s.pairs, s, stream,
      2, {class = true, differ = 1}},
    {"an unknown factor", "got the option 'lihgt', wanted one of: light, turn", s.pairs, s, stream,
      2, {share = "lihgt"}},
    {"more differing factors than there are", "option 'differ': got 3, wanted an integer in 0..2",
      s.pairs, s, stream, 2, {differ = 3}},
    {"shares of more than all", "got shares of 1.5 together, wanted at most 1", s.split, s,
      {0.75, 0.75}},
    {"more images than there are", "got shares of 13 together, wanted at most 12", s.split, s,
      {6, 7}},
    {"batches of no images", "set:each: argument 'n': got 0, wanted an integer of 1 or more",
      s.each, s, 0},
    {"a batch of an empty set", "set:batch: got a set of 0 images, wanted 1 or more",
      s.batch, s:subset(T.zeros{0}), stream, 3},
    {"factors without names", "got factors alone, wanted both of 'factors' and 'factor_names'",
      set.new, {count = 1, images = drawn, factors = {{1}}}},
    {"classes without labels", "got classes alone, wanted both of 'labels' and 'classes'",
      set.new, {count = 1, images = drawn, classes = 2}},
    {"factors of fewer images", "option 'factors': got a table of 1 items, wanted a function of an "
      .. "index, or a tensor [2 K]", set.new, {count = 2, images = drawn, factors = {{1}},
      factor_names = {"a"}}},
    {"factors of more columns than names", "set.new: option 'factors': got a tensor [4 2], wanted "
      .. "[4 1], a column for each of factor_names", set.new, {count = 4, images = drawn,
      factors = T.zeros{4, 2}, factor_names = {"a"}}},
    {"a label beyond the classes", "set.new: option 'labels': got 2 for image 3, wanted an integer "
      .. "in 0..1, as there are 2 classes", set.new, {count = 4, images = drawn,
      labels = {0, 1, 2, 5}, classes = {"a", "b"}}},
    {"a negative label", "got -1 for image 2", set.new, {count = 2, images = drawn,
      labels = {0, -1}, classes = 2}},
    {"half a label", "got 0.5 for image 1", set.new, {count = 2, images = drawn,
      labels = {.5, 1}, classes = 2}},
    {"a label that is no number", "nan for image 2", set.new, {count = 2, images = drawn,
      labels = {0, 0 / 0}, classes = 2}},
    {"half a class", "set.new: option 'classes': got 1.5, wanted an integer of 1 or more", set.new,
      {count = 1, images = drawn, labels = {0}, classes = 1.5}},
    {"no images", "set.new: option 'images': got nil, wanted a function", set.new, {count = 2}},
  }
  for _, case in ipairs(cases) do
    it("name " .. case[1], function() refused(table.unpack(case, 2)) end)
  end
end)
