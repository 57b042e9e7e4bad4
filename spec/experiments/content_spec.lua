-- The experiments that take style from content run a few steps of a tiny configuration, from the
-- command line to their figures and the table of their runs; and what was wrong in the published
-- code is not so here.

local T = require "teasel"
local child = require "spec.child"
local find = require "teasel.data.find"
local json = require "dkjson"
local scratch = require "spec.scratch"

local folder

local function try(script, options) return scratch.experiment(folder, script, options) end

local function read(path) return scratch.read(folder, path) end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

local SMALL = " --steps 2 --log 1 --batch 4 --width 0.05 --points 40 --map 0 "

-- what a script writes, and the end of its run's log; nil where there is no MNIST
local function trained(script, options, dir)
  local path, message = find "mnist"
  if not path then pending(message) return nil end
  local text, status = try(script, SMALL .. options .. " --data " .. path .. " --run " .. dir)
  assert.equal(0, status, text)
  return text, json.decode(read(dir .. "/log.jsonl"):match "([^\n]+)\n$")
end

-- A script that executes another one with a set that notes which pairs are drawn and a critic that
-- counts what it is shown.
local NOTING = [[
local T = require "teasel"
local judged, drawn, known, different = 0, 0, {}, 0
local network = T.content_network.mnist(2, 2, {width = 0.05})
local methods = getmetatable(T.content(network, T.stream(1))).__index
local judge, read = methods.judge, T.content_data
function methods.judge(...)
  judged = judged + 1
  return judge(...)
end
package.loaded["teasel.report.content_data"] = function(...)
  local data = read(...)
  local draw = data.train.pairs
  function data.train.pairs(...)
    local a, b, i, j = draw(...)
    drawn, different = drawn + 1, different + (known[i:data()] and 0 or 1)
    known[i:data()] = true
    return a, b, i, j
  end
  return data
end
function T.content_report.content()
  print(("judged %d, drew %d, %d different"):format(judged, drawn, different))
end
local path = table.remove(arg, 1)
arg[0] = path
dofile(path)
]]

