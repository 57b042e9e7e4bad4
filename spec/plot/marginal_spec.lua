-- Means over all factors of a grid but some.

local T = require "teasel"

describe("marginal", function()
  local codes = T.arange(1, 24):reshape{12, 2}   -- 2 x 3 x 2 points of two columns

  it("keeps one factor or two, in their given order", function()
    local one = T.marginal(codes, {2, 3, 2}, {2})
    assert.same({{8, 12, 16}, {9, 13, 17}}, one)
    local two = T.marginal(codes, {2, 3, 2}, {3, 1})
    assert.same({{{5, 17}, {7, 19}}, {{6, 18}, {8, 20}}}, two)
    assert.same({{{1, 3}, {5, 7}, {9, 11}}, {{2, 4}, {6, 8}, {10, 12}}},
      T.marginal(codes:slice(1, 1, 6), {3, 2}, {1, 2}))
  end)

  it("refuses other factors", function()
    assert.error_matches(function() T.marginal(codes, {2, 3, 2}, {4}) end, "marginal: .*kept")
    assert.error_matches(function() T.marginal(codes, {2, 3, 2}, {1, 1}) end, "wanted one number")
  end)
end)
