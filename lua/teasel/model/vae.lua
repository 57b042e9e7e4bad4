-- Variational autoencoders: the networks of the papers and their objectives.
--
-- A model is {encoder =, decoder =, latents =}: a layer images -> {mean =, logvar =} of q(z|x)
-- [n latents], a layer z -> logits of the pixels [n h w c], and the number of latents. It may have
--   likelihood  another p(x|z) than Bernoulli's, see teasel.model.likelihood: the decoder gives
--               what that reads
--   posterior   another q(z|x) than N(mean, e^logvar), {sample =, kl =, prior =}: sample(stream, q)
--               -> z; kl(q) -> [units], the mean KL of every unit, from what the encoder gives;
--               prior(stream, n) -> z [n latents], where p(z) is not N(0, I) either
--   view        function(model, params) -> its view, where that is another than vae.view gives
-- A Laplace distribution in the place of both normal ones is
--
--   local laplace = T.dist.laplace   -- of a network with heads = {mean = n, logscale = n}
--   model.posterior = {
--     sample = function(stream, q) return laplace.sample(stream, q.mean, q.logscale) end,
--     kl = function(q) return laplace.kl(q.mean:transpose(), q.logscale:transpose()) / #q.mean end,
--     prior = function(stream, m) return laplace.sample(stream, T.zeros{m, n}, T.zeros{m, n}) end,
--   }

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local grad = require "teasel.grad"
local likelihood = require "teasel.model.likelihood"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"
local sequential = require "teasel.model.sequential"
local view = require "teasel.model.view"

local op = core.op

local vae = {}

local LAST = {last = true}   -- of layers that give logits

local function latent_heads(n, latents)
  return nn.heads{mean = nn.linear(n, latents), logvar = nn.linear(n, latents)}
end

-- fc(latents, units, activation): Higgins et al. 2017, table 1, row "2D shapes": 4096 - 1200 -
-- 1200, ReLU; decoder 1200 x 3, tanh. Re-implementations often have ReLU in the decoder too.
function vae.fc(latents, units, activation)
  local n = units or 1200
  local encoder = sequential({64, 64, 1}, {activation = nn.relu}):linear(n):linear(n)
  local decoder = sequential({latents}, {activation = activation or nn.tanh})
  return {
    encoder = encoder:add(latent_heads(n, latents)):chain(),
    decoder = decoder:linear(n):linear(n):linear(n):linear(4096, LAST):reshape{64, 64, 1}:chain(),
    latents = latents,
  }
end

