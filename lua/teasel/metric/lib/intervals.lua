-- Intervals around scores, 95 %: of a mean in closed form, of other scores by resamples.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"

local op = core.op
local intervals = {}

local UNIT = {0, 1}   -- what most scores can be

-- {low, high} around a score, no further than the range {least, greatest} of what it can be
local function within(range, score, low, high)
  return {math.min(score, math.max(low, range[1])), math.max(score, math.min(high, range[2]))}
end

-- of_mean(mean, square, n) -> {low, high}, 95 %, of the mean of n items from 0 to 1 with this mean
-- of squares: what a bootstrap over the items comes to
function intervals.of_mean(mean, square, n)
  local half = 1.96 * math.sqrt(math.max(square - mean * mean, 0) / n)
  return within(UNIT, mean, mean - half, mean + half)
end

-- the number below which a part q of a sorted list lies, with interpolation
local function quantile(list, q)
  local at = 1 + q * (#list - 1)
  local low = math.floor(at)
  return list[low] + (list[math.min(low + 1, #list)] - list[low]) * (at - low)
end

-- around(score, list [, range]) -> {low, high}, 95 %: how the scores of resamples vary, put around
-- the score; information from repeated points is larger, so that the resamples themselves lie
-- beside it. range: {least, greatest} value of such a score, which the interval does not leave;
-- {0, 1} without it. nil for no resamples, and for a score that is infinite.
function intervals.around(score, list, range)
  table.sort(list)
  local shift = score - statistic.mean(list)
  if shift - shift ~= 0 then return nil end
  return within(range or UNIT, score, quantile(list, 0.025) + shift, quantile(list, 0.975) + shift)
end

-- bootstraps(who, o, scores, codes, factors, f [, range]) -> name = the interval (see around) of
-- that score, from the values of f(codes, factors), by name, for o.resamples draws of as many
-- points with repeats
function intervals.bootstraps(who, o, scores, codes, factors, f, range)
  local found, drawn = {}, {}
  if o.resamples == 0 then return found end
  local stream, n = option.stream(who, o), #codes
  for i = 1, o.resamples do
    local index = stream:integers({n}, 1, n)
    drawn[i] = f(op.take(codes, index), op.take(factors, index))
  end
  for name, score in pairs(scores) do
    local list = {}
    for i, values in ipairs(drawn) do list[i] = values[name] end
    found[name] = intervals.around(score, list, range)
  end
  return found
end

-- bootstrap(who, o, score, codes, factors, f [, range]) -> the interval of a score that f gives
-- alone; nil for no resamples
function intervals.bootstrap(who, o, score, codes, factors, f, range)
  local function list(x, y) return {f(x, y)} end
  return intervals.bootstraps(who, o, {score}, codes, factors, list, range)[1]
end

check.functions("intervals.", intervals, {
  of_mean = "mean: number, square: number, n: count", around = "score: any, list: table",
})

return intervals
