-- The networks of the GAN papers, and the settings of their tables. A network is a table of layers:
--   generator  z [n inputs] (see teasel.model.latents) -> images [n h w c]
--   trunk      images -> features, shared by D and Q
--   d_head     features -> logit [n 1] that the image is real
--   q_head     features -> what Q says about the latents [n outputs]; absent where there are none
--   range      {least, greatest} of its pixels: {0, 1}, or {-1, 1} where the generator ends in tanh
-- Batch norm comes before the activation, and the biases that it would take out are left out.
-- Appendix C of the InfoGAN paper prints "ReLU, batchnorm"; its code has this order. Weights are
-- drawn from N(0, 0.02^2), as in its code.

local check = require "teasel.lib.check"
local nn = require "teasel.nn"
local options = require "teasel.options"
local scaled = require "teasel.model.scaled"
local sequential = require "teasel.model.sequential"

local network = {}

local LAST, BARE = {last = true}, {norm = false}

-- The options of all networks, and `w`, a function that scales numbers of channels and units.
local function read(given)
  local o = options.read("gan", given, {width = 1, leak = 0.1, spectral = false})
  check.share("gan", "option 'leak'", o.leak)
  return o, scaled("gan", o.width)
end

-- What D and Q, and what the generator begin with; norm: that of all layers, or false; spectral
-- norm takes the place of D's.
local function critic(o, shape, norm, spectral)
  return sequential(shape, {activation = nn.leaky_relu(o.leak), norm = norm and not spectral
    and norm, init = nn.init.normal(0.02), spectral = spectral})
end

local function trunk_of(o, shape, norm) return critic(o, shape, norm, o.spectral) end

local function generator(latents)
  return sequential({latents.inputs}, {activation = nn.relu, norm = nn.batch_norm,
    init = nn.init.normal(0.02)})
end

-- The network of its generator, the activation that this ends in, and the trunk, with the heads of
-- D and Q; hidden: units of Q's own layer, where it has one.
local function network_of(o, latents, made, last, trunk, hidden)
  local features = trunk:size()
  local judge = nn.linear(features, 1, {init = nn.init.normal(0.02)})
  local model = {generator = made:add(last):chain(), trunk = trunk:chain(),
    range = {last == nn.tanh and -1 or 0, 1}, d_head = o.spectral and nn.spectral(judge) or judge}
  if latents.count > 0 then
    local q = critic(o, {features}, nn.batch_norm, false)
    if hidden then q:linear(hidden) end
    model.q_head = q:linear(latents.outputs, LAST):chain()
  end
  return model
end

-- The networks of Chen et al. 2016, appendix C. `latents` is a description of teasel.model.latents.
-- Options of all: width (1) scales all numbers of channels and units; leak (0.1) of D's and Q's
-- rectifiers; spectral (false): D has spectral norm in the place of batch norm, in its head too.

-- mnist(latents, options): table 1: 28 x 28 x 1, in [0, 1]
function network.mnist(latents, given)
  local o, w = read(given)
  return network_of(o, latents,
    generator(latents):linear(w(1024)):linear(7 * 7 * w(128)):reshape{7, 7, w(128)}
      :deconv(w(64)):deconv(1, LAST), nn.sigmoid,
    trunk_of(o, {28, 28, 1}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):linear(w(1024)), w(128))
end

-- celeba(latents, options): tables 2 and 3, SVHN and CelebA: 32 x 32 x 3, in [-1, 1]
function network.celeba(latents, given)
  local o, w = read(given)
  return network_of(o, latents,
    generator(latents):linear(2 * 2 * w(448)):reshape{2, 2, w(448)}
      :deconv(w(256)):deconv(w(128), BARE):deconv(w(64), BARE):deconv(3, LAST), nn.tanh,
    trunk_of(o, {32, 32, 3}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):conv(w(256)):flatten(),
    w(128))
end

-- faces(latents, options): table 4: 32 x 32 x 1, in [0, 1]; D and Q share all but the last layer
function network.faces(latents, given)
  local o, w = read(given)
  return network_of(o, latents,
    generator(latents):linear(w(1024)):linear(8 * 8 * w(128)):reshape{8, 8, w(128)}
      :deconv(w(64)):deconv(1, LAST), nn.sigmoid,
    trunk_of(o, {32, 32, 1}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):linear(w(1024)))
end

-- chairs(latents, options): table 6: 64 x 64 x 1, in [0, 1]; D and Q share all but the last layer
function network.chairs(latents, given)
  local o, w = read(given)
  local same = {same = true}
  return network_of(o, latents,
    generator(latents):linear(w(1024)):linear(8 * 8 * w(256)):reshape{8, 8, w(256)}
      :deconv(w(256), same):deconv(w(256), same):deconv(w(128)):deconv(w(64)):deconv(1, LAST),
    nn.sigmoid, trunk_of(o, {64, 64, 1}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):conv(w(256))
      :conv(w(256), same):conv(w(256), same):linear(w(1024)))
end

-- photographs(latents, options): our own, for 64 x 64 x 3 in [-1, 1]: table 3 with one layer more
-- on each side, so that G begins with a map of 4 x 4 and D ends with one; batch norm in every layer
-- of G but the last, as DCGAN has it (Radford et al. 2016).
function network.photographs(latents, given)
  local o, w = read(given)
  return network_of(o, latents,
    generator(latents):linear(4 * 4 * w(512)):reshape{4, 4, w(512)}
      :deconv(w(256)):deconv(w(128)):deconv(w(64)):deconv(3, LAST), nn.tanh,
    trunk_of(o, {64, 64, 3}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):conv(w(256)):conv(w(512))
      :flatten(), w(128))
end

