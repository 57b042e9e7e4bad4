-- The report of a run: all figures and scores that its view and its data allow, in one call, into
-- its directory.
--
--   T.report.view(r, {title = "beta-VAE"})     -- r from run.train or run.open
--
-- A view that represents images, with a set of known factors, is scored and drawn over the factors'
-- space; one with a posterior has the KL of its units; one that decodes has traversals and samples;
-- one that does both has reconstructions. Terms of the log become curves, with the number of units
-- in use where there is the KL of each (see teasel.report.diagnosis).

local check = require "teasel.lib.check"
local core = require "teasel.core"
local diagnosis = require "teasel.report.diagnosis"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.lib.fail"
local figure = require "teasel.plot.figure"
local followers = require "teasel.report.followers"
local merged = require "teasel.lib.merged"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local parts = require "teasel.report.parts"
local terms = require "teasel.run.terms"
local tree = require "teasel.tree"
local vae = require "teasel.model.vae"

local op, tensor = core.op, core.tensor
local report = {}

local SAMPLES, ROW, SHOWN = 50, 10, 5   -- images of the prior, in a row, units over the factors
local BAR = 60   -- characters of the longest bar that is printed
local ROWS = 12  -- units of a list or a traversal: of more, those that are not in use are left out

-- what the axes of well known terms are called
local UNITS = {reconstruction = "nats per image", kl = "nats per image", capacity = "C (nats)",
  unit_kl = "KL (nats)", active = "units above 0.1 nats", d_loss = "nats", g_loss = "nats",
  cr_loss = "nats", d_accuracy = "share", cr_accuracy = "share",
  information = "L_I (nats)", index_information = "I(x; z) (nats)"}

