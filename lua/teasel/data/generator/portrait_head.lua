-- What portraits add to a head: hair, glasses, a hat, shoulders and jewels as meshes of their own;
-- how the head moves when one smiles, opens the mouth or is stout; and what is painted on it.
-- Everything that differs from image to image is a number times a tensor of the vertices, so that
-- the shapes and the paint of a whole batch are three products of matrices.

local core = require "teasel.core"
local head = require "teasel.data.generator.head"
local mesh = require "teasel.data.mesh"
local ops = require "teasel.op.composed"

local op, tensor = core.op, core.tensor
local hill, pair, above = head.hill, head.pair, head.above

-- bodies in the head's own space, and the shoulders
local function worn()
  local wires, panes, rings = {}, {}, {}
  for side = -1, 1, 2 do
    wires[#wires + 1] = mesh.move(mesh.torus{rows = 4, columns = 12, radius = .14},
      {scale = {.16, .14, .13}, turn = {.18 * side, math.pi / 2, 0}, at = {.225 * side, .07, .63}})
    wires[#wires + 1] = mesh.move(mesh.cylinder{columns = 4},
      {scale = {.018, .33, .018}, turn = {-.36 * side, math.pi / 2, 0}, at = {.5 * side, .1, .3}})
    panes[#panes + 1] = mesh.move(mesh.sphere{rows = 4, columns = 10},
      {scale = {.175, .145, .04}, turn = {.18 * side, 0, 0}, at = {.225 * side, .07, .63}})
    rings[#rings + 1] = mesh.move(mesh.sphere{rows = 4, columns = 6},
      {scale = {.06, .075, .06}, at = {.66 * side, -.2, -.08}})
  end
  wires[#wires + 1] = mesh.move(mesh.cylinder{columns = 4},
    {scale = {.018, .08, .018}, turn = {0, 0, math.pi / 2}, at = {0, .09, .65}})
  local hat = mesh.lathe({{0, .44}, {1.02, .4}, {1.02, .4}, {1.04, .44}, {1.02, .47}, {.8, .52},
    {.8, .52}, {.76, 1}, {.68, 1.07}, {0, 1.09}}, {columns = 20})
  return {wires = mesh.join(wires), panes = mesh.join(panes), rings = mesh.join(rings),
    hat = mesh.move(hat, {turn = {0, -.1, 0}, at = {0, -.03, -.1}}),
    body = mesh.move(mesh.sphere{rows = 8, columns = 14},
      {scale = {1.2, .5, .5}, at = {0, -1.46, -.25}}),
    chain = mesh.move(mesh.torus{rows = 4, columns = 14, radius = .1},
      {scale = {.47, .47, .47}, turn = {0, .35, 0}, at = {0, -.92, -.2}}),
    tie = mesh.join{
      mesh.move(mesh.box{}, {scale = {.1, .09, .06}, turn = {0, -.35, 0}, at = {0, -1, .2}}),
      mesh.move(mesh.box{}, {scale = {.085, .25, .04}, turn = {0, -.5, 0}, at = {0, -1.25, .28}})}}
end

