-- Representations that need no training of a network, to put scores beside: raw pixels, principal
-- and independent components, the factors themselves, and a network as it was drawn.
--
--   local represent = baseline.pca(data, {stream = T.stream(0)})
--   local score = metric.mig(data, represent)
--
-- Each gives a function represent(images [n h w c], factors [n K]) -> codes [n D], as metrics and
-- teasel.metric.lib.measured's `encode` take it.

local core = require "teasel.core"
local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local pca = require "teasel.plot.pca"
local vae = require "teasel.model.vae"

local op, linalg = core.op, core.linalg
local baseline = {}

local STEPS = 400      -- of FastICA, at most
local STILL = core.double and 1e-9 or 1e-5   -- a change of its directions that counts as none

local flat = ops.flatten

-- raw() -> the pixels
function baseline.raw() return flat end

-- truth() -> the factors
function baseline.truth() return function(_, factors) return factors end end

-- untrained(model, stream) -> the means of a model of teasel.model.vae with fresh parameters
function baseline.untrained(model, stream)
  local params = model.encoder:init(stream:split "encoder")
  return function(images) return model.encoder(params, images).mean end
end

-- principal(x [n p], count, stream) -> mean [1 p], directions [p count] of the greatest variances
-- and these [count], descending
local function principal(x, count, stream)
  local _, found = pca(x, {components = count, stream = stream})
  return found.mean, found.directions, found.variances
end

-- options of what is fitted to images; `data` may be a data set or images themselves
local function drawn(who, data, given)
  local o = options.read(who, given, {components = 10, images = 10000, stream = options.any})
  o.stream = o.stream and check.stream(who, "option 'stream'", o.stream) or core.rand.stream(0, who)
  for _, name in ipairs{"components", "images"} do
    check.integer(who, ("option '%s'"):format(name), o[name], 1)
  end
  local x = data
  if type(data) == "table" then
    check.fields(who, "data", data, {"batch", "count"})
    x = data:batch(o.stream:split "images", math.min(o.images, data:count()))
  end
  x = flat(check.tensor(who, "data", x))
  local n, p = table.unpack(x:shape())
  if o.components < 1 or o.components > math.min(n - 1, p) then
    fail("%s: got %d components, wanted 1 to %d of %d images of %d pixels", who, o.components,
      math.min(n - 1, p), n, p)
  end
  return x, o
end

-- pca(data, options) -> the principal components of images drawn from the data, centred. Options:
-- components (10), images (10,000 drawn), stream. Also gives: mean [1 p], directions [p count],
-- variances [count].
function baseline.pca(data, given)
  local x, o = drawn("baseline.pca", data, given)
  local mean, directions, variances = principal(x, o.components, o.stream:split "pca")
  return function(images) return op.matmul(flat(images) - mean, directions) end, mean, directions,
    variances
end

-- the orthogonal matrix nearest to w [d d]
local function orthogonal(w)
  local u, _, vt = linalg.svd(w)
  return op.matmul(u, vt)
end

-- rotation(z [n d], stream) -> w [d d] that turns white z into independent components, a row for
-- each: FastICA (Hyvarinen 1999), all at once, of log cosh, with half of each step, as whole ones
-- may go in circles; and how many steps it took
function baseline.rotation(z, stream)
  local n, d = table.unpack(z:shape())
  local w = orthogonal(stream:normal{d, d})
  for step = 1, STEPS do
    local g = op.tanh(op.matmul(z, w, {tb = true}))
    local slope = op.reshape(1 - ops.mean(op.square(g), 1), {d, 1})
    local new = orthogonal(op.matmul(g, z, {ta = true}) * (1 / n) - slope * w)
    local along = op.sum(new * w, 2, true)
    local change = op.max(op.abs(op.abs(along) - 1)):item()
    w = orthogonal(w + new * op.sign(along))
    if change < STILL then return w, step end
  end
  return w, STEPS
end

-- ica(data, options) -> independent components of images drawn from the data, of variance 1; the
-- same options as pca. Further results: the steps that FastICA took.
function baseline.ica(data, given)
  local x, o = drawn("baseline.ica", data, given)
  local mean, directions, variances = principal(x, o.components, o.stream:split "pca")
  if variances:table()[o.components] <= 1e-9 * variances:table()[1] then
    fail("baseline.ica: got %d components, wanted fewer: the last has no variance", o.components)
  end
  local whitening = directions / op.sqrt(variances)
  local w, steps = baseline.rotation(op.matmul(x - mean, whitening), o.stream:split "ica")
  local unmixing = op.matmul(whitening, w, {tb = true})
  return function(images) return op.matmul(flat(images) - mean, unmixing) end, steps
end

-- names of the representations, for those who choose one by name
baseline.names = {raw = true, pca = true, ica = true, truth = true, untrained = true}

-- make(name, data, stream, model) -> represent; model: for untrained (default: the fully connected
-- network of Higgins et al. 2017 with 10 latents)
function baseline.make(name, data, stream, model)
  if name == "untrained" then return baseline.untrained(model or vae.fc(10), stream) end
  if name == "pca" or name == "ica" then return (baseline[name](data, {stream = stream})) end
  if not baseline.names[name] then options.unknown("baseline", name, baseline.names) end
  return baseline[name]()
end

check.functions("baseline.", baseline, {
  untrained = "model: table(encoder), stream: stream", rotation = "z: tensor, stream: stream",
  make = "name: string, data: any, stream: stream?",
})

return baseline
