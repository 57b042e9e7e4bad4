-- InfoGAN (Chen et al. 2016): networks with their parameters and running statistics, and what the
-- paper's objective is made of under the paper's names. The objective itself is the script's:
--
--   local net = T.infogan(T.gan.mnist(latents), latents, T.stream(1, "init"))
--   local D, G = net:players{lr_d = 2e-4, lr_g = 1e-3,
--     D = function(V, L_I) return -V - L_I end,             -- what D and Q minimise
--     G = function(log_D, L_I) return -log_D - L_I end}     -- what G minimises
--   local function step(_, stream)
--     local x, z = data:batch(stream:split "batch", 64), latents:sample(stream:split "z", 64)
--     return T.game.alternating{{D, x, G:forward(z), z}, {G, z}}
--   end
--
-- V is E log D(x) + E log(1 - D(G(z, c))), log_D is E log D(G(z, c)), and L_I the sum of lambda L_I
-- over the latents, all in nats.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local game = require "teasel.model.game"
local gan_view = require "teasel.model.gan_view"
local grad = require "teasel.grad"
local loss = require "teasel.model.gan_loss"
local optim = require "teasel.optim"
local options = require "teasel.options"
local tree = require "teasel.tree"

local op, tensor = core.op, core.tensor

local Infogan = {}
Infogan.__index = Infogan

-- infogan(model, latents, source) -> an InfoGAN. model: networks of teasel.model.gan_network;
-- latents: a description of teasel.model.latents, with one latent or more; source: a stream for
-- fresh weights, or {params =, stats =} as teasel.model.gan_loss's init gave them. Fields: model,
-- latents, params, stats.
local function new(model, latents, source)
  check.fields("infogan", "model", model, {"generator", "trunk", "d_head"})
  check.fields("infogan", "latents", latents, {"inputs", "outputs", "count", "weights"})
  if latents.count == 0 then fail "infogan: got no latents, wanted one or more" end
  check.fields("infogan", "model", model, {"q_head"})
  local params, stats = loss.weights("infogan", model, source)
  return setmetatable({model = model, latents = latents, params = params, stats = stats}, Infogan)
end

-- V(critic, x, Gz [, stats]) -> E log D(x) + E log(1 - D(Gz)), the features of the generated images
-- Gz, and D's accuracy. With stats, those of the whole model, x moves the critic's; without, the
-- model's own are at most read.
function Infogan:V(critic, x, Gz, stats)
  local negative, features, accuracy = loss.critic_loss(self.model, critic, x, Gz,
    (stats or self.stats).critic, {keep = not stats, label = self.label})
  return -negative, features, accuracy
end

-- log_D(critic, Gz) -> E log D(Gz), and the features of Gz
function Infogan:log_D(critic, Gz)
  local logit, features = loss.judge(self.model, critic, Gz, self.stats.critic, true)
  return -loss.generator_loss(logit), features
end

-- L_I(q_head, features, z [, stats]) -> the sum of lambda L_I over the latents in z, and L_I of
-- each [count]. With stats, those of the whole model, the features move Q's.
function Infogan:L_I(q_head, features, z, stats)
  local q = loss.guess(self.model, q_head, features, (stats or self.stats).q_head, not stats)
  local each = self.latents:information(self.latents:nll(q, z))
  return op.sum(each * tensor.tensor(self.latents.weights)), each
end

-- centred(images in [0, 1]) -> the same in the range of the networks
function Infogan:centred(images) return loss.centred(self.model, images) end

