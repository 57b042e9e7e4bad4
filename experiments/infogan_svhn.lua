-- InfoGAN on house numbers: Chen et al. 2016, "InfoGAN: interpretable representation learning by
-- information maximizing generative adversarial nets", section 7.2, figure 5 and appendix C.2.
--
-- Claim    One continuous latent changes the lighting, a categorical one the digit in the middle.
-- Data     Drawn house numbers (teasel.data.generator.house_numbers), 32 x 32 in colour: digits in
--          a colour of their own on a ground of its own, under a light that falls off to one side;
--          or a folder of SVHN's pictures, --data FOLDER.
-- Models   Appendix C, table 2, those of experiments/infogan_celeba.lua; a quarter of the channels
--          (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players; lambda 1 for
--          all latents
-- Choices  From the appendix: 124 numbers of noise, four latents of ten categories, four numbers
--          (two in the text), leak 0.1, learning rates 2e-4 and 1e-3. Not in it: batch, steps,
--          beta1 0.5, weights and batch norm as in infogan_mnist.lua; noise on what D sees, which
--          fades: without it D wins after 300 steps, and G draws one and the same noise (seed 1;
--          with spectral norm in D, too).
-- Scores   A network trained on the drawn ones reads the digit, the light, and how bright the
--          colours of the digit and of the ground are, off generated ones.
-- Run      build/teasel experiments/infogan_svhn.lua [--data FOLDER] [--seed 1]

local T = require "teasel"
local row = T.gan.rows.svhn
local config = T.run.config({
  data = "",        -- folder of pictures; none: drawn ones
  steps = 6000,     -- steps of training
  batch = 64,       -- images in a step
  blur = 0.2,       -- deviation of the noise on what D sees, 0 from half of the way on
  width = 0.25,     -- share of the paper's channels and units, up to 1
  seed = 1,         -- seed of the weights, the batches and the latents
  images = 5000,    -- drawn ones that the scores take, 10 or more
  reader = 1000,    -- steps of training of the network that reads factors
  summary = "",     -- no training: a table of the runs that this pattern names
}, {"data", "images", "reader", "summary"})
T.command.at_least(config, {images = 10, reader = 1})
if config.summary ~= "" then return T.gan_report.readings_summary(config.summary) end

local drawn = T.data.house_numbers{}
local data = config.data == "" and drawn
  or assert(T.data.folder{config.data, size = 32, channels = 3})
local latents = T.latents(row.latents)
local model = row.network(latents, {width = config.width})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end,
  lr_d = row.lr_d, lr_g = row.lr_g, blur = config.blur}

T.gan_report.readings(r, {data = drawn, images = config.images, steps = config.reader,
  numbers = {"ground", "ink", "light"}, kinds = {digit = 10},
  panels = {"light", "digit", "ground", "ink"},
  title = ("InfoGAN, house numbers, seed %d, step %d"):format(config.seed, r.step)})
