-- T.save and T.load: trees of tensors and values in files of every kind.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local scratch = require "spec.scratch"

local folder

local function at(name) return folder .. "/" .. name end

local function put(name, ...) return scratch.write(folder, name, ...) end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- whether two trees are the same to the last bit
local function assert_same(a, b, name)
  assert.equal(type(a), type(b), name)
  if T.tree.is_tensor(a) then
    assert.same(a:shape(), b:shape(), name)
    assert.equal(a:data(), b:data(), name)
  elseif getmetatable(a) == getmetatable(T.bytes "") then
    assert.same(a:shape(), b:shape(), name)
    assert.equal(a:string(), b:string(), name)
  elseif type(a) == "userdata" then assert.same({a:state()}, {b:state()}, name)
  elseif type(a) == "table" then
    for k, v in pairs(a) do assert_same(v, b[k], name .. "/" .. tostring(k)) end
    for k in pairs(b) do assert.is_true(a[k] ~= nil, name .. "/" .. tostring(k)) end
  elseif a ~= a then assert.is_true(b ~= b, name)
  else
    assert.equal(("%q"):format(a), ("%q"):format(b), name)
  end
end

local x = T.stream(1):normal{4, 3}

describe("a value that is saved", function()
  it("comes back from .h5 with all its bits, whatever is in it", function()
    local value = {x, {weight = x:exp(), ["3"] = 1, [3] = 2, [-1] = "three"}, bytes = T.bytes "abc",
      name = "a\0b/\"é\n", yes = true, no = false, none = {}, [0.5] = 0.1, [true] = -0.0,
      big = math.mininteger, inf = math.huge, nan = 0 / 0, stream = T.stream(3, "s"),
      ["a/b"] = {["true"] = 1, [false] = 2}, odd = T.tensor{1 / 0, 0 / 0}, scalar = T.tensor(7),
      empty = T.zeros{0, 3}}
    assert(T.save(at "a.h5", value))
    assert_same(value, assert(T.load(at "a.h5")), "")
    assert(T.save(at "a.h5", x))
    assert_same(x, T.load(at "a.h5"), "")
    -- of two builds it has the precision of the one that reads
    local other <close> = core.file.store()
    local wide, code = not core.double, core.double and "<f4" or "<f8"
    other:array("state/x", wide and "float64" or "float32", {2}, core.archive.pack(T.tensor{1, 2.5},
      code))
    other:text("note", '{"format": 2, "plain": {"state/n": ["3"]}}')
    assert(other:save(at "b.h5"))
    assert_same({x = T.tensor{1, 2.5}, n = 3}, T.load(at "b.h5"), "")
  end)

  it("comes back from .npz as the same tree, from .npy as the same array", function()
    local value = {x, {weight = x:exp(), bias = {T.zeros(3), T.ones(1)}}, bytes = T.bytes "abc",
      n = math.maxinteger, r = 0.1}
    for _, packed in ipairs{false, true} do
      assert(T.save(at "a.npz", value, {packed = packed}))
      assert_same(value, assert(T.load(at "a.npz")), "")
    end
    for _, v in ipairs{x, T.bytes("abcdef", {2, 3}), 7, 0.25} do
      assert(T.save(at "a.npy", v))
      assert_same(v, T.load(at "a.npy"), "")
    end
    assert(T.save(at "a.npy", x, {type = "float16"}))
    expect.near(T.load(at "a.npy", {first = 2, count = 1}), x[{{2, 2}}], 1e-3)
    assert.is_true((assert(T.save(at "m.npy", x:gt(0))) and T.load(at "m.npy")):is_mask())
  end)

  it("comes back from text", function()
    assert(T.save(at "a.csv", x, {names = {"a", "b", "c"}}))
    local y, names = T.load(at "a.csv")
    assert_same(x, y, "")
    assert.same({"a", "b", "c"}, names)
    assert(T.save(at "a.tsv", {who = {"ada", "bob"}, n = T.tensor{1, 2}}))
    assert_same({who = {"ada", "bob"}, n = T.tensor{1, 2}}, (T.load(at "a.tsv")), "")
  end)

  it("comes back from bare numbers by their shape and type", function()
    assert(T.save(at "a.bin", x, {type = "float64"}))
    assert_same(x, T.load(at "a.bin", {shape = {-1, 3}, type = "float64"}), "")
    assert_same(x[{{3, 4}}], T.load(at "a.bin", {shape = {2, 3}, type = "float64", at = 48}), "")
    assert_same(x[{{2, 2}}], T.load(at "a.bin", {shape = {-1, 3}, type = "float64", first = 2,
      count = 1}), "")
    assert(T.save(at "a.raw", T.arange(0, 3), {type = "int16", big = true}))
    assert.equal("\0\0\0\1\0\2\0\3", core.file.read(at "a.raw"))
    expect.near(T.load(at "a.raw", {type = "int16", big = true}), {0, 1, 2, 3}, 0)
    expect.near(T.load(at "a.raw", {type = "int16"}), {0, 256, 512, 768}, 0)
    local bytes = T.load(at "a.raw", {type = "uint8", shape = {2, -1}})
    assert.same({2, 4}, bytes:shape())
    assert(T.save(at "b.raw", bytes))
    assert.equal(bytes:string(), core.file.read(at "b.raw"))
    -- whatever the bytes look like
    expect.near(T.load(put("zip.raw", "PK\3\4"), {type = "uint8"}):take(nil, 1), {80, 75, 3, 4}, 0)
    local function why(o) return select(2, T.load(at "a.raw", o)) end
    assert.matches("a.raw: has 8 bytes, wanted a multiple of 12 for the shape %[%-1 3%]",
      why{shape = {-1, 3}})
    assert.matches("'a.raw' is cut off: it holds 2 items", why{shape = {3}})
    assert.matches("a.raw: has %-1 bytes", why{shape = {-1}, at = 9})
    expect.refused("one size of -1", T.load, at "a.raw", {shape = {-1, -1}})
    assert.error_matches(function() T.load(at "a.raw", {type = "int17"}) end,
      "raw: option 'type'.*did you mean 'int1")
    assert.matches("a.raw: not saved, item 2 is 0.5, which int8 cannot hold",
      select(2, T.save(at "a.raw", T.tensor{0, 0.5}, {type = "int8"})))
  end)

  it("is found by its content, not by its name", function()
    assert(T.save(at "a.npy", x))
    for name, value in pairs{["a.npz"] = {a = x}, ["a.h5"] = {a = x}, ["a.csv"] = x} do
      assert(T.save(at(name), value))
      os.rename(at(name), at "a.dat")
      assert_same(value, (T.load(at "a.dat")), name)
    end
    local out <close> = assert(core.file.export(at "foreign.h5"))
    assert(out:dataset("latents/classes", "int64", {2}, 0))
    assert(out:dataset("imgs", "uint8", {3}, 0))
    assert(out:rows(1, ("<i8i8"):pack(1, -2)))
    assert(out:rows(2, "abc"))
    assert(out:close())
    local found, left = T.load(at "foreign.h5")
    expect.near(found.latents.classes, {1, -2}, 0)
    assert.equal("abc", found.imgs:string())
    assert.same({}, left)
  end)

  it("comes back from .safetensors as the same tree or the same names", function()
    local value = {x, {weight = x:exp(), bias = {T.zeros(3), T.ones(1)}}, bytes = T.bytes "abc",
      n = math.maxinteger, r = 0.1, mask = x:gt(0), none = T.zeros{0, 2}}
    assert(T.save(at "a.safetensors", value))
    local back = assert(T.load(at "a.safetensors"))
    assert_same(value, back, "")
    assert.is_true(back.mask:is_mask())
    local flat = {["conv.0.weight"] = x, ["conv.0.bias"] = T.ones(3)}
    assert(T.save(at "a.safetensors", flat, {type = "bfloat16"}))
    expect.near(T.load(at "a.safetensors")["conv.0.weight"], x, 8e-3)
    expect.refused("save: '' has the key 'a.b', wanted integers, and words without . that are none",
      T.save, at "none.safetensors", {["a.b"] = {x}})
  end)

  it("comes back from .pt as the same tree", function()
    local value = {x, {weight = x:exp()}, bytes = T.bytes "abc", [0] = 3, name = "é", yes = true,
      scalar = T.tensor(7), deep = {{{1, 0.5}}}}
    assert(T.save(at "a.pt", value))
    assert_same(value, (assert(T.load(at "a.pt"))), "")
    assert(T.save(at "a.pth", x))
    assert_same(x, T.load(at "a.pth"), "")
  end)

  it("is refused where its arrays together are more than the limit", function()
    local list = {a = T.ones(1000), b = T.ones(1000)}
    for _, name in ipairs{"many.npz", "many.safetensors", "many.pt"} do
      assert(T.save(at(name), list))
    end
    local out <close> = assert(core.file.export(at "many.h5"))
    for _, name in ipairs{"a", "b"} do
      assert(out:rows(assert(out:dataset(name, "float32", {1000})), ("<f"):pack(1):rep(1000)))
    end
    assert(out:close())
    for _, name in ipairs{"many.npz", "many.safetensors", "many.pt", "many.h5"} do
      assert.same({1000}, assert(T.load(at(name), {limit = 16000})).b:shape())
      local size = (core.double and name ~= "many.h5") and 12000 or 6000
      local value, message = T.load(at(name), {limit = size})
      assert.is_nil(value)
      assert.matches("more than the limit", message, 1, true)
      assert.is_truthy(message:find(at(name), 1, true))
    end
  end)

  it("of HDF5 is refused where its head tells of more than can be in it", function()
    assert(T.save(at "state.h5", {a = T.ones(1000)}))
    local text = scratch.read(folder, "state.h5"):sub(513)
    local lies = text:gsub(("<I8"):pack(1000):gsub("%z", "%%z"), (("<I8"):pack(1 << 29)))
    assert.are_not.equal(text, lies)
    local value, message = T.load(put("lies.h5", lies))
    assert.is_nil(value)
    assert.is_truthy(message:find(at "lies.h5", 1, true), message)
    assert.same({1000}, assert(T.load(put("state.h5", text))).state.a:shape())
  end)

  it("is refused where its kind is not known, with what it looks like and what can be", function()
    T.zip.write(at "a.keras", {{"config.json", "{}"}, {"model.weights.h5", "1234"}})
    for name, case in pairs{
      ["a.keras"] = {nil, "is a zip archive of 2 files, 'config.json' first, wanted arrays of "},
      ["old.pt"] = {"\x80\2.", "is damaged: its pickle takes more than there is"},
      ["pickle.pt"] = {"\x80\2K\1.", "is a pickle of Python, but not of torch.save"},
      ["a.gz"] = {"\x1f\x8b\8", "is a gzip file, wanted it unpacked (gunzip); readable are HDF5"},
      ["a.png"] = {"\x89PNG\r\n\x1a\n\0", "is a PNG picture, which data sets read (T.data.folder)"},
      ["a.json"] = {' {"a": 1}', "is text that looks like JSON; readable are"},
      ["a.tar"] = {("a"):rep(257) .. "ustar\0", "is a tar archive, wanted its files"},
      ["a.dat"] = {"\0\1\2 a", "is of no known kind, it begins with '\\x00\\x01\\x02 a'; "
        .. "readable are HDF5 (.h5, Keras, .mat 7.3), .npy, .npz, .safetensors, "
        .. ".pt of PyTorch, .mat, .csv and .tsv, and with options shape and type bare numbers"},
    } do
      if case[1] then put(name, case[1]) end
      local value, message = T.load(at(name))
      assert.is_nil(value)
      assert.is_truthy(message:find(at(name) .. ": " .. case[2], 1, true), message)
    end
    assert.matches("cannot read '/nothing.npy': No such file", select(2, T.load "/nothing.npy"))
    assert.matches("cannot read '/': Is a directory", select(2, T.load "/"))
    local pipe = at "pipe"
    os.execute("mkfifo " .. pipe)
    for _, load in ipairs{T.load, T.run.open} do
      assert.matches(pipe, select(2, load(pipe)), 1, true)
    end
    for name, message in pairs{["a.txt"] = "wanted a name that ends with one of .bin .csv .h5",
      ["a"] = "argument 'path': got "} do
      expect.refused(message, T.save, at(name), {x})
    end
  end)

  it("is a picture where it is an image, or several in rows", function()
    local images = T.stream(1):uniform{5, 3, 4, 3}
    assert(T.save(at "one.png", images[2]))
    local one, bytes = T.canvas.read(at "one.png"), images:bytes()
    assert.same({4, 3, 3}, {one.width, one.height, one.channels})
    assert.equal(bytes:string(3 * 4 * 3 + 1, 2 * 3 * 4 * 3), one.data)
    assert(T.save(at "some.png", images, {columns = 2}))
    local grid = T.canvas.grid(T.canvas.images(images), {columns = 2})
    assert.equal(grid:png(), core.file.read(at "some.png"))
    assert(T.save(at "grey.png", T.full({3, 4, 1}, 0.2)))
    assert.equal(1, T.canvas.read(at "grey.png").channels)
    for message, case in pairs{
      ["save: argument 'value': got a tensor [3], wanted an image [h w c]"] = {x = T.zeros{3}},
      ["save: argument 'value': got 3, wanted an image"] = {x = 3},
      ["got the shape 1 3 4 2, wanted N H W C"] = {x = T.zeros{3, 4, 2}},
      ["option 'columns': got 0"] = {x = images, o = {columns = 0}},
      ["save: got the option 'column'"] = {x = images, o = {column = 3}},
    } do
      expect.refused(message, T.save, at "none.png", case.x, case.o)
    end
  end)

  it("has to be what its kind of file holds", function()
    local own = {}
    own.own = own
    local deep = {}
    for _ = 1, 1001 do deep = {deep} end
    for message, case in pairs{
      ["save: got tables more than 1000 deep inside one another"] = {"none.npz", deep},
      ["wanted a table of arrays for .npz"] = {"none.npz", x},
      ["save: 'a/1' is a string, wanted tensors, bytes and numbers; a file .h5 holds the rest"] =
        {"none.npz", {a = {"text"}}},
      ["save: '' has the key 'a/b', wanted integers"] = {"none.npz", {["a/b"] = 1}},
      ["save: '' has the key '3', wanted integers"] = {"none.npz", {["3"] = 1}},
      ["save: 'a' has the key 0.5"] = {"none.npz", {a = {[0.5] = 1}}},
      ["'own' is a table inside of itself"] = {"none.npz", own},
      ["wanted a table or a tensor for .h5"] = {"none.h5", 3},
      ["npy: argument 'x'"] = {"none.npy", {x}},
      ["wanted a table of arrays for .safetensors"] = {"none.safetensors", x},
      ["raw.write: argument 'x'"] = {"none.bin", {x}},
      ["save: argument 'path': got nil, wanted a string"] = {nil, x},
    } do
      expect.refused(message, T.save, case[1] and at(case[1]), case[2])
    end
    assert.matches("cannot hold: value/own is a table inside of itself",
      select(2, pcall(T.save, at "none.h5", own)))
    assert.matches("save: argument 'value': .*cannot hold: value/f is a function",
      select(2, pcall(T.save, at "none.h5", {f = print})))
    expect.refused("packed", T.save, at "none.h5", {x}, {packed = true})
    for _, name in ipairs{"none.npz", "none.h5", "none.npy", "none.bin"} do
      assert.is_nil(io.open(at(name)), name)
    end
    assert(T.zip.write(at "odd.npz", {{"a.npy", T.npy.encode(x)}, {"a/b.npy", T.npy.encode(x)}}))
    assert.matches("odd.npz: 'a/b' lies in an array", select(2, T.load(at "odd.npz")))
  end)
end)
