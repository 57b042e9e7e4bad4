-- What scores leave: a JSON file under a name that tells what of, and a figure of the matrices.

local core = require "teasel.core"
local digest = require "teasel.represent.digest"
local figure = require "teasel.plot.figure"
local file_name = require "teasel.run.file_name"
local file_part = require "teasel.lib.file_part"
local json = require "teasel.lib.json"
local raise = require "teasel.lib.fail"
local score_options = require "teasel.report.score_options"
local score_source = require "teasel.report.score_source"

local disk, file = core.disk, core.file
local score_output = {}

-- keys_of(more) -> the digest of each row of `more`, by its name
function score_output.keys_of(more)
  local keys = {}
  for _, row in ipairs(more) do keys[row[1]] = digest(row) end
  return keys
end

-- a directory that has a run, and is no folder of pictures
local function is_run(path)
  return disk.stat(path .. "/script.lua") ~= nil
end

-- path_of(source, options) -> where the JSON goes: beside what is scored, under its whole name and
-- the options that are not the default ones, so that no call writes over what another one found.
function score_output.path_of(source, o)
  if o.out ~= "" then return o.out end
  local other = type(source) == "table" and not source.dir and source.factors
  source = score_source.name_of(source)
  local path, part = file_part(source)
  if part then source = path .. ":" .. file_name.escaped(part) end   -- "z.h5:group/mean"
  local parts = {source == "dsprites" and source or is_run(source) and source .. "/metrics"
    or source:gsub("(.)/+$", "%1") .. ".metrics"}   -- of pictures beside their folder, not in it
  if other then parts[2] = "with=" .. file_name.escaped(other) end
  for _, name in ipairs{"representation", "metrics", "factors", "factor_bins", "points",
    "checkpoint", "seed", "resamples"} do
    if o[name] ~= score_options.defaults[name] then
      local value = file_name.escaped(file_name.value(o[name]))
      parts[#parts + 1] = (name == "representation" or name == "metrics") and value
        or name .. "=" .. value
    end
  end
  return table.concat(parts, "-") .. ".json"
end

-- JSON has no infinity and no NaN
local function plain(v)
  if type(v) == "table" then
    local copy = {}
    for name, item in pairs(v) do copy[name] = plain(item) end
    return copy
  end
  if v ~= v then return "nan" end
  if type(v) == "number" and v - v ~= 0 then return tostring(v) end
  if type(v) == "function" or type(v) == "userdata" then return nil end
  return v
end

-- report_of(source, results, found, options, step, key, more) -> the table that becomes the JSON
function score_output.report_of(source, results, found, o, step, key, more)
  local report = {source = score_source.name_of(source), step = step,
    representation = o.representation, seed = o.seed, points = o.points, n = #found.codes,
    codes = found.codes:shape()[2], code_names = found.called, factors = found.names,
    checkpoint = type(source) == "string" and step and o.checkpoint or nil,
    note = results.note, key = key, more = score_output.keys_of(more), metrics = {}, details = {}}
  for i, row in ipairs(results) do
    local details = row.details
    report.metrics[i] = {name = row.name, value = plain(row.value), interval = plain(row.interval),
      error = row.error, n = details and details.n, seed = details and details.seed,
      seconds = row.seconds, metric = row.metric}
    if details then report.details[row.metric] = plain(details) end
  end
  return report
end

-- every name in a table, so that the order of the JSON is always the same: these first
local function names_of(report)
  local list, seen = {"source", "step", "name", "value", "interval", "metrics"}, {}
  for _, name in ipairs(list) do seen[name] = true end
  local first = #list
  local function walk(t)
    for name, item in pairs(t) do
      if type(name) == "string" and not seen[name] then
        list[#list + 1], seen[name] = name, true
      end
      if type(item) == "table" then walk(item) end
    end
  end
  walk(report)
  local rest = table.move(list, first + 1, #list, 1, {})
  table.sort(rest)
  return table.move(rest, 1, #rest, first + 1, list)
end

local function draw(report, path)
  local d = report.details
  if not (d.dci or d.mig or d.sap) or report.codes > 40 then return end
  local ok, message = figure.scores(path, d, {factors = report.factors, codes = report.code_names,
    title = report.source .. (report.step and (", step %d"):format(report.step) or "")})
  if not ok then io.stderr:write("no figure: ", message, "\n") end
  return ok and path
end

-- write(report, path) -> the path of the figure, where there are matrices; both are written
function score_output.write(report, path)
  local text = json.encode(report, {indent = true, keyorder = names_of(report)})
  local ok, message = file.save(path, text .. "\n")
  if not ok then raise("score: cannot write the scores: %s", message) end
  return draw(report, path:gsub("%.json$", "") .. ".png")
end

return score_output
