-- What the explorer's page may ask, on models whose answers are known.

local core = require "teasel.core"
local directory = require "teasel.run.directory"
local csv = require "teasel.format.csv"
local json = require "teasel.lib.json"
local models = require "spec.tool.explorer.models"
local question = require "teasel.tool.explorer.question"
local scratch = require "spec.scratch"
local subject = require "teasel.tool.explorer.subject"
local tsne = require "teasel.plot.tsne"

local folder = scratch.make()

local function answers(...)
  local subjects = {}
  for i, name in ipairs{...} do
    local dir = folder .. "/" .. name
    assert(core.system.folder(dir))
    subjects[i] = subject.new(models[name](dir))
  end
  return question.answers(subjects, {watch = false}), subjects
end

-- what is answered by plain values
local function plain(answer, name, q)
  local kind, text = answer(name, q)
  assert.equal("application/json", kind, text)
  return json.decode(text)
end

-- by images: their shape and their bytes
local function images(answer, name, q)
  local kind, bytes, more = answer(name, q)
  assert.equal("application/octet-stream", kind, bytes)
  return more["X-Images"], {bytes:byte(1, -1)}
end

local function wrong(answer, name, q)
  local kind, message = answer(name, q)
  assert.is_nil(kind)
  return message
end

-- pixels of 1 / 8 each
local function eighths(...)
  local list = {...}
  for i, v in ipairs(list) do list[i] = math.floor(255 * v / 8 + 0.5) end
  return list
end

