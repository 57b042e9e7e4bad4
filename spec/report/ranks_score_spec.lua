-- Scores that ranks share, beside those of one process.

local core = require "teasel.core"
local json = require "dkjson"
local checkpoint = require "teasel.run.checkpoint"
local child = require "spec.child"
local mpi = require "spec.mpi"
local scratch = require "spec.scratch"

if core.double then return end   -- the launcher is that of the float build

local SCRIPT = [[
-- A VAE that is hardly trained, of 1,500 images with two factors.
local T = require "teasel"
local op = require("teasel.core").op
local config = T.run.config({steps = 1, batch = 16, seed = 1})
local function levels(index)
  local row = op.floor((index - 1) / 50)
  return op.reshape(op.concat({row, index - 1 - row * 50}, 1), {2, #index}):transpose()
end
local data = require("teasel.data.set").new{count = 1500, shape = {4, 4, 1},
  factor_names = {"a", "b"}, factors = levels, images = function(index)
    return op.reshape(op.sigmoid(op.matmul(levels(index), T.stream(3):uniform({2, 16}, -0.1, 0.1))),
      {#index, 4, 4, 1})
  end}
local net = T.vae.learner(T.vae.network{shape = data.shape, latents = 3, hidden = {4}},
  T.optim.adam{lr = 1e-3}, T.stream(config.seed, "vae"))
T.run.train{config = config, state = net.state, data = data, view = net:view(),
  step = function(_, stream)
    return (net:step(data:batch(stream:split "batch", config.batch), stream:split "z",
      function(pass) return pass.reconstruction + pass.kl end))
  end}
]]

describe("ranks that share a score #slow", function()
  local folder, alone
  setup(function()
    folder = scratch.make()
    assert(core.file.save(folder .. "/tiny.lua", SCRIPT))
    assert.are.equal("", (scratch.shell(folder, child.lua .. " tiny.lua --run run")))
  end)
  teardown(function() scratch.remove(folder) end)

  -- `build/teasel score` by this launcher and a module of MPI
  local function score(by, module, words)
    local lua = child.lua:gsub("LUA_CPATH_5_4='", "%0" .. module .. ";")
    return scratch.shell(folder, ("timeout 100 %s env %s %s/lua/teasel/tool/score.lua %s"):format(
      by, lua, child.root, words))
  end

  -- the codes that are kept, and the scores without what they took
  local function scored(by, module)
    os.remove(folder .. "/run/codes.h5")
    local said = score(by, module, "run --metrics mig,dci,sap,beta_vae")
    local report = json.decode(scratch.read(folder, "run/metrics-mig,dci,sap,beta_vae.json"))
    for _, row in ipairs(report.metrics) do
      row.seconds = nil
      assert.is_nil(row.error)
    end
    local _, tables = said:gsub("dci_completeness", "")
    assert.are.equal(1, tables, said)
    local note, restore = checkpoint.read(folder .. "/run/codes.h5")
    local kept = {codes = core.tensor.zeros{1500, note.columns}}
    restore(kept)
    return {note.key, core.file.sha256(kept.codes:data()), report}
  end

  for _, name in ipairs{"openmpi", "mpich"} do
    it("find the codes and scores of one process under " .. name, function()
      local run, module = mpi.by(name, folder)
      if not run then
        pending("is tested where both are: " .. module)
        return
      end
      alone = alone or scored("", module)
      for n = 2, 3 do assert.are.same(alone, scored(run .. " -n " .. n, module)) end
    end)
  end

  it("all end with what is wrong", function()
    local run, why = mpi.launcher()
    if not run then
      pending("is tested where MPI is: " .. why)
      return
    end
    local said, status = score(run .. " -n 2", "", "nothing")
    assert.are_not.equal(0, status)
    assert.matches("nothing", said)
  end)
end)
