-- Surfaces: what lies between samples on a chart.

local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local file = require("teasel.core").file
local scratch = require "spec.scratch"

local folder = scratch.make()
local function at(name) return folder .. "/" .. name end

teardown(function() scratch.remove(folder) end)

describe("a surface", function()
  -- over logarithmic axes: log x - log y / 2, from 0 to 1
  local function rows()
    return {{y = 100, x = {10, 100}, value = {0, 1}}, {y = 1, x = {1, 10}, value = {0, 1}}}
  end

  it("is linear between the samples, also of rows that are shifted, and empty around", function()
    assert(chart.panels(at "surface.png", {kind = "surface", rows = rows(), map = "grey",
      x = {log = true}, y = {log = true}, series = {{name = "middle", x = {10 ^ 0.5, 10 ^ 1.5},
      y = {1, 100}}}}))
    local inside, outside, samples = 0, 0, {}
    for x, y, value in file.read(at "surface.csv"):gmatch "\n([^,]+),([^,]+),,,([^,]*)," do
      local wanted = math.log(x, 10) - math.log(y, 10) / 2
      local ends = math.log(y, 10) < -1e-9 or math.log(y, 10) > 2 + 1e-9
      if value == "nan" then
        assert.is_true(ends or wanted < 1e-9 or wanted > 1 - 1e-9, x .. " " .. y)
        outside = outside + 1
      elseif value ~= "" then
        assert.is_true(math.abs(tonumber(value) - wanted) < 1e-6, x .. " " .. y)
        inside = inside + 1
      end
      if outside + inside > 96 * 64 then samples[#samples + 1] = ("%g %g"):format(x, y) end
    end
    assert.is_true(inside > 1500 and outside > 1500)
    assert.are.same({"1 1", "10 1", "10 100", "100 100"}, samples)
    -- the curve lies over it, all along the line of 0.5
    local m, blue = assert(canvas.read(at "surface.png")), 0
    for pixel in m.data:gmatch "..." do
      if pixel == "\x00\x72\xb2" then blue = blue + 1 end
    end
    assert.is_true(blue > m.height)
  end)

  for what, case in pairs{
    ["one row"] = {function(r) r[2] = nil end, "got 1 rows, wanted 2 or more"},
    ["a place too few"] = {function(r) r[2].x[2] = nil end,
      "row 2 of the surface: got 1 places and 2 values"},
    ["places in another order"] = {function(r) r[1].x = {9, 3} end,
      "row 1 of the surface: got 3 as place 2, wanted one above the last"},
    ["a place of 0 on a logarithmic axis"] = {function(r) r[2].x[1] = 0 end,
      "got 0 as place 1, wanted one above the last and above 0"},
    ["two rows in one place"] = {function(r) r[2].y = 100 end, "got two rows of one y"},
    ["a row without values"] = {function(r) r[1].value = nil end,
      "wanted {x = list, y = number, value = list}"},
  } do
    it("refuses " .. what, function()
      local wrong = rows()
      case[1](wrong)
      assert.error_matches(function()
        chart.panels(at "surface.png", {kind = "surface", rows = wrong, x = {log = true}})
      end, case[2], 1, true)
    end)
  end
end)
