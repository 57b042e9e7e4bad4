local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused

local TOLERANCE = core.double and 1e-12 or 2e-6   -- the work is done in double, and rounded

local function random(name, ...) return T.stream(1, name):normal{...} end
local function transposed(x) return x:permute{2, 1} end
local function product(...)
  local list = {...}
  local y = list[1]
  for i = 2, #list do y = y:matmul(list[i]) end
  return y
end
local function diagonal(s) return T.eye(#s) * s end

-- a symmetric matrix with all eigenvalues above 0
local function positive(name, n)
  local a = random(name, n, n)
  return T.matmul(a, a, {tb = true}) * (1 / n) + T.eye(n)
end

-- the first entry of largest magnitude of each row is positive
local function assert_signs(rows)
  for _, row in ipairs(rows:table()) do
    local best = 1
    for i, v in ipairs(row) do
      if math.abs(v) > math.abs(row[best]) * (1 + 1e-5) then best = i end
    end
    assert.is_true(row[best] > 0)
  end
end

describe("solve", function()
  it("solves a system by hand, also where rows must change places", function()
    near(T.solve(T.tensor{{2, 1}, {1, 3}}, T.tensor{{3}, {5}}), {{0.8}, {1.4}})
    near(T.solve(T.tensor{{0, 1}, {1, 0}}, T.tensor{{3, 4}, {5, 6}}), {{5, 6}, {3, 4}}, 0)
  end)

  it("leaves a residual of rounding alone", function()
    for _, n in ipairs{1, 2, 17, 60} do
      local a, b = random("solve a" .. n, n, n), random("solve b" .. n, n, 3)
      local x = T.solve(a, b)
      local scale = a:abs():matmul(x:abs()):max():item()
      near(a:matmul(x), b, (core.double and 1e-14 or 2e-6) * scale)
    end
  end)

  it("does not mind rows of very different scale", function()
    local scale = T.tensor{{1e-12}, {1}, {1e12}}
    local a, x = random("scaled", 3, 3), T.tensor{{1}, {2}, {3}}
    near(T.solve(a * scale, a:matmul(x) * scale), x, core.double and 1e-12 or 1e-5)
  end)

  it("takes systems without unknowns", function()
    assert.are.same({0, 2}, T.solve(T.zeros{0, 0}, T.zeros{0, 2}):shape())
    assert.are.same({2, 0}, T.solve(T.eye(2), T.zeros{2, 0}):shape())
  end)

  it("refuses a singular matrix and names the pivot", function()
    refused("solve: the matrix is singular: got 0 as pivot 2 of 2, with rows and columns scaled "
      .. "to 1", T.solve, T.tensor{{1, 2}, {2, 4}}, T.ones{2, 1})
    refused("got 0 as pivot 1 of 1", T.solve, T.zeros{1, 1}, T.ones{1, 1})
  end)

  it("knows a singular matrix by its condition: rounding leaves no pivot at 0", function()
    for i = 1, 200 do
      for _, n in ipairs{3, 5, 20} do
        local rows = T.stream(i, "singular"):integers({n - 1, n}, -9, 9)
        local a = T.concat({rows, rows:sum(1, true)}, 1)
        refused("solve: the matrix is singular: got ", T.solve, a, T.ones{n, 1})
        refused("solve: the matrix is singular: got ", T.solve, a * T.arange(1, n), T.ones{n, 1})
      end
    end
  end)
end)

describe("cholesky", function()
  it("factors a matrix by hand", function()
    near(T.cholesky(T.tensor{{4, 2}, {2, 3}}), {{2, 0}, {1, math.sqrt(2)}})
  end)

  it("gives a lower triangle with a positive diagonal whose square is the matrix", function()
    for _, n in ipairs{1, 3, 40} do
      local a = positive("cholesky" .. n, n)
      local l = T.cholesky(a)
      near(T.matmul(l, l, {tb = true}), a, 3 * TOLERANCE)
      for i, row in ipairs(l:table()) do
        assert.is_true(row[i] > 0)
        for j = i + 1, n do assert.are.equal(0, row[j]) end
      end
    end
    assert.are.same({0, 0}, T.cholesky(T.zeros{0, 0}):shape())
  end)

  it("refuses what is not positive definite and names the minor", function()
    local message = "cholesky: the matrix is not positive definite: its leading minor of order "
    refused(message .. "1 is not", T.cholesky, T.tensor{{-1, 0}, {0, 1}})
    refused(message .. "2 is not", T.cholesky, T.tensor{{1, 2}, {2, 1}})
    refused(message .. "3 is not", T.cholesky, T.tensor{{1, 0, 1}, {0, 1, 1}, {1, 1, 2}})
  end)

  it("takes a last pivot that is nothing but rounding for 0", function()
    for i = 1, 200 do
      local x = T.stream(i, "dependent"):integers({12, 4}, -9, 9)
      x = T.concat({x, x:sum(2, true)}, 2)
      refused("its leading minor of order 5 is not", T.cholesky, T.matmul(x, x, {ta = true}))
    end
  end)
end)

describe("eigh", function()
  it("finds eigenvalues and vectors by hand", function()
    local w, v = T.eigh(T.tensor{{2, 1}, {1, 2}})
    local h = math.sqrt(0.5)
    near(w, {1, 3})
    near(v, {{h, h}, {-h, h}})
  end)

  it("diagonalises with ascending eigenvalues and orthonormal columns of a fixed sign", function()
    for _, n in ipairs{1, 4, 33} do
      local a = random("eigh" .. n, n, n)
      a = (a + transposed(a)) * 0.5
      local w, v = T.eigh(a)
      near(product(v, diagonal(w), transposed(v)), a, 5 * TOLERANCE)
      near(T.matmul(v, v, {ta = true}), T.eye(n), TOLERANCE)
      local values = w:table()
      for i = 2, n do assert.is_true(values[i] >= values[i - 1]) end
      assert_signs(transposed(v))
    end
  end)

  it("copes with equal eigenvalues and with none", function()
    local w, v = T.eigh(T.eye(3) * 5)
    near(w, {5, 5, 5})
    near(T.matmul(v, v, {ta = true}), T.eye(3), TOLERANCE)
    w, v = T.eigh(T.zeros{0, 0})
    assert.are.same({{0}, {0, 0}}, {w:shape(), v:shape()})
  end)
end)

describe("svd", function()
  it("finds singular values by hand", function()
    local u, s, vt = T.svd(T.tensor{{3, 0}, {0, -4}})
    near(s, {4, 3})
    near(u, {{0, 1}, {-1, 0}})
    near(vt, {{0, 1}, {1, 0}})
  end)

  it("takes a matrix of any form apart into orthonormal factors and descending values", function()
    for _, form in ipairs{{5, 5}, {12, 4}, {4, 12}, {1, 7}, {7, 1}, {50, 30}} do
      local m, n = form[1], form[2]
      local k = math.min(m, n)
      local a = random("svd" .. m .. "x" .. n, m, n)
      local u, s, vt = T.svd(a)
      assert.are.same({{m, k}, {k}, {k, n}}, {u:shape(), s:shape(), vt:shape()})
      near(product(u, diagonal(s), vt), a, 5 * TOLERANCE)
      near(T.matmul(u, u, {ta = true}), T.eye(k), TOLERANCE)
      near(T.matmul(vt, vt, {tb = true}), T.eye(k), TOLERANCE)
      local values = s:table()
      assert.is_true(values[k] >= 0)
      for i = 2, k do assert.is_true(values[i] <= values[i - 1]) end
      assert_signs(vt)
    end
  end)

  it("shows the rank of a matrix", function()
    local a = random("left", 8, 2):matmul(random("right", 2, 6))
    local _, s = T.svd(a)
    local values = s:table()
    assert.is_true(values[2] > 0.1)
    for i = 3, 6 do assert.is_true(values[i] < 10 * TOLERANCE) end
  end)

  it("has the roots of the eigenvalues of a' a as its values", function()
    local a = random("both", 9, 4)
    local _, s = T.svd(a)
    near(T.eigh(T.matmul(a, a, {ta = true})):sqrt(), s:flip(1), 10 * TOLERANCE)
  end)

  it("takes matrices without rows or columns", function()
    local u, s, vt = T.svd(T.zeros{3, 0})
    assert.are.same({{3, 0}, {0}, {0, 0}}, {u:shape(), s:shape(), vt:shape()})
  end)
end)

describe("linear algebra", function()
  local b = T.ones{2, 1}
  local calls = {
    solve = function(a) return T.solve(a, b) end,
    cholesky = T.cholesky, eigh = T.eigh, svd = T.svd,
  }

  it("refuses what is not finite and says where it is", function()
    for name, f in pairs(calls) do
      for _, v in ipairs{0 / 0, math.huge, -math.huge} do
        assert.error_matches(function() f(T.tensor{{1, 2}, {v, 4}}) end,
          "^" .. name .. ": got %-?%a+ in row 2, column 1, wanted a finite number$")
      end
    end
    refused("solve, right-hand side: got inf in row 1, column 1", T.solve, T.eye(2),
      T.tensor{{math.huge}, {0}})
  end)

  it("refuses what is not symmetric and says where, but for rounding", function()
    for _, name in ipairs{"cholesky", "eigh"} do
      refused(name .. ": got 3 in row 2, column 1 and 2 across the diagonal, wanted a symmetric "
        .. "matrix", T[name], T.tensor{{4, 2}, {3, 4}})
      local e = core.double and 1e-9 or 1e-4
      near(calls[name](T.tensor{{4, 2}, {2 + e, 4}}), calls[name](T.tensor{{4, 2 + e}, {2, 4}}))
    end
  end)

  it("refuses other shapes", function()
    for _, name in ipairs{"solve", "cholesky", "eigh"} do
      refused(name .. ": argument 'a': got a tensor [2 3], wanted a square matrix", calls[name],
        T.ones{2, 3})
    end
    refused("svd: argument 'a': got a tensor [3], wanted a matrix", T.svd, T.ones{3})
    refused("svd: argument 'a': got nil, wanted a tensor", T.svd, nil)
    refused("solve: argument 'b': got a tensor [3 1], wanted 2 rows", T.solve, T.eye(2),
      T.ones{3, 1})
    refused("solve: argument 'b': got a tensor [2], wanted a matrix", T.solve, T.eye(2), T.ones{2})
  end)

  it("refuses to be differentiated, unless its operand is held constant", function()
    local a = positive("recorded", 2)
    for name, f in pairs(calls) do
      local held = T.grad(function(x) return (f(T.stop_gradient(x)) * x:sum()):sum() end)(a)
      assert.are.same({2, 2}, held:shape())
      refused(name .. ": argument 'a': got a recorded tensor, wanted a constant: " .. name
        .. " has no derivative (see stop_gradient)", T.grad(function(x) return f(x):sum() end), a)
    end
    refused("solve: argument 'b': got a recorded tensor", T.grad(function(x)
      return T.solve(a, x):sum()
    end), b)
  end)
end)
