-- How fast pictures become a data set, and batches come from the cache:
--   build/teasel spec/bench/reader.lua [--images 2000] [--json build/bench/reader.json]
-- A folder of JPEGs of 178 x 218 like CelebA's, of ten contents, is cached at 64 x 64 on one and on
-- all threads; then batches of 64 are drawn, beside steps of the convolutional beta-VAE. Run with
-- --images 20000 for the figures of csrc/README.md. Times are of the clock, so of a machine that
-- does nothing else.

local T = require "teasel"
local core = require "teasel.core"
local jpeg = require "spec.jpeg"
local json = require "dkjson"
local models = require "spec.bench.models"
local scratch = require "spec.scratch"
local statistic = require "teasel.metric.lib.statistic"

local now = core.system.now
local config = T.command.read(arg, {images = 2000, json = ""})
local WIDTH, HEIGHT, CONTENTS, BATCH, ROUNDS = 178, 218, 10, 64, 30

-- rings and stripes with noise: about 15 kB a file
local function content(k)
  local noise = T.stream(k):integers({WIDTH * HEIGHT}, 0, 20):table()
  local data = {}
  for i = 0, WIDTH * HEIGHT - 1 do
    local x, y = i % WIDTH, i // WIDTH
    local v = 128 + 80 * math.sin(math.sqrt((x - 89) ^ 2 + (y - 109) ^ 2) / (20 + 5 * k))
      + noise[i + 1]
    data[i + 1] = string.char(math.floor(v), math.floor(0.7 * v + 20 * math.sin(x / (5 + k)) + 20),
      math.floor(0.5 * v + 0.3 * y))
  end
  return jpeg.encode{width = WIDTH, height = HEIGHT, channels = 3, step = 12,
    data = table.concat(data)}
end

local folder = scratch.cached()

local contents = {}
for k = 1, CONTENTS do contents[k] = content(k) end
assert(core.system.folder(folder .. "/jpeg"))
for i = 1, config.images do
  local f = assert(io.open(("%s/jpeg/%06d.jpg"):format(folder, i), "wb"))
  f:write(contents[i % CONTENTS + 1])
  f:close()
end

local all, report, set = T.threads(), {images = config.images, rates = {}}, nil
for _, threads in ipairs{1, all} do
  T.threads(threads)
  T.data.cache.remove ""
  local began = now()
  set = assert(T.data.folder{folder .. "/jpeg", size = 64, crop = WIDTH})
  report.rates[#report.rates + 1] = {threads = threads,
    per_second = config.images / (now() - began)}
  print(("%d threads: %.0f images/s"):format(threads, report.rates[#report.rates].per_second))
end

-- in turns, so that whatever else the machine does falls on both
local step, batches, steps = models.conv().step, {}, {}
local stream = T.stream(1)
for i = 1, ROUNDS do
  local began = now()
  set:batch(stream, BATCH)
  batches[i] = (now() - began) * 1e3
  began = now()
  step(T.stream(i))
  steps[i] = (now() - began) * 1e3
end
report.batch_ms, report.step_ms = statistic.median(batches), statistic.median(steps)
print(("a batch of %d: %.2f ms, %.1f %% of a step of %.1f ms"):format(BATCH, report.batch_ms,
  100 * report.batch_ms / report.step_ms, report.step_ms))

if config.json ~= "" then
  assert(core.file.save(config.json, json.encode(report, {indent = true})))
end
scratch.remove(folder)
