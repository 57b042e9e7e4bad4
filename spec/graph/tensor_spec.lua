local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused

describe("a constructor", function()
  it("makes tensors from numbers and nested lists", function()
    near(T.tensor(2.5), 2.5, 0)
    near(T.tensor{1, 2, 3}, {1, 2, 3}, 0)
    near(T.tensor{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}, {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}, 0)
    assert.are.same({0}, T.tensor{}:shape())
    assert.are.same({2, 0}, T.tensor{{}, {}}:shape())
    local x = T.zeros{3}
    assert.are.equal(x, T.tensor(x))
  end)

  it("refuses lists that are ragged, too deep, or of anything else", function()
    refused("tensor: argument 'value': got a table of 1 items, wanted 2 at depth 2", T.tensor,
      {{1, 2}, {3}})
    refused("tensor: argument 'value': got 3, wanted a list of 2 items at depth 2", T.tensor,
      {{1, 2}, 3})
    refused("tensor: argument 'value': got a table of 1 items, wanted a number", T.tensor, {1, {2}})
    refused("tensor: argument 'value': got \"2\", wanted a number", T.tensor, {1, "2"})
    refused("wanted a number or nested lists of numbers", T.tensor, "1")
    local knot = {}
    knot[1] = knot
    refused("got lists nested more than 8 deep", T.tensor, knot)
    knot[1], knot[2] = T.ones{2}, knot
    refused("got lists nested more than 8 deep", T.tensor, knot)
  end)

  it("fills shapes with zeros, ones or a number", function()
    near(T.zeros{2, 2}, {{0, 0}, {0, 0}}, 0)
    near(T.zeros(1, 3), {{0, 0, 0}}, 0)
    near(T.ones{3}, {1, 1, 1}, 0)
    near(T.full({2}, -0.5), {-0.5, -0.5}, 0)
    near(T.zeros{}, 0, 0)
    assert.are.same({2, 0, 3}, T.ones{2, 0, 3}:shape())
    assert.are.equal(0, T.ones{2, 0, 3}:size())
  end)

  it("makes ramps that end like Lua's own for", function()
    near(T.arange(1, 4), {1, 2, 3, 4}, 0)
    near(T.arange(0, 1, 0.25), {0, 0.25, 0.5, 0.75, 1}, 0)
    near(T.arange(3, 1, -1), {3, 2, 1}, 0)
    near(T.arange(0, 0.7, 0.1), {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7})
    assert.are.same({0}, T.arange(2, 1):shape())
    near(T.linspace(-1, 1, 5), {-1, -0.5, 0, 0.5, 1}, 0)
    near(T.linspace(3, 9, 1), {3}, 0)
  end)

  it("makes the identity", function()
    near(T.eye(3), {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, 0)
    assert.are.same({0, 0}, T.eye(0):shape())
  end)

  it("names what an op takes where there are more arguments", function()
    refused("reshape: got 3 arguments, wanted at most 2: reshape(x, shape)", T.reshape, T.ones{6},
      2, 3)
  end)

  it("refuses lists with other keys than those of their items, but for table.pack's n", function()
    local x, long = T.ones{2, 2}, T.arange(1, 100):table()
    long.x = 1
    refused("tensor: argument 'value': got a table with x alone, wanted a list", T.tensor, {x = 1})
    refused("tensor: argument 'value': got a list of 2 items with the key 'x' too, wanted its "
      .. "items alone", T.tensor, {{1, 2}, {3, 4, x = 1}})
    refused("tensor: argument 'value': got a list of 100 items with the key 'x' too", T.tensor,
      long)
    refused("zeros: argument 'shape': got a table with n alone, wanted a list", T.zeros, {n = 2})
    refused("concat: argument 'list': got a list of 2 items with the key 'axis' too", T.concat,
      {x, x, axis = 2})
    refused("stack: argument 'list': got a list of 2 items with the key 'axis' too", T.stack,
      {x, x, axis = 2})
    refused("tensor: argument 'value': got a list of 1 items with the key 'x' too", T.tensor,
      {{x, x = 1}})
    refused("sum: argument 'axes': got a list of 1 items with the key 'keep' too", x.sum, x,
      {1, keep = true})
    refused("permute: argument 'order': got a list of 2 items with the key '7' too", x.permute, x,
      {2, 1, [7] = 3})
    refused("tensor: argument 'value': got a table of 0 items, wanted a list with items of its own",
      T.tensor, setmetatable({}, {__index = {1, 2}}))
    near(T.concat(table.pack(T.ones{1}, T.zeros{1})), {1, 0}, 0)
    near(T.tensor(setmetatable({1, 2}, {__index = {3}})), {1, 2}, 0)
  end)

  it("refuses shapes and ramps that nothing can hold", function()
    refused("zeros: argument 'shape': got -1, wanted an integer", T.zeros, {2, -1})
    refused("zeros: argument 'shape': got 1.5, wanted an integer", T.zeros, {1.5})
    refused("zeros: argument 'shape': got 9 sizes, wanted at most 8", T.zeros,
      {1, 1, 1, 1, 1, 1, 1, 1, 1})
    refused("full: argument 'value': got nothing, wanted a number", T.full, {2})
    refused("linspace: argument 'count': got -1, wanted an integer", T.linspace, 0, 1, -1)
    refused("arange: argument 'step': got 0, wanted", T.arange, 1, 2, 0)
    refused("arange: argument 'to': got inf, wanted a finite number", T.arange, 1, math.huge)
    refused("linspace: argument 'from': got -inf, wanted a finite number", T.linspace, -1 / 0, 1, 3)
    refused("linspace: argument 'to': got 1e+308, wanted a number less than 2^1024 from "
      .. "from = -1e+308", T.linspace, -1e308, 1e308, 3)
  end)
end)

describe("a tensor", function()
  local x = T.tensor{{1, 2, 3}, {4, 5, 6}}

  it("knows its shape, rank, size and length", function()
    assert.are.same({2, 3}, x:shape())
    assert.are.same({2, 6, 2}, {x:rank(), x:size(), #x})
    assert.are.same({0, 1, 0}, {T.tensor(1):rank(), T.tensor(1):size(), #T.tensor(1)})
  end)

  it("is asked whether it has a shape, a list or another tensor's", function()
    local x, has_shape = T.zeros{2, 3}, require "teasel.core".tensor.has_shape
    assert.is_true(has_shape(x, {2, 3}))
    assert.is_true(has_shape(x, {4 / 2, 3.0}))   -- as T.zeros takes them
    assert.is_true(has_shape(x, T.ones{2, 3}))
    assert.is_true(has_shape(T.tensor(1), {}))
    for _, shape in ipairs{{3, 2}, {2, 3, 1}, {2}, {}, {2, 3.5}, {"2", 3}, T.ones{3, 2},
        T.ones{6}} do
      assert.is_false(has_shape(x, shape))
    end
    assert.is_false(has_shape(nil, {2}))
    local gone = T.ones{2, 3}
    gone:release()
    assert.is_false(has_shape(gone, x))
    assert.is_false(has_shape(x, gone))
    assert.is_false(has_shape({2, 3}, {2, 3}))
  end)

  it("is read back as nested lists, its first items, its one item, or bytes", function()
    assert.are.same({{1, 2, 3}, {4, 5, 6}}, x:table())
    assert.are.equal(7, T.tensor(7):table())
    assert.are.same({{}, {}}, T.zeros{2, 0}:table())
    assert.are.same({1, 2, 3, 4}, x:head(4))
    assert.are.same({1, 2, 3, 4, 5, 6}, x:head(100))
    assert.are.equal(3, T.tensor{{3}}:item())
    refused("item: argument 'x': got a tensor [2 3], wanted a tensor of one item", x.item, x)
    assert.are.equal(string.pack(core.double and "dd" or "ff", 1.5, -2), T.tensor{1.5, -2}:data())
  end)

  it("gives its rows by index, from the end where that is negative", function()
    near(x[1], {1, 2, 3}, 0)
    near(x[-1], {4, 5, 6}, 0)
    near(x[2][3], 6, 0)
    near(T.ones{2, 0}[2], {}, 0)
    refused("index: argument 'i': got 3, wanted an integer in -2..2", function() return x[3] end)
    refused("index: argument 'i': got 0, wanted an integer in 1..2", function() return x[0] end)
    refused("index: argument 'i': got 1.5", function() return x[1.5] end)
    refused("index: argument 'x': got a tensor [], wanted one axis or more", function()
      return T.tensor(1)[1]
    end)
    refused("index: argument 'i': got \"nonsense\", wanted", function() return x.nonsense end)
  end)

  it("has a derivative through an index", function()
    near(T.grad(function(v) return (v[2] * v[-1]):sum() end)(x), {{0, 0, 0}, {8, 10, 12}}, 0)
  end)

  it("has the operators of arithmetic, with numbers on either side", function()
    near(x + 1, {{2, 3, 4}, {5, 6, 7}}, 0)
    near(1 - x, {{0, -1, -2}, {-3, -4, -5}}, 0)
    near(2 * x / 4, {{0.5, 1, 1.5}, {2, 2.5, 3}}, 0)
    near(T.tensor{1, 2, 3} ^ 2, {1, 4, 9})
    near(-x, {{-1, -2, -3}, {-4, -5, -6}}, 0)
    near(x - T.tensor{1, 0, 1}, {{0, 2, 2}, {3, 5, 5}}, 0)
    refused("add: argument 'b': got the shape [2] beside [2 3], wanted", function()
      return x + T.ones{2}
    end)
    refused("add: argument 'b': got \"a\", wanted a tensor or a number", function()
      return x + "a"
    end)
  end)

  it("cannot be assigned to", function()
    assert.has_error(function() x[1] = 3 end)
    near(x, {{1, 2, 3}, {4, 5, 6}}, 0)
  end)

  it("is gone once it is released", function()
    local y = T.ones{1000}
    local live = T.memory().live
    y:release()
    assert.is_true(T.memory().live <= live - 4000)
    refused("sum: argument 'x': got a released tensor, wanted a tensor", T.sum, y)
    y:release()
  end)
end)

describe("printing a tensor", function()
  it("shows numbers as they are and small arrays in full", function()
    assert.are.equal("2.5", tostring(T.tensor(2.5)))
    assert.are.equal("tensor [3]         1      -0.5         3", tostring(T.tensor{1, -0.5, 3}))
    assert.are.equal("tensor [2 2]\n         1         2\n         3     1e+10",
      tostring(T.tensor{{1, 2}, {3, 1e10}}))
    assert.are.equal("tensor [0 3]", tostring(T.zeros{0, 3}))
    assert.are.equal("tensor [4]       nan       inf      -inf         0",
      tostring(T.tensor{0 / 0, math.huge, -math.huge, -0.0}))
  end)

  it("keeps long numbers apart", function()
    assert.are.equal("tensor [2] -1.234e-10 -1.235e-10", tostring(T.tensor{-1.234e-10, -1.235e-10}))
  end)

  it("shows small arrays of any shape whole, long rows in several lines", function()
    assert.are.equal("tensor [11]\n         1         2         3         4         5         6"
      .. "         7         8         9        10\n          11", tostring(T.arange(1, 11)))
    assert.are.equal("tensor [2 2 2]\n[1]\n         1         2\n         3         4\n"
      .. "[2]\n         5         6\n         7         8",
      tostring(T.arange(1, 8):reshape{2, 2, 2}))
    assert.are.equal("tensor [3 1]\n         0\n         0\n         0", tostring(T.zeros{3, 1}))
    assert.are.equal("tensor [1 2 1 1]\n[1, 1]\n         5\n[1, 2]\n         6",
      tostring(T.tensor{5, 6}:reshape{1, 2, 1, 1}))
    local _, shown = tostring(T.arange(1, 200):reshape{2, 5, 20}):gsub("%f[%d]%d+%f[%s%z]", "")
    assert.is_true(shown >= 200)
  end)

  it("shows the corners of large ones, after the range and the mean", function()
    assert.are.equal("tensor [201]  (min 1, mean 101, max 201)\n         1         2         3  ..."
      .. "       199       200       201", tostring(T.arange(1, 201)))
    local rows = {}
    for i, r in ipairs{1, 2, 3, 18, 19, 20} do
      local items = {}
      for j, c in ipairs{1, 2, 3, 18, 19, 20} do items[j] = (" %9d"):format((r - 1) * 20 + c) end
      table.insert(items, 4, "  ...")
      rows[i] = table.concat(items)
    end
    table.insert(rows, 4, "  ...")
    assert.are.equal("tensor [20 20]  (min 1, mean 200.5, max 400)\n" .. table.concat(rows, "\n"),
      tostring(T.arange(1, 400):reshape{20, 20}))
    assert.are.equal("tensor [3 40 2 1]  (min 1, mean 120.5, max 240)\n[1, 1]\n         1\n"
      .. "         2\n  ...\n[3, 40]\n       239\n       240",
      tostring(T.arange(1, 240):reshape{3, 40, 2, 1}))
  end)

  it("never shows more than a screen, and makes no list of all the numbers", function()
    for _, shape in ipairs{{1000000}, {1, 1000000}, {10, 100000}, {1000, 1000}, {100, 100, 100},
      {100, 10, 10, 100}, {40000, 5, 5}} do
      local x = T.zeros(shape)
      collectgarbage()
      collectgarbage "stop"
      local before = collectgarbage "count"
      local text = tostring(x)
      local grown = collectgarbage "count" - before
      collectgarbage "restart"
      assert(#text < 1500, #text .. " characters")
      assert(grown < 100, grown .. " KB")
      assert.are.equal("tensor [" .. table.concat(shape, " ") .. "]", text:match("^tensor %b[]"))
    end
  end)

  it("leaves no trace in a derivative", function()
    near(T.grad(function(v)
      assert.are.equal("tensor [2]         1         2", tostring(v))
      return (v * v):sum()
    end)(T.tensor{1, 2}), {2, 4}, 0)
  end)
end)

-- the ops that lua/teasel/ops.lua puts together

describe("mean, var and norm", function()
  local x = T.tensor{{1, 2, 6}, {3, 4, 5}}

  it("go over all axes, one, or several, and keep them when asked to", function()
    near(x:mean(), 3.5)
    near(x:mean(1), {2, 3, 5.5})
    near(x:mean(2), {3, 4})
    near(x:mean(-1, true), {{3}, {4}})
    near(x:mean{1, 2}, 3.5)
    near(x:var(), 35 / 12)
    near(x:var(1), {1, 1, 0.25})
    near(x:var(2, true), {{14 / 3}, {2 / 3}})
    near(x:norm(1), {math.sqrt(10), math.sqrt(20), math.sqrt(61)})
    near(x:norm(nil, true), {{math.sqrt(91)}})
  end)

  it("divide a variance by n - correction", function()
    near(x:var(2, false, 1), {7, 1})
    near(x:var(nil, false, 1), 3.5)
  end)

  it("have no value where there is nothing", function()
    near(T.zeros{0, 2}:mean(1), {0 / 0, 0 / 0})
    near(T.ones{1}:var(1, false, 1), 0 / 0)
  end)

  it("keep a variance right far away from 0", function()
    local y = T.stream(1):normal{1000}
    near((y + 1000):var(), y:var():item(), core.double and 1e-10 or 1e-3)
  end)

  it("can be differentiated", function()
    near(T.grad(T.mean)(x), T.full({2, 3}, 1 / 6))
    near(T.grad(T.var)(x), (x - 3.5) / 3)
    near(T.grad(T.norm)(x), x / math.sqrt(91))
  end)
end)

describe("stack, slice, split and flatten", function()
  local x = T.arange(1, 12):reshape{3, 4}

  it("stack along a new axis, at any place", function()
    local a, b = T.tensor{1, 2, 3}, T.tensor{4, 5, 6}
    near(T.stack{a, b}, {{1, 2, 3}, {4, 5, 6}}, 0)
    near(T.stack({a, b}, 2), {{1, 4}, {2, 5}, {3, 6}}, 0)
    near(T.stack({a, b}, -1), {{1, 4}, {2, 5}, {3, 6}}, 0)
    near(T.stack{T.tensor(7), T.tensor(8)}, {7, 8}, 0)
  end)

  it("slice a range, from the end where it is negative", function()
    near(x:slice(1, 2, 3), {{5, 6, 7, 8}, {9, 10, 11, 12}}, 0)
    near(x:slice(-1, 2, -2), {{2, 3}, {6, 7}, {10, 11}}, 0)
    near(x:slice(2, 3), {{3, 4}, {7, 8}, {11, 12}}, 0)
    assert.are.same({3, 0}, x:slice(2, 2, 1):shape())
    near(x:narrow(1, 2, 3), {{5, 6, 7, 8}, {9, 10, 11, 12}}, 0)   -- as older scripts call it
  end)

  it("split into pieces of one size or of given ones", function()
    local parts = x:split(2, 2)
    assert.are.equal(2, #parts)
    near(parts[2], {{3, 4}, {7, 8}, {11, 12}}, 0)
    parts = x:split{1, 0, 2}
    assert.are.same({{1, 4}, {0, 4}, {2, 4}},
      {parts[1]:shape(), parts[2]:shape(), parts[3]:shape()})
    near(parts[3], x:slice(1, 2, 3), 0)
    assert.are.equal(1, x:split(2)[2]:shape()[1])
    near(T.concat(x:split(3, -1), 2), x, 0)
  end)

  it("flatten all axes but the first", function()
    assert.are.same({2, 12}, T.zeros{2, 3, 4}:flatten():shape())
    assert.are.same({2, 1}, T.zeros{2}:flatten():shape())
    assert.are.same({0, 3}, T.zeros{0, 3}:flatten():shape())
  end)

  it("refuse axes and sizes that x does not have", function()
    refused("stack: argument 'axis': got 4, wanted an axis in 1..3", T.stack, {x, x}, 4)
    refused("slice: argument 'axis': got 0, wanted an axis in 1..2", T.slice, x, 0, 1, 1)
    refused("split: argument 'axis': got -3, wanted an axis in 1..2", T.split, x, 1, -3)
    refused("split: argument 'sizes': got a sum of 4, wanted 3", T.split, x, {2, 2})
    refused("split: argument 'sizes': got 0, wanted an integer of 1 or more", T.split, x, 0)
    refused("split: argument 'sizes': got 2, wanted at most 2^24 parts of 1099511627776", T.split,
      T.zeros{1 << 40, 0}, 2)
    refused("stack: argument 'list': got 3, wanted a list of one or more tensors", T.stack, 3)
    refused("stack: argument 'x': got \"a\", wanted a tensor or a number", T.stack, {"a"})
    refused("slice: argument 'x': got nil, wanted a tensor or a number", T.slice, nil, 1, 1, 1)
    refused("split: argument 'x': got \"a\", wanted a tensor or a number", T.split, "a", 1)
    refused("mean: argument 'x': got nil, wanted a tensor or a number", T.mean)
    refused("var: argument 'x': got true, wanted a tensor or a number", T.var, true)
    assert.are.equal(3, T.mean(3):item())
  end)

  it("flatten a batch of no images to rows of their pixels", function()
    assert.same({0, 4096}, T.flatten(T.zeros(0, 64, 64, 1)):shape())
    assert.same({0, 0}, T.flatten(T.zeros(0, 0, 3)):shape())
    assert.same({2, 0}, T.flatten(T.zeros(2, 0, 3)):shape())
    assert.same({0, 1}, T.flatten(T.zeros{0}):shape())
    assert.same({0, 12}, T.baseline.raw()(T.zeros(0, 2, 2, 3)):shape())
    refused("flatten: argument 'x': got 7, wanted a tensor", T.flatten, 7)
    refused("flatten: argument 'x': got a tensor [], wanted one axis or more", T.flatten,
      T.tensor(1))
  end)
end)

describe("pooling, upsampling and deconv", function()
  -- one image of one channel
  local function image(rows) return T.tensor{rows}:reshape{1, #rows, #rows[1], 1} end
  local function rows(x) return x:reshape{x:shape()[2], x:shape()[3]} end

  local x = image{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}

  it("take means and maxima of windows", function()
    near(rows(T.avg_pool(x, {kernel = 2})), {{3.5, 5.5}, {11.5, 13.5}})
    near(rows(T.max_pool(x, {kernel = 2})), {{6, 8}, {14, 16}}, 0)
    near(rows(T.max_pool(x, {kernel = {1, 2}, stride = 1})), {{2, 3, 4}, {6, 7, 8}, {10, 11, 12},
      {14, 15, 16}}, 0)
    near(rows(T.avg_pool(x, {kernel = {2, 4}, stride = 2})), {{4.5}, {12.5}})
  end)

  it("count zeros around the image in a mean but never take one for the largest", function()
    near(rows(T.avg_pool(x, {kernel = 2, stride = 3, pad = 1})), {{0.25, 1.75}, {5.5, 13.5}})
    near(rows(T.max_pool(-x, {kernel = 3, stride = 2, pad = {1, 0, 1, 0}})),
      {{-1, -2}, {-5, -6}}, 0)
  end)

  it("give a maximum's gradient to its item, at a tie to the first", function()
    local function sum(v) return T.max_pool(v, {kernel = 2}):sum() end
    near(rows(T.grad(sum)(image{{1, 3}, {2, 0}})), {{0, 1}, {0, 0}}, 0)
    near(rows(T.grad(sum)(image{{0, 5}, {5, 5}})), {{0, 1}, {0, 0}}, 0)
  end)

  it("keep images and channels apart", function()
    local y = T.stream(1):normal{3, 4, 6, 2}
    local pooled = T.max_pool(y, {kernel = 2})
    assert.are.same({3, 2, 3, 2}, pooled:shape())
    near(pooled[2][1][3][2], y[2]:slice(1, 1, 2):slice(2, 5, 6):slice(3, 2, 2):max():item(), 0)
  end)

  it("repeat each pixel to make an image larger", function()
    near(rows(T.upsample(image{{1, 2}, {3, 4}}, 2)), {{1, 1, 2, 2}, {1, 1, 2, 2}, {3, 3, 4, 4},
      {3, 3, 4, 4}}, 0)
    near(rows(T.upsample(image{{1, 2}}, {1, 3})), {{1, 1, 1, 2, 2, 2}}, 0)
  end)

  it("spread each pixel over a kernel's window", function()
    local w = T.tensor{{1, 2}, {3, 4}}:reshape{2, 2, 1, 1}
    near(rows(T.deconv(image{{1, 10}}, w, {stride = 2})), {{1, 2, 10, 20}, {3, 4, 30, 40}}, 0)
    near(rows(T.deconv(image{{1, 10}}, w)), {{1, 12, 20}, {3, 34, 40}}, 0)
  end)

  it("refuse an option they do not have, and to go without a kernel", function()
    for _, name in ipairs{"avg_pool", "max_pool"} do
      refused(name .. ": got the option 'strid', wanted one of: kernel, pad, stride (did you mean "
        .. "'stride'?)", T[name], x, {kernel = 2, strid = 1})
      refused(name .. ": got no option 'kernel', wanted its size", T[name], x)
    end
  end)
end)
