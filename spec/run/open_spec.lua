-- Runs in the process of an interpreter, a notebook or a spec: trained and opened without a command
-- line, and what an opened run says of itself.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local run = require "teasel.run"
local script = require "teasel.run.script"
local scratch = require "spec.scratch"

local folder

-- A script on given settings: what `...` gives as a table goes to run.config.
local SCRIPT = [[
-- A toy: Somebody et al. 2020, "How to
-- count".
--
-- Claim    One is added in each step, of which there are many more than
--          fit into one line of this text, as it is printed.
-- Choices  None.
local T = require "teasel"
local given = ...
local config = T.run.config({steps = 6, by = 1.0, kind = "up", seed = 1, log = 2},
  {kind = {up = 1, down = -1}}, given)
local state = {x = T.zeros{2}, seen = 0}
local r = T.run.train{config = config, state = state, half = function(x) return x / 2 end,
  view = T.view{represent = function(x) return x + state.x end},
  step = function(step, stream)
    state.x = state.x + config.by * stream:uniform{2}
    state.seen = state.seen + 1
    if step == rawget(T, "stops_at") then os.execute "kill -TERM $PPID" end
    return {loss = 1 / step, by = config.by}
  end}
return r
]]

local function train(given, text)
  given.run = folder .. "/" .. given.run
  return assert(load(text or SCRIPT))(given)
end

local function put(path, text)
  core.system.folder((folder .. "/" .. path):match "^(.*)/")
  local file = assert(io.open(folder .. "/" .. path, "wb"))
  file:write(text)
  file:close()
  return folder .. "/" .. path
end

local function shell(command) return (scratch.shell(folder, command)) end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("a run of a text that is executed in this process", function()
  it("is trained with settings from a table, and opened again with its fields", function()
    local trained = train{run = "plain", by = 2}
    assert.equal(6, trained.step)
    assert.equal(2.0, trained.config.by)
    assert.equal("float", math.type(trained.config.by))
    local r = assert(run.open(folder .. "/plain"))
    assert.same({6, 6, 2.0}, {r.step, r.state.seen, r.config.by})
    assert.equal(trained.state.x:data(), r.state.x:data())
    assert.equal(2, r.half(4))
    assert.equal((r.state.x + 1):data(), r.view.represent(T.ones{1, 2}):reshape{2}:data())
  end)

  it("has no other fields than it tells, but those that any run may lack", function()
    local trained = train{run = "named"}
    for _, r in ipairs{trained, assert(run.open(folder .. "/named"))} do
      assert.error_matches(function() r:bogus() end,
        "run: got \"bogus\", wanted a name that it has %(.*config, dir, figure, half, .*view%)")
      assert.error_matches(function() return r.confg end, "did you mean 'config'")
      assert.error_matches(function() r:figure() end,
        "run:figure: argument 'name': got nil, wanted a string")
      assert.error_matches(function() r:scores(3) end,
        "run:scores: argument 'scores': got 3, wanted a table")
      assert.is_nil(r.data or r.latents)
      assert.is_nil(r[1])
    end
  end)

  it("goes on in the same process, with the bits of one that was not interrupted", function()
    train{run = "whole", steps = 6}
    train{run = "parts", steps = 3}
    local r = train{run = "parts", resume = true, steps = 6}
    assert.equal(6, r.step)
    assert.equal(run.open(folder .. "/whole").state.x:data(), r.state.x:data())
  end)

  it("is stopped by a signal with an error, not with the process", function()
    T.stops_at = 4
    local ok, message = pcall(train, {run = "signal"})
    T.stops_at = nil
    assert.is_false(ok)
    assert.equal("stopped by signal 15 after step 4; go on with --run " .. folder ..
      "/signal --resume", message)
    assert.equal(6, train{run = "signal", resume = true}.state.seen)
  end)

  it("may be given in a coroutine, or as the last call of its script", function()
    local text = SCRIPT:gsub("local r = T.run.train", "return T.run.train"):gsub("return r\n", "")
    script.typed(function() return text end)
    local r = coroutine.wrap(train)({run = "tail"}, text)
    script.typed(nil)
    assert.equal(6, r.step)
    assert.equal(6, assert(run.open(folder .. "/tail")).step)
  end)

  it("of what was typed into an interpreter is opened from all of it", function()
    local cells = {"N = 3\n", (SCRIPT:gsub("steps = 6", "steps = N"))}
    script.typed(function() return table.concat(cells) end)
    local env = setmetatable({}, {__index = _G})
    load(cells[1], "=cell 1", "t", env)()
    local r = load(cells[2], "=cell 2", "t", env)({run = folder .. "/typed"})
    script.typed(nil)
    assert.equal(3, r.step)
    assert.equal(3, assert(run.open(folder .. "/typed")).state.seen)
    _G.N = nil
  end)

  it("is told when its text is not known, and when it is given by an option", function()
    local program = ([[
      local T = require 'teasel'
      local c = T.run.config({steps = 1}, nil, {run = arg[1]})
      T.run.train{config = c, state = {n = 0}, step = function() return {loss = 1} end%s}
      print(T.run.open(arg[1]))]])
    local lua = child.lua .. " -e \"%s\" - %s < /dev/null"
    assert.matches("the text of the script is not known .*: run.open cannot open unknown",
      shell(lua:format(program:format(""):gsub("arg%[1%]", "'unknown'"), "")))
    local text = shell(lua:format(program:format(", script = [[" ..
      "local T = require 'teasel' local c = T.run.config{steps = 1} " ..
      "T.run.train{config = c, state = {n = 0}, step = print}]]"):gsub("arg%[1%]", "'known'"), ""))
    assert.matches("Run +known\n", text)
  end)
end)

