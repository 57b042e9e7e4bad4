-- Drawing on batches of images: areas against closed forms, pixels against hand-made pictures, and
-- curves against their definitions.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local sheet = require "teasel.data.sheet"

local function all(x) return x:size() == 0 or x:min():item() == 1 end
local function equal(a, b) return all(T.eq(a, b)) end
local function stream(name) return T.stream(1, name) end
local function gap(a, b) return (a - b):abs():max():item() end

-- the image of one shape on black, [n side side 1]
local function drawn(verb, side, given, n)
  local s = sheet{n = n or 1, height = side, width = side}
  s[verb](s, given)
  return s:images()
end

local function area(x) return x:sum{axes = {2, 3, 4}} end

-- one image's rows as lists
local function rows(x) return x:reshape{x:size(2), x:size(3)}:table() end

describe("a filled polygon", function()
  it("covers each pixel by its share of a rectangle", function()
    local x = rows(drawn("fill", 5, {points = {{1.25, 2.5}, {3.5, 2.5}, {3.5, 4}, {1.25, 4}}}))
    assert.same({{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, .375, .5, .25, 0}, {0, .75, 1, .5, 0},
      {0, 0, 0, 0, 0}}, x)
  end)

  it("covers a pixel by the area of a triangle inside of it", function()
    local x = rows(drawn("fill", 2, {points = {{0, 0}, {2, 0}, {0, 2}}}))
    assert.same({{1, .5}, {.5, 0}}, x)
  end)

  it("has the area of the shoelace formula, whatever its direction", function()
    local at = stream("polygons"):uniform({300, 3, 2}, 0, 16)
    local p = at:permute{2, 3, 1}:table()
    local wanted = {}
    for i = 1, 300 do
      local sum = 0
      for j = 1, 3 do
        local k = j % 3 + 1
        sum = sum + p[j][1][i] * p[k][2][i] - p[k][1][i] * p[j][2][i]
      end
      wanted[i] = math.abs(sum) / 2
    end
    local x = drawn("fill", 16, {points = at}, 300)
    assert.is_true(gap(area(x), T.tensor(wanted)) < 1e-3)
    local back = T.take(at, T.tensor{3, 2, 1}, 2)
    assert.is_true(gap(x, drawn("fill", 16, {points = back}, 300)) < 1e-6)
  end)

  it("has the area of an ellipse, turned or not", function()
    local a, b = T.tensor{2, 7, 13}, T.tensor{5, 3, 14}
    local x = drawn("fill", 32, {points = sheet.ellipse{centre = {16.2, 15.9}, radius = {a, b},
      angle = T.tensor{0, 1, 2}}}, 3)
    assert.is_true(gap(area(x) / (a * b * math.pi), T.ones(3)) < 1e-4)
  end)

  it("is cut at the edges of the picture", function()
    local x = drawn("fill", 8, {points = {{-30, -40}, {4.5, -40}, {4.5, 70}, {-30, 70}}})
    assert.equal(8 * 4.5, area(x):item())
    assert.equal(64, area(drawn("fill", 8, {points = {{-99, -99}, {200, -99}, {200, 300},
      {-99, 300}}})):item())
    for _, away in ipairs{{20, 0}, {-20, 0}, {0, 20}, {0, -20}} do
      local p = sheet.place({{0, 0}, {5, 1}, {3, 7}}, {at = away})
      assert.equal(0, area(drawn("fill", 8, {points = p})):item())
    end
    -- a triangle that goes beyond all four edges: 8 x 8 without two corners
    local y = drawn("fill", 8, {points = {{-4, 4}, {4, -4}, {12, 4}, {4, 12}}})
    assert.near(64, area(y):item(), 1e-4)
  end)

  it("moves by whole pixels without a change", function()
    local p = T.tensor{{2.3, 2.1}, {6.7, 3.9}, {3.2, 7.7}}
    local x, y = drawn("fill", 12, {points = p}), drawn("fill", 12, {points = p + 3})
    assert.is_true(gap(x[{1, {1, 9}, {1, 9}}], y[{1, {4, 12}, {4, 12}}]) < 1e-6)
  end)

  it("is drawn whole or not at all where it is hard", function()
    local p = sheet.ellipse{centre = {8, 8}, radius = 5.3}
    local soft, hard = drawn("fill", 16, {points = p}), drawn("fill", 16, {points = p, hard = true})
    assert.is_true(equal(hard, soft:ge(.5)))
  end)
end)

