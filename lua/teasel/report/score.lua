-- Scores on the command line: the metrics of a run's codes, of codes in a file, or of a baseline.
--
--   build/teasel score RUN_OR_HDF5 [--metrics mig,dci] [--seed 1]
--
-- RUN_OR_HDF5 is a run directory whose script hands `data` and a `view` to run.train; or an HDF5
-- file with codes and factors: mus_train [n D], ys_train [n K] and, for points of their own to be
-- tested on, mus_test, ys_test (or codes, factors, codes_test, factors_test); or the word dsprites,
-- with a representation that needs no run. Prints a table, writes it as JSON with the details of
-- each metric, and draws the matrices of DCI, MIG and SAP. In Lua:
--
--   local results, report = require "teasel.report.score".of("runs/demo", {metrics = "mig,dci"})

local core = require "teasel.core"
local all = require "teasel.metric.all"
local baseline = require "teasel.represent.baseline"
local check = require "teasel.check"
local code_file = require "teasel.represent.code_file"
local command = require "teasel.run.command"
local digest = require "teasel.represent.digest"
local encoding = require "teasel.represent.encoding"
local figure = require "teasel.plot.figure"
local file_name = require "teasel.run.file_name"
local measured = require "teasel.metric.lib.measured"
local json = require "teasel.json"
local options = require "teasel.options"
local ops = require "teasel.ops"
local probe = require "teasel.represent.probe"
local raise = require "teasel.fail"
local progress = require "teasel.progress"
local run = require "teasel.run"

local op, file, system = core.op, core.file, core.system
local score = {}

local defaults = {
  metrics = "",              -- names with commas between them; "": all but the slow ones; "all"
  seed = 0,                  -- of every draw
  factors = "",              -- names or numbers of those that count; "": all
  representation = "mean",   -- of a run; or raw, pca, ica, truth, untrained
  points = 0,                -- images that are drawn; 0: all (of raw pixels: 10,000)
  checkpoint = "newest",     -- or "best"
  resamples = 20,            -- for the intervals of cheap metrics
  out = "",                  -- the JSON; "": RUN/metrics.json or FILE.metrics.json, with the
                             -- options in its name that are not these
  threads = 0,               -- 0: as many as there are processors
}

local SOURCE = debug.getinfo(1, "S").source:sub(2)   -- where --help reads what defaults says

-- each pixel is a code: what takes no minutes for thousands of them
local RAW = {points = 10000, metrics = "beta_vae,mig,modularity,irs,factor_vae"}

local function fail(form, ...) raise("score: " .. form, ...) end

-- defaults, and what only a caller in Lua can give: `more` rows, see teasel.metric.all
local function read_options(o)
  local known = {more = {}}
  for name, value in pairs(defaults) do known[name] = value end
  o = options.read("score", o, known)
  if o.points < 0 or o.resamples < 0 then
    fail("got %d points and %d resamples, wanted 0 or more", o.points, o.resamples)
  end
  return o
end

local function stream_of(o) return core.rand.stream(o.seed, "baseline") end

-- the points of a data set that are scored: all, or some that are drawn
local function chosen_points(data, o)
  local points = o.points
  if points == 0 and o.representation == "raw" then points = RAW.points end
  if points == 0 or points >= data:count() then return data end
  local order = core.rand.stream(o.seed, "points"):permutation(data:count())
  return data:subset(ops.slice(order, 1, 1, points))
end

local function encode(data, represent)
  local codes, factors = measured.encode(progress.watched(data), represent)
  return {codes = codes, factors = factors, names = data.factor_names}
end

-- the codes of a run's images
local function of_run(r, o)
  local data = chosen_points(r.data, o)
  if o.representation ~= "mean" then
    return encode(data, baseline.make(o.representation, r.data, stream_of(o), r.model))
  end
  local codes, factors = encoding.of_view(r, data)
  return {codes = codes, factors = factors, names = data.factor_names}
end

-- the codes of a file, of its points or of some that are drawn
local function of_file(path, o)
  local found = code_file(path)
  local n = #found.codes
  if o.points == 0 or o.points >= n then return found end
  if found.test_codes then
    fail("%s: got %d points, wanted all of them (0): the file says itself on which to test", path,
      o.points)
  end
  local some = ops.slice(core.rand.stream(o.seed, "points"):permutation(n), 1, 1, o.points)
  return {codes = op.take(found.codes, some), factors = op.take(found.factors, some)}
end

