-- Drawn data sets: what a generator is made of. It names its factors and says how n images are
-- drawn from their values; all else that a data set can do follows. A set of one's own:
--
--   local T = require "teasel"
--   local sheet = T.data.sheet
--   local discs = T.data.drawn.new{
--     name = "discs", shape = {32, 32, 1},
--     factors = {{"radius", {4, 6, 8}}, {"posX", T.data.drawn.ramp(10, 22, 13)},
--       {"posY", T.data.drawn.ramp(10, 22, 13)}},
--     draw = function(f, n)          -- f.radius, f.posX, f.posY: tensors [n]
--       local s = sheet{n = n, height = 32, width = 32}
--       s:fill{points = sheet.ellipse{centre = {f.posX, f.posY}, radius = f.radius}}
--       return s:images()            -- [n 32 32 1]
--     end,
--   }
--   local data = discs{radius = {0, 2}}            -- a set: the smallest and the largest
--   local x, factors = data:batch(T.stream(1), 64)   -- [64 32 32 1], [64 3]
--   T.contact_sheet(data):save("discs.png")
--
-- An image of a set follows from its factors alone: whoever has the script has the data.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local merged = require "teasel.lib.merged"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local set = require "teasel.data.set"
local space = require "teasel.data.space"

local op, tensor = core.op, core.tensor
local drawn = {}

local MOST = 1 << 20   -- values of a factor

-- ramp(first, last, n) -> a list of n numbers, at most 2^20, at equal distances
function drawn.ramp(first, last, n)
  check.integer("drawn.ramp", "n", n, 1, MOST)
  local list = {}
  for i = 1, n do list[i] = n > 1 and first + (last - first) * (i - 1) / (n - 1) or first end
  return list
end

