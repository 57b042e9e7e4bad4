-- slope(f, x [, step = 1e-3]): whether the gradient of f, a number, in a tree of tensors x is that
-- of 4-point differences along three random directions; only in the double build, elsewhere nothing
-- is asked. True, or nil and what is wrong: assert(slope(f, x)).

local core = require "teasel.core"
local grad = require "teasel.grad"
local tree = require "teasel.tree"

local STEP, TOLERANCE, SMALL = 1e-3, 1e-8, 1e-2

return function(f, x, step)
  local h = step or STEP
  if not core.double then return true end
  local g = grad.grad(f)(x)
  for i = 1, 3 do
    local stream = core.rand.stream(i, "direction")
    local v = tree.map(function(t) return stream:normal(t:shape()) end, x)
    local function at(s) return f(tree.map(function(t, d) return t + d * s end, x, v)):item() end
    local wanted = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    local got = grad.inner(g, v):item()
    if not (math.abs(got - wanted) <= TOLERANCE * math.max(math.abs(wanted), SMALL)) then
      return nil, ("direction %d: got the slope %.15g, wanted %.15g"):format(i, got, wanted)
    end
  end
  return true
end
