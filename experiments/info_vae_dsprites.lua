-- InfoVAE on dSprites: Zhao et al. 2019, "InfoVAE: balancing learning and inference in variational
-- autoencoders", sections 3 and 5.
--
-- Claim    With alpha = 0 .. 1 and a large lambda the code keeps its information about x, and q(z)
--          is near the prior, where the evidence lower bound gives up the one for the other.
-- Data     dSprites, drawn on demand (the paper has MNIST); training and scores use all images.
-- Models   conv   as in Locatello et al. 2019: 32, 32, 64, 64 channels, 256 units, 10 latents, but
--                 4 x 4 kernels throughout (there 2 x 2 in the last two layers)
--          small  half of its channels and units
-- Loss     -E log p(x|z) + (1 - alpha) KL(q(z|x) || p(z)) + (alpha + lambda - 1) MMD(q(z) || p(z)),
--          eq. 6, with the kernel e^(-|x - y|^2 / 2 v), v = the number of latents, and as many
--          draws of the prior as images. alpha = 1 is the MMD-VAE.
-- Settings lambda = 1000, alpha = 1, 64 images, Adam 5e-4: the paper's own are for other data.
-- Run      build/teasel experiments/info_vae_dsprites.lua [--alpha 1] [--lambda 1000]
--          [--steps 20000] [--network small] [--seed 1] [--score part]

local T = require "teasel"
local objective, optim, run, vae = T.objective, T.optim, T.run, T.vae

local NETWORKS = {conv = vae.conv, small = vae.small}

local config = run.config({
  alpha = 1.0,        -- how much of the KL is left out: 0, all of it counts; 1, none
  lambda = 1000.0,    -- weight of the discrepancy of q(z) and the prior
  network = "conv",   -- see Models
  latents = 10,       -- units of the code
  batch = 64,         -- images in a step
  steps = 20000,      -- steps of training
  lr = 5e-4,          -- learning rate
  seed = 1,           -- seed of the weights, the batches and the samples
  score = "all",      -- images that the scores take: all, part or few
}, {"score", network = NETWORKS})

T.command.at_least(config, {batch = 2})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local net = vae.learner(NETWORKS[config.network](config.latents), optim.adam{lr = config.lr},
  T.stream(config.seed, "init"))

local function step(_, stream)
  local x, mmd = data:batch(stream:split("batch"), config.batch), nil
  local prior = stream:split("prior"):normal{config.batch, config.latents}
  local terms = net:step(x, stream:split("z"), function(pass)
    mmd = objective.mmd(pass.z, prior)
    return pass.reconstruction + pass.kl * (1 - config.alpha)   -- eq. 6
      + mmd * (config.alpha + config.lambda - 1)
  end)
  terms.mmd = mmd
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("InfoVAE, alpha %g, lambda %g, step %d"):format(config.alpha, config.lambda, r.step)})
