-- A record of measured runs: of each what a table of results needs, in a small file that stays when
-- the directories of the runs are gone. One run is one line of JSON, with
--
--   script    of experiments/, without .lua
--   config    its options by name, as in config.json; of a path to data the last part, as the place
--             of a folder is not what a run depends on
--   set       names of the options that the script was not written with then, with spaces between
--             them: with these its command makes the run again; left out where they are not known
--   step      the steps that it took
--   seconds   of training; left out where they are not known
--   values    what it found, by path (see teasel.report.reproduction)
--   before    the same at earlier checkpoints, by step
--   library   the digest of the library that computed the metrics; left out where none did
--   source    where the numbers are from, if not from a run's directory: "the table, three digits".
--             Options may be missing then, and a run that agrees in the others takes the place of
--             the entry.
--
-- The lines are in order of script, options and seed. To drop an entry, delete its line.

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local summary = require "teasel.report.summary"
local tree = require "teasel.tree"

local finite = summary.finite

local record = {}

local FIELDS = {"script", "config", "set", "step", "seconds", "values", "before", "library",
  "source"}

-- the settings of entries, their names in order; the seed is looked at by itself
local function names_of(entries)
  local names = {}
  for _, entry in ipairs(entries) do
    for name in pairs(entry.config) do
      if summary.is_setting(name) then names[name] = true end
    end
  end
  return tree.keys(names)
end

