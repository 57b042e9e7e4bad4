-- Scores of codes and factors in files of every kind.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local code_file = require "teasel.represent.code_file"
local data = require "spec.data"
local expect = require "spec.expect"
local json = require "dkjson"
local score = require "teasel.report.score"
local scratch = require "spec.scratch"

local csv, metric, npy, npz, stream = T.csv, T.metric, T.npy, T.npz, T.stream

local folder

local function at(name) return folder .. "/" .. name end

local function hdf5(path, arrays)
  local out <close> = assert(core.file.export(path))
  local names = T.tree.keys(arrays)
  for _, name in ipairs(names) do
    assert(out:dataset(name, core.double and "float64" or "float32", arrays[name]:shape(), 0))
  end
  for i, name in ipairs(names) do assert(out:rows(i, arrays[name]:data())) end
  assert(out:close())
end

local function put(name, text)
  local f = assert(io.open(at(name), "wb"))
  f:write(text)
  f:close()
  return at(name)
end

local y = stream(1):integers({400, 2}, 0, 3)
local z = T.matmul(y, stream(2):normal{2, 3}) + stream(3):normal{400, 3} * 0.1

setup(function()
  folder = scratch.make()
  assert(npz.write(at "both.npz", {codes = z, factors = y, other = z}))
  assert(npz.write(at "halves.npz", {mus_train = z[{{1, 300}}], ys_train = y[{{1, 300}}],
    mus_test = z[{{301, 400}}], ys_test = y[{{301, 400}}]}, {packed = true}))
  hdf5(at "both.h5", {codes = z, factors = y})
  hdf5(at "z.h5", {mine = z})
  assert(npy.write(at "z.npy", z))
  assert(npy.write(at "y.npy", y, {type = "uint8"}))
  assert(npz.write(at "z.npz", {mean = z}))
  assert(csv.write(at "z.tsv", z))
  assert(csv.write(at "y.csv", y, {names = {"posX", "size"}}))
  put("empty", "")
end)

teardown(function() scratch.remove(folder) end)

