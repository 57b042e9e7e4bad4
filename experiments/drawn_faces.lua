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

local net = T.sequential({SIDE, SIDE, 1}, {activation = nn.relu, init = nn.init.he_normal()})
  :conv(32):conv(64):conv(128):linear(128):add(nn.linear(128, 3)):chain()

-- the three angles, each over the greatest that is drawn
local ANGLES, MOST = {"light", "turn", "tilt"}, T.tensor{103, 80, 26}
local stream = T.stream(config.seed, "drawn_faces")
local data = T.data.varied_faces{size = SIDE, images = 100000, seed = config.seed}
local learned = T.fit(net, {stream = stream:split("init"), steps = config.steps, every = 500,
  lr = function(t) return config.lr * (1 - (t - 1) / config.steps) end,
  loss = function(p, x, y) return (net(p, x) - y):square():mean() end,
  batch = function(step)
    local own = stream:split("batch"):split(tostring(step))
    local x, angles = data:batch(own, config.batch)
    x = even(x)
    return x + own:split("noise"):normal(x:shape()) * config.noise, angles / MOST
  end})

local function report(name, set, known, names)
  T.report.print_read(name, learned(even(set:images())), known, names)
end

local unseen = T.data.varied_faces{size = SIDE, images = config.test, seed = config.seed + 1000}
report("drawn, not seen before", unseen, unseen:factors(), ANGLES)

local isomap, message = T.data.isomap_faces{path = config.isomap}
if isomap then
  report("Isomap faces", isomap, isomap:factors(), ANGLES)
else
  print("Isomap faces: " .. message)
end

local folder, why = T.data.find("yaleb_cropped/half", config.yale)
if not folder then
  print("Extended Yale B: " .. why)
  return
end
local yale = assert(T.data.folder{folder, size = SIDE, channels = 1, labels = "../labels.csv"})
for k, name in ipairs(yale.factor_names) do
  if name == "azimuth_deg" then
    report("Extended Yale B", yale, yale:factors()[{{}, {k, k}}], {"light"})
  end
end
