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

  it("has a file of tests for each of its parts", function()
    for _, row in ipairs(rows) do
      local path = ("spec/graph/op/%s_spec.lua"):format(row.part)
      assert(io.open(path), path .. ": no such file"):close()
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
