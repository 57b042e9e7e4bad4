-- beta-VAE on dSprites: Higgins et al. 2017, "beta-VAE: learning basic visual concepts with a
-- constrained variational framework", section 4.2.
--
-- Claim    With beta = 4 single units learn position, scale and rotation; with beta = 1 they mix.
--          The paper's metric: 99.23 % for beta = 4, 61.58 % for beta = 1 (figure 6).
-- Data     dSprites, drawn on demand; training and scores use all images, as in the paper.
-- Models   fc      table 1, row "2D shapes": 4096-1200-1200 ReLU, 10 latents, 3 x 1200 tanh,
--                  Adagrad
--          chairs  table 1, row "Chairs": 32, 32, 64, 64 channels, 256 units, Adam 1e-4
--          conv    the later convolutional network of Burgess et al. 2018, Adam (not in this paper)
--          small   chairs with half of the channels and units, Adam 7e-4
--          Bernoulli likelihood, one sample of z per image.
-- Choices  Batch size, number of steps and initialisation are not in the paper: 64 images, Glorot's
--          uniform weights, Adagrad's sums starting at 0.1. With --start beta begins there and
--          falls to --beta by equal factors over --anneal steps: the code's capacity grows, as in
--          Burgess et al. 2018, and the factors come one after the other (`make demo`).
-- Run      build/teasel experiments/beta_vae_dsprites.lua [--beta 1] [--network conv]
--          [--steps 5000] [--seed 1] [--score part]    (--help lists the rest)

local T = require "teasel"
local optim, run, vae = T.optim, T.run, T.vae

-- networks and optimizers by name
local NETWORKS = {
  fc = {make = vae.fc, optimizer = optim.adagrad, lr = 1e-2, options = {initial = 0.1}},
  small = {make = vae.small, optimizer = optim.adam, lr = 7e-4, options = {}},
  conv = {make = vae.conv_burgess, optimizer = optim.adam, lr = 5e-4, options = {}},
  chairs = {make = vae.conv, optimizer = optim.adam, lr = 1e-4, options = {}},
}

local config = run.config({
  beta = 4.0,       -- weight of the KL divergence; 1: a VAE
  start = 0.0,      -- the weight of the first step, above 0; 0: beta from the first step on
  anneal = 6000,    -- steps over which start becomes beta
  network = "fc",   -- see Models
  latents = 10,     -- units of the code
  batch = 64,       -- images in a step
  steps = 5000,     -- steps of training
  lr = 0.0,         -- learning rate; 0: the network's own
  seed = 1,         -- seed of the weights, the batches and the samples
  score = "all",    -- images that the scores take: all, part (a fifth of the angles and a quarter
                    -- of the positions) or few
}, {"score", network = NETWORKS})

T.command.at_least(config, {anneal = config.start > 0 and 1 or 0})

local chosen = NETWORKS[config.network]
chosen.options.lr = config.lr > 0 and config.lr or chosen.lr

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local net = vae.learner(chosen.make(config.latents), chosen.optimizer(chosen.options),
  T.stream(config.seed, "init"))
local beta = config.start > 0 and
  optim.schedule.geometric(config.start, config.beta, config.anneal) or
  function() return config.beta end

local function step(t, stream)
  local x, b = data:batch(stream:split("batch"), config.batch), beta(t)
  local terms = net:step(x, stream:split("z"), function(pass)
    return pass.reconstruction + pass.kl * b   -- eq. 4: -E log p(x|z) + beta KL(q(z|x) || p(z))
  end)
  terms.beta = b
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("beta-VAE, %s, beta = %g, step %d"):format(config.network, config.beta, r.step)})
