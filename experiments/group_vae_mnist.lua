-- Content by averaging over a group, without adversary or cycle, on MNIST: Bouchacourt et al. 2018,
-- "Multi-level variational autoencoder: learning disentangled representations from grouped
-- observations", and Hosoya 2019, "Group-based learning of disentangled representations with
-- generalizability for novel contents". It stands in the table of experiments/mathieu_mnist.lua.
--
-- Claim    Images of one class, whose posteriors of the content are combined into one, teach it the
--          class, and the style the rest. The papers have no numbers of this probe.
-- Data     MNIST, pairs of one digit; --images sprites, objects: drawn stand-ins, or real files
-- Models   a convolutional VAE (ours), Bernoulli likelihood; the first --content units are the
--          content
-- Loss     the mean over both images of -E log p(x|s, z) + KL(q(s|x1, x2)) / 2 + KL(q(z|x)), with
--          one s for both: the pair's content is one latent, whose KL counts once.
--          q(s|x1, x2) is the product of both posteriors with the mean precision (ml_vae), so that
--          two equal ones stay as they are, or has their mean and mean variance (gvae)
-- Choices  Groups of 2, Adam 5e-4, 32 pairs, and 20,000 steps are ours. An image alone has its own
--          posterior of the content, whose mean the probe reads; the style is sampled.
-- Run      build/teasel experiments/group_vae_mnist.lua [--method gvae] [--steps 20000] [--seed 1]
--          build/teasel experiments/group_vae_mnist.lua --summary "runs/group_vae*"  (the table)

local T = require "teasel"
local experiment, run, vae, weak = T.content_experiment, T.run, T.vae, T.weak

local METHODS = {ml_vae = true, gvae = true}
local CHANNELS = {mnist = {32, 64}, sprites = {32, 64}, objects = {32, 32, 64, 64}}

local config = experiment.config({
  method = "ml_vae",   -- how posteriors of a pair are combined
  style = 16,          -- units of the style
  content = 16,        -- units of the content
  beta = 1.0,          -- weight of the KL divergence
  batch = 32,          -- pairs in a step
  steps = 20000,       -- steps of training
  lr = 5e-4,           -- learning rate
}, {method = METHODS})
T.command.at_least(config, {style = 1, content = 1})
if config.summary ~= "" then return T.content_report.summary(config.summary) end

local data = experiment.data(config)
local train, S, Z = data.train, config.content, config.style
local scaled = T.scaled("group_vae_mnist", config.width)
local channels = {}
for i, n in ipairs(CHANNELS[config.images]) do channels[i] = scaled(n) end
local network = vae.network{shape = train.shape, latents = S + Z, channels = channels,
  hidden = {scaled(256)}}
local net = vae.learner(weak.model(network, {average = config.method, shared = S, once = true}),
  T.optim.adam{lr = config.lr}, T.stream(config.seed, "init"))

local function step(_, stream)
  local a, b = train:pairs(stream:split("pairs"), config.batch, {class = true})
  return net:step(T.concat({a, b}, 1), stream:split("z"), function(pass)
    return pass.reconstruction + pass.kl * config.beta
  end)
end

-- an image alone: the first units of its posterior are the content, the others the style
local function posterior(images) return network.encoder(net.params.encoder, images) end

local view = T.content_view{data = train, content = S, style = Z,
  represent_content = function(images) return posterior(images).mean:slice(2, 1, S) end,
  posterior_style = function(images)
    local q = posterior(images)
    return q.mean:slice(2, S + 1, -1), q.logvar:slice(2, S + 1, -1)
  end,
  decode = function(s, z) return vae.decode(net.model, net.params, T.concat({s, z}, 2)) end}

local r = run.train{config = config, step = step, state = net.state, view = view, data = train}

experiment.report(r, data, config.method)
