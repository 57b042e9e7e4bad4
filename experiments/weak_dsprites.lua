-- Pairs of images on dSprites: Locatello et al. 2020, "Weakly-supervised disentanglement without
-- compromises", sections 4 and 5.
--
-- Claim    Pairs that differ in some unknown factors are enough: Ada-GVAE chosen by its
--          reconstructions beats the best unsupervised models by every metric.
-- Data     dSprites, drawn on demand. Of a pair's factors one, or with --differ any 1 to 4 of five,
--          are drawn anew for the second image, so that they may be equal. Scores use all images.
-- Models   ada_gvae    units whose posteriors are alike are found for each pair, and averaged
--          ada_ml_vae  the same with the product of both densities
--          gvae, ml_vae   Hosoya 2019; Bouchacourt et al. 2018: the first --shared units are always
--                         averaged, and pairs share --same
--          Networks as in Locatello et al.: 32, 32, 64, 64 channels, 256 units, 10 latents, but
--          4 x 4 kernels throughout (there 2 x 2 in the last two layers).
-- Loss     the mean over both images of -E log p(x|z) + beta KL with z from the shared posterior,
--          section 4.2.
-- Settings beta 1 to 16, 64 pairs, Adam 1e-4 and 300,000 steps in the paper. Here beta = 1, 32
--          pairs (64 images), 5e-4 and fewer steps by default.
-- Run      build/teasel experiments/weak_dsprites.lua [--method ada_gvae] [--differ any]
--          [--beta 1] [--steps 20000] [--network small] [--seed 1] [--score part]

local T = require "teasel"
local optim, run, vae, weak = T.optim, T.run, T.vae, T.weak

local NETWORKS = {conv = vae.conv, small = vae.small}
local METHODS = {ada_gvae = {average = "gvae"}, ada_ml_vae = {average = "ml_vae"},
  gvae = {average = "gvae", group = true}, ml_vae = {average = "ml_vae", group = true}}

local config = run.config({
  method = "ada_gvae",    -- see Models
  differ = "1",           -- factors of a pair that are drawn anew: a number, or any
  same = "shape,scale",   -- factors that pairs of gvae and ml_vae share
  shared = 3,             -- units that gvae and ml_vae average
  beta = 1.0,             -- weight of the KL divergence
  network = "conv",       -- see Models
  latents = 10,           -- units of the code
  batch = 32,             -- pairs in a step
  steps = 20000,          -- steps of training
  lr = 5e-4,              -- learning rate
  seed = 1,               -- seed of the weights, the pairs and the samples
  score = "all",          -- images that the scores take: all, part or few
}, {"score", network = NETWORKS, method = METHODS})

local method, same = METHODS[config.method], {}
for name in config.same:gmatch "[^,]+" do same[#same + 1] = name end
local pairing = method.group and {share = same}
  or {differ = math.tointeger(tonumber(config.differ)) or config.differ}

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local model = weak.model(NETWORKS[config.network](config.latents),
  {average = method.average, shared = method.group and config.shared or "alike"})
local net = vae.learner(model, optim.adam{lr = config.lr}, T.stream(config.seed, "init"))

local function step(_, stream)
  local a, b = data:pairs(stream:split("pairs"), config.batch, pairing)
  local terms = net:step(T.concat({a, b}, 1), stream:split("z"), function(pass)
    return pass.reconstruction + pass.kl * config.beta
  end)
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("%s, beta = %g, step %d"):format(config.method, config.beta, r.step)})
