-- Bodies as triangles, for teasel.data.scene. A mesh is a table: vertices [v 3], and triangles
-- [t 3] of the numbers of vertices, from 1, anticlockwise as they are seen from outside. y is up.
-- Normals are smooth across a vertex; an edge is sharp where two vertices lie in one place.
--
--   local mesh = T.data.mesh
--   local vase = mesh.lathe({{0, -1}, {.5, -1}, {.5, -1}, {.2, .5}, {.4, 1}}, {columns = 32})
--   local egg = mesh.move(mesh.sphere{}, {scale = {1, 1.4, 1}})
--   local duck = mesh.star(mesh.union(.2, mesh.ellipsoid({0, 0, 0}, {1, .7, .6}),
--     mesh.ellipsoid({.8, .8, 0}, {.4, .4, .4})), {centre = {.3, .3, 0}})
--
-- The vertices are a tensor: what an image's own body looks like can be computed for the whole
-- batch, as vertices [n v 3] of a part of the scene.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor
local mesh = {}

local function new(vertices, triangles)
  return {vertices = tensor.tensor(vertices), triangles = tensor.tensor(triangles)}
end

local function counts(who, o, least)
  for name, n in pairs(least) do check.integer(who, "option '" .. name .. "'", o[name], n, 256) end
  return o
end

