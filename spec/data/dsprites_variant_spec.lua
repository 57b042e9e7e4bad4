-- The variants of dSprites against the sprites that they are made of, and XY-squares.

local T = require "teasel"

local function stream(name) return T.stream(1, name) end
local function all(x) return x:size() == 0 or x:min():item() == 1 end
local function equal(a, b) return all(T.eq(a, b)) end
local function variant(kind) return T.data.dsprites_variant{kind = kind} end

local plain = T.data.dsprites{}
local index = stream("index"):integers({40}, 1, plain:count())
local sprite = plain:images(index)

describe("a variant of dSprites", function()
  for _, kind in ipairs{"colour", "noisy", "scream"} do
    it(("has the factors of the sprites and is told by its number: %s"):format(kind), function()
      local set = variant(kind)
      assert.same(plain.space.sizes, set.space.sizes)
      assert.same(plain.space.names, set.space.names)
      assert.same({64, 64, 3}, set.shape)
      local x = set:images(index)
      assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
      local some = T.tensor{7, 3, 7}
      assert.is_true(equal(T.take(x, some, 1), set:images(T.take(index, some))))
      assert.is_false(equal(x, T.data.dsprites_variant{kind = kind, seed = 2}:images(index)))
      assert.same({0, 64, 64, 3}, set:images(T.zeros{0}):shape())
    end)
  end

  it("in colour has one colour of .5 to 1 in the sprite, and black elsewhere", function()
    local x = variant "colour":images(index)
    assert.is_true(equal(x * (1 - sprite), 0))
    local n = sprite:sum{axes = {2, 3}}
    local colour = x:sum{axes = {2, 3}} / n
    assert.is_true(colour:min():item() >= .5 - 1e-5 and colour:max():item() <= 1)
    assert.is_true((x - colour:reshape{40, 1, 1, 3} * sprite):abs():max():item() < 1e-5)
    assert.near(.75, colour:mean():item(), .05)
  end)

  it("on noise is white in the sprite and uniform elsewhere", function()
    local x = variant "noisy":images(index)
    assert.is_true(all(T.maximum(x:eq(1), 1 - sprite)))
    local outside = x[T.expand(1 - sprite, x:shape()):gt(0)]
    assert.near(.5, outside:mean():item(), .005)
    assert.near(1 / 12, outside:var():item(), .002)
  end)

  it("before a picture is its negative in the sprite", function()
    local set = variant "scream"
    local levels = plain.space:levels(index)
    local x = set:images(index)
    -- the picture halfway to a colour leaves at least half of each channel's range free
    local range = x:max{axes = {2, 3}} - x:min{axes = {2, 3}}
    assert.is_true(range:max():item() <= 1)
    local edge = T.gt((x[{{}, {1, 63}}] - x[{{}, {2, 64}}]):abs():max{axes = 4, keep = true}, .12)
    local outline = T.gt((sprite[{{}, {1, 63}}] - sprite[{{}, {2, 64}}]):abs(), .5)
    -- nearly all sharp edges are the sprite's outline
    assert.is_true((edge * (1 - outline)):sum():item() < .25 * edge:sum():item())
    assert.equal(40, #levels)
  end)

  it("in abstract colours has two of them", function()
    local set = variant "abstract"
    assert.equal(552960, set:count())
    assert.same({"background", "colour", "shape", "scale", "posX", "posY"}, set.space.names)
    local x, levels = set:batch(stream "abstract", 30)
    local corner = x[{{}, 1, 1}]
    assert.is_true((corner - levels[{{}, {1, 1}}] / 4):abs():max():item() < 1e-6)
    local other = T.ne(x, corner:reshape{30, 1, 1, 3}):max{axes = 4, keep = true}
    local area = other:sum{axes = {2, 3, 4}}
    assert.is_true(area:min():item() >= 50 and area:max():item() <= 400)
    -- what is no background has one colour
    local colour = (x * other):sum{axes = {2, 3}} / area:reshape{30, 1}
    assert.is_true(((x - colour:reshape{30, 1, 1, 3}) * other):abs():max():item() < 1e-5)
  end)

  it("can be a part of all, and refuses unknown kinds", function()
    local hearts = T.data.dsprites_variant{kind = "noisy", shape = 2, scale = {5}}
    assert.equal(40960, hearts:count())
    for _, case in ipairs{{{kind = "red"}, "option 'kind': got red, wanted colour, noisy, scream"},
      {{shape = 3}, "got the level 3 for 'shape'"}, {{from = 3}, "got the option 'from'"}} do
      local ok, message = pcall(T.data.dsprites_variant, case[1])
      assert.is_false(ok)
      assert.truthy(message:find(case[2], 1, true), message)
    end
  end)
end)

describe("XY-squares", function()
  local set = T.data.xy_squares{}

  it("are three squares of 8 x 8, each in its channel and place", function()
    assert.equal(8 ^ 6, set:count())
    local x, levels = set:batch(stream "squares", 50)
    assert.is_true(equal(x:sum{axes = {2, 3}}, 64))
    local at = T.arange(0, 63)
    for c = 1, 3 do
      local plane = x[{{}, {}, {}, c}]
      local across = (plane * at:reshape{1, 1, 64}):sum{axes = {2, 3}} / 64
      local down = (plane * at:reshape{1, 64, 1}):sum{axes = {2, 3}} / 64
      assert.is_true(equal(across, levels[{{}, 2 * c - 1}] * 8 + 3.5))
      assert.is_true(equal(down, levels[{{}, 2 * c}] * 8 + 3.5))
    end
  end)

  it("are equally far from each other along a factor", function()
    local x = set:images(set.space:traverse(T.tensor{0, 1, 2, 3, 4, 5}, "x_g")):reshape{8, -1}
    for i = 1, 8 do
      for j = 1, i - 1 do assert.equal(128, (x[i] - x[j]):abs():sum():item()) end
    end
  end)
end)
