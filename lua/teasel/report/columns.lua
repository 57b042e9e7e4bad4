-- What each latent of a model does, a column for each: Higgins et al. 2017, figure 7. From the top:
-- its mean over positions, against scale and against rotation with a curve for each shape, five
-- images along it, and its learned variance, by which the columns are ordered.
--
--   T.columns("columns.png", T.run.open "runs/beta_vae_dsprites", {data = part})
--
-- A generator's codes, whose posterior has no variance of its own in a view, are ordered by the
-- variance of what represents them. Of any set with a space, not of dSprites alone: `plane` are the
-- two factors of the maps, `by` the one with curves of their own, and all other factors have a row.

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local colour = require "teasel.plot.colour"
local core = require "teasel.core"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.lib.fail"
local marginal = require "teasel.plot.marginal"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local set = require "teasel.data.set"

local op, tensor = core.op, core.tensor

local SIDE = 64          -- pixels of a tile
local BLUE, RED = {0x00, 0x39, 0x5c}, {0x6e, 0x30, 0x00}   -- of the least and greatest mean

-- a map of a matrix of means, white at 0, of SIDE x SIDE pixels
local function map(rows, most)
  local values, h, w = {}, #rows, #rows[1]
  for i = 1, SIDE do
    for j = 1, SIDE do
      local v = rows[(i - 1) * h // SIDE + 1][(j - 1) * w // SIDE + 1] / most
      local end_colour = v < 0 and BLUE or RED
      for c = 1, 3 do
        values[#values + 1] = 1 - math.min(1, math.abs(v)) * (1 - end_colour[c] / 255)
      end
    end
  end
  return canvas.tile(SIDE, SIDE, 3, values)
end

-- curves of lists of means, each in its colour, between -most and most from left to right
local function curves(lists, most)
  local c = canvas.new{width = SIDE, height = SIDE}
  c:rect(0, SIDE // 2, SIDE, 1, {colour = 0xd0d0d0})
  for s, list in ipairs(lists) do
    local shade, before = tonumber(colour(s):sub(2), 16), nil
    for x = 0, SIDE - 1 do
      local at = #list > 1 and 1 + x * (#list - 1) / (SIDE - 1) or 1
      local i = math.min(math.floor(at), math.max(1, #list - 1))
      local v = list[i] + (at - i) * ((list[i + 1] or list[i]) - list[i])
      local y = math.floor((SIDE - 1) * (0.5 - 0.48 * math.max(-1, math.min(1, v / most))) + 0.5)
      local from = before or y
      c:rect(x, math.min(from, y), 1, math.abs(from - y) + 1, {colour = shade})
      before = y
    end
  end
  return c
end

-- an image as a tile of SIDE x SIDE pixels
local function tile(image)
  local scale = math.max(1, SIDE // image.width)
  return canvas.new{width = SIDE, height = SIDE}:image((SIDE - image.width * scale) // 2,
    (SIDE - image.height * scale) // 2, image, {scale = scale})
end

-- the latents of a view, each with the column of the codes that estimates it
local function estimated(view)
  local list = {}
  for _, i in ipairs(view:swept()) do
    local latent = view.latents[i]
    if latent.code then list[#list + 1] = {latent = i, code = latent.code, name = latent.name} end
  end
  return list
end

-- the set with at most so many codes of each factor, evenly chosen; as it is where its space was
-- selected from another
local function thinned(data, most)
  local space, chosen = data.space, {}
  if space.whole then return data end
  for k, n in ipairs(space.sizes) do
    if n > most then
      chosen[k] = {}
      for i = 0, most - 1 do chosen[k][i + 1] = i * (n - 1) // (most - 1) end
    end
  end
  if next(chosen) == nil then return data end
  return set.new{space = space:select(chosen), shape = data.shape, key = data.key,
    images = function(index) return data:images(index) end}
end

-- columns(path, run, options) -> true, or nil and a message. Options:
--   data    what is represented, a set with a space (default: the run's own)
--   codes   of each factor at most so many, evenly chosen (12)
--   count   images along each latent (5), over its range
--   seed    the image whose other latents stay: its levels in the data's space (default: those of
--           the middle)
--   plane   names of the factors of the maps' x and y (posX and posY)
--   by      name of the factor whose values have curves of their own (shape)
--   latents at most so many columns (10)
--   title
-- A run whose view does not represent and decode, or data without a space, is an error.
local function columns(path, r, given)
  local o = options.read("columns", given, {data = options.any, codes = 12, count = 5,
    seed = options.any, plane = {"posX", "posY"}, by = "shape", latents = 10, title = ""})
  check.integer("columns", "option 'count'", o.count, 2, 100)
  check.integer("columns", "option 'latents'", o.latents, 1, 100)
  check.integer("columns", "option 'codes'", o.codes, 2, 1000)
  local view, data = r.view, o.data or r.data
  if not (view and view.represent and view.decode) then
    fail("columns: %s: its view does not both represent and decode", r.dir)
  end
  if not (data and data.space) then fail "columns: got data without a space, wanted one with" end
  local image = data:images(data.space:index(tensor.tensor{o.seed or data.space:middle()}))
  data = thinned(data, o.codes)
  local space = data.space
  local x, y = space:number(o.plane[1]), space:number(o.plane[2])
  local by = space:find(o.by)
  local codes, _, logvar = encoding.of_view(r, data)
  local list = estimated(view)
  if #list == 0 then
    fail("columns: %s: none of its latents is estimated by a code, wanted one that its view gives "
      .. "a `code` (help view)", r.dir)
  end
  local variance = logvar and ops.mean(op.exp(logvar), 1) or ops.var(codes, 1)
  local least = logvar and 1 or -1   -- a small posterior variance says much, a small spread little
  local var = variance:table()
  table.sort(list, function(a, b) return least * var[a.code] < least * var[b.code] end)
  while #list > o.latents do list[#list] = nil end

  local base, inferred = view.prior(core.rand.stream(0, "columns"), 1), view.represent(image)
  for _, l in ipairs(list) do base = view:put(base, l.latent, inferred[{{}, l.code}]) end

  local rows, labels = {}, {}
  local function row(label, make)
    labels[#labels + 1], rows[#rows + 1] = label, {}
    for i, l in ipairs(list) do rows[#rows][i] = make(l) end
  end
  -- one scale for all, so that a latent that is not in use is seen to be
  local most = math.max(0.8 * op.max(op.abs(codes)):item(), 1e-6)
  local found = marginal(codes, space.sizes, {y, x})
  row("position", function(l) return map(found[l.code], most) end)
  for k, name in ipairs(space.names) do
    if k ~= x and k ~= y and k ~= by then
      local kept = marginal(codes, space.sizes, by and {by, k} or {k})
      row(name, function(l)
        return curves(by and kept[l.code] or {kept[l.code]}, most)
      end)
    end
  end
  for j = 1, o.count do
    row("", function(l)
      local line = view:line(l.latent, o.count)
      labels[#labels] = ("%+.1f"):format(line:table()[j])
      return tile(canvas.images(view.decode(view:put(base, l.latent,
        line[{{j}}])))[1])
    end)
  end
  local tiles, below = {}, {}
  for _, line in ipairs(rows) do table.move(line, 1, #line, #tiles + 1, tiles) end
  for i, l in ipairs(list) do
    below[i] = ("%s\n%s %.2g"):format(l.name, logvar and "σ²" or "var", var[l.code])
  end
  local said = {}
  if by then
    for s = 1, space.sizes[by] do
      local names = space.labels and space.labels[o.by]
      said[s] = ("%s %s"):format(({"blue", "red", "green", "orange"})[s] or tostring(s),
        names and names[s] or s - 1)
    end
  end
  return canvas.grid(tiles, {columns = #list, row_labels = labels, column_labels = below,
    row_breaks = {#rows - o.count}, text = 1, scale = 1, title = o.title,
    caption = ("columns by %s; curves: %s"):format(logvar and "the learned variance σ², the mean "
      .. "over the images" or "the variance of the code (there is no learned one)",
      by and table.concat(said, ", ") or "means")}):save(path)
end

return check.called("columns", columns, "path: path, r: table(dir state view), given: table?")
