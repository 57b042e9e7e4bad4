-- The training that experiments with InfoGANs have in common.

local T = require "teasel"
local core = require "teasel.core"
local scratch = require "spec.scratch"

describe("the training of an InfoGAN", function()
  local folder

  setup(function() folder = scratch.make() end)

  teardown(function() scratch.remove(folder) end)

  local latents = T.latents{noise = 2, {"categorical", 2}, {"uniform", 1, weight = 0.1}}
  local model = T.gan.mnist(latents, {width = 0.02})
  local data = {batch = function(_, stream, n) return stream:uniform{n, 28, 28, 1} end}
  local function of_D(V, L_I) return -V - L_I end
  local function of_G(log_D, L_I) return -log_D - L_I end

  local function trained(name, more)
    local options = {data = data, latents = latents, model = model, D = of_D, G = of_G,
      config = T.run.config({steps = 2, batch = 3, seed = 5}, nil,
        {run = folder .. "/" .. name, log = 1})}
    for key, value in pairs(more or {}) do options[key] = value end
    return T.infogan_training(options)
  end

  -- the weights after the same two steps, written out
  local function by_hand(draws, sd, affine)
    local net, blur = T.infogan(model, latents, T.stream(5, "init")), T.instance_noise(sd, 1)
    local warp = T.random_affine(affine)
    local D, G = net:players{D = of_D, G = of_G,
      sees = function(images) return blur.sees(warp.sees(images)) end}
    for number = 1, 2 do
      local stream = T.stream(5, "steps"):split(tostring(number))
      blur.at(number, stream:split "blur")
      warp.at(number, stream:split "warp")
      local z = latents:sample(stream:split "z", 3)
      T.game.alternating{{D, data:batch(stream:split "batch", 3), G:forward(z), z}}
      if draws == 2 then z = latents:sample(stream:split "second z", 3) end
      if draws == 2 then G:forward(z) end
      T.game.alternating{{G, z}}
    end
    return net.params
  end

  local function assert_same(wanted, got)
    local a, b = T.tree.leaves(wanted), T.tree.leaves(got)
    assert.equal(#a, #b)
    for i in ipairs(a) do assert.equal(a[i]:data(), b[i]:data()) end
  end

  it("is a step of D and Q, then one of G, on one draw or on one for each", function()
    assert_same(by_hand(1, 0), trained("one").state.params)
    assert_same(by_hand(2, 0.2), trained("two", {draws = 2, blur = 0.2}).state.params)
  end)

  it("shows D and Q images that are changed at random, where asked", function()
    local warp = {turn = 0.2, shear = 0.3, shift = 1}
    local got = trained("warped", {blur = 0.2, warp = warp}).state.params
    assert_same(by_hand(1, 0.2, warp), got)
    assert.are_not.equal(T.tree.leaves(got)[1]:data(),
      T.tree.leaves(by_hand(1, 0.2))[1]:data())
  end)

  it("has the background of the networks' range around them", function()
    local told
    local affine = package.loaded["teasel.model.random_affine"]
    local loaded = package.loaded["teasel.run.infogan_training"]
    package.loaded["teasel.model.random_affine"] = function(options)
      told = options
      return affine(options)
    end
    package.loaded["teasel.run.infogan_training"] = nil
    local again = require "teasel.run.infogan_training"
    package.loaded["teasel.model.random_affine"] = affine
    package.loaded["teasel.run.infogan_training"] = loaded
    local signed = {}
    for name, part in pairs(model) do signed[name] = part end
    signed.range = {-1, 1}
    again{data = data, latents = latents, model = signed, D = of_D, G = of_G, warp = {shift = 1},
      config = T.run.config({steps = 1, batch = 3, seed = 5}, nil,
        {run = folder .. "/signed", log = 1})}
    assert.same({shift = 1, outside = -1}, told)
  end)

  it("keeps a film, and gives a run that draws, reads and can be opened again", function()
    local r = trained("film", {average = 0.5})
    assert.same({10, 25}, {#r.state.frames, #r.state.frames[1]})
    assert.equal(2, r.state.at[10])
    assert.same({4, 3}, r.view.represent(data:batch(T.stream(1), 4)):shape())
    assert.equal(latents, r.latents)
    assert.is_truthy(r.state.average)
    assert.is_truthy(core.file.read(folder .. "/film/log.jsonl"))
  end)

  it("hands the set on to the run when it is told to", function()
    assert.equal(data, trained("set", {hand_on = true}).data)
    assert.is_nil(trained("none").data)
  end)

  it("refuses what it lacks", function()
    assert.error_matches(function() T.infogan_training{config = {}} end,
      "infogan_training: option 'config': got .+, wanted a table with steps, batch, seed")
    assert.error_matches(function() trained("wrong", {draws = 3}) end,
      "infogan_training: option 'draws': got 3, wanted an integer in 1..2")
    assert.error_matches(function() trained("wrong", {D = 1}) end, "infogan:players: option 'D'")
  end)
end)
