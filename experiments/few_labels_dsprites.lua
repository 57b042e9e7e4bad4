-- Few labels on dSprites: Locatello et al. 2020, "Disentangling factors of variations using few
-- labels", section 4: S2-beta-VAE.
--
-- Claim    A hundred or a thousand labelled images, even with imperfect labels, are better used in
--          training than for choosing among unsupervised models.
-- Data     dSprites, drawn on demand; --labels images of it have labels, the same all the time.
--          Scores use all images.
-- Models   conv   as in Locatello et al.: 32, 32, 64, 64 channels, 256 units, 10 latents, but
--                 4 x 4 kernels throughout (there 2 x 2 in the last two layers)
--          small  half of its channels and units
-- Loss     -E log p(x|z) + beta KL + gamma_sup R_s(mean of q(z|x), labels) on a batch of labelled
--          images, section 4. R_s is the cross-entropy of sigmoid(unit k) and factor k, or the
--          squares of their differences, or the covariances of units and other factors. The first
--          two are means over the batch; in the authors' program (disentanglement_lib) they are
--          sums, so that gamma_sup = 1 there is 64 here.
-- Settings 64 images, Adam 1e-4, 300,000 steps and a grid of weights in the paper. Here beta = 1,
--          gamma_sup = 10, 5e-4 and fewer steps.
-- Run      build/teasel experiments/few_labels_dsprites.lua [--labels 1000] [--kind noisy]
--          [--loss squares] [--steps 20000] [--network small] [--seed 1] [--score part]

local T = require "teasel"
local optim, run, supervised, vae = T.optim, T.run, T.supervised, T.vae

local NETWORKS = {conv = vae.conv, small = vae.small}
local LOSSES = {cross_entropy = supervised.cross_entropy, squares = supervised.squares,
  covariance = supervised.covariance}
-- the share of gamma_sup at step t, from the number of steps that it takes
local SCHEDULES = {fixed = function() return 1 end,
  linear = function(t, steps) return math.min(1, (t - 1) / steps) end,
  fine_tune = function(t, steps) return t > steps and 1 or 0 end}
local KINDS = {perfect = true, binned = true, noisy = true, permuted = true, partial = true}

local config = run.config({
  labels = 1000,            -- labelled images
  kind = "perfect",         -- of labels: perfect, binned, noisy, permuted or partial
  loss = "cross_entropy",   -- of the labels: cross_entropy, squares or covariance
  gamma = 10.0,             -- weight of that loss
  schedule = "fixed",       -- of gamma: fixed; linear, from 0; fine_tune, 0 and then all of it
  anneal = 5000,            -- steps until linear and fine_tune have all of gamma
  beta = 1.0,               -- weight of the KL divergence
  network = "conv",         -- see Models
  latents = 10,             -- units of the code
  batch = 64,               -- images in a step, and labelled ones
  steps = 20000,            -- steps of training
  lr = 5e-4,                -- learning rate
  seed = 1,                 -- seed of the weights, the batches, the samples and the labels
  score = "all",            -- images that the scores take: all, part or few
}, {"score", network = NETWORKS, kind = KINDS, loss = LOSSES, schedule = SCHEDULES})

T.command.at_least(config, {labels = 1, anneal = 1})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local labelled = T.stream(config.seed, "labelled"):integers({config.labels}, 1, data:count())
local y = supervised.labels(data, labelled,
  {kind = config.kind, stream = T.stream(config.seed, "labels")})
local net = vae.learner(NETWORKS[config.network](config.latents), optim.adam{lr = config.lr},
  T.stream(config.seed, "init"))

local function step(t, stream)
  local x, R_s = data:batch(stream:split("batch"), config.batch), nil
  local some = stream:split("labels"):integers({config.batch}, 1, config.labels)
  local seen = data:images(labelled:take(some))
  local gamma = config.gamma * SCHEDULES[config.schedule](t, config.anneal)
  local terms = net:step(x, stream:split("z"), function(pass)
    local q = net.model.encoder(pass.params.encoder, seen)
    R_s = LOSSES[config.loss](q.mean, y:take(some))
    return pass.reconstruction + pass.kl * config.beta + R_s * gamma
  end)
  terms.labels, terms.gamma = R_s, gamma
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("%d %s labels, step %d"):format(config.labels, config.kind, r.step)})
