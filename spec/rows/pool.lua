-- Rows of the pooling ops.

local draw = require "spec.draw"
local slow = require "spec.slow"
local array = require "spec.slow.array"

local any = draw.any

-- title, images [n h w c], attributes
local cases = {
  {"windows side by side", {2, 4, 4, 2}, {kernel = 2, stride = 2}},
  {"windows that overlap", {1, 3, 4, 2}, {kernel = 2}},
  {"an uneven kernel", {1, 4, 5, 1}, {kernel = {2, 3}, stride = {2, 1}}},
  {"windows apart", {1, 5, 6, 1}, {kernel = 1, stride = {2, 3}}},
  {"rows that no window reaches", {1, 5, 5, 1}, {kernel = 2, stride = 2}},
  {"padding", {1, 4, 4, 1}, {kernel = 3, stride = 2, pad = 1}},
  {"uneven padding", {1, 3, 4, 2}, {kernel = {2, 3}, pad = {1, 2}}},
  {"padding by sides", {1, 3, 4, 1}, {kernel = {2, 3}, stride = {1, 2}, pad = {1, 0, 2, 1}}},
  {"a kernel of 1", {1, 2, 3, 2}, {kernel = 1}},
  {"one window", {2, 3, 2, 2}, {kernel = {3, 2}}},
  {"one item", {1, 1, 1, 1}, {kernel = 1}},
  {"no images", {0, 3, 3, 2}, {kernel = 2}},
  {"images of no height", {1, 0, 3, 2}, {kernel = 2}},
  {"no channels", {1, 3, 3, 0}, {kernel = 2}},
  {"a kernel larger than the image", {1, 2, 2, 1}, {kernel = 3}},
}

local rows = {}

for _, case in ipairs(cases) do
  local title, xs, with = table.unpack(case)
  local x = draw.apart(table.unpack(xs))
  -- a choice in every window, of numbers with nothing to do with x
  local function which(rand) return slow.pool_which(any(table.unpack(xs))(rand), with) end
  local y = any(table.unpack(slow.sum_pool(array.zeros(xs), with).shape))
  local wide = {size = xs[2] > 0 and {xs[2], xs[3]} or nil}
  for k, v in pairs(with) do wide[k] = v end
  rows[#rows + 1] = {"sum_pool", title, {x}, with = with}
  rows[#rows + 1] = {"spread", title, {y}, with = wide}
  rows[#rows + 1] = {"pool_which", title, {x}, with = with}
  rows[#rows + 1] = {"pool_take", title, {x, which}, with = with, still = {2}}
  rows[#rows + 1] = {"pool_put", title, {y, which}, with = wide, still = {2}}
end

local more = {
  {"spread", "the smallest image", {any(1, 2, 3, 2)}, with = {kernel = {3, 2}, stride = 2}},
  {"pool_put", "the smallest image", {any(1, 2, 3, 2), draw.integers(1, 6)(1, 2, 3, 2)},
   with = {kernel = {3, 2}, stride = 2}, still = {2}},
  {"pool_take", "choices outside of the window, which give 0",
   {any(1, 4, 4, 1), draw.given({1, 2, 2, 1}, {0, 5, 0 / 0, 1.5})},
   with = {kernel = 2, stride = 2}, values = true,
   slow = function() return array.zeros {1, 2, 2, 1} end},
  {"pool_which", "ties, of which the first counts", {draw.integers(0, 1)(2, 4, 6, 2)},
   with = {kernel = 2, stride = 2}},
}

return table.move(more, 1, #more, #rows + 1, rows)
