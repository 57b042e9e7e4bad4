-- A sweep as an array job of Slurm: each of its tasks runs one run of the sweep, which Slurm starts
-- where and when there is room. Nothing of ours stays running. A minute before a job's time is up
-- Slurm asks it to end; it saves and puts itself into the queue again. A job that was cancelled is
-- resumed by the next `sweep --slurm`.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local sweep = require "teasel.run.sweep"

local process, system = core.process, core.system
local slurm = {}

local SIGTERM = 15
local BEFORE = 60   -- seconds before the end of a job's time at which it is asked to end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- {1, 2, 3, 7} -> "1-3,7"
local function ranges(numbers)
  local parts, i = {}, 1
  while i <= #numbers do
    local j = i
    while numbers[j + 1] == numbers[j] + 1 do j = j + 1 end
    parts[#parts + 1] = i == j and tostring(numbers[i]) or ("%d-%d"):format(numbers[i], numbers[j])
    i = j + 1
  end
  return table.concat(parts, ",")
end

-- The command of a task: the same sweep, less what speaks to Slurm.
local function task_command(words)
  local own = {["--slurm"] = 0, ["--retry"] = 0, ["--partition"] = 1, ["--time"] = 1,
    ["--array-limit"] = 1}
  local kept = {quoted(assert(process.program())), "sweep"}
  local i = 1
  while i <= #words do
    local name = words[i]:match "^(%-%-[^=]+)"
    if name and own[name] then
      if not words[i]:find("=", 1, true) then i = i + own[name] end
    else
      kept[#kept + 1] = quoted(words[i])
    end
    i = i + 1
  end
  return table.concat(kept, " ")
end

-- script(plan, o) -> the text of the job's script; nil where nothing is left to run. o: {partition
-- = "", time = "", cpus = 1, limit = 0, retry = false, words = the command line of the sweep}
function slurm.script(plan, given)
  local o = options.read("slurm", given, {partition = "", time = "", cpus = 1, limit = 0,
    retry = false, words = {}})
  local left = {}
  for i, task in ipairs(plan.tasks) do
    local state = sweep.state(plan, task)
    if state ~= "done" and (state ~= "failed" or o.retry) then left[#left + 1] = i end
  end
  if #left == 0 then return nil end
  local lines = {"#!/bin/sh",
    "#SBATCH --job-name=" .. plan.folder:match "[^/]*$",
    "#SBATCH --array=" .. ranges(left) .. (o.limit > 0 and "%" .. o.limit or ""),
    "#SBATCH --cpus-per-task=" .. o.cpus,
    ("#SBATCH --signal=B:USR1@%d"):format(BEFORE),
    "#SBATCH --requeue",
    "#SBATCH --open-mode=append",
    "#SBATCH --output=" .. plan.folder .. "/.sweep/slurm-%a.txt"}
  if o.partition ~= "" then lines[#lines + 1] = "#SBATCH --partition=" .. o.partition end
  if o.time ~= "" then lines[#lines + 1] = "#SBATCH --time=" .. o.time end
  lines[#lines + 1] = ([[
%s --task "$SLURM_ARRAY_TASK_ID" &
child=$!
trap 'kill -TERM $child' TERM
trap 'kill -TERM $child; wait $child
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"; exit 0' USR1
wait $child
status=$?
# a signal ends the first wait before the child has ended
if [ $status -gt 128 ]; then wait $child; status=$?; fi
exit $status
]]):format(task_command(o.words))
  return table.concat(lines, "\n")
end

-- submit(plan, options) -> what sbatch says; options as for `script`
function slurm.submit(plan, o)
  local text = slurm.script(plan, o)
  if not text then return plan.folder .. ": all is done" end
  local folder = plan.folder .. "/.sweep"
  local ok, message = system.folder(folder)
  if not ok then fail("sweep: %s", message) end
  directory.write(folder .. "/job.sh", text)
  local pipe = assert(io.popen("sbatch " .. quoted(folder .. "/job.sh") .. " 2>&1"))
  local said = pipe:read "a"
  said = said:gsub("%s+$", "")
  if not pipe:close() then fail("sweep: sbatch: got '%s', wanted a job", said) end
  return said
end

-- task(plan, number, threads) -> the exit status of the task of that number, which is run here,
-- unless it is done; a signal stops it, saved
function slurm.task(plan, number, threads)
  local task = plan.tasks[number]
  if not task then
    fail("sweep: option 'task': got %d, wanted 1 to %d", number, #plan.tasks)
  end
  if sweep.state(plan, task) == "done" then return 0 end
  local worker = sweep.begin(plan, task, threads)
  if not worker then
    io.stderr:write(task.name, ": another process works on it\n")
    return 1
  end
  system.catch(true)
  local passed, status
  repeat
    status = sweep.finish(plan, worker)
    if system.caught() and not passed then
      passed = true
      worker.process:signal(SIGTERM)
    end
    if not status then system.sleep(0.1) end
  until status
  system.catch(false)
  return status == "done" and 0 or status == "failed" and 1 or 128 + SIGTERM
end

local PLAN = "plan: table(folder script tasks)"

check.functions("slurm.", slurm, {
  script = PLAN, submit = PLAN, task = PLAN .. ", number: count, threads: count",
})

return slurm
