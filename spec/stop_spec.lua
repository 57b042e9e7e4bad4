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

  it("is no end to an interruption, which goes on", function()
    local function interrupted() error("x.lua:3: interrupted", 0) end
    assert.same({false, "x.lua:3: interrupted"}, {pcall(stop.caught, "a.bin", interrupted)})
    assert.equal("x.lua:3: other", stop.passed "x.lua:3: other")
  end)
end)
