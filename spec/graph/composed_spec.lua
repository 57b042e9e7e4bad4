-- What is put together in Lua and can be differentiated, under the tests of the ops: see
-- spec/rows/composed.lua.

local check = require "spec.check"
local core = require "teasel.core"
local rows = require "spec.rows.composed"

for _, row in ipairs(rows) do
  describe(("%s, %s:"):format(row.op, row.title), function()
    it("the value is that of the definition", function() assert(check.value(row)) end)

    if core.double then
      it("the gradient is that of differences", function() assert(check.gradient(row)) end)

      it("the second gradient is that of differences", function() assert(check.second(row)) end)
    end

    it("memory is back after failed allocations", function() assert(check.memory(row)) end)
  end)
end
