-- What a layer is: a function of parameters and input, and the shapes of what it is called with.
-- nn has the layers themselves. A layer that is called checks its parameters, its running
-- statistics and its mode before anything is computed, and what goes wrong inside of a network says
-- in which part.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"
local tree = require "teasel.tree"

local layer = {}

local Layer = {}
Layer.__index = Layer

local has_shape = core.tensor.has_shape
local EVALUATION = {}   -- the mode where none is given

-- What is wrong with a tree of parameters or, by which = "stat_shapes" for "shapes", of running
-- statistics: the words for its place, what is there and what was wanted; nil where all is right.
local function fault(layer, t, which)
  local shapes = layer[which]
  if type(t) ~= "table" or getmetatable(t) then
    if t == nil and not layer.parts and next(shapes) == nil then return nil end
    return "", t, "what init gave"
  end
  for _, part in ipairs(layer.parts or {}) do
    local where, got, wanted = fault(part.layer, t[part.key], which)
    if wanted then return (" of part '%s'%s"):format(part.key, where), got, wanted end
  end
  local first   -- by the alphabet, so that it is always the same one
  for name, shape in pairs(shapes) do
    if not has_shape(t[name], shape) and (not first or name < first) then first = name end
  end
  if not first then return nil end
  return (", '%s'"):format(first), t[first],
    ("the shape [%s], as init gave"):format(table.concat(shapes[first], " "))
end

-- Those of another network are an error, before anything is computed from them.
local function check_tree(who, what, layer, t, which)
  local where, got, wanted = fault(layer, t, which)
  if wanted then check.wrong(who, what .. where, got, wanted) end
end

local MODE = {train = check.boolean, keep = check.boolean, stats = check.table,
  stream = check.stream}

local function check_mode(who, layer, mode)
  if mode == nil then return EVALUATION end
  check.table(who, "mode", mode)
  for name, value in pairs(mode) do
    if not MODE[name] then options.unknown(who .. ": mode", name, MODE) end
    MODE[name](who, "option '" .. name .. "' of mode", value)
  end
  if mode.stats then
    check_tree(who, "option 'stats' of mode", layer, mode.stats, "stat_shapes")
  end
  return mode
end

function Layer.__call(layer, params, x, mode)
  local who = layer.name:match "^%S+"
  check_tree(who, "argument 'params'", layer, params, "shapes")
  if x == nil then check.wrong(who, "x", x, "a tensor") end
  return layer.apply(params, x, check_mode(who, layer, mode))
end

-- net:init(stream) -> fresh parameters and running statistics. Each part draws from a stream of its
-- own, split off by its place, so that a layer that is added at the end does not change those
-- before it.
function Layer:init(stream)
  return self.begin(stream)
end

check.methods("network", Layer, {init = "stream: stream"}, "form parts slope takes_slope")

-- One line for each layer: name, shapes of its parameters, how many numbers they are.
local function lines(layer, depth, list, label)
  local title = ("  "):rep(depth) .. (label and label .. ": " or "") .. layer.name
  if layer.parts then
    list[#list + 1] = {title, "", ""}
    for _, part in ipairs(layer.parts) do lines(part.layer, depth + 1, list, part.label) end
  else
    local leaves, names = tree.leaves((layer.begin(core.rand.stream(0))))
    local shapes, count = {}, 0
    for i, leaf in ipairs(leaves) do
      shapes[i] = names[i] .. " [" .. table.concat(leaf:shape(), " ") .. "]"
      count = count + leaf:size()
    end
    list[#list + 1] = {title, table.concat(shapes, ", "),
      count > 0 and tostring(count) or ""}
  end
  return list
end

function Layer.__tostring(layer)
  local list, widths, total = lines(layer, 0, {}), {0, 0}, 0
  for _, line in ipairs(list) do
    for i = 1, 2 do widths[i] = math.max(widths[i], #line[i]) end
    total = total + (tonumber(line[3]) or 0)
  end
  local text = {}
  for i, line in ipairs(list) do
    for j = 1, 2 do line[j] = line[j] .. (" "):rep(widths[j] - #line[j]) end
    text[i] = ("%s  %s  %9s"):format(table.unpack(line)):gsub("%s+$", "")
  end
  text[#text + 1] = ("%d parameters"):format(total)
  return table.concat(text, "\n")
end

-- One layer in the place of a table of them, as in chain(a, b), would be a network without any.
function layer.check_table(who, given)
  if getmetatable(given) == Layer then
    fail("%s: got a layer, wanted a table of layers: %s{...}, with braces", who, who)
  end
end

-- new(name, begin, forward, shapes, stat_shapes) -> a layer from begin(stream) -> params, stats and
-- forward(params, x, mode) -> y; shapes (nil: none) of its own parameters and running statistics,
-- by name. The first word of `name` is what its errors begin with.
function layer.new(name, begin, forward, shapes, stat_shapes)
  return setmetatable({name = name, begin = begin, apply = forward, shapes = shapes or {},
    stat_shapes = stat_shapes or {}}, Layer)
end

-- with_slope(...) -> one, from the arguments of `new`, that can apply a (leaky) ReLU to its result
-- at no further cost: forward(params, x, mode, slope) multiplies what is negative by slope (nil:
-- 1). `chain` passes it the slope of a rectifier that follows.
function layer.with_slope(...)
  local l = layer.new(...)
  l.takes_slope = true
  return l
end

-- as(layer, kind, settings) -> the layer, which says in `form` what files of other programs need to
-- know of it: its kind and settings, by name (see teasel.format.onnx)
function layer.as(l, kind, settings)
  l.form = settings or {}
  l.form.kind = kind
  return l
end

local networks = setmetatable({}, {__mode = "k"})   -- by their forward functions

-- network(name, parts, forward) -> a layer made of parts, a list of {key =, layer =, label =};
-- params[key] are those of a part. The forward function has the part that it is at in a variable
-- called `part`: errors name it.
function layer.network(name, parts, forward)
  for _, part in ipairs(parts) do
    if getmetatable(part.layer) ~= Layer then
      check.wrong(name, ("part '%s'"):format(tostring(part.key)), part.layer,
        type(part.layer) == "function" and "a layer; what makes one is called, as nn.elu(1)"
          or "a layer")
    end
  end
  local l = layer.new(name, function(stream)
    local params, stats = {}, {}
    for _, part in ipairs(parts) do
      params[part.key], stats[part.key] = part.layer.begin(stream:split(tostring(part.key)))
    end
    return params, stats
  end, forward)
  l.parts, networks[forward] = parts, true
  return layer.as(l, name)
end

-- part_of(mode, key) -> the mode of the part of a network
function layer.part_of(mode, key)
  if not mode.stats then return mode end
  return {train = mode.train, keep = mode.keep, stream = mode.stream, stats = mode.stats[key]}
end

-- the value of the variable `part` of the function at a level of the stack
local function part_at(level)
  for i = 1, math.maxinteger do
    local name, value = debug.getlocal(level + 1, i)
    if name == nil or name == "part" then return value end
  end
end

-- Nothing is noted while a network runs: the place of an error is read from the stack.
core.context(function()
  local keys, name, level = {}, nil, 2
  local info = debug.getinfo(level, "f")
  while info do
    local part = networks[info.func] and part_at(level)
    if part then
      table.insert(keys, 1, tostring(part.key))
      name = name or part.layer.name
    end
    level = level + 1
    info = debug.getinfo(level, "f")
  end
  return name and (" (in part '%s' of the network: %s)"):format(table.concat(keys, "."), name)
end)

return layer
