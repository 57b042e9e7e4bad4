-- What a sweep shows while it goes: on a terminal a table that is drawn again, elsewhere a line for
-- each run that starts or ends.

local core = require "teasel.core"
local directory = require "teasel.run.directory"
local json = require "dkjson"

local file, system = core.file, core.system
local EVERY = 0.5   -- seconds between drawings

local sweep_table = {}
local Table = {}
Table.__index = Table

local function clock(seconds)
  seconds = math.floor(seconds + 0.5)
  return ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
end

-- progress(task) -> the steps that a run has taken, the seconds they took, the steps that it is to
-- take (nil before it has said so)
function sweep_table.progress(task)
  local last = (file.read(task.dir .. "/log.jsonl") or ""):match "([^\n]+)\n$"
  local entry = last and json.decode(last)
  local config = json.decode(file.read(task.dir .. "/config.json") or "null")
  local total = tonumber(task.settings.steps) or type(config) == "table" and config.steps
  local steps = directory.steps(task.dir)
  local saved = steps[#steps] or 0
  if type(entry) ~= "table" then return saved, 0, total end
  return math.max(entry.step or 0, saved), entry.seconds or 0, total
end

-- tail(path, n) -> the last n lines of what a script printed, as a list, without the way that Lua
-- shows behind an error
function sweep_table.tail(path, n)
  local lines, text = {}, file.read(path) or ""
  local said = text:match "^(.*\n)stack traceback:\n" or text
  for line in said:gmatch "[^\r\n]+" do lines[#lines + 1] = line end
  return table.move(lines, math.max(1, #lines - n + 1), #lines, 1, {})
end

-- Seconds until all is done, from the seconds a step has taken; nil while nothing is known.
function Table:eta(workers, left, jobs)
  local seconds, steps, total, rest = 0, 0, 0, 0
  for _, worker in ipairs(workers) do
    local step, took, all = sweep_table.progress(worker.task)
    if took > 0 and all then
      seconds, steps, total = seconds + took, steps + step, math.max(total, all)
      rest = rest + math.max(0, all - step)
    end
  end
  if steps == 0 then return nil end
  local width = math.min(jobs, #workers + left)
  return (rest + left * total) * seconds / steps / math.max(1, width)
end

-- show(workers, left, jobs): draws the table, if it is time to
function Table:show(workers, left, jobs)
  local now = system.now()
  if not self.columns or now - self.drawn < EVERY then return end
  self.drawn = now
  local eta = self:eta(workers, left, jobs)
  local lines = {("%s: %d done, %d running, %d failed, %d to come, ETA %s"):format(self.folder,
    self.counts.done, #workers, self.counts.failed, left, eta and clock(eta) or "?")}
  for _, worker in ipairs(workers) do
    local step, took, total = sweep_table.progress(worker.task)
    lines[#lines + 1] = ("  %-40s %d/%s  %s"):format(worker.task.name, step, total or "?",
      clock(took))
  end
  self:clear()
  for _, line in ipairs(lines) do io.stderr:write(line:sub(1, self.columns - 1), "\27[K\n") end
  self.height = #lines
end

-- Takes the table away.
function Table:clear()
  if self.height > 0 then io.stderr:write(("\27[%dA\27[J"):format(self.height)) end
  self.height = 0
end

-- event(what, task, output): a line that stays; of what failed with the last lines that it printed
function Table:event(what, task, output)
  if self.quiet or self.columns and what == "started" then return end
  self:clear()
  io.stderr:write(("%s  %s\n"):format(what, task.name))
  if what == "failed" then
    for _, line in ipairs(sweep_table.tail(output, 5)) do io.stderr:write("  ", line, "\n") end
  end
end

function Table:close() self:clear() end

-- new(plan, counts, quiet): counts {done, failed} may go on changing
function sweep_table.new(plan, counts, quiet)
  return setmetatable({folder = plan.folder, counts = counts, quiet = quiet, drawn = 0, height = 0,
    columns = not quiet and system.terminal(2) or nil}, Table)
end

return sweep_table
