-- What do scores say of VAEs and InfoGANs on dSprites? Higgins et al. 2017, "beta-VAE: learning
-- basic visual concepts with a constrained variational framework", figure 6, and all other metrics.
--
-- Claim    On the paper's metric beta-VAE (99.23 %) is far above a VAE (61.58 %), an InfoGAN
--          (73.5 %) and what needs no training: raw pixels 45.75, PCA 84.9, ICA 42.03, an
--          untrained network 44.14 %.
-- Data     dSprites, all images; raw pixels: 10,000 of them
-- Models   runs of experiments/beta_vae_dsprites.lua (--beta 1 and 4, --network), of
--          capacity_vae_dsprites.lua (conv) and infogan_dsprites.lua in the folder --runs, which
--          for one column differ in nothing but the seed
-- Scores   "higgins" is the paper's metric, with its four factors; all others count five.
--          Published values are those of the sources that are named, at second hand (the one of
--          the untrained network could not be verified); each has an implementation, a network
--          and a length of training of its own, so that only their order compares. TC-GAN measures
--          with Ubisoft's code, by whose defaults explicitness is 2 AUC - 1 on the points that were
--          learned from, the BetaVAE score has chance at 0, and SAP is of squared correlations. Lin
--          et al.'s modified InfoGAN has 10 inputs, spectral normalisation and 322,000 steps.
-- Run      build/teasel experiments/scores_dsprites.lua [--runs runs] [--baselines false]

local T = require "teasel"

local config = T.command.read(arg, {
  runs = "runs",      -- the folder of the runs
  network = "fc",     -- of the beta-VAEs, an option of theirs: fc, small, conv or chairs
  baselines = true,   -- columns of what needs no training, too
  dcign = false,      -- a column of the runs of dcign.lua --data dsprites, too
  points = 0,         -- images that are drawn; 0: all (of raw pixels: 10,000)
  threads = 0,        -- 0: as many as there are processors
})
if config.threads > 0 then T.threads(config.threads) end

local columns = {
  {"VAE", "beta_vae_dsprites", {beta = 1, network = config.network}},
  {"beta = 4", "beta_vae_dsprites", {beta = 4, network = config.network}},
  {"capacity", "capacity_vae_dsprites", {network = "conv"}},
  {"InfoGAN", "infogan_dsprites", {}},
}
if config.dcign then columns[#columns + 1] = {"DC-IGN", "dcign", {data = "dsprites"}} end
if config.baselines then
  for _, name in ipairs{"untrained", "raw", "pca", "ica", "truth"} do
    columns[#columns + 1] = {name, representation = name}
  end
end

local HIGGINS = "Higgins et al. 2017"
local LIN = "Lin et al. 2020"           -- their own code, on the points that were learned from
local QUOTED = "quoted by Lin et al."   -- without a deviation
local TC_GAN = "TC-GAN, 10 runs"

T.score_table{folder = config.runs, out = "scores_dsprites.md", columns = columns,
  points = config.points,
  rows = {"higgins", "beta_vae", "factor_vae", "mig", "dci_disentanglement", "dci_completeness",
    "dci_informativeness", "sap", "modularity", "explicitness", "irs", "udr", "dcimig", "jemmig",
    "z_max_variance", "total_correlation", "wasserstein", "wasserstein_normalised",
    "mutual_information", "downstream_trees", "downstream_logistic", "fairness", "leakage"},
  more = {{"higgins", "beta_vae", options = {factors = {2, 3, 4, 5}}}},
  published = {
    higgins = {{HIGGINS, VAE = "0.616 ± 0.005", ["beta = 4"] = "0.992 ± 0.001",
      InfoGAN = "0.735 ± 0.009", ["DC-IGN"] = "0.993 ± 0.001", raw = "0.458 ± 0.008",
      pca = "0.849 ± 0.004", ica = "0.420 ± 0.106", untrained = "0.441 ± 0.025", truth = 1}},
    beta_vae = {{TC_GAN, VAE = 0.69, ["beta = 4"] = 0.86, capacity = 0.86, InfoGAN = 0.76},
      {LIN, InfoGAN = "0.87 (modified)"}},
    factor_vae = {{LIN, VAE = "0.63 ± 0.06", ["beta = 4"] = "0.63 ± 0.10",
      InfoGAN = "0.59, 0.82 (modified)"}},
    mig = {{QUOTED, VAE = 0.10, ["beta = 4"] = 0.21, InfoGAN = 0.05},
      {LIN, InfoGAN = "0.22 (modified)"}},
    dci_disentanglement = {{LIN, VAE = "0.30 ± 0.10", ["beta = 4"] = "0.41 ± 0.11",
      InfoGAN = "0.41 ± 0.05, 0.60 (modified)"}},
    sap = {{TC_GAN, VAE = 0.11, ["beta = 4"] = 0.16, capacity = 0.39, InfoGAN = 0.05},
      {QUOTED, ["beta = 4"] = 0.55}, {LIN, InfoGAN = "0.41 (modified)"}},
    modularity = {{TC_GAN, VAE = 0.87, ["beta = 4"] = 0.82, capacity = 0.97, InfoGAN = 0.56},
      {LIN, InfoGAN = "0.94 (modified)"}},
    explicitness = {{TC_GAN, VAE = 0.42, ["beta = 4"] = 0.49, capacity = 0.72, InfoGAN = 0.54},
      {LIN, InfoGAN = "0.82 (modified)"}},
    jemmig = {{TC_GAN, VAE = 0.20, ["beta = 4"] = 0.26, capacity = 0.33, InfoGAN = 0.08}},
  },
}
