-- colour(index) -> "#rrggbb", the colour of the index-th series, 1..100. The first eight are those
-- of Okabe and Ito with a darker yellow, distinct to the colour-blind too. Of the others each is
-- the one of a grid of colours that is farthest from all before it, in OKLab (Ottosson 2020), where
-- equal distances look alike: none comes twice.

local fail = require "teasel.lib.fail"

local colours = {"#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000",
  "#A89800"}

local HUES, MOST = 36, 100

-- a component of sRGB, 0..255, as an amount of light
local function light(v)
  v = v / 255
  return v <= 0.04045 and v / 12.92 or ((v + 0.055) / 1.055) ^ 2.4
end

local function lab(hex)
  local r, g, b = hex:match("#(%x%x)(%x%x)(%x%x)")
  r, g, b = light(tonumber(r, 16)), light(tonumber(g, 16)), light(tonumber(b, 16))
  local l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ^ (1 / 3)
  local m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ^ (1 / 3)
  local s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ^ (1 / 3)
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s}
end

local function hsl(h, s, l)
  local function component(n)
    local k = (n + 12 * h) % 12
    local v = l - s * math.min(l, 1 - l) * math.max(-1, math.min(k - 3, 9 - k, 1))
    return math.floor(255 * v + 0.5)
  end
  return ("#%02X%02X%02X"):format(component(0), component(8), component(4))
end

local function candidates()
  local list = {}
  for h = 0, HUES - 1 do
    for _, s in ipairs{0.35, 0.9} do
      for _, l in ipairs{0.25, 0.4, 0.55, 0.7} do
        local hex = hsl(h / HUES, s, l)
        list[#list + 1] = {hex = hex, lab = lab(hex), far = math.huge}
      end
    end
  end
  return list
end

local function nearer(list, hex)
  local at = lab(hex)
  for _, c in ipairs(list) do
    local d = (c.lab[1] - at[1]) ^ 2 + (c.lab[2] - at[2]) ^ 2 + (c.lab[3] - at[3]) ^ 2
    c.far = math.min(c.far, d)
  end
end

local rest   -- candidates, with their distance to the colours so far

return function(index)
  if math.type(index) ~= "integer" or index < 1 or index > MOST then
    fail("colour: got %s, wanted an integer from 1 to %d", tostring(index), MOST)
  end
  if index > #colours and not rest then
    rest = candidates()
    for _, hex in ipairs(colours) do nearer(rest, hex) end
  end
  while index > #colours do
    local best = rest[1]
    for _, c in ipairs(rest) do
      if c.far > best.far then best = c end
    end
    colours[#colours + 1] = best.hex
    nearer(rest, best.hex)
  end
  return colours[index]
end
