-- The modes that a generator covers, where a classifier can tell them: digits, one in each colour
-- of an image (Metz et al. 2017, section 3.3).

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local probe = require "teasel.represent.probe"
local report = require "teasel.report"

local op = core.op
local mode_report = {}

local BATCH = 1000   -- images that are drawn or classified at a time

-- coverage(classes [n], count) -> how samples of these classes, 0..count-1, cover all of them:
-- covered, how many classes have a sample; kl, KL(model || uniform) in nats, 0 to log count; counts
function mode_report.coverage(classes, count)
  if classes:rank() ~= 1 then check.wrong("mode_report.coverage", "classes", classes, "[n]") end
  local counts, n = {}, #classes
  for i = 1, count do counts[i] = 0 end
  for _, class in ipairs(classes:table()) do
    local i = math.tointeger(class)
    if not i or i < 0 or i >= count then
      fail("mode_report.coverage: got the class %s, wanted an integer in 0..%d", class, count - 1)
    end
    counts[i + 1] = counts[i + 1] + 1
  end
  local covered, kl = 0, 0
  for _, v in ipairs(counts) do
    if v > 0 then covered, kl = covered + 1, kl + v / n * math.log(v / n * count) end
  end
  return {covered = covered, kl = kl, counts = counts}
end

-- classes(images [n h w c], classify) -> [n]: the number whose decimal digits are what
-- classify(flat images [n h*w] of one colour) -> [n] says of each colour
function mode_report.classes(images, classify)
  local sum = 0
  if images:rank() ~= 4 then check.wrong("mode_report.classes", "images", images, "[n h w c]") end
  for c = 1, images:shape()[4] do
    local class = classify(ops.flatten(ops.slice(images, 4, c, c)))
    sum = sum * 10 + check.tensor("mode_report.classes", "what 'classify' gave", class)
  end
  return sum
end

-- digits(r, options) -> scores, of a run with a view that draws digits, one in each colour: the
-- coverage of their classes, by a classifier that learns from labelled images; printed and in
-- scores.json, with what teasel.report's view draws. Options: train, the labelled images; passes
-- (2) of the classifier over them; samples (10000) that are scored; title
function mode_report.digits(r, given)
  local o = options.read("mode_report.digits", given, {train = options.any, passes = 2,
    samples = 10000, title = ""})
  if not (r.view and r.view.decode) then
    fail "mode_report.digits: got a run without a view that draws, wanted one"
  end
  check.set("mode_report.digits", "option 'train'", o.train)
  check.integer("mode_report.digits", "option 'samples'", o.samples, 1)
  check.integer("mode_report.digits", "option 'passes'", o.passes, 1)
  local stream, images, labels = core.rand.stream(0, "modes"), {}, {}
  for x, y in o.train:each(BATCH) do
    images[#images + 1], labels[#labels + 1] = ops.flatten(x), y
  end
  local classify = probe.new{epochs = o.passes}(op.concat(images), op.concat(labels), 10,
    stream:split "classifier")
  local classes, colours = {}, nil
  for first = 1, o.samples, BATCH do
    local n = math.min(BATCH, o.samples - first + 1)
    local x = r.view.decode(r.view.prior(stream:split("samples " .. first), n))
    classes[#classes + 1], colours = mode_report.classes(x, classify), x:shape()[4]
  end
  local scores = report.view(r, {title = o.title})
  local found = mode_report.coverage(op.concat(classes), 10 ^ colours // 1 | 0)
  scores.covered, scores.of, scores.kl = found.covered, 10 ^ colours, found.kl
  if colours == 1 then scores.counts = found.counts end
  r:scores(scores)
  print(("%s: %d of %d classes in %d samples, KL %.3f nats"):format(o.title, found.covered,
    10 ^ colours, o.samples, found.kl))
  return scores
end

check.functions("mode_report.", mode_report, {
  coverage = "classes: tensor, count: count", classes = "images: tensor, classify: callable",
  digits = "r: table(state config), given: table",
})

return mode_report
