-- Faces: what each factor does to the picture.

local T = require "teasel"

local faces = T.data.faces

local function equal(a, b) return T.eq(a, b):min():item() == 1 end
local function mirrored(x)
  local w = x:size(3)
  return T.take(x, T.arange(w, 1, -1), 3)
end

describe("The faces", function()
  it("have the factors of the papers", function()
    local data = faces{size = 32}
    assert.same({"identity", "azimuth", "elevation", "light", "width"}, data.space.names)
    assert.equal(50 * 21 * 11 * 11 * 5, data:count())
    assert.equal(127050, faces{width = 2}:count())
    assert.equal(7 * 21 * 11, faces{identities = 7, light = 5, width = 2}:count())
    assert.same({32, 32, 1}, data.shape)
    local x, levels, labels = data:batch(T.stream(1), 3)
    assert.same({3, 32, 32, 1}, x:shape())
    assert.is_true(equal(levels[{{}, 1}], labels))
  end)

  it("turn to the other side as in a mirror", function()
    for _, size in ipairs{32, 64} do
      local x = faces.draw({azimuth = T.tensor{-60, -30, 0, 30, 60}}, {size = size})
      local back = T.take(mirrored(x), T.arange(5, 1, -1), 1)
      assert.is_true((x - back):abs():mean():item() < 1e-5)
    end
  end)

  it("are brighter on the side of the lamp", function()
    local x = faces.draw({light = T.tensor{-60, 60}}, {size = 32})
    local left = x[{{}, {}, {1, 16}}]:mean{axes = {2, 3, 4}}:table()
    local right = x[{{}, {}, {17, 32}}]:mean{axes = {2, 3, 4}}:table()
    assert.is_true(left[1] > 1.3 * right[1] and right[2] > 1.3 * left[2])
  end)

  it("move the nose with azimuth, and down with elevation", function()
    -- the nose's tip is the nearest: the middle of what changes when it is lit from the eye
    local x = faces.draw({azimuth = T.tensor{-70, 70, 0}}, {size = 64})
    local mass = T.gt(x, .05):sum{axes = {2, 4}}   -- [n columns]
    local reach = T.gt(mass, 0)
    local edges = {}
    for i, row in ipairs(reach:table()) do
      local first, last
      for j, on in ipairs(row) do
        if on == 1 then first, last = first or j, j end
      end
      edges[i] = {first, last}
    end
    assert.is_true(edges[1][1] < edges[3][1] - 4)    -- a nose to the left
    assert.is_true(edges[2][2] > edges[3][2] + 4)
  end)

  it("are as wide as their width", function()
    local x = faces.draw({width = T.tensor{.84, 1, 1.16}}, {size = 64})
    local area = T.gt(x, .05):mean{axes = {2, 3, 4}}:table()
    assert.near(.84, area[1] / area[2], .02)
    assert.near(1.16, area[3] / area[2], .02)
  end)

  it("differ from person to person, who stay the same among more", function()
    local few, many = faces{size = 32, identities = 4}, faces{size = 32, identities = 9}
    local middle = {azimuth = 10, elevation = 5, light = 5, width = 2}
    local index = few.space:index(few.space:enumerate(middle))
    local x = few:images(index)
    assert.is_true(equal(x, many:images(many.space:index(many.space:enumerate(middle)))
      [{{1, 4}}]))
    for i = 1, 3 do assert.is_true((x[i] - x[i + 1]):abs():mean():item() > .01) end
  end)

  it("are the same in slabs, alone and for any number of threads", function()
    local data, threads = faces{size = 32, identities = 3}, T.threads()
    local index = T.stream(1):integers({300}, 1, data:count())
    local all = data:images(index)
    T.threads(1)
    assert.is_true(equal(all[{{250, 262}}], data:images(index[{{250, 262}}])))
    T.threads(threads)
  end)

  it("say what is wrong", function()
    assert.error_matches(function() faces{identities = 0} end, "'identities': got 0, wanted")
    assert.error_matches(function() faces{identities = 661} end, "'identities': got 661, wanted")
    assert.equal(660 * 12705, faces{identities = 660}:count())
    assert.error_matches(function() faces{size = 3} end, "'size': got 3, wanted")
    assert.error_matches(function() faces{azimut = 3} end, "did you mean 'azimuth'")
    assert.error_matches(function() faces.draw{} end, "got no tensor, wanted")
    assert.error_matches(function() faces.draw{light = T.zeros{2, 2}} end, "wanted a tensor %[n%]")
    assert.error_matches(function() faces.draw{identity = T.tensor{-1}} end, "wanted numbers in")
  end)
end)