describe("settings from a table", function()
  local DEFAULTS = {steps = 2, lr = 0.5, kind = "up"}

  it("are refused with their name, what was got and what was wanted", function()
    for message, given in pairs{
      ["run.config: got the option 'step', wanted one of: .* %(did you mean 'steps'%?%)"] =
        {step = 3},
      ["run.config: option 'steps': got 2.5, wanted an integer"] = {steps = 2.5},
      ["run.config: option 'lr': got \"1\", wanted a number"] = {lr = "1"},
      ["run.config: option 'lr': got nan, wanted a number"] = {lr = math.abs(0 / 0)},
      ["run.config: option 'kind': got the option 'upp', wanted one of: down, up"] =
        {kind = "upp"},
    } do
      assert.error_matches(function()
        run.config(DEFAULTS, {kind = {up = 1, down = 1}}, given)
      end, message)
    end
    for k, name in ipairs{"more", "given"} do
      assert.error_matches(function() run.config({steps = 1}, k == 1 and 7 or nil, "steps") end,
        ("run.config: argument '%s': got "):format(name))
    end
    assert.error_matches(function() run.config(DEFAULTS, {kind = 5}) end,
      "run.config: argument 'more', 'kind': got 5, wanted a table")
    assert.error_matches(function() run.config(nil) end,
      "run.config: argument 'defaults': got nil, wanted a table")
  end)

  it("take integers for integers, however they are written", function()
    local config = run.config(DEFAULTS, nil, {steps = 3.0, lr = 1})
    assert.same({"integer", "float"}, {math.type(config.steps), math.type(config.lr)})
  end)
end)

