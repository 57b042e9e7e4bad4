-- What a running call has read stays alive until it ends, whatever finalizers do that Lua runs in
-- the middle of it: the collector works at every allocation here, and each time a finalizer
-- releases the operands, empties the lists that they stand in, closes what is not a tensor and
-- overwrites the memory that this gave back.

local T = require "teasel"
local core = require "teasel.core"
local draw = require "spec.draw"
local rows = require "spec.rows"
local tree = T.tree

-- Runs f(...), all of whose tensors and lists are attacked as soon as the function `inside` of the
-- core runs. Returns what pcall does, and how often the attack came.
local function attacked(inside, f, ...)
  local args, count, on = table.pack(...), 0, true
  local tensors, lists, closers = {}, {}, {}
  local function collect(x)
    if tree.is_tensor(x) then tensors[#tensors + 1] = x
    elseif type(x) == "table" then
      lists[#lists + 1] = x
      for _, v in pairs(x) do collect(v) end
    elseif type(x) == "userdata" then closers[#closers + 1] = x end
  end
  for i = 1, args.n do collect(args[i]) end
  local function arm()
    setmetatable({}, {__gc = function()
      if not on then return end
      arm()
      if debug.getinfo(2, "f").func ~= inside then return end
      count = count + 1
      for _, t in ipairs(tensors) do
        local n = t:size()
        t:release()
        if n > 0 and n < 1e5 then T.full({n}, 0 / 0):release() end
      end
      for _, list in ipairs(lists) do
        for i = #list, 1, -1 do list[i] = nil end
      end
      for _, x in ipairs(closers) do getmetatable(x).__close(x) end
    end})
  end
  collectgarbage("incremental", 1, 1000, 1)
  core.stress(true)
  arm()
  local result = table.pack(pcall(f, table.unpack(args, 1, args.n)))
  on = false
  core.stress(os.getenv "TEASEL_STRESS" ~= nil)
  collectgarbage("incremental", 200, 100, 13)
  return count, table.unpack(result, 1, result.n)
end

local function text(x)
  if tree.is_tensor(x) then return table.concat(x:shape(), " ") .. ":" .. x:data() end
  if type(x) ~= "table" then return tostring(x) end
  local list = {}
  for i, v in ipairs(x) do list[i] = text(v) end
  return "{" .. table.concat(list, ",") .. "}"
end

local function texts(...)
  local list = table.pack(...)
  for i = 1, list.n do list[i] = text(list[i]) end
  return table.concat(list, ";")
end

-- The call f of fresh arguments gives under attack what it gives without, or says that an operand
-- went before it was read. Returns how many attacks there were on calls that came to their end.
local function assert_held(name, inside, f, fresh)
  local wanted = texts(f(fresh()))
  local result = table.pack(attacked(inside, f, fresh()))
  local count, ok = result[1], result[2]
  if not ok then
    assert(tostring(result[3]):find "released" or tostring(result[3]):find "got nil",
      name .. ": " .. tostring(result[3]))
    return 0
  end
  assert(texts(table.unpack(result, 3, result.n)) == wanted, name .. " read what was freed")
  return count
end

describe("an operand is held while it is in use:", function()
  it("by every op", function()
    local registry, hits = {}, {}
    for _, op in ipairs(core.op.registry()) do registry[op.name] = op end
    for _, row in ipairs(rows) do
      local f, in_list = core.op[row.op], registry[row.op].args[1].kind == "tensors"
      hits[row.op] = (hits[row.op] or 0) + assert_held(row.op, f, f, function()
        local rand, args, all = draw.stream(row.op .. row.title), {}, {}
        for k, input in ipairs(row.inputs) do
          args[k] = type(input) == "number" and args[input] or draw.tensor(input(rand))
        end
        all = in_list and {args} or args
        all[#all + 1] = row.with and tree.map(function(x) return x end, row.with) or nil
        return table.unpack(all)
      end)
    end
    for name, count in pairs(hits) do assert.is_true(count > 0 or registry[name].args[1].kind
      == "tensors", name) end
  end)

  it("by the walk back", function()
    local x = core.grad.leaf(T.arange(1, 6))
    local hits = assert_held("backward", core.grad.backward, core.grad.backward, function()
      core.grad.record(true)
      local leaf = core.grad.leaf(x * 1)
      local y = leaf * leaf
      core.grad.record(false)
      return {y}, {T.ones(6)}, {leaf}
    end)
    assert.is_true(hits > 0)
  end)

  it("by updates in place", function()
    -- what is changed is looked at through a second handle of the same memory
    local seen
    assert_held("update", core.optim.update, function(...)
      core.optim.update(...)
      return seen
    end, function()
      local w = T.arange(1, 6)
      seen = w:reshape{2, 3}
      return "adam", w, T.ones(6), {T.ones(6), T.ones(6)},
        {lr = 0.1, b1 = 0.9, b2 = 0.99, eps = 1e-8, keep = 1, fix = 1}
    end)
    assert_held("blend", core.optim.blend, function(...)
      core.optim.blend(...)
      return seen
    end, function()
      local y = T.arange(1, 6)
      seen = y:reshape{2, 3}
      return y, T.ones(6), 0.5
    end)
  end)

  it("by what is no op", function()
    local labels = {0, 1, 0, 1, 1, 0, 1, 0}
    local function x() return T.stream(1):normal{8, 3} end
    local cases = {
      {"take", core.bytes.bytes("abcdefgh").take, function()
        return core.bytes.bytes("abcdefgh", {4, 2}), T.tensor{4, 1, 3, 2}
      end},
      {"table", T.ones(1).table, x}, {"head", T.ones(1).head, function() return x(), 9 end},
      {"bins", core.learn.bins, function() return x(), 4 end},
      {"covariance", core.learn.covariance, function() return x(), x() end},
      {"lasso", core.learn.lasso, function() return x(), x(), 0.1 end},
      {"margin", core.learn.margin, function()
        return x(), T.tensor(labels), x(), T.tensor(labels), 1
      end},
      {"proba", nil, function() return core.learn.logistic(x(), T.tensor(labels)), x() end},
      {"predict", nil, function() return core.learn.boost(x(), T.tensor(labels), 1, 3), x() end},
      {"scores", nil, function() return core.learn.boost(x(), T.tensor(labels), 1, 3), x() end},
      {"sizes", nil, function() return core.learn.groups(T.tensor{{0, 1}, {0, 2}, {1, 1}}) end},
      {"pairs", nil, function()
        return core.learn.groups(T.tensor{{0, 1}, {0, 2}, {1, 1}}), T.ones(3, 2), 1, 1, 5, 2
      end},
      {"reals", nil, function()
        local bits = core.sprite.bits(2)
        bits:put(1, ("\0\1"):rep(4096))
        return bits, T.tensor{2, 1}
      end},
    }
    local hits = 0
    for _, case in ipairs(cases) do
      local name, f, fresh = table.unpack(case, 1, 3)
      f = f or getmetatable((fresh()))[name]
      hits = hits + assert_held(name, f, f, fresh)
    end
    assert.is_true(hits >= 5)
  end)

  it("by a method whose subject is asked again for its memory", function()
    -- inside of x:reader(...), x:taker(...) is refused; gives what x:reader(...) gave
    local function asked_again(x, reader, given, taker, ...)
      local methods, args, why, on = getmetatable(x), table.pack(...), nil, true
      local function arm()
        setmetatable({}, {__gc = function()
          if not on then return end
          arm()
          if debug.getinfo(2, "f").func ~= methods[reader] then return end
          why = select(2, pcall(methods[taker], x, table.unpack(args, 1, args.n)))
        end})
      end
      collectgarbage("incremental", 1, 1000, 1)
      core.stress(true)
      arm()
      local ok, got = pcall(methods[reader], x, table.unpack(given))
      on = false
      core.stress(os.getenv "TEASEL_STRESS" ~= nil)
      collectgarbage("incremental", 200, 100, 13)
      assert.is_true(ok, got)
      assert.is_string(why)
      assert.matches(taker .. ": argument '%a+': got .*, wanted .* that no call is", why)
      return got
    end
    local function array() return core.bytes.bytes("abcdef", {3, 2}) end
    assert.same({{101, 102}}, asked_again(array(), "take", {T.tensor{3}, 1, 0}, "drop", 0, {6})
      :table())
    assert.equal("ef", asked_again(array(), "drop", {4, {2}}, "drop", 0, {6}):string())
    assert.same({1, 4, 4, 1}, asked_again(core.draw.sheet(1, 4, 4, 1, T.ones(1, 1)), "images", {},
      "images"):shape())
  end)

  it("and goes when the call has ended, by an error too", function()
    collectgarbage()
    local live = core.memory().live
    local x = T.ones(1000)
    assert.is_false(pcall(T.add, x, T.ones(3)))
    assert.is_false(pcall(core.learn.bins, x, 3))
    assert.is_false(pcall(T.concat, {x, 1}))
    x:release()
    collectgarbage()
    assert.equal(live, core.memory().live)
  end)

  it("even where calls in finalizers fail, one inside another", function()
    local x = T.ones(1000)
    local count = 0
    local function arm(n)
      if n == 0 then return end
      setmetatable({}, {__gc = function()
        count = count + 1
        arm(n - 1)
        x:release()
        pcall(T.add, T.ones(2), T.ones(3))
        T.concat{T.ones(2), T.ones(2, 2)}   -- an error of a finalizer is a warning
      end})
    end
    core.stress(true)
    for _ = 1, 3 do arm(5) end
    local y = x + x
    core.stress(os.getenv "TEASEL_STRESS" ~= nil)
    assert.equal(2000, y:sum():item())
    assert.is_true(count > 0)
  end)
end)
