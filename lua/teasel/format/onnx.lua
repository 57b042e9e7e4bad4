-- Networks for other programs: ONNX files (operator set 17, version 8 of the format), which ONNX
-- Runtime, PyTorch's converters, browsers and telephones read.
--
--   local r = T.run.open "runs/demo"
--   T.save("decoder.onnx", {network = r.model.decoder, params = r.state.params.decoder,
--     shape = {10}})
--   T.save("encoder.onnx", {network = r.model.encoder, params = r.state.params.encoder,
--     shape = {64, 64, 1}})
--
-- Written is the network as it is evaluated: running statistics, no dropout. Layers of teasel.nn
-- are known, chains and heads of them, and the sequentials of models; nn.func with a function of
-- one's own is refused by name. Numbers are float32. What goes in is called "x" [n, shape], what
-- comes out "y", or the names of the heads; images are [n h w c] as here, unless `channels_first`.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local layers = require "teasel.format.onnx_layer"
local options = require "teasel.options"
local protobuf = require "teasel.format.protobuf"
local tree = require "teasel.tree"

local bytes, float, int, ints = protobuf.bytes, protobuf.float, protobuf.int, protobuf.ints
local onnx = {}

local OPSET, VERSION = 17, 8
local FLOAT, INT64 = 1, 7                                  -- types of tensors
local KINDS = {float = 1, integer = 2, string = 3, table = 7}   -- types of attributes

local Graph = {}
Graph.__index = Graph

-- a name that nothing else in the graph has
local function unique(g, name)
  local base, i = g.path == "" and name or g.path .. "." .. name, 1
  name = base
  while g.used[name] do
    i = i + 1
    name = base .. "_" .. i
  end
  g.used[name] = true
  return name
end

local function attribute(name, value)
  local kind = KINDS[math.type(value) or type(value)]
  local text = bytes(1, name) .. int(20, kind)
  if kind == 1 then return text .. float(2, value) end
  if kind == 2 then return text .. int(3, value) end
  return text .. (kind == 3 and bytes(4, value) or ints(8, value))
end

-- g:node(kind, inputs, attributes, output) -> the name of what a node gives
function Graph:node(kind, inputs, attributes, output)
  output = output or unique(self, kind:lower())
  local text = {}
  for i, name in ipairs(inputs) do text[i] = bytes(1, name) end
  text[#text + 1] = bytes(2, output) .. bytes(3, output) .. bytes(4, kind)
  for _, name in ipairs(tree.keys(attributes or {})) do
    text[#text + 1] = bytes(5, attribute(name, attributes[name]))
  end
  self.nodes[#self.nodes + 1] = bytes(1, table.concat(text))
  return output
end

local function constant(g, name, shape, kind, data)
  name = unique(g, name)
  g.constants[#g.constants + 1] = bytes(5, ints(1, shape) .. int(2, kind) .. bytes(8, name)
    .. bytes(9, data))
  return name
end

-- g:tensor(name, x), g:integers(name, list) -> the name of numbers in the file
function Graph:tensor(name, x)
  local data, message = core.archive.pack(x, "<f4")
  if not data then fail("onnx: '%s': %s", name, message) end
  return constant(self, name, x:shape(), FLOAT, data)
end

function Graph:integers(name, list)
  local data = {}
  for i, n in ipairs(list) do data[i] = ("<i8"):pack(n) end
  return constant(self, name, {#list}, INT64, table.concat(data))
end

-- g:within(key, f, ...) -> f(g, ...), in whose names the key of a part stands
function Graph:within(key, f, ...)
  local path = self.path
  self.path = path == "" and tostring(key) or path .. "." .. key
  local value = f(self, ...)
  self.path = path
  return value
end

-- what goes in or comes out: its name, type and shape, of which the first axis may have any size
local function described(name, shape)
  local axes = {bytes(1, bytes(2, "n"))}
  for i, size in ipairs(shape) do axes[i + 1] = bytes(1, int(1, size)) end
  return bytes(1, name) .. bytes(2, bytes(1, int(1, FLOAT) .. bytes(2, table.concat(axes))))
end

local function ordered(shape, first)
  return first and #shape == 3 and {shape[3], shape[1], shape[2]} or shape
end

-- encode(network, params, options) -> the bytes of a file, see write
function onnx.encode(network, params, o)
  o = options.read("onnx", o, {stats = options.any, shape = options.any, channels_first = false,
    name = "teasel"})
  check.list("onnx", "shape", o.shape, check.count)
  if #o.shape == 0 then check.wrong("onnx", "shape", o.shape, "{n} or {h, w, c}") end
  local g = setmetatable({path = "", used = {x = true, y = true}, nodes = {}, constants = {}},
    Graph)
  for _, part in ipairs(network.parts or {}) do g.used[part.key] = true end   -- names of heads
  local x = {name = "x", shape = o.shape, turned = o.channels_first}
  local made, outputs = layers.add(g, network, params, o.stats, x), {}
  if made.name then made = {y = made} end
  if made.x then fail "onnx: got a head called 'x', which is the name of what goes in" end
  for _, name in ipairs(tree.keys(made)) do
    local value = layers.turned(g, made[name], o.channels_first)
    g:node("Identity", {value.name}, nil, name)
    outputs[#outputs + 1] = bytes(12, described(name, ordered(value.shape, o.channels_first)))
  end
  local graph = table.concat(g.nodes) .. bytes(2, o.name) .. table.concat(g.constants)
    .. bytes(11, described("x", ordered(o.shape, o.channels_first))) .. table.concat(outputs)
  return int(1, VERSION) .. bytes(2, "teasel") .. bytes(7, graph)
    .. bytes(8, bytes(1, "") .. int(2, OPSET))
end

-- write(path, network, params, options) -> true: a layer of teasel.nn with its parameters as an
-- ONNX file, complete or not at all; nil and a message where it cannot be written. Options: shape
-- (wanted): of one item that goes in, {n} or {h, w, c}; stats: the running statistics, where the
-- network has some; channels_first (false): images go in and come out as [n c h w]; name: of the
-- graph.
function onnx.write(path, network, params, o)
  return core.file.save(path, onnx.encode(network, params, o))
end

check.functions("onnx.", onnx, {
  encode = "network: table(name apply), params: table, options: table?",
  write = "path: string, network: table(name apply), params: table, options: table?"})

return onnx
