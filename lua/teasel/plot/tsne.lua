-- tsne(x [n p], options) -> y [n 2], details: a map in which points that are close in x are close
-- (van der Maaten & Hinton 2008), by the approximation of van der Maaten (2014).
--
--   local map = T.tsne(codes)
--   T.chart.scatter("map.png", {at = map, label = digits})
--
-- Options: perplexity (30): about how many neighbours a point has; theta (0.5): cells narrower than
-- theta times their distance count as one place, 0 is exact and for some thousand points at most,
-- up to 0.7; steps (1000); components (50): x of more columns is replaced by so many principal
-- components, as in both papers; exaggeration (12) of the affinities in the first `early` (250)
-- steps; rate (0: n / exaggeration / 4, at least 10: Belkina et al. 2019, whose gradient lacks
-- the 4); start [n 2] (the first two principal components with the first one's deviation 1e-4,
-- Kobak & Berens 2019); stream (of the components); each(done, steps), a function that is called
-- before each step, as one that shows how far it is. Momentum is 0.5 while early, then 0.8; gains
-- are those of the paper.
-- In details: kl, the divergence in nats, every 50 steps and at the end (while early that of the
-- affinities as they are). A point has 3 * perplexity neighbours, all others where theta is 0.
-- An x that is no matrix of finite numbers, or that has no more points than the perplexity, is an
-- error.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local pca = require "teasel.plot.pca"
local tree = require "teasel.tree"

local op, learn = core.op, core.learn

local EVERY = 50       -- steps to an entry of details.kl
local LEAST_GAIN = 0.01
local SMALL = 1e-6     -- a deviation of the map below which it is enlarged while early

local function check(x, o)
  if not tree.is_tensor(x) or x:rank() ~= 2 then
    fail("tsne: argument 'x': got %s, wanted a matrix, a row for each point", tree.is_tensor(x)
      and ("a tensor of %d axes"):format(x:rank()) or type(x))
  end
  if op.sum(x * 0):item() ~= 0 then
    fail "tsne: argument 'x': got an infinity or a NaN, wanted finite numbers"
  end
  if not (o.perplexity >= 1 and o.perplexity <= #x - 1) then
    fail("tsne: option 'perplexity': got %s, wanted 1 to %d, fewer than the %d points",
      o.perplexity, #x - 1, #x)
  end
  if not (o.theta >= 0 and o.theta <= 0.7) then
    fail("tsne: option 'theta': got %s, wanted a number from 0 to 0.7", o.theta)
  end
  if o.start and (not tree.is_tensor(o.start) or table.concat(o.start:shape(), " ") ~=
      #x .. " 2") then
    fail("tsne: option 'start': got %s, wanted a tensor of %d rows of 2", tree.is_tensor(o.start)
      and "[" .. table.concat(o.start:shape(), " ") .. "]" or type(o.start), #x)
  end
end

-- two principal components, the first with deviation 1e-4; one column is on a line
local function beginning(x, stream)
  local width = x:shape()[2]
  local z = pca(x, {components = math.min(2, width, #x - 1), stream = stream})
  if z:shape()[2] == 1 then z = op.concat({z, z * 0}, 2) end
  local deviation = math.sqrt(ops.mean(op.square(ops.slice(z, 2, 1, 1))):item())
  return z * (1e-4 / math.max(deviation, 1e-30))
end

-- Exaggerated affinities of points without clusters pull a map together, at last to one place that
-- it cannot leave. A map so small is only a direction: its size does not count, so it is enlarged.
local function enlarged(y, velocity)
  local deviation = math.sqrt(ops.mean(op.square(y)):item())
  if deviation >= SMALL or deviation == 0 then return y, velocity end
  return y * (SMALL / deviation), velocity * (SMALL / deviation)
end

return function(x, given)
  local o = options.read("tsne", given, {perplexity = 30, theta = 0.5, steps = 1000,
    components = 50, exaggeration = 12, early = 250, rate = 0, start = options.any,
    stream = options.any, each = function() end})
  check(x, o)
  local n = #x
  local stream = o.stream or core.rand.stream(0, "tsne")
  if x:shape()[2] > o.components and n > o.components then
    x = pca(x, {components = o.components, stream = stream:split "components"})
  end
  local neighbours = o.theta == 0 and n - 1
    or math.min(n - 1, math.max(1, math.floor(3 * o.perplexity)))
  local p <close> = learn.affinity(x, neighbours, math.min(o.perplexity, neighbours))
  local rate = o.rate > 0 and o.rate or math.max(n / o.exaggeration / 4, 10)
  local y = o.start or beginning(x, stream:split "start")
  local velocity, gain = y * 0, y * 0 + 1
  local details = {kl = {}}
  for step = 1, o.steps do
    o.each(step - 1, o.steps)
    local early = step <= o.early
    local slope, kl = p:gradient(y, o.theta, early and o.exaggeration or 1)
    if step % EVERY == 0 then table.insert(details.kl, kl) end
    local against = op.lt(slope * velocity, 0)   -- downhill still leads where the last step went
    gain = op.maximum(op.where(against, gain + 0.2, gain * 0.8), LEAST_GAIN)
    velocity = velocity * (early and 0.5 or 0.8) - rate * gain * slope
    y = y + velocity
    y = y - ops.mean(y, 1, true)
    if early then y, velocity = enlarged(y, velocity) end
  end
  local _, kl = p:gradient(y, o.theta, 1)
  table.insert(details.kl, kl)
  return y, details
end
