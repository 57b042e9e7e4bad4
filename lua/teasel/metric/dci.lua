-- Disentanglement, completeness and informativeness (Eastwood & Williams 2018) as
-- disentanglement_lib counts them: for each factor, gradient boosted trees (100 stages of depth 3)
-- from all codes; R[d][k] is the importance of code d for factor k, and
--   disentanglement   sum over codes of (1 - H_K(R[d][.])) weighted by the row's share of sum R
--   completeness      sum over factors of (1 - H_D(R[.][k])) weighted by the column's share
--   informativeness   the mean over factors of the accuracy on fresh points
-- with the entropies of R + 1e-11 made to sum up to 1, to the base of their length. If R is 0, the
-- weights are equal. Where splits by several codes are equally good (codes with the same order of
-- points), a draw from the seed decides at every node: no code is preferred for its place. The
-- original's scikit-learn draws there too, from a generator that nobody seeds.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local halves = require "teasel.metric.lib.halves"
local intervals = require "teasel.metric.lib.intervals"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"

local learn, op = core.learn, core.op
local WHO = "dci"

local defaults = halves.options{
  stages = 100,    -- of each boosting
  resamples = 0,   -- of the points learned from, each of which takes as long as the score
}

local dci = {}

-- the entropy of a list made to sum up to 1, to the base of its length; 0 for one item
local function entropy(list)
  local sum, h = 0, 0
  for _, v in ipairs(list) do sum = sum + v + 1e-11 end
  for _, v in ipairs(list) do
    local p = (v + 1e-11) / sum
    h = h - p * math.log(p)
  end
  return #list > 1 and h / math.log(#list) or 0
end

local function total(list)
  local sum = 0
  for _, v in ipairs(list) do sum = sum + v end
  return sum
end

-- concentration(rows) -> sum over rows of (1 - entropy) weighted by their share, and the list
local function concentration(rows)
  local sum, score, list = 0, 0, {}
  for _, row in ipairs(rows) do sum = sum + total(row) end
  for i, row in ipairs(rows) do
    list[i] = 1 - entropy(row)
    score = score + list[i] * (sum > 0 and total(row) / sum or 1 / #rows)
  end
  return score, list
end

-- disentanglement(R [D][K]) -> score, per_code [D]
function dci.disentanglement(R) return concentration(R) end

-- completeness(R [D][K]) -> score, per_factor [K]
function dci.completeness(R)
  local columns = {}
  for k = 1, #R[1] do
    columns[k] = {}
    for d, row in ipairs(R) do columns[k][d] = row[k] end
  end
  return concentration(columns)
end

-- the trees of each factor: importances R [D][K], share [D][K], and what look(k, trees) does
local function fit(x, y, o, look)
  local R, share, K = {}, {}, y:shape()[2]
  for d = 1, x:shape()[2] do R[d], share[d] = {}, {} end
  for k = 1, K do
    local trees <close> = learn.boost(x, statistic.column(y, k), o.seed * K + k, o.stages)
    local importance, single = trees:importance()
    for d in ipairs(R) do R[d][k], share[d][k] = importance[d], single[d] end
    if look then look(k, trees) end
  end
  return R, share
end

-- dci(codes [n D], factors [n K], options) -> disentanglement, details: disentanglement,
-- completeness, informativeness, informativeness_train, matrix [D][K] (R), share [D][K] (the
-- importances of scikit-learn before 0.21: the mean of single trees'), per_code [D] and per_factor
-- [K] of the first two, accuracy [K], accuracy_train [K], intervals of the informativeness and, if
-- there are resamples, of the first two
local function call(_, codes, factors, o)
  o = option.read(WHO, o, defaults)
  local x, y, x2, y2 = halves.draw(WHO, codes, factors, o)
  local train, test, right, K = {}, {}, 0, y:shape()[2]
  local R, share = fit(x, y, o, function(k, trees)
    train[k] = trees:accuracy()
    local hits = op.eq(trees:predict(x2), statistic.column(y2, k))
    test[k] = statistic.share(hits)
    right = right + hits / K
  end)
  local more = {matrix = R, share = share, accuracy = test, accuracy_train = train,
    informativeness = statistic.mean(test), informativeness_train = statistic.mean(train)}
  more.disentanglement, more.per_code = dci.disentanglement(R)
  more.completeness, more.per_factor = dci.completeness(R)
  more.intervals = intervals.bootstraps(WHO, o, {disentanglement = more.disentanglement,
    completeness = more.completeness}, x, y, function(codes_, factors_)
    local drawn = fit(codes_, (learn.classes(factors_)), o)
    return {disentanglement = dci.disentanglement(drawn), completeness = dci.completeness(drawn)}
  end)
  more.intervals.informativeness =
    intervals.of_mean(more.informativeness, statistic.share(right * right), #x2)
  return more.disentanglement, option.details(o, #x, more)
end

check.functions("dci.", dci, {disentanglement = "R: matrix", completeness = "R: matrix"})

return setmetatable(dci, {__call = call})
