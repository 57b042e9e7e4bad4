-- Networks as ONNX files: each layer, and the networks of the models, give the same numbers when
-- the file is executed by the definitions of its operators.

local T = require "teasel"
local core = require "teasel.core"
local layer = require "teasel.lib.layer"
local array = require("spec.format.operator").array
local onnx_run = require "spec.format.onnx_run"
local scratch = require "spec.scratch"

local nn, onnx, tree = T.nn, T.onnx, T.tree
local IMAGE, LIST = {5, 6, 2}, {4}

-- layers by the kinds that the writer knows, and the items that they read
local ROWS = {
  linear = {nn.linear(4, 3), LIST, nn.linear(4, 3, {bias = false}), LIST, nn.linear(2, 3), IMAGE},
  conv = {nn.conv(2, 3, {kernel = {3, 2}, stride = {2, 1}, pad = {1, 0, 0, 1}}), IMAGE,
    nn.conv(2, 3, {kernel = 4, stride = 2, pad = "same", bias = false}), IMAGE,
    nn.conv(2, 1, {kernel = 3, pad = {1, 0}}), IMAGE},
  deconv = {nn.deconv(2, 3, {kernel = 3, stride = 2, pad = "same"}), {3, 2, 2},
    nn.deconv(2, 1, {kernel = {4, 3}, stride = {2, 3}, pad = {1, 0}, bias = false}), {3, 2, 2}},
  max_pool = {nn.max_pool{kernel = 2}, IMAGE, nn.max_pool{kernel = 3, stride = 2, pad = 1}, IMAGE},
  avg_pool = {nn.avg_pool{kernel = {2, 3}}, IMAGE,
    nn.avg_pool{kernel = 3, stride = 1, pad = 1}, IMAGE},
  batch_norm = {nn.batch_norm(4), LIST, nn.batch_norm(2, {affine = false, eps = 0.01}), IMAGE},
  instance_norm = {nn.instance_norm(2), IMAGE},
  layer_norm = {nn.layer_norm(4, {affine = false}), LIST, nn.layer_norm(2), IMAGE},
  relu = {nn.relu, IMAGE}, tanh = {nn.tanh, LIST}, sigmoid = {nn.sigmoid, LIST},
  softplus = {nn.softplus, IMAGE}, softmax = {nn.softmax, LIST, nn.softmax, IMAGE},
  log_softmax = {nn.log_softmax, IMAGE}, elu = {nn.elu(0.7), LIST},
  leaky_relu = {nn.leaky_relu(0.3), LIST}, dropout = {nn.dropout(0.5), LIST},
  flatten = {nn.flatten, IMAGE, nn.flatten, LIST}, reshape = {nn.reshape{2, 2, 1}, LIST,
    nn.chain{nn.conv(2, 3, {kernel = 3}), nn.reshape{6, 6}}, IMAGE},
  upsample = {nn.upsample(2), IMAGE}, spectral = {nn.spectral(nn.linear(4, 3)), LIST,
    nn.spectral(nn.conv(2, 3, {kernel = 3})), IMAGE},
  chain = {nn.chain{nn.conv(2, 3, {kernel = 3}), nn.batch_norm(3), nn.relu, nn.flatten,
    nn.linear(36, 2)}, IMAGE},
  heads = {nn.heads{mean = nn.linear(4, 2), logvar = nn.chain{nn.linear(4, 2), nn.tanh}}, LIST},
  pad = {T.sequential(IMAGE):pad(7, 6):chain(), IMAGE},
  crop = {T.sequential(IMAGE):crop(2, 3):chain(), IMAGE},
}

local function moved(t, seed, low, high)
  for i, x in ipairs(tree.leaves(t)) do
    core.tensor.assign(x, T.stream(seed, "move" .. i):uniform(x:shape(), low, high):data())
  end
end

-- parameters and running statistics that are nowhere 0 or 1
local function made(network)
  local params, stats = network:init(T.stream(5))
  moved(params, 6, -0.7, 0.7)
  moved(stats, 7, 0.5, 1.5)
  return params, stats
end

