-- The settings of a run: those of its script and those that every run has, from their defaults, the
-- command line or a table, and what a run that goes on has saved.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local command = require "teasel.run.command"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local file_name = require "teasel.run.file_name"
local json = require "teasel.lib.json"
local merged = require "teasel.lib.merged"
local ranks = require "teasel.run.ranks"
local names = require "teasel.lib.names"
local options = require "teasel.options"
local script = require "teasel.run.script"
local tree = require "teasel.tree"

local settings = {}

-- options that every run has, beside the experiment's own
local COMMON = {
  run = "",              -- the run directory; "": runs/NAME and what differs from the defaults
  resume = false,        -- go on with the run in the directory
  changed = false,       -- --resume: with a script that has changed since
  log = 100,             -- steps to a line of the log
  checkpoint = 1000,     -- steps to a checkpoint
  keep = 3,              -- checkpoints that are kept, the newest ones; 0: all
  tensorboard = false,   -- write what TensorBoard reads, too (see teasel tensorboard)
  threads = 0,           -- 0: as many as there are processors
  device = "",           -- where new tensors stand, and so where the run computes: host; gpu, the
                         -- first of NVIDIA's; or mirror, which is far memory without a GPU, for
                         -- tests, and slow; "": the host, or where T.device has put them
  shards = 0,            -- processes that share each batch, a power of two; 0: one alone, and 8
                         -- under mpirun and srun, however many ranks there are
  free_order = false,    -- ranks' sums in whatever order MPI likes, not that of the shards: fewer
                         -- messages, but bits that depend on the number of ranks and on the
                         -- MPI. It changes nothing where there is one rank
  precision = "fp32",    -- of products in training: fp32, or bf16, which rounds their operands,
                         -- where the processor can; what comes after training is always fp32
  help = false,          -- this list
}
local SOURCE = debug.getinfo(1, "S").source:sub(2)   -- where --help reads what COMMON says
-- of these, what a run remembers, and what it keeps when it is resumed
local SAVED = {log = true, checkpoint = true, keep = true, precision = true, shards = true,
  free_order = true}
local FIXED = {precision = true, shards = true}
-- and what can change what it finds, be it in the last bits
local MATTERS = {precision = true, shards = true, free_order = true, device = true}

-- the script's defaults, by the config that was made of them
local known = setmetatable({}, {__mode = "k"})

-- A value of JSON or of a table as the default's type: others may have written 3 for 3.0.
local function retyped(value, default)
  if math.type(default) == "integer" then return math.tointeger(value) or value end
  if math.type(default) == "float" and value then return value + 0.0 end
  return value
end

