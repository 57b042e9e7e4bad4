-- Networks of PyTorch's weights: every layer against its definition, in PyTorch's orders of axes.

local T = require "teasel"
local expect = require "spec.expect"
local operator = require "spec.format.operator"

local stream = T.stream(1)

local function draw(name, ...) return stream:split(name):normal{...} end

-- from [n h w c] to [n c h w] and back
local function front(x) return x:permute{1, 4, 2, 3} end
local function back(x) return x:permute{1, 3, 4, 2} end

-- what a network gives for x
local function applied(built, x)
  local net, params, stats = built:network()
  return net(params, x, {stats = stats})
end

-- a convolution ("Conv") of x [n c h w] or a transposed one ("ConvTranspose") as PyTorch defines it
local function convolved(kind, x, w, bias, stride, pad)
  local kh, kw = table.unpack(w:shape(), 3)
  local y = operator[kind]({kernel_shape = {kh, kw}, strides = {stride, stride},
    pads = {pad, pad, pad, pad}}, operator.array(x), operator.array(w), operator.array(bias))
  return T.tensor({table.unpack(y)}):reshape(y.shape)
end

describe("an adopted network", function()
  local x = draw("x", 2, 4, 6, 3)

  it("has PyTorch's convolutions, transposed ones too", function()
    local w = {["a.weight"] = draw("a", 2, 3, 4, 4), ["a.bias"] = draw("ab", 2),
      ["b.weight"] = draw("b", 3, 2, 3, 2), ["b.bias"] = draw("bb", 2),
      ["c.weight"] = draw("c", 2, 3, 1, 1)}
    expect.near(applied(T.adopted(w, {4, 6, 3}):conv "a", x),
      back(convolved("Conv", front(x), w["a.weight"], w["a.bias"], 2, 1)):relu(), 1e-5)
    expect.near(applied(T.adopted(w, {4, 6, 3}):conv("c", {stride = 1, pad = 0, last = true}), x),
      back(convolved("Conv", front(x), w["c.weight"], T.zeros(2), 1, 0)), 1e-5)
    expect.near(applied(T.adopted(w, {4, 6, 3}):deconv("b", {stride = 3, pad = 0, last = true}), x),
      back(convolved("ConvTranspose", front(x), w["b.weight"], w["b.bias"], 3, 0)), 1e-5)
    expect.near(applied(T.adopted(w, {4, 6, 3}):deconv("b", {activation = T.nn.tanh}), x),
      back(convolved("ConvTranspose", front(x), w["b.weight"], w["b.bias"], 2, 1)):tanh(), 1e-5)
  end)

  it("has linear layers that read and give maps of channels in PyTorch's order", function()
    local w = {["a.weight"] = draw("la", 5, 72), ["a.bias"] = draw("lb", 5),
      ["b.weight"] = draw("lc", 12, 5), ["b.bias"] = draw("ld", 12)}
    local last = {last = true}
    local h = T.matmul(front(x):reshape{2, 72}, w["a.weight"]:permute{2, 1}) + w["a.bias"]
    expect.near(applied(T.adopted(w, {4, 6, 3}):linear("a", last), x), h, 1e-5)
    local y = (T.matmul(h, w["b.weight"]:permute{2, 1}) + w["b.bias"]):reshape{2, 3, 2, 2}
    expect.near(applied(T.adopted(w, {4, 6, 3}):linear("a", last):linear("b", {to = {2, 2, 3}}), x),
      back(y):relu(), 1e-5)
    w["b.bias"] = nil
    expect.near(applied(T.adopted(w, {5}):linear("b", last), h),
      T.matmul(h, w["b.weight"]:permute{2, 1}), 1e-5)
  end)

  it("has batch norm by the running statistics, before the activation", function()
    local w = {["c.weight"] = draw("nc", 2, 3, 1, 1), ["n.weight"] = draw("n1", 2),
      ["n.bias"] = draw("n2", 2), ["n.running_mean"] = draw("n3", 2),
      ["n.running_var"] = draw("n4", 2):square(), ["n.num_batches_tracked"] = T.tensor(3)}
    local y = back(convolved("Conv", front(x), w["c.weight"], T.zeros(2), 1, 0))
    y = (y - w["n.running_mean"]) / (w["n.running_var"] + 1e-5):sqrt() * w["n.weight"] + w["n.bias"]
    expect.near(applied(T.adopted(w, {4, 6, 3}):conv("c", {stride = 1, pad = 0, norm = "n"}), x),
      y:relu(), 1e-5)
  end)

  it("has batch norm whose scale or shift is 1 or 0 where there is none", function()
    local w = {["n.running_mean"] = draw("n3", 3), ["n.running_var"] = draw("n4", 3):square()}
    local y = (x - w["n.running_mean"]) / (w["n.running_var"] + 1e-5):sqrt()
    local function normed() return applied(T.adopted(w, {4, 6, 3}):batch_norm "n", x) end
    expect.near(normed(), y, 1e-5)
    w["n.bias"] = draw("n2", 3)
    expect.near(normed(), y + w["n.bias"], 1e-5)
    w["n.weight"], w["n.bias"] = draw("n1", 3), nil
    expect.near(normed(), y * w["n.weight"], 1e-5)
  end)

  it("has heads of their own, of halves of a layer, and of a layer's outputs in turns", function()
    local w = {["a.weight"] = draw("ha", 4, 72), ["a.bias"] = draw("hb", 4),
      ["b.weight"] = draw("hc", 2, 72)}
    local y = T.matmul(front(x):reshape{2, 72}, w["a.weight"]:permute{2, 1}) + w["a.bias"]
    local start = function() return T.adopted(w, {4, 6, 3}) end
    local all = y:table()
    local halves = applied(start():halves("a", {"mean", "logvar"}), x)
    expect.near(halves.mean, y:slice(2, 1, 2), 1e-5)
    expect.near(halves.logvar, y:slice(2, 3, 4), 1e-5)
    local turns = applied(start():interleaved("a", {"mean", "logvar"}), x)
    expect.near(turns.mean, {{all[1][1], all[1][3]}, {all[2][1], all[2][3]}}, 1e-5)
    expect.near(turns.logvar, {{all[1][2], all[1][4]}, {all[2][2], all[2][4]}}, 1e-5)
    local own = applied(start():heads{mean = "a", logits = "b"}, x)
    expect.near(own.mean, y, 1e-5)
    expect.near(own.logits, T.matmul(front(x):reshape{2, 72}, w["b.weight"]:permute{2, 1}), 1e-5)
  end)

  it("is the same of Keras's weights, which have our orders", function()
    local torch = {["a.weight"] = draw("a", 2, 3, 4, 4), ["a.bias"] = draw("ab", 2),
      ["l.weight"] = draw("kl", 8, 12), ["l.bias"] = draw("kb", 8),
      ["b.weight"] = draw("kc", 2, 3, 4, 4), ["n.weight"] = draw("n1", 3),
      ["n.bias"] = draw("n2", 3), ["n.running_mean"] = draw("n3", 3),
      ["n.running_var"] = draw("n4", 3):square(), ["m.weight"] = draw("km", 2, 48)}
    -- what Keras would have of the same layers: [kh kw in out], transposed [kh kw out in], [in out]
    -- with maps read as h, w, c
    local keras = {["a.kernel:0"] = torch["a.weight"]:permute{3, 4, 2, 1},
      ["a.bias:0"] = torch["a.bias"], ["b.kernel:0"] = torch["b.weight"]:permute{3, 4, 2, 1},
      ["l.kernel:0"] = torch["l.weight"]:reshape{2, 2, 2, 2, 2, 3}:permute{5, 6, 4, 2, 3, 1}
        :reshape{12, 8},
      ["l.bias:0"] = torch["l.bias"]:reshape{2, 2, 2}:permute{2, 3, 1}:reshape{8},
      ["n.gamma:0"] = torch["n.weight"], ["n.beta:0"] = torch["n.bias"],
      ["n.moving_mean:0"] = torch["n.running_mean"],
      ["n.moving_variance:0"] = torch["n.running_var"] + 1e-5 - 1e-3,   -- Keras adds 1e-3
      ["m.kernel:0"] = torch["m.weight"]:reshape{2, 3, 4, 4}:permute{3, 4, 2, 1}:reshape{48, 2}}
    local function built(weights, order)
      return T.adopted(weights, {4, 6, 3}, {order = order}):conv "a"
        :linear("l", {to = {2, 2, 2}}):deconv("b", {norm = "n"}):heads{m = "m"}
    end
    expect.near(applied(built(keras, "keras"), x).m, applied(built(torch, "torch"), x).m, 1e-5)
    expect.refused("adopted: option 'order': got the option 'tf', wanted one of: keras, torch",
      T.adopted, keras, {4}, {order = "tf"})
  end)

  it("says which array does not fit what", function()
    local w = {["conv1.weight"] = T.zeros{2, 3, 4, 4}, ["lin.weight"] = T.zeros{4, 5},
      ["n.running_mean"] = T.zeros(3), ["n.running_var"] = T.zeros(3)}
    local function start() return T.adopted(w, {4, 4, 3}) end
    expect.refused("the weights have no 'conv2.weight', but 'conv1.weight'", start().conv, start(),
      "conv2")
    expect.refused("'lin.weight' has the shape [4 5], wanted 4 axes", start().conv, start(),
      "lin")
    expect.refused("'lin' reads 5 channels or numbers, and what comes before it has the shape "
      .. "[4 4 3]", start().linear, start(), "lin")
    expect.refused("'conv1' reads 3 channels or numbers, and what comes before it has the shape "
      .. "[2 2 2]", start().conv, start():conv "conv1", "conv1")
    w["odd.weight"], w["odd.bias"] = T.zeros{2, 48}, T.zeros(3)
    expect.refused("'odd.bias' has 3 numbers, wanted 2, one for each output", start().linear,
      start(), "odd")
    expect.refused("'n' reads 3 channels or numbers", start().batch_norm, start():conv "conv1", "n")
    w["n.running_var"] = T.zeros(2)
    expect.refused("'n.running_var' has 2 numbers, wanted 3", start().batch_norm, start(), "n")
    w["n.running_var"], w["n.weight"] = T.zeros(3), T.zeros(2)
    expect.refused("'n.weight' has 2 numbers, wanted 3", start().batch_norm, start(), "n")
    local small = T.adopted(w, {1, 1, 3})
    expect.refused("'conv1' has kernels of 4 x 4, and what comes before it has the shape [1 1 3]",
      small.conv, small, "conv1")
    local five = T.adopted(w, {5})
    expect.refused("'conv1' is a convolution, and what comes before it has the shape [5]",
      five.conv, five, "conv1")
    expect.refused("option 'to': got a table of 3 items, wanted {h, w, c} with a product of 4",
      five.linear, five, "lin", {to = {1, 1, 3}})
    expect.refused("wanted names that 4 outputs can be shared among", five.halves, five, "lin",
      {"a", "b", "c"})
    expect.refused("adopted:conv: argument 'name': got nil, wanted a string", five.conv, five)
    expect.refused("wanted {n} or {h, w, c}", T.adopted, w, {1, 2})
    expect.refused("got the option 'strides'", five.conv, five, "conv1", {strides = 2})
  end)
end)
