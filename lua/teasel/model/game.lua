-- Adversarial training: a short list of players and the order of their steps. A player is
-- parameters, an optimizer and a loss, which may depend on what the others do; of the derivatives
-- only the player's own are taken.
--
--   local D = game.player{params = critic, optimizer = optim.adam{lr = 1e-4, b1 = 0.5},
--     loss = function(d, x, Gz) return -f(d, x, Gz) end}
--   local G = game.player{params = generator, optimizer = optim.adam{lr = 1e-3, b1 = 0.5},
--     forward = network,
--     loss = function(Gz, x) return f(D:ahead(5, x, Gz), x, Gz) end}
--
--   local Gz = G:forward(z)
--   local terms = game.simultaneous{{D, x, Gz}, {G, x}}
--
-- A player with `forward` shows the others a value, the generator its images. It is computed once
-- for all of them; its own loss is a function of the value, and the gradient goes on from there to
-- the parameters. Steps are alternating (each player sees the steps before its own), simultaneous
-- (none sees the others'), or unrolled: a loss looks at a player as it would be after some more
-- steps (Metz et al. 2017).

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local grad = require "teasel.grad"
local options = require "teasel.options"
local tree = require "teasel.tree"

local game = {}

local Player = {}
Player.__index = Player

-- Optimizers of the parts of a tree, by name, as one.
local Parts = {}
Parts.__index = Parts

function Parts:init(params)
  local state = {}
  for name, optimizer in pairs(self.list) do state[name] = optimizer:init(params[name]) end
  return state
end

function Parts:update(params, grads, state)
  for name, optimizer in pairs(self.list) do
    optimizer:update(params[name], grads[name], state[name])
  end
end

function Parts:step(params, grads, state)
  local new_params, new_state = {}, {}
  for name, optimizer in pairs(self.list) do
    new_params[name], new_state[name] = optimizer:step(params[name], grads[name], state[name])
  end
  return new_params, new_state
end

local function is_optimizer(value)
  local meta = type(value) == "table" and getmetatable(value)
  local methods = type(meta) == "table" and rawget(meta, "__index")
  return type(methods) == "table" and rawget(methods, "step") ~= nil
end

-- The optimizer that was given, or one of the parts of the parameters.
local function one_of(given, params)
  if is_optimizer(given) then return given end
  local named = type(given) == "table" and not tree.is_tensor(params) and next(given) ~= nil
  if named then
    for name, optimizer in pairs(given) do
      named = named and is_optimizer(optimizer) and params[name] ~= nil
    end
    for name in pairs(params) do named = named and given[name] ~= nil end
  end
  if not named then
    check.wrong("game.player", "option 'optimizer'", given,
      "one of teasel.optim, or one for each part of 'params', by its name")
  end
  return setmetatable({list = given}, Parts)
end

-- player(options) -> a player. Options:
--   params     a tree of tensors, which its steps move in place
--   optimizer  one of teasel.optim; or a table of some, one for each part of params, by its name
--   loss       function(own, ...) -> the loss, and terms to be reported, a table of tensors
--              (optional); `own`: params, or with `forward` what that gave; `...`: what the step
--              was given
--   forward    function(params, ...) -> what the player shows to others, a tree of tensors
--   state      the optimizer's (default: a fresh one). Two players may share weights and state
--   after      function() that is called behind each step, when the weights have moved (default:
--              none)
--   recompute  `ahead` keeps of each step only its results, see teasel.recompute (default: false)
-- Fields: params, optimizer, state. Anything else is an error.
function game.player(given)
  local o = options.read("game.player", given, {params = options.any, optimizer = options.any,
    loss = options.any, forward = options.any, state = options.any,
    after = options.any, recompute = false})
  check.tree("game.player", "option 'params'", o.params)
  check.callable("game.player", "option 'loss'", o.loss)
  for _, name in ipairs{"forward", "after"} do
    if o[name] then check.callable("game.player", "option '" .. name .. "'", o[name]) end
  end
  local optimizer = one_of(o.optimizer, o.params)
  return setmetatable({params = o.params, optimizer = optimizer, network = o.forward,
    after = o.after, state = o.state or optimizer:init(o.params), slope = grad.grad(o.loss),
    recompute = o.recompute}, Player)
end

-- forward(...) -> what the player shows, made by its `forward` from its parameters and `...`; the
-- next step's gradient goes through it. A player without `forward` is an error.
function Player:forward(...)
  if not self.network then
    fail "player:forward: got a player without the option 'forward', wanted one with it"
  end
  self.shown, self.back = grad.vjp(self.network, self.params, ...)
  return self.shown
end

-- gradient(...) -> the gradient of loss(own, ...) in the parameters, a tree like these, and the
-- loss's terms. A player with `forward` needs a call of that before each.
function Player:gradient(...)
  local shown, back = self.shown, self.back
  if self.network and not back then
    fail "player:gradient: got no forward pass since the last step, wanted player:forward before"
  end
  local slope, terms = self.slope(back and shown or self.params, ...)
  self.shown, self.back = nil, nil
  return back and back(slope) or slope, terms
end

-- update(gradient): the step of the player's optimizer, in place
function Player:update(gradient)
  self.optimizer:update(self.params, gradient, self.state)
  if self.after then self.after() end
end

-- ahead(steps, ...) -> the parameters, and the optimizer's state, as they would be after so many
-- more steps on loss(params, ...), which start from its own weights and state. Nothing is changed;
-- within a derivative the steps are part of what is differentiated. The loss should leave running
-- statistics alone. With 0 steps they are the player's own. Metz et al. 2017, eqs. 7 to 9
function Player:ahead(steps, ...)
  if self.network then
    fail "player:ahead: got a player with the option 'forward', wanted one without it"
  end
  local slope, rest = self.slope, table.pack(...)
  return game.unroll(self.optimizer, steps, self.params, self.state, function(p)
    return (slope(p, table.unpack(rest, 1, rest.n)))
  end, self.recompute)
end

-- unroll(optimizer, steps, params, state, slope [, recompute = false]) -> params and state after
-- virtual steps along slope(params), a gradient in them. Nothing that was given changes; within
-- grad the steps are part of what is differentiated. recompute: of each step only the results are
-- kept for that, so that memory is theirs and one step's, for a third more time
-- (teasel.recompute). Metz et al. 2017, eqs. 7 to 9
function game.unroll(optimizer, steps, params, state, slope, recompute)
  local function step(p, s) return optimizer:step(p, slope(p), s) end
  for _ = 1, steps do
    if recompute then params, state = grad.recompute(step, params, state)
    else params, state = step(params, state) end
  end
  return params, state
end

-- the terms of all losses so far, and those of one more
local function gathered(all, terms)
  if terms ~= nil and (type(terms) ~= "table" or tree.is_tensor(terms)) then
    fail("game: got %s behind the loss of a player, wanted its terms, a table, or nothing",
      tree.is_tensor(terms) and "a tensor" or "a " .. type(terms))
  end
  for name, value in pairs(terms or {}) do
    if all[name] ~= nil then fail("game: got the term '%s' from two players, wanted one", name) end
    all[name] = value
  end
  return all
end

local function check_steps(who, steps)
  check.list(who, "steps", steps, function(_, name, item)
    if type(item) ~= "table" or getmetatable(item[1]) ~= Player then
      check.wrong(who, name, item, "{player, what its loss is given}")
    end
  end)
end

-- the terms, and the memory that tensors take
local function with_memory(terms)
  terms.live_mb = core.memory().live / 1e6
  return terms
end

-- alternating{{player, ...}, ...} -> terms: each player in turn takes a step, and the next one sees
-- it; `...` is what its loss is given. The terms are those of all losses, and live_mb, megabytes of
-- tensors. Two terms of one name are an error.
function game.alternating(steps)
  check_steps("game.alternating", steps)
  local terms = {}
  for _, item in ipairs(steps) do
    local gradient, own = item[1]:gradient(table.unpack(item, 2))
    item[1]:update(gradient)
    gathered(terms, own)
  end
  return with_memory(terms)
end

-- simultaneous{{player, ...}, ...} -> terms: all gradients are taken before the first step.
-- Otherwise as alternating
function game.simultaneous(steps)
  check_steps("game.simultaneous", steps)
  local terms, gradients = {}, {}
  for i, item in ipairs(steps) do
    local own
    gradients[i], own = item[1]:gradient(table.unpack(item, 2))
    gathered(terms, own)
  end
  for i, item in ipairs(steps) do item[1]:update(gradients[i]) end
  return with_memory(terms)
end

check.methods("player", Player, {forward = "", gradient = "", update = "gradient: tree",
  ahead = "steps: size"}, "params optimizer state network after shown back")

check.functions("game.", game, {
  player = "given: table", alternating = "steps: table", simultaneous = "steps: table",
  unroll = "optimizer: table(step), steps: size, params: tree, state: table, slope: callable, "
    .. "recompute: boolean?",
})

return game
