-- The report of a generative model whose latents are to stand for attributes of images: which of
-- them do is measured, and all are shown, not the good ones alone.

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local figure = require "teasel.plot.figure"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local outcome = require "teasel.report.gan_outcome"
local statistic = require "teasel.metric.lib.statistic"

local op = core.op
local report = {}

local COLUMNS, BATCH = 10, 250   -- values along a row; images that are represented at a time

-- The latents that are shown, by number: those that a Q reads, or all but noise.
local function shown(r)
  local list = {}
  for _, i in ipairs(r.view:swept()) do
    local name = r.view.latents[i].name
    if not (r.latents or r.codes) or name:find "^c%d" then list[#list + 1] = i end
  end
  return list
end

-- The numbers of the attributes that are looked for: of each entry "Male/No_Beard" the first that
-- the set has; without a list all.
local function columns(data, wanted)
  local number, list = {}, {}
  for k, name in ipairs(data.factor_names) do
    number[name] = k
    if not wanted then list[k] = k end
  end
  for _, entry in ipairs(wanted or {}) do
    local found
    for name in entry:gmatch "[^/]+" do found = found or number[name] end
    list[#list + 1] = found
  end
  return list
end

-- attributes(r, data, names) -> a list with an item for each attribute: {attribute = its name,
-- r = {latent = correlation ...} over the set's images of the code that estimates it, best = the
-- latent with the largest, in absolute value, of those that Q reads (or of all)}. names: of the
-- attributes; "Male/No_Beard" is the first of them that the set has (default: all)
function report.attributes(r, data, names)
  local view, codes, factors, at = r.view, {}, {}, shown(r)
  for x, f in data:each(BATCH) do
    codes[#codes + 1], factors[#factors + 1] = view.represent(x), f
  end
  codes, factors = op.concat(codes), op.concat(factors)
  local function standardised(x) return statistic.standardiser(x)(x) end
  local all = (op.matmul(standardised(codes), standardised(factors), true) * (1 / #codes)):table()
  local list = {}
  for i, k in ipairs(columns(data, names)) do
    local item = {attribute = data.factor_names[k], r = {}}
    local most = -1
    for _, l in ipairs(at) do
      local latent = view.latents[l]
      local value = all[latent.code][k]
      item.r[latent.name] = value
      if math.abs(value) > most then
        most, item.best, item.latent = math.abs(value), latent.name, l
      end
    end
    list[i] = item
  end
  return list
end

-- Prints the correlations, a line for each latent that is shown (of many the best ones).
local function print_table(r, found)
  local head = ("%-6s"):format ""
  for _, item in ipairs(found) do head = head .. (" %12s"):format(item.attribute:sub(1, 12)) end
  print(head)
  for _, i in ipairs(shown(r)) do
    local name = r.view.latents[i].name
    local line, best = ("%-6s"):format(name), #shown(r) <= 10
    for _, item in ipairs(found) do
      line = line .. (" %11.2f%s"):format(item.r[name], item.best == name and "*" or " ")
      best = best or item.best == name
    end
    if best then print(line) end
  end
end

-- latents to start a row from, of image x [1 h w c]: its codes, where these are what is decoded
local function base_of(r, x, stream)
  if r.view.posterior then return (r.view.posterior(x)) end
  return r.view.prior(stream, 1)
end

-- attributes.png: a row for each attribute, along which its latent goes so that the attribute grows
local function draw_attributes(r, data, found, stream, title)
  local view, images, labels = r.view, {}, {}
  local x = data:batch(stream:split "seeds", #found)
  for i, item in ipairs(found) do
    local one, up = ops.slice(x, 1, i, i), item.r[item.best] >= 0
    local range = view.latents[item.latent].range
    local values = view:line(item.latent, COLUMNS, up and range or nil)
    if not up then values = -values end
    local z = base_of(r, one, stream:split(tostring(i)))
    images[#images + 1] = op.concat{one, view.decode(view:sweep(z, item.latent, values))}
    labels[i] = ("%s\n%s, r %+.2f"):format(item.attribute, item.best, item.r[item.best])
  end
  local beginning = view.posterior and "original, then " or "an image, then "
  assert(canvas.grid(canvas.images(op.concat(images)), {columns = COLUMNS + 1, title = title,
    row_labels = labels, column_title = beginning
      .. "the latent through its range, the attribute growing"}):save(r:figure "attributes.png"))
end

-- view(r, options) -> scores: of a run with a view that represents and decodes, what
-- teasel.report's view makes of it (curves, traversals, samples, reconstructions, scores where
-- factors are known), and
--   latents.png      a row for each latent that Q reads (without a Q: for all), around one image
--   attributes.png   a row for each attribute, with the latent that follows it most
-- the correlations of all these latents with all attributes, printed and in the scores; the mean
-- squared error of reconstructed pixels; and where there is a Q, L_I of each latent. Options:
-- title; data, the images that are scored (default: the run's own), whose factors are the
-- attributes; attributes, the names of those that are looked for (default: all)
function report.view(r, given)
  local o = options.read("vaegan_report.view", given, {title = "", data = options.any,
    attributes = options.any})
  local view, _, stream = outcome.begin("vaegan_report.view", r)
  local data = o.data or r.data
  local scores = outcome.view(r, {title = o.title, data = data})
  local x = data:batch(stream:split "images", BATCH)
  local one = ops.slice(x, 1, 1, 1)
  assert(figure.traversal(r:figure "latents.png", view, {units = shown(r), title = o.title,
    base = base_of(r, one, stream:split "base"), seed = view.posterior and one}))
  if view.posterior then
    scores.pixel_error = ops.mean(op.square(view.decode(view.represent(x)) - x)):item()
    print(("mean squared error of a reconstructed pixel  %.4f"):format(scores.pixel_error))
  end
  if data.factor_names then
    local found = report.attributes(r, data, o.attributes)
    print_table(r, found)
    draw_attributes(r, data, found, stream:split "attributes", o.title)
    scores.attributes = found
  end
  return outcome.finish(r, scores, stream, {title = o.title})
end

local RUN = "r: table(view)"

check.functions("vaegan_report.", report, {view = "r: table(state config)",
  attributes = RUN .. ", data: set, names: table?"})

return report
