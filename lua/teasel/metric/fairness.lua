-- Fairness (Locatello et al. 2019, "On the fairness of disentangled representations"): does the
-- prediction of one factor change with another that should not matter? For each factor, boosted
-- trees predict it from the codes. For each other (sensitive) factor, 100 points are drawn and
-- each is looked up with every value of it, all else equal; the unfairness is the total variation
-- between the distribution of predictions for one value and that for all, averaged over values by
-- their number, or the largest. The score is the mean over all pairs; lower is fairer.
--
-- The points given have to contain these counterparts: a drawn point that lacks one is not used,
-- and another is drawn; on a whole grid nothing is lacking. The interval says how the score varies
-- with the points drawn, each with its counterparts, not with the trees.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local classing = require "teasel.metric.lib.classing"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local learn, op = core.learn, core.op
local WHO = "fairness"

local defaults = {
  train = 10000,          -- points for the trees
  points = 100,           -- drawn for each pair
  resamples = 0,          -- of these, for an interval
  seed = 0,
  stream = options.any,   -- instead of the seed's
}

local fairness = {}

-- of(counts [values of the target][values of the sensitive factor]) -> mean, max
function fairness.of(counts)
  local columns, total, pooled = {}, 0, {}
  for c = 1, #counts[1] do columns[c] = 0 end
  for i, row in ipairs(counts) do
    pooled[i] = 0
    for c, v in ipairs(row) do
      columns[c], pooled[i], total = columns[c] + v, pooled[i] + v, total + v
    end
  end
  local mean, worst = 0, 0
  for c, n in ipairs(columns) do
    local distance = 0
    for i, row in ipairs(counts) do
      if n > 0 then distance = distance + math.abs(row[c] / n - pooled[i] / total) / 2 end
    end
    mean, worst = mean + distance * n / total, math.max(worst, distance)
  end
  return mean, worst
end

local function key(row, k, value)
  local parts = {}
  for j, v in ipairs(row) do parts[j] = j == k and value or v end
  return table.concat(parts, " ")
end

-- rows of points: for each of `count` drawn ones its counterparts with every value 0..size-1 of
-- factor k, one after the other
local function counterparts(classes, place, k, size, count, stream)
  local index, n = {}, #classes
  local found, tried = 0, 0
  for _, i in ipairs(stream:permutation(n):table()) do
    if found == count then break end
    tried = tried + 1
    local list = {}
    for value = 0, size - 1 do
      list[#list + 1] = place[key(classes[math.tointeger(i)], k, ("%.0f"):format(value))]
    end
    if #list == size then
      table.move(list, 1, size, #index + 1, index)
      found = found + 1
    end
  end
  if found == 0 then
    option.fail(WHO, "no point has counterparts with every value of factor %d, all else equal", k)
  end
  return core.tensor.tensor(index)
end

local function strings(classes)
  local rows, place = classes:table(), {}
  for i, row in ipairs(rows) do
    for j, v in ipairs(row) do row[j] = ("%.0f"):format(v) end
    local name = table.concat(row, " ")
    place[name] = place[name] or i
  end
  return rows, place
end

-- counts, as `of` takes them, of predictions [points * size]
local function count(predicted, targets, size)
  local counts = {}
  for t = 1, targets do
    counts[t] = {}
    for c = 1, size do counts[t][c] = 0 end
  end
  for i, t in ipairs(predicted:table()) do
    local row, c = counts[math.tointeger(t) + 1], (i - 1) % size + 1
    row[c] = row[c] + 1
  end
  return counts
end

-- the mean over pairs for o.resamples draws of their points: pairs are lists of predictions, number
-- of the target's values, number of the sensitive factor's
local function resampled(pairs_, o, stream)
  local list = {}
  for i = 1, o.resamples do
    list[i] = 0
    for _, pair in ipairs(pairs_) do
      local predicted, targets, size = table.unpack(pair)
      local n = #predicted // size
      local again = op.take(op.reshape(predicted, {n, size}), stream:integers({n}, 1, n))
      list[i] = list[i] + fairness.of(count(op.reshape(again, {n * size}), targets, size)) / #pairs_
    end
  end
  return list
end

-- fairness(codes [n D], factors [n K], options) -> score, details: mean and max
-- [target][sensitive], 0 in the diagonal, interval if there are resamples
local function call(_, codes, factors, o)
  o = option.read(WHO, o, defaults)
  option.whole(WHO, "points", o.points, 1)
  codes, factors = measured.arrays(WHO, codes, factors, 4, o.factors)
  local classes, values = classing.classes(WHO, factors, 2)
  local K, pairs_ = #values, {}
  local rows, place = strings(classes)
  local stream = option.stream(WHO, o)
  local learned = ops.slice(stream:permutation(#codes), 1, 1, math.min(o.train, #codes))
  local x, y = op.take(codes, learned), op.take(classes, learned)
  local mean, worst, sum = {}, {}, 0
  for t = 1, K do
    local label, known = learn.classes(statistic.column(y, t):reshape{#y, 1})
    local list = core.tensor.tensor(known[1])
    local trees <close> = learn.boost(x, label:reshape{#y}, o.seed * K + t)
    mean[t], worst[t] = {}, {}
    for k, found in ipairs(values) do
      mean[t][k], worst[t][k] = 0, 0
      if k ~= t then
        local index = counterparts(rows, place, k, #found, o.points, stream)
        local predicted = op.take(list, trees:predict(op.take(codes, index)) + 1)
        mean[t][k], worst[t][k] = fairness.of(count(predicted, #values[t], #found))
        sum = sum + mean[t][k]
        pairs_[#pairs_ + 1] = {predicted, #values[t], #found}
      end
    end
  end
  local score = sum / #pairs_
  return score, option.details(o, #codes, {mean = mean, max = worst,
    interval = intervals.around(score, resampled(pairs_, o, stream))})
end

check.functions("fairness.", fairness, {of = "counts: matrix"})

return setmetatable(fairness, {__call = call})
