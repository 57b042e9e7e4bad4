-- Modularity (Ridgeway & Mozer 2018) as disentanglement_lib counts it: with m[d][k] the information
-- between the code d in 20 bins and factor k,
--   q_d = 1 - (sum_k m[d][k]^2 - max^2) / (max^2 (K - 1)),   max = max_k m[d][k],
-- 0 where max is 0, and the score is the mean over all codes, those that only carry noise included.
-- All points given are used.

local core = require "teasel.core"
local given = require "teasel.metric.given"
local options = require "teasel.options"

local learn = core.learn
local WHO = "modularity"

local standard = {
  bins = 20,              -- of each code's range
  factor_bins = 0,        -- of each factor's range; 0: every distinct value counts
  resamples = 0,          -- for an interval
  seed = 0,               -- of the resamples
  compat = options.any,   -- "dlib": 10,000 points as disentanglement_lib draws them
}

local modularity = {}

-- of(matrix [D][K]) -> score, per_code [D]
function modularity.of(matrix)
  local per_code = {}
  for d, row in ipairs(matrix) do
    local sum, top = 0, 0
    for _, v in ipairs(row) do sum, top = sum + v * v, math.max(top, v * v) end
    per_code[d] = top > 0 and 1 - (sum - top) / (top * (#row - 1)) or 0
  end
  return given.mean(per_code), per_code
end

local function matrix_of(codes, factors, bins)
  return learn.mutual(learn.bins(codes, bins), factors)
end

-- modularity(codes [n D], factors [n K], options) -> score, details: per_code, matrix [D][K] of
-- information in nats, and interval if there are resamples
local function call(_, codes, factors, o)
  o = given.options(WHO, o, standard)
  codes, factors = given.points(WHO, codes, factors, 2, o)
  factors = given.classes(WHO, factors)
  if factors:shape()[2] < 2 then given.fail(WHO, "got one factor, wanted two or more") end
  local matrix = matrix_of(codes, factors, o.bins)
  local score, per_code = modularity.of(matrix)
  local interval = given.bootstrap(WHO, o, score, codes, factors, function(x, y)
    return modularity.of(matrix_of(x, y, o.bins))
  end)
  return score, given.details(o, #codes, {per_code = per_code, matrix = matrix,
    interval = interval})
end

return setmetatable(modularity, {__call = call})
