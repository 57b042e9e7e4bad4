-- Scores on the command line, baselines and the probe.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local json = require "dkjson"
local dsprites = require "teasel.data.generator.dsprites"
local score = require "teasel.report.score"
local scratch = require "spec.scratch"

local baseline, probe, metric, stream = T.baseline, T.probe, T.metric, T.stream

local folder

local function try(...)
  local words = table.concat({...}, " ")
  local pipe = assert(io.popen(("cd '%s' && %s %s/lua/teasel/tool/score.lua %s 2>&1"):format(folder,
    child.lua, child.root, words)))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  return text, status
end

local function read(path)
  local file = assert(io.open(folder .. "/" .. path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- an HDF5 file of arrays {name = tensor [n d]}
local function write(path, arrays)
  local out <close> = assert(core.file.export(folder .. "/" .. path))
  local names = T.tree.keys(arrays)
  for _, name in ipairs(names) do
    assert(out:dataset(name, core.double and "float64" or "float32", arrays[name]:shape(), 0))
  end
  for i, name in ipairs(names) do assert(out:rows(i, arrays[name]:data())) end
  assert(out:close())
end

local y = stream(1):integers({400, 2}, 0, 3)
local z = T.matmul(y, stream(2):normal{2, 3}) + stream(3):normal{400, 3} * 0.1

setup(function()
  folder = scratch.make()
  write("some.h5", {codes = z, factors = y})
  write("halves.h5", {mus_train = T.slice(z, 1, 1, 300), ys_train = T.slice(y, 1, 1, 300),
    mus_test = T.slice(z, 1, 301, 400), ys_test = T.slice(y, 1, 301, 400)})
  write("lost.h5", {codes = z, latents = y})
  write("none.h5", {})
  write("empty.h5", {codes = T.zeros{0, 3}, factors = T.zeros{0, 2}})
  write("short.h5", {codes = z, factors = T.slice(y, 1, 1, 3)})
  for name, head in pairs{["some.npz"] = "PK\3\4", ["some.npy"] = "\x93NUMPY\1\0", ["some.gz"] =
      "\x1f\x8b\8", ["nothing.h5x"] = ""} do
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(head)
    file:close()
  end
end)

teardown(function() scratch.remove(folder) end)

describe("the command line of scores #apart", function()
  it("says in --help what it scores and what a file may be, and lists its options", function()
    local text, status = try "--help"
    assert.equal(0, status)
    for _, said in ipairs{"RUN_OR_FILE is\na run's directory", ".safetensors, .pt",
      "dsprites, a folder of pictures, or a file of Lua", "metric of your own is a file of Lua",
      "%-%-checkpoint +string +default: newest of a run; best; or the step of", "%-%-metrics "} do
      assert.matches(said, text)
    end
  end)

  it("prints a table, and leaves it as JSON with the matrices as a figure", function()
    local text, status = try("some.h5", "--metrics mig,dci", "--seed 3", "--resamples 5")
    assert.are.equal(0, status, text)
    assert.matches("metric +value +95 %% +n +seed", text)
    assert.matches("mig +%d%.%d%d%d%d +[%d.]+ %.%. [%d.]+ +400 +3", text)
    local report = json.decode(read "some.h5.metrics-mig,dci-seed=3-resamples=5.json")
    assert.are.equal(400, report.n)
    assert.are.equal(4, #report.metrics)
    local value, details = metric.mig(z, y, {seed = 3, resamples = 5})
    assert.is_near(value, report.metrics[1].value, 1e-12)
    assert.is_near(details.interval[2], report.metrics[1].interval[2], 1e-12)
    assert.is_near(details.matrix[3][2], report.details.mig.matrix[3][2], 1e-12)
    assert.are.equal("\x89PNG", read("some.h5.metrics-mig,dci-seed=3-resamples=5.png"):sub(1, 4))
  end)

  it("tests on the points of their own where a file has them", function()
    local results, report = score.of(folder .. "/halves.h5", {metrics = "sap"})
    local value = metric.sap(T.slice(z, 1, 1, 300), T.slice(y, 1, 1, 300),
      {test_codes = T.slice(z, 1, 301, 400), test_factors = T.slice(y, 1, 301, 400)})
    assert.are.equal(value, results[1].value)
    assert.are.equal(300, report.metrics[1].n)
  end)

  it("draws as many points of a file as it says", function()
    local results, report = score.of(folder .. "/some.h5", {metrics = "mig", points = 50, seed = 3})
    local some = T.slice(stream(3, "points"):permutation(400), 1, 1, 50)
    local value = metric.mig(T.take(z, some), T.take(y, some), {seed = 3})
    assert.are.equal(value, results[1].value)
    assert.are.same({50, 50, 50}, {report.points, report.n, results[1].details.n})
    assert.are.equal(400, select(2, score.of(folder .. "/some.h5", {metrics = "mig"})).n)
  end)

  it("writes no file where another call writes", function()
    local seen = {}
    for _, source in ipairs{"codes-beta-0.5", "codes-beta-0.25", "a.h5", "a.hdf5", "a", "dsprites",
      "./dsprites"} do
      for _, o in ipairs{{}, {metrics = "mig"}, {factors = "a b"}, {factors = "a_b"},
        {factors = "a-points=1"}, {factors = "a", points = 1}, {seed = -1}, {seed = 1},
        {representation = "pca"}, {representation = "pca", metrics = "mig"}} do
        local path = score.path(source, o)
        assert.is_nil(seen[path], path)
        seen[path] = true
      end
    end
  end)

  it("puts factors that are numbers in bins where it is told to, and says so where it is not",
    function()
      write("numbers.h5", {codes = z, factors = T.concat({y, T.slice(z, 2, 1, 1)}, 2)})
      local text, status = try("numbers.h5 --metrics mig,irs")
      assert.are.equal(0, status, text)
      assert.matches("factor 3 has %d+ values among 400 points, wanted classes that points share "
        .. "%(option 'factor_bins', of score,", text)
      -- the options may stand in front
      text, status = try("--metrics mig --factor_bins 7 --resamples 0 numbers.h5")
      assert.are.equal(0, status, text)
      local report = json.decode(read "numbers.h5.metrics-mig-factor_bins=7-resamples=0.json")
      local wanted = metric.all(z, T.concat({y, T.slice(z, 2, 1, 1)}, 2), {only = {"mig"},
        factor_bins = 7})
      assert.is_near(wanted[1].value, report.metrics[1].value, 1e-12)
    end)

  it("has no figure without matrices", function()
    assert.error_matches(function() T.figure.scores(folder .. "/a.png", {irs = {}}) end,
      "wanted those of dci, mig or sap")
  end)

  it("counts the factors that are chosen", function()
    local _, all = score.of(folder .. "/halves.h5", {metrics = "mig,sap"})
    local _, report = score.of(folder .. "/halves.h5", {metrics = "mig,sap", factors = "2"})
    for _, name in ipairs{"mig", "sap"} do
      assert.are.equal(all.details[name].per_factor[2], report.details[name].per_factor[1])
      assert.are.equal(1, #report.details[name].per_factor)
    end
  end)

  it("has no number for what is infinite or impossible", function()
    write("still.h5", {codes = T.zeros{100, 2}, factors = T.concat({T.slice(y, 1, 1, 100),
      T.ones(100, 1)}, 2)})
    local text, status = try("still.h5", "--metrics unsupervised,mig")
    assert.are.equal(0, status, text)
    local report = json.decode(read "still.h5.metrics-unsupervised,mig.json")
    assert.are.equal("mig: factor 3 has one value, wanted two or more (option 'factors' chooses "
      .. "the columns to use; of a file beside --codes, as FILE:COLUMN,COLUMN)",
      report.metrics[1].error)
    assert.are.equal("inf", report.metrics[2].value)
    assert.matches("\nnote: 100 points are few", text)
    assert.matches("^note: 100 points are few", report.note)
  end)

  for message, words in pairs{
    ["got no run directory or file"] = "",
    ["cannot import 'nothing.h5': No such file"] = "nothing.h5",
    ["wanted mus_train and ys_train, or codes and factors; it has codes, latents"] = "lost.h5",
    ["score: none.h5: wanted mus_train and ys_train, or codes and factors; it has nothing"] =
      "none.h5",
    ["score: empty.h5: 'codes' is empty, of shape [0 3], wanted one point and one column or more"] =
      "empty.h5",
    ["score: short.h5: 'codes' has 400 points and 'factors' has 3, wanted as many"] = "short.h5",
    ["some.npz: is no zip archive as it should be: it is cut off"] = "some.npz",
    ["some.npy: is one array of numpy, wanted one file with codes and factors, HDF5 or .npz"] =
      "some.npy",
    ["some.gz: is a gzip file, wanted it unpacked"] = "some.gz",
    ["score: nothing.h5x: "] = "nothing.h5x",
    ["got the checkpoint 'best' of a file, wanted a run's directory"] =
      "some.h5 --checkpoint best",
    ["halves.h5: got 10 points, wanted all of them"] = "halves.h5 --points 10",
    ["--factors: got the option 'posX', wanted numbers of columns, 1..2: a file has no names"] =
      "some.h5 --factors 1,posX",
    ["did you mean 'mig'"] = "some.h5 --metrics meg",
    ["score: --metrics: got the option 'mog', wanted one of: "] = "some.h5 --metrics mog",
    ["did you mean 'seed'"] = "some.h5 --sed 1",
    ["is no run: it has no script.lua"] = ".",
    [".: is no run (it has no script.lua), no pictures with a labels.csv, and not CelebA: .: has no"
      .. " list_attr_celeba.txt"] = "--representation pca .",
    ["dsprites: wanted a --representation"] = "dsprites",
    ["a file has codes, no images"] = "some.h5 --representation pca",
    ["did you mean 'pca'"] = "dsprites --representation pc",
    ["numbers of columns, 1..2"] = "some.h5 --factors 3",
    ["--factors: got the option 'posX'"] = "some.h5 --factors posX",
    ["cannot write the scores: /nowhere/a.json"] = "some.h5 --out /nowhere/a.json",
    ["cannot write the scores: /dev/null: is a device or a pipe, wanted a file"] =
      "some.h5 --out /dev/null",
    ["wanted 0 or more"] = "some.h5 --resamples -1",
    ["got -3 factor_bins, wanted 0 or more"] = "some.h5 --factor_bins -3",
    ["score: got 'some.h5' and 'lost.h5', wanted one run or file"] = "some.h5 --seed 1 lost.h5",
  } do
    it("says: " .. message, function()
      local text, status = try(words)
      assert.are.equal(1, status, text)
      assert.is_truthy(text:find(message, 1, true), text)
    end)
  end

  it("scores a run, and what needs no training beside it", function()
    local script = folder .. "/script.lua"
    local file = assert(io.open(script, "w"))
    file:write [[
local T = require "teasel"
local config = T.run.config{steps = 1, seed = 1}
local data = require "teasel.data.generator.dsprites"{orientation = {0, 9}, posX = {4, 16, 28},
  posY = {4, 16, 28}}
local model = T.vae.fc(4, 8)
local params = T.vae.init(model, T.stream(config.seed))
T.run.train{config = config, state = {params = params}, model = model, data = data,
  step = function() return {loss = 0} end}
]]
    file:close()
    os.execute(("cd '%s' && %s script.lua --run r > out 2>&1"):format(folder, child.lua))
    local text, status = try("r", "--metrics mig,factor_vae")
    assert.are.equal(0, status, text)
    local report = json.decode(read "r/metrics-mig,factor_vae.json")
    assert.are.equal(1, report.step)
    assert.are.equal(324, report.n)
    assert.are.same({"shape", "scale", "orientation", "posX", "posY"}, report.factors)
    assert.are.same({"z1", "z2", "z3", "z4"}, report.code_names)
    assert.matches("set label 'r, step 1'", read "r/metrics-mig,factor_vae.gp")
    local _, other = score.of(folder .. "/r", {metrics = "mig", factors = "posX,scale"})
    assert.are.same({"posX", "scale"}, other.factors)
    assert.is_near(report.details.mig.per_factor[2], other.details.mig.per_factor[2], 1e-12)
    for name, codes in pairs{pca = 10, raw = 4096, truth = 5, untrained = 4} do
      text, status = try("r", "--metrics mig", "--representation", name, "--resamples 0")
      assert.are.equal(0, status, text)
      local other = json.decode(read("r/metrics-" .. name .. "-mig-resamples=0.json"))
      assert.are.equal(codes, other.codes)
      assert(name ~= "truth" or other.metrics[1].value > 0.999)
    end
    text, status = try("r", "--checkpoint newes")
    assert.are.equal(1, status)
    assert.matches("got 'newes', wanted 'newest', 'best' or a step", text)
  end)

  it("puts the scores of many runs into one table, with what is published", function()
    for seed = 1, 3 do
      os.execute(("cd '%s' && %s script.lua --seed %d --run t/script-%d >> out 2>&1"):format(folder,
        child.lua, seed, seed))
      local file = assert(io.open(("%s/t/script-%d/scores.json"):format(folder, seed), "w"))
      file:write '{"step": 1}'
      file:close()
    end
    local o = {folder = folder .. "/t", columns = {{"mine", "script", {}}}, points = 200,
      metrics = "mig,sap", rows = {"higgins", "mig", "udr", "sap"},
      more = {{"higgins", "beta_vae", options = {factors = {2, 4}}}},
      published = {mig = {{"A. Uthor", mine = 0.5}}}}
    local text = T.score_table(o)
    assert.are.equal(text, read "t/scores.md")
    local number = "%d%.?%d*e?%-?%d*"
    local range = number .. " %(" .. number .. " to " .. number .. "%) |\n"
    assert.matches("^| metric | mine, 3 seeds |\n| %-%-%- | %-%-%- |\n| higgins | " .. range
      .. "| mig | " .. range .. "| A. Uthor | 0.5 |\n| udr | " .. range .. "| sap | ", text)
    local values = {}
    for seed = 1, 3 do
      local codes, factors = score.codes(("%s/t/script-%d"):format(folder, seed), {points = 200})
      values[seed] = metric.beta_vae(codes, factors, {factors = {2, 4}})
    end
    table.sort(values)
    assert.matches(("higgins | %.3g (%.3g to %.3g)"):format(values[2], values[1], values[3]), text,
      1, true)

    -- what is there of the same step, seed and points is taken, and nothing else
    local function kept(more)
      local given = {metrics = "mig,sap", points = 200}
      for name, value in pairs(more) do given[name] = value end
      return score.kept(folder .. "/t/script-1", given)
    end
    assert.is_truthy(kept{})
    assert.is_nil(kept{points = 100})
    assert.is_nil(kept{seed = 1})
    assert.is_nil(kept{metrics = "mig"})
    assert.is_nil(kept{representation = "truth"})
    assert.is_nil(kept{more = {{"other", "mig"}}})
    local file = assert(io.open(folder .. "/t/script-1/scores.json", "w"))
    file:write '{"step": 2}'
    file:close()
    assert.is_nil(kept{})

    -- representations are kept under a name that tells what of them was computed
    local other = {folder = o.folder, columns = {{"all", representation = "truth"}}, points = 200,
      rows = {"mig", "sap"}, metrics = "mig"}
    assert.matches("| mig | [%d.]+ |\n| sap |  |", T.score_table(other))
    assert.are.equal(200, json.decode(read "t/dsprites-truth-mig-points=200.json").n)
    other.metrics = "mig,sap"
    assert.matches("| sap | %d", T.score_table(other))

    os.remove(folder .. "/t/script-2/scores.json")
    assert.error_matches(function() T.score_table(o) end, "has not come to its end")
    o.columns = {{"mine", "script", {seed = 7}}}
    assert.error_matches(function() T.score_table(o) end, "found no run in .* with seed = 7")
  end)
end)

describe("baselines:", function()
  local data = dsprites{orientation = {0, 9}, posX = {4, 16, 28}, posY = {4, 16, 28}}

  it("principal components are those of the covariance", function()
    local x = stream(1):normal{60, 12} * T.arange(1, 12)
    local represent, mean, directions, variances = baseline.pca(x, {components = 3})
    local e = x - x:mean(1, true)
    local values, vectors = T.eigh(T.matmul(e, e, {ta = true}) * (1 / 59))
    for i = 1, 3 do
      local wanted = values:table()[13 - i]
      assert.is_near(wanted, variances:table()[i], 1e-4 * wanted)
      local along = T.sum(T.slice(vectors, 2, 13 - i, 13 - i) * T.slice(directions, 2, i, i))
      assert.is_near(1, math.abs(along:item()), 1e-4)
    end
    local z_ = represent(x)
    assert.is_near(variances:table()[2], T.var(z_, 1, false, 1):table()[2], 1e-2)
    assert.are.same({1, 12}, mean:shape())
  end)

  it("independent components are the sources of a mixture", function()
    local sources = stream(1):uniform({4000, 3}, -math.sqrt(3), math.sqrt(3))
    local mixed = T.matmul(sources, stream(2):normal{3, 3})
    local represent, steps = baseline.ica(mixed, {components = 3})
    assert(steps < 100)
    local r = T.abs(T.matmul(represent(mixed), sources, {ta = true})) * (1 / 4000)
    for axis = 1, 2 do
      for _, top in ipairs(T.max(r, axis):table()) do assert.is_near(1, top, 0.03) end
    end
    assert.is_near(3, T.sum(r):item(), 0.2)
  end)

  it("the factors score 1, and all are representations for metrics #slow", function()
    assert.is_near(1, (metric.mig(data, baseline.truth())), 1e-6)
    for name in pairs(baseline.names) do
      local value = metric.mig(data, baseline.make(name, data, stream(1)))
      assert(value >= 0 and value <= 1 + 1e-6, name)
    end
  end)

  it("give the same bits for the same stream #slow", function()
    local images = data:images(T.arange(1, 20))
    for name in pairs(baseline.names) do
      local a = baseline.make(name, data, stream(4))(images, T.zeros{20, 5})
      local b = baseline.make(name, data, stream(4))(images, T.zeros{20, 5})
      assert.are.same(a:table(), b:table(), name)
    end
  end)

  it("say what is wrong", function()
    assert.error_matches(function() baseline.make("pc", data, stream(1)) end, "did you mean 'pca'")
    assert.error_matches(function() baseline.pca(data, {components = 5000}) end,
      "got 5000 components, wanted 1 to 323 of 324 images of 4096 pixels")
    assert.error_matches(function() baseline.ica(T.ones{9, 4}, {components = 2}) end, "no variance")
  end)
end)

describe("the probe", function()
  local label = stream(1):integers({3000, 1}, 0, 3)
  -- rings: no line tells them apart
  local angle = stream(2):uniform({3000, 1}, 0, 2 * math.pi)
  local codes = T.concat({T.cos(angle), T.sin(angle)}, 2) * (label + 1)
    + stream(3):normal{3000, 2} * 0.05

  it("knows what a network of two layers can know #slow", function()
    local value, details = metric.leakage(codes, label, {classifier = probe.classifier})
    assert(value > 0.95, value)
    assert((metric.leakage(codes, label, {classifier = "logistic"})) < 0.6)
    assert.are.equal("a function", details.settings.classifier)
  end)

  it("is at chance where there is nothing to know", function()
    local value = metric.leakage(stream(4):normal{3000, 2}, label,
      {classifier = probe.new{epochs = 3, units = 16}})
    assert.is_near(0.25, value, 0.12)
  end)

  it("gives the same bits with any number of threads", function()
    local threads, first = T.threads()
    for _, n in ipairs{1, 3} do
      T.threads(n)
      local classify = probe.new{epochs = 1}(codes, label:reshape{3000}, 4, stream(5))
      local guess = classify(codes):table()
      first = first or guess
      assert.are.same(first, guess)
    end
    T.threads(threads)
  end)
end)
