-- The profile: who ran, on what, for how long.

local T = require "teasel"
local core = require "teasel.core"

describe("a profile", function()
  it("lists the ops that ran between its ends, in order, with their shapes", function()
    local a, b = T.ones{2, 3}, T.ones{3, 4}
    T.exp(a)
    core.profile(true)
    T.matmul(a, b)
    T.sum(b)
    local rows = core.profile(false)
    T.exp(a)
    assert.are.same({"matmul", "sum"}, {rows[1].op, rows[2].op})
    assert.are.same({{2, 3}, {3, 4}, {2, 4}}, rows[1].shapes)
    assert.are.same({{3, 4}, {}}, rows[2].shapes)
    for _, row in ipairs(rows) do assert.is_true(row.seconds >= 0 and row.seconds < 10) end
    assert.are.same({}, core.profile(false))
  end)

  it("has the ops of the walk back and the updates in place", function()
    local params = {w = T.ones{3, 4}}
    local optimizer = T.optim.sgd{lr = 0.1}
    local state = optimizer:init(params)
    core.profile(true)
    local g = T.grad(function(p) return T.sum(T.square(p.w)) end)(params)
    optimizer:update(params, g, state)
    local seen = {}
    for _, row in ipairs(core.profile(false)) do seen[row.op] = (seen[row.op] or 0) + 1 end
    assert.are.equal(1, seen.square)
    assert.are.equal(1, seen.update)
    assert.is_true(seen.mul >= 1)
  end)

  it("leaves no memory behind", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory().live
    core.profile(true)
    local x = T.ones{2}
    for _ = 1, 1000 do x = T.neg(x) end
    x:release()
    core.profile(false)
    collectgarbage()
    assert.are.equal(before, core.memory().live)
  end)

  it("is told whole, whatever finalizers watch meanwhile", function()
    local x, wanted, on, inside = T.ones{2}, {}, true, 0
    core.stress(false)
    core.profile(true)
    for i = 1, 20000 do
      x = x:neg()
      wanted[i] = "neg"
    end
    local function arm()
      setmetatable({}, {__gc = function()
        if not on then return end
        arm()
        if debug.getinfo(2, "f").func ~= core.profile then return end
        inside = inside + 1
        core.profile(true)
        for _ = 1, 300 do local _ <close> = x:exp() end
        core.profile(false)
      end})
    end
    -- the first collection from here on is one among the tables
    collectgarbage "generational"
    collectgarbage()
    arm()
    local rows = core.profile(false)
    on = false
    collectgarbage "incremental"
    core.stress(os.getenv "TEASEL_STRESS" ~= nil)
    assert.is_true(inside > 0)
    for i, row in ipairs(rows) do rows[i] = row.op end
    assert.same(wanted, rows)
  end)

  it("wants to be told whether to begin or to end", function()
    assert.has_error(function() core.profile() end,
      "profile: argument 'on': got nothing, wanted true or false")
  end)
end)