describe("a stroke", function()
  it("covers the pixels beside a line by their share", function()
    local x = rows(drawn("stroke", 6, {points = {{-5, 2.25}, {20, 2.25}}, width = 2.5}))
    for r, wanted in ipairs{0, 1, 1, .5, 0, 0} do
      for _, v in ipairs(x[r]) do assert.near(wanted, v, 1e-6) end
    end
    x = rows(drawn("stroke", 3, {points = {{-5, 1.5}, {20, 1.5}}, width = .3}))
    assert.near(.3, x[2][2], 1e-6)
    assert.equal(0, x[1][2])
  end)

  it("of one point is a disc, of two a bar with round ends", function()
    local w = T.tensor{4, 9, 20}
    local disc = w:square() * math.pi / 4
    local x = drawn("stroke", 40, {points = {{15.3, 20.1}}, width = w}, 3)
    assert.is_true(gap(area(x), disc + math.pi / 12) < .12)
    local y = drawn("stroke", 40, {points = {{12.3, 20.1}, {21.3, 28.1}}, width = w}, 3)
    assert.is_true(gap(area(y) / (disc + w * math.sqrt(145)), T.ones(3)) < .005)
  end)

  it("is not darker where its parts meet, nor where it is drawn twice", function()
    local whole = drawn("stroke", 20, {points = {{3, 4}, {15, 12}}, width = 3})
    local parts = {}
    for i = 0, 6 do parts[i + 1] = {3 + 2 * i, 4 + 8 / 6 * i} end
    assert.is_true(gap(whole, drawn("stroke", 20, {points = parts, width = 3})) < 1e-5)
    local twice = T.tensor{{{{3, 4}, {15, 12}}, {{15, 12}, {3, 4}}}}
    assert.is_true(gap(whole, drawn("stroke", 20, {points = twice, width = 3})) < 1e-5)
  end)

  it("tapers from point to point", function()
    local x = rows(drawn("stroke", 21, {points = {{2, 10.5}, {18, 10.5}},
      width = T.tensor{{8, 2}}}))
    local sums = {}
    for c = 4, 17 do
      sums[c] = 0
      for r = 1, 21 do sums[c] = sums[c] + x[r][c] end
      -- the half width at the nearest point of the axis
      assert.near(8 - 6 * (c - 2.5) / 16, sums[c], .15)
      assert.is_true(c == 4 or sums[c] < sums[c - 1])
    end
  end)

  it("never covers more than all of a pixel", function()
    for _, soft in ipairs{.3, .7, 1.1, 1.3, 1.7, 2.9} do
      local x = drawn("stroke", 12, {points = {{2, 3}, {9, 8}}, width = 7, soft = soft})
      assert.is_true(x:max():item() <= 1 and x:max():item() > 1 - 1e-6)
    end
  end)

  it("fades over as many pixels as asked, with the same area", function()
    local p = {{-9, 10}, {30, 10}}
    local sharp = drawn("stroke", 20, {points = p, width = 6})
    local soft = drawn("stroke", 20, {points = p, width = 6, soft = 4})
    assert.near(area(sharp):item(), area(soft):item(), 1e-3)
    assert.equal(20 * 6, area(sharp):item())
    assert.equal(6 + 4, area(soft:gt(0)):item() / 20)
  end)
end)

