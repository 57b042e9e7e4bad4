-- The same bits whatever the number of threads: sums are cut by sizes alone and every one has one
-- order. And, elementwise and in reductions, whatever the level of the kernels.

local T = require "teasel"
local core = require "teasel.core"
local nn, optim, tree = T.nn, T.optim, T.tree

local parallel = pcall(core.threads, 2)      -- not with the serial OpenBLAS
local before = core.threads()

-- the bits of all tensors of a tree
local function bits(t)
  local list = {}
  for i, x in ipairs((tree.leaves(t))) do list[i] = x:data() end
  return table.concat(list)
end

local function threads(n, f)
  core.threads(n)
  local result = bits(f())
  core.threads(before)
  return result
end

-- not assert.are.equal: nobody wants to see the bits
local function assert_same(a, b) assert.is_true(#a > 0 and a == b) end

-- A few steps of a classifier; the sizes are such that every layer is cut into several pieces (of
-- 32768 items, or as many products).
local function train(seed)
  local stream = T.stream(seed, "threads")
  local net = nn.chain{
    nn.conv(3, 12, {kernel = 3, pad = "same"}), nn.batch_norm(12), nn.leaky_relu(0.2),
    nn.conv(12, 16, {kernel = 4, stride = 2, pad = 1}), nn.batch_norm(16), nn.relu,
    nn.deconv(16, 8, {kernel = 4, stride = 2, pad = 1}), nn.dropout(0.1), nn.tanh,
    nn.max_pool{kernel = 2}, nn.flatten, nn.linear(10 * 10 * 8, 99), nn.layer_norm(99), nn.elu(),
    nn.linear(99, 7),
  }
  local params, stats = net:init(stream:split "init")
  local adam = optim.adam{lr = 1e-2}
  local state = adam:init(params)
  local mode = {train = true, stats = stats, stream = stream:split "dropout"}
  local x, y = stream:normal{33, 20, 20, 3}, T.one_hot(stream:integers({33}, 1, 7), 7)
  local loss = T.value_and_grad(function(p) return T.cross_entropy(net(p, x, mode), y):mean() end)
  local values = {}
  for step = 1, 20 do
    local value, grads = loss(params)
    adam:update(params, grads, state)
    values[step] = value
  end
  assert(values[20]:item() < values[1]:item(), "the run learns nothing")
  return {params = params, stats = stats, slots = state.slots, values = values}
end

-- large odd sizes, one for every way of cutting work
local function odd(...)
  local shape, n = {...}, 1
  for _, size in ipairs(shape) do n = n * size end
  -- magnitudes far apart: another order of a sum shows
  return T.stream(n, "odd"):normal(shape) * T.exp(T.reshape(T.sin(T.arange(1, n)), shape) * 6)
end

local cases = {
  {"matmul", function() return T.matmul(odd(517, 389), odd(389, 293)) end},
  {"matmul of few rows and a long sum", function()
    return T.matmul(odd(7, 70001), odd(70001, 5))
  end},
  {"matmul of few rows and large weights", function()
    return {T.matmul(odd(64, 2050), odd(2050, 610)), T.matmul(odd(12, 1500), odd(1500, 960))}
  end},
  {"matmul with transposes", function()
    return T.matmul(odd(389, 317), odd(293, 389), {ta = true, tb = true})
  end},
  {"matmul of a batch", function() return T.matmul(odd(11, 67, 131), odd(11, 131, 71)) end},
  {"conv", function() return T.conv(odd(5, 37, 41, 13), odd(5, 3, 13, 17), {pad = "same"}) end},
  {"conv_x", function()
    return T.conv_x(odd(5, 19, 17, 21), odd(4, 4, 11, 21), {stride = 2, pad = 1})
  end},
  {"conv_x of few channels", function()
    return T.conv_x(odd(9, 19, 17, 21), odd(4, 4, 1, 21), {stride = 2, pad = 1})
  end},
  {"gradients of conv", function()
    return T.grad(function(p) return T.sum(T.sin(T.conv(p[1], p[2], {stride = 2, pad = 1}))) end){
      odd(7, 33, 31, 9), odd(4, 4, 9, 15)}
  end},
  {"sum of everything", function() return T.sum(odd(1000003)) end},
  {"sum over the first axis", function() return T.sum(odd(70001, 9), 1) end},
  {"sum over the last axis", function() return T.sum(odd(9, 70001), 2) end},
  {"sum over the middle axis", function() return T.sum(odd(5, 7001, 11), 2) end},
  {"sum over axes that are apart", function() return T.sum(odd(301, 7, 203), {1, 3}) end},
  {"mean and variance", function() return {T.mean(odd(300007)), T.var(odd(300007))} end},
  {"max, min and argmax", function()
    return {T.max(odd(300007)), T.min(odd(301, 997), 1), T.argmax(odd(301, 997), 2)}
  end},
  {"logsumexp and softmax", function()
    local x = odd(501, 301)
    return {T.logsumexp(x, 2), T.softmax(x, 2), T.log_softmax(x, 1), T.logsumexp(odd(300007))}
  end},
  {"normalize", function()
    return {T.normalize(odd(301, 7, 5, 31), {1, 2, 3}, 1e-5), T.normalize(odd(301, 997), -1, 1e-5),
      T.normalize(odd(9, 31, 29, 11), {2, 3}, 1e-5)}
  end},
  {"broadcasting", function() return odd(301, 1, 97) * odd(13, 1) + odd(97) end},
  {"an elementwise function", function() return T.tanh(odd(1000003)) end},
  {"pooling", function()
    local x = odd(9, 41, 39, 13)
    return {T.avg_pool(x, {kernel = 3, stride = 2}), T.max_pool(x, {kernel = 3, stride = 2}),
      T.upsample(x, 2)}
  end},
  {"gradients of pooling", function()
    return T.grad(function(x)
      return T.sum(T.sin(T.max_pool(x, {kernel = 3, stride = 2})))
        + T.sum(T.sin(T.avg_pool(x, {kernel = 3, stride = 2})))
    end)(odd(9, 41, 39, 13))
  end},
  {"take and put", function()
    local stream = T.stream(3)
    local x, at = odd(1009, 301), stream:integers({5003}, 1, 1009)
    local taken = T.take(x, at, 1)
    return {taken, T.put(taken, at, {axis = 1, count = 1009})}
  end},
  {"permute, flip and concat", function()
    local x = odd(61, 71, 83)
    return {T.permute(x, {3, 1, 2}), T.flip(x, 2), T.concat({x, x * 2}, 2)}
  end},
  {"random numbers", function()
    local stream = T.stream(5)
    return {stream:uniform{100003}, stream:normal{100003}, stream:integers({100003}, -5, 5),
      stream:permutation(10007)}
  end},
  {"an update in place", function()
    local adam = optim.adam{lr = 0.1, l2 = 0.01}
    local p = {odd(300007)}
    local state = adam:init(p)
    adam:update(p, {odd(300007)}, state)
    return {p, state.slots}
  end},
}

if parallel then
  describe("a training run", function()
    local once = threads(1, function() return train(1) end)

    for _, n in ipairs{1, 2, 3, 7} do
      it("with " .. n .. " threads has the bits of the run with one", function()
        assert_same(once, threads(n, function() return train(1) end))
      end)
    end

    it("with another seed has other bits", function()
      assert.is_false(once == threads(2, function() return train(2) end))
    end)
  end)

  describe("with any number of threads", function()
    for _, case in ipairs(cases) do
      it(case[1] .. " has the same bits", function()
        local once = threads(1, case[2])
        for _, n in ipairs{2, 3, 5} do assert_same(once, threads(n, case[2])) end
      end)
    end
  end)
end

if parallel then
  describe("products", function()
    after_each(function() core.kernels(0) end)

    for _, level in ipairs{1, 3, 4} do
      it("have the same bits with any number of threads at level " .. level, function()
        core.kernels(level)
        for _, case in ipairs(cases) do
          if case[1]:find "^matmul" or case[1]:find "^conv" or case[1]:find "of conv$" then
            assert_same(threads(1, case[2]), threads(3, case[2]))
          end
        end
      end)
    end
  end)
end

describe("the number of threads", function()
  it("is what was set last", function()
    assert.are.equal(parallel and 2 or 1, core.threads(parallel and 2 or 1))
    assert.are.equal(parallel and 2 or 1, core.threads())
    core.threads(before)
  end)

  it("is one or more", function()
    for _, n in ipairs{0, -1, 1.5, 65, "2"} do
      local ok, message = pcall(core.threads, n)
      assert.is_false(ok)
      assert.matches("threads: argument 'n': got .+, wanted an integer in 1..64", message)
    end
  end)
end)

-- elementwise functions at values of every kind, and reductions of every shape
local function levels_of(f)
  local found = {}
  for i, level in ipairs{1, 3, 4} do
    local name = core.kernels(level)
    found[i] = {name = name, bits = bits(f())}
  end
  return found
end

local function assert_levels(f)
  local found = levels_of(f)
  assert.are.equal("portable", found[1].name)
  for i = 2, 3 do assert(found[1].bits == found[i].bits, "differs with " .. found[i].name) end
end

describe("every level of kernels", function()
  after_each(function() core.kernels(0) end)

  local stream = T.stream(11)
  local special = T.tensor{0, -0.0, 1, -1, 1e-40, -1e-40, 1e-30, 88.5, -88.5, 104, -104, 1e30,
    math.huge, -math.huge, 0 / 0}
  local x = T.concat({special, stream:normal({999}, 0, 3), stream:normal({999}, 0, 1e-3)}, 1)
  local y = T.concat({stream:normal({999}, 0, 2), special, stream:normal({999}, 1, 1)}, 1)
  local rows = T.reshape(stream:normal({37 * 61}, 0, 5), {37, 61})

  -- all ops that make one item of one, two or three
  local elementwise = 0
  for _, op in ipairs(core.op.registry()) do
    local operands, tensors = {}, true
    for i, arg in ipairs(op.args) do
      operands[i] = i == 2 and y or x
      tensors = tensors and arg.kind == "tensor"
    end
    local ok, result = pcall(core.op[op.name], table.unpack(operands))
    if tensors and ok and result:size() == x:size() then
      elementwise = elementwise + 1
      it("gives the same bits in " .. op.name, function()
        assert_levels(function() return core.op[op.name](table.unpack(operands)) end)
      end)
    end
  end

  it("was asked for every elementwise op without attributes", function()
    assert.is_true(elementwise >= 32)
  end)

  local reductions = {
    sum = function() return {T.sum(rows), T.sum(rows, 1), T.sum(rows, 2), T.sum(x * x)} end,
    max = function() return {T.max(rows), T.max(rows, 1), T.min(rows, 2)} end,
    argmax = function() return {T.argmax(rows, 1), T.argmax(rows, 2)} end,
    logsumexp = function() return {T.logsumexp(rows, 1), T.logsumexp(rows, 2)} end,
    softmax = function() return {T.softmax(rows, 1), T.softmax(rows, 2)} end,
    log_softmax = function() return {T.log_softmax(rows, 1), T.log_softmax(rows, 2)} end,
    cross_entropy = function() return T.cross_entropy(rows, T.softmax(rows, 2)) end,
    normalize = function() return {T.normalize(rows, 1, 1e-5), T.normalize(rows, 2, 1e-5)} end,
    leaky_relu = function() return {T.leaky_relu(x, 0.2), T.elu(x, 1.5), T.clip(x, -1, 2)} end,
    affine = function() return T.affine(x, 1.1, -0.3) end,
    broadcast = function() return {rows * T.tensor(3), rows + rows[1], rows / rows[2][1]} end,
  }
  for name, f in pairs(reductions) do
    it("gives the same bits in " .. name .. ", by rows and by columns", function()
      assert_levels(f)
    end)
  end

  for _, name in ipairs{"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"} do
    it("gives the same bits in the update of " .. name, function()
      assert_levels(function()
        local optimizer = optim[name]{lr = 0.01, l2 = 0.1}
        local p = {T.stream(1):normal{1001}}
        local state = optimizer:init(p)
        for i = 1, 3 do optimizer:update(p, {T.stream(i + 1):normal{1001}}, state) end
        return {p, state.slots}
      end)
    end)
  end
end)
