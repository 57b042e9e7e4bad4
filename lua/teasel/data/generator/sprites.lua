-- Drawn sprites: characters of a game in pixel art, 60 x 60 x 3, of our own drawing. They stand in
-- for the sprites of Reed et al. (2015), which Mathieu et al. (2016) take style from content with:
-- 672 characters, all combinations of seven attributes, in 20 animations.
--
--   local data = T.data.sprites{}                          -- all, class = character, 672 of them
--   local train = T.data.sprites{part = "train"}           -- 500 of them; validation 72, test 100
--   local a, b = train:pairs(stream, 64, {class = true})   -- two pictures of one character each
--
-- The factors, from the slowest; the first seven are the character:
--
--   build 2     broad, slender                       skin 2      light, dark
--   hair 7      short brown, long blond, spiky red, none, black ponytail, green crest, grey bun
--   top 3       shirt, armour, robe                  trousers 2  long, short
--   shoes 2     boots, sandals                       weapon 2    sword, staff
--   animation 5 walk, cast, slash, thrust, guard     direction 4 front, left, back, right
--   frame 8     of the animation
--
-- Option part: "all", "train", "validation" or "test", by characters, in a fixed random order; a
-- part has factors and classes but no space.

local core = require "teasel.core"
local drawn = require "teasel.data.drawn"
local fail = require "teasel.lib.fail"
local sheet = require "teasel.data.sheet"

local op, tensor = core.op, core.tensor
local SIDE = 60

local function rows(list) return tensor.tensor(list) end

-- colours by the levels of factors
local SKIN = rows{{.96, .78, .62}, {.55, .36, .24}}
local HAIR = rows{{.42, .26, .12}, {.93, .79, .35}, {.80, .25, .12}, {0, 0, 0}, {.14, .13, .17},
  {.25, .65, .30}, {.72, .72, .76}}
local TOP = rows{{.78, .22, .20}, {.62, .66, .72}, {.45, .28, .65}}
local LEGS = rows{{.25, .33, .60}, {.45, .52, .25}}
local SHOES = rows{{.30, .20, .13}, {.72, .55, .32}}
local WEAPON = rows{{.82, .86, .92}, {.50, .33, .18}}

-- What is known of n images while they are drawn: the sheet, masks [n] of what can be seen, and
-- which way is forward.
local Figure = {}
Figure.__index = Figure

local function number(v, n) return type(v) == "number" and tensor.full({n}, v) or v end

