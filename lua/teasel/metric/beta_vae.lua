-- The disentanglement metric of Higgins et al. (2017), section 3, as disentanglement_lib counts
-- it. One point for a linear classifier: a factor y is drawn; 64 pairs of points that share y;
-- x = the mean of |z1 - z2| over the pairs, and the label is y. The score is the classifier's
-- accuracy on fresh points; chance is 1/K.
--
--   local score, details = beta_vae(codes, factors, {seed = 1})
--
-- Higgins et al. use 4 factors of dSprites, without the shape: factors = {2, 3, 4, 5}; the library
-- uses all 5, as is the default here. The first of a pair is drawn uniformly from the points given
-- and the second uniformly from those with the same value of y: on a whole grid that is what a
-- simulator would do; missing combinations are no problem. A value that only one point has makes no
-- pair and is left out. A code that never varies is a feature that is always 0.
--
-- The paper's classifier is trained by Adagrad with a rate of 0.01, for how long it does not say.
-- The library's, and the one here, is taken to its minimum, which is far stronger: with the option
-- `steps` it takes so many steps of Adagrad instead, on all points, from weights of 0.

local core = require "teasel.core"
local dlib = require "teasel.metric.lib.dlib"
local classing = require "teasel.metric.lib.classing"
local intervals = require "teasel.metric.lib.intervals"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op, learn, tensor = core.op, core.learn, core.tensor
local WHO = "beta_vae"

local defaults = {
  seed = 0,
  stream = options.any,   -- instead of the seed's
  batch = 64,             -- pairs whose differences are averaged
  train = 10000,          -- points for the classifier
  test = 5000,            -- points it is scored on
  C = 1,                  -- weight of the data in it, against |w|^2 / 2
  standardise = false,    -- features divided by their standard deviation first
  steps = 0,              -- of Adagrad, without a penalty; 0: to the minimum
  lr = 1e-2,              -- its rate
  compat = options.any,   -- "dlib": see teasel.metric.lib.dlib
}

-- the accuracy for each factor alone
local function each(classifier, x, y, K)
  local right, list = op.eq(classifier:predict(x), y), {}
  for k = 1, K do
    local own = op.eq(y, k - 1)
    list[k] = op.sum(right * own):item() / math.max(op.sum(own):item(), 1)
  end
  return list
end

-- a function from a number m to features [m D] and labels [m]
local function drawn(codes, factors, o)
  local groups, stream = classing.groups(WHO, factors), option.stream(WHO, o)
  return function(m)
    local key, step = stream:state()
    stream:seek(step + 1)
    return groups:pairs(codes, key, step, m, o.batch)
  end
end

local function drawn_by_dlib(codes, factors, o)
  local grid = dlib.grid(WHO, factors, o)
  return function(m)
    local a, b, y = grid:pairs(m, o.batch)
    local gap = op.abs(op.take(codes, a) - op.take(codes, b))
    return ops.mean(op.reshape(gap, {m, o.batch, codes:shape()[2]}), 2), y
  end
end

-- A linear classifier of features x [m D] in classes y [m] of 0..K-1, after steps of Adagrad down
-- its mean cross-entropy; seen(step, classifier) is called after 1, 2, 5, 10, 20, 50 ... steps.
local function early(x, y, K, o, seen)
  local m, D = table.unpack(x:shape())
  local target = op.one_hot(y + 1, K)
  -- weights, the bias in the last row, and Adagrad's sums of squares
  local w, sums = tensor.zeros{D + 1, K}, tensor.zeros{D + 1, K}
  local function with_one(at) return op.concat({at, tensor.ones{#at, 1}}, 2) end
  local classifier, points = setmetatable({}, {__close = function() end}), with_one(x)
  function classifier.predict(_, at) return op.argmax(op.matmul(with_one(at), w), 2) - 1 end
  function classifier.weights() return op.permute(w, {2, 1}):table() end   -- as core.learn has them
  local mark, factors, at = 1, {2, 2.5, 2}, 0
  for step = 1, o.steps do
    local gap = (op.softmax(op.matmul(points, w)) - target) * (1 / m)
    local g = op.matmul(points, gap, {ta = true})
    sums = sums + op.square(g)
    w = w - g / (op.sqrt(sums) + 1e-10) * o.lr
    if step == mark then
      seen(step, classifier)
      at = at % 3 + 1
      mark = math.tointeger(mark * factors[at])
    end
  end
  return classifier
end

-- beta_vae(codes [n D], factors [n K], options) -> score, details: train (the accuracy on the
-- classifier's own points), per_factor, weights, interval; with `steps` also curve, a list of
-- {step =, score =} along them
return function(codes, factors, o)
  o = option.read(WHO, o, defaults)
  codes, factors = measured.arrays(WHO, codes, factors, 4, o.factors)
  local K = factors:shape()[2]
  local draw = o.compat and drawn_by_dlib(codes, factors, o) or drawn(codes, factors, o)
  local x, y = draw(o.train)
  local fresh, label = draw(o.test)
  if o.standardise then
    local sd = op.maximum(op.sqrt(ops.var(x, 1)), 1e-12)
    x, fresh = x / sd, fresh / sd
  end
  local curve = o.steps > 0 and {} or nil
  local function seen(step, classifier)
    curve[#curve + 1] = {step = step,
      score = statistic.agreement(classifier:predict(fresh), label)}
  end
  local classifier <close> = curve and early(x, y, K, o, seen) or learn.logistic(x, y, o.C)
  local score = statistic.agreement(classifier:predict(fresh), label)
  return score, option.details(o, #codes, {train = statistic.agreement(classifier:predict(x), y),
    per_factor = each(classifier, fresh, label, K), weights = classifier:weights(), curve = curve,
    interval = intervals.of_mean(score, score, o.test)})
end
