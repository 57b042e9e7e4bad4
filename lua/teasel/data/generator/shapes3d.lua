-- A drawing of the 480,000 images of 3D Shapes (Burgess and Kim 2018): a body in a room, 64 x 64 in
-- colour, of every combination of six factors, in the order and with the values of the release:
--
--   floor_hue, wall_hue, object_hue   10 each, 0, .1, ... .9
--   scale                             8, .75 to 1.25
--   shape                             4: cube, cylinder, sphere, capsule
--   orientation                       15, -30 to 30 degrees: of the camera about the room
--
-- The same as there: factors, values, order, size of the images, full colours of the hues, a square
-- room with the body in its middle, one lamp. A guess, from published pictures: where the camera
-- stands and what it spans, the size of the room and of the bodies, the lamp, and that there is no
-- haze. So levels of the one set are levels of the other, but no pixel is promised to be equal.
--
--   local data = T.data.shapes3d{}
--   local data = T.data.shapes3d{floor_hue = 0, shape = {0, 3}}   -- red floors, cubes and capsules

local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local mesh = require "teasel.data.mesh"
local scene = require "teasel.data.scene"

local op, tensor = core.op, core.tensor

local ROOM = 2.6      -- from its middle to a wall
local HIGH = 2.8
local BODIES = {mesh.box{}, mesh.cylinder{columns = 32}, mesh.sphere{rows = 20, columns = 32},
  mesh.capsule{rows = 20, columns = 32, length = .75}}
local SIZES = {{.62, .62, .62}, {.62, .62, .62}, {.72, .72, .72}, {.46, .46, .46}}
local HEIGHTS = {.62, .62, .72, .46 * 1.75}   -- of a body's middle above the floor

-- the room's four walls, as they are seen from inside; those towards the camera are not
local function walls()
  local list = {}
  for i = 0, 3 do
    local upright = mesh.move(mesh.plane{cells = 4},
      {scale = {ROOM, 1, HIGH / 2}, turn = {0, math.pi / 2, 0}, at = {0, HIGH / 2, -ROOM}})
    list[i + 1] = mesh.move(upright, {turn = {i * math.pi / 2, 0, 0}})
  end
  return mesh.join(list)
end

local FLOOR, WALLS = mesh.plane{cells = 6}, walls()

-- full colours [n 3] of hues [n] in 0..1
local function colours(hue, n)
  local h = op.reshape(hue, {n, 1}) * 6
  local ramps = op.abs(h - tensor.tensor{3, 2, 4}) * tensor.tensor{1, -1, -1}
    + tensor.tensor{-1, 2, 2}
  return op.minimum(op.maximum(ramps, 0), 1)
end

local function draw_shape(f, n, shape)
  local angle = op.reshape(f.orientation * (math.pi / 180), {n, 1})
  local s, c = op.sin(angle), op.cos(angle)
  local size = op.reshape(f.scale, {n, 1})
  return scene.draw{n = n, size = 64, shadow = 96,
    camera = {from = op.concat({s * 5.2, s * 0 + 2.5, c * 5.2}, 2), to = {0, .7, 0}, field = 34},
    light = {from = {-.55, 1.5, 1.1}, ambient = .5},
    parts = {{mesh = FLOOR, scale = {ROOM, 1, ROOM}, colour = colours(f.floor_hue, n),
        casts = false},
      {mesh = WALLS, colour = colours(f.wall_hue, n), casts = false},
      {mesh = BODIES[shape], scale = size * tensor.tensor(SIZES[shape]), gloss = .25,
        at = size * tensor.tensor{0, HEIGHTS[shape], 0}, colour = colours(f.object_hue, n)}}}
end

-- shapes3d{levels of factors} -> the data set; its classes are the shapes
return drawn.new{
  name = "shapes3d", shape = {64, 64, 3}, slab = 256, class = "shape",
  classes = {"cube", "cylinder", "sphere", "capsule"},
  factors = {{"floor_hue", drawn.ramp(0, .9, 10)}, {"wall_hue", drawn.ramp(0, .9, 10)},
    {"object_hue", drawn.ramp(0, .9, 10)}, {"scale", drawn.ramp(.75, 1.25, 8)},
    {"shape", {0, 1, 2, 3}}, {"orientation", drawn.ramp(-30, 30, 15)}},
  draw = function(f, n)
    return drawn.by_kind(f.shape, f, function(own, m, shape)
      return draw_shape(own, m, shape + 1)
    end)
  end,
}
