-- Products whose operands are rounded to bfloat16: with every set of instructions that does it. A
-- processor without one leaves its specs pending; the loops and packers of AMX are those of
-- "emulated" too, where a few lines of C stand for the instructions.

local core = require "teasel.core"

local op, stream = core.op, core.rand.stream

local UNIT = 2^-8           -- bfloat16 has 8 bits: the largest relative error of a rounding
local SUM = 4e-6            -- of the sum of the sizes of all products: errors of float32 sums

-- the nearest bfloat16, of two the even one
local function rounded(x)
  if x ~= x then return x end
  local bits = string.unpack("<I4", string.pack("<f", x))
  return (string.unpack("<f", string.pack("<I4", bits + 0x7fff + (bits >> 16 & 1) & 0xffff0000)))
end

local function round(t)
  local list = t:head(t:size())
  for i, x in ipairs(list) do list[i] = rounded(x) end
  return #list == 0 and t or op.reshape(core.tensor.tensor(list), t:shape())
end

local function with(instructions, f)
  core.precision("bf16", instructions)
  local results = table.pack(pcall(f))
  core.precision "fp32"
  assert(results[1], results[2])
  return table.unpack(results, 2, results.n)
end

-- The largest error of an item relative to its scale, the same product of the operands' sizes.
local function far(got, wanted, scale)
  assert.are.same(wanted:shape(), got:shape())
  if got:size() == 0 then return 0 end
  return op.max(op.abs(got - wanted) / (scale + 1e-30)):item()
end

-- f is a product of two operands
local function assert_rounds(instructions, f, a, b, what)
  local got = with(instructions, function() return f(a, b) end)
  local scale = f(op.abs(a), op.abs(b))
  local error = far(got, f(round(a), round(b)), scale)
  assert(error <= SUM, ("%s: %g from the product of rounded operands"):format(what, error))
  error = far(got, f(a, b), scale)
  assert(error <= 2 * UNIT + UNIT^2 + SUM, ("%s: %g from float32"):format(what, error))
end

local SIZES = {   -- m, k, n
  {1, 1, 1}, {1, 300, 1}, {7, 5, 3}, {8, 48, 48}, {9, 49, 97}, {64, 257, 130}, {31, 32, 33},
  {33, 31, 32}, {32, 64, 16}, {33, 1025, 50}, {300, 3, 17}, {65, 12, 600}, {17, 2000, 19},
  {5, 0, 4}, {0, 3, 4}, {5, 3, 0},
}

local CONVS = {   -- n, h, w, c, o, kernel, stride, pad
  {3, 9, 11, 1, 5, {4, 4}, {2, 2}, {1, 1, 1, 1}}, {2, 16, 16, 32, 33, {4, 4}, {2, 2}, {1, 1, 1, 1}},
  {2, 13, 7, 3, 1, {3, 5}, {1, 2}, {0, 2, 3, 1}}, {5, 8, 8, 17, 64, {1, 1}, {1, 1}, {0, 0, 0, 0}},
  {1, 20, 20, 8, 9, {5, 5}, {3, 3}, {2, 2, 2, 2}}, {4, 7, 7, 40, 12, {4, 4}, {1, 1}, {1, 2, 1, 2}},
  {2, 5, 5, 4, 6, {7, 7}, {2, 2}, {3, 3, 3, 3}}, {1, 3, 290, 9, 8, {2, 2}, {1, 1}, {0, 0, 0, 0}},
  {2, 6, 6, 12, 7, {1, 1}, {2, 2}, {0, 0, 0, 0}}, {0, 4, 4, 2, 3, {2, 2}, {1, 1}, {0, 0, 0, 0}},
}

-- The three parts of a convolution as functions of two operands, and operands for each.
local function parts(size, draw)
  local n, h, w, c, o, kernel, stride, pad = table.unpack(size)
  local form = {stride = stride, pad = pad}
  local x, k = draw:normal{n, h, w, c}, draw:normal{kernel[1], kernel[2], c, o}
  local function y(a, b) return op.conv(a, b, form) end
  local g = draw:normal(y(x, k):shape())
  return {
    {"y", y, x, k},
    {"x", function(a, b)
      return op.conv_x(a, b, {stride = stride, pad = pad, size = {h, w}})
    end, g, k},
    {"w", function(a, b)
      return op.conv_w(a, b, {stride = stride, pad = pad, size = kernel})
    end, x, g},
  }
end

local function matrices(size, transposed, draw)
  local m, k, n = table.unpack(size)
  local ta, tb = transposed % 2 == 1, transposed > 1
  return draw:normal(ta and {k, m} or {m, k}), draw:normal(tb and {n, k} or {k, n}),
    function(a, b) return op.matmul(a, b, ta, tb) end
end

