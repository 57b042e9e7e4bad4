-- Portraits: heads in colour with hair, glasses, beard, age, smile and whatever else CelebA tells
-- of its pictures. They stand in for CelebA (Liu et al. 2015), and with many identities of few
-- images each for CASIA-WebFace. Every image has a person and a moment: what a person keeps (shape
-- of the head, skin, colour and cut of the hair, beard, age) is drawn once for each identity, the
-- rest (turn, nod, light, smile, glasses, background) for each image, all from the seed alone.
--
--   local data = T.data.portraits{size = 64}                     -- 20,000 images of 1,000 people
--   local data = T.data.portraits{identities = 10000, images = 10, attributes = true}
--   local x, factors, labels = data:batch(T.stream(1), 64)       -- labels: identities
--   local x = T.data.portraits.draw({smile = T.linspace(0, 1, 9), style = 3})
--
-- There is no grid: set.factors has the values of `factor_names`, or with the option attributes 0
-- and 1 for each of `attribute_names`, which are CelebA's as far as they apply.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local head = require "teasel.data.generator.head"
local mesh = require "teasel.data.mesh"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local scene = require "teasel.data.scene"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor
local SHAPE, SLAB, DEGREE = 16, 128, math.pi / 180

-- factors, their least and greatest values in the set, and what `draw` takes where it is not told
local FACTORS = {
  -- of the moment
  {"azimuth", -50, 50, 0}, {"elevation", -12, 12, 0}, {"light", -60, 60, 20}, {"smile", 0, 1, .2},
  {"glasses", 0, 2, 0}, {"background", 0, 1, .6},
  -- of the person; style: bald, short, fringe, long, long with fringe
  {"skin", 0, 1, .3}, {"hair", 0, 1, .5}, {"style", 0, 4, 1}, {"beard", 0, 1, 0}, {"age", 0, 1, .2},
}
local MOMENT = 6
local CHANCES = {glasses = {.75, .9}, style = {.08, .4, .6, .85}}   -- of kinds, added up

local portraits = {factor_names = {}, attribute_names = {"Bald", "Bangs", "Black_Hair",
  "Blond_Hair", "Brown_Hair", "Gray_Hair", "Long_Hair", "Eyeglasses", "Sunglasses", "No_Beard",
  "Smiling", "Mouth_Slightly_Open", "Pale_Skin", "Young", "Big_Nose", "Chubby", "Oval_Face",
  "Narrow_Eyes", "Big_Lips", "Bushy_Eyebrows"}}
for k, factor in ipairs(FACTORS) do portraits.factor_names[k] = factor[1] end

local kept

-- glasses in the head's own space: frames with temples, and dark panes
local function frames()
  local wires, panes = {}, {}
  for side = -1, 1, 2 do
    wires[#wires + 1] = mesh.move(mesh.torus{rows = 5, columns = 14, radius = .14},
      {scale = {.16, .14, .13}, turn = {.18 * side, math.pi / 2, 0}, at = {.225 * side, .07, .63}})
    wires[#wires + 1] = mesh.move(mesh.cylinder{columns = 5},
      {scale = {.018, .33, .018}, turn = {-.36 * side, math.pi / 2, 0}, at = {.5 * side, .1, .3}})
    panes[#panes + 1] = mesh.move(mesh.sphere{rows = 6, columns = 12},
      {scale = {.175, .145, .04}, turn = {.18 * side, 0, 0}, at = {.225 * side, .07, .63}})
  end
  wires[#wires + 1] = mesh.move(mesh.cylinder{columns = 5},
    {scale = {.018, .08, .018}, turn = {0, 0, math.pi / 2}, at = {0, .09, .65}})
  return mesh.join(wires), mesh.join(panes)
end

