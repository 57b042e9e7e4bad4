-- The metric of Kim & Mnih (2018) as disentanglement_lib counts it: the code that varies least among
-- points that share a value of a factor votes for that factor; see teasel.metric.votes. Points are
-- drawn from the ones given: the value uniformly among all points, the points uniformly among those
-- with this value. A value that only one point has is left out.

local given = require "teasel.metric.given"
local votes = require "teasel.metric.votes"

local WHO = "factor_vae"

-- factor_vae(codes [n D], factors [n K], options) -> score, details: see votes.score
return function(codes, factors, o)
  o = given.options(WHO, o, votes.standard)
  codes, factors = given.arrays(WHO, codes, factors, 4, o.factors)
  return votes.score(WHO, codes, given.groups(WHO, factors), factors:shape()[2], o, false)
end
