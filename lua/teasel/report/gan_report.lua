-- Reports of InfoGANs on MNIST and on dSprites: what the codes of a run have learned, in numbers
-- and in pictures, and tables of many runs. Everything is made from run directories.

local check = require "teasel.check"
local core = require "teasel.core"
local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local digits = require "teasel.report.digits"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.fail"
local mnist = require "teasel.data.reader.mnist"
local figure = require "teasel.plot.figure"
local gan = require "teasel.model.gan"
local ops = require "teasel.ops"
local options = require "teasel.options"
local sprites = require "teasel.report"
local summary = require "teasel.report.summary"

local op, tensor = core.op, core.tensor
local report = {}

local ROWS, VALUES, RANGE = 5, 10, 2   -- figure 2: 5 rows, 10 columns, codes from -2 to 2
local SWEPT, DRAWN, BATCH = 50, 2000, 500

-- What a run has learned, as functions of codes and of images, by the running statistics, which
-- are of real images in the critic.
local function judges(r)
  local model, codes, params, stats = r.model, r.codes, r.state.params, r.state.stats
  local function in_batches(f, x)
    local parts = {}
    for i, part in ipairs(ops.split(x, BATCH)) do parts[i] = f(part) end
    return op.concat(parts)
  end
  local function generate(z)
    return in_batches(function(part)
      return model.generator(params.generator, part, {stats = stats.generator})
    end, z)
  end
  local function guess(images)
    return in_batches(function(part) return gan.recognise(model, params, stats, part) end, images)
  end
  return codes, generate, guess
end

-- Pictures for `rows` random rows of code k going through the values; `fixed` (optional) puts
-- something into z before. One row of z is one draw of all else.
local function swept(codes, generate, stream, rows, k, values, fixed)
  local z = codes:sample(stream, rows)
  return generate(codes:sweep(fixed and fixed(z) or z, k, values))
end

-- L_I of each code on fresh images, each batch by its own statistics, as Q was trained.
local function information(r, stream)
  local model, codes, params = r.model, r.codes, r.state.params
  local sum = tensor.zeros{codes.count}
  for i = 1, DRAWN // BATCH do
    local z = codes:sample(stream:split(tostring(i)), BATCH)
    local x = gan.generate(model, params.generator, z)
    local _, features = gan.judge(model, params.critic, x)
    local q = gan.guess(model, params.q_head, features)
    sum = sum + codes:information(codes:nll(q, z)) * (BATCH / DRAWN)
  end
  return sum
end

local function continuous(codes, generate, stream)
  local z = codes:sample(stream:split("drawn"), DRAWN)
  local measures = digits.measure(generate(z))
  local line, does = tensor.linspace(-RANGE, RANGE, VALUES), {}
  for _, k in ipairs(codes.continuous) do
    local along = swept(codes, generate, stream:split("sweep " .. k), SWEPT, k, line)
    does[codes.names[k]] = digits.follow(codes:value(z, k), measures, digits.measure(along), VALUES)
  end
  return does
end

-- The measure that a continuous code changes most, by its correlation with the code, as text: a
-- curve may rise all along a sweep by next to nothing.
local function effect(does)
  local best
  for _, name in ipairs(digits.names) do
    if not best or math.abs(does[name].r) > math.abs(does[best].r) then best = name end
  end
  return ("%s %+.2f"):format(best, does[best].r)
end

local function labels_of(values)
  local list = {}
  for i, v in ipairs(values:table()) do list[i] = ("%.1f"):format(v) end
  return list
end

-- Figure 2 of the InfoGAN paper, a panel for each code, categories in the order of their digits;
-- and for each continuous code a grid with a row for each category.
local function pictures(r, codes, generate, stream, category, title)
  local line = tensor.linspace(-RANGE, RANGE, VALUES)
  local first = codes.categorical[1]
  local numbers = {}
  for d = 1, #category do numbers[d] = tostring(d - 1) end
  local ordered = tensor.tensor(category)
  assert(canvas.grid(canvas.images(swept(codes, generate, stream:split("panel"), ROWS, first,
    ordered)), {columns = #category, title = title, column_title = codes.names[first] ..
    ": categories, by the digit matched to them", column_labels = numbers})
    :save(r:figure(codes.names[first] .. ".png")))
  for _, k in ipairs(codes.continuous) do
    local name = codes.names[k]
    local shape = {columns = VALUES, title = title, column_title = name,
      column_labels = labels_of(line)}
    assert(canvas.grid(canvas.images(swept(codes, generate, stream:split("panel"), ROWS, k, line)),
      shape):save(r:figure(name .. ".png")))
    shape.row_labels = numbers
    assert(canvas.grid(canvas.images(report.grid(r, k, category)), shape)
      :save(r:figure("grid_" .. name .. ".png")))
  end
