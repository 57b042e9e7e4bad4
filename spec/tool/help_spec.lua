local T = require "teasel"
local core = require "teasel.core"
local help = require "teasel.tool.help"

-- every table of public functions, by what its user writes before their names
local function surface()
  local tables = {T = T, ["data"] = T.data, ["x"] = core.tensor.methods}
  for _, name in ipairs{"nn", "optim", "dist", "tree", "initial", "vae", "gan", "game", "baseline",
    "probe", "run", "checkpoint", "command", "report", "gan_report", "digits", "canvas", "chart",
    "figure", "score", "summary", "options"} do
    tables[name] = T[name]
  end
  for _, name in ipairs{"dsprites", "mnist", "ring", "space", "sheet", "drawn", "mesh",
    "scene", "faces"} do
    tables["data." .. name] = T.data[name]
  end
  tables["optim.schedule"] = T.optim.schedule
  for _, name in ipairs{"mig", "dci", "sap", "beta_vae", "factor_vae", "irs", "udr"} do
    tables["metric." .. name] = {[name] = T.metric[name]}
  end
  return tables
end

describe("the reference", function()
  it("has a text for every public function", function()
    local missing, seen = {}, 0
    for module, t in pairs(surface()) do
      for name, f in pairs(type(t) == "table" and t or {}) do
        if type(f) == "function" and type(name) == "string" and not name:find "^__" then
          seen = seen + 1
          local ok, text = pcall(help, f)
          if not ok or #text < 12 then missing[#missing + 1] = module .. "." .. name end
        end
      end
    end
    table.sort(missing)
    assert.equal("", table.concat(missing, " "))
    assert.is_true(seen > 250)
  end)

  it("shows an op by its row in the registry", function()
    local text = help "conv_w"
    assert.matches("^conv_w%(.+%)\n", text)
    for _, row in ipairs(core.op.registry()) do
      if row.name == "conv_w" then assert.is_truthy(text:find(row.doc, 1, true)) end
    end
  end)

  it("shows what stands above a function, by its name and by its value", function()
    assert.matches("linear%(n_in, n_out, options%)", help "nn.linear")
    assert.equal(help "nn.linear", help(T.nn.linear))
    assert.equal(help "nn.linear", help "T.nn.linear")
    -- one whose arguments are checked for it
    assert.matches("^terms%(model, params, x, stream%)", help(require("teasel.model.vae").terms))
  end)

  it("shows methods, and functions that are written in C", function()
    assert.matches("s:normal%(shape", help "stream:normal")
    assert.matches("zeros%(shape%)", help(T.zeros))
  end)

  it("shows the head of a module, and lists all modules", function()
    assert.matches("^optim\nOptimizers%.", help "optim")
    assert.matches("modules: .*nn, .*of T: .*zeros", help())
  end)

  it("says which name is like one that it does not know", function()
    assert.error_matches(function() help "lineer" end,
      "help: got 'lineer', wanted a public name %(did you mean 'linear'%?%)")
    assert.error_matches(function() help(3) end, "help: got a number, wanted a name or a function")
  end)
end)