-- sort(entries): by script, settings and seed
function record.sort(entries)
  local names = names_of(entries)
  names[#names + 1] = "seed"
  table.sort(entries, function(a, b)
    if a.script ~= b.script then return a.script < b.script end
    for _, name in ipairs(names) do
      local x, y = a.config[name], b.config[name]
      if x ~= y then return summary.less(x, y) end
    end
    return false
  end)
end

-- whether two entries are of one script with equal settings, the seed aside; with `partly` those
-- that a does not have are passed over
local function alike(a, b, partly)
  if a.script ~= b.script then return false end
  for _, name in ipairs(names_of{a, b}) do
    local x, y = a.config[name], b.config[name]
    if x ~= y and not (partly and x == nil) then return false end
  end
  return true
end

-- label(entry) -> its script, settings and seed, in words
function record.label(entry)
  local parts = {}
  for i, name in ipairs(tree.keys(entry.config)) do
    parts[i] = ("%s=%s"):format(name, tostring(entry.config[name]))
  end
  return entry.script .. " of " .. table.concat(parts, ", ")
end

-- put(entries, entry) -> those of the same run, which it takes the place of
function record.put(entries, entry)
  local out = {}
  for i = #entries, 1, -1 do
    local old = entries[i]
    if old.config.seed == entry.config.seed and alike(old, entry, old.source) then
      table.insert(out, 1, table.remove(entries, i))
    end
  end
  entries[#entries + 1] = entry
  return out
end

-- groups(entries) -> lists of those whose settings are equal, in order
function record.groups(entries)
  local groups, sorted = {}, table.move(entries, 1, #entries, 1, {})
  record.sort(sorted)
  for i, entry in ipairs(sorted) do
    if i == 1 or not alike(sorted[i - 1], entry) then groups[#groups + 1] = {} end
    table.insert(groups[#groups], entry)
  end
  return groups
end

-- what is wrong in a table of numbers by name; nil where nothing is
local function wrong_in_numbers(where, t)
  if type(t) ~= "table" then
    return ("%s: got %s, wanted numbers by name"):format(where, tostring(t))
  end
  for name, value in pairs(t) do
    if type(name) ~= "string" or not finite(value) then
      return ("%s.%s: got %s, wanted a number by a name"):format(where, tostring(name),
        tostring(value))
    end
  end
end

-- of fields that are no tables: what was wanted, where it is something else
local CHECKS = {
  step = function(x)
    if math.type(x) ~= "integer" or x < 0 then return "an integer of 0 or more" end
  end,
  seconds = function(x)
    if x ~= nil and not (finite(x) and x >= 0) then return "0 or more" end
  end,
  script = function(x) if type(x) ~= "string" or x == "" then return "a name" end end,
  set = function(x) if x ~= nil and type(x) ~= "string" then return "names of options" end end,
  library = function(x) if x ~= nil and type(x) ~= "string" then return "a digest" end end,
  source = function(x) if x ~= nil and type(x) ~= "string" then return "words" end end,
}

local function wrong_in_config(config)
  if type(config) ~= "table" then
    return ("config: got %s, wanted options by name"):format(tostring(config))
  end
  for name, value in pairs(config) do
    if type(name) ~= "string" or type(value) == "table" then
      return ("config.%s: got %s, wanted a number, a string, true or false by a name"):format(
        tostring(name), type(value) == "table" and "a table" or tostring(value))
    end
  end
end

local function wrong_in_before(before)
  if type(before) ~= "table" then
    return ("before: got %s, wanted values by step"):format(tostring(before))
  end
  for step, values in pairs(before) do
    if not math.tointeger(tonumber(step)) then
      return ("before: got '%s', wanted a step"):format(tostring(step))
    end
    local wrong = wrong_in_numbers("before." .. step, values)
    if wrong then return wrong end
  end
end

local function wrong_in(entry)
  if type(entry) ~= "table" then
    return ("got %s, wanted an object with a script and what its run found"):format(
      tostring(entry))
  end
  local known = {}
  for _, name in ipairs(FIELDS) do known[name] = true end
  for _, name in ipairs(tree.keys(entry)) do
    if not known[name] then
      return ("got the field '%s', wanted one of: %s"):format(tostring(name),
        table.concat(FIELDS, ", "))
    end
  end
  for _, name in ipairs(FIELDS) do
    local wanted = CHECKS[name] and CHECKS[name](entry[name])
    if wanted then
      return ("%s: got %s, wanted %s"):format(name, tostring(entry[name]), wanted)
    end
  end
  return wrong_in_config(entry.config) or wrong_in_numbers("values", entry.values)
    or wrong_in_before(entry.before or {})
end

-- the entry in a line; nil and why there is none
local function entry_of(line)
  local entry, last, problem = json.decode(line)
  if problem then return nil, problem end
  if line:find("%S", last) then
    return nil, ("got '%s' behind the entry, wanted the end of the line"):format(line:sub(last))
  end
  local wrong = wrong_in(entry)
  if wrong then return nil, wrong end
  local before = {}
  for step, values in pairs(entry.before or {}) do
    before[math.tointeger(tonumber(step))] = values
  end
  entry.before = before
  return entry
end

-- parse(text, path) -> the entries of a record, a list; in memory the steps of `before` are
-- integers. An error says which line of the file of this path is wrong, and why.
function record.parse(text, path)
  local entries, lines, number = {}, {}, 0
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    if line:find "%S" then
      local entry, wrong = entry_of(line)
      for i, other in ipairs(entry and entries or {}) do
        if other.config.seed == entry.config.seed and alike(other, entry) then
          wrong = ("got the run of line %d again, wanted one line for each"):format(lines[i])
        end
      end
      if wrong then fail("record: %s:%d: %s", path, number, wrong) end
      entries[#entries + 1], lines[#lines + 1] = entry, number
    end
  end
  return entries
end

local object = {__jsontype = "object"}   -- which an empty table is, too

-- a copy of an entry for JSON, and every name in it
local function plain(entry)
  local copy, names = {}, {}
  for _, name in ipairs(FIELDS) do copy[name] = entry[name] end
  copy.before = next(entry.before) and setmetatable({}, object) or nil
  copy.values = setmetatable({}, object)
  for path, value in pairs(entry.values) do copy.values[path], names[path] = value, true end
  for name in pairs(entry.config) do names[name] = true end
  for step, values in pairs(entry.before) do
    copy.before[tostring(step)], names[tostring(step)] = values, true
    for path in pairs(values) do names[path] = true end
  end
  return copy, names
end

-- text(entries) -> the record that parse reads, sorted
function record.text(entries)
  local lines = {}
  record.sort(entries)
  for i, entry in ipairs(entries) do
    local copy, names = plain(entry)
    for _, name in ipairs(FIELDS) do names[name] = nil end
    local order = table.move(FIELDS, 1, #FIELDS, 1, {})
    for _, name in ipairs(tree.keys(names)) do order[#order + 1] = name end
    lines[i] = json.encode(copy, {keyorder = order}) .. "\n"
  end
  return table.concat(lines)
end

check.functions("record.", record, {
  sort = "entries: table", label = "entry: table(script config)",
  put = "entries: table, entry: table(script config)", groups = "entries: table",
  parse = "text: string, path: string", text = "entries: table",
})

return record
