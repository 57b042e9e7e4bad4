-- Heads of which nothing but three angles is told: where the lamp stands and how the head is turned
-- and tilted. Who it is, hair, shoulders, paint, the lamp's height, how much light comes from all
-- sides, exposure, contrast, sharpness, where the head is in the picture, how large it is and what
-- lies behind it are drawn by chance for each image. A network that is to read faces that it has
-- never seen, photographs for example, can learn from these alone: experiments/drawn_faces.lua.
--
--   local data = T.data.varied_faces{}                  -- 50,000 images [32 32 1]
--   local x, factors = data:batch(T.stream(1), 64)      -- [64 32 32 1], [64 3]
--
-- There is no grid. set.factors has three numbers in degrees:
--   light   the lamp's azimuth, seen from the head, -103 to 103; from the right above 0
--   turn    the head's, -80 to 80; to the right above 0
--   tilt    of the camera, which rises above the head, -26 to 26

local check = require "teasel.lib.check"
local core = require "teasel.core"
local head = require "teasel.data.generator.head"
local mesh = require "teasel.data.mesh"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local scene = require "teasel.data.scene"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor
local SHAPE, SLAB, DEGREE = 16, 256, math.pi / 180

-- what differs from image to image, its least and greatest value
local CHANCES = {
  {"light", -103, 103}, {"turn", -80, 80}, {"tilt", -26, 26}, {"roll", -.1, .1},
  {"height", -.5, .8}, {"x", -.15, .15}, {"y", -.2, .1}, {"field", 9, 17},
  {"wide", .82, 1.18}, {"high", .9, 1.1}, {"deep", .88, 1.12},
  {"brows", 0, .6}, {"sockets", 0, .3}, {"eyes", -.2, .4}, {"irises", 0, .8}, {"lids", 0, .6},
  {"lips", 0, .5}, {"mouth", 0, .7}, {"nostrils", 0, .6},
  {"skin", .6, 1.1}, {"hair", .1, 1.1}, {"same", 0, 1}, {"cloth", 0, 1},
  {"hair_x", .5, .7}, {"hair_y", .3, .68}, {"hair_z", .5, .84}, {"long", 0, 1}, {"body", 0, 1},
  {"form", 0, .35}, {"even", 0, .2}, {"gain", .6, 1.5}, {"gamma", -.3, .4}, {"blur", -.5, 1},
  {"ground", -1, 1}, {"slope_x", -.5, .5}, {"slope_y", -.5, .5},
}
local MARKS = {"brows", "sockets", "eyes", "irises", "lids", "lips", "mouth", "nostrils"}

local kept

local function model()
  kept = kept or {head = head.new(), ball = mesh.sphere{rows = 10, columns = 16}}
  return kept
end

