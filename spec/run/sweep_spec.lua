local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local json = require "dkjson"
local scratch = require "spec.scratch"
local slurm = require "teasel.run.slurm"
local sweep = require "teasel.run.sweep"

local file, process, system = core.file, core.process, core.system

local SCRIPT = [[
-- A run of a few steps: x decays, and is disturbed.
local T = require "teasel"
local system = require("teasel.core").system
local config = T.run.config({steps = 30, rate = 0.1, bad = false, pause = 0.0, seed = 1})
local state = {x = T.stream(config.seed, "init"):normal{3}}
local function step(t, stream)
  if config.bad and t == 5 then error "this setting fails" end
  if config.pause > 0 then system.sleep(config.pause) end
  state.x = state.x * (1 - config.rate) + stream:normal{3} * 0.1
  return {loss = state.x:square():sum()}
end
local r = T.run.train{config = config, state = state, step = step}
r:scores{step = r.step, x = state.x:table(), threads = T.threads()}
]]

describe("a sweep's plan", function()
  local function names(given)
    given.script = "a/x.lua"
    local list = {}
    for i, task in ipairs(sweep.plan(given).tasks) do list[i] = task.name end
    return list
  end

  it("has every combination of a grid", function()
    assert.are.same({"beta=1-seed=1", "beta=1-seed=2", "beta=0.5-seed=1", "beta=0.5-seed=2"},
      names{grid = {seed = {1, 2}, beta = {1, 0.5}}})
  end)

  it("takes the values of a zip in step, and a list as it is", function()
    assert.are.same({"a=1-b=x", "a=2-b=y"}, names{zip = {a = {1, 2}, b = {"x", "y"}}})
    assert.are.same({"a=1", "b=true"}, names{list = {{a = 1}, {b = true}}})
    assert.are.same({"a=1-seed=1", "b=2-seed=1", "a=1-seed=2", "b=2-seed=2"},
      names{list = {{a = 1}, {b = 2}}, grid = {seed = {1, 2}}})
  end)

  it("gives every run its folder and all of its settings, as texts", function()
    local plan = sweep.plan{script = "a/x.lua", grid = {seed = {1, 2}}, options = {lr = 0.1}}
    assert.are.equal("runs/x-sweep", plan.folder)
    assert.are.equal("runs/x-sweep/seed=2", plan.tasks[2].dir)
    assert.are.same({seed = "2", lr = "0.1"}, plan.tasks[2].settings)
    assert.are.equal("runs/x-sweep/run", sweep.plan{script = "x.lua"}.tasks[1].dir)
  end)

  it("names values that could be taken for others so that they cannot", function()
    assert.are.same({"data=a%2Fb.c"}, names{grid = {data = {"a/b.c"}}})
  end)

  for what, case in pairs{
    ["no script"] = {{grid = {}}, "sweep: option 'script': got none"},
    ["a grid of no values"] = {{script = "x", grid = {a = {}}}, "grid, 'a': got table"},
    ["a list of other things than settings"] = {{script = "x", list = {3}},
      "sweep: argument 'list', item 1: got 3, wanted a table"},
    ["a value that is no text"] = {{script = "x", grid = {a = {{}}}}, "got a table as item 1"},
    ["a zip of unlike lengths"] = {{script = "x", zip = {a = {1}, b = {1, 2}}},
      "got 1 values of 'a' and 2 of 'b'"},
    ["an option in two places"] = {{script = "x", grid = {a = {1}}, options = {a = 2}},
      "got the option 'a' in two places"},
    ["a run twice"] = {{script = "x", grid = {a = {1, 1}}}, "got the run 'a=1' twice"},
    ["large numbers"] = {{script = "x", grid = {a = {1 << 53, (1 << 53) + 1, 1 << 53}}},
      "got the run 'a=9007199254740992' twice"},
    ["texts with zeros in front"] = {{script = "x", grid = {a = {"1", "01", "01"}}},
      "got the run 'a=01' twice"},
    ["one number in two ways"] = {{script = "x", grid = {a = {1, 1.0}}},
      "got the runs 'a=1' and 'a=1.0', which are the same"},
    ["an unknown field"] = {{script = "x", girds = {}},
      "got the option 'girds', wanted one of: folder, grid"},
  } do
    it("refuses " .. what, function()
      assert.error_matches(function() sweep.plan(case[1]) end, case[2], 1, true)
    end)
  end
end)

