-- The interventional robustness score (Suter et al. 2019) as disentanglement_lib counts it. M_d is
-- the largest |z_d - mean|; for factor i and each of its values, the 99th percentile of
-- |z_d - mean of the points with this value|, averaged over the values:
--   irs[d][i] = 1 - that / M_d,   score = the average of max_i irs[d][i], weighted by M_d.
-- Points that share a value may lie further from their mean than M_d: irs[d][i] can be below 0.
-- Factors pass a histogram of 20 bins first, as continuous ones may, so that of 40 values two
-- share a bin. All points given are used. Codes that never vary are left out; if none does, the
-- score is 0.

local core = require "teasel.core"
local classing = require "teasel.metric.lib.classing"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local learn, op = core.learn, core.op
local WHO = "irs"

local defaults = {
  bins = 20,              -- of each factor's range
  quantile = 0.99,
  resamples = 0,          -- for an interval
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

local function score_of(codes, factors, quantile)
  local most = op.max(op.abs(codes - ops.mean(codes, 1)), 1):table()
  local low, high = op.min(codes, 1):table(), op.max(codes, 1):table()
  local matrix, per_code, parents, sum, weight = {}, {}, {}, 0, 0
  for d = 1, #most do matrix[d] = {} end
  for i = 1, factors:shape()[2] do
    for d, v in ipairs(learn.deviation(codes, statistic.column(factors, i), quantile)) do
      matrix[d][i] = low[d] < high[d] and 1 - v / most[d] or 0
    end
  end
  for d, row in ipairs(matrix) do
    local varies = low[d] < high[d]
    per_code[d], parents[d] = varies and -math.huge or 0, 1
    for i, v in ipairs(row) do
      if v > per_code[d] then per_code[d], parents[d] = v, i end
    end
    if varies then sum, weight = sum + most[d] * per_code[d], weight + most[d] end
  end
  return weight > 0 and sum / weight or 0, {per_code = per_code, parents = parents,
    matrix = matrix, most = most}
end

-- irs(codes [n D], factors [n K], options) -> score, details: per_code [D], parents [D] (the number
-- of each code's best factor), matrix [D][K], most [D] (M_d), interval if there are resamples
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  codes, factors = measured.points(WHO, codes, factors, 2, o)
  local binned = classing.classes(WHO, learn.bins(factors, o.bins, true))
  local score, details = score_of(codes, binned, o.quantile)
  details.interval = intervals.bootstrap(WHO, o, score, codes, binned, function(x, y)
    return score_of(x, learn.classes(y), o.quantile)
  end, {-math.huge, 1})
  return score, option.details(o, #codes, details)
end
