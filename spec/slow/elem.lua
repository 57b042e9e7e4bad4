-- What the elementwise ops mean.

local array = require "spec.slow.array"

local slow = {}

-- f(items..., attributes) at every index
local function elementwise(f)
  return function(...)
    local arrays = {...}
    local with = table.remove(arrays)
    return array.build(array.common_shape(arrays), function(index)
      local items = {}
      for k, a in ipairs(arrays) do items[k] = array.item(a, index) end
      items[#items + 1] = with
      return f(table.unpack(items))
    end)
  end
end

-- e^u - 1 and log(1 + u) without loss near 0 (Kahan)

local function expm1(u)
  local e = math.exp(u)
  if e == 1 then return u end
  if e - 1 == -1 or e == math.huge then return e - 1 end
  return (e - 1) * u / math.log(e)
end

local function log1p(u)
  local v = 1 + u
  return v == 1 and u or math.log(v) * u / (v - 1)
end

local function tanh(u)
  if u > 20 then return 1 elseif u < -20 then return -1 end
  local e = expm1(2 * u)
  return e / (e + 2)
end

local function softplus(u) return (u > 0 and u or 0) + log1p(math.exp(-math.abs(u))) end

local function sign(u) return u > 0 and 1 or u < 0 and -1 or u end

local function truth(b) return b and 1 or 0 end

slow.neg = elementwise(function(u) return -u end)
slow.exp = elementwise(math.exp)
slow.log = elementwise(function(u) return math.log(u) end)
slow.sqrt = elementwise(math.sqrt)
slow.sin = elementwise(math.sin)
slow.cos = elementwise(math.cos)
slow.tanh = elementwise(tanh)
slow.sigmoid = elementwise(function(u) return 1 / (1 + math.exp(-u)) end)
slow.softplus = elementwise(softplus)
slow.relu = elementwise(function(u) return u < 0 and 0 or u end)
slow.leaky_relu = elementwise(function(u, with) return u < 0 and (with.slope or 0.01) * u or u end)
slow.elu = elementwise(function(u, with) return u < 0 and (with.alpha or 1) * expm1(u) or u end)
slow.abs = elementwise(math.abs)
slow.sign = elementwise(sign)
slow.step = elementwise(function(u) return truth(u > 0) end)
slow.square = elementwise(function(u) return u * u end)
-- of infinity u % 1 is NaN
local function floor(u) return math.abs(u) == math.huge and u or u - u % 1 end

slow.floor = elementwise(floor)
slow.ceil = elementwise(function(u) return -floor(-u) end)
slow.round = elementwise(function(u)
  local part = u % 1
  if part ~= part then return u end
  local below = u - part
  if part == 0.5 then return below + below % 2 end
  return part < 0.5 and below or below + 1
end)
slow.clip = elementwise(function(u, with)
  return u < with.lo and with.lo or u > with.hi and with.hi or u
end)
slow.affine = elementwise(function(u, with) return with.a * u + with.b end)

slow.add = elementwise(function(u, v) return u + v end)
slow.sub = elementwise(function(u, v) return u - v end)
slow.mul = elementwise(function(u, v) return u * v end)
slow.div = elementwise(function(u, v) return u / v end)
slow.pow = elementwise(function(u, v) return u ^ v end)
slow.maximum = elementwise(function(u, v) return (u >= v or u ~= u) and u or v end)
slow.minimum = elementwise(function(u, v) return (u <= v or u ~= u) and u or v end)
slow.eq = elementwise(function(u, v) return truth(u == v) end)
slow.ne = elementwise(function(u, v) return truth(u ~= v) end)
slow.lt = elementwise(function(u, v) return truth(u < v) end)
slow.le = elementwise(function(u, v) return truth(u <= v) end)
slow.gt = elementwise(function(u, v) return truth(u > v) end)
slow.ge = elementwise(function(u, v) return truth(u >= v) end)
slow.where = elementwise(function(c, u, v) return c ~= 0 and u or v end)

-- -(x log p + (1 - x) log(1 - p)) with p = sigmoid(u)
slow.bernoulli_nll = elementwise(function(x, u)
  return x * softplus(-u) + (1 - x) * softplus(u)
end)

slow.gaussian_nll = elementwise(function(x, mean, logvar)
  return 0.5 * (math.log(2 * math.pi) + logvar + (x - mean) ^ 2 / math.exp(logvar))
end)

slow.gaussian_kl = elementwise(function(mean, logvar)
  return 0.5 * (mean * mean + expm1(logvar) - logvar)
end)

return slow
