-- Arrays of numpy, both ways: files that numpy wrote, and files made by hand.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local golden = require "spec.format.golden"
local npy = require "teasel.format.npy"
local npz = require "teasel.format.npz"
local scratch = require "spec.scratch"

local folder

local function put(name, ...) return scratch.write(folder, name, ...) end

-- a .npy file with this head
local function array(descr, shape, data, order)
  local text = ("{'descr': %s, 'fortran_order': %s, 'shape': %s, }"):format(descr, order or "False",
    shape)
  text = text .. (" "):rep(-(#text + 11) % 64) .. "\n"
  return put("array.npy", "\x93NUMPY\1\0", ("<I2"):pack(#text), text, data)
end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("an array of numpy", function()
  local TYPES = {b1 = "bool", i1 = "int8", i2 = "int16", i4 = "int32", i8 = "int64", u1 = "uint8",
    u2 = "uint16", u4 = "uint32", u8 = "uint64", f2 = "float16", f4 = "float32", f8 = "float64"}

  it("is read in every type, order of bytes and order of axes", function()
    local set = assert(npz.open(put("types.npz", golden["types.npz"])))
    assert.equal(25, #set.names)
    for code, name in pairs(TYPES) do
      local kind = code:sub(1, 1)
      local last = kind == "i" and -7 or kind == "f" and -0.375 or 5
      local wanted = kind == "b" and {{0, 1, 1}, {1, 1, 1}} or {{0, 1, 2}, {3, 4, last}}
      for _, ending in ipairs{"", "_big_fortran"} do
        local found = assert(set:array(code .. ending))
        assert.equal(name, found.type)
        assert.same({2, 3}, found.shape)
        local x = assert(found:read())
        assert.equal(code == "u1", T.tree.is_bytes(x))
        expect.near(code == "u1" and x:take(nil, 1) or x, wanted, 0)
        if code == "b1" then assert.is_true(x:is_mask()) end
        expect.near(assert(found:read{as = "tensor", first = 2}), {wanted[2]}, 0)
      end
    end
    expect.near(set:read "cube", T.arange(0, 23):reshape{2, 3, 4}, 0)
  end)

  it("is read by rows, as bytes, and as a string of other numbers", function()
    local path = array("'>i2'", "(4, 2)", (">i2i2i2i2i2i2i2i2"):pack(1, 2, 3, 4, 5, 6, 7, 255))
    local x = assert(npy.open(path))
    expect.near(x:read(), {{1, 2}, {3, 4}, {5, 6}, {7, 255}}, 0)
    expect.near(x:read{first = 2, count = 2}, {{3, 4}, {5, 6}}, 0)
    assert.same({0, 2}, x:read{first = 5}:shape())
    local bytes = x:read{first = 4, as = "bytes"}
    assert.same({1, 2}, bytes:shape())
    assert.equal("\7\255", bytes:string())
    assert.equal(("=i8i8"):pack(1, 2), x:read{count = 1, as = "int64"})
    assert.equal(("=dd"):pack(1, 2), x:read{count = 1, as = "float64"})
    assert.has_error(function() x:read{first = 6} end)
    assert.error_matches(function() x:read{as = "int46"} end, "int46.*did you mean 'int16'")
  end)

  it("may be a number, or empty", function()
    expect.near(npy.read(array("'<f8'", "()", ("<d"):pack(2.5))), 2.5, 0)
    assert.same({0, 3}, npy.read(array("'<f4'", "(0, 3)", "")):shape())
    expect.near(npy.read(array("'|u1'", "(3L,)", "abc"), {as = "tensor"}), {97, 98, 99}, 0)
  end)

  it("of halves has their subnormals, infinities and NaN", function()
    local bits = {0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0x3555}
    local wanted = {2 ^ -24, 1023 * 2 ^ -24, 2 ^ -14, 65504, math.huge, -math.huge, 0, 1365 / 4096}
    local path = array("'<f2'", "(8,)", ("<I2I2I2I2I2I2I2I2"):pack(table.unpack(bits)))
    expect.near(npy.read(path), wanted, 0)
    local x = T.tensor(wanted)
    assert.equal(("<I2I2I2I2I2I2"):pack(table.unpack(bits, 1, 6)),
      core.archive.pack(x, "<f2"):sub(1, 12))
    local nan = npy.read(array("'<f2'", "(1,)", "\1\xfe"))
    assert.is_true(nan:item() ~= nan:item())
    -- the nearest one, of two the even one
    for v, h in pairs{[2049] = 2048, [2051] = 2052, [65519] = 65504, [2 ^ -25] = 0,
      [3 * 2 ^ -25] = 2 ^ -23} do
      local packed = core.archive.pack(T.tensor(v), "<f2")
      expect.near(core.archive.unpack(packed, "<f2", {}), h, 0)
    end
  end)

  it("is an error where a tensor cannot hold a number", function()
    local path = array("'<i8'", "(3,)", ("<i8i8i8"):pack(1, (1 << 24) + 1, (1 << 53) + 1))
    local function why(...) return select(2, npy.read(...)) end
    assert.is_nil((npy.read(path)))
    assert.equal(path .. ": item " .. (core.double and "3 of 'array.npy' is 9007199254740993, "
      .. "which float64 cannot hold" or "2 of 'array.npy' is 16777217, which float32 cannot hold"),
      why(path))
    expect.near(npy.read(array("'<i8'", "(2,)", ("<i8i8"):pack(1 << 62, math.mininteger))),
      {2 ^ 62, -2 ^ 63}, 0)
    assert.matches("item 1 of 'array.npy' is 18446744073709551615, which float",
      why(array("'<u8'", "(1,)", ("<I8"):pack(-1))))
    if not core.double then
      assert.matches("is %-1%.0+%d*e%+300, which float32 cannot",
        why(array("'<f8'", "(1,)", ("<d"):pack(-1e300))))
    end
    assert.matches("item 2 of 'array.npy' is 0.5, which uint8 cannot hold",
      why(array("'<f8'", "(2,)", ("<dd"):pack(1, 0.5)), {as = "bytes"}))
    assert.matches("item 2 of 'array.npy' is 256, which uint8 cannot hold",
      why(array("'<i2'", "(2,)", ("<i2i2"):pack(255, 256)), {as = "bytes"}))
  end)

  for what, case in pairs{
    ["holds Python objects, which are never read: they may run code (type '|O'), wanted numbers: "
      .. "bool, int8..int64, uint8..uint64, float16..float64"] = {"'|O'", "(2,)"},
    ["holds text (type '<U2')"] = {"'<U2'", "(2,)"},
    ["holds complex numbers (type '<c8')"] = {"'<c8'", "(2,)"},
    ["holds dates"] = {"'<M8[s]'", "(2,)"},
    ["holds floats of this size (type '<f16')"] = {"'<f16'", "(2,)"},
    ["holds records or raw bytes"] = {"'|V8'", "(2,)"},
    ["holds an unknown type (type 'x')"] = {"'x'", "(2,)"},
    ["has named fields"] = {"[('a', '<f4'), ('b', '<i4')]", "(2,)"},
    ["is cut off: it holds 2 items of its array, fewer than its shape says"] = {"'<f4'", "(3,)"},
    ["has the shape (1099511627776, 2)"] = {"'<f4'", "(1099511627776, 2)"},
    ["has the shape (99999999999999999999,)"] = {"'<f4'", "(99999999999999999999,)"},
    ["has 9 axes, wanted at most 8"] = {"'<f4'", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"},
    ["has no shape: (-1,)"] = {"'<f4'", "(-1,)"},
    ["has a head without descr, fortran_order and shape"] = {"'<f4'", "(2,)", "Maybe"},
    ["has a head that cannot be read"] = {"'<f4', 'descr': '<f4'", "(2,)"},
  } do
    it("is refused that " .. what, function()
      local x, message = npy.read(array(case[1], case[2], "12345678", case[3]))
      assert.is_nil(x)
      assert.is_truthy(message:find("/array.npy", 1, true), message)
      assert.is_truthy(message:find(what, 1, true), message)
    end)
  end

  it("is refused where the file is none", function()
    for message, bytes in pairs{["'a.npy' is no array of numpy"] = "hello, world!",
      ["'a.npy' is cut off"] = "\x93NUMPY\1\0\200\0{", ["is of version 4"] = "\x93NUMPY\4\0aaaaa",
      ["has a head of 4294967295 bytes"] = "\x93NUMPY\2\0\255\255\255\255",
      ["is a zip file"] = golden["stored.npz"],
      ["has a head that is no dictionary"] = "\x93NUMPY\1\0\3\0abc"} do
      local x, why = npy.read(put("a.npy", bytes))
      assert.is_nil(x)
      assert.is_truthy(why:find(message, 1, true), why)
    end
    local x, why = npy.read(folder .. "/nothing.npy")
    assert.is_nil(x)
    assert.equal(("cannot read '%s/nothing.npy': No such file or directory"):format(folder), why)
  end)

  it("is refused beyond the limit before memory is asked for", function()
    local x = assert(npy.open(array("'|b1'", "(1000,)", ("\1"):rep(1000))))
    collectgarbage()
    core.mark()
    local before = core.memory().live
    local read, message = x:read{limit = 999}
    assert.is_nil(read)
    assert.matches("'array.npy' has 1000 items, more than the limit of 999 bytes", message)
    assert.is_true(core.memory().peak == before)
  end)
end)

describe("a mutated array of numpy", function()
  local count = 2 * tonumber(os.getenv "TEASEL_MUTANTS" or 400)

  it("is read, or a message", function()
    local whole = table.concat({npy.encode(T.arange(1, 6):reshape{2, 3}, {type = "int16"})})
    local last = whole:find "} "
    local draws, read = T.stream(5):uniform{count, 13}, 0
    local letters = "0123456789,.:()[]{}'\"<>=| \n\0\255TrueFalsdcx"
    collectgarbage()
    core.mark()
    local live, before = core.memory().live, core.memory().peak
    for i = 1, count do
      local u, bytes = draws[i]:table(), whole
      for k = 1, 1 + i % 6 do
        local place = 1 + math.floor(u[k] * (i % 2 == 0 and last or #whole))
        local letter = 1 + math.floor(u[6 + k] * #letters)
        bytes = bytes:sub(1, place - 1) .. letters:sub(letter, letter) .. bytes:sub(place + 1)
      end
      if i % 8 == 0 then bytes = bytes:sub(1, math.floor(u[13] * #bytes)) end
      os.remove(folder .. "/mutant.npy")
      local x, message = npy.read(put("mutant.npy", bytes))
      read = read + (x and 1 or 0)
      assert(x or type(message) == "string" and message:find("mutant.npy", 1, true), message)
    end
    assert(read > 0 and read < count / 2, read)
    collectgarbage()
    assert.equal(live, core.memory().live)
    assert.is_true(core.memory().peak - before < 1 << 20)
  end)
end)

describe("what is written for numpy", function()
  -- as numpy.save wrote these values: the bytes of numpy 1.24
  local FLOAT = "\x93NUMPY\1\0\x76\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    .. (" "):rep(58) .. "\n" .. ("<ffffff"):pack(0, 1, 2, 3, 4, 5.5)

  it("has numpy's own bytes", function()
    local path = folder .. "/out.npy"
    assert(npy.write(path, T.tensor{{0, 1, 2}, {3, 4, 5.5}}, {type = "float32"}))
    local f = assert(io.open(path, "rb"))
    assert.equal(FLOAT, f:read "a")
    f:close()
  end)

  it("comes back with the same bits", function()
    local path, x = folder .. "/out.npy", T.stream(1):normal{3, 4, 5}
    x = T.concat{x, T.tensor{{{1 / 0, -1 / 0, 1e-40, -0.0, 0.1}}}:expand{1, 4, 5}}
    assert(npy.write(path, x))
    assert.equal(x:data(), npy.read(path):data())
    local mask = x:gt(0)
    assert(npy.write(path, mask))
    assert.is_true(npy.read(path):is_mask())
    expect.near(npy.read(path), mask, 0)
    assert(npy.write(path, T.bytes("abcdef", {2, 3})))
    assert.equal("abcdef", npy.read(path):string())
    assert(npy.write(path, 0.1))
    assert.equal(("=d"):pack(0.1), npy.read(path, {as = "float64"}))
    assert(npy.write(path, math.maxinteger))
    assert.equal(("=i8"):pack(math.maxinteger), npy.read(path, {as = "int64"}))
    for name in pairs{int8 = 1, int16 = 1, int32 = 1, int64 = 1, uint16 = 1, uint32 = 1, uint64 = 1,
      float16 = 1, float32 = 1, float64 = 1} do
      assert(npy.write(path, T.tensor{0, 1, 100}, {type = name}))
      assert.equal(name, npy.open(path).type)
      expect.near(npy.read(path), {0, 1, 100}, 0)
    end
  end)

  it("is an error where its type cannot hold a number, and no file then", function()
    local path = folder .. "/none.npy"
    for name, x in pairs{uint8 = -1, int8 = 128, int32 = 0.5, float16 = 65520, bool = 2,
      uint64 = -1, int64 = 0 / 0, uint32 = 2 ^ 33} do
      local ok, message = npy.write(path, T.tensor{0, x}, {type = name})
      assert.is_nil(ok)
      assert.matches("none.npy: not saved, item 2 is .*, which " .. name .. " cannot hold", message)
    end
    assert.is_nil(io.open(path))
    expect.refused("npy: option 'type'", npy.write, path, T.zeros(1), {type = "int7"})
    expect.refused("got 'int16' for bytes", npy.write, path, T.bytes "a", {type = "int16"})
    expect.refused("npy: argument 'x': got a table of 0 items, wanted a tensor", npy.write, path,
      {})
    expect.refused("npy.read: argument 'path': got nil, wanted a string", npy.read)
    local ok, message = npy.write("/nowhere/a.npy", T.zeros(1))
    assert.is_nil(ok)
    assert.matches("cannot save '/nowhere/a.npy'", message)
  end)
end)
