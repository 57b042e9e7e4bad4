-- Drawn sprites: characters and their poses, and the parts that characters are split into.

local T = require "teasel"

local function stream(name) return T.stream(1, name) end
local function equal(a, b) return T.eq(a, b):min():item() == 1 end

local set = T.data.sprites{}
local space = set.space

-- the images of a row of codes with every code of a factor
local function along(row, factor) return set:images(space:traverse(T.tensor(row), factor)) end

describe("drawn sprites", function()
  it("are 672 characters in 20 animations of 8 frames", function()
    assert.equal(672 * 20 * 8, set:count())
    assert.equal(672, #set.classes)
    local x, codes, labels = set:batch(stream "batch", 30)
    assert.same({30, 60, 60, 3}, x:shape())
    assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
    local same = space:codes(space:index(codes))
    assert.is_true(equal(same, codes))
    -- the character is the number of the first seven codes
    assert.is_true(equal(labels, T.floor((space:index(codes) - 1) / 160)))
  end)

  it("are pixel art: of few colours, with no edge in between", function()
    for i, picture in ipairs(T.canvas.images((set:batch(stream "colours", 12)))) do
      local seen, n = {}, 0
      for at = 1, #picture.data, 3 do
        local colour = picture.data:sub(at, at + 2)
        if not seen[colour] then seen[colour], n = true, n + 1 end
      end
      assert.is_true(n > 12 and n < 64, ("%d colours in image %d"):format(n, i))
    end
  end)

  it("differ in every attribute, animation and direction", function()
    -- a shirt, from the front, walking
    local row = {0, 0, 0, 0, 0, 0, 0, 0, 0, 2}
    for k = 1, 9 do
      local x = along(row, k)
      for i = 2, #x do
        for j = 1, i - 1 do
          local changed = T.ne(x[i], x[j]):max{axes = 3}:sum():item()
          assert.is_true(changed >= 8, ("%s: %d and %d"):format(space.names[k], i, j))
        end
      end
    end
  end)

  it("move: half of an animation's frames or more are new", function()
    for animation = 0, 4 do
      for direction = 0, 3 do
        local x, new = along({1, 1, 2, 1, 1, 1, 1, animation, direction, 0}, "frame"), 0
        for i = 1, 8 do
          local like = false
          for j = 1, i - 1 do like = like or equal(x[i], x[j]) end
          new = new + (like and 0 or 1)
        end
        assert.is_true(new >= 4, ("animation %d, direction %d"):format(animation, direction))
      end
    end
  end)

  it("are seen from the right as from the left in a mirror", function()
    local codes = space:sample(stream "mirror", 20)
    local function at(direction)
      return set:images(space:fix(codes, "direction", T.full({1, 1}, direction)))
    end
    local back = {}
    for i = 1, 60 do back[i] = 61 - i end
    assert.is_true(T.eq(at(3), T.take(at(1), T.tensor(back), 3)):mean():item() > .99)
  end)

  it("stand inside of the picture", function()
    local x = set:batch(stream "inside", 100)
    -- of what lies in the outermost columns there is at most the tip of a weapon
    local ground = x[{{}, 1, 1}]:reshape{100, 1, 3}
    for _, column in ipairs{1, 60} do
      local beyond = T.ne(x[{{}, {}, column}], ground):max{axes = 3}:sum{axes = 2}
      assert.is_true(beyond:max():item() <= 6)
    end
  end)

  it("have parts of 500, 72 and 100 characters, with none in two of them", function()
    local of = {}
    for part, count in pairs{train = 500, validation = 72, test = 100} do
      local some = T.data.sprites{part = part}
      assert.equal(count * 160, some:count())
      local seen, n = {}, 0
      for _, label in ipairs(some:labels():table()) do
        if not seen[label] then seen[label], n = true, n + 1 end
      end
      assert.equal(count, n)
      for label in pairs(seen) do
        assert.is_nil(of[label])
        of[label] = part
      end
    end
    local poses = T.data.sprites{part = "test", animation = 0, direction = {1, 3}}
    assert.equal(100 * 16, poses:count())
  end)

  it("give pairs of one character in two poses", function()
    local _, _, i, j = T.data.sprites{part = "validation"}:pairs(stream "pairs", 4, {class = true})
    assert.equal(4, #i)
    assert.is_false(equal(i, j))
  end)

  it("have the same bits on one, two and three threads", function()
    local index, threads, x = stream("threads"):integers({20}, 1, set:count()), T.threads(), nil
    for n = 1, 3 do
      T.threads(n)
      local y = set:images(index)
      x = x or y
      assert.is_true(equal(x, y))
    end
    T.threads(threads)
    assert.same({0, 60, 60, 3}, set:images(T.zeros{0}):shape())
  end)

  it("refuse a part that there is not", function()
    local ok, message = pcall(T.data.sprites, {part = "half"})
    assert.is_false(ok)
    assert.truthy(message:find("option 'part': got 'half', wanted all, train", 1, true), message)
  end)
end)
