-- What the pooling ops mean. Padding takes no part: a window is what of it lies in the image.

local array = require "spec.slow.array"
local window = require "spec.slow.window"

local slow = {}

-- calls f(index in the small image, list of the indices of its window in the large one) for images
-- of these shapes
local function each_window(large, small, with, f)
  local kh, kw = array.pair(with.kernel)
  local high, wide = window.places(with, large[2], large[3], kh, kw)
  array.build(small, function(index)
    local n, p, q, c = table.unpack(index)
    local inside = {}
    array.build({kh, kw}, function(tap)
      local i, j = window.at(high, p, tap[1], large[2]), window.at(wide, q, tap[2], large[3])
      if i and j then inside[#inside + 1] = {n, i, j, c} end
    end)
    f(index, inside)
  end)
end

local function narrowed(x, with)
  local kh, kw = array.pair(with.kernel)
  local high, wide = window.places(with, x[2], x[3], kh, kw)
  return array.zeros {x[1], window.count(high, x[2], kh), window.count(wide, x[3], kw), x[4]}
end

local function widened(y, with)
  local kh, kw = array.pair(with.kernel)
  local h, w = array.pair(with.size)
  local high, wide = window.places(with, h, w, kh, kw)
  return array.zeros {
    y[1], h or window.extent(high, y[2], kh), w or window.extent(wide, y[3], kw), y[4]
  }
end

function slow.sum_pool(x, with)
  local y = narrowed(x.shape, with)
  each_window(x.shape, y.shape, with, function(index, inside)
    for _, at in ipairs(inside) do array.add_to(y, index, array.item(x, at)) end
  end)
  return y
end

function slow.spread(y, with)
  local x = widened(y.shape, with)
  each_window(x.shape, y.shape, with, function(index, inside)
    for _, at in ipairs(inside) do array.add_to(x, at, array.item(y, index)) end
  end)
  return x
end

function slow.pool_which(x, with)
  local y = narrowed(x.shape, with)
  each_window(x.shape, y.shape, with, function(index, inside)
    local best = 1
    for k, at in ipairs(inside) do
      if array.item(x, at) > array.item(x, inside[best]) then best = k end
    end
    array.add_to(y, index, best)
  end)
  return y
end

function slow.pool_take(x, which, with)
  local y = narrowed(x.shape, with)
  each_window(x.shape, y.shape, with, function(index, inside)
    array.add_to(y, index, array.item(x, inside[array.item(which, index)]))
  end)
  return y
end

function slow.pool_put(y, which, with)
  local x = widened(y.shape, with)
  each_window(x.shape, y.shape, with, function(index, inside)
    array.add_to(x, inside[array.item(which, index)], array.item(y, index))
  end)
  return x
end

return slow
