-- The points that disentanglement_lib draws: with the option compat = "dlib" a metric uses numpy's
-- generator as that program does, so that its seeds give its samples. The points given have to be a
-- whole grid, every combination of values once, in any order; all factors are drawn.

local core = require "teasel.core"
local raise = require "teasel.lib.fail"

local learn, op, tensor = core.learn, core.op, core.tensor
local dlib = {}

local CHUNK = 16   -- points that it draws at a time

local Grid = {}
Grid.__index = Grid

local function fail(who, form, ...) raise("%s: " .. form, who, ...) end

-- the row of each point of the grid, in the grid's order; nil where they are in it already
local function places(who, classes, sizes, n)
  local number = tensor.zeros{n}
  for k, size in ipairs(sizes) do
    number = number * size + op.slice(classes, {1, k}, {n, k}):reshape{n}
  end
  if op.min(op.eq(number, tensor.arange(0, n - 1))):item() == 1 then return nil end
  local place = {}
  for i, v in ipairs(number:table()) do place[math.tointeger(v) + 1] = i end
  if #place ~= n then fail(who, "compat 'dlib' wants every combination of values once") end
  return tensor.tensor(place)
end

-- grid(who, factors [n K], o) -> a grid of these points with a generator of o.seed
function dlib.grid(who, factors, o)
  if o.compat ~= "dlib" then
    fail(who, "option 'compat': got '%s', wanted 'dlib'", tostring(o.compat))
  end
  if o.stream or o.factors or o.test_codes then
    fail(who, "compat 'dlib' draws from a seed, all factors, and both parts of the points")
  end
  local classes, values = learn.classes(factors)
  local sizes, all = {}, 1
  for k, list in ipairs(values) do sizes[k], all = #list, all * #list end
  if all ~= #factors then
    fail(who, "compat 'dlib' wants a whole grid: got %d points, wanted %d", #factors, all)
  end
  return setmetatable({sizes = sizes, place = places(who, classes, sizes, all),
    generator = learn.mersenne(o.seed)}, Grid)
end

local function rows(self, number) return self.place and op.take(self.place, number) or number end

-- points(n) -> the rows [n] of n points; all: drawn at once, not in chunks
function Grid:points(n, all)
  return rows(self, self.generator:points(self.sizes, n, all and n or CHUNK))
end

-- pairs(m, size) -> rows a, b [m * size] of pairs, and the factor y [m] each item's pairs share
function Grid:pairs(m, size)
  local a, b, y = self.generator:pairs(self.sizes, m, size)
  return rows(self, a), rows(self, b), y
end

-- votes(m, size) -> rows [m * size] of points, and the factor y [m] each item's points share
function Grid:votes(m, size)
  local a, y = self.generator:votes(self.sizes, m, size)
  return rows(self, a), y
end

return dlib
