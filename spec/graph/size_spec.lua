-- Arguments that are in range one by one, but multiply: strides, pads, sizes and counts. What the
-- result needs may be asked for; what an argument alone would need may not.

local slow = require "spec.slow"
local T = require "teasel"

local op = require("teasel.core").op

local LARGE = {1 << 20, 1 << 32, (1 << 40) - 1, 1 << 40}

local function ramp(...) return (T.arange(1, T.zeros(...):size()):reshape{...}) end

-- the array of spec/slow of x
local function array(x)
  local flat = {shape = x:shape()}
  for i, v in ipairs(x:reshape{x:size()}:table()) do flat[i] = v end
  return flat
end

local function same(x, shape, items)
  assert.are.same(shape, x:shape())
  assert.are.same(items, x:reshape{x:size()}:table())
end

describe("a convolution", function()
  local x, w = ramp(1, 3, 2, 2), ramp(2, 2, 2, 1)

  it("with one window gives the same with any stride, as do its derivatives", function()
    for _, stride in ipairs(LARGE) do
      local form = {stride = stride}
      local y = x:conv(w, form)
      same(y, {1, 1, 1, 1}, x:slice(2, 1, 2):conv(w):reshape{1}:table())
      local dx, dw = T.grad(function(a, b) return a:conv(b, form):sum() end, 1)(x, w),
        T.grad(function(b) return x:conv(b, form):sum() end)(w)
      same(dx, x:shape(), {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0})
      same(dw, w:shape(), x:slice(2, 1, 2):reshape{8}:table())
      assert.are.same({1, 2, 2, 2}, op.conv_x(y, w, form):shape())
    end
  end)

  it("of more strides than pixels has the value of its definition", function()
    for _, channels in ipairs{1, 9} do
      local image, kernel = ramp(2, 1, 3, channels), ramp(3, 1, channels, 2)
      local form = {stride = {3, 2}, pad = {4, 3, 1, 1}}
      local wanted = slow.conv(array(image), array(kernel), form)
      local y = image:conv(kernel, form)
      same(y, wanted.shape, table.move(wanted, 1, #wanted, 1, {}))
      -- the derivative in x is the adjoint
      local g = ramp(table.unpack(y:shape()))
      local back = op.conv_x(g, kernel, {stride = form.stride, pad = form.pad, size = {1, 3}})
      assert.are.equal((y * g):sum():item(), (image * back):sum():item())
    end
  end)

  it("takes an image and a kernel that are long, in one step", function()
    local n = 1 << 20
    local long = op.conv_x(T.ones(1, 1, 1, 1), T.ones(n, 1, 1, 1))
    assert.are.equal(n, long:sum():item())
    local wide = op.conv_x(T.ones(1, 1, 2, 9), T.ones(1, 1, 9, 9), {stride = n})
    assert.are.same({1, 1, n + 1, 9}, wide:shape())
    assert.are.equal(2 * 81, wide:sum():item())
  end)

  it("of nothing, however long, is zeros", function()
    same(T.conv(T.zeros(1, 1 << 38, 1, 0), T.zeros(1 << 38, 1, 0, 2)), {1, 1, 1, 2}, {0, 0})
    same(op.conv_x(T.zeros(1, 1, 1, 0), T.zeros(2, 1, 1, 0), {stride = 1 << 40}), {1, 2, 1, 1},
      {0, 0})
    same(op.conv_w(T.zeros(0, 1 << 38, 1, 1), T.zeros(0, 1 << 38, 1, 1), {size = 1}),
      {1, 1, 1, 1}, {0})
  end)

  it("refuses padding beyond the image and the kernel, and images beyond 2^40 items", function()
    local one = T.ones(1, 1, 1, 1)
    for _, pad in ipairs{{0, 0, 0, (1 << 24) - 1}, {0, 1 << 36, 0, 0}, {1 << 40, 0}, 3} do
      for name, call in pairs{conv = function(o) return T.conv(one, one, o) end,
                              conv_x = function(o) return op.conv_x(one, one, o) end} do
        local o = {stride = {1 << 40, (1 << 24) - 1}, pad = pad}
        assert.has_error(function() call(o) end)
        local _, message = pcall(call, o)
        assert.matches(name .. ": argument 'pad': got %d+, wanted at most %d", message)
      end
    end
    local _, message = pcall(op.conv_x, one, one, {stride = 1 << 32, pad = "same"})
    assert.matches("conv_x: argument 'size': got images of shape %[1 4294967296 4294967296 1%]",
      message)
  end)
end)

describe("what would take for ever", function()
  local function wrong(f, ...)
    local ok, message = pcall(f, ...)
    assert.is_false(ok)
    return message
  end

  it("is refused by a convolution that multiplies hardly anything but padding", function()
    local n = 1 << 20
    local image = T.ones(1, 4, 4, 1)
    for _, size in ipairs{{1024, 1024}, {1, n}, {n, 1}} do
      local kernel = T.ones(size[1], size[2], 1, 1)
      local o = {pad = {size[1] - 1, size[2] - 1}}
      local wanted = (": argument 'pad': got %d x %d windows of %d x %d pixels on images of 4 x 4, "
        .. "wanted padding"):format(size[1] + 3, size[2] + 3, size[1], size[2])
      assert.matches("conv" .. wanted, wrong(T.conv, image, kernel, o))
      o.size = {4, 4}
      local y = T.ones(1, size[1] + 3, size[2] + 3, 1)
      assert.matches("conv_x" .. wanted, wrong(op.conv_x, y, kernel, o))
      o.size = size
      assert.matches("conv_w" .. wanted, wrong(op.conv_w, image, y, o))
    end
  end)

  -- blocks of a large kernel once copied all that its windows see, each of them
  it("is no convolution with a kernel of 2^21 taps", function()
    for _, size in ipairs{{1 << 10, 1 << 11}, {1, 1 << 21}, {1 << 21, 1}} do
      local h, w = table.unpack(size)
      local x = T.arange(1, h * w):reshape{1, h, w, 1}
      x = x - (x / 2):floor() * 2   -- 0 and 1: sums are exact
      local kernel = x:reshape{h, w, 1, 1}
      local sum = (x * x):sum():item()
      assert.equal(sum, T.conv(x, kernel):item())
      assert.equal(0, (op.conv_w(x, T.ones(1, 1, 1, 1), {size = size}) - kernel):abs():max():item())
      assert.equal(0, (op.conv_x(T.ones(1, 1, 1, 1), kernel) - x):abs():max():item())
    end
  end)

  it("is refused by table, for lists that hold nothing too", function()
    for _, shape in ipairs{{1 << 40, 0}, {1 << 20, 1 << 20, 0}, {2, 1 << 30, 0, 1}} do
      assert.matches("table: argument 'x': got a tensor .*, wanted at most 2^28 lists and items",
        wrong(T.zeros(shape).table, T.zeros(shape)))
    end
    assert.are.same({{}, {}, {}}, T.zeros(3, 0, 1 << 30):table())
  end)

  it("is refused by a ring of modes without number", function()
    for _, modes in ipairs{math.huge, 1 << 40, 2.5, 0 / 0} do
      assert.matches("ring: option 'modes': got .*, wanted", wrong(T.data.ring, {modes = modes}))
    end
  end)

  it("is refused by trees and charts of tables inside of themselves", function()
    local t = {x = T.ones(2)}
    t.inside = {t}
    assert.matches("tree.map: got a table inside of itself", wrong(T.tree.copy, t))
    assert.matches("tree.leaves: got a table inside of itself", wrong(T.tree.size, t))
    assert.matches("chart: got a table inside of itself", wrong(T.chart.lines, "never.png", t))
  end)

  it("or memory that is not there, is told in the name of the op", function()
    local core = require "teasel.core"
    local one = T.ones(1)
    for _, name in ipairs{"expand", "one_hot", "zeros"} do
      core.fail_at(1)
      local message = name == "zeros" and wrong(T.zeros, 1) or wrong(T[name], one, name == "expand"
        and {2} or 2)
      core.fail_at(0)
      assert.matches(name .. ": out of memory", message)
    end
  end)

  it("is refused by a grid of immense columns, gaps or tiles", function()
    local image = {T.canvas.tile(1, 1, 1, {0.5})}
    for _, name in ipairs{"columns", "gap", "scale", "text"} do
      for _, v in ipairs{1 << 40, math.huge, 0 / 0, -1, 1.5} do
        assert.matches("canvas.grid: option '" .. name .. "': got .*, wanted an integer in 0",
          wrong(T.canvas.grid, image, {[name] = v}))
      end
    end
  end)

  -- a sanitizer's own memory is beyond any limit
  local limited = os.getenv "LD_PRELOAD" and pending or it
  limited("is refused by linear algebra where OpenBLAS has no room to work in", function()
    local child = require "spec.child"
    local function run(limit, code)
      local pipe = io.popen(([[ulimit -v %s; export TEASEL_THREADS=1 OPENBLAS_NUM_THREADS=1
        %s -e '%s' 2>&1]]):format(limit, child.lua, code))
      local text = pipe:read "a"
      pipe:close()
      return text
    end
    local size = run("unlimited", [[require "teasel"
      for line in io.lines "/proc/self/status" do print(line:match "VmSize:%s+(%d+)") end]])
    local limit = math.tointeger(size:match "%d+") + (48 << 10)
    for name, call in pairs{solve = "T.solve(T.eye(2), T.eye(2))", svd = "T.svd(T.eye(2))",
                            cholesky = "T.cholesky(T.eye(2))", eigh = "T.eigh(T.eye(2))",
                            gauss = "T.metric.unsupervised(T.stream(1):normal({50, 3}))"} do
      assert.matches(name .. ": out of memory: %d+ bytes were asked for, for LAPACK",
        run(limit, [[local T = require "teasel" print(pcall(function() ]] .. call .. " end))"))
    end
  end)
end)
