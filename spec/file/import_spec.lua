-- Foreign HDF5: what is read, what is refused, and that no file harms the process that asks.
local file = require "spec.files"
local scratch = require "spec.scratch"

local get, put, run = file.get, file.put, file.printed

local dir

local function python(code)
  put(dir .. "/make.py", "import h5py, numpy as np, sys\nd = sys.argv[1]\n" .. code)
  local out = run(("/usr/bin/python3 %s/make.py %s 2>&1"):format(dir, dir))
  assert.equal("", out)
end

setup(function()
  dir = scratch.make()
  python [[
f = h5py.File(d + "/good.h5", "w")
f["latents/classes"] = np.arange(60, dtype="i8").reshape(10, 6)
f["latents/values"] = np.arange(60, dtype="f8").reshape(10, 6) / 4
f.create_dataset("imgs", data=(np.arange(10*8*8) % 251).astype("u1").reshape(10, 8, 8),
                 chunks=(3, 4, 5), compression="gzip", shuffle=True, fletcher32=True)
f["half"] = np.array([1, -2.5, np.inf, np.nan], dtype="f2")
f["big"] = np.array([1, -2, 3], dtype=">i4")
f["unsigned"] = np.array([1, 2**63], dtype="u8")
f["fraction"] = np.array([1, 2.5])
f["huge"] = np.array([1e300])
f["wide"] = np.array([255, 256], dtype="i2")
f["one"] = 42.5
f["none"] = np.zeros((0, 7), "f4")
f["string"] = "abc"
f["flags"] = np.array([True, False])
f["pairs"] = np.zeros(3, dtype=[("a", "f4"), ("b", "i4")])
f["complex"] = np.zeros(3, dtype="c8")
f["nothing"] = h5py.Empty("f4")
f["nine"] = np.zeros((1,) * 9)
f.create_dataset("lzf", data=np.arange(9), compression="lzf")
f.create_dataset("sparse", shape=(2**20, 2**20), dtype="f4", chunks=(1024, 1024))
f.create_dataset("endless", shape=(2**11, 2**20), dtype="u1", chunks=(1, 2**20))
f["soft"] = h5py.SoftLink("/imgs")
f["outside"] = h5py.ExternalLink("/etc/passwd", "/imgs")
f["group"] = h5py.SoftLink("/latents")
f.create_dataset("external", (4,), "u1", external=[("/etc/passwd", 0, 4)])
layout = h5py.VirtualLayout((10, 6), "i8")
layout[:] = h5py.VirtualSource(d + "/other.h5", "x", (10, 6))
f.create_virtual_dataset("virtual", layout)
f["latents"]["loop"] = f["latents"]
f.close()
f = h5py.File(d + "/new.h5", "w", libver="latest")
f.create_dataset("a/b", data=np.arange(3000, dtype="i4").reshape(100, 30), chunks=(7, 30),
                 compression=4)
f["a/c"] = np.arange(100, dtype="f4")
f.close()
]]
end)

teardown(function() scratch.remove(dir) end)

describe("import_list", function()
  it("gives every dataset with its type and shape, or the reason why it is refused", function()
    local number, text = "its values are no plain numbers", {}
    for _, e in ipairs(assert(file.import_list(dir .. "/good.h5"))) do
      text[#text + 1] = ("%s %s %s %s"):format(e.name, e.kind, table.concat(e.shape, "x"),
        e.type or "(" .. e.refused .. ")")
    end
    assert.same({
      "big int32 3 int64", "complex compound 3 (" .. number .. ")",
      "endless uint8 2048x1048576 uint8",
      "external uint8 4 (its values are in other files)",
      "flags enumeration 2 (" .. number .. ")", "fraction float64 2 float64",
      "group link  (it is a link)", "half float16 4 float32", "huge float64 1 float64",
      "imgs uint8 10x8x8 uint8", "latents/classes int64 10x6 int64",
      "latents/values float64 10x6 float64", "lzf int64 9 (filter 32000 is not built in)",
      "nine float64  (it has too many dimensions)", "none float32 0x7 float32",
      "nothing float32  (it has no values)", "one float64  float64",
      "outside link  (it is a link)", "pairs compound 3 (" .. number .. ")",
      "soft link  (it is a link)",
      "sparse float32  (it has more than 2^40 bytes)",
      "string string  (" .. number .. ")",
      "unsigned uint64 2 int64", "virtual int64 10x6 (it is a virtual data set)",
      "wide int16 2 int64",
    }, text)
  end)

  it("says why a file cannot be opened", function()
    put(dir .. "/text", "hello")
    os.execute("mkfifo " .. dir .. "/pipe")
    for name, reason in pairs {
      none = "No such file or directory", text = "file signature not found",
      pipe = "it is no plain file", ["."] = "it is no plain file",
    } do
      local list, message = file.import_list(dir .. "/" .. name)
      assert.is_nil(list)
      assert.equal(("cannot import '%s/%s': %s"):format(dir, name, reason), message)
    end
  end)
end)

