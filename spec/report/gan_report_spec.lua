-- The reports of GANs: what is drawn and scored through their views.

local T = require "teasel"
local core = require "teasel.core"
local json = require "dkjson"
local latent_grid = require "teasel.report.latent_grid"
local scratch = require "spec.scratch"
local gan, nn = T.gan, T.nn

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- a run of these networks that was not trained, in a directory of its own
local function new_run(name, fields, log)
  local dir = folder .. "/" .. name
  assert(core.system.folder(dir))
  assert(core.system.folder(dir .. "/figures"))
  local r = {dir = dir, step = 3, note = {seconds = 1, peak_bytes = 2}, config = {seed = 1}}
  function r.log() return log or {} end
  function r.figure(_, figure) return dir .. "/figures/" .. figure end
  function r.scores(_, scores)
    local file <close> = assert(io.open(dir .. "/scores.json", "w"))
    file:write(json.encode(scores))
  end
  for key, value in pairs(fields) do r[key] = value end
  return r
end

local function quietly(f, ...)
  local print = print
  _G.print = function() end
  local result = table.pack(pcall(f, ...))
  _G.print = print
  assert(result[1], result[2])
  return table.unpack(result, 2)
end

local function drawn(r)
  local list = {}
  for _, name in ipairs((core.system.list(r.dir .. "/figures"))) do
    if name:find "%.png$" then list[#list + 1] = name:gsub("%.png$", "") end
  end
  table.sort(list)
  return table.concat(list, " ")
end

local latents = T.latents{noise = 3, {"categorical", 4}, {"uniform", 2}}
local net = T.infogan(gan.faces(latents, {width = 1 / 32}), latents, T.stream(1))

local function infogan_run(name, view)
  return new_run(name, {model = net.model, latents = latents, view = view,
    state = {params = net.params, stats = net.stats}},
    {{step = 1, d_loss = 1, g_loss = 2, live_mb = 9, information = {0.1, 0.2, 0.3}},
      {step = 2, d_loss = 1.5, g_loss = 1, live_mb = 9, information = {0.2, 0.1, 0.4}}})
end

describe("the report of a GAN", function()
  it("has curves, samples, a grid of each code and its information", function()
    local r = infogan_run("infogan", net:view())
    local scores = quietly(T.gan_report.view, r, {title = "an InfoGAN"})
    assert.equal("c1 c2 c3 curves information samples traversal traversal_moving", drawn(r))
    assert.equal(3, #scores.information)
    for k, bound in ipairs(scores.information) do
      assert.is_true(bound <= latents.entropies[k] and bound > -5)
    end
    assert.same({3, 1, 2}, {scores.step, scores.seconds, scores.peak_bytes})
    local file <close> = assert(io.open(r.dir .. "/scores.json"))
    assert.equal(3, #json.decode(file:read "a").information)
    local curves <close> = assert(io.open(r:figure "curves.csv"))
    local text = curves:read "a"
    assert.is_truthy(text:find "d_loss" and text:find "g_loss")
    assert.is_nil(text:find "live_mb")
  end)

  it("of an older run, which gave no view that draws, is the same", function()
    local new, old = infogan_run("new", net:view()), infogan_run("old", nil)
    quietly(T.gan_report.view, new)
    quietly(T.gan_report.view, old)
    for _, name in ipairs{"c1", "c2", "samples"} do
      local texts = {}
      for i, r in ipairs{new, old} do
        local file <close> = assert(io.open(r:figure(name .. ".png"), "rb"))
        texts[i] = file:read "a"
      end
      assert.equal(texts[1], texts[2])
    end
  end)

  it("has no codes where it has no Q", function()
    local noise = T.latents{noise = 5, noise_from = "gaussian"}
    local generator = nn.chain{nn.linear(5, 16), nn.sigmoid, nn.reshape{4, 4, 1}}
    local params = {generator = generator:init(T.stream(1))}
    local r = new_run("plain", {state = {params = params},
      view = gan.view({generator = generator}, noise, params, {})})
    local scores = quietly(T.gan_report.view, r)
    assert.is_nil(scores.information)
    assert.matches("samples", drawn(r))
    assert.is_nil(drawn(r):find "c1")
  end)

  it("shows Q digits in the range of its networks", function()
    local categories = T.latents{noise = 3, {"categorical", 10}, {"uniform", 1}}
    local model, seen = {}, {}
    for name, part in pairs(gan.mnist(categories, {width = 1 / 32})) do model[name] = part end
    model.range = {-1, 1}
    local signed, trunk = T.infogan(model, categories, T.stream(1)), model.trunk
    model.trunk = setmetatable({}, {__index = trunk, __call = function(_, p, x, o)
      if #x == 20 then seen = {x:min():item(), x:max():item()} end
      return trunk(p, x, o)
    end})
    local test = {count = function() return 20 end,
      images = function(_, index)
        return index:le(9):reshape{#index, 1, 1, 1}:expand{#index, 28, 28, 1}
      end, digits = function() return T.concat{T.arange(0, 9), T.arange(0, 9)} end}
    quietly(T.gan_report.mnist, new_run("signed", {model = model, latents = categories,
      view = signed:view(), state = {params = signed.params, stats = signed.stats}}), {test = test})
    assert.same({-1, 1}, seen)
  end)

  it("needs a view that draws", function()
    assert.error_matches(function() T.gan_report.view(new_run("none", {state = {}})) end,
      "gan_report.view: got a run without a view that draws, wanted a GAN's")
    assert.error_matches(function()
      local plain = T.latents{{"uniform", 2}}
      T.gan_report.mnist(new_run("uniform", {latents = plain, state = {}, view = net:view()}))
    end, "gan_report.mnist: got no categorical latent, wanted one")
  end)
end)

describe("a film", function()
  it("keeps samples of the same latents at each tenth of the way", function()
    local shift = T.tensor(0)
    local view = T.view{decode = function(z) return z + shift end, latents = {{}, {}},
      prior = function(stream, n) return stream:normal{n, 2} end}
    local state = {}
    local keep = T.film.new(state, view, {steps = 25, seed = 3})
    assert.same({0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, state.at)
    for step = 1, 25 do
      shift = T.tensor(step)
      keep(step)
    end
    assert.same({3, 5, 8, 10, 13, 15, 18, 20, 23, 25}, state.at)
    assert.same({1000, 2}, state.frames[1]:shape())
    local gap = state.frames[10] - state.frames[2] - 20
    assert.is_true(gap:abs():max():item() < 1e-4)
  end)
end)

describe("the report of a ring", function()
  it("says which modes a view covers, at the end and over time", function()
    local ring = T.data.ring{}
    -- draws a mode by the sign of each of three numbers
    local function draw(z, modes)
      local bits = T.gt(z, 0):matmul(T.tensor{{4}, {2}, {1}}):reshape{#z}
      return ring.centres:take(T.minimum(bits, modes - 1) + 1, 1)
    end
    local view = T.view{decode = function(z) return draw(z, 8) end, latents = {{}, {}, {}},
      prior = function(stream, n) return stream:normal{n, 3} end}
    local z = T.stream(1):normal{1000, 3}
    local frames, at = {}, {}
    for i = 1, 10 do frames[i], at[i] = draw(z, math.min(i, 8)), i end
    local r = new_run("ring", {state = {frames = frames, at = at}, data = ring, view = view},
      {{step = 1, d_loss = 1, f = 2}, {step = 2, d_loss = 2, f = 1}})
    local scores = quietly(T.ring_report.ring, r, {title = "a perfect one"})
    assert.same({8, {1, 2, 3, 4, 5, 6, 7, 8, 8, 8}}, {scores.covered, scores.over_time})
    assert.is_true(scores.good == 1 and scores.kl < 0.05)
    assert.equal("curves samples", drawn(r))
    assert.error_matches(function() T.ring_report.ring(new_run("blank", {state = {}})) end,
      "ring_report.ring: got a run without a view that draws, a ring or a film")
  end)
end)

describe("rows along a latent", function()
  local view = net:view()

  it("change it alone, from one draw for each row", function()
    local seen
    local spy = T.view{prior = view.prior, latents = latents:list(), decode = function(z)
      seen = z
      return view.decode(z)
    end}
    local values, i = T.tensor{-1, 0, 2}, latent_grid.find(spy, "c3")
    local images = latent_grid.swept(spy, T.stream(5), 2, i, values)
    assert.same({6, 32, 32, 1}, images:shape())
    local z = view.prior(T.stream(5), 2)
    assert.equal(latents:sweep(z, 3, values):data(), seen:data())
    latent_grid.swept(spy, T.stream(5), 2, i, values, function(drawn_z)
      return latents:put(drawn_z, 2, T.zeros{2})
    end)
    assert.equal(latents:sweep(latents:put(z, 2, T.zeros{2}), 3, values):data(), seen:data())
    assert.is_nil(latent_grid.find(spy, "c4"))
  end)
end)
