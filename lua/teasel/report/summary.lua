-- Many runs: which ones patterns name, in what they differ, and tables of them. What they found is
-- compared by teasel.report.comparison.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local json = require "dkjson"
local file_name = require "teasel.run.file_name"
local raise = require "teasel.lib.fail"
local run = require "teasel.run"
local matters = require("teasel.run.settings").matters
local tree = require "teasel.tree"

local file, system = core.file, core.system
local summary = {}

local function fail(form, ...) raise("summary: " .. form, ...) end

-- The run directories of one path with `*` in its last part; nil, message where there is no such
-- folder.
local function matching(path)
  local folder, name = path:match("^(.*)/([^/]+)/?$")
  folder, name = folder or ".", name or path
  if folder == "" then folder = "/" end
  local wanted = "^" .. name:gsub("[^%w*]", "%%%0"):gsub("%*", ".*") .. "$"
  local entries, message = system.list(folder)
  if not entries then return nil, message end
  local list = {}
  for _, entry in ipairs(entries) do
    local dir = folder .. "/" .. entry
    if entry:match(wanted) and core.disk.stat(dir .. "/script.lua") then list[#list + 1] = dir end
  end
  return list
end

-- The paths of a text, which have spaces between them, and may have some in them: as many words as
-- name a run are one path.
local function paths_of(text)
  local words, paths = {}, {}
  for at, word in text:gmatch "()(%S+)" do words[#words + 1] = {at, at + #word - 1} end
  local i = 1
  while i <= #words do
    local last = i
    for j = #words, i + 1, -1 do
      local found = matching(text:sub(words[i][1], words[j][2]))
      if found and #found > 0 then
        last = j
        break
      end
    end
    paths[#paths + 1] = text:sub(words[i][1], words[last][2])
    i = last + 1
  end
  return paths
end

-- directories(patterns) -> the run directories that patterns name, paths with `*` in the last part,
-- in a list, or in a text with spaces between them; and the list of these paths
function summary.directories(patterns)
  local paths, list, seen = patterns, {}, {}
  if type(patterns) == "string" then paths = paths_of(patterns) end
  if type(paths) ~= "table" then
    fail("got %s for the pattern, wanted a text like 'runs/NAME*', or a list of such",
      tostring(patterns))
  end
  for i, path in ipairs(paths) do
    if type(path) ~= "string" then
      fail("pattern %d: got %s, wanted a text like 'runs/NAME*'", i, tostring(path))
    end
    local found, message = matching(path)
    if not found then fail("'%s': %s", path, message) end
    for _, dir in ipairs(found) do
      if not seen[dir] then list[#list + 1] = dir end
      seen[dir] = true
    end
  end
  return list, paths
end

-- options of scripts that do not change what a run finds, or that count always
local NO_SETTING = {seed = true, summary = true}

-- is_setting(name) -> whether runs that differ in an option are of two kinds: not in the seed,
-- which counts always, nor in what changes nothing of what they find
function summary.is_setting(name) return not NO_SETTING[name] and matters(name) end

-- words(text) -> the list of its words, which commas or spaces part
function summary.words(text)
  local list = {}
  for word in text:gmatch "[^,%s]+" do list[#list + 1] = word end
  return list
end

-- finite(x) -> whether x is a finite number
function summary.finite(x) return type(x) == "number" and x - x == 0 end

-- thousands(12345) -> "12,345"
function summary.thousands(n)
  local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^(-?),", "%1"))
end

-- at(t, "continuous.c2.slant.r") -> what stands there in tables in tables and lists, the value of a
-- score with details; nil where nothing does
function summary.at(t, path)
  for name in path:gmatch "[^.]+" do
    if type(t) ~= "table" then return nil end
    local k = t[name] == nil and math.tointeger(tonumber(name)) or name
    t = t[k]
  end
  if type(t) == "table" then return t.value end
  return t
end

-- setting(config, name) -> the value of a run's option: of a path to data the last part, since
-- the place of a folder is not what a run depends on; nil where its script had no such option yet
function summary.setting(config, name)
  local value = config[name]
  return name == "data" and type(value) == "string" and value:match "([^/]*)/*$" or value
end

-- settings(r, names) -> those of a run as a text, which is the same for equal ones alone
function summary.settings(r, names)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = name .. "=" .. file_name.value(summary.setting(r.config, name))
  end
  return table.concat(parts, ", ")
end

local RANK = {["nil"] = 1, boolean = 2, number = 3, string = 4}

-- less(x, y) -> whether x is before y, values of one option, of which there may be none
function summary.less(x, y)
  local a, b = RANK[type(x)] or 5, RANK[type(y)] or 5
  if a ~= b then return a < b end
  if a == 2 then return x and not y end
  return (a == 3 or a == 4) and x < y
end

-- The settings in which runs differ, but for the seed, which counts always.
local function differing(runs)
  local differ = {}
  for _, r in ipairs(runs) do
    for _, config in ipairs{r.config, runs[1].config} do
      for name in pairs(config) do
        differ[name] = differ[name] or summary.is_setting(name)
          and summary.setting(r.config, name) ~= summary.setting(runs[1].config, name) or nil
      end
    end
  end
  return tree.keys(differ)
end

-- an option of a that b has not, or nil
local function without(a, b)
  for _, name in ipairs(tree.keys(a.config)) do
    if b.config[name] == nil then return name end
  end
end

-- the first line of a run's script
local function title(r) return (file.read(r.dir .. "/script.lua") or ""):match "[^\n]*" end

-- Runs of two scripts have no table in common: their options differ. One script's own may, where
-- its later version has some more; then both begin with the same line.
local function check_alike(runs)
  local kinds, known = {}, {}
  for _, r in ipairs(runs) do
    local options = table.concat(tree.keys(r.config), " ")
    for _, other in ipairs(known[options] and {} or kinds) do
      local mine, its = without(r, other), without(other, r)
      if mine and its or title(r) ~= title(other) then
        fail("got runs of different scripts: %s and %s, of which one alone has --%s", other.dir,
          r.dir, mine or its)
      end
    end
    if not known[options] then known[options], kinds[#kinds + 1] = true, r end
  end
end

local function has(config, settings)
  for name, value in pairs(settings) do
    local wanted = name == "data" and summary.setting(settings, name) or value
    if summary.setting(config, name) ~= wanted then return false end
  end
  return true
end

-- whether the run in a directory has these settings; one that cannot be read is left to run.open
local function chosen(dir, settings)
  if not settings then return true end
  local text = file.read(dir .. "/config.json")
  local config = text and json.decode(text)
  return not config or has(config, settings)
end

-- What is in scores.json of an opened run, if it is of the run's present step; false where a run
-- did not come to its end, or went on since.
local function scores_of(r)
  local text = file.read(r.dir .. "/scores.json")
  local scored = text and json.decode(text)
  if not scored then return false end
  if scored.step == nil or scored.step == r.step then return scored end
  io.stderr:write(("%s: its scores are of step %s, and it is at %d\n"):format(r.dir,
    tostring(scored.step), r.step))
  return false
end

-- open(patterns, settings) -> a list of runs from run.open, by settings and seed, with `names`, the
-- settings in which they differ. Each has `scored`, what is in scores.json of its last step (false
-- where a run did not come to its end). patterns: paths with `*` in the last part, in a list, or in
-- a text with spaces between them. settings (optional): values of options that a run must have to
-- count. Directories that cannot be opened are named on the error stream. No run is an error, but
-- with none = true.
function summary.open(patterns, settings, none)
  local runs = {}
  local list, paths = summary.directories(patterns)
  runs.paths, runs.settings = paths, settings or {}
  for _, dir in ipairs(list) do
    if chosen(dir, settings) then
      local r, message = run.open(dir)
      if r then
        r.scored = scores_of(r)
        runs[#runs + 1] = r
      else
        io.stderr:write(dir, ": ", tostring(message), "\n")
      end
    end
  end
  if #runs == 0 and not none then
    local wanted = {}
    for i, name in ipairs(tree.keys(settings or {})) do
      wanted[i] = (" with %s = %s"):format(name, tostring(settings[name]))
    end
    fail("found no run in '%s'%s", table.concat(paths, " "), table.concat(wanted))
  end
  check_alike(runs)
  local names = differing(runs)
  table.sort(runs, function(a, b)
    for _, name in ipairs(names) do
      local x, y = summary.setting(a.config, name), summary.setting(b.config, name)
      if x ~= y then return summary.less(x, y) end
    end
    return (a.config.seed or 0) < (b.config.seed or 0)
  end)
  runs.names = names
  return runs
end

-- let_go(r): forgets what a run holds that is large, as many are open at once; its directory, log
-- and scores stay at hand
function summary.let_go(r) r.state, r.net, r.view, r.data, r.model = nil, nil, nil, nil, nil end

-- groups(runs, names = all in which they differ) -> lists of the runs whose settings of these names
-- are equal, in order, each with its `name`, these settings as a text, and the first one's `config`
function summary.groups(runs, names)
  local groups, known = {}, {}
  for _, r in ipairs(runs) do
    local name = summary.settings(r, names or runs.names)
    if not known[name] then
      known[name] = {name = name, config = r.config}
      groups[#groups + 1] = known[name]
    end
    table.insert(known[name], r)
  end
  return groups
end

-- aligned(lines) -> a text of them, lists of words, in columns that end below each other
function summary.aligned(lines)
  local widths, text = {}, {}
  for _, line in ipairs(lines) do
    for i, s in ipairs(line) do widths[i] = math.max(widths[i] or 0, #s) end
  end
  for i, line in ipairs(lines) do
    local parts = {}
    for j, s in ipairs(line) do parts[j] = (" "):rep(widths[j] - #s) .. s end
    text[i] = table.concat(parts, "  ")
  end
  return table.concat(text, "\n") .. "\n"
end

-- markdown(lines) -> the same in Markdown, the first of them the head
function summary.markdown(lines)
  local text = {}
  for i, line in ipairs(lines) do
    text[#text + 1] = "| " .. table.concat(line, " | ") .. " |"
    if i == 1 then text[2] = "|" .. (" --- |"):rep(#line) end
  end
  return table.concat(text, "\n") .. "\n"
end

-- path(runs, name) -> where something about all of these runs goes: beside the first directory,
-- under the patterns and settings that they were found by, "NAME-*" as NAME, "*" alone as nothing
-- and any other "*" as "+"; what is of one run alone, named without a "*", into its directory
function summary.path(runs, name)
  local folder = runs[1].dir:match("^(.*)/[^/]+$") or "."
  local paths, parts = runs.paths, {}
  if #paths == 1 and not paths[1]:find("*", 1, true) then return runs[1].dir .. "/" .. name end
  if #paths == 1 and paths[1]:find "/%*$" and not next(runs.settings) then
    return folder .. "/" .. name   -- all runs of a folder
  end
  for i, path in ipairs(paths) do
    path = path:gsub("/$", "")
    local own, last = path:match("^(.*)/([^/]+)$")
    if (own or ".") == folder then path = last or path end
    if #paths == 1 then path = path:gsub("%-%*$", "") end
    parts[i] = path:gsub("[^*]+", function(text)
      return (file_name.escaped(text):gsub("[+,]", {["+"] = "%2B", [","] = "%2C"}))
    end):gsub("%*", "+")
  end
  parts = {table.concat(parts, ",")}
  for i, option in ipairs(tree.keys(runs.settings)) do
    parts[i + 1] = option .. "=" .. file_name.escaped(file_name.value(runs.settings[option]))
  end
  return ("%s/%s-%s"):format(folder, table.concat(parts, "-"), name)
end

local RUNS = "runs: table(names paths settings)"

check.functions("summary.", summary, {
  open = "patterns: any, settings: table?, none: boolean?",
  groups = "runs: table, names: table?",
  path = RUNS .. ", name: string", aligned = "lines: table", markdown = "lines: table",
  words = "text: string", at = "t: table, path: string",
  setting = "config: table, name: string", settings = "r: table(config), names: table",
  is_setting = "name: string", let_go = "r: table", less = "x: any, y: any", finite = "x: any",
  thousands = "n: integer",
})

return summary
