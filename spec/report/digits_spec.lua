-- Measures of digits, what codes do to them, and the matching of categories.

local T = require "teasel"
local digits = T.digits
local statistic = require "teasel.metric.lib.statistic"

local function near(wanted, got, tolerance)
  assert(math.abs(wanted - got) <= tolerance, ("got %.6g, wanted %.6g"):format(got, wanted))
end

-- A stroke through the middle of 28 x 28 pixels, from y = -length / 2 to length / 2, `width` pixels
-- across, whose x is slant times the way up; smooth at the edges by 8 x 8 samples to a pixel.
local function stroke(slant, width, length, shift)
  local rows = {}
  for y = 1, 28 do
    rows[y] = {}
    for x = 1, 28 do
      local ink = 0
      for i = 0, 7 do
        for j = 0, 7 do
          local up = -(y - 1 + (i + 0.5) / 8 - 14)
          local across = x - 1 + (j + 0.5) / 8 - 14 - (shift or 0) - slant * up
          if math.abs(up) < length / 2 and math.abs(across) < width / 2 then ink = ink + 1 / 64 end
        end
      end
      rows[y][x] = {ink}
    end
  end
  return rows
end

describe("measures of a digit", function()
  local images = T.tensor{stroke(0, 2, 20), stroke(0.3, 2, 20), stroke(-0.2, 2, 20),
    stroke(0, 4, 20), stroke(0.3, 6, 20, 3)}
  local m = digits.measure(images):table()

  it("find the slant, above 0 to the right, wherever the digit is", function()
    for i, slant in ipairs{0, 0.3, -0.2, 0, 0.3} do near(slant, m[i][1], 0.01) end
  end)

  it("find the width, whatever the slant", function()
    -- a uniform density of width w has the deviation w / sqrt 12, and pixels add 1 / 12
    for i, width in ipairs{2, 2, 2, 4, 6} do near(width / math.sqrt(12), m[i][2], 0.1) end
  end)

  it("find the thickness, nearly", function()
    for i, width in ipairs{2, 2, 2, 4, 6} do near(width * 20 / (20 + width), m[i][3], 0.3) end
  end)

  it("are 0 of an empty picture", function()
    for _, v in ipairs(digits.measure(T.zeros{1, 28, 28, 1}):table()[1]) do near(0, v, 1e-6) end
  end)
end)

describe("rank correlations", function()
  it("are 1 for what rises together, -1 for the opposite, and 0 for a constant", function()
    local a = T.tensor{{1, 5}, {2, 5}, {3, 5}, {4, 5}}
    local b = T.tensor{{1, 8, 1}, {10, 4, 3}, {100, 2, 2}, {1000, 1, 4}}
    local r = statistic.spearman(a, b)
    near(1, r[1][1], 1e-6)
    near(-1, r[1][2], 1e-6)
    near(0.8, r[1][3], 1e-6)
    assert.same({0, 0, 0}, r[2])
  end)
end)

