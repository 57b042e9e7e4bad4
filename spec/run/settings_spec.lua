-- Which options of a run can change what it finds.

local T = require "teasel"
local settings = require "teasel.run.settings"

describe("the settings of a run", function()
  it("matter but for where it is, how often it reports, what it keeps and its threads", function()
    for _, name in ipairs{"beta", "data", "precision", "shards", "free_order", "device"} do
      assert.is_true(settings.matters(name), name)
    end
    for _, name in ipairs{"run", "resume", "changed", "log", "checkpoint", "keep", "tensorboard",
      "threads", "help"} do
      assert.is_false(settings.matters(name), name)
    end
  end)

  it("that were given are those that are not as they were written, of every run's too", function()
    local defaults = {beta = 1.0, steps = 5, batch = 4}
    local function given(options)
      return table.concat(settings.given(T.run.config(defaults, nil, options)), " ")
    end
    assert.equal("", given{log = 7, keep = 2, threads = 1, steps = 5})
    assert.equal("beta free_order shards",
      given{shards = 2, beta = 2.0, free_order = true, log = 3})
  end)
end)
