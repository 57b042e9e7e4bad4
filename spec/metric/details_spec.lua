local T = require "teasel"
local details = require "teasel.metric.lib.details"

describe("the details of a score", function()
  it("are printed a line for each, numbers to four digits, a matrix by rows", function()
    assert.equal(table.concat({
      "matrix      1.386  0.01123",
      "                0    -12.5",
      "n         200",
      "names     a  b",
      "nothing   none",
      "settings  bins  20",
      "          rows  1  2",
    }, "\n"), tostring(details{matrix = {{1.3862, 0.011234}, {0, -12.5}}, n = 200,
      names = {"a", "b"}, nothing = {}, settings = {bins = 20, rows = {1, 2}}}))
  end)

  it("have no sign where they are no number", function()
    assert.equal("a  nan\nb  nan", tostring(details{a = 0 / 0, b = -(0 / 0)}))
  end)

  it("are cut where there are many of them", function()
    local many = {}
    for i = 1, 99 do many[i] = i end
    assert.matches("^many +1 .* 12  ... %(99 in all%)$", tostring(details{many = many}))
  end)

  it("of every metric are such, and are saved as what they hold", function()
    local y = T.stream(1):integers({100, 2}, 1, 3)
    local _, found = T.metric.mig(y, y)
    assert.matches("\nn +100\n", tostring(found))
    local path = os.tmpname() .. ".h5"
    assert(T.save(path, found))
    local again = T.load(path)
    os.remove(path)
    os.remove(path:sub(1, -4))
    assert.same(found.matrix, again.matrix)
    assert.is_nil(getmetatable(again))
  end)
end)
