-- Every metric of one set of codes in a table:
--
--   print(metric.all(codes, factors, {seed = 1}))
--   metric.all(codes, factors, {only = {"mig", "dci"}})   -- rows, or metrics with all their rows
--
-- A metric that these codes do not allow (because no points differ in one factor alone, say) has an
-- error instead of a value, and the others go on.

local core = require "teasel.core"
local measured = require "teasel.metric.lib.measured"
local option = require "teasel.metric.lib.option"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local shard = require "teasel.lib.shard"
local stop = require "teasel.lib.stop"

local learn, op = core.learn, core.op
local WHO = "metric.all"
local FEW = 1000   -- points, below which scores lie beside those of more: see teasel.metric

-- name in the table, file, name in its details and intervals (nil: the score), and what it takes:
-- few: `points` of the points; halves: the sizes of both parts, or points to be tested on;
-- resamples, retrains: `resamples` or `dci_resamples`; learner: the classifier
local rows = {
  {"beta_vae", "beta_vae"},
  {"factor_vae", "factor_vae"},
  {"mig", "mig", few = true, resamples = true},
  {"dci_disentanglement", "dci", "disentanglement", halves = true, retrains = true},
  {"dci_completeness", "dci", "completeness", halves = true, retrains = true},
  {"dci_informativeness", "dci", "informativeness", halves = true, retrains = true},
  {"sap", "sap", halves = true, resamples = true},
  {"modularity", "modularity", few = true, resamples = true},
  {"explicitness", "explicitness", halves = true, resamples = true},
  {"irs", "irs", few = true, resamples = true},
  {"dcimig", "dcimig", few = true, resamples = true},
  {"jemmig", "jemmig", few = true, resamples = true},
  {"z_max_variance", "z_max_variance"},
  {"total_correlation", "unsupervised", "total_correlation", few = true, resamples = true},
  {"wasserstein", "unsupervised", "wasserstein", few = true, resamples = true},
  {"wasserstein_normalised", "unsupervised", "wasserstein_normalised", few = true,
    resamples = true},
  {"mutual_information", "unsupervised", "mutual_information", few = true, resamples = true},
  {"downstream_trees", "downstream", options = {predictor = "trees"}, slow = true},
  {"downstream_logistic", "downstream", options = {predictor = "logistic"}, slow = true},
  {"fairness", "fairness", resamples = true, slow = true},
  {"leakage", "leakage", halves = true, slow = true, learner = true},
}

local defaults = {
  only = options.any,      -- a list of names, of rows or metrics; nil: all but the slow ones
  slow = false,            -- those too
  factor_bins = 0,         -- of a factor's range, if it has more values; 0: every value counts
  seed = 0,
  train = 10000,           -- points to learn from
  test = 5000,             -- points to be tested on
  points = 10000,          -- that metrics without a test use; 0: all
  resamples = 20,          -- for the intervals of cheap metrics
  dci_resamples = 0,       -- for that of DCI, each of which takes as long as the score
  test_codes = options.any, test_factors = options.any,
  classifier = options.any,   -- of leakage
  more = {},   -- further rows, whatever `only` says: {name, metric, options = those of the metric},
               -- the name of one or a function as they are, whose details may be left out
}

local all = {}

-- an error where a further row is not {name, metric, options or nil}, of a name that no other has
local function check_more(more, known)
  for i, row in ipairs(more) do
    local function fail(...)
      option.fail(WHO, "option 'more', row %d: got %s, wanted %s", i, ...)
    end
    if type(row) ~= "table" or type(row[1]) ~= "string" then
      fail(type(row) == "table" and "no name" or tostring(row), "{name, metric, options = ...}")
    end
    if known[row[1]] then fail("the name '" .. row[1] .. "' again", "one of its own") end
    local ok, message = type(row[2]) == "function"
    if not ok then ok, message = pcall(require, "teasel.metric." .. tostring(row[2])) end
    if not ok then
      fail(("the metric '%s' (%s)"):format(row[2], tostring(message):match "^[^\n]*"),
        "the name of a file in teasel/metric")
    end
    if row.options ~= nil and type(row.options) ~= "table" then
      fail("options of type " .. type(row.options), "a table")
    end
    known[row[1]] = true
  end
end