-- players(options) -> two players of teasel.model.game: D with Q, whose loss is given (x, G(z), z)
-- with x in the networks' range, and G, whose loss is given (z, ...). Each step is one of Adam.
-- The state of a run is then net.state. Options:
--   D     function(V, L_I) -> what D and Q minimise
--   G     function(log_D, L_I, Gz, ...) -> what G minimises, and terms to be reported (default:
--         g_loss, which is -log_D)
--   lr_d, lr_g, b1   of Adam: 2e-4, 1e-3, 0.5; rates may be schedules of teasel.optim
--   lr_q  of Q's own layers, which then have an Adam of their own (default: as lr_d)
--   aside (false): Q only watches: nobody but its own layers learns of the latents, and G's
--         function is given no L_I
--   label (1): of real images for D, see critic_loss of teasel.model.gan_loss
--   sees  function(images) -> what D is shown of them, real and generated ones (default: all of
--         it). Noise that fades keeps D from winning early (Sonderby et al. 2017)
--   average (0): the share that averages of all weights keep at each step, as 0.999. They are in
--         net.state.average, with the running statistics as they are, and views and reports take
--         them then
-- Terms: d_loss, which is -V, d_accuracy, g_loss, and information [count], L_I of each latent.
function Infogan:players(given)
  local any = options.any
  local o = options.read("infogan:players", given, {D = any, G = any, lr_d = any, lr_g = any,
    lr_q = any, b1 = 0.5, aside = false, label = 1.0, sees = any, average = 0.0})
  check.callable("infogan:players", "option 'D'", o.D)
  check.callable("infogan:players", "option 'G'", o.G)
  if o.sees then check.callable("infogan:players", "option 'sees'", o.sees) end
  check.share("infogan:players", "option 'label'", o.label)
  check.share("infogan:players", "option 'average'", o.average)
  local params, stats = self.params, self.stats
  local sees = o.sees or function(images) return images end
  local function adam(lr) return optim.adam{lr = lr, b1 = o.b1} end
  local adam_d = adam(o.lr_d or 2e-4)
  self.label = o.label
  local D = game.player{params = {critic = params.critic, q_head = params.q_head},
    optimizer = o.lr_q and {critic = adam_d, q_head = adam(o.lr_q)} or adam_d,
    loss = function(p, x, Gz, z)
      local V, features, accuracy = self:V(p.critic, sees(x), sees(Gz), stats)
      if o.aside then features = grad.stop_gradient(features) end
      local L_I, each = self:L_I(p.q_head, features, z, stats)
      return o.D(V, L_I), {d_loss = -V, d_accuracy = accuracy, information = each}
    end}
  -- Running statistics are not averaged: they are averages, of few steps, and one of many would
  -- keep the variance of 1 that they began with, where images of small weights have 0.00005.
  local average, follow
  if o.average > 0 then
    average = tree.map(function(t) return t + 0 end, {params = params, stats = stats})
    function follow()
      optim.follow(average.params, params, o.average)
      optim.follow(average.stats, stats, 0)
    end
  end
  local G = game.player{params = params.generator, optimizer = adam(o.lr_g or 1e-3),
    forward = function(g, z) return loss.generate(self.model, g, z, stats.generator) end,
    loss = function(Gz, z, ...)
      local log_D, features = self:log_D(params.critic, sees(Gz))
      local L_I = not o.aside and self:L_I(params.q_head, features, z) or nil
      local value, terms = o.G(log_D, L_I, Gz, ...)
      return value, terms or {g_loss = -log_D}
    end,
    after = follow}
  self.state = {params = params, stats = stats, d = D.state, g = G.state, average = average}
  if o.lr_q then self.state.d, self.state.q = D.state.critic, D.state.q_head end
  self.adam_d = adam_d
  return D, G
end

-- The state of D's Adam without what is Q's.
local function critic_state(state)
  if state.q then return state.d end
  local slots = {}
  for i, slot in ipairs(state.d.slots) do slots[i] = slot.critic end
  return {t = state.d.t, slots = slots, optimizer = state.d.optimizer}
end

-- ahead(steps, x, Gz [, recompute = false]) -> the critic as it would be after so many more steps
-- of D's Adam on -V, all on this batch. It starts from D's weights and Adam's state and changes
-- neither these nor the running statistics. Within a derivative the steps are part of what is
-- differentiated; with a Gz that is constant they are not (T.stop_gradient). recompute: see
-- teasel.model.game's unroll. Metz et al. 2017, eqs. 7 to 9
function Infogan:ahead(steps, x, Gz, recompute)
  if not self.state then fail "infogan:ahead: got no players, wanted net:players{...} before" end
  local D = game.player{params = self.params.critic, optimizer = self.adam_d,
    state = critic_state(self.state), loss = function(d) return -self:V(d, x, Gz) end,
    recompute = recompute}
  return (D:ahead(steps))
end

-- view() -> what it can do (see teasel.model.gan_view), by averaged weights where players have them
function Infogan:view()
  local from = self.state and self.state.average or self
  return gan_view(self.model, self.latents, from.params, from.stats)
end

check.methods("infogan", Infogan, {
  V = "critic: table(trunk d_head), x: tensor, Gz: tensor, stats: table?",
  log_D = "critic: table(trunk d_head), Gz: tensor",
  L_I = "q_head: table, features: tensor, z: tensor, stats: table?", centred = "images: tensor",
  players = "given: table", ahead = "steps: size, x: tensor, Gz: tensor, recompute: boolean?",
  view = "",
}, "model latents params stats state label adam_d")

return new
