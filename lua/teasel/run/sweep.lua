-- Sweeps: one script, run with every combination of some settings, each in a run directory of its
-- own.
--
--   local plan = sweep.plan{script = "experiments/beta_vae_dsprites.lua", folder = "runs/betas",
--     grid = {beta = {1, 4, 16}, seed = {1, 2}}, options = {steps = 500}}
--   sweep.go(plan, {jobs = 2})
--
-- The six runs are runs/betas/beta=1-seed=1 and so on. What a sweep knows of them is on disk, in
-- FOLDER/.sweep/NAME: what the script printed (output.txt) and how it ended (state.json). So the
-- same call again goes on where the last one ended, by Ctrl-C or by kill -9: what is done is passed
-- over, what was cut off is resumed, what failed is left unless `retry`. Who works on a run holds
-- the lock of its folder in .sweep; two sweeps of one folder share the work.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local file_name = require "teasel.run.file_name"
local json = require "dkjson"
local matters = require("teasel.run.settings").matters
local merged = require "teasel.lib.merged"
local options = require "teasel.options"
local sweep_table = require "teasel.run.sweep_table"
local tree = require "teasel.tree"

local file, process, system = core.file, core.process, core.system
local sweep = {}

local SIGTERM = 15
local EVERY = 0.1      -- seconds between looks at the processes
local AGAIN = 2        -- and at runs that another sweep works on

-- Every value as the text that the command line takes; lists are checked to be such.
local function texts(what, values)
  if type(values) ~= "table" or #values == 0 then
    fail("sweep: %s: got %s, wanted a list of values", what, tostring(values))
  end
  local list = {}
  for i, value in ipairs(values) do
    local kind = type(value)
    if kind ~= "number" and kind ~= "string" and kind ~= "boolean" then
      fail("sweep: %s: got a %s as item %d, wanted a number, a text or a boolean", what, kind, i)
    end
    list[i] = file_name.value(value)
  end
  return list
end

