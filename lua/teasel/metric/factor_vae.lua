-- The metric of Kim & Mnih (2018) as disentanglement_lib counts it: the code that varies least
-- among points that share a value of a factor votes for that factor; see teasel.metric.lib.votes.
-- Points are drawn from the ones given: the value uniformly among all points, the points uniformly
-- among those with this value. A value that only one point has is left out.

local core = require "teasel.core"
local dlib = require "teasel.metric.lib.dlib"
local classing = require "teasel.metric.lib.classing"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local votes = require "teasel.metric.lib.votes"

local op = core.op
local WHO = "factor_vae"
local POINTS = 10000   -- from which disentanglement_lib takes the variances

local defaults = {
  compat = options.any,   -- "dlib": see teasel.metric.lib.dlib
}
for name, value in pairs(votes.defaults) do defaults[name] = value end

-- the columns with the smallest variance over `batch` rows, in relation to scale
local function winners(x, m, batch, scale)
  local list = {}
  local variance = ops.var(op.reshape(x, {m, batch, #scale}), 2, false, 1)
  for i, row in ipairs(variance:table()) do
    local best, least = nil, math.huge
    for d, v in ipairs(row) do
      if scale[d] > 0 and v / scale[d] < least then best, least = d, v / scale[d] end
    end
    list[i] = best - 1
  end
  return core.tensor.tensor(list)
end

local function of_dlib(codes, factors, o, K)
  local grid = dlib.grid(WHO, factors, o)
  return votes.score(WHO, op.take(codes, grid:points(POINTS, true)), o, K, function(scale)
    return function(m)
      local rows, y = grid:votes(m, o.batch)
      return winners(op.take(codes, rows), m, o.batch, scale), y
    end
  end)
end

-- factor_vae(codes [n D], factors [n K], options) -> score, details: train, votes [D][K],
-- active, variances [D] and interval, see votes.score
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  codes, factors = measured.arrays(WHO, codes, factors, 4, o.factors)
  local K = factors:shape()[2]
  if o.compat then return of_dlib(codes, factors, o, K) end
  local groups = classing.groups(WHO, factors)
  return votes.score(WHO, codes, o, K, function(scale)
    return votes.drawn(WHO, codes, groups, scale, o, false)
  end)
end
