-- The commands that make one file of a run and a run of a file.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local scratch = require "spec.scratch"
local tool = require "teasel.tool.pack"

local folder

local function shell(command) return (scratch.shell(folder, command)) end

local function teasel(name, words)
  return shell(("TEASEL_KEY= %s %s/lua/teasel/tool/%s.lua %s"):format(child.lua, child.root, name,
    words))
end

setup(function()
  folder = scratch.make()
  assert(core.file.save(folder .. "/toy.lua", [[
    local T = require "teasel"
    local config = T.run.config{steps = 1}
    local state = {w = T.full({2, 2}, 1 / 3)}
    T.run.train{config = config, state = state,
      view = T.view{represent = function(x) return T.matmul(x:reshape{#x, 2}, state.w) end},
      data = {batch = function(_, stream, n) return stream:uniform{n, 1, 2, 1} end},
      step = function()
        state.w = state.w * 2
        return {loss = 1}
      end}]]))
  assert.equal("", shell(child.lua .. " toy.lua --run runs/toy 2> log; cat log | grep -v step"))
end)

teardown(function() scratch.remove(folder) end)

describe("pack and unpack", function()
  it("make a file of a run, a run of the file, and write over nothing", function()
    assert.matches("^toy%.zip: step 1, 0%.%d+ MB\n$", teasel("pack", "runs/toy/"))
    assert.matches("toy.zip is there already, give another", teasel("pack", "runs/toy"))
    assert.equal("toy: step 1 of toy; build/teasel repl toy opens it\n",
      teasel("unpack", "toy.zip"))
    assert.matches("toy: is there already", teasel("unpack", "toy.zip"))
    assert.equal(scratch.read(folder, "runs/toy/script.lua"),
      scratch.read(folder, "toy/script.lua"))
  end)

  it("say by how much half precision changes what the view gives", function()
    local words = "runs/toy --half --out h.zip"
    assert.matches("may not be yours: .* give %-%-trust", teasel("pack", words))
    local text = teasel("pack", words .. " --trust")
    local error = math.abs(core.archive.unpack(core.archive.pack(T.full({1}, 2 / 3), "<f2"), "<f2",
      {1}):item() - 2 / 3)
    local mean, most = text:match "changes codes by (%S+) on average, (%S+) at most %(their st"
    assert.is_true(tonumber(mean) < tonumber(most) and tonumber(most) < 2.05 * error, text)
    assert.equal("half precision changes images by 0.25 on average, 0.5 at most "
      .. "(pixels are in 0..1)",
      tool.change({images = T.tensor{0, 1}}, {images = T.tensor{0, 0.5}}))
  end)

  it("say which modules and files the script loads that are not in the file", function()
    local own = [[
      local T, mine = require "teasel", require "own"   -- and no require "other" of a comment
      require("teasel.metric.lib.statistic")
      local words = dofile('words.lua'), require("own"), require "string"
      T.run.train{config = T.run.config{steps = 1}, state = {w = T.zeros{1}}, step = function()
        return {loss = mine}
      end}]]
    for name, text in pairs{own = "return 1", words = "return 2", loading = own} do
      assert(core.file.save(("%s/%s.lua"):format(folder, name), text))
    end
    shell(child.lua .. " loading.lua --run runs/loading 2> log")
    assert.matches("\nnot in it, but loaded by its script, so that whoever opens the run needs "
      .. "them: own, words.lua\n$", teasel("pack", "runs/loading"))
  end)

  it("refuse what is no run and no packed one", function()
    assert.matches("no checkpoint in it", teasel("pack", "runs"))
    assert.matches("wanted one: teasel pack RUN", teasel("pack", ""))
    assert.matches("toy.lua: is no packed run", teasel("unpack", "toy.lua there"))
  end)
end)
