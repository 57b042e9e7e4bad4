-- Weights of Keras and other trees in HDF5, and MATLAB's files, as h5py and SciPy write them.

local T = require "teasel"
local expect = require "spec.expect"
local scratch = require "spec.scratch"

local PYTHON = [=[
import sys
import numpy as np
import h5py
folder = sys.argv[1]
with h5py.File(folder + "/keras.h5", "w") as f:
    f.attrs["backend"] = b"tensorflow"
    group = f.create_group("model_weights")
    group.attrs["layer_names"] = np.array([b"dense", b"conv"])
    for layer, name, shape in (("dense", "kernel:0", (2, 3)), ("conv", "bias:0", (3,))):
        inner = group.create_group(layer)
        inner.attrs["weight_names"] = np.array([(layer + "/" + name).encode()])
        data = np.arange(np.prod(shape), dtype="f4").reshape(shape)
        inner.create_dataset(layer + "/" + name, data=data)
    f.create_dataset("optimizer_weights/iter:0", data=np.int64(7))
    for kind in "f2 f4 f8 >f2 >f4 >f8 i1 u1 >i2 u2 i4 >u4 i8 u8".split():
        f.create_dataset("types/" + kind.replace(">", "big_"), data=np.array([0, 1, 5], kind))
    f.create_dataset("types/packed", data=np.arange(60.).reshape(6, 10), compression="gzip",
                     shuffle=True)
    f.create_dataset("types/none", shape=(0, 3), dtype="f4")
    f.create_dataset("types/text", data="hello")
    f.create_dataset("types/complex", data=np.ones(2, "c8"))
with h5py.File(folder + "/seven.mat", "w", userblock_size=512) as f:
    x = f.create_dataset("x", data=np.arange(6.).reshape(3, 2))
    x.attrs["MATLAB_class"] = np.bytes_("double")
    f.create_dataset("u", data=np.arange(6, dtype="u1").reshape(3, 2))
with open(folder + "/seven.mat", "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + b"\0" * 8 + b"\0\2IM")
try:
    import scipy.io
except ImportError:
    sys.exit()
for packed in (False, True):
    scipy.io.savemat(folder + ("/packed.mat" if packed else "/plain.mat"), {
        "x": np.arange(24.).reshape(2, 3, 4), "u": np.arange(4, dtype="u1"), "s": "text",
        "c": np.array([np.ones(2), np.zeros((1, 2))], dtype=object), "b": np.array([True, False]),
        "st": {"a": 1}, "z": np.array([1 + 2j]), "i": np.array([[-300, 70000]])},
        do_compression=packed)
]=]

local folder, missing

setup(function()
  folder = scratch.make()
  local f = assert(io.open(folder .. "/write.py", "w"))
  f:write(PYTHON)
  f:close()
  local pipe = assert(io.popen(("/usr/bin/python3 %s/write.py %s 2>&1"):format(folder, folder)))
  missing = pipe:read("a"):find "No module named" and true
  pipe:close()
end)

teardown(function() scratch.remove(folder) end)

describe("files of others #slow", function()
  it("are trees of arrays in HDF5, as Keras has its weights", function()
    if missing then return pending "wanted Debian's python3-h5py" end
    local tree, left = assert(T.load(folder .. "/keras.h5"))
    expect.near(tree.model_weights.dense.dense["kernel:0"], {{0, 1, 2}, {3, 4, 5}}, 0)
    expect.near(tree.model_weights.conv.conv["bias:0"], {0, 1, 2}, 0)
    expect.near(tree.optimizer_weights["iter:0"], 7, 0)
    for name in ("f2 f4 f8 big_f2 big_f4 big_f8 i1 big_i2 u2 i4 big_u4 i8 u8"):gmatch "%S+" do
      expect.near(tree.types[name], {0, 1, 5}, 0)
    end
    assert.equal("\0\1\5", tree.types.u1:string())
    expect.near(tree.types.packed, T.arange(0, 59):reshape{6, 10}, 0)
    assert.same({0, 3}, tree.types.none:shape())
    assert.same({"types/complex: its values are no plain numbers",
      "types/text: its values are no plain numbers"}, left)
  end)

  it("are arrays of MATLAB 7.3, of the shapes that they have there", function()
    if missing then return pending "wanted Debian's python3-h5py" end
    local tree = assert(T.load(folder .. "/seven.mat"))
    expect.near(tree.x, {{0, 2, 4}, {1, 3, 5}}, 0)
    assert.same({2, 3}, tree.u:shape())
    assert.equal("\0\2\4\1\3\5", tree.u:string())
  end)

  it("are arrays of MATLAB 5, packed or not", function()
    for _, name in ipairs{"plain.mat", "packed.mat"} do
      if not io.open(folder .. "/" .. name) then
        return pending "wanted Debian's python3-scipy (make peers)"
      end
      local tree, left = assert(T.load(folder .. "/" .. name))
      expect.near(tree.x, T.arange(0, 23):reshape{2, 3, 4}, 0)
      assert.equal("\0\1\2\3", tree.u:string())
      assert.same({1, 4}, tree.u:shape())
      assert.is_true(tree.b:is_mask())
      expect.near(tree.b, {{1, 0}}, 0)
      expect.near(tree.i, {{-300, 70000}}, 0)
      expect.near(tree.c[1], {{1, 1}}, 0)
      expect.near(tree.c[2], {{0, 0}}, 0)
      table.sort(left)
      for i, message in ipairs{"'s' is a char, wanted numbers", "'st' is a struct, wanted numbers",
        "'z' holds complex numbers, wanted numbers"} do
        assert.equal(("%s/%s: %s"):format(folder, name, message), left[i])
      end
    end
  end)
end)
