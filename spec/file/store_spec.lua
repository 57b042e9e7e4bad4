-- Checkpoints: what goes in comes out, nothing damaged is opened, nothing is lost under kill -9.
local file = require "spec.files"
local scratch = require "spec.scratch"

local put, run = file.put, file.printed

local dir

before_each(function() dir = scratch.make() end)

after_each(function()
  file.failat(0)
  scratch.remove(dir)
end)

local contents = {
  { "params/1/weight", "float32", { 2, 3 }, string.pack("<ffffff", 1, 2.5, -3, 0, 1e-30, 6) },
  { "params/1/bias", "float64", { 3 }, string.pack("<ddd", 1, -0.0, 1 / 0) },
  { "params/2/weight", "float32", { 1, 1, 1, 1, 1, 1, 1, 2 }, string.pack("<ff", 7, 8) },
  { "halves", "float16", { 3 }, string.pack("<I2I2I2", 0x3c00, 0xc100, 1) },
  { "codes", "uint8", { 5 }, "\0\1\2\254\255" },
  { "step", "int64", {}, string.pack("<i8", -(1 << 62)) },
  { "none", "float32", { 0, 4 }, "" },
}
local texts = { { "config", '{"beta": 4, "name": "β-VAE"}' }, { "note", "" } }

local function checkpoint()
  local out = assert(file.store())
  for _, a in ipairs(contents) do assert(out:array(table.unpack(a))) end
  for _, t in ipairs(texts) do assert(out:text(table.unpack(t))) end
  return out
end

