local T = require "teasel"
local terms = require "teasel.run.terms"

local function means_of(steps)
  local means = terms.means()
  for _, values in ipairs(steps) do assert(means:add(values)) end
  return means
end

describe("means of terms", function()
  it("are over the steps that returned a term", function()
    local steps = {}
    for i = 1, 20 do steps[i] = {loss = i, rare = i % 10 == 0 and 0.9 or nil} end
    assert.are.same({loss = 10.5, rare = 0.9}, means_of(steps):get())
  end)

  it("of lists are over the steps that had the item", function()
    assert.are.same({kl = {2, 5, 7}}, means_of{{kl = {1, 4}}, {}, {kl = {3, 6, 7}}}:get())
    assert.are.same({}, means_of{}:get())
  end)

  it("go on from what was kept as if nothing had been between", function()
    local all, part = {}, means_of{{a = 1, kl = {2, 3}}, {b = 8}}
    local kept = part:kept()
    part:add{a = 100, kl = {100, 100}}   -- no part of what was kept before
    local rest = terms.means(kept)
    rest:add{a = 4, b = 2, kl = {4, 5}}
    all = means_of{{a = 1, kl = {2, 3}}, {b = 8}, {a = 4, b = 2, kl = {4, 5}}}
    assert.are.same(all:get(), rest:get())
    assert.are.same({a = 2.5, b = 5, kl = {3, 4}}, rest:get())
  end)

  it("go on from an older checkpoint, which kept one count for all terms", function()
    local means = terms.means{n = 3, sum = {loss = 6, kl = {3, 9}}}
    assert(means:add{loss = 6, kl = {1, 3}, new = 5})
    assert.are.same({loss = 3, kl = {1, 3}, new = 5}, means:get())
  end)

  it("refuse a term that is a list in one step and a number in another", function()
    local means = means_of{{kl = {1, 2}, loss = 1}}
    assert.are.same({nil, "the term 'kl' is a number, in a step before it was a list"},
      {means:add{kl = 3}})
    assert.are.same({nil, "the term 'loss' is a list, in a step before it was a number"},
      {means:add{loss = {3}}})
  end)
end)

describe("the terms of a step", function()
  it("are numbers, and lists of numbers from tensors of one axis", function()
    assert.are.same({a = 1, b = 2.5, c = {1, 2}, d = {3}, e = {}},
      terms.read{a = 1, b = T.tensor(2.5), c = T.tensor{1, 2}, d = {3}, e = {}})
  end)

  it("are refused by name when they are anything else", function()
    for _, case in ipairs{
      {{grid = T.zeros{2, 3}}, "the term 'grid' is a tensor [2 3], wanted a number or a list"},
      {{one = T.zeros{1, 1}}, "the term 'one' is a tensor [1 1], wanted a number"},
      {{name = "best"}, "the term 'name' is best (a string), wanted a number or a list"},
      {{ok = true}, "the term 'ok' is true (a boolean), wanted a number or a list of numbers"},
      {{f = print}, "the term 'f' is function"},
      {{t = {1, "2"}}, "the term 't' is a table that is no list of numbers, wanted a number"},
      {{t = {a = 1}}, "the term 't' is a table that is no list of numbers"},
      {{t = {[2] = 1}}, "the term 't' is a table that is no list of numbers"},
      {{1, 2}, "got a term called 1, wanted a name other than 'step' and 'seconds'"},
      {{step = 3}, "got a term called 'step', wanted a name other than 'step' and 'seconds'"},
      {{seconds = 3}, "got a term called 'seconds', wanted a name"},
      {nil, "the step returned nil, wanted a table of terms, as {loss = loss}"},
      {0.5, "the step returned 0.5, wanted a table of terms"},
      {T.tensor(1), "the step returned a tensor, wanted a table of terms"},
    } do
      local values, message = terms.read(case[1])
      assert.is_nil(values)
      assert.are.equal(case[2], message:sub(1, #case[2]))
    end
  end)

  it("are named where one is not finite", function()
    assert.are.same({"b", math.huge}, {terms.broken{a = 1, b = {0, math.huge}}})
    assert.are.equal("a", (terms.broken{a = 0 / 0, b = 1}))
    assert.is_nil(terms.broken{a = 1, b = {2, -3}})
  end)
end)

describe("the terms of a line of a log", function()
  local line = {step = 3, seconds = .5, loss = 2, kl = .25, unit_kl = {1, 2}, live_mb = 7}

  it("that are single numbers have names, in order, and are shown in a line", function()
    assert.same({"kl", "live_mb", "loss"}, terms.numbers(line))
    assert.equal("kl 0.25, live_mb 7, loss 2", terms.brief(line, ", "))
    assert.same({}, terms.numbers{})
  end)

  it("become curves with their units, as far as these are known, but for the memory", function()
    assert.same({{"kl", "nats"}, {"loss", "loss"}}, terms.curves({{step = 1}, line}, {kl = "nats"}))
    assert.same({}, terms.curves({}, {}))
  end)
end)
