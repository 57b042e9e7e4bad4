-- Networks applied to many rows, some at a time, so that what is between their layers fits into
-- memory.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local ops = require "teasel.op.composed"

-- in_batches(f, n, x [, y]) -> what f(x) or f(x, y) gives of n rows at a time, joined; x and y:
-- tensors of as many rows
local function in_batches(f, n, x, y)
  local others, parts = y and ops.split(y, n), {}
  for i, part in ipairs(ops.split(x, n)) do parts[i] = f(part, others and others[i]) end
  return core.op.concat(parts)
end

return check.called("in_batches", in_batches, "f: callable, n: count, x: tensor, y: tensor?")
