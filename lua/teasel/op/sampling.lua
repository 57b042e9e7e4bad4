-- Images read between their pixels, as in spatial transformers (Jaderberg et al. 2015). What is
-- read can be differentiated in the images and in the places. All can be called as methods.

local core = require "teasel.core"
local argument = require "teasel.lib.argument"

local op, tensor = core.op, core.tensor
local named = op.named   -- errors say what the user called
local sampling = {}

local take, expand = named("take_along", "grid_sample"), named("expand", "grid_sample")

-- the whole part of places along an axis of `size` pixels with one of 0s at each end, and the rest
local function parted(places, size)
  local inside = op.clip(places, 0, size + 1)
  local whole = op.minimum(op.floor(inside), size)
  return whole, inside - whole
end

-- grid_sample(x [n h w c], rows [n a b], columns [n a b]) -> [n a b c]: the pixels of each image at
-- its places, by bilinear interpolation; rows go from 1 to h, columns from 1 to w, and around an
-- image all is 0. NaN is an error. The gradient in a place is that of the straight line between the
-- two pixels that it lies between, of the later two at a pixel, and 0 beyond the image. (PyTorch's
-- takes one grid of pairs from -1 to 1, the column first.)
function sampling.grid_sample(x, rows, columns)
  x = argument.ranked("grid_sample", "x", x, 4)
  rows = argument.ranked("grid_sample", "rows", rows, 3)
  columns = argument.ranked("grid_sample", "columns", columns, 3)
  local n, h, w, c = table.unpack(x:shape())
  local a, b = rows:size(2), rows:size(3)
  if rows:size(1) ~= n then
    argument.wrong("grid_sample", "rows", rows, ("places for each of %d images"):format(n))
  elseif columns:size(1) ~= n or columns:size(2) ~= a or columns:size(3) ~= b then
    argument.wrong("grid_sample", "columns", columns,
      ("the shape of rows, [%d %d %d]"):format(n, a, b))
  end
  for name, places in pairs{rows = rows, columns = columns} do
    if op.sum(op.ne(places, places)):item() > 0 then
      argument.wrong("grid_sample", name, 0 / 0, "numbers")
    end
  end
  local row, down = parted(op.reshape(rows, {n, a * b, 1}), h)
  local column, right = parted(op.reshape(columns, {n, a * b, 1}), w)
  local items = op.reshape(op.pad(x, {0, 1, 1, 0}, {0, 1, 1, 0}), {n, (h + 2) * (w + 2), c})
  local first = row * (w + 2) + column + 1
  local function pixels(step)
    return take(items, expand(first + step, {n, a * b, c}), 2)
  end
  local upper = pixels(0) * (1 - right) + pixels(1) * right
  local lower = pixels(w + 2) * (1 - right) + pixels(w + 3) * right
  return op.reshape(upper * (1 - down) + lower * down, {n, a, b, c})
end

for name, f in pairs(sampling) do tensor.methods[name] = f end

return sampling
