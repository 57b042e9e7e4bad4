-- Objectives of VAEs beyond the evidence lower bound: functions of a pass (see teasel.model.vae)
-- that give a number, to be added to it.
--
--   net:step(x, stream, function(pass)
--     return vae.elbo(pass) + objective.total_correlation(pass, data:count()) * (beta - 1)
--   end)
--
-- All are in nats or squared latents, as the papers have them, and all are differentiable. Those
-- that read q(z|x) want it to be N(mean, e^logvar): a pass of a model of another one is an error.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"

local op, tensor = core.op, core.tensor

local objective = {}

-- Estimates of log q(z) of the aggregate posterior q(z) = 1/N sum over all N images of q(z|x_j),
-- from a batch alone: sum over j of weight(i, j) q(z_i|x_j), where z_i was drawn from q(z|x_i).
-- Each gives the weights of a row: of the image's own posterior, of one other, of the rest. Right
-- on average is the sum, not its logarithm: of narrow posteriors in many units the own one is
-- nearly all of it, and log q(z) comes out too low, so that the total correlation may be below 0.
local SAMPLING = {
  -- Chen et al. 2018, eq. S3 (as the text has it, 1 / NM for all): not what N images would give on
  -- average, since z_i is likelier under its own image, and with M = N the N-th part of q(z_i)
  weighted = function(n, N)
    local w = 1 / (n * N)
    return w, w, w
  end,
  -- their eq. S6, minibatch stratified sampling: on average over batches q(z_i) itself
  stratified = function(n, N)
    local M = n - 1
    return 1 / N, (N - M) / (N * M), 1 / M
  end,
  -- its mean over the choice of the one other: less noise, and exact where the batch is all images
  even = function(n, N)
    local w = (N - 1) / (N * (n - 1))
    return 1 / N, w, w
  end,
}

-- log_weights(n, images, sampling) -> [n n]: the logarithm of the weight of q(z_i|x_j) in row i,
-- column j, for a batch of n >= 2 out of so many images. The one other of row i is i + 1, of the
-- last row the first. sampling: "stratified" (default), "weighted" or "even"
function objective.log_weights(n, images, sampling)
  local of = SAMPLING[sampling or "stratified"]
  if not of then options.unknown("objective.log_weights: sampling", sampling, SAMPLING) end
  if n < 2 or images < n then
    fail("objective.log_weights: got a batch of %d out of %d images, wanted 2 or more, and no more "
      .. "than there are", n, images)
  end
  local own, other, rest = of(n, images)
  local i = tensor.arange(1, n)
  local others = op.one_hot(op.where(op.lt(i, n), i + 1, 1), n)
  return op.where(ops.eye(n), math.log(own), op.where(others, math.log(other), math.log(rest)))
end

-- decompose(pass, images, sampling) -> I(x; z), TC, the sum of the units' KL(q(z_d) || p(z_d)): the
-- three parts of the mean KL, each estimated from the pass's samples, in nats: Chen et al. 2018,
-- eq. 2. `images` is how many there are, N; sampling is as in log_weights
function objective.decompose(pass, images, sampling)
  check.gaussian("objective.decompose", pass, pass.q)
  check.tensor("objective.decompose", "pass.z", pass.z)
  local z, mean, logvar = shard.gather(pass.z, pass.q.mean, pass.q.logvar)
  local n, D = table.unpack(z:shape())
  local weights = objective.log_weights(n, images, sampling)
  local square = {n, n, D}
  -- log q(z_id|x_j) at [i j d]
  local log_q = -op.gaussian_nll(op.expand(op.reshape(z, {n, 1, D}), square),
    op.expand(op.reshape(mean, {1, n, D}), square),
    op.expand(op.reshape(logvar, {1, n, D}), square))
  local own = -op.sum(op.gaussian_nll(z, mean, logvar), 2)
  local prior = -op.sum(op.gaussian_nll(z, 0, 0), 2)
  local joint = op.logsumexp(op.sum(log_q, 3) + weights, 2)
  local product = op.sum(op.logsumexp(log_q + op.reshape(weights, {n, n, 1}), 2), 2)
  return ops.mean(own - joint), ops.mean(joint - product), ops.mean(product - prior)
end

-- total_correlation(pass, images, sampling) -> TC = KL(q(z) || prod of q(z_d)), as decompose
-- estimates it; beta-TCVAE is elbo(pass) + (beta - 1) TC
function objective.total_correlation(pass, images, sampling)
  return (select(2, objective.decompose(pass, images, sampling)))
end

-- covariance(x [n D] [, y [n K]]) -> [D K], of the columns of x with those of y (default: x),
-- divided by n
function objective.covariance(x, y)
  local function centred(v)
    v = shard.gather(v)
    return v - ops.mean(v, 1, true)
  end
  local own = centred(x)
  return op.matmul(own, y and centred(y) or own, true) / #own
end

