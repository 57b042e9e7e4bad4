-- Claims become rows of the table of results by their kind.

local T = require "teasel"
local expect = require "spec.expect"
local scratch = require "spec.scratch"

-- of each kind a claim without its kind, and the paths of its values
local CASES = {
  dsprites = {{}, {"factor_vae", "dci_disentanglement", "mig", "higgins.value"}},
  variances = {{}, {"variances.1", "variances.2", "variances.3", "variances.4", "variances.5",
    "variances.6"}},
  likelihood = {{}, {"nll"}},
  faces = {{}, {"mig", "dci_disentanglement"}},
  codes = {{}, {"factor_vae", "dci_disentanglement", "mig", "higgins.value"}},
  digits = {{}, {"error", "information.1"}},
  panels = {{panels = {"smile", "azimuth"}}, {"panels.smile.value", "panels.azimuth.value"}},
  heads = {{}, {"panels.azimuth.value", "panels.light.value", "panels.elevation.value",
    "panels.width.value", "mig"}},
  unrolled = {{}, {"information.2", "information.3", "information.1"}},
  ring = {{}, {"covered"}},
  stacked = {{}, {"covered", "kl"}},
  content = {{images = "sprites"}, {"style.train", "style.test", "content.train", "content.test"}},
}

-- the claim of a case, with what was published
local function claim(kind, published)
  local more = CASES[kind][1]
  return {kind, "a claim", "a paper", "script", {images = more.images}, published,
    panels = more.panels}
end

local function published_of(kind)
  local list = {}
  for i in ipairs(CASES[kind][2]) do list[i] = "p" .. i end
  return list
end

describe("claims", function()
  it("of every kind have its values, each with what was published", function()
    for kind, case in pairs(CASES) do
      local row = T.claims{claim(kind, published_of(kind))}[1]
      assert.same({"a claim", "a paper", "script"}, {row.claim, row.paper, row.script})
      assert.equal(#case[2], #row.values, kind)
      for i, path in ipairs(case[2]) do
        assert.same({path, "p" .. i}, {row.values[i][2], row.values[i][3]})
      end
      for _, value in ipairs(T.claims{claim(kind, "one")}[1].values) do
        assert.equal("one", value[3])
      end
    end
    local values = T.claims{claim("panels", "-")}[1].values
    assert.same({"smile", 3}, {values[1][1], values[1][4](-3)})
  end)

  it("are all kinds that there are", function()
    local _, message = pcall(T.claims, {{"kind", "a", "b", "c", {}, "-"}})
    local known = {}
    for kind in message:match "wanted one of: ([%w_, ]+)":gmatch "[%w_]+" do
      known[#known + 1] = kind
    end
    assert.same(T.tree.keys(CASES), known)
  end)

  it("are rows that a table is made of, with the kind's options or their own", function()
    local folder = scratch.make()
    local list = {}
    for i, kind in ipairs(T.tree.keys(CASES)) do list[i] = claim(kind, published_of(kind)) end
    local rows = T.claims(list)
    scratch.write(folder, "page.md", "<!-- results -->\n<!-- end of results -->\n")
    local text = T.reproduction{folder = folder, rows = rows, out = folder .. "/page.md"}
    local _, lines = text:gsub("not run", "")
    assert.equal(#list, lines)
    assert.is_truthy(text:find("| character read from the style, train; the same, test; from the "
      .. "content, train; the same, test | p1; p2; p3; p4 |", 1, true))
    scratch.remove(folder)
    local one = claim("ring", "all")
    assert.same({25000, "of 8"}, {T.claims{one}[1].length, T.claims{one}[1].data})
    one.length, one.data, one.why = 3, "of 3", "because"
    local row = T.claims{one}[1]
    assert.same({3, "of 3", "because"}, {row.length, row.data, row.why})
  end)

  it("say what is wrong with them", function()
    local good = claim("ring", "all")
    for message, change in pairs{
      ["claims: claim 2, its paper: got 3, wanted a string"] = {[3] = 3},
      ['claims: claim 2, its settings: got "yes", wanted a table'] = {[5] = "yes"},
      ["claims: kind: got the option 'rings', wanted one of: codes, content, digits"] =
        {[1] = "rings"},
      ["claims: claim 2: got 2 published values, wanted 1, or a text for all of them"] =
        {[6] = {"a", "b"}},
      ["claims: setting 'images': got the option 'cats', wanted one of: mnist, objects, sprites"] =
        {[1] = "content", [5] = {images = "cats"}},
      ["claims: option 'panels': got nil, wanted a list"] = {[1] = "panels"},
    } do
      local wrong = {}
      for name, value in pairs(good) do wrong[name] = value end
      for name, value in pairs(change) do wrong[name] = value end
      expect.refused(message, T.claims, {good, wrong})
    end
  end)
end)
