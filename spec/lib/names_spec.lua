-- Misspelt names, and what Lua writes otherwise for tensors than for numbers.

local T = require "teasel"
local check = require "teasel.lib.check"
local core = require "teasel.core"
local names = require "teasel.lib.names"

local function here() return debug.getinfo(2, "l").currentline end

local function refused(line, words, f)
  local ok, message = pcall(f)
  assert.is_false(ok)
  assert.equal(("spec/lib/names_spec.lua:%d: %s"):format(line, words), message)
end

describe("a misspelt name", function()
  local x, stream = T.ones{2, 3}, T.stream(1)

  -- what is written, and what is said of it
  local rows = {
    {function() local _ = T.zeroes end, "T: got \"zeroes\", wanted", "'zeros'"},
    {function() local _ = T.vea end, "T: got \"vea\", wanted a name that it has", "'vae'"},
    {function() local _ = T.data.dsprits end, "data: got \"dsprits\"", "'dsprites'"},
    {function() local _ = T.metric.migg end, "metric: got \"migg\"", "'mig'"},
    {function() local _ = T.nn.covn end, "nn: got \"covn\"", "'conv'"},
    {function() local _ = T.optim.schedule.cosin end, "optim.schedule: got", "'cosine'"},
    {function() local _ = T.dist.gaussian.kll end, "dist.gaussian: got", "'kl' or 'nll'"},
    {function() local _ = T.op.conv_xx end, "op: got \"conv_xx\"", "'conv_x'"},
    {function() local _ = x.summ end, "index: argument 'i': got \"summ\"", "'sum'"},
    {function() local _ = T.randn end, "T: got \"randn\"", "'stream(seed):normal'"},
    {function() local _ = T.cat end, "T: got \"cat\"", "'concat'"},
    {function() local _ = x.view end, "index: argument 'i': got \"view\"", "'reshape'"},
    {function() local _ = x.tolist end, "index: argument 'i': got \"tolist\"", "'table'"},
    {function() local _ = stream.normall end, "stream: got \"normall\"", "'normal'"},
  }

  for _, row in ipairs(rows) do
    it("is an error of the caller's line: " .. row[2], function()
      local ok, message = pcall(row[1])
      assert.is_false(ok)
      local line = debug.getinfo(row[1], "S").linedefined
      assert.equal("spec/lib/names_spec.lua:" .. line, message:match "^[^:]*:%d+")
      assert.matches(row[2], message, 1, true)
      assert.matches("did you mean " .. row[3], message, 1, true)
    end)
  end

  it("is told what there is where nothing is like it", function()
    refused(here() + 2, "dist: got \"nothing\", wanted a name that it has "
      .. "(bernoulli, categorical, gaussian, laplace, uniform)",
      function() local _ = T.dist.nothing end)
    refused(here() + 1, "T: got \"plot\", wanted a name that it has (T.help() lists them)",
      function() local _ = T.plot end)   -- a folder of modules alone
    refused(here() + 2, "T: got \"qwertyuiop\", wanted a name that it has "
      .. "(T.help() lists them)",
      function() local _ = T.qwertyuiop end)
  end)

  it("of numpy or PyTorch leads to one that there is", function()
    local seen = 0
    for name in ([[absolute amax amin array bmm cat clamp concatenate gather index_select mm
        percentile power scatter_add swapaxes rand randint randn random randperm]]):gmatch "%S+" do
      local _, message = pcall(function() return T[name] end)
      local ours, method = message:match "did you mean '([%w_]+)([^']*)'"
      assert.is_function(T[ours], name)
      if method ~= "" then assert.is_function(stream[method:match ":(%a+)"], name) end
      seen = seen + 1
    end
    assert.equal(20, seen)
  end)

  it("is nil where it is asked for without an error, or as Lua asks for events", function()
    assert.is_nil(rawget(T, "zeroes"))
    assert.is_nil(T.__call or T.nn.__name or T[1])
    assert.is_nil(getmetatable(stream).__call)
  end)

  it("is not what is wrong with a table that should be something else", function()
    local strict = names.strict({a = 1}, "t")
    refused(here() + 1, "f: argument 'data': got a table with a alone, wanted a data set",
      function() check.set("f", "data", strict) end)
    refused(here() + 1, "f: argument 'o': got a table with a alone, wanted a table with a, b",
      function() check.fields("f", "o", strict, {"a", "b"}) end)
    assert.equal(strict, check.fields("f", "o", strict, {"a"}))
  end)

  it("of what a table of options or rows may lack is nil", function()
    assert.is_nil(T.gan.rows.nothing)
    assert.is_nil(T.likelihood.bernoulli.outputs)
    local t = names.strict({f = print, row = {a = 1}}, "t")
    assert.is_nil(t.row.b)
    assert.has_error(function() return t.g end)
  end)
end)

