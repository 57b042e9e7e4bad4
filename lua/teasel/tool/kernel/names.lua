-- What can be typed into a notebook beside T: names.of(out, board, ask) -> {show =, plot = ...},
-- and the table of what was shown already, whose keys need no second picture.
--
--   show(images [, options])      a grid with the options of canvas.grid; a canvas, or a PNG file
--   plot{options}                 a chart of curves, or of another `kind`, see plot.chart
--   animate(frames [, options])   a moving picture of images [n h w c] or of canvases; options:
--                                 scale (of the pixels; as large as a grid's), delay_ms (100)
--   display(value [, id])         as the value of a cell is shown; what has the id is changed
--   open(dir [, which])           a run with the verbs of the REPL, and sliders

local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local display = require "teasel.tool.kernel.display"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local show = require "teasel.tool.repl.show"
local tree = require "teasel.tree"
local typed = require "teasel.tool.repl.names"

local names = {}

local SIDE = 192   -- pixels that a moving or a dragged picture has at least

-- An image of canvas.images as a canvas of its own, its pixels enlarged.
local function enlarged(image, scale)
  scale = scale or math.max(1, SIDE // math.max(image.width, image.height))
  local c = canvas.new{width = image.width * scale, height = image.height * scale,
    channels = image.channels}
  c:image(0, 0, image, {scale = scale})
  return c
end

local function animated(frames, given)
  local o = options.read("animate", given, {scale = options.any, delay_ms = 100})
  if tree.is_tensor(frames) then
    local list = canvas.images(frames)
    for i, image in ipairs(list) do list[i] = enlarged(image, o.scale) end
    frames = list
  end
  check.table("animate", "frames", frames)
  if #frames == 0 then fail "animate: got no frame, wanted one or more" end
  return canvas.animate(frames, {delay_ms = o.delay_ms})
end

function names.of(out, board, ask)
  local seen = setmetatable({}, {__mode = "k"})
  local see = {brief = seen}
  function see.show(images, o)
    out:display(display.grid(images, o))
    if type(images) ~= "string" then seen[images] = true end
  end
  function see.plot(o)
    check.table("plot", "options", o)
    local png, problem = show.drawn(function(path) return chart.panels(path, o) end, core.file.read)
    if not png then fail("plot: %s", problem) end
    local width = (">I4"):unpack(png, 17)   -- of the pixels; the page has half as many columns
    out:display(display.image(png, "chart"), {metadata = {["image/png"] = {width = width // 2}}})
  end
  function see.print(text) out:write("stdout", text .. "\n") end
  -- sliders(lines, draw, images): draw(values) -> image [1 h w c]; images: what a page that knows
  -- no sliders shows
  function see.sliders(lines, draw, images)
    local bundle = board:show(lines, function(values)
      return enlarged(canvas.images(draw(values))[1]):png()
    end)
    if not bundle then return end
    for kind, data in pairs(display.grid(images, {columns = 8})) do bundle[kind] = data end
    out:display(bundle)
  end
  local shown = {}
  local more = typed.of(see, typed.strange(ask))
  function more.animate(frames, o)
    out:display(display.image(animated(frames, o), "animation"))
  end
  function more.display(v, id)
    local bundle = display.whole(v)
    if id ~= nil and shown[id] then return out:update(bundle, tostring(id)) end
    out:display(bundle, {id = id ~= nil and tostring(id) or nil})
    if id ~= nil then shown[id] = true end
  end
  return more, seen
end

return names
