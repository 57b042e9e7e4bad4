-- The functions of csrc/kernel/kern_math.h against the C library in double precision, in units in
-- the last place, over numbers spread evenly over the bits of a float: every exponent, both signs,
-- numbers below the smallest normal one (which count as 0, see csrc/base/flush.h), infinities and
-- NaN.

local T = require "teasel"
local core = require "teasel.core"

local STEP = 52813   -- from one bit pattern to the next; an odd number reaches all low bits
local INFINITE = 0x1.ffffffp127   -- above this, numbers round to infinity
local NORMAL = 0x1p-126           -- below this, numbers count as 0

-- bits of floats to try: all over, and densely where results are neither 0 nor 1
local function inputs()
  local list = {}
  local function add(bits)
    list[#list + 1] = (string.unpack("<f", (string.pack("<I4", bits & 0xffffffff))))
  end
  for bits = 0, 0xffffffff, STEP do add(bits) end
  for sign = 0, 0x80000000, 0x80000000 do
    for bits = 0x3a000000, 0x43000000, 8053 do add(sign | bits) end       -- 2^-11 .. 128
    for _, bits in ipairs{0, 1, 2, 3, 0x7fffff, 0x800000, 0x800001, 0x3effffff, 0x3f000000,
        0x3f000001, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x7f7fffff, 0x7f800000, 0x7fc00000} do
      add(sign | bits)
    end
  end
  return list
end

-- the unit in the last place of the float nearest to y
local function unit(y)
  local bits = string.unpack("<I4", (string.pack("<f", y)))
  return 2.0 ^ (math.max(bits >> 23 & 255, 1) - 150)
end

local function expm1(x)
  if math.abs(x) > 1e-3 then return math.exp(x) - 1 end
  return x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4)))
end

local function log1p(x)
  local u = 1 + x
  return u == 1 and x or math.log(u) * x / (u - 1)
end

local references = {
  exp = math.exp,
  log = function(x) return x < 0 and 0 / 0 or math.log(x) end,
  tanh = function(x)
    if math.abs(x) > 20 then return x > 0 and 1 or -1 end
    local e = expm1(2 * x)
    return e / (e + 2)
  end,
  sigmoid = function(x)
    if x >= 0 then return 1 / (1 + math.exp(-x)) end
    local e = math.exp(x)
    return e / (1 + e)
  end,
  softplus = function(x) return math.max(x, 0) + log1p(math.exp(-math.abs(x))) end,
  elu = function(x) return x < 0 and expm1(x) or x end,
}

local function flushed(x) return math.abs(x) < NORMAL and x * 0 or x end

-- Whether y is within two units in the last place of the reference r of x.
local function is_right(x, y, r)
  if x ~= x or r ~= r then return y ~= y end
  if math.abs(r) > INFINITE then return y == (r > 0 and math.huge or -math.huge) end
  if math.abs(y) < NORMAL and y ~= 0 then return y == x end   -- only passed on
  if y == 0 and math.abs(r) < NORMAL then return true end
  local off = math.abs(y - r)
  return off <= 2.0 ^ -23 * math.abs(r) or off <= 2 * unit(r)
end

local function at_every_level(f)
  for _, level in ipairs{1, 3, 4} do f(core.kernels(level)) end
  core.kernels(0)
end

if core.double then
  describe("in the double build", function()
    for _, name in ipairs(T.tree.keys(references)) do
      local reference = references[name]
      it(name .. " is the C library's", function()
        for x = -30, 30, 0.37 do
          local got, wanted = T[name](x):item(), reference(x)
          assert(got == wanted or got ~= got and wanted ~= wanted
            or math.abs(got - wanted) <= 1e-12 * math.abs(wanted), ("%g: %.17g"):format(x, got))
        end
      end)
    end
  end)
else
  describe("in floats", function()
    local x = inputs()
    local tensor = T.tensor(x)

    for _, name in ipairs(T.tree.keys(references)) do
      local reference = references[name]
      it(name .. " is right within 2 units in the last place", function()
        local y = T[name](tensor):table()
        for i, v in ipairs(x) do
          local r = reference(flushed(v))
          if not is_right(v, y[i], r) then
            error(("%s(%.9g): got %.9g, wanted %.9g"):format(name, v, y[i], r))
          end
        end
      end)
    end

    it("the inputs reach every exponent of either sign", function()
      local seen, count = {}, 0
      for _, v in ipairs(x) do
        local top = string.unpack("<I4", (string.pack("<f", v))) >> 23
        if not seen[top] then seen[top], count = true, count + 1 end
      end
      assert.are.equal(512, count)
    end)

    it("all sets of kernels give the same bits", function()
      local names = {"cos", "sin", "sqrt"}
      for name in pairs(references) do names[#names + 1] = name end
      local first = {}
      at_every_level(function(kernels)
        for _, name in ipairs(names) do
          local data = T[name](tensor):data()
          first[name] = first[name] or data
          assert(data == first[name], ("%s differs with the %s kernels"):format(name, kernels))
        end
      end)
    end)
  end)
end

describe("reductions", function()
  it("have the same bits with all sets of kernels", function()
    local x = T.stream(1, "reductions"):normal{50, 333}
    local first
    at_every_level(function(kernels)
      local data = ""
      for _, name in ipairs{"sum", "max", "logsumexp", "softmax", "log_softmax", "normalize"} do
        for axis = 1, 2 do data = data .. T[name](x, axis):data() end
      end
      first = first or data
      assert(data == first, "the bits differ with the " .. kernels .. " kernels")
    end)
  end)
end)
