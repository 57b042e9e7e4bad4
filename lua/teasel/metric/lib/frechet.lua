-- The Frechet distance of two clouds of points, each taken for a normal distribution (Dowson &
-- Landau 1982): |m - m'|^2 + tr(S + S' - 2 (S S')^(1/2)), with means m and covariances S. Of the
-- features of one named network it is what FID (Heusel et al. 2017) is called for; of any other
-- features it is no FID, and its values are to be compared with none.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"

local op, linalg = core.op, core.linalg

-- The mean [D] of points [n D], and the root of their covariance [D D], by singular values: those
-- of the covariance would lose half of the digits.
local function moments(x)
  local mean = ops.mean(x, 1)
  local _, s, vt = linalg.svd((x - mean) * (1 / math.sqrt(#x)))
  return mean, op.matmul(op.permute(vt, {2, 1}) * s, vt)
end

-- frechet(a [n D], b [m D]) -> the distance, 0 or more: a squared one, in the units of the columns
-- squared. Fewer points than columns leave covariances of low rank, which make it larger; the mean
-- over finite samples is above the true distance in any case. Other columns are an error.
local function frechet(a, b)
  if a:rank() ~= 2 or b:rank() ~= 2 or a:size(2) ~= b:size(2) or #a < 2 or #b < 2 then
    fail("frechet: got points [%s] and [%s], wanted [n D] and [m D] of 2 points or more",
      table.concat(a:shape(), " "), table.concat(b:shape(), " "))
  end
  local mean, root = moments(a)
  local other, second = moments(b)
  local traces = op.sum(ops.var(a, 1)) + op.sum(ops.var(b, 1))
  -- tr (S S')^(1/2) is the sum of the singular values of S^(1/2) S'^(1/2)
  local _, shared = linalg.svd(op.matmul(root, second))
  local distance = op.sum(op.square(mean - other)) + traces - 2 * op.sum(shared)
  return math.max(0, distance:item())
end

return check.called("frechet", frechet, "a: tensor, b: tensor")
