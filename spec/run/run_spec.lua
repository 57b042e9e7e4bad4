-- Runs: a small training in processes of its own, stopped, killed, resumed and opened.

local core = require "teasel.core"
local checkpoint = require "teasel.run.checkpoint"
local child = require "spec.child"
local json = require "dkjson"
local run = require "teasel.run"
local scratch = require "spec.scratch"
local tensor = core.tensor

local SCRIPT = [[
local T = require "teasel"
local run = require "teasel.run"
local config = run.config{steps = 200, lr = 1e-2, seed = 1, poison = 0, pause = 0.0}
local net = T.nn.chain{T.nn.linear(4, 16), T.nn.batch_norm(16), T.nn.tanh, T.nn.linear(16, 1)}
local adam = T.optim.adam{lr = config.lr}
local params, stats = net:init(T.stream(config.seed, "init"))
local state = {params = params, stats = stats, adam = adam:init(params), seen = 0}
local loss = T.value_and_grad(function(p, x, y)
  return (net(p, x, {train = true, stats = stats}) - y):square():mean()
end)
local system = require "teasel.core".system
local r = run.train{config = config, state = state, net = net, step = function(step, stream)
  local x = stream:normal{32, 4}
  local value, g = loss(params, x, x:sum(2, true):tanh())
  adam:update(params, g, state.adam)
  state.seen = state.seen + 1
  local wake = system.now() + config.pause
  while system.now() < wake do end
  return {loss = value, aim = step == config.poison and 0 / 0 or 1}
end}
print(r.step, state.seen, r:log()[#r:log()].step)
]]

local folder

local function text_of(path)
  local file = io.open(path, "rb")
  local text = file and file:read("a")
  if file then file:close() end
  return text
end

local function script(options)
  return ("cd '%s' && %s toy.lua --checkpoint 10 %s"):format(folder, child.lua, options)
end

-- output and exit status of the script with these options
local function try(options)
  local pipe = assert(io.popen(script(options) .. " 2>&1"))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local function digest(dir)
  local _, restore = assert(checkpoint.read(folder .. "/" .. dir .. "/checkpoints/00000200.h5"))
  local r = assert(run.open(folder .. "/" .. dir))
  restore(r.state)
  local data = {}
  for i, leaf in ipairs(require "teasel.tree".leaves(r.state)) do data[i] = leaf:data() end
  return core.file.sha256(table.concat(data) .. r.state.adam.t .. " " .. r.state.seen)
end

describe("a run #apart", function()
  local undisturbed

  setup(function()
    folder = scratch.make()
    local file = assert(io.open(folder .. "/toy.lua", "w"))
    file:write(SCRIPT)
    file:close()
    local text = try("--run whole")
    assert(text:find("200%s+200%s+200"), text)
    undisturbed = digest("whole")
  end)

  teardown(function() scratch.remove(folder) end)

  it("leaves its script, configuration, log and last three checkpoints in its directory", function()
    assert.equal(SCRIPT, text_of(folder .. "/whole/script.lua"))
    local config = json.decode(text_of(folder .. "/whole/config.json"))
    assert.equal(200, config.steps)
    assert.equal(0.01, config.lr)
    assert.same({"00000180.h5", "00000190.h5", "00000200.h5", "best.h5"},
      core.system.list(folder .. "/whole/checkpoints"))
    local lines = 0
    for line in text_of(folder .. "/whole/log.jsonl"):gmatch("[^\n]+") do
      lines = lines + 1
      assert.equal(lines * 100, json.decode(line).step)
      assert.is_true(json.decode(line).loss > 0)
    end
    assert.equal(2, lines)
  end)

  it("keeps as many checkpoints as it is told, or all", function()
    local function kept(options)
      try("--steps 50 --run kept " .. options)
      local names = core.system.list(folder .. "/kept/checkpoints")
      return table.concat(names, " "):gsub("0*(%d+)%.h5", "%1")
    end
    assert.equal("0 10 20 30 40 50 best.h5", (kept "--keep 0"))
    assert.equal("50 60 best.h5", (kept "--resume --keep 2 --steps 60"))
  end)

  it("has its configuration in every checkpoint", function()
    local note = assert(checkpoint.read(folder .. "/whole/checkpoints/00000190.h5"))
    assert.equal(0.01, note.config.lr)
    assert.equal(190, note.step)
  end)

  it("can be made again, bit for bit", function()
    try("--run again")
    assert.equal(undisturbed, digest("again"))
  end)

  it("refuses an option that it does not know, with the one that was meant", function()
    local text, status = try("--run x --leaning 3")
    assert.equal(1, status)
    assert.matches("got the option 'leaning', wanted one of: .*lr.*", text)
    assert.matches("did you mean 'steps'", (try("--step 3")))
    assert.is_nil(core.system.list(folder .. "/x"))
  end)

  it("has no setting but its own: a misspelt one is an error", function()
    scratch.write(folder, "typo.lua", [[
      local T = require "teasel"
      local config = T.run.config({steps = 3, beta = 4.0})
      assert(config.batch == nil and config.run ~= nil)   -- what one may ask any script for
      print(config.betta)]])
    local text = scratch.shell(folder, child.lua .. " typo.lua 2>&1")
    assert.matches('typo.lua:4: config: got "betta", wanted a name that it has', text)
    assert.matches("did you mean 'beta'", text)
    scratch.write(folder, "typo.lua", [[
      local config = require "teasel".command.read(arg, {points = 3})
      print(config.point)]])
    text = scratch.shell(folder, child.lua .. " typo.lua 2>&1")
    assert.matches("typo.lua:2: config: got \"point\", wanted a name that it has", text)
  end)

  it("refuses a value of the wrong type, naming what was got and wanted", function()
    assert.matches("option %-%-steps: got 'ten', wanted an integer, like 200", (try("--steps ten")))
    assert.matches("option %-%-steps: got '1.5', wanted an integer", (try("--steps 1.5")))
    assert.matches("option %-%-lr: got nothing, wanted a float", (try("--lr")))
  end)

  it("lists its options with --help, from the same table", function()
    local text, status = try("--help")
    assert.equal(0, status)
    for _, name in ipairs{"steps", "lr", "seed", "resume", "run", "checkpoint"} do
      assert.matches("%-%-" .. name .. " +%a+ +default: ", text)
    end
  end)

  it("is not written over", function()
    local text, status = try("--run whole")
    assert.equal(1, status)
    assert.matches("whole: there is a run of 200 steps in it; give %-%-resume", text)
    assert.equal(undisturbed, digest("whole"))
  end)

  it("goes on after its end with more steps, but not with another learning rate", function()
    try("--run more --steps 150")
    assert.matches("200%s+200%s+200", (try("--run more --resume --steps 200")))
    assert.equal(undisturbed, digest("more"))
    assert.matches("%-%-resume: got %-%-lr 0.5, wanted 0.01 as in more",
      (try("--run more --resume --lr 0.5")))
  end)

  it("trains with products of bf16 when asked to, and keeps to it when it is resumed", function()
    if not pcall(core.precision, "bf16") then
      assert.matches("precision: got bf16, wanted ", (try("--run half --precision bf16")))
      pending("this processor has no bf16")
    end
    core.precision "fp32"
    try("--run half --precision bf16")
    assert.not_equal(undisturbed, digest("half"))
    try("--run half2 --precision bf16 --steps 150")
    try("--run half2 --resume --steps 200")
    assert.equal(digest("half"), digest("half2"))
    assert.matches("%-%-resume: got %-%-precision fp32, wanted bf16",
      (try("--run half --resume --precision fp32")))
    assert.matches("precision", (try("--run half3 --precision fp16")))
  end)

  -- what waits, in a shell, until a run has come to its tenth step
  local function under_way(dir)
    return ("until [ -e '%s/%s/checkpoints/00000010.h5' ]; do sleep 0.02; done; "):format(folder,
      dir)
  end

  for _, signal in ipairs{"INT", "TERM", "HUP"} do
    it("finishes the step, saves and can be resumed when it gets SIG" .. signal, function()
      local dir = "signal" .. signal
      local pid = io.popen(script("--pause 0.005 --run " .. dir) ..
        " > " .. folder .. "/out 2>&1 & echo $!; " .. under_way(dir) .. "kill -" .. signal ..
        " $!"):read("n")
      assert(pid)
      os.execute("while kill -0 " .. pid .. " 2>/dev/null; do sleep 0.02; done")
      assert.matches("stopped by signal %d+ after step %d+; go on with", text_of(folder .. "/out"))
      assert.matches("200%s+200%s+200", (try("--run " .. dir .. " --resume")))
      assert.equal(undisturbed, digest(dir))
    end)
  end

  it("goes on when it gets a signal that its parent had ignored, as nohup does", function()
    local pid = io.popen("trap '' HUP TERM; " .. script("--pause 0.005 --run deaf") .. " > " ..
      folder .. "/out 2>&1 & echo $!; " .. under_way "deaf" .. "kill -HUP $!; kill -TERM $!")
      :read("n")
    os.execute("while kill -0 " .. pid .. " 2>/dev/null; do sleep 0.02; done")
    assert.matches("200%s+200%s+200", text_of(folder .. "/out"))
    assert.equal(undisturbed, digest("deaf"))
  end)

  it("refuses a second process on its directory", function()
    local busy = script("--pause 0.01 --run busy") .. " > /dev/null 2>&1 & echo $!"
    local pid = io.popen(busy):read("n")
    os.execute(under_way "busy")
    local text, status = try("--run busy --resume")
    os.execute(("kill -9 %d; while kill -0 %d 2> /dev/null; do sleep 0.02; done"):format(pid, pid))
    assert.equal(1, status)
    assert.matches("busy", text)
    assert.matches("process %d+ is at work", text)
  end)

  it("stops at a term that is not finite, with its name, and keeps the checkpoints", function()
    local text, status = try("--run ill --poison 57")
    assert.equal(1, status)
    assert.matches("lua:%d+: run.train: step 57: the term 'aim' is nan; the checkpoints in ill "
      .. "are from before", text)
    assert.same({"00000030.h5", "00000040.h5", "00000050.h5", "best.h5"},
      core.system.list(folder .. "/ill/checkpoints"))
  end)

  it("loses no checkpoint to kill -9, and ends with the same bits", function()
    local kills = tonumber(os.getenv("TEASEL_KILLS")) or 10
    local done, killed, random = false, 0, core.rand.stream(5, "kill")
    local first = true
    local newest = 0
    while killed < kills do
      local wait = random:uniform({1}, 0.02, 0.35):item()
      os.execute(("{ %s > /dev/null & p=$!; sleep %.3f; kill -9 $p; wait $p; } 2> /dev/null")
        :format(script("--pause 0.003 --run killed" .. (first and "" or " --resume")), wait))
      killed = killed + 1
      first = core.system.list(folder .. "/killed/checkpoints") == nil
      local saved = core.system.list(folder .. "/killed/checkpoints") or {}
      for _, name in ipairs(saved) do
        if name:match("^%d+%.h5$") then
          assert(checkpoint.read(folder .. "/killed/checkpoints/" .. name))
          done = tonumber(name:match("%d+"))
        end
      end
      first = first or done == false
      assert.is_true((done or 0) >= newest)
      newest = done or 0
      if newest == 200 then   -- this one is finished: begin another
        assert.equal(undisturbed, digest("killed"))
        os.execute("rm -rf '" .. folder .. "/killed'")
        first, done, newest = true, false, 0
      end
    end
    local text = try("--run killed" .. (first and "" or " --resume"))
    assert.matches("200%s+200%s+200", text)
    assert.equal(undisturbed, digest("killed"))
  end)

  it("is opened again without training: state, configuration and networks", function()
    local r = assert(run.open(folder .. "/whole"))
    assert.equal(200, r.step)
    assert.equal(0.01, r.config.lr)
    assert.equal(200, r.state.seen)
    local x = tensor.ones{3, 4}
    assert.same({3, 1}, r.net(r.state.params, x, {stats = r.state.stats}):shape())
    local best = assert(run.open(folder .. "/whole", "best"))
    assert.is_true(best.step > 0)
    local before = assert(run.open(folder .. "/whole", 180))
    assert.same({180, 180}, {before.step, before.state.seen})
    assert.matches("got step 170, wanted one whose checkpoint is kept: 180, 190, 200",
      select(2, run.open(folder .. "/whole", 170)))
    assert.error_matches(function() run.open(folder .. "/whole", "last") end,
      "argument 'which': got 'last', wanted 'newest', 'best' or a step")
    local none, message = run.open(folder .. "/nowhere")
    assert.is_nil(none)
    assert.matches("nowhere", message)
  end)
end)

describe("a checkpoint", function()
  local path, state

  before_each(function()
    path = os.tmpname()
    state = {a = {tensor.arange(1, 6):reshape{2, 3}, count = 7}, b = tensor.tensor(0.1)}
    assert(checkpoint.save(path, state, {step = 3}))
  end)

  after_each(function()
    os.remove(path)
    os.remove(path .. ".teasel.tmp")
  end)

  local function fresh() return {a = {tensor.zeros{2, 3}, count = 0}, b = tensor.tensor(0)} end

  it("gives back every bit and every number of a state", function()
    local note, restore = assert(checkpoint.read(path))
    local other = fresh()
    restore(other)
    assert.equal(3, note.step)
    assert.equal(7, other.a.count)
    assert.equal(state.a[1]:data(), other.a[1]:data())
    assert.equal(state.b:data(), other.b:data())
  end)

  it("is the older one, whole, after any failing operation, and leaves nothing else", function()
    local newer = {a = {tensor.ones{2, 3}, count = 8}, b = tensor.tensor(0.2)}
    for _, kind in ipairs{"ENOSPC", "EIO", "short"} do
      local n, failed, ok, message = 0, 0, nil, nil
      repeat
        n = n + 1
        core.file.fault(n, kind)
        ok, message = checkpoint.save(path, newer, {step = 4})
        core.file.fault(0)
        local note, restore = assert(checkpoint.read(path))
        local other = fresh()
        restore(other)
        assert.equal(note.step == 3 and 7 or 8, other.a.count)
        assert.is_nil(text_of(path .. ".teasel.tmp"))
        if not ok then
          failed = failed + 1
          assert.is_truthy(message:find(path, 1, true), message)
          assert(checkpoint.save(path, state, {step = 3}))
        end
      until n > 3 and ok
      if kind ~= "short" then assert.is_true(failed >= 4) end
    end
  end)

  it("is refused with any byte changed or cut off", function()
    local bytes = text_of(path)
    local damaged = os.tmpname()
    local function refused(text)
      local file = assert(io.open(damaged, "wb"))
      file:write(text)
      file:close()
      local note, message = checkpoint.read(damaged)
      assert.is_nil(note)
      assert.is_truthy(message:find(damaged, 1, true))
    end
    for at = 1, #bytes, 7 do
      refused(bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 16) .. bytes:sub(at + 1))
    end
    for cut = 0, #bytes - 1, 97 do refused(bytes:sub(1, cut)) end
    os.remove(damaged)
  end)

  it("does not hold what is not finite", function()
    state.b = tensor.tensor(0 / 0)
    local ok, message = checkpoint.save(path, state, {})
    assert.is_nil(ok)
    assert.matches("not saved, state/b is not finite", message)
    assert(checkpoint.read(path))
  end)

  it("is refused by a state of another form", function()
    local _, restore = assert(checkpoint.read(path))
    assert.has_error(function()
      restore{a = {tensor.zeros{3, 2}, count = 0}, b = tensor.tensor(0)}
    end)
    assert.has_error(function() restore{c = tensor.zeros{1}} end)
  end)
end)
