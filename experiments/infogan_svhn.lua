-- InfoGAN on house numbers: Chen et al. 2016, "InfoGAN: interpretable representation learning by
-- information maximizing generative adversarial nets", section 7.2, figure 5 and appendix C.2.
--
-- Claim    One continuous latent changes the lighting, a categorical one the digit in the middle.
-- Data     Drawn digits of 32 x 32 pixels, moved, in a colour of their own on a ground of its own;
--          or a folder of SVHN's pictures, --data FOLDER.
-- Models   Appendix C, table 2, those of experiments/infogan_celeba.lua; a quarter of the channels
--          (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players; lambda 1 for
--          all latents
-- Choices  From the appendix: 124 numbers of noise, four latents of ten categories, four numbers
--          (two in the text), leak 0.1, learning rates 2e-4 and 1e-3. Not in it: batch, steps,
--          beta1 0.5, weights and batch norm as in infogan_mnist.lua.
-- Scores   A network trained on the drawn digits reads the digit, and how bright the digit and the
--          ground are, off generated ones.
-- Run      build/teasel experiments/infogan_svhn.lua [--data FOLDER] [--seed 1]

local T = require "teasel"
local row = T.gan.rows.svhn
local config = T.run.config({
  data = "",        -- folder of pictures; none: drawn digits
  steps = 3000,     -- steps of training
  batch = 64,       -- images in a step
  width = 0.25,     -- share of the paper's channels and units, up to 1
  seed = 1,         -- seed of the weights, the batches and the latents
  images = 5000,    -- drawn digits that the scores take
  reader = 1000,    -- steps of training of the network that reads factors
  summary = "",     -- no training: a table of the runs that this pattern names
}, {"data", "images", "reader", "summary"})
T.command.at_least(config, {images = 10, reader = 1})
if config.summary ~= "" then return T.gan_report.readings_summary(config.summary) end

local digits = T.data.digits{side = 32, hand = {0, 1, 2, 3}, slant = 2, width = {1, 3}}
-- of each number of a picture, always the same: colours of the ground and of the digit
local colours = T.stream(1, "svhn"):uniform({1024, 1, 1, 6})
local function colour_of(index)
  return T.take(colours, index - (index * (1 / 1024)):floor() * 1024 + 1, 1)
end
local drawn = T.data.set.new{count = digits:count(), shape = {32, 32, 3},
  factor_names = {"digit", "ground", "ink"},
  images = function(index)
    local ink, colour = digits:images(index), colour_of(index)
    return ink * T.slice(colour, 4, 4, 6) + (1 - ink) * T.slice(colour, 4, 1, 3)
  end,
  factors = function(index)
    local colour = colour_of(index):reshape{#index, 6}
    return T.concat({digits:labels(index):reshape{#index, 1},
      T.slice(colour, 2, 1, 3):mean(2, true), T.slice(colour, 2, 4, 6):mean(2, true)}, 2)
  end}
local data = config.data == "" and drawn
  or assert(T.data.folder{config.data, size = 32, channels = 3})
local latents = T.latents(row.latents)
local model = row.network(latents, {width = config.width})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end,
  lr_d = row.lr_d, lr_g = row.lr_g}

T.gan_report.readings(r, {data = drawn, images = config.images, steps = config.reader,
  numbers = {"ground", "ink"}, kinds = {digit = 10}, panels = {"digit", "ground", "ink"},
  title = ("InfoGAN, house numbers, seed %d, step %d"):format(config.seed, r.step)})