describe("the questions of the explorer's page", function()
  teardown(function() scratch.remove(folder) end)

  it("begin with the runs: their latents by KL or L_I, with the factors they follow", function()
    local answer = answers("coder", "generator", "swapper")
    local runs = plain(answer, "about", {}).runs
    local function each(run, name)
      local list = {}
      for i, latent in ipairs(run.latents) do list[i] = latent[name] or false end
      return list
    end
    assert.equal("coder", runs[1].name)
    assert.same({1, 3, 1}, runs[1].shape)
    assert.equal("KL", runs[1].amount)
    assert.same({"z3", "z1", "z2"}, each(runs[1], "name"))
    assert.same({"size r 1.00"}, runs[1].latents[1].follows)
    assert.same({"hue r 1.00"}, runs[1].latents[2].follows)
    assert.is_nil(runs[1].latents[3].follows)
    assert.equal(0, runs[1].latents[3].amount)
    assert.same({decode = true, encode = true, map = true, score = true}, runs[1].can)
    assert.equal("L_I", runs[2].amount)
    assert.same({"c2", "c1"}, each(runs[2], "name"))
    assert.same({0.75, 0.5}, each(runs[2], "amount"))
    assert.same({3, 5}, {runs[2].latents[2].first, runs[2].latents[2].last})
    assert.same({decode = true, encode = false, map = false, score = false}, runs[2].can)
    assert.equal("sd", runs[3].amount)
    assert.is_true(runs[3].can.swap)
  end)

  it("encode images of the data and of files, and draw latents", function()
    local answer = answers "coder"
    assert.same({{3, 0, 5}}, plain(answer, "begin", {run = 1, image = 48}).z)
    local white = plain(answer, "begin", {run = 1, pixels = "FFff00"}).z[1]
    assert.is_true(math.abs(white[1] - 8) < 1e-5 and white[3] == 0)
    local z = plain(answer, "begin", {run = 1, seed = 4, count = 5}).z
    assert.equal(5, #z)
    assert.same(z, plain(answer, "begin", {run = 1, seed = 4, count = 5}).z)
    assert.matches("got 2 bytes of pixels, wanted 1 x 3 x 1",
      wrong(answer, "begin", {run = 1, pixels = "ffff"}))
    assert.matches("two hexadecimal digits", wrong(answer, "begin", {run = 1, pixels = "fffg00"}))
    assert.matches("decodes other numbers than its codes",
      wrong(answers "generator", "begin", {run = 1, pixels = "ffff00"}))
  end)

  it("recognise images by a GAN's Q, the noise as it is drawn", function()
    local answer = answers "reader"
    assert.is_true(plain(answer, "about", {}).runs[1].can.encode)
    local z = plain(answer, "begin", {run = 1, pixels = "7f7f00ff0033"}).z[1]
    assert.same({0, 1, 0}, {table.unpack(z, 3, 5)})
    assert.is_true(math.abs(z[6] - .2) < 1e-6 and z[1] >= 0 and z[1] <= 1)
    assert.same(z, plain(answer, "begin", {run = 1, pixels = "000000ff0033"}).z[1])
  end)

  it("give images as their bytes: decoded, traversed, of the data", function()
    local answer = answers("coder", "generator")
    local shape, bytes = images(answer, "decode", {run = 1, z = {{1, 2, 3}, {4, 5, 6}}})
    assert.equal("2 1 3 1", shape)
    assert.same(eighths(1, 2, 3, 4, 5, 6), bytes)
    shape, bytes = images(answer, "traverse", {run = 1, z = {{1, 2, 3}}, latent = 2, count = 3})
    assert.equal("3 1 3 1", shape)
    assert.same(eighths(1, 0, 3, 1, 0, 3, 1, 3, 3), bytes)   -- from -3, which is black
    shape = images(answer, "traverse", {run = 2, z = {{0, 0, 1, 0, 0, 0}}, latent = 2, count = 8})
    assert.equal("3 1 6 1", shape)   -- the categories, all of them
    shape, bytes = images(answer, "images", {run = 1, index = {48, 1}})
    assert.equal("2 1 3 1", shape)
    assert.same(eighths(3, 1, 5, 0, 0, 0), bytes)
  end)

  it("give the points of a plane, beside those of the data", function()
    local answer = answers("plane", "coder")
    local can = plain(answer, "about", {}).runs[1].can
    assert.same({false, true}, {can.decode, can.points})
    local found = plain(answer, "points", {run = 1, seed = 1, count = 3})
    assert.same({3, 3, nil}, {#found.x, #found.y, found.data})
    for i, x in ipairs(found.x) do assert.near(2 * x, found.y[i], 1e-6) end
    assert.not_same(found, plain(answer, "points", {run = 1, seed = 2, count = 3}))
    assert.matches("draws no images", wrong(answer, "decode", {run = 1, z = {{0}}}))
    assert.matches("draws no points", wrong(answer, "points", {run = 2, seed = 1, count = 3}))
    assert.matches("count", wrong(answer, "points", {run = 1, seed = 1, count = 0}))
  end)

  it("find the nearest images, and swap content and style", function()
    local answer = answers("coder", "swapper")
    local found = plain(answer, "nearest", {run = 1, z = {{3, 0, 4.9}}}).index
    assert.equal(8, #found)
    assert.is_true(found[1] == 48 or found[1] == 42)   -- the code of the shape is always 0
    local shape, bytes = images(answer, "swap", {run = 2, contents = {1, 48}, styles = {2, 9, 30}})
    assert.equal("6 1 3 1", shape)
    assert.same(eighths(0, 0, 1, 3, 0, 1), {table.unpack(bytes, 1, 6)})
    assert.matches("no 'represent_content'", wrong(answer, "swap", {run = 1, contents = {1},
      styles = {1}}))
  end)

  it("number images as the run's data does, where these are a part of others", function()
    local answer = answers "part"
    local function codes(number)
      return select(2, images(answer, "images", {run = 1, index = {number}}))
    end
    local first = plain(answer, "nearest", {run = 1, z = {{3, 0, 5}}}).index[1]
    assert.equal(1, first)
    assert.same(eighths(3, 1, 5), codes(first))
    local map = plain(answer, "map", {run = 1, how = "latents", x = 1, y = 3})
    for i, number in ipairs(map.image) do
      local shown = codes(number)
      assert.same(eighths(map.x[i], map.y[i]), {shown[1], shown[3]})
    end
  end)

  it("map codes by two of them and by principal components, with their factors", function()
    local answer = answers "coder"
    local map = plain(answer, "map", {run = 1, how = "latents", x = 3, y = 1})
    assert.equal(48, #map.x)
    assert.same({5, 3, 48}, {map.x[48], map.y[48], map.image[48]})
    assert.equal("hue", map.factors[1].name)
    assert.equal(3, map.factors[1].values[48])
    map = plain(answer, "map", {run = 1, how = "pca"})
    assert.equal(48, #map.y)
    assert.is_true(map.variances[1] > map.variances[2])
    assert.matches("'umap', wanted one of: latents, pca, tsne",
      wrong(answer, "map", {run = 1, how = "umap"}))
    assert.matches("without codes", wrong(answers "generator", "map", {run = 1, how = "pca"}))
  end)

  it("map codes by t-SNE beside other answers, and keep it until there is a newer state #slow",
    function()
      local answer, subjects = answers "coder"
      local s, asked = subjects[1], {run = 1, how = "tsne"}
      assert.is_false(s:work(0))
      assert.same({done = 0, of = 1}, plain(answer, "map", asked))
      for done = 0, 2 do
        assert.is_true(s:work(0))
        assert.same({done = done, of = 500}, plain(answer, "map", asked))
        assert.same(eighths(done, 2, 3), select(2, images(answer, "decode",
          {run = 1, z = {{done, 2, 3}}})))
      end
      while s:work(0) do end
      local map, codes = plain(answer, "map", asked), s:found().codes
      local at = tsne(codes, {steps = 500, perplexity = 30}):table()
      assert.equal(48, #map.x)
      for i = 1, 48 do
        assert.is_true(math.abs(map.x[i] - at[i][1]) < 1e-3)   -- the digits of JSON
        assert.is_true(math.abs(map.y[i] - at[i][2]) < 1e-3)
      end
      assert.is_nil(map.variances)
      assert.same(map, plain(answer, "map", asked))
    end)

  it("keep the state that is computed with", function()
    local answer, subjects = answers "coder"
    local s, steps = subjects[1], directory.steps
    plain(answer, "map", {run = 1, how = "tsne"})
    local looked = false
    directory.steps = function()
      looked = true
      return {}
    end
    finally(function() directory.steps = steps end)
    assert.is_false(s:refresh())
    assert.is_false(looked)
    s.tasks = {}
    s:refresh()
    assert.is_true(looked)
  end)

  it("tell curves and scores, kept and measured", function()
    local answer = answers "coder"
    local curves = plain(answer, "curves", {run = 1})
    assert.same({1, 3}, curves.step)
    assert.same({kl = {1, 2}, loss = {4, 2.5}}, curves.terms)
    assert.same({step = {}, terms = {}}, plain(answers "swapper", "curves", {run = 1}))
    assert.equal('{"rows":[]}', select(2, answer("scores", {run = 1})))   -- a list, though empty
    assert(core.file.save(folder .. "/coder/scores.json", '{"mig": {"value": 0.5, "n": 9}, '
      .. '"dci": {"completeness": 0.25}, "step": 3, "peak_bytes": 7, "learned": "much", '
      .. '"followers": [1]}'))
    local told = plain(answer, "scores", {run = 1})
    assert.same({{name = "dci.completeness", value = 0.25}, {name = "mig", value = 0.5},
      {name = "step", value = 3}}, told.rows)
    assert.equal("much", told.learned)
  end)

  it("measure the metrics of the run's images #slow", function()
    assert(core.file.save(folder .. "/coder/script.lua", ""))
    local answer, subjects = answers "coder"
    local told, count = plain(answer, "measure", {run = 1}), 0
    while subjects[1]:work(0) do
      told = plain(answer, "measure", {run = 1})
      assert.equal(count, told.done)
      assert.is_nil(told.rows)
      count = count + 1
    end
    assert.equal(count, told.of)
    told = plain(answer, "measure", {run = 1})
    assert.equal(48, told.points)
    local found
    for _, row in ipairs(told.rows) do found = row.name == "mig" and row or found end
    assert.is_true(found.value > 0.3)
    local all = subjects[1].verbs:score(nil, 48)   -- at once
    for i, row in ipairs(all) do
      assert.equal(row.name, told.rows[i].name)
      local value = row.value and tostring(told.rows[i].value) ~= tostring(row.value)
      if value then assert.is_true(math.abs(row.value - told.rows[i].value) < 1e-6, row.name) end
    end
    assert.equal(#all, #told.rows)
  end)

  it("save figures as PNG and numbers as CSV", function()
    local answer = answers "coder"
    local z = {{1, 2, 3}}
    local function file(what)
      local kind, bytes, more = answer("export", {run = 1, what = what, z = z})
      return kind, more and more["X-Name"] or bytes, bytes
    end
    for what, name in pairs{image = "image", strips = "traversal", film = "traversal"} do
      local kind, called, bytes = file(what)
      assert.equal(what == "film" and "image/apng" or "image/png", kind)
      assert.equal("coder-" .. name .. ".png", called)
      local picture = core.png.decode(bytes, "exported")
      assert.is_true(picture.width > 60)
      assert.equal(what == "film", bytes:find("acTL", 1, true) ~= nil)
    end
    local kind, name, bytes = file "codes"
    assert.same({"text/csv; charset=utf-8", "coder-codes.csv"}, {kind, name})
    assert(core.file.save(folder .. "/codes.csv", bytes))
    local x, names = csv.read(folder .. "/codes.csv")
    assert.same({"image", "z1", "z2", "z3", "hue", "shape", "size"}, names)
    assert.same({48, 3, 0, 5, 3, 1, 5}, x:table()[48])
    assert.equal("step,kl,loss\n1,1,4\n3,2,2.5\n", select(3, file "curves"))
    assert.matches("wanted one of: codes, curves, film, image", select(2, file "all"))
    local swapper = answers "swapper"
    local function grid(contents, styles)
      local sort, content, more = swapper("export", {run = 1, what = "swaps", contents = contents,
        styles = styles})
      assert.same({"image/png", "swapper-swaps.png"}, {sort, more["X-Name"]})
      return core.png.decode(content, "exported")
    end
    local small, large = grid({1, 48}, {2}), grid({1, 48, 7}, {2, 9})
    assert.is_true(large.width > small.width and large.height > small.height)
    assert.matches("got no images 'contents'", wrong(swapper, "export", {run = 1, what = "swaps"}))
    assert.matches("'styles': got nil", wrong(swapper, "export", {run = 1, what = "swaps",
      contents = {1}}))
    assert.matches("represent_content", wrong(answer, "export", {run = 1, what = "swaps",
      contents = {1}, styles = {2}}))
    z = nil
    assert.matches("got no latents", select(2, file "image"))
  end)

  it("are refused with a reason where a field is wrong, whatever it is", function()
    local answer = answers("coder", "generator")
    local Z = {{1, 2, 3}}
    for _, case in ipairs{
      {"decode", {run = 1, z = {}}, "got 0 items, wanted 1 to 64"},
      {"decode", {run = 1, z = {{1, 2}}}, "got a row of 2 numbers, wanted 3"},
      {"decode", {run = 1, z = {{1, 2, 1001}}}, "got 1001, wanted a number in %-1000..1000"},
      {"decode", {run = 1, z = {{1, 2, 0 / 0}}}, "wanted a number"},
      {"decode", {run = 1, z = {{1, 2, "3"}}}, "wanted a number"},
      {"decode", {run = 1, z = "z"}, "got \"z\", wanted a table"},
      {"decode", {run = 1}, "argument 'z': got nil"},
      {"decode", {z = Z}, "argument 'run': got nil"},
      {"decode", {run = 3, z = Z}, "got 3, wanted an integer in 1..2"},
      {"decode", {run = 1.5, z = Z}, "got 1.5, wanted an integer"},
      {"traverse", {run = 1, z = Z, latent = 4, count = 8}, "got 4, wanted an integer in 1..3"},
      {"traverse", {run = 2, z = {{0, 0, 1, 0, 0, 0}}, latent = 1, count = 8}, "noise"},
      {"traverse", {run = 1, z = Z, latent = 1, count = 16}, "wanted an integer in 2..15"},
      {"images", {run = 1, index = {49}}, "got 49, wanted an integer in 1..48"},
      {"images", {run = 1, index = {1.5}}, "wanted an integer"},
      {"images", {run = 2, index = {1}}, "got a run without data"},
      {"begin", {run = 1, image = 0}, "got 0"},
      {"begin", {run = 1, seed = -1, count = 1}, "got %-1"},
      {"map", {run = 1, how = "latents"}, "argument 'x': got nil"},
      {"curve", {run = 1}, "did you mean 'curves'"},
      {"export", {run = 1, what = "code"}, "did you mean 'codes'"},
    } do
      assert.matches(case[3], wrong(answer, case[1], case[2]))
    end
    assert.matches("^explorer: ", wrong(answer, "decode", {run = 1}))
  end)

  it("have an answer or a reason in words for any value of any field", function()
    local answer = answers("coder", "generator", "swapper")
    local values = {false, true, 0, 1, -1, 2, 1.5, 0 / 0, 1 / 0, 1e300, 1 << 62, "", "1", "ff",
      "pca", "latents", "image", "strips", {}, {1}, {{}}, {{1, 2, 3}}, {{1, 2, "x"}}, {{{1}}},
      {z = 1}, {{1, nil, 3}}, {1, 2, 300}}
    local fields = {"run", "z", "image", "pixels", "seed", "count", "latent", "index", "contents",
      "styles", "how", "x", "y", "what"}
    math.randomseed(2)
    for _, name in ipairs{"begin", "decode", "traverse", "images", "swap", "map", "export",
      "nearest", "curves", "scores"} do
      for _ = 1, 40 do
        local q = {run = math.random(3)}
        for _, field in ipairs(fields) do
          if math.random() < 0.5 then q[field] = values[math.random(#values)] end
        end
        local kind, message = answer(name, q)
        if not kind then
          assert.is_nil(message:find "attempt to" or message:find "^[^ ]*%.lua:", name .. message)
        end
      end
    end
  end)
end)
