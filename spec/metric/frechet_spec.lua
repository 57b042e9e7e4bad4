-- The Frechet distance against its closed form for normal distributions.

local T = require "teasel"
local core = require "teasel.core"
local frechet = require "teasel.metric.lib.frechet"

local LOOSE = core.double and 1e-9 or 1e-4

-- points [n d] of which mean and covariance (over n) are exactly these
local function points(stream, n, mean, root)
  local x = stream:normal{n, #mean}
  local centred = x - x:mean{axes = 1}
  local _, s, vt = T.svd(centred / math.sqrt(n))
  -- whitened by its own covariance: V S^-1 V'
  local white = T.matmul(centred, T.matmul(vt:transpose() / s, vt))
  return T.matmul(white, root) + mean
end

describe("the Frechet distance", function()
  it("of normal distributions along the axes is that of means and deviations", function()
    local a = points(T.stream(1), 40, T.tensor{1, -2, 0.5}, T.eye(3) * T.tensor{1, 2, 0.1})
    local b = points(T.stream(2), 60, T.tensor{0, 1, 0.5}, T.eye(3) * T.tensor{3, 0.5, 0.1})
    -- |m - m'|^2 + sum (s - s')^2
    local wanted = 1 + 9 + 4 + 2.25
    assert.is_true(math.abs(frechet(a, b) - wanted) < 100 * LOOSE, frechet(a, b))
    assert.is_true(math.abs(frechet(b, a) - wanted) < 100 * LOOSE)
  end)

  it("does not change when both clouds are turned", function()
    local a = points(T.stream(1), 40, T.tensor{0, 0}, T.tensor{{1, 0.3}, {0.3, 0.5}})
    local b = points(T.stream(2), 40, T.tensor{1, 0}, T.tensor{{0.4, -0.1}, {-0.1, 2}})
    local c, s = math.cos(0.7), math.sin(0.7)
    local turn = T.tensor{{c, s}, {-s, c}}
    local gap = frechet(a, b) - frechet(T.matmul(a, turn), T.matmul(b, turn))
    assert.is_true(math.abs(gap) < 100 * LOOSE, gap)
  end)

  it("of a cloud and itself is 0, with fewer points than columns too", function()
    local x = T.stream(1):normal{5, 9}
    assert.is_true(frechet(x, x) < 100 * LOOSE)
    local flat = x * T.tensor{1, 0, 0, 0, 0, 0, 0, 0, 0}
    assert.is_true(math.abs(frechet(flat, flat + 1) - 9) < 100 * LOOSE)
  end)

  it("is of points with the same columns", function()
    assert.error_matches(function() frechet(T.ones{3, 2}, T.ones{3, 4}) end,
      "frechet: got points %[3 2%] and %[3 4%], wanted %[n D%] and %[m D%] of 2 points or more")
  end)
end)