local function numbers(format, ...)
  local list = {}
  for i, x in ipairs { ... } do list[i] = string.pack(format, x) end
  return table.concat(list)
end

describe("import_read", function()
  local good

  before_each(function() good = dir .. "/good.h5" end)

  it("converts to the type that was asked for", function()
    local cases = {
      { "big", nil, "int64", numbers("<i8", 1, -2, 3) },
      { "big", "float32", "float32", numbers("<f", 1, -2, 3) },
      { "half", nil, "float32", numbers("<f", 1, -2.5, 1 / 0, -(0 / 0)) },
      { "fraction", "float32", "float32", numbers("<f", 1, 2.5) },
      { "one", nil, "float64", numbers("<d", 42.5) },
      { "none", nil, "float32", "" },
      { "unsigned", "float64", "float64", numbers("<d", 1, 2.0 ^ 63) },
    }
    for _, case in ipairs(cases) do
      local bytes, type = file.import_read(good, case[1], { type = case[2] })
      assert.equal(case[3], type)
      if case[1] == "half" then bytes, case[4] = bytes:sub(1, 12), case[4]:sub(1, 12) end
      assert.equal(case[4], bytes)
    end
  end)

  it("fails where a value does not survive the conversion", function()
    for _, case in ipairs {
      { "wide", "uint8" }, { "fraction", "int64" }, { "huge", "float32" }, { "big", "uint8" },
      { "unsigned", "int64" }, { "half", "int64" }, { "half", "uint8" },
    } do
      local bytes, message = file.import_read(good, case[1], { type = case[2] })
      assert.is_nil(bytes)
      assert.matches("it has values that " .. case[2] .. " cannot hold", message, 1, true)
    end
  end)

  it("reads any rows of what is packed in chunks", function()
    local all = {}
    for i = 0, 639 do all[i + 1] = string.char(i % 251) end
    all = table.concat(all)
    for first = 1, 11 do
      for count = 0, 11 - first do
        local bytes, type, shape = file.import_read(good, "/imgs", { first = first, count = count })
        assert.equal(all:sub(64 * first - 63, 64 * (first + count - 1)), bytes)
        assert.equal("uint8", type)
        assert.same({ count, 8, 8 }, shape)
      end
      assert.equal(all:sub(64 * first - 63), (file.import_read(good, "imgs", { first = first })))
    end
  end)

  it("refuses what is not there, not plain, or too much", function()
    local cases = {
      { "nothing_such", {}, "it has no 'nothing_such'" },
      { "latents/nothing", {}, "it has no 'latents/nothing'" },
      { "latents", {}, "'latents' is no data set" },
      { "imgs/x", {}, "it has no 'imgs/x'" },
      { "soft", {}, "'soft' is a link" },
      { "outside", {}, "'outside' is a link" },
      { "group/values", {}, "'group' is a link" },
      { "external", {}, "'external': its values are in other files" },
      { "virtual", {}, "'virtual': it is a virtual data set" },
      { "lzf", {}, "'lzf': filter 32000 is not built in" },
      { "string", {}, "'string': its values are no plain numbers" },
      { "pairs", {}, "'pairs': its values are no plain numbers" },
      { "sparse", {}, "'sparse': it has more than 2^40 bytes" },
      { "a/../imgs", {}, "is not a name" },
      { "imgs", { first = 12 }, "'imgs' has 10 rows; asked for were those from row 12 on" },
      { "imgs", { first = 4, count = 8 }, "'imgs' has 10 rows" },
      { "one", { first = 2 }, "'one' has 1 rows" },
      { "imgs", { limit = 639 }, "'imgs' has 640 bytes, at most 639 were expected" },
    }
    for _, case in ipairs(cases) do
      local bytes, message = file.import_read(good, case[1], case[2])
      assert.is_nil(bytes)
      assert.matches("cannot import '" .. good .. "': ", message, 1, true)
      assert.matches(case[3], message, 1, true)
    end
    assert.truthy(file.import_read(good, "imgs", { limit = 640 }))
    assert.truthy(file.import_read(good, "latents/loop/loop/values"))
    assert.error_matches(function() file.import_read(good, "imgs", { rows = 3 }) end,
      "import_read: got the option 'rows', wanted one of: count, first, limit, type")
    assert.error_matches(function() file.import_read(good, "imgs", { first = 0.5 }) end,
      "import_read: option 'first': got 0.5, wanted an integer of 1 or more")
  end)

  it("gives back its memory when there is none", function()
    collectgarbage()
    local live = file.live()
    file.failat(1)
    assert.is_nil(file.import_list(good))
    file.failat(1)
    assert.is_nil(file.import_read(good, "imgs"))
    file.failat(0)
    collectgarbage()
    assert.equal(live, file.live())
  end)

  it("leaves alone what the process itself has open", function()
    local out <close> = file.store()
    out:array("a", "uint8", { 3 }, "abc")
    local lock <close> = assert(file.lock(dir))
    for _ = 1, 3 do assert.truthy(file.import_read(good, "imgs")) end
    assert.is_nil(file.lock(dir))
    out:text("b", "still there")
    local input <close> = file.parse(out:image())
    assert.equal("still there", (input:read "b"))
  end)
end)