-- How far each vertex of the head moves to become hair, a row for each style: out where there is
-- hair, else into the head.
local function cuts(h)
  local at = h.at
  local back = head.above(-at.z, -.14, .05)   -- behind the ears' line
  local function cap(brow, low, thick)
    local line = head.above(at.y, brow + op.abs(at.x) * -.25, .03) * (1 - back)
      + head.above(at.y, low, .05) * back
    return line * thick
  end
  local falling = head.above(op.abs(at.x) - at.z * .55, .34, .06) * head.above(at.y, -1.3, .05)
  local function out(much) return much - (1 - op.minimum(much * 30, 1)) * .05 end
  local function short(much) return out(much * (1 - h.ear)) end
  local long = op.maximum(cap(.53, -1.5, .09), falling * .15)
  local fringe = cap(.36, -.35, .09)
  local amounts = {at.x * 0 - .05, short(cap(.53, -.3, .07)), short(fringe), out(long),
    out(op.maximum(long, fringe))}
  local points = h.mesh.vertices - tensor.tensor{0, .1, -.1}
  local way = points / (op.sqrt(op.sum(op.square(points), 2, true)) + 1e-6)
  local rows = {}
  for i, amount in ipairs(amounts) do
    -- long hair hangs: no further in than the head is wide
    local hang = i > 3 and op.reshape(falling * head.above(-at.y, .3, .1) * .18, {#at.y, 1})
      * tensor.tensor{1, 0, 0} * op.tanh(op.reshape(at.x, {#at.y, 1}) * 20) or 0
    rows[i] = op.reshape(way * op.reshape(amount, {#at.y, 1}) + hang, {points:size()})
  end
  return ops.stack(rows, 1)
end

local function model()
  if kept then return kept end
  local h = head.new()
  local at = h.at
  h.cuts = cuts(h)
  h.wires, h.panes = frames()
  -- a smile: corners of the mouth up and outwards, cheeks out
  local corners = head.pair(at, .15, -.45, .08, .07)
  h.smile = op.reshape(ops.stack({at.front * corners * op.sign(at.x) * .06,
    at.front * (corners * .1 - head.hill(at, 0, -.49, .1, .05) * .03),
    at.front * head.pair(at, .3, -.25, .1, .1) * .035}, 2), {1, h.mesh.vertices:size()})
  local m = h.marks
  local function mark(shape) return op.minimum(shape, 1) * at.front end
  m.teeth = mark(head.hill(at, 0, -.452, .11, .02) * 1.3)
  m.blush = mark(head.pair(at, .3, -.2, .13, .1))
  m.lines = mark(head.hill(at, 0, .36, .3, .015) + head.hill(at, 0, .45, .3, .015)
    + head.pair(at, .2, -.33, .025, .1) + head.pair(at, .26, -.02, .08, .02))
  local jaw = op.maximum(head.above(-at.y, .32, .04) * (1 - head.hill(at, 0, -.45, .15, .05)),
    head.hill(at, 0, -.36, .17, .025)) * head.above(at.y, -.95, .05) * head.above(at.z, .1, .05)
  m.beard = op.minimum(jaw, 1)
  local strands = .85 + .15 * op.sin(op.abs(at.x) * 37 + op.sin(at.y * 9) * 2) * op.cos(at.z * 31)
  h.hair_paint = op.expand(op.reshape(strands, {#at.y, 1}), {#at.y, 3})
  kept = h
  return h
end

-- between colours of a list, by values [n] in 0..1: [n 3]
local function between(list, value, n)
  local x = op.reshape(value, {n, 1}) * (#list - 1)
  local sum = 0
  for i, colour in ipairs(list) do
    sum = sum + op.maximum(1 - op.abs(x - (i - 1)), 0) * tensor.tensor(colour)
  end
  return sum
end

local SKINS = {{1, .84, .75}, {.93, .72, .58}, {.75, .52, .37}, {.42, .27, .2}}
local HAIRS = {{.07, .06, .06}, {.22, .13, .08}, {.42, .25, .13}, {.6, .28, .12}, {.88, .72, .42}}
local GROUNDS = {{.25, .3, .4}, {.5, .35, .3}, {.35, .5, .4}, {.6, .62, .68}, {.85, .82, .76}}

local function picture(f, n, who, o)
  local h = model()
  local m, size = h.marks, #h.mesh.vertices
  local function column(x) return op.reshape(x, {n, 1}) end
  local function each(x) return op.reshape(x, {1, size, 1}) end       -- of vertices
  local function own(x) return op.reshape(x, {n, 1, x:size() // n}) end  -- of images
  local skin = between(SKINS, f.skin, n)
  local grey = op.relu(column(f.age) - .6) * 2.5
  local hair = between(HAIRS, f.hair, n) * (1 - grey) + grey * .72
  local paint = op.reshape(skin, {n, 1, 3}) * (1 - each(m.sockets) * .18)
  local function mix(mark, colour, strength)
    local w = type(strength) == "number" and each(mark) * strength or each(mark) * own(strength)
    paint = paint * (1 - w) + w * colour
  end
  mix(m.blush, tensor.tensor{.9, .42, .36} * own(skin), .3)
  mix(m.lines, own(skin) * .55, op.relu(f.age - .35))
  mix(m.beard, own(hair), f.beard * .85)
  mix(m.brows, own(hair), .8)
  mix(m.eyes, .95, 1)
  mix(m.irises, own(hair) * .4 + .02, .95)
  mix(m.lids, own(skin) * .35, .7)
  mix(m.lips, own(skin) * tensor.tensor{.85, .45, .45}, .75)
  mix(m.mouth, own(skin) * .3, .6)
  mix(m.teeth, .95, op.relu(f.smile - .45) * 1.6)
  mix(m.nostrils, own(skin) * .35, .7)
  local shape = op.matmul(who, h.basis) + op.matmul(column(f.smile), h.smile)
  local cut = op.matmul(op.one_hot(f.style + 1, 5), h.cuts)
  local base = h.mesh.vertices
  local function vertices(moved) return op.reshape(moved, {n, size, 3}) + base end
  local zero = tensor.zeros{n, 1}
  local light = column(f.light * DEGREE)
  local turn = op.concat({column(f.azimuth * DEGREE), column(f.elevation * DEGREE), zero}, 2)
  local wearing = op.reshape(op.gt(f.glasses, .5), {n, 1})
  local dark = op.reshape(op.gt(f.glasses, 1.5), {n, 1})
  return scene.draw{n = n, size = o.size, channels = 3,
    camera = {from = {0, -.05, 7}, to = {0, -.05, 0}, field = 18},
    ground = between(GROUNDS, f.background, n),
    light = {from = op.concat({op.sin(light), zero + .4, op.cos(light)}, 2), ambient = .45},
    parts = {{mesh = h.mesh, vertices = vertices(shape), paint = paint, turn = turn, gloss = .06},
      {mesh = h.mesh, vertices = vertices(shape + cut), turn = turn, colour = hair, gloss = .12,
        paint = h.hair_paint},
      {mesh = h.wires, turn = turn, scale = wearing, colour = .12, gloss = .3},
      {mesh = h.panes, turn = turn, scale = dark, colour = .06, gloss = .6}}}
end

-- the numbers of people's shapes within two standard deviations, [n SHAPE]
local function people(stream, n)
  return op.minimum(op.maximum(stream:split("shape"):normal({n, SHAPE}), -2), 2)
end

-- [n] uniform values of a factor, or its kinds
local function values_of(stream, factor, n)
  local u, chances = stream:split(factor[1]):uniform({n}), CHANCES[factor[1]]
  if not chances then return u * (factor[3] - factor[2]) + factor[2] end
  local kind = u * 0
  for _, chance in ipairs(chances) do kind = kind + op.gt(u, chance) end
  return kind
end

-- the attributes [n #attribute_names] of people's shapes and factors
local function attributes_of(f, who)
  local function shape(k) return who[{{}, k}] end
  local haired, grey = op.gt(f.style, .5), op.gt(f.age, .75)
  local coloured = haired * (1 - grey)
  local list = {1 - haired, op.eq(f.style, 2) + op.eq(f.style, 4), coloured * op.lt(f.hair, .2),
    coloured * op.gt(f.hair, .8), coloured * op.gt(f.hair, .2) * op.lt(f.hair, .65), haired * grey,
    op.gt(f.style, 2.5), op.gt(f.glasses, .5), op.gt(f.glasses, 1.5), op.lt(f.beard, .25),
    op.gt(f.smile, .5), op.gt(f.smile, .6), op.lt(f.skin, .2), op.lt(f.age, .6),
    op.gt(shape(8) + shape(9), 1), op.gt(shape(1) + shape(4), 1.2),
    op.gt(shape(2) - shape(1), .8), op.lt(shape(12), -.8), op.gt(shape(14), .8),
    op.gt(shape(7), .8)}
  return ops.stack(list, 2)
end

local function check_size(who, o) check.integer(who, "option 'size'", o.size, 4, 1024) end

-- draw(factors [, {size = 64, identity = 0}]) -> images [n size size 3]: numbers or tensors [n] of
-- `factor_names`, at least one of them a tensor. azimuth, elevation, light: degrees; smile, beard,
-- age, skin (pale to dark), hair (black to blond), background: 0 to 1; glasses: 0 none, 1, 2 dark;
-- style: 0 bald, 1 short, 2 fringe, 3 long, 4 long with fringe. identity tells the head's shape.
function portraits.draw(given, chosen)
  local o = options.read("portraits.draw", chosen, {size = 64, identity = 0})
  local known, n = {}, nil
  for _, factor in ipairs(FACTORS) do known[factor[1]] = options.any end
  local f = options.read("portraits.draw", given, known)
  check_size("portraits.draw", o)
  check.integer("portraits.draw", "option 'identity'", o.identity, 0, 999)
  for name, value in pairs(f) do
    check.numeric("portraits.draw", name, value)
    if type(value) ~= "number" then
      if value:rank() ~= 1 or n and #value ~= n then
        check.wrong("portraits.draw", name, value, n and ("a tensor [%d]"):format(n)
          or "a tensor [n]")
      end
      n = #value
    end
  end
  if not n then fail "portraits.draw: got no tensor, wanted one [n] or more" end
  for _, factor in ipairs(FACTORS) do
    local value = f[factor[1]] or factor[4]
    if type(value) == "number" then value = tensor.full({n}, value) end
    if CHANCES[factor[1]] then value = op.minimum(op.maximum(op.round(value), 0), factor[3]) end
    f[factor[1]] = value
  end
  local who = people(core.rand.stream(1, "portraits"), o.identity + 1)[o.identity + 1]
  return picture(f, n, op.expand(op.reshape(who, {1, SHAPE}), {n, SHAPE}), o)
end

check.functions("portraits.", portraits, {draw = "factors: table"})

-- portraits{size = 64, identities = 1000, images = 20, seed = 1, attributes = false} -> the data
-- set of so many images of each identity, one person after the other
return setmetatable(portraits, {__call = function(_, given)
  local o = options.read("portraits", given, {size = 64, identities = 1000, images = 20, seed = 1,
    attributes = false})
  check_size("portraits", o)
  check.integer("portraits", "option 'identities'", o.identities, 1, 100000)
  check.integer("portraits", "option 'images'", o.images, 1, 10000)
  check.integer("portraits", "option 'seed'", o.seed, 0)
  local count = o.identities * o.images
  if count > 1000000 then
    fail("portraits: got %d images, wanted at most 1000000", count)
  end
  local stream = core.rand.stream(o.seed, "portraits")
  local who, values = people(stream, o.identities), {}
  for k, factor in ipairs(FACTORS) do
    values[k] = values_of(stream, factor, k <= MOMENT and count or o.identities)
  end
  local function label(index) return op.floor((index - 1) * (1 / o.images) + .25 / o.images) end
  -- the factors of some images by name, and who they are
  local function told(index)
    local person, f = label(index) + 1, {}
    for k, factor in ipairs(FACTORS) do
      f[factor[1]] = op.take(values[k], k <= MOMENT and index or person, 1)
    end
    return f, op.take(who, person, 1)
  end
  local draw
  function draw(index)
    if #index <= SLAB then
      local f, persons = told(index)
      return picture(f, #index, persons, o)
    end
    local parts = {}
    for first = 1, #index, SLAB do
      parts[#parts + 1] = draw(ops.slice(index, 1, first, math.min(first + SLAB - 1, #index)))
    end
    return op.concat(parts, 1)
  end
  local function factors(index)
    local f, persons = told(index)
    if o.attributes then return attributes_of(f, persons) end
    local columns = {}
    for k, factor in ipairs(FACTORS) do columns[k] = f[factor[1]] end
    return ops.stack(columns, 2)
  end
  return set.new{count = count, shape = {o.size, o.size, 3}, images = draw, factors = factors,
    factor_names = o.attributes and portraits.attribute_names or portraits.factor_names,
    labels = label, classes = o.identities, key = function()
      return ("portraits %d %d %d %d"):format(o.size, o.identities, o.images, o.seed)
    end}
end})
