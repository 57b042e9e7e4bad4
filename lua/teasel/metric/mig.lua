-- The mutual information gap (Chen et al. 2018) as disentanglement_lib estimates it: the codes in
-- 20 bins of equal width, m[d][k] the information in nats between code d and factor k,
--   MIG = mean over factors of (largest m[.][k] - second largest) / H(factor k).
-- All points given are used. A constant code has information 0 about anything; of one code alone
-- the second largest is 0. Chen et al. themselves sample from q(z|x) and leave the shape out.

local core = require "teasel.core"
local gap = require "teasel.metric.gap"
local given = require "teasel.metric.given"
local options = require "teasel.options"

local learn = core.learn
local WHO = "mig"

local standard = {
  bins = 20,              -- of each code's range
  factor_bins = 0,        -- of each factor's range; 0: every distinct value counts
  resamples = 0,          -- for an interval
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

local function score_of(codes, factors, bins)
  local m = learn.mutual(learn.bins(codes, bins), factors)
  local entropies, per_factor, best = learn.entropy(factors), {}, {}
  for k, h in ipairs(entropies) do
    local g
    g, best[k] = gap(m, k)
    per_factor[k] = h > 0 and g / h or 0
  end
  return given.mean(per_factor), {per_factor = per_factor, matrix = m, entropies = entropies,
    best = best}
end

-- mig(codes [n D], factors [n K], options) -> score, details: per_factor, matrix [D][K] of
-- information and entropies [K] in nats, best [K], the number of each factor's first code, and
-- interval if there are resamples
return function(codes, factors, o)
  o = given.options(WHO, o, standard)
  codes, factors = given.points(WHO, codes, factors, 2, o)
  factors = given.classes(WHO, factors)
  local score, details = score_of(codes, factors, o.bins)
  details.interval = given.bootstrap(WHO, o, score, codes, factors, function(x, y)
    return score_of(x, y, o.bins)
  end)
  return score, given.details(o, #codes, details)
end
