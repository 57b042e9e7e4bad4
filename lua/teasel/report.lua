-- Reports: every figure and score of a trained model in one call, into its run directory.

local core = require "teasel.core"
local checkpoint = require "teasel.checkpoint"
local dsprites = require "teasel.data.dsprites"
local figure = require "teasel.figure"
local options = require "teasel.options"
local vae = require "teasel.vae"
local beta_vae = require "teasel.metric.beta_vae"
local mig = require "teasel.metric.mig"

local op, tensor = core.op, core.tensor
local report = {}

local function check(ok, message)
  if not ok then error(message, 0) end
end

-- The codes of all images of data, computed once for each step that a run reports on.
local function cached_codes(r, model, data)
  local path = r.dir .. "/codes.h5"
  local codes = {mean = tensor.zeros{data:count(), r.config.latents}}
  codes.logvar = codes.mean + 0
  local note, restore = checkpoint.read(path)
  if note and note.step == r.step and note.count == data:count() then
    restore(codes)
    return codes
  end
  codes.mean, codes.logvar = vae.represent(model, r.state.params, data)
  check(checkpoint.save(path, codes, {step = r.step, count = data:count()}))
  return codes
end

local function print_units(kl, units)
  print("unit   KL (nats per image)")
  for _, unit in ipairs(units) do
    print(("z%-4d  %6.3f  %s"):format(unit, kl[unit], ("#"):rep(math.floor(10 * kl[unit] + 0.5))))
  end
end

-- The seed image of traversals, in codes of dSprites: a large heart, turned by a fifth, near the
-- middle.
local SEED = {2, 4, 8, 16, 14}

-- What is scored: every image; every fifth angle and every second position; or, to try things out,
-- two angles and 16 positions.
local SCORED = {all = {}, few = {orientation = {0, 20}, posX = {0, 10, 20, 30},
  posY = {0, 10, 20, 30}}, part = {orientation = {0, 5, 10, 15, 20, 25, 30, 35},
  posX = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30},
  posY = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30}}}

-- vae(r, model, options): r a run on dSprites from run.train or run.open, whose state.params are
-- the model's. Options: title; score, "all" images, a "part" or a "few" of them; score_seed (0);
-- terms, the curves to show (see figure.curves). Writes the figures and scores.json, prints the KL
-- of each unit, the scores and where everything is. Returns the scores.
function report.vae(r, model, given)
  local o = options.read("report.vae", given, {title = "", score = "all", score_seed = 0,
    terms = {{"reconstruction", "nats per image"}, {"kl", "nats per image"}}})
  local params = r.state.params
  local data = dsprites(SCORED[o.score] or options.unknown("score", o.score, SCORED))
  local function decode(z) return vae.decode(model, params, z) end

  local codes = cached_codes(r, model, data)
  local unit_kl = vae.unit_kl(codes.mean, codes.logvar)
  local units, kl = figure.order(unit_kl), unit_kl:table()
  local seed = dsprites{}:images(tensor.tensor{SEED})
  local q = model.encoder(params.encoder, seed)
  local traversal = {mean = q.mean, seed = seed, units = units, kl = unit_kl,
    variance = op.exp(q.logvar):reshape{r.config.latents}, title = o.title,
    caption = "rows by mean KL (nats); σ²: posterior variance at the seed image"}
  local log = r:log()
  local x = data:batch(core.rand.stream(o.score_seed, "figures"), 10)
  local shown = model.encoder(params.encoder, x)

  check(figure.traversal(r:figure "traversal.png", decode, traversal))
  check(figure.movie(r:figure "traversal_moving.png", decode, {mean = q.mean, units = units,
    kl = unit_kl, title = o.title}))
  check(figure.pairs(r:figure "reconstructions.png", x, decode(shown.mean), o.title))
  check(figure.samples(r:figure "samples.png",
    decode(core.rand.stream(o.score_seed, "samples"):normal{50, r.config.latents}),
    {columns = 10, title = o.title .. ": samples of the prior"}))
  check(figure.curves(r:figure "curves.png", log, o.terms, o.title))
  check(figure.unit_curves(r:figure "unit_kl.png", log, "unit_kl", o.title))
  check(figure.activations(r:figure "activations.png", codes.mean, data.space,
    {units = table.move(units, 1, math.min(5, #units), 1, {}), title = o.title}))

  local factors = data.space:enumerate()
  local higgins, details = beta_vae(codes.mean, factors, {seed = o.score_seed,
    factors = {2, 3, 4, 5}})
  local gap = mig(codes.mean, factors)
  local scores = {step = r.step, images = data:count(), unit_kl = kl,
    higgins = {value = higgins, n = details.n, seed = o.score_seed, settings = details.settings},
    mig = {value = gap, n = data:count()}}
  local path = r:scores(scores)

  print_units(kl, units)
  print(("Higgins' metric (posX, posY, scale, rotation; L = %d)  %.2f %%"):format(
    details.settings.batch, 100 * higgins))
  print(("MIG (5 factors, %d images)  %.3f"):format(data:count(), gap))
  print(("figures in %s/figures, scores in %s"):format(r.dir, path))
  return scores
end

return report
