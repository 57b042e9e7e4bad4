-- Views: what a trained model can do, told in one way for every model.

local T = require "teasel"
local view = require "teasel.model.view"

describe("a view", function()
  -- latents of every kind: noise of two columns, a category of three, two numbers
  local function drawn()
    return view{
      represent = function(x) return x:reshape{#x, 2} end,
      decode = function(z) return z:reshape{#z, 1, 7, 1} end,
      prior = function(stream, n) return stream:uniform{n, 7} end,
      latents = {{name = "noise", kind = "uniform", width = 2},
        {name = "c1", kind = "categorical", width = 3, code = 1},
        {name = "c2", kind = "uniform", code = 2}, {}},
    }
  end

  it("is printed with what it can do and its latents, those of a kind together", function()
    assert.equal("view: represent, decode, prior; latents: noise (uniform of 2 columns), "
      .. "c1 (categorical of 3 columns), c2 (uniform), z4 (gaussian)", tostring(drawn()))
    assert.equal("view: represent", tostring(view{represent = function(x) return x end}))
    local decode, prior = function(z) return z end, function(_, n) return T.ones{n, 3} end
    assert.equal("view: decode, prior; latents: z1 to z3 (gaussian)",
      tostring(view{decode = decode, prior = prior, latents = {{}, {}, {}}}))
  end)

  it("says of each latent its name, kind, range and columns", function()
    local told = {}
    for i, l in ipairs(drawn().latents) do
      told[i] = {l.name, l.kind, l.range[1], l.range[2], l.first, l.last, l.code}
    end
    assert.same({{"noise", "uniform", -1, 1, 1, 2}, {"c1", "categorical", 1, 3, 3, 5, 1},
      {"c2", "uniform", -1, 1, 6, 6, 2}, {"z4", "gaussian", -3, 3, 7, 7}}, told)
  end)

  it("calls the codes as the latents that they estimate", function()
    local v = drawn()
    assert.same({"c1", "c2", "z3"}, {v:code_name(1), v:code_name(2), v:code_name(3)})
  end)

  it("calls codes that hold what it says of a latent's categories as these", function()
    local function f(x) return x end
    local v = view{represent = f, decode = f, prior = f, latents = {{code = 1},
      {name = "c", kind = "categorical", width = 2, probabilities = 2}, {code = 4}}}
    local names = {}
    for d = 1, 5 do names[d] = v:code_name(d) end
    assert.same({"z1", "c=1", "c=2", "z3", "z5"}, names)
  end)

  it("refuses noise and probabilities of a latent that cannot have them", function()
    local function wrong(latent, message)
      local function f(x) return x end
      assert.error_matches(function() view{decode = f, prior = f, latents = {latent}} end, message,
        1, true)
    end
    wrong({kind = "categorical", width = 2, noise = true},
      "view: latent 1: option 'noise': got true, wanted false for one that is categorical")
    wrong({probabilities = 1},
      "view: latent 1: option 'probabilities': got 1, wanted none for one that is gaussian")
  end)

  it("tells whether its codes are what it decodes, content behind them too", function()
    local function of(latents, what)
      local given = {represent = function(x) return x end, decode = function(z) return z end,
        prior = function(stream, n) return stream:normal{n, 2} end, latents = latents}
      if what then given[what] = nil end
      return view(given):decodes_codes()
    end
    local own = {{code = 1}, {code = 2}}
    assert.same({true, false}, {of(own), of(own, "represent")})
    assert.is_true(of{{code = 1}, {kind = "content", width = 3}})
    assert.is_false(view{represent = function(x) return x end}:decodes_codes())
    assert.is_false(drawn():decodes_codes())
    for _, other in ipairs{{{code = 2}, {code = 1}}, {{code = 1}, {}},
      {{kind = "categorical", width = 2, code = 1}}} do
      assert.is_false(of(other))
    end
  end)

  it("sweeps one latent through its range while the others stay", function()
    local v = drawn()
    local z = v.prior(T.stream(1), 2)
    assert.same({2, 3, 4}, v:swept())
    local rows = v:sweep(z, 3, v:line(3, 5))
    assert.same({10, 7}, rows:shape())
    assert.same({-1, -0.5, 0, 0.5, 1, -1, -0.5, 0, 0.5, 1}, rows[{{}, 6}]:table())
    for column = 1, 7 do
      local was = z[{{}, column}]:table()
      for i = 1, column ~= 6 and 10 or 0 do
        assert.equal(was[(i + 4) // 5], rows[{i, column}]:item())
      end
    end
    assert.same({-2, 0, 2}, v:line(4, 3, {-2, 2}):table())
  end)

  it("sweeps a category through one-hot rows, however many values are asked for", function()
    local v = drawn()
    local rows = v:sweep(T.ones{1, 7}, 2, v:line(2, 10))
    assert.same({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, rows[{{}, {3, 5}}]:table())
    assert.same({1, 1}, rows[{3, {1, 2}}]:table())
  end)

  it("represents by the means of its posterior, where it has one", function()
    local v = view{posterior = function(x) return x * 2, x * 3 end}
    local codes, other = v.represent(T.ones{1, 1})
    assert.equal(2, codes:item())
    assert.is_nil(other)
  end)

  it("of a VAE does what the model does, with these parameters", function()
    local model = T.vae.fc(3, 4)
    local params = T.vae.init(model, T.stream(1))
    local v = T.vae.view(model, params)
    assert.is_true(view.is(v))
    local x = T.stream(2):uniform{2, 64, 64, 1}
    local q = model.encoder(params.encoder, x)
    local mean, logvar = v.posterior(x)
    assert.same({q.mean:data(), q.logvar:data(), q.mean:data()},
      {mean:data(), logvar:data(), v.represent(x):data()})
    local z = v.prior(T.stream(3), 4)
    assert.equal(T.stream(3):normal{4, 3}:data(), z:data())
    assert.equal(T.vae.decode(model, params, z):data(), v.decode(z):data())
    assert.equal(3, #v.latents)
    assert.same({"z3", "gaussian", 3}, {v.latents[3].name, v.latents[3].kind, v.latents[3].code})
  end)

  it("names what is missing or wrong, and its place", function()
    local function decode() end
    for message, call in pairs{
      ["got none of represent, posterior and decode"] = function() view{} end,
      ["got decode without prior or latents"] = function() view{decode = decode} end,
      ["option 'represent': got 3, wanted a function"] = function() view{represent = 3} end,
      ["got the option 'encode', wanted one of: "] = function() view{encode = decode} end,
      ["view: latent 1: kind: got the option 'gausian', wanted one of: categorical, content, "] =
        function() view{represent = decode, latents = {{kind = "gausian"}}} end,
      ["view: latent 2: option 'range': got a table of 2 items, wanted {least, greatest}"] =
        function() view{represent = decode, latents = {{}, {range = {1, 1}}}} end,
      ["got 1, which is noise of 2 columns"] = function() drawn():line(1) end,
      ["got 5, wanted one of 1..4, the latents"] = function() drawn():line(5) end,
      ["argument 'z': got a tensor [1 6], wanted [n 7]"] =
        function() drawn():sweep(T.ones{1, 6}, 3, T.ones{2}) end,
      ["vae.view: latents of the model: got nil, wanted an integer"] =
        function() T.vae.view({encoder = {}, decoder = {}}, {encoder = {}, decoder = {}}) end,
    } do
      local ok, found = pcall(call)
      assert.is_false(ok)
      assert.is_truthy(found:find(message, 1, true), found)
      assert.matches("^spec/model/view_spec.lua:%d+: ", found)
    end
  end)
end)
