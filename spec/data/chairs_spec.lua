-- Chairs and cars: the sides of each model, and how models differ.

local T = require "teasel"

local chairs, cars = T.data.chairs, T.data.cars

local function equal(a, b) return T.eq(a, b):min():item() == 1 end
local function border(x)
  local side = x:size(2)
  return math.min(x[{{}, 1}]:min():item(), x[{{}, side}]:min():item(),
    x[{{}, {}, 1}]:min():item(), x[{{}, {}, side}]:min():item())
end

describe("The chairs", function()
  it("are seen from 62 sides", function()
    local data = chairs{}
    assert.equal(86366, data:count())
    assert.same({"model", "elevation", "azimuth"}, data.space.names)
    local x, levels, labels = data:batch(T.stream(1), 3)
    assert.same({3, 64, 64, 1}, x:shape())
    assert.is_true(equal(levels[{{}, 1}], labels))
    assert.same({3, 32, 32, 3}, chairs{size = 32, channels = 3}:images(T.arange(1, 3)):shape())
  end)

  it("stand on white, wholly inside the picture", function()
    local data = chairs{}
    local x = data:images(T.stream(2):integers({150}, 1, data:count()))
    assert.equal(1, border(x))
    local area = T.lt(x, .97):mean{axes = {2, 3, 4}}
    assert.is_true(area:min():item() > .03 and area:max():item() < .6)
  end)

  it("differ from model to model, who stay the same among more", function()
    local few, many = chairs{models = 20, elevation = 0, azimuth = 3},
      chairs{models = 30, elevation = 0, azimuth = 3}
    local x = few:images()
    assert.is_true(equal(x, many:images(T.arange(1, 20))))
    for i = 1, 19 do assert.is_true((x[i] - x[i + 1]):abs():mean():item() > .005) end
  end)

  it("turn all around: from behind a back hides the seat", function()
    local x = chairs{models = 1, elevation = 1}:images()
    for i = 1, 30 do assert.is_true((x[i] - x[i + 1]):abs():mean():item() > .003) end
    -- the 31 azimuths are a full turn in equal steps
    local first = (x[1] - x[2]):abs():mean():item()
    local last = (x[31] - x[1]):abs():mean():item()
    assert.is_true(last < 3 * first and first < 3 * last)
  end)

  it("say what is wrong", function()
    assert.error_matches(function() chairs{models = 0} end, "'models': got 0, wanted an integer")
    assert.error_matches(function() chairs{channels = 2} end, "'channels': got 2, wanted 1 or 3")
    assert.error_matches(function() chairs{azimut = 2} end, "did you mean 'azimuth'")
  end)
end)

describe("The cars", function()
  local data = cars{}

  it("have the factors of Cars3D in their order", function()
    assert.equal(17568, data:count())
    assert.same({"elevation", "azimuth", "model"}, data.space.names)
    assert.same({4, 24, 183}, data.space.sizes)
    local x, levels, labels = data:batch(T.stream(1), 3)
    assert.same({3, 64, 64, 3}, x:shape())
    assert.is_true(equal(levels[{{}, 3}], labels))
  end)

  it("stand on white, wholly inside the picture", function()
    local x = data:images(T.stream(2):integers({150}, 1, data:count()))
    assert.equal(1, border(x))
    local area = T.lt(x:min{axes = 4}, .97):mean{axes = {2, 3}}
    assert.is_true(area:min():item() > .03 and area:max():item() < .6)
  end)

  it("are mirrored from the other side, but for their light", function()
    -- pixels that are not white, at 45 and at -45 degrees
    local part = cars{elevation = 1, azimuth = {3, 21}, model = {0, 5}}
    local shape = T.lt(part:images():min{axes = 4}, .97)
    local back = T.take(shape, T.arange(64, 1, -1), 3)
    for i = 1, 2 do
      assert.is_true((shape[i] - back[i + 2]):abs():mean():item() < .004)
    end
  end)

  it("are longer from the side than from the front", function()
    local shape = T.lt(cars{elevation = 0, azimuth = {0, 6}}:images():min{axes = 4}, .97)
    local wide = shape:max{axes = 2}:sum(2):reshape{2, 183}
    assert.is_true(((wide[2] - wide[1] * 1.3):min():item()) > 0)
  end)

  it("say what is wrong", function()
    assert.error_matches(function() cars{models = 0} end, "'models': got 0, wanted an integer")
    assert.error_matches(function() cars{size = 2} end, "'size': got 2, wanted")
  end)
end)
