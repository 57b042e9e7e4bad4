-- Pictures of bodies under a camera and a lamp, a batch at a time: what data sets with known
-- factors are drawn by. What differs from image to image is a tensor with an axis of n before the
-- others; what does not is a number, a list, or a tensor without that axis.
--
--   local scene, mesh = T.data.scene, T.data.mesh
--   local images = scene.draw{size = 64,
--     camera = {from = {0, 2, 6}, to = {0, 0, 0}, field = 40},
--     light = {from = {3, 5, 4}, ambient = .3}, ground = {.6, .7, .9},
--     parts = {{mesh = mesh.sphere{}, at = places, colour = {.8, .1, .1}}}}   -- places [n 3]
--   --> [n 64 64 3]
--
-- A data set of one's own, with known factors (see teasel.data.drawn):
--
--   local T = require "teasel"
--   local mesh, scene, drawn = T.data.mesh, T.data.scene, T.data.drawn
--   local duck = mesh.star(mesh.union(.1, mesh.ellipsoid({0, -.2, 0}, {.5, .4, .7}),
--     mesh.ellipsoid({0, .35, .35}, {.33, .33, .33})), {centre = {0, 0, .1}})
--   local ducks = drawn.new{
--     name = "ducks", shape = {64, 64, 3}, slab = 256,
--     factors = {{"azimuth", drawn.ramp(0, 350, 36)}, {"elevation", drawn.ramp(5, 65, 7)},
--       {"lamp", drawn.ramp(-60, 60, 5)}, {"yellow", drawn.ramp(0, 1, 5)}},
--     draw = function(f, n)            -- f.azimuth ...: tensors [n]
--       local yellow = f.yellow:reshape{n, 1}
--       return scene.draw{size = 64, ground = {.55, .7, .8},
--         camera = {from = scene.around(f.azimuth, f.elevation, 5), field = 30},
--         light = {from = scene.around(f.lamp, f.lamp * 0 + 40, 1)},
--         parts = {
--           {mesh = duck, colour = yellow * T.tensor{.1, .4, -.5} + T.tensor{.85, .4, .6}},
--           {mesh = mesh.plane{cells = 4}, at = {0, -.6, 0}, scale = 3, colour = {.3, .5, .3},
--             casts = false}}}
--     end,
--   }
--   local data = ducks{lamp = 2}       -- a set: the lamp in the middle
--   local x, factors = data:batch(T.stream(1), 16)
--   T.contact_sheet(data):save("ducks.png")
--
-- Space: y is up; x, y, z are right-handed. The lamp is far away: parallel rays. With n the normal
-- of a surface, l the lamp's direction, v the camera's, h halfway between them, a surface is
--   paint * colour * texture * (ambient (1 + n.v) / 2 + (1 - ambient) lit max(n.l, 0))
--     + gloss * lit max(n.h, 0)^32
-- cut to 0..1, lit 0 in shadow, 1 out of it. Images are anti-aliased, and do not depend on the
-- number of threads or on the other images of the batch.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
local scene = {}

-- a number, a list of numbers or a tensor as a tensor
local function numbers(name, value)
  if getmetatable(value) == tensor.metatable then return value end
  if type(value) == "number" then value = {value} end
  return tensor.tensor(check.numbers("scene.draw", name, value))
end

-- the same for one number an image: [n] becomes [n 1]
local function single(name, value)
  local t = numbers(name, value)
  return t:rank() == 1 and #t ~= 1 and t:reshape{#t, 1} or t
end