-- the bodies of n images, f a table of tensors [n 1]
local function bodies(f, n, who)
  local m = model()
  local h, ball, zero = m.head, m.ball, tensor.zeros{n, 1}
  local function each(x) return op.reshape(x, {n, 1, 3}) end
  local grey = 1
  for _, name in ipairs(MARKS) do
    grey = grey * (1 - op.reshape(h.marks[name], {1, #h.ear}) * f[name])
  end
  local turn = op.concat({f.turn * DEGREE, zero, f.roll}, 2)
  local size = op.concat({f.wide, f.high, f.deep}, 2)
  local same = op.gt(f.same, .6)
  local hair = same * f.skin + (1 - same) * f.hair
  local function round(radii, at)
    return op.reshape(ball.vertices, {1, #ball.vertices, 3}) * each(radii) + tensor.tensor(at)
  end
  local long, body = op.gt(f.long, .65), op.gt(f.body, .5)
  local cap = round(op.concat({f.hair_x, f.hair_y, f.hair_z}, 2), {0, .36, -.14})
  local fall = round(op.concat({f.hair_x * 1.05, f.hair_x * 1.5, zero + .35}, 2) * long,
    {0, -.3, -.35})
  local shoulders = round(op.concat({zero + 1.1, zero + .5, zero + .5}, 2) * body, {0, -1.65, -.2})
  return {
    {mesh = h.mesh, vertices = head.vertices(h, who), turn = turn, scale = size, colour = f.skin,
      paint = op.reshape(grey, {n, #h.ear, 1})},
    {mesh = ball, vertices = cap, turn = turn, scale = size, colour = hair},
    {mesh = ball, vertices = fall, turn = turn, scale = size, colour = hair},
    {mesh = ball, vertices = shoulders, turn = turn * .5, colour = f.cloth}}
end

-- images [n size size 1], each pixel the mean of its neighbours' as far as `much` [n 1 1 1] says
local function blurred(x, n, size, much)
  local function along(axis)
    local first = ops.slice(x, axis, 1, 1)
    local last = ops.slice(x, axis, size, size)
    local before = op.concat({first, ops.slice(x, axis, 1, size - 1)}, axis)
    local after = op.concat({ops.slice(x, axis, 2, size), last}, axis)
    return x * .5 + (before + after) * .25
  end
  local sharp = x
  x = along(2)
  x = along(3)
  return sharp + (x - sharp) * op.reshape(op.relu(much), {n, 1, 1, 1})
end

local function picture(f, n, who, size)
  local zero = tensor.zeros{n, 1}
  local middle = op.concat({f.x, f.y, zero}, 2)
  local tilt, around = f.tilt * DEGREE, (f.light + f.turn) * DEGREE
  local s, c = op.sin(tilt), op.cos(tilt)
  -- camera and lamp rise together
  local ahead = op.cos(around)
  local from = op.concat({op.sin(around), f.height * c + ahead * s, ahead * c - f.height * s}, 2)
  local parts = bodies(f, n, who)
  local function drawn(ambient, shadow)
    return scene.draw{n = n, size = size, channels = 1, shadow = shadow,
      camera = {from = middle + op.concat({zero, s, c}, 2) * 7, to = middle, field = f.field},
      light = {from = from, ambient = ambient}, parts = parts}
  end
  local function one(x) return op.reshape(x, {n, 1, 1, 1}) end
  -- the lamp's light, light that gives form, light that is the same everywhere
  local lamp, form = drawn(0, size), drawn(1, 0)
  local mask = op.minimum(form * 4, 1)
  local x = (lamp + form * one(f.form) + mask * one(f.even)) * one(f.gain)
  local across = op.reshape(tensor.linspace(-1, 1, size), {1, 1, size, 1})
  local down = op.reshape(tensor.linspace(-1, 1, size), {1, size, 1, 1})
  local ground = op.relu(one(f.ground) + across * one(f.slope_x) + down * one(f.slope_y))
  x = op.minimum(x + (1 - mask) * ground, 1)
  x = op.minimum(op.exp(op.log(x + 1e-4) * one(op.exp(f.gamma))), 1)
  return blurred(x, n, size, f.blur)
end

-- varied_faces{size = 32, images = 50000, seed = 1} -> the data set. An image follows from the seed
-- and its number.
return function(given)
  local o = options.read("varied_faces", given, {size = 32, images = 50000, seed = 1})
  check.integer("varied_faces", "option 'size'", o.size, 4, 256)
  check.integer("varied_faces", "option 'images'", o.images, 1, 1000000)
  check.integer("varied_faces", "option 'seed'", o.seed, 0)
  local stream = core.rand.stream(o.seed, "varied_faces")
  local values = {}
  local who = op.clip(stream:split("who"):normal({o.images, SHAPE}) * 1.2, -2.5, 2.5)
  for k, row in ipairs(CHANCES) do
    values[k] = stream:split(row[1]):uniform({o.images, 1}, row[2], row[3])
  end
  local function draw(index)
    local parts = {}
    for i, own in ipairs(ops.split(index, SLAB)) do
      local f = {}
      for k, row in ipairs(CHANCES) do f[row[1]] = op.take(values[k], own, 1) end
      parts[i] = picture(f, #own, op.take(who, own, 1), o.size)
    end
    return op.concat(parts, 1)
  end
  local told = op.concat({values[1], values[2], values[3]}, 2)
  return set.new{count = o.images, shape = {o.size, o.size, 1}, images = draw, factors = told,
    factor_names = {"light", "turn", "tilt"}, key = function()
      return ("varied_faces %d %d %d"):format(o.size, o.images, o.seed)
    end}
end
