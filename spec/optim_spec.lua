local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused
local optim, tree = T.optim, T.tree

-- Every rule with every option, as {name, options}. `slow` below has the formulas.
local function decay(t) return 0.1 / t end

local CASES = {
  {"sgd", {lr = 0.1}}, {"sgd", {lr = decay, l2 = 0.3}},
  {"momentum", {lr = 0.1}}, {"momentum", {lr = decay, momentum = 0.5, l2 = 0.3}},
  {"momentum", {lr = 0.1, nesterov = true}},
  {"nesterov", {lr = 0.1}}, {"nesterov", {lr = decay, momentum = 0.5, l2 = 0.3}},
  {"adagrad", {lr = 0.1}}, {"adagrad", {lr = decay, eps = 1e-3, initial = 0.1, l2 = 0.3}},
  {"rmsprop", {lr = 0.1}}, {"rmsprop", {lr = decay, decay = 0.8, eps = 1e-3, l2 = 0.3}},
  {"adam", {lr = 0.1}}, {"adam", {lr = decay, b1 = 0.5, b2 = 0.9, eps = 1e-3, l2 = 0.3}},
  {"adamw", {lr = 0.1}}, {"adamw", {lr = decay, decay = 0.2, b1 = 0.5, b2 = 0.9, eps = 1e-3}},
  {"adamw", {lr = 0.1, l2 = 0.3}},
}

