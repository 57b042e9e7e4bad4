-- Rows of the reductions.

local draw = require "spec.draw"

local rows = {}

local function add(op, title, x, with, more)
  local row = {op, title, {x}, with = with}
  for k, v in pairs(more or {}) do row[k] = v end
  rows[#rows + 1] = row
end

-- axes that are neighbours, and for sum, max and min any axes
local neighbours = {
  {"all axes"},
  {"the first axis", 1},
  {"an inner axis", 2},
  {"the last axis", -1},
  {"the first two", {1, 2}},
  {"the last two, in any order", {3, -2}},
  {"each axis by name", {1, 2, 3}},
}

local apart = {
  {"the first and the last", {1, 3}},
  {"no axis", {}},
}

local source = {sum = draw.any, max = draw.apart, min = draw.apart, logsumexp = draw.any}

for _, op in ipairs {"sum", "max", "min", "logsumexp"} do
  local x = source[op]
  for _, keep in ipairs {false, true} do
    for _, axes in ipairs(neighbours) do
      add(op, axes[1] .. (keep and ", kept" or ""), x(2, 3, 4), {axes = axes[2], keep = keep})
    end
    for _, axes in ipairs(apart) do
      add(op, axes[1] .. (keep and ", kept" or ""), x(2, 3, 4), {axes = axes[2], keep = keep})
    end
  end
  add(op, "nothing said", x(2, 3))
  add(op, "a number", x())
  add(op, "one item", x(1, 1), {axes = 2})
  add(op, "an axis of size 1", x(3, 1, 2), {axes = 2})
  add(op, "no items beside the axis", x(0, 3), {axes = 2})
  add(op, "a long last axis", x(2, 37), {axes = 2})
  add(op, "a long column", x(37, 2), {axes = 1})
  add(op, "several parallel pieces", x(70001), nil, {values = true, float = 1e-5})
  add(op, "pieces of columns", x(2, 900, 50), {axes = 2}, {values = true, float = 1e-5})
end

add("sum", "an axis of no items", draw.any(0, 3), {axes = 1})
add("sum", "no items at all", draw.any(0, 3))
add("sum", "axes apart, one of no items", draw.any(0, 2, 3), {axes = {1, 3}})
add("max", "axes apart in four", draw.apart(2, 2, 2, 3), {axes = {1, 3}})

-- equal largest (or smallest) items share the gradient equally
local function ties(op, list, share)
  add(op, "ties, which share the gradient", draw.given({2, 3}, list), {axes = 2}, {
    gradient = function(w)
      local g = {shape = {2, 3}}
      for i, part in ipairs(share) do g[i] = part * w[i <= 3 and 1 or 2] end
      return {g}
    end
  })
end

ties("max", {3, 1, 3, 2, 2, 2}, {1 / 2, 0, 1 / 2, 1 / 3, 1 / 3, 1 / 3})
ties("min", {3, 1, 1, 2, 2, 2}, {0, 1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3})

local nan, inf = 0 / 0, math.huge
add("max", "NaN and infinity", draw.given({3, 2}, {1, nan, nan, 1, -inf, inf}), {axes = 2},
    {values = true})
add("min", "NaN and infinity", draw.given({3, 2}, {1, nan, nan, 1, -inf, inf}), {axes = 2},
    {values = true})
add("logsumexp", "large numbers", draw.given({3, 2}, {1000, 1001, -1000, -1001, 1000, -1000}),
    {axes = 2}, {values = true})
add("logsumexp", "infinity", draw.given({3, 2}, {-inf, -inf, -inf, 2, inf, 1}), {axes = 2},
    {values = true})

for _, axis in ipairs {1, 2, 3, -1} do
  add("argmax", "axis " .. axis, draw.apart(2, 3, 4), {axis = axis})
  add("argmax", "axis " .. axis .. ", kept", draw.apart(2, 3, 4), {axis = axis, keep = true})
end
add("argmax", "nothing said", draw.apart(3, 4))
add("argmax", "ties, of which the first counts", draw.integers(0, 2)(6, 5), {axis = 2})
add("argmax", "an axis of size 1", draw.any(3, 1), {axis = 2})
add("argmax", "no items beside the axis", draw.any(0, 3), {axis = 2})

return rows
