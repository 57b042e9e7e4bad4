-- The series of charts, as teasel.plot.chart takes them, in the form in which it draws them:
-- tensors become lists, the fields of a single series that stand in a panel's place its series,
-- points at their x and y, and a series with labels one series for each class.

local fail = require "teasel.lib.fail"
local tree = require "teasel.tree"

local series_of = {}

local MOST_CLASSES = 100
local SINGLE = {y = true, at = true, lo = true, hi = true, error = true, value = true, label = true,
  points = true, name = true}

-- the same with lists in place of tensors; `above`: the tables around it, as keys
local function plain(given, above)
  if tree.is_tensor(given) then return given:rank() == 0 and given:item() or given:table() end
  if type(given) ~= "table" then return given end
  if above[given] then fail("chart: got a table inside of itself, wanted numbers at some depth") end
  above[given] = true
  local copy = {}
  for k, v in pairs(given) do copy[k] = plain(v, above) end
  above[given] = nil
  return copy
end

-- the fields of a single series that stand in a panel's place, as its series. The axis y is a table
-- of options, the numbers y are a list.
local function gathered(panel)
  if type(panel) ~= "table" or panel.series or panel.matrix or panel.panels then
    return panel
  end
  local own, series = {}, {}
  for k, v in pairs(panel) do
    local axis_options = (k == "x" or k == "y") and (type(v) ~= "table" or #v == 0)
    if (SINGLE[k] or k == "x") and not axis_options then series[k] = v else own[k] = v end
  end
  if not next(series) then return panel end
  own.series = {series, gathered = true}   -- what is misspelt may have been meant for it
  return own
end

-- a class as an entry of the legend
local function class_name(class)
  if math.type(class) == "float" and class == math.floor(class) then
    return ("%d"):format(class)
  end
  return tostring(class)
end

-- the series of each class of one that has labels
local function by_label(what, series)
  local n = #(series.y or {})
  if #series.label ~= n then
    fail("chart: %s, label has %d items, wanted %d", what, #series.label, n)
  end
  local classes, parts = {}, {}
  for k, class in ipairs(series.label) do
    if not parts[class] then
      classes[#classes + 1] = class
      parts[class] = {name = class_name(class), points = series.points}
    end
    for name, list in pairs(series) do
      if type(list) == "table" and name ~= "label" then
        local part = parts[class]
        part[name] = part[name] or {}
        table.insert(part[name], list[k])
      end
    end
  end
  if #classes > MOST_CLASSES then
    fail("chart: %s, label has %d classes, wanted at most %d", what, #classes, MOST_CLASSES)
  end
  table.sort(classes, function(a, b)
    if type(a) == "number" and type(b) == "number" then return a < b end
    return tostring(a) < tostring(b)
  end)
  for i, class in ipairs(classes) do classes[i] = parts[class] end
  return classes
end

-- the series of a panel with x and y, and one for each class; the points of a curve without x are
-- numbered
function series_of.spread(panel)
  local all = {}
  for k, series in ipairs(panel.series) do
    local what = ("%s, series %d"):format(panel.what, k)
    if series.at then
      local x, y = {}, {}
      for i, point in ipairs(series.at) do
        if type(point) ~= "table" or #point ~= 2 then
          fail("chart: %s, at: wanted rows of 2", what)
        end
        x[i], y[i] = point[1], point[2]
      end
      series.x, series.y, series.at = x, y, nil
    elseif panel.kind == "lines" and series.y and not series.x then
      series.x = {}
      for i = 1, #series.y do series.x[i] = i end
    end
    if series.label then
      for _, class in ipairs(by_label(what, series)) do all[#all + 1] = class end
    else
      all[#all + 1] = series
    end
  end
  return all
end

-- figure(options) -> the same without tensors, each panel with series where it has any
function series_of.figure(given)
  if type(given) ~= "table" then return given end
  given = gathered(plain(given, {}))
  if type(given.panels) == "table" then
    for i, panel in ipairs(given.panels) do given.panels[i] = gathered(panel) end
  end
  return given
end

return series_of
