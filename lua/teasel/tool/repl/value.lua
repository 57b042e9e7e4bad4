-- How a value is shown: tensors by their corners, tables to a depth, texts in quotes.
--
--   value.show(v [, options]) -> a text without control characters but line ends. Options:
--     depth   of tables in tables (2)
--     items   of a table that are shown (20)
--     width   columns of a line (100)
--   value.bytes(v) -> the bytes that tensors in v hold, those of tables included
--   value.kind(v) -> its type in a word or two: "tensor [2 3]", "table of 3", "function"

local check = require "teasel.lib.check"
local core = require "teasel.core"
local options = require "teasel.options"

local value = {}

local TENSOR = core.tensor.metatable
local BYTES = core.double and 8 or 4   -- of an item of a tensor

-- plain(text) -> a text in which a terminal finds no commands; line ends and tabs stay
function value.plain(text)
  text = text:gsub("[%c\x7f]", function(c)
    return c ~= "\n" and c ~= "\t" and ("\\x%02X"):format(c:byte()) or nil
  end)
  return (text:gsub("\xC2([\x80-\x9F])", function(c) return ("\\u{%02X}"):format(c:byte()) end))
end

local plain = value.plain

local function quoted(text)
  local cut = #text > 10000 and text:sub(1, 10000) .. ("... (%d bytes)"):format(#text) or text
  local escaped = cut:gsub('[\\"]', "\\%0"):gsub("\t", "\\t")
  if utf8.len(cut) then return '"' .. plain(escaped) .. '"' end
  return '"' .. plain(escaped):gsub("[\x80-\xff]", function(c)
    return ("\\x%02X"):format(c:byte())
  end) .. '"'
end

-- "function nn.linear(n_in, n_out, options)", or where it is from
local function of_function(f)
  local info = debug.getinfo(check.behind(f), "S")
  if info.what == "C" then return tostring(f) end
  return ("function (%s:%d)"):format(info.short_src, info.linedefined)
end

local function text_of(v)
  local ok, text = pcall(tostring, v)
  return ok and plain(text) or type(v) .. " (its __tostring fails)"
end

local function is_name(k) return type(k) == "string" and k:find "^[%a_][%w_]*$" end

local RANK = {number = 1, string = 2, boolean = 3}
local SORTED = 1000   -- keys of a table that are looked at

-- Keys of a table in order, the first items of its list before all others; of a very large table
-- not all of them. And how many there are.
local function keys_of(t, most)
  local n, keys, count = rawlen(t), {}, 0
  for k in next, t do
    count = count + 1
    local listed = math.type(k) == "integer" and k >= 1 and k <= n
    if not listed and #keys < SORTED then keys[#keys + 1] = k end
  end
  table.sort(keys, function(a, b)
    local one, other = RANK[type(a)] or 4, RANK[type(b)] or 4
    if one ~= other then return one < other end
    if one <= 2 then return a < b end
    return one == 3 and not a and b or false
  end)
  local all = {}
  for i = 1, math.min(n, most) do all[i] = i end
  return table.move(keys, 1, #keys, #all + 1, all), count
end

local show

local function of_table(t, o, depth, seen)
  if next(t) == nil then return "{}" end
  if seen[t] then return "{...}" end
  if depth >= o.depth then return value.kind(t):gsub("^table", "{...") .. "}" end
  seen[t] = true
  local parts, n, lines = {}, rawlen(t), false
  local keys, count = keys_of(t, o.items)
  for i = 1, math.min(#keys, o.items) do
    local k = keys[i]
    local listed = math.type(k) == "integer" and k >= 1 and k <= n
    local key = is_name(k) and k or "[" .. show(k, o, o.depth, seen) .. "]"
    local text = (listed and "" or key .. " = ") .. show(rawget(t, k), o, depth + 1, seen)
    lines = lines or text:find("\n", 1, true)
    parts[i] = text
  end
  if count > #parts then parts[#parts + 1] = ("... (%d in all)"):format(count) end
  seen[t] = nil
  local line = "{" .. table.concat(parts, ", ") .. "}"
  if not lines and utf8.len(line) and utf8.len(line) + 2 * depth <= o.width then return line end
  local margin = ("  "):rep(depth + 1)
  for i, part in ipairs(parts) do parts[i] = margin .. part end
  return "{\n" .. table.concat(parts, ",\n") .. "\n" .. ("  "):rep(depth) .. "}"
end

function show(v, o, depth, seen)
  if type(v) == "string" then return quoted(v) end
  if type(v) == "function" then return of_function(v) end
  local meta = debug.getmetatable(v)
  if type(v) == "table" and not (type(meta) == "table" and rawget(meta, "__tostring")) then
    return of_table(v, o, depth, seen)
  end
  local large = depth > 0 and meta == TENSOR and pcall(v.size, v) and v:size() > 1
  if large then return value.kind(v) end
  local text = text_of(v)
  return depth > 0 and text:match "^[^\n]*" or text
end

function value.show(v, given)
  local o = options.read("value.show", given, {depth = 2, items = 20, width = 100})
  return show(v, o, 0, {})
end

function value.kind(v)
  if debug.getmetatable(v) == TENSOR then
    if not pcall(v.size, v) then return "released tensor" end
    return "tensor [" .. table.concat(v:shape(), " ") .. "]"
  elseif type(v) == "table" then
    local meta, n = debug.getmetatable(v), 0
    if meta and type(meta.__name) == "string" then return plain(meta.__name) end
    for _ in next, v do n = n + 1 end
    return ("table of %d"):format(n)
  end
  return math.type(v) or type(v)
end

local function bytes_of(v, seen)
  if seen[v] then return 0 end
  if debug.getmetatable(v) == TENSOR then
    seen[v] = true
    return pcall(v.size, v) and v:size() * BYTES or 0
  elseif type(v) == "string" then
    return #v
  elseif type(v) == "table" then
    seen[v] = true
    local sum = 0
    for _, item in next, v do
      if type(item) ~= "string" then sum = sum + bytes_of(item, seen) end
    end
    return sum
  end
  return 0
end

function value.bytes(v) return bytes_of(v, {}) end

return value
