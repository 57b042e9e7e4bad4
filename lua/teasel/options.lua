-- Options: one table of named values, checked against a table of defaults.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"

-- Edits that turn a into b: insertions, deletions, replacements, neighbours swapped.
local function distance(a, b)
  local before, row = nil, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local above = row
    row = {[0] = i}
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost)
      if before and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before = above
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

-- The known names that are most like `name`, up to three that are equally so; {} where none is
-- close, and for what is no string.
function options.near(name, known)
  if type(name) ~= "string" then return {} end
  local best, least = {}, math.max(1, #name // 3)
  for _, candidate in ipairs(sorted_names(known)) do
    local d = distance(name, candidate)
    if d < least then best, least = {}, d end
    if d == least and #best < 3 then best[#best + 1] = candidate end
  end
  return best
end

-- The first of these, or nil.
function options.nearest(name, known) return options.near(name, known)[1] end

-- What is to be said of an option of this name: which there are.
function options.refusal(who, name, known)
  local near = options.nearest(name, known)
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
-- another type are errors of `who`, and so is a metatable's __index: what it gives would be
-- overlooked.
function options.read(who, given, defaults)
  local read = {}
  if given ~= nil and type(given) ~= "table" then
    core.wrong(who, "argument 'options'", given, ("a table of options (%s)"):format(
      table.concat(sorted_names(defaults), ", ")))
  end
  local meta = getmetatable(given)
  if type(meta) == "table" and rawget(meta, "__index") ~= nil then
    fail("%s: got options with a metatable's __index, wanted all of them in the table itself", who)
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
