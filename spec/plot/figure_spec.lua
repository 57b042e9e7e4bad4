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
    assert.error_matches(function() T.figure.curves("none.png", {}, {"loss"}) end,
      "figure.curves: argument 'terms', item 1: got \"loss\", wanted {name in the log, label of", 1,
      true)
  end)
end)