describe("opening a run", function()
  it("stops its script at run.train, without an error that a script could catch", function()
    put("caught/script.lua", [[
      local T = require "teasel"
      local config = T.run.config{steps = 6, by = 1.0, kind = "up", seed = 1}
      local closed <close> = setmetatable({}, {__close = function() T.closed = true end})
      local state = {x = T.zeros{2}, seen = 0}
      pcall(function() T.run.train{config = config, state = state, step = print} end)
      T.went_on = true]])
    train{run = "caught/../source"}
    shell "cp -r source/checkpoints source/config.json caught"
    local r = assert(run.open(folder .. "/caught"))
    assert.equal(6, r.state.seen)
    assert.is_true(T.closed)
    assert.is_nil(rawget(T, "went_on"))
    T.closed = nil
  end)

  it("works inside of a script that is being opened itself", function()
    train{run = "teacher"}
    local text = ([[
      local T = require "teasel"
      local teacher = assert(T.run.open(%q))
      local config = T.run.config({steps = 2}, nil, ...)
      local state = {n = 0}
      local r = T.run.train{config = config, state = state, teacher = teacher, step = function()
        state.n = state.n + teacher.step
        return {loss = 1}
      end}
      return r]]):format(folder .. "/teacher")
    assert.equal(12, train({run = "pupil"}, text).state.n)
    local r = assert(run.open(folder .. "/pupil"))
    assert.same({12, 6}, {r.state.n, r.teacher.state.seen})
  end)

  it("names what a script does that cannot be opened", function()
    put("inner/script.lua", [[
      local T = require "teasel"
      local ok, message = coroutine.resume(coroutine.create(function() T.run.config{} end))
      error(message, 0)]])
    put("module/script.lua", ([[
      package.path = %q .. "/?.lua;" .. package.path
      require "trains"]]):format(folder))
    put("trains.lua", [[
      local T = require "teasel"
      local config = T.run.config{steps = 6, by = 1.0, kind = "up", seed = 1}
      T.run.train{config = config, state = {x = T.zeros{2}, seen = 0}, step = print}]])
    train{run = "module/../source2"}
    shell "cp -r source2/checkpoints source2/config.json module"
    put("none/script.lua", "return 1")
    put("wrong/script.lua", "local x = nil + 1")
    local path = package.path
    for name, message in pairs{inner = "called in a coroutine of a script that is being opened",
      module = "run.train: called while a module is being loaded, wanted a call by the script",
      none = "none/script.lua: does not call run.train",
      wrong = "wrong/script.lua:1: attempt to perform arithmetic on a nil value",
      missing = "missing/script.lua: No such file"} do
      local r, found = run.open(folder .. "/" .. name)
      assert.is_nil(r)
      assert.is_truthy(found:find(message, 1, true), found)
    end
    package.path = path
  end)
end)

describe("a run of a script from before there were views", function()
  -- a run whose script makes `fields` of params and stats, and hands them to run.train
  local function view_of(name, fields)
    return assert(train({run = name}, ([[
      local T = require "teasel"
      local config = T.run.config({steps = 1}, nil, ...)
      local model, params, stats, codes, represent
      %s
      local state = {params = params, stats = stats, n = 0}
      T.run.train{config = config, state = state, model = model, codes = codes,
        represent = represent, step = function()
          state.n = 1
          return {loss = 1}
        end}
      return assert(T.run.open(config.run))]]):format(fields))).view
  end

  it("has one by the networks or the function that it gave", function()
    local images = T.stream(1):uniform{2, 64, 64, 1}
    local vae = view_of("old_vae", [[
      model = T.vae.fc(2, 3)
      params = T.vae.init(model, T.stream(1))]])
    local model = T.vae.fc(2, 3)
    local same = T.vae.view(model, T.vae.init(model, T.stream(1)))
    assert.equal(same.represent(images):data(), vae.represent(images):data())
    assert.equal(same.decode(T.ones{1, 2}):data(), vae.decode(T.ones{1, 2}):data())
    local encoder = view_of("old_encoder", [[
      model = {encoder = T.vae.fc(2, 3).encoder}
      params = {encoder = model.encoder:init(T.stream(1):split "encoder")}]])
    assert.equal(same.represent(images):data(), encoder.represent(images):data())
    assert.is_nil(encoder.decode)
    local other = view_of("old_function", "represent = function(x) return x * 3 end")
    assert.equal(3, other.represent(T.ones{1, 1}):item())
    local gan = view_of("old_gan", [[
      codes = T.codes{noise = 1, {"uniform", 2}}
      model = {generator = T.nn.chain{T.nn.linear(3, 4), T.nn.sigmoid, T.nn.reshape{2, 2, 1}}}
      params, stats = {generator = model.generator:init(T.stream(1))}, {generator = {}}]])
    assert.same({5, 2, 2, 1}, gan.decode(gan.prior(T.stream(1), 5)):shape())
    assert.same({"noise", "c1", "c2"}, {gan.latents[1].name, gan.latents[2].name,
      gan.latents[3].name})
    assert.is_nil(view_of("old_none", ""))
  end)
end)