-- Every setting of `have` joined with every one of `more`, both lists of tables.
local function product(have, more)
  local list = {}
  for _, a in ipairs(have) do
    for _, b in ipairs(more) do
      list[#list + 1] = merged(a, b)
    end
  end
  return list
end

local function of_grid(grid)
  local settings = {{}}
  for _, name in ipairs(tree.keys(grid)) do
    local axis = {}
    for i, value in ipairs(texts(("grid, '%s'"):format(name), grid[name])) do
      axis[i] = {[name] = value}
    end
    settings = product(settings, axis)
  end
  return settings
end

-- zip: lists of one length; the i-th setting has the i-th value of each
local function of_zip(zip)
  local names = tree.keys(zip)
  if #names == 0 then return {{}} end
  local settings = {}
  for _, name in ipairs(names) do
    local values = texts(("zip, '%s'"):format(name), zip[name])
    if #zip[names[1]] ~= #values then
      fail("sweep: zip: got %d values of '%s' and %d of '%s', wanted as many", #zip[names[1]],
        names[1], #values, name)
    end
    for i, value in ipairs(values) do
      settings[i] = settings[i] or {}
      settings[i][name] = value
    end
  end
  return settings
end

-- list: the settings themselves
local function of_list(list)
  if #list == 0 then return {{}} end
  local settings = {}
  for i, given in ipairs(list) do
    settings[i] = {}
    for _, name in ipairs(tree.keys(given)) do
      settings[i][name] = texts(("list, item %d, '%s'"):format(i, name), {given[name]})[1]
    end
  end
  return settings
end

-- "beta=1-seed=2"
local function name_of(settings)
  local parts = {}
  for i, name in ipairs(tree.keys(settings)) do
    parts[i] = name .. "=" .. file_name.escaped(settings[name])
  end
  return #parts > 0 and table.concat(parts, "-") or "run"
end

-- the name as it is for all ways to write the same numbers: 1, 1.0 and 1e0 are one; 01 is a text
local function number_name(settings)
  local same = {}
  for name, value in pairs(settings) do
    local number = not value:find "^[-+]?0%d" and tonumber(value)
    same[name] = number and tostring(math.tointeger(number) or ("%.17g"):format(number)) or value
  end
  return name_of(same)
end

-- plan{script =, folder =, grid = {}, zip = {}, list = {}, options = {}} -> the plan of a sweep:
-- its fields, and `tasks`, a list of {name, dir, settings}. grid: lists of values by option, of
-- which every combination is taken; zip: lists of one length, taken in step; list: tables of
-- options; where several are given, every combination of them. options: the same for all runs.
-- Values are numbers, texts or booleans. No value, two runs of one name, or an option that is given
-- twice is an error.
function sweep.plan(given)
  local plan = options.read("sweep", given, {script = "", folder = "", grid = {}, zip = {},
    list = {}, options = {}})
  if plan.script == "" then fail "sweep: option 'script': got none, wanted the path of a script" end
  if plan.folder == "" then
    -- a run of the script alone goes to runs/NAME
    plan.folder = ("runs/%s-sweep"):format(file_name.escaped(plan.script:match("[^/]*$")
      :gsub("%.lua$", "")))
  end
  local same = {}
  for name, value in pairs(plan.options) do
    same[name] = texts(("options, '%s'"):format(name), {value})[1]
  end
  plan.options, plan.tasks = same, {}
  check.tables("sweep", "list", plan.list)
  local seen, there = {}, {}
  for _, settings in ipairs{plan.grid, plan.zip, plan.list[1] or {}, same} do
    for _, name in ipairs(tree.keys(settings)) do
      if there[name] then
        fail("sweep: got the option '%s' in two places, wanted it in one", name)
      end
      there[name] = true
    end
  end
  for _, settings in ipairs(product(product(of_grid(plan.grid), of_zip(plan.zip)),
      of_list(plan.list))) do
    local name = name_of(settings)
    local number = number_name(settings)
    if seen[number] == name then fail("sweep: got the run '%s' twice", name)
    elseif seen[number] then
      fail("sweep: got the runs '%s' and '%s', which are the same", seen[number], name)
    end
    seen[number] = name
    plan.tasks[#plan.tasks + 1] = {name = name, dir = plan.folder .. "/" .. name,
      settings = merged(same, settings)}
  end
  return plan
end

local function own_folder(plan, task) return ("%s/.sweep/%s"):format(plan.folder, task.name) end

-- output(plan, task) -> the file with what the script printed
function sweep.output(plan, task) return own_folder(plan, task) .. "/output.txt" end

local function found(settings)
  local list = {}
  for name, value in pairs(settings) do
    if matters(name) then list[#list + 1] = name .. "=" .. value end
  end
  table.sort(list)
  return table.concat(list, "\n")
end

-- state(plan, task) -> "done", "failed", "stopped" or "new" (never begun, or with other settings),
-- and what state.json says
function sweep.state(plan, task)
  local text = file.read(own_folder(plan, task) .. "/state.json")
  local state = text and json.decode(text)
  if type(state) ~= "table" or type(state.settings) ~= "table" then
    return #directory.steps(task.dir) > 0 and "stopped" or "new", {}
  end
  if found(state.settings) ~= found(task.settings) then return "new", {} end
  return state.status, state
end

-- The words of a command that runs a task.
local function command_of(plan, task, threads)
  local words = {assert(process.program()), plan.script}
  for _, name in ipairs(tree.keys(task.settings)) do
    words[#words + 1] = ("--%s=%s"):format(name, task.settings[name])
  end
  words[#words + 1] = "--run=" .. task.dir
  if not task.settings.threads then words[#words + 1] = ("--threads=%d"):format(threads) end
  if #directory.steps(task.dir) > 0 then words[#words + 1] = "--resume" end
  return words
end

-- whether another process holds the lock of a folder that may not be there
local function locked(folder)
  if not system.list(folder) then return false end
  local held = file.lock(folder)
  if held then held:close() end
  return not held
end

-- busy(plan, task) -> whether a process works on the task
function sweep.busy(plan, task) return locked(own_folder(plan, task)) or locked(task.dir) end

-- A line between what a script printed so far and what it will print when it is begun again.
local function mark(output, state)
  local before = file.read(output)
  if not before or before == "" then return end
  local out <close> = assert(io.open(output, "a"))
  out:write(before:sub(-1) == "\n" and "" or "\n", ("---- %s; begun again ----\n"):format(state))
end

-- begin(plan, task, threads) -> what runs the task, {task, process, lock, output}; nil where
-- another process works on it
function sweep.begin(plan, task, threads)
  local folder = own_folder(plan, task)
  local ok, message = system.folder(folder)
  if not ok then fail("sweep: %s", message) end
  local lock = file.lock(folder)
  if not lock then return nil end
  if locked(task.dir) then   -- what a sweep began that was killed
    lock:close()
    return nil
  end
  local output = sweep.output(plan, task)
  mark(output, (sweep.state(plan, task)))
  local child, problem = process.start(command_of(plan, task, threads), output)
  if not child then
    lock:close()
    fail("sweep: %s", problem)
  end
  return {task = task, process = child, lock = lock, output = output, began = system.now()}
end

-- finish(plan, worker) -> nil while the worker runs; then how its task ended: "done", "failed" or
-- "stopped", which is written down
function sweep.finish(plan, worker)
  local code, signal = worker.process:ended()
  if code == nil then return nil end
  local status = code == 0 and "done" or "failed"
  if not code or code > 128 then status = "stopped" end   -- a run that was asked to stop exits so
  directory.write(own_folder(plan, worker.task) .. "/state.json", json.encode({status = status,
    code = code or nil, signal = signal, settings = worker.task.settings,
    seconds = system.now() - worker.began}) .. "\n")
  worker.lock:close()
  return status
end

-- What is left to do, and what is passed over, as lists of tasks.
local function sorted_out(plan, retry)
  local left, counts, failed = {}, {done = 0, failed = 0}, {}
  for _, task in ipairs(plan.tasks) do
    local state = sweep.state(plan, task)
    if state == "done" then
      counts.done = counts.done + 1
    elseif state == "failed" and not retry then
      counts.failed = counts.failed + 1
      failed[#failed + 1] = task
    else
      left[#left + 1] = task
    end
  end
  return left, counts, failed
end

-- go(plan, {jobs = 0, retry = false, quiet = false}) -> counts {done, failed, left} and the list of
-- tasks that failed. As many runs at a time as `jobs` (0: processors), each with its share of the
-- threads that this process has. A signal stops all runs after their step, saved.
function sweep.go(plan, given)
  local o = options.read("sweep.go", given, {jobs = 0, retry = false, quiet = false})
  local jobs = o.jobs > 0 and o.jobs or core.processors()
  local threads = math.max(1, core.threads() // jobs)
  local left, counts, failed = sorted_out(plan, o.retry)
  local workers, elsewhere, again = {}, {}, 0
  local shown = sweep_table.new(plan, counts, o.quiet)
  local stopped
  local _ <close> = setmetatable({}, {__close = function() system.catch(false) end})
  system.catch(true)
  while #left > 0 or #workers > 0 or #elsewhere > 0 do
    local now = system.now()
    if #elsewhere > 0 and now >= again then
      again = now + AGAIN
      for _, task in ipairs(elsewhere) do left[#left + 1] = task end
      elsewhere = {}
    end
    while not stopped and #left > 0 and #workers < jobs do
      local task = table.remove(left, 1)
      local state = sweep.state(plan, task)   -- another sweep may have ended it meanwhile
      if state == "done" then
        counts.done = counts.done + 1
      else
        local worker = sweep.begin(plan, task, threads)
        table.insert(worker and workers or elsewhere, worker or task)
        if worker then shown:event("started", task) end
      end
    end
    for i = #workers, 1, -1 do
      local worker = workers[i]
      local ended = sweep.finish(plan, worker)
      if ended then
        table.remove(workers, i)
        shown:event(ended, worker.task, worker.output)
        if counts[ended] then counts[ended] = counts[ended] + 1 end
        if ended == "failed" then failed[#failed + 1] = worker.task end
      end
    end
    shown:show(workers, #left + #elsewhere, jobs)
    local signal = system.caught()
    if signal and not stopped then
      stopped = signal
      for _, worker in ipairs(workers) do worker.process:signal(SIGTERM) end
    end
    if stopped and #workers == 0 then break end
    system.sleep(EVERY)
  end
  counts.left, counts.signal = #plan.tasks - counts.done - counts.failed, stopped
  shown:close(workers, counts.left)
  return counts, failed
end

local PLAN = "plan: table(folder script tasks)"

check.functions("sweep.", sweep, {
  plan = "given: table", state = PLAN .. ", task: table(name dir settings)",
  output = PLAN .. ", task: table(name)", busy = PLAN .. ", task: table(name dir)",
  begin = PLAN .. ", task: table(name dir settings), threads: count",
  finish = PLAN .. ", worker: table(process)", go = PLAN,
})

return sweep
