-- Cars of many models on white, in colour, from 96 sides each: four elevations and 24 azimuths,
-- with the factors and in the order of Cars3D (Reed et al. 2015), which they stand in for. Ours are
-- made of boxes, wedges and wheels, whose sizes are drawn once for each model.
--
--   elevation       4   of the camera, 0, 10, 20 and 30 degrees
--   azimuth        24   of the camera, in steps of 15 degrees all around
--   model         183   or as many as the option `models` says
--
--   local data = T.data.cars{size = 64}             -- 17,568 images [64 64 3]; classes: the models

local check = require "teasel.lib.check"
local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local mesh = require "teasel.data.mesh"
local scene = require "teasel.data.scene"

local op, tensor = core.op, core.tensor

local BOX = mesh.box{}
local WHEEL = mesh.move(mesh.cylinder{columns = 16}, {turn = {0, 0, math.pi / 2}})
local SQUARE = 1 / math.sqrt(.5)   -- of a cylinder with four columns, to be as wide as a box

-- a box that is narrower at its top, by this factor
local function wedge(top)
  local m = mesh.lathe({{0, -1}, {1, -1}, {1, -1}, {top, 1}, {top, 1}, {0, 1}}, {columns = 4})
  local turned = mesh.move(m, {turn = {math.pi / 4, 0, 0}, scale = {SQUARE, 1, SQUARE}})
  -- sharp edges: each triangle has vertices of its own
  local corners = op.take(turned.vertices, turned.triangles:reshape{turned.triangles:size()}, 1)
  return {vertices = corners, triangles = tensor.arange(1, #corners):reshape{#corners // 3, 3}}
end

local HULL, CABIN = wedge(.93), wedge(.74)
local PAINTS = tensor.tensor{{.75, .1, .1}, {.1, .2, .6}, {.85, .85, .87}, {.12, .12, .13},
  {.1, .4, .2}, {.9, .7, .1}, {.5, .5, .53}, {.55, .75, .85}, {.4, .12, .3}, {.9, .45, .1}}
local COLUMNS = 9

-- the parts of n cars that are told by u [n COLUMNS] in 0..1; they drive along +z
local function parts_of(u, n)
  local column = 0
  local function between(low, high)
    column = column + 1
    return u[{{}, {column, column}}] * (high - low) + low
  end
  local long, wide, low, cabin = between(.85, 1.2), between(.42, .52), between(.15, .24),
    between(.14, .26)
  local share, back, wheel, ground = between(.4, .72), between(-.3, .12), between(.15, .2),
    between(.02, .1)
  local paint = op.take(PAINTS, op.floor(op.reshape(between(0, 9.999), {n})) + 1, 1)
  local parts, zero = {}, tensor.zeros{n, 1}
  local function add(m, place, size, colour, gloss)
    for i = 1, 3 do
      if type(place[i]) == "number" then place[i] = zero + place[i] end
      if type(size[i]) == "number" then size[i] = zero + size[i] end
    end
    parts[#parts + 1] = {mesh = m, at = op.concat(place, 2), scale = op.concat(size, 2),
      colour = colour, gloss = gloss}
  end
  local floor = ground - wheel    -- of the hull, from the wheels' middle
  local top = floor + low * 2
  local middle = long * back
  add(HULL, {0, floor + low, 0}, {wide, low, long}, paint, .3)
  add(CABIN, {0, top + cabin, middle}, {wide * .88, cabin, long * share}, {.1, .12, .15}, .5)
  add(BOX, {0, top + cabin * 2, middle}, {wide * .88 * .75, .02, long * share * .75}, paint, .3)
  for z = -1, 1, 2 do
    for x = -1, 1, 2 do
      add(WHEEL, {wide * (x * .9), 0, long * (z * .62)}, {.08, wheel, wheel}, .1, 0)
      add(BOX, {wide * (x * .65), floor + low * 1.2, long * (z * .985)}, {.08, .05, .02},
        z > 0 and {.95, .92, .75} or {.8, .1, .08}, .3)
    end
    add(BOX, {0, floor + low * .5, long * z}, {wide * .9, .04, .04}, .25, .1)
  end
  return parts
end

local function picture(f, n, of_models, o)
  local from = scene.around(f.azimuth, f.elevation, 6)
  local side = op.concat({-from[{{}, {3, 3}}], from[{{}, {1, 1}}] * 0, from[{{}, {1, 1}}]}, 2)
  return scene.draw{n = n, size = o.size, ground = 1,
    camera = {from = from, to = {0, .15, 0}, field = 28},
    light = {from = from + side * .5 + tensor.tensor{0, 4, 0}, ambient = .45},
    parts = parts_of(op.take(of_models, f.model + 1, 1), n)}
end

-- cars{size = 64, models = 183, ...} -> the data set. Further options: levels of the factors, as
-- for any set of teasel.data.drawn. The first models are the same whatever their number.
return function(given)
  local models = type(given) == "table" and given.models or 183
  check.integer("cars", "option 'models'", models, 1, 50000)
  local of_models = core.rand.stream(2015, "cars"):uniform({models, COLUMNS})
  return drawn.new{name = "cars", slab = 256, class = "model",
    options = {size = 64, models = models},
    check = function(o) check.integer("cars", "option 'size'", o.size, 4, 1024) end,
    factors = {{"elevation", {0, 10, 20, 30}}, {"azimuth", drawn.ramp(0, 345, 24)},
      {"model", models}},
    shape = function(o) return {o.size, o.size, 3} end,
    draw = function(f, n, o) return picture(f, n, of_models, o) end}(given)
end
