-- The table of spec rows: one or more for every op of the registry. A row
--
--   {"conv", "with strides", {draw.any(2, 5, 5, 3), draw.any(3, 2, 3, 4)}, with = {stride = 2}}
--
-- names an op and a case, and gives the operands: sources of arrays (see spec/draw.lua), or the
-- number of an operand that is to stand here too. The fields that may follow:
--
--   with      attributes by name
--   slow      the reference (default: slow.<op>)
--   only      places of the operands that are variables (default: all)
--   still     places of the variables whose gradient is zero by definition, as that of an index
--   gradient  f(weights, operands...) -> what the gradients are, by place: at a kink, where
--             differences do not tell
--   values    true: the row is about values alone
--   float     relative error allowed to the value in floats, default 1e-6
--   double    and in the double build, default 1e-12
--   floor     size below which errors of the value count as absolute; default: the largest item
--
-- Each row becomes four tests, written in spec/check.lua; those of a file in spec/rows are started
-- by the file of its name in spec/graph/op.

local row_part = require "spec.row_part"

local rows = {}

for _, part in ipairs {"unary", "binary", "reduce", "move", "prod", "pool", "norm",
  "layer", "order"} do
  for _, row in ipairs(row_part(part)) do rows[#rows + 1] = row end
end

return rows
