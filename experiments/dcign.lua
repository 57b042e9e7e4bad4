-- DC-IGN: Kulkarni et al. 2015, "Deep convolutional inverse graphics network", on faces, and as the
-- baseline of Higgins et al. 2017, "beta-VAE", figure 6, on dSprites.
--
-- Claim    A VAE that is told which factor varies in a batch learns a latent for each: 99.3 % on
--          the metric of Higgins et al., as much as beta-VAE, which is told nothing.
-- Data     --data faces: drawn heads in place of the licensed model's; dsprites: 2D shapes
-- Model    Higgins et al., table 1: 3 x 3 convolutions of 96, 48, 48 channels with max pooling, and
--          the reverse; here a third of them (--width 96: all), for 2 cores. --network conv: that
--          of the row "Chairs", to compare with. Bernoulli likelihood; RMSProp 5e-4.
-- Loss     -E log p(x|z) + KL, of z in which all latents but the varying factor's own are clamped
--          to their mean over the batch; their gradient is replaced by (z - mean) x --still.
-- Choices  Latents: one for each factor, in the order of the data, and what is left for the last of
--          `rest`: faces' identity and width, dSprites' shape. Batches of the kinds come as 1 : 1 :
--          ... : --rest; the paper says 1 : 1 : 1 : 10 for faces. 20 images in a batch as in the
--          authors' program. That clamps latents to the first image's, lets clamped ones have no
--          gradient unless it is told to, and has RMSProp with a momentum of 0.9 (here none); 1/100
--          is the paper's, as far as we know.
-- Run      build/teasel experiments/dcign.lua [--data dsprites] [--steps 10000] [--seed 1]

local T = require "teasel"
local dcign, optim, run, vae = T.dcign, T.optim, T.run, T.vae

local SETS = {
  faces = {make = T.data.faces, latents = 32, alone = {"azimuth", "elevation", "light"},
    rest = {"identity", "width"}},
  dsprites = {make = T.data.dsprites, latents = 10,
    alone = {"posX", "posY", "scale", "orientation"}, rest = {"shape"},
    higgins = {"scale", "orientation", "posX", "posY"}},
}
local NETWORKS = {
  dcign = function(latents, width) return dcign.network(latents, {width = width}) end,
  conv = function(latents) return vae.conv(latents) end,
}

local config = run.config({
  data = "faces",      -- faces or dsprites
  network = "dcign",   -- see Model
  width = 32,          -- channels of its first layer; the others have half of them
  rest = 10,           -- batches of the last kind for one of each other kind
  still = 0.01,        -- weight of what keeps clamped latents still
  batch = 20,          -- images in a step
  steps = 10000,       -- steps of training
  lr = 5e-4,           -- learning rate
  seed = 1,            -- seed of the weights, the batches and the samples
  score = "part",      -- images that the scores take: part or few; of dSprites all, too
}, {"score", data = SETS, network = NETWORKS})
T.command.at_least(config, {rest = 0})

local chosen = SETS[config.data]
local scored, data, kinds = T.report.scored(config.score, config.data), chosen.make{}, {}
local rest = {}
for i, name in ipairs(chosen.alone) do
  kinds[i] = {factors = name, own = dcign.own(chosen.latents, {i})}
end
for i = #kinds + 1, chosen.latents do rest[#rest + 1] = i end
for _ = 1, config.rest do
  kinds[#kinds + 1] = {factors = chosen.rest, own = dcign.own(chosen.latents, rest)}
end

local net = vae.learner(NETWORKS[config.network](chosen.latents, config.width),
  optim.rmsprop{lr = config.lr}, T.stream(config.seed, "init"))

local function step(_, stream)
  local kind = kinds[math.tointeger(stream:split "kind":integers({1}, 1, #kinds):item())]
  local x = data:images(dcign.index(data.space, stream:split "batch", config.batch, kind.factors))
  return net:step(x, stream:split "z", function(pass)
    return pass.reconstruction + pass.kl + dcign.still(pass, kind.own) * config.still
  end, function(z) return dcign.clamp(z, kind.own) end)
end

local r = run.train{config = config, state = net.state, step = step, model = net.model,
  data = data, view = net:view()}

T.report.view(r, {higgins = chosen.higgins, data = scored,
  title = ("DC-IGN, %s, step %d"):format(config.data, r.step)})