-- "adam{b1, eps, lr()}"
local function title(case)
  local words = {}
  for _, name in ipairs(tree.keys(case[2])) do
    words[#words + 1] = type(case[2][name]) == "function" and name .. "()" or name
  end
  return ("%s{%s}"):format(case[1], table.concat(words, ", "))
end

local function make(case) return optim[case[1]](case[2]) end

-- The weight after each of the gradients g, one number at a time, by the published formulas.
local slow = {}

function slow.sgd(o, p, g)
  for t, d in ipairs(g) do p = p - o.rate(t) * (d + o.l2 * p) end
  return p
end

function slow.momentum(o, p, g)
  local v, mu = 0, o.momentum or 0.9
  for t, d in ipairs(g) do
    d = d + o.l2 * p
    v = mu * v + d
    p = p - o.rate(t) * (o.nesterov and d + mu * v or v)
  end
  return p
end

function slow.nesterov(o, p, g)
  o.nesterov = true
  return slow.momentum(o, p, g)
end

function slow.adagrad(o, p, g)
  local s = o.initial or 0
  for t, d in ipairs(g) do
    d = d + o.l2 * p
    s = s + d * d
    p = p - o.rate(t) * d / (math.sqrt(s) + (o.eps or 1e-10))
  end
  return p
end

function slow.rmsprop(o, p, g)
  local s, rho = 0, o.decay or 0.99
  for t, d in ipairs(g) do
    d = d + o.l2 * p
    s = rho * s + (1 - rho) * d * d
    p = p - o.rate(t) * d / (math.sqrt(s) + (o.eps or 1e-8))
  end
  return p
end

function slow.adam(o, p, g)
  local m, v, b1, b2 = 0, 0, o.b1 or 0.9, o.b2 or 0.999
  for t, d in ipairs(g) do
    d = d + o.l2 * p
    m = b1 * m + (1 - b1) * d
    v = b2 * v + (1 - b2) * d * d
    p = p - o.rate(t) * (o.shrink or 0) * p
      - o.rate(t) * (m / (1 - b1 ^ t)) / (math.sqrt(v / (1 - b2 ^ t)) + (o.eps or 1e-8))
  end
  return p
end

function slow.adamw(o, p, g)
  o.shrink = o.decay or 0.01
  return slow.adam(o, p, g)
end

local function reference(case, p, g)
  local o = {}
  for name, value in pairs(case[2]) do o[name] = value end
  o.l2 = o.l2 or 0
  o.rate = type(o.lr) == "function" and o.lr or function() return o.lr end
  return slow[case[1]](o, p, g)
end

-- weights of several shapes, one too large for one parallel piece
local function weights()
  local s = T.stream(1, "weights")
  return {large = s:normal{300, 250}, {small = s:normal{7}, one = s:normal{}}, none = T.zeros{0, 3}}
end

-- the t-th gradients: some items are 0 always, some tiny
local function gradients(t)
  local s = T.stream(2, "gradients " .. t)
  return tree.map(function(p)
    local g, kind = s:normal(p:shape()), T.stream(3):integers(p:shape(), 0, 9)
    return g * T.where(kind:eq(0), 0, T.where(kind:eq(1), 1e-17, 1))
  end, weights())
end

for _, case in ipairs(CASES) do
  describe(title(case), function()
    it("moves weights as its formula says", function()
      local rule = make(case)
      local p, history = T.tensor{0.5, -2, 3, 0}, {{}, {}, {}, {}}
      local start = p:table()
      local state = rule:init(p)
      for t = 1, 6 do
        local g = T.stream(4, "step " .. t):normal{4} * T.tensor{1, 10, 0.01, 1}
        for i, v in ipairs(g:table()) do history[i][t] = v end
        rule:update(p, g, state)
      end
      local wanted = {}
      for i, list in ipairs(history) do wanted[i] = reference(case, start[i], list) end
      near(p, wanted, core.double and 1e-13 or 5e-6)
    end)

    it("does the same in place as step by step", function()
      local rule = make(case)
      local p, q = weights(), weights()
      local ps, qs = rule:init(p), rule:init(q)
      for t = 1, 4 do
        local g = gradients(t)
        rule:update(p, g, ps)
        q, qs = rule:step(q, g, qs)
        assert.are.same({t, t}, {ps.t, qs.t})
        local updated, stepped = tree.leaves{p, ps.slots}, tree.leaves{q, qs.slots}
        assert.are.equal(#updated, #stepped)
        for i, x in ipairs(updated) do
          assert.are.same(x:shape(), stepped[i]:shape())
          assert.is_true(x:data() == stepped[i]:data(), "the bits differ at step " .. t)
        end
      end
    end)

    it("keeps its state in trees like the weights', and its step changes nothing", function()
      local rule = make(case)
      local p, g = weights(), gradients(1)
      local state = rule:init(p)
      local _, names = tree.leaves(p)
      for _, slot in ipairs(state.slots) do
        local _, slot_names = tree.leaves(slot)
        assert.are.same(names, slot_names)
      end
      local before = tree.copy{p, g, state.slots}
      local new, new_state = rule:step(p, g, state)
      local now = tree.leaves{p, g, state.slots}
      for i, x in ipairs(tree.leaves(before)) do assert.is_true(x:data() == now[i]:data()) end
      assert.are.equal(0, state.t)
      assert.are_not.equal(p.large, new.large)
      assert.are.equal(#state.slots, #new_state.slots)
    end)

    if core.double then
      it("has a step that can be differentiated", function()
        local rule = make(case)
        local function loss(p) return (T.exp(p * T.tensor{0.3, -0.2, 0.5}) + p ^ 2):sum() end
        expect.gradient(function(p)
          local state = rule:init(p)
          for _ = 1, 3 do p, state = rule:step(p, T.grad(loss)(p), state) end
          return (p ^ 3):sum()
        end, T.tensor{0.5, -1, 2}, 1e-8)
      end)
    end

    it("has no NaN in the derivative where a gradient is 0", function()
      local rule = make(case)
      local g = T.grad(function(p)
        local state = rule:init(p)
        for _ = 1, 2 do p, state = rule:step(p, p * T.tensor{0, 1}, state) end
        return p:sum()
      end)(T.tensor{1, 2})
      for _, v in ipairs(g:table()) do assert.is_true(math.abs(v) < 10) end
    end)
  end)
end

describe("an optimizer", function()
  it("is printed with its settings", function()
    assert.equal("sgd{lr = 0.5, l2 = 0.0}", tostring(T.optim.sgd{lr = 0.5}))
    assert.equal("momentum{lr = a schedule, l2 = 0.0, momentum = 0.9, "
      .. "nesterov = false}",
      tostring(T.optim.momentum{lr = T.optim.schedule.linear(1, 0, 3)}))
  end)
end)

describe("by hand", function()
  -- a weight of 1 after gradients of 2 and, where given, 1
  local function after(case, ...)
    local rule = make(case)
    local p = T.tensor(1)
    local state = rule:init(p)
    for _, g in ipairs{...} do rule:update(p, T.tensor(g), state) end
    return p
  end

  it("sgd: 1 - 0.1 2, with l2 1 - 0.1 (2 + 0.5 1)", function()
    near(after({"sgd", {lr = 0.1}}, 2), 0.8)
    near(after({"sgd", {lr = 0.1, l2 = 0.5}}, 2), 0.75)
  end)

  it("momentum: v = 2, then 0.9 2 + 1; nesterov looks ahead", function()
    near(after({"momentum", {lr = 0.1}}, 2, 1), 1 - 0.2 - 0.28)
    near(after({"nesterov", {lr = 0.1}}, 2, 1), 1 - 0.1 * (2 + 1.8) - 0.1 * (1 + 0.9 * 2.8))
  end)

  it("adagrad: s = 4, then 5", function()
    near(after({"adagrad", {lr = 0.1}}, 2, 1), 1 - 0.1 - 0.1 / math.sqrt(5), 1e-6)
    near(after({"adagrad", {lr = 0.1, initial = 0.1}}, 2), 1 - 0.2 / math.sqrt(4.1), 1e-6)
  end)

  it("rmsprop: s = 0.04, then 0.0496", function()
    near(after({"rmsprop", {lr = 0.1}}, 2, 1), 1 - 0.1 * (2 / 0.2 + 1 / math.sqrt(0.0496)), 2e-6)
  end)

  it("adam: bias correction makes the first step the rate itself, whatever the gradient", function()
    for _, g in ipairs{2, -1e-3, 1e4} do
      near(after({"adam", {lr = 0.1}}, g), 1 - 0.1 * (g > 0 and 1 or -1), 1e-5)
    end
  end)

  it("adam: bias correction makes every step the rate where the gradient stays", function()
    near(after({"adam", {lr = 0.1, b1 = 0.5, b2 = 0.7}}, 3, 3, 3, 3, 3), 0.5, 1e-6)
  end)

  it("adamw: the weight shrinks by lr decay, apart from the gradient's size", function()
    near(after({"adamw", {lr = 0.1, decay = 0.5}}, 2), 1 * (1 - 0.05) - 0.1, 1e-6)
    near(after({"adamw", {lr = 0.1, decay = 0.5}}, 0), 0.95)
  end)
end)

describe("an update", function()
  local params = {w = T.tensor{1, 2}, {b = T.tensor(3)}}
  local grads = {w = T.tensor{1, 1}, {b = T.tensor(1)}}
  local adam = optim.adam{lr = 0.1}

  it("writes into the tensors it is given, state and all", function()
    local p = tree.copy(params)
    local state = adam:init(p)
    local w, m = p.w, state.slots[1].w
    adam:update(p, grads, state)
    assert.are.equal(w, p.w)
    near(w, {0.9, 1.9}, 1e-6)
    assert.are.equal(m, state.slots[1].w)
    near(m, {0.1, 0.1})
    assert.are.equal(1, state.t)
  end)

  it("is refused to recorded weights, which only step may move", function()
    local state = adam:init(params.w)
    refused("inside of grad use `step`, which returns new weights", T.grad(function(w)
      adam:update(w, T.ones{2}, state)
      return w:sum()
    end), params.w)
    assert.are.equal(0, state.t)
    near(params.w, {1, 2}, 0)
    near(state.slots[1], {0, 0}, 0)
  end)

  it("is refused to recorded slots, and a walk back through slots sees that they moved", function()
    local momentum = optim.momentum{lr = 0.1}
    refused("update: argument 'slots': got a recorded tensor, wanted a leaf", T.grad(function(s)
      momentum:update(T.ones{2}, T.ones{2}, {t = 0, slots = {s * 2}})
      return s:sum()
    end), T.ones{2})
    local p = T.tensor{1, 2}
    local state = momentum:init(p)
    local _, pullback = T.vjp(function(g) return (g * state.slots[1]):sum() end, T.ones{2})
    momentum:update(p, T.ones{2}, state)
    refused("an operand or the result of 'mul' was changed in place", pullback, T.tensor(1))
  end)

  it("and a step are refused gradients and slots of another form", function()
    local state = adam:init(params)
    for _, name in ipairs{"update", "step"} do
      local f, who = adam[name], "adam." .. name .. ": "
      refused(who .. "got 1 gradients, wanted 2, one for each weight", f, adam, params,
        {w = T.ones{2}}, state)
      refused(who .. "got the shape [3] for 'w' among the gradients, wanted [2], the weight's",
        f, adam, params, {w = T.ones{3}, {b = T.tensor(1)}}, state)
      refused(who .. "got 1 slots, wanted 2, one for each weight", f, adam, params, grads,
        {t = 0, slots = {{w = T.ones{2}}, {w = T.ones{2}}}})
      local gone = T.ones{2}
      gone:release()
      refused(who .. "'w' among the gradients: got a released tensor, wanted a tensor", f, adam,
        params, {w = gone, {b = T.tensor(1)}}, state)
    end
    assert.are.equal(0, state.t)
    near(params.w, {1, 2}, 0)
  end)

  it("and a step say which weight has no gradient, and which gradient no weight", function()
    local state = adam:init(params)
    for _, name in ipairs{"update", "step"} do
      local f, who = adam[name], "adam." .. name .. ": "
      refused(who .. "got 1 gradients, wanted 2, one for each weight; there is none for '1.b'",
        f, adam, params, {w = T.ones{2}}, state)
      refused(who .. "got 3 gradients, wanted 2, one for each weight; 'extra' is no weight",
        f, adam, params, {w = T.ones{2}, extra = T.ones{2}, {b = T.tensor(1)}}, state)
      refused("one for each weight; there is none for '1.b'", f, adam, params,
        {w = T.ones{2}, {c = T.tensor(1)}}, state)
    end
  end)

  it("and a step are refused gradients and weights in each other's place", function()
    local state = adam:init(params)
    refused("adam.update: got the weights in the place of the gradients, wanted params, grads, "
      .. "state", adam.update, adam, grads, params, state)
    refused("adam.step: got the weights in the place of the gradients", adam.step, adam, grads,
      params, state)
    local others = T.tree.copy(params)   -- other weights of that form are as good
    adam:update(others, grads, state)
    assert.are.equal(1, state.t)
  end)
end)

describe("an optimizer's options", function()
  it("are refused where unknown, with the known ones and one that is near", function()
    refused("adam: got the option 'beta', wanted one of: b1, b2, eps, l2, lr", optim.adam,
      {lr = 1, beta = 0.9})
    refused("nesterov: got the option 'momentun', wanted one of: l2, lr, momentum, nesterov (did "
      .. "you mean 'momentum'?)", optim.nesterov, {lr = 1, momentun = 0.9})
    refused("adamw: got the option 'decai', wanted one of: b1, b2, decay, eps, l2, lr (did you "
      .. "mean 'decay'?)", optim.adamw, {lr = 1, decai = 0})
  end)

  it("need a rate, a number or a function", function()
    for _, name in ipairs{"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"} do
      refused(name .. ": option 'lr': got nil, wanted a number or a function", optim[name])
      refused(name .. ": option 'lr': got \"fast\", wanted a number or a function", optim[name],
        {lr = "fast"})
    end
  end)

  it("are refused where they have another type", function()
    refused("sgd: option 'l2': got yes (a string), wanted a number", optim.sgd,
      {lr = 1, l2 = "yes"})
    refused("momentum: option 'nesterov': got 1 (a number), wanted a boolean", optim.momentum,
      {lr = 1, nesterov = 1})
  end)

  it("are refused where no such formula makes sense", function()
    local share, positive = "wanted a number of 0 or more, below 1", "wanted a number of 0 or more"
    for _, case in ipairs{{"adam", "b1", 1, share}, {"adamw", "b2", 1.5, share},
        {"momentum", "momentum", 1, share}, {"rmsprop", "decay", 1, share},
        {"adam", "b1", -0.5, positive}, {"adam", "eps", -1, positive}, {"sgd", "l2", -1, positive},
        {"adagrad", "initial", -1, positive}, {"adamw", "decay", 0 / 0, positive},
        {"sgd", "lr", -1, positive}, {"sgd", "lr", math.huge, positive}} do
      local name, option, value, wanted = table.unpack(case)
      local given = {lr = 1}
      given[option] = value
      refused(("%s: option '%s': got %s, %s"):format(name, option, tostring(value), wanted),
        optim[name], given)
    end
    optim.adamw{lr = 1, decay = 1}   -- of adamw it is a rate
  end)
end)

describe("a schedule", function()
  local schedule = optim.schedule

  -- its values at 1, 2, 3 ...
  local function values(f, n)
    local list = {}
    for t = 1, n do list[t] = f(t) end
    return list
  end

  it("linear begins with its first value, goes straight and stays", function()
    near(values(schedule.linear(1, 0, 4), 7), {1, 0.75, 0.5, 0.25, 0, 0, 0}, 1e-12)
    near(values(schedule.linear(0.2, 0.6, 2), 4), {0.2, 0.4, 0.6, 0.6}, 1e-12)
  end)

  it("takes the rates of PyTorch's, update by update", function()
    -- lr of torch.optim 1.13 before each step() of the optimizer:
    -- LinearLR(start_factor = 0.25, total_iters = 4) and CosineAnnealingLR(T_max = 4,
    -- eta_min = 0.1), both from lr = 1
    near(values(schedule.linear(0.25, 1, 4), 6), {0.25, 0.4375, 0.625, 0.8125, 1, 1}, 1e-12)
    near(values(schedule.cosine(1, 0.1, 4), 5),
      {1, 0.86819805153394638, 0.55, 0.23180194846605364, 0.1}, 1e-12)
  end)

  it("geometric begins with its first value, goes by equal factors and stays", function()
    near(values(schedule.geometric(16, 1, 4), 7), {16, 8, 4, 2, 1, 1, 1}, 1e-12)
    near(schedule.geometric(3, 3, 5)(2), 3, 0)
  end)

  it("cosine begins with its first value, goes along half a wave and stays", function()
    local h = math.sqrt(0.5)
    near(values(schedule.cosine(1, 0, 4), 6), {1, 0.5 + h / 2, 0.5, 0.5 - h / 2, 0, 0}, 1e-12)
    near(schedule.cosine(3, 1, 2)(2), 2, 1e-12)
  end)

  it("step falls by a factor after every so many updates", function()
    near(values(schedule.step(1, 0.1, 2), 5), {1, 1, 0.1, 0.1, 0.01}, 1e-12)
  end)

  it("warmup rises to a rate or to another schedule", function()
    near(values(schedule.warmup(0.4, 4), 6), {0.1, 0.2, 0.3, 0.4, 0.4, 0.4}, 1e-12)
    near(values(schedule.warmup(schedule.step(1, 0.5, 3), 2), 4), {0.5, 1, 1, 0.5}, 1e-12)
  end)

  it("is refused where it would give no number", function()
    for message, f in pairs{
      ["linear: argument 'steps': got 0, wanted a number above 0"] =
        function() schedule.linear(0, 1, 0) end,
      ["linear: argument 'steps': got -4,"] = function() schedule.linear(0, 1, -4) end,
      ["geometric: argument 'from': got 0,"] = function() schedule.geometric(0, 1, 5) end,
      ["geometric: argument 'to': got -1,"] = function() schedule.geometric(1, -1, 5) end,
      ["geometric: argument 'steps': got 0,"] = function() schedule.geometric(1, 2, 0) end,
      ["cosine: argument 'steps': got nan,"] =
        function() schedule.cosine(0, 1, math.abs(0 / 0)) end,
      ["step: argument 'every': got 0,"] = function() schedule.step(1, 0.5, 0) end,
      ["warmup: argument 'steps': got inf,"] = function() schedule.warmup(1, math.huge) end,
    } do
      refused("optim.schedule." .. message, f)
    end
  end)

  it("gives rates of 0 or more, or tensors", function()
    local p, g, t = T.tensor(1), T.tensor(1), T.tensor(0.5)
    local function rule(rate) return optim.adam{lr = function() return rate end} end
    for _, name in ipairs{"update", "step"} do
      local function try(rate)
        local adam = rule(rate)
        return function() return adam[name](adam, p, g, adam:init(p)) end
      end
      refused("adam: option 'lr' at update 1: got -1, wanted a number of 0 or more", try(-1))
      refused("adam: option 'lr' at update 1: got nan, wanted", try(math.abs(0 / 0)))
      refused("adam: option 'lr' at update 1: got \"1\", wanted a tensor or a number", try "1")
      try(0)()
    end
    assert.equal(t, rule(t):rate(3))
  end)

  it("is asked for the number of the update, from 1", function()
    local asked = {}
    local rule = optim.sgd{lr = function(t)
      asked[#asked + 1] = t
      return 1
    end}
    local p = T.tensor(0)
    local state = rule:init(p)
    for _ = 1, 3 do rule:update(p, T.tensor(1), state) end
    rule:step(p, T.tensor(1), state)
    assert.are.same({1, 2, 3, 4}, asked)
    near(p, -3, 0)
  end)
end)

describe("clip_norm", function()
  local grads = {T.tensor{3, 0}, {b = T.tensor{{4}}}}

  it("scales a tree down to the norm allowed, and tells the norm it had", function()
    local clipped, norm = optim.clip_norm(grads, 1)
    near(norm, 5)
    near(clipped[1], {0.6, 0})
    near(clipped[2].b, {{0.8}})
    near(grads[1], {3, 0}, 0)
  end)

  it("leaves a tree within it as it is, a tree of zeros too", function()
    local clipped, norm = optim.clip_norm(grads, 5.5)
    near(norm, 5)
    near(clipped[1], {3, 0}, 0)
    clipped, norm = optim.clip_norm({T.zeros{3}}, 1)
    near(norm, 0, 0)
    near(clipped[1], {0, 0, 0}, 0)
  end)

  it("can be differentiated, at 0 too", function()
    near(T.grad(function(g) return optim.clip_norm({g}, 1)[1]:sum() end)(T.zeros{2}), {1, 1})
    if core.double then
      expect.gradient(function(g)
        return (optim.clip_norm({g}, 1)[1] * T.tensor{1, 2, -3}):sum()
      end, T.tensor{0.5, 1, 2})
    end
  end)
end)
