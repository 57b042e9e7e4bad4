-- Options: one table of named values, checked against a table of defaults.

local fail = require "teasel.lib.fail"

-- Edits that turn a into b, by insertions, deletions, replacements.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      corner, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, corner + cost)
    end
  end
  return row[#b]
end

local function sorted_names(known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local options = {}

-- The known name that is most like `name`, or nil where none is close.
function options.nearest(name, known)
  local best, least
  for _, candidate in ipairs(sorted_names(known)) do
    local d = distance(name, candidate)
    if not least or d < least then best, least = candidate, d end
  end
  return least and least <= math.max(1, #name // 3) and best or nil
end

-- What is to be said of an option of this name: which there are.
function options.refusal(who, name, known)
  local near = type(name) == "string" and options.nearest(name, known)
  local hint = near and (" (did you mean '%s'?)"):format(near) or ""
  return ("%s: got the option '%s', wanted one of: %s%s"):format(who, tostring(name),
    table.concat(sorted_names(known), ", "), hint)
end

-- Raises it as an error.
function options.unknown(who, name, known)
  fail("%s", options.refusal(who, name, known))
end

-- the default of an option that may have any value or none
options.any = setmetatable({}, {__tostring = function() return "any" end})

-- read(who, given, defaults) -> the given options completed from `defaults`, in a new table. A
-- default gives the type that is wanted; nil is taken as not given. An unknown option and one of
-- another type are errors of `who`.
function options.read(who, given, defaults)
  local read = {}
  if given ~= nil and type(given) ~= "table" then
    fail("%s: got options of type %s, wanted a table", who, type(given))
  end
  for name, value in pairs(given or {}) do
    local want = defaults[name]
    if want == nil then options.unknown(who, name, defaults) end
    if want ~= options.any and type(value) ~= type(want) then
      fail("%s: option '%s': got %s (a %s), wanted a %s", who, name, tostring(value), type(value),
        type(want))
    end
    read[name] = value
  end
  for name, value in pairs(defaults) do
    if read[name] == nil and value ~= options.any then read[name] = value end
  end
  return read
end

return options