-- compares what a network gives with what its file does; returns what the file says of itself
local function same(network, shape)
  local params, stats = made(network)
  local x = T.stream(3):normal{2, table.unpack(shape)}
  local wanted = network(params, x, {stats = stats})
  if tree.is_tensor(wanted) then wanted = {y = wanted} end
  local got, about = onnx_run(onnx.encode(network, params, {shape = shape, stats = stats}),
    array(x))
  assert.same(tree.keys(wanted), tree.keys(got))
  for name, y in pairs(wanted) do
    local list = array(y)
    assert.same(list.shape, got[name].shape)
    assert.same({"n", table.unpack(list.shape, 2)}, about.outputs[name])
    for i, v in ipairs(list) do
      assert.is_true(math.abs(got[name][i] - v) < 1e-5 * (1 + math.abs(v)), name .. " " .. i)
    end
  end
  return about
end

local encoder = T.sequential({6, 6, 2}, {activation = nn.leaky_relu(0.1), norm = nn.batch_norm})
  :pad(8, 8):conv(3):conv(2, {same = true}):linear(5)
  :add(nn.heads{mean = nn.linear(5, 2), logvar = nn.linear(5, 2)}):chain()
local decoder = T.sequential({3}, {activation = nn.relu, norm = nn.batch_norm}):linear(12)
  :reshape{2, 2, 3}:deconv(2):deconv(1, {last = true}):crop(7, 6):add(nn.sigmoid):chain()

describe("a layer of nn as an ONNX file", function()
  for kind, row in pairs(ROWS) do
    it("gives the same numbers: " .. kind, function()
      for i = 1, #row, 2 do same(row[i], row[i + 1]) end
    end)
  end

  it("is among those above, whatever its kind", function()
    local _, message = pcall(onnx.encode, nn.chain{nn.func("mine", print)}, {{}}, {shape = LIST})
    local known = message:match "wanted layers of nn: (.*)"
    assert.equal(table.concat(tree.keys(ROWS), ", "), known)
  end)
end)

