-- One row of `make bench`, in a process of its own:
--   build/teasel spec/bench/model.lua MODEL [seconds [python]]
-- Prints one line of JSON. With a python that has PyTorch, spec/bench/peer.py takes its steps in
-- turns with ours, so that whatever else the machine does falls on both.

local core = require "teasel.core"
local T = require "teasel"
local json = require "dkjson"
local models = require "spec.bench.models"

local ROUNDS, MOST = 5, 200
local name, seconds, python = arg[1], tonumber(arg[2]) or 10, arg[3]
local now = core.system.now

local function sorted_median(list)
  local s = table.move(list, 1, #list, 1, {})
  table.sort(s)
  return s[(#s + 1) // 2]
end

-- peak resident memory of this process, MB
local function peak()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmHWM:%s*(%d+)"
    if kb then return tonumber(kb) / 1024 end
  end
end

local function product(sizes)
  local n = 1
  for _, v in ipairs(sizes) do n = n * v end
  return n
end

-- multiply-adds, times two, of a row of the profile; from the shapes alone
local FLOPS = {}
function FLOPS.matmul(a, b, y) return 2 * math.sqrt(product(a) * product(b) * product(y)) end
function FLOPS.linear(x, w, y) return 2 * product(x) * w[2] end
function FLOPS.conv(_, w, y) return 2 * product(y) * w[1] * w[2] * w[3] end
function FLOPS.conv_x(y, w) return 2 * product(y) * w[1] * w[2] * w[3] end
function FLOPS.conv_w(_, y, w) return 2 * product(y) * w[1] * w[2] * w[3] end
FLOPS.conv_bias, FLOPS.deconv_bias = FLOPS.conv, FLOPS.conv_x

-- the smaller number of channels of a convolution, in or out; 0 of anything else
local function channels_of(row)
  if not row.op:match "conv" then return 0 end
  local w = row.op == "conv_w" and row.shapes[3] or row.shapes[2]
  return math.min(w[3], w[4])
end

-- numbers read and written by an update: weight, gradient and two slots, all but one both ways
local function bytes_of(row)
  if row.op == "update" then return 7 * 4 * product(row.shapes[1]) end
  local n = 0
  for _, shape in ipairs(row.shapes) do n = n + 4 * product(shape) end
  return n
end

-- a profile as rows by op and shapes: seconds a step, flops, bytes, how often
local function table_of(rows, steps)
  local by, list = {}, {}
  for _, row in ipairs(rows) do
    local shapes = {}
    for i, s in ipairs(row.shapes) do shapes[i] = table.concat(s, " ") end
    local key = row.op .. "  [" .. table.concat(shapes, "] [") .. "]"
    local at = by[key]
    if not at then
      local f = FLOPS[row.op]
      at = {what = key, op = row.op, ms = 0, calls = 0, bytes = 0, flops = 0,
        each = f and f(table.unpack(row.shapes)) or 0, channels = channels_of(row)}
      by[key], list[#list + 1] = at, at
    end
    at.ms = at.ms + row.seconds * 1e3 / steps
    at.calls = at.calls + 1 / steps
    at.flops = at.flops + at.each / steps
    at.bytes = at.bytes + bytes_of(row) / steps
  end
  table.sort(list, function(a, b) return a.ms > b.ms end)
  return list
end

-- spec/bench/peer.py as a function of seconds -> {times, peak}; nil without PyTorch
local function start_peer()
  if not python or python == "" then return end
  local pipe = os.tmpname()
  os.remove(pipe)
  assert(os.execute("mkfifo " .. pipe))
  local input = io.popen(("%s spec/bench/peer.py %s %d > %s"):format(python, name, T.threads(),
    pipe), "w")
  local output = io.open(pipe)
  os.remove(pipe)
  return function(budget, steps)
    input:write(("%g %d\n"):format(budget, steps))
    input:flush()
    local line = output:read "l"
    return line and json.decode(line)
  end
end

local step, count = models[name](), 0

local function ours(budget, steps)
  local times, start = {}, now()
  while #times == 0 or now() - start < budget and #times < steps do
    count = count + 1
    local t = now()
    step(T.stream(count))
    times[#times + 1] = (now() - t) * 1e3
  end
  return {times = times, peak = peak()}
end

local peer = start_peer()
ours(1, 3)
local theirs = peer and peer(1, 3)
local mine, others = {}, {}
for _ = 1, ROUNDS do
  for _, ms in ipairs(ours(seconds / ROUNDS, MOST).times) do mine[#mine + 1] = ms end
  if theirs then
    theirs = peer(seconds / ROUNDS, MOST)
    for _, ms in ipairs(theirs.times) do others[#others + 1] = ms end
  end
end
local highest = peak()
core.profile(true)
local steps = #ours(1, 50).times
local ops = table_of(core.profile(false), steps)
-- sums over the products, and over the convolutions between 32 channels or more
local flops, product_ms, conv_flops, conv_ms = 0, 0, 0, 0
for _, row in ipairs(ops) do
  if row.flops > 0 then
    flops, product_ms = flops + row.flops, product_ms + row.ms
    if row.channels >= 32 then
      conv_flops, conv_ms = conv_flops + row.flops, conv_ms + row.ms
    end
  end
end
local half
if pcall(core.precision, "bf16") then
  ours(0, 1)
  half = sorted_median(ours(seconds / 4, MOST).times)
  core.precision "fp32"
end
-- the same on one thread
local threads = T.threads()
T.threads(1)
ours(1, 2)
local alone = sorted_median(ours(seconds / 4, MOST).times)

print(json.encode({model = name, threads = threads, ms = sorted_median(mine), steps = #mine,
  one_thread_ms = alone, bf16_ms = half,
  conv_gflops = conv_ms > 0 and conv_flops / conv_ms * 1e-6 or nil, peak_mb = highest,
  gflop = flops * 1e-9, product_ms = product_ms,
  torch_ms = theirs and sorted_median(others), torch_peak_mb = theirs and theirs.peak,
  ops = ops}))
