-- Spaces of known factors: what every data set with ground truth is sampled, paired, enumerated,
-- traversed and cut into batches by. A space is a grid of K factors; a point of it is a row of K
-- levels, level k an integer in 0..sizes[k]-1; the levels of n points are a tensor [n K]. Points
-- are numbered with the last factor running fastest; the numbers of n points are an index [n], from
-- 1 as everywhere in Lua. All randomness is a stream given as an argument.
--
--   local space = require "teasel.data.space"
--   local s = space{names = {"shape", "scale"}, sizes = {3, 6}, values = {scale = {.5, ...}}}
--
-- values[name] lists what the levels of a factor stand for in the world; a factor without values
-- stands for itself. labels[name] lists what they are called in figures. Below, `factors` are a
-- name, a number 1..K, a list of such, or a tensor of 0 and 1, [K] or [n K] (pairs that differ in
-- other factors from row to row); `fixed` is a table {name = level, ...}. What is wrong with an
-- argument is an error.
--
-- space.set makes a data set of a space and a function that draws its points; see teasel.data.set.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local raise = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local shard = require "teasel.lib.shard"
local options = require "teasel.options"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor

-- x + MANTISSA has no bits left for a fraction, for 0 <= x <= MANTISSA
local MANTISSA = core.double and 2 ^ 52 or 2 ^ 23

local function round(x) return (x + MANTISSA) - MANTISSA end

-- Exact for quotients of integers up to MANTISSA as well: one that is no integer is further from
-- the next integer than it can be off.
local function floor(x)
  local r = round(x)
  return r - op.gt(r, x)
end

-- are all items integers in 0..last?
local function in_range(x, last)
  return x:size() == 0 or
    op.min(op.eq(x, op.minimum(op.maximum(round(x), 0), last))):item() == 1
end

local function is_level(x, size) return x >= 0 and x < size and x == math.floor(x) end

local function fail(format, ...) raise("space: " .. format, ...) end

local Space = {}
Space.__index = Space

