-- Statistics that several metrics and reports share.

local T = require "teasel"
local statistic = require "teasel.metric.lib.statistic"

local function near(wanted, got)
  for i, v in ipairs(wanted) do assert.is_near(v, got[i], 1e-6) end
  assert.equal(#wanted, #got)
end

describe("the share of variance between classes", function()
  it("is 1 of what tells them, 0 of what they share, and of a constant", function()
    local y = T.tensor{{1, 1, 7, 0}, {1, 3, 7, 1}, {3, 1, 7, 1}, {3, 3, 7, 2}}
    local share, means = statistic.between(T.tensor{{1, 0}, {1, 0}, {0, 1}, {0, 1}}, y)
    near({1, 0, 0, 0.5}, share:table())
    near({1, 2, 7, 0.5}, means:table()[1])
    near({3, 2, 7, 1.5}, means:table()[2])
  end)
end)

describe("correlations", function()
  it("are those of all pairs of columns, 0 of a constant", function()
    local r = statistic.correlations(T.tensor{{1, 5}, {2, 5}, {3, 5}},
      T.tensor{{-2, 1}, {-4, 0}, {-6, 1}}):table()
    near({-1, 0}, r[1])
    near({0, 0}, r[2])
  end)
end)
