-- What codes have to do with factors that a network reads off images: on a set of bars whose
-- generator is known.

local T = require "teasel"
local core = require "teasel.core"
local json = require "dkjson"
local readings = require "teasel.report.readings"
local scratch = require "spec.scratch"

local folder

setup(function()
  folder = scratch.make()
  assert(core.system.folder(folder .. "/figures"))
end)

teardown(function() scratch.remove(folder) end)

-- images [n 8 8 1] with a bar at one of three places, side [n] of 0, 1, 2, as bright as level [n]
local function bars(side, level)
  local n = #side
  local place = T.one_hot(side + 1, 3):reshape{n, 1, 3, 1}
  local wide = T.upsample(place, 2):slice(2, 1, 1)
  return T.expand(T.pad(wide, {0, 0, 1, 0}, {0, 0, 1, 0}), {n, 8, 8, 1})
    * level:reshape{n, 1, 1, 1}
end

local side = T.stream(1):integers({400}, 0, 2)
local level = T.stream(2):uniform({400}, 0.2, 1)
local data = T.data.set.new{count = 400, shape = {8, 8, 1}, factor_names = {"level", "side"},
  factors = T.stack({level, side}, 2),
  images = function(index) return bars(T.take(side, index), T.take(level, index)) end}

describe("a network that reads factors", function()
  local net = T.factor_net.train(data, {numbers = {"level"}, kinds = {side = 3}, steps = 60,
    batch = 16, images = 40})

  it("reads numbers in their units and kinds as probabilities, of images held out", function()
    assert.same({"level", "side 0", "side 1", "side 2"}, net.names)
    assert.is_true(net.test.level > 0.95, net.test.level)
    assert.is_true(net.test.side > 0.95, net.test.side)
    local said = net:read(bars(T.tensor{0, 2}, T.tensor{0.4, 0.9})):table()
    assert.is_true(math.abs(said[1][1] - 0.4) < 0.15 and math.abs(said[2][1] - 0.9) < 0.15)
    assert.is_true(said[1][2] > 0.8 and said[2][4] > 0.8)
    assert.is_true(math.abs(said[1][2] + said[1][3] + said[1][4] - 1) < 1e-5)
  end)

  it("is asked for factors that there are", function()
    assert.error_matches(function() T.factor_net.train(data, {numbers = {"lefel"}}) end,
      "factor_net.train: got the option 'lefel', wanted one of: level, side %(did you mean 'level'")
    assert.error_matches(function() T.factor_net.train(data, {}) end, "got no factors")
    local bare = T.data.set.new{count = 1, shape = {8, 8, 1}, images = function() end}
    assert.error_matches(function() T.factor_net.train(bare, {numbers = {"a"}}) end,
      "got a set without factors")
  end)
end)

-- a generator that draws the bars: c1 is the place, c2 the brightness, upside down
local function view_of(noise)
  local latents = {{name = "noise", kind = "gaussian", width = 2},
    {name = "c1", kind = "categorical", width = 3}, {name = "c2", kind = "uniform", code = 4}}
  return T.view{latents = latents,
    prior = function(stream, n)
      return T.concat({stream:split("noise"):normal{n, 2},
        T.one_hot(stream:split("c1"):integers({n}, 1, 3), 3),
        stream:split("c2"):uniform({n, 1}, -1, 1)}, 2)
    end,
    decode = function(z)
      local n = #z
      return bars(T.argmax(z:slice(2, 3, 5), 2) - 1, 0.6 - z:slice(2, 6, 6):reshape{n} * 0.4)
    end,
    represent = function(x)
      local n = #x
      local columns = x:slice(2, 1, 1):reshape{n, 8}
      local hit = T.concat({columns:slice(2, 2, 2), columns:slice(2, 4, 4),
        columns:slice(2, 6, 6)}, 2)
      return T.concat({hit, -hit:max(2):reshape{n, 1} + noise}, 2)
    end}
end

describe("readings of codes", function()
  local r = {dir = folder, step = 1, note = {}, state = {}, config = {seed = 1}, view = view_of(0)}
  function r.log() return {} end
  function r.figure(_, name) return folder .. "/figures/" .. name end

  local function quietly(f)
    local io_write, print = io.write, print
    io.write, _G.print = function() end, function() end
    local result = table.pack(pcall(f))
    io.write, _G.print = io_write, print
    assert(result[1], result[2])
    return result[2]
  end

  it("find which code does what, by generated images and by the model's own words #slow", function()
    local scores = quietly(function()
      return readings.of(r, {data = data, own = data, numbers = {"level"}, kinds = {side = 3},
        steps = 60, images = 200, panels = {"level", "side"}})
    end)
    assert.same({"level", "side 0", "side 1", "side 2"}, scores.names)
    assert.is_true(scores.generated.c2[1] < -0.95)
    assert.is_true(scores.generated.c1[2] > 0.95 and scores.generated.c1[4] > 0.95)
    assert.is_true(scores.generated.c1[1] < 0.2 and math.abs(scores.generated.c2[3]) < 0.2)
    assert.is_true(scores.recognised.c2[1] < -0.99 and scores.recognised.c1[2] > 0.99)
    assert.same({"c2", "c1"}, {scores.panels.level.code, scores.panels.side.code})
    assert.is_true(scores.means.c1[2][3] > 0.8 and scores.means.c1[1][3] < 0.2)
    assert.is_true(math.abs(scores.spread.level - 1) < 0.2)
    assert.same({"level", 10}, {scores.health.coverage[1].name, scores.health.coverage[1].of})
    for _, name in ipairs{"readings", "panel_level", "panel_side"} do
      local file <close> = assert(io.open(r:figure(name .. ".png"), "rb"))
      assert.equal("\x89PNG", file:read(4), name)
    end
    assert.is_string(json.encode(scores))
  end)

  it("have figures that say which kind is meant, and what the numbers are", function()
    local canvas = require "teasel.plot.canvas"
    local grid, drawn = canvas.grid, {}
    function canvas.grid(tiles, o)
      drawn[#drawn + 1] = o
      return grid(tiles, o)
    end
    local ok, scores = pcall(quietly, function()
      return readings.of(r, {data = data, numbers = {"level"}, kinds = {side = 3}, steps = 20,
        images = 100, panels = {"level", "side"}, title = "bars, step 1"})
    end)
    canvas.grid = grid
    assert(ok, scores)
    for i, word in ipairs{"level", "side"} do
      local one = scores.panels[word]
      assert.equal(("bars, step 1\n%s: %s, correlation %.2f"):format(one.column, one.code,
        one.value), drawn[i].title)
      local categories = one.code == "c1"
      assert.equal(categories and "category of c1: mean of " .. one.column or "c2",
        drawn[i].column_title)
    end
    assert.matches("^side %d$", scores.panels.side.column)
    assert.matches("set cblabel 'correlation'", core.file.read(r:figure "readings.gp"))
  end)

  it("are of a run that draws, and of panels that there are", function()
    assert.error_matches(function() T.gan_report.readings({state = {}, config = {}}, {}) end,
      "gan_report.readings: got a run without a view that draws")
    assert.error_matches(function() quietly(function()
      readings.of(r, {data = data, numbers = {"level"}, steps = 1, panels = {"hair"}})
    end) end, "option 'panels'")
  end)
end)