-- a source, or the directory of an opened run
local function name_of(source)
  local name = type(source) == "table" and source.dir or source
  if type(name) ~= "string" then
    check.wrong("score", "source", source, "a path, or what run.open gives")
  end
  return name
end

-- source -> {run = an opened run}, {data = a set, for a baseline} or {path = of a file}
local function locate(source, o)
  name_of(source)
  local mean = o.representation == "mean"
  if not mean and not baseline.names[o.representation] then
    local known = {mean = true}
    for name in pairs(baseline.names) do known[name] = true end
    options.unknown("score: --representation", o.representation, known)
  end
  local function no_checkpoint(what)
    if o.checkpoint ~= defaults.checkpoint then
      fail("got the checkpoint '%s' of %s, wanted a run's directory", o.checkpoint, what)
    end
  end
  local r = source
  if source == "dsprites" then
    no_checkpoint "dsprites"
    if mean then fail("dsprites: wanted a --representation: raw, pca, ica, truth, untrained") end
    return {data = require "teasel.data.generator.dsprites" {}}
  elseif type(source) == "table" then
    no_checkpoint "a run that is open already"
  elseif system.list(source) then
    local script = io.open(source .. "/script.lua")
    if not script then fail("%s: is no run: it has no script.lua", source) end
    script:close()
    local message
    r, message = run.open(source, o.checkpoint)
    if not r then fail("%s", message) end
  else
    no_checkpoint "a file"
    if not mean then fail("%s: a file has codes, no images for --representation", source) end
    return {path = source}
  end
  if type(r.data) ~= "table" or not r.data.factor_names then
    fail("%s: its script hands no `data` with known factors to run.train", r.dir)
  end
  return {run = r}
end

-- codes and factors of what `locate` found, and the step of a run
local function open(at, o)
  if at.run then return of_run(at.run, o), at.run.step end
  if at.path then return of_file(at.path, o) end
  return encode(chosen_points(at.data, o), baseline.make(o.representation, at.data, stream_of(o)))
end

-- the digest of all that a report depends on, but for rows of `more`; nil where it cannot be told
local function key_of(at, o)
  local how = {}
  for name, value in pairs(o) do how[name] = value end
  how.out, how.threads, how.checkpoint, how.more = nil, nil, nil, nil
  if at.run then
    local r = at.run
    return encoding.key(r, r.data, {how, r.view or false, r.model or false})
  end
  local of = at.data and encoding.set_key(at.data) or file.sha256(assert(file.read(at.path)))
  return (digest{digest.library(), how, of})
end

-- the digest of each row of `more`, by its name
local function keys_of(more)
  local keys = {}
  for _, row in ipairs(more) do keys[row[1]] = digest(row) end
  return keys
end

