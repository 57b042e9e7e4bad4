-- A head for faces and portraits: a mesh whose vertices are a mean plus displacements times
-- numbers, as in morphable models (Blanz and Vetter 1999), but shaped by hand. x is the head's
-- left, y up, z ahead; it is about 2 high. Everything in the face is said by smooth functions of
-- x and y.

local core = require "teasel.core"
local mesh = require "teasel.data.mesh"
local ops = require "teasel.op.composed"

local op, tensor = core.op, core.tensor

-- a hill of height 1 at (x, y) with these widths, in the coordinates [v] of a table
local function hill(at, x, y, wide, high)
  return op.exp(-op.square((at.x - x) * (1 / wide)) - op.square((at.y - y) * (1 / high)))
end

-- the same on both sides of the face
local function pair(at, x, y, wide, high)
  return hill(at, x, y, wide, high) + hill(at, -x, y, wide, high)
end

-- 0 far below v, 1 far above it
local function above(x, v, width) return op.sigmoid((x - v) * (1 / width)) end

local function columns_of(points)
  local at = {}
  for i, name in ipairs{"x", "y", "z"} do
    at[name] = op.reshape(ops.slice(points, 2, i, i), {#points})
  end
  at.front = above(at.z, .12, .06)
  return at
end

-- Where the rows and columns of vertices lie in the face: where its features are. They go on in
-- even angles behind it.
local FINE = {
  rows = {-.86, -.73, -.65, -.58, -.53, -.49, -.45, -.415, -.37, -.31, -.265, -.235, -.2, -.13,
    -.05, .005, .04, .07, .1, .13, .17, .21, .26, .35, .47},
  columns = {.04, .085, .135, .18, .225, .27, .33, .42, .55}, top = 3, behind = 7, ear = {5, 8}}
-- for pictures in which a pixel is twice as large
local COARSE = {
  rows = {-.86, -.7, -.58, -.5, -.45, -.4, -.32, -.26, -.235, -.19, -.09, .01, .07, .12, .21, .28,
    .43},
  columns = {.05, .11, .18, .225, .29, .45}, top = 2, behind = 5, ear = {4, 6}}
local CENTRE = {0, -.12, 0}   -- of all directions
local DEPTH = .62             -- of the face before it

-- the directions of the vertices, as a mesh
local function frame(grid)
  local rows = grid.rows
  local profile, angles = {{0, -1}}, {0}
  local function row(a) profile[#profile + 1] = {math.cos(a), math.sin(a)} end
  local first = math.atan((rows[1] - CENTRE[2]) / DEPTH)
  local last = math.atan((rows[#rows] - CENTRE[2]) / DEPTH)
  for i = 1, 2 do row(-math.pi / 2 + (first + math.pi / 2) * i / 3) end
  for _, y in ipairs(rows) do row(math.atan((y - CENTRE[2]) / DEPTH)) end
  for i = 1, grid.top do row(last + (math.pi / 2 - last) * i / (grid.top + 1)) end
  profile[#profile + 1] = {0, 1}
  for j, x in ipairs(grid.columns) do angles[j + 1] = math.atan(x / DEPTH) end
  local n, side = #angles, angles[#angles]
  for i = 1, grid.behind do
    angles[n + i] = side + (2 * math.pi - 2 * side) * i / (grid.behind + 1)
  end
  for j = n, 2, -1 do angles[#angles + 1] = 2 * math.pi - angles[j] end
  return mesh.lathe(profile, {angles = angles})
end

local function skull()
  return mesh.union(.06, mesh.ellipsoid({0, .27, -.14}, {.62, .6, .72}),
    mesh.ellipsoid({0, -.1, .12}, {.5, .68, .5}), mesh.ellipsoid({0, -.64, .27}, {.27, .2, .25}),
    mesh.ellipsoid({0, -.42, .02}, {.48, .38, .44}), mesh.rod({0, -.3, -.22}, {0, -1.6, -.34}, .37))
end

-- how far the nose stands out: a ridge that grows towards its tip and ends there, and its wings
local function nose(at)
  local along = op.minimum(op.maximum((.17 - at.y) * (1 / .4), 0), 1)
  local ridge = hill({x = at.x, y = at.y * 0}, 0, 0, .09, 1) * along * above(at.y, -.235, .018)
  return ridge * .24 + hill(at, 0, -.2, .1, .06) * .03 + pair(at, .1, -.205, .05, .045) * .085
end

-- z of the face over the skull
local function relief(at)
  return nose(at)
    - pair(at, .23, .085, .13, .075) * .12 + pair(at, .225, .07, .09, .045) * .06    -- eyes
    + pair(at, .2, .2, .18, .05) * .04                                               -- brow
    + pair(at, .34, -.12, .12, .1) * .05                                             -- cheekbones
    + hill(at, 0, -.415, .16, .03) * .035 + hill(at, 0, -.49, .13, .035) * .045      -- lips
    - hill(at, 0, -.45, .19, .014) * .035 + hill(at, 0, -.42, .22, .14) * .035
    - hill(at, 0, -.58, .15, .035) * .03 + hill(at, 0, -.73, .15, .09) * .06         -- chin
end

local function shift(at, moved)
  local zero = at.x * 0
  local columns = {}
  for i, name in ipairs{"x", "y", "z"} do columns[i] = moved[name] or zero end
  return ops.stack(columns, 2)
end

-- what each number of an identity moves, times the standard normal
local function identity(at)
  local jaw, f = above(-at.y, .35, .1), at.front
  return {
    {x = at.x * .07}, {y = at.y * .06}, {z = at.z * .06},                 -- the whole head
    {x = at.x * jaw * .12}, {y = -jaw * .06}, {z = jaw * f * .05},        -- the jaw
    {z = f * pair(at, .2, .2, .17, .06) * .03},                           -- brow
    {z = nose(at) * f * .25}, {x = at.x * hill(at, 0, -.12, .2, .16) * f * .25},
    {y = f * hill(at, 0, -.2, .14, .1) * .045},                           -- nose
    {x = f * (hill(at, .23, .08, .16, .12) - hill(at, -.23, .08, .16, .12)) * .03},
    {y = f * (at.y - .08) * pair(at, .23, .08, .14, .1) * .25},           -- eyes
    {x = f * at.x * hill(at, 0, -.44, .26, .1) * .2},
    {y = f * (at.y + .44) * hill(at, 0, -.44, .22, .1) * .3},             -- mouth
    {x = at.x * pair(at, .36, -.15, .2, .2) * .1},                        -- cheeks
    {z = f * above(at.y, .35, .1) * .05},                                 -- forehead
  }
end

-- how dark things are in the face, in parts of the skin's
local function marks(at)
  local f = at.front
  local function part(shape) return op.minimum(shape, 1) * f end
  return {
    brows = part(pair(at, .14, .205, .09, .03) * 1.1 + pair(at, .27, .215, .1, .028)),
    sockets = part(pair(at, .2, .11, .14, .06)),
    eyes = part(pair(at, .225, .07, .085, .032) * 1.6),
    irises = part(pair(at, .22, .073, .042, .04) * 1.6),
    lids = part(pair(at, .225, .112, .1, .017)),
    lips = part(hill(at, 0, -.415, .17, .03) * 1.2 + hill(at, 0, -.49, .14, .036) * 1.2),
    mouth = part(hill(at, 0, -.45, .19, .02) * 1.4),
    nostrils = part(pair(at, .055, -.245, .035, .02)),
  }
end

-- the two ears, and how many vertices they have
local function ears(grid)
  local list = {}
  for i = 1, 2 do
    local side = 3 - 2 * i
    list[i] = mesh.move(mesh.sphere{rows = grid.ear[1], columns = grid.ear[2]},
      {scale = {.06, .19, .12}, turn = {-.5 * side, .15, 0}, at = {.6 * side, .03, -.1}})
  end
  return mesh.join(list)
end

-- the two hills and the slope are for what portraits add to a head
local head = {hill = hill, pair = pair, above = above}

-- head.new([coarse]) -> {mesh, basis [k 3v], marks, at, ear}: the mean; what each number of an
-- identity adds; tables of [v], how much of each mark and where each vertex is; and [v], 1 for
-- those of ears. coarse: half as many vertices, for pictures of about 32 pixels.
function head.new(coarse)
  local grid = coarse and COARSE or FINE
  local skin = mesh.star(skull(), {frame = frame(grid), centre = CENTRE})
  local both = mesh.join{skin, ears(grid)}
  local at = columns_of(both.vertices)
  both.vertices = both.vertices + shift(at, {z = relief(at) * at.front})
  local rows = {}
  for i, moved in ipairs(identity(at)) do
    rows[i] = op.reshape(shift(at, moved), {both.vertices:size()})
  end
  local ear = op.concat({tensor.zeros{#skin.vertices}, tensor.ones{#at.x - #skin.vertices}}, 1)
  return {mesh = both, basis = ops.stack(rows, 1), marks = marks(at), at = at, ear = ear}
end

-- head.vertices(h, numbers [n k]) -> [n v 3]
function head.vertices(h, numbers)
  local shape = h.mesh.vertices:shape()
  return op.reshape(op.matmul(numbers, h.basis), {#numbers, shape[1], 3}) + h.mesh.vertices
end

return head
