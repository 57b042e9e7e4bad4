-- Plain HDF5 files, written rows at a time; they appear complete or not at all.
local file = require "spec.files"
local scratch = require "spec.scratch"

local descriptors, run = file.descriptors, file.printed

local dir

local function names() return run("ls " .. dir) end

before_each(function() dir = scratch.make() end)

after_each(function()
  file.fault(0)
  file.failat(0)
  scratch.remove(dir)
end)

-- 20 images of 30 x 7 and their numbers, in slabs of 1, 2, 3 ... images
local function images(from, to)
  local list = {}
  for i = from, to do
    for p = 1, 210 do list[#list + 1] = string.char((i * 31 + p * p) % 256) end
  end
  return table.concat(list)
end

local function write(path, level, chunk)
  local out, message = file.export(path)
  if not out then return nil, message end
  local imgs, codes
  imgs, message = out:dataset("imgs", "uint8", { 20, 30, 7 }, level, chunk)
  if not imgs then return nil, message end
  codes, message = out:dataset("latents/values", "float64", { 20 }, level, chunk)
  if not codes then return nil, message end
  local ok
  local first, count = 1, 1
  while first <= 20 do
    local last = math.min(first + count - 1, 20)
    ok, message = out:rows(imgs, images(first, last))
    if not ok then return nil, message end
    for i = first, last do
      ok, message = out:rows(codes, string.pack("<d", i / 4))
      if not ok then return nil, message end
    end
    first, count = last + 1, count + 1
  end
  return out:close()
end

local function check(path)
  assert.equal(images(1, 20), (file.import_read(path, "imgs")))
  local values = file.import_read(path, "latents/values")
  for i = 1, 20 do assert.equal(i / 4, (string.unpack("<d", values, 8 * i - 7))) end
end

describe("an export", function()
  for _, level in ipairs { 0, 1, 9 } do
    for _, chunk in ipairs { 0, 1, 3, 20, 1000 } do
      it(("reads back, packed at level %d in chunks of %d"):format(level, chunk), function()
        assert(write(dir .. "/x.h5", level, chunk))
        check(dir .. "/x.h5")
        assert.equal("x.h5\n", names())
      end)
    end
  end

  it("is the same file every time", function()
    assert(write(dir .. "/x.h5", 4, 3))
    os.execute "sleep 1.1"
    assert(write(dir .. "/y.h5", 4, 3))
    assert.equal(file.read(dir .. "/x.h5"), file.read(dir .. "/y.h5"))
  end)

  it("opens in h5py", function()
    assert(write(dir .. "/x.h5", 4, 3))
    local f = io.open(dir .. "/look.py", "w")
    f:write [[
import sys, h5py
f = h5py.File(sys.argv[1], "r")
x = f["imgs"]
print(x.shape, x.dtype, x.chunks, x.compression, int(x[:].sum()), f["latents/values"][:].sum())
]]
    f:close()
    local sum = 0
    for _, b in ipairs { images(1, 10):byte(1, -1) } do sum = sum + b end
    for _, b in ipairs { images(11, 20):byte(1, -1) } do sum = sum + b end
    assert.equal(("(20, 30, 7) uint8 (3, 30, 7) gzip %d 52.5\n"):format(sum),
      run("/usr/bin/python3 " .. dir .. "/look.py " .. dir .. "/x.h5 2>&1"))
  end)

  it("holds what is empty or has no dimension", function()
    local out = file.export(dir .. "/x.h5")
    out:dataset("empty", "float32", { 0, 3 }, 4)
    out:dataset("flat", "float32", { 3, 0 }, 4)
    assert(out:rows(out:dataset("one", "int64", {}, 4), string.pack("<i8", 9)))
    assert(out:close())
    assert.equal("", (file.import_read(dir .. "/x.h5", "empty")))
    assert.equal("", (file.import_read(dir .. "/x.h5", "flat")))
    assert.equal(9, (string.unpack("<i8", (file.import_read(dir .. "/x.h5", "one")))))
  end)

  it("that is short of rows, or given up, leaves nothing", function()
    local out = file.export(dir .. "/x.h5")
    assert(out:rows(out:dataset("a", "uint8", { 4, 2 }, 1), "123456"))
    local ok, message = out:close()
    assert.is_nil(ok)
    assert.equal("'a' has 4 rows, only 3 of them came", message)
    assert.equal("", names())
    out = file.export(dir .. "/x.h5")
    assert(out:rows(out:dataset("a", "uint8", { 4, 2 }, 1), "123456"))
    assert.equal("x.h5.teasel.tmp\n", names())
    out:abort()
    assert.equal("", names())
    file.export(dir .. "/x.h5")
    collectgarbage()
    assert.equal("", names())
  end)

  it("refuses rows and datasets that do not fit", function()
    local out = file.export(dir .. "/x.h5")
    local a = out:dataset("a", "uint8", { 4, 2 })
    assert.error_matches(function() out:rows(a, "123") end, "got 3 bytes, wanted whole rows of 2")
    assert.error_matches(function() out:rows(a + 1, "12") end, "argument 'number': got 2, wanted")
    assert.error_matches(function() out:dataset("b", "uint8", { 4 }, 10) end,
      "argument 'gzip': got 10, wanted an integer in 0%.%.9")
    assert.error_matches(function() out:dataset("b", "text", { 4 }) end, "float32")
    local ok, message = out:rows(a, "1234567890")
    assert.is_nil(ok)
    assert.matches("'a' has 4 rows, 0 of them are there, and 5 more came", message, 1, true)
    assert.error_matches(function() out:rows(a, "12") end, "got an export that is closed")
    assert.equal("", names())
  end)

  it("survives every failing operation", function()
    assert(write(dir .. "/x.h5", 1, 3))
    local older = file.read(dir .. "/x.h5")
    collectgarbage()
    local open, live, failures = descriptors(), file.live(), 0
    for _, what in ipairs { "ENOSPC", "EIO" } do
      for _, lasting in ipairs { false, what == "ENOSPC" or nil } do
        local n = 0
        repeat
          n = n + 1
          file.fault(n, what, lasting)
          local ok, message = write(dir .. "/x.h5", 4, 2)
          local last = file.calls() < n
          file.fault(0)
          if not ok then
            failures = failures + 1
            assert.matches(dir .. "/x.h5'", message, 1, true)
            local reason = what == "EIO" and "Input/output error" or "No space left"
            assert.matches(reason, message, 1, true)
          end
          collectgarbage()
          assert.equal(live, file.live())
          if not lasting then assert.equal("x.h5\n", names()) end
          check(dir .. "/x.h5")
          assert(write(dir .. "/x.h5", 1, 3))
          assert.equal(older, file.read(dir .. "/x.h5"))
          assert.equal("x.h5\n", names())
        until last
      end
    end
    assert.equal(open, descriptors())
    assert.is_true(failures > 20)
  end)

  it("gives back its memory when there is none", function()
    collectgarbage()
    local live, open = file.live(), descriptors()
    for n = 1, 3 do
      file.failat(n)
      local ok, message = write(dir .. "/x.h5", 1, 3)
      file.failat(0)
      assert.is_nil(ok)
      assert.matches("out of memory", message, 1, true)
      collectgarbage()
      assert.equal(live, file.live())
      assert.equal(open, descriptors())
      assert.equal("", names())
    end
  end)

  it("is not disturbed by what is interrupted or short", function()
    for _, what in ipairs { "EINTR", "short" } do
      local n = 0
      repeat
        n = n + 1
        file.fault(n, what, what == "short")
        assert(write(dir .. "/x.h5", 1, 3))
        local last = file.calls() < n
        file.fault(0)
        check(dir .. "/x.h5")
      until last
    end
  end)
end)
