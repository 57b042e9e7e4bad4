-- Runs that come with teasel: each opens by its name and draws and scores what it did when it was
-- packed.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local json = require "teasel.lib.json"
local packed = require "teasel.run.packed"
local pretrained = require "teasel.run.pretrained"
local scratch = require "spec.scratch"
local tree = require "teasel.tree"

local system = core.system

-- The mean pixel, or coordinate, that each draws of 16 normal rows: all weights have a say in it.
local DRAWN = {ada_gvae = 0.02134, beta_vae = 0.04037, capacity_vae = 0.04246,
  cycle_vae = 0.09100, faces_vae = 0.27180, factor_vae = 0.03401, infogan_faces = 0.20674,
  infogan_mnist = 0.09576, infogan_portraits = 0.44476, mathieu = 0.11956,
  portraits_vae = 0.42200, ring = 0.00077, vaeinfogan_faces = 0.23569}

local folder

setup(function() folder = scratch.cached() end)

teardown(function() scratch.remove(folder) end)

local function in_folder(words)
  return scratch.shell(folder, ("TEASEL_CACHE=cache %s %s"):format(child.lua, words))
end

describe("Pretrained runs", function()
  it("are together no more than 20 MB", function()
    local total, names = 0, pretrained.names()
    for _, name in ipairs(names) do
      total = total + #assert(core.file.read(assert(pretrained.path(name))))
    end
    assert.is_true(total < 20e6)
    assert.same(tree.keys(DRAWN), names)
  end)

  it("say nothing of the machine that they were trained on", function()
    for _, name in ipairs(pretrained.names()) do
      local dir = assert(packed.folder(name))
      for _, file in ipairs(system.list(dir)) do
        local text = system.list(dir .. "/" .. file) and "" or core.file.read(dir .. "/" .. file)
        assert.is_nil(text:find '%f[/%w]/%l+/%w', name .. "/" .. file)   -- a path from the root
        assert.is_nil(text:find '"/%w', name .. "/" .. file)
      end
    end
  end)

  for name, mean in pairs(DRAWN) do
    it("open by name and draw the same images: " .. name
        .. (name == "ada_gvae" and "" or " #slow"), function()
      local r = assert(T.run.open(name))
      local width = r.view.prior(T.stream(1), 1):shape()[2]
      local x = r.view.decode(T.stream(1, "look"):normal{16, width})
      assert.near(mean, x:mean():item(), 2e-4)
    end)
  end

  it("have the scores that they say #slow", function()
    local r = assert(T.run.open "ada_gvae")
    local kept = assert(json.decode(scratch.read(r.dir, "scores.json")))
    local data = T.data.dsprites{}
    local index = T.stream(5, "points"):integers({2000}, 1, data:count())
    local mig = T.metric.mig(r.view.represent(data:images(index)), data:factors(index))
    assert.near(kept.mig.value, mig, 0.05)
  end)

  it("are listed, with the first lines of their scripts", function()
    local text = in_folder("-e 'require(\"teasel.tool.pretrained\").main{}'")
    assert.matches("ada_gvae +4060 steps  Pairs of images on dSprites: Locatello", text)
    assert.matches("cycle_vae +%d+ steps  Style apart from content", text)
  end)

  it("stand behind a run or a file of that name in the working folder", function()
    assert.is_truthy(pretrained.path "ada_gvae")
    local look = "-e 'print(require(\"teasel.run.pretrained\").path(\"ada_gvae\") ~= nil)'"
    assert.equal("true\n", (in_folder(look)))
    assert(system.folder(folder .. "/ada_gvae"))          -- a folder that is no run
    assert.equal("true\n", (in_folder(look)))
    scratch.write(folder, "ada_gvae/script.lua", "")
    assert.equal("false\n", (in_folder(look)))
    assert.is_nil(pretrained.path "no_such_run")
    assert.is_nil(pretrained.path "../pretrained/ada_gvae")
  end)
end)

describe("A run that was trained on MNIST", function()
  it("opens where MNIST is not, with drawn digits; a training does not begin", function()
    local where = "TEASEL_DATA=nowhere TEASEL_CACHE=cache " .. child.lua
    local text = scratch.shell(folder, where .. [[ -e 'local T = require "teasel"
      package.loaded["teasel.data.find"] = function() return nil, "no mnist" end
      package.loaded["teasel.data.reader.mnist"] = nil
      local mnist = require "teasel.data.reader.mnist"
      print(mnist.open())
      require("teasel.lib.opening")[1] = {}
      local x, labels = mnist.open():batch(T.stream(1), 5)
      print(table.unpack(x:shape()))
      print(#labels, mnist.open{part = "test"}.classes[10])']])
    assert.equal("nil\tno mnist\nno mnist: drawn digits stand in for it\n5\t28\t28\t1\n5\t9\n",
      text)
  end)
end)
