-- Published numbers beside those of runs here, as one table of Markdown; and the record that it is
-- made of where the runs themselves are gone.
--
--   reproduction{folder = "runs", rows = {{claim = "FactorVAE", paper = "Kim & Mnih 2018",
--     script = "factor_vae_dsprites", settings = {network = "small"}, metrics = "factor_vae",
--     length = 300000, data = "dSprites", values = {{"FactorVAE score", "factor_vae", ".82"}},
--     why = "a seventieth of the steps"}}}
--
-- A row has the runs that came to their end in folders that are called like the script, with these
-- settings; runs that differ in more than the seed make a line each. Every seed is shown, and of
-- two or more the median and its interval (teasel.report.paired). Where a run is shorter than the
-- paper's, what metrics and `rescore` find of its other checkpoints stands beside. A row without
-- runs says so, with the command.
--
-- With `record`, the file of that path keeps what was found (teasel.report.record says how). The
-- runs in `folder` that rows ask for are put into it, each in the place of what is known of the
-- same run, and the table is of all that is in it then. Entries that no row asks for stay, and are
-- named on the error stream. A file that is not there is made; a malformed one is an error, and
-- nothing is written.

local core = require "teasel.core"
local check = require "teasel.lib.check"
local digest = require "teasel.represent.digest"
local directory = require "teasel.run.directory"
local fail = require "teasel.lib.fail"
local file_name = require "teasel.run.file_name"
local options = require "teasel.options"
local paired = require "teasel.report.paired"
local record = require "teasel.report.record"
local run = require "teasel.run"
local score = require "teasel.report.score"
local settings = require "teasel.run.settings"
local statistic = require "teasel.metric.lib.statistic"
local summary = require "teasel.report.summary"
local tree = require "teasel.tree"

local finite, thousands = summary.finite, summary.thousands

local file, system = core.file, core.system

local defaults = {
  folder = "runs",   -- of the runs
  record = "",       -- the file that keeps what was found; "": the table is of the runs alone
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
  rescore = options.any,   -- function(run) -> what scores.json would have of values that are none
                           -- of these, for a run opened at an earlier checkpoint
  length = 0,              -- the paper's steps; 0: they are not known, and taken for more
  data = "",               -- and how it was drawn or split, where that matters
  values = {},             -- list of {name, path, published, f}: path is a metric, or stands in
                           -- scores.json or the last line of the log: "content.test"; f (may be
                           -- left out) changes the number, as math.abs does
  why = "",                -- what is known of the difference, and from which runs
}

local HEAD = {"claim", "value", "published", "here", "steps", "minutes", "command", "difference"}
local BEGIN, END = "<!-- results", "<!-- end of results"

local function short(x) return (("%.3g"):format(x):gsub("e%+?(-?)0*", "e%1")) end

-- what is known by the path of one of a row's values, changed by its f; nil where nothing is
local function value_of(known, value)
  local x, f = known[value[2]], value[4]
  return x and f and f(x) or x
end

local function shorter(step, length) return length == 0 or step < length end

