local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near = expect.near
local nn, init = T.nn, T.nn.init

local SHAPE, IN, OUT = {200, 300}, 200, 300
local N = 200 * 300

local function draw(initialiser) return initialiser(T.stream(1), SHAPE, IN, OUT) end

describe("a uniform initialiser", function()
  local bounds = {
    glorot_uniform = math.sqrt(6 / (IN + OUT)),
    he_uniform = math.sqrt(6 / IN),
    classic = 1 / math.sqrt(IN),
  }

  for _, name in ipairs(T.tree.keys(bounds)) do
    local b = bounds[name]
    it(("%s fills its bounds evenly"):format(name), function()
      local x = draw(init[name]()) / b
      assert.are.same(SHAPE, x:shape())
      assert.is_true(x:abs():max():item() <= 1)
      assert.is_true(x:max():item() > 0.999 and x:min():item() < -0.999)
      near(x:mean(), 0, 4 * math.sqrt(1 / 3 / N))
      near(x:var(), 1 / 3, 4 * math.sqrt(4 / 45 / N))
    end)
  end
end)

describe("a normal initialiser", function()
  local deviations = {
    glorot_normal = {init.glorot_normal(), math.sqrt(2 / (IN + OUT))},
    he_normal = {init.he_normal(), math.sqrt(2 / IN)},
    normal = {init.normal(0.02), 0.02},
  }

  for _, name in ipairs(T.tree.keys(deviations)) do
    local case = deviations[name]
    it(("%s has its deviation, and mean 0"):format(name), function()
      local x = draw(case[1]) / case[2]
      assert.are.same(SHAPE, x:shape())
      near(x:mean(), 0, 4 / math.sqrt(N))
      near(x:var(), 1, 4 * math.sqrt(2 / N))
      near(x:square():square():mean(), 3, 4 / 3 * math.sqrt(96 / N))
    end)
  end

  it("normal has the mean asked for", function()
    near(draw(init.normal(0.02, 1)):mean(), 1, 4 * 0.02 / math.sqrt(N))
  end)

  it("truncated is redrawn beyond two deviations, never cut off there", function()
    local x = draw(init.truncated(0.1)) / 0.1
    assert.are.same(SHAPE, x:shape())
    assert.is_true(x:abs():max():item() <= 2 + 1e-5)
    -- of the normal distribution within two deviations
    local inside = 0.954499736103642
    local variance = 1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / inside
    near(x:mean(), 0, 4 * math.sqrt(variance / N))
    near(x:var(), variance, 4 * math.sqrt(2 / N))
    near(x:gt(1.9):mean(), 0.0059666 / inside, 4 * math.sqrt(0.006 / N))
  end)
end)

describe("orthogonal", function()
  local TOLERANCE = core.double and 1e-13 or 1e-6

  it("gives orthonormal columns, or rows where there are more of those", function()
    local draw_one = init.orthogonal()
    local tall, wide = draw_one(T.stream(1), {7, 4}), draw_one(T.stream(1), {4, 7})
    near(T.matmul(tall, tall, {ta = true}), T.eye(4), TOLERANCE)
    near(T.matmul(wide, wide, {tb = true}), T.eye(4), TOLERANCE)
  end)

  it("takes all axes of a kernel but the last as rows", function()
    local w = init.orthogonal()(T.stream(1), {3, 3, 8, 16})
    assert.are.same({3, 3, 8, 16}, w:shape())
    w = w:reshape{72, 16}
    near(T.matmul(w, w, {ta = true}), T.eye(16), TOLERANCE)
  end)

  it("is scaled by its gain", function()
    near(init.orthogonal(3)(T.stream(1), {5, 5}), init.orthogonal()(T.stream(1), {5, 5}) * 3)
  end)

  it("favours no direction", function()
    local s, sum = T.stream(1), T.zeros{3, 3}
    for _ = 1, 400 do sum = sum + init.orthogonal()(s, {3, 3}) end
    near(sum / 400, T.zeros{3, 3}, 4 * math.sqrt(1 / 3 / 400))
  end)
end)

describe("constant", function()
  it("is one number everywhere", function()
    near(init.constant(0.5)(T.stream(1), {2, 2}), {{0.5, 0.5}, {0.5, 0.5}}, 0)
  end)
end)

describe("a layer", function()
  it("tells its initialiser stream, shape and fans", function()
    local cases = {
      {nn.linear, 20, 30, {}, {20, 30}, 20, 30},
      {nn.conv, 3, 8, {kernel = {4, 5}}, {4, 5, 3, 8}, 60, 160},
      {nn.deconv, 3, 8, {kernel = {4, 5}}, {4, 5, 8, 3}, 60, 160},
    }
    for _, case in ipairs(cases) do
      local make, n_in, n_out, given, shape, fan_in, fan_out = table.unpack(case)
      local told
      given.init = function(...)
        told = {...}
        return T.zeros(told[2])
      end
      local stream = T.stream(5)
      make(n_in, n_out, given):init(stream)
      assert.are.same({stream, shape, fan_in, fan_out}, told)
    end
  end)

  it("begins as glorot_uniform where nothing is said", function()
    near(nn.linear(20, 30):init(T.stream(1)).weight,
      init.glorot_uniform()(T.stream(1), {20, 30}, 20, 30), 0)
    near(nn.conv(3, 8, {kernel = 4}):init(T.stream(1)).weight,
      init.glorot_uniform()(T.stream(1), {4, 4, 3, 8}, 48, 128), 0)
  end)
end)
