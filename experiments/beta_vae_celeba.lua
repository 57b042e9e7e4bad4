-- beta-VAE on CelebA: Higgins et al. 2017, "beta-VAE: learning basic visual concepts with a
-- constrained variational framework", section 4.1 and figures 1 and 4.
--
-- Claim    With beta = 250 single units learn azimuth, smile and fringe, skin, age and more, where
--          a VAE (beta = 1) mixes them.
-- Data     CelebA is not passed on with teasel: --data FOLDER says where it is. Default: as a
--          stand-in 20,000 drawn portraits of 1,000 people, whose factors are known.
-- Models   table 1, row "CelebA": 64 x 64 x 3; 4 x 4 convolutions with stride 2 of 32, 32, 64, 64
--          channels, 256 units, 32 latents, the decoder the reverse, ReLU; Adam 1e-4; Gaussian
--          likelihood.
-- Choices  The paper does not say which variance its Gaussian has, and beta means nothing without
--          it: a squared error costs 1 / (2 variance) and a nat beta, so that beta x variance is
--          all that counts. In a linear VAE a latent stays in use while the images' variance along
--          it is above that. The portraits have 368 in all and 119, 48, 30, 20, 14, 8.6 ... along
--          their principal components: with beta = 250 and variance 1 all latents are switched off
--          (and in Bernoulli's likelihood, with about 0.25, all but one). Here the variance is
--          0.01, deviations of 0.1 in a grey of 0 to 1: beta = 250 leaves 16 components above 2.5,
--          beta = 1 all. The script prints this for the data that it is given. beta_norm = beta M /
--          N = 0.651.
-- Run      build/teasel experiments/beta_vae_celeba.lua [--beta 1] [--variance 1]
--          [--likelihood bernoulli] [--steps 10000] [--seed 1] [--data FOLDER]    (--help: all)

local T = require "teasel"
local likelihood, optim, run, vae = T.likelihood, T.optim, T.run, T.vae

local LIKELIHOODS = {gaussian = likelihood.gaussian,
  bernoulli = function() return likelihood.bernoulli end}

local config = run.config({
  beta = 250.0,              -- weight of the KL divergence; 1: a VAE
  likelihood = "gaussian",   -- of the pixels
  variance = 0.01,           -- of the Gaussian
  latents = 32,              -- units of the code
  width = 32,                -- channels of the first two convolutions; the others follow
  batch = 64,                -- images in a step
  steps = 10000,             -- steps of training
  lr = 1e-4,                 -- learning rate
  seed = 1,                  -- seed of the weights, the batches and the samples
  data = "",                 -- the folder of CelebA; "": portraits are drawn
  people = 1000,             -- drawn, 10 or more, 20 portraits each; a tenth of them is scored
}, {likelihood = LIKELIHOODS})
T.command.at_least(config, {people = 10})

local drawn = config.data == ""
local data = drawn and T.data.portraits{identities = config.people}
  or assert(T.data.celeba{folder = config.data, part = "train"})
local model = vae.conv(config.latents, 3, config.width)
model.likelihood = LIKELIHOODS[config.likelihood](config.variance)
local net = vae.learner(model, optim.adam{lr = config.lr}, T.stream(config.seed, "init"))

local pixels = config.likelihood == "gaussian" and config.variance or 0.25
T.diagnosis.alive(data, config.beta * pixels, {components = config.latents})

local function step(_, stream)
  local x = data:batch(stream:split "batch", config.batch)
  return net:step(x, stream:split "z", function(pass)
    return pass.reconstruction + pass.kl * config.beta   -- eq. 4: -E log p(x|z) + beta KL
  end)
end

local r = run.train{config = config, state = net.state, step = step, model = model, data = data,
  view = net:view()}

T.report.view(r, {data = data:split({1 / 10}),
  title = ("beta-VAE, %s, beta = %g, %s, step %d"):format(drawn and "drawn portraits" or "CelebA",
    config.beta, config.likelihood, r.step)})
