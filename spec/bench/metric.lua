-- How long the metrics take on the arrays of the reference, beside the original's seconds:
--   build/teasel spec/bench/metric.lua [--json build/bench/metric.json] [--repeats 5] [--threads 1]
--     [--only explicitness]
-- Prints a table, and writes it as JSON if it is told where. Times are of the processor, summed
-- over threads, the median of the repeats (one for DCI), reading the arrays left out; those of the
-- original are of one thread (reference.json, `timing`, cpu_s), on the same arrays where it was
-- timed so, and with its sampling where it was not.

local T = require "teasel"
local command = require "teasel.run.command"
local json = require "dkjson"
local median = require "teasel.metric.lib.statistic".median
local reference = require "spec.metric_reference"

local core = require "teasel.core"
local metric = T.metric

local given = command.read(arg, {json = "", repeats = 5, threads = 1, only = ""})

-- name, key in `timing`, how it was called there, the least ratio that is wanted, and what we run
-- on x, y and options with the arrays to be tested on
local rows = {
  {"mig", "mig", "arrays", 10, function(x, y) metric.mig(x, y) end},
  {"modularity, explicitness", "modularity_explicitness", "arrays", 10, function(x, y, tested)
    metric.modularity(x, y)
    metric.explicitness(x, y, tested)
  end},
  {"the same, converged", "modularity_explicitness", "multinomial_converged", 10,
    function(x, y, tested)
      metric.modularity(x, y)
      metric.explicitness(x, y, tested)
    end},
  {"unsupervised", "unsupervised", "arrays", 10, function(x) metric.unsupervised(x) end},
  {"irs", "irs", "arrays", 10, function(x, y) metric.irs(x, y) end},
  {"sap", "sap_score", "arrays", 10, function(x, y, tested) metric.sap(x, y, tested) end},
  {"sap, continuous", "sap_score", "continuous_factors_true", 10, function(x, y)
    metric.sap(x, y, {continuous = true})
  end},
  {"beta_vae", "beta_vae_sklearn", "call", 10, function(x, y) metric.beta_vae(x, y) end},
  {"factor_vae", "factor_vae_score", "call", 10, function(x, y) metric.factor_vae(x, y) end},
  {"dci", "dci", "call", 30, function(x, y, tested) metric.dci(x, y, tested) end, slow = true},
}

local function timed(f, x, y, tested, repeats)
  local list = {}
  for i = 1, repeats do
    local start = os.clock()
    f(x, y, tested)
    list[i] = os.clock() - start
  end
  return median(list)
end

if not reference.all() then
  io.stderr:write("the metrics' reference is not there: nothing to measure\n")
  os.exit(0)
end
T.threads(given.threads)
local chosen = {}
for _, row in ipairs(rows) do
  if row[1]:find(given.only, 1, true) then chosen[#chosen + 1] = row end
end
local results = {}
local form = "%-20s %-26s %10s %10s %8s"
print(form:format("case", "metric", "seconds", "original", "ratio"))
for _, name in ipairs(reference.names) do
  local x, y = reference.array(name, "mus_train"), reference.array(name, "ys_train")
  local tested = {test_codes = reference.array(name, "mus_test"),
    test_factors = reference.array(name, "ys_test")}
  for _, row in ipairs(chosen) do
    local seconds = timed(row[5], x, y, tested, row.slow and 1 or given.repeats)
    local original = reference.case(name).timing[row[2]][row[3]].cpu_s
    local ratio = original / seconds
    results[#results + 1] = {case = name, metric = row[1], seconds = seconds, original = original,
      ratio = ratio, wanted = row[4], enough = ratio >= row[4]}
    print(form:format(name, row[1], ("%.4f"):format(seconds), ("%.4f"):format(original),
      ("%.0f%s"):format(ratio, ratio < row[4] and (" < %d"):format(row[4]) or "")))
  end
end
if given.json ~= "" then
  local text = json.encode({threads = given.threads, results = results}, {indent = true})
  assert(core.file.save(given.json, text .. "\n"))
end
