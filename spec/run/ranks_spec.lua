-- Trainings among ranks that mpirun has started, on this machine alone.

local core = require "teasel.core"
local json = require "dkjson"
local child = require "spec.child"
local mpi = require "spec.mpi"
local scratch = require "spec.scratch"

if core.double then return end   -- the launcher is that of the float build

local mpirun, why = mpi.launcher()

describe("ranks #slow", function()
  if not mpirun then
    pending("are tested where MPI is: " .. why)
    return
  end

  local folder
  setup(function() folder = scratch.make() end)
  teardown(function() scratch.remove(folder) end)

  local TRAINING = ("%s/build/teasel %s/spec/run/shared_training.lua "):format(child.root,
    child.root)

  local function here(command) return scratch.shell(folder, command) end

  local function train(n, options)
    return here(("timeout 100 %s -n %d %s %s"):format(mpirun, n, TRAINING, options))
  end

  -- the processes of a training, those of rank 0 before those of rank 1
  local function processes(run)
    local list = {}
    for id in here(("pgrep -f -- '--run %s '"):format(run)):gmatch "%d+" do
      local file <close> = io.open("/proc/" .. id .. "/cmdline")
      if file and file:read "a":find "^[^\0]*teasel\0" then list[#list + 1] = id end
    end
    return list
  end

  local alone   -- what one process makes of 4 shards

  it("have the same bits, however many there are, and so does one process", function()
    alone = here(TRAINING .. "--run alone --shards 4")
    assert.matches("^%x+\n$", alone)
    for n = 1, 4 do assert.are.equal(alone, (train(n, "--shards 4 --run of" .. n))) end
  end)

  for _, name in ipairs{"openmpi", "mpich"} do
    it("have them under " .. name .. ", too", function()
      local run, module = mpi.by(name, folder)
      if not run then
        pending("is tested where both are: " .. module)
        return
      end
      assert.are.equal(alone, (here(("timeout 100 %s -n 2 env %s %s/spec/run/shared_training.lua "
        .. "--run by_%s --shards 4"):format(run, child.lua:gsub("LUA_CPATH_5_4='", "%0" .. module
        .. ";"), child.root, name))))
    end)
  end

  it("add up in MPI's own order if they are let, the same up to rounding", function()
    local fixed, free = here(TRAINING .. "--run fixed --shards 8"),
      train(3, "--run free --shards 8 --free_order")
    assert.matches("^%x+\n$", free)
    assert.are_not.equal(fixed, free)
    local terms = {}
    for i, run in ipairs{"fixed", "free"} do
      terms[i] = json.decode(scratch.read(folder, run .. "/log.jsonl"))
      terms[i].seconds = nil
    end
    for name, value in pairs(terms[1]) do
      local other = terms[2][name]
      for k, v in ipairs(type(value) == "table" and value or {value}) do
        local o = type(other) == "table" and other[k] or other
        assert.is_true(math.abs(v - o) < 1e-4 * math.max(1, math.abs(v)), name)
      end
    end
    assert.matches('"free_order":true', scratch.read(folder, "free/config.json"))
    -- where there is one rank there is nothing to choose
    assert.are.equal(alone, here(TRAINING .. "--run same --shards 4 --free_order"))
  end)

  it("add up the same bits during the walk back as after it", function()
    assert(core.file.save(folder .. "/walk.lua", [[
local T, core = require "teasel", require "teasel.core"
local ranks, shard = require "teasel.run.ranks", core.shard
ranks.begin{shards = 4, threads = 1}
shard.cut(8)
-- 1.4 MB a weight, one of them read twice: several buckets, and what is left over
local w = {T.stream(1):normal{600, 600}, T.stream(2):normal{600, 600}, T.stream(3):normal{600}}
local found = {}
for i, later in ipairs{false, true, true} do
  shard.later(later)
  local g = T.grad(function(v, x)
    return ((x:matmul(v[1]):tanh():matmul(v[2]) + v[3]):tanh():matmul(v[1])):square():mean()
  end)(w, T.stream(4):normal{8, 600})
  for k = 1, 3 do g[k] = core.file.sha256(g[k]:data()) end
  found[i] = table.concat(g)
end
shard.cut(0)
if ranks.first() then print(found[1] == found[2] and found[2] == found[3]) end
ranks.finish()
]]))
    assert.are.equal("true\n", (here(("timeout 100 %s -n 2 %s/build/teasel walk.lua"):format(mpirun,
      child.root))))
  end)

  it("go on with what others have begun", function()
    train(3, "--run begun --shards 4 --steps 1")
    assert.are.equal(alone, (train(2, "--run begun --resume --steps 2")))
  end)

  it("refuse to begin with what is not the same in all", function()
    local both = ("%s -n 1 %s --run differs %%s : -n 1 %s --run differs %%s"):format(mpirun,
      TRAINING, TRAINING)
    local text, status = here(both:format("--seed 1", "--seed 2"))
    assert.matches("teasel: shard 5 of 8: the settings are not as in the first process", text)
    assert.are_not.equal(0, status)
    assert.matches("%-%-shards: got 2, wanted a power of two.* of ranks, 4",
      (train(4, "--run few --shards 2")))
    assert.matches("there is a run of 2 steps in it", (train(2, "--run of2 --shards 4")))
  end)

  it("all end with one that fails or is killed, and the last checkpoint goes on", function()
    local text, status = train(2, "--run fails --shards 2 --checkpoint 1 --fail 2")
    assert.matches("rank 1: .*this one fails", text)
    assert.are_not.equal(0, status)
    local command = "cd '%s' && (timeout 100 %s -n 2 %s --run killed --shards 4 --checkpoint 1 "
      .. "--steps 90 --pause 0.05 >killed.out 2>&1; echo $? >killed.end) &"
    os.execute(command:format(folder, mpirun, TRAINING))
    local function saved() return core.system.list(folder .. "/killed/checkpoints") or {} end
    for _ = 1, 200 do
      if #saved() > 1 then break end
      core.system.sleep(0.1)
    end
    os.execute("kill -9 " .. processes("killed")[4])
    for _ = 1, 300 do
      if core.file.read(folder .. "/killed.end") then break end
      core.system.sleep(0.1)
    end
    assert.are_not.equal("0\n", scratch.read(folder, "killed.end"))
    assert.matches("shard %d of 4 was ended by signal 9 %(Killed%); go on with %-%-run killed",
      scratch.read(folder, "killed.out"))
    core.system.sleep(0.3)
    assert.are.same({}, processes "killed")
    assert.is_true(#saved() > 1)
  end)
end)
