-- teasel.plot.canvas: pictures made of pixels. A canvas is a white sheet on which images, text and
-- rectangles are put, and which becomes a PNG; `grid` lays out labelled rows of images
-- (traversals, reconstructions, samples), `animate` makes one moving picture of many canvases.
--
-- An image is a table {width =, height =, channels =, data =}: channels 1 (grey) or 3 (RGB), data a
-- string of height x width x channels bytes from the top left corner; or it is a canvas. x and y
-- are pixels from the top left corner, which is (0, 0). A colour is a number 0xRRGGBB. What is not
-- an image, an unknown option or an impossible size raises an error; a file that cannot be read or
-- written gives nil and a message.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local tree = require "teasel.tree"

local png, any = core.png, options.any

local canvas = {}

local Canvas = {}
Canvas.__index = Canvas

local GREY = 0xb8b8b8   -- the lines between the tiles of a grid
local SOFT = 0x505050   -- captions


-- A new canvas of one colour. options: width, height (pixels), channels (3; 1 is grey),
-- background (0xffffff).
function canvas.new(given)
  local o = options.read("canvas.new", given,
    {width = any, height = any, channels = 3, background = 0xffffff})
  check.count("canvas.new", "option 'width'", o.width)
  check.count("canvas.new", "option 'height'", o.height)
  return setmetatable({
    width = o.width, height = o.height, channels = o.channels,
    pixels = png.image(o.width, o.height, o.channels, o.background),
  }, Canvas)
end


local function lines_of(text)
  check.string("canvas", "text", text)
  return (text .. "\n"):gmatch("(.-)\n")
end


-- The width and height in pixels of a text, whose lines end in "\n". options: scale (2).
function canvas.measure(text, given)
  local scale = options.read("canvas.measure", given, {scale = 2}).scale
  local width, lines = 0, 0
  for line in lines_of(text) do
    width = math.max(width, png.textwidth(line, scale))
    lines = lines + 1
  end
  return width, (lines * (png.fontheight + 2) - 2) * scale
end


-- Puts an image with its top left corner at (x, y).
-- options: scale (1), the side of the square that each pixel of the image becomes.
function Canvas:image(x, y, image, given)
  local scale = options.read("canvas:image", given, {scale = 1}).scale
  if type(image) ~= "table" then
    fail("canvas:image: got a %s, wanted an image or a canvas", type(image))
  end
  if getmetatable(image) == Canvas then
    self.pixels:tile(x, y, scale, image.pixels)
  else
    check.fields("canvas:image", "image", image, {"width", "height", "channels", "data"})
    self.pixels:tile(x, y, scale, image.data, image.width, image.height, image.channels)
  end
  return self
end


-- Writes a text with its top left corner at (x, y); lines end in "\n".
-- options: scale (2; capitals are 7 x scale pixels high), colour (black), align ("left"; "centre"
-- or "right": there is x), turned: the text is read from below; (x, y) is its top left corner too.
function Canvas:text(x, y, text, given)
  local o = options.read("canvas:text", given,
    {scale = 2, colour = 0, align = "left", turned = false})
  local scale, step = o.scale, (png.fontheight + 2) * o.scale
  local share = ({left = 0, centre = 0.5, right = 1})[o.align]
  if not share then
    fail("canvas:text: got align '%s', wanted left, centre or right", o.align)
  end
  for line in lines_of(text) do
    local shift = math.floor(png.textwidth(line, scale) * share)
    if o.turned then
      self.pixels:text(x, y - shift, line, scale, true, o.colour)
      x = x + step
    else
      self.pixels:text(x - shift, y, line, scale, false, o.colour)
      y = y + step
    end
  end
  return self
end


-- A rectangle. options: colour (black), line (0): the width of its outline; with 0 it is filled.
function Canvas:rect(x, y, width, height, given)
  local o = options.read("canvas:rect", given, {colour = 0, line = 0})
  local colour, line = o.colour, o.line
  if line == 0 or 2 * line >= math.min(width, height) then
    self.pixels:fill(x, y, width, height, colour)
  else
    self.pixels:fill(x, y, width, line, colour)
    self.pixels:fill(x, y + height - line, width, line, colour)
    self.pixels:fill(x, y, line, height, colour)
    self.pixels:fill(x + width - line, y, line, height, colour)
  end
  return self
end


-- The canvas as the bytes of a PNG file.
function Canvas:png()
  return self.pixels:encode()
end


-- The pixels: height x width x channels bytes.
function Canvas:bytes()
  return self.pixels:bytes()
end


-- Writes the PNG file: true, or nil and a message.
function Canvas:save(path)
  return core.file.save(path, self:png())
end


-- The image in a PNG file: {width =, height =, channels =, data =}, or nil and a message.
function canvas.read(path)
  local data, why = core.file.read(path)
  if not data then return nil, why end
  return png.decode(data, path)
end


