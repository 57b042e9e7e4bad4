-- 5,000 calls with arguments at the edges; `make check` makes 100,000.
-- TEASEL_FUZZ sets the seed.

local fuzz = require "spec.fuzz"

describe("the library, called with anything", function()
  it("comes back, and says who complains and of what", function()
    local seed = math.tointeger(os.getenv "TEASEL_FUZZ" or 1)
    assert.are.same({}, fuzz.run(5000, seed))
  end)
end)
