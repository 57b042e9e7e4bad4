-- The contrastive regularizer of InfoGAN-CR (Lin et al. 2020, "InfoGAN-CR and ModelCentrality"):
-- two images are made that share one latent and differ in all others and the noise, and a network H
-- has to say which latent that is. G learns to make it easy: then each latent changes images in a
-- way of its own. (In the authors' program for coloured sprites a pair shares the noise too.)
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
local network = require "teasel.model.gan_network"
local ops = require "teasel.op.composed"
local optim = require "teasel.optim"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor

local contrastive = {}
local Contrastive = {}
Contrastive.__index = Contrastive

-- network(latents, options) -> the networks of InfoGAN-CR on dSprites, that of H being `pair`: see
-- teasel.model.gan_network's `pairs`, whose options these are
function contrastive.network(latents, given) return network.pairs(latents, given) end

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
  n = #k   -- of a shard of the batch, its own
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
  loss = "images: tensor, k: tensor, params: table?, stats: table?", player = "given: table?"},
  "params stats state")

check.functions("contrastive.", contrastive, {network = "latents: table(inputs outputs count)"})

return setmetatable(contrastive,
  {__call = function(_, model, latents, stream) return new(model, latents, stream) end})
