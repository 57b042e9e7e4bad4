-- The mutual information gap (Chen et al. 2018) as disentanglement_lib estimates it: the codes in
-- 20 bins of equal width, m[d][k] the information in nats between code d and factor k,
--   MIG = mean over factors of (largest m[.][k] - second largest) / H(factor k).
-- All points given are used. A constant code has information 0 about anything; of one code alone
-- the second largest is 0. Chen et al. themselves sample from q(z|x) and leave the shape out.

local core = require "teasel.core"
local given = require "teasel.metric.given"

local learn = core.learn
local WHO = "mig"

local standard = {
  bins = 20,   -- of each code's range
  seed = 0,    -- nothing is drawn but the resamples of an interval
}

-- gap(matrix, k) -> the largest entry of a column less the second largest, and its row
local function gap(m, k)
  local first, second, at = 0, 0, 1
  for d, row in ipairs(m) do
    if row[k] > first then
      first, second, at = row[k], first, d
    elseif row[k] > second then
      second = row[k]
    end
  end
  return first - second, at
end

-- mig(codes [n D], factors [n K], options) -> score, details: per_factor, matrix [D][K] of
-- information and entropies [K] in nats, and best [K], the number of each factor's first code
return function(codes, factors, o)
  o = given.options(WHO, o, standard)
  codes, factors = given.arrays(WHO, codes, factors, 2, o.factors)
  factors = given.classes(WHO, factors)
  local m = learn.mutual(learn.bins(codes, o.bins), factors)
  local entropies, per_factor, best, sum = learn.entropy(factors), {}, {}, 0
  for k, h in ipairs(entropies) do
    local g
    g, best[k] = gap(m, k)
    per_factor[k] = g / h
    sum = sum + per_factor[k]
  end
  return sum / #entropies, given.details(o, #codes, {per_factor = per_factor, matrix = m,
    entropies = entropies, best = best})
end
