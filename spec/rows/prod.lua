-- Rows of the bilinear ops: matmul and the convolution family.

local draw = require "spec.draw"

local any = draw.any

local rows = {}

local function add(row)
  row.float = row.float or 1e-5
  rows[#rows + 1] = row
end

for _, t in ipairs {{false, false}, {true, false}, {false, true}, {true, true}} do
  local ta, tb = t[1], t[2]
  local with = {ta = ta, tb = tb}
  local name = (ta and "a'" or "a") .. (tb and " b'" or " b")
  local function a(m, k, ...)
    local s = {...}
    table.move(ta and {k, m} or {m, k}, 1, 2, #s + 1, s)
    return any(table.unpack(s))
  end
  local function b(k, n, ...)
    local s = {...}
    table.move(tb and {n, k} or {k, n}, 1, 2, #s + 1, s)
    return any(table.unpack(s))
  end
  add {"matmul", name, {a(2, 3), b(3, 4)}, with = with}
  add {"matmul", name .. ", batches", {a(2, 3, 2), b(3, 2, 2)}, with = with}
  add {"matmul", name .. ", one matrix for the batch", {a(2, 3), b(3, 2, 3)}, with = with}
  add {"matmul", name .. ", a batch for one matrix", {a(2, 3, 3), b(3, 2)}, with = with}
  add {"matmul", name .. ", batches in turn", {a(1, 2, 2, 1), b(2, 2, 3)}, with = with}
  add {"matmul", name .. ", sizes of 1", {a(1, 1), b(1, 1)}, with = with}
  add {"matmul", name .. ", a sum of nothing", {a(2, 0), b(0, 3)}, with = with}
  add {"matmul", name .. ", no rows", {a(0, 2), b(2, 3)}, with = with}
  add {"matmul", name .. ", an empty batch", {a(2, 2, 0), b(2, 3, 1)}, with = with}
  add {"matmul", name .. ", one matrix twice", {any(3, 3), 1}, with = with}
  add {"matmul", name .. ", large", {a(35, 150), b(150, 37)}, with = with, values = true}
end
add {"matmul", "nothing said", {any(2, 3), any(3, 2)}}

-- title, images [n h w c], kernels [kh kw c o], attributes
local convs = {
  {"a kernel of 1 x 1", {2, 3, 2, 2}, {1, 1, 2, 3}},
  {"a square kernel", {1, 4, 5, 2}, {3, 3, 2, 2}, {}},
  {"strides", {1, 5, 5, 2}, {2, 2, 2, 2}, {stride = 2}},
  {"uneven strides", {1, 5, 6, 1}, {2, 3, 1, 2}, {stride = {1, 3}}},
  {"a stride beyond the kernel", {1, 5, 5, 2}, {1, 1, 2, 1}, {stride = 3}},
  {"padding", {1, 3, 3, 2}, {3, 3, 2, 2}, {pad = 1}},
  {"uneven padding", {1, 3, 4, 2}, {2, 3, 2, 1}, {pad = {1, 2}}},
  {"padding by sides", {1, 3, 4, 1}, {2, 3, 1, 2}, {stride = {2, 1}, pad = {0, 1, 2, 1}}},
  {"same", {1, 4, 3, 2}, {3, 2, 2, 2}, {pad = "same"}},
  {"same with strides", {1, 5, 4, 1}, {4, 3, 1, 2}, {stride = 2, pad = "same"}},
  {"same with a stride beyond the kernel", {1, 5, 4, 1}, {1, 2, 1, 2}, {stride = 3, pad = "same"}},
  {"rows that no window reaches", {1, 6, 6, 1}, {2, 2, 1, 1}, {stride = 3}},
  {"a batch", {3, 3, 3, 1}, {2, 2, 1, 2}},
  {"nine channels", {1, 3, 3, 9}, {2, 2, 9, 2}},
  {"nine channels, strides and padding", {1, 4, 4, 9}, {3, 3, 9, 1}, {stride = 2, pad = 1}},
  {"strides beyond the image", {1, 1, 3, 9}, {3, 1, 9, 1}, {stride = {3, 2}, pad = {4, 3, 1, 1}}},
  {"one item", {1, 1, 1, 1}, {1, 1, 1, 1}},
  {"no images", {0, 3, 3, 2}, {2, 2, 2, 2}},
  {"images of no height", {1, 0, 3, 2}, {2, 2, 2, 2}},
  {"images of no height, padding", {1, 0, 3, 1}, {2, 2, 1, 2}, {pad = 1}},
  {"no channels in", {1, 3, 3, 0}, {2, 2, 0, 2}},
  {"no channels out", {1, 3, 3, 2}, {2, 2, 2, 0}},
  {"a kernel larger than the image", {1, 2, 2, 1}, {3, 3, 1, 2}},
  {"many channels", {1, 6, 6, 16}, {3, 3, 16, 17}, {pad = 1}, values = true},
}

for _, case in ipairs(convs) do
  local title, xs, ws, with = table.unpack(case)
  local kernel = {ws[1], ws[2]}
  local slow = require "spec.slow"
  local zeros = require("spec.slow.array").zeros
  local ys = slow.conv(zeros(xs), zeros(ws), with or {}).shape
  local x, w, y = any(table.unpack(xs)), any(table.unpack(ws)), any(table.unpack(ys))
  local function given(size)
    local all = {size = size}
    for k, v in pairs(with or {}) do all[k] = v end
    return all
  end
  add {"conv", title, {x, w}, with = with, values = case.values}
  add {"conv_w", title, {x, y}, with = given(kernel), values = case.values}
  if xs[2] > 0 and xs[3] > 0 then
    add {"conv_x", title, {y, w}, with = given {xs[2], xs[3]}, values = case.values}
  end
end

add {"conv_x", "the smallest image", {any(1, 2, 3, 2), any(3, 2, 2, 2)}, with = {stride = 2}}
add {"conv_x", "nothing said", {any(1, 2, 2, 2), any(2, 2, 3, 2)}}
add {"conv_x", "same, a stride for each item", {any(1, 2, 3, 2), any(4, 3, 1, 2)},
     with = {stride = 2, pad = "same"}}
add {"conv_x", "padding that eats the image", {any(1, 1, 1, 2), any(2, 2, 1, 2)}, with = {pad = 1}}
add {"conv", "one array as images and kernels", {any(2, 2, 2, 2), 1}}
add {"conv_x", "one array as images and kernels", {any(2, 2, 2, 2), 1}}
add {"conv_w", "one array as both images", {any(2, 2, 2, 2), 1}, with = {size = 1}}
add {"conv_w", "one number for the size", {any(1, 3, 3, 2), any(1, 2, 2, 1)}, with = {size = 2}}

return rows
