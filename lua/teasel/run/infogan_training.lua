-- The training that experiments with InfoGANs have in common (Chen et al. 2016): in each step D
-- with Q, then G, with a film of what is drawn. The objective is the script's:
--
--   local r = T.infogan_training{config = config, data = data, latents = latents, model = model,
--     D = function(V, L_I) return -V - L_I end,
--     G = function(log_D, L_I) return -log_D - L_I end}

local check = require "teasel.lib.check"
local core = require "teasel.core"
local film = require "teasel.run.film"
local game = require "teasel.model.game"
local infogan = require "teasel.model.infogan"
local instance_noise = require "teasel.model.instance_noise"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"
local random_affine = require "teasel.model.random_affine"
local run = require "teasel.run"

local FILMED = 25   -- samples in a frame of the film

-- infogan_training(options) -> the run (see run.train), with model, latents and view. Options:
--   config           from run.config, with steps, batch and seed
--   data             a set with batches of images, in [0, 1]
--   hand_on          whether the run has the set, by all of whose images reports then go (false)
--   latents, model   see teasel.model.infogan, as for D, G, lr_d, lr_g, b1, label and average
--   blur             deviation of the noise on what D sees (0), which fades until half of the way;
--                    see teasel.model.instance_noise
--   warp             how the images that D and Q see are changed at random: options of
--                    teasel.model.random_affine (none: they are not). What lies beyond an image is
--                    as 0 in [0, 1]
--   draws            of (z, c) in a step: 1 for both players (1), 2: one for each
local function new(given)
  local any = options.any
  local o = options.read("infogan_training", given, {config = any, data = any, latents = any,
    model = any, D = any, G = any, lr_d = any, lr_g = any, b1 = 0.5, label = 1.0, average = 0.0,
    blur = 0.0, warp = {}, draws = 1, hand_on = false})
  local config = check.fields("infogan_training", "option 'config'", o.config,
    {"steps", "batch", "seed"})
  check.fields("infogan_training", "option 'data'", o.data, {"batch"})
  check.integer("infogan_training", "option 'draws'", o.draws, 1, 2)
  local data, latents = o.data, o.latents
  local net = infogan(o.model, latents, core.rand.stream(config.seed, "init"))
  local blur = instance_noise(o.blur, math.max(1, config.steps // 2))
  local outside = net:centred(core.tensor.tensor(0)):item()
  local warp = random_affine(merged({outside = outside}, o.warp))
  local function sees(images) return blur.sees(warp.sees(images)) end
  local D, G = net:players{D = o.D, G = o.G, lr_d = o.lr_d, lr_g = o.lr_g, b1 = o.b1,
    label = o.label, average = o.average, sees = sees}
  local keep = film.new(net.state, net:view(), config, FILMED)

  local function step(number, stream)
    blur.at(number, stream:split "blur")
    warp.at(number, stream:split "warp")
    local x = net:centred(data:batch(stream:split "batch", config.batch))
    local z = latents:sample(stream:split "z", config.batch)
    local Gz, own = G:forward(z), z
    if o.draws > 1 then
      own = latents:sample(stream:split "second z", config.batch)
      G:forward(own)
    end
    local terms = game.alternating{{D, x, Gz, z}, {G, own}}
    keep(number)
    return terms
  end

  return run.train{config = config, state = net.state, step = step, model = o.model,
    latents = latents, view = net:view(), data = o.hand_on and data or nil}
end

return check.called("infogan_training", new, "given: table")
