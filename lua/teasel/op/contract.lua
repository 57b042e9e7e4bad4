-- Sums of products over common axes. All can be differentiated; all but einsum are methods too.

local core = require "teasel.core"
local argument = require "teasel.lib.argument"
local ops = require "teasel.op.composed"

local op, tensor = core.op, core.tensor
local contract = {}

-- mv(a, x): the matrix a [m n], or each of a stack [... m n], times the vector x [n]; [... m].
function contract.mv(a, x)
  a = argument.tensor("mv", "a", a, 2)
  x = argument.ranked("mv", "x", x, 1)
  if #x ~= a:size(-1) then
    argument.wrong("mv", "x", x, ("%d items, as a's rows have"):format(a:size(-1)))
  end
  local shape = a:shape()
  shape[#shape] = nil
  return op.reshape(op.matmul(a, op.reshape(x, {#x, 1})), shape)
end

-- dot(a, b): the sum of the products of two vectors' items; a number.
function contract.dot(a, b)
  a = argument.ranked("dot", "a", a, 1)
  b = argument.ranked("dot", "b", b, 1)
  if #a ~= #b then argument.wrong("dot", "b", b, ("%d items, as a has"):format(#a)) end
  return op.sum(a * b)
end

-- outer(a, b): each item of the vector a [m] times each of b [n]; [m n].
function contract.outer(a, b)
  a = argument.ranked("outer", "a", a, 1)
  b = argument.ranked("outer", "b", b, 1)
  return op.reshape(a, {#a, 1}) * op.reshape(b, {1, #b})
end

-- trace(x): the sum of the diagonal of a square matrix [n n], or of each of a stack [... n n].
function contract.trace(x)
  x = argument.tensor("trace", "x", x, 2)
  local n = x:size(-1)
  if x:size(-2) ~= n then argument.wrong("trace", "x", x, "square matrices") end
  return op.sum(x * ops.eye(n), {-2, -1})
end

-- einsum

-- the letters of a part of the formula, as a list
local function letters_of(formula, part)
  if part:find "[^%a]" then
    argument.wrong("einsum", "formula", formula, "letters, commas and one '->'")
  end
  local list = {}
  for letter in part:gmatch "%a" do list[#list + 1] = letter end
  return list
end

-- "ij,jk->ik" -> the letters of each operand, and those of the result
local function parse(formula)
  if type(formula) ~= "string" then
    argument.wrong("einsum", "formula", formula, 'a string such as "ij,jk->ik"')
  end
  local left, right = formula:gsub("%s", ""), nil
  if left:find "%->" then left, right = left:match "^(.-)%->(.*)$" end
  local operands, seen = {}, {}
  for part in (left .. ","):gmatch "(.-)," do
    local list = letters_of(formula, part)
    for _, letter in ipairs(list) do seen[letter] = (seen[letter] or 0) + 1 end
    operands[#operands + 1] = list
  end
  if right then
    local result, twice = letters_of(formula, right), {}
    for _, letter in ipairs(result) do
      if not seen[letter] or twice[letter] then
        argument.wrong("einsum", "formula", formula,
          ("a result whose letters are each in an operand, and once: '%s'"):format(letter))
      end
      twice[letter] = true
    end
    return operands, result
  end
  local result = {}
  for letter, count in pairs(seen) do
    if count == 1 then result[#result + 1] = letter end
  end
  table.sort(result)
  return operands, result
end

local function set_of(list)
  local set = {}
  for _, letter in ipairs(list) do set[letter] = true end
  return set
end

-- x, of these letters, without those that are not in `needed`: they are summed over
local function reduced(x, letters, needed)
  local axes, kept = {}, {}
  for d, letter in ipairs(letters) do
    if needed[letter] then kept[#kept + 1] = letter else axes[#axes + 1] = d end
  end
  return #axes > 0 and op.sum(x, axes) or x, kept
end

-- x with its axes in the order of other letters
local function ordered(x, letters, wanted)
  local place, order, same = {}, {}, true
  for d, letter in ipairs(letters) do place[letter] = d end
  for d, letter in ipairs(wanted) do
    order[d] = place[letter]
    same = same and order[d] == d
  end
  return same and x or op.permute(x, order)
end

-- x with each letter once: of repeated ones the diagonal
local function diagonal(x, letters)
  local first, kept = {}, {}
  for _, letter in ipairs(letters) do
    local at = first[letter]
    if at then
      local n, shape = x:size(at), {}
      for e = 1, x:rank() do shape[e] = 1 end
      shape[at], shape[#kept + 1] = n, n
      x = op.sum(x * op.reshape(ops.eye(n), shape), #kept + 1)
    else
      kept[#kept + 1] = letter
      first[letter] = #kept
    end
  end
  return x, kept
end

-- the product of x and y, summed over the letters that nobody needs later: one matrix product
local function pair(x, of_x, y, of_y, needed, size)
  local in_x, in_y = set_of(of_x), set_of(of_y)
  local function also(set) return setmetatable({}, {__index = function(_, letter)
    return needed[letter] or set[letter]
  end}) end
  x, of_x = reduced(x, of_x, also(in_y))
  y, of_y = reduced(y, of_y, also(in_x))
  local batch, left, right, inner = {}, {}, {}, {}
  for _, letter in ipairs(of_x) do
    local list = not in_y[letter] and left or needed[letter] and batch or inner
    list[#list + 1] = letter
  end
  for _, letter in ipairs(of_y) do
    if not in_x[letter] then right[#right + 1] = letter end
  end
  local function join(...)
    local all, shape = {}, {}
    for k, list in ipairs{...} do
      shape[k] = 1
      for _, letter in ipairs(list) do
        all[#all + 1] = letter
        shape[k] = shape[k] * size[letter]
      end
    end
    return all, shape
  end
  local x_order, x_shape = join(batch, left, inner)
  local y_order, y_shape = join(batch, inner, right)
  local z = op.matmul(op.reshape(ordered(x, of_x, x_order), x_shape),
    op.reshape(ordered(y, of_y, y_order), y_shape))
  local letters, shape = join(batch, left, right), {}
  for d, letter in ipairs(letters) do shape[d] = size[letter] end
  return op.reshape(z, shape), letters
end

-- einsum(formula, x, y, ...): Einstein's sum, as in numpy: "ij,jk->ik" is a matrix product, "ii" a
-- trace, "i,j->ij" an outer product, "bij,bjk->bik" a stack of products. A letter stands for an
-- axis; those that the result does not have are summed over. Without "->" the result has the
-- letters that occur once, in the order of the alphabet. Operands are multiplied from the left, two
-- at a time, as matrix products. There is no "...".
function contract.einsum(formula, ...)
  local operands, result = parse(formula)
  local xs, size = {...}, {}
  if #xs ~= #operands then
    argument.wrong("einsum", "formula", formula, ("%d operands, as were given"):format(#xs))
  end
  for k, letters in ipairs(operands) do
    xs[k] = argument.ranked("einsum", "x" .. k, xs[k], #letters)
    for d, letter in ipairs(letters) do
      local n = xs[k]:size(d)
      if size[letter] and size[letter] ~= n then
        argument.wrong("einsum", "x" .. k, xs[k], ("%d items along '%s', as before")
          :format(size[letter], letter))
      end
      size[letter] = n
    end
    xs[k], operands[k] = diagonal(xs[k], letters)
  end
  local x, letters = xs[1], operands[1]
  for k = 2, #xs do
    local needed = set_of(result)
    for later = k + 1, #xs do
      for _, letter in ipairs(operands[later]) do needed[letter] = true end
    end
    x, letters = pair(x, letters, xs[k], operands[k], needed, size)
  end
  x, letters = reduced(x, letters, set_of(result))
  return ordered(x, letters, result)
end

for name, f in pairs(contract) do
  if name ~= "einsum" then tensor.methods[name] = f end
end

return contract
