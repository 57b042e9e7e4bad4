-- What every metric does with what is wrong or says nothing: one table for all of them.

local T = require "teasel"
local core = require "teasel.core"
local space = require "teasel.data.space"

local metric, stream = T.metric, T.stream

-- the modules that are no metrics of codes and factors; udr takes the codes of several models
local OTHERS = {all = true, dlib = true, exact = true, gap = true, given = true, init = true,
  udr = true, votes = true}

local names = {}
for _, file in ipairs(core.system.list "lua/teasel/metric") do
  local name = file:match "^(.*)%.lua$"
  if name and not OTHERS[name] then names[#names + 1] = name end
end
table.sort(names)

-- small enough for the slow ones; those without such options do without
local SMALL = {
  beta_vae = {train = 60, test = 40}, factor_vae = {train = 60, test = 40},
  z_max_variance = {train = 60, test = 40}, dci = {stages = 3}, fairness = {train = 60, points = 5},
  downstream = {sizes = {60}, test = 60},
}

local y = space{names = {"a", "b", "c"}, sizes = {3, 4, 10}}:enumerate()
local z = T.matmul(y, stream(1):normal{3, 4}) + stream(2):normal{120, 4} * 0.1
local still = T.zeros{120, 4}
local set = space.set(space{names = {"a", "b"}, sizes = {4, 6}}, function(index)
  return index:reshape{#index, 1}
end)
local single = T.concat({y, T.ones(120, 1)}, 2)

local function with(x, i, j, v)
  local rows = x:table()
  rows[i][j] = v
  return T.tensor(rows)
end

local function run(name, x, f, more)
  local o = {}
  for key, value in pairs(SMALL[name] or {}) do o[key] = value end
  for key, value in pairs(more or {}) do o[key] = value end
  return metric[name](x, f, o)
end

-- what is wrong, what the error says, the arguments, and metrics that have another answer
local WRONG = {
  {"a code that is not a number", "row 7, column 2 of the codes is nan, wanted a finite number",
    function(name) run(name, with(z, 7, 2, 0 / 0), y) end},
  {"an infinite code", "row 120, column 4 of the codes is inf",
    function(name) run(name, with(z, 120, 4, math.huge), y) end},
  {"words for factors", 'got factors that are no lists of numbers: got "a", wanted a number',
    function(name) run(name, {{1}, {2}}, {{"a"}, {"b"}}) end, unsupervised = "needs none"},
  {"codes of rows that differ", "got codes that are no lists of numbers: got a table of 2 items",
    function(name) run(name, {{1}, {2, 3}}, {{1}, {2}}) end},
  {"a factor that is not a number", "row 1, column 3 of the factors is nan",
    function(name) run(name, z, with(y, 1, 3, 0 / 0)) end},
  {"lengths that differ", "got 120 codes and 119 factors, wanted as many points",
    function(name) run(name, z, T.slice(y, 1, 1, 119)) end},
  {"one point", "wanted %d+ or more", function(name) run(name, {{1, 2}}, {{1, 2}}) end},
  {"codes of one axis", "got codes of shape %[120%], wanted %[points columns%]",
    function(name) run(name, T.zeros{120}, y) end},
  {"codes of no columns", "wanted %[points columns%]",
    function(name) run(name, T.zeros{120, 0}, y) end},
  {"a word for codes", "got string for codes", function(name) run(name, "mus", y) end},
  {"nothing for factors", "got nil for factors", function(name) run(name, z, nil) end,
    unsupervised = "needs none"},
  {"an option that there is not", "did you mean 'seed'",
    function(name) run(name, z, y, {sed = 1}) end},
  {"an option of the wrong type", "option 'seed': got 1 %(a string%), wanted a number",
    function(name) run(name, z, y, {seed = "1"}) end},
  {"a factor that is not there", "numbers of columns, 1%.%.3",
    function(name) run(name, z, y, {factors = {4}}) end},
  {"a number for factors that count", "option 'factors': got 1, wanted a list of numbers of col",
    function(name) run(name, z, y, {factors = 1}) end},
  {"a word for factors that count", "option 'factors': got a, wanted a list of numbers of columns",
    function(name) run(name, z, y, {factors = "a"}) end},
  {"a representation that gives nothing", "represent gave nil for 24 images, wanted codes %[24 D%]",
    function(name) run(name, set, function() end) end},
  {"a representation that gives one number for each image",
    "represent gave a tensor %[24%] for 24 images, wanted codes %[24 D%]",
    function(name) run(name, set, function(x) return x:reshape{24} end) end},
  {"a representation of other images",
    "represent gave a tensor %[23 1%] for 24 images, wanted codes %[24 D%]",
    function(name) run(name, set, function(x) return x:slice(1, 1, 23) end) end},
  {"images that the set does not draw", "images gave nil for 24 points, wanted images %[24 ",
    function(name)
      run(name, space.set(set.space, function() end), function(x) return x end)
    end, who = "set"},
  {"a factor with one value", "factor 4 has one value",
    function(name) run(name, z, single) end,
    unsupervised = "looks at codes"},
  {"a factor with a value for each point",
    "factor 2 has %d+ values among %d+ points, wanted classes that points share",
    function(name) run(name, z, T.concat({y, stream(3):uniform{120, 1}}, 2), {factors = {1, 4}})
    end,
    unsupervised = "looks at codes", irs = "puts factors in bins"},
  {"a data set alone", "got nil for represent, wanted a function from images to codes",
    function(name) run(name, set, nil) end},
}

-- the same of an option that not all of them have
local WRONG_OPTIONS = {
  resamples = {-1, "option 'resamples': got %-1, wanted an integer of 0 or more"},
  factor_bins = {-1, "option 'factor_bins': got %-1, wanted an integer of 0 or more"},
  train = {0, "option 'train': got 0, wanted an integer of 1 or more"},
  test = {2.5, "option 'test': got 2.5, wanted an integer of 1 or more"},
  stream = {3, "option 'stream': got 3, wanted a stream"},
  points = {0, "option 'points': got 0, wanted an integer of 1 or more"},
  sizes = {{60, "a"}, "option 'sizes': got a, wanted an integer of 1 or more"},
}

describe("every metric", function()
  it("is in the table", function()
    assert(#names >= 15, table.concat(names, " "))
    for name in pairs(SMALL) do assert.is_truthy(metric[name], name) end
  end)

  for _, row in ipairs(WRONG) do
    local what, message, f = table.unpack(row)
    it("refuses " .. what .. " in its own name", function()
      for _, name in ipairs(names) do
        if row[name] then
          assert.has_no.errors(function() f(name) end, name)
        else
          local ok, got = pcall(f, name)
          assert.is_false(ok, name .. " takes it")
          assert.is_truthy(tostring(got):find((row.who or name) .. ": ", 1, true),
            name .. ": " .. tostring(got))
          assert.matches(message, got)
        end
      end
    end)
  end

  for option, row in pairs(WRONG_OPTIONS) do
    local value, message = table.unpack(row)
    it("that has the option '" .. option .. "' refuses what it cannot be", function()
      local seen = 0
      for _, name in ipairs(names) do
        local _, got = pcall(run, name, z, y, {[option] = value})
        if not tostring(got):find("got the option '" .. option, 1, true) then
          assert.matches("^[^:]*spec.lua:%d+: " .. name .. ": " .. message, tostring(got))
          seen = seen + 1
        end
      end
      assert(seen > 0)
    end)
  end

  it("that learns from several numbers of points wants one", function()
    assert.error_matches(function() run("downstream", z, y, {sizes = {}}) end,
      "downstream: option 'sizes': got none, wanted one or more")
  end)

  it("has a value for codes that never vary, and none above that of chance", function()
    for _, name in ipairs(names) do
      local score = run(name, still, y)
      if name == "unsupervised" then
        assert.are.equal(math.huge, score)
      elseif name == "jemmig" then   -- knows no factor and nothing else either
        local wanted = 0
        for _, size in ipairs{3, 4, 10} do
          wanted = wanted + math.log(20) / (math.log(size) + math.log(20)) / 3
        end
        assert.is_near(wanted, score, 1e-12)
      else
        assert(score == score and score >= 0 and score <= 0.56, name .. ": " .. score)
      end
    end
  end)

  it("has a number for codes of one column, and for a single factor or an error", function()
    local one, alone = T.slice(z, 2, 1, 1), T.slice(y, 2, 1, 1)
    for _, name in ipairs(names) do
      local score = run(name, one, y)
      assert(score == score and score >= 0 and score <= 1, name .. ": " .. score)
      local ok, other = pcall(run, name, z, alone)
      if ok then
        assert(other == other, name)
      else
        assert.matches("wanted two or more", other)
      end
    end
  end)

  it("is not disturbed by codes of any magnitude", function()
    for _, scale in ipairs{1e-12, 1e12} do
      for _, name in ipairs(names) do
        local score = run(name, z * scale, y)
        assert(score - score == 0, name .. ": " .. score)
      end
    end
  end)
end)
