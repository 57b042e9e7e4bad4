-- Votes of codes for factors, for the metrics of Kim & Mnih (2018) and Kim et al. (2019). One
-- vote: a factor k is drawn, 64 points of a group for k, and the code whose variance over them is
-- smallest (or largest) in relation to its variance over all points votes for k. The classifier
-- says of each code the factor it voted for most often (the first of equals) in 10,000 votes; the
-- score is its accuracy on 5,000 fresh ones. Codes with a standard deviation below 0.05 have no
-- vote; if all are, the score is 0.

local intervals = require "teasel.metric.lib.intervals"
local option = require "teasel.metric.lib.option"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local votes = {}

votes.defaults = {
  seed = 0,
  stream = options.any,   -- instead of the seed's
  batch = 64,             -- points of a vote
  train = 10000,          -- votes for the classifier
  test = 5000,            -- votes it is scored on
  threshold = 0.05,       -- of the standard deviation of a code that counts
}

-- how often each code voted for each factor: [D][K]
local function count(votes, factor, D, K)
  local counts = {}
  for d = 1, D do
    counts[d] = {}
    for k = 1, K do counts[d][k] = 0 end
  end
  factor = factor:table()
  for i, d in ipairs(votes:table()) do
    local row, k = counts[math.tointeger(d) + 1], math.tointeger(factor[i]) + 1
    row[k] = row[k] + 1
  end
  return counts
end

-- the variance of each code (n - 1), 0 for those below the threshold, and how many are not
local function scales(codes, threshold)
  local list, active = ops.var(codes, 1, false, 1):table(), 0
  for d, v in ipairs(list) do
    if v > 0 and v >= threshold * threshold then active = active + 1 else list[d] = 0 end
  end
  return list, active
end

local function accuracy(counts, rule)
  local right, all = 0, 0
  for d, row in ipairs(counts) do
    right = right + row[rule[d]]
    for _, v in ipairs(row) do all = all + v end
  end
  return right / all
end

-- a function from a number m to the columns [m] that win, from 0, and the factors [m] they vote for
function votes.drawn(who, codes, groups, scale, o, largest)
  local stream = option.stream(who, o)
  return function(m)
    local key, step = stream:state()
    stream:seek(step + 1)
    return groups:votes(codes, key, step, m, o.batch, scale, largest)
  end
end

-- score(who, codes [n D], o, K, make) -> score, details: train (the accuracy on the classifier's
-- own votes), votes [D][K] of the classifier, active (the number of codes that vote), variances
-- [D], interval. make(scale) gives a function as `drawn` does; scale [D] are the variances of the
-- codes, 0 for those without a vote.
function votes.score(who, codes, o, K, make)
  local D = codes:shape()[2]
  local scale, active = scales(codes, o.threshold)
  if active == 0 then
    return 0, option.details(o, #codes, {train = 0, active = 0, variances = scale,
      interval = {0, 0}})
  end
  local draw = make(scale)
  local function counted(m)
    local code, factor = draw(m)
    return count(code, factor, D, K)
  end
  local counts, rule = counted(o.train), {}
  for d, row in ipairs(counts) do
    rule[d] = 1
    for k, v in ipairs(row) do
      if v > row[rule[d]] then rule[d] = k end
    end
  end
  local score = accuracy(counted(o.test), rule)
  return score, option.details(o, #codes, {train = accuracy(counts, rule), votes = counts,
    active = active, variances = scale, interval = intervals.of_mean(score, score, o.test)})
end

return votes
