-- build/teasel sweep SCRIPT --beta 1,4,16 --seed 1..5 [--steps 5000] [--name NAME] [--jobs 2]
--   Runs the script with every combination of the values, each in a run directory of its own,
--   runs/NAME/beta=1-seed=1 and so on, as many at a time as --jobs (default: processors). The same
--   call again goes on: what is done is passed over, what was cut off is resumed. An option with
--   one value is the same for all runs. Ctrl-C stops all runs, saved.
-- build/teasel sweep --plan FILE [--jobs 2]
--   The same from a table in a file of Lua: return {script =, grid =, zip =, list =, options =}
--   (see teasel.run.sweep); options on the command line add to it.
--
--   --name NAME    the runs go to runs/NAME (default: the script's name and -sweep)
--   --folder DIR   or to this folder
--   --dry-run      lists the runs and how they stand, and starts none
--   --status       the same with steps and times
--   --retry        runs again what has failed
--   --slurm        hands the runs to Slurm as an array job: --partition P, --time 2:00:00, --cpus 2
--                  (of a run), --array-limit 50 (runs at a time)

local command = require "teasel.run.command"
local core = require "teasel.core"
local slurm = require "teasel.run.slurm"
local sweep = require "teasel.run.sweep"
local sweep_table = require "teasel.run.sweep_table"
local tree = require "teasel.tree"

local file, process = core.file, core.process
local tool = {}

local OWN = {name = "", folder = "", plan = "", jobs = 0, retry = false, status = false,
  slurm = false, partition = "", time = "", cpus = 1, task = 0, help = false, ["dry-run"] = false,
  ["array-limit"] = 0}

-- "1,4,16" and "1..5" as lists of texts; one value is a list of one
local function values_of(name, text)
  local first, last = text:match "^(%-?%d+)%.%.(%-?%d+)$"
  local list = {}
  if first then
    first, last = math.tointeger(first), math.tointeger(last)
    if last < first then command.fail("option --%s: got %s, wanted rising numbers", name, text) end
    for i = first, last do list[#list + 1] = tostring(i) end
    return list
  end
  for value in (text .. ","):gmatch "([^,]*)," do
    if value == "" and text ~= "" then
      command.fail("option --%s: got '%s', wanted values with commas between them", name, text)
    end
    list[#list + 1] = value
  end
  return list
end

-- The tool's own options, and those of the script as lists of values.
local function read_line(words)
  local mine, theirs, script = {}, {}, nil
  local i = 1
  while i <= #words do
    local name, value = words[i]:match "^%-%-([^=]+)=?(.*)$"
    if not name then
      if script then command.fail("got '%s' and '%s', wanted one script", script, words[i]) end
      script = words[i]
    elseif OWN[name] ~= nil then
      mine[#mine + 1] = words[i]
      local plain = not words[i]:find("=", 1, true)
      local next = words[i + 1]
      local flag = type(OWN[name]) == "boolean" and next ~= "true" and next ~= "false"
      if plain and not flag and next then
        i = i + 1
        mine[#mine + 1] = words[i]
      end
    else
      if not words[i]:find("=", 1, true) then
        local next = words[i + 1]
        if next and not next:find "^%-%-" then
          i, value = i + 1, next
        else
          value = "true"
        end
      end
      if theirs[name] then command.fail("got the option --%s twice, wanted it once", name) end
      theirs[name] = values_of(name, value)
    end
    i = i + 1
  end
  local o = command.typed(mine, OWN)
  for name, value in pairs(OWN) do
    if o[name] == nil then o[name] = value end
  end
  return script, o, theirs
end

-- A table in a file of Lua, that can do nothing but say what is in it.
local function plan_file(path)
  local chunk, message = loadfile(path, "t", {})
  if not chunk then command.fail("--plan: %s", message) end
  local ok, plan = pcall(chunk)
  if not ok or type(plan) ~= "table" then
    command.fail("--plan %s: got %s, wanted a file that returns a table", path, tostring(plan))
  end
  return plan
end

local function plan_of(script, o, theirs)
  local plan = o.plan ~= "" and plan_file(o.plan) or {}
  if script then plan.script = script end
  if not plan.script then
    command.fail "got no script, wanted: sweep SCRIPT --option value,value ..., or --help"
  end
  if o.name ~= "" then plan.folder = "runs/" .. o.name end
  if o.folder ~= "" then plan.folder = o.folder end
  plan.grid, plan.options = plan.grid or {}, plan.options or {}
  for name, list in pairs(theirs) do
    plan.grid[name], plan.options[name] = nil, nil
    if #list > 1 then plan.grid[name] = list else plan.options[name] = list[1] end
  end
  if not file.read(plan.script) then
    command.fail("%s: no such script", tostring(plan.script))
  end
  return sweep.plan(plan)
end

-- Every value of every option is shown to the script once: it refuses what it does not know.
local function check_values(plan)
  local seen = {}
  for _, task in ipairs(plan.tasks) do
    local words, new = {assert(process.program()), plan.script, "--run=" .. task.dir}, false
    for _, name in ipairs(tree.keys(task.settings)) do
      local word = ("--%s=%s"):format(name, task.settings[name])
      new = new or not seen[word]
      seen[word] = true
      words[#words + 1] = word
    end
    if new then
      local output <const> = os.tmpname()
      words[#words + 1] = "--help"
      local child = assert(process.start(words, output))
      while child:ended() == nil do core.system.sleep(0.01) end
      local code = child:ended()
      local said = table.concat(sweep_table.tail(output, 100), "\n")
      os.remove(output)
      if code ~= 0 then command.fail("%s: %s", task.name, said) end
    end
  end
end

local function list(plan, with_steps)
  for _, task in ipairs(plan.tasks) do
    local state, kept = sweep.state(plan, task)
    if sweep.busy(plan, task) then state = "running" end
    local line = ("%-8s %s"):format(state, task.name)
    if with_steps then
      local step, seconds, total = sweep_table.progress(task)
      line = ("%s  %d/%s steps, %.0f s"):format(line, step, total or "?", seconds)
      if state == "failed" then
        line = ("%s, exit status %s"):format(line, kept.code or "signal " .. tostring(kept.signal))
      end
    end
    print(line)
  end
end

-- main(words): what `build/teasel sweep WORDS` does; returns the status that the process ends with
function tool.main(words)
  local script, o, theirs = read_line(words)
  if o.help then
    command.show_head "sweep"
    return 0
  end
  local plan = plan_of(script, o, theirs)
  if o.status then
    list(plan, true)
    return 0
  end
  if o.task > 0 then return slurm.task(plan, o.task, o.cpus) end
  check_values(plan)
  if o["dry-run"] then
    list(plan)
    return 0
  end
  if o.slurm then
    print(slurm.submit(plan, {partition = o.partition, time = o.time, cpus = o.cpus,
      limit = o["array-limit"], retry = o.retry, words = words}))
    return 0
  end
  local counts, failed = sweep.go(plan, {jobs = o.jobs, retry = o.retry})
  print(("%s: %d done, %d failed, %d to come"):format(plan.folder, counts.done, counts.failed,
    counts.left))
  for _, task in ipairs(failed) do
    print(("failed: %s"):format(task.name))
    for _, line in ipairs(sweep_table.tail(sweep.output(plan, task), 5)) do print("  " .. line) end
  end
  if counts.signal then return 128 + counts.signal end
  return counts.failed > 0 and 1 or 0
end

if ... ~= "teasel.tool.sweep" then os.exit(tool.main(arg), true) end

return tool
