-- Variants of dSprites: the same sprites in colour, on noise, before a picture, or in flat colours
-- on grey, as Locatello et al. (2019) made them, and Abstract dSprites of van Steenkiste et al.
-- (2019); 64 x 64 x 3. There the colours and the noise are drawn anew whenever an image is asked
-- for; here each image always has its own, so that it follows from its factors.
--
--   local data = T.data.dsprites_variant{kind = "colour"}       -- all 737,280
--   local data = T.data.dsprites_variant{kind = "noisy", shape = 2}   -- hearts
--
-- Option kind, "colour" unless said otherwise, with the factors of dSprites
--   colour     the sprite has a colour, three numbers in .5 to 1 that are no factor
--   noisy      numbers in 0 to 1 for each pixel and channel, and on it the white sprite
--   scream     before a piece of a picture, halfway to a random colour; the sprite is its negative.
--              The picture is our own: bands of a red sky that swirl over a dark bay
-- or with its own, from the slowest,
--   abstract   background, 5 greys; colour, 6; shape, scale, posX, posY as in dSprites, 552,960
--              images; the orientation is no factor
-- Options: levels of the factors, as of dsprites; seed, 1, of what is no factor.

local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local dsprites = require "teasel.data.generator.dsprites"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
local SIDE, WIDE, HIGH = 64, 280, 220   -- of an image, of the picture behind it

-- The picture [HIGH * WIDE, 3]: bands along lines that are bent by two whirls, red and yellow
-- above, blue below.
local function paint()
  local x = op.expand(tensor.linspace(-1, 1, WIDE):reshape{1, WIDE}, {HIGH, WIDE})
  local y = op.expand(tensor.linspace(-1, 1, HIGH):reshape{HIGH, 1}, {HIGH, WIDE})
  local function whirl(cx, cy, strength)
    local dx, dy = x - cx, y - cy
    local turn = op.exp((dx * dx + dy * dy) * -4) * strength
    local c, s = op.cos(turn), op.sin(turn)
    x, y = cx + c * dx - s * dy, cy + s * dx + c * dy
  end
  local sky = op.sigmoid((.15 + .2 * op.sin(3 * x) - y) * 9)
  whirl(.45, .2, 3)
  whirl(-.4, -.3, -2.5)
  local bands = .5 + .5 * op.sin(y * 17 + 2 * op.sin(x * 3) + 2.2 * x)
  local fine = .5 + .5 * op.sin(y * 43 - 3 * x + op.sin(x * 9))
  local function mix(above, below)
    return sky * (above[1] + above[2] * bands + above[3] * fine)
      + (1 - sky) * (below[1] + below[2] * bands + below[3] * fine)
  end
  local channels = {mix({.75, .2, .05}, {.08, .2, .12}), mix({.2, .5, .08}, {.12, .2, .12}),
    mix({.08, .1, .1}, {.25, .35, .15})}
  for c = 1, 3 do channels[c] = channels[c]:reshape{HIGH * WIDE, 1} end
  return op.concat(channels, 2)
end

local picture

-- pieces of the picture, [n SIDE SIDE 3], whose corners are where `at` [n 2] in 0..1 says
local function pieces(at, n)
  picture = picture or paint()
  local function corner(k, room) return op.floor(at:slice(2, k, k) * room):reshape{n, 1, 1} end
  local row = tensor.arange(0, SIDE - 1):reshape{1, SIDE, 1} + corner(1, HIGH - SIDE)
  local column = tensor.arange(1, SIDE):reshape{1, 1, SIDE} + corner(2, WIDE - SIDE)
  return op.take(picture, (row * WIDE + column):reshape{n * SIDE * SIDE}, 1)
    :reshape{n, SIDE, SIDE, 3}
end

local KINDS = {
  colour = function(sprite, chance, n)
    return sprite * (.5 + .5 * chance("colour", {3}):reshape{n, 1, 1, 3})
  end,
  noisy = function(sprite, chance)
    return op.minimum(sprite + chance("noise", {SIDE, SIDE, 3}), 1)
  end,
  scream = function(sprite, chance, n)
    local behind = (pieces(chance("place", {2}), n)
      + chance("colour", {3}):reshape{n, 1, 1, 3}) / 2
    return op.where(sprite, 1 - behind, behind)
  end,
}

local whole = dsprites{}.space
local factors = {}
for k, name in ipairs(whole.names) do factors[k] = {name, whole.values[name] or whole.sizes[k]} end

local GREYS = tensor.tensor{0, .25, .5, .75, 1}
local COLOURS = tensor.tensor{{.9, .1, .1}, {.1, .65, .15}, {.1, .25, .9}, {.95, .85, .1},
  {.8, .15, .75}, {.1, .8, .85}}

local generators = {}

for kind, make in pairs(KINDS) do
  generators[kind] = drawn.new{name = "dsprites_variant", shape = {SIDE, SIDE, 3},
    factors = factors, options = {seed = 1, kind = kind},
    draw = function(f, n, o)
      local function chance(name, shape) return drawn.chance(o.seed, name, f.index, shape) end
      return make(core.sprite.reals(f.index), chance, n)
    end}
end

generators.abstract = drawn.new{name = "dsprites_variant", shape = {SIDE, SIDE, 3},
  factors = {{"background", 5}, {"colour", 6}, {"shape", 3}, {"scale", 6}, {"posX", 32},
    {"posY", 32}},
  options = {seed = 1, kind = "abstract"},
  draw = function(f, n, o)
    local turn = op.floor(drawn.chance(o.seed, "orientation", f.index, {}) * 40)
    local levels = op.concat({f.shape:reshape{n, 1}, f.scale:reshape{n, 1}, turn:reshape{n, 1},
      f.posX:reshape{n, 1}, f.posY:reshape{n, 1}}, 2)
    local sprite = core.sprite.reals(whole:index(levels))
    local behind = op.take(GREYS, f.background + 1):reshape{n, 1, 1, 1}
    local colour = op.take(COLOURS, f.colour + 1, 1):reshape{n, 1, 1, 3}
    return op.where(sprite, colour, behind)
  end}

-- dsprites_variant{kind = "colour", seed = 1, ...} -> the data set; see above
local function dsprites_variant(given)
  if given ~= nil and type(given) ~= "table" then
    options.read("dsprites_variant", given, {})
  end
  local kind = given and given.kind or "colour"
  if not generators[kind] then
    fail("dsprites_variant: option 'kind': got %s, wanted colour, noisy, scream or abstract",
      tostring(kind))
  end
  return generators[kind](given)
end

return dsprites_variant
