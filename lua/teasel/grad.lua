-- Derivatives as functions of functions. There is no tape and no state to reset: while f runs,
-- every tensor made from its first argument remembers the op and the operands that made it.
-- Everything here works inside itself, so derivatives of any order are written by nesting.
--
-- The first argument of f is what is differentiated: a tensor or a tree of tensors. Further
-- arguments are passed on and held constant.

local core = require "teasel.core"
local tree = require "teasel.tree"

local record, recording, leaf = core.grad.record, core.grad.recording, core.grad.leaf
local constant, backward = core.grad.constant, core.grad.backward
local op, methods = core.op, core.tensor.methods
local ones = core.tensor.ones

local grad = {}

-- Calls f with a fresh variable in place of every tensor of x. Returns the variables and f's
-- results, in a table. The recording ends whether f returns or raises.
local function trace(f, x, ...)
  local variables = tree.map(leaf, x)
  record(true)
  local results = table.pack(pcall(f, variables, ...))
  record(false)
  if not results[1] then error(results[2], 0) end
  return tree.leaves(variables), results
end

-- Values that leave the outermost derivative forget their history.
local function finished(value)
  return recording() and value or tree.map(constant, value)
end

local function check_loss(who, loss)
  if not tree.is_tensor(loss) or loss:size() ~= 1 then
    local got = tree.is_tensor(loss) and tostring(loss) or type(loss)
    error(("%s: got %s from the function, wanted a tensor of one item"):format(who, got), 0)
  end
end

local function gradients(who, f, x, ...)
  local variables, results = trace(f, x, ...)
  local loss = results[2]
  check_loss(who, loss)
  local g = backward({loss}, {ones(methods.shape(loss))}, variables)
  return tree.build(x, g), results
end

-- value_and_grad(f)(x, ...) -> f's value, gradient in x (a tree like x), f's further results
function grad.value_and_grad(f)
  return function(x, ...)
    local g, results = gradients("value_and_grad", f, x, ...)
    for i = 2, results.n do results[i] = finished(results[i]) end
    return results[2], g, table.unpack(results, 3, results.n)
  end
end

-- grad(f)(x, ...) -> gradient in x, f's further results
function grad.grad(f)
  return function(x, ...)
    local g, results = gradients("grad", f, x, ...)
    for i = 3, results.n do results[i] = finished(results[i]) end
    return g, table.unpack(results, 3, results.n)
  end
end

-- vjp(f, x, ...) -> value, pullback, f's further results. The value may be a tree; pullback(v),
-- with v of its form, is the gradient of <v, value> in x. One forward pass serves any number of
-- pullbacks, and what is never pulled back is never computed.
function grad.vjp(f, x, ...)
  local variables, results = trace(f, x, ...)
  local value = results[2]
  local outputs = tree.leaves(value)
  local function pullback(v)
    return tree.build(x, backward(outputs, tree.leaves(v), variables))
  end
  for i = 2, results.n do results[i] = finished(results[i]) end
  return results[2], pullback, table.unpack(results, 3, results.n)
end

-- jvp(f, x, v) -> value, directional derivative of f at x along v (trees like x and the value).
-- The pullback is linear in its argument, so its own pullback is the derivative wanted.
function grad.jvp(f, x, v)
  local value, pullback = grad.vjp(f, x)
  local zeros = tree.map(function(y) return core.tensor.zeros(y:shape()) end, value)
  local _, push = grad.vjp(pullback, zeros)
  return value, push(v)
end

-- <a, b> summed over two trees of one form
function grad.inner(a, b)
  local sum = core.tensor.tensor(0)
  local list = tree.leaves(b)
  for i, x in ipairs(tree.leaves(a)) do sum = sum + op.sum(x * list[i]) end
  return sum
end

-- hvp(f, x, v, ...) -> the Hessian of f at x times v (a tree like x)
function grad.hvp(f, x, v, ...)
  return (grad.grad(function(y, ...) return grad.inner(grad.grad(f)(y, ...), v) end)(x, ...))
end

-- A tree without its history: constant for whatever derivative is being taken.
function grad.stop_gradient(x) return tree.map(constant, x) end

return grad
