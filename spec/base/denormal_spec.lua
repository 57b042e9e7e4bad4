-- Denormal numbers count as 0 while the core computes, in all of its threads, and only there: the
-- numbers of Lua keep theirs, whatever way a call ends.

local T = require "teasel"
local core = require "teasel.core"
local optim = T.optim

local parallel = pcall(core.threads, 2)      -- not with the serial OpenBLAS
local before = core.threads()
local COUNTS = parallel and {1, 2, 3} or {1}
local LARGE = 300001                         -- several pieces of every loop

-- below the square root of the smallest normal number, and that number's third
local SMALL = core.double and 1e-160 or 1e-20
local DENORMAL = core.double and 2.2250738585072014e-308 / 3 or 2^-126 / 3

-- whether this thread computes with denormal numbers, as every Lua program may expect
local least = 5e-324
local function assert_lua_keeps_them() assert.is_true(least * 3 > 0 and least * 3 / 3 == least) end

local function each_count(f)
  for _, n in ipairs(COUNTS) do
    core.threads(n)
    f()
    assert_lua_keeps_them()
  end
  core.threads(before)
end

local function assert_zeros(x) assert.equal(0, x:abs():max():item()) end

describe("a denormal number", function()
  after_each(function() core.threads(before) end)

  it("is no result of an elementwise op, in one piece or many", function()
    each_count(function()
      for _, n in ipairs{1, 7, LARGE} do
        local x = T.full({n}, SMALL)
        assert_zeros(x * x)
        assert_zeros(x:square())
        assert_zeros(T.exp(T.full({n}, math.log(DENORMAL))))
        assert_zeros(x * T.full({1, 1}, SMALL))
      end
    end)
  end)

  it("is no result of a product, a convolution or a sum", function()
    each_count(function()
      for _, n in ipairs{3, 130} do
        local x = T.full({n, n}, SMALL)
        assert_zeros(T.matmul(x, x))
        assert_zeros(T.conv(T.full({1, n, n, 1}, SMALL), T.full({3, 3, 1, 2}, SMALL)))
        assert_zeros((x * x):sum())
      end
    end)
  end)

  it("counts as 0 where it is an operand", function()
    each_count(function()
      for _, n in ipairs{1, LARGE} do
        local x = T.tensor{DENORMAL}
        assert.is_true(x:item() > 0)      -- as data it stays
        x = T.expand(x, {n})
        assert.is_true(x:head(1)[1] > 0)
        assert_zeros(x * (1 / SMALL))
        assert_zeros(x + x)
      end
    end)
  end)

  it("counts as 0 in a base, in every kernel and in far memory", function()
    finally(function() core.kernels(0) end)
    local a, b = T.tensor{DENORMAL, -DENORMAL, DENORMAL, -DENORMAL}, T.tensor{0.5, 3, -1, -1}
    for level = 1, 4 do
      if pcall(core.kernels, level) then
        for _, place in ipairs{"host", "mirror"} do
          local y = T.pow(a:to(place), b:to(place)):to "host"
          assert.are.same({0, 0, math.huge, -math.huge}, y:table())
        end
      end
    end
  end)

  it("is no item that is not zero, for nonzero as for comparisons", function()
    T.full({3, 1}, 777):release()        -- memory that the result could show
    local x = T.concat{T.full({2}, DENORMAL), T.tensor{1}}
    assert.are.same({{3}}, T.nonzero(x):table())
    assert.are.same({0, 1}, T.nonzero(T.full({64}, DENORMAL)):shape())
    assert.are.same({0, 0, 1}, T.ne(x, 0):table())
  end)

  it("is in no moment and no average that is updated in place", function()
    each_count(function()
      for _, n in ipairs{1, LARGE} do
        for _, rule in ipairs{"adam", "rmsprop", "adagrad"} do
          local params, optimizer = {w = T.ones(n)}, optim[rule]{lr = 1e-3}
          local state = optimizer:init(params)
          optimizer:update(params, {w = T.full({n}, SMALL)}, state)
          assert_zeros(state.slots[#state.slots].w)
        end
        local mean = T.full({n}, DENORMAL * 2)
        core.optim.blend(mean, T.zeros(n), 0.1)
        assert_zeros(mean)
        local var = T.full({n}, DENORMAL * 2)
        mean = T.full({n}, DENORMAL * 2)
        core.optim.track(mean, var, T.zeros(2, n), 0.1)
        assert_zeros(mean)
        assert_zeros(var)
      end
    end)
  end)

  it("is no gradient", function()
    each_count(function()
      for _, n in ipairs{1, LARGE} do
        local seen
        local g = T.grad(function(x)
          assert_lua_keeps_them()
          seen = true
          return (x:square() * SMALL):sum()
        end)(T.full({n}, SMALL))
        assert.is_true(seen)
        assert_zeros(g)
      end
    end)
  end)
end)

describe("the mode of the caller", function()
  it("is back after calls that fail", function()
    local x = T.ones(LARGE)
    assert.is_false(pcall(T.add, x, T.ones(3)))
    assert_lua_keeps_them()
    assert.is_false(pcall(T.sum, x, 9))
    assert_lua_keeps_them()
    for n = 1, 6 do
      core.fail_at(n)
      pcall(function() return T.logsumexp(x:square():sum()) end)
      core.fail_at(n)
      pcall(T.grad(function(y) return (y * y):sum() end), x)
      assert_lua_keeps_them()
    end
    core.fail_at(0)
    assert.is_false(pcall(core.optim.blend, x, T.ones(3), 0.1))
    assert_lua_keeps_them()
  end)
end)

describe("numbers from the largest to the denormal ones", function()
  it("give the same bits for any number of threads", function()
    if not parallel then pending "the serial OpenBLAS"; return end
    local range = core.double and 700 or 85
    local function all()
      local stream = T.stream(5, "wide")
      local x = T.exp(stream:uniform({257, 300}, -range, -range / 3))
      local y = x * T.exp(stream:uniform({257, 300}, -range, range / 3))
      local product = T.matmul(x, y, true)
      local params = {w = x}
      local adam = optim.adam{lr = 1e-3}
      local state = adam:init(params)
      params = T.tree.map(function(t) return t * 1 end, params)
      for _ = 1, 3 do adam:update(params, {w = y}, state) end
      local list = {x * y, y:square():sum(1), y:sum(2), product, T.softmax(y), params.w}
      for _, slot in ipairs((T.tree.leaves(state))) do list[#list + 1] = slot end
      for i, t in ipairs(list) do list[i] = t:data() end
      return table.concat(list)
    end
    local first
    each_count(function()
      local bits = all()
      first = first or bits
      assert.is_true(bits == first)
    end)
  end)
end)