-- "; after 1,000: 0.1, 2,000: 0.14", the medians of the runs at other steps
local function before(entries, value, length)
  local at, steps = {}, {}
  for _, entry in ipairs(entries) do
    for step, known in pairs(shorter(entry.step, length) and entry.before or {}) do
      if not at[step] then at[step], steps[#steps + 1] = {}, step end
      table.insert(at[step], value_of(known, value))
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
local function here(entries, value, length)
  local list, seeds, seed = {}, {}, nil
  for _, entry in ipairs(entries) do
    local x = value_of(entry.values, value)
    if x then
      seed = entry.config.seed or 0
      list[#list + 1], seeds[#seeds + 1] = x, ("%s: %s"):format(seed, short(x))
    end
  end
  if #list == 0 then return "not scored" end
  local earlier = before(entries, value, length)
  if #list == 1 then return ("%s (seed %s%s)"):format(short(list[1]), seed, earlier) end
  local low, high = paired.interval(list)
  return ("%s [%s, %s]; seeds %s%s"):format(short(statistic.median(list)), short(low), short(high),
    table.concat(seeds, ", "), earlier)
end

-- the median of the seconds that entries took, as far as they are known; or nil
local function seconds_of(entries)
  local list = {}
  for _, entry in ipairs(entries) do list[#list + 1] = entry.seconds end
  return #list > 0 and statistic.median(list) or nil
end

-- "4,000 of 300,000 (9.2 h)": what all of the paper's would take at the pace of these runs
local function steps_of(step, seconds, length)
  if length <= 0 or step >= length then return thousands(step) end
  local text = ("%s of %s"):format(thousands(step), thousands(length))
  if not seconds or step == 0 then return text end
  local hours = length * seconds / step / 3600
  return ("%s (%s h)"):format(text, (hours < 10 and "%.2g" or "%.0f"):format(hours))
end

-- what makes the runs of a row; the seed aside, as those of an entry
local function command_of(row, entry)
  local all, words = {}, {"`experiments/" .. row.script .. ".lua"}
  for name in (entry and entry.set or ""):gmatch "%S+" do all[name] = entry.config[name] end
  for name, value in pairs(row.settings) do all[name] = value end
  if entry and all.steps == nil then all.steps = entry.config.steps end
  for _, name in ipairs(tree.keys(all)) do
    local value = file_name.value(all[name])
    words[#words + 1] = ("--%s %s"):format(name, value:find "^[%w.,_+/-]+$" and value
      or '"' .. value .. '"')
  end
  return table.concat(words, " ") .. "`"
end

-- the metrics of a run that are numbers, by name, and the digest of the library that computed them,
-- where it can be told: kept scores are of none but the present one
local function metrics_of(source, row, o, step)
  local report = score.report(source, {metrics = row.metrics, points = o.points,
    checkpoint = step and tostring(step) or nil})
  local metrics = {}
  for _, found in ipairs(report.metrics) do
    metrics[found.name] = finite(found.value) and found.value or nil
  end
  return metrics, report.key and digest.library()
end

-- puts what a row asks for of a run's checkpoint of an earlier step into `known`
local function read_earlier(dir, row, o, step, known)
  local metrics = row.metrics ~= "" and metrics_of(dir, row, o, step) or {}
  local scores = row.rescore and row.rescore(assert(run.open(dir, step))) or {}
  for _, value in ipairs(row.values) do
    local path = value[2]
    local x = metrics[path] or summary.at(scores, path)
    known[path] = finite(x) and x or known[path]
  end
end

-- puts what a row asks for of an opened run into its entry, and lets the weights go
local function read(r, row, o, entry)
  local metrics, log = {}, r:log()
  if row.metrics ~= "" then metrics, entry.library = metrics_of(r, row, o) end
  local curve = shorter(entry.step, row.length) and (row.metrics ~= "" or row.rescore)
  for _, step in ipairs(curve and directory.steps(r.dir) or {}) do
    if step > 0 and step < entry.step then
      entry.before[step] = entry.before[step] or {}
      read_earlier(r.dir, row, o, step, entry.before[step])
    end
  end
  for _, value in ipairs(row.values) do
    local path = value[2]
    local x = metrics[path] or summary.at(r.scored, path) or summary.at(log[#log] or {}, path)
    entry.values[path] = finite(x) and x or nil
  end
  summary.let_go(r)
end

-- the options of a run, without the place where a folder of data lies on this machine
local function config_of(r)
  local config = settings.own(r.config)
  config.data = summary.setting(config, "data")
  return config
end

-- the options of a run, by name, that are not as they were written and that can change what it
-- finds
local function set_in(r)
  local names = {}
  for _, name in ipairs(settings.given(r.config)) do
    if name ~= "seed" then names[#names + 1] = name end
  end
  return table.concat(names, " ")
end

-- the entries of the runs that rows ask for and that came to their end, and the directories by
-- entry
local function measured(o)
  local entries, dirs, known = {}, {}, {}
  for _, row in ipairs(o.rows) do
    local runs = summary.open(("%s/%s*"):format(o.folder, row.script), row.settings, true)
    for _, r in ipairs(runs) do
      if r.scored then
        local entry = known[r.dir] or {script = row.script, config = config_of(r),
          set = set_in(r), step = r.scored.step,
          seconds = r.scored.seconds or r.note.seconds, values = {}, before = {}}
        if not known[r.dir] then
          known[r.dir], entries[#entries + 1], dirs[entry] = entry, entry, r.dir
        end
        read(r, row, o, entry)
      else
        io.stderr:write(r.dir, ": has not come to its end, and is left out\n")
      end
    end
  end
  return entries, dirs
end

-- the entries of the record with those of the folder's runs put in, and the text of its file so far
local function recorded(o)
  local text, message = file.read(o.record)
  if not text and not message:find "No such file" then fail("reproduction: %s", message) end
  local entries, there = record.parse(text or "", o.record), nil
  there, message = system.list(o.folder)
  if not there then
    io.stderr:write(message, ": no runs, and the table is of ", o.record, " alone\n")
    return entries, text
  end
  local found, dirs = measured(o)
  for _, entry in ipairs(found) do
    for _, old in ipairs(record.put(entries, entry)) do
      if dirs[old] then
        io.stderr:write(dirs[old], ": is the same run as ", dirs[entry], ", which counts\n")
      end
    end
  end
  return entries, text
end

-- the entries that a row asks for
local function asked_for(row, entries)
  local list = {}
  for _, entry in ipairs(entries) do
    local has = entry.script == row.script
    for name, value in pairs(row.settings) do has = has and entry.config[name] == value end
    list[#list + 1] = has and entry or nil
  end
  return list
end

-- the lines of a row: one for each value of each group of entries
local function lines_of(row, entries)
  local lines, groups = {}, record.groups(entries)
  local claim = ("%s (%s)%s"):format(row.claim, row.paper,
    row.data ~= "" and "; " .. row.data or "")
  for _, group in ipairs(groups) do
    local first, seconds = group[1], seconds_of(group)
    for i, value in ipairs(row.values) do
      lines[#lines + 1] = {i == 1 and claim or "", value[1], value[3],
        here(group, value, row.length), i == 1 and steps_of(first.step, seconds, row.length) or "",
        i == 1 and seconds and ("%.0f"):format(seconds / 60) or "",
        i == 1 and command_of(row, first) or "", i == 1 and row.why or ""}
    end
  end
  if #groups > 0 then return lines end
  local names, published = {}, {}
  for i, value in ipairs(row.values) do names[i], published[i] = value[1], value[3] end
  return {{claim, table.concat(names, "; "), table.concat(published, "; "), "not run", "", "",
    command_of(row), ""}}
end

-- the table, and a line on the error stream for each entry of a record that is not in it
local function table_of(o, entries)
  local lines, asked = {HEAD}, {}
  for _, row in ipairs(o.rows) do
    local own = asked_for(row, entries)
    for _, entry in ipairs(own) do asked[entry] = true end
    for _, line in ipairs(lines_of(row, own)) do lines[#lines + 1] = line end
  end
  for _, entry in ipairs(entries) do
    if not asked[entry] then
      io.stderr:write(o.record, ": no row asks for ", record.label(entry), "\n")
    end
  end
  return summary.markdown(lines)
end

-- a text with the table between its two marks; nil and why not
local function put(text, table_text)
  local _, first = text:find(BEGIN, 1, true)
  first = first and text:find("\n", first, true)
  local last = first and text:find("\n" .. END, first, true)
  if not last then return nil, ("has no lines '%s' and '%s'"):format(BEGIN, END) end
  return text:sub(1, first) .. "\n" .. table_text .. text:sub(last)
end

-- saves a file; an error says why it cannot be
local function save(path, text)
  local ok, message = file.save(path, text)
  if not ok then fail("reproduction: %s", message) end
end

-- reproduction(options) -> the table as Markdown, printed or put into a file; see `defaults` and
-- `row_defaults`. A file without the marks, a malformed record, and an unknown option are errors.
local function of(given)
  local o = options.read("reproduction", given, defaults)
  local rows, entries, known = {}, nil, nil
  for i, row in ipairs(o.rows) do
    rows[i] = options.read(("reproduction: row %d"):format(i), row, row_defaults)
  end
  o.rows = rows
  if o.record == "" then entries = measured(o) else entries, known = recorded(o) end
  local text, after = table_of(o, entries), nil
  if o.out ~= "" then
    local page, message = file.read(o.out)
    if not page then fail("reproduction: %s", message) end
    after, message = put(page, text)
    if not after then fail("reproduction: %s: %s", o.out, message) end
  end
  local kept = record.text(entries)
  if o.record ~= "" and kept ~= known then save(o.record, kept) end
  if after then save(o.out, after) else print(text) end
  return text
end

return check.called("reproduction", of, "options: table?")
