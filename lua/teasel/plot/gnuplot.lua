-- teasel.plot.gnuplot: lays out the figures of teasel.plot.chart and has gnuplot draw them. Every
-- panel gets its place on the page, its ranges and its ticks from here, so a figure looks the same
-- whatever it is drawn on. All texts go between single quotes, where nothing has a meaning to
-- gnuplot.
--
-- A figure: title, columns, width, height, legend, share, panels, data (the file), names and
-- marks (of the legend). A panel: kind, title, x, y (axes with low and high), curves, and where
-- something is coloured by value, colours (an axis) and map.

local axis = require "teasel.plot.axis"
local colour = require "teasel.plot.colour"
local core = require "teasel.core"

local gnuplot = {}

local DASHES = {"1", "(5,3)", "(2,3)"}

gnuplot.maps = {
  viridis = {"#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779",
    "#6ece58", "#b5de2b", "#fde725"},   -- even steps of lightness
  diverging = {"#00395c", "#0072B2", "#7db7d9", "#f7f7f7", "#ecab7f", "#D55E00", "#6e3000"},
  grey = {"#000000", "#ffffff"},
}

local LINE = axis.LINE
local WIDTHS = {420, 300, 230, 180, 150, 130, 115, 105}   -- of a panel, by the number of columns
local BAR = 10                                            -- the width of a scale of colours


-- a file name as gnuplot reads it
local function quote_name(s)
  return "'" .. s:gsub("'", "''") .. "'"
end


-- a text as gnuplot reads it; it misreads ' at the beginning of one
local function quote(s)
  return "'" .. s:gsub("%c", " "):gsub("'", "’") .. "'"
end


local function shell_quote(s)
  return "'" .. s:gsub("'", "'\\''") .. "'"
end


local function widest(ticks)
  local width = 0
  for _, t in ipairs(ticks) do width = math.max(width, t[2] and axis.text_width(t[2]) or 0) end
  return width
end


-- the column and the row of the i-th panel, from 1
local function place_of(fig, i)
  return (i - 1) % fig.columns + 1, (i - 1) // fig.columns + 1
end


-- how far the label of a tick reaches beyond the nearer end of the x axis
local function overhang(p, tick)
  if not tick or not tick[2] then return 0 end
  local x = p.x.log and math.log(tick[1] / p.x.low) / math.log(p.x.high / p.x.low)
    or (tick[1] - p.x.low) / (p.x.high - p.x.low)
  return math.ceil(axis.text_width(tick[2]) / 2 - p.width * math.min(x, 1 - x))
end