describe("codes and factors", function()
  it("of every kind of file are the same", function()
    for name, value in pairs{["both.safetensors"] = {codes = z, factors = y},
      ["both.pt"] = {codes = z, factors = y}, ["deep.pt"] = {a = {codes = z, x = y}}} do
      assert(T.save(at(name), value))
    end
    for _, found in ipairs{code_file(at "both.npz"), code_file(at "both.h5"),
      code_file(at "z.npy", at "y.npy"), code_file(at "z.npz", at "y.csv"),
      code_file(at "z.tsv", at "both.npz"), code_file(at "z.h5", at "both.h5:factors"),
      code_file(at "both.npz:other", at "y.csv:posX,2"), code_file(at "both.safetensors"),
      code_file(at "both.pt"), code_file(at "deep.pt:a.codes", at "both.pt")} do
      assert.equal(z:data(), found.codes:data())
      assert.equal(y:data(), found.factors:data())
    end
    local tested = code_file(at "halves.npz")
    assert.equal(z[{{301, 400}}]:data(), tested.test_codes:data())
    assert.same({"size"}, code_file(at "z.npy", at "y.csv:size").names)
    expect.near(code_file(at "z.npy", at "y.csv:size").factors, y[{{}, {2}}], 0)
  end)

  it("are scored from the command line, and in Lua", function()
    local pipe = assert(io.popen(("cd '%s' && %s %s/lua/teasel/tool/score.lua --codes z.npy "
      .. "--factors y.csv --metrics mig,dci --resamples 0 2>&1"):format(folder, child.lua,
      child.root)))
    local text = pipe:read "a"
    local _, _, status = pipe:close()
    assert.equal(0, status, text)
    local f = assert(io.open(at "z.npy.metrics-with=y.csv-mig,dci-resamples=0.json"), text)
    local report = json.decode(f:read "a")
    f:close()
    assert.same({"posX", "size"}, report.factors)
    assert.equal("z.npy", report.source)
    assert.is_near(metric.mig(z, y), report.metrics[1].value, 1e-12)
    local results, more = score.of({codes = at "z.npy", factors = at "y.csv"},
      {metrics = "mig", factors = "size"})
    assert.equal(results[1].value, (metric.mig(z, y, {factors = {2}})))
    assert.same({"size"}, more.factors)
    local _, other = score.of({codes = at "z.npy", factors = at "y.npy"}, {metrics = "mig"})
    local _, again = score.of({codes = at "z.npy", factors = at "y.csv"}, {metrics = "mig"})
    assert.not_equal(other.key, again.key)
    local few = score.codes({codes = at "z.npy", factors = at "y.csv"}, {points = 30})
    assert.same({30, 3}, few:shape())
  end)

  it("are some columns of an array or of a table, whatever the others hold", function()
    local found = code_file(at "z.npy:3,1", at "y.npy:2")
    expect.near(found.codes, T.concat({z[{{}, {3}}], z[{{}, {1}}]}, 2), 0)
    expect.near(found.factors, y[{{}, {2}}], 0)
    assert(npy.write(at "two.npy", T.arange(1, 2)))
    put("holes.csv", "x,size,who\n1,7,ada\n,8,3\n")
    found = code_file(at "two.npy", at "holes.csv:size")
    expect.near(found.factors, {{7}, {8}}, 0)
    assert.same({"size"}, found.names)
    local _, message = pcall(code_file, at "two.npy", at "holes.csv")
    assert.matches("holes.csv: line 3, column 1 %(x%): got '', wanted a number$", message)
    expect.near(code_file(at "two.npy", at "holes.csv:who,2").factors, {{1, 7}, {0, 8}}, 0)
  end)

  it("are not the first column of a table that says which point is meant, but where asked for",
    function()
      assert(npy.write(at "three.npy", T.arange(1, 3)))
      for _, first in ipairs{"image,0,1,2", "row,1,2,3", ",7,8,9", "file,b.png,a.png,c.png"} do
        local head, one, two, three = first:match "^(.*),(.*),(.*),(.*)$"
        local path = put("first.csv", ("%s,size,who\n%s,5,ada\n%s,6,bob\n%s,5,ada\n"):format(head,
          one, two, three))
        local found = code_file(at "three.npy", path)
        expect.near(found.factors, {{5, 0}, {6, 1}, {5, 0}}, 0)
        assert.same({"size", "who"}, found.names)
        assert.equal(1, code_file(at "three.npy", path .. ":1").factors:shape()[2])
        if one:find "%d" then
          expect.near(code_file(path .. ":1,2", at "three.npy").codes[{{}, {1}}],
            {{tonumber(one)}, {tonumber(two)}, {tonumber(three)}}, 0)
        end
      end
      put("z.csv", "image,z1,z2\n1,.5,2\n2,.25,2.5\n3,1,0\n")
      expect.near(code_file(at "z.csv", at "three.npy").codes, {{.5, 2}, {.25, 2.5}, {1, 0}}, 0)
      put("bare.csv", "1,.5\n2,.25\n3,1\n")   -- without a head nobody says what it is
      expect.near(code_file(at "bare.csv", at "three.npy").codes, {{1, .5}, {2, .25}, {3, 1}}, 0)
    end)

  it("number text as readers of data sets do: runs of digits by their value", function()
    put("counted.csv", "who\ns10\ns2\ns10\n")
    expect.near(code_file(at "three.npy", at "counted.csv").factors, {{1}, {0}, {1}}, 0)
  end)

  it("keep integers apart that a float cannot hold, and number what is text", function()
    local large = ("<i8i8i8i8"):pack(1 << 60, (1 << 60) + 1, 1 << 60, -5)
    local head = "{'descr': '<i8', 'fortran_order': False, 'shape': (4,), }"
    head = head .. (" "):rep(-(#head + 11) % 64) .. "\n"
    put("large.npy", "\x93NUMPY\1\0" .. ("<I2"):pack(#head) .. head .. large)
    assert(npy.write(at "four.npy", T.arange(1, 4)))
    expect.near(code_file(at "four.npy", at "large.npy").factors, {{1}, {2}, {1}, {0}}, 0)
    put("near.csv", ("%d\n%d\n%d\n%d\n"):format(1 << 60, (1 << 60) + 1, 1 << 60, 1 << 60))
    expect.refused("column 1 varies by", code_file, at "near.csv", at "four.npy")
    put("large.csv", ("a\n%d\n%d\n%d\n-5\n"):format(1 << 60, (1 << 60) + 1, 1 << 60))
    expect.near(code_file(at "four.npy", at "large.csv").factors, {{1}, {2}, {1}, {0}}, 0)
    put("text.csv", "who,row\nzoe,1\nada,2\nzoe,3\nbob,4\n")
    local found = code_file(at "four.npy", at "text.csv")
    expect.near(found.factors, {{2, 1}, {0, 2}, {2, 3}, {1, 4}}, 0)
    assert.same({"who", "row"}, found.names)
    expect.refused("text.csv: column 1 holds text ('zoe'), wanted codes, which are numbers",
      code_file, at "text.csv", at "text.csv")
  end)

  it("of what T.save wrote, and of groups of HDF5, are found by their names", function()
    assert(T.save(at "saved.h5", {codes = z, factors = y, runs = {first = {mean = z}}}))
    local mig = metric.mig(z, y)
    for _, source in ipairs{{at "saved.h5"}, {at "saved.h5:codes", at "saved.h5:factors"},
      {at "saved.h5:state/runs/first/mean", at "y.csv"},
      {at "saved.h5:runs/first/mean", at "saved.h5:state/factors"}} do
      local found = code_file(table.unpack(source))
      expect.near(found.codes, z, 0)
      assert.equal(mig, (metric.mig(found.codes, found.factors)))
    end
    local results, _, path = score.save({codes = at "saved.h5:runs/first/mean",
      factors = at "saved.h5:factors"}, {metrics = "mig"})
    assert.equal(mig, results[1].value)
    assert.matches("/saved.h5:runs%2Ffirst%2Fmean.metrics-with=", path, 1, true)
    assert(os.rename(at "saved.h5", at "a:b.h5"))
    expect.near(code_file(at "a:b.h5:runs/first/mean", at "y.csv").codes, z, 0)
    expect.refused("a:b.h5: has no 'runs/mean'; it has note, state/codes", code_file,
      at "a:b.h5:runs/mean", at "y.csv")
  end)

  it("say what is wrong", function()
    for message, given in pairs{
      ["y.csv: is no file of arrays, wanted one file with codes and factors"] = {"y.csv"},
      ["both.npz: has no 'codec'; it has codes, factors, other: wanted one of these as FILE:NAME"] =
        {"both.npz:codec", "y.csv"},
      ["halves.npz: has several arrays; it has"] = {"z.npy", "three.npz"},
      ["y.csv: has no column 'posY'; it has posX, size"] = {"z.npy", "y.csv:posX,posY"},
      ["y.csv: has no column '3'"] = {"z.npy", "y.csv:3"},
      ["z.npy: has no column 'a'; it has 3 without names"] = {"z.npy:a", "y.csv"},
      ["z.npy: has no column '4'; it has 3 without names"] = {"z.npy:1,4", "y.csv"},
      ["z.npy: got ':,', wanted columns by names or numbers"] = {"z.npy:,", "y.csv"},
      ["decimal.csv: column 2 holds text ('0,5'), wanted a table"] = {"z.npy", "decimal.csv"},
      ["semicolons.csv: column 1 holds text ('0;1'), wanted a table: a line for each point, with a "
        .. "comma, a semicolon or a tab between columns"] = {"z.npy", "semicolons.csv"},
      ["z.npy' has 400 points and '"] = {"z.npy", "four.npy"},
      ["empty: 'table' is empty, of shape [0 0]"] = {"z.npy", "empty"},
      ["nothing.npy': No such file or directory"] = {"nothing.npy", "y.csv"},
      ["a.pt: is damaged: its pickle takes more than there is"] = {"z.npy", "a.pt"},
      ["a.safetensors: has several arrays; it has nothing"] = {"a.safetensors", "y.csv"},
    } do
      message = message:gsub("^halves", "three")
      if given[2] == "three.npz" then assert(npz.write(at "three.npz", {a = z, b = y})) end
      T.zip.write(at "a.pt", {{"archive/data.pkl", "\x80\2."}, {"archive/data/0", "1234"}})
      put("a.safetensors", ("<I8"):pack(2) .. "{}")
      put("decimal.csv", "a;b\n1;0,5\n2;0,7\n")
      put("semicolons.csv", "pose\n0;1\n1;1\n")
      expect.refused(message, code_file, at(given[1]), given[2] and at(given[2]))
    end
    expect.refused("score: argument 'source.factors': got nil, wanted a string", score.codes,
      {codes = at "z.npy"})
    expect.refused("got the option 'codes', wanted {codes = path, factors = path} as the source",
      score.codes, at "both.h5", {codes = "a"})
  end)

  it("of a trained model that were published are scored", function()
    local published = (data.folder or "") .. "/real/codes_factors/omes_example/"
    if not data.folder or not io.open(published .. "classes.csv") then
      return pending "wanted shared/data/real/codes_factors"
    end
    local source = {codes = published .. "representations.npz:mean",
      factors = published .. "classes.csv"}
    local codes, factors = score.codes(source)
    local results, report = score.of(source, {metrics = "mig"})
    assert.is_near((metric.mig(codes, factors)), results[1].value, 0.005)
    assert.equal(15008, report.n)
    assert.equal("floor_hue", report.factors[1])
  end)
end)
