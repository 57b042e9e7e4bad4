-- Parts of file names that are made of values: two that differ have names that differ.
--
--   file_name.value(0.1)         "0.1": a number with all its digits
--   file_name.escaped("a/b=1")   "a%2Fb%3D1": letters, digits and . , _ + - stay, all else is %XX

local json = require "teasel.lib.json"

local file_name = {}

-- value(v) -> an option's value as text, which no other value has
function file_name.value(v)
  return math.type(v) == "float" and json.digits(v) or tostring(v)   -- a NaN has no digits
end

function file_name.escaped(text)
  return (text:gsub("[^%w.,_+-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

return file_name
