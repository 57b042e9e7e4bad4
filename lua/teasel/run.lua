-- Runs: what stands between a training step and a result that can be trusted next year.
--
-- An experiment is a script that goes straight down:
--
--   local config = run.config{steps = 5000, beta = 4.0, seed = 1}   -- typed by these values,
--                                                                   -- overridden by --beta 1
--   ... data, networks, state ...
--   local r = run.train{config = config, state = state, step = step}
--   r:scores{...}  r:figure("traversal.png") ...
--
-- A run directory (--run DIR) holds script.lua, config.json, log.jsonl (one line of JSON for
-- every --log steps: means of the terms), checkpoints/STEP.h5 (the last three, and best.h5),
-- figures/ and scores.json. Ctrl-C and SIGTERM finish the step, save and exit; --resume goes on,
-- bit for bit as if nothing had happened; a second process on the directory is refused; a term
-- that is not finite stops the run and leaves the checkpoints from before.
--
-- run.open(dir) gives the state back without training: it runs dir's own copy of the script as
-- far as run.train, which then loads the newest checkpoint instead of taking a step.

local core = require "teasel.core"
local json = require "dkjson"
local checkpoint = require "teasel.checkpoint"
local command = require "teasel.command"
local options = require "teasel.options"
local progress = require "teasel.progress"
local tree = require "teasel.tree"

local file, system = core.file, core.system
local run = {}

-- options that every run has, beside the experiment's own
local COMMON = {
  run = "",              -- the run directory; "": runs/NAME and what differs from the standard
  resume = false,        -- go on with the run in the directory
  log = 100,             -- steps to a line of the log
  checkpoint = 1000,     -- steps to a checkpoint
  threads = 0,           -- 0: as many as there are processors
  precision = "fp32",    -- of products in training: bf16 rounds their operands, where the
                         -- processor can; what comes after training is always fp32
  help = false,
}
local SAVED = {log = true, checkpoint = true, precision = true}   -- of these, what a run remembers
local FIXED = {precision = true}                                  -- and keeps when it is resumed
local KEPT = 3           -- checkpoints, beside the best

local opening            -- while run.open runs a script: {dir, config}

local function text_of(path)
  local f, message = io.open(path, "rb")
  if not f then return nil, message end
  local text = f:read("a")
  f:close()
  return text
end

local function write(path, text)
  local ok, message = file.save(path, text)
  if not ok then error(message, 0) end
end

-- A value of JSON as the standard value's type: JSON knows no integers.
local function retyped(value, standard)
  if math.type(standard) == "integer" then return math.tointeger(value) or value end
  if math.type(standard) == "float" and value then return value + 0.0 end
  return value
end

