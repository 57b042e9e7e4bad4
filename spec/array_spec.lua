-- Access and what is known from numpy, where no derivative is asked for: known answers and errors.
-- Values and derivatives of the rest are in spec/graph/composed_spec.lua.

local T = require "teasel"
local core = require "teasel.core"
local draw = require "spec.draw"
local expect = require "spec.expect"
local wrong = require "spec.wrong"

-- wrong calls of each function; a collection at every allocation takes time
local CALLS = os.getenv "TEASEL_STRESS" and 30 or 300

local near, refused = expect.near, expect.refused
local nan, inf = 0 / 0, math.huge

describe("access", function()
  local x = T.arange(1, 12):reshape{3, 4}

  it("tells the number of all items, or along an axis", function()
    assert.are.same({12, 12, 3, 4, 3}, {x:numel(), x:size(), x:size(1), x:size(-1), x:size(-2)})
    refused("size: argument 'axis': got 3, wanted an integer in -2..2", x.size, x, 3)
    refused("size: argument 'axis': got 0, wanted an axis in 1..2", x.size, x, 0)
  end)

  it("goes over the first axis with ipairs", function()
    local rows = {}
    for i, row in ipairs(x) do rows[i] = row:table() end
    assert.are.same(x:table(), rows)
    for _ in ipairs(T.zeros{0, 2}) do error "there are no items" end
    -- which is no reason to give nil to others
    refused("index: argument 'i': got 4, wanted an integer in -3..3", function() return x[4] end)
  end)

  it("leaves a size open in reshape", function()
    assert.are.same({6, 2}, x:reshape{-1, 2}:shape())
    assert.are.same({12}, x:reshape{-1}:shape())
    refused("reshape: argument 'shape': got -1 beside sizes of 5 items, wanted sizes that divide "
      .. "the 12 items of x", T.reshape, x, {5, -1})
    refused("reshape: argument 'shape': got -1, wanted an integer in 0..", T.reshape, x, {-1, -1})
    refused("got -1 beside sizes of 0 items", T.reshape, x, {0, -1})
  end)

  it("tells a mask, which a comparison gives, from a tensor of indices", function()
    local list = T.tensor{5, 6}
    near(list[T.tensor{1, 1}], {5, 5}, 0)
    near(list[list:gt(0)], {5, 6}, 0)
    for _, m in ipairs{list:gt(5), list:eq(5), list:isnan(), list:step(), list:gt(5) * list:lt(6),
      list:gt(5):maximum(list:lt(6)), list:gt(5):reshape{2, 1}, list:gt(5):flip(), list:any(),
      T.concat{list:gt(5), list:lt(5)}, x:gt(3)[1], x:gt(3):max(1)} do
      assert.is_true(m:is_mask())
    end
    for _, t in ipairs{list, T.ones{2}, list:gt(5) + 1, list:gt(5):sum(), list * list:gt(5),
      T.concat{list:gt(5), list}, T.one_hot(T.tensor{1}, 2)} do
      assert.is_false(t:is_mask())
    end
  end)

  it("no longer takes a tensor for a mask that was written over", function()
    local m = T.tensor{1, 2}:gt(1)
    local other = m:reshape{2, 1}      -- of the same memory
    assert.is_true(other:is_mask())
    T.assign(m, T.tensor{3, 4}:data())
    assert.is_false(m:is_mask())
    assert.is_false(other:is_mask())
    -- nor a gradient whose parts, masks, were added up where the first stood
    m = T.tensor{1, 2}:gt(1)
    local _, pullback = T.vjp(function(x) return x * m + x * m end, T.ones{2})
    local g = pullback(m)
    near(g, {0, 2}, 0)
    assert.is_false(g:is_mask())
  end)

  it("refuses every other key and says which", function()
    for _, row in ipairs{
      {"shpae", 'got "shpae"'}, {true, "got true"}, {print, "got a function"},
      {1.5, "got 1.5"}, {{1, 2, 3}, "got 3, wanted entries for the axes 1..2"},
      {{axis = 1}, 'got "axis", wanted entries'}, {{4}, "'i[1]': got 4, wanted an integer in 1..3"},
      {{1, 0}, "'i[2]': got 0, wanted an integer in 1..4"},
      {{{3, 1}}, "'i[1]': got 1, wanted an end at or after the start"},
      {{{1, 2, 3}}, "'i[1]': got a table of 3 items, wanted an integer, a range"},
      {{"a"}, "'i[1]': got \"a\", wanted an integer, a range"},
      {{T.ones{2, 2}}, "'i[1]': got a tensor [2 2], wanted one axis"},
      {{T.ones{2}:gt(0)}, "'i[1]': got a tensor [2], wanted a mask of 3 items"},
      {T.ones{2}:gt(0), "masked_select: argument 'mask': got a tensor [2], wanted the shape of x"},
      {T.tensor{0, 1}, "got 0 as item 1, wanted an integer in 1..3"},
    } do
      refused(row[2], function() return x[row[1]] end)
    end
  end)

  it("names the line that asked", function()
    local ok, message = pcall(function() return x[{9}] end)
    assert.is_false(ok)
    assert.matches("^spec/array_spec.lua:%d+: index: ", message)
    ok, message = pcall(T.quantile, x, 2)
    assert.is_false(ok)
    assert.matches("^spec/array_spec.lua:%d+: quantile: argument 'q': got 2, wanted", message)
    ok, message = pcall(function() return x[T.tensor{0}] end)
    assert.is_false(ok)
    assert.matches("^spec/array_spec.lua:%d+: take: argument 'index': got 0", message)
  end)

  it("stacks tensors of one shape only", function()
    refused("concat: argument 'list': got the shapes", T.tensor, {T.ones{2}, T.ones{3}})
    refused("stack: argument 'x': got \"a\", wanted", T.tensor, {T.ones{}, "a"})
  end)
end)

