local T = require "teasel"
local child = require "spec.child"
local comparison = require "teasel.report.comparison"
local core = require "teasel.core"
local json = require "dkjson"
local summary = require "teasel.report.summary"
local sweep = require "teasel.run.sweep"
local scratch = require "spec.scratch"

local file = core.file

-- the last loss is seed + 10 beta + 100 latents
local SCRIPT = [[
local T = require "teasel"
local config = T.run.config({steps = 2, beta = 1.0, latents = 1, seed = 1, fails = 0})
local state = {x = T.zeros{1}}
local r = T.run.train{config = config, state = state, step = function(t)
  state.x = state.x + 1
  return {loss = config.seed + 10 * config.beta + 100 * config.latents + (t == 1 and 1 or 0),
    parts = {config.seed, 7 * t}}
end}
r:scores{step = r.step, found = config.seed * config.beta, codes = {c1 = {r = config.beta / 8}},
  seconds = 3 * r.step * config.seed}
local c = T.canvas.new{width = 10 * config.latents, height = 6, background = 0xff0000}
assert(c:save(r:figure "square.png"))
]]

describe("a comparison of runs #slow", function()
  local folder

  setup(function()
    folder = scratch.make()
    assert(file.save(folder .. "/script.lua", SCRIPT))
    local counts = sweep.go(sweep.plan{script = folder .. "/script.lua", folder = folder .. "/runs",
      grid = {beta = {1, 4, 40}, latents = {1, 2}, seed = {1, 2, 3}}, options = {log = 1}},
      {quiet = true})
    assert.equal(18, counts.done)
  end)

  teardown(function() scratch.remove(folder) end)

  it("has a row for each setting, with medians and intervals over the seeds", function()
    local c = comparison.of(folder .. "/runs/*")
    assert.same({"beta", "latents"}, c.by)
    assert.equal(c:cell(c.rows[1], "loss"), c:cell(c.rows[1], "loss"))   -- found once
    assert.same({"found", "loss"}, c.columns)
    assert.equal(6, #c.rows)
    local lines = c:lines()
    assert.same({"beta", "latents", "runs", "found", "loss"}, lines[1])
    assert.same({"1.0", "1", "3", "2 (1 to 3) [1, 3]", "112 (111 to 113) [111, 113]"}, lines[2])
    assert.same({"40.0", "2", "3", "80 (40 to 120) [40, 120]", "602 (601 to 603) [601, 603]"},
      lines[7])
  end)

  it("says what stands beside a median, where a row has several runs", function()
    local said = "\nmedian %(least to most%) %[95 %% interval of the median; of five or fewer "
      .. "their range, which of 3 holds it in 75 %% of cases%]\n$"
    local c = comparison.of(folder .. "/runs/*")
    assert.matches(said, c:text())
    assert.matches("|\n" .. said, c:markdown())
    assert.matches("\nmedian %(least to most%) %[95 %% interval of the median%]\n$",
      comparison.of(folder .. "/runs/*", {by = "beta"}):text())
    c = comparison.of(folder .. "/runs/*-seed=1")
    assert.not_matches(said, c:text())
    assert.not_matches(said, c:markdown())
  end)

  it("pairs what has the same seed, and whatever else the runs differ in", function()
    local c = comparison.of(folder .. "/runs/*", {by = "beta", values = "loss"})
    assert.equal(3, #c.rows)
    local tests = c:tests()
    assert.equal(3, #tests)
    assert.same({a = "beta=4.0", b = "beta=1.0", value = "loss", n = 6, difference = 30, up = 6,
      p_sign = 2 / 64, p_wilcoxon = 2 / 64}, tests[1])
    assert.matches("\n%(3 tests, each for itself; the least p that 6 pairs can have is 0.0312%)\n$",
      c:tests_text())
  end)

  it("keeps data sets apart, by the last part of their paths, and versions of one script",
    function()
      local SETS = [[
-- %s
local T = require "teasel"
local config = T.run.config{steps = 1, seed = 1, data = "faces"%s}
local state = {x = T.zeros{1}}
local r = T.run.train{config = config, state = state, step = function() return {loss = 1} end}
r:scores{step = r.step, found = config.seed}
]]
      assert(core.system.folder(folder .. "/sets"))
      scratch.write(folder, "older.lua", SETS:format("sets", ""))
      scratch.write(folder, "newer.lua", SETS:format("sets", ", width = 2"))
      scratch.write(folder, "other.lua", SETS:format("sets", ", height = 2"))
      scratch.write(folder, "grown.lua", SETS:format("grown", ", width = 2"))
      local function train(script, options)
        local text, status = scratch.shell(folder, ("%s %s/%s.lua %s"):format(child.lua, folder,
          script, options))
        assert.equal(0, status, text)
      end
      train("older", "--run sets/a --data faces")
      train("older", "--run sets/b --data /here/dsprites/ --seed 2")
      train("newer", "--run sets/c --data /there/dsprites --seed 3")
      local c = comparison.of(folder .. "/sets/*", {values = "found"})
      assert.same({{"data", "width", "runs", "found"}, {"dsprites", "nil", "1", "2"},
        {"dsprites", "2", "1", "3"}, {"faces", "nil", "1", "1"}}, c:lines())
      assert.equal("dsprites", json.decode(file.read((function()
        for _, path in ipairs(c:write()) do
          if path:match "json$" then return path end
        end
      end)())).rows[1].settings.data)
      train("other", "--run sets/d")
      assert.error_matches(function() comparison.of(folder .. "/sets/[*cd]*") end, "found no run")
      assert.error_matches(function() comparison.of{folder .. "/sets/c", folder .. "/sets/d"} end,
        "got runs of different scripts: %S+/c and %S+/d, of which one alone has %-%-height")
      train("grown", "--run sets/e")
      assert.error_matches(function() comparison.of{folder .. "/sets/a", folder .. "/sets/e"} end,
        "got runs of different scripts: %S+/a and %S+/e, of which one alone has %-%-width")
      local found = summary.open(folder .. "/sets/*", {data = "/elsewhere/dsprites"})
      assert.same({2, 3}, {found[1].config.seed, found[2].config.seed})
    end)

  it("is written with every digit of every run, and drawn", function()
    local c = comparison.of(folder .. "/runs/*", {by = "beta,latents"})
    local paths = c:write()
    local names = {}
    for i, path in ipairs(paths) do names[i] = path:sub(#folder + 7) end
    assert.same({"curves.png", "summary.csv", "summary.json", "summary.md", "summary.txt",
      "values.png"}, names)
    local csv = file.read(folder .. "/runs/summary.csv")
    local first = csv:match "^([^\n]*)\n"
    assert.equal("run,seed,beta,latents,found,loss", first)
    assert.matches("/beta=4%-latents=2%-seed=3,3,4.0,2,12.?0?,243", csv)
    local kept = json.decode(file.read(folder .. "/runs/summary.json"))
    assert.equal(6, #kept.rows)
    assert.equal(112, kept.rows[1].values.loss.median)
    assert.matches("| beta | latents | runs | found | loss |\n| %-%-%- |",
      file.read(folder .. "/runs/summary.md"))
  end)

  it("takes what stands in lists and tables, and the time of a step, by name", function()
    local c = comparison.of(folder .. "/runs/*", {by = "beta",
      values = "codes.c1.r,parts.2,step_seconds,found"})
    assert.same({"codes.c1.r", "parts.2", "step_seconds", "found"}, c.columns)
    assert.equal(5, c:cell(c.rows[3], "codes.c1.r").median)
    assert.equal(14, c:cell(c.rows[3], "parts.2").median)
    local time = c:cell(c.rows[3], "step_seconds")
    assert.same({6, 3, 9, 6}, {time.median, time.least, time.most, time.n})
    assert.error_matches(function()
      comparison.of(folder .. "/runs/*", {values = "codes.c2.r"})
    end, "option 'values': got 'codes.c2.r', wanted some of what the runs have: found, loss")
  end)

  it("draws several terms over the steps, medians in a band, and of lists one", function()
    local c = comparison.of(folder .. "/runs/*", {by = "latents"})
    assert.is_true(c:curves(folder .. "/two.png", "loss,parts.1"))
    local csv = file.read(folder .. "/two.csv")
    -- seeds 1, 2, 3 and betas 1, 4, 40 after the second step
    assert.matches('\n2,142,111,503,,,"latents=1","1"\n', csv)
    assert.matches('\n2,2,1,3,,,"latents=2","2"\n', csv)
    assert.is_false(c:curves(folder .. "/none.png", "parts"))
    -- bands are explained where there are any
    assert.matches("set label 'medians of the runs, in bands from", file.read(folder .. "/two.gp"))
    assert.is_true(comparison.of(folder .. "/runs/*", {by = "latents"}):charts(folder .. "/v.png"))
    assert.matches("in bands: 95 %% interval", file.read(folder .. "/v.gp"))
    local each = comparison.of(folder .. "/runs/*seed=3", {by = "beta,latents"})
    assert.is_true(each:curves(folder .. "/each.png", "loss"))
    assert.is_nil(file.read(folder .. "/each.gp"):find "in bands")
  end)

  it("puts figures of one name side by side, one for each setting", function()
    local c = comparison.of(folder .. "/runs/*", {by = "latents"})
    local paths = c:write{figure = "square.png"}
    assert.equal("square.png", paths[2]:match "[^/]*$")
    local m = assert(T.canvas.read(folder .. "/runs/square.png"))
    local red = 0
    for pixel in m.data:gmatch "..." do if pixel == "\xff\0\0" then red = red + 1 end end
    assert.equal(6 * 10 + 6 * 20, red)
    assert.is_false(c:figures(folder .. "/none.png", "circle.png"))
  end)

  it("draws one number as a curve and nothing over a text", function()
    local c = comparison.of(folder .. "/runs/*", {by = "beta"})
    assert.is_true(c:charts(folder .. "/one.png"))
    c.by = {"data"}
    for _, row in ipairs(c.rows) do row.config = {data = "x"} end
    assert.is_false(c:charts(folder .. "/none.png"))
  end)

  it("writes as many digits into a map as tell its numbers apart", function()
    local function drawn(value)
      local c = comparison.of(folder .. "/runs/*", {values = "found"})
      for _, r in ipairs(c.runs) do r.values.found = value(r.config.beta) end   -- of 1 to 40
      assert.is_true(c:charts(folder .. "/map.png"))
      return file.read(folder .. "/map.gp"):match "sprintf%('%%%.(%d)f'"
    end
    assert.equal("2", drawn(function(beta) return beta end))
    assert.equal("3", drawn(function(beta) return beta / 1000 end))
    assert.equal("4", drawn(function(beta) return beta / 10000 end))
    assert.equal("2", drawn(function() return 3 end))
  end)

  it("says what the runs differ in and have, where that is not what was asked for", function()
    assert.error_matches(function() comparison.of(folder .. "/runs/*", {by = "gamma"}) end,
      "option 'by': got 'gamma', wanted some of what the runs differ in: beta, latents")
    assert.error_matches(function() comparison.of(folder .. "/runs/*", {values = "mig"}) end,
      "option 'values': got 'mig', wanted some of what the runs have: found, loss")
  end)

  it("takes columns of one's own that have a name and a function", function()
    for message, more in pairs{
      ["argument 'more', item 1: got \"a\", wanted a table"] = {"a"},
      ["argument 'more', item 1, its function: got nil, wanted a function"] = {{"a"}},
      ["argument 'more', item 1, its name: got nil, wanted a string"] = {{}},
    } do
      assert.error_matches(function() comparison.of(folder .. "/runs/*", {more = more}) end,
        "comparison: " .. message, 1, true)
    end
  end)

  it("takes texts as patterns", function()
    assert.error_matches(function() comparison.of{folder .. "/runs/*", 3} end,
      "pattern 2: got 3, wanted a text like 'runs/NAME%*'")
  end)

  it("is printed by the command", function()
    local pipe = io.popen(("%s lua/teasel/tool/summary.lua '%s/runs/*' --by beta 2>&1"):format(
      child.lua, folder))
    local text = pipe:read "a"
    pipe:close()
    assert.matches("beta  runs +found +loss\n", text)
    assert.matches("loss: beta=4.0 against beta=1.0: %+30, larger in 6 of 6; p = 0.0312", text)
    assert.matches("written: .*/runs/curves.png", text)
  end)
end)
