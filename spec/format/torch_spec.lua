-- Files of PyTorch, both ways: those it wrote, those made by hand, those that are damaged.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local golden = require "spec.format.golden_torch"
local pretrained = require("spec.data").pretrained
local scratch = require "spec.scratch"
local torch = require "teasel.format.torch"
local zip = require "teasel.format.zip"

local folder

local function at(name) return folder .. "/" .. name end

local function put(name, ...) return scratch.write(folder, name, ...) end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- what python3 spec/format/torch_files.py prints, or nil where there is no PyTorch
local function python(words)
  local pipe = assert(io.popen(("/usr/bin/python3 spec/format/torch_files.py %s %s 2>&1"):format(
    folder, words or "")))
  local text = pipe:read "a"
  pipe:close()
  if not text:find "No module named" and not text:find "not found" then return text end
end

local LEFT = {"huge: an integer of 9 bytes", "nothing: None",
  "optimizer.param_groups.1.foreach: None"}

-- whether a file is what torch_files.py wrote
local function assert_golden(path)
  local value, left = T.load(path)
  assert(value, left)
  table.sort(left)
  assert.same(LEFT, left)
  local state = value.state
  local cube = T.arange(0, 23):reshape{2, 3, 4}
  expect.near(state.turned, cube:permute{3, 2, 1}, 0)
  expect.near(state.part, {{3, 4, 5}, {6, 7, 8}}, 0)
  expect.near(state.line, T.arange(0, 9), 0)
  expect.near(state.every, {1, 4, 7}, 0)
  expect.near(state.wide, {{1, 1, 1}, {2, 2, 2}}, 0)
  assert.same({0, 3}, state.none:shape())
  expect.near(state.parameter, {1, 1}, 0)
  assert.same({}, state.scalar:shape())
  assert.equal(2.5, state.scalar:item())
  assert.equal((1 << 40) + 1, core.double and math.tointeger(state.count:item()) or state.count)
  for _, name in ipairs{"float64", "float16", "bfloat16", "int64", "int32", "int16", "int8"} do
    expect.near(state[name], {0, 1, -7}, 0)
  end
  assert.equal("\0\1\1", state.uint8:string())
  assert.is_true(state.bool:is_mask())
  expect.near(state.bool, {0, 1, 1}, 0)
  local moments = value.optimizer.state[0]
  assert.equal(1, moments.step:item())
  expect.near(moments.exp_avg, {{0.1}}, 1e-6)
  assert.same({0, 1}, value.optimizer.param_groups[1].params)
  assert.equal(0.25, value.optimizer.param_groups[1].lr)
  assert.same({1, {2, {3}}}, value.nested)
  assert.same({1, 2}, value.size)
  assert.same({3, 1 << 40, -70000, 0.375, "é", true, "torch.float16", "five", "ab\xff"},
    {value.epoch, value.large, value.negative, value.best, value.name, value.flag, value.type,
      value[5], value.bytes})
end

