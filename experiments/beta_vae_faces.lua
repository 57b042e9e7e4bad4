-- beta-VAE on faces: Higgins et al. 2017, "beta-VAE: learning basic visual concepts with a
-- constrained variational framework", section 4.1 and figure 3.
--
-- Claim    With beta = 20 single units learn azimuth, lighting and elevation, where a VAE
--          (beta = 1), DC-IGN and InfoGAN mix some of them or need labels.
-- Data     The paper's pictures of a licensed head model (Paysan et al. 2009) are not passed on.
--          Default: T.data.faces, drawn heads whose azimuth, elevation, light, width and identity
--          are known. --data FOLDER takes pictures instead, in grey, whose factors are unknown.
-- Models   table 1, row "3D faces": 64 x 64 x 1; 4 x 4 convolutions with stride 2 of 32, 32, 64, 64
--          channels, 256 units, 32 latents, the decoder the reverse, ReLU; Adam 1e-4; Bernoulli
--          likelihood. beta_norm = beta M / N = 20 x 32 / 4096 = 0.156.
-- Choices  Batch size, number of steps and initialisation are not in the paper: 64 images, Glorot's
--          uniform weights.
-- Scores   15,840 of the images: 8 identities, every second azimuth, elevation and light.
-- Run      build/teasel experiments/beta_vae_faces.lua [--beta 1] [--steps 10000] [--seed 1]
--          [--data FOLDER] [--width 16 (half of the channels and units)]    (--help: the rest)

local T = require "teasel"
local optim, run, vae = T.optim, T.run, T.vae
local config = run.config({
  beta = 20.0,      -- weight of the KL divergence; 1: a VAE
  latents = 32,     -- units of the code
  width = 32,       -- channels of the first two convolutions; the others follow
  batch = 64,       -- images in a step
  steps = 10000,    -- steps of training
  lr = 1e-4,        -- learning rate
  seed = 1,         -- seed of the weights, the batches and the samples
  data = "",        -- a folder of pictures; "": faces are drawn
  score = "part",   -- drawn faces that the scores take: part, or few to try things out
}, {"score"})

local drawn, scored = config.data == "", T.report.scored(config.score, "faces")
local data = drawn and T.data.faces{size = 64}
  or assert(T.data.folder{config.data, size = 64, channels = 1})
local net = vae.learner(vae.conv(config.latents, 1, config.width), optim.adam{lr = config.lr},
  T.stream(config.seed, "init"))

local function step(_, stream)
  local x = data:batch(stream:split "batch", config.batch)
  return net:step(x, stream:split "z", function(pass)
    return pass.reconstruction + pass.kl * config.beta   -- eq. 4: -E log p(x|z) + beta KL
  end)
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

-- traversals begin at a head that looks ahead, lit from the right
T.report.view(r, {data = drawn and scored or nil,
  seed = drawn and {3, 10, 5, 7, 2} or 1,
  title = ("beta-VAE, %s, beta = %g, step %d"):format(drawn and "drawn faces" or "faces",
    config.beta, r.step)})
