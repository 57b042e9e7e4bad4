-- pca(x [n p], options) -> z [n count], details: the principal components of the rows of x, that
-- is x less its mean, along the directions in which it varies most. Options: components (2; at most
-- n - 1 and p), stream (of the search, T.stream(0, "pca")). In details: mean [1 p],
-- directions [p count] of length 1, each with its entry of largest magnitude positive, and
-- variances [count], descending, divided by n - 1. An x that is no matrix and a count out of range
-- are errors.
--
-- Subspace iteration with some directions to spare, which needs no [p p] matrix, and a rotation of
-- the subspace to the components at the end (Halko, Martinsson & Tropp 2011, algorithm 4.4).

local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"
local tree = require "teasel.tree"

local op, linalg = core.op, core.linalg

local ROUNDS = 30      -- of the search
local SPARE = 20       -- directions that are searched beside those wanted

-- each column turned so that its entry of largest magnitude is positive
local function turned(v)
  local sign = op.sign(op.max(v, 1, true) + op.min(v, 1, true))
  return v * op.where(op.eq(sign, 0), 1, sign)
end

return function(x, given)
  local o = options.read("pca", given, {components = 2, stream = options.any})
  if not tree.is_tensor(x) or x:rank() ~= 2 then
    fail("pca: argument 'x': got %s, wanted a matrix, a row for each point", tree.is_tensor(x) and
      ("a tensor of %d axes"):format(x:rank()) or type(x))
  end
  local n, p = table.unpack(x:shape())
  local most = math.min(n - 1, p)
  if math.type(o.components) ~= "integer" or o.components < 1 or o.components > most then
    fail("pca: option 'components': got %s, wanted an integer from 1 to %d for %d points of "
      .. "%d numbers", o.components, most, n, p)
  end
  local stream = o.stream or core.rand.stream(0, "pca")
  local mean = ops.mean(x, 1, true)
  local centred = x - mean
  local wide = math.min(o.components + SPARE, n, p)
  local q = stream:normal{p, wide}
  for _ = 1, ROUNDS do
    q = linalg.svd(op.matmul(centred, op.matmul(centred, q), {ta = true}))
  end
  local _, s, vt = linalg.svd(op.matmul(centred, q))
  local directions = turned(op.matmul(q, ops.slice(vt, 1, 1, o.components), {tb = true}))
  return op.matmul(centred, directions), {mean = mean, directions = directions,
    variances = op.square(ops.slice(s, 1, 1, o.components)) * (1 / (n - 1))}
end
