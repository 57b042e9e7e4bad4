-- Computations that stop and go on.

local task = require "teasel.tool.explorer.task"

describe("a task of the explorer", function()
  it("goes on from one stop to the next, and says how far it is", function()
    local t = task.new(function(tick)
      local sum = 0
      for i = 1, 3 do
        tick(i - 1, 3)
        sum = sum + i
      end
      return sum
    end)
    assert.is_true(t:is_open())
    for i = 0, 2 do
      assert.is_true(t:work(0))
      assert.same({nil, i, 3}, {t:result()})
    end
    assert.is_false(t:work(0))
    assert.same({6}, {t:result()})
    assert.is_false(t:is_open())
    assert.is_false(t:work(0))
  end)

  it("goes through to the end in the time it is given", function()
    local t = task.new(function(tick)
      for i = 1, 100 do tick(i, 100) end
      return "end"
    end)
    assert.is_false(t:work(1000))
    assert.equal("end", t:result())
  end)

  it("gives its error to whoever asks for its result", function()
    local t = task.new(function(tick)
      tick(0, 1)
      error("no codes", 0)
    end)
    t:work(1000)
    assert.is_false(t:is_open())
    assert.has_error(function() t:result() end, "no codes")
  end)
end)
