-- InfoGAN on faces of many people: the method of Chen et al. 2016, "InfoGAN: interpretable
-- representation learning by information maximizing generative adversarial nets", with a design of
-- our own for CASIA-WebFace (Yi et al. 2014), which the paper has not.
--
-- Claim    At 64 x 64, too, single latents take up what all people share: azimuth, glasses, hair,
--          emotion. (A published design for this set, ten latents of ten categories and 5 numbers
--          at 65 x 65, was reported by its author as not disentangled.)
-- Data     Drawn portraits, 64 x 64 in colour: 5,000 people with 4 images each, as CASIA has many
--          people of few images; or CASIA's own files, --data FOLDER, the middle 180 of 250 pixels,
--          which leaves out most of the background.
-- Models   gan.photographs: the networks of table 3 with a layer more for twice the size, batch
--          norm in all of G. A quarter of the channels (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players
-- Codes    Four numbers U(-1, 1) for what is continuous (turn, nod, light, smile), since ten
--          categories would cut it into steps; four of ten categories for what comes in kinds. More
--          latents than that compete for few causes, and each has to be told by Q from noise. 128
--          numbers of noise carry who it is. lambda 1 for categories, 0.1 for numbers, as in the
--          authors' advice: L_I of numbers has no bound and would outweigh the GAN.
-- Choices  Learning rates 2e-4 (D) and 5e-4 (G; 1e-3 in table 3, for a network of half the depth);
--          noise on D's images that fades over half of the steps, and these images moved by up to 3
--          pixels, so that D cannot go by where things are; averaged weights for evaluation.
-- Scores   as experiments/infogan_celeba.lua
-- Run      build/teasel experiments/infogan_casia.lua [--data CASIA-WebFace] [--seed 1]
--          build/teasel experiments/infogan_casia.lua --summary "runs/infogan_casia*"  (the table)

local T = require "teasel"
local row = T.gan.rows.casia
local config = T.run.config({
  data = "",                 -- folder of CASIA-WebFace; none: drawn portraits
  people = 5000,             -- of the drawn portraits, 4 images each
  steps = 3000,              -- steps of training
  batch = 64,                -- images in a step
  lr_d = row.lr_d,           -- learning rate of D and Q
  lr_g = row.lr_g,           -- learning rate of G
  lambda = 1.0,              -- weight of L_I of the categories
  lambda_continuous = 0.1,   -- weight of L_I of the numbers
  width = 0.25,              -- share of the paper's channels and units, up to 1
  blur = 0.1,                -- deviation of the noise on what D sees, 0 from half of the way on
  shift = 3.0,               -- pixels by which what D and Q see is moved at random, at most
  average = 0.999,           -- share that averaged weights keep at each step; 0: none are taken
  seed = 1,                  -- seed of the weights, the batches and the latents
  images = 5000,             -- drawn portraits that the scores take, 10 or more
  reader = 2000,             -- steps of training of the network that reads factors
  summary = "",              -- no training: a table of the runs that this pattern names
}, {"data", "images", "reader", "summary"})
T.command.at_least(config, {images = 10, reader = 1, shift = 0})
if config.summary ~= "" then return T.gan_report.readings_summary(config.summary) end

local drawn = assert(T.data.stored(T.data.portraits{size = 64,
  identities = config.people, images = 4}, "portraits64"))
local data = config.data == "" and drawn or assert(T.data.casia{folder = config.data, size = 64,
  crop = 180})
local latents = T.latents{noise = row.latents.noise,
  {"categorical", 10, count = 4, weight = config.lambda},
  {"uniform", 4, weight = config.lambda_continuous}}
local model = row.network(latents, {width = config.width})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end,
  lr_d = config.lr_d, lr_g = config.lr_g, average = config.average, blur = config.blur,
  warp = {shift = config.shift}}

T.gan_report.readings(r, {data = drawn, images = config.images, steps = config.reader,
  numbers = {"azimuth", "elevation", "light", "smile"}, kinds = {glasses = 3, style = 5},
  title = ("InfoGAN, CASIA, seed %d, step %d"):format(config.seed, r.step)})
