-- Likelihoods p(x|z) of images, from what a decoder gives for each pixel. A model of
-- teasel.model.vae has one in its field `likelihood`; without it, Bernoulli:
--
--   local model = T.vae.conv(32, 3)
--   model.likelihood = T.likelihood.gaussian(0.1)
--
-- Each is {nll =, mean =, outputs =}:
--   nll(x [n h w c], output [n h w outputs * c]) -> -log p(x|z) [n], in nats, summed over pixels
--   mean(output) -> images [n h w c] in [0, 1], what is shown
--   outputs   how many numbers it reads for each channel of a pixel (nil: 1)
-- The same beta means different things in different likelihoods: a latent stays in use where the
-- images' variance along it is above beta times the pixels' own variance, which is v in N(., v) and
-- about 0.25, at a grey of 0.5, in Bernoulli's.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local ops = require "teasel.op.composed"

local op = core.op
local likelihood = {}

local STEP = 1 / 255              -- between two grey values of a picture
local FLOOR = 2 * math.log(STEP)  -- the least log variance: that of a constant pixel would be -inf

-- the first or second half of a decoder's channels
local function half(who, output, which)
  local c = output:rank() == 4 and output:shape()[4] or 1
  if c % 2 > 0 then check.wrong("likelihood." .. who, "output", output, "[n h w 2c]") end
  c = c // 2
  return ops.slice(output, 4, (which - 1) * c + 1, which * c)
end

local function clipped(output) return op.minimum(op.maximum(output, 0), 1) end

local KIND = {nll = "x: tensor, output: tensor", mean = "output: tensor"}

-- bernoulli: the output are logits. Of grey values in [0, 1] it is the cross-entropy, which is no
-- likelihood.
likelihood.bernoulli = {}

-- nll(x [n h w c], output) -> -log p(x|z) [n]
function likelihood.bernoulli.nll(x, output) return dist.bernoulli.nll(x, output) end

-- mean(output) -> the probabilities of white
function likelihood.bernoulli.mean(output) return op.sigmoid(output) end

check.functions("likelihood.bernoulli.", likelihood.bernoulli, KIND)

-- gaussian(variance) -> N(output, variance) for every pixel on its own; the variance, in squared
-- grey values, is a number above 0
function likelihood.gaussian(variance)
  local made, logvar = {}, math.log(variance)
  function made.nll(x, output) return dist.gaussian.nll(x, output, logvar) end
  function made.mean(output) return clipped(output) end
  check.functions("likelihood.gaussian.", made, KIND)
  return made
end

-- gaussian_shared: one variance for all pixels, which is not learned but the best for each batch,
-- the mean of (x - output)^2: Rybkin et al. 2021, "Simple and effective VAE training with
-- calibrated decoders", eq. 5; at least that of a deviation of 1 / 255
likelihood.gaussian_shared = {}

-- nll(x [n h w c], output [n h w c]) -> -log p(x|z) [n]
function likelihood.gaussian_shared.nll(x, output)
  local variance = op.maximum(ops.mean(op.square(x - output)), STEP * STEP)
  return dist.gaussian.nll(x, output, op.log(variance))
end

-- mean(output) -> the output, in [0, 1]
function likelihood.gaussian_shared.mean(output) return clipped(output) end

-- gaussian_pixel: a variance for each channel of each pixel, which the decoder gives as its second
-- half of channels, as log variances; they are bent so that none is below that of 1 / 255
likelihood.gaussian_pixel = {outputs = 2}

-- nll(x [n h w c], output [n h w 2c]) -> -log p(x|z) [n]
function likelihood.gaussian_pixel.nll(x, output)
  local mean, raw = half("gaussian_pixel.nll", output, 1), half("gaussian_pixel.nll", output, 2)
  return dist.gaussian.nll(x, mean, op.softplus(raw - FLOOR) + FLOOR)
end

-- mean(output) -> the first half of the channels, in [0, 1]
function likelihood.gaussian_pixel.mean(output)
  return clipped(half("gaussian_pixel.mean", output, 1))
end

-- logistic: x is one of 256 grey values; its probability is that of an interval of 1 / 255 about it
-- under a logistic distribution, whose mean and log scale, in -7..5, the decoder gives; black and
-- white have all that lies beyond: Salimans et al. 2017, eq. 2, with one component
likelihood.logistic = {outputs = 2}

-- nll(x [n h w c], output [n h w 2c]) -> -log p(x|z) [n]
function likelihood.logistic.nll(x, output)
  local rate = op.exp(-op.clip(half("logistic.nll", output, 2), -7, 5))
  local gap = x - half("logistic.nll", output, 1)
  if gap:rank() ~= 4 then check.wrong("likelihood.logistic.nll", "x", x, "[n h w c]") end
  local above, below = (gap + STEP / 2) * rate, (gap - STEP / 2) * rate
  -- S(a) - S(b) = S(a) S(-b) (1 - e^(b - a)) of logistic functions S
  local inside = op.log(1 - op.exp(rate * -STEP)) - op.softplus(-above) - op.softplus(below)
  local log_p = op.where(op.lt(x, STEP / 2), -op.softplus(-above),
    op.where(op.gt(x, 1 - STEP / 2), -op.softplus(below), inside))
  return -op.sum(log_p, {2, 3, 4})
end

-- mean(output) -> the first half of the channels, in [0, 1]
function likelihood.logistic.mean(output) return clipped(half("logistic.mean", output, 1)) end

for _, name in ipairs{"gaussian_shared", "gaussian_pixel", "logistic"} do
  check.functions("likelihood." .. name .. ".", likelihood[name], KIND)
end

-- of(model) -> the likelihood of a model
function likelihood.of(model) return model.likelihood or likelihood.bernoulli end

check.functions("likelihood.", likelihood, {gaussian = "variance: positive", of = "model: table"})

return likelihood
