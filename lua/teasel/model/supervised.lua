-- Few labels beside many images: losses that hold the first units of a code to known factors, and
-- imperfect labels (Locatello et al. 2020, "Disentangling factors of variations using few labels").
-- Unit k stands for factor k.
--
--   local labels = supervised.labels(data, index, {kind = "noisy", stream = stream})
--   net:step(x, stream, function(pass)
--     local q = net.model.encoder(pass.params.encoder, labelled)
--     return vae.elbo(pass, beta) + supervised.cross_entropy(q.mean, y) * gamma
--   end)
--
-- Labels are [n K] in [0, 1): the code of each factor, 0..n_k - 1, divided by n_k. Losses are means
-- over images. In the authors' program (disentanglement_lib) the cross-entropy and the squares are
-- sums over the batch, the covariances are of all units with codes that are not divided, and
-- partial labels are of any two factors.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local objective = require "teasel.model.objective"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local learn, op, tensor = core.learn, core.op, core.tensor

local supervised = {}

local BINS, NOISE, SOME = 5, 0.1, 2   -- of imperfect labels, as in the paper's section 3.3

-- Levels [n K] changed by f(levels of one factor [n], n_k, k)
local function by_factor(levels, sizes, f)
  local columns = {}
  for k, size in ipairs(sizes) do
    local column = op.reshape(ops.slice(levels, 2, k, k), {#levels})
    columns[k] = op.reshape(f(column, size, k), {#levels, 1})
  end
  return op.concat(columns, 2)
end

local KINDS = {
  perfect = function(levels) return levels end,
  binned = function(levels, sizes)
    return by_factor(levels, sizes, function(c, size)
      return size <= BINS and c or op.floor(c * (BINS / size)) * (size / BINS)
    end)
  end,
  noisy = function(levels, sizes, stream)
    return by_factor(levels, sizes, function(c, size, k)
      local s = stream:split("factor " .. k)
      local wrong = op.lt(s:split("which"):uniform{#c}, NOISE)
      return op.where(wrong, s:split("what"):integers({#c}, 0, size - 1), c)
    end)
  end,
  permuted = function(levels, sizes, stream)
    return by_factor(levels, sizes, function(c, size, k)
      return op.take(stream:split("factor " .. k):permutation(size) - 1, c + 1)
    end)
  end,
  partial = function(levels) return ops.slice(levels, 2, 1, math.min(SOME, levels:shape()[2])) end,
}

-- the levels [n K] of the factors of these images, and how many each factor has: without a space
-- a factor's levels number the values that it has in the set, in their order
local function levels_of(data, index)
  if data.space then return data:factors(index), data.space.sizes end
  local levels, values = learn.classes(data:factors())
  local sizes = {}
  for k, list in ipairs(values) do sizes[k] = #list end
  return op.take(levels, index), sizes
end

-- labels(data, index [n], options) -> [n K] in [0, 1), labels of these images of a set with known
-- factors. Where it has no space, n_k are the values that a factor has in the set. Options:
--   kind    "perfect" (default); "binned": of five bins of values; "noisy": a tenth of them are any
--           value; "permuted": the values of each factor in a random order, the same for all
--           images; "partial": of the first two factors only, [n 2]
--   stream  for what is random
function supervised.labels(data, index, given)
  local o = options.read("supervised.labels", given, {kind = "perfect", stream = options.any})
  local of = KINDS[o.kind]
  if not of then options.unknown("supervised.labels: kind", o.kind, KINDS) end
  if not data.factor_names then
    fail "supervised.labels: got a set without known factors, wanted one with factor_names"
  end
  if o.kind == "noisy" or o.kind == "permuted" then
    check.stream("supervised.labels", "option 'stream'", o.stream)
  end
  local levels, all = levels_of(data, index)
  local sizes = {}
  levels = of(levels, all, o.stream)
  for k = 1, levels:shape()[2] do sizes[k] = all[k] end
  return levels / op.reshape(tensor.tensor(sizes), {1, #sizes})
end

-- the first columns of the codes, as many as there are labels
local function first(who, mean, y)
  local D, K = mean:rank() == 2 and mean:shape()[2], y:rank() == 2 and y:shape()[2]
  if not (D and K and D >= K and #mean == #y) then
    fail("%s: got codes [%s] and labels [%s], wanted [n D] and [n K] with K <= D", who,
      table.concat(mean:shape(), " "), table.concat(y:shape(), " "))
  end
  return D == K and mean or ops.slice(mean, 2, 1, K)
end

-- cross_entropy(mean [n D], y [n K]) -> the mean over images of the sum over factors of the
-- cross-entropy between y and sigmoid(mean), in nats
function supervised.cross_entropy(mean, y)
  local z = first("supervised.cross_entropy", mean, y)
  return ops.mean(op.sum(op.bernoulli_nll(y, z), 2))
end

-- squares(mean [n D], y [n K]) -> the mean over images of the sum over factors of (sigmoid(mean) -
-- y)^2
function supervised.squares(mean, y)
  local z = first("supervised.squares", mean, y)
  return ops.mean(op.sum(op.square(op.sigmoid(z) - y), 2))
end

-- covariance(mean [n D], y [n K]) -> the sum of cov(mean_i, y_k)^2 over i ~= k, i up to K, with
-- covariances over the batch: units that say nothing of each other's factors
function supervised.covariance(mean, y)
  local z = first("supervised.covariance", mean, y)
  return op.sum(op.square(objective.covariance(z, y) * (1 - ops.eye(y:shape()[2]))))
end

check.functions("supervised.", supervised, {
  labels = "data: set, index: tensor, given: table?",
  cross_entropy = "mean: tensor, y: tensor", squares = "mean: tensor, y: tensor",
  covariance = "mean: tensor, y: tensor",
})

return supervised
