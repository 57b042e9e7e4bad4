-- One network that is learned from batches.

local T = require "teasel"

local nn = T.nn

describe("fit", function()
  local x = T.stream(1):normal{64, 2}
  local y = T.matmul(x, T.tensor{{2}, {-1}}) + 3

  local function learned(more)
    local net = nn.linear(2, 1)
    local o = {stream = T.stream(2), batch = function() return x, y end,
      loss = function(p, a, b) return (net(p, a) - b):square():mean() end}
    for name, value in pairs(more) do o[name] = value end
    return T.fit(net, o)
  end

  it("learns what the loss asks for", function()
    local read, params = learned{steps = 300, lr = 0.1}
    assert.is_true((read(x) - y):abs():max():item() < 0.01)
    assert.same(read(x):table(), nn.linear(2, 1)(params, x):table())
  end)

  it("takes each step's batch and rate once, and prints means of the loss", function()
    local seen, rates, lines, print_before = {}, {}, {}, print
    _G.print = function(line) lines[#lines + 1] = line end
    local ok, message = pcall(learned, {steps = 3, every = 2,
      lr = function(t) rates[#rates + 1] = t return 0 end,
      loss = function(p, v) return p.weight:sum() * 0 + v end,
      batch = function(step) seen[step] = step return T.tensor(step) end})
    _G.print = print_before
    assert.is_true(ok, message)
    assert.same({1, 2, 3}, seen)
    assert.same({1, 2, 3}, rates)
    assert.same({"step     2   loss 1.5000", "step     3   loss 3.0000"}, lines)
  end)

  it("says which option is missing", function()
    assert.error_matches(function() learned{loss = 3} end, "fit: option 'loss': got 3, wanted")
    assert.error_matches(function() T.fit(nn.linear(2, 1), {}) end, "fit: option 'loss'")
  end)
end)

describe("report.print_read", function()
  it("gives correlations of columns that belong together", function()
    local lines, print_before = {}, print
    local a = T.concat({T.stream(3):normal{50, 2}, T.ones{50, 1}}, 2)
    _G.print = function(line) lines[#lines + 1] = line end
    local ok, message = pcall(T.report.print_read, "known", a, a * -2 + 1,
      {"light", "turn", "tilt"})
    _G.print = print_before
    assert.is_true(ok, message)
    assert.same({("%-24s |r| of "):format "known" .. "light 1.000, turn 1.000, tilt 0.000"},
      lines)
    assert.error_matches(function()
      T.report.print_read("known", a, a:slice(1, 1, 9), {"light"})
    end, "got %[50 3%] and %[9 3%] and 1 names")
  end)
end)
