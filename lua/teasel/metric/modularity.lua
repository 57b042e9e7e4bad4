-- Modularity (Ridgeway & Mozer 2018) as disentanglement_lib counts it: with m[d][k] the information
-- between the code d in 20 bins and factor k,
--   q_d = 1 - (sum_k m[d][k]^2 - max^2) / (max^2 (K - 1)),   max = max_k m[d][k],
-- 0 where max is 0, and the score is the mean over all codes, those that only carry noise included.
-- All points given are used.

local check = require "teasel.lib.check"
local information = require "teasel.metric.lib.information"
local statistic = require "teasel.metric.lib.statistic"

local modularity = {}

-- of(matrix [D][K]) -> score, per_code [D]
function modularity.of(matrix)
  local per_code = {}
  for d, row in ipairs(matrix) do
    local sum, top = 0, 0
    for _, v in ipairs(row) do sum, top = sum + v * v, math.max(top, v * v) end
    per_code[d] = top > 0 and 1 - (sum - top) / (top * (#row - 1)) or 0
  end
  return statistic.mean(per_code), per_code
end

local score = information("modularity", function(matrix)
  local value, per_code = modularity.of(matrix)
  return value, {per_code = per_code}
end, 2)

-- modularity(codes [n D], factors [n K], options) -> score, details: per_code, matrix [D][K] of
-- information and entropies [K] in nats, interval
check.functions("modularity.", modularity, {of = "matrix: matrix"})

return setmetatable(modularity, {__call = function(_, ...) return score(...) end})
