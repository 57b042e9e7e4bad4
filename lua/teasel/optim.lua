-- Optimizers. Each is made from its options and works on any tree of parameters:
--
--   local adam = optim.adam{lr = 1e-3}
--   local state = adam:init(params)
--   adam:update(params, grads, state)                       -- in place, one pass over memory
--   params, state = adam:step(params, grads, state)         -- new trees, differentiable
--
-- Both compute the same formula. `step` is made of ops: inside of grad one can differentiate
-- through it, which is all that unrolled optimization needs. state is {t = updates so far,
-- slots = trees like params, optimizer = name and settings of this one but for its rate}: plain
-- data, so a checkpoint can hold it. Slots of another optimizer are refused.
--
-- Options of all: lr (a number, or a function of the number of the update, from 1), l2 (weight
-- decay added to the gradient, default 0).

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local json = require "teasel.lib.json"
local names = require "teasel.lib.names"
local options = require "teasel.options"
local tree = require "teasel.tree"

local op, update, blend = core.op, core.optim.update, core.optim.blend
local has_shape = core.tensor.has_shape
local optim = {schedule = {}}

local Optimizer = {}
Optimizer.__index = Optimizer

-- The first weight that a state was made for: gradients given in the place of weights are found
-- out by it. A state that was copied or computed is not in here.
local first_weight = setmetatable({}, {__mode = "kv"})

-- adam:init(params) -> fresh state for these parameters: t = 0 and slots of 0 (adagrad: `initial`)
function Optimizer:init(params)
  local slots = {}
  for i, initial in ipairs(self.slots) do
    slots[i] = tree.map(function(p)
      return op.to(core.tensor.full(p:shape(), initial), p:place())
    end, params)
  end
  local state = {t = 0, slots = slots, optimizer = self.text}
  first_weight[state] = tree.leaves(params)[1]
  return state
end

