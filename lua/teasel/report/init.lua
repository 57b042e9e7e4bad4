-- Reports: every figure and score of a trained model in one call, into its run directory.

local check = require "teasel.check"
local core = require "teasel.core"
local dsprites = require "teasel.data.generator.dsprites"
local encoding = require "teasel.represent.encoding"
local figure = require "teasel.plot.figure"
local options = require "teasel.options"
local vae = require "teasel.model.vae"
local beta_vae = require "teasel.metric.beta_vae"
local given = require "teasel.metric.lib.given"
local mig = require "teasel.metric.mig"

local op, tensor = core.op, core.tensor
local report = {}

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

-- scored(name) -> that part of dSprites; an unknown name is an error
function report.scored(name)
  return dsprites(SCORED[name] or options.unknown("option --score", name, SCORED))
end

-- For each factor the code that follows it most, by the correlation of codes and factor.
local function followers(codes, factors, names)
  local list = {}
  local function standardised(x) return given.standardiser(x)(x) end
  local r = (op.matmul(standardised(codes), standardised(factors), true) * (1 / #codes)):table()
  for k, name in ipairs(names) do
    local best = 1
    for d = 2, #r do if math.abs(r[d][k]) > math.abs(r[best][k]) then best = d end end
    list[k] = {factor = name, unit = best, r = r[best][k]}
  end
  return list
end

-- factors(codes [n D], factors [n K], data, seed) -> what codes of all of `data` have to do with
-- the factors of dSprites: for each the code that follows it most, Higgins' metric, MIG
function report.factors(codes, factors, data, seed)
  local higgins, details = beta_vae(codes, factors, {seed = seed, factors = {2, 3, 4, 5}})
  return {images = data:count(), followers = followers(codes, factors, data.factor_names),
    higgins = {value = higgins, n = details.n, seed = seed, settings = details.settings},
    mig = {value = (mig(codes, factors)), n = data:count()}}
end

-- print_factors(scores, name): the table that `factors` gives; name: of a code, "z" or "c"
function report.print_factors(scores, name)
  for _, f in ipairs(scores.followers) do
    print(("%-12s %s%-3d r = %+.2f"):format(f.factor, name, f.unit, f.r))
  end
  local part = scores.images < 737280 and " - of a part of the data, not to be compared with papers"
    or ""
  print(("Higgins' metric (posX, posY, scale, rotation; L = %d, %d test points)  %.2f %%"):format(
    scores.higgins.settings.batch, scores.higgins.settings.test, 100 * scores.higgins.value))
  print(("MIG (5 factors, %d images%s)  %.3f"):format(scores.images, part, scores.mig.value))
end

-- vae(r, options): r a run on dSprites from run.train or run.open, with model = the networks and
-- state.params their parameters. Options: title; data, what is scored (see scored; default all);
-- score_seed (0); terms, the curves to show (see figure.curves). Writes scores.json and the
-- figures, prints the KL of each unit, which unit follows which factor, and the scores. Returns
-- the scores.
function report.vae(r, o)
  o = options.read("report.vae", o, {title = "", data = options.any, score_seed = 0,
    terms = {{"loss", "loss"}, {"reconstruction", "nats per image"}, {"kl", "nats per image"}}})
  local params, model = r.state.params, r.model
  local data = o.data or report.scored "all"
  local function decode(z) return vae.decode(model, params, z) end

  local mean, factors, logvar = encoding.of_view(r, data)
  local unit_kl = vae.unit_kl(mean, logvar)
  local units, kl = figure.order(unit_kl), unit_kl:table()
  local seed = dsprites{}:images(tensor.tensor{SEED})
  local q = model.encoder(params.encoder, seed)
  local traversal = {mean = q.mean, seed = seed, units = units, kl = unit_kl,
    variance = op.exp(q.logvar):reshape{r.config.latents}, title = o.title,
    caption = "rows by mean KL (nats); σ²: posterior variance at the seed image"}
  local log = r:log()
  local x = data:batch(core.rand.stream(o.score_seed, "figures"), 10)
  local shown = model.encoder(params.encoder, x)

  local scores = report.factors(mean, factors, data, o.score_seed)
  scores.step, scores.unit_kl = r.step, kl
  r:scores(scores)
  print_units(kl, units)
  report.print_factors(scores, "z")
  print(("scores in %s/scores.json, figures in %s/figures"):format(r.dir, r.dir))

  assert(figure.traversal(r:figure "traversal.png", decode, traversal))
  assert(figure.movie(r:figure "traversal_moving.png", decode, {mean = q.mean, units = units,
    kl = unit_kl, title = o.title}))
  assert(figure.pairs(r:figure "reconstructions.png", x, decode(shown.mean), o.title))
  assert(figure.samples(r:figure "samples.png",
    decode(core.rand.stream(o.score_seed, "samples"):normal{50, r.config.latents}),
    {columns = 10, title = o.title .. ": samples of the prior"}))
  assert(figure.curves(r:figure "curves.png", log, o.terms, o.title))
  assert(figure.unit_curves(r:figure "unit_kl.png", log, "unit_kl", {label = "KL (nats)",
    title = o.title}))
  assert(figure.activations(r:figure "activations.png", mean, data.space,
    {units = table.move(units, 1, math.min(5, #units), 1, {}), title = o.title}))
  return scores
end

check.functions("report.", report, {
  factors = "codes: tensor, factors: tensor, data: set, seed: integer?",
  print_factors = "scores: table(followers higgins mig), name: string",
  vae = "r: table(state model config)", scored = "name: any",
})

return report
