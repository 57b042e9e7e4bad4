local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused
local nn, tree = T.nn, T.tree

local LOOSE = core.double and 1e-12 or 1e-5   -- of sums of some hundred items

local function image(rows) return T.tensor{rows}:reshape{1, #rows, #rows[1], 1} end
local function kernel(rows) return T.tensor(rows):reshape{#rows, #rows[1], 1, 1} end
local function rows(x) return x:reshape{x:shape()[2], x:shape()[3]} end

-- (x - mean) / sqrt(var + eps) over axes, composed
local function normalized(x, axes, eps)
  local e = x - x:mean(axes, true)
  return e / (e:square():mean(axes, true) + eps):sqrt()
end

local function assert_same_bits(a, b)
  local list = tree.leaves(b)
  for i, x in ipairs(tree.leaves(a)) do assert.is_true(x:data() == list[i]:data()) end
end

describe("linear", function()
  it("is x weight + bias, on the last axis of any batch", function()
    local params = {weight = T.tensor{{1, 2, 3}, {4, 5, 6}}, bias = T.tensor{10, 20, 30}}
    local layer = nn.linear(2, 3)
    near(layer(params, T.tensor{{1, 0}, {1, 1}}), {{11, 22, 33}, {15, 27, 39}}, 0)
    near(layer(params, T.tensor{{{0, 1}}, {{2, 0}}}), {{{14, 25, 36}}, {{12, 24, 36}}}, 0)
    layer = nn.linear(2, 3, {bias = false})
    near(layer({weight = params.weight}, T.tensor{{1, 1}}), {{5, 7, 9}}, 0)
  end)

  it("begins with the weights of its initialiser and a bias of 0, or none", function()
    local params, stats = nn.linear(2, 3):init(T.stream(1))
    assert.are.same({{2, 3}, {3}}, {params.weight:shape(), params.bias:shape()})
    near(params.bias, {0, 0, 0}, 0)
    assert.are.same({}, stats)
    assert.is_nil(nn.linear(2, 3, {bias = false}):init(T.stream(1)).bias)
  end)

  it("begins with a bias of an initialiser too, as the classic within 1 / sqrt(inputs)", function()
    local begin = nn.init.classic()
    for bound, layer in pairs{[1 / 10] = nn.linear(100, 400, {init = begin, bias = begin}),
        [1 / 6] = nn.conv(4, 400, {kernel = 3, bias = begin}),
        [1 / 8] = nn.deconv(16, 400, {kernel = 2, bias = begin})} do
      local bias = layer:init(T.stream(1)).bias
      assert.same({400}, bias:shape())
      local least, most = T.min(bias):item(), T.max(bias):item()
      assert.is_true(-bound <= least and least < -0.9 * bound, least)
      assert.is_true(0.9 * bound < most and most <= bound, most)
    end
    -- the weights are those of the same stream without it
    assert.equal(nn.linear(3, 2):init(T.stream(1)).weight:data(),
      nn.linear(3, 2, {bias = begin}):init(T.stream(1)).weight:data())
  end)
end)

describe("conv and deconv", function()
  it("run a kernel over an image by hand", function()
    local x = image{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}
    local params = {weight = kernel{{1, 0}, {0, -1}}, bias = T.tensor{100}}
    near(rows(nn.conv(1, 1, {kernel = 2})(params, x)), {{96, 96}, {96, 96}}, 0)
    near(rows(nn.conv(1, 1, {kernel = 2, stride = 2, pad = 1})(params, x)), {{99, 97}, {93, 96}}, 0)
    near(rows(nn.conv(1, 1, {kernel = 2, pad = {0, 1, 0, 1}})(params, x)),
      {{96, 96, 103}, {96, 96, 106}, {107, 108, 109}}, 0)
  end)

  it("sum over the channels in, for each channel out", function()
    local x = T.tensor{1, 2}:reshape{1, 1, 1, 2}
    local params = {weight = T.tensor{{1, 10, 100}, {2, 20, 200}}:reshape{1, 1, 2, 3}}
    near(nn.conv(2, 3, {kernel = 1, bias = false})(params, x)[1][1][1], {5, 50, 500}, 0)
    -- the transposed kernel has the channels out before those in
    params = {weight = T.tensor{{1, 2}, {10, 20}, {100, 200}}:reshape{1, 1, 3, 2}}
    near(nn.deconv(2, 3, {kernel = 1, bias = false})(params, x)[1][1][1], {5, 50, 500}, 0)
  end)

  it("spread an image with a transposed kernel by hand", function()
    local x = image{{1, 10}, {0, 0}}
    local params = {weight = kernel{{1, 2, 3}}, bias = T.tensor{0.5}}
    near(rows(nn.deconv(1, 1, {kernel = {1, 3}, stride = {1, 2}})(params, x)),
      {{1.5, 2.5, 13.5, 20.5, 30.5}, {0.5, 0.5, 0.5, 0.5, 0.5}}, 0)
    near(rows(nn.deconv(1, 1, {kernel = {1, 3}, stride = {1, 2}, pad = {0, 1}})(params, x))[1],
      {2.5, 13.5, 20.5}, 0)
  end)

  it("refuse a kernel or a stride of no size before there is an image", function()
    for _, case in ipairs{{{kernel = 0}, "conv: argument 'kernel': got 0, wanted an integer of 1"},
      {{kernel = {3, 1.5}}, "'kernel': got 1.5"},
      {{kernel = 3, stride = {1, -1}}, "'stride': got %-1"},
      {{stride = 2}, "conv: got no option 'kernel'"}} do
      assert.error_matches(function() nn.conv(1, 1, case[1]) end, case[2])
    end
  end)

  it("have the sizes that networks are drawn with", function()
    local cases = {
      {nn.conv(3, 8, {kernel = 4, stride = 2, pad = 1}), {2, 28, 28, 3}, {2, 14, 14, 8}},
      {nn.conv(3, 8, {kernel = 5, pad = "same"}), {2, 7, 9, 3}, {2, 7, 9, 8}},
      {nn.conv(3, 8, {kernel = 4, stride = 2, pad = "same"}), {2, 7, 9, 3}, {2, 4, 5, 8}},
      {nn.conv(3, 8, {kernel = {3, 5}}), {2, 7, 9, 3}, {2, 5, 5, 8}},
      {nn.deconv(3, 8, {kernel = 4, stride = 2, pad = 1}), {2, 7, 7, 3}, {2, 14, 14, 8}},
      {nn.deconv(3, 8, {kernel = 4, stride = 2, pad = "same"}), {2, 7, 5, 3}, {2, 14, 10, 8}},
      {nn.deconv(3, 8, {kernel = 4}), {2, 1, 1, 3}, {2, 4, 4, 8}},
    }
    for _, case in ipairs(cases) do
      local layer, from, to = table.unpack(case)
      assert.are.same(to, layer(layer:init(T.stream(1)), T.ones(from)):shape())
    end
  end)
end)

describe("batch_norm", function()
  local shapes = {{50, 3}, {4, 5, 6, 3}}
  local params = {scale = T.tensor{1, 2, -3}, shift = T.tensor{0, 5, 1}}

  it("takes mean and variance of a batch out when training, over all axes but the last", function()
    for i, shape in ipairs(shapes) do
      local x = T.stream(i):normal(shape, 3, 2)
      local axes = {table.unpack({1, 2, 3}, 1, #shape - 1)}
      near(nn.batch_norm(3)(params, x, {train = true}),
        normalized(x, axes, 1e-5) * params.scale + params.shift, LOOSE)
      near(nn.batch_norm(3, {eps = 0.5, affine = false})({}, x, {train = true}),
        normalized(x, axes, 0.5), LOOSE)
    end
  end)

  it("uses the running statistics otherwise, and does not move them", function()
    local x = T.stream(1):normal{10, 3}
    local stats = {mean = T.tensor{1, 2, 3}, var = T.tensor{4, 0.25, 1}}
    local before = tree.copy(stats)
    near(nn.batch_norm(3)(params, x, {stats = stats}),
      (x - stats.mean) / (stats.var + 1e-5):sqrt() * params.scale + params.shift, LOOSE)
    assert_same_bits(before, stats)
  end)

  it("begins with statistics of mean 0 and variance 1, scale 1 and shift 0", function()
    local p, stats = nn.batch_norm(2):init(T.stream(1))
    near(p.scale, {1, 1}, 0)
    near(p.shift, {0, 0}, 0)
    near(stats.mean, {0, 0}, 0)
    near(stats.var, {1, 1}, 0)
    assert.are.same({}, (nn.batch_norm(2, {affine = false}):init(T.stream(1))))
  end)

  it("moves the running statistics by its momentum towards the batch's, in place", function()
    for i, shape in ipairs(shapes) do
      local x = T.stream(i):normal(shape, 3, 2)
      local axes = {table.unpack({1, 2, 3}, 1, #shape - 1)}
      for _, momentum in ipairs{0.1, 0.25} do
        local layer = nn.batch_norm(3, {momentum = momentum})
        local p, stats = layer:init(T.stream(1))
        local mean, var = stats.mean, stats.var
        for _ = 1, 2 do layer(p, x, {train = true, stats = stats}) end
        local kept = (1 - momentum) ^ 2
        near(mean, x:mean(axes) * (1 - kept), LOOSE)
        near(var, x:var(axes) * (1 - kept) + kept, LOOSE)
        assert.are.equal(mean, stats.mean)
      end
    end
  end)

  it("leaves no trace of a virtual step, which has no statistics", function()
    local net = nn.chain{nn.linear(4, 3), nn.batch_norm(3), nn.heads{a = nn.batch_norm(3)}}
    local p, stats = net:init(T.stream(1))
    local x = T.stream(2):normal{8, 4}
    net(p, x, {train = true, stats = stats})
    local before = tree.copy(stats)
    T.grad(function(q) return net(q, x, {train = true}).a:square():sum() end)(p)
    net(p, x, {train = true})
    assert_same_bits(before, stats)
    net(p, x, {train = true, stats = stats})
    assert.is_false(before[2].mean:data() == stats[2].mean:data())
    assert.is_false(before[3].a.mean:data() == stats[3].a.mean:data())
  end)

  it("has the same gradient whether or not it moves statistics, and records none", function()
    local layer = nn.batch_norm(3)
    local p, stats = layer:init(T.stream(1))
    local x = T.stream(2):normal{8, 3}
    local function gradient(mode)
      return T.grad(function(v) return (layer(p, v, mode) ^ 3):sum() end)(x)
    end
    near(gradient{train = true, stats = stats}, gradient{train = true}, 0)
    assert.is_false(core.grad.recorded(stats.mean) or core.grad.recorded(stats.var))
  end)

  it("wants statistics, of a batch or running", function()
    refused("batch_norm: got neither train = true nor stats, wanted one of them", nn.batch_norm(2),
      {scale = T.ones{2}, shift = T.zeros{2}}, T.ones{3, 2})
  end)
end)

describe("a norm of one value", function()
  -- it would be 0 whatever the value, with gradients of 0
  it("is an error in training, which leaves the running statistics as they were", function()
    local layer = nn.batch_norm(3)
    local params, stats = layer:init(T.stream(1))
    for _, shape in ipairs{{1, 3}, {1, 1, 1, 3}, {3}} do
      refused("batch_norm: got 1 value of each channel in training [" .. table.concat(shape, " ")
        .. "], wanted 2 or more", layer, params, T.full(shape, 7), {train = true, stats = stats})
      refused("batch_norm: got 1 value of each channel", nn.batch_norm(3, {affine = false}), {},
        T.full(shape, 7), {train = true})
    end
    assert.are.same({{0, 0, 0}, {1, 1, 1}}, {stats.mean:table(), stats.var:table()})
    local one = 1 / math.sqrt(1 + 1e-5)
    near(layer(params, T.full({1, 3}, 7), {stats = stats}), {{7 * one, 7 * one, 7 * one}}, LOOSE)
    near(layer(params, T.tensor{{1, 1, 1}, {3, 3, 3}}, {train = true, stats = stats}),
      {{-one, -one, -one}, {one, one, one}}, LOOSE)
  end)

  it("is an error in each image or item too", function()
    local image, item = nn.instance_norm(2), nn.layer_norm(1)
    refused("instance_norm: got 1 value of each channel in an image [5 1 1 2], wanted 2 or more",
      image, (image:init(T.stream(1))), T.ones{5, 1, 1, 2})
    refused("layer_norm: got 1 value in each item [5 1], wanted 2 or more", item,
      (item:init(T.stream(1))), T.ones{5, 1})
  end)
end)

describe("instance_norm and layer_norm", function()
  local params = {scale = T.tensor{1, 2, -3}, shift = T.tensor{0, 5, 1}}
  local x = T.stream(1):normal({4, 5, 6, 3}, 3, 2)

  it("take mean and variance out over height and width, or over the last axis", function()
    for _, mode in ipairs{{}, {train = true}} do
      near(nn.instance_norm(3)(params, x, mode),
        normalized(x, {2, 3}, 1e-5) * params.scale + params.shift, LOOSE)
      near(nn.layer_norm(3)(params, x, mode),
        normalized(x, {4}, 1e-5) * params.scale + params.shift, LOOSE)
    end
    near(nn.instance_norm(3, {eps = 0.5, affine = false})({}, x), normalized(x, {2, 3}, 0.5), LOOSE)
    near(nn.layer_norm(3, {eps = 0.5, affine = false})({}, x[1][1]),
      normalized(x[1][1], {2}, 0.5), LOOSE)
  end)

  it("have a scale and a shift, and no statistics", function()
    for _, make in ipairs{nn.instance_norm, nn.layer_norm} do
      local p, stats = make(3):init(T.stream(1))
      near(p.scale, {1, 1, 1}, 0)
      near(p.shift, {0, 0, 0}, 0)
      assert.are.same({}, stats)
      assert.are.same({}, (make(3, {affine = false}):init(T.stream(1))))
    end
  end)
end)

describe("dropout", function()
  local n = 100000
  local x = T.ones{n}

  it("drops the share asked for and scales the rest, so that the mean stays", function()
    for _, rate in ipairs{0.2, 0.5, 0.9} do
      local y = nn.dropout(rate)({}, x, {train = true, stream = T.stream(1)})
      local kept = 1 / (1 - rate)
      near(y * (y - kept), T.zeros{n}, 1e-5)
      near(y:eq(0):mean(), rate, 4 * math.sqrt(rate * (1 - rate) / n))
      near(y:mean(), 1, 4 * math.sqrt(rate / (1 - rate) / n))
    end
  end)

  it("does nothing outside of training, or with a rate of 0", function()
    assert.are.equal(x, nn.dropout(0.5)({}, x))
    assert.are.equal(x, nn.dropout(0.5)({}, x, {stream = T.stream(1)}))
    assert.are.equal(x, nn.dropout(0)({}, x, {train = true}))
  end)

  it("drops other items in every pass, the same from the same stream", function()
    local mode = {train = true, stream = T.stream(2)}
    local one, two = nn.dropout(0.5)({}, x, mode), nn.dropout(0.5)({}, x, mode)
    near((one * two):gt(0):mean(), 0.25, 0.01)
    near(nn.dropout(0.5)({}, x, {train = true, stream = T.stream(2)}), one, 0)
  end)

  it("passes the gradient to what it kept", function()
    local y
    local g = T.grad(function(v)
      y = nn.dropout(0.5)({}, v, {train = true, stream = T.stream(3)})
      return y:sum()
    end)(T.ones{50})
    near(g, y, 0)
  end)

  it("wants a stream when training, and a rate below 1", function()
    refused("dropout: got no mode.stream, wanted a stream", nn.dropout(0.5), {}, x, {train = true})
    for _, rate in ipairs{1, -0.1, 0 / 0, "half"} do
      refused("dropout: argument 'rate': got " .. tostring(rate)
        .. ", wanted a number of 0 or more, below 1", nn.dropout, rate)
    end
  end)
end)

describe("a layer without parameters", function()
  local x = T.tensor{{-2, -0.5, 0, 1.5}}

  it("is the op of its name", function()
    for _, name in ipairs{"relu", "tanh", "sigmoid", "softplus", "softmax", "log_softmax"} do
      near(nn[name]({}, x), T[name](x), 0)
    end
    near(nn.leaky_relu(0.2)({}, x), {{-0.4, -0.1, 0, 1.5}})
    near(nn.leaky_relu()({}, x), {{-0.02, -0.005, 0, 1.5}})
    near(nn.elu()({}, x), {{math.exp(-2) - 1, math.exp(-0.5) - 1, 0, 1.5}})
    near(nn.elu(2)({}, x), {{2 * math.exp(-2) - 2, 2 * math.exp(-0.5) - 2, 0, 1.5}})
    near(nn.func("double", function(v) return v * 2 end)({}, x), x * 2, 0)
  end)

  it("reshapes, pools or repeats the items of a batch", function()
    local y = T.stream(1):normal{2, 4, 6, 3}
    near(nn.flatten({}, y), y:reshape{2, 72}, 0)
    assert.same({0, 4096}, nn.flatten({}, T.zeros(0, 64, 64, 1)):shape())
    near(nn.reshape{6, 12}({}, y), y:reshape{2, 6, 12}, 0)
    near(nn.max_pool{kernel = 2}({}, y), T.max_pool(y, {kernel = 2}), 0)
    near(nn.avg_pool{kernel = 2}({}, y), T.avg_pool(y, {kernel = 2}), 0)
    near(nn.upsample(2)({}, y), T.upsample(y, 2), 0)
  end)

  it("begins with nothing", function()
    for _, layer in ipairs{nn.relu, nn.flatten, nn.dropout(0.5), nn.elu(), nn.upsample(2)} do
      local params, stats = layer:init(T.stream(1))
      assert.are.same({{}, {}}, {params, stats})
    end
  end)
end)

describe("a network's call", function()
  local net = nn.chain{nn.linear(3, 4), nn.relu, nn.heads{a = nn.linear(4, 2)}}
  local params = net:init(T.stream(1))

  it("wants the parameters that init gave", function()
    refused("chain: argument 'params': got nil, wanted what init gave", net, nil, T.ones(5, 3))
    refused("chain: argument 'params' of part '1', 'bias': got nil, wanted the shape [4]", net,
      {{}, {}, {}}, T.ones(5, 3))
    refused("chain: argument 'params' of part '3': got nil, wanted what init gave", net,
      {params[1], {}}, T.ones(5, 3))
    local other = nn.chain{nn.linear(3, 4), nn.relu, nn.heads{a = nn.linear(4, 3)}}
    refused("chain: argument 'params' of part '3' of part 'a', '", net,
      (other:init(T.stream(1))), T.ones(5, 3))
    refused("chain: argument 'x': got nil, wanted a tensor", net, params)
    assert.same({5, 2}, net(params, T.ones(5, 3)).a:shape())
  end)

  it("wants no parameters of a layer that has none", function()
    assert.same({1, 1}, nn.relu(nil, T.ones(2)):table())
    assert.same({1, 1}, nn.relu({}, T.ones(2)):table())
  end)

  it("knows what a mode may hold", function()
    refused("chain: mode: got the option 'trian', wanted one of: keep, stats, stream, train", net,
      params, T.ones(5, 3), {trian = true})
    refused("chain: option 'stream' of mode: got 1, wanted a stream", net, params, T.ones(5, 3),
      {stream = 1})
    refused("chain: option 'train' of mode: got 1, wanted true or false", net, params,
      T.ones(5, 3), {train = 1})
    refused("chain: argument 'mode': got true, wanted a table", net, params, T.ones(5, 3), true)
  end)
end)

describe("a layer's arguments", function()
  it("are refused where they are no size", function()
    refused("linear: argument 'n_in': got 0, wanted an integer of 1 or more", nn.linear, 0, 3)
    refused("linear: argument 'n_out': got nil, wanted an integer of 1 or more", nn.linear, 2)
    refused("conv: argument 'channels_in': got 1.5, wanted", nn.conv, 1.5, 3, {kernel = 3})
    refused("deconv: argument 'channels_out': got \"x\", wanted", nn.deconv, 1, "x", {kernel = 3})
    refused("batch_norm: argument 'channels': got -1, wanted", nn.batch_norm, -1)
    refused("elu: argument 'alpha': got a table of 0 items, wanted a number", nn.elu, {})
    refused("leaky_relu: argument 'slope': got \"a\", wanted a number", nn.leaky_relu, "a")
    refused("reshape: argument 'shape': got nil, wanted a table", nn.reshape)
    refused("reshape: argument 'shape', item 2: got -1, wanted an integer of 0 or more", nn.reshape,
      {4, -1})
    refused("upsample: argument 'factor': got 1.5, wanted", nn.upsample, 1.5)
    refused("func: argument 'f': got nil, wanted a function", nn.func, "mine")
  end)

  it("are refused where a pad or a pool's window is none, before there is an image", function()
    for _, pad in ipairs{"smae", -1, 0.5, {1}, {1, 2, 3}, {0, -1}, true} do
      refused("conv: argument 'pad': got ", nn.conv, 1, 2, {kernel = 3, pad = pad})
    end
    for _, pad in ipairs{"same", 0, 2, {0, 1}, {1, 2, 3, 4}} do
      nn.conv(1, 2, {kernel = 3, pad = pad}):init(T.stream(1))
    end
    refused("max_pool: got no option 'kernel', wanted its size", nn.max_pool)
    refused("avg_pool: argument 'stride': got 0, wanted", nn.avg_pool, {kernel = 2, stride = 0})
    refused("max_pool: got the option 'size', wanted one of: kernel, pad, stride", nn.max_pool,
      {size = 2})
  end)

  it("are refused where an option is unknown, of another type or missing", function()
    refused("linear: got the option 'bia', wanted one of: bias, init (did you mean 'bias'?)",
      nn.linear, 2, 3, {bia = false})
    refused("conv: got the option 'strides', wanted one of: bias, init, kernel, pad, stride (did "
      .. "you mean 'stride'?)", nn.conv, 2, 3, {kernel = 3, strides = 2})
    refused("conv: got no option 'kernel', wanted its size", nn.conv, 2, 3)
    refused("batch_norm: option 'momentum': got yes (a string), wanted a number", nn.batch_norm, 2,
      {momentum = "yes"})
    refused("layer_norm: got the option 'momentum', wanted one of: affine, eps", nn.layer_norm, 2,
      {momentum = 0.1})
    refused("layer_norm: option 'eps': got -1, wanted a number of 0 or more", nn.layer_norm, 2,
      {eps = -1})
    refused("batch_norm: option 'momentum': got 2, wanted a number in 0..1", nn.batch_norm, 2,
      {momentum = 2})
  end)

  it("are refused where an initialiser was named but not called", function()
    for name, layer in pairs{linear = nn.linear(2, 3, {init = nn.init.he_normal}),
        conv = nn.conv(2, 3, {kernel = 3, init = nn.init.he_normal})} do
      refused(name .. ": option 'init': got a function from it, wanted a tensor", layer.init, layer,
        T.stream(1))
    end
    local layer = nn.linear(2, 3, {bias = nn.init.classic})
    refused("linear: option 'bias': got a function from it, wanted a tensor", layer.init, layer,
      T.stream(1))
    refused("conv: option 'bias': got 3, wanted true, false or an initialiser", nn.conv, 2, 3,
      {kernel = 3, bias = 3})
  end)
end)
