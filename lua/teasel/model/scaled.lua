-- scaled(who, width [, name = "option 'width'"]) -> function(n): that share of a number of channels
-- or units, rounded, and 1 or more. A width that is not above 0, or above 64, is an error of `who`.

local check = require "teasel.lib.check"

local function scaled(who, width, name)
  if type(width) ~= "number" or not (width > 0 and width <= 64) then
    check.wrong(who, name or "option 'width'", width, "a number above 0, up to 64")
  end
  return function(n) return math.max(1, math.floor(n * width + 0.5)) end
end

return check.called("scaled", scaled, "who: string, width: any, name: string?")