describe("the cheapest one-to-one matching", function()
  -- the least of all permutations
  local function slow(cost, row, used, sum)
    if row > #cost then return sum end
    local best = math.huge
    for j = 1, #cost do
      if not used[j] then
        used[j] = true
        best = math.min(best, slow(cost, row + 1, used, sum + cost[row][j]))
        used[j] = nil
      end
    end
    return best
  end

  it("costs what the best of all permutations costs", function()
    local stream = T.stream(5)
    for n = 1, 6 do
      for _ = 1, 10 do
        local cost = stream:integers({n, n}, -20, 20):table()
        local list, total = T.assignment(cost)
        local sum, seen = 0, {}
        for i, j in ipairs(list) do
          assert.is_nil(seen[j])
          seen[j], sum = true, sum + cost[i][j]
        end
        assert.equal(n, #list)
        assert.equal(total, sum)
        assert.equal(slow(cost, 1, {}, 0), total)
      end
    end
  end)

  it("needs a square of finite numbers", function()
    assert.error_matches(function() T.assignment{{1, 2}, {3}} end,
      "got 1 numbers in row 2, wanted 2")
    assert.error_matches(function() T.assignment{{0 / 0}} end, "row 1, column 1, wanted a finite")
  end)
end)

describe("the matching of categories to digits", function()
  it("has no error for renamed digits", function()
    local labels = T.tensor{0, 1, 2, 0, 1, 2}
    local match = digits.match(T.tensor{3, 1, 2, 3, 1, 2}, labels, 3)
    assert.same({3, 1, 2}, match.category)
    assert.equal(0, match.error)
    assert.equal(0, match.majority)
  end)

  it("counts what cannot be matched, of which majorities make less", function()
    -- category 1 is all of digit 0; 2 and 3 share digit 1; digit 2 is split
    local match = digits.match(T.tensor{1, 1, 2, 2, 3, 3, 3, 2},
      T.tensor{0, 0, 1, 1, 1, 1, 2, 2}, 3)
    near(1 - 5 / 8, match.error, 1e-12)
    near(1 - 6 / 8, match.majority, 1e-12)
    assert.same({{2, 0, 0}, {0, 2, 1}, {0, 2, 1}}, match.counts)
  end)
end)

describe("what a code does", function()
  it("is told by the measures that follow it", function()
    -- three measures of 2 sweeps of 4: rising, falling, and a bump
    local sweep = T.tensor{{0, 9, 1}, {1, 8, 2}, {2, 7, 2}, {3, 6, 1}, {5, 3, 0}, {6, 2, 1},
      {7, 1, 1}, {8, 0, 0}}
    local codes = T.tensor{{0.1}, {0.2}, {0.3}}
    local does = digits.follow(codes, T.tensor{{1, 3, 5}, {2, 2, 5}, {3, 1, 5}}, sweep, 4)
    near(1, does.slant.monotone, 1e-6)
    near(-1, does.width.monotone, 1e-6)
    near(0, does.thickness.monotone, 1e-6)
    near(1, does.slant.r, 1e-6)
    near(-1, does.width.r, 1e-6)
    assert.equal(0, does.thickness.r)
    assert.same({2.5, 3.5, 4.5, 5.5}, does.slant.curve)
  end)
end)

describe("a ring of modes", function()
  local ring = T.data.ring{}

  it("has eight different modes on the unit circle", function()
    local c = ring.centres:table()
    assert.equal(8, #c)
    for i = 1, 8 do
      near(1, c[i][1] ^ 2 + c[i][2] ^ 2, 1e-6)
      for j = 1, i - 1 do
        assert.is_true((c[i][1] - c[j][1]) ^ 2 + (c[i][2] - c[j][2]) ^ 2 > 0.5)
      end
    end
  end)

  it("is a set of points with their modes", function()
    local x, factors, labels = ring:batch(T.stream(2), 500)
    assert.same({{500, 2}, {500, 1}, {"mode"}, 8}, {x:shape(), factors:shape(), ring.factor_names,
      #ring.classes})
    assert.equal(factors:reshape{500}:data(), labels:data())
    assert.is_true((x - ring.centres:take(labels + 1, 1)):abs():max():item() < 0.3)
    local y, mode = ring:batch(T.stream(3), 500)
    assert.is_true(y:data() ~= x:data() and mode:data() ~= factors:data())
    -- points that have numbers are always the same, of normal distributions around their modes
    local index = T.arange(1, 4000)
    local points = ring:images(index)
    assert.equal(points:data(), T.data.ring{}:images(index):data())
    local gap = (points - ring.centres:take(ring:labels(index) + 1, 1)) * (1 / ring.sd)
    near(0, gap:mean():item(), 0.05)
    near(1, gap:square():mean():item(), 0.05)
    near(3, (gap:square():square()):mean():item(), 0.3)
    -- which are no levels of grey
    for _, keep in ipairs{function() T.data.stored(ring, "ring") end,
      function() T.data.binary(ring, T.stream(1)) end} do
      assert.error_matches(keep, "got a set of the shape %[2%], wanted images, {h, w, c}")
    end
    -- and a part of the set chooses among them
    local part = ring:subset(T.tensor{3, 11})
    local _, of = part:batch(T.stream(4), 9)
    assert.same({2, 2}, {of:min():item(), of:max():item()})
  end)

  it("is covered by itself", function()
    local s = ring:coverage(ring:batch(T.stream(1), 10000))
    assert.equal(8, s.covered)
    near(1 - math.exp(-4.5), s.good, 0.005)
    near(0, s.kl, 0.005)
  end)

  it("is drawn whole, whatever its radius", function()
    local wide = T.data.ring{radius = 2}
    local covered, panels = wide:film({(wide:batch(T.stream(1), 1000))}, {1})
    assert.same({{8}, {-3.2, 3.2}, {-3.2, 3.2}}, {covered, panels[1].x.range, panels[1].y.range})
  end)

  it("is not covered by one of its modes, nor by what lies between them", function()
    local one = ring:coverage(ring.centres:slice(1, 3, 3):expand{100, 2})
    assert.equal(1, one.covered)
    near(math.log(8 / (1 - math.exp(-4.5))), one.kl, 1e-6)
    local between = ring:coverage(ring:batch(T.stream(1), 1000) * 0.5)
    assert.equal(0, between.covered)
    assert.equal(0, between.good)
    near(4.5, between.kl, 1e-6)
  end)
end)
