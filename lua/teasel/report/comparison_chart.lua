-- What a comparison of runs draws (teasel.report.comparison, whose methods these are): its values
-- over the settings, terms over the steps, and figures of its runs side by side.

local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local file_name = require "teasel.run.file_name"
local statistic = require "teasel.metric.lib.statistic"
local summary = require "teasel.report.summary"

local drawing = {}

local WIDE = 20   -- the largest value over the least from which an axis is logarithmic
local GAP, TITLE = 8, 20   -- pixels between figures, and above them

local function is_number(rows, name)
  for _, row in ipairs(rows) do
    if type(row.config[name]) ~= "number" then return false end
  end
  return true
end

local function logarithmic(values)
  local least, most = math.min(table.unpack(values)), math.max(table.unpack(values))
  return least > 0 and most / least >= WIDE
end

-- behind the point, so that numbers that lie close together can be told apart
local function digits(values)
  if #values == 0 then return 2 end
  local extent = math.max(table.unpack(values)) - math.min(table.unpack(values))
  if not (extent > 0 and extent < 1) then return 2 end
  return math.min(9, 1 - math.floor(math.log(extent, 10)))
end

-- What is shown of rows of several runs, for a title; nil where each has one.
local function of_runs(self, text)
  for _, row in ipairs(self.rows) do if #row > 1 then return text end end
end

-- A panel of a value over one setting.
local function over_one(self, name)
  local by, x, y, lo, hi = self.by[1], {}, {}, {}, {}
  for _, row in ipairs(self.rows) do
    local c = self:cell(row, name)
    if c then
      x[#x + 1], y[#y + 1], lo[#lo + 1], hi[#hi + 1] = row.config[by], c.median, c.low, c.high
    end
  end
  return {kind = "lines", title = name, x = {label = by, log = logarithmic(x)},
    series = {{x = x, y = y, lo = lo, hi = hi, points = true}}}
end

-- A panel of a value over two settings: the first goes to the right, the second down.
local function over_two(self, name)
  local places, ticks = {{}, {}}, {{}, {}}
  for _, row in ipairs(self.rows) do
    for axis = 1, 2 do
      local value = row.config[self.by[axis]]
      if not places[axis][value] then
        ticks[axis][#ticks[axis] + 1] = value
        places[axis][value] = true
      end
    end
  end
  local matrix, medians = {}, {}
  for axis = 1, 2 do
    table.sort(ticks[axis])
    for i, value in ipairs(ticks[axis]) do places[axis][value] = i end
  end
  for i = 1, #ticks[2] do
    matrix[i] = {}
    for j = 1, #ticks[1] do matrix[i][j] = 0 / 0 end
  end
  for _, row in ipairs(self.rows) do
    local c = self:cell(row, name)
    if c then
      matrix[places[2][row.config[self.by[2]]]][places[1][row.config[self.by[1]]]] = c.median
      medians[#medians + 1] = c.median
    end
  end
  local labels = {{}, {}}
  for axis = 1, 2 do
    for i, value in ipairs(ticks[axis]) do labels[axis][i] = file_name.value(value) end
  end
  return {kind = "heat", title = name, matrix = matrix, digits = digits(medians),
    x = {label = self.by[1], ticks = labels[1]}, y = {label = self.by[2], ticks = labels[2]}}
end

-- charts(path) -> true, or nil and a message: a panel for each column, over one setting that is a
-- number with the interval as a band, over two as a map of colours; false where the settings are
-- not one or two numbers
function drawing:charts(path)
  local make = #self.by == 1 and over_one or #self.by == 2 and over_two
  for _, name in ipairs(self.by) do
    if not is_number(self.rows, name) then make = nil end
  end
  if not make or #self.columns == 0 or #self.rows < 2 then return false end
  local panels = {}
  for i, name in ipairs(self.columns) do panels[i] = make(self, name) end
  return chart.panels(path, {panels = panels, columns = math.min(3, #panels), legend = "none",
    title = of_runs(self, make == over_two and "medians of the runs"
      or "medians of the runs, in bands: 95 % interval, of five or fewer the range")})
end

-- a term over the steps of a row's runs: the median in a band from the least to the most; nil where
-- no log has it
local function curve(row, value)
  local at, steps = {}, {}
  for _, r in ipairs(row) do
    for _, entry in ipairs(r:log()) do
      local v = value(entry)
      if type(v) == "number" then
        if not at[entry.step] then at[entry.step], steps[#steps + 1] = {}, entry.step end
        table.insert(at[entry.step], v)
      end
    end
  end
  table.sort(steps)
  local s = {name = row.name ~= "" and row.name or nil, x = steps, y = {}, lo = {}, hi = {}}
  for i, step in ipairs(steps) do
    s.y[i] = statistic.median(at[step])
    s.lo[i] = math.min(table.unpack(at[step]))
    s.hi[i] = math.max(table.unpack(at[step]))
  end
  return #steps > 0 and s or nil
end

-- curves(path, terms) -> true, or nil and a message: a panel for each term of the log, names with
-- commas between them and dots for what stands in lists, over the steps; for each row the median of
-- its runs in a band from the least to the most. false where no log has any.
function drawing:curves(path, terms)
  local panels = {}
  for _, term in ipairs(summary.words(terms)) do
    local series = {}
    for _, row in ipairs(self.rows) do
      series[#series + 1] = curve(row, function(entry) return summary.at(entry, term) end)
    end
    if #series > 0 then
      panels[#panels + 1] = {series = series, x = {label = "step"}, y = {label = term}}
    end
  end
  if #panels == 0 then return false end
  return chart.panels(path, {panels = panels, columns = math.min(3, #panels),
    title = of_runs(self, "medians of the runs, in bands from the least to the most")})
end

-- figures(path, name) -> true, or nil and a message: the figure of that name in the folder of the
-- first run of each row that has it, side by side under the settings; false where none has
function drawing:figures(path, name)
  local sheets, width, height = {}, GAP, 0
  for _, row in ipairs(self.rows) do
    local sheet
    for _, r in ipairs(row) do sheet = sheet or canvas.read(r.dir .. "/figures/" .. name) end
    if sheet then
      sheets[#sheets + 1] = {x = width, image = sheet, name = row.name}
      width = width + math.max(sheet.width, (canvas.measure(row.name))) + GAP
      height = math.max(height, sheet.height)
    end
  end
  if #sheets == 0 then return false end
  local all = canvas.new{width = width, height = height + TITLE + GAP}
  for _, sheet in ipairs(sheets) do
    all:text(sheet.x, 2, sheet.name):image(sheet.x, TITLE, sheet.image)
  end
  return all:save(path)
end

return drawing
