-- Quantised latents on dSprites: Hsu et al. 2023, "Disentanglement via latent quantization" (QLAE).
--
-- Claim    Few values for each unit, learned, and a strong weight decay disentangle without any
--          prior on q(z): above VAEs with regularised latents by the paper's own metrics.
-- Data     dSprites, drawn on demand (the paper has Shapes3D, MPI3D, Falcor3D, Isaac3D); training
--          and scores use all images.
-- Models   conv   32, 32, 64, 64 channels, 256 units; the paper's decoder is StyleGAN-like, wider
--          small  half of the channels and units
--          10 latents of 10 values each, which begin evenly in -0.5..0.5.
-- Loss     the mean over pixels of -log p(x|z) + lambda (quantisation + commitment), eq. 3.
-- Settings lambda = 0.01 (0.001 for dSprites in the published settings), AdamW 1e-3 with a decay of
--          0.1, 128 images, 200,000 steps. Here 64 images and fewer steps by default. In the
--          authors' program biases and the values do not decay, as all does here, and gradients of
--          weights are clipped at 1.
-- Run      build/teasel experiments/quantised_dsprites.lua [--values 10] [--steps 20000]
--          [--network small] [--seed 1] [--score part]

local T = require "teasel"
local optim, quantised, run, vae = T.optim, T.quantised, T.run, T.vae

local NETWORKS = {conv = 32, small = 16}

local config = run.config({
  values = 10,        -- of each unit of the code
  lambda = 0.001,     -- weight of both penalties
  decay = 0.1,        -- weight decay, times the learning rate in each step
  network = "conv",   -- see Models
  latents = 10,       -- units of the code
  batch = 64,         -- images in a step
  steps = 20000,      -- steps of training
  lr = 1e-3,          -- learning rate
  seed = 1,           -- seed of the weights and the batches
  score = "all",      -- images that the scores take: all, part or few
}, {"score", network = NETWORKS})

local scored, data = T.report.scored(config.score), T.data.dsprites{}
local n = NETWORKS[config.network]
local model = quantised.model{shape = data.shape, channels = {n, n, 2 * n, 2 * n},
  hidden = {8 * n}, latents = config.latents, values = config.values}
local net = vae.learner(model, optim.adamw{lr = config.lr, decay = config.decay},
  T.stream(config.seed, "init"))
local pixels = data.shape[1] * data.shape[2]

local function step(_, stream)
  local x, gap = data:batch(stream:split("batch"), config.batch), nil
  local terms = net:step(x, stream:split("z"), function(pass)
    local quantisation, commitment = quantised.penalties(pass)
    gap = quantisation
    return pass.reconstruction / pixels + (quantisation + commitment) * config.lambda   -- eq. 3
  end)
  return {loss = terms.loss, reconstruction = terms.reconstruction, quantisation = gap}
end

local r = run.train{config = config, state = net.state, step = step, model = model, data = data,
  view = net:view()}

T.report.dsprites(r, {data = scored,
  title = ("%d latents of %d values, step %d"):format(config.latents, config.values, r.step)})
