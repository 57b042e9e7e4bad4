-- Windows over images [n h w c]: how kernel, stride and padding place them. Height and width are
-- each described by {stride =, before =, after =}.

local array = require "spec.slow.array"

local window = {}

-- "same" padding of n items: one window for every stride, the odd zero after
local function same(n, k, stride)
  local total = math.max((math.ceil(n / stride) - 1) * stride + k - n, 0)
  return total // 2, total - total // 2
end

-- Height and width of images of h x w under kernels of kh x kw, from the attributes.
function window.places(with, h, w, kh, kw)
  local sh, sw = array.pair(with.stride or 1)
  local pad = with.pad or 0
  local top, bottom, left, right
  if pad == "same" then
    top, bottom = same(h, kh, sh)
    left, right = same(w, kw, sw)
  elseif type(pad) == "number" then
    top, bottom, left, right = pad, pad, pad, pad
  elseif #pad == 2 then
    top, bottom, left, right = pad[1], pad[1], pad[2], pad[2]
  else
    top, bottom, left, right = table.unpack(pad)
  end
  return {stride = sh, before = top, after = bottom}, {stride = sw, before = left, after = right}
end

-- How many windows of k items there are in n.
function window.count(g, n, k)
  return math.max((n + g.before + g.after - k) // g.stride + 1, 0)
end

-- The least n with m windows of k items.
function window.extent(g, m, k)
  return m > 0 and math.max((m - 1) * g.stride + k - g.before - g.after, 0) or 0
end

-- Where item a of window p lies, or nil if in the padding of n items.
function window.at(g, p, a, n)
  local i = (p - 1) * g.stride - g.before + a
  if i >= 1 and i <= n then return i end
end

return window
