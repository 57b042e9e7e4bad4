-- scores.json: what a script and its reports scored, side by side, of one step.

local T = require "teasel"
local json = require "dkjson"
local scratch = require "spec.scratch"
local score_file = require "teasel.run.score_file"

describe("scores.json", function()
  local folder, said

  before_each(function() folder, said = scratch.make(), {} end)
  after_each(function() scratch.remove(folder) end)

  -- what is there behind a write
  local function written(step, scores)
    local stream = io.stderr
    io.stderr = {write = function(_, ...) said[#said + 1] = table.concat{...} end}
    local ok, message = pcall(score_file.write, folder, step, scores)
    io.stderr = stream
    assert(ok, message)
    assert.equal(folder .. "/scores.json", message)
    return json.decode(scratch.read(folder, "scores.json"))
  end

  it("has the scores of a script beside those of a report, by their names, of one step", function()
    assert.same({step = 7, dci = 0.5, mig = {value = 1}}, written(7, {dci = 0.5,
      mig = {value = 1}}))
    assert.same({step = 7, dci = 0.5, mig = 2, sap = 3}, written(7, {mig = 2, sap = 3}))
    assert.same({step = 8, sap = 4}, written(8, {sap = 4}))
    assert.same({step = 6, sap = 5}, written(8, {step = 6, sap = 5}))
    assert.same({}, said)
  end)

  it("has tensors as numbers", function()
    assert.same({step = 1, a = 2.5, b = {{1, 2}, {3, 4}}, c = {d = {5}}}, written(1, {
      a = T.tensor(2.5), b = T.tensor{{1, 2}, {3, 4}}, c = {d = T.tensor{5}}}))
  end)

  it("names what is not finite", function()
    local found = written(1, {a = 0 / 0, b = {1, math.huge}, c = T.tensor{1, 0 / 0}, d = 1})
    assert.equal(1, found.d)
    assert.is_nil(found.a)
    assert.same({1, math.huge}, found.b)
    assert.same({folder .. "/scores.json: not finite: a, b.2, c.2\n"}, said)
    -- and stays so when others join it
    score_file.write(folder, 1, {e = 2})
    local _, nulls = scratch.read(folder, "scores.json"):gsub("null", "")
    assert.equal(2, nulls)
  end)

  it("stays as it was where a score is none", function()
    written(1, {a = 1})
    for value, got in pairs{[print] = "function", [T.stream(1)] = "userdata"} do
      assert.error_matches(function() score_file.write(folder, 1, {b = {value}}) end,
        ("run:scores: 'b.1': got a %s, wanted numbers, strings, booleans, "):format(got), 1, true)
    end
    assert.same({step = 1, a = 1}, json.decode(scratch.read(folder, "scores.json")))
  end)
end)
