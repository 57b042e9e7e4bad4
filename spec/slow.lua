-- What every op means, in plain Lua: the references of spec/rows. slow.<op>(arrays..., attributes)
-- gives an array, where an array is a list of numbers in row-major order with a field `shape`.
-- Nothing here is fast, nothing here is clever, and nothing is shared with the core.

local slow = {}

for _, part in ipairs {"elem", "reduce", "move", "prod", "pool", "layer", "order"} do
  for name, f in pairs(require("spec.slow." .. part)) do slow[name] = f end
end

return slow
