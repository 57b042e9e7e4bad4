local T = require "teasel"
local core = require "teasel.core"

local learn, tensor, stream = core.learn, T.tensor, T.stream

describe("support vector machines on a column", function()
  -- the loss of learn.h for class c against the others
  local function loss(x, y, c, k, C, w, b)
    local n, own = #x, 0
    for _, v in ipairs(y) do own = own + (v == c and 1 or 0) end
    local positive, negative = C * n / (k * own), k == 2 and C * n / (2 * (n - own)) or C
    local sum = (w * w + b * b) / 2
    for i, row in ipairs(x) do
      local f = w * row[1] + b
      if y[i] == c then sum = sum + positive * math.max(0, 1 - f) ^ 2
      else sum = sum + negative * math.max(0, 1 + f) ^ 2 end
    end
    return sum
  end

  it("are at the minimum of their loss", function()
    for k = 2, 4 do
      local x, y = stream(k):normal({80, 1}, 3, 2), stream(k, "y"):integers({80}, 0, k - 1)
      local _, weights = learn.margin(x, y, x, y, 0.1)
      x, y = x:table(), y:table()
      for c = 0, k - 1 do
        local w, b = weights[1][2 * c + 1], weights[1][2 * c + 2]
        local least = loss(x, y, c, k, 0.1, w, b)
        for _, step in ipairs{1e-4, -1e-4} do
          assert(loss(x, y, c, k, 0.1, w + step, b) >= least)
          assert(loss(x, y, c, k, 0.1, w, b + step) >= least)
          assert(loss(x, y, c, k, 0.1, w + step, b - step) >= least)
        end
      end
    end
  end)

  it("score each column alone", function()
    local y = tensor{0, 0, 1, 1}
    local x = tensor{{-3, 0, 1}, {-2, 0, 2}, {2, 0, 1}, {3, 0, 2}}
    local score = learn.margin(x, y, x, y, 1)
    assert.are.equal(1, score[1])
    assert.are.equal(0.5, score[2])
    assert.are.equal(0.5, score[3])
  end)
end)

describe("the lasso", function()
  it("shrinks what it fits", function()
    -- of one centred column with mean square 1 the optimum is sign(c) max(|c| - alpha, 0)
    local x = tensor{{-1}, {1}, {-1}, {1}}
    local y = tensor{{5, 3, 3.05}, {5, 3.5, 3}, {5, 3, 3}, {5, 3.5, 3}}
    local w = learn.lasso(x, y, 0.1)
    assert.is_near(0, w[1][1], 1e-12)
    assert.is_near(0.15, w[2][1], 1e-6)
    assert.is_near(0, w[3][1], 1e-12)
  end)

  it("is at the minimum of its loss", function()
    local x, y = stream(1):normal{50, 4}, stream(2):normal{50, 1}
    local w = learn.lasso(x, y, 0.05)[1]
    local mx, my = x - T.mean(x, 1), y - T.mean(y, 1)
    local function loss(u)
      local e = my - T.matmul(mx, tensor(u):reshape{4, 1})
      local sum = 0
      for _, v in ipairs(u) do sum = sum + math.abs(v) end
      return T.sum(e * e):item() / 100 + 0.05 * sum
    end
    local least = loss(w)
    for j = 1, 4 do
      for _, step in ipairs{0.01, -0.01} do
        local u = {table.unpack(w)}
        u[j] = u[j] + step
        assert(loss(u) >= least)
      end
    end
  end)
end)

describe("statistics of spread and order", function()
  it("give equal items the mean of their ranks", function()
    assert.are.same({{3}, {1.5}, {4}, {1.5}}, learn.ranks(tensor{{2}, {1}, {7}, {1}}):table())
  end)

  it("divide covariances by n - 1", function()
    local x, y = tensor{{1}, {2}, {3}}, tensor{{1, 5}, {2, 3}, {3, 1}}
    assert.are.same({{1, -2}}, learn.covariance(x, y))
  end)

  it("average the quantiles of deviations over classes", function()
    local x, y = tensor{{0}, {2}, {10}, {10}, {13}}, tensor{0, 0, 1, 1, 1}
    -- deviations 1, 1 and 1, 1, 2: medians 1 and 1, maxima 1 and 2
    assert.is_near(1, learn.deviation(x, y, 0.5)[1], 1e-6)
    assert.is_near(1.5, learn.deviation(x, y, 1)[1], 1e-6)
    assert.is_near((1 + 1.5) / 2, learn.deviation(x, y, 0.75)[1], 1e-6)
  end)

  it("measure the dependence of Gaussian columns in closed form", function()
    local rho, a, b = 0.6, 2, 3
    local cov = {{a * a, rho * a * b}, {rho * a * b, b * b}}
    local total, distance = learn.gauss(cov)
    assert.is_near(-0.5 * math.log(1 - rho * rho), total, 1e-14)
    -- the root of a 2 x 2 matrix M has the trace sqrt(tr M + 2 sqrt(det M))
    local trace, det = a ^ 4 + b ^ 4, (1 - rho * rho) * a ^ 4 * b ^ 4
    assert.is_near(2 * (a * a + b * b) - 2 * math.sqrt(trace + 2 * math.sqrt(det)), distance, 1e-13)
  end)
end)
