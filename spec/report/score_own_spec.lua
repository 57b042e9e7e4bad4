-- Metrics and data sets of one's own, in files of Lua, and where the scores of a set go.

local T = require "teasel"
local expect = require "spec.expect"
local json = require "dkjson"
local score = require "teasel.report.score"
local scratch = require "spec.scratch"

local folder

local function at(name) return folder .. "/" .. name end

local function put(name, text) return scratch.write(folder, name, text) end

local y = T.stream(1):integers({1000, 2}, 0, 3)
local z = y:matmul(T.stream(2):normal{2, 3})

setup(function()
  folder = scratch.make()
  T.save(at "some.npz", {codes = z, factors = y})
  put("first.lua", "return function(codes, factors, o) return codes[{1, 1}]:item() + o.seed end")
  put("told.lua", [[return function(codes, factors)
    return 1, {n = 7, interval = {0, 2}, kept = #factors}
  end]])
  put("text.lua", "return function() return 'much' end")
  put("none.lua", "return 3")
  put("broken.lua", "return function(")
  put("boats.lua", [[
local T = require "teasel"
return T.data.drawn.new{name = "boats", shape = {2, 2, 1}, factors = {{"hull", 8}, {"sail", 6}},
  draw = function(f, n)
    return T.stack({f.hull, f.sail, f.hull * 0, f.hull * 0}, 2):reshape{n, 2, 2, 1} / 8
  end}]])
  put("set.lua", ("return dofile(%q){}"):format(at "boats.lua"))
end)

teardown(function() scratch.remove(folder) end)

describe("a metric in a file of Lua", function()
  it("is a row of the scores, beside those of teasel or alone", function()
    local own = at "first.lua"
    local results = score.of(at "some.npz", {metrics = "mig," .. own, seed = 5})
    assert.same({"mig", "first"}, {results[1].name, results[2].name})
    assert.equal((T.metric.mig(z, y, {seed = 5})), results[1].value)
    assert.equal(z[{1, 1}]:item() + 5, results[2].value)
    assert.same({1000, 5}, {results[2].details.n, results[2].details.seed})
    assert.equal(1, #score.of(at "some.npz", {metrics = own}))
  end)

  it("may tell details, which are written with the others", function()
    local _, report, path = score.save(at "some.npz", {metrics = at "told.lua"})
    assert.same({0, 2}, report.metrics[1].interval)
    local file <close> = assert(io.open(path))
    assert.same({1000, 7}, {json.decode(file:read "a").details.told.kept, report.metrics[1].n})
  end)

  it("is computed again once the file has changed", function()
    local o = {metrics = put("changed.lua", "return function() return 1 end")}
    score.save(at "some.npz", o)
    assert.equal(1, score.kept(at "some.npz", o).metrics[1].value)
    put("changed.lua", "return function() return 2 end")
    assert.is_nil(score.kept(at "some.npz", o))
  end)

  it("that is none is an error, one that fails a row", function()
    for message, name in pairs{
      ["none.lua: returns 3, wanted a function(codes, factors, options) -> score"] = "none",
      ["score: --metrics: cannot open"] = "nothing", ["broken.lua:1:"] = "broken"} do
      expect.refused(message, score.of, at "some.npz", {metrics = at(name .. ".lua")})
    end
    local taken, first = put("mig.lua", "return function() return 1 end"), at "first.lua"
    expect.refused(("--metrics: got %s, wanted a file with another name than 'mig', which is that "
      .. "of a metric of teasel"):format(taken), score.of, at "some.npz", {metrics = taken})
    expect.refused("which is that of " .. first, score.of, at "some.npz",
      {metrics = first .. "," .. first})
    local results = score.of(at "some.npz", {metrics = at "text.lua"})
    assert.matches("text: the metric gave much, wanted a number", results[1].error, 1, true)
  end)
end)

describe("a data set in a file of Lua", function()
  it("is scored by what needs no run", function()
    for _, name in ipairs{"boats.lua", "set.lua"} do
      local results, report, path = score.of(at(name), {representation = "truth", metrics = "mig"})
      assert.is_true(results[1].value > 0.9)
      assert.same({{"hull", "sail"}, 48}, {report.factors, report.n})
      assert.equal(at(name) .. ".metrics-truth-mig.json", path)
    end
  end)

  it("that is none, or wants a run, is an error", function()
    expect.refused("boats.lua: a data set wants a --representation: raw, pca", score.of,
      at "boats.lua")
    expect.refused("boats: there is no such run, folder of pictures or data set", score.of, "boats",
      {representation = "pca"})
    expect.refused("some.npz: a file has codes, no images", score.of, at "some.npz",
      {representation = "pca"})
    expect.refused("none.lua: returns 3, wanted a data set with known factors", score.of,
      at "none.lua", {representation = "pca"})
  end)
end)

it("scores of a folder of pictures are written beside it, not among them", function()
  local pictures = at "pictures"
  assert(os.execute(("mkdir '%s'"):format(pictures)))
  for _, given in ipairs{pictures, pictures .. "/"} do
    assert.equal(pictures .. ".metrics-pca.json", score.path(given, {representation = "pca"}))
  end
  put("pictures/script.lua", "")
  assert.equal(pictures .. "/metrics.json", score.path(pictures))
end)
