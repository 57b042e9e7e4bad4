-- Every published number beside what runs here give: one table, from run directories and from the
-- record of those that are not at hand.
--
-- Claim    What each paper says, under the protocol that its row names; the sources are papers, or
--          the repositories and the later papers that a row names where the paper has no number.
-- Data     The runs in --runs, in folders that begin with their script's name (infogan_faces-1), as
--          far as they came to their end. What they found goes into --record, one line for each,
--          in the place of what was known of the same script, options and seed; the table is of
--          all that is recorded. To drop a run, delete its line (teasel.report.record says what
--          stands in one); --record "": the runs in --runs alone. Rows without any say so, with
--          the command that makes one.
-- Run      build/teasel experiments/results.lua [--runs runs] [--out experiments/README.md]

local T = require "teasel"

local config = T.command.read(arg, {
  runs = "runs",    -- the folder of the runs
  record = "experiments/results.jsonl",   -- what was found so far; it is brought up to date
  out = "",         -- the file whose table is made again, between its two marks; "": it is printed
  points = 20000,   -- images that metrics are computed on
})

local LIN = "Lin et al. 2020"   -- their repository's table
local FEW = "dSprites; Higgins' metric of a grid of 36,864 images, the others of 20,000 of all"

-- a row of dSprites: FactorVAE score, DCI, MIG and Higgins' metric, as the columns of Lin et al.
local function dsprites(claim, paper, script, settings, published, why, length)
  return {claim = claim, paper = paper, script = script, settings = settings, length = length,
    metrics = "factor_vae,dci,mig", data = FEW, why = why, values = {
      {"FactorVAE score", "factor_vae", published[1]},
      {"DCI disentanglement", "dci_disentanglement", published[2]},
      {"MIG", "mig", published[3]},
      {"Higgins' metric", "higgins.value", published[4]}}}
end

-- what a probe reads from the codes of a run's earlier checkpoint
local function probed(r)
  local data = T.content_experiment.data(r.config)
  return T.content_probe.of(r.view, data.fit, data.test,
    {points = r.config.points, factor_points = 0, seed = 0})
end

local CLASSES = {mnist = "digit", sprites = "character", objects = "thing"}

local function content(claim, paper, script, settings, published, length, probe, why)
  return {claim = claim, paper = paper, script = script, settings = settings, length = length,
    data = probe, why = why, rescore = probed, values = {
      {CLASSES[settings.images] .. " read from the style, train", "style.train", published[1]},
      {"the same, test", "style.test", published[2]},
      {"from the content, train", "content.train", published[3]},
      {"the same, test", "content.test", published[4]}}}
end

local function digits(claim, warp, why)
  return {claim = claim, paper = "Chen et al. 2016", script = "infogan_mnist",
    settings = {warp = warp}, data = "test images", why = why, values = {
      {"wrong category", "error", ".05"}, {"L_I of the category, nats", "information.1", "2.30"}}}
end

-- an InfoGAN whose latents are looked at through a network that reads factors of drawn images
local function panels(claim, paper, script, settings, names, why)
  local values = {}
  for i, name in ipairs(names) do
    values[i] = {name, ("panels.%s.value"):format(name), "a figure", math.abs}
  end
  return {claim = claim, paper = paper, script = script, settings = settings,
    data = "drawn stand-in; correlation on generated images", values = values, why = why}
end

local function heads(claim, panel, shift, why)
  local row = panels(claim, "Chen et al. 2016, figure 3", "infogan_faces",
    {data = "drawn", panel = panel, shift = shift}, {"azimuth", "light", "elevation", "width"}, why)
  table.insert(row.values, {"MIG of Q's means", "mig", "-"})
  return row
end

local function unrolled(K, published, stopped)
  return {claim = ("L_I of an unrolled InfoGAN's latents, K = %d"):format(K)
      .. (stopped and ", the gradient stopped at the steps" or ""),
    paper = 'akhandait\'s "Unrolled InfoGAN"', script = "unrolled_infogan_mnist",
    settings = {K = K, through = not stopped}, length = 16400,
    why = K == 0 and "in all of these rows D wins after 300 to 500 steps, as the log says" or "",
    data = "of generated images, nats", values = {
      {"first number", "information.2", published},
      {"second number", "information.3", published},
      {"category", "information.1", "at most 2.303"}}}
end

local function ring(K, published)
  return {claim = ("modes of a ring, K = %d"):format(K), paper = "Metz et al. 2017",
    script = "unrolled_gan_ring", settings = {K = K}, length = 25000, data = "of 8",
    values = {{"modes", "covered", published}}}
end

local function stacked(K)
  return {claim = ("classes of stacked digits, K = %d"):format(K), paper = "Metz et al. 2017",
    script = "unrolled_gan_modes", settings = {K = K, stacked = true},
    data = "of 1,000, in 10,000 samples", values = {
      {"classes", "covered", "more with larger K"},
      {"KL to the uniform distribution, nats", "kl", "less with larger K"}}}
