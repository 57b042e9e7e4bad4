-- Ctrl-C in the middle of single operations of the core, in a process of its own.

local child = require "spec.child"

-- Does `f` until a signal comes, a tenth of a second later; prints what it raised, how many bytes
-- it left behind, and whether the core still calculates.
local HEAD = [[
local T = require "teasel"
local core = require "teasel.core"
local pid = io.open "/proc/self/stat":read "n"
local stream = T.stream(1)
local function try(f)
  collectgarbage()
  collectgarbage()
  local before = core.memory().live
  local ok, message = xpcall(function()
    core.system.interrupt(true)
    os.execute(("(sleep 0.1; kill -INT %d) > /dev/null 2>&1 &"):format(pid))
    while true do f() end
  end, function(message) return message end)
  core.system.interrupt(false)
  collectgarbage()
  collectgarbage()
  print(ok, message:match "[^:]*$", core.memory().live - before,
    T.ones{300, 300}:matmul(T.ones{300, 300}):sum():item() == 300 ^ 3)
end
]]

-- each long enough that the signal comes inside of it
local CASES = {
  ["a product"] = "x = stream:normal{1500, 1500} try(function() return x:matmul(x) end)",
  ["a convolution"] = "x, w = T.ones{1, 200, 200, 16}, T.ones{81, 81, 16, 16} "
    .. "try(function() return T.conv(x, w) end)",
  ["the gradient of a convolution"] = "x, w = T.ones{1, 120, 120, 8}, T.ones{61, 61, 8, 8} "
    .. "g = T.grad(function(v) return T.conv(v, w):sum() end) try(function() return g(x) end)",
  ["random numbers"] = "try(function() return stream:normal{3000, 3000} end)",
  ["sums and maps"] = "x = T.ones{2000, 2000} try(function() return x:exp():sum(1) end)",
  ["a fit of trees"] = "x, y = stream:normal{3000, 10}, stream:integers({3000}, 0, 5) "
    .. "try(function() core.learn.boost(x, y, 1, 1000) end)",
  ["a search for weights"] = "x, y = stream:normal{30000, 10}, stream:integers({30000}, 0, 9) "
    .. "try(function() core.learn.logistic(x, y) end)",
  ["a search for neighbours"] = "x = stream:normal{15000, 10} "
    .. "try(function() core.learn.affinity(x, 30, 10) end)",
  ["a map of neighbours"] = "a = core.learn.affinity(stream:normal{1000, 5}, 30, 10) "
    .. "y = stream:normal{1000, 2} try(function() a:gradient(y, 0, 1) end)",
  ["information"] = "x = stream:normal{200000, 10} try(function() core.learn.bins(x, 20) end)",
  ["drawn sprites"] = "d = T.data.dsprites{} i = T.arange(1, 20000) "
    .. "try(function() return d:images(i) end)",
  ["all metrics, not one of them"] = "x, y = stream:normal{2000, 6}, stream:integers({2000, 3}, 0, "
    .. "4) try(function() T.metric.all(x, y) error 'went on' end)",
  ["scenes"] = "d = T.data.faces{size = 32} i = T.arange(1, 500) "
    .. "d:images(T.arange(1, 2)) try(function() return d:images(i) end)",
}

describe("Ctrl-C", function()
  for what, code in pairs(CASES) do
    it("ends " .. what .. ", and leaves nothing behind", function()
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(HEAD, code, "\n")
      file:close()
      local pipe = assert(io.popen(("%s %s 2>&1"):format(child.lua, path)))
      local text = pipe:read "a"
      assert.is_true(pipe:close(), text)
      os.remove(path)
      assert.equal("false\tinterrupted\t0\ttrue\n", (text:gsub("\t ", "\t")))
    end)
  end
end)
