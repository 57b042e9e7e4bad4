local T = require "teasel"
local command = require "teasel.run.command"
local expect = require "spec.expect"
local options = require "teasel.options"

local refused = expect.refused

describe("options.read", function()
  local defaults = {size = 3, rate = 0.5, name = "x", deep = false, on = true, free = options.any,
    f = print}

  it("completes what is given from the defaults, in a new table", function()
    local given = {size = 7}
    local o = options.read("f", given, defaults)
    assert.are.same({size = 7, rate = 0.5, name = "x", deep = false, on = true, f = print}, o)
    assert.are.same({size = 7}, given)
    assert.are.same(options.read("f", nil, defaults), options.read("f", {}, defaults))
  end)

  it("keeps false and 0, and takes numbers of either kind", function()
    local o = options.read("f", {on = false, size = 0, rate = 2}, defaults)
    assert.are.same({false, 0, 2}, {o.on, o.size, o.rate})
  end)

  it("takes any value or none where the default is `any`", function()
    for _, v in ipairs{1, "a", false, print, {}} do
      assert.are.equal(v, options.read("f", {free = v}, defaults).free)
    end
    assert.is_nil(options.read("f", {}, defaults).free)
  end)

  it("refuses an unknown option, lists the known ones and suggests one that is near", function()
    refused("f: got the option 'sise', wanted one of: deep, f, free, name, on, rate, size (did you "
      .. "mean 'size'?)", options.read, "f", {sise = 1}, defaults)
    assert.has_error(function() options.read("f", {quite_different = 1}, {size = 1}) end,
      "f: got the option 'quite_different', wanted one of: size")
    refused("f: got the option '1', wanted one of: size", options.read, "f", {5}, {size = 1})
  end)

  it("refuses a value of another type", function()
    refused("f: option 'size': got big (a string), wanted a number", options.read, "f",
      {size = "big"}, defaults)
    refused("f: option 'deep': got 1 (a number), wanted a boolean", options.read, "f", {deep = 1},
      defaults)
    refused("f: argument 'options': got 3, wanted a table of options (", options.read, "f", 3,
      defaults)
  end)

  it("refuses options that are not in the table itself", function()
    local small = setmetatable({size = 1}, {__index = {deep = true}})
    refused("f: got options with a metatable's __index, wanted all of them in the table itself",
      options.read, "f", small, defaults)
    assert.equal(1, options.read("f", setmetatable({size = 1}, {}), defaults).size)
    local strided = setmetatable({}, {__index = {stride = 2}})
    refused("conv: got options with a metatable's __index", T.conv, T.ones{1, 4, 4, 1},
      T.ones{2, 2, 1, 1}, strided)
  end)
end)

describe("options.nearest", function()
  it("is the name with the fewest edits, if they are few", function()
    local known = {momentum = 1, decay = 1, lr = 1, eps = 1}
    for given, wanted in pairs{momentm = "momentum", mometums = "momentum", dekay = "decay",
        Lr = "lr", ep = "eps", epss = "eps", eps = "eps"} do
      assert.are.equal(wanted, options.nearest(given, known))
    end
    for _, given in ipairs{"", "m", "beta", "learning_rate"} do
      assert.is_nil(options.nearest(given, known))
    end
  end)
end)

describe("a number on the command line", function()
  it("is refused where its type has no such number", function()
    for _, case in ipairs{
      {"1e400", 0.5, "a float"}, {"-1e400", 0.5, "a float"}, {"0x1p1024", 0.5, "a float"},
      {"nan", 0.5, "a float"}, {"inf", 0.5, "a float"}, {"1e400", 3, "an integer"},
      {"99999999999999999999", 3, "an integer"}, {"0x1ffffffffffffffff", 3, "an integer"},
    } do
      local text, default, kind = table.unpack(case)
      refused(("option --x: got '%s', wanted %s, like %s"):format(text, kind, default),
        command.value, "x", text, default)
    end
    assert.are.equal(1.7e308, command.value("x", "1.7e308", 0.5))
    assert.are.equal(math.maxinteger, command.value("x", "9223372036854775807", 3))
    assert.are.equal(255, command.value("x", "0x000000000000000000ff", 3))
  end)

  it("are lists of numbers, each as it is written", function()
    local list = command.numbers("x", "0.25,1,2e1", 0.5, 3)
    assert.same({"float", "integer", "float"}, {math.type(list[1]), math.type(list[2]),
      math.type(list[3])})
    assert.same({0.25, 1, 20}, list)
    for text, said in pairs{["4,a"] = "option --x: got 'a', wanted an integer, like 10",
      ["4,1.5"] = "option --x: got '1.5', wanted an integer", [","] = "wanted 1 or more numbers",
      [""] = "got '', wanted 1 or more numbers"} do
      assert.error_matches(function() command.numbers("x", text, 10, 1) end, said, 1, true)
    end
  end)
end)

