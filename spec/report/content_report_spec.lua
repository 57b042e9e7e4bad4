-- The report of what takes style from content: its probe, its figures and its table of runs.

local T = require "teasel"
local json = require "dkjson"
local scratch = require "spec.scratch"

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- Images of 4 x 4 pixels whose first pixel is the class, of three, and whose second is a factor of
-- two values that has nothing to do with it.
local N = 240
local class = T.tensor((function()
  local list = {}
  for i = 1, N do list[i] = (i - 1) % 3 end
  return list
end)())
local side = (T.stream(1, "side"):uniform{N}):gt(0.5)
local pixels = T.concat({class:reshape{N, 1} / 2, side:reshape{N, 1},
  T.stream(2, "rest"):uniform{N, 14}}, 2):reshape{N, 4, 4, 1}
local all = T.data.set.new{count = N, shape = {4, 4, 1}, classes = 3, labels = class,
  images = function(index) return T.take(pixels, index, 1) end,
  factor_names = {"side", "nothing"}, factors = T.concat({side:reshape{N, 1},
  T.zeros{N, 1}}, 2)}
local fit, test = all:split({160, 80})

local function columns(x, first, last)
  return x:reshape{#x, 16}:slice(2, first, last)
end

-- a user's own model: content is the first pixel, style all others
local own = {
  represent_content = function(x) return columns(x, 1, 1) end,
  represent_style = function(x) return columns(x, 2, 16) end,
  decode = function(s, z) return T.concat({s, z}, 2):reshape{#s, 4, 4, 1} end,
}

local function reported(more)
  local o = {fit = fit, test = test, folder = folder .. "/own", title = "own", map = 60}
  for name, f in pairs(own) do o[name] = f end
  for name, v in pairs(more or {}) do o[name] = v end
  local print, said = print, {}
  _G.print = function(text) said[#said + 1] = text end
  local ok, scores = pcall(T.report.content, o)
  _G.print = print
  assert(ok, scores)
  return scores, table.concat(said, "\n")
end

describe("the report of content and style", function()
  it("tells what a probe reads from a user's own model, and draws it #slow", function()
    local scores, said = reported()
    assert.equal(1, scores.content.test)
    assert.is_true(scores.style.test < scores.chance + 0.2, scores.style.test)
    assert.is_true(math.abs(scores.chance - 1 / 3) < 0.02)
    assert.same({160, 80}, scores.images)
    -- a factor that does not vary has no row; the style knows the other one, the content does not
    assert.equal(1, #scores.factors)
    assert.equal("side", scores.factors[1].name)
    assert.is_true(scores.factors[1].style > 0.95 and scores.factors[1].content < 0.7)
    assert.matches("content s +%d+%.%d+ +100%.00", said)
    assert.matches("side +from z", said)
    local kept = assert(io.open(folder .. "/own/scores.json")):read "a"
    assert.is_true(math.abs(json.decode(kept).style.test - scores.style.test) < 1e-6)
    for _, name in ipairs{"swap", "samples", "interpolation", "map"} do
      local file = assert(io.open(("%s/own/%s.png"):format(folder, name), "rb"))
      assert.equal("\x89PNG", file:read(4), name)
      file:close()
    end
  end)

  it("shows no content twice where there are fewer classes than rows", function()
    local figure = require "teasel.report.content_figure"
    local swap, shown = figure.swap, nil
    function figure.swap(path, view, contents, styles, o)
      shown = {#contents, #styles}
      return swap(path, view, contents, styles, o)
    end
    local ok, message = pcall(reported, {map = 0, points = 40})
    figure.swap = swap
    assert(ok, message)
    assert.same({#test.classes, 8}, shown)
    assert.same({3, 8}, shown)
  end)

  it("names the classes of its map as the set does", function()
    local drawn, scatter = nil, T.chart.scatter
    function T.chart.scatter(_, o) drawn = o return true end
    local style, labels = T.stream(1):normal{30, 4}, T.tensor{1, 0, 2}:tile{10}
    local figure = require "teasel.report.content_figure"
    for _, classes in ipairs{{"s10", "cat", "s9"}, false} do
      figure.map("map.png", style, labels, {title = "", stream = T.stream(2),
        classes = classes or nil})
      local names = {}
      for i, s in ipairs(drawn.series) do
        names[i] = s.name
        assert.same({10, 10}, {#s.x, #s.y})
      end
      assert.same(classes or {"0", "1", "2"}, names)
    end
    T.chart.scatter = scatter
  end)

  it("has the same codes for images, however many of them are asked for", function()
    local v = T.content_view{represent_content = own.represent_content,
      represent_style = own.represent_style, decode = own.decode, data = fit}
    local codes = T.content_probe.codes(v, test, T.stream(1))
    assert.equal(columns(test:images(), 1, 1):data(), codes.content:data())
    assert.equal(columns(test:images(), 2, 16):data(), codes.style:data())
    assert.equal(test:labels():data(), codes.class:reshape{80}:data())
  end)

  it("samples the style of a posterior: a wide one hides what its mean knows #slow", function()
    local function scored(logvar)
      return reported{map = 0, factor_points = 0,
        posterior_style = function(x)
          local mean = columns(x, 1, 1)
          return mean, mean * 0 + logvar
        end}.style.test
    end
    assert.equal(1, scored(-20))
    assert.is_true(scored(6) < 0.6)
  end)

  it("refuses sets without classes and views without content", function()
    local plain = T.data.set.new{count = 2, shape = {4, 4, 1}, images = all.source.images}
    for message, f in pairs{
      ["option 'test': got .- wanted a data set with classes"] = function()
        T.report.content{fit = fit, test = plain, folder = folder}
      end,
      ["got a view without content and style"] = function()
        T.report.content{fit = fit, test = test, folder = folder,
          view = T.view{represent = own.represent_style}}
      end,
      ["option 'represent_style': got nil, wanted a function"] = function()
        T.report.content{fit = fit, test = test, folder = folder}
      end,
      ["option 'folder': got nil, wanted a string"] = function()
        T.report.content{fit = fit, test = test, decode = own.decode}
      end,
    } do
      local ok, got = pcall(f)
      assert.is_false(ok)
      assert.matches(message, got)
    end
  end)
end)

describe("the figures of content and style", function()
  it("have one image of each class, in order", function()
    local x = T.content_figure.one_of_each(test, 3)
    assert.same({0, 0.5, 1}, columns(x, 1, 1):reshape{3}:table())
    assert.equal(5, #T.content_figure.one_of_each(test, 5))
  end)
end)

describe("the data of content and style", function()
  it("has sprites and objects whose probes learn from and are tested on other pictures", function()
    for _, row in ipairs{{"sprites", 80000, 100 * 160}, {"objects", 15000, nil}} do
      local data = assert(T.content_data(row[1]))
      assert.equal(row[2], data.train:count())
      assert.matches("drawn stand%-in", data.what)
      local seen = {}
      for _, i in ipairs(data.fit.items:table()) do seen[i] = true end
      for _, i in ipairs(data.test.items:table()) do assert.is_nil(seen[i]) end
      if row[3] then assert.equal(row[3], data.fit:count() + data.test:count()) end
    end
    local nothing, message = T.content_data("mnist", "/nowhere")
    assert.is_nil(nothing)
    assert.matches("/nowhere", message)
    local ok, got = pcall(T.content_data, "mnits")
    assert.is_false(ok)
    assert.matches("got the option 'mnits', wanted one of: mnist, objects, sprites", got)
  end)
end)
