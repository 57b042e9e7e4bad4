-- The details of a score as print shows them: a line for each name, numbers to four digits, a
-- matrix row by row.
--
--   score        0.8969
--   matrix       1.386  0.011
--                0.008  1.374
--
-- details(t) -> t, which tells itself so from then on; else it is a plain table, and saved as one.

local MOST = 12   -- items of a list that are shown

local function number(v)
  if v ~= v then return "nan" end   -- C may write a sign
  return math.type(v) == "integer" and tostring(v) or ("%.4g"):format(v)
end

local function sorted(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  return keys
end

-- the columns that the numbers of a list, or of the lists in it, take
local function width_of(list)
  local width = 0
  for _, v in ipairs(list) do
    if type(v) == "table" then
      width = math.max(width, width_of(v))
    elseif type(v) == "number" then
      width = math.max(width, #number(v))
    end
  end
  return width
end

-- a list of plain values as one line
local function line_of(list, width)
  local parts = {}
  for i = 1, math.min(#list, MOST) do
    local v = list[i]
    parts[i] = type(v) == "number" and (" "):rep(width - #number(v)) .. number(v) or tostring(v)
  end
  if #list > MOST then parts[#parts + 1] = ("... (%d in all)"):format(#list) end
  return table.concat(parts, "  ")
end

-- the lines of a value; `width` of the numbers in a list
local function lines_of(v, width)
  if type(v) ~= "table" then return {type(v) == "number" and number(v) or tostring(v)} end
  local flat = #v > 0 and next(v, #v) == nil
  for _, item in ipairs(v) do flat = flat and type(item) ~= "table" end
  width = width or width_of(v)
  if flat then return {line_of(v, width)} end
  local lines, keys = {}, sorted(v)
  for i = 1, math.min(#keys, MOST) do
    local k = keys[i]
    local name = type(k) == "number" and "" or tostring(k) .. "  "
    for j, line in ipairs(lines_of(v[k], type(k) == "number" and width or nil)) do
      lines[#lines + 1] = (j == 1 and name or (" "):rep(#name)) .. line
    end
  end
  if #keys > MOST then lines[#lines + 1] = ("... (%d in all)"):format(#keys) end
  return #lines > 0 and lines or {"none"}
end

local Details = {__plain = true}

function Details.__tostring(t)
  local text, width = {}, 0
  for _, k in ipairs(sorted(t)) do width = math.max(width, #tostring(k)) end
  for _, k in ipairs(sorted(t)) do
    for j, line in ipairs(lines_of(t[k])) do
      local name = j == 1 and tostring(k) or ""
      text[#text + 1] = name .. (" "):rep(width - #name + 2) .. line
    end
  end
  return table.concat(text, "\n")
end

return function(t) return setmetatable(t, Details) end
