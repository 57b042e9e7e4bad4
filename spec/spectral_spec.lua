-- Spectral norm (Miyato et al. 2018) against the singular value decomposition.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused
local nn = T.nn

local LOOSE = core.double and 1e-9 or 1e-4

-- the layer's weight and its greatest singular value, by the decomposition
local function greatest(weight)
  local shape = weight:shape()
  local matrix = weight:reshape{-1, shape[#shape]}
  local _, s = T.svd(matrix)
  return s[1]:item()
end

-- weights around 1 have one singular value far above the others, to which few passes lead
local AROUND_1 = nn.init.normal(0.2, 1)

-- A layer, with its statistics after some passes in training.
local function settled(inner, x)
  local layer = nn.spectral(inner)
  local params, stats = layer:init(T.stream(1))
  for _ = 1, 20 do layer(params, x, {train = true, stats = stats}) end
  return layer, params, stats
end

describe("spectral norm", function()
  local CASES = {
    {"linear", nn.linear(5, 7, {init = AROUND_1}), {3, 5}},
    {"conv", nn.conv(2, 3, {kernel = 3, pad = 1, init = AROUND_1}), {2, 4, 4, 2}},
    {"deconv", nn.deconv(3, 2, {kernel = 4, stride = 2, pad = 1, init = AROUND_1}),
      {2, 4, 4, 3}},
    {"linear without a bias", nn.linear(6, 1, {bias = false}), {3, 6}},
  }

  for _, case in ipairs(CASES) do
    local name, inner, shape = table.unpack(case)
    it("divides the weight by its greatest singular value: " .. name, function()
      local x = T.stream(2):normal(shape)
      local layer, params, stats = settled(inner, x)
      local wanted = inner({weight = params.weight / greatest(params.weight),
        bias = params.bias}, x)
      near(layer(params, x, {stats = stats}), wanted:table(), LOOSE)
      near(layer(params, x, {train = true, stats = stats}), wanted:table(), LOOSE)
    end)
  end

  it("has the derivative of W / s(W), with the singular vectors held", function()
    local x, y = T.stream(2):normal{4, 5}, T.stream(3):normal{4, 3}
    local inner = nn.linear(5, 3, {bias = false, init = AROUND_1})
    local layer, params, stats = settled(inner, x)
    local u, s, vt = T.svd(params.weight)
    local first = T.matmul(u:slice(2, 1, 1), vt:slice(1, 1, 1))
    -- eq. 12 of the paper, for the loss <y, x W / s>: (G - <G, W / s> u v') / s
    local G, top = T.matmul(x, y, true), s[1]:item()
    local wanted = (G - first * (G * params.weight):sum() / top) / top
    local got = T.grad(function(p)
      return (layer(p, x, {train = true, stats = stats}) * y):sum()
    end)(params)
    near(got.weight, wanted:table(), 10 * LOOSE)
  end)

  it("moves its vectors in training only, and not where they are kept", function()
    local layer = nn.spectral(nn.linear(5, 7))
    local params, stats = layer:init(T.stream(1))
    local x = T.stream(2):normal{3, 5}
    local function bits() return stats.u:data() .. stats.v:data() end
    local before = bits()
    layer(params, x, {stats = stats})
    layer(params, x, {train = true, keep = true, stats = stats})
    assert.equal(before, bits())
    layer(params, x, {train = true, stats = stats})
    assert.are_not.equal(before, bits())
  end)

  it("takes the rectifier that follows into the layer", function()
    local layer, leaky = nn.spectral(nn.linear(5, 7)), nn.leaky_relu(0.1)
    local net = nn.chain{layer, leaky}
    local params, stats = net:init(T.stream(1))
    local x = T.stream(2):normal{3, 5}
    near(net(params, x, {stats = stats}),
      leaky({}, layer(params[1], x, {stats = stats[1]})):table(), LOOSE)
  end)

  it("needs a layer with a weight, and statistics", function()
    refused("spectral: argument 'layer': got a network, wanted a linear, conv or deconv",
      function() nn.spectral(nn.relu) end)
    local layer = nn.spectral(nn.linear(2, 2))
    local params = layer:init(T.stream(1))
    refused("spectral: got no mode.stats, wanted it in every call",
      function() layer(params, T.ones{1, 2}, {train = true}) end)
  end)
end)

describe("batch norm", function()
  it("leaves its running statistics alone where they are kept", function()
    local layer = nn.batch_norm(3)
    local params, stats = layer:init(T.stream(1))
    local x = T.stream(2):normal{8, 3}
    local before = stats.mean:data() .. stats.var:data()
    local y = layer(params, x, {train = true, stats = stats, keep = true})
    assert.equal(before, stats.mean:data() .. stats.var:data())
    near(y, layer(params, x, {train = true}):table(), 0)
  end)
end)

describe("optim.follow", function()
  it("is an exponential moving average, and refuses trees of another form", function()
    local average, params = {T.tensor{1, 2}}, {T.tensor{3, -2}}
    T.optim.follow(average, params, 0.75)
    near(average[1], {1.5, 1}, 0)
    refused("optim.follow: got the shape [3] for '1' among the parameters, wanted [2], "
      .. "the weight's",
      function() T.optim.follow(average, {T.ones{3}}, 0.5) end)
    refused("optim.follow: argument 'decay': got 2, wanted a number in 0..1",
      function() T.optim.follow(average, params, 2) end)
  end)
end)
