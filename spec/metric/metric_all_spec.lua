-- The table of all metrics: which rows it has, and what its options do.

local T = require "teasel"
local core = require "teasel.core"

local metric, stream = T.metric, T.stream

local y = stream(1):integers({300, 2}, 0, 3)

local function names_of(results)
  local names = {}
  for i, row in ipairs(results) do names[i] = row.name end
  return names
end

describe("the table of all metrics", function()
  it("has values, errors where there are none, and can be read", function()
    local results = metric.all(y, y, {only = {"mig", "dci_completeness", "dci_disentanglement",
      "downstream_trees"}})
    for _, row in ipairs(results) do assert(row.value or row.error) end
    assert.are.same({"mig", "dci_disentanglement", "dci_completeness", "downstream_trees"},
      names_of(results))
    assert(results[1].interval)
    assert.matches("dci_completeness +[01]%.%d%d%d%d", tostring(results))
  end)

  it("says so where the points are too few, of which codes that know nothing score high", function()
    local found = {}
    for _, n in ipairs{20, 1000} do
      local factors, codes = stream(1):integers({n, 4}, 0, 3), stream(101):normal{n, 10}
      local results = metric.all(codes, factors, {only = {"beta_vae"}})
      found[n] = results[1].value
      assert.are.equal(n < 1000, tostring(results):find("note: 20 points are few", 1, true) ~= nil)
      assert.are.equal(n < 1000, results.note ~= nil)
    end
    assert(found[20] > 0.7 and found[1000] < 0.3, found[20] .. " " .. found[1000])
  end)

  it("prints what is no number without a sign", function()
    local results = metric.all(y, y, {only = {"mig"}})
    results[1].value, results[1].interval = -(0 / 0), {0 / 0, -(0 / 0)}
    assert.matches("mig +nan  nan %.%. nan ", tostring(results))
  end)

  it("goes on after a metric that is not possible", function()
    local results = metric.all({{1}, {2}, {3}, {4}, {5}, {6}}, {{0}, {1}, {0}, {1}, {0}, {1}},
      {only = {"beta_vae", "mig"}})
    assert.matches("got one factor", results[1].error)
    assert(results[2].value)
  end)

  it("has further rows, which may be named as those of its own", function()
    local more = {{"coarse", "mig", options = {bins = 3}}, {"order", "modularity"}}
    for _, only in ipairs{{"irs"}, {"irs", "coarse"}, {"order", "irs"}} do
      local results = metric.all(y, y, {only = only, more = more})
      assert.are.same({"irs", "coarse", "order"}, names_of(results))
      assert.are.equal((metric.mig(y, y, {bins = 3})), results[2].value)
    end
    local function own(codes, _, o) return #codes + o.half end
    local results = metric.all(y, y, {only = {"irs"}, seed = 4,
      more = {{"own", own, options = {half = .5}}, {"bad", function() error "no" end}}})
    assert.are.same({#y + .5, {n = #y, seed = 4}}, {results[2].value, results[2].details})
    assert.matches("metric_all_spec.lua:%d+: no", results[3].error)
  end)

  it("resamples what DCI learns from if it is told how often", function()
    local few = T.slice(y, 1, 1, 60)
    for _, n in ipairs{0, 3} do
      local row = metric.all(few, few, {only = {"dci_disentanglement"}, dci_resamples = n,
        resamples = 7})[1]
      assert.are.equal(n, row.details.settings.resamples)
      assert.are.equal(n > 0, row.interval ~= nil)
    end
  end)

  it("resamples what fairness draws", function()
    local row = metric.all(y, y, {only = {"fairness"}, resamples = 3})[1]
    assert.are.equal(2, #row.interval)
    assert.are.equal(300, row.details.n)
  end)

  it("says what is wrong before any work", function()
    local set = {space = true}   -- that would have to be represented
    for message, o in pairs{
      ["metric.all: option 'only': got mig, wanted a list of names of rows or metrics"] =
        {only = "mig"},
      ["metric.all: option 'only': got none, wanted a list"] = {only = {}},
      ["did you mean 'mig'"] = {only = {"mog"}},
      ["wanted one of: .*coarse.*%(did you mean 'coarse'"] = {only = {"coarsen"},
        more = {{"coarse", "mig"}}},
      ["option 'more', row 2: got the metric 'mog' %(module 'teasel.metric.mog' not found:%), "
        .. "wanted the name of a file in teasel/metric"] = {more = {{"a", "mig"}, {"b", "mog"}}},
      ["row 1: got the metric 'nil'"] = {more = {{"a"}}},
      ["row 1: got mig, wanted {name, metric, options = ...}"] = {more = {"mig"}},
      ["row 1: got no name, wanted {name, metric"] = {more = {{name = "a", metric = "mig"}}},
      ["row 1: got options of type number, wanted a table"] = {more = {{"a", "mig", options = 3}}},
      ["row 1: got the name 'mig' again"] = {more = {{"mig", "mig", options = {bins = 3}}}},
      ["row 2: got the name 'a' again"] = {more = {{"a", "mig"}, {"a", "irs"}}},
      ["option 'points': got %-1, wanted an integer of 0 or more"] = {points = -1},
      ["option 'resamples': got 0.5, wanted an integer of 0 or more"] = {resamples = 0.5},
      ["option 'dci_resamples': got %-2"] = {dci_resamples = -2},
      ["option 'factor_bins': got %-20"] = {factor_bins = -20},
    } do
      assert.error_matches(function() metric.all(set, nil, o) end, message)
    end
  end)
end)

describe("the table for continuous factors", function()
  local only = {"mig", "modularity", "irs", "explicitness", "factor_vae"}
  local numbers = stream(2):uniform{3000, 2}
  -- the second factor has few values, far apart
  local factors = T.concat({T.slice(numbers, 2, 1, 1), stream(3):integers({3000, 1}, 0, 4) * 100},
    2)

  it("is of bins where they are asked for, and of errors where they are not", function()
    for _, row in ipairs(metric.all(factors, factors, {only = only})) do
      if row.name == "irs" then
        assert(row.value > 0.9)
      else
        assert.matches("factor 1 has %d+ values among %d+ points, wanted classes", row.error)
        assert.matches("'factor_bins', of score, of metric.all and of the metric", row.error)
      end
    end
    for _, row in ipairs(metric.all(factors, factors, {only = only, factor_bins = 20})) do
      assert(row.value and row.value > 0.9, row.name .. " " .. tostring(row.value or row.error))
    end
  end)

  it("leaves factors of few values as they are", function()
    local some = T.slice(factors, 2, 2, 2)
    local result = metric.all(numbers, some, {only = {"mig"}, factor_bins = 10, resamples = 0})[1]
    assert.are.equal((metric.mig(numbers, some)), result.value)
    assert.is_near(math.log(5), result.details.entropies[1], 0.01)
  end)

  it("has the same bins in the points that are tested on", function()
    -- the test points reach half as far
    local half = T.slice(numbers, 2, 1, 1)
    local o = {only = {"sap"}, factor_bins = 10, test_codes = half / 2, test_factors = half / 2}
    local binned = core.learn.bins(half, 10, true)
    local fresh = core.learn.bins(T.concat({half, half / 2}, 1), 10, true):slice(1, 3001, 6000)
    local wanted = metric.sap(half, binned, {test_codes = half / 2, test_factors = fresh})
    assert.are.equal(wanted, metric.all(half, half, o)[1].value)
  end)
end)
