-- The table of published numbers beside those of runs: every seed, the median, and nothing of runs
-- that did not come to their end; and the record, of which it is made without the runs.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local record = require "teasel.report.record"
local scratch = require "spec.scratch"
local sweep = require "teasel.run.sweep"
local tree = require "teasel.tree"

local SCRIPT = [[
local T = require "teasel"
local config = T.run.config({steps = 2, beta = 1.0, data = "", seed = 1})
local state = {x = T.zeros{1}}
local r = T.run.train{config = config, state = state, step = function(t)
  state.x = state.x + 1
  return {loss = -config.beta * config.seed}
end}
r:scores{step = config.seed == 3 and 1 or r.step, seconds = 2400 * config.seed,
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
r:scores{step = r.step, seconds = 60, found = {x = 0.5}}
]]

local SCORED_ROW = {claim = "came", paper = "Who 2023", script = "scored", metrics = "mig",
  length = 8, values = {{"MIG", "mig", ".9"}}}

-- the cells of the table's n-th line below its head
local function cells(text, n)
  local list, lines = {}, {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  for cell in lines[n + 2]:gmatch "| ([^|]*) " do list[#list + 1] = cell end
  return list
end

-- what f writes on the error stream
local function complaints(f)
  local stream, parts = io.stderr, {}
  io.stderr = {write = function(self, ...)
    parts[#parts + 1] = table.concat{...}
    return self
  end}
  local ok, message = pcall(f)
  io.stderr = stream
  assert(ok, message)
  return table.concat(parts)
end

describe("a table of reproductions #slow", function()
  local folder, o

  setup(function()
    folder = scratch.make()
    local counts = sweep.go(sweep.plan{script = scratch.write(folder, "script.lua", SCRIPT),
      folder = folder .. "/runs", grid = {beta = {1, 4}, seed = {1, 2, 3}}, options = {log = 1}},
      {quiet = true})
    assert.equal(6, counts.done)
    local text, status = scratch.shell(folder, ("%s %s --run runs/scored-1 --checkpoint 2 --log 1")
      :format(child.lua, scratch.write(folder, "scored.lua", SCORED)))
    assert.equal(0, status, text)
    assert(core.system.folder(folder .. "/none"))
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

  it("has every seed of the runs that came to their end, and medians", function()
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
    -- what their scripts were not written with
    assert.equal("`experiments/beta.lua --steps 2`", cells(text, 4)[7])
    assert.equal("`experiments/beta.lua --beta 4.0 --steps 2`", cells(text, 5)[7])
  end)

  it("says of a row without runs that it has none, and the command", function()
    assert.same({"none (Who 2022)", "a score; a loss", ".5; .6", "not run", "", "",
      "`experiments/gamma.lua --beta 2`", ""}, cells(T.reproduction(o), 6))
    local text = T.reproduction{folder = folder .. "/runs", rows = {{claim = "none",
      script = "gamma", settings = {data = ""}, values = {{"a score", "score", ".5"}}}}}
    assert.equal('`experiments/gamma.lua --data ""`', cells(text, 1)[7])
  end)

  it("shows the metrics of other checkpoints of what is shorter than the paper", function()
    local before = T.reproduction{folder = folder .. "/runs", points = 0, rows = {SCORED_ROW}}
    local last, two = cells(before, 1)[4]:match "^(%S+) %(seed 1; after 2: (%S+)%)$"
    assert.equal("1", last)
    assert.is_true(tonumber(two) < 0.8)
    local row = {}
    for name, value in pairs(SCORED_ROW) do row[name] = value end
    row.length = 4
    local whole = T.reproduction{folder = folder .. "/runs", rows = {row}}
    assert.equal("1 (seed 1)", cells(whole, 1)[4])
  end)

  it("scores other checkpoints by what a row has for it, also where the paper's steps are unknown",
    function()
      local seen = {}
      local row = {claim = "came", script = "scored", values = {{"a score", "found.x", "-"}},
        rescore = function(r)
          seen[#seen + 1] = r.step
          return {found = {x = r.state.x:item() / 8}}
        end}
      for _, length in ipairs{0, 8} do
        row.length = length
        local text = T.reproduction{folder = folder .. "/runs", record = folder .. "/curve.jsonl",
          rows = {row}}
        assert.equal("0.5 (seed 1; after 2: 0.25)", cells(text, 1)[4])
      end
      row.length = 4
      assert.equal("0.5 (seed 1)",
        cells(T.reproduction{folder = folder .. "/runs", rows = {row}}, 1)[4])
      assert.same({2, 2}, seen)
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
    local function script_of(name, words)
      return scratch.shell(child.root, ("%s experiments/%s.lua %s"):format(child.lua, name, words))
    end
    local text, status = script_of("results", ("--runs %s/none --record ''"):format(folder))
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

  describe("with a record", function()
    local path

    -- the table of the record's rows, from the runs in a folder
    local function reproduce(runs, rows)
      return T.reproduction{folder = folder .. "/" .. runs, out = o.out, rows = rows or o.rows,
        points = 0, record = path}
    end

    local function recorded() return record.parse(scratch.read(folder, "record.jsonl"), path) end

    before_each(function()
      path = folder .. "/record.jsonl"
      os.remove(path)
    end)

    it("is the same when the runs are gone", function()
      local rows = table.move(o.rows, 1, #o.rows, 2, {SCORED_ROW})
      local text = reproduce("runs", rows)
      local kept, page = scratch.read(folder, "record.jsonl"), scratch.read(folder, "README.md")
      assert.equal(T.reproduction{folder = o.folder, rows = rows, points = 0}, text)
      assert.is_truthy(text:find("(seed 1; after 2: 0.5)", 1, true))
      assert.is_truthy(text:find("1.5 [1, 2]; seeds 1: 1, 2: 2", 1, true))
      for _, runs in ipairs{"none", "nowhere"} do
        scratch.write(folder, "README.md", "<!-- results: made -->\n<!-- end of results -->\n")
        assert.equal(text, reproduce(runs, rows))
        assert.equal(kept, scratch.read(folder, "record.jsonl"))
      end
      assert.equal(page:match "<!%-%- results.*results %-%->",
        scratch.read(folder, "README.md"):match "<!%-%- results.*results %-%->")
      assert.error_matches(function()
        T.reproduction{folder = folder .. "/nowhere", rows = rows}
      end, "nowhere.*No such file")
    end)

    it("has earlier checkpoints for as long as the paper is longer", function()
      local row = {}
      for name, value in pairs(SCORED_ROW) do row[name] = value end
      reproduce("runs", {row})
      row.length = 4
      assert.equal("1 (seed 1)", cells(reproduce("none", {row}), 1)[4])
    end)

    it("has of each run that came to its end what rows ask for, by settings and seed", function()
      reproduce "runs"
      local found = {}
      for i, entry in ipairs(recorded()) do
        assert.same({"beta", 2, 2400 * entry.config.seed},
          {entry.script, entry.step, entry.seconds})
        assert.same({1, 2, ""}, {entry.config.log, entry.config.steps, entry.config.data})
        assert.is_nil(entry.config.run)
        found[i] = {entry.config.beta, entry.config.seed, entry.values}
      end
      assert.same({{1, 1, {test = .1, loss = -1}}, {1, 2, {test = .2, loss = -2}},
        {4, 1, {test = .4}}, {4, 2, {test = .8}}}, found)
      complaints(function() reproduce("runs", {SCORED_ROW}) end)
      local entry = recorded()[5]
      assert.same({"scored", {mig = 1}}, {entry.script, entry.values})
      assert.same({2}, tree.keys(entry.before))
      assert.equal(require "teasel.represent.digest".library(), entry.library)
    end)

    it("takes a run that is measured again in the place of what it had of it", function()
      local text = reproduce "runs"
      local kept = scratch.read(folder, "record.jsonl")
      local other = kept:gsub('"test":0.1}', '"test":0.7,"old":1}', 1)
      assert.not_equal(kept, other)
      -- of the run that did not come to its end, too, which stays
      local lost = kept:match "[^\n]+\n":gsub('"seed":1', '"seed":3'):gsub('"test":0.1', '"test":9')
      scratch.write(folder, "record.jsonl", other, lost)
      assert.equal("0.7 [0.2, 9]; seeds 1: 0.7, 2: 0.2, 3: 9", cells(reproduce "none", 1)[4])
      assert.equal("0.2 [0.1, 9]; seeds 1: 0.1, 2: 0.2, 3: 9", cells(reproduce "runs", 1)[4])
      local left = scratch.read(folder, "record.jsonl"):gsub('[^\n]*"seed":3[^\n]*\n', "")
      assert.equal(kept, left)
      scratch.write(folder, "record.jsonl", left)
      assert.equal(text, reproduce "none")
    end)

    it("takes a run in the place of an entry from elsewhere with all of whose options it agrees",
      function()
        local function entry(config, value, source)
          return {script = "beta", config = config, step = 2, values = {test = value}, before = {},
            source = source == nil and "a letter" or source or nil}
        end
        scratch.write(folder, "record.jsonl", record.text{
          entry({beta = 1, seed = 1}, 5), entry({beta = 1, seed = 1, steps = 3}, 6),
          entry({beta = 1, seed = 7}, 7), entry({beta = 1, seed = 2, other = true}, 8),
          entry({beta = 1, seed = 2}, 9, false)})
        reproduce "runs"
        local values = {}
        for i, found in ipairs(recorded()) do values[i] = found.values.test end
        assert.same({9, 7, 6, 8, .1, .2, .4, .8}, values)
      end)

    it("has seeds from different places in one median", function()
      for seed, place in pairs{"/here/digits", "/over/there/digits/"} do
        local runs = ("%s/place-%d"):format(folder, seed)
        assert(core.system.folder(runs))
        local name = ("beta=1.0-seed=%d"):format(seed)
        local text, status = scratch.shell(folder, ("cp -r runs/beta=1*-seed=%d %s/%s"):format(seed,
          runs, name))
        assert.equal(0, status, text)
        local at = ("place-%d/%s/config.json"):format(seed, name)
        local config, changed = scratch.read(folder, at):gsub('"data":""', ('"data":"%s"'):format(
          place))
        assert.equal(1, changed)
        scratch.write(folder, at, (config:gsub('"%f[%a](%a+)":%d+', function(option)
          local free = {log = true, checkpoint = true, keep = true}
          return free[option] and ('"%s":%d'):format(option, seed + 5) or nil
        end)))
        reproduce("place-" .. seed)
      end
      local text = reproduce "none"
      assert.equal("0.15 [0.1, 0.2]; seeds 1: 0.1, 2: 0.2", cells(text, 1)[4])
      assert.equal("digits", recorded()[2].config.data)
    end)

    it("keeps what no row asks for, and says so", function()
      reproduce "runs"
      local kept = scratch.read(folder, "record.jsonl")
      local said = complaints(function() reproduce("none", {o.rows[1]}) end)
      assert.equal(kept, scratch.read(folder, "record.jsonl"))
      local _, count = said:gsub("no row asks for beta of beta=4.0", "")
      assert.equal(2, count)
      assert.is_nil(said:find("beta=1.0", 1, true))
      assert.equal("", complaints(function() reproduce "none" end))
    end)

    it("says where a record is malformed, and writes nothing", function()
      local good = '{"script":"beta","config":{"seed":1},"step":2,"values":{"test":1}}\n'
      local page = scratch.read(folder, "README.md")
      for _, case in ipairs{
        {'{"script":"beta",', "unterminated"},
        {"<<<<<<< HEAD", "no valid JSON"},
        {good:gsub("\n", ",\n"), "got ',' behind the entry"},
        {"7", "got 7, wanted an object"},
        {"null", "got nil, wanted an object"},
        {"[1]", "got the field '1', wanted one of: script"},
        {good:gsub('"step"', '"stp"'), "got the field 'stp', wanted one of: script"},
        {good:gsub('"beta"', '""'), "script: got , wanted a name"},
        {good:gsub('"step":2', '"step":2.5'), "step: got 2.5, wanted an integer"},
        {good:gsub('"step":2,', ""), "step: got nil, wanted an integer"},
        {good:gsub('"step":2', '"step":2,"seconds":-1'), "seconds: got %-1, wanted 0 or more"},
        {good:gsub('"step":2', '"step":2,"library":1'), "library: got 1, wanted a digest"},
        {good:gsub('"step":2', '"step":2,"set":["a"]'), "set: got table: .*, wanted names"},
        {good:gsub('"step":2', '"step":2,"source":1'), "source: got 1, wanted words"},
        {good:gsub('{"seed":1}', "3"), "config: got 3, wanted options by name"},
        {good:gsub('"seed":1', '"seed":[1]'), "config.seed: got a table, wanted a number"},
        {good:gsub('{"test":1}', "1"), "values: got 1, wanted numbers by name"},
        {good:gsub('"test":1', '"test":"1"'), "values.test: got 1, wanted a number"},
        {good:gsub('"test":1', '"test":1e9999'), "values.test: got inf, wanted a number"},
        {good:gsub('"step":2', '"step":2,"before":1'), "before: got 1, wanted values by step"},
        {good:gsub('"step":2', '"step":2,"before":{"x":{}}'), "before: got 'x', wanted a step"},
        {good:gsub('"step":2', '"step":2,"before":{"1":{"a":true}}'),
          "before.1.a: got true, wanted a number"},
        {good:gsub('"seed"', '"keep":5,"seed"'), "got the run of line 2 again, wanted one line"},
      } do
        local text = "\n" .. good:gsub("beta", "alpha", case[1]:find "keep" and 0 or 1) .. case[1]
        scratch.write(folder, "record.jsonl", text)
        assert.error_matches(function() reproduce "runs" end,
          "^record: " .. path:gsub("%p", "%%%0") .. ":3: " .. case[2])
        assert.equal(text, scratch.read(folder, "record.jsonl"))
        assert.equal(page, scratch.read(folder, "README.md"))
      end
    end)

    it("writes neither file where it cannot write one", function()
      local page = scratch.read(folder, "README.md")
      path = folder .. "/nowhere/record.jsonl"
      assert.error_matches(function() reproduce "runs" end, "reproduction: cannot save '.*nowhere")
      path = folder .. "/none"
      assert.error_matches(function() reproduce "runs" end, "cannot read '.*Is a directory")
      assert.equal(page, scratch.read(folder, "README.md"))
      path = folder .. "/record.jsonl"
      scratch.write(folder, "README.md", "no marks\n")
      assert.error_matches(function() reproduce "runs" end, "has no lines")
      assert.is_nil(io.open(path))
    end)

    it("has numbers with all their digits, and steps as such", function()
      local entries = {{script = "a", config = {seed = 10, rate = .1 + .2}, step = 3,
        seconds = 1 / 3, values = {x = 2 / 3, n = 8}, before = {[1000] = {x = 1e-17}, [20] = {}}},
        {script = "a", config = {seed = 9, rate = .1 + .2}, step = 3, values = {}, before = {}}}
      local text = record.text{entries[1], entries[2]}
      assert.same({entries[2], entries[1]}, record.parse(text, "a record"))
      assert.equal(text, record.text(record.parse(text, "a record")))
      assert.equal('{"script":"a","config":{"rate":0.30000000000000004,"seed":9},"step":3,'
        .. '"values":{}}', text:match "[^\n]+")
    end)
  end)

  it("stands in experiments/README.md as the record there has it", function()
    for _, name in ipairs{"results.jsonl", "README.md"} do
      scratch.write(folder, name, scratch.read(child.root, "experiments/" .. name))
    end
    local text, status = scratch.shell(child.root, ("%s experiments/results.lua --runs %s/none "
      .. "--record %s/results.jsonl --out %s/README.md"):format(child.lua, folder, folder, folder))
    assert.same({"", 0}, {text, status})
    for _, name in ipairs{"results.jsonl", "README.md"} do
      assert.equal(scratch.read(child.root, "experiments/" .. name), scratch.read(folder, name))
    end
  end)
end)