-- what is long enough for many pieces of c and, in the second, of sums
local function products()
  local draw, list = stream(4, "precision"), {}
  for _, size in ipairs{{130, 700, 300}, {32, 9000, 32}} do
    for transposed = 0, 3 do
      local a, b, f = matrices(size, transposed, draw)
      list[#list + 1] = f(a, b):data()
    end
  end
  for _, part in ipairs(parts({9, 16, 16, 32, 48, {4, 4}, {2, 2}, {1, 1, 1, 1}}, draw)) do
    list[#list + 1] = part[2](part[3], part[4]):data()
  end
  return table.concat(list)
end

local WAYS = core.double and {} or {"amx", "avx512bf16", "emulated"}

for _, way in ipairs(WAYS) do
  local there, why = pcall(core.precision, "bf16", way)
  core.precision "fp32"

  describe("bf16 with " .. way, function()
    -- a spec that waits for a processor that can run it
    local function test(what, f)
      it(what, function()
        if not there then pending(why) end
        f()
      end)
    end

    test("rounds to the nearest, of two to the even one", function()
      local full = string.unpack("<f", "\xff\xff\xff\x7f")   -- a NaN, all ones
      local list = {0, 1, -1, 1 + UNIT, 1 + UNIT + 2^-20, 1 + UNIT - 2^-20, 1 + 3 * UNIT,
        -1 - UNIT, -1 - 3 * UNIT, 1.9990234375, 3.0e38, 3.4e38, -3.4e38, 1e-30, math.huge, 0 / 0,
        full}
      local wanted = {0, 1, -1, 1, 1 + 2 * UNIT, 1, 1 + 4 * UNIT, -1, -1 - 4 * UNIT, 2,
        rounded(3.0e38), math.huge, -math.huge, rounded(1e-30), math.huge, 0 / 0, 0 / 0}
      local x, one = core.tensor.tensor(list), core.tensor.ones{1, 1}
      local column, row = op.reshape(x, {#list, 1}), op.reshape(x, {1, #list})
      local all = with(way, function()
        return {op.matmul(column, one), op.matmul(one, row), op.matmul(row, one, true, false),
          op.matmul(one, column, false, true)}
      end)
      for _, y in ipairs(all) do
        for i, v in ipairs(y:head(#list)) do
          local w = wanted[i]
          assert(v == w or v ~= v and w ~= w, ("%g: got %.9g, wanted %.9g"):format(list[i], v, w))
        end
      end
    end)

    test("multiplies matrices, transposed or not, of rounded numbers", function()
      local draw = stream(1, "precision")
      for _, size in ipairs(SIZES) do
        for transposed = 0, 3 do
          local a, b, f = matrices(size, transposed, draw)
          assert_rounds(way, f, a, b, table.concat(size, " x ") .. ", " .. transposed)
        end
      end
    end)

    test("sums in float32", function()
      -- 1 + 2^-12 + ... is 1 in bfloat16 at every step
      local a = core.tensor.full({1, 2049}, 2^-12)
      local b = op.concat({core.tensor.full({1, 1}, 2^12), core.tensor.ones{2048, 1}}, 1)
      assert.are.equal(1.5, with(way, function() return op.matmul(a, b):item() end))
    end)

    test("gives all parts of convolutions of rounded numbers", function()
      local draw = stream(2, "precision")
      for i, size in ipairs(CONVS) do
        for _, part in ipairs(parts(size, draw)) do
          assert_rounds(way, part[2], part[3], part[4], ("%s of convolution %d"):format(part[1], i))
        end
      end
    end)

    test("gives what every other way gives, but for the order of sums", function()
      local draw = stream(3, "precision")
      local a, b, f = matrices({70, 600, 90}, 0, draw)
      local function product() return f(a, b) end
      local scale = f(op.abs(a), op.abs(b))
      assert(far(with(way, product), with("emulated", product), scale) <= SUM)
    end)

    test("has the same bits with any number of threads", function()
      local before, bits = core.threads(), {}
      if not pcall(core.threads, 2) then pending "this OpenBLAS is the serial build" end
      for n = 1, 3 do
        core.threads(n)
        bits[n] = with(way, products)
        core.threads(before)
      end
      assert.is_true(#bits[1] > 0 and bits[1] == bits[2] and bits[1] == bits[3])
    end)

    test("is left for float32, whose bits are as before", function()
      local before = products()
      assert.is_true(with(way, products) ~= before)
      assert.is_true(products() == before)
    end)

    test("is what precision tells", function()
      assert.are.same({"bf16", way}, with(way, function() return {core.precision()} end))
      assert.are.same({"fp32"}, {core.precision()})
    end)
  end)
end

describe("The precision of products", function()
  it("is float32 unless it is asked for", function()
    assert.are.same({"fp32"}, {core.precision()})
    assert.are.same({"fp32"}, {core.precision "fp32"})
  end)

  it("is one of the names", function()
    for _, wrong in ipairs{"fp16", "", 16, true, {}} do
      assert.error_matches(function() core.precision(wrong) end,
        "precision: argument 'name': got .*, wanted fp32 or bf16")
    end
    assert.error_matches(function() core.precision("fp32", "amx") end,
      "precision: argument 'with': got \"amx\", wanted nothing with fp32")
    assert.error_matches(function() core.precision("bf16", 3) end,
      "precision: argument 'with': got 3, wanted the name of instructions")
  end)

  if core.double then
    it("cannot be bf16 in the double build", function()
      for _, way in ipairs{false, "emulated"} do
        assert.error_matches(function() core.precision("bf16", way or nil) end,
          "precision: got bf16, wanted fp32 in the build in double precision")
      end
      assert.are.same({"fp32"}, {core.precision()})
    end)
    return
  end

  it("is reached by instructions that teasel knows", function()
    assert.error_matches(function() core.precision("bf16", "sse") end,
      "precision: got bf16 with sse, wanted amx, avx512bf16 or emulated")
    assert.are.same({"fp32"}, {core.precision()})
  end)

  it("is bf16 with the best instructions, or says that there are none", function()
    local best
    for _, way in ipairs{"amx", "avx512bf16"} do
      local there, message = pcall(core.precision, "bf16", way)
      if there then best = best or way
      else
        assert.matches("got bf16 with " .. way .. ", wanted what can be used: th", message)
      end
    end
    core.precision "fp32"
    local there, message = pcall(core.precision, "bf16")
    local got = {core.precision()}
    core.precision "fp32"
    if best then assert.are.same({"bf16", best}, got)
    else
      assert.is_false(there)
      assert.matches("precision: got bf16, wanted fp32: this processor has neither", message)
    end
  end)
end)
