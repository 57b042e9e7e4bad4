-- teasel.plot.chart: line charts, scatter plots, bars with errors and heat maps, one or many panels
-- to a figure, drawn by gnuplot. The data of `loss.png` is kept in `loss.csv` and the commands that
-- make the figure of it in `loss.gp`: `gnuplot loss.gp` draws it again, and
-- `gnuplot -e "figure='loss.pdf'" loss.gp` draws it as .pdf (or .svg).
--
--   chart.lines(path, options), chart.scatter, chart.bars, chart.heat: panels of one kind
--   chart.panels(path, options): panels of any kind, each with its `kind`
-- path is a file name that ends in .png, .svg or .pdf, or a list of such that differ in the ending.
-- Result: true, or nil and a message (no gnuplot, what gnuplot says, a file that is not writable).
-- A wrong option or wrong data raise an error.
--
-- Options of a figure:
--   title, columns (of panels; all in one row), width, height (of the inside of a panel, in pixels
--   of 1/96 inch)
--   legend    "bottom", "right" or "none"; series of the same name share colour and entry
--   share     "row" or "all": these panels of a kind have one y axis or one scale of colours, which
--             is shown once a row
--   panels    the panels; without it the options of one panel stand in its place, and with it these
--             are the defaults of all
-- Numbers may be lists or tensors: of one axis, or of two for `matrix` and `at`.
-- Options of a panel:
--   kind, title, x, y: axes {label =, log = true, range = {low, high}, ticks = {...}}; a tick is a
--             number, or a text that stands at its index
--   lines     series = {{name =, x =, y =, lo =, hi =, error =, points = true}, ...}: a curve, in a
--             band from lo to hi or from y - error to y + error; NaN interrupts it,
--             and what stands alone is a point. Without x its points are numbered from 1
--   scatter   the same as points, and value = {...} to colour each by map and range, or
--             label = {...}, the class of each point (numbers, texts or booleans, at most 100
--             different ones): a series and an entry of the legend for each class, in their order.
--             at [n 2] stands for x and y
--   bars      categories = {text, ...}, series = {{name =, y =, lo =, hi =, error =}, ...}
--   heat      matrix = {row, ...} from the top, map = "viridis", "diverging" (around 0) or "grey",
--             range = {low, high} of the colours, colour_label, digits = 2 writes the numbers into
--             the cells; x.range, y.range: the places of the first and the last column, row;
--             series: curves over it, or points where they have values, which are coloured alike
--   surface   a heat map of what lies between samples, which are marked on it: rows =
--             {{x = places, y = number, value = values}, ...}, and the rest as above
-- A single series may give its fields to its panel: chart.lines(path, {y = losses}).

local axis = require "teasel.plot.axis"
local raise = require "teasel.lib.fail"
local gnuplot = require "teasel.plot.gnuplot"
local options = require "teasel.options"
local series_of = require "teasel.plot.series"
local surface = require "teasel.plot.surface"

local chart = {}

local FIGURE = {title = "string", columns = "integer", width = "number", height = "number",
  legend = "string", share = "string", panels = "table"}
local PANEL = {kind = "string", title = "string", x = "table", y = "table"}
local AXIS = {label = "string", log = "boolean", range = "table", ticks = "table"}
local COLOURED = {map = "string", range = "table", colour_label = "string"}
local KINDS = {
  lines = {series = "table"},
  scatter = {series = "table"},
  bars = {series = "table", categories = "table"},
  heat = {matrix = "table", digits = "integer", series = "table"},
  surface = {rows = "table", series = "table"},
}
local SERIES = {name = "string", x = "table", y = "table", lo = "table", hi = "table",
  error = "table", value = "table", points = "boolean", label = "table", at = "table"}
local FEW = 20   -- points that stand alone in a curve; where there are more, all are shown


local function fail(format, ...) raise("chart: " .. format, ...) end


-- fails unless all that is given is in one of the tables of names and types
local function check(what, given, ...)
  if type(given) ~= "table" then fail("%s is a %s, wanted a table", what, type(given)) end
  local known = {}
  for _, names in ipairs{...} do
    for name, kind in pairs(names) do known[name] = kind end
  end
  for name, value in pairs(given) do
    local want = known[name]
    if not want then
      local single = type(given.series) == "table" and given.series.gathered
      for other, kind in pairs(single and SERIES or {}) do known[other] = kind end
      options.unknown("chart: " .. what, name, known)
    end
    if type(value) ~= want and math.type(value) ~= want then
      fail("%s: %s is a %s, wanted a %s", what, name, math.type(value) or type(value), want)
    end
  end
