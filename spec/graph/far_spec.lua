-- What tensors are for, once more where they are not in the host's memory: the rows of all ops (see
-- spec/rows.lua), random numbers, optimizers.

local T = require "teasel"
local check = require "spec.check"
local core = require "teasel.core"
local rows = require "spec.rows"

-- the memory that is tried: TEASEL_FAR=gpu asks for a GPU's, which has to be there (make card)
local PLACE = os.getenv "TEASEL_FAR" or "mirror"

local function same(here, there, tolerance)
  assert.equal(PLACE, there:place())
  assert.same(here:shape(), there:shape())
  local a, b = here:reshape{-1}:table(), there:reshape{-1}:table()
  for i, v in ipairs(a) do
    local allowed = tolerance * math.max(math.abs(v), 1)
    assert.is_true(v == b[i] or math.abs(v - b[i]) <= allowed, ("%g for %g"):format(b[i], v))
  end
end

describe("in far memory (" .. PLACE .. ")", function()
  setup(function() T.zeros{1}:to(PLACE) end)   -- or one error says why not
  after_each(function() T.device "host" end)

  -- rows of many items are there for the threads of the host's own loops
  local MANY = {"several", "many rows", "short rows", "long"}

  local function small(row)
    if row.op == "normalize" or row.op == "sum" then return true end
    for _, word in ipairs(MANY) do
      if row.title:find(word, 1, true) then return false end
    end
    return true
  end

  it("each op has the value of its definition, and the host's gradients #slow", function()
    local wrong, seen = {}, 0
    for _, row in ipairs(rows) do
      if small(row) then
        seen = seen + 1
        local fine, ok, message = pcall(check.place, row, PLACE)
        if not fine or not ok then
          wrong[#wrong + 1] = ("%s, %s: %s"):format(row.op, row.title, fine and message or ok)
        end
      end
    end
    assert.equal("", table.concat(wrong, "\n"))
    assert.is_true(seen > 800)
  end)

  it("memory is back after every failed allocation of an op #apart", function()
    local seen, wrong = {}, {}
    for _, row in ipairs(rows) do
      if not seen[row.op] and not row.values and row.title ~= "all axes" then
        seen[row.op] = true
        local ok, message = check.place_memory(row, PLACE)
        if not ok then wrong[#wrong + 1] = row.op .. ": " .. message end
      end
    end
    assert.equal("", table.concat(wrong, "\n"))
  end)

  it("streams draw the host's numbers, bit for bit", function()
    local weights = T.tensor{{1, 2, 3}, {0, 0, 5}, {1, 1, 0}}
    local draws = {
      function(s) return s:uniform{7, 11} end, function(s) return s:uniform({33}, -2, 5) end,
      function(s) return s:normal{7, 11} end, function(s) return s:normal({33}, 3, 0.1) end,
      function(s) return s:integers({50}, -3, 7) end,
      function(s) return s:integers({50}, 1, 3 << 20) end,
      function(s) return s:categorical(weights:to(T.device())) end,
      function(s) return s:permutation(9) end,
    }
    for _, draw in ipairs(draws) do
      local a, b = T.stream(1, "x"), T.stream(1, "x")
      local here = {draw(a), draw(a)}
      local there = check.at(PLACE, function() return {draw(b), draw(b)} end)
      for i = 1, 2 do
        assert.equal(PLACE, there[i]:place())
        assert.equal(here[i]:data(), there[i]:data())
      end
      assert.same({a:state()}, {b:state()})
    end
  end)

  it("weights of nothing are refused, and the stream stays", function()
    local s = T.stream(1)
    local weights = T.tensor{{1, 1}, {0, 0}}
    local wanted = select(2, pcall(s.categorical, s, weights))
    local got = select(2, pcall(check.at, PLACE, function() return s:categorical(weights) end))
    assert.matches("the weights of row 2 are all zero", wanted)
    assert.matches("the weights of row 2 are all zero", got)
    assert.same({s.state(T.stream(1))}, {s:state()})
  end)

  it("optimizers update as they do on the host", function()
    local stream = T.stream(1)
    local p, g = stream:normal{3, 5}, {stream:normal{3, 5}, stream:normal{3, 5}}
    for _, case in ipairs{{"sgd", {lr = 0.1, l2 = 0.3}}, {"momentum", {lr = 0.1}},
      {"nesterov", {lr = 0.1}}, {"adagrad", {lr = 0.1}}, {"rmsprop", {lr = 0.1}},
      {"adam", {lr = 0.1}}, {"adamw", {lr = 0.1}}} do
      local function updated()
        local rule, w = T.optim[case[1]](case[2]), (p * 1):to(T.device())
        local state = rule:init{w}
        for _, d in ipairs(g) do rule:update({w}, {d:to(T.device())}, state) end
        return w
      end
      same(updated(), check.at(PLACE, updated), 0)
    end
  end)

  it("running statistics follow, and are refused where their place is another", function()
    local x = T.stream(1):normal{70, 3}
    local function tracked()
      local mean, var = T.zeros(3), T.ones(3)
      core.optim.track(mean, var, x:to(T.device()), 0.1)
      core.optim.blend(var, mean, 0.5)
      return var
    end
    same(tracked(), check.at(PLACE, tracked), core.double and 1e-14 or 1e-6)
    for _, f in ipairs{function() core.optim.track(T.zeros(3), T.ones(3), x:to(PLACE), 0.1) end,
      function() core.optim.blend(T.zeros(3), T.zeros(3):to(PLACE), 0.1) end} do
      local ok, message = pcall(f)
      assert.is_false(ok)
      assert.matches("wanted one place", message)
    end
  end)

  it("masks select, and sheets, solutions and batches stand there", function()
    check.at(PLACE, function()
      local x = T.tensor{1, -2, 3}
      assert.same({1, 3}, x[T.gt(x, 0)]:table())
      assert.same({3, -2}, x[T.tensor{3, 2}]:table())
      local u, s, v = T.svd(T.tensor{{1, 2}, {3, 4}})
      assert.same({PLACE, PLACE, PLACE}, {u:place(), s:place(), v:place()})
      local images = T.data.sprites{}:batch(T.stream(1), 2)
      assert.equal(PLACE, images:place())
    end)
  end)
end)
