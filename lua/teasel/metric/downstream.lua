-- Downstream accuracy (Locatello et al. 2019): how well each factor is predicted from all codes on
-- fresh points, by gradient boosted trees or by logistic regression, which chooses its C out of 10
-- from 1e-4 to 1e4 by 5-fold cross-validation, after 10, 100, 1,000 and 10,000 points to learn
-- from. Sample efficiency is the mean accuracy after 100 points over that after 10,000. A factor
-- with one value among the points learned from is predicted to have it; with one among all points
-- it is an error, since there is nothing to predict.

local core = require "teasel.core"
local classing = require "teasel.metric.lib.classing"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local learn, op = core.learn, core.op
local WHO = "downstream"

local FOLDS = 5

local defaults = {
  predictor = "trees",                 -- or "logistic"
  sizes = {10, 100, 1000, 10000},      -- points to learn from; more than there are: left out
  test = 5000,                         -- points to be scored on
  seed = 0,
  stream = options.any,                -- instead of the seed's
}

local function rows(x, first, last) return ops.slice(x, 1, first, last) end

-- x [n D] and values y [n] -> a function from [m D] to [m] values, made by fit(x, classes, seed)
local function predictor(x, y, fit, seed)
  local classes, values = learn.classes(y:reshape{#y, 1})
  if #values[1] < 2 then
    return function(x2) return core.tensor.full({#x2}, values[1][1]) end
  end
  local model = fit(x, classes:reshape{#y}, seed)
  local list = core.tensor.tensor(values[1])
  return function(x2) return op.take(list, model:predict(x2) + 1) end
end

local function logistic(C)
  return function(x, y) return learn.logistic(x, y, C) end
end

-- the mean accuracy over folds of consecutive points, each left out in turn
local function validated(x, y, C)
  local n, sum, first = #x, 0, 1
  for f = 1, FOLDS do
    local size = n // FOLDS + (f <= n % FOLDS and 1 or 0)
    local last = first + size - 1
    local function rest(t)
      local parts = {}
      if first > 1 then parts[1] = rows(t, 1, first - 1) end
      if last < n then parts[#parts + 1] = rows(t, last + 1, n) end
      return op.concat(parts, 1)
    end
    local predict = predictor(rest(x), rest(y), logistic(C))
    sum = sum + statistic.agreement(predict(rows(x, first, last)), rows(y, first, last)) / FOLDS
    first = last + 1
  end
  return sum
end

local fits = {}

function fits.trees(x, y, seed) return learn.boost(x, y, seed) end

function fits.logistic(x, y)
  local best, best_C = -1, nil
  for i = 0, 9 do
    local C = 10 ^ (-4 + 8 * i / 9)
    local accuracy = #x >= FOLDS and validated(x, y, C) or 0
    if accuracy > best then best, best_C = accuracy, C end
  end
  return learn.logistic(x, y, best_C)
end

-- downstream(codes [n D], factors [n K], options) -> the mean accuracy over factors after the most
-- points, details: sizes, mean, min (over factors) and per_factor [size][K] for each of the sizes,
-- efficiency, interval
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  codes, factors = measured.arrays(WHO, codes, factors, 6, o.factors)
  local fit = fits[o.predictor] or
    option.fail(WHO, "option 'predictor': got '%s', wanted 'trees' or 'logistic'", o.predictor)
  classing.classes(WHO, factors)
  if #o.sizes == 0 then option.fail(WHO, "option 'sizes': got none, wanted one or more") end
  for _, size in ipairs(o.sizes) do option.whole(WHO, "sizes", size, 1) end
  local stream, K = option.stream(WHO, o), factors:shape()[2]
  local test = math.min(o.test, #codes // 3)
  local more = {sizes = {}, mean = {}, min = {}, per_factor = {}}
  local by_size = {}
  for _, size in ipairs(o.sizes) do
    if size + test <= #codes then
      local order = stream:permutation(#codes)
      local function part(t, first, last) return op.take(t, ops.slice(order, 1, first, last)) end
      local x, x2 = part(codes, 1, size), part(codes, size + 1, size + test)
      local y, y2 = part(factors, 1, size), part(factors, size + 1, size + test)
      local list, right = {}, 0
      for k = 1, K do
        local predict = predictor(x, statistic.column(y, k), fit, o.seed * K + k)
        local hits = op.eq(predict(x2), statistic.column(y2, k))
        list[k], right = statistic.share(hits), right + hits / K
      end
      local i = #more.sizes + 1
      more.sizes[i], more.per_factor[i] = size, list
      more.mean[i], more.min[i] = statistic.mean(list), math.min(table.unpack(list))
      by_size[size] = more.mean[i]
      more.interval = intervals.of_mean(more.mean[i], statistic.share(right * right), test)
    end
  end
  if #more.sizes == 0 then
    option.fail(WHO, "got %d points, wanted %d or more", #codes,
      math.min(table.unpack(o.sizes)) * 3 // 2)
  end
  if by_size[100] and by_size[10000] then more.efficiency = by_size[100] / by_size[10000] end
  return more.mean[#more.mean], option.details(o, #codes, more)
end
