-- Every metric of one set of codes in a table:
--
--   print(metric.all(codes, factors, {seed = 1}))
--   metric.all(codes, factors, {only = {"mig", "dci"}})   -- rows, or metrics with all their rows
--
-- A metric that these codes do not allow (because no points differ in one factor alone, say) has an
-- error instead of a value, and the others go on.

local core = require "teasel.core"
local given = require "teasel.metric.given"
local ops = require "teasel.ops"
local options = require "teasel.options"

local op = core.op
local WHO = "all"

-- name in the table, file, name in its details and intervals (nil: the score), other options
local rows = {
  {"beta_vae", "beta_vae"},
  {"factor_vae", "factor_vae"},
  {"mig", "mig", resamples = true},
  {"dci_disentanglement", "dci", "disentanglement", halves = true},
  {"dci_completeness", "dci", "completeness", halves = true},
  {"dci_informativeness", "dci", "informativeness", halves = true},
  {"sap", "sap", halves = true, resamples = true},
  {"modularity", "modularity", resamples = true},
  {"explicitness", "explicitness", halves = true, resamples = true},
  {"irs", "irs", resamples = true},
  {"dcimig", "dcimig", resamples = true},
  {"jemmig", "jemmig", resamples = true},
  {"z_max_variance", "z_max_variance"},
  {"total_correlation", "unsupervised", "total_correlation", resamples = true},
  {"wasserstein", "unsupervised", "wasserstein", resamples = true},
  {"wasserstein_normalised", "unsupervised", "wasserstein_normalised", resamples = true},
  {"mutual_information", "unsupervised", "mutual_information", resamples = true},
  {"downstream_trees", "downstream", options = {predictor = "trees"}, slow = true},
  {"downstream_logistic", "downstream", options = {predictor = "logistic"}, slow = true},
  {"fairness", "fairness", slow = true},
  {"leakage", "leakage", halves = true, slow = true, learner = true},
}

local standard = {
  only = options.any,      -- a list of names, of rows or metrics; nil: all but the slow ones
  slow = false,            -- those too
  seed = 0,
  train = 10000,           -- points to learn from
  test = 5000,             -- points to be tested on
  points = 10000,          -- that metrics without a test use; 0: all
  resamples = 20,          -- for the intervals of cheap metrics
  test_codes = options.any, test_factors = options.any,
  classifier = options.any,   -- of leakage
  more = {},                  -- further rows: {name, metric, options = those of the metric}
}

local all = {}

-- rows(only, slow, more) -> those of the table with these names, and `more` (see `standard`)
function all.rows(only, slow, more)
  local want, list = {}, {}
  for _, name in ipairs(only or {}) do want[name] = true end
  local known = {}
  for _, row in ipairs(rows) do
    known[row[1]], known[row[2]] = true, true
    local wanted = not only and (slow or not row.slow)
    if wanted or want[row[1]] or want[row[2]] then list[#list + 1] = row end
  end
  for name in pairs(want) do
    if not known[name] then options.unknown(WHO, name, known) end
  end
  return table.move(more or {}, 1, more and #more or 0, #list + 1, list)
end

-- the table as text, a line for each metric
local function text(results)
  local form = "%-24s %10s  %-20s %8s %6s %8s"
  local lines = {form:format("metric", "value", "95 %", "n", "seed", "seconds")}
  for _, row in ipairs(results) do
    if row.value then
      local interval = row.interval and ("%.4f .. %.4f"):format(table.unpack(row.interval)) or ""
      lines[#lines + 1] = form:format(row.name, ("%.4f"):format(row.value), interval,
        tostring(row.details.n), tostring(row.details.seed), ("%.2f"):format(row.seconds))
    else
      lines[#lines + 1] = ("%-24s  %s"):format(row.name, row.error)
    end
  end
  return table.concat(lines, "\n")
end

-- n of the points, or all
local function some(codes, factors, o)
  if o.points == 0 or o.points >= #codes then return codes, factors end
  local order = given.stream(WHO, o):permutation(#codes)
  local index = ops.narrow(order, 1, 1, o.points)
  return op.take(codes, index), op.take(factors, index)
end

local function run(row, codes, factors, few, few_factors, o)
  local of = {seed = o.seed}
  for name, value in pairs(row.options or {}) do of[name] = value end
  if row.halves then
    for _, name in ipairs{"train", "test", "test_codes", "test_factors"} do of[name] = o[name] end
  elseif row.resamples then
    codes, factors = few, few_factors
  end
  if row.resamples then of.resamples = o.resamples end
  if row.learner then of.classifier = o.classifier end
  return require("teasel.metric." .. row[2])(codes, factors, of)
end

-- all(codes [n D], factors [n K], options) -> a list of {name, value or error, interval, seconds,
-- metric, details}, seconds of processor time; details are those of the metric of this name, shared
-- by its rows. tostring gives the table.
local function call(_, codes, factors, o)
  o = given.options(WHO, o, standard)
  codes, factors = given.arrays(WHO, codes, factors, 6, o.factors)
  if o.test_codes then
    o.test_codes, o.test_factors = given.arrays(WHO, o.test_codes, o.test_factors, 1, o.factors)
  end
  local few, few_factors = some(codes, factors, o)
  local results, done = setmetatable({}, {__tostring = text}), {}
  for i, row in ipairs(all.rows(o.only, o.slow, o.more)) do
    local label = row.options and row[1] or row[2]
    local made = done[label]
    if not made then
      local start = os.clock()
      local ok, score, details = pcall(run, row, codes, factors, few, few_factors, o)
      made = {ok = ok, score = score, details = details, seconds = os.clock() - start}
    end
    results[i] = {name = row[1], metric = label, seconds = done[label] and 0 or made.seconds}
    done[label] = made
    if made.ok then
      results[i].value = row[3] and made.details[row[3]] or made.score
      results[i].details = made.details
      local named = made.details.intervals
      results[i].interval = named and named[row[3]] or made.details.interval
    else
      results[i].error = tostring(made.score)
    end
  end
  return results
end

return setmetatable(all, {__call = call})
