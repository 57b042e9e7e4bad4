-- What a GAN's log says, and how far its images are from a set's.

local T = require "teasel"
local health = require "teasel.report.gan_health"

-- a log of so many lines, ten steps apart, with the terms that f(i) gives
local function log_of(lines, f)
  local log = {}
  for i = 1, lines do
    log[i] = f(i)
    log[i].step = 10 * i
  end
  return log
end

local function kinds(list)
  local names = {}
  for i, d in ipairs(list) do names[i] = d.kind end
  return table.concat(names, " ")
end

local latents = T.latents{noise = 2, {"categorical", 10}, {"uniform", 2}}

describe("the diagnosis of a log", function()
  it("says since when D wins, and what to try", function()
    local list = health.diagnose(log_of(200, function(i)
      return {d_accuracy = i < 120 and 0.7 or 0.99}
    end))
    assert.equal("d_wins", kinds(list))
    assert.equal("D wins since step 1,240: accuracy 0.99", list[1].text)
    assert.matches("spectral norm", list[1].try)
  end)

  it("does not say so where D has won only for a while, or at the very end", function()
    assert.equal("", kinds(health.diagnose(log_of(200, function(i)
      return {d_accuracy = i < 120 and 0.99 or 0.8}
    end))))
    assert.equal("", kinds(health.diagnose(log_of(200, function(i)
      return {d_accuracy = i < 195 and 0.8 or 0.99}
    end))))
    assert.equal("", kinds(health.diagnose({})))
  end)

  it("says that D is at chance, and by the loss of older logs that it wins", function()
    assert.equal("d_at_chance", kinds(health.diagnose(log_of(50, function()
      return {d_accuracy = 0.51}
    end))))
    local list = health.diagnose(log_of(50, function() return {d_loss = 0.05} end))
    assert.equal("D wins since step 10: loss 0.05", list[1].text)
    assert.equal("", kinds(health.diagnose(log_of(50, function() return {d_loss = 1.2} end))))
  end)

  it("names latents that are unused, or forgotten", function()
    local list = health.diagnose(log_of(100, function(i)
      return {d_accuracy = 0.7, information = {i < 50 and 2.2 or 0.8, 0.02, 1.2}}
    end), latents)
    assert.equal("forgotten unused", kinds(list))
    assert.equal("latent c1 is being forgotten: L_I 0.80, from 2.20 at step 10", list[1].text)
    assert.equal("latent c2 unused: L_I 0.02", list[2].text)
    list = health.diagnose(log_of(100, function()
      return {d_accuracy = 0.7, information = {0.1, 0.3, 0.3}}
    end), latents)
    assert.equal("latent c1 unused: L_I 0.10", list[1].text)
    assert.equal(1, #list)
  end)

  it("know what L_I a fixed deviation of Q allows", function()
    local fixed = T.latents{{"uniform", 3, deviation = 1}}
    local list = health.diagnose(log_of(100, function(i)
      return {d_accuracy = 0.7, information = {-0.39, -0.34, i < 50 and -0.23 or -0.35}}
    end), fixed)
    assert.equal("unused forgotten", kinds(list))
    assert.equal("latent c1 unused: L_I -0.39", list[1].text)
    assert.equal("latent c3 is being forgotten: L_I -0.35, from -0.23 at step 10", list[2].text)
  end)
end)

-- images [n 8 8 1], grey by class
local function shades(class)
  return T.expand((class * 0.3 + 0.1):reshape{#class, 1, 1, 1}, {#class, 8, 8, 1})
end

local label = T.stream(1):integers({120}, 0, 2)
local data = T.data.set.new{count = 120, shape = {8, 8, 1}, classes = 3, labels = label,
  images = function(index) return shades(T.take(label, index)) end}

local function view_of(draw)
  return T.view{decode = function(z) return draw(T.argmax(z, 2) - 1) end,
    latents = {{name = "c", kind = "categorical", width = 3}},
    prior = function(stream, n) return T.one_hot(stream:integers({n}, 1, 3), 3) end}
end

local OPTIONS = {images = 120, steps = 40}

describe("the measures of generated images", function()
  local perfect

  it("are those of the data where the generator is perfect", function()
    local found = health.measure(view_of(shades), data, OPTIONS)
    perfect = found.frechet
    assert.is_true(math.abs(found.variety - 1) < 0.4, found.variety)
    local c = found.coverage[1]
    assert.same({"class", 3, 3}, {c.name, c.covered, c.of})
    assert.is_true(c.kl < 0.1 and c.reader > 0.95)
  end)

  it("tell a generator that draws one class alone", function()
    local found = health.measure(view_of(function(class) return shades(class * 0) end), data,
      OPTIONS)
    assert.is_true(found.frechet > 10 * perfect, found.frechet)
    assert.equal(0, found.variety)
    assert.equal(1, found.coverage[1].covered)
    assert.is_true(math.abs(found.coverage[1].kl - math.log(3)) < 0.3)
  end)

  it("count the classes that have a tenth of their share", function()
    local real = T.tensor{1, 1, 2, 2, 4}
    local covered, of, kl = health.covered(real, T.tensor{1, 1, 1, 2}, 4)
    assert.same({2, 3}, {covered, of})
    local wanted = 0.75 * math.log(0.75 / 0.4) + 0.25 * math.log(0.25 / 0.4)
    assert.is_true(math.abs(kl - wanted) < 1e-5)
    -- what no real one is
    covered, of, kl = health.covered(T.tensor{1, 1, 2, 2}, T.tensor{1, 3, 3, 3}, 3)
    assert.same({1, 2, math.huge}, {covered, of, kl})
  end)
end)

describe("the report of a GAN's health", function()
  it("has both, and draws the film that the run's state has", function()
    local path = os.tmpname()
    local dull = view_of(function(class) return shades(class * 0) end)
    local r = {view = dull, state = {}, config = {seed = 1, steps = 10}}
    function r.log() return {{step = 1, d_accuracy = 1}} end
    function r.figure() return path end
    local keep = T.film.new(r.state, dull, r.config, 4)
    for step = 1, 10 do keep(step) end
    local print, said = print, {}
    _G.print = function(line) said[#said + 1] = line end
    local canvas = require "teasel.plot.canvas"
    local grid, titles = canvas.grid, {}
    function canvas.grid(tiles, o)
      titles[#titles + 1] = o.title .. "; " .. o.caption
      return grid(tiles, o)
    end
    local ok, found = pcall(health.report, r, {data = data, images = 40, steps = 5,
      title = "InfoGAN, seed 1, step 10"})
    _G.print, canvas.grid = print, grid
    assert(ok, found)
    assert.equal("d_wins alike", kinds(found.diagnosis))
    assert.matches("^Frechet distance of random features", said[1])
    assert.matches("^class: %d of %d covered", said[2])
    assert.matches("^D wins since step 1: accuracy 1.00; try: noise", said[3])
    local file <close> = assert(io.open(path, "rb"))
    assert.matches("^\x89PNG.*acTL", file:read "a")
    os.remove(path)
    assert.same({4, 8, 8, 1}, r.state.frames[10]:shape())
    assert.same({"InfoGAN, seed 1; step 1", "InfoGAN, seed 1; step 10"}, {titles[1], titles[10]})
  end)
end)

describe("features of random filters", function()
  it("are the same for one seed, of any number of images, and others for another", function()
    local x = T.stream(1):uniform{3, 16, 12, 2}
    local shape = {16, 12, 2}
    local first = T.image_features{shape = shape}(x)
    assert.same({3, 64}, first:shape())
    local one = T.image_features{shape = shape}(x:slice(1, 2, 2))
    assert.is_true((one - first:slice(1, 2, 2)):abs():max():item() < 1e-5)
    local gap = T.image_features{shape = shape, seed = 1}(x) - first
    assert.is_true(gap:abs():max():item() > 0.01)
    assert.same({2, 32}, T.image_features{shape = {4, 4, 1}}(T.ones{2, 4, 4, 1}):shape())
  end)
end)