describe("colours", function()
  local square = {{-1, -1}, {9, -1}, {9, 9}, {-1, 9}}

  it("lie over what was there by alpha", function()
    local s = sheet{n = 2, height = 2, width = 2, channels = 3, background = {.2, .4, .6}}
    s:fill{points = square, colour = {1, 0, .5}, alpha = T.tensor{.25, 1}}
    local x = s:images()[{{}, 1, 1}]
    assert.is_true(gap(x, T.tensor{{.4, .3, .575}, {1, 0, .5}}) < 1e-6)
  end)

  it("are greys or colours of each image", function()
    local s = sheet{n = 2, height = 1, width = 1, channels = 3, background = T.tensor{.1, .2}}
    assert.is_true(gap(s:images():reshape{2, 3}, T.tensor{{.1, .1, .1}, {.2, .2, .2}}) < 1e-7)
    local pictures = stream("pictures"):uniform{2, 3, 4, 2}
    s = sheet{n = 2, height = 3, width = 4, channels = 2, background = pictures}
    assert.is_true(equal(pictures, s:images()))
    s = sheet{n = 2, height = 1, width = 1, channels = 2}
    s:fill{points = square, colour = T.tensor{{.5, .25}, {0, 1}}}
    assert.same({{.5, .25}, {0, 1}}, s:images():reshape{2, 2}:table())
  end)

  it("of a layer that is put on a sheet are those drawn on it", function()
    local p = sheet.ellipse{centre = {7, 8}, radius = {5, 3}}
    local function shapes(s)
      return s:fill{points = p, colour = {1, .5, .25}, alpha = .75}
        :stroke{points = {{2, 2}, {13, 13}}, width = 3, colour = {0, .5, 1}}
    end
    local direct = shapes(sheet{height = 16, width = 16, channels = 3, background = .3})
    local under = sheet{height = 16, width = 16, channels = 3, background = .3}
    under:put(shapes(under:layer()))
    assert.is_true(gap(direct:images(), under:images()) < 1e-6)
  end)

  it("of a layer shine through by its alpha", function()
    local s = sheet{n = 2, height = 1, width = 1, background = .2}
    s:put(s:layer():fill{points = square, colour = 1, alpha = .5}, T.tensor{.5, 0})
    assert.is_true(gap(s:images():reshape{2}, T.tensor{.4, .2}) < 1e-6)
    s = sheet{n = 1, height = 1, width = 1, background = .2}
    s:put(sheet{n = 1, height = 1, width = 1, background = .6}, .25)
    assert.near(.3, s:images():item(), 1e-6)
  end)
end)

describe("pixel art", function()
  local map = T.tensor{{{1, 0, 2}, {0, 2, 2}}, {{2, 2, 2}, {1, 1, 1}}}
  local function blit(given)
    given.map, given.palette = given.map or map, given.palette or T.tensor{{.5}, {1}}
    return rows(sheet{height = 3, width = 4, background = .25}:blit(given):images())
  end

  it("shows the colours of its numbers, and nothing at 0", function()
    assert.same({{.5, .25, 1, .25}, {.25, 1, 1, .25}, {.25, .25, .25, .25}}, blit{})
    assert.same({{.25, .25, .25, .25}, {.25, 1, 1, 1}, {.25, .5, .5, .5}},
      blit{frame = 2, at = {.6, 1.4}})
  end)

  it("is mirrored, cut at the edges and thinned by alpha", function()
    assert.same({{.25, 1, .25, .5}, {.25, 1, 1, .25}, {.25, .25, .25, .25}},
      blit{mirror = 1, at = {1, 0}})
    assert.same({{1, 1, .25, .25}, {.25, .25, .25, .25}, {.25, .25, .25, .25}},
      blit{at = {-1, -1}})
    assert.equal(.625, blit{alpha = .5}[1][3])
  end)

  it("differs from image to image", function()
    local s = sheet{n = 2, height = 2, width = 3, channels = 2}
    s:blit{map = map, frame = T.tensor{2, 1}, mirror = T.tensor{0, 1},
      palette = T.tensor{{{.1, .2}, {.3, .4}}, {{.5, .6}, {.7, .8}}}, at = T.tensor{{0, 0}, {1, 0}}}
    local x = s:images():slice(4, 1, 1):reshape{2, 2, 3}
    assert.is_true(gap(x, T.tensor{{{.3, .3, .3}, {.1, .1, .1}}, {{0, .7, 0}, {0, .7, .7}}}) < 1e-6)
  end)
end)

