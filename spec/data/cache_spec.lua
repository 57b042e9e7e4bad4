-- The cache of data sets: what is in it is whole, whatever happens to those that make it.

local T = require "teasel"
local cache = require "teasel.data.cache"
local core = require "teasel.core"
local child = require "spec.child"
local expect = require "spec.expect"
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused
local folder, getenv

-- a script whose process keeps 20 slabs of 1024 images, 5 ms a slab; the images of a slab are its
-- number
local SCRIPT = [[
local core = require "teasel.core"
local rows, message = require("teasel.data.cache").keep{name = "slow", key = "k", count = 20480,
  shape = {2, 1, 1}, slab = function(first, last)
    io.open(os.getenv "TEASEL_CACHE" .. "/made", "a"):write("x"):close()
    core.disk.sleep(0.005)
    return string.char(first // 1024):rep(2 * (last - first + 1))
  end}
assert(rows, message)
local whole = {}
for i = 0, 19 do whole[i + 1] = string.char(i):rep(2048) end
io.write(rows:string(1, #rows) == table.concat(whole) and "right" or "wrong")
]]

local function run(after)
  return io.popen(("TEASEL_CACHE='%s' %s '%s/script.lua' 2>>'%s/said' %s"):format(folder, child.lua,
    folder, folder, after or ""))
end

local whole = {}
for i = 0, 19 do whole[i + 1] = string.char(i):rep(2048) end
whole = table.concat(whole)

before_each(function()
  folder = scratch.make()
  getenv = os.getenv
  os.getenv = function(name)
    if name == "TEASEL_CACHE" then return folder end
    return getenv(name)
  end
  local script = io.open(folder .. "/script.lua", "w")
  script:write(SCRIPT)
  script:close()
end)

after_each(function()
  os.getenv = getenv
  scratch.remove(folder)
end)

local function keep(more)
  local o = {name = "few", key = "a", count = 3, shape = {1, 2, 1},
    slab = function(first, last) return ("ab"):rep(last - first + 1) end}
  for name, value in pairs(more or {}) do o[name] = value end
  return cache.keep(o)
end

local function size_of(path)
  local _, size = core.disk.stat(path)
  return size
end

describe("what is cached", function()
  it("is made once, and read in batches from the disk", function()
    local rows = assert(keep())
    near(rows:take(T.tensor{3, 1}) * 255, {{{{97}, {98}}}, {{{97}, {98}}}}, 1e-5)
    assert.same({3, 1, 2, 1}, rows:shape())
    assert.equal("abab", rows:string(2, 3))
    assert.equal("ababab", assert(keep{slab = function() error "made again" end}):string(1, 3))
    assert.equal("bababa", assert(keep{key = "b", slab = function(first, last)
      return ("ba"):rep(last - first + 1)
    end}):string(1, 3))
    assert.equal(2, #cache.list())
  end)

  it("is listed and removed by name", function()
    keep()
    keep{name = "other", key = "b"}
    local list = cache.list()
    assert.same({"few", 3, {1, 2, 1}, 4096 + 6}, {list[1].name, list[1].count, list[1].shape,
      list[1].bytes})
    assert.same({1, 4102}, {cache.remove(list[2].path)})
    assert.same({0, 0}, {cache.remove "other"})
    assert.same({1, 4102}, {cache.remove "few"})
    assert.same({}, cache.list())
  end)

  it("is made again where the file is cut off, or no such file", function()
    keep()
    local path = cache.list()[1].path
    for _, text in ipairs{"", "hello", ("\0"):rep(5000)} do
      local f = io.open(path, "wb")
      f:write(text)
      f:close()
      assert.equal("ababab", assert(keep()):string(1, 3))
    end
    local f = io.open(path, "rb")
    local text = f:read "a"
    f:close()
    for _, other in ipairs{text:sub(1, -2), text .. "x"} do
      f = io.open(path, "wb")
      f:write(other)
      f:close()
      assert.equal("ababab", assert(keep()):string(1, 3))
      assert.equal(4102, size_of(path))
    end
  end)

  it("is nothing where making fails, or what it is made of changes meanwhile", function()
    local function nothing(message, more)
      local rows, got = keep(more)
      assert.is_nil(rows)
      assert.is_truthy(got:find(message, 1, true), got)
      assert.same({"script.lua"}, core.system.list(folder))
    end
    nothing("no such thing", {slab = function() return nil, "no such thing" end})
    local key = "a"
    nothing("few: its files were changed while they were read", {slab = function(first, last)
      key = "changed"
      return ("ab"):rep(last - first + 1)
    end, recheck = function() return key end})
    assert.error_matches(function() keep{slab = function() error "broken" end} end, "broken")
    collectgarbage()
    collectgarbage()
    assert.same({"script.lua"}, core.system.list(folder))
  end)

  it("says that a file was cut off behind its back", function()
    local rows = assert(keep())
    local path = cache.list()[1].path
    io.open(path, "wb"):close()
    assert.error_matches(function() rows:take(T.tensor{1}) end, "changed or cut off meanwhile")
  end)

  it("is whole or not there when its maker is killed, at any moment #slow", function()
    for i = 1, 50 do
      local at = (i * 37 % 50) / 50 * 0.2
      run(("& p=$!; sleep %.3f; kill -9 $p 2>&1; wait $p 2>&1"):format(at)):read "a"
      for _, kept in ipairs(cache.list()) do
        assert.equal(4096 + #whole, kept.bytes)
        assert.equal(whole, core.disk.rows(kept.path, 4096, {20480, 2}):string(1, 20480))
        cache.remove ""
      end
    end
    assert.equal("right", run():read "a")
    assert.equal(1, #cache.list())
  end)

  it("is made by one of two that want it at once; the other waits #slow", function()
    local one, two = run(), run()
    assert.same({"right", "right"}, {one:read "a", two:read "a"})
    assert.equal(20, size_of(folder .. "/made"))
    local said = io.open(folder .. "/said"):read "a"
    assert.matches("slow: another process caches it; waiting", said)
  end)

  it("is read with little memory, however large it is", function()
    local n, side = 4000, 64   -- 16 MB as bytes, 64 MB as reals
    local rows = assert(keep{name = "large", count = n, shape = {side, side, 1},
      slab = function(first, last) return ("\7"):rep((last - first + 1) * side * side) end})
    local set = require("teasel.data.set").new{count = n, shape = {side, side, 1},
      images = function(index) return rows:take(index) end}
    collectgarbage()
    core.mark()
    local before = T.memory().live
    for x in set:each(50) do assert.equal(7, math.floor(x:max():item() * 255 + 0.5)) end
    local more = T.memory().peak - before
    assert.is_true(more < 3 * n * side * side, more)
  end)

  it("wants options that it knows", function()
    refused("cache.keep: got the option 'names'", cache.keep, {names = "x"})
    refused("cache.remove: argument 'name': got nil, wanted a string", cache.remove)
  end)
end)
