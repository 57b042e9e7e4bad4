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
-- every --log steps: means of the terms), checkpoints/STEP.h5 (the last --keep 3, and best.h5),
-- figures/ and scores.json. Ctrl-C, SIGTERM and a closed terminal finish the step, save and exit;
-- --resume goes on, bit for bit as if nothing had happened; a second process on the directory is
-- refused; a term that is not finite stops the run and leaves the checkpoints from before. Once the
-- script has changed, --resume wants --changed too, and keeps the script of the steps so far as
-- script-STEP.lua. A folder that is no run and not empty is refused, and nothing in it is touched.
--
-- run.open(dir) gives the state back without training: it runs dir's own copy of the script as
-- far as run.train, which then loads the newest checkpoint instead of taking a step. What else than
-- teasel the script loads has no copy: it is looked for where it was. Both work in a script, an
-- interpreter, a notebook and a spec (see teasel.run.script).
--
-- The fields of a run: dir, config, state, step, note (of the steps so far its `seconds` and the
-- `peak_bytes` of the core's memory), view, and what else the script gave to run.train, under the
-- same name; a name that it has not is an error. print(r) shows what it is and what it left.

local about = require "teasel.run.about"
local check = require "teasel.lib.check"
local checkpoint = require "teasel.run.checkpoint"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local gan_view = require "teasel.model.gan_view"
local json = require "teasel.lib.json"
local lacks = require "teasel.run.lacks"
local loop = require "teasel.run.loop"
local names = require "teasel.lib.names"
local packed = require "teasel.run.packed"
local ranks = require "teasel.run.ranks"
local score_file = require "teasel.run.score_file"
local script = require "teasel.run.script"
local settings = require "teasel.run.settings"
local tree = require "teasel.tree"
local vae = require "teasel.model.vae"
local view = require "teasel.model.view"

local write = directory.write
local run = {}

local Run = {}
Run.__index = names.object("run", lacks, function() return {Run} end)
Run.__complete = Run   -- what a tab offers
Run.__name = "run"

local TRAINING = {step = true, best = true, script = true}   -- what no opened run needs
local locks = setmetatable({}, {__mode = "v"})               -- of this process, by their directory

-- config(defaults, more, given) -> the defaults, overridden by the command line of the script that
-- was started, or by the table `given`; of a run that goes on (resume) its own settings, in which
-- only `steps`, what `more` lists and what says how a run is kept and computed (log, checkpoint,
-- keep, threads and the like) may be changed. What `more` has by name is the table whose
-- keys are the values that an option may have:
--
--   run.config({network = "fc", score = "all", steps = 5000}, {"score", network = NETWORKS})
--   run.config({network = "fc", steps = 5000}, nil, {steps = 10, run = "runs/try"})
--
-- Each option is best written on a line of its own with its meaning in a comment behind it, which
-- --help shows; what options mean that are written elsewhere, by name, is more.help. The script's
-- own options and those of every run (see teasel.run.settings) share one namespace.
function run.config(defaults, more, given) return settings.config(defaults, more, given) end

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
  elseif t.script ~= nil and type(t.script) ~= "string" then
    wrong("script", "the text of the script")
  elseif t.view ~= nil and not view.is(t.view) then
    wrong("view", "a view, as T.view{represent = f} or vae.view makes one")
  end
end

-- The view of a run whose script hands none to run.train, from what scripts gave before there were
-- views: networks under `model`, codes of a generator, or a function `represent`.
local function older_view(t)
  local model, params = t.model, t.state.params
  if t.represent then return view{represent = t.represent} end
  if type(model) ~= "table" or not params then return nil end
  if model.generator and t.codes and t.state.stats then
    return gan_view(model, t.codes, params, t.state.stats)
  end
  if not model.encoder then return nil end
  if model.decoder and model.latents then return vae.view(model, params) end
  return view{posterior = function(images)
    local q = model.encoder(params.encoder, images)
    return q.mean, q.logvar
  end}
end

-- A run with the fields of run.train's table, but for those that only training needs.
local function new_run(t)
  local self = {dir = t.config.run, step = 0, note = {}, lock = false, command = false}
  for name, value in pairs(t) do
    if not TRAINING[name] then
      if self[name] ~= nil or Run[name] ~= nil then
        fail("run.train: got the field '%s', which every run has itself, wanted another name", name)
      end
      self[name] = value
    end
  end
  self.view = t.view or older_view(t)
  self.latents = t.latents or t.codes   -- scripts of older runs call a generator's latents codes
  return setmetatable(self, Run)
end

-- Puts the newest checkpoint, the best one or that of a step into the state of a run that is being
-- opened.
local function open_state(self, which)
  if which == "best" then
    local note, restore = checkpoint.read(self.dir .. "/checkpoints/best.h5")
    if not note then fail("run.open: %s", restore) end
    restore(self.state)
    self.note = note
  elseif #directory.steps(self.dir) == 0 then
    fail("run.open: %s: no checkpoint in it", self.dir)
  elseif which ~= "newest" then
    self.note = directory.load(self.dir, self.state, which)
  else
    self.note = directory.load_newest(self.dir, self.state)
  end
  self.step = self.note.step
end

local function write_config(dir, own)
  write(dir .. "/config.json", json.encode(own, {indent = true, keyorder = tree.keys(own)}) .. "\n")
end

-- Begins or resumes a run in its directory; of processes that share it, the first one writes there.
local function prepare(self, config, text, own)
  local first = ranks.first()
  if first then
    self.lock = config.resume and directory.lock(self.dir) or directory.begin(self.dir, text)
    locks[self.dir] = self.lock
  end
  if config.resume then   -- until the state is there nothing is changed
    self.note = directory.load_newest(self.dir, self.state)
    self.step = math.tointeger(self.note.step)
    if first then directory.go_on(self.dir, text, self.step) end
  end
  self.note.config = own
  if first then write_config(self.dir, own) end
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
--   script  the text of the script, for the run's directory; only where teasel.run.script cannot
--           find it itself, as in the body of a spec
-- Whatever else is in the table (networks, functions) is a field of the run under the same name, in
-- run.open too. The mean of a term is over the steps that return it. A first step that leaves all
-- of `state` as it was is reported on the error stream.
function run.train(t)
  check_fields(t)
  local config = t.config
  local self, opened = new_run(t), script.opened()
  if opened then
    open_state(self, opened.which)
    script.stop(self)
  end
  local at_work = script.current()
  local text, own = t.script or at_work.text, settings.own(config)
  if not text then
    io.stderr:write("run.train: the text of the script is not known (see its option 'script'): ",
      "run.open cannot open ", self.dir, "\n")
  end
  if locks[self.dir] then locks[self.dir]:close() end   -- an earlier call of this process
  ranks.begin(config)
  -- whoever goes on after an error may try again
  local _ <close> = setmetatable({}, {__close = function(_, problem)
    if problem == nil then return end
    if self.lock then self.lock:close() end
    ranks.broken(problem, self.dir)
  end})
  self.command = at_work.command
  ranks.together(function() prepare(self, config, text, own) end)
  ranks.agree(own, text, t.data, self.state)
  if self.step < config.steps then
    if self.step == 0 then loop.begin(self) end
    loop.go(self, t.step, config, t.best)
  end
  ranks.finish()
  return self
end

-- open(dir, which) -> the run in a directory, with its state from the newest checkpoint (or which =
-- "best", or the step of one that is kept), without training; nil and a message where it cannot be
-- opened. A packed run (see teasel.run.packed) is opened from the cache, into which it is unpacked.
-- This executes the directory's script.lua, which may do whatever a program of this user may: do
-- not open a run of somebody whom you would not let do that. The verbs that show a run (traverse,
-- samples) are those of `open` in the REPL and in notebooks, which asks before it opens another's.
function run.open(dir, which)
  check.string("run.open", "dir", dir)
  which = which or "newest"
  if which ~= "newest" and which ~= "best" and math.type(which) ~= "integer" then
    fail("run.open: argument 'which': got '%s', wanted 'newest', 'best' or a step", tostring(which))
  end
  local folder, message = packed.folder(dir)
  if not folder then return nil, message end
  return script.execute(folder, which)
end

-- The log: a list of {step =, seconds =, term = mean ...}.
function Run:log() return directory.log(self.dir) end

-- The path for a figure of that name, "traversal.png".
function Run:figure(name)
  return ("%s/figures/%s"):format(self.dir, check.string("run:figure", "name", name))
end

-- scores(scores) -> the path of scores.json, into which the scores go by their names: numbers,
-- texts, booleans, tensors, and tables of these. They join those that are there of the same step,
-- that of the run or `step` among them; those of another step go. What is not finite is named on
-- the error stream; nan is null.
function Run:scores(scores)
  check.table("run:scores", "scores", scores)
  return score_file.write(self.dir, self.step, scores)
end

Run.__tostring = about

return run