end

local function faces(claim, paper, script, settings)
  return {claim = claim, paper = paper, script = script, settings = settings, metrics = "mig,dci",
    data = "drawn stand-in, 20,000 images", values = {
      {"MIG", "mig", "a figure"}, {"DCI disentanglement", "dci_disentanglement", "a figure"}}}
end

local OF_60000 = "a probe on 60,000 training images, tested on 10,000"
local OF_DRAWN = "a probe on drawn stand-ins"
local MATHIEU, JHA = "Mathieu et al. 2016; re-implementation", "Jha et al. 2018"
local SMALL = {network = "small"}
local BEGUN = "the first minutes, on drawn images: z says little yet, and the probe reads a "
  .. "content that has hardly been learned (below)"

T.reproduction{folder = config.runs, record = config.record, out = config.out,
  points = config.points, rows = {
  dsprites("VAE", "Higgins et al. 2017; " .. LIN, "beta_vae_dsprites",
    {network = "small", beta = 1}, {".63 ± .06", ".30 ± .10", ".10", ".6158"}, "", 300000),
  dsprites("beta-VAE, beta = 4", "Higgins et al. 2017; " .. LIN, "beta_vae_dsprites",
    {network = "small", beta = 4}, {".63 ± .10", ".41 ± .11", ".21", ".9923"},
    "steps: from 10,000 to 40,000 DCI rises from .09 to .16, MIG from .08 to .11, both still rise",
    300000),
  dsprites("FactorVAE, gamma = 35", "Kim & Mnih 2018; " .. LIN, "factor_vae_dsprites",
    {network = "small", gamma = 35}, {".82", ".70 to .74", ".15 to .43", "-"},
    "D lags: the codes shrink and move away from it; KL is 35 to 93 nats, and the index of an "
    .. "image has 13.5", 300000),
  dsprites("the same, gamma = 6.4", LIN, "factor_vae_dsprites", {network = "small", gamma = 6.4},
    {".83 (gamma = 10)", ".70", ".40", "-"}, "", 300000),
  dsprites("beta-TCVAE", "Chen et al. 2018; " .. LIN, "beta_tcvae_dsprites", SMALL,
    {".62 ± .07", ".29 ± .10", ".33, .45 (later papers)", "-"},
    "steps: DCI is as published after 40,000, MIG has stood still since 10,000", 300000),
  dsprites("DIP-VAE", "Kumar et al. 2018", "dip_vae_dsprites", SMALL,
    {"-", "-", "-", "-"}, "", 300000),
  dsprites("capacity VAE", "Burgess et al. 2018", "capacity_vae_dsprites", {},
    {"-", "-", "-", "-"}, "gamma 100 and C = 20 are those of the next row; a run with fewer steps "
    .. "than its command has was stopped", 100000),
  {claim = "variances of one image, the narrowest units first, gamma = 100, C = 20",
    paper = "a well known implementation of Burgess et al. 2018", script = "capacity_vae_dsprites",
    settings = {gamma = 100, capacity = 20, ramp = 100000, image = "corner"},
    data = "dSprites, an ellipse in the corner", why = "seven units are off after 1,100 steps, and "
    .. "from 8 nats on what is added goes into the precision of the other three (below); with the "
    .. "initial weights of the source it begins the same; the source goes on for up to 23 million "
    .. "steps, and does not say when it had these", values = {
      {"first", "variances.1", ".0002"}, {"second", "variances.2", ".0004"},
      {"third", "variances.3", ".0004"}, {"fourth", "variances.4", ".0011"},
      {"fifth", "variances.5", ".0038"}, {"sixth", "variances.6", "above .89"}}},
  dsprites("ControlVAE", "Shao et al. 2020", "control_vae_dsprites", SMALL,
    {"-", "-", "-", "-"}, "", 300000),
  dsprites("InfoVAE", "Zhao et al. 2019", "info_vae_dsprites", SMALL,
    {"-", "-", "-", "-"}, "", 300000),
  dsprites("JointVAE", "Dupont 2018", "joint_vae_dsprites", {network = "small", ramp = 4000},
    {"-", "-", "-", "-"}, "", 300000),
  dsprites("Ada-GVAE, pairs", "Locatello et al. 2020", "weak_dsprites", SMALL,
    {"above the best without pairs", "the same", "the same", "the same"}, "", 300000),
  dsprites("1,000 labels", "Locatello et al. 2020, few labels", "few_labels_dsprites", SMALL,
    {"-", "-", "-", "-"}, "", 300000),
  dsprites("quantised latents", "Hsu et al. 2023", "quantised_dsprites", SMALL,
    {"-", "-", "-", "-"}, "", 200000),
  dsprites("DC-IGN, told which factor varies", "Higgins et al. 2017", "dcign", {data = "dsprites"},
    {"-", "-", "-", ".993"}, "", 0),
  dsprites("InfoGAN", "Higgins et al. 2017; " .. LIN, "infogan_dsprites", {},
    {".59", ".41 ± .05", ".05", ".735"},
    "so early its latents follow the position alone (figure 7, below)", 322000),
  dsprites("InfoGAN-CR", LIN, "infogan_cr_dsprites", {}, {".88", ".71", ".37", ".95"},
    "H has not learned yet which latent two images share (1.61 nats, log 5), so that the "
    .. "regularizer had nothing to say", 322000),
  {claim = "likelihood of binary MNIST", paper = "Rezende & Mohamed 2015; Chadebec et al. 2022",
    script = "vae_mnist", data = "test images, importance sampling",
    why = "still falling: by 1.6 nats between 20,000 and 60,000 steps", values = {
      {"nats", "nll", "89.78 ± .01"}}},
  digits("InfoGAN's categories are digits, D and Q looking through a random affine change", 1,
    "two categories share digits in part: 3 and 6 in seed 2, 4 and 9 in seed 4"),
  digits("the same without it, as the paper", 0,
    "two categories share two digits in all seeds but 1, which costs L_I next to nothing"),
  heads("InfoGAN on faces, azimuth's settings, D and Q looking at moved images", "azimuth", 3.0),
  heads("the same with images as they are, as the paper", "azimuth", 0.0,
    "seed 5 draws noise: D wins"),
  heads("the same for elevation, images moved", "elevation", 3.0),
  heads("the same for light and for width, images moved", "lighting", 3.0),
  panels("InfoGAN on portraits", "Chen et al. 2016, figure 6", "infogan_celeba", {data = ""},
    {"azimuth", "glasses", "style", "smile"},
    "Q reads little yet: L_I of the ten latents is .3 to .8 of 2.30 nats"),
  panels("InfoGAN on portraits, 64 x 64", "own design", "infogan_casia", {data = ""},
    {"azimuth", "elevation", "light", "glasses", "style", "smile"},
    "1,200 steps are too few: averaged weights draw one pale face yet"),
  faces("beta-VAE on faces, beta = 20", "Higgins et al. 2017", "beta_vae_faces",
    {beta = 20, data = ""}),
  faces("the same, beta = 1", "Higgins et al. 2017", "beta_vae_faces", {beta = 1, data = ""}),
  faces("DC-IGN on faces", "Kulkarni et al. 2015", "dcign", {data = "faces"}),
  ring(5, "all"), ring(0, "goes round"),
  stacked(0), stacked(5), stacked(10),
  unrolled(0, "lower than with unrolling"), unrolled(5, "higher"), unrolled(5, "-", true),
  unrolled(7, "higher"), unrolled(10, "highest"), unrolled(10, "-", true),
  content("Mathieu et al., z = s = 16", MATHIEU, "mathieu_mnist", {size = 1, images = "mnist",
    reparameterise = true}, {".7085", ".6683", ".9937", ".9852"}, 47000, OF_60000,
    "D also judges images of z from N(0, I) here, which the re-implementation never shows it"),
  content("Mathieu et al., z = s = 64", MATHIEU, "mathieu_mnist", {size = 2, images = "mnist",
    reparameterise = true}, {".7494", ".7220", ".9994", ".9864"}, 47000, OF_60000),
  content("Mathieu et al., sprites, 512 and 64", MATHIEU, "mathieu_mnist", {size = 1,
    images = "sprites", reparameterise = true}, {".1205", ".1198", ".9918", ".9675"}, 0,
    OF_DRAWN, BEGUN),
  content("Mathieu et al., objects, 64 and 256", MATHIEU, "mathieu_mnist", {size = 1,
    images = "objects", reparameterise = true}, {".9014", ".8917", "1", "1"}, 0, OF_DRAWN,
    BEGUN),
  content("cycle-VAE, z = s = 16", JHA, "cycle_vae_mnist", {size = 1, images = "mnist"},
    {".1772", ".1756", ".9972", ".9835"}, 94000, OF_60000),
  content("cycle-VAE, z = s = 64", JHA, "cycle_vae_mnist", {size = 2, images = "mnist"},
    {".2604", ".2655", ".9995", ".9833"}, 94000, OF_60000),
  content("cycle-VAE, sprites, 512 and 64", JHA, "cycle_vae_mnist", {size = 1,
    images = "sprites"}, {".1155", ".1147", ".9853", ".9716"}, 0, OF_DRAWN, BEGUN),
  content("cycle-VAE, objects, 64 and 256", JHA, "cycle_vae_mnist", {size = 1,
    images = "objects"}, {".6211", ".5717", ".9999", ".9986"}, 0, OF_DRAWN, BEGUN),
}}
