-- What a training step takes of the processors when two processes share its batch, beside one
-- process of two threads, in turns; and how much of it is spent in sums over the shards.
--
--   build/teasel spec/bench/shared.lua --model fc --batch 256               shards that are forked
--   mpirun -n 2 build/teasel spec/bench/shared.lua --model fc --batch 256   ranks, whose sums go on
--                                   during the walk back, beside the same with sums afterwards

local T = require "teasel"
local core = require "teasel.core"
local median = require("teasel.metric.lib.statistic").median
local models = require "spec.bench.models"
local ranks = require "teasel.run.ranks"
local shards = require "teasel.lib.shard"

local config = T.command.read(arg, {
  model = "fc",   -- fc, conv, infogan_mnist
  batch = 256,    -- images of a step
  shards = 2,     -- processes, of one thread each
  steps = 6,      -- in a turn
  turns = 5,
}, {model = models})

local native, op, system = core.shard, core.op, core.system

-- seconds in sums, those of the processor among them
local sums = {wall = 0, processor = 0}

local function timed(t, name)
  local f = t[name]
  t[name] = function(...)
    local start, used = system.now(), os.clock()
    local result = f(...)
    sums.wall, sums.processor = sums.wall + system.now() - start,
      sums.processor + os.clock() - used
    return result
  end
end

timed(native, "average")
timed(op, "shard_sum")

local place = ranks.found()
local model = models[config.model](config.batch)
local whole = T.stream(1, "images"):uniform(model.images, 0, 1)

-- a turn's ms a step of time, of the processors, and of sums (in the mean process): time, processor
local function turn()
  local step = ranks.cut(function(number)
    model.step(T.stream(number), shards.rows(whole))
  end, config.batch)
  for _ = 1, 2 do step(0) end   -- what was forked gets memory of its own
  sums.wall, sums.processor = 0, 0
  local start, used = system.now(), os.clock()
  for number = 1, config.steps do step(number) end
  local n = select(2, native.place())
  local own = {system.now() - start, os.clock() - used, sums.wall, sums.processor}
  local all = n > 1 and native.add_up(own) or own
  for i, v in ipairs(all) do all[i] = 1e3 * v / config.steps / (i == 2 and 1 or n) end
  return all
end

local function print_row(what, rows)
  local columns = {}
  for i = 1, 4 do
    local list = {}
    for k, row in ipairs(rows) do list[k] = row[i] end
    columns[i] = ("%8.1f"):format(median(list))
  end
  print(("%-16s %s"):format(what, table.concat(columns, " ")))
  return columns[2]
end

local alone, shared = {}, {}
if place then
  ranks.begin{shards = config.shards, threads = 1}
  core.threads(1)
  for k = 1, config.turns do
    for _, later in ipairs{true, false} do
      native.later(later)
      local rows = later and shared or alone
      rows[k] = turn()
    end
  end
else
  for k = 1, config.turns do
    core.threads(2)
    alone[k] = turn()
    ranks.begin{shards = config.shards, threads = 1}
    core.threads(1)
    shared[k] = turn()
    ranks.finish()
  end
end
if ranks.first() then
  print "a step, ms            all  processors  in sums: each process's time, processor"
  local a = print_row(place and "sums afterwards" or "2 threads", alone)
  local b = print_row(("%d processes"):format(config.shards), shared)
  if not place then print(("efficiency: %.2f"):format(a / b)) end
end
ranks.finish()
