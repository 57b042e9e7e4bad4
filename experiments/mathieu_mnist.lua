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
local function adam() return T.optim.adam{lr = config.lr, b1 = 0.5} end
local function prior(stream) return stream:normal{config.batch, net.model.style} end

local function style(q, stream)   -- z, and its KL
  if not config.reparameterise then return q.mean, T.tensor(0) end
  return net:sample(q, stream), net:kl(q)
end

local A = game.player{params = net.params.coder, optimizer = adam(),
  loss = function(p, x1, x2, stream)
    local q1, q2 = net:encode(p, x1), net:encode(p, x2)
    local z1, kl = style(q1, stream)
    local mse = net:mse(net:decode(p, q1.content, z1), x1)
      + net:mse(net:decode(p, q2.content, z1), x1)
    return mse + kl, {reconstruction = mse, kl = kl}
  end}

-- beside: what D sees beside an image of x3's class, x3 or that class
local critic = net.params.critic
local B = game.player{params = net.params.coder, optimizer = adam(),
  loss = function(p, x1, x3, beside, stream)
    local z1, kl = style(net:encode(p, x1), stream:split "z1")
    local s3 = net:encode(p, x3).content
    local function fools(z)
      return net:cost(net:judge(critic, beside, net:decode(p, s3, z)), "real")
    end
    local cost = fools(z1)
    if config.reparameterise then cost = cost + fools(prior(stream:split "prior")) end
    return kl + cost, {generator = cost, kl = kl}
  end}

local C = game.player{params = critic, optimizer = adam(), loss = function(d, x2, beside, fakes)
  local real = net:judge(d, beside, x2)
  local cost, right = net:cost(real, "real"), net:right(real, "real")
  for _, fake in ipairs(fakes) do
    local said = net:judge(d, beside, fake)
    cost = cost + net:cost(said, "fake") / #fakes
    right = right + net:right(said, "fake") / #fakes
  end
  return cost, {discriminator = cost, accuracy = right / 2}
end}

local function batch(stream)   -- x1, x2, of x3's class, x3, and what stands beside
  local x3, x2, index = train:pairs(stream:split "pairs", config.batch, {class = true})
  local x1 = train:batch(stream:split "x1", config.batch)
  return x1, x2, x3, config.pairs and x3 or train:labels(index)
end

local function step(_, stream)
  local x1, x2 = train:pairs(stream:split "A", config.batch, {class = true})
  local terms = game.alternating{{A, x1, x2, stream:split "z"}}
  for i = 1, config.g_steps do
    local own = stream:split("B" .. i)
    local y1, _, y3, beside = batch(own)
    local found = game.alternating{{B, y1, y3, beside, own:split "z"}}
    terms.generator, terms.kl = found.generator, terms.kl + found.kl
  end
  local own, p = stream:split "C", net.params.coder
  local y1, y2, y3, beside = batch(own)
  local s3 = net:encode(p, y3).content
  local fakes = {net:decode(p, s3, net:encode(p, y1).mean)}
  if config.reparameterise and config.prior_fakes then
    fakes[2] = net:decode(p, s3, prior(own:split "z"))
  end
  local slope, found = C:gradient(y2, beside, fakes)
  if found.accuracy < config.d_below then C:update(slope) end
  terms.discriminator, terms.accuracy = found.discriminator, found.accuracy
  return terms
end

local r = run.train{config = config, step = step, data = train,
  view = net:view(train, config.reparameterise),
  state = {params = net.params, a = A.state, b = B.state, c = C.state}}

experiment.report(r, data, "Mathieu et al.")
