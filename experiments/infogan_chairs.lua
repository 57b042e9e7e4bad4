-- InfoGAN on chairs: Chen et al. 2016, "InfoGAN: interpretable representation learning by
-- information maximizing generative adversarial nets", section 7.2, figure 4 and appendix C.5.
--
-- Claim    A continuous latent turns the chair, in another network it makes it wide or narrow;
--          three latents of 20 categories take up the kinds of chairs.
-- Data     Drawn chairs (teasel.data.generator.chairs), 64 x 64, grey, from 62 sides; or those of
--          Aubry et al. 2014, --data FOLDER.
-- Models   Appendix C.5, table 6: two layers of each network keep the size of the map. A quarter of
--          the channels and units (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players; lambda from
--          table 7 (--panel): for rotation 10 for the continuous latent and 1 for the others, for
--          width 0.05 and 2
-- Choices  From the appendix: 128 numbers of noise, three categorical latents (the text has four),
--          leak 0.1, learning rates 2e-4 and 1e-3. Not in it: batch, steps, beta1 0.5, weights and
--          batch norm as in infogan_mnist.lua, but for D, which has spectral norm: all images have
--          the same white ground, which batch norm takes out of what D sees (--spectral false: G
--          draws gratings on grey). Q's deviation is 1, as in the authors' code for MNIST: with a
--          learned one 10 L_I is so steep that what D and Q share serves Q alone (--deviation 0).
-- Scores   A network trained on drawn chairs reads where a chair faces off generated ones: the sine
--          and the cosine of its azimuth, since a rank correlation knows no circle. How wide the
--          models are is no factor of the set: panels c1.png to c4.png are to be looked at.
-- Run      build/teasel experiments/infogan_chairs.lua [--panel width] [--data FOLDER] [--seed 1]

local T = require "teasel"
local PANELS = {rotation = "chairs_rotation", width = "chairs_width"}
local config = T.run.config({
  panel = "rotation",   -- settings of table 7 for: rotation or width
  data = "",            -- folder of the rendered chairs; none: drawn ones
  models = 500,         -- drawn chairs
  steps = 2000,         -- steps of training
  batch = 64,           -- images in a step
  deviation = 1.0,      -- of Q's normal distribution; 0: Q learns it
  spectral = true,      -- D has spectral norm in the place of batch norm
  width = 0.25,         -- share of the paper's channels and units, up to 1
  seed = 1,             -- seed of the weights, the batches and the latents
  images = 5000,        -- drawn chairs that the scores take, 10 or more
  reader = 1000,        -- steps of training of the network that reads factors
  summary = "",         -- no training: a table of the runs that this pattern names
}, {"data", "images", "reader", "summary", panel = PANELS})
T.command.at_least(config, {images = 10, reader = 1, deviation = 0})
if config.summary ~= "" then return T.gan_report.readings_summary(config.summary) end

local row = T.gan.rows[PANELS[config.panel]]
local chairs = assert(T.data.stored(T.data.chairs{size = 64, models = config.models}, "chairs64"))
local facing = T.data.set.new{count = chairs:count(), shape = chairs.shape,
  factor_names = {"sine", "cosine"}, images = function(index) return chairs:images(index) end,
  factors = function(index)
    local turn = T.slice(chairs:factors(index), 2, 3, 3) * (2 * math.pi / 31)
    return T.concat({turn:sin(), turn:cos()}, 2)
  end}
local data = config.data == "" and chairs
  or assert(T.data.rendered_chairs{folder = config.data, size = 64, crop = 440, channels = 1})
local latents = T.latents{noise = row.latents.noise, row.latents[1], {"uniform", 1,
  weight = row.latents[2].weight, deviation = config.deviation > 0 and config.deviation or nil}}
local model = row.network(latents, {width = config.width, spectral = config.spectral})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end,
  lr_d = row.lr_d, lr_g = row.lr_g}

T.gan_report.readings(r, {data = facing, images = config.images, steps = config.reader,
  numbers = {"sine", "cosine"},
  title = ("InfoGAN, chairs, %s, seed %d, step %d"):format(config.panel, config.seed, r.step)})
