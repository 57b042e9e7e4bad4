-- Figures of latent variable models, each from plain tensors. Grids of images go straight to PNG;
-- charts go through gnuplot and keep their numbers beside them as CSV. Every function takes the
-- path of the figure first and returns true, or nil and a message.

local check = require "teasel.check"
local core = require "teasel.core"
local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local fail = require "teasel.fail"
local ops = require "teasel.ops"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
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

-- codes [count d]: the row `mean` [1 d], with unit i going from -range to range
local function sweep(mean, unit, range, count)
  local _, d = table.unpack(mean:shape())
  local mask = op.one_hot(tensor.tensor{unit}, d)
  local values = op.reshape(tensor.linspace(-range, range, count), {count, 1})
  return mean * (1 - mask) + values * mask
end

-- traversals(decode, mean [1 d], units, range, count) -> list of [count h w c], one for each unit
local function traversals(decode, o)
  local rows = {}
  for i, unit in ipairs(o.units) do rows[i] = decode(sweep(o.mean, unit, o.range, o.count)) end
  return rows
end

local function traversal_options(who, given)
  return options.read(who, given, {mean = options.any, units = {}, kl = options.any,
    variance = options.any, seed = options.any, range = 3, count = 10, title = "", caption = ""})
end

-- traversal(path, decode, options): a row of images for each unit. The first column is the seed
-- image; in a row one unit goes from -range to range (default 3) in `count` steps (10) while the
-- others stay at `mean` [1 d].
--   decode    codes [n d] -> pixel probabilities [n h w c]
--   seed      [1 h w c], the image whose code `mean` is
--   units     the rows, as a list of units (see order)
--   kl, variance  [d] tensors for the labels: mean KL in nats, posterior variance at the seed
function figure.traversal(path, decode, given)
  local o = traversal_options("figure.traversal", given)
  local seed = canvas.images(o.seed)[1]
  local kl, variance = o.kl:table(), o.variance:table()
  local tiles, labels = {}, {}
  for i, row in ipairs(traversals(decode, o)) do
    local unit = o.units[i]
    tiles[#tiles + 1] = seed
    for _, tile in ipairs(canvas.images(row)) do tiles[#tiles + 1] = tile end
    labels[i] = ("z%d  KL %.2f\nσ² %.3g"):format(unit, kl[unit], variance[unit])
  end
  local columns = {"seed"}
  for j = 1, o.count do
    columns[j + 1] = ("%.1f"):format(-o.range + (j - 1) * 2 * o.range / (o.count - 1))
  end
  return canvas.grid(tiles, {columns = o.count + 1, row_labels = labels, column_labels = columns,
    column_breaks = {1}, title = o.title, caption = o.caption}):save(path)
end

-- movie(path, decode, options): the traversal as an animated PNG, all units moving at once, to
-- and fro
function figure.movie(path, decode, given)
  local o = traversal_options("figure.movie", given)
  local kl, rows, frames = o.kl:table(), {}, {}
  for i, row in ipairs(traversals(decode, o)) do rows[i] = canvas.images(row) end
  local labels = {}
  for i, unit in ipairs(o.units) do labels[i] = ("z%d %.1f"):format(unit, kl[unit]) end
  for step = 1, 2 * o.count - 2 do
    local j = step <= o.count and step or 2 * o.count - step
    local tiles = {}
    for i, row in ipairs(rows) do tiles[i] = row[j] end
    frames[step] = canvas.grid(tiles, {columns = #tiles, column_labels = labels, title = o.title})
  end
  return canvas.animate(frames, {path = path, delay_ms = 120})
end

-- curves(path, log, terms, title): terms of a run's log against steps, a panel for each, since
-- their units differ. terms: list of {name in the log, label of its axis}
function figure.curves(path, log, terms, title)
  local panels = {}
  for i, term in ipairs(terms) do
    local x, y = {}, {}
    for j, entry in ipairs(log) do x[j], y[j] = entry.step, entry[term[1]] end
    panels[i] = {x = {label = "step"}, y = {label = term[2]}, title = term[1],
      series = {{name = term[1], x = x, y = y, points = #x < 20}}}
  end
  return chart.panels(path, {title = title, panels = panels, legend = "none"})
end

-- unit_curves(path, log, term, options): a term that has a number for each unit, one curve per
-- unit. Options: label of the axis, names of the units (z1, z2 ...), title
function figure.unit_curves(path, log, term, given)
  local o = options.read("figure.unit_curves", given, {label = "", names = {}, title = ""})
  local series = {}
  for d = 1, #log[1][term] do
    local x, y = {}, {}
    for j, entry in ipairs(log) do x[j], y[j] = entry.step, entry[term][d] end
    series[d] = {name = o.names[d] or "z" .. d, x = x, y = y, points = #x < 20}
  end
  return chart.lines(path, {title = o.title, x = {label = "step"}, y = {label = o.label},
    legend = "right", series = series})
end

local SHAPES = {"square", "ellipse", "heart"}

-- activations(path, codes, space, options): Higgins et al. 2017, figure 7: for each unit its mean
-- activation over the positions (a heat map), and against scale and rotation for each shape.
-- codes [count d]: the representation of every point of the space of dSprites, or of a part of it
-- with all five factors, in order. units: the columns, as a list; names: what they are called.
function figure.activations(path, codes, space, given)
  local o = options.read("figure.activations", given, {units = {}, names = {}, title = ""})
  local sizes = table.move(space.sizes, 1, #space.sizes, 1, {})
  local d = codes:shape()[2]
  sizes[#sizes + 1] = d
  local grid = op.reshape(codes, sizes)          -- shape scale orientation x y unit
  local positions = ops.mean(grid, {1, 2, 3}):permute{3, 2, 1}:table()   -- unit y x
  local curves = {scale = ops.mean(grid, {3, 4, 5}):permute{3, 1, 2}:table(),
    orientation = ops.mean(grid, {2, 4, 5}):permute{3, 1, 2}:table()}
  local panels = {}
  for _, unit in ipairs(o.units) do
    panels[#panels + 1] = {kind = "heat", title = o.names[unit] or "z" .. unit,
      matrix = positions[unit], map = "diverging",
      x = {label = "posX", ticks = {1, #positions[unit][1]}},
      y = {label = "posY", ticks = {1, #positions[unit]}}}
  end
  local axes = {scale = {label = "scale"}, orientation = {label = "rotation (°)",
    ticks = {0, 180, 360}}}
  for _, factor in ipairs{"scale", "orientation"} do
    local x = {}
    for i, value in ipairs(space.values[factor]) do
      x[i] = factor == "scale" and value or math.deg(value)
    end
    for _, unit in ipairs(o.units) do
      local series = {}
      for s, y in ipairs(curves[factor][unit]) do
        series[s] = {name = SHAPES[s], x = x, y = y, points = factor == "scale"}
      end
      panels[#panels + 1] = {kind = "lines", x = axes[factor], y = {label = "mean z"},
        series = series}
    end
  end
  return chart.panels(path, {title = o.title, columns = #o.units, panels = panels, share = "row"})
end

-- the matrices of codes by factors that metrics leave in their details: what to call them, and the
-- greatest value there can be
local MATRICES = {
  {"dci", "importance in boosted trees", 1},
  {"mig", "mutual information (nats)"},
  {"sap", "accuracy of an SVM on the code alone", 1},
}

-- a heat map of a matrix, its colours from 0 to `top` or the largest entry
local function code_map(title, matrix, names, top)
  local codes, factors, most = {}, {}, top or 0
  for d, row in ipairs(matrix) do
    codes[d] = "z" .. d
    most = math.max(most, table.unpack(row))
  end
  for k in ipairs(matrix[1]) do factors[k] = names and names[k] or "factor " .. k end
  return {kind = "heat", title = title, matrix = matrix, digits = 2,
    range = {0, most > 0 and most or 1}, x = {ticks = factors}, y = {ticks = codes}}
end

-- scores(path, details, options): what each code has to do with each factor, by three estimates: a
-- heat map for each of the metrics dci, mig and sap that the table has the details of, as
-- details = {mig = ..., dci = ...}. Options: factors (their names), title.
function figure.scores(path, details, given)
  if type(details) ~= "table" then
    fail("figure.scores: got %s for the details, wanted a table", tostring(details))
  end
  local o = options.read("figure.scores", given, {factors = options.any, title = ""})
  local panels = {}
  for _, row in ipairs(MATRICES) do
    local of = details[row[1]]
    if of then
      local title = of.settings.continuous and "squared correlation" or row[2]
      panels[#panels + 1] = code_map(title, of.matrix, o.factors, row[3])
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
  order = "values: tensor", traversal = "path: path, decode: callable, given: table(mean seed kl "
    .. "variance)", movie = "path: path, decode: callable, given: table(mean kl)",
  curves = LOG .. "terms: table, title: string?", unit_curves = LOG .. "term: string",
  activations = "path: path, codes: tensor, space: table(sizes values)",
  scores = "path: path, details: any",
})

return figure
