-- A sweep through a real Slurm, and a training among the tasks of a job. Slurm is begun for these
-- specs on this machine alone.

local core = require "teasel.core"
local json = require "dkjson"
local child = require "spec.child"

local file, system = core.file, core.system

local SCRIPT = [[
-- A run of a few steps: x decays, and is disturbed.
local T = require "teasel"
local config = T.run.config({steps = 30, rate = 0.1, pause = 0.0, seed = 1})
local state = {x = T.stream(config.seed, "init"):normal{3}}
local function step(_, stream)
  if config.pause > 0 then require("teasel.core").system.sleep(config.pause) end
  state.x = state.x * (1 - config.rate) + stream:normal{3} * 0.1
  return {loss = state.x:square():sum()}
end
local r = T.run.train{config = config, state = state, step = step}
r:scores{step = r.step, x = state.x:table()}
]]

local function output(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function missing()
  if output "id -u" ~= "0\n" then return "only root can begin Slurm's daemons" end
  for _, program in ipairs{"sbatch", "slurmctld", "slurmd", "munged"} do
    if output("command -v " .. program) == "" then
      return ("there is no %s (Debian: slurm-wlm, munge)"):format(program)
    end
  end
end

if core.double then return end   -- the launcher is that of the float build

local why = missing()

describe("a sweep through Slurm #slow", function()
  if why then
    pending("is tested where Slurm is: " .. why)
    return
  end

  local folder, slurm

  setup(function()
    folder = output("mktemp -d"):match "%S+"
    assert(file.save(folder .. "/script.lua", SCRIPT))
    assert(os.execute("sh spec/run/slurm.sh " .. folder .. "/slurm"))
    slurm = ("cd %s && SLURM_CONF=%s/slurm/slurm.conf "):format(folder, folder)
  end)

  teardown(function()
    os.execute(("kill $(cat %s/slurm/*.pid); sleep 0.5; rm -rf %s"):format(folder, folder))
  end)

  -- pause: seconds of a step
  local function sweep(name, words, pause)
    return output(("%s %s/build/teasel sweep script.lua --rate 0.1,0.5 --seed 1..2 "
      .. "--checkpoint 5 --folder %s --pause %s %s"):format(slurm, child.root, name, pause or 0.05,
      words))
  end

  local function wait_for(what, seconds)
    for _ = 1, seconds * 5 do
      if what() then return true end
      system.sleep(0.2)
    end
    return false
  end

  local function queue(form) return output(slurm .. "squeue -h -r -o '" .. form .. "'") end

  local function idle() return queue "%i" == "" end

  local NAMES = {"rate=0.1-seed=1", "rate=0.1-seed=2", "rate=0.5-seed=1", "rate=0.5-seed=2"}

  local function found(name)
    local list = {}
    for i, run in ipairs(NAMES) do
      list[i] = json.decode(file.read(("%s/%s/%s/scores.json"):format(folder, name, run))).x
    end
    return list
  end

  it("finds the same bits as without it, a cancelled job handed in again", function()
    assert.matches("4 done", sweep("straight", "--jobs 2", 0))
    assert.matches("Submitted batch job", sweep("jobs", "--slurm --array-limit 2"))
    assert.is_true(wait_for(function() return queue "%t":find "R\nR" end, 20))
    local _, running = queue "%t":gsub("R\n", "")
    assert.are.equal(2, running)
    system.sleep(1)
    local first = queue "%t %i":match "R (%S+)"
    output(slurm .. "scancel " .. first)
    assert.is_true(wait_for(idle, 60))
    assert.matches("stopped", sweep("jobs", "--status"))
    assert.matches("Submitted batch job", sweep("jobs", "--slurm"))
    assert.is_true(wait_for(idle, 60))
    local _, done = sweep("jobs", "--status"):gsub("done", "")
    assert.are.equal(4, done)
    assert.are.same(found "straight", found "jobs")
    assert.matches("all is done", sweep("jobs", "--slurm"))
  end)

  it("shares a training among the tasks of a job", function()
    local open = output "mpirun --version":find "Open MPI"
    if not file.read(child.root .. "/build/lib/teasel/mpi.so") then
      pending "is tested where MPI is: there is no build/lib/teasel/mpi.so"
      return
    end
    local training = ("%s/build/teasel %s/spec/run/shared_training.lua --shards 4 --run "):format(
      child.root, child.root)
    assert(file.save(folder .. "/job.sh", ("#!/bin/sh\nsrun --mpi=%s %stasks\n"):format(
      open and "pmix" or "pmi2", training)))
    assert.matches("Submitted batch job", output(slurm .. "sbatch -n 2 -o job.out job.sh"))
    assert.is_true(wait_for(idle, 60))
    local alone = output(("cd %s && %salone"):format(folder, training))
    assert.matches("^%x+\n$", alone)
    assert.are.equal(alone, file.read(folder .. "/job.out"))
  end)

  it("is put into the queue again when a job's time is up", function()
    assert.matches("Submitted batch job", sweep("time", "--slurm --array-limit 1"))
    assert.is_true(wait_for(function() return queue "%t":find "R" end, 20))
    system.sleep(1)
    local job = queue "%t %i":match "R (%S+)"
    output(slurm .. "timeout 3 scancel --batch --signal=USR1 " .. job)
    assert.is_true(wait_for(function() return queue "%t %r":find "PD BeginTime" end, 20))
    output(slurm .. "scancel --user=root")
    assert.is_true(wait_for(idle, 20))
    assert.matches("stopped +rate=0.1%-seed=1", (sweep("time", "--status")))
  end)
end)
