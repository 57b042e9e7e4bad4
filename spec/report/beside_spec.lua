-- Models side by side, and latents in columns: which latents are chosen and what is drawn of them.

local T = require "teasel"
local core = require "teasel.core"
local scratch = require "spec.scratch"

local folder, count = nil, 0

-- images of 8 x 8 pixels: the left half is hue, the right half size, both in 0..1
local function new_set(scale)
  scale = scale or 8
  local space = T.data.space{names = {"hue", "shape", "size"}, sizes = {5, 2, 6},
    labels = {shape = {"cube", "cone"}}}
  return T.data.space.set(space, function(index)
    local codes = space:levels(index) / T.tensor{4, 1, 5}
    local half = {#index, 1, 1, 1}
    local wide = {#index, scale, scale // 2, 1}
    return T.concat({T.expand(codes:slice(2, 1, 1):reshape(half), wide),
      T.expand(codes:slice(2, 3, 3):reshape(half), wide)}, 3)
  end, nil, {scale, scale, 1})
end

-- hue and size of images, [n 1] each, in -2..2
local function read(x)
  local n, w = #x, x:shape()[3]
  local function at(column)
    return x:slice(2, 1, 1):slice(3, column, column):reshape{n, 1} * 4 - 2
  end
  return at(1), at(w)
end

local function drawn(hue, size, scale)
  local wide = {#hue, scale, scale // 2, 1}
  local function half(v)
    local grey = T.minimum(T.maximum((v + 2) / 4, 0), 1)
    return T.expand(grey:reshape{#hue, 1, 1, 1}, wide)
  end
  return T.concat({half(hue), half(size)}, 3)
end

-- a VAE with size in z1, noise in z2 and hue, upside down, in z3
local function vae_view()
  return T.view{
    posterior = function(x)
      local hue, size = read(x)
      local mean = T.concat({size, hue * 0, hue * -1}, 2)
      return mean, T.zeros{#x, 3} - T.tensor{4, 0, 2}
    end,
    decode = function(z) return drawn(z:slice(2, 3, 3) * -1, z:slice(2, 1, 1), 8) end,
    prior = function(stream, n) return stream:normal{n, 3} end,
    latents = {{name = "z1", code = 1}, {name = "z2", code = 2}, {name = "z3", code = 3}},
  }
end

-- a GAN of images of half the size: two columns of noise, a category that is hue, and a code that
-- is size
local function gan_view()
  return T.view{
    represent = function(x)
      local hue, size = read(x)
      local gap = T.square(hue - T.tensor{-2, -1, 0, 1, 2})
      return T.concat({T.log_softmax(gap * -9), size / 2}, 2)
    end,
    decode = function(z)
      local hue = T.matmul(z:slice(2, 3, 7), T.tensor{-2, -1, 0, 1, 2}:reshape{5, 1})
      return drawn(hue, z:slice(2, 8, 8) * 2, 4)
    end,
    prior = function(stream, n)
      return T.concat({stream:normal{n, 2}, T.one_hot(T.ones{n}, 5), stream:uniform({n, 1}, -1, 1)},
        2)
    end,
    latents = {{name = "noise", width = 2}, {name = "c1", kind = "categorical", width = 5},
      {name = "c2", kind = "uniform", code = 6}},
  }
end

local function new_run(view, data)
  count = count + 1
  local dir = ("%s/run%d"):format(folder, count)
  assert(core.system.folder(dir))
  return {dir = dir, view = view, data = data, state = {}, config = {}, step = 1,
    log = function() return {} end}
end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("models side by side", function()
  it("show of each the latent that follows a factor most, by its measure", function()
    local text = assert(T.beside(folder .. "/two.png", {new_run(vae_view(), new_set()),
      new_run(gan_view(), new_set(4))}, {factors = {"hue", "size"}, names = {"VAE", "GAN"},
      count = 5}))
    local lines = {}
    for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line:gsub(" +", " ") end
    assert.same({"hue VAE z3 r = -1.00, and of", "hue GAN c1 r = +1.00, and of",
      "size VAE z1 r = +1.00, and of", "size GAN c2 r = +1.00, and of"}, {
      lines[1]:match "^.-of", lines[2]:match "^.-of", lines[3]:match "^.-of",
      lines[4]:match "^.-of"})
    local image = assert(T.canvas.read(folder .. "/two.png"))
    assert.is_true(image.width > 6 * 64 and image.height > 4 * 64)
  end)

  it("begin at the image that is encoded, of which one latent moves", function()
    local swept
    local view = vae_view()
    local decode = view.decode
    view.decode = function(z)
      swept = z
      return decode(z)
    end
    local data = new_set()
    assert(T.beside(folder .. "/one.png", {new_run(view, data)},
      {factors = {"hue"}, count = 3, seed = {4, 1, 0}}))
    assert.same({{-2, 0, -3}, {-2, 0, 0}, {-2, 0, 3}}, swept:table())
    assert(T.beside(folder .. "/one.png", {new_run(view, data)},
      {factors = {"size"}, count = 2, seed = {4, 1, 0}}))
    assert.same({{-3, 0, -2}, {3, 0, -2}}, swept:table())
  end)

  it("leave out latents that move nothing", function()
    local view = T.view{
      posterior = function(x)   -- hue in both; the first is drowned in noise
        local hue = read(x)
        return T.concat({hue * 0.01, hue + T.square(hue) * 0.3}, 2),
          T.zeros{#x, 2} - T.tensor{0, 3}
      end,
      decode = function(z) return drawn(z:slice(2, 2, 2), z:slice(2, 1, 1), 8) end,
      prior = function(stream, n) return stream:normal{n, 2} end,
      latents = {{name = "z1", code = 1}, {name = "z2", code = 2}},
    }
    local text = assert(T.beside(folder .. "/z.png", {new_run(view, new_set())},
      {factors = {"hue"}}))
    assert.matches("^hue +run%d+ +z2 +r = %+0.9", text)
  end)

  it("are refused without factors, or a view that draws", function()
    local bare = new_run(T.view{represent = function(x) return x:reshape{#x, 64} end}, new_set())
    assert.has_error(function() T.beside(folder .. "/x.png", {bare}) end)
    assert.has_error(function()
      T.beside(folder .. "/x.png", {new_run(vae_view(), new_set())}, {factors = {"hues"}})
    end)
    assert.has_error(function() T.beside(folder .. "/x.png", {}) end)
    local moods = T.data.space.set(T.data.space{names = {"mood"}, sizes = {30}}, function(index)
      return (index / 30):reshape{#index, 1, 1, 1}:expand{#index, 8, 8, 1}
    end, nil, {8, 8, 1})
    assert.error_matches(function()
      T.beside(folder .. "/x.png", {new_run(vae_view(), new_set()), new_run(vae_view(), moods)})
    end, "beside: the runs' data have no factor in common, wanted one")
    -- with data of the size of its images in place of those that it lacks
    local blind = new_run(gan_view(), nil)
    assert.has_error(function() T.beside(folder .. "/x.png", {blind}) end)
    local text = assert(T.beside(folder .. "/x.png", {blind}, {factors = {"size"},
      data = function(height, channels)
        assert.same({4, 1}, {height, channels})
        return new_set(height)
      end}))
    assert.matches("^size +run%d+ +c2 +r = %+1.00", text)
  end)
end)

describe("latents in columns", function()
  it("are ordered by their learned variance, and swept beneath their means", function()
    local seen = {}
    local view = vae_view()
    local decode = view.decode
    view.decode = function(z)
      seen[#seen + 1] = z:table()[1]
      return decode(z)
    end
    local options = {plane = {"hue", "size"}, by = "shape", count = 2, title = "columns"}
    assert(T.columns(folder .. "/columns.png", new_run(view, new_set()), options))
    -- variances e^-4, 1, e^-2: z1, z3, z2; the seed has hue 2 of 4 and size 3 of 5
    local size = 4 * 3 / 5 - 2
    local wanted = {{-3, 0, 0}, {size, 0, -3}, {size, -3, 0}, {3, 0, 0}, {size, 0, 3}, {size, 3, 0}}
    assert.equal(#wanted, #seen)
    for i, z in ipairs(wanted) do
      for d, v in ipairs(z) do assert.is_near(v, seen[i][d], 1e-5) end
    end
    local image = assert(T.canvas.read(folder .. "/columns.png"))
    assert.is_true(image.width > 3 * 64 and image.height > 3 * 64)
    -- of a GAN the codes that estimate a latent, the largest spread first
    assert(T.columns(folder .. "/gan.png", new_run(gan_view(), new_set(4)),
      {plane = {"hue", "size"}, by = "shape"}))
    assert.has_error(function()
      T.columns(folder .. "/x.png", new_run(view, new_set()), {plane = {"posX", "posY"}})
    end)
  end)
end)
