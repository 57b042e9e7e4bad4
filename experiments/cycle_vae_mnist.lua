-- Style apart from content without a game: Jha et al. 2018, "Disentangling factors of variation
-- with cycle-consistent variational auto-encoders", on MNIST; --images: on sprites and objects.
--
-- Claim    Pairs of images of one class are enough, and z tells less of the digit than in Mathieu
--          et al. 2016: a classifier reads it from z for 17.6 % of the test images, from s for
--          98.35 % (z = s = 16; 26.6 and 98.3 % at 64; chance 11 %).
-- Data     MNIST. --images sprites, objects: drawn stand-ins, or real files with --data.
-- Models   encoder and decoder of experiments/mathieu_mnist.lua; no discriminator
-- Loss     forward  rec (|Dec(z1, s2) - x1|^2 + |Dec(z2, s1) - x2|^2) + kl (KL(q(z|x1)) +
--                   KL(q(z|x2))), x1, x2 of one class, z1 ~ q(z|x1), z2 ~ q(z|x2)
--          reverse  cycle E |mean(Dec(z, s3)) - mean(Dec(z, s4))|, z ~ N(0, I), x3, x4 of any
--                   class; only the encoder learns from it
--          Means over pixels and styles, the KL divided by the pixels.
-- Choices  From the authors' code: rec 2 (3 for --size 2), kl 3, cycle 10, Adam 1e-4 with beta1
--          0.9, one state for each cycle, a tenth of the rate in the last fifth of the training.
--          Batches are drawn afresh at each step (there: those of the first epoch for ever); the
--          decoder that makes the images of the reverse cycle is the one after the forward step.
--          64 images; 94,000 steps are its 100 epochs.
-- Scores   The probe of teasel.report.content; no choice was made by them.
-- Run      build/teasel experiments/cycle_vae_mnist.lua [--size 2] [--images sprites] [--seed 1]
--          build/teasel experiments/cycle_vae_mnist.lua --summary "runs/cycle_vae*"  (the table)

local T = require "teasel"
local experiment, game, run = T.content_experiment, T.game, T.run

local config = experiment.config{
  size = 1,          -- units of z and s: 1 or 2, of mnist 16 and 16, or 64 and 64
  steps = 94000,     -- steps of training
  batch = 64,        -- images in a step
  lr = 1e-4,         -- learning rate
  decay_at = 0.8,    -- share of the steps after which it is a tenth
  rec = 0.0,         -- weight of the reconstructions; 0: 2 for --size 1, 3 for --size 2
  kl = 3.0,          -- weight of the KL
  cycle = 10.0,      -- weight of the reverse cycle; 0: there is none
}
T.command.at_least(config, {rec = 0})
if config.summary ~= "" then return T.content_report.summary(config.summary) end

local data, net = experiment.data(config), experiment.network(config)
local train = data.train
local rec = config.rec > 0 and config.rec or config.size == 1 and 2 or 3
local coder = net.params.coder
local function rate(t) return t > config.decay_at * config.steps and config.lr / 10 or config.lr end

local forward = game.player{params = coder, optimizer = T.optim.adam{lr = rate},
  loss = function(p, x1, x2, stream)
    local q1, q2 = net:encode(p, x1), net:encode(p, x2)
    local z1, z2 = net:sample(q1, stream:split "z1"), net:sample(q2, stream:split "z2")
    local mse = net:mse(net:decode(p, q2.content, z1), x1)
      + net:mse(net:decode(p, q1.content, z2), x2)
    local kl = net:kl(q1) + net:kl(q2)
    return mse * rec + kl * config.kl, {reconstruction = mse, kl = kl}
  end}

local reverse = game.player{params = coder.encoder, optimizer = T.optim.adam{lr = rate},
  loss = function(encoder, y3, y4)
    local p = {encoder = encoder}
    local gap = T.mean(T.abs(net:encode(p, y3).mean - net:encode(p, y4).mean))
    return gap * config.cycle, {cycle = gap}
  end}

local function step(_, stream)
  local x1, x2 = train:pairs(stream:split "pairs", config.batch, {class = true})
  local terms = game.alternating{{forward, x1, x2, stream}}
  if config.cycle == 0 then return terms end
  local z, y = stream:split "z":normal{config.batch, net.model.style}, {}
  for i = 1, 2 do
    local x = train:batch(stream:split("x" .. i), config.batch)
    y[i] = net:decode(coder, net:encode(coder, x).content, z)
  end
  terms.cycle = game.alternating{{reverse, y[1], y[2]}}.cycle
  return terms
end

local r = run.train{config = config, step = step, view = net:view(train), data = train,
  state = {params = coder, forward = forward.state, reverse = reverse.state}}

experiment.report(r, data, "Cycle-VAE")
