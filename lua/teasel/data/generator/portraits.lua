-- Portraits: heads in colour with hair, glasses, beard, age, smile and whatever else CelebA tells
-- of its pictures. They stand in for CelebA (Liu et al. 2015), and with many identities of few
-- images each for CASIA-WebFace. Every image has a person and a moment: what a person keeps (shape
-- of the head, skin, colour and cut of the hair, beard, age ...) is drawn once for each identity,
-- the rest (turn, nod, light, smile, glasses, hat, background ...) for each image, all from the
-- seed alone.
--
--   local data = T.data.portraits{size = 64}                     -- 20,000 images of 1,000 people
--   local data = T.data.portraits{identities = 10000, images = 10, attributes = true}
--   local x, factors, labels = data:batch(T.stream(1), 64)       -- labels: identities
--   local x = T.data.portraits.draw({smile = T.linspace(0, 1, 9), style = 3})
--
-- There is no grid: set.factors has the values of `factor_names`, or with the option attributes 0
-- and 1 for each of `attribute_names`: CelebA's but for Attractive and Male, which nothing that is
-- drawn tells, and Long_Hair and Sunglasses. See teasel.data.generator.portrait_attributes.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local fail = require "teasel.lib.fail"
local model = require "teasel.data.generator.portrait_head"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local attributes = require "teasel.data.generator.portrait_attributes"
local scene = require "teasel.data.scene"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor
local SHAPE, SLAB, DEGREE = 16, 128, math.pi / 180

-- Factors, their least and greatest values in the set, and what `draw` takes where it is not told.
-- kinds: shares of the kinds but the last, added up; none: the share of those that have none of it.
local FACTORS = {
  -- of the moment
  {"azimuth", -50, 50, 0}, {"elevation", -12, 12, 0}, {"light", -60, 60, 20}, {"smile", 0, 1, .2},
  {"glasses", 0, 2, 0, kinds = {.75, .9}}, {"background", 0, 1, .6},
  {"mouth", 0, 1, 0, none = .5}, {"hat", 0, 1, 0, kinds = {.9}}, {"blur", 0, 1, 0, none = .88},
  -- of the person
  {"skin", 0, 1, .3}, {"hair", 0, 1, .5},
  {"style", 0, 4, 1, kinds = {.08, .4, .6, .85}}, {"beard", 0, 1, 0, none = .5},
  {"age", 0, 1, .2}, {"whiskers", 0, 3, 0, kinds = {.4, .6, .8}}, {"wave", 0, 1, 0},
  {"brows", 0, 1, .2}, {"arch", 0, 1, 0}, {"bags", 0, 1, 0, none = .4},
  {"blush", 0, 1, 0, none = .4}, {"lipstick", 0, 1, 0, none = .6},
  {"makeup", 0, 1, 0, none = .6},
  {"weight", 0, 1, 0, none = .4}, {"recede", 0, 1, 0, none = .6},
  {"earrings", 0, 1, 0, kinds = {.75}},
  {"neck", 0, 2, 0, kinds = {.7, .85}}, {"clothes", 0, 1, .3},
}
local MOMENT = 9

local portraits = {factor_names = {}, attribute_names = attributes.names}
for k, factor in ipairs(FACTORS) do portraits.factor_names[k] = factor[1] end

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
local CLOTHES = {{.1, .1, .14}, {.2, .28, .5}, {.85, .85, .82}, {.55, .14, .16}, {.2, .4, .3}}

-- for each mark its colour [n 3], how strong it is [n 1] where that differs between images, and the
-- colour of what it lies on where that is not the skin
local function colours(f, skin, hair)
  local dark = hair * .8
  local brows = hair * .8 + skin * .1
  local lips = skin * tensor.tensor{.85, .45, .45}
  lips = lips + (tensor.tensor{.78, .05, .14} - lips) * f.lipstick
  local cave = skin * .3
  local kind = f.whiskers
  local stubble = op.lt(f.beard, .5)   -- less of it is of one kind
  local function of(k)
    local own = k == 0 and op.maximum(op.eq(kind, k), stubble) or op.eq(kind, k) * (1 - stubble)
    return own * f.beard * .85
  end
  local shade = skin * .35 + tensor.tensor{.12, .12, .3} * .65
  return {
    sockets = {skin * 0}, shadow = {shade, f.makeup * .8},
    bags = {skin * tensor.tensor{.5, .4, .47}, f.bags},
    blush = {skin * tensor.tensor{.95, .42, .4}, .1 + f.blush * .6},
    lines = {skin * .55, op.relu(f.age - .35)},
    full = {dark, of(0)}, moustache = {dark, of(1)}, goatee = {dark, of(2)},
    sideburns = {dark, of(3)},
    flat = {brows, 1 - f.arch}, arched = {brows, f.arch},
    bushy = {brows, op.relu(f.brows - .4) * 1.4},
    eyes = {skin * 0 + .95}, irises = {hair * .4 + .02}, lids = {skin * (.35 - f.makeup * .2)},
    lips = {lips}, mouth = {cave},
    teeth = {skin * 0 + .95, op.relu(f.smile - .45) * 1.6, cave},
    gape = {skin * .12, op.minimum(f.mouth * 1.6, 1), cave}, nostrils = {skin * .35},
  }
