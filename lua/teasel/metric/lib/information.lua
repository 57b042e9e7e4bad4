-- Metrics of the mutual information between codes in bins and factors.

local classing = require "teasel.metric.lib.classing"
local core = require "teasel.core"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local options = require "teasel.options"

local learn = core.learn

local defaults = {
  bins = 20,              -- of each code's range
  factor_bins = 0,        -- of each factor's range; 0: every distinct value counts
  resamples = 0,          -- for an interval
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

-- information(who, score_of [, least]) -> a metric of the mutual information between codes in bins
-- and factors, of all points given and of `least` factors or more:
--   score_of(matrix [D][K], entropies [K] of the factors, binned codes, bins) -> score, details
-- both in nats; the metric adds them to the details, and an interval if there are resamples.
return function(who, score_of, least)
  return function(codes, factors, o)
    o = option.read(who, o, defaults)
    codes, factors = measured.points(who, codes, factors, 2, o)
    factors = classing.classes(who, factors, least)
    local function score(x, y)
      local binned = learn.bins(x, o.bins)
      local matrix, entropies = learn.mutual(binned, y), learn.entropy(y)
      local value, details = score_of(matrix, entropies, binned, o.bins)
      details.matrix, details.entropies = matrix, entropies
      return value, details
    end
    local value, details = score(codes, factors)
    details.interval = intervals.bootstrap(who, o, value, codes, factors, score)
    return value, option.details(o, #codes, details)
  end
end
