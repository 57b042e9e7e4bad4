-- Wrong calls of the binding's estimators and files: every argument, as in
-- spec/wrong_call_spec.lua.

local core = require "teasel.core"
local wrong = require "spec.wrong"

local learn, file = core.learn, core.file
local function matrix() return core.tensor.tensor{{2, 1}, {1, 3}, {0, 1}, {5, 2}} end
local function labels() return core.tensor.tensor{0, 1, 0, 1} end
local function groups() return learn.groups(core.tensor.tensor{{1, 1}, {1, 2}, {2, 1}, {2, 2}}) end
local function logistic() return learn.logistic(matrix(), labels()) end
local function boost() return learn.boost(matrix(), labels(), 1, 2) end
local function mersenne() return learn.mersenne(1) end
local function affinity() return learn.affinity(matrix(), 2, 1.5) end
local function writer() return file.store() end
local function checkpoint()
  local out = file.store()
  out:text("note", "x")
  return file.parse(out:image())
end

local self, sizes = "self", function() return {2, 3} end

-- {function, its name, arguments as {name, what else it takes, value or its maker}...}
local rows = {
  {learn.bins, "bins", {"x", "", matrix}, {"count", "", 2}},
  {learn.classes, "classes", {"x", "", matrix}},
  {learn.recode, "recode", {"x", "", matrix}, {"values", "", {{1, 2}, {1, 2}}}},
  {learn.mutual, "mutual", {"a", "", matrix}, {"b", "", matrix}},
  {learn.entropy, "entropy", {"a", "", matrix}},
  {learn.groups, "groups", {"factors", "", matrix}},
  {groups().sizes, "sizes", {"groups", "", groups}},
  {groups().votes, "votes", {"groups", "", groups}, {"codes", "", matrix}, {"key", "", 1},
    {"step", "", 0}, {"m", "", 5}, {"size", "", 2}, {"scale", "", {1, 1}}, word = "factor"},
  {groups().pairs, "pairs", {"groups", "", groups}, {"codes", "", matrix}, {"key", "", 1},
    {"step", "", 0}, {"m", "", 5}, {"size", "", 2}, word = "factor"},
  {learn.logistic, "logistic", {"x", "", matrix}, {"y", "", labels}, {"C", "nil", 1}, word = "y"},
  {logistic().proba, "proba", {"model", "", logistic}, {"x", "", matrix}},
  {logistic().predict, "predict", {"model", "", logistic}, {"x", "", matrix}},
  {learn.boost, "boost", {"x", "", matrix}, {"y", "", labels}, {"seed", "nil", 1},
    {"stages", "nil", 1}},
  {boost().predict, "predict", {"model", "", boost}, {"x", "", matrix}},
  {learn.gauss, "gauss", {"covariance", "", {{2, 1}, {1, 2}}}},
  {learn.mersenne, "mersenne", {"seed", "", 1}},
  {mersenne().below, "below", {"mersenne", "", mersenne}, {"n", "", 5}},
  {mersenne().points, "points", {"mersenne", "", mersenne}, {"sizes", "", sizes}, {"n", "", 5},
    {"chunk", "", 2}, careful = true},
  {learn.affinity, "affinity", {"x", "", matrix}, {"neighbours", "", 2}, {"perplexity", "", 1.5}},
  {affinity().gradient, "gradient", {"p", "", affinity}, {"y", "", matrix}, {"theta", "", 0.5},
    {"exaggeration", "", 1}},

  {file.sha256, "sha256", {"bytes", "string", "a"}},
  {file.save, "save", {"path", "string", "/nowhere/at/all"}, {"bytes", "string nil", "a"},
    careful = true},
  {file.read, "read", {"path", "string", "/nowhere/at/all"}, {"limit", "nil", 5}},
  {file.lock, "lock", {"dir", "string", "/nowhere/at/all"}},
  {file.open, "open", {"path", "string", "/nowhere/at/all"}},
  {file.parse, "parse", {"bytes", "string", "a"}},
  {file.import_list, "import_list", {"path", "string", "/nowhere/at/all"}, careful = true},
  {file.import_read, "import_read", {"path", "string", "/nowhere/at/all"}, {"name", "string", "x"},
    {"options", "nil", {first = 1}}, careful = true},
  {writer().array, "array", {self, "", writer}, {"name", "string", "x"}, {"type", "", "uint8"},
    {"shape", "", {2}}, {"bytes", "", "ab"}},
  {writer().text, "text", {self, "", writer}, {"name", "string", "x"}, {"text", "string", "a"}},
  {writer().save, "save", {self, "", writer}, {"path", "string", "/nowhere/at/all"}},
  {writer().image, "image", {self, "", writer}},
  {checkpoint().read, "read", {self, "", checkpoint}, {"name", "string", "note"}},
  {checkpoint().list, "list", {self, "", checkpoint}},
  {file.export, "export", {"path", "string", "/nowhere/at/all"}, careful = true},
}

