-- Tables as text: .csv and .tsv, read and written.
--
--   local x, names = csv.read "factors.csv"      -- a tensor [rows columns], and its header
--   local faces, names = csv.read "labels.csv"   -- with text in it: a table of columns by name
--   csv.write("codes.csv", z, {names = {"x", "y"}})
--
-- Columns are separated by a comma, a semicolon or a tab, whichever the first line has; fields may
-- be quoted ("a ""b"", c"), lines end in LF or CRLF, and empty ones count for nothing. A column
-- whose first field that is not empty is a number holds numbers, and anything else in it is an
-- error that names the line and the column; other columns hold text.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local options = require "teasel.options"
local ops = require "teasel.op.composed"
local tree = require "teasel.tree"

local tensor, op = core.tensor, core.op
local csv = {}

-- the most that is read: bytes of a file, columns, and fields, which take some hundred bytes each
csv.most = {bytes = 1 << 30, columns = 1 << 17, fields = 1 << 25}
local QUOTE, REAL = ('"'):byte(), core.double and "<d" or "<f"
local SPECIAL = {nan = 0 / 0, ["-nan"] = 0 / 0, inf = math.huge, ["+inf"] = math.huge,
  ["-inf"] = -math.huge}

-- number(text) -> what a field is as a number, nan and inf among them, or nil
function csv.number(text)
  if text:find "^%s*[-+]?%.?%d" and not text:find "[xX]" then return tonumber(text) end
  return SPECIAL[text:lower():match "^%s*(%S*)%s*$"]
end

local number_of = csv.number

-- whether a number is not what its text says: beyond a double, or an integer beyond 64 bits
local function is_another(value, text)
  return math.type(value) == "float" and (value - value ~= 0 and value == value
    and text:find "%d" or text:find "^%s*[-+]?%d+%s*$") ~= nil
end

-- the field that begins at `at` -> it, the place behind it and the lines it spans; nil, a message
local function field(text, at, stops)
  if text:byte(at) ~= QUOTE then
    local stop = text:find(stops, at) or #text + 1
    return text:sub(at, stop - 1), stop, 0
  end
  local from = at + 1
  while true do
    local close = text:find('"', from, true)
    if not close then return nil, "a quote that is not closed" end
    if text:byte(close + 1) ~= QUOTE then
      local value = text:sub(at + 1, close - 1)
      if close < #text and text:find(stops, close + 1) ~= close + 1 then
        return nil, "more behind a closing quote"
      end
      local _, lines = value:gsub("\n", "")
      return value:gsub('""', '"'), close + 1, lines
    end
    from = close + 2
  end
end

