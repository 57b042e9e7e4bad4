-- How likely a VAE finds images: log p(x) by importance sampling, which the evidence lower bound is
-- below. Burda et al. 2016, eq. 8: with z_1 .. z_K drawn from q(z|x)
--
--   log p(x) >= E log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x),
--
-- which rises with K, to log p(x). K = 1 is the lower bound of Kingma & Welling.
--
--   local nll = T.evidence.nll(model, params, images, T.stream(1), {samples = 200})   -- [n]

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local likelihood = require "teasel.model.likelihood"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op = core.op
local evidence = {}

local ROWS = 512   -- images, each sample counted, that are decoded at a time

-- [n ...] -> [n * k ...], each row k times
local function repeated(x, k)
  local shape = x:shape()
  local n = table.remove(shape, 1)
  local one, many = {n, 1}, {n, k}
  for i, m in ipairs(shape) do one[i + 2], many[i + 2] = m, m end
  table.insert(shape, 1, n * k)
  return op.reshape(op.expand(op.reshape(x, one), many), shape)
end

-- log p(x|z) p(z) / q(z|x) [n k] of k samples for each of n images
local function log_weights(model, params, x, q, stream, k)
  local mean, logvar = repeated(q.mean, k), repeated(q.logvar, k)
  local z = dist.gaussian.sample(stream, mean, logvar)
  local output = model.decoder(params.decoder, z)
  local zero = op.mul(mean, 0)
  local log = dist.gaussian.nll(z, mean, logvar) - dist.gaussian.nll(z, zero, zero)
    - likelihood.of(model).nll(repeated(x, k), output)
  return op.reshape(log, {#x, k})
end

-- nll(model, params, x, stream, {samples = 200}) -> -log p(x) in nats [n] of images x [n h w c], an
-- estimate that is too high on average, and less so with more samples. Of a Bernoulli model it is a
-- likelihood only where pixels are 0 or 1. A model whose q(z|x) is not N(mean, e^logvar) is an
-- error.
function evidence.nll(model, params, x, stream, given)
  local o = options.read("evidence.nll", given, {samples = 200})
  check.integer("evidence.nll", "option 'samples'", o.samples, 1, 1000000)
  local parts = {}
  for i = 1, #x, ROWS do
    local some = ops.slice(x, 1, i, math.min(i + ROWS - 1, #x))
    local q = model.encoder(params.encoder, some)
    check.gaussian("evidence.nll", model, q)
    local at_once, done, sums = math.max(1, ROWS // #some), 0, nil
    while done < o.samples do
      local k = math.min(at_once, o.samples - done)
      local own = stream:split(("%d %d"):format(i, done))
      local log = op.logsumexp(log_weights(model, params, some, q, own, k), 2)
      sums = sums and op.logsumexp(ops.stack({sums, log}, 2), 2) or log
      done = done + k
    end
    parts[#parts + 1] = math.log(o.samples) - sums
  end
  return op.concat(parts, 1)
end

-- of(model, params, set, stream, {samples = 200, images = 0}) -> the mean -log p(x) of a set's
-- first images (0: of all), in nats, and its standard error over these (0 for one); an empty set is
-- an error
function evidence.of(model, params, set, stream, given)
  local o = options.read("evidence.of", given, {samples = 200, images = 0})
  check.integer("evidence.of", "option 'images'", o.images, 0)
  local left, at, parts = o.images > 0 and math.min(o.images, set:count()) or set:count(), 0, {}
  for x in set:each(ROWS) do
    if #x > left then x = ops.slice(x, 1, 1, left) end
    parts[#parts + 1] = evidence.nll(model, params, x, stream:split(("batch %d"):format(at)),
      {samples = o.samples})
    left, at = left - #x, at + 1
    if left == 0 then break end
  end
  local all = op.concat(parts, 1)
  return ops.mean(all):item(), #all > 1
    and math.sqrt(ops.var(all, 1, false, 1):item() / #all) or 0
end

local MODEL = "model: table(encoder decoder), params: table(encoder decoder), "

check.functions("evidence.", evidence, {
  nll = MODEL .. "x: tensor, stream: stream, given: table?",
  of = MODEL .. "set: images, stream: stream, given: table?",
})

return evidence