describe("a checkpoint", function()
  it("gives back names, types, shapes and bits", function()
    checkpoint():save(dir .. "/x")
    local input <close> = assert(file.open(dir .. "/x"))
    for _, a in ipairs(contents) do
      local bytes, type, shape = input:read(a[1])
      assert.equal(a[4], bytes)
      assert.equal(a[2], type)
      assert.same(a[3], shape)
    end
    for _, t in ipairs(texts) do assert.equal(t[2], (input:read(t[1]))) end
    local names = {}
    for i, e in ipairs(input:list()) do names[i] = e.name end
    assert.same({ "codes", "config", "halves", "none", "note", "params/1/bias", "params/1/weight",
      "params/2/weight", "step" }, names)
    local nothing, message = input:read "params/3"
    assert.is_nil(nothing)
    assert.matches("has no 'params/3'", message, 1, true)
  end)

  it("holds many arrays in many groups", function()
    local out = file.store()
    for i = 1, 300 do
      assert(out:array(("params/%d/w%d"):format(i % 17, i), "float64", { 1 }, string.pack("<d", i)))
    end
    local input <close> = assert(file.parse(out:image()))
    assert.equal(300, #input:list())
    for i = 1, 300 do
      assert.equal(i, string.unpack("<d", (input:read(("params/%d/w%d"):format(i % 17, i)))))
    end
  end)

  it("has the same bytes whenever the contents are the same #apart", function()
    local here = checkpoint():image()
    local noise = {}
    for i = 1, 2000 do noise[i] = ("\165"):rep(i * 37 % 5000) end
    noise = nil
    collectgarbage()
    assert.equal(here, checkpoint():image())
    checkpoint():save(dir .. "/x")
    put(dir .. "/same.lua", ([[
      local file = require "spec.files"
      local input, out = file.open "DIR/x", file.store()
      for _, name in ipairs { "params/1/weight", "params/1/bias", "params/2/weight", "halves",
        "codes", "step", "none" } do
        local bytes, type, shape = input:read(name)
        out:array(name, type, shape, bytes)
      end
      for _, name in ipairs { "config", "note" } do out:text(name, (input:read(name))) end
      out:save "DIR/y"
    ]]):gsub("DIR", dir))
    os.execute("sleep 1.1; MALLOC_PERTURB_=165 lua5.4 " .. dir .. "/same.lua")
    assert.equal(here, file.read(dir .. "/y"))
  end)

  it("opens in h5py with readable names and shapes #apart", function()
    checkpoint():save(dir .. "/x")
    put(dir .. "/look.py", [[
import sys, h5py
f = h5py.File(sys.argv[1], "r")
def show(name, o):
    if isinstance(o, h5py.Dataset): print(name, o.dtype, o.shape)
f.visititems(show)
print(f["params/1/weight"][()].tolist()[0], f["step"][()], f["config"][()].decode(),
      f.userblock_size, [round(x, 8) for x in f["halves"][()].tolist()])
]])
    assert.equal([[
codes uint8 (5,)
config |S29 ()
halves float16 (3,)
none float32 (0, 4)
note |S1 None
params/1/bias float64 (3,)
params/1/weight float32 (2, 3)
params/2/weight float32 (1, 1, 1, 1, 1, 1, 1, 2)
step int64 ()
[1.0, 2.5, -3.0] -4611686018427387904 {"beta": 4, "name": "β-VAE"} 512 [1.0, -2.5, 6e-08]
]], run("/usr/bin/python3 " .. dir .. "/look.py " .. dir .. "/x 2>&1"))
  end)

  it("says what it cannot hold", function()
    local cases = {
      { "two of a name", "already exists", "array", "step", "int64", {}, ("\0"):rep(8) },
      { "a part that is an array", "cannot store 'step/x'", "array", "step/x", "uint8", {}, "1" },
      { "an empty part of a name", "'a//b' is not a name", "array", "a//b", "uint8", {}, "1" },
      { "an absolute name", "'/a' is not a name", "array", "/a", "uint8", {}, "1" },
      { "a name that goes up", "'a/../b' is not a name", "array", "a/../b", "uint8", {}, "1" },
      { "an empty name", "'' is not a name", "text", "", "x" },
      { "a long name", "at most 999", "text", ("x"):rep(1000), "x" },
      { "a negative size", "dimension 2 of 'a' is -1", "array", "a", "uint8", { 1, -1 }, "" },
      { "an enormous size", "more than 2^40", "array", "a", "uint8", { 1 << 21, 1 << 20 }, "" },
      { "a text with a zero byte", "has a zero byte", "text", "t", "a\0b" },
    }
    for _, case in ipairs(cases) do
      local out <close> = checkpoint()
      local ok, message = out[case[3]](out, table.unpack(case, 4))
      assert.is_nil(ok, case[1])
      assert.matches(case[2], message, 1, true)
    end
    local out <close> = file.store()
    assert.has_error(function() out:array("a", "uint8", { 2 }, "123") end,
      "array: argument 'bytes': got 3 bytes for 'a', wanted 2, those of its shape")
    assert.error_matches(function() out:array("a", "int8", { 2 }, "12") end, "got \"int8\", wanted")
    assert.error_matches(function() out:array("a", "uint8", { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, "1") end,
      "at most 8")
    out:close()
    assert.error_matches(function() out:text("a", "b") end, "got a writer that is closed")
  end)

  it("returns its memory whatever allocation fails", function()
    checkpoint():save(dir .. "/x")
    collectgarbage()
    local live, failures = file.live(), 0
    local steps = {
      function() local out = file.store(); if out then out:close() end return out end,
      function() local out <close> = checkpoint(); return out:image() end,
      function() local out <close> = checkpoint(); return out:save(dir .. "/x") end,
      function()
        local input = file.open(dir .. "/x")
        if input then input:close() end
        return input
      end,
      function() return file.read(dir .. "/x") end,
    }
    for _, step in ipairs(steps) do
      for n = 1, 20 do
        file.failat(n)
        local fine, got = pcall(step)
        file.failat(0)
        collectgarbage()
        if not (fine and got) then failures = failures + 1 end
        assert.equal(live, file.live())
      end
      assert.truthy(step())
    end
    assert.is_true(failures > 10)
  end)
end)

-- an image with another body, its length and digest made anew
local function sealed(image, body)
  local head = image:sub(1, 16) .. string.pack("<i8", 512 + #body) .. image:sub(25, 480)
  local hex = file.sha256(head .. body)
  return head .. hex:gsub("..", function(x) return string.char(tonumber(x, 16)) end) .. body
end

describe("a damaged checkpoint", function()
  it("is refused whichever byte was changed", function()
    local image = checkpoint():image()
    local refused = 0
    for i = 1, #image do
      local flip = 1 << (i * 7 % 8)
      for _, x in ipairs { flip, 255 } do
        local byte = string.char(image:byte(i) ~ x)
        local input, message = file.parse(image:sub(1, i - 1) .. byte .. image:sub(i + 1))
        if not input and message:find "checkpoint" or message:find "damaged" then
          refused = refused + 1
        end
      end
    end
    assert.equal(2 * #image, refused)
  end)

  it("is refused wherever it was cut, or longer", function()
    local image = checkpoint():image()
    for n = 0, #image - 1 do
      local input, message = file.parse(image:sub(1, n))
      assert.is_nil(input)
      assert.matches(n < 512 and "is no checkpoint, or the beginning of one"
        or "it has " .. n .. " bytes instead of " .. #image, message, 1, true)
    end
    for _, more in ipairs { "\0", image } do assert.is_nil(file.parse(image .. more)) end
    assert.truthy(file.parse(image))
  end)

  it("is named, and told from other files", function()
    local image = checkpoint():image()
    local function why(bytes)
      put(dir .. "/x", bytes)
      local input, message = file.open(dir .. "/x")
      assert.is_nil(input)
      assert.matches("'" .. dir .. "/x' is ", message, 1, true)
      return message
    end
    assert.matches("begins with other bytes", why(image:sub(513) .. image), 1, true)
    assert.matches("version 2, this program reads version 1", why(image:sub(1, 8) .. "\2" ..
      image:sub(10)), 1, true)
    assert.matches("SHA-256", why(image:sub(1, -2) .. "\255"), 1, true)
    assert.is_nil(file.open(dir .. "/none"))
  end)

  it("is refused although its digest is right, if HDF5 cannot read it", function()
    local image = checkpoint():image()
    assert.truthy(file.parse(sealed(image, image:sub(513))))
    local input, message = file.parse(sealed(image, ("x"):rep(3000)))
    assert.is_nil(input)
    assert.matches("cannot open 'image': file signature not found", message, 1, true)
  end)
end)

describe("a checkpoint that was changed on purpose, its digest made anew,", function()
  local seed = tonumber(os.getenv("TEASEL_SEED")) or os.time()
  local mutants = tonumber(os.getenv("TEASEL_MUTANTS")) or 200

  -- bytes of the parts that describe the data, changed to what often breaks readers
  local function mutate(body)
    local bytes = {body:byte(1, -1)}
    for _ = 1, math.random(1, 4) do
      local at = math.random(#bytes)
      while bytes[at] == 0 and math.random() < 0.9 do at = math.random(#bytes) end
      for i = at, math.min(at + (math.random() < 0.2 and 7 or 0), #bytes) do
        bytes[i] = ({0, 255, 127, 128, bytes[i] ~ 1 << math.random(0, 7), math.random(0, 255)})
          [math.random(6)]
      end
    end
    for i, byte in ipairs(bytes) do bytes[i] = string.char(byte) end
    return table.concat(bytes)
  end

  it(("never harms the process that opens it (TEASEL_SEED=%d)"):format(seed), function()
    math.randomseed(seed)
    local image, refused, crashed = checkpoint():image(), 0, 0
    for _ = 1, mutants do
      local input, message = file.parse(sealed(image, mutate(image:sub(513))))
      if input then
        for _, e in ipairs(input:list()) do
          local bytes, kind, shape = input:read(e.name)
          assert.equal(kind, e.type)
          local size = ({float16 = 2, float32 = 4, float64 = 8, int64 = 8})[kind] or 1
          for _, n in ipairs(shape) do size = size * n end
          if kind ~= "text" then assert.equal(size, #bytes) end
        end
        input:close()
      else
        refused = refused + 1
        if message:find("HDF5 crashed", 1, true) then crashed = crashed + 1 end
        assert.matches("^cannot open 'image': ", message)
      end
    end
    if os.getenv "VERBOSE" then
      print(("%d mutants: %d refused, %d of them crashed HDF5"):format(mutants, refused, crashed))
    end
    assert.is_true(mutants < 100 or refused > mutants / 20)
  end)
end)

describe("kill -9 while a process saves #slow #once", function()
  it("loses none of 200 checkpoints", function()
    put(dir .. "/saver.lua", [[
      local file = require "spec.files"
      local path, step = ...
      step = tonumber(step)
      io.stdout:write(file.pid(), "\n")
      io.stdout:flush()
      while true do
        step = step + 1
        local out = file.store()
        out:array("weight", "float64", { 30000 }, string.pack("<d", step):rep(30000))
        out:array("step", "int64", {}, string.pack("<i8", step))
        assert(out:save(path))
        out:close()
        io.stdout:write(step, "\n")
        io.stdout:flush()
      end
    ]])
    math.randomseed(20240501)
    local path = dir .. "/x"
    local lost, left, steps = 0, 0, 0
    for kill = 1, 200 do
      local saver = io.popen(("exec lua5.4 %s/saver.lua %s %d"):format(dir, path, steps))
      local id = saver:read "n"
      os.execute(("sleep %.4f; kill -9 %d"):format(0.01 + 0.05 * math.random(), id))
      local acknowledged = steps
      for line in saver:lines() do acknowledged = tonumber(line) or acknowledged end
      saver:close()
      local tmp = io.open(path .. ".teasel.tmp")
      if tmp then left = left + 1; tmp:close() end
      local input = file.open(path)
      if not input then
        if acknowledged > 0 then lost = lost + 1 end
      else
        local step = string.unpack("<i8", (input:read "step"))
        local weight = input:read "weight"
        if step < acknowledged or weight ~= string.pack("<d", step):rep(30000) then
          lost = lost + 1
        end
        input:close()
        steps = step
      end
    end
    if os.getenv "VERBOSE" then print("kills 200, saves " .. steps .. ", left " .. left) end
    assert.equal(0, lost)
    assert.is_true(steps > 200)
    local out = file.store()
    out:save(path)
    assert.is_nil(io.open(path .. ".teasel.tmp"))
  end)
end)
