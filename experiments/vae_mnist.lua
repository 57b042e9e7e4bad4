-- A VAE on binary MNIST, by its likelihood: Rezende & Mohamed 2015, "Variational inference with
-- normalizing flows", table 2, the row without flows. A check of the core by published numbers.
--
-- Claim    -log p(x) of the test images is at most 89.9 nats; Chadebec et al. 2022 (pythae) got
--          89.78 with 200 samples of importance sampling, the model below and a rate that falls at
--          the epochs 200, 350, 500, 750 and 1,000.
-- Data     MNIST, each pixel 1 with its grey value as the probability, drawn once for all: the
--          files of Salakhutdinov & Murray 2008 that the papers use are another such draw. 50,000
--          images are learned from; the other 10,000 give the curve `kept`, and choose nothing.
-- Model    784 - 400 - 40 latents - 400 - 784, ReLU, Bernoulli likelihood; Adam 1e-3, batches of
--          100; the rate falls by 10^(-1/5) at shares of the steps, as the peer's falls at epochs.
-- Scores   -log p(x) with --samples samples, Burda et al. 2016, eq. 8 (T.evidence), and the lower
--          bound, of the test images
-- Run      build/teasel experiments/vae_mnist.lua [--data FOLDER] [--steps 20000] [--seed 1]

local T = require "teasel"
local optim, run, vae = T.optim, T.run, T.vae

local config = run.config({
  latents = 40,     -- units of the code
  units = 400,      -- units of the hidden layers
  batch = 100,      -- images in a step
  steps = 20000,    -- steps of training; 500 are an epoch
  lr = 1e-3,        -- learning rate at the start
  samples = 200,    -- of importance sampling, for each test image
  images = 10000,   -- test images that are scored
  seed = 1,         -- seed of the weights, the batches and the samples
  data = "",        -- the folder of MNIST's files; "": looked for
}, {"samples", "images"})
T.command.at_least(config, {samples = 1, images = 1})

local function binary(part)
  return T.data.binary(assert(T.data.mnist{folder = config.data, part = part}), T.stream(0, part))
end
local data, kept = binary("train"):split{50000, 10000}
local test = binary "test"

local model = vae.network{shape = data.shape, channels = {}, hidden = {config.units},
  latents = config.latents}

local function rate(t)
  local falls = 0
  for _, share in ipairs{.2, .35, .5, .75} do
    if t > share * config.steps then falls = falls + 1 end
  end
  return config.lr * 10 ^ (-falls / 5)
end
local net = vae.learner(model, optim.adam{lr = rate}, T.stream(config.seed, "init"))
local EVERY = 500

local function step(t, stream)
  local x = data:batch(stream:split "batch", config.batch)
  local terms = net:step(x, stream:split "z", function(pass)
    return pass.reconstruction + pass.kl   -- the negative of the evidence lower bound
  end)
  if t % EVERY == 0 or t == 1 then   -- of images that are not trained on
    terms.kept = vae.elbo(vae.pass(model, net.params, kept:images(T.arange(1, 2000)),
      stream:split "kept"))
  end
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = model, data = data,
  view = net:view()}

local scored = test:subset(T.arange(1, math.min(config.images, test:count())))
local nll, error = T.evidence.of(model, net.params, scored, T.stream(0, "evidence"),
  {samples = config.samples})
local bound = T.evidence.of(model, net.params, scored, T.stream(0, "bound"), {samples = 1})
r:scores{step = r.step, nll = nll, standard_error = error, bound = bound, images = scored:count(),
  samples = config.samples}
print(("-log p(x) of %d test images, %d samples: %.2f ± %.2f nats; the lower bound: %.2f"):format(
  scored:count(), config.samples, nll, error, bound))
T.report.view(r, {title = ("VAE, binary MNIST, step %d"):format(r.step)})
