-- Rows of the fused layers: products with a bias and a rectifier, batch normalisation, and the
-- derivatives that these need. At a kink differences do not tell: operands are drawn so that
-- nothing lies near one.

local draw = require "spec.draw"

local any = draw.any
local away = draw.around(0.1, 2)

local rows = {}

local function add(row)
  row.float = row.float or 1e-5
  rows[#rows + 1] = row
end

add {"gate", "slope 0", {any(3, 4), away(3, 4)}, still = {2}}
add {"gate", "a slope", {any(2, 3), away(2, 3)}, with = {slope = 0.2}, still = {2}}
add {"gate", "at 0 the slope", {any(3), draw.given({3}, {0, 1, -1})}, with = {slope = 0.3},
     only = {1}}
add {"gate", "what is shut off, and what is not", {
  draw.given({6}, {1 / 0, -1 / 0, 0 / 0, 1 / 0, -1 / 0, 0 / 0}),
  draw.given({6}, {-1, 0, -2, 1, 2, 3})
}, values = true}
add {"gate", "one array twice", {away(4), 1}, values = true}
add {"gate", "no items", {any(0, 2), any(0, 2)}, still = {2}}
add {"gate", "several parallel pieces", {any(70000), away(70000)}, with = {slope = 0.1},
     values = true}

add {"lincomb", "two numbers", {any(3, 2), any(3, 2)}, with = {a = 0.7, b = -1.3}}
add {"lincomb", "one array twice", {any(3), 1}, with = {a = 2, b = 0.5}}
add {"lincomb", "several parallel pieces", {any(70000), any(70000)}, with = {a = 0.9, b = 0.1},
     values = true}
add {"over_root", "nothing said", {any(3, 2), draw.between(0.5, 2)(3, 2)}}
add {"over_root", "two numbers", {any(4), draw.between(0.5, 2)(4)}, with = {a = 3, b = 0.2}}
add {"over_root", "at 0 flat", {any(3), draw.given({3}, {0, 1, 4})}, with = {a = 4, b = 0.5},
     gradient = function(w, u)
       local function slope(i, s) return -w[i] * u[i] / (s + 0.5) ^ 2 * 4 / (2 * s) end
       return {[2] = {shape = u.shape, 0, slope(2, 2), slope(3, 4)}}
     end, only = {2}}
add {"over_root", "no items", {any(0), any(0)}}

for _, slope in ipairs {1, 0, 0.2} do
  local name = ", slope " .. slope
  local with = {slope = slope}
  add {"linear", "a batch" .. name, {any(4, 3), any(3, 5), any(5)}, with = with}
  add {"linear", "more axes" .. name, {any(2, 2, 3), any(3, 2), any(2)}, with = with}
  add {"conv_bias", "strides, padding" .. name, {any(2, 4, 4, 2), any(3, 3, 2, 3), any(3)},
       with = {stride = 2, pad = 1, slope = slope}}
  add {"deconv_bias", "strides, padding" .. name, {any(2, 2, 2, 3), any(4, 4, 2, 3), any(2)},
       with = {stride = 2, pad = 1, slope = slope}}
  add {"batch_norm", "features" .. name, {any(5, 3), any(3), away(3)}, with = with}
  add {"batch_norm", "images" .. name, {any(2, 2, 3, 2), any(2), away(2)},
       with = {eps = 1e-3, slope = slope}}
end
add {"linear", "nothing said", {any(2, 3), any(3, 2), any(2)}}
add {"linear", "no rows", {any(0, 3), any(3, 2), any(2)}}
add {"linear", "no products", {any(2, 0), any(0, 3), any(3)}}
add {"linear", "minus infinity and nothing", {draw.given({2, 1}, {-math.huge, 0 / 0}),
     draw.given({1, 1}, {1}), draw.given({1}, {0})}, with = {slope = 0}, values = true,
     slow = function() return {shape = {2, 1}, 0, 0 / 0} end}
add {"linear", "several parallel pieces", {any(300, 3), any(3, 150), any(150)},
     with = {slope = 0.1}, values = true}
add {"linear", "few outputs in several parallel pieces", {any(11000, 1), any(1, 3), any(3)},
     with = {slope = 0.1}, values = true}
add {"conv_bias", "nothing said", {any(1, 3, 3, 2), any(2, 2, 2, 2), any(2)}}
add {"conv_bias", "no channels out", {any(1, 3, 3, 2), any(2, 2, 2, 0), any(0)}}
add {"deconv_bias", "a size", {any(1, 2, 2, 1), any(2, 2, 1, 1), any(1)},
     with = {stride = 2, size = {5, 4}}}
add {"batch_norm", "one item", {any(1, 2), any(2), any(2)}, floor = 1}
add {"batch_norm", "no items", {any(0, 3), any(3), any(3)}}
add {"batch_norm", "several chunks", {any(900, 40), any(40), any(40)}, with = {slope = 0.1},
     values = true}
add {"batch_norm", "a mean far from 0", {draw.between(99, 101)(600, 30), any(30), any(30)},
     floor = 1, float = 2e-4, double = 1e-11, values = true}

for _, op in ipairs {"normalize_x", "normalize_dot"} do
  add {op, "all axes", {any(3, 4), any(3, 4)}}
  add {op, "a batch", {any(5, 3), any(5, 3)}, with = {axes = 1}}
  add {op, "all but channels", {any(2, 2, 3, 2), any(2, 2, 3, 2)}, with = {axes = {1, 2, 3}}}
  add {op, "each image and channel", {any(2, 2, 3, 2), any(2, 2, 3, 2)}, with = {axes = {2, 3}}}
  add {op, "the last axis", {any(3, 5), any(3, 5)}, with = {axes = -1}}
  add {op, "a large eps", {any(4, 3), any(4, 3)}, with = {axes = 1, eps = 0.5}}
  add {op, "one array twice", {any(4, 3), 1}, with = {axes = 1}, floor = 1}
  add {op, "no items", {any(0, 3), any(0, 3)}, with = {axes = 1}}
  add {op, "no groups", {any(3, 0), any(3, 0)}, with = {axes = 1}}
  add {op, "a long last axis", {any(2, 77), any(2, 77)}, with = {axes = 2}, values = true,
       floor = 1}
  add {op, "several chunks", {any(900, 40), any(900, 40)}, with = {axes = 1}, values = true,
       floor = 100}
end

return rows
