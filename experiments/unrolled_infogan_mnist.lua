-- Unrolled InfoGAN on MNIST: the generator of an InfoGAN (Chen et al. 2016) against the
-- discriminator that there would be after K more steps (Metz et al. 2017, eqs. 7 to 12). The idea
-- is that of the "Unrolled InfoGAN" project; here the gradient goes through the steps.
--
-- Claim    The latents are learned better with K = 5, 7 or 10 virtual steps than with none. The
--          project reports Q losses (continuous, shifted by 0.18 / discrete) of 0.14 / 0.02 for
--          K = 0, 0.076 / 0.006 for 5, 0.072 / 0.0015 for 7 and 0.012 / 0.0006 for 10, from one
--          seed each. Its program held the unrolled steps constant (here: --through false), redrew
--          the batch for each and left its optimizer changed by them; Q's losses made a separate
--          step, of G and of Q's own layers, so the layers Q shares with D never learned from them.
-- Data     MNIST, training images only
-- Models   InfoGAN's, appendix C.1, with a quarter of its channels and units (--width 1: all)
-- Loss     G: -E log D_K(G(z, c)) - sum of lambda L_I, with D_K after K virtual steps of Adam on
--             -f = -E log D(x) - E log(1 - D(G(z, c))), which begin with D's weights and slots: one
--             batch for all, batch statistics, the running ones untouched. L_I is that of D as it
--             is. The paper's G minimises f itself (--saddle true), which saturates: D_K knows the
--             batch, so that there is no gradient left.
--          D, Q: one ordinary step of -f - sum of lambda L_I. Both players move at once.
--          One loop for all K; K = 0 is an InfoGAN.
-- Choices  For 2 cores: width 1/4, batch 64 and 600 steps for every K (the project: width 1, batch
--          64, 16,400 steps); learning rates 2e-4 (D) and 1e-3 (Q's own layers) as in the project,
--          and 2e-3 (G; there 1e-3). lambda 1 and 0.2 (the project's 0.1 for the continuous latents
--          is too little for so few steps). One draw of (z, c) for both players, leak 0.1, images
--          as they are; otherwise as experiments/infogan_mnist.lua.
-- Scores   as there; the curves are of L_I, not of a shifted loss.
-- Run      build/teasel experiments/unrolled_infogan_mnist.lua [--K 5] [--seed 1]
--            [--through false] [--saddle true]
--          build/teasel summary "runs/unrolled_infogan_mnist*" --figure grid_c2.png
--            --values error,information.1,information.2,information.3,step_seconds,peak_bytes
--            --curves information.1,information.2,information.3

local T = require "teasel"
local game, run = T.game, T.run

local config = run.config({
  K = 5,                     -- virtual steps of D that G sees ahead, 0 or more
  through = true,            -- G's gradient goes through these steps; false: it stops at them
  recompute = false,         -- these steps are computed twice instead of being kept: less memory
  steps = 600,               -- steps of training
  batch = 64,                -- images in a step
  width = 0.25,              -- share of the InfoGAN paper's channels and units, up to 1
  lr_d = 2e-4,               -- learning rate of D
  lr_q = 1e-3,               -- learning rate of Q's own layers
  lr_g = 2e-3,               -- learning rate of G
  lambda = 1.0,              -- weight of L_I of the category
  lambda_continuous = 0.2,   -- weight of L_I of the two continuous latents
  noise = 62,                -- numbers of noise beside the latents
  saddle = false,            -- G minimises what D maximises; false: G maximises log D(G(z, c))
  data = "",                 -- folder of MNIST's files; none: looked for, see README.md
  seed = 1,                  -- seed of the weights, the batches and the latents
}, {"data"})
T.command.at_least(config, {K = 0})

local data = assert(T.data.mnist{folder = config.data})
local latents = T.latents{noise = config.noise, {"categorical", 10, weight = config.lambda},
  {"uniform", 2, weight = config.lambda_continuous}}
local model = T.gan.mnist(latents, {width = config.width})
local net = T.infogan(model, latents, T.stream(config.seed, "init"))

-- V = E log D(x) + E log(1 - D(G(z, c))), log_D = E log D(G(z, c)), L_I with the weights lambda
local D, G = net:players{lr_d = config.lr_d, lr_q = config.lr_q, lr_g = config.lr_g,
  D = function(V, L_I) return -V - L_I end,
  G = function(log_D, L_I, Gz, x)
    local D_K = net:ahead(config.K, x, config.through and Gz or T.stop_gradient(Gz),
      config.recompute)
    if config.K > 0 then log_D = net:log_D(D_K, Gz) end
    local f = config.saddle and net:V(D_K, x, Gz) or -log_D
    return f - L_I, {f = f}
  end}

local function step(_, stream)
  local x = data:batch(stream:split("batch"), config.batch)
  local z = latents:sample(stream:split("z"), config.batch)
  return game.simultaneous{{D, x, G:forward(z), z}, {G, z, x}}
end

local r = run.train{config = config, state = net.state, step = step, model = model,
  latents = latents,  view = net:view()}

T.gan_report.mnist(r, {title = ("Unrolled InfoGAN, K = %d, seed %d, step %d"):format(config.K,
  config.seed, r.step)})
