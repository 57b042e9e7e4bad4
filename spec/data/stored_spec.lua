-- Drawn sets that are kept as bytes in the cache.

local T = require "teasel"
local opening = require "teasel.lib.opening"
local scratch = require "spec.scratch"

local folder, cache_folder

setup(function()
  folder = scratch.make()
  cache_folder = T.data.cache.folder
  T.data.cache.folder = function() return folder end
end)

teardown(function()
  T.data.cache.folder = cache_folder
  os.execute("rm -rf '" .. folder .. "'")
end)

describe("a stored set", function()
  it("has the images in 256 levels, and all that is known of them", function()
    local drawn = T.data.portraits{size = 8, identities = 3, images = 4}
    local kept = assert(T.data.stored(drawn, "little"))
    local index = T.tensor{1, 12, 5, 5}
    assert.is_true((kept:images(index) - drawn:images(index)):abs():max():item() <= 0.501 / 255)
    assert.equal(drawn:factors(index):data(), kept:factors(index):data())
    assert.equal(drawn:labels(index):data(), kept:labels(index):data())
    assert.same({drawn.factor_names, drawn.classes, 12}, {kept.factor_names, kept.classes,
      kept:count()})
    assert.equal("little", T.data.cache.list()[1].name)
  end)

  it("of a space keeps it, and is not drawn again", function()
    local discs = T.data.drawn.new{name = "discs", shape = function() return {4, 4, 1} end,
      factors = {{"grey", 5}, {"row", 2}}, draw = function(f, n)
        return T.expand(T.reshape(f.grey * 0.2, {n, 1, 1, 1}), {n, 4, 4, 1})
      end}
    local drawn = discs{}
    local kept = assert(T.data.stored(drawn, "squares"))
    assert.equal(10, kept.space:count())
    assert.equal(drawn:images(T.tensor{{4, 1}}):data(),
      kept:images(T.tensor{{4, 1}}):data())
    local calls = 0
    local again = T.data.set.new{count = kept:count(), shape = drawn.shape,
      images = function() calls = calls + 1 end, key = drawn.key}
    assert(T.data.stored(again, "squares")):images(T.tensor{1})
    assert.equal(0, calls)
  end)

  it("of a study's grid has every second level or so of a set", function()
    opening[1] = {}
    local faces, shapes = assert(T.data.grid "faces"), assert(T.data.grid "shapes3d")
    opening[1] = nil
    assert.same({8, 11, 6, 6, 5}, faces.space.sizes)
    assert.same({5, 5, 5, 4, 4, 8}, shapes.space.sizes)
    assert.same({{64, 64, 1}, {64, 64, 3}}, {faces.shape, shapes.shape})
    assert.equal(737280, T.data.grid "dsprites":count())
    assert.error_matches(function() T.data.grid "cars" end,
      'grid: argument \'name\': got "cars", wanted "dsprites", "faces" or "shapes3d"')
  end)

  it("draws only what is asked for where a run is opened, the same images", function()
    local drawn = T.data.portraits{size = 8, identities = 3, images = 4, seed = 2}
    opening[1] = {}
    local shown = assert(T.data.stored(drawn, "shown"))
    opening[1] = nil
    local index = T.tensor{3, 12}
    local x = shown:images(index)
    for _, kept in ipairs(T.data.cache.list()) do assert.not_equal("shown", kept.name) end
    assert.equal(assert(T.data.stored(drawn, "shown")):images(index):data(), x:data())
  end)

  it("is a whole set with a key", function()
    local drawn = T.data.portraits{size = 8, identities = 2, images = 2}
    assert.error_matches(function() T.data.stored(drawn:subset(T.tensor{1}), "x") end,
      "stored: got a part of a set, wanted a whole set with a key")
    local bare = T.data.set.new{count = 1, shape = {1, 1, 1}, images = function() end}
    assert.error_matches(function() T.data.stored(bare, "x") end, "got a set without a key")
  end)

  it("has the levels that were chosen of a drawn set, each choice in a file of its own", function()
    local function chosen(azimuths)
      return T.data.faces{size = 8, identity = {4, 2}, azimuth = azimuths, elevation = 3, light = 5,
        width = {0, 4}}
    end
    local drawn = chosen{20, 0, 10}
    local kept, index = assert(T.data.stored(drawn, "part")), T.tensor{1, 12, 5, 8}
    assert.is_true((kept:images(index) - drawn:images(index)):abs():max():item() <= 0.501 / 255)
    assert.equal(drawn:factors(index):data(), kept:factors(index):data())
    assert.same({{"identity", "azimuth", "width"}, {2, 3, 2}, drawn.space.values.azimuth},
      {kept.factor_names, kept.space.sizes, kept.space.values.azimuth})
    local a, b = kept:pairs(T.stream(1, "pairs"), 3, {share = {"identity"}})
    assert.same({{3, 8, 8, 1}, {3, 8, 8, 1}}, {a:shape(), b:shape()})
    local other = chosen{20, 0, 11}
    assert.is_true((assert(T.data.stored(other, "part")):images(index) - other:images(index)):abs()
      :max():item() <= 0.501 / 255)
  end)
end)
