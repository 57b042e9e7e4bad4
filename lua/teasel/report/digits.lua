-- What a picture of a handwritten digit looks like, in numbers, and what a latent has to do with
-- it: an InfoGAN on MNIST then says by itself what its latents have learned.
--
-- All measures are of images [n h w 1] with ink from 0 to 1. The moments are mu20, mu11, mu02 of
-- the ink around its centre, with x to the right and y downward.
--   slant      -mu11 / mu02: how far the ink moves to the right on a pixel of the way up; 0 is
--              upright, below it leans to the left
--   width      sqrt(mu20 - mu11^2 / mu02), in pixels: the spread of the ink across, once the
--              slant is taken out
--   thickness  2 area / perimeter, in pixels: a stroke of width t and length l has the area t l
--              and the perimeter 2 l. The perimeter is the sum of |gradient|, the total variation

local check = require "teasel.lib.check"
local core = require "teasel.core"
local assignment = require "teasel.report.assignment"
local statistic = require "teasel.metric.lib.statistic"
local ops = require "teasel.op.composed"

local op, tensor = core.op, core.tensor
local digits = {names = {"slant", "width", "thickness"}}

local TINY = 1e-6   -- of an empty picture, whose measures are then 0

-- measure(images [n h w 1]) -> [n 3]: slant, width, thickness
function digits.measure(images)
  if images:rank() ~= 4 then check.wrong("digits.measure", "images", images, "[n h w 1]") end
  local n, h, w = table.unpack(images:shape())
  local ink = op.reshape(images, {n, h, w})
  local x = op.reshape(tensor.arange(1, w), {1, 1, w})
  local y = op.reshape(tensor.arange(1, h), {1, h, 1})
  local function total(t) return op.sum(t, {2, 3}, true) end
  local area = total(ink) + TINY
  local dx, dy = x - total(ink * x) / area, y - total(ink * y) / area
  local mu20, mu02 = total(ink * op.square(dx)) / area, total(ink * op.square(dy)) / area + TINY
  local mu11 = total(ink * dx * dy) / area
  local padded = op.pad(ink, {0, 1, 1}, {0, 1, 1})
  local here = op.slice(padded, {1, 1, 1}, {n, h + 1, w + 1})
  local across = op.slice(padded, {1, 1, 2}, {n, h + 1, w + 2}) - here
  local down = op.slice(padded, {1, 2, 1}, {n, h + 2, w + 1}) - here
  local perimeter = total(op.sqrt(op.square(across) + op.square(down))) + TINY
  local width = op.sqrt(op.maximum(mu20 - op.square(mu11) / mu02, 0))
  local thickness = 2 * total(ink) / perimeter
  return op.reshape(op.concat({-mu11 / mu02, width, thickness}, 2), {n, 3})
end

-- match(categories [n] in 1..k, labels [n] in 0..k-1, k) -> how categories and digits agree:
--   category   for the digits 0, 1, ... the category that is theirs in the best one-to-one
--              matching (the Hungarian method)
--   error      share of items whose category is not that of their digit
--   majority   the same if each category stands for its most frequent digit, taken or not
--   counts     [category][digit + 1]
function digits.match(categories, labels, k)
  local counts = op.matmul(op.one_hot(categories, k), op.one_hot(labels + 1, k), true):table()
  local cost, n, most = {}, 0, 0
  for c, row in ipairs(counts) do
    cost[c] = {}
    for d, count in ipairs(row) do
      cost[c][d] = -count
      n = n + count
    end
    most = most + math.max(table.unpack(row))
  end
  local digit_of, total = assignment(cost)
  local category = {}
  for c, d in ipairs(digit_of) do category[d] = c end
  return {category = category, error = 1 + total / n, majority = 1 - most / n, counts = counts}
end

-- follow(drawn [n 1], measures [n 3], sweeps) -> what a continuous latent does, for each measure:
--   r         rank correlation of the latent, drawn from its prior with all else, and the measure
--   monotone  mean rank correlation along a sweep, everything else fixed: 1 or -1 is strictly
--             monotone
--   curve     the mean at each value of the sweep
-- sweeps: measures [rows * values 3] of pictures along which the latent rises, row by row;
-- values: how many to a row
function digits.follow(drawn, measures, sweeps, values)
  local r = statistic.spearman(drawn, measures)[1]
  local rows = #sweeps // values
  local rising = op.reshape(tensor.arange(1, values), {values, 1})
  local columns = op.reshape(op.permute(op.reshape(sweeps, {rows, values, 3}), {2, 1, 3}),
    {values, rows * 3})
  local along = tensor.tensor(statistic.spearman(rising, columns)[1])
  local monotone = ops.mean(op.reshape(along, {rows, 3}), 1):table()
  local curve = ops.mean(op.reshape(sweeps, {rows, values, 3}), 1):permute{2, 1}:table()
  local does = {}
  for m, name in ipairs(digits.names) do
    does[name] = {r = r[m], monotone = monotone[m], curve = curve[m]}
  end
  return does
end

check.functions("digits.", digits, {
  measure = "images: tensor", match = "categories: tensor, labels: tensor, k: count",
  follow = "drawn: tensor, measures: tensor, sweeps: tensor, values: count",
})

return digits
