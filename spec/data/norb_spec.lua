-- smallNORB, on small files in exactly its layout.

local T = require "teasel"
local expect = require "spec.expect"
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused
local TRAIN = "smallnorb-5x46789x9x18x6x2x96x96-training-"
local folder

local function write(name, data) return scratch.write(folder, name, data) end

-- magic, axes, sizes (three at least, the rest 1), items
local function matrix(magic, sizes, items)
  local head = ("<I4I4"):pack(magic, #sizes)
  for d = 1, math.max(3, #sizes) do head = head .. ("<I4"):pack(sizes[d] or 1) end
  return head .. items
end

local function integers(list)
  local parts = {}
  for i, v in ipairs(list) do parts[i] = ("<i4"):pack(v) end
  return table.concat(parts)
end

before_each(function()
  folder = scratch.make()
  -- two pairs of 2 x 3: 1 and 2, 3 and 4
  local pixels = ("\1"):rep(6) .. ("\2"):rep(6) .. ("\3"):rep(6) .. ("\4"):rep(6)
  write(TRAIN .. "dat.mat", matrix(0x1e3d4c55, {2, 2, 2, 3}, pixels))
  write(TRAIN .. "cat.mat", matrix(0x1e3d4c54, {2}, integers{4, 0}))
  write(TRAIN .. "info.mat", matrix(0x1e3d4c54, {2, 4}, integers{8, 2, 34, 5, 4, 0, 0, 1}))
end)

after_each(function() scratch.remove(folder) end)

describe("smallNORB", function()
  it("has the images of a camera, kinds as classes and four factors", function()
    local s = assert(T.data.norb{folder = folder})
    assert.same({2, {2, 3, 1}, "car", 4}, {s:count(), s.shape, s.classes[5], #s.factor_names})
    near((s:images() * 255):round():mean{2, 3, 4}, {1, 3}, 0)
    near(s:labels(), {4, 0}, 0)
    near(s:factors(), {{8, 2, 34, 5}, {4, 0, 0, 1}}, 0)
    os.execute(("gzip '%s/%sdat.mat'"):format(folder, TRAIN))
    s = assert(T.data.norb{folder = folder, camera = 2})
    near((s:images(T.tensor{2, 1}) * 255):round():mean{2, 3, 4}, {4, 2}, 0)
  end)

  it("names what is missing or damaged", function()
    local function fails(message, part)
      local s, got = T.data.norb{folder = folder, part = part or "train"}
      assert.is_nil(s)
      assert.is_truthy(got:find(folder, 1, true) == 1 and got:find(message, 1, true), got)
    end
    fails("found neither smallnorb-5x01235x9x18x6x2x96x96-testing-dat.mat.gz", "test")
    write(TRAIN .. "cat.mat", matrix(0x1e3d4c54, {3}, integers{4, 0, 1}))
    fails("got 2 pairs of images, 3 kinds and 2 rows of factors, wanted as many")
    write(TRAIN .. "cat.mat", matrix(0x1e3d4c54, {3}, integers{4, 0}))
    fails("got 8 bytes of items, wanted 12 for the shape [3]")
    write(TRAIN .. "cat.mat", matrix(0x1e3d4c54, {2}, integers{4, 5}))
    fails("got the kind 5 for pair 2, wanted 0..4")
    write(TRAIN .. "cat.mat", matrix(0x1e3d4c55, {2}, "ab"))
    fails("got the magic number 1e3d4c55 and 1 axes, wanted 1e3d4c54 and 1")
    write(TRAIN .. "dat.mat", "short")
    fails("got 5 bytes, wanted a head of 24")
    refused("norb: option 'camera': got 3, wanted 1 or 2", T.data.norb, {camera = 3})
  end)

  it("is a set or a message that names the file, whatever bytes are damaged", function()
    local n, good = tonumber(os.getenv "TEASEL_MUTANTS") or 100, {}
    for k, part in ipairs{"dat", "cat", "info"} do
      local f = assert(io.open(folder .. "/" .. TRAIN .. part .. ".mat", "rb"))
      good[k] = {name = TRAIN .. part .. ".mat", data = f:read "a"}
      f:close()
    end
    local at = T.stream(1):integers({n}, 1, 1000):table()
    local by = T.stream(2):integers({n}, 0, 255):table()
    for i = 1, n do
      local file = good[i % 3 + 1]
      local p = math.tointeger(at[i]) % #file.data + 1
      local bad = file.data:sub(1, p - 1) .. string.char(math.tointeger(by[i]))
        .. file.data:sub(p + 1)
      write(file.name, i % 7 == 0 and bad:sub(1, p) or bad)
      local s, message = T.data.norb{folder = folder}
      assert.is_true(s ~= nil or message:find(folder, 1, true) == 1, message)
      if s then s:images() end
      write(file.name, file.data)
    end
  end)
end)
