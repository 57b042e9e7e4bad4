-- What it costs when ranks share a batch: how long a sum over two ranks takes here, and what it
-- takes for more of them, on paper and by a simulation of their messages.
--
--   mpirun -n 2 build/teasel spec/bench/ranks.lua --measure    sums of a few sizes
--   build/teasel spec/bench/ranks.lua                          the table of efficiencies
--
-- A step of R ranks takes what one takes for its own images, and its sums: of the gradients, each
-- rank sends and gets 2 (R - 1) / R of their bytes in 2 (R - 1) messages a piece; of moments and
-- terms, log2 R messages.

local T = require "teasel"
local core = require "teasel.core"
local median = require("teasel.metric.lib.statistic").median
local ranks = require "teasel.run.ranks"

local config = T.command.read(arg, {
  measure = false,   -- sums among these ranks
  free = false,      -- by MPI itself (--free_order)
  mb = 8,            -- megabytes of the largest one
})

local shard, system = core.shard, core.system

if config.measure then
  local place = ranks.found() or {rank = 0, size = 2}
  ranks.settle({shards = place.size, batch = 2 * place.size, run = "", threads = 1})
  ranks.begin{shards = place.size, threads = 1}
  shard.cut(2 * place.size)
  if config.free then shard.free() end
  -- the median time of a sum, and what one takes of the processors, those of all ranks together
  local function seconds(n, times)
    local list, processor = {}, 0
    for i = 1, times do
      local x = shard.vary(core.tensor.ones{n})
      shard.add_up{0}   -- all are there
      local start, used = system.now(), os.clock()
      shard.average{x}
      list[i], processor = system.now() - start, processor + os.clock() - used
    end
    return 1e3 * median(list), 1e3 * shard.add_up{processor / times}[1]
  end
  seconds(1000, 20)
  local rows = {("100 numbers: %6.3f ms, %6.3f of the processors"):format(seconds(100, 400))}
  for mb = 1, config.mb do
    if config.mb % mb == 0 then
      rows[#rows + 1] = ("%8d MB: %6.2f ms, %6.2f of the processors"):format(mb,
        seconds(mb * 250000, 9))
    end
  end
  if ranks.first() then print(table.concat(rows, "\n")) end
  ranks.finish()
  return
end

-- One rank's step on two cores (csrc/README.md, Speed), bytes of its gradients, and its other sums.
local MODELS = {
  {"beta-VAE, fully connected, 64", ms = 31.2, mb = 56.8, sums = 4},
  {"beta-VAE, convolutions, 64", ms = 25.6, mb = 2.0, sums = 4},
  {"InfoGAN MNIST, 128", ms = 166, mb = 53.3, sums = 45},
}
-- bytes a second, and seconds from one rank to another for the shortest message: TCP, RDMA
local NETS = {{"10 Gbit", 1.25e9, 20e-6}, {"100 Gbit", 12.5e9, 2e-6}}
local PIECE = 2 ^ 20   -- csrc/base/shard.c: of one rank; up to 16 times as long for more

-- the sum of so many bytes, by the formula; in a free order by halves and their doubling
local function paper(R, bytes, rate, latency, free)
  local pieces = math.ceil(bytes / (PIECE * math.min(R, 16)))
  local messages = 2 * (free and math.log(R, 2) or R - 1)
  return 2 * bytes * (R - 1) / R / rate + pieces * messages * latency
end

-- The same by following every message: ranks send round by round to the one that is `round` behind
-- them, each when its last message has left and the one of the round before has come; ranks reach
-- the sum at different moments, late by up to `spread` seconds.
local function simulated(R, bytes, rate, latency, spread)
  local random = T.stream(R, "late"):uniform({R}, 0, math.max(spread, 1e-12)):table()
  local at, last = {}, 0
  for r = 1, R do
    at[r] = random[r]
    last = math.max(last, at[r])
  end
  local piece = PIECE * math.min(R, 16)
  local left = bytes
  while left > 0 do
    local message = math.min(piece, left) / R / rate
    for _ = 1, 2 do   -- shares to those who add them up, sums back to all
      for round = 1, R - 1 do
        local next_at = {}
        for r = 1, R do
          local from = (r - round - 1) % R + 1
          next_at[r] = math.max(at[r], at[from]) + message + latency
        end
        at = next_at
      end
    end
    left = left - piece
  end
  local done = 0
  for r = 1, R do done = math.max(done, at[r]) end
  return done
end

local function small(R, latency) return math.ceil(math.log(R, 2)) * latency end

print("efficiency, % of a rank alone: paper, simulation (ranks late by up to 3 % of a step), "
  .. "--free_order on paper, sums hidden behind the walk back as far as half a step allows")
for _, net in ipairs(NETS) do
  for _, m in ipairs(MODELS) do
    local cells = {}
    for _, R in ipairs{2, 8, 64, 512} do
      local alone, others = m.ms / 1e3, m.sums * small(R, net[3])
      local a = alone / (alone + others + paper(R, m.mb * 1e6, net[2], net[3]))
      local c = alone / (alone + others + paper(R, m.mb * 1e6, net[2], net[3], true))
      local b = alone / (alone + others + simulated(R, m.mb * 1e6, net[2], net[3], 0.03 * alone))
      local hidden = math.min(paper(R, m.mb * 1e6, net[2], net[3]), alone / 2)
      local d = 1 / (1 / a - hidden / alone)
      cells[#cells + 1] = ("%d: %.0f, %.0f, %.0f, %.0f"):format(R, 100 * a, 100 * b, 100 * c,
        100 * d)
    end
    print(("%-9s %-31s %s"):format(net[1], m[1], table.concat(cells, "   ")))
  end
end
