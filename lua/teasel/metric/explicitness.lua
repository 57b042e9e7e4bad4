-- Explicitness (Ridgeway & Mozer 2018) as disentanglement_lib counts it: for each factor a logistic
-- regression on the codes, which are standardised by the mean and standard deviation of the points
-- it learns from; the area under the curve of each value against the others, averaged over values
-- and factors, on fresh points. The regression is the exact optimum, with C = 1 and a free
-- intercept. A code that never varies is left at 0. Chance is 1/2; Ridgeway & Mozer rescale it.

local core = require "teasel.core"
local halves = require "teasel.metric.lib.halves"
local intervals = require "teasel.metric.lib.intervals"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local stop = require "teasel.lib.stop"

local learn = core.learn
local WHO = "explicitness"

local defaults = halves.options{
  C = 1,           -- weight of the data against |w|^2 / 2
  resamples = 0,   -- of the fresh points, for an interval
}

-- an auc that says which factor has no point of a value
local function auc(classifier, x, y, k, part)
  local ok, list = pcall(classifier.auc, classifier, x, y)
  if not ok then
    option.fail(WHO, "factor %d, %s: %s", k, part, tostring(list):gsub("^.-: auc: ", ""))
  end
  return statistic.mean(list)
end

-- explicitness(codes [n D], factors [n K], options) -> score, details: per_factor [K], and train,
-- per_factor_train: the same on the points that were learned from; interval if there are resamples
-- and each has points of every value
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  local x, y, x2, y2 = halves.draw(WHO, codes, factors, o)
  local standardised = statistic.standardiser(x)
  x, x2 = standardised(x), standardised(x2)
  local train, test, classifiers = {}, {}, {}
  for k = 1, y:shape()[2] do
    classifiers[k] = learn.logistic(x, statistic.column(y, k), o.C)
    train[k] = auc(classifiers[k], x, statistic.column(y, k), k, "points learned from")
    test[k] = auc(classifiers[k], x2, statistic.column(y2, k), k, "points tested on")
  end
  local score = statistic.mean(test)
  local ok, interval = pcall(intervals.bootstrap, WHO, o, score, x2, y2, function(z, f)
    local list = {}
    for k, classifier in ipairs(classifiers) do
      list[k] = statistic.mean(classifier:auc(z, statistic.column(f, k)))
    end
    return statistic.mean(list)
  end)
  if not ok then stop.passed(interval) end
  return score, option.details(o, #x, {per_factor = test, train = statistic.mean(train),
    per_factor_train = train, interval = ok and interval or nil})
end
