-- Arrays, as the slow references use them: a list of numbers in row-major order with a field
-- `shape`. An index is a list of one place per axis.

local array = {}

-- The array of f(index) for every index; f must not keep the index.
function array.build(shape, f)
  local a, index = {shape = shape}, {}
  local function along(d)
    if d > #shape then
      a[#a + 1] = f(index)
    else
      for i = 1, shape[d] do
        index[d] = i
        along(d + 1)
      end
    end
  end
  along(1)
  return a
end

function array.zeros(shape)
  return array.build(shape, function() return 0 end)
end

-- Where an index lies in the list of an array: axes are counted from the last, and those of size 1
-- stand still, which is all there is to broadcasting.
function array.place(a, index)
  local at, extra = 0, #index - #a.shape
  for d, size in ipairs(a.shape) do
    at = at * size + (size == 1 and 1 or index[d + extra]) - 1
  end
  return at + 1
end

function array.item(a, index) return a[array.place(a, index)] end

function array.add_to(a, index, v)
  local at = array.place(a, index)
  a[at] = a[at] + v
end

-- The shape that arrays have in common.
function array.common_shape(arrays)
  local n, shape = 0, {}
  for _, a in ipairs(arrays) do n = math.max(n, #a.shape) end
  for d = 1, n do shape[d] = 1 end
  for _, a in ipairs(arrays) do
    for d, size in ipairs(a.shape) do
      if size ~= 1 then shape[d + n - #a.shape] = size end
    end
  end
  return shape
end

-- The first n items of a list (default: all).
function array.copy(list, n) return table.move(list, 1, n or #list, 1, {}) end

-- A list with item d replaced.
function array.replaced(list, d, v)
  local other = array.copy(list)
  other[d] = v
  return other
end

-- A place or an axis counted from the end, as one counted from the start.
function array.from_start(i, n) return i < 0 and n + 1 + i or i end

-- The set of the axes that an attribute names: all of n, one, or a list.
function array.axis_set(axes, n)
  local set = {}
  if axes == nil then
    for d = 1, n do set[d] = true end
  else
    if type(axes) == "number" then axes = {axes} end
    for _, d in ipairs(axes) do set[array.from_start(d, n)] = true end
  end
  return set
end

-- Two numbers from one or a list of two.
function array.pair(v)
  if type(v) == "table" then return v[1], v[2] end
  return v, v
end

return array
