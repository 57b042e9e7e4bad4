-- Means of codes over all factors of a grid but one or two: what figures over a space of factors
-- show.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local ops = require "teasel.op.composed"

-- marginal(codes [count D], sizes, kept) -> nested lists [column][code of the first factor kept]
-- [of the second]. codes: a row for each point of a grid of factors of these sizes, in order; kept:
-- the numbers of one factor or two.
local function marginal(codes, sizes, kept)
  check.list("marginal", "sizes", sizes, check.count)
  check.list("marginal", "kept", kept, function(who, name, k)
    return check.integer(who, name, k, 1, #sizes)
  end)
  local K, shape = #sizes, table.move(sizes, 1, #sizes, 1, {})
  if codes:rank() ~= 2 or #kept < 1 or #kept > 2 or kept[1] == kept[2] then
    check.wrong("marginal", "kept", kept, "one number or two, and codes [count D]")
  end
  shape[K + 1] = codes:shape()[2]
  local over, order = {}, {}
  for k = 1, K do
    if k == kept[1] or k == kept[2] then order[#order + 1] = k else over[#over + 1] = k end
  end
  local x = core.op.reshape(codes, shape)
  if #over > 0 then x = ops.mean(x, over) end   -- the kept in the grid's order, then columns
  local axes = {#order + 1}
  for i, k in ipairs(kept) do axes[i + 1] = k == order[1] and 1 or 2 end
  return x:permute(axes):table()
end

return check.called("marginal", marginal, "codes: tensor, sizes: table, kept: table")
