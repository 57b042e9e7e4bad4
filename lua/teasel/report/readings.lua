-- What the latents of a generator have to do with known factors, both ways, so that nobody has to
-- look at figures and choose. A network that was trained on a set with known factors (see
-- teasel.represent.factor_net) reads these off generated images, beside the latents these were made
-- of; and the model's own reading of the set's images stands beside their factors.
--
-- What a latent has to do with a factor is one number of -1 to 1: of a continuous latent the rank
-- correlation, or with the probability of a kind, whose ranks near 0 and 1 mean nothing, the plain
-- one; of a categorical one the root of the correlation ratio, the share of the factor's
-- variance that lies between the categories. Factors that are kinds have a column for each kind.

local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local comparison = require "teasel.report.comparison"
local core = require "teasel.core"
local dci = require "teasel.metric.dci"
local factor_net = require "teasel.represent.factor_net"
local health = require "teasel.report.gan_health"
local grids = require "teasel.report.latent_grid"
local mig = require "teasel.metric.mig"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local outcome = require "teasel.report.gan_outcome"
local statistic = require "teasel.metric.lib.statistic"
local summary = require "teasel.report.summary"

local op, tensor = core.op, core.tensor
local readings = {}

local DRAWN, ROWS, VALUES = 2000, 5, 10   -- generated images that are read, at most; of a panel

-- the mean of each column of y [n K] for each of the categories of c [n], [categories K], and the
-- root of the correlation ratio of each column, a list
local function between(c, y, categories)
  local share, means = statistic.between(op.one_hot(c, categories), y)
  return means, op.sqrt(share):table()
end