local function new(given)
  local o = options.read("space", given, {names = {}, sizes = {}, values = {}, labels = {}})
  local names, sizes = o.names, o.sizes
  if #names == 0 or #names ~= #sizes then
    fail("got %d names and %d sizes, wanted as many, at least one", #names, #sizes)
  end
  local self = setmetatable({names = names, sizes = sizes, values = o.values,
    labels = o.labels}, Space)
  local base, points = {}, 1
  for k = #names, 1, -1 do
    if type(names[k]) ~= "string" or self:find(names[k]) ~= k then
      fail("got the name %s for factor %d, wanted a string of its own", tostring(names[k]), k)
    end
    if math.type(sizes[k]) ~= "integer" or sizes[k] < 1 then
      fail("got the size %s for '%s', wanted an integer of 1 or more", tostring(sizes[k]), names[k])
    end
    if sizes[k] > MANTISSA / points then
      fail("got more than %d points, wanted at most so many that all have a number", MANTISSA)
    end
    base[k], points = points, points * sizes[k]
  end
  for _, what in ipairs{"values", "labels"} do
    for name, list in pairs(self[what]) do
      check.table("space", ("%s of '%s'"):format(what, tostring(name)), list)
      local size = sizes[self:number(name)]
      if #list ~= size then fail("got %d %s for '%s', wanted %d", #list, what, name, size) end
    end
  end
  self.points = points
  self.base, self.size = tensor.tensor(base), tensor.tensor(sizes)
  return self
end

-- count() -> the number of points
function Space:count() return self.points end

function Space:find(name)
  for k, other in ipairs(self.names) do
    if other == name then return k end
  end
end

-- number(factor) -> the number 1..K of a factor given by its name or number
function Space:number(factor)
  local k = factor ~= nil and (self.names[factor] and factor or self:find(factor))
  if k then return k end
  local known = {}
  for _, name in ipairs(self.names) do known[name] = true end
  local near = type(factor) == "string" and options.nearest(factor, known)
  fail("got the factor '%s', wanted one of: %s%s", tostring(factor),
    table.concat(self.names, ", "), near and (" (did you mean '%s'?)"):format(near) or "")
end

function Space:check_level(k, level)
  k = self:number(k)
  if math.type(level) == "integer" and is_level(level, self.sizes[k]) then return level end
  fail("got the level %s for '%s', wanted an integer in 0..%d", tostring(level), self.names[k],
    self.sizes[k] - 1)
end

function Space:check_levels(levels)
  local shape, K = levels:shape(), #self.names
  if #shape ~= 2 or shape[2] ~= K then
    fail("got levels of shape [%s], wanted [n %d]", table.concat(shape, " "), K)
  end
  if in_range(levels, self.size - 1) then return levels end
  for i, row in ipairs(levels:table()) do
    for k, level in ipairs(row) do
      if not is_level(level, self.sizes[k]) then
        fail("got the level %.9g for '%s' in row %d, wanted an integer in 0..%d", level,
          self.names[k], i, self.sizes[k] - 1)
      end
    end
  end
end

-- middle() -> the levels of the point in the middle, a list: size // 2 of each factor
function Space:middle()
  local levels = {}
  for k, size in ipairs(self.sizes) do levels[k] = size // 2 end
  return levels
end

-- {name = level} as {[k] = level}
function Space:fixed(given)
  local fixed = {}
  for factor, level in pairs(given or {}) do
    local k = self:number(factor)
    fixed[k] = self:check_level(k, level)
  end
  return fixed
end

-- mask(factors) -> [K], 1 for these factors and 0 for all others; a tensor is a mask already
function Space:mask(factors)
  if getmetatable(factors) == tensor.metatable then return factors end
  local mask = {}
  for k = 1, #self.names do mask[k] = 0 end
  for _, factor in ipairs(type(factors) == "table" and factors or {factors}) do
    mask[self:number(factor)] = 1
  end
  return tensor.tensor(mask)
end

-- index(levels [n K]) -> [n], the numbers of these points: 1 + sum_k level_k base_k
function Space:index(levels)
  self:check_levels(levels)
  return op.sum(levels * self.base, 2) + 1
end

-- levels(index [n]) -> [n K], the inverse
function Space:levels(index)
  local shape = index:shape()
  if #shape ~= 1 then fail("got an index of shape [%s], wanted [n]", table.concat(shape, " ")) end
  local at = index - 1
  if not in_range(at, self.points - 1) then
    for i, v in ipairs(at:table()) do
      if not is_level(v, self.points) then
        fail("got the number %.9g in row %d, wanted an integer in 1..%d", v + 1, i, self.points)
      end
    end
  end
  local q = floor(at:reshape{#at, 1} / self.base)
  return q - self.size * floor(q / self.size)
end

-- column(levels [n K], factor) -> [n], the levels of one factor
function Space:column(levels, factor)
  local k = self:number(factor)
  return ops.slice(levels, 2, k, k):reshape{#levels}
end

-- physical(levels [n K]) -> [n K], what they stand for
function Space:physical(levels)
  self:check_levels(levels)
  local parts = {}
  for k, name in ipairs(self.names) do
    local column = self:column(levels, k)
    local values = self.values[name]
    parts[k] = values and op.take(tensor.tensor(values), column + 1) or column
  end
  return ops.stack(parts, 2)
end

-- sample(stream, n [, fixed]) -> levels [n K], uniform and independent but for the fixed ones
function Space:sample(stream, n, fixed)
  local columns, held = {}, self:fixed(fixed)
  for k, size in ipairs(self.sizes) do
    columns[k] = held[k] and shard.rows(tensor.full({n, 1}, held[k]))
      or stream:integers({n, 1}, 0, size - 1)
  end
  return op.concat(columns, 2)
end

-- fix(levels [n K], factors [, from]) -> the levels with the columns of these factors taken from
-- `from`, [n K] or one row [K]; default: the first row of levels, so that all rows share them
function Space:fix(levels, factors, from)
  return op.where(self:mask(factors), from or levels[1], levels)
end

-- pairs(stream, n, factors) -> levels a, b, [n K] each: a is uniform, b shares these factors with a
-- and is uniform in the others
function Space:pairs(stream, n, factors)
  local a = self:sample(stream, n)
  return a, self:fix(self:sample(stream, n), factors, a)
end

-- enumerate([fixed]) -> levels [n K] of all points, or of those with fixed levels, in their order
function Space:enumerate(fixed)
  local held, n = self:fixed(fixed), 1
  for k, size in ipairs(self.sizes) do n = held[k] and n or n * size end
  local columns, before = {}, 1
  for k, size in ipairs(self.sizes) do
    if held[k] then
      columns[k] = tensor.full({n, 1}, held[k])
    else
      local run = tensor.arange(0, size - 1):reshape{1, size, 1}
      columns[k] = op.expand(run, {before, size, n // (before * size)}):reshape{n, 1}
      before = before * size
    end
  end
  return op.concat(columns, 2)
end

-- traverse(row [K] or [1 K], factor) -> levels [size K]: the row with every level of the factor
function Space:traverse(row, factor)
  local k = self:number(factor)
  row = self:check_levels(row:reshape{1, row:size()})
  return self:fix(row, k, tensor.arange(0, self.sizes[k] - 1):reshape{self.sizes[k], 1})
end

local function check_list(self, k, levels)
  local seen = {}
  for _, level in ipairs(levels) do
    if seen[self:check_level(k, level)] then
      fail("got the level %d for '%s' twice", level, self.names[k])
    end
    seen[level] = true
  end
  if #levels == 0 then fail("got no level for '%s', wanted one or more", self.names[k]) end
end

-- select{shape = 0, scale = {0, 5}} -> a part of this space as a space of its own, with levels from
-- 0 on. As with the axes of an array, a number takes the factor away, a list keeps it with these
-- levels in this order. `outer` leads back.
function Space:select(chosen)
  local source, names, sizes, values, labels = {}, {}, {}, {}, {}
  for factor, levels in pairs(chosen) do
    local k = self:number(factor)
    if type(levels) == "table" then check_list(self, k, levels) else self:check_level(k, levels) end
    source[k] = levels
  end
  if next(source) == nil then return self end
  for k, name in ipairs(self.names) do
    local levels, known = source[k], self.values[name]
    if type(levels) ~= "number" then
      names[#names + 1], sizes[#names + 1] = name, levels and #levels or self.sizes[k]
      values[name] = levels and {} or known
      for i, level in ipairs(levels or {}) do
        values[name][i] = known and known[level + 1] or level
      end
      local called = self.labels[name]
      labels[name] = called and levels and {} or called
      for i, level in ipairs(called and levels or {}) do labels[name][i] = called[level + 1] end
    end
    source[k] = type(levels) == "table" and tensor.tensor(levels) or levels
  end
  if #names == 0 then
    fail("got 0 names of factors that are not fixed, wanted one or more (a list of levels, like "
      .. "%s = {%d}, keeps a factor)", self.names[1], source[1])
  end
  local part = new{names = names, sizes = sizes, values = values, labels = labels}
  part.whole, part.source = self, source
  return part
end

-- outer(levels [n K]) -> the levels [n K'] of the same points in the space this one was selected
-- from
function Space:outer(levels)
  self:check_levels(levels)
  if not self.whole then return levels end
  local columns, j = {}, 0
  for k in ipairs(self.whole.names) do
    local source = self.source[k]
    if type(source) == "number" then
      columns[k] = tensor.full({#levels, 1}, source)
    else
      j = j + 1
      local column = ops.slice(levels, 2, j, j)
      columns[k] = source and op.take(source, column:reshape{#levels} + 1):reshape{#levels, 1}
        or column
    end
  end
  return op.concat(columns, 2)
end

-- origin(points: levels [n K] or an index [n]) -> their numbers [n] in the outermost space
function Space:origin(points)
  if self.whole then
    return self.whole:origin(self:outer(points:rank() == 2 and points or self:levels(points)))
  end
  return points:rank() == 2 and self:index(points) or points
end

-- print(space): its factors, and how many levels each has
function Space.__tostring(self)
  local parts = {}
  for k, name in ipairs(self.names) do parts[k] = ("%s %d"):format(name, self.sizes[k]) end
  return ("space of %d points: %s"):format(self.points, table.concat(parts, ", "))
end

check.methods("space", Space, {
  mask = "factors: any", index = "levels: tensor", levels = "index: tensor",
  check_levels = "levels: tensor", column = "levels: tensor, factor: any",
  physical = "levels: tensor",
  sample = "stream: stream, n: size, fixed: table?", fixed = "given: table?",
  fix = "levels: tensor, factors: any, from: tensor?",
  pairs = "stream: stream, n: size, factors: any",
  enumerate = "fixed: table?", traverse = "row: tensor, factor: any", select = "chosen: table",
  outer = "levels: tensor", origin = "points: tensor", count = "", middle = "", find = "name: any",
  number = "factor: any", check_level = "k: any, level: any",
}, "names sizes values labels points whole source")
-- space.set(space, render [, key [, shape]]) -> the set of a space's points; see teasel.data.set
return setmetatable({set = set.of_space}, {__call = function(_, given) return new(given) end})
