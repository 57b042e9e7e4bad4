-- Noise on what a discriminator sees.

local T = require "teasel"

describe("instance noise", function()
  it("falls from its deviation to 0, and is different in each call", function()
    local blur = T.instance_noise(0.5, 10)
    local x = T.zeros{100, 20}
    local function deviation(step)
      blur.at(step, T.stream(step))
      return blur.sees(x):std():item()
    end
    assert.is_true(math.abs(deviation(1) - 0.5) < 0.03)
    assert.is_true(math.abs(deviation(6) - 0.25) < 0.02)
    assert.equal(0, deviation(11))
    blur.at(1, T.stream(1))
    local first, second = blur.sees(x), blur.sees(x)
    assert.are_not.equal(first:data(), second:data())
    blur.at(1, T.stream(1))
    assert.equal(first:data(), blur.sees(x):data())
  end)

  it("is none where the deviation is 0 or no step has begun", function()
    local x = T.ones{2}
    local none = T.instance_noise(0, 1)
    none.at(1, T.stream(1))
    assert.equal(x:data(), none.sees(x):data())
    assert.equal(x:data(), T.instance_noise(1, 1).sees(x):data())
    assert.error_matches(function() T.instance_noise(-1, 1) end,
      "instance_noise: argument 'deviation': got %-1, wanted a number of 0 or more")
  end)
end)
