local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused

local philox, stream_at = core.rand.philox, core.rand.stream_at

-- Philox's words for a block of a fill, as csrc/base/rand.h says: counter (block, step), key.
local function words(key, step, block)
  local low = 0xffffffff
  return {philox(block & low, block >> 32, step & low, step >> 32, key & low, key >> 32)}
end

-- 64 bits of element i (from 0) of a fill with two elements to a block, as a number in [0, 1)
local function fraction(key, step, i)
  local w, at = words(key, step, i // 2), 2 * (i % 2)
  return ((w[at + 1] << 32 | w[at + 2]) >> 11) * 2.0 ^ -53
end

-- element i of a uniform fill
local function uniform(key, step, i)
  if core.double then return fraction(key, step, i) end
  return (words(key, step, i // 4)[i % 4 + 1] >> 8) * 2.0 ^ -24
end

-- element i of a normal fill: words 1 and 2 of a block make two elements, words 3 and 4 two more
local function normal(key, step, i)
  local w, at = words(key, step, i // 4), i % 4 // 2 * 2
  local r = math.sqrt(-2 * math.log((w[at + 1] + 0.5) / 2.0 ^ 32))
  local angle = 2 * math.pi * (w[at + 2] + 0.5) / 2.0 ^ 32
  return r * (i % 2 == 0 and math.cos(angle) or math.sin(angle))
end

local function correlation(x, y)
  x, y = x - x:mean(), y - y:mean()
  return ((x * y):mean() / (x:square():mean() * y:square():mean()):sqrt()):item()
end

-- Chi square of counts that should be equal: neither too large for chance, nor too small.
local function assert_equally_often(counts, n)
  local expected, chi, degrees = n / #counts, 0, #counts - 1
  for _, count in ipairs(counts) do chi = chi + (count - expected) ^ 2 / expected end
  local z = math.sqrt(2 * chi) - math.sqrt(2 * degrees - 1)  -- nearly normal (Fisher)
  assert(math.abs(z) < 3, ("chi square is %g with %d degrees of freedom"):format(chi, degrees))
end

-- how many items fall into each bin, by a function that gives an item's
local function tally(x, bins, bin_of)
  local counts = {}
  for i = 1, bins do counts[i] = 0 end
  for _, v in ipairs(x:table()) do
    local i = math.tointeger(bin_of(v))
    counts[i] = counts[i] + 1
  end
  return counts
end

describe("Philox4x32-10", function()
  it("gives the published answers", function()
    local ones = 0xffffffff
    local known = {
      {{0, 0, 0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{ones, ones, ones, ones, ones, ones}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0},
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    }
    for _, case in ipairs(known) do
      assert.are.same(case[2], {philox(table.unpack(case[1]))})
    end
  end)

  it("takes words of 32 bits only", function()
    refused("philox: argument 'word': got 4294967296, wanted an integer in 0..4294967295", philox,
      0, 0, 1 << 32, 0, 0, 0)
  end)
end)

describe("the key of a stream", function()
  local function mix(x)
    x = (x ~ x >> 30) * 0xbf58476d1ce4e5b9
    x = (x ~ x >> 27) * 0x94d049bb133111eb
    return x ~ x >> 31
  end

  -- splitmix64's finalizer over 64-bit FNV-1a
  local function derived(key, name)
    local hash = 0xcbf29ce484222325
    for i = 1, #name do hash = (hash ~ name:byte(i)) * 0x100000001b3 end
    return mix(key ~ mix(hash))
  end

  it("is the mixed hash of seed and name", function()
    for _, seed in ipairs{0, 1, -1, math.maxinteger, math.mininteger} do
      for _, name in ipairs{"spec", "a", "\0", "\0\255", ("long "):rep(100)} do
        assert.are.equal(derived(seed, name), (T.stream(seed, name):state()))
      end
    end
  end)

  it("is the seed itself without a name", function()
    assert.are.equal(-7, (T.stream(-7):state()))
    assert.are.equal(-7, (T.stream(-7, ""):state()))
  end)

  it("of a split is derived from the parent's, even for the empty name", function()
    local parent = T.stream(3, "p")
    local key = parent:state()
    assert.are.equal(derived(key, "child"), (parent:split("child"):state()))
    assert.are.equal(derived(key, ""), (parent:split(""):state()))
    assert.are_not.equal(key, (parent:split(""):state()))
  end)
end)

describe("a stream", function()
  it("of seed 1 and name 'spec' gives these numbers for ever", function()
    local s = T.stream(1, "spec")
    assert.are.equal(0x7478122d274e6926, (s:state()))
    local x = s:uniform{4}
    if core.double then
      near(x[1], 0.87650454044342041, 2.0 ^ -24)
    else
      near(x, {.87650454044342041, .79047310352325439, .12404793500900269, .87358385324478149}, 0)
    end
    near(s:normal{4}, {-.33327218890190125, 2.2496199607849121, -.037482742220163345,
      -.74692654609680176}, core.double and 1e-7 or 0)
    near(s:integers({6}, 1, 6), {1, 2, 1, 3, 5, 3}, 0)
    near(s:permutation(8), {3, 7, 4, 8, 2, 6, 1, 5}, 0)
  end)

  it("fills by key, step and place alone, also beyond the first parallel piece", function()
    local key, step, n = -0x123456789abcdef, (1 << 32) + 5, 65536 * 2 + 7
    local s = stream_at(key, step)
    local x, y, z = s:uniform{n}, s:normal{n}, s:integers({n}, 0, 255)
    local class = s:categorical(T.ones{n, 4})
    for _, i in ipairs{0, 1, 2, 3, 4, 255, 256, 65535, 65536, 65537, 131071, 131072, n - 1} do
      near(x[i + 1], uniform(key, step, i), 0)
      near(y[i + 1], normal(key, step + 1, i), core.double and 1e-12 or 1e-6)
      near(z[i + 1], fraction(key, step + 2, i) * 256 // 1, 0)
      near(class[i + 1], fraction(key, step + 3, i) * 4 // 1 + 1, 0)
    end
  end)

  it("draws a short fill as the beginning of a long one", function()
    local w = T.full({1000, 5}, 1)
    local fills = {
      function(s, n) return s:uniform{n} end, function(s, n) return s:normal{n} end,
      function(s, n) return s:integers({n}, 1, 1000) end,
      function(s, n) return s:categorical(w:slice(1, 1, n)) end,
    }
    for _, fill in ipairs(fills) do
      near(fill(T.stream(5), 37), fill(T.stream(5), 1000):slice(1, 1, 37), 0)
    end
  end)

  it("draws the same bits with one thread and with two", function()
    local had = T.threads()
    local function draw(threads)
      T.threads(threads)
      local s = T.stream(8)
      local data = s:normal{200000}:data() .. s:uniform{200000}:data()
      T.threads(had)
      return data
    end
    assert.are.equal(draw(1), draw(2))
  end)

  it("moves by one step with every fill, an empty one too", function()
    local s = T.stream(2)
    s:uniform{3}
    s:normal{0}
    s:integers({2, 2}, 0, 1)
    s:permutation(5)
    s:categorical(T.ones{2, 2})
    assert.are.same({2, 5}, {s:state()})
    assert.are.equal("stream at step 5", tostring(s))
  end)

  it("goes on from a saved state, or from a step sought", function()
    local s = T.stream(4, "resume")
    s:normal{10}
    local again, assigned = stream_at(s:state()), T.stream(7, "other"):assign(s:state())
    local wanted = s:normal{10}
    near(again:normal{10}, wanted, 0)
    near(assigned:normal{10}, wanted, 0)
    near(T.stream(4, "resume"):seek(1):normal{10}, wanted, 0)
  end)

  it("splits into the same streams whatever was drawn before", function()
    local s = T.stream(6)
    local before = s:split("x"):uniform{5}
    s:normal{100}
    near(s:split("x"):uniform{5}, before, 0)
  end)

  it("has nothing to do with another step, seed, name or split", function()
    local n = 20000
    local s = T.stream(1, "a")
    local pairs_of = {
      {s, s}, {T.stream(1), T.stream(2)}, {T.stream(1, "a"), T.stream(1, "b")},
      {T.stream(1, "a"), T.stream(1, "a"):split("a")},
      {T.stream(1):split("a"), T.stream(1):split("b")},
      {T.stream(1):split("a"):split("b"), T.stream(1):split("b"):split("a")},
      {T.stream(1, "ab"), T.stream(1, "a"):split("b")},
    }
    for i, two in ipairs(pairs_of) do
      local r = correlation(two[1]:normal{n}, two[2]:normal{n})
      assert(math.abs(r) < 4 / math.sqrt(n), ("pair %d: correlation %g"):format(i, r))
    end
  end)

  it("refuses what is no seed, name, step, shape or range", function()
    local s = T.stream(1)
    local wrong = {
      {T.stream, "x", "stream: argument 'seed': got \"x\", wanted an integer"},
      {T.stream, 1.5, "stream: argument 'seed': got 1.5, wanted an integer"},
      {s.split, s, 3, "split: argument 'name': got 3, wanted a string"},
      {s.seek, s, -1, "seek: argument 'step': got -1, wanted an integer"},
      {s.uniform, s, 3, "uniform: argument 'shape': got 3, wanted a list of sizes"},
      {s.normal, s, {-1}, "normal: argument 'shape': got -1, wanted an integer"},
      {s.integers, s, {2}, 5, 1, "integers: argument 'hi': got 1, wanted an integer in 5..9007"},
      {s.integers, s, {2}, 0, 1 << 54, "wanted an integer in 0..9007199254740992"},
      {s.uniform, 3, "uniform: argument 'stream': got 3, wanted a stream"},
      {s.uniform, s, {2}, -1 / 0, 1, "uniform: argument 'lo': got -inf, wanted a finite number"},
      {s.uniform, s, {2}, -1e308, 1e308, "uniform: argument 'hi': got 1e+308, wanted a number "
        .. "less than 2^1024 from lo = -1e+308"},
      {s.normal, s, {2}, 0, 1 / 0, "normal: argument 'sd': got inf, wanted a finite number"},
    }
    for _, case in ipairs(wrong) do
      refused(case[#case], case[1], table.unpack(case, 2, #case - 1))
    end
    assert.are.same({1, 0}, {s:state()})
  end)
end)

describe("uniform numbers", function()
  it("have the moments of their distribution and fall into all bins equally often", function()
    local n = 200000
    local x = T.stream(11, "uniform"):uniform{n}
    near(x:mean(), 0.5, 4 * math.sqrt(1 / 12 / n))
    near(x:var(), 1 / 12, 4 * math.sqrt(1 / 180 / n))
    assert.is_true(x:min():item() >= 0 and x:max():item() < 1)
    assert_equally_often(tally(x, 64, function(v) return math.floor(v * 64) + 1 end), n)
  end)

  it("are stretched to the range asked for", function()
    near(T.stream(12):uniform({100}, -3, 5), T.stream(12):uniform{100} * 8 - 3)
    near(T.stream(12):uniform({3}, 2, 2), {2, 2, 2}, 0)
  end)

  if not core.double then
    it("stay below the upper end where rounding would carry them up to it", function()
      local s = stream_at(16390493, 0)  -- a key that begins with the largest of all
      near(s:uniform{1}, {1 - 2.0 ^ -24}, 0)
      near(s:seek(0):uniform({1}, 1, 2), {1}, 0)
    end)
  end
end)

describe("normal numbers", function()
  it("have the moments and the tails of their distribution", function()
    local n = 200000
    local x = T.stream(13, "normal"):normal{n}
    local x2 = x:square()
    near(x:mean(), 0, 4 / math.sqrt(n))
    near(x2:mean(), 1, 4 * math.sqrt(2 / n))
    near((x * x2):mean(), 0, 4 * math.sqrt(15 / n))
    near((x2 * x2):mean(), 3, 4 / 3 * math.sqrt(96 / n))
    near(T.gt(x, 2):mean(), 0.02275, 4 * math.sqrt(0.02275 / n))
    near(T.lt(x, -2):mean(), 0.02275, 4 * math.sqrt(0.02275 / n))
  end)

  it("of one block do not depend on each other", function()
    local x = T.stream(14):normal{50000, 4}
    local squares = x:square()
    for i = 1, 4 do
      for j = 1, i - 1 do
        for _, y in ipairs{x, squares} do
          assert.is_true(math.abs(correlation(y:slice(2, i, i), y:slice(2, j, j))) < 0.018)
        end
      end
    end
  end)

  it("are moved and scaled to the mean and deviation asked for", function()
    near(T.stream(15):normal({100}, 3, 0.5), T.stream(15):normal{100} * 0.5 + 3)
  end)
end)

describe("integers", function()
  it("come equally often, both ends included", function()
    local n = 70000
    local x = T.stream(16):integers({n}, -3, 3)
    assert_equally_often(tally(x, 7, function(v) return v + 4 end), n)
  end)

  it("reach all that a number of the build can hold", function()
    local most = core.double and 1 << 53 or 1 << 24
    local x = T.stream(17):integers({10000}, -most, most)
    assert.is_true(x:max():item() > 0.99 * most and x:min():item() < -0.99 * most)
    near(T.stream(17):integers({2}, most, most), {most, most}, 0)
  end)
end)

describe("permutations", function()
  it("have each number once", function()
    local seen = {}
    for _, i in ipairs(T.stream(18):permutation(5000):table()) do seen[i] = true end
    for i = 1, 5000 do assert.is_true(seen[i]) end
    near(T.stream(18):permutation(1), {1}, 0)
    assert.are.same({0}, T.stream(18):permutation(0):shape())
  end)

  it("come in all orders equally often", function()
    local s, counts, n = T.stream(19), {}, 4800
    for _ = 1, n do
      local order = table.concat(s:permutation(4):table(), " ")
      counts[order] = (counts[order] or 0) + 1
    end
    local list = {}
    for _, count in pairs(counts) do list[#list + 1] = count end
    assert.are.equal(24, #list)
    assert_equally_often(list, n)
  end)
end)

describe("categorical draws", function()
  it("take each class as often as its weight says, and one without weight never", function()
    local n, weights = 100000, {3, 0, 1, 4, 0}
    local x = T.stream(20):categorical(T.tensor{weights}:expand{n, 5})
    local counts = tally(x, 5, function(v) return v end)
    for class, w in ipairs(weights) do
      local p = w / 8
      assert.is_true(math.abs(counts[class] - n * p) <= 4 * math.sqrt(n * p * (1 - p)))
    end
  end)

  it("are refused where a row has no weights, and leave the stream where it was", function()
    local rows = {
      {{0, 0}, "the weights of row 2 are all zero"},
      {{1, -1}, "got -1 as weight 2 of row 2, wanted a finite number of 0 or more"},
      {{0 / 0, 1}, "as weight 1 of row 2, wanted a finite number of 0 or more"},
      {{1, math.huge}, "got inf as weight 2 of row 2, wanted a finite number of 0 or more"},
    }
    for _, case in ipairs(rows) do
      local s = T.stream(21)
      refused(case[2], s.categorical, s, T.tensor{{1, 1}, case[1]})
      assert.are.same({21, 0}, {s:state()})
    end
    local s = T.stream(1)
    refused("wanted two axes: rows, classes", s.categorical, s, T.ones{3})
  end)
end)
