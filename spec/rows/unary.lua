-- Rows of the elementwise ops with one operand.

local draw = require "spec.draw"

-- op, where it is smooth, attributes, where errors count as absolute
local ops = {
  {"neg", draw.any},
  {"exp", draw.between(-5, 5)},
  {"log", draw.between(0.5, 3)},
  {"sqrt", draw.between(0.5, 3)},
  {"sin", draw.any},
  {"cos", draw.any},
  {"tanh", draw.any},
  {"sigmoid", draw.any},
  {"softplus", draw.any},
  {"relu", draw.around(0.1, 2)},
  {"leaky_relu", draw.around(0.1, 2)},
  {"leaky_relu", draw.around(0.1, 2), {slope = 0.3}},
  {"elu", draw.around(0.1, 2)},
  {"elu", draw.around(0.1, 2), {alpha = 1.5}},
  {"abs", draw.around(0.1, 2)},
  {"sign", draw.around(0.1, 2)},
  {"step", draw.around(0.1, 2)},
  {"square", draw.any},
  {"floor", draw.around(0.1, 3)},
  {"ceil", draw.around(0.1, 3)},
  {"round", draw.around(0.1, 3)},
  {"clip", draw.steps(0), {lo = -0.95, hi = 1.25}},
  {"affine", draw.any, {a = -1.5, b = 0.25}, floor = 1},
}

local nan, inf = 0 / 0, math.huge
local edges = {0, -0.0, nan, inf, -inf, 1e-15, -1e-15, 1, -1, 20, -20, 1e15, -1e15}

local rows = {}

local function add(op, title, x, values)
  for name, v in pairs(op[3] or {}) do title = ("%s, %s %g"):format(title, name, v) end
  rows[#rows + 1] = {op[1], title, {x}, with = op[3], floor = op.floor or 0, values = values}
end

for _, op in ipairs(ops) do
  add(op, "one axis", op[2](37))
  add(op, "a number", op[2]())
  add(op, "one item", op[2](1, 1))
  add(op, "no items", op[2](2, 0, 3))
  add(op, "edges of its domain", draw.given({#edges}, edges), true)
end

local halves = {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 2.4999, 8388609, -8388609}
for _, name in ipairs{"floor", "ceil", "round"} do
  add({name}, "halves and integers", draw.given({#halves}, halves), true)
end
add({"exp"}, "several parallel pieces", draw.between(-80, 80)(70001), true)
add({"tanh"}, "small and large numbers", draw.between(-12, 12)(1000), true)
add({"softplus"}, "small and large numbers", draw.between(-30, 30)(1000), true)
add({"sigmoid"}, "small and large numbers", draw.between(-30, 30)(1000), true)
add({"log"}, "numbers near 1", draw.between(0.99, 1.01)(1000), true)

return rows
