-- Products of sizes that fill tiles, panels and pieces of the packed kernels, at every level that
-- this processor has: single items against sums written out, and the three parts of a convolution
-- against each other.

local core = require "teasel.core"

local op, stream = core.op, core.rand.stream
local TOLERANCE = core.double and 1e-12 or 2e-5

local function close(got, wanted, scale, what)
  assert.is_true(math.abs(got - wanted) <= TOLERANCE * scale, ("%s: %g and %g"):format(what, got,
    wanted))
end

local function inner(a, b) return op.sum(a * b):item() end

-- <|a|, |b|>, the scale of the rounding errors of <a, b>
local function scale(a, b) return inner(op.abs(a), op.abs(b)) end

local LEVELS = {{4, "AVX-512"}, {3, "AVX2"}, {1, "portable"}}

local SIZES = {   -- m, k, n
  {1, 1, 1}, {1, 300, 1}, {7, 5, 3}, {8, 48, 48}, {9, 49, 97}, {64, 257, 130}, {130, 64, 300},
  {33, 1025, 50}, {300, 3, 17}, {65, 12, 1200},
}

local CONVS = {   -- n, h, w, c, o, kernel, stride, pad
  {3, 9, 11, 1, 5, {4, 4}, {2, 2}, {1, 1, 1, 1}}, {2, 16, 16, 32, 33, {4, 4}, {2, 2}, {1, 1, 1, 1}},
  {2, 13, 7, 3, 1, {3, 5}, {1, 2}, {0, 2, 3, 1}}, {5, 8, 8, 17, 64, {1, 1}, {1, 1}, {0, 0, 0, 0}},
  {1, 20, 20, 8, 9, {5, 5}, {3, 3}, {2, 2, 2, 2}}, {4, 7, 7, 40, 12, {4, 4}, {1, 1}, {1, 2, 1, 2}},
  {2, 5, 5, 4, 6, {7, 7}, {2, 2}, {3, 3, 3, 3}},
  -- few points of y, in many images
  {70, 6, 6, 12, 5, {4, 4}, {2, 2}, {0, 0, 0, 0}}, {150, 4, 4, 16, 3, {4, 4}, {1, 1}, {0, 0, 0, 0}},
}

for _, level in ipairs(LEVELS) do
  describe("products, " .. level[2], function()
    setup(function() core.kernels(level[1]) end)
    teardown(function() core.kernels(0) end)

    it("of matrices have items that are the sums they should be", function()
      local draw = stream(1, "prod")
      for _, size in ipairs(SIZES) do
        local m, k, n = table.unpack(size)
        for transposed = 0, 3 do
          local ta, tb = transposed % 2 == 1, transposed > 1
          local a = draw:normal(ta and {k, m} or {m, k})
          local b = draw:normal(tb and {n, k} or {k, n})
          local y = op.matmul(a, b, ta, tb)
          local rows = ta and op.permute(a) or a
          local columns = tb and b or op.permute(b)
          for _, place in ipairs{{1, 1}, {m, n}, {(m + 1) // 2, (n + 2) // 2}, {m, 1}, {1, n}} do
            local i, j = place[1], math.min(place[2], n)
            close(y[i][j]:item(), inner(rows[i], columns[j]), scale(rows[i], columns[j]) + 1e-30,
              ("%d x %d x %d, item %d, %d"):format(m, k, n, i, j))
          end
          -- every item: the sums of all rows and columns
          local ones = op.matmul(a, op.sum(columns, 1, true), ta, true)
          close(inner(op.sum(y, 2, true), ones), inner(ones, ones), scale(ones, ones) * 10 +
            scale(rows, rows), "sums")
        end
      end
    end)

    it("that are convolutions are one trilinear form and its derivatives", function()
      local draw = stream(2, "prod")
      for i, size in ipairs(CONVS) do
        local n, h, w, c, o, kernel, stride, pad = table.unpack(size)
        local form = {stride = stride, pad = pad}
        local x, k = draw:normal{n, h, w, c}, draw:normal{kernel[1], kernel[2], c, o}
        local y = op.conv(x, k, form)
        local g = draw:normal(y:shape())
        local dx = op.conv_x(g, k, {stride = stride, pad = pad, size = {h, w}})
        local dw = op.conv_w(x, g, {stride = stride, pad = pad, size = kernel})
        local want = inner(y, g)
        local most = scale(op.conv(op.abs(x), op.abs(k), form), g)
        close(inner(x, dx), want, most, "x, convolution " .. i)
        close(inner(k, dw), want, most, "w, convolution " .. i)
      end
    end)

    it("that are convolutions have items that are the sums they should be", function()
      local draw = stream(3, "prod")
      for i, size in ipairs(CONVS) do
        local n, h, w, c, o, kernel, stride, pad = table.unpack(size)
        local x, k = draw:normal{n, h, w, c}, draw:normal{kernel[1], kernel[2], c, o}
        local y = op.conv(x, k, {stride = stride, pad = pad})
        local padded = op.pad(x, {0, pad[1], pad[3], 0}, {0, pad[2], pad[4], 0})
        local _, oh, ow = table.unpack(y:shape())
        for _, at in ipairs{{1, 1, 1}, {oh, ow, o}, {(oh + 1) // 2, (ow + 1) // 2, (o + 1) // 2}} do
          local p, q, channel = table.unpack(at)
          local top, left = (p - 1) * stride[1] + 1, (q - 1) * stride[2] + 1
          local seen = op.slice(padded, {n, top, left, 1},
            {n, top + kernel[1] - 1, left + kernel[2] - 1, c})
          local weights = op.slice(k, {1, 1, 1, channel}, {kernel[1], kernel[2], c, channel})
          seen = op.reshape(seen, {seen:size()})
          weights = op.reshape(weights, {weights:size()})
          close(y[n][p][q][channel]:item(), inner(seen, weights), scale(seen, weights) + 1e-30,
            "convolution " .. i)
        end
      end
    end)
  end)
end
