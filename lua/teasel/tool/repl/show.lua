-- What is seen in a terminal: images, canvases, figures and charts.
--
--   show(images [, options])   images [n h w c], [h w c] or [h w] in [0, 1], a canvas, or the path
--                              of a PNG file; options: those of canvas.grid (columns ...)
--   show.plot{options}         lines, as chart.lines draws them: {y = losses}, {series = {...}}
--
-- The way that pictures take is that of teasel.tool.repl.picture. Where it is one of whole
-- characters, a grid has no texts and no enlarged pixels, and gnuplot draws a chart in characters.

local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local merged = require "teasel.lib.merged"
local picture = require "teasel.tool.repl.picture"
local series_of = require "teasel.plot.series"
local tree = require "teasel.tree"

local show = {}

local WIDTH = 80   -- columns where there is no terminal to ask
local LINE = 0xb8b8b8   -- between images
local ROOM = 16    -- columns of characters that an image should have
local MOST = 10    -- images in a row of a picture

local function width() return core.system.terminal(1) end

local function way() return picture.protocol(os.getenv, width()) end

local function print_image(image, how)
  io.write(picture.encode(image, how, width() or WIDTH))
end

local function of_canvas(c)
  return {width = c.width, height = c.height, channels = c.channels, data = c:bytes(),
    png = c:png()}
end

-- The pixels of a PNG that was read, with its file.
local function of_file(path)
  local image, message = canvas.read(path)
  if not image then fail("show: %s", message) end
  image.png = core.file.read(path)
  return image
end

-- Images side by side with a line of one pixel between them, for characters.
local function mosaic(tiles, columns)
  local width, height = tiles[1].width + 1, tiles[1].height + 1
  columns = math.min(columns, #tiles)
  local rows = (#tiles + columns - 1) // columns
  local c = canvas.new{width = columns * width - 1, height = rows * height - 1,
    channels = tiles[1].channels, background = LINE}
  for i, tile in ipairs(tiles) do
    c:image((i - 1) % columns * width, (i - 1) // columns * height, tile, {})
  end
  return c
end

-- the images as a canvas: as figures have it, or without texts for characters
local function grid(images, o, sharp, columns)
  local tiles = canvas.images(images)
  if #tiles == 0 then fail "show: got no image, wanted one or more" end
  local fit = sharp and MOST or math.max(1, columns // math.min(ROOM, tiles[1].width))
  local rows = (#tiles + fit - 1) // fit   -- equally full: an empty place looks like an image
  local all = merged({columns = (#tiles + rows - 1) // rows}, o)
  check.count("show", "option 'columns'", all.columns)
  return sharp and canvas.grid(tiles, all) or mosaic(tiles, all.columns)
end

-- images as [n h w c]
local function four(x)
  local shape = x:shape()
  if #shape == 2 then return x:reshape{1, shape[1], shape[2], 1} end
  if #shape == 3 then
    if shape[3] == 1 or shape[3] == 3 then return x:reshape{1, shape[1], shape[2], shape[3]} end
    return x:reshape{shape[1], shape[2], shape[3], 1}
  end
  if #shape ~= 4 then check.wrong("show", "images", x, "[n h w c], [h w c] or [h w]") end
  return x
end

-- image_of(what, options, how, columns) -> what is shown as an image of picture.encode
function show.image_of(what, o, how, columns)
  if type(what) == "string" then return of_file(what) end
  if tree.is_tensor(what) then
    return of_canvas(grid(four(what), o or {}, picture.is_sharp(how), columns))
  end
  if type(what) ~= "table" or not what.png or not what.bytes then
    check.wrong("show", "images", what, "images, a canvas or the path of a PNG file")
  end
  return of_canvas(what)
end

-- the series of a chart's first panel as gnuplot's characters, or nil and a message
local function in_characters(o, columns)
  local given = series_of.figure(o, "lines")
  local panel = given.panels and given.panels[1] or given
  local series, kind = panel.series or given.series, panel.kind or given.kind
  if not series then
    return nil, "got a chart without series, wanted curves or points where pictures are characters"
  end
  local path <const> = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  local clauses = {}
  for i, s in ipairs(series_of.spread{series = series, what = "panel 1"}) do
    for k, v in ipairs(s.y) do file:write(("%.9g %.9g\n"):format(s.x and s.x[k] or k, v)) end
    file:write "\n\n"
    clauses[i] = ("'%s' index %d with %s title '%s'"):format(path, i - 1,
      (s.points or kind == "scatter") and "points" or "lines", (s.name or ""):gsub("[^%w ]", " "))
  end
  file:flush()
  local pipe = io.popen(("gnuplot -d -e \"set terminal dumb %d 24; plot %s\" 2>&1"):format(columns,
    table.concat(clauses, ", ")))
  local text = pipe:read "a"
  local ok = pipe:close()
  os.remove(path)
  if not ok then return nil, text end
  return text:gsub("\f", "")
end

-- drawn(draw, read) -> what read(path) gives of the PNG file that draw(path) wrote, which is
-- removed with all that draw left beside it; nil, message where it could not
function show.drawn(draw, read)
  local path = os.tmpname()
  local found, message = draw(path .. ".png")
  if found then found = read(path .. ".png") end
  for _, ending in ipairs{"", ".png", ".csv", ".gp"} do os.remove(path .. ending) end
  return found, message
end

function show.plot(o)
  check.table("plot", "options", o)
  local how = way()
  local sharp = picture.is_sharp(how)
  local found, message = show.drawn(function(path) return chart.lines(path, o) end,   -- it checks
    sharp and of_file or function() return true end)
  if found and sharp then
    print_image(found, how)
  elseif found then
    found, message = in_characters(o, width() or WIDTH)
    if found then io.write(found) end
  end
  if not found then fail("plot: %s", message) end
end

return setmetatable(show, {__call = function(_, what, o)
  local how = way()
  print_image(show.image_of(what, o, how, width() or WIDTH), how)
end})
