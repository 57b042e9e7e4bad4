-- Intervals of scores: what they may reach.

local T = require "teasel"
local intervals = require "teasel.metric.lib.intervals"
local space = require "teasel.data.space"

local metric, stream = T.metric, T.stream

describe("intervals of scores", function()
  it("leave no score's range", function()
    local grid = space{names = {"a", "b"}, sizes = {3, 4}}:enumerate()
    local factors = T.concat{grid, grid, grid}
    local codes = factors + stream(4):normal{36, 2} * 0.02
    local function inside(name, score, interval, low, high)
      local text = ("%s: %g in %g .. %g"):format(name, score, table.unpack(interval))
      assert(low <= interval[1] and interval[1] <= score, text)
      assert(score <= interval[2] and interval[2] <= high, text)
    end
    for name, o in pairs{mig = {}, modularity = {}, irs = {}, dcimig = {}, jemmig = {}, sap = {},
      explicitness = {}, leakage = {classifier = "logistic"}, factor_vae = {train = 50, test = 50},
      beta_vae = {train = 50, test = 50}, z_max_variance = {train = 50, test = 50}} do
      if not o.train and name ~= "leakage" then o.resamples = 40 end
      for _, x in ipairs{codes, stream(5):normal{36, 2}} do
        local score, details = metric[name](x, factors, o)
        if details.interval then
          inside(name, score, details.interval, name == "irs" and -math.huge or 0, 1)
        end
      end
    end
    local _, details = metric.unsupervised(stream(6):normal{36, 2}, nil, {resamples = 40})
    for part, interval in pairs(details.intervals) do
      inside(part, details[part], interval, 0, math.huge)
    end
    local low, high = table.unpack(intervals.of_mean(0.99, 0.99, 50))
    assert.are.same({true, 1}, {low > 0.9 and low < 0.99, high})
    assert.are.equal(0, intervals.of_mean(0.01, 0.01, 50)[1])
    assert.are.same({0, 1}, intervals.around(0.5, {-1, -1, 2, 2}))
    assert.are.same({-1.0, 2.0}, intervals.around(0.5, {-1, -1, 2, 2}, {-9, 9}))
  end)

  it("end where they are interrupted, also where one that is missing is left out", function()
    local bootstrap, factors = intervals.bootstrap, stream(7):integers({200, 1}, 0, 1)
    local codes = factors + stream(8):normal{200, 1}
    local function under(message)
      function intervals.bootstrap() error(message, 0) end
      local found = table.pack(pcall(metric.explicitness, codes, factors, {resamples = 5}))
      intervals.bootstrap = bootstrap
      return table.unpack(found)
    end
    assert.same({false, "x.lua:3: interrupted"}, {under "x.lua:3: interrupted"})
    local ok, _, details = under "no point of a value"
    assert.is_true(ok)
    assert.is_nil(details.interval)
  end)
end)
