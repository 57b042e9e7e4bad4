-- Plants faults in the derivatives and asks whether the spec rows notice:
--   TEASEL_BUILD=build/double lua5.4 spec/faults.lua [op ...]
-- Every op inside every vjp is in turn flipped in sign and dropped (set to zero); then the rows of
-- that vjp's op must fail a gradient check. Prints the survivors, and as its last line
-- "N planted, N caught"; the status is 1 if any survived.

local build = os.getenv "TEASEL_BUILD" or "build/double"
package.path = "./?.lua;lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = build .. "/lib/?.so;" .. package.cpath

local core = require "teasel.core"
local check = require "spec.check"
local rows = require "spec.rows"

if not core.double then
  io.stderr:write("faults: got the build '", build, "', wanted one in double precision\n")
  os.exit(2)
end

local MODES = {"flipped", "dropped"}

-- the rows of an op whose gradients are checked
local function rows_of(op)
  local list = {}
  for _, row in ipairs(rows) do
    if row.op == op and not row.values then list[#list + 1] = row end
  end
  return list
end

-- How many ops run inside the vjp of operand k, in the row where they are most.
local function count(op, k, list)
  local most = 0
  for _, row in ipairs(list) do
    core.op.fault(op, k, 0, 0)
    assert(check.gradient(row))  -- a row that fails anyway would catch everything
    most = math.max(most, core.op.fault())
  end
  return most
end

-- Whether some row fails; the row that caught the last fault is asked first.
local function caught(list)
  for i, row in ipairs(list) do
    if not (check.gradient(row) and check.second(row)) then
      table.insert(list, 1, table.remove(list, i))
      return true
    end
  end
  return false
end

local wanted = {}
for _, name in ipairs(arg) do wanted[name] = true end

local planted, found = 0, 0
for _, op in ipairs(core.op.registry()) do
  local list = rows_of(op.name)
  -- an op that takes a list has as many operands as its longest row
  local operands = 0
  for _, row in ipairs(list) do operands = math.max(operands, #row.inputs) end
  for k = 1, not op.flat and (next(wanted) == nil or wanted[op.name]) and operands or 0 do
    for n = 1, count(op.name, k, list) do
      for mode, done in ipairs(MODES) do
        planted = planted + 1
        core.op.fault(op.name, k, n, mode)
        local ok = caught(list)
        core.op.fault()
        if ok then
          found = found + 1
        else
          print(("survived: %s, operand %d, op %d of its vjp %s"):format(op.name, k, n, done))
        end
      end
    end
  end
end

print(("%d planted, %d caught"):format(planted, found))
os.exit(planted == found and planted > 0)