describe("a sheet", function()
  local function picture(n)
    local r = stream "batch"
    local all_points = r:uniform({6, 7, 2}, -3, 35)
    local width, grey = r:uniform({6}, .5, 6), r:uniform{6, 3}
    return function(first)
      local function of(t) return t:slice(1, first, first + n - 1) end
      local s = sheet{n = n, height = 30, width = 33, channels = 3, background = of(grey)}
      s:fill{points = of(all_points), colour = .5, alpha = .5}
      s:stroke{points = sheet.spline(of(all_points)), width = of(width), colour = of(grey) * .5}
      s:put(s:layer():fill{points = of(all_points) * .5, colour = of(grey)}, of(width) / 6)
      return s:images()
    end
  end

  it("draws each image of a batch as if it were alone", function()
    local whole = picture(6)(1)
    for i = 1, 6 do assert.is_true(equal(whole:slice(1, i, i), picture(1)(i)), i) end
  end)

  it("gives the same bits on one, two and three threads", function()
    local threads, x = T.threads(), nil
    for n = 1, 3 do
      T.threads(n)
      local y = picture(6)(1)
      x = x or y
      assert.is_true(equal(x, y))
    end
    T.threads(threads)
  end)

  it("may have no image", function()
    local s = sheet{n = 0, height = 4, width = 5}
    s:fill{points = {{0, 0}, {3, 0}, {0, 3}}}:stroke{points = {{1, 1}}, width = 1}
    s:blit{map = {{1}}, palette = {{1}}}:put(s:layer())
    assert.same({0, 4, 5, 1}, s:images():shape())
  end)
end)

