-- Variational autoencoders: the networks of the papers and their objectives.
--
-- A model is a pair of layers: encoder, images -> {mean =, logvar =} of q(z|x) [n latents], and
-- decoder, z -> logits of the pixels [n h w c].

local check = require "teasel.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local nn = require "teasel.nn"
local ops = require "teasel.ops"

local op = core.op

local vae = {}

local function latent_heads(n, latents)
  return nn.heads{mean = nn.linear(n, latents), logvar = nn.linear(n, latents)}
end

-- fc(latents, units, activation): Higgins et al. 2017, table 1, row "2D shapes": 4096 - 1200 -
-- 1200, ReLU; decoder 1200 x 3, tanh. Re-implementations often have ReLU in the decoder too.
function vae.fc(latents, units, activation)
  local n, f = units or 1200, activation or nn.tanh
  return {
    encoder = nn.chain{nn.flatten, nn.linear(4096, n), nn.relu, nn.linear(n, n), nn.relu,
      latent_heads(n, latents)},
    decoder = nn.chain{nn.linear(latents, n), f, nn.linear(n, n), f, nn.linear(n, n), f,
      nn.linear(n, 4096), nn.reshape{64, 64, 1}},
  }
end

local HALVE = {kernel = 4, stride = 2, pad = 1}   -- exact halving, and doubling transposed

-- A chain of 4 x 4, stride 2 layers through the given channels, ReLU after each.
local function convolutions(layer, channels, list)
  list = list or {}
  for i = 2, #channels do
    list[#list + 1] = layer(channels[i - 1], channels[i], HALVE)
    list[#list + 1] = nn.relu
  end
  return list
end

local function conv_model(latents, channels, hidden)
  local top = channels[#channels]
  local encoder = convolutions(nn.conv, channels)
  encoder[#encoder + 1] = nn.flatten
  local decoder = {}
  local n = 16 * top
  for i, units in ipairs(hidden) do
    table.move({nn.linear(n, units), nn.relu}, 1, 2, #encoder + 1, encoder)
    n = units
    local before = hidden[#hidden - i + 2] or latents
    table.move({nn.linear(before, hidden[#hidden - i + 1]), nn.relu}, 1, 2, #decoder + 1, decoder)
  end
  encoder[#encoder + 1] = latent_heads(n, latents)
  table.move({nn.linear(hidden[1], 16 * top), nn.relu, nn.reshape{4, 4, top}}, 1, 3,
    #decoder + 1, decoder)
  local back = {}
  for i, c in ipairs(channels) do back[#channels - i + 1] = c end
  convolutions(nn.deconv, back, decoder)
  decoder[#decoder] = nil   -- the last layer gives logits
  return {encoder = nn.chain(encoder), decoder = nn.chain(decoder)}
end

-- conv(latents, channels, width): Higgins et al. 2017, table 1, rows Chairs, CelebA, 3D faces:
-- 64 x 64 images of `channels` colours; 32, 32, 64, 64 channels, 256 units. Another `width` than
-- 32 stands for all of these: 16 is half of each.
function vae.conv(latents, channels, width)
  local n = width or 32
  return conv_model(latents, {channels or 1, n, n, 2 * n, 2 * n}, {8 * n})
end

-- conv_burgess(latents, channels, width): Burgess et al. 2018, appendix: 32 channels (or `width`)
-- four times, 256 units twice.
function vae.conv_burgess(latents, channels, width)
  local n = width or 32
  return conv_model(latents, {channels or 1, n, n, n, n}, {256, 256})
end

-- A fresh state of a model: {encoder = params, decoder = params}
function vae.init(model, stream)
  return {
    encoder = model.encoder:init(stream:split("encoder")),
    decoder = model.decoder:init(stream:split("decoder")),
  }
end

-- terms(model, params, x, stream) -> reconstruction error and KL, both in nats per image (means
-- over the batch of sums over pixels, or latents), with one sample of z for each image
-- (Higgins et al. 2017, eq. 4), and the KL of every unit [latents]. x: images [n h w c] in [0, 1],
-- Bernoulli likelihood.
function vae.terms(model, params, x, stream)
  local q = model.encoder(params.encoder, x)
  local z = dist.gaussian.sample(stream, q.mean, q.logvar)
  local logits = model.decoder(params.decoder, z)
  local unit_kl = ops.mean(op.gaussian_kl(q.mean, q.logvar), 1)
  return ops.mean(dist.bernoulli.nll(x, logits)), op.sum(unit_kl), unit_kl
end

-- capacity(kl, gamma, c): gamma |KL - C|, Burgess et al. 2018, eq. 8
function vae.capacity(kl, gamma, c) return op.abs(op.sub(kl, c)) * gamma end

-- posterior(model, params) -> a function from images to [n 2 latents]: mean and log variance of
-- q(z|x) side by side
function vae.posterior(model, params)
  return function(images)
    local q = model.encoder(params.encoder, images)
    return op.concat({q.mean, q.logvar}, 2)
  end
end

-- decode(model, params, z) -> pixel probabilities [n h w c]
function vae.decode(model, params, z) return op.sigmoid(model.decoder(params.decoder, z)) end

-- unit_kl(mean, logvar) -> [latents]: mean KL of every unit, in nats
function vae.unit_kl(mean, logvar) return ops.mean(op.gaussian_kl(mean, logvar), 1) end

local MODEL = "model: table(encoder decoder)"
local BOTH = MODEL .. ", params: table(encoder decoder)"

check.functions("vae.", vae, {
  fc = "latents: count, units: count?, activation: callable?",
  conv = "latents: count, channels: count?, width: count?",
  conv_burgess = "latents: count, channels: count?, width: count?",
  init = MODEL .. ", stream: stream", terms = BOTH .. ", x: tensor, stream: stream",
  capacity = "kl: numeric, gamma: numeric, c: numeric",
  posterior = "model: table(encoder), params: table(encoder)",
  decode = "model: table(decoder), params: table(decoder), z: tensor",
  unit_kl = "mean: tensor, logvar: tensor",
})

return vae
