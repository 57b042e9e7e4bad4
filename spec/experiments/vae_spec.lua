-- The experiments on VAEs beside dSprites run a few steps of a tiny configuration.

local core = require "teasel.core"
local child = require "spec.child"
local json = require "dkjson"

local folder

local function try(script, options)
  local pipe = assert(io.popen(("cd '%s' && %s %s/experiments/%s.lua %s 2>&1"):format(folder,
    child.lua, child.root, script, options)))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local function read(path)
  local file = assert(io.open(folder .. "/" .. path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(core.system.folder(folder))
end)

teardown(function() os.execute("rm -rf '" .. folder .. "'") end)

local TINY = " --steps 3 --log 1 --batch 4 --width 2 --latents 3 --run "

describe("experiments on faces", function()
  it("say what each unit of the drawn ones learned #slow", function()
    local text, status = try("beta_vae_faces", "--score few" .. TINY .. "faces")
    assert.equal(0, status, text)
    assert.matches("learned: identity by .*; azimuth by .*; elevation by .*; light by .*; "
      .. "width by ", text)
    assert.matches("active units: %d of 3", text)
    local scores = json.decode(read "faces/scores.json")
    assert.equal(48, scores.images)
    assert.equal(3, scores.rate_distortion.step)
    assert.equal("\x89PNG", read("faces/figures/activations.png"):sub(1, 4))
  end)

  it("say before they train what beta leaves in use #slow", function()
    for variance, wanted in pairs{[1] = 0, [0.0001] = 3} do
      local text, status = try("beta_vae_celeba", ("--people 20 --variance %g"):format(variance)
        .. TINY .. "celeba" .. variance)
      assert.equal(0, status, text)
      assert.matches(("3 principal components %d have a variance above"):format(wanted), text)
    end
    local text, status = try("beta_vae_celeba", "--likelihood laplace")
    assert.equal(1, status)
    assert.matches("%-%-likelihood: got 'laplace', wanted one of: bernoulli, gaussian", text)
  end)

  it("say what of the units lies between people #slow", function()
    local text, status = try("beta_vae_casia", "--people 20 --rise 2" .. TINY .. "casia")
    assert.equal(0, status, text)
    assert.matches("between 2 classes of 20 images %(chance: 0.05%)", text)
    assert.matches("learned: azimuth by ", text)
  end)
end)