-- every(step, last) -> the levels 0, step, 2 step ... up to last, at most 2^20: a part of a factor
function drawn.every(step, last)
  check.integer("drawn.every", "last", last, 0, MOST)
  local list = {}
  for level = 0, last, step do list[#list + 1] = level end
  return list
end

-- chance(seed, name, index [n], shape) -> uniform random numbers [n ...shape] in 0..1, which each
-- image always gets the same: for what differs from image to image and is no factor
function drawn.chance(seed, name, index, shape)
  local stream, list, one = core.rand.stream(seed, name), {}, table.move(shape, 1, #shape, 2, {1})
  for i, number in ipairs(index:table()) do
    list[i] = stream:split(("%d"):format(number)):uniform(one)
  end
  if #list == 0 then
    one[1] = 0
    return core.tensor.zeros(one)
  end
  return core.op.concat(list, 1)
end

-- by_kind(kind [n], f, draw) -> images [n h w c], where images of one kind have other bodies than
-- those of another: draw(part, m, k) gives the m images of kind k, `part` being the table f of
-- tensors [n] with their rows alone
function drawn.by_kind(kind, f, draw)
  if kind:rank() ~= 1 then
    fail("drawn.by_kind: got kinds of shape [%s], wanted [n]", table.concat(kind:shape(), " "))
  elseif #kind == 0 then
    fail "drawn.by_kind: got no image, wanted one or more"
  end
  local rows, kinds, order, parts = {}, {}, {}, {}
  for i, k in ipairs(kind:table()) do
    if not rows[k] then rows[k], kinds[#kinds + 1] = {}, k end
    rows[k][#rows[k] + 1] = i
  end
  for i, k in ipairs(kinds) do
    local index, part = tensor.tensor(rows[k]), {}
    for name, values in pairs(f) do part[name] = op.take(values, index, 1) end
    parts[i] = draw(part, #rows[k], math.tointeger(k) or k)
    for _, row in ipairs(rows[k]) do order[#order + 1] = row end
  end
  if #kinds == 1 then return parts[1] end
  local back = {}
  for i, row in ipairs(order) do back[row] = i end
  return op.take(op.concat(parts, 1), tensor.tensor(back), 1)
end

-- values(who, given, defaults) -> the values of the factors that `defaults` has, each a tensor [n],
-- and n: for a function `who` that draws n images of given numbers or tensors [n], at least one of
-- them a tensor
function drawn.values(who, given, defaults)
  local known, n = {}, nil
  for name in pairs(defaults) do known[name] = options.any end
  local f = options.read(who, given, known)
  for name, value in pairs(f) do
    check.numeric(who, name, value)
    if type(value) ~= "number" then
      if value:rank() ~= 1 or n and #value ~= n then
        check.wrong(who, name, value, n and ("a tensor [%d]"):format(n) or "a tensor [n]")
      end
      n = #value
    end
  end
  if not n then fail("%s: got no tensor, wanted one [n] or more", who) end
  for name, default in pairs(defaults) do
    local value = f[name] or default
    f[name] = type(value) == "number" and tensor.full({n}, value) or value
  end
  return f, n
end

-- the options as one text, in order
local function text_of(name, o)
  local parts = {}
  for key, value in pairs(o) do
    parts[#parts + 1] = ("%s=%s"):format(key, type(value) == "number" and ("%.17g"):format(value)
      or tostring(value))
  end
  table.sort(parts)
  return name .. " " .. table.concat(parts, " ")
end

-- what render gives for an index, made from at most `slab` numbers at a time
local function in_slabs(render, index, slab)
  local parts = {}
  for first = 1, #index, slab do
    parts[#parts + 1] = render(ops.slice(index, 1, first, math.min(first + slab - 1, #index)))
  end
  return op.concat(parts, 1)
end

local GENERATOR = {name = "", shape = options.any, factors = {}, options = {},
  draw = options.any, check = options.any, class = options.any, classes = options.any, slab = 0}

-- new{name =, factors =, shape =, draw =, ...} -> a function of options that gives the data set.
--   factors   a list of {name, values} or {name, how many values, which are 0, 1, 2 ...}; the last
--             runs fastest when images are numbered
--   shape     {height, width, channels}, or a function of the options that gives it
--   draw      function(f, n, o) -> images [n h w c]: f has for each factor the values [n] that it
--             has in the n images, o the options; f.index has the numbers [n] of the images among
--             all. A function of these alone, without chance: see drawn.chance.
--   options   further options of the set, numbers, strings or booleans, and their defaults
--   check     function(o) that raises an error where the options are wrong
--   class     the factor whose levels are the images' classes, or a list of factors whose
--             combinations are; nil: there are none
--   classes   the names of these classes; default: 0, 1, 2 ...
--   slab      images that are drawn at a time where more are asked for, to save memory; 0: all
-- The function that it gives takes these options, and levels of factors: a number fixes a factor
-- and takes it out of the space, a list keeps it with these levels.
function drawn.new(given)
  local g = options.read("drawn.new", given, GENERATOR)
  check.callable("drawn.new", "option 'draw'", g.draw)
  local names, sizes, values = {}, {}, {}
  for k, factor in ipairs(g.factors) do
    if type(factor) ~= "table" then
      check.wrong("drawn.new", ("factor %d"):format(k), factor, "{name, values}")
    end
    local name, of = factor[1], factor[2]
    names[k], sizes[k] = name, type(of) == "table" and #of or of
    if type(of) == "table" and type(name) == "string" then values[name] = of end
  end
  local whole = space{names = names, sizes = sizes, values = values}
  local class = type(g.class) == "string" and {g.class} or g.class
  local count = class and 1
  for _, name in ipairs(class or {}) do count = count * sizes[whole:number(name)] end
  local classes = class and (g.classes or count)
  local known = merged(g.options)
  for _, name in ipairs(names) do
    if known[name] ~= nil then
      fail("drawn.new: got the option '%s', wanted another name than a factor's", name)
    end
    if name == "index" then fail "drawn.new: got a factor 'index', wanted another name" end
    known[name] = options.any
  end
  return function(chosen)
    local o = options.read(g.name, chosen, known)
    local part = {}
    for _, name in ipairs(names) do part[name], o[name] = o[name], nil end
    if g.check then g.check(o) end
    local function render(index)
      if g.slab > 0 and #index > g.slab then return in_slabs(render, index, g.slab) end
      local physical, f = whole:physical(whole:levels(index)), {index = index}
      for k, name in ipairs(names) do f[name] = whole:column(physical, k) end
      return g.draw(f, #index, o)
    end
    local chosen_space = whole:select(part)
    local labels = class and function(index)
      local levels, label = whole:levels(chosen_space:origin(index)), 0
      for _, name in ipairs(class) do
        label = label * sizes[whole:number(name)] + whole:column(levels, name)
      end
      return label
    end or nil
    return set.new{space = chosen_space, images = render, labels = labels,
      classes = labels and classes, key = function() return text_of(g.name, o) end,
      shape = type(g.shape) == "function" and g.shape(o) or g.shape}
  end
end

check.functions("drawn.", drawn, {new = "options: table", every = "step: count, last: size",
  values = "who: string, given: table, defaults: table",
  ramp = "first: number, last: number, n: count",
  chance = "seed: integer, name: string, index: tensor, shape: table",
  by_kind = "kind: tensor, f: table, draw: callable"})

return drawn
