-- How fast each kind of file becomes a data set, and batches come from it:
--   build/teasel spec/bench/format.lua [--images 2000] [--json build/bench/format.json]
-- Sets of the same images, 64 x 64 (MNIST's 28 x 28, NORB's pairs of 96 x 96), are written in a
-- folder of their own and read on one and on two threads. Microseconds for an image: of the clock,
-- and on one thread of the processor with all processes that help; what others do on the machine
-- counts in the former. `batch` is an image of a batch of 64, from memory or from the cache.

local T = require "teasel"
local core = require "teasel.core"
local jpeg = require "spec.jpeg"
local json = require "dkjson"
local npz = require "teasel.format.npz"
local scratch = require "spec.scratch"

local now = core.system.now
local config = T.command.read(arg, {images = 2000, json = ""})
local N, CONTENTS, BATCHES = config.images, 10, 20
local folder = scratch.cached()

-- seconds of the processor, children that have ended counted too
local function processor()
  local file <close> = assert(io.open "/proc/self/stat")
  local ticks, sum = {}, 0
  for word in file:read "a":match "%) (.*)":gmatch "%S+" do ticks[#ticks + 1] = word end
  for i = 12, 15 do sum = sum + tonumber(ticks[i]) end
  return sum / 100
end

local function write(name, ...) return scratch.write(folder, name, ...) end

-- rings with noise, grey values of one image
local function content(k, side)
  local noise, parts = T.stream(k):integers({side * side}, 0, 20):table(), {}
  for i = 0, side * side - 1 do
    local r = math.sqrt((i % side - side / 2) ^ 2 + (i // side - side / 2) ^ 2)
    parts[i + 1] = string.char(math.floor(118 + 80 * math.sin(r / (2 + k)) + noise[i + 1]))
  end
  return table.concat(parts)
end

-- n images one after the other
local function images(n, side)
  local kinds, parts = {}, {}
  for k = 1, CONTENTS do kinds[k] = content(k, side) end
  for i = 1, n do parts[i] = kinds[i % CONTENTS + 1] end
  return table.concat(parts), kinds
end

local all, kinds = images(N, 64)

local function pictures(ending, encode)
  local files = {}
  for k = 1, CONTENTS do files[k] = encode(kinds[k]) end
  for i = 1, N do write(("%s/%05d.%s"):format(ending, i, ending), files[i % CONTENTS + 1]) end
  return function() return T.data.folder{folder .. "/" .. ending} end
end

local function hdf5()
  local path = folder .. "/images.h5"
  local out <close> = assert(core.file.export(path))
  assert(out:rows(assert(out:dataset("images", "uint8", {N, 64, 64})), all))
  assert(out:close())
  return function() return T.data.file{path} end
end

-- MATLAB 5: a head, then one matrix [pixels n] of bytes with flags, sizes and a name
local function matlab()
  local function element(kind, data)
    return ("<I4I4"):pack(kind, #data) .. data .. ("\0"):rep(-#data % 8)
  end
  local matrix = element(6, ("<I4I4"):pack(9, 0)) .. element(5, ("<i4i4"):pack(64 * 64, N))
    .. element(1, "images") .. element(2, all)
  local path = write("images.mat", ("MATLAB 5.0 MAT-file"):rep(7):sub(1, 124), "\0\1IM",
    ("<I4I4"):pack(14, #matrix), matrix)
  return function() return T.data.matlab{path, images = "images", side = 64} end
end

local function norb()
  local name = "norb/smallnorb-5x46789x9x18x6x2x96x96-training-"
  local pairs_of = N // 2
  local function head(magic, ...)
    local sizes = {...}
    local text = ("<I4I4"):pack(magic, #sizes)
    for d = 1, math.max(3, #sizes) do text = text .. ("<I4"):pack(sizes[d] or 1) end
    return text
  end
  write(name .. "dat.mat", head(0x1e3d4c55, pairs_of, 2, 96, 96), (images(2 * pairs_of, 96)))
  write(name .. "cat.mat", head(0x1e3d4c54, pairs_of), ("<i4"):pack(1):rep(pairs_of))
  write(name .. "info.mat", head(0x1e3d4c54, pairs_of, 4),
    ("<i4i4i4i4"):pack(8, 2, 34, 5):rep(pairs_of))
  return function() return T.data.norb{folder = folder .. "/norb"} end
end

local ROWS = {
  {"JPEG files", function()
    return pictures("jpg", function(data)
      return jpeg.encode{width = 64, height = 64, channels = 1, step = 12, data = data}
    end)
  end},
  {"PNG files", function()
    return pictures("png", function(data)
      local image = core.png.image(64, 64, 1, 0)
      image:tile(0, 0, 1, data, 64, 64, 1)
      return image:encode()
    end)
  end},
  {"IDX", function()
    local path = write("images.idx", (">I4I4I4I4"):pack(0x803, N, 28, 28), (images(N, 28)))
    return function() return T.data.idx{images = path} end
  end},
  {".npz", function()
    local path = folder .. "/images.npz"
    assert(npz.write(path, {images = T.bytes(all, {N, 64, 64})}))
    return function() return T.data.file{path} end
  end},
  {"HDF5", hdf5}, {".mat", matlab}, {"NORB", norb},
}

local report = {images = N, rows = {}}
print(("%-12s%12s%12s%12s%12s"):format("us an image", "processor", "1 thread", "2 threads",
  "batch"))
for i, row in ipairs(ROWS) do
  local make, r = row[2](), {name = row[1]}
  local set
  for _, threads in ipairs{1, 2} do
    T.threads(threads)
    T.data.cache.remove ""
    local clock, used = now(), processor()
    set = assert(make())
    local us = (now() - clock) / set:count() * 1e6
    r[threads == 1 and "one_us" or "two_us"] = us
    if threads == 1 then r.processor_us = (processor() - used) / set:count() * 1e6 end
  end
  local clock = now()
  for k = 1, BATCHES do set:batch(T.stream(k), 64) end
  r.batch_us = (now() - clock) / (64 * BATCHES) * 1e6
  report.rows[i] = r
  print(("%-12s%12.1f%12.1f%12.1f%12.1f"):format(r.name, r.processor_us, r.one_us, r.two_us,
    r.batch_us))
end
scratch.remove(folder)

if config.json ~= "" then
  assert(core.file.save(config.json, json.encode(report, {indent = true}) .. "\n"))
end
