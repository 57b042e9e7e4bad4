-- Zip archives of arrays, both ways: numpy's, ours, damaged and lying ones.

local T = require "teasel"
local core = require "teasel.core"
local data = require "spec.data"
local expect = require "spec.expect"
local golden = require "spec.format.golden"
local npz = require "teasel.format.npz"
local zip = require "teasel.format.zip"
local scratch = require "spec.scratch"

local folder

local function put(name, ...) return scratch.write(folder, name, ...) end

local function get(path)
  local f = assert(io.open(path, "rb"))
  local bytes = f:read "a"
  f:close()
  return bytes
end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("an archive of numpy's arrays", function()
  it("is read as numpy wrote it: stored, packed, and with the fields of zip64", function()
    local set = assert(npz.open(put("stored.npz", golden["stored.npz"])))
    assert.same({"a", "b", "c", "d"}, set.names)
    expect.near(set:read "a", {{0, 1, 2}, {3, 4, 5}}, 0)
    assert.equal("\0\1\2\3\4", set:read "b":string())
    expect.near(set:read "c", 2.5, 0)
    assert.same({0, 3}, set:read "d":shape())
    assert.equal("\3\4", set:read("b", {first = 4}):string())
    expect.near(npz.open(put("zip64.npz", golden["zip64.npz"])):read "a", {0, 1, 2, 3}, 0)
    set:close()
    assert.error_matches(function() set:read "a" end, "archive that is closed")
  end)

  it("comes back as it was written, stored and packed", function()
    local path, x = folder .. "/out.npz", T.stream(1):normal{300, 70}
    for _, packed in ipairs{false, true} do
      assert(npz.write(path, {x = x, mask = x:gt(0), bytes = T.bytes(("abcdef"):rep(5000)),
        ["a/b"] = 3}, {packed = packed}))
      local set = assert(npz.open(path))
      assert.same({"a/b", "bytes", "mask", "x"}, set.names)
      assert.equal(x:data(), set:read "x":data())
      assert.is_true(set:read "mask":is_mask())
      assert.equal(("abcdef"):rep(5000), set:read "bytes":string())
      expect.near(set:read "a/b", 3, 0)
      -- rows forwards, backwards and across arrays
      for _, first in ipairs{1, 2, 150, 150, 299, 7} do
        assert.equal(x[{{first, first + 1}}]:data(),
          set:read("x", {first = first, count = 2}):data())
        assert.equal("a", set:read("bytes", {count = 1}):string())
      end
    end
    assert.is_true(#get(path) < 90000 * (core.double and 2 or 1))
    local other = folder .. "/other.npz"
    assert(npz.write(other, {x = x}))
    assert(npz.write(path, {x = x}))
    assert.equal(get(path), get(other))
    local ok, message = npz.write(other, {x = x, y = T.tensor(300)}, {type = "int8"})
    assert.is_nil(ok)
    assert.matches("other.npz: not saved, '[xy]': item 1 is .*, which int8 cannot hold", message)
    assert.equal(get(path), get(other))
    expect.refused("npz.write: item 1: got 1, wanted a string", npz.write, path, {x})
    assert.same({nil, ("%s: not saved, the name '%s...' has 65536 bytes, wanted at most 65535")
      :format(path, ("n"):rep(40))}, {npz.write(path, {[("n"):rep(65532)] = x})})
    assert(npz.write(path, {[("n"):rep(65531)] = x}))
    assert.equal(x:data(), npz.open(path):read(("n"):rep(65531)):data())
  end)

  it("is read by numpy", function()
    local path = folder .. "/out.npz"
    for _, packed in ipairs{false, true} do
      assert(npz.write(path, {x = T.tensor{{1, 2.5}, {-3, 4}}, mask = T.tensor{1, 2}:gt(1),
        bytes = T.bytes "abc", n = 1 << 60}, {packed = packed}))
      local pipe = assert(io.popen(("/usr/bin/python3 -c '%s' %s 2>&1"):format([=[
import numpy, sys
z = numpy.load(sys.argv[1])
print([(k, z[k].dtype.kind, z[k].tolist()) for k in sorted(z.files)])]=], path)))
      local text = pipe:read "a"
      pipe:close()
      if text:find "No module named" then return pending "wanted Debian's python3-numpy" end
      assert.equal('[("bytes", "u", [97, 98, 99]), ("mask", "b", [False, True]), '
        .. '("n", "i", 1152921504606846976), ("x", "f", [[1.0, 2.5], [-3.0, 4.0]])]\n',
        (text:gsub("'", '"')))
    end
  end)

  it("has rows beyond 4 GB, which are read where they lie", function()
    local rows = 5 << 10   -- of a megabyte, of which none is written but the last
    local head = ("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 1048576), }"):format(rows)
    head = head .. (" "):rep(-(#head + 11) % 64) .. "\n"
    head = "\x93NUMPY\1\0" .. ("<I2"):pack(#head) .. head
    local size = #head + rows * 1048576
    local first, item = zip.heads{name = "large.npy", size = size, packed = size, crc = 0, at = 0}
    local at = #first + size
    local text = golden["zip64.npz"]:match "\x93NUMPY.-\n........"
    local second, item2 = zip.heads{name = "small.npy", size = #text, packed = #text, at = at,
      crc = core.archive.crc32(text)}
    local f = assert(io.open(folder .. "/large.npz", "wb"))
    f:write(first, head)
    f:seek("set", at - 4)
    f:write("last", second, text, item, item2,
      zip.ending(2, #item + #item2, at + #second + #text))
    f:close()
    local set = assert(npz.open(folder .. "/large.npz"))
    assert.same({rows, 1048576}, set:array "large".shape)
    local x = assert(set:read("large", {first = rows}))
    assert.equal("\0last", x:string(1048572))
    expect.near(set:read "small", {0, 1, 2, 3}, 0)
    os.remove(folder .. "/large.npz")
  end)

  -- what an archive of one stored and one packed array may say of itself
  local function lying(from, to)
    local bytes = golden[from]
    for k = 1, #to, 2 do
      local n
      bytes, n = bytes:gsub(to[k]:gsub("%p", "%%%0"), (to[k + 1]:gsub("%%", "%%%%")))
      assert(n > 0, "nothing to replace")
    end
    return put("lying.npz", bytes)
  end

  it("is refused where it lies", function()
    local stored = golden["stored.npz"]
    local first = stored:sub(1, 30)
    local size = first:sub(19, 26)   -- in the head and in the directory alike
    local crc = stored:sub(15, 18)
    for message, case in pairs{
      ["'a.npy' cannot have the 4294967294 bytes that the archive says"] =
        {size, size:sub(1, 4) .. "\xfe\xff\xff\xff"},
      ["'a.npy' lies behind the end of the archive"] = {size, ("\xfe\xff\xff\xff"):rep(2)},
      ["'a.npy' is damaged: its CRC is another one"] = {crc, "abcd"},
      ["'b.npy' is not where the archive says"] = {"b.npy\1\0", "x.npy\1\0"},
      ["its directory is damaged"] = {"PK\1\2", "PK\1\3"},
      ["its end is missing, so it is cut off"] = {"PK\5\6", "PK\5\7"},
      ["it is one part of several"] = {"PK\5\6\0\0\0\0", "PK\5\6\0\0\1\0"},
      ["has two arrays 'a'"] = {"d.npy", "a.npy"},
    } do
      local set, why = npz.open(lying("stored.npz", case))
      for _, name in ipairs(set and set.names or {}) do why = why or select(2, set:read(name)) end
      assert.is_truthy((why or "nothing"):find(message, 1, true), message .. " | " .. tostring(why))
    end
  end)

  it("is refused where it is something else, encrypted or packed in another way", function()
    local path = put("a.npz", "hello, this is no archive")
    assert.same({nil, path .. ": is no zip archive, wanted an .npz of numpy"}, {npz.open(path)})
    assert.matches("cannot read '/nowhere.npz'", select(2, npz.open "/nowhere.npz"))
    local function made(flags, method)
      local head, item = zip.heads{name = "a.npy", size = 3, packed = 3, crc = 0, at = 0}
      item = item:sub(1, 8) .. ("<I2I2"):pack(flags, method) .. item:sub(13)
      return npz.open(put("a.npz", head, "abc", item, zip.ending(1, #item, #head + 3)))
    end
    assert.matches("a.npz: 'a.npy' is encrypted$", select(2, made(1, 0):read "a"))
    assert.matches("'a.npy' is packed by another method than deflate$",
      select(2, made(0, 12):read "a"))
    assert.matches("a.npz: has no array 'b'; it has a$", select(2, made(0, 0):read "b"))
    local none = assert(npz.open(put("a.npz", zip.ending(0, 0, 0))))
    assert.same({}, none.names)
    assert.matches("it has none$", select(2, none:read "b"))
  end)

  it("of a bomb is refused before memory is asked for", function()
    -- 8 MB of zeros in 8 KB, and a head that promises more
    local head = "{'descr': '|u1', 'fortran_order': False, 'shape': (8388608,), }"
    head = head .. (" "):rep(-(#head + 11) % 64) .. "\n"
    local text = "\x93NUMPY\1\0" .. ("<I2"):pack(#head) .. head .. ("\0"):rep(8 << 20)
    local packed = core.archive.deflate(text)
    local function written(size)
      local first, item = zip.heads{name = "a.npy", size = size, packed = #packed, at = 0,
        deflated = true, crc = core.archive.crc32(text)}
      return npz.open(put("bomb.npz", first, packed, item,
        zip.ending(1, #item, #first + #packed)))
    end
    local set = assert(written(#text))
    collectgarbage()
    core.mark()
    local before = core.memory().peak
    assert.matches("more than the limit", select(2, set:read("a", {limit = 1 << 20})))
    assert.matches("has 1 items, more", select(2, set:read("a", {limit = 0, count = 1})))
    assert.matches("cannot have the 1099511627776 bytes", select(2, written(1 << 40)))
    assert.is_true(core.memory().peak - before < 2 ^ 20)
    assert.equal(8 << 20, #assert(set:read "a"))
    -- the data end before, or go on behind, what the archive says
    local long = assert(written(#text + 1024))
    expect.near(long:read("a", {first = 8388608}):take(nil, 1), {0}, 0)
    assert.matches("'a.npy' is cut off", select(2, written(#text - 1):read "a"))
  end)

  it("gives back its memory and its file where memory or the disk fail", function()
    local path = put("types.npz", golden["types.npz"])
    collectgarbage()
    local live, n, done = core.memory().live, 0, false
    repeat
      n = n + 1
      core.fail_at(n)
      local set, message = npz.open(path)
      local x
      if set then x, message = set:read "cube" end
      core.fail_at(0)
      done = x ~= nil
      assert(done or message:find "out of memory", message)
      if set then set:close() end
      set, x = nil, nil
      collectgarbage()
      assert.equal(live, core.memory().live)
    until done
    assert.is_true(n > 4)
    for k = 1, 12 do
      core.file.fault(k, "EIO")
      local set, message = npz.open(path)
      local x
      if set then x, message = set:read "f8" end
      core.file.fault(0)
      assert(x or message:find "Input/output error", message)
      if set then set:close() end
      core.file.fault(k, "short")   -- goes on where it was
      set = assert(npz.open(path))
      assert(set:read "f8")
      core.file.fault(0)
      set:close()
    end
  end)
end)

describe("a mutated archive", function()
  local count = 2 * tonumber(os.getenv "TEASEL_MUTANTS" or 400)

  it("gives arrays or a message, and takes memory in proportion to its size", function()
    local names, seed = {"types.npz", "stored.npz", "zip64.npz"}, T.stream(7, "mutants")
    local draws = seed:uniform{count, 40}
    local opened, read = 0, 0
    collectgarbage()
    core.mark()
    local live, before = core.memory().live, core.memory().peak
    for i = 1, count do
      local u = draws[i]:table()
      local bytes = golden[names[i % 3 + 1]]
      -- half of the places lie in the directory
      local from = i % 2 == 0 and bytes:find("PK\1\2", 1, true) or 1
      local parts, last = {}, 0
      local places = {}
      for k = 1, 1 + i % 8 do places[k] = from + math.floor(u[k] * (#bytes - from)) end
      table.sort(places)
      for k, at in ipairs(places) do
        if at > last then
          local byte = ({0, 255, math.floor(u[8 + k] * 256), bytes:byte(at) ~ 1 << k % 8})[
            1 + math.floor(u[16 + k] * 4)]
          parts[#parts + 1] = bytes:sub(last + 1, at - 1) .. string.char(byte)
          last = at
        end
      end
      bytes = table.concat(parts) .. bytes:sub(last + 1)
      if i % 16 == 0 then bytes = bytes:sub(1, math.floor(u[40] * #bytes)) end
      local set, message = npz.open(put("mutated.npz", bytes))
      for _, name in ipairs(set and set.names or {}) do
        local x
        x, message = set:read(name)
        read = read + (x and 1 or 0)
        assert(x or type(message) == "string" and message:find "mutated.npz: ", message)
      end
      opened = opened + (set and 1 or 0)
      if set then set:close() else assert.is_string(message) end
    end
    assert(opened > count / 10 and read > count / 10, opened .. " " .. read)
    collectgarbage()
    assert.equal(live, core.memory().live)
    assert.is_true(core.memory().peak - before < 16 << 20)
  end)
end)

describe("published archives", function()
  local path = (data.folder or "") .. "/real/codes_factors/"

  it("are read: dSprites' excerpt and the codes of a trained model", function()
    if not data.folder or not io.open(path .. "README.txt") then
      return pending "wanted shared/data/real/codes_factors"
    end
    local set = assert(npz.open(path
      .. "dsprites_excerpt/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"))
    assert.same({12, 64, 64}, set:read "imgs":shape())
    assert.equal("float64", set:array "latents_values".type)
    local codes = assert(npz.open(path .. "omes_example/representations.npz"))
    assert.same({15008, 10}, codes:read "mean":shape())
    expect.near(codes:read("mean", {first = 15008}), codes:read "mean"[{{15008, 15008}}], 0)
  end)
end)
