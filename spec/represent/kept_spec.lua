-- What is kept on disk and taken again: codes and scores of a run. Each is kept under all that it
-- depends on, and made again where one of these is another.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local digest = require "teasel.represent.digest"
local encoding = require "teasel.represent.encoding"
local score = require "teasel.report.score"
local space = require "teasel.data.space"
local scratch = require "spec.scratch"

local folder

local function write(name, text)
  local f = assert(io.open(folder .. "/" .. name, "wb"))
  f:write(text)
  f:close()
end

before_each(function()
  folder = scratch.make()
end)

after_each(function() scratch.remove(folder) end)

describe("codes of a run are kept, and made again with", function()
  local grid = space{names = {"a", "b"}, sizes = {3, 4}}
  local images = grid:enumerate()

  -- how often `represent` was called for the codes; a hook counts, so that it holds nothing new
  local function calls(r, set, represent)
    local n, info = 0, debug.getinfo
    debug.sethook(function()
      if info(2, "f").func == represent then n = n + 1 end
    end, "c")
    encoding.of(r, set, represent, "represent")
    debug.sethook()
    return n
  end

  local function new_set(x, names)
    return space.set(space{names = names or {"a", "b"}, sizes = {3, 4}},
      function(index) return x:take(index) end)
  end

  local function same(x) return x * 2 end

  local function scaled(by) return function(x) return x * by end end

  local function through(f) return function(x) return f(x) + 1 end end

  -- what changes: r, set, represent before; and after
  local cases = {
    {"a tensor of the state, whatever its name",
      {state = {net = {w = T.ones{2}}}}, {state = {net = {w = T.zeros{2}}}}},
    {"a tensor of another name", {state = {a = T.ones{2}, b = T.ones{2}}},
      {state = {a = T.ones{2}, c = T.ones{2}}}},
    {"a tensor of another shape", {state = {T.ones{2, 3}}}, {state = {T.ones{3, 2}}}},
    {"a number in the state", {state = {temperature = 1.0}}, {state = {temperature = 0.5}}},
    {"an optimizer's slots", {state = {params = {}, adam = {m = T.ones{1}}}},
      {state = {params = {}, adam = {m = T.zeros{1}}}}},
    {"a setting of the run", {config = {mode = "mean"}}, {config = {mode = "sample"}}},
    {"other images, of which the set does not tell", {set = new_set(images)},
      {set = new_set(images + 1)}},
    {"one other image", {set = new_set(images)},
      {set = new_set(T.concat{images:slice(1, 1, 11), images:slice(1, 12, 12) + 1})}},
    {"other factors of the same images", {set = new_set(images)},
      {set = new_set(images, {"a", "c"})}},
    {"another function", {represent = scaled(1)}, {represent = function(x) return x + 1 end}},
    {"a number that the function holds", {represent = scaled(2)}, {represent = scaled(3)}},
    {"a tensor that the function holds, which is not in the state",
      {represent = scaled(T.tensor{1, 2})}, {represent = scaled(T.tensor{1, 3})}},
    {"a function that the function calls", {represent = through(same)},
      {represent = through(function(x) return x * 3 end)}},
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local function try(change)
        return calls({dir = folder, state = change.state or {}, config = change.config},
          change.set or new_set(images), change.represent or same)
      end
      assert.equal(1, try(case[2]))
      assert.equal(0, try(case[2]))
      assert.equal(1, try(case[3]))
      assert.equal(0, try(case[3]))
    end)
  end

  it("another script, and another library", function()
    local r = {dir = folder, state = {}}
    write("script.lua", "one")
    assert.equal(1, calls(r, new_set(images), same))
    assert.equal(0, calls(r, new_set(images), same))
    write("script.lua", "two")
    assert.equal(1, calls(r, new_set(images), same))
    local library = digest.library
    digest.library = function() return "another" end
    local n = calls(r, new_set(images), same)
    digest.library = library
    assert.equal(1, n)
  end)

  it("the same, whatever says how long the run goes and where it is", function()
    local function key(config)
      return encoding.key({dir = folder, state = {}, config = config}, new_set(images),
        function(x) return x * config.beta end)
    end
    assert.equal(key{beta = 1, run = "a", steps = 3, resume = true, threads = 2},
      key{beta = 1, run = "b", steps = 4, resume = false, threads = 1})
    assert.not_equal(key{beta = 1, run = "a"}, key{beta = 2, run = "a"})
  end)

  it("every call where the function holds what cannot be told from others", function()
    local pipe = io.stdout
    local function represent(x) return pipe and x end
    local r = {dir = folder, state = {}}
    assert.equal(1, calls(r, new_set(images), represent))
    assert.equal(1, calls(r, new_set(images), represent))
    assert.is_nil((io.open(folder .. "/codes.h5")))
  end)
end)

