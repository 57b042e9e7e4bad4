-- Rows of the ops about the order of items: sorting, running sums, an index for every column.

local draw = require "spec.draw"

local any, apart, given, integers = draw.any, draw.apart, draw.given, draw.integers
local nan, inf = 0 / 0, math.huge

local rows = {
  {"argsort", "a list", {apart(9)}},
  {"argsort", "descending", {apart(9)}, with = {descending = true}},
  {"argsort", "one item", {any(1)}},
  {"argsort", "no items", {any(2, 0)}},
  {"argsort", "no items beside the axis", {any(0, 3)}},
  {"argsort", "ties, which keep their order", {integers(0, 2)(6, 7)}, with = {axis = 2}},
  {"argsort", "ties, descending", {integers(0, 2)(6, 7)}, with = {axis = 1, descending = true}},
  {"argsort", "NaN, which goes last, and infinity", {given({6}, {nan, 1, inf, nan, -inf, 2})}},
  {"argsort", "NaN, descending", {given({6}, {nan, 1, inf, nan, -inf, 2})},
   with = {descending = true}},
}

for axis = 1, 3 do
  rows[#rows + 1] = {"argsort", "axis " .. axis, {apart(3, 4, 5)}, with = {axis = axis}}
  for _, backwards in ipairs{false, true} do
    rows[#rows + 1] = {"cumsum", ("axis %d%s"):format(axis, backwards and ", backwards" or ""),
      {any(3, 4, 2)}, with = {axis = axis, backwards = backwards}}
  end
end

for _, row in ipairs{
  {"cumsum", "nothing said", {any(2, 5)}},
  {"cumsum", "one item", {any(1)}},
  {"cumsum", "no items", {any(2, 0)}},
  {"cumsum", "no items beside the axis", {any(0, 3)}},
  {"cumsum", "more columns than are summed at a time", {any(3, 37)}, with = {axis = 1}},
  {"cumsum", "infinity and NaN", {given({2, 3}, {1, inf, 2, 1, nan, 2})}, values = true},

  {"nonzero", "a list", {integers(0, 1)(9)}},
  {"nonzero", "a matrix", {integers(-1, 1)(4, 3)}},
  {"nonzero", "three axes, NaN and infinity", {given({2, 1, 2}, {nan, 0, -0.0, -inf})}},
  {"nonzero", "a number", {given({}, {3})}},
  {"nonzero", "no items", {any(0, 3)}},
} do rows[#rows + 1] = row end

-- an index for every column
local along = {
  {"take_along", "the last axis", {any(2, 4), integers(1, 4)(2, 3)}},
  {"take_along", "the first axis, longer than x", {any(2, 3), integers(1, 2)(5, 3)},
   with = {axis = 1}},
  {"take_along", "an inner axis", {any(2, 4, 3), integers(1, 4)(2, 4, 3)}, with = {axis = 2}},
  {"take_along", "one item", {any(1), given({1}, {1})}},
  {"take_along", "nothing", {any(2, 3), any(2, 0)}},

  {"put_along", "the last axis", {any(2, 3), integers(1, 4)(2, 3)}, with = {count = 4}},
  {"put_along", "several into one slot", {any(4, 3), integers(1, 2)(4, 3)},
   with = {count = 2, axis = 1}},
  {"put_along", "an inner axis", {any(2, 3, 2), integers(1, 3)(2, 3, 2)},
   with = {count = 3, axis = 2}},
  {"put_along", "one item", {any(1), given({1}, {1})}, with = {count = 1}},
  {"put_along", "nothing", {any(2, 0), any(2, 0)}, with = {count = 3}},
}

for _, row in ipairs(along) do
  row.still = {2}
  rows[#rows + 1] = row
end

return rows
