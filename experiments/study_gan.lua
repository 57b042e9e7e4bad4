-- InfoGANs among the runs of experiments/study.lua: the same sets, batch, number of steps, number
-- of latents and metrics. After Lin et al. 2020, "InfoGAN-CR and ModelCentrality", section 4.
--
-- Claim    none of its own: notebooks/08_study.ipynb compares it with the VAEs.
-- Data     --set dsprites, faces or shapes3d, as experiments/study.lua
-- Models   of experiments/infogan_cr_dsprites.lua, half of the channels and units; 10 latents and
--          10 noise, all U(-1, 1)
-- Losses   infogan: D, Q: -V - lambda L_I;  G: -E log D(G(z, c)) - lambda L_I, the "modified"
--          InfoGAN; infogan_cr: G's with alpha times H's cross entropy of which latent two images
--          share, and H learns it
-- Settings Lin et al.'s: Adam with beta1 0.5, rates 1e-3 (G) and 2e-3 (D, Q, H), lambda 0.05,
--          alpha 2 for the second half (the paper: the last tenth of 322,000 steps); 64 images,
--          3,000 steps for 2 cores. What else is not theirs: experiments/infogan_cr_dsprites.lua
-- Scores   Of Q's means.
-- Run      build/teasel sweep experiments/study_gan.lua --set dsprites,faces,shapes3d --seed 1..3
--            --objective infogan,infogan_cr

local T = require "teasel"
local game, run = T.game, T.run

local config = run.config({
  set = "dsprites",        -- dsprites, faces or shapes3d
  objective = "infogan",   -- or infogan_cr
  latents = 10,            -- units of the code
  lambda = 0.05,           -- weight of L_I of each latent
  alpha = 2.0,             -- weight of the contrastive regularizer
  from = 0.5,              -- share of the steps after which it counts
  batch = 64,              -- images in a step
  steps = 3000,            -- steps of training
  lr_d = 2e-3,             -- learning rate of D, Q and H
  lr_g = 1e-3,             -- learning rate of G
  seed = 1,                -- seed of the weights, the batches and the latents
  score = "part",          -- images of dSprites that the scores take: all, part or few
}, {"score", set = {dsprites = true, faces = true, shapes3d = true},
  objective = {infogan = true, infogan_cr = true}})

local data, contrast = assert(T.data.grid(config.set)), config.objective == "infogan_cr"
local latents = T.latents{noise = 10,
  {"uniform", config.latents, weight = config.lambda, deviation = 1}}
local model = T.contrastive.network(latents, {width = 0.5, colours = data.shape[3]})
local net = T.infogan(model, latents, T.stream(config.seed, "init"))
local cr = T.contrastive(model, latents, T.stream(config.seed, "init of H"))

local D, G = net:players{lr_d = config.lr_d, lr_g = config.lr_g,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I, Gz, k, alpha)
    return -log_D - L_I + (alpha and cr:loss(Gz, k) * alpha or 0)
  end}
local H = cr:player{lr = config.lr_d}
if contrast then net.state.h = cr.state end

local function step(t, stream)
  local x = data:batch(stream:split "batch", config.batch)
  if not contrast then
    local z = latents:sample(stream:split "z", config.batch)
    return game.alternating{{D, x, G:forward(z), z}, {G, z}}
  end
  local z, k = cr:pairs(stream:split "z", config.batch)
  local Gz, alpha = G:forward(z), t > config.from * config.steps and config.alpha or nil
  return game.alternating{{D, x, Gz:slice(1, 1, #k), z:slice(1, 1, #k)}, {H, Gz, k},
    {G, z, k, alpha}}
end

local r = run.train{config = config, state = net.state, step = step, model = model,
  latents = latents, data = data, view = net:view()}

T.gan_report.view(r, {data = config.set == "dsprites" and T.report.scored(config.score) or data,
  title = ("%s, %s, seed %d, step %d"):format(config.objective, config.set, config.seed, r.step)})
