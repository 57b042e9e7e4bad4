-- Scores of codes while a model is trained: those of a few metrics at each tenth of the way, kept
-- in the run's state, so that a run that is resumed still has them; and at its end in two protocols
-- beside published ones.

local check = require "teasel.lib.check"
local beta_vae = require "teasel.metric.beta_vae"
local dci = require "teasel.metric.dci"
local encoding = require "teasel.represent.encoding"
local factor_vae = require "teasel.metric.factor_vae"
local frames = require("teasel.run.film").frames
local figure = require "teasel.plot.figure"
local measured = require "teasel.metric.lib.measured"
local merged = require "teasel.lib.merged"
local mig = require "teasel.metric.mig"
local options = require "teasel.options"

local film = {}

local NAMES = {"factor_vae", "dci", "mig", "beta_vae"}   -- the columns of Lin et al. 2020, table 1

-- new(state, view, data, config) -> a function to be called with the number of each step after it:
-- at each tenth of config.steps it puts the scores of the view's codes of the set's images into
-- state.scores, a list for each metric (factor_vae, mig, beta_vae), and the step into state.at.
-- Both are there from the beginning on, with the scores of the fresh model at step 0.
function film.new(state, view, data, config)
  local function measure()
    local codes, factors = measured.encode(data, view.represent)
    return {factor_vae = (factor_vae(codes, factors, {seed = config.seed})),
      beta_vae = (beta_vae(codes, factors, {seed = config.seed, train = 2000, test = 2000})),
      mig = (mig(codes, factors))}
  end
  state.scores, state.at = {}, {}
  return frames(config, measure, function(frame, step, scores)
    state.at[frame] = step
    for name, value in pairs(scores) do
      state.scores[name] = state.scores[name] or {}
      state.scores[name][frame] = value
    end
  end)
end

local function numbers(name, list)
  check.list("score_film.draw", name, list, function(who, item, value)
    check.number(who, item, value)
  end)
end

-- draw(path, state, title) -> true, or nil and a message: the curves of the film
function film.draw(path, state, title)
  local log, terms = {}, {}
  numbers("state.at", state.at)
  for name, list in pairs(check.table("score_film.draw", "state.scores", state.scores)) do
    numbers("state.scores." .. tostring(name), list)
  end
  for frame, step in ipairs(state.at) do
    if step > 0 then
      local entry = {step = step}
      for name, list in pairs(state.scores) do entry[name] = list[frame] end
      log[#log + 1] = entry
    end
  end
  for _, name in ipairs(NAMES) do
    if state.scores[name] then terms[#terms + 1] = {name, "score"} end
  end
  if #log == 0 then return true end
  return figure.curves(path, log, terms, title)
end

-- both(codes [n D], factors [n K], seed) -> scores in two protocols, each {factor_vae, dci, mig,
-- beta_vae =}: `fresh`, of points that nothing was learned from, as disentanglement_lib has them;
-- `own`, as Lin et al. 2020 count: the majority of 500 votes of 100 points, scored on these votes;
-- a classifier of 500 differences of 50 pairs, scored on these. MIG and the importances of DCI are
-- of the points that were learned from in both; their DCI comes of other regressors than our trees.
function film.both(codes, factors, seed)
  local vote = factor_vae(codes, factors, {seed = seed})
  local pair = beta_vae(codes, factors, {seed = seed})
  local _, votes = factor_vae(codes, factors, {seed = seed, train = 500, test = 500, batch = 100,
    threshold = 0})
  local _, pairs_of = beta_vae(codes, factors, {seed = seed, train = 500, test = 500, batch = 50})
  local gap = (mig(codes, factors))
  return {fresh = {factor_vae = vote, beta_vae = pair, mig = gap,
    dci = (dci(codes, factors, {seed = seed}))},
    own = {factor_vae = votes.train, beta_vae = pairs_of.train, mig = gap}}
end

local function row(name, scores)
  local text = ("%-44s"):format(name)
  for _, metric in ipairs(NAMES) do
    text = text .. (scores[metric] and (" %10.3f"):format(scores[metric]) or (" %10s"):format "-")
  end
  print(text)
end

-- report(r, {data =, published = {}, title = "", scores = {}}) -> scores, of a run with a film in
-- its state: those of `both`, printed in one table above published ones, a list of {where,
-- factor_vae =, dci =, mig =, beta_vae =}; with at and over_time, the film, whose curves are
-- scores.png; and with `scores`, those that there are already. Writes scores.json. data: the images
-- that are scored.
function film.report(r, given)
  local o = options.read("score_film.report", given, {data = options.any, published = {},
    title = "", scores = {}})
  local codes, factors = encoding.of_view(r, o.data or r.data)
  local found = film.both(codes, factors, r.config.seed or 0)
  print(("%-44s %10s %10s %10s %10s"):format("", "FactorVAE", "DCI", "MIG", "BetaVAE"))
  row("here, fresh points", found.fresh)
  row("here, the points that were learned from", found.own)
  for _, published in ipairs(o.published) do row(published[1], published) end
  local all = merged(o.scores, {protocols = found, over_time = r.state.scores, at = r.state.at})
  r:scores(all)
  assert(film.draw(r:figure "scores.png", r.state, o.title))
  return all
end

check.functions("score_film.", film, {
  new = "state: table, view: table(represent), data: set, config: table(steps seed)",
  draw = "path: path, state: table(scores at), title: string?",
  both = "codes: tensor, factors: tensor, seed: integer",
  report = "r: table(state config view)",
})

return film
