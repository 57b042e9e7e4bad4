-- Networks written from left to right.

local T = require "teasel"
local nn, tree = T.nn, T.tree
local sequential = require "teasel.model.sequential"

describe("a sequential network", function()
  it("knows the shape of what comes out, as its network gives it", function()
    local s = sequential({12, 8, 3}, {activation = nn.relu})
    local shapes = {}
    local function note() shapes[#shapes + 1] = table.concat(s.shape, " ") end
    s:conv(5); note()
    s:conv(7); note()
    s:linear(4); note()
    s:linear(3 * 2 * 6):reshape{3, 2, 6}; note()
    s:deconv(2); note()
    assert.same({"6 4 5", "3 2 7", "4", "3 2 6", "6 4 2"}, shapes)
    assert.equal(48, s:size())
    local net = s:chain()
    assert.same({2, 6, 4, 2}, net(net:init(T.stream(1)), T.ones{2, 12, 8, 3}):shape())
  end)

  it("is the chain of the same layers, bit for bit", function()
    local leak, weights = nn.leaky_relu(0.1), nn.init.normal(0.02)
    local function of(b) return {kernel = 4, stride = 2, pad = 1, bias = b, init = weights} end
    local written = nn.chain{nn.conv(1, 3, of(true)), leak,
      nn.conv(3, 4, of(false)), nn.batch_norm(4), leak, nn.flatten,
      nn.linear(16, 6, {bias = false, init = weights}), nn.batch_norm(6), leak,
      nn.linear(6, 2, {init = weights})}
    local s = sequential({8, 8, 1}, {activation = leak, norm = nn.batch_norm, init = weights})
    local net = s:conv(3, {norm = false}):conv(4):linear(6):linear(2, {last = true}):chain()
    assert.equal(tostring(written), tostring(net))
    local x, mode = T.stream(2):uniform{5, 8, 8, 1}, {train = true}
    assert.equal(written(written:init(T.stream(1)), x, mode):data(),
      net(net:init(T.stream(1)), x, mode):data())
  end)

  it("keeps the size of an image by kernels of stride 1, which a transposed one undoes", function()
    local s = sequential({5, 3, 2}, {spectral = true})
    s:conv(4, {same = true})
    assert.same({5, 3, 4}, s.shape)
    s:deconv(3, {same = true, last = true})
    assert.same({5, 3, 3}, s.shape)
    local net = s:chain()
    local params, stats = net:init(T.stream(1))
    assert.same({2, 5, 3, 3}, net(params, T.ones{2, 5, 3, 2}, {stats = stats}):shape())
    -- the transposed kernel is the adjoint: <K x, y> = <x, K' y>
    local K = T.stream(2):normal{4, 4, 1, 1}
    local function of(make, x)
      local one = sequential{5, 3, 1}
      return one[make](one, 1, {same = true, last = true}):chain()(
        {{weight = K, bias = T.zeros{1}}}, x)
    end
    local x, y = T.stream(3):normal{1, 5, 3, 1}, T.stream(4):normal{1, 5, 3, 1}
    local gap = (of("conv", x) * y):sum() - (x * of("deconv", y)):sum()
    assert.is_true(math.abs(gap:item()) < 1e-4)
  end)

  it("has a bias where there is no norm, and only there", function()
    local s = sequential({4}, {norm = nn.batch_norm})
    local net = s:linear(3):linear(3, {norm = false}):linear(3, {last = true}):chain()
    local _, names = tree.leaves((net:init(T.stream(1))))
    assert.same({"1.weight", "2.scale", "2.shift", "3.bias", "3.weight", "4.bias", "4.weight"},
      names)
  end)

  it("has biases that begin as asked, but behind a norm", function()
    local s = sequential({4}, {norm = nn.batch_norm, bias = nn.init.constant(2)})
    local params = s:linear(3):linear(2, {last = true}):chain():init(T.stream(1))
    assert.is_nil(params[1].bias)
    assert.equal(T.full({2}, 2):data(), params[3].bias:data())
    local function of(bias)
      return sequential({4}, {bias = bias}):linear(3):chain():init(T.stream(1))[1].bias
    end
    assert.is_nil(of(false))
    assert.equal(T.zeros{3}:data(), of(true):data())
    assert.error_matches(function() of(3) end, "option 'bias': got 3, wanted a function")
  end)

  it("says what does not fit", function()
    local function wrong(message, f) assert.error_matches(f, message, 1, true) end
    wrong("sequential:conv: got items of the shape [4], wanted images [h w c] of 2 pixels or more",
      function() sequential{4}:conv(3) end)
    wrong("got items of the shape [1 1 2], wanted", function() sequential{1, 1, 2}:conv(3) end)
    wrong("sequential:reshape: got the shape [2 2 2], wanted {h, w, c} of 9 numbers",
      function() sequential{9}:reshape{2, 2, 2} end)
    wrong("sequential: argument 'shape': got a table of 2 items, wanted {n} or {h, w, c}",
      function() sequential{4, 4} end)
    wrong("got the option 'activaton', wanted one of: activation, bias, init, norm, spectral",
      function() sequential({4}, {activaton = nn.relu}) end)
    wrong("got the option 'bare', wanted one of: last, norm",
      function() sequential{4}:linear(3, {bare = true}) end)
  end)
end)
