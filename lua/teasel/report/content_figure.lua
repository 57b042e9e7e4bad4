-- Figures of a model that takes style from content, each from its view (see
-- teasel.model.content_view) and a set with classes. Every function takes the path first and
-- returns true, or nil and a message.

local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local ops = require "teasel.op.composed"
local tsne = require "teasel.plot.tsne"

local op, tensor = core.op, core.tensor
local content_figure = {}

local CLASSES = 15   -- that a map has colours for

-- one_of_each(set, n) -> images [n h w c] of n classes, from the first to the last that are there,
-- at equal distances: of each the first image
function content_figure.one_of_each(set, n)
  local first, present = {}, {}
  for i, label in ipairs(set:labels():table()) do
    if not first[label] then
      first[label] = i
      present[#present + 1] = label
    end
  end
  table.sort(present)
  local index = {}
  for i = 1, n do
    index[i] = first[present[1 + (i - 1) * #present // n]]
  end
  return set:images(tensor.tensor(index))
end

-- swap(path, view, contents [n h w c], styles [m h w c], {title =}): the images of `contents` on
-- top, those of `styles` on the left, and in between what has the content of the former and the
-- style of the latter
function content_figure.swap(path, view, contents, styles, o)
  local tiles, columns = {false}, #contents
  for _, tile in ipairs(canvas.images(contents)) do tiles[#tiles + 1] = tile end
  local left = canvas.images(styles)
  for i, tile in ipairs(canvas.images(view:swap(contents, styles))) do
    if i % columns == 1 or columns == 1 then tiles[#tiles + 1] = left[(i - 1) // columns + 1] end
    tiles[#tiles + 1] = tile
  end
  return canvas.grid(tiles, {columns = columns + 1, row_breaks = {1}, column_breaks = {1},
    title = o.title, caption = "top: images that give the content; left: the style"}):save(path)
end

-- a line of n points between two rows [1 D]
local function line(from, to, n)
  local t = tensor.linspace(0, 1, n):reshape{n, 1}
  return from * (1 - t) + to * t
end

-- interpolation(path, view, from [1 h w c], to [1 h w c], {title =, count =}): along the rows the
-- content goes from one image to the other, along the columns the style does; the two images, as
-- they are decoded, are the corners on the top left and the bottom right
function content_figure.interpolation(path, view, from, to, o)
  local n = o.count
  local s = line(view.represent_content(from), view.represent_content(to), n)
  local z = line(view.represent_style(from), view.represent_style(to), n)
  local rows = {}
  for i = 1, n do
    local style = ops.slice(z, 1, i, i)
    rows[i] = view.decode(s, op.expand(style, {n, style:size(2)}))
  end
  return canvas.grid(canvas.images(op.concat(rows, 1)), {columns = n, title = o.title,
    column_title = "content from one image to the other; downwards: style"}):save(path)
end

-- samples(path, view, contents [n h w c], stream, {title =, count =}): a row for each image, which
-- stands first: its content with styles drawn from the prior
function content_figure.samples(path, view, contents, stream, o)
  local n, m, tiles = #contents, o.count, {}
  local s = view.represent_content(contents)
  local last = view.latents[#view.latents]
  local styles = ops.slice(view.prior(stream, m), 2, 1, last.first - 1)
  local left = canvas.images(contents)
  for i = 1, n do
    tiles[#tiles + 1] = left[i]
    local own = ops.slice(s, 1, i, i)
    for _, tile in ipairs(canvas.images(view.decode(op.expand(own, {m, own:size(2)}), styles))) do
      tiles[#tiles + 1] = tile
    end
  end
  return canvas.grid(tiles, {columns = m + 1, column_breaks = {1}, title = o.title,
    caption = "left: images that give the content; columns: styles from N(0, I)"}):save(path)
end

-- map(path, style [n Z], labels [n], {title =, stream =, classes =}): a t-SNE map of styles in
-- colours of their classes, of the 15 first ones where there are more; the stream is that of its
-- components, `classes` the names of labels 0, 1 ... (default: the labels)
function content_figure.map(path, style, labels, o)
  local present, keep, shown = {}, {}, {}
  local list = labels:table()
  for _, label in ipairs(list) do present[label] = true end
  local order = {}
  for label in pairs(present) do order[#order + 1] = label end
  table.sort(order)
  local series = {}
  for i = 1, math.min(CLASSES, #order) do
    local label = math.tointeger(order[i])
    series[i] = {name = o.classes and o.classes[label + 1] or tostring(label), x = {}, y = {}}
    shown[label] = series[i]
  end
  for i, label in ipairs(list) do
    if shown[label] then keep[#keep + 1] = i end
  end
  local points = op.take(style, tensor.tensor(keep), 1)
  local at = tsne(points, {stream = o.stream, perplexity = math.min(30, (#keep - 1) // 3)}):table()
  for k, i in ipairs(keep) do
    local s = shown[list[i]]
    s.x[#s.x + 1], s.y[#s.y + 1] = at[k][1], at[k][2]
  end
  return chart.scatter(path, {title = o.title, legend = "right", width = 520, height = 520,
    x = {label = ""}, y = {label = ""}, series = series})
end

local VIEW = "path: path, view: table(represent_content represent_style decode latents), "

check.functions("content_figure.", content_figure, {
  one_of_each = "set: set, n: count",
  swap = VIEW .. "contents: tensor, styles: tensor, o: table(title)",
  interpolation = VIEW .. "from: tensor, to: tensor, o: table(title count)",
  samples = VIEW .. "contents: tensor, stream: stream, o: table(title count)",
  map = "path: path, style: tensor, labels: tensor, o: table(title stream)",
})

return content_figure
