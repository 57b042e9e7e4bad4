-- Statistics of columns and of lists of numbers that several metrics need.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local ops = require "teasel.op.composed"

local learn, op = core.learn, core.op
local statistic = {}

-- column(x [n d], j) -> [n]
function statistic.column(x, j) return ops.slice(x, 2, j, j):reshape{#x} end

-- standardiser(x [n d]) -> a function that takes the mean of x off the columns of any [m d] and
-- divides them by the standard deviation of x (n); a column that never varies in x becomes 0
function statistic.standardiser(x)
  local mean, deviation = ops.mean(x, 1), op.sqrt(ops.var(x, 1))
  -- not deviation > 0: the mean of equal numbers need not be one of them
  local varies = op.gt(op.max(x, 1), op.min(x, 1))
  local scale = op.where(varies, 1 / op.maximum(deviation, 1e-30), 0)
  return function(other) return (other - mean) * scale end
end

-- share(hits [n] of 0 and 1, or of parts of 1) -> their mean
function statistic.share(hits) return op.sum(hits):item() / #hits end

-- agreement(a [n], b [n]) -> the share of equal items
function statistic.agreement(a, b) return statistic.share(op.eq(a, b)) end

-- mean(list) -> the mean of its numbers
function statistic.mean(list)
  local sum = 0
  for _, v in ipairs(list) do sum = sum + v end
  return sum / #list
end

-- median(list) -> the middle one of its numbers, or the mean of the two in the middle
function statistic.median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  local n = #sorted
  return n % 2 == 1 and sorted[n // 2 + 1] or (sorted[n // 2] + sorted[n // 2 + 1]) / 2
end

-- correlations(a [n d], b [n e]) -> [d e] of the columns; 0 where one is constant
function statistic.correlations(a, b)
  local function standardised(x) return statistic.standardiser(x)(x) end
  return op.matmul(standardised(a), standardised(b), true) * (1 / #a)
end

-- between(member [n C] of 0 and 1, y [n K]) -> the share [K] of the variance of each column of y
-- that lies between the classes, the squared correlation ratio; 0 where a column is constant; and
-- the mean of each column in each class [C K]
function statistic.between(member, y)
  local count = op.reshape(op.sum(member, 1), {member:shape()[2], 1})
  local means = op.matmul(member, y, true) / op.maximum(count, 1)
  local total = op.maximum(ops.var(y, 1), 1e-12)
  local far = op.sum(op.square(means - ops.mean(y, 1, true)) * count, 1) * (1 / #y)
  return op.minimum(far / total, 1), means
end

-- spearman(a [n d], b [n e]) -> [d][e], rank correlations; 0 where a column is constant
function statistic.spearman(a, b)
  local r, own, other = learn.covariance(learn.ranks(a), learn.ranks(b))
  for d, row in ipairs(r) do
    for e, c in ipairs(row) do
      local scale = math.sqrt(own[d] * other[e])
      row[e] = scale > 0 and c / scale or 0
    end
  end
  return r
end

check.functions("statistic.", statistic, {
  column = "x: tensor, j: count", standardiser = "x: tensor", share = "hits: tensor",
  agreement = "a: tensor, b: tensor", spearman = "a: tensor, b: tensor",
  correlations = "a: tensor, b: tensor", between = "member: tensor, y: tensor",
  mean = "list: table", median = "list: numbers",
})

return statistic
