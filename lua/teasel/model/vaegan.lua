-- VAE-GANs (Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric") and
-- VAEInfoGANs, whose discriminator has a Q beside it that reads some of the latents off the images
-- (Chen et al. 2016): three players, and what their objectives are made of under the papers' names.
-- The objectives themselves are the script's:
--
--   local latents = T.latents{noise = 118, noise_from = "gaussian", {"gaussian", 10, weight = 0.1}}
--   local net = T.vaegan(T.vaegan.network(latents, {64, 64, 3}), latents, T.stream(1, "init"))
--   net:players{lr = 2e-4, K = 0,
--     Enc = function(t) return t.kl + t.llike - t.L_I end,
--     Dec = function(t) return gamma * t.llike - t.log_Dis - t.L_I end,
--     Dis = function(t) return -t.L_GAN - t.L_I end}
--   local function step(_, stream)
--     return net:step(net:centred(data:batch(stream:split "batch", 64)), stream)
--   end
--
-- t has a quantity when it is first asked for: what an objective does not name costs nothing. z is
-- a sample of q(z|x) and z_p one of the prior; Dec makes the reconstruction of the one and an image
-- of the other. Batches of real images, reconstructions and images of the prior have statistics of
-- their own. All gradients are taken before the first step.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local fail = require "teasel.lib.fail"
local game = require "teasel.model.game"
local gan_loss = require "teasel.model.gan_loss"
local grad = require "teasel.grad"
local network = require "teasel.model.vaegan_network"
local ops = require "teasel.op.composed"
local optim = require "teasel.optim"
local options = require "teasel.options"
local vae = require "teasel.model.vae"
local view = require "teasel.model.view"

local op, tensor = core.op, core.tensor

local MADE = {"rec", "pri"}   -- what Dec makes: of z of images, and of the prior

local Vaegan = {}
Vaegan.__index = Vaegan

-- vaegan(model, latents, source) -> a VAE-GAN. model: networks as vaegan.network gives them;
-- latents: a description of teasel.model.latents of normal latents, the noise being those that Q
-- does not read; source: a stream for fresh weights, or {params =, stats =} of another one. Fields:
-- model, latents, params, stats.
local function new(model, latents, source)
  check.fields("vaegan", "model", model, {"encoder", "generator", "trunk", "features", "d_head",
    "q_head"})
  check.fields("vaegan", "latents", latents, {"inputs", "outputs", "count", "weights"})
  local function normal(what, kind)
    if kind ~= "gaussian" then
      fail("vaegan: argument 'latents': got %s from '%s', wanted 'gaussian', as q(z|x) is", what,
        kind)
    end
  end
  if latents.noise > 0 then normal("noise", latents.noise_from) end
  for k, kind in ipairs(latents.kinds) do normal(latents.names[k], kind) end
  local params, stats = gan_loss.weights("vaegan", model, source)
  return setmetatable({model = model, latents = latents, params = params, stats = stats}, Vaegan)
end

-- encode(encoder, x, stream [, stats]) -> {mean =, logvar =, z =}: q(z|x) of images in the
-- networks' range, by batch statistics, and one sample of it. With stats, these are moved.
function Vaegan:encode(encoder, x, stream, stats)
  local q = self.model.encoder(encoder, x, {train = true, stats = stats})
  return {mean = q.mean, logvar = q.logvar, z = dist.gaussian.sample(stream, q.mean, q.logvar)}
end

-- judge(critic, images) -> the logits of Dis, and its features, of what Dec made: tables as images,
-- {rec =, pri =}, reconstructions and images of the prior, or {pri =} alone
function Vaegan:judge(critic, images)
  local logits, features = {}, {}
  for _, name in ipairs(MADE) do
    if images[name] then
      logits[name], features[name] = gan_loss.judge(self.model, critic, images[name])
    end
  end
  return logits, features
end

-- L_GAN(critic, x, images [, stats]) -> E log Dis(x) + E log(1 - Dis(Dec(z))) + E log(1 -
-- Dis(Dec(z_p))), the features of the last two, and the share that Dis is right about, half of it
-- for real images. With stats, those of the critic, x moves them.
--                                                                Larsen et al. 2016, algorithm 1
function Vaegan:L_GAN(critic, x, images, stats)
  local real = gan_loss.judge(self.model, critic, x, stats)
  local made, features = self:judge(critic, images)
  local sum = -ops.mean(op.softplus(-real)) - ops.mean(op.softplus(made.pri))
  local right = ops.mean(op.lt(made.pri, 0))
  if made.rec then
    sum = sum - ops.mean(op.softplus(made.rec))
    right = (right + ops.mean(op.lt(made.rec, 0))) * 0.5
  end
  return sum, features, (ops.mean(op.gt(real, 0)) + right) * 0.5
end

-- llike(critic, x, rec) -> half of the squared distance of Dis_l(x) and Dis_l(rec), the features in
-- the discriminator, summed over these, the mean over the batch: -E log N(Dis_l(x); Dis_l(rec), I)
-- but for a constant, in nats.                                            Larsen et al. 2016, eq. 8
function Vaegan:llike(critic, x, rec)
  local front, mode = check.tree("vaegan:llike", "critic.trunk", critic.trunk)[1], {train = true}
  local gap = self.model.features(front, x, mode) - self.model.features(front, rec, mode)
  return op.sum(op.square(gap)) * (0.5 / #x)
end

-- L_I(q_head, features, z [, stats]) -> the sum of lambda L_I over the latents that Q reads, the
-- mean over reconstructions and images of the prior; and L_I of each [count] of the latter.
-- features and z are tables as `judge` has them. With stats, of Q's own layers, the prior moves
-- these
function Vaegan:L_I(q_head, features, z, stats)
  local list, sum, each = {}, 0, nil
  for _, name in ipairs(MADE) do
    if features[name] then
      local q = gan_loss.guess(self.model, q_head, features[name], name == "pri" and stats or nil)
      each = self.latents:information(self.latents:nll(q, z[name]))
      list[#list + 1] = op.sum(each * tensor.tensor(self.latents.weights))
    end
  end
  for _, value in ipairs(list) do sum = sum + value * (1 / #list) end
  return sum, each
end

-- centred(images in [0, 1]) -> the same in the networks' range, [-1, 1]
function Vaegan:centred(images) return images * 2 - 1 end

-- A table whose fields are made by the functions of these names when they are first asked for.
local function lazily(makers)
  return setmetatable({}, {__index = function(t, name)
    local make = makers[name] or options.unknown("vaegan: objective", name, makers)
    local value = make(t)
    rawset(t, name, value)
    return value
  end})
end

-- half the squared distance of pixels, summed over an image: -E log N(x; rec, I), a VAE's
local function pixels(x, rec) return op.sum(op.square(x - rec)) * (0.5 / #x) end

local function encoder_player(self, o, adam)
  local params = self.params
  return game.player{params = params.encoder, optimizer = adam,
    forward = function(encoder, x, stream)
      return self:encode(encoder, x, stream, self.stats.encoder)
    end,
    loss = function(q, x)
      local unit_kl = vae.unit_kl(q.mean, q.logvar)
      local t = lazily{
        kl = function() return op.sum(unit_kl) end,
        rec = function() return gan_loss.generate(self.model, params.generator, q.z) end,
        llike = function(t) return self:llike(params.critic, x, t.rec) end,
        pixels = function(t) return pixels(x, t.rec) end,
        L_I = function(t)
          local _, features = self:judge(params.critic, {rec = t.rec})
          return (self:L_I(params.q_head, features, {rec = q.z}))
        end}
      local value = o.Enc(t)
      local terms = {kl = t.kl, unit_kl = unit_kl}
      for _, name in ipairs{"llike", "pixels"} do terms[name] = rawget(t, name) end
      local noise = self.latents.noise
      if noise > 0 and noise < self.latents.inputs then
        terms.kl_other = ops.mean(ops.slice(unit_kl, 1, 1, noise))
        terms.kl_info = ops.mean(ops.slice(unit_kl, 1, noise + 1, -1))
      end
      return value, terms
    end}
end

local function decoder_player(self, o, adam)
  local params, model = self.params, self.model
  return game.player{params = params.generator, optimizer = adam,
    forward = function(generator, z)
      local images = {}
      for _, name in ipairs(MADE) do
        images[name] = z[name] and gan_loss.generate(model, generator, z[name],
          self.stats.generator)
      end
      return images
    end,
    loss = function(images, x, z)
      local t = lazily{
        critic = function() return self:ahead(o.K, x, images, o.through) end,
        features = function() return select(2, self:judge(params.critic, images)) end,
        log_Dis = function(t)
          local sum = 0
          local logits = self:judge(t.critic, images)
          for _, name in ipairs(MADE) do
            if logits[name] then sum = sum - gan_loss.generator_loss(logits[name]) end
          end
          return sum
        end,
        L_GAN = function(t) return (self:L_GAN(t.critic, x, images)) end,
        llike = function() return self:llike(params.critic, x, images.rec) end,
        pixels = function() return pixels(x, images.rec) end,
        L_I = function(t) return (self:L_I(params.q_head, t.features, z)) end}
      return o.Dec(t), {log_dis = rawget(t, "log_Dis"), f = rawget(t, "L_GAN")}
    end}
end

local function critic_player(self, o, adam)
  local params, stats = self.params, self.stats
  return game.player{params = {critic = params.critic, q_head = params.q_head},
    optimizer = {critic = adam(o.lr_dis), q_head = adam(o.lr)},
    loss = function(p, x, images, z)
      local L_GAN, features, accuracy = self:L_GAN(p.critic, x, images, stats.critic)
      local each
      local value = o.Dis(lazily{
        L_GAN = function() return L_GAN end,
        L_I = function()
          local sum
          sum, each = self:L_I(p.q_head, features, z, stats.q_head)
          return sum
        end})
      return value, {d_loss = -L_GAN, d_accuracy = accuracy, information = each}
    end}
end

-- players(options): three players of teasel.model.game, net.Enc, net.Dec and net.Dis, the last one
-- with Q, and net.state, the state of a run. Options:
--   Enc   function(t) -> what the encoder minimises; t.kl, llike, L_I of the reconstructions,
--         pixels. Without it there are only images of the prior: an InfoGAN
--   Dec   function(t) -> what the decoder minimises; t.llike, L_I, pixels and, of the critic after
--         K more steps, log_Dis = E log Dis(Dec(z)) + E log Dis(Dec(z_p)), and L_GAN
--   Dis   function(t) -> what discriminator and Q minimise; t.L_GAN, L_I. Without it nobody judges:
--         a VAE
--   K     steps of Dis that Dec sees ahead (0), as teasel.model.infogan's `ahead`
--   through   Dec's gradient goes through these steps (true); false: it stops at them
--   recompute these steps are computed twice in the place of being kept (false): less memory
--   lr, lr_dis   2e-4 of Enc, Dec and Q's own layers; of Dis (default: as lr)
--   optimizer    "adam", with beta1 0.5, or "rmsprop"
-- kl is the sum over latents of KL(q(z|x) || N(0, I)); llike and L_I are those of these names, of
-- Dis as it is; pixels is -log N(x; Dec(z), I) but for a constant: all in nats per image.
function Vaegan:players(given)
  local any = options.any
  local o = options.read("vaegan:players", given, {Enc = any, Dec = any, Dis = any, K = 0,
    through = true, recompute = false, lr = 2e-4, lr_dis = any, optimizer = "adam"})
  for _, name in ipairs{"Enc", "Dec", "Dis"} do
    if o[name] or name == "Dec" then
      check.callable("vaegan:players", ("option '%s'"):format(name), o[name])
    end
  end
  check.integer("vaegan:players", "option 'K'", o.K, 0)
  local make = {adam = function(lr) return optim.adam{lr = lr, b1 = 0.5} end,
    rmsprop = function(lr) return optim.rmsprop{lr = lr, decay = 0.9} end}
  local adam = make[o.optimizer] or options.unknown("vaegan:players: optimizer", o.optimizer, make)
  o.lr_dis = o.lr_dis or o.lr
  self.recompute = o.recompute
  self.Enc = o.Enc and encoder_player(self, o, adam(o.lr))
  self.Dec = decoder_player(self, o, adam(o.lr))
  self.Dis = o.Dis and critic_player(self, o, adam)
  self.state = {params = self.params, stats = self.stats, enc = self.Enc and self.Enc.state,
    dec = self.Dec.state}
  if self.Dis then
    self.state.dis, self.state.q = self.Dis.state.critic, self.Dis.state.q_head
    self.optimizer = adam(o.lr_dis)
  end
end

-- step(x, stream) -> terms: one step of all players on images x in the networks' range, all
-- gradients taken before the first of them; z ~ q(z|x) and z_p are drawn from the stream. Terms:
-- kl, unit_kl [latents], kl_info and kl_other (means over those that Q reads and over the others),
-- llike, pixels, log_dis, d_loss (-L_GAN), d_accuracy, information [count] (L_I of each such
-- latent, of images of the prior), as far as the objectives ask for them, and live_mb.
function Vaegan:step(x, stream)
  if not self.Dec then fail "vaegan:step: got no players, wanted net:players{...} before" end
  local Enc, Dec, Dis = self.Enc, self.Dec, self.Dis
  local z = {rec = Enc and Enc:forward(x, stream:split "z").z,
    pri = (Dis or not Enc) and self.latents:sample(stream:split "prior", #x) or nil}
  local images = Dec:forward(z)
  local steps = {{Dec, x, z}}
  if Enc then table.insert(steps, 1, {Enc, x}) end
  if Dis then table.insert(steps, {Dis, x, images, z}) end
  return game.simultaneous(steps)
end

-- ahead(K, x, images [, through = true]) -> the critic as it would be after K more steps of its
-- optimizer on -L_GAN, all on this batch: see teasel.model.infogan's `ahead`. Metz et al. 2017
function Vaegan:ahead(K, x, images, through)
  if not (self.state and self.state.dis) then
    fail "vaegan:ahead: got no discriminator, wanted net:players{..., Dis = ...} before"
  end
  if K == 0 then return self.params.critic end
  local seen = through == false and grad.stop_gradient(images) or images
  local Dis = game.player{params = self.params.critic, optimizer = self.optimizer,
    state = self.state.dis, recompute = self.recompute,
    loss = function(critic) return -self:L_GAN(critic, x, seen) end}
  return (Dis:ahead(K))
end

-- recognise(images in [0, 1]) -> [n count], Q's mean of each latent that it reads, by the running
-- statistics
function Vaegan:recognise(images)
  return self.latents:represent(gan_loss.recognise(self.model, self.params, self.stats,
    self:centred(images)))
end

-- view() -> what it can do (see teasel.model.view): its latents are z1, z2 ... that Q does not read
-- and c1, c2 ... that it reads; the codes are the means of q(z|x), or without Enc what Q reads
function Vaegan:view()
  local model, params, stats, list = self.model, self.params, self.stats, {}
  local Enc, noise = self.Enc, self.latents.noise
  for i = 1, noise do list[i] = {name = "z" .. i, code = Enc and i or nil} end
  for i, name in ipairs(self.latents.names) do
    list[noise + i] = {name = name, code = Enc and noise + i or i}
  end
  return view{
    represent = not Enc and function(images) return self:recognise(images) end or nil,
    posterior = Enc and function(images)
      local q = model.encoder(params.encoder, self:centred(images), {stats = stats.encoder})
      return q.mean, q.logvar
    end or nil,
    decode = function(z)
      local x = model.generator(params.generator, z, {stats = stats.generator})
      return (x + 1) * 0.5
    end,
    prior = function(stream, n) return self.latents:sample(stream, n) end,
    latents = list,
  }
end

check.methods("vaegan", Vaegan, {
  encode = "encoder: table, x: tensor, stream: stream, stats: table?",
  judge = "critic: table(trunk d_head), images: table",
  L_GAN = "critic: table(trunk d_head), x: tensor, images: table(pri), stats: table?",
  llike = "critic: table(trunk), x: tensor, rec: tensor",
  L_I = "q_head: table, features: table, z: table, stats: table?", centred = "images: tensor",
  players = "given: table", step = "x: tensor, stream: stream",
  ahead = "K: size, x: tensor, images: table(pri), through: any",
  recognise = "images: tensor", view = "",
}, "model latents params stats state Enc Dec Dis optimizer")

local vaegan = {}

-- network(latents, shape, {width = 1}) -> a model for images of the shape {h, w, c}, in [-1, 1]:
-- see teasel.model.vaegan_network's `halving`
function vaegan.network(latents, shape, given) return network.halving(latents, shape, given) end

check.functions("vaegan.", vaegan, {network = "latents: table(inputs outputs), shape: table"})

return setmetatable(vaegan,
  {__call = function(_, model, latents, source) return new(model, latents, source) end})
