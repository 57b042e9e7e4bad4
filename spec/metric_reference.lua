-- The reference values of the metrics, and the representations of dSprites they belong to:
--   local reference = require "spec.metric_reference"
--   reference.case "dsprites_b_rotated" -> {scores, metrics, timing ...}; nil: there are none
--   reference.array(name, "mus_train") -> a tensor
--   reference.grid(name) -> codes [737280 D], factors [737280 5] of all points

local core = require "teasel.core"
local find = require "teasel.data.find"
local json = require "dkjson"
local space = require "teasel.data.space"

local reference = {names = {"dsprites_a_perfect", "dsprites_b_rotated", "dsprites_c_mixed"}}

local all

local function path(name) return (find("../reference/metrics/" .. name)) end

function reference.all()
  if not all and path "reference.json" then
    local file <close> = assert(io.open(path "reference.json"))
    all = json.decode(file:read "a")
  end
  return all
end

function reference.case(name) return reference.all() and reference.all().cases[name] end

local FORMAT = {float32 = "f", float64 = "d", uint8 = "B", int64 = "i8"}

function reference.array(name, array)
  local file = path(name .. ".h5")
  local bytes, kind, shape = assert(core.file.import_read(file, array,
    {type = core.double and "float64" or "float32"}))
  assert(kind == (core.double and "float64" or "float32"), FORMAT[kind])
  local t = core.tensor.zeros(shape)
  core.tensor.assign(t, bytes)
  return t
end

-- the pseudo-noise N_c of all points: sums of four uniform numbers from an integer hash
local function noise(index, c)
  local t = 0
  for r = 0, 3 do
    local x = (64 * index + 4 * c + r) & 0xffffffff
    x = x ~ x >> 16
    x = x * 0x7feb352d & 0xffffffff
    x = x ~ x >> 15
    x = x * 0x846ca68b & 0xffffffff
    x = x ~ x >> 16
    t = t + (x + 0.5) / 4294967296
  end
  return 1.7320508075688772 * (t - 2)
end

local SIGMA = {a = {0.01, 0.02, 0.04, 0.1, 0.5}, c = {0.02, 0.02, 0.02, 0.3, 0.3}}

local function code(kind, s, index, rotation)
  local z = {}
  for k = 1, 5 do
    z[k] = s[k]
    if kind == "b" then
      z[k] = 0
      for j = 1, 5 do z[k] = z[k] + rotation[k][j] * s[j] end
    end
  end
  if kind == "c" then z[3] = 0.6 * s[3] + 0.4 * s[4] end
  for j, sigma in ipairs(SIGMA[kind] or {}) do z[5 + j] = sigma * noise(index, j - 1) end
  return z
end

function reference.grid(name)
  local kind = name:match "_(%l)_"
  local sizes = {3, 6, 40, 32, 32}
  local rotation = reference.all().meta.rotation["5"]
  local rows, pack = {}, {}
  local index = 0
  local format = (core.double and "d" or "f"):rep(kind == "b" and 5 or 10)
  local function walk(k, s)
    if k > 5 then
      pack[#pack + 1] = format:pack(table.unpack(code(kind, s, index, rotation)))
      index = index + 1
      return
    end
    for f = 0, sizes[k] - 1 do
      s[k] = 2 * f / (sizes[k] - 1) - 1
      walk(k + 1, s)
    end
    if k == 3 then rows[#rows + 1], pack = table.concat(pack), {} end
  end
  walk(1, {})
  local codes = core.tensor.zeros{index, kind == "b" and 5 or 10}
  core.tensor.assign(codes, table.concat(rows))
  return codes, space{names = {"shape", "scale", "orientation", "posX", "posY"}, sizes = sizes}
    :enumerate()
end

return reference
