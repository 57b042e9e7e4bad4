-- What does the metric of Higgins et al. 2017, "beta-VAE: learning basic visual concepts with a
-- constrained variational framework", section 3 and figure 6, owe to what the paper leaves open?
--
-- Claim    Figure 6: PCA 84.9, ICA 42.0, raw pixels 45.75, an untrained network 44.1 %, on dSprites
--          with four factors. These need no training, so that they tell which protocol was meant.
-- Data     dSprites: by --score the 36,864 images of a part, or all; of raw pixels --raw of them
-- Codes    PCA and ICA of 10 components; ICA with components of variance 1 or, as older versions
--          of scikit-learn scale them, with a sum of squares of 1 over the images; the paper's
--          fully connected network, untrained; raw pixels; and runs, if --runs names some.
-- Choices  Of the linear classifier the paper says Adagrad, 1e-2. Compared are its steps and the
--          minimum of the penalised likelihood, which is the default here and in
--          disentanglement_lib; L, the pairs that are averaged; the points that it learns from;
--          features divided by their deviation; and the mean of the better half of the scores, of
--          which the paper has 30 (10 models x 3 classifiers, here --repeats x 3).
-- Run      build/teasel experiments/higgins_protocol.lua [--steps 10000] [--runs runs/a,runs/b]

local T = require "teasel"

local config = T.command.read(arg, {
  steps = 10000,    -- of Adagrad, at most; scores along them are shown
  points = 3000,    -- points for the classifier, and as many to score it
  score = "part",   -- images: all, part or few
  repeats = 10,     -- seeds of each representation in the last table, with 3 draws of pairs each
  raw = 4000,       -- images for raw pixels; 0: they are left out
  runs = "",        -- runs to compare with, with commas between them
  threads = 0,      -- 0: as many as there are processors
})
T.command.at_least(config, {steps = 1, points = 10, repeats = 1, raw = 0})
if config.threads > 0 then T.threads(config.threads) end

local data = T.report.scored(config.score)
local factors = data:factors()

-- the codes of what needs no training, for one seed: a list of {name, codes, factors}
local function baselines(seed)
  local list, stream = {}, T.stream(seed, "protocol")
  for i, name in ipairs{"pca", "ica", "untrained"} do
    local represent, parts = T.baseline.make(name, data, stream:split(name)), {}
    for images in data:each(512) do parts[#parts + 1] = represent(images) end
    list[i] = {name, T.concat(parts, 1), factors}
  end
  list[4] = {"ica, norm 1", list[2][2] / math.sqrt(data:count()), factors}
  return list
end

local sets = baselines(0)
if config.raw > 0 then
  local few = data:subset(T.stream(0, "raw"):integers({config.raw}, 1, data:count()))
  sets[5] = {"raw", few:images():reshape{few:count(), -1}, few:factors()}
end
for dir in config.runs:gmatch "[^,]+" do
  local r = assert(T.run.open(dir))
  sets[#sets + 1] = {r.dir:match "[^/]*$", (T.encoding.of_view(r, data)), factors}
end

local common = {factors = {2, 3, 4, 5}, train = config.points, test = config.points}   -- no shape
local rows = T.protocol.compare(sets, {
  {"default: minimum, L 64", {}},
  {"minimum, L 10", {batch = 10}},
  {"minimum, L 200", {batch = 200}},
  {"minimum, a sixth of the points", {train = math.max(10, config.points // 6)}},
  {"minimum, standardised", {standardise = true}},
  {"Adagrad, L 10", {batch = 10, steps = config.steps}},
  {"Adagrad, L 64", {batch = 64, steps = config.steps}},
  {"Adagrad, L 200", {batch = 200, steps = config.steps}},
  {"Adagrad, standardised, L 200", {batch = 200, steps = config.steps, standardise = true}},
}, common)
local PAPER = {pca = 84.9, ["ica, norm 1"] = 42.0, raw = 45.75, untrained = 44.1}
local best, gap = T.protocol.nearest(rows, PAPER)
print(("nearest to the paper's four: %s, %.1f points away on average"):format(best.label, gap))

local scores = T.protocol.again(best, config.repeats, baselines, common)
for i = 1, 4 do
  local name = sets[i][1]
  print(("%-12s all %d scores %.1f ± %.1f, the better half %.1f ± %.1f"):format(name,
    #scores[name], T.protocol.halves(scores[name])))
end
