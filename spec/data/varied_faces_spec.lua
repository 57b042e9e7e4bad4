-- Varied faces: what is told of them is true, all else varies.

local T = require "teasel"

local function equal(a, b) return T.eq(a, b):min():item() == 1 end

-- how much brighter the right half of each image is
local function right_of(x)
  local size = x:shape()[3]
  return x[{{}, {}, {size / 2 + 1, size}}]:mean{axes = {2, 3, 4}}
    - x[{{}, {}, {1, size / 2}}]:mean{axes = {2, 3, 4}}
end

local function correlation(a, b)
  a, b = a - a:mean(), b - b:mean()
  return ((a * b):mean() / (a:square():mean() * b:square():mean()):sqrt()):item()
end

describe("Varied faces", function()
  it("tell three angles within their ranges", function()
    local data = T.data.varied_faces{images = 500}
    assert.equal(500, data:count())
    assert.same({"light", "turn", "tilt"}, data.factor_names)
    local f = data:factors()
    for k, most in ipairs{103, 80, 26} do
      local column = f[{{}, k}]
      assert.is_true(column:max():item() <= most and column:max():item() > .95 * most)
      assert.is_true(column:min():item() >= -most and column:min():item() < -.95 * most)
    end
  end)

  it("are brighter where the lamp is, whatever else varies", function()
    local data = T.data.varied_faces{images = 200, size = 16}
    local f = data:factors()
    assert.is_true(correlation(right_of(data:images()), f[{{}, 1}] + f[{{}, 2}]) > .5)
  end)

  it("follow from seed, number and size alone", function()
    local data = T.data.varied_faces{images = 300, size = 16}
    local index = T.tensor{7, 260, 1}
    local all = data:images()
    assert.is_true(equal(data:images(index), T.take(all, index, 1)))
    assert.is_true(all:min():item() >= 0 and all:max():item() <= 1)
    local other = T.data.varied_faces{images = 300, size = 16, seed = 2}
    assert.is_true((other:images(index) - data:images(index)):abs():mean():item() > .05)
    assert.are_not.equal(data.key(), other.key())
  end)

  it("say what is wrong", function()
    assert.error_matches(function() T.data.varied_faces{size = 2} end, "'size': got 2, wanted")
    assert.error_matches(function() T.data.varied_faces{images = 0} end, "'images': got 0, wanted")
    assert.error_matches(function() T.data.varied_faces{tilt = 1} end, "varied_faces.*tilt")
  end)
end)
