-- What ails a VAE: units that carry nothing, and how much the code costs for what it gives.
--
--   T.diagnosis.alive(data, beta * variance)      -- before training: what beta leaves in use
--   T.diagnosis.active{0.01, 3.2, 0}              -- 1: units whose KL is above 0.1 nats
--   T.diagnosis.rates("rates.png", {run, run})    -- rate and distortion of many runs
--
-- A run's report has the first two in words and as a curve over its steps.

local chart = require "teasel.plot.chart"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local encoding = require "teasel.represent.encoding"
local fail = require "teasel.lib.fail"
local figure = require "teasel.plot.figure"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local pca = require "teasel.plot.pca"
local statistic = require "teasel.metric.lib.statistic"

local op, tensor = core.op, core.tensor
local diagnosis = {}

local ACTIVE = 0.1    -- nats of KL above which a unit is in use: of about this a variance is 0.8
local MOST = 12       -- units that are listed

-- moves(nats) -> whether a unit of this KL is in use: above 0.1 nats; less tells a decoder next to
-- nothing
function diagnosis.moves(nats) return nats > ACTIVE end

-- called(name, nats) -> what a figure calls a unit of this KL: its name, and whether it is unused;
-- nil: not known, the name alone
function diagnosis.called(name, nats)
  return nats and not diagnosis.moves(nats) and name .. " (unused)" or name
end

-- active(kl) -> how many of a list of the units' KL are above 0.1 nats
function diagnosis.active(kl)
  local count = 0
  for _, nats in ipairs(kl) do if diagnosis.moves(nats) then count = count + 1 end end
  return count
end

-- over_time(log) -> adds to each entry of a run's log that has `unit_kl` the number of its active
-- units, as `active`; and gives the most there were and their step (0, 0 where there are none)
function diagnosis.over_time(log)
  local most, at = 0, 0
  for _, entry in ipairs(log) do
    if type(entry.unit_kl) == "table" then
      entry.active = diagnosis.active(entry.unit_kl)
      if entry.active > most then most, at = entry.active, entry.step end
    end
  end
  return most, at
end

-- words(kl, log) -> a line on the units in use and whether any were lost; and where none is, a
-- warning
function diagnosis.words(kl, log)
  local now, most, at = diagnosis.active(kl), diagnosis.over_time(log)
  local lines = {("active units: %d of %d (KL above %g nats)%s"):format(now, #kl, ACTIVE,
    most > now and ("; %d at step %d"):format(most, at) or "")}
  if now == 0 then
    lines[2] = "warning: posterior collapse: no unit carries anything, all images are drawn alike; "
      .. "a smaller beta, or a smaller variance of the pixels, leaves units in use"
  end
  return table.concat(lines, "\n")
end

