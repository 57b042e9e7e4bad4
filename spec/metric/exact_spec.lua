-- Numbers of 64 bits and indices: no tensor loses what tells them apart without a word.

local T = require "teasel"
local core = require "teasel.core"
local score = require "teasel.report.score"
local scratch = require "spec.scratch"

local metric = T.metric
local WHOLE = core.double and 1 << 53 or 1 << 24

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- an HDF5 file of name = {kind, rows of numbers}
local function write(name, arrays)
  local path = folder .. "/" .. name
  local out <close> = assert(core.file.export(path))
  local names = T.tree.keys(arrays)
  for i, key in ipairs(names) do
    local rows = arrays[key][2]
    assert.equal(i, out:dataset(key, arrays[key][1], {#rows, #rows[1]}, 0))
  end
  for i, key in ipairs(names) do
    local form, parts = arrays[key][1] == "int64" and "<i8" or "<d", {}
    for _, row in ipairs(arrays[key][2]) do
      for _, v in ipairs(row) do parts[#parts + 1] = form:pack(v) end
    end
    assert(out:rows(i, table.concat(parts)))
  end
  assert(out:close())
  return path
end

-- 120 points of two factors, through f, and codes near them, through g
local function rows(f, g)
  local factors, codes, stream = {}, {}, T.stream(1)
  local noise = stream:normal{120, 2}:table()
  for i = 1, 120 do
    local a, b = i % 4, i // 4 % 5
    factors[i] = {f(a), f(b)}
    codes[i] = {g(a + 0.1 * noise[i][1]), g(b + 0.1 * noise[i][2])}
  end
  return factors, codes
end

local function itself(v) return v end

local function mig(path)
  local results = score.of(path, {metrics = "mig", resamples = 0})
  return results[1].value
end

local function plain()
  local factors, codes = rows(itself, itself)
  return mig(write("plain.h5", {codes = {"float64", codes}, factors = {"int64", factors}}))
end

describe("a file of numbers of 64 bits", function()
  it("has the same score, however large the integers of its factors", function()
    local wanted = plain()
    assert.is_true(wanted > 0.9)
    for _, base in ipairs{20230000, WHOLE - 2, (1 << 62) + 1, -(1 << 62) - 1} do
      local factors, codes = rows(function(v) return base + v end, itself)
      assert.equal(wanted, mig(write("large.h5",
        {codes = {"float64", codes}, factors = {"int64", factors}})))
    end
  end)

  it("has the same classes for points to learn from and to be tested on", function()
    local factors, codes = rows(itself, itself)
    local large = rows(function(v) return (1 << 60) + 3 * v end, itself)
    local function value(name, y)
      -- the tested points lack the first factor's value 0
      local tested, tested_codes = {}, {}
      for i, row in ipairs(factors) do
        if row[1] ~= 0 then
          tested[#tested + 1], tested_codes[#tested_codes + 1] = y[i], codes[i]
        end
      end
      return score.of(write(name, {mus_train = {"float64", codes}, ys_train = {"int64", y},
        mus_test = {"float64", tested_codes}, ys_test = {"int64", tested}}), {metrics = "sap",
        resamples = 0})[1].value
    end
    assert.equal(value("small.h5", factors), value("large.h5", large))
  end)

  it("is refused where two values of a factor become one", function()
    if core.double then return end
    local factors, codes = rows(function(v) return 1000 + v * 1e-6 end, itself)
    local path = write("near.h5", {codes = {"float64", codes}, factors = {"float64", factors}})
    assert.error_matches(function() mig(path) end, "near.h5: 'factors': column 1 has 4 values, and "
      .. "only 1 of them differ as float32: wanted values that do, numbers from 0 for instance")
  end)

  it("has one value where two floats are one number computed twice", function()
    local factors, codes = rows(function(v) return v * 0.1 end, itself)
    factors[1][1] = 0.3 - 0.2   -- 0.09999999999999998
    assert.equal(0.1, factors[5][1])
    if core.double then return end
    assert.equal(plain(), mig(write("twice.h5",
      {codes = {"float64", codes}, factors = {"float64", factors}})))
  end)

  it("is refused where codes vary by less than their numbers can say", function()
    if core.double then return end
    for _, base in ipairs{1e9, -1e8} do
      local factors, codes = rows(itself, function(v) return base + v end)
      local path = write("far.h5", {codes = {"float64", codes}, factors = {"int64", factors}})
      assert.error_matches(function() mig(path) end, "'codes': column 1 varies by 1.1%d* around "
        .. "%-?[19][%d.e+]*, which float32 cannot hold: wanted numbers nearer 0")
    end
    local factors, codes = rows(itself, function(v) return 100 + v end)
    local path = write("fine.h5", {codes = {"float64", codes}, factors = {"int64", factors}})
    assert.is_near(plain(), mig(path), 1e-9)
  end)
end)

describe("metrics of lists", function()
  it("refuse factors that become one as tensors do", function()
    local factors, codes = rows(function(v) return 2 * WHOLE + v end, itself)
    assert.error_matches(function() metric.mig(codes, factors) end,
      "^mig: the factors: column 1 has 4 values, and only %d of them differ")
    assert.error_matches(function() metric.all(codes, factors) end,
      "^metric.all: the factors: column 1")
  end)

  it("refuse codes that become one as tensors do", function()
    if core.double then return end   -- lists hold no more than tensors
    local factors, codes = rows(itself, function(v) return WHOLE * 64.0 + v end)
    assert.error_matches(function() metric.mig(codes, factors) end,
      "^mig: the codes: column 1 varies by")
  end)

  it("refuse codes whose squares have no sum", function()
    local huge = core.double and 1e160 or 1e20
    local factors, codes = rows(itself, itself)
    local y, z = T.tensor(factors), T.tensor(codes)
    z = T.concat({z:slice(2, 1, 1), z:slice(2, 2, 2) * huge}, 2)
    for _, name in ipairs{"factor_vae", "mig", "sap", "unsupervised", "beta_vae", "irs"} do
      assert.error_matches(function() metric[name](z, y) end, "column 2 of the codes reaches "
        .. "%d[%d.e+]*, wanted numbers up to", name)
    end
    assert.error_matches(function() metric.udr{z, z} end, "column 2 of the codes reaches")
    local ranked, small = {method = "spearman"}, T.tensor(codes)
    assert.same(metric.udr({small, small}, nil, ranked), metric.udr({z, z}, nil, ranked))
  end)

  it("refuse no points", function()
    assert.error_matches(function() metric.mig(T.zeros{0, 2}, T.zeros{0, 2}) end,
      "mig: got no codes, wanted one point or more")
  end)
end)

describe("an index", function()
  it("is an integer that a tensor can hold", function()
    assert.same({WHOLE - 1, WHOLE}, T.arange(WHOLE - 1, WHOLE):table())
    assert.same({-WHOLE, 1 - WHOLE}, T.arange(-WHOLE, 1 - WHOLE):table())
    assert.error_matches(function() T.arange(WHOLE - 1, WHOLE + 2) end,
      ("argument 'to': got %d, wanted items that numbers of %%d+ bits can tell apart"):format(
      WHOLE + 2))
    assert.error_matches(function() T.arange(-WHOLE - 2, -WHOLE) end, "arange: argument 'to'")
    assert.same({0, 2 * WHOLE}, T.arange(0, 2 * WHOLE, 2 * WHOLE):table())
    assert.error_matches(function() T.arange(WHOLE * 64.0, WHOLE * 64.0 + 256, 32.5) end,
      "tell apart")
    assert.error_matches(function() T.linspace(WHOLE * 2.0, WHOLE * 2.0 + 4, 5) end,
      "linspace: argument 'count': got 5, wanted items that numbers of")
  end)

  it("of the largest item, too", function()
    if core.double then return end   -- no tensor is that large
    assert.error_matches(function() T.argmax(T.zeros{WHOLE + 1, 0}, 1) end,
      ("argument 'axis': got axis 1 of %d items, wanted at most %d"):format(WHOLE + 1, WHOLE))
    assert.same({0}, T.argmax(T.zeros{3, 0}, 1):shape())
  end)

  it("of a permutation or a draw, too", function()
    assert.error_matches(function() T.stream(1):integers({1}, 0, WHOLE + 1) end, "wanted")
    assert.error_matches(function() T.stream(1):permutation((1 << 24) + 1) end, "wanted")
  end)
end)
