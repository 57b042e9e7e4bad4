-- Drawn house numbers: what is told of them is what is to be seen.

local T = require "teasel"

local function equal(a, b) return T.eq(a, b):min():item() == 1 end

local function correlation(a, b)
  a, b = a - a:mean(), b - b:mean()
  return ((a * b):mean() / (a:square():mean() * b:square():mean()):sqrt()):item()
end

describe("House numbers", function()
  it("tell the digit, two colours and the light within their ranges", function()
    local data = T.data.house_numbers{images = 400}
    assert.equal(400, data:count())
    assert.same({32, 32, 3}, data.shape)
    assert.same({"digit", "ground", "ink", "light"}, data.factor_names)
    local f = data:factors()
    for k, range in ipairs{{0, 9}, {.2, .9}, {.2, .9}, {.5, 1.1}} do
      assert.is_true(f[{{}, k}]:min():item() >= range[1] and f[{{}, k}]:max():item() <= range[2])
    end
    assert.equal(10, #data.classes)
    assert.is_true(equal(data:labels(), f[{{}, 1}]))
    for digit = 0, 9 do assert.is_true(T.eq(f[{{}, 1}], digit):sum():item() > 15) end
  end)

  it("are as bright at their edges as ground and light say, and show the digit's colour", function()
    local data = T.data.house_numbers{images = 400}
    local x, f = data:images(), data:factors()
    local function row(from, to) return x[{{}, {from, to}}]:mean{axes = {2, 3, 4}} end
    local edge = (row(1, 2) + row(31, 32)) / 2
    assert.is_true(correlation(edge, f[{{}, 2}] * f[{{}, 4}]) > .99)
    local middle = x[{{}, {13, 20}, {13, 20}}]:mean{axes = {2, 3, 4}} - edge
    assert.is_true(correlation(middle, f[{{}, 3}] - f[{{}, 2}]) > .8)
    assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
  end)

  it("have the digit that they are said to have: it is read by the mean of each digit's", function()
    local data = T.data.house_numbers{images = 3000}
    local x, label = data:images(), data:labels()
    local function edge(rows, columns)
      return x[{{}, rows, columns}]:mean{axes = {2, 3}, keep = true}
    end
    local top, bottom, left, right = edge({1, 2}, {}), edge({31, 32}, {}), edge({}, {1, 2}),
      edge({}, {31, 32})
    local across = T.linspace(-1, 1, 32):reshape{1, 1, 32, 1}
    local ground = (left + right + top + bottom) / 4 + (right - left) / 2 * across
      + (bottom - top) / 2 * across:reshape{1, 32, 1, 1}
    local shape = (x - ground):square():mean{axes = {4}}:reshape{3000, 1024}
    shape = shape / shape:norm{axes = {2}, keep = true}
    local means = {}
    for digit = 0, 9 do
      means[digit + 1] = shape[{{1, 2000}}][T.eq(label[{{1, 2000}}], digit)]:mean{axes = {1}}
    end
    local read = T.matmul(shape[{{2001, 3000}}], T.stack(means, 2)):argmax(2):reshape{1000}
    local share = T.eq(read - 1, label[{{2001, 3000}}]):mean():item()
    assert.is_true(share > .18)   -- chance is .1, give or take .01
  end)

  it("follow from seed and number alone", function()
    local data = T.data.house_numbers{images = 300}
    local index = T.tensor{7, 260, 1}
    local all = data:images()
    assert.is_true(equal(data:images(index), T.take(all, index, 1)))
    local other = T.data.house_numbers{images = 300, seed = 2}
    assert.is_true((other:images(index) - data:images(index)):abs():mean():item() > .05)
    assert.are_not.equal(data.key(), other.key())
  end)

  it("say what is wrong", function()
    assert.error_matches(function() T.data.house_numbers{images = 0} end, "'images': got 0, wanted")
    assert.error_matches(function() T.data.house_numbers{seed = -1} end, "'seed': got %-1, wanted")
    assert.error_matches(function() T.data.house_numbers{side = 28} end, "house_numbers.*side")
  end)
end)
