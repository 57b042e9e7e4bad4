-- JointVAE on dSprites: Dupont 2018, "Learning disentangled joint continuous and discrete
-- representations", section 5.
--
-- Claim    A categorical latent can take up what is discrete, here the shape, and six continuous
--          ones the rest.
-- Data     dSprites, drawn on demand; training and scores use all images.
-- Models   conv   the paper's: 32, 32, 64, 64 channels, 256 units, ReLU; 6 continuous latents and
--                 one of 3 categories, with a Gumbel-softmax of temperature 0.67
--          small  half of the channels and units
-- Loss     -E log p(x|z, c) + gamma |KL_z - C_z| + gamma |KL_c - C_c|, eq. 7.
-- Settings gamma = 150, C_z raised to 40 nats and C_c to 1.1 over 300,000 steps, Adam 5e-4, 64
--          images (the settings kept with the authors' trained model). Here over --ramp steps.
--          C_c is at most what three categories can carry, log 3.
-- Run      build/teasel experiments/joint_vae_dsprites.lua [--steps 20000] [--ramp 20000]
--          [--network small] [--seed 1] [--score part]

local T = require "teasel"
local joint_vae, optim, run, vae = T.joint_vae, T.optim, T.run, T.vae

local NETWORKS = {conv = 32, small = 16}

local config = run.config({
  gamma = 150.0,       -- weight of both |KL - C|
  capacity = 40.0,     -- the C of the continuous latents that is reached, in nats
  categorical = 1.1,   -- and that of the categories
  ramp = 20000,        -- steps over which both rise from 0
  network = "conv",    -- see Models
  latents = 6,         -- continuous latents
  categories = 3,      -- of the categorical one
  batch = 64,          -- images in a step
  steps = 20000,       -- steps of training
  lr = 5e-4,           -- learning rate
  seed = 1,            -- seed of the weights, the batches and the samples
  score = "all",       -- images that the scores take: all, part or few
}, {"score", network = NETWORKS})

T.command.at_least(config, {ramp = 1})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local n = NETWORKS[config.network]
local model = joint_vae.model{shape = data.shape, channels = {n, n, 2 * n, 2 * n},
  hidden = {8 * n}, continuous = config.latents, categories = {config.categories}}
local net = vae.learner(model, optim.adam{lr = config.lr}, T.stream(config.seed, "init"))
local rise = optim.schedule.linear(0, 1, config.ramp)

local function step(t, stream)
  local x, kl_z, kl_c = data:batch(stream:split("batch"), config.batch), nil, nil
  local C_z = config.capacity * rise(t)
  local C_c = math.min(config.categorical * rise(t), joint_vae.most(model))
  local terms = net:step(x, stream:split("z"), function(pass)
    kl_z, kl_c = joint_vae.kl(model, pass)
    return pass.reconstruction + vae.capacity(kl_z, config.gamma, C_z)   -- eq. 7
      + vae.capacity(kl_c, config.gamma, C_c)
  end)
  terms.kl_z, terms.kl_c = kl_z, kl_c
  terms.unit_kl = terms.unit_kl:slice(1, 1, config.latents)   -- of those with a unit of the code
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("JointVAE, %d + %d, step %d"):format(config.latents, config.categories, r.step)})