describe("points", function()
  it("of a spline go through those given, in straight lines where they lie on one", function()
    local p = stream("spline"):uniform({3, 5, 2}, 0, 9)
    local c = sheet.spline(p, {steps = 4})
    assert.same({3, 17, 2}, c:shape())
    assert.is_true(gap(p, T.take(c, T.tensor{1, 5, 9, 13, 17}, 2)) < 1e-5)
    local closed = sheet.spline(p, {steps = 4, closed = true})
    assert.same({3, 20, 2}, closed:shape())
    assert.is_true(gap(p, T.take(closed, T.tensor{1, 5, 9, 13, 17}, 2)) < 1e-5)
    local line = sheet.spline({{0, 1}, {1, 3}, {2, 5}, {3, 7}})
    assert.is_true(gap(line:slice(2, 2, 2), 2 * line:slice(2, 1, 1) + 1) < 1e-5)
  end)

  it("of a Bezier curve are those of de Casteljau", function()
    local p = {{0, 0}, {1, 4}, {5, 3}, {6, -2}, {7, -7}, {2, 2}, {3, 3}}
    local c = sheet.bezier(p, {steps = 5}):table()
    assert.equal(11, #c)
    local function between(a, b, t) return {a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t} end
    for i = 0, 10 do
      local first = i < 5 and 1 or 4
      local q, t = {table.unpack(p, first, first + 3)}, i < 5 and i / 5 or (i - 5) / 5
      while #q > 1 do
        for j = 1, #q - 1 do q[j] = between(q[j], q[j + 1], t) end
        q[#q] = nil
      end
      assert.near(q[1][1], c[i + 1][1], 1e-5)
      assert.near(q[1][2], c[i + 1][2], 1e-5)
    end
  end)

  it("are scaled, slanted, turned and moved, in this order", function()
    local p = sheet.place({{1, 2}}, {scale = {2, T.tensor{1, 3}}, slant = .5,
      angle = T.tensor{0, math.pi / 2}, at = {10, T.tensor{0, 5}}})
    assert.same({2, 1, 2}, p:shape())
    local wanted = T.tensor{{{10 + 2 - 1, 2}}, {{10 - 6, 5 + 2 - 3}}}
    assert.is_true(gap(p, wanted) < 1e-5)
  end)
end)

describe("a sheet of no images", function()
  it("takes all shapes and gives none", function()
    local s = sheet{n = 0, height = 8, width = 9, background = T.zeros{0, 1}}
    s:fill{points = T.zeros{0, 3, 2}, colour = T.ones{0, 1}, alpha = T.ones{0}}
    s:stroke{points = T.zeros{0, 1, 3, 2}, width = T.ones{0}}
    s:blit{map = {{1}}, palette = T.ones{0, 1, 1}, frame = T.ones{0}}
    assert.are.same({0, 8, 9, 1}, s:images():shape())
  end)
end)

describe("a sheet's errors", function()
  local s = sheet{n = 2, height = 4, width = 4, channels = 3}
  local line = {{0, 0}, {1, 1}}
  local taken = sheet{height = 2, width = 2}
  taken:images()
  local cases = {
    {"an unknown option", "fill: got the option 'color', wanted one of: alpha, colour",
      function() s:fill{points = line, color = 1} end},
    {"points of three numbers", "'points': got a table of 1 items, wanted [k 2] or [n k 2]",
      function() s:fill{points = {{1, 2, 3}}} end},
    {"points that are none", "option 'points': got nil, wanted",
      function() s:stroke{width = 1} end},
    {"another number of images", "argument 'points': got a tensor [3 2 2], wanted [n k 2] or [1 k",
      function() s:fill{points = T.zeros(3, 2, 2)} end},
    {"points that are not finite", "argument 'points': got nan, wanted a number in",
      function() s:fill{points = T.full({2, 2}, 0 / 0)} end},
    {"a colour beyond 1", "argument 'colour': got 2, wanted a number in 0..1",
      function() s:fill{points = line, colour = 2} end},
    {"a colour of two channels", "argument 'colour': got a tensor [1 2], wanted [n channels]",
      function() s:fill{points = line, colour = {1, 1}} end},
    {"a negative width", "stroke: argument 'width': got -1, wanted",
      function() s:stroke{points = line, width = -1} end},
    {"no width", "stroke: option 'width': got nil, wanted", function() s:stroke{points = line} end},
    {"widths of other points", "argument 'width': got a tensor [1 1 3], wanted",
      function() s:stroke{points = line, width = T.ones(1, 3)} end},
    {"an edge that does not fade", "argument 'soft': got 0", function()
      s:stroke{points = line, width = 1, soft = 0} end},
    {"a colour that the palette has not", "blit: argument 'map': got 3, wanted a number in 0..2",
      function() s:blit{map = {{3}}, palette = {{1, 1, 1}, {1, 1, 1}}} end},
    {"a frame that is none", "argument 'frame': got 2, wanted a number in 1..1",
      function() s:blit{map = {{1}}, palette = {{1, 1, 1}}, frame = 2} end},
    {"half a frame", "argument 'map': got 0.5, wanted integers",
      function() s:blit{map = {{.5}}, palette = {{1, 1, 1}}} end},
    {"a layer of another size", "put: argument 'layer': got a sheet, wanted one of the same",
      function() s:put(sheet{n = 2, height = 4, width = 5, channels = 3}) end},
    {"a sheet on itself", "wanted another sheet than itself", function() s:put(s) end},
    {"the images of a layer", "wanted a sheet with a background",
      function() s:layer():images() end},
    {"a sheet that is used up", "wanted a sheet whose images were not taken yet",
      function() taken:fill{points = line} end},
    {"five channels", "argument 'channels': got 5", function()
      sheet{height = 2, width = 2, channels = 5} end},
    {"no height", "sheet: option 'height': got nil", function() sheet{width = 2} end},
    {"five points of a Bezier curve", "wanted 4, 7, 10 ... points",
      function() sheet.bezier(T.zeros(5, 2)) end},
    {"a spline of one point", "wanted two points or more", function() sheet.spline{{1, 2}} end},
    {"three scales", "wanted a number, {x, y}, [n] or [n 2]",
      function() sheet.place(line, {scale = {1, 2, 3}}) end},
  }
  for _, case in ipairs(cases) do
    it("name " .. case[1], function()
      local ok, message = pcall(case[3])
      assert.is_false(ok)
      assert.truthy(message:find(case[2], 1, true), message)
      assert.truthy(message:find("^spec/data/sheet_spec%.lua:%d+: "), message)
    end)
  end

  it("do not blame points where memory runs out", function()
    local s, n, ok, message = sheet{n = 1, height = 4, width = 4}, 0, nil, nil
    repeat
      n = n + 1
      core.fail_at(n)
      ok, message = pcall(s.fill, s, {points = {{0, 0}, {3, 0}, {0, 3}}})
      core.fail_at(0)
      assert(ok or message:find "out of memory", message)
    until ok
    assert.is_true(n > 3)
  end)

  it("leave no memory behind when an allocation fails", function()
    local p, one = T.tensor{{{0, 0}, {3, 0}, {0, 3}}}, T.ones(1)
    local lines, colour = p:reshape{1, 1, 3, 2}, T.ones(1, 1)
    local calls = {
      function() return core.draw.sheet(2, 3, 3, 1, nil) end,
      function() core.draw.sheet(2, 3, 3, 1, colour):fill(p, colour, one, false) end,
      function() core.draw.sheet(2, 3, 3, 1, colour):stroke(lines, one, 1, colour, one, false) end,
    }
    for _, f in ipairs(calls) do assert.is_true(expect.memory_back(f) > 2) end
  end)
end)
