-- What specs say of results and errors.

local assert = require "luassert"
local core = require "teasel.core"
local grad = require "teasel.grad"

local expect = {}

local STANDARD = core.double and 1e-14 or 1e-6

-- The shape of nested lists, and their numbers in order.
local function flatten(v, shape, items, depth)
  if type(v) == "number" then
    items[#items + 1] = v
  else
    shape[depth] = #v
    for _, part in ipairs(v) do flatten(part, shape, items, depth + 1) end
  end
  return shape, items
end

local function array(v)
  if type(v) == "userdata" then return v:shape(), v:head(v:size()) end
  return flatten(v, {}, {}, 1)
end

-- near(got, wanted, tolerance): two arrays agree in shape and in every item. An array is a tensor,
-- a number or nested lists of numbers. The tolerance (default: some units in the last place of
-- the build) is relative to the wanted item or to 1, whichever is larger; with 0 the items must be
-- equal. NaN agrees with NaN.
function expect.near(got, wanted, tolerance)
  local shape, items = array(got)
  local wanted_shape, wanted_items = array(wanted)
  assert.are.same(wanted_shape, shape)
  tolerance = tolerance or STANDARD
  for i, w in ipairs(wanted_items) do
    local g = items[i]
    local allowed = tolerance * math.max(math.abs(w), 1)
    if not (g == w or (g ~= g and w ~= w) or math.abs(g - w) <= allowed) then
      error(("item %d: got %.17g, wanted %.17g within %.2g"):format(i, g, w, allowed), 2)
    end
  end
end

-- refused(message, f, ...): f(...) raises an error that has the message in it, word for word.
function expect.refused(message, f, ...)
  local args = table.pack(...)
  assert.error_matches(function() f(table.unpack(args, 1, args.n)) end, message, 1, true)
end

-- options_told(name, f, given): what `build/teasel help NAME` says of f tells each of its options,
-- which its refusal of a wrong one, f(given), lists; there are more than eight.
function expect.options_told(name, f, given)
  local _, message = pcall(f, given)
  local help = require "teasel.tool.help"
  local text, n = help(f), 0
  assert.equal(text, help(name))
  for option in message:match "wanted one of: (.*)":gmatch "%w+" do
    assert.is_truthy(text:find("\n  " .. option .. "[ ,]") or text:find(" " .. option .. "   "),
      option)
    n = n + 1
  end
  assert.is_true(n > 8)
end

-- gradient(f, x, tolerance): the gradient of f, a number, in the tensor x is what 4-point
-- differences give, for the double build.
function expect.gradient(f, x, tolerance)
  local shape, items, step = x:shape(), x:head(x:size()), 1e-3
  local function at(i, v)
    local moved = table.move(items, 1, #items, 1, {})
    moved[i] = v
    return f(core.op.reshape(core.tensor.tensor(moved), shape)):item()
  end
  local wanted = {}
  for i, v in ipairs(items) do
    wanted[i] = (8 * (at(i, v + step) - at(i, v - step)) - at(i, v + 2 * step)
      + at(i, v - 2 * step)) / (12 * step)
  end
  expect.near(core.op.reshape(grad.grad(f)(x), {#items}), wanted, tolerance or 1e-9)
end

-- memory_back(f) -> how often f was called: with its first allocation failing, then its second, and
-- so on until it succeeds. Each failure says that memory ran out, and no call leaves a byte.
function expect.memory_back(f)
  local function live()
    collectgarbage()
    collectgarbage()
    return core.memory().live
  end
  local n, ok, message = 0, false, nil
  repeat
    n = n + 1
    local before = live()
    core.fail_at(n)
    ok, message = pcall(f)
    core.fail_at(0)
    assert(ok or tostring(message):find("out of memory", 1, true), message)
    message = nil
    assert.are.equal(before, live(), ("allocation %d"):format(n))
  until ok
  return n
end

return expect
