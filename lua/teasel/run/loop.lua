-- The loop of a training: steps, the log, checkpoints, and what stops it.

local core = require "teasel.core"
local checkpoint = require "teasel.run.checkpoint"
local contents = require "teasel.run.contents"
local directory = require "teasel.run.directory"
local events = require "teasel.run.events"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local progress = require "teasel.lib.progress"
local ranks = require "teasel.run.ranks"
local terms = require "teasel.run.terms"
local tree = require "teasel.tree"

local op, system = core.op, core.system
local loop = {}

local function save(self, path)
  local ok, message = checkpoint.save(path, self.state, self.note)
  if not ok then fail("run.train: %s", message) end
end

-- Saves the state, as the best one too when `mean`, that of the chosen term since the last
-- checkpoint, is the least so far, and removes those that are not to be kept.
local function save_step(self, mean)
  local note, best = self.note, self.dir .. "/checkpoints/best.h5"
  local better = mean and (not note.best or mean < note.best)
  if better then note.best, note.best_step = mean, note.step end
  ranks.same(self.state, note.step)
  if not ranks.first() then return end
  save(self, directory.checkpoint(self.dir, note.step))
  if better then save(self, best) end
  directory.thin(self.dir, self.config.keep)
end

-- a line of the log, its terms in the order of their names
local function append(log, path, entry)
  local names = {"step", "seconds"}
  for _, name in ipairs(tree.keys(entry)) do
    if name ~= "step" and name ~= "seconds" then names[#names + 1] = name end
  end
  local ok, message = log:write(json.encode(entry, {keyorder = names}), "\n")
  if ok then ok, message = log:flush() end
  if not ok then fail("run.train: %s: %s", path, message) end
end

-- A value of this kind ends what is special while a run trains when its scope is left, by an error
-- too: the precision, and signals that are only noted.
local training = setmetatable({}, {__close = function()
  core.precision "fp32"
  system.catch(false)
end})

-- The terms of one step and a signal that was caught, or an error that names what is wrong with
-- them.
local function checked_terms(self, step, returned, best)
  local values, problem = terms.read(returned)
  local signal = system.caught()
  if values then values, signal = ranks.terms(values, signal) end
  if values and best and type(values[best]) ~= "number" then
    local known = terms.numbers(values)
    problem = ("option 'best': got '%s', wanted a term of every step that is a number: %s"):format(
      best, #known > 0 and table.concat(known, ", ") or "none")
  end
  if problem then fail("run.train: step %d: %s", step, problem) end
  local name, value = terms.broken(values)
  if name then
    fail("run.train: step %d: the term '%s' is %s; the checkpoints in %s are from before", step,
      name, value ~= value and "nan" or tostring(value), self.dir)
  end
  return values, signal
end

-- What a state holds, of a tensor its sum and its greatest item, which are read in place.
local function brief(state)
  return contents(state, function(x)
    if x:size() == 0 then return 0 end
    return op.sum(x):item(), op.max(x):item()
  end)
end

local function equal(a, b)
  for i = 1, math.max(#a, #b) do
    if a[i] ~= b[i] then return false end
  end
  return true
end

-- A function that is called behind each step, and says so where the first one left the state as it
-- was: then nothing that it trains would be saved.
local function watch(state)
  local before = ranks.first() and brief(state)
  return function(step)
    if before and equal(before, brief(state)) then
      io.stderr:write(("run.train: step %d changed nothing in `state`, wanted all that training "
        .. "changes in it\n"):format(step))
    end
    before = nil
  end
end

-- begin(run): saves the state that a run begins with
function loop.begin(self)
  self.note.step = 0
  save_step(self)
end

-- go(run, step, config, best): trains up to config.steps, see run.train. A signal finishes the step
-- and saves; then it ends the process if that was started for this run (self.command), else the
-- call, by an error.
function loop.go(self, step_function, config, best)
  local path = self.dir .. "/log.jsonl"
  local first = ranks.first()
  local log <close> = first and assert(io.open(path, "a")) or nil
  local board <close> = first and config.tensorboard and events.open(self.dir) or nil
  local shown = progress(config.steps, self.step)
  local stream = core.rand.stream(config.seed or 0, "steps")
  local note = self.note
  local line, since = terms.means(note.line), terms.means(note.since)
  local before, began, peak = note.seconds or 0, system.now(), note.peak_bytes or 0
  local _ <close> = training
  local watched = watch(self.state)
  step_function = ranks.cut(step_function, config.batch)
  core.precision(config.precision)
  system.catch(true)
  for step = self.step + 1, config.steps do
    local values, signal = checked_terms(self, step, step_function(step,
      stream:split(tostring(step))), best)
    watched(step)
    local ok, problem = line:add(values)
    if ok then ok, problem = since:add(values) end
    if not ok then fail("run.train: step %d: %s", step, problem) end
    self.step = step
    local last = step == config.steps
    if first then shown:show(step, terms.brief(values), last) end
    note.step, note.seconds = step, before + system.now() - began
    note.peak_bytes = math.max(peak, core.memory().peak)
    if step % config.log == 0 or last then
      local entry = line:get()
      entry.step, entry.seconds = step, note.seconds
      if log then append(log, path, entry) end
      if board then board:line(entry) end
      line = terms.means()
    end
    local due = step % config.checkpoint == 0
    if due or last or signal then
      local mean = (due or last) and since:get()[best or "loss"]
      if due then since = terms.means() end
      note.line, note.since = line:kept(), since:kept()
      save_step(self, type(mean) == "number" and mean)
      if board then board:state(step, self.state) end
    end
    if signal and not last then
      local said = ("stopped by signal %d after step %d; go on with --run %s --resume"):format(
        signal, step, self.dir)
      ranks.finish(128 + signal)
      if not self.command then error(said, 0) end
      io.stderr:write("\n", said, "\n")
      os.exit(128 + signal, true)
    end
  end
end

return loop