-- dip(pass, options) -> the penalty of DIP-VAE, that q(z) has the covariance of the prior: Kumar et
-- al. 2018, eqs. 6 and 7: off sum of cov_ij^2, i ~= j, + diagonal sum of (cov_ii - 1)^2. Options:
--   kind      "I": cov is that of the posterior's means; "II": of z, with the mean variance ("I")
--   off       lambda_od (10)
--   diagonal  lambda_d (default: 10 off of kind I, off of kind II)
function objective.dip(pass, given)
  local o = options.read("objective.dip", given, {kind = "I", off = 10, diagonal = options.any})
  if o.kind ~= "I" and o.kind ~= "II" then
    options.unknown("objective.dip: kind", o.kind, {I = true, II = true})
  end
  local diagonal = o.diagonal or (o.kind == "I" and 10 * o.off or o.off)
  check.number("objective.dip", "option 'off'", o.off, 0)
  check.number("objective.dip", "option 'diagonal'", diagonal, 0)
  check.gaussian("objective.dip", pass, pass.q)
  local D = pass.q.mean:shape()[2]
  local unit = ops.eye(D)
  local cov = objective.covariance(pass.q.mean)
  if o.kind == "II" then cov = cov + unit * shard.mean(ops.mean(op.exp(pass.q.logvar), 1)) end
  return op.sum(op.square(cov - unit) * (unit * (diagonal - o.off) + o.off))
end

-- sums over i and j of e^(-|x_i - y_j|^2 / 2 variance)
local function kernel_sum(x, y, variance)
  local n, D = table.unpack(x:shape())
  local gap = op.reshape(x, {n, 1, D}) - op.reshape(y, {1, #y, D})
  return op.sum(op.exp(op.sum(op.square(gap), 3) * (-0.5 / variance)))
end

-- mmd(x [n D], y [m D] [, variance = D]) -> the squared maximum mean discrepancy of what two
-- samples were drawn from, under the kernel e^(-|x - y|^2 / 2 variance): unbiased, Gretton et al.
-- 2012, eq. 3, so that it may be below 0. InfoVAE (Zhao et al. 2019, eq. 6) has it of a pass's z
-- and of draws from the prior: reconstruction + (1 - alpha) KL + (alpha + lambda - 1) MMD
function objective.mmd(x, y, variance)
  x, y = shard.gather(x, y)
  local n, m = #x, #y
  if n < 2 or m < 2 or x:rank() ~= 2 or y:rank() ~= 2 or x:shape()[2] ~= y:shape()[2] then
    fail("objective.mmd: got the shapes [%s] and [%s], wanted [n D] and [m D] of two rows or more",
      table.concat(x:shape(), " "), table.concat(y:shape(), " "))
  end
  local v = variance or x:shape()[2]
  check.number("objective.mmd", "variance", v, 1e-6)
  return (kernel_sum(x, x, v) - n) / (n * (n - 1)) + (kernel_sum(y, y, v) - m) / (m * (m - 1))
    - kernel_sum(x, y, v) * (2 / (n * m))
end

local Controller = {}
Controller.__index = Controller

-- controller(options) -> one that moves beta so that the KL is near a target: ControlVAE, Shao et
-- al. 2020, eq. 6 and algorithm 1: with the error e = target - KL,
--   beta = kp / (1 + e^error) - ki (sum of all errors) + least, within least..most.
-- Options: kp (0.01), ki (0.001), least (1), most (100). The sum stands still where it would leave
-- the range; in the published code it stays where it left it. Field: state {sum =}, to be kept
function objective.controller(given)
  local o = options.read("objective.controller", given,
    {kp = 0.01, ki = 0.001, least = 1.0, most = 100.0})
  for name, value in pairs(o) do
    check.number("objective.controller", "option '" .. name .. "'", value, 0)
  end
  if o.most < o.least then
    check.wrong("objective.controller", "option 'most'", o.most, ("%g or more"):format(o.least))
  end
  return setmetatable({options = o, state = {sum = 0}}, Controller)
end

-- step(kl, target) -> the beta of a step whose batch has this KL; both are numbers, in nats
function Controller:step(kl, target)
  local o, s, e = self.options, self.state, target - kl
  s.sum = math.max(0, math.min(o.most - o.least, s.sum - o.ki * e))
  return math.max(o.least, math.min(o.most, o.kp / (1 + math.exp(e)) + s.sum + o.least))
end

check.methods("controller", Controller, {step = "kl: number, target: number"}, "state")

check.functions("objective.", objective, {
  log_weights = "n: count, images: count, sampling: any",
  decompose = "pass: table(z q), images: count, sampling: any",
  total_correlation = "pass: table(z q), images: count, sampling: any",
  covariance = "x: tensor, y: tensor?", dip = "pass: table(q), given: table?",
  mmd = "x: tensor, y: tensor, variance: number?", controller = "given: table?",
})

return objective
