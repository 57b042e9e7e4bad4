-- Trainings whose tensors are not in the host's memory (--device; TEASEL_FAR names another than the
-- mirror): a VAE with every objective that there is, and an unrolled InfoGAN with batch norm.

local child = require "spec.child"
local core = require "teasel.core"
local json = require "dkjson"
local scratch = require "spec.scratch"

local PLACE = os.getenv "TEASEL_FAR" or "mirror"

describe("a run's device", function()
  local folder
  setup(function() folder = scratch.make() end)
  teardown(function() scratch.remove(folder) end)

  local function train(options)
    return scratch.shell(folder, ("%s %s/spec/run/shared_training.lua --batch 4 --log 1 %s")
      :format(child.lua, child.root, options))
  end

  -- the last line of a run's log
  local function last(run)
    local line
    for l in scratch.read(folder, run .. "/log.jsonl"):gmatch "[^\n]+" do line = l end
    local terms = json.decode(line)
    terms.seconds = nil
    return terms
  end

  local function near(a, b, name)
    if type(a) == "table" then
      for key, v in pairs(a) do near(v, b[key], name .. "." .. key) end
      return
    end
    local allowed = (core.double and 1e-10 or 1e-4) * math.max(1e-2, math.abs(a))
    assert.is_true(math.abs(a - b) <= allowed,
      ("%s: %.9g, %.9g on the host"):format(name, b, a))
  end

  it("makes no difference but in the last digits, and a run goes on elsewhere #slow", function()
    assert(train "--run host --steps 4":find "^%x+\n$")
    for _, way in ipairs{{PLACE, "host"}, {"host", PLACE}} do
      local name = way[1] .. "_first"
      local text, status = train(("--run %s --steps 2 --device %s"):format(name, way[1]))
      assert.equal(0, status, text)
      text, status = train(("--run %s --steps 4 --resume --device %s"):format(name, way[2]))
      assert.equal(0, status, text)
      assert.equal(4, last(name).step)
      near(last "host", last(name), name)
    end
  end)

  it("is no obstacle to processes that share a batch #slow", function()
    local text, status = train "--run whole --steps 2 --shards 2"
    assert.equal(0, status, text)
    text, status = train "--run cut --steps 2 --shards 2 --device mirror"
    assert.equal(0, status, text)
    near(last "whole", last "cut", "shards")
  end)

  it("is that which was said before, unless the run has one of its own", function()
    local function place(before, options)
      local script = scratch.write(folder, "place.lua", ([[local T = require "teasel"
        T.device "%s"
        T.run.config{steps = 1}
        io.write(T.device(), " ", T.zeros{2}:place())]]):format(before))
      return (scratch.shell(folder, ("%s %s --run at %s"):format(child.lua, script, options)))
    end
    assert.equal("mirror mirror", place("mirror", ""))
    assert.equal("host host", place("mirror", "--device host"))
    assert.equal("mirror mirror", place("host", "--device mirror"))
  end)

  it("that does not exist is refused before anything is read", function()
    local text, status = train "--run none --device mars"
    assert.equal(1, status)
    assert.matches([[device: argument 'name': got the place "mars", wanted "host" or "mirror" or ]]
      .. [["gpu"]], text, 1, true)
  end)

  it("is no GPU where processes are forked, which could not go on with it", function()
    local text, status = train "--run forked --device gpu --shards 2"
    assert.equal(1, status)
    assert.matches("--shards: got 2 with --device gpu, wanted one for each rank, 1 here", text, 1,
      true)
  end)

  it("has no products in half precision yet", function()
    local text, status = train "--run half --device mirror --precision bf16"
    assert.equal(1, status)
    assert.matches("got bf16 with --device mirror, wanted fp32", text, 1, true)
  end)
end)
