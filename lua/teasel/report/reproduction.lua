-- Published numbers beside those of runs here, as one table of Markdown.
--
--   reproduction{folder = "runs", rows = {{claim = "FactorVAE", paper = "Kim & Mnih 2018",
--     script = "factor_vae_dsprites", settings = {network = "small"}, metrics = "factor_vae",
--     length = 300000, data = "dSprites", values = {{"FactorVAE score", "factor_vae", ".82"}},
--     why = "a seventieth of the steps"}}}
--
-- A row has the runs that came to their end in folders that are called like the script, with these
-- settings; runs that differ in more than the seed make a line each. Every seed is shown, and of
-- two or more the median and its 95 % interval. Where a run is shorter than the paper's, metrics
-- of its other checkpoints stand beside. A row without runs says so, with the command.

local core = require "teasel.core"
local check = require "teasel.lib.check"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local file_name = require "teasel.run.file_name"
local options = require "teasel.options"
local paired = require "teasel.report.paired"
local score = require "teasel.report.score"
local statistic = require "teasel.metric.lib.statistic"
local summary = require "teasel.report.summary"
local tree = require "teasel.tree"

local file = core.file

local defaults = {
  folder = "runs",   -- of the runs
  out = "",          -- a file with a line that begins "<!-- results" and one that begins
                     -- "<!-- end of results": the table goes between them; "": it is printed
  points = 20000,    -- images that metrics are computed on, where they are not kept
  rows = {},
}

local row_defaults = {
  claim = "",              -- what it is about
  paper = "",              -- who published the values
  script = "",             -- of experiments/, without .lua
  settings = {},           -- values of its options that the runs have
  metrics = "",            -- of teasel.metric.all, computed where they are not kept
  length = 0,              -- the paper's steps; 0: they are not known
  data = "",               -- and how it was drawn or split, where that matters
  values = {},             -- list of {name, path, published, f}: path is a metric, or stands in
                           -- scores.json or the last line of the log: "content.test"; f (may be
                           -- left out) changes the number, as math.abs does
  why = "",                -- what is known of the difference, and from which runs
}

local HEAD = {"claim", "value", "published", "here", "steps", "minutes", "command", "difference"}
local BEGIN, END = "<!-- results", "<!-- end of results"

local function short(x) return (("%.3g"):format(x):gsub("e%+?(-?)0*", "e%1")) end

local function thousands(n)
  local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

