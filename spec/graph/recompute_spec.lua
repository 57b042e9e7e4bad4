-- What is computed twice in the place of being kept: the same values and derivatives of any order,
-- in less memory; and what cannot be computed twice is found out.

local T = require "teasel"
local core = require "teasel.core"
local tree = T.tree

local tolerance = core.double and 1e-12 or 1e-4

local function assert_same(wanted, got)
  local list = tree.leaves(got)
  for i, w in ipairs(tree.leaves(wanted)) do
    local scale = math.max(1, w:abs():max():item())
    local apart = (w - list[i]):abs():max():item()
    if not (apart <= tolerance * scale) then
      error(("tensor %d: %g apart"):format(i, apart), 2)
    end
  end
end

describe("recompute", function()
  local stream = T.stream(3)
  local function weights() return {a = stream:normal{3, 4}, b = stream:normal{4, 2}} end
  local W, V = weights(), weights()
  local x = stream:normal{5, 3}

  local function layer(w, h) return T.tanh(h:matmul(w)) end
  local function plain(w)
    local h = layer(w.a, x)
    return (h:matmul(w.b) * w.a:sum()):square():mean() + h:sum()
  end
  -- the same of pieces: weights as arguments, weights read from around, pieces in a piece
  local function in_pieces(w)
    local h = T.recompute(layer, w.a, x)
    return T.recompute(function()
      local out = T.recompute(function(t) return {t.h:matmul(t.w) * w.a:sum()} end,
        {h = h, w = w.b})
      return out[1]:square():mean()
    end) + h:sum()
  end

  it("gives the same value and gradient", function()
    local value, slope = T.value_and_grad(plain)(W)
    local again, other = T.value_and_grad(in_pieces)(W)
    assert.are.equal(value:item(), again:item())
    assert_same(slope, other)
    assert.is_false(core.grad.recorded(other.a))
    assert.is_false(core.grad.recorded(again))
  end)

  it("can be differentiated to any order, in a piece or around one", function()
    assert_same(T.hvp(plain, W, V), T.hvp(in_pieces, W, V))
    local function third(f)
      return T.grad(function(w) return T.inner(T.hvp(f, w, V), V) end)(W)
    end
    assert_same(third(plain), third(in_pieces))
    assert_same(third(plain), T.grad(function(w)
      return T.recompute(function() return T.inner(T.hvp(in_pieces, w, V), V) end)
    end)(W))
  end)

  it("has pullbacks, as many as are asked for, and directional derivatives", function()
    local value, pullback = T.vjp(in_pieces, W)
    for _ = 1, 2 do assert_same(T.grad(plain)(W), pullback(T.ones(value:shape()))) end
    local _, along = T.jvp(plain, W, V)
    local _, other = T.jvp(in_pieces, W, V)
    assert_same(along, other)
  end)

  it("gives the same in far memory", function()
    local far_x, near_x = x:to "mirror", x
    local far = tree.map(function(w) return w:to "mirror" end, W)
    x = far_x
    local slope = T.grad(in_pieces)(far)
    x = near_x
    assert.are.equal("mirror", slope.a:place())
    assert_same(T.grad(in_pieces)(W), tree.map(function(g) return g:to "host" end, slope))
  end)

  it("runs the function once more for a walk that needs it, and only then", function()
    local runs = 0
    local function f(w)
      runs = runs + 1
      return w:square():sum(), 7, nil, {"text", {w * 2}}
    end
    local one, two, three, four = T.recompute(f, T.tensor{1, 2})
    assert.are.same({5, 7, "text", {2, 4}, 1}, {one:item(), two, four[1], four[2][1]:table(), runs})
    assert.is_nil(three)
    T.grad(function(w)
      T.recompute(f, w)
      return w:sum()
    end)(T.tensor{1, 2})
    assert.are.equal(2, runs)
    local g = T.grad(function(w) return (T.recompute(f, w)) end)(T.tensor{1, 2})
    assert.are.same({2, 4}, g:table())
    assert.are.equal(4, runs)
  end)

  it("keeps the results alone", function()
    local w = T.ones{64, 64} * 0.01
    local function live_of(step)
      local live
      T.grad(function(v)
        local h = v
        for _ = 1, 20 do h = step(v, h) end
        collectgarbage()
        collectgarbage()
        live = core.memory().live
        return h:sum()
      end)(w)
      return live
    end
    local function step(v, h)
      for _ = 1, 10 do h = T.tanh(h:matmul(v)) end
      return h
    end
    collectgarbage()
    collectgarbage()
    local before = core.memory().live
    local kept = live_of(step) - before
    local twice = live_of(function(v, h) return T.recompute(step, v, h) end) - before
    assert.is_true(kept > 6 * twice, ("%d bytes, %d bytes"):format(kept, twice))
  end)

  it("of an optimizer's steps has their gradient", function()
    local adam = T.optim.adam{lr = 0.1}
    local function loss(again)
      return function(w)
        local params, state = T.game.unroll(adam, 3, {w.a}, adam:init{w.a}, function(p)
          return {T.grad(function(a) return plain{a = a, b = w.b} end)(p[1])}
        end, again)
        return plain{a = params[1], b = w.b}, state.t
      end
    end
    local slope, t = T.grad(loss(false))(W)
    local other, u = T.grad(loss(true))(W)
    assert_same(slope, other)
    assert.are.same({3, 3}, {t, u})
  end)

  it("finds out what cannot be computed twice", function()
    local goes_on, factor = T.stream(1), T.tensor(2)
    local wrong = "recompute: got other results when the function ran again"
    local function check(f)
      local ok, message = pcall(T.grad(function(w) return T.recompute(f, w) end), T.tensor{1, 2})
      assert.is_false(ok)
      assert.is_truthy(message:find(wrong, 1, true), message)
    end
    check(function(w) return (w * goes_on:normal{2}):sum() end)
    local calls = 0
    check(function(w)
      calls = calls + 1
      return calls == 1 and w:sum() or {w:sum(), w:sum()}
    end)
    check(function(w)
      calls = calls + 1
      return calls == 3 and w:sum() or w
    end)
    local value, pullback = T.vjp(function(w)
      return T.recompute(function() return (w * factor):sum() end)
    end, T.tensor{1, 2})
    factor = T.tensor(3)
    assert.are.equal(6, value:item())
    local ok, message = pcall(pullback, T.tensor(1))
    assert.is_false(ok)
    assert.is_truthy(message:find(wrong, 1, true), message)
    -- what is no number the first time is none the second time
    local g = T.grad(function(w) return T.recompute(function() return w:log():sum() end) end)
    assert.are.equal(-1, g(T.tensor{-1, 1}):table()[1])
  end)

  it("refuses to yield, since everybody would record nothing until it goes on", function()
    local refusal = "attempt to yield across a C%-call boundary"
    assert.are.same({6}, T.grad(function(w)
      local ok, message = pcall(coroutine.wrap(function() T.recompute(coroutine.yield, w) end))
      assert.is_false(ok)
      assert.matches(refusal, message)
      return (w * w):sum()
    end)(T.tensor{3}):table())
    -- nor may it where it runs again
    local runs = 0
    local co = coroutine.create(T.grad(function(w)
      return T.recompute(function()
        runs = runs + 1
        if runs == 2 then coroutine.yield() end
        return (w * w):sum()
      end)
    end))
    local ok, message = coroutine.resume(co, T.tensor{3})
    assert.is_false(ok)
    assert.matches(refusal, message)
    coroutine.close(co)
    assert.is_false(core.grad.recording())
  end)

  it("that failed in a coroutine which nobody closed is found out", function()
    local left
    local function loss(w, after)
      left = coroutine.create(function() T.recompute(error, "planted") end)
      assert.is_false((coroutine.resume(left)))
      after(left)
      return (w * w):sum()
    end
    local ok, message = pcall(T.grad(loss), T.tensor{3}, type)
    assert.is_false(ok)
    assert.matches("recompute: failed in a coroutine, and nothing was recorded", message)
    assert.is_false(core.grad.recording())
    coroutine.close(left)
    assert.is_false(core.grad.recording())
    assert.are.same({6}, T.grad(loss)(T.tensor{3}, coroutine.close):table())
    -- within a piece that fails, too, and closed long after
    assert.is_false(pcall(T.grad(function(w)
      return T.recompute(function() return T.grad(loss)(w, error):sum() end)
    end), T.tensor{3}))
    assert.are.same({12}, T.grad(function(w)
      local y = T.recompute(function() return (w * w):sum() end)
      coroutine.close(left)
      return y + T.recompute(function(v) return (v * v):sum() end, w)
    end)(T.tensor{3}):table())
    assert.is_false(core.grad.recording())
  end)

  it("is not disturbed by what was abandoned around it or in it", function()
    local function abandon()
      coroutine.wrap(T.grad(function(w)
        coroutine.yield()
        return w
      end))(T.tensor(1))
    end
    local function collect()
      collectgarbage()
      collectgarbage()
    end
    -- before the piece, and collected while something is recorded within it
    local function inner(w)
      return T.grad(function(v)
        collect()
        return (v * v * v):sum()
      end)(w):sum()
    end
    abandon()
    assert.are.same({18}, T.grad(function(w) return T.recompute(inner, w) end)(T.tensor{3}):table())
    assert.is_false(core.grad.recording())
    -- within the piece, and collected behind its end
    assert.are.same({6}, T.grad(function(w)
      local y = T.recompute(function(v)
        abandon()
        return v * v
      end, w)
      collect()
      return y:sum()
    end)(T.tensor{3}):table())
    collect()
    assert.is_false(core.grad.recording())
  end)

  it("keeps its traceback", function()
    local function the_culprit() error "planted" end
    local _, trace = xpcall(T.grad(function(w)
      return T.recompute(function() the_culprit() end, w)
    end), debug.traceback, T.tensor{1})
    assert.matches("the_culprit", trace)
  end)

  it("leaves recording as it was behind an error, the first time and the second", function()
    local runs, failing = 0, 1
    local f = T.grad(function(w)
      return T.recompute(function()
        runs = runs + 1
        if runs == failing then error "on purpose" end
        return T.grad(function(v) return (v * v * v):sum() end)(w):sum()
      end)
    end)
    for run = 1, 2 do
      runs, failing = 0, run
      local ok, message = pcall(f, T.tensor{1, 2})
      assert.is_false(ok)
      assert.is_truthy(message:find("on purpose", 1, true))
      assert.is_false(core.grad.recording())
    end
    failing = 0
    assert.are.same({6, 12}, f(T.tensor{1, 2}):table())
  end)

  it("has the right gradient or none where memory runs out", function()
    local slope = T.grad(function(w)
      return (T.recompute(function(v) return v * v end, w) * w):sum()
    end)
    local at, n, ok, g = T.tensor{1, 2, 3}, 0, nil, nil
    repeat
      n = n + 1
      core.fail_at(n)
      ok, g = pcall(slope, at)
      core.fail_at(0)
      if ok then assert.are.same({3, 12, 27}, g:table())
      else assert.matches("out of memory", g) end
    until ok
    assert.is_true(n > 10)
  end)

  it("refuses results that it would take for constants", function()
    local function check(value, words)
      local ok, message = pcall(T.grad(function(w)
        return T.recompute(function() return value(w) end)
      end), T.tensor{1, 2})
      assert.is_false(ok)
      words = "recompute: got " .. words .. " from the function, wanted trees"
      assert.is_truthy(message:find(words, 1, true), message)
    end
    check(function(w) return setmetatable({w}, {}) end, "an object")
    check(function(w) return {function() return w end} end, "a function")
    assert.error_matches(function()
      T.grad(function(w)
        return T.recompute(function()
          local t = {w}
          t[2] = t
          return t
        end)[1]:sum()
      end)(T.tensor{1, 2})
    end, "a table inside of itself", 1, true)
    local ok, message = pcall(T.recompute, 3)
    assert.is_false(ok)
    assert.is_truthy(message:find("recompute: argument 'f': got 3, wanted a function", 1, true))
  end)
end)
