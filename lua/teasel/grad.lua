-- Derivatives as functions of functions. There is no tape and no state to reset: while f runs,
-- every tensor made from its first argument remembers the op and the operands that made it.
-- Everything here works inside itself, so derivatives of any order are written by nesting.
--
-- The first argument of f is what is differentiated: a tensor or a tree of tensors. Further
-- arguments are passed on and held constant. A gradient within a loss is differentiated with it, as
-- in the gradient penalty of a critic (Gulrajani et al. 2017):
--
--   local function penalty(params, x)   -- images x [n h w c]; critic(params, x) -> [n 1]
--     local slope = T.grad(function(y) return T.sum(critic(params, y)) end)(x)
--     local norm = T.sqrt(T.sum(T.square(slope), {2, 3, 4}) + 1e-12)
--     return T.mean(T.square(norm - 1))
--   end

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local tree = require "teasel.tree"
local walk = require "teasel.lib.walk"

local trace, finished, back = walk.trace, walk.finished, walk.back
local constant = core.grad.constant
local op, methods = core.op, core.tensor.methods
local ones = core.tensor.ones

local grad = {}

local function wrong(who, what, got, wanted)
  if tree.is_tensor(got) then got = "a tensor [" .. table.concat(got:shape(), " ") .. "]"
  elseif got ~= nil then got = "a " .. type(got) end
  fail("%s: got %s %s, wanted %s", who, got, what, wanted)
end

local function check_tree(who, x)
  if not tree.is_tensor(x) and type(x) ~= "table" then
    wrong(who, "to differentiate in", x, "a tensor or a tree of tensors")
  end
end

local function gradients(who, f, x, ...)
  check_tree(who, x)
  local variables, results, pieces = trace(f, x, ...)
  local loss = results[1]
  if not tree.is_tensor(loss) or loss:size() ~= 1 then
    wrong(who, "from the function", loss, "a tensor of one item")
  end
  local seed = methods.to(ones(methods.shape(loss)), methods.place(loss))
  local g = back({loss}, {seed}, variables, pieces)
  return tree.build(x, g), results
end

-- value_and_grad(f)(x, ...) -> f's value, gradient in x (a tree like x), f's further results
function grad.value_and_grad(f)
  check.callable("value_and_grad", "f", f)
  return function(x, ...)
    local g, results = gradients("value_and_grad", f, x, ...)
    for i = 1, results.n do results[i] = finished(results[i]) end
    return results[1], g, table.unpack(results, 2, results.n)
  end
end

-- grad(f)(x, ...) -> gradient in x, f's further results
function grad.grad(f)
  check.callable("grad", "f", f)
  return function(x, ...)
    local g, results = gradients("grad", f, x, ...)
    for i = 2, results.n do results[i] = finished(results[i]) end
    return g, table.unpack(results, 2, results.n)
  end
end

-- vjp(f, x, ...) -> value, pullback, f's further results. The value may be a tree; pullback(v),
-- with v of its form, is the gradient of <v, value> in x. One forward pass serves any number of
-- pullbacks, and what is never pulled back is never computed.
function grad.vjp(f, x, ...)
  check.callable("vjp", "f", f)
  check_tree("vjp", x)
  local variables, results, pieces = trace(f, x, ...)
  local outputs = tree.leaves(results[1])
  if #outputs == 0 then
    wrong("vjp", "from the function", results[1], "a tensor or a tree of tensors")
  end
  local function pullback(v)
    local own = table.move(pieces, 1, #pieces, 1, {})
    return tree.build(x, back(outputs, tree.leaves(v), variables, own))
  end
  for i = 1, results.n do results[i] = finished(results[i]) end
  return results[1], pullback, table.unpack(results, 2, results.n)
end

-- jvp(f, x, v) -> value, directional derivative of f at x along v (trees like x and the value).
-- The pullback is linear in its argument, so its own pullback is the derivative wanted.
function grad.jvp(f, x, v)
  check.callable("jvp", "f", f)
  check.tree("jvp", "x", x)
  check.tree("jvp", "v", v)
  local value, pullback = grad.vjp(f, x)
  local zeros = tree.map(walk.zeros, value)
  local _, push = grad.vjp(pullback, zeros)
  return value, push(v)
end

-- <a, b> summed over two trees of one form
function grad.inner(a, b)
  check.tree("inner", "a", a)
  check.tree("inner", "b", b)
  local sum, first, second = core.tensor.tensor(0), tree.leaves(a), tree.leaves(b)
  if #first ~= #second then
    fail("inner: got trees of %d and %d tensors, wanted two of one form", #first, #second)
  end
  for i, x in ipairs(first) do sum = sum + op.sum(x * second[i]) end
  return sum
end

-- hvp(f, x, v, ...) -> the Hessian of f at x times v (a tree like x)
function grad.hvp(f, x, v, ...)
  check.callable("hvp", "f", f)
  check.tree("hvp", "x", x)
  check.tree("hvp", "v", v)
  return (grad.grad(function(y, ...) return grad.inner(grad.grad(f)(y, ...), v) end)(x, ...))
end

-- recompute(f, ...) -> f(...), of which a derivative keeps only the results, in the place of all
-- that was computed on the way: the walk back runs f a second time, and goes through it then.
-- Memory is so that of the results and of one such f at a time, for the time of f once more: for
-- the steps of an unrolled optimizer, or the blocks of a deep network. f's results are trees; what
-- it reads, as arguments or from around it, may be differentiated as usual, to any order. f has to
-- give the same the second time, which is checked: it may draw from stream:split "name" but not
-- from a stream that goes on, and leaves running statistics alone; and it cannot yield. Griewank &
-- Walther 2000; Chen et al. 2016, "Training deep nets with sublinear memory cost"
function grad.recompute(f, ...)
  check.callable("recompute", "f", f)
  return walk.run(f, ...)
end

-- The tree x without its history: constant for whatever derivative is being taken.
function grad.stop_gradient(x) return tree.map(constant, x) end

return grad
