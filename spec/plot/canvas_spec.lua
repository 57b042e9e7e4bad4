-- Canvases: what is put where, the layout of grids, and the files.

local T = require "teasel"
local core = require "teasel.core"
local canvas = require "teasel.plot.canvas"
local scratch = require "spec.scratch"

local BLACK, WHITE, GREY = "\0\0\0", "\255\255\255", "\xb8\xb8\xb8"


local function pixel(c, x, y)
  local at = (y * c.width + x) * c.channels
  return c:bytes():sub(at + 1, at + c.channels)
end


local function plain(width, height, channels, byte)
  return {width = width, height = height, channels = channels,
    data = string.char(byte):rep(width * height * channels)}
end


-- where the pixels of a colour lie: first and last x, first and last y
local function extent(c, colour)
  local bytes, n = c:bytes(), c.channels
  local x0, x1, y0, y1
  for y = 0, c.height - 1 do
    for x = 0, c.width - 1 do
      local at = (y * c.width + x) * n
      if bytes:sub(at + 1, at + n) == colour then
        x0, x1 = math.min(x0 or x, x), math.max(x1 or x, x)
        y0, y1 = math.min(y0 or y, y), math.max(y1 or y, y)
      end
    end
  end
  return x0, x1, y0, y1
end


describe("a canvas", function()
  it("is white, and as large as was asked for", function()
    local c = canvas.new{width = 5, height = 4}
    assert.are.equal(("\255"):rep(60), c:bytes())
    local m = core.png.decode(c:png(), "x")
    assert.are.same({5, 4, 3}, {m.width, m.height, m.channels})
    assert.are.equal("\100", pixel(canvas.new{width = 1, height = 1, channels = 1,
      background = 0x646464}, 0, 0))
  end)

  it("takes images and canvases", function()
    local c = canvas.new{width = 8, height = 8}
    c:image(1, 1, plain(2, 2, 1, 7), {scale = 2})
    c:image(5, 5, canvas.new{width = 2, height = 2, background = 0x010203})
    assert.are.equal("\7\7\7", pixel(c, 1, 1))
    assert.are.equal("\7\7\7", pixel(c, 4, 4))
    assert.are.equal("\1\2\3", pixel(c, 5, 5))
    assert.are.equal(WHITE, pixel(c, 0, 0))
    assert.are.equal(WHITE, pixel(c, 7, 7))
  end)

  it("draws rectangles, filled and as outlines", function()
    local c = canvas.new{width = 10, height = 10, channels = 1}
    c:rect(1, 2, 7, 5, {line = 2})
    local n = select(2, c:bytes():gsub("%z", ""))
    assert.are.equal(7 * 5 - 3 * 1, n)
    c:rect(1, 2, 7, 5)
    assert.are.equal(35, select(2, c:bytes():gsub("%z", "")))
  end)

  it("aligns text at x", function()
    for align, share in pairs{left = 0, centre = 0.5, right = 1} do
      local c = canvas.new{width = 200, height = 30}
      c:text(100, 5, "HNM", {align = align, scale = 1})
      local w, h = canvas.measure("HNM", {scale = 1})
      local x0, x1, y0, y1 = extent(c, BLACK)
      assert.are.same({w, 100 - math.floor(w * share)}, {x1 - x0 + 1, x0})
      assert.are.same({5, 5 + 7 - 1, 9}, {y0, y1, h})   -- capitals have nothing below the line
    end
  end)

  it("starts a line at each \\n", function()
    local w1, h1 = canvas.measure("ab", {scale = 1})
    local w2, h2 = canvas.measure("a\nab\n", {scale = 1})
    assert.are.equal(w1, w2)
    assert.are.equal(h1 + 2 * 11, h2)
  end)

  it("names what it does not know", function()
    assert.error_matches(function() canvas.new{width = 1, heigth = 1} end, "did you mean 'height'")
    assert.error_matches(function() canvas.new{width = 1} end, "'height'")
    assert.error_matches(function()
      canvas.new{width = 1, height = 1}:text(0, 0, "a", {align = "up"})
    end, "got align 'up'")
    assert.error_matches(function() canvas.new{width = 1, height = 1}:image(0, 0, "abc") end,
      "got a string, wanted an image")
  end)
end)


