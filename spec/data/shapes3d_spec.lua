-- The drawing of 3D Shapes: order and values of the release, and what each factor does.

local T = require "teasel"

local shapes3d = T.data.shapes3d
local function stream() return T.stream(3) end

-- the mean colour of a patch of the first image
local function patch(x, rows, columns)
  return x[{1, rows, columns}]:mean{axes = {1, 2}}:table()
end

describe("The shapes in a room", function()
  local data = shapes3d{}

  it("are numbered as in the release", function()
    assert.equal(480000, data:count())
    assert.same({"floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"},
      data.space.names)
    assert.same({10, 10, 10, 8, 4, 15}, data.space.sizes)
    local ends = data.space:physical(data.space:levels(T.tensor{1, 480000})):table()
    for k, wanted in ipairs{0, 0, 0, .75, 0, -30} do assert.near(wanted, ends[1][k], 1e-6) end
    for k, wanted in ipairs{.9, .9, .9, 1.25, 3, 30} do assert.near(wanted, ends[2][k], 1e-5) end
    local x, levels, labels = data:batch(stream(), 5)
    assert.same({5, 64, 64, 3}, x:shape())
    assert.is_true(T.eq(levels[{{}, 5}], labels):min():item() == 1)
  end)

  it("have floors, walls and bodies of their hues, and nothing else changes with these", function()
    local function draw(floor, wall, body)
      return data:images(data.space:index(T.tensor{{floor, wall, body, 4, 2, 7}}))
    end
    -- red, green (.3) and blue (.7) by their strongest channel
    local x = draw(0, 3, 7)
    local floor, wall, body = patch(x, {60, 64}, {20, 44}), patch(x, {1, 6}, {20, 44}),
      patch(x, {30, 36}, {28, 36})
    assert.is_true(floor[1] > .3 and floor[2] < .02 and floor[3] < .02)
    assert.is_true(wall[2] > .3 and wall[1] < .2 * wall[2] + .02 and wall[3] < .02)
    assert.is_true(body[3] > .3 and body[3] > 2 * body[1] and body[3] > 2 * body[2])
    local other = draw(5, 3, 7)
    assert.is_true((x - other)[{1, {1, 12}}]:abs():max():item() == 0)
    assert.is_true((x - other)[{1, {58, 64}}]:abs():min{axes = {1, 2}}:max():item() > .3)
  end)

  it("grow with scale, as its square", function()
    -- a red ball in a room of cyan
    local levels = {}
    for s = 0, 7 do levels[s + 1] = {5, 5, 0, s, 2, 7} end
    local x = data:images(data.space:index(T.tensor(levels)))
    local area = T.gt(x[{{}, {}, {}, 1}], x[{{}, {}, {}, 2}] + .1):mean{axes = {2, 3}}:table()
    for i = 2, 8 do assert.is_true(area[i] > area[i - 1]) end
    assert.near((1.25 / .75) ^ 2, area[8] / area[1], .45)
  end)

  it("turn about the middle, so that corners of the room move to and fro", function()
    local levels = {}
    for i = 0, 14 do levels[i + 1] = {0, 3, 7, 4, 2, i} end
    local x = data:images(data.space:index(T.tensor(levels)))
    for i = 2, 15 do assert.is_true((x[i] - x[i - 1]):abs():mean():item() > .002) end
    assert.is_true((x[1] - x[15]):abs():mean():item() > .02)
  end)

  it("have four bodies", function()
    local levels = {}
    for i = 0, 3 do levels[i + 1] = {0, 3, 7, 4, i, 7} end
    local x = data:images(data.space:index(T.tensor(levels)))
    for i = 1, 3 do
      for j = i + 1, 4 do assert.is_true((x[i] - x[j]):abs():mean():item() > .01) end
    end
  end)
end)
