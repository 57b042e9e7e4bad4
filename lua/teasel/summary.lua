-- Tables and curves of many runs: every seed in a line of its own, and under the lines of runs that
-- differ in nothing but the seed their medians.

local core = require "teasel.core"
local json = require "dkjson"
local given = require "teasel.metric.given"
local run = require "teasel.run"
local tree = require "teasel.tree"

local file, system = core.file, core.system
local summary = {}

-- The run directories that a pattern names: paths with `*` in the last part, between spaces.
local function directories(pattern)
  local list = {}
  for path in pattern:gmatch("%S+") do
    local folder, name = path:match("^(.*)/([^/]+)/?$")
    folder, name = folder or ".", name or path
    local wanted = "^" .. name:gsub("[^%w*]", "%%%0"):gsub("%*", ".*") .. "$"
    for _, entry in ipairs(assert(system.list(folder))) do
      local dir = folder .. "/" .. entry
      local script = entry:match(wanted) and io.open(dir .. "/script.lua")
      if script then
        script:close()
        list[#list + 1] = dir
      end
    end
  end
  return list
end

-- options that do not change what a run finds, or that count always
local NO_SETTING = {seed = true, run = true, data = true, summary = true, log = true,
  checkpoint = true}

-- The settings in which runs differ, but for the seed, which counts always; and of each run a text
-- that is the same for runs that differ in nothing but the seed.
local function settle(runs)
  local differ = {}
  for _, r in ipairs(runs) do
    for name, value in pairs(r.config) do
      if not NO_SETTING[name] and value ~= runs[1].config[name] then differ[name] = true end
    end
  end
  local names = tree.keys(differ)
  for _, r in ipairs(runs) do
    local parts = {}
    for i, name in ipairs(names) do parts[i] = ("%s = %s"):format(name, r.config[name]) end
    r.group = table.concat(parts, ", ")
  end
  return names
end

-- Runs of two scripts have no table in common: their options differ.
local function check_alike(runs)
  local first = table.concat(tree.keys(runs[1].config), " ")
  for _, r in ipairs(runs) do
    if table.concat(tree.keys(r.config), " ") ~= first then
      error(("summary: got runs of different scripts: %s and %s"):format(runs[1].dir, r.dir), 0)
    end
  end
end

local function has(config, settings)
  for name, value in pairs(settings) do
    if config[name] ~= value then return false end
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

-- open(pattern, settings) -> a list of runs from run.open, by settings and seed. Each has `scored`,
-- what is in scores.json (false where a run did not come to its end), and `group`, its settings as
-- a text. settings (optional): values of options that a run must have to count. Directories that
-- cannot be opened are named on the error stream. No run at all is an error.
function summary.open(pattern, settings)
  local runs = {}
  for _, dir in ipairs(directories(pattern)) do
    if chosen(dir, settings) then
      local r, message = run.open(dir)
      if r then
        local text = file.read(dir .. "/scores.json")
        r.scored = text and json.decode(text) or false
        r.model.step = nil   -- it holds the data, and there may be many runs
        runs[#runs + 1] = r
      else
        io.stderr:write(dir, ": ", tostring(message), "\n")
      end
    end
  end
  if #runs == 0 then
    local wanted = {}
    for i, name in ipairs(tree.keys(settings or {})) do
      wanted[i] = (" with %s = %s"):format(name, settings[name])
    end
    error(("summary: found no run in '%s'%s"):format(pattern, table.concat(wanted)), 0)
  end
  check_alike(runs)
  local names = settle(runs)
  table.sort(runs, function(a, b)
    for _, name in ipairs(names) do
      local x, y = a.config[name], b.config[name]
      if x ~= y then
        if type(x) == "boolean" then return x end
        return x < y
      end
    end
    return (a.config.seed or 0) < (b.config.seed or 0)
  end)
  runs.names = names
  return runs
end

-- The runs of each group, as lists in order.
function summary.groups(runs)
  local groups = {}
  for i, r in ipairs(runs) do
    if i == 1 or r.group ~= runs[i - 1].group then groups[#groups + 1] = {name = r.group} end
    table.insert(groups[#groups], r)
  end
  return groups
end

local function cell(value, form)
  if value == nil then return "-" end
  return type(value) == "number" and form and form:format(value) or tostring(value)
end

-- columns of what runs cost: time, the most memory of tensors there was, and what was alive at the
-- first and the last entry of the log (a run that leaks would grow)
summary.cost = {
  {"s/step", function(r) return r.scored.seconds / r.scored.step end, "%.3g"},
  {"peak MB", function(r) return r.scored.peak_bytes and r.scored.peak_bytes / 1e6 end, "%.0f"},
  {"live MB", function(r)
    local log = r:log()
    return ("%.0f-%.0f"):format(log[1].live_mb, log[#log].live_mb)
  end},
}

local function group_lines(lines, runs, group, columns)
  local numbers = {}
  for _, r in ipairs(group) do
    local line = {}
    for _, name in ipairs(runs.names) do line[#line + 1] = cell(r.config[name]) end
    line[#line + 1] = cell(r.config.seed)
    for c, column in ipairs(columns) do
      local value = r.scored and column[2](r) or nil
      line[#line + 1] = cell(value, column[3])
      numbers[c] = numbers[c] or {}
      if type(value) == "number" then table.insert(numbers[c], value) end
    end
    lines[#lines + 1] = line
  end
  if #group > 1 then
    local line = {}
    for _, name in ipairs(runs.names) do line[#line + 1] = cell(group[1].config[name]) end
    line[#line + 1] = "median"
    for c, column in ipairs(columns) do
      line[#line + 1] = #numbers[c] > 0 and cell(given.median(numbers[c]), column[3]) or ""
    end
    lines[#lines + 1] = line
  end
end

local function aligned(lines)
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

-- table(runs, columns) -> the table as aligned text. columns: list of {title, function(r) -> number
-- or text, format of a number}.
function summary.table(runs, columns)
  local head = table.move(runs.names, 1, #runs.names, 1, {})
  head[#head + 1] = "seed"
  for _, column in ipairs(columns) do head[#head + 1] = column[1] end
  local lines = {head}
  for _, group in ipairs(summary.groups(runs)) do group_lines(lines, runs, group, columns) end
  return aligned(lines)
end

-- path(runs, name) -> where something about all of these runs goes: beside the first directory
function summary.path(runs, name)
  local folder, first = runs[1].dir:match("^(.*)/([^/]+)$")
  local script = first:match("^[%w_]+")
  return ("%s/%s-%s"):format(folder or ".", script or "runs", name)
end

-- write(runs, columns) -> the table, which is printed and written to a text file
function summary.write(runs, columns)
  local text, path = summary.table(runs, columns), summary.path(runs, "summary.txt")
  io.write(text)
  assert(file.save(path, text))
  print("written to " .. path)
  return text
end

-- curves(runs, value) -> series for teasel.chart: for each group the mean of value(entry of the
-- log) over its seeds against the step, in a band from the least to the largest
function summary.curves(runs, value)
  local series = {}
  for g, group in ipairs(summary.groups(runs)) do
    local at, steps = {}, {}
    for _, r in ipairs(group) do
      for _, entry in ipairs(r:log()) do
        if not at[entry.step] then
          at[entry.step] = {}
          steps[#steps + 1] = entry.step
        end
        table.insert(at[entry.step], value(entry))
      end
    end
    table.sort(steps)
    local s = {name = group.name ~= "" and group.name or nil, x = steps, y = {}, lo = {}, hi = {}}
    for i, step in ipairs(steps) do
      local sum = 0
      for _, v in ipairs(at[step]) do sum = sum + v end
      s.y[i] = sum / #at[step]
      s.lo[i], s.hi[i] = math.min(table.unpack(at[step])), math.max(table.unpack(at[step]))
    end
    series[g] = s
  end
  return series
end

return summary
