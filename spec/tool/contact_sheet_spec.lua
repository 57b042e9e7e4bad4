-- The contact sheet of a data set.

local T = require "teasel"

local space = T.data.space{names = {"a", "b"}, sizes = {3, 25}}
-- the image of a point: two pixels, its codes as greys
local set = T.data.space.set(space, function(index)
  return (space:levels(index) / T.tensor{2, 24}):reshape{#index, 1, 2, 1}
end)

describe("a contact sheet", function()
  it("has a row for each factor, in which it alone goes from end to end", function()
    local seen = {}
    local spy = {space = space, count = set.count, batch = set.batch,
      images = function(_, index)
        seen[#seen + 1] = space:levels(index):table()
        return set:images(index)
      end}
    local sheet = T.contact_sheet(spy, {columns = 5, random = 0})
    assert.is_true(sheet.width > 100)
    assert.same({{{0, 12}, {1, 12}, {2, 12}}, {{1, 0}, {1, 6}, {1, 12}, {1, 18}, {1, 24}}}, seen)
    seen = {}
    T.contact_sheet(spy, {columns = 2, random = 0, middle = {a = 2}})
    assert.same({{0, 12}, {2, 12}}, seen[1])
    assert.same({{2, 0}, {2, 24}}, seen[2])
  end)

  it("shows random images of a set whose factors are not known", function()
    local sheet = T.contact_sheet({count = set.count, images = set.images,
      batch = function(_, ...) return set:batch(...) end}, {random = 0})
    assert.is_true(sheet.height > 30 and sheet.height < 140)
  end)

  it("is a file that one command makes", function()
    local path = os.tmpname()
    local command = "build/teasel contact_sheet %s > /dev/null 2>&1"
    assert.truthy(os.execute(command:format("dsprites " .. path .. " --columns 3 --random 1")))
    local picture = assert(T.canvas.read(path))
    os.remove(path)
    assert.is_true(picture.height > 6 * 64)
    assert.is_falsy(os.execute(command:format "nothing x.png"))
    assert.is_falsy(os.execute(command:format "dsprites"))
  end)
end)
