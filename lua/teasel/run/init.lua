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
-- figures/ and scores.json. Ctrl-C, SIGTERM and a closed terminal finish the step, save and exit;
-- --resume goes on, bit for bit as if nothing had happened; a second process on the directory is
-- refused; a term that is not finite stops the run and leaves the checkpoints from before. Once the
-- script has changed, --resume wants --changed too, and keeps the script of the steps so far as
-- script-STEP.lua. A folder that is no run and not empty is refused, and nothing in it is touched.
--
-- run.open(dir) gives the state back without training: it runs dir's own copy of the script as
-- far as run.train, which then loads the newest checkpoint instead of taking a step.

local core = require "teasel.core"
local check = require "teasel.check"
local checkpoint = require "teasel.run.checkpoint"
local command = require "teasel.run.command"
local directory = require "teasel.run.directory"
local fail = require "teasel.fail"
local file_name = require "teasel.run.file_name"
local json = require "teasel.json"
local options = require "teasel.options"
local progress = require "teasel.run.progress"
local terms = require "teasel.run.terms"
local tree = require "teasel.tree"
local vae = require "teasel.model.vae"
local view = require "teasel.model.view"

local system, text_of, write = core.system, directory.text_of, directory.write
local run = {}

-- options that every run has, beside the experiment's own
local COMMON = {
  run = "",              -- the run directory; "": runs/NAME and what differs from the defaults
  resume = false,        -- go on with the run in the directory
  changed = false,       -- --resume: with a script that has changed since
  log = 100,             -- steps to a line of the log
  checkpoint = 1000,     -- steps to a checkpoint
  threads = 0,           -- 0: as many as there are processors
  precision = "fp32",    -- of products in training: fp32, or bf16, which rounds their operands,
                         -- where the processor can; what comes after training is always fp32
  help = false,          -- this list
}
local SOURCE = debug.getinfo(1, "S").source:sub(2)   -- where --help reads what COMMON says
local SAVED = {log = true, checkpoint = true, precision = true}   -- of these, what a run remembers
local FIXED = {precision = true}                                  -- and keeps when it is resumed

local opening            -- while run.open runs a script: {dir, config}

-- A value of JSON as the default's type: others may have written 3 for 3.0.
local function retyped(value, default)
  if math.type(default) == "integer" then return math.tointeger(value) or value end
  if math.type(default) == "float" and value then return value + 0.0 end
  return value
end

