-- Which beta for how many latents? Higgins et al. 2017, "beta-VAE: learning basic visual concepts
-- with a constrained variational framework", figure 6 (right).
--
-- Claim    Over beta_norm = beta M / N, for M latents and images of N pixels, scores of the paper's
--          metric have one hill for each M. The best beta_norm grows with M, and is above that of
--          beta = 1; and where images are reconstructed well, scores are low.
-- Data     dSprites, drawn on demand; scores use 36,864 of the images (--score part)
-- Models   experiments/beta_vae_dsprites.lua with each of M = 4, 10, 20, 50 and eight values of
--          beta from 0.25 to 64, in run directories of their own
-- Choices  The paper does not say which values it took, nor for how long it trained. Here the small
--          convolutional network (--network fc: the paper's) and --steps 3000, for 2 cores.
-- Scores   "higgins", with its four factors, and MIG. Claims as Spearman's rank correlations: of M
--          with the best beta_norm, and of all runs' reconstruction error with their score.
-- Run      build/teasel experiments/sweep_beta_latents.lua [--steps 3000] [--seeds 1] [--jobs 2]
--          (the same again goes on where it stopped)

local T = require "teasel"

local config = T.command.read(arg, {
  steps = 3000,        -- steps of each run
  network = "small",   -- small, fc, conv or chairs
  seeds = 1,           -- runs of each setting
  jobs = 0,            -- runs at a time; 0: processors
  folder = "runs/sweep_beta_latents",   -- where the runs are
})
local PIXELS = 64 * 64

local seeds = {}
for i = 1, config.seeds do seeds[i] = i end
local plan = T.sweep.plan{folder = config.folder,
  script = (arg[0]:match "^.*/" or "") .. "beta_vae_dsprites.lua",
  grid = {latents = {4, 10, 20, 50}, beta = {0.25, 0.5, 1, 2, 4, 8, 16, 64}, seed = seeds},
  options = {network = config.network, steps = config.steps, score = "part"}}
local counts = T.sweep.go(plan, {jobs = config.jobs})
if counts.left > 0 or counts.failed > 0 then
  print(("%d runs done, %d failed, %d to come"):format(counts.done, counts.failed, counts.left))
  os.exit(1, true)
end

local found = T.comparison.of(config.folder .. "/*", {by = "latents,beta",
  values = "higgins,mig,reconstruction"})
io.write(found:text())
found:write "kl"

local panels = {}
for i, name in ipairs{"higgins", "mig", "reconstruction"} do
  local x, y, value = {}, {}, {}
  for k, r in ipairs(found.runs) do
    x[k] = r.config.beta * r.config.latents / PIXELS
    y[k], value[k] = r.config.latents, r.values[name]
  end
  panels[i] = {kind = "scatter", title = name, series = {{x = x, y = y, value = value}},
    x = {label = "beta M / N", log = true}, y = {label = "M", log = true}}
end
assert(T.chart.panels(config.folder .. "/figure6.png", {panels = panels}))

-- for each M the beta_norm of the best median score
local best, latents, best_norm = {}, {}, {}
for _, row in ipairs(found.rows) do
  local m, score = row.config.latents, found:cell(row, "higgins").median
  if not best[m] or score > best[m].score then best[m] = {score = score, beta = row.config.beta} end
end
for i, m in ipairs(T.tree.keys(best)) do
  latents[i], best_norm[i] = m, best[m].beta * m / PIXELS
  print(("M = %2d: best score %.3f at beta_norm %.4f, beta %g"):format(m, best[m].score,
    best_norm[i], best[m].beta))
end
local error_of, score_of = {}, {}
for k, r in ipairs(found.runs) do
  error_of[k], score_of[k] = r.values.reconstruction, r.values.higgins
end
print(("rank correlation of M and the best beta_norm: %.2f"):format(T.paired.spearman(latents,
  best_norm)))
print(("rank correlation of reconstruction error and score: %.2f"):format(
  T.paired.spearman(error_of, score_of)))
