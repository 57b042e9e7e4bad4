-- What a step costs once a model has been trained, for `make bench`:
--   build/teasel spec/bench/trained.lua [--models fc,conv] [--steps 3000] [--beta 4] [--seconds 5]
--     [--threads 1] [--json build/bench/trained.json]
-- A beta-VAE learns dSprites; its step is timed at the start and after so many real steps. Units
-- that the training has switched off make numbers near the smallest that the processor knows,
-- which is why both must take the same time (see csrc/base/flush.h): models.lua alone, whose states
-- are fresh, does not show it.
-- With a python that has PyTorch and h5py, its step is timed from the same weights, moments and
-- batch (trained.py), with torch.set_flush_denormal(True) and without. Our moments have zeros where
-- its own training would have left denormal numbers, so that without may take longer still.
-- All of it goes into --json as well; the states stay beside it, as checkpoints.

local core = require "teasel.core"
local T = require "teasel"
local json = require "dkjson"
local given = require "teasel.metric.lib.given"
local find_python = require "spec.bench.python"

local optim, vae = T.optim, T.vae
local now = core.system.now
local config = T.command.read(arg, {models = "fc,conv", steps = 3000, beta = 4.0, seconds = 5.0,
  threads = T.threads(), json = "build/bench/trained.json"})
local LR = 5e-4
T.threads(config.threads)

local NETWORKS = {fc = function() return vae.fc(10) end,
  conv = function() return vae.conv_burgess(10, 1) end}
local data = require "teasel.data.generator.dsprites" {}

-- the share of numbers in a tree that are not 0 but whose squares are denormal
local function tiny_share(t)
  local tiny, all = 0, 0
  for _, x in ipairs((T.tree.leaves(t))) do
    local a = x:abs()
    tiny = tiny + (T.lt(a, 1e-19) * T.gt(a, 0)):sum():item()
    all = all + x:size()
  end
  return tiny / all
end

-- the objective at z = mean, which takes no random numbers
local function loss_at_mean(model, params, x)
  local q = model.encoder(params.encoder, x)
  local nll = T.mean(T.dist.bernoulli.nll(x, model.decoder(params.decoder, q.mean)))
  return (nll + T.sum(T.mean(T.gaussian_kl(q.mean, q.logvar), 1)) * config.beta):item()
end

local python, version = find_python "trained"
print(("threads: %d; PyTorch: %s"):format(T.threads(), version
  or "not found (Debian: python3-torch, python3-h5py)"))

-- PyTorch's median step from a saved state, in ms, or nil
local function theirs(path, flush)
  if not version then return end
  local pipe = assert(io.popen(("%s spec/bench/trained.py '%s' %d %d"):format(python, path,
    T.threads(), flush)))
  local reply = json.decode(pipe:read "a")
  return pipe:close() and reply and reply.ms or nil
end

os.execute "mkdir -p build/bench"
local result = {threads = T.threads(), steps = config.steps, torch = version, models = {}}
local HEAD = "%-6s %12s %12s %7s %28s %20s %20s"
print(HEAD:format("model", "first, ms", "trained, ms", "ratio", "moments below 1e-19, %",
  "PyTorch, flush, ms", "without flush, ms"))
for name in config.models:gmatch "[^,]+" do
  local make = NETWORKS[name] or T.options.unknown("--models", name, NETWORKS)
  local model = make()
  local params = vae.init(model, T.stream(1, "init"))
  local optimizer = optim.adam{lr = LR}
  local slots = optimizer:init(params)
  local objective = T.value_and_grad(function(p, x, stream)
    local reconstruction, kl = vae.terms(model, p, x, stream)
    return reconstruction + kl * config.beta
  end)
  local count = 0
  local function step()
    count = count + 1
    local stream = T.stream(count)
    local x = data:batch(stream:split "batch", 64)
    local start = now()
    local _, grads = objective(params, x, stream)
    optimizer:update(params, grads, slots)
    return (now() - start) * 1e3
  end
  local function timed()
    local times, start = {}, now()
    repeat times[#times + 1] = step() until now() - start > config.seconds
    return given.median(times)
  end
  for _ = 1, 5 do step() end
  local first = timed()
  while count < config.steps do step() end
  local trained = timed()
  local path = ("build/bench/trained_%s.h5"):format(name)
  local x = data:batch(T.stream(count):split "batch", 64)
  assert(T.checkpoint.save(path, {params = params, slots = slots.slots, x = x},
    {model = name, t = slots.t, beta = config.beta, lr = LR,
      loss = loss_at_mean(model, params, x)}))
  local r = {model = name, first_ms = first, trained_ms = trained, ratio = trained / first,
    tiny = 100 * tiny_share(slots.slots), torch_flush_ms = theirs(path, 1),
    torch_ms = theirs(path, 0)}
  result.models[#result.models + 1] = r
  local function shown(ms) return ms and ("%.2f"):format(ms) or "-" end
  print(HEAD:format(name, shown(r.first_ms), shown(r.trained_ms), shown(r.ratio), shown(r.tiny),
    shown(r.torch_flush_ms), shown(r.torch_ms)))
end
assert(core.file.save(config.json, json.encode(result, {indent = true}) .. "\n"))
print("As JSON: " .. config.json)
