-- teasel.data.space: points, numbers, samples, pairs, parts, batches.

local T = require "teasel"
local space = require "teasel.data.space"

local function all(x) return x:min():item() == 1 end
local function equal(a, b) return all(T.eq(a, b)) end

local function small() return space{names = {"a", "b", "c"}, sizes = {3, 4, 5}} end

-- sum over cells of (seen - expected)^2 / expected, for levels that should be uniform on 0..size-1
local function chi_square(levels, size)
  local seen = T.sum(T.one_hot(levels + 1, size), 1)
  local expected = #levels / size
  return (T.sum(T.square(seen - expected)) / expected):item()
end

-- four standard deviations above the mean of chi-square with size - 1 degrees of freedom
local function likely(size) return size - 1 + 4 * math.sqrt(2 * (size - 1)) end

local function rows_of(levels)
  local rows = levels:table()
  for i, row in ipairs(rows) do
    for k, level in ipairs(row) do row[k] = math.tointeger(level) end
    rows[i] = table.concat(row, " ")
  end
  return rows
end

describe("a space", function()
  it("numbers its points from 1 with the last factor running fastest", function()
    local s = small()
    assert.equal(60, s:count())
    assert.same({1, 2, 6, 21, 60}, s:index(T.tensor{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0},
      {2, 3, 4}}):table())
  end)

  it("gives the levels of every number, the number of all, and lists them in order", function()
    for _, sizes in ipairs{{3, 4, 5}, {1, 7}, {6, 1, 40, 3}, {1}, {97}, {3, 6, 40, 32, 32}} do
      local names = {}
      for k in ipairs(sizes) do names[k] = "f" .. k end
      local s = space{names = names, sizes = sizes}
      local index = T.arange(1, s:count())
      local levels = s:enumerate()
      assert.True(equal(s:levels(index), levels))
      assert.True(equal(s:index(levels), index))
    end
  end)

  it("divides numbers up to 2^23 exactly", function()
    local large = {{3, 2796202}, {2796202, 3}, {2896, 2896}, {2, 4194304}, {181, 5, 9269}}
    for _, sizes in ipairs(large) do
      local names = {}
      for k in ipairs(sizes) do names[k] = "f" .. k end
      local s = space{names = names, sizes = sizes}
      local n, last = s:count(), sizes[#sizes]
      local list = {1, n}
      for i = 1, 2000 do   -- both sides of where the level before the last one changes
        local edge = (n // last) * i // 2000 * last
        list[#list + 1] = math.max(edge, 1)
        list[#list + 1] = math.min(edge + 1, n)
      end
      local index = T.tensor(list)
      local levels = s:levels(index)
      assert.True(equal(s:index(levels), index))
      for i, row in ipairs(levels:table()) do assert.equal((list[i] - 1) % last, row[#row]) end
    end
  end)

  it("lists the points with fixed levels, in order", function()
    local s = small()
    local levels = s:enumerate{b = 2}
    assert.equal(15, #levels)
    assert.True(equal(s:column(levels, "b"), 2))
    local index = s:index(levels):table()
    for i = 2, #index do assert.True(index[i] > index[i - 1]) end
    assert.same({"1 2 3"}, rows_of(s:enumerate{a = 1, b = 2, c = 3}))
  end)

  it("samples every factor and every pair of factors uniformly", function()
    local s = small()
    local levels = s:sample(T.stream(1, "uniform"), 20000)
    assert.same({20000, 3}, levels:shape())
    for k, size in ipairs(s.sizes) do
      assert.True(chi_square(s:column(levels, k), size) < likely(size))
      for j = 1, k - 1 do
        local both = s:column(levels, j) * size + s:column(levels, k)
        assert.True(chi_square(both, size * s.sizes[j]) < likely(size * s.sizes[j]))
      end
    end
  end)

  it("samples the same from equal streams, and leaves fixed levels as they are", function()
    local s = small()
    assert.True(equal(s:sample(T.stream(7), 50), s:sample(T.stream(7), 50)))
    assert.False(equal(s:sample(T.stream(7), 50), s:sample(T.stream(8), 50)))
    local levels = s:sample(T.stream(7), 2000, {a = 2, c = 0})
    assert.True(equal(s:column(levels, "a"), 2) and equal(s:column(levels, "c"), 0))
    assert.True(chi_square(s:column(levels, "b"), 4) < likely(4))
    assert.same({0, 3}, s:sample(T.stream(7), 0):shape())
  end)

  it("pairs points that share the given factors and no others", function()
    local s, n = small(), 20000
    for _, shared in ipairs{{"b"}, {"a", "c"}, {1, 2, 3}, {}} do
      local a, b = s:pairs(T.stream(3, "pairs"), n, shared)
      local is = {}
      for _, factor in ipairs(shared) do is[s:number(factor)] = true end
      for k, size in ipairs(s.sizes) do
        local same = T.eq(s:column(a, k), s:column(b, k)):mean():item()
        local p = 1 / size
        if is[k] then assert.equal(1, same)
        else assert.True(math.abs(same - p) < 4 * math.sqrt(p * (1 - p) / n)) end
        assert.True(chi_square(s:column(b, k), size) < likely(size))
      end
    end
  end)

  it("pairs points that share other factors in every row, by a mask", function()
    local s = small()
    local mask = T.one_hot(T.stream(5):integers({1000}, 1, 3), 3)
    local a, b = s:pairs(T.stream(5, "mask"), 1000, mask)
    assert.True(all(T.maximum(T.eq(a, b), 1 - mask)))
    assert.False(equal(a, b))
  end)

  it("fixes factors to those of the first row, of one row, or row by row", function()
    local s, stream = small(), T.stream(11)
    local a, b = s:sample(stream, 30), s:sample(stream, 30)
    local held = s:fix(a, "b")
    assert.True(equal(s:column(held, "b"), a[1][2]:item()))
    assert.True(equal(s:column(held, 1), s:column(a, 1)))
    assert.True(equal(s:column(s:fix(a, {"a", "c"}, b[7]), "c"), b[7][3]:item()))
    local mixed = s:fix(a, {"a", "c"}, b)
    assert.True(equal(s:column(mixed, 1), s:column(b, 1)))
    assert.True(equal(s:column(mixed, 2), s:column(a, 2)))
    assert.True(equal(s:column(mixed, 3), s:column(b, 3)))
  end)

  it("has a point in its middle", function() assert.same({1, 2, 2}, small():middle()) end)

  it("traverses one factor and leaves the others", function()
    local s = small()
    local row = T.tensor{2, 3, 1}
    assert.same({"2 0 1", "2 1 1", "2 2 1", "2 3 1"}, rows_of(s:traverse(row, "b")))
    assert.True(equal(s:traverse(row:reshape{1, 3}, 3), s:traverse(row, "c")))
  end)

  it("says what levels stand for", function()
    local s = space{names = {"a", "b"}, sizes = {2, 3}, values = {b = {.5, 1.5, -4}}}
    assert.same({{1, -4}, {0, .5}}, s:physical(T.tensor{{1, 2}, {0, 0}}):table())
  end)
end)

describe("a part of a space", function()
  local function whole()
    return space{names = {"a", "b", "c"}, sizes = {3, 4, 5}, values = {b = {10, 20, 30, 40}}}
  end

  it("takes a factor away for a number and keeps it for a list", function()
    local s = whole():select{a = 2, b = {3, 0}}
    assert.same({"b", "c"}, s.names)
    assert.same({2, 5}, s.sizes)
    assert.same({40, 10}, s.values.b)
    assert.equal(10, s:count())
    assert.same({"2 3 4", "2 0 1"}, rows_of(s:outer(T.tensor{{0, 4}, {1, 1}})))
  end)

  it("lets a chosen level of a factor without values stand for the level it was", function()
    assert.same({4, 1}, whole():select{c = {4, 1}}.values.c)
  end)

  it("keeps what the chosen levels are called", function()
    local w = space{names = {"a", "b", "c"}, sizes = {3, 2, 2},
      labels = {a = {"one", "two", "three"}, b = {"no", "yes"}}}
    local part = w:select{a = {2, 0}, c = 1}
    assert.same({a = {"three", "one"}, b = {"no", "yes"}}, part.labels)
    assert.same({a = {"one"}, b = {"no", "yes"}}, part:select{a = {1}}.labels)
    assert.error_matches(function() space{names = {"a"}, sizes = {2}, labels = {a = {"one"}}} end,
      "space: got 1 labels for 'a', wanted 2")
  end)

  it("has exactly the points with the chosen levels, also when a part of a part", function()
    local w = whole()
    local s = w:select{b = {3, 0, 1}, c = {4, 2}}:select{b = {2, 0}, a = 1}
    assert.same({"1 1 4", "1 1 2", "1 3 4", "1 3 2"}, rows_of(w:levels(s:origin(s:enumerate()))))
    assert.True(equal(s:origin(s:enumerate()), s:origin(T.arange(1, 4))))
  end)

  it("is the space itself when nothing is chosen", function()
    local w = whole()
    assert.equal(w, w:select{})
    assert.True(equal(w:origin(w:enumerate()), T.arange(1, 60)))
    assert.True(equal(w:outer(w:enumerate()), w:enumerate()))
  end)
end)

describe("a space's errors", function()
  local s = small()
  local stream = T.stream(1)
  local part = s:select{a = 1, b = {0, 2}}
  local function index(levels) return function() s:index(T.tensor(levels)) end end
  local function levels(list) return function() s:levels(T.tensor(list)) end end
  local function new(names, sizes, values)
    return function() space{names = names, sizes = sizes, values = values} end
  end
  local cases = {
    {"an unknown factor, with a suggestion", "got the factor 'aa', wanted one of: a, b, c %(did",
      function() s:number("aa") end},
    {"a number that is no factor's", "got the factor '4'",
      function() s:traverse(T.tensor{0, 0, 0}, 4) end},
    {"a level beyond its factor", "got the level 4 for 'b' in row 2, wanted an integer in 0%.%.3",
      index{{0, 3, 0}, {0, 4, 0}}},
    {"a negative level", "got the level %-1 for 'c' in row 1", index{{0, 3, -1}}},
    {"a level that is no integer", "got the level 0%.5 for 'a'", index{{.5, 3, 0}}},
    {"a level that is no number", "got the level %-?nan for 'c'", index{{0, 3, 0 / 0}}},
    {"an infinite level", "got the level inf for 'c'", index{{0, 3, 1 / 0}}},
    {"levels of other factors", "shape %[1 2%], wanted %[n 3%]", index{{0, 3}}},
    {"a number beyond the last point", "got the number 61 in row 2, wanted an integer in 1%.%.60",
      levels{60, 61}},
    {"the number 0", "got the number 0 in row 1", levels{0}},
    {"an index with two axes", "index of shape %[1 1%]", levels{{1}}},
    {"a level of a part that it has not", "got the level 2 for 'b'",
      function() part:outer(T.tensor{{2, 0}}) end},
    {"a fixed level beyond its factor", "got the level 5 for 'c'",
      function() s:sample(stream, 1, {c = 5}) end},
    {"a fixed level of a wrong type", "got the level x for 'c'",
      function() s:enumerate{c = "x"} end},
    {"a level chosen twice", "got the level 1 for 'b' twice", function() s:select{b = {1, 1}} end},
    {"no level chosen", "got no level for 'b'", function() s:select{b = {}} end},
    {"no factor left", "got 0 names of factors that are not fixed, wanted .* like a = {0}",
      function() s:select{a = 0, b = 0, c = 0} end},
    {"other numbers of names and sizes", "got 1 names and 2 sizes", new({"a"}, {1, 2})},
    {"one name twice", "got the name a for factor 2", new({"a", "a"}, {1, 2})},
    {"a size of 0", "got the size 0 for 'a'", new({"a"}, {0})},
    {"more points than have a number", "got more than %d+ points",
      new({"a", "b"}, {1 << 53, 1 << 53})},
    {"values of another number", "got 1 values for 'a', wanted 2", new({"a"}, {2}, {a = {1}})},
    {"an unknown option", "got the option 'size'", function() space{names = {"a"}, size = {2}} end},
  }
  for _, case in ipairs(cases) do
    it("name " .. case[1], function()
      local ok, message = pcall(case[3])
      assert.False(ok)
      assert.truthy(message:find("space: ", 1, true), message)
      assert.truthy(message:find(case[2]), message)
    end)
  end
end)

describe("a data set", function()
  -- the image of a point is its number
  local function set(chosen)
    return space.set(small():select(chosen or {}), function(index) return index end)
  end

  it("draws points given by levels or numbers, in a part too", function()
    local d = set()
    assert.same({1, 60}, d:images(T.tensor{{0, 0, 0}, {2, 3, 4}}):table())
    assert.same({1, 60}, d:images(T.tensor{1, 60}):table())
    local part = set{a = 2, c = {4, 0}}
    assert.same({45, 41, 50, 46}, part:images(T.arange(1, 4)):table())
    assert.same({45, 46}, part:images(T.tensor{{0, 0}, {1, 1}}):table())
  end)

  it("gives batches of images with their levels, uniform over the points", function()
    for _, d in ipairs{set(), set{a = {2, 1}, b = 3}} do
      local x, levels = d:batch(T.stream(1, "batch"), 20000)
      assert.True(equal(x, d.space:origin(levels)))
      assert.True(chi_square(d.space:index(levels) - 1, d:count()) < likely(d:count()))
    end
  end)

  it("gives epochs that have every image once, in another order each time", function()
    local d, stream = set{a = {0, 2}}, T.stream(1, "epoch")
    local orders = {}
    for e = 1, 2 do
      local seen = {}
      for x, levels in d:epoch(stream, 8) do
        assert.True(equal(x, d.space:origin(levels)))
        for _, v in ipairs(x:table()) do seen[#seen + 1] = math.tointeger(v) end
      end
      orders[e] = table.concat(seen, " ")
      table.sort(seen)
      local every = d.space:origin(T.arange(1, 40)):table()
      assert.same(every, seen)
    end
    assert.not_equal(orders[1], orders[2])
  end)

  it("leaves the rest of an epoch out and gives that of an ordered pass", function()
    local d = set()
    local function sizes(iterator)
      local list = {}
      for x in iterator do list[#list + 1] = #x end
      return list
    end
    assert.same({25, 25}, sizes(d:epoch(T.stream(1), 25)))
    assert.same({25, 25, 10}, sizes(d:each(25)))
    assert.same({60}, sizes(d:each(100)))
    local at = 0
    for x, levels in d:each(7) do
      assert.True(equal(x, T.arange(at + 1, at + #x)) and equal(d.space:index(levels), x))
      at = at + #x
    end
  end)

  it("refuses batches of more images than it has: an epoch would be none", function()
    local d = set()
    local few = d:subset(T.tensor{50, 3, 17})
    for _, case in ipairs{{d, 61, 60}, {few, 4, 3}, {few, 60, 3}} do
      assert.error_matches(function() case[1]:epoch(T.stream(1), case[2]) end,
        ("epoch: argument 'n': got %d, wanted at most %d, the images of the set"):format(
          case[2], case[3]))
    end
  end)

  it("has subsets by number, whose batches stay among them", function()
    local d = set()
    local few = d:subset(T.tensor{50, 3, 17})
    assert.equal(3, few:count())
    assert.equal(60, d:count())
    assert.same({50, 3, 17}, few:each(10)():table())
    local x = few:batch(T.stream(2), 300)
    local which = T.eq(x, 50) * 0 + T.eq(x, 3) * 1 + T.eq(x, 17) * 2
    assert.True(all(T.eq(x, 50) + T.eq(x, 3) + T.eq(x, 17)))
    assert.True(chi_square(which, 3) < likely(3))
    local seen = few:epoch(T.stream(2), 3)():table()
    table.sort(seen)
    assert.same({3, 17, 50}, seen)
  end)
end)
