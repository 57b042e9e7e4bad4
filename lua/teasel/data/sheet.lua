-- Sheets: batches of images that are drawn on, what generators of data sets are written with.
--
--   local sheet = require "teasel.data.sheet"
--   local s = sheet{n = 2, height = 28, width = 28}               -- two black images
--   s:fill{points = sheet.ellipse{centre = {14, 14}, radius = T.tensor{5, 9}}}
--   s:stroke{points = {{4, 4}, {24, 20}}, width = 3, colour = .5}
--   local x = s:images()                                           -- [2 28 28 1]
--
-- A call draws one shape on each of the n images, on all threads. Its numbers are the same for all
-- or come as tensors over the batch: the first axis is n. The unit of length is a pixel; (0, 0) is
-- the upper left corner of the picture, y points down. A colour is a number (grey: that of all
-- channels), a list of one for each channel, a tensor [n] of greys or [n channels]; all in [0, 1].
-- Points are a list of {x, y} or a tensor [k 2], or [n k 2]. Each pixel takes the colour in
-- proportion to the share of it that the shape covers. What is wrong with an argument is an error.
--
-- Curves are points too: sheet.spline and sheet.bezier give those of a curve, sheet.ellipse those
-- of an ellipse, and sheet.place turns, slants, scales and moves points, each image's in its own
-- way. As all of them are tensors, what follows from factors is computed with them.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local op, tensor, any = core.op, core.tensor, options.any

local sheet = {}
local Sheet = {}
Sheet.__index = Sheet

local function is_tensor(v) return getmetatable(v) == tensor.metatable end

-- a tensor of what may be one or a table of numbers
local function numbers(who, name, value)
  if is_tensor(value) then return value end
  if type(value) == "number" then return tensor.tensor{value} end
  local ok, made = pcall(tensor.tensor, value)
  if not ok and not tostring(made):find "tensor: argument 'value': " then error(made, 0) end
  if type(value) ~= "table" or #value == 0 or not ok then
    check.wrong(who, name, value, "a number, a list of numbers or a tensor")
  end
  return made
end

-- a number for each image: [n] or [1]
local function each(who, name, value)
  local t = numbers(who, name, value)
  return t:rank() == 0 and t:reshape{1} or t
end

-- points as a tensor of this rank, [n k 2] or [n lines k 2]
local function points(who, value, rank)
  local t = numbers(who, "option 'points'", value)
  local shape = t:shape()
  if #shape < 2 or #shape > rank or shape[#shape] ~= 2 then
    check.wrong(who, "option 'points'", value, rank == 3 and "[k 2] or [n k 2]"
      or "[k 2], [n k 2] or [n lines k 2]")
  end
  if #shape == 2 then table.insert(shape, 1, 1) end
  if #shape < rank then table.insert(shape, 2, 1) end
  return t:reshape(shape)
end

