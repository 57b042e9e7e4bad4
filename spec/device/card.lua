-- A training on a GPU: the same bits twice, the host's losses but for the last digits, and how long
-- the first tensor takes. For card.sh:
--   build/teasel spec/device/card.lua [--steps 30] [--batch 16]

local T = require "teasel"
local core = require "teasel.core"

local now = core.system.now
local config = T.command.read(arg, {steps = 30, batch = 16})
local data, vae, images = T.data.xy_squares{}, T.vae, {}
for i = 1, config.steps do images[i] = data:batch(T.stream(i), config.batch) end

-- the losses of a training at a place, a digest of all that it changed, and its seconds
local function train(place)
  T.device(place)
  local net = vae.learner(vae.network{shape = data.shape, latents = 6, channels = {32, 32},
    hidden = {64}}, T.optim.adam{lr = 1e-3}, T.stream(1, "vae"))
  local losses, start = {}, now()
  for i = 1, config.steps do
    local loss
    net:step(images[i]:to(place), T.stream(i, "z"), function(pass)
      loss = pass.reconstruction + 2 * pass.kl
      return loss
    end)
    losses[i] = loss:item()
  end
  local text = {}
  for _, x in ipairs(T.tree.leaves(net.state)) do text[#text + 1] = x:data() end
  T.device "host"
  return losses, core.file.sha256(table.concat(text)), now() - start
end

local start = now()
T.zeros(1):to "gpu"
print(("the first tensor: %.2f s"):format(now() - start))

local here, _, host_time = train "host"
local there, digest, time = train "gpu"
local _, again, again_time = train "gpu"
local worst = 0
for i, v in ipairs(here) do worst = math.max(worst, math.abs(there[i] - v) / math.abs(v)) end
print(("%d steps: host %.2f s, gpu %.2f and %.2f s; losses from %.2f to %.2f nats"):format(
  config.steps, host_time, time, again_time, here[1], here[#here]))
print(("the host's losses within %.2g; twice on the gpu: %s"):format(worst,
  digest == again and "the same bits" or "OTHER BITS"))
if digest ~= again or worst > 1e-2 then os.exit(1) end
