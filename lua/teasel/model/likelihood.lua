-- Likelihoods p(x|z) of images, from what a decoder gives for each pixel. A model of
-- teasel.model.vae has one in its field `likelihood`; without it, Bernoulli:
--
--   local model = T.vae.conv(32, 3)
--   model.likelihood = T.likelihood.gaussian(0.1)
--
-- Each is {nll =, mean =}:
--   nll(x [n h w c], output [n h w c]) -> -log p(x|z) [n], in nats, summed over the pixels
--   mean(output) -> images [n h w c] in [0, 1], what is shown
-- The same beta means different things in different likelihoods: a latent stays in use where the
-- images' variance along it is above beta times the pixels' own variance, which is v in N(., v) and
-- about 0.25, at a grey of 0.5, in Bernoulli's.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"

local op = core.op
local likelihood = {}

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
  if not (variance > 0 and variance < math.huge) then
    check.wrong("likelihood.gaussian", "variance", variance, "a number above 0")
  end
  local made, logvar = {}, math.log(variance)
  function made.nll(x, output) return dist.gaussian.nll(x, output, logvar) end
  function made.mean(output) return op.minimum(op.maximum(output, 0), 1) end
  check.functions("likelihood.gaussian.", made, KIND)
  return made
end

-- of(model) -> the likelihood of a model
function likelihood.of(model) return model.likelihood or likelihood.bernoulli end

check.functions("likelihood.", likelihood, {gaussian = "variance: number", of = "model: table"})

return likelihood