-- one size for all three axes, or for each image, is {size, size, size}
local function sizes(name, value)
  if type(value) == "number" then return tensor.full({3}, value) end
  local t = numbers(name, value)
  local shape = t:shape()
  if shape[#shape] == 1 then t = op.expand(t, {#shape == 2 and shape[1] or 1, 3}) end
  return t:rank() == 2 and #t == 1 and t:reshape{3} or t
end

-- one colour of as many channels
local function tint(name, value, channels)
  if type(value) == "number" then return tensor.full({channels}, value) end
  return numbers(name, value)
end

local PART = {mesh = {}, vertices = options.any, paint = options.any, scale = options.any,
  turn = options.any, at = options.any, colour = options.any, gloss = options.any,
  texture = options.any, uv = options.any, open = false, casts = true}

local function read_part(i, given, channels)
  local o = options.read(("scene.draw, part %d"):format(i), given, PART)
  local function name(field) return ("'%s' of part %d"):format(field, i) end
  local vertices = o.vertices or o.mesh.vertices
  check.tensor("scene.draw", name "mesh.vertices", vertices)
  check.tensor("scene.draw", name "mesh.triangles", o.mesh.triangles)
  if (o.texture == nil) ~= (o.uv == nil) then
    fail("scene.draw: part %d: got %s, wanted both of 'texture' and 'uv', or none", i,
      o.uv and "uv alone" or "a texture alone")
  end
  return {vertices = vertices, triangles = o.mesh.triangles, paint = o.paint,
    texture = o.texture, uv = o.uv,
    scale = sizes(name "scale", o.scale or 1), turn = numbers(name "turn", o.turn or {0, 0, 0}),
    at = numbers(name "at", o.at or {0, 0, 0}),
    colour = tint(name "colour", o.colour or 1, channels),
    gloss = single(name "gloss", o.gloss or 0), open = o.open, casts = o.casts}
end

-- field: the angle in degrees that the picture spans, or nil with a width
local function lens(camera)
  if camera.width then return true, 2 / single("'width' of the camera", camera.width) end
  local angle = single("'field' of the camera", camera.field) * (math.pi / 360)
  return false, angle:cos() / angle:sin()
end

-- the n of the first tensor with such an axis before the `rank` others; 1 where there is none
local function count(o)
  local ranks = {vertices = 2, triangles = 2, paint = 2, uv = 2, texture = 3}
  local function of(t, name)
    if getmetatable(t) ~= tensor.metatable then return nil end
    local rank = ranks[name] or 1
    if name == "ground" and t:rank() >= 3 then rank = 3 end
    return t:rank() > rank and t:shape()[1] or nil
  end
  for _, fields in ipairs{o, table.unpack(o.parts)} do
    for name, value in pairs(fields) do
      local n = of(value, name)
      if n then return n end
    end
  end
  return 1
end

-- draw(options) -> images [n size size channels]. Options:
--   size = 64       pixels of an edge, at most 1024
--   channels = 3    1 for grey; at most 4
--   samples = 2     of an edge of a pixel, 1 to 4: 2 means four samples a pixel
--   shadow          cells of an edge of the map of shadows, 0 for none; default: size
--   n               images; default: as the tensors say
--   camera          {from = {0, 0, 4}, to = {0, 0, 0}, field = 40}: where it is, what it looks at,
--                   and the degrees that the picture spans; `width` in place of field for parallel
--                   rays: how much of space the picture spans; roll = 0: how far it leans to its
--                   right, in radians
--   light           {from = {0, 1, 1}, ambient = .3}: the lamp's direction, and the share of light
--                   that comes from all sides
--   ground = 0      the colour behind all bodies, or an image [size size channels]
--   parts           a list of bodies, each a table:
--     mesh          of teasel.data.mesh
--     vertices      in place of the mesh's own
--     scale = 1     one number or three
--     turn          {0, 0, 0}, about y, x, z in radians; z comes first
--     at            {0, 0, 0}
--     colour = 1    of all of it; paint [v channels]: of each vertex; both are multiplied
--     texture       [height width channels], an image that multiplies these, too, and goes on
--                   beyond its edges; uv [v 2]: where each vertex lies in it, from 0 to 1 to the
--                   right and down
--     gloss = 0     how strong the lamp's reflection is
--     open = false  whether its inner side is seen, too
--     casts = true  whether it throws a shadow
-- All may have an axis of n before the others, save mesh, size, channels, samples, shadow, open,
-- casts. What lies behind the camera, or partly so, is left out.
function scene.draw(given)
  local o = options.read("scene.draw", given, {size = 64, channels = 3, samples = 2,
    shadow = options.any, n = options.any, camera = {}, light = {}, ground = options.any,
    parts = {}})
  local camera = options.read("scene.draw, camera", o.camera, {from = options.any,
    to = options.any, roll = options.any, field = options.any, width = options.any})
  local light = options.read("scene.draw, light", o.light, {from = options.any,
    ambient = options.any})
  camera.field = camera.field or 40
  local all = {side = o.size, channels = o.channels, grid = o.samples, map = o.shadow or o.size,
    eye = numbers("'from' of the camera", camera.from or {0, 0, 4}),
    to = numbers("'to' of the camera", camera.to or {0, 0, 0}),
    roll = single("'roll' of the camera", camera.roll or 0),
    light = numbers("'from' of the light", light.from or {0, 1, 1}),
    ambient = single("'ambient' of the light", light.ambient or .3),
    ground = tint("option 'ground'", o.ground or 0, o.channels), parts = {}}
  all.parallel, all.focal = lens(camera)
  for i, part in ipairs(o.parts) do all.parts[i] = read_part(i, part, o.channels) end
  all.n = o.n or count(all)
  return core.scene.draw(all)
end

-- around(azimuth [n], elevation [n], distance) -> places [n 3] about 0, for a camera or a lamp:
-- azimuth in degrees from +z towards +x, elevation in degrees above the ground
function scene.around(azimuth, elevation, distance)
  local n = azimuth:size()
  if elevation:size() ~= n then
    check.wrong("scene.around", "elevation", elevation, ("%d numbers, as azimuth has"):format(n))
  end
  local a = op.reshape(azimuth * (math.pi / 180), {n, 1})
  local e = op.reshape(elevation * (math.pi / 180), {n, 1})
  local flat = op.cos(e)
  return op.concat({op.sin(a) * flat, op.sin(e), op.cos(a) * flat}, 2) * distance
end

check.functions("scene.", scene, {around = "azimuth: tensor, elevation: tensor, distance: number"})

return scene