describe("a file of PyTorch", function()
  it("is read as PyTorch wrote it, in both formats", function()
    assert_golden(put("new.pt", golden["new.pt"]))
    assert_golden(put("old.pt", golden["old.pt"]))
  end)

  it("is read as the PyTorch that is here writes it #slow", function()
    if not python() then return pending "wanted Debian's python3-torch (make peers)" end
    for _, name in ipairs{"new.pt", "old.pt", "new4.pt", "old4.pt"} do assert_golden(at(name)) end
    for _, name in ipairs{"new_module.pt", "old_module.pt"} do
      assert.matches("of the class torch.nn.modules.linear.Linear", select(2, T.load(at(name))))
    end
    assert.matches("class torch._utils._rebuild_sparse_tensor", select(2, T.load(at "sparse.pt")))
    assert.matches("has a storage torch.ComplexFloatStorage, wanted Float, Double",
      select(2, T.load(at "complex.pt")))
    assert.matches("is a program of TorchScript, wanted a state dict",
      select(2, T.load(at "script.pt")))
  end)

  it("opens with its arrays by the keys that lead to them", function()
    for _, name in ipairs{"new.pt", "old.pt"} do
      local file = assert(torch.open(put(name, golden[name])))
      assert.equal("state.turned", file.names[1])
      local array = assert(file:array "state.bfloat16")
      assert.same({"bfloat16", {3}}, {array.type, array.shape})
      assert.equal(("<ddd"):pack(0, 1, -7), array:read{as = "float64"})
      expect.near(file:read("state.turned", {first = 2, count = 1}),
        {{{1, 13}, {5, 17}, {9, 21}}}, 0)
      assert.equal((1 << 40) + 1, ("<i8"):unpack(file:read("state.count", {as = "int64"})))
      assert.matches("has no array 'state.x'; it has state.turned, ",
        select(2, file:read "state.x"))
      file:close()
    end
  end)

  it("is refused by the name of its class where it would run code", function()
    local _, message = T.load(put("old_module.pt", golden["old_module.pt"]))
    assert.matches("old_module.pt: holds an object of the class torch.nn.modules.linear.Linear, "
      .. "which would run code; wanted tensors", message)
    os.remove(at "ran")
    for _, text in ipairs{"cos\nsystem\n(X%sitR.", "\x80\4\x8c\2os\x8c\6system\x93(X%stR.",
      "(X%sios\nsystem\n.", "(cos\nsystem\nX%so.", "cos\nsystem\n(X%st\x81."} do
      local command = "touch " .. at "ran"
      text = text:format((("<s4"):pack(command):gsub("%%", "%%%%")))
      assert(zip.write(at "bad.pt", {{"a/data.pkl", text}}))
      local value, why = T.load(at "bad.pt")
      assert.is_nil(value)
      assert.is_truthy(why:find "class os.system" or why:find "makes an object of a class", why)
    end
    assert.is_nil(io.open(at "ran"))
  end)
end)

-- a tensor of n floats as a pickle has it
local function tensor(key, n, shape, steps, offset)
  local function tuple(list)
    local text = "("
    for _, v in ipairs(list) do text = text .. "\x8a\8" .. ("<i8"):pack(v) end
    return text .. "t"
  end
  return "ctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage\nU\1" .. key
    .. "U\3cpu\x8a\8" .. ("<i8"):pack(n) .. "tQ\x8a\8" .. ("<i8"):pack(offset or 0) .. tuple(shape)
    .. tuple(steps) .. "\x89}tR"
end

local function archive(pickle, ...)
  local path = at "made.pt"
  os.remove(path)
  assert(zip.write(path, {{"a/data.pkl", "\x80\2" .. pickle .. "."}, ...}))
  return path
end

