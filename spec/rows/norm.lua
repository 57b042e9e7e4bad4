-- Rows of normalisation and the softmax family.

local draw = require "spec.draw"

local any = draw.any

local rows = {}

local function add(row)
  row.float = row.float or 1e-5
  rows[#rows + 1] = row
end

add {"normalize", "all axes", {any(3, 4)}}
add {"normalize", "a batch", {any(5, 3)}, with = {axes = 1}}
add {"normalize", "all but channels", {any(2, 2, 3, 2)}, with = {axes = {1, 2, 3}}}
add {"normalize", "each image and channel", {any(2, 2, 3, 2)}, with = {axes = {2, 3}}}
add {"normalize", "the last axis", {any(3, 5)}, with = {axes = -1}}
add {"normalize", "a large eps", {any(4, 3)}, with = {axes = 1, eps = 0.5}}
add {"normalize", "no eps", {any(4, 3)}, with = {axes = 1, eps = 0}}
add {"normalize", "a mean far from 0", {draw.between(99, 101)(6, 2)}, with = {axes = 1},
     floor = 1, float = 1e-4, double = 1e-11}
add {"normalize", "groups of one item", {any(1, 3)}, with = {axes = 1}, floor = 1}
add {"normalize", "groups of two items", {draw.given({2, 3}, {0.5, -1, 2, -0.7, 1.1, 0.4})},
     with = {axes = 1}}
add {"normalize", "a number", {any()}, floor = 1}
add {"normalize", "no items", {any(0, 3)}, with = {axes = 1}}
add {"normalize", "no groups", {any(3, 0)}, with = {axes = 1}}
add {"normalize", "a long last axis", {any(2, 77)}, with = {axes = 2}}
add {"normalize", "several parallel pieces", {any(900, 40)}, with = {axes = 1}, values = true}

for _, op in ipairs {"softmax", "log_softmax"} do
  for _, axis in ipairs {1, 2, 3, -1} do
    add {op, "axis " .. axis, {any(2, 3, 4)}, with = {axis = axis}}
  end
  add {op, "nothing said", {any(3, 4)}}
  add {op, "one class", {any(3, 1)}, floor = 1}
  add {op, "no rows", {any(0, 3)}}
  add {op, "no classes", {any(3, 0)}}
  add {op, "large numbers", {draw.given({2, 3}, {1000, 1001, 999, -1000, -1001, -500})},
       values = true}
  add {op, "several parallel pieces", {any(700, 60)}, values = true}
end

local function one_hot(n, classes)
  return function(rand)
    local a = draw.fill({n, classes}, function() return 0 end)
    for i = 0, n - 1 do a[i * classes + 1 + math.floor(classes * rand())] = 1 end
    return a
  end
end

local inf = math.huge

add {"cross_entropy", "classes", {any(4, 5), one_hot(4, 5)}}
add {"cross_entropy", "shares of classes", {any(3, 4), draw.between(0, 1)(3, 4)}}
add {"cross_entropy", "one row", {any(5), draw.between(0, 1)(5)}}
add {"cross_entropy", "several axes", {any(2, 2, 3), draw.between(0, 1)(2, 2, 3)}}
add {"cross_entropy", "many classes", {any(2, 40), one_hot(2, 40)}}
add {"cross_entropy", "one class", {any(3, 1), draw.between(0, 1)(3, 1)}, floor = 1}
add {"cross_entropy", "no rows", {any(0, 3), any(0, 3)}}
add {"cross_entropy", "one array as both", {any(3, 4), 1}}
add {"cross_entropy", "large logits",
     {draw.given({2, 3}, {1000, 990, 0, -1000, 0, -1000}), one_hot(2, 3)}, values = true}
add {"cross_entropy", "a class that cannot be",
     {draw.given({3}, {-inf, 1, 2}), draw.given({3}, {0, 1, 0})}, values = true,
     slow = function() return {shape = {}, math.log(1 + math.exp(1))} end}

return rows
