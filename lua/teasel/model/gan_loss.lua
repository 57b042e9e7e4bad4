-- What a GAN computes: its networks applied to a batch, and the losses made of that. The networks
-- are those of teasel.model.gan_network, or others of the same form. Parameters are {generator =,
-- critic = {trunk =, d_head =}, q_head =}, as are the running statistics.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local grad = require "teasel.grad"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op = core.op
local gan = {}

-- init(model, stream) -> fresh parameters and running statistics, of an encoder too where there is
-- one
function gan.init(model, stream)
  local params, stats = {critic = {}}, {critic = {}}
  local function begin(name, p, s)
    if model[name] then p[name], s[name] = model[name]:init(stream:split(name)) end
  end
  begin("generator", params, stats)
  begin("trunk", params.critic, stats.critic)
  begin("d_head", params.critic, stats.critic)
  begin("q_head", params, stats)
  begin("encoder", params, stats)
  return params, stats
end

-- weights(who, model, source) -> parameters and running statistics: fresh ones, where the source is
-- a stream, or those of {params =, stats =}. Another source is an error of `who`
function gan.weights(who, model, source)
  if type(source) == "table" and not getmetatable(source) then
    check.fields(who, "source", source, {"params", "stats"})
    return source.params, source.stats
  end
  return gan.init(model, check.stream(who, "source", source))
end

local TRAIN = {train = true}

-- A mode with batch statistics; with `stats`, these are moved, or with `keep` only read.
local function training(stats, keep)
  return stats and {train = true, stats = stats, keep = keep or nil} or TRAIN
end

-- generate(model, params of the generator, z, stats) -> images, by batch statistics
function gan.generate(model, params, z, stats)
  return model.generator(params, z, training(stats))
end

-- judge(model, critic, x, stats, keep) -> D's logits [n 1], features, by batch statistics. Real and
-- generated images are judged in batches of their own. With keep = true the running statistics are
-- only read: spectral norm has its singular vectors there.
function gan.judge(model, critic, x, stats, keep)
  local features = model.trunk(critic.trunk, x, training(stats and stats.trunk, keep))
  return model.d_head(critic.d_head, features, training(stats and stats.d_head, keep)), features
end

-- guess(model, params of the q_head, features, stats, keep) -> Q's outputs, by batch statistics;
-- keep as in judge
function gan.guess(model, params, features, stats, keep)
  return model.q_head(params, features, training(stats, keep))
end

-- centred(model, images in [0, 1]) -> the same in the range of the model's networks
function gan.centred(model, images)
  local low, high = table.unpack(model.range or {0, 1})
  return low == 0 and high == 1 and images or images * (high - low) + low
end

-- recognise(model, params, stats, x) -> Q's outputs [n outputs] for images, by running statistics;
-- params and stats are those of the whole model
function gan.recognise(model, params, stats, x)
  local features = model.trunk(params.critic.trunk, x, {stats = stats.critic.trunk})
  return model.q_head(params.q_head, features, {stats = stats.q_head})
end

-- critic_loss(model, critic, real, fake, stats, options) -> -E log D(x) - E log(1 - D(G(z))), which
-- is -f of the papers, and the features of the generated images. Options: keep, as in judge; label
-- (1): the share of 1 in the labels of real images, which then have
-- -label E log D(x) - (1 - label) E log(1 - D(x)) (one-sided smoothing, Salimans et al. 2016)
function gan.critic_loss(model, critic, real, fake, stats, given)
  local o = options.read("gan.critic_loss", given, {keep = false, label = 1.0})
  local d_real = gan.judge(model, critic, real, stats, o.keep)
  local d_fake, features = gan.judge(model, critic, fake, stats, true)
  local loss = ops.mean(op.softplus(-d_real))
  if o.label ~= 1 then loss = loss * o.label + ops.mean(op.softplus(d_real)) * (1 - o.label) end
  local accuracy = (ops.mean(op.gt(d_real, 0)) + ops.mean(op.lt(d_fake, 0))) * 0.5
  return loss + ops.mean(op.softplus(d_fake)), features, accuracy
end

-- generator_loss(d_fake) -> -E log D(G(z)), that does not saturate       Goodfellow et al. 2014
function gan.generator_loss(d_fake) return ops.mean(op.softplus(-d_fake)) end

-- infogan_loss(model, latents, p, real, fake, z, stats, information) -> the objective of D and Q,
-- -E log D(x) - E log(1 - D(G(z, c))) - sum of lambda L_I, its first two terms, and -log Q(c|x) of
-- each latent; p is {critic =, q_head =}. With information = false Q only watches: its loss ends at
-- its own layers.
function gan.infogan_loss(model, latents, p, real, fake, z, stats, information)
  local loss, features = gan.critic_loss(model, p.critic, real, fake, stats.critic)
  if information == false then features = grad.stop_gradient(features) end
  local nll = latents:nll(gan.guess(model, p.q_head, features, stats.q_head), z)
  return loss + latents:loss(nll), loss, nll
end

local MODEL = "model: table(generator trunk d_head)"

check.functions("gan.", gan, {
  init = MODEL .. ", stream: stream", weights = "who: string, " .. MODEL .. ", source: any",
  generate = "model: table(generator), params: any, z: tensor",
  judge = "model: table(trunk d_head), critic: table(trunk d_head), x: tensor",
  guess = "model: table(q_head), params: any, features: tensor",
  centred = "model: table, images: tensor",
  recognise = "model: table(trunk q_head), params: table(critic q_head), "
    .. "stats: table(critic q_head), x: tensor",
  critic_loss = "model: table(trunk d_head), critic: table(trunk d_head), real: tensor, "
    .. "fake: tensor",
  generator_loss = "d_fake: tensor",
  infogan_loss = "model: table(trunk d_head q_head), latents: table(inputs outputs count), "
    .. "p: table(critic q_head), real: tensor, fake: tensor, z: tensor, "
    .. "stats: table(critic q_head)",
})

return gan
