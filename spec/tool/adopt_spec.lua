-- Published weights as runs: which arrays are taken, what the recipes make of them, and that it is
-- what PyTorch makes of them.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local expect = require "spec.expect"
local pretrained = require("spec.data").pretrained
local scratch = require "spec.scratch"

local folder

local function at(name) return folder .. "/" .. name end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- small models as the two collections have them, for images of 64 x 64 and one colour
local function made(shapes)
  local weights = {}
  for name, shape in pairs(shapes) do
    local stream = T.stream(1, name)
    weights[name .. ".weight"] = stream:normal(shape) * 0.3
    local transposed = name:find "convT" or name:find "features_to_img"
    weights[name .. ".bias"] = stream:split("bias"):normal{shape[transposed and 2 or 1]}
  end
  return weights
end

local DISENTANGLING = {["encoder.conv1"] = {2, 1, 4, 4}, ["encoder.conv2"] = {3, 2, 4, 4},
  ["encoder.conv3"] = {2, 3, 4, 4}, ["encoder.conv_64"] = {4, 2, 4, 4}, ["encoder.lin1"] = {5, 64},
  ["encoder.lin2"] = {6, 5}, ["encoder.mu_logvar_gen"] = {6, 6}, ["decoder.lin1"] = {5, 3},
  ["decoder.lin2"] = {4, 5}, ["decoder.lin3"] = {32, 4}, ["decoder.convT_64"] = {2, 2, 4, 4},
  ["decoder.convT1"] = {2, 3, 4, 4}, ["decoder.convT2"] = {3, 2, 4, 4},
  ["decoder.convT3"] = {2, 1, 4, 4}}

local JOINT = {["img_to_features.0"] = {2, 1, 4, 4}, ["img_to_features.2"] = {3, 2, 4, 4},
  ["img_to_features.4"] = {2, 3, 4, 4}, ["img_to_features.6"] = {4, 2, 4, 4},
  ["features_to_hidden.0"] = {5, 64}, fc_mean = {2, 5}, fc_log_var = {2, 5},
  ["fc_alphas.0"] = {3, 5}, ["fc_alphas.1"] = {2, 5}, ["latent_to_features.0"] = {4, 7},
  ["latent_to_features.2"] = {32, 4},
  ["features_to_img.0"] = {2, 3, 4, 4}, ["features_to_img.2"] = {3, 2, 4, 4},
  ["features_to_img.4"] = {2, 2, 4, 4}, ["features_to_img.6"] = {2, 1, 4, 4}}

-- whether a run gives what PyTorch does; nil where there is none
local function check_peer(weights, dir)
  local pipe = assert(io.popen(("/usr/bin/python3 spec/tool/adopt_peer.py '%s' %s 2>&1"):format(
    weights, at "peer.pt")))
  local said = pipe:read "a"
  pipe:close()
  if said:find "No module named" or said:find "not found" then return nil end
  assert.equal("", said)
  local r, peer = assert(T.run.open(dir)), assert(T.load(at "peer.pt"))
  local posterior, mean, second = r.view.posterior, nil, nil
  if posterior then mean, second = posterior(peer.x)
  else
    local codes, n = r.view.represent(peer.x), peer.mean:size(2)
    mean, second = codes:slice(2, 1, n), codes:slice(2, n + 1, -1)
  end
  expect.near(mean, peer.mean, 1e-5)
  expect.near(second, peer.second, 1e-5)
  expect.near(r.view.decode(peer.z), peer.y, 1e-5)
  return true
end

local function adopted(script, options)
  local text, status = scratch.experiment(folder, script, options)
  assert.equal(0, status, text)
  return text
end

