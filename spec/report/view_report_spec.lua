-- The report of a run with a view: what is drawn and scored of any model and any set, and nothing
-- that they cannot give.

local T = require "teasel"
local core = require "teasel.core"
local figure = require "teasel.plot.figure"
local json = require "dkjson"
local report = require "teasel.report"
local scratch = require "spec.scratch"

local folder
local names = {"hue", "shape", "size"}
local sizes = {4, 2, 6}

-- images of 2 x 2 pixels that hold the three codes of a point as they are, over 8
local function new_set(chosen)
  local whole = T.data.space{names = names, sizes = sizes, values = {size = {1, 2, 4, 8, 16, 32}},
    labels = {shape = {"cube", "cone"}}}
  local part = whole:select(chosen or {})
  return T.data.space.set(part, function(index)
    return T.concat({whole:levels(index) / 8, T.zeros{#index, 1}}, 2):reshape{#index, 2, 2, 1}
  end)
end

local function factors_of(images) return images:reshape{#images, 4}:slice(2, 1, 3) * 8 end

-- a view whose codes are the factors, in this order, and which draws them again
local function perfect(seen)
  local function columns(x)
    return T.concat({x:slice(2, 3, 3), x:slice(2, 1, 1), x:slice(2, 2, 2)}, 2)
  end
  return T.view{
    posterior = function(x)
      local codes = columns(factors_of(x))
      return codes, T.zeros{#x, 3} - T.tensor{9, 2, 0}
    end,
    decode = function(z)
      if seen then seen[#seen + 1] = z end
      return (T.concat({z, T.zeros{#z, 1}}, 2) / 8):reshape{#z, 2, 2, 1}
    end,
    prior = function(stream, n) return stream:normal{n, 3} end,
    latents = {{name = "size", code = 1}, {name = "hue", code = 2}, {name = "shape", code = 3}},
  }
end

-- a run with these fields, which was not trained, in a directory of its own
local count = 0
local function new_run(fields, log)
  count = count + 1
  local dir = ("%s/%d"):format(folder, count)
  assert(core.system.folder(dir))
  assert(core.system.folder(dir .. "/figures"))
  local r = {dir = dir, step = 3, note = {seconds = 1, peak_bytes = 2}, config = {}, state = {}}
  function r.log() return log or {} end
  function r.figure(_, name) return dir .. "/figures/" .. name end
  function r.scores(_, scores)
    local file <close> = assert(io.open(dir .. "/scores.json", "w"))
    file:write(json.encode(scores))
  end
  for name, value in pairs(fields) do r[name] = value end
  return r
end

-- what f prints
local function printed(f, ...)
  local lines, print = {}, print
  _G.print = function(...) lines[#lines + 1] = table.concat({...}, "\t") end
  local ok, message = pcall(f, ...)
  _G.print = print
  assert(ok, message)
  return table.concat(lines, "\n")
end

local function figures(r)
  local list = {}
  for _, name in ipairs(core.system.list(r.dir .. "/figures")) do
    if name:find "%.png$" then list[#list + 1] = name:gsub("%.png$", "") end
  end
  table.sort(list)
  return list
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("a report of a view that represents and draws", function()
  local LOG = {{step = 2, seconds = 1, loss = 3, kl = 2, unit_kl = {1, 0.5, 0.5}},
    {step = 3, seconds = 1, loss = 2, kl = 1, unit_kl = {1, 0.5, 0.25}}}

  it("has scores, curves, traversals, samples, reconstructions and activations", function()
    local r = new_run({view = perfect(), data = new_set()}, LOG)
    local text = printed(report.view, r, {title = "perfect", higgins = {"hue", "size"}})
    assert.same({"activations", "curves", "reconstructions", "samples", "traversal",
      "traversal_moving", "unit_kl"}, figures(r))
    local scores = json.decode(read(r.dir .. "/scores.json"))
    assert.equal(48, scores.images)
    assert.equal(3, scores.step)
    local found = {}
    for i, f in ipairs(scores.followers) do
      found[i] = ("%s %d %.2f"):format(f.factor, f.unit, f.r)
    end
    assert.same({"hue 2 1.00", "shape 3 1.00", "size 1 1.00"}, found)
    assert.equal(1, scores.higgins.value)
    assert.same({"hue", "size"}, scores.higgins.factors)
    assert.is_near(1, scores.mig.value, 1e-4)
    -- KL of N(m, e^l) from N(0, 1), by hand: the mean of (m^2 + e^l - 1 - l) / 2
    assert.is_near((55 / 6 + math.exp(-9) - 1 + 9) / 2, scores.unit_kl[1], 1e-3)
    assert.matches("size .-\nhue .-\nshape ", text)
    for bar in text:gmatch "#+" do assert.is_true(#bar <= 60) end   -- of size: 8.6 nats, 10 a nat
    assert.is_truthy(text:find(("#"):rep(60), 1, true))
    assert.matches("hue +hue +r = %+1.00\nshape +shape +r = %+1.00\nsize +size +r", text)
    assert.matches("Higgins' metric %(hue, size; L = 64", text)
    assert.matches("MIG %(3 factors, 48 images%)", text)
  end)

  it("marks units of at most 0.1 nats in all figures", function()
    local drawn, own = {}, {}
    for _, name in ipairs{"traversal", "movie", "unit_curves", "activations"} do
      own[name] = figure[name]
      figure[name] = function(...)
        drawn[name] = (select(name == "traversal" and 3 or name == "movie" and 3 or 4, ...))
        return own[name](...)
      end
    end
    local view = perfect()
    local posterior = view.posterior
    function view.posterior(x)   -- of shape nothing is told
      local mean, logvar = posterior(x)
      return mean * T.tensor{1, 1, 0}, logvar
    end
    local r = new_run({view = view, data = new_set()},
      {{step = 2, unit_kl = {5, 2, 0.5}}, {step = 3, unit_kl = {5, 2, 0.04}}})
    local ok, message = pcall(printed, report.view, r)
    for name, f in pairs(own) do figure[name] = f end
    assert(ok, message)
    assert.matches("^size  KL [%d.]+\nσ² 0.000123$", drawn.traversal.labels[1])
    assert.equal("shape (unused)\nσ² 1", drawn.traversal.labels[3])
    assert.equal("shape (unused)", drawn.movie.labels[3])
    assert.same({"size", "hue", "shape (unused)"}, drawn.unit_curves.names)
    assert.same({"size", "hue", "shape (unused)"}, drawn.activations.names)
  end)

  it("names the curves of L_I by the latents, of which one may have many columns of the codes",
    function()
      local names, own = nil, figure.unit_curves
      function figure.unit_curves(path, _, term, o)
        if term == "information" then names = o.names end
        return path
      end
      local view = T.view{
        represent = function(x) return T.zeros{#x, 4} end,
        decode = function(z) return T.zeros{#z, 2, 2, 1} end,
        prior = function(_, n) return T.zeros{n, 7} end,
        latents = {{name = "noise", width = 2, noise = true},
          {name = "c1", kind = "categorical", width = 3, probabilities = 1},
          {name = "c2", kind = "uniform", code = 4}, {name = "c3", kind = "uniform"}}}
      local log = {{step = 2, information = {1, 2, 3}}, {step = 3, information = {1, 2, 3}}}
      local ok, message = pcall(printed, report.view, new_run({view = view}, log))
      figure.unit_curves = own
      assert(ok, message)
      assert.same({"c1", "c2", "c3"}, names)
    end)

  it("tells the seed in every title, once", function()
    for title, wanted in pairs{["a VAE, step 3"] = "a VAE, seed 7, step 3",
        ["a VAE"] = "a VAE, seed 7", ["a VAE, seed 8, step 3"] = "a VAE, seed 8, step 3"} do
      local r = new_run{view = T.view{represent = factors_of}, data = new_set(),
        config = {seed = 7}}
      printed(report.view, r, {title = title})
      assert.matches("set label '" .. wanted .. "' at", read(r:figure "activations.gp"))
    end
  end)

  it("draws categories apart from numbers, as probabilities", function()
    local latents = {}
    for i = 1, 6 do latents[i] = {name = "z" .. i, code = i} end
    latents[7] = {name = "c1", kind = "categorical", width = 2, probabilities = 7}
    local view = T.view{latents = latents, prior = function(_, n) return T.zeros{n, 8} end,
      decode = function(z) return T.zeros{#z, 2, 2, 1} end,
      represent = function(x)
        local f = factors_of(x)
        local cube = f:slice(2, 2, 2):lt(0.5) * 0.98 + 0.01
        return T.concat({f:slice(2, 1, 1), T.zeros{#x, 3}, f:slice(2, 1, 1) * 9, f:slice(2, 3, 3),
          T.log(cube), T.log(1 - cube)}, 2)
      end}
    local r = new_run{view = view, data = new_set()}
    printed(report.view, r)
    local numbers = read(r:figure "activations.csv")
    local script = read(r:figure "activations.gp")
    -- those of hue and size, and of the others, which say nothing, the first ones
    local titles = {}
    for title in script:gmatch "set title '(.-)'" do titles[#titles + 1] = title end
    assert.same({"z5", "z6", "z1", "z2", "z3"}, titles)
    assert.is_nil(numbers:find("-4.6", 1, true))
    local said = read(r:figure "activations_categories.csv")
    assert.matches('\n0,0.99%d*,[^\n]*"cube","p%(c1=1%)"\n', said)
    assert.matches('\n0,0.0[01]%d*,[^\n]*"cube","p%(c1=2%)"\n', said)
    assert.matches("set ylabel 'mean probability'", read(r:figure "activations_categories.gp"))
  end)

  it("leaves out units that are not in use, where there are more than twelve", function()
    local latents, used, drawn = {}, 1, nil
    for d = 1, 15 do latents[d] = {name = "z" .. d, code = d} end
    local view = T.view{
      posterior = function(x)
        local one = factors_of(x):slice(2, 3, 3)
        return T.concat({one:expand{#x, used}, T.zeros{#x, 15 - used}}, 2), T.zeros{#x, 15}
      end,
      decode = function(z) return (z:slice(2, 1, 4) / 8):reshape{#z, 2, 2, 1} end,
      prior = function(stream, n) return stream:normal{n, 15} end,
      latents = latents,
    }
    local own = figure.traversal
    function figure.traversal(...)
      drawn = select(3, ...)
      return own(...)
    end
    local ok, text = pcall(printed, report.view, new_run{view = view, data = new_set()})
    local few = drawn
    used = 14
    local all_ok, all = pcall(printed, report.view, new_run{view = view, data = new_set()})
    figure.traversal = own
    assert(ok, text)
    assert.equal(12, #few.units)
    assert.matches("seed image; 3 more unused$", few.caption)
    assert.matches("\nand 3 more, of at most 0.000 nats each\nactive units: 1 of 15", text)
    assert(all_ok, all)
    assert.equal(14, #drawn.units)
    assert.matches("seed image; 1 more unused$", drawn.caption)
  end)

  it("says so where a part of the data was scored", function()
    local r = new_run{view = perfect(), data = new_set()}
    local text = printed(report.view, r, {data = new_set{hue = {0, 2}}})
    assert.matches("MIG %(3 factors, 24 images %- of a part of the data", text)
  end)

  it("moves one latent in each row, from the middle of the space or another image", function()
    for _, case in ipairs{{nil, {3, 2, 1}}, {{1, 0, 5}, {5, 1, 0}}} do
      local seen = {}
      local r = new_run{view = perfect(seen), data = new_set()}
      printed(report.view, r, {seed = case[1]})
      for row, unit in ipairs{1, 2, 3} do   -- by their KL
        local z = seen[row]:table()
        assert.equal(10, #z)
        for d = 1, 3 do
          assert.is_near(d == unit and -3 or case[2][d], z[1][d], 1e-6)
          assert.is_near(d == unit and 3 or case[2][d], z[10][d], 1e-6)
        end
      end
    end
  end)

  it("names a factor of Higgins' metric that there is not, and options of another kind", function()
    local r = new_run{view = perfect(), data = new_set()}
    assert.error_matches(function() report.view(r, {higgins = {"hu"}}) end,
      "report.factors: option 'higgins': got the option 'hu', wanted one of: hue, shape, size")
    for name, wanted in pairs{data = "a data set", higgins = "a table", terms = "a table",
        seed = "an integer of 1 or more"} do
      assert.error_matches(function() report.view(r, {[name] = "x"}) end,
        ("report.view: option '%s': got \"x\", wanted %s"):format(name, wanted))
    end
    assert.error_matches(function() report.view(r, {data = new_set():split{0}}) end,
      "report.view: option 'data': got .*, wanted a data set of one image or more")
  end)
end)

describe("a report of a view that lacks something", function()
  it("has activations and scores of one that only represents", function()
    local r = new_run{view = T.view{represent = factors_of}, data = new_set()}
    local text = printed(report.view, r)
    assert.same({"activations"}, figures(r))
    assert.matches("hue +z1 +r = %+1.00", text)
    assert.is_nil(json.decode(read(r.dir .. "/scores.json")).unit_kl)
  end)

  it("draws all latents but noise where none are chosen", function()
    local drawing = T.view{decode = function(z) return T.sigmoid(z:reshape{#z, 1, 2, 1}) end,
      prior = function(stream, n) return stream:normal{n, 2} end, latents = {{}, {}}}
    local folder = os.tmpname()
    os.remove(folder)
    assert(T.figure.traversal(folder .. "a.png", drawing, {base = T.zeros(1, 2)}))
    assert(T.figure.traversal(folder .. "b.png", drawing, {base = T.zeros(1, 2), units = {1, 2}}))
    local file = require("teasel.core").file
    assert.equal(file.read(folder .. "a.png"), file.read(folder .. "b.png"))
    os.remove(folder .. "a.png")
    os.remove(folder .. "b.png")
  end)

  it("has samples and traversals of one that only draws, of categories too", function()
    local seen = {}
    local r = new_run{view = T.view{
      decode = function(z)
        seen[#seen + 1] = z
        return z:slice(2, 1, 4):abs():reshape{#z, 2, 2, 1} / 4
      end,
      prior = function() return T.zeros{50, 7} end,
      latents = {{name = "noise", kind = "uniform", width = 3},
        {name = "c1", kind = "categorical", width = 3}, {name = "c2", kind = "uniform"}},
    }}
    r.view.prior = function(_, n) return T.zeros{n, 7} end
    printed(report.view, r)
    assert.same({"samples", "traversal", "traversal_moving"}, figures(r))
    assert.same({{0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 0, 1, 0}},
      seen[1]:table())
    assert.same({10, 7}, seen[2]:shape())
    assert.same({-1, 1}, {seen[2][{1, 7}]:item(), seen[2][{10, 7}]:item()})
    assert.same({step = 3, seconds = 1, peak_bytes = 2}, json.decode(read(r.dir .. "/scores.json")))
    r:scores{step = 3, error = 0.5}
    printed(report.view, r)   -- scores of another report stay
    assert.same({step = 3, error = 0.5}, json.decode(read(r.dir .. "/scores.json")))
  end)

  it("has no activations where the factors are no space", function()
    local set = new_set()
    local data = T.data.set.new{count = 48, images = function(i) return set:images(i) end,
      factor_names = names, factors = set:factors()}
    local r = new_run{view = perfect(), data = data}
    printed(report.view, r)
    assert.same({"reconstructions", "samples", "traversal", "traversal_moving"}, figures(r))
  end)

  it("is none of a run without a view", function()
    assert.error_matches(function() report.view(new_run{data = new_set()}) end,
      "report.view: got a run without a view")
  end)
end)

describe("the report of a run on dSprites", function()
  it("counts the paper's four factors, by its older name too", function()
    local data = report.scored "few"
    local r = new_run{data = data, view = T.view{represent = function(x)
      return x:reshape{#x, 64, 64}:sum(3)
    end}}
    for _, made in ipairs{report.dsprites, report.vae} do
      assert.matches("Higgins' metric %(scale, orientation, posX, posY; L = 64",
        printed(made, r, {data = data, title = "dSprites"}))
    end
  end)
end)

describe("a traversal", function()
  it("refuses what draws no images, and latents that are not there", function()
    local path, draws = folder .. "/x.png", perfect()
    for message, call in pairs{
      ["got no option 'base', wanted latents [1 L]"] = {draws, {units = {1}}},
      ["got a view without `decode`, wanted one that draws images"] =
        {T.view{represent = factors_of}, {units = {1}, base = T.ones{1, 3}}},
      ["got 4, wanted one of 1..3, the latents"] = {draws, {units = {4}, base = T.ones{1, 3}}},
    } do
      for _, name in ipairs{"traversal", "movie"} do
        local ok, found = pcall(T.figure[name], path, table.unpack(call))
        assert.is_false(ok)
        assert.is_truthy(found:find(message, 1, true), found)
      end
    end
  end)
end)

describe("activations", function()
  -- the means of each unit over the space of new_set, and a figure's numbers as they are saved
  local function drawn(space, codes, options)
    local path = ("%s/activations-%d.png"):format(folder, math.random(1 << 30))
    assert(T.figure.activations(path, codes, space, options))
    return read((path:gsub("png$", "csv")))
  end

  local space = T.data.space{names = {"posX", "shape", "posY", "size"}, sizes = {3, 2, 4, 5},
    values = {size = {2, 4, 6, 8, 10}}, labels = {shape = {"cube", "cone"}}}

  it("are means over positions, and over all else for each shape", function()
    local f = space:enumerate()
    local function column(k) return f:slice(2, k, k) end
    local codes = T.concat({column(1) + 10 * column(3), column(2) * 100 + column(4)}, 2)
    local text = drawn(space, codes, {names = {"first", "second"}})
    -- first: y runs down the rows, x along them
    for y = 0, 3 do
      for x = 0, 2 do
        local line = ('\n%d,%d,,,%d,,,"first"\n'):format(x + 1, y + 1, x + 10 * y)
        assert.is_truthy(text:find(line, 1, true), line)
      end
    end
    for s, name in ipairs{"cube", "cone"} do
      for i = 1, 5 do
        local line = ('\n%d,%d,,,,,"%s","4"\n'):format(2 * i, 100 * (s - 1) + i - 1, name)
        assert.is_truthy(text:find(line, 1, true), line)
      end
    end
  end)

  it("take other planes and curves, and have no figure of codes that are too few", function()
    local text = drawn(space, space:enumerate(), {plane = {"size", "shape"}, by = "", units = {4}})
    -- size along x, shape down; then posX and posY, which the fourth factor has nothing to do with
    assert.is_truthy(text:find('\n5,2,,,4,,,"z4"\n0,2,,,,,,"2"\n', 1, true), text)
    assert.is_nil(text:find("cube", 1, true))
    assert.error_matches(function()
      T.figure.activations(folder .. "/x.png", T.ones{7, 2}, space)
    end, "figure.activations: argument 'codes': got a tensor %[7 2%], wanted %[120 D%]")
    assert.error_matches(function()
      T.figure.activations(folder .. "/x.png", space:enumerate(), space, {by = "shap"})
    end, "figure.activations: got the option 'shap', wanted one of: posX, posY, shape, size")
  end)
end)
