-- Leakage (Mathieu et al. 2016): how well a classifier tells a label from codes that should not
-- know it, or from codes that should. The score is its accuracy on fresh points, averaged over
-- factors. Style codes leak what lies above chance, the share of the commonest value among the
-- fresh points.
--
--   local style = metric.leakage(z, digits)      -- 0.1 at best
--   local content = metric.leakage(s, digits)    -- 1 at best
--
-- The classifier is "trees" (gradient boosted), "logistic", or a function: classifier(x [n D], y
-- [n], classes, stream), with y from 0, returns a function from codes [m D] to classes [m]. That
-- of Mathieu et al. is a network of two layers.

local core = require "teasel.core"
local halves = require "teasel.metric.lib.halves"
local intervals = require "teasel.metric.lib.intervals"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local options = require "teasel.options"

local learn, op = core.learn, core.op
local WHO = "leakage"

local defaults = halves.options{
  classifier = options.any,   -- "trees", the default, "logistic" or a function
}

local known = {}

function known.trees(x, y)
  local model = learn.boost(x, y)
  return function(codes) return model:predict(codes) end
end

function known.logistic(x, y)
  local model = learn.logistic(x, y)
  return function(codes) return model:predict(codes) end
end

-- the share of the commonest class
local function chance(y, classes)
  local most = 0
  for c = 0, classes - 1 do most = math.max(most, statistic.share(op.eq(y, c))) end
  return most
end

-- leakage(codes [n D], factors [n K], options) -> score, details: per_factor [K], train [K], chance
-- [K], interval
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  local classifier = o.classifier or "trees"
  local fit = type(classifier) == "function" and classifier or known[classifier] or
    option.fail(WHO, "option 'classifier': got '%s', wanted 'trees', 'logistic' or a function",
      tostring(classifier))
  local x, y, x2, y2, values = halves.draw(WHO, codes, factors, o)
  local per_factor, train, least, right = {}, {}, {}, 0
  local stream = core.rand.stream(o.seed, WHO .. " classifier")
  for k, list in ipairs(values) do
    local label, fresh = statistic.column(y, k), statistic.column(y2, k)
    local predict = fit(x, label, #list, stream:split(tostring(k)))
    local hits = op.eq(predict(x2), fresh)
    per_factor[k], train[k] = statistic.share(hits), statistic.agreement(predict(x), label)
    least[k], right = chance(fresh, #list), right + hits / #values
  end
  local score = statistic.mean(per_factor)
  local details = option.details(o, #x, {per_factor = per_factor, train = train, chance = least,
    interval = intervals.of_mean(score, statistic.share(right * right), #x2)})
  details.settings.classifier = type(classifier) == "string" and classifier or "a function"
  return score, details
end
