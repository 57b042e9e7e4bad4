-- Fifteen objects on black from all sides above, in colour: 1,541 views of each, 67 places of the
-- camera over the upper hemisphere times 23 turns of the picture from -45 to 45 degrees. They stand
-- in for the renderings of LINE-MOD's objects (Hinterstoisser et al. 2012) in Mathieu et al. 2016;
-- ours are built of simple bodies and only share the names.
--
--   local data = T.data.objects{}                     -- 23,115 images [64 64 3] in 15 classes
--   local train, valid, test = T.data.objects.split(data)   -- 1,000, 241 and 300 of each class

local check = require "teasel.lib.check"
local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local mesh = require "teasel.data.mesh"
local scene = require "teasel.data.scene"

local op, tensor = core.op, core.tensor

local VIEWS, ROLLS = 67, 23

-- bodies with their places, for short
local function at(m, place, scale, turn)
  return mesh.move(m, {at = place, scale = type(scale) == "number" and {scale, scale,
    scale} or scale,
    turn = turn or {0, 0, 0}})
end

local ball, box = mesh.sphere{rows = 12, columns = 18}, mesh.box{}
local can, cone, ring = mesh.cylinder{}, mesh.cylinder{top = .3}, mesh.torus{radius = .16}
local cup = mesh.lathe{{0, -1}, {.7, -1}, {.7, -1}, {1, 1}, {1, 1}, {.9, 1}, {.9, 1}, {.62, -.85},
  {.62, -.85}, {0, -.85}}
-- a rod along y with round ends
local function rod(half, radius, place, turn)
  return at(mesh.capsule{length = half / radius, rows = 8, columns = 12}, place, radius, turn)
end
local function star(body, centre) return mesh.star(body, {centre = centre, rows = 20,
  columns = 30}) end
local E, R = mesh.ellipsoid, mesh.rod

local GREY, DARK, WHITE = {.6, .6, .62}, {.12, .12, .14}, {.92, .92, .9}
local RED, BLUE, GREEN = {.8, .12, .1}, {.15, .3, .75}, {.15, .6, .25}
local YELLOW, BROWN, ORANGE = {.95, .8, .15}, {.42, .25, .13}, {.95, .5, .1}

-- Textures [32 32 3], which multiply the colour: painted of stripes, checks, dots and a ring. They
-- lie on a body as if they were shone on it from the side.
local function painted(mark, dark)
  local across = op.reshape(tensor.linspace(0, 31 / 32, 32), {1, 32})
  local down = op.reshape(tensor.linspace(0, 31 / 32, 32), {32, 1})
  local much = op.reshape(mark(across + down * 0, down + across * 0), {32, 32, 1})
  return 1 - much * (1 - tensor.tensor(dark))
end
-- 0 to 1, rather sharp, where x is above 0
local function where(x) return op.sigmoid(x * 14) end
local function wave(x, times) return op.sin(x * (2 * math.pi * times)) end
local STRIPES = painted(function(_, v) return where(wave(v, 2)) end, {.35, .35, .45})
local BANDS = painted(function(u) return where(wave(u, 2)) end, {.3, .3, .3})
local CHECKS = painted(function(u, v) return where(wave(u, 2) * wave(v, 2)) end, {.55, .2, .2})
local DOTS = painted(function(u, v) return where(-wave(u, 2) - wave(v, 2) - 1) end, {.1, .2, .7})
local RING = painted(function(u, v)
  local r = op.sqrt(op.square(u - .5) + op.square(v - .5))
  return where(1 - op.abs(r - .3) * 12)
end, {.1, .1, .1})
local UV = tensor.tensor{{.8, .3}, {0, -.9}, {.5, -.3}}   -- of a place in space

