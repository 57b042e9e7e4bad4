-- What the fused layers mean: compositions of the references of their parts.

local elem = require "spec.slow.elem"
local prod = require "spec.slow.prod"
local reduce = require "spec.slow.reduce"

local slow = {}

local function rectified(y, with) return elem.leaky_relu(y, {slope = with.slope or 1}) end

function slow.linear(x, w, bias, with)
  return rectified(elem.add(prod.matmul(x, w, {}), bias, {}), with)
end

function slow.conv_bias(x, w, bias, with)
  return rectified(elem.add(prod.conv(x, w, with), bias, {}), with)
end

function slow.deconv_bias(y, w, bias, with)
  return rectified(elem.add(prod.conv_x(y, w, with), bias, {}), with)
end

function slow.gate(g, y, with)
  local z, slope = {shape = g.shape}, with.slope or 0
  for i, v in ipairs(g) do z[i] = y[i] > 0 and v or slope == 0 and 0 or slope * v end
  return z
end

function slow.lincomb(x, y, with)
  return elem.add(elem.affine(x, {a = with.a, b = 0}), elem.affine(y, {a = with.b, b = 0}), {})
end

function slow.over_root(u, v, with)
  local root = elem.sqrt(elem.affine(v, {a = with.a or 1, b = 0}), {})
  return elem.div(u, elem.affine(root, {a = 1, b = with.b or 0}), {})
end

-- means over axes, which are kept
local function mean(x, axes)
  local s = reduce.sum(x, {axes = axes, keep = true})
  return elem.affine(s, {a = #s / #x, b = 0})
end

function slow.normalize_dot(x, g, with)
  return reduce.sum(elem.mul(g, reduce.normalize(x, with), {}), {axes = with.axes, keep = true})
end

-- 1 / sqrt(var + eps) (g - mean(g) - y mean(g y))
function slow.normalize_x(x, g, with)
  if #x == 0 then return x end
  local axes, y = with.axes, reduce.normalize(x, with)
  local var = mean(elem.square(elem.sub(x, mean(x, axes), {}), {}), axes)
  local along = elem.mul(y, mean(elem.mul(g, y, {}), axes), {})
  local left = elem.sub(elem.sub(g, mean(g, axes), {}), along, {})
  return elem.div(left, elem.sqrt(elem.affine(var, {a = 1, b = with.eps or 1e-5}), {}), {})
end

function slow.batch_norm(x, scale, shift, with)
  local axes = {}
  for d = 1, #x.shape - 1 do axes[d] = d end
  local y = reduce.normalize(x, {axes = axes, eps = with.eps})
  return rectified(elem.add(elem.mul(y, scale, {}), shift, {}), with)
end

return slow
