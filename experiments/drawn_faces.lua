-- Do drawn faces hold outside? A small network that is trained on drawn heads alone reads the
-- light, turn and tilt of renderings of another head, and the light's azimuth in photographs.
--
-- Claim    the correlations with what the files say are at least .8 each
-- Data     T.data.varied_faces; Isomap faces (Tenenbaum et al. 2000), 698 renderings of one head
--          whose lamp stays with it; Extended Yale B, cropped (Georghiades et al. 2001), 2,414
--          photographs of 38 people, frontal: a folder of people's folders, labels.csv beside it
--          with file,...,azimuth_deg,... of each
-- Chosen   without the real faces, which are read once, at the end: what varies in the drawn ones
--          by looking at them, steps so that a run takes minutes, the rest as is usual
-- Run      build/teasel experiments/drawn_faces.lua [--seed 1] [--isomap FILE] [--yale FOLDER]
-- Time     5 minutes on one thread

local T = require "teasel"
local nn = T.nn

local config = T.command.read(arg, {
  isomap = "",       -- face_1024.mat; none: looked for, see README.md
  yale = "",         -- folder of people's folders; none: yaleb_cropped/half is looked for
  steps = 4000,      -- of the optimizer
  batch = 64,        -- images in a step
  test = 2000,       -- drawn images to test with
  noise = 0.1,       -- deviation of noise on images of deviation 1
  lr = 1e-3,         -- learning rate; it falls to 0 in a line
  seed = 1,          -- of weights and drawn images
})
T.command.at_least(config, {steps = 1, batch = 1, test = 2})
local SIDE = 32

-- each image with mean 0 and deviation 1: brightness and contrast say nothing
local function even(x)
  local flat = x:reshape{#x, -1}
  local centred = flat - flat:mean{axes = 2, keep = true}
  return (centred / (centred:square():mean{axes = 2, keep = true} + 1e-3):sqrt()):reshape(x:shape())
end

local he = {init = nn.init.he_normal()}
local function conv(from, to)
  return nn.conv(from, to, {kernel = 4, stride = 2, pad = 1, init = he.init})
end
local net = nn.chain{conv(1, 32), nn.relu, conv(32, 64), nn.relu, conv(64, 128), nn.relu,
  nn.flatten, nn.linear(128 * 16, 128, he), nn.relu, nn.linear(128, 3)}

local stream = T.stream(config.seed, "drawn_faces")
local params = net:init(stream:split("init"))
local adam = T.optim.adam{lr = function(t) return config.lr * (1 - (t - 1) / config.steps) end}
local state = adam:init(params)

-- the three angles, each over the greatest that is drawn
local MOST = T.tensor{103, 80, 26}
local loss = T.value_and_grad(function(p, x, y) return (net(p, x) - y):square():mean() end)

local data = T.data.varied_faces{size = SIDE, images = 100000, seed = config.seed}
local mean, shown = 0, 0
for step = 1, config.steps do
  local own = stream:split("batch"):split(tostring(step))
  local x, angles = data:batch(own, config.batch)
  x = even(x)
  x = x + own:split("noise"):normal(x:shape()) * config.noise
  local value, grads = loss(params, x, angles / MOST)
  adam:update(params, grads, state)
  mean, shown = mean + value:item(), shown + 1
  if step % 500 == 0 or step == config.steps then
    print(("step %5d   loss %.4f"):format(step, mean / shown))
    mean, shown = 0, 0
  end
end

local function correlation(a, b)
  a, b = a - a:mean(), b - b:mean()
  return ((a * b):mean() / (a:square():mean() * b:square():mean()):sqrt()):item()
end

-- prints |r| of what is read with what is known, for as many of the three as are
local function report(name, x, known)
  local read, list = net(params, even(x)), {}
  for i, what in ipairs{"light", "turn", "tilt"} do
    if known[i] then
      list[i] = ("%s %.3f"):format(what, math.abs(correlation(read[{{}, i}], known[i])))
    end
  end
  print(("%-24s |r| of %s"):format(name, table.concat(list, ", ")))
end

local function columns(factors)
  return {factors[{{}, 1}], factors[{{}, 2}], factors[{{}, 3}]}
end

local unseen = T.data.varied_faces{size = SIDE, images = config.test, seed = config.seed + 1000}
report("drawn, not seen before", unseen:images(), columns(unseen:factors()))

local isomap, message = T.data.isomap_faces{path = config.isomap}
if isomap then
  report("Isomap faces", isomap:images(), columns(isomap:factors()))
else
  print("Isomap faces: " .. message)
end

local folder
if config.yale ~= "" then
  folder = config.yale
else
  folder, message = T.data.find "yaleb_cropped/half"
end
if not folder then
  print("Extended Yale B: " .. message)
  return
end
local yale = assert(T.data.folder{folder, size = SIDE, channels = 1, labels = "../labels.csv"})
for k, name in ipairs(yale.factor_names) do
  if name == "azimuth_deg" then
    report("Extended Yale B", yale:images(), {yale:factors()[{{}, k}]})
  end
end
