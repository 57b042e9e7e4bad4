-- What a step costs once a model has been trained, for `make bench`:
--   build/teasel spec/bench/trained.lua [--models fc,conv] [--steps 3000] [--beta 4] [--seconds 5]
-- A beta-VAE learns dSprites; its step is timed at the start and after so many real steps. Units
-- that the training has switched off make numbers near the smallest that the processor knows,
-- which is why both must take the same time (see csrc/base/flush.h): models.lua alone, whose states
-- are fresh, does not show it.

local core = require "teasel.core"
local T = require "teasel"
local given = require "teasel.metric.lib.given"

local optim, vae = T.optim, T.vae
local now = core.system.now
local config = T.command.read(arg, {models = "fc,conv", steps = 3000, beta = 4.0, seconds = 5.0})

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

print(("%-6s %12s %12s %7s %28s"):format("model", "first, ms", "trained, ms", "ratio",
  "moments below 1e-19, %"))
for name in config.models:gmatch "[^,]+" do
  local make = NETWORKS[name] or T.options.unknown("--models", name, NETWORKS)
  local model = make()
  local params = vae.init(model, T.stream(1, "init"))
  local optimizer = optim.adam{lr = 5e-4}
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
  print(("%-6s %12.2f %12.2f %7.2f %28.2f"):format(name, first, trained, trained / first,
    100 * tiny_share(slots.slots)))
end
