-- DC-IGN (Kulkarni et al. 2015), which is told of each batch which factor varies in it, and nothing
-- else: what makes a VAE's objective that of DC-IGN. A latent belongs to a factor. In a batch of
-- one factor its own latents are free and all others are clamped to their mean over the batch, so
-- that what varies has to come through its own; and the encoder is told to keep the others still.
--
--   local x = data:images(dcign.index(data.space, stream, 20, "azimuth"))
--   local own = dcign.own(10, {1})                      -- azimuth has the first of 10 latents
--   net:step(x, stream, function(pass)
--     return pass.reconstruction + pass.kl + dcign.still(pass, own) * 0.01
--   end, function(z) return dcign.clamp(z, own) end)
--
-- The gradient of a clamped latent z is replaced by (z - mean) times a small number, as in the
-- paper: `clamp` lets none through, and `still` has this one. The authors' program has it as an
-- option that is off, and clamps to the latents of the first image.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local grad = require "teasel.grad"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"

local op, tensor = core.op, core.tensor
local dcign = {}

-- own(latents, list) -> [latents], 1 for the numbers in the list and 0 for the others
function dcign.own(latents, list)
  local own, seen = {}, {}
  for _, i in ipairs(list) do
    if math.type(i) ~= "integer" or i < 1 or i > latents then
      fail("dcign.own: got the latent %s, wanted an integer in 1..%d", tostring(i), latents)
    end
    if not seen[i] then own[#own + 1], seen[i] = i, true end
  end
  return op.put(tensor.ones{#own}, tensor.tensor(own), latents)
end

-- index(space, stream, n, factors) -> [n], numbers of points of a space that differ in these
-- factors alone, whose codes are drawn for each; the others are drawn once
function dcign.index(space, stream, n, factors)
  local one, all = space:sample(stream, 1), space:sample(stream, n)
  return space:index(space:fix(op.expand(one, all:shape()), factors, all))
end

-- the batch's mean of latents [n L], which lets no gradient through
local function mean(z) return grad.stop_gradient(shard.mean(ops.mean(z, 1, true))) end

-- clamp(z [n L], own [L]) -> z, with all but a factor's own latents at the batch's mean
function dcign.clamp(z, own) return op.where(own, z, op.expand(mean(z), z:shape())) end

-- still(pass, own [L]) -> the mean over the batch of |z - mean|^2 / 2 over all latents but a
-- factor's own: its gradient is z - mean for each image, the mean counting as given
function dcign.still(pass, own)
  local gap = op.square(pass.z - mean(pass.z)) * (1 - own)
  return ops.mean(op.sum(gap, 2)) * 0.5
end

-- network(latents, {channels = 1, width = 96}) -> a model of teasel.model.vae: of Higgins et al.
-- 2017, table 1, row "2D shapes", DC-IGN: 3 x 3 convolutions of 96, 48, 48 channels, each with ReLU
-- and 2 x 2 max pooling; the decoder the reverse, with each pixel doubled in place of the pooling.
-- Images of 64 x 64 pixels of `channels` colours; another width than 96 stands for all channels.
function dcign.network(latents, given)
  local o = options.read("dcign.network", given, {channels = 1, width = 96})
  check.count("dcign.network", "option 'channels'", o.channels)
  check.count("dcign.network", "option 'width'", o.width)
  local w, h = o.width, math.max(1, o.width // 2)
  local function conv(n_in, n_out) return nn.conv(n_in, n_out, {kernel = 3, pad = 1}) end
  local pool, double = nn.max_pool{kernel = 2, stride = 2}, nn.upsample(2)
  return {latents = latents,
    encoder = nn.chain{conv(o.channels, w), nn.relu, pool, conv(w, h), nn.relu, pool, conv(h, h),
      nn.relu, pool, nn.flatten, nn.heads{mean = nn.linear(64 * h, latents),
        logvar = nn.linear(64 * h, latents)}},
    decoder = nn.chain{nn.linear(latents, 64 * h), nn.relu, nn.reshape{8, 8, h}, double,
      conv(h, h), nn.relu, double, conv(h, w), nn.relu, double, conv(w, o.channels)}}
end

check.functions("dcign.", dcign, {
  own = "latents: count, list: table", still = "pass: table(z), own: tensor",
  index = "space: table(sizes names), stream: stream, n: count, factors: any",
  clamp = "z: tensor, own: tensor", network = "latents: count, given: table?",
})

return dcign
