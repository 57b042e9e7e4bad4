-- Models that are chosen by how far they agree, without labels.

local core = require "teasel.core"
local child = require "spec.child"
local choice = require "teasel.report.choice"
local scratch = require "spec.scratch"

local stream, tensor, op = core.rand.stream, core.tensor, core.op

describe("the similarity of a model's codes to fixed latents", function()
  local m, batch, K = 90, 8, 3

  -- groups of rows that share one of three latents, and which
  local function drawn(seed)
    local which = stream(seed, "which"):integers({m}, 0, K - 1)
    local z = stream(seed):normal{m, batch, K}
    local shared = op.expand(z:slice(2, 1, 1), {m, batch, K})
    local mask = op.one_hot(which + 1, K):reshape{m, 1, K}
    return op.where(mask, shared, z):reshape{m * batch, K}, which
  end

  it("is 1 where each latent has a code, in any order and scale, beside noise", function()
    local z, which = drawn(1)
    local codes = op.concat({z:slice(2, 3, 3) * 5, stream(2):normal({m * batch, 1}, 0, 0.01),
      z:slice(2, 1, 1) * -0.3, z:slice(2, 2, 2) + 7}, 2)
    assert.equal(1, (choice.similarity(codes, which, K, batch, 60)))
  end)

  it("is as of a guess where the codes know nothing", function()
    local _, which = drawn(3)
    local score = choice.similarity(stream(4):normal{m * batch, 3}, which, K, batch, 60)
    assert.is_true(score < 0.7)
    assert.equal(0, (choice.similarity(tensor.zeros{m * batch, 3}, which, K, batch, 60)))
  end)

  it("refuses rows that do not fit", function()
    assert.error_matches(function()
      choice.similarity(tensor.zeros{10, 2}, tensor.zeros{3}, 2, 4, 2)
    end, "got 10 rows of codes for 3 groups of 4", 1, true)
  end)
end)

describe("choosing among runs", function()
  local folder

  -- Codes of two positions and the size of xy squares: three models read them well, up to order and
  -- sign, and one mixes them.
  local SCRIPT = [[
local T = require "teasel"
local config = T.run.config{steps = 1, seed = 1, mixed = false, posterior = false,
  count = ""}
local data = T.data.xy_squares{}
local w = T.stream(config.seed):normal{6, 6}
if not config.mixed then
  w = T.take(T.eye(6), T.stream(config.seed):permutation(6))
end
local function represent(x)
  local shape = x:shape()
  local weights = T.linspace(-1, 1, shape[2]):reshape{1, shape[2], 1, 1}
  local across = T.linspace(-1, 1, shape[3]):reshape{1, 1, shape[3], 1}
  local parts = {}
  for _, axis in ipairs{weights, across} do
    parts[#parts + 1] = (x * axis):sum{2, 3} / (x:sum{2, 3} + 1)
  end
  return T.matmul(T.concat(parts, 2), w)
end
local with = config.posterior and config.seed ~= 3
local view = T.view{
  represent = not with and represent or nil,
  posterior = with and function(x)
    local codes = represent(x)
    return codes, codes * 0 - 4
  end or nil,
  decode = function(z)
    if config.count ~= "" then   -- says how many images it drew
      local file <close> = assert(io.open(config.count, "a"))
      file:write(#z, "\n")
    end
    local codes = T.matmul(z, T.transpose(w))
    local index = T.clip(T.round((codes + 3) * (7 / 6)), 0, 7)
    return data:images(index)
  end,
  prior = function(stream, n) return stream:normal{n, 6} end,
  latents = {{code = 1}, {code = 2}, {code = 3}, {code = 4}, {code = 5}, {code = 6}},
}
T.run.train{config = config, state = {w = w}, data = data, view = view,
  step = function() return {loss = 1} end}
]]

  local function train(where, i, options)
    local pipe = io.popen(("cd '%s' && %s script.lua --run %s/%d --seed %d %s 2>&1"):format(
      folder, child.lua, where, i, i, options))
    local text = pipe:read "a"
    assert(pipe:close(), text)
  end

  setup(function()
    folder = scratch.make()
    local f = assert(io.open(folder .. "/script.lua", "w"))
    f:write(SCRIPT)
    f:close()
    for i = 1, 4 do train("runs", i, i == 4 and "--mixed" or "") end
  end)

  teardown(function() scratch.remove(folder) end)

  it("has the one that mixes last, by both scores #slow", function()
    local c = choice.of(folder .. "/runs/*", {points = 60, votes = 60, batch = 6})
    assert.equal(4, #c)
    assert.matches("/runs/4$", c[4].run)
    for i = 1, 3 do
      assert.is_true(c[i].udr > c[4].udr + 0.05)
      assert.is_true(c[i].centrality > c[4].centrality + 0.05)
    end
    assert.matches("^ *run +udr +centrality\n.-/runs/%d +%d%.%d%d%d +%d%.%d%d%d\n", c:text())
  end)

  it("does without the KL where one of them, not the last, has no posterior #slow", function()
    for i = 1, 4 do train("some", i, "--posterior") end   -- the third has none
    local c = choice.of(folder .. "/some/*", {points = 60, votes = 20, batch = 4})
    assert.equal(4, #c)
    for _, row in ipairs(c) do assert.is_true(row.udr > 0) end
  end)

  it("says on the error stream what it does, and prints the table alone #slow", function()
    local errors = folder .. "/errors"
    local pipe = assert(io.popen(("%s %s/lua/teasel/tool/choose.lua '%s/runs/1' '%s/runs/2' "
      .. "--points 60 --votes 20 --batch 4 2> %s"):format(child.lua, child.root, folder, folder,
      errors)))
    local text = pipe:read "a"
    assert(pipe:close(), text)
    assert.matches("^ *run +udr +centrality\n", text)
    local f <close> = assert(io.open(errors))
    assert.equal("choice: codes of 60 images by 2 runs\nchoice: UDR of 2 pairs\n"
      .. "choice: ModelCentrality of 2 pairs\n", f:read "a")
  end)

  it("has each model draw its images once, however many look at them #slow", function()
    local counted = folder .. "/counted"
    for i = 1, 3 do train("drawn", i, "--count " .. counted) end
    choice.of(folder .. "/drawn/*", {points = 20, votes = 20, batch = 4})
    local sum = 0
    for line in io.lines(counted) do sum = sum + tonumber(line) end
    assert.equal(3 * (20 + 10) * 4, sum)
  end)

  it("needs two runs", function()
    assert.error_matches(function() choice.of(folder .. "/runs/1") end,
      "choice: got 1 run, wanted two or more to compare", 1, true)
  end)
end)
