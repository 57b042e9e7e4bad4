-- Meshes: closed, turned outwards, of the volume that they should have.

local T = require "teasel"

local mesh = T.data.mesh

-- six times the volume, as the sum over triangles of their corners' triple products
local function volume(m)
  local v, total = m.vertices:table(), 0
  for _, t in ipairs(m.triangles:table()) do
    local a, b, c = v[math.tointeger(t[1])], v[math.tointeger(t[2])], v[math.tointeger(t[3])]
    total = total + a[1] * (b[2] * c[3] - b[3] * c[2]) - a[2] * (b[1] * c[3] - b[3] * c[1])
      + a[3] * (b[1] * c[2] - b[2] * c[1])
  end
  return total / 6
end

describe("A mesh", function()
  local fine = {rows = 60, columns = 90}
  local cases = {
    box = {mesh.box{}, 8}, boxes = {mesh.box{cells = 3}, 8},
    sphere = {mesh.sphere(fine), 4 / 3 * math.pi},
    cylinder = {mesh.cylinder{columns = 90}, 2 * math.pi},
    cone = {mesh.cylinder{columns = 90, top = 0}, 2 / 3 * math.pi},
    capsule = {mesh.capsule{rows = 60, columns = 90}, (4 / 3 + 2) * math.pi},
    ["capsule without length"] = {mesh.capsule{rows = 60, columns = 90, length = 0},
      4 / 3 * math.pi},
    torus = {mesh.torus{rows = 60, columns = 90}, 2 * math.pi ^ 2 * .25 ^ 2},
    star = {mesh.star(mesh.ellipsoid({0, 0, 0}, {1, .5, 2}), fine), 4 / 3 * math.pi},
    rod = {mesh.star(mesh.rod({-1, 0, 0}, {1, 0, 0}, .5), fine),
      math.pi * .25 * 2 + 4 / 3 * math.pi / 8},
  }
  for name, case in pairs(cases) do
    it("of a " .. name .. " has its volume, and looks outwards", function()
      assert.is_true(math.abs(volume(case[1]) / case[2] - 1) < .01, volume(case[1]))
    end)
  end

  it("that is scaled, turned and moved keeps its sides", function()
    local m = mesh.move(mesh.box{}, {scale = {1, 2, 3}, turn = {.3, .5, .7}, at = {9, 8, 7}})
    assert.near(48, volume(m), 1e-2)
    local middle = m.vertices:mean(1):table()
    for i, wanted in ipairs{9, 8, 7} do assert.near(wanted, middle[i], 1e-5) end
  end)

  it("is turned about z, then x, then y", function()
    local point = {vertices = T.tensor{{1, 0, 0}}, triangles = T.tensor{{1, 1, 1}}}
    local function turned(turn) return mesh.move(point, {turn = turn}).vertices[1]:table() end
    local half = math.pi / 2
    for turn, wanted in pairs{[{0, 0, half}] = {0, 1, 0}, [{half, 0, 0}] = {0, 0, -1},
      [{0, half, half}] = {0, 0, 1}, [{half, half, half}] = {1, 0, 0}} do
      for i, v in ipairs(turned(turn)) do assert.near(wanted[i], v, 1e-6) end
    end
  end)

  it("of a union is smooth between bodies and far from them theirs", function()
    local one = mesh.ellipsoid({0, 0, 0}, {1, 1, 1})
    local body = mesh.union(.1, one, mesh.ellipsoid({3, 0, 0}, {1, 1, 1}))
    local at = T.tensor{{-2, 0, 0}, {1.5, 0, 0}}
    local d = body(at):table()
    assert.near(1, d[1], 1e-6)
    assert.near(.5 - .1 * math.log(2), d[2], 1e-6)
  end)

  it("of several is all of theirs", function()
    local m = mesh.join{mesh.box{}, mesh.move(mesh.sphere(fine), {at = {5, 0, 0}})}
    assert.near(8 + 4 / 3 * math.pi, volume(m), .05)
  end)

  it("says what is wrong with it", function()
    assert.error_matches(function() mesh.lathe{{0, 0}} end, "mesh.lathe: got 1 points, wanted two")
    assert.error_matches(function() mesh.lathe{{0, 0}, {1}} end, "point 2: got .*wanted {radius")
    assert.error_matches(function() mesh.sphere{rows = 1} end, "'rows': got 1, wanted an integer")
    assert.error_matches(function() mesh.move(mesh.box{}, {scale = {1, 0, 1}}) end,
      "'scale': got 0, wanted more than 0")
    assert.error_matches(function() mesh.union(0, print) end, "'smooth': got 0, wanted")
    assert.error_matches(function() mesh.ellipsoid({0, 0, 0}, {1, 1}) end, "wanted three numbers")
    assert.error_matches(function() mesh.join{} end, "got no mesh, wanted one or more")
  end)
end)
