-- Drawn digits: what each factor does, measured on the images, and MNIST's habits.

local T = require "teasel"

local function stream(name) return T.stream(1, name) end
local function all(x) return x:min():item() == 1 end
local function equal(a, b) return all(T.eq(a, b)) end

local place = T.arange(1, 28) - .5

-- of images [n 28 28 1]: their ink, and its mean place and spread along x and y, and slant
local function measured(x)
  local n = #x
  local ink = x:reshape{n, 28, 28}
  local mass = ink:sum{axes = {2, 3}}
  local across, down = place:reshape{1, 1, 28}, place:reshape{1, 28, 1}
  local function mean(v) return (ink * v):sum{axes = {2, 3}} / mass end
  local cx, cy = mean(across), mean(down)
  local dx, dy = across - cx:reshape{n, 1, 1}, down - cy:reshape{n, 1, 1}
  return {mass = mass, x = cx, y = cy, wide = mean(dx * dx):sqrt(), high = mean(dy * dy):sqrt(),
    slant = -mean(dx * dy) / mean(dy * dy)}
end

describe("drawn digits", function()
  local whole = T.data.digits{}
  local like_mnist = T.data.digits{size = 2, posX = 1, posY = 1}

  it("are 6,804,000 images of 28 x 28, with their digit as class", function()
    assert.equal(6804000, whole:count())
    assert.same({28, 28, 1}, whole.shape)
    local x, levels, digits = whole:batch(stream "batch", 40)
    assert.same({40, 28, 28, 1}, x:shape())
    assert.is_true(equal(digits, levels[{{}, 1}]))
    assert.equal(10, #whole.classes)
    assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
    assert.same({0, 28, 28, 1}, whole:images(T.zeros{0}):shape())
  end)

  it("have the mass, the grey edges and the centre of MNIST's", function()
    local x = like_mnist:batch(stream "mnist", 600)
    local m = measured(x)
    -- MNIST's first 10,000: 102.8, and 10.3 % of the pixels grey
    assert.near(103, m.mass:mean():item(), 12)
    assert.near(.103, T.mean(x:gt(.05) * x:lt(.95)):item(), .025)
    -- a little of the ink may lie beyond an edge: then it is off by more
    assert.is_true((m.x - 14.5):abs():max():item() < .6)
    assert.near(14.5, m.x:mean():item(), .02)
    assert.near(14.5, m.y:mean():item(), .02)
  end)

  it("have a larger side of 20 pixels", function()
    local x = like_mnist:batch(stream "side", 300):gt(.3)
    local wide, high = x:max{axes = 2}:sum{axes = {2, 3}}, x:max{axes = 3}:sum{axes = {2, 3}}
    local side = T.maximum(wide, high)
    assert.is_true(side:min():item() >= 18 and side:max():item() <= 23)
    assert.near(20.3, side:mean():item(), .7)
  end)

  -- the mean, over some images, of what grows with a factor
  local GROWS = {thickness = "mass", size = "high", slant = "slant", posX = "x", posY = "y"}
  for factor, what in pairs(GROWS) do
    it(("grow in %s with %s"):format(what, factor), function()
      local levels, last = whole.space:sample(stream(factor), 60), nil
      for level = 0, whole.space.sizes[whole.space:number(factor)] - 1 do
        local at = whole.space:fix(levels, factor, T.full({1, 1}, level))
        local now = measured(whole:images(at))[what]
        if last then
          assert.is_true(now:mean():item() > last:mean():item())
          assert.is_true((now - last):min():item() > (what == "slant" and -.1 or -1e-3))
        end
        last = now
      end
    end)
  end

  it("grow wider for their height with width", function()
    local levels, last = whole.space:sample(stream "width", 60), nil
    levels = whole.space:fix(levels, "slant", T.full({1, 1}, 2))
    for level = 0, 4 do
      local m = measured(whole:images(whole.space:fix(levels, "width", T.full({1, 1}, level))))
      local now = (m.wide / m.high):mean():item()
      assert.is_true(not last or now > last)
      last = now
    end
  end)

  it("differ by style and hand, and by hand only as far as it may", function()
    local levels = whole.space:sample(stream "hand", 20)
    local function at(set, factor, level)
      return set:images(set.space:fix(levels, factor, T.full({1, 1}, level)))
    end
    for _, factor in ipairs{"style", "hand", "digit"} do
      local gap = (at(whole, factor, 0) - at(whole, factor, 1)):abs():max{axes = {2, 3, 4}}
      assert.is_true(gap:min():item() > .1, factor)
    end
    local stiff = T.data.digits{jitter = 0}
    assert.is_true((at(stiff, "hand", 0) - at(stiff, "hand", 5)):abs():max():item() < 1e-4)
    assert.is_false(equal(at(whole, "hand", 0), at(T.data.digits{seed = 2}, "hand", 0)))
  end)

  it("are the same picture at any side", function()
    local levels = T.tensor{{3, 1, 4, 2, 1, 3, 1, 1, 1}, {8, 0, 2, 5, 3, 2, 0, 2, 0}}
    local small, large = whole:images(levels), T.data.digits{side = 56}:images(levels)
    assert.is_true((T.avg_pool(large, {kernel = 2}) - small):abs():mean():item() < .02)
  end)

  it("have the same bits on one, two and three threads", function()
    local levels, threads, x = whole.space:sample(stream "threads", 50), T.threads(), nil
    for n = 1, 3 do
      T.threads(n)
      local y = whole:images(levels)
      x = x or y
      assert.is_true(equal(x, y))
    end
    T.threads(threads)
  end)

  it("refuse a side, a jitter and a seed that are none", function()
    for _, case in ipairs{{{side = 5}, "option 'side': got 5, wanted an integer in 8..1024"},
      {{jitter = -1}, "option 'jitter': got -1"}, {{seed = .5}, "option 'seed': got 0.5"},
      {{digit = 10}, "got the level 10 for 'digit'"}} do
      local ok, message = pcall(T.data.digits, case[1])
      assert.is_false(ok)
      assert.truthy(message:find(case[2], 1, true), message)
    end
  end)

  it("teach a network to read MNIST #slow", function()
    local folder = require("spec.data").folder
    local mnist = folder and T.data.mnist.open{part = "test", folder = folder .. "/mnist"}
    if not mnist then return pending "needs MNIST in the data folder" end
    local nn, s = T.nn, stream "read"
    local net = nn.chain{nn.flatten, nn.linear(784, 64, {init = nn.init.he_normal()}), nn.relu,
      nn.linear(64, 10)}
    local params, adam = net:init(s:split "init"), T.optim.adam{lr = 3e-3}
    local state = adam:init(params)
    local loss = T.value_and_grad(function(p, x, digits)
      return T.cross_entropy(net(p, x), T.one_hot(digits + 1, 10)):mean()
    end)
    for _ = 1, 200 do
      local x, _, digits = like_mnist:batch(s, 64)
      local _, grads = loss(params, x, digits)
      adam:update(params, grads, state)
    end
    local index = T.arange(1, 2000)
    local right = (net(params, mnist:images(index)):argmax(2) - 1):eq(mnist:labels(index))
    assert.is_true(right:mean():item() > .65, right:mean():item())
  end)
end)
