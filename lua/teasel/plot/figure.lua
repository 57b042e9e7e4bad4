-- Figures of latent variable models, each from plain tensors. Grids of images go straight to PNG;
-- charts go through gnuplot and keep their numbers beside them as CSV. Every function takes the
-- path of the figure first and returns true, or nil and a message.

local check = require "teasel.lib.check"
local activations = require "teasel.plot.activation"
local axis = require "teasel.plot.axis"
local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local figure = {}

-- samples(path, images [n h w c] in [0, 1], options of canvas.grid): images in rows
function figure.samples(path, images, given)
  return canvas.grid(canvas.images(images), given or {columns = 10}):save(path)
end

-- pairs(path, above [n h w c], below, title, labels): two rows of images, one above the other
function figure.pairs(path, above, below, title, labels)
  local tiles = canvas.images(above)
  for _, tile in ipairs(canvas.images(below)) do tiles[#tiles + 1] = tile end
  return canvas.grid(tiles, {columns = #above, title = title,
    row_labels = labels or {"original", "reconstruction"}}):save(path)
end

-- The units of [d] values, largest first, as a list of numbers.
function figure.order(values)
  if values:rank() ~= 1 then check.wrong("figure.order", "values", values, "[d]") end
  local list, units = values:table(), {}
  for i = 1, #list do units[i] = i end
  table.sort(units, function(a, b)
    if list[a] ~= list[b] then return list[a] > list[b] end
    return a < b
  end)
  return units
end

local TRAVERSAL = {base = options.any, units = options.any, labels = {}, seed = options.any,
  range = options.any, count = 10, title = "", caption = ""}

-- The options of a traversal through a view, and for each unit its values and images: latent `unit`
-- goes through its range (or `range`) in `count` values, or through its categories.
local function rows_of(who, view, given)
  local o = options.read(who, given, TRAVERSAL)
  if not o.base or not view.decode then
    fail("%s: got %s, wanted %s", who, o.base and "a view without `decode`" or "no option 'base'",
      o.base and "one that draws images" or "latents [1 L]")
  end
  local rows = {}
  for i, unit in ipairs(o.units or view:swept()) do
    local line = view:line(unit, o.count, o.range)
    rows[i] = {values = line:table(), tiles = canvas.images(view.decode(view:sweep(o.base, unit,
      line))), label = o.labels[i] or view.latents[unit].name}
  end
  return o, rows
end

-- The values above the columns, where all rows go through the same.
local function column_labels(rows)
  local first = rows[1] and rows[1].values or {}
  for _, row in ipairs(rows) do
    for j = 1, math.max(#first, #row.values) do
      if row.values[j] ~= first[j] then return {} end
    end
  end
  return axis.written(first)
end

-- The first and the last value of a row, which stand beside it where columns have none above.
local function ends(row)
  local texts = axis.written(row.values)
  return ("\n%s to %s"):format(texts[1], texts[#texts])
end

-- traversal(path, view, options): a row of images for each unit, which goes through the values of
-- its latent while the others stay.
--   base     [1 L], the latents that the others stay at
--   units    the rows, as a list of latents' numbers (see order; default: all but noise)
--   labels   what stands left of the rows (default: the latents' names, with the ends of their
--            ranges where these differ)
--   seed     [1 h w c] for a first column: the image that `base` was read from
--   range    {least, greatest}; default: each latent's own
--   count    columns (10); of a categorical latent as many as there are categories
--   title, caption
-- The view is one of teasel.model.view. Errors: a view that draws no images, no base.
function figure.traversal(path, view, given)
  local o, rows = rows_of("figure.traversal", view, given)
  local seed = o.seed and canvas.images(o.seed)[1]
  local tiles, labels, columns = {}, {}, 0
  for _, row in ipairs(rows) do columns = math.max(columns, #row.tiles) end
  for i, row in ipairs(rows) do
    labels[i] = row.label
    if seed then tiles[#tiles + 1] = seed end
    for j = 1, columns do tiles[#tiles + 1] = row.tiles[j] or false end
  end
  local above = column_labels(rows)
  for i, row in ipairs(#above == 0 and rows or {}) do
    if not o.labels[i] then labels[i] = labels[i] .. ends(row) end
  end
  if seed and #above > 0 then table.insert(above, 1, "seed") end
  return canvas.grid(tiles, {columns = columns + (seed and 1 or 0), row_labels = labels,
    column_labels = above, column_breaks = seed and {1} or {}, title = o.title,
    caption = o.caption}):save(path)
end

-- movie(path, view, options): the traversal as an animated PNG, all units moving at once, to and
-- fro; options as for traversal
function figure.movie(path, view, given)
  local o, rows = rows_of("figure.movie", view, given)
  local frames, labels, count = {}, {}, 0
  for i, row in ipairs(rows) do
    labels[i], count = row.label, math.max(count, #row.tiles)
  end
  for step = 1, math.max(1, 2 * count - 2) do
    local j = step <= count and step or 2 * count - step
    local tiles = {}
    for i, row in ipairs(rows) do tiles[i] = row.tiles[(j - 1) % #row.tiles + 1] end
    frames[step] = canvas.grid(tiles, {columns = #tiles, column_labels = labels, title = o.title})
  end
  return canvas.animate(frames, {path = path, delay_ms = 120})
end

-- what a panel is called, where the term's name in logs is short
local CALLED = {d_loss = "loss of the discriminator", g_loss = "loss of the generator",
  d_accuracy = "accuracy of the discriminator", kl = "KL divergence", tc = "total correlation",
  cr_loss = "contrastive loss", capacity = "capacity C", unit_kl = "KL divergence of each unit"}

local ACROSS, WIDTH = 3, 230   -- panels of curves in a row, at most; of one, where there are rows

-- curves(path, log, terms, title): terms of a run's log against steps, a panel for each, since
-- their units differ, at most three in a row. terms: list of {name in the log, label of its axis
-- [, title of its panel]}; lines of the log that lack a term are no points of it
function figure.curves(path, log, terms, title)
  check.list("figure.curves", "terms", terms, function(who, name, term)
    if type(term) ~= "table" or type(term[1]) ~= "string" then
      check.wrong(who, name, term, "{name in the log, label of its axis}")
    end
  end)
  local panels = {}
  for i, term in ipairs(terms) do
    local x, y = {}, {}
    for _, entry in ipairs(log) do
      if entry[term[1]] then x[#x + 1], y[#y + 1] = entry.step, entry[term[1]] end
    end
    -- a label that says no more than the title is left out
    panels[i] = {x = {label = "step"}, y = {label = term[2] ~= term[1] and term[2] or nil},
      title = term[3] or CALLED[term[1]] or (term[1]:gsub("_", " ")),
      series = {{name = term[1], x = x, y = y, points = #x < 20}}}
  end
  local rows = math.max(1, math.ceil(#panels / ACROSS))
  return chart.panels(path, {title = title, panels = panels, legend = "none",
    columns = math.ceil(#panels / rows), width = rows > 1 and WIDTH or nil})
end

-- unit_curves(path, log, term, options): a term that has a number for each unit, one curve per
-- unit. Options: label of the axis, names of the units (z1, z2 ...), title
function figure.unit_curves(path, log, term, given)
  local o = options.read("figure.unit_curves", given, {label = "", names = {}, title = ""})
  local series = {}
  for d = 1, #log[#log][term] do
    local x, y = {}, {}
    for _, entry in ipairs(log) do
      if entry[term] then x[#x + 1], y[#y + 1] = entry.step, entry[term][d] end
    end
    series[d] = {name = o.names[d] or "z" .. d, x = x, y = y, points = #x < 20}
  end
  return chart.lines(path, {title = o.title, x = {label = "step"}, y = {label = o.label},
    legend = "right", series = series})
end

-- activations(path, codes, space, options): what codes do over a space of factors, see
-- teasel.plot.activation
figure.activations = activations

-- the matrices of codes by factors that metrics leave in their details: what to call them, and the
-- greatest value there can be
local MATRICES = {
  {"dci", "importance in boosted trees", 1},
  {"mig", "mutual information (nats)"},
  {"sap", "accuracy of an SVM on the code alone", 1},
}

-- a heat map of a matrix, its colours from 0 to `top` or the largest entry
local function code_map(title, matrix, names, called, top)
  local codes, factors, most = {}, {}, top or 0
  for d, row in ipairs(matrix) do
    codes[d] = called and called[d] or "z" .. d
    most = math.max(most, table.unpack(row))
  end
  for k in ipairs(matrix[1]) do factors[k] = names and names[k] or "factor " .. k end
  return {kind = "heat", title = title, matrix = matrix, digits = 2,
    range = {0, most > 0 and most or 1}, x = {ticks = factors}, y = {ticks = codes}}
end

-- scores(path, details, options): what each code has to do with each factor, by three estimates: a
-- heat map for each of the metrics dci, mig and sap that the table has the details of, as
-- details = {mig = ..., dci = ...}. Options: factors, codes (their names;
-- default: factor 1, z1 ...), title
function figure.scores(path, details, given)
  if type(details) ~= "table" then
    fail("figure.scores: got %s for the details, wanted a table", tostring(details))
  end
  local o = options.read("figure.scores", given,
    {factors = options.any, codes = options.any, title = ""})
  local panels = {}
  for _, row in ipairs(MATRICES) do
    local of = details[row[1]]
    if of then
      local title = of.settings.continuous and "squared correlation" or row[2]
      panels[#panels + 1] = code_map(title, of.matrix, o.factors, o.codes, row[3])
    end
  end
  if #panels == 0 then
    fail "figure.scores: got no details, wanted those of dci, mig or sap"
  end
  return chart.panels(path, {title = o.title, panels = panels, width = 330, height = 330})
end

local LOG = "path: path, log: table, "

check.functions("figure.", figure, {
  samples = "path: path, images: any", pairs = "path: path, above: any, below: any, title: string?",
  order = "values: tensor", traversal = "path: path, view: table(latents), given: table",
  movie = "path: path, view: table(latents), given: table",
  curves = LOG .. "terms: table, title: string?", unit_curves = LOG .. "term: string",
  scores = "path: path, details: any",
})

return figure
