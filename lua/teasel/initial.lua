-- Initialisers: functions (stream, shape, fan_in, fan_out) -> tensor.
-- Each is made by a function of its own, as in nn.linear(2, 3, {init = nn.init.he_normal()}).

local check = require "teasel.lib.check"
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

-- glorot_uniform() -> U(-b, b), b = sqrt(6 / (fan_in + fan_out))   Glorot & Bengio 2010, eq. 16
function init.glorot_uniform() return uniform(function(i, o) return math.sqrt(6 / (i + o)) end) end
-- glorot_normal() -> N(0, 2 / (fan_in + fan_out))                 Glorot & Bengio 2010
function init.glorot_normal() return gaussian(function(i, o) return math.sqrt(2 / (i + o)) end) end
-- he_uniform() -> U(-b, b), b = sqrt(6 / fan_in)                  He et al. 2015, eq. 10
function init.he_uniform() return uniform(function(i) return math.sqrt(6 / i) end) end
-- he_normal() -> N(0, 2 / fan_in)                                 He et al. 2015, eq. 10
function init.he_normal() return gaussian(function(i) return math.sqrt(2 / i) end) end
-- classic() -> U(-b, b), b = 1 / sqrt(fan_in)   LeCun et al. 1998; the default of PyTorch
function init.classic() return uniform(function(i) return 1 / math.sqrt(i) end) end

-- normal(sd, mean) -> N(mean, sd^2), mean 0 by default; DCGAN has sd 0.02
function init.normal(sd, mean)
  return function(stream, shape) return stream:normal(shape, mean or 0, sd) end
end

-- truncated(sd) -> N(0, sd^2), drawn again where it is beyond 2 sd, as in TensorFlow
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

-- orthogonal(gain) -> orthonormal rows or columns, times gain (1)   Saxe et al. 2014
-- The weights are a matrix with all axes but the last as rows; U V' of the singular value
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

-- constant(v) -> v everywhere
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
  init[name] = check.maker("init." .. name, make, "stream: stream, shape: table" .. fans)
end

return init
