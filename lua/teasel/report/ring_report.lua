-- Reports of GANs on a ring of normal distributions (teasel.data.generator.ring): which modes the
-- samples cover, at the end and over time.

local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local figure = require "teasel.plot.figure"
local options = require "teasel.options"

local report = {}

local SAMPLES = 10000   -- that are scored

-- ring(r, options) -> scores. r: a run with the ring as `data`, a view that draws points, and a
-- film in its state (teasel.run.film). Options: title; terms, the curves to show (see
-- figure.curves). Writes scores.json, see ring:coverage, with over_time, how many modes each frame
-- of the film covers; draws the frames and the curves, and prints the scores. Another run is an
-- error.
function report.ring(r, given)
  local o = options.read("ring_report.ring", given, {title = "", terms = {{"d_loss", "nats"},
    {"f", "nats", "objective f after K steps of the discriminator"}}})
  local data = r.data
  if not (r.view and r.view.decode and data and data.film and r.state.frames) then
    fail "ring_report.ring: got a run without a view that draws, a ring or a film, wanted all three"
  end
  local z = r.view.prior(core.rand.stream(r.config.seed, "scores"), SAMPLES)
  local scores, panels = data:coverage(r.view.decode(z)), nil
  scores.over_time, panels = data:film(r.state.frames, r.state.at)
  scores.step, scores.seconds, scores.peak_bytes = r.step, r.note.seconds, r.note.peak_bytes
  r:scores(scores)
  assert(chart.panels(r:figure "samples.png", {title = o.title, columns = 5, panels = panels,
    kind = "scatter", width = 150, height = 150, legend = "none"}))
  assert(figure.curves(r:figure "curves.png", r:log(), o.terms, o.title))
  print(("%s: %d of %d modes, %.1f %% of the samples good, KL %.4f nats; over time %s"):format(
    o.title, scores.covered, data.modes, 100 * scores.good, scores.kl,
    table.concat(scores.over_time, " ")))
  return scores
end

check.functions("ring_report.", report, {ring = "r: table(state config)"})

return report
