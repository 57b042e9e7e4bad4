-- The capacity objective on dSprites: Burgess et al. 2018, "Understanding disentangling in
-- beta-VAE", section 5.
--
-- Claim    Raising the information that the code may carry from 0 to C nats lets units take up the
--          factors one after the other: position first, then scale, shape and rotation.
-- Data     dSprites, drawn on demand; training and scores use all images.
-- Models   conv  the paper's: 32 channels four times, 256 units twice, 10 latents, ReLU, Adam 5e-4
--          fc    the fully connected one of Higgins et al. 2017, with Adam
--          Bernoulli likelihood. L = reconstruction + gamma |KL - C|, eq. 8; KL is the batch's mean
--          of the sum over units, and gamma = 1000, C = 25 nats as in the paper.
-- Choices  The paper raises C over 100,000 steps, here --ramp says over how many (4,000). Batch 64.
-- Run      build/teasel experiments/capacity_vae_dsprites.lua [--network fc] [--steps 5000]
--          [--capacity 25] [--gamma 1000] [--seed 1] [--score part]

local T = require "teasel"
local optim, run, vae = T.optim, T.run, T.vae
local dsprites = require "teasel.data.generator.dsprites"

local NETWORKS = {conv = vae.conv_burgess, fc = vae.fc}

local config = run.config({
  gamma = 1000.0,     -- weight of |KL - C|
  capacity = 25.0,    -- the C that is reached, in nats
  ramp = 4000,        -- steps over which C rises from 0
  network = "conv",   -- see Models
  latents = 10,       -- units of the code
  batch = 64,         -- images in a step
  steps = 5000,       -- steps of training
  lr = 5e-4,          -- learning rate
  seed = 1,           -- seed of the weights, the batches and the samples
  score = "all",      -- images that the scores take: all, part or few
}, {"score", network = NETWORKS})

T.command.at_least(config, {ramp = 1})

local scored = T.report.scored(config.score)
local data = dsprites{}
local model = NETWORKS[config.network](config.latents)
local adam = optim.adam{lr = config.lr}
local params = vae.init(model, T.stream(config.seed, "init"))
local state = {params = params, adam = adam:init(params)}
local capacity = optim.schedule.linear(0, config.capacity, config.ramp)

-- eq. 8: -E log p(x|z) + gamma |KL(q(z|x) || p(z)) - C|
local objective = T.value_and_grad(function(p, x, c, stream)
  local pass = vae.pass(model, p, x, stream)
  return pass.reconstruction + vae.capacity(pass.kl, config.gamma, c), pass
end)

local function step(t, stream)
  local x, c = data:batch(stream:split("batch"), config.batch), capacity(t)
  local loss, grads, pass = objective(params, x, c, stream:split("z"))
  adam:update(params, grads, state.adam)
  return {loss = loss, reconstruction = pass.reconstruction, kl = pass.kl, capacity = c,
    unit_kl = pass.unit_kl}
end

local r = run.train{config = config, state = state, step = step, model = model, data = data,
  view = vae.view(model, params), best = "reconstruction"}

T.report.view(r, {data = scored, higgins = {"scale", "orientation", "posX", "posY"},
  seed = {2, 4, 8, 16, 14},   -- a large heart near the middle
  title = ("capacity %g nats, gamma %g, %s, step %d"):format(config.capacity, config.gamma,
    config.network, r.step)})
