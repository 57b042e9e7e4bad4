-- What the products mean: matmul and the convolution family.

local array = require "spec.slow.array"
local window = require "spec.slow.window"

local slow = {}

function slow.matmul(a, b, with)
  local na, nb = #a.shape, #b.shape
  local outer = array.common_shape {
    {shape = array.copy(a.shape, na - 2)}, {shape = array.copy(b.shape, nb - 2)}
  }
  local n = #outer
  -- entry i, j of the matrix of t, transposed or not, that belongs to an index of the result
  local function entry(t, index, i, j, transposed)
    local at = array.copy(index, n)
    at[n + 1], at[n + 2] = i, j
    if transposed then at[n + 1], at[n + 2] = j, i end
    return array.item(t, at)
  end
  local inner = a.shape[with.ta and na - 1 or na]
  local shape = array.copy(outer)
  shape[n + 1], shape[n + 2] = a.shape[with.ta and na or na - 1], b.shape[with.tb and nb - 1 or nb]
  return array.build(shape, function(index)
    local s = 0
    for k = 1, inner do
      s = s + entry(a, index, index[n + 1], k, with.ta) * entry(b, index, k, index[n + 2], with.tb)
    end
    return s
  end)
end

-- calls f(x's index, w's index, y's index) for every product in the convolution
--   y[n i j o] = sum over a, b, c of x[n, i stride - pad + a, j stride - pad + b, c] w[a b c o]
-- of arrays of these shapes
local function each_product(x, w, y, high, wide, f)
  array.build(y, function(at)
    local n, p, q, o = table.unpack(at)
    array.build(array.copy(w, 3), function(tap)
      local a, b, c = table.unpack(tap)
      local i, j = window.at(high, p, a, x[2]), window.at(wide, q, b, x[3])
      if i and j then f({n, i, j, c}, {a, b, c, o}, at) end
    end)
  end)
end

function slow.conv(x, w, with)
  local kh, kw = w.shape[1], w.shape[2]
  local high, wide = window.places(with, x.shape[2], x.shape[3], kh, kw)
  local y = array.zeros {
    x.shape[1], window.count(high, x.shape[2], kh), window.count(wide, x.shape[3], kw), w.shape[4]
  }
  each_product(x.shape, w.shape, y.shape, high, wide, function(ix, iw, iy)
    array.add_to(y, iy, array.item(x, ix) * array.item(w, iw))
  end)
  return y
end

function slow.conv_x(y, w, with)
  local kh, kw = w.shape[1], w.shape[2]
  local h, v = array.pair(with.size)
  if h == nil and with.pad == "same" then
    local sh, sw = array.pair(with.stride or 1)
    h, v = y.shape[2] * sh, y.shape[3] * sw
  end
  local high, wide = window.places(with, h, v, kh, kw)
  h = h or window.extent(high, y.shape[2], kh)
  v = v or window.extent(wide, y.shape[3], kw)
  local x = array.zeros {y.shape[1], h, v, w.shape[3]}
  each_product(x.shape, w.shape, y.shape, high, wide, function(ix, iw, iy)
    array.add_to(x, ix, array.item(y, iy) * array.item(w, iw))
  end)
  return x
end

function slow.conv_w(x, y, with)
  local kh, kw = array.pair(with.size)
  local high, wide = window.places(with, x.shape[2], x.shape[3], kh, kw)
  local w = array.zeros {kh, kw, x.shape[4], y.shape[4]}
  each_product(x.shape, w.shape, y.shape, high, wide, function(ix, iw, iy)
    array.add_to(w, iw, array.item(x, ix) * array.item(y, iy))
  end)
  return w
end

return slow