-- of each object its parts, a mesh and a colour each and some a texture, about 1 from its middle at
-- most
local OBJECTS = {
  {"ape", {star(mesh.union(.08, E({0, -.25, 0}, {.42, .5, .38}), R({.3, 0, .1}, {.5, -.5, .3}, .13),
      R({-.3, 0, .1}, {-.5, -.5, .3}, .13)), {0, -.25, 0}), BROWN},
    {at(ball, {0, .42, .08}, .34), BROWN},
    {at(ball, {0, .36, .3}, {.22, .18, .16}), {.75, .55, .4}},
    {at(ball, {.34, .46, .05}, .1), {.75, .55, .4}},
    {at(ball, {-.34, .46, .05}, .1), {.75, .55, .4}}},
  {"benchvise", {at(box, {0, -.55, 0}, {.35, .12, .5}), BLUE},
    {at(box, {0, -.1, .15}, {.25, .4, .16}),
      BLUE}, {at(box, {0, 0, -.45}, {.25, .3, .12}), BLUE},
    {at(can, {0, -.15, .5}, {.09, .45, .09}, {0, math.pi / 2, 0}), GREY},
    {at(can, {0, -.15, .9}, {.04, .35, .04}, {0, 0, math.pi / 2}), GREY}},
  {"bowl", {at(cup, {0, -.1, 0}, {.85, .4, .85}), RED, CHECKS}},
  {"camera", {at(box, {0, 0, 0}, {.75, .45, .25}), DARK, BANDS},
    {at(can, {.1, 0, .4}, {.33, .3, .33},
      {0, math.pi / 2, 0}), GREY},
    {at(can, {.1, 0, .62}, {.24, .1, .24}, {0, math.pi / 2, 0}), DARK},
    {at(box, {.1, .52, 0}, {.22, .1, .2}), GREY}, {at(can, {-.5, .5, 0}, {.1, .08, .1}), RED}},
  {"can", {at(can, {0, -.1, 0}, {.42, .7, .42}), RED},
    {at(can, {0, -.1, 0}, {.43, .3, .43}), WHITE, RING},
    {at(cone, {0, .68, 0}, {.42, .1, .42}), GREY}},
  {"cat", {star(mesh.union(.1, E({0, -.3, -.15}, {.34, .4, .5}), E({0, .05, .2}, {.25, .3, .25})),
      {0, -.2, 0}), ORANGE}, {at(ball, {0, .4, .35}, {.3, .27, .27}), ORANGE},
    {at(cone, {.17, .68, .33}, {.1, .13, .06}), BROWN}, {at(cone, {-.17, .68, .33}, {.1, .13, .06}),
      BROWN}, {rod(.25, .08, {.15, -.35, -.72}, {0, -.5, -.7}), BROWN},
    {at(ball, {0, .33, .58}, {.12, .09, .08}), WHITE}},
  {"cup", {at(cup, {0, 0, 0}, {.5, .55, .5}), WHITE, DOTS}, {at(ring, {.6, 0, 0}, {.28, .3, .28},
      {0, math.pi / 2, 0}), WHITE}, {at(can, {0, -.2, 0}, {.475, .08, .475}), BLUE}},
  {"driller", {at(can, {0, .35, .05}, {.24, .5, .24}, {0, math.pi / 2, 0}), GREEN},
    {at(can, {0, .35, .75}, {.08, .25, .08}, {0, math.pi / 2, 0}), GREY},
    {at(box, {0, -.15, -.25}, {.14, .35, .2}, {0, -.2, 0}), DARK},
    {at(box, {0, -.6, -.2}, {.25, .15, .38}), GREEN, STRIPES}},
  {"duck",
    {star(mesh.union(.08, E({0, -.2, 0}, {.45, .36, .62}), R({0, -.1, -.5}, {0, .15, -.75}, .1)),
      {0, -.15, -.1}), YELLOW}, {at(ball, {0, .32, .32}, .32), YELLOW},
    {at(ball, {0, .26, .66}, {.16, .07, .16}), ORANGE}, {at(ball, {.17, .42, .56}, .06), DARK},
    {at(ball, {-.17, .42, .56}, .06), DARK}},
  {"eggbox", {at(box, {0, -.2, 0}, {.8, .15, .4}), {.55, .6, .5}, BANDS},
    {mesh.join{at(ball, {-.5, -.02, .18}, .2), at(ball, {0, -.02, .18}, .2), at(ball, {.5, -.02,
      .18},
      .2), at(ball, {-.5, -.02, -.18}, .2), at(ball, {0, -.02, -.18}, .2), at(ball, {.5, -.02,
        -.18},
      .2)}, {.7, .74, .62}}},
  {"glue", {at(can, {0, -.2, 0}, {.28, .6, .18}), WHITE},
    {at(can, {0, -.25, 0}, {.29, .25, .19}), BLUE, RING},
    {at(cone, {0, .62, 0}, {.14, .25, .12}), ORANGE}},
  {"holepuncher", {at(box, {0, -.4, 0}, {.4, .08, .6}), DARK}, {at(box, {0, 0, -.1}, {.3, .09, .6},
      {0, -.35, 0}), GREEN}, {at(can, {.15, -.2, .3}, {.06, .2, .06}), GREY},
    {at(can, {-.15, -.2, .3}, {.06, .2, .06}), GREY}},
  {"iron", {at(cone, {0, -.4, 0}, {.45, .12, .8}), GREY}, {at(ball, {0, -.2, 0}, {.36, .25, .66}),
      BLUE}, {rod(.375, .11, {0, .3, -.025}, {0, math.pi / 2, 0}), WHITE},
    {at(can, {0, .1, -.4}, {.09, .25, .09}), WHITE},
    {at(can, {0, .1, .35}, {.07, .22, .07}), WHITE}},
  {"lamp", {at(can, {0, -.7, 0}, {.4, .07, .4}), DARK},
    {at(can, {0, -.2, 0}, {.06, .5, .06}), GREY},
    {at(cone, {0, .45, 0}, {.6, .35, .6}), YELLOW, STRIPES}},
  {"phone", {at(box, {0, -.25, 0}, {.5, .14, .5}, {0, .15, 0}), RED},
    {rod(.5, .12, {0, .12, -.25}, {0, 0, math.pi / 2}), DARK},
    {at(ball, {-.52, .06, -.22}, {.17, .15, .17}), DARK},
    {at(ball, {.52, .06, -.22}, {.17, .15, .17}),
      DARK}, {at(can, {0, -.08, .15}, {.24, .05, .24}, {0, .15, 0}), WHITE}},
}

