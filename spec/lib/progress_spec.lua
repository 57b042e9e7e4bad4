local core = require "teasel.core"
local progress = require "teasel.lib.progress"

describe("the line of progress", function()
  local terminal, stderr = core.system.terminal, io.stderr
  after_each(function() core.system.terminal, io.stderr = terminal, stderr end)

  -- what is drawn at the end of 400 steps on a terminal of so many columns
  local function line(columns, text)
    local said = ""
    core.system.terminal = function() return columns end
    io.stderr = {write = function(_, ...) said = said .. table.concat({...}) end}
    progress(400, 0):show(400, text, true)
    return said:match "^\r(.*)\27%[K\n$"
  end

  local TERMS = "kl 0.01884  loss 569.1  reconstruction 569.114"

  it("shows the terms that there is room for, and none in part", function()
    local whole = line(200, TERMS)
    assert.matches("^%[#+%] 400/400  [%d.]+ steps/s  ETA 0:00  kl 0.01884  loss 569.1  "
      .. "reconstruction 569.114$", whole)
    local seen = {}
    for columns = 20, 160 do
      local said = line(columns, TERMS)
      assert(#said < columns)
      local ending = said:match "ETA 0:00(.*)$"
      if ending then
        assert.equal(ending, ("  " .. TERMS):sub(1, #ending))
        assert.matches("^$", ("  " .. TERMS):sub(#ending + 1, #ending + 1):gsub(" ", ""))
        seen[#ending] = true
      end
    end
    assert.same({[0] = true, [12] = true, [24] = true, [48] = true}, seen)
  end)

  it("cuts an item where there is no room for it alone", function()
    assert.equal(9, #line(10, TERMS))
  end)
end)

describe("a data set that is watched", function()
  local system, kept, now, text = core.system, {}, 0, ""

  setup(function()
    kept.now, kept.terminal, kept.stderr = system.now, system.terminal, io.stderr
    system.now = function() return now end
    system.terminal = function() return 80 end
    io.stderr = {write = function(_, ...) text = text .. table.concat{...} end}
  end)

  teardown(function()
    system.now, system.terminal, io.stderr = kept.now, kept.terminal, kept.stderr
  end)

  it("counts images when whoever got them comes again, so that the rate is theirs", function()
    local set = {count = function() return 5 end, each = function()
      local batches = {{1, 2, 3}, {4, 5}}
      return function() return table.remove(batches, 1) end
    end}
    local seen = {}
    for images in progress.watched(set):each(3) do
      seen[#seen + 1] = #images
      now = now + 2 * #images   -- what is done with them takes two seconds for each
    end
    assert.same({3, 2}, seen)
    local lines = {}
    for line in text:gmatch "[^\r\n]+" do lines[#lines + 1] = line:match "%d+/%d+.*represented" end
    assert.same({"3/5  2.0 s each  ETA 0:04  represented",
      "5/5  2.0 s each  ETA 0:00  represented"}, lines)
  end)
end)
