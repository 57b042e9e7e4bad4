-- Quantised latents (Hsu et al. 2023, "Disentanglement via latent quantization", QLAE): each unit
-- of the code is one of a few values of its own, which are learned. The decoder reads the value
-- that is nearest to what the encoder gives; the gradient goes straight through to the encoder.
--
--   local model = quantised.model{shape = {64, 64, 1}, latents = 10, values = 10}
--   local values, code = quantised.penalties(pass)
--   net:step(x, stream, function(pass) return pass.reconstruction + ... end)
--
-- It is a model of teasel.model.vae with another posterior. A code is certain, so that its KL to
-- the prior, in which all values are equally likely, is the logarithm of their number, whatever x
-- is.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local likelihood = require "teasel.model.likelihood"
local layer = require "teasel.lib.layer"
local nn = require "teasel.nn"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local vae = require "teasel.model.vae"
local view = require "teasel.model.view"

local op, tensor = core.op, core.tensor
local constant = core.grad.constant

local quantised = {}

local RANGE = 0.5   -- the values of a fresh model lie evenly in -0.5..0.5

-- nearest(code [n D], values [D V]) -> [n D], of each number the nearest value of its unit;
-- differentiable in the values
function quantised.nearest(code, values)
  if code:rank() ~= 2 then check.wrong("quantised.nearest", "code", code, "[n D]") end
  local n, D = table.unpack(code:shape())
  if values:rank() ~= 2 or #values ~= D then
    check.wrong("quantised.nearest", "values", values, ("[%d V]"):format(D))
  end
  local V = values:shape()[2]
  local all = op.reshape(values, {1, D, V})
  local gap = op.abs(op.reshape(constant(code), {n, D, 1}) - constant(all))
  return op.sum(op.one_hot(op.argmax(-gap, 3), V) * all, 3)
end

-- A layer that adds what is nearest to {code =}; its parameters are the values.
local function quantiser(D, V)
  local function begin()
    return {values = op.expand(tensor.linspace(-RANGE, RANGE, V):reshape{1, V}, {D, V}) * 1}, {}
  end
  return layer.new(("quantiser, %d values of %d units"):format(V, D), begin, function(params, q)
    return {code = q.code, value = quantised.nearest(q.code, params.values)}
  end, {values = {D, V}})
end

-- the codes are the values
local function view_of(model, params)
  local latents = {}
  for i = 1, model.latents do
    latents[i] = {name = "z" .. i, kind = "uniform", range = {-RANGE, RANGE}, code = i}
  end
  return view{
    represent = function(images) return model.encoder(params.encoder, images).value end,
    decode = function(z) return vae.decode(model, params, z) end,
    prior = function(stream, n)
      local D, V = model.latents, model.values
      local index = stream:integers({n, D}, 1, V)
      return op.sum(op.one_hot(index, V) * op.reshape(params.encoder[2].values, {1, D, V}), 3)
    end,
    latents = latents,
  }
end

-- model(options) -> the model. Options: shape, channels, hidden, activation and likelihood as of
-- vae.network, and
--   latents  units of the code (10)
--   values   of each unit, 2 or more (10)
function quantised.model(given)
  local o = options.read("quantised.model", given, {shape = options.any, latents = 10, values = 10,
    channels = options.any, hidden = options.any, activation = options.any,
    likelihood = likelihood.bernoulli})
  check.list("quantised.model", "shape", o.shape, check.count)
  check.integer("quantised.model", "option 'values'", o.values, 2)
  local model = vae.network{shape = o.shape, channels = o.channels, hidden = o.hidden,
    activation = o.activation, likelihood = o.likelihood, latents = o.latents,
    heads = {code = o.latents}}
  model.encoder = nn.chain{model.encoder, quantiser(o.latents, o.values)}
  model.values, model.view = o.values, view_of
  model.posterior = {
    sample = function(_, q) return q.code + constant(q.value - q.code) end,
    kl = function(q)
      return tensor.full({q.code:shape()[2]}, math.log(o.values))
    end,
  }
  return model
end

-- penalties(pass) -> two numbers: the mean squared distance of codes and values, with a gradient in
-- the values alone, and the same with one in the encoder alone: quantisation and commitment, eq. 3
function quantised.penalties(pass)
  local q = pass.q
  return ops.mean(op.square(q.value - constant(q.code))),
    ops.mean(op.square(q.code - constant(q.value)))
end

check.functions("quantised.", quantised, {nearest = "code: tensor, values: tensor",
  model = "given: table", penalties = "pass: table(q)"})

return quantised
