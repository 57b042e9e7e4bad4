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
-- Run      build/teasel experiments/sweep_beta_latents.lua [--steps 3000] [--seeds 1,2] [--jobs 2]
--          (the same again goes on where it stopped, and with more steps from there)

local T = require "teasel"

local config = T.command.read(arg, {
  steps = 3000,        -- steps of each run
  network = "small",   -- small, fc, conv or chairs
  latents = "4,10,20,50",              -- values of M, two or more
  betas = "0.25,0.5,1,2,4,8,16,64",    -- and of beta, two or more
  seeds = "1",         -- of the runs of each setting
  score = "part",      -- images that are scored, see experiments/beta_vae_dsprites.lua
  jobs = 0,            -- runs at a time; 0: processors
  folder = "runs/sweep_beta_latents",   -- where the runs are
})
local PIXELS = 64 * 64

local function numbers(name, like, least)
  return T.command.numbers(name, config[name], like, least)
end

local plan = T.sweep.plan{folder = config.folder,
  script = (arg[0]:match "^.*/" or "") .. "beta_vae_dsprites.lua",
  grid = {latents = numbers("latents", 10, 2), beta = numbers("betas", 0.5, 2),
    seed = numbers("seeds", 1, 1)},
  options = {network = config.network, steps = config.steps, score = config.score}}
local counts = T.sweep.go(plan, {jobs = config.jobs})
if counts.left > 0 or counts.failed > 0 then
  print(("%d runs done, %d failed, %d to come"):format(counts.done, counts.failed, counts.left))
  os.exit(1, true)
end

local found = T.comparison.of(config.folder .. "/*", {by = "latents,beta",
  values = "higgins,mig,reconstruction"})
io.write(found:text())
found:write{curves = "kl"}

local of, ms = {}, {}   -- the values of each M over beta_norm, and the best score
for _, row in ipairs(found.rows) do
  local m, beta = row.config.latents, row.config.beta
  if not of[m] then of[m], ms[#ms + 1] = {norm = {}, best = -1}, m end
  table.insert(of[m].norm, beta * m / PIXELS)
  for _, name in ipairs{"higgins", "mig", "reconstruction"} do
    of[m][name] = of[m][name] or {}
    table.insert(of[m][name], found:cell(row, name).median)
  end
  local score = of[m].higgins[#of[m].higgins]
  if score > of[m].best then of[m].best, of[m].beta = score, beta end
end

-- the paper's figure: the runs, what lies between them, and where beta is 1
local panels, ones, best, betas = {}, {name = "beta = 1", x = {}, y = ms}, {}, {}
for i, m in ipairs(ms) do
  ones.x[i], best[i], betas[i] = m / PIXELS, of[m].beta * m / PIXELS, of[m].beta
end
for i, name in ipairs{"higgins", "mig", "reconstruction"} do
  local rows = {}
  for k, m in ipairs(ms) do rows[k] = {y = m, x = of[m].norm, value = of[m][name]} end
  panels[i] = {kind = "surface", title = name, rows = rows, series = {ones},
    x = {label = "beta M / N", log = true}, y = {label = "M", log = true, ticks = ms}}
end
assert(T.chart.panels(config.folder .. "/figure6.png", {panels = panels}))

for i, m in ipairs(ms) do
  print(("M = %2d: best score %.3f at beta_norm %.4f, beta %g"):format(m, of[m].best, best[i],
    of[m].beta))
end
local error_of, score_of = {}, {}
for k, r in ipairs(found.runs) do
  error_of[k], score_of[k] = r.values.reconstruction, r.values.higgins
end
-- beta_norm grows with M by itself, where the best beta stays the same
print(("rank correlation of M and the best beta_norm: %.2f, of M and the best beta: %.2f"):format(
  T.paired.spearman(ms, best), T.paired.spearman(ms, betas)))
print(("rank correlation of reconstruction error and score: %.2f"):format(
  T.paired.spearman(error_of, score_of)))