describe("weights of others", function()
  local w = {["a.weight"] = T.ones{2, 3}, ["a.bias"] = T.zeros(2)}

  it("are the tensors of a file by their names, wherever they stand in it", function()
    for name, value in pairs{["flat.pt"] = w, ["deep.pt"] = {a = {weight = w["a.weight"],
      bias = w["a.bias"]}}, ["check.pt"] = {epoch = 3, state_dict = w, optimizer = {x = T.ones(1)}},
      ["parallel.safetensors"] = {["module.a.weight"] = w["a.weight"],
      ["module.a.bias"] = w["a.bias"]}} do
      assert(T.save(at(name), value))
      local found = T.adopt.weights(at(name))
      assert.same({"a.bias", "a.weight"}, T.tree.keys(found))
      expect.near(found["a.weight"], w["a.weight"], 0)
    end
    assert.same({"x"}, T.tree.keys(T.adopt.weights(at "check.pt", "optimizer")))
    expect.refused("has nothing under 'ema'", T.adopt.weights, at "check.pt", "ema")
    expect.refused("adopt.weights: cannot read '/nothing'", T.adopt.weights, "/nothing")
    assert(T.save(at "one.npy", T.ones(3)))
    expect.refused("got one array, wanted several by their names", T.adopt.weights, at "one.npy")
    assert(T.save(at "none.pt", {epoch = 3}))
    expect.refused("has no tensors", T.adopt.weights, at "none.pt")
  end)

  it("are listed by build/teasel adopt, with the recipe that fits", function()
    assert(T.save(at "d.pt", made(DISENTANGLING)))
    local pipe = assert(io.popen(("cd '%s' && %s -e 'arg = {}' -l teasel -e 'require("
      .. "[[teasel.tool.adopt]]).main{[[d.pt]]}' 2>&1"):format(folder, child.lua)))
    local said = pipe:read "a"
    pipe:close()
    assert.matches("encoder.conv1.weight +%[2 1 4 4%]\n", said)
    assert.matches("\n28 arrays, %d+ numbers\n", said)
    assert.matches("experiments/adopt_disentangling_vae.lua %-%-weights d.pt makes a run", said)
  end)
end)

describe("the recipe of", function()
  it("one program refuses the weights of another, before it makes a run", function()
    assert(T.save(at "other.pt", made{["a"] = {2, 3}}))
    for script, name in pairs{adopt_disentangling_vae = "encoder.conv1.weight",
        adopt_joint_vae = "img_to_features.0.weight", adopt_keras_vae = "encoder.dense.kernel:0"} do
      local text, status = scratch.experiment(folder, script, "--weights other.pt --run other")
      assert.equal(1, status, text)
      assert.equal("lua5.4: option --weights: got a file without '" .. name .. "', wanted one of a "
        .. "model that this recipe is for (build/teasel adopt FILE says which)\n", text)
    end
  end)

  for name, case in pairs{adopt_disentangling_vae = {DISENTANGLING, 3},
      adopt_joint_vae = {JOINT, 7}} do
    it(name .. " makes a run that keeps its weights and does what PyTorch does #slow", function()
      assert(T.save(at(name .. ".pt"), made(case[1])))
      local text = adopted(name, ("--weights %s.pt --run %s"):format(name, name))
      assert.matches("MIG %(5 factors", text)
      assert.equal("\x89PNG", scratch.read(folder, name .. "/figures/traversal.png"):sub(1, 4))
      local known = check_peer(at(name .. ".pt"), at(name))
      os.remove(at(name .. ".pt"))
      local r = assert(T.run.open(at(name)))
      assert.equal(0, r.step)
      assert.same({4, case[2]}, r.view.represent(T.zeros{4, 64, 64, 1}):shape())
      if not known then return pending "wanted Debian's python3-torch (make peers)" end
    end)
  end
end)

-- Layers as Keras defines them, number by number: x [n h w c], kernels [kh kw in out] and of
-- transposed convolutions [kh kw out in], padding "same"; f is applied at the end.

local function item(n) return n end
local function relu(v) return math.max(v, 0) end
local function sigmoid(v) return 1 / (1 + math.exp(-v)) end

local function numbers(n, f)
  local list = {}
  for i = 1, n do list[i] = f(i) end
  return list
end