describe("a sweep #apart", function()
  local folder, script

  before_each(function()
    folder = scratch.make()
    script = folder .. "/script.lua"
    assert(file.save(script, SCRIPT))
  end)

  after_each(function() scratch.remove(folder) end)

  local function plan_of(grid, options)
    options = options or {}
    options.checkpoint, options.log = 5, 3
    return sweep.plan{script = script, folder = folder .. "/runs", grid = grid, options = options}
  end

  -- what the runs of a plan found, by name; the times left out
  local function found(plan)
    local list = {}
    for _, task in ipairs(plan.tasks) do
      local lines = {}
      for line in io.lines(task.dir .. "/log.jsonl") do
        local entry = json.decode(line)
        lines[#lines + 1] = ("%d %a"):format(entry.step, entry.loss)
      end
      list[task.name] = {json.decode(file.read(task.dir .. "/scores.json")).x, lines}
    end
    return list
  end

  local function go(plan, o)
    o = o or {}
    o.quiet = true
    return sweep.go(plan, o)
  end

  it("runs every setting once, and again only what its steps have become more of", function()
    local plan = plan_of({rate = {0.1, 0.5}, seed = {1, 2}})
    assert.are.equal(4, go(plan).done)
    local first = file.read(plan.folder .. "/.sweep/rate=0.1-seed=1/state.json")
    assert.are.equal(4, go(plan).done)
    assert.are.equal(first, file.read(plan.folder .. "/.sweep/rate=0.1-seed=1/state.json"))
    local kept = plan_of({rate = {0.1, 0.5}, seed = {1, 2}}, {keep = 2, threads = 1})
    assert.are.equal(4, go(kept).done)
    assert.are.equal(first, file.read(plan.folder .. "/.sweep/rate=0.1-seed=1/state.json"))
    local longer = plan_of({rate = {0.1, 0.5}, seed = {1, 2}}, {steps = 40})
    assert.are.equal(4, go(longer).done)
    assert.are.equal(40, json.decode(file.read(plan.tasks[1].dir .. "/scores.json")).step)
  end)

  it("gives its runs no more threads than it has itself", function()
    local plan, had = plan_of{seed = {1}}, core.threads()
    core.threads(3)
    go(plan, {jobs = 2})
    core.threads(had)
    assert.are.equal(1, json.decode(file.read(plan.tasks[1].dir .. "/scores.json")).threads)
  end)

  it("goes on beside a setting that fails, which is run again on demand alone", function()
    local plan = plan_of({bad = {true, false}, seed = {1, 2}})
    local counts, failed = go(plan)
    assert.are.same({2, 2, 0}, {counts.done, counts.failed, counts.left})
    table.sort(failed, function(a, b) return a.name < b.name end)
    assert.are.equal("bad=true-seed=1", failed[1].name)
    assert.are.equal("bad=true-seed=2", failed[2].name)
    assert.matches("this setting fails", file.read(sweep.output(plan, failed[1])))
    local before = #file.read(sweep.output(plan, failed[1]))
    go(plan)
    assert.are.equal(before, #file.read(sweep.output(plan, failed[1])))
    go(plan, {retry = true})
    assert.is_true(#file.read(sweep.output(plan, failed[1])) > before)
    assert.matches("this setting fails.*\n%-%-%-%- failed; begun again %-%-%-%-\n.*this setting",
      file.read(sweep.output(plan, failed[1])))
  end)

  -- a process that sweeps, and can be killed
  local function other(plan_text)
    local path = folder .. "/sweep.lua"
    assert(file.save(path, ([[
      local sweep = require "teasel.run.sweep"
      sweep.go(sweep.plan(%s), {quiet = true, jobs = 2})]]):format(plan_text)))
    return assert(process.start({process.program(), path}, folder .. "/sweep.txt"))
  end

  local function wait(started)
    while started:ended() == nil do system.sleep(0.02) end
  end

  local SHAPE = [[{script = %q, folder = %q, grid = {rate = {0.1, 0.3, 0.5}, seed = {1, 2}},
    options = {pause = 0.004, checkpoint = 5, log = 3}}]]

  it("finds the same bits when it is killed at any moment and started again #slow", function()
    local straight = plan_of({rate = {0.1, 0.3, 0.5}, seed = {1, 2}})
    straight.folder = folder .. "/runs"
    go(straight)
    local expected = found(straight)
    local text = SHAPE:format(script, folder .. "/cut")
    local draws = T.stream(1, "moments")
    for i = 1, 20 do
      local started = other(text)
      system.sleep(draws:uniform({1}, 0, 0.25):item())
      started:signal(({9, 15, 2})[i % 3 + 1])
      wait(started)
    end
    wait(other(text))
    local cut = sweep.plan(load("return " .. text)())
    for _, task in ipairs(cut.tasks) do assert.are.equal("done", (sweep.state(cut, task))) end
    assert.are.same(expected, found(cut))
  end)

  it("shares its folder with another one #slow", function()
    local text = SHAPE:format(script, folder .. "/both")
    local one, two = other(text), other(text)
    wait(one)
    wait(two)
    local plan = sweep.plan(load("return " .. text)())
    for _, task in ipairs(plan.tasks) do
      assert.are.equal("done", (sweep.state(plan, task)))
      -- its one process printed nothing: no second one was refused
      assert.are.equal("", file.read(sweep.output(plan, task)))
    end
    assert.are.equal("", file.read(folder .. "/sweep.txt"))
  end)

  describe("from the command line", function()
    local function line(words)
      local pipe = io.popen(("%s lua/teasel/tool/sweep.lua %s --folder %s/line %s 2>&1"):format(
        child.lua, script, folder, words))
      local text = pipe:read "a"
      local _, _, status = pipe:close()
      return text, status
    end

    it("takes lists and ranges of values, and lists the runs before they are", function()
      local text = line "--rate 0.1,0.5 --seed 1..2 --steps 6 --dry-run"
      assert.are.equal("new      rate=0.1-seed=1\nnew      rate=0.1-seed=2\n"
        .. "new      rate=0.5-seed=1\nnew      rate=0.5-seed=2\n", text)
      local said, status = line "--rate 0.1,0.5 --seed 1..2 --steps 6 --jobs 2"
      assert.matches("4 done, 0 failed, 0 to come", said)
      assert.are.equal(0, status)
      assert.matches("done     rate=0.5%-seed=2  6/6 steps", (line(
        "--rate 0.1,0.5 --seed 1..2 --steps 6 --status")))
    end)

    it("asks the script for its options before anything is run", function()
      local text, status = line "--raet 0.1,0.5"
      assert.matches("got the option 'raet', wanted one of: bad", text)
      assert.are.equal(1, status)
      assert.matches("got 'x', wanted an? float", (line "--rate 0.1,x"))
      assert.matches("got the option 'raet', wanted one of: bad", (line "--raet 0.1 --dry-run"))
      assert.is_nil(system.list(folder .. "/line"))
    end)

    it("ends with a status of 1 and the last lines of what failed", function()
      local text, status = line "--bad true,false --steps 6"
      assert.matches("1 done, 1 failed", text)
      assert.matches("failed: bad=true\n.*this setting fails", text)
      assert.are.equal(1, status)
    end)

    it("takes a plan from a file, to which the line adds", function()
      assert(file.save(folder .. "/plan.lua", ([[return {script = %q,
        grid = {rate = {0.1, 0.2}}, options = {steps = 9}}]]):format(script)))
      local pipe = io.popen(("%s lua/teasel/tool/sweep.lua --plan %s/plan.lua --folder %s/p "
        .. "--seed 3..4 --dry-run 2>&1"):format(child.lua, folder, folder))
      local text = pipe:read "a"
      pipe:close()
      assert.matches("rate=0.2%-seed=4", text)
    end)
  end)

  it("is an array job of Slurm, of the runs that are left", function()
    local plan = plan_of({rate = {0.1, 0.2, 0.3}, seed = {1, 2}})
    local first = sweep.plan{script = script, folder = plan.folder,
      grid = {rate = {0.2}, seed = {1}}, options = {checkpoint = 5, log = 3}}
    go(first)
    local text = slurm.script(plan, {limit = 2, cpus = 3, time = "1:00", words = {script, "--slurm",
      "--array-limit", "2", "--rate", "0.1,0.2", "--time=1:00"}})
    assert.matches("#SBATCH %-%-array=1%-2,4%-6%%2\n", text)
    assert.matches("%-%-cpus%-per%-task=3\n", text)
    assert.matches("' sweep '" .. script .. "' '%-%-rate' '0.1,0.2' %-%-task \"%$SLURM", text)
  end)
end)
