-- Images in .npz, .npy and HDF5 files as data sets.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local npy = require "teasel.format.npy"
local npz = require "teasel.format.npz"
local real = require("spec.data").folder
local scratch = require "spec.scratch"
local zip = require "teasel.format.zip"

local near, refused = expect.near, expect.refused
local folder

before_each(function() folder = scratch.cached() end)

after_each(function() scratch.remove(folder) end)

-- n images of 2 x 3; all pixels of the i-th are i
local function images(n)
  local parts = {}
  for i = 1, n do parts[i] = string.char(i):rep(6) end
  return T.bytes(table.concat(parts), {n, 2, 3})
end

local function put(name, arrays)
  local path = folder .. "/" .. name
  assert(npz.write(path, arrays))
  return path
end

local function hdf5(name, sets)
  local path = folder .. "/" .. name
  local out <close> = assert(core.file.export(path))
  for _, s in ipairs(sets) do
    local i = assert(out:dataset(s[1], s[2], s[3]))
    assert(out:rows(i, s[4]))
  end
  assert(out:close())
  return path
end

local function first_bytes(s)
  return (s:images() * 255):round():reshape{s:count(), -1}:slice(2, 1, 1):reshape{s:count()}
end

describe("a file of images", function()
  it("has the images, and factors that are a grid as a space", function()
    local factors = T.tensor{{7, 0, -1}, {7, 0, .5}, {7, 3, -1}, {7, 3, .5}}
    local s = assert(T.data.file{put("a.npz", {imgs = images(4), factors = factors}),
      names = {"still", "turn", "light"}})
    assert.same({4, {2, 3, 1}, {"turn", "light"}, {2, 2}}, {s:count(), s.shape, s.factor_names,
      s.space.sizes})
    assert.same({turn = {0, 3}, light = {-1, .5}}, s.space.values)
    near(s:images(T.tensor{3, 1}):mean{2, 3, 4} * 255, {3, 1}, 1e-5)
    near(s:factors(), {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, 0)
  end)

  it("has factors that are no grid as they are, and labels", function()
    local factors = T.tensor{{0, 3.5}, {1, 3.5}, {0, 4}}
    local s = assert(T.data.file{put("b.npz", {x = images(3), factors = factors,
      y = T.tensor{9, 2, 9}})})
    assert.same({"factor1", "factor2"}, s.factor_names)
    assert.is_nil(s.space)
    near(s:factors(), factors, 0)
    near(s:labels(), {1, 0, 1}, 0)
    assert.same({"2", "9"}, s.classes)
  end)

  it("is read from HDF5 as 3D Shapes is laid out, and named as its factors are", function()
    local labels = {}
    for i = 0, 7 do
      labels[#labels + 1] = ("<dddddd"):pack(0, .1 * (i // 4), .5, 1 + i // 2 % 2, 2,
        -30 + 60 * (i % 2))
    end
    local parts = {}
    for i = 1, 8 do parts[i] = string.char(i):rep(12) end
    local s = assert(T.data.file{hdf5("3dshapes.h5", {
      {"images", "uint8", {8, 2, 2, 3}, table.concat(parts)},
      {"labels", "float64", {8, 6}, table.concat(labels)}})})
    assert.same({{2, 2, 3}, {"wall_hue", "scale", "orientation"}, {2, 2, 2}}, {s.shape,
      s.factor_names, s.space.sizes})
    assert.same({-30, 30}, s.space.values.orientation)
    near(s:images(T.tensor{8})[1][1][1] * 255, {8, 8, 8}, 1e-5)
  end)

  it("may have images alone, whose grid its caller or its name knows", function()
    local path = folder .. "/views.npy"
    assert(npy.write(path, images(6)))
    local s = assert(T.data.file{path, names = {"object", "azimuth"}, sizes = {2, 3}})
    near(s:factors(T.tensor{5}), {{1, 1}}, 0)
    assert.is_nil(assert(T.data.file{path}).factor_names)
    refused("file: option 'sizes': got 8 combinations, wanted 6, the images of the file",
      T.data.file, {path, names = {"a", "b"}, sizes = {2, 4}})
  end)

  it("may have a table of factors and classes beside it", function()
    local path = folder .. "/rows.npy"
    assert(npy.write(path, images(3)))
    local function csv(text)
      local f = assert(io.open(folder .. "/rows.csv", "w"))
      f:write(text)
      f:close()
    end
    csv "row,who,turn,eyes\r\n0,bob,10,shut\r\n1,ann,-5,open\r\n2,bob,10,open\r\n"
    local s = assert(T.data.file{path, table = "rows.csv", class = "who"})
    assert.same({{"turn", "eyes"}, {"ann", "bob"}}, {s.factor_names, s.classes})
    near(s:factors(), {{10, 1}, {-5, 0}, {10, 0}}, 0)
    near(s:labels(), {1, 0, 1}, 0)
    assert.is_nil(s.space)
    refused("file: option 'class': got the option 'whom', wanted one of: eyes, turn, who",
      T.data.file, {path, table = "rows.csv", class = "whom"})
    csv "row,turn\n0,1\n1,2\n"
    local t, message = T.data.file{path, table = "rows.csv"}
    assert.same({nil, ("%s/rows.csv: got 2 rows below the head, wanted 3, the images of %s"):format(
      folder, path)}, {t, message})
    assert.is_nil((T.data.file{path, table = "none.csv"}))
  end)

  it("refuses a column of numbers with one text in it, wherever that stands", function()
    local path = folder .. "/rows.npy"
    assert(npy.write(path, images(8)))
    for at = 1, 8 do
      local rows = {"row,turn"}
      for i = 1, 8 do rows[i + 1] = ("%d,%s"):format(i, i == at and "x" or "3") end
      scratch.write(folder, "rows.csv", table.concat(rows, "\n"))
      local s, message = T.data.file{path, table = "rows.csv"}
      assert.same({nil, ("%s/rows.csv: line %d, column 2 (turn): got 'x', wanted a number as in "
        .. "line %d"):format(folder, at + 1, at == 1 and 3 or 2)}, {s, message})
    end
  end)

  it("leaves out the first column of a table only where it says which image is meant", function()
    local path = folder .. "/rows.npy"
    assert(npy.write(path, images(3)))
    local function names(text, class)
      scratch.write(folder, "rows.csv", text)
      return assert(T.data.file{path, table = "rows.csv", class = class}).factor_names
    end
    assert.same({"x", "size"}, names "x,size\n.5,1\n.25,2\n.5,1\n")
    assert.same({"x", "size"}, names "x,size\n5,1\n6,2\n7,1\n")
    assert.same({"kind", "size"}, names "kind,size\nflat,1\nround,2\nflat,1\n")
    assert.same({"x"}, names "x\n0\n1\n2\n")
    assert.same({"size"}, names("id,size\n0,1\n1,2\n2,1\n", "id"))
    for _, first in ipairs{"i,0,1,2", "i,1,2,3", ",7,7,9", "name,a.png,b.png,c.png"} do
      local head, a, b, c = first:match "(%w*),([%w.]+),([%w.]+),([%w.]+)"
      assert.same({"size"}, names(("%s,size\n%s,1\n%s,2\n%s,1\n"):format(head, a, b, c)))
    end
  end)

  it("of dSprites has the same bits drawn, as HDF5 and as .npz", function()
    local part = {shape = {0, 2}, scale = {1, 5}, orientation = {0, 9, 30}, posX = {3, 28},
      posY = 7}
    local drawn = T.data.dsprites(part)
    local path = folder .. "/dsprites.h5"
    assert(T.data.dsprites.export(path, part))
    local wanted = drawn:images()
    local bits = core.file.import_read(path, "imgs", {type = "uint8"})
    local classes = core.file.import_read(path, "latents/classes", {type = "uint8"})
    local n = drawn:count()
    local packed = put("dsprites.npz", {imgs = T.bytes(bits, {n, 64, 64}),
      latents_classes = T.bytes(classes, {n, 6})})
    for _, s in ipairs{assert(T.data.dsprites{path = path}), assert(T.data.file{path}),
      assert(T.data.file{packed})} do
      assert.is_true(T.eq(s:images(), wanted):min():item() == 1)
      assert.same({"shape", "scale", "orientation", "posX"}, s.factor_names)
      assert.same({2, 2, 3, 2}, s.space.sizes)
    end
  end)

  it("has numbers in 0..1 too", function()
    local x = T.linspace(0, 1, 12):reshape{2, 2, 3}
    local s = assert(T.data.file{put("r.npz", {data = x})})
    near(s:images(), x:reshape{2, 2, 3, 1}, 0)
    local t, message = T.data.file{put("s.npz", {data = x * 2})}
    assert.is_nil(t)
    assert.matches("'data' has values from 0 to 2, wanted bytes, or numbers in 0..1", message)
  end)

  it("of zeros and ones is white at 1, and otherwise at 255 or where it is told", function()
    local ones = T.bytes(("\0\1\1\0\1\0"):rep(2), {2, 2, 3})
    assert.equal(1, assert(T.data.file{put("o.npz", {x = ones})}):images():max():item())
    near(assert(T.data.file{put("p.npz", {x = ones}), white = 255}):images():max(), 1 / 255)
    near(first_bytes(assert(T.data.file{put("q.npz", {x = images(5)}), white = 10})),
      {25.5, 51, 76.5, 102, 127.5}, 0.02)
    for _, white in ipairs{36, 37, 92, 93} do   -- marks of patterns
      assert.is_truthy((T.data.file{put("q.npz", {x = images(5)}), white = white}))
    end
    local s, message = T.data.file{put("q.npz", {x = images(5)}), white = 4}
    assert.is_nil(s)
    assert.matches("'x' has values above 4", message)
  end)

  it("that is damaged or has no images is refused by name", function()
    local function fails(message, o)
      local s, got = T.data.file(o)
      assert.is_nil(s)
      assert.is_truthy(got:find(o[1], 1, true) and got:find(message, 1, true), got)
    end
    fails("No such file", {folder .. "/none"})
    local path = put("a.npz", {imgs = images(4), y = T.tensor{1, 2}})
    fails("has no 'z', but imgs [4 2 3] uint8, y [2] float", {path, images = "z"})
    fails("'y' is [2], wanted images [n h w] or [n h w c]", {path, images = "y"})
    fails("'y' is [2], wanted [4 K] or [4] beside the images 'imgs' [4 2 3]", {path, factors = "y"})
    local f = io.open(path, "rb")
    local text = f:read "a"
    f:close()
    f = io.open(folder .. "/cut.npz", "wb")
    f:write(text:sub(1, #text // 2))
    f:close()
    fails("", {folder .. "/cut.npz"})
    f = io.open(folder .. "/text", "wb")
    f:write "hello"
    f:close()
    fails("is neither .npz, .npy nor HDF5", {folder .. "/text"})
    fails("has no images, an array [n h w] or [n h w c], but y [2]", {put("n.npz",
      {y = T.tensor{1, 2}})})
    refused("file: got no path", T.data.file, {})
    refused("file: option 'names': got 1 names, wanted 2", T.data.file,
      {put("m.npz", {x = images(2), factors = T.tensor{{1, 5}, {2, 5}}}), names = {"a"}})
  end)

  it("is not read without what has a usual name and does not fit", function()
    local function fails(message, name, arrays, o)
      o = o or {}
      o[1] = put(name, arrays)
      local s, got = T.data.file(o)
      assert.same({nil, o[1] .. ": " .. message}, {s, got})
      return o[1]
    end
    local way = " beside the images 'x' [4 2 3]"
    local path = fails("'factors' is [3 2], wanted [4 K] or [4]" .. way
      .. "; factors = false leaves it out", "a.npz", {x = images(4), factors = T.zeros{3, 2}})
    assert.is_nil(assert(T.data.file{path, factors = false}).factor_names)
    fails("'labels' is [3], wanted [4] or [4 1]" .. way .. "; labels = false leaves it out",
      "b.npz", {x = images(4), labels = T.zeros(3)})
    fails("'y' is [4 2], wanted [4] or [4 1]" .. way .. "; labels = false leaves it out", "c.npz",
      {x = images(4), y = T.zeros{4, 2}})
    fails("'labels' is [3 2], wanted [4 K] or [4]" .. way .. "; factors = false leaves it out",
      "d.npz", {x = images(4), labels = T.zeros{3, 2}})
    fails("'labels' is [4 2], wanted [4] or [4 1]" .. way .. "; labels = false leaves it out",
      "e.npz", {x = images(4), labels = T.zeros{4, 2}, factors = T.zeros{4, 3}})
    fails("'labels' is [3], wanted [4] or [4 1]" .. way, "f.npz", {x = images(4),
      labels = T.zeros(3)}, {labels = "labels"})
    fails("'factors' has nan in row 3, column 2 (from 1), wanted finite numbers", "g.npz",
      {x = images(3), factors = T.tensor{{1, 2}, {1, 3}, {2, 0 / 0}}})
    fails("'y' has nan in row 2, column 1 (from 1), wanted finite numbers", "h.npz",
      {x = images(3), y = T.tensor{1, 0 / 0, 2}})
    fails("has no factors that the option 'names' could name, but x [2 2 3] uint8", "i.npz",
      {x = images(2)}, {names = {"a"}})
    fails("'x' is [0 2 3], wanted images [n h w] or [n h w c], one or more", "j.npz",
      {x = T.bytes("", {0, 2, 3})})
  end)

  it("has one factor of an array [n], and classes of one [n 1]", function()
    local s = assert(T.data.file{put("a.npz", {x = images(3), factors = T.tensor{.5, 2, .5},
      y = T.tensor{{7}, {5}, {7}}}), names = {"turn"}})
    assert.same({{"turn"}, {"5", "7"}}, {s.factor_names, s.classes})
    near(s:factors(), {{.5}, {2}, {.5}}, 0)
    near(s:labels(), {1, 0, 1}, 0)
  end)

  it("names an array of text by what it holds", function()
    local path = folder .. "/t.npz"
    local head = "{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }\n"
    assert(zip.write(path, {{"imgs.npy", npy.encode(T.bytes("ab", {2, 1, 1}))},
      {"labels.npy", ("\x93NUMPY\1\0<I2"):gsub("<I2", ("<I2"):pack(#head)) .. head,
        "a\0\0\0b\0\0\0"}}, false))
    local s, message = T.data.file{path, images = "x"}
    assert.same({nil, path .. ": has no 'x', but imgs [2 1 1] uint8, labels (holds text)"},
      {s, message})
    s, message = T.data.file{path}
    assert.same({nil, path .. ": 'labels': holds text (type '<U1'), wanted numbers: bool, "
      .. "int8..int64, uint8..uint64, float16..float64; labels = false leaves it out"},
      {s, message})
    assert.equal(2, assert(T.data.file{path, labels = false}):count())
  end)

  it("has one source of factors", function()
    local path = put("a.npz", {x = images(2)})
    for option, value in pairs{names = {"a"}, sizes = {2}, factors = "f", labels = "l"} do
      refused(("file: got the option '%s' beside 'table', which says all of that"):format(option),
        T.data.file, {path, table = "a.csv", [option] = value})
    end
    refused("file: got the option 'factors' beside 'sizes'", T.data.file,
      {path, sizes = {2}, names = {"a"}, factors = "f"})
    refused("file: got the option 'class' without 'table'", T.data.file, {path, class = "a"})
    refused("file: option 'labels': got true, wanted a string", T.data.file, {path, labels = true})
  end)

  it("has all its options in what help shows", function()
    expect.options_told("data.file", T.data.file, {"x", unknown = 1})
  end)

  it("survives damage in any place #slow", function()
    local good = {put("a.npz", {imgs = images(4), factors = T.tensor{{1, 2}, {1, 3}, {2, 2},
      {2, 3}}})}
    local f = io.open(good[1], "rb")
    local text = f:read "a"
    f:close()
    local stream, n = T.stream(1), tonumber(os.getenv "TEASEL_MUTANTS") or 600
    local at = stream:integers({n}, 1, #text):table()
    local by = stream:integers({n}, 0, 255):table()
    local opened = 0
    for i = 1, n do
      local p = math.tointeger(at[i])
      local path = scratch.write(folder, "mutant.npz", text:sub(1, p - 1),
        string.char(math.tointeger(by[i])), text:sub(p + 1))
      local ok, s, message = pcall(T.data.file, {path})
      assert.is_true(ok, s)
      assert.is_true(s ~= nil or message:find(path, 1, true) ~= nil, message)
      opened = opened + (s and 1 or 0)
    end
    assert.is_true(opened < n)
  end)
end)

describe("real files of arrays", function()
  local function at(name)
    local path = real and real .. "/real/" .. name
    local f = path and io.open(path)
    if f then f:close() end
    return f and path
  end

  it("of dSprites are read: 12 images as the release has them", function()
    local path = at "codes_factors/dsprites_excerpt/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
    if not path then return pending "no excerpt of dSprites in shared/data/real" end
    local s = assert(T.data.file{path})
    assert.same({12, {64, 64, 1}, "posY"}, {s:count(), s.shape, s.factor_names[6]})
    assert.equal(1, s:images():max():item())
  end)

  it("whose labels are Python objects are read without them, or refused", function()
    local path = at "cmu_faces/cmu_faces_half_size.npz"
    if not path then return pending "no CMU faces in shared/data/real" end
    local s = assert(T.data.file{path, labels = false})
    assert.same({624, {60, 64, 1}}, {s:count(), s.shape})
    assert.is_nil(s.classes)
    for _, labels in ipairs{"", "labels"} do
      local t, message = T.data.file{path, labels = labels}
      assert.is_nil(t)
      assert.matches("'labels': holds Python objects, which are never read", message)
      assert.equal(labels == "", message:find "; labels = false leaves it out" ~= nil)
    end
    s = assert(T.data.cmu_faces{path = path})
    assert.same({{"pose", "expression", "eyes"}, 20, "quinn"}, {s.factor_names, #s.classes,
      s.classes[s:labels(T.tensor{1}):item() + 1]})
    -- each pose of about a quarter of the faces
    for pose = 0, 3 do
      local share = T.eq(s:factors():slice(2, 1, 1), pose):mean():item()
      assert.is_true(math.abs(share - 1 / 4) < 0.01, share)
    end
  end)
end)
