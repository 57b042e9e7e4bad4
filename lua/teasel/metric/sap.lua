-- The SAP score (Kumar et al. 2018) as disentanglement_lib counts it: s[d][k] the accuracy, on
-- fresh points, of linear support vector machines that tell factor k from code d alone,
--   SAP = mean over factors of (largest s[.][k] - second largest).
-- The machines (squared hinge, C = 0.01, one class against the others, the positive class weighted
-- by its rarity) are the exact optimum. With `continuous`, s is the squared correlation over all
-- points, 0 for a code that does not vary. Of one code alone the second largest is 0.

local core = require "teasel.core"
local gap = require "teasel.metric.lib.gap"
local halves = require "teasel.metric.lib.halves"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"

local learn, op = core.learn, core.op
local WHO = "sap"
local STILL = 1e-12   -- a variance that counts as none

local defaults = halves.options{
  C = 0.01,             -- weight of the data against (w^2 + b^2) / 2
  continuous = false,   -- factors are numbers, not classes
  resamples = 0,        -- of the points scored on, for an interval
}

local function correlations(codes, factors)
  local cross, own, theirs = learn.covariance(codes, factors)
  for d, row in ipairs(cross) do
    for k, c in ipairs(row) do
      row[k] = own[d] > STILL and theirs[k] > 0 and c * c / (own[d] * theirs[k]) or 0
    end
  end
  return cross
end

-- the accuracies [D][K], and for each point, code and factor whether it is right: [m D*K]
local function accuracies(x, y, x2, y2, o)
  local D, matrix, right = x:shape()[2], {}, {}
  for d = 1, D do matrix[d] = {} end
  for k = 1, y:shape()[2] do
    local label = statistic.column(y2, k)
    local list, weights = learn.margin(x, statistic.column(y, k), x2, label, o.C)
    for d, v in ipairs(list) do
      matrix[d][k] = v
      if o.resamples > 0 then
        local machines = op.reshape(core.tensor.tensor(weights[d]), {#weights[d] // 2, 2})
        local w, b = ops.slice(machines, 2, 1, 1), ops.slice(machines, 2, 2, 2)
        local value = ops.slice(x2, 2, d, d) * op.reshape(w, {1, #w}) + op.reshape(b, {1, #b})
        right[#right + 1] = op.reshape(op.eq(op.argmax(value, 2) - 1, label), {#label, 1})
      end
    end
  end
  return matrix, #right > 0 and op.concat(right, 2)
end

local function score_of(matrix)
  local per_factor, best = {}, {}
  for k = 1, #matrix[1] do per_factor[k], best[k] = gap(matrix, k) end
  return statistic.mean(per_factor), per_factor, best
end

-- sap(codes [n D], factors [n K], options) -> score, details: per_factor [K], matrix [D][K] of
-- accuracies or squared correlations, best [K], the number of each factor's first code, interval if
-- there are resamples
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  local matrix, n, resampled, from, of
  if o.continuous then
    codes, factors = measured.points(WHO, codes, factors, 2, o)
    matrix, n, from, of = correlations(codes, factors), #codes, codes, factors
    function resampled(x, y) return (score_of(correlations(x, y))) end
  else
    local x, y, x2, y2 = halves.draw(WHO, codes, factors, o)
    matrix, from = accuracies(x, y, x2, y2, o)
    n, of = #x, from
    local K = #matrix[1]
    function resampled(right)   -- columns are those of one factor after those of another
      local list, share = ops.mean(right, 1):table(), {}
      for d = 1, #matrix do
        share[d] = {}
        for k = 1, K do share[d][k] = list[(k - 1) * #matrix + d] end
      end
      return (score_of(share))
    end
  end
  local score, per_factor, best = score_of(matrix)
  return score, option.details(o, n, {per_factor = per_factor, matrix = matrix, best = best,
    interval = intervals.bootstrap(WHO, o, score, from, of, resampled)})
end
