-- ControlVAE on dSprites: Shao et al. 2020, "ControlVAE: controllable variational autoencoder",
-- section 5.2.
--
-- Claim    A controller of beta holds the KL at a target that rises slowly: the factors come one
--          after the other, as with |KL - C|, and the reconstructions are better than beta-VAE's.
-- Data     dSprites, drawn on demand; training and scores use all images.
-- Models   conv   the paper's: 32, 32, 64, 64 channels, 256 units, 10 latents, ReLU
--          small  half of the channels and units
-- Loss     -E log p(x|z) + beta(t) KL with beta(t) = kp / (1 + e^error) - ki (sum of errors) + 1,
--          error = C - KL, that of this batch, eq. 6 and algorithm 1.
-- Settings kp = 0.01, ki = 0.001, C from 0.5 nats to 18 by 0.15 every 5,000 steps, 64 images, Adam
--          1e-4 and 1.5 million steps in the published code. Here --every 50 and Adam 5e-4.
-- Run      build/teasel experiments/control_vae_dsprites.lua [--target 18] [--steps 20000]
--          [--network small] [--seed 1] [--score part]

local T = require "teasel"
local objective, optim, run, vae = T.objective, T.optim, T.run, T.vae

local NETWORKS = {conv = vae.conv, small = vae.small}

local config = run.config({
  target = 18.0,      -- the KL that is reached, in nats
  start = 0.5,        -- the target of the first steps
  rise = 0.15,        -- how much the target rises at a time
  every = 50,         -- steps between
  kp = 0.01,          -- of the controller: what an error does at once
  ki = 0.001,         -- and what it does for each step that it lasts
  network = "conv",   -- see Models
  latents = 10,       -- units of the code
  batch = 64,         -- images in a step
  steps = 20000,      -- steps of training
  lr = 5e-4,          -- learning rate
  seed = 1,           -- seed of the weights, the batches and the samples
  score = "all",      -- images that the scores take: all, part or few
}, {"score", network = NETWORKS})

T.command.at_least(config, {every = 1})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local net = vae.learner(NETWORKS[config.network](config.latents), optim.adam{lr = config.lr},
  T.stream(config.seed, "init"))
local controller = objective.controller{kp = config.kp, ki = config.ki}
net.state.controller = controller.state

local function step(t, stream)
  local x = data:batch(stream:split("batch"), config.batch)
  local C = math.min(config.target, config.start + config.rise * ((t - 1) // config.every))
  local beta
  local terms = net:step(x, stream:split("z"), function(pass)
    beta = controller:step(pass.kl:item(), C)
    return pass.reconstruction + pass.kl * beta   -- algorithm 1
  end)
  terms.beta, terms.target = beta, C
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("ControlVAE, %g nats, step %d"):format(config.target, r.step)})