describe("command.read", function()
  local defaults = {epochs = 5, lr = 1e-3, name = "run", fast = false, keep = true}

  it("gives the defaults with those of the command line in their place", function()
    assert.are.same(defaults, command.read({}, defaults))
    local o = command.read({"--epochs", "7", "--name", "my run", "--lr", "2e-4"}, defaults)
    assert.are.same({epochs = 7, lr = 2e-4, name = "my run", fast = false, keep = true}, o)
    assert.are.equal("7", command.read({"--name=7"}, defaults).name)
  end)

  it("gives each value its default's type", function()
    local o = command.read({"--epochs", "0x10", "--lr", "1", "--name", "12"}, defaults)
    assert.are.same({"integer", "float", "12"}, {math.type(o.epochs), math.type(o.lr), o.name})
    assert.are.equal("integer", math.type(command.read({"--epochs", "3.0"}, defaults).epochs))
    assert.are.equal(-3, command.read({"--epochs", "-3"}, defaults).epochs)
  end)

  it("takes true and false, and true where the value is left out", function()
    assert.is_true(command.read({"--fast"}, defaults).fast)
    assert.is_true(command.read({"--fast", "--epochs", "1"}, defaults).fast)
    assert.is_true(command.read({"--fast", "true"}, defaults).fast)
    assert.is_false(command.read({"--keep", "false", "--fast"}, defaults).keep)
    assert.is_false(command.read({"--keep=false"}, defaults).keep)
  end)

  it("takes a value that begins with dashes, if it is no option or follows an =", function()
    assert.equal("--fast", command.read({"--name=--fast"}, defaults).name)
    assert.equal("--x", command.read({"--name", "--x"}, defaults).name)
  end)

  it("is told apart from words that are no options", function()
    local stray, rest = command.apart({"a", "--fast", "b", "--lr", "2", "--keep=true", "c",
      "--fast", "true", "--name", "--lr", "3"}, defaults)
    assert.same({"a", "b", "c"}, stray)
    assert.same({"--fast", "--lr", "2", "--keep=true", "--fast", "true", "--name", "--lr", "3"},
      rest)
  end)

  it("takes the last of several", function()
    assert.are.equal(2, command.read({"--epochs", "1", "--epochs", "2"}, defaults).epochs)
  end)

  it("refuses an unknown option and suggests one that is near", function()
    refused("command line: got the option 'epoch', wanted one of: epochs, fast, help, keep, lr, "
      .. "name (did you mean 'epochs'?)", command.read, {"--epoch", "3"}, defaults)
  end)

  it("refuses values of another type, missing ones and stray words", function()
    local wrong = {
      {"--epochs", "many", "option --epochs: got 'many', wanted an integer, like 5"},
      {"--epochs", "2.5", "option --epochs: got '2.5', wanted an integer, like 5"},
      {"--lr", "fast", "option --lr: got 'fast', wanted a float, like 0.001"},
      {"--lr", "option --lr: got nothing, wanted a float, like 0.001"},
      {"--fast", "maybe", "option --fast: got 'maybe', wanted a boolean, like false"},
      {"train", "got the argument 'train', wanted options: --name value"},
      {"--name", "--fast", "x", "option --name: got no value in front of the option --fast, wanted "
        .. "one (or --name=--fast)"},
    }
    for _, case in ipairs(wrong) do
      refused(case[#case], command.read, {table.unpack(case, 1, #case - 1)}, defaults)
    end
  end)
end)

describe("command.help", function()
  local path = os.tmpname()

  local function written(text)
    local file <close> = assert(io.open(path, "w"))
    file:write(text)
  end

  teardown(function() os.remove(path) end)

  it("reads what options mean from the comments of the script", function()
    written [[
local NAMES = {seed = 1}   -- not these
local config = run.config({beta = 4.0,   -- weight of the KL - or of what stands for it
  steps = 3,   -- how many:
               --   one is enough
  bare = 2,
  -- below it
  data = "-- no comment", lr = 0.5,   -- the first of a line is meant
}, {"data"})   -- nor this
local later = 3   -- nor this
]]
    local wanted = {beta = "weight of the KL - or of what stands for it",
      steps = "how many: one is enough", bare = "below it",
      data = "the first of a line is meant"}
    assert.are.same(wanted, command.meanings(path, 2))
    assert.are.same(wanted, command.meanings(path, "local config = "))
    assert.are.same({}, command.meanings(path, "local nothing = "))
    assert.are.same({}, command.meanings(path .. ".none", 1))
  end)

  it("is cut before the first option", function()
    assert.same({{"a", "-b"}, {"--c", "d"}}, {command.front{"a", "-b", "--c", "d"}})
    assert.same({{}, {"--c"}}, {command.front{"--c"}})
    assert.same({{"a"}, {}}, {command.front{"a"}})
  end)

  it("shows type, default, meaning and the values that there are", function()
    local long = ("word "):rep(15)
    assert.are.equal([[
  --beta               float    default: 4.0    weight
  --data               string   default: (none) one of a, b
  --long               integer  default: 3      word word word word word word word word word word
                                                word word word word word
  --name               string   default: something
                                                else: one of something, x]],
      command.help({beta = 4.0, data = "", long = 3, name = "something"},
        {beta = "weight", long = long, name = "else"},
        {data = {a = 1, b = 2}, name = {something = {}, x = {}}}))
  end)

  it("names the values once", function()
    local text = command.help({panel = "a"}, {panel = "row of table 5: a, bc or d"},
      {panel = {a = 1, bc = 1, d = 1}})
    assert.matches("row of table 5: a, bc or d$", text)
    assert.matches("row abc: one of a, bc$", command.help({panel = "a"}, {panel = "row abc"},
      {panel = {a = 1, bc = 1}}))
  end)

  it("wants one of the values that there are", function()
    local choices = {name = {conv = true, fc = true}}
    assert.are.equal("fc", command.typed({"--name", "fc"}, {name = "conv"}, choices).name)
    refused("option --name: got 'con', wanted one of: conv, fc (did you mean 'conv'?)",
      command.typed, {"--name", "con"}, {name = "conv"}, choices)
    refused("option --name: got 'other', wanted one of: conv, fc", command.typed,
      {"--name=other"}, {name = "conv"}, choices)
  end)
end)