-- y [n h * stride w * stride out]: each item of x gives to those of y that a window at it reaches
local function conv2d_transpose(x, layer, stride, f)
  local k, h, w = layer.kernel, #x[1], #x[1][1]
  local size, out, bias = #k, #k[1][1], layer.bias
  local front = math.max(size - stride, 0) // 2
  return numbers(#x, function(n)
    local y = numbers(h * stride, function()
      return numbers(w * stride, function() return table.move(bias, 1, out, 1, {}) end)
    end)
    for i = 1, h do
      for j = 1, w do
        for a = 1, size do
          for b = 1, size do
            local row = y[(i - 1) * stride + a - front]
            local at = row and row[(j - 1) * stride + b - front]
            for o = 1, at and out or 0 do
              for c, v in ipairs(x[n][i][j]) do at[o] = at[o] + v * k[a][b][o][c] end
            end
          end
        end
      end
    end
    for _, row in ipairs(y) do
      for _, at in ipairs(row) do
        for o = 1, out do at[o] = f(at[o], o) end
      end
    end
    return y
  end)
end

local function conv2d(x, layer, stride, f)
  local k, h, w = layer.kernel, #x[1], #x[1][1]
  local size, out = #k, #layer.bias
  local function front(n)
    return math.max(((n + stride - 1) // stride - 1) * stride + size - n, 0) // 2
  end
  local top, left = front(h), front(w)
  return numbers(#x, function(n)
    return numbers((h + stride - 1) // stride, function(i)
      return numbers((w + stride - 1) // stride, function(j)
        return numbers(out, function(o)
          local sum = layer.bias[o]
          for a = 1, size do
            for b = 1, size do
              local row = x[n][(i - 1) * stride + a - top]
              for c, v in ipairs(row and row[(j - 1) * stride + b - left] or {}) do
                sum = sum + v * k[a][b][c][o]
              end
            end
          end
          return f(sum, o)
        end)
      end)
    end)
  end)
end

local function dense(x, layer, f)
  return numbers(#x, function(n)
    return numbers(#layer.bias, function(o)
      local sum = layer.bias[o]
      for i, v in ipairs(x[n]) do sum = sum + v * layer.kernel[i][o] end
      return f(sum)
    end)
  end)
end

describe("the recipe of a VAE of Keras", function()
  -- what two convolutions with batch norm behind the second, a dense layer and their reverse have,
  -- as they are called in a session that has made other models before
  local SHAPES = {["encoder/conv2d_9/kernel:0"] = {3, 3, 1, 2}, ["encoder/conv2d_9/bias:0"] = {2},
    ["encoder/conv2d_10/kernel:0"] = {3, 3, 2, 3}, ["encoder/conv2d_10/bias:0"] = {3},
    ["encoder/dense/kernel:0"] = {12, 5}, ["encoder/dense/bias:0"] = {5},
    ["encoder/z_mean/kernel:0"] = {5, 2}, ["encoder/z_mean/bias:0"] = {2},
    ["encoder/z_log_var/kernel:0"] = {5, 2}, ["encoder/z_log_var/bias:0"] = {2},
    ["decoder/dense_1/kernel:0"] = {2, 12}, ["decoder/dense_1/bias:0"] = {12},
    ["decoder/conv2d_transpose/kernel:0"] = {3, 3, 2, 3},
    ["decoder/conv2d_transpose/bias:0"] = {2},
    ["decoder/batch_normalization/gamma:0"] = {2}, ["decoder/batch_normalization/beta:0"] = {2},
    ["decoder/batch_normalization/moving_mean:0"] = {2},
    ["decoder/batch_normalization/moving_variance:0"] = {2},
    ["decoder/conv2d_transpose_1/kernel:0"] = {3, 3, 3, 2},
    ["decoder/conv2d_transpose_1/bias:0"] = {3},
    ["decoder/conv2d_transpose_2/kernel:0"] = {3, 3, 1, 3},
    ["decoder/conv2d_transpose_2/bias:0"] = {1}}

  it("makes a run that does what Keras defines #slow", function()
    local layers = {}
    local out <close> = assert(core.file.export(at "vae.h5"))
    for name, shape in pairs(SHAPES) do
      local x = T.stream(2, name):uniform(shape, -.7, .8)
      if name:find "variance" then x = x:square() + .1 end
      local layer, array = name:match "/([%w_]+)/([%w_]+):0$"
      layers[layer] = layers[layer] or {}
      layers[layer][array] = x:table()
      assert(out:rows(assert(out:dataset(name, "float32", shape)), core.archive.pack(x, "<f4")))
    end
    assert(out:close())
    local pipe = assert(io.popen(("cd '%s' && %s -e 'arg = {}' -l teasel -e 'require("
      .. "[[teasel.tool.adopt]]).main{[[vae.h5]]}' 2>&1"):format(folder, child.lua)))
    local said = pipe:read "a"
    pipe:close()
    assert.matches("encoder.conv2d_10.kernel:0 +%[3 3 2 3%]\n", said)
    assert.matches("experiments/adopt_keras_vae.lua %-%-weights vae.h5 makes a run", said)

    adopted("adopt_keras_vae", "--weights vae.h5 --run keras")
    os.remove(at "vae.h5")
    local r = assert(T.run.open(at "keras"))
    local x, z = T.stream(3):uniform{2, 8, 8, 1}, T.stream(4):normal{2, 2}

    local h = conv2d(conv2d(x:table(), layers.conv2d_9, 2, relu), layers.conv2d_10, 2, relu)
    h = dense(T.tensor(h):reshape{2, 12}:table(), layers.dense, relu)
    local mean, logvar = r.view.posterior(x)
    expect.near(mean, dense(h, layers.z_mean, item), 1e-5)
    expect.near(logvar, dense(h, layers.z_log_var, item), 1e-5)

    local norm = layers.batch_normalization
    local y = T.tensor(dense(z:table(), layers.dense_1, relu)):reshape{2, 2, 2, 3}:table()
    y = conv2d_transpose(y, layers.conv2d_transpose, 2, function(v, o)
      return relu((v - norm.moving_mean[o]) / math.sqrt(norm.moving_variance[o] + 1e-3)
        * norm.gamma[o] + norm.beta[o])
    end)
    y = conv2d_transpose(y, layers.conv2d_transpose_1, 2, relu)
    y = conv2d_transpose(y, layers.conv2d_transpose_2, 1, sigmoid)
    assert.same({2, 8, 8, 1}, r.view.decode(z):shape())
    expect.near(r.view.decode(z), y, 1e-5)
    assert.equal("\x89PNG", scratch.read(folder, "keras/figures/traversal.png"):sub(1, 4))
  end)
end)

describe("a model of pictures in colour", function()
  it("is adopted without the data that its recipe scores others on #slow", function()
    local shapes = T.tree.copy(JOINT)
    shapes["img_to_features.0"], shapes["features_to_img.6"] = {2, 3, 4, 4}, {2, 3, 4, 4}
    assert(T.save(at "colour.pt", made(shapes)))
    adopted("adopt_joint_vae", "--weights colour.pt --run colour")
    local r = assert(T.run.open(at "colour"))
    assert.is_nil(r.data)
    assert.same({2, 64, 64, 3}, r.view.decode(T.zeros{2, 7}):shape())
    assert.equal("\x89PNG", scratch.read(folder, "colour/figures/samples.png"):sub(1, 4))
  end)
end)

describe("published models", function()
  it("do as runs what they do in PyTorch #slow", function()
    if not pretrained then return pending "wanted shared/data/real/pretrained" end
    for path, name in pairs{["disentangling-vae/factor_celeba"] = "adopt_disentangling_vae",
      ["joint-vae/mnist"] = "adopt_joint_vae"} do
      local weights, dir = pretrained .. "/" .. path .. "/model.pt", path:match "^[^/]*"
      if weights:sub(1, 1) ~= "/" then weights = child.root .. "/" .. weights end
      adopted(name, ("--weights '%s' --run %s"):format(weights, dir))
      if not check_peer(weights, at(dir)) then
        return pending "wanted Debian's python3-torch (make peers)"
      end
    end
  end)
end)
