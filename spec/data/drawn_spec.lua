-- Sets of one's own: the example of the reference, and what their options do.

local T = require "teasel"
local example = require "spec.example"

local drawn = T.data.drawn

local function all(x) return x:min():item() == 1 end
local function equal(a, b) return all(T.eq(a, b)) end

-- images of one pixel that tells all factors
local function told(given)
  return drawn.new{name = "told", shape = {1, 1, 1}, factors = {{"a", {.1, .3}}, {"b", 4}},
    options = {gain = 1}, check = given,
    draw = function(f, n, o) return (f.a + f.b * o.gain):reshape{n, 1, 1, 1} end}
end

describe("a drawn set", function()
  it("is made in thirty lines, as the reference shows", function()
    local shown, lines = example "lua/teasel/data/drawn.lua"
    assert.is_true(lines > 12 and lines <= 30, lines)
    local saved
    local text = shown:gsub("T%.contact_sheet%(data%):save%(.-%)",
      "return data, x, factors, T.contact_sheet(data)")
    local data, x, factors
    data, x, factors, saved = assert(load(text, "=example", "t"))()
    assert.same({64, 32, 32, 1}, x:shape())
    assert.same({64, 3}, factors:shape())
    assert.same({2, 13, 13}, data.space.sizes)
    assert.is_true(saved.width > 300 and saved.height > 300)
    local area = x:sum{axes = {2, 3, 4}} / math.pi
    assert.is_true(((area:sqrt() - factors[{{}, 1}] * 4 - 4):abs():max():item()) < 1e-3)
  end)

  it("draws from the values of its factors and its options", function()
    local set = told(){gain = 2}
    assert.equal(8, set:count())
    local x = set:images(T.arange(1, 8)):reshape{2, 4}
    assert.is_true((x - T.tensor{{.1, 2.1, 4.1, 6.1}, {.3, 2.3, 4.3, 6.3}}):abs():max():item()
      < 1e-6)
  end)

  it("can be a part of all, by levels of its factors", function()
    local whole, part = told(){}, told(){a = 1, b = {3, 0}}
    assert.same({"b"}, part.space.names)
    assert.is_true(equal(part:images(T.arange(1, 2)), whole:images(T.tensor{8, 5})))
  end)

  it("is drawn in slabs to the same images", function()
    local most = 0
    local function slabs(slab)
      return drawn.new{name = "s", shape = {1, 1, 1}, factors = {{"a", 7}}, slab = slab,
        draw = function(f, n)
          most = math.max(most, n)
          return f.a:reshape{n, 1, 1, 1}
        end}{}
    end
    local index = T.arange(7, 1, -1)
    local whole = slabs(0):images(index)
    most = 0
    assert.is_true(equal(whole, slabs(3):images(index)))
    assert.equal(3, most)
  end)

  it("can be drawn kind by kind, and is in its order again", function()
    local calls = {}
    local x = drawn.by_kind(T.tensor{2, 0, 2, 1, 0}, {a = T.arange(1, 5)}, function(f, n, k)
      calls[#calls + 1] = {k, n}
      return (f.a + 10 * k):reshape{n, 1, 1, 1}
    end)
    assert.same({21, 2, 23, 14, 5}, x:reshape{5}:table())
    assert.same({{2, 2}, {0, 2}, {1, 1}}, calls)
    assert.error_matches(function() drawn.by_kind(T.zeros{0}, {}, print) end, "got no image")
    assert.error_matches(function() drawn.by_kind(T.zeros{2, 1}, {}, print) end,
      "got kinds of shape %[2 1%], wanted %[n%]")
  end)

  it("has a name that no set with other images has", function()
    local same = {}
    for _, given in ipairs{{}, {gain = 2}, {gain = .1 + .2}, {gain = .3}} do
      local text = told()(given).key()
      assert.is_nil(same[text])
      same[text] = true
    end
    assert.equal(told(){b = 1}.key(), told(){}.key())
  end)

  it("has the classes of one of its factors", function()
    local given = {name = "told", shape = {1, 1, 1}, factors = {{"a", 2}, {"b", 3}}, class = "b",
      draw = function(_, n) return T.zeros(n, 1, 1, 1) end}
    local part = drawn.new(given){b = {2, 0}}
    assert.same({"0", "1", "2"}, part.classes)
    assert.same({2, 0, 2, 0}, part:labels():table())
    local _, _, labels = part:batch(T.stream(1), 7)
    assert.same({7}, labels:shape())
    given.classes = {"x", "y", "z"}
    assert.same({"x", "y", "z"}, drawn.new(given){a = 0}.classes)
  end)

  it("names what is wrong with it", function()
    local cases = {
      {"told: got the option 'c', wanted one of: a, b, gain", function() told(){c = 1} end},
      {"got the level 2 for 'a', wanted an integer in 0..1", function() told(){a = 2} end},
      {"drawn.new: option 'draw': got nil", function() drawn.new{factors = {{"a", 2}}} end},
      {"got the option 'a', wanted another name", function()
        drawn.new{factors = {{"a", 2}}, options = {a = 1}, draw = print} end},
      {"drawn.new: factor 1: got 5, wanted {name, values}", function()
        drawn.new{factors = {5}, draw = print} end},
      {"no gain", function() told(function(o) error("no gain " .. o.gain) end){} end},
    }
    for _, case in ipairs(cases) do
      local ok, message = pcall(case[2])
      assert.is_false(ok)
      assert.truthy(message:find(case[1], 1, true), message)
    end
  end)

  it("has levels at equal distances", function()
    assert.same({0, 2, 4}, drawn.every(2, 5))
    assert.same({0, 5}, drawn.every(5, 5))
    assert.same({0}, drawn.every(3, 0))
    assert.error_matches(function() drawn.every(0, 5) end, "argument 'step': got 0")
    assert.error_matches(function() drawn.every(1, 1 << 40) end,
      "argument 'last': got 1099511627776, wanted an integer in 0%.%.1048576")
  end)

  it("reads the values that images are drawn from", function()
    local f, n = drawn.values("discs", {radius = T.tensor{1, 2}, x = 3}, {radius = 0, x = 0, y = 7})
    assert.equal(2, n)
    assert.same({{1, 2}, {3, 3}, {7, 7}}, {f.radius:table(), f.x:table(), f.y:table()})
    local function wrong(given, why)
      assert.error_matches(function() drawn.values("discs", given, {radius = 0, x = 0}) end, why)
    end
    wrong({x = 1}, "^discs: got no tensor, wanted one %[n%] or more")
    wrong({x = T.zeros{2, 2}}, "^discs: argument 'x': .*wanted a tensor %[n%]")
    wrong({z = 1}, "discs: .*'z'")
  end)

  it("has ramps from end to end", function()
    assert.same({1, 1.5, 2}, drawn.ramp(1, 2, 3))
    assert.same({7}, drawn.ramp(7, 9, 1))
    assert.error_matches(function() drawn.ramp(0, 1, 1 << 40) end,
      "drawn.ramp: argument 'n': got 1099511627776, wanted an integer in 1%.%.1048576")
  end)
end)
