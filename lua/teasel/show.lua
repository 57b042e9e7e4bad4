-- How a tensor looks in a REPL: its shape, and as much of it as is good to read. A small tensor is
-- shown whole; of a large one the corners, after its least item, mean and largest. More than two
-- axes are shown as matrices, each under its indices along the others.

local core = require "teasel.core"

local op = core.op

local SMALL = 200          -- items that are shown whole
local COLUMNS, ROWS = 10, 10   -- so many fit, of large ones too
local EDGE = 3             -- rows and columns at each end, where more do not fit
local CUT = "  ..."

local function number(v)
  if v ~= v then return "nan" end
  if v == math.floor(v) and math.abs(v) < 1e6 then return ("%d"):format(v) end
  return ("%.4g"):format(v)
end

-- a row of a matrix from a list of items, n from `at` on; a long one goes on in further lines
local function row_of(items, at, n, cut)
  local shown = {}
  for i = 1, n do
    if cut and i == EDGE + 1 then shown[#shown + 1] = CUT end
    if i > 1 and (i - 1) % COLUMNS == 0 then shown[#shown + 1] = "\n  " end
    shown[#shown + 1] = (" %9s"):format(number(items[at + i - 1]))
  end
  return table.concat(shown)
end

-- the first and last `edge` items of an axis of x
local function ends(x, axis, edge)
  local shape, first, last = x:shape(), {}, {}
  for d, n in ipairs(shape) do first[d], last[d] = 1, n end
  last[axis] = edge
  local head = op.slice(x, first, last)
  first[axis], last[axis] = shape[axis] - edge + 1, shape[axis]
  return op.concat({head, op.slice(x, first, last)}, axis)
end

-- the indices along axes of these sizes of the i-th of all
local function indices(i, sizes)
  local list = {}
  i = i - 1
  for d = #sizes, 1, -1 do
    list[d] = i % sizes[d] + 1
    i = i // sizes[d]
  end
  return "[" .. table.concat(list, ", ") .. "]"
end

-- the lines of a large or small x, of one axis or more
local function lines_of(x, lines)
  local sizes = x:shape()
  local large = x:size() > SMALL
  local columns = table.remove(sizes)
  local rows = table.remove(sizes) or 1
  local matrices = x:size() // (rows * columns)
  x = op.reshape(x, {matrices, rows, columns})
  local few, low, wide = large and matrices > 2, large and rows > ROWS, large and columns > COLUMNS
  if few then x = ends(x, 1, 1) end
  if low then x = ends(x, 2, EDGE) end
  if wide then x = ends(x, 3, EDGE) end
  local shape, items = x:shape(), x:head(x:size())
  for m = 1, shape[1] do
    if #sizes > 0 then
      lines[#lines + 1] = indices(few and m == 2 and matrices or m, sizes)
    end
    for r = 1, shape[2] do
      if low and r == EDGE + 1 then lines[#lines + 1] = CUT end
      lines[#lines + 1] = row_of(items, ((m - 1) * shape[2] + r - 1) * shape[3] + 1, shape[3], wide)
    end
    if few and m == 1 then lines[#lines + 1] = CUT end
  end
end

return function(x)
  if not pcall(x.size, x) then return "released tensor" end
  local shape = x:shape()
  if #shape == 0 then return number(x:item()) end
  local title = "tensor [" .. table.concat(shape, " ") .. "]"
  if x:size() == 0 then return title end
  x = core.grad.constant(x)
  if x:size() > SMALL then
    title = ("%s  (min %s, mean %s, max %s)"):format(title, number(op.min(x):item()),
      number(x:mean():item()), number(op.max(x):item()))
  end
  local lines = {title}
  lines_of(x, lines)
  if #shape == 1 and shape[1] <= COLUMNS then return table.concat(lines) end
  return table.concat(lines, "\n")
end
