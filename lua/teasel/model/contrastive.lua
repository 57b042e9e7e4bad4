-- The contrastive regularizer of InfoGAN-CR (Lin et al. 2020, "InfoGAN-CR and ModelCentrality"):
-- two images are made that share one latent and differ in all others and the noise, and a network H
-- has to say which latent that is. G learns to make it easy: then each latent changes images in a
-- way of its own.
--
--   local cr = T.contrastive(T.contrastive.network(latents), latents, T.stream(1, "cr"))
--   local H = cr:player{lr = 2e-3}
--   local z, k = cr:pairs(stream, 64)            -- latents of 128 images, and the latents shared
--   local Gz = G:forward(z)
--   T.game.alternating{{D, x, Gz:slice(1, 1, 64), z:slice(1, 1, 64)}, {H, Gz, k}, {G, z, k}}
--
-- where G's loss has + alpha * cr:loss(Gz, k). Images of the first half make a pair each with the
-- one as far in the second. Each of them alone is of latents from the prior.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local game = require "teasel.model.game"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local optim = require "teasel.optim"
local options = require "teasel.options"
local sequential = require "teasel.model.sequential"

local op, tensor = core.op, core.tensor

local contrastive = {}
local Contrastive = {}
Contrastive.__index = Contrastive

local LEAK = 0.1

-- network(latents, options) -> the networks of InfoGAN-CR on dSprites, 64 x 64 x 1 in [0, 1], in
-- the form of teasel.model.gan_network, with `pair`, that of H: images [n h w 2c] -> logits [n
-- latents]. G: 128 and 1024 units, 4 x 4 x 64, transposed convolutions of 64, 32, 32 and 1
-- channels, batch norm; D: 32, 32, 64, 64 channels, 128 units, spectral norm; Q's own layer has 128
-- units. Options: width (1) scales all numbers of channels and units; spectral (true); size (64),
-- or 32 or 16: the first convolutions of D are left out for smaller images, and as many of G.
function contrastive.network(latents, given)
  local o = options.read("contrastive.network", given, {width = 1, spectral = true, size = 64})
  check.number("contrastive.network", "option 'width'", o.width, 0, 64)
  check.integer("contrastive.network", "option 'size'", o.size, 16, 64)
  local function w(n) return math.max(1, math.floor(n * o.width + 0.5)) end
  local init, channels, depth = nn.init.normal(0.02), {w(32), w(32), w(64), w(64)}, 0
  while 4 << depth < o.size do depth = depth + 1 end
  if 4 << depth ~= o.size then
    check.wrong("contrastive.network", "option 'size'", o.size, "16, 32 or 64")
  end
  local function critic(colours)
    local s = sequential({o.size, o.size, colours}, {activation = nn.leaky_relu(LEAK),
      spectral = o.spectral, init = init})
    for i = 5 - depth, 4 do s:conv(channels[i]) end
    return s:linear(w(128))
  end
  local up = sequential({latents.inputs}, {activation = nn.relu, norm = nn.batch_norm, init = init})
    :linear(w(128)):linear(16 * w(64)):reshape{4, 4, w(64)}
  for i = 4, 6 - depth, -1 do up:deconv(channels[i - 1]) end
  local trunk, judge = critic(1), nn.linear(w(128), 1, {init = init})
  return {generator = up:deconv(1, {last = true}):add(nn.sigmoid):chain(),
    trunk = trunk:chain(), d_head = o.spectral and nn.spectral(judge) or judge, range = {0, 1},
    q_head = sequential({w(128)}, {activation = nn.leaky_relu(LEAK), norm = nn.batch_norm,
      init = init}):linear(w(128)):linear(latents.outputs, {last = true}):chain(),
    pair = critic(2):linear(latents.count, {last = true}):chain()}
end

-- contrastive(model, latents, stream) -> a regularizer with fresh weights. model: networks, of
-- which `pair` is H's; latents: a description of teasel.model.latents with two latents or more.
-- Fields: params, stats; state, all that changes, with a player.
local function new(model, latents, stream)
  check.fields("contrastive", "model", model, {"pair"})
  check.fields("contrastive", "model.pair", model.pair, {"init"})
  check.fields("contrastive", "latents", latents, {"inputs", "noise", "count"})
  check.stream("contrastive", "stream", stream)
  if latents.count < 2 then
    check.wrong("contrastive", "latents", latents.count, "a description with two latents or more")
  end
  local params, stats = model.pair:init(stream)
  return setmetatable({model = model, latents = latents, params = params, stats = stats},
    Contrastive)
end

-- pairs(stream, n) -> z [2n inputs], k [n]: latents of which row i and row n + i share latent k[i],
-- and nothing else
function Contrastive:pairs(stream, n)
  local latents = self.latents
  local k = stream:split("shared"):integers({n}, 1, latents.count)
  local a, b = latents:sample(stream:split "first", n), latents:sample(stream:split "second", n)
  local shared, columns = op.one_hot(k, latents.count), {}   -- 1 in the columns of latent k
  if latents.noise > 0 then columns[1] = tensor.zeros{n, latents.noise} end
  for i, latent in ipairs(latents:list()) do
    local number = i - (latents.noise > 0 and 1 or 0)
    if number > 0 then
      columns[#columns + 1] = op.expand(ops.slice(shared, 2, number, number), {n, latent.width})
    end
  end
  local same = op.concat(columns, 2)
  return op.concat({a, a * same + b * (1 - same)}), k
end

-- loss(images [2n h w c], k [n] [, params [, stats]]) -> the cross entropy of H about the latent
-- that the pairs share, in nats, and the share of pairs that it is right about. params: H's
-- (default: as they are); with stats, these are moved
function Contrastive:loss(images, k, params, stats)
  local n = #k
  if images:rank() ~= 4 or #images ~= 2 * n then
    check.wrong("contrastive:loss", "images", images, ("[%d h w c]: two for each of 'k'"):format(
      2 * n))
  end
  local pairs_of = op.concat({ops.slice(images, 1, 1, n), ops.slice(images, 1, n + 1, 2 * n)}, 4)
  local logits = self.model.pair(params or self.params, pairs_of,
    {train = true, stats = stats or self.stats, keep = not stats})
  local right = ops.mean(op.eq(op.argmax(logits, 2), k))
  return ops.mean(op.cross_entropy(logits, op.one_hot(k, self.latents.count))), right
end

-- player({lr = 2e-3, b1 = 0.5}) -> H, a player of teasel.model.game whose loss is given (images,
-- k); each step is one of Adam. Terms: cr_loss, in nats, and cr_accuracy. self.state is then what
-- a run has to keep.
function Contrastive:player(given)
  local o = options.read("contrastive:player", given, {lr = 2e-3, b1 = 0.5})
  local H = game.player{params = self.params, optimizer = optim.adam{lr = o.lr, b1 = o.b1},
    loss = function(params, images, k)
      local value, right = self:loss(images, k, params, self.stats)
      return value, {cr_loss = value, cr_accuracy = right}
    end}
  self.state = {params = self.params, stats = self.stats, optimizer = H.state}
  return H
end

check.methods("contrastive", Contrastive, {pairs = "stream: stream, n: count",
  loss = "images: tensor, k: tensor, params: table?, stats: table?", player = "given: table?"})

check.functions("contrastive.", contrastive, {network = "latents: table(inputs outputs count)"})

return setmetatable(contrastive,
  {__call = function(_, model, latents, stream) return new(model, latents, stream) end})
