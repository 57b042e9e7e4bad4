-- Networks: layers put together.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused
local nn, tree = T.nn, T.tree

local LOOSE = core.double and 1e-12 or 1e-5   -- of sums of some hundred items

local function assert_same_bits(a, b)
  local list = tree.leaves(b)
  for i, x in ipairs(tree.leaves(a)) do assert.is_true(x:data() == list[i]:data()) end
end

describe("chain and heads", function()
  local trunk = nn.chain{nn.linear(4, 3), nn.batch_norm(3), nn.relu}
  local net = nn.chain{trunk, nn.heads{d = nn.linear(3, 1), q = nn.chain{nn.linear(3, 2), nn.tanh}}}
  local params, stats = net:init(T.stream(1))
  local x = T.stream(2):normal{5, 4}

  it("keep parameters and statistics under the places and names of their parts", function()
    local _, names = tree.leaves(params)
    assert.are.same({"1.1.bias", "1.1.weight", "1.2.scale", "1.2.shift", "2.d.bias", "2.d.weight",
      "2.q.1.bias", "2.q.1.weight"}, names)
    _, names = tree.leaves(stats)
    assert.are.same({"1.2.mean", "1.2.var"}, names)
  end)

  it("apply one part after the other, and every head to the same input", function()
    local y = net(params, x, {train = true})
    local h = x:matmul(params[1][1].weight)
    h = T.relu((h - h:mean(1)) / (h:var(1) + 1e-5):sqrt())
    near(y.d, h:matmul(params[2].d.weight), LOOSE)
    near(y.q, T.tanh(h:matmul(params[2].q[1].weight)), LOOSE)
    assert.are.same({"d", "q"}, tree.keys(y))
  end)

  it("hand every part its own statistics, and the stream to all", function()
    local moved = tree.copy(stats)
    net(params, x, {train = true, stats = moved})
    near(moved[1][2].mean, x:matmul(params[1][1].weight):mean(1) * 0.1, LOOSE)
    local deep = nn.heads{a = nn.chain{nn.dropout(0.5)}}
    local p, none = deep:init(T.stream(1))
    local wanted = nn.dropout(0.5)({}, T.ones{100}, {train = true, stream = T.stream(3)})
    near(deep(p, T.ones{100}, {train = true, stream = T.stream(3)}).a, wanted, 0)
    near(deep(p, T.ones{100}, {train = true, stream = T.stream(3), stats = none}).a, wanted, 0)
  end)

  it("begin every part from a stream of its own, whatever comes after it", function()
    local a, b, c = nn.linear(5, 5), nn.conv(1, 2, {kernel = 3}), nn.linear(5, 5)
    local short = nn.chain{a, b}:init(T.stream(1))
    local long = nn.chain{a, b, c}:init(T.stream(1))
    assert_same_bits(short, {long[1], long[2]})
    assert.is_false(long[1].weight:data() == long[3].weight:data())
    local two = nn.heads{p = a, q = c}:init(T.stream(1))
    local three = nn.heads{n = c, p = a, q = c}:init(T.stream(1))
    assert_same_bits(two, {p = three.p, q = three.q})
  end)

  it("begin the same from the same stream, and differently from another", function()
    assert_same_bits(params, (net:init(T.stream(1))))
    assert.is_false(params[1][1].weight:data() == net:init(T.stream(2))[1][1].weight:data())
  end)

  it("take layers only, and begin from streams only", function()
    refused("chain: part '2': got 3, wanted a layer", nn.chain, {nn.relu, 3})
    refused("heads: part 'd': got a function, wanted a layer", nn.heads, {d = T.relu})
    refused("wanted a layer; what makes one is called, as nn.elu(1)", nn.chain, {nn.elu})
    refused("chain: got a layer, wanted a table of layers: chain{...}, with braces",
      nn.chain, nn.relu, nn.tanh)
    refused("heads: got a layer, wanted a table of layers: heads{...}, with braces",
      nn.heads, nn.relu)
    refused("init: argument 'stream': got nil, wanted a stream", net.init, net)
  end)
end)

