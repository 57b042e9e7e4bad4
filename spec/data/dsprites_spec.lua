-- dSprites: the drawn images against the release, files with its layout, hostile arguments.

local T = require "teasel"
local core = require "teasel.core"
local dsprites = require "teasel.data.generator.dsprites"
local expect = require "spec.expect"
local find = require "teasel.data.find"

local file, sprite = core.file, core.sprite

local function all(x) return x:min():item() == 1 end
local function equal(a, b) return all(T.eq(a, b)) end
local function stream(name) return T.stream(1, name) end

local function with_file(f)
  local path = os.tmpname()
  local ok, message = pcall(f, path)
  os.remove(path)
  if not ok then error(message, 0) end
end

describe("the images of dSprites", function()
  local data = dsprites{}

  it("are numbered as in the release", function()
    assert.equal(737280, data:count())
    assert.same({"shape", "scale", "orientation", "posX", "posY"}, data.space.names)
    local base = {245760, 40960, 1024, 32, 1}
    for k, number in ipairs(base) do
      local levels = T.one_hot(T.tensor{k}, 5)
      assert.equal(1 + number, data.space:index(levels):item())
    end
  end)

  it("stand for the values of the release", function()
    local ends = data.space:physical(data.space:levels(T.tensor{1, 737280})):table()
    assert.same({1, .5, 0, 0, 0}, ends[1])
    assert.same({3, 1, ends[2][3], 1, 1}, ends[2])
    assert.near(2 * math.pi, ends[2][3], 1e-6)
    assert.near(.16110732, data.space.values.orientation[2], 1e-8)
  end)

  it("are those of the release, to the last pixel", function()
    local path, message = find("dsprites_frames.h5")
    if not path then return pending(message) end
    local frames = assert(file.import_read(path, "frames", {type = "uint8"}))
    local factors, _, shape = assert(file.import_read(path, "factors", {type = "uint8"}))
    local levels = core.bytes.bytes(factors, shape):take(nil, 1, 0)
    local index = data.space:index(levels)
    local drawn = sprite.bytes(index)
    assert.equal(#frames, #drawn)
    local wrong = 0
    for i = 1, #frames do
      if frames:byte(i) ~= drawn:byte(i) then wrong = wrong + 1 end
    end
    assert.equal(0, wrong)
  end)

  it("are [n 64 64 1] of 0 and 1, with 50 to 400 pixels set", function()
    local x, levels = data:batch(stream "binary", 500)
    assert.same({500, 64, 64, 1}, x:shape())
    assert.same({500, 5}, levels:shape())
    assert.True(all(T.maximum(T.eq(x, 0), T.eq(x, 1))))
    local area = T.sum(x, {2, 3, 4})
    assert.True(area:min():item() >= 50 and area:max():item() <= 400)
  end)

  it("are the same for levels and numbers, as reals and as bytes", function()
    local levels = data.space:sample(stream "same", 50)
    local index = data.space:index(levels)
    local x = data:images(levels)
    assert.True(equal(x, data:images(index)))
    assert.True(equal(x:reshape{50 * 4096},
      core.bytes.bytes(sprite.bytes(index)):take(nil, 1, 0)))
    assert.same({0, 64, 64, 1}, data:images(T.zeros{0}):shape())
    assert.equal("", sprite.bytes(T.zeros{0}))
  end)

  it("are equal at the first and the last orientation, and only there", function()
    local levels = data.space:sample(stream "turn", 300)
    local function at(orientation)
      return data:images(data.space:fix(levels, "orientation", T.full({1, 1}, orientation)))
    end
    assert.True(equal(at(0), at(39)))
    assert.False(equal(at(0), at(1)))
    assert.False(equal(at(38), at(39)))
  end)

  it("grow with scale, and move right with posX and down with posY", function()
    local across, down = T.arange(1, 64):reshape{1, 1, 64, 1}, T.arange(1, 64):reshape{1, 64, 1, 1}
    local measures = {
      scale = function(x) return T.sum(x, {2, 3, 4}) end,
      posX = function(x) return T.sum(x * across, {2, 3, 4}) / T.sum(x, {2, 3, 4}) end,
      posY = function(x) return T.sum(x * down, {2, 3, 4}) / T.sum(x, {2, 3, 4}) end,
    }
    for factor, measure in pairs(measures) do
      for i, row in ipairs(data.space:sample(stream "move", 20):table()) do
        local m = measure(data:images(data.space:traverse(T.tensor(row), factor))):table()
        for k = 2, #m do assert.True(m[k] > m[k - 1], ("%s, row %d"):format(factor, i)) end
      end
    end
  end)

  it("stay inside the frame", function()
    local corners = dsprites{scale = 5, posX = {0, 31}, posY = {0, 31}}
    local seen = 0
    for x in corners:each(240) do
      assert.equal(0, T.sum(x:slice(2, 1, 1)):item() + T.sum(x:slice(2, 64, 64)):item())
      assert.equal(0, T.sum(x:slice(3, 1, 1)):item() + T.sum(x:slice(3, 64, 64)):item())
      seen = seen + #x
    end
    assert.equal(480, seen)
  end)

  it("can be a part of all, by factors", function()
    local hearts = dsprites{shape = 2, scale = {5, 0}}
    assert.equal(2 * 40 * 1024, hearts:count())
    assert.same({1, .5}, hearts.space.values.scale)
    local x, levels = hearts:batch(stream "part", 30)
    local whole = data.space:index(hearts.space:outer(levels))
    assert.True(equal(x, data:images(whole)))
    assert.True(equal(data.space:column(hearts.space:outer(levels), "shape"), 2))
  end)

  it("are the same on one thread", function()
    local index = stream("threads"):integers({100}, 1, 737280)
    local threads, x = T.threads(), data:images(index)
    T.threads(1)
    local y = data:images(index)
    T.threads(threads)
    assert.True(equal(x, y))
  end)
end)

describe("files of dSprites", function()
  local chosen = {shape = {2, 0}, scale = {0, 5}, orientation = {0, 13, 39}, posX = 7}
  local drawn = dsprites(chosen)

  if not file.export then
    return pending("written files need core.file.export")
  end

  it("hold the images, classes and values of the release", function()
    with_file(function(path)
      assert.True(dsprites.export(path, chosen))
      local imgs, kind, shape = file.import_read(path, "imgs")
      assert.same({384, 64, 64}, shape)
      assert.equal("uint8", kind)
      assert.equal(sprite.bytes(drawn.space:origin(T.arange(1, 384))), imgs)
      local classes, values, from
      classes, kind, shape = file.import_read(path, "latents/classes")
      assert.same({384, 6}, shape)
      assert.equal("int64", kind)
      values, kind, shape = file.import_read(path, "latents/values")
      assert.same({384, 6}, shape)
      assert.equal("float64", kind)
      -- row 2 * 96 + 32 + 3: a square of scale .5, orientation 13, posX 7, posY 2
      from = 48 * (2 * 96 + 32 + 2) + 1
      local c = {("<i8i8i8i8i8i8"):unpack(classes, from)}
      local v = {("<dddddd"):unpack(values, from)}
      assert.same({0, 0, 0, 13, 7, 2}, {table.unpack(c, 1, 6)})
      assert.same({1, 1, .5, 7 / 31, 2 / 31}, {v[1], v[2], v[3], v[5], v[6]})
      assert.near(13 * 2 * math.pi / 39, v[4], 1e-15)
    end)
  end)

  it("are read back as the set they were written from", function()
    for _, gzip in ipairs{0, 4} do
      with_file(function(path)
        assert.True(dsprites.export(path, {shape = chosen.shape, scale = chosen.scale,
          orientation = chosen.orientation, posX = 7, gzip = gzip}))
        local set = assert(dsprites.open(path))
        assert.same(drawn.space.names, set.space.names)
        assert.same(drawn.space.sizes, set.space.sizes)
        assert.same(drawn.space.values, set.space.values)
        local index = T.arange(1, set:count())
        assert.True(equal(drawn:images(index), set:images(index)))
        local x, levels = set:batch(stream "file", 20)
        assert.True(equal(x, drawn:images(levels)))
      end)
    end
  end)

  it("can be opened by dsprites{path = ...}, and in part", function()
    with_file(function(path)
      assert.True(dsprites.export(path, chosen))
      local part = dsprites{path = path, shape = 1, scale = {1}}
      local same = dsprites{shape = 0, scale = {5}, orientation = {0, 13, 39}, posX = 7}
      assert.equal(96, part:count())
      assert.True(equal(part:images(T.arange(1, 96)), same:images(T.arange(1, 96))))
    end)
  end)

  local function write(path, imgs, classes)
    local out = assert(file.export(path))
    out:dataset("imgs", "uint8", imgs.shape)
    out:rows(1, imgs.bytes)
    out:dataset("latents/classes", "int64", {#classes, #classes[1]})
    for _, row in ipairs(classes) do out:rows(2, (("<i8"):rep(#row)):pack(table.unpack(row))) end
    assert(out:close())
  end

  local black = ("\0"):rep(4096)
  local rows = {{0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 6}}
  local bad = {
    {"rows in no order", {shape = {3, 64, 64}, bytes = black:rep(3)},
      {rows[1], {0, 1, 2, 3, 5, 6}, rows[2]}, "not all combinations"},
    {"a row twice", {shape = {2, 64, 64}, bytes = black:rep(2)}, {rows[1], rows[1]},
      "not all combinations"},
    {"levels that dSprites has not", {shape = {2, 64, 64}, bytes = black:rep(2)},
      {rows[1], {0, 1, 2, 3, 4, 32}}, "not all combinations"},
    {"more classes than images", {shape = {1, 64, 64}, bytes = black}, rows,
      "imgs %[1 64 64%] and latents/classes %[2 6%]"},
    {"images of another size", {shape = {2, 32, 64}, bytes = black}, rows, "imgs %[2 32 64%]"},
    {"five latents", {shape = {1, 64, 64}, bytes = black}, {{1, 2, 3, 4, 5}}, "classes %[1 5%]"},
    {"grey pixels", {shape = {2, 64, 64}, bytes = black .. black:sub(2) .. "\2"}, rows,
      "other values than 0 and 1"},
  }
  for _, case in ipairs(bad) do
    it("with " .. case[1] .. " are refused", function()
      with_file(function(path)
        write(path, case[2], case[3])
        local set, message = dsprites.open(path)
        assert.Nil(set)
        assert.truthy(message:find(path, 1, true), message)
        assert.truthy(message:find(case[4]), message)
      end)
    end)
  end

  it("that are missing or of another kind are refused by name", function()
    for _, path in ipairs{"/no/such/file.h5", "README.md"} do
      local set, message = dsprites.open(path)
      assert.Nil(set)
      assert.truthy(message:find(path, 1, true), message)
    end
  end)

  it("that cannot be written are nil and a message", function()
    local ok, message = dsprites.export("/no/such/folder/x.h5", chosen)
    assert.Nil(ok)
    assert.truthy(message:find("/no/such/folder/x.h5", 1, true))
    with_file(function(path)
      os.remove(path)
      file.fault(3, "ENOSPC", true)
      ok, message = dsprites.export(path, chosen)
      file.fault(0)
      assert.Nil(ok)
      assert.truthy(message:find(path, 1, true))
      assert.Nil(io.open(path))
    end)
  end)
end)

describe("dSprites' errors", function()
  local bits = sprite.bits(2)
  local cases = {
    {"a number of 0", "reals: item 2 of the indices is 0.0, wanted an integer in 1..737280",
      function() sprite.reals(T.tensor{1, 0}) end},
    {"a number beyond the last", "is 737281.0, wanted",
      function() sprite.bytes(T.tensor{737281}) end},
    {"a number with a fraction", "is 1.5, wanted", function() sprite.reals(T.tensor{1.5}) end},
    {"what is no number", "wanted an integer", function() sprite.reals(T.tensor{0 / 0}) end},
    {"an index with two axes", "got a tensor [1 1], wanted one axis",
      function() sprite.bytes(T.tensor{{1}}) end},
    {"an index that is no tensor", "got a table of 1 items, wanted a tensor",
      function() sprite.reals{1} end},
    {"an unknown option, with those known", "got the option 'form', wanted one of: orientation, " ..
      "path, posX, posY, scale, shape", function() dsprites{form = 1} end},
    {"a level out of range", "got the level 3 for 'shape', wanted an integer in 0..2",
      function() dsprites{shape = 3} end},
    {"bits beyond the last image", "is 3.0, wanted an integer in 1..2",
      function() bits:reals(T.tensor{3}) end},
    {"half an image", "got a string of 2048 bytes, wanted 4096 bytes for each of at most 2 images",
      function() bits:put(1, ("\0"):rep(2048)) end},
    {"more images than there is room for", "at most 1 images",
      function() bits:put(2, ("\0"):rep(8192)) end},
    {"a place before the first", "argument 'first': got 0", function() bits:put(0, "") end},
    {"a negative number of images", "argument 'n': got -1", function() sprite.bits(-1) end},
  }
  for _, case in ipairs(cases) do
    it("name " .. case[1], function()
      local ok, message = pcall(case[3])
      assert.False(ok)
      assert.truthy(message:find(case[2], 1, true), message)
    end)
  end

  it("leave no memory behind when an allocation fails", function()
    local index = T.tensor{1, 2, 3}
    bits:put(1, ("\0\1"):rep(4096))
    collectgarbage()
    local calls = {
      function() return sprite.reals(index) end,
      function() return bits:reals(index:slice(1, 1, 2)) end,
      function() return sprite.bits(9) end,
    }
    for _, f in ipairs(calls) do assert.True(expect.memory_back(f) > 1) end
  end)
end)
