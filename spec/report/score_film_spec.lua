-- Scores while a model is trained, and in two protocols.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local json = require "dkjson"
local scratch = require "spec.scratch"

local data = T.report.scored "few"

describe("the scores over a training", function()
  it("are those of the fresh model, and then of each tenth of the way", function()
    local state, noise, calls = {}, 1, 0
    local view = T.view{represent = function(x)   -- at first nothing, at last two factors
      calls = calls + #x
      local sum = x:mean{2, 3, 4}:reshape{#x, 1}
      local drawn = T.stream(1, "codes"):normal{#x, 1}
      return T.concat({drawn * noise + sum * (1 - noise), drawn}, 2)
    end}
    local keep = T.score_film.new(state, view, data, {steps = 20, seed = 1})
    assert.equal(data:count(), calls)
    assert.same({0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, state.at)
    local first = state.scores.mig[1]
    noise = 0
    for step = 1, 4 do keep(step) end
    assert.same({2, 4, 0}, {state.at[1], state.at[2], state.at[3]})
    assert.equal(3 * data:count(), calls)
    assert.is_true(state.scores.mig[1] > first)
    assert.equal(first, state.scores.mig[3])
  end)

  it("in Lin et al.'s protocol are of the points that were learned from", function()
    local codes, factors = T.stream(1):normal{576, 5}, data:factors()
    local found = T.score_film.both(codes, factors, 1)
    -- of noise nothing can be learned but the points themselves
    assert.is_true(found.own.factor_vae > found.fresh.factor_vae, found.own.factor_vae)
    assert.is_true(found.own.beta_vae > found.fresh.beta_vae)
    assert.equal(found.own.mig, found.fresh.mig)
    assert.is_true(found.fresh.dci < 0.2)
    local whole = T.score_film.both(factors, factors, 1)
    assert.is_true(whole.own.factor_vae == 1 and whole.fresh.factor_vae == 1)
  end)

  it("of an InfoGAN-CR stand beside the published ones #slow", function()
    local folder = scratch.make()
    local pipe = assert(io.popen(("cd '%s' && %s %s/experiments/infogan_cr_dsprites.lua --steps 2 "
      .. "--log 1 --batch 4 --width 0.03 --score few --run cr 2>&1"):format(folder, child.lua,
      child.root)))
    local text = pipe:read "a"
    local ok = pipe:close()
    local scores = json.decode(core.file.read(folder .. "/cr/scores.json") or "null")
    local figure = core.file.read(folder .. "/cr/figures/scores.png")
    local log = core.file.read(folder .. "/cr/log.jsonl") or ""
    scratch.remove(folder)
    assert(ok, text)
    assert.matches("here, fresh points +0%.%d+ +0%.%d+", text)
    assert.matches("InfoGAN%-CR, 50 runs +0.880 +0.710 +0.370 +0.950", text)
    assert.equal("\x89PNG", figure:sub(1, 4))
    assert.matches("cr_loss", log)
    assert.equal(10, #scores.over_time.mig)
    assert.equal(5, #scores.information)
    assert.is_true(scores.protocols.own.beta_vae >= 0)
  end)
end)