-- text -> rows, each a list of fields with the number of its `line`; nil and a message
local function rows_of(text, separator)
  local stops, rows = "[\r\n" .. (separator == "\t" and "\t" or "%" .. separator) .. "]", {}
  local most, fields = csv.most, 0
  local at, line = 1, 1
  while at <= #text do
    local row = {line = line}
    repeat
      local value, behind, lines = field(text, at, stops)
      if not value then return nil, ("line %d, column %d: %s"):format(line, #row + 1, behind) end
      row[#row + 1], line, fields = value, line + lines, fields + 1
      if #row > most.columns then
        return nil, ("line %d: has more than %d columns"):format(row.line, most.columns)
      end
      if fields > most.fields then
        return nil, ("line %d: are more than %d fields, wanted such numbers as .npy"):format(line,
          most.fields)
      end
      local more = text:sub(behind, behind) == separator
      at = more and behind + 1 or behind
    until not more
    at, line = (text:match("^\r?\n?()", at)), line + 1
    if #row > 1 or row[1]:find "%S" then rows[#rows + 1] = row end
  end
  return rows
end

local function separator_of(text)
  local first = text:match "^[^\r\n]*":gsub('"[^"]*"', "")
  return first:find "\t" and "\t" or first:find ";" and not first:find "," and ";" or ","
end

local function has_header(rows)
  for _, value in ipairs(rows[1] or {}) do
    if not number_of(value) and value:find "%S" then return true end
  end
  return false
end

-- takes the names off the rows; nil and a message where two are the same
local function take_header(rows)
  local names, seen = table.remove(rows, 1), {}
  local line = names.line
  names.line = nil
  for j, name in ipairs(names) do
    names[j] = name:match "^%s*(.-)%s*$"
    if j == 1 then names[j] = names[j]:gsub("^#%s*", "") end   -- as numpy.savetxt has it
    if names[j] ~= "" and seen[names[j]] then
      return nil, ("line %d, column %d: '%s' is the name of column %d too"):format(line, j,
        names[j], seen[names[j]])
    end
    seen[names[j]] = j
  end
  return names
end

local READING = {header = "auto", separator = "", text = {}, columns = options.any}

-- rows(path, options) -> the rows, each a list of as many fields, as they stand, with the number of
-- its `line`; and the header's names or nil. nil and a message. Options: see csv.read.
function csv.rows(path, o)
  o = options.read("csv", o, READING)
  if o.header ~= "auto" and o.header ~= "yes" and o.header ~= "no" then
    options.unknown("csv: option 'header'", o.header, {auto = true, yes = true, no = true})
  end
  local function wrong(why) return nil, ("%s: %s"):format(path, why) end
  local text, message = core.file.read(path, csv.most.bytes)
  if not text then return nil, message end
  text = text:gsub("^\xef\xbb\xbf", "")
  if text:find("\0", 1, true) then return wrong "is no text: it has a byte 0" end
  local rows
  rows, message = rows_of(text, o.separator ~= "" and o.separator or separator_of(text))
  if not rows then return wrong(message) end
  local names
  if #rows > 0 and (o.header == "yes" or o.header == "auto" and has_header(rows)) then
    names, message = take_header(rows)
    if not names then return wrong(message) end
  end
  local width = #(names or rows[1] or {})
  for _, row in ipairs(rows) do
    if #row ~= width then
      return wrong(("line %d has %d columns, wanted %d as before"):format(row.line, #row, width))
    end
  end
  return rows, names
end

-- whether a column holds text: what its first field that is not empty is
local function is_text(rows, j)
  for _, row in ipairs(rows) do
    if row[j]:find "%S" then return not number_of(row[j]) end
  end
  return #rows > 0
end

-- parse(path, options) -> {n = rows, names = its header or nil, columns = lists, of numbers of Lua
-- or of strings}, nothing rounded; nil and a message. Options: see csv.read; and columns, a
-- function (names or nil, how many there are, rows as csv.rows has them) -> the list of the numbers
-- of those that are read, in this order, whatever the others hold.
function csv.parse(path, o)
  local rows, names = csv.rows(path, o)
  if not rows then return nil, names end
  local forced, columns, chosen, width = {}, {}, {}, #(names or rows[1] or {})
  for _, name in ipairs(o and o.text or {}) do forced[name] = true end
  if o and o.columns then chosen = o.columns(names, width, rows)
  else
    for j = 1, width do chosen[j] = j end
  end
  for k, j in ipairs(chosen) do
    local name = names and names[j]
    local words, list = forced[j] or forced[name] or is_text(rows, j), {}
    for i, row in ipairs(rows) do
      list[i] = words and row[j] or number_of(row[j])
      if list[i] == nil then
        return nil, ("%s: line %d, column %d%s: got '%s', wanted a number"):format(path, row.line,
          j, name and " (" .. name .. ")" or "", row[j]:sub(1, 40))
      elseif not words and is_another(list[i], row[j]) then
        return nil, ("%s: line %d, column %d%s: %s is more than a float64 or an integer of 64 bits "
          .. "holds"):format(path, row.line, j, name and " (" .. name .. ")" or "",
          row[j]:sub(1, 40))
      end
    end
    columns[k] = list
  end
  if names then
    local all = names
    names = {}
    for k, j in ipairs(chosen) do names[k] = all[j] end
  end
  return {n = #rows, names = names, columns = columns}
end

-- a list of numbers as a tensor [n]; nil and a message where one cannot be held
local function vector(list, n)
  if n == 0 then return tensor.zeros(0) end
  for i, v in ipairs(list) do
    local kept = math.abs(v) > 16777216 and REAL:unpack(REAL:pack(v)) or v
    if math.type(v) == "integer" and kept ~= v or kept - kept ~= 0 and v - v == 0 then
      return nil, ("row %d is %s, which %s cannot hold"):format(i, v,
        core.double and "float64" or "float32")
    end
  end
  return tensor.tensor(list)
end

-- read(path, options) -> a tensor [rows columns] and the list of names where every column holds
-- numbers; else a table of the columns, tensors [rows] and lists of strings, by their names (and
-- numbers where there is no header), and the names. nil and a message where it cannot be read.
-- Options: header = "yes", "no" or "auto", the default: the first line is one if something in it is
-- no number; separator, default: what the first line has; text = a list of columns, by name or
-- number, that hold text though they begin with a number.
function csv.read(path, o)
  local found, message = csv.parse(path, o)
  if not found then
    return nil, (message:gsub("wanted a number$", "%0 (option 'text' lists columns of text)"))
  end
  local made, numbers, n = {}, true, found.n
  for j, list in ipairs(found.columns) do
    local words = type(list[1]) == "string"
    numbers = numbers and not words
    made[j] = list
    if not words then
      made[j], message = vector(list, n)
      if not made[j] then
        return nil, ("%s: column %d: %s"):format(path, j, message)
      end
    end
  end
  if #made == 0 then return tensor.zeros{0, 0}, found.names end
  if numbers then
    for j, x in ipairs(made) do made[j] = op.reshape(x, {n, 1}) end
    return #made == 1 and made[1] or op.concat(made, 2), found.names
  end
  local named = {}
  for j, column in ipairs(made) do named[found.names and found.names[j] or j] = column end
  return named, found.names
end

-- a number with the fewest digits that bring it back: as an item of a tensor, if it can be one
local function digits(v)
  if math.type(v) == "integer" or v == math.floor(v) and math.abs(v) < 1e15 then
    return 1 / v == -math.huge and "-0.0" or ("%d"):format(v)
  elseif v ~= v then return "nan"
  elseif v - v ~= 0 then return v > 0 and "inf" or "-inf"
  end
  for n = core.double and 15 or 6, core.double and 16 or 8 do
    local text = ("%." .. n .. "g"):format(v)
    if REAL:unpack(REAL:pack(tonumber(text))) == v then return text end
  end
  for n = 15, 17 do   -- no number that a tensor holds
    local text = ("%." .. n .. "g"):format(v)
    if tonumber(text) == v then return text end
  end
end

local function quoted(text, separator)
  if text:find '[",;\t\r\n]' or text:find(separator, 1, true) or text:find "^%s" or text:find "%s$"
      or text == "" then
    return '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

-- what is to be written as lists of fields by columns, and their names
local function columns_of(x, names)
  local columns = {}
  if tree.is_tensor(x) then
    if x:rank() < 1 or x:rank() > 2 then
      check.wrong("csv.write", "x", x, "a tensor [rows] or [rows columns]")
    end
    local flat = x:rank() == 1 and op.reshape(x, {#x, 1}) or x
    if flat:size(2) > csv.most.columns or x:size() > csv.most.fields then
      check.wrong("csv.write", "x", x, ("at most %d columns and %d items, which can be read back")
        :format(csv.most.columns, csv.most.fields))
    end
    for j = 1, flat:size(2) do
      columns[j] = op.reshape(ops.slice(flat, 2, j, j), {#flat}):table()
    end
    return columns, names
  end
  check.table("csv.write", "x", x)
  local own = tree.keys(x)
  local is_list = #own > 0 and #own == #x   -- whose numbers are no names
  local keys = is_list and own or names or own
  for j, name in ipairs(keys) do
    local column = x[name]
    if tree.is_tensor(column) and column:rank() == 1 then column = column:table() end
    columns[j] = check.list("csv.write", ("column '%s'"):format(name), column)
  end
  if is_list then
    for _, column in ipairs(columns) do
      if not names and type(column[1]) == "string" then
        check.wrong("csv.write", "option 'names'", names, "names of columns with text")
      end
    end
    return columns, names
  end
  for j, name in ipairs(keys) do keys[j] = tostring(name) end
  return columns, keys
end

-- a text that can be read back
local function check_text(name, text)
  if check.string("csv.write", name, text):find("\0", 1, true) then
    check.wrong("csv.write", name, text, "a text without a byte of 0")
  end
end

-- write(path, x, options) -> true: a tensor [rows] or [rows columns], or a table of columns by
-- name, or a list of them, each a tensor [rows] or a list of numbers or strings, as text that is
-- read back with the same bits; complete or not at all. nil and a message where it cannot be
-- written. Options: names: the header, of a table by name the order of its columns (default: by
-- the alphabet; a tensor and a list have none); separator, default: a tab for .tsv, else a comma.
function csv.write(path, x, o)
  o = options.read("csv", o, {names = {}, separator = ""})
  local separator = o.separator ~= "" and o.separator or path:find "%.tsv$" and "\t" or ","
  local given = #o.names > 0 and table.move(o.names, 1, #o.names, 1, {}) or nil
  local columns, names = columns_of(x, given)
  if names and #names ~= #columns then
    check.wrong("csv.write", "option 'names'", names, ("%d names"):format(#columns))
  end
  local lines, n = {}, #(columns[1] or {})
  local function add(fields)
    for j, value in ipairs(fields) do
      fields[j] = type(value) == "number" and digits(value) or quoted(value, separator)
    end
    lines[#lines + 1] = table.concat(fields, separator)
  end
  for j, name in ipairs(names or {}) do check_text(("name %d"):format(j), name) end
  if names then add(names) end
  for j, column in ipairs(columns) do
    if #column ~= n then
      check.wrong("csv.write", ("column %d"):format(j), column, ("%d rows as the first"):format(n))
    end
    for i, value in ipairs(column) do
      if type(value) ~= "number" then
        check_text(("row %d of column %d"):format(i, j), value)
      end
    end
  end
  for i = 1, n do
    local fields = {}
    for j, column in ipairs(columns) do fields[j] = column[i] end
    add(fields)
  end
  lines[#lines + 1] = ""
  return core.file.save(path, table.concat(lines, "\n"))
end

check.functions("csv.", csv, {number = "text: string", rows = "path: string, options: table?",
  parse = "path: string, options: table?", read = "path: string, options: table?",
  write = "path: string, x: any, options: table?"})

return csv
