-- An error names the function that the user called, not the op that it is made of, out of memory
-- too.

local T = require "teasel"
local core = require "teasel.core"

local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return message
end

describe("an error names what was called:", function()
  local image = T.ones(1, 4, 4, 2)
  for _, case in ipairs{
    {"upsample", "x", 2}, {"upsample", T.ones(2, 2), 2}, {"upsample", image, 0},
    {"deconv", "x"}, {"deconv", image, T.ones(2, 2, 3, 4)},
    {"deconv", image, T.ones(3, 3, 1, 2), {strides = 2}},
    {"avg_pool", "x", {kernel = 2}}, {"avg_pool", T.ones(2, 2), {kernel = 2}},
    {"max_pool", "x", {kernel = 2}}, {"max_pool", T.ones(2, 2), {kernel = 2}},
    {"eye", -1}, {"eye", "x"}, {"mean", "x"}, {"mean", image, 5}, {"var", "x"},
    {"var", image, {1, 1}}, {"norm", "x"}, {"norm", image, 0}, {"slice", image, 1, 2, 9},
    {"sum", image, 5}, {"conv_x", "x"},
  } do
    local name = case[1]
    it(name, function()
      assert.matches("^[^:]*:%d+: " .. name .. ": ", message_of(T[name] or core.op[name],
        table.unpack(case, 2)))
    end)
  end
end)

describe("out of memory names", function()
  local x = T.ones(1, 4, 4, 2)
  for name, run in pairs{
    add = function() return x + x end,
    relu = function() return x:relu() end,
    ones = function() return T.ones(3) end,
    mean = function() return x:mean() end,
    deconv = function() return T.deconv(x, T.ones(3, 3, 1, 2)) end,
    upsample = function() return x:upsample(2) end,
    tensor = function() return T.tensor{1, 2} end,
    normal = function() return T.stream(1):normal{3} end,
    bins = function() return core.learn.bins(T.ones(4, 1), 2) end,
    backward = function() return T.grad(function(y) return (y * y):sum() end)(T.tensor(1)) end,
  } do
    it(name, function()
      local seen, n, ok, message = false, 0, nil, nil
      repeat
        n = n + 1
        core.fail_at(n)
        ok, message = pcall(run)
        core.fail_at(0)
        assert(ok or message:find "%w+: out of memory", message)
        seen = seen or not ok and message:find(name .. ": out of memory", 1, true) ~= nil
      until ok
      assert.is_true(seen)
    end)
  end
end)
