-- Reports of GANs, each in one call into the run's directory: of any with a view, with the factors
-- of dSprites, with the digits of MNIST (teasel.report.digit_report), and with factors that a
-- network reads off images (teasel.report.readings).

local check = require "teasel.lib.check"
local digit_report = require "teasel.report.digit_report"
local figure = require "teasel.plot.figure"
local options = require "teasel.options"
local outcome = require "teasel.report.gan_outcome"
local parts = require "teasel.report.parts"
local readings = require "teasel.report.readings"

local report = {mnist = digit_report.mnist, grid = digit_report.grid,
  readings_summary = readings.summary}

local DSPRITES = {"scale", "orientation", "posX", "posY"}   -- the factors of Higgins' metric

-- view(r, options) -> scores: of any GAN with a view: what teasel.report's view makes of it
-- (curves, samples, a traversal, and where images are represented and factors known the scores of
-- these); a grid for each latent; and where there is a Q the L_I of each latent on fresh images.
-- Options: title; data, what is scored (default: the run's own); higgins, see teasel.report;
-- range (1): the grids go through so many times the range of a latent; health, options of
-- teasel.report.gan_health's report, as {data = set}: then generated images are measured beside
-- those of the set. What the log says of the training, with what to try, is printed in any case.
-- Writes scores.json and the figures. A run without a view that draws is an error.
function report.view(r, given)
  local o = options.read("gan_report.view", given, {title = "", data = options.any,
    higgins = options.any, range = 1, health = options.any})
  local _, _, stream = outcome.begin("gan_report.view", r)
  local scores = outcome.view(r, o)
  outcome.grids(r, stream:split("figures"), o)
  return outcome.finish(r, scores, stream, o)
end

-- factors(r, {data =, title =, range = 1}) -> scores: `view` of a run on dSprites, and latents.png
-- with each latent going from -range to range (from -1 to 1: where it was trained). data: what is
-- scored (default: all; see teasel.report.scored)
function report.factors(r, given)
  local o = options.read("gan_report.factors", given, {data = options.any, title = "", range = 1})
  local view, _, stream = outcome.begin("gan_report.factors", r)
  assert(figure.traversal(r:figure "latents.png", view, {
    base = view.prior(stream:split("panel"), 1), units = view:swept(),
    range = {-o.range, o.range}, title = o.title}))
  return report.view(r, {title = o.title, range = o.range, higgins = DSPRITES,
    data = o.data or parts "all"})
end

-- readings(r, options) -> scores: what any GAN's codes have to do with factors that a network reads
-- off generated images (see teasel.report.readings, whose options these are), beside the curves,
-- samples, grids of each code and L_I that `view` has. Writes scores.json and the figures.
function report.readings(r, given)
  local title = type(given) == "table" and given.title or ""
  local _, _, stream = outcome.begin("gan_report.readings", r)
  outcome.view(r, {title = title})
  outcome.grids(r, stream:split("figures"), {title = title, range = 1})
  return outcome.finish(r, readings.of(r, given), stream, {title = title})
end

local RUN = "r: table(state config)"

check.functions("gan_report.", report, {view = RUN, factors = RUN, readings = RUN})

return report
