-- Objectives beyond beta-VAE's on dSprites: a few steps of each script, from the command line to
-- its figures.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local json = require "dkjson"

local folder

local function try(script, options)
  local pipe = assert(io.popen(("cd '%s' && %s %s/experiments/%s_dsprites.lua %s 2>&1"):format(
    folder, child.lua, child.root, script, options)))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  return text, status
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(core.system.folder(folder))
end)

teardown(function() os.execute("rm -rf '" .. folder .. "'") end)

-- script, options, terms of the log beside those of every VAE
local RUNS = {
  {"factor_vae", "--network small --units 8", {"discriminator", "tc"}},
  {"beta_tcvae", "--network small", {"information", "tc", "dimension_kl"}},
  {"dip_vae", "--network small --kind II", {"dip"}},
  {"weak", "--network small --differ any", {}},
  {"weak", "--network small --method ml_vae --shared 2", {}},
}

describe("an experiment on dSprites", function()
  for i, row in ipairs(RUNS) do
    local script, options, terms = table.unpack(row)
    it(("trains, draws and scores: %s %s"):format(script, options), function()
      local run = ("%s-%d"):format(script, i)
      local text, status = try(script, options .. " --batch 3 --steps 2 --log 1 --score few --run "
        .. run)
      assert.equal(0, status, text)
      assert.matches("MIG .+ %d%.%d+", text)
      local scores = json.decode(core.file.read(("%s/%s/scores.json"):format(folder, run)))
      assert.equal(2, scores.step)
      assert.is_true(scores.mig.value >= 0 and scores.mig.value <= 1)
      for _, name in ipairs{"traversal", "samples", "curves"} do
        local path = ("%s/%s/figures/%s.png"):format(folder, run, name)
        assert.equal("\x89PNG", core.file.read(path):sub(1, 4))
      end
      local r = assert(T.run.open(folder .. "/" .. run))
      local last = r:log()[2]
      for _, name in ipairs(terms) do assert.equal("number", type(last[name]), name) end
      local images = r.data:images(T.tensor{1, 500})
      assert.same({2, 64, 64, 1}, r.view.decode(r.view.prior(T.stream(1), 2)):shape())
      assert.equal(2, #r.view.represent(images))
    end)
  end

  it("goes on with the same bits, its discriminator too #slow", function()
    local options = "--network small --units 8 --batch 2 --log 1 --score few --run "
    assert.equal(0, select(2, try("factor_vae", options .. "whole --steps 3")))
    assert.equal(0, select(2, try("factor_vae", options .. "parts --steps 1")))
    assert.equal(0, select(2, try("factor_vae", options .. "parts --steps 3 --resume")))
    local whole, parts = T.run.open(folder .. "/whole"), T.run.open(folder .. "/parts")
    local function bytes(r)
      local list = {}
      for j, leaf in ipairs((T.tree.leaves(r.state))) do list[j] = leaf:data() end
      return list
    end
    assert.same(bytes(whole), bytes(parts))
    assert.is_truthy(whole.state.discriminator.params)
  end)
end)
