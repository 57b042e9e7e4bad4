-- JSON in which every number comes back with the same bits. dkjson writes 14 digits; here a float
-- gets as many as it needs, 17 at most, and an infinity is 1e9999, which every reader takes for
-- one. A NaN is null: JSON has no word for it.

local dkjson = require "dkjson"

local json = {decode = dkjson.decode, null = dkjson.null}

-- A float by the fewest digits that stand for it alone; other readers see that it is no integer.
function json.digits(x)
  if x == math.huge then return "1e9999" elseif x == -math.huge then return "-1e9999" end
  for digits = 14, 17 do
    local text = ("%%.%dg"):format(digits):format(x)
    if tonumber(text) == x then return text:find("[.eE]") and text or text .. ".0" end
  end
end

local function to_json(number) return number[1] end
local exactly = {__tojson = to_json}

-- a copy of the value whose floats know how they are written
local function prepared(value)
  if type(value) == "table" then
    local copy = {}
    for key, item in pairs(value) do copy[key] = prepared(item) end
    return setmetatable(copy, getmetatable(value))
  elseif math.type(value) == "float" and value == value then
    return setmetatable({json.digits(value)}, exactly)
  end
  return value
end

-- encode(value, options) -> text; options as dkjson's: indent, keyorder
function json.encode(value, options) return dkjson.encode(prepared(value), options) end

return json
