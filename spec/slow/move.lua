-- What the ops that move items mean, along axes and by index: for every index of the result, which
-- item of the operand it is.

local array = require "spec.slow.array"

local build, item, from_start = array.build, array.item, array.from_start

local slow = {}

function slow.identity(x) return x end

function slow.to(x) return x end
function slow.shard_sum(x) return x end

function slow.reshape(x, with)
  local y, others, open = array.copy(x), 1, nil
  y.shape = array.copy(with.shape)
  for d, size in ipairs(y.shape) do
    if size == -1 then open = d else others = others * size end
  end
  if open then y.shape[open] = #x // others end
  return y
end

function slow.permute(x, with)
  local order, shape = {}, {}
  for d = 1, #x.shape do
    order[d] = from_start(with.order and with.order[d] or -d, #x.shape)
    shape[d] = x.shape[order[d]]
  end
  return build(shape, function(index)
    local from = {}
    for d, axis in ipairs(order) do from[axis] = index[d] end
    return item(x, from)
  end)
end

function slow.slice(x, with)
  local first, shape = {}, {}
  for d, size in ipairs(x.shape) do
    first[d] = from_start(with.first[d], size)
    shape[d] = from_start(with.last[d], size) - first[d] + 1
  end
  return build(shape, function(index)
    local from = {}
    for d, i in ipairs(index) do from[d] = first[d] + i - 1 end
    return item(x, from)
  end)
end

function slow.pad(x, with)
  local shape = {}
  for d, size in ipairs(x.shape) do shape[d] = with.before[d] + size + with.after[d] end
  return build(shape, function(index)
    local from = {}
    for d, i in ipairs(index) do
      from[d] = i - with.before[d]
      if from[d] < 1 or from[d] > x.shape[d] then return 0 end
    end
    return item(x, from)
  end)
end

function slow.concat(...)
  local arrays = {...}
  local with = table.remove(arrays)
  local axis = from_start(with.axis or 1, #arrays[1].shape)
  local total = 0
  for _, a in ipairs(arrays) do total = total + a.shape[axis] end
  return build(array.replaced(arrays[1].shape, axis, total), function(index)
    local i = index[axis]
    for _, a in ipairs(arrays) do
      if i <= a.shape[axis] then return item(a, array.replaced(index, axis, i)) end
      i = i - a.shape[axis]
    end
  end)
end

function slow.expand(x, with)
  return build(with.shape, function(index) return item(x, index) end)
end

function slow.flip(x, with)
  local set = array.axis_set(with.axes, #x.shape)
  return build(x.shape, function(index)
    local from = {}
    for d, i in ipairs(index) do from[d] = set[d] and x.shape[d] + 1 - i or i end
    return item(x, from)
  end)
end

function slow.take(x, list, with)
  local axis = from_start(with.axis or 1, #x.shape)
  return build(array.replaced(x.shape, axis, #list), function(index)
    return item(x, array.replaced(index, axis, list[index[axis]]))
  end)
end

function slow.put(x, list, with)
  local axis = from_start(with.axis or 1, #x.shape)
  local y = array.zeros(array.replaced(x.shape, axis, with.count))
  build(x.shape, function(index)
    array.add_to(y, array.replaced(index, axis, list[index[axis]]), item(x, index))
  end)
  return y
end

function slow.one_hot(list, with)
  local n = #list.shape
  return build(array.replaced(list.shape, n + 1, with.count), function(index)
    return item(list, array.copy(index, n)) == index[n + 1] and 1 or 0
  end)
end

return slow
