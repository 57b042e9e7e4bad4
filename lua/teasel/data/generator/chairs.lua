-- Chairs of many models on white, from 62 sides each: 31 azimuths at two elevations, as in the 3D
-- chairs of Aubry et al. 2014, which they stand in for. Ours are made of boxes and cylinders, whose
-- sizes and kinds (of seat, back, legs, arms) are drawn once for each model. The factors, from the
-- slowest:
--
--   model        1393   or as many as the option `models` says
--   elevation       2   of the camera, 20 and 30 degrees
--   azimuth        31   of the camera, in equal steps all around
--
--   local data = T.data.chairs{size = 64}           -- 86,366 images [64 64 1]; classes: the models
--   local data = T.data.chairs{channels = 3, models = 100, elevation = 0}

local check = require "teasel.lib.check"
local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local mesh = require "teasel.data.mesh"
local scene = require "teasel.data.scene"

local op, tensor = core.op, core.tensor

local BOX, ROUND = mesh.box{}, mesh.cylinder{columns = 16}
local WOODS = tensor.tensor{{.45, .28, .15}, {.7, .5, .3}, {.25, .15, .1}, {.15, .15, .16},
  {.6, .6, .62}, {.75, .2, .15}, {.2, .3, .5}, {.85, .8, .7}}

local COLUMNS = 14

-- the parts of n chairs that are told by u [n COLUMNS] in 0..1; the seat's middle is at 0
local function parts_of(u, n, channels)
  local column = 0
  local function next_column()
    column = column + 1
    return u[{{}, {column, column}}]
  end
  local function between(low, high) return next_column() * (high - low) + low end
  local wide, deep, thick = between(.4, .56), between(.4, .54), between(.03, .1)
  local leg, down, high, lean = between(.025, .06), between(.7, .95), between(.6, 1.15),
    between(.02, .3)
  local legs, back, round, arms = next_column(), next_column(), next_column(), next_column()
  local function colours()
    local rows = op.take(WOODS, op.floor(op.reshape(next_column(), {n}) * 7.999) + 1, 1)
    return channels == 3 and rows or op.sum(rows, 2, true) * (1 / 3)
  end
  local frame, cloth = colours(), colours()
  local parts, zero = {}, tensor.zeros{n, 1}
  -- a body at (x, y, z) with half sizes (w, h, d), where `on` is 1
  local function add(on, m, place, size, colour, turn)
    for i = 1, 3 do
      if type(place[i]) == "number" then place[i] = zero + place[i] end
      if type(size[i]) == "number" then size[i] = zero + size[i] end
    end
    parts[#parts + 1] = {mesh = m, at = op.concat(place, 2), scale = op.concat(size, 2) * on,
      colour = colour, turn = turn or {0, 0, 0}}
  end
  local one = zero + 1
  local is_round = op.lt(round, .25)
  add(1 - is_round, BOX, {0, 0, 0}, {wide, thick, deep}, cloth)
  add(is_round, ROUND, {0, 0, 0}, {wide, thick, deep}, cloth)
  -- legs: four, two of them on runners, or a post on a cross
  local post = op.gt(legs, .8)
  local runners = op.gt(legs, .6) * (1 - post)
  for x = -1, 1, 2 do
    for z = -1, 1, 2 do
      add(1 - post, BOX, {(wide * .8 - leg) * x, -down / 2, (deep * .8 - leg) * z},
        {leg, down / 2, leg}, frame)
    end
    add(runners, BOX, {(wide * .8 - leg) * x, -down, 0}, {leg, leg, deep}, frame)
  end
  add(post, ROUND, {0, -down / 2, 0}, {leg * 1.3, down / 2, leg * 1.3}, frame)
  add(post, BOX, {0, -down, 0}, {wide * .9, leg, leg}, frame)
  add(post, BOX, {0, -down, 0}, {leg, leg, deep * .9}, frame)
  -- the back, which leans: solid, bars or slats between two posts
  local solid, bars = op.lt(back, .4), op.gt(back, .7)
  local slats = one - solid - bars
  local turn = op.concat({zero, -lean, zero}, 2)
  local function on_back(x, share)
    return {x, op.cos(lean) * high * share, op.sin(lean) * high * -share - deep + leg}
  end
  add(solid, BOX, on_back(0, .5), {wide, high / 2, thick * .7}, cloth, turn)
  for x = -1, 1, 2 do
    add(1 - solid, BOX, on_back((wide - leg) * x, .5), {leg, high / 2, leg}, frame, turn)
  end
  for x = -1, 1 do
    add(bars, BOX, on_back(wide * (x * .45), .5), {leg * .7, high / 2, leg * .6}, frame, turn)
  end
  for i = 1, 3 do
    add(slats + bars * (i == 3 and 1 or 0), BOX, on_back(0, i * .3 + .05), {wide, leg * 1.2,
      leg * .7}, frame, turn)
  end
  local armed = op.lt(arms, .4)
  for x = -1, 1, 2 do
    add(armed, BOX, {wide * x, .38, 0}, {leg * 1.2, leg * .8, deep * .9}, frame)
    add(armed, BOX, {wide * x, .19, deep * .8}, {leg, .19, leg}, frame)
  end
  return parts
end

local function picture(f, n, of_models, o)
  local from = scene.around(f.azimuth, f.elevation, 6)
  -- the lamp stands to the left of the camera and above it
  local side = op.concat({-from[{{}, {3, 3}}], from[{{}, {1, 1}}] * 0, from[{{}, {1, 1}}]}, 2)
  return scene.draw{n = n, size = o.size, channels = o.channels, ground = 1,
    camera = {from = from, to = {0, .06, 0}, field = 29},
    light = {from = from + side * .5 + tensor.tensor{0, 4, 0}, ambient = .4},
    parts = parts_of(op.take(of_models, f.model + 1, 1), n, o.channels)}
end

local azimuths = drawn.ramp(0, 360 * 30 / 31, 31)

local function check_options(o)
  check.integer("chairs", "option 'size'", o.size, 4, 1024)
  if o.channels ~= 1 and o.channels ~= 3 then
    check.wrong("chairs", "option 'channels'", o.channels, "1 or 3")
  end
end

-- chairs{size = 64, channels = 1, models = 1393, ...} -> the data set. Further options: levels of
-- the factors, as for any set of teasel.data.drawn. The first models are the same whatever their
-- number.
return function(given)
  local models = type(given) == "table" and given.models or 1393
  check.integer("chairs", "option 'models'", models, 1, 100000)
  local of_models = core.rand.stream(2014, "chairs"):uniform({models, COLUMNS})
  return drawn.new{name = "chairs", slab = 256, class = "model",
    options = {size = 64, channels = 1, models = models}, check = check_options,
    factors = {{"model", models}, {"elevation", {20, 30}}, {"azimuth", azimuths}},
    shape = function(o) return {o.size, o.size, o.channels} end,
    draw = function(f, n, o) return picture(f, n, of_models, o) end}(given)
end