-- the parts of an object as parts of a scene: those without a texture as one mesh, in its paint.
-- What is painted is a little uneven, so that no two sides are alike.
local function put_together(parts)
  local groups, plain = {}, {}
  for _, part in ipairs(parts) do
    local group = part[3] and {texture = part[3]} or plain
    if group ~= plain or #plain == 0 then groups[#groups + 1] = group end
    group[#group + 1] = part
  end
  local list = {}
  for i, group in ipairs(groups) do
    local meshes, paints = {}, {}
    for j, part in ipairs(group) do
      local m = part[1]
      local waves = op.sin(op.sum(m.vertices * tensor.tensor{7, 11, 9}, 2, true))
        + op.sin(op.sum(m.vertices * tensor.tensor{-13, 5, 8}, 2, true))
      meshes[j], paints[j] = m, tensor.tensor(part[2]) * (1 + waves * .08)
    end
    local m = mesh.join(meshes)
    list[i] = {mesh = m, paint = op.concat(paints, 1), gloss = .15, texture = group.texture,
      uv = group.texture and op.matmul(m.vertices, UV) or nil}
  end
  return list
end

local names, built = {}, {}
for i, object in ipairs(OBJECTS) do names[i] = object[1] end

local function object(k)
  built[k] = built[k] or put_together(table.move(OBJECTS[k], 2, #OBJECTS[k], 1, {}))
  return built[k]
end

-- directions of the camera, evenly over the upper hemisphere: a spiral in steps of the golden angle
local function directions()
  local list = {}
  for i = 0, VIEWS - 1 do
    local y, a = .06 + .92 * (i + .5) / VIEWS, i * math.pi * (3 - math.sqrt(5))
    local r = math.sqrt(1 - y * y)
    list[i + 1] = {r * math.sin(a), y, r * math.cos(a)}
  end
  return tensor.tensor(list)
end

local CAMERA = directions()

local function draw_object(f, n, k)
  local from = op.take(CAMERA, f.view + 1, 1)
  -- a lamp that stands where the camera does, higher and to its left
  local side = op.concat({-from[{{}, {3, 3}}], from[{{}, {1, 1}}] * 0, from[{{}, {1, 1}}]}, 2)
  return scene.draw{n = n, size = 64, camera = {from = from * 6, to = {0, 0, 0}, field = 24,
    roll = f.roll * (math.pi / 180)},
    light = {from = from + side * .6 + tensor.tensor{0, .7, 0}, ambient = .35},
    parts = object(k)}
end

local new = drawn.new{
  name = "objects", shape = {64, 64, 3}, slab = 256, class = "object", classes = names,
  factors = {{"object", #OBJECTS}, {"view", VIEWS}, {"roll", drawn.ramp(-45, 45, ROLLS)}},
  draw = function(f)
    return drawn.by_kind(f.object, f, function(own, m, k) return draw_object(own, m, k + 1) end)
  end,
}

local objects = {}

-- split(data) -> three sets of the images of each class: 1,000 to train, 241 and 300, in an order
-- that is random and always the same (Mathieu et al. 2016 say how many, not which). Of a part of
-- all, the same shares.
function objects.split(data)
  local n = data:count()
  local labels, of = data:labels(tensor.arange(1, n)):table(), {{}, {}, {}}
  local rows = {}
  for i, label in ipairs(labels) do
    rows[label] = rows[label] or {}
    table.insert(rows[label], i)
  end
  for label = 0, #OBJECTS - 1 do
    local own = rows[label] or {}
    local order = core.rand.stream(2012, "objects"):split(tostring(label)):permutation(#own):table()
    for i, place in ipairs(order) do
      local share = (i - 1) * VIEWS * ROLLS
      local part = share < 1000 * #own and 1 or share < 1241 * #own and 2 or 3
      table.insert(of[part], own[math.tointeger(place)])
    end
  end
  local sets = {}
  for k = 1, 3 do
    table.sort(of[k])
    sets[k] = data:subset(tensor.tensor(of[k]))
  end
  return table.unpack(sets)
end

check.functions("objects.", objects, {split = "data: set"})

-- objects{levels of factors} -> the data set; its classes are the objects
return setmetatable(objects, {__call = function(_, given) return new(given) end})
