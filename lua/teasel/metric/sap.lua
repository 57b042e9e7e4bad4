-- The SAP score (Kumar et al. 2018) as disentanglement_lib counts it: s[d][k] the accuracy, on
-- fresh points, of linear support vector machines that tell factor k from code d alone,
--   SAP = mean over factors of (largest s[.][k] - second largest).
-- The machines (squared hinge, C = 0.01, one class against the others, the positive class weighted
-- by its rarity) are the exact optimum. With `continuous`, s is the squared correlation over all
-- points, 0 for a code that does not vary. Of one code alone the second largest is 0.

local core = require "teasel.core"
local gap = require "teasel.metric.gap"
local given = require "teasel.metric.given"

local learn = core.learn
local WHO = "sap"
local STILL = 1e-12   -- a variance that counts as none

local standard = given.halved{
  C = 0.01,             -- weight of the data against (w^2 + b^2) / 2
  continuous = false,   -- factors are numbers, not classes
}

local function correlations(codes, factors)
  local cross = learn.covariance(codes, factors)
  local own, theirs = learn.covariance(codes, codes), learn.covariance(factors, factors)
  for d, row in ipairs(cross) do
    for k, c in ipairs(row) do
      row[k] = own[d][d] > STILL and theirs[k][k] > 0 and c * c / (own[d][d] * theirs[k][k]) or 0
    end
  end
  return cross
end

local function accuracies(x, y, x2, y2, C)
  local matrix = {}
  for k = 1, y:shape()[2] do
    for d, v in ipairs(learn.margin(x, given.column(y, k), x2, given.column(y2, k), C)) do
      matrix[d] = matrix[d] or {}
      matrix[d][k] = v
    end
  end
  return matrix
end

-- sap(codes [n D], factors [n K], options) -> score, details: per_factor [K], matrix [D][K] of
-- accuracies or squared correlations, best [K], the number of each factor's first code
return function(codes, factors, o)
  o = given.options(WHO, o, standard)
  local matrix, n
  if o.continuous then
    codes, factors = given.points(WHO, codes, factors, 2, o)
    matrix, n = correlations(codes, factors), #codes
  else
    local x, y, x2, y2 = given.halves(WHO, codes, factors, o)
    matrix, n = accuracies(x, y, x2, y2, o.C), #x
  end
  local per_factor, best = {}, {}
  for k = 1, #matrix[1] do per_factor[k], best[k] = gap(matrix, k) end
  return given.mean(per_factor), given.details(o, n, {per_factor = per_factor, matrix = matrix,
    best = best})
end
