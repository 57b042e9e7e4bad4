-- Rows of what is put together in Lua and can be differentiated. They are like those of the ops
-- (see spec/rows.lua), but {name, title, operands, f = function, slow = reference}, where f takes
-- tensors and gives one.

local T = require "teasel"
local array = require "spec.slow.array"
local draw = require "spec.draw"
local slow = require "spec.slow"

local any, apart = draw.any, draw.apart
local build, item, replaced = array.build, array.item, array.replaced

local rows = {}

local function add(name, title, inputs, f, reference)
  rows[#rows + 1] = {name, title, inputs, f = f, slow = reference, float = 1e-5, double = 1e-12}
end

-- a reference by index: the shape, and which item of x stands at an index
local function picked(shape, from)
  return function(x)
    return build(shape, function(index) return item(x, from(index)) end)
  end
end

-- parts

add("index", "a row", {any(3, 4)}, function(x) return x[-1] end,
  picked({4}, function(i) return {3, i[1]} end))
add("index", "integers and ranges", {any(3, 4, 2)}, function(x) return x[{2, {2, -1}, {}}] end,
  picked({3, 2}, function(i) return {2, i[1] + 1, i[2]} end))
add("index", "a range of one, the other axes left out", {any(3, 4)},
  function(x) return x[{{2}}] end, picked({1, 4}, function(i) return {2, i[2]} end))
add("index", "integers everywhere", {any(3, 4)}, function(x) return x[{3, -4}] end,
  picked({}, function() return {3, 1} end))
add("index", "a list of indices on an axis", {any(3, 4)},
  function(x) return x[{{2, 3}, T.tensor{4, 1, 4}}] end,
  picked({2, 3}, function(i) return {i[1] + 1, ({4, 1, 4})[i[2]]} end))
add("index", "a mask on an axis", {any(3, 4)},
  function(x) return x[{1, T.arange(1, 4):ge(3)}] end,
  picked({2}, function(i) return {1, i[1] + 2} end))
add("index", "a tensor of indices", {any(3, 2)}, function(x) return x[T.tensor{3, 1, 3}] end,
  picked({3, 2}, function(i) return {({3, 1, 3})[i[1]], i[2]} end))
add("index", "a matrix of indices", {any(3, 2)}, function(x) return x[T.tensor{{3, 1}, {2, 2}}] end,
  picked({2, 2, 2}, function(i) return {({{3, 1}, {2, 2}})[i[1]][i[2]], i[3]} end))
add("index", "a mask", {draw.around(0.1, 2)(3, 4)}, function(x) return x[x:gt(0)] end, function(x)
  local y = {}
  for _, v in ipairs(x) do
    if v > 0 then y[#y + 1] = v end
  end
  y.shape = {#y}
  return y
end)
add("masked_select", "a mask of the first axis", {any(3, 2)},
  function(x) return T.masked_select(x, T.tensor{1, 0, 1}) end,
  picked({2, 2}, function(i) return {2 * i[1] - 1, i[2]} end))
add("masked_select", "nothing", {any(3, 2)}, function(x) return x:masked_select(T.zeros{3}) end,
  picked({0, 2}))
add("select", "an inner axis", {any(2, 3, 2)}, function(x) return x:select(2, -1) end,
  picked({2, 2}, function(i) return {i[1], 3, i[2]} end))

-- arrangements

add("transpose", "the last two axes", {any(2, 3, 4)}, function(x) return x:transpose() end,
  picked({2, 4, 3}, function(i) return {i[1], i[3], i[2]} end))
add("transpose", "two axes", {any(2, 3, 4)}, function(x) return x:transpose(1, -1) end,
  picked({4, 3, 2}, function(i) return {i[3], i[2], i[1]} end))
add("squeeze", "all axes of size 1", {any(1, 3, 1)}, function(x) return x:squeeze() end,
  picked({3}, function(i) return {1, i[1], 1} end))
add("squeeze", "one axis", {any(1, 3, 1)}, function(x) return x:squeeze(-1) end,
  picked({1, 3}, function(i) return {1, i[2], 1} end))
add("unsqueeze", "the last axis", {any(2, 3)}, function(x) return x:unsqueeze(-1) end,
  picked({2, 3, 1}, function(i) return {i[1], i[2]} end))
add("tile", "both axes", {any(2, 3)}, function(x) return x:tile{2, 3} end,
  picked({4, 9}, function(i) return {(i[1] - 1) % 2 + 1, (i[2] - 1) % 3 + 1} end))
add("tile", "the last axis", {any(2, 3)}, function(x) return x:tile(2) end,
  picked({2, 6}, function(i) return {i[1], (i[2] - 1) % 3 + 1} end))
add("tile", "new axes", {any(2)}, function(x) return x:tile{3, 1} end,
  picked({3, 2}, function(i) return {i[2]} end))
add("roll", "an axis", {any(2, 4)}, function(x) return x:roll(1, 2) end,
  picked({2, 4}, function(i) return {i[1], (i[2] - 2) % 4 + 1} end))
add("roll", "backwards, more than once around", {any(3, 2)}, function(x) return x:roll(-4, 1) end,
  picked({3, 2}, function(i) return {i[1] % 3 + 1, i[2]} end))
add("roll", "all items", {any(2, 2)}, function(x) return x:roll(1) end,
  picked({2, 2}, function(i)
    return ({{{2, 2}, {1, 1}}, {{1, 2}, {2, 1}}})[i[1]][i[2]]
  end))
add("tensor", "tensors and a number", {any(), any()}, function(x, y) return T.tensor{x, 3, y} end,
  function(x, y) return {x[1], 3, y[1], shape = {3}} end)
add("tensor", "lists of tensors", {any(2), any(2)},
  function(x, y) return T.tensor{{x, y}, {y, x}} end,
  function(x, y)
    return {x[1], x[2], y[1], y[2], y[1], y[2], x[1], x[2], shape = {2, 2, 2}}
  end)

-- images between their pixels

-- the reference: all pixels, each by how near it is to the place
local function bilinear(x, rows, columns)
  local n, h, w, c = table.unpack(x.shape)
  return build({n, rows.shape[2], rows.shape[3], c}, function(index)
    local place, sum = {index[1], index[2], index[3]}, 0
    for i = 1, h do
      for j = 1, w do
        local near = math.max(0, 1 - math.abs(item(rows, place) - i))
          * math.max(0, 1 - math.abs(item(columns, place) - j))
        sum = sum + near * item(x, {index[1], i, j, index[4]})
      end
    end
    return sum
  end)
end

local ROWS = {1.25, 2.6, 0.7, 3.2, -1.5, 3.7, 1.8, 2.3}   -- within an image of 3 rows, and beyond
local COLUMNS = {2.4, 4.8, 1.1, 3.5, 2.2, 0.3, 5.6, 4.3}
add("grid_sample", "places inside, at the border and outside, two channels",
  {any(2, 3, 4, 2), draw.given({2, 2, 2}, ROWS), draw.given({2, 2, 2}, COLUMNS)},
  T.grid_sample, bilinear)
add("grid_sample", "more places than pixels", {any(1, 2, 1, 1), draw.given({1, 1, 8}, ROWS),
  draw.given({1, 1, 8}, COLUMNS)}, function(x, ...) return x:grid_sample(...) end, bilinear)

-- order

-- the reference: f of the sorted list of the items along an axis, which give a list of n
local function by_column(axis, n, f)
  return function(x)
    return build(replaced(x.shape, axis, n), function(index)
      local items = {}
      for i = 1, x.shape[axis] do items[i] = item(x, replaced(index, axis, i)) end
      table.sort(items)
      return f(items)[index[axis]]
    end)
  end
end

local function reversed(items)
  local list = {}
  for i, v in ipairs(items) do list[#items + 1 - i] = v end
  return list
end

local function all_of(items) return items end

add("sort", "the last axis", {apart(3, 4)}, function(x) return (x:sort()) end,
  by_column(2, 4, all_of))
add("sort", "the first, descending", {apart(3, 4)}, function(x) return (x:sort(1, true)) end,
  by_column(1, 3, reversed))
add("topk", "the largest", {apart(3, 5)}, function(x) return (x:topk(2)) end,
  by_column(2, 2, reversed))
add("topk", "the smallest of the first axis", {apart(4, 2)},
  function(x) return (x:topk(3, 1, true)) end, by_column(1, 3, all_of))

local function quantile(items, q)
  local at = 1 + q * (#items - 1)
  local low = math.floor(at)
  return items[low] + (at - low) * ((items[low + 1] or 0) - items[low])
end

local function flat(reference)
  return function(x)
    local y = array.copy(x)
    y.shape = {#x}
    y = reference(y)
    y.shape = {}
    return y
  end
end

add("median", "all of an even number", {apart(2, 3)}, function(x) return x:median() end,
  flat(by_column(1, 1, function(items) return {quantile(items, 0.5)} end)))
add("median", "an axis, kept", {apart(3, 2)}, function(x) return x:median(1, true) end,
  by_column(1, 1, function(items) return {items[2]} end))
add("quantile", "between two items", {apart(2, 4)},
  function(x) return x:quantile(0.3, 2, true) end,
  by_column(2, 1, function(items) return {quantile(items, 0.3)} end))
add("quantile", "several", {apart(6)}, function(x) return x:quantile{0, 0.25, 0.9, 1} end,
  by_column(1, 4, function(items)
    local list = {}
    for i, q in ipairs{0, 0.25, 0.9, 1} do list[i] = quantile(items, q) end
    return list
  end))

-- reductions

local function product(axis, n)
  return by_column(axis, 1, function(items)
    local p = 1
    for i = 1, n do p = p * items[i] end
    return {p}
  end)
end

add("prod", "all items", {any(2, 3)}, function(x) return x:prod() end, flat(product(1, 6)))
add("prod", "an axis of odd size, kept", {any(2, 5)}, function(x) return x:prod(2, true) end,
  product(2, 5))
add("prod", "one item", {any(2, 1)}, function(x) return x:prod(2, true) end, product(2, 1))
add("prod", "no items", {any(2, 0)}, function(x) return x:prod(2, true) end, product(2, 0))
add("prod", "zeros", {draw.given({2, 3}, {0, 2, 3, 0, 5, 0})},
  function(x) return x:prod(2, true) end, product(2, 3))
add("std", "all items", {any(2, 3)}, function(x) return x:std() end, function(x)
  local mean = slow.sum(x, {})[1] / #x
  local s = 0
  for _, v in ipairs(x) do s = s + (v - mean) ^ 2 / #x end
  return {math.sqrt(s), shape = {}}
end)
add("std", "of a sample", {any(4, 1)}, function(x) return x:std(1, false, 1) end, function(x)
  local mean = slow.sum(x, {})[1] / 4
  local s = 0
  for _, v in ipairs(x) do s = s + (v - mean) ^ 2 / 3 end
  return {math.sqrt(s), shape = {1}}
end)

-- sums of products: the reference goes through all indices of all letters

local function einsum(formula)
  local left, right = formula:match "^(.-)%->(.*)$"
  return function(...)
    local xs, letters, sizes, order = {...}, {}, {}, {}
    table.remove(xs)   -- the attributes, of which there are none
    for part in (left .. ","):gmatch "(.-)," do
      letters[#letters + 1] = part
      for d = 1, #part do
        local letter = part:sub(d, d)
        if not sizes[letter] then order[#order + 1] = letter end
        sizes[letter] = xs[#letters].shape[d]
      end
    end
    local function index_of(part, at)
      local index = {}
      for d = 1, #part do index[d] = at[part:sub(d, d)] end
      return index
    end
    local shape, full = index_of(right, sizes), {}
    for d, letter in ipairs(order) do full[d] = sizes[letter] end
    local y = array.zeros(shape)
    build(full, function(index)
      local at, v = {}, 1
      for d, letter in ipairs(order) do at[letter] = index[d] end
      for k, x in ipairs(xs) do v = v * item(x, index_of(letters[k], at)) end
      array.add_to(y, index_of(right, at), v)
    end)
    return y
  end
end

for _, row in ipairs{
  {"ij,jk->ik", "a product", any(2, 3), any(3, 4)},
  {"ij,kj->ki", "a transposed product", any(2, 3), any(4, 3)},
  {"bij,bjk->bik", "a stack of products", any(2, 2, 3), any(2, 3, 2)},
  {"i,j->ij", "an outer product", any(2), any(3)},
  {"ij,ij->", "a scalar product", any(2, 3), any(2, 3)},
  {"ij->ji", "a transposition", any(2, 3)},
  {"ij->i", "a sum", any(2, 3)},
  {"ii->i", "a diagonal", any(3, 3)},
  {"ii->", "a trace", any(3, 3)},
  {"iji->j", "a diagonal of axes apart", any(2, 3, 2)},
  {"ij,k->j", "letters that occur once", any(2, 3), any(2)},
  {"bhid,bhjd->bhij", "two letters of each kind", any(2, 1, 2, 3), any(2, 1, 3, 3)},
  {"ij,jk,kl->il", "three operands", any(2, 2), any(2, 3), any(3, 2)},
  {"i,i,i->i", "a letter in all operands and the result", any(3), any(3), any(3)},
} do
  local formula, title = row[1], row[2]
  add("einsum", title .. ": " .. formula, table.move(row, 3, #row, 1, {}),
    function(...) return T.einsum(formula, ...) end, einsum(formula))
end

add("mv", "a matrix", {any(2, 3), any(3)}, T.mv, einsum "ij,j->i")
add("mv", "a stack of matrices", {any(2, 2, 3), any(3)}, T.mv, einsum "bij,j->bi")
add("dot", "two vectors", {any(4), any(4)}, T.dot, einsum "i,i->")
add("outer", "two vectors", {any(2), any(3)}, T.outer, einsum "i,j->ij")
add("trace", "a matrix", {any(3, 3)}, T.trace, einsum "ii->")
add("trace", "a stack of matrices", {any(2, 2, 2)}, T.trace, einsum "bii->b")

for _, row in ipairs(rows) do row.op, row.title, row.inputs = table.unpack(row) end

return rows
