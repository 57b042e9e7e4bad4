-- Folders of files, and tables in text files: what several readers read.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local csv = require "teasel.format.csv"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local disk, system = core.disk, core.system
local files = {}

-- numbers in names count as numbers: 2 before 10
local function order_of(name)
  return (name:gsub("%d+", function(digits)
    return ("0"):rep(20 - #digits) .. digits
  end))
end

-- sorted(names) -> the list itself, in the order in which people count
function files.sorted(names)
  local key = {}
  for _, name in ipairs(names) do key[name] = order_of(name) end
  table.sort(names, function(a, b) return key[a] < key[b] or key[a] == key[b] and a < b end)
  return names
end

-- walk(folder, endings) -> names of files below a folder, from it on, whose names end like that:
-- a table {png = true, ...}; sorted. Names that begin with a dot are passed over. nil, message
-- where there is no such folder.
function files.walk(folder, endings)
  local found = {}
  local function visit(below)
    local names, message = system.list(folder .. (below == "" and "" or "/" .. below))
    if not names then return nil, message end
    for _, name in ipairs(files.sorted(names)) do
      local path = below == "" and name or below .. "/" .. name
      local ending = name:match "%.(%w+)$"
      if name:sub(1, 1) == "." then   -- nobody's images
      elseif ending and endings[ending:lower()] then found[#found + 1] = path
      elseif disk.stat(folder .. "/" .. path) == "folder" then
        local ok
        ok, message = visit(path)
        if not ok then return nil, message end
      end
    end
    return found
  end
  return visit ""
end

-- stamp(folder, names) -> a text that changes with the files: names, sizes, times of the last
-- change; nil, message where one is missing
function files.stamp(folder, names)
  local parts = {}
  for i, name in ipairs(names) do
    local kind, size, time = disk.stat(folder .. "/" .. name)
    if not kind then return nil, size end
    parts[i] = ("%s %d %d"):format(name, size, time)
  end
  return table.concat(parts, "\n")
end

-- lines(path) -> the lines of a text file, without what ends them, be that LF or CRLF, and without
-- a byte order mark; nil, message
function files.lines(path)
  local text, message = core.file.read(path)
  if not text then return nil, message end
  local list = {}
  for line in (text:gsub("^\239\187\191", "") .. "\n"):gmatch "(.-)\r?\n" do
    list[#list + 1] = line
  end
  while list[#list] == "" do list[#list] = nil end
  return list
end

-- what a field is as a number, which is finite, or nil
local function number_of(text)
  local value = csv.number(text)
  return value and value - value == 0 and value or nil
end

-- table(path) -> the names of the columns and the rows, lists of fields (texts) with the number of
-- their `line`, of a table in text with a head (see teasel.format.csv); nil, message
function files.table(path)
  local rows, names = csv.rows(path, {header = "yes"})
  if not rows then return nil, names end
  if not names then return nil, path .. ": got an empty file, wanted a head and rows" end
  for j, name in ipairs(names) do
    if number_of(name) then
      return nil, ("%s: got the number %s as the name of column %d, wanted a head, a first line "
        .. "with the names of all columns"):format(path, name, j)
    end
  end
  return names, rows
end

-- levels(texts) -> each as a number 0.., by their names' place: of numbers by their values, of
-- others in the order in which people count; and the list of these names
function files.levels(texts)
  local names, seen, level, numbers = {}, {}, {}, true
  for _, text in ipairs(texts) do
    if not seen[text] then
      seen[text] = true
      names[#names + 1] = text
      numbers = numbers and number_of(text)
    end
  end
  files.sorted(names)
  if numbers then
    for i, name in ipairs(names) do level[name] = i end
    table.sort(names, function(a, b)
      local x, y = number_of(a), number_of(b)
      return x < y or x == y and level[a] < level[b]
    end)
  end
  for i, name in ipairs(names) do level[name] = i - 1 end
  local levels = {}
  for i, text in ipairs(texts) do levels[i] = level[text] end
  return levels, names
end

-- values(texts, place) -> the numbers that they are or, if none of them is one, their levels; nil,
-- message where some are numbers and some are not, where all are nan or inf, or one is empty:
-- place(i) says where, in full and in short
function files.values(texts, place)
  local numbers, first, words = {}, nil, false
  for i, text in ipairs(texts) do
    numbers[i] = number_of(text) or false
    first, words = first or numbers[i] and i, words or not csv.number(text)
  end
  for i, text in ipairs(texts) do
    if not numbers[i] and (first or not words or not text:find "%S"
        or text:find "^%s*[-+]?%d*,%d+%s*$") then
      local wanted = not words and "a finite number" or text:find "%S" and "a decimal point"
        or "a number or a text"
      if first then wanted = "a number as in " .. select(2, place(first)) end
      return nil, ("%s: got '%s', wanted %s"):format((place(i)), text:sub(1, 40), wanted)
    end
  end
  if first then return numbers end
  return (files.levels(texts))
end

-- numbered(names, rows) -> whether the first of several columns says which image a row is of: it
-- has no name, counts from 0 or 1, or has texts that all differ, as names of files do
function files.numbered(names, rows)
  if #names < 2 or #rows == 0 then return false end
  if names[1] == "" then return true end
  local from, counts, texts, seen = number_of(rows[1][1]), true, true, {}
  for i, row in ipairs(rows) do
    local text = row[1]
    counts = counts and (from == 0 or from == 1) and number_of(text) == from + i - 1
    texts = texts and not number_of(text) and not seen[text]
    seen[text] = true
  end
  return counts or texts
end

-- known(who, path, names, rows, class, from) -> what a table's columns say of images, from the
-- column `from` on, as options of set.new: one column, if `class` names one, is their class, and
-- others are factors, by `values`; nil, message
function files.known(who, path, names, rows, class, from)
  local about, columns, list = {factor_names = {}, factors = {}}, {}, {}
  for k = from, #names do
    local texts = {}
    for i, row in ipairs(rows) do texts[i] = row[k] end
    local function place(i)
      local line = ("line %d"):format(rows[i].line)
      return ("%s: %s, column %d (%s)"):format(path, line, k, names[k]), line
    end
    if names[k] == "" then
      return nil, ("%s: column %d has no name, wanted one for each column"):format(path, k)
    end
    list[names[k]] = true
    if names[k] == class then
      for i, text in ipairs(texts) do
        if not text:find "%S" then
          return nil, ("%s: got '%s', wanted a class"):format((place(i)), text)
        end
      end
      about.labels, about.classes = files.levels(texts)
    else
      local message
      columns[#columns + 1], message = files.values(texts, place)
      if message then return nil, message end
      about.factor_names[#columns] = names[k]
    end
  end
  if class ~= "" and not about.labels then
    options.unknown(who .. ": option 'class'", class, list)
  end
  for i = 1, #rows do
    about.factors[i] = {}
    for k, column in ipairs(columns) do about.factors[i][k] = column[i] end
  end
  if #columns == 0 then about.factors, about.factor_names = nil, nil end
  return about
end

-- options(who, given, known) -> the options of a reader, as options.read has them; the path may
-- stand without a name
function files.options(who, given, known)
  check.table(who, "options", given)
  local named = {}
  for name, value in pairs(given) do named[name == 1 and "path" or name] = value end
  return options.read(who, named, known)
end

-- alone(who, o, name, others): an error where some of the other options are given beside `name`
function files.alone(who, o, name, others)
  for _, other in ipairs(others) do
    local value = o[other]
    if value and value ~= "" and not (type(value) == "table" and #value == 0) then
      fail("%s: got the option '%s' beside '%s', which says all of that, wanted one of them", who,
        other, name)
    end
  end
end

return files