describe("a run, printed,", function()
  it("tells its experiment, claim, step, settings, terms, scores and figures", function()
    local r = train{run = "told", by = 3, steps = 4}
    r:scores{step = 4, mig = {value = 0.25, n = 10}, error = 0.5, unit_kl = {1, 2}}
    put("told/figures/curves.png", "")
    put("told/figures/curves.csv", "")
    local text = tostring(assert(run.open(folder .. "/told")))
    assert.equal(tostring(r), text)
    assert.equal(([[
Run       FOLDER/told
Script    A toy: Somebody et al. 2020, "How to count".
Claim     One is added in each step, of which there are many more than fit into one line of this
          text, as it is printed.
Step      4 of 4, 0 s
Settings  by = 3.0, steps = 4
Terms     by 3, loss 0.2917
Scores    error 0.5, mig 0.25
Figures   curves.png]]):gsub("FOLDER", folder), text)
  end)

  it("has no lines for what there is not", function()
    local r = train({run = "bare"}, (SCRIPT:gsub("^.-\nlocal", "local")))
    assert.equal(("Run       %s/bare\nStep      6 of 6, 0 s\nSettings  all as in the script\n" ..
      "Terms     by 1, loss 0.1833"):format(folder), tostring(r))
  end)
end)

describe("run.train", function()
  it("tells of a first step that changes nothing in the state, and of no other", function()
    for name, step in pairs{still = "", moves = "state.x = state.x + 1",
      counts = "state.n = state.n + 1", draws = "state.s:seek(step)",
      later = "if step == 2 then state.n = 1 end"} do
      put(name .. ".lua", ([[
        local T = require "teasel"
        local config = T.run.config{steps = 3}
        local state = {x = T.zeros{2}, n = 0, s = T.stream(1), empty = {}, none = T.zeros{0}}
        T.run.train{config = config, state = state, step = function(step)
          %s
          return {loss = 1}
        end}]]):format(step))
      local text = shell(("%s %s.lua --run of_%s"):format(child.lua, name, name))
      local _, n = text:gsub("step 1 changed nothing in `state`", "")
      assert.equal((name == "still" or name == "later") and 1 or 0, n, name .. text)
    end
    -- nor of one that is wrong itself
    put("wrong.lua", [[
      local T = require "teasel"
      T.run.train{config = T.run.config{steps = 1}, state = {x = T.zeros{2}}, step = print}]])
    local text = shell(("%s wrong.lua --run of_wrong"):format(child.lua))
    assert.matches("run.train: step 1: ", text, 1, true)
    assert.is_nil(text:find("changed nothing", 1, true))
  end)

  it("refuses a field that every run has itself, and what is no view", function()
    local config = run.config({steps = 1}, nil, {run = folder .. "/never"})
    for message, more in pairs{
      ["got the field 'log', which every run has itself"] = {log = {}},
      ["got the field 'dir'"] = {dir = "x"},
      ["option 'view': got a table.*, wanted a view"] = {view = {}},
      ["option 'script': got true, wanted the text"] = {script = true},
    } do
      more.config, more.state, more.step = config, {}, print
      assert.error_matches(function() run.train(more) end,
        "run.train: " .. message)
    end
    assert.is_nil(core.system.list(folder .. "/never"))
  end)
end)
