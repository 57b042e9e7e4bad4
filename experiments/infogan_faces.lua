-- InfoGAN on faces: Chen et al. 2016, "InfoGAN: interpretable representation learning by
-- information maximizing generative adversarial nets", section 7.2, figure 3 and appendix C.4.
--
-- Claim    Of five continuous latents one turns the head (azimuth), one nods it (elevation), one
--          moves the lamp, one makes the face wide or narrow. The paper's panels are from several
--          trained networks, each the best of 5 random runs by looking.
-- Data     Drawn faces (--data drawn), 32 x 32, grey, with known azimuth, elevation, light and
--          width: the paper's own are renderings of a licensed model of heads. isomap: the 698
--          pictures of one head; yaleb: 2,414 photographs under known light; else a folder of
--          pictures.
-- Models   Appendix C.4, table 4: G of two layers and two transposed convolutions; D and Q share
--          all but the last layer. Half of the channels and units (--width 1: all), for 2 cores.
-- Loss     as experiments/infogan_mnist.lua, but one draw of (z, c) for both players
-- Choices  From table 5 (--panel): azimuth, elevation, lighting; "wide or narrow" is that of the
--          lighting. 128 numbers of noise, 5 latents U(-1, 1), leak 0.1. Not in the paper: batch,
--          steps, beta1 0.5, weights and batch norm as in infogan_mnist.lua.
--          Not in the paper either: D and Q see each image, real and generated, moved by up to 3
--          pixels at random (--shift 0: not). Without it D wins in some seeds, and faces are noise;
--          chosen with seeds 11 and 12: MIG of Q .089 and .104, without .062 and .058.
-- Trials   Noise on D's images that fades (--blur; .071 with seed 11), spectral norm in D.
-- Scores   In place of looking: a network trained on drawn faces reads the factors off generated
--          ones, and the rank correlations of these with all latents are one table; those of Q's
--          means with the factors of drawn faces are the other. DCI and MIG of Q's codes.
--          panel_NAME.png: the latent that follows a factor most. The best of 5 seeds is named.
-- Run      build/teasel experiments/infogan_faces.lua [--panel elevation] [--data isomap]
--          build/teasel experiments/infogan_faces.lua --summary "runs/infogan_faces*" (the table)

local T = require "teasel"
local PANELS = {azimuth = "azimuth", elevation = "elevation", lighting = "light", width = "width"}
local config = T.run.config({
  panel = "azimuth",   -- settings of table 5 for: azimuth, elevation, lighting or width
  data = "drawn",      -- drawn, isomap, yaleb, or a folder of pictures
  steps = 3000,        -- steps of training
  batch = 64,          -- images in a step
  width = 0.5,         -- share of the paper's channels and units, up to 1
  lambda = 0.0,        -- weight of L_I; 0: the panel's
  blur = 0.0,          -- deviation of the noise on what D sees, 0 from half of the way on
  shift = 3.0,         -- pixels by which what D and Q see is moved at random, at most
  spectral = false,    -- D has spectral norm in the place of batch norm
  seed = 1,            -- seed of the weights, the batches and the latents
  images = 5000,       -- drawn images that the scores take, 10 or more
  reader = 2000,       -- steps of training of the network that reads factors
  summary = "",        -- no training: a table of the runs that this pattern names
}, {"images", "reader", "summary", panel = PANELS})
T.command.at_least(config, {images = 10, reader = 1, lambda = 0, shift = 0})
if config.summary ~= "" then return T.gan_report.readings_summary(config.summary) end

local row = T.gan.rows[config.panel == "width" and "lighting" or config.panel]
local lambda = config.lambda > 0 and config.lambda or row.latents[1].weight
local drawn = T.data.faces{size = 32}
local SETS = {
  drawn = function() return drawn end,
  isomap = function() return T.data.isomap_faces{} end,
  yaleb = function()
    local path, why = T.data.find "yaleb_cropped/half"
    if not path then return nil, why end
    local named = "A([+-]%d+)E([+-]%d+)%.pgm$"   -- where the lamp was, in degrees
    return T.data.folder{path, size = 32, channels = 1, only = named, pattern = named,
      names = {"light", "lift"}}
  end,
}
local data = assert((SETS[config.data] or function()
  return T.data.folder{config.data, size = 32, channels = 1}
end)())
local latents = T.latents{noise = row.latents.noise, {"uniform", 5, weight = lambda}}
local model = row.network(latents, {width = config.width, spectral = config.spectral})

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return -log_D - L_I end,
  lr_d = row.lr_d, lr_g = row.lr_g, blur = config.blur, warp = {shift = config.shift}}

T.gan_report.readings(r, {data = drawn, own = data, images = config.images, steps = config.reader,
  numbers = {"azimuth", "elevation", "light", "width"},
  title = ("InfoGAN, faces, %s, seed %d, step %d"):format(config.panel, config.seed, r.step)})