-- correlations of c [n 1] with the columns of y [n K]: of ranks, or plain ones where kind[k] is
-- true
local function correlations(c, y, kind)
  local ranked = statistic.spearman(c, y)[1]
  local function standard(x) return statistic.standardiser(x)(x) end
  local plain = (op.sum(standard(c) * standard(y), 1) * (1 / #c)):table()
  for k in pairs(kind) do ranked[k] = plain[k] end
  return ranked
end

-- relate(view, values, y [n K], kind) -> {[latent] = list of K}, by the numbers of the latents that
-- are no noise, and {[latent] = means [categories K]} of categorical ones; values(i, latent) ->
-- [n], a latent's values or categories; kind[k]: whether column k is the probability of a kind
local function relate(view, values, y, kind)
  local found, means = {}, {}
  for _, i in ipairs(view:swept()) do
    local latent = view.latents[i]
    local c = values(i, latent)
    if latent.kind == "categorical" then
      means[i], found[i] = between(c, y, latent.width)
    else
      found[i] = correlations(c:reshape{#c, 1}, y, kind)
    end
  end
  return found, means
end

-- which columns are probabilities of kinds
local function kinds_of(list)
  local kind = {}
  for _, f in ipairs(list) do
    for k = f.first, f.kinds and f.last or f.first - 1 do kind[k] = true end
  end
  return kind
end

-- of generated images: what the network reads, beside what the latents were
local function generated(view, net, stream, real)
  local z = view.prior(stream, #real)
  local y = net:read(view.decode(z))
  local found, means = relate(view, function(_, latent)
    local c = ops.slice(z, 2, latent.first, latent.last)
    return latent.kind == "categorical" and op.argmax(c, 2) or c:reshape{#c}
  end, y, kinds_of(net.list))
  local spread = op.sqrt(ops.var(y, 1)) / op.maximum(op.sqrt(ops.var(net:read(real), 1)), 1e-6)
  return found, means, spread:table()
end

-- of a set's images: what the model says of them [n D], beside their factors [n K]
local function recognised(view, said, factors, kind)
  local column, at = 0, {}
  for _, i in ipairs(view:swept()) do
    local latent = view.latents[i]
    at[i] = {column + 1, column + latent.width}
    column = column + latent.width
  end
  if said:shape()[2] ~= column then return nil end
  return relate(view, function(i, latent)
    local c = ops.slice(said, 2, at[i][1], at[i][2])
    return latent.kind == "categorical" and op.argmax(c, 2) or c:reshape{#c}
  end, factors, kind)
end

-- known factors [n K] as the network has them, kinds as columns of 0 and 1
local function columns_of(factors, list)
  local parts = {}
  for j, f in ipairs(list) do
    local c = ops.slice(factors, 2, f.column, f.column)
    parts[j] = f.kinds and op.one_hot(c:reshape{#c} + 1, f.kinds) or c
  end
  return op.concat(parts, 2)
end

-- the latent that has most to do with one of these columns, and that column; nil where there is no
-- latent
local function strongest(found, order, columns)
  local best, at
  for _, i in ipairs(order) do
    for _, j in ipairs(columns) do
      if not best or math.abs(found[i][j]) > math.abs(found[best][at]) then best, at = i, j end
    end
  end
  return best, at
end

-- A panel of the paper's figures, called `name`: 5 rows of 10 images along which the latent changes
-- so that the factor, or this kind of it, grows.
local function panel(r, name, factor, i, column, found, means, title)
  local view = r.view
  local latent = view.latents[i]
  local values, labels = nil, nil
  if latent.kind == "categorical" then
    local mean, order = means[i][{{}, column}]:table(), {}
    for c = 1, #mean do order[c] = c end
    table.sort(order, function(a, b) return mean[a] < mean[b] end)
    labels = {}
    for place, c in ipairs(order) do labels[place] = ("%d: %.2f"):format(c, mean[c]) end
    values = tensor.tensor(order)
  else
    local low, high = table.unpack(latent.range)
    if found[i][column] < 0 then low, high = high, low end
    values = tensor.linspace(low, high, VALUES)
  end
  local images = grids.swept(view, core.rand.stream(r.config.seed or 0, "panel " .. name), ROWS,
    i, values)
  assert(grids.grid(r:figure(("panel_%s.png"):format((name:gsub("%W+", "_")))), images, values,
    {title = ("%s\n%s: %s, correlation %.2f"):format(title, factor, latent.name, found[i][column]),
      column_title = labels and ("category of %s: mean of %s"):format(latent.name, factor)
        or latent.name, column_labels = labels}))
end

-- the columns of a panel: those that begin with its word
local function columns_for(names, word)
  local list = {}
  for j, name in ipairs(names) do
    if name == word or name:find("^" .. word:gsub("%W", "%%%0") .. " %d+$") then
      list[#list + 1] = j
    end
  end
  return list
end

-- Prints a table of what the latents have to do with factors, and gives its rows by the latents'
-- names.
local function told(view, title, names, rows)
  local lines, named = {{title, table.unpack(names)}}, {}
  for _, i in ipairs(view:swept()) do
    local line, name = {view.latents[i].name}, view.latents[i].name
    for j in ipairs(names) do line[j + 1] = ("%+.2f"):format(rows[i][j]) end
    lines[#lines + 1], named[name] = line, rows[i]
  end
  io.write(summary.aligned(lines))
  return named
end

local function heat(title, names, rows, view)
  local called, matrix = {}, {}
  for n, i in ipairs(view:swept()) do called[n], matrix[n] = view.latents[i].name, rows[i] end
  return {kind = "heat", title = title, matrix = matrix, map = "diverging", range = {-1, 1},
    digits = 2, colour_label = "correlation", x = {ticks = names}, y = {ticks = called}}
end

local function metrics(said, factors)
  local gap = (mig(said, factors))
  local _, d = dci(said, factors)
  print(("MIG %.3f, DCI %.3f, %.3f, %.3f (%d images)"):format(gap, d.disentanglement,
    d.completeness, d.informativeness, #said))
  return gap, {disentanglement = d.disentanglement, completeness = d.completeness,
    informativeness = d.informativeness}
end

-- the model's reading of the pictures that it was trained on, beside what is known of these
local function on_own(view, own, stream, n)
  local x, known = own:batch(stream, math.min(n, own:count()))
  local rows = recognised(view, view.represent(x), known, {})
  return rows and {names = own.factor_names,
    recognised = told(view, "own pictures, read", own.factor_names, rows)}
end

local function words_of(list)
  local words = {}
  for j, f in ipairs(list) do words[j] = f.name end
  return words
end

-- of(r, options) -> scores, with which a report ends. Options:
--   data      a set with known factors: the network learns from it, the model's reading is beside
--             its factors
--   own       the set that the model was trained on, where that is another with factors
--   numbers, kinds, steps   of factor_net.train: which factors are read, and how long it learns
--   images    of the set that the model reads (5000); as many generated ones are read, up to 2,000
--   panels    words: a figure panel_NAME.png for each, of the latent that has most to do with the
--             factor, or the kinds of the factor, of that name (default: all factors)
--   title
-- Scores: names; generated and recognised, {code = list of numbers by names}; spread, of each name
-- the deviation of what is read off generated images over that of the set's; reader, how well the
-- network reads; panels, {name = {code, column, value}}; means, {code = categories x names}, of
-- categorical latents; of a set with a space mig and dci of the model's reading over `numbers`;
-- own. A run without a view that draws is an error.
function readings.of(r, given)
  local o = options.read("gan_report.readings", given, {data = options.any, own = options.any,
    numbers = {}, kinds = {}, steps = 1500, images = 5000, panels = options.any, title = ""})
  outcome.begin("gan_report.readings", r)
  check.set("gan_report.readings", "option 'data'", o.data)
  local data, view, stream = o.data, r.view, core.rand.stream(0, "readings")
  local net = factor_net.train(data, {numbers = o.numbers, kinds = o.kinds, steps = o.steps})
  local images, factors = data:batch(stream:split "images", math.min(o.images, data:count()))
  local real = ops.slice(images, 1, 1, math.min(DRAWN, #images))
  local found, means, spread = generated(view, net, stream:split "drawn", real)
  local scores = {names = net.names, reader = net.test, spread = {}, panels = {}, means = {},
    generated = told(view, "generated", net.names, found)}
  for j, name in ipairs(net.names) do scores.spread[name] = spread[j] end
  for i, m in pairs(means) do scores.means[view.latents[i].name] = m:table() end
  scores.health = health.report(r, {data = o.own or data, net = net,
    images = #real, title = o.title})
  local pictures = {heat("latents and what is read off their images", net.names, found, view)}
  if view.represent then
    local said, known = view.represent(images), columns_of(factors, net.list)
    local rows = recognised(view, said, known, kinds_of(net.list))
    if rows then
      scores.recognised = told(view, "read by the model", net.names, rows)
      pictures[2] = heat("the model's reading of images and their factors", net.names, rows, view)
    end
    if data.space and #o.numbers > 1 then
      scores.mig, scores.dci = metrics(said, ops.slice(known, 2, 1, #o.numbers))
    end
    if o.own and o.own ~= data and o.own.factor_names then
      scores.own = on_own(view, o.own, stream:split "own", o.images)
    end
  end
  assert(chart.panels(r:figure "readings.png", {panels = pictures, title = o.title, columns = 1,
    legend = "none"}))
  for _, word in ipairs(o.panels or words_of(net.list)) do
    local i, column = strongest(found, view:swept(), columns_for(net.names, word))
    if not i then options.unknown("gan_report.readings: option 'panels'", word, net.test) end
    scores.panels[word] = {code = view.latents[i].name, column = net.names[column],
      value = found[i][column]}
    panel(r, word, net.names[column], i, column, found, means, o.title)
    print(("%-10s %s (%s %+.2f, spread %.2f)"):format(word, view.latents[i].name,
      net.names[column], found[i][column], spread[column]))
  end
  return scores
end

-- what the latent that has most to do with column j has to do with it, 0..1
local function most(rows, j)
  local best = 0
  for _, row in pairs(rows or {}) do best = math.max(best, math.abs(row[j])) end
  return best
end

-- Prints the best run of each group for each name, as papers choose it.
local function print_best(runs, names)
  for _, group in ipairs(summary.groups(runs)) do
    for j, name in ipairs(#group > 1 and names or {}) do
      local best
      for _, r in ipairs(group) do
        local value = r.scored and most(r.scored.generated, j)
        if value and (not best or value > best) then best, group.best = value, r end
      end
      if best then
        print(("best of %d for %s: %.2f, %s"):format(#group, name, best, group.best.dir))
      end
    end
  end
end

-- summary(pattern): what all runs that the pattern names have in common (see
-- teasel.report.comparison): of each factor what the latent that has most to do with it has, by
-- generated images and by the model's own reading of the set's; and which run is the best for a
-- factor among those that differ in nothing but the seed.
function readings.summary(pattern)
  local runs, first = summary.open(pattern), nil
  for _, r in ipairs(runs) do first = first or r.scored end
  local columns = {{"step", function(r) return r.scored.step end}}
  local names = first and first.names or {}
  for j, name in ipairs(names) do
    columns[#columns + 1] = {name, function(r) return most(r.scored.generated, j) end}
    columns[#columns + 1] = {name .. " by Q", function(r)
      return most(r.scored.recognised, j)
    end}
  end
  if first and first.mig then
    columns[#columns + 1] = {"MIG", function(r) return r.scored.mig end}
    columns[#columns + 1] = {"DCI", function(r) return r.scored.dci.disentanglement end}
  end
  local table_of = comparison.of(pattern, {more = columns, values = "step_seconds,peak_bytes"})
  local text = table_of:report()
  print_best(runs, names)
  return text
end

check.functions("gan_report.", readings, {of = "r: table(state config)", summary = "pattern: any"})

return readings
