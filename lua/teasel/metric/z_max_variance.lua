-- The Z-max variance of Kim et al. (2019, "Relevance factor VAE"): the code that varies most among
-- points that differ in one factor alone votes for that factor; see teasel.metric.lib.votes. The
-- points given have to contain such points, as a whole grid does; one that has none for a factor is
-- left out, and a factor for which there are none at all is an error.

local core = require "teasel.core"
local classing = require "teasel.metric.lib.classing"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local ops = require "teasel.op.composed"
local votes = require "teasel.metric.lib.votes"

local learn, op = core.learn, core.op
local WHO = "z_max_variance"
local EXACT = core.double and 2 ^ 53 or 2 ^ 24   -- all integers up to here

-- classes [n 1] of the combinations of all factors but k
local function rest(classes, values, k)
  local all, count
  for j, list in ipairs(values) do
    if j ~= k then
      local column = ops.slice(classes, 2, j, j)
      if all and count * #list > EXACT then
        option.fail(WHO, "got more than %.0f combinations of factors", EXACT)
      end
      local found
      all, found = learn.classes(all and all * #list + column or column)
      count = #found[1]
    end
  end
  return all
end

-- z_max_variance(codes [n D], factors [n K], options) -> score, details: train, votes [D][K],
-- active, variances [D] and interval, see votes.score
return function(codes, factors, o)
  o = option.read(WHO, o, votes.defaults)
  codes, factors = measured.arrays(WHO, codes, factors, 4, o.factors)
  local classes, values = classing.classes(WHO, factors, 2)
  local columns = {}
  for k = 1, #values do columns[k] = rest(classes, values, k) end
  local groups = learn.groups(op.concat(columns, 2))
  local _, used = groups:sizes()
  for k, n in ipairs(used) do
    if n == 0 then option.fail(WHO, "no two points differ in factor %d alone", k) end
  end
  return votes.score(WHO, codes, o, #values, function(scale)
    return votes.drawn(WHO, codes, groups, scale, o, true)
  end)
end
