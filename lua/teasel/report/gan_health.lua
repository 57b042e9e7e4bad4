-- Is the training of a GAN to be trusted? What its log says, in sentences with what to try, and how
-- far generated images are from a set's: a distance in features, how varied they are, and which
-- classes or values of factors they cover.

local canvas = require "teasel.plot.canvas"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local factor_net = require "teasel.represent.factor_net"
local frechet = require "teasel.metric.lib.frechet"
local image_features = require "teasel.represent.image_features"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local set = require "teasel.data.set"
local summary = require "teasel.report.summary"

local op, thousands = core.op, summary.thousands
local health = {}

local WINS, LOST = 0.95, 0.55      -- D's accuracy: it wins; it is at chance
local UNUSED = 0.05                -- share of the most that L_I can gain; nats where it has no most
local FALLEN = 0.5                 -- share of the greatest gain that is left
local ALIKE = 0.5                  -- variety of generated images beside that of the set's
local TAIL, SMOOTH = 10, 5         -- of a log: share that counts as its end; lines of a mean
local BINS, SOME = 10, 0.1         -- of a number's range; share of what is expected that covers
local FRAME_MS = 400               -- a frame of a film
local CLASSES = 100                -- that are counted, at most

-- running means over SMOOTH lines of a term of the log, a list; nil where a line lacks it
local function smoothed(log, value)
  local list, means = {}, {}
  for i, entry in ipairs(log) do
    list[i] = value(entry)
    if type(list[i]) ~= "number" then return nil end
    local sum, n = 0, 0
    for j = math.max(1, i - SMOOTH + 1), i do sum, n = sum + list[j], n + 1 end
    means[i] = sum / n
  end
  return means
end

