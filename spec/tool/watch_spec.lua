-- Watching a training in another process.

local T = require "teasel"
local core = require "teasel.core"
local scratch = require "spec.scratch"
local watch = require "teasel.tool.watch"

local folder = scratch.make()
assert(core.system.folder(folder .. "/figures"))

local function write(name, text) return scratch.write(folder, name, text) end

local function look(words)
  return scratch.shell(".", ("TEASEL_IMAGE=plain build/teasel watch %s %s"):format(folder, words))
end

describe("watching a run", function()
  teardown(function() scratch.remove(folder) end)

  before_each(function()
    write("config.json", '{"steps": 30}')
    write("log.jsonl", '{"step": 10, "seconds": 1, "loss": 4, "kl": 1, "units": [1, 2]}\n'
      .. '{"step": 20, "seconds": 2, "loss": 2.5, "kl": 2, "units": [1, 2]}\n'
      .. '{"step": 30, "seco')   -- in the making
    write("script.lua", "error 'executed'")
  end)

  it("reads the whole lines of its log and executes nothing", function()
    local text, series, figure, ended = watch.look(folder)
    assert.equal(folder .. ": step 20 of 30, 2 s\nkl 2, loss 2.5", text)
    assert.same({{name = "loss", x = {10, 20}, y = {4, 2.5}}}, series)
    assert.is_nil(figure)
    assert.is_false(ended)
    series = select(2, watch.look(folder, "kl,loss"))
    assert.same({1, 2}, series[1].y)
    assert.same({4, 2.5}, series[2].y)
  end)

  it("waits for a log, and knows the last step", function()
    write("log.jsonl", "")
    assert.matches("no line in its log yet", (watch.look(folder)))
    write("log.jsonl", '{"step": 30, "loss": 4}\n')
    local _, series, _, ended = watch.look(folder)
    assert.is_nil(series)
    assert.is_true(ended)
  end)

  it("prints the curves and the figure, and ends with the run", function()
    T.canvas.new{width = 4, height = 4}:save(folder .. "/figures/traversal.png")
    local text, status = look "--once"
    assert.equal(0, status)
    assert.matches("step 20 of 30.*loss.*@@@@\n@@@@\n$", text)
    write("log.jsonl", '{"step": 20, "loss": 4}\n{"step": 30, "loss": 3}\n')
    text, status = look ""
    assert.equal(0, status)
    assert.matches("step 30 of 30", text)
    assert.is_nil(text:find "\27")
  end)

  it("refuses what is no term and no run", function()
    assert.matches("%-%-terms: got 'los', wanted some of: kl, loss", (look "--once --terms los"))
    local pipe = assert(io.popen "build/teasel watch /no/where 2>&1")
    assert.equal("teasel: watch: there is no folder /no/where\n", pipe:read "a")
    pipe:close()
  end)
end)
