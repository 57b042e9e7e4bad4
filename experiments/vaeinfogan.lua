-- (Unrolled) VAEInfoGAN: the VAE-GAN of Larsen et al. 2016, "Autoencoding beyond pixels using a
-- learned similarity metric", with InfoGAN's Q on ten of its latents and, with --K, Metz et al.'s
-- look-ahead for the decoder. The idea is that of the "Unrolled InfoGAN" project.
--
-- Claim    On CelebA five of the ten latents that Q reads are age, gender, hair colour, hair length
--          and sunglasses; they carry more information (3 nats) than the others (1.5).
-- Data     drawn portraits, 64 x 64, in CelebA's place; the real files by --data; drawn faces and
--          MNIST, smaller. Training images only.
-- Models   the project's (teasel.model.vaegan_network), a quarter of its channels; Dis_l is its
--          third convolution. 118 latents and 10, here 54 and 10.
-- Loss     Enc: KL + tau L_llike - lambda L_I of the reconstructions
--          Dec: gamma tau L_llike - E log Dis(Dec(z)) - E log Dis(Dec(z_p)) - lambda L_I, the two
--               middle terms by Dis after K steps of its own, through which the gradient goes
--          Dis, Q: -L_GAN - lambda L_I.  All gradients are taken before any step.
--          L_llike compares x and its reconstruction alone: the project's Dec also compares x with
--          an unrelated image of the prior. Its look-ahead let no gradient through (--through
--          false), and its Q did not reach Dis, which here learns from it as InfoGAN's does.
-- Choices  Adam with beta1 0.5 for all: so an InfoGAN and this differ in the objective alone (the
--          project and Larsen et al.: RMSprop, --optimizer rmsprop). Rates 1e-3, of Dis 2e-4, as
--          there; with 2e-4 for all Dis won. L_llike has a precision tau, 200: the features are
--          few, and Dis makes them small; with 16 hardly a latent was used. gamma 0.1 (there 1e-6,
--          of a sum over 16,384 features). lambda 0.1 as there: with 1 Dec hid the latents in
--          noise. All this by looking at 500 steps on drawn faces, seed 1.
-- Scores   Which latent is which attribute is told by a network that reads attributes off the
--          images that latents make, and by the codes of images whose attributes are known.
-- Compare  --model vaegan (no Q), vae (its pixels' likelihood, variance 0.1 in
--          [-1, 1]), infogan (no Enc):
--          build/teasel summary "runs/vaeinfogan-*" --points 5000 --metrics mig,dci,factor_vae
-- Run      build/teasel experiments/vaeinfogan.lua [--set faces] [--model vaegan] [--K 2]

local T = require "teasel"
local run = T.run

local SETS = {
  portraits = function(folder)
    if folder ~= "" then return T.data.celeba{folder = folder, part = "train", size = 64} end
    return T.data.portraits{size = 64, attributes = true}
  end,
  faces = function() return T.data.faces{size = 32} end,
  mnist = function(folder) return T.data.mnist{folder = folder} end,
}
local MODELS = {vaeinfogan = true, vaegan = true, vae = true, infogan = true}

local config = run.config({
  set = "portraits",        -- see Data
  data = "",                -- folder of CelebA's or MNIST's files; none: portraits are drawn
  model = "vaeinfogan",     -- see Compare
  K = 0,                    -- steps of Dis that Dec sees ahead
  through = true,           -- Dec's gradient goes through these steps; false: it stops at them
  steps = 3000,             -- steps of training
  batch = 32,               -- images in a step
  latents = 64,             -- of which Q reads the last ten
  width = 0.25,             -- share of the project's channels and units
  tau = 200.0,              -- precision of Dis_l in L_llike
  gamma = 0.1,              -- weight of L_llike beside fooling Dis
  lambda = 0.1,             -- weight of L_I of each of the ten latents
  lr = 1e-3,                -- learning rate of Enc, Dec and Q's own layers
  lr_dis = 2e-4,            -- learning rate of Dis
  optimizer = "adam",       -- or rmsprop
  points = 5000,            -- images that are scored, of the training set
  reader = 500,             -- steps of the network that reads attributes off images; 0: none
  seed = 1,                 -- seed of the weights, the batches and the latents
}, {"data", "points", "reader", set = SETS, model = MODELS,
  optimizer = {adam = true, rmsprop = true}})
T.command.at_least(config, {K = 0, latents = 11, points = 100, reader = 0})

local data = assert(SETS[config.set](config.data))
local latents = T.latents{noise = config.latents - 10, noise_from = "gaussian",
  {"gaussian", 10, weight = config.lambda}}
local model = T.vaegan.network(latents, data.shape, {width = config.width})
local net = T.vaegan(model, latents, T.stream(config.seed, "init"))

local gamma, tau = config.gamma, config.tau
local OBJECTIVES = {
  vaeinfogan = {Enc = function(t) return t.kl + tau * t.llike - t.L_I end,
    Dec = function(t) return gamma * tau * t.llike - t.log_Dis - t.L_I end,
    Dis = function(t) return -t.L_GAN - t.L_I end},
  vaegan = {Enc = function(t) return t.kl + tau * t.llike end,
    Dec = function(t) return gamma * tau * t.llike - t.log_Dis end,
    Dis = function(t) return -t.L_GAN end},
  vae = {Enc = function(t) return t.kl + 10 * t.pixels end, Dec = function(t) return t.pixels end},
  infogan = {Dec = function(t) return -t.log_Dis - t.L_I end,
    Dis = function(t) return -t.L_GAN - t.L_I end},
}
local o = OBJECTIVES[config.model]
net:players{Enc = o.Enc, Dec = o.Dec, Dis = o.Dis, K = config.K, through = config.through,
  lr = config.lr, lr_dis = config.lr_dis, optimizer = config.optimizer}

local function step(_, stream)
  return net:step(net:centred(data:batch(stream:split "batch", config.batch)), stream)
end

local r = run.train{config = config, state = net.state, step = step, model = model, data = data,
  latents = config.model:find "info" and latents or nil, view = net:view()}

T.vaegan_report.view(r, {reader = config.reader,
  data = data:split({math.min(config.points, data:count())}, T.stream(0, "scored")),
  title = ("%s, %s, K = %d, seed %d, step %d"):format(config.model, config.set, config.K,
    config.seed, r.step),
  attributes = config.set == "portraits" and {"Young", "Male/No_Beard", "Blond_Hair",
    "Long_Hair/Wavy_Hair", "Sunglasses/Eyeglasses"} or nil})