describe("a mutated file #slow", function()
  -- VERBOSE=1 MUTATIONS=2000: the long run
  local count = tonumber(os.getenv "MUTATIONS" or 200)

  it("gives data or a message", function()
    math.randomseed(tonumber(os.getenv "SEED" or 7))
    local bases = { get(dir .. "/good.h5"), get(dir .. "/new.h5") }
    local opened, read, crashed, slow = 0, 0, 0, 0
    local path = dir .. "/mutated.h5"
    local function note(message)
      assert.is_string(message)
      assert.matches("cannot import '" .. path .. "': ", message, 1, true)
      if message:find "crashed" or message:find "gave up" then crashed = crashed + 1 end
      if message:find "too long" or message:find "nothing came" then slow = slow + 1 end
    end
    local live = file.live()
    for i = 1, count do
      local bytes = bases[i % 2 + 1]
      local from = i % 3 == 0 and 1 or i % 3 == 1 and 97 or 800
      for _ = 1, math.random(1, 12) do
        local at = math.random(from, math.min(#bytes, i % 5 == 0 and #bytes or from + 6000))
        local byte = ({ 0, 255, math.random(0, 255), bytes:byte(at) ~ 1 << math.random(0, 7) })
          [math.random(4)]
        bytes = bytes:sub(1, at - 1) .. string.char(byte) .. bytes:sub(at + 1)
      end
      if i % 10 == 0 then bytes = bytes:sub(1, math.random(0, #bytes)) end
      put(path, bytes)
      local list, message = file.import_list(path)
      if list then opened = opened + 1 else note(message) end
      for _, name in ipairs { "imgs", "latents/values", "a/b", "a/c" } do
        local data
        data, message = file.import_read(path, name, { limit = 1 << 26 })
        if data then read = read + 1 else note(message) end
      end
    end
    if os.getenv "VERBOSE" then
      print(("mutations %d, listed %d, read %d of %d, crashes %d, too slow %d"):format(
        count, opened, read, 4 * count, crashed, slow))
    end
    collectgarbage()
    assert.equal(live, file.live())
    assert.truthy(file.import_read(dir .. "/good.h5", "imgs"))
    assert.equal("", run("ps -o stat= --ppid " .. file.pid() .. " | grep Z"))
  end)
end)

-- last: what it frees stays on a free list, and makes every fork slower
describe("the process that asks #slow", function()
  it("outlives the child that reads", function()
    local live, good = file.live(), dir .. "/good.h5"
    for signal, reason in pairs {
      SEGV = "HDF5 crashed on it (Segmentation fault)", KILL = "HDF5 crashed on it (Killed)",
      XCPU = "it takes too long to read",
    } do
      local killer = io.popen(("sleep 0.1; kill -%s $(ps -o pid=,comm= --ppid %d |" ..
        " sed -n 's/ lua.*//p')"):format(signal, file.pid()))
      local bytes, message = file.import_read(good, "endless", { limit = 1 << 31 })
      killer:close()
      assert.is_nil(bytes)
      assert.equal(("cannot import '%s': %s"):format(good, reason), message)
    end
    collectgarbage()
    assert.equal(live, file.live())
  end)
end)
