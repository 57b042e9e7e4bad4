-- Weak supervision: pairs of images that share some of their causes, and posteriors that share what
-- is alike in them. A batch is 2n images, and image i and image n + i are a pair:
--
--   local a, b = data:pairs(stream, 32, {differ = 1})
--   net:step(T.concat({a, b}, 1), stream, objective)     -- net of weak.model(model, {...})
--
-- The terms of a pass are then means over both images of all pairs, as in Locatello et al. 2020,
-- "Weakly-supervised disentanglement without compromises", section 4.2; or what is shared is one
-- latent of the pair, as in the papers on groups.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local dist = require "teasel.dist"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local vae = require "teasel.model.vae"

local op = core.op

local weak = {}

-- the halves of a batch's posterior
local function halves(who, q)
  if q.mean:rank() ~= 2 or #q.mean % 2 > 0 then check.wrong(who, "q.mean", q.mean, "[2n D]") end
  local n = #q.mean // 2
  return {mean = ops.slice(q.mean, 1, 1, n), logvar = ops.slice(q.logvar, 1, 1, n)},
    {mean = ops.slice(q.mean, 1, n + 1, -1), logvar = ops.slice(q.logvar, 1, n + 1, -1)}
end

local AVERAGES = {
  -- Hosoya 2019, group VAE: the means of means and of variances
  gvae = function(a, b)
    return {mean = (a.mean + b.mean) * 0.5,
      logvar = op.log((op.exp(a.logvar) + op.exp(b.logvar)) * 0.5)}
  end,
  -- Bouchacourt et al. 2018, multi-level VAE: the product of both densities, whose precision is the
  -- sum of theirs; here its half, as Locatello et al. have it, so that two equal ones stay as they
  -- are
  ml_vae = function(a, b)
    local p, r = op.exp(-a.logvar), op.exp(-b.logvar)
    return {mean = (a.mean * p + b.mean * r) / (p + r), logvar = -op.log((p + r) * 0.5)}
  end,
}

-- alike(q [2n D]) -> [n D]: 1 where the pair's posteriors are alike, else 0: where KL(q(z_d|x_a) ||
-- q(z_d|x_b)) is not above the middle between its least and greatest over the units of the pair.
-- Constant. Locatello et al. 2020, eq. 6
function weak.alike(q)
  local a, b = halves("weak.alike", q)
  local gap = op.sub(a.logvar, b.logvar)
  local kl = (op.square(a.mean - b.mean) * op.exp(-b.logvar) + op.exp(gap) - 1 - gap) * 0.5
  local middle = (op.min(kl, 2, true) + op.max(kl, 2, true)) * 0.5
  return core.grad.constant(op.le(kl, middle))
end

-- share(q [2n D], mask [n D], average) -> q [2n D]: where the mask has 1, both images of a pair
-- have the average of their posteriors, "gvae" (default) or "ml_vae", elsewhere their own
function weak.share(q, mask, average)
  local of = AVERAGES[average or "gvae"]
  if not of then options.unknown("weak.share: average", average, AVERAGES) end
  local a, b = halves("weak.share", q)
  local both, shared = of(a, b), {}
  for name, value in pairs(both) do
    shared[name] = op.concat({op.where(mask, value, a[name]), op.where(mask, value, b[name])}, 1)
  end
  return shared
end

-- model(model, options) -> a model for pairs, whose posteriors share what is alike; its view is the
-- given model's, of single images, with the same parameters. A model with a `posterior` of its own
-- is an error. Options:
--   average  "gvae" (default) or "ml_vae", see share
--   shared   which units: "alike", found for each pair anew (default: Ada-GVAE, Ada-ML-VAE); or a
--            number, always the first so many (GVAE, ML-VAE: the content that a group shares)
--   once     shared units are drawn once for the pair, and their KL counts once for it, not for
--            each image: the bound of Bouchacourt et al. and Hosoya, for a number of units (false)
function weak.model(model, given)
  local o = options.read("weak.model", given, {average = "gvae", shared = options.any,
    once = false})
  if not AVERAGES[o.average] then options.unknown("weak.model: average", o.average, AVERAGES) end
  check.gaussian("weak.model", model)
  local first = o.shared ~= "alike" and o.shared
  if first then
    check.integer("weak.model", "option 'shared'", first, 0, model.latents)
  elseif o.once then
    fail "weak.model: option 'once': got true without a number as 'shared', wanted one beside it"
  end
  local function mask_of(q)
    if not first then return weak.alike(q) end
    local n, D = #q.mean // 2, q.mean:shape()[2]
    return op.expand(op.le(core.tensor.arange(1, D):reshape{1, D}, first), {n, D})
  end
  local encoder = setmetatable({init = function(_, stream) return model.encoder:init(stream) end},
    {__call = function(_, params, x)
      local q = model.encoder(params, x)
      return weak.share(q, mask_of(q), o.average)
    end})
  local pair = o.once and {
    sample = function(stream, q)
      local a, b = halves("weak.model", {mean = dist.gaussian.sample(stream, q.mean, q.logvar),
        logvar = q.logvar})
      return op.concat({a.mean, op.where(mask_of(q), a.mean, b.mean)}, 1)
    end,
    kl = function(q)
      local shared = op.le(core.tensor.arange(1, model.latents), first)
      return vae.unit_kl(q.mean, q.logvar) * (1 - shared * 0.5)
    end} or nil
  return {encoder = encoder, decoder = model.decoder, latents = model.latents,
    likelihood = model.likelihood, posterior = pair,
    view = function(_, params) return vae.view(model, params) end}
end

check.functions("weak.", weak, {
  alike = "q: table(mean logvar)", share = "q: table(mean logvar), mask: tensor, average: any",
  model = "model: table(encoder decoder latents), given: table?",
})

return weak
