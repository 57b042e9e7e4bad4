-- Drawn digits: handwritten figures as strokes of a pen, in the manner of MNIST: 28 x 28 pixels,
-- the figure's larger side 20 pixels long, its centre of mass in the middle, with grey edges.
--
--   local data = T.data.digits{}                          -- all
--   local data = T.data.digits{size = 2, posX = 1, posY = 1}   -- as in MNIST: centred
--   local x, factors, digits = data:batch(stream, 64)      -- [64 28 28 1], [64 9], [64]
--
-- The factors, from the slowest:
--
--   digit       10  0 to 9, the class
--   style        6  ways to write it: a 7 with a bar, an open 4, a 2 with a loop ...
--   hand        24  writers: each has its own deviations from every style
--   slant        7  -.35 to .6: how far the top leans to the right, of the height
--   width        5  .75 to 1.3, of the style's own
--   thickness    5  1.3 to 3.9 pixels, the pen's
--   size         3  .7, .85, 1: the larger side, of 20 pixels
--   posX, posY   3  -3, 0, 3 pixels, of the centre
--
-- Options: side, 28, the pixels of the image (all lengths grow with it); jitter, 1, how far hands
-- deviate from the styles; seed, 1: other numbers give other hands.

local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local fail = require "teasel.lib.fail"
local sheet = require "teasel.data.sheet"

local op, tensor = core.op, core.tensor

-- The lines of each style in hundredths of the height, y down, as the pen goes: through these
-- points smoothly, but for corners (!). "/" lifts the pen.
local STYLES = {
  [0] = {
    "45 4 25 0 6 25 0 60 14 94 36 100 64 78 70 38 55 10 30 0",
    "44 3 24 5 4 40 2 75 16 99 36 94 54 58 56 25 44 6 28 1",
    "50 8 30 2 6 25 0 62 17 96 44 98 70 70 68 30 48 6 28 8 36 24 56 22",
    "50 2 20 10 0 40 8 80 40 98 74 85 86 50 72 15 42 0",
    "30 5 6 30 2 70 27 98 62 85 72 50 62 16 40 6",
    "66 8 36 6 4 48 6 90 40 98 74 70 80 25 58 4",
  },
  {
    "20 0 20 50 20 100",
    "26 0 22 50 16 100",
    "14 0 21 55 20 100",
    "4 22 18 12 28 0! 28 100",
    "6 20 28 0! 28 100! / 4 100 54 99",
    "20 0 23 30 20 100",
  },
  {
    "4 24 18 4 42 2 54 20 42 52 6 96! 34 92 66 95",
    "6 26 24 3 50 8 52 34 24 76 8 96 0 82 14 70 38 92 72 88",
    "4 12 30 4 60 8! 6 94! 34 90 66 92",
    "0 32 14 6 44 0 58 18 46 50 10 92! 36 84 72 97",
    "4 22 26 0 54 14 50 46 30 82 10 98 -2 84 10 66 36 84 76 98",
    "2 16 28 0 50 18 44 58 22 95 0 92 4 66 28 70 46 94 78 88",
  },
  {
    "8 12 28 0 52 12 46 38 20 47! 50 56 58 78 36 99 4 90",
    "8 4 56 3! 26 42! 54 56 56 84 30 100 2 88",
    "5 16 30 0 52 14 44 40 22 48 16 43 30 43 56 60 52 90 22 100 0 86",
    "10 10 40 0 56 20 38 42 18 47! 46 50 62 72 42 97 4 97",
    "0 20 20 2 48 5 50 30 20 46! 54 50 62 78 32 100 0 94",
    "14 14 40 2 55 18 32 44! 50 58 46 85 20 100 0 92",
  },
  {
    "12 4 2 44 10 54 62 49! / 58 2 50 100",
    "4 4 0 36 10 52 54 48 58 4! 56 50 52 100",
    "16 0 0 40 14 55 58 44! / 62 8 52 60 46 100",
    "6 4 2 34 12 50 46 40 58 4! 52 50 48 100",
    "8 6 6 50! 66 50! / 56 4 52 100",
    "40 2 2 52! 30 54 70 48! / 48 26 38 100",
  },
  {
    "12 5 8 42! 34 38 58 58 50 90 25 100 0 90! / 12 5 60 3",
    "60 2 16 5! 9 42! 34 35 55 58 46 91 16 100 0 88",
    "56 3 22 8 12 36 44 50 55 74 30 100 2 92",
    "74 0 26 5! 18 38! 40 37 52 60 38 92 0 95",
    "10 3 10 45! 40 33 64 58 54 92 20 100 0 88! / 10 3 64 2",
    "64 4 18 5! 13 46! 50 50 56 78 36 97 0 98",
  },
  {
    "46 0 16 30 2 66 12 95 38 98 54 78 40 56 16 62 3 78",
    "36 0 8 40 0 78 20 100 50 92 56 70 36 54 6 74",
    "40 0 18 16 2 50 2 82 24 100 52 90 54 66 30 54 4 72",
    "24 0 8 36 1 76 18 100 44 92 46 70 26 58 4 80",
    "46 2 14 32 2 72 20 100 50 88 50 62 24 58 8 82 14 100",
    "52 2 22 26 2 66 18 97 52 92 58 68 36 56 6 76",
  },
  {
    "0 8 56 5! 20 100",
    "0 10 25 6 58 5! 36 45 26 100",
    "0 8 58 5! 22 100! / 10 52 54 49",
    "3 24 5 5! 58 6! 28 100",
    "0 15 16 3 40 9 60 2! 40 42 16 100",
    "5 12 36 1 54 14 50 50 36 100",
  },
  {
    "52 15 30 0 8 16 22 40 46 58 54 82 30 100 5 84 16 60 46 38 54 16 34 0",
    "62 6 40 14 20 2 8 18 28 44 50 74 28 99 4 84 16 60 44 34 62 8",
    "30 48 8 26 30 0 52 24 30 48 3 72 28 100 57 75 30 48",
    "64 8 34 2 12 20 32 46 52 75 28 100 6 78 26 50 62 14",
    "42 10 27 0 15 18 30 38 55 74 28 100 0 76 22 44 42 20 40 6",
    "56 16 28 0 4 20 26 50 42 80 25 100 10 82 26 54 56 30 54 12",
  },
  {
    "50 18 38 2 18 1 4 20 12 40 32 43 48 26 51 10 50 42 46 70 42 100",
    "50 8 24 0 2 24 16 46 44 34 54 4! 46 100",
    "52 18 30 0 4 16 10 44 42 40 54 14 54 60 42 92 26 100",
    "56 12 36 0 12 14 6 38 26 46 50 28 58 6! 42 60 26 100",
    "46 5 14 8 3 34 30 44 52 8! 50 55 48 100",
    "50 20 34 1 10 10 4 34 24 46 44 34 52 12 48 50 46 76 46 100",
  },
}