-- {x, y, x, y, ...}, numbers or tensors [n] -> points [n k 2]; those who go right are mirrored
function Figure:path(list)
  local columns = {}
  for i, v in ipairs(list) do
    v = number(v, self.n)
    columns[i] = (i % 2 == 1 and (v - 30) * self.facing + 30 or v):reshape{self.n, 1}
  end
  return op.concat(columns, 2):reshape{self.n, #list // 2, 2}
end

local function shade(colour, k) return op.minimum(colour * k, 1) end

-- a line with an outline and some light on it
function Figure:limb(list, width, colour, seen)
  local points, lit = self:path(list), {}
  for i, v in ipairs(list) do lit[i] = v - (i % 2 == 1 and .25 or .1) * width end
  local s, alpha = self.sheet, seen or 1
  s:stroke{points = points, width = width + 2, colour = shade(colour, .28), alpha = alpha,
    hard = true}
  s:stroke{points = points, width = width, colour = shade(colour, .78), alpha = alpha, hard = true}
  s:stroke{points = self:path(lit), width = width * .6, colour = colour, alpha = alpha, hard = true}
end

-- a smooth closed shape through the points, with an outline
function Figure:body(list, colour, seen, corners)
  local points, alpha = self:path(list), seen or 1
  if not corners then points = sheet.spline(points, {steps = 5, closed = true}) end
  local first = points:slice(2, 1, 1)
  self.sheet:stroke{points = op.concat({points, first}, 2), width = 2, alpha = alpha, hard = true,
    colour = shade(colour, .28)}
  self.sheet:fill{points = points, colour = colour, alpha = alpha, hard = true}
end

function Figure:oval(x, y, rx, ry, colour, seen)
  local list = {}
  for i = 0, 7 do
    local angle = 2 * math.pi * i / 8
    list[2 * i + 1], list[2 * i + 2] = x + rx * math.cos(angle), y + ry * math.sin(angle)
  end
  self:body(list, colour, seen)
end

-- a plain line, without an outline
function Figure:mark(list, width, colour, seen)
  self.sheet:stroke{points = self:path(list), width = width, colour = colour, alpha = seen or 1,
    hard = true}
end

-- the value [n] of each image's animation, from one for each, numbers or tensors
local function pick(level, values)
  local sum = 0
  for i, v in ipairs(values) do sum = sum + op.eq(level, i - 1) * v end
  return sum
end

local function is(level, value) return op.eq(level, value) end

-- The joints of an arm. a: the angle of the upper arm from hanging, forwards; b: how far the elbow
-- bends; side: -1 or 1, where the shoulder is seen from the front.
function Figure:arm(x, a, b, side)
  local function reach(angle)
    local ahead = op.sin(angle)
    local turned = self.side * -ahead + (1 - self.side) * side * (.22 + .55 * op.abs(ahead))
    return turned, op.cos(angle)
  end
  local dx, dy = reach(a)
  local ex, ey, y = x + 6.5 * dx, self.shoulder + 6.5 * dy, self.shoulder
  local fx, fy = reach(a + b)
  return {x = x, y = y, ex = ex, ey = ey, hx = ex + 6.5 * fx, hy = ey + 6.5 * fy,
    along = a + b, side = side}
end

function Figure:draw_arm(j, seen)
  self:limb({j.x, j.y, j.ex, j.ey}, 4, self.sleeve, seen)
  self:limb({j.ex, j.ey, j.hx, j.hy}, 3, self.cuff, seen)
  self:limb({j.hx, j.hy, j.hx, j.hy}, 3, self.skin, seen)
end

function Figure:draw_weapon(j, f, seen)
  local angle = j.along + pick(f.animation, {1.4, 1.2, 1.2, .15, .3})
  local ahead = op.sin(angle)
  local dx = self.side * -ahead + (1 - self.side) * j.side * (.3 + .5 * op.abs(ahead))
  local dy = op.cos(angle)
  local function at(d) return j.hx + d * dx, j.hy + d * dy end
  local sword, staff = is(f.weapon, 0) * seen, is(f.weapon, 1) * seen
  local colour = op.take(WEAPON, f.weapon + 1, 1)
  local x1, y1 = at(2)
  local x2, y2 = at(14)
  self:limb({x1, y1, x2, y2}, 2, colour, sword)
  self:mark({x1 - 3 * dy, y1 + 3 * dx, x1 + 3 * dy, y1 - 3 * dx}, 2, {.35, .25, .1}, sword)
  x1, y1 = at(-8)
  x2, y2 = at(12)
  self:limb({x1, y1, x2, y2}, 1.6, colour, staff)
  self:limb({x2, y2, x2, y2}, 4, tensor.tensor{{.35, .80, .95}}, staff)
end

-- A leg from the hip: swing is its angle in a side view, lift how far the foot is up in the others.
function Figure:draw_leg(f, x, swing, lift, dark)
  local sx = -op.sin(swing) * self.side
  local kx, ky = x + 6.5 * sx, self.hip + 6.5 * op.cos(swing * self.side) - lift * .5
  local back = op.maximum(-swing, 0) * self.side
  local fx = x + 12.5 * sx + 3 * back
  local fy = self.hip + 13 * op.cos(swing * self.side) - lift - 1.5 * back
  local trousers = shade(op.take(LEGS, f.trousers + 1, 1), dark)
  local calf = op.where(is(f.trousers, 1):reshape{self.n, 1}, shade(self.skin, dark), trousers)
  self:limb({kx, ky, fx, fy}, 4, calf)
  self:limb({x, self.hip, kx, ky}, 5, trousers)
  local shoe = shade(op.take(SHOES, f.shoes + 1, 1), dark)
  local toe = fx - 3 * self.side
  self:limb({fx, fy, fx, fy - 3}, 4, shoe, is(f.shoes, 0))
  self:limb({fx, fy + .5, toe, fy + .5}, 3, shoe)
end

function Figure:draw_torso(f)
  local slim, robe = f.build, is(f.top, 2)
  local wide = (7.5 - 1.2 * slim) * (1 - self.side) + (4.6 - .4 * slim) * self.side
  local waist, hips = wide - 1.2 - .8 * slim, wide - .8 + .5 * slim
  local colour = op.take(TOP, f.top + 1, 1)
  local y, low, x = self.shoulder, self.hip, self.x
  self:body({x - hips, low - 1, x + hips, low - 1, x + hips + 2.5, low + 11, x - hips - 2.5,
    low + 11}, shade(colour, .85), robe, true)
  self:mark({x, low + 2, x - .5, low + 10}, 1, shade(colour, .55), robe)
  self:body({x - wide, y - 1, x + wide, y - 1, x + waist, y + 7, x + hips, low + 1.5, x - hips,
    low + 1.5, x - waist, y + 7}, colour, nil, true)
  self:body({x - wide + 2, y, x + .3 * wide, y, x + .2 * wide, y + 8, x - waist + 1.5, y + 8},
    shade(colour, 1.18), is(f.top, 1), true)
  self:mark({x - hips + 1, low, x + hips - 1, low}, 2.2, {.28, .19, .12})
  self:mark({x, low, x, low}, 2, {.9, .75, .3}, 1 - self.back)
  -- collar of the shirt, hem of the robe
  self:mark({x - 2, y - .5, x, y + 2, x + 2, y - .5}, 1, self.skin, is(f.top, 0) * self.front)
end

-- hair that hangs: before or behind the body
function Figure:draw_locks(f, long, tail)
  local x, y = self.x, self.head
  local behind = 4.5 * self.side
  local wide = 8 - 3.5 * self.side
  self:body({x + behind - wide, y - 2, x + behind + wide, y - 2, x + behind + wide + .5, y + 10,
    x + behind + wide - 2, y + 17, x + behind - wide + 2, y + 17, x + behind - wide - .5, y + 10},
    self.hair, long)
  local out = x + 8 * self.side
  self:limb({out, y - 2, out + 3 * self.side, y + 4, out + 2 * self.side, y + 13}, 4, self.hair,
    tail)
end

function Figure:draw_head(f)
  local x, y, side = self.x, self.head, self.side
  local bald = op.maximum(is(f.hair, 3), is(f.hair, 5)):reshape{self.n, 1}
  local cap = op.where(bald, self.skin, self.hair)
  self:limb({x, y + 6, x, y + 10}, 4, shade(self.skin, .85))
  -- tufts and buns behind the cap
  self:body({x - 8, y - 2, x - 10, y - 10, x - 5, y - 8, x - 3, y - 13, x + .5, y - 9, x + 4,
    y - 13, x + 5.5, y - 8, x + 10, y - 10, x + 8, y - 1}, self.hair, is(f.hair, 2), true)
  self:oval(x + 2 * side, y - 9, 4, 3.6, self.hair, is(f.hair, 6))
  self:oval(x, y, 8, 8.3, cap)
  self:mark({x - 4, y - 5, x - 1, y - 6.3}, 1.5, shade(cap, 1.25))
  local face = 1 - self.back
  -- the face leaves the cap free above, and behind in a side view
  local fx = x - 1.8 * side
  self:oval(fx, y + 2, 6.2, 5.8, self.skin, face * (1 - bald:reshape{self.n}))
  self:mark({x - 5, y - 2.5, x + 4, y - 2.5}, 2, cap, face * (1 - side))
  self:mark({x + 2.5, y + 2, x + 2.5, y + 3}, 2.2, shade(self.skin, .8), side)
  local crest = is(f.hair, 5)
  self:limb({x, y - 11, x, y - 5 + 9 * self.back}, 4, self.hair, crest * (1 - side))
  self:limb({x - 6, y - 8, x - 1, y - 11, x + 5, y - 9, x + 8.5, y - 3}, 4, self.hair,
    crest * side)
  local dark = {.12, .09, .12}
  self:mark({x - 3, y + 1, x - 3, y + 2.2}, 2, dark, self.front)
  self:mark({x + 3, y + 1, x + 3, y + 2.2}, 2, dark, self.front)
  self:mark({fx - 3, y + 1, fx - 3, y + 2.2}, 2, dark, side)
  self:mark({fx - 6.5, y + 3.5, fx - 6.5, y + 3.5}, 1.6, shade(self.skin, .8), side)
  self:mark({x - 1, y + 5.5, x + 1, y + 5.5}, 1, shade(self.skin, .6), self.front)
  self:mark({fx - 4, y + 5.7, fx - 2.5, y + 5.7}, 1, shade(self.skin, .6), side)
end

-- the attributes and the pose of n images
local function figure(f, n)
  local self = setmetatable({n = n}, Figure)
  self.sheet = sheet{n = n, height = SIDE, width = SIDE, channels = 3, background = .92}
  self.front, self.back = is(f.direction, 0), is(f.direction, 2)
  self.side = 1 - self.front - self.back
  self.facing = 1 - 2 * is(f.direction, 3)
  local t = f.frame / 8
  local s, u = op.sin(t * (2 * math.pi)), op.sin(t * math.pi)
  self.s, self.u, self.t = s, u, t
  local bob = pick(f.animation, {op.abs(s), 0, -u * .8, u * .5, 0})
  self.hip, self.shoulder, self.head = 41 + bob * .5, 29 - bob, 18 - bob
  self.x = 30 - self.side * pick(f.animation, {0, 0, 1.5 * u, 2.5 * u, -.5})
  self.skin, self.hair = op.take(SKIN, f.skin + 1, 1), op.take(HAIR, f.hair + 1, 1)
  local top = op.take(TOP, f.top + 1, 1)
  self.sleeve = shade(top, 1)
  self.cuff = op.where(is(f.top, 0):reshape{n, 1}, self.skin, shade(top, .8))
  return self
end

local function draw(f, n)
  if n == 0 then return tensor.zeros(0, SIDE, SIDE, 3) end
  local self = figure(f, n)
  local s, u, t, side = self.s, self.u, self.t, self.side
  -- the arm with the weapon is on the viewer's left from the front, and near when going left
  local hand = self.back - self.front
  local out = 7.3 - f.build
  local sword = self:arm(self.x + hand * out + side * 1, pick(f.animation,
    {-.55 * s, 2.6 * u + .2, 2.9 - 2.7 * t, .35 + 1.15 * u, 1.45}),
    pick(f.animation, {.35, .2, .35, 1.3 * (1 - u), 1.5 * u}), hand - side)
  local free = self:arm(self.x - hand * out - side * 1, pick(f.animation,
    {.55 * s, 2.6 * u + .2, -.3 - .3 * t, -.4 * u - .2, 1.55}),
    pick(f.animation, {.35, .2, .5, .5, .05}), -hand + side)
  self.sheet:fill{points = sheet.ellipse{centre = {self.x, 55.5}, radius = {11, 3}}, colour = 0,
    alpha = .25, hard = true}
  local long, tail = is(f.hair, 1), is(f.hair, 4)
  self:draw_locks(f, long * self.front, tail * 0)
  self:draw_weapon(sword, f, self.back)
  self:draw_arm(free, side)
  local stance = pick(f.animation, {.6 * s, .12, .38, .42, .3})
  local lift = pick(f.animation, {3.5 * s, 0, 0, 0, 0}) * (1 - side)
  local apart = 3.4 * (1 - side)
  self:draw_leg(f, self.x + apart, -stance, op.maximum(-lift, 0), .8)
  self:draw_leg(f, self.x - apart, stance, op.maximum(lift, 0), 1)
  self:draw_arm(sword, self.back)
  self:draw_arm(free, self.back)
  self:draw_torso(f)
  self:draw_head(f)
  self:draw_locks(f, long * (1 - self.front), tail * (1 - self.front))
  self:draw_arm(free, self.front)
  self:draw_weapon(sword, f, 1 - self.back)
  self:draw_arm(sword, 1 - self.back)
  return self.sheet:images()
end

local CHARACTER = {"build", "skin", "hair", "top", "trousers", "shoes", "weapon"}

local generator = drawn.new{
  name = "sprites", shape = {SIDE, SIDE, 3},
  factors = {{"build", 2}, {"skin", 2}, {"hair", 7}, {"top", 3}, {"trousers", 2}, {"shoes", 2},
    {"weapon", 2}, {"animation", 5}, {"direction", 4}, {"frame", 8}},
  class = CHARACTER, options = {part = "all"},
  check = function(o)
    if not ({all = 1, train = 1, validation = 1, test = 1})[o.part] then
      fail("sprites: option 'part': got '%s', wanted all, train, validation or test", o.part)
    end
  end,
  draw = draw,
}

-- the parts that characters belong to, by their places in a fixed random order
local FIRST = {train = 1, validation = 501, test = 573}
local LAST = {train = 500, validation = 572, test = 672}

-- sprites{part = "all", ...} -> the data set; see above
local function sprites(given)
  local set = generator(given)
  local part = given and given.part or "all"
  if part == "all" then return set end
  local order = core.rand.stream(1, "sprites"):permutation(672)
  local chosen = order:slice(1, FIRST[part], LAST[part])
  local is_in = op.max(op.one_hot(chosen, 672), 1)
  local all = tensor.arange(1, set:count())
  return set:subset(all[op.gt(op.take(is_in, set:labels() + 1), 0)])
end

return sprites
