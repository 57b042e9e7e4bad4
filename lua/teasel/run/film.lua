-- A film of what a generator draws while it is trained: samples at each tenth of the way, kept in
-- the run's state, so that a run that is resumed still has them.

local check = require "teasel.lib.check"
local core = require "teasel.core"

local film = {FRAMES = 10, SAMPLES = 1000}

-- frames(config, make, keep) -> a function to be called with the number of each step after it: at
-- each tenth of config.steps it calls keep(frame, step, make()), with the frame's number, 1..10. At
-- once all ten are kept as what is made at step 0, so that each is there from the beginning on.
function film.frames(config, make, keep)
  local first = make()
  for frame = 1, film.FRAMES do keep(frame, 0, first) end
  return function(step)
    local frame = step * film.FRAMES // config.steps
    if frame > (step - 1) * film.FRAMES // config.steps then keep(frame, step, make()) end
  end
end

-- new(state, view, config, samples = 1000) -> such a function, which puts so many samples of the
-- view, always of the same latents, into state.frames, and the step into state.at. view: one that
-- draws; config: from run.config, with steps and seed
function film.new(state, view, config, samples)
  state.frames, state.at = {}, {}
  return film.frames(config, function()
    return view.decode(view.prior(core.rand.stream(config.seed, "frames"), samples or film.SAMPLES))
  end, function(frame, step, images)
    state.frames[frame], state.at[frame] = images * 1, step   -- each a tensor of its own
  end)
end

check.functions("film.", film, {
  frames = "config: table(steps), make: callable, keep: callable",
  new = "state: table, view: table(prior decode), config: table(steps seed), "
    .. "samples: count?",
})

return film
