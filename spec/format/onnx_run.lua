-- ONNX files, executed one node after the other by the definitions of the operators, and by nothing
-- of what writes them.
--
--   local outputs, about = onnx_run(bytes, input)   -- tensors as {shape =, [1] =, [2] = ...}

local message = require "spec.format.message"
local operator = require "spec.format.operator"

-- a constant: its name and its numbers
local function constant(bytes)
  local t = message(bytes)
  local form = ({[1] = "<f", [7] = "<i8"})[t[2][1]]
  local x, data = {shape = t[1] and message.ints(t[1][1]) or {}}, t[9][1]
  for place = 1, #data, form:packsize() do x[#x + 1] = form:unpack(data, place) end
  assert(#x == operator.items(x.shape))
  return t[8][1], x
end

local function attributes(node)
  local all = {}
  for _, bytes in ipairs(node[5] or {}) do
    local t = message(bytes)
    local kind = t[20][1]
    all[t[1][1]] = kind == 1 and ("<f"):unpack(t[2][1]) or kind == 2 and t[3][1]
      or kind == 3 and t[4][1] or kind == 7 and message.ints(t[8][1])
  end
  return all
end

-- name and shape of what goes in or comes out, "n" for the size of the first axis
local function described(bytes)
  local t = message(bytes)
  local kind = message(message(t[2][1])[1][1])
  assert(kind[1][1] == 1)
  local shape = {}
  for d, axis in ipairs(message(kind[2][1])[1]) do
    local size = message(axis)
    shape[d] = (size[1] or size[2])[1]
  end
  return t[1][1], shape
end

return function(bytes, input)
  local model = message(bytes)
  local graph, opset = message(model[7][1]), message(model[8][1])
  local about = {version = model[1][1], opset = opset[2][1], nodes = {}, outputs = {}}
  local values = {}
  for _, item in ipairs(graph[5] or {}) do
    local name, x = constant(item)
    assert(values[name] == nil, name)
    values[name] = x
  end
  local name
  name, about.input = described(graph[11][1])
  values[name] = input
  for _, item in ipairs(graph[1]) do
    local node = message(item)
    local inputs = {}
    for i, from in ipairs(node[1]) do inputs[i] = from ~= "" and assert(values[from], from) end
    about.nodes[#about.nodes + 1] = node[4][1]
    assert(values[node[2][1]] == nil, node[2][1])
    values[node[2][1]] = operator[node[4][1]](attributes(node), table.unpack(inputs))
  end
  local found = {}
  for _, item in ipairs(graph[12]) do
    local output, shape = described(item)
    found[output], about.outputs[output] = values[output], shape
  end
  return found, about
end