describe("scores of a run", function()
  local function shell(command)
    local text, status = scratch.shell(folder, command)
    assert.equal(0, status, text)
    return text
  end

  -- MIG as the command line prints it, which takes codes from the run's directory
  local function mig(dir)
    local text = shell(("%s %s/lua/teasel/tool/score.lua %s --metrics mig --resamples 0"):format(
      child.lua, child.root, dir))
    return tonumber(text:match "mig +([%d.]+)")
  end

  local SCRIPT = [[
local T = require "teasel"
local config = T.run.config{steps = 1, scale = 0.0}
local file = assert(io.open("images.bin", "rb"))
local images = T.bytes(file:read "a", {12, 2}):take()
file:close()
local data = T.data.space.set(T.data.space{names = {"a", "b"}, sizes = {3, 4}},
  function(index) return images:take(index) end)
local state = {net = {w = T.tensor{1, config.scale}}}
T.run.train{config = config, state = state, data = data, step = function(k)
  if k > 1 then T.assign(state.net.w, T.ones{2}:data()) end
  return {loss = 1}
end, represent = function(x) return x * state.net.w end}
]]

  local function write_images(good)
    local bytes = {}
    for i = 0, 11 do
      bytes[#bytes + 1] = good and i // 4 * 80 or 7 * i * i % 251
      bytes[#bytes + 1] = good and i % 4 * 60 or 13 * i * i * i % 241
    end
    write("images.bin", string.char(table.unpack(bytes)))
  end

  it("are of its present state and images", function()
    write("script.lua", SCRIPT)
    write_images(true)
    shell(child.lua .. " script.lua --run r")
    assert.equal(0.5, mig "r")
    local kept = assert(io.open(folder .. "/r/codes.h5", "rb")):read "a"
    assert.equal(0.5, mig "r")
    assert.equal(kept, assert(io.open(folder .. "/r/codes.h5", "rb")):read "a")
    shell(child.lua .. " script.lua --run r --resume --steps 2")
    assert.equal(1, mig "r")
    write_images(false)
    assert.is_true(mig "r" < 0.3)
    write_images(true)
    assert.equal(1, mig "r")
  end)

  it("are taken from disk for the same run, options and rows alone", function()
    local function set(x)
      return space.set(space{names = {"a", "b"}, sizes = {3, 4}},
        function(index) return x:take(index) end)
    end
    local images = space{names = {"a", "b"}, sizes = {3, 4}}:enumerate()
    local function opened(w, x)
      return {dir = folder, step = 1, state = {net = T.tensor{w}},
        data = set(x), view = T.view{represent = function(y) return y * w end}}
    end
    local o = {metrics = "mig", resamples = 0, more = {{"mine", "mig", options = {bins = 5}}}}
    score.save(opened(1, images), o)
    write("scores.json", '{"step": 1}')
    local report = score.kept(opened(1, images), o)
    assert.equal(2, #report.metrics)
    assert.is_nil(score.kept(opened(2, images), o))
    assert.is_nil(score.kept(opened(1, images * 2), o))
    o.more[1].options.bins = 6
    assert.is_nil(score.kept(opened(1, images), o))
    o.more[1].options.bins = 5
    assert.is_truthy(score.kept(opened(1, images), o))
    o.more[1][2] = "dcimig"
    assert.is_nil(score.kept(opened(1, images), o))
  end)

  it("of a file are taken from disk for the same file alone", function()
    local function save(factors)
      local out <close> = assert(core.file.export(folder .. "/f.h5"))
      local kind = core.double and "float64" or "float32"
      for i, name in ipairs{"codes", "factors"} do
        assert.equal(i, out:dataset(name, kind, {12, 2}, 0))
      end
      assert(out:rows(1, factors:data()))
      assert(out:rows(2, factors:data()))
      assert(out:close())
    end
    local x = space{names = {"a", "b"}, sizes = {3, 4}}:enumerate()
    local o = {metrics = "mig", resamples = 0}
    save(x)
    score.save(folder .. "/f.h5", o)
    assert.is_truthy(score.kept(folder .. "/f.h5", o))
    save(T.concat({x:slice(2, 2, 2), x:slice(2, 1, 1)}, 2))
    assert.is_nil(score.kept(folder .. "/f.h5", o))
  end)
end)
