-- Probability distributions, gaussian, laplace, bernoulli, categorical and uniform: sample, nll
-- (negative log likelihood), entropy, kl; all in nats, as dist.laplace.kl(mean, logscale).
-- x and the parameters are [n, ...]; nll, entropy and kl sum over all axes but the first and
-- return [n], one number for each item of a batch. Samples of gaussian, laplace and uniform are
-- differentiable in their parameters (reparameterised); those of the others are constants.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local names = require "teasel.lib.names"
local shard = require "teasel.lib.shard"

local op, constant = core.op, core.grad.constant
local dist = {gaussian = {}, laplace = {}, bernoulli = {}, categorical = {}, uniform = {}}

local LOG_2PI = math.log(2 * math.pi)
local LEAST = 2 ^ -25   -- half the step of a uniform float, for a draw of which the log is taken
local STEEP = 80        -- log of an inverse scale that a float still holds

local function per_item(x)
  local axes = {}
  for d = 2, x:rank() do axes[d - 1] = d end
  return #axes > 0 and op.sum(x, axes) or x
end

-- gaussian: N(mean, diag(e^logvar))

-- sample(stream, mean, logvar) -> mean + e^(logvar / 2) eps, eps ~ N(0, I)   Kingma & Welling 2014
function dist.gaussian.sample(stream, mean, logvar)
  local all = op.add(mean, logvar)
  return mean + op.exp(logvar * 0.5) * shard.draw(stream, "normal", all, all:shape())
end

-- nll(x, mean, logvar) -> -log N(x; mean, e^logvar) [n]; floats reach to a logvar of -170,
-- derivatives to -85
function dist.gaussian.nll(x, mean, logvar) return per_item(op.gaussian_nll(x, mean, logvar)) end

-- entropy(logvar) -> the entropy [n], which no mean changes
function dist.gaussian.entropy(logvar)
  return per_item(op.affine(logvar, 0.5, 0.5 * (LOG_2PI + 1)))
end

-- kl(mean, logvar, mean2, logvar2) -> KL(N(mean, e^logvar) || N(mean2, e^logvar2)), of any ratio of
-- variances that is a number; the second is N(0, I) when left out
function dist.gaussian.kl(mean, logvar, mean2, logvar2)
  if not mean2 then return per_item(op.gaussian_kl(mean, logvar)) end
  check.numeric("dist.gaussian.kl", "logvar2", logvar2)
  -- neither variance is made, only their ratio: each may be beyond what a number can be
  local gap = op.square(op.sub(mean, mean2) * op.exp(logvar2 * -0.5))
  local apart = op.sub(logvar, logvar2)
  return per_item((gap + op.exp(apart) - 1 - apart) * 0.5)
end

-- laplace: of density e^(-|x - mean| / b) / 2b, b = e^logscale

-- sample(stream, mean, logscale) -> mean - e^logscale sign(u) log(1 - |u|), u ~ U(-1, 1)
function dist.laplace.sample(stream, mean, logscale)
  local all = op.add(mean, logscale)
  local u = op.affine(shard.draw(stream, "uniform", all, all:shape()), 2, -1)
  local unit = op.sign(u) * -op.log(op.maximum(1 - op.abs(u), LEAST))
  return mean + op.exp(logscale) * unit
end

-- nll(x, mean, logscale) -> -log p(x) [n]
function dist.laplace.nll(x, mean, logscale)
  local apart = op.abs(op.sub(x, mean)) * op.exp(-logscale)
  return per_item(apart + logscale + math.log(2))
end

-- entropy(logscale) -> the entropy [n], which no mean changes
function dist.laplace.entropy(logscale)
  return per_item(op.affine(logscale, 1, 1 + math.log(2)))
end

-- kl(mean, logscale, mean2, logscale2) -> KL of the first distribution to the second, [n], which is
-- that of mean 0 and scale 1 when left out
function dist.laplace.kl(mean, logscale, mean2, logscale2)
  if mean2 then check.numeric("dist.laplace.kl", "logscale2", logscale2) end
  local d, log_ratio = op.abs(op.sub(mean, mean2 or 0)), op.sub(logscale, logscale2 or 0)
  local apart = d * op.exp(op.minimum(-logscale, STEEP))
  local far = d * op.exp(-(logscale2 or 0)) + op.exp(log_ratio - apart)
  return per_item(far - log_ratio - 1)
end

-- bernoulli: independent items, 1 with probability sigmoid(logits)

-- sample(stream, logits) -> items 0 and 1, of the shape of the logits
function dist.bernoulli.sample(stream, logits)
  return op.lt(shard.draw(stream, "uniform", logits, logits:shape()), op.sigmoid(logits))
end

