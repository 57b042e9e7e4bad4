-- Networks applied to some rows at a time.

local T = require "teasel"

describe("rows in batches", function()
  it("give what they give at once, with a last batch of what is left", function()
    local x, y, sizes = T.stream(1):normal{7, 3}, T.stream(2):normal{7, 2}, {}
    local got = T.in_batches(function(a, b)
      sizes[#sizes + 1] = #a
      return T.concat({a * 2, b}, 2)
    end, 3, x, y)
    assert.same({3, 3, 1}, sizes)
    assert.equal(T.concat({x * 2, y}, 2):data(), got:data())
    assert.equal((x * 2):data(), T.in_batches(function(a) return a * 2 end, 10, x):data())
  end)

  it("have to be some", function()
    assert.error_matches(function() T.in_batches(print, 0, T.ones{2}) end,
      "in_batches: argument 'n': got 0, wanted an integer of 1 or more")
  end)
end)
