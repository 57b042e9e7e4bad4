-- What many runs tell: values of each run, by settings and seeds, as tables, charts and tests.
--
--   local c = comparison.of("runs/betas/*", {by = "beta", metrics = "mig,dci"})
--   print(c:text())    c:write()    c:tests()
--
-- A row is one value of each setting in `by`; its runs are the seeds, and whatever else differs.
-- Beside each median stands the bootstrap interval of it (95 %), and how many runs it is of.

local check = require "teasel.lib.check"
local chart = require "teasel.plot.chart"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local file_name = require "teasel.run.file_name"
local json = require "teasel.lib.json"
local options = require "teasel.options"
local paired = require "teasel.report.paired"
local score = require "teasel.report.score"
local summary = require "teasel.report.summary"

local file = core.file
local comparison = {}

local Comparison = {}
Comparison.__index = Comparison

local FEW = 6      -- settings up to which each is tested against each
local WIDE = 20    -- the largest value over the least from which an axis is logarithmic

local function words(text)
  local list = {}
  for word in text:gmatch "[^,%s]+" do list[#list + 1] = word end
  return list
end

-- of what a log and scores hold: not found by the model
local ASIDE = {step = true, seconds = true, images = true, of = true, peak_bytes = true,
  live_mb = true}

local function finite(x) return type(x) == "number" and x - x == 0 end

-- the finite numbers of a table, by name; a score with details stands for its value
local function numbers(into, t)
  for name, value in pairs(t or {}) do
    if type(value) == "table" then value = value.value end
    if finite(value) and not ASIDE[name] then into[name] = value end
  end
end

-- What is known of a run as numbers: the metrics that are asked for, which are computed where they
-- are not kept; or else the last line of its log and its scores.
local function values_of(r, o)
  local values, log = {}, r:log()
  if o.metrics == "" or o.values ~= "" then
    numbers(values, log[#log])
    numbers(values, r.scored or {})
  end
  if o.metrics ~= "" then
    local asked = {metrics = o.metrics, points = o.points}
    local report = score.kept(r, asked)
    if not report then
      io.stderr:write("scores of ", r.dir, "\n")
      report = select(2, score.save(r, asked))
    end
    for _, row in ipairs(report.metrics) do
      if finite(row.value) then values[row.name] = row.value end
    end
  end
  return values
end

-- settings as a text that is the same for equal ones
local function key(config, names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = name .. "=" .. file_name.value(config[name]) end
  return table.concat(parts, ", ")
end

-- The columns: what was asked for, or what all runs have, in order.
local function columns(runs, o)
  local counts, list = {}, {}
  for _, r in ipairs(runs) do
    for name in pairs(r.values) do counts[name] = (counts[name] or 0) + 1 end
  end
  for name, count in pairs(counts) do
    if count == #runs then list[#list + 1] = name end
  end
  table.sort(list)
  if o.values == "" then return list end
  for _, name in ipairs(words(o.values)) do
    if not counts[name] then
      fail("comparison: option 'values': got '%s', wanted some of what the runs have: %s", name,
        table.concat(list, ", "))
    end
  end
  return words(o.values)
end

-- of(patterns, options) -> a comparison. patterns: of run directories, see teasel.report.summary.
-- Options, all texts but points: by, names of settings with commas between them ("": all in which
-- the runs differ); metrics, names of teasel.metric.all ("": none is computed); values, the columns
-- (default: the metrics that are asked for, or all numbers that every run has in the last line of
-- its log and in its scores);
-- points, images that are scored (0: all). No run, or a setting that the runs do not differ in, is
-- an error.
function comparison.of(patterns, given)
  local o = options.read("comparison", given, {by = "", metrics = "", values = "", points = 0})
  if type(patterns) ~= "string" and type(patterns) ~= "table" then
    check.wrong("comparison.of", "patterns", patterns, "a text like 'runs/NAME/*'")
  end
  local runs = summary.open(patterns)
  local differ = {}
  for _, name in ipairs(runs.names) do differ[name] = true end
  local by = o.by ~= "" and words(o.by) or runs.names
  for _, name in ipairs(by) do
    if not differ[name] then
      fail("comparison: option 'by': got '%s', wanted some of what the runs differ in: %s", name,
        #runs.names > 0 and table.concat(runs.names, ", ") or "nothing but the seed")
    end
  end
  local rest = {"seed"}
  for _, name in ipairs(runs.names) do
    local row = false
    for _, chosen in ipairs(by) do row = row or chosen == name end
    if not row then rest[#rest + 1] = name end
  end
  local self = setmetatable({runs = runs, by = by, rows = {}}, Comparison)
  local rows = {}
  for _, r in ipairs(runs) do
    r.values = values_of(r, o)
    local name = key(r.config, by)
    if not rows[name] then
      rows[name] = {name = name, config = r.config}
      self.rows[#self.rows + 1] = rows[name]
    end
    r.pair = key(r.config, rest)
    table.insert(rows[name], r)
    r.state, r.net, r.view, r.data, r.model = nil, nil, nil, nil, nil   -- many are open at once
  end
  self.columns = columns(runs, o)
  return self
end

-- cell(row, name) -> {median, low, high, least, most, n} of a value over the runs of one of `rows`,
-- low and high the ends of the interval; nil where none has it
function Comparison:cell(row, name)
  local list = {}
  for _, r in ipairs(row) do
    if r.values[name] then list[#list + 1] = r.values[name] end
  end
  if #list == 0 then return nil end
  table.sort(list)
  local n = #list
  local low, high = paired.interval(list)
  return {median = (list[(n + 1) // 2] + list[n // 2 + 1]) / 2, low = low, high = high,
    least = list[1], most = list[n], n = n}
end

local function digits(x) return ("%.4g"):format(x) end

-- the table as rows of texts
function Comparison:lines()
  local head = table.move(self.by, 1, #self.by, 1, {})
  head[#head + 1] = "runs"
  table.move(self.columns, 1, #self.columns, #head + 1, head)
  local lines = {head}
  for _, row in ipairs(self.rows) do
    local line = {}
    for i, name in ipairs(self.by) do line[i] = file_name.value(row.config[name]) end
    line[#line + 1] = tostring(#row)
    for _, name in ipairs(self.columns) do
      local c = self:cell(row, name)
      local text = c and digits(c.median) or ""
      if c and c.n > 1 then text = ("%s [%s, %s]"):format(text, digits(c.low), digits(c.high)) end
      if c and c.n < #row then text = ("%s of %d"):format(text, c.n) end
      line[#line + 1] = text
    end
    lines[#lines + 1] = line
  end
  return lines
end

-- text() -> the table, aligned
function Comparison:text() return summary.aligned(self:lines()) end

-- markdown() -> the same in Markdown
function Comparison:markdown()
  local text = {}
  for i, line in ipairs(self:lines()) do
    text[#text + 1] = "| " .. table.concat(line, " | ") .. " |"
    if i == 1 then text[2] = "|" .. (" --- |"):rep(#line) end
  end
  return table.concat(text, "\n") .. "\n"
end

-- csv() -> a line for each run, with every digit
function Comparison:csv()
  local head = {"run", "seed"}
  table.move(self.runs.names, 1, #self.runs.names, 3, head)
  table.move(self.columns, 1, #self.columns, #head + 1, head)
  local lines = {table.concat(head, ",")}
  local function quoted(text)
    return text:find '[,"\n]' and '"' .. text:gsub('"', '""') .. '"' or text
  end
  for _, r in ipairs(self.runs) do
    local line = {quoted(r.dir), tostring(r.config.seed or "")}
    for _, name in ipairs(self.runs.names) do
      line[#line + 1] = quoted(file_name.value(r.config[name]))
    end
    for _, name in ipairs(self.columns) do
      local value = r.values[name]
      line[#line + 1] = value and file_name.value(value) or ""
    end
    lines[#lines + 1] = table.concat(line, ",")
  end
  return table.concat(lines, "\n") .. "\n"
end

-- tests() -> a list {a, b, value, difference, up, p_sign, p_wilcoxon, n}, for each two rows (at
-- most FEW, else each against the first) and each column: the values of the runs that share the
-- seed and whatever else the runs differ in; difference: the median of a - b; up: pairs in which a
-- is larger
function Comparison:tests()
  local list = {}
  for i = 1, #self.rows do
    for j = i + 1, #self.rows do
      if #self.rows <= FEW or i == 1 then
        local first, second, of = self.rows[j], self.rows[i], {}
        for _, r in ipairs(second) do of[r.pair] = r end
        for _, name in ipairs(self.columns) do
          local a, b, apart = {}, {}, {}
          for _, r in ipairs(first) do
            local other = of[r.pair]
            if other and r.values[name] and other.values[name] then
              a[#a + 1], b[#b + 1] = r.values[name], other.values[name]
              apart[#apart + 1] = a[#a] - b[#b]
            end
          end
          table.sort(apart)
          local n = #apart
          if n > 1 then
            local sign, ranks = paired.sign(a, b), paired.wilcoxon(a, b)
            list[#list + 1] = {a = first.name, b = second.name, value = name, n = n,
              difference = (apart[(n + 1) // 2] + apart[n // 2 + 1]) / 2, up = sign.up,
              p_sign = sign.p, p_wilcoxon = ranks.p}
          end
        end
      end
    end
  end
  return list
end

-- tests_text() -> the tests, a line each
function Comparison:tests_text()
  local lines = {}
  for _, t in ipairs(self:tests()) do
    lines[#lines + 1] = ("%s: %s against %s: %+.4g, larger in %d of %d; p = %.3g (signed ranks), "
      .. "%.3g (signs)"):format(t.value, t.a, t.b, t.difference, t.up, t.n, t.p_wilcoxon, t.p_sign)
  end
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

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
  local matrix = {}
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
    end
  end
  local labels = {{}, {}}
  for axis = 1, 2 do
    for i, value in ipairs(ticks[axis]) do labels[axis][i] = file_name.value(value) end
  end
  return {kind = "heat", title = name, matrix = matrix, digits = 2,
    x = {label = self.by[1], ticks = labels[1]}, y = {label = self.by[2], ticks = labels[2]}}
end

-- charts(path) -> true, or nil and a message: a panel for each column, over one setting that is a
-- number with the interval as a band, over two as a map of colours; false where the settings are
-- not one or two numbers
function Comparison:charts(path)
  local make = #self.by == 1 and over_one or #self.by == 2 and over_two
  for _, name in ipairs(self.by) do
    if not is_number(self.rows, name) then make = nil end
  end
  if not make or #self.columns == 0 or #self.rows < 2 then return false end
  local panels = {}
  for i, name in ipairs(self.columns) do panels[i] = make(self, name) end
  return chart.panels(path, {panels = panels, columns = math.min(3, #panels), legend = "none"})
end

-- curves(path, term) -> true, or nil and a message: the term over the steps, for each row the
-- median of its runs in a band from the least to the most
function Comparison:curves(path, term)
  local series = {}
  for _, row in ipairs(self.rows) do
    local at, steps = {}, {}
    for _, r in ipairs(row) do
      for _, entry in ipairs(r:log()) do
        if type(entry[term]) == "number" then
          if not at[entry.step] then
            at[entry.step] = {}
            steps[#steps + 1] = entry.step
          end
          table.insert(at[entry.step], entry[term])
        end
      end
    end
    table.sort(steps)
    local s = {name = row.name ~= "" and row.name or nil, x = steps, y = {}, lo = {}, hi = {}}
    for i, step in ipairs(steps) do
      local values = at[step]
      table.sort(values)
      local n = #values
      s.y[i] = (values[(n + 1) // 2] + values[n // 2 + 1]) / 2
      s.lo[i], s.hi[i] = values[1], values[n]
    end
    if #steps > 0 then series[#series + 1] = s end
  end
  if #series == 0 then return false end
  return chart.lines(path, {series = series, x = {label = "steps"}, y = {label = term}})
end

-- write(term) -> the paths that were written beside the runs: the table as .txt, .md, .csv and
-- .json with the tests, the charts, and the curves of a term (default: "loss")
function Comparison:write(term)
  local paths = {}
  local function path(name) return summary.path(self.runs, name) end
  local function keep(name, text)
    local ok, message = file.save(path(name), text)
    if not ok then fail("comparison: %s", message) end
    paths[#paths + 1] = path(name)
  end
  keep("summary.txt", self:text() .. "\n" .. self:tests_text())
  keep("summary.md", self:markdown())
  keep("summary.csv", self:csv())
  local rows = {}
  for i, row in ipairs(self.rows) do
    rows[i] = {runs = #row, settings = {}, values = {}}
    for _, name in ipairs(self.by) do rows[i].settings[name] = row.config[name] end
    for _, name in ipairs(self.columns) do rows[i].values[name] = self:cell(row, name) end
  end
  keep("summary.json", json.encode({rows = rows, tests = self:tests()}, {indent = true}) .. "\n")
  for name, draw in pairs{["values.png"] = function(at) return self:charts(at) end,
      ["curves.png"] = function(at) return self:curves(at, term or "loss") end} do
    local ok, message = draw(path(name))
    if ok then paths[#paths + 1] = path(name) end
    if ok == nil then io.stderr:write("no figure: ", tostring(message), "\n") end
  end
  table.sort(paths)
  return paths
end

check.functions("comparison.", comparison, {of = "patterns: any"})

return comparison
