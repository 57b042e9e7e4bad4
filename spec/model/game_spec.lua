-- Players and the order of their steps.

local T = require "teasel"
local game, optim = T.game, T.optim

local function near(wanted, got)
  assert(math.abs(wanted - got) < 1e-5 * math.max(1, math.abs(wanted)),
    ("got %.9g, wanted %.9g"):format(got, wanted))
end

-- The game of two numbers: D descends A/2 y^2 - B x y, G descends C x y.
local A, B, C, ETA, X, Y = 2, -1.5, 0.7, 0.15, 0.4, 1.3

local function numbers(steps)
  local D = game.player{params = {y = T.tensor(Y)}, optimizer = optim.sgd{lr = ETA},
    loss = function(p, x) return A / 2 * p.y * p.y - B * x * p.y, {d = p.y + 0} end}
  local G
  G = game.player{params = {x = T.tensor(X)}, optimizer = optim.sgd{lr = ETA},
    loss = function(p) return C * p.x * D:ahead(steps or 0, p.x).y, {g = p.x + 0} end}
  return D, G
end

describe("the steps of two players", function()
  it("in turn see the step before", function()
    local D, G = numbers()
    local terms = game.alternating{{D, G.params.x}, {G}}
    local y = Y - ETA * (A * Y - B * X)
    near(y, D.params.y:item())
    near(X - ETA * C * y, G.params.x:item())
    near(Y, terms.d:item())
    near(X, terms.g:item())
    assert.is_true(terms.live_mb >= 0)
  end)

  it("at once do not, in whatever order they stand", function()
    for order = 1, 2 do
      local D, G = numbers()
      local list = {{D, G.params.x}, {G}}
      game.simultaneous(order == 1 and list or {list[2], list[1]})
      near(Y - ETA * (A * Y - B * X), D.params.y:item())
      near(X - ETA * C * Y, G.params.x:item())
    end
  end)

  it("look ahead, with the derivative of the steps", function()
    -- y_K = r^K y + (1 - r^K) (B/A) x with r = 1 - ETA A, a function of x too
    for _, K in ipairs{1, 5} do
      local D, G = numbers(K)
      game.simultaneous{{G}, {D, G.params.x}}
      local power = (1 - ETA * A) ^ K
      local slope = (1 - power) * B / A
      near(X - ETA * C * (power * Y + slope * X + X * slope), G.params.x:item())
      near(Y - ETA * (A * Y - B * X), D.params.y:item())
    end
  end)

  it("ahead change nothing, neither weights nor the optimizer's state", function()
    local D = game.player{params = {y = T.tensor{Y}}, optimizer = optim.adam{lr = ETA},
      loss = function(p, x) return (A / 2 * p.y * p.y - B * x * p.y):sum() end}
    game.alternating{{D, 1}}
    local function bits()
      return {D.params.y:data(), D.state.slots[1].y:data(), D.state.slots[2].y:data(), D.state.t}
    end
    local before = bits()
    local after, state = D:ahead(3, 1)
    assert.same(before, bits())
    assert.equal(4, state.t)
    for _ = 1, 3 do game.alternating{{D, 1}} end
    near(D.params.y:item(), after.y:item())
  end)
end)

describe("a player that shows something", function()
  local function made()
    local calls = 0
    local G = game.player{params = {w = T.tensor{{1, 2}, {3, 4}}}, optimizer = optim.sgd{lr = 0.1},
      forward = function(p, z)
        calls = calls + 1
        return {image = z:matmul(p.w):tanh(), z = z * 2}
      end,
      loss = function(shown, target) return (shown.image - target):square():sum() end}
    return G, function() return calls end
  end
  local z, target = T.tensor{{0.5, -0.25}, {0.1, 0.3}, {-0.2, 0.05}}, T.full({3, 2}, 0.5)

  it("has the gradient that goes through it, and makes it once", function()
    local G, calls = made()
    local direct = T.grad(function(p) return (z:matmul(p.w):tanh() - target):square():sum() end)
    local wanted = direct(G.params).w
    local shown = G:forward(z)
    assert.same((z:matmul(G.params.w)):tanh():data(), shown.image:data())
    local got = G:gradient(target).w
    assert.equal(1, calls())
    assert.is_true((wanted - got):abs():max():item() < 1e-5)
  end)

  it("shows it anew for each step", function()
    local G = made()
    G:forward(z)
    game.alternating{{G, target}}
    assert.error_matches(function() game.alternating{{G, target}} end,
      "got no forward pass since the last step")
  end)
end)

describe("an optimizer for each part", function()
  it("takes the steps of each alone", function()
    local function params() return {a = T.tensor{1, 2}, b = {T.tensor{3}}} end
    local function loss(p) return (p.a:square():sum() + p.b[1]:square():sum()) * 0.5 end
    local both = game.player{params = params(), loss = loss,
      optimizer = {a = optim.adam{lr = 0.1}, b = optim.sgd{lr = 0.01}}}
    game.alternating{{both}}
    local ahead, state = both:ahead(1)
    game.alternating{{both}}
    local a, adam = T.tensor{1, 2}, optim.adam{lr = 0.1}
    local slots = adam:init(a)
    for _ = 1, 2 do adam:update(a, a + 0, slots) end
    assert.equal(a:data(), both.params.a:data())
    near(3 * 0.99 ^ 2, both.params.b[1]:item())
    for i = 1, 2 do near(a:head(2)[i], ahead.a:head(2)[i]) end
    assert.same({2, 2}, {state.a.t, both.state.b.t})
  end)

  it("is wanted for every part", function()
    local function try(optimizer)
      return function()
        game.player{params = {a = T.ones{1}, b = T.ones{1}}, loss = print, optimizer = optimizer}
      end
    end
    for _, wrong in ipairs{{a = optim.sgd{lr = 1}}, {}, 3, {a = optim.sgd{lr = 1}, c = 1}} do
      assert.error_matches(try(wrong), "option 'optimizer': got .* wanted one of teasel.optim")
    end
  end)
end)

describe("a wrong game", function()
  local D = numbers()
  local function wrong(message, f) assert.error_matches(f, message, 1, true) end

  it("is refused, and what was wanted is named", function()
    wrong("game.alternating: argument 'steps', item 1: got a player, wanted {player, ",
      function() game.alternating{D} end)
    wrong("got the term 'd' from two players, wanted one",
      function() game.simultaneous{{D, 1}, {D, 1}} end)
    for got, terms in pairs{["a number"] = 3, ["a tensor"] = T.tensor(3)} do
      local odd = game.player{params = {x = T.ones{1}}, optimizer = optim.sgd{lr = ETA},
        loss = function(p) return T.sum(p.x), terms end}
      for _, order in ipairs{"alternating", "simultaneous"} do
        wrong(("game: got %s behind the loss of a player, wanted its terms, a table"):format(got),
          function() game[order]{{odd}} end)
      end
    end
    wrong("got the option 'optimiser', wanted one of",
      function() game.player{optimiser = 1} end)
    wrong("player:forward: got a player without the option 'forward'", function() D:forward(1) end)
    local G = game.player{params = T.ones{1}, optimizer = optim.sgd{lr = 1}, forward = print,
      loss = print}
    wrong("player:ahead: got a player with the option 'forward'", function() G:ahead(1) end)
    wrong("game.unroll: argument 'steps': got -2, wanted an integer of 0 or more",
      function() game.unroll(optim.sgd{lr = 1}, -2, T.ones{1}, {}, print) end)
  end)
end)
