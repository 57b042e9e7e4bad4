-- A film of what a generator draws while it is trained: samples at each tenth of the way, kept in
-- the run's state, so that a run that is resumed still has them.

local check = require "teasel.lib.check"
local core = require "teasel.core"

local film = {FRAMES = 10, SAMPLES = 1000}

-- new(state, view, config, samples = 1000) -> a function to be called with the number of each step
-- after it: it puts so many samples of the view, always of the same latents, into state.frames, and
-- the step into state.at, at each tenth of config.steps. Both are there from the beginning on.
-- view: one that draws; config: from run.config, with steps and seed
function film.new(state, view, config, samples)
  state.frames, state.at = {}, {}
  local function keep(frame, step)
    local z = view.prior(core.rand.stream(config.seed, "frames"), samples or film.SAMPLES)
    state.frames[frame], state.at[frame] = view.decode(z), step
  end
  for frame = 1, film.FRAMES do keep(frame, 0) end
  return function(step)
    local frame = step * film.FRAMES // config.steps
    if frame > (step - 1) * film.FRAMES // config.steps then keep(frame, step) end
  end
end

check.functions("film.", film, {
  new = "state: table, view: table(prior decode), config: table(steps seed), "
    .. "samples: count?",
})

return film