-- lathe(profile [, options]): the profile, a list of {radius, height} from the bottom up, turned
-- about the axis y. A point that stands twice makes a sharp edge; with a radius of 0 it closes the
-- body. Options: columns = 24, at equal angles from +z on; angles, a list of the columns' angles
-- in radians, rising from 0 to less than 2 pi, in place of them; ring = false: the last point is
-- joined to the first one.
function mesh.lathe(profile, given)
  local o = options.read("mesh.lathe", given, {columns = 24, angles = options.any, ring = false})
  counts("mesh.lathe", o, {columns = 3})
  for i, point in ipairs(profile) do
    check.numbers("mesh.lathe", ("point %d"):format(i), point)
    if #point ~= 2 then
      check.wrong("mesh.lathe", ("point %d"):format(i), point, "{radius, height}")
    end
  end
  if #profile < 2 then fail("mesh.lathe: got %d points, wanted two or more", #profile) end
  local angles = o.angles or {}
  for j = 1, o.angles and 0 or o.columns do angles[j] = 2 * math.pi * (j - 1) / o.columns end
  local vertices, triangles, first = {}, {}, {}
  for i, point in ipairs(profile) do
    first[i] = #vertices + 1
    for j = 1, point[1] == 0 and 1 or #angles do
      vertices[#vertices + 1] =
        {point[1] * math.sin(angles[j]), point[2], point[1] * math.cos(angles[j])}
    end
  end
  local function at(i, j) return first[i] + (profile[i][1] == 0 and 0 or j % #angles) end
  for i = 1, o.ring and #profile or #profile - 1 do
    local up = i % #profile + 1
    local a, b = profile[i], profile[up]
    for j = 0, (a[1] == b[1] and a[2] == b[2]) and -1 or #angles - 1 do
      -- cut from corner to corner such that both sides mirror each other
      local p, q, r, s = at(i, j), at(i, j + 1), at(up, j + 1), at(up, j)
      if 2 * j >= #angles then p, q, r, s = q, r, s, p end
      if p ~= q and q ~= r then triangles[#triangles + 1] = {p, q, r} end
      if r ~= s and s ~= p then triangles[#triangles + 1] = {p, r, s} end
    end
  end
  return new(vertices, triangles)
end

-- sphere{rows = 16, columns = 24}: of radius 1
function mesh.sphere(given)
  local o = counts("mesh.sphere", options.read("mesh.sphere", given, {rows = 16, columns = 24}),
    {rows = 2, columns = 3})
  local profile = {{0, -1}}
  for i = 1, o.rows - 1 do
    local a = math.pi * i / o.rows
    profile[#profile + 1] = {math.sin(a), -math.cos(a)}
  end
  profile[#profile + 1] = {0, 1}
  return mesh.lathe(profile, {columns = o.columns})
end

-- cylinder{columns = 24, top = 1}: of radius 1 from y = -1 to 1; `top` is the radius there, 0 for
-- a cone
function mesh.cylinder(given)
  local o = options.read("mesh.cylinder", given, {columns = 24, top = 1})
  check.number("mesh.cylinder", "option 'top'", o.top, 0)
  local profile = {{0, -1}, {1, -1}, {1, -1}, {o.top, 1}}
  if o.top > 0 then
    profile[5], profile[6] = {o.top, 1}, {0, 1}
  end
  return mesh.lathe(profile, {columns = o.columns})
end

-- capsule{rows = 16, columns = 24, length = 1}: a cylinder of radius 1 between half spheres, whose
-- middles are y = -length and length
function mesh.capsule(given)
  local o = options.read("mesh.capsule", given, {rows = 16, columns = 24, length = 1})
  counts("mesh.capsule", o, {rows = 2, columns = 3})
  check.number("mesh.capsule", "option 'length'", o.length, 0)
  local profile = {}
  for half = -1, 1, 2 do
    for i = 0, o.rows // 2 do
      local a = math.pi / 2 * i / (o.rows // 2)
      local r, y = math.sin(a), math.cos(a) + o.length
      if half > 0 then r, y = math.cos(a), math.sin(a) + o.length end
      if i == 0 and half < 0 or i == o.rows // 2 and half > 0 then r = 0 end
      profile[#profile + 1] = {r, half * y}
    end
  end
  if o.length == 0 then table.remove(profile, o.rows // 2 + 1) end
  return mesh.lathe(profile, {columns = o.columns})
end

-- torus{rows = 12, columns = 24, radius = .25}: a ring of radius 1 about y, its own radius `radius`
function mesh.torus(given)
  local o = options.read("mesh.torus", given, {rows = 12, columns = 24, radius = .25})
  counts("mesh.torus", o, {rows = 3, columns = 3})
  check.number("mesh.torus", "option 'radius'", o.radius, 0, .99)
  local profile = {}
  for i = 1, o.rows do
    local a = 2 * math.pi * (i - 1) / o.rows
    profile[i] = {1 + o.radius * math.cos(a), o.radius * math.sin(a)}
  end
  return mesh.lathe(profile, {columns = o.columns, ring = true})
end

-- plane{cells = 1}: the square from -1 to 1 along x and z, seen from above, in cells x cells parts
function mesh.plane(given)
  local n = counts("mesh.plane", options.read("mesh.plane", given, {cells = 1}), {cells = 1}).cells
  local vertices, triangles = {}, {}
  for i = 0, n do
    for j = 0, n do vertices[#vertices + 1] = {2 * j / n - 1, 0, 2 * i / n - 1} end
  end
  for i = 0, n - 1 do
    for j = 1, n do
      local a = i * (n + 1) + j
      triangles[#triangles + 1] = {a, a + n + 1, a + n + 2}
      triangles[#triangles + 1] = {a, a + n + 2, a + 1}
    end
  end
  return new(vertices, triangles)
end

-- box{cells = 1}: from -1 to 1 along each axis, with sharp edges; cells as in plane
function mesh.box(given)
  local o = options.read("mesh.box", given, {cells = 1})
  local side, half, sides = mesh.plane{cells = o.cells}, math.pi / 2, {}
  for i, turn in ipairs{{0, 0, 0}, {0, 2 * half, 0}, {0, half, 0}, {0, -half, 0}, {0, 0, half},
      {0, 0, -half}} do
    -- a plane one up, turned to where it belongs
    sides[i] = mesh.move(mesh.move(side, {at = {0, 1, 0}}), {turn = turn})
  end
  return mesh.join(sides)
end

local function three(who, name, value)
  check.numbers(who, name, value)
  if #value ~= 3 then check.wrong(who, name, value, "three numbers") end
  return value
end

-- the matrix [3 3] of turn = {y, x, z}: about z, then x, then y, in radians
local function rotation(turn)
  local cy, cx, cz = math.cos(turn[1]), math.cos(turn[2]), math.cos(turn[3])
  local sy, sx, sz = math.sin(turn[1]), math.sin(turn[2]), math.sin(turn[3])
  return tensor.tensor{{cy * cz + sy * sx * sz, sy * sx * cz - cy * sz, sy * cx},
    {cx * sz, cx * cz, -sx}, {cy * sx * sz - sy * cz, sy * sz + cy * sx * cz, cy * cx}}
end

-- move(m, options): the mesh m scaled along its axes, turned, moved. Options, lists of three:
-- scale = {1, 1, 1}, each more than 0; turn = {0, 0, 0}, about y, x, z, in radians (z comes first);
-- at = {0, 0, 0}
function mesh.move(m, given)
  local o = options.read("mesh.move", given,
    {scale = {1, 1, 1}, turn = {0, 0, 0}, at = {0, 0, 0}})
  for name, value in pairs(o) do three("mesh.move", "option '" .. name .. "'", value) end
  for i = 1, 3 do
    if not (o.scale[i] > 0) then
      fail("mesh.move: option 'scale': got %s, wanted more than 0", o.scale[i])
    end
  end
  local vertices = op.matmul(m.vertices * tensor.tensor(o.scale), rotation(o.turn):transpose())
  return {vertices = vertices + tensor.tensor(o.at), triangles = m.triangles}
end

-- join(list): several meshes as one
function mesh.join(list)
  local vertices, triangles, n = {}, {}, 0
  for i, m in ipairs(list) do
    check.fields("mesh.join", ("item %d"):format(i), m, {"vertices", "triangles"})
    vertices[i], triangles[i] = m.vertices, m.triangles + n
    n = n + #m.vertices
  end
  if n == 0 then fail "mesh.join: got no mesh, wanted one or more" end
  return {vertices = op.concat(vertices, 1), triangles = op.concat(triangles, 1)}
end

-- Implicit bodies: functions of points [v 3] to [v], less than 0 inside and about the distance to
-- the surface near it.

-- ellipsoid(at, radii): an implicit body; lists of three
function mesh.ellipsoid(at, radii)
  local least = math.min(table.unpack(three("mesh.ellipsoid", "radii", radii)))
  if not (least > 0) then
    check.wrong("mesh.ellipsoid", "radii", radii, "three numbers of more than 0")
  end
  local middle, by = tensor.tensor(three("mesh.ellipsoid", "at", at)), tensor.tensor(radii)
  return function(points)
    return (op.sqrt(op.sum(op.square((points - middle) / by), 2)) - 1) * least
  end
end

-- rod(from, to, radius): an implicit capsule around the way between two places
function mesh.rod(from, to, radius)
  check.number("mesh.rod", "radius", radius, 0)
  local a = tensor.tensor(three("mesh.rod", "from", from))
  local b = tensor.tensor(three("mesh.rod", "to", to))
  local way = b - a
  local square = math.max(op.sum(way * way):item(), 1e-20)
  return function(points)
    local along = op.sum((points - a) * way, 2, true) * (1 / square)
    local nearest = a + op.minimum(op.maximum(along, 0), 1) * way
    return op.sqrt(op.sum(op.square(points - nearest), 2)) - radius
  end
end

-- union(smooth, body, ...): implicit bodies as one, with seams that are filled as far as bodies are
-- nearer to each other than about `smooth`, more than 0:
-- -smooth log sum_i exp(-body_i / smooth)
function mesh.union(smooth, ...)
  local bodies = {...}
  check.number("mesh.union", "smooth", smooth)
  if not (smooth > 0) then
    check.wrong("mesh.union", "smooth", smooth, "a number of more than 0")
  end
  if #bodies == 0 then fail "mesh.union: got no body, wanted one or more" end
  for i, body in ipairs(bodies) do check.callable("mesh.union", ("body %d"):format(i), body) end
  return function(points)
    local rows = {}
    for i, body in ipairs(bodies) do rows[i] = body(points) * (-1 / smooth) end
    local all = ops.stack(rows, 1)
    local most = op.max(all, 1, true)
    return -smooth * (op.log(op.sum(op.exp(all - most), 1)) + op.reshape(most, {#points}))
  end
end

-- star(body [, options]): the surface of an implicit body as it is seen from a place inside, from
-- which all of it must be seen. Options: centre = {0, 0, 0}; reach = 4, further than any of the
-- surface; frame, the mesh around 0 whose vertices are the directions (default: a sphere) ; rows =
-- 32, columns = 48, that sphere's.
function mesh.star(body, given)
  local o = options.read("mesh.star", given, {centre = {0, 0, 0}, reach = 4, rows = 32,
    columns = 48, frame = options.any})
  local frame = o.frame or mesh.sphere{rows = o.rows, columns = o.columns}
  local way = frame.vertices / op.sqrt(op.sum(op.square(frame.vertices), 2, true))
  local centre = tensor.tensor(three("mesh.star", "option 'centre'", o.centre))
  local inner = tensor.zeros{#way, 1}
  local outer = inner + check.number("mesh.star", "option 'reach'", o.reach, 0)
  for _ = 1, 22 do
    local middle = (inner + outer) * .5
    local inside = op.reshape(op.lt(body(centre + way * middle), 0), {#way, 1})
    inner, outer = op.where(inside, middle, inner), op.where(inside, outer, middle)
  end
  return {vertices = centre + way * inner, triangles = frame.triangles}
end

check.functions("mesh.", mesh, {lathe = "profile: table", move = "m: table(vertices triangles)",
  join = "list: table", star = "body: callable"})

return mesh
