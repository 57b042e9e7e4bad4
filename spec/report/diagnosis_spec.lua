-- What reports say of units that carry nothing, of what was learned and of rates.

local T = require "teasel"
local core = require "teasel.core"
local followers = require "teasel.report.followers"
local scratch = require "spec.scratch"

local function name_of(d) return "z" .. d end

describe("the units of a code", function()
  it("are active above 0.1 nats, at each step of a log", function()
    assert.equal(2, T.diagnosis.active{0.5, 0.1, 0.2, 0})
    assert.same({false, true}, {T.diagnosis.moves(0.1), T.diagnosis.moves(0.101)})
    assert.same({"z3 (unused)", "z3", "z3"}, {T.diagnosis.called("z3", 0.1),
      T.diagnosis.called("z3", 0.101), T.diagnosis.called "z3"})
    local log = {{step = 1, unit_kl = {0.11, 0.2, 0.3}}, {step = 2, unit_kl = {0, 3, 0.2}},
      {step = 3, loss = 1}}
    assert.same({3, 1}, {T.diagnosis.over_time(log)})
    assert.same({3, 2}, {log[1].active, log[2].active})
    assert.is_nil(log[3].active)
  end)

  it("are warned of where none is left", function()
    local log = {{step = 1, unit_kl = {0.2, 0.3, 0}}}
    assert.equal("active units: 1 of 3 (KL above 0.1 nats); 2 at step 1",
      T.diagnosis.words({3, 0, 0}, log))
    assert.matches("active units: 0 of 2.*\nwarning: posterior collapse",
      T.diagnosis.words({0, 0.01}, {}))
    assert.is_nil(T.diagnosis.words({3, 0}, {}):find "warning")
  end)

  it("that a linear VAE would use are the images' components above beta times the variance",
    function()
      -- two pixels of 0 and 1, variance 1/4; of .4 and .6, 1/100; each pair 300 times
      local images = T.tensor{0, .4, 1, .4, 0, .6, 1, .6}:reshape{1, 8}
      images = T.expand(images, {300, 8}):reshape{1200, 1, 2, 1}
      local data = T.data.set.new{count = 1200, shape = {1, 2, 1}, images = function(index)
        return images:take(index, 1)
      end}
      local print, count, list = print, nil, nil
      _G.print = function() end
      for threshold, wanted in pairs{[0.5] = 0, [0.1] = 1, [0.001] = 2} do
        count, list = T.diagnosis.alive(data, threshold)
        assert.equal(wanted, count)
      end
      _G.print = print
      assert.is_near(0.25, list[1], 0.02)
      assert.is_near(0.01, list[2], 0.002)
    end)
end)

