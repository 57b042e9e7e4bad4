-- Products, convolutions and folds in far memory that are large enough for threads that work
-- together, where there are any: on the mirror, or where TEASEL_FAR says (see far_spec.lua). The
-- host's are the reference.

local T = require "teasel"
local core = require "teasel.core"

local PLACE = os.getenv "TEASEL_FAR" or "mirror"

describe("large ops in far memory (" .. PLACE .. ")", function()
  local stream = T.stream(1)

  local function random(shape) return stream:normal(shape) end

  local function there(list)
    local moved = {}
    for i, x in ipairs(list) do moved[i] = x:to(PLACE) end
    return moved
  end

  -- f(operands) is the host's but for the last digits of its largest numbers, and always the same
  local function agree(name, f, list)
    local here, far = f(table.unpack(list)), f(table.unpack(there(list)))
    assert.equal(PLACE, far:place())
    assert.same(here:shape(), far:shape())
    assert.is_true(far:data() == f(table.unpack(there(list))):data(), name)
    if here:data() == far:data() then return end   -- infinities, too
    local error = T.abs(here - far:to "host"):max():item() / T.abs(here):max():item()
    assert.is_true(error < (core.double and 1e-14 or 3e-6), ("%s: %g"):format(name, error))
  end

  local function shapes(...)
    local list = {}
    for i, shape in ipairs{...} do list[i] = random(shape) end
    return list
  end

  it("have the host's products in all orders of operands", function()
    local m, n, k = 70, 90, 33
    for _, turned in ipairs{{}, {ta = true}, {tb = true}, {ta = true, tb = true}} do
      agree("product", function(a, b) return T.matmul(a, b, turned) end, shapes(
        turned.ta and {k, m} or {m, k}, turned.tb and {n, k} or {k, n}))
    end
  end)

  it("have its products in batches, and where sums are cut into parts", function()
    agree("batch", T.matmul, shapes({3, 1, 70, 17}, {2, 17, 40}))
    agree("parts", T.matmul, shapes({20, 1030}, {1030, 17}))
    agree("two columns", T.matmul, shapes({70, 1500}, {1500, 2}))
  end)

  -- images, kernels, stride and padding
  local CONVOLUTIONS = {
    {{2, 9, 11, 16}, {3, 3, 16, 40}, {stride = 1, pad = 1}},
    {{3, 16, 15, 5}, {4, 4, 5, 24}, {stride = 2, pad = 1}},
    {{2, 17, 18, 17}, {5, 2, 17, 20}, {stride = {3, 2}, pad = {2, 0}}},
    {{4, 19, 20, 16}, {2, 1, 16, 32}, {stride = {2, 4}}},
    {{4, 18, 18, 8}, {2, 2, 8, 16}, {stride = 1}},
  }

  it("have its convolutions, their images and their kernels", function()
    for i, case in ipairs(CONVOLUTIONS) do
      local xs, ws, with = table.unpack(case)
      local x, w = random(xs), random(ws)
      local name = "case " .. i
      agree(name .. ", conv", function(a, b) return core.op.conv(a, b, with) end, {x, w})
      local y = random(core.op.conv(x, w, with):shape())
      local function sized(a, b)
        return {stride = with.stride, pad = with.pad, size = {a, b}}
      end
      agree(name .. ", conv_x", function(a, b)
        return core.op.conv_x(a, b, sized(xs[2], xs[3]))
      end, {y, w})
      agree(name .. ", conv_w", function(a, b)
        return core.op.conv_w(a, b, sized(ws[1], ws[2]))
      end, {x, y})
    end
  end)

  it("have its folds of few and of many columns", function()
    for _, shape in ipairs{{20000}, {5, 300}, {300, 5}, {2, 1033, 3}, {2, 700, 40}} do
      local x = random(shape)
      local name = table.concat(shape, " ")
      for _, axis in ipairs(#shape == 1 and {1} or #shape == 2 and {1, 2} or {1, 2, 3}) do
        for _, f in ipairs{"sum", "max", "min", "logsumexp"} do
          agree(("%s of %s along %d"):format(f, name, axis), function(a)
            return T[f](a, axis)
          end, {x})
        end
      end
    end
  end)

  it("have its normalisations, and their gradients", function()
    for _, shape in ipairs{{700, 3}, {40, 9, 5, 20}} do
      local n = shape[#shape]
      local function f(x, w, b) return core.op.batch_norm(x, w, b) end
      local list = {random(shape), random{n}, random{n}}
      agree("batch_norm", f, list)
      for i = 1, 3 do
        agree("its gradient in operand " .. i, function(...)
          local all = table.pack(...)
          return T.grad(function(v)
            all[i] = v
            return T.sum(T.sin(f(table.unpack(all))))
          end)(all[i])
        end, list)
      end
    end
  end)

  it("find a NaN, and nonzero items, wherever they are", function()
    local y = T.where(T.eq(T.arange(1, 3000), 2500), 0 / 0, 1)
    local m = T.max(y:to(PLACE)):item()
    assert.is_true(m ~= m)
    local z = T.where(T.gt(T.arange(1, 3000), 2990), 1, 0)
    assert.equal(10, #T.nonzero(z:to(PLACE)))
  end)
end)
