-- Charts: ranges and ticks, what is written beside a figure, where the ink is, and hostile texts.

local T = require "teasel"
local axis = require "teasel.plot.axis"
local canvas = require "teasel.plot.canvas"
local chart = require "teasel.plot.chart"
local scratch = require "spec.scratch"

local folder = scratch.make()
local function at(name) return folder .. "/" .. name end


local function slurp(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end


local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end


local function labels(ticks)
  local list = {}
  for _, t in ipairs(ticks) do if t[2] then list[#list + 1] = t[2] end end
  return table.concat(list, " ")
end


-- the colour at a place of the i-th panel, with (0, 0) its lower left and (1, 1) its upper right
-- corner
local function colour_at(name, i, u, v)
  local places = {}
  for side, s in slurp(at(name .. ".gp")):gmatch("set (%a)margin at screen ([%d.]+)") do
    places[#places + 1] = {side, tonumber(s)}
  end
  local m = assert(canvas.read(at(name .. ".png")))
  local l, r, t, b = table.unpack(places, 4 * i - 3, 4 * i)
  assert.are.equal("lrtb", l[1] .. r[1] .. t[1] .. b[1])
  local x = math.floor(m.width * (l[2] + u * (r[2] - l[2])))
  local y = math.floor(m.height * (1 - (b[2] + v * (t[2] - b[2]))))
  local red, green, blue = m.data:byte((y * m.width + x) * 3 + 1, (y * m.width + x) * 3 + 3)
  return ("#%02x%02x%02x"):format(red, green, blue)
end


describe("ticks", function()
  local cases = {
    {0, 1, 400, "0 0.2 0.4 0.6 0.8 1.0"},
    {0, 5000, 400, "0 1000 2000 3000 4000 5000"},
    {-3, 3, 120, "−2 0 2"},
    {0, 300000, 400, "0 50k 100k 150k 200k 250k 300k"},
    {0, 1.2e6, 300, "0 0.2M 0.4M 0.6M 0.8M 1.0M 1.2M"},
    {2e-5, 9e-5, 400, "2×10⁻⁵ 4×10⁻⁵ 6×10⁻⁵ 8×10⁻⁵"},
    {0.113, 0.127, 300, "0.115 0.120 0.125"},
    {99990, 100010, 300, "99990 99995 100000 100005 100010"},
  }
  for _, case in ipairs(cases) do
    local low, high, room, want = table.unpack(case)
    it(("from %g to %g in %d pixels are %s"):format(low, high, room, want), function()
      assert.are.equal(want, labels(axis.ticks({low = low, high = high}, room)))
    end)
  end

  it("of a logarithmic axis are powers of ten, or 1, 2, 5 of few", function()
    assert.are.equal("10⁻² 10⁻¹ 10⁰ 10¹ 10² 10³",
      labels(axis.ticks({low = 0.01, high = 1000, log = true}, 400)))
    assert.are.equal("20 50 100 200", labels(axis.ticks({low = 15, high = 300, log = true}, 400)))
    local far = axis.ticks({low = 1e-150, high = 1e150, log = true}, 300)
    assert.is_true(#far >= 3 and #far < 12)
  end)

  it("are round, inside, few enough and at least two, whatever the range", function()
    for e = -12, 12 do
      for k = 1, 40 do
        local low = (k % 7 - 3) * 10.0 ^ e * 0.37
        local high = low + k * 10.0 ^ (e - k % 3) * 0.113
        local ticks = axis.ticks({low = low, high = high}, 100 + 20 * k, true)
        assert.is_true(#ticks >= 2 and #ticks <= 11)
        for i, t in ipairs(ticks) do
          assert.is_true(t[1] >= low - 1e-5 * (high - low) and t[1] <= high + 1e-5 * (high - low))
          assert.is_true(i == 1 or t[2] ~= ticks[i - 1][2], t[2])
        end
      end
    end
  end)
end)


describe("ranges", function()
  local function range(values, a, margin)
    a = a or {}
    axis.set_range(a, values, margin or 0)
    return {a.low, a.high}
  end

  it("hold what counts", function()
    assert.are.same({-1, 4}, range{4, 0 / 0, -1, 1 / 0, -1 / 0, 1e200})
    assert.are.same({0.5, 4}, range({4, -1, 0, 0.5}, {log = true}))
    assert.are.same({-0.5, 10.5}, range({0, 10}, {}, 0.05))
    assert.are.same({1, 2}, range({7}, {range = {1, 2}}))
  end)

  it("are never empty", function()
    for _, values in ipairs{{}, {0}, {3}, {-3, -3}, {1e-300}, {1, 1 + 1e-15}, {0 / 0}} do
      for _, log in ipairs{false, true} do
        local r = range(values, {log = log}, 0.05)
        assert.is_true(r[1] < r[2])
        assert.is_true(not log or r[1] > 0)
      end
    end
  end)
end)


describe("a figure", function()
  setup(function()
    assert(chart.lines({at "line.png", at "line.svg", at "line.pdf"}, {
      title = "A title", x = {label = "step", range = {0, 1}}, y = {label = "loss", range = {0, 1}},
      series = {{name = "first", x = {0, 1}, y = {0.25, 0.25}, error = {0.1, 0.1}},
        {name = "second", x = {0, 0.5, 1}, y = {0.75, 0 / 0, 0.75}}},
    }))
  end)

  it("is drawn in every format asked for", function()
    assert.are.equal("%PDF", slurp(at "line.pdf"):sub(1, 4))
    local svg = slurp(at "line.svg")
    for _, text in ipairs{"A title", "step", "loss", "first", "second"} do
      assert.is_truthy(svg:find(">%s*" .. text .. "%s*<"), text)
    end
    assert.is_truthy(canvas.read(at "line.png"))
  end)

  it("keeps its data and its commands beside it, and nothing else", function()
    assert.are.equal([[
x,y,lo,hi,value,label,series,panel
0,0.25,0.15,0.35,,,"first","1"
1,0.25,0.15,0.35,,,"first","1"
0,0.75,,,,,"second","1"
0.5,nan,,,,,"second","1"
1,0.75,,,,,"second","1"
]], slurp(at "line.csv"))
    local pipe = io.popen("ls " .. folder)
    local list = pipe:read("a")
    pipe:close()
    assert.are.equal("line.csv\nline.gp\nline.pdf\nline.png\nline.svg\n", list)
  end)

  it("has ink where the data is", function()
    assert.are.equal("#0072b2", colour_at("line", 1, 0.3, 0.25))
    assert.matches("#cce[23][ef][0f]", colour_at("line", 1, 0.3, 0.33))   -- the band: a fifth of it
    assert.are.equal("#ffffff", colour_at("line", 1, 0.3, 0.37))
    assert.are.equal("#ffffff", colour_at("line", 1, 0.3, 0.75))   -- NaN interrupts the second
  end)

  it("is drawn again by its commands, from another place too", function()
    os.execute(("mkdir %s/moved && cp %s/line.gp %s/line.csv %s/moved"):format(folder, folder,
      folder, folder))
    assert.is_true(os.execute(("cd %s/moved && gnuplot -d line.gp && "
      .. "gnuplot -d -e \"figure='line.svg'\" line.gp"):format(folder)))
    assert.are.equal(slurp(at "line.png"), slurp(at "moved/line.png"))
    assert.are.equal(slurp(at "line.svg"), slurp(at "moved/line.svg"))
    os.execute(("rm -r %s/moved"):format(folder))
  end)
end)


describe("a heat map", function()
  it("shows the first row on top, the lowest and the highest value in the end colours", function()
    assert(chart.heat(at "heat.png", {matrix = {{0, 3}, {1.5, 0 / 0}, {3, 0}},
      x = {label = "x"}, y = {label = "y"}}))
    assert.are.equal("#440154", colour_at("heat", 1, 0.25, 5 / 6))
    assert.are.equal("#fde725", colour_at("heat", 1, 0.75, 5 / 6))
    assert.are.equal("#fde725", colour_at("heat", 1, 0.25, 1 / 6))
    assert.are.equal("#440154", colour_at("heat", 1, 0.75, 1 / 6))
    assert.are.equal("#ffffff", colour_at("heat", 1, 0.75, 0.5))   -- NaN
    assert.matches("\n1,2,,,1.5,,,\"1\"\n", slurp(at "heat.csv"))
  end)

  it("shows a point that stands alone, with its band", function()
    local one = {{name = "one", x = {3}, y = {2}, lo = {1}, hi = {3}}}
    assert(chart.lines(at "alone.png", {series = one, x = {range = {2, 4}}, y = {range = {0, 4}}}))
    assert.are.equal("#0072b2", colour_at("alone", 1, 0.5, 0.5))
    assert.are_not.equal("#ffffff", colour_at("alone", 1, 0.5, 0.35))
    assert.matches("#f[c-f]f[c-f]f[c-f]", colour_at("alone", 1, 0.5, 0.1))
    local nan = 0 / 0
    assert(chart.lines(at "alone.png", {x = {range = {0, 8}}, y = {range = {0, 4}}, series = {
      {x = {1, 2, 3, 4, 5, 6}, y = {nan, 2, nan, 2, 2, nan}}}}))
    assert.are.equal("#0072b2", colour_at("alone", 1, 2 / 8, 0.5))
    assert.are.equal("#0072b2", colour_at("alone", 1, 4.5 / 8, 0.5))
    assert.are.equal("#ffffff", colour_at("alone", 1, 3.3 / 8, 0.55))
    -- on a logarithmic axis 0 interrupts a line too
    assert(chart.lines(at "alone.png", {x = {range = {0, 4}}, y = {range = {0.1, 10}, log = true},
      series = {{x = {1, 2, 3}, y = {0, 1, 0}}}}))
    assert.are.equal("#0072b2", colour_at("alone", 1, 0.5, 0.5))
    local x, y = {}, {}
    for i = 1, 200 do x[i], y[i] = i, i % 2 == 0 and 1 or nan end
    assert(chart.lines(at "alone.png", {series = {{x = x, y = y}}, x = {range = {0, 200}},
      y = {range = {0, 2}}}))
    assert.are.equal("#0072b2", colour_at("alone", 1, 0.5, 0.5))
  end)

  it("puts rows and columns at the places asked for", function()
    assert(chart.heat(at "heat.png", {matrix = {{1, 2, 3}, {4, 5, 6}}, x = {range = {-1, 1}},
      y = {range = {10, 0}}}))
    assert.matches("\n%-1,10,,,1,.*\n0,10,,,2,.*\n1,10,,,3,.*\n%-1,0,,,4,", slurp(at "heat.csv"))
  end)

  it("shares one scale of colours in a row, or has its own", function()
    local options = {columns = 2, map = "grey", panels = {
      {title = "a", matrix = {{0, 1}}}, {title = "b", matrix = {{1, 2}}},
      {title = "c", matrix = {{3, 4}}}}}
    local function corner(i) return colour_at("heat", i, 0.75, 0.5) end
    assert(chart.heat(at "heat.png", options))
    assert.are.same({"#ffffff", "#ffffff", "#ffffff"}, {corner(1), corner(2), corner(3)})
    options.share = "row"
    assert(chart.heat(at "heat.png", options))
    assert.are.same({"#808080", "#ffffff", "#ffffff"}, {corner(1), corner(2), corner(3)})
    options.share = "all"
    assert(chart.heat(at "heat.png", options))
    assert.are.same({"#404040", "#808080", "#ffffff"}, {corner(1), corner(2), corner(3)})
  end)

  it("writes numbers as the axes do, and none as less than nothing", function()
    assert(chart.heat({at "signs.svg"}, {matrix = {{-0.001, -0.52, 0.004, 0.5}}, digits = 2,
      map = "diverging"}))
    local said = {}
    for text in slurp(at "signs.svg"):gmatch "<text>%s*([^<]-%d%.%d%d)%s*<" do
      said[#said + 1] = text
    end
    assert.are.same({"0.00", "−0.52", "0.00", "0.50"}, said)
  end)

  it("has white for 0 where the map is diverging", function()
    assert(chart.heat(at "heat.png", {matrix = {{-1, 0, 4}}, map = "diverging", digits = 1}))
    assert.matches("#f[67]f[67]f[67]", colour_at("heat", 1, 0.36, 0.9))
  end)
end)


describe("bars", function()
  it("stand on 0 side by side, with their errors", function()
    assert(chart.bars(at "bars.png", {categories = {"a", "b"}, y = {range = {0, 1}}, series = {
      {name = "s", y = {0.5, 1}, error = {0.2, 0}}, {name = "t", y = {1, 0.5}}}}))
    -- x runs from 0.4 to 2.6: the bars of a stand around 0.8 and 1.2
    local function at_x(x, v) return colour_at("bars", 1, (x - 0.4) / 2.2, v) end
    assert.are.equal("#0072b2", at_x(0.75, 0.45))
    assert.are.equal("#ffffff", at_x(0.65, 0.55))
    assert.are.equal("#202020", at_x(0.8, 0.6))
    assert.are.equal("#d55e00", at_x(1.2, 0.9))
    assert.are.equal("#ffffff", at_x(1.5, 0.95))
    assert.matches('\n2,1,1,1,,"b","s","1"\n', slurp(at "bars.csv"))
  end)

  it("reach below 0 where the data does", function()
    assert(chart.bars(at "bars.png", {categories = {"a"}, series = {{y = {-2}}}}))
    assert.matches("set yrange %[%-2.1:0%]", slurp(at "bars.gp"))
  end)
end)


describe("a scatter plot", function()
  it("colours points by value", function()
    assert(chart.scatter(at "points.png", {x = {range = {0, 1}}, y = {range = {0, 1}},
      colour_label = "v", series = {{x = {0.25, 0.75}, y = {0.5, 0.5}, value = {0, 9}}}}))
    assert.are.equal("#440154", colour_at("points", 1, 0.25, 0.5))
    assert.are.equal("#fde725", colour_at("points", 1, 0.75, 0.5))
  end)
end)


describe("a legend on the right", function()
  it("of many names is on the page, whole, beside the panel", function()
    local series = {}
    for i = 1, 40 do series[i] = {name = "z" .. i, y = {i, 2}} end
    assert(chart.lines({at "legend.svg"}, {title = "many", series = series, legend = "right"}))
    local svg = slurp(at "legend.svg")
    local width, height = svg:match 'width="(%d+)" height="(%d+)"'
    local edge = width * slurp(at "legend.gp"):match "set rmargin at screen ([%d.]+)"
    local places = {}
    for x, y, name in svg:gmatch 'translate%(([%d.-]+),([%d.-]+)%)"[^>]*>%s*<text>(z%d+)</text>' do
      places[#places + 1] = name
      assert.is_true(x - 20 > edge and x + 7 * #name < tonumber(width), name .. " at x " .. x)
      assert.is_true(y - 10 > 0 and y + 4 < tonumber(height), name .. " at y " .. y)
    end
    assert.equal(40, #places)
  end)
end)


describe("panels of several kinds", function()
  it("share the legend and the y axes of a row", function()
    local panels = {}
    for k = 1, 3 do
      panels[k] = {kind = "heat", title = "z" .. k, matrix = {{k, 0}, {0, -k}}}
      panels[3 + k] = {series = {{name = "s", x = {0, 1}, y = {0, k}, points = true},
        {name = "t", x = {0, 1}, y = {k, 0}}}, y = {label = "z"}}
    end
    assert(chart.panels({at "mixed.svg", at "mixed.png"}, {columns = 3, panels = panels,
      share = "row", map = "diverging", title = "all"}))
    local svg = slurp(at "mixed.svg")
    assert.are.equal(1, select(2, svg:gsub(">%s*s%s*<", "")))
    assert.are.equal(3, select(2, slurp(at "mixed.gp"):gsub("set yrange %[%-0.15:3.15%]", "")))
    assert.are.equal(1, select(2, slurp(at "mixed.gp"):gsub("set ylabel 'z'", "")))
    assert.are.equal("#6e3000", colour_at("mixed", 3, 0.25, 0.75))
  end)
end)


describe("hostile texts", function()
  local nasty = {"it's", "a `touch HURT` b", "$(touch HURT)", "x\nsystem('touch HURT')",
    '"; ! touch HURT', "%s %d %%", "\\n \\", "a_b^{c} @d ~e &f", "x\0y\27z", "β ² é 漢", "\xff\xfe",
    "@HURT", "#x", "'", ""}

  it("are only text", function()
    for i, text in ipairs(nasty) do
      local name = at("nasty" .. i)
      local ok, why = chart.lines({name .. ".svg", name .. ".png"}, {title = text,
        x = {label = text, ticks = {0, text}}, y = {label = text}, panels = {{title = text,
          series = {{name = text, x = {0, 1}, y = {0, 1}},
            {name = text .. "2", x = {0}, y = {1}}}}}})
      assert(ok, why)
      assert.matches("\n0,1,,,,,", slurp(name .. ".csv"))
    end
    assert.is_true(slurp(at "nasty8.svg"):find("a_b^{c} @d ~e &amp;f", 1, true) ~= nil)
    assert.is_true(slurp(at "nasty1.svg"):find("it’s", 1, true) ~= nil)
  end)

  it("are only names", function()
    os.execute("mkdir " .. folder .. "/d")
    for _, text in ipairs{"it's", "a `touch HURT`", "$(touch HURT)", "-d", "<touch HURT",
      "|touch HURT", "a b", '"', "\\", "~", "%s", "a.b", "'; touch HURT; '", "+", "@HURT"} do
      local path = at("d/" .. text .. ".svg")
      local ok, why = chart.lines(path, {series = {{x = {0, 1}, y = {0, 1}}}})
      assert(ok, why)
      assert.is_true(exists(path), path)
    end
    assert.is_false(exists("HURT") or exists(at "HURT") or exists(at "d/HURT"))
  end)
end)


describe("the data of a chart", function()
  local function rows(name)
    local list = {}
    for line in slurp(at(name .. ".csv")):gmatch("[^\n]+") do list[#list + 1] = line end
    return list
  end

  it("may be tensors, and a single series may stand in its panel's place", function()
    assert(chart.lines(at "tensor.png", {y = T.tensor{3, 1, 2}, x = {label = "step"}}))
    assert.are.same({"1,3,,,,,,\"1\"", "2,1,,,,,,\"1\"", "3,2,,,,,,\"1\""},
      {table.unpack(rows "tensor", 2)})
    assert(chart.bars(at "tensor.png", {categories = {"a", "b"}, y = T.tensor{2, 1}}))
    assert.are.same({'1,2,,,,"a",,"1"', '2,1,,,,"b",,"1"'}, {table.unpack(rows "tensor", 2)})
    assert(chart.heat(at "matrix.png", {matrix = T.tensor{{1, 2}, {3, 4}}}))
    assert.are.equal(5, #rows "matrix")
  end)

  it("of curves are numbered where they have no x, in each of many series", function()
    assert(chart.lines(at "numbered.png", {series = {{name = "a", y = {5, 4}}, {y = {3, 2, 1}}}}))
    assert.are.same({'1,5,,,,,"a","1"', '2,4,,,,,"a","1"', '1,3,,,,,,"1"', '2,2,,,,,,"1"',
      '3,1,,,,,,"1"'}, {table.unpack(rows "numbered", 2)})
  end)

  it("with labels is a series and an entry of the legend for each class", function()
    assert(chart.scatter(at "labels.png", {at = T.tensor{{0, 1}, {2, 3}, {4, 5}},
      label = T.tensor{9, 3, 9}}))
    assert.are.same({'2,3,,,,,"3","1"', '0,1,,,,,"9","1"', '4,5,,,,,"9","1"'},
      {table.unpack(rows "labels", 2)})
    assert.matches("'3'.*'9'", slurp(at "labels.gp"))
  end)

  it("with labels has a colour of its own for each of many classes", function()
    local points, label = {}, {}
    for i = 1, 40 do points[i], label[i] = {i, i}, "class " .. i end
    assert(chart.scatter(at "many.png", {at = points, label = label, legend = "right"}))
    local seen, count = {}, 0
    for colour in slurp(at "many.gp"):gmatch("using 1:2 with points[^\n]-lc rgb '(#%x+)'") do
      if not seen[colour] then count = count + 1 end
      seen[colour] = true
    end
    assert.are.equal(40, count)
  end)

  it("with labels for fewer points than there are is an error", function()
    assert.error_matches(function()
      chart.scatter(at "wrong.png", {at = {{1, 2}, {3, 4}}, label = {1}})
    end, "series 1, label has 1 items, wanted 2")
  end)
end)


describe("what cannot be drawn", function()
  local good = {series = {{x = {0, 1}, y = {0, 1}}}}

  it("is said without a figure left behind", function()
    local ok, why = chart.lines(at "nowhere/x.png", good)
    assert.is_nil(ok)
    assert.matches("nowhere/x.csv", why)
  end)

  -- runs a chart in a process of its own, with only our commands on its path
  local function with_command(script)
    os.execute(("rm -rf %s/bin; mkdir %s/bin"):format(folder, folder))
    if script then
      local file = assert(io.open(at "bin/gnuplot", "w"))
      file:write("#!/bin/sh\n", script, "\n")
      file:close()
      os.execute("chmod +x " .. at "bin/gnuplot")
    end
    local file = assert(io.open(at "draw.lua", "w"))
    file:write(("package.path, package.cpath = %q, %q\n"):format(package.path, package.cpath),
      ("print(require('teasel.plot.chart').lines(%q, {series = {{x = {0}, y = {1}}}}))"):format(
        at "x.png"))
    file:close()
    local pipe = io.popen(("PATH=%s/bin; /usr/bin/lua5.4 %s/draw.lua 2>&1"):format(folder, folder))
    local said = pipe:read("a")
    pipe:close()
    return said
  end

  it("names a missing gnuplot, and repeats what it says", function()
    assert.matches("^nil\t.*/x.png: the command gnuplot was not found", with_command(nil))
    assert.matches("^nil\t.*/x.png: gnuplot failed %(exit 3%): no such terminal",
      with_command("echo no such terminal >&2; exit 3"))
    assert.matches("^nil\t.*/x.png: gnuplot drew nothing .*: a warning",
      with_command("echo a warning >&2; exit 0"))
    assert.is_false(exists(at "x.png") or exists(at "x.part.png"))
  end)

  it("is an error where the options are wrong", function()
    local function fails(pattern, options, path, kind)
      assert.error_matches(function()
        chart[kind or "lines"](path or at "x.png", options)
      end, pattern)
    end
    fails("did you mean 'series'", {serie = {}})
    fails("did you mean 'label'", {x = {1, 2}, y = {1, 2}, labels = {1, 2}}, nil, "scatter")
    fails("panel 1, lines: got the option 'matrix'", {matrix = {{1}}})
    fails("panel 1: wanted series", {})
    fails("panel 1 has no series", {series = {}})
    fails("x has 1 numbers, wanted 2", {series = {{x = {1}, y = {1, 2}}}})
    fails("series 1: wanted x", {series = {{y = {1, 2}}}}, nil, "scatter")
    fails("series 1, y: item 2 is a string", {series = {{x = {1, 2}, y = {1, "2"}}}})
    fails("series 1: wanted both lo and hi", {series = {{x = {1}, y = {1}, lo = {1}}}})
    fails("series 1, error has 2 numbers, wanted 1",
      {series = {{x = {1}, y = {1}, error = {1, 2}}}})
    fails("axis x: got the range 1 to 1", {x = {range = {1, 1}}, series = good.series})
    fails("axis y: got the range 0 to 1, wanted one above 0",
      {y = {range = {0, 1}, log = true}, series = good.series})
    fails("axis y: got the option 'lable'", {y = {lable = ""}, series = good.series})
    fails("ticks: item 1 is a table", {y = {ticks = {{}}}, series = good.series})
    fails("legend is 'top', wanted one of bottom, none, right",
      {legend = "top", series = good.series})
    fails("width: got 1, wanted 20 to 4000", {width = 1, series = good.series})
    fails("kind is 'pie', wanted one of bars, heat", {kind = "pie"})
    fails("panel 1: wanted a matrix", {}, nil, "heat")
    fails("row 2 of the matrix has 1 numbers, wanted 2", {matrix = {{1, 2}, {3}}}, nil, "heat")
    fails("the matrix is empty", {matrix = {}}, nil, "heat")
    fails("the matrix has one axis, wanted rows", {matrix = T.ones{2}}, nil, "heat")
    fails("map is 'jet', wanted one of diverging, grey, viridis",
      {matrix = {{1}}, map = "jet"}, nil, "heat")
    fails("wanted categories", good, nil, "bars")
    fails("x has 2 numbers, wanted 1", {categories = {"a", "b"}, series = {{y = {1}}}}, nil, "bars")
    fails("wanted a name that ends in", good, at "x.jpg")
    fails("wanted a name that ends in", good, at "a\nb.png")
    fails("differ in more than the ending", good, {at "x.png", at "y.pdf"})
    fails("got no path", good, {})
  end)
end)


describe("extreme data", function()
  it("is drawn", function()
    local n = 0 / 0
    for _, y in ipairs{{n, n}, {1 / 0, 1}, {5, 5}, {1e-200, 1e200}, {-1e149, 1e149}, {0, 1e-160},
      {1e15, 1e15 + 1}} do
      for _, log in ipairs{false, true} do
        local ok, why = chart.lines(at "extreme.png", {y = {log = log},
          series = {{x = {0, 1}, y = y, lo = y, hi = y, points = true}}})
        assert(ok, why)
      end
      assert(chart.heat(at "extreme.png", {matrix = {y}, digits = 2}))
    end
    assert(chart.heat(at "extreme.png", {matrix = {{3}}}))
  end)
end)


describe("the folder", function()
  it("goes with the last spec", function() scratch.remove(folder) end)
end)
