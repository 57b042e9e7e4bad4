-- Initialisers: functions (stream, shape, fan_in, fan_out) -> tensor.
--
--   glorot_uniform()   U(-b, b), b = sqrt(6 / (fan_in + fan_out))   Glorot & Bengio 2010, eq. 16
--   glorot_normal()    N(0, 2 / (fan_in + fan_out))                 Glorot & Bengio 2010
--   he_uniform()       U(-b, b), b = sqrt(6 / fan_in)               He et al. 2015, eq. 10
--   he_normal()        N(0, 2 / fan_in)                             He et al. 2015, eq. 10
--   classic()          U(-b, b), b = 1 / sqrt(fan_in)               LeCun et al. 1998; PyTorch's
--   normal(sd, mean)   N(mean, sd^2)                                DCGAN: sd 0.02
--   truncated(sd)      N(0, sd^2), redrawn beyond 2 sd              TensorFlow's
--   orthogonal(gain)   orthonormal rows or columns, times gain      Saxe et al. 2014
--   constant(v)        v everywhere

local check = require "teasel.check"
local core = require "teasel.core"

local op, tensor, linalg = core.op, core.tensor, core.linalg
local init = {}

local function uniform(bound)
  return function(stream, shape, fan_in, fan_out)
    local b = bound(fan_in, fan_out)
    return stream:uniform(shape, -b, b)
  end
end

local function gaussian(sd)
  return function(stream, shape, fan_in, fan_out)
    return stream:normal(shape, 0, sd(fan_in, fan_out))
  end
end

function init.glorot_uniform() return uniform(function(i, o) return math.sqrt(6 / (i + o)) end) end
function init.glorot_normal() return gaussian(function(i, o) return math.sqrt(2 / (i + o)) end) end
function init.he_uniform() return uniform(function(i) return math.sqrt(6 / i) end) end
function init.he_normal() return gaussian(function(i) return math.sqrt(2 / i) end) end
function init.classic() return uniform(function(i) return 1 / math.sqrt(i) end) end

function init.normal(sd, mean)
  return function(stream, shape) return stream:normal(shape, mean or 0, sd) end
end

function init.truncated(sd)
  return function(stream, shape)
    local x = stream:normal(shape)
    local outside = op.gt(op.abs(x), 2)
    while op.sum(outside):item() > 0 do
      x = op.where(outside, stream:normal(shape), x)
      outside = op.gt(op.abs(x), 2)
    end
    return x * sd
  end
end

-- The weights as a matrix with all axes but the last as rows; U V' of the singular value
-- decomposition of a Gaussian matrix is distributed uniformly among the orthogonal ones.
function init.orthogonal(gain)
  return function(stream, shape)
    local columns = shape[#shape]
    local rows = 1
    for d = 1, #shape - 1 do rows = rows * shape[d] end
    local u, _, vt = linalg.svd(stream:normal{rows, columns})
    return op.reshape(op.matmul(u, vt) * (gain or 1), shape)
  end
end

function init.constant(v)
  return function(_, shape) return tensor.full(shape, v) end
end

check.functions("init.", init, {
  normal = "sd: number, mean: number?", truncated = "sd: number", orthogonal = "gain: number?",
  constant = "v: number",
})

-- what they make is checked when it is called, as a layer's option or by hand
for name, make in pairs(init) do
  local fans = name:find "^glorot" and ", fan_in: number, fan_out: number"
    or (name:find "^he" or name == "classic") and ", fan_in: number" or ""
  init[name] = function(...)
    return check.called("init." .. name, make(...), "stream: stream, shape: table" .. fans)
  end
end

return init
