-- The verbs of a run that is explored, on a model whose answers are known.

local T = require "teasel"
local core = require "teasel.core"
local explore = require "teasel.tool.repl.explore"
local scratch = require "spec.scratch"
local session = require "teasel.tool.repl.session"
local value = require "teasel.tool.repl.value"

local folder = scratch.make()

-- images of 1 x 3 pixels that hold the three codes of a point over 8
local space = T.data.space{names = {"hue", "shape", "size"}, sizes = {4, 2, 6}}
local set = T.data.space.set(space, function(index)
  return (space:levels(index) / 8):reshape{#index, 1, 3, 1}
end)

local perfect = T.view{
  posterior = function(x) return x:reshape{#x, 3} * 8, T.zeros{#x, 3} end,
  decode = function(z) return (z / 8):reshape{#z, 1, 3, 1} end,
  prior = function(stream, n) return stream:normal{n, 3} end,
  latents = {{name = "hue", code = 1}, {name = "shape", code = 2}, {name = "size", code = 3}},
}

-- a category of three and a number, drawn as they are
local generator = T.view{
  decode = function(z) return z:reshape{#z, 1, 4, 1} end,
  prior = function(stream, n)
    return T.concat({T.one_hot(T.ones{n}, 3), stream:uniform({n, 1}, 0, 1)}, 2)
  end,
  latents = {{name = "c1", kind = "categorical", width = 3}, {name = "c2", kind = "uniform"}},
}

local shown, said, plotted, charts

local function new(fields)
  shown, said, plotted, charts = {}, {}, nil, {}
  local r = {dir = folder, config = {steps = 3}, state = {}, note = {}, step = 3}
  function r.log() return fields.lines or {} end
  for name, value in pairs(fields) do r[name] = value end
  return explore.of(r, {
    show = function(images, o) shown[#shown + 1] = {images, o.columns} end,
    plot = function(o)
      plotted = o
      charts[#charts + 1] = o
    end,
    print = function(text) said[#said + 1] = text end,
    brief = {},
  })
end

local function near(wanted, x)
  local list = x:reshape{x:size()}:table()
  assert.equal(#wanted, #list)
  for i, v in ipairs(wanted) do
    assert.is_true(math.abs(v - list[i]) < 1e-5, i .. ": " .. list[i])
  end
end

describe("a run that is explored", function()
  teardown(function() scratch.remove(folder) end)

  it("is a run in a list of variables, and ? lists its verbs", function()
    local s = session.new{}
    s.env.r = new{view = perfect, data = set}
    assert.equal("run", value.kind(s.env.r))
    assert.matches("^r: run\nA run, explored by typing.*r:traverse%(4%)", s:run("? r").text)
    assert.matches("^traverse%(latent or options%)", s:run("? r:traverse").text)
    assert.matches("^factors%(n = 5000%)", s:run("? r:factors").text)
  end)

  it("scores some thousand images of a large set where nobody says how many", function()
    local module = require "teasel.report.score"
    local of, asked = module.of, nil
    module.of = function(_, o)
      asked = o
      return {}
    end
    local large = {count = function() return 737280 end}
    new{view = perfect, data = large}:score "mig"
    assert.same({metrics = "mig", points = 5000}, asked)
    assert.equal("of 5000 images at random; r:score(names, 0) takes all 737280", said[1])
    new{view = perfect, data = large}:score("mig", 0)
    assert.equal(0, asked.points)
    new{view = perfect, data = set}:score()
    assert.same({metrics = "", points = 0}, asked)
    module.of = of
  end)

  it("says which verb or field a misspelt name is like, and has no others", function()
    local r = new{view = perfect, data = set}
    assert.error_matches(function() r:travers(1) end,
      "run: got \"travers\", wanted a name that it has %(did you mean 'traverse'%?%)")
    assert.error_matches(function() return r.confg end, "did you mean 'config'")
    assert.error_matches(function() r:bogus() end,
      "run: got \"bogus\", wanted a name that it has %(.*, decode, .*, step")
    assert.is_nil(r.latents)
  end)

  it("traverses a latent from an image of its data, while the others stay", function()
    local r = new{view = perfect, data = set}
    local images = r:traverse{units = {"size"}, range = 2, count = 5, seed = 17}
    local codes = space:levels(T.tensor{17}):reshape{3}:table()
    local wanted = {}
    for i = 0, 4 do
      table.move({codes[1] / 8, codes[2] / 8, (-2 + i) / 8}, 1, 3, #wanted + 1, wanted)
    end
    near(wanted, images)
    assert.equal(images, shown[1][1])
    assert.equal(5, shown[1][2])
    assert.equal("rows: size", said[1])
    assert.same({24, 1, 3, 1}, r:traverse():shape())
    assert.equal("rows: hue, shape, size", said[2])
    r = new{view = perfect, data = set, lines = {{step = 1, unit_kl = {2, 0.1, 0.3}}}}
    r:traverse()
    assert.equal("rows: hue, shape (unused), size", said[1])
    assert.same({8, 1, 3, 1}, r:traverse(2):shape())
    near({1 / 8, 0, 3 / 8, 1 / 8, 1 / 8, 3 / 8},
      r:traverse{units = {2}, range = {0, 1}, count = 2, seed = T.tensor{{1, 5, 3}}})
  end)

  it("goes through the categories of a generator, and through a code by its name", function()
    local r = new{view = generator}
    local images = r:traverse(1)
    near({1, 0, 0, 0, 1, 0, 0, 0, 1}, images:reshape{3, 4}:slice(2, 1, 3))
    images = r:traverse{count = 2}                      -- a row that ends in white, to the longest
    near({1, 0, 0, 0, 1, 0, 0, 0, 1}, images:reshape{6, 4}:slice(1, 1, 3):slice(2, 1, 3))
    near({-1, 1}, images:reshape{6, 4}:slice(1, 4, 5):slice(2, 4, 4))
    near({1, 1, 1, 1}, images:reshape{6, 4}:slice(1, 6, 6))
    assert.equal(3, shown[#shown][2])
    assert.same({16, 1, 4, 1}, r:traverse():shape())
    assert.same({20, 1, 4, 1}, r:latent("c2", 2):shape())
    assert.same({20, 1, 4, 1}, r:codes("c2", 2):shape())
    local latent = shown[#shown][1]:reshape{20, 4}:table()
    near({-1, 1}, T.tensor{latent[1][4], latent[10][4]})
  end)

  it("shows the points of a plane that it generates, beside its data", function()
    local view = T.view{latents = {{name = "z1"}},
      decode = function(z) return T.concat({z, z * 2}, 2) end,
      prior = function(stream, n) return stream:normal{n, 1} end}
    local ring = T.data.ring{}
    local r = new{view = view, data = ring}
    local x = r:samples(7)
    assert.same({7, 2}, x:shape())
    local data, generated = table.unpack(plotted.series)
    assert.same({"scatter", "data", "generated"}, {plotted.kind, data.name, generated.name})
    near((x:select(2, 2)):table(), generated.y)
    assert.is_true((data.x:square() + data.y:square() - 1):abs():max():item() < 0.6)
    assert.same({500, 2}, r:samples():shape())
    r = new{view = view}
    r:samples(3)
    assert.equal(1, #plotted.series)
  end)

  it("interpolates, samples, encodes, decodes and reconstructs", function()
    local r = new{view = perfect, data = set}
    local between = r:interpolate(1, 48, 3)
    near({0, 0, 0, 3 / 16, 1 / 16, 5 / 16, 3 / 8, 1 / 8, 5 / 8}, between)
    assert.error_matches(function() r:interpolate(1) end, "interpolate: argument 'j': got nil")
    assert.same({7, 1, 3, 1}, r:samples(7):shape())
    near({3, 1, 5}, r:encode(set:images(T.tensor{48})))
    near({3 / 8, 1 / 8, 5 / 8}, r:decode(T.tensor{{3, 1, 5}}))
    local x = set:images(T.tensor{2, 9})
    near(x:reshape{x:size()}:table(), r:reconstruct(x))
    assert.equal(2, shown[#shown][2])
    assert.equal(4, #shown[#shown][1])
  end)

  it("mixes two images, each with some latents of the other", function()
    local r = new{view = perfect, data = set}
    local a, b = r:encode(set:images(T.tensor{5})), r:encode(set:images(T.tensor{48}))
    a, b = a:reshape{3}:table(), b:reshape{3}:table()
    local x = r:mix(5, 48, {1, "size"}) * 8
    near({a[1], a[2], a[3], b[1], b[2], b[3], b[1], a[2], b[3], a[1], b[2], a[3]}, x)
    assert.matches("with hue, size of each other", said[#said])
    x = r:mix(5, 48, "shape") * 8
    near({a[1], b[2], a[3]}, x[{{3, 3}}])
    r = new{view = generator}   -- a category is taken whole, of draws
    local z = r:mix(1, 2, "c1")
    near(z[{{1, 1}}]:reshape{4}:table(), T.concat({z[{{4, 4}}]:reshape{4}[{{1, 3}}],
      z[{{3, 3}}]:reshape{4}[{{4, 4}}]}, 1))
    for message, units in pairs{["got the latent z9"] = "z9", ["got no latent"] = {}} do
      assert.error_matches(function() r:mix(1, 2, units) end, message)
    end
  end)

  it("takes pictures of files in the shape of the data's", function()
    local r = new{view = perfect, data = set}
    local function put(name, width, grey)   -- as high as the data's are wide
      local canvas = T.canvas.new{width = width, height = 2, background = grey}
      assert(canvas:save(folder .. "/" .. name))
      return folder .. "/" .. name
    end
    local dark, light = put("dark.png", 6, 0x333333), put("light.png", 9, 0xffffff)
    local x = r:picture{dark, light}
    assert.same({2, 1, 3, 1}, x:shape())
    near({.2, .2, .2, 1, 1, 1}, x)
    near({1.6, 1.6, 1.6}, r:encode(r:picture(dark)))
    assert.equal(1, #shown[#shown][1])
    for message, f in pairs{
      ["picture: .*nothing.png"] = function() r:picture(folder .. "/nothing.png") end,
      ["picture: argument 'files', item 1: got 3"] = function() r:picture{3} end,
      ["picture: argument 'files': got 3, wanted the path of a file"] = function() r:picture(3) end,
      ["picture: argument 'files': got a table of 0 items, wanted the path"] = function()
        r:picture{}
      end,
      ["encode: argument 'images': got \"a.png\", wanted images .* r:picture"] = function()
        r:encode "a.png"
      end} do
      assert.error_matches(f, message)
    end
  end)

  it("tells which code follows which factor, and finds the nearest images", function()
    local r = new{view = perfect, data = set}
    local codes, factors = r:factors()
    assert.same({48, 3}, codes:shape())
    assert.same({48, 3}, factors:shape())
    assert.matches("^hue +hue +r = %+1.00", said[1])
    assert.matches("^size +size +r = %+1.00", said[3])
    local _, index = r:nearest(T.tensor{3, 1, 4.9}, 2)
    near({48, 47}, index)
    assert.same({10, 3}, r:factors(10):shape())
    local images
    images, index = r:nearest(T.tensor{3, 1, 5}, 4, 12)   -- by their numbers in the whole
    near(set:images(index):reshape{12}:table(), images)
  end)

  it("finds the nearest images of a set without known factors, its codes kept too", function()
    local plain = T.data.set.new{count = 48, shape = {1, 3, 1},
      images = function(index) return set:images(index) end}
    assert(core.file.save(folder .. "/script.lua", ""))
    local _, first = new{view = perfect, data = plain}:nearest(T.tensor{3, 1, 5}, 2)
    local _, again = new{view = perfect, data = plain}:nearest(T.tensor{3, 1, 5}, 2)
    assert.same(first:table(), again:table())
    assert.error_matches(function() new{view = perfect, data = plain}:factors() end,
      "factors: got a run whose data has no known factors, wanted one with factor_names")
  end)

  it("swaps content and style, and reconstructs from both", function()
    -- the content is the hue, the style the other two
    local mixed = T.content_view{content = 1, style = 2, data = set,
      represent_content = function(x) return x:reshape{#x, 3}:slice(2, 1, 1) end,
      represent_style = function(x) return x:reshape{#x, 3}:slice(2, 2, 3) end,
      decode = function(content, style) return T.concat({content, style}, 2):reshape{#content, 1, 3,
        1} end}
    local r = new{view = mixed, data = set}
    local a, b = set:images(T.tensor{1, 48}), set:images(T.tensor{2, 9, 30})
    local swapped = r:swap(a, b)
    local wanted, x, y = {}, a:reshape{2, 3}:table(), b:reshape{3, 3}:table()
    for i = 1, 3 do
      for j = 1, 2 do table.move({x[j][1], y[i][2], y[i][3]}, 1, 3, #wanted + 1, wanted) end
    end
    near(wanted, swapped)
    assert.equal("columns: contents; rows: styles", said[1])
    assert.equal(3, shown[1][2])   -- with the images themselves above and beside
    local grid = shown[1][1]:reshape{12, 3}
    near({1, 1, 1}, grid:slice(1, 1, 1))
    near(a:reshape{6}:table(), grid:slice(1, 2, 3))
    near(b:reshape{9}:table(), T.concat({grid:slice(1, 4, 4), grid:slice(1, 7, 7),
      grid:slice(1, 10, 10)}, 1))
    near(wanted, T.concat({grid:slice(1, 5, 6), grid:slice(1, 8, 9), grid:slice(1, 11, 12)}, 1))
    assert.same({6, 1, 3, 1}, r:swap(3, 2):shape())
    near(a:reshape{6}:table(), r:reconstruct(a))
    assert.error_matches(function() new{view = perfect, data = set}:swap() end,
      "swap: got a run whose view has no 'represent_content'")
    assert.error_matches(function() r:swap("a", 2) end,
      "swap: argument 'contents': got \"a\", wanted")
  end)

  it("draws the terms of its log, and compares itself", function()
    local lines = {{step = 1, loss = 4, kl = 1, seconds = 3}, {step = 2, loss = 2.5, kl = 2}}
    local r = new{view = perfect, lines = lines, config = {steps = 2, beta = 4}}
    local found = r:curves "loss"
    near({4, 2.5}, found.loss)
    assert.same({{name = "loss", x = {1, 2}, y = {4, 2.5}}}, plotted.series)
    r:curves()
    assert.equal(2, #plotted.series)
    r:compare{dir = "other", config = {steps = 2, beta = 1}, log = function()
      return {{step = 2, loss = 3}}
    end}
    assert.equal(("settings\n  %-20s %14s %14s"):format("beta", "4", "1"), said[#said - 1])
    assert.matches("^last terms\n  kl +2 +nil\n  loss +2.5 +3$", said[#said])
  end)

  it("draws terms of very different sizes in charts of their own", function()
    local r = new{view = perfect, lines = {{step = 1, loss = 600, kl = 1, reconstruction = -590,
      c = 0 / 0, z = 0}, {step = 2, loss = 400, kl = 3, reconstruction = -380, c = 0.2, z = 0}}}
    local drawn = {}
    r:curves()
    for i, o in ipairs(charts) do
      drawn[i] = {}
      for k, s in ipairs(o.series) do drawn[i][k] = s.name end
    end
    assert.same({{"loss", "reconstruction"}, {"kl"}, {"c", "z"}}, drawn)
  end)

  it("is compared with another by scores and images, too", function()
    assert(core.file.save(folder .. "/scores.json",
      '{"mig": {"value": 0.5, "n": 9}, "higgins": 0.9, "step": 3, "learned": "hue"}'))
    local other = {dir = folder .. "/none", config = {steps = 3}, log = function() return {} end,
      view = perfect, data = set}
    local r = new{view = perfect, data = set}
    r:compare(other)
    assert.same({"rows: images, of this run, of the other", ("scores\n  %-20s %14s %14s\n"
      .. "  %-20s %14s %14s"):format("higgins", "0.9", "nil", "mig", "0.5", "nil"),
      "settings: the same", "last terms: the same"}, said)
    assert.equal(10, shown[1][2])
    assert.same({30, 1, 3, 1}, shown[1][1]:shape())
    near(shown[1][1]:slice(1, 1, 10):reshape{30}:table(), shown[1][1]:slice(1, 21, 30))
    other.data = nil   -- without the data of both: samples, here of images of other shapes
    other.view = generator
    r:compare(other)
    assert.same({"samples of this run", "samples of the other"}, {said[5], said[6]})
    assert.same({{10, 1, 3, 1}, {10, 1, 4, 1}}, {shown[2][1]:shape(), shown[3][1]:shape()})
    os.remove(folder .. "/scores.json")
  end)

  it("is the run in all else", function()
    local r = new{view = perfect, answer = 42}
    assert.equal(42, r.answer)
    assert.equal(perfect, r.view)
    assert.equal(3, r.step)
  end)

  it("says what it cannot do, and why", function()
    for message, f in pairs{
      ["samples: got a run whose view has no 'decode'"] = function(r) r:samples() end,
      ["factors: got a run without 'data'"] = function(r) r:factors() end,
      ["curves: .* has no line in its log"] = function(r) r:curves() end,
    } do
      local r = new{view = T.view{represent = function(x) return x end}}
      assert.error_matches(function() f(r) end, message)
    end
    local r = new{view = generator}
    assert.error_matches(function() r:traverse "c3" end,
      "traverse: got the latent c3, wanted 1..2 or one of c1, c2")
    for message, f in pairs{
      ["samples: argument 'n': got a table with seed alone, wanted an integer of 1 or more"] =
        function() r:samples{seed = 1} end,
      ['samples: argument \'seed\': got "x", wanted an integer'] =
        function() r:samples(1, "x") end,
    } do
      assert.error_matches(f, message, 1, true)
    end
    local noisy = new{view = T.view{decode = generator.decode, prior = generator.prior,
      latents = {{name = "noise", kind = "uniform", noise = true}, {}, {}, {}}}}
    assert.error_matches(function() noisy:traverse(1) end,
      "traverse: got the latent noise, which is noise, wanted one that can be swept")
    assert.error_matches(function() noisy:latent "noise" end,
      "latent: got the latent noise, which is noise, wanted one that can be swept")
    assert.error_matches(function() r:latent(2, "x") end, "latent: argument 'rows': got \"x\"")
    assert.error_matches(function() r:reconstruct() end, "view has no 'represent'")
    assert.error_matches(function() r:traverse{unit = 3} end, "did you mean 'units'")
    r = new{view = perfect, data = set}
    assert.error_matches(function() r:traverse{seed = 99} end,
      "traverse: option 'seed': got 99, wanted an integer in 1..48")
    assert.error_matches(function() r:traverse{range = "a"} end,
      "traverse: option 'range': got \"a\", wanted")
    assert.error_matches(function() r:decode(T.zeros{2, 9}) end,
      "decode: argument 'latents': got a tensor %[2 9%], wanted %[n %d+%]")
    assert.error_matches(function() r:reconstruct "x" end,
      "reconstruct: argument 'images': got \"x\", wanted images, or how many of the data")
    assert.equal(3, #r:reconstruct(3))
    assert.error_matches(function() new{lines = {{step = 1, loss = 1}}}:curves "los" end, "'loss'")
  end)
end)
