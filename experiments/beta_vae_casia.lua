-- beta-VAE on CASIA-WebFace: no paper's experiment, but the model of Higgins et al. 2017,
-- "beta-VAE: learning basic visual concepts with a constrained variational framework", on faces
-- of many people with many poses (Yi et al. 2014).
--
-- Claim    Of our own: units that learn what differs between pictures of one person (azimuth,
--          elevation, light) are others than those that differ between people (skin, hair).
-- Data     CASIA-WebFace is not passed on with teasel: --data FOLDER says where it is, a folder for
--          each person. Default: a stand-in, 10 drawn portraits of each of 5,000 people.
-- Design   The network of the paper's row "CelebA" (64 x 64 x 3, four convolutions, 256 units), as
--          the pictures are alike; 64 latents in place of 32, since 10,575 people differ in more
--          ways than the pictures of one; Bernoulli likelihood, whose weight against the KL hangs
--          on no variance that would have to be chosen; and beta by beta_norm = beta M / N, which
--          is .156 in the paper's row of faces: beta = .156 x 12288 / 64 = 30. The KL's weight
--          rises from 1 over the first --rise steps: with the whole of it from the start all units
--          of a network that has learned nothing yet are switched off. Adam 3e-4, batches of 64.
-- Scores   A tenth of the people, with all known factors; and for every unit the share of its
--          variance that lies between people, 1 where a unit tells who it is, about 1 / 10, the
--          share of chance with 10 pictures of each, where it tells of the moment.
-- Run      build/teasel experiments/beta_vae_casia.lua [--beta_norm 0.156] [--steps 10000]
--          [--seed 1] [--data FOLDER]    (--help: the rest)

local T = require "teasel"
local optim, run, vae = T.optim, T.run, T.vae

local config = run.config({
  beta_norm = 0.156,   -- beta M / N for M latents and N numbers of an image
  latents = 64,        -- units of the code
  width = 32,          -- channels of the first two convolutions; the others follow
  rise = 2000,         -- steps over which the KL's weight rises from 1 to beta
  batch = 64,          -- images in a step
  steps = 10000,       -- steps of training
  lr = 3e-4,           -- learning rate
  seed = 1,            -- seed of the weights, the batches and the samples
  data = "",           -- the folder of CASIA-WebFace; "": portraits are drawn
  people = 5000,       -- drawn people, 20 or more, 10 portraits each; a tenth of them is scored
}, {})

T.command.at_least(config, {rise = 1, people = 20})

local drawn = config.data == ""
local data = drawn and T.data.portraits{identities = config.people, images = 10}
  or assert(T.data.casia{folder = config.data, crop = 180})
local net = vae.learner(vae.conv(config.latents, 3, config.width), optim.adam{lr = config.lr},
  T.stream(config.seed, "init"))
local beta = optim.schedule.linear(1, config.beta_norm * 64 * 64 * 3 / config.latents, config.rise)

local function step(t, stream)
  local x, b = data:batch(stream:split "batch", config.batch), beta(t)
  local terms = net:step(x, stream:split "z", function(pass)
    return pass.reconstruction + pass.kl * b   -- Higgins et al., eq. 4
  end)
  terms.beta = b
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

local scored = data:split({1 / 10})
T.report.view(r, {data = scored, title = ("beta-VAE, %s, beta_norm = %g, step %d"):format(
  drawn and "drawn portraits" or "CASIA-WebFace", config.beta_norm, r.step)})
print(T.diagnosis.between(r, scored))