-- "runs/NAME-beta=1-seed=2": the script's name, and the given options that it was not written
-- with; those that a resumed run may change are left out
local function default_directory(script, config, defaults, free)
  local own = script:match("[^/]*$"):gsub("%.lua$", "")
  local parts = {"runs/" .. file_name.escaped(own)}
  for _, name in ipairs(tree.keys(defaults)) do
    if config[name] ~= defaults[name] and not free[name] then
      parts[#parts + 1] = name .. "=" .. file_name.escaped(file_name.value(config[name]))
    end
  end
  return table.concat(parts, "-")
end

local function saved_config(dir, defaults)
  local text, message = text_of(dir .. "/config.json")
  if not text then return nil, message end
  local saved, _, problem = json.decode(text, 1, json.null)
  if not saved then return nil, ("%s/config.json: %s"):format(dir, problem) end
  local config = {}
  for name, value in pairs(defaults) do
    config[name] = value
    if saved[name] == json.null then
      return nil, ("%s/config.json: '%s' is null, wanted a %s"):format(dir, name, type(value))
    end
    if saved[name] ~= nil then config[name] = retyped(saved[name], value) end
  end
  return config
end

-- The script's own options and those of every run that its directory remembers.
local function with_saved(defaults)
  local all = {}
  for name in pairs(SAVED) do all[name] = COMMON[name] end
  for name, value in pairs(defaults) do all[name] = value end
  return all
end

-- config(defaults, more) -> the defaults, overridden by the command line; with --resume those of
-- the run, in which only --steps and what `more` lists may be changed. What `more` has by name is
-- the table whose keys are the values that an option may have:
--
--   run.config({network = "fc", score = "all", steps = 5000}, {"score", network = NETWORKS})
--
-- Each option is best written on a line of its own with its meaning in a comment behind it, which
-- --help shows. The script's own options and COMMON ones share one namespace.
function run.config(defaults, more)
  local free, choices = {steps = true}, {}
  for key, value in pairs(more or {}) do
    local name = type(key) == "number" and value or key
    if defaults[name] == nil then
      fail("run.config: argument 'more': got '%s', wanted a name from the first argument", name)
    end
    if name == value then free[name] = true else choices[name] = value end
  end
  if opening then
    local config = assert(saved_config(opening.dir, with_saved(defaults)))
    config.run = opening.dir
    return config
  end
  local all = {}
  for name, value in pairs(COMMON) do all[name] = value end
  for name, value in pairs(defaults) do
    if COMMON[name] ~= nil and type(COMMON[name]) ~= type(value) then
      fail("run.config: the option '%s' belongs to every run", name)
    end
    if type(value) == "number" and value - value ~= 0 then
      fail("run.config: option '%s': got %s, wanted a number that can be saved", name, value)
    end
    all[name] = value
  end
  local given = command.given(arg, all, choices)
  if given.help then
    local common = {}
    for name, value in pairs(COMMON) do
      if defaults[name] == nil then common[name] = value end
    end
    command.show_help(defaults, choices, common, command.meanings(SOURCE, "local COMMON = {"))
  end
  local config = options.read("run.config", given, all)
  if config.run == "" then config.run = default_directory(arg[0], config, defaults, free) end
  if config.resume then
    directory.check_resume(config.run, arg[0], config)
    local all_saved = with_saved(defaults)
    local saved, message = saved_config(config.run, all_saved)
    if not saved then command.fail("--resume: %s", message) end
    for name in pairs(all_saved) do
      local fixed = (defaults[name] ~= nil or FIXED[name]) and not free[name]
      if given[name] ~= nil and fixed and given[name] ~= saved[name] then
        command.fail("--resume: got --%s %s, wanted %s as in %s", name, tostring(given[name]),
          tostring(saved[name]), config.run)
      end
      if given[name] == nil then config[name] = saved[name] end
    end
  end
  command.at_least(config, {steps = 1, log = 1, checkpoint = 1, threads = 0, batch = 1})
  if config.threads > 0 then core.threads(config.threads) end
  core.precision(config.precision)   -- refused here rather than after the data was read
  core.precision "fp32"
  return config
end

local Run = {}
Run.__index = Run

local function save(self, path)
  local ok, message = checkpoint.save(path, self.state, self.note)
  if not ok then fail("run.train: %s", message) end
end

-- Saves the state, as the best one too when `mean`, that of the chosen term since the last
-- checkpoint, is the least so far, and removes all but the last few.
local function save_step(self, mean)
  local note, best = self.note, self.dir .. "/checkpoints/best.h5"
  local better = mean and (not note.best or mean < note.best)
  if better then note.best, note.best_step = mean, note.step end
  save(self, directory.checkpoint(self.dir, note.step))
  if better then save(self, best) end
  directory.thin(self.dir)
end

local function append(log, path, entry)
  local ok, message = log:write(json.encode(entry, {keyorder = {"step", "seconds"}}), "\n")
  if ok then ok, message = log:flush() end
  if not ok then fail("run.train: %s: %s", path, message) end
end

-- A value of this kind ends what is special while a run trains when its scope is left, by an error
-- too: the precision, and signals that are only noted.
local training = setmetatable({}, {__close = function()
  core.precision "fp32"
  system.catch(false)
end})

-- The terms of one step, or an error that names what is wrong with them.
local function checked_terms(self, step, returned, best)
  local values, problem = terms.read(returned)
  if values and best and type(values[best]) ~= "number" then
    problem = ("option 'best': got '%s', wanted a term of every step that is a number: %s"):format(
      best, terms.names(values))
  end
  if problem then fail("run.train: step %d: %s", step, problem) end
  local name, value = terms.broken(values)
  if name then
    error(("step %d: the term '%s' is %s; the checkpoints in %s are from before"):format(step,
      name, tostring(value), self.dir), 0)
  end
  return values
end

local function loop(self, step_function, config, best)
  local path = self.dir .. "/log.jsonl"
  local log <close> = assert(io.open(path, "a"))
  local shown = progress(config.steps, self.step)
  local stream = core.rand.stream(config.seed or 0, "steps")
  local note = self.note
  local line, since = terms.means(note.line), terms.means(note.since)
  local before, began, peak = note.seconds or 0, system.now(), note.peak_bytes or 0
  local _ <close> = training
  core.precision(config.precision)
  system.catch(true)
  for step = self.step + 1, config.steps do
    local values = checked_terms(self, step, step_function(step, stream:split(tostring(step))),
      best)
    local ok, problem = line:add(values)
    if ok then ok, problem = since:add(values) end
    if not ok then fail("run.train: step %d: %s", step, problem) end
    self.step = step
    local last = step == config.steps
    shown:show(step, terms.brief(values), last)
    note.step, note.seconds = step, before + system.now() - began
    note.peak_bytes = math.max(peak, core.memory().peak)
    if step % config.log == 0 or last then
      local entry = line:get()
      entry.step, entry.seconds = step, note.seconds
      append(log, path, entry)
      line = terms.means()
    end
    local signal = system.caught()
    local due = step % config.checkpoint == 0
    if due or last or signal then
      local mean = (due or last) and since:get()[best or "loss"]
      if due then since = terms.means() end
      note.line, note.since = line:kept(), since:kept()
      save_step(self, type(mean) == "number" and mean)
    end
    if signal and not last then
      io.stderr:write(("\nstopped by signal %d after step %d; go on with --run %s --resume\n")
        :format(signal, step, self.dir))
      os.exit(128 + signal, true)
    end
  end
end

-- The fields that run.train needs, by name.
local function check_fields(t)
  local function wrong(name, wanted) check.wrong("run.train", "option '" .. name .. "'", t[name],
    wanted) end
  if type(t) ~= "table" then
    fail("run.train: got %s, wanted a table {config =, state =, step =}", tostring(t))
  end
  local config = t.config
  if type(config) ~= "table" or type(config.run) ~= "string" then
    wrong("config", "what run.config returned")
  elseif math.type(config.steps) ~= "integer" then
    wrong("config", "'steps', their number, among the options of run.config")
  elseif type(t.state) ~= "table" then
    wrong("state", "a table of tensors and plain values")
  elseif type(t.step) ~= "function" then
    wrong("step", "a function(step, stream) that returns terms")
  elseif t.best ~= nil and type(t.best) ~= "string" then
    wrong("best", "the name of a term")
  elseif t.view ~= nil and not view.is(t.view) then
    wrong("view", "a view, as vae.view gives it")
  end
end

-- The view of a run whose script hands none to run.train, from what scripts gave before there were
-- views: networks under `model`, or a function `represent`.
local function older_view(t)
  local model, params = t.model, t.state.params
  if t.represent then return view{represent = t.represent} end
  if type(model) ~= "table" or not model.encoder or not params then return nil end
  if model.decoder and model.latents then return vae.view(model, params) end
  return view{posterior = function(images)
    local q = model.encoder(params.encoder, images)
    return q.mean, q.logvar
  end}
end

-- A run with the fields of run.train's table, but for those that only training needs.
local function new_run(t)
  local self = {dir = t.config.run, step = 0, note = {}, lock = false}
  for name, value in pairs(t) do
    if name ~= "step" and name ~= "best" then
      if self[name] ~= nil or Run[name] ~= nil then
        fail("run.train: got the field '%s', which every run has itself, wanted another name", name)
      end
      self[name] = value
    end
  end
  self.view = t.view or older_view(t)
  return setmetatable(self, Run)
end

-- Puts the newest or the best checkpoint into the state of a run that is being opened.
local function open_state(self)
  if opening.which == "best" then
    local note, restore = checkpoint.read(self.dir .. "/checkpoints/best.h5")
    if not note then fail("run.open: %s", restore) end
    restore(self.state)
    self.note = note
  elseif #directory.steps(self.dir) == 0 then
    fail("run.open: %s: no checkpoint in it", self.dir)
  else
    self.note = directory.load_newest(self.dir, self.state)
  end
  self.step = self.note.step
end

local function write_config(dir, own)
  write(dir .. "/config.json", json.encode(own, {indent = true, keyorder = tree.keys(own)}) .. "\n")
end

-- train{config, state, step, best, ...} -> the run.
--   config  from run.config; steps and seed are read here
--   state   a tree of tensors and plain values: everything that training changes
--   step    function(step, stream) -> terms: takes one step, changes the state in place, returns
--           a table of numbers or tensors without axes, or of one axis for terms that have a
--           number for each unit. The stream belongs to that step, so that a
--           resumed run draws the same numbers.
--   best    name of the term whose least mean marks the best checkpoint, a number that every step
--           returns (default: "loss", where there is such a term)
--   view    what the model can do (see teasel.model.view): reports, scores and tools ask for it
--   data    the data set, by whose factors it is scored
-- Whatever else is in the table (networks, functions) is a field of the run under the same name, in
-- run.open too. Of the steps taken so far run.note has the seconds and the peak_bytes of the core's
-- memory. The mean of a term is over the steps that return it.
function run.train(t)
  check_fields(t)
  local config = t.config
  local self = new_run(t)
  if opening then
    open_state(self)
    error({opened = self}, 0)
  end
  local own = {}
  for name, value in pairs(config) do
    if COMMON[name] == nil or SAVED[name] then own[name] = value end
  end
  self.lock = config.resume and directory.lock(self.dir) or directory.begin(self.dir, arg[0])
  -- whoever goes on after an error may try again
  local _ <close> = setmetatable({}, {__close = function(_, problem)
    if problem ~= nil then self.lock:close() end
  end})
  if config.resume then   -- until the state is there nothing is changed
    self.note = directory.load_newest(self.dir, self.state)
    self.step = math.tointeger(self.note.step)
    directory.go_on(self.dir, arg[0], self.step)
  end
  self.note.config = own
  write_config(self.dir, own)
  if self.step < config.steps then
    if self.step == 0 then
      self.note.step = 0
      save_step(self)
    end
    loop(self, t.step, config, t.best)
  end
  return self
end

-- open(dir, which) -> the run in a directory, with its state from the newest checkpoint (or
-- which = "best"), without training. Fields: dir, config, state, step, view, data where the script
-- has one, and whatever else it gave to run.train.
-- This executes the directory's script.lua, which may do whatever a program of this user may: do
-- not open a run of somebody whom you would not let do that.
function run.open(dir, which)
  check.string("run.open", "dir", dir)
  if which and which ~= "newest" and which ~= "best" then
    fail("run.open: argument 'which': got '%s', wanted 'newest' or 'best'", tostring(which))
  end
  local chunk, message = loadfile(dir .. "/script.lua", "t")
  if not chunk then return nil, message end
  if opening then fail("run.open: cannot be called while a run is being opened") end
  opening = {dir = dir, which = which or "newest"}
  local ok, result = pcall(chunk)
  opening = nil
  if not ok and type(result) == "table" and result.opened then return result.opened end
  return nil, ok and dir .. "/script.lua: does not call run.train" or tostring(result)
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