-- network(options) -> a model for images of any size: halving convolutions, hidden layers, and the
-- reverse. Options:
--   shape       {h, w, c} of an image, wanted
--   latents     numbers that the decoder reads (10)
--   heads       what the encoder gives, and how many numbers each ({mean = latents, logvar =
--               latents})
--   channels    of the convolutions, as many as are listed ({32, 32, 64, 64})
--   hidden      units of the hidden layers between them and the code ({256})
--   up          those of the decoder, from the code on (default: `hidden` the other way round)
--   activation  of all layers but the last (ReLU)
--   init, bias  how weights and biases begin, as of the layers of teasel.nn
--   likelihood  see teasel.model.likelihood (Bernoulli)
-- Where h or w is no multiple of 2^(number of convolutions), the encoder reads the image with 0
-- around it up to the next one, and the decoder's image is cut out of the middle of a larger one.
-- Errors: a missing or unknown option, one of the wrong form.
function vae.network(given)
  local o = options.read("vae.network", given, {shape = options.any, latents = 10,
    heads = options.any, channels = {32, 32, 64, 64}, hidden = {256}, up = options.any,
    activation = nn.relu, init = options.any, bias = options.any,
    likelihood = likelihood.bernoulli})
  check.list("vae.network", "shape", o.shape, check.count)
  check.list("vae.network", "channels", o.channels, check.count)
  check.list("vae.network", "hidden", o.hidden, check.count)
  local hidden = o.up
  if hidden then check.list("vae.network", "up", hidden, check.count)
  else
    hidden = {}
    for i, units in ipairs(o.hidden) do hidden[#o.hidden + 1 - i] = units end
  end
  check.fields("vae.network", "likelihood", o.likelihood, {"nll", "mean"})
  check.count("vae.network", "latents", o.latents)
  o.heads = check.table("vae.network", "option 'heads'",
    o.heads or {mean = o.latents, logvar = o.latents})
  if #o.shape ~= 3 then check.wrong("vae.network", "shape", o.shape, "{h, w, c}") end
  local settings = {activation = o.activation, init = o.init, bias = o.bias}
  local n = #o.channels
  local h, w, c = table.unpack(o.shape)
  local step = 1 << n
  local high, wide = -(-h // step) * step, -(-w // step) * step
  local down = sequential(o.shape, settings):pad(high, wide)
  for _, channels in ipairs(o.channels) do down:conv(channels) end
  local top = down.shape
  for _, units in ipairs(o.hidden) do down:linear(units) end
  local up = sequential({o.latents}, settings)
  for _, units in ipairs(hidden) do up:linear(units) end
  local out = c * (o.likelihood.outputs or 1)
  if n == 0 then
    up:linear(h * w * out, LAST):reshape{h, w, out}
  else
    up:linear(top[1] * top[2] * top[3]):reshape(top)
    for i = n - 1, 1, -1 do up:deconv(o.channels[i]) end
    up:deconv(out, LAST):crop(h, w)
  end
  local heads = {}
  for name, units in pairs(o.heads) do
    heads[name] = nn.linear(down:size(),
      check.count("vae.network", ("option 'heads', '%s'"):format(name), units),
      {init = o.init, bias = o.bias})
  end
  return {encoder = down:flatten():add(nn.heads(heads)):chain(), decoder = up:chain(),
    latents = o.latents, likelihood = o.likelihood}
end

-- conv(latents, channels, width): Higgins et al. 2017, table 1, rows Chairs, CelebA, 3D faces:
-- 64 x 64 images of `channels` colours; 32, 32, 64, 64 channels, 256 units. Another `width` than
-- 32 stands for all of these: 16 is half of each.
function vae.conv(latents, channels, width)
  local n = width or 32
  return vae.network{shape = {64, 64, channels or 1}, latents = latents,
    channels = {n, n, 2 * n, 2 * n}, hidden = {8 * n}}
end

-- small(latents): conv for images of one colour with half of its channels and units
function vae.small(latents) return vae.conv(latents, 1, 16) end

-- conv_burgess(latents, channels, width): Burgess et al. 2018, appendix: 32 channels (or `width`)
-- four times, 256 units twice.
function vae.conv_burgess(latents, channels, width)
  local n = width or 32
  return vae.network{shape = {64, 64, channels or 1}, latents = latents, channels = {n, n, n, n},
    hidden = {256, 256}}
end

-- A fresh state of a model: {encoder = params, decoder = params}
function vae.init(model, stream)
  return {
    encoder = model.encoder:init(stream:split("encoder")),
    decoder = model.decoder:init(stream:split("decoder")),
  }
end

-- unit_kl(mean, logvar) -> [latents]: mean KL of every unit, in nats
function vae.unit_kl(mean, logvar) return ops.mean(op.gaussian_kl(mean, logvar), 1) end

local GAUSSIAN = {
  sample = function(stream, q) return dist.gaussian.sample(stream, q.mean, q.logvar) end,
  kl = function(q) return vae.unit_kl(q.mean, q.logvar) end,
}

-- pass(model, params, x, stream [, through]) -> what objectives need of a batch of images x
-- [n h w c] in [0, 1], made once:
--   x, q, z         the images; what the encoder gives, {mean =, logvar =} of q(z|x); one sample of
--                   each; [n latents]
--   logits          what the decoder makes of z, or of through(z): of the pixels' Bernoulli
--                   likelihood p(x|z) [n h w c], or of the model's own
--   reconstruction  -E log p(x|z), in nats per image: the mean over the batch of sums over pixels
--   unit_kl, kl     KL(q(z|x) || N(0, I)) of every unit [latents], means over the batch, and their
--                   sum
--   params          those of the model, for objectives that look at other images too
--   posterior       the model's own, if it has one
-- An objective is a function of a pass that gives a number, so that objectives can be added.
function vae.pass(model, params, x, stream, through)
  local posterior = model.posterior or GAUSSIAN
  local q = model.encoder(params.encoder, x)
  local z = posterior.sample(stream, q)
  local logits = model.decoder(params.decoder, through and through(z) or z)
  local unit_kl = shard.mean(posterior.kl(q))
  return {x = x, params = params, posterior = model.posterior, q = q, z = z, logits = logits,
    unit_kl = unit_kl, kl = op.sum(unit_kl),
    reconstruction = shard.mean(ops.mean(likelihood.of(model).nll(x, logits)))}
end

-- elbo(pass [, beta = 1]) -> the negative of the evidence lower bound, -E log p(x|z) + beta KL:
-- Higgins et al. 2017, eq. 4
function vae.elbo(pass, beta) return pass.reconstruction + pass.kl * (beta or 1) end

-- capacity(kl, gamma, c) -> gamma |KL - C|, to be added to a pass's reconstruction: Burgess et al.
-- 2018, eq. 8
function vae.capacity(kl, gamma, c) return op.abs(op.sub(kl, c)) * gamma end

-- terms(model, params, x, stream) -> reconstruction, kl, unit_kl of a pass
function vae.terms(model, params, x, stream)
  local pass = vae.pass(model, params, x, stream)
  return pass.reconstruction, pass.kl, pass.unit_kl
end

-- decode(model, params, z) -> the pixels' means, probabilities of Bernoulli's [n h w c]
function vae.decode(model, params, z)
  return likelihood.of(model).mean(model.decoder(params.decoder, z))
end

-- view(model, params) -> the view (see teasel.model.view) of a model with these parameters: latents
-- z1, z2 ... from N(0, 1), or the prior of a posterior of its own, whose codes are the means of
-- q(z|x), of which such a posterior has to have a `mean`; or the view which the model has
function vae.view(model, params)
  if model.view then return model.view(model, params) end
  local latents = {}
  for i = 1, check.count("vae.view", "latents of the model", model.latents) do
    latents[i] = {name = "z" .. i, code = i}
  end
  local own = model.posterior
  local function mean_of(images)
    local q = model.encoder(params.encoder, images)
    return q.mean or check.wrong("vae.view", "q of the model", q, "one with a `mean`, or a `view` "
      .. "of the model's own"), q.logvar
  end
  return view{
    represent = own and function(images) return (mean_of(images)) end,
    posterior = not own and mean_of or nil,
    decode = function(z) return vae.decode(model, params, z) end,
    prior = own and own.prior or function(stream, n) return stream:normal{n, #latents} end,
    latents = latents,
  }
end

local Learner = {}
Learner.__index = Learner

-- learner(model, optimizer, stream) -> a model that learns: fields model, params, fresh ones, and
-- state {params =, optimizer =}, all that its steps change; methods step (T.help "vae.step") and
-- view(), what run.train is to be given
function vae.learner(model, optimizer, stream)
  local params = vae.init(model, stream)
  local descent = grad.value_and_grad(function(p, x, z_stream, objective, through)
    local pass = vae.pass(model, p, x, z_stream, through)
    return objective(pass), pass
  end)
  return setmetatable({model = model, params = params, optimizer = optimizer, descent = descent,
    state = {params = params, optimizer = optimizer:init(params)}}, Learner)
end

-- step(x, stream, objective [, through]) -> the terms loss, reconstruction, kl and unit_kl, and the
-- pass: one step of the optimizer down objective(pass), a number, for images x; the stream is that
-- of z, and the decoder reads through(z)
function Learner:step(x, stream, objective, through)
  local loss, grads, pass = self.descent(self.params, x, stream, objective, through)
  self.optimizer:update(self.params, grads, self.state.optimizer)
  return {loss = loss, reconstruction = pass.reconstruction, kl = pass.kl,
    unit_kl = pass.unit_kl}, pass
end

-- view() -> the view of the model with its present parameters
function Learner:view() return vae.view(self.model, self.params) end

check.methods("learner", Learner, {view = "",
  step = "x: tensor, stream: stream, objective: callable, through: callable?"},
  "model params state optimizer")

local MODEL = "model: table(encoder decoder)"
local BOTH = MODEL .. ", params: table(encoder decoder)"

check.functions("vae.", vae, {
  fc = "latents: count, units: count?, activation: callable?",
  conv = "latents: count, channels: count?, width: count?", small = "latents: count",
  conv_burgess = "latents: count, channels: count?, width: count?",
  init = MODEL .. ", stream: stream", network = "given: table",
  pass = BOTH .. ", x: tensor, stream: stream, through: callable?",
  terms = BOTH .. ", x: tensor, stream: stream",
  elbo = "pass: table(reconstruction kl), beta: numeric?",
  capacity = "kl: numeric, gamma: numeric, c: numeric",
  view = BOTH, learner = MODEL .. ", optimizer: table(init update), stream: stream",
  decode = "model: table(decoder), params: table(decoder), z: tensor",
  unit_kl = "mean: tensor, logvar: tensor",
})

return vae
