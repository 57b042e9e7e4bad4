-- Tables as text, both ways.

local T = require "teasel"
local core = require "teasel.core"
local csv = require "teasel.format.csv"
local data = require "spec.data"
local expect = require "spec.expect"
local scratch = require "spec.scratch"

local folder, path

local function put(text)
  local f = assert(io.open(path, "wb"))
  f:write(text)
  f:close()
  return path
end

local function get()
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  return text
end

setup(function()
  folder = scratch.make()
  path = folder .. "/a.csv"
end)

teardown(function() scratch.remove(folder) end)

describe("a table of text", function()
  for what, case in pairs{
    ["a header"] = {"a,b\n1,2\n3,4.5\n", {{1, 2}, {3, 4.5}}, {"a", "b"}},
    ["no header"] = {"1,2\n3,4\n", {{1, 2}, {3, 4}}},
    ["no end of its last line"] = {"1,2\n3,4", {{1, 2}, {3, 4}}},
    ["CRLF, empty lines and a mark of UTF-8"] =
      {"\xef\xbb\xbfx,y\r\n\r\n1,2\r\n3,4\r\n\r\n", {{1, 2}, {3, 4}}, {"x", "y"}},
    ["tabs"] = {"x\ty, z\n1\t2\n", {{1, 2}}, {"x", "y, z"}},
    ["semicolons"] = {"x;y\n1;2\n", {{1, 2}}, {"x", "y"}},
    ["quotes"] = {'"a ""b""","c,\nd"\n"1", 2\n', {{1, 2}}, {'a "b"', "c,\nd"}},
    ["numpy's own form"] = {"# u v\n1.000e+00,-2.5E-1\n.5,+3\n", nil},
    ["a header of numpy's"] = {"# u,v\n1.0e+00,-2.5E-1\n.5,+3\n", {{1, -0.25}, {0.5, 3}},
      {"u", "v"}},
    ["one column"] = {"7\n8\n", {{7}, {8}}},
    ["infinities"] = {"inf,-inf\n", {{math.huge, -math.huge}}},
    ["a header alone"] = {"a,b\n", {}, {"a", "b"}},
  } do
    it("may have " .. what, function()
      local x, names = csv.read(put(case[1]))
      if case[2] == nil then
        assert.matches("a.csv: line 2 has 2 columns, wanted 1 as before", names)
      elseif #case[2] == 0 then
        assert.same({0, 2}, x:shape())
        assert.same(case[3], names)
      else
        expect.near(x, case[2])
        assert.same(case[3], names)
      end
    end)
  end

  it("has columns of text beside those of numbers", function()
    local x, names = csv.read(put 'name,age,id\n"Ada, L.",36,007\nAlan,41,008\n')
    assert.same({"name", "age", "id"}, names)
    assert.same({"Ada, L.", "Alan"}, x.name)
    expect.near(x.age, {36, 41})
    expect.near(x.id, {7, 8})
    x = csv.read(path, {text = {"id", 2}})
    assert.same({{"36", "41"}, {"007", "008"}}, {x.age, x.id})
    x, names = csv.read(put "a,1\nb,2\n", {header = "no"})
    assert.same({"a", "b"}, x[1])
    expect.near(x[2], {1, 2})
    assert.is_nil(names)
    expect.near(csv.read(put "1,2\n3,4\n", {header = "yes"}), {{3, 4}})
    assert.is_true(csv.read(put "nan\n"):isnan():item() == 1)
  end)

  for message, text in pairs{
    ["line 3, column 2 (b): got 'two', wanted a number"] = "a,b\n1,1\n2,two\n",
    ["line 4, column 1: got '', wanted a number"] = "1,2\n\n3,4\n,5\n",
    ["line 2, column 1 (a): got '', wanted a number"] = "a,b\n,1\n2,3\n",
    ["line 2, column 1: got '0x10', wanted a number"] = "1\n0x10\n",
    ["line 2, column 2 (b): -1e400 is more than a float64 or an integer of 64 bits holds"] =
      "a,b\ninf,-1e400\n",
    ["line 2, column 1: 18446744073709551615 is more than a float64"] = "1\n18446744073709551615\n",
    ["line 3 has 1 columns, wanted 2 as before"] = "a,b\n1,2\n3\n",
    ["line 1, column 2: a quote that is not closed"] = 'a,"b\n1,2\n',
    ["line 2, column 1: more behind a closing quote"] = 'a,b\n"1"2,3\n',
    ["line 4 has 1 columns"] = '"a\nb",c\n1,2\n3\n',
    ["line 1, column 3: 'a' is the name of column 1 too"] = "a,b,a\n1,2,3\n",
    ["is no text: it has a byte 0"] = "a,b\0\n",
    ["column 2: row 1 is 9007199254740993, which float" .. (core.double and "64" or "32")
      .. " cannot hold"] = "1,9007199254740993\n",
  } do
    it("is refused: " .. message, function()
      local x, why = csv.read(put(text))
      assert.is_nil(x)
      assert.is_truthy(why:find(path .. ": " .. message, 1, true), why)
    end)
  end

  it("is refused where it has more columns or fields than there is memory for", function()
    local before = csv.most
    finally(function() csv.most = before end)
    csv.most = {bytes = before.bytes, columns = 3, fields = 6}
    assert.same({2, 3}, csv.read(put "1,2,3\n4,5,6\n"):shape())
    for text, message in pairs{["1,2,3\n1,2,3,4\n"] = "line 2: has more than 3 columns",
      ["1,2\n3,4\n5,6\n7,8\n"] = "line 4: are more than 6 fields"} do
      local x, why = csv.read(put(text))
      assert.is_nil(x)
      assert.is_truthy(why:find(path .. ": " .. message, 1, true), why)
    end
  end)

  it("is given as rows of fields with their lines", function()
    local rows, names = csv.rows(put 'a;b\n\n1;"x\ny"\n;nan\n')
    assert.same({{"1", "x\ny", line = 3}, {"", "nan", line = 5}}, rows)
    assert.same({"a", "b"}, names)
    rows, names = csv.rows(put "a,b\n1\n")
    assert.same({nil, path .. ": line 2 has 1 columns, wanted 2 as before"}, {rows, names})
  end)

  it("keeps integers as they are when it is parsed", function()
    local found = csv.parse(put "a,b\n9223372036854775807,0.1\n")
    assert.equal(math.maxinteger, found.columns[1][1])
    assert.equal(0.1, found.columns[2][1])
    assert.equal(1, found.n)
    assert.equal(0, csv.parse(put "").n)
    assert.same({0, 0}, csv.read(path):shape())
  end)

  it("comes back as it was written", function()
    local x = T.concat({T.stream(1):normal{50, 3} * 1e-3, T.tensor{{1e-30, 3, 16777216}},
      T.tensor{{-0.0, math.huge, -math.huge}}})
    for _, ending in ipairs{"a.csv", "a.tsv"} do
      path = folder .. "/" .. ending
      assert(csv.write(path, x, {names = {"a", "b\tc", 'd,"e"'}}))
      local y, names = csv.read(path)
      assert.equal(x:data(), y:data())
      assert.equal("b\tc|d,\"e\"", names[2] .. "|" .. names[3])
    end
    path = folder .. "/a.csv"
    assert(csv.write(path, T.tensor{0.1, 2, -3.5}))
    assert.equal("0.1\n2\n-3.5\n", get())
    -- numbers of Lua that no float is have digits of their own, as few
    assert(csv.write(path, {a = {0.1, 80.52631, 1 / 3}}))
    assert.equal("a\n0.1\n80.52631\n0.3333333333333333\n", get())
    local table_ = {name = {"Ada, L.", " x", ""}, age = T.tensor{1, 2, 3}, n = {1 << 60, 0.25, -1}}
    assert(csv.write(path, table_))
    assert.equal('age,n,name\n1,1152921504606846976,"Ada, L."\n2,0.25," x"\n3,-1,""\n', get())
    assert(csv.write(path, table_, {names = {"name", "age"}}))
    local y, names = csv.read(path)
    assert.same(table_.name, y.name)
    expect.near(y.age, {1, 2, 3})
    assert.equal("name", names[1])
    -- a list of columns has no names, which a reader would take for a row
    assert(csv.write(path, {T.tensor{1, 2}, {3, 4.5}}))
    expect.near(csv.read(path), {{1, 3}, {2, 4.5}})
    assert(csv.write(path, {{3, 4}, {"a", "b"}}, {names = {"size", "who"}}))
    y, names = csv.read(path)
    assert.same({"size", "who"}, names)
    expect.near(y.size, {3, 4})
    assert.same({"a", "b"}, y.who)
  end)

  it("is written with what it needs, or not at all", function()
    expect.refused("csv.write: option 'names': got a table of 1 items, wanted 2 names", csv.write,
      path, T.zeros{3, 2}, {names = {"a"}})
    expect.refused("csv.write: column 2: got a table of 1 items, wanted 2 rows as the first",
      csv.write, path, {a = {1, 2}, b = {1}})
    expect.refused("csv.write: row 2 of column 1: got true, wanted a string", csv.write, path,
      {a = {1, true}})
    expect.refused('csv.write: row 1 of column 1: got "a', csv.write, path, {x = {"a\0b"}})
    expect.refused("csv.write: option 'names': got nil, wanted names of columns with text",
      csv.write, path, {{3, 4}, {"a", "b"}})
    expect.refused('csv.write: name 1: got "x', csv.write, path, {["x\0"] = {1}})
    expect.refused("csv.write: argument 'x': got a tensor [0 1099511627776], wanted at most 131072 "
      .. "columns", csv.write, path, T.zeros{0, 1 << 40})
    expect.refused("csv.write: argument 'x': got a tensor [1 1 1]", csv.write, path,
      T.zeros{1, 1, 1})
    expect.refused("csv: option 'header'", csv.read, path, {header = "maybe"})
    assert.matches("cannot save '/nowhere/a.csv'",
      select(2, csv.write("/nowhere/a.csv", T.zeros(1))))
    assert.matches("cannot read '/nowhere/a.csv'", select(2, csv.read "/nowhere/a.csv"))
  end)

  it("of factors that were published is read", function()
    local published = (data.folder or "") .. "/real/codes_factors/omes_example/classes.csv"
    if not data.folder or not io.open(published) then
      return pending "wanted shared/data/real/codes_factors"
    end
    local x, names = csv.read(published)
    assert.same({15008, 6}, x:shape())
    assert.equal("floor_hue wall_hue object_hue scale shape orientation", table.concat(names, " "))
  end)
end)
