-- Memory: Lua's collector does not see the core's, so how much a loop takes, what a graph leaves
-- behind and what is left at the end are promises of teasel's own. Whatever is about a whole
-- process runs in one of its own.

local T = require "teasel"
local core = require "teasel.core"

local MB = 1 << 20
-- the address sanitizer has shadows of all memory and keeps what is freed
local sanitized = os.getenv "LD_PRELOAD" ~= nil

-- Runs a program with the modules that this process uses. Returns what it wrote, to either stream,
-- and whether it ended well. `before` are commands of the shell.
local function run(program, before)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(program)
  file:close()
  local pipe = assert(io.popen(("%s; LUA_PATH_5_4='%s' LUA_CPATH_5_4='%s' lua5.4 %s 2>&1"):format(
    before or "true", package.path, package.cpath, path)))
  local text = pipe:read "a"
  local ok = pipe:close() or false
  os.remove(path)
  return text, ok
end

-- what a measuring program begins with
local HEAD = [[
local T = require "teasel"
local core = require "teasel.core"
local MB = 1 << 20
local item = core.double and 8 or 4
local function block(mb) return T.ones{mb * MB // item} end
local function peak()            -- the largest resident memory so far, in MB
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmHWM:%s+(%d+)"
    if kb then return kb // 1024 end
  end
end
]]

local function number(text)
  return tonumber(text) or error("the program wrote: " .. text, 2)
end

if not sanitized then
  describe("a loop that makes 4 GB of temporaries of 1 MB #apart", function()
    local LOOP = [[
local live = {}
for i = 1, %d do live[i] = block(1) end
local one = block(1)
for i = 1, 4096 do local y = one + i end
print(peak())
]]
    for _, mode in ipairs{"incremental", "generational"} do
      it("peaks below 150 MB with the collector in " .. mode .. " mode", function()
        local text = run(HEAD .. ("collectgarbage %q\n"):format(mode) .. LOOP:format(0))
        assert.is_true(number(text) < 150)
      end)

      it("peaks below 2.1 times the live data, 200 MB, in " .. mode .. " mode", function()
        local text = run(HEAD .. ("collectgarbage %q\n"):format(mode) .. LOOP:format(200))
        assert.is_true(number(text) < 2.1 * 200)
      end)
    end
  end)

  it("the gradients of a step are made where those of the step before were #apart", function()
    local text = run(HEAD .. [[
collectgarbage "stop"   -- what Lua finds by itself is a matter of luck
local held, w, x = block(128), {}, T.ones{1, 1024}
for i = 1, 4 do w[i] = T.ones{1024, 16 * MB // 1024 // item} end
local slope = T.grad(function(p)
  local sum = 0
  for i = 1, 4 do sum = sum + T.sum(T.matmul(x, p[i])) end
  return sum
end)
for i = 1, 8 do local g, after = slope(w), block(1) end
print(peak())
]])
    assert.is_true(number(text) < 128 + 2 * 64 + 40, text)
  end)

  it("two parts of a gradient are added where the first of them is #apart", function()
    local text = run(HEAD .. [[
local w, x = T.ones{1024, 64 * MB // 1024 // item}, T.ones{1, 1024}
local g = T.grad(function(p) return T.sum(T.matmul(x, p)) + T.sum(T.matmul(x * 2, p)) end)(w)
assert(g:head(1)[1] == 3)
print(peak())
]])
    assert.is_true(number(text) < 3 * 64 + 40, text)
  end)

  describe("temporaries of several sizes #apart", function()
    it("in turn peak below 2.1 times the live data", function()
      local text = run(HEAD .. [[
local live = {}
for i = 1, 200 do live[i] = block(1) end
for i = 1, 1500 do local y = block(({0.3, 1, 1.7, 2.5})[i % 4 + 1] * MB // 1 / MB) end
print(peak())
]])
      assert.is_true(number(text) < 2.1 * 200)
    end)

    it("in turns stay where they are, and the system puts in no new pages", function()
      local text = run(HEAD .. [[
local function faults()
  local f = assert(io.open "/proc/self/stat")
  return tonumber(f:read "a":match "%) %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+)"), f:close()
end
local live = {}
for i = 1, 100 do live[i] = block(1) end
local function some(n, mb)
  local t = {}
  for i = 1, n do t[i] = block(mb) end
  for i = 1, n do t[i]:release() end
end
some(1, 80)   -- once
local before
for round = 1, 40 do
  if round == 20 then before = faults() end
  some(2, 40)
  some(2, 48)
end
print(faults() - before)
]])
      assert.is_true(number(text) < 64, text)
    end)

    it("one after the other take the memory of those before", function()
      local text = run(HEAD .. [[
for _, size in ipairs{1, 1.25, 1.5, 1.75, 2, 2.5} do
  local t = {}
  for i = 1, 120 // size do t[i] = block(size) end
  for i = 1, #t do t[i]:release() end
end
print(peak())
]])
      assert.is_true(number(text) < 2 * 120)
    end)
  end)
end

describe("a chain of a million nodes #apart", function()
  it("is walked and freed without recursion, on a stack of 256 KB", function()
    local text, ok = run(HEAD .. ([[
local x = core.grad.leaf(T.tensor(3))
collectgarbage()
local live = core.memory().live
core.grad.record(true)
local y = x
for i = 1, %d do y = -y end
core.grad.record(false)
local one = T.tensor(1)
print(core.grad.backward({y}, {one}, {x})[1]:item(), y:item())
one:release()
y:release()
y = nil
collectgarbage()
print(core.memory().live - live)
]]):format(sanitized and 100000 or 1000000), sanitized and "true" or "ulimit -s 256")
    assert.are.equal("1.0\t3.0\n0\n", text)
    assert.is_true(ok)
  end)
end)

describe("when the state is closed, no byte is left #apart", function()
  local EVERYTHING = [[
local T = require "teasel"
T.threads(2)
stream = T.stream(1)
net = T.nn.chain{T.nn.conv(1, 4, {kernel = 3}), T.nn.batch_norm(4), T.nn.relu, T.nn.flatten,
  T.nn.linear(4 * 6 * 6, 3)}
params, stats = net:init(stream)
adam = T.optim.adam{lr = 0.1}
state = adam:init(params)
bytes = T.bytes(("x"):rep(1000))
batch = bytes:take(T.tensor{1, 2, 3})
x, y = stream:normal{5, 8, 8, 1}, T.one_hot(T.tensor{1, 2, 3, 1, 2}, 3)
mode = {train = true, stats = stats}
local function loss(p) return T.cross_entropy(net(p, x, mode), y):mean() end
value, grads = T.value_and_grad(loss)(params)
adam:update(params, grads, state)
virtual = adam:step(params, grads, state)
value, pullback = T.vjp(loss, params)     -- holds its graph
u, s, v = T.svd(stream:normal{5, 4})
]]

  local cases = {
    {"whatever is alive", EVERYTHING, true},
    {"after an error", EVERYTHING .. "error 'planted'", false},
    {"after an error inside of nested derivatives", EVERYTHING .. [[
T.grad(function(p)
  return T.grad(function(q)
    kept = q[1].weight * p[1].weight
    error "planted"
  end)(p)
end)(params)]], false},
    {"after os.exit that closes", EVERYTHING .. "os.exit(0, true)", true},
    {"after a coroutine was left inside of a derivative", EVERYTHING .. [[
co = coroutine.create(T.grad(function(a)
  b = T.exp(a)
  coroutine.yield()
end))
coroutine.resume(co, x)]], true},
    {"after failed allocations", EVERYTHING .. [[
local core = require "teasel.core"
local failures, one = 0, T.tensor(1)
for n = 1, 200 do
  core.fail_at(n)
  if not pcall(pullback, one) then failures = failures + 1 end
  core.fail_at(0)
end
assert(failures > 20)]], true},
  }

  for _, case in ipairs(cases) do
    it(case[1], function()
      local text, ok = run(case[2], "export TEASEL_LIVE=1")
      assert.matches("teasel: 0 bytes live at exit\n$", text)
      assert.are.equal(case[3], ok, text)
    end)
  end

  it("but where it is not closed, what is alive is counted", function()
    local text = run(EVERYTHING .. "os.exit(0)", "export TEASEL_LIVE=1")
    assert.matches("teasel: [1-9]%d+ bytes live at exit\n$", text)
  end)
end)

describe("a backward walk", function()
  local threads = core.threads()

  after_each(function() core.threads(threads) end)

  -- bytes by which f raises the peak; every thread has some room of its own in a product
  local function cost(f)
    core.threads(1)
    collectgarbage()
    core.mark()
    local before = core.memory().live
    local result = f()
    return core.memory().peak - before, result
  end

  it("does not compute the gradients that nobody asked for", function()
    -- 16 MB of weights, 32 KB of data: the gradient in the weights cannot hide
    local w, x = T.ones{4096, core.double and 512 or 1024}, T.ones{2, 4096}
    local _, narrow = T.vjp(function(a) return T.matmul(a, w) end, x)
    local _, wide = T.vjp(function(p) return T.matmul(p.x, p.w) end, {x = x, w = w})
    local v = T.ones{2, #w[1]}
    local few = cost(function() return narrow(v) end)
    local all, g = cost(function() return wide(v) end)
    assert.are.same(w:shape(), g.w:shape())
    assert.is_true(few < 4 * MB)
    assert.is_true(all >= 16 * MB)
  end)

  it("of one player through another leaves the other's weights alone", function()
    -- as in a GAN: in the discriminator's pullback to its input only
    local w = T.ones{4096, core.double and 512 or 1024}
    local function outer(w1)
      return T.grad(function(z) return T.sum(T.square(T.matmul(z, w1))) end)(T.ones{2, 4096})
    end
    assert.is_true(cost(function() return outer(w) end) < 4 * MB)
  end)

  it("drops the gradients that it has handed on", function()
    local n = core.double and MB // 8 or MB // 4
    local depth = 24
    local _, pullback = T.vjp(function(x)
      for _ = 1, depth do x = T.sin(x) end
      return x
    end, T.ones{n})
    -- sin's vjp is g cos x: g, cos x and their product, but not one for each level
    assert.is_true(cost(function() return pullback(T.ones{n}) end) < 6 * MB)
  end)

  it("goes through a graph whose paths are far more than its nodes", function()
    local g = T.grad(function(x)
      for _ = 1, 60 do x = (x + x) / 2 end
      return x
    end)(T.tensor(1))
    assert.are.equal(1, g:item())
  end)

  it("goes a hundred thousand nodes deep", function()
    -- a collection at every allocation would take minutes for as many
    local depth = os.getenv "TEASEL_STRESS" and 1000 or 100000
    local g = T.grad(function(x)
      for _ = 1, depth do x = -x end
      return x
    end)(T.tensor(1))
    assert.are.equal(1, g:item())
  end)
end)

describe("a training loop #apart", function()
  it("has the same live bytes at the ends of 20,000 steps", function()
    local text = run(HEAD .. ([[
local stream = T.stream(1)
local net = T.nn.chain{T.nn.linear(4, 8), T.nn.batch_norm(8), T.nn.tanh, T.nn.linear(8, 2)}
local params, stats = net:init(stream)
local adam = T.optim.adam{lr = 1e-3}
local state = adam:init(params)
local mode = {train = true, stats = stats}
local x, y = stream:normal{6, 4}, T.one_hot(stream:integers({6}, 1, 2), 2)
local loss = T.value_and_grad(function(p) return T.cross_entropy(net(p, x, mode), y):mean() end)
local steps, found, lua = %d, {}, {}
for i = 1, 20 do found[i], lua[i] = 0, 0 end   -- their own growth is none of the loop's
local function train()
  for step = 1, steps do
    local _, grads = loss(params)
    adam:update(params, grads, state)
    if step %% (steps // 20) == 0 then
      grads = nil
      collectgarbage()
      collectgarbage()
      local sample = step // (steps // 20)
      found[sample] = core.memory().live
      lua[sample] = collectgarbage "count" * 1024 // 1
    end
  end
end
train()
assert(found[1] > 1000)
for i = 1, 20 do
  assert(found[i] == found[1], ("sample %%d: %%d live, not %%d"):format(i, found[i], found[1]))
  assert(lua[i] <= lua[2] + 1024, ("sample %%d: Lua has %%d, not %%d"):format(i, lua[i], lua[2]))
end
print "constant"
]]):format(sanitized and 2000 or 20000))
    assert.are.equal("constant\n", text)
  end)
end)

describe("release", function()
  it("by a finalizer in the middle of an op leaves the op its operands", function()
    core.stress(true)
    local x = T.ones{1000}
    for _ = 1, 3 do setmetatable({}, {__gc = function() x:release() end}) end
    local y = x + x
    core.stress(os.getenv "TEASEL_STRESS" ~= nil)
    assert.are.equal(2000, y:sum():item())
  end)

  local function live() return core.memory().live end

  it("frees at once", function()
    collectgarbage()
    local before = live()
    local x = T.ones{1000, 1000}
    local with = live()
    assert.is_true(with - before >= 4 * 1000 * 1000)
    x:release()
    assert.are.equal(before, live())
  end)

  it("of one of two tensors with the same memory frees it with the second", function()
    collectgarbage()
    local before = live()
    local x = T.ones{1000, 1000}
    local y = x:reshape{1000000}
    x:release()
    assert.is_true(live() - before >= 4 * 1000 * 1000)
    assert.are.equal(1, y[-1]:item())
    collectgarbage()
    y:release()
    assert.are.equal(before, live())
  end)

  it("of an operand leaves a graph whole", function()
    local x = T.tensor(3)
    local _, pullback = T.vjp(function(a) return a * a end, x)
    x:release()
    assert.are.equal(6, pullback(T.tensor(1)):item())
  end)

  it("twice is as good as once", function()
    local x = T.ones{3}
    x:release()
    x:release()
    collectgarbage()
  end)

  it("happens at the end of a scope to what is closed there", function()
    collectgarbage()
    local before, with = live(), nil
    do
      local x <close> = T.ones{1000, 1000}
      with = x and live()
    end
    assert.is_true(with - before >= 4 * 1000 * 1000)
    assert.are.equal(before, live())
  end)

  it("of what is no tensor is an error", function()
    local release = core.tensor.methods.release
    for _, value in ipairs{T.stream(0), T.bytes "x", io.stdout, 5, "x", {}, print} do
      local ok, message = pcall(release, value)
      assert.is_false(ok)
      assert.matches("release: argument 'x': got .+, wanted a tensor", message)
    end
  end)

  local cases = {
    {"an operator", function(x) return x + 1 end, "add: argument 'a'"},
    {"the right side of an operator", function(x) return 1 - x end, "sub: argument 'b'"},
    {"a function", function(x) return T.exp(x) end, "exp: argument 'x'"},
    {"a method", function(x) return x:sum() end, "sum: argument 'x'"},
    {"a list", function(x) return T.concat{T.ones{1}, x} end, "concat: argument '%w+'"},
    {"reading", function(x) return x:item() end, "item: argument 'x'"},
    {"its shape", function(x) return x:shape() end, "shape: argument 'x'"},
    {"its length", function(x) return #x end, "#: argument 'x'"},
    {"an index", function(x) return x[1] end, "index: argument 'x'"},
    {"a derivative", function(x) return T.grad(function(y) return y end)(x) end,
      "leaf: argument 'x'"},
    {"an optimizer", function(x) T.optim.sgd{lr = 1}:update(x, T.ones{1}, {t = 0, slots = {}}) end,
      "argument '%w+'"},
  }

  for _, case in ipairs(cases) do
    it("makes " .. case[1] .. " say that the tensor was released", function()
      local x = T.ones{1}
      x:release()
      local ok, message = pcall(case[2], x)
      assert.is_false(ok)
      assert.matches(case[3] .. ": got a released tensor, wanted a tensor", message)
    end)
  end
end)

describe("a recorded chain", function()
  -- peak of live bytes while y = f(f(...f(x))) is recorded and walked back
  local function peak(f)
    local most
    T.grad(function(x)
      collectgarbage()
      core.mark()
      local before = core.memory().live
      local y = f(x)
      for _ = 2, 50 do
        local after = f(y)
        y:release()
        y = after
      end
      local sum = y:sum()
      y:release()
      most = core.memory().peak - before
      return sum
    end)(T.ones{1024, 1024})
    return most
  end

  it("keeps only what a derivative will read", function()
    local size = 1024 * 1024 * #core.tensor.ones{1}:data()
    assert.is_true(peak(function(x) return x + 1 end) < 4 * size)
    assert.is_true(peak(function(x) return x * 0.9 end) > 40 * size)   -- a product reads x
    assert.is_true(peak(function(x) return T.affine(x, 0.9, 0) end) < 4 * size)
  end)
end)

describe("the count of live bytes", function()
  it("has a peak that mark starts anew", function()
    collectgarbage()
    core.mark()
    local before = core.memory()
    assert.are.equal(before.live, before.peak)
    T.ones{1000, 1000}:release()
    local after = core.memory()
    assert.is_true(after.peak - before.live >= 4 * 1000 * 1000)
    assert.is_true(after.live < before.live + MB)
    core.mark()
    assert.are.equal(core.memory().live, core.memory().peak)
  end)

  if not sanitized then
    it("is as it was after the system refused memory #apart", function()
      local text = run(HEAD .. [[
collectgarbage()
local before = core.memory().live
for i = 1, 5 do print(pcall(block, 8192)) end
collectgarbage()
print(core.memory().live - before, T.ones{3}:sum():item())
]], "ulimit -v 4194304")
      local refusal = "false\t[^\n]+out of memory: 8589934656 bytes were asked for, .-in use\n"
      assert.matches("^" .. refusal:rep(5) .. "0\t3.0\n$", text)
    end)
  end
end)
