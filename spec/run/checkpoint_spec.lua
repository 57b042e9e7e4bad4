-- Checkpoints hold every kind of key and value that a state may have, or say what they cannot.

local T = require "teasel"
local checkpoint = require "teasel.run.checkpoint"
local child = require "spec.child"
local json = require "teasel.lib.json"
local opening = require "teasel.lib.opening"
local scratch = require "spec.scratch"
local states = require "spec.states"

local SEED = tonumber(os.getenv("TEASEL_SEED")) or os.time()
local NUMBER = #T.zeros{1}:data() == 8 and "float64" or "float32"
local STATES = tonumber(os.getenv("TEASEL_STATES")) or 60

local folder, path

local function write(name, text) scratch.write(folder, name, text) end

-- the output and exit status of a script in a process of its own
local function try(script, options)
  return scratch.shell(folder, ("%s %s %s"):format(child.lua, script, options or ""))
end

setup(function()
  folder = scratch.make()
  path = folder .. "/x.h5"
end)

teardown(function() scratch.remove(folder) end)

local told, emptied = states.told, states.emptied

local function saved_and_read(state)
  assert(checkpoint.save(path, state, {}))
  local other = emptied(state)
  local _, restore = assert(checkpoint.read(path))
  restore(other)
  return other
end

local function refused(state, wanted)
  local ok, message = checkpoint.save(path .. ".none", state, {})
  assert.is_nil(ok)
  assert.is_truthy(message:find(wanted, 1, true), message)
end

local function problem_of(state)
  local _, restore = assert(checkpoint.read(path))
  local before = told(state)
  local ok, message = pcall(restore, state)
  assert.is_false(ok)
  assert.equal(before, told(state))   -- nothing was put into it
  local place, rest = message:match "^(spec/run/checkpoint_spec%.lua:%d+: )(.*)"
  assert.is_truthy(place, message)
  return rest
end

