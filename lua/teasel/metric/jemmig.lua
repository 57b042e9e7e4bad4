-- JEMMIG (Do & Tran 2020): the mutual information gap that also counts what the best code carries
-- besides its factor. With codes in 20 bins, z the code with the most information about factor k
-- and I' the information of the second best,
--   JEMMIG_k = H(z, k) - I(z; k) + I',   in nats, 0 at best,
-- and the score is the mean over factors of 1 - JEMMIG_k / (H(k) + log bins), which is 1 at best.
-- All points given are used. Of one code alone I' is 0.

local core = require "teasel.core"
local gap = require "teasel.metric.gap"
local given = require "teasel.metric.given"
local options = require "teasel.options"

local learn = core.learn
local WHO = "jemmig"

local standard = {
  bins = 20,              -- of each code's range
  factor_bins = 0,        -- of each factor's range; 0: every distinct value counts
  resamples = 0,          -- for an interval
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

local function score_of(codes, factors, bins)
  local binned = learn.bins(codes, bins)
  local matrix, own = learn.mutual(binned, factors), learn.entropy(binned)
  local entropies, raw, per_factor, best = learn.entropy(factors), {}, {}, {}
  for k, h in ipairs(entropies) do
    local g, d = gap(matrix, k)
    raw[k] = own[d] + h - matrix[d][k] - g   -- H(z, k) = H(z) + H(k) - I
    per_factor[k] = 1 - raw[k] / (h + math.log(bins))
    best[k] = d
  end
  return given.mean(per_factor), {raw = raw, per_factor = per_factor, best = best,
    matrix = matrix, entropies = entropies}
end

-- jemmig(codes [n D], factors [n K], options) -> score, details: per_factor [K] (scaled), raw [K]
-- in nats, best [K], matrix [D][K] of information, entropies [K], interval if there are resamples
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
