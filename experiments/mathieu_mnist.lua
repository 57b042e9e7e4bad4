-- Style apart from content: Mathieu et al. 2016, "Disentangling factors of variation in deep
-- representations using adversarial training", on MNIST; with --images on sprites and objects.
--
-- Claim    Pairs of images of one class are enough for a content s that tells the digit and a style
--          z that does not: a classifier reads it from s for 98.5 % of the test images, from z for
--          67 % (z = s = 16; 98.6 and 72 % at 64; chance 11 %); by Jha et al.'s re-implementation
-- Data     MNIST. --images sprites, objects: drawn stand-ins, or real files with --data.
-- Models   of the re-implementation, see teasel.model.content_network
-- Loss     A  |Dec(z1, s1) - x1|^2 + |Dec(z1, s2) - x1|^2 + KL(q(z|x1) || N(0, I)), x1, x2 of one
--             class, z1 ~ q(z|x1)
--          B  twice: KL + D's cost of calling (x3, Dec(z1, s3)) and (x3, Dec(z, s3)) real,
--             z ~ N(0, I), x3 of any class
--          C  D's cost of calling (x3, x2), of one class, real, and both kinds of B fake
--          Means over pixels, the KL too. D moves only while it is right for less than 80 % of the
--          batch.
-- Choices  The re-implementation never shows D the images of z ~ N(0, I) that B trains on, so that
--          nobody keeps them real; here they are half of C's fakes. Its fakes have the mean of q,
--          so have ours. It trains on the batches of its first epoch for ever; here each batch is
--          drawn afresh. With --pairs false D learns a channel for each class. --reparameterise
--          false makes z the mean, without KL and N(0, I). Adam 1e-4, beta1 0.5, one state each for
--          A, B and C; 64 images; 47,000 steps are its 50 epochs.
-- Scores   The probe of teasel.report.content; no choice was made by them.
-- Run      build/teasel experiments/mathieu_mnist.lua [--size 2] [--images sprites] [--seed 1]
--          build/teasel experiments/mathieu_mnist.lua --summary "runs/mathieu_mnist*"  (the table)

local T = require "teasel"
local experiment, game, run = T.content_experiment, T.game, T.run

local config = experiment.config{
  size = 1,                -- units of z and s: 1 or 2, of mnist 16 and 16, or 64 and 64
  steps = 47000,           -- steps of training
  batch = 64,              -- images in a step
  lr = 1e-4,               -- learning rate of all three
  g_steps = 2,             -- steps of B to one of C
  d_below = 0.8,           -- D moves where it is right for less than this share; above 1: always
  pairs = true,            -- D sees pairs of images, not an image and its class
  prior_fakes = true,      -- D is shown images of z ~ N(0, I)
  reparameterise = true,   -- z is drawn from q(z|x), which is held near N(0, I)
  last_norm = true,        -- instance norm behind the encoder's last convolution too
}
T.command.at_least(config, {g_steps = 0})
if config.summary ~= "" then return T.content_report.summary(config.summary) end

local data = experiment.data(config)
local train = data.train
local net = experiment.network(config, {last_norm = config.last_norm,
  classes = config.pairs and 0 or #train.classes})
local coder, critic = net.params.coder, net.params.critic
local function adam() return T.optim.adam{lr = config.lr, b1 = 0.5} end

local function style(q, stream)   -- z, and its KL
  if not config.reparameterise then return q.mean, T.tensor(0) end
  return net:sample(q, stream), net:kl(q)
end

local function prior(stream)   -- z, none of a mean alone
  return config.reparameterise and stream:normal{config.batch, net.model.style} or nil
end

local A = game.player{params = coder, optimizer = adam(), loss = function(p, x1, x2, stream)
  local q1, q2 = net:encode(p, x1), net:encode(p, x2)
  local z1, kl = style(q1, stream)
  local mse = net:mse(net:decode(p, q1.content, z1), x1)
    + net:mse(net:decode(p, q2.content, z1), x1)
  return mse + kl, {reconstruction = mse, kl = kl}
end}

local B = game.player{params = coder, optimizer = adam(), loss = function(p, x, stream)
  local z1, kl = style(net:encode(p, x[1]), stream:split "z1")
  local s3 = net:encode(p, x[3]).content
  local function cost(z)
    return net:cost(net:judge(critic, x.beside, net:decode(p, s3, z)), "real")
  end
  local own, z = cost(z1), prior(stream:split "prior")
  local of_prior = z and cost(z)
  local sum = z and own + of_prior or own
  return kl + sum, {generator = sum, generator_prior = of_prior, kl = kl}
end}

local C = game.player{params = critic, optimizer = adam(), loss = function(d, x, stream)
  local real, s3 = net:judge(d, x.beside, x[2]), net:encode(coder, x[3]).content
  local cost, right = net:cost(real, "real"), net:right(real, "real")
  local styles = {net:encode(coder, x[1]).mean, config.prior_fakes and prior(stream) or nil}
  for _, z in ipairs(styles) do
    local fake = net:judge(d, x.beside, net:decode(coder, s3, z))
    cost = cost + net:cost(fake, "fake") / #styles
    right = right + net:right(fake, "fake") / #styles
  end
  return cost, {discriminator = cost, accuracy = right / 2}
end}

-- x1; x2 and x3, of one class; what D sees beside an image of it: x3 or the class
local function batch(stream)
  local x3, x2, index = train:pairs(stream:split "pairs", config.batch, {class = true})
  local x1 = train:batch(stream:split "x1", config.batch)
  return {x1, x2, x3, beside = config.pairs and x3 or train:labels(index)}, stream:split "z"
end

local function step(_, stream)
  local x1, x2 = train:pairs(stream:split "A", config.batch, {class = true})
  local terms = game.alternating{{A, x1, x2, stream:split "z"}}
  for i = 1, config.g_steps do
    local found = game.alternating{{B, batch(stream:split("B" .. i))}}
    terms.generator, terms.generator_prior = found.generator, found.generator_prior
    terms.kl = terms.kl + found.kl
  end
  local slope, found = C:gradient(batch(stream:split "C"))
  if found.accuracy < config.d_below then C:update(slope) end
  terms.discriminator, terms.accuracy = found.discriminator, found.accuracy
  return terms
end

local r = run.train{config = config, step = step, data = train,
  view = net:view(train, config.reparameterise),
  state = {params = net.params, a = A.state, b = B.state, c = C.state}}

experiment.report(r, data, "Mathieu et al.")
