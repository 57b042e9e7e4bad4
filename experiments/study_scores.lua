-- The scores of the study's runs as one table: a line for each run of experiments/study.lua and
-- experiments/study_gan.lua.
--
-- Claim    none of its own: notebooks/08_study.ipynb draws what follows from the table.
-- Data     as the runs; 5,000 of the images that they score
-- Scores   metrics that take seconds; of VAEs rate and distortion (KL and -log p(x|z), nats an
--          image); UDR (Duan et al. 2020) and ModelCentrality (Lin et al. 2020) of each VAE without
--          supervision among all such of its set, with any objective and seed; the second by 50
--          votes of 8 images for each two models, since it takes the square of their number.
--          Lines that the table has of runs that are not at hand any more stay as they are.
-- Run      build/teasel experiments/study_scores.lua --runs runs/study-sweep
--            --gans runs/study_gan-sweep [--out experiments/study.csv]

local T = require "teasel"

local config = T.command.read(arg, {
  runs = "runs/study-sweep",     -- the folder of the runs of study.lua; "": there are none
  gans = "",                     -- of those of study_gan.lua; "": there are none
  out = "experiments/study.csv", -- the table
  points = 5000,                 -- images that are scored
})

-- objectives without supervision, which choose among each other
local UNSUPERVISED = {vae = true, beta_vae = true, annealed_vae = true, factor_vae = true,
  beta_tcvae = true, dip_vae = true}
local METRICS = "beta_vae,factor_vae,mig,dci,sap,modularity,dcimig,jemmig,irs,z_max_variance"
local VALUES = {"beta_vae", "factor_vae", "mig", "dci_disentanglement", "dci_completeness",
  "dci_informativeness", "sap", "modularity", "dcimig", "jemmig", "irs", "z_max_variance"}
local COLUMNS = {"set", "objective", "seed", "rate", "distortion", table.unpack(VALUES)}
table.move({"udr", "centrality"}, 1, 2, #COLUMNS + 1, COLUMNS)

local function of_bound(name)
  return {name, function(r) return (r.scored.rate_distortion or {})[name] end}
end

local runs = {}
for _, folder in ipairs{config.runs, config.gans} do
  local found = folder == "" and {runs = {}} or T.comparison.of(folder .. "/*", {
    metrics = METRICS, points = config.points, values = table.concat(VALUES, ","),
    more = {of_bound "rate", of_bound "distortion"}})
  table.move(found.runs, 1, #found.runs, #runs + 1, runs)
end

local sets, chosen = {}, {}
for _, r in ipairs(runs) do
  if UNSUPERVISED[r.config.objective] then
    sets[r.config.set] = sets[r.config.set] or {}
    table.insert(sets[r.config.set], r.dir)
  end
end
for _, dirs in pairs(sets) do
  for _, row in ipairs(T.choice.of(dirs, {votes = 50, batch = 8})) do chosen[row.run] = row end
end

local lines = {}   -- of runs, and those that the table had, by names that sort as they stand in it
local function add(line)
  local name = ("%s %s %09d"):format(line.set, line.objective, line.seed)
  lines[name] = lines[name] or line
end
for _, r in ipairs(runs) do
  local line, among = {}, chosen[r.dir] or {}
  for _, name in ipairs(COLUMNS) do
    line[name] = r.config[name] or r.values[name] or among[name]
  end
  add(line)
end
local file = io.open(config.out)
if file then
  file:close()
  local before = assert(T.csv.parse(config.out))
  for i = 1, before.n do
    local line = {}
    for k, name in ipairs(before.names) do line[name] = before.columns[k][i] end
    add(line)
  end
end

local columns, names = {}, T.tree.keys(lines)
for _, column in ipairs(COLUMNS) do
  columns[column] = {}
  for i, name in ipairs(names) do columns[column][i] = lines[name][column] or 0 / 0 end
end
assert(T.csv.write(config.out, columns, {names = COLUMNS}))
print(("%d runs and %d lines in %s"):format(#runs, #names, config.out))
