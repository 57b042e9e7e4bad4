-- DIP-VAE on dSprites: Kumar et al. 2018, "Variational inference of disentangled latent concepts
-- from unlabeled observations", sections 3 and 5.
--
-- Claim    Matching the covariance of q(z) to that of the prior disentangles without the loss of
--          detail that a large beta has (SAP .53, as Lin et al. 2020 quote it; by the definition
--          that is used here the factors themselves get .23).
-- Data     dSprites, drawn on demand; training and scores use all images.
-- Models   conv   as in Locatello et al. 2019: 32, 32, 64, 64 channels, 256 units, 10 latents, but
--                 4 x 4 kernels throughout (there 2 x 2 in the last two layers)
--          small  half of its channels and units
-- Loss     -E log p(x|z) + KL + lambda_od sum of cov_ij^2 + lambda_d sum of (cov_ii - 1)^2, eqs. 6
--          and 7: I of the posterior's means, with lambda_d = 10 lambda_od; II of z, with equal
--          ones. The covariance is that of each batch.
-- Settings lambda_od 1 to 50, 64 images, Adam 1e-4, 300,000 steps in Locatello et al. 2019. Here
--          lambda_od = 10, Adam 5e-4 and fewer steps by default.
-- Run      build/teasel experiments/dip_vae_dsprites.lua [--kind II] [--off 10] [--steps 20000]
--          [--network small] [--seed 1] [--score part]

local T = require "teasel"
local objective, optim, run, vae = T.objective, T.optim, T.run, T.vae

local NETWORKS = {conv = vae.conv, small = vae.small}

local config = run.config({
  kind = "I",         -- I: the covariance of the means; II: of z
  off = 10.0,         -- lambda_od, weight of the covariances
  diagonal = 0.0,     -- lambda_d, weight of the variances; 0: 10 off of kind I, off of kind II
  network = "conv",   -- see Models
  latents = 10,       -- units of the code
  batch = 64,         -- images in a step
  steps = 20000,      -- steps of training
  lr = 5e-4,          -- learning rate
  seed = 1,           -- seed of the weights, the batches and the samples
  score = "all",      -- images that the scores take: all, part or few
}, {"score", network = NETWORKS, kind = {I = true, II = true}})
T.command.at_least(config, {batch = 2, off = 0, diagonal = 0})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local net = vae.learner(NETWORKS[config.network](config.latents), optim.adam{lr = config.lr},
  T.stream(config.seed, "init"))
local weights = {kind = config.kind, off = config.off,
  diagonal = config.diagonal > 0 and config.diagonal or nil}

local function step(_, stream)
  local x, dip = data:batch(stream:split("batch"), config.batch), nil
  local terms = net:step(x, stream:split("z"), function(pass)
    dip = objective.dip(pass, weights)
    return pass.reconstruction + pass.kl + dip   -- eqs. 6 and 7
  end)
  terms.dip = dip
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("DIP-VAE-%s, lambda = %g, step %d"):format(config.kind, config.off, r.step)})
