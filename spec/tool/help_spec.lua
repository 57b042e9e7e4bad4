local T = require "teasel"
local check = require "teasel.lib.check"
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
    "scene", "faces", "objects", "portraits"} do
    tables["data." .. name] = T.data[name]
  end
  tables["optim.schedule"] = T.optim.schedule
  for _, name in ipairs{"mig", "dci", "sap", "beta_vae", "factor_vae", "irs", "udr"} do
    tables["metric." .. name] = {[name] = T.metric[name]}
  end
  return tables
end

describe("the reference #once", function()
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

  -- f's own entry, not the head of its file
  local function own_entry(f, module, full)
    local info = debug.getinfo(f, "S")
    for _, e in ipairs(help.entries()) do
      local here = info.source:sub(-#e.file - 1) == "/" .. e.file
      if here and e.line == info.linedefined or e.name == full then return e end
      if here and module == f and e.line == 1 then return e end
    end
    -- a module that is a function, under another name
    for name, loaded in pairs(package.loaded) do
      if loaded == f and name:find "^teasel%." then return help.find(name:match "[%w_]+$")[1] end
    end
  end

  -- what a text says nothing of: an argument that it does not name, or that there are options
  local function unsaid(f, e)
    local text = help.text(e)
    for i = 1, debug.getinfo(f, "u").nparams do
      local name = debug.getlocal(f, i)
      local options = ({given = true, options = true, o = true, more = true, how = true,
        chosen = true})[name]
      local named = text:find("%f[%w_]" .. name .. "%f[^%w_]")
      if options and not named and not text:find "[Oo]ption" and not text:find("{", 1, true)
        or not options and name ~= "_" and not named and not text:find "^[%w_]+{" then
        return name
      end
    end
  end

  it("says of every public function in Lua what it does and what its arguments are", function()
    local wrong, seen = {}, 0
    local function look(module, t, depth)
      local own = module:match "[%w_]+$"
      for key, f in pairs(t) do
        if type(f) == "table" and depth < 2 and not getmetatable(f) then
          look(module .. "." .. tostring(key), f, depth + 1)
        elseif type(f) == "function" and type(key) == "string" and not key:find "^__" then
          f = check.behind(f)
          local e = debug.getinfo(f, "S").what ~= "C" and own_entry(f, t[1], own .. "." .. key)
          seen = seen + (e and 1 or 0)
          if e == nil then
            wrong[#wrong + 1] = module .. "." .. key .. " has no text"
          elseif e and #e.text < 12 then
            wrong[#wrong + 1] = module .. "." .. key .. " has no description"
          elseif e and e.line == debug.getinfo(f, "S").linedefined and unsaid(f, e) then
            wrong[#wrong + 1] = ("%s.%s does not say what '%s' is"):format(module, key,
              unsaid(f, e))
          end
        end
      end
    end
    for name, module in pairs(package.loaded) do   -- help has loaded them
      local own = name:match "^teasel%.(.*)"
      if own and not help.INNER[own:match "[%w_]+$"] and not own:find "^metric%.lib%."
        and not own:find "^core" and not own:find "^tool" then
        look(own, type(module) == "table" and module or {module, [own] = module}, 0)
      end
    end
    table.sort(wrong)
    assert.equal("", table.concat(wrong, "\n"))
    assert.is_true(seen > 250)
  end)

  it("says of every op and every function in C more than its name", function()
    local seen = 0
    for _, e in ipairs(help.entries()) do
      if e.file == "op" or e.file:find "^csrc/" and e.line == 0 then
        seen = seen + 1
        local said = e.file == "op" and e.text or e.text:gsub("^[%w_:]+%b()", "")
        assert.is_true(#said > 0, e.name)
      end
    end
    assert.is_true(seen > 200)
  end)

  it("shows what is checked of arguments", function()
    assert.is_truthy((help "dist.gaussian.nll"):find("\nArguments:\n  x: a tensor or a number\n"
      .. "  mean: a tensor or a number\n  logvar: a tensor or a number\n", 1, true))
    assert.is_truthy((help(T.dist.gaussian.kl)):find("\n  mean2?: a tensor or a number\n", 1, true))
    assert.matches("\nErrors: anything else", help "dist.gaussian.nll")
    assert.matches("\nErrors: operands that do not fit", help "conv")
    assert.matches("glorot_uniform%(%).*\n%-%- initial.lua", help(T.nn.init.glorot_uniform))
  end)

  it("lists what a name holds, data sets among others", function()
    assert.matches("\n  data.faces +Faces: heads under one lamp", help "data")
    assert.matches("\n  nn.conv\n", help "nn")
    assert.matches("\n  data.shapes3d", help "T.data")
    for _, name in ipairs{"gaussian", "laplace", "uniform"} do   -- tables of functions, too
      assert.matches("\n  dist." .. name .. "\n", help "dist" .. "\n")
    end
    assert.matches("\n  optim.schedule\n", help "optim")
    assert.is_nil(help "data":find("data.head", 1, true))
  end)

  it("tells of a class of Lua, not of the core's of the same name that it stands around", function()
    assert.matches("^sheet:fill{points =, colour = 1.*\n%-%- data/sheet.lua$", help "sheet:fill")
    assert.matches("^sheet:put%(layer", help "sheet:put")
  end)

  it("shows an op by its row in the registry", function()
    local text = help "conv_w"
    assert.matches("^op.conv_w%(.+%)\n", text)
    for _, row in ipairs(core.op.registry()) do
      if row.name == "conv_w" then assert.is_truthy(text:find(row.doc, 1, true)) end
    end
  end)

  it("shows what only derivatives and layers are made of as parts of T.op", function()
    assert.matches("\n  op.conv_w\n", help "op")
    assert.equal(T.op.conv_w, core.op.conv_w)
    assert.is_nil(rawget(T, "conv_w") or core.tensor.methods.conv_w)
    assert.is_nil(help():match "of T:.*%f[%w_]conv_w%f[^%w_]")
    assert.equal(T.op.conv_w, T.conv_w)   -- for the scripts of older runs
    assert.equal(T.matmul, T.op.matmul)
  end)

  it("shows what stands above a function, by its name and by its value", function()
    assert.matches("linear%(n_in, n_out, options%)", help "nn.linear")
    assert.equal(help "nn.linear", help(T.nn.linear))
    assert.matches("parameters are called weight, %[n_in n_out%], and bias, %[n_out%]",
      help "nn.linear")
    assert.equal(help "nn.linear", help "T.nn.linear")
    -- one whose arguments are checked for it
    assert.matches("^terms%(model, params, x, stream%)", help(require("teasel.model.vae").terms))
  end)

  it("shows methods, and functions that are written in C", function()
    assert.matches("s:normal%(shape", help "stream:normal")
    assert.matches("zeros%(shape%)", help(T.zeros))
  end)

  it("shows every layer of nn, those that are no functions, too", function()
    for name in pairs(T.nn) do
      assert.is_true(pcall(help, "nn." .. name), name)
    end
    assert.matches("^relu\nrelu, a layer: ", help "nn.relu")
    assert.matches("^he_normal%(%)", help "nn.init.he_normal")
  end)

  it("shows methods by what they are methods of, and lists them there", function()
    assert.matches("^learner:step%(x, stream, objective", help "learner:step")
    assert.equal(help "learner:step", help "vae.step")
    assert.equal(help "set:split", help "data.set.split")
    assert.is_nil((help "set:split"):find("self: ", 1, true))
    assert.matches("^network:init\n?.*init%(stream%)", help "network:init")
    assert.matches("methods of a set %(.*  set:batch%(stream, n%)", help "data.set")
    assert.matches("^methods of a player, see game %(.*player:ahead%(steps", help "player")
    assert.matches("methods of a run .*run:figure%(name%)", help "run")
    local text = help "any_name:update"   -- whatever a variable is called
    assert.matches("optimizer:update%(params", text)
    assert.matches("player:update%(gradient%)", text)
    assert.has_error(function() help "any_name.update" end)
  end)

  it("lists modules by what they are for", function()
    assert.matches("\nModels\n.*, vae,%s.*\nData sets\n  data\nMetrics\n  metric\n", help())
    for line in help():gmatch "[^\n]+" do assert.is_true(#line <= 100, line) end
  end)

  it("shows methods of tensors and streams, and lists them", function()
    assert.equal(help "median", help "x.median")
    assert.equal(help "median", help "tensor:median")
    assert.matches("^sum%(x, axes", help "x:sum")
    assert.error_matches(function() help "x:mediam" end, "did you mean 'median'")
    local text = help "tensor"
    assert.matches("^tensor%(value%): a tensor from.*\nmethods of a tensor .*:\n  x:abs ", text)
    for _, name in ipairs{"median", "reshape", "table", "where"} do
      assert.is_truthy(text:find("x:" .. name .. "%f[^%w_]"), name)
    end
    assert.matches("methods of a stream .*s:normal%(shape .*s:split%(name%)", help "stream")
  end)

  it("shows what T has of a name before what the core has, and a few functions whole", function()
    assert.matches("^save%(path, value, options%).*\nsave%(path, bytes", help "save")
    assert.matches("optim.schedule.cosine\n.*\nfrom %-> to along half a cosine",
      help "optim.schedule")
  end)

  it("tells of what is typed in a session, and of a module before a method of its name", function()
    local session = T.help "repl":match "^repl\n([^\n]+)"
    for name, begin in pairs{open = "open(dir, which) -> the run", script = "run\nRuns: ",
      plot = "chart\n", show = "show\n"} do
      local text = T.help(name)
      assert.equal(begin, text:sub(1, #begin))
      assert(text:find(session, 1, true), name)
    end
    assert.matches("^data holds:\n.*\n\ndata%(x%) %-> ", T.help "data")
    assert.matches("^data%(x%)", T.help "x:data")
  end)

  it("shows the head of a module, and lists all modules", function()
    assert.matches("^optim\nOptimizers%.", help "optim")
    assert.matches("modules: .*nn, .*of T: .*zeros", help())
  end)

  it("shows a module by the path that other texts refer to it by", function()
    assert.equal(help "vae", help "teasel.model.vae")
    assert.equal(help "vae.pass", help "teasel.model.vae.pass")
    assert.equal(help "data.pictures", help "teasel.data.reader.pictures")
    assert.equal(help(), help "teasel")
    assert.is_table(T.summary)   -- what has been used already is found, too
    local seen, count = {}, 0
    for _, e in ipairs(help.entries()) do
      for path in e.text:gmatch "see (teasel%.[%w_.]*[%w_])" do
        if not seen[path] then
          seen[path], count = true, count + 1
          assert(pcall(help, path), path)
        end
      end
    end
    assert.is_true(count > 20)
  end)

  it("shows how a module is called, by its name and by its value", function()
    for name, value in pairs{["metric.all"] = T.metric.all, ["metric.mig"] = T.metric.mig,
      view = T.view, reproduction = T.reproduction, ["metric.modularity"] = T.metric.modularity,
      ["data.shapes3d"] = T.data.shapes3d, gan_view = T.gan.view, data = T.data} do
      assert.equal(help(name), help(value))
    end
    assert.matches("\nall%(codes %[n D%], factors %[n K%], options%) %-> a list", help "metric.all")
    assert.matches("\nmodularity%(codes .* per_code, matrix", help "metric.modularity")
    assert.matches("\nview{represent =, .*} %-> a view", help "view")
    assert.matches("\nreproduction%(options%) %-> the table", help "reproduction")
    assert.matches("\nview%(model, latents, params, stats%) %-> the view", help "gan_view")
    assert.equal(help(), help(T))
  end)

  it("lists the options of a module, with those of what metrics share", function()
    for name, wanted in pairs{["metric.mig"] = {"bins = 20, +%-%- of each code's range",
        "factor_bins = 0, +%-%-", "compat = any, +%-%- \"dlib\"", "factors = any, +%-%-"},
      ["metric.dci"] = {"stages = 100,", "resamples = 0,", "test_codes = any, test_factors = any,"},
      ["metric.all"] = {"dci_resamples = 0,", "factors = any,"},
      ["metric.factor_vae"] = {"threshold = 0.05,", "compat = any,"},
      score = {"factor_bins = 0,", "checkpoint = \"newest\","}} do
      local text = help(name):match "\nOptions, with their defaults:\n(.*)"
      for _, line in ipairs(wanted) do assert.matches("\n  " .. line, "\n" .. text) end
    end
    assert.is_nil((help "metric.udr"):find("factors = any", 1, true))   -- it takes none
  end)

  it("says of the name of an option which modules have it", function()
    local text = help "factor_bins"
    assert.matches("^'factor_bins' is an option of\n  metric.all: factor_bins = 0  %-%- of a", text)
    for _, name in ipairs{"metric.mig", "metric.modularity", "score"} do
      assert.matches("\n  " .. name .. ": factor_bins = 0  ", text)
    end
    assert.is_nil(text:find "score_output" or text:find "metric.dci:")
    assert.matches("\n  metric.sap: test_codes = any", help "test_codes")
  end)

  it("finds what is written otherwise in scripts: by folder, through T, as new", function()
    assert.equal(help "game", help "model.game")
    assert.equal(help "game", help "T.model.game")
    assert.equal(help "vae.pass", help "model.vae.pass")
    assert.equal(help "gan_view", help "gan.view")
    assert.equal(help "gan_view", help "T.gan.view")
    assert.equal(help "gan_loss.init", help "gan.init")
    assert.equal(help(T.gan.init), help "T.gan.init")
    assert.equal(help "view", help "view.new")
    assert.equal(help "view", help "T.view.new")
    assert.error_matches(function() help "mnist.new_set" end, "wanted a public name")
  end)

  it("keeps to itself what a generator draws with", function()
    local text = help "data.sprites"
    assert.is_nil(text:find "sprites:arm" or text:find '"nil"')
    assert.matches("\nsprites{part = \"all\"", text)
    assert.error_matches(function() help "sprites:limb" end, "wanted a public name")
    assert.matches("help \"explorer.server:[%w_]+\" tells of one", help "explorer.server")
  end)

  it("says which name is like one that it does not know", function()
    assert.error_matches(function() help "lineer" end,
      "help: got 'lineer', wanted a public name %(did you mean 'linear'%?%)")
    local _, message = pcall(help, "who")   -- a local function of a module
    assert.matches("got 'who', wanted a public name", message)
    assert.is_nil(message:find("'who'?", 1, true))
    assert.error_matches(function() help(3) end, "help: got a number, wanted a name or a function")
  end)
end)

describe("the page of the reference #once", function()
  local doc = require "teasel.tool.doc"
  local page = doc.page()

  it("has every public name once, under a place of its own", function()
    local ids, names = {}, 0
    for id in page:gmatch 'id="([^"]*)"' do
      assert.is_nil(ids[id], id)
      ids[id] = true
    end
    for _ in page:gmatch 'class="entry"' do names = names + 1 end
    local wanted = 0
    for _, e in ipairs(help.entries()) do
      local public = not e.name:find("(local)", 1, true)
      wanted = wanted + (public and e.line ~= 1 and 1 or 0)
    end
    assert.equal(wanted, names)
    for _, id in ipairs{"conv", "nn.conv", "dist.gaussian.kl", "module-nn", "module-metric.mig"} do
      assert.is_true(ids[id], id)
    end
  end)

  it("has every module in its menu, and links that lead somewhere", function()
    local menu = page:match "<nav>(.*)</nav>"
    for _, e in ipairs(help.entries()) do
      if e.line == 1 then
        assert.is_truthy(menu:find(">" .. e.name .. "</a>", 1, true), e.name)
      end
    end
    for target in page:gmatch 'href="#([^"]*)"' do
      assert.is_truthy(page:find('id="' .. target .. '"', 1, true), target)
    end
  end)

  it("needs no other file, and closes what it opens", function()
    assert.is_nil(page:find 'src=' or page:find '<link' or page:find '@import')
    for _, tag in ipairs{"section", "div", "h3", "pre", "p", "code", "nav", "main"} do
      local _, opened = page:gsub("<" .. tag .. "[ >]", "")
      local _, closed = page:gsub("</" .. tag .. ">", "")
      assert.equal(opened, closed, tag)
    end
  end)

  it("shows signs of HTML as they are", function()
    assert.is_truthy(page:find("-&gt;", 1, true))
    assert.is_nil(page:find("<stream>", 1, true))
  end)
end)

describe("every op #once", function()
  for _, op in ipairs(core.op.registry()) do
    it(op.name .. " is documented in a line, and its arguments are named", function()
      assert.matches("^[^\n]+$", op.doc)
      assert.is_true(#op.doc <= 120)
      assert.is_true(#op.args >= 1)
      local seen = {}
      for _, arg in ipairs(op.args) do
        assert.matches("^%l[%l%d_]*$", arg.name)
        assert.is_nil(seen[arg.name])
        seen[arg.name] = true
      end
    end)
  end

  it("has a doc of its own", function()
    local seen = {}
    for _, op in ipairs(core.op.registry()) do
      assert(not seen[op.doc], op.name .. " is documented like " .. tostring(seen[op.doc]))
      seen[op.doc] = op.name
    end
  end)
end)
