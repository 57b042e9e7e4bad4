-- Claims of papers as rows of teasel.report.reproduction: what is measured of each kind of claim is
-- said here once, and a list of claims has nothing but what was published and what makes the runs.
--
--   T.reproduction{rows = T.claims{
--     {"dsprites", "VAE", "Higgins et al. 2017", "beta_vae_dsprites", {beta = 1},
--       {".63", ".30", ".10", ".6158"}, why = "fewer steps"},
--     {"faces", "DC-IGN on faces", "Kulkarni et al. 2015", "dcign", {data = "faces"}, "a figure"}}}
--
-- Kinds, with the values that are published for them, in this order:
--   dsprites    FactorVAE score, DCI disentanglement, MIG and Higgins' metric
--   variances   of the six narrowest units at one image
--   likelihood  nats of an image
--   faces       MIG, DCI disentanglement
--   codes       the four of dsprites, of a drawn set
--   digits      the share of images in a wrong category, L_I of the category
--   panels      of each factor in `panels` the correlation, or correlation ratio, with the latent
--               that has most to do with it (teasel.report.readings)
--   heads       as panels of azimuth, light, elevation and width; and MIG of Q's means
--   unrolled    L_I of two numbers and of a category
--   ring        modes that are covered
--   stacked     classes of stacked digits that are covered, KL to their uniform distribution
--   content     what a probe reads from the style, of images that it learned from and others, and
--               from the content

local check = require "teasel.lib.check"
local content_experiment = require "teasel.report.content_experiment"
local content_probe = require "teasel.report.content_probe"
local fail = require "teasel.lib.fail"
local merged = require "teasel.lib.merged"
local options = require "teasel.options"

-- what a probe reads from the codes of a run's earlier checkpoint
local function probed(r)
  local data = content_experiment.data(r.config)
  return content_probe.of(r.view, data.fit, data.test,
    {points = r.config.points, factor_points = 0, seed = 0})
end

-- the values of factors that a network reads off generated images
local function read_off(names)
  local values = {}
  for i, name in ipairs(names) do
    values[i] = {name, ("panels.%s.value"):format(name), math.abs}
  end
  return values
end

local READ = "drawn stand-in; correlation on generated images"
local HEADS = read_off{"azimuth", "light", "elevation", "width"}
HEADS[5] = {"MIG of Q's means", "mig"}

local FOUR = {{"FactorVAE score", "factor_vae"}, {"DCI disentanglement", "dci_disentanglement"},
  {"MIG", "mig"}, {"Higgins' metric", "higgins.value"}}
local CLASSES = {mnist = "digit", sprites = "character", objects = "thing"}

-- options of a row by kind, but for what is published: in `values` each is {what, path, f}. Some
-- follow from the row.
local KINDS = {
  dsprites = {metrics = "factor_vae,dci,mig", length = 300000, data = "dSprites; Higgins' metric "
    .. "of a grid of 36,864 images, the others of 20,000 of all", values = FOUR},
  variances = {values = {{"first", "variances.1"}, {"second", "variances.2"},
    {"third", "variances.3"}, {"fourth", "variances.4"}, {"fifth", "variances.5"},
    {"sixth", "variances.6"}}},
  likelihood = {data = "test images, importance sampling", values = {{"nats", "nll"}}},
  faces = {metrics = "mig,dci", data = "drawn stand-in, 20,000 images", values = {
    {"MIG", "mig"}, {"DCI disentanglement", "dci_disentanglement"}}},
  codes = {metrics = "factor_vae,dci,mig", data = "drawn stand-in; Higgins' metric of 5,000 "
    .. "images, the others of 20,000", values = FOUR},
  digits = {data = "test images", values = {
    {"wrong category", "error"}, {"L_I of the category, nats", "information.1"}}},
  panels = function(row)
    local names = check.list("claims", "option 'panels'", row.panels, check.string)
    return {data = READ, values = read_off(names)}
  end,
  heads = {data = READ, values = HEADS},
  unrolled = {length = 16400, data = "of generated images, nats", values = {
    {"first number", "information.2"}, {"second number", "information.3"},
    {"category", "information.1"}}},
  ring = {length = 25000, data = "of 8", values = {{"modes", "covered"}}},
  stacked = {data = "of 1,000, in 10,000 samples", values = {
    {"classes", "covered"}, {"KL to the uniform distribution, nats", "kl"}}},
  content = function(row)
    local images = row[5].images
    local class = CLASSES[images] or options.unknown("claims: setting 'images'", images, CLASSES)
    return {rescore = probed, data = images == "mnist" and "a probe on 60,000 training images, "
      .. "tested on 10,000" or "a probe on drawn stand-ins", values = {
        {class .. " read from the style, train", "style.train"},
        {"the same, test", "style.test"}, {"from the content, train", "content.train"},
        {"the same, test", "content.test"}}}
  end,
}

local PARTS = {"kind", "claim", "paper", "script"}   -- of a row, texts

local function row_of(who, given)
  check.table("claims", who, given)
  for k, part in ipairs(PARTS) do check.string("claims", who .. ", its " .. part, given[k]) end
  local settings, published = check.table("claims", who .. ", its settings", given[5]), given[6]
  local kind = KINDS[given[1]] or options.unknown("claims: kind", given[1], KINDS)
  local row = merged(type(kind) == "function" and kind(given) or kind,
    {claim = given[2], paper = given[3], script = given[4], settings = settings})
  for name, value in pairs(given) do
    if type(name) == "string" and name ~= "panels" then row[name] = value end
  end
  local values = row.values
  if type(published) ~= "string" and #check.list("claims", who .. ", what was published", published,
      check.string) ~= #values then
    fail("claims: %s: got %d published values, wanted %d, or a text for all of them", who,
      #published, #values)
  end
  row.values = {}
  for i, value in ipairs(values) do
    row.values[i] = {value[1], value[2], published[i] or published, value[3]}
  end
  return row
end

-- claims(list) -> rows of teasel.report.reproduction, in the same order. Each claim is {kind,
-- claim, paper, script, settings, published}: what it is about, who published it, the script of
-- experiments/ without .lua, the values of its options, and what was published for the values of
-- the kind, a list of texts or one text for all. By name it may have further options of a row,
-- which take the place of the kind's: why, length, data; and `panels`, a list of names of factors,
-- of the kind that has it. An unknown kind, and another number of values, are errors.
local function claims(list)
  local rows = {}
  for i, given in ipairs(list) do rows[i] = row_of(("claim %d"):format(i), given) end
  return rows
end

return check.called("claims", claims, "list: table")
