-- What many runs tell: values of each run, by settings and seeds, as tables, charts and tests.
--
--   local c = comparison.of("runs/betas/*", {by = "beta", metrics = "mig,dci"})
--   print(c:text())    c:write()    c:tests()
--
-- A row is one value of each setting in `by`; its runs are the seeds, and whatever else differs.
-- Behind each median stand the least and the most, the bootstrap interval of the median (95 %), and
-- of how many runs it is.

local about = require "teasel.run.about"
local check = require "teasel.lib.check"
local comparison_chart = require "teasel.report.comparison_chart"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local file_name = require "teasel.run.file_name"
local json = require "teasel.lib.json"
local options = require "teasel.options"
local paired = require "teasel.report.paired"
local score = require "teasel.report.score"
local statistic = require "teasel.metric.lib.statistic"
local summary = require "teasel.report.summary"

local finite = summary.finite

local file, words = core.file, summary.words
local comparison = {}

local Comparison = {}
Comparison.__index = Comparison

for name, draw in pairs(comparison_chart) do Comparison[name] = draw end

local FEW = 6      -- settings up to which each is tested against each

-- puts the finite numbers that a log or scores hold, if any, into a table
local function numbers(into, t)
  for name, value in pairs(about.numbers(t or {})) do
    if finite(value) then into[name] = value end
  end
end

