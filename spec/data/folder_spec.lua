-- Folders of pictures: what their files become, and that bad ones are named.

local T = require "teasel"
local cache = require "teasel.data.cache"
local core = require "teasel.core"
local expect = require "spec.expect"
local jpeg = require "spec.jpeg"
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused
local folder

local function write(name, data) return scratch.write(folder, name, data) end

local function pgm(width, height, data, max)
  return ("P5 %d %d %d\n"):format(width, height, max or 255) .. data
end

local function png(width, height, channels, data)
  local image = core.png.image(width, height, channels, 0)
  image:tile(0, 0, 1, data, width, height, channels)
  return image:encode()
end

-- samples of a picture file, as the bytes they would be
local function bytes_of(path)
  return (assert(core.picture.read(path)) * 255):round()
end

before_each(function() folder = scratch.cached() end)

after_each(function() scratch.remove(folder) end)

describe("a JPEG file", function()
  local grey = {}
  for i = 0, 23 * 13 - 1 do grey[i + 1] = string.char((i * 7 + i // 23 * 5) % 200 + 20) end
  grey = table.concat(grey)

  it("is decoded, grey and in colour", function()
    local path = write("a.jpg", jpeg.encode{width = 23, height = 13, channels = 1, data = grey})
    local x = bytes_of(path)
    assert.same({13, 23, 1}, x:shape())
    assert.is_true((x - T.bytes(grey, {13, 23, 1}):take(nil, 1)):abs():max():item() <= 1)
    local rgb = {}
    for i = 0, 16 * 8 - 1 do rgb[i + 1] = string.char(i, 255 - i, 5 * (i % 16)) end
    path = write("b.jpg", jpeg.encode{width = 16, height = 8, channels = 3,
      data = table.concat(rgb)})
    local wanted = T.bytes(table.concat(rgb), {8, 16, 3}):take(nil, 1)
    assert.is_true((bytes_of(path) - wanted):abs():max():item() <= 3)
  end)

  it("is turned as its Exif orientation says", function()
    -- dark are the first 8 of 24 columns of the first 8 of 16 rows
    local data = {}
    for y = 0, 15 do
      for x = 0, 23 do data[#data + 1] = string.char(x < 8 and y < 8 and 0 or 100) end
    end
    local corner = {"11", "1e", "ee", "e1", "11", "1e", "ee", "e1"}   -- its row and column after
    for turn = 1, 8 do
      local path = write("t.jpg", jpeg.encode{width = 24, height = 16, channels = 1, exif = turn,
        data = table.concat(data)})
      local x = bytes_of(path)
      local h, w = table.unpack(x:shape())
      assert.same(turn > 4 and {24, 16} or {16, 24}, {h, w})
      for _, at in ipairs{"11", "1e", "e1", "ee"} do
        local row, column = at:sub(1, 1) == "1" and 1 or h, at:sub(2) == "1" and 1 or w
        assert.equal(at == corner[turn] and 0 or 100, x[row][column]:item(), turn .. " " .. at)
      end
    end
  end)

  it("is refused where it is cut off, damaged or CMYK", function()
    local whole = jpeg.encode{width = 23, height = 13, channels = 1, data = grey}
    local function fails(message, data)
      local path = write("bad.jpg", data)
      local x, got = core.picture.read(path)
      assert.is_nil(x)
      assert.is_truthy(got:find(("cannot read '%s': JPEG: "):format(path), 1, true), got)
      assert.is_truthy(got:find(message, 1, true), got)
    end
    fails("Premature end of JPEG file", whole:sub(1, -40))
    fails("Premature end of JPEG file", whole:sub(1, -3))
    fails("Unsupported JPEG process: SOF type 0xc8", whole:gsub("\xff\xc0", "\xff\xc8"))
    fails("its colours are CMYK, wanted grey or RGB", jpeg.encode{width = 8, height = 8,
      channels = 4, data = ("\1\2\3\4"):rep(64), adobe = 0})
    fails("wanted sides of 1 to 65535", whole:gsub("\xff\xc0\0\11\8....",
      "\xff\xc0\0\11\8\xf0\0\xf0\0"))
  end)
end)

describe("a PGM or PPM file", function()
  it("is read with its own maximum, as bytes, pairs or words", function()
    near(core.picture.read(write("a.pgm", pgm(2, 1, "\0\100", 100))), {{{0}, {1}}})
    near(core.picture.read(write("b.pgm", pgm(1, 1, "\x01\x00", 512))), {{{0.5}}})
    near(core.picture.read(write("c.pgm", "P2\r\n# words\r\n2 1\r\n156\r\n156\r\n78 ")),
      {{{1}, {0.5}}})
    near(core.picture.read(write("d.ppm", "P3 1 2 4 0 1 2 3 4 0")), {{{0, .25, .5}}, {{.75, 1, 0}}})
    near(core.picture.read(write("e.ppm", "P6 1 1 255 \255\0\51")), {{{1, 0, .2}}})
    near(core.picture.read(write("f.pgm", "P5#\n1 1 255# 8 bits\n\51")), {{{.2}}})
  end)

  it("is refused where it says something else than it has", function()
    for message, data in pairs{
      ["the file is cut off"] = pgm(2, 2, "abc"), ["something follows"] = pgm(1, 1, "ab"),
      ["its sample is more than 9"] = pgm(1, 1, "\10", 9), ["its maximum is 0"] = pgm(1, 1, "a", 0),
      ["its width is more than 65535"] = "P5 99999999999999999999 1 255 a",
      ["something else where a number belongs"] = "P5 x 1 255 a",
      ["got 0 x 1 pixels"] = "P5 0 1 255 ", ["cut off"] = "P2 9 9 255 1 2",
      ["its maximum is not followed by a white byte"] = "P5 1 1 255xa",
      ["it is neither PNG, JPEG, PGM nor PPM"] = "P52 1 255 ab", ["is cut"] = "P5 1 1 255",
    } do
      local path = write("bad.pgm", data)
      local x, got = core.picture.read(path)
      assert.is_nil(x)
      assert.is_truthy(got:find(path, 1, true) and got:find(message, 1, true), got)
    end
  end)

  it("is not blamed where memory runs out", function()
    local path, n, x, message = write("good.pgm", pgm(1, 1, "a")), 0, nil, nil
    local wanted = "cannot read '" .. path .. "': out of memory"
    repeat
      n = n + 1
      core.fail_at(n)
      x, message = core.picture.read(path)
      core.fail_at(0)
      if not x then assert.matches(wanted, message, 1, true) end
    until x
    assert.is_true(n > 2)
  end)
end)

describe("a PNG file", function()
  it("of 16 bits is read with all of them, and a palette's indices on request", function()
    local dir = core.system.folder(folder) and folder
    local made = os.execute(([[/usr/bin/python3 -c '
import struct, sys, zlib
def chunk(k, d): return struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d))
def file(name, depth, kind, rows, more=b""):
    open(sys.argv[1] + "/" + name, "wb").write(b"\x89PNG\r\n\x1a\n" +
        chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, depth, kind, 0, 0, 0)) + more +
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
file("deep.png", 16, 0, b"\0" + struct.pack(">HH", 258, 65535))
file("alpha.png", 16, 4, b"\0" + struct.pack(">HHHH", 0, 32768, 10, 65535))
file("palette.png", 8, 3, b"\0\1\0", chunk(b"PLTE", bytes([9, 8, 7, 255, 0, 51])))
' '%s']]):format(dir))
    assert.is_true(made)
    near(core.picture.read(dir .. "/deep.png"), {{{258 / 65535}, {1}}})
    near(core.picture.read(dir .. "/alpha.png"), {{{32767 / 65535}, {10 / 65535}}})
    near(core.picture.read(dir .. "/palette.png"), {{{1, 0, .2}, {9 / 255, 8 / 255, 7 / 255}}})
    near(core.picture.read(dir .. "/palette.png", true), {{{1}, {0}}})
    local x, message = core.picture.read(dir .. "/deep.png", true)
    assert.is_nil(x)
    assert.matches("it has no palette", message)
  end)
end)

describe("a folder of pictures", function()
  it("is a set of all of them in order, with their folders as classes", function()
    write("p/b/10.pgm", pgm(2, 2, "\10\10\10\10"))
    write("p/b/9.png", png(2, 2, 1, "\9\9\9\9"))
    write("p/a/x.JPG", jpeg.encode{width = 2, height = 2, channels = 1, data = ("\128"):rep(4)})
    write("p/a/notes.txt", "no picture")
    write("p/.hidden/1.pgm", "no picture")
    local s = assert(T.data.folder{folder .. "/p"})
    assert.same({"a/x.JPG", "b/9.png", "b/10.pgm"}, s.files)
    assert.same({3, {2, 2, 1}, {"a", "b"}}, {s:count(), s.shape, s.classes})
    near(s:labels(), {0, 1, 1}, 0)
    near(s:images():mean{2, 3, 4} * 255, {128, 9, 10})
  end)

  it("cuts out the middle and scales it by what each pixel covers", function()
    -- 8 x 4: columns 0, 10, ... 70; its middle 4 x 4 are 20..50
    write("q/a.pgm", pgm(8, 4, ("\0\10\20\30\40\50\60\70"):rep(4)))
    local function rows(o)
      o[1] = folder .. "/q"
      return (assert(T.data.folder(o)):images() * 255):round():slice(2, 1, 1):flatten():table()[1]
    end
    assert.same({25, 45}, rows{size = 2})
    assert.same({15, 55}, rows{size = 2, fit = "stretch"})
    assert.same({35}, rows{size = 1, crop = 2})
    assert.same({30, 40}, rows{crop = 2})
    -- a pixel covers 1.6: the first one of the image and 0.6 of the second, and so on
    assert.same({4, 19, 35, 51, 66}, rows{size = {2, 5}, fit = "stretch"})
    local wide = rows{size = {4, 16}, fit = "stretch"}   -- linear between pixels
    assert.same({0, 3, 8, 13}, {wide[1], wide[2], wide[3], wide[4]})
    local lanczos = rows{size = {4, 16}, fit = "stretch", filter = "lanczos"}
    assert.is_true(lanczos[1] == 0 and lanczos[16] > 70 and lanczos[8] < lanczos[9])
  end)

  it("is decoded as far as it is seen, to the same bits", function()
    local data = {}
    for i = 0, 40 * 70 - 1 do
      local x, y = i % 40, i // 40
      data[i + 1] = string.char((x * 3 + y * 2) % 256, (y * y) % 256, (x * y) % 256)
    end
    local bytes = jpeg.encode{width = 40, height = 70, channels = 3, data = table.concat(data)}
    local path = write("c/a.jpg", bytes)
    local all = bytes_of(path)
    for _, rows in ipairs{70, 39, 8, 1} do
      local s = assert(T.data.folder{folder .. "/c", crop = {rows, 24}})
      local from = (70 - rows) // 2
      near(s:images()[1] * 255, all:slice(1, from + 1, from + rows):slice(2, 9, 32), 1e-3)
    end
    write("c/a.jpg", bytes:sub(1, -40))
    local s, message = T.data.folder{folder .. "/c", crop = {8, 8}}
    assert.is_nil(s)
    assert.matches("a.jpg': JPEG: Premature end of JPEG file", message)
  end)

  it("much larger than the result is decoded smaller, to almost the same values", function()
    local data = {}
    for i = 0, 136 * 104 - 1 do
      local x, y = i % 136, i // 136
      data[i + 1] = string.char(math.floor(127 + 60 * math.sin(x / 9) + 50 * math.cos(y / 7)))
    end
    data = table.concat(data)
    write("e/a.jpg", jpeg.encode{width = 136, height = 104, channels = 1, data = data})
    local all = T.bytes(data, {104, 136, 1}):take(nil, 1)
    -- what is taken out begins at 4 and 20: halves and quarters are whole pixels there
    for _, size in ipairs{1, 3, 6, 12} do
      local s = assert(T.data.folder{folder .. "/e", size = size, crop = 96})
      local wanted = all:slice(1, 5, 100):slice(2, 21, 116)
        :reshape{size, 96 // size, size, 96 // size}:mean{2, 4}:reshape{size, size, 1}
      assert.is_true((s:images()[1] * 255 - wanted):abs():max():item() < 1.5)
    end
  end)

  it("makes grey of colours as 0.299 R + 0.587 G + 0.114 B, and colours of grey", function()
    write("r/a.ppm", "P6 1 1 255 \200\100\50")
    near(assert(T.data.folder{folder .. "/r", channels = 1}):images() * 255, {{{{124}}}}, 1e-5)
    write("r/b.pgm", pgm(1, 1, "\77"))
    near(assert(T.data.folder{folder .. "/r"}):images()[2] * 255, {{{77, 77, 77}}}, 1e-5)
  end)

  it("takes files, factors and classes from a CSV file", function()
    for i = 1, 3 do write(("s/i/%d.pgm"):format(i), pgm(1, 1, string.char(i))) end
    write("s/labels.csv", 'file,who,"light, turned",kind\r\ni/3.pgm,ann,-5.5,"a ""b"""\r\n'
      .. 'i/1.pgm,bob,20,z\r\n')
    local s = assert(T.data.folder{folder .. "/s", labels = "labels.csv", class = "who"})
    assert.same({{"light, turned", "kind"}, {"ann", "bob"}}, {s.factor_names, s.classes})
    near(s:images() * 255, {{{{3}}}, {{{1}}}}, 1e-5)
    near(s:factors(), {{-5.5, 0}, {20, 1}}, 0)
    near(s:labels(), {0, 1}, 0)
    assert.is_nil(s.space)
  end)

  it("has levels of texts in the order in which people count, of numbers by value", function()
    local text = "file;size;kind\n"
    for i, row in ipairs{".637;s10", ".04097;s2", "-1;s10"} do
      write(("s/%d.pgm"):format(i), pgm(1, 1, string.char(i)))
      text = ("%s%d.pgm;%s\n"):format(text, i, row)
    end
    write("s/list.csv", text)
    local s = assert(T.data.folder{folder .. "/s", labels = "list.csv", class = "size"})
    assert.same({{"kind"}, {"-1", ".04097", ".637"}}, {s.factor_names, s.classes})
    near(s:labels(), {2, 1, 0}, 0)
    near(s:factors(), {{1}, {0}, {1}}, 0)
    s = assert(T.data.folder{folder .. "/s", labels = "list.csv"})
    near(s:factors(), {{.637, 1}, {.04097, 0}, {-1, 1}})
  end)

  it("refuses a table that has something else than it seems, by line and column", function()
    for i = 1, 3 do write(("s/%d.pgm"):format(i), pgm(1, 1, string.char(i))) end
    local wrong = {
      [": line 3, column 2 (x): got '', wanted a number as in line 2"] =
        "file,x\n1.pgm,.5\n2.pgm,\n3.pgm,1\n",
      [": line 2, column 2 (x): got 'nan', wanted a number as in line 3"] =
        "file,x\n1.pgm,nan\n2.pgm,2\n",
      [": line 2, column 2 (x): got 'nan', wanted a finite number"] =
        "file,x\n1.pgm,nan\n2.pgm,inf\n",
      [": line 2, column 2 (x): got '0x10', wanted a number as in line 3"] =
        "file,x\n1.pgm,0x10\n2.pgm,2\n",
      [": line 3, column 2 (x): got ' ', wanted a number or a text"] =
        "file,x\n1.pgm,round\n2.pgm, \n",
      [": line 2, column 2 (x): got '0,5', wanted a decimal point"] =
        "file;x\n1.pgm;0,5\n2.pgm;1,5\n",
      [": line 3, column 3 (who): got '', wanted a class"] = "file,x,who\n1.pgm,1,ann\n2.pgm,2,\n",
      [": got the file '1.pgm' in the first line, wanted a head"] = "1.pgm,round\n2.pgm,flat\n",
      [": got the number 0.6369617 as the name of column 2, wanted a head"] =
        "1.pgm,0.6369617,yes\n2.pgm,1,no\n",
      [": line 1, column 3: 'x' is the name of column 2 too"] = "file,x,x\n1.pgm,1,2\n",
      [": column 2 has no name, wanted one for each column"] = "file,,x\n1.pgm,1,2\n",
      [": line 4: got '1.pgm', which line 2 has too, wanted each file once"] =
        "file,x\n1.pgm,1\n2.pgm,2\n1.pgm,3\n",
      [": got an empty file, wanted a head and rows"] = "",
    }
    for message, text in pairs(wrong) do
      local path = write("s/list.csv", text)
      local s, got = T.data.folder{folder .. "/s", labels = "list.csv",
        class = text:find "who" and "who" or nil}
      assert.is_nil(s, message)
      assert.is_truthy(got:find(path .. message, 1, true), got)
    end
    local s, got = T.data.folder{folder .. "/s", pattern = "(%w+)%.pgm$", names = {"x"}}
    assert.is_nil(got)
    assert.same({"x"}, s.factor_names)
    write("s/b.pgm", pgm(1, 1, "\1"))
    s, got = T.data.folder{folder .. "/s", pattern = "(%w+)%.pgm$", names = {"x"}}
    assert.same({nil, "folder: option 'pattern': 'x' of 'b.pgm': got 'b', wanted a number as in "
      .. "'1.pgm'"}, {s, got})
  end)

  it("is kept in the cache until a file changes, by settings", function()
    local path = write("t/a.pgm", pgm(2, 2, "\1\1\1\1"))
    local function value(o)
      o[1] = folder .. "/t"
      return (assert(T.data.folder(o)):images() * 255):round():max():item()
    end
    assert.equal(1, value{})
    assert.equal(1, value{size = 1})
    local kept = cache.list()
    assert.same({{"t", 1, {1, 1, 1}}, {"t", 1, {2, 2, 1}}}, (function()
      local list = {}
      for i, k in ipairs(kept) do list[i] = {k.name, k.count, k.shape} end
      table.sort(list, function(a, b) return a[3][1] < b[3][1] end)
      return list
    end)())
    assert.equal(1, value{})
    assert.equal(2, #cache.list())
    core.disk.sleep(0.01)
    write("t/a.pgm", pgm(2, 2, "\2\2\2\2"))
    assert.equal(2, value{})
    assert.same({3, 3 * 4096 + 9}, {cache.remove "t"})
    assert.same({}, cache.list())
    assert.equal(2, value{})
    os.remove(path)
  end)

  it("with a bad file is not kept, and the file is named", function()
    for i = 1, 9 do write(("u/%d.pgm"):format(i), pgm(2, 2, "\1\1\1\1")) end
    local bad = write("u/7.pgm", pgm(2, 2, "\1\1"))
    local function fails(message, o)
      local way = message:find "^cannot read" and (o and o.labels
        and "; the set goes without it where the table does"
        or "; T.data.folder's option 'only', or a table for its 'labels', leaves it out") or ""
      o = o or {}
      o[1] = folder .. "/u"
      local s, got = T.data.folder(o)
      assert.is_nil(s)
      assert.equal(message .. way, got)
      assert.equal("", io.popen(("ls '%s/cache' 2>/dev/null"):format(folder)):read "a")
    end
    fails(("cannot read '%s': PNM: the file is cut off"):format(bad))
    write("u/7.pgm", pgm(2, 3, "\1\1\1\1\1\1"))
    fails(("cannot read '%s': it has 2 x 3 x 1, wanted 2 x 2 x 1 as the others (width, height, "
      .. "channels)"):format(bad))
    write("u/7.pgm", "")
    fails(("cannot read '%s': it is empty"):format(bad))
    write("u/7.pgm", "hello")
    fails(("cannot read '%s': it is neither PNG, JPEG, PGM nor PPM"):format(bad))
    write("u/7.pgm", pgm(2, 2, "\1\1\1\1"))
    fails(("cannot read '%s/u/1.pgm': it has 2 x 2 pixels, wanted at least 3 x 3 (width, height) "
      .. "to take out"):format(folder), {crop = 3})
    write("u/list.csv", "file\nnone.pgm\n")
    fails(("cannot read '%s/u/none.pgm': No such file or directory"):format(folder),
      {labels = "list.csv"})
    write("u/list.csv", "file,a\nnone.pgm\n")
    fails(("%s/u/list.csv: line 2 has 1 columns, wanted 2 as before"):format(folder),
      {labels = "list.csv"})
  end)

  it("has all its options in what help shows", function()
    expect.options_told("data.folder", T.data.folder, {"x", unknown = 1})
  end)

  it("is missing where it is missing or empty, and wants known options", function()
    local s, message = T.data.folder{folder .. "/none"}
    assert.same({nil, folder .. "/none: No such file or directory"}, {s, message})
    core.system.folder(folder .. "/empty")
    s, message = T.data.folder{folder .. "/empty"}
    assert.same({nil, folder .. "/empty: got no picture, wanted one or more"}, {s, message})
    refused("folder: got no path, wanted that of a folder", T.data.folder, {})
    refused("folder: got the option 'sise'", T.data.folder, {"x", sise = 3})
    refused("folder: option 'filter': got the option 'box', wanted one of: area, lanczos",
      T.data.folder, {folder, filter = "box"})
    refused("folder: option 'size': got 0, wanted a side of 1 or more", T.data.folder,
      {folder, size = 0})
    refused("folder: option 'size': got {48, 80, 3}, wanted a side of 1 or more, or {height, "
      .. "width}", T.data.folder, {folder, size = {48, 80, 3}})
    refused("folder: got the option 'names' beside 'labels', which says all of that, wanted one",
      T.data.folder, {folder, labels = "list.csv", names = {"a"}})
    refused("folder: got the option 'only' beside 'labels'", T.data.folder, {folder,
      labels = "list.csv", only = "a"})
    refused("folder: got names alone, wanted both of 'pattern' and 'names'", T.data.folder,
      {folder, names = {"a"}})
    refused("folder: got the option 'class' without 'labels'", T.data.folder, {folder, class = "a"})
    refused("folder: option 'channels': got 2, wanted 1 (grey), 3 (RGB)", T.data.folder,
      {folder, channels = 2})
  end)
end)
