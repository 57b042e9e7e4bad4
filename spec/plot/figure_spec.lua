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
end)