-- What is known of a run as numbers: the metrics that are asked for, which are computed where they
-- are not kept; or else the last line of its log and its scores. What else they hold where it is
-- asked for by name.
local function values_of(r, o)
  local values, log = {}, r:log()
  if o.metrics == "" or o.values ~= "" then
    numbers(values, log[#log])
    numbers(values, r.scored or {})
  end
  if o.metrics ~= "" then
    local report = score.report(r, {metrics = o.metrics, points = o.points})
    for _, row in ipairs(report.metrics) do
      if finite(row.value) then values[row.name] = row.value end
    end
  end
  for _, column in ipairs(o.more) do
    local value = r.scored and column[2](r)
    if finite(value) then values[column[1]] = value end
  end
  for _, name in ipairs(words(o.values)) do
    local value = summary.at(r.scored or {}, name) or summary.at(log[#log] or {}, name)
    if name == "step_seconds" and r.scored then value = r.scored.seconds / r.scored.step end
    if values[name] == nil and finite(value) then values[name] = value end
  end
  return values
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
  if o.values == "" and #o.more == 0 then return list end
  local asked = words(o.values)
  for i, column in ipairs(o.more) do table.insert(asked, i, column[1]) end
  for _, name in ipairs(words(o.values)) do
    if not counts[name] then
      fail("comparison: option 'values': got '%s', wanted some of what the runs have: %s", name,
        table.concat(list, ", "))
    end
  end
  return asked
end

-- of(patterns, options) -> a comparison. patterns: of run directories, see teasel.report.summary.
-- Options, all texts but points: by, names of settings with commas between them ("": all in which
-- the runs differ); metrics, names of teasel.metric.all ("": none is computed); values, the columns
-- (default: the metrics that are asked for, or all numbers that every run has in the last line of
-- its log and in its scores; with dots for what stands in lists and tables there, as in
-- "information.1" or "continuous.c2.slant.r"; and step_seconds, what a step took); points, images
-- that are scored (0: all); more, columns of one's own, a list of {name, function(r) -> number} of
-- runs that came to their end. No run, or a setting that the runs do not differ in, is an error.
function comparison.of(patterns, given)
  local o = options.read("comparison", given, {by = "", metrics = "", values = "", points = 0,
    more = {}})
  check.list("comparison", "more", o.more, function(who, name, column)
    check.table(who, name, column)
    check.string(who, name .. ", its name", column[1])
    check.callable(who, name .. ", its function", column[2])
  end)
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
  local self = setmetatable({runs = runs, by = by, rows = summary.groups(runs, by)}, Comparison)
  for _, r in ipairs(runs) do
    r.values, r.pair = values_of(r, o), summary.settings(r, rest)
    summary.let_go(r)
  end
  self.columns = columns(runs, o)
  return self
end

-- cell(row, name) -> {median, low, high, least, most, n} of a value over the runs of one of `rows`,
-- low and high the ends of the interval; nil where none has it. Intervals take milliseconds, and
-- texts, files and charts ask for the same ones, so each is found once.
function Comparison:cell(row, name)
  row.cells = row.cells or {}
  if row.cells[name] then return row.cells[name] end
  local list = {}
  for _, r in ipairs(row) do
    if r.values[name] then list[#list + 1] = r.values[name] end
  end
  if #list == 0 then return nil end
  local low, high = paired.interval(list)
  row.cells[name] = {median = statistic.median(list), low = low, high = high,
    least = math.min(table.unpack(list)), most = math.max(table.unpack(list)), n = #list}
  return row.cells[name]
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
    for i, name in ipairs(self.by) do
      line[i] = file_name.value(summary.setting(row.config, name))
    end
    line[#line + 1] = tostring(#row)
    for _, name in ipairs(self.columns) do
      local c = self:cell(row, name)
      local text = c and digits(c.median) or ""
      if c and c.n > 1 then
        text = ("%s (%s to %s) [%s, %s]"):format(text, digits(c.least), digits(c.most),
          digits(c.low), digits(c.high))
      end
      if c and c.n < #row then text = ("%s of %d"):format(text, c.n) end
      line[#line + 1] = text
    end
    lines[#lines + 1] = line
  end
  return lines
end

-- what the numbers of a row of several runs are
local function legend(self)
  local least
  for _, row in ipairs(self.rows) do
    if #row > 1 then least = math.min(least or #row, #row) end
  end
  if not least then return "" end
  local said = "median (least to most) [95 % interval of the median"
  if least > 5 then return said .. "]\n" end
  return ("%s; of five or fewer their range, which of %d holds it in %.0f %% of cases]\n"):format(
    said, least, 100 - 100 * 2 ^ (1 - least))
end

-- text() -> the table, aligned
function Comparison:text() return summary.aligned(self:lines()) .. legend(self) end

-- markdown() -> the same in Markdown
function Comparison:markdown()
  local said = legend(self)
  return summary.markdown(self:lines()) .. (said ~= "" and "\n" .. said or "")
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
      line[#line + 1] = quoted(file_name.value(summary.setting(r.config, name)))
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
          if #apart > 1 then
            local sign, ranks = paired.sign(a, b), paired.wilcoxon(a, b)
            list[#list + 1] = {a = first.name, b = second.name, value = name, n = #apart,
              difference = statistic.median(apart), up = sign.up, p_sign = sign.p,
              p_wilcoxon = ranks.p}
          end
        end
      end
    end
  end
  return list
end

-- tests_text() -> the tests, a line each; and how many they are, with the least p that the fewest
-- pairs among them can have
function Comparison:tests_text()
  local lines, least = {}, nil
  for _, t in ipairs(self:tests()) do
    least = math.min(least or t.n, t.n)
    lines[#lines + 1] = ("%s: %s against %s: %+.4g, larger in %d of %d; p = %.3g (signed ranks), "
      .. "%.3g (signs)"):format(t.value, t.a, t.b, t.difference, t.up, t.n, t.p_wilcoxon, t.p_sign)
  end
  if not least then return "" end
  lines[#lines + 1] = ("(%d test%s, each for itself; the least p that %d pairs can have is %.3g)")
    :format(#lines, #lines == 1 and "" or "s", least, 2 ^ (1 - least))
  return table.concat(lines, "\n") .. "\n"
end

-- write{curves = "loss", figure = ""} -> the paths that were written beside the runs: the table as
-- .txt, .md, .csv and .json with the tests, the charts, the curves of terms with commas between
-- them, and the figures of that name in the runs' folders side by side
function Comparison:write(given)
  local o = options.read("comparison:write", given, {curves = "loss", figure = ""})
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
    for _, name in ipairs(self.by) do
      rows[i].settings[name] = summary.setting(row.config, name)
    end
    for _, name in ipairs(self.columns) do rows[i].values[name] = self:cell(row, name) end
  end
  keep("summary.json", json.encode({rows = rows, tests = self:tests()}, {indent = true}) .. "\n")
  local function draw(name, method, what)
    local ok, message = self[method](self, path(name), what)
    if ok then paths[#paths + 1] = path(name) end
    if ok == nil then io.stderr:write("no figure: ", tostring(message), "\n") end
  end
  draw("values.png", "charts")
  draw("curves.png", "curves", o.curves)
  if o.figure ~= "" then draw(o.figure, "figures", o.figure) end
  table.sort(paths)
  return paths
end

-- report(options of write) -> the table with the tests as text, printed with the paths written
function Comparison:report(given)
  local tests = self:tests_text()
  local text = self:text() .. (tests ~= "" and "\n" .. tests or "")
  io.write(text)
  print("\nwritten: " .. table.concat(self:write(given), ", "))
  return text
end

check.methods("comparison", Comparison, {
  cell = "row: table, name: string", lines = "", text = "", markdown = "", csv = "", tests = "",
  tests_text = "", charts = "path: string", curves = "path: string, terms: string",
  figures = "path: string, name: string", write = "",
  report = "",
})

check.functions("comparison.", comparison, {of = "patterns: any"})

return comparison
