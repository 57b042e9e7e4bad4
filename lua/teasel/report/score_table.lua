-- One table of many scores: a row for each metric, a column for each kind of run with the median
-- and the range over its seeds, or for a representation that needs no training. Published values
-- stand under the metric they are of.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local median = require("teasel.metric.lib.statistic").median
local options = require "teasel.options"
local score = require "teasel.report.score"
local summary = require "teasel.report.summary"
local udr = require "teasel.metric.udr"

local op, file = core.op, core.file

local UDR_POINTS = 10000   -- that models are compared on

local defaults = {
  folder = "runs",      -- of the runs; the scores of representations go there too
  out = "scores.md",    -- the table's file in it
  columns = {},         -- list of {title, script, settings}: the runs in folders that are called
                        -- like the script, with these values of its options; or of {title,
                        -- representation = a name in teasel.baseline}
  rows = {},            -- metrics in their order, by their names in teasel.metric.all or `more`,
                        -- or "udr"
  metrics = "all",      -- that are computed, see score.lua
  more = {},            -- further metrics, see teasel.metric.all
  published = {},       -- metric = list of {where, title = value, ...}, a line for each
  points = 0,           -- see score.lua
}

-- the codes of a run that UDR compares, of the same points for all
local function some_codes(r, o)
  local all = score.codes(r, {points = o.points})
  return op.take(all, core.rand.stream(0, "udr"):permutation(#all):slice(1, 1,
    math.min(UDR_POINTS, #all)))
end

-- name -> list of values, one for each run, and the number of runs; what could not be computed goes
-- to `failures`
local function column(c, o, failures)
  local values = {}
  local function add(report)
    for _, row in ipairs(report.metrics) do
      values[row.name] = values[row.name] or {}
      local value = row.value == "inf" and math.huge or row.value
      if value then table.insert(values[row.name], value) end
      failures[#failures + 1] = row.error and ("%s, %s: %s"):format(report.source, row.name,
        row.error)
    end
  end
  if c.representation then
    local wanted = {representation = c.representation, more = o.more, points = o.points,
      metrics = c.representation == "raw" and "" or o.metrics}
    wanted.out = o.folder .. "/" .. score.path("dsprites", wanted)
    add(score.report("dsprites", wanted))
    return values, 1
  end
  local runs = summary.open({("%s/%s*"):format(o.folder, c[2])}, c[3])
  local groups = summary.groups(runs)
  if #groups > 1 then
    fail("score_table: the runs of '%s' differ in more than the seed: %s; %s", c[1],
      groups[1].name, groups[2].name)
  end
  local codes, kl = {}, {}
  for i, r in ipairs(runs) do
    if not r.scored then fail("score_table: %s: has not come to its end", r.dir) end
    add(score.report(r, {metrics = o.metrics, more = o.more, points = o.points}))
    if #runs > 1 then codes[i], kl[i] = some_codes(r, o), r.scored.unit_kl end
    summary.let_go(r)
  end
  if #runs > 1 then values.udr = udr(codes, nil, {kl = #kl == #runs and kl or nil}) end
  return values, #runs
end

-- "median (least to most)", and of how many where some are missing
local function cell(list, n)
  if not list or #list == 0 then return "" end
  local low, high = math.min(table.unpack(list)), math.max(table.unpack(list))
  local text = ("%.3g"):format(median(list))
  if #list > 1 then text = ("%s (%.3g to %.3g)"):format(text, low, high) end
  return #list < n and ("%s, %d of %d"):format(text, #list, n) or text
end

-- score_table(options) -> the table as Markdown, printed and written; see `defaults`. Scores that
-- are not on disk yet are computed and kept (see score.lua).
return function(given)
  local o = options.read("score_table", given, defaults)
  local head, all, numbers, failures = {"metric"}, {}, {}, {}
  for i, c in ipairs(o.columns) do
    local values, n = column(c, o, failures)
    all[i], numbers[i] = values, n
    head[i + 1] = n > 1 and ("%s, %d seeds"):format(c[1], n) or c[1]
  end
  local lines = {head}
  for _, name in ipairs(o.rows) do
    local cells = {name}
    for i in ipairs(o.columns) do cells[i + 1] = cell(all[i][name], numbers[i]) end
    lines[#lines + 1] = cells
    for _, published in ipairs(o.published[name] or {}) do
      cells = {published[1]}
      for i, c in ipairs(o.columns) do cells[i + 1] = published[c[1]] or "" end
      lines[#lines + 1] = cells
    end
  end
  local text, path = summary.markdown(lines), o.folder .. "/" .. o.out
  if #failures > 0 then text = text .. "\n" .. table.concat(failures, "\n") .. "\n" end
  local ok, message = file.save(path, text)
  if not ok then fail("score_table: %s", message) end
  print(text .. "written to " .. path)
  return text
end
