-- One model of `make bench`, in a process of its own:
--   build/teasel spec/bench/model.lua --model fc [--batch 256] [--seconds 10] [--python python3]
--     [--device gpu]
-- Prints one line of JSON. All that is timed takes its steps in turns, so that whatever else the
-- machine does falls on all: ours, on one thread, in bf16, and, with a python that has PyTorch,
-- those of spec/bench/peer.py. With --brief true ours alone, without a profile. On a device all
-- that a step began is waited for, at its end; besides, steps are taken one behind the other
-- without that, where the time that the host takes shows.

local core = require "teasel.core"
local T = require "teasel"
local json = require "dkjson"
local statistic = require "teasel.metric.lib.statistic"
local models = require "spec.bench.models"
local profile = require "spec.bench.profile"
local start_peer = require "spec.bench.peer"

local ROUNDS, MOST = 5, 200
local now = core.system.now

local config = T.command.read(arg, {
  model = "fc",
  batch = 0, channels = 0,   -- 0: those of the model
  device = "host",
  seconds = 10.0,            -- of our steps, and of PyTorch's
  python = "",
  brief = false,
  started = now(),           -- when this process was started
})

-- what a pattern finds in a file of /proc/self, as a number
local function own(file, pattern)
  local f = assert(io.open("/proc/self/" .. file))
  local text = f:read "a"
  f:close()
  return tonumber(text:match(pattern))
end

-- pages that the system had to put in so far
local function faults() return own("stat", "%) %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+)") end

local function size(n) return n > 0 and n or nil end

T.device(config.device)
local far = config.device ~= "host"

-- until the device has done all that it was asked for
local function wait()
  if far then T.zeros(1):item() end
end

local step, count = models[config.model](size(config.batch), size(config.channels)).step, 0

-- steps for so many seconds, at most so many -> milliseconds of each, page faults of one
local function ours(budget, most)
  local times, start, before = {}, now(), faults()
  repeat
    count = count + 1
    local t = now()
    step(T.stream(count))
    wait()
    times[#times + 1] = (now() - t) * 1e3
  until now() - start > budget or #times >= most
  return times, (faults() - before) / #times
end

-- so many steps one behind the other -> milliseconds of one, and of them the host's
local function flowing(n)
  local start = now()
  for _ = 1, n do
    count = count + 1
    step(T.stream(count))
  end
  local host = now() - start
  wait()
  return (now() - start) * 1e3 / n, host * 1e3 / n
end

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

ours(0, 1)
local r = {model = config.model, threads = T.threads(), first_ms = (now() - config.started) * 1e3}

if config.brief then
  ours(1, 10)
  local times
  times, r.faults = ours(config.seconds, MOST)
  r.ms, r.steps = statistic.median(times), #times
  print(json.encode(r))
  return
end

local peer
if config.python ~= "" then
  local start = now()
  peer = start_peer(("%s spec/bench/peer.py %s %d %s"):format(config.python, config.model,
    T.threads(), far and "cuda" or ""), config.model)
  if not peer(0, 1) then peer = nil end
  r.torch_first_ms = peer and (now() - start) * 1e3
end
local half = not far and pcall(core.precision, "bf16")
core.precision "fp32"

local mine, theirs, alone, rounded = {}, {}, {}, {}
local part = config.seconds / ROUNDS
ours(1, 3)
if peer then peer(1, 3) end
for _ = 1, ROUNDS do
  local times, new = ours(part, MOST)
  append(mine, times)
  r.faults = new   -- those of the last round
  -- before another precision and other threads want scratch of their own
  r.peak_mb = r.peak_mb or far and core.memory().peak / 2 ^ 20
    or own("status", "VmHWM:%s*(%d+)") / 1024
  if peer then
    local theirs_now, reply = peer(part, MOST)
    r.torch_peak_mb = r.torch_peak_mb or reply and reply.peak
    if theirs_now then append(theirs, theirs_now) else peer = nil end
  end
  if not far then
    T.threads(1)
    append(alone, (ours(part / 4, MOST)))
    T.threads(r.threads)
  end
  if half then
    core.precision "bf16"
    append(rounded, (ours(part / 4, MOST)))
    core.precision "fp32"
  end
end
r.ms, r.steps = statistic.median(mine), #mine
r.one_thread_ms = not far and statistic.median(alone) or nil
if far then r.flowing_ms, r.host_ms = flowing(math.min(#mine, 20)) end
r.bf16_ms, r.torch_ms = half and statistic.median(rounded) or nil, peer and statistic.median(theirs)

ours(0, 1)
core.profile(true)
local times = ours(part, MOST)
r.ops = profile.rows(core.profile(false), #times)
r.profiled_ms = statistic.mean(times)

print(json.encode(r))
