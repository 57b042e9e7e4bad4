-- Differentiable augmentation by affine maps: images turned, sheared, scaled and moved at random
-- before a network sees them. What tells them apart then is nothing that such a map could make.
-- As all images that a discriminator sees are augmented alike, real and generated ones, a generator
-- learns to draw them as they are (DiffAugment, Zhao et al. 2020; Karras et al. 2020).
--
--   local warp = T.random_affine{turn = 0.2, shear = 0.3, scale = 0.15, shift = 2}
--   net:players{sees = warp.sees, ...}
--   warp.at(step, stream:split "warp")         -- in each step, before its images are seen

local argument = require "teasel.lib.argument"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"
local sampling = require "teasel.op.sampling"

local op, tensor = core.op, core.tensor

-- random_affine(options) -> {at =, sees =}. at(step, stream) begins a step, sees(images [n h w c])
-- -> [n h w c], each image in its own way, bilinear; before the first step images are as they are.
-- A pixel reads the image where its place lies after shear, turn, scale and shift, in this order.
-- What is drawn lies in -s to s, with s, each 0 or more:
--   turn      radians around the middle (0)
--   shear     columns for each row (0)
--   scale     of the logarithm of width and height, each by itself (0)
--   shift     pixels, along both axes (0)
-- and `outside` (0) is the value of what lies beyond the image: the background's.
local function new(given)
  local o = options.read("random_affine", given, {turn = 0.0, shear = 0.0, scale = 0.0,
    shift = 0.0, outside = 0.0})
  local outside = check.number("random_affine", "option 'outside'", o.outside)
  o.outside = nil
  for name, value in pairs(o) do
    check.number("random_affine", "option '" .. name .. "'", value, 0)
  end
  local still = o.turn + o.shear + o.scale + o.shift == 0
  local from

  local function at(_, stream) from = stream end

  local function sees(images)
    argument.ranked("random_affine.sees", "images", images, 4)
    if still or not from then return images end
    local n, h, w = images:size(1), images:size(2), images:size(3)
    local function draw(most)
      return shard.draw(from, "uniform", images, {n, 1, 1}, -most, most)
    end
    local turn, shear = draw(o.turn), draw(o.shear)
    local wide, high = op.exp(draw(o.scale)), op.exp(draw(o.scale))
    local right, down = draw(o.shift), draw(o.shift)
    local y = op.reshape(tensor.arange(1, h) - (h + 1) / 2, {1, h, 1})
    local x = op.reshape(tensor.arange(1, w) - (w + 1) / 2, {1, 1, w}) + y * shear
    local c, s = op.cos(turn), op.sin(turn)
    local rows = (x * s + y * c) * high + (down + (h + 1) / 2)
    local columns = (x * c - y * s) * wide + (right + (w + 1) / 2)
    return sampling.grid_sample(images - outside, rows, columns) + outside
  end

  return {at = check.called("random_affine.at", at, "step: count, stream: stream"),
    sees = check.called("random_affine.sees", sees, "images: tensor")}
end

return check.called("random_affine", new, "given: table?")