-- "runs/NAME-beta=1-seed=2": the script's name, and the given options that it was not written
-- with; those that a resumed run may change are left out
local function default_directory(name, config, defaults, free)
  local parts = {"runs/" .. file_name.escaped(name)}
  for _, option in ipairs(tree.keys(defaults)) do
    if config[option] ~= defaults[option] and not free[option] then
      parts[#parts + 1] = option .. "=" .. file_name.escaped(file_name.value(config[option]))
    end
  end
  return table.concat(parts, "-")
end

local function saved_config(dir, defaults)
  local text, message = core.file.read(dir .. "/config.json")
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
  return merged(all, defaults)
end

-- The script's own options and those of every run, checked.
local function with_common(defaults)
  for name, value in pairs(defaults) do
    if COMMON[name] ~= nil and type(COMMON[name]) ~= type(value) then
      fail("run.config: the option '%s' belongs to every run", name)
    end
    if type(value) == "number" and value - value ~= 0 then
      fail("run.config: option '%s': got %s, wanted a number that can be saved", name, value)
    end
  end
  return merged(COMMON, defaults)
end

-- What is given in a table, by name, as the types of the defaults.
local function from_table(given, all, choices)
  local found = {}
  for name, value in pairs(given) do
    local default = all[name]
    if default == nil then options.unknown("run.config", name, all) end
    local what = ("option '%s'"):format(name)
    if type(value) ~= type(default) then
      check.wrong("run.config", what, value, "a " .. type(default))
    end
    value = retyped(value, default)
    if math.type(default) == "integer" then check.integer("run.config", what, value) end
    if math.type(default) == "float" then check.number("run.config", what, value) end
    if choices[name] and not choices[name][value] then
      options.unknown("run.config: " .. what, value, choices[name])
    end
    found[name] = value
  end
  return found
end

-- What the command line of the script gives; with --help it is answered.
local function from_command_line(defaults, all, choices, shared)
  local given = command.typed(arg, all, choices)
  if given.help then
    local common = {}
    for name, value in pairs(COMMON) do
      if defaults[name] == nil then common[name] = value end
    end
    command.show_help(defaults, choices, shared, common,
      command.meanings(SOURCE, "local COMMON = {"))
  end
  return given
end

-- The names that `more` lists, and the values of options that it has by name.
local function read_more(more, defaults)
  local free, choices = {steps = true}, {}
  for key, value in pairs(more or {}) do
    local name = type(key) == "number" and value or key
    if name ~= "help" and defaults[name] == nil then
      fail("run.config: argument 'more': got '%s', wanted a name from the first argument", name)
    end
    if name == value then
      free[name] = true
    else
      choices[name] = check.table("run.config", ("argument 'more', '%s'"):format(name), value)
    end
  end
  local shared = choices.help   -- no option's values, but what options mean
  choices.help = nil
  return free, choices, shared
end

-- The settings that a run goes on with: its own, where nothing else is given.
local function resume(config, given, defaults, free)
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

-- What the library looks for among a script's own options. Any other name that is none of them is
-- an error; but not in the settings of a run that is opened, which one may ask for anything.
local OPTIONAL = "batch data seed steps"

-- config(defaults, more, given) -> the settings of a run, see run.config
function settings.config(defaults, more, given)
  check.table("run.config", "defaults", defaults)
  if more ~= nil then check.table("run.config", "more", more) end
  if given ~= nil then check.table("run.config", "given", given) end
  local free, choices, shared = read_more(more, defaults)
  local opened = script.opened()
  if opened then
    local config = assert(saved_config(opened.dir, with_saved(defaults)))
    config.run = opened.dir
    known[config] = defaults
    return config
  end
  local all, at_work = with_common(defaults), script.current()
  if given == nil and at_work.command then
    given = from_command_line(defaults, all, choices, shared)
  else
    given = from_table(given or {}, all, choices)
  end
  local config = options.read("run.config", given, all)
  known[config] = defaults
  if config.run == "" then
    config.run = default_directory(at_work.name, config, defaults, free)
  end
  if config.resume then
    directory.check_resume(config.run, at_work, given)
    resume(config, given, defaults, free)
  end
  command.at_least(config, {steps = 1, log = 1, checkpoint = 1, keep = 0, threads = 0, batch = 1})
  ranks.settle(config, config.resume)
  if config.threads > 0 then core.threads(config.threads) end
  local device = core.place.device(config.device ~= "" and config.device or nil)
  if device ~= "host" and config.precision ~= "fp32" then
    command.fail("--precision: got %s with --device %s, wanted fp32: there is no other there yet",
      config.precision, device)
  end
  ranks.check_device(config, device)
  -- refused here rather than after the data was read
  local ok, problem = pcall(core.tensor.zeros, 1)
  if not ok then command.fail("--device: %s", (problem:gsub("^.-:%d+: ", ""))) end
  core.precision(config.precision)
  core.precision "fp32"
  return names.strict(config, "config", OPTIONAL)
end

-- own(config) -> what of a config its run remembers
function settings.own(config)
  local own = {}
  for name, value in pairs(config) do
    if COMMON[name] == nil or SAVED[name] then own[name] = value end
  end
  return own
end

-- matters(name) -> whether an option can change what a run finds, be it in the last bits: of those
-- of every run precision, shards, free_order and device; not where it is, whether it goes on, how
-- often it reports, what it keeps and on how many threads
function settings.matters(name)
  return COMMON[name] == nil or MATTERS[name] == true
end

-- differing(config) -> the names of the script's options that are not as it was written, in order
function settings.differing(config)
  local names = {}
  for _, name in ipairs(tree.keys(known[config] or {})) do
    if config[name] ~= known[config][name] then names[#names + 1] = name end
  end
  return names
end

-- given(config) -> the names of options that matter and are not as they were written, in order
function settings.given(config)
  local names = settings.differing(config)
  for name, default in pairs(COMMON) do
    if settings.matters(name) and config[name] ~= nil and config[name] ~= default then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

return settings
