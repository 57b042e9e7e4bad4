-- The command line of a script: `--name value` for every name in a table of defaults.
-- A default gives the type that is wanted; `true` and `false` may leave the value out,
-- which means true.

local options = require "teasel.options"

local command = {}

-- what `fail` raises: a value that tostring turns into its message
local Refusal = {__tostring = function(refusal) return refusal.message end}

-- fail(format, ...): an error about what was typed on the command line. It has no place in a
-- script, and both teasel and Lua's own interpreter print its message without a traceback.
function command.fail(format, ...)
  error(setmetatable({message = format:format(...)}, Refusal), 0)
end

local fail = command.fail

local READERS = {
  number = tonumber,
  string = function(text) return text end,
  boolean = function(text)
    if text == "true" then return true elseif text == "false" then return false end
  end,
}

local function kind(default) return math.type(default) or type(default) end

-- text as a value of the default's type, or an error that names the option
function command.value(name, text, default)
  local value
  if text ~= nil then value = READERS[type(default)](text) end
  if value ~= nil and math.type(default) == "integer" then
    value = math.tointeger(value)
    -- of more hexadecimal digits than an integer has Lua would take the last ones
    if #(text:match "^%s*[-+]?0[xX]0*(%x*)" or "") > 16 then value = nil end
  end
  if value ~= nil and math.type(default) == "float" then
    value = value + 0.0
    if value - value ~= 0 then value = nil end   -- beyond what a number can be
  end
  if value == nil then
    fail("option --%s: got %s, wanted %s %s, like %s", name,
      text and ("'%s'"):format(text) or "nothing", kind(default) == "integer" and "an" or "a",
      kind(default), tostring(default))
  end
  return value
end

-- given(arg, defaults) -> the values that the command line gives, by name. An unknown option, an
-- ill-typed value and a stray word are errors.
function command.given(arg, defaults)
  local given = {}
  local i = 1
  while i <= #arg do
    local name, text = arg[i]:match("^%-%-([^=]+)=?(.*)$")
    if not name then
      fail("got the argument '%s', wanted options: --name value", arg[i])
    end
    if defaults[name] == nil then fail("%s", options.refusal("command line", name, defaults)) end
    if not arg[i]:find("=", 1, true) then
      text = arg[i + 1]
      if type(defaults[name]) == "boolean" and (text == nil or text:match("^%-%-")) then
        text = "true"
      else
        i = i + 1
      end
    end
    given[name] = command.value(name, text, defaults[name])
    i = i + 1
  end
  return given
end

-- at_least(values, least): raises an error where an option, if there is one of that name, is below
-- the least value that it may have
function command.at_least(values, least)
  local names = {}
  for name in pairs(least) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if values[name] and values[name] < least[name] then
      fail("option --%s: got %s, wanted %d or more", name, values[name], least[name])
    end
  end
end

-- help(defaults) -> one line for each option, with its type and default
function command.help(defaults)
  local names, lines = {}, {}
  for name in pairs(defaults) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local value = defaults[name]
    lines[i] = ("  --%-14s %-8s default: %s"):format(name, kind(value),
      value == "" and "(none)" or tostring(value))
  end
  return table.concat(lines, "\n")
end

-- read(arg, defaults) -> the defaults with those given in their place; with --help they are
-- listed, and the script ends
function command.read(arg, defaults)
  local known = {help = false}
  for name, value in pairs(defaults) do known[name] = value end
  local given = command.given(arg, known)
  if given.help then
    print(("usage: %s [options]\n%s"):format(arg[0], command.help(known)))
    os.exit(0, true)
  end
  given.help = nil
  return options.read("command line", given, defaults)
end

return command
