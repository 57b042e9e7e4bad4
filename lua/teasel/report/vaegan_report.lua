-- The report of a generative model whose latents are to stand for attributes of images: which of
-- them do is measured, and all are shown, not the good ones alone.

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local factor_net = require "teasel.represent.factor_net"
local figure = require "teasel.plot.figure"
local in_batches = require "teasel.model.in_batches"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local outcome = require "teasel.report.gan_outcome"
local statistic = require "teasel.metric.lib.statistic"
local is_view = require("teasel.model.view").is

local op = core.op
local report = {}

-- values along a row; images that are represented at a time, and that are drawn to be read
local COLUMNS, BATCH, DRAWN = 10, 250, 2000

-- The latents that are shown, by number: those that a Q reads, or all but noise.
local function shown(r)
  local list = {}
  if not is_view(r.view) then
    check.wrong("vaegan_report", "r.view", r.view, "a view of teasel.model.view")
  end
  for _, i in ipairs(r.view:swept()) do
    local name = r.view.latents[i].name
    if not r.latents or name:find "^c%d" then list[#list + 1] = i end
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

-- the latent with the largest correlation, in absolute value, of a table by name: number and name
local function strongest(view, at, by_name)
  local most, best = -1, nil
  for _, l in ipairs(at) do
    local value = math.abs(by_name[view.latents[l].name])
    if value > most then most, best = value, l end
  end
  return best, view.latents[best].name
end

-- attributes(r, data, names) -> a list with an item for each attribute: {attribute = its name,
-- r = {latent = correlation ...} over the set's images of the code that estimates it, best = the
-- name of the latent with the largest, in absolute value, of those that Q reads (or of all), latent
-- = its number}. names: of the attributes; "Male/No_Beard" is the first of them that the set has
-- (default: all)
function report.attributes(r, data, names)
  local view, codes, factors, at = r.view, {}, {}, shown(r)
  for x, f in data:each(BATCH) do
    codes[#codes + 1], factors[#factors + 1] = view.represent(x), f
  end
  codes, factors = op.concat(codes), op.concat(factors)
  local all, list = statistic.correlations(codes, factors):table(), {}
  for i, k in ipairs(columns(data, names)) do
    local item = {attribute = data.factor_names[k], r = {}}
    for _, l in ipairs(at) do item.r[view.latents[l].name] = all[view.latents[l].code][k] end
    item.latent, item.best = strongest(view, at, item.r)
    list[i] = item
  end
  return list
end

-- effects(r, found, net, stream): what latents do to the images that the model makes: of each item
-- of `attributes`, `made` = {latent = correlation ...} of the latent with the attribute as net, of
-- teasel.represent.factor_net, reads it off images of the prior; best and latent are then by these
function report.effects(r, found, net, stream)
  local view, at = r.view, shown(r)
  local z, column = view.prior(stream, DRAWN), {}
  local said = in_batches(function(part) return net:read(view.decode(part)) end, BATCH, z)
  local all = statistic.correlations(z, said):table()
  for j, name in ipairs(net.names) do column[name] = j end
  for _, item in ipairs(found) do
    local j = column[item.attribute]
    item.made, item.reader = {}, net.test[item.attribute]
    for _, l in ipairs(at) do item.made[view.latents[l].name] = all[view.latents[l].first][j] end
    item.latent, item.best = strongest(view, at, item.made)
  end
end

-- Prints the correlations in field `what`, a line for each latent that is shown (of many the best).
local function print_table(r, found, what, title)
  print(title)
  local head = ("%-6s"):format ""
  for _, item in ipairs(found) do head = head .. (" %12s"):format(item.attribute:sub(1, 12)) end
  print(head)
  for _, i in ipairs(shown(r)) do
    local name = r.view.latents[i].name
    local line, best = ("%-6s"):format(name), #shown(r) <= 10
    for _, item in ipairs(found) do
      line = line .. (" %11.2f%s"):format(item[what][name], item.best == name and "*" or " ")
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
    local value = (item.made or item.r)[item.best]
    local one, up = ops.slice(x, 1, i, i), value >= 0
    local range = view.latents[item.latent].range
    local values = view:line(item.latent, COLUMNS, up and range or nil)
    if not up then values = -values end
    local z = base_of(r, one, stream:split(tostring(i)))
    images[#images + 1] = op.concat{one, view.decode(view:sweep(z, item.latent, values))}
    labels[i] = ("%s\n%s, r %+.2f"):format(item.attribute, item.best, value)
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
--   attributes.png   a row for each attribute, with the latent that has most to do with it
-- the correlations of all these latents with all attributes, printed and in the scores; the mean
-- squared error of reconstructed pixels; and where there is a Q, L_I of each latent. Options:
--   title
--   data        the images that are scored (default: the run's own); their factors are attributes
--   attributes  names of those that are looked for (default: all)
--   reader      steps that a network learns to read these off the run's own images, whereupon what
--               each latent does to images of the prior counts, not what the codes of the set's
--               images say (0: none)
function report.view(r, given)
  local o = options.read("vaegan_report.view", given, {title = "", data = options.any,
    attributes = options.any, reader = 0})
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
    print_table(r, found, "r", "correlation of the codes of images with what is known of these")
    if o.reader > 0 then
      local names = {}
      for i, item in ipairs(found) do names[i] = item.attribute end
      local net = factor_net.train(r.data, {numbers = names, steps = o.reader})
      report.effects(r, found, net, stream:split "effects")
      print_table(r, found, "made", "correlation of latents with what is read off generated images")
    end
    draw_attributes(r, data, found, stream:split "attributes", o.title)
    scores.attributes = found
  end
  return outcome.finish(r, scores, stream, {title = o.title})
end

local RUN = "r: table(view)"

check.functions("vaegan_report.", report, {view = "r: table(state config)",
  attributes = RUN .. ", data: set, names: table?",
  effects = RUN .. ", found: table, net: table(names test read), stream: stream"})

return report
