-- Sets with pixels of 0 and 1.

local T = require "teasel"

describe("a binary set", function()
  local grey = T.data.set.new{count = 1200, shape = {2, 3, 1}, images = function(index)
    return T.tensor{0, 0.25, 0.5, 0.75, 1, 1}:reshape{1, 2, 3, 1} * T.ones{#index, 1, 1, 1}
  end}
  local data = T.data.binary(grey, T.stream(1))

  it("has 1 as often as the grey value says", function()
    local x = data:images()
    assert.same({1200, 2, 3, 1}, x:shape())
    assert.equal(0, (x * (1 - x)):abs():max():item())
    local share = x:mean{axes = 1}:reshape{6}:table()
    for i, p in ipairs{0, 0.25, 0.5, 0.75, 1, 1} do
      assert.is_true(math.abs(share[i] - p) <= 4 * math.sqrt(p * (1 - p) / 1200), i)
    end
  end)

  it("is drawn once, by its stream", function()
    assert.equal(data:images():data(), data:images():data())
    assert.equal(data:images():data(), T.data.binary(grey, T.stream(1)):images():data())
    assert.not_equal(data:images():data(), T.data.binary(grey, T.stream(2)):images():data())
  end)
end)
