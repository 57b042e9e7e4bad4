-- How the numbers of axes and of columns are written.

local T = require "teasel"
local axis = require "teasel.plot.axis"

describe("numbers above columns", function()
  local function line(low, high, n)
    return table.concat(axis.written(T.linspace(low, high, n):table()), " ")
  end

  it("have no decimals where they are whole, and as many as tell even steps", function()
    assert.are.equal("1 2 3 4 5 6 7 8 9 10", line(1, 10, 10))
    assert.are.equal("-3.0 -2.3 -1.7 -1.0 -0.3 0.3 1.0 1.7 2.3 3.0", line(-3, 3, 10))
    assert.are.equal("-1.00 -0.78 -0.56 -0.33 -0.11 0.11 0.33 0.56 0.78 1.00", line(-1, 1, 10))
    assert.are.equal("0.5", line(0.5, 0.5, 1))
    assert.are.equal("", table.concat(axis.written{}))
  end)
end)
