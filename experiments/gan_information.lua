-- Is the information maximised by itself? Chen et al. 2016, "InfoGAN", section 7.1 and figure 1.
--
-- Claim    With an InfoGAN the lower bound L_I of I(c; x) reaches its limit H(c) = ln 10 = 2.30
--          nats within about 100 steps. With a plain GAN whose generator is also given c, and a Q
--          that is trained beside it, L_I rises to 0.6 and falls back to about 0.1: nothing makes
--          the generator use c.
-- Data     MNIST, training images, as in the paper; --set faces, portraits or chairs: the drawn
--          sets in the place of the paper's others
-- Models   Appendix C's of the set with one latent, c ~ Cat(10); half of the channels and units
--          (--width 1: all)
-- Loss     InfoGAN: as experiments/infogan_mnist.lua, lambda = 1, but one draw of (z, c) for both
--          players, a leak of 0.1 and images as they are.
--          GAN (--information false): G and the layers that Q shares with D see no loss of Q's;
--          only Q's own layers learn, on D's features.
-- Scores   L_I of the training batch, mean log Q(c|x) + ln 10, and on fresh images at the end;
--          figure 2 (b), the categories of the plain GAN, is its figures/c1.png.
-- Run      build/teasel experiments/gan_information.lua [--information false] [--seed 1]
--          build/teasel summary "runs/gan_information*" --values information.1
--            --curves information.1   (figure 1 from the runs of both)

local T = require "teasel"
local game, run = T.game, T.run

local ROWS = {mnist = "mnist", faces = "azimuth", portraits = "celeba", chairs = "chairs_rotation"}
local config = run.config({
  set = "mnist",        -- mnist, faces, portraits or chairs
  information = true,   -- maximise L_I, as an InfoGAN does; false: a GAN with a Q beside it
  steps = 1000,         -- steps of training
  batch = 128,          -- images in a step
  lr_d = 2e-4,          -- learning rate of D and Q
  lr_g = 1e-3,          -- learning rate of G
  width = 0.5,          -- share of the paper's channels and units, up to 1
  data = "",            -- folder of MNIST's files; none: looked for, see README.md
  seed = 1,             -- seed of the weights, the batches and the latents
  log = 5,              -- steps to a line of the log
}, {"data", set = ROWS})

local row = T.gan.rows[ROWS[config.set]]
local SETS = {
  mnist = function() return T.data.mnist{folder = config.data} end,
  faces = function() return T.data.faces{size = 32} end,
  portraits = function() return T.data.stored(T.data.portraits{size = 32}, "portraits32") end,
  chairs = function() return T.data.chairs{size = 64} end,
}
local data = assert(SETS[config.set]())
local latents = T.latents{noise = row.latents.noise, {"categorical", 10}}
local model = row.network(latents, {width = config.width})
local net = T.infogan(model, latents, T.stream(config.seed, "init"))

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)); aside: only Q's layers see L_I
local D, G = net:players{lr_d = config.lr_d, lr_g = config.lr_g, aside = not config.information,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I) return config.information and -log_D - L_I or -log_D end}

local function step(_, stream)
  local x = net:centred(data:batch(stream:split("batch"), config.batch))
  local z = latents:sample(stream:split("z"), config.batch)
  return game.alternating{{D, x, G:forward(z), z}, {G, z}}
end

local r = run.train{config = config, state = net.state, step = step, model = model,
  latents = latents,  view = net:view()}

local report = config.set == "mnist" and T.gan_report.mnist or T.gan_report.view
report(r, {title = ("%s, seed %d, step %d"):format(
  config.information and "InfoGAN" or "GAN with an auxiliary Q", config.seed, r.step)})
