-- Sets in .mat files of MATLAB 5: small ones in exactly their layouts, real ones, damaged ones.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local mat = require "teasel.format.mat"
local real = require("spec.data").folder
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused
local folder

before_each(function() folder = scratch.cached() end)

after_each(function() scratch.remove(folder) end)

local function write(name, data) return scratch.write(folder, name, data) end

-- a writer of .mat files, in the order of bytes "<" or ">"
local function maker(order)
  local function element(kind, data)
    if #data <= 4 and kind ~= 14 then   -- in the place of a length
      return (order .. "I4"):pack(#data << 16 | kind) .. data .. ("\0"):rep(4 - #data)
    end
    return (order .. "I4I4"):pack(kind, #data) .. data .. ("\0"):rep(-#data % 8)
  end
  local function matrix(name, class, shape, kind, data)
    local dims = {}
    for i, n in ipairs(shape) do dims[i] = (order .. "i4"):pack(n) end
    return element(14, element(6, (order .. "I4I4"):pack(class, 0))
      .. element(5, table.concat(dims))
      .. element(1, name) .. (kind and element(kind, data) or data))
  end
  local function file(...)
    return ("MATLAB 5.0 MAT-file"):sub(1, 19) .. (" "):rep(105) .. (order .. "I2"):pack(0x0100)
      .. (order == "<" and "IM" or "MI") .. table.concat{...}
  end
  return {matrix = matrix, file = file, doubles = function(list)
    local parts = {}
    for i, v in ipairs(list) do parts[i] = (order .. "d"):pack(v) end
    return table.concat(parts)
  end}
end

local function packed(data)
  local a, b = 1, 0
  for i = 1, #data do
    a = (a + data:byte(i)) % 65521
    b = (b + a) % 65521
  end
  local stream = "\x78\x9c" .. core.archive.deflate(data) .. (">I4"):pack(b << 16 | a)
  return ("<I4I4"):pack(15, #stream) .. stream
end

local function bytes(n, f)
  local list = {}
  for i = 0, n - 1 do list[i + 1] = string.char(f(i)) end
  return table.concat(list)
end

describe("a .mat file", function()
  it("has its arrays in either order of bytes, packed or not", function()
    for _, order in ipairs{"<", ">"} do
      local m = maker(order)
      local x = m.matrix("x", 6, {2, 3}, 9, m.doubles{1, 2, 3, 4, 5, 6.5})
      local y = m.matrix("small", 6, {1, 2}, 2, "\7\8")    -- doubles that are stored as bytes
      local z = order == "<" and packed(x:gsub("x", "z", 1)) or ""
      local f = assert(mat.open(write("a.mat", m.file(x, y, z))))
      near(f:tensor "x", {{1, 3, 5}, {2, 4, 6.5}}, 0)
      near(f:columns "x", {{1, 2}, {3, 4}, {5, 6.5}}, 0)
      near(f:tensor "small", {{7, 8}}, 0)
      if order == "<" then near(f:tensor "z", {{1, 3, 5}, {2, 4, 6.5}}, 0) end
      assert.same("double", f:array "small".class)
    end
  end)

  it("has cells, and refuses text and structures by name", function()
    local m = maker "<"
    local inner = m.matrix("", 9, {1, 6}, 2, "\1\2\3\4\5\6")
    local f = assert(mat.open(write("a.mat", m.file(m.matrix("c", 1, {1, 2}, nil, inner .. inner),
      m.matrix("text", 4, {1, 5}, 2, "hello"), m.matrix("s", 2, {1, 1}, nil, "")))))
    assert.same({"c", "text", "s"}, f.names)
    assert.equal("\1\2\3\4\5\6", f:array "c".cells[2].data)
    for name, why in pairs{text = "'text' is a char, wanted numbers", s = "'s' is a struct",
      none = "has no array 'none'; it has c, text, s"} do
      local x, message = f:tensor(name)
      assert.is_nil(x)
      assert.is_truthy(message:find(folder .. "/a.mat: ", 1, true) and message:find(why, 1, true))
    end
    local x, message = f:tensor "c"
    assert.is_nil(x)
    assert.matches("'c' is a cell, wanted numbers", message)
  end)

  it("is refused where its variables together are larger than all that is unpacked", function()
    local before, m = mat.most, maker "<"
    finally(function() mat.most = before end)
    local list = {}
    for i = 1, 100 do list[i] = i end
    local function one(name) return packed(m.matrix(name, 6, {10, 10}, 9, m.doubles(list))) end
    local path = write("a.mat", m.file(one "x", one "y"))
    mat.most = 2000
    assert.same({"x", "y"}, assert(mat.open(path)).names)
    mat.most = 1500   -- enough for one of them
    local f, message = mat.open(path)
    assert.is_nil(f)
    assert.matches("the zlib data hold more than %d+ bytes", message)
  end)

  it("is refused where it is something else", function()
    for data, why in pairs{[""] = "is no .mat file", ["hello"] = "is no .mat file",
      [("\x89HDF\r\n\26\n"):rep(99)] = "is of version 7.3, which is HDF5"} do
      local f, message = mat.open(write("b.mat", data))
      assert.is_nil(f)
      assert.equal(folder .. "/b.mat: " .. why, message:sub(1, #folder + 8 + #why))
    end
  end)

  it("survives damage in any place", function()
    local m = maker "<"
    local x = m.matrix("x", 6, {2, 3}, 9, m.doubles{1, 2, 3, 4, 5, 6.5})
    local inner = m.matrix("", 9, {1, 6}, 2, "\1\2\3\4\5\6")
    local good = m.file(x, m.matrix("c", 1, {1, 2}, nil, inner .. inner), packed(x))
    local stream, n = T.stream(3), tonumber(os.getenv "TEASEL_MUTANTS") or 300
    local at = stream:integers({n}, 127, #good):table()
    local by = stream:integers({n}, 0, 255):table()
    local path, seen = folder .. "/mutant.mat", 0
    for i = 1, n do
      local p = math.tointeger(at[i])
      local bad = i % 10 == 0 and good:sub(1, p)
        or good:sub(1, p - 1) .. string.char(math.tointeger(by[i])) .. good:sub(p + 1)
      write("mutant.mat", bad)
      local f, message = mat.open(path)
      assert.is_true(f ~= nil or message:find(path, 1, true) == 1, message)
      for _, name in ipairs(f and f.names or {}) do
        local ok, why = f:tensor(name)
        assert.is_true(ok ~= nil or why:find(path, 1, true) == 1, why)
      end
      seen = seen + (f and 1 or 0)
    end
    assert.is_true(seen < n)
  end)
end)

describe("a set in a .mat file", function()
  it("has images down their columns or across, factors and labels", function()
    local m = maker "<"
    -- [6 2], an image a column
    local pixels = bytes(2 * 6, function(i) return 10 * (i // 6) + i % 6 end)
    local path = write("a.mat", m.file(m.matrix("X", 9, {6, 2}, 2, pixels),
      m.matrix("T", 6, {2, 2}, 9, m.doubles{.5, 1, 2, 3}), m.matrix("Y", 9, {2, 1}, 2, "\9\4")))
    local s = assert(T.data.matlab{path, images = "X", side = {2, 3}, factors = "T", labels = "Y",
      names = {"turn", "tilt"}})
    assert.same({2, {2, 3, 1}, {"4", "9"}}, {s:count(), s.shape, s.classes})
    near((s:images() * 255):round():reshape{2, 2, 3}, {{{0, 2, 4}, {1, 3, 5}},
      {{10, 12, 14}, {11, 13, 15}}}, 0)
    near(s:factors(), {{.5, 1}, {2, 3}}, 0)
    near(s:labels(), {1, 0}, 0)
    s = assert(T.data.matlab{path, images = "X", side = {2, 3}, across = true,
      names = {"object"}, sizes = {2}})
    near((s:images(T.tensor{2}) * 255):round():reshape{2, 3}, {{10, 11, 12}, {13, 14, 15}}, 0)
    assert.same({2}, s.space.sizes)
    local t, message = T.data.matlab{path, images = "X", side = 2}
    assert.is_nil(t)
    assert.equal(path .. ": 'X' is [6 2], wanted one axis of 4, the pixels of an image", message)
    refused("matlab: option 'sizes': got 3 combinations, wanted 2", T.data.matlab,
      {path, images = "X", side = {2, 3}, names = {"a"}, sizes = {3}})
    refused("matlab: got no name of images", T.data.matlab, {path})
    path = write("a.mat", m.file(m.matrix("X", 9, {6, 2}, 2, pixels),
      m.matrix("Y", 6, {2, 1}, 9, m.doubles{1, 0 / 0})))
    t, message = T.data.matlab{path, images = "X", side = {2, 3}, labels = "Y"}
    assert.same({nil, path .. ": 'Y' has nan or inf, wanted finite numbers"}, {t, message})
  end)

  it("is Cars3D, a file for each car, in the cache", function()
    local m = maker "<"
    for car = 1, 2 do
      -- red is the car, green the azimuth, blue the elevation
      local parts = {}
      for elevation = 0, 3 do
        for azimuth = 0, 23 do
          for _, v in ipairs{car, azimuth, elevation} do
            parts[#parts + 1] = string.char(v):rep(128 * 128)
          end
        end
      end
      write(("car_%03d_mesh.mat"):format(car), m.file(m.matrix("im", 9, {128, 128, 3, 24, 4}, 2,
        table.concat(parts))))
    end
    local s = assert(T.data.cars3d{folder = folder, size = 16})
    assert.same({192, {16, 16, 3}, {"car", "elevation", "azimuth"}, {2, 4, 24}},
      {s:count(), s.shape, s.factor_names, s.space.sizes})
    local index = T.tensor{1, 26, 120, 192}
    local x = (s:images(index) * 255):round():mean{2, 3}
    near(x, {{1, 0, 0}, {1, 1, 1}, {2, 23, 0}, {2, 23, 3}}, 0)
    near(s:factors(index), {{0, 0, 0}, {0, 1, 1}, {1, 0, 23}, {1, 3, 23}}, 0)
    assert.same({0, 6, 12, 18}, s.space.values.elevation)
    write("car_002_mesh.mat", m.file(m.matrix("im", 9, {2, 2, 3, 24, 4}, 2, ("a"):rep(1152))))
    local t, message = T.data.cars3d{folder = folder, size = 16}
    assert.is_nil(t)
    assert.matches("car_002_mesh.mat: 'im' has the axes %[4 24 3 2 2%]", message)
  end)

  it("is real, where it is there", function()
    local at = real and real .. "/real/"
    if not at or not io.open(at) then return pending "no shared/data/real" end
    local s = assert(T.data.isomap_faces{path = at .. "isomap_faces/face_1024.mat"})
    assert.same({698, {32, 32, 1}, {"light", "turn", "tilt"}}, {s:count(), s.shape, s.factor_names})
    -- the head is bright at the side that the light comes from
    local x, light = s:images(), s:factors():slice(2, 1, 1)
    local left = x:slice(3, 1, 16):mean{2, 3, 4} - x:slice(3, 17, 32):mean{2, 3, 4}
    local a, b = left - left:mean(), (light - light:mean()):reshape{698}
    local r = ((a * b):mean() / ((a * a):mean() * (b * b):mean()):sqrt()):item()
    assert.is_true(math.abs(r) > 0.5, r)
    s = assert(T.data.coil20{path = at .. "coil20/COIL20.mat"})
    assert.same({1440, {20, 72}, 20}, {s:count(), s.space.sizes, #s.classes})
    near(s:labels(), s:factors():slice(2, 1, 1):reshape{1440}, 0)
    s = assert(T.data.frey_faces{path = at .. "frey/frey_rawface.mat"})
    assert.same({1965, {28, 20, 1}}, {s:count(), s.shape})
    s = assert(T.data.cars3d{folder = at .. "cars3d_mat", size = 32})
    assert.same({960, {10, 4, 24}}, {s:count(), s.space.sizes})
    near(s:images(T.tensor{1})[1][1][1], {1, 1, 1})
  end)
end)
