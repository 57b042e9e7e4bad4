-- How the reading of a file ends where something is wrong with it.

local stop = require "teasel.lib.stop"

describe("stop", function()
  local function deep(n)
    if n == 0 then stop("has %d items", 3) end
    return deep(n - 1) + 1
  end

  it("is caught from however deep inside, with the path in front", function()
    assert.same({nil, "a.bin: has 3 items"}, {stop.caught("a.bin", deep, 5)})
    assert.equal(7, stop.caught("a.bin", math.max, 3, 7))
    local _, e = pcall(deep, 1)
    assert.equal("has 3 items", stop.message(e))
  end)

  it("is told from other errors, whose message stays as it is", function()
    local function other() error("a.bin: cannot be read", 0) end
    assert.same({nil, "a.bin: cannot be read"}, {stop.caught("a.bin", other)})
    assert.is_nil(stop.message "a.bin: cannot be read")
  end)
end)
