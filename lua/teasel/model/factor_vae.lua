-- FactorVAE's discriminator (Kim & Mnih 2018): a network that tells latents z of q(z) from those
-- whose units were each shuffled over a batch, which are nearly of the product of all q(z_d). Its
-- logit is then log q(z) / prod q(z_d), and the mean of that over q(z) the total correlation, for
-- any number of images. It is a player of teasel.model.game.
--
--   local D = factor_vae.discriminator{latents = 10, stream = T.stream(1)}
--   local terms, pass = net:step(x, stream, function(pass)
--     return vae.elbo(pass) + D:total_correlation(pass.z) * gamma         -- eq. 2
--   end)
--   D:step(net, pass, other_images, stream)

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local game = require "teasel.model.game"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local optim = require "teasel.optim"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"
local sequential = require "teasel.model.sequential"

local op = core.op

local factor_vae = {}

local Discriminator = {}
Discriminator.__index = Discriminator

local HIDDEN, LEAK = 5, 0.2   -- layers of `units`, and the slope below 0

-- discriminator(options) -> one with fresh parameters. Fields: network, player, and state
-- {params =, optimizer =}, all that the player's steps change. Options:
--   latents  numbers in a row of z
--   stream   of the parameters
--   units    of each of five hidden layers (1000), leaky ReLU
--   lr       of Adam with b1 = 0.5 and b2 = 0.9 (1e-4)
-- The player's loss, of z [n D] and permuted [n D], is -(log D(z) + log(1 - D(permuted))) / 2 with
-- the probability D = sigmoid(logit), and its term the loss, called `discriminator`.
function factor_vae.discriminator(given)
  local o = options.read("factor_vae.discriminator", given, {latents = options.any,
    stream = options.any, units = 1000, lr = 1e-4})
  check.count("factor_vae.discriminator", "option 'latents'", o.latents)
  check.stream("factor_vae.discriminator", "option 'stream'", o.stream)
  local s = sequential({o.latents}, {activation = nn.leaky_relu(LEAK)})
  for _ = 1, HIDDEN do s:linear(o.units) end
  local network = s:linear(1, {last = true}):chain()
  local player = game.player{params = network:init(o.stream),
    optimizer = optim.adam{lr = o.lr, b1 = 0.5, b2 = 0.9},
    loss = function(params, z, permuted)
      -- log D = -softplus(-logit), log(1 - D) = -softplus(logit)
      local loss = (ops.mean(op.softplus(-network(params, z)))
        + ops.mean(op.softplus(network(params, permuted)))) * 0.5
      return loss, {discriminator = loss}
    end}
  return setmetatable({network = network, player = player,
    state = {params = player.params, optimizer = player.state}}, Discriminator)
end

-- total_correlation(z [n D]) -> the mean of the logits, an estimate of KL(q(z) || prod q(z_d)) in
-- nats: eq. 3
function Discriminator:total_correlation(z)
  return ops.mean(self.network(self.player.params, z))
end

-- permuted(stream, z [n D]) -> z with the items of each column in a random order of its own
function factor_vae.permuted(stream, z)
  if z:rank() ~= 2 then check.wrong("factor_vae.permuted", "z", z, "[n D]") end
  z = shard.gather(z)
  local n, D = table.unpack(z:shape())
  local columns = {}
  for d = 1, D do
    columns[d] = op.take(ops.slice(z, 2, d, d), stream:split("column " .. d):permutation(n))
  end
  return shard.rows(op.concat(columns, 2))
end

-- step(net, pass, images, stream) -> the loss, {discriminator =}: one step of the discriminator,
-- behind that of the VAE (algorithm 2): it tells the z of a pass from z of other images of q(z|x),
-- permuted. net: what teasel.model.vae's learner gave, or the same {model =, params =}, of a model
-- whose q(z|x) is N(mean, e^logvar)
function Discriminator:step(net, pass, images, stream)
  local q = net.model.encoder(net.params.encoder, images)
  check.gaussian("discriminator:step", net.model, q)
  local z = dist.gaussian.sample(stream:split "other z", q.mean, q.logvar)
  local terms = game.alternating{{self.player, pass.z,
    factor_vae.permuted(stream:split "permuted", z)}}
  return {discriminator = terms.discriminator}
end

check.methods("discriminator", Discriminator, {total_correlation = "z: tensor",
  step = "net: table(model params), pass: table(z), images: tensor, stream: stream"})
check.functions("factor_vae.", factor_vae, {discriminator = "given: table",
  permuted = "stream: stream, z: tensor"})

return factor_vae
