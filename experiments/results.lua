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
local CHEN, METZ = "Chen et al. 2016", "Metz et al. 2017"
local AKHANDAIT = 'akhandait\'s "Unrolled InfoGAN"'
local MATHIEU, JHA = "Mathieu et al. 2016; re-implementation", "Jha et al. 2018"
local SMALL = {network = "small"}
local HEADS = {"a figure", "a figure", "a figure", "a figure", "-"}
local CLASSES = {"more with larger K", "less with larger K"}
local BEGUN = "the first minutes, on drawn images: z says little yet, and the probe reads a "
  .. "content that has hardly been learned (below)"

local function unrolled(K, published, stopped)
  return {"unrolled", ("L_I of an unrolled InfoGAN's latents, K = %d%s"):format(K,
    stopped and ", the gradient stopped at the steps" or ""), AKHANDAIT, "unrolled_infogan_mnist",
    {K = K, through = not stopped}, {published, published, "at most 2.303"},
    why = K == 0 and "in all of these rows D wins after 300 to 500 steps, as the log says" or ""}
end

local function vaeinfogan(claim, model, why)
  return {"codes", claim, AKHANDAIT, "vaeinfogan", {set = "faces", model = model, K = 0}, "-",
    why = why}
end

T.reproduction{folder = config.runs, record = config.record, out = config.out,
  points = config.points, rows = T.claims{
  {"dsprites", "VAE", "Higgins et al. 2017; " .. LIN, "beta_vae_dsprites",
    {network = "small", beta = 1}, {".63 ± .06", ".30 ± .10", ".10", ".6158"}},
  {"dsprites", "beta-VAE, beta = 4", "Higgins et al. 2017; " .. LIN, "beta_vae_dsprites",
    {network = "small", beta = 4}, {".63 ± .10", ".41 ± .11", ".21", ".9923"},
    why = "steps: from 10,000 to 40,000 DCI rises from .09 to .16, MIG from .08 to .11, both still "
    .. "rise"},
  {"dsprites", "FactorVAE, gamma = 35", "Kim & Mnih 2018; " .. LIN, "factor_vae_dsprites",
    {network = "small", gamma = 35}, {".82", ".70 to .74", ".15 to .43", "-"},
    why = "D lags: the codes shrink and move away from it; KL is 35 to 93 nats, and the index of "
    .. "an image has 13.5"},
  {"dsprites", "the same, gamma = 6.4", LIN, "factor_vae_dsprites",
    {network = "small", gamma = 6.4}, {".83 (gamma = 10)", ".70", ".40", "-"}},
  {"dsprites", "beta-TCVAE", "Chen et al. 2018; " .. LIN, "beta_tcvae_dsprites", SMALL,
    {".62 ± .07", ".29 ± .10", ".33, .45 (later papers)", "-"},
    why = "steps: DCI is as published after 40,000, MIG has stood still since 10,000"},
  {"dsprites", "DIP-VAE", "Kumar et al. 2018", "dip_vae_dsprites", SMALL, "-"},
  {"dsprites", "capacity VAE", "Burgess et al. 2018", "capacity_vae_dsprites", {}, "-",
    length = 100000, why = "gamma 100 and C = 20 are those of the next row; a run with fewer steps "
    .. "than its command has was stopped"},
  {"variances", "variances of one image, the narrowest units first, gamma = 100, C = 20",
    "a well known implementation of Burgess et al. 2018", "capacity_vae_dsprites",
    {gamma = 100, capacity = 20, ramp = 100000, image = "corner"},
    {".0002", ".0004", ".0004", ".0011", ".0038", "above .89"},
    data = "dSprites, an ellipse in the corner", why = "seven units are off after 1,100 steps, and "
    .. "from 8 nats on what is added goes into the precision of the other three (below); with the "
    .. "initial weights of the source it begins the same; the source goes on for up to 23 million "
    .. "steps, and does not say when it had these"},
  {"dsprites", "ControlVAE", "Shao et al. 2020", "control_vae_dsprites", SMALL, "-"},
  {"dsprites", "InfoVAE", "Zhao et al. 2019", "info_vae_dsprites", SMALL, "-"},
  {"dsprites", "JointVAE", "Dupont 2018", "joint_vae_dsprites", {network = "small", ramp = 4000},
    "-"},
  {"dsprites", "Ada-GVAE, pairs", "Locatello et al. 2020", "weak_dsprites", SMALL,
    {"above the best without pairs", "the same", "the same", "the same"}},
  {"dsprites", "1,000 labels", "Locatello et al. 2020, few labels", "few_labels_dsprites", SMALL,
    "-"},
  {"dsprites", "quantised latents", "Hsu et al. 2023", "quantised_dsprites", SMALL, "-",
    length = 200000},
  {"dsprites", "DC-IGN, told which factor varies", "Higgins et al. 2017", "dcign",
    {data = "dsprites"}, {"-", "-", "-", ".993"}, length = 0},
  {"dsprites", "InfoGAN", "Higgins et al. 2017; " .. LIN, "infogan_dsprites", {},
    {".59", ".41 ± .05", ".05", ".735"}, length = 322000,
    why = "so early its latents follow the position alone (figure 7, below)"},
  {"dsprites", "InfoGAN-CR", LIN, "infogan_cr_dsprites", {}, {".88", ".71", ".37", ".95"},
    length = 322000, why = "H has not learned yet which latent two images share (1.61 nats, log "
    .. "5), so that the regularizer had nothing to say"},
  {"likelihood", "likelihood of binary MNIST", "Rezende & Mohamed 2015; Chadebec et al. 2022",
    "vae_mnist", {}, "89.78 ± .01",
    why = "still falling: by 1.6 nats between 20,000 and 60,000 steps"},
  {"digits", "InfoGAN's categories are digits, D and Q looking through a random affine change",
    CHEN, "infogan_mnist", {warp = 1}, {".05", "2.30"},
    why = "two categories share digits in part: 3 and 6 in seed 2, 4 and 9 in seed 4"},
  {"digits", "the same without it, as the paper", CHEN, "infogan_mnist", {warp = 0},
    {".05", "2.30"}, why = "two categories share two digits in all seeds but 1, which costs L_I "
    .. "next to nothing"},
  {"heads", "InfoGAN on faces, azimuth's settings, D and Q looking at moved images",
    CHEN .. ", figure 3", "infogan_faces", {data = "drawn", panel = "azimuth", shift = 3.0}, HEADS},
  {"heads", "the same with images as they are, as the paper", CHEN .. ", figure 3",
    "infogan_faces", {data = "drawn", panel = "azimuth", shift = 0.0}, HEADS,
    why = "seed 5 draws noise: D wins"},
  {"heads", "the same for elevation, images moved", CHEN .. ", figure 3", "infogan_faces",
    {data = "drawn", panel = "elevation", shift = 3.0}, HEADS},
  {"heads", "the same for light and for width, images moved", CHEN .. ", figure 3",
    "infogan_faces", {data = "drawn", panel = "lighting", shift = 3.0}, HEADS},
  {"panels", "InfoGAN on portraits", CHEN .. ", figure 6", "infogan_celeba", {data = ""},
    "a figure", panels = {"azimuth", "glasses", "style", "smile"},
    why = "Q reads little yet: L_I of the ten latents is .3 to .8 of 2.30 nats"},
  {"panels", "InfoGAN on portraits, 64 x 64", "own design", "infogan_casia", {data = ""},
    "a figure", panels = {"azimuth", "elevation", "light", "glasses", "style", "smile"},
    why = "the categories take up what comes in kinds and the light; the four numbers are not used "
    .. "(L_I -.17 to -.18 nats)"},
  {"panels", "InfoGAN on chairs, rotation", CHEN .. ", figure 4", "infogan_chairs",
    {data = "", panel = "rotation"}, "a figure", panels = {"sine", "cosine"}, why = "of where the "
    .. "chair faces: the sine goes with the number, which turns it; the cosine with a category "
    .. "that tells one leg from four"},
  {"panels", "InfoGAN on chairs, width", CHEN .. ", figure 4", "infogan_chairs",
    {data = "", panel = "width"}, "a figure", panels = {"sine", "cosine"}, why = "a category is "
    .. "where the chair faces; the number, whose weight is .05, is not used"},
  {"panels", "InfoGAN on house numbers", CHEN .. ", figure 5", "infogan_svhn", {data = ""},
    "a figure", panels = {"light", "digit"}, why = "grounds and their light are drawn, but a blot "
    .. "in the place of the digit: what is read there says nothing yet"},
  {"faces", "beta-VAE on faces, beta = 20", "Higgins et al. 2017", "beta_vae_faces",
    {beta = 20, data = ""}, "a figure"},
  {"faces", "the same, beta = 1", "Higgins et al. 2017", "beta_vae_faces", {beta = 1, data = ""},
    "a figure"},
  {"faces", "DC-IGN on faces", "Kulkarni et al. 2015", "dcign", {data = "faces"}, "a figure"},
  {"ring", "modes of a ring, K = 5", METZ, "unrolled_gan_ring", {K = 5}, "all"},
  {"ring", "modes of a ring, K = 0", METZ, "unrolled_gan_ring", {K = 0}, "goes round"},
  {"stacked", "classes of stacked digits, K = 0", METZ, "unrolled_gan_modes",
    {K = 0, stacked = true}, CLASSES},
  {"stacked", "classes of stacked digits, K = 5", METZ, "unrolled_gan_modes",
    {K = 5, stacked = true}, CLASSES},
  {"stacked", "classes of stacked digits, K = 10", METZ, "unrolled_gan_modes",
    {K = 10, stacked = true}, CLASSES},
  unrolled(0, "lower than with unrolling"), unrolled(5, "higher"), unrolled(5, "-", true),
  unrolled(7, "higher"), unrolled(10, "highest"), unrolled(10, "-", true),
  vaeinfogan("VAEInfoGAN on faces", "vaeinfogan", "Q raises the information in the latents that it "
    .. "reads (below), and no score"),
  vaeinfogan("the same without Q", "vaegan"), vaeinfogan("the same as a VAE", "vae"),
  vaeinfogan("the same as an InfoGAN", "infogan"),
  {"content", "Mathieu et al., z = s = 16", MATHIEU, "mathieu_mnist",
    {size = 1, images = "mnist", reparameterise = true}, {".7085", ".6683", ".9937", ".9852"},
    length = 47000, why = "D also judges images of z from N(0, I) here, which the "
    .. "re-implementation never shows it"},
  {"content", "Mathieu et al., z = s = 64", MATHIEU, "mathieu_mnist",
    {size = 2, images = "mnist", reparameterise = true}, {".7494", ".7220", ".9994", ".9864"},
    length = 47000},
  {"content", "Mathieu et al., sprites, 512 and 64", MATHIEU, "mathieu_mnist",
    {size = 1, images = "sprites", reparameterise = true}, {".1205", ".1198", ".9918", ".9675"},
    why = BEGUN},
  {"content", "Mathieu et al., objects, 64 and 256", MATHIEU, "mathieu_mnist",
    {size = 1, images = "objects", reparameterise = true}, {".9014", ".8917", "1", "1"},
    why = BEGUN},
  {"content", "cycle-VAE, z = s = 16", JHA, "cycle_vae_mnist", {size = 1, images = "mnist"},
    {".1772", ".1756", ".9972", ".9835"}, length = 94000},
  {"content", "cycle-VAE, z = s = 64", JHA, "cycle_vae_mnist", {size = 2, images = "mnist"},
    {".2604", ".2655", ".9995", ".9833"}, length = 94000},
  {"content", "cycle-VAE, sprites, 512 and 64", JHA, "cycle_vae_mnist",
    {size = 1, images = "sprites"}, {".1155", ".1147", ".9853", ".9716"}, why = BEGUN},
  {"content", "cycle-VAE, objects, 64 and 256", JHA, "cycle_vae_mnist",
    {size = 1, images = "objects"}, {".6211", ".5717", ".9999", ".9986"}, why = BEGUN},
}}