describe("the variances of an image", function()
  it("are those of its posterior, with the nats of each unit", function()
    local view = T.view{posterior = function(x)
      return T.tensor{{-2, 1}}, T.log(T.tensor{{1, 0.0004}})
    end}
    local text, list = T.diagnosis.variances({dir = "r", view = view}, T.zeros{1, 2, 2, 1})
    assert.matches("z1 +%-2.00 +1.0000 +%-?0.00\nz2 +1.00 +0.0004 +3.91\ntogether 3.9 nats", text)
    assert.equal(2, #list)
    assert.is_near(0.0004, list[1], 1e-9)
    assert.equal(1, list[2])
    assert.has_error(function()
      T.diagnosis.variances({dir = "r", view = T.view{represent = view.represent}},
        T.zeros{1, 2, 2, 1})
    end)
  end)
end)

describe("the variance of units between classes", function()
  it("is 1 of what a class shares, and that of chance of the rest", function()
    local n, labels, own = 400, {}, {}
    for i = 1, n do labels[i], own[i] = (i - 1) // 4, ((i - 1) // 4) % 7 end
    local codes = T.stack({T.tensor(own), T.stream(1):normal{n} * 5}, 2)
    local data = T.data.set.new{count = n, shape = {1, 2, 1}, classes = 100,
      labels = T.tensor(labels), images = function(index)
        return (codes:take(index, 1) * 0.01 + 0.5):reshape{#index, 1, 2, 1}
      end}
    local folder = scratch.make()
    local text = T.diagnosis.between({dir = folder, state = {}, config = {}, view = T.view{
      represent = function(x) return x:reshape{#x, 2} end}}, data)
    scratch.remove(folder)
    assert.matches("between 100 classes of 400 images %(chance: 0.25%)", text)
    assert.matches("\nz1 +1.00 ", text)
    assert.is_near(0.25, tonumber(text:match "\nz2 +(%S+)"), 0.06)
    assert.has_error(function()
      T.diagnosis.between({dir = folder, state = {}, view = {}}, T.data.dsprites{shape = 0})
    end)
  end)
end)

describe("the sentence of what was learned", function()
  it("names the code that follows a factor, the one that tells of it, or none", function()
    local list = {{factor = "posX", unit = 4, r = -0.984, informed = 4, share = 0.8},
      {factor = "angle", unit = 1, r = 0.1, informed = 2, share = 0.4},
      {factor = "shape", unit = 3, r = 0.21, informed = 3, share = 0.05}}
    assert.equal("learned: posX by z4, r -.98; angle by z2, which tells 40 % of it; "
      .. "shape by none (r .21 at best)", followers.sentence(list, name_of))
    assert.equal("learned: posX by none (z4 has r -.98, but no information); angle by z2, which "
      .. "tells 40 % of it; shape by none (r .21 at best)",
      followers.sentence(list, name_of, {1, 2, 3, 0.1}))
  end)

  it("comes of codes that turn with an angle, and of factors without classes", function()
    local n = 2000
    local turns = {}
    for i = 1, n do turns[i] = i % 40 end
    local angle, size = T.tensor(turns), T.stream(1):uniform{n}
    local codes = T.stack({T.cos(angle * (math.pi / 10)), size * 2, T.stream(2):normal{n}}, 2)
    local data = {factor_names = {"angle", "size"}, count = function() return n end}
    local found = followers.of(codes, T.stack({angle, size}, 2), data, {})
    assert.equal(10, found.factor_bins)
    assert.equal(1, found.followers[1].informed)
    assert.is_true(found.followers[1].share > 0.25 and math.abs(found.followers[1].r) < 0.3)
    assert.equal(2, found.followers[2].unit)
    assert.is_near(1, found.followers[2].r, 1e-4)
    -- what the noise tells by chance is taken off
    local noise = followers.of(T.stream(3):normal{n, 2}, T.stack({angle, angle * -1 + 5}, 2), data)
    for _, f in ipairs(noise.followers) do assert.is_true(f.share < 0.02) end
  end)
end)

describe("the scores of a report", function()
  it("leave out factors that do not vary, and name them", function()
    local y = T.data.space{names = {"a", "b"}, sizes = {4, 5}}:enumerate()
    local factors = T.concat({y:slice(2, 1, 1), T.ones{20, 1}, y:slice(2, 2, 2)}, 2)
    local data = {factor_names = {"a", "same", "b"}, count = function() return 20 end}
    local found = followers.of(y, factors, data, {higgins = {"same", "b", "a"}})
    assert.same({"same"}, found.constant)
    assert.same({"b", "a"}, found.higgins.factors)
    assert.equal(1, found.higgins.value)
    assert.same({"a", "b"}, {found.followers[1].factor, found.followers[2].factor})
    assert.same({1, 2}, {found.followers[1].unit, found.followers[2].unit})
    assert.is_nil(followers.of(y, y, {factor_names = {"a", "b"}, count = data.count}).constant)
  end)
end)

describe("rates of runs", function()
  local function run(dir, beta, log)
    return {dir = dir, config = {beta = beta}, log = function() return log end}
  end
  local folder

  setup(function()
    folder = scratch.make()
  end)
  teardown(function() scratch.remove(folder) end)

  it("are the last kl and reconstruction of each", function()
    local last = {step = 6, loss = 1}
    local runs = {run("runs/a", 1, {{step = 5, kl = 20, reconstruction = 100}, last}),
      run("runs/b", 4, {{step = 9, kl = 8, reconstruction = 130}}), run("runs/c", 2, {})}
    assert.same({step = 5, rate = 20, distortion = 100}, T.diagnosis.rate(runs[1]))
    assert.is_nil(T.diagnosis.rate(runs[3]))
    local text = assert(T.diagnosis.rates(folder .. "/rates.png", runs))
    assert.matches("8.00 +130.00 +9 +runs/b\n +20.00 +100.00 +5 +runs/a", text)
    assert.is_truthy(core.file.read(folder .. "/rates.png"))
    local none, message = T.diagnosis.rates(folder .. "/none.png", {runs[3]})
    assert.is_nil(none)
    assert.matches("none of the runs", message)
  end)
end)
