-- Models side by side: for each factor the latent of every model that follows it most, swept from
-- one image on. Higgins et al. 2017, figures 1 and 3, with the latents chosen by the known factors
-- and not by eye.
--
--   local text = T.beside("beside.png", {T.run.open "runs/vae", T.run.open "runs/infogan"},
--     {factors = {"azimuth", "light"}, names = {"VAE", "InfoGAN"}})
--
-- The image is encoded, its other latents stay as they were inferred, and one goes through its
-- range. Latents of a VAE whose KL is at most 0.1 nats, which move next to nothing, are left out.
-- What a model cannot infer, as an InfoGAN's noise, is drawn from its prior.

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local diagnosis = require "teasel.report.diagnosis"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local statistic = require "teasel.metric.lib.statistic"
local vae = require "teasel.model.vae"

local op, tensor = core.op, core.tensor

-- Of each latent that can be swept what it says of the factors: a list of {latent =, r = [K]}.
-- Those of a VAE that move nothing count only where all are so. r is the correlation of its code
-- with each factor; of a categorical one, which has a column of log probabilities for each value,
-- the root of the share of the factor's variance that lies between its categories.
local function said(view, codes, factors, logvar)
  local D = codes:shape()[2]
  local r = statistic.correlations(codes, factors):table()
  local list, silent, column = {}, {}, 0
  local kl = logvar and vae.unit_kl(codes, logvar):table()
  for _, i in ipairs(view:swept()) do
    local latent = view.latents[i]
    if latent.kind ~= "categorical" then
      if latent.code and r[latent.code] then
        local into = kl and not diagnosis.moves(kl[latent.code]) and silent or list
        into[#into + 1] = {latent = i, r = r[latent.code]}
      end
      column = column + 1
    else
      if column + latent.width <= D then
        local own = codes[{{}, {column + 1, column + latent.width}}]
        local share = statistic.between(op.eq(own, op.max(own, 2, true)), factors)
        list[#list + 1] = {latent = i, r = op.sqrt(share):table()}
      end
      column = column + latent.width
    end
  end
  return #list > 0 and list or silent
end

-- for a factor: the latent that says most of it, its r, and which other factor it says most of
local function chosen(list, k, names)
  local best, other
  for _, one in ipairs(list) do
    if not best or math.abs(one.r[k]) > math.abs(best.r[k]) then best = one end
  end
  for j in ipairs(names) do
    if j ~= k and (not other or math.abs(best.r[j]) > math.abs(best.r[other])) then other = j end
  end
  return {latent = best.latent, r = best.r[k], other = other and names[other],
    other_r = other and best.r[other]}
end

-- latents [1 L] of an image [1 h w c]: what the codes say of them, the rest from the prior
local function inferred(view, image, stream)
  local z, codes = view.prior(stream, 1), view.represent(image)
  local column, D = 0, codes:shape()[2]
  for _, i in ipairs(view:swept()) do
    local latent = view.latents[i]
    if latent.kind ~= "categorical" then
      if latent.code then z = view:put(z, i, codes[{{}, latent.code}]) end
      column = column + 1
    else
      if column + latent.width <= D then
        local own = codes[{{}, {column + 1, column + latent.width}}]:table()[1]
        local most = 1
        for c, v in ipairs(own) do if v > own[most] then most = c end end
        z = view:put(z, i, tensor.tensor{most})
      end
      column = column + latent.width
    end
  end
  return z
end

-- the images that a set is represented by: all of a small one, else `points` of it
local function some(set, points, stream)
  if set:count() <= points then return set end
  return set:subset(stream:integers({points}, 1, set:count()))
end

-- the data that a run's latents are chosen by
local function data_of(r, i, given)
  local view = r.view
  if not (view and view.represent and view.decode) then
    fail("beside: run %d, %s: its view does not both represent and decode", i, r.dir)
  end
  local data = given or r.data
  if type(given) == "function" then
    local drawn = view.decode(view.prior(core.rand.stream(0, "size"), 1)):shape()
    data = given(drawn[2], drawn[4])
  end
  if not (type(data) == "table" and data.factor_names) then
    fail("beside: run %d, %s: its data have no known factors (option 'data' gives others)", i,
      r.dir)
  end
  return data
end

-- tiles of one size and shape: an image of fewer pixels becomes larger
local function enlarged(image, width)
  local scale = width // image.width
  if scale == 1 then return image end
  return canvas.new{width = image.width * scale, height = image.height * scale,
    channels = image.channels}:image(0, 0, image, {scale = scale})
end

-- beside(path, runs, options) -> a table in words of the latents that were chosen, with the
-- correlation of each with its factor and the factor that it follows most beside that; nil, message
-- where the figure could not be written. Rows of the figure are in groups, one for each factor, in
-- which every run has a row. Options:
--   factors  names of the factors (default: all that every run's data have)
--   names    what the runs are called (default: their directories' names)
--   count    columns (8); of a categorical latent at most its categories
--   seed     the image that is encoded: its levels in the space of the data, or its number among
--            them (default: the middle of the space, or 1)
--   data     what they are chosen by: a set, or function(height, channels) that gives it for images
--            of this size, where a run hands no data with factors (default: each run's own)
--   points   images by which latents are chosen (4,000, drawn from the data)
--   random   seed of these and of what is drawn from a prior (0)
--   title
-- Runs whose data or views lack what is needed are errors.
local function beside(path, runs, given)
  local o = options.read("beside", given, {factors = options.any, names = {}, count = 8,
    seed = options.any, data = options.any, points = 4000, random = 0, title = ""})
  for _, name in ipairs{"count", "points"} do
    check.integer("beside", ("option '%s'"):format(name), o[name], 2, 1000000)
  end
  if #runs == 0 then fail "beside: got no runs, wanted one or more" end
  local models, width = {}, 0
  for i, r in ipairs(runs) do
    local data = data_of(r, i, o.data)
    local stream = core.rand.stream(o.random, "beside")
    local set = some(data, o.points, stream:split "points")
    local codes, factors, logvar = encoding.of_view(r, set)
    local space = data.space
    local seed = o.seed or space and space:middle()
    local index = type(seed) == "table" and space and space:index(tensor.tensor{seed})
      or tensor.tensor{type(seed) == "number" and seed or 1}
    local image, number = data:images(index), {}
    for k, name in ipairs(data.factor_names) do number[name] = k end
    models[i] = {view = r.view, list = said(r.view, codes, factors, logvar), image = image,
      base = inferred(r.view, image, stream:split "prior"), number = number,
      factor_names = data.factor_names, name = o.names[i] or r.dir:match "[^/]*$"}
    if #models[i].list == 0 then
      fail("beside: run %d, %s: none of its latents is estimated by a code, wanted one that its "
        .. "view gives a `code` (help view)", i, r.dir)
    end
    width = math.max(width, image:shape()[3])
  end
  local names = o.factors
  if not names then
    names = {}
    for _, name in ipairs(models[1].factor_names) do
      local everywhere = true
      for _, m in ipairs(models) do everywhere = everywhere and m.number[name] end
      if everywhere then names[#names + 1] = name end
    end
    if #names == 0 then
      fail "beside: the runs' data have no factor in common, wanted one, or the option 'data'"
    end
  end
  local tiles, labels, breaks, lines = {}, {}, {}, {}
  for _, name in ipairs(names) do
    for _, m in ipairs(models) do
      local k = m.number[name] or options.unknown("beside: option 'factors'", name, m.number)
      local c = chosen(m.list, k, m.factor_names)
      local line = m.view:line(c.latent, o.count)
      tiles[#tiles + 1] = enlarged(canvas.images(m.image)[1], width)
      local drawn = canvas.images(m.view.decode(m.view:sweep(m.base, c.latent, line)))
      for j = 1, o.count do tiles[#tiles + 1] = drawn[j] and enlarged(drawn[j], width) or false end
      local latent = m.view.latents[c.latent].name
      labels[#labels + 1] = ("%s  %s\n%s  r %+.2f"):format(name, m.name, latent, c.r)
      lines[#lines + 1] = ("%-12s %-20s %-5s r = %+.2f%s"):format(name, m.name, latent, c.r,
        c.other and (", and of %s %+.2f"):format(c.other, c.other_r) or "")
    end
    breaks[#breaks + 1] = #labels
  end
  local ok, message = canvas.grid(tiles, {columns = o.count + 1, row_labels = labels,
    row_breaks = breaks, column_breaks = {1}, title = o.title, text = 1, scale = math.max(1,
      64 // width), caption = "first column: the image that is encoded; r: of the latent's code "
      .. "with the factor"}):save(path)
  if not ok then return nil, message end
  return table.concat(lines, "\n")
end

return check.called("beside", beside, "path: path, runs: tables, given: table?")