-- Where the JSON goes: beside what is scored, under its whole name and the options that it was not
-- written with, so that no call writes over what another one found.
local function path_of(source, o)
  if o.out ~= "" then return o.out end
  source = name_of(source)
  local parts = {source == "dsprites" and source or system.list(source) and source .. "/metrics"
    or source .. ".metrics"}
  for _, name in ipairs{"representation", "metrics", "factors", "points", "checkpoint", "seed",
    "resamples"} do
    if o[name] ~= defaults[name] then
      local value = file_name.escaped(file_name.value(o[name]))
      parts[#parts + 1] = (name == "representation" or name == "metrics") and value
        or name .. "=" .. value
    end
  end
  return table.concat(parts, "-") .. ".json"
end

-- JSON has no infinity
local function plain(v)
  if type(v) == "table" then
    local copy = {}
    for name, item in pairs(v) do copy[name] = plain(item) end
    return copy
  end
  if type(v) == "number" and v - v ~= 0 then return tostring(v) end
  if type(v) == "function" or type(v) == "userdata" then return nil end
  return v
end

local function report_of(source, results, found, o, step, key)
  local report = {source = name_of(source), step = step, representation = o.representation,
    seed = o.seed, points = o.points, n = #found.codes, codes = found.codes:shape()[2],
    factors = found.names, checkpoint = type(source) == "string" and step and o.checkpoint or nil,
    key = key, more = keys_of(o.more), metrics = {}, details = {}}
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

local function split(names)
  if names == "" or names == "all" then return nil end
  local list = {}
  for name in names:gmatch "[^,%s]+" do list[#list + 1] = name end
  return list
end

-- a list of names or numbers as numbers of columns, and their names; nil: all K
local function columns(list, names, K)
  if not list then return nil, names end
  local known, numbers, chosen = {}, {}, {}
  for k, name in ipairs(names or {}) do known[name] = k end
  for i, word in ipairs(list) do
    local k = known[word] or math.tointeger(tonumber(word))
    if not k and not names then
      fail("--factors: got the option '%s', wanted numbers of columns, 1..%d: a file has no names",
        word, K)
    end
    if not k then options.unknown("score: --factors", word, known) end
    numbers[i], chosen[i] = k, names and names[k]
  end
  return numbers, names and chosen
end

-- In what follows a source is one of the command line, or a run from run.open, whose state counts
-- and not option `checkpoint`.

-- codes(source, options) -> codes [n D], factors [n K] that would be scored
function score.codes(source, o)
  o = read_options(o)
  local found = open(locate(source, o), o)
  return found.codes, found.factors
end

-- of(source, options) -> the results of teasel.metric.all, a table as it goes into the JSON, the
-- path of that; nothing is written but a run's codes (see teasel.represent.encoding). Options as on
-- the command line.
function score.of(source, o)
  o = read_options(o)
  local only = split(o.representation == "raw" and o.metrics == "" and RAW.metrics or o.metrics)
  all.rows(only, false, o.more)   -- an unknown name is an error before the images are represented
  local at, chosen = locate(source, o), nil
  local found, step = open(at, o)
  chosen, found.names = columns(split(o.factors), found.names, found.factors:shape()[2])
  local results = all(found.codes, found.factors, {only = only, seed = o.seed, factors = chosen,
    slow = o.metrics == "all", more = o.more, resamples = o.resamples,
    test_codes = found.test_codes, test_factors = found.test_factors,
    classifier = probe.classifier})
  return results, report_of(source, results, found, o, step, key_of(at, o)), path_of(source, o)
end

-- the file can be written: said before minutes of work
local function check_path(path)
  local there = io.open(path, "rb")
  local f, message = io.open(path, "ab")
  if not f then fail("cannot write the scores: %s", message) end
  f:close()
  if there then there:close() else os.remove(path) end
end

local function draw(report, path)
  local d = report.details
  if not (d.dci or d.mig or d.sap) or report.codes > 40 then return end
  local ok, message = figure.scores(path, d, {factors = report.factors, title = report.source})
  if not ok then io.stderr:write("no figure: ", message, "\n") end
  return ok and path
end

-- save(source, options) -> the results and the report of score.of, the paths of the JSON and, where
-- there are matrices, of their figure, all written
function score.save(source, o)
  local results, report, path = score.of(source, o)
  local text = json.encode(report, {indent = true, keyorder = names_of(report)})
  local ok, message = file.save(path, text .. "\n")
  if not ok then fail("cannot write the scores: %s", message) end
  return results, report, path, draw(report, path:gsub("%.json$", "") .. ".png")
end

-- path(source, options) -> where score.save writes the JSON
function score.path(source, o) return path_of(source, read_options(o)) end

-- kept(source, options) -> the report that score.save would give, where its file is there already:
-- made of the same state, images, representation, options and library (its `key`), with these rows
-- of `more`, and of the step in scores.json; else nil
function score.kept(source, o)
  o = read_options(o)
  local text, trained = file.read(path_of(source, o)), file.read(name_of(source) .. "/scores.json")
  local report, at = text and json.decode(text), trained and json.decode(trained)
  if not report or not report.key or report.step ~= (at and at.step) then return nil end
  local more = keys_of(o.more)
  for _, row in ipairs(o.more) do
    if not more[row[1]] or more[row[1]] ~= report.more[row[1]] then return nil end
  end
  return report.key == key_of(locate(source, o), o) and report or nil
end

local USAGE = "usage: build/teasel score RUN_OR_HDF5 [options]"

-- main(): what the command line asks for, see lua/teasel/tool/score.lua
function score.main()
  local rest = table.move(arg, 1, #arg, 1, {})
  local source = rest[1] and not rest[1]:find "^%-%-" and table.remove(rest, 1)
  local known = {help = false}
  for name, value in pairs(defaults) do known[name] = value end
  local o = command.typed(rest, known)
  if o.help then
    print(USAGE .. "\n" .. command.help(defaults, command.meanings(SOURCE, "local defaults = {")))
    return
  end
  if not source then fail("got no run directory or file\n%s", USAGE) end
  if o.threads and o.threads > 0 then core.threads(o.threads) end
  if o.out then check_path(o.out) end
  local results, _, path, drawn = score.save(source, o)
  print(results)
  print(("scores in %s%s"):format(path, drawn and ", matrices in " .. drawn or ""))
end

return score