-- nll(x, logits) -> -log p(x) [n]; x in [0, 1], else an error; between the ends this is the
-- cross-entropy, not a likelihood
function dist.bernoulli.nll(x, logits)
  local nll = op.bernoulli_nll(x, logits)
  if nll:size() > 0 then
    local seen = constant(x)
    local low, high = op.min(seen):item(), op.max(seen):item()
    if not (low >= 0 and high <= 1) then
      fail("dist.bernoulli.nll: argument 'x': got items from %g to %g, wanted them in 0..1, as the "
        .. "Bernoulli likelihood has them", low, high)
    end
  end
  return per_item(nll)
end

-- entropy(logits) -> [n]
function dist.bernoulli.entropy(logits)
  return per_item(op.bernoulli_nll(op.sigmoid(logits), logits))
end

-- kl(logits, logits2) -> KL of the first distribution to the second, [n]
function dist.bernoulli.kl(logits, logits2)
  local p = op.sigmoid(logits)
  return per_item(op.bernoulli_nll(p, logits2) - op.bernoulli_nll(p, logits))
end

-- categorical: the last axis of logits [n, ..., k] are the classes; x is one-hot

-- sample(stream, logits) -> one-hot samples
function dist.categorical.sample(stream, logits)
  local shape, n = logits:shape(), 1
  local k = shape[#shape] or check.wrong("dist.categorical.sample", "logits", logits, "[n ... k]")
  for d = 1, #shape - 1 do n = n * shape[d] end
  local rows = op.reshape(core.grad.constant(op.softmax(logits)), {n, k})
  return op.reshape(op.one_hot(shard.draw(stream, "categorical", logits, rows), k), shape)
end

-- nll(x, logits) -> -log p(x) [n] of one-hot x
function dist.categorical.nll(x, logits) return per_item(op.cross_entropy(logits, x)) end

-- entropy(logits) -> [n]
function dist.categorical.entropy(logits)
  return per_item(op.cross_entropy(logits, op.softmax(logits)))
end

-- kl(logits, logits2) -> KL of the first distribution to the second, [n]
function dist.categorical.kl(logits, logits2)
  local p = op.softmax(logits)
  return per_item(op.cross_entropy(logits2, p) - op.cross_entropy(logits, p))
end

-- uniform: on [lo, hi) for every item

-- sample(stream, lo, hi) -> samples of the shape of lo and hi
function dist.uniform.sample(stream, lo, hi)
  local all = op.add(lo, hi)
  return lo + (hi - lo) * shard.draw(stream, "uniform", all, all:shape())
end

-- nll(x, lo, hi) -> [n]; infinite outside of [lo, hi]
function dist.uniform.nll(x, lo, hi)
  local inside = op.ge(x, lo) * op.le(x, hi)
  return per_item(op.where(inside, op.log(op.sub(hi, lo)), math.huge))
end

-- entropy(lo, hi) -> [n]
function dist.uniform.entropy(lo, hi) return per_item(op.log(op.sub(hi, lo))) end

-- kl(lo, hi, lo2, hi2) -> KL(U(lo, hi) || U(lo2, hi2)): infinite unless the second covers the first
function dist.uniform.kl(lo, hi, lo2, hi2)
  local covered = op.le(lo2, lo) * op.ge(hi2, hi)
  return per_item(op.where(covered, op.log(op.sub(hi2, lo2)) - op.log(op.sub(hi, lo)),
    math.huge))
end

local GAUSSIAN, UNIFORM = "mean: numeric, logvar: numeric", "lo: numeric, hi: numeric"
local LAPLACE = "mean: numeric, logscale: numeric"

check.functions("dist.gaussian.", dist.gaussian, {
  sample = "stream: stream, " .. GAUSSIAN,
  nll = "x: numeric, " .. GAUSSIAN, entropy = "logvar: numeric",
  kl = GAUSSIAN .. ", mean2: numeric?, logvar2: numeric?",
})
check.functions("dist.laplace.", dist.laplace, {
  sample = "stream: stream, " .. LAPLACE,
  nll = "x: numeric, " .. LAPLACE, entropy = "logscale: numeric",
  kl = LAPLACE .. ", mean2: numeric?, logscale2: numeric?",
})
check.functions("dist.bernoulli.", dist.bernoulli, {
  sample = "stream: stream, logits: tensor", nll = "x: tensor, logits: tensor",
  entropy = "logits: tensor", kl = "logits: tensor, logits2: tensor",
})
check.functions("dist.categorical.", dist.categorical, {
  sample = "stream: stream, logits: tensor", nll = "x: tensor, logits: tensor",
  entropy = "logits: tensor", kl = "logits: tensor, logits2: tensor",
})
check.functions("dist.uniform.", dist.uniform, {
  sample = "stream: stream, " .. UNIFORM, nll = "x: numeric, " .. UNIFORM,
  entropy = UNIFORM, kl = UNIFORM .. ", lo2: numeric, hi2: numeric",
})

for name, kind in pairs(dist) do names.strict(kind, "dist." .. name) end

return dist
