-- What the order of items, running sums and an index for every column mean.

local array = require "spec.slow.array"

local build, item, from_start = array.build, array.item, array.from_start

local slow = {}

-- the places of the items along an axis in order, counted one by one: how many go before
function slow.argsort(x, with)
  local axis = from_start(with.axis or -1, #x.shape)
  local y = array.zeros(x.shape)
  build(x.shape, function(index)
    local v, place = item(x, index), 1
    for i = 1, x.shape[axis] do
      local u, goes_before = item(x, array.replaced(index, axis, i)), nil
      if u ~= u or v ~= v then goes_before = v ~= v and (u == u or i < index[axis])
      elseif u == v then goes_before = i < index[axis]
      elseif with.descending then goes_before = u > v
      else goes_before = u < v
      end
      if goes_before then place = place + 1 end
    end
    y[array.place(y, array.replaced(index, axis, place))] = index[axis]
  end)
  return y
end

function slow.cumsum(x, with)
  local axis = from_start(with.axis or -1, #x.shape)
  return build(x.shape, function(index)
    local s = 0
    local first, last = 1, index[axis]
    if with.backwards then first, last = last, x.shape[axis] end
    for i = first, last do s = s + item(x, array.replaced(index, axis, i)) end
    return s
  end)
end

function slow.take_along(x, list, with)
  local axis = from_start(with.axis or -1, #x.shape)
  return build(list.shape, function(index)
    return item(x, array.replaced(index, axis, item(list, index)))
  end)
end

function slow.put_along(x, list, with)
  local axis = from_start(with.axis or -1, #x.shape)
  local y = array.zeros(array.replaced(x.shape, axis, with.count))
  build(x.shape, function(index)
    array.add_to(y, array.replaced(index, axis, item(list, index)), item(x, index))
  end)
  return y
end

function slow.nonzero(x)
  local y, rows = {}, 0
  build(x.shape, function(index)
    if item(x, index) ~= 0 then
      rows = rows + 1
      table.move(index, 1, #x.shape, #y + 1, y)
    end
  end)
  y.shape = {rows, #x.shape}
  return y
end

return slow
