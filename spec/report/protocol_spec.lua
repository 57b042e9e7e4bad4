-- The metric of Higgins et al. under several protocols.

local T = require "teasel"
local protocol = require "teasel.report.protocol"

local function quiet(f, ...)
  local lines, print = {}, print
  _G.print = function(text) lines[#lines + 1] = text end
  local results = table.pack(pcall(f, ...))
  _G.print = print
  assert(results[1], results[2])
  return lines, table.unpack(results, 2, results.n)
end

describe("protocols of a metric", function()
  local y = T.data.space{names = {"a", "b", "c"}, sizes = {3, 5, 8}}:enumerate()
  local noise = T.stream(1):normal{#y, 2}
  local sets = {{"truth", y, y}, {"noise", noise, y}}
  local common = {train = 300, test = 200}

  it("have a row each, and those of Adagrad one for 1, 2, 5, 10 ... steps", function()
    local lines, rows = quiet(protocol.compare, sets, {{"minimum", {}},
      {"Adagrad", {steps = 120, batch = 10}}}, common)
    assert.same({"minimum", "Adagrad, 1 steps", "Adagrad, 2 steps", "Adagrad, 5 steps",
      "Adagrad, 10 steps", "Adagrad, 20 steps", "Adagrad, 50 steps", "Adagrad, 100 steps"},
      (function() local l = {} for i, r in ipairs(rows) do l[i] = r.label end return l end)())
    assert.equal(3, #lines)   -- the names, the minimum and the 100 steps
    assert.equal(100, rows[1].values.truth)
    assert.equal(100 * T.metric.beta_vae(noise, y, common), rows[1].values.noise)
    local value = T.metric.beta_vae(y, y, {train = 300, test = 200, steps = 50, batch = 10})
    assert.equal(100 * value, rows[7].values.truth)
  end)

  it("are nearest to published values by the mean distance", function()
    local rows = {{values = {a = 10, b = 50}}, {values = {a = 30, b = 45}}, {values = {c = 1}}}
    local row, gap = protocol.nearest(rows, {a = 27, b = 40, d = 3})
    assert.equal(rows[2], row)
    assert.equal(4, gap)
    assert.has_error(function() protocol.nearest(rows, {e = 1}) end)
  end)

  it("are scored again with other seeds and pairs", function()
    local asked = {}
    local scores = protocol.again({options = {batch = 10, steps = 100}, steps = 20}, 2,
      function(seed)
        asked[seed] = seed
        return {sets[2]}
      end, common)
    assert.same({1, 2}, asked)
    local wanted = {}
    for i, seed in ipairs{4, 5, 6, 7, 8, 9} do
      wanted[i] = 100 * T.metric.beta_vae(noise, y, {train = 300, test = 200, batch = 10,
        steps = 20, seed = seed})
    end
    assert.same({noise = wanted}, scores)
  end)

  it("count all scores, and the better half", function()
    assert.same({5, math.sqrt(20 / 3), 7, math.sqrt(2)}, {protocol.halves{4, 8, 2, 6}})
    assert.same({3, 0, 3, 0}, {protocol.halves{3}})
  end)
end)