-- "runs/NAME-beta=1-seed=2": the script's name, and the given options that it was not written
-- with; those that a resumed run may change are left out
local function standard_directory(script, config, standard, free)
  local parts = {"runs/" .. script:match("[^/]*$"):gsub("%.lua$", "")}
  for _, name in ipairs(tree.keys(standard)) do
    if config[name] ~= standard[name] and not free[name] then
      parts[#parts + 1] = name .. "=" .. tostring(config[name]):gsub("[^%w%.%-]", "_")
    end
  end
  return table.concat(parts, "-")
end

local function saved_config(dir, standard)
  local text, message = text_of(dir .. "/config.json")
  if not text then return nil, message end
  local saved, _, problem = json.decode(text)
  if not saved then return nil, ("%s/config.json: %s"):format(dir, problem) end
  local config = {}
  for name, value in pairs(standard) do
    config[name] = value
    if saved[name] ~= nil then config[name] = retyped(saved[name], value) end
  end
  return config
end

local function check_range(config)
  for name, least in pairs{steps = 1, log = 1, checkpoint = 1, threads = 0} do
    if config[name] and config[name] < least then
      error(("option --%s: got %d, wanted %d or more"):format(name, config[name], least), 0)
    end
  end
end

-- The script's own options and those of every run that its directory remembers.
local function with_saved(standard)
  local all = {}
  for name in pairs(SAVED) do all[name] = COMMON[name] end
  for name, value in pairs(standard) do all[name] = value end
  return all
end

-- config(standard, changing) -> the standard values, overridden by the command line; with
-- --resume those of the run, in which only --steps and what the list `changing` names may be
-- changed. The script's own options and COMMON ones share one namespace.
function run.config(standard, changing)
  local free = {steps = true}
  for _, name in ipairs(changing or {}) do free[name] = true end
  if opening then
    local config = assert(saved_config(opening.dir, with_saved(standard)))
    config.run = opening.dir
    return config
  end
  local all = {}
  for name, value in pairs(COMMON) do all[name] = value end
  for name, value in pairs(standard) do
    if COMMON[name] ~= nil and type(COMMON[name]) ~= type(value) then
      error(("run.config: the option '%s' belongs to every run"):format(name), 2)
    end
    all[name] = value
  end
  local given = command.given(arg, all)
  if given.help then
    print(("usage: %s [options]\n%s"):format(arg[0], command.help(all)))
    os.exit(0, true)
  end
  local config = options.read("run.config", given, all)
  if config.run == "" then config.run = standard_directory(arg[0], config, standard, free) end
  if config.resume then
    local all_saved = with_saved(standard)
    local saved, message = saved_config(config.run, all_saved)
    if not saved then error("--resume: " .. message, 0) end
    for name in pairs(all_saved) do
      local fixed = (standard[name] ~= nil or FIXED[name]) and not free[name]
      if given[name] ~= nil and fixed and given[name] ~= saved[name] then
        error(("--resume: got --%s %s, wanted %s as in %s"):format(name, tostring(given[name]),
          tostring(saved[name]), config.run), 0)
      end
      if given[name] == nil then config[name] = saved[name] end
    end
  end
  check_range(config)
  if config.threads > 0 then core.threads(config.threads) end
  core.precision(config.precision)   -- refused here rather than after the data was read
  core.precision "fp32"
  return config
end

local Run = {}
Run.__index = Run

-- The steps of which the directory has checkpoints, ascending.
local function steps_saved(dir)
  local steps = {}
  for _, name in ipairs(system.list(dir .. "/checkpoints") or {}) do
    local step = name:match("^(%d+)%.h5$")
    if step then steps[#steps + 1] = tonumber(step) end
  end
  table.sort(steps)
  return steps
end

local function checkpoint_path(dir, step) return ("%s/checkpoints/%08d.h5"):format(dir, step) end

-- Puts the newest readable checkpoint into the state. Returns its note; step 0 where there is no
-- checkpoint at all. Damaged ones are named and passed over; when all are, that is an error.
local function load_newest(dir, state)
  local steps = steps_saved(dir)
  for i = #steps, 1, -1 do
    local path = checkpoint_path(dir, steps[i])
    local note, restore = checkpoint.read(path)
    if note then
      restore(state)
      return note
    end
    io.stderr:write(restore, "\n")
  end
  if #steps > 0 then
    error(("%s: no checkpoint in it can be read%s"):format(dir,
      checkpoint.read(dir .. "/checkpoints/best.h5") and ", but best.h5 can" or ""), 0)
  end
  return {step = 0}
end

-- The log as far as `step`: what came after it will come again.
local function trim_log(path, step)
  local kept = {}
  for line in (text_of(path) or ""):gmatch("([^\n]*)\n") do
    local entry = json.decode(line)
    if entry and entry.step <= step then kept[#kept + 1] = line .. "\n" end
  end
  write(path, table.concat(kept))
end

local function save(self, path)
  local ok, message = checkpoint.save(path, self.state, self.note)
  if not ok then error(message, 0) end
end

-- Saves the state, as the best one too when `mean`, that of the chosen term since the last
-- checkpoint, is the least so far, and removes all but the last few.
local function save_step(self, mean)
  local note, best = self.note, self.dir .. "/checkpoints/best.h5"
  local better = mean and (not note.best or mean < note.best)
  if better then note.best, note.best_step = mean, note.step end
  save(self, checkpoint_path(self.dir, note.step))
  if better then save(self, best) end
  local steps = steps_saved(self.dir)
  for i = 1, #steps - KEPT do os.remove(checkpoint_path(self.dir, steps[i])) end
end

local function check_finite(v, name, step, dir)
  if v ~= v or v == math.huge or v == -math.huge then
    error(("step %d: the term '%s' is %s; the checkpoints in %s are from before"):format(step,
      name, tostring(v), dir), 0)
  end
end

-- The terms of a step as numbers, or lists of numbers, or an error that names what is not finite.
local function numbers(terms, step, dir)
  local values = {}
  for _, name in ipairs(tree.keys(terms)) do
    local term = terms[name]
    local v = term
    if tree.is_tensor(term) then v = term:rank() == 0 and term:item() or term:table() end
    for _, item in ipairs(type(v) == "table" and v or {v}) do
      check_finite(item, name, step, dir)
    end
    values[name] = v
  end
  return values
end

local Means = {}
Means.__index = Means

-- `kept`: sums that a checkpoint noted
local function means(kept) return setmetatable(kept or {n = 0, sum = {}}, Means) end

function Means:add(values)
  self.n = self.n + 1
  for name, v in pairs(values) do
    local sum = self.sum
    if type(v) == "table" then
      sum[name] = sum[name] or {}
      for i, item in ipairs(v) do sum[name][i] = (sum[name][i] or 0) + item end
    else
      sum[name] = (sum[name] or 0) + v
    end
  end
end

function Means:get()
  local mean = {}
  for name, sum in pairs(self.sum) do
    if type(sum) == "table" then
      mean[name] = {}
      for i, item in ipairs(sum) do mean[name][i] = item / self.n end
    else
      mean[name] = sum / self.n
    end
  end
  return mean
end

local function brief(values)
  local parts = {}
  for _, name in ipairs(tree.keys(values)) do
    if type(values[name]) == "number" then
      parts[#parts + 1] = ("%s %.4g"):format(name, values[name])
    end
  end
  return table.concat(parts, "  ")
end

local function set_up(config, standard_config)
  local dir = config.run
  for _, folder in ipairs{"/checkpoints", "/figures"} do
    local ok, message = system.folder(dir .. folder)
    if not ok then error(message, 0) end
  end
  local lock, message = file.lock(dir)
  if not lock then error(message, 0) end
  -- what a process left that was killed while it saved
  for _, folder in ipairs{dir, dir .. "/checkpoints"} do
    for _, name in ipairs(system.list(folder)) do
      if name:match("%.tmp$") then os.remove(folder .. "/" .. name) end
    end
  end
  if not config.resume then
    local steps = steps_saved(dir)
    if #steps > 0 then
      error(("%s: there is a run of %d steps in it; give --resume to go on, or another --run")
        :format(dir, steps[#steps]), 0)
    end
    write(dir .. "/script.lua", assert(text_of(arg[0])))
    write(dir .. "/log.jsonl", "")
  end
  write(dir .. "/config.json", json.encode(standard_config, {indent = true,
    keyorder = tree.keys(standard_config)}) .. "\n")
  return lock
end

local function append(log, path, entry)
  local ok, message = log:write(json.encode(entry, {keyorder = {"step", "seconds"}}), "\n")
  if ok then ok, message = log:flush() end
  if not ok then error(("%s: %s"):format(path, message), 0) end
end

-- A value of this kind ends the precision of training when its scope is left, by an error too.
local full_precision = setmetatable({}, {__close = function() core.precision "fp32" end})

local function loop(self, step_function, config, best)
  local path = self.dir .. "/log.jsonl"
  local log = assert(io.open(path, "a"))
  local shown = progress(config.steps, self.step)
  local stream = core.rand.stream(config.seed or 0, "steps")
  local note = self.note
  local line, since = means(note.line), means(note.since)
  local before, began, peak = note.seconds or 0, system.now(), note.peak_bytes or 0
  local _ <close> = full_precision
  core.precision(config.precision)
  system.catch(true)
  for step = self.step + 1, config.steps do
    local values = numbers(step_function(step, stream:split(tostring(step))), step, self.dir)
    self.step = step
    line:add(values)
    since:add(values)
    local last = step == config.steps
    shown:show(step, brief(values), last)
    note.step, note.seconds = step, before + system.now() - began
    note.peak_bytes = math.max(peak, core.memory().peak)
    if step % config.log == 0 or last then
      local entry = line:get()
      entry.step, entry.seconds = step, note.seconds
      append(log, path, entry)
      line = means()
    end
    local signal = system.caught()
    local due = step % config.checkpoint == 0
    if due or last or signal then
      local mean = (due or last) and since:get()[best]
      if due then since = means() end
      note.line, note.since = {n = line.n, sum = line.sum}, {n = since.n, sum = since.sum}
      save_step(self, mean)
    end
    if signal and not last then
      io.stderr:write(("\nstopped by signal %d after step %d; go on with --run %s --resume\n")
        :format(signal, step, self.dir))
      os.exit(128 + signal, true)
    end
  end
  system.catch(false)
  log:close()
end

-- train{config, state, step, best, ...} -> the run.
--   config  from run.config; steps and seed are read here
--   state   a tree of tensors and plain values: everything that training changes
--   step    function(step, stream) -> terms: takes one step, changes the state in place, returns
--           a table of numbers or tensors without axes, or of one axis for terms that have a
--           number for each unit. The stream belongs to that step, so that a
--           resumed run draws the same numbers.
--   best    name of the term whose least mean marks the best checkpoint (standard "loss")
-- Whatever else is in the table (networks, functions) is found again as run.model by run.open. Of
-- the steps taken so far run.note has the seconds and the peak_bytes of the core's memory.
function run.train(t)
  local self = setmetatable({dir = t.config.run, config = t.config, state = t.state, model = t,
    step = 0, note = {}}, Run)
  if opening then
    if opening.which == "newest" and #steps_saved(self.dir) == 0 then
      error(self.dir .. ": no checkpoint in it", 0)
    end
    if opening.which == "best" then
      local note, restore = checkpoint.read(self.dir .. "/checkpoints/best.h5")
      if not note then error(restore, 0) end
      restore(self.state)
      self.note = note
    else
      self.note = load_newest(self.dir, self.state)
    end
    self.step = self.note.step
    error({opened = self}, 0)
  end
  local own = {}
  for name, value in pairs(t.config) do
    if COMMON[name] == nil or SAVED[name] then own[name] = value end
  end
  self.lock = set_up(t.config, own)
  if t.config.resume then
    self.note = load_newest(self.dir, self.state)
    self.step = math.tointeger(self.note.step)
    self.note.config = own
    trim_log(self.dir .. "/log.jsonl", self.step)
    -- damaged ones that were passed over; their steps will be taken again
    for _, step in ipairs(steps_saved(self.dir)) do
      if step > self.step then os.remove(checkpoint_path(self.dir, step)) end
    end
  end
  if self.step < t.config.steps then
    if self.step == 0 then
      self.note.step, self.note.config = 0, own
      save_step(self)
    end
    loop(self, t.step, t.config, t.best or "loss")
  end
  return self
end

-- open(dir, which) -> the run in a directory, with its state from the newest checkpoint (or
-- which = "best"), without training. Fields: dir, config, state, step, model.
function run.open(dir, which)
  if which and which ~= "newest" and which ~= "best" then
    error(("run.open: argument 'which': got '%s', wanted 'newest' or 'best'"):format(which), 2)
  end
  local chunk, message = loadfile(dir .. "/script.lua", "t")
  if not chunk then return nil, message end
  if opening then error("run.open: cannot be called while a run is being opened", 2) end
  opening = {dir = dir, which = which or "newest"}
  local ok, result = pcall(chunk)
  opening = nil
  if not ok and type(result) == "table" and result.opened then return result.opened end
  return nil, ok and dir .. "/script.lua: does not call run.train" or result
end

-- The log: a list of {step =, seconds =, term = mean ...}.
function Run:log()
  local entries = {}
  for line in (text_of(self.dir .. "/log.jsonl") or ""):gmatch("[^\n]+") do
    entries[#entries + 1] = json.decode(line)
  end
  return entries
end

-- The path for a figure of that name.
function Run:figure(name) return ("%s/figures/%s"):format(self.dir, name) end

-- Writes a table of scores to scores.json, and returns the path.
function Run:scores(scores)
  local path = self.dir .. "/scores.json"
  write(path, json.encode(scores, {indent = true, keyorder = tree.keys(scores)}) .. "\n")
  return path
end

return run
