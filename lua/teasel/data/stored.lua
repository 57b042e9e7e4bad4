-- A drawn set whose images are drawn once and then come from the cache (see teasel.data.cache):
-- what takes a tenth of a millisecond an image is more than a small network's training step. Where
-- a run is opened, not trained, only what is asked for is drawn.
--
--   local data = assert(T.data.stored(T.data.portraits{size = 32}, "portraits32"))

local cache = require "teasel.data.cache"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local opening = require "teasel.lib.opening"
local set = require "teasel.data.set"
local space = require "teasel.data.space"

local tensor = core.tensor

local MOST, DRAWN = 1 << 20, 256   -- images; that are drawn at a time

-- the key of a set, and of the levels that it has of a larger space
local function key_of(given, s, n)
  local key = "stored\n" .. given.key()
  if not (s and s.whole) then return key end
  return key .. "\n" .. core.file.sha256(s:origin(tensor.arange(1, n)):data())
end

-- stored(set, name) -> the same set with images of 256 levels, which the cache calls `name`; nil
-- and a message where they cannot be kept. The set has a key, is not made by set:subset or
-- set:split, and has less than 2^20 images; else it is an error, as are points instead of images.
-- Levels that were chosen of a drawn set's factors are all that the new set's space has.
local function stored(given, name)
  local n, s = given:count(), given.space
  if not given.key or given.items or n >= MOST then
    fail("stored: got %s, wanted a whole set with a key, of less than %d images",
      given.items and "a part of a set" or not given.key and "a set without a key"
      or ("%d images"):format(n), MOST)
  end
  if #given.shape ~= 3 then
    fail("stored: got a set of the shape [%s], wanted images, {h, w, c}", table.concat(given.shape,
      " "))
  end
  local key = key_of(given, s, n)
  if s and s.whole then
    s = space{names = s.names, sizes = s.sizes, values = s.values, labels = s.labels}
  end
  local function draw(index) return given:images(index):bytes() end
  local function slab(first, last)
    local parts = {}
    for from = first, last, DRAWN do
      parts[#parts + 1] = draw(tensor.arange(from, math.min(from + DRAWN - 1, last))):string()
    end
    return table.concat(parts)
  end
  local rows, message = cache.kept(name, key), nil
  if not rows and #opening == 0 then
    rows, message = cache.keep{name = name, key = key, count = n, shape = given.shape, slab = slab}
    if not rows then return nil, message end
  end
  return set.new{count = n, shape = given.shape, space = s,
    images = function(index) return rows and rows:take(index) or draw(index):take() end,
    factor_names = not s and given.factor_names or nil,
    factors = not s and given.factor_names
      and function(index) return given:factors(index) end or nil,
    labels = given.classes and function(index) return given:labels(index) end,
    classes = given.classes, key = function() return key end,
    block = cache.block(n, given.shape)}
end

return check.called("stored", stored, "given: set, name: string")
