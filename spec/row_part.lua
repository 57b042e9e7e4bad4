-- The rows of one part of the table (see spec/rows.lua), with what they leave out filled in:
-- row_part "unary" are those of spec/rows/unary.lua.

local slow = require "spec.slow"

return function(part)
  local rows = require("spec.rows." .. part)
  for _, row in ipairs(rows) do
    row.part = part
    row.op, row.title, row.inputs = table.unpack(row)
    row.slow = row.slow or slow[row.op]
    row.float, row.double = row.float or 1e-6, row.double or 1e-12
  end
  return rows
end