-- shapes(latents, options): the InfoGAN of Higgins et al. 2017, table 1, "2D shapes":
-- 64 x 64 x 1, in [-1, 1]. The table has two layers of 256 units and two transposed convolutions,
-- 128 and 64 channels, here those that they read; of what is between them it says nothing: here
-- 16 x 16 x 128. Nor of batch norm: here none in D, which with it knows the sparse images by their
-- statistics, and wins.
function network.shapes(latents, given)
  local o, w = read(given)
  return network_of(o, latents,
    generator(latents):linear(w(256)):linear(w(256)):linear(16 * 16 * w(128))
      :reshape{16, 16, w(128)}:deconv(w(64)):deconv(1, LAST), nn.tanh,
    trunk_of(o, {64, 64, 1}, false):conv(w(64)):conv(w(128)):linear(w(256)):linear(w(256)), w(128))
end

-- pairs(latents, options): InfoGAN-CR on dSprites (Lin et al. 2020): 64 x 64 x 1, in [0, 1], with
-- `pair`, the network of H: images [n h w 2c] -> logits [n latents] (see teasel.model.contrastive).
-- G: 128 and 1024 units, 4 x 4 x 64, transposed convolutions of 64, 32, 32 and 1 channels, batch
-- norm; D: 32, 32, 64, 64 channels, 128 units, spectral norm; Q's own layer has 128 units and batch
-- norm, where the authors' program for coloured sprites has spectral norm; its leak is 0.2, here
-- 0.1. Options: width (1) scales all numbers of channels and units; spectral (true); size (64), or
-- 32 or 16: the first convolutions of D are left out for smaller images, and as many of G; colours
-- (1), of a pixel.
function network.pairs(latents, given)
  local o = options.read("contrastive.network", given, {width = 1, spectral = true, size = 64,
    colours = 1})
  check.integer("contrastive.network", "option 'size'", o.size, 16, 64)
  check.integer("contrastive.network", "option 'colours'", o.colours, 1, 1024)
  o.leak = 0.1
  local w = scaled("contrastive.network", o.width)
  local channels, depth = {w(32), w(32), w(64), w(64)}, 0
  while 4 << depth < o.size do depth = depth + 1 end
  if 4 << depth ~= o.size then
    check.wrong("contrastive.network", "option 'size'", o.size, "16, 32 or 64")
  end
  local function down(images)
    local s = trunk_of(o, {o.size, o.size, images * o.colours}, false)
    for i = 5 - depth, 4 do s:conv(channels[i]) end
    return s:linear(w(128))
  end
  local up = generator(latents):linear(w(128)):linear(16 * w(64)):reshape{4, 4, w(64)}
  for i = 4, 6 - depth, -1 do up:deconv(channels[i - 1]) end
  local model = network_of(o, latents, up:deconv(o.colours, LAST), nn.sigmoid, down(1), w(128))
  model.pair = down(2):linear(latents.count, LAST):chain()
  return model
end

local NETWORK = "latents: table(inputs outputs count)"

check.functions("gan.", network, {
  mnist = NETWORK, celeba = NETWORK, faces = NETWORK, shapes = NETWORK,
  chairs = NETWORK, photographs = NETWORK, pairs = NETWORK,
})

-- The settings of the paper's tables, by name: network; latents, a description of
-- teasel.model.latents; learning rates of D with Q and of G. weight is the paper's lambda. Of SVHN
-- the appendix has four continuous latents and the text two; of the faces each panel of figure 3
-- has its own settings, and "wide or narrow" those of the lighting. The chairs have three latents
-- of 20 categories in the appendix and four in the text. `casia` is our own: four latents of ten
-- categories for what comes in kinds (glasses, hair), four numbers for what is turned and lit, with
-- the weight 0.1 that keeps their L_I below the scale of the GAN's losses.
local function faces(weight) return {noise = 128, {"uniform", 5, weight = weight}} end

local function chairs(discrete, continuous)
  return {noise = 128, {"categorical", 20, count = 3, weight = discrete},
    {"uniform", 1, weight = continuous}}
end

network.rows = {
  mnist = {network = network.mnist, lr_d = 2e-4, lr_g = 1e-3,
    latents = {noise = 62, {"categorical", 10}, {"uniform", 2}}},
  svhn = {network = network.celeba, lr_d = 2e-4, lr_g = 1e-3,
    latents = {noise = 124, {"categorical", 10, count = 4}, {"uniform", 4}}},
  celeba = {network = network.celeba, lr_d = 2e-4, lr_g = 1e-3,
    latents = {noise = 128, {"categorical", 10, count = 10}}},
  azimuth = {network = network.faces, lr_d = 2e-4, lr_g = 5e-4, latents = faces(0.2)},
  elevation = {network = network.faces, lr_d = 4e-4, lr_g = 3e-4, latents = faces(0.1)},
  lighting = {network = network.faces, lr_d = 8e-4, lr_g = 3e-4, latents = faces(0.1)},
  chairs_rotation = {network = network.chairs, lr_d = 2e-4, lr_g = 1e-3, latents = chairs(1, 10)},
  chairs_width = {network = network.chairs, lr_d = 2e-4, lr_g = 1e-3, latents = chairs(2, 0.05)},
  casia = {network = network.photographs, lr_d = 2e-4, lr_g = 5e-4,
    latents = {noise = 128, {"categorical", 10, count = 4}, {"uniform", 4, weight = 0.1}}},
  shapes = {network = network.shapes, lr_d = 2e-4, lr_g = 1e-3,
    latents = {noise = 5, {"uniform", 5}}},
}

-- scripts of older runs call them codes
for _, row in pairs(network.rows) do row.codes = row.latents end

return network
