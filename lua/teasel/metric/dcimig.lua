-- DCIMIG (Sepliarskaia, Kiseleva & de Rijke 2019): of each code, in 20 bins, the gap between its
-- largest information about a factor and its second largest; of each factor, the largest gap among
-- the codes that know it best, 0 if there is none:
--   DCIMIG = sum over factors of that / sum over factors of H(factor).
-- All points given are used. With one factor alone the second largest is 0.

local core = require "teasel.core"
local gap = require "teasel.metric.gap"
local given = require "teasel.metric.given"
local options = require "teasel.options"

local learn = core.learn
local WHO = "dcimig"

local standard = {
  bins = 20,              -- of each code's range
  factor_bins = 0,        -- of each factor's range; 0: every distinct value counts
  resamples = 0,          -- for an interval
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

local function score_of(codes, factors, bins)
  local matrix = learn.mutual(learn.bins(codes, bins), factors)
  local entropies, per_factor, sum, all = learn.entropy(factors), {}, 0, 0
  for k in ipairs(entropies) do per_factor[k] = 0 end
  for d in ipairs(matrix) do
    local g, k = gap(matrix, d, true)
    per_factor[k] = math.max(per_factor[k], g)
  end
  for k, h in ipairs(entropies) do sum, all = sum + per_factor[k], all + h end
  return all > 0 and sum / all or 0, {per_factor = per_factor, matrix = matrix,
    entropies = entropies}
end

-- dcimig(codes [n D], factors [n K], options) -> score, details: per_factor [K], in nats, matrix
-- [D][K] of information and entropies [K], interval if there are resamples
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
