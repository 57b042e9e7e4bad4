-- Numbers to test with, the same on every machine: draw.any(2, 3) is a function that makes an
-- array of shape [2 3] (see spec/slow.lua) from a stream, and draw.stream(text) is a stream, a
-- function that gives numbers in 0..1.

local core = require "teasel.core"

local draw = {}

-- One linear congruential step for every number.
function draw.stream(text)
  local state = 0
  for i = 1, #text do state = state * 31 + text:byte(i) end
  return function()
    state = state * 6364136223846793005 + 1442695040888963407
    return (state >> 11) * 2.0 ^ -53
  end
end

-- The array of f(place) for every place.
function draw.fill(shape, f)
  local a, n = {shape = shape}, 1
  for _, size in ipairs(shape) do n = n * size end
  for i = 1, n do a[i] = f(i) end
  return a
end

local function nested(a, d, at)
  if d > #a.shape then return a[at], at + 1 end
  local list = {}
  for i = 1, a.shape[d] do list[i], at = nested(a, d + 1, at) end
  return list, at
end

-- The tensor of an array.
function draw.tensor(a)
  if #a == 0 then return core.tensor.zeros(a.shape) end
  return core.tensor.tensor((nested(a, 1, 1)))
end

local function source(f)
  return function(...)
    local shape = {...}
    return function(rand) return draw.fill(shape, function() return f(rand) end) end
  end
end

-- Numbers in lo..hi.
function draw.between(lo, hi)
  return source(function(rand) return lo + (hi - lo) * rand() end)
end

-- Numbers of either sign and a size in lo..hi: away from a kink at 0.
function draw.around(lo, hi)
  return source(function(rand) return (rand() < 0.5 and -1 or 1) * (lo + (hi - lo) * rand()) end)
end

-- Integers in lo..hi.
function draw.integers(lo, hi)
  return source(function(rand) return lo + math.floor((hi - lo + 1) * rand()) end)
end

draw.any = draw.between(-2, 2)

-- Numbers around 0 that are at least 0.1 apart, in random order: no ties.
function draw.apart(...)
  local shape = {...}
  return function(rand)
    local a = draw.fill(shape, function(i) return 0.1 * i end)
    for i = #a, 2, -1 do
      local j = 1 + math.floor(i * rand())
      a[i], a[j] = a[j], a[i]
    end
    for i = 1, #a do a[i] = a[i] - 0.05 * #a end
    return a
  end
end

-- Multiples of 0.1 in -2..2, moved by `shift`: between two shifts there are no ties.
function draw.steps(shift)
  return source(function(rand) return 0.1 * math.floor(-20 + 41 * rand()) + shift end)
end

-- Just these numbers.
function draw.given(shape, list)
  return function() return draw.fill(shape, function(i) return list[i] end) end
end

return draw
