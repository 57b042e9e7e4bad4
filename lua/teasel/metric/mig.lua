-- The mutual information gap (Chen et al. 2018) as disentanglement_lib estimates it: the codes in
-- 20 bins of equal width, m[d][k] the information in nats between code d and factor k,
--   MIG = mean over factors of (largest m[.][k] - second largest) / H(factor k).
-- All points given are used. A constant code has information 0 about anything; of one code alone
-- the second largest is 0. Chen et al. themselves sample from q(z|x) and leave the shape out.

local gap = require "teasel.metric.lib.gap"
local information = require "teasel.metric.lib.information"
local statistic = require "teasel.metric.lib.statistic"

-- mig(codes [n D], factors [n K], options) -> score, details: per_factor, matrix [D][K] of
-- information and entropies [K] in nats, best [K], the number of each factor's first code, and
-- interval
return information("mig", function(matrix, entropies)
  local per_factor, best = {}, {}
  for k, h in ipairs(entropies) do
    local g
    g, best[k] = gap(matrix, k)
    per_factor[k] = h > 0 and g / h or 0
  end
  return statistic.mean(per_factor), {per_factor = per_factor, best = best}
end)
