-- The command line of a script: `--name value` for every name in a table of standard values.

local options = require "teasel.options"

local command = {}

local READERS = {
  number = tonumber,
  string = function(text) return text end,
  boolean = function(text) return ({["true"] = true, ["false"] = false})[text] end,
}

local function typed(name, text, standard)
  local value
  if text ~= nil then value = READERS[type(standard)](text) end
  if value ~= nil and math.type(standard) == "integer" then value = math.tointeger(value) end
  if value == nil then
    local want = math.type(standard) or type(standard)
    error(("option --%s: got %s, wanted %s %s, like %s"):format(name,
      text and ("'%s'"):format(text) or "nothing", want == "integer" and "an" or "a", want,
      tostring(standard)), 0)
  end
  return value
end

-- read(arg, standard) -> the standard values with those given on the command line in their
-- place, each of its standard's type. An unknown option and an ill-typed value are errors.
function command.read(arg, standard)
  local given = {}
  local i = 1
  while i <= #arg do
    local name = arg[i]:match("^%-%-(.+)$")
    if not name then
      error(("got the argument '%s', wanted options: --name value"):format(arg[i]), 0)
    end
    if standard[name] == nil then options.unknown("command line", name, standard) end
    given[name] = typed(name, arg[i + 1], standard[name])
    i = i + 2
  end
  return options.read("command line", given, standard)
end

return command
