-- InfoGAN on portraits: Chen et al. 2016, "InfoGAN: interpretable representation learning by
-- information maximizing generative adversarial nets", section 7.2, figure 6 and appendix C.3.
--
-- Claim    Of ten latents of ten categories each, learned without labels from CelebA, one shows the
--          azimuth of the head, one glasses, one the hair style, one the emotion.
-- Data     Drawn portraits (teasel.data.generator.portraits), 32 x 32 in colour, whose azimuth,
--          glasses, hair and smile are known; or CelebA's own files, --data FOLDER.
-- Models   Appendix C, table 3 (its caption says SVHN; the networks are the same): G ends in tanh,
--          so images are in [-1, 1]. Half of the channels and units (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players; lambda 1 for
--          all latents
-- Choices  From the paper: 128 numbers of noise, leak 0.1, learning rates 2e-4 and 1e-3. Not in it:
--          batch, steps, beta1 0.5, weights and batch norm as in infogan_mnist.lua. Against a D
--          that wins, --blur 0.1 shows it images with noise that fades; --average 0.999 evaluates
--          averaged weights.
-- Scores   In place of looking: a network trained on drawn portraits reads azimuth, smile, glasses
--          and hair off generated ones. For each of the four the latent with the largest
--          correlation ratio makes a panel of figure 6, its categories in the order of what is
--          read; all ten latents are in readings.png and scores.json.
-- Run      build/teasel experiments/infogan_celeba.lua [--data CelebA] [--seed 1]
--          build/teasel experiments/infogan_celeba.lua --summary "runs/infogan_celeba*" (the table)

local T = require "teasel"
local row = T.gan.rows.celeba
local config = T.run.config({
  data = "",         -- folder of CelebA's files; none: drawn portraits
  people = 1000,     -- of the drawn portraits, 20 images each
  steps = 3000,      -- steps of training
  batch = 64,        -- images in a step
  lr_d = row.lr_d,   -- learning rate of D and Q
  lr_g = row.lr_g,   -- learning rate of G
  lambda = 1.0,      -- weight of L_I of each latent
  width = 0.5,       -- share of the paper's channels and units, up to 1
  blur = 0.0,        -- deviation of the noise on what D sees, 0 from half of the way on
  shift = 0.0,       -- pixels by which what D and Q see is moved at random, at most
  average = 0.0,     -- share that averaged weights keep at each step; 0: none are taken
  seed = 1,          -- seed of the weights, the batches and the latents
  images = 5000,     -- drawn portraits that the scores take, 10 or more
  reader = 2000,     -- steps of training of the network that reads factors
  summary = "",      -- no training: a table of the runs that this pattern names
}, {"data", "images", "reader", "summary"})
T.command.at_least(config, {images = 10, reader = 1, shift = 0})
if config.summary ~= "" then return T.gan_report.readings_summary(config.summary) end

local drawn = assert(T.data.stored(T.data.portraits{size = 32, identities = config.people},
  "portraits32"))
local data = config.data == "" and drawn
  or assert(T.data.celeba{folder = config.data, part = "train", size = 32})
local latents = T.latents{noise = row.latents.noise, {"categorical", 10, count = 10,
  weight = config.lambda}}
local model = row.network(latents, {width = config.width})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end,
  lr_d = config.lr_d, lr_g = config.lr_g, average = config.average, blur = config.blur,
  warp = {shift = config.shift}}

T.gan_report.readings(r, {data = drawn, images = config.images, steps = config.reader,
  numbers = {"azimuth", "smile"}, kinds = {glasses = 3, style = 5},
  title = ("InfoGAN, portraits, seed %d, step %d"):format(config.seed, r.step)})