describe("arrangements", function()
  local x = T.arange(1, 6):reshape{2, 3}

  it("refuse axes and amounts that x does not have", function()
    refused("select: argument 'axis': got 3, wanted an axis in 1..2", T.select, x, 3, 1)
    refused("select: argument 'i': got 4, wanted an integer in 1..3", T.select, x, 2, 4)
    refused("transpose: argument 'x': got a tensor [6], wanted 2 axes or more", T.transpose,
      x:flatten():reshape{6})
    refused("transpose: argument 'b': got 0, wanted an axis", T.transpose, x, 1, 0)
    refused("squeeze: argument 'axes': got 2, wanted axes of size 1 of the shape [2 3]", T.squeeze,
      x, 2)
    refused("unsqueeze: argument 'axis': got 4, wanted an axis in 1..3", T.unsqueeze, x, 4)
    refused("tile: argument 'times': got -1, wanted an integer in 0..", T.tile, x, {-1})
    refused("roll: argument 'shift': got 0.5, wanted an integer", T.roll, x, 0.5)
    refused("roll: argument 'x': got nil, wanted a tensor or a number", T.roll)
  end)

  it("keep what has no items", function()
    local none = T.zeros{2, 0}
    assert.are.same({0, 2}, none:transpose():shape())
    assert.are.same({2, 0}, none:roll(1, 2):shape())
    assert.are.same({4, 0}, none:tile{2, 3}:shape())
    assert.are.same({2, 0}, x:tile(0):shape())
  end)
end)

describe("what may be left out", function()
  it("can be given by name", function()
    local x = T.tensor{{3, 1, 2}, {4, 6, 5}}
    near((x:sort{axis = 1, descending = true}), {{4, 6, 5}, {3, 1, 2}}, 0)
    near((x:topk(1, {smallest = true})), {{1}, {4}}, 0)
    near(x:median{axis = 2}, {2, 5}, 0)
    near(x:quantile(0, {axis = 1, keep = true}), {{3, 1, 2}}, 0)
    near(x:argmin{axis = 1}, {1, 1, 1}, 0)
    near(x:prod{axes = 2, keep = true}, {{6}, {120}}, 0)
    near(x:mean{axes = 2}, {2, 5})
    near(x:var{axes = 2, correction = 1}, {1, 1})
    near(x:std{axes = 2, correction = 1}, {1, 1})
    near(x:norm{axes = {1, 2}}, math.sqrt(91))
    near(x:any{axes = 1}, {1, 1, 1}, 0)
    refused("sort: got the option 'axes', wanted one of: axis, descending (did you mean 'axis'?)",
      T.sort, x, {axes = 1})
  end)
end)

