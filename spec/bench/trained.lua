-- What a step costs once a model has been trained, for `make bench`:
--   build/teasel spec/bench/trained.lua [--models fc,conv] [--steps 3000] [--seconds 5]
--     [--threads 1] [--train_only true] [--json build/bench/trained.json]
-- Each of models.lua learns dSprites, shrunk to the size of its images, for so many real steps. The
-- state stays in build/bench/trained as a checkpoint, from which a training that was ended goes
-- on, and later calls need none. Then steps from there and from the start are timed in turns: units
-- that the training has switched off make numbers near the smallest that the processor knows, and
-- both must take the same time all the same (see csrc/base/flush.h). model.lua, whose states are
-- fresh, does not show it. With --threads 1 all times are the processor's, so that other programs
-- count little.
-- With a python that has PyTorch and h5py its steps take their turns, too, from the same weights,
-- moments and images (trained.py), with torch.set_flush_denormal(True) and without. Our moments
-- have zeros where its own training would have left denormal numbers, so that without may take
-- longer still.

local core = require "teasel.core"
local T = require "teasel"
local json = require "dkjson"
local statistic = require "teasel.metric.lib.statistic"
local find_python = require "spec.bench.python"
local models = require "spec.bench.models"
local start_peer = require "spec.bench.peer"

local ROUNDS, MOST = 5, 200
local FOLDER = "build/bench/trained/"
local SAVE_AFTER = 60   -- seconds
local now = core.system.now
local ALL = "fc,conv,mathieu,infogan_mnist,infogan_celeba,unrolled"
local config = T.command.read(arg, {models = ALL, steps = 3000, seconds = 5.0,
  threads = T.threads(), train_only = false, json = "build/bench/trained.json"})
T.threads(config.threads)

local sprites = require "teasel.data.generator.dsprites" {}

-- dSprites as a model wants it: half as large for 32 x 32 and 28 x 28, in three equal channels
-- from -1 to 1 for one that reads colours
local function batch(shape, count)
  local n, side, _, channels = table.unpack(shape)
  local x = sprites:batch(T.stream(count):split "batch", n)
  if side < 64 then
    local first = (32 - side) // 2 + 1
    x = T.avg_pool(x, {kernel = 2}):slice(2, first, first + side - 1)
      :slice(3, first, first + side - 1)
  end
  if channels == 3 then x = T.concat({x, x, x}, 4) * 2 - 1 end
  return x
end

-- A model after so many steps, or after as many more as its checkpoint has; their number, and the
-- images that come next.
local function trained(name, steps)
  local model, path = models[name](), FOLDER .. name .. ".h5"
  local x = batch(model.images, 1)
  local _, z = model.probe(x)
  local whole = {model = model.state, x = x, z = z}
  local note, put = T.checkpoint.read(path)
  local count, saved = 0, now()
  if note then
    put(whole)
    count = note.count
  end
  if count < steps then io.stderr:write(name, ": ", steps - count, " steps of training, once\n") end
  while count < steps do
    count = count + 1
    model.step(T.stream(count), batch(model.images, count))
    if now() - saved > SAVE_AFTER or count == steps then
      whole.x = batch(model.images, count + 1)
      assert(T.checkpoint.save(path, whole,
        {model = name, count = count, probe = model.probe(whole.x):item()}))
      saved = now()
    end
  end
  return model, count, whole.x
end

-- the share of numbers in a tree that are not 0 but whose squares are denormal
local function tiny_share(t)
  local tiny, all = 0, 0
  for _, x in ipairs((T.tree.leaves(t))) do
    if T.tree.is_tensor(x) then
      local a = x:abs()
      tiny = tiny + (T.lt(a, 1e-19) * T.gt(a, 0)):sum():item()
      all = all + x:size()
    end
  end
  return tiny / all
end

local clock = config.threads == 1 and os.clock or now

local function stepper(model, x)
  local count = 0
  return function(seconds, most)
    local times, start = {}, now()
    repeat
      count = count + 1
      local t = clock()
      model.step(T.stream(count), x)
      times[#times + 1] = (clock() - t) * 1e3
    until now() - start > seconds or #times >= most
    return times
  end
end

os.execute("mkdir -p " .. FOLDER)
if config.train_only then
  for name in config.models:gmatch "[^,]+" do trained(name, config.steps) end
  return
end

local python, version = find_python "trained"
print(("threads: %d; PyTorch: %s"):format(T.threads(), version
  or "not found (Debian: python3-torch, python3-h5py)"))

-- what the table shows: field, heading
local COLUMNS = {{"steps", "steps"}, {"fresh", "fresh, ms"}, {"trained", "trained, ms"},
  {"ratio", "ratio"}, {"tiny", "< 1e-19, %"}, {"flush", "PyTorch, ms"}, {"flush_ratio", "/ ours"},
  {"plain", "no flush, ms"}, {"plain_ratio", "/ ours"}}

local function line(name, text)
  local parts = {("%-15s"):format(name)}
  for i, column in ipairs(COLUMNS) do parts[i + 1] = ("%13s"):format(text(column)) end
  print(table.concat(parts))
end

local result = {threads = T.threads(), torch = version, models = {}}
line("model", function(column) return column[2] end)
for name in config.models:gmatch "[^,]+" do
  if not models[name] then T.options.unknown("--models", name, models) end
  local model, count, x = trained(name, config.steps)
  local r = {model = name, steps = count, tiny = 100 * tiny_share(model.state)}
  local who = {fresh = stepper(models[name](), x), trained = stepper(model, x)}
  if version then
    for field, flush in pairs{flush = 1, plain = 0} do
      who[field] = start_peer(("%s spec/bench/trained.py %s%s.h5 %d %d"):format(python, FOLDER,
        name, T.threads(), flush), name)
    end
  end
  local times, order = {}, T.tree.keys(who)
  for round = 0, ROUNDS do   -- round 0 warms up
    for _, field in ipairs(order) do
      local list = who[field](round > 0 and config.seconds / ROUNDS or 0, round > 0 and MOST or 3)
      if round == 0 then times[field] = {}
      elseif list and times[field] then table.move(list, 1, #list, #times[field] + 1, times[field])
      else times[field] = nil
      end
    end
  end
  for field, list in pairs(times) do r[field] = statistic.median(list) end
  r.ratio = r.trained / r.fresh
  r.flush_ratio, r.plain_ratio = r.flush and r.flush / r.trained, r.plain and r.plain / r.trained
  result.models[#result.models + 1] = r
  line(name, function(column)
    local value = r[column[1]]
    return not value and "-" or math.type(value) == "integer" and value or ("%.2f"):format(value)
  end)
end
assert(core.file.save(config.json, json.encode(result, {indent = true}) .. "\n"))
print("As JSON: " .. config.json)
