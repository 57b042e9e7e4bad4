-- InfoGAN-CR on dSprites: Lin et al. 2020, "InfoGAN-CR and ModelCentrality: self-supervised model
-- training and selection for disentangling GANs", section 4 and table 1.
--
-- Claim    Five latents of a "modified" InfoGAN (spectral norm in D, Q a normal distribution of
--          deviation 1) follow the factors, and better with the contrastive regularizer: FactorVAE
--          .82 and .88, DCI .60 and .71, MIG .22 and .37, BetaVAE .87 and .95 (means of 50 runs).
-- Data     dSprites, drawn on demand, all images
-- Models   the authors' (teasel.model.contrastive), half of the channels and units (--width 1: all)
-- Loss     D, Q: -V - lambda L_I;  H: the cross entropy CE of which latent two images share
--          G:    -E log D(G(z, c)) - lambda L_I + alpha CE, alpha being 0 at first
-- Choices  From the authors' settings: 5 latents and 5 noise, all U(-1, 1), batch 64, Adam with
--          beta1 0.5, rates 1e-3 (G) and 2e-3 (D, Q, H), lambda 0.05, alpha 2 for the last tenth of
--          322,000 steps. Here 3,000 steps, alpha from the middle on (--from). In their program D's
--          images and H's pairs are drawn apart, G steps twice for each step of D, and H, which is
--          D's network for two images, begins anew when alpha does; the contrastive gap is 0. Here
--          the first images of the pairs are those that D sees, G's loss has all, each steps once,
--          and H learns on. As far as their program for coloured sprites tells, they also have one
--          noise for both images of a pair (here each has its own), spectral norm in Q (here batch
--          norm) but not in H's last layer (here too), a leak of 0.2 (here 0.1), and G's batch norm
--          behind its rectifiers.
-- Scores   Of Q's means. The authors' code scores the points that it learned from: both protocols
--          are given, and the scores at each tenth of the way on 576 images.
-- Run      build/teasel experiments/infogan_cr_dsprites.lua [--alpha 0] [--seed 1] [--score part]
--          (--alpha 0: the modified InfoGAN)
--          build/teasel choose "runs/infogan_cr_dsprites*"   (ModelCentrality, without labels)

local T = require "teasel"
local game, run = T.game, T.run

local config = run.config({
  alpha = 2.0,      -- weight of the contrastive regularizer; 0: the modified InfoGAN
  from = 0.5,       -- share of the steps after which alpha counts
  steps = 3000,     -- steps of training
  batch = 64,       -- images in a step, of each kind
  lambda = 0.05,    -- weight of L_I of each latent
  lr_d = 2e-3,      -- learning rate of D, Q and H
  lr_g = 1e-3,      -- learning rate of G
  width = 0.5,      -- share of the authors' channels and units
  seed = 1,         -- seed of the weights, the batches and the latents
  score = "all",    -- images that the scores take: all, part or few
}, {"score"})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local latents = T.latents{noise = 5, {"uniform", 5, weight = config.lambda, deviation = 1}}
local model = T.contrastive.network(latents, {width = config.width})
local net = T.infogan(model, latents, T.stream(config.seed, "init"))
local cr = T.contrastive(model, latents, T.stream(config.seed, "init of H"))

local D, G = net:players{lr_d = config.lr_d, lr_g = config.lr_g,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I, Gz, k, alpha)
    local CE = alpha > 0 and cr:loss(Gz, k) or 0
    return -log_D - L_I + CE * alpha
  end}
local H = cr:player{lr = config.lr_d}
net.state.h = cr.state

local view = net:view()
local keep = T.score_film.new(net.state, view, T.report.scored "few", config)

local function step(t, stream)
  local x = data:batch(stream:split "batch", config.batch)
  local z, k = cr:pairs(stream:split "z", config.batch)
  local Gz, alpha = G:forward(z), t > config.from * config.steps and config.alpha or 0
  local steps = {{D, x, Gz:slice(1, 1, #k), z:slice(1, 1, #k)}, {G, z, k, alpha}}
  if config.alpha > 0 then table.insert(steps, 2, {H, Gz, k}) end
  local terms = game.alternating(steps)
  keep(t)
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = model,
  latents = latents, data = data, view = view}

local title = ("InfoGAN-CR, alpha %g, seed %d, step %d"):format(config.alpha, config.seed, r.step)
local scores = T.gan_report.factors(r, {data = scored, title = title})
T.score_film.report(r, {data = scored, title = title, scores = scores, published = {
  {"Lin et al. 2020, modified InfoGAN, 50 runs", factor_vae = .82, dci = .60, mig = .22,
    beta_vae = .87},
  {"InfoGAN-CR, 50 runs", factor_vae = .88, dci = .71, mig = .37, beta_vae = .95},
  {"InfoGAN-CR chosen by ModelCentrality", factor_vae = .92, dci = .77, mig = .45, beta_vae = .99},
}})
