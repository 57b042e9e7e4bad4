-- JointVAE (Dupont 2018): some latents are N(0, 1), others are categories, of which a sample is
-- nearly one-hot: the Gumbel-softmax of Maddison et al. 2017 and Jang et al. 2017.
--
--   local model = joint_vae.model{shape = {64, 64, 1}, continuous = 6, categories = {3}}
--   local continuous, categorical = joint_vae.kl(model, pass)             -- in nats
--
-- It is a model of teasel.model.vae with another posterior. Its latents are the continuous ones,
-- then the categories of each categorical one; a pass's unit_kl has one number for each of these.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local likelihood = require "teasel.model.likelihood"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"
local vae = require "teasel.model.vae"
local view = require "teasel.model.view"

local op = core.op

local joint_vae = {}

local LEAST = 1e-6   -- of the uniform numbers behind Gumbel noise: their logarithm is finite

-- gumbel(stream, logits [n K], temperature) -> [n K], rows that sum to 1: softmax((logits + g) /
-- temperature) with g = -log(-log u). The category of the largest has the probability
-- softmax(logits); with the temperature near 0 the row is nearly one-hot
function joint_vae.gumbel(stream, logits, temperature)
  local u = shard.draw(stream, "uniform", logits, logits:shape(), LEAST, 1 - LEAST)
  return op.softmax((logits - op.log(-op.log(u))) / temperature)
end

-- f(logits of each categorical latent), as a list
local function each(model, logits, f)
  local list, last = {}, 0
  for i, K in ipairs(model.categories) do
    list[i] = f(ops.slice(logits, 2, last + 1, last + K), i)
    last = last + K
  end
  return list
end

local function joined(first, list)
  table.insert(list, 1, first)
  return op.concat(list, first:rank())
end

-- what the report, the scores and everybody else sees: the codes are the means, then the log
-- probabilities of the categories
local function view_of(model, params)
  local latents, column = {}, model.continuous + 1
  for i = 1, model.continuous do latents[i] = {name = "z" .. i, code = i} end
  for i, K in ipairs(model.categories) do
    latents[#latents + 1] = {name = "c" .. i, kind = "categorical", width = K,
      probabilities = column}
    column = column + K
  end
  return view{
    represent = function(images)
      local q = model.encoder(params.encoder, images)
      return joined(q.mean, each(model, q.logits, function(l) return op.log_softmax(l) end))
    end,
    decode = function(z) return vae.decode(model, params, z) end,
    prior = function(stream, n)
      local draws = {}
      for i, K in ipairs(model.categories) do
        draws[i] = op.one_hot(stream:split("c" .. i):integers({n}, 1, K), K)
      end
      return joined(stream:split("z"):normal{n, model.continuous}, draws)
    end,
    latents = latents,
  }
end

-- model(options) -> the model. Options: shape, channels, hidden, activation and likelihood as of
-- vae.network, and
--   continuous   latents from N(0, 1), one or more (6)
--   categories   for each categorical latent how many it has ({3})
--   temperature  of the samples (0.67)
function joint_vae.model(given)
  local o = options.read("joint_vae.model", given, {shape = options.any, continuous = 6,
    categories = {3}, temperature = 0.67, channels = options.any, hidden = options.any,
    activation = options.any, likelihood = likelihood.bernoulli})
  check.list("joint_vae.model", "shape", o.shape, check.count)
  check.count("joint_vae.model", "option 'continuous'", o.continuous)
  check.number("joint_vae.model", "option 'temperature'", o.temperature, 1e-3)
  check.list("joint_vae.model", "categories", o.categories, check.count)
  if #o.categories == 0 then
    check.wrong("joint_vae.model", "option 'categories'", o.categories, "a list of one or more")
  end
  local all = 0
  for _, K in ipairs(o.categories) do all = all + K end
  local model = vae.network{shape = o.shape, channels = o.channels, hidden = o.hidden,
    activation = o.activation, likelihood = o.likelihood, latents = o.continuous + all,
    heads = {mean = o.continuous, logvar = o.continuous, logits = all}}
  model.continuous, model.categories, model.view = o.continuous, o.categories, view_of
  model.posterior = {
    sample = function(stream, q)
      return joined(dist.gaussian.sample(stream:split("z"), q.mean, q.logvar),
        each(model, q.logits, function(l, i)
          return joint_vae.gumbel(stream:split("c" .. i), l, o.temperature)
        end))
    end,
    -- KL(q(c|x) || uniform) = log K - H(q(c|x)), of the categories themselves, as in the paper, not
    -- of their nearly one-hot samples
    kl = function(q)
      return joined(vae.unit_kl(q.mean, q.logvar), each(model, q.logits, function(l)
        return op.reshape(math.log(l:shape()[2]) - ops.mean(dist.categorical.entropy(l)), {1})
      end))
    end,
  }
  return model
end

-- kl(model, pass) -> the KL of the continuous latents and that of the categorical ones, in nats,
-- each a sum over its latents: eq. 7 holds each at a capacity of its own
function joint_vae.kl(model, pass)
  local k = model.continuous
  return op.sum(ops.slice(pass.unit_kl, 1, 1, k)), op.sum(ops.slice(pass.unit_kl, 1, k + 1, -1))
end

-- most(model) -> the most that the categorical latents can carry, in nats: the sum of log K
function joint_vae.most(model)
  local sum = 0
  for _, K in ipairs(model.categories) do sum = sum + math.log(K) end
  return sum
end

check.functions("joint_vae.", joint_vae, {
  gumbel = "stream: stream, logits: tensor, temperature: number", model = "given: table",
  kl = "model: table(continuous categories), pass: table(unit_kl)",
  most = "model: table(categories)",
})

return joint_vae