-- An image from an array of numbers in [0, 1], height x width x channels of them.
-- What lies outside is cut, and NaN is 0.
function canvas.tile(width, height, channels, values)
  if #values ~= width * height * channels then
    fail("canvas.tile: got %d values, wanted %d x %d x %d", #values, width, height, channels)
  end
  local rows, n, byte = {}, width * channels, {}
  for row = 1, height do
    for i = 1, n do
      local v = values[(row - 1) * n + i]
      byte[i] = string.char(v > 0 and (v < 1 and math.floor(v * 255 + 0.5) or 255) or 0)
    end
    rows[row] = table.concat(byte, "", 1, n)
  end
  return {width = width, height = height, channels = channels, data = table.concat(rows)}
end


-- The images of x, a tensor N H W C, or of an array of bytes of that shape, as a list.
-- options: low (0), high (1): what is black and what is white in a tensor; NaN is black.
function canvas.images(x, given)
  local o = options.read("canvas.images", given, {low = 0, high = 1})
  local bytes = x
  if tree.is_tensor(x) then bytes = x:bytes(o.low, o.high) end
  if not tree.is_bytes(bytes) then
    check.wrong("canvas.images", "x", x, "a tensor or bytes, N H W C")
  end
  local n, height, width, channels = table.unpack(bytes:shape())
  if channels ~= 1 and channels ~= 3 then
    fail("canvas.images: got the shape %s, wanted N H W C with 1 or 3 channels",
      table.concat(bytes:shape(), " "))
  end
  local list, size = {}, height * width * channels
  for i = 1, n do
    list[i] = {width = width, height = height, channels = channels,
      data = bytes:string((i - 1) * size + 1, i * size)}
  end
  return list
end


-- the text in lines of at most `width`, broken after a comma or a semicolon, or where what
-- lies between two of these is wider than a line, after a word
local function wrap(text, width, scale)
  local lines = {}
  local function fits(s) return png.textwidth(s, scale) <= width end
  for line in lines_of(text) do
    local now
    local function add(part)
      local longer = now and now .. " " .. part or part
      if now and not fits(longer) then
        lines[#lines + 1], now = now, part
      else
        now = longer
      end
    end
    for clause in line:gsub("([,;])%s+", "%1\0"):gmatch "[^\0]+" do
      if fits(clause) then
        add(clause)
      else
        for word in clause:gmatch "%S+" do add(word) end
      end
    end
    lines[#lines + 1] = now or ""
  end
  return table.concat(lines, "\n")
end


-- the places of n tiles of one size in a row, and where the row ends
local function places(n, size, gap, breaks, wide)
  local at, broken, x = {}, {}, gap
  for _, i in ipairs(breaks) do broken[i] = true end
  for i = 1, n do
    at[i] = x
    x = x + size + gap + (broken[i] and i < n and wide + gap or 0)
  end
  return at, x
end


-- the size and the number of channels that all images share
local function common_size(images, n)
  local first, channels
  for i = 1, n do
    local m = images[i]
    if m and type(m) ~= "table" then
      fail("canvas.grid: image %d is a %s, wanted an image, a canvas or false", i, type(m))
    elseif m then
      if type(m.width) ~= "number" or type(m.height) ~= "number" then
        fail("canvas.grid: image %d: got width %s and height %s, wanted numbers", i, m.width,
          m.height)
      end
      first = first or m
      channels = math.max(channels or 1, m.channels or 1)
      if m.width ~= first.width or m.height ~= first.height then
        fail("canvas.grid: image %d has %s x %s pixels, the ones before it %s x %s", i, m.width,
          m.height, first.width, first.height)
      end
    end
  end
  if not first then
    fail "canvas.grid: got no image, wanted a list of one or more, or a tensor [n h w c]"
  end
  return first.width, first.height, channels
end


-- the widest and the highest of some labels
local function extent(labels, n, scale)
  local width, height = 0, 0
  for i = 1, n do
    if labels[i] then
      local w, h = canvas.measure(labels[i], {scale = scale})
      width, height = math.max(width, w), math.max(height, h)
    end
  end
  return width, height
end


local GRID = {
  columns = 0, scale = 0, gap = 2, text = 0, title = "", caption = "", column_title = "",
  row_labels = {}, column_labels = {}, row_breaks = {}, column_breaks = {},
}


-- Pictures have at most 65,535 pixels in a row, and a pixel becomes 64 x 64 at most.
local MOST = {columns = 65535, scale = 64, gap = 65535, text = 64}


-- A canvas with the images in rows, from the left and the top: a list, in which `false` leaves a
-- place empty, or a tensor [n h w c] in [0, 1].
-- options:
--   columns        images in a row (0: all)
--   scale          pixels to a pixel (0: so that an image is about 64 pixels wide)
--   gap            the width of the lines between images (2)
--   text           the scale of the text (0: 1 to 3, by the size of the images)
--   title, caption texts above and below, broken to the width of the picture
--   row_labels     what stands left of each row; "\n" starts a new line
--   column_labels  what stands above each column, turned where it is too long
--   column_title   what stands above the column labels
--   row_breaks, column_breaks
--                  the rows and columns, as a list, that a wider gap follows
function canvas.grid(images, given)
  local o = options.read("canvas.grid", given, GRID)
  if tree.is_tensor(images) then images = canvas.images(images) end
  check.table("canvas.grid", "images", images)
  local n = #images
  local width, height, channels = common_size(images, n)
  for name, most in pairs(MOST) do
    if not math.tointeger(o[name]) or o[name] < 0 or o[name] > most then
      error(("canvas.grid: option '%s': got %s, wanted an integer in 0..%d"):format(name, o[name],
        most), 2)
    end
  end
  local columns = o.columns > 0 and o.columns or n
  local rows = (n + columns - 1) // columns
  local scale = o.scale > 0 and o.scale or math.max(1, (64 + width // 2) // width)
  width, height = width * scale, height * scale
  local text = o.text > 0 and o.text or math.max(1, math.min(3, (width + 47) // 48))
  local gap, pad = o.gap, 6 * text

  local left_width, label_height = extent(o.row_labels, rows, text)
  local longest, above_height = extent(o.column_labels, columns, text)
  local turned = longest > width + gap
  if turned then above_height = longest end
  local left = pad + (left_width > 0 and left_width + pad or 0)
  local pitch = label_height > height and label_height + 4 * text or height
  local xs, grid_width = places(columns, width, gap, o.column_breaks, pad)
  local ys, grid_height = places(rows, pitch, gap, o.row_breaks, pad)
  local sheet_width = left + grid_width + pad
  local room = math.max(sheet_width - 2 * pad, 120 * text)

  local texts = {}   -- {text, x, y, colour}: what stands above and below the grid
  local function put(s, x, y, colour)
    local w, h = canvas.measure(s, {scale = text})
    sheet_width = math.max(sheet_width, x + w + pad)
    texts[#texts + 1] = {s, x, y, colour}
    return y + h
  end
  local top = pad
  if o.title ~= "" then top = put(wrap(o.title, room, text), pad, top, 0) + pad end
  if o.column_title ~= "" then
    local words = wrap(o.column_title, math.max(grid_width, room - left), text)
    local w = canvas.measure(words, {scale = text})
    top = put(words, left + math.max(0, (grid_width - w) // 2), top, 0) + pad // 2
  end
  local labels_at = top
  if above_height > 0 then top = top + above_height + pad // 2 end
  local bottom = top + grid_height + pad
  if o.caption ~= "" then bottom = put(wrap(o.caption, room, text), pad, bottom, SOFT) + pad end

  local c = canvas.new{width = sheet_width, height = bottom, channels = channels}
  for _, t in ipairs(texts) do c:text(t[2], t[3], t[1], {scale = text, colour = t[4]}) end
  for j = 1, columns do
    local label = o.column_labels[j]
    if label and turned then
      local w, h = canvas.measure(label, {scale = text})
      c:text(left + xs[j] + (width - h) // 2, labels_at + above_height - w, label,
        {scale = text, turned = true})
    elseif label then
      c:text(left + xs[j] + width // 2, labels_at, label, {scale = text, align = "centre"})
    end
  end
  for i = 1, rows do
    local y = top + ys[i] + (pitch - height) // 2
    local label = o.row_labels[i]
    if label then
      local _, h = canvas.measure(label, {scale = text})
      c:text(left - pad, top + ys[i] + (pitch - h) // 2, label, {scale = text, align = "right"})
    end
    for j = 1, columns do
      local m = images[(i - 1) * columns + j]
      if m then
        local x = left + xs[j]
        c:rect(x - gap, y - gap, width + 2 * gap, height + 2 * gap, {colour = GREY})
        c:image(x, y, m, {scale = scale})
      end
    end
  end
  return c
end


-- An animated PNG of canvases of one size. options: delay_ms (100; so long each frame is shown),
-- loops (0: for ever), path: with it the file is written and the result is true, or nil and a
-- message; without it, the bytes of the file.
function canvas.animate(canvases, given)
  local o = options.read("canvas.animate", given, {delay_ms = 100, loops = 0, path = any})
  local frames = {}
  for i, c in ipairs(canvases) do
    if getmetatable(c) ~= Canvas then
      fail("canvas.animate: item %d is a %s, wanted a canvas", i, type(c))
    end
    frames[i] = c.pixels
  end
  local data = png.animate(frames, o.delay_ms, o.loops)
  if o.path then return core.file.save(o.path, data) end
  return data
end


-- what a notebook shows (see teasel.tool.kernel.display)
function Canvas:__display() return {["image/png"] = self:png(), ["text/plain"] = "canvas"} end


check.functions("canvas.", canvas, {
  measure = "text: string", read = "path: string", grid = "images: any",
  tile = "width: count, height: count, channels: count, values: table", animate = "canvases: table",
})
local AT = "x: integer, y: integer, "
check.methods("canvas", Canvas, {
  image = AT .. "image: any", text = AT .. "text: string",
  rect = AT .. "width: integer, height: integer", save = "path: string", png = "", bytes = "",
}, "width height channels pixels")


return canvas