-- what each panel shows and how much room that takes on its four sides
local function measure(fig)
  local width = fig.width or WIDTHS[math.min(fig.columns, #WIDTHS)]
  for i, p in ipairs(fig.panels) do
    local column = place_of(fig, i)
    local shared = fig.share == "row" or fig.share == "all"
    local follower = fig.panels[i + 1]
    p.width = width
    p.height = fig.height or math.floor(width * (fig.columns > 2 and 0.8 or 0.64))
    if p.kind == "heat" then
      p.height = math.floor(width * math.max(0.1, math.min(3, p.tallness)) + 0.5)
    end
    p.shows_y = not shared or column == 1
    p.shows_bar = p.colours and not (shared and follower and follower.colours and
      column < fig.columns)
    p.xticks = axis.ticks(p.x, p.width)
    p.yticks = axis.ticks(p.y, p.height, true)
    p.turned = widest(p.xticks) + 8 > p.width / math.max(1, p.x.ticks and #p.xticks or 1)
    p.left = p.shows_y and widest(p.yticks) + 14 + (p.y.label and LINE + 2 or 0) or 6
    p.top = p.title and LINE + 8 or 8
    p.bottom = (p.turned and math.floor(0.75 * widest(p.xticks)) + 14 or LINE + 10) +
      (p.x.label and LINE + 2 or 0)
    p.right = 12
    if p.shows_bar then
      p.barticks = axis.ticks(p.colours, p.height, true)
      p.right = 6 + BAR + 6 + widest(p.barticks) + 8 + (p.colour_label and LINE + 4 or 0)
    end
    if not p.turned then   -- the labels at both ends reach beyond the panel
      local low, high = p.xticks[1], p.xticks[#p.xticks]
      p.left = math.max(p.left, overhang(p, low))
      p.right = math.max(p.right, overhang(p, high) + 6)
    end
  end
end


-- gives each panel x and y on a page of fig.page_width x fig.page_height
local function arrange(fig)
  local left, right, top, bottom, height = {}, {}, {}, {}, {}
  local rows = (#fig.panels + fig.columns - 1) // fig.columns
  local function most(t, k, v) t[k] = math.max(t[k] or 0, v) end
  for i, p in ipairs(fig.panels) do
    local column, row = place_of(fig, i)
    most(left, column, p.left)
    most(right, column, p.right)
    most(top, row, p.top)
    most(bottom, row, p.bottom)
    most(height, row, p.height)
  end
  local xs, ys = {}, {}
  local x, y = 6, fig.title and LINE + 14 or 4
  for c = 1, math.min(fig.columns, #fig.panels) do
    xs[c] = x + left[c]
    x = xs[c] + fig.panels[1].width + right[c]
  end
  for r = 1, rows do
    ys[r] = y + top[r]
    y = ys[r] + height[r] + bottom[r]
  end
  for i, p in ipairs(fig.panels) do
    local column, row = place_of(fig, i)
    p.px, p.py = xs[column], ys[row]
  end
  local entry = 0
  for _, name in ipairs(fig.names) do entry = math.max(entry, 38 + axis.text_width(name)) end
  fig.entries_across = 1
  if fig.legend == "right" then
    -- in as many columns as it takes to end where the last row of panels does
    local deep = math.max(1, (y - ys[1]) // LINE)
    fig.entries_across = math.ceil(#fig.names / deep)
    local strip = math.ceil(#fig.names / fig.entries_across) * LINE
    local wide = fig.entries_across * (entry + 4) - 4   -- gnuplot keeps columns apart
    fig.legend_x, fig.legend_y = x + wide / 2, ys[1] + strip / 2
    x = x + wide
  elseif fig.legend == "bottom" then
    fig.entries_across = math.max(1, math.min(#fig.names, (x - 8) // entry))
    local strip = ((#fig.names - 1) // fig.entries_across + 1) * LINE + 6
    fig.legend_x, fig.legend_y = x / 2, y + strip / 2
    x, y = math.max(x, entry + 8), y + strip + 4
  end
  fig.page_width = math.floor(math.max(x, fig.title and axis.text_width(fig.title) * 1.3 or 0) + 4)
  fig.page_height = math.floor(y + 4)
end


-- a number on an axis
local function place(v)
  return ("%.15g"):format(v)
end


local function ticks_text(ticks, bare)
  local out = {}
  for i, t in ipairs(ticks) do
    out[i] = ("%s %s %d"):format(bare and "''" or quote(t[2] or ""), place(t[1]), t[2] and 0 or 1)
  end
  return "(" .. table.concat(out, ", ") .. ")"
end


-- a bar from column 3 to column 4 at x; yerrorbars would put a white dot on it
local function error_bar(panel, x, pen)
  return ("using %s:3:(0):($4-$3) with vectors heads size graph %.5f,90 fixed %s"):format(x,
    3 / panel.width, pen)
end


-- thin lines of many colours are distinguished by dashes too
local function pen_of(index)
  local dash = DASHES[(index - 1) // 8 % #DASHES + 1]
  return ("lc rgb '%s' dt %s"):format(colour(index), dash)
end


local CLAUSES = {}

function CLAUSES.lines(panel, add)
  for _, c in ipairs(panel.curves) do
    if c.banded then
      add(c, ("using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb '%s'"):format(
        colour(c.index)))
    end
  end
  for _, c in ipairs(panel.curves) do
    local with = c.points and "linespoints pt 7 ps 0.55" or "lines"
    add(c, ("using 1:2 with %s lw 1.6 %s"):format(with, pen_of(c.index)))
    for _, one in ipairs(c.points and {} or c.alone) do
      local pen = ("lc rgb '%s'"):format(colour(c.index))
      if c.banded then add(one, error_bar(panel, "1", "lw 1.1 " .. pen)) end
      add(one, "using 1:2 with points pt 7 ps 0.55 " .. pen)
    end
  end
end


function CLAUSES.scatter(panel, add)
  for _, c in ipairs(panel.curves) do
    if c.banded then
      add(c, error_bar(panel, "1", "lw 0.8 lc rgb '#888888'"))
    end
    add(c, c.valued and "using 1:2:5 with points pt 7 ps 0.4 lc palette"
      or ("using 1:2 with points pt 7 ps 0.4 lc rgb '#50%s'"):format(colour(c.index):sub(2)))
  end
end


function CLAUSES.bars(panel, add)
  local n = #panel.curves
  local width = 0.8 / n
  for k, c in ipairs(panel.curves) do
    local x = ("($1%+.6g)"):format((k - (n + 1) / 2) * width)
    add(c, ("using %s:2:(%.6g) with boxes fs solid 1 noborder lc rgb '%s'"):format(x,
      width * 0.92, colour(c.index)))
    if c.banded then
      add(c, error_bar(panel, x, "lw 1.1 lc rgb '#202020'"))
    end
  end
end


-- the two ends of a cell of a heat map, around column `column` of the data
local function ends(a, column, grow)
  if a.log then
    local factor = a.half ^ grow
    return ("($%d/%.10g):($%d*%.10g)"):format(column, factor, column, factor)
  end
  return ("($%d-%.10g):($%d+%.10g)"):format(column, grow * a.half, column, grow * a.half)
end


function CLAUSES.heat(panel, add)
  local c = panel.heat
  -- boxes that overlap by half a pixel: smoothed edges leave light seams, and images are blurred
  local grow = 1 + 0.5 * panel.x.cells / panel.width
  add(c, ("using 1:2:%s:%s:5 with boxxyerror fs solid 1 noborder lc palette"):format(
    ends(panel.x, 1, grow), ends(panel.y, 2, grow)))
  if panel.digits then
    -- white where the map is dark: at both ends of "diverging", at the lower end of others
    local low, extent = panel.colours.low, panel.colours.high - panel.colours.low
    local dark = panel.map == "diverging"
      and ("abs($5-(%.10g))>%.10g"):format(low + extent / 2, 0.3 * extent)
      or ("$5<%.10g"):format(low + 0.55 * extent)
    -- with the minus sign of the axes, and none before a number that is written 0.00
    local text = ("($5<%g?'−':'').sprintf('%%.%df',abs($5))"):format(
      -0.5 * 10.0 ^ -panel.digits, panel.digits)
    add(c, ("using 1:2:(%s):(%s?0xffffff:0x000000) "
      .. "with labels tc rgb variable font ',7'"):format(text, dark))
  end
  for _, curve in ipairs(panel.curves) do
    if curve.valued then   -- ringed, as their colours are those around them
      add(curve, "using 1:2 with points pt 7 ps 0.75 lc rgb '#ffffff'")
      add(curve, "using 1:2:5 with points pt 7 ps 0.5 lc palette")
    else
      add(curve, "using 1:2 with lines lw 3 lc rgb '#ffffff'")
      add(curve, ("using 1:2 with lines lw 1.6 %s"):format(pen_of(curve.index)))
    end
  end
end


-- the commands for one panel
local function panel_text(fig, p)
  local out = {}
  local function say(format, ...) out[#out + 1] = format:format(...) end
  local w, h = fig.page_width, fig.page_height
  say("reset\nset encoding utf8\nset datafile separator comma\nunset key")
  say("set lmargin at screen %.6f\nset rmargin at screen %.6f", p.px / w, (p.px + p.width) / w)
  say("set tmargin at screen %.6f\nset bmargin at screen %.6f", 1 - p.py / h,
    1 - (p.py + p.height) / h)
  say("set border %d lw 0.8 lc rgb '#303030'", p.kind == "heat" and 15 or 3)
  say("set tics out nomirror scale 0.6,0.3 textcolor rgb '#202020'")
  if p.x.log then say("set logscale x") end
  if p.y.log then say("set logscale y") end
  if p.kind == "heat" then
    say("set xrange [%s:%s]\nset yrange [%s:%s]", place(p.x.from), place(p.x.to),
      place(p.y.to), place(p.y.from))
  else
    say("set xrange [%s:%s]\nset yrange [%s:%s]", place(p.x.low), place(p.x.high),
      place(p.y.low), place(p.y.high))
    say("set grid %sytics back lt 1 dt 1 lw 0.6 lc rgb '#dedede'",
      p.kind == "bars" and "" or "xtics ")
  end
  say("set xtics %s%s", p.turned and "rotate by 45 right " or "", ticks_text(p.xticks))
  say("set ytics %s", ticks_text(p.yticks, not p.shows_y))
  if p.x.label then say("set xlabel %s offset 0,0.3", quote(p.x.label)) end
  if p.y.label and p.shows_y then say("set ylabel %s offset 0,0", quote(p.y.label)) end
  if p.title then say("set title %s offset 0,-0.6", quote(p.title)) end
  if p.colours then
    local stops = {}
    for i, c in ipairs(gnuplot.maps[p.map]) do stops[i] = ("%d '%s'"):format(i - 1, c) end
    say("set palette defined (%s) maxcolors 256", table.concat(stops, ", "))
    say("set cbrange [%s:%s]", place(p.colours.low), place(p.colours.high))
    if p.shows_bar then
      say("set colorbox vertical user origin screen %.6f,%.6f size screen %.6f,%.6f border",
        (p.px + p.width + 6) / w, 1 - (p.py + p.height) / h, BAR / w, p.height / h)
      say("set cbtics scale 0.5 offset -0.5,0 %s", ticks_text(p.barticks))
      if p.colour_label then say("set cblabel %s offset 1,0", quote(p.colour_label)) end
    else
      say("unset colorbox")
    end
  end
  local clauses = {}
  CLAUSES[p.kind](p, function(curve, text)
    clauses[#clauses + 1] = ("data %s %s"):format(curve.every, text)
  end)
  say("plot %s", table.concat(clauses, ", \\\n  "))
  return table.concat(out, "\n")
end


-- the title and the legend: a plot without axes over the whole page
local function frame_text(fig)
  local w, h = fig.page_width, fig.page_height
  local out = {"reset\nset encoding utf8\nunset border\nunset tics\nset xrange [0:1]\n" ..
    "set yrange [0:1]\nset lmargin at screen 0\nset rmargin at screen 1\n" ..
    "set bmargin at screen 0\nset tmargin at screen 1"}
  local clauses = {"NaN notitle"}
  if fig.title then
    out[#out + 1] = ("set label %s at screen 0.5,%.6f center font ',11'"):format(quote(fig.title),
      1 - (LINE + 4) / 2 / h - 4 / h)
  end
  if fig.legend == "none" then
    out[#out + 1] = "unset key"
  else
    out[#out + 1] = ("set key at screen %.6f,%.6f center center %s maxcols %d Left reverse " ..
      "samplen 2 spacing 1 noautotitle"):format(fig.legend_x / w, 1 - fig.legend_y / h,
      fig.legend == "right" and "vertical" or "horizontal", fig.entries_across)
    for i, name in ipairs(fig.names) do
      local mark = fig.marks[i]
      local with = mark == "bars" and ("boxes fs solid 1 noborder lc rgb '%s'"):format(colour(i))
        or mark == "scatter" and ("points pt 7 ps 0.7 lc rgb '%s'"):format(colour(i))
        or "lines lw 1.8 " .. pen_of(i)
      clauses[#clauses + 1] = ("keyentry with %s title %s"):format(with, quote(name))
    end
  end
  out[#out + 1] = "plot " .. table.concat(clauses, ", \\\n  ")
  return table.concat(out, "\n")
end


local function script_of(fig, name)
  local w, h = fig.page_width, fig.page_height
  local out = {([[
data = %s
if (!exists('figure')) figure = %s
ending = figure[strlen(figure)-2:]
if (ending eq 'svg') {
  set term svg noenhanced font 'DejaVu Sans,Arial,sans-serif,12' size %d,%d background '#ffffff'
} else { if (ending eq 'pdf') {
  set term pdfcairo noenhanced font 'Sans,9' fontscale 0.75 linewidth 1.5 pointscale 0.75 \
    size %.4f,%.4f background '#ffffff'
} else { if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {
  set term pngcairo noenhanced font 'Sans,9' fontscale 2 linewidth 2 pointscale 2 \
    size %d,%d background '#ffffff'
} else {
  set term png noenhanced font 'Sans,9' fontscale 2 linewidth 2 size %d,%d background '#ffffff'
} } }
set output figure
set multiplot]]):format(quote_name("./" .. name .. ".csv"), quote_name("./" .. name .. ".png"),
    w, h,
    w / 96, h / 96, 2 * w, 2 * h, 2 * w, 2 * h)}
  for _, p in ipairs(fig.panels) do out[#out + 1] = panel_text(fig, p) end
  if fig.title or fig.legend ~= "none" then out[#out + 1] = frame_text(fig) end
  out[#out + 1] = "unset multiplot\nset output\n"
  return table.concat(out, "\n\n")
end


-- has gnuplot draw the figure beside its final name, then gives it that
local function run(folder, name, ending)
  local part = ("%s.part.%s"):format(name, ending)
  local command = ("cd -- %s && gnuplot -d -e %s %s 2>&1 </dev/null"):format(shell_quote(folder),
    shell_quote("figure=" .. quote_name("./" .. part)), shell_quote("./" .. name .. ".gp"))
  local pipe, why = io.popen(command, "r")
  if not pipe then return nil, "gnuplot cannot be run: " .. why end
  local said = pipe:read("a")
  local ok, how, code = pipe:close()
  local path = ("%s/%s.%s"):format(folder, name, ending)
  part = folder .. "/" .. part
  if ok then
    ok, why = os.rename(part, path)
    if ok then return true end
    return nil, ("%s: gnuplot drew nothing (%s): %s"):format(path, why, said)
  end
  os.remove(part)
  if code == 127 then
    return nil, path .. ": the command gnuplot was not found (Debian: gnuplot-nox)"
  end
  return nil, ("%s: gnuplot failed (%s %d): %s"):format(path, how, code, said)
end


-- Draws the figure as folder/name.ending for each of the endings ("png", "svg", "pdf"), its data
-- as folder/name.csv and the commands as folder/name.gp: true, or nil and a message.
function gnuplot.draw(fig, folder, name, endings)
  measure(fig)
  arrange(fig)
  local base = ("%s/%s"):format(folder, name)
  local ok, why = core.file.save(base .. ".csv", fig.data)
  if ok then ok, why = core.file.save(base .. ".gp", script_of(fig, name)) end
  for _, ending in ipairs(endings) do
    if ok then ok, why = run(folder, name, ending) end
  end
  return ok, why
end


return gnuplot