end

-- each image with its pixels mixed with their neighbours' as far as `much` [n] says
local function blurred(x, much)
  local rows = {}
  for i, v in ipairs(much:table()) do
    if v > 0 then rows[#rows + 1] = i end
  end
  if #rows == 0 then return x end
  local n, size, index = #x, x:shape()[2], tensor.tensor(rows)
  local soft = op.take(x, index, 1)
  -- a matrix that takes means of neighbours, often enough for pictures of this size
  local near = op.one_hot(tensor.arange(1, size), size)
  local function moved(by)
    return op.one_hot(op.clip(tensor.arange(1, size) + by, 1, size), size)
  end
  local step = near * .5 + (moved(1) + moved(-1)) * .25
  local lens = step
  for _ = 2, math.max(1, size * size // 1024) do lens = op.matmul(lens, step) end
  soft = op.reshape(op.matmul(lens, op.reshape(op.permute(soft, {2, 1, 3, 4}), {size, -1})),
    {size, #rows, size, 3})
  soft = op.reshape(op.matmul(lens, op.reshape(op.permute(soft, {3, 2, 1, 4}), {size, -1})),
    {size, #rows, size, 3})
  soft = op.permute(soft, {2, 3, 1, 4})
  local share = op.reshape(op.take(much, index, 1), {#rows, 1, 1, 1})
  local sharp = op.take(x, index, 1)
  local back, place = {}, {}
  for i, row in ipairs(rows) do place[row] = n + i end
  for i = 1, n do back[i] = place[i] or i end
  return op.take(op.concat({x, sharp + (soft - sharp) * share}, 1), tensor.tensor(back), 1)
end

-- what is painted on the skin of n images, [n v 3]: the skin, and for each mark what it adds
local function painted(m, f, n, skin, hair)
  local list, rows = colours(f, skin, hair), {skin}
  for i, name in ipairs(m.names) do
    local colour, strength, under = table.unpack(list[name])
    rows[i + 1] = (colour - (under or skin)) * (strength or 1)
  end
  local size = m.marks:shape()[2]
  local weights = op.reshape(ops.stack(rows, 3), {n * 3, #rows})
  return op.permute(op.reshape(op.matmul(weights, m.marks), {n, 3, size}), {1, 3, 2})
end

local function picture(told, n, who, o)
  local m, f = model(), {}
  for name, value in pairs(told) do f[name] = op.reshape(value, {n, 1}) end
  local skin = between(SKINS, f.skin, n)
  local grey = op.relu(f.age - .6) * 2.5
  local hair = between(HAIRS, f.hair, n) * (1 - grey) + grey * .72
  local numbers = op.concat({who, f.smile, f.mouth, f.weight}, 2)
  local function vertices(base, rows, by)
    return op.reshape(op.matmul(by, rows), {n, #base, 3}) + base
  end
  local zero = tensor.zeros{n, 1}
  local light = f.light * DEGREE
  local turn = op.concat({f.azimuth * DEGREE, f.elevation * DEGREE, zero}, 2)
  local body = op.concat({f.azimuth * (DEGREE * .4), zero, zero}, 2)
  local dress = between(CLOTHES, f.clothes, n)
  local curled = op.reshape(m.strands, {1, -1}) + f.wave * op.reshape(m.curl * .3, {1, -1})
  local back = f.recede * op.eq(f.style, 1)   -- of short hair alone
  local cut = op.concat({op.one_hot(told.style + 1, 5) - back * tensor.tensor{0, 1, 0, 0, 0},
    back}, 2)
  local x = scene.draw{n = n, size = o.size, channels = 3,
    camera = {from = {0, -.05, 7}, to = {0, -.05, 0}, field = 18},
    ground = between(GROUNDS, f.background, n),
    light = {from = op.concat({op.sin(light), zero + .4, op.cos(light)}, 2), ambient = .45},
    parts = {
      {mesh = m.skin, vertices = vertices(m.skin.vertices, m.skin_rows, numbers), turn = turn,
        paint = painted(m, f, n, skin, hair), gloss = .06},
      {mesh = m.hair, turn = turn, colour = hair, gloss = .12,
        vertices = vertices(m.hair.vertices, m.hair_rows, op.concat({numbers, cut, f.wave}, 2)),
        paint = op.expand(op.reshape(curled, {n, -1, 1}), {n, #m.strands, 3})},
      {mesh = m.wires, turn = turn, scale = op.gt(f.glasses, .5), colour = .12, gloss = .3},
      {mesh = m.panes, turn = turn, scale = op.gt(f.glasses, 1.5), colour = .06, gloss = .6},
      {mesh = m.hat, turn = turn, scale = f.hat, colour = 1 - dress},
      {mesh = m.rings, turn = turn, scale = f.earrings, colour = {.95, .8, .3}, gloss = .8},
      {mesh = m.body, turn = body, colour = dress},
      {mesh = m.chain, turn = body, scale = op.eq(f.neck, 1), colour = {.95, .85, .5}, gloss = .8},
      {mesh = m.tie, turn = body, scale = op.eq(f.neck, 2), colour = {.6, .1, .12}}}}
  return blurred(x, told.blur)
end

-- the numbers of people's shapes within two standard deviations, [n SHAPE]
local function people(stream, n)
  return op.clip(stream:split("shape"):normal({n, SHAPE}), -2, 2)
end

-- [n] uniform values of a factor, or its kinds
local function values_of(stream, factor, n)
  local u = stream:split(factor[1]):uniform({n})
  if factor.none then return op.relu(u - factor.none) * (1 / (1 - factor.none)) end
  if not factor.kinds then return u * (factor[3] - factor[2]) + factor[2] end
  local kind = u * 0
  for _, share in ipairs(factor.kinds) do kind = kind + op.gt(u, share) end
  return kind
end

local function check_size(who, o) check.integer(who, "option 'size'", o.size, 4, 1024) end

-- draw(factors [, {size = 64, identity = 0}]) -> images [n size size 3]: numbers or tensors [n] of
-- `factor_names`, at least one of them a tensor. identity tells the head's shape.
--   azimuth, elevation, light   degrees
--   skin, hair                  0 to 1: pale to dark, black to blond
--   style                       0 bald, 1 short, 2 fringe, 3 long, 4 long with fringe
--   recede                      0 to 1, the hairline of short hair
--   glasses                     0 none, 1, 2 dark
--   beard                       0 to 1, and whiskers, its kind from .5 on: 0 full, 1 moustache,
--                               2 goatee, 3 sideburns
--   neck                        0 bare, 1 necklace, 2 necktie
--   hat, earrings               0 or 1
--   background, clothes         0 to 1, between a few colours
--   smile, mouth (open), age, wave (of the hair), brows (how bushy), arch (of the brows), bags
--   (under the eyes), blush, lipstick, makeup, weight, blur: 0 to 1
function portraits.draw(given, chosen)
  local o = options.read("portraits.draw", chosen, {size = 64, identity = 0})
  check_size("portraits.draw", o)
  check.integer("portraits.draw", "option 'identity'", o.identity, 0, 999)
  local defaults = {}
  for _, factor in ipairs(FACTORS) do defaults[factor[1]] = factor[4] end
  local f, n = drawn.values("portraits.draw", given, defaults)
  for _, factor in ipairs(FACTORS) do
    local name = factor[1]
    if factor.kinds then f[name] = op.clip(op.round(f[name]), 0, factor[3]) end
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
  local function draw(index)
    local parts = {}
    for i, own in ipairs(ops.split(index, SLAB)) do
      local f, persons = told(own)
      parts[i] = picture(f, #own, persons, o)
    end
    return op.concat(parts, 1)
  end
  local function factors(index)
    local f, persons = told(index)
    if o.attributes then return attributes.of(f, persons) end
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
