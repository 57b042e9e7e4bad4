-- `make bench`: the reference models beside PyTorch's and beside what the machine can do.
--   build/teasel spec/bench/main.lua [--models fc,conv] [--seconds 10] [--json build/bench.json]
-- Every model runs in a process of its own (model.lua). The peak (peak.c) is measured before each,
-- so that a share of it means something on a machine that is shared.

local T = require "teasel"
local core = require "teasel.core"
local json = require "dkjson"
local models = require "spec.bench.models"

local ALL = {"fc", "conv", "infogan_mnist", "infogan_celeba", "mathieu", "unrolled"}

local config = T.command.read(arg, {models = table.concat(ALL, ","), seconds = 10.0,
  json = "build/bench.json", ops = 12})

local known = {}
for _, name in ipairs(ALL) do known[name] = true end
local chosen = {}
for name in config.models:gmatch "[^,]+" do
  chosen[#chosen + 1] = known[name] and name or T.options.unknown("--models", name, known)
end

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return text
end

-- a python that has PyTorch, or ""
local function find_torch()
  for _, python in ipairs{"python3", "/usr/bin/python3"} do
    if os.execute(python .. " -c 'import torch' 2> /dev/null") then return python end
  end
  return ""
end

local function number(v, form) return v and form:format(v) or "-" end

local function cpu()
  for line in io.lines "/proc/cpuinfo" do
    local name = line:match "^model name%s*:%s*(.*)"
    if name then return name end
  end
  return "unknown processor"
end

local threads = T.threads()
local python = find_torch()
local result = {cpu = cpu(), threads = threads, kernels = core.kernels(), models = {}}

print(("%s, %d threads, %s kernels; PyTorch: %s"):format(result.cpu, threads, result.kernels,
  python == "" and "not found (Debian: python3-torch)" or "beside each, in turns"))
print("\nMedian training step. The share is that of the products in the FMA peak of that minute;")
print("convs: that of convolutions between 32 channels or more. 1T: one thread. MB: peak memory.")
local ROW = "%-15s %8s %8s %6s %8s %6s %6s %6s %6s %8s %6s %7s %6s"
print(ROW:format("model", "ms", "PyTorch", "ratio", "GFLOP/s", "peak", "share", "convs", "1T/2T",
  "bf16 ms", "MB", "PyT MB", "ratio"))

for _, name in ipairs(chosen) do
  local peak = json.decode(output("build/bench/peak " .. threads))
  local r = json.decode(output(("build/teasel spec/bench/model.lua %s %g '%s'"):format(name,
    config.seconds, python)))
  local again = json.decode(output("build/bench/peak " .. threads))
  r.fma = math.max(peak["fma" .. threads], again["fma" .. threads])
  r.triad = math.max(peak["triad" .. threads], again["triad" .. threads])
  r.gflops = r.gflop / r.product_ms * 1e3
  result.models[#result.models + 1] = r
  print(ROW:format(name, number(r.ms, "%.2f"), number(r.torch_ms, "%.2f"),
    number(r.torch_ms and r.torch_ms / r.ms, "%.1f"), number(r.gflops, "%.0f"),
    number(r.fma, "%.0f"), number(100 * r.gflops / r.fma, "%.0f %%"),
    number(r.conv_gflops and 100 * r.conv_gflops / r.fma, "%.0f %%"),
    number(r.one_thread_ms / r.ms, "%.2f"), number(r.bf16_ms, "%.1f"), number(r.peak_mb, "%.0f"),
    number(r.torch_peak_mb, "%.0f"), number(r.torch_peak_mb and r.peak_mb / r.torch_peak_mb,
    "%.2f")))
end

print("\nWhere a step goes: the ops that take longest. GB/s counts two operands and the result;"
  .. "\nthe triad is a = b + s c over arrays that no cache holds.")
for _, r in ipairs(result.models) do
  print(("\n%s: %.2f ms; triad %.1f GB/s"):format(r.model, r.ms, r.triad))
  for i = 1, math.min(config.ops, #r.ops) do
    local o = r.ops[i]
    local rate = o.flops > 0 and ("%4.0f GFLOP/s"):format(o.flops / o.ms * 1e-6)
      or ("%7.1f GB/s"):format(o.bytes / o.ms * 1e-6)
    print(("%9.2f ms  %5.1f x  %s  %s"):format(o.ms, o.calls, rate, o.what))
  end
end

-- median milliseconds of a model at another size, in this process
local function median(make, ...)
  local step, times = make(...), {}
  local now = core.system.now
  local start = now()
  for i = 1, 100 do
    local t = now()
    step(T.stream(i))
    if i > 2 then times[#times + 1] = (now() - t) * 1e3 end
    if #times >= 3 and now() - start > config.seconds / 5 then break end
  end
  table.sort(times)
  return times[(#times + 1) // 2]
end

print("\nHow the cost grows:")
result.growth = {}
for _, name in ipairs{"fc", "conv"} do
  if known[name] == true and config.models:find(name, 1, true) then
    local line = {}
    for _, batch in ipairs{16, 64, 256, 1024} do
      local ms = median(models[name], batch)
      result.growth[#result.growth + 1] = {model = name, batch = batch, ms = ms}
      line[#line + 1] = ("%d: %.0f"):format(batch, ms / batch * 1e3)
    end
    print(("%-5s microseconds per image at batch size  %s"):format(name, table.concat(line, ",  ")))
  end
end
if config.models:find("conv", 1, true) then
  local line = {}
  for _, channels in ipairs{32, 64, 128} do
    local ms = median(models.conv, 64, channels)
    result.growth[#result.growth + 1] = {model = "conv", channels = channels, ms = ms}
    -- the layers between two of these channel counts have channels^2 weights
    line[#line + 1] = ("%d: %.2f"):format(channels, ms / (channels / 32) ^ 2)
  end
  print("conv  ms per 32 x 32 channels of its layers, with  " .. table.concat(line, ",  ")
    .. " channels")
end

local ok, message = core.file.save(config.json, json.encode(result,
  {indent = true}))
if not ok then error(message, 0) end
print("\nAs JSON: " .. config.json)
