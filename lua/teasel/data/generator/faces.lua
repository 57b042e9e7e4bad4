-- Faces: heads under one lamp, grey, on black, with known pose and light. They stand in for the
-- pictures of a licensed head model (Paysan et al. 2009) in InfoGAN's figure 3, beta-VAE's figure 3
-- and DC-IGN; the head is our own (see teasel.data.generator.head). The factors, from the slowest:
--
--   identity    50   or as many as the option `identities` says; made of 16 numbers of the shape of
--                    the head, one of the skin's shade and one of the brows'
--   azimuth     21   the head's turn, -75 to 75 degrees; to the right in the picture above 0
--   elevation   11   its nod, -20 to 20 degrees; down above 0
--   light       11   the lamp's azimuth, -75 to 75 degrees, from the right of the picture above 0
--   width        5   of the head, .84 to 1.16 of its own
--
--   local data = T.data.faces{size = 32}              -- 635,250 images [32 32 1]
--   local data = T.data.faces{width = 2}              -- the 127,050 of width 1
--   local x = T.data.faces.draw({azimuth = T.linspace(-60, 60, 9)}, {size = 64})

local check = require "teasel.lib.check"
local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local head = require "teasel.data.generator.head"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local scene = require "teasel.data.scene"

local op, tensor = core.op, core.tensor

local MOST = 10000    -- identities
local SHAPE = 16      -- numbers of one's shape
local DEGREE = math.pi / 180

local kept = {}

-- the head, coarse for small pictures, and its grey [v] for skin of 1, but for brows
local function model(size)
  local coarse = size < 48
  if not kept[coarse] then
    local h = head.new(coarse)
    local m = h.marks
    local grey = (1 - m.sockets * .2) * (1 - m.eyes) + m.eyes * 1.15
    grey = grey * (1 - m.irises * .85) * (1 - m.lids * .6) * (1 - m.lips * .3)
      * (1 - m.mouth * .6) * (1 - m.nostrils * .6)
    h.grey, kept[coarse] = grey, h
  end
  return kept[coarse]
end

-- the numbers of the first identities, [n SHAPE + 2], within two standard deviations
local function identities(n)
  local numbers = core.rand.stream(20091, "faces"):normal({n, SHAPE + 2})
  return op.minimum(op.maximum(numbers, -2), 2)
end

local function picture(f, n, numbers, size)
  local h = model(size)
  local function column(x) return op.reshape(x, {n, 1}) end
  local own = op.take(numbers, f.identity + 1, 1)
  local zero, light = tensor.zeros{n, 1}, column(f.light * DEGREE)
  local shade, brows = column(own[{{}, SHAPE + 1}]), column(own[{{}, SHAPE + 2}])
  local marks = op.reshape(h.marks.brows, {1, #h.grey})
  local paint = op.reshape(h.grey, {1, #h.grey}) * (1 - marks * (.5 + brows * .12))
  return scene.draw{n = n, size = size, channels = 1,
    camera = {from = {0, .03, 7}, to = {0, .03, 0}, field = 16},
    light = {from = op.concat({op.sin(light), zero + .35, op.cos(light)}, 2), ambient = .25},
    parts = {{mesh = h.mesh, vertices = head.vertices(h, ops.slice(own, 2, 1, SHAPE)),
      paint = op.reshape(paint, {n, #h.grey, 1}), colour = .8 + shade * .06,
      scale = op.concat({column(f.width), zero + 1, zero + 1}, 2),
      turn = op.concat({column(f.azimuth * DEGREE), column(f.elevation * DEGREE), zero}, 2)}}}
end

local FACTORS = {{"identity", 50}, {"azimuth", drawn.ramp(-75, 75, 21)},
  {"elevation", drawn.ramp(-20, 20, 11)}, {"light", drawn.ramp(-75, 75, 11)},
  {"width", drawn.ramp(.84, 1.16, 5)}}

local function check_size(o) check.integer("faces", "option 'size'", o.size, 4, 1024) end

local faces = {}

-- draw(factors [, {size = 64}]) -> images [n size size 1] of any values of the factors, which are
-- numbers or tensors [n], at least one of them a tensor: identity from 0 (default 0), azimuth,
-- elevation, light in degrees (default 0), width (default 1)
function faces.draw(given, chosen)
  local o = options.read("faces.draw", chosen, {size = 64})
  check_size(o)
  local f, n = drawn.values("faces.draw", given, {identity = 0, azimuth = 0, elevation = 0,
    light = 0, width = 1})
  local most = n > 0 and op.max(f.identity):item() or 0
  if n > 0 and not (op.min(f.identity):item() >= 0 and most < MOST) then
    check.wrong("faces.draw", "identity", f.identity, ("numbers in 0..%d"):format(MOST - 1))
  end
  return picture(f, n, identities(math.floor(most) + 1), o.size)
end

check.functions("faces.", faces, {draw = "factors: table"})

-- faces{size = 64, identities = 50, ...} -> the data set; its classes are the identities. Further
-- options: levels of the factors, as for any set of teasel.data.drawn. The first identities are the
-- same whatever their number.
return setmetatable(faces, {__call = function(_, given)
  local count = type(given) == "table" and given.identities or 50
  check.integer("faces", "option 'identities'", count, 1, 660)   -- more have too many images
  local numbers = identities(count)
  local factors = table.move(FACTORS, 1, #FACTORS, 1, {})
  factors[1] = {"identity", count}
  return drawn.new{name = "faces", factors = factors, slab = 256,
    options = {size = 64, identities = count}, check = check_size, class = "identity",
    shape = function(o) return {o.size, o.size, 1} end,
    draw = function(f, n, o) return picture(f, n, numbers, o.size) end}(given)
end})