-- rows(only, slow, more [, who]) -> those of the table with these names, and `more`, an option of
-- `all`. An unknown name is an error of `who`, "metric.all" without it.
function all.rows(only, slow, more, who)
  more = more or {}
  if only ~= nil and (type(only) ~= "table" or #only + #more == 0) then
    option.fail(WHO, "option 'only': got %s, wanted a list of names of rows or metrics",
      type(only) == "table" and "none" or tostring(only))
  end
  local want, known, list = {}, {}, {}
  for _, name in ipairs(only or {}) do want[name] = true end
  for _, row in ipairs(rows) do
    known[row[1]], known[row[2]] = true, true
    local wanted = not only and (slow or not row.slow)
    if wanted or want[row[1]] or want[row[2]] then list[#list + 1] = row end
  end
  check_more(more, known)
  for name in pairs(want) do
    if not known[name] then options.unknown(who or WHO, name, known) end
  end
  return table.move(more, 1, #more, #list + 1, list)
end

-- a number to four digits; of what is none C may write a sign
local function digits(v) return v == v and ("%.4f"):format(v) or "nan" end

-- the table as text, a line for each metric, and the note
local function text(results)
  local form = "%-24s %10s  %-20s %8s %6s %8s"
  local lines = {form:format("metric", "value", "95 %", "n", "seed", "seconds")}
  for _, row in ipairs(results) do
    if row.value then
      local interval = row.interval and digits(row.interval[1]) .. " .. " .. digits(row.interval[2])
        or ""
      lines[#lines + 1] = form:format(row.name, digits(row.value), interval,
        tostring(row.details.n), tostring(row.details.seed), ("%.2f"):format(row.seconds))
    else
      lines[#lines + 1] = ("%-24s  %s"):format(row.name, row.error)
    end
  end
  lines[#lines + 1] = results.note
  return table.concat(lines, "\n")
end

-- n of the points, or all
local function some(codes, factors, o)
  if o.points == 0 or o.points >= #codes then return codes, factors end
  local order = option.stream("all", o):permutation(#codes)
  local index = ops.slice(order, 1, 1, o.points)
  return op.take(codes, index), op.take(factors, index)
end

-- the factors, and those to be tested on where there are any: a column with more than `bins` values
-- becomes the numbers of that many parts of its range, the same for both
local function binned(factors, tests, bins)
  local n, both = #factors, tests and op.concat({factors, tests}, 1) or factors
  local _, values = learn.classes(both)
  local columns = {}
  for k, list in ipairs(values) do
    local column = ops.slice(both, 2, k, k)
    columns[k] = #list > bins and learn.bins(column, bins, true) or column
  end
  both = op.concat(columns, 2)
  return ops.slice(both, 1, 1, n), tests and ops.slice(both, 1, n + 1, #both)
end

-- the name of what a row measures, which it may share with others
local function label_of(row)
  return (row.options or type(row[2]) == "function") and row[1] or row[2]
end

-- a metric that is no file of teasel: its score is a number, and details may be left out
local function of_own(row, codes, factors, o)
  local score, details = row[2](codes, factors, o)
  if type(score) ~= "number" then
    option.fail(row[1], "the metric gave %s, wanted a number and, where it likes, a table of "
      .. "details", tostring(score))
  end
  details = details or {}
  details.n, details.seed = details.n or #codes, details.seed or o.seed
  return score, details
end

local function run(row, codes, factors, few, few_factors, o)
  local of = {seed = o.seed}
  for name, value in pairs(row.options or {}) do of[name] = value end
  if row.halves then
    for _, name in ipairs{"train", "test", "test_codes", "test_factors"} do of[name] = o[name] end
  elseif row.few then
    codes, factors = few, few_factors
  end
  if row.resamples then of.resamples = o.resamples end
  if row.retrains then of.resamples = o.dci_resamples end
  if row.learner then of.classifier = o.classifier end
  if type(row[2]) == "function" then return of_own(row, codes, factors, of) end
  return require("teasel.metric." .. row[2])(codes, factors, of)
end

-- a plain value as the text of a Lua expression that gives the same one, every bit of it; what is
-- none, as a function, is left out
local function written(v)
  if type(v) == "table" then
    local parts = {}
    for name, item in pairs(v) do
      local text = written(item)
      if text then parts[#parts + 1] = ("[%s]=%s"):format(written(name), text) end
    end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  local plain = type(v) == "number" or type(v) == "string" or type(v) == "boolean"
  return plain and ("%q"):format(v) or nil
end

-- What each metric made, by its label. Processes that share the work take some metrics each.
local function made_of(list, ...)
  local index, count = shard.sharing()
  local made, labels = {}, {}
  for _, row in ipairs(list) do
    local label = label_of(row)
    if not made[label] then
      made[label] = {}
      local mine = #labels % count == index
      labels[#labels + 1] = label
      if mine then
        local start = os.clock()
        local ok, score, details = pcall(run, row, ...)
        if not ok then stop.passed(score) end
        made[label] = {ok = ok, score = ok and score or tostring(score), details = details,
          seconds = os.clock() - start}
      end
    end
  end
  for i, label in ipairs(count > 1 and labels or {}) do
    local whose = (i - 1) % count
    local text = shard.broadcast(whose == index and written(made[label]) or "", whose)
    if whose ~= index then made[label] = assert(load("return " .. text, "=metric", "t", {}))() end
  end
  return made
end

-- all(codes [n D], factors [n K], options) -> a list of {name, value or error, interval, seconds,
-- metric, details}, seconds of processor time; details are those of the metric of this name, shared
-- by its rows; and `note`, a line that says so where the points are few. tostring gives the table.
local function call(_, codes, factors, o)
  o = option.read(WHO, o, defaults)
  option.whole(WHO, "points", o.points, 0)
  local list = all.rows(o.only, o.slow, o.more)
  codes, factors = measured.arrays(WHO, codes, factors, 6, o.factors)
  if o.test_codes or o.test_factors then
    o.test_codes, o.test_factors = measured.arrays(WHO, o.test_codes, o.test_factors, 1, o.factors)
  end
  if o.factor_bins > 0 then
    factors, o.test_factors = binned(factors, o.test_factors, o.factor_bins)
  end
  local few, few_factors = some(codes, factors, o)
  local results, done = setmetatable({}, {__tostring = text}), {}
  if #codes < FEW then
    results.note = ("note: %d points are few: of fewer than %d, codes that know nothing score "
      .. "above chance (help metric)"):format(#codes, FEW)
  end
  local all_made = made_of(list, codes, factors, few, few_factors, o)
  for i, row in ipairs(list) do
    local label = label_of(row)
    local made = all_made[label]
    results[i] = {name = row[1], metric = label, seconds = done[label] and 0 or made.seconds}
    done[label] = true
    if made.ok then
      results[i].value = row[3] and made.details[row[3]] or made.score
      results[i].details = made.details
      local named = made.details.intervals
      results[i].interval = named and named[row[3]] or made.details.interval
    else
      -- the line that called is the same for all rows
      results[i].error = made.score:gsub("^[^\n]-:%d+: (" .. tostring(row[2]) .. ": )", "%1")
    end
  end
  return results
end

return setmetatable(all, {__call = call})