-- The line from which on all are so, up to the end; nil where that is not the last tenth at least.
local function since(means, so)
  local first = #means + 1
  while first > 1 and so(means[first - 1]) do first = first - 1 end
  local tail = math.max(1, #means // TAIL)
  return first <= #means - tail + 1 and first or nil
end

-- what to try where D wins
local WEAKER = "noise on its images that fades (T.instance_noise), spectral norm, a lower "
  .. "learning rate of D, labels of 0.9"

local function of_players(log, say)
  local accuracy = smoothed(log, function(entry) return entry.d_accuracy end)
  if accuracy then
    local won = since(accuracy, function(a) return a >= WINS end)
    local even = since(accuracy, function(a) return a <= LOST end)
    if won then
      say("d_wins", ("D wins since step %s: accuracy %.2f"):format(thousands(log[won].step),
        accuracy[#accuracy]), WEAKER)
    elseif even then
      say("d_at_chance", ("D is at chance since step %s: accuracy %.2f"):format(
        thousands(log[even].step), accuracy[#accuracy]), "look at the samples: if they are bad, D "
        .. "is too weak (a wider one, a higher learning rate, less noise); if good, all is well")
    end
  else
    -- logs of older runs
    local loss = smoothed(log, function(entry) return entry.d_loss end)
    local won = loss and since(loss, function(v) return v >= 0 and v <= 0.2 end)
    if won then
      say("d_wins", ("D wins since step %s: loss %.2f"):format(thousands(log[won].step),
        loss[#loss]), WEAKER)
    end
  end
end

local function of_latents(log, latents, say)
  for k, name in ipairs(latents and latents.names or {}) do
    local means = smoothed(log, function(entry)
      return type(entry.information) == "table" and entry.information[k] or nil
    end)
    if means then
      local floor, span = latents.least[k], latents.most[k] - latents.least[k]
      local least = UNUSED * (span < math.huge and span or 1)
      local now, top = means[#means], 1
      for i, v in ipairs(means) do if v > means[top] then top = i end end
      if now - floor < least then
        say("unused", ("latent %s unused: L_I %.2f"):format(name, now),
          "a greater weight (lambda) for it, less noise beside the latents, or one latent less")
      elseif now - floor < FALLEN * (means[top] - floor) and means[top] - floor > 4 * least then
        say("forgotten", ("latent %s is being forgotten: L_I %.2f, from %.2f at step %s"):format(
          name, now, means[top], thousands(log[top].step)),
          "a greater weight (lambda), a lower learning rate of G, or an earlier checkpoint")
      end
    end
  end
end

-- diagnose(log [, latents]) -> a list of {kind =, text =, try =}: what the log of a run (see
-- run:log) says about its players, and with latents (of T.latents) about these. Kinds: d_wins,
-- d_at_chance, unused, forgotten. An empty list: nothing of these.
function health.diagnose(log, latents)
  local list = {}
  local function say(kind, text, try) list[#list + 1] = {kind = kind, text = text, try = try} end
  if #log > 0 then
    of_players(log, say)
    of_latents(log, latents, say)
  end
  return list
end

-- the mean distance of one image to the next, [n h w c], in another order
local function variety(x, stream)
  local n = #x
  local other = op.take(x, stream:permutation(n), 1)
  return ops.mean(op.sqrt(op.sum(op.square(x - other), {2, 3, 4}))):item()
end

-- covered(real [n], generated [m], count) -> how many of the classes 1..count that are among the
-- real ones generated ones cover: with at least a tenth of their share; of how many; and KL of the
-- generated shares from the real ones, in nats: infinite where a generated one has a class that no
-- real one has
function health.covered(real, generated, count)
  local function shares(labels) return ops.mean(op.one_hot(labels, count), 1):table() end
  local p, q = shares(real), shares(generated)
  local covered, of, kl = 0, 0, 0
  for c = 1, count do
    if p[c] > 0 then
      of = of + 1
      if q[c] >= SOME * p[c] then covered = covered + 1 end
    end
    if q[c] > 0 then kl = kl + q[c] * math.log(q[c] / p[c]) end
  end
  return covered, of, kl
end

-- the tenths of the range of real numbers [n] in which numbers are, 1..BINS
local function tenths(real)
  local low, high = op.min(real):item(), op.max(real):item()
  return function(x)
    return op.minimum(op.maximum(op.floor((x - low) * (BINS / math.max(high - low, 1e-12))), 0),
      BINS - 1) + 1
  end
end

-- A set with labels as one whose only factor they are.
local function labelled(data)
  return set.new{count = data:count(), shape = data.shape, factor_names = {"class"},
    images = function(index) return data:images(index) end,
    factors = function(index) return op.reshape(data:labels(index), {#index, 1}) end}
end

-- What generated images cover, by a network that reads classes or factors off both: a list of
-- {name =, covered =, of =, kl =, reader =}.
local function coverage(data, real, generated, o)
  local net = o.net
  if not net and #o.numbers > 0 then
    net = factor_net.train(data, {numbers = o.numbers, steps = o.steps})
  elseif not net and data.classes and #data.classes > 1 and #data.classes <= CLASSES then
    net = factor_net.train(labelled(data), {kinds = {class = #data.classes}, steps = o.steps})
  end
  if not net then return {} end
  local a, b, list = net:read(real), net:read(generated), {}
  for i, f in ipairs(net.list) do
    local x, y = ops.slice(a, 2, f.first, f.last), ops.slice(b, 2, f.first, f.last)
    local bin = f.kinds and function(t) return op.argmax(t, 2) end or tenths(x)
    local covered, of, kl = health.covered(bin(x):reshape{#x}, bin(y):reshape{#y},
      f.kinds or BINS)
    list[i] = {name = f.name, covered = covered, of = of, kl = kl, reader = net.test[f.name]}
  end
  return list
end

-- measure(view, data, options) -> what generated images are beside those of a set:
--   frechet    the distance (teasel.metric.lib.frechet) of their features by random filters of a
--              seed (teasel.represent.image_features): no FID
--   floor      the same of two halves of the set's images: what a perfect generator would have
--   variety    the mean distance of two generated images over that of two of the set's
--   coverage   a list of {name, covered, of, kl, reader}: of classes, or of the tenths of the range
--              of each of `numbers`, how many are covered (a tenth of their share at least), and
--              how well the network reads that says so
-- Options: images (2000) of each kind; numbers, names of factors ({}); steps of the reading network
-- (600); net, one that was trained already (teasel.represent.factor_net); seed (0)
function health.measure(view, data, given)
  local o = options.read("gan_health.measure", given, {images = 2000, numbers = {}, steps = 600,
    net = options.any, seed = 0})
  check.integer("gan_health.measure", "option 'images'", o.images, 4)
  local stream = core.rand.stream(o.seed, "gan_health")
  local n = math.min(o.images, data:count())
  local real = data:batch(stream:split "real", n)
  local generated = view.decode(view.prior(stream:split "drawn", n))
  local features = image_features{shape = data.shape}
  local of_real = features(real)
  local half = n // 2
  return {images = n, frechet = frechet(of_real, features(generated)),
    floor = frechet(ops.slice(of_real, 1, 1, half), ops.slice(of_real, 1, half + 1, n)),
    variety = variety(generated, stream:split "order")
      / math.max(variety(real, stream:split "order"), 1e-12),
    coverage = coverage(data, real, generated, o)}
end

-- film(r, path [, title]): samples over time as an animated PNG, where the run's state has a film
-- of images (see teasel.run.film); else nothing. Frames tell their own step below, not that of the
-- title, so that all are of one size.
function health.film(r, path, title)
  local frames, canvases = r.state.frames, {}
  local of_all = (title or ""):gsub("[, ]*step %d+$", "")
  if not frames or not frames[1] or frames[1]:rank() ~= 4 then return end
  for i, images in ipairs(frames) do
    canvases[i] = canvas.grid(canvas.images(images), {title = of_all,
      caption = ("step %d"):format(r.state.at[i]), columns = math.ceil(math.sqrt(#images))})
  end
  assert(canvas.animate(canvases, {path = path, delay_ms = FRAME_MS}))
end

-- report(r, options) -> {diagnosis =, ...}: both of the above and the film of a run with a view,
-- printed. Options: data, a set of real images (default: nothing is measured); title, of the film;
-- those of measure
function health.report(r, given)
  local o = options.read("gan_health.report", given, {data = options.any, images = 2000,
    numbers = {}, steps = 600, net = options.any, seed = 0, title = ""})
  local found = {}
  if o.data then
    found = health.measure(r.view, o.data, {images = o.images, numbers = o.numbers, steps = o.steps,
      net = o.net, seed = o.seed})
    print(("Frechet distance of random features %.3g (two halves of the data: %.3g), variety %.2f "
      .. "of the data's (%d images)"):format(found.frechet, found.floor, found.variety,
      found.images))
    for _, c in ipairs(found.coverage) do
      print(("%s: %d of %d covered, KL %.3f nats"):format(c.name, c.covered, c.of, c.kl))
    end
  end
  found.diagnosis = health.diagnose(r:log(), r.latents)
  if found.variety and found.variety < ALIKE then
    table.insert(found.diagnosis, {kind = "alike",
      text = ("generated images are alike: %.2f of the data's variety"):format(found.variety),
      try = "a lower learning rate of G, unrolling (T.game), larger batches, noise on D's images"})
  end
  for _, d in ipairs(found.diagnosis) do print(d.text .. "; try: " .. d.try) end
  health.film(r, r:figure "film.png", o.title)
  return found
end

check.functions("gan_health.", health, {
  diagnose = "log: tables, latents: table?",
  covered = "real: tensor, generated: tensor, count: count",
  measure = "view: table(prior decode), data: set",
  film = "r: table(state), path: string, title: string?",
  report = "r: table(state config view)",
})

return health
