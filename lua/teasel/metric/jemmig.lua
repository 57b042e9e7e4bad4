-- JEMMIG (Do & Tran 2020): the mutual information gap that also counts what the best code carries
-- besides its factor. With codes in 20 bins, z the code with the most information about factor k
-- and I' the information of the second best,
--   JEMMIG_k = H(z, k) - I(z; k) + I',   in nats, 0 at best,
-- and the score is the mean over factors of 1 - JEMMIG_k / (H(k) + log bins), which is 1 at best.
-- All points given are used. Of one code alone I' is 0.

local core = require "teasel.core"
local gap = require "teasel.metric.lib.gap"
local information = require "teasel.metric.lib.information"
local statistic = require "teasel.metric.lib.statistic"

-- jemmig(codes [n D], factors [n K], options) -> score, details: per_factor [K] (scaled), raw [K]
-- in nats, best [K], matrix [D][K] of information, entropies [K], interval
return information("jemmig", function(matrix, entropies, binned, bins)
  local own, raw, per_factor, best = core.learn.entropy(binned), {}, {}, {}
  for k, h in ipairs(entropies) do
    local g, d = gap(matrix, k)
    raw[k] = own[d] + h - matrix[d][k] - g   -- H(z, k) = H(z) + H(k) - I
    per_factor[k] = 1 - raw[k] / (h + math.log(bins))
    best[k] = d
  end
  return statistic.mean(per_factor), {raw = raw, per_factor = per_factor, best = best}
end)