describe("an error inside of a network", function()
  local net = nn.chain{
    nn.flatten,
    nn.chain{nn.linear(4, 3), nn.leaky_relu(0.1)},
    nn.heads{a = nn.linear(3, 2), b = nn.chain{nn.batch_norm(3), nn.linear(2, 2)}},
  }
  local params, stats = net:init(T.stream(1))
  local mode = {train = true, stats = stats}

  it("names the part by its place, which is that of its parameters, and the layer", function()
    refused("wanted equal inner sizes, not 6 and 4 (in part '2.1' of the network: linear 4 -> 3)",
      net, params, T.ones{5, 6})
    refused("wanted equal inner sizes, not 3 and 2 (in part '3.b.2' of the network: linear 2 -> 2)",
      net, params, T.ones{5, 2, 2}, mode)
    refused("batch_norm: got neither train = true nor stats, wanted one of them (in part '3.b.1' "
      .. "of the network: batch_norm 3)", net, params, T.ones{5, 4})
  end)

  it("is named where a derivative is taken, and in a coroutine", function()
    local slope = T.grad(function(p) return net(p, T.ones{5, 6}).a:sum() end)
    refused("(in part '2.1' of the network: linear 4 -> 3)", slope, params)
    refused("(in part '2.1' of the network: linear 4 -> 3)",
      coroutine.wrap(function() net(params, T.ones{5, 6}) end))
  end)

  it("names the layers of functions that the user wrote, and those in them", function()
    local inner = nn.chain{nn.tanh, nn.reshape{7}}
    local outer = nn.chain{nn.func("mine", function(x) return inner({}, x + T.ones{1, 3}) end)}
    refused("add: argument 'b': got the shape [1 3] beside [2 5]", outer, {{}}, T.ones{2, 5})
    refused("(in part '1' of the network: mine)", outer, {{}}, T.ones{2, 5})
    refused("(in part '1.2' of the network: reshape [7])", outer, {{}}, T.ones{2, 3})
  end)

  it("is all that names a part: other errors are as before", function()
    pcall(net, params, T.ones{5, 6})
    local _, message = pcall(T.linear, T.ones{5, 6}, T.ones{4, 3}, T.ones{3})
    assert.is_nil(message:find("in part", 1, true))
    refused("linear: got x of shape [5 6] and w of shape [4 3]", net.parts[2].layer.parts[1].layer,
      params[2][1], T.ones{5, 6})
  end)

  it("tells running statistics of another network by their names and shapes", function()
    refused("chain: option 'stats' of mode of part '3' of part 'b' of part '1', 'mean': got nil, "
      .. "wanted the shape [3], as init gave", net, params, T.ones{5, 4},
      {train = true, stats = {{}, {}, {a = {}, b = {{}, {}}}}})
    local _, other = nn.chain{nn.flatten, nn.relu, nn.heads{a = nn.relu,
      b = nn.chain{nn.batch_norm(2)}}}:init(T.stream(1))
    refused("'mean': got a tensor [2], wanted the shape [3], as init gave", net, params,
      T.ones{5, 4}, {stats = other})
  end)

  it("is raised where a normalising layer would broadcast", function()
    for _, l in ipairs{nn.batch_norm(3, {affine = false}), nn.layer_norm(3, {affine = false})} do
      local none, moments = l:init(T.stream(1))
      refused("argument 'x': got a tensor [5 1], wanted 3 items along the last axis", l, none,
        T.ones{5, 1}, {stats = moments})
    end
    refused("instance_norm: argument 'x': got a tensor [5 2 2 1], wanted 3 items along the last",
      nn.instance_norm(3), (nn.instance_norm(3):init(T.stream(1))), T.ones{5, 2, 2, 1})
  end)
end)

describe("printing a network", function()
  it("shows its layers, the shapes of their parameters and how many numbers they are", function()
    local net = nn.chain{
      nn.conv(1, 8, {kernel = 4, stride = 2, pad = 1}), nn.batch_norm(8), nn.leaky_relu(0.1),
      nn.flatten, nn.heads{
        d = nn.linear(392, 1),
        q = nn.chain{nn.linear(392, 14, {bias = false}), nn.softmax},
      },
    }
    assert.are.equal([[
chain
  conv 1 -> 8, 4x4 stride 2  bias [8], weight [4 4 1 8]        136
  batch_norm 8               scale [8], shift [8]               16
  leaky_relu 0.1
  flatten
  heads
    d: linear 392 -> 1       bias [1], weight [392 1]          393
    q: chain
      linear 392 -> 14       weight [392 14]                  5488
      softmax
6033 parameters]], tostring(net))
    assert.are.equal("relu\n0 parameters", tostring(nn.relu))
    local long = ("long "):rep(50) .. "name"
    assert.are.equal(long .. "\n0 parameters", tostring(nn.func(long, T.relu)))
  end)
end)

