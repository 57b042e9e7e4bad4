-- Which modes does an unrolled GAN find on stacked digits? Metz et al. 2017, "Unrolled generative
-- adversarial networks", section 3.3: three digits of MNIST in the three colours of an image make
-- 1,000 classes, and a classifier says which of them a generator draws.
--
-- Claim    The more steps of the discriminator the generator sees ahead, the more of the 1,000
--          classes it draws, above all where the discriminator is small.
-- Data     MNIST, training images only. --stacked false: single digits, 10 classes.
-- Models   G and D of InfoGAN's size (appendix C.1) without codes, with an eighth of its channels
--          and units; D has a quarter of G's (--critic 0.25), and no batch norm, in whose
--          statistics it would see how many modes a batch has, but He's weights: with N(0, 0.02^2)
--          it did not learn for 270 steps
-- Loss     G: -E log D_K(G(z)), with D_K after K virtual steps of Adam on -E log D(x) -
--             E log(1 - D(G(z))), through which the gradient goes
--          D: one ordinary step. Both at once
-- Choices  Adam, both rates 1e-3, beta1 0.5; z ~ U(-1, 1)^64; batch 64, 3,000 steps.
--          The classifier is the probe of teasel.represent.probe, after two passes over the
--          training images.
-- Scores   Of 10,000 samples: classes that are drawn at least once (equally likely ones would all
--          be among them), and KL(model || uniform), in nats
-- Run      build/teasel experiments/unrolled_gan_modes.lua [--K 5] [--seed 1] [--stacked false]
--          build/teasel summary "runs/unrolled_gan_modes*"

local T = require "teasel"
local nn, run = T.nn, T.run

local config = run.config({
  K = 5,              -- virtual steps of D that G sees ahead, 0 or more
  through = true,     -- G's gradient goes through these steps; false: it stops at them
  stacked = true,     -- three digits in three colours, 1,000 classes; false: one, 10 classes
  steps = 3000,       -- steps of training
  batch = 64,         -- images in a step
  width = 0.125,      -- share of the InfoGAN paper's channels and units
  critic = 0.25,      -- D's share of these
  lr_d = 1e-3,        -- learning rate of D
  lr_g = 1e-3,        -- learning rate of G
  noise = 64,         -- numbers that G reads
  samples = 10000,    -- images that are scored
  labelled = 60000,   -- images that the classifier learns from
  passes = 2,         -- of the classifier over these
  data = "",          -- folder of MNIST's files; none: looked for, see README.md
  seed = 1,           -- seed of the weights, the batches and the noise
}, {"data", "samples", "labelled", "passes"})
T.command.at_least(config, {K = 0, samples = 1, passes = 1, labelled = 10})

local digits = assert(T.data.mnist{folder = config.data})
local colours = config.stacked and 3 or 1

local function batch(stream, n)
  local parts = {}
  for c = 1, colours do parts[c] = digits:batch(stream:split(tostring(c)), n) end
  return T.concat(parts, 4)
end

local w = T.scaled("unrolled_gan_modes", config.width)
local d = T.scaled("unrolled_gan_modes", config.width * config.critic, "--width times --critic")
local up = T.sequential({config.noise}, {activation = nn.relu, norm = nn.batch_norm,
  init = nn.init.normal(0.02)}):linear(w(1024)):linear(49 * w(128)):reshape{7, 7, w(128)}
  :deconv(w(64)):deconv(colours, {last = true}):add(nn.sigmoid)
local down = T.sequential({28, 28, colours}, {activation = nn.leaky_relu(0.1),
  init = nn.init.he_normal()}):conv(d(64)):conv(d(128)):linear(d(1024)):linear(1, {last = true})
local model = {generator = up:chain(), critic = down:chain()}

local net = T.unrolled_gan(model, T.stream(config.seed, "init"), {K = config.K,
  through = config.through, noise = config.noise, lr_d = config.lr_d, lr_g = config.lr_g,
  -- -E log D(x) - E log(1 - D(G(z))), and -E log D_K(G(z)), of logits
  D = function(D, x, Gz) return T.softplus(-D(x)):mean() + T.softplus(D(Gz)):mean() end,
  G = function(D_K, _, Gz) return T.softplus(-D_K(Gz)):mean() end})

local function step(_, stream)
  return net:step(batch(stream:split "batch", config.batch), stream:split "z")
end

local r = run.train{config = config, state = net.state, step = step, model = model,
  view = net:view()}

T.mode_report.digits(r, {passes = config.passes, samples = config.samples,
  train = digits:subset(T.arange(1, math.min(config.labelled, digits:count()))),
  title = ("Unrolled GAN, stacked digits, K = %d, seed %d, step %d"):format(config.K, config.seed,
    r.step)})
