-- Tables of many runs: which are found, which of their scores count, where what is made goes.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local file_name = require "teasel.run.file_name"
local scratch = require "spec.scratch"

local summary = T.summary
local folder

local function run(options)
  local pipe = io.popen(("cd '%s' && %s script.lua %s 2>&1"):format(folder, child.lua, options))
  local text = pipe:read "a"
  assert(pipe:close(), text)
end

local function write(path, text)
  local f = assert(io.open(folder .. "/" .. path, "w"))
  f:write(text)
  f:close()
end

setup(function()
  folder = scratch.make()
  write("script.lua", [[
local T = require "teasel"
local config = T.run.config{steps = 1, seed = 1, lr = 0.1}
T.run.train{config = config, state = {w = T.ones{1}}, step = function() return {loss = 1} end}
]])
  for _, dir in ipairs{"my runs/a", "my runs/b", "runs/a-1", "runs/a-2", "runs/ab"} do
    run(("--run '%s' --seed %d"):format(dir, #dir))
  end
end)

teardown(function() scratch.remove(folder) end)

local function dirs(patterns)
  local list = {}
  for i, r in ipairs(summary.open(patterns)) do list[i] = r.dir:sub(#folder + 2) end
  table.sort(list)
  return list
end

describe("a table of runs", function()
  it("has those that the paths name, with spaces in them or between them", function()
    local at = folder .. "/"
    assert.same({"my runs/a", "my runs/b"}, dirs(at .. "my runs/*"))
    assert.same({"my runs/a"}, dirs(at .. "my runs/a"))
    assert.same({"runs/a-1", "runs/a-2"}, dirs(at .. "runs/a-*"))
    assert.same({"runs/a-1", "runs/ab"}, dirs(at .. "runs/a-1 " .. at .. "runs/ab"))
    assert.same({"my runs/a", "runs/a-2", "runs/ab"},
      dirs(("%smy runs/a %sruns/*b  %sruns/a-2"):format(at, at, at)))
    assert.same({"my runs/a", "runs/ab"}, dirs{at .. "my runs/a", at .. "runs/ab"})
    assert.same({"runs/a-1", "runs/a-2", "runs/ab"}, dirs(at .. "runs/a* " .. at .. "runs/*b"))
  end)

  it("says what it cannot find", function()
    local _, message = pcall(function() return (summary.open(folder .. "/nowhere/a*")) end)
    assert.matches("^%S*spec.lua:%d+: summary: '.*/nowhere/a%*': .*No such file", message)
    assert.error_matches(function() summary.open(folder .. "/runs/c*") end, "found no run in")
    assert.error_matches(function() summary.open(folder .. "/runs/a*", {lr = true}) end,
      "with lr = true")
    assert.error_matches(function() summary.open() end, "got nil for the pattern, wanted a text")
  end)

  it("has the scores of a run's last step, and none of an earlier one", function()
    local function scored()
      return summary.open(folder .. "/runs/ab")[1].scored
    end
    assert.is_false(scored())
    write("runs/ab/scores.json", '{"step": 1, "error": 3}')
    assert.equal(3, scored().error)
    run "--run runs/ab --resume --steps 2"
    assert.is_false(scored())
    write("runs/ab/scores.json", '{"step": 2, "error": 4}')
    assert.equal(4, scored().error)
  end)

  it("puts runs into one group whose settings are equal to the last digit", function()
    for i, lr in ipairs{"0.3", "0.30000000000000004", "0.3"} do
      run(("--run near/r-%d --lr %s --seed %d"):format(i, lr, i))
    end
    local groups = summary.groups(summary.open(folder .. "/near/*"))
    assert.same({2, 1}, {#groups[1], #groups[2]})
    assert.same({"lr=0.3", "lr=0.30000000000000004"}, {groups[1].name, groups[2].name})
  end)

  it("has a file of its own for what it was asked", function()
    local at = folder .. "/"
    local function path(patterns, settings)
      return summary.path(summary.open(patterns, settings), "x.txt"):sub(#folder + 2)
    end
    assert.equal("runs/a-x.txt", path(at .. "runs/a-*"))
    assert.equal("runs/a-1/x.txt", path(at .. "runs/a-1"))
    local seen = {}
    for _, patterns in ipairs{{"runs/a-*"}, {"runs/a*"}, {"runs/*"}, {"runs/*a*"}, {"runs/a-1"},
      {"runs/ab"}, {"runs/a-1*"}, {"runs/a-*", "runs/ab"}, {"runs/ab", "runs/a-*"},
      {"runs/a-*", "my runs/a"}, {"runs/a-*", "my runs/*"}, {"my runs/*"}} do
      local paths = {}
      for i, one in ipairs(patterns) do paths[i] = at .. one end
      local p = path(paths)
      assert.is_nil(seen[p], ("%s: %s"):format(table.concat(patterns, " "), p))
      seen[p] = true
    end
    assert.not_equal(path(at .. "near/*"), path(at .. "near/*", {lr = 0.3}))
    assert.not_equal(path(at .. "near/*", {lr = 0.3}), path(at .. "near/*", {seed = 1}))
  end)
end)

describe("a command about runs", function()
  it("says in one line what was wrong with what was typed", function()
    for _, tool in ipairs{"summary", "choose", "beside", "score"} do
      local pipe = io.popen(("cd '%s' && %s %s/lua/teasel/tool/%s.lua runs/none 2>&1"):format(
        folder, child.lua, child.root, tool))
      local text = pipe:read "a"
      assert.is_nil((pipe:close()))
      assert.matches("^[^\n]*runs/none[^\n]*\n$", text)
    end
  end)
end)

describe("the directory of a run that is given none", function()
  it("is its own for each script and value", function()
    local script = [[
local T = require "teasel"
local config = T.run.config{steps = 1, tag = "", lr = 0.1}
T.run.train{config = config, state = {w = T.ones{1}}, step = function() return {loss = 1} end}
]]
    local where = folder .. "/own"
    assert(core.system.folder(where))
    for _, name in ipairs{"a.lua", "a-tag=x.lua"} do write("own/" .. name, script) end
    local calls = {"a.lua --tag 'x y'", "a.lua --tag x_y", "a.lua --tag x/y", "a.lua --tag x",
      "a-tag=x.lua", "a.lua --tag 'x-lr=0.3'", "a.lua --tag x --lr 0.3",
      "a.lua --tag x --lr 0.30000000000000004", "a.lua"}
    for _, call in ipairs(calls) do
      local pipe = io.popen(("cd '%s' && %s %s 2>&1"):format(where, child.lua, call))
      local text = pipe:read "a"
      assert(pipe:close(), text)
    end
    assert.equal(#calls, #core.system.list(where .. "/runs"))
    assert.is_truthy(io.open(where .. "/runs/a-lr=0.3-tag=x/script.lua"))
  end)
end)

describe("the part of a file's name that a value makes", function()
  it("is another for another value", function()
    local seen = {}
    for _, v in ipairs{1, 1.0, "a b", "a_b", "a/b", "a=b", "a%20b", "é", "", 0.3, 0.1 + 0.2, 1 / 3,
      true, 1e300, -1} do
      local name = file_name.escaped(file_name.value(v))
      assert.matches("^[%w.,_+%%-]*$", name)
      assert.is_nil(seen[name], name)
      seen[name] = true
    end
  end)

  it("is the value itself where it is plain", function()
    assert.equal("0.25", file_name.escaped(file_name.value(0.25)))
    assert.equal("posX,posY", file_name.escaped("posX,posY"))
  end)
end)