-- message of T.load for a pickle, with three floats as storage 0
local function why(pickle)
  local value, message = T.load(archive(pickle, {"a/data/0", ("<fff"):pack(1, 2, 3)}))
  assert.is_nil(value)
  assert.matches("^" .. at "made.pt" .. ": ", message)
  return message:sub(#at "made.pt" + 3)
end

describe("a file of PyTorch that lies", function()
  it("is refused where a tensor does not fit its storage", function()
    local wide = archive(tensor("0", 3, {2, 3}, {0, 1}), {"a/data/0", ("<fff"):pack(1, 2, 3)})
    expect.near(T.load(wide), {{1, 2, 3}, {1, 2, 3}}, 0)
    for message, case in pairs{
      ["is damaged: a tensor lies outside of the storage '0'"] = {{"0", 3, {2}, {3}},
        {"0", 3, {3}, {1}, 1}, {"0", 3, {1 << 40, 1 << 40}, {1, 1}}},
      ["is damaged: the storage '0' is cut off"] = {{"0", 4, {3}, {1}}},
      ["has no file for the storage '1'"] = {{"1", 3, {3}, {1}}},
      ["is damaged: a tensor's shape has an item that is no number"] = {{"0", 3, {-1}, {1}}},
      ["is damaged: a tensor's strides has an item that is no number"] = {{"0", 3, {3}, {-1}}},
      ["is damaged: a tensor has more sizes than strides"] = {{"0", 3, {3, 1}, {1}}},
      ["is damaged: a tensor has no storage"] = {{"0", 3, {3}, {1}, -1}},
      ["is damaged: a storage is not described"] = {{"0", -3, {3}, {1}}, {"0", 1 << 50, {3}, {1}}},
      ["'' has 9 axes, wanted at most 8"] = {{"0", 3, {1, 1, 1, 1, 1, 1, 1, 1, 1},
        {1, 1, 1, 1, 1, 1, 1, 1, 1}}},
      ["'' has the shape (1099511627776, 1099511627776), wanted at most"] =
        {{"0", 3, {1 << 40, 1 << 40}, {0, 0}}},
      ["'' and what stands before it have more than 64 times the bytes"] =
        {{"0", 3, {1 << 12, 1 << 12}, {0, 0}}},
    } do
      for _, one in ipairs(case) do
        local said = why(tensor(table.unpack(one)))
        assert.equal(message, said:sub(1, #message))
      end
    end
    assert.equal("is damaged: the storage '0' is described in two ways",
      why("(" .. tensor("0", 3, {3}, {1}) .. tensor("0", 2, {2}, {1}) .. "t"))
  end)

  it("is refused where its pickle is no program that makes data", function()
    for pickle, message in pairs{
      ["}U\1x]q\0h\0as"] = "'x.1' is a list or dictionary inside of itself",
      ["h\7"] = "is damaged: its pickle recalls what was never kept",
      ["0"] = "is damaged: its pickle takes more than there is",
      ["(0"] = "is damaged: its pickle takes more than there is",
      t = "is damaged: its pickle has no mark",
      ["}(Nu"] = "is damaged: its pickle has a key without a value",
      ["](NNu"] = "is damaged: its pickle fills something that is no dict",
      NN = "is damaged: its pickle leaves something over",
      ["X\255\255\255\127"] = "is cut off within its pickle",
      ["N)R"] = "is damaged: its pickle calls what is no function",
      ["ctorch\nFloatStorage\n)R"] = "calls torch.FloatStorage, which is never done",
      ["ccollections\nOrderedDict\n(]]NaatR"] = "is damaged: a dictionary has no pairs",
      ["ctorch._utils\n_rebuild_parameter\n)R"] =
        "is damaged: torch._utils._rebuild_parameter is called without what it needs",
      ["NN)Q"] = "is damaged: a storage is not described as torch.save does",
      N2 = "has a pickle with the instruction 0x32, which doubles its stack; wanted a pickle of "
        .. "tensors, numbers, texts, lists and dictionaries",
      N = "holds nothing but None",
      ["\x80\9N"] = "has a pickle of version 9, wanted at most 5",
    } do
      assert.equal(message, why(pickle))
    end
    assert.equal("is cut off within its pickle", why(("]"):rep(10)):match "is cut.*"
      or why("\x8d" .. ("<i8"):pack(1 << 60)))
  end)

  it("takes no more time and memory than its size allows, whatever it repeats", function()
    collectgarbage()
    local before = collectgarbage "count"
    -- each list has the last one ten times: 10^12 items
    local laughs = "]q\0"
    for i = 1, 12 do laughs = laughs .. "0]q" .. string.char(i) .. "("
      .. ("h" .. string.char(i - 1)):rep(10) .. "e" end
    assert.matches("^has more than %d+ items, some of them again and again", why(laughs))
    assert.matches("^has lists more than 100 deep", why(("]"):rep(5000) .. ("a"):rep(4999)))
    assert.matches("^has names of more than %d+ bytes together", why("]q\1("
      .. tensor("0", 3, {3}, {1}):rep(20) .. "e0"
      .. ("}U\xff" .. ("k"):rep(255)):rep(60) .. "](" .. ("h\1"):rep(300) .. "e" .. ("s"):rep(60)))
    collectgarbage()
    assert.is_true(collectgarbage "count" - before < 4096)
    -- zeros that were packed a thousand times: 16 MB of them in 16 KB
    local n = 4 << 20
    assert(zip.write(at "bomb.pt", {{"a/data.pkl", "\x80\2" .. tensor("0", n, {n}, {1}) .. "."},
      {"a/data/0", ("\0"):rep(4 * n)}}, true))
    core.mark()
    local peak = core.memory().peak
    local x, message = T.load(at "bomb.pt")
    if core.double then
      assert.matches("have more than 64 times the bytes of the file", message)
    else assert.equal(n, #x)
    end
    assert.is_true(core.memory().peak - peak <= 4 * n + (1 << 20))
    x, message = T.load(archive("\x80\2(" .. tensor("0", 3, {1000, 1000}, {0, 0}):rep(9) .. "t",
      {"a/data/0", ("<fff"):pack(1, 2, 3)}))
    assert.is_nil(x)
    assert.matches("more than 64 times", message)
  end)
end)

describe("what is written for PyTorch", function()
  local x = T.stream(1):normal{2, 3}
  local tied = {a = x, b = x}

  it("comes back", function()
    local bytes, mask = T.bytes("abcdef", {2, 3}), x:gt(0)
    assert(T.save(at "ours.pt", {x = x, tied = tied, bytes = bytes, mask = mask,
      list = {1, 2.5, {}}, yes = true, no = false, text = "é\n",
      [0] = {-1, -70000, math.mininteger, 1 << 40, 255, 256}, scalar = T.tensor(2.5),
      empty = T.zeros{0, 3}}))
    local y = assert(T.load(at "ours.pt"))
    assert.equal(x:data(), y.x:data())
    assert.equal(x:data(), y.tied.b:data())
    assert.equal("abcdef", y.bytes:string())
    assert.is_true(y.mask:is_mask())
    assert.same({1, 2.5, {}}, y.list)
    assert.same({-1, -70000, math.mininteger, 1 << 40, 255, 256}, y[0])
    assert.same({true, false, "é\n"}, {y.yes, y.no, y.text})
    assert.same({{}, {0, 3}}, {y.scalar:shape(), y.empty:shape()})
    for name, tolerance in pairs{float16 = 1e-3, bfloat16 = 8e-3, float64 = 1e-7, float32 = 1e-7} do
      assert(T.save(at "ours.pt", x, {type = name}))
      local file <close> = torch.open(at "ours.pt").file
      assert.equal(name, torch.open(at "ours.pt"):array "".type)
      expect.near(T.load(at "ours.pt"), x, tolerance)
    end
    assert.matches("ours.pt: not saved, 'a': item 1 is .*, which int8 cannot hold",
      select(2, T.save(at "ours.pt", {a = x}, {type = "int8"})))
    expect.refused("item 'f'", T.save, at "none.pt", {f = print})
    expect.refused("a string in UTF-8", T.save, at "none.pt", {f = "\xff"})
    expect.refused("torch: option 'type': got the option 'uint16'", T.save, at "none.pt", x,
      {type = "uint16"})
    local own = {}
    own.own = own
    expect.refused("torch.write: 'own' is a table inside of itself", T.save, at "none.pt", own)
    assert.is_nil(io.open(at "none.pt"))
  end)

  it("has its storages at multiples of 64 bytes, as PyTorch does", function()
    assert(T.save(at "ours.pt", {T.tensor{1, 2}, T.tensor{77, 2}}, {type = "float32"}))
    local text = scratch.read(folder, "ours.pt")
    assert.equal(1, text:find(("<ff"):pack(1, 2), 1, true) % 64)
    assert.equal(1, text:find(("<ff"):pack(77, 2), 1, true) % 64)
  end)

  it("is what torch.load(path, weights_only=True) accepts #slow", function()
    local one = T.ones(1)
    assert(T.save(at "ours.pt", {x = T.tensor{{1, 2.5}}, tied = {a = one, b = one},
      n = {-5, 1 << 40, 300, 7}, ["ä"] = {yes = true}, mask = T.tensor{1, 2}:gt(1),
      bytes = T.bytes "ab", empty = T.zeros{0, 3}, scalar = T.tensor(2)}, {type = ""}))
    local text = python "ours"
    if not text then return pending "wanted Debian's python3-torch (make peers)" end
    local real = core.double and "float64" or "float32"
    assert.equal(("{'bytes': uint8 [2] [97.0, 98.0], 'empty': R [0, 3] [], "
      .. "'mask': bool [2] [0.0, 1.0], 'n': [-5, 1099511627776, 300, 7], "
      .. "'scalar': R [] [2.0], 'tied': {'a': R [1] [1.0], "
      .. "'b': R [1] [1.0]}, 'x': R [1, 2] [1.0, 2.5], 'ä': {'yes': True}}\nTrue\n")
      :gsub("R", real), text)
  end)
end)

describe("published state dicts", function()
  it("are read: old files, one of them of Python 2", function()
    if not pretrained then return pending "wanted shared/data/real/pretrained" end
    local vae = assert(T.load(pretrained .. "/disentangling-vae/betaH_dsprites/model.pt"))
    assert.same({20, 256}, vae["encoder.mu_logvar_gen.weight"]:shape())
    local joint = assert(T.load(pretrained .. "/joint-vae/mnist/model.pt"))
    assert.same({32, 1, 4, 4}, joint["img_to_features.0.weight"]:shape())
    local lpips = assert(T.load(pretrained .. "/lpips_lin/v0.0/alex.pth"))
    assert.same({1, 64, 1, 1}, lpips["lin0.model.1.weight"]:shape())
  end)
end)
