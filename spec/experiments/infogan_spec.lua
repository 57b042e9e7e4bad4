-- InfoGANs on faces and portraits: a few steps of a tiny configuration, from the command line to
-- the figures.

local json = require "dkjson"
local scratch = require "spec.scratch"

local folder

local function try(script, options) return scratch.experiment(folder, script, options) end

local function read(path) return scratch.read(folder, path) end

local function figures(dir, names)
  for name in names:gmatch "%S+" do
    assert.equal("\x89PNG", read(dir .. "/figures/" .. name .. ".png"):sub(1, 4), name)
  end
end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

local SMALL = " --steps 2 --log 1 --batch 8 --width 0.04 --reader 2 --images 40"

describe("an InfoGAN of faces", function()
  it("says which code turns the head, one seed in a line of the table #slow #once", function()
    local text, status = try("infogan_faces", "--panel elevation --blur 0.1 --shift 1 "
      .. "--spectral true --run faces-1" .. SMALL)
    assert.equal(0, status, text)
    assert.matches("generated  azimuth  elevation  light  width", text, 1, true)
    assert.matches("MIG %d%.%d+, DCI", text)
    figures("faces-1", "readings panel_azimuth panel_elevation panel_light panel_width c5 samples")
    local scores = json.decode(read "faces-1/scores.json")
    assert.equal(5, #scores.information)
    for _, name in ipairs{"c1", "c5"} do
      assert.equal(4, #scores.generated[name])
      assert.equal(4, #scores.recognised[name])
    end
    os.execute(("cp -r '%s/faces-1' '%s/faces-2'"):format(folder, folder))
    text, status = try("infogan_faces", "--summary 'faces-*'")
    assert.equal(0, status, text)
    assert.matches("runs +step +azimuth +azimuth by Q", text)
    assert.matches("best of 2 for light: %d%.%d+, %./faces%-1", text)
  end)

  it("refuses settings that the paper has not", function()
    local text, status = try("infogan_faces", "--panel asimuth")
    assert.equal(1, status)
    assert.matches("did you mean 'azimuth'", text)
  end)
end)

describe("an InfoGAN of chairs and of house numbers", function()
  it("says where a chair faces, and which digit it is #slow #once", function()
    local text, status = try("infogan_chairs", "--models 3 --run chairs" .. SMALL)
    assert.equal(0, status, text)
    figures("chairs", "readings panel_sine panel_cosine c4 film")
    text, status = try("infogan_svhn", "--run svhn" .. SMALL)
    assert.equal(0, status, text)
    figures("svhn", "readings panel_light panel_digit panel_ink c8 film")
    local scores = json.decode(read "svhn/scores.json")
    assert.equal(13, #scores.names)
    assert.equal("digit", scores.health.coverage[4].name)
  end)
end)

describe("an InfoGAN of portraits", function()
  it("orders the categories of the codes by what is read off the images #slow #once", function()
    local text, status = try("infogan_celeba", "--people 5 --run portraits --blur 0.1 "
      .. "--average 0.9" .. SMALL)
    assert.equal(0, status, text)
    figures("portraits", "readings panel_azimuth panel_glasses panel_style panel_smile c10")
    local scores = json.decode(read "portraits/scores.json")
    assert.equal("style", scores.panels.style.column:match "^%a+")
    assert.equal(10, #scores.means.c3)
    text, status = try("infogan_casia", "--people 5 --run casia" .. SMALL)
    assert.equal(0, status, text)
    figures("casia", "readings panel_light c8")
  end)
end)
