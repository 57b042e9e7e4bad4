-- The models of `make bench` take steps; what they cost is measured elsewhere.

local T = require "teasel"
local core = require "teasel.core"
local models = require "spec.bench.models"

describe("a model of the bench", function()
  for _, name in ipairs(T.tree.keys(models)) do
    it("takes a step: " .. name, function()
      local step = models[name](2)
      core.profile(true)
      step(T.stream(1))
      local updates, products = 0, 0
      for _, row in ipairs(core.profile(false)) do
        if row.op == "update" then updates = updates + 1 end
        if row.op == "matmul" or row.op:match "^conv" then products = products + 1 end
      end
      assert.is_true(updates > 0 and products > updates // 2)
    end)
  end
end)
