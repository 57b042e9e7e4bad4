-- The networks of a VAEInfoGAN. A network is one of teasel.model.gan_network's form, generator,
-- trunk, d_head, q_head and range, with two more:
--   encoder   images -> {mean =, logvar =} of q(z|x) [n latents]
--   features  the first part of the trunk, params.critic.trunk[1]: images -> Dis_l, in whose terms
--             a reconstruction is compared with its image

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local nn = require "teasel.nn"
local options = require "teasel.options"
local scaled = require "teasel.model.scaled"
local sequential = require "teasel.model.sequential"

local network = {}

local LAST, BARE = {last = true}, {norm = false}

local function begin(shape, activation)
  return sequential(shape, {activation = activation, norm = nn.batch_norm,
    init = nn.init.glorot_normal()})
end

-- How often images can be halved before a side is 4 pixels, or odd.
local function halvings(shape)
  local h, w, n = shape[1], shape[2], 0
  while h % 2 == 0 and w % 2 == 0 and h > 4 and w > 4 do h, w, n = h // 2, w // 2, n + 1 end
  if n < 2 then
    fail("vaegan.network: got images [%s], wanted some that can be halved twice, to 4 x 4 or more",
      table.concat(shape, " "))
  end
  return n
end

-- halving(latents, shape, {width = 1}) -> a model for images [h w c] in [-1, 1] after the project
-- "Unrolled InfoGAN", whose CelebA network of 64 x 64 x 3 it is: 64, 128, 256, 512 channels, leak
-- 0.01, 1,024 units of Q's own. Its encoder and Q give log variances, the project's deviations
-- (softplus). Smaller images are halved fewer times, and begin with 64 too. Dis_l is the last
-- convolution but one, or the second, before its norm. latents: a description of
-- teasel.model.latents; width scales all numbers of channels and units.
function network.halving(latents, shape, given)
  check.list("vaegan.network", "shape", shape, check.count)
  if #shape ~= 3 then check.wrong("vaegan.network", "shape", shape, "{h, w, c}") end
  local w = scaled("vaegan.network", options.read("vaegan.network", given, {width = 1}).width)
  local depth, leaky = halvings(shape), nn.leaky_relu()
  local channels, layer = {}, math.max(2, depth - 1)
  for i = 1, depth do channels[i] = w(64 * 2 ^ (i - 1)) end

  local down = begin(shape, leaky):conv(channels[1], BARE)
  for i = 2, depth do down:conv(channels[i]) end
  local map = down.shape
  local units = down:flatten():size()
  local heads = nn.heads{mean = nn.linear(units, latents.inputs, {init = nn.init.glorot_normal()}),
    logvar = nn.linear(units, latents.inputs, {init = nn.init.glorot_normal()})}

  local up = begin({latents.inputs}, nn.relu):linear(units, LAST):reshape(map)
  for i = depth - 1, 1, -1 do up:deconv(channels[i]) end

  local front = begin(shape, leaky):conv(channels[1], BARE)
  for i = 2, layer - 1 do front:conv(channels[i]) end
  front:conv(channels[layer], LAST)
  local back = begin(front.shape, leaky):add(nn.batch_norm(channels[layer])):add(leaky)
  for i = layer + 1, depth do back:conv(channels[i]) end
  back:flatten()

  local features = front:chain()
  return {encoder = down:add(heads):chain(), generator = up:deconv(shape[3], LAST):add(nn.tanh)
      :chain(), features = features, trunk = nn.chain{features, back:chain()},
    d_head = nn.linear(units, 1, {init = nn.init.glorot_normal()}),
    q_head = begin({units}, leaky):linear(w(1024)):linear(latents.outputs, LAST):chain(),
    latents = latents.inputs, range = {-1, 1}}
end

check.functions("vaegan.network.", network, {halving = "latents: table(inputs outputs)"})

return network
