-- Features of small images by a network that was never trained: random filters of a seed, in three
-- layers that halve the image. They tell textures, edges and places apart well enough to see a
-- generator get better or collapse, and they are the same for whoever has the seed. Distances in
-- them are no FID, whose network was trained on photographs of 299 x 299.
--
--   local features = T.image_features{shape = {32, 32, 3}}
--   features(images)                    -- [n 128], of images [n 32 32 3] in [0, 1]
--   frechet(features(real), features(generated))

local check = require "teasel.lib.check"
local core = require "teasel.core"
local in_batches = require "teasel.model.in_batches"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local sequential = require "teasel.model.sequential"

local op = core.op

local READ, LAYERS, CHANNELS = 250, 3, 16   -- images at a time; channels of the first layer

-- what is summed up of each map: its mean and its deviation
local function pooled(x)
  local n, h, w, c = table.unpack(x:shape())
  local flat = op.reshape(x, {n, h * w, c})
  return op.concat({ops.mean(flat, 2), op.sqrt(ops.var(flat, 2) + 1e-8)}, 2)
end

-- image_features{shape = {h, w, c}, seed = 0} -> a function from images [n h w c] in [0, 1] to
-- features [n D], the mean and the deviation of each map of the last layer. Images of fewer than 8
-- pixels a side have fewer layers.
local function new(given)
  local o = options.read("image_features", given, {shape = options.any, seed = 0})
  check.list("image_features", "option 'shape'", o.shape, check.count)
  if #o.shape ~= 3 then check.wrong("image_features", "option 'shape'", o.shape, "{h, w, c}") end
  check.integer("image_features", "option 'seed'", o.seed, 0)
  local s = sequential(o.shape, {activation = nn.leaky_relu(0.2), init = nn.init.he_normal()})
  local side, channels = math.min(o.shape[1], o.shape[2]), CHANNELS
  for _ = 1, LAYERS do
    if side >= 4 then
      s:conv(channels)
      side, channels = side // 2, 2 * channels
    end
  end
  local net = s:add(nn.func("pooled", pooled)):chain()
  local params = net:init(core.rand.stream(o.seed, "image_features"))
  local function features(images)
    return in_batches(function(x) return net(params, x * 2 - 1) end, READ, images)
  end
  return check.called("image_features.features", features, "images: tensor")
end

return check.called("image_features", new, "given: table")