-- of units in the order of their KL, those that are shown, and how many are left out
local function worth_showing(kl, units)
  local shown = math.max(diagnosis.active(kl), math.min(ROWS, #units))
  return table.move(units, 1, shown, 1, {}), #units - shown
end

local function print_units(view, kl, units)
  local shown, left_out = worth_showing(kl, units)
  print("unit   KL (nats per image)")
  for _, unit in ipairs(shown) do
    print(("%-5s  %6.3f  %s"):format(view:code_name(unit), kl[unit],
      ("#"):rep(math.min(BAR, math.floor(10 * kl[unit] + 0.5)))))
  end
  if left_out > 0 then
    print(("and %d more, of at most %.3f nats each"):format(left_out, kl[units[#shown + 1]]))
  end
end

-- A posterior's units, by their mean KL.
local function posterior(found)
  found.kl = vae.unit_kl(found.codes, found.logvar)
  found.units = figure.order(found.kl)
end

-- What the view says of all images: codes, factors, logvar and kl where there is a posterior, and
-- units: the columns of the codes in the order in which they are shown.
local function read(r, data)
  if not (r.view.represent and data and data.factor_names) then return nil end
  check.images("report.view", "option 'data'", data)
  local found = {}
  found.codes, found.factors, found.logvar = encoding.of_view(r, data)
  if found.logvar then
    posterior(found)
  else
    found.units = {}
    for d = 1, found.codes:shape()[2] do found.units[d] = d end
  end
  return found
end

-- Codes with probabilities in place of their logarithms, and which columns are those of categories.
local function with_probabilities(view, codes)
  local parts, of_category, last = {}, {}, 0
  for _, latent in ipairs(view.latents) do
    local first = latent.probabilities
    if first then
      local said = ops.slice(codes, 2, first, first + latent.width - 1)
      parts[first] = op.min(said):item() < 0 and op.softmax(said) or said
      for d = first, first + latent.width - 1 do of_category[d] = true end
    end
  end
  local columns = {}
  for d = 1, codes:shape()[2] do
    if parts[d] then
      columns[#columns + 1], last = parts[d], d + parts[d]:shape()[2] - 1
    elseif d > last then
      columns[#columns + 1] = ops.slice(codes, 2, d, d)
    end
  end
  return op.concat(columns, 2), of_category
end

-- activations.png: the first of the units over the space, or where there is no KL to order them by,
-- those that differ most among the images. Categories, which have another scale than numbers, are
-- in activations_categories.png, by their probabilities.
local function draw_activations(r, data, o, found, kl)
  local view = r.view
  local codes, of_category = with_probabilities(view, found.codes)
  local units = found.kl and found.units or figure.order(ops.var(codes, 1))
  local function draw(name, categories, form, given)
    local shown, names = {}, {}
    for _, d in ipairs(units) do
      if (of_category[d] or false) == categories and #shown < SHOWN then
        shown[#shown + 1] = d
        names[d] = form:format(diagnosis.called(view:code_name(d), kl and kl[d]))
      end
    end
    if categories then table.sort(shown) end
    if #shown > 0 then
      assert(figure.activations(r:figure(name), codes, data.space, merged({units = shown,
        names = names, title = o.title}, given)))
    end
  end
  draw("activations.png", false, "%s", {})
  draw("activations_categories.png", true, "p(%s)", {label = "mean probability", map = "viridis"})
end

-- The image that traversals begin at, [1 h w c]: of given codes or number; else the middle one of a
-- space, or the first.
local function seed_image(r, data, seed)
  local set = r.data or data
  return set:images(tensor.tensor{seed or set.space and set.space:middle() or 1})
end

local function draw_latents(r, data, o, found)
  local view, units = r.view, r.view:swept()
  local shown, base, seed, moving = {title = o.title}, nil, nil, {}
  if view:decodes_codes() and data then
    seed = seed_image(r, data, o.seed)
    if found and found.kl then
      local kl, labels = found.kl:table(), {}
      local mean, logvar = view.posterior(seed)
      local variance = op.exp(logvar):reshape{#kl}:table()
      local left_out
      base, units, left_out = mean, worth_showing(kl, found.units)
      for i, unit in ipairs(units) do
        local name = diagnosis.called(view:code_name(unit), kl[unit])
        local used = diagnosis.moves(kl[unit])
        labels[i] = (used and "%s  KL %.2f" or "%s"):format(name, kl[unit])
          .. ("\nσ² %.3g"):format(variance[unit])
        moving[i] = (used and "%s %.1f" or "%s"):format(name, kl[unit])
      end
      shown.labels = labels
      shown.caption = "rows by mean KL (nats); unused: up to 0.1; σ²: posterior variance at the "
        .. "seed image" .. (left_out > 0 and ("; %d more unused"):format(left_out) or "")
    else
      base = view.represent(seed)
    end
  else
    base = view.prior(core.rand.stream(o.score_seed, "base"), 1)
  end
  shown.base, shown.seed, shown.units = base, seed, units
  assert(figure.traversal(r:figure "traversal.png", view, shown))
  assert(figure.movie(r:figure "traversal_moving.png", view, {base = base, units = units,
    labels = moving, title = o.title}))
end

local function draw_images(r, data, o)
  local view = r.view
  if view:decodes_codes() and data then
    local x = data:batch(core.rand.stream(o.score_seed, "figures"), ROW)
    assert(figure.pairs(r:figure "reconstructions.png", x, view.decode(view.represent(x)), o.title))
  end
  local z = view.prior(core.rand.stream(o.score_seed, "samples"), SAMPLES)
  assert(figure.samples(r:figure "samples.png", view.decode(z), {columns = ROW,
    title = o.title .. ": samples of the prior"}))
end

-- curves.png: the terms that are numbers; and NAME.png for each that has a number for each unit, or
-- for each latent, as L_I, of which a categorical one has several columns of the codes
local function draw_curves(r, o)
  local log = r:log()
  diagnosis.over_time(log)
  local last, list = log[#log] or {}, o.terms or terms.curves(log, UNITS)
  if #list > 0 then assert(figure.curves(r:figure "curves.png", log, list, o.title)) end
  local view = r.view
  for _, name in ipairs(tree.keys(last)) do
    if type(last[name]) == "table" then
      local called, swept = {}, name == "information" and view:swept() or {}
      for d, value in ipairs(last[name]) do
        called[d] = swept[d] and view.latents[swept[d]].name
          or diagnosis.called(view:code_name(d), name == "unit_kl" and value or nil)
      end
      assert(figure.unit_curves(r:figure(name .. ".png"), log, name,
        {label = UNITS[name] or name, names = called, title = o.title}))
    end
  end
end

-- A title with the run's seed, before the step, where it does not tell it.
local function with_seed(title, seed)
  if title == "" or not math.tointeger(seed) or title:find "seed" then return title end
  local rest, step = title:match "^(.*)(, step %d+)$"
  return ("%s, seed %d%s"):format(rest or title, seed, step or "")
end

-- view(r, options): all that the view of a run allows, see the head of this file. Options:
--   title       of the figures; the run's seed is put into it, where it is not there
--   data        what is scored (default: the run's own, all of it: minutes for the 737,280 images
--               of dSprites, of which T.report.scored "few" or "part" takes some)
--   score_seed  of the scores and of what is drawn (0)
--   higgins     names of the factors that count in Higgins' metric (default: all)
--   seed        the image that traversals begin at: its levels in the space of the run's data, a
--               list, or its number (default: the middle of the space, or 1)
--   terms       the curves to show, see figure.curves (default: all but the megabytes in use)
-- Of more than twelve units those that are not in use (up to 0.1 nats) are left out of the list and
-- of traversals. Writes scores.json (unless there is nothing to score, and one already) and the
-- figures, and prints the scores. Returns the scores. A run without a view is an error.
function report.view(r, o)
  o = options.read("report.view", o, {title = "", data = options.any, score_seed = 0,
    higgins = options.any, seed = options.any, terms = options.any})
  if o.data then check.set("report.view", "option 'data'", o.data) end
  for _, name in ipairs{"higgins", "terms"} do
    if o[name] then check.table("report.view", ("option '%s'"):format(name), o[name]) end
  end
  if type(o.seed) ~= "table" and o.seed then
    check.count("report.view", "option 'seed'", o.seed)
  end
  o.title = with_seed(o.title, r.config.seed)
  local view, data = r.view, o.data or r.data
  if not view then fail "report.view: got a run without a view, wanted what its script gives" end
  local found, scores = read(r, data), {}
  if found then
    scores = followers.of(found.codes, found.factors, data, {seed = o.score_seed,
      higgins = o.higgins})
    scores.unit_kl = found.kl and found.kl:table()
  end
  scores.rate_distortion = diagnosis.rate(r)
  if found then
    scores.learned = followers.sentence(scores.followers,
      function(d) return view:code_name(d) end, scores.unit_kl)
  end
  scores.step, scores.seconds, scores.peak_bytes = r.step, r.note.seconds, r.note.peak_bytes
  if found or not core.file.read(r.dir .. "/scores.json") then r:scores(scores) end
  if found and found.kl then
    print_units(view, scores.unit_kl, found.units)
    print(diagnosis.words(scores.unit_kl, r:log()))
  end
  if found then followers.print(scores, function(d) return view:code_name(d) end) end
  print(("scores in %s/scores.json, figures in %s/figures"):format(r.dir, r.dir))

  draw_curves(r, o)
  if view.decode then
    if #view:swept() > 0 then draw_latents(r, data, o, found) end
    draw_images(r, data, o)
  end
  if found and data.space then
    draw_activations(r, data, o, found, scores.unit_kl)
  end
  return scores
end

-- dsprites(r, options): report.view of a run on dSprites: where the options say nothing else,
-- Higgins' metric counts the paper's four factors, and traversals begin at a large heart near the
-- middle
function report.dsprites(r, o)
  local own = {higgins = {"scale", "orientation", "posX", "posY"}, seed = {2, 4, 8, 16, 14}}
  return report.view(r, merged(own, o or {}))
end

-- vae(r, options): as dsprites; scripts of older runs call it so
report.vae = report.dsprites

-- factors(codes [n D], factors [n K], data, {seed = 0, higgins =}) -> what codes of all images of a
-- set have to do with its factors, see teasel.report.followers
report.factors = followers.of

-- print_factors(scores, name_of): prints what `factors` gives; name_of(d) is what column d of the
-- codes is called
report.print_factors = followers.print

-- print_read(title, read [n D], known [n K], names): a line with |r| of column k of what was read
-- and of what is known, for each name
report.print_read = followers.print_read

-- scored(name [, set = "dsprites"]) -> a part of a drawn set: of dsprites all, part or few, of
-- faces part or few (see teasel.report.parts)
report.scored = parts

-- content{run =, fit =, test =, ...}: the report of a model that takes style from content, see
-- teasel.report.content_report
report.content = require "teasel.report.content_report".content

check.functions("report.", report, {
  factors = "codes: tensor, factors: tensor, data: set, o: table?",
  print_read = "title: string, read: tensor, known: tensor, names: table",
  print_factors = "scores: table(followers higgins mig), name_of: callable",
  view = "r: table(state config dir), o: table?", vae = "r: table(state config dir), o: table?",
  dsprites = "r: table(state config dir), o: table?",
  scored = "name: any, set: string?",
})

return report
