-- Films of what is made while a model is trained.

local T = require "teasel"

describe("a film", function()
  it("has the beginning in all frames, then what was made at each tenth of the way", function()
    local made, kept = 0, {}
    local after = T.film.frames({steps = 20}, function()
      made = made + 1
      return made
    end, function(frame, step, what) kept[frame] = {step, what} end)
    assert.equal(1, made)
    for frame = 1, 10 do assert.same({0, 1}, kept[frame]) end
    for step = 1, 20 do after(step) end
    assert.equal(11, made)
    for frame = 1, 10 do assert.same({2 * frame, frame + 1}, kept[frame]) end
  end)

  it("of samples is of the same latents throughout, and no two frames share a tensor", function()
    local scale, state = 1, {}
    local view = T.view{decode = function(z) return z * scale end,
      prior = function(stream, n) return stream:normal{n, 2} end, latents = {{}, {}}}
    local after = T.film.new(state, view, {steps = 10, seed = 4}, 3)
    scale = 2
    after(1)
    assert.equal((state.frames[2] * 2):data(), state.frames[1]:data())
    assert.same({3, 2}, state.frames[1]:shape())
    assert.same({1, 0}, {state.at[1], state.at[2]})
    assert.is_false(rawequal(state.frames[2], state.frames[3]))
  end)
end)
