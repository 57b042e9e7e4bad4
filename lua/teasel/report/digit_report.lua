-- What the latents of an InfoGAN on MNIST have learned: which category is which digit, and how
-- slant, width and thickness follow each continuous latent (teasel.report.digits).

local check = require "teasel.lib.check"
local core = require "teasel.core"
local digits = require "teasel.report.digits"
local fail = require "teasel.lib.fail"
local gan = require "teasel.model.gan"
local grids = require "teasel.report.latent_grid"
local mnist = require "teasel.data.reader.mnist"
local options = require "teasel.options"
local outcome = require "teasel.report.gan_outcome"

local op, tensor = core.op, core.tensor
local report = {}

local RANGE, SWEPT = 2, 50   -- figure 2: latents from -2 to 2; rows of which a mean is taken

local function line() return tensor.linspace(-RANGE, RANGE, outcome.VALUES) end

-- images of rows along which latent k goes through the values
local function swept(r, stream, rows, k, values, fixed)
  local i = grids.find(r.view, r.latents.names[k])
  return grids.swept(r.view, stream, rows, i, values, fixed)
end

local function continuous(r, stream)
  local latents = r.latents
  local z = latents:sample(stream:split("drawn"), outcome.DRAWN)
  local measures, does = digits.measure(r.view.decode(z)), {}
  for _, k in ipairs(latents.continuous) do
    local along = swept(r, stream:split("sweep " .. k), SWEPT, k, line())
    does[latents.names[k]] = digits.follow(latents:value(z, k), measures, digits.measure(along),
      outcome.VALUES)
  end
  return does
end

-- effect(does) -> the measure that a continuous latent changes most, by its correlation with the
-- latent, as text: a curve may rise all along a sweep by next to nothing. does: see digits.follow
function report.effect(does)
  local best
  for _, name in ipairs(digits.names) do
    if not best or math.abs(does[name].r) > math.abs(does[best].r) then best = name end
  end
  return ("%s %+.2f"):format(best, does[best].r)
end

-- grid(r, k, category) -> images [categories * 10 h w c]: rows are the categories, a list, columns
-- latent k from -2 to 2; the other continuous latents are 0 and the noise of a row is one draw.
function report.grid(r, k, category)
  local latents = r.latents
  outcome.begin("gan_report.grid", r)
  return swept(r, core.rand.stream(r.config.seed, "grid"), #category, k, line(), function(z)
    for _, other in ipairs(latents.continuous) do z = latents:put(z, other, tensor.zeros{#z}) end
    return latents:put(z, latents.categorical[1], tensor.tensor(category))
  end)
end

-- Figure 2 of the InfoGAN paper, a panel for each latent, categories in the order of their digits;
-- and for each continuous latent a grid with a row for each category.
local function pictures(r, stream, category, title)
  local latents, numbers = r.latents, {}
  for d = 1, #category do numbers[d] = tostring(d - 1) end
  outcome.grids(r, stream, {title = title, range = RANGE})
  local first, ordered = latents.categorical[1], tensor.tensor(category)
  local name = latents.names[first]
  assert(grids.grid(r:figure(name .. ".png"), swept(r, stream:split("panel"), outcome.ROWS, first,
    ordered), ordered, {title = title, column_labels = numbers,
    column_title = name .. ": categories, by the digit matched to them"}))
  for _, k in ipairs(latents.continuous) do
    name = latents.names[k]
    assert(grids.grid(r:figure("grid_" .. name .. ".png"), report.grid(r, k, category), line(),
      {title = title, column_title = name, row_labels = numbers}))
  end
end

-- the most likely category of each image of a set
local function categories(r, test, k)
  local list, n = {}, test:count()
  local params, stats = outcome.weights(r)
  for from = 1, n, outcome.BATCH do
    local index = tensor.arange(from, math.min(from + outcome.BATCH - 1, n))
    local q = gan.recognise(r.model, params, stats, gan.centred(r.model, test:images(index)))
    list[#list + 1] = r.latents:category(q, k)
  end
  return op.concat(list)
end

-- mnist(r, {test =, title =, health =}): the report of a GAN with a view, and what its latents have
-- to do with digits. r: an InfoGAN's run with model, latents, one of them categorical, and
-- state.params and state.stats; test, the labelled images to score on (default: MNIST's test images
-- in the folder that the run's option `data` names); health as in `view`. Writes scores.json and
-- the figures, prints the scores and returns them.
function report.mnist(r, given)
  local o = options.read("gan_report.mnist", given, {test = options.any, title = "",
    health = options.any})
  local _, latents, stream = outcome.begin("gan_report.mnist", r)
  local first = latents and latents.categorical[1]
  if not first then fail "gan_report.mnist: got no categorical latent, wanted one" end
  local test = o.test or assert(mnist.open{part = "test", folder = r.config.data})
  outcome.view(r, o)

  local labels = test:digits()
  local match = digits.match(categories(r, test, first), labels, latents:categories(first))
  print(("category: error %.2f %% matched one to one, %.2f %% by majority (%d images)")
    :format(100 * match.error, 100 * match.majority, #labels))
  pictures(r, stream:split("figures"), match.category, o.title)
  local does = continuous(r, stream:split("continuous"))
  return outcome.finish(r, {images = #labels, error = match.error, majority = match.majority,
    category = match.category, counts = match.counts, continuous = does}, stream,
    {title = o.title, health = o.health, said = function(name)
      if not does[name] then return nil end
      local said = {report.effect(does[name])}
      for _, measure in ipairs(digits.names) do
        said[#said + 1] = ("%-9s  r = %+.2f   along a sweep %+.2f"):format(measure,
          does[name][measure].r, does[name][measure].monotone)
      end
      return said
    end})
end

local RUN = "r: table(state config)"

check.functions("gan_report.", report, {
  effect = "does: table(slant width thickness)",
  grid = RUN .. ", k: count, category: table", mnist = RUN,
})

return report
