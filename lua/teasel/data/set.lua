-- Data sets: what every reader and every generator gives, whatever is behind it. A set is a list of
-- images with what is known of them. Images are numbered from 1; an index is a tensor [n] of such
-- numbers. All randomness is a stream given as an argument.
--
--   local set = require("teasel.data.set").new{count = 3, shape = {8, 8, 1},
--     images = function(index) ... return x end}
--   set:count(); set.shape                         -- 3; {8, 8, 1}: height, width, channels
--   set:images(index)                              -- [n h w c] in [0, 1]
--   for x, factors, labels in set:each(64) do ... end
--
-- Known factors have names, set.factor_names, and values, set:factors(index) [n K]. If the images
-- are all points of a grid, set.space is that space (see teasel.data.space) and the values are its
-- levels; otherwise there is no space, and the values are what the set has of each image, such as
-- CelebA's attributes. Labels are classes: set:labels(index) is [n] of 0..#classes-1, and
-- set.classes[label + 1] the name of one. What goes through a set hands on the images, then the
-- factors if it has any, then the labels if it has any.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local pairing = require "teasel.data.pairing"
local shard = require "teasel.lib.shard"

local op, tensor = core.op, core.tensor
local TENSOR = tensor.metatable

local WINDOW = 32   -- blocks that an epoch shuffles together

local set = {}
local Set = {}
Set.__index = Set

local function words_of(x)
  local shape = getmetatable(x) == TENSOR and x:shape()
  return shape and ("a tensor [%s]"):format(table.concat(shape, " ")) or tostring(x)
end

-- Numbers that images have, or an error in the name of `who`.
local function check_index(who, index, count)
  if index:rank() ~= 1 then check.wrong(who, "index", index, "an index [n]") end
  local n = #index
  if n == 0 then return index end
  local low, high = op.min(index):item(), op.max(index):item()
  if low >= 1 and high <= count and op.min(op.eq(index, op.round(index))):item() == 1 then
    return index
  end
  for i, v in ipairs(index:table()) do
    if not (v >= 1 and v <= count and v == math.floor(v)) then
      fail("%s: got the number %.9g in row %d of the index, wanted an integer in 1..%d", who, v, i,
        count)
    end
  end
end

-- a function index -> rows, from one or from all rows at once; and all, if they were given
local function by_index(name, given, count, rank)
  if type(given) == "function" or given == nil then return given end
  local all = type(given) == "table" and tensor.tensor(given) or given
  if getmetatable(all) ~= TENSOR or all:rank() ~= rank or #all ~= count then
    check.wrong("set.new", "option '" .. name .. "'", given,
      ("a function of an index, or a tensor [%d%s]"):format(count, rank == 2 and " K" or ""))
  end
  return function(index) return op.take(all, index, 1) end, all
end

local function class_names(classes)
  if classes == nil or type(classes) == "table" then return classes end
  local names = {}
  for i = 1, check.count("set.new", "option 'classes'", classes) do names[i] = tostring(i - 1) end
  return names
end

-- fails where one of all labels is none of so many classes
local function check_labels(all, classes)
  local low, high = op.min(all):item(), op.max(all):item()
  if low >= 0 and high < classes and op.min(op.eq(all, op.round(all))):item() == 1 then return end
  for i, v in ipairs(all:table()) do
    if not (v >= 0 and v < classes and v == math.floor(v)) then
      fail("set.new: option 'labels': got %.9g for image %d, wanted an integer in 0..%d, as there "
        .. "are %d classes", v, i, classes - 1, classes)
    end
  end
end

