-- What codes do over a space of factors: Higgins et al. 2017, figure 7, for any space.

local check = require "teasel.lib.check"
local chart = require "teasel.plot.chart"
local marginal = require "teasel.plot.marginal"
local options = require "teasel.options"

local DISTINCT = 8   -- values of a factor that have curves of their own, at most

-- The factor of this name among those of a space, by its number; "": none.
local function numbered(who, space, name)
  if name == "" then return nil end
  for k, other in ipairs(space.names) do if other == name then return k end end
  local known = {}
  for _, other in ipairs(space.names) do known[other] = true end
  options.unknown(who, name, known)
end

-- What of a space is drawn in which way: the numbers of the two factors of heat maps (or nil), of
-- the one whose values have curves of their own (or nil), and of those that are x axes of curves.
local function roles(who, space, o)
  local has = {}
  for _, name in ipairs(space.names) do has[name] = true end
  local plane = o.plane or has.posX and has.posY and {"posX", "posY"} or {}
  local by = o.by or has.shape and "shape" or ""
  local x, y = numbered(who, space, plane[1] or ""), numbered(who, space, plane[2] or "")
  by = numbered(who, space, by)
  if by and space.sizes[by] > DISTINCT then by = nil end
  local lines = {}
  for k in ipairs(space.names) do
    if k ~= x and k ~= y and k ~= by then lines[#lines + 1] = k end
  end
  if #lines == 0 and not x and by then lines, by = {by}, nil end
  return x, y, by, lines
end

local function curves(space, codes, k, by, units, label)
  local name, found = space.names[k], marginal(codes, space.sizes, by and {by, k} or {k})
  local x, panels = space.values[name], {}
  if type(x and x[1]) ~= "number" then
    x = {}
    for level = 1, space.sizes[k] do x[level] = level - 1 end
  end
  for i, unit in ipairs(units) do
    local series = {}
    for s, y in ipairs(by and found[unit] or {found[unit]}) do
      local of = by and space.names[by]
      local labels = of and space.labels and space.labels[of]
      series[s] = {name = labels and labels[s] or of and ("%s %d"):format(of, s - 1), x = x, y = y,
        points = #x < 20}
    end
    panels[i] = {kind = "lines", x = {label = name}, y = {label = label}, series = series}
  end
  return panels
end

-- activations(path, codes, space, options): for each unit its mean over all else, in a heat map
-- over the positions and as a curve against each other factor. codes [count D]: the representation
-- of every point of the space, in order. Options:
--   units   the columns, as a list of columns of codes (default: all, at most 10)
--   names   what these units are called (default: z1, z2 ...), by their numbers
--   plane   the names of two factors for the heat map; default: posX and posY where there are such
--   by      the name of a factor whose values have curves of their own, with the labels that the
--           space has for them; default: shape, if there is one; "": none
--   label   what the codes are, beside the curves and the colours ("mean code")
--   map     the colours of heat maps: "diverging", around 0 (default), or "viridis"
--   title
-- Returns true, or nil and a message.
local function activations(path, codes, space, given)
  local who = "figure.activations"
  local o = options.read(who, given, {units = options.any, names = {}, title = "",
    plane = options.any, by = options.any, label = "mean code", map = "diverging"})
  local points = 1
  for _, n in ipairs(space.sizes) do points = points * n end
  if codes:rank() ~= 2 or #codes ~= points then
    check.wrong(who, "codes", codes, ("[%d D], a row for each point of the space"):format(points))
  end
  local units, D = o.units, codes:shape()[2]
  if not units then
    units = {}
    for d = 1, math.min(D, 10) do units[d] = d end
  end
  local x, y, by, lines = roles(who, space, o)
  local panels = {}
  local function title(i) return o.names[units[i]] or "z" .. units[i] end
  if x and y then
    local found = marginal(codes, space.sizes, {y, x})
    for i, unit in ipairs(units) do
      panels[i] = {kind = "heat", title = title(i), matrix = found[unit], map = o.map,
        colour_label = o.label,
        x = {label = space.names[x], ticks = {1, space.sizes[x]}},
        y = {label = space.names[y], ticks = {1, space.sizes[y]}}}
    end
  end
  for _, k in ipairs(lines) do
    local row = curves(space, codes, k, by, units, o.label)
    if #panels == 0 then for i, panel in ipairs(row) do panel.title = title(i) end end
    table.move(row, 1, #row, #panels + 1, panels)
  end
  return chart.panels(path, {title = o.title, columns = #units, panels = panels, share = "row"})
end

return check.called("figure.activations", activations,
  "path: path, codes: tensor, space: table(names sizes values), given: table?")
