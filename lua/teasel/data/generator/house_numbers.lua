-- House numbers in the place of SVHN's: one digit of some hand in the middle, somewhat moved, in a
-- colour of its own on a ground of its own, under a light that falls off to one side, with the
-- noise of a camera. All of it is drawn by chance for each image.
--
--   local data = T.data.house_numbers{}                 -- 20,000 images [32 32 3]
--   local x, factors = data:batch(T.stream(1), 64)      -- [64 32 32 3], [64 4]
--
-- There is no grid. set.factors has
--   digit   0..9
--   ground  how bright the ground's colour is, the mean of its three channels, 0.2 to 0.9
--   ink     the same of the digit's
--   light   in the middle of the image, 0.5 to 1.1; colours are multiplied by it
-- and the classes are the digits.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local digits = require "teasel.data.generator.digits"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor
local SIDE, NOISES = 32, 256   -- pixels; so many images of noise serve all
local GROUND, INK, LIGHT, TILT = {1, 3}, {4, 6}, {7, 7}, {8, 9}   -- what columns of chance are for

-- house_numbers{images = 20000, seed = 1} -> the data set. An image follows from the seed and its
-- number.
return function(given)
  local o = options.read("house_numbers", given, {images = 20000, seed = 1})
  check.integer("house_numbers", "option 'images'", o.images, 1, 1000000)
  check.integer("house_numbers", "option 'seed'", o.seed, 0)
  local stream = core.rand.stream(o.seed, "house_numbers")
  local figures = digits{side = SIDE, slant = 2, width = {1, 3}}
  local figure = stream:split("figure"):integers({o.images}, 1, figures:count())
  local chance = stream:split("chance"):uniform{o.images, 9}
  local noise = stream:split("noise"):normal({NOISES, SIDE, SIDE, 3}, 0, .02)
  local function between(columns, low, high)
    return ops.slice(chance, 2, columns[1], columns[2]) * (high - low) + low
  end
  local ground, ink = between(GROUND, .2, .9), between(INK, .2, .9)
  local light, tilt = between(LIGHT, .5, 1.1), between(TILT, -.4, .4)
  local across = tensor.linspace(-1, 1, SIDE):reshape{1, 1, SIDE, 1}
  local down = across:reshape{1, SIDE, 1, 1}
  local function draw(index)
    local n = #index
    local function of(values, from, to)
      return ops.slice(op.take(values, index, 1), 2, from, to):reshape{n, 1, 1, to - from + 1}
    end
    local shape, surface = figures:images(op.take(figure, index, 1)), of(ground, 1, 3)
    local fall = of(light, 1, 1) * (1 + of(tilt, 1, 1) * across + of(tilt, 2, 2) * down)
    local number = index - 1
    local own = number - op.floor(number * (1 / NOISES)) * NOISES + 1
    return op.clip((surface + shape * (of(ink, 1, 3) - surface)) * fall + op.take(noise, own, 1), 0,
      1)
  end
  local digit = figures:labels(figure)
  return set.new{count = o.images, shape = {SIDE, SIDE, 3}, images = draw, labels = digit,
    classes = figures.classes, factor_names = {"digit", "ground", "ink", "light"},
    factors = op.concat({digit:reshape{o.images, 1}, ground:mean(2, true), ink:mean(2, true),
      light}, 2),
    key = function() return ("house_numbers %d %d"):format(o.images, o.seed) end}
end