-- colours [n channels] or [1 channels]
local function colours(who, name, value, channels)
  local t = numbers(who, name, value)
  if type(value) == "table" and t:rank() == 1 then return t:reshape{1, #t} end
  if t:rank() == 0 then t = t:reshape{1} end
  if t:rank() ~= 1 then return t end
  return op.expand(t:reshape{#t, 1}, {#t, channels})
end

local function read(who, given, defaults)
  check.table(who, "options", given)
  return options.read(who, given, defaults)
end

local function inked(defaults)
  defaults.points, defaults.colour, defaults.alpha, defaults.hard = any, any, any, false
  return defaults
end

local FILL, STROKE = inked{}, inked{width = any, soft = 1}

local function default(value, otherwise)
  if value == nil then return otherwise end
  return value
end

local function ink(self, who, o)
  return colours(who, "option 'colour'", default(o.colour, 1), self.channels),
    each(who, "option 'alpha'", default(o.alpha, 1)), o.hard
end

-- fill{points =, colour = 1, alpha = 1, hard = false}: a polygon. A pixel takes the colour by its
-- share of the polygon's area, which is exact where the outline does not cross itself. alpha: how
-- far the colour covers what was there, a number or [n]. hard: a pixel is drawn whole where half of
-- it or more is covered, else not at all.
function Sheet:fill(given)
  local o = read("fill", given, FILL)
  self.core:fill(points("fill", o.points, 3), ink(self, "fill", o))
  return self
end

-- stroke{points =, width =, soft = 1, colour = 1, alpha = 1, hard = false}: a line through the
-- points, drawn with a round pen. points may be [n lines k 2], several lines as one shape: where
-- lines meet or cross they are not covered twice. One point is a disc. width: the pen's diameter, a
-- number or [n]; or for each point [n k], [n lines k]: then the line tapers. soft: over how many
-- pixels its edge fades (1: as much as the pixels' own size makes it).
function Sheet:stroke(given)
  local o = read("stroke", given, STROKE)
  local at = points("stroke", o.points, 4)
  local width = each("stroke", "option 'width'", o.width)
  if width:rank() == 2 then width = width:reshape{#width, 1, width:size(2)} end
  self.core:stroke(at, width, o.soft, ink(self, "stroke", o))
  return self
end

local BLIT = {map = any, palette = any, at = any, frame = any, mirror = any, alpha = any}

-- blit{map =, palette =, at = {0, 0}, frame = 1, mirror = 0, alpha = 1}: pixel art. map [height
-- width] or [maps height width]: the number of each pixel's colour in the palette, 0 for none;
-- palette [colours channels] or [n colours channels]; at {x, y} or [n 2]: its upper left corner,
-- rounded to whole pixels; frame [n]: which of the maps, from 1; mirror [n]: 1 where left is right.
function Sheet:blit(given)
  local o = read("blit", given, BLIT)
  local map = numbers("blit", "option 'map'", o.map)
  local palette = numbers("blit", "option 'palette'", o.palette)
  local at = numbers("blit", "option 'at'", default(o.at, {0, 0}))
  local function stacked(t, rank)
    local shape = t:shape()
    if #shape == rank - 1 then table.insert(shape, 1, 1) end
    return t:reshape(shape)
  end
  self.core:blit(stacked(map, 3), each("blit", "option 'frame'", default(o.frame, 1)),
    stacked(palette, 3), stacked(at, 2), each("blit", "option 'mirror'", default(o.mirror, 0)),
    each("blit", "option 'alpha'", default(o.alpha, 1)))
  return self
end

local function new(n, height, width, channels, background)
  return setmetatable({core = core.draw.sheet(n, height, width, channels, background), n = n,
    height = height, width = width, channels = channels}, Sheet)
end

-- layer() -> a sheet of the same size on which nothing is yet, to be put on this one
function Sheet:layer() return new(self.n, self.height, self.width, self.channels, nil) end

-- put(layer [, alpha = 1]): lays a layer, or another sheet of this size, over this one; alpha is a
-- number or [n]
function Sheet:put(layer, alpha)
  if getmetatable(layer) ~= Sheet then check.wrong("put", "layer", layer, "a sheet") end
  self.core:put(layer.core, each("put", "alpha", default(alpha, 1)))
  return self
end

-- images() -> [n height width channels]. The sheet is used up.
function Sheet:images() return self.core:images() end

-- Points of curves

local matrices = {}   -- that take control points to points of a curve, by their settings

-- The product of a matrix made by `make` and points [k 2] or [n k 2].
local function curve(at, key, make)
  matrices[key] = matrices[key] or tensor.tensor(make())
  return op.matmul(matrices[key], at)
end

local function control(who, value)
  local t = numbers(who, "points", value)
  local shape = t:shape()
  if #shape < 2 or shape[#shape] ~= 2 then
    check.wrong(who, "points", value, "[k 2] or [n k 2]")
  end
  return t, shape[#shape - 1]
end

-- spline(points, {steps = 8, closed = false}) -> the points of a smooth curve through these: a
-- Catmull-Rom spline, cut into `steps` pieces between two of them. closed: it goes on from the last
-- to the first. A point that is given twice is a corner.
function sheet.spline(given, more)
  local o = options.read("spline", more, {steps = 8, closed = false})
  local at, k = control("spline", given)
  check.count("spline", "option 'steps'", o.steps)
  if k < 2 then check.wrong("spline", "points", given, "two points or more") end
  local key = ("spline %d %d %s"):format(k, o.steps, o.closed)
  return curve(at, key, function()
    local rows = {}
    local function place(i)
      if o.closed then return (i - 1) % k + 1 end
      return math.max(1, math.min(k, i))
    end
    local function add(i, t)
      local row = {}
      for j = 1, k do row[j] = 0 end
      local weights = {-t + 2 * t ^ 2 - t ^ 3, 2 - 5 * t ^ 2 + 3 * t ^ 3,
        t + 4 * t ^ 2 - 3 * t ^ 3, t ^ 3 - t ^ 2}
      for d, w in ipairs(weights) do
        local j = place(i + d - 2)
        row[j] = row[j] + w / 2
      end
      rows[#rows + 1] = row
    end
    for i = 1, o.closed and k or k - 1 do
      for step = 0, o.steps - 1 do add(i, step / o.steps) end
    end
    if not o.closed then add(k - 1, 1) end
    return rows
  end)
end

-- bezier(points, {steps = 12}) -> the points of a chain of cubic Bezier curves, cut into `steps`
-- pieces each. points: an end, then two controls and an end for each curve.
function sheet.bezier(given, more)
  local o = options.read("bezier", more, {steps = 12})
  local at, k = control("bezier", given)
  check.count("bezier", "option 'steps'", o.steps)
  if k < 4 or k % 3 ~= 1 then check.wrong("bezier", "points", given, "4, 7, 10 ... points") end
  return curve(at, ("bezier %d %d"):format(k, o.steps), function()
    local rows = {}
    local function add(first, t)
      local row, u = {}, 1 - t
      for j = 1, k do row[j] = 0 end
      row[first], row[first + 1] = u ^ 3, 3 * u ^ 2 * t
      row[first + 2], row[first + 3] = 3 * u * t ^ 2, t ^ 3
      rows[#rows + 1] = row
    end
    for first = 1, k - 3, 3 do
      for step = 0, o.steps - 1 do add(first, step / o.steps) end
    end
    add(k - 3, 1)
    return rows
  end)
end

-- a pair of numbers, or one for both, each the same for all images or [n]; as [n 1] or [1 1]
local function pair(who, name, value)
  local function one(v) return each(who, name, v):reshape{-1, 1} end
  if is_tensor(value) and value:rank() == 2 then
    return value:slice(2, 1, 1), value:slice(2, 2, 2)
  end
  if type(value) == "table" and not is_tensor(value) then
    if #value ~= 2 then check.wrong(who, name, value, "a number, {x, y}, [n] or [n 2]") end
    return one(value[1]), one(value[2])
  end
  return one(value), one(value)
end

-- place(points, {scale = 1, slant = 0, angle = 0, at = {0, 0}}) -> the points scaled, then slanted
-- (x grows by slant times the height above 0), turned by angle (radians, clockwise as seen) and
-- moved; [n k 2] where one of these is over the batch. scale and at are a number, {x, y}, whose
-- parts may be tensors [n], or [n 2]; slant and angle a number or [n].
function sheet.place(given, how)
  local o = options.read("place", how, {scale = any, slant = any, angle = any, at = any})
  local at = control("place", given)
  if at:rank() == 2 then at = at:reshape{1, #at, 2} end
  local k = at:size(2)
  local x, y = at:slice(3, 1, 1):reshape{-1, k}, at:slice(3, 2, 2):reshape{-1, k}
  local sx, sy = pair("place", "option 'scale'", default(o.scale, 1))
  local dx, dy = pair("place", "option 'at'", default(o.at, 0))
  local slant = each("place", "option 'slant'", default(o.slant, 0)):reshape{-1, 1}
  local angle = each("place", "option 'angle'", default(o.angle, 0)):reshape{-1, 1}
  x, y = x * sx, y * sy
  x = x - slant * y
  local c, s = op.cos(angle), op.sin(angle)
  x, y = c * x - s * y + dx, s * x + c * y + dy
  local n = math.max(#x, #y)
  local function all(v) return op.expand(v, {n, k}):reshape{n, k, 1} end
  return op.concat({all(x), all(y)}, 3)
end

-- ellipse{centre =, radius =, angle = 0, corners = 48} -> the corners of an ellipse, [n corners 2];
-- centre and radius as place's at and scale. It has the area of the ellipse itself.
function sheet.ellipse(given)
  local o = read("ellipse", given, {centre = any, radius = any, angle = any, corners = 48})
  check.integer("ellipse", "option 'corners'", o.corners, 3)
  local part, list = 2 * math.pi / o.corners, {}
  local out = math.sqrt(part / math.sin(part))
  for i = 1, o.corners do list[i] = {out * math.cos(part * i), out * math.sin(part * i)} end
  if o.centre == nil or o.radius == nil then
    fail "ellipse: got no centre or no radius, wanted both"
  end
  return sheet.place(list, {scale = o.radius, angle = o.angle, at = o.centre})
end

check.functions("", sheet, {spline = "points: any", bezier = "points: any",
  place = "points: any", ellipse = "options: table"})
check.methods("sheet", Sheet, {fill = "options: table", stroke = "options: table",
  blit = "options: table", put = "layer: any", layer = "", images = ""})

-- sheet{n =, height =, width =, channels = 1, background = 0} -> n images to draw on. background: a
-- colour, or pictures [n height width channels] or one for all [1 height width channels].
return setmetatable(sheet, {__call = function(_, given)
  local o = read("sheet", given, {n = 1, height = any, width = any, channels = 1, background = any})
  check.count("sheet", "option 'height'", o.height)
  check.count("sheet", "option 'width'", o.width)
  check.count("sheet", "option 'channels'", o.channels)
  check.size("sheet", "option 'n'", o.n)
  local back = colours("sheet", "option 'background'", default(o.background, 0), o.channels)
  return new(o.n, o.height, o.width, o.channels, back)
end})
