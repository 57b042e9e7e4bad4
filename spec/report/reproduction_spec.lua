-- The table of published numbers beside those of runs: every seed, the median, and nothing of runs
-- that did not come to their end.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local scratch = require "spec.scratch"
local sweep = require "teasel.run.sweep"
local tree = require "teasel.tree"

local SCRIPT = [[
local T = require "teasel"
local config = T.run.config({steps = 2, beta = 1.0, seed = 1})
local state = {x = T.zeros{1}}
local r = T.run.train{config = config, state = state, step = function(t)
  state.x = state.x + 1
  return {loss = -config.beta * config.seed}
end}
r:scores{step = config.seed == 3 and 1 or r.step, seconds = 3600,
  test = {value = config.beta * config.seed / 10}}
]]

-- codes that are the factors from the fourth step on, and the sum of all before
local SCORED = [[
local T = require "teasel"
local config = T.run.config{steps = 4, seed = 1}
local data = T.data.space.set(T.data.space{names = {"a", "b"}, sizes = {10, 10}}, function(index)
  return ((index - 1) / 99):reshape{#index, 1, 1, 1}
end)
data.shape = {1, 1, 1}
local state = {x = T.zeros{1}}
local r = T.run.train{config = config, state = state, data = data, step = function()
  state.x = state.x + 1
  return {loss = 1}
end, view = T.view{latents = {{name = "z1"}, {name = "z2"}}, represent = function(images)
  local n = (images:reshape{#images} * 99):round()
  local a = (n / 10):floor()
  local b = n - a * 10
  local known = T.where(state.x:ge(4):reshape{1}:expand{#images}, a, a + b)
  return T.stack({known, b}, 2)
end}}
r:scores{step = r.step, seconds = 60}
]]

-- the cells of the table's n-th line below its head
local function cells(text, n)
  local list, lines = {}, {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  for cell in lines[n + 2]:gmatch "| ([^|]*) " do list[#list + 1] = cell end
  return list
end

describe("a table of reproductions #slow", function()
  local folder, o

  setup(function()
    folder = scratch.make()
    local counts = sweep.go(sweep.plan{script = scratch.write(folder, "script.lua", SCRIPT),
      folder = folder .. "/runs", grid = {beta = {1, 4}, seed = {1, 2, 3}}, options = {log = 1}},
      {quiet = true})
    assert.equal(6, counts.done)
    o = {folder = folder .. "/runs", out = folder .. "/README.md", rows = {
      {claim = "a claim", paper = "Who 2020", script = "beta", settings = {beta = 1.0}, length = 10,
        data = "toys", why = "because", values = {{"a score", "test", ".5"},
          {"the loss", "loss", "2", math.abs}, {"another", "nothing.there", "-"}}},
      {claim = "all", paper = "Who 2021", script = "beta", values = {{"a score", "test", ".5"}}},
      {claim = "none", paper = "Who 2022", script = "gamma", settings = {beta = 2},
        values = {{"a score", "test", ".5"}, {"a loss", "loss", ".6"}}}}}
  end)

  before_each(function()
    scratch.write(folder, "README.md", "before\n<!-- results: made -->\nold\n",
      "<!-- end of results -->\nafter\n")
  end)

  teardown(function() scratch.remove(folder) end)

  it("has every seed of the runs that came to their end, and the median", function()
    local text = T.reproduction(o)
    assert.same({"a claim (Who 2020); toys", "a score", ".5",
      "0.15 [0.1, 0.2]; seeds 1: 0.1, 2: 0.2", "2 of 10 (5 h)", "60",
      "`experiments/beta.lua --beta 1.0 --steps 2`", "because"}, cells(text, 1))
    assert.same({"", "the loss", "2", "1.5 [1, 2]; seeds 1: 1, 2: 2", "", "", "", ""},
      cells(text, 2))
    assert.equal("not scored", cells(text, 3)[4])
  end)

  it("has a line for each setting in which the runs differ", function()
    local text = T.reproduction(o)
    assert.equal("0.15 [0.1, 0.2]; seeds 1: 0.1, 2: 0.2", cells(text, 4)[4])
    assert.equal("0.6 [0.4, 0.8]; seeds 1: 0.4, 2: 0.8", cells(text, 5)[4])
    assert.equal("2", cells(text, 5)[5])
  end)

  it("says of a row without runs that it has none, and the command", function()
    assert.same({"none (Who 2022)", "a score; a loss", ".5; .6", "not run", "", "",
      "`experiments/gamma.lua --beta 2`", ""}, cells(T.reproduction(o), 6))
  end)

  it("shows the metrics of other checkpoints of what is shorter than the paper", function()
    local script = scratch.write(folder, "scored.lua", SCORED)
    local text, status = scratch.shell(folder, ("%s %s --run runs/scored-1 --checkpoint 2 --log 1")
      :format(child.lua, script))
    assert.equal(0, status, text)
    local row = {claim = "came", paper = "Who 2023", script = "scored", metrics = "mig", length = 8,
      values = {{"MIG", "mig", ".9"}}}
    local before = T.reproduction{folder = folder .. "/runs", points = 0, rows = {row}}
    local last, two = cells(before, 1)[4]:match "^(%S+) %(seed 1; after 2: (%S+)%)$"
    assert.equal("1", last)
    assert.is_true(tonumber(two) < 0.8)
    row.length = 4
    local whole = T.reproduction{folder = folder .. "/runs", rows = {row}}
    assert.equal("1 (seed 1)", cells(whole, 1)[4])
  end)

  it("goes between the two marks of its file, and leaves the rest alone", function()
    local text = T.reproduction(o)
    local wanted = "before\n<!-- results: made -->\n\n" .. text
      .. "\n<!-- end of results -->\nafter\n"
    assert.equal(wanted, scratch.read(folder, "README.md"))
    T.reproduction(o)
    assert.equal(wanted, scratch.read(folder, "README.md"))
    scratch.write(folder, "README.md", "no marks\n")
    assert.error_matches(function() T.reproduction(o) end, "has no lines '<!%-%- results' and ")
    assert.equal("no marks\n", scratch.read(folder, "README.md"))
  end)

  it("is made of all results by an experiment, whose commands have options that exist", function()
    assert(core.system.folder(folder .. "/none"))
    local function script_of(name, words)
      return scratch.shell(child.root, ("%s experiments/%s.lua %s"):format(child.lua, name, words))
    end
    local text, status = script_of("results", ("--runs %s/none"):format(folder))
    assert.equal(0, status)
    local seen = {}
    for script, words in text:gmatch "`experiments/([%w_]+)%.lua([^`]*)`" do
      seen[script] = seen[script] or script_of(script, "--help")
      for name in words:gmatch "%-%-([%w_]+)" do
        assert.is_truthy(seen[script]:find("--" .. name .. " ", 1, true), script .. " " .. name)
      end
    end
    assert.is_true(#tree.keys(seen) > 10)
  end)
end)
