-- The models of `make bench` take steps, and their flops are counted right; what they cost is
-- measured elsewhere.

local T = require "teasel"
local core = require "teasel.core"
local models = require "spec.bench.models"
local profile = require "spec.bench.profile"

-- multiply-adds for one image of each layer, as the papers describe them, in order
local LAYERS = {
  fc = {4096 * 1200, 1200 * 1200, 1200 * 10, 1200 * 10,
    10 * 1200, 1200 * 1200, 1200 * 1200, 1200 * 4096},
  conv = {32 * 32 * 16 * 32, 16 * 16 * 16 * 32 * 32, 8 * 8 * 16 * 32 * 32, 4 * 4 * 16 * 32 * 32,
    512 * 256, 256 * 256, 256 * 10, 256 * 10, 10 * 256, 256 * 256, 256 * 512,
    4 * 4 * 16 * 32 * 32, 8 * 8 * 16 * 32 * 32, 16 * 16 * 16 * 32 * 32, 32 * 32 * 16 * 32},
}

-- of a step: forward, then the derivatives in the weights and, but for the first layer, in its
-- operand
local function step_flops(layers, images)
  local sum = -layers[1]
  for _, n in ipairs(layers) do sum = sum + 3 * n end
  return 2 * images * sum
end

local function rows_of(f)
  core.profile(true)
  f()
  return profile.rows(core.profile(false), 1)
end

describe("a model of the bench", function()
  for _, name in ipairs(T.tree.keys(models)) do
    it("takes a step: " .. name, function()
      local model = models[name](2)
      local x = T.stream(2):uniform(model.images, 0, 1)
      local before = model.probe(x):item()
      assert.equal(before, model.probe(x):item())
      local rows = rows_of(function() model.step(T.stream(1), x) end)
      assert.not_equal(before, model.probe(x):item())
      local updates, products = 0, 0
      for _, row in ipairs(rows) do
        if row.op == "update" then updates = updates + row.calls end
        if row.flops > 0 then products = products + row.calls end
      end
      assert.is_true(updates > 0 and products > updates // 2)
      if LAYERS[name] then
        assert.equal(step_flops(LAYERS[name], 2), (profile.total(rows, "flops")))
      end
    end)
  end
end)

describe("the flops of the bench", function()
  it("are those of every op that is a product", function()
    local known = {}
    for _, op in ipairs(core.op.registry()) do
      known[op.name] = true
      if op.name:find "conv" or op.name:find "matmul" or op.name:find "linear" then
        assert.is_function(profile.flops[op.name], op.name)
      end
    end
    for name in pairs(profile.flops) do assert.is_true(known[name], name) end
  end)

  it("of a product of matrices are right with transposed ones and stacks", function()
    local CASES = {
      {{3, 4}, {4, 5}, false, false, 1}, {{4, 3}, {4, 5}, true, false, 1},
      {{3, 4}, {5, 4}, false, true, 1}, {{2, 7, 3, 4}, {4, 5}, false, false, 14},
      {{7, 3, 4}, {7, 4, 5}, false, false, 7}, {{3, 4}, {7, 5, 4}, false, true, 7},
    }
    for _, case in ipairs(CASES) do
      local a, b, ta, tb, count = table.unpack(case)
      local rows = rows_of(function() T.matmul(T.ones(a), T.ones(b), ta, tb) end)
      assert.equal(2 * 3 * 4 * 5 * count, (profile.total(rows, "flops")))
    end
  end)
end)
