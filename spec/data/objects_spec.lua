-- Fifteen objects: the views of each, and how they are split.

local T = require "teasel"

local objects = T.data.objects

describe("The objects", function()
  local data = objects{}

  it("have 1,541 views each", function()
    assert.equal(15 * 1541, data:count())
    assert.equal(15, #data.classes)
    assert.equal("ape", data.classes[1])
    local x, levels, labels = data:batch(T.stream(1), 4)
    assert.same({4, 64, 64, 3}, x:shape())
    assert.is_true(T.eq(levels[{{}, 1}], labels):min():item() == 1)
  end)

  it("stand on black, wholly inside the picture", function()
    local index = T.stream(2):integers({150}, 1, data:count())
    local x = data:images(index)
    local border = x[{{}, 1}]:max():item() + x[{{}, 64}]:max():item() + x[{{}, {}, 1}]:max():item()
      + x[{{}, {}, 64}]:max():item()
    assert.equal(0, border)
    local area = T.gt(x:max{axes = 4}, .03):mean{axes = {2, 3}}
    assert.is_true(area:min():item() > .02 and area:max():item() < .6)
  end)

  it("differ from class to class and from view to view", function()
    local middle = data:images(data.space:index(data.space:enumerate{view = 20, roll = 11}))
    local gap = (middle:reshape{15, 1, -1} - middle:reshape{1, 15, -1}):abs():mean(3)
    assert.is_true((gap + T.eye(15)):min():item() > .005)
    local views = data:images(data.space:index(data.space:enumerate{object = 1, roll = 11}))
    assert.is_true((views[1] - views[67]):abs():mean():item() > .01)
  end)

  it("roll in the picture", function()
    local x = data:images(data.space:index(data.space:enumerate{object = 8, view = 10}))
    -- the same object, so about the same area and colours, but elsewhere
    local mean = x:mean{axes = {2, 3, 4}}
    assert.is_true(((mean - mean:mean()):abs():max() / mean:mean()):item() < .05)
    assert.is_true((x[1] - x[23]):abs():mean():item() > .01)
  end)

  it("are split 1,000, 241, 300 in each class, with no image twice", function()
    local numbers, sizes = {}, {1000, 241, 300}
    for k, part in ipairs{objects.split(data)} do
      assert.equal(15 * sizes[k], part:count())
      local counts = T.one_hot(part:labels() + 1, 15):sum(1)
      assert.equal(sizes[k], counts:min():item())
      numbers[k] = data.space:index(part:factors())
    end
    local all = T.sort(T.concat(numbers, 1))
    assert.equal(0, (all - T.arange(1, 15 * 1541)):abs():max():item())
  end)
end)
