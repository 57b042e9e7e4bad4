-- What the experiments that take style from content share beside their objectives: the options that
-- all of them have, their data and networks, and the report.
--
--   local config = experiment.config({steps = 47000, batch = 64, lr = 1e-4})   -- own options
--   local data, net = experiment.data(config), experiment.network(config)
--   local r = run.train{...}                       -- on data.train
--   experiment.report(r, data, "Mathieu et al.")

local check = require "teasel.lib.check"
local command = require "teasel.run.command"
local content = require "teasel.model.content"
local content_data = require "teasel.report.content_data"
local content_network = require "teasel.model.content_network"
local content_report = require "teasel.report.content_report"
local core = require "teasel.core"
local merged = require "teasel.lib.merged"
local run = require "teasel.run"

local experiment = {}

local COMMON = {
  images = "mnist",   -- the data set
  width = 1.0,        -- share of the channels and units
  data = "",          -- folder of real files; none: MNIST is looked for, the others drawn
  points = 0,         -- images that the probe learns from, at most; 0: all
  map = 10000,        -- test images whose styles are mapped
  seed = 1,           -- seed of the weights, the batches and the samples
  summary = "",       -- no training: a table of the runs that this pattern names
}
local SOURCE = debug.getinfo(1, "S").source:sub(2)   -- where --help reads what COMMON says

-- units of z and s, by --size
local SIZES = {mnist = {{16, 16}, {64, 64}}, sprites = {{512, 64}, {1024, 512}},
  objects = {{64, 256}, {256, 512}}}

-- config(own, choices) -> run.config of a script's own options and of those that all have (images,
-- width, data, points, map, seed, summary); choices: by name, a table whose keys are the values
-- that an own option may have
function experiment.config(own, choices)
  local shared = {"data", "points", "map", "summary", images = SIZES,
    size = own.size and SIZES.mnist, help = command.meanings(SOURCE, "local COMMON = {")}
  local config = run.config(merged(COMMON, own), merged(shared, choices or {}))
  command.at_least(config, {points = 0, map = 0})
  return config
end

-- data(config) -> the parts of its data set, see teasel.report.content_data; missing files are an
-- error
function experiment.data(config) return assert(content_data(config.images, config.data)) end

-- network(config [, options]) -> a model with fresh parameters, see teasel.model.content, of the
-- source's sizes for the data set: those of config.size, 1 or 2. Options: last_norm and classes of
-- teasel.model.content_network
function experiment.network(config, given)
  check.integer("content_experiment.network", "config.size", config.size, 1, 2)
  local units = SIZES[config.images][config.size]
  return content(content_network[config.images](units[1], units[2],
    merged({width = config.width}, given or {})), core.rand.stream(config.seed, "init"))
end

-- report(r, data, name) -> the scores of a run with such a config (see
-- teasel.report.content_report); name: the method's, for the titles of figures
function experiment.report(r, data, name)
  local last = r.view.latents[#r.view.latents]   -- the content, behind the units of style
  return content_report.content{run = r, fit = data.fit, test = data.test,
    points = r.config.points, map = r.config.map,
    title = ("%s, %s, z = %d, s = %d, seed %d, step %d"):format(name, data.what, last.first - 1,
      last.width, r.config.seed, r.step)}
end

check.functions("content_experiment.", experiment, {
  config = "own: table, choices: table?", data = "config: table(images data)",
  network = "config: table(images size width seed), given: table?",
  report = "r: table(view config step), data: table(fit test what), name: string",
})

return experiment