local PIECES = 48   -- of a line
local LINES = 2     -- at most
local HANDS, WAYS = 24, 6

-- "x y x y! / x y" -> a list of lines, each a list of points; a corner is there twice
local function lines_of(text)
  local lines = {}
  for part in (text .. "/"):gmatch "(.-)/" do
    local line = {}
    for x, y, corner in part:gmatch "(%-?%d+) (%d+)(!?)" do
      local point = {x / 100, y / 100}
      line[#line + 1] = point
      if corner == "!" then line[#line + 1] = point end
    end
    lines[#lines + 1] = line
  end
  return lines
end

-- control points [k 2] of a line -> [HANDS k 2], as the hands write it: bent as a whole, and each
-- point a little away. bend [HANDS 12] is that of a figure; points of a corner stay together.
local function by_hand(line, bend, stream, jitter)
  local own = stream:normal({HANDS, #line, 2}, 0, .025 * jitter)
  local same = {}
  for i, point in ipairs(line) do same[i] = point == line[i - 1] and i - 1 or i end
  own = op.take(own, tensor.tensor(same), 2)
  local basis = {}
  for i, point in ipairs(line) do
    local x, y = point[1] - .3, point[2] - .5
    basis[i] = {x, y, x * y, y * y, math.sin(5 * y), math.sin(7 * x + 3 * y)}
  end
  -- [k 6] x [HANDS 6 2]
  return tensor.tensor(line) + op.matmul(tensor.tensor(basis), bend) + own
end

-- the points of all figures, [10 * WAYS * HANDS, LINES, PIECES + 1, 2]
local function write_all(o)
  local list = {}
  local spread = tensor.tensor{.13, .09, .24, .22, .028, .022}:reshape{1, 6, 1}
  for digit = 0, 9 do
    for way, text in ipairs(STYLES[digit]) do
      local stream = core.rand.stream(o.seed, ("digits %d %d"):format(digit, way))
      local bend, lines = stream:split("bend"):normal{HANDS, 6, 2} * spread * o.jitter, {}
      for i, line in ipairs(lines_of(text)) do
        local points = by_hand(line, bend, stream:split("line " .. i), o.jitter)
        local steps = PIECES // (#line - 1)
        local curve = sheet.spline(points, {steps = steps})
        local at = {}
        for j = 1, PIECES + 1 do at[j] = math.min(j, curve:size(2)) end
        lines[i] = op.take(curve, tensor.tensor(at), 2)
      end
      -- where there is no second line the pen stays where it is
      lines[2] = lines[2] or op.take(lines[1], tensor.full({PIECES + 1}, PIECES + 1), 2)
      list[#list + 1] = op.concat({lines[1]:reshape{HANDS, 1, -1, 2},
        lines[2]:reshape{HANDS, 1, -1, 2}}, 2)
    end
  end
  return op.concat(list, 1)
end

local function range(x) return op.min(x, 2, true), op.max(x, 2, true) end

local written = {}   -- figures by their settings

-- the figures of the images: scaled to the side of MNIST's, the middle of their boxes at 0
local function place(f, n, o, pen)
  local key = ("%d %.17g"):format(o.seed, o.jitter)
  written[key] = written[key] or write_all(o)
  local glyph = (f.digit * WAYS + f.style) * HANDS + f.hand + 1
  local points = op.take(written[key], glyph, 1):reshape{n, LINES * (PIECES + 1), 2}
  local x, y = points:slice(3, 1, 1):reshape{n, -1}, points:slice(3, 2, 2):reshape{n, -1}
  local function column(v) return v:reshape{n, 1} end
  x = x * column(f.width) - column(f.slant) * (y - .5)
  local left, right = range(x)
  local top, bottom = range(y)
  local scale = (20 * column(f.size) - column(pen)) / op.maximum(right - left, bottom - top)
  x, y = (x - (left + right) / 2) * scale, (y - (top + bottom) / 2) * scale
  return op.concat({x:reshape{n, LINES, -1, 1}, y:reshape{n, LINES, -1, 1}}, 4)
end

return drawn.new{
  name = "digits",
  factors = {{"digit", 10}, {"style", WAYS}, {"hand", HANDS}, {"slant", drawn.ramp(-.35, .6, 7)},
    {"width", drawn.ramp(.75, 1.3, 5)}, {"thickness", drawn.ramp(1.3, 3.9, 5)},
    {"size", {.7, .85, 1}}, {"posX", {-3, 0, 3}}, {"posY", {-3, 0, 3}}},
  class = "digit",
  options = {side = 28, jitter = 1, seed = 1},
  shape = function(o) return {o.side, o.side, 1} end,
  check = function(o)
    if math.type(o.side) ~= "integer" or o.side < 8 or o.side > 1024 then
      fail("digits: option 'side': got %s, wanted an integer in 8..1024", o.side)
    end
    if not (o.jitter >= 0 and o.jitter <= 3) then
      fail("digits: option 'jitter': got %s, wanted a number in 0..3", o.jitter)
    end
    if math.type(o.seed) ~= "integer" then
      fail("digits: option 'seed': got %s, wanted an integer", o.seed)
    end
  end,
  draw = function(f, n, o)
    if n == 0 then return tensor.zeros(0, o.side, o.side, 1) end
    local points, unit = place(f, n, o, f.thickness), o.side / 28
    local function draw(x, y)
      local s = sheet{n = n, height = o.side, width = o.side}
      s:stroke{points = op.concat({points:slice(4, 1, 1) + x, points:slice(4, 2, 2) + y}, 4) * unit,
        width = f.thickness * unit, soft = 1.3 * unit}
      return s:images()
    end
    -- drawn twice: the first time to see where the centre of mass is
    local ink = draw(tensor.full({1}, 14), tensor.full({1}, 14)):reshape{n, o.side, o.side}
    local mass, at = op.sum(ink, {2, 3}), (tensor.arange(1, o.side) - .5) / unit
    local function centre(axis, pos)
      return (14.5 + pos - op.sum(op.sum(ink, axis) * at, 2) / mass + 14):reshape{n, 1, 1, 1}
    end
    return draw(centre(2, f.posX), centre(3, f.posY))
  end,
}
