-- `make bench`: the reference models beside PyTorch's and beside what the machine can do.
--   build/teasel spec/bench/main.lua [--models fc,conv] [--seconds 10] [--json FILE] [--ops 12]
--     [--device gpu]
-- Every model runs in a process of its own (model.lua). The peak (peak.c) is measured before and
-- after each, as what a machine can do changes with what else it does. Its rounds are shorter than
-- a step: where others use the cores, the shares of it come out too low. The default file is
-- build/bench.json; that of some of the models is beside it, like build/bench/fc_conv.json. On a
-- device, where PyTorch computes there, too, no peak is measured.

local T = require "teasel"
local core = require "teasel.core"
local json = require "dkjson"
local find_python = require "spec.bench.python"
local profile = require "spec.bench.profile"

local ALL = {"fc", "conv", "infogan_mnist", "infogan_celeba", "mathieu", "unrolled"}

-- models at other sizes; `per`: what the milliseconds of a step are divided by
local function images(n) return n / 1000 end
local BATCHES = {16, 64, 256, 1024}
local SERIES = {
  {model = "fc", option = "batch", sizes = BATCHES, per = images,
    heading = "fc, us an image, by images in a batch"},
  {model = "conv", option = "batch", sizes = BATCHES, per = images,
    heading = "conv, us an image, by images in a batch"},
  -- the flops of a layer between so many channels grow with their square
  {model = "conv", option = "channels", sizes = {32, 64, 128},
    per = function(n) return (n / 32) ^ 2 end,
    heading = "conv, ms / (channels / 32)^2, by channels of its layers"},
}

local now = core.system.now
local threads = T.threads()

local config = T.command.read(arg, {models = table.concat(ALL, ","), seconds = 10.0, json = "",
  ops = 12, device = "host"})

local far = config.device ~= "host"