describe("a wrong call", function()
  local function vector() return T.ones(3) end
  local function matrix() return T.ones(3, 3) end
  local AXIS = {"axis", "nil", 1}
  local AXES, KEEP = {"axes", "nil", 1}, {"keep", "nil boolean", true}

  for name, args in pairs{
    masked_select = {{"x", "", matrix}, {"mask", "", vector}},
    select = {{"x", "", matrix}, {"axis", "", 1}, {"i", "", 2}},
    transpose = {{"x", "", matrix}, {"a", "nil", 1}, {"b", "nil", 2}},
    squeeze = {{"x", "", function() return T.ones(1, 3) end}, {"axes", "nil", 1}},
    unsqueeze = {{"x", "", matrix}, AXIS},
    tile = {{"x", "", matrix}, {"times", "", 2}},
    roll = {{"x", "", matrix}, {"shift", "", 1}, AXIS},
    sort = {{"x", "", matrix}, AXIS, {"descending", "nil boolean", true}},
    topk = {{"x", "", matrix}, {"k", "", 2}, AXIS, {"smallest", "nil boolean", true}},
    argmin = {{"x", "", matrix}, AXIS, KEEP},
    median = {{"x", "", matrix}, AXIS, KEEP},
    quantile = {{"x", "", matrix}, {"q", "", 0.5}, AXIS, KEEP},
    unique = {{"x", "", matrix}},
    histogram = {{"x", "", matrix}},
    prod = {{"x", "", matrix}, AXES, KEEP},
    std = {{"x", "", matrix}, AXES, KEEP, {"correction", "nil", 1}},
    any = {{"x", "", matrix}, AXES, KEEP},
    all = {{"x", "", matrix}, AXES, KEEP},
    isnan = {{"x", "", matrix}},
    equal = {{"a", "", matrix}, {"b", "", matrix}},
    allclose = {{"a", "", matrix}, {"b", "", matrix}},
    mv = {{"a", "", matrix}, {"x", "", vector}},
    dot = {{"a", "", vector}, {"b", "", vector}},
    outer = {{"a", "", vector}, {"b", "", vector}},
    trace = {{"x", "", matrix}},
  } do
    for _, arg in ipairs(args) do arg.name, arg.takes = arg[1], arg[2] end
    local subject = {who = name, f = T[name], args = args, make = function()
      local values = {}
      for k, arg in ipairs(args) do
        values[k] = type(arg[3]) == "function" and arg[3]() or arg[3]
      end
      return values
    end}

    it("of " .. name .. " is answered with what was wrong", function()
      assert.are.same({}, wrong.systematically(subject))
      local rand, faults = draw.stream(name), {}
      for _ = 1, CALLS do faults[#faults + 1] = wrong.at_random(subject, rand) end
      assert.are.same({}, faults)
    end)
  end
end)

describe("the order of items", function()
  it("has NaN last", function()
    local values, index = T.sort(T.tensor{3, nan, -inf, 2})
    near(values, {-inf, 2, 3, nan}, 0)
    near(index, {3, 4, 1, 2}, 0)
    near((T.sort(T.tensor{3, nan, -inf, 2}, 1, true)), {3, 2, -inf, nan}, 0)
  end)

  it("is found for a million items, on every number of threads", function()
    local x = T.stream(1):uniform{1000000}
    local threads = T.threads()
    local list = {}
    for i, n in ipairs{1, 2, 3} do
      T.threads(n)
      list[i] = T.argsort(x)
    end
    T.threads(threads)
    assert.is_true(list[1]:equal(list[2]) and list[1]:equal(list[3]))
    local sorted = T.take(x, list[1])
    assert.is_true(sorted:slice(1, 2):ge(sorted:slice(1, 1, -2)):all():item() == 1)
    assert.is_true(list[1]:sort():equal(T.arange(1, 1000000)))
  end)

  it("has indices of the largest and smallest items", function()
    local x = T.tensor{{3, 1, 2}, {4, 6, 5}}
    local values, index = x:topk(2)
    near(values, {{3, 2}, {6, 5}}, 0)
    near(index, {{1, 3}, {2, 3}}, 0)
    near(select(2, x:topk(1, 1, true)), {{1, 1, 1}}, 0)
    near(x:argmin(), {2, 1}, 0)
    near(x:argmin(1, true), {{1, 1, 1}}, 0)
    refused("topk: argument 'k': got 4, wanted an integer in 0..3", T.topk, x, 4)
    refused("sort: argument 'axis': got 3, wanted an axis in 1..2", T.sort, x, 3)
  end)

  it("has no quantile where there is NaN or nothing", function()
    near(T.median(T.tensor{{1, nan, 2}, {5, 4, 6}}, 2), {nan, 5}, 0)
    near(T.median(T.tensor(3)), 3, 0)
    refused("median: argument 'x': got a tensor [0], wanted one item or more", T.median,
      T.zeros{0})
    refused("quantile: argument 'q': got 1.5, wanted numbers in 0..1", T.quantile, T.ones{2},
      {0, 1.5})
  end)

  it("gives the different items, where they are, and how often", function()
    local values, inverse, counts = T.unique(T.tensor{{3, 1, 3}, {nan, -2, nan}})
    near(values, {-2, 1, 3, nan}, 0)
    near(inverse, {{3, 2, 3}, {4, 1, 4}}, 0)
    near(counts, {1, 1, 2, 2}, 0)
    near((T.unique(T.zeros{0, 2})), {}, 0)
    local x = T.stream(2):integers({500}, 1, 40)
    values, inverse, counts = x:unique()
    near(values[inverse], x, 0)
    assert.are.equal(500, counts:sum():item())
  end)
end)

describe("a histogram", function()
  it("counts the items of each part, whose lower end belongs to it, and the last end", function()
    local counts, ends = T.histogram(T.tensor{0, 1, 1.5, 2, 3, 4, 4}, {bins = 4})
    near(ends, {0, 1, 2, 3, 4}, 0)
    near(counts, {1, 2, 1, 3}, 0)
  end)

  it("leaves out what is outside of a range, and NaN", function()
    near((T.histogram(T.tensor{-1, 0, 0.5, 1, 2, nan, inf}, {bins = 2, low = 0, high = 1})),
      {1, 2}, 0)
    near((T.histogram(T.zeros{0}, {bins = 2})), {0, 0}, 0)
    near((T.histogram(T.full({3}, 7), {bins = 2})), {0, 3}, 0)
  end)

  it("agrees with its own ends for every item", function()
    local x = T.stream(3):integers({2000}, 0, 100) / 100
    local counts, ends = T.histogram(x, {bins = 30})
    local list, wanted = ends:table(), {}
    for i = 1, 30 do wanted[i] = 0 end
    for _, v in ipairs(x:table()) do
      local i = 1
      while i < 30 and v >= list[i + 1] do i = i + 1 end
      wanted[i] = wanted[i] + 1
    end
    near(counts, wanted, 0)
  end)

  it("refuses parts and ranges that there are not", function()
    local x = T.ones{3}
    refused("histogram: argument 'bins': got 0, wanted an integer in 1..", T.histogram, x,
      {bins = 0})
    refused("histogram: argument 'low': got 2, wanted a number below", T.histogram, x,
      {low = 2, high = 1})
    refused("histogram: argument 'x': got inf, wanted finite items, or a range", T.histogram,
      T.tensor{1, inf})
    refused("histogram: argument 'high': got inf, wanted a finite number", T.histogram,
      x, {high = inf})
    refused("histogram: got the option 'bin'", T.histogram, x, {bin = 3})
  end)
end)

describe("comparisons of tensors", function()
  it("tell whether any or all items are not 0", function()
    local x = T.tensor{{0, 1}, {2, 3}, {0, 0}}
    near(x:any(2), {1, 1, 0}, 0)
    near(x:all(2), {0, 1, 0}, 0)
    near(x:any(), 1, 0)
    near(x:all(1, true), {{0, 0}}, 0)
    near(T.any(T.tensor{nan}), 1, 0)
    near(T.all(T.zeros{0}), 1, 0)
    near(T.any(T.zeros{0}), 0, 0)
    near(T.isnan(T.tensor{1, nan, inf}), {0, 1, 0}, 0)
  end)

  it("tell whether two are equal, or nearly", function()
    local x = T.tensor{1, 2}
    assert.is_true(x:equal(T.tensor{1, 2}))
    assert.is_false(x:equal(T.tensor{{1, 2}}))
    assert.is_false(x:equal(T.tensor{1, 2.001}))
    assert.is_false(T.equal(nan, nan))
    assert.is_true(x:allclose(x + 1e-6))
    assert.is_false(x:allclose(x + 1e-3))
    assert.is_true(x:allclose(x + 1e-3, {atol = 1e-2}))
    assert.is_true(x:allclose(x * 1.001, {rtol = 1e-2}))
    assert.is_false(T.allclose(T.tensor{nan}, T.tensor{nan}))
    assert.is_true(T.allclose(T.tensor{nan, inf}, T.tensor{nan, inf}, {equal_nan = true}))
    assert.is_false(T.allclose(T.tensor{inf}, T.tensor{-inf}))
    assert.is_false(T.allclose(T.tensor{1}, T.tensor{inf}))
    refused("allclose: got the option 'tol'", T.allclose, x, x, {tol = 1})
  end)
end)

describe("einsum", function()
  local x = T.arange(1, 6):reshape{2, 3}

  it("without an arrow keeps the letters that occur once, in the order of the alphabet", function()
    near(T.einsum("ba", x), x:transpose(), 0)
    near(T.einsum("ij, jk", x, x:transpose()), x:matmul(x:transpose()), 0)
    near(T.einsum("ii", T.eye(3)), 3, 0)
  end)

  it("refuses formulas that say nothing, and operands that do not fit", function()
    refused("einsum: argument 'formula': got \"ij->k\", wanted a result whose letters", T.einsum,
      "ij->k", x)
    refused("einsum: argument 'formula': got \"ij->ii\", wanted a result", T.einsum, "ij->ii", x)
    refused("einsum: argument 'formula': got \"i1\", wanted letters", T.einsum, "i1", x)
    refused("einsum: argument 'formula': got \"ij,jk\", wanted 1 operands", T.einsum, "ij,jk", x)
    refused("einsum: argument 'formula': got nil, wanted a string", T.einsum)
    refused("einsum: argument 'x1': got a tensor [2 3], wanted 3 axes", T.einsum, "ijk", x)
    refused("einsum: argument 'x2': got a tensor [2 3], wanted 3 items along 'j'", T.einsum,
      "ij,jk", x, x)
  end)

  it("has its common cases by name, which refuse what does not fit", function()
    refused("mv: argument 'x': got a tensor [2], wanted 3 items", T.mv, x, T.ones{2})
    refused("mv: argument 'a': got a tensor [3], wanted 2 axes or more", T.mv, x[1], x[1])
    refused("dot: argument 'b': got a tensor [2], wanted 3 items", T.dot, x[1], T.ones{2})
    refused("outer: argument 'b': got a tensor [2 3], wanted one axis", T.outer, x[1], x)
    refused("trace: argument 'x': got a tensor [2 3], wanted square matrices", T.trace, x)
  end)
end)

describe("prod", function()
  it("goes over one axis, several or all, and keeps them when asked to", function()
    local x = T.arange(1, 8):reshape{2, 2, 2}
    near(x:prod(), 40320, 0)
    near(x:prod{1, 3}, {60, 672}, 0)
    near(x:prod({1, 3}, true), {{{60}, {672}}}, 0)
    near(T.prod(T.zeros{0}), 1, 0)
    near(T.prod(T.tensor(3)), 3, 0)
    refused("prod: argument 'axes': got 4, wanted an axis in 1..3", T.prod, x, 4)
  end)
end)

if not core.double then
  describe("indices that a float cannot hold", function()
    it("are refused", function()
      local x = T.zeros{(1 << 24) + 1}
      refused("argsort: argument 'x': got 16777217 items along axis 1, wanted at most 16777216",
        T.sort, x)
      refused("nonzero: argument 'x': got 16777217 items along axis 1, wanted", T.nonzero, x)
      refused("histogram: argument 'x': got a tensor [16777217], wanted at most 16777216 items",
        T.histogram, x)
      local image, window = T.zeros{1, 4097, 4096, 1}, {kernel = {4100, 4096}, pad = {0, 3, 0, 0}}
      refused("max_pool: got windows of 16781312 items, wanted at most 16777216", T.max_pool, image,
        window)
      refused("pool_put: got windows of 16781312 items", core.op.pool_put, T.ones{1, 1, 1, 1},
        T.ones{1, 1, 1, 1}, {kernel = {4097, 4096}})
      near(T.avg_pool(image, window), {{{{0}}}}, 0)
    end)
  end)
end
