-- A GAN whose generator sees its discriminator some steps ahead (Metz et al. 2017, "Unrolled
-- generative adversarial networks"). The objective is the script's:
--
--   local net = T.unrolled_gan(model, T.stream(1, "init"), {K = 5, noise = 256,
--     D = function(D, x, Gz) return T.softplus(-D(x)):mean() + T.softplus(D(Gz)):mean() end,
--     G = function(D_K, x, Gz) return T.softplus(-D_K(Gz)):mean() end})
--   local function step(_, stream)
--     return net:step(data:batch(stream:split "batch", 64), stream:split "z")
--   end
--
-- D and D_K are functions from images to logits: with the weights as they are, and after K more
-- steps of D's own optimizer on the same batch. Both players step at the same time.

local check = require "teasel.lib.check"
local game = require "teasel.model.game"
local grad = require "teasel.grad"
local optim = require "teasel.optim"
local options = require "teasel.options"
local tree = require "teasel.tree"
local view = require "teasel.model.view"

local Unrolled = {}
Unrolled.__index = Unrolled

local PRIORS = {
  uniform = function(stream, n, noise) return stream:uniform({n, noise}, -1, 1) end,
  gaussian = function(stream, n, noise) return stream:normal{n, noise} end,
}

-- unrolled_gan(model, stream, options) -> a GAN with fresh weights. model: {generator =, critic =},
-- networks from noise [n noise] to images or points, and from these to logits [n 1]; the critic has
-- no running statistics. Fields: model, params, stats; state, that of a run. Options:
--   D, G        function(D, x, Gz) -> what the player minimises, and terms to be reported (default:
--               d_loss or g_loss, which is that)
--   K           virtual steps of D that G sees ahead (5)
--   through     G's gradient goes through these steps (true); false: it stops at them
--   recompute   these steps are computed twice in the place of being kept (false): less memory
--   lr_d, lr_g  of Adam, with beta1 0.5 (1e-4, 1e-3)
--   noise       numbers that the generator reads (64), of U(-1, 1), or N(0, 1) with
--   noise_from  "gaussian" ("uniform")
local function new(model, stream, given)
  local o = options.read("unrolled_gan", given, {D = options.any, G = options.any, K = 5,
    through = true, recompute = false, lr_d = 1e-4, lr_g = 1e-3, noise = 64,
    noise_from = "uniform"})
  check.callable("unrolled_gan", "option 'D'", o.D)
  check.callable("unrolled_gan", "option 'G'", o.G)
  check.integer("unrolled_gan", "option 'K'", o.K, 0)
  check.count("unrolled_gan", "option 'noise'", o.noise)
  local draw = PRIORS[o.noise_from]
    or options.unknown("unrolled_gan: noise_from", o.noise_from, PRIORS)
  local params, stats = {}, nil
  params.generator, stats = model.generator:init(stream:split "generator")
  params.critic = model.critic:init(stream:split "critic")

  local function named(name, value, terms) return value, terms or {[name] = value} end
  local function judge(critic) return function(x) return model.critic(critic, x) end end
  local D = game.player{params = params.critic, optimizer = optim.adam{lr = o.lr_d, b1 = 0.5},
    recompute = o.recompute,
    loss = function(critic, x, Gz) return named("d_loss", o.D(judge(critic), x, Gz)) end}
  local G = game.player{params = params.generator, optimizer = optim.adam{lr = o.lr_g, b1 = 0.5},
    forward = function(p, z) return model.generator(p, z, {train = true, stats = stats}) end,
    loss = function(Gz, x)
      local D_K = D:ahead(o.K, x, o.through and Gz or grad.stop_gradient(Gz))
      return named("g_loss", o.G(judge(D_K), x, Gz))
    end}
  return setmetatable({model = model, params = params, stats = stats, D = D, G = G,
    noise = {name = "noise", kind = o.noise_from, width = o.noise, noise = true}, draw = draw,
    state = {params = params, d = D.state, g = G.state,
      stats = #tree.leaves(stats) > 0 and stats or nil}}, Unrolled)
end

-- prior(stream, n) -> noise [n noise]
function Unrolled:prior(stream, n) return self.draw(stream, n, self.noise.width) end

-- step(x, stream) -> terms: one step of both players on images or points x and as many noises from
-- the stream, both gradients taken before the first of them
function Unrolled:step(x, stream)
  local Gz = self.G:forward(self:prior(stream, #x))
  return game.simultaneous{{self.D, x, Gz}, {self.G, x}}
end

-- view() -> what it can do: draw, by the running statistics (see teasel.model.view)
function Unrolled:view()
  return view{decode = function(z)
      return self.model.generator(self.params.generator, z, {stats = self.stats})
    end,
    prior = function(stream, n) return self:prior(stream, n) end,
    latents = {self.noise}}
end

check.methods("unrolled_gan", Unrolled, {prior = "stream: stream, n: count",
  step = "x: tensor, stream: stream", view = ""}, "model params stats state")

return check.called("unrolled_gan", new,
  "model: table(generator critic), stream: stream, given: table")