describe("content and style on MNIST #apart", function()
  it("is a game of coder and critic that leaves a table and figures", function()
    local text, last = trained("mathieu_mnist", "--map 40", "m1")
    if not text then return end
    assert.matches("style z +%d+%.%d+ +%d+%.%d+", text)
    for _, name in ipairs{"swap", "samples", "interpolation", "map", "curves"} do
      assert.equal("\x89PNG", read("m1/figures/" .. name .. ".png"):sub(1, 4), name)
    end
    local scores = json.decode(read "m1/scores.json")
    assert.equal(2, scores.step)
    assert.same({40, 40}, scores.images)
    for _, name in ipairs{"reconstruction", "kl", "generator", "discriminator", "accuracy"} do
      assert.is_true(last[name] > 0, name)
    end
  end)

  it("has each trick as an option #slow", function()
    local text, last = trained("mathieu_mnist", "--reparameterise false --d_below 0", "m2")
    if not text then return end
    assert.equal(0, last.kl)
    local function first(p) return T.tree.leaves(p)[1]:data() end
    -- the critic moves only below the share; above 1 always
    local fresh = T.content(T.content_network.mnist(16, 16, {width = 0.05}), T.stream(1, "init"))
    local still = assert(T.run.open(folder .. "/m2")).state.params
    assert.equal(first(fresh.params.critic), first(still.critic))
    assert.are_not.equal(first(fresh.params.coder), first(still.coder))
    -- without steps of B nobody plays against it
    text, last = trained("mathieu_mnist", "--pairs false --g_steps 0 --d_below 1.1 --size 2", "m3")
    assert.is_nil(last.generator, text)
    fresh = T.content(T.content_network.mnist(64, 64, {width = 0.05, classes = 10}),
      T.stream(1, "init"))
    local told = assert(T.run.open(folder .. "/m3"))
    assert.same({10, 784}, told.state.params.critic.classes:shape())
    assert.are_not.equal(fresh.params.critic.classes:data(),
      told.state.params.critic.classes:data())
    assert.equal(64, told.view.represent_style(told.data:images(T.tensor{1})):size(2))
  end)

  it("draws its batches afresh at each step, and shows D fakes of the prior", function()
    local path, message = find "mnist"
    if not path then pending(message) return end
    local file = assert(io.open(folder .. "/noting.lua", "w"))
    file:write(NOTING)
    file:close()
    local pipe = assert(io.popen(("cd '%s' && %s noting.lua %s/experiments/mathieu_mnist.lua "
      .. "--steps 2 --batch 4 --width 0.05 --run noted --data %s 2>&1"):format(folder, child.lua,
      child.root, path)))
    local text = pipe:read "a"
    assert.is_true(pipe:close(), text)
    -- two judgements in each of two steps of B, and in C those of a real pair and two fakes; four
    -- draws of pairs in each step, of which no two are the same
    assert.matches("judged 14, drew 8, 8 different", text)
  end)

  it("has a cycle whose reverse trains the encoder alone, and a table of its runs", function()
    local text, last = trained("cycle_vae_mnist", "", "c1")
    if not text then return end
    assert.matches("content s +%d+%.%d+ +%d+%.%d+", text)
    assert.is_true(last.cycle > 0 and last.kl > 0 and last.reconstruction > 0)
    -- its optimizer's state has the encoder's slots and no others
    local state = assert(T.run.open(folder .. "/c1")).state
    local own, slots = T.tree.leaves(state.params.encoder), T.tree.leaves(state.reverse.slots[1])
    assert.equal(#own, #slots)
    local table_of, status = try("cycle_vae_mnist", "--summary 'c1*'")
    assert.equal(0, status, table_of)
    assert.matches("runs +step +z train +z test +s train +s test", table_of)
    assert.matches("cycle%-VAE +mnist +16 +17.72 +17.56 +99.72 +98.35", table_of)
  end)
end)

describe("content of a group #apart", function()
  it("is the first units of a VAE whose posteriors are combined, in the same table", function()
    local text, last = trained("group_vae_mnist", "--method gvae --content 3 --style 5", "g1")
    if not text then return end
    assert.matches("style z +%d+%.%d+ +%d+%.%d+", text)
    assert.is_true(last.kl > 0 and last.reconstruction > 0)
    local r = assert(T.run.open(folder .. "/g1"))
    local x = r.data:images(T.tensor{1, 2})
    assert.same({2, 3}, r.view.represent_content(x):shape())
    assert.same({2, 5}, r.view.represent_style(x):shape())
    assert.same({4, 28, 28, 1}, r.view:swap(x, x):shape())
  end)
end)

describe("the options that these experiments share #once", function()
  it("stand in the help of each, with what they mean and may be", function()
    for _, name in ipairs{"mathieu_mnist", "cycle_vae_mnist", "group_vae_mnist"} do
      local text = try(name, "--help")
      assert.matches("%-%-images +string +default: mnist +the data set: one of mnist, objects, "
        .. "sprites\n", text)
      assert.matches("%-%-map +integer +default: 10000 +test images whose styles are mapped", text)
      assert.matches("%-%-lr +float +default: %S+ +learning rate", text)
      assert.equal(1, (select(2, try(name, "--images mnits"))))
    end
  end)
end)

describe("content and style elsewhere #apart", function()
  it("is learned from drawn objects, and says which factors leak #slow", function()
    local text, status = try("mathieu_mnist", SMALL .. "--images objects --points 160 --run o1")
    assert.equal(0, status, text)
    assert.matches("roll +from z +%d+%.%d+, from s +%d+%.%d+, chance", text)
    assert.equal("\x89PNG", read("o1/figures/swap.png"):sub(1, 4))
  end)
end)