describe("images", function()
  it("come from numbers in 0..1", function()
    local m = canvas.tile(3, 2, 1, {0, 1, 0.5, -3, 7, 0 / 0})
    assert.are.same({0, 255, 128, 0, 255, 0}, {m.data:byte(1, -1)})
    assert.error_matches(function() canvas.tile(2, 2, 1, {0}) end, "got 1 values, wanted 2 x 2 x 1")
  end)

  it("come from tensors N H W C and arrays of bytes", function()
    local x = core.tensor.arange(0, 11):reshape{2, 1, 2, 3}
    local list = canvas.images(x, {low = 0, high = 255})
    assert.are.equal(2, #list)
    assert.are.same({width = 2, height = 1, channels = 3, data = "\6\7\8\9\10\11"}, list[2])
    assert.are.same(list, canvas.images(x:bytes(0, 255)))
    assert.error_matches(function() canvas.images(x:reshape{2, 1, 3, 2}) end,
      "got the shape 2 1 3 2")
  end)
end)


describe("a grid", function()
  local function tiles(n, side)
    local list = {}
    for i = 1, n do list[i] = plain(side, side, 3, i) end
    return list
  end

  it("shows all tiles in rows, each in its place, with lines between", function()
    local c = canvas.grid(tiles(6, 20), {columns = 3, scale = 2, gap = 2})
    local pad = 6
    assert.are.same({2 * pad + 3 * 42 + 2, 2 * pad + 2 * 42 + 2}, {c.width, c.height})
    for i = 1, 6 do
      local colour = string.char(i):rep(3)
      local x0, x1, y0, y1 = extent(c, colour)
      local x, y = pad + 2 + (i - 1) % 3 * 42, pad + 2 + (i - 1) // 3 * 42
      assert.are.same({x, x + 39, y, y + 39}, {x0, x1, y0, y1})
      assert.are.equal(GREY, pixel(c, x - 1, y + 5))
      assert.are.equal(GREY, pixel(c, x + 5, y + 40))
    end
    assert.are.equal(WHITE, pixel(c, 0, 0))
  end)

  it("leaves places of false empty, and the rest of the last row", function()
    local list = tiles(5, 10)
    list[2] = false
    local c = canvas.grid(list, {columns = 3, scale = 1})
    assert.is_nil((extent(c, "\2\2\2")))
    assert.are.equal(WHITE, pixel(c, 6 + 2 + 12 + 5, 6 + 7))
    assert.are.equal(WHITE, pixel(c, 6 + 2 + 2 * 12 + 5, 6 + 12 + 7))
  end)

  it("widens the gap after breaks", function()
    local a = canvas.grid(tiles(4, 10), {columns = 2, scale = 1})
    local b = canvas.grid(tiles(4, 10),
      {columns = 2, scale = 1, column_breaks = {1}, row_breaks = {1, 2}})
    assert.are.same({a.width + 8, a.height + 8}, {b.width, b.height})
  end)

  it("makes room for every text", function()
    local options = {columns = 2, scale = 1}
    local before = canvas.grid(tiles(4, 30), options)
    for _, add in ipairs{
      {"title", "A title"}, {"caption", ("words "):rep(40)}, {"column_title", "z"},
      {"row_labels", {"a", "b\nc\nd\ne\nf"}}, {"column_labels", {"x", "a longer label"}},
    } do
      options[add[1]] = add[2]
      local c = canvas.grid(tiles(4, 30), options)
      assert.is_true(c.width >= before.width and c.height >= before.height)
      assert.is_true(c.width > before.width or c.height > before.height, add[1])
      for i = 1, 4 do   -- no text on a tile
        local x0, x1, y0, y1 = extent(c, string.char(i):rep(3))
        assert.are.same({29, 29}, {x1 - x0, y1 - y0})
        for y = y0, y1 do
          local at = (y * c.width + x0) * 3
          assert.are.equal(string.char(i):rep(90), c:bytes():sub(at + 1, at + 90))
        end
      end
      for x = 0, c.width - 1 do   -- none cut at the edges
        assert.are.equal(WHITE, pixel(c, x, 0))
        assert.are.equal(WHITE, pixel(c, x, c.height - 1))
      end
      for y = 0, c.height - 1 do
        assert.are.equal(WHITE, pixel(c, 0, y))
        assert.are.equal(WHITE, pixel(c, c.width - 1, y))
      end
      before = c
    end
  end)

  it("breaks texts between what commas part, and keeps them as wide as the images", function()
    local function drawn(options)
      options.columns, options.scale, options.text = 3, 1, 1
      return canvas.grid(tiles(3, 40), options)
    end
    local title = "Mathieu et al., z = 512, s = 64, step 600"
    assert.is_true(drawn{title = "Mathieu et al., z = 512,\ns = 64, step 600"}:png()
      == drawn{title = title}:png())
    local long = "content from one image to the other; downwards: style"
    assert.are.equal(drawn{}.width, drawn{column_title = long}.width)
    assert.is_true(drawn{column_title = "content from one image\nto the other;\n"
      .. "downwards: style"}:png() == drawn{column_title = long}:png())
  end)

  it("is grey of grey images and coloured of others", function()
    assert.are.equal(1, canvas.grid({plain(4, 4, 1, 9)}).channels)
    local x = T.stream(1):uniform{3, 4, 4, 1}   -- of a tensor, as of the list of its images
    assert.are.equal(canvas.grid(canvas.images(x), {columns = 2}):png(),
      canvas.grid(x, {columns = 2}):png())
    assert.are.equal(3, canvas.grid({plain(4, 4, 1, 9), plain(4, 4, 3, 9)}).channels)
  end)

  it("refuses images of several sizes, and none", function()
    assert.error_matches(function() canvas.grid{plain(2, 2, 1, 0), plain(2, 3, 1, 0)} end,
      "image 2 has 2 x 3 pixels, the ones before it 2 x 2")
    assert.error_matches(function() canvas.grid{} end, "got no image")
    assert.error_matches(function() canvas.grid(3) end, "got 3, wanted a table")
    assert.error_matches(function() canvas.grid({plain(2, 2, 1, 0)}, {colums = 2}) end,
      "did you mean 'columns'")
    assert.error_matches(function() canvas.grid{{width = 2, height = 2, channels = 1, data = "a"}}
    end, "got 1 bytes, wanted 2 x 2 x 1")
  end)
end)


describe("files", function()
  local folder = scratch.make()
  teardown(function() scratch.remove(folder) end)

  it("hold what was saved", function()
    local c = canvas.grid({plain(5, 5, 3, 9)}, {title = "β"})
    assert(c:save(folder .. "/a.png"))
    assert.are.equal(c:bytes(), assert(canvas.read(folder .. "/a.png")).data)
  end)

  it("hold animations, whose first frame anyone can read", function()
    local a, b = canvas.grid{plain(5, 5, 3, 9)}, canvas.grid{plain(5, 5, 3, 8)}
    assert(canvas.animate({a, b}, {path = folder .. "/b.png", delay_ms = 20}))
    assert.are.equal(a:bytes(), assert(canvas.read(folder .. "/b.png")).data)
    assert.matches("acTL", canvas.animate{a, b})
  end)

  it("that cannot be read or written are named", function()
    local c = canvas.new{width = 1, height = 1}
    local ok, why = c:save(folder .. "/none/a.png")
    assert.is_nil(ok)
    assert.matches("none/a.png", why)
    ok, why = canvas.read(folder .. "/none.png")
    assert.is_nil(ok)
    assert.matches("none.png", why)
    assert(core.file.save(folder .. "/text.png", "not a picture"))
    ok, why = canvas.read(folder .. "/text.png")
    assert.is_nil(ok)
    assert.matches("text.png: not a PNG file", why)
  end)
end)
