-- The experiments on VAEs beside dSprites run a few steps of a tiny configuration.

local child = require "spec.child"
local find = require "teasel.data.find"
local T = require "teasel"
local json = require "dkjson"
local scratch = require "spec.scratch"

local folder

local function try(script, options) return scratch.experiment(folder, script, options) end

local function read(path) return scratch.read(folder, path) end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

local TINY = " --steps 3 --log 1 --batch 4 --width 2 --latents 3 --run "

-- what `build/teasel beside` says to a list of words, as Lua's text
local function beside(words)
  local pipe = assert(io.popen(("cd '%s' && %s -e 'arg = {}' -l teasel -e 'require("
    .. "[[teasel.tool.beside]]).main{%s}' 2>&1"):format(folder, child.lua, words)))
  local said = pipe:read "a"
  pipe:close()
  return said
end

describe("experiments on faces", function()
  it("say what each unit of the drawn ones learned #slow #once", function()
    local text, status = try("beta_vae_faces", "--score few" .. TINY .. "faces")
    assert.equal(0, status, text)
    assert.matches("learned: identity by .*; azimuth by .*; elevation by .*; light by .*; "
      .. "width by ", text)
    assert.matches("active units: %d of 3", text)
    local scores = json.decode(read "faces/scores.json")
    assert.equal(48, scores.images)
    assert.equal(3, scores.rate_distortion.step)
    assert.equal("\x89PNG", read("faces/figures/activations.png"):sub(1, 4))
    text = beside("[[faces]], [[faces]], [[--factors]], [[light,azimuth]], [[--points]], [[50]], "
      .. "[[--count]], [[2]], [[--names]], [[a,b]]")
    assert.matches("light +a +z%d +r = .*light +b +z%d +r = .*azimuth +a ", text)
    assert.matches("rate %(nats%).*written: beside.png, beside%-rates.png", text)
    assert.equal("\x89PNG", read("beside.png"):sub(1, 4))
    assert.matches("^light +a +z.*\nlight +faces +z", beside("[[faces/]], [[./faces/]], "
      .. "[[--factors]], [[light]], [[--points]], [[50]], [[--names]], [[a]]"))
    for _, name in ipairs{"head", "nothing"} do
      assert.matches(("option %%-%%-data: got '%s', which is no drawn set"):format(name),
        beside(("[[faces]], [[--data]], [[%s]]"):format(name)))
    end
  end)

  it("say before they train what beta leaves in use #slow #once", function()
    local text, status = try("beta_vae_celeba", "--people 20 --variance 1" .. TINY .. "celeba")
    assert.equal(0, status, text)
    assert.matches("3 principal components 0 have a variance above 250", text)
    text, status = try("beta_vae_celeba", "--likelihood laplace")
    assert.equal(1, status)
    assert.matches("%-%-likelihood: got 'laplace', wanted one of: bernoulli, gaussian", text)
  end)

  it("say what of the units lies between people #slow #once", function()
    local text, status = try("beta_vae_casia", "--people 20 --rise 2" .. TINY .. "casia")
    assert.equal(0, status, text)
    assert.matches("between 2 classes of 20 images %(chance: 0.05%)", text)
    assert.matches("learned: azimuth by ", text)
  end)
end)

describe("the experiment on DC-IGN", function()
  it("learns from batches of one factor #slow #once", function()
    local text, status = try("dcign", "--data dsprites --score few --steps 3 --log 1 --batch 4 "
      .. "--width 4 --run dcign")
    assert.equal(0, status, text)
    assert.matches("learned: shape by ", text)
    text = beside "[[dcign]], [[dcign]], [[--names]], [[a,b]], [[--points]], [[50]], [[--columns]]"
    assert.matches("beside%-1.png, beside%-2.png, beside%-columns.png", text)
    local one = assert(T.canvas.read(folder .. "/beside-1.png"))
    local both = assert(T.canvas.read(folder .. "/beside-columns.png"))
    assert.same({2 * one.width, one.height}, {both.width, both.height})
    assert.equal(one.data:sub(1, 3 * one.width), both.data:sub(1, 3 * one.width))
    assert.equal("\x89PNG", read("beside-1.png"):sub(1, 4))
    assert.not_equal(read "beside-1.png", read "beside-2.png")   -- their names are drawn
    text, status = try("dcign", "--data faces2")
    assert.equal(1, status)
    assert.matches("%-%-data: got 'faces2', wanted one of: dsprites, faces", text)
    text, status = try("dcign", "--data faces --score all")
    assert.equal(1, status)
    assert.matches("%-%-score: got the option 'all', wanted one of: few, part", text)
  end)
end)

describe("the experiment on binary MNIST", function()
  it("has a likelihood below its bound #slow #once", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local text, status = try("vae_mnist", "--steps 2 --log 1 --units 4 --batch 10 --samples 5 "
      .. "--images 100 --data " .. path .. " --run mnist" .. " --latents 2")
    assert.equal(0, status, text)
    local nll, bound = text:match "5 samples: ([%d.]+) ± [%d.]+ nats; the lower bound: ([%d.]+)"
    assert.is_true(tonumber(nll) < tonumber(bound) + 1, text)
    assert.equal(100, json.decode(read "mnist/scores.json").images)
  end)
end)

describe("the protocols of Higgins' metric", function()
  it("are compared on what needs no training #slow #once", function()
    local text, status = try("higgins_protocol",
      "--score few --steps 100 --repeats 1 --points 240 --raw 0")
    assert.equal(0, status, text)
    assert.matches("default: minimum, L 64" .. (" +[%d.]+"):rep(4) .. "\n", text)
    assert.matches("Adagrad, L 200, 100 steps", text)
    assert.matches("nearest to the paper's four: ", text)
    assert.matches("untrained +all 3 scores [%d.]+ ± ", text)
  end)
end)