describe("A wrong call", function()
  teardown(function()   -- some texts among the values are names of files that can be made
    os.remove "5"
    os.remove(("long "):rep(9))
  end)

  for _, row in ipairs(rows) do
    it("of " .. row[2] .. " is answered with what was wrong", function()
      assert.same({}, wrong.systematically(wrong.subject(row)))
    end)
  end

  it("with a text that C would cut off is refused", function()
    local ok, message = pcall(file.save, "a\0b", "x")
    assert.is_false(ok)
    assert.matches("wanted a string without a byte of 0", message)
  end)

  it("is found by functions of the binding: the errors of Lua's own name no argument", function()
    local own = "luaL_(check[a-z]+|opt|arg|typeerr)"
    local pipe = assert(io.popen(("grep -nE '%s' csrc/bind/lua_*.c | grep -v luaL_checkstack")
      :format(own)))
    assert.equal("", pipe:read "a")
    pipe:close()
  end)

  it("of what is closed tells so", function()
    local out = file.store()
    out:close()
    assert.error_matches(function() out:text("a", "b") end,
      "text: argument 'self': got a writer that is closed, wanted an open one")
  end)

  it("of an export's methods is answered with what was wrong", function()
    local path = os.tmpname()
    local out <close> = file.export(path)
    local a = out:dataset("a", "uint8", {2, 2})
    for wanted, f in pairs{
      ["dataset: argument 'type': got \"int8\", wanted float32, float64, float16, uint8 or int64"] =
        function() out:dataset("b", "int8", {1}) end,
      ["dataset: argument 'shape': got %-1, wanted an integer in 0%.%.2%^40"] =
        function() out:dataset("b", "uint8", {-1}) end,
      ["dataset: argument 'gzip': got 10, wanted an integer in 0%.%.9"] =
        function() out:dataset("b", "uint8", {1}, 10) end,
      ["dataset: argument 'name': got nothing, wanted a string"] = function() out:dataset() end,
      ["rows: argument 'number': got 2, wanted an integer in 1%.%.1"] =
        function() out:rows(a + 1, "12") end,
      ["rows: argument 'bytes': got 3 bytes, wanted whole rows of 2"] =
        function() out:rows(a, "123") end,
      ["rows: argument 'self': got 5, wanted an export"] = function() out.rows(5) end,
    } do
      assert.error_matches(f, wanted)
    end
    out:abort()
    os.remove(path)
  end)

  it("of an estimator with numbers that are not finite is refused", function()
    local x, y, bad = matrix(), labels(), core.tensor.tensor{{2, 1}, {1, 3}, {0, 1 / 0}, {5, 2}}
    local got = ": got inf in row 3, column 2, wanted finite numbers"
    for wanted, f in pairs{
      ["margin: argument 'x'"] = function() learn.margin(bad, y, x, y, 1) end,
      ["margin: argument 'x2'"] = function() learn.margin(x, y, bad, y, 1) end,
      ["lasso: argument 'y'"] = function() learn.lasso(x, bad, 1) end,
      ["covariance: argument 'b'"] = function() learn.covariance(x, bad) end,
      ["deviation: argument 'x'"] = function() learn.deviation(bad, y, 0.5) end,
      ["ranks: argument 'x'"] = function() learn.ranks(bad) end,
      ["affinity: argument 'x'"] = function() learn.affinity(bad, 2, 1.5) end,
      ["predict: argument 'x'"] = function() logistic():predict(bad) end,
      ["scores: argument 'x'"] = function() boost():scores(bad) end,
      ["pairs: argument 'codes'"] = function() groups():pairs(bad, 1, 0, 5, 2) end,
    } do
      assert.error_matches(f, wanted .. got)
    end
    assert.error_matches(function() learn.gauss{{1, 0}, {0, 1 / 0}} end,
      "gauss: argument 'covariance': got inf, wanted a finite number")
  end)

  it("of stream with a third argument is refused", function()
    assert.error_matches(function() core.rand.stream(1, "a", "b") end,
      "stream: got 3 arguments, wanted a seed and a name")
  end)
end)
