-- The PNG codec and the painters of the core: known images, damaged files, failing memory.

local core = require "teasel.core"
local expect = require "spec.expect"
local png = core.png

local MARK = "\137PNG\r\n\26\n"


local crc_of = {}
for byte = 0, 255 do
  local c = byte
  for _ = 1, 8 do c = c & 1 == 1 and c >> 1 ~ 0xedb88320 or c >> 1 end
  crc_of[byte] = c
end

local function crc32(s)
  local crc = 0xffffffff
  for i = 1, #s do crc = crc >> 8 ~ crc_of[(crc ~ s:byte(i)) & 255] end
  return crc ~ 0xffffffff
end


local function adler32(s)
  local a, b = 1, 0
  for i = 1, #s do
    a = (a + s:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return b << 16 | a
end


local function chunk(kind, data)
  return (">I4"):pack(#data) .. kind .. data .. (">I4"):pack(crc32(kind .. data))
end


local function header(width, height, depth, colour, interlace)
  return chunk("IHDR", (">I4I4BBBBB"):pack(width, height, depth, colour, 0, 0, interlace or 0))
end


-- a zlib stream of one stored block
local function stored(s)
  return "\x78\x01\1" .. ("<I2I2"):pack(#s, ~#s & 0xffff) .. s .. (">I4"):pack(adler32(s))
end


-- a PNG file from its parts; rows come with their filter bytes
local function file(head, rows, extra)
  return MARK .. head .. (extra or "") .. chunk("IDAT", stored(rows)) .. chunk("IEND", "")
end


local function chunks(data)
  local list, at = {}, 9
  while at <= #data do
    local n = (">I4"):unpack(data, at)
    local c = {kind = data:sub(at + 4, at + 7), data = data:sub(at + 8, at + 7 + n)}
    c.sound = (">I4"):unpack(data, at + 8 + n) == crc32(c.kind .. c.data)
    list[#list + 1] = c
    at = at + 12 + n
  end
  return list
end


local function noise(width, height, channels, seed)
  local image = png.image(width, height, channels, 0xffffff)
  local v, bytes = seed, {}
  for i = 1, width * height * channels do
    v = (v * 1103515245 + 12345) & 0x7fffffff
    bytes[i] = string.char(v >> 16 & 255)
  end
  local data = table.concat(bytes)
  image:tile(0, 0, 1, data, width, height, channels)
  return image, data
end


describe("encode", function()
  for _, channels in ipairs{1, 3} do
    it(("writes what decode reads, %d channels"):format(channels), function()
      for _, size in ipairs{{1, 1}, {1, 9}, {7, 1}, {33, 20}, {90, 70}} do
        local image, data = noise(size[1], size[2], channels, 7)
        local back = assert(png.decode(image:encode(), "x"))
        assert.are.same({size[1], size[2], channels},
          {back.width, back.height, back.channels})
        assert.is_true(back.data == data)
        assert.is_true(image:bytes() == data)
      end
    end)
  end

  it("writes chunks with sound sums, from IHDR to IEND", function()
    local list = chunks(noise(40, 30, 3, 1):encode())
    for _, c in ipairs(list) do assert.is_true(c.sound) end
    assert.are.equal("IHDR", list[1].kind)
    assert.are.equal("IEND", list[#list].kind)
  end)
end)


describe("decode", function()
  -- what is written by hand here, and the pixels that it means
  local cases = {
    {"grey of 1 bit", header(3, 2, 1, 0), "\0\xA0\0\x40", 1, "\255\0\255\0\255\0"},
    {"grey of 2 bits", header(4, 1, 2, 0), "\0\x1B", 1, "\0\85\170\255"},
    {"grey of 4 bits", header(2, 1, 4, 0), "\0\x0F", 1, "\0\255"},
    {"grey of 16 bits, rounded", header(3, 1, 16, 0), "\0\0\0\x80\x00\xff\xff", 1, "\0\128\255"},
    {"a palette", header(4, 1, 2, 3), "\0\x24", 3, "\1\2\3\7\8\9\4\5\6\1\2\3",
      chunk("PLTE", "\1\2\3\4\5\6\7\8\9")},
    {"a palette with transparency", header(2, 1, 1, 3), "\0\x40", 3, "\255\255\255\4\5\6",
      chunk("PLTE", "\1\2\3\4\5\6") .. chunk("tRNS", "\0")},
    {"a palette whose last bits of a row mean no pixel", header(3, 1, 1, 3), "\0\x1F", 3,
      "\1\2\3\1\2\3\1\2\3", chunk("PLTE", "\1\2\3")},
    {"a palette of 8 bits, partly transparent", header(3, 1, 8, 3), "\0\2\0\1", 3,
      "\7\8\9\255\255\255\4\5\6", chunk("PLTE", "\1\2\3\4\5\6\7\8\9") .. chunk("tRNS", "\0\255")},
    {"an interlaced palette", header(3, 2, 4, 3, 1), "\0\x10\0\0\0\x20\0\x01\x20", 3,
      "\4\5\6\7\8\9\1\2\3\1\2\3\4\5\6\7\8\9", chunk("PLTE", "\1\2\3\4\5\6\7\8\9")},
    {"RGB of 16 bits", header(1, 1, 16, 2), "\0\x10\x00\x20\x00\x30\x00", 3, "\16\32\48"},
    {"grey with alpha", header(3, 1, 8, 4), "\0\100\255\100\0\0\128", 1, "\100\255\127"},
    {"RGB with alpha", header(2, 1, 8, 6), "\0\9\8\7\255\9\8\7\0", 3, "\9\8\7\255\255\255"},
    {"grey with a transparent value", header(2, 1, 8, 0), "\0\5\6", 1, "\255\6",
      chunk("tRNS", "\0\5")},
    {"rows with filters", header(2, 3, 8, 0), "\1\10\5\2\1\1\4\1\1", 1, "\10\15\11\16\12\17"},
    {"text and an unknown chunk", header(1, 1, 8, 0), "\0\77", 1, "\77",
      chunk("tEXt", "Title\0x") .. chunk("zzZz", "?")},
  }
  for _, case in ipairs(cases) do
    local name, head, rows, channels, pixels, extra = table.unpack(case, 1, 6)
    it("reads " .. name, function()
      local m = assert(png.decode(file(head, rows, extra), "x"))
      assert.are.equal(channels, m.channels)
      assert.are.same({pixels:byte(1, -1)}, {m.data:byte(1, -1)})
    end)
  end

  it("reads interlaced rows", function()
    -- Adam7 of the 3 x 3 image 1..9: its passes hold 1; -; -; 3; 7 9; 2 8; 4 5 6
    local rows = "\0\1" .. "\0\3" .. "\0\7\9" .. "\0\2" .. "\0\8" .. "\0\4\5\6"
    local m = assert(png.decode(file(header(3, 3, 8, 0, 1), rows), "x"))
    assert.are.same({1, 2, 3, 4, 5, 6, 7, 8, 9}, {m.data:byte(1, -1)})
  end)

  it("refuses a colour that the palette does not have, in rows of any kind", function()
    local palette = chunk("PLTE", "\1\2\3\4\5\6\7\8\9")
    for _, case in ipairs{
      {header(4, 1, 2, 3), "\0\x27", 4, 3},
      {header(2, 1, 4, 3), "\0\x1F", 2, 15},
      {header(2, 1, 8, 3), "\0\3\1", 1, 3},
      {header(2, 1, 8, 3), "\0\0\255", 2, 255, chunk("tRNS", "\0")},
      {header(3, 2, 4, 3, 1), "\0\x10\0\0\0\x40\0\x01\x20", 2, 4},
    } do
      local m, why = png.decode(file(case[1], case[2], palette .. (case[5] or "")), "x.png")
      assert.is_nil(m)
      assert.equal(("x.png: the pixel in row 1, column %d has colour %d of a palette of 0 to 2")
        :format(case[3], case[4]), why)
    end
  end)

  it("refuses a file cut anywhere, and says so", function()
    local data = noise(9, 7, 3, 3):encode()
    for n = 0, #data - 1 do
      local m, why = png.decode(data:sub(1, n), "some.png")
      assert.is_nil(m)
      assert.matches("^some.png: ", why)
    end
    local _, why = png.decode(data:sub(1, 60), "some.png")
    assert.matches("cut off", why)
  end)

  it("refuses a file with any one byte changed", function()
    local data = noise(9, 7, 1, 3):encode()
    for n = 1, #data do
      local bad = data:sub(1, n - 1) .. string.char(data:byte(n) ~ 0x11) .. data:sub(n + 1)
      assert.is_nil((png.decode(bad, "x")), "byte " .. n)
    end
  end)

  it("refuses what claims too much before it takes memory", function()
    core.mark()
    local before = core.memory().peak
    for _, size in ipairs{{65536, 1}, {1, 0x7fffffff}, {20000, 20000}, {0, 5}, {5, 0}} do
      local m, why = png.decode(file(header(size[1], size[2], 8, 2), "\0"), "big")
      assert.is_nil(m)
      assert.matches("^big: got %d+ x %d+ pixels, wanted", why)
    end
    local m, why = png.decode(file(header(8000, 8000, 8, 6), "\0"), "bomb")
    assert.is_nil(m)
    assert.matches("^bomb: the file is cut off", why)
    assert.is_true(core.memory().peak - before < 2 ^ 20)
  end)

  it("says what is no PNG", function()
    assert.are.same({nil, "x: not a PNG file"}, {png.decode("", "x")})
    assert.are.same({nil, "x: not a PNG file"}, {png.decode(("GIF89a"):rep(20), "x")})
  end)
end)


describe("animate", function()
  it("numbers the chunks of all frames, each of which is a sound image", function()
    local frames, datas = {}, {}
    for i = 1, 5 do frames[i], datas[i] = noise(60, 70, 3, i) end
    local list = chunks(png.animate(frames, 250, 3))
    local seq, frame, got = 0, 0, {}
    for i, c in ipairs(list) do
      assert.is_true(c.sound)
      if c.kind == "acTL" then
        assert.are.equal(2, i)
        assert.are.equal((">I4I4"):pack(5, 3), c.data)
      elseif c.kind == "fcTL" then
        frame = frame + 1
        got[frame] = ""
        local n, w, h, x, y, num, den, dispose, blend = (">I4I4I4I4I4I2I2BB"):unpack(c.data)
        assert.are.same({seq, 60, 70, 0, 0, 250, 1000, 0, 0},
          {n, w, h, x, y, num, den, dispose, blend})
        seq = seq + 1
      elseif c.kind == "IDAT" then
        assert.are.equal(1, frame)
        got[1] = got[1] .. c.data
      elseif c.kind == "fdAT" then
        assert.is_true(frame > 1)
        assert.are.equal(seq, (">I4"):unpack(c.data))
        seq = seq + 1
        got[frame] = got[frame] .. c.data:sub(5)
      end
    end
    assert.are.equal(5, frame)
    for i = 1, 5 do
      local one = MARK .. chunk("IHDR", list[1].data) .. chunk("IDAT", got[i]) .. chunk("IEND", "")
      assert.is_true(assert(png.decode(one, "frame")).data == datas[i])
    end
  end)

  it("shows its first frame to who knows no animation", function()
    local a, data = noise(20, 20, 1, 1)
    assert.is_true(png.decode(png.animate({a, (noise(20, 20, 1, 2))}, 100, 0), "x").data == data)
  end)

  it("refuses frames of other sizes, and no frames", function()
    assert.error_matches(function()
      png.animate({png.image(2, 3, 1, 0), png.image(3, 3, 1, 0)}, 100, 0)
    end, "frame 2 has 3 x 3 x 1, frame 1 has 2 x 3 x 1")
    assert.error_matches(function() png.animate({}, 100, 0) end, "wanted a list of 1 to 65535")
    assert.error_matches(function() png.animate({7}, 100, 0) end, "wanted an image")
    assert.error_matches(function() png.animate({png.image(2, 3, 1, 0)}, 0, 0) end, "'delay'")
  end)
end)


describe("memory", function()
  local _, pixels = noise(64, 64, 3, 5)
  local a = noise(64, 64, 3, 5)
  local data = a:encode()
  local rows = {
    encode = function() return a:encode() end,
    decode = function() return assert(png.decode(data, "x")) end,
    animate = function() return png.animate({a, a, a}, 10, 0) end,
    image = function() return png.image(64, 64, 3, 0) end,
  }
  for name, run in pairs(rows) do
    it(name .. " survives every failing allocation and gives all back", function()
      assert.is_true(expect.memory_back(run) > 1)
      assert.is_true(a:bytes() == pixels)
    end)
  end
end)


describe("painting", function()
  local function row(image, y)
    local w, _, c = image:size()
    return {image:bytes():byte(y * w * c + 1, (y + 1) * w * c)}
  end

  it("fills within the image only", function()
    local m = png.image(4, 3, 1, 0)
    m:fill(-5, 1, 7, 100, 0xffffff)
    assert.are.same({0, 0, 0, 0}, row(m, 0))
    assert.are.same({255, 255, 0, 0}, row(m, 1))
    assert.are.same({255, 255, 0, 0}, row(m, 2))
    m:fill(4, 0, 9, 9, 0xffffff)
    m:fill(0, -9, 9, 9, 0xffffff)
    assert.are.same({0, 0, 0, 0}, row(m, 0))
  end)

  it("shows colours as their luma on grey", function()
    local m = png.image(3, 1, 1, 0xff0000)
    m:fill(1, 0, 1, 1, 0x00ff00)
    m:fill(2, 0, 1, 1, 0x0000ff)
    assert.are.same({76, 150, 29}, row(m, 0))
  end)

  it("enlarges pixels to squares and cuts them at the edges", function()
    for scale = 1, 4 do
      for x = -7, 7 do
        for y = -7, 7, 2 do
          local m = png.image(6, 5, 1, 0)
          m:tile(x, y, scale, "\1\2\3\4\5\6", 3, 2, 1)
          local want = {}
          for i = 0, 4 do
            for j = 0, 5 do
              local c, r = (j - x) // scale, (i - y) // scale
              local inside = c >= 0 and c < 3 and r >= 0 and r < 2
              want[#want + 1] = string.char(inside and r * 3 + c + 1 or 0)
            end
          end
          assert.is_true(m:bytes() == table.concat(want))
        end
      end
    end
  end)

  it("puts grey on colour, but not colour on grey", function()
    local rgb, grey = png.image(2, 1, 3, 0x0a0b0c), png.image(1, 1, 1, 0x636363)
    rgb:tile(1, 0, 1, grey)
    assert.are.same({10, 11, 12, 99, 99, 99}, row(rgb, 0))
    assert.error_matches(function() grey:tile(0, 0, 1, rgb) end, "RGB image does not go on a grey")
  end)

  it("refuses data of another length, sizes and places out of range", function()
    local m = png.image(2, 2, 3, 0)
    assert.error_matches(function() m:tile(0, 0, 1, "abc", 2, 2, 1) end,
      "got 3 bytes, wanted 2 x 2")
    assert.error_matches(function() m:tile(0, 0, 65, "a", 1, 1, 1) end, "'scale'")
    assert.error_matches(function() m:tile(2 ^ 40 | 0, 0, 1, "a", 1, 1, 1) end, "'x'")
    assert.error_matches(function() m:tile(0, 0, 1, m) end, "on itself")
    assert.error_matches(function() m:tile(0, 0, 1, "ab", 1, 1, 2) end, "1 %(grey%) or 3 %(RGB%)")
    assert.error_matches(function() png.image(0, 1, 1, 0) end, "'width'")
    assert.error_matches(function() png.image(60000, 60000, 3, 0) end, "at most %d+ pixels")
    assert.error_matches(function() png.image(1, 1, 1, -1) end, "'colour'")
  end)

  it("draws every letter inside its box, and none like another", function()
    local seen = {}
    local function look(letter)
      local w = png.textwidth(letter, 1)
      local m = png.image(w + 4, png.fontheight + 4, 1, 0)
      m:text(2, 2, letter, 1, false, 0xffffff)
      local bytes = m:bytes()
      local inner = png.image(w, png.fontheight, 1, 0)
      inner:tile(-2, -2, 1, m)
      local ink, ink_inside = select(2, bytes:gsub("\255", "")), select(2,
        inner:bytes():gsub("\255", ""))
      assert.are.equal(ink, ink_inside)
      assert.is_true(ink > 0 or letter == " ", letter)
      local key = w .. bytes
      assert.is_nil(seen[key], ("%s looks like %s"):format(letter, tostring(seen[key])))
      seen[key] = letter
    end
    for c = 33, 126 do if c ~= ("0"):byte() then look(string.char(c)) end end
    for _, c in utf8.codes("αβγδεζηθικλμνξπρστφχψωΔΣΩ±²×°·≤≥→≈∞") do look(utf8.char(c)) end
    look("é")   -- the box of what the font does not have
  end)

  it("gives all digits one width", function()
    for d = 0, 9 do assert.are.equal(15, png.textwidth(tostring(d), 3)) end
  end)

  it("turns text by 90 degrees exactly", function()
    for scale = 1, 3 do
      local w, h = png.textwidth("KL 2.3β", scale), png.fontheight * scale
      local flat, up = png.image(w, h, 1, 0), png.image(h, w, 1, 0)
      flat:text(0, 0, "KL 2.3β", scale, false, 0xffffff)
      up:text(0, 0, "KL 2.3β", scale, true, 0xffffff)
      local a, b = flat:bytes(), up:bytes()
      local same = true
      for y = 0, h - 1 do
        for x = 0, w - 1 do
          same = same and a:byte(y * w + x + 1) == b:byte((w - 1 - x) * h + y + 1)
        end
      end
      assert.is_true(same)
    end
  end)

  it("takes any bytes as text", function()
    local m = png.image(50, 20, 3, 0xffffff)
    for c = 0, 255 do
      m:text(-3, -3, string.char(c) .. "\xe2\x88" .. string.char(c), 2, c % 2 == 0, 0)
    end
    m:text(0, 0, ("x"):rep(100000), 64, true, 0)
  end)
end)
