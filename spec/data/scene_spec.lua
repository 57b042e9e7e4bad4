-- Scenes: shading, anti-aliasing and shadows against closed formulas.

local T = require "teasel"
local core = require "teasel.core"
local example = require "spec.example"

local mesh, scene = T.data.mesh, T.data.scene

local function equal(a, b) return T.eq(a, b):min():item() == 1 end
local ball = mesh.sphere{rows = 64, columns = 96}

-- one ball of radius .8 in a picture 2 wide, seen by parallel rays
local function of_ball(more)
  local o = {size = 64, channels = 1, shadow = 0, camera = {from = {0, 0, 5}, width = 2},
    light = {from = {1, 1, 1}, ambient = 0}, parts = {{mesh = ball, scale = .8}}}
  for name, value in pairs(more or {}) do o[name] = value end
  return scene.draw(o)
end

describe("A scene", function()
  it("has the area of a disc, to a part in five hundred", function()
    for samples, close in pairs{[2] = .004, [4] = .002} do
      local area = of_ball{samples = samples, light = {ambient = 1}, parts = {{mesh =
        mesh.cylinder{columns = 200}, turn = {0, math.pi / 2, 0}, scale = {.8, .1, .8}}}}:mean()
      assert.near(math.pi * .64 / 4, area:item(), close)
    end
  end)

  it("shades a ball by the angle of the light", function()
    local x = of_ball{}:reshape{64, 64}:table()
    local worst, r3 = 0, 1 / math.sqrt(3)
    for i = 1, 64 do
      for j = 1, 64 do
        local u, v = (j - 32.5) / 32 / .8, (32.5 - i) / 32 / .8
        if u * u + v * v < .9 then
          local lit = math.max((u + v + math.sqrt(1 - u * u - v * v)) * r3, 0)
          worst = math.max(worst, math.abs(lit - x[i][j]))
        end
      end
    end
    assert.is_true(worst < .02, worst)
  end)

  it("gives what the light does not reach form by where the eye is", function()
    local x = of_ball{light = {from = {0, 0, -1}, ambient = .4}}:reshape{64, 64}
    assert.near(.4, x[{32, 32}]:item(), 2e-3)
    local u = (56 - 32.5) / 32 / .8
    assert.near(.2 * (1 + math.sqrt(1 - u * u - (.5 / 32 / .8) ^ 2)), x[{32, 56}]:item(), 5e-3)
  end)

  it("has the lamp's reflection halfway between lamp and eye", function()
    local x = of_ball{light = {from = {1, 0, 0}, ambient = 0}, parts = {{mesh = ball, scale = .8,
      colour = 0, gloss = 1}}}:reshape{64, 64}
    local brightest = x:max(1):argmax(1):item()
    assert.near(32.5 + 32 * .8 * math.sqrt(.5), brightest, 1)
    assert.is_true(x:max():item() > .95)
  end)

  it("is brighter at the left when the lamp goes there", function()
    local x = of_ball{n = 2, light = {from = T.tensor{{-1, 0, 1}, {1, 0, 1}}, ambient = .2}}
    local left = x[{{}, {}, {1, 32}}]:mean{axes = {2, 3, 4}}:table()
    local right = x[{{}, {}, {33, 64}}]:mean{axes = {2, 3, 4}}:table()
    assert.is_true(left[1] > 1.5 * right[1] and right[2] > 1.5 * left[2])
    assert.near(left[1], right[2], 1e-3)
  end)

  it("throws the shadow of a ball where the lamp says, and only there", function()
    local floor = {mesh = mesh.plane{cells = 8}, scale = {2, 1, 2}, casts = false}
    local small = {mesh = ball, scale = .3, at = {-.5, .8, 0}}
    local function seen(parts)
      return scene.draw{size = 64, channels = 1, camera = {from = {0, 9, 0}, to = {0, 0, 0},
        width = 4}, light = {from = {-1, 1, 0}, ambient = 0}, parts = parts}:reshape{64, 64}
    end
    -- looking down, with z down in the picture: the ball is at -.5, its shadow .8 to the right
    local with, without = seen{floor, small}, seen{floor}
    local dark = T.lt(with, without * .5)
    local columns = dark:sum(1):table()
    assert.is_true(columns[32 + math.floor(.3 * 16)] > 6)
    local rows = dark[{{}, {32, 64}}]
    -- an ellipse of .3 by .3 sqrt(2), 16 pixels to the unit
    assert.near(math.pi * .09 * math.sqrt(2) * 256, rows:sum():item(), 14)
    assert.near(math.sqrt(.5), without[{32, 32}]:item(), 1e-3)
  end)

  it("lets nearer bodies hide others", function()
    local x = scene.draw{size = 16, shadow = 0, light = {ambient = 1}, camera = {from = {0, 0, 5}},
      parts = {{mesh = mesh.box{}, colour = {0, 1, 0}, at = {0, 0, 1}, scale = .5},
        {mesh = mesh.box{}, colour = {1, 0, 0}, scale = {4, 4, .1}}}}
    local middle = x[{1, 8, 8}]:table()
    assert.near(0, middle[1], 1e-3)
    assert.is_true(middle[2] > .9)
    assert.is_true(x[{1, 1, 1}]:table()[1] > .7)
  end)

  it("is seen in perspective", function()
    -- a square of 1 at a distance of 4 - .1, the picture spanning 2 tan 20 degrees of it
    local x = scene.draw{size = 64, channels = 1, samples = 4, shadow = 0, light = {ambient = 1},
      parts = {{mesh = mesh.box{}, scale = {.5, .5, .1}}}}
    local wide = 1 / (3.9 * 2 * math.tan(math.rad(20)))
    assert.near(wide * wide, x:mean():item(), .002)
  end)

  it("leans as the camera rolls", function()
    local function draw(roll, turn)
      return scene.draw{size = 32, channels = 1, shadow = 0, light = {from = {0, 0, 1}},
        camera = {roll = roll}, parts = {{mesh = mesh.box{}, scale = {.3, 1, .2}, at = {0, 0, 0},
          turn = {0, 0, turn}}}}
    end
    -- a camera that leans to the right sees the world lean to the left
    assert.is_true((draw(.5, 0) - draw(0, .5)):abs():max():item() < 1e-3)
    assert.is_true((draw(.5, 0) - draw(0, -.5)):abs():mean():item() > .05)
  end)

  it("makes a data set in thirty lines, as the reference shows", function()
    local shown, lines = example "lua/teasel/data/scene.lua"
    assert.is_true(lines > 12 and lines <= 30, lines)
    local text = shown:gsub("T%.contact_sheet%(data%):save%(.-%)",
      "return data, x, factors, ducks")
    local data, x, factors, ducks = assert(load(text, "=example", "t"))()
    assert.same({16, 64, 64, 3}, x:shape())
    assert.same({16, 3}, factors:shape())
    assert.same({36, 7, 5}, data.space.sizes)
    -- the duck is yellow where the factor says so, and brighter where the lamp is
    local two = ducks{azimuth = 0, elevation = 2, lamp = {0, 4}, yellow = {0, 4}}:images()
    local body = two[{{}, {28, 38}, {28, 36}}]:mean{axes = {2, 3}}:table()
    assert.is_true(body[2][3] < .5 * body[1][3] and body[2][2] > 1.3 * body[1][2])
    local left = two[{{}, {28, 38}, {25, 31}}]:mean{axes = {2, 3, 4}}:table()
    local right = two[{{}, {28, 38}, {34, 40}}]:mean{axes = {2, 3, 4}}:table()
    assert.is_true(left[1] > right[1] and left[3] < right[3])
  end)

  it("has places around its middle", function()
    local at = scene.around(T.tensor{0, 90, 0, 45}, T.tensor{0, 0, 90, 0}, 2):table()
    local r = math.sqrt(2)
    for i, wanted in ipairs{{0, 0, 2}, {2, 0, 0}, {0, 2, 0}, {r, 0, r}} do
      for j = 1, 3 do assert.near(wanted[j], at[i][j], 1e-6) end
    end
  end)

  it("mixes paint between vertices, and multiplies it with colour", function()
    local m = mesh.plane{}
    local paint = T.tensor{{0}, {1}, {0}, {1}}     -- along x
    local x = scene.draw{size = 32, channels = 1, camera = {from = {0, 5, 0}, width = 2},
      light = {from = {0, 1, 0}, ambient = 0}, shadow = 0, parts = {{mesh = m, paint = paint,
        colour = .5}}}:reshape{32, 32}:table()
    for j = 1, 32 do assert.near(.5 * (j - .5) / 32, x[16][j], 1e-3) end
  end)

  it("shows textures where vertices lie in them, beyond their edges again", function()
    local texture = T.stream(7):uniform({4, 8, 3}, 0, 1)
    local m = mesh.plane{cells = 3}
    local function draw(more)
      local part = {mesh = m, texture = texture, uv = T.matmul(m.vertices,
        T.tensor{{.5, 0}, {0, 0}, {0, .5}}) + .5}
      for name, value in pairs(more or {}) do part[name] = value end
      return scene.draw{size = 32, samples = 1, camera = {from = {0, 5, 0}, width = 2}, shadow = 0,
        light = {from = {0, 1, 0}, ambient = 0}, parts = {part}}
    end
    local x, t = draw():reshape{32, 32, 3}:table(), texture:table()
    -- the reference: linear between the texels' middles, which go round
    for _, at in ipairs{{1, 1}, {5, 9}, {16, 17}, {32, 30}, {27, 3}} do
      local v, u = (at[1] - .5) / 32 * 4 - .5, (at[2] - .5) / 32 * 8 - .5
      local i, j = math.floor(v), math.floor(u)
      for c = 1, 3 do
        local function of(k, l) return t[k % 4 + 1][l % 8 + 1][c] end
        local wanted = (1 - v + i) * ((1 - u + j) * of(i, j) + (u - j) * of(i, j + 1))
          + (v - i) * ((1 - u + j) * of(i + 1, j) + (u - j) * of(i + 1, j + 1))
        assert.near(wanted, x[at[1]][at[2]][c], 1e-3)
      end
    end
    local uv = T.matmul(m.vertices, T.tensor{{.5, 0}, {0, 0}, {0, .5}}) + .5
    assert.is_true((draw{uv = uv - 3} - draw()):abs():max():item() < 1e-3)
    -- an image each, and colours that both multiply
    local two = draw{texture = T.stack({texture, texture * .5}, 1), colour = .5}
    assert.is_true((two[2] * 2 - two[1]):abs():max():item() < 1e-5)
    assert.is_true((two[1] * 2 - draw()[1]):abs():max():item() < 1e-5)
    local odd = draw{uv = uv * (0 / 0)}
    assert.is_true(odd:min():item() >= 0 and odd:max():item() <= 1)
    assert.error_matches(function() scene.draw{parts = {{mesh = m, texture = texture}}} end,
      "part 1: got a texture alone, wanted both of 'texture' and 'uv'")
    assert.error_matches(function() draw{uv = uv[{{}, {1, 1}}]} end, "uv")
    assert.error_matches(function() draw{texture = T.zeros{0, 4, 3}} end, "without pixels")
  end)

  it("is one for each of the given numbers", function()
    local at = T.tensor{{-.3, 0, 0}, {.3, .1, 0}, {0, 0, .2}}
    local ground = T.stream(1):uniform({3, 32, 32, 3}, 0, 1)
    local function draw(i)
      local function own(t) return i and t[{{i, i}}] or t end
      return scene.draw{size = 32, ground = own(ground), light = {from = own(at + 1)}, parts = {
        {mesh = ball, at = own(at), scale = own(at:abs() + .3), turn = own(at),
          colour = own(at:abs()), gloss = own(at[{{}, 1}]:abs())}}}
    end
    local all = draw()
    for i = 1, 3 do assert.is_true(equal(all[{{i, i}}], draw(i))) end
  end)

  it("has the same bits for one thread, two and three", function()
    local function draw()
      return scene.draw{size = 32, parts = {{mesh = ball, turn = T.stream(2):normal({9, 3}),
        scale = {1, .7, .4}, gloss = .3}, {mesh = mesh.plane{}, at = {0, -1, 0}, scale = 3}}}
    end
    local threads, first = T.threads(), nil
    for n = 1, 3 do
      T.threads(n)
      local x = draw()
      first = first or x
      assert.is_true(equal(first, x))
    end
    T.threads(threads)
  end)

  it("stays within 0 and 1 and leaves out what is not finite or behind the camera", function()
    for _, at in ipairs{{0, 0, 9}, {0 / 0, 0, 0}, {1 / 0, 0, 0}, {1e30, 0, 0}, {0, 0, 4}} do
      local x = scene.draw{size = 16, ground = .25, light = {ambient = 5},
        parts = {{mesh = mesh.box{}, at = at}}}
      assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
      if at[3] ~= 4 then assert.is_true(equal(x, T.full({1, 16, 16, 3}, .25))) end
    end
    for _, light in ipairs{{0, 0, 0}, {0 / 0, 1, 0}} do
      local x = scene.draw{size = 16, light = {from = light}, parts = {{mesh = ball}}}
      assert.is_true(x:min():item() >= 0 and x:max():item() <= 1)
    end
  end)

  it("has both sides of an open body, and the outer one of others", function()
    local function mean(open)
      return scene.draw{size = 16, channels = 1, light = {from = {0, -1, 0}}, camera = {
        from = {0, -3, 0}}, parts = {{mesh = mesh.plane{}, open = open}}}:mean():item()
    end
    assert.equal(0, mean(false))
    assert.is_true(mean(true) > .2)
  end)

  it("without bodies is its ground, without images empty", function()
    local x = scene.draw{size = 8, ground = {.1, .2, .3}} - T.tensor{.1, .2, .3}
    assert.is_true(x:abs():max():item() < 1e-7)
    assert.same({1, 8, 8, 3}, x:shape())
    assert.same({0, 8, 8, 3}, scene.draw{size = 8, n = 0, parts = {{mesh = ball}}}:shape())
  end)

  it("says what is wrong with it", function()
    local function fails(pattern, o)
      assert.error_matches(function() scene.draw(o) end, pattern)
    end
    fails("got the option 'seize', wanted one of.*did you mean 'size'", {seize = 3})
    fails("'side': got 0, wanted an integer in 1..1024", {size = 0})
    fails("part 1: got the option 'color', wanted.*did you mean 'colour'", {parts = {{color = 1}}})
    fails("'mesh.vertices' of part 1.*got nil, wanted a tensor", {parts = {{}}})
    fails("'at': got a tensor %[2%], wanted %[3%]", {parts = {{mesh = ball, at = {1, 2}}}})
    fails("'colour': got a tensor %[4 3%], wanted %[2 3%]", {parts = {{mesh = ball,
      at = T.zeros{2, 3}, colour = T.zeros{4, 3}}}, n = 2})
    fails("'paint': got a tensor %[5 3%], wanted %[4 3%]", {parts = {{mesh = mesh.plane{},
      paint = T.zeros{5, 3}}}})
    fails("'triangles': got 9.* in row 1, wanted an integer in 1..1", {parts = {{mesh = {
      vertices = T.zeros{1, 3}, triangles = T.tensor{{1, 1, 9}}}}}})
    fails("'ground': got a tensor %[2%], wanted %[3%]", {ground = {1, 2}})
  end)

  it("leaves no memory behind when there is none", function()
    collectgarbage()
    local before = core.memory().live
    for n = 1, 12 do
      core.fail_at(n)
      pcall(scene.draw, {size = 8, parts = {{mesh = ball}}})
      core.fail_at(0)
    end
    collectgarbage()
    assert.is_true(core.memory().live <= before + 4096)
  end)
end)