local known, chosen = {}, {}
for _, name in ipairs(ALL) do known[name] = true end
for name in config.models:gmatch "[^,]+" do
  if not known[name] then T.options.unknown("--models", name, known) end
  if not chosen[name] then chosen[#chosen + 1], chosen[name] = name, true end
end
if config.json == "" then
  config.json = far and ("build/bench/%s.json"):format(config.device)
    or #chosen == #ALL and "build/bench.json"
    or ("build/bench/%s.json"):format(table.concat(chosen, "_"))
end

-- what a program prints, as JSON
local function asked(command, ...)
  command = command:format(...)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return assert(json.decode(text))
end

local function measured(model, more, ...)
  return asked("build/teasel spec/bench/model.lua --model %s --started %.6f " .. more, model, now(),
    ...)
end

local function processor()
  for line in io.lines "/proc/cpuinfo" do
    local name = line:match "^model name%s*:%s*(.*)"
    if name then return name end
  end
  return "unknown processor"
end

local python, version = find_python "peer"
local result = {date = os.date "!%Y-%m-%d %H:%M UTC", cpu = processor(), threads = threads,
  kernels = core.kernels(), seconds = config.seconds, torch = version, models = {}, growth = {}}
if version then
  local start = now()
  os.execute(python .. " -c 'import torch'")
  result.import_torch_ms = (now() - start) * 1e3
end

print(("%s, %s kernels, threads: %d; PyTorch: %s"):format(result.cpu, result.kernels, threads,
  version and version .. ", its steps and ours in turns" or "not found (Debian: python3-torch)"))

-- a training step

-- what the table shows of a model: heading, form, field
local LINES = {
  {"median step, ms", "%.2f", "ms"},
  {"PyTorch's", "%.2f", "torch_ms"},
  {"PyTorch / ours", "%.1f", "torch_ratio"},
  {"steps without a wait between them, ms", "%.2f", "flowing_ms"},
  {"of that until the host is through, ms", "%.2f", "host_ms"},
  {"ops and updates a step", "%.0f", "calls"},
  {"on one thread, ms", "%.2f", "one_thread_ms"},
  {("one thread / %d"):format(threads), "%.2f", "speedup"},
  {"with products in bf16, ms", "%.2f", "bf16_ms"},
  {"products of a step, GFLOP", "%.2f", "gflop"},
  {"whole step, GFLOP/s", "%.0f", "speed"},
  {"peak of multiply-adds, GFLOP/s", "%.0f", "fma"},
  {"products, GFLOP/s", "%.0f", "products"},
  {"products, % of peak", "%.0f", "products_share"},
  {"convolutions >= 32 channels, % of peak", "%.0f", "convolutions_share"},
  {"whole step, % of peak", "%.0f", "step_share"},
  {"Adam, GB/s", "%.1f", "adam"},
  {"triad, GB/s", "%.1f", "triad"},
  {"Adam / triad", "%.2f", "adam_ratio"},
  {"peak memory, MB", "%.0f", "peak_mb"},
  {"PyTorch's", "%.0f", "torch_peak_mb"},
  {"ours / PyTorch's", "%.2f", "memory_ratio"},
  {"page faults a step", "%.0f", "faults"},
  {"process start to end of first step, ms", "%.0f", "first_ms"},
  {"PyTorch's", "%.0f", "torch_first_ms"},
}

local function ratio(a, b, factor) return a and b and b > 0 and a / b * (factor or 1) or nil end

-- in 1e9 a second
local function rate(ops, field, wanted)
  local sum, ms = profile.total(ops, field, wanted)
  return ratio(sum, ms, 1e-6)
end

-- what follows from what was measured
local function derive(r)
  local function wide(row) return row.channels >= 32 end
  r.gflop, r.calls = profile.total(r.ops, "flops") * 1e-9, profile.total(r.ops, "calls")
  r.speed = ratio(r.gflop, r.ms, 1e3)
  r.products = rate(r.ops, "flops", function(row) return row.flops > 0 end)
  r.convolutions = rate(r.ops, "flops", wide)
  r.adam = rate(r.ops, "bytes", function(row) return row.op == "update" end)
  r.torch_ratio, r.speedup = ratio(r.torch_ms, r.ms), ratio(r.one_thread_ms, r.ms)
  r.products_share = ratio(r.products, r.fma, 100)
  r.convolutions_share = ratio(r.convolutions, r.fma, 100)
  r.step_share = ratio(r.gflop / r.ms * 1e3, r.fma, 100)
  r.adam_ratio, r.memory_ratio = ratio(r.adam, r.triad), ratio(r.peak_mb, r.torch_peak_mb)
end

for i, name in ipairs(chosen) do
  local before = not far and asked("build/bench/peak %d", threads)
  local r = measured(name, "--seconds %g --python '%s' --device %s", config.seconds, python,
    config.device)
  local after = not far and asked("build/bench/peak %d", threads)
  if not far then
    r.fma, r.triad = math.max(before.fma, after.fma), math.max(before.triad, after.triad)
  end
  derive(r)
  result.models[i] = r
  print(("%s: %.2f ms"):format(name, r.ms))
end

-- a line of the table: a heading and a text for each model
local function line(heading, text)
  local parts = {("%-39s"):format(heading)}
  for _, r in ipairs(result.models) do
    parts[#parts + 1] = ("%" .. math.max(#r.model, 7) .. "s"):format(text(r))
  end
  print(table.concat(parts, " "))
end

print()
line("", function(r) return r.model end)
for _, row in ipairs(LINES) do
  local heading, form, field = table.unpack(row)
  local known
  for _, r in ipairs(result.models) do known = known or r[field] end
  if known then
    line(heading, function(r) return r[field] and form:format(r[field]) or "-" end)
  end
end
print [[
Flops are those of the products, also in the share of the whole step. Bytes are those that a program
names. The triad is a = b + s c over arrays that no cache holds, and its stores fetch a, too; Adam
writes where it has read, and a cache may hold weights and moments.]]
if version then print(("import torch alone takes %.0f ms."):format(result.import_torch_ms)) end

-- where it goes

local ROW = "%9.2f ms  %7s  %12s  %s"

print("\nWhere a step goes: the ops that take longest. Bytes are of two operands and the result.")
for _, r in ipairs(result.models) do
  print(("\n%s: %.2f ms"):format(r.model, r.profiled_ms))
  local shown = table.move(r.ops, 1, math.min(config.ops, #r.ops), 1, {})
  for _, o in ipairs(shown) do
    local of = o.flops > 0 and "%.0f GFLOP/s" or "%.1f GB/s"
    print(ROW:format(o.ms, ("%.1f x"):format(o.calls),
      of:format((o.flops > 0 and o.flops or o.bytes) / o.ms * 1e-6), o.what))
  end
  local listed, all = profile.total(shown, "ms"), profile.total(r.ops, "ms")
  local calls = profile.total(r.ops, "calls") - profile.total(shown, "calls")
  print(ROW:format(all - listed, ("%.1f x"):format(calls), "", "other ops"))
  print(ROW:format(r.profiled_ms - all, "", "", "outside of ops"))
end

-- at other sizes

if not far and (chosen.fc or chosen.conv) then
  print "\nHow the cost grows (page faults of a step in brackets):"
end
for _, s in ipairs(SERIES) do
  if not far and chosen[s.model] then
    local parts = {}
    for i, n in ipairs(s.sizes) do
      local r = measured(s.model, "--%s %d --seconds %g --brief true", s.option, n,
        config.seconds / 5)
      r[s.option] = n
      result.growth[#result.growth + 1] = r
      parts[i] = ("%d: %.4g (%.0f)"):format(n, r.ms / s.per(n), r.faults)
    end
    print(("%-56s  %s"):format(s.heading, table.concat(parts, "  ")))
  end
end

assert(core.file.save(config.json, json.encode(result, {indent = true}) .. "\n"))
print("\nAs JSON: " .. config.json)
