-- Few and imperfect labels.

local core = require "teasel.core"
local dsprites = require "teasel.data.generator.dsprites"
local expect = require "spec.expect"
local set = require "teasel.data.set"
local slope = require "spec.slope"
local supervised = require "teasel.model.supervised"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

local function near(got, wanted)
  if type(got) ~= "number" then got = got:item() end
  assert.is_true(math.abs(got - wanted) < 1e-5 * math.max(1, math.abs(wanted)),
    ("got %.9g, wanted %.9g"):format(got, wanted))
end

local function sigmoid(v) return 1 / (1 + math.exp(-v)) end

describe("a loss of labels", function()
  local n, D, K = 5, 4, 3
  local mean, y = stream(1):normal{n, D}, stream(2):uniform{n, K}
  local z, t = mean:table(), y:table()

  it("is of the first units, one for each factor", function()
    local entropy, squares, covariance = 0, 0, 0
    for i = 1, n do
      for k = 1, K do
        local p = sigmoid(z[i][k])
        entropy = entropy - (t[i][k] * math.log(p) + (1 - t[i][k]) * math.log(1 - p)) / n
        squares = squares + (p - t[i][k]) ^ 2 / n
      end
    end
    local function mean_of(f)
      local sum = 0
      for i = 1, n do sum = sum + f(i) / n end
      return sum
    end
    for i = 1, K do
      for k = 1, K do
        if i ~= k then
          local a = mean_of(function(j) return z[j][i] end)
          local b = mean_of(function(j) return t[j][k] end)
          covariance = covariance
            + mean_of(function(j) return (z[j][i] - a) * (t[j][k] - b) end) ^ 2
        end
      end
    end
    near(supervised.cross_entropy(mean, y), entropy)
    near(supervised.squares(mean, y), squares)
    near(supervised.covariance(mean, y), covariance)
    for _, name in ipairs{"cross_entropy", "squares", "covariance"} do
      assert(slope(function(x) return supervised[name](x, y) end, mean))
      assert.error_matches(function() supervised[name](y, mean) end,
        name .. ": got codes [5 3] and labels [5 4], wanted", 1, true)
    end
  end)
end)

describe("labels", function()
  local data = dsprites{}
  local index = stream(3):integers({3000}, 1, data:count())
  local codes, sizes = data:factors(index), data.space.sizes
  local scale = tensor.tensor(sizes):reshape{1, 5}

  local function of(kind, stream_of)
    return supervised.labels(data, index, {kind = kind, stream = stream_of})
  end

  it("are the factors' codes as shares of their sizes", function()
    assert.is_true(op.abs(of "perfect" * scale - codes):max():item() < 1e-4)
    assert.same({3000, 2}, of "partial":shape())
    assert.is_true(op.abs(of "partial" - of "perfect":slice(2, 1, 2)):max():item() == 0)
  end)

  it("say in bins no more than which of five", function()
    local y = of "binned":slice(2, 3, 5)
    assert.is_true(op.abs(y * 5 - op.round(y * 5)):max():item() < 1e-5)
    assert.is_true(((codes / scale):slice(2, 3, 5) - y):min():item() >= -1e-6)
    assert.is_true(((codes / scale):slice(2, 3, 5) - y):max():item() < 0.2)
    assert.is_true(op.abs(of "binned":slice(2, 1, 1) - of "perfect":slice(2, 1, 1)):max():item()
      == 0)
  end)

  it("are wrong for a tenth of the images where they are noisy", function()
    local wrong = op.gt(op.abs(of("noisy", stream(4)) - of "perfect"), 1e-6):mean(1):table()
    for k, share in ipairs(wrong) do
      local wanted = 0.1 * (1 - 1 / sizes[k])
      assert.is_true(math.abs(share - wanted) < 4 * math.sqrt(wanted / 3000), share)
    end
    assert.equal(of("noisy", stream(4)):data(), of("noisy", stream(4)):data())
  end)

  it("have another order of the values where they are permuted, the same for all", function()
    local y = op.round(of("permuted", stream(5)) * scale):table()
    local map, moved = {}, false
    for i, row in ipairs(codes:table()) do
      for k, c in ipairs(row) do
        map[k] = map[k] or {}
        assert.equal(map[k][c] or y[i][k], y[i][k])
        map[k][c], moved = y[i][k], moved or y[i][k] ~= c
      end
    end
    assert.is_true(moved)
    for k = 1, 5 do
      local seen = {}
      for _, v in pairs(map[k]) do
        assert.is_nil(seen[v])
        seen[v] = true
      end
    end
  end)

  it("number the values that a factor has, where the set has no space", function()
    local x, some = tensor.tensor{{10, .5}, {40, 2}, {10, -1}, {20, 9}}, tensor.tensor{2, 3, 3}
    local function new(names)
      return set.new{count = 4, shape = {2, 2, 1}, factor_names = names,
        images = function(at) return tensor.zeros{#at, 2, 2, 1} end,
        factors = names and function(at) return op.take(x, at) end}
    end
    local own = new{"place", "hue"}   -- of 3 and 4 values
    expect.near(supervised.labels(own, some), {{2 / 3, 0.5}, {0, 0}, {0, 0}}, 1e-6)
    expect.near(supervised.labels(own, some, {kind = "partial"}), supervised.labels(own, some), 0)
    expect.refused("supervised.labels: got a set without known factors", supervised.labels, new(),
      some)
  end)

  it("need a stream where they are random, and a known kind", function()
    assert.error_matches(function() of "noisy" end, "option 'stream': got nil", 1, true)
    assert.error_matches(function() of "nosy" end, "did you mean 'noisy'", 1, true)
  end)
end)
