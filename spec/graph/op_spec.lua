local check = require "spec.check"
local rows = require "spec.rows"
local core = require "teasel.core"

local registry = {}
for _, op in ipairs(core.op.registry()) do registry[op.name] = op end

describe("the table of spec rows", function()
  it("has rows for every op of the registry", function()
    local missing = {}
    for name in pairs(registry) do missing[name] = true end
    for _, row in ipairs(rows) do missing[row.op] = nil end
    assert.are.same({}, missing)
  end)

  it("has rows for nothing else, each with a title of its own", function()
    local seen = {}
    for _, row in ipairs(rows) do
      local name = row.op .. ", " .. row.title
      assert(registry[row.op], name .. ": no such op")
      assert(not seen[name], name .. ": twice")
      seen[name] = true
    end
  end)

  it("has a gradient checked for every operand of every op", function()
    local checked = {}
    for _, row in ipairs(rows) do
      for k = 1, row.values and 0 or #row.inputs do
        if check.variable(row, k) then checked[row.op .. " " .. k] = true end
      end
    end
    for name, op in pairs(registry) do
      for k, arg in ipairs(op.args) do
        if arg.kind == "tensor" and not op.flat then
          assert(checked[name .. " " .. k], ("%s: no row varies %s"):format(name, arg.name))
        end
      end
    end
  end)
end)

for _, row in ipairs(rows) do
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
    for _, row in ipairs(rows) do assert(check.order(row)) end
  end)
end)