-- rate(t) -> the learning rate of update t, a number of 0 or more or a tensor; anything else that a
-- schedule gives is an error
function Optimizer:rate(t)
  local lr = self.options.lr
  if type(lr) ~= "function" then return lr end
  local rate, what = lr(t), ("option 'lr' at update %g"):format(t)
  if type(rate) == "number" then return check.number(self.name, what, rate, 0) end
  return check.numeric(self.name, what, rate)
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- The leaves of a tree that may have more tables than that of the weights, but must have the same
-- paths of leaves.
local function by_path(who, paths, what, t)
  local list, names = tree.leaves(t)
  local same = #list == #paths
  for j, name in ipairs(names) do same = same and name == paths[j] end
  if same then return list end
  local wanted, got, odd = set_of(paths), set_of(names), ""
  for _, name in ipairs(names) do
    if not wanted[name] then odd = ("; '%s' is no weight"):format(name) end
  end
  for _, name in ipairs(paths) do
    if not got[name] then odd = ("; there is none for '%s'"):format(name) end
  end
  fail("%s: got %d %s, wanted %d, one for each weight%s", who, #list, what, #paths, odd)
end

-- an error where the tensor x was released: it has no shape any more, not even its own
local function check_held(who, name, x)
  if not has_shape(x, x) then check.wrong(who, name, x, "a tensor") end
end

-- The leaves of a tree that must have one for each weight of `params`, at its path and of its
-- shape.
local function like(who, params, weights, paths, what, t)
  local list = tree.beside(params, t) or by_path(who, paths, what, t)
  for j, w in ipairs(weights) do
    if not has_shape(list[j], w) then
      check_held(who, "params", w)
      check_held(who, ("'%s' among the %s"):format(paths[j], what), list[j])
      fail("%s: got the shape [%s] for '%s' among the %s, wanted [%s], the weight's", who,
        table.concat(list[j]:shape(), " "), paths[j], what, table.concat(w:shape(), " "))
    end
  end
  return list
end

-- The weights, and for each its gradient and the list of its slots.
local function gather(self, method, params, grads, state)
  local who = self.name .. "." .. method
  if state.optimizer ~= nil and state.optimizer ~= self.text then
    fail("%s: got slots of %s, wanted those of %s", who, tostring(state.optimizer), self.text)
  end
  local weights, paths = tree.leaves(params)
  local g, slots = like(who, params, weights, paths, "gradients", grads), {}
  if g[1] and g[1] == first_weight[state] and g[1] ~= weights[1] then
    fail("%s: got the weights in the place of the gradients, wanted params, grads, state", who)
  end
  for j in ipairs(weights) do slots[j] = {} end
  for i, slot in ipairs(state.slots) do
    for j, s in ipairs(like(who, params, weights, paths, "slots", slot)) do slots[j][i] = s end
  end
  return weights, g, slots
end

-- Moves params and the slots of state in place, by the gradients, a tree like params.
function Optimizer:update(params, grads, state)
  local weights, g, slots = gather(self, "update", params, grads, state)
  local t = state.t + 1
  local rates = self.rates(self.options, self:rate(t), t)
  for j, p in ipairs(weights) do update(self.rule, p, g[j], slots[j], rates) end
  state.t = t
end

-- New params and state; nothing is changed, everything can be differentiated.
function Optimizer:step(params, grads, state)
  local weights, g, before = gather(self, "step", params, grads, state)
  local t = state.t + 1
  local rates = self.rates(self.options, self:rate(t), t)
  local new, slots = {}, {}
  for i in ipairs(state.slots) do slots[i] = {} end
  for j, p in ipairs(weights) do
    local d = rates.l2 == 0 and g[j] or op.lincomb(g[j], p, 1, rates.l2)
    local after = table.pack(self.formula(p, d, rates, table.unpack(before[j])))
    new[j] = after[1]
    for i = 1, #slots do slots[i][j] = after[i + 1] end
  end
  for i, list in ipairs(slots) do slots[i] = tree.build(params, list) end
  return tree.build(params, new), {t = t, slots = slots, optimizer = state.optimizer}
end

-- "adam{b1 = 0.9, b2 = 0.999, eps = 1e-08, l2 = 0.0}": what slots belong to. The rate may change.
local function text_of(who, o)
  local parts = {}
  for _, name in ipairs(tree.keys(o)) do
    local value = o[name]
    if name ~= "lr" then
      parts[#parts + 1] = ("%s = %s"):format(name,
        type(value) == "number" and json.digits(value + 0.0) or tostring(value))
    end
  end
  return ("%s{%s}"):format(who, table.concat(parts, ", "))
end

-- settings that are shares of what was there before, below 1; of all others, 0 is the least
local SHARES = {b1 = true, b2 = true, momentum = true}

local function check_settings(who, o)
  check.rate(who, "option 'lr'", o.lr)
  for _, name in ipairs(tree.keys(o)) do
    local value = o[name]
    if type(value) == "number" then
      check.number(who, ("option '%s'"):format(name), value, 0)
      if value >= 1 and (SHARES[name] or who == "rmsprop" and name == "decay") then
        check.wrong(who, ("option '%s'"):format(name), value, "a number of 0 or more, below 1")
      end
    end
  end
end

local function optimizer(who, rule, given, defaults, t)
  defaults.l2 = 0.0
  defaults.lr = options.any
  local o = options.read(who, given, defaults)
  check_settings(who, o)
  return setmetatable({name = who, rule = rule, options = o, text = text_of(who, o),
    slots = t.slots(o), rates = t.rates, formula = t.formula}, Optimizer)
end

-- keep p - lr d; the rate may be a tensor, to be differentiated in
local function moved(p, d, lr, keep)
  if type(lr) == "number" then return op.lincomb(p, d, keep or 1, -lr) end
  return p * (keep or 1) - d * lr
end

-- sgd{lr}: p -= lr g
function optim.sgd(given)
  return optimizer("sgd", "sgd", given, {}, {
    slots = function() return {} end,
    rates = function(o, lr) return {lr = lr, l2 = o.l2} end,
    formula = function(p, g, r) return moved(p, g, r.lr) end,
  })
end

local function momentum(who, given, defaults)
  defaults.momentum = 0.9
  return optimizer(who, "momentum", given, defaults, {
    slots = function() return {0} end,
    rates = function(o, lr) return {lr = lr, l2 = o.l2, b1 = o.momentum, nesterov = o.nesterov} end,
    formula = function(p, g, r, v)
      v = op.lincomb(v, g, r.b1, 1)
      return moved(p, r.nesterov and op.lincomb(g, v, 1, r.b1) or v, r.lr), v
    end,
  })
end

-- momentum{lr, momentum = 0.9, nesterov = false} (Polyak 1964; Sutskever et al. 2013):
-- v = momentum v + g;  p -= lr v, or with nesterov p -= lr (g + momentum v)
function optim.momentum(given) return momentum("momentum", given, {nesterov = false}) end
-- nesterov{lr, momentum = 0.9}: momentum with nesterov = true
function optim.nesterov(given) return momentum("nesterov", given, {nesterov = true}) end

-- adagrad{lr, eps = 1e-10, initial = 0} (Duchi et al. 2011): s += g^2;  p -= lr g / (sqrt s + eps).
-- TensorFlow starts s at 0.1, PyTorch at 0.
function optim.adagrad(given)
  return optimizer("adagrad", "adagrad", given, {eps = 1e-10, initial = 0.0}, {
    slots = function(o) return {o.initial} end,
    rates = function(o, lr) return {lr = lr, l2 = o.l2, eps = o.eps} end,
    formula = function(p, g, r, s)
      s = s + op.square(g)
      return moved(p, op.over_root(g, s, 1, r.eps), r.lr), s
    end,
  })
end

-- rmsprop{lr, decay = 0.99, eps = 1e-8} (Tieleman & Hinton 2012):
-- s = decay s + (1 - decay) g^2;  p -= lr g / (sqrt s + eps)
function optim.rmsprop(given)
  return optimizer("rmsprop", "rmsprop", given, {decay = 0.99, eps = 1e-8}, {
    slots = function() return {0} end,
    rates = function(o, lr) return {lr = lr, l2 = o.l2, b1 = o.decay, eps = o.eps} end,
    formula = function(p, g, r, s)
      s = op.lincomb(s, op.square(g), r.b1, 1 - r.b1)
      return moved(p, op.over_root(g, s, 1, r.eps), r.lr), s
    end,
  })
end

local function adam(who, given, defaults)
  defaults.b1, defaults.b2, defaults.eps = 0.9, 0.999, 1e-8
  return optimizer(who, "adam", given, defaults, {
    slots = function() return {0, 0} end,
    rates = function(o, lr, t)
      return {lr = lr / (1 - o.b1 ^ t), fix = 1 / (1 - o.b2 ^ t), b1 = o.b1, b2 = o.b2,
        eps = o.eps, l2 = o.l2, keep = 1 - lr * (o.decay or 0)}
    end,
    formula = function(p, g, r, m, v)
      m = op.lincomb(m, g, r.b1, 1 - r.b1)
      v = op.lincomb(v, op.square(g), r.b2, 1 - r.b2)
      return moved(p, op.over_root(m, v, r.fix, r.eps), r.lr, r.keep), m, v
    end,
  })
end

-- adam{lr, b1 = 0.9, b2 = 0.999, eps = 1e-8} (Kingma & Ba 2015, algorithm 1):
-- m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
-- p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)
function optim.adam(given) return adam("adam", given, {}) end
-- adamw{..., decay = 0.01} (Loshchilov & Hutter 2019): first p -= lr decay p
function optim.adamw(given) return adam("adamw", given, {decay = 0.01}) end