-- variances(r, image [1 h w c]) -> in words, for each unit of a run with a posterior its mean, its
-- variance and -ln(variance) / 2 at one image, and the sum of the latter: the nats of narrow units;
-- and a list of the variances, the least first
function diagnosis.variances(r, image)
  local view = r.view
  if not (view and view.posterior) then
    fail("diagnosis.variances: got %s, wanted a run whose view has a posterior", r.dir)
  end
  local mean, logvar = view.posterior(image)
  local rows = mean:shape()[1]
  if rows ~= 1 then fail("diagnosis.variances: got %d images, wanted one", rows) end
  mean, logvar = mean:table()[1], logvar:table()[1]
  local lines, list, sum = {"unit     mean  variance  -ln(variance) / 2"}, {}, 0
  for d, l in ipairs(logvar) do
    list[d], sum = math.exp(l), sum - l / 2
    lines[d + 1] = ("%-5s %7.2f  %8.4f  %6.2f"):format(view:code_name(d), mean[d], list[d],
      -l / 2)
  end
  lines[#lines + 1] = ("together %.1f nats"):format(sum)
  table.sort(list)
  return table.concat(lines, "\n"), list
end

-- rate(r) -> {step =, rate =, distortion =} of a run, in nats per image: the last line of its log
-- that has kl and reconstruction; nil where there is none
function diagnosis.rate(r)
  local log = r:log()
  for i = #log, 1, -1 do
    local entry = log[i]
    if type(entry.kl) == "number" and type(entry.reconstruction) == "number" then
      return {step = entry.step, rate = entry.kl, distortion = entry.reconstruction}
    end
  end
end

local function label(r)
  local beta = r.config and r.config.beta
  return beta and ("beta = %g"):format(beta) or r.dir:match "[^/]*$"
end

-- rates(path, runs) -> a table in words, and as a figure each run's rate (KL) against its
-- distortion (reconstruction), and the latter against beta where all have one. Runs without these
-- terms are left out; nil, message where none is left or the figure could not be written.
function diagnosis.rates(path, runs)
  local points, by, x, betas = {}, {}, {}, true
  for _, r in ipairs(runs) do
    local p = diagnosis.rate(r)
    if p then
      p.dir, p.label, p.beta = r.dir, label(r), r.config and r.config.beta
      betas = betas and p.beta and p.beta > 0
      points[#points + 1] = p
    end
  end
  if #points == 0 then return nil, "none of the runs has the terms kl and reconstruction" end
  table.sort(points, function(a, b) return a.rate < b.rate end)
  local lines = {"rate (nats)  distortion (nats)  step    run"}
  for i, p in ipairs(points) do
    x[i], by[i] = p.rate, p.distortion
    lines[i + 1] = ("%11.2f  %17.2f  %6d  %s"):format(p.rate, p.distortion, p.step, p.dir)
  end
  local names = {}
  for i, p in ipairs(points) do names[i] = p.label end
  local panels = {{kind = "scatter", x = {label = "rate: KL (nats)"},
    y = {label = "distortion (nats)"},
    series = {{x = x, y = by, label = names}}}}
  if betas then
    local beta = {}
    for i, p in ipairs(points) do beta[i] = p.beta end
    panels[2] = {kind = "scatter", x = {label = "beta", log = true},
      y = {label = "reconstruction (nats)"}, series = {{x = beta, y = by, label = names}}}
  end
  local ok, message = chart.panels(path, {panels = panels})
  if not ok then return nil, message end
  return table.concat(lines, "\n")
end

-- alive(data, threshold, {components = 32, images = 1000, seed = 0}) -> how many principal
-- components of the images have a variance above the threshold, and a list of all variances. In a
-- linear VAE whose pixels have the variance v a latent stays in use where the images' variance
-- along it is above beta v; in Bernoulli's likelihood v is about 0.25. Prints the count.
function diagnosis.alive(data, threshold, given)
  local o = options.read("diagnosis.alive", given, {components = 32, images = 1000, seed = 0})
  for _, name in ipairs{"components", "images"} do
    check.integer("diagnosis.alive", ("option '%s'"):format(name), o[name], 1, 100000)
  end
  local n = math.min(o.images, data:count())
  local x = data:batch(core.rand.stream(o.seed, "alive"), n)
  local components = math.min(o.components, n - 1, x:size() // n)
  local count = 0
  if components < 1 then return 0, {} end
  local _, found = pca(x:reshape{n, x:size() // n}, {components = components,
    stream = core.rand.stream(o.seed, "components")})
  local list = found.variances:table()
  for _, v in ipairs(list) do if v > threshold then count = count + 1 end end
  print(("of the images' %d principal components %d have a variance above %.4g, that of the first "
    .. "is %.4g: the latents that a linear VAE would use"):format(components, count, threshold,
    list[1]))
  return count, list
end

-- between(r, data) -> in words, for each unit of a run's codes, in the order of their variances,
-- the share of the variance over a set with classes that lies between these: 1 where a unit is the
-- same for all images of a class. By chance it is (classes - 1) / (images - 1).
function diagnosis.between(r, data)
  if not data.classes then fail "diagnosis.between: got a set without classes, wanted one with" end
  local codes = encoding.of_view(r, data)
  local n, D = table.unpack(codes:shape())
  local rows, seen, count = {}, {}, 0
  for i, label in ipairs(data:labels():table()) do
    if not seen[label] then
      count = count + 1
      seen[label] = count
    end
    rows[i] = seen[label]
  end
  local share = statistic.between(op.one_hot(tensor.tensor(rows), count), codes):table()
  local whole = ops.var(codes, 1)
  local variance, lines = whole:table(), {("share of each unit's variance between %d classes of %d "
    .. "images (chance: %.2f)"):format(count, n, (count - 1) / math.max(1, n - 1))}
  for _, d in ipairs(figure.order(whole)) do
    lines[#lines + 1] = ("%-5s %.2f  (variance %.3g)"):format(r.view:code_name(d),
      share[d], variance[d])
    if #lines > MOST or D == #lines - 1 then break end
  end
  return table.concat(lines, "\n")
end

check.functions("diagnosis.", diagnosis, {
  between = "r: table(dir state view), data: set",
  moves = "nats: number", called = "name: string, nats: number?",
  active = "kl: numbers", over_time = "log: tables",
  words = "kl: numbers, log: tables",
  rate = "r: table(log dir)", variances = "r: table(dir view), image: tensor",
  rates = "path: path, runs: table",
  alive = "data: set, threshold: number, given: table?",
})

return diagnosis