-- new(options) -> a set. Options:
--   count         images; with a space, its points
--   shape         {h, w, c} of an image
--   images        function(index [n]) -> [n h w c] in [0, 1]
--   space         the space whose points the images are, in their order. Where it was selected from
--                 another, `images` gets numbers of the outermost one
--   factor_names  names of known factors; with a space, its names
--   factors       their values: function(index) -> [n K], or all of them [count K]
--   classes       names of classes, or how many there are
--   labels        the class of each image from 0: function(index) -> [n], or all of them [count]
--   key           function() -> a text that no set with other images has; without it what is kept
--                 of a set is recognised by the bytes of its images
--   block         images that are best read one after the other: epochs shuffle blocks of so many,
--                 and what is in 32 of them at a time, and not the whole set (0: the whole)
--   fresh         function(stream, n) -> images, factors, labels: batches of a set that has no end
--                 are drawn so, and not chosen among its images; those of its parts are chosen
-- Errors: a missing or unknown option, lists of other lengths, labels that are no classes.
function set.new(given)
  local o = options.read("set.new", given, {count = options.any, shape = options.any,
    images = options.any, space = options.any, factor_names = options.any, factors = options.any,
    classes = options.any, labels = options.any, key = options.any, block = 0,
    fresh = options.any})
  local space = o.space
  local n = o.count or space and space:count()
  check.size("set.new", "option 'count'", n)
  local draw = check.callable("set.new", "option 'images'", o.images)
  local images = space and function(index) return draw(space:origin(index)) end or draw
  local factors, values = by_index("factors", o.factors, n, 2)
  factors = factors or space and function(index) return space:levels(index) end
  local names = o.factor_names or space and space.names
  if (names == nil) ~= (factors == nil) then
    fail("set.new: got %s, wanted both of 'factors' and 'factor_names', or none",
      names and "factor_names alone" or "factors alone")
  end
  if values and values:size(2) ~= #check.list("set.new", "option 'factor_names'", names) then
    fail("set.new: option 'factors': got a tensor [%s], wanted [%d %d], a column for each of "
      .. "factor_names", table.concat(values:shape(), " "), n, #names)
  end
  local labels, all = by_index("labels", o.labels, n, 1)
  local classes = class_names(o.classes)
  if (labels == nil) ~= (classes == nil) then
    fail("set.new: got %s, wanted both of 'labels' and 'classes', or none",
      classes and "classes alone" or "labels alone")
  end
  if all and n > 0 then check_labels(all, #classes) end
  return setmetatable({n = n, shape = o.shape, space = space, factor_names = names,
    classes = classes, key = o.key, block = o.block, fresh = o.fresh,
    source = {images = images, factors = factors, labels = labels}}, Set)
end

-- of_space(space, render [, key [, shape]]) -> the set of a space's points; the same as new with
-- these options. Without a shape set.shape is nil.
function set.of_space(space, render, key, shape)
  return set.new{space = space, images = render, key = key, shape = shape}
end

-- is(value): whether it is a set
function set.is(value) return type(value) == "table" and getmetatable(value) == Set end

-- count() -> the number of images
function Set:count() return self.n end

-- the numbers of some images among those that `source` has
local function numbers(self, who, index)
  if not index then return self.items or tensor.arange(1, self.n) end
  check_index(who, index, self.n)
  return self.items and op.take(self.items, index) or index
end

local function draw(self, at)
  local x = self.source.images(at)
  local shape = getmetatable(x) == TENSOR and x:shape()
  local fits = shape and shape[1] == #at
  for d, size in ipairs(self.shape or {}) do fits = fits and shape[d + 1] == size end
  if not fits then
    fail("set: images gave %s for %d points, wanted images [%d %s]", words_of(x), #at, #at,
      self.shape and table.concat(self.shape, " ") or "...")
  end
  return shard.like(x, at)
end

-- images(index) -> [n h w c] in [0, 1]; nil: all. Of a set with a space, `index` may also be levels
-- [n K] of its points.
function Set:images(index)
  if index and self.space and index:rank() == 2 then index = self.space:index(index) end
  return draw(self, numbers(self, "set:images", index))
end

-- factors(index) -> [n K], the values of the factors that set.factor_names has; nil: of all images.
-- A set without known factors is an error.
function Set:factors(index)
  if not self.factor_names then
    fail "set:factors: got a set without known factors, wanted one with factor_names"
  end
  local at = numbers(self, "set:factors", index)
  return shard.like(self.source.factors(at), at)
end

-- labels(index) -> [n], the classes 0..#classes-1; nil: of all images. A set without labels is an
-- error.
function Set:labels(index)
  if not self.classes then
    fail "set:labels: got a set without labels, wanted one with classes"
  end
  local at = numbers(self, "set:labels", index)
  return shard.like(self.source.labels(at), at)
end

-- images, then factors where there are any, then labels where there are any
local function all_of(self, index)
  local at = numbers(self, "set", index)
  local function read(source) return shard.like(source(at), at) end
  local x = draw(self, at)
  if not self.classes then return x, self.factor_names and read(self.source.factors) end
  if not self.factor_names then return x, read(self.source.labels) end
  return x, read(self.source.factors), read(self.source.labels)
end

-- batch(stream, n) -> images [n h w c], factors, labels, drawn independently of one another
function Set:batch(stream, n)
  if self.n == 0 then fail "set:batch: got a set of 0 images, wanted 1 or more" end
  if self.fresh then return self.fresh(stream, n) end
  return all_of(self, stream:integers({n}, 1, self.n))
end

-- each(n) -> an iterator over batches, images, factors, labels, of all images in order; the last
-- may be smaller than n
function Set:each(n)
  check.count("set:each", "n", n)
  local at = 0
  return function()
    if at == self.n then return nil end
    local first = at + 1
    at = math.min(at + n, self.n)
    return all_of(self, tensor.arange(first, at))
  end
end

-- a function that gives the next images of an epoch, some at a time, or nil
local function shuffled(self, stream)
  if self.block == 0 or self.block >= self.n then
    local order = stream:permutation(self.n)
    return function()
      local now = order
      order = nil
      return now
    end
  end
  local size = self.block
  local blocks, at = stream:permutation(math.ceil(self.n / size)):table(), 0
  return function()
    if at == #blocks then return nil end
    local parts = {}
    for i = at + 1, math.min(at + WINDOW, #blocks) do
      local first = math.tointeger(blocks[i] - 1) * size + 1
      parts[#parts + 1] = tensor.arange(first, math.min(first + size - 1, self.n))
    end
    at = math.min(at + WINDOW, #blocks)
    local window = op.concat(parts, 1)
    return op.take(window, stream:permutation(#window))
  end
end

-- epoch(stream, n) -> an iterator over batches, images, factors, labels, that together are all
-- images once in random order; a rest smaller than n is left out. The order of a set with blocks is
-- random within 32 of them at a time, so that a set beyond memory is not read image by image.
function Set:epoch(stream, n)
  check.count("epoch", "n", n)
  if n > self.n then
    fail("epoch: argument 'n': got %d, wanted at most %d, the images of the set", n, self.n)
  end
  local more, rest = shuffled(self, stream), tensor.zeros{0}
  return function()
    while #rest < n do
      local window = more()
      if not window then return nil end
      rest = #rest == 0 and window or op.concat({rest, window}, 1)
    end
    local index = ops.slice(rest, 1, 1, n)
    rest = ops.slice(rest, 1, n + 1, -1)
    return all_of(self, shard.rows(index))
  end
end

-- subset(index) -> the set of these images, in this order; it has no space, but factors and labels
-- as before. set.items has their numbers in the set that all was taken from.
function Set:subset(index)
  local part = setmetatable({}, Set)
  for name, value in pairs(self) do part[name] = value end
  part.items, part.n = numbers(self, "set:subset", index), #index
  part.space, part.fresh = nil, nil
  return part
end

-- split(shares [, stream]) -> a set for each share, with no image in two of them: shares of 1, or
-- integers, numbers of images. In order (of a film neighbours are alike); with a stream at random.
--
--   local train, test = data:split({0.9, 0.1}, stream)
function Set:split(shares, stream)
  local whole, total = true, 0
  for _, share in ipairs(check.numbers("set:split", "shares", shares)) do
    if share < 0 then check.wrong("set:split", "shares", share, "numbers of 0 or more") end
    whole, total = whole and math.type(share) == "integer", total + share
  end
  if total > (whole and self.n or 1 + 1e-9) then
    fail("set:split: got shares of %g together, wanted at most %d", total, whole and self.n or 1)
  end
  local order = stream and check.stream("set:split", "stream", stream):permutation(self.n)
    or tensor.arange(1, self.n)
  local parts, sum = {}, 0
  for i, share in ipairs(shares) do
    local first = whole and sum or math.floor(sum * self.n + 0.5)
    sum = sum + share
    local last = whole and sum or math.min(self.n, math.floor(sum * self.n + 0.5))
    parts[i] = self:subset(ops.slice(order, 1, first + 1, last))
  end
  return table.unpack(parts)
end

-- pairs(stream, n, options) -> images a, images b [n h w c], their numbers [n] and [n]. The first
-- of a pair is drawn from all images, the second, independently, from those that are like it, so
-- that it may be the same image. With `share` and `differ`, an image of a set without a grid that
-- is alone with what has to be the same is not drawn as the first; where that is more than half of
-- the images it is an error. Options, one of:
--   class   true: of the same class (Mathieu et al. 2016)
--   share   names of factors that have the same values in both
--   differ  k: all factors but k have the same values; which k is drawn for each pair (Locatello et
--           al. 2020). "any": k too, from 1..K-1
function Set:pairs(stream, n, given)
  local a, b = pairing.draw(self, stream, n, given)
  return self:images(a), self:images(b), a, b
end

-- print(set): its number, their shape, what is known of them
function Set.__tostring(self)
  local text = ("set of %d images"):format(self.n)
  if self.shape then text = ("%s [%s]"):format(text, table.concat(self.shape, " ")) end
  if self.space then
    text = text .. "; " .. tostring(self.space):gsub("^space of %d+ points", "factors")
  elseif self.factor_names then
    text = ("%s; factors: %s"):format(text, table.concat(self.factor_names, ", "))
  end
  return self.classes and ("%s; %d classes"):format(text, #self.classes) or text
end

check.methods("set", Set, {
  count = "", images = "index: tensor?", factors = "index: tensor?", labels = "index: tensor?",
  batch = "stream: stream, n: size", epoch = "stream: stream, n: any", each = "n: any",
  subset = "index: tensor", split = "shares: any, stream: any",
  pairs = "stream: stream, n: size, given: table",
}, "shape space factor_names classes key block fresh items")
check.functions("set.", set, {
  of_space = "space: table(sizes names), render: callable, key: callable?, shape: table?",
  new = "given: table", is = "value: any",
})

return set
