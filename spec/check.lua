-- The four tests of a spec row (see spec/rows.lua): value, first and second gradient, and memory.
-- A check returns true, or nil and what is wrong: so `assert(check.value(row))` is a test, and
-- spec/faults.lua can ask whether a check fails. Arrays are those of spec/slow.lua.

local core = require "teasel.core"
local draw = require "spec.draw"

local tensor = draw.tensor

local check = {}

local STEP = 1e-3             -- of the 4-point differences: an error of about STEP^4 f^(5) / 30
local FIRST, SECOND = 1e-8, 1e-6
local SMALL = 1e-2            -- below this size the errors of gradients count as absolute
local SAMPLE = 24             -- items of an operand whose differences are taken
local STRESS = os.getenv "TEASEL_STRESS" ~= nil   -- not every allocation fails then: it takes time

-- arrays

local function array(t)
  local a = t:head(t:size())
  a.shape = t:shape()
  return a
end

local function shape_text(a) return "[" .. table.concat(a.shape, " ") .. "]" end

-- Whether every item of `got` is within `tolerance` of `wanted`, relative to the item's size or to
-- `floor`, whichever is larger.
local function near(what, got, wanted, tolerance, floor)
  if shape_text(got) ~= shape_text(wanted) then
    return nil, ("%s: got the shape %s, wanted %s"):format(what, shape_text(got),
                                                           shape_text(wanted))
  end
  for i, w in ipairs(wanted) do
    local g = got[i]
    local allowed = tolerance * math.max(math.abs(w), floor)
    if not (g == w or (g ~= g and w ~= w) or math.abs(g - w) <= allowed) then
      return nil, ("%s, item %d: got %.17g, wanted %.17g within %.2g"):format(what, i, g, w,
                                                                             allowed)
    end
  end
  return true
end

-- rows

-- Tables by place have holes: where an operand is not a variable, or repeats another.
local function map(t, f)
  local u = {}
  for k, v in pairs(t) do u[k] = f(v) end
  return u
end

local function holds(list, v)
  for _, w in ipairs(list or {}) do
    if w == v then return true end
  end
  return false
end

-- Whether operand k is differentiated.
function check.variable(row, k)
  local at = row.inputs[k]
  if type(at) ~= "number" then at = k end
  return row.only == nil or holds(row.only, at)
end

-- The row's different operands by place, as arrays of what the tensors really hold.
local function operands(row)
  local rand, arrays = draw.stream(row.op .. row.title), {}
  for k, input in ipairs(row.inputs) do
    if type(input) ~= "number" then arrays[k] = array(tensor(input(rand))) end
  end
  return arrays
end

-- All operands in order, of those that differ by place.
local function in_order(row, different)
  local all = {}
  for k, input in ipairs(row.inputs) do
    all[k] = different[type(input) == "number" and input or k]
  end
  return all
end

local registry = {}
for _, op in ipairs(core.op.registry()) do registry[op.name] = op end

-- The arguments that the op takes as operands: they, or one list of them.
local function as_arguments(row, tensors)
  local all = in_order(row, tensors)
  return not row.f and registry[row.op].args[1].kind == "tensors" and {all} or all
end