describe("a network as an ONNX file", function()
  it("gives the same numbers, and turns images once in front and once behind", function()
    local about = same(encoder, {6, 6, 2})
    assert.same({8, 17}, {about.version, about.opset})
    assert.same({"n", 6, 6, 2}, about.input)
    local turns = 0
    for _, kind in ipairs(about.nodes) do turns = turns + (kind == "Transpose" and 1 or 0) end
    assert.equal(2, turns)
    same(decoder, {3})
  end)

  it("may have the channels of its images first", function()
    local params, stats = made(decoder)
    local z = T.stream(1):normal{2, 3}
    local wanted = decoder(params, z, {stats = stats}):permute{1, 4, 2, 3}
    local got, about = onnx_run(onnx.encode(decoder, params, {shape = {3}, stats = stats,
      channels_first = true}), array(z))
    assert.same({"n", 1, 7, 6}, about.outputs.y)
    for i, v in ipairs(array(wanted)) do assert.near(v, got.y[i], 1e-5) end
    local conv = nn.conv(2, 3, {kernel = 3})
    local p = conv:init(T.stream(1))
    local x = T.stream(2):normal{2, 5, 6, 2}
    local y
    y, about = onnx_run(onnx.encode(conv, p, {shape = IMAGE, channels_first = true}),
      array(x:permute{1, 4, 2, 3}))
    assert.same({"Conv", "Identity"}, about.nodes)
    for i, v in ipairs(array(conv(p, x):permute{1, 4, 2, 3})) do assert.near(v, y.y[i], 1e-5) end
  end)

  it("is written by T.save", function()
    local folder = scratch.make()
    local params, stats = made(encoder)
    assert(T.save(folder .. "/e.onnx", {network = encoder, params = params, stats = stats,
      shape = {6, 6, 2}}))
    assert.equal(onnx.encode(encoder, params, {shape = {6, 6, 2}, stats = stats}),
      scratch.read(folder, "e.onnx"))
    assert.matches("an ONNX file", (select(2, T.load(folder .. "/e.onnx"))))
    scratch.remove(folder)
  end)

  it("is refused where a file cannot hold it, with the layer that is to blame", function()
    for wanted, call in pairs{
      ["layer 'mine': got a function of one's own"] = {nn.func("mine", print), {}, IMAGE},
      ["layer 'twofold': got a function of one's own"] =
        {layer.network("twofold", {{key = "a", layer = nn.relu}}, print), {a = {}}, IMAGE},
      ["layer 'linear 4 %-> 3': got items of the shape %[5%], wanted 4 along"] =
        {nn.linear(4, 3), nil, {5}},
      ["layer 'conv 2 %-> 3, 3x3': got items of the shape %[4%], wanted images"] =
        {nn.conv(2, 3, {kernel = 3}), nil, LIST},
      ["layer 'batch_norm 4': got no running statistics, wanted the option 'stats'"] =
        {nn.batch_norm(4), nil, LIST},
      ["layer 'batch_norm 4': got the shape %[3%] for 'mean' of its running statistics, wanted the "
        .. "shape %[4%]"] = {nn.batch_norm(4), nil, LIST, {mean = T.ones{3}, var = T.ones{3}}},
      ["layer 'conv 2 %-> 3, 3x3': got the shape %[2 8%] for 'weight' of its parameters, wanted the"
        .. " shape %[3 3 2 3%]"] = {nn.chain{nn.conv(2, 3, {kernel = 3})},
          {{weight = T.ones{2, 8}, bias = T.ones{3}}}, IMAGE},
      ["layer 'linear 4 %-> 3': got no tensor for 'bias' of its parameters, wanted the shape %[3%]"]
        = {nn.linear(4, 3), {weight = T.ones{4, 3}}, LIST},
      ["layer 'linear 3 %-> 2': got nothing for its parameters, wanted a table as init gave"] =
        {nn.chain{nn.linear(4, 3), nn.linear(3, 2)}, {{weight = T.ones{4, 3}, bias = T.ones{3}}},
          LIST},
      ["layer 'reshape %[3%]': got items of the shape %[4%], wanted 3 numbers"] =
        {nn.reshape{3}, nil, LIST},
      ["layer 'relu': got what heads give, wanted one value"] =
        {nn.chain{nn.heads{a = nn.linear(4, 1)}, nn.relu}, nil, LIST},
      ["argument 'shape': got nil, wanted a list"] = {nn.relu, {}, nil},
    } do
      assert.error_matches(function()
        onnx.encode(call[1], call[2] or (call[1]:init(T.stream(1))), {shape = call[3],
          stats = call[4]})
      end, wanted)
    end
  end)

  it("is sound by ONNX's own checker, and by its runtime where Python has it #slow", function()
    if not os.execute "/usr/bin/python3 -c 'import onnx' 2> /dev/null" then
      pending "onnx is not installed (python3-onnx)"
      return
    end
    local folder = scratch.make()
    local function write(name, network, shape)
      local params, stats = made(network)
      assert(onnx.write(folder .. "/" .. name, network, params, {shape = shape, stats = stats}))
      local x = T.stream(3):normal{2, table.unpack(shape)}
      local y = network(params, x, {stats = stats})
      assert(T.save(folder .. "/" .. name .. ".npz",
        {x = x, y = tree.is_tensor(y) and {y = y} or y}))
    end
    local n = 2
    write("encoder", encoder, {6, 6, 2})
    write("decoder", decoder, {3})
    for kind, row in pairs(ROWS) do
      for i = 1, #row, 2 do write(kind .. i, row[i], row[i + 1]) end
      n = n + #row // 2
    end
    assert(core.file.save(folder .. "/check.py", [[
import glob, onnx, sys, numpy
try: import onnxruntime
except ImportError: onnxruntime = None
files = [f[:-4] for f in glob.glob(sys.argv[1] + "/*.npz")]
for f in files:
    model = onnx.load(f)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True)
    if onnxruntime:
        data = numpy.load(f + ".npz")
        session = onnxruntime.InferenceSession(f)
        names = [o.name for o in session.get_outputs()]
        for name, y in zip(names, session.run(names, {"x": data["x"].astype("float32")})):
            numpy.testing.assert_allclose(y, data["y/" + name], 1e-5, 1e-5)
print(len(files))
]]))
    local pipe = io.popen(("/usr/bin/python3 %s/check.py %s 2>&1"):format(folder, folder))
    assert.equal(n .. "\n", pipe:read "a")
    pipe:close()
    scratch.remove(folder)
  end)
end)