-- a number of an opened run by a path, changed by f; nil where it has none
local function value_of(r, path, f)
  local log = r:log()
  local value = r.metrics[path] or summary.at(r.scored, path) or summary.at(log[#log] or {}, path)
  if type(value) ~= "number" or value - value ~= 0 then return nil end
  return f and f(value) or value
end

-- "; after 1,000: 0.1, 2,000: 0.14", the medians of the runs at other steps
local function before(runs, path)
  local at, steps = {}, {}
  for _, r in ipairs(runs) do
    for step, metrics in pairs(r.before) do
      if not at[step] then at[step], steps[#steps + 1] = {}, step end
      table.insert(at[step], metrics[path])
    end
  end
  table.sort(steps)
  local parts = {}
  for _, step in ipairs(steps) do
    if #at[step] > 0 then
      parts[#parts + 1] = ("%s: %s"):format(thousands(step), short(statistic.median(at[step])))
    end
  end
  return #parts > 0 and "; after " .. table.concat(parts, ", ") or ""
end

-- "0.31 [0.28, 0.33]; seeds 1: 0.28, 2: 0.31, 3: 0.33"
local function here(runs, path)
  local list, seeds = {}, {}
  for _, r in ipairs(runs) do
    local value = r.found[path]
    if value then
      list[#list + 1] = value
      seeds[#seeds + 1] = ("%s: %s"):format(r.config.seed or 0, short(value))
    end
  end
  if #list == 0 then return "not scored" end
  if #list == 1 then
    return ("%s (seed %s%s)"):format(short(list[1]), runs[1].config.seed or 0, before(runs, path))
  end
  local low, high = paired.interval(list)
  return ("%s [%s, %s]; seeds %s%s"):format(short(statistic.median(list)), short(low), short(high),
    table.concat(seeds, ", "), before(runs, path))
end

-- what a run's training took
local function seconds(r) return r.scored.seconds or r.note.seconds end

-- "4,000 of 300,000 (9.2 h)": what all of the paper's would take at the pace of these runs
local function steps_of(runs, length)
  local step = runs[1].scored.step
  if length <= 0 or step >= length then return thousands(step) end
  local hours = length * seconds(runs[1]) / step / 3600
  return ("%s of %s (%s h)"):format(thousands(step), thousands(length),
    (hours < 10 and "%.2g" or "%.0f"):format(hours))
end

local function command_of(row, config)
  local words = {"`experiments/" .. row.script .. ".lua"}
  for _, name in ipairs(tree.keys(row.settings)) do
    words[#words + 1] = ("--%s %s"):format(name, file_name.value(row.settings[name]))
  end
  if config and not row.settings.steps then
    words[#words + 1] = "--steps " .. config.steps
  end
  return table.concat(words, " ") .. "`"
end

local function metrics_of(source, row, o, step)
  local report = score.report(source, {metrics = row.metrics, points = o.points,
    checkpoint = step and tostring(step) or nil})
  local metrics = {}
  for _, found in ipairs(report.metrics) do metrics[found.name] = found.value end
  return metrics
end

-- what is to be known of a run, before its weights are let go
local function read(r, row, o)
  r.metrics, r.found, r.before = {}, {}, {}
  if row.metrics ~= "" then
    r.metrics = metrics_of(r, row, o)
    for _, step in ipairs(r.scored.step < row.length and directory.steps(r.dir) or {}) do
      if step > 0 and step < r.scored.step then
        r.before[step] = metrics_of(r.dir, row, o, step)
      end
    end
  end
  for _, value in ipairs(row.values) do r.found[value[2]] = value_of(r, value[2], value[4]) end
  r.state, r.net, r.view, r.data, r.model = nil, nil, nil, nil, nil   -- many are open at once
end

-- the runs of a row that came to their end, in groups of one setting; none where there is none
local function groups_of(row, o)
  local pattern = ("%s/%s*"):format(o.folder, row.script)
  local runs = summary.open(pattern, row.settings, true)
  local ended = {names = runs.names}
  for _, r in ipairs(runs) do
    if r.scored then
      read(r, row, o)
      ended[#ended + 1] = r
    else
      io.stderr:write(r.dir, ": has not come to its end, and is left out\n")
    end
  end
  return summary.groups(ended)
end

-- the lines of a row: one for each value of each group
local function lines_of(row, o)
  local lines, groups = {}, groups_of(row, o)
  local claim = ("%s (%s)%s"):format(row.claim, row.paper,
    row.data ~= "" and "; " .. row.data or "")
  for _, runs in ipairs(groups) do
    for i, value in ipairs(row.values) do
      lines[#lines + 1] = {i == 1 and claim or "", value[1], value[3], here(runs, value[2]),
        i == 1 and steps_of(runs, row.length) or "",
        i == 1 and ("%.0f"):format(seconds(runs[1]) / 60) or "",
        i == 1 and command_of(row, runs.config) or "", i == 1 and row.why or ""}
    end
  end
  if #groups > 0 then return lines end
  local names, published = {}, {}
  for i, value in ipairs(row.values) do names[i], published[i] = value[1], value[3] end
  return {{claim, table.concat(names, "; "), table.concat(published, "; "), "not run", "", "",
    command_of(row), ""}}
end

-- a text with the table between its two marks; nil and why not
local function put(text, table_text)
  local _, first = text:find(BEGIN, 1, true)
  first = first and text:find("\n", first, true)
  local last = first and text:find("\n" .. END, first, true)
  if not last then return nil, ("has no lines '%s' and '%s'"):format(BEGIN, END) end
  return text:sub(1, first) .. "\n" .. table_text .. text:sub(last)
end

-- reproduction(options) -> the table as Markdown, printed or put into a file; see `defaults` and
-- `row_defaults`. A file without the marks, and an unknown option, are errors.
local function of(given)
  local o = options.read("reproduction", given, defaults)
  local lines = {HEAD}
  for i, row in ipairs(o.rows) do
    row = options.read(("reproduction: row %d"):format(i), row, row_defaults)
    for _, line in ipairs(lines_of(row, o)) do lines[#lines + 1] = line end
  end
  local text = summary.markdown(lines)
  if o.out == "" then
    print(text)
    return text
  end
  local before, message = file.read(o.out)
  if not before then fail("reproduction: %s", message) end
  local after
  after, message = put(before, text)
  if not after then fail("reproduction: %s: %s", o.out, message) end
  local ok
  ok, message = file.save(o.out, after)
  if not ok then fail("reproduction: %s", message) end
  return text
end

return check.called("reproduction", of, "options: table?")