describe("the parameters of published networks are as many as they should be:", function()
  local function conv(i, o) return nn.conv(i, o, {kernel = 4, stride = 2, pad = 1}) end
  local function up(i, o) return nn.deconv(i, o, {kernel = 4, stride = 2, pad = 1}) end
  local function linears(sizes)
    local list = {}
    for i = 2, #sizes do
      list[#list + 1] = nn.linear(sizes[i - 1], sizes[i])
      list[#list + 1] = i < #sizes and nn.relu or nil
    end
    return nn.chain(list)
  end

  -- name, network, parameters, shape of an input, shape of the output
  local cases = {
    {"InfoGAN's generator for MNIST", nn.chain{
      nn.linear(74, 1024), nn.batch_norm(1024), nn.relu, nn.linear(1024, 6272),
      nn.batch_norm(6272), nn.relu, nn.reshape{7, 7, 128}, up(128, 64), nn.batch_norm(64), nn.relu,
      up(64, 1), nn.sigmoid}, 6652481, {2, 74}, {2, 28, 28, 1}},
    {"its trunk", nn.chain{
      conv(1, 64), nn.leaky_relu(0.1), conv(64, 128), nn.batch_norm(128), nn.leaky_relu(0.1),
      nn.flatten, nn.linear(6272, 1024), nn.batch_norm(1024), nn.leaky_relu(0.1)}, 6558144,
      {2, 28, 28, 1}, {2, 1024}},
    {"its head D", nn.linear(1024, 1), 1025, {2, 1024}, {2, 1}},
    {"its head Q", nn.chain{nn.linear(1024, 128), nn.batch_norm(128), nn.leaky_relu(0.1),
      nn.linear(128, 14)}, 133262, {2, 1024}, {2, 14}},
    {"beta-VAE's encoder of 2D shapes", linears{4096, 1200, 1200, 20}, 6381620, {1, 4096}, {1, 20}},
    {"its decoder", linears{10, 1200, 1200, 1200, 4096}, 7814896, {1, 10}, {1, 4096}},
    {"beta-VAE's encoder of faces", nn.chain{conv(1, 32), nn.relu, conv(32, 32), nn.relu,
      conv(32, 64), nn.relu, conv(64, 64), nn.relu, nn.flatten, linears{1024, 256, 64}}, 394240,
      {1, 64, 64, 1}, {1, 64}},
    {"its decoder", nn.chain{linears{32, 256, 1024}, nn.relu, nn.reshape{4, 4, 64}, up(64, 64),
      nn.relu, up(64, 32), nn.relu, up(32, 32), nn.relu, up(32, 1)}, 386945, {1, 32},
      {1, 64, 64, 1}},
    {"the encoder of Burgess et al.", nn.chain{conv(1, 32), nn.relu, conv(32, 32), nn.relu,
      conv(32, 32), nn.relu, conv(32, 32), nn.relu, nn.flatten, linears{512, 256, 256, 20}}, 252052,
      {1, 64, 64, 1}, {1, 20}},
    {"its decoder", nn.chain{linears{10, 256, 256, 512}, nn.relu, nn.reshape{4, 4, 32}, up(32, 32),
      nn.relu, up(32, 32), nn.relu, up(32, 32), nn.relu, up(32, 1)}, 249953, {1, 10},
      {1, 64, 64, 1}},
  }

  for _, case in ipairs(cases) do
    local name, net, count, from, to = table.unpack(case)
    it(("%s, %d"):format(name, count), function()
      local params = net:init(T.stream(1))
      assert.are.equal(count, tree.size(params))
      assert.are.equal(count .. " parameters", tostring(net):match "[^\n]*$")
      assert.are.same(to, net(params, T.ones(from), {train = true}):shape())
    end)
  end
end)