end


local function check_choice(what, value, choices)
  if choices[value] then return end
  local names = {}
  for name in pairs(choices) do names[#names + 1] = name end
  table.sort(names)
  fail("%s is '%s', wanted one of %s", what, tostring(value), table.concat(names, ", "))
end


local function check_numbers(what, list, n)
  if n and #list ~= n then fail("%s has %d numbers, wanted %d", what, #list, n) end
  for i, v in ipairs(list) do
    if type(v) ~= "number" then fail("%s: item %d is a %s, wanted a number", what, i, type(v)) end
  end
  return list
end


local function check_labels(what, list, number_too)
  for i, v in ipairs(list or {}) do
    if type(v) ~= "string" and not (number_too and axis.counts(v)) then
      fail("%s: item %d is a %s, wanted a text%s", what, i, type(v), number_too and " or a number"
        or "")
    end
  end
end


local function check_range(what, a, any_order)
  local r = a.range
  if not r then return end
  check_numbers(what, r, 2)
  local width = any_order and math.abs(r[2] - r[1]) or r[2] - r[1]
  if not (axis.counts(r[1], a.log) and axis.counts(r[2], a.log)) or
     not (width > 1e-9 * math.max(math.abs(r[1]), math.abs(r[2]))) then
    fail("%s: got the range %s to %s, wanted one%s from low to high", what, r[1], r[2],
      a.log and " above 0" or "")
  end
end


-- a number of the data, exactly
local function number(v)
  if v == nil then return "" end
  if v ~= v then return "nan" end
  local s = ("%.10g"):format(v)
  return tonumber(s) == v and s or ("%.17g"):format(v)
end


local function field(s)
  return s and '"' .. s:gsub("%c", " "):gsub('"', '""') .. '"' or ""
end


-- the data file; texts stand last: gnuplot misreads a comma after a doubled quote
local function csv_of(rows)
  local out = {"x,y,lo,hi,value,label,series,panel"}
  for i, r in ipairs(rows) do
    out[i + 1] = table.concat({number(r[1]), number(r[2]), number(r[3]), number(r[4]),
      number(r[5]), field(r.label), field(r.series), field(r.panel)}, ",")
  end
  return table.concat(out, "\n") .. "\n"
end


local function rows_from(first, last) return ("skip 1 every ::%d::%d"):format(first, last) end


-- The numbers of the points of a curve without a neighbour, which no line would show.
local function lonely(panel, x, y)
  local function counts(k)
    return x[k] and axis.counts(x[k], panel.x.log) and axis.counts(y[k], panel.y.log)
  end
  local list = {}
  for k = 1, #y do
    if counts(k) and not counts(k - 1) and not counts(k + 1) then list[#list + 1] = k end
  end
  return list
end


-- one series as rows of the data file; the result says which rows they are
local function add_series(fig, panel, what, series, x)
  check(what, series, SERIES)
  x = x or series.x or fail("%s: wanted x", what)
  local y = series.y or fail("%s: wanted y", what)
  local n = #check_numbers(what .. ", y", y)
  if n == 0 then fail("%s has no points", what) end
  check_numbers(what .. ", x", x, n)
  for _, name in ipairs{"lo", "hi", "error", "value"} do
    if series[name] then check_numbers(("%s, %s"):format(what, name), series[name], n) end
  end
  if not series.lo ~= not series.hi then fail("%s: wanted both lo and hi", what) end
  local from = #fig.rows
  for k = 1, n do
    local row = {x[k], y[k], label = panel.categories and panel.categories[k],
      series = series.name, panel = panel.name}
    if series.lo then row[3], row[4] = series.lo[k], series.hi[k]
    elseif series.error then row[3], row[4] = y[k] - series.error[k], y[k] + series.error[k]
    end
    row[5] = series.value and series.value[k]
    fig.rows[from + k] = row
    table.insert(panel.xs, x[k])
    for i = 2, 4 do table.insert(panel.ys, row[i]) end
    table.insert(panel.values, row[5])
  end
  local alone = {}
  for i, k in ipairs(panel.kind == "lines" and lonely(panel, x, y) or {}) do
    alone[i] = {every = rows_from(from + k - 1, from + k - 1)}
  end
  return {points = series.points or #alone > FEW, alone = alone, valued = series.value ~= nil,
    banded = (series.lo or series.error) ~= nil, every = rows_from(from, #fig.rows - 1)}
end


local function add_matrix(fig, panel)
  local m = panel.matrix or fail("%s: wanted a matrix", panel.what)
  local columns = type(m[1]) == "table" and #m[1] or 0
  if m[1] and type(m[1]) ~= "table" then
    fail("%s: the matrix has one axis, wanted rows of numbers", panel.what)
  end
  if columns == 0 then fail("%s: the matrix is empty", panel.what) end
  axis.cut(panel.x, columns)
  axis.cut(panel.y, #m)
  local from = #fig.rows
  for i, row in ipairs(m) do
    check_numbers(("%s, row %d of the matrix"):format(panel.what, i), row, columns)
    for j, v in ipairs(row) do
      table.insert(fig.rows, {panel.x.place(j), panel.y.place(i), nil, nil, v,
        panel = panel.name})
      table.insert(panel.values, v)
    end
  end
  panel.tallness = #m / columns
  return {every = rows_from(from, #fig.rows - 1)}
end


local function add_panel(fig, panel)
  panel.xs, panel.ys, panel.values, panel.curves = {}, {}, {}, {}
  if panel.kind == "surface" then
    surface.heat(panel)
    panel.kind = "heat"
  end
  local heat = panel.kind == "heat" and add_matrix(fig, panel)
  local x
  if panel.kind == "bars" then
    x = {}
    for k in ipairs(panel.categories or fail("%s: wanted categories", panel.what)) do x[k] = k end
    panel.x.ticks = panel.x.ticks or panel.categories
    panel.x.range = {0.4, #x + 0.6}
    if not panel.y.log then panel.ys[1] = 0 end
  end
  if not panel.series and not heat then fail("%s: wanted series", panel.what) end
  panel.series = panel.series or {}
  for k, series in ipairs(panel.series) do
    check(("%s, series %d"):format(panel.what, k), series, SERIES)
  end
  for k, series in ipairs(series_of.spread(panel)) do
    local c = add_series(fig, panel, ("%s, series %d"):format(panel.what, k), series, x)
    local name = series.name
    if name and not fig.index[name] then
      fig.names[#fig.names + 1] = name
      fig.index[name] = #fig.names
      fig.marks[#fig.names] = panel.kind
    end
    c.index = name and fig.index[name] or k
    panel.curves[k] = c
  end
  panel.heat = heat
  if heat then return end
  if #panel.curves == 0 then fail("%s has no series", panel.what) end
  axis.set_range(panel.x, panel.xs, panel.kind == "lines" and 0 or 0.04)
end


-- y axes and scales of colours, which panels may share
local function set_ranges(fig)
  local groups = {}
  for i, p in ipairs(fig.panels) do
    local which = fig.share == "row" and (i - 1) // fig.columns or fig.share == "all" and 0 or i
    local key = ("%s %d"):format(p.kind, which)
    local g = groups[key] or {ys = {}, values = {}}
    groups[key], p.group = g, g
    table.move(p.ys, 1, #p.ys, #g.ys + 1, g.ys)
    table.move(p.values, 1, #p.values, #g.values + 1, g.values)
  end
  for _, p in ipairs(fig.panels) do
    if p.kind ~= "heat" then axis.set_range(p.y, p.group.ys, 0.05) end
    if #p.values > 0 then
      p.colours = {range = p.range}
      axis.set_range(p.colours, p.group.values, 0)
      if p.map == "diverging" and not p.range then
        local most = math.max(math.abs(p.colours.low), math.abs(p.colours.high))
        p.colours.low, p.colours.high = -most, most
      end
    end
    if p.kind == "bars" and not (p.y.range or p.y.log) then   -- bars stand on 0
      local below, above
      for _, v in ipairs(p.group.ys) do below, above = below or v < 0, above or v > 0 end
      if not below then p.y.low = 0 elseif not above then p.y.high = 0 end
    end
  end
end


-- a panel of its own options and those defaults that its kind knows (all, where it is the only
-- panel), checked
local function new_panel(given, defaults, kind, i, sole)
  local p = {}
  check(("panel %d"):format(i), given, PANEL, COLOURED, KINDS.bars, KINDS.heat, KINDS.surface)
  for k, v in pairs(given) do p[k] = v end
  p.kind = p.kind or defaults.kind or kind
  check_choice(("panel %d: kind"):format(i), p.kind, KINDS)
  local coloured = (KINDS[p.kind].matrix or p.kind == "surface" or p.kind == "scatter") and COLOURED
    or {}
  for k, v in pairs(defaults) do
    if p[k] == nil and (sole or PANEL[k] or KINDS[p.kind][k] or coloured[k]) then p[k] = v end
  end
  check(("panel %d, %s"):format(i, p.kind), p, PANEL, KINDS[p.kind], coloured)
  p.what = ("panel %d"):format(i)
  check_labels(p.what .. ": categories", p.categories)
  p.map = p.map or "viridis"
  check_choice(p.what .. ": map", p.map, gnuplot.maps)
  check_range(p.what .. ": range of colours", p)
  for _, name in ipairs{"x", "y"} do
    local what = ("%s: axis %s"):format(p.what, name)
    local a = {}
    check(what, p[name] or {}, AXIS)
    for k, v in pairs(p[name] or {}) do a[k] = v end
    check_labels(what .. ": ticks", a.ticks, true)
    check_range(what, a, p.kind == "heat")
    if p.kind == "heat" and a.log and not a.range then
      fail("%s: wanted a range, as the axis of this heat map is logarithmic", what)
    end
    p[name] = a
  end
  if p.digits and (p.digits < 0 or p.digits > 9) then fail("%s: wanted 0 to 9 digits", p.what) end
  p.name = p.title or tostring(i)
  return p
end


-- folder, name and endings of a path or of several
local function split(path)
  local folder, name
  local endings = {}
  for i, one in ipairs(type(path) == "table" and path or {path}) do
    if type(one) ~= "string" then fail("the path is a %s, wanted a string", type(one)) end
    local base, ending = one:match("^(.*[^/])%.(%a+)$")
    if not base or not ({png = 1, svg = 1, pdf = 1})[ending] or one:find("%c") then
      fail("the path is %q, wanted a name that ends in .png, .svg or .pdf", one)
    end
    local f, n = base:match("^(.*)/([^/]+)$")
    f, n = f or ".", n or base
    if f == "" then f = "/" elseif f:sub(1, 1) ~= "/" then f = "./" .. f end
    if i > 1 and (f ~= folder or n ~= name) then
      fail("the paths differ in more than the ending: %q", one)
    end
    folder, name, endings[i] = f, n, ending
  end
  if not name then fail("got no path, wanted a name that ends in .png, .svg or .pdf") end
  return folder, name, endings
end


local function draw(path, given, kind)
  local fig, defaults = {}, {}
  given = series_of.figure(given)
  local folder, name, endings = split(path)
  check("figure", given, FIGURE, PANEL, COLOURED, KINDS.bars, KINDS.heat, KINDS.surface)
  for k, v in pairs(given) do
    if FIGURE[k] then fig[k] = v else defaults[k] = v end
  end
  fig.legend = fig.legend or "bottom"
  check_choice("legend", fig.legend, {bottom = 1, right = 1, none = 1})
  if fig.share then check_choice("share", fig.share, {row = 1, all = 1}) end
  for _, side in ipairs{"width", "height"} do
    local v = fig[side]
    if v and not (v >= 20 and v <= 4000) then fail("%s: got %s, wanted 20 to 4000", side, v) end
  end
  local wanted = fig.panels or {{}}
  fig.columns = math.min(fig.columns or #wanted, #wanted)
  if fig.columns < 1 then fail("wanted at least one panel and one column") end
  fig.rows, fig.names, fig.index, fig.marks = {}, {}, {}, {}
  local panels = {}
  for i, panel in ipairs(wanted) do
    panels[i] = new_panel(panel, defaults, kind, i, not fig.panels)
    add_panel(fig, panels[i])
  end
  fig.panels = panels
  if #fig.names == 0 then fig.legend = "none" end
  set_ranges(fig)
  fig.data = csv_of(fig.rows)
  return gnuplot.draw(fig, folder, name, endings)
end


-- lines(path, options): a line for each series, through its points; see above for the options
function chart.lines(path, given) return draw(path, given, "lines") end

-- scatter(path, options): a dot for each point; T.help "chart" has the options, of which at [n 2]
-- (or x and y) and label, the class of each point, are often enough
function chart.scatter(path, given) return draw(path, given, "scatter") end

-- bars(path, options): a bar for each value, side by side for several series; see T.help "chart"
function chart.bars(path, given) return draw(path, given, "bars") end

-- heat(path, options): the numbers of a matrix as colours
function chart.heat(path, given) return draw(path, given, "heat") end

-- panels(path, options): several charts on one picture, a list in the option `panels`
function chart.panels(path, given) return draw(path, given, "lines") end


return chart
