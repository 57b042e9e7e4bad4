-- Files of safetensors, both ways. No library is asked: the bytes are the format's own description.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local safetensors = require "teasel.format.safetensors"
local scratch = require "spec.scratch"

local folder

local function at(name) return folder .. "/" .. name end

-- a file of these bytes, or of a head and what follows it
local function put(...) return scratch.write(folder, "made.safetensors", ...) end
local function made(head, data) return put(("<I8"):pack(#head), head, data or "") end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("a file of safetensors", function()
  -- each type with 0, 1 and 5, or -7 where it has a sign, in 3 numbers
  local TYPES = {BOOL = {"bool", "I1", 1}, U8 = {"uint8", "I1", 5}, I8 = {"int8", "i1", -7},
    U16 = {"uint16", "I2", 5}, I16 = {"int16", "i2", -7}, U32 = {"uint32", "I4", 5},
    I32 = {"int32", "i4", -7}, U64 = {"uint64", "I8", 5}, I64 = {"int64", "i8", -7},
    F32 = {"float32", "f", -7}, F64 = {"float64", "d", -7}}

  it("is read in every type", function()
    for dtype, case in pairs(TYPES) do
      local data = ("<" .. case[2]:rep(3)):pack(0, 1, case[3])
      local path = made(('{"a":{"dtype":"%s","shape":[3],"data_offsets":[0,%d]}}'):format(dtype,
        #data), data)
      local set = assert(safetensors.open(path))
      assert.equal(case[1], set:array "a".type)
      local x = set:read "a"
      if dtype == "U8" then x = x:take(nil, 1) end
      assert.equal(dtype == "BOOL", x:is_mask())
      expect.near(x, {0, 1, case[3]}, 0)
      set:close()
    end
    local half = ("<I2I2I2"):pack(0, 0x3c00, 0xc700) .. ("<I2I2I2"):pack(0, 0x3f80, 0xc0e0)
    local set = assert(safetensors.open(made('{"h":{"dtype":"F16","shape":[3],'
      .. '"data_offsets":[0,6]},'
      .. '"b":{"dtype":"BF16","shape":[3,1],"data_offsets":[6,12]}}', half)))
    expect.near(set:read "h", {0, 1, -7}, 0)
    expect.near(set:read "b", {{0}, {1}, {-7}}, 0)
    expect.near(set:read("b", {first = 3}), {{-7}}, 0)
  end)

  it("has names, in the order in which they lie, and words about it", function()
    local set = assert(safetensors.open(made('{ "b\\u00e9\\ud83d\\ude00\\n" : { "shape" : [ ] , '
      .. '"dtype":"I32", "data_offsets":[4, 8]} ,\n"__metadata__":{"format":"pt","x":"\\"\\/"},'
      .. '"e": {"dtype":"F64","shape":[0,3],"data_offsets":[4,4]}, "a":{"dtype":"F32","shape":[1],'
      .. '"data_offsets":[0,4]}}   ', ("<fi4"):pack(2.5, 7))))
    assert.same({"a", "e", "bé😀\n"}, set.names)
    assert.same({format = "pt", x = '"/'}, set.metadata)
    expect.near(set:read "a", {2.5}, 0)
    assert.same({0, 3}, set:read "e":shape())
    assert.equal(7, T.load(at "made.safetensors")["bé😀\n"])
  end)

  it("names what no tensor can hold, and reads the rest", function()
    local path = made('{"f":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},'
      .. '"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}', "abcd")
    local tree, left = T.load(path)
    assert.equal("cd", tree.a:string())
    assert.is_nil(tree.f)
    assert.matches("made.safetensors: 'f' holds F8_E4M3, wanted numbers: bool", left[1])
  end)

  local A = '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'

  for message, case in pairs{
    ["has a head of 99 bytes, wanted at most 14"] = {("<I8"):pack(99) .. ("x"):rep(14)},
    ["has a head of 18446744073709551615 bytes"] = {("<I8"):pack(-1) .. ("x"):rep(14)},
    ["is cut off"] = {("<I8"):pack(2)},
    ["has a head that is no JSON$"] = {A:gsub("a", "\xff") .. "}", "ab"},
    ["has 3 bytes of tensors, and its head names 2"] = {A .. "}", "abc"},
    ["has 0 bytes of tensors, and its head names 2"] = {A .. "}", ""},
    ["has 'a' twice"] = {A .. "," .. A:sub(2) .. "}", "abcd"},
    ["has 'dtype' twice"] = {'{"a":{"dtype":"U8","dtype":"U8"}}', ""},
    ["'b' lies at bytes 1 to 2, wanted them from 2 on"] =
      {A .. ',"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', "ab"},
    ["'b' lies at bytes 3 to 4, wanted them from 2 on"] =
      {A .. ',"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}', "abcd"},
    ["'a' has 2 bytes, wanted 3 by its shape"] = {(A:gsub("%[2%]", "[3]")) .. "}", "ab"},
    ["'a' has the shape (1099511627776, 16777216), wanted at most 2^40 items"] =
      {(A:gsub("%[2%]", "[1099511627776,16777216]")) .. "}", "ab"},
    ["'a' has 9 axes"] = {(A:gsub("%[2%]", "[2,1,1,1,1,1,1,1,1]")) .. "}", "ab"},
    ["'a' lacks its dtype"] = {'{"a":{"shape":[2],"data_offsets":[0,2]}}', "ab"},
    ["'a' has 1 data_offsets, wanted 2"] = {'{"a":{"data_offsets":[0]}}', "ab"},
    ["'a' has the field 'x', wanted dtype, shape"] = {'{"a":{"x":[0]}}', "ab"},
    ["got \"-2]}}\" at byte 16 of it, wanted an integer of 0 or more"] =
      {'{"a":{"shape":[-2]}}', "ab"},
    ["got \"1.5]}}\" at byte 16"] = {'{"a":{"shape":[1.5]}}', "ab"},
    ["got \"99999999999999999999\" at byte 16"] = {'{"a":{"shape":[99999999999999999999]}}', "ab"},
    ["got its end at byte 53 of it, wanted }"] = {A, "ab"},
    ["got \"x\" at byte 54 of it, wanted its end"] = {A .. "}x", "ab"},
    ["wanted the end of a text"] = {'{"a', "ab"},
    ["wanted an escape of JSON"] = {'{"\\x"', "ab"},
    ["wanted the second half of a character"] = {'{"\\ud800\\u0041"', "ab"},
    ["wanted no control character"] = {'{"\n"', "ab"},
  } do
    it("is refused: " .. message, function()
      local path = case[2] and made(case[1], case[2]) or put(case[1])
      local set, why = safetensors.open(path)
      assert.is_nil(set)
      local wanted = message:gsub("%$$", "")
      assert.is_truthy(why:find("made.safetensors: ", 1, true) and why:find(wanted, 1, true), why)
      assert.is_true(why:sub(-#wanted) == wanted or not message:find "%$$", why)
    end)
  end
end)

describe("what is written for safetensors", function()
  it("has the bytes that the format describes", function()
    assert(safetensors.write(at "a.safetensors", {b = T.tensor{1, -2}, a = T.bytes "abc", n = 3},
      {type = "", metadata = {format = "pt"}}))
    local text = scratch.read(folder, "a.safetensors")
    local length = ("<I8"):unpack(text)
    assert.equal(0, length % 8)
    local data = text:sub(9 + length)
    assert.equal("abc" .. core.archive.pack(T.tensor{1, -2}, core.double and "<f8" or "<f4")
      .. ("<i8"):pack(3), data)
    local head = require("dkjson").decode(text:sub(9, 8 + length))
    assert.same({dtype = "U8", shape = {3}, data_offsets = {0, 3}}, head.a)
    assert.same({}, head.n.shape)
    assert.matches('"shape":%[%]', text)
    assert.same({format = "pt"}, head.__metadata__)
  end)

  it("comes back in every type, or is an error", function()
    for name, tolerance in pairs{float16 = 1e-3, bfloat16 = 8e-3, float32 = 1e-7, float64 = 1e-7} do
      local x = T.stream(1):normal{5, 3}
      assert(safetensors.write(at "a.safetensors", {x = x}, {type = name}))
      local set = safetensors.open(at "a.safetensors")
      assert.equal(name, set:array "x".type)
      expect.near(set:read "x", x, tolerance)
      set:close()
    end
    local ok, message = safetensors.write(at "none", {x = T.tensor{0, 300}}, {type = "uint8"})
    assert.is_nil(ok)
    assert.matches("none: not saved, 'x': item 2 is 300, which uint8 cannot hold", message)
    expect.refused("item 1: got 1, wanted a string", safetensors.write, at "none", {T.ones(1)})
    expect.refused("option 'type': got the option 'float17'", safetensors.write, at "none",
      {x = T.ones(1)}, {type = "float17"})
    expect.refused("item '__metadata__'", safetensors.write, at "none", {__metadata__ = T.ones(1)})
    expect.refused("metadata", safetensors.write, at "none", {}, {metadata = {a = 1}})
    assert.is_nil(io.open(at "none"))
  end)

  it("is rounded to bfloat16 as PyTorch does: to the nearest, of two to the even one", function()
    local x = T.tensor{1 + 2 ^ -8, 1 + 3 * 2 ^ -8, 1 + 2 ^ -8 + 2 ^ -20, -(1 + 3 * 2 ^ -8), 1 / 0,
      0 / 0, 0, 3.3895e38}
    assert(safetensors.write(at "a.safetensors", {x = x}, {type = "bfloat16"}))
    local set = safetensors.open(at "a.safetensors")
    expect.near(set:read "x", {1, 1 + 2 ^ -6, 1 + 2 ^ -7, -(1 + 2 ^ -6), 1 / 0, 0 / 0, 0,
      (2 - 2 ^ -7) * 2 ^ 127}, 0)
    assert.matches("item 1 is 3.3961%d*e%+38, which bfloat16 cannot hold",
      select(2, safetensors.write(at "none", {x = T.tensor{3.39618e38}}, {type = "bfloat16"})))
  end)
end)
