-- Folders of files, and tables in text files: what several readers read.

local core = require "teasel.core"
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

-- fields of a line of CSV; "" inside quotes is one quote
function files.csv(line)
  local fields, at = {}, 1
  repeat
    local value, next
    if line:sub(at, at) == '"' then
      local close = at
      repeat close = line:find('"', close + 1, true)
        local double = close and line:sub(close + 1, close + 1) == '"'
        if double then close = close + 1 end
      until not double
      value = line:sub(at + 1, (close or 0) - 1):gsub('""', '"')
      next = line:find(",", close or at, true)
    else
      next = line:find(",", at, true)
      value = line:sub(at, (next or 0) - 1)
    end
    fields[#fields + 1] = value
    at = next and next + 1
  until not at
  return fields
end

-- table(path) -> names of columns, rows of fields (texts) of a CSV file with a head; nil, message
-- where it cannot be read or a row has other fields than the head
function files.table(path)
  local lines, message = files.lines(path)
  if not lines then return nil, message end
  if #lines == 0 then return nil, path .. ": got an empty file, wanted a head and rows" end
  local names, rows = files.csv(lines[1]), {}
  for i = 2, #lines do
    local row = files.csv(lines[i])
    if #row ~= #names then
      return nil, ("%s: got %d fields in line %d, wanted %d as in the head"):format(path, #row, i,
        #names)
    end
    rows[i - 1] = row
  end
  return names, rows
end

-- levels(texts) -> each as a number 0.., by their names in the order in which people count, and the
-- list of these names
function files.levels(texts)
  local names, seen, level = {}, {}, {}
  for _, text in ipairs(texts) do
    if not seen[text] then
      seen[text] = true
      names[#names + 1] = text
    end
  end
  for i, name in ipairs(files.sorted(names)) do level[name] = i - 1 end
  local levels = {}
  for i, text in ipairs(texts) do levels[i] = level[text] end
  return levels, names
end

-- values(texts) -> the numbers that they are, or, if one of them is none, their levels
function files.values(texts)
  local numbers = {}
  for i, text in ipairs(texts) do
    numbers[i] = tonumber(text)
    if not numbers[i] then return (files.levels(texts)) end
  end
  return numbers
end

-- known(who, names, rows, class) -> what a CSV's columns say of images, the first column apart, as
-- options of set.new: one column, if `class` names one, is their class, and others are factors, by
-- `values`
function files.known(who, names, rows, class)
  local about, columns = {factor_names = {}, factors = {}}, {}
  for k = 2, #names do
    local texts = {}
    for i, row in ipairs(rows) do texts[i] = row[k] end
    if names[k] == class then
      about.labels, about.classes = files.levels(texts)
    else
      columns[#columns + 1] = files.values(texts)
      about.factor_names[#columns] = names[k]
    end
  end
  if class ~= "" and not about.labels then
    local list = {}
    for k = 2, #names do list[names[k]] = true end
    options.unknown(who .. ": option 'class'", class, list)
  end
  for i = 1, #rows do
    about.factors[i] = {}
    for k, column in ipairs(columns) do about.factors[i][k] = column[i] end
  end
  if #columns == 0 then about.factors, about.factor_names = nil, nil end
  return about
end

return files
