-- Derivatives that are used wrongly or interrupted: the recording ends, the message says what was
-- got and what was wanted, and the next derivative is right.

local T = require "teasel"
local core = require "teasel.core"

local recording = core.grad.recording

describe("an error", function()
  local x = T.tensor{1, 2}

  it("inside of the function ends the recording", function()
    for _, f in ipairs{T.grad, T.value_and_grad, function(g) return function(y) T.vjp(g, y) end end,
      function(g) return function(y) T.jvp(g, y, y) end end,
      function(g) return function(y) T.hvp(g, y, y) end end} do
      assert.is_false(pcall(f(function() error "planted" end), x))
      assert.is_false(recording())
    end
  end)

  it("inside of the innermost of three ends all recordings, or only those that it leaves",
    function()
    local f = T.grad(function(a)
      return T.grad(function(b)
        return T.grad(function() error "planted" end)(b)
      end)(a)
    end)
    assert.is_false(pcall(f, x))
    assert.is_false(recording())
    local g = T.grad(function(a)
      assert.is_false(pcall(T.grad(function() error "planted" end), a))
      assert.is_true(recording())
      return T.sum(a * a)
    end)(x)
    assert.are.same({2, 4}, g:table())
    assert.is_false(recording())
  end)

  it("in an op, a value of the wrong kind or an endless recursion ends it too", function()
    local function forever(a) return 1 + forever(a) end
    for _, f in ipairs{function(a) return a + T.ones{3} end, function(a) return a end,
      function() end, forever} do
      assert.is_false(pcall(T.grad(f), x))
      assert.is_false(recording())
    end
  end)

  it("keeps its message, its place and its value", function()
    local _, message = pcall(T.grad(function() error "planted" end), x)
    assert.matches("grad_error_spec.lua:%d+: planted$", message)
    local value = {}
    local _, got = pcall(T.grad(function() error(value) end), x)
    assert.are.equal(value, got)
  end)

  it("keeps its traceback", function()
    local function the_culprit() error "planted" end
    local _, trace = xpcall(T.grad(function() the_culprit() end), debug.traceback, x)
    assert.matches("the_culprit", trace)
  end)

  it("in a coroutine that is closed ends the recording", function()
    local co = coroutine.create(T.grad(function(a)
      coroutine.yield()
      return T.sum(a)
    end))
    coroutine.resume(co, x)
    assert.is_true(recording())
    coroutine.close(co)
    assert.is_false(recording())
  end)

  it("in a coroutine that is abandoned ends the recording once it is collected", function()
    local function abandon(depth)
      local f = function(a)
        coroutine.yield()
        return T.sum(a)
      end
      for _ = 1, depth do f = T.grad(f) end
      coroutine.wrap(f)(x)
    end
    abandon(1)
    assert.is_true(recording())
    collectgarbage()
    assert.is_false(recording())
    abandon(1)
    abandon(3)
    assert.is_true(recording())
    -- what others record goes on
    assert.equal(6, T.grad(function(a)
      collectgarbage()
      assert.is_true(recording())
      return a * a
    end)(T.tensor(3)):item())
    assert.is_false(recording())
  end)

  it("in a coroutine that fails or is closed by force ends it once", function()
    for _ = 1, 3 do
      local co = coroutine.create(T.grad(function()
        coroutine.yield()
        error "planted"
      end))
      coroutine.resume(co, x)
      assert.is_false((coroutine.resume(co)))
      coroutine.close(co)
      collectgarbage()
      assert.is_false(recording())
    end
  end)

  it("out of memory in a pullback leaves it fit for use", function()
    local _, pullback = T.vjp(function(a) return T.exp(a) * a end, T.tensor(0))
    local one, failures, ok, g = T.tensor(1), 0, nil, nil
    repeat
      core.fail_at(failures + 1)
      ok, g = pcall(pullback, one)
      core.fail_at(0)
      if not ok then
        failures = failures + 1
        assert.matches("out of memory", g)
      end
    until ok
    assert.is_true(failures > 3)
    assert.are.equal(1, g:item())
  end)

  local cases = {
    {"grad in a number", function() T.grad(function(y) return y end)(2.5) end,
      "grad: got a number to differentiate in, wanted a tensor or a tree of tensors"},
    {"grad in nothing", function() T.grad(function(y) return y end)() end,
      "grad: got nil to differentiate in, wanted a tensor"},
    {"vjp in a string", function() T.vjp(function(y) return y end, "x") end,
      "vjp: got a string to differentiate in"},
    {"a loss with axes", function() T.grad(function(y) return y * 2 end)(x) end,
      "grad: got a tensor %[2%] from the function, wanted a tensor of one item"},
    {"no loss", function() T.value_and_grad(function() end)(x) end,
      "value_and_grad: got nil from the function, wanted a tensor of one item"},
    {"a number as the loss", function() T.grad(function(y) return y:sum():item() end)(x) end,
      "grad: got a number from the function"},
    {"a vjp without a tensor", function() T.vjp(function() return {1} end, x) end,
      "vjp: got a table from the function, wanted a tensor or a tree of tensors"},
    {"a pullback of the wrong shape", function()
      local _, pullback = T.vjp(function(y) return y end, x)
      pullback(T.ones{3})
    end, "backward: argument 'seed': got a tensor %[3%], wanted the shape of y%[1%]"},
    {"a pullback of too many", function()
      local _, pullback = T.vjp(function(y) return y end, x)
      pullback{x, x}
    end, "backward: .*got 2 .+, wanted 1"},
    {"a vector of another form", function() T.hvp(function(y) return T.sum(y) end, x, {x, x}) end,
      "inner: got trees of 1 and 2 tensors, wanted two of one form"},
    {"an update of recorded weights", function()
      T.grad(function(y)
        local sgd = T.optim.sgd{lr = 1}
        sgd:update({y}, {x * 2}, sgd:init{x})
      end)(x)
    end, "update: .*got a recorded tensor, wanted a leaf"},
    {"an end of a recording that never began", function() core.grad.record(false) end,
      "record: .*got .+, wanted .+ before it"},
    {"a gradient in what is no variable", function() core.grad.backward({x}, {x}, {x}) end,
      "backward: argument 'x': got a tensor %[2%], wanted a variable"},
  }

  for _, case in ipairs(cases) do
    it("from " .. case[1] .. " says what was got and what was wanted", function()
      local ok, message = pcall(case[2])
      assert.is_false(ok)
      assert.matches(case[3], message)
      assert.is_false(recording())
    end)
  end

  it("follows when a parameter was updated between the way there and the way back", function()
    local params = {T.tensor{2}}
    local sgd = T.optim.sgd{lr = 1}
    local _, pullback = T.vjp(function(p) return p[1] * p[1] end, params)
    assert.equal(4, pullback(T.tensor{1})[1]:item())
    sgd:update(params, {T.tensor{1}}, sgd:init(params))
    assert.error_matches(function() pullback(T.tensor{1}) end,
      "an operand or the result of 'mul' was changed in place since it was recorded")
  end)

  it("follows when a result that the derivative reads was updated under another name", function()
    local sgd = T.optim.sgd{lr = 1}
    local y, pullback = T.vjp(T.sigmoid, T.tensor{0})
    assert.equal(0.25, pullback(T.tensor{1}):item())
    sgd:update({y}, {T.tensor{3}}, sgd:init{y})
    assert.error_matches(function() pullback(T.tensor{1}) end,
      "the result of 'sigmoid' was changed")
  end)

  it("does not follow when other parameters were updated, as between two players", function()
    local one, other = {T.tensor{2}}, {T.tensor{5}}
    local sgd = T.optim.sgd{lr = 1}
    local _, pullback = T.vjp(function(p) return p[1] * p[1] end, one)
    sgd:update(other, {T.tensor{1}}, sgd:init(other))
    assert.equal(4, pullback(T.tensor{1})[1]:item())
  end)

  it("of the user points at the user's line", function()
    for i = 1, 7 do
      local _, message = pcall(cases[i][2])
      assert.matches("grad_error_spec.lua:%d+: ", message)
    end
  end)
end)