describe("a name that an object has not", function()
  local net, space = T.nn.linear(2, 3), T.data.space{names = {"a"}, sizes = {2}}
  local adam = T.optim.adam{lr = 0.1}
  local drawn = T.data.set.of_space(space, T.zeros)
  local model, latents = T.vae.fc(2, 4), T.latents{{"uniform", 2}}
  local player = T.game.player{params = T.ones{1}, optimizer = adam, loss = print}
  local seen = T.view{represent = function(x) return x end}

  -- objects, what is asked of them and what is said
  local rows = {
    {net, "forward", "network: got \"forward\"", "'net(params, x, mode)'"},
    {net, "parameters", "network: got \"parameters\"", "'net:init(stream)'"},
    {T.nn.relu, "innit", "network: got \"innit\"", "'init'"},
    {adam, "updat", "optimizer: got \"updat\"", "'update'"},
    {space, "smaple", "space: got \"smaple\"", "'sample'"},
    {space, "nmaes", "space: got \"nmaes\"", "'names'"},
    {drawn, "bathc", "set: got \"bathc\"", "'batch'"},
    {drawn, "clases", "set: got \"clases\"", "'classes'"},
    {seen, "decod", "view: got \"decod\"", "'decode'"},
    {T.vae.learner(model, adam, T.stream(1)), "stepp", "learner: got", "'step'"},
    {player, "updat", "player: got", "'update'"},
    {latents, "smaple", "latents: got", "'sample'"},
    {T.sequential{4}, "linaer", "sequential: got", "'linear'"},
    {T.objective.controller{}, "stop", "controller: got", "'step'"},
    {T.canvas.new{width = 2, height = 2}, "sav", "canvas: got", "'save'"},
    {T.data.sheet{height = 2, width = 2}, "fil", "sheet: got", "'fill'"},
    {T.bytes "ab", "tak", "bytes: got", "'take'"},
  }

  it("is an error of the caller's line that names the object and what it has", function()
    for _, row in ipairs(rows) do
      local object, name, said, hint = table.unpack(row)
      refused(here() + 2, ("%s%s, wanted a name that it has (did you mean %s?)"):format(said,
        said:find '"' and "" or (' "%s"'):format(name), hint), function()
        object[name](object)
      end)
    end
    refused(here() + 2, "controller: got \"qwertyuiop\", wanted a name that it has "
      .. "(state, step)",
      function() T.objective.controller{}:qwertyuiop() end)
  end)

  it("belongs to something that errors call by its name, too", function()
    refused(here() + 1, "exp: argument 'x': got a network, wanted a tensor or a number",
      function() T.exp(net) end)
    refused(here() + 2, "adam: option 'lr': got an optimizer, wanted a number or a function of "
      .. "the update's number",
      function() T.optim.adam{lr = adam} end)
    refused(here() + 1, "network:init: argument 'self': got a stream, wanted a network: "
      .. "network:init(...)", function() net.init(T.stream(1)) end)
  end)

  it("is nil where it may be without a field of that name", function()
    assert.is_nil(drawn.classes or drawn.shape or seen.decode or seen.prior or player.network)
    assert.equal(space, drawn.space)
    assert.is_nil(drawn:subset(T.tensor{1}).space or seen[1])
  end)

  it("is found where a view's function is called like a method", function()
    refused(here() + 2, "view.represent: got view:represent(...), wanted view.represent(...), "
      .. "with a point",
      function() seen:represent(T.ones{1, 2}) end)
    local mean = T.view{posterior = function(x) return x + 1, x end}
    assert.equal(2, mean.represent(T.ones{1}):item())
    assert.error_matches(function() mean:represent(T.ones{1}) end, "got view:represent")
  end)
end)

describe("what Lua writes for numbers alone", function()
  local x, y = T.ones{2}, T.ones{2}

  it("is answered with what tensors have in its place", function()
    refused(here() + 2, "tensor: got x[i] = y, wanted a new tensor (none changes): "
      .. "T.where(mask, y, x), T.concat{...}, x:put(index, count)",
      function() x[1] = 0 end)
    refused(here() + 2, "tensor: got x < y or x > y, wanted x:lt(y) or x:gt(y), "
      .. "which compare item by item",
      function() local _ = x > 0 end)
    refused(here() + 2, "tensor: got x <= y or x >= y, wanted x:le(y) or x:ge(y), "
      .. "which compare item by item",
      function() local _ = x <= y end)
    refused(here() + 1, "tensor: got x .. y, wanted T.concat{x, y}, or tostring(x) in a text",
      function() local _ = "x: " .. x end)
    refused(here() + 1, "tensor: got x % y, wanted x - (x / y):floor() * y",
      function() local _ = x % 2 end)
  end)
end)

describe("a list of integers", function()
  it("is refused where an item cannot hold one, and rounded by the core alone", function()
    local most = core.double and 1 << 53 or 1 << 24
    assert.equal(most, T.tensor{most}:item())
    for _, list in ipairs{{1, most + 1}, {{1}, {-most - 1}}} do
      assert.error_matches(function() T.tensor(list) end,
        "tensor: argument 'value': got %-?%d+, wanted an integer that an item holds")
    end
    assert.equal(most, core.tensor.tensor{most + 1}:item())
    assert.equal(most, T.tensor{most + 1.0}:item())   -- a float says that it may be rounded
  end)
end)
