-- The probe of Mathieu et al. (2016): the network that tells a label from frozen codes, as the
-- classifier of teasel.metric.leakage:
--
--   local score, details = metric.leakage(z, digits, {classifier = probe.classifier})
--
-- Two layers of 256 units, each with batch normalisation and leaky ReLU (0.2), and a linear one.
-- How it was trained is not recorded; here by Adam, 1e-3, on batches of 64, until the loss on the
-- points it learns from is flat: an epoch that is not better by 1 % than the best so far is counted
-- against it, and the fifth in a row ends the training.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local grad = require "teasel.grad"
local statistic = require "teasel.metric.lib.statistic"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local optim = require "teasel.optim"
local options = require "teasel.options"

local op = core.op
local probe = {}

local CHUNK = 4096   -- codes that are classified at a time

local defaults = {
  units = 256,
  batch = 64,
  lr = 1e-3,
  epochs = 50,      -- at most
  patience = 5,     -- epochs without a gain
  gain = 0.01,      -- of the loss, that counts
}

-- net(n_in, classes, units) -> the layers
function probe.net(n_in, classes, units)
  return nn.chain{
    nn.linear(n_in, units), nn.batch_norm(units), nn.leaky_relu(0.2),
    nn.linear(units, units), nn.batch_norm(units), nn.leaky_relu(0.2),
    nn.linear(units, classes),
  }
end

local function rows(x, first, last) return ops.slice(x, 1, first, last) end

-- new(options) -> a function as metric.leakage's `classifier`: classifier(x [n D], y [n] from 0,
-- classes, stream) -> a function from codes [m D] to classes [m]. The codes are standardised by
-- those learned from.
function probe.new(o)
  o = options.read("probe", o, defaults)
  local function classifier(x, y, classes, stream)
    local n, d = table.unpack(x:shape())
    local standardised = statistic.standardiser(x)
    x = standardised(x)
    local net = probe.net(d, classes, o.units)
    local params, stats = net:init(stream:split "init")
    local adam = optim.adam{lr = o.lr}
    local state, batch = adam:init(params), math.min(o.batch, n)
    local loss = grad.value_and_grad(function(p, codes, label)
      local logits = net(p, codes, {train = true, stats = stats})
      return ops.mean(op.cross_entropy(logits, op.one_hot(label + 1, classes)))
    end)
    local best, against, draws = math.huge, 0, stream:split "order"
    for _ = 1, o.epochs do
      local order, sum = draws:permutation(n), 0
      for first = 1, n - batch + 1, batch do
        local index = rows(order, first, first + batch - 1)
        local value, grads = loss(params, op.take(x, index), op.take(y, index))
        adam:update(params, grads, state)
        sum = sum + value:item()
      end
      sum = sum / (n // batch)
      against = sum < best * (1 - o.gain) and 0 or against + 1
      best = math.min(best, sum)
      if against == o.patience then break end
    end
    return function(codes)
      local parts, m = {}, #codes
      for first = 1, m, CHUNK do
        local part = rows(codes, first, math.min(first + CHUNK - 1, m))
        local logits = net(params, standardised(part), {stats = stats})
        parts[#parts + 1] = op.argmax(logits, 2) - 1
      end
      return op.concat(parts, 1)
    end
  end
  return check.called("probe.classifier", classifier,
    "x: tensor, y: tensor, classes: count, stream: stream")
end

-- classifier(x [n D], y [n] from 0, classes, stream) -> a function from codes [m D] to classes [m]:
-- what new() makes
probe.classifier = probe.new()

check.functions("probe.", probe, {net = "n_in: count, classes: count, units: count"})

return probe
