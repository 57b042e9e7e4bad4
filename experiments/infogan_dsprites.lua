-- InfoGAN on dSprites, as a baseline of beta-VAE: Higgins et al. 2017, "beta-VAE: learning basic
-- visual concepts with a constrained variational framework", section 4.2.
--
-- Claim    Five latents learn some of the five factors: 73.5 % on the paper's metric, between the
--          VAE (61.58 %) and beta-VAE (99.23 %).
-- Data     dSprites, drawn on demand, in [-1, 1]; training and scores use all images.
-- Models   Table 1, row "2D shapes", InfoGAN: G of two layers of 256 units and two transposed
--          convolutions, of 128 and 64 channels, tanh; D the reverse; Q has 128 units of its own.
--          The numbers of channels are taken as those that the two read. Half of the channels and
--          units (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players
-- Choices  From the table: 5 latents and 5 noise, all U(-1, 1), Q a normal distribution (of its 5
--          outputs; here the variances are learned, too), learning rates 2e-4 (D, Q) and 1e-3
--          (G). Not in it: lambda 0.1, leak 0.1 and weights as in the InfoGAN paper, batch 64, the
--          number of steps, the map that the transposed convolutions begin with, 16 x 16, and
--          batch norm, here in G and in Q's own layer. With it in D the loss of D fell to 0.1
--          within 3,000 steps, and one of two seeds drew nothing any more.
-- Scores   The representation of an image is Q's mean of each latent.
-- Run      build/teasel experiments/infogan_dsprites.lua [--seed 1] [--steps 2500] [--score part]
--          build/teasel score runs/infogan_dsprites --metrics all

local T = require "teasel"

local row = T.gan.rows.shapes
local config = T.run.config({
  steps = 2500,      -- steps of training
  batch = 64,        -- images in a step
  lr_d = row.lr_d,   -- learning rate of D and Q
  lr_g = row.lr_g,   -- learning rate of G
  lambda = 0.1,      -- weight of L_I
  width = 0.5,       -- share of the paper's channels and units, up to 1
  seed = 1,          -- seed of the weights, the batches and the latents
  score = "all",     -- images that the scores take: all, part or few
}, {"score"})

local scored = T.report.scored(config.score)
local latents = T.latents{noise = 5, {"uniform", 5, weight = config.lambda}}
local model = row.network(latents, {width = config.width})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = T.data.dsprites{}, hand_on = true,
  latents = latents, model = model, lr_d = config.lr_d, lr_g = config.lr_g,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end}

T.gan_report.factors(r, {data = scored, title = ("InfoGAN, seed %d, step %d"):format(config.seed,
  r.step)})
