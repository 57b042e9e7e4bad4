-- The tests of one part of the spec rows: require("spec.op_part") "unary". Each part has a file in
-- spec/graph/op and so a process of its own: a collection at every allocation takes longer the more
-- objects there are, and most of them are what busted keeps of the tests before.

local busted = require "busted"
local check = require "spec.check"
local core = require "teasel.core"
local row_part = require "spec.row_part"

local describe, it = busted.describe, busted.it
local registry = {}
for _, op in ipairs(core.op.registry()) do registry[op.name] = op end

return function(part)
  local own = row_part(part)

  for _, row in ipairs(own) do
    local flat = registry[row.op] and registry[row.op].flat

    describe(("%s, %s:"):format(row.op, row.title), function()
      it("the value is that of the definition", function() assert(check.value(row)) end)

      if flat then
        it("nothing is recorded", function() assert(check.flat(row)) end)
      elseif core.double and not row.values then
        it("the gradient is that of differences", function() assert(check.gradient(row)) end)

        it("the second gradient is that of differences", function() assert(check.second(row)) end)
      end

      if not flat and not row.values then
        it("the gradients are the same when only the graph holds the operands", function()
          assert(check.forgotten(row))
        end)
      end

      it("memory is back after every failed allocation", function() assert(check.memory(row)) end)
    end)
  end

  describe("attributes", function()
    it("mean the same in order as by name", function()
      for _, row in ipairs(own) do assert(check.order(row)) end
    end)
  end)
end
