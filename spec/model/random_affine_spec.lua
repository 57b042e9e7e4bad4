-- Images changed at random before a network sees them.

local T = require "teasel"

local function seen(options, images, seed)
  local warp = T.random_affine(options)
  warp.at(1, T.stream(seed or 1))
  return warp.sees(images)
end

-- images of one bright pixel
local function dots(n, side, row, column)
  return T.ones{n, 1, 1, 1}:pad({0, row - 1, column - 1, 0}, {0, side - row, side - column, 0})
end

-- where the light of each image is: rows and columns from the middle [n]
local function centre(images)
  local n, h, w = images:size(1), images:size(2), images:size(3)
  local light = images:sum{2, 3, 4}
  local row = (T.arange(1, h) - (h + 1) / 2):reshape{1, h, 1, 1}
  local column = (T.arange(1, w) - (w + 1) / 2):reshape{1, 1, w, 1}
  assert.equal(n, light:size())
  return (images * row):sum{2, 3, 4} / light, (images * column):sum{2, 3, 4} / light
end

describe("a random affine change", function()
  it("moves by at most `shift` pixels, along both axes, each image by itself", function()
    local row, column = centre(seen({shift = 3}, dots(400, 21, 11, 11)))
    for _, moved in ipairs{row, column} do
      assert.is_true(moved:abs():max():item() <= 3)
      assert.is_true(math.abs(moved:std():item() - 3 / math.sqrt(3)) < 0.15)
      assert.is_true(math.abs(moved:mean():item()) < 0.3)
    end
    assert.is_true(math.abs((row * column):mean():item()) < 0.5)
  end)

  it("turns around the middle by at most `turn`", function()
    local row, column = centre(seen({turn = 0.5}, dots(400, 41, 21, 36)))
    local radius = (row * row + column * column):sqrt()
    assert.is_true((radius - 15):abs():max():item() < 0.2)
    local turn = (row / column):table()
    for i, slope in ipairs(turn) do turn[i] = math.atan(slope) end
    assert.is_true(math.max(table.unpack(turn)) < 0.52 and math.max(table.unpack(turn)) > 0.45)
    assert.is_true(math.min(table.unpack(turn)) > -0.52 and math.min(table.unpack(turn)) < -0.45)
  end)

  it("shears rows, more the farther they are from the middle", function()
    local row, column = centre(seen({shear = 0.4}, dots(400, 41, 31, 21)))
    assert.is_true((row - 10):abs():max():item() < 1e-4)
    local most = column:abs():max():item()
    assert.is_true(most <= 4.01 and most > 3.8)
  end)

  it("scales width and height, each by itself", function()
    local row, column = centre(seen({scale = 0.2}, dots(400, 41, 31, 31)))
    for _, moved in ipairs{row:abs(), column:abs()} do
      assert.is_true(moved:max():item() < 10 * math.exp(0.2) + 0.3)
      assert.is_true(moved:min():item() > 10 * math.exp(-0.2) - 0.3)
    end
    assert.is_true((row - column):abs():max():item() > 2)
  end)

  it("is another one in each call, and the same for the same stream", function()
    local x = T.stream(1):uniform{4, 8, 8, 3}
    local warp = T.random_affine{turn = 0.3}
    warp.at(1, T.stream(2))
    local first, second = warp.sees(x), warp.sees(x)
    assert.are_not.equal(first:data(), second:data())
    assert.equal(first:data(), seen({turn = 0.3}, x, 2):data())
    assert.same({4, 8, 8, 3}, first:shape())
  end)

  it("has around the image what is said to be outside", function()
    local plain = T.full({3, 9, 9, 2}, -1)
    local all = {turn = 1, shear = 0.5, scale = 0.3, shift = 4, outside = -1}
    assert.is_true(T.allclose(seen(all, plain), plain))
    all.outside = 1
    assert.is_true(seen(all, plain):max():item() > 0.9)
  end)

  it("is none before the first step, and with sizes of 0", function()
    local x = T.stream(1):uniform{2, 5, 5, 1}
    assert.equal(x:data(), T.random_affine{turn = 1}.sees(x):data())
    assert.equal(x:data(), seen({}, x):data())
  end)

  it("says what is wrong", function()
    assert.error_matches(function() T.random_affine{turn = -1} end,
      "random_affine: option 'turn': got %-1, wanted a number of 0 or more")
    assert.error_matches(function() T.random_affine{tilt = 1} end,
      "random_affine: got the option 'tilt', wanted one of: outside, scale, shear, shift, turn")
    assert.error_matches(function() seen({turn = 1}, T.zeros{2, 3}) end,
      "random_affine.sees: argument 'images'")
  end)
end)

describe("grid_sample", function()
  it("says what does not fit", function()
    local x, at = T.zeros{2, 4, 4, 1}, T.ones{2, 3, 3}
    assert.error_matches(function() T.grid_sample(x:reshape{2, 16}, at, at) end,
      "grid_sample: argument 'x': got a tensor %[2 16%], wanted 4 axes")
    assert.error_matches(function() x:grid_sample(T.ones{1, 3, 3}, at) end,
      "grid_sample: argument 'rows': .*wanted places for each of 2 images")
    assert.error_matches(function() x:grid_sample(at, at / 0 * 0) end,
      "grid_sample: argument 'columns': got %-?nan, wanted numbers")
    assert.error_matches(function() x:grid_sample(at, T.ones{2, 3, 1}) end,
      "grid_sample: argument 'columns': .*wanted the shape of rows, %[2 3 3%]")
  end)
end)
