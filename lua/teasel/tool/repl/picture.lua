-- Pictures in a terminal, as the text that makes it show them.
--
--   picture.protocol(get, width) -> the name of one of the ways below. get: as os.getenv; width:
--     the columns of the terminal, nil where the output is none
--   picture.encode(image, how, columns) -> text, ended by a line end. image: {width =, height =,
--     channels = 1 or 3, data =, a byte each, png = its file}
--
--   kitty    the PNG in pieces of 4096 characters of base64 (kitty, Ghostty)
--   iterm    the PNG in one piece (iTerm2, WezTerm)
--   sixel    216 colours, bands of six rows (foot, mlterm, contour; xterm -ti vt340)
--   half     an upper half block for two pixels, in 24-bit colours
--   256      the same in the 240 colours that no theme changes
--   plain    a character from dark to light for two pixels
--   none     the size alone
--
-- TEASEL_IMAGE names a way where the guess, from the terminal's variables, is wrong. Ways of whole
-- characters shrink the picture to the columns that there are, by the mean of the pixels.

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local picture = {}

local SHADES = " .:-=+*#%@"
local PIECE = 4096

-- The pixels of an image, at most `most` wide: {width =, height =, rgb = {r, g, b, r, ...}}.
local function shrunk(image, most)
  local factor = math.max(1, image.width / most)
  local width = math.max(1, math.floor(image.width / factor))
  local height = math.max(1, math.floor(image.height / factor + 0.5))
  local C, rgb, data = image.channels, {}, image.data
  for y = 0, height - 1 do
    local top = y * image.height // height
    local bottom = math.max(top, (y + 1) * image.height // height - 1)
    for x = 0, width - 1 do
      local left = x * image.width // width
      local right = math.max(left, (x + 1) * image.width // width - 1)
      for c = 1, 3 do
        local sum = 0
        for row = top, bottom do
          for column = left, right do
            sum = sum + data:byte((row * image.width + column) * C + math.min(c, C))
          end
        end
        rgb[#rgb + 1] = (sum / ((bottom - top + 1) * (right - left + 1)) + 0.5) // 1 | 0
      end
    end
  end
  return {width = width, height = height, rgb = rgb}
end

-- the number of a colour among the 240: the cube of 6 x 6 x 6, or the 24 greys
local function of_256(r, g, b)
  if r == g and g == b then
    if r < 4 then return 16 elseif r > 246 then return 231 end
    return 232 + math.max(0, math.min(23, (r - 3) // 10))
  end
  local function step(v) return v < 48 and 0 or v < 115 and 1 or (v - 35) // 40 end
  return 16 + 36 * step(r) + 6 * step(g) + step(b)
end

-- half blocks; colour(r, g, b) gives what stands behind 38; and 48;
local function halves(image, columns, colour)
  local small, parts = shrunk(image, columns), {}
  local function at(x, y)
    local i = (y * small.width + x) * 3
    return small.rgb[i + 1], small.rgb[i + 2], small.rgb[i + 3]
  end
  for y = 0, small.height - 1, 2 do
    for x = 0, small.width - 1 do
      parts[#parts + 1] = "\27[38;" .. colour(at(x, y))
      if y + 1 < small.height then parts[#parts + 1] = ";48;" .. colour(at(x, y + 1)) end
      parts[#parts + 1] = "m▀"
    end
    parts[#parts + 1] = "\27[0m\n"
  end
  return table.concat(parts)
end

local ways = {}

function ways.kitty(image)
  local text, parts = core.file.base64(image.png), {}
  for at = 1, #text, PIECE do
    parts[#parts + 1] = ("\27_G%sm=%d;%s\27\\"):format(at == 1 and "a=T,f=100,q=2," or "",
      at + PIECE <= #text and 1 or 0, text:sub(at, at + PIECE - 1))
  end
  return table.concat(parts) .. "\n"
end

function ways.iterm(image)
  return ("\27]1337;File=inline=1;size=%d:%s\7\n"):format(#image.png, core.file.base64(image.png))
end

-- One colour of a band at a time: for each column the bits of its six rows, repeated ones counted.
function ways.sixel(image)
  local parts = {("\27Pq\"1;1;%d;%d"):format(image.width, image.height)}
  local known, C, data = {}, image.channels, image.data
  local function level(v) return (v * 5 + 127) // 255 end
  for top = 0, image.height - 1, 6 do
    local bits, order = {}, {}
    for y = top, math.min(top + 5, image.height - 1) do
      for x = 0, image.width - 1 do
        local at = (y * image.width + x) * C
        local r, g, b = data:byte(at + 1, at + C)
        r, g, b = level(r), level(g or r), level(b or r)
        local colour = 36 * r + 6 * g + b
        if not known[colour] then
          known[colour] = true
          parts[#parts + 1] = ("#%d;2;%d;%d;%d"):format(colour, r * 20, g * 20, b * 20)
        end
        if not bits[colour] then
          bits[colour], order[#order + 1] = {}, colour
        end
        bits[colour][x] = (bits[colour][x] or 0) | 1 << (y - top)
      end
    end
    for i, colour in ipairs(order) do
      parts[#parts + 1] = (i > 1 and "$#" or "#") .. colour
      local x = 0
      while x < image.width do
        local set, last = bits[colour][x] or 0, x
        while last + 1 < image.width and (bits[colour][last + 1] or 0) == set do last = last + 1 end
        parts[#parts + 1] = ("!%d%s"):format(last - x + 1, string.char(63 + set))
        x = last + 1
      end
    end
    parts[#parts + 1] = "-"
  end
  return table.concat(parts) .. "\27\\\n"
end

function ways.half(image, columns)
  return halves(image, columns, function(r, g, b) return ("2;%d;%d;%d"):format(r, g, b) end)
end

ways["256"] = function(image, columns)
  return halves(image, columns, function(...) return "5;" .. of_256(...) end)
end

function ways.plain(image, columns)
  local small, parts = shrunk(image, columns), {}
  for y = 0, small.height - 1, 2 do
    for x = 0, small.width - 1 do
      local sum, n = 0, 0
      for row = y, math.min(y + 1, small.height - 1) do
        for c = 1, 3 do
          sum, n = sum + small.rgb[(row * small.width + x) * 3 + c], n + 255
        end
      end
      local shade = math.min(#SHADES, math.floor(sum / n * #SHADES) + 1)
      parts[#parts + 1] = SHADES:sub(shade, shade)
    end
    parts[#parts + 1] = "\n"
  end
  return table.concat(parts)
end

function ways.none(image) return ("picture %d x %d\n"):format(image.width, image.height) end

function picture.protocol(get, width)
  local asked = get "TEASEL_IMAGE"
  if asked and asked ~= "" then
    if not ways[asked] then options.unknown("TEASEL_IMAGE", asked, ways) end
    return asked
  end
  local term, program = get "TERM" or "dumb", get "TERM_PROGRAM"
  if not width then return "none" end
  -- what runs other terminals inside of one keeps pictures from it
  if not (get "TMUX" or term:find "^screen" or term:find "^tmux") then
    if get "KITTY_WINDOW_ID" or term:find "kitty" or term:find "ghostty" then return "kitty" end
    if program == "iTerm.app" or program == "WezTerm" then return "iterm" end
    if term:find "^foot" or term:find "^mlterm" or term:find "^contour" then return "sixel" end
  end
  if get "NO_COLOR" and get "NO_COLOR" ~= "" then return "plain" end
  local depth = get "COLORTERM"
  if depth == "truecolor" or depth == "24bit" then return "half" end
  return term:find "256color" and "256" or "plain"
end

-- whether a way shows whole pixels, so that a chart can be read
function picture.is_sharp(how) return how == "kitty" or how == "iterm" or how == "sixel" end

function picture.encode(image, how, columns)
  if not ways[how] then options.unknown("picture.encode", how, ways) end
  if math.type(columns) ~= "integer" or columns < 1 then
    fail("picture.encode: argument 'columns': got %s, wanted an integer of 1 or more",
      tostring(columns))
  end
  return ways[how](image, columns)
end

return picture