describe("a checkpoint of a state", function()
  local KEYS = {
    "3", 3, -3, "-3", "003", "1e2", 0.5, "0.5", -1e300, math.huge, "inf", 2^53 + 2.0, "a/b", "a.b",
    ".", "..", "", " ", "%", "%2f", '"', "true", true, false, "false", "nil", "\0", "a\0b", "\255",
    "β", "a\nb", math.maxinteger, math.mininteger, "state", "note", "x", "0x1p-1", "\\", 100.25,
  }

  it("keeps keys of every kind apart, under plain values and under tensors", function()
    local plain, tensors, deep = {}, {}, {}
    for i, key in ipairs(KEYS) do
      plain[key], tensors[key], deep[key] = i, T.tensor(i), {[key] = {T.tensor{i}, i}}
    end
    local state = {plain = plain, tensors = tensors, deep = deep}
    assert.equal(told(state), told(saved_and_read(state)))
  end)

  it("gives back plain values of every kind with all bits", function()
    local values = {
      0, -0.0, 0.0, 3.0, 1 / 3, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 2^53 + 2, math.pi,
      math.maxinteger, math.mininteger, math.maxinteger - 1, 1 / 0, -1 / 0, 0 / 0, -(0 / 0),
      "", "\0", "a\0b", "\r\n\t", "null", "%00", "0x10", "1e5", "\226\128\168", "\194\173", "ü",
      true, false, {}, {{}}, {{}, 1},
    }
    local all = {}
    for byte = 0, 255 do all[byte + 1] = string.char(byte) end
    values[#values + 1] = table.concat(all)
    for _, one in ipairs(all) do values[#values + 1] = one end
    assert.equal(told(values), told(saved_and_read(values)))
  end)

  it("gives back streams, where they stand, and arrays of bytes", function()
    local stream = T.stream(5, "a")
    stream:uniform{3}
    local far = T.stream(-1)
    far:assign(math.mininteger, -1)
    local state = {stream = stream, [0.5] = {far}, pixels = T.bytes("abcdef", {2, 3}),
      none = T.bytes ""}
    local held = T.stream(0)
    assert(checkpoint.save(path, state, {}))
    local other = {stream = held, [0.5] = {T.stream(0)}, pixels = T.bytes "", none = T.bytes "x"}
    local _, restore = checkpoint.read(path)
    restore(other)
    assert.equal(told(state), told(other))
    assert.equal(stream:normal{4}:data(), held:normal{4}:data())
  end)

  it("gives back tensors without items, of no axes and of many", function()
    local state = {T.zeros{0}, T.zeros{3, 0, 2}, T.tensor(1 / 3), T.ones{1, 1, 1, 1, 1, 1},
      T.tensor{-0.0, 1e-45, 3e38}}
    assert.equal(told(state), told(saved_and_read(state)))
    assert.equal(told(T.ones{2}), told(saved_and_read(T.ones{2})))
  end)

  it("keeps what stands in two places in both", function()
    local w, list = T.ones{2}, {1, 2}
    local state = {a = w, b = {w}, c = list, d = list}
    assert.equal(told(state), told(saved_and_read(state)))
  end)

  it("is refused with the name of what it cannot hold, all of it at once", function()
    refused({a = {b = print}}, "state/a/b is a function")
    refused({[3] = io.stdout}, "state/3 is a userdata")
    refused({["3"] = coroutine.create(print)}, 'state/"3" is a thread')
    refused({a = setmetatable({}, {})}, "state/a is a table with a metatable")
    refused({a = {[{}] = 1}}, "state/a has a key that is a table")
    refused({[print] = 1}, "state has a key that is a function")
    refused({x = print, y = {print}}, "state/x is a function, state/y/1 is a function")
    refused(3, "state is a number, wanted a table")
    refused({[("k"):rep(2000)] = T.ones{1}}, "has 2006 bytes, wanted at most 999")
    local loop = {a = {}}
    loop.a.b = loop
    refused(loop, "state/a/b is a table inside of itself")
  end)

  it("refuses a note that JSON cannot hold", function()
    local ok, message = checkpoint.save(path, {n = 1}, {T.ones{2}})
    assert.is_nil(ok)
    assert.matches("not saved, argument 'note': ", message, 1, true)
  end)

  it("says all that the file and the state do not share, and changes nothing", function()
    assert(checkpoint.save(path, {a = T.ones{2}, b = T.ones{3}, n = 1, s = T.stream(1), e = {},
      t = {1, 2}}, {}))
    local message = problem_of{a = T.zeros{2}, n = 2, s = T.stream(2), e = {}, t = {1, 2}}
    assert.equal(path .. ": does not fit the state: the state lacks 'state/b'", message)
    message = problem_of{a = T.zeros{2}, b = T.zeros{4}, n = 2, s = 1, e = {0}, t = {1}, new = true,
      ["a/b"] = T.ones{1}}
    for _, part in ipairs{"state/b is float32 [3], wanted float32 [4]",
      "state/s is stream, wanted number",
      "the file lacks 'state/\"a%2fb\"', 'state/e/1', 'state/new'",
      "the state lacks 'state/e', 'state/t/2'"} do
      part = part:gsub("float32", NUMBER)
      assert.is_truthy(message:find(part, 1, true), message)
    end
    message = problem_of{a = 1, b = T.bytes "abc", n = T.tensor(1), s = {}, e = "", t = {1, 2}}
    for _, part in ipairs{"state/a is float", "state/b is float", "state/n is number, wanted float",
      "state/s is stream, wanted empty table", "state/e is empty table, wanted string"} do
      assert.is_truthy(message:find(part, 1, true), message)
    end
  end)

  it("lets a plain value take the place of one of another type", function()
    assert(checkpoint.save(path, {best = 0.25, n = 3}, {}))
    local state = {best = false, n = 0.5}
    local _, restore = checkpoint.read(path)
    restore(state)
    assert.equal(told{best = 0.25, n = 3}, told(state))
  end)
end)

describe("random states", function()
  it(("come back bit for bit (TEASEL_SEED=%d)"):format(SEED), function()
    for i = 1, STATES do
      local state = states.random(SEED + i)
      assert.equal(told(state), told(saved_and_read(state)))
    end
  end)
end)

describe("a run with a state of every kind #apart", function()
  setup(function()
    write("stir.lua", ([[
      package.path = package.path .. ";ROOT/?.lua"
      local T = require "teasel"
      local states = require "spec.states"
      local config = T.run.config{steps = 6, seed = 1, lr = 1 / 3, text = "\0\255",
        n = math.mininteger}
      local state = states.random(config.seed)
      local r = T.run.train{config = config, state = state, step = function(step, stream)
        states.stir(state, stream)
        return {loss = 1 / (step + 2) + config.lr}
      end}
      assert(config.text == "\0\255" and config.n == math.mininteger and config.lr == 1 / 3)
      local file <close> = io.open(config.run .. "/end", "w")
      r.note.seconds, r.note.peak_bytes, r.note.config.checkpoint = nil, nil, nil
      file:write(states.told(state), states.told(r.note))
    ]]):gsub("ROOT", child.root))
  end)

  it(("ends with the same bits whether it was resumed or not (TEASEL_SEED=%d)"):format(SEED),
  function()
    for i = 1, tonumber(os.getenv("TEASEL_RESUMES")) or 4 do
      local seed = SEED % 1000 + i
      local function go(options)
        local text, status = try("stir.lua", ("--seed %d --checkpoint 2 %s"):format(seed, options))
        assert.equal(0, status, text)
      end
      go(("--run straight%d"):format(i))
      go(("--run resumed%d --steps 1"):format(i))
      go(("--run resumed%d --resume --steps 3"):format(i))
      go(("--run resumed%d --resume --steps 6"):format(i))
      local ends = {}
      for j, name in ipairs{"straight", "resumed"} do
        local file <close> = assert(io.open(("%s/%s%d/end"):format(folder, name, i), "rb"))
        ends[j] = file:read("a")
      end
      assert.is_true(#ends[1] > 0)
      assert.equal(ends[1], ends[2])
    end
  end)

  it("is refused before its first step when something cannot be saved", function()
    write("odd.lua", [[
      local T = require "teasel"
      T.run.train{config = T.run.config{steps = 1}, state = {x = T.ones{1}, f = {print}},
        step = function() print "a step" end}
    ]])
    local text, status = try("odd.lua", "--run odd")
    assert.equal(1, status)
    assert.matches("not saved, state/f/1 is a function", text, 1, true)
    assert.is_nil(text:find("a step", 1, true))
  end)

  it("is not resumed by a state that lacks some of it, and stays as it was", function()
    write("two.lua", [[
      local T = require "teasel"
      local config = T.run.config{steps = 3, lack = false}
      local state = {a = T.ones{2}, b = not config.lack and T.ones{3} or nil, c = "x"}
      local r = T.run.train{config = config, state = state, step = function() return {loss = 1} end}
      print("done", r.step)
    ]])
    assert.matches("done\t3", (try("two.lua", "--run two")))
    local source <close> = io.open(folder .. "/two.lua")
    write("two.lua", (source:read("a"):gsub("b = not", "d = not"):gsub('"x"', "nil")))
    local text, status = try("two.lua", "--run two --resume --changed --steps 5")
    assert.equal(1, status)
    assert.matches("does not fit the state: the file lacks 'state/d'; the state lacks 'state/b', "
      .. "'state/c'", text, 1, true)
    assert.same({"00000000.h5", "00000003.h5", "best.h5"},
      require "teasel.core".system.list(folder .. "/two/checkpoints"))
  end)
end)

describe("a checkpoint of the first format", function()
  -- as the program wrote them before paths told kinds of keys apart
  local function old(arrays, plain)
    local out <close> = require "teasel.core".file.store()
    for name, x in pairs(arrays) do
      assert(out:array(name, NUMBER, x:shape(), x:data()))
    end
    assert(out:text("note", json.encode{note = {step = 3}, plain = plain}))
    assert(out:save(path))
  end

  it("still opens, and leaves what it never held as it was", function()
    old({["state/params/1/weight"] = T.ones{2}, ["state/adam/slots/1/1/weight"] = T.ones{2} * 2},
      {["adam/t"] = {"4"}, ["adam/rate"] = {"0x1p-1"}, name = "x", on = true})
    local stream = T.stream(9)
    local adam = T.optim.rmsprop{lr = 1}
    local state = {params = {{weight = T.zeros{2}}}, adam = adam:init{{weight = T.zeros{2}}},
      name = "", on = false, stream = stream, none = {}}
    state.adam.rate = 0
    local note, restore = assert(checkpoint.read(path))
    restore(state)
    assert.equal(3, note.step)
    assert.equal(told{params = {{weight = T.ones{2}}}, name = "x", on = true, stream = T.stream(9),
      none = {}, adam = {t = 4, rate = 0.5, slots = {{{weight = T.ones{2} * 2}}},
      optimizer = adam.text}}, told(state))
  end)

  it("is refused where two keys of the state had one name in it, or something lacks", function()
    old({["state/w"] = T.ones{1}}, {["seen/3"] = {"10"}})
    assert.matches("'seen/3' stands for two keys",
      problem_of{w = T.zeros{1}, seen = {[3] = 0, ["3"] = 0}}, 1, true)
    assert.matches("the file lacks 'n'; the state lacks 'seen/3', 'state/w'",
      problem_of{n = 1}, 1, true)
  end)

  it("is told from those of formats to come", function()
    local out <close> = require "teasel.core".file.store()
    assert(out:text("note", '{"format": 3, "note": {}, "plain": {}}'))
    assert(out:save(path))
    local note, message = checkpoint.read(path)
    assert.is_nil(note)
    assert.matches("format 3, this program reads 1 and 2", message, 1, true)
  end)
end)

describe("JSON", function()
  it("gives floats back with all bits, integers as integers", function()
    local values = {0.1, 1 / 3, 0.1 + 0.2, 3.0, -0.0, 5e-324, 1e300, 2^53 + 2, 2.0^63, 1 / 0,
      -1 / 0,
      3, math.maxinteger, math.mininteger}
    assert.equal(told(values), told(setmetatable(json.decode(json.encode(values)), nil)))
    assert.equal('{"a":[0.1,3.0,3,null],"b":{"x":0.30000000000000004}}', json.encode(
      {a = {0.1, 3.0, 3, 0 / 0}, b = {x = 0.1 + 0.2}}, {keyorder = {"a", "b"}}))
  end)
end)

describe("an optimizer's slots", function()
  local optim = T.optim

  local function state_of(o) return {params = {T.ones{2}}, o = o:init{T.ones{2}}} end

  it("are refused by another optimizer, or other settings, when they are read", function()
    local cases = {
      {optim.momentum{lr = 1}, optim.rmsprop{lr = 1}},
      {optim.rmsprop{lr = 1}, optim.adagrad{lr = 1}},
      {optim.adam{lr = 1}, optim.adamw{lr = 1}},
      {optim.adam{lr = 1}, optim.adam{lr = 1, b1 = 0.5}},
      {optim.sgd{lr = 1}, optim.sgd{lr = 1, l2 = 1e-5}},
    }
    for _, case in ipairs(cases) do
      assert(checkpoint.save(path, state_of(case[1]), {}))
      local message = problem_of(state_of(case[2]))
      assert.is_truthy(message:find(("state/o/optimizer is %s, wanted %s: the slots"):format(
        case[1].text, case[2].text), 1, true), message)
    end
  end)

  it("are not asked whose they are where a run is only opened", function()
    local state = state_of(optim.adam{lr = 1, b2 = 0.9})
    state.params[1] = T.full({2}, 7)
    assert(checkpoint.save(path, state, {}))
    local other = state_of(optim.adam{lr = 1})
    opening[1] = {}
    local _, restore = checkpoint.read(path)
    local ok, message = pcall(restore, other)
    opening[1] = nil
    assert.is_true(ok, message)
    assert.equal(state.params[1]:data(), other.params[1]:data())
    assert.error_matches(function() restore(state_of(optim.adam{lr = 1})) end, "another optimizer")
  end)

  it("are refused by another optimizer in its update and its step", function()
    local p, g = {T.ones{2}}, {T.ones{2}}
    for _, name in ipairs{"update", "step"} do
      local rmsprop = optim.rmsprop{lr = 1}
      local foreign = optim.adagrad{lr = 1}:init(p)
      assert.error_matches(function() rmsprop[name](rmsprop, p, g, foreign) end,
        "got slots of adagrad{eps = 1e-10, initial = 0.0, l2 = 0.0}, wanted those of rmsprop", 1,
        true)
    end
  end)

  it("go with another learning rate", function()
    assert(checkpoint.save(path, state_of(optim.adam{lr = 1}), {}))
    local _, restore = checkpoint.read(path)
    restore(state_of(optim.adam{lr = function() return 0.5 end}))
  end)
end)
