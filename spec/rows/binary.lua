-- Rows of the elementwise ops with two and three operands: every way to broadcast, and the ties.

local draw = require "spec.draw"

local any = draw.any

-- op, where it is smooth in each operand
local ops = {
  {"add", any, any},
  {"sub", any, any},
  {"mul", any, any},
  {"div", any, draw.around(0.5, 2)},
  {"pow", draw.between(0.5, 2), any},
  {"maximum", draw.steps(0), draw.steps(0.05)},
  {"minimum", draw.steps(0), draw.steps(0.05)},
  {"eq", draw.integers(-2, 2), draw.integers(-2, 2)},
  {"ne", draw.integers(-2, 2), draw.integers(-2, 2)},
  {"lt", draw.integers(-2, 2), draw.integers(-2, 2)},
  {"le", draw.integers(-2, 2), draw.integers(-2, 2)},
  {"gt", draw.integers(-2, 2), draw.integers(-2, 2)},
  {"ge", draw.integers(-2, 2), draw.integers(-2, 2)},
  {"bernoulli_nll", draw.between(0, 1), any, floor = 1},
  {"gaussian_kl", any, any, floor = 1},
}

local shapes = {
  {"equal shapes", {3, 7}, {3, 7}},
  {"a matrix and a row", {3, 5}, {5}},
  {"a column and a row", {4, 1}, {1, 3}},
  {"axes in turn", {2, 1, 3}, {2, 4, 1}},
  {"a stack and a matrix", {2, 3, 4}, {3, 1}},
  {"an array and a number", {2, 3}, {}},
  {"a number and an array", {}, {2, 3}},
  {"sizes of 1", {1, 1}, {1}},
  {"no items", {0, 3}, {3}},
  {"no items of its own", {1, 3}, {0, 1}},
}

local rows = {}

local function add(op, title, inputs, more)
  local row = {op[1], title, inputs, floor = op.floor or 0}
  for k, v in pairs(more or {}) do row[k] = v end
  rows[#rows + 1] = row
end

for _, op in ipairs(ops) do
  for _, s in ipairs(shapes) do
    add(op, s[1], {op[2](table.unpack(s[2])), op[3](table.unpack(s[3]))})
  end
  local twice = op[1] == "div" and op[3] or op[2]
  add(op, "the same operand twice", {twice(2, 3), 1})
end

-- long rows are cut into parallel pieces along the last axis or the one before
local long = {
  {"one long axis", {70001}, {70001}},
  {"a long axis and a number", {70001}, {}},
  {"many short rows", {700, 130}, {130}},
  {"long rows and a column", {3, 40000}, {3, 1}},
  {"a stack of many rows", {3, 300, 150}, {3, 1, 150}},
}

for _, s in ipairs(long) do
  add({"sub"}, s[1], {any(table.unpack(s[2])), any(table.unpack(s[3]))}, {values = true})
  add({"sub"}, s[1] .. ", the other way round",
      {any(table.unpack(s[3])), any(table.unpack(s[2]))}, {values = true})
end

-- ties

local function ties(op, a, b)
  local n = #a
  add({op}, "ties, where the first operand has it all",
      {draw.given({n}, a), draw.given({n}, b)}, {
    gradient = function(w, x, y)
      local dx, dy = {shape = {n}}, {shape = {n}}
      for i = 1, n do
        local first = x[i] == y[i] or (x[i] > y[i]) == (op == "maximum")
        dx[i], dy[i] = first and w[i] or 0, first and 0 or w[i]
      end
      return {dx, dy}
    end
  })
end

ties("maximum", {1, 2, 2, -1}, {2, 2, 1, -1})
ties("minimum", {1, 2, 2, -1}, {2, 2, 1, -1})

-- powers with 0 and with negative numbers: smooth in one operand at a time

local function pow(title, a, b, more)
  add({"pow"}, title, {draw.given({#a}, a), draw.given({#b}, b)}, more)
end

pow("0 to a power, in the base", {0, 0, 0}, {2, 3, 4}, {only = {1}})
pow("0 to a power, in the exponent", {0, 0, 0}, {2, 0.5, 1.5}, {only = {2}})
pow("0 to the power of 0, in the base", {0, 0}, {0, 0}, {only = {1}})
pow("0 to the power of 0, in the exponent", {0, 0}, {0, 0}, {
  only = {2}, gradient = function() return {[2] = {shape = {2}, 0, 0}} end
})
pow("a power of 0", {0.5, 1.5, 3}, {0, 0, 0})
pow("a power of 1", {0.5, 1.5, 3}, {1, 1, 1})
pow("negative bases", {-2, -1.5, -1}, {3, 2, -1}, {only = {1}})

-- three operands

local ternary = {
  {"equal shapes", {3, 7}, {3, 7}, {3, 7}},
  {"a matrix, a row and a column", {3, 5}, {5}, {3, 1}},
  {"a row, a column and a stack", {4}, {3, 1}, {2, 1, 1}},
  {"numbers and an array", {}, {2, 3}, {}},
  {"sizes of 1", {1}, {1, 1}, {}},
  {"no items", {3}, {0, 3}, {1, 1}},
}

for _, s in ipairs(ternary) do
  local a, b, c = table.unpack(s, 2)
  add({"where"}, s[1], {draw.integers(0, 1)(table.unpack(a)), any(table.unpack(b)),
                        any(table.unpack(c))}, {still = {1}})
  add({"gaussian_nll", floor = 1}, s[1],
      {any(table.unpack(a)), any(table.unpack(b)), any(table.unpack(c))})
end

add({"where"}, "the same operand twice", {draw.integers(0, 1)(2, 3), any(2, 3), 2}, {still = {1}})
add({"where"}, "a condition for whole rows", {draw.given({2, 1}, {0, 1}), any(2, 3), any(2, 3)},
    {still = {1}})
add({"where"}, "one long axis", {draw.integers(0, 1)(70001), any(), any(70001)}, {values = true})
add({"where"}, "what is not chosen", {
  draw.given({4}, {1, 0, -1, 0 / 0}), draw.given({4}, {1, 0 / 0, math.huge, 2}),
  draw.given({4}, {0 / 0, 1, 0 / 0, 0 / 0})
}, {values = true})
add({"gaussian_nll", floor = 1}, "the same operand twice", {any(2, 3), any(2, 3), 2})
add({"gaussian_nll", floor = 1}, "one operand throughout", {any(2, 3), 1, 1})

-- what is not a number

for _, op in ipairs {"maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"} do
  local nan = 0 / 0
  add({op}, "NaN", {draw.given({3}, {nan, 1, nan}), draw.given({3}, {1, nan, nan})},
      {values = true})
end

return rows
