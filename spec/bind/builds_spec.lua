-- The float and the double build may be open in one process: each kind of value belongs to one of
-- them, and each knows its own and refuses the other's.

local core = require "teasel.core"

local PATH = core.double and "build/lib/teasel/core.so" or "build/double/lib/teasel/core.so"
local open = package.loadlib(PATH, "luaopen_teasel_core")
local other = open and open()

-- for each kind of userdata, f(core) that makes one and g(one) that uses it
local KINDS = {
  {"tensors", function(c) return c.tensor.ones(2, 3) end, function(x) return x:size() end, 6},
  {"streams", function(c) return c.rand.stream(1) end,
    function(s) return s:uniform({5}, 0, 1):size() end, 5},
  {"bytes", function(c) return c.bytes.bytes("abcd") end, function(b) return b:string() end,
    "abcd"},
  {"bits", function(c) return c.sprite.bits(3) end, function(b) return #b end, 3},
  {"images", function(c) return c.png.image(4, 2, 1, 0) end,
    function(m) return #m:bytes() end, 8},
  {"writers of checkpoints", function(c) return c.file.store() end, function(s)
    s:array("x", "uint8", {2}, "ab")
    s:close()
    return true
  end, true},
  {"points by their factors", function(c)
    return c.learn.groups(c.tensor.tensor{{0, 1}, {0, 2}, {1, 1}})
  end, function(g) return #g:sizes() end, 2},
  {"classifiers", function(c)
    return c.learn.logistic(c.tensor.tensor{{0}, {1}}, c.tensor.tensor{0, 1})
  end, function(m) return #m:weights() end, 2},
  {"generators of numpy", function(c) return c.learn.mersenne(1) end, tostring, nil},
}

describe("two builds in one process", function()
  for _, case in ipairs(KINDS) do
    local name, make, use, wanted = table.unpack(case, 1, 4)
    it("have " .. name .. " of their own", function()
      if not other then return pending "the other build is not there" end
      local mine, its = make(core), make(other)
      assert.are_not.equal(getmetatable(mine) or {}, getmetatable(its) or {})
      assert.are_not.equal(debug.getmetatable(mine), debug.getmetatable(its))
      if wanted ~= nil then
        assert.equal(wanted, use(mine))
        assert.equal(wanted, use(its))
      end
    end)
  end

  it("refuse each other's values", function()
    if not other then return pending "the other build is not there" end
    local x = other.tensor.ones(2)
    assert.has_error(function() core.op.neg(x) end)
    local take = getmetatable(core.bytes.bytes("a")).take
    assert.has_error(function() take(other.bytes.bytes("a")) end)
    local put = getmetatable(core.sprite.bits(1)).put
    assert.has_error(function() put(other.sprite.bits(1), 1, "") end)
    assert.has_error(function() core.png.animate({other.png.image(1, 1, 1, 0)}, 10, 0) end)
  end)
end)