-- Learning rate schedules: functions of the update's number t, from 1. Update 1 takes `from`, as
-- in PyTorch: its t is the number of updates that have been made, one less than ours. `steps` and
-- `every` are above 0.

-- from -> to in a straight line over `steps` updates, then to: update 1 + steps is the first with
-- to (LinearLR)
function optim.schedule.linear(from, to, steps)
  return function(t) return from + (to - from) * math.min((t - 1) / steps, 1) end
end

-- from -> to by equal factors over `steps` updates; both are above 0 (ExponentialLR, which goes on)
function optim.schedule.geometric(from, to, steps)
  return function(t) return from * (to / from) ^ math.min((t - 1) / steps, 1) end
end

-- from -> to along half a cosine over `steps` updates (Loshchilov & Hutter 2017; CosineAnnealingLR,
-- which rises again)
function optim.schedule.cosine(from, to, steps)
  return function(t)
    return to + (from - to) * 0.5 * (1 + math.cos(math.pi * math.min((t - 1) / steps, 1)))
  end
end

-- from, times `factor` after every `every` updates
function optim.schedule.step(from, factor, every)
  return function(t) return from * factor ^ ((t - 1) // every) end
end

-- 0 -> 1 times the given rate (a number or a schedule) over the first `steps` updates
function optim.schedule.warmup(lr, steps)
  return function(t)
    return math.min(t / steps, 1) * (type(lr) == "function" and lr(t) or lr)
  end
end

-- clip_norm(grads, most) -> the tree scaled down to a Euclidean norm of at most `most`, and the
-- norm that it had (a tensor)
function optim.clip_norm(grads, most)
  local sum = core.tensor.tensor(0)
  for _, g in ipairs(tree.leaves(grads)) do sum = sum + op.sum(op.square(g)) end
  local zero = op.eq(sum, 0)   -- there the root has no derivative
  local norm = op.sqrt(sum + zero) - zero
  local scale = op.minimum(most / op.maximum(norm, 1e-30), 1)
  return tree.map(function(g) return g * scale end, grads), norm
end

-- follow(average, params, decay): moves a tree of averages in place, average = decay average +
-- (1 - decay) params: an exponential moving average over about 1 / (1 - decay) steps, when it is
-- called after each. Begin with a copy of the parameters, as T.tree.map(function(p) return p + 0
-- end, params) gives it. Trees of other forms are an error. Not for running statistics, whose first
-- values would count for thousands of steps: take them as they are.
function optim.follow(average, params, decay)
  local weights, paths = tree.leaves(average)
  for j, p in ipairs(like("optim.follow", average, weights, paths, "parameters", params)) do
    blend(weights[j], p, 1 - decay)
  end
end

check.functions("optim.schedule.", optim.schedule, {
  linear = "from: numeric, to: numeric, steps: positive",
  geometric = "from: positive, to: positive, steps: positive",
  cosine = "from: numeric, to: numeric, steps: positive",
  step = "from: numeric, factor: numeric, every: positive",
  warmup = "lr: rate, steps: positive",
})
for name, make in pairs(optim.schedule) do
  optim.schedule[name] = check.maker("optim.schedule." .. name, make, "t: number")
end

check.functions("optim.", optim, {clip_norm = "grads: tree, most: numeric",
  follow = "average: tree, params: tree, decay: share"})

-- print(optimizer): its settings
function Optimizer.__tostring(self)
  local lr = self.options.lr
  lr = type(lr) == "number" and json.digits(lr + 0.0) or type(lr) == "function" and "a schedule"
    or tostring(lr)
  return (self.text:gsub("{", "{lr = " .. lr .. ", ", 1))
end

local STATE = "params: tree, grads: tree, state: table(t slots)"
check.methods("optimizer", Optimizer, {init = "params: tree", update = STATE, step = STATE,
  rate = "t: number"})

names.strict(optim.schedule, "optim.schedule")

return optim
