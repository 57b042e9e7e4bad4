-- How a page shows a value: as a bundle, a table of the same thing in several kinds, of which the
-- page takes the best that it knows.
--
--   display.bundle(v) -> {["image/png"] = base64 ...}, or nil where the REPL's text is all there is
--   display.whole(v) -> the same with that text under "text/plain"
--
-- An own type says it by a function __display in its metatable: __display(v) -> {[kind] = text or
-- bytes ...}; of images the bytes of the file. Images [n h w c] in [0, 1] are a grid, a canvas is
-- itself, a list of records with the same fields and a list of rows of texts or numbers are tables.

local core = require "teasel.core"
local show = require "teasel.tool.repl.show"
local tree = require "teasel.tree"
local value = require "teasel.tool.repl.value"

local display = {}

local LEAST, MOST = 8, 400   -- pixels of a side, images
local ROWS = 100             -- of a table

-- image(png [, text]) -> the bundle of a PNG file's bytes
function display.image(png, text)
  return {["image/png"] = core.file.base64(png), ["text/plain"] = text or "image"}
end

-- grid(images, options) -> the bundle of what show(images, options) shows
function display.grid(images, o)
  return display.image(show.image_of(images, o, "kitty", 80).png, "images")
end

local function are_images(v)
  local shape = v:shape()
  if #shape ~= 4 or shape[4] ~= 1 and shape[4] ~= 3 then return false end
  if shape[1] < 1 or shape[1] > MOST then return false end
  if shape[2] < LEAST or shape[3] < LEAST then return false end
  return v:min():item() >= 0 and v:max():item() <= 1
end

local function escaped(text)
  return (tostring(text):gsub("[&<>\"]", {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
    ['"'] = "&quot;"}))
end

local function cell(v)
  if math.type(v) == "float" then return ("%.6g"):format(v) end
  return v == nil and "" or escaped(v)
end

-- table_of(head, rows) -> HTML; head: a list of texts or nil, rows: lists
function display.table_of(head, rows)
  local parts = {"<table>"}
  if head then
    local names = {}
    for i, name in ipairs(head) do names[i] = "<th>" .. escaped(name) .. "</th>" end
    parts[#parts + 1] = "<thead><tr>" .. table.concat(names) .. "</tr></thead>"
  end
  local width = head and #head or #rows[1]
  for i = 1, math.min(#rows, ROWS) do
    local cells = {}
    for k = 1, width do cells[k] = "<td>" .. cell(rows[i][k]) .. "</td>" end
    parts[#parts + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
  end
  if #rows > ROWS then
    parts[#parts + 1] = ("<tr><td>... (%d rows)</td></tr>"):format(#rows)
  end
  return table.concat(parts) .. "</table>"
end

local function is_plain(v) return type(v) == "string" or type(v) == "number" or
  type(v) == "boolean" end

-- head, rows of a list of records or of rows; nil for any other table
local function rows_of(t)
  local first = rawget(t, 1)
  if type(first) ~= "table" or #t < 2 or getmetatable(t) then return nil end
  local names, rows = nil, {}
  if rawlen(first) == 0 then
    names = {}
    for name in next, first do
      if type(name) ~= "string" then return nil end
      names[#names + 1] = name
    end
    table.sort(names)
  end
  for i, item in ipairs(t) do
    if type(item) ~= "table" or getmetatable(item) then return nil end
    local row, count = {}, 0
    for key, v in next, item do
      if not is_plain(v) or (names == nil) ~= (math.type(key) == "integer") then return nil end
      count = count + 1
    end
    if count ~= (names and #names or #first) or count == 0 then return nil end
    for k = 1, count do
      row[k] = item[names and names[k] or k]
      if row[k] == nil then return nil end
    end
    rows[i] = row
  end
  return names, rows
end

local function own(v, f)
  local bundle = {}
  for kind, data in pairs(f(v)) do
    local is_bytes = kind:find "^image/" and kind ~= "image/svg+xml"
    bundle[kind] = is_bytes and core.file.base64(data) or data
  end
  return bundle
end

function display.bundle(v)
  local meta = debug.getmetatable(v)
  local f = type(meta) == "table" and rawget(meta, "__display")
  if f then return own(v, f) end
  if tree.is_tensor(v) then
    return pcall(v.size, v) and are_images(v) and display.grid(v) or nil
  end
  if type(v) ~= "table" then return nil end
  local head, rows = rows_of(v)
  return rows and {["text/html"] = display.table_of(head, rows)} or nil
end

function display.whole(v)
  local bundle = display.bundle(v) or {}
  bundle["text/plain"] = bundle["text/plain"] or value.show(v)
  return bundle
end

return display