-- How far each vertex of the head moves to become hair, a row for each style: out where there is
-- hair, else into the head.
local function cuts(h)
  local at = h.at
  local back = above(-at.z, -.14, .05)   -- behind the ears' line
  local function cap(brow, low, thick)
    local line = above(at.y, brow + op.abs(at.x) * -.25, .03) * (1 - back)
      + above(at.y, low, .05) * back
    return line * thick
  end
  local falling = above(op.abs(at.x) - at.z * .55, .34, .06) * above(at.y, -1.3, .05)
  local function out(much)
    much = much * (1 - h.ear)
    return much - (1 - op.minimum(much * 30, 1)) * .09
  end
  local long, fringe = op.maximum(cap(.53, -1.5, .09), falling * .15), cap(.36, -.35, .09)
  local receding = cap(.8, -.3, .06) * (1 - hill(at, 0, .8, .28, .5))
  local amounts = {at.x * 0 - .09, out(cap(.53, -.3, .07)), out(fringe), out(long),
    out(op.maximum(long, fringe)), out(receding)}
  local rows = {}
  for i, amount in ipairs(amounts) do
    -- long hair hangs: no further in than the head is wide
    local hang = (i == 4 or i == 5) and op.reshape(falling * above(-at.y, .3, .1) * .18
      * op.tanh(at.x * 20), {#at.y, 1}) * tensor.tensor{1, 0, 0} or 0
    rows[i] = op.reshape(h.outwards * op.reshape(amount, {#at.y, 1}) + hang, {#at.y * 3})
  end
  return rows, amounts
end

-- the vertices and triangles of a mesh where `any` [v] is more than 0, and a function that keeps
-- of rows [k 3v] what belongs to these vertices
local function trimmed(m, any)
  local number, kept, triangles = {}, {}, {}
  local wanted = any:table()
  for _, triangle in ipairs(m.triangles:table()) do
    local own, seen = {}, false
    for j, v in ipairs(triangle) do
      own[j] = math.tointeger(v)
      seen = seen or wanted[own[j]] > 0
    end
    if seen then
      for j, v in ipairs(own) do
        if not number[v] then
          kept[#kept + 1] = v
          number[v] = #kept
        end
        own[j] = number[v]
      end
      triangles[#triangles + 1] = own
    end
  end
  local index = tensor.tensor(kept)
  local function rows(x)
    return op.reshape(op.take(op.reshape(x, {#x, #any, 3}), index, 2), {#x, 3 * #kept})
  end
  return {vertices = op.take(m.vertices, index, 1), triangles = tensor.tensor(triangles)}, rows,
    index
end

-- what is added to the vertices, times a number each: a smile (corners of the mouth up and
-- outwards, cheeks out), an open mouth, stoutness (cheeks, jaw, neck, a second chin)
local function movements(at)
  local n = #at.x
  local function row(x, y, z)
    local zero = at.x * 0
    return op.reshape(ops.stack({x or zero, y or zero, z or zero}, 2), {3 * n})
  end
  local corners = pair(at, .15, -.45, .08, .07)
  local below = above(-at.y, .45, .015) * above(at.y, -1, .1)
  local stout = pair(at, .42, -.3, .25, .3) * .16
  return {
    row(at.front * corners * op.sign(at.x) * .06,
      at.front * (corners * .1 - hill(at, 0, -.49, .1, .05) * .03),
      at.front * pair(at, .3, -.25, .1, .1) * .035),
    row(nil, at.front * below * hill(at, 0, -.45, .35, .4) * -.09, at.front * below * -.02),
    row(at.x * stout + at.x * above(-at.y, .75, .1) * .25, nil, at.front * (pair(at, .3, -.3, .2,
      .15) * .08 + hill(at, 0, -.88, .25, .06) * .22 - hill(at, 0, -.79, .2, .025) * .05)),
  }
end

-- What is painted: marks [v] of the face by name, in the order in which they lie on each other.
-- Those with a strength always have it; the others have one in each image.
local function marks_of(h)
  local at, m = h.at, h.marks
  local function mark(shape) return op.minimum(shape, 1) * at.front end
  local jaw = op.maximum(above(-at.y, .32, .04) * (1 - hill(at, 0, -.45, .15, .05)),
    hill(at, 0, -.36, .17, .025)) * above(at.y, -.95, .05) * above(at.z, .1, .05)
  local cheeks = above(op.abs(at.x), .38, .03) * above(at.y, -.5, .05) * above(-at.y, -.2, .05)
    * above(at.z, -.02, .04) * (1 - h.ear)
  return {
    {"sockets", m.sockets, .18},
    {"shadow", mark(pair(at, .225, .135, .12, .04) * 1.3)},
    {"bags", mark(pair(at, .22, -.02, .1, .035) * 1.6)},
    {"blush", mark(pair(at, .3, -.2, .13, .1))},
    {"lines", mark(hill(at, 0, .36, .3, .015) + hill(at, 0, .45, .3, .015)
      + pair(at, .2, -.33, .025, .1) + pair(at, .26, -.02, .08, .02))},
    {"full", op.minimum(jaw, 1)},
    {"moustache", mark(hill(at, 0, -.355, .18, .032) * 1.4)},
    {"goatee", mark(hill(at, 0, -.62, .13, .13) * 1.5)},
    {"sideburns", op.minimum(cheeks * 1.2, 1)},
    {"flat", mark(m.brows * 1.3), .95},
    {"arched", mark(pair(at, .13, .2, .06, .03) * 1.3 + pair(at, .22, .265, .07, .03) * 1.5
      + pair(at, .31, .225, .05, .035) * 1.3)},
    {"bushy", mark(pair(at, .2, .21, .17, .05) * 1.3)},
    {"eyes", m.eyes, 1}, {"irises", m.irises, .95}, {"lids", m.lids, .7}, {"lips", m.lips, .75},
    {"mouth", m.mouth, .6},
    {"teeth", mark(hill(at, 0, -.452, .11, .02) * 1.3)},
    {"gape", mark(hill(at, 0, -.46, .1, .03) * 1.4)},
    {"nostrils", m.nostrils, .7},
  }
end

-- the names of the marks, and [1 + their number, v]: ones, and how much of each is seen
local function visible(list)
  local names, rows, uncovered = {}, {}, 1
  for i = #list, 1, -1 do
    local name, mark, strength = table.unpack(list[i])
    -- brows have two shapes between which they go: neither covers what is below
    local fixed = strength and name ~= "flat"
    names[i], rows[i + 1] = name, mark * uncovered * (strength or 1)
    if fixed then uncovered = uncovered * (1 - mark * strength) end
  end
  rows[1] = rows[2] * 0 + 1
  return names, ops.stack(rows, 1)
end

local kept

-- -> {skin, hair: meshes; skin_rows [k 3v], hair_rows [k + 7 3v]: what numbers add to them; names,
-- marks: what is painted; strands, curl [v]: paint of hair; and the meshes of what is worn}. The k
-- numbers are those of the shape, smile, mouth and stoutness; those of hair go on with the five
-- styles, the receding hairline and waves.
return function()
  if kept then return kept end
  local h, coarse = head.new(), head.new(true)
  local made = worn()
  made.skin = h.mesh
  made.skin_rows = op.concat({h.basis, ops.stack(movements(h.at), 1)}, 1)
  made.names, made.marks = visible(marks_of(h))
  -- away from the middle of the head, and at the neck from its axis
  local points = op.maximum(coarse.mesh.vertices - tensor.tensor{0, .1, -.1},
    tensor.tensor{-9, -.2, -9})
  coarse.outwards = points / (op.sqrt(op.sum(op.square(points), 2, true)) + 1e-6)
  local at, rows, amounts = coarse.at, cuts(coarse)
  local most = amounts[1]
  for _, amount in ipairs(amounts) do most = op.maximum(most, amount) end
  local curl = op.sin(at.y * 17 + op.abs(at.x) * 9) * op.cos(at.z * 13 + op.abs(at.x) * 11)
  local wave = coarse.outwards * op.reshape(curl * .05, {#at.y, 1})
  rows[#rows + 1] = op.reshape(wave, {3 * #at.y})
  local all = op.concat({coarse.basis, ops.stack(movements(at), 1), ops.stack(rows, 1)}, 1)
  local index
  made.hair, rows, index = trimmed(coarse.mesh, most)
  made.hair_rows = rows(all)
  local strands = .85 + .15 * op.sin(op.abs(at.x) * 37 + op.sin(at.y * 9) * 2) * op.cos(at.z * 31)
  made.strands, made.curl = op.take(strands, index, 1), op.take(curl, index, 1)
  kept = made   -- whole, or not at all
  return kept
end
