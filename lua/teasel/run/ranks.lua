-- A training that several processes share: the batch is cut into a fixed number of shards, --shards
-- N, each of which is worked by a process of its own. Alone on a machine the shards are forked when
-- the training begins; under mpirun or srun each rank has as many of them as it gets, and forks
-- them, so that N says what the bits are and the number of ranks does not: gradients, moments of
-- batch norm and terms are sums over the shards in one fixed tree (csrc/base/shard.h).
--
--   mpirun -n 4 build/teasel experiments/beta_vae_dsprites.lua --batch 256
--
-- The first shard, of rank 0, is the one that logs, saves and goes on with the script when the
-- training is over; the other processes end there. What each is to have in common (version, script,
-- settings, data, weights) is compared before the first step, and the state again whenever it is
-- saved.

local check = require "teasel.lib.check"
local command = require "teasel.run.command"
local contents = require "teasel.run.contents"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local shard = require "teasel.lib.shard"
local tree = require "teasel.tree"

local native, file, system = core.shard, core.file, core.system
local ranks = {}

local DEFAULT = 8     -- shards where there are ranks
local PATIENCE = 0.5  -- seconds that another rank than the first waits with what it has to say
local SIGNALS = 31    -- of which one may be caught

-- What launchers tell: rank, number of ranks, ranks on this machine.
local LAUNCHERS = {
  {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"},
  {"PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"},                    -- MPICH, srun --mpi=pmi2
  {"PMIX_RANK", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS_PER_NODE"}, -- srun --mpi=pmix
}

local ended          -- whether ranks have shared a training before
local kept_threads   -- of this process when it was alone
local link           -- the module teasel.mpi, once it connects this process with others

-- found() -> {rank =, size =, here =} as the launcher tells, or nil where there is none, or only
-- Slurm with one task: each script that it starts is one
function ranks.found()
  for _, names in ipairs(LAUNCHERS) do
    local rank, size = tonumber(os.getenv(names[1])), tonumber(os.getenv(names[2]))
    if rank and size and not (size == 1 and os.getenv "SLURM_JOB_ID") then
      return {rank = rank, size = size, here = tonumber(os.getenv(names[3])) or size}
    end
  end
end

local function power(n)
  local p = 1
  while p < n do p = 2 * p end
  return p
end

local function module()
  local found, mpi = pcall(require, "teasel.mpi")
  if found then return mpi end
  command.fail("ranks: there is no module teasel.mpi, wanted it to connect them (make builds it "
    .. "where mpicc is; Debian: libopenmpi-dev or libmpich-dev): %s",
    tostring(mpi):match "[^\n]*")
end

-- settle(config, resumed): puts the number of shards of a run into its settings, or raises an
-- error about what does not fit. What has no shards is one process alone.
function ranks.settle(config, resumed)
  local place = ranks.found()
  local size = place and place.size or 1
  if place and place.rank > 0 then native.quiet() end
  if place and config.shards == 0 and not resumed then
    config.shards = math.max(DEFAULT, power(size))
  end
  local n = config.shards
  if n == 0 and size == 1 then return end
  if n == 0 then
    command.fail("--resume: the run in %s has no shards, wanted one process for it", config.run)
  elseif n < size or n < 1 or n > 1024 or power(n) ~= n then
    command.fail("--shards: got %d, wanted a power of two, of 1024 at most and of the number of "
      .. "ranks, %d, at least", n, size)
  elseif n == 1 then return
  elseif math.type(config.batch) ~= "integer" then
    command.fail("--shards: got %d for a script without the option 'batch', wanted 0, or 'batch' "
      .. "in its run.config: how many images a step draws, which are cut", n)
  elseif config.batch % n ~= 0 or config.batch < 2 * n then
    command.fail("--batch: got %d, wanted a multiple of the %d shards, 2 images or more in each",
      config.batch, n)
  end
  if size > 1 then module() end
end

-- check_device(config, device): raises an error where processes would be forked that have tensors
-- on a GPU: its driver does not follow them
function ranks.check_device(config, device)
  local place = ranks.found()
  local size = place and place.size or 1
  if device == "gpu" and config.shards > size then
    command.fail("--shards: got %d with --device gpu, wanted one for each rank, %d here: a GPU's "
      .. "tensors do not follow a process that is forked", config.shards, size)
  end
end

-- whether this process is the one that logs, saves and reports
function ranks.first() return native.place() == 0 end

local function alone() return select(2, native.place()) == 1 end

-- a problem that one of the processes has (a text, or nil), in all of them: the first one's
local function shared_problem(problem)
  local index, count = native.place()
  local has = {}
  for i = 1, count do has[i] = problem and i == index + 1 and 1 or 0 end
  for i, flag in ipairs(native.add_up(has)) do
    if flag > 0 then return shard.broadcast(problem or "", i - 1), i end
  end
end

-- Ends all processes for a reason that all know: the first one by an error.
local function refuse(said)
  local first, forked = ranks.first(), select(3, native.place())
  if forked then native.finish "" end
  native.finish()
  if link then link.finish() end
  link = nil
  if not first then os.exit(1, true) end
  command.fail("%s", said)
end

-- together(f): calls f in the first process, then in the others; an error of any ends all of them
function ranks.together(f)
  local first = ranks.first()
  if alone() then return f() end
  for _, turn in ipairs{true, false} do
    local ok, problem = true, nil
    if first == turn then ok, problem = pcall(f) end
    local said, whose = shared_problem(not ok and tostring(problem) or nil)
    if said then refuse(whose > 1 and ("shard %d: %s"):format(whose, said) or said) end
  end
end

-- What a state holds, in one text of 64 letters.
local function digest(state)
  local list = contents(state, function(x) return file.sha256(x:data()) end)
  for i, item in ipairs(list) do list[i] = ("%q"):format(item) end
  return file.sha256(table.concat(list, "\0"))
end

-- some of the images of a set
local function sample(data)
  local n = type(data) == "table" and type(data.count) == "function" and data:count() or 0
  if n == 0 or type(data.images) ~= "function" then return "" end
  local some = core.tensor.tensor{1, 1 + n // 3, 1 + 2 * n // 3, n}
  return n .. file.sha256(data:images(some):data())
end

-- compare{{name, text}, ...}: raises an error where processes differ in one
local function compare(list)
  local own = {}
  for i, item in ipairs(list) do own[i] = file.sha256(item[2]) end
  local all, other = shard.broadcast(table.concat(own), 0), nil
  for i, item in ipairs(list) do
    other = other or all:sub(64 * i - 63, 64 * i) ~= own[i] and item[1] or nil
  end
  local said, whose = shared_problem(other
    and ("%s not as in the first process"):format(other .. (other:find "s$" and " are" or " is")))
  if said then refuse(("shard %d of %d: %s"):format(whose, select(2, native.place()), said)) end
end

-- same(state, step): raises an error where the processes no longer have the same
function ranks.same(state, step)
  if alone() then return end
  compare{{("the state of step %d"):format(step), digest(state)}}
end

local function version() return core.version .. tostring(core.double) end

-- threads of each process on this machine, of a machine's processors
local function threads(config, place)
  local own = config.shards / (place and place.size or 1)
  return math.max(1, math.floor(core.processors() / (own * (place and place.here or 1))))
end

-- begin(config): from here on this process is one of those that share the training. Without shards
-- it stays alone.
function ranks.begin(config)
  if (config.shards or 0) < 2 then return end
  local place = ranks.found()
  local size = place and place.size or 1
  if size > 1 and ended then
    fail "run.train: got a second training among ranks, wanted one in a script"
  end
  native.begin(config.shards, place and place.rank or 0, size)
  local later = true   -- whether sums go on during the walk back
  kept_threads = core.threads()
  if (config.threads or 0) == 0 then core.threads(threads(config, place)) end
  if size > 1 and not select(3, native.place()) then
    local mpi = module()
    local ok, between, threads_too = pcall(mpi.begin, place.rank, place.size)
    if not ok then command.fail("%s", between) end
    native.connect(between)
    link, later = mpi, threads_too
  end
  if size > 1 then native.later(shard.all(later)) end
end

-- common(what, text): raises an error where the processes have not the same text, naming what it is
function ranks.common(what, text)
  if not alone() then compare{{what, text}} end
end

-- shared(threads, f) -> what f() gives, in the first of the ranks that a launcher has started; the
-- others call it too and end then. What f represents and measures is divided among them. threads:
-- of each process; nil or 0: what the machine has for it.
function ranks.shared(count, f)
  local place = ranks.found()
  if not place or place.size == 1 or ended or not alone() then return f() end
  if place.rank > 0 then native.quiet() end
  ranks.begin{shards = power(place.size), threads = count}
  local _ <close> = setmetatable({}, {__close = function(_, problem)
    if problem ~= nil then ranks.broken(problem) end
  end})
  ranks.common("the version of teasel", version())
  local results = table.pack(f())
  ranks.finish()
  return table.unpack(results, 1, results.n)
end

-- agree(own, text, data, state): compares what all are to have in common, or raises an error that
-- names what they have not: the settings of the run by name, the text of its script (or nil), the
-- data set (or nil) and the state
function ranks.agree(own, text, data, state)
  if alone() then return end
  local settings = {}
  for _, name in ipairs(tree.keys(own)) do
    settings[#settings + 1] = ("%s=%s"):format(name, tostring(own[name]))
  end
  compare{{"the version of teasel", version()},
    {"the script", text or ""}, {"the settings", table.concat(settings, "\n")},
    {"the data", sample(data)}, {"the state", digest(state)}}
  if own.free_order then native.free() end   -- not before: all are to have this in common, too
end

-- cut(step, rows) -> the step function, which takes its shard of a batch of so many images
function ranks.cut(step, rows)
  if alone() then return step end
  return function(...)
    native.cut(rows)
    local _ <close> = setmetatable({}, {__close = function() native.cut(0) end})
    return step(...)
  end
end

-- terms(values, signal) -> the means of terms over the shards, numbers and lists of these, and the
-- signal that the processes have caught, of several the one with the least number, or nil
function ranks.terms(values, signal)
  local _, count = native.place()
  if count == 1 then return values, signal end
  local flat = {}
  for i = 1, SIGNALS do flat[i] = signal == i and 1 or 0 end
  for _, name in ipairs(tree.keys(values)) do
    local v = values[name]
    if type(v) == "number" then flat[#flat + 1] = v else table.move(v, 1, #v, #flat + 1, flat) end
  end
  local sums, at, means = native.add_up(flat), SIGNALS, {}
  for _, name in ipairs(tree.keys(values)) do
    local v = values[name]
    local list = {}
    for i = 1, type(v) == "number" and 1 or #v do list[i] = sums[at + i] / count end
    at = at + #list
    means[name] = type(v) == "number" and list[1] or list
  end
  for i = 1, SIGNALS do
    if sums[i] > 0 then return means, i end
  end
  return means
end

-- finish(status): the end of the shared part, in all processes: the first one goes on alone, the
-- others end, with a status (default: 0)
function ranks.finish(status)
  local first = ranks.first()
  if alone() then return end
  native.finish()
  core.threads(kept_threads)
  if link then link.finish() end
  link, ended = nil, link ~= nil
  if not first then os.exit(status or 0, true) end
end

-- broken(problem, dir): after an error, which ends all processes. In the one that goes on alone it
-- stays what it is, but for one about the others, in whose place comes an error that says how the
-- run in the directory, if there is one, goes on.
function ranks.broken(problem, dir)
  local index, _, forked = native.place()
  if alone() then return end
  local lost = native.lost()
  -- interpreters have put a traceback behind it
  local said = lost or tostring(problem):gsub("\nstack traceback:.*", "")
  if forked then native.finish(": " .. said) end
  native.finish "ended"
  if lost then said = dir and ("%s; go on with --run %s --resume"):format(lost, dir) or lost end
  if link then
    if index > 0 then system.sleep(PATIENCE) end
    local whose = index > 0 and ("rank %d: "):format(ranks.found().rank) or ""
    io.stderr:write("teasel: ", whose, said, "\n")
    link.abort(1)
  end
  core.threads(kept_threads)
  if lost then command.fail("%s", said) end
end

check.functions("ranks.", ranks, {
  found = "", first = "", settle = "config: table(shards run), resumed: any",
  check_device = "config: table(shards), device: string",
  together = "f: callable", same = "state: table, step: integer", begin = "config: table",
  agree = "own: table, text: string?, data: any, state: table", cut = "step: callable, rows: any",
  terms = "values: table, signal: any", finish = "status: integer?",
  broken = "problem: any, dir: string?", common = "what: string, text: string",
  shared = "count: integer?, f: callable",
})

return ranks