end

-- grid(r, k, category) -> images [categories * 10 h w c]: rows are the categories, columns code k
-- from -2 to 2; the other continuous codes are 0 and the noise of a row is one draw.
function report.grid(r, k, category)
  local codes, generate = judges(r)
  local first = codes.categorical[1]
  return swept(codes, generate, core.rand.stream(r.config.seed, "grid"), #category, k,
    tensor.linspace(-RANGE, RANGE, VALUES), function(z)
      for _, other in ipairs(codes.continuous) do
        z = codes:put(z, other, tensor.zeros{#z})
      end
      return codes:put(z, first, tensor.tensor(category))
    end)
end

-- What every report begins with: the run's codes, what judges them, and a stream.
local function begin(who, r)
  if not (r.model and r.codes and r.state.stats) then
    fail("%s: got a run without model, codes or state.stats, wanted an InfoGAN's", who)
  end
  local codes, generate, guess = judges(r)
  return codes, generate, guess, core.rand.stream(r.config.seed or 0, "report")
end

-- What every report ends with: the scores, with those of the codes, written and printed, and the
-- curves of L_I.
local function finish(r, codes, scores, stream, title)
  scores.step, scores.seconds, scores.peak_bytes = r.step, r.note.seconds, r.note.peak_bytes
  scores.information = information(r, stream:split("information")):table()
  r:scores(scores)
  for k, name in ipairs(codes.names) do
    local does = scores.continuous and scores.continuous[name]
    print(("%s  L_I %.3f nats of generated images, H %.3f%s"):format(name, scores.information[k],
      codes.entropies[k], does and "; " .. effect(does) or ""))
    for _, measure in ipairs(does and digits.names or {}) do
      print(("    %-9s  r = %+.2f   along a sweep %+.2f"):format(measure, does[measure].r,
        does[measure].monotone))
    end
  end
  assert(figure.unit_curves(r:figure "information.png", r:log(), "information",
    {names = codes.names, label = "L_I (nats)", title = title}))
  print(("scores in %s/scores.json, figures in %s/figures"):format(r.dir, r.dir))
  return scores
end

-- mnist(r, {test =, title =}): r a run with model = {model =, codes =} and state = {params =,
-- stats =}, one of the codes categorical; test, the labelled images to score on (default: MNIST's
-- test images in the folder that the run's option `data` names). Writes scores.json
-- and the figures, prints the scores and returns them.
function report.mnist(r, given)
  local o = options.read("gan_report.mnist", given, {test = options.any, title = ""})
  local codes, generate, guess, stream = begin("gan_report.mnist", r)
  local first = codes.categorical[1]
  if not first then fail "gan_report.mnist: got no categorical code, wanted one" end
  o.test = o.test or assert(mnist.open{part = "test", folder = r.config.data})

  local labels, categories = o.test:digits(), {}
  for from = 1, o.test:count(), BATCH do
    local last = math.min(from + BATCH - 1, o.test:count())
    categories[#categories + 1] = codes:category(guess(o.test:images(tensor.arange(from, last))),
      first)
  end
  local match = digits.match(op.concat(categories), labels, codes:categories(first))
  print(("category: error %.2f %% matched one to one, %.2f %% by majority (%d test images)")
    :format(100 * match.error, 100 * match.majority, #labels))
  pictures(r, codes, generate, stream:split("figures"), match.category, o.title)
  return finish(r, codes, {images = #labels, error = match.error, majority = match.majority,
    category = match.category, counts = match.counts,
    continuous = continuous(codes, generate, stream:split("continuous"))}, stream, o.title)
end

-- factors(r, {data =, title =, range = 1}): r a run on dSprites with model = {model =, codes =,
-- represent =} and state as for mnist; data, what is scored (default: all; see
-- teasel.report.scored). Images are those of networks that end in tanh. Writes scores.json and the
-- figures: samples, each code going from -range to range (from -1 to 1: where it was trained),
-- activations and curves. Prints the scores and returns them.
function report.factors(r, given)
  local o = options.read("gan_report.factors", given, {data = options.any, title = "", range = 1})
  local codes, generate, _, stream = begin("gan_report.factors", r)
  local data = o.data or sprites.scored "all"
  local found, at = encoding.of_view(r, data)
  local scores = sprites.factors(found, at, data, {higgins = {"scale", "orientation", "posX",
    "posY"}})
  sprites.print_factors(scores, function(d) return "c" .. d end)

  local function shown(images) return canvas.images(images * 0.5 + 0.5) end
  local z, line = codes:sample(stream:split("panel"), 1), tensor.linspace(-o.range, o.range, VALUES)
  local tiles, units = {}, {}
  for k = 1, codes.count do
    table.move(shown(generate(codes:sweep(z, k, line))), 1, VALUES, #tiles + 1, tiles)
    units[k] = k
  end
  assert(canvas.grid(tiles, {columns = VALUES, title = o.title, row_labels = codes.names,
    column_labels = labels_of(line)}):save(r:figure "codes.png"))
  assert(canvas.grid(shown(generate(codes:sample(stream:split("samples"), 50))), {columns = 10,
    title = o.title .. ": samples"}):save(r:figure "samples.png"))
  assert(figure.activations(r:figure "activations.png", found, data.space, {units = units,
    names = codes.names, title = o.title}))
  return finish(r, codes, scores, stream, o.title)
end

-- The grids of one code, side by side: of each group of settings that of its first scored seed.
local function grids(runs, k)
  local codes, sheets = runs[1].codes, {}
  for _, group in ipairs(summary.groups(runs)) do
    local i = 1
    while group[i] and not group[i].scored do i = i + 1 end
    local r = group[i]
    if r then
      local sheet = canvas.grid(canvas.images(report.grid(r, k, r.scored.category)), {scale = 1,
        columns = VALUES, text = 1, title = ("%s %s"):format(codes.names[k], group.name)})
      sheets[#sheets + 1] = sheet
    end
  end
  if #sheets == 0 then return end
  local width, height, gap = 0, 0, 8
  for _, sheet in ipairs(sheets) do
    width, height = width + sheet.width + gap, math.max(height, sheet.height)
  end
  local all, x = canvas.new{width = width, height = height}, 0
  for _, sheet in ipairs(sheets) do
    all:image(x, 0, sheet)
    x = x + sheet.width + gap
  end
  assert(all:save(summary.path(runs, "grid_" .. codes.names[k] .. ".png")))
end

-- summary(pattern): the table of all runs that the pattern names, with every seed (see
-- teasel.report.summary), printed and written; the curves of L_I of all of them in one chart; and
-- the grids of one run of each group of settings in one picture for each continuous code.
function report.summary(pattern)
  local runs = summary.open(pattern)
  local codes = runs[1].codes
  local columns = {{"step", function(r) return r.scored.step end, "%g"},
    {"error %", function(r) return 100 * r.scored.error end, "%.2f"}}
  local panels = {}
  for k, name in ipairs(codes.names) do
    columns[#columns + 1] = {"L_I " .. name, function(r) return r.scored.information[k] end, "%.3f"}
    panels[k] = {title = name, x = {label = "step"}, y = {label = "L_I (nats)"},
      series = summary.curves(runs, function(entry) return entry.information[k] end)}
  end
  for _, k in ipairs(codes.continuous) do
    local name = codes.names[k]
    columns[#columns + 1] = {name .. " does", function(r)
      return effect(r.scored.continuous[name])
    end}
    grids(runs, k)
  end
  for _, column in ipairs(summary.cost) do columns[#columns + 1] = column end
  assert(chart.panels(summary.path(runs, "information.png"), {panels = panels,
    title = "L_I of each code; bands: all seeds"}))
  return summary.write(runs, columns)
end

local RUN = "r: table(state model config)"

check.functions("gan_report.", report, {
  grid = RUN .. ", k: count, category: table", mnist = RUN, factors = RUN, summary = "pattern: any",
})

return report
