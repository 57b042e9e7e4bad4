-- Drawn sprites: characters and their poses, and the parts that characters are split into.

local T = require "teasel"

local function stream(name) return T.stream(1, name) end
local function equal(a, b) return T.eq(a, b):min():item() == 1 end

local set = T.data.sprites{}
local space = set.space

describe("drawn sprites", function()
  it("are 672 characters in 20 animations of 8 frames", function()
    assert.equal(672 * 20 * 8, set:count())
    assert.equal(672, #set.classes)
    local x, levels, labels = set:batch(stream "batch", 30)
    assert.same({30, 60, 60, 3}, x:shape())
    assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
    local same = space:levels(space:index(levels))
    assert.is_true(equal(same, levels))
    -- the character is the number of the first seven levels
    assert.is_true(equal(labels, T.floor((space:index(levels) - 1) / 160)))
  end)

  it("are pixel art: of few colours, with no edge in between #slow", function()
    for i, picture in ipairs(T.canvas.images((set:batch(stream "colours", 12)))) do
      local seen, n = {}, 0
      for at = 1, #picture.data, 3 do
        local colour = picture.data:sub(at, at + 2)
        if not seen[colour] then seen[colour], n = true, n + 1 end
      end
      assert.is_true(n > 12 and n < 64, ("%d colours in image %d"):format(n, i))
    end
  end)

  it("differ in every attribute, animation and direction #slow", function()
    -- a shirt, from the front, walking
    local row = T.tensor{0, 0, 0, 0, 0, 0, 0, 0, 0, 2}
    for k = 1, 9 do
      local x = set:images(space:traverse(row, k))
      for i = 2, #x do
        for j = 1, i - 1 do
          local changed = T.ne(x[i], x[j]):max{axes = 3}:sum():item()
          assert.is_true(changed >= 8, ("%s: %d and %d"):format(space.names[k], i, j))
        end
      end
    end
  end)

  it("move: half of an animation's frames or more are new", function()
    local part = T.data.sprites{build = 1, skin = 1, hair = 2, top = 1, trousers = 1, shoes = 1,
      weapon = 1}
    local bytes, seen = T.canvas.images(part:images()), nil
    local new = 0
    for i, picture in ipairs(bytes) do
      if (i - 1) % 8 == 0 then seen, new = {}, 0 end
      new = new + (seen[picture.data] and 0 or 1)
      seen[picture.data] = true
      assert.is_true(i % 8 > 0 or new >= 4, ("animation %d of 20"):format(i // 8))
    end
    assert.equal(160, #bytes)
  end)

  it("are seen from the right as from the left in a mirror #slow", function()
    local levels = space:sample(stream "mirror", 20)
    local function at(direction)
      return set:images(space:fix(levels, "direction", T.full({1, 1}, direction)))
    end
    local back = {}
    for i = 1, 60 do back[i] = 61 - i end
    assert.is_true(T.eq(at(3), T.take(at(1), T.tensor(back), 3)):mean():item() > .99)
  end)

  it("stand inside of the picture #slow", function()
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

  it("give pairs of one character in two poses #slow", function()
    local _, _, i, j = T.data.sprites{part = "validation"}:pairs(stream "pairs", 4, {class = true})
    assert.equal(4, #i)
    assert.is_false(equal(i, j))
  end)

  it("have the same bits on one, two and three threads", function()
    local index, threads, x = stream("threads"):integers({7}, 1, set:count()), T.threads(), nil
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
