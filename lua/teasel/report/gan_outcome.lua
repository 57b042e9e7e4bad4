-- What the reports of all GANs have in common: the run's view, latents and stream at the beginning;
-- figures of each latent; and at the end the scores, with L_I of each latent and the costs.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local figure = require "teasel.plot.figure"
local gan = require "teasel.model.gan"
local health = require "teasel.report.gan_health"
local grids = require "teasel.report.latent_grid"
local merged = require "teasel.lib.merged"
local report = require "teasel.report"

local tensor = core.tensor

local outcome = {ROWS = 5, VALUES = 10, DRAWN = 2000, BATCH = 500}

-- begin(who, r) -> the view of a GAN's run, its latents and a stream; a run that has no view that
-- draws is an error in the name of `who`. The latents are nil where the run has none.
function outcome.begin(who, r)
  local latents = r.latents
  -- scripts of older runs give a function that represents, and no view
  if not (r.view and r.view.decode) and latents and r.model and r.state.stats then
    r.view = gan.view(r.model, latents, r.state.params, r.state.stats)
  end
  if not (r.view and r.view.decode) then
    fail("%s: got a run without a view that draws, wanted a GAN's", who)
  end
  return r.view, latents, core.rand.stream(r.config.seed or 0, "report")
end

-- weights(r) -> parameters and running statistics of the whole model: averaged ones where the run
-- has them
function outcome.weights(r)
  local from = r.state.average or r.state
  return from.params, from.stats
end

-- information(r, stream) -> [count], L_I of each latent on fresh images, each batch by its own
-- statistics, as Q was trained
function outcome.information(r, stream)
  local model, latents = r.model, r.latents
  local params, stats = outcome.weights(r)
  local sum = tensor.zeros{latents.count}
  for i = 1, outcome.DRAWN // outcome.BATCH do
    local z = latents:sample(stream:split(tostring(i)), outcome.BATCH)
    local x = gan.generate(model, params.generator, z)
    local _, features = gan.judge(model, params.critic, x, stats.critic, true)
    local q = gan.guess(model, params.q_head, features, stats.q_head, true)
    sum = sum + latents:information(latents:nll(q, z)) * (outcome.BATCH / outcome.DRAWN)
  end
  return sum
end

-- view(r, o) -> scores: what the report of any run with a view has (teasel.report); o.title, o.data
-- and o.higgins are that report's options
function outcome.view(r, o)
  return report.view(r, {title = o.title, data = o.data, higgins = o.higgins})
end

-- grids(r, stream, o): NAME.png for each latent but the noise, 5 rows with a draw each. o.range:
-- how many times the latent's own range; o.title
function outcome.grids(r, stream, o)
  local view = r.view
  for _, i in ipairs(view:swept()) do
    local latent = view.latents[i]
    local values = latent.kind == "categorical" and view:line(i) or view:line(i, outcome.VALUES,
      {latent.range[1] * o.range, latent.range[2] * o.range})
    assert(grids.grid(r:figure(latent.name .. ".png"),
      grids.swept(view, stream:split("panel"), outcome.ROWS, i, values), values,
      {title = o.title, column_title = latent.name}))
  end
end

-- finish(r, scores, stream, o) -> the scores, with L_I of each latent where there is a Q, the
-- health of the training (teasel.report.gan_health) and the costs; written and printed, and the
-- curves of L_I. o.title; o.health, the options of gan_health.report; o.said(name), lines about a
-- latent that are printed behind its L_I: the first of them in the same line
function outcome.finish(r, scores, stream, o)
  local latents = r.latents
  scores.step, scores.seconds, scores.peak_bytes = r.step, r.note.seconds, r.note.peak_bytes
  local q = latents and latents.count > 0 and r.model and r.model.q_head
  if q then
    scores.information = outcome.information(r, stream:split("information")):table()
    for k, name in ipairs(latents.names) do
      local said = o.said and o.said(name) or {}
      print(("%s  L_I %.3f nats of generated images, H %.3f%s"):format(name, scores.information[k],
        latents.entropies[k], said[1] and "; " .. said[1] or ""))
      for i = 2, #said do print("    " .. said[i]) end
    end
    if #r:log() > 0 then
      assert(figure.unit_curves(r:figure "information.png", r:log(), "information",
        {names = latents.names, label = "L_I (nats)", title = o.title}))
    end
  end
  scores.health = scores.health or health.report(r, merged({title = o.title}, o.health or {}))
  r:scores(scores)
  return scores
end

local RUN = "r: table(state config)"

check.functions("gan_outcome.", outcome, {
  begin = "who: string, " .. RUN,
  information = RUN .. ", stream: stream",
  view = RUN .. ", o: table(title)", grids = RUN .. ", stream: stream, o: table(title range)",
  weights = RUN, finish = RUN .. ", scores: table, stream: stream, o: table(title)",
})

return outcome
