-- The report of a model that takes style from content, whatever its networks: what a probe reads
-- from both, and figures.
--
--   T.report.content{run = r, fit = train, test = test}
--   T.report.content{represent_content = f, represent_style = g, decode = h, fit = train,
--     test = test, folder = "out"}
--
-- swap.png           contents on top, styles on the left, and all combinations
-- samples.png        contents with styles of the prior
-- interpolation.png  content and style between two images
-- map.png            a t-SNE map of the styles of test images, in colours of their classes
-- curves.png         terms of the log, of a run

local check = require "teasel.lib.check"
local content_figure = require "teasel.report.content_figure"
local content_probe = require "teasel.report.content_probe"
local content_view = require "teasel.model.content_view"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local figure = require "teasel.plot.figure"
local json = require "teasel.lib.json"
local measured = require "teasel.metric.lib.measured"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local terms = require "teasel.run.terms"
local tree = require "teasel.tree"

local file = core.file
local any = options.any

local report = {summary = require "teasel.report.content_summary".summary}

local WHO = "report.content"
local UNITS = {accuracy = "share", reconstruction = "squared error", kl = "nats a pixel",
  kl_b = "nats a pixel", generator = "nats", discriminator = "nats", cycle = "|difference|"}
local BIG, FEW = 10, 8   -- images in the rows of figures: of ten classes, and else

-- The view that was given, or one of the functions that were.
local function view_of(o)
  local own = o.view or o.run and o.run.view
  local given = {data = o.fit}
  for _, name in ipairs{"represent_content", "represent_style", "posterior_style", "decode"} do
    given[name] = o[name]
  end
  if not own then return content_view(given) end
  if not own.represent_content then
    fail("%s: got a view without content and style, wanted one as from content_view", WHO)
  end
  return own
end

local function percent(share) return ("%6.2f"):format(100 * share) end

local function show(scores)
  print(("read by the probe, %%:   train    test   (95 %%)          chance %s")
    :format(percent(scores.chance)))
  for _, row in ipairs{{"style z", "style"}, {"content s", "content"}} do
    local found = scores[row[2]]
    print(("  %-20s %s  %s   %s to %s"):format(row[1], percent(found.train), percent(found.test),
      percent(found.low), percent(found.high)))
  end
  for _, row in ipairs(scores.factors or {}) do
    print(("  %-14s from z %s, from s %s, chance %s"):format(row.name, percent(row.style),
      percent(row.content), percent(row.chance)))
  end
end

local function draw(view, path, stream, o)
  local test = o.test
  local n = o.tiles > 0 and o.tiles or #test.classes == 10 and BIG or FEW
  local title = {title = o.title, count = n}
  local contents = content_figure.one_of_each(test, math.min(n, #test.classes))
  assert(content_figure.swap(path "swap.png", view, contents,
    (test:batch(stream:split "styles", n)), title))
  assert(content_figure.samples(path "samples.png", view, contents, stream:split "samples", title))
  assert(content_figure.interpolation(path "interpolation.png", view,
    ops.slice(contents, 1, 1, 1), ops.slice(contents, 1, #contents, #contents), title))
  local points = math.min(o.map, test:count())
  if points > 0 then
    local part = test:subset(ops.slice(stream:split "map":permutation(test:count()), 1, 1, points))
    local style = measured.encode(part, function(x) return view.represent_style(x) end)
    assert(content_figure.map(path "map.png", style, part:labels(),
      {title = o.title .. ": styles", stream = stream:split "t-SNE", classes = test.classes}))
  end
end

local function curves(r, path, title)
  local list = terms.curves(r:log(), UNITS)
  if #list > 0 then assert(figure.curves(path "curves.png", r:log(), list, title)) end
end

-- content{...} -> scores, see teasel.report.content_probe; printed, and written to scores.json.
-- Options:
--   run        from run.train or run.open: its directory takes the figures and the scores
--   folder     where these go of a model that is not a run's
--   view       of teasel.model.content_view (default: the run's); or the functions that this is
--              made of: represent_content, represent_style or posterior_style, decode
--   fit, test  sets with classes, whose codes the probe learns from and is tested on
--   points (0), factor_points (2000), seed (0): see teasel.report.content_probe
--   title
--   tiles (0)  images in a row of the figures; 0: ten of ten classes, else eight; of contents no
--              more than there are classes
--   map        styles in map.png (10000); 0: none is made
-- A view without content and style, neither run nor folder, and sets without classes are errors.
function report.content(given)
  local o = options.read(WHO, given, {run = any, folder = any, view = any, fit = any, test = any,
    represent_content = any, represent_style = any, posterior_style = any, decode = any, points = 0,
    factor_points = 2000, seed = 0, title = "", tiles = 0, map = 10000})
  for _, name in ipairs{"fit", "test"} do
    local set = check.set(WHO, ("option '%s'"):format(name), o[name])
    if not set.classes then
      check.wrong(WHO, ("option '%s'"):format(name), set, "a data set with classes")
    end
  end
  for _, name in ipairs{"points", "factor_points", "tiles", "map"} do
    check.size(WHO, ("option '%s'"):format(name), o[name])
  end
  local r = o.run
  if r then check.fields(WHO, "option 'run'", r, {"dir", "figure", "scores", "log"})
  else check.string(WHO, "option 'folder'", o.folder) end
  local function path(name) return r and r:figure(name) or o.folder .. "/" .. name end
  local view, stream = view_of(o), core.rand.stream(o.seed, "content figures")
  local scores = content_probe.of(view, o.fit, o.test, o)
  if r then
    scores.step, scores.seconds, scores.peak_bytes = r.step, r.note.seconds, r.note.peak_bytes
    r:scores(scores)
    curves(r, path, o.title)
  else
    assert(core.system.folder(o.folder))
    assert(file.save(path "scores.json", json.encode(scores, {indent = true,
      keyorder = tree.keys(scores)}) .. "\n"))
  end
  show(scores)
  draw(view, path, stream, o)
  print(("scores and figures in %s"):format(r and r.dir or o.folder))
  return scores
end

check.functions("report.", report, {content = "given: table"})

return report
