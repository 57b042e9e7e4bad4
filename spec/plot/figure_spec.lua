local T = require "teasel"

describe("curves of a run's log", function()
  it("have titles in words, of the term's name or of those that the caller gives", function()
    local panels, drawn = T.chart.panels, nil
    T.chart.panels = function(_, o) drawn = o.panels end
    T.figure.curves("none.png", {{step = 1, d_loss = 1, f = 2, unit_share = 3}},
      {{"d_loss", "nats"}, {"f", "nats", "objective f"}, {"unit_share", ""}}, "a run")
    T.chart.panels = panels
    assert.same({"loss of the discriminator", "objective f", "unit share"},
      {drawn[1].title, drawn[2].title, drawn[3].title})
  end)

  it("have a point where the log has the term, since some are measured less often", function()
    local panels, lines, drawn = T.chart.panels, T.chart.lines, nil
    T.chart.panels = function(_, o) drawn = o.panels[1].series[1] end
    T.chart.lines = function(_, o) drawn = o.series[2] end
    local log = {{step = 1, kept = 5, unit_kl = {1, 2}}, {step = 2}, {step = 3, kept = 4},
      {step = 4, unit_kl = {3, 6}}}
    T.figure.curves("none.png", log, {{"kept", "nats"}})
    assert.same({{1, 3}, {5, 4}}, {drawn.x, drawn.y})
    T.figure.unit_curves("none.png", log, "unit_kl")
    T.chart.panels, T.chart.lines = panels, lines
    assert.same({{1, 4}, {2, 6}}, {drawn.x, drawn.y})
  end)

  it("stand three in a row, as wide as the text needs, and say what they show once", function()
    local path = require "spec.scratch".make()
    local entry, terms = {step = 1}, {}
    for i = 1, 7 do
      entry["term" .. i] = i
      terms[i] = {"term" .. i, i == 7 and "nats" or "term" .. i}
    end
    assert(T.figure.curves(path .. "/c.png", {entry}, terms, "a run"))
    local text = require "teasel.core".file.read(path .. "/c.gp")
    require "spec.scratch".remove(path)
    local page = text:match "pngcairo.-size (%d+),"
    local edges, count = {}, 0
    for l, r in text:gmatch "lmargin at screen ([%d.]+)\nset rmargin at screen ([%d.]+)\nset tm" do
      if not edges[l] then count = count + 1 end
      edges[l] = true
      assert.is_true((r - l) * page / 2 > 220)   -- the picture has two pixels for one of the page
    end
    assert.equal(3, count)
    assert.equal("nats", text:match "set ylabel '(.-)'")
    assert.is_nil(text:find("set ylabel 'term", 1, true))
  end)

  it("are of terms that have a name and a label", function()
    assert.error_matches(function() T.figure.curves("none.png", {}, {}) end,
      "wanted at least one panel")
    assert.error_matches(function() T.figure.curves("none.png", {}, {"loss"}) end,
      "figure.curves: argument 'terms', item 1: got \"loss\", wanted {name in the log, label of", 1,
      true)
  end)
end)

describe("a traversal's labels", function()
  local canvas = require "teasel.plot.canvas"

  -- what stands beside the rows and above the columns where these latents go through their ranges
  local function labels(...)
    local latents, drawn, grid = {...}, nil, canvas.grid
    local width = 0
    for _, latent in ipairs(latents) do width = width + (latent.width or 1) end
    function canvas.grid(tiles, o)
      drawn = o
      return grid(tiles, o)
    end
    local view = T.view{decode = function(z) return T.zeros{#z, 8, 8, 1} end, latents = latents,
      prior = function(_, n) return T.zeros{n, width} end}
    local path = os.tmpname()
    local ok, message = pcall(T.figure.traversal, path, view, {base = T.zeros{1, width},
      count = 5})
    canvas.grid = grid
    os.remove(path)
    assert(ok, message)
    return drawn.row_labels, drawn.column_labels
  end

  it("are values above the columns, categories without decimals", function()
    local rows, columns = labels({name = "c1", kind = "categorical", width = 3},
      {name = "c2", kind = "categorical", width = 3})
    assert.same({"c1", "c2"}, rows)
    assert.same({"1", "2", "3"}, columns)
    assert.same({"-3.0", "-1.5", "0.0", "1.5", "3.0"}, (select(2, labels{name = "z1"})))
  end)

  it("are the ends of the ranges beside the rows, where these differ", function()
    local rows, columns = labels({name = "c1", kind = "categorical", width = 3},
      {name = "c2", kind = "uniform"}, {name = "z1"})
    assert.same({"c1\n1 to 3", "c2\n-1.0 to 1.0", "z1\n-3.0 to 3.0"}, rows)
    assert.same({}, columns)
  end)
end)

describe("the matrices of scores", function()
  it("call codes and factors by their names", function()
    local panels, drawn = T.chart.panels, {}
    T.chart.panels = function(_, o) drawn[#drawn + 1] = o.panels[1] return true end
    local details = {mig = {settings = {}, matrix = {{0.5, 0}, {0, 0.25}, {0, 2}}}}
    T.figure.scores("none.png", details,
      {factors = {"size", "hue"}, codes = {"z1", "c1=1", "c1=2"}})
    T.figure.scores("none.png", details)
    T.chart.panels = panels
    assert.same({{"z1", "c1=1", "c1=2"}, {"size", "hue"}}, {drawn[1].y.ticks, drawn[1].x.ticks})
    assert.same({{"z1", "z2", "z3"}, {"factor 1", "factor 2"}},
      {drawn[2].y.ticks, drawn[2].x.ticks})
    assert.same({0, 2}, drawn[1].range)
  end)
end)
