-- DCIMIG (Sepliarskaia, Kiseleva & de Rijke 2019): of each code, in 20 bins, the gap between its
-- largest information about a factor and its second largest; of each factor, the largest gap among
-- the codes that know it best, 0 if there is none:
--   DCIMIG = sum over factors of that / sum over factors of H(factor).
-- All points given are used. With one factor alone the second largest is 0.

local gap = require "teasel.metric.lib.gap"
local information = require "teasel.metric.lib.information"

-- dcimig(codes [n D], factors [n K], options) -> score, details: per_factor [K], in nats, matrix
-- [D][K] of information and entropies [K], interval
return information("dcimig", function(matrix, entropies)
  local per_factor, sum, all = {}, 0, 0
  for k in ipairs(entropies) do per_factor[k] = 0 end
  for d in ipairs(matrix) do
    local g, k = gap(matrix, d, true)
    per_factor[k] = math.max(per_factor[k], g)
  end
  for k, h in ipairs(entropies) do sum, all = sum + per_factor[k], all + h end
  return all > 0 and sum / all or 0, {per_factor = per_factor}
end)
