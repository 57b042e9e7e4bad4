-- Objectives beyond beta-VAE's on dSprites: a few steps of each script, from the command line to
-- its figures.

local T = require "teasel"
local core = require "teasel.core"
local json = require "dkjson"
local scratch = require "spec.scratch"

local folder

local function try(script, options)
  return scratch.experiment(folder, script .. "_dsprites", options)
end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- script, options, terms of the log beside those of every VAE
local RUNS = {
  {"factor_vae", "--network small --units 8", {"discriminator", "tc"}},
  {"beta_tcvae", "--network small", {"index_information", "tc", "dimension_kl"}},
  {"dip_vae", "--network small --kind II", {"dip"}},
  {"weak", "--network small --differ any", {}},
  {"joint_vae", "--network small", {"kl_z", "kl_c"}},
  {"control_vae", "--network small", {"beta", "target"}},
  {"info_vae", "--network small", {"mmd"}},
  {"quantised", "--network small", {"quantisation"}},
  {"few_labels", "--network small --labels 5 --kind noisy --schedule linear", {"labels", "gamma"}},
}

local OTHERS = " --batch 3 --log 1 --score few "

describe("an experiment on dSprites", function()
  for i, row in ipairs(RUNS) do
    local script, options, terms = table.unpack(row)
    local mark = i > 1 and " #slow #once" or ""
    it(("trains, draws and scores: %s %s%s"):format(script, options, mark), function()
      local run = script
      local text, status = try(script, options .. OTHERS .. "--steps 2 --run " .. run)
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
      local units = last.unit_kl and #last.unit_kl
      assert.is_true(units == nil or units == (script == "joint_vae" and 6 or 10))
      for _, name in ipairs(terms) do assert.equal("number", type(last[name]), name) end
      local images = r.data:images(T.tensor{1, 500})
      assert.same({2, 64, 64, 1}, r.view.decode(r.view.prior(T.stream(1), 2)):shape())
      assert.equal(2, #r.view.represent(images))
    end)
  end

  it("of the study adds a second network, labels, or only pairs #slow #once", function()
    for _, name in ipairs{"vae", "factor_vae", "ml_vae", "few_labels"} do
      local text, status = scratch.experiment(folder, "study", ("--objective %s --labels 5 "
        .. "--batch 4 --steps 1 --log 1 --score few --run study/%s"):format(name, name))
      assert.equal(0, status, text)
      local run = assert(T.run.open(("%s/study/%s"):format(folder, name)))
      local at = run:log()[1]
      local added = at.loss - at.reconstruction - at.kl
      assert.equal(name == "vae" or name == "ml_vae", math.abs(added) < 1e-3, name)
      assert.equal(name == "factor_vae", run.state.discriminator ~= nil)
    end
  end)

  it("of the study's GANs learns with H or without it #slow #once", function()
    for _, name in ipairs{"infogan", "infogan_cr"} do
      local text, status = scratch.experiment(folder, "study_gan", ("--objective %s --from 0 "
        .. "--batch 4 --steps 1 --log 1 --score few --run gans/%s"):format(name, name))
      assert.equal(0, status, text)
      local run = assert(T.run.open(("%s/gans/%s"):format(folder, name)))
      assert.equal(name == "infogan_cr", run:log()[1].cr_loss ~= nil)
      assert.equal(name == "infogan_cr", run.state.h ~= nil)
      assert.same({2, 10}, run.view.represent(run.data:images(T.tensor{1, 500})):shape())
    end
  end)

  it("of the study has a line in its table, with what needs no labels to choose #slow #once",
    function()
      local text, status = scratch.experiment(folder, "study_scores",
        "--runs study --gans gans --points 2000 --out study.csv")
      assert.equal(0, status, text)
      local found = T.csv.read(folder .. "/study.csv")
      assert.same({"factor_vae", "few_labels", "infogan", "infogan_cr", "ml_vae", "vae"},
        found.objective)
      for i, name in ipairs(found.objective) do
        local function of(column) return found[column][i]:item() end
        local gan = name:find "infogan" ~= nil
        assert.is_true(of "mig" >= 0 and (gan or of "distortion" > 0))
        assert.equal(gan, of "rate" ~= of "rate")
        local unknown = of "udr" ~= of "udr" and of "centrality" ~= of "centrality"
        assert.equal(gan or name == "few_labels" or name == "ml_vae", unknown)
      end
      -- lines of runs that are not at hand any more stay
      local before = scratch.read(folder, "study.csv")
      text, status = scratch.experiment(folder, "study_scores",
        '--runs "" --gans gans --points 2000 --out study.csv')
      assert.equal(0, status, text)
      assert.equal(before, scratch.read(folder, "study.csv"))
    end)

  it("goes on with the same bits, its discriminator too #slow #once", function()
    local options = RUNS[1][2] .. OTHERS
    assert.equal(0, select(2, try("factor_vae", options .. "--run parts --steps 1")))
    assert.equal(0, select(2, try("factor_vae", options .. "--run parts --steps 2 --resume")))
    local function bytes(name)
      local list, r = {}, T.run.open(folder .. "/" .. name)
      for j, leaf in ipairs((T.tree.leaves(r.state))) do list[j] = leaf:data() end
      return list, r.state
    end
    local whole, state = bytes "factor_vae"
    assert.same(whole, (bytes "parts"))
    assert.is_truthy(state.discriminator.params)
  end)
end)
