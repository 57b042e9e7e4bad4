-- What objective, supervision and seed do to codes: one network, one length, one suite of metrics.
-- After Locatello et al. 2019, "Challenging common assumptions in the unsupervised learning of
-- disentangled representations", section 5, and Locatello et al. 2020, on pairs and on few labels.
--
-- Claim    Without supervision the seed matters as much as the objective or more, no metric or
--          loss tells which run is good, and metrics agree in part; pairs and labels help.
-- Data     --set dsprites (drawn; all images are learned from, 36,864 scored); faces, shapes3d: a
--          grid of about 16,000 drawn images (T.data.grid), learned from and scored
-- Models   conv of Locatello et al. with half of the channels and units and 4 x 4 kernels
--          throughout (there 2 x 2 in the last two layers), 10 latents, Bernoulli
-- Losses   without supervision, each with one setting from the middle of the paper's ranges, but of
--          factor_vae the least: vae; beta_vae, beta = 4; annealed_vae, gamma = 1000 and C from 0
--          to 25 nats at the last step; factor_vae, gamma = 10, with 300 units in D's five layers
--          (the paper: 1,000 in six); beta_tcvae, beta = 6; dip_vae, kind I, lambda = 10 and 100.
--          With pairs: ada_gvae, of pairs that differ in one factor; ml_vae, of pairs that share
--          their content (GROUPS) in the first five units. With 1,000 labels: few_labels.
-- Settings 64 images (32 pairs), Adam 5e-4, 3,000 steps of the papers' 300,000, for 2 cores
-- Run      build/teasel sweep experiments/study.lua --set dsprites,faces,shapes3d --seed 1..3
--            --objective vae,beta_vae,factor_vae,beta_tcvae,dip_vae,ada_gvae,ml_vae,few_labels
--          (what came out: notebooks/08_study.ipynb; annealed_vae has not been run)

local T = require "teasel"
local objective, optim, run = T.objective, T.optim, T.run
local supervised, vae = T.supervised, T.vae

-- the content of a pair
local GROUPS = {dsprites = {"shape", "scale"}, faces = {"identity", "width"},
  shapes3d = {"object_hue", "scale", "shape"}}

-- what is added to the reconstruction, from a pass and what the step below has
local OBJECTIVES = {
  vae = function(pass) return pass.kl end,
  beta_vae = function(pass) return pass.kl * 4 end,
  annealed_vae = function(pass, at) return vae.capacity(pass.kl, 1000, at.capacity) end,
  factor_vae = function(pass, at) return pass.kl + at.D:total_correlation(pass.z) * 10 end,
  beta_tcvae = function(pass, at)
    return pass.kl + objective.total_correlation(pass, at.images) * 5
  end,
  dip_vae = function(pass) return pass.kl + objective.dip(pass, {kind = "I", off = 10}) end,
  ada_gvae = function(pass) return pass.kl end,
  ml_vae = function(pass) return pass.kl end,
  few_labels = function(pass, at)
    local q = at.encoder(pass.params.encoder, at.labelled)
    return pass.kl + supervised.cross_entropy(q.mean, at.labels) * 10
  end,
}
local PAIRS = {ada_gvae = {average = "gvae", shared = "alike"},
  ml_vae = {average = "ml_vae", shared = 5}}

local config = run.config({
  set = "dsprites",    -- dsprites, faces or shapes3d
  objective = "vae",   -- see Losses
  latents = 10,        -- units of the code
  labels = 1000,       -- labelled images of few_labels
  batch = 64,          -- images in a step
  steps = 3000,        -- steps of training
  lr = 5e-4,           -- learning rate
  seed = 1,            -- seed of the weights, the batches, the samples and the labels
  score = "part",      -- images of dSprites that the scores take: all, part or few
}, {"score", set = GROUPS, objective = OBJECTIVES})
T.command.at_least(config, {labels = 1, batch = 2})

local data, seed = assert(T.data.grid(config.set)), config.seed
local model, paired = vae.conv(config.latents, data.shape[3], 16), PAIRS[config.objective]
local net = vae.learner(paired and T.weak.model(model, paired) or model,
  optim.adam{lr = config.lr}, T.stream(seed, "init"))
local pairing = config.objective == "ml_vae" and {share = GROUPS[config.set]} or {differ = 1}
local capacity = optim.schedule.linear(0, 25, config.steps)

local at, labelled, labels = {images = data:count(), encoder = model.encoder}, nil, nil
if config.objective == "factor_vae" then
  at.D = T.factor_vae.discriminator{latents = config.latents, units = 300,
    stream = T.stream(seed, "D")}
  net.state.discriminator = at.D.state
elseif config.objective == "few_labels" then
  labelled = T.stream(seed, "labelled"):integers({config.labels}, 1, data:count())
  labels = supervised.labels(data, labelled)
end

local function images(stream)   -- of a step; of pairs the second ones below the first ones
  if not paired then return data:batch(stream, config.batch) end
  local a, b = data:pairs(stream, config.batch // 2, pairing)
  return T.concat{a, b}
end

local function step(t, stream)
  at.capacity = capacity(t)
  if labels then
    local some = stream:split "labels":integers({config.batch}, 1, config.labels)
    at.labelled, at.labels = data:images(labelled:take(some)), labels:take(some)
  end
  local terms, pass = net:step(images(stream:split "batch"), stream:split "z", function(pass)
    return pass.reconstruction + OBJECTIVES[config.objective](pass, at)
  end)
  if at.D then at.D:step(net, pass, data:batch(stream:split "other", config.batch), stream) end
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.view(r, {data = config.set == "dsprites" and T.report.scored(config.score) or data,
  title = ("%s, %s, seed %d, step %d"):format(config.objective, config.set, seed, r.step)})
