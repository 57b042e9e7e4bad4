-- Values between samples: rows of samples, one above the other, each with its own places, as the
-- matrix of a heat map with the samples marked on it. Part of teasel.plot.chart.
--
-- The j-th samples of all rows belong together: between two rows places and values are those on
-- the straight line from the j-th sample of the one to the j-th of the other, so that the surface
-- ends where the samples do. On a logarithmic axis lines are straight there.

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"

local surface = {}

local COLUMNS, ROWS = 96, 64   -- of the matrix

local function scales(log)
  if log then return math.log, math.exp end
  return function(x) return x end, function(x) return x end
end

-- the rows from below, with their places on the axes
local function placed(panel, to_x, to_y)
  local rows = {}
  for i, given in ipairs(panel.rows) do
    local what = ("chart: %s: row %d of the surface"):format(panel.what, i)
    if type(given) ~= "table" or type(given.y) ~= "number" or type(given.x) ~= "table"
        or type(given.value) ~= "table" then
      fail("%s: wanted {x = list, y = number, value = list}", what)
    end
    local n = #panel.rows[1].x
    if n < 2 or #given.x ~= n or #given.value ~= n then
      fail("%s: got %d places and %d values, wanted 2 or more, as many as in the others", what,
        #given.x, #given.value)
    end
    local row = {y = to_y(given.y), x = {}, value = given.value}
    for j, x in ipairs(given.x) do
      row.x[j] = type(x) == "number" and to_x(x) or 0 / 0
      if not (math.abs(row.x[j]) < math.huge) or j > 1 and row.x[j] <= row.x[j - 1] then
        fail("%s: got %s as place %d, wanted one above the last%s", what, tostring(x), j,
          panel.x.log and " and above 0" or "")
      end
    end
    if not (math.abs(row.y) < math.huge) then
      fail("%s: got y = %g, wanted a place on its axis", what, given.y)
    end
    rows[i] = row
  end
  table.sort(rows, function(a, b) return a.y < b.y end)
  for i = 2, #rows do
    if rows[i].y == rows[i - 1].y then fail("chart: %s: got two rows of one y", panel.what) end
  end
  if #rows < 2 then fail("chart: %s: got %d rows, wanted 2 or more", panel.what, #rows) end
  return rows
end

-- the value at a place, NaN where no samples are around
local function value_at(rows, x, y)
  local k = 1
  while rows[k + 1] and rows[k + 1].y < y do k = k + 1 end
  local low, high = rows[k], rows[k + 1]
  if not high or y < low.y then return 0 / 0 end
  local t = (y - low.y) / (high.y - low.y)
  local function between(field, j) return low[field][j] + t * (high[field][j] - low[field][j]) end
  local j, n = 1, #low.x
  while j < n - 1 and between("x", j + 1) < x do j = j + 1 end
  local left, right = between("x", j), between("x", j + 1)
  if x < left or x > right then return 0 / 0 end
  local s = (x - left) / (right - left)
  return (1 - s) * between("value", j) + s * between("value", j + 1)
end

-- the n places in which an axis from low to high is cut, a margin around
local function cut(low, high, n)
  local margin = 0.04 * (high - low)
  local step = (high - low + 2 * margin) / n
  local list = {}
  for i = 1, n do list[i] = low - margin + (i - 0.5) * step end
  return list
end

-- heat(panel): gives a panel with `rows` = {{x = places, y = number, value = values}, ...} its
-- matrix, and the samples as the last of its series
function surface.heat(panel)
  local to_x, from_x = scales(panel.x.log)
  local to_y, from_y = scales(panel.y.log)
  local rows = placed(panel, to_x, to_y)
  local low, high = math.huge, -math.huge
  local samples = {x = {}, y = {}, value = {}}
  for _, row in ipairs(rows) do
    low, high = math.min(low, row.x[1]), math.max(high, row.x[#row.x])
    for j, x in ipairs(row.x) do
      table.insert(samples.x, from_x(x))
      table.insert(samples.y, from_y(row.y))
      table.insert(samples.value, row.value[j])
    end
  end
  local xs, ys = cut(low, high, COLUMNS), cut(rows[1].y, rows[#rows].y, ROWS)
  panel.matrix = {}
  for i = 1, ROWS do
    panel.matrix[i] = {}
    for j = 1, COLUMNS do panel.matrix[i][j] = value_at(rows, xs[j], ys[ROWS + 1 - i]) end
  end
  panel.x.range = {from_x(xs[1]), from_x(xs[COLUMNS])}
  panel.y.range = {from_y(ys[ROWS]), from_y(ys[1])}
  panel.series = table.move(panel.series or {}, 1, #(panel.series or {}), 1, {})
  table.insert(panel.series, samples)
end

check.functions("surface.", surface, {heat = "panel: table(x y rows)"})

return surface
