-- Which latent stands for which attribute is measured, by the codes of images.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local json = require "dkjson"
local scratch = require "spec.scratch"

-- 60 images of 2 x 2 pixels, two of which are what is known of them
local pixels = T.stream(1):uniform{60, 2, 2, 1}
local flat = pixels:reshape{60, 4}
local data = T.data.set.new{count = 60, shape = {2, 2, 1}, factor_names = {"No_Beard", "Young"},
  images = function(index) return pixels:take(index, 1) end,
  factors = function(index) return flat:slice(2, 1, 2):take(index, 1) end}

-- codes: what is known of nothing, then 1 - Young, then No_Beard and a part of the first pixel left
local function represent(x)
  local p = T.reshape(x, {#x, 4})
  return T.concat({p:slice(2, 3, 3), 1 - p:slice(2, 2, 2), p:slice(2, 1, 1) + p:slice(2, 4, 4)}, 2)
end

local function view_of(...)
  local list = {}
  for i, name in ipairs{...} do list[i] = {name = name, code = i} end
  return T.view{represent = represent, latents = list,
    decode = function(z)
      return T.sigmoid(T.concat({z, z:slice(2, 1, 1)}, 2)):reshape{#z, 2, 2, 1}
    end,
    prior = function(stream, n) return stream:normal{n, 3} end}
end

describe("the attributes of latents", function()
  it("are the correlations of codes and attributes, and the latent with the largest", function()
    local r = {view = view_of("z1", "z2", "z3")}
    local found = T.vaegan_report.attributes(r, data)
    assert.same({"No_Beard", "Young"}, {found[1].attribute, found[2].attribute})
    assert.same({"z3", "z2"}, {found[1].best, found[2].best})
    assert.near(-1, found[2].r.z2, 1e-5)
    assert.is_true(found[1].r.z3 > 0.5 and found[1].r.z3 < 0.9)
  end)

  it("are those that are asked for, the first that the set has, of latents that Q reads", function()
    local r = {view = view_of("z1", "c1", "z3"), latents = {}}
    local found = T.vaegan_report.attributes(r, data, {"Smiling", "Male/No_Beard"})
    assert.equal(1, #found)
    assert.equal("No_Beard", found[1].attribute)
    assert.equal("c1", found[1].best)
    assert.is_nil(found[1].r.z3)
  end)
end)

describe("what reports of VAE-GANs, modes and scores are given", function()
  it("is refused where it has the wrong form, in words", function()
    for _, case in ipairs{
      {function() T.vaegan_report.attributes({view = 3}, data) end, "r.view': got 3"},
      {function() T.score_film.draw("x.png", {scores = 3, at = {}}) end, "state.scores': got 3"},
      {function() T.score_film.draw("x.png", {scores = {}, at = {"a"}}) end, "state.at"},
      {function() T.score_film.draw("x.png", {scores = {mig = 3}, at = {}}) end, "scores.mig"},
      {function() T.mode_report.classes(pixels:reshape{60, 4}, represent) end, "images': got"},
      {function() T.mode_report.classes(pixels, function() return 3 end) end, "gave: got 3"},
      {function() T.contrastive({pair = 3}, T.latents{{"uniform", 2}}, T.stream(1)) end,
        "model.pair': got 3"},
    } do
      local ok, message = pcall(case[1])
      assert.is_false(ok)
      assert.is_truthy(message:find(case[2], 1, true), message)
      assert.is_nil(message:find("attempt to", 1, true))
    end
  end)
end)

describe("the effects of latents", function()
  it("are told by what is read off the images that they make", function()
    local r = {view = view_of("z1", "c1", "c2"), latents = {}}
    local found = T.vaegan_report.attributes(r, data)
    local by_codes = found[1].r
    -- reads the second pixel, which c1 makes, and upside down the third one, which c2 makes
    local net = {names = {"Young", "No_Beard"}, test = {Young = .9, No_Beard = .8}}
    function net.read(_, x)
      local p = T.reshape(x, {#x, 4})
      return T.concat({p:slice(2, 2, 2), 1 - p:slice(2, 1, 1) - p:slice(2, 3, 3)}, 2)
    end
    T.vaegan_report.effects(r, found, net, T.stream(3))
    assert.equal(by_codes, found[1].r)
    assert.same({"c2", "c1"}, {found[1].best, found[2].best})
    assert.is_true(found[2].made.c1 > 0.9 and math.abs(found[2].made.c2) < 0.1)
    assert.is_true(found[1].made.c2 < -0.5)
    assert.is_nil(found[1].made.z1)
    assert.same({.8, .9}, {found[1].reader, found[2].reader})
  end)
end)

describe("the report of a VAE-GAN", function()
  local folder

  setup(function()
    folder = scratch.make()
  end)

  teardown(function() scratch.remove(folder) end)

  local function try(options)
    local pipe = assert(io.popen(("cd '%s' && %s %s/experiments/vaeinfogan.lua --steps 2 --log 1 "
      .. "--batch 4 --width 0.03 --latents 12 --points 100 %s 2>&1"):format(folder,
      child.lua, child.root, options)))
    local text = pipe:read "a"
    local ok = pipe:close()
    assert(ok, text)
    return text
  end

  local function figures(run, ...)
    for _, name in ipairs{...} do
      assert(core.file.read(("%s/%s/figures/%s.png"):format(folder, run, name)), name)
    end
  end

  it("shows what Q reads, all ten, beside what was looked for #slow", function()
    local text = try "--set faces --K 1 --reader 2 --run k"
    assert.matches("known.+identity +azimuth +elevation +light +width.+"
      .. "generated.+identity +azimuth +elevation +light +width", text)
    assert.matches("c1 .-\n.-c10 +[-%d]", text)
    assert.matches("squared error of a reconstructed pixel  0%.%d", text)
    assert.matches("c10  L_I", text)
    figures("k", "latents", "attributes", "information", "reconstructions", "unit_kl", "curves")
    local scores = json.decode(core.file.read(folder .. "/k/scores.json"))
    assert.same({5, 10}, {#scores.attributes, #scores.information})
  end)

  it("looks for CelebA's attributes in portraits, and without Enc asks Q #slow", function()
    local text = try "--model infogan --reader 0 --run info"
    assert.matches("Young +No_Beard +Blond_Hair +Long_Hair +Sunglasses", text)
    figures("info", "latents", "attributes", "information", "samples")
  end)
end)
