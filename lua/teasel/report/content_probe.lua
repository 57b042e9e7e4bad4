-- What a classifier reads from content and from style: the table of Mathieu et al. 2016. It learns
-- from the codes of some images and is scored on those of others: metric.leakage with the network
-- of teasel.represent.probe. The style is a sample of its posterior, where there is one.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local leakage = require "teasel.metric.leakage"
local ops = require "teasel.op.composed"
local probe = require "teasel.represent.probe"
local progress = require "teasel.lib.progress"

local op = core.op
local content_probe = {}

local BATCH = 512   -- images that are represented at a time

-- at most so many images of a set, at random; 0: all of them
local function part_of(set, points, stream)
  if points == 0 or points >= set:count() then return set end
  return set:subset(ops.slice(stream:permutation(set:count()), 1, 1, points))
end

-- codes(view, set, stream) -> {style [n Z] =, content [n S] =, class [n 1] =, factors [n K] or nil
-- =} of all images of a set with classes, in order; the style is drawn
function content_probe.codes(view, set, stream)
  local style, content, step = {}, {}, 0
  for images in progress.watched(set):each(BATCH) do
    step = step + 1
    style[step] = view.sample_style(images, stream:split(tostring(step)))
    content[step] = view.represent_content(images)
  end
  return {style = op.concat(style, 1), content = op.concat(content, 1),
    class = set:labels():reshape{set:count(), 1}, factors = set.factor_names and set:factors()}
end

-- what tells column 1 and so on of `values` from codes of this name
local function told(name, values, fit, test, o)
  local _, found = leakage(fit[name], fit[values], {classifier = o.classifier, seed = o.seed,
    test_codes = test[name], test_factors = test[values]})
  return found
end

-- of(view, fit, test, {points = 0, factor_points = 2000, seed = 0}) -> the accuracies of a probe
-- that learns from the images of one set and is tested on those of another, both with classes:
--   style, content  {train =, test =, low =, high =}: its share of right answers for the class, on
--                   points that it learned from and others; the 95 % interval of the latter
--   chance          the share of the commonest class among the images of the test
--   factors         where these are known: for each that varies {name =, chance =, style =, content
--                   =}, with the accuracies on the test
-- points: images of each set at most (0: all); factor_points: the same for the factors (0: these
-- are left out), and no more than points
function content_probe.of(view, fit, test, o)
  local stream = core.rand.stream(o.seed, "content")
  local function read(set, name, points)
    local part = part_of(set, points, stream:split(name .. " images"))
    return content_probe.codes(view, part, stream:split(name))
  end
  local settings = {classifier = probe.classifier, seed = o.seed}
  local learned, fresh = read(fit, "fit", o.points), read(test, "test", o.points)
  local scores = {images = {#learned.style, #fresh.style}}
  for _, name in ipairs{"style", "content"} do
    local found = told(name, "class", learned, fresh, settings)
    scores[name] = {train = found.train[1], test = found.per_factor[1], low = found.interval[1],
      high = found.interval[2]}
    scores.chance = found.chance[1]
  end
  if not learned.factors or o.factor_points == 0 then return scores end
  scores.factors = {}
  local points = o.points > 0 and math.min(o.points, o.factor_points) or o.factor_points
  local some, others = read(fit, "fit", points), read(test, "test", points)
  local varies = op.max(some.factors, 1) - op.min(some.factors, 1)
  for k, name in ipairs(fit.factor_names) do
    if varies:table()[k] ~= 0 then
      some.one, others.one = ops.slice(some.factors, 2, k, k), ops.slice(others.factors, 2, k, k)
      local row = {name = name}
      for _, codes in ipairs{"style", "content"} do
        local found = told(codes, "one", some, others, settings)
        row[codes], row.chance = found.per_factor[1], found.chance[1]
      end
      table.insert(scores.factors, row)
    end
  end
  return scores
end

local VIEW = "view: table(sample_style represent_content), "

check.functions("content_probe.", content_probe, {
  codes = VIEW .. "set: set, stream: stream",
  of = VIEW .. "fit: set, test: set, o: table(points factor_points seed)",
})

return content_probe