local function run(row, tensors)
  local args = as_arguments(row, tensors)
  args[#args + 1] = row.with
  return (row.f or core.op[row.op])(table.unpack(args))
end

-- The array of weights that makes a number of a result: <weights, y>.
local function weights(like, text)
  local rand = draw.stream(text)
  return draw.fill(like.shape, function() return 0.5 + rand() end)
end

-- gradients

local function recording(f)
  core.grad.record(true)
  local ok, result, message = pcall(f)
  core.grad.record(false)
  if not ok then error(result, 0) end
  return result, message
end

-- The row's variables among tensors by place, as leaves; the others stay as they are.
local function leaves_of(row, tensors, note)
  local leaves = {}
  for k, t in pairs(tensors) do
    leaves[k] = check.variable(row, k) and note(core.grad.leaf(t)) or t
  end
  return leaves
end

-- The gradient of <seed, y> in every variable, as tensors by place; within `recording`. `note` is
-- told of every tensor that is made.
local function backward(row, leaves, seed, note)
  local places, list, gradients = {}, {}, {}
  for k, leaf in pairs(leaves) do
    if check.variable(row, k) then
      places[#places + 1], list[#list + 1] = k, leaf
    end
  end
  local y = note(run(row, leaves))
  for i, g in ipairs(core.grad.backward({y}, {seed}, list)) do gradients[places[i]] = note(g) end
  return gradients
end

local function pass(x) return x end

-- The gradient of <w, y>, as arrays by place.
local function gradient(row, arrays, w)
  return map(recording(function()
    return backward(row, leaves_of(row, map(arrays, tensor), pass), tensor(w), pass)
  end), array)
end

-- The derivatives of <w, f()> in some items of `a` by 4-point differences, as {place, derivative};
-- f() and w are arrays by place.
local function differences(f, a, w)
  local found = {}
  for s = 1, math.min(#a, SAMPLE) do
    local i = 1 + (s - 1) * #a // math.min(#a, SAMPLE)
    local x, at, d = a[i], {}, 0
    for _, k in ipairs {-2, -1, 1, 2} do
      a[i] = x + k * STEP
      at[k] = f()
    end
    a[i] = x
    for k, list in pairs(w) do
      for j, v in ipairs(list) do
        d = d + v * (8 * (at[1][k][j] - at[-1][k][j]) - (at[2][k][j] - at[-2][k][j]))
      end
    end
    found[s] = {i, d / (12 * STEP)}
  end
  return found
end

local function agree(what, got, found, tolerance)
  for _, point in ipairs(found) do
    local i, d = table.unpack(point)
    if not (math.abs(got[i] - d) <= tolerance * math.max(math.abs(d), SMALL)) then
      return nil, ("%s, item %d: got %.17g, differences give %.17g"):format(what, i, got[i], d)
    end
  end
  return true
end

-- the checks

-- The value is that of the slow reference.
function check.value(row)
  local arrays = operands(row)
  local args = in_order(row, arrays)
  args[#args + 1] = row.with or {}
  local wanted, largest = row.slow(table.unpack(args)), 0
  for _, v in ipairs(wanted) do
    if math.abs(v) < math.huge then largest = math.max(largest, math.abs(v)) end
  end
  return near("the result", array(run(row, map(arrays, tensor))), wanted,
              core.double and row.double or row.float, row.floor or largest)
end

-- Attributes mean the same in order as by name.
function check.order(row)
  local tensors = map(operands(row), tensor)
  local args, names = as_arguments(row, tensors), registry[row.op].args
  for k = #args + 1, #names do args[k] = (row.with or {})[names[k].name] end
  return near(row.op .. ", " .. row.title, array(core.op[row.op](table.unpack(args, 1, #names))),
              array(run(row, tensors)), 0, 0)
end

-- A flat op leaves no trace.
function check.flat(row)
  return recording(function()
    local y = run(row, leaves_of(row, map(operands(row), tensor), pass))
    if core.grad.recorded(y) then return nil, "the result of a flat op is recorded" end
    return true
  end)
end

-- The gradient is what differences of the value give; or, at a kink, what the row states.
function check.gradient(row)
  local arrays = operands(row)
  local function value() return {array(run(row, map(arrays, tensor)))} end
  local w = weights(value()[1], row.title)
  local stated = row.gradient and row.gradient(w, table.unpack(arrays))
  for k, g in pairs(gradient(row, arrays, w)) do
    local what, ok, message = "the gradient in operand " .. k, nil, nil
    if holds(row.still, k) then
      ok, message = near(what, g, draw.fill(g.shape, function() return 0 end), 0, 0)
    elseif stated then
      ok, message = near(what, g, stated[k], FIRST, SMALL)
    else
      ok, message = agree(what, g, differences(value, arrays[k], {w}), FIRST)
    end
    if not ok then return nil, message end
  end
  return true
end

-- The gradient of <weights, gradient> is what differences of the gradient give, in the variables
-- and in the first gradient's own weights. (A linear op has only the latter, and so has a kink.)
function check.second(row)
  local arrays = operands(row)
  local w = weights(array(run(row, map(arrays, tensor))), row.title)
  local names, variables, bases, w2 = {}, {}, {}, {}
  local function vary(name, leaf, base)
    names[#names + 1], variables[#variables + 1], bases[#bases + 1] = name, leaf, base
  end
  local got = recording(function()
    local x = leaves_of(row, map(arrays, tensor), pass)
    local seed = core.grad.leaf(tensor(w))
    local ys, seeds = {}, {}
    for k, g in pairs(backward(row, x, seed, pass)) do
      if not holds(row.still, k) then
        w2[k] = weights(arrays[k], row.title .. k)
        ys[#ys + 1], seeds[#seeds + 1] = g, tensor(w2[k])
        if not row.gradient then vary("operand " .. k, x[k], arrays[k]) end
      end
    end
    vary("the weights", seed, w)
    return core.grad.backward(ys, seeds, variables)
  end)
  for i, base in ipairs(bases) do
    local found = differences(function() return gradient(row, arrays, w) end, base, w2)
    local ok, message = agree("the second gradient in " .. names[i], array(got[i]), found, SECOND)
    if not ok then return nil, message end
  end
  return true
end

-- First and second gradients of <seed, y>, as a list of arrays. The op stands between others; with
-- `forget` all that lies between the variables and the result is released before the walks back,
-- so that whatever no derivative reads is lost.
local function walked(row, arrays, w, forget)
  return recording(function()
    local x = leaves_of(row, map(arrays, tensor), pass)
    local between = {}
    local function note(t)
      between[#between + 1] = t
      return t
    end
    local places, list, moved = {}, {}, {}
    for k, leaf in pairs(x) do
      moved[k] = leaf
      if check.variable(row, k) then
        places[#places + 1], list[#list + 1] = k, leaf
        moved[k] = note(core.op.neg(note(core.op.neg(leaf))))
      end
    end
    local z = core.op.affine(note(run(row, moved)), 1, 0)
    local function release()
      for _, t in ipairs(forget and between or {}) do t:release() end
      between = {}
    end
    release()
    local found, ys, seeds = {}, {}, {}
    for i, g in ipairs(core.grad.backward({z}, {tensor(w)}, list)) do
      found[#found + 1] = array(g)
      ys[i] = core.op.affine(note(g), 1, 0)
      seeds[i] = tensor(weights(arrays[places[i]], row.title .. places[i]))
    end
    release()
    for _, g in ipairs(core.grad.backward(ys, seeds, list)) do found[#found + 1] = array(g) end
    return found
  end)
end

-- Gradients are the same when nobody else holds the op's operands and result.
function check.forgotten(row)
  local arrays = operands(row)
  local w = weights(array(run(row, map(arrays, tensor))), row.title)
  -- what is held needs no collection at every allocation to be lost
  core.stress(false)
  local ok, held = pcall(walked, row, arrays, w, false)
  core.stress(STRESS)
  if not ok then error(held, 0) end
  local lost = walked(row, arrays, w, true)
  for i, wanted in ipairs(held) do
    local same, message = near("gradient " .. i, lost[i], wanted, 0, 0)
    if not same then return nil, message end
  end
  return true
end

-- f(...) where new tensors stand at that place.
function check.at(place, f, ...)
  core.place.device(place)
  local all = table.pack(pcall(f, ...))
  core.place.device "host"
  if not all[1] then error(all[2], 0) end
  return table.unpack(all, 2, all.n)
end

-- The value at a place is that of the definition; in the double build, too, first and second
-- gradients are the host's.
function check.place(row, place)
  local ok, message = check.at(place, check.value, row)
  if not ok or registry[row.op].flat or row.values or not core.double then return ok, message end
  local arrays = operands(row)
  local w = weights(array(run(row, map(arrays, tensor))), row.title)
  local here, there = walked(row, arrays, w, false), check.at(place, walked, row, arrays, w, true)
  for i, wanted in ipairs(here) do
    local largest = SMALL
    for _, v in ipairs(wanted) do largest = math.max(largest, math.abs(v)) end
    local same
    same, message = near("gradient " .. i, there[i], wanted, 1e-11, largest)
    if not same then return nil, message end
  end
  return true
end

-- Makes the first allocation of everything(note) fail, then the second, and so on to the end.
-- Handles are released by hand: a collection for every failure would take minutes. What is put
-- together in Lua leaves handles that only a collection finds.
local function fail_in_turn(everything, collect)
  local live, n = core.memory().live, 0
  local ok, message
  repeat
    local made = {}
    n = n + (STRESS and n // 2 + 1 or 1)
    core.fail_at(n)
    ok, message = pcall(everything, function(t)
      made[#made + 1] = t
      return t
    end)
    core.fail_at(0)
    for _, t in ipairs(made) do t:release() end
    if collect then
      made = nil
      collectgarbage()
    end
    local left = core.memory().live - live
    if left ~= 0 then return nil, ("%d bytes are left after failure %d"):format(left, n) end
    if not ok and not tostring(message):find "out of memory" then
      return nil, ("failure %d: got the message '%s'"):format(n, message)
    end
  until ok
  if n == 1 then return nil, "nothing is ever allocated" end
  return true
end

-- check.memory with all tensors at a place.
function check.place_memory(row, place) return check.at(place, check.memory, row) end

-- Whichever allocation of the op and its gradient fails, the error says so and all memory is back.
function check.memory(row)
  local tensors = map(operands(row), tensor)
  local seed = tensor(weights(array(run(row, tensors)), row.title))
  local function everything(note)
    return recording(function() return backward(row, leaves_of(row, tensors, note), seed, note) end)
  end
  collectgarbage "stop"
  if row.f then collectgarbage() end
  local ok, message = fail_in_turn(everything, row.f)
  if not ok then  -- garbage from before may have gone in between
    collectgarbage()
    ok, message = fail_in_turn(everything, row.f)
  end
  collectgarbage "restart"
  return ok, message
end

return check
