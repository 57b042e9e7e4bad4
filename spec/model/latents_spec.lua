-- Latents: what the generator reads and what Q says about it.

local T = require "teasel"

local function near(wanted, got, tolerance)
  assert(math.abs(wanted - got) <= (tolerance or 1e-5) * math.max(1, math.abs(wanted)),
    ("got %.9g, wanted %.9g"):format(got, wanted))
end

describe("a description of latents", function()
  local c = T.latents{noise = 5, {"categorical", 4, count = 2}, {"uniform", 3, weight = 0.1},
    {"gaussian", 1}}

  it("counts what the generator reads and what Q gives", function()
    assert.equal(5 + 2 * 4 + 3 + 1, c.inputs)
    assert.equal(2 * 4 + 2 * 3 + 2, c.outputs)
    assert.equal(6, c.count)
    assert.same({"c1", "c2", "c3", "c4", "c5", "c6"}, c.names)
    assert.same({1, 1, 0.1, 0.1, 0.1, 1}, c.weights)
  end)

  it("is printed in a line", function()
    assert.equal("latents of 17 numbers: 5 of noise; c1, c2 of 4 categories; c3, c4, c5 uniform; "
      .. "c6 gaussian; Q gives 16", tostring(c))
  end)

  it("knows the entropy of each code", function()
    for k, h in ipairs{math.log(4), math.log(4), math.log(2), math.log(2), math.log(2),
      0.5 * math.log(2 * math.pi * math.exp(1))} do
      near(h, c.entropies[k], 1e-12)
    end
  end)

  it("needs no noise, and no latents", function()
    assert.equal(2, T.latents{{"uniform", 2}}.inputs)
    local none = T.latents{noise = 3}
    assert.equal(0, none.outputs)
    assert.same({2, 3}, none:sample(T.stream(1), 2):shape())
  end)

  it("know L_I where Q knows nothing, and all of it", function()
    local c = T.latents{{"categorical", 4}, {"uniform", 1}, {"gaussian", 1, deviation = 2},
      {"uniform", 1, deviation = 0.5}}
    assert.same({0, 0}, {c.least[1], c.least[2]})
    near(c.most[1], math.log(4), 1e-12)
    assert.equal(math.huge, c.most[2])
    local z = c:sample(T.stream(1), 20000)
    local function information(share)   -- of the numbers, the means of Q
      local q = T.concat({z[{{}, {1, 5}}], T.zeros{20000, 1}, z[{{}, {6, 7}}] * share}, 2)
      return c:information(c:nll(q, z))
    end
    for k = 3, 4 do
      near(information(1)[k]:item(), c.most[k], 1e-5)
      near(information(0)[k]:item(), c.least[k], 0.01)
    end
  end)

  it("may fix the deviation of Q's normal distributions, which then has means alone", function()
    local fixed = T.latents{noise = 1, {"uniform", 2, deviation = 0.5}, {"gaussian", 1}}
    assert.equal(2 + 2, fixed.outputs)
    local q, z = T.tensor{{0.2, -0.4, 0.3, 0}}, T.tensor{{9, 0.7, -0.4, 0.3}}
    local nll = fixed:nll(q, z):table()
    near(0.5 * math.log(2 * math.pi * 0.25) + 0.5, nll[1])
    near(0.5 * math.log(2 * math.pi * 0.25), nll[2])
    near(0.5 * math.log(2 * math.pi), nll[3])
    near(-0.4, fixed:mean(q, 2):item())
    assert.error_matches(function() T.latents{{"uniform", 2, deviation = 0}} end, "deviation")
    assert.error_matches(function() T.latents{{"categorical", 2, deviation = 1}} end, "deviation")
  end)

  it("with a kind that there is not is refused", function()
    assert.error_matches(function() T.latents{{"uniforn", 2}} end,
      "got the option 'uniforn', wanted one of: categorical, gaussian, uniform")
    assert.error_matches(function() T.latents{{"uniform", 0}} end,
      "latents: n: got 0, wanted an integer of 1 or more")
    assert.error_matches(function() T.latents{{"categorical", 3, count = 1.5}} end,
      "count: got 1.5")
  end)
end)

describe("samples of latents", function()
  local c = T.latents{noise = 2, {"categorical", 5, count = 2}, {"uniform", 2}, {"gaussian", 1}}
  local z = c:sample(T.stream(3), 20000)

  it("have every category equally often, once in each row", function()
    for _, first in ipairs{3, 8} do
      local part = z:slice(2, first, first + 4)
      assert.equal(20000, part:sum():item())
      assert.equal(1, part:max():item())
      for _, share in ipairs(part:mean(1):table()) do near(0.2, share, 0.015) end
    end
    assert.is_true((z:slice(2, 3, 7) * z:slice(2, 8, 12)):sum():item() < 5000)
  end)

  it("fill -1..1, or are normal", function()
    local u, g = z:slice(2, 13, 14), z:slice(2, 15, 15)
    assert.is_true(u:min():item() >= -1 and u:max():item() < 1)
    near(1 / 3, u:square():mean():item(), 0.02)
    near(1, g:square():mean():item(), 0.03)
    near(1 / 3, z:slice(2, 1, 2):square():mean():item(), 0.02)
    local normal = T.latents{noise = 2, noise_from = "gaussian"}:sample(T.stream(4), 20000)
    near(1, normal:square():mean():item(), 0.03)
    assert.error_matches(function() T.latents{noise_from = "x"} end, "noise_from: got 'x'")
  end)

  it("are the stream's", function()
    assert.equal(c:sample(T.stream(3), 7):data(), c:sample(T.stream(3), 7):data())
    assert.are_not.equal(c:sample(T.stream(3), 7):data(), c:sample(T.stream(4), 7):data())
  end)
end)

describe("what Q says", function()
  local c = T.latents{noise = 1, {"categorical", 3}, {"uniform", 2}}
  --                  noise  category  uniform
  local z = T.tensor{{9,     0, 1, 0,  0.5, -1}, {9, 1, 0, 0,  0, 0.25}}
  --                  logits     means       log variances
  local q = T.tensor{{1, 2, -1,  0.25, -0.5, 0, math.log(4)}, {0, 0, 0,  0, 0.25, -2, 1}}

  it("costs -log Q(c|x), a mean over the batch for each code", function()
    local nll = c:nll(q, z):table()
    local log_sum = math.log(math.exp(1) + math.exp(2) + math.exp(-1))
    near((log_sum - 2 + math.log(3)) / 2, nll[1])
    local half = 0.5 * math.log(2 * math.pi)
    near((half + 0.25 ^ 2 / 2 + half - 1) / 2, nll[2])
    near((half + math.log(2) + 0.5 ^ 2 / 8 + half + 0.5) / 2, nll[3])
  end)

  it("is information, up to the entropy of a category that is certain", function()
    local sure = c:nll(T.tensor{{-50, 50, -50, 0, 0, 0, 0}, {50, -50, -50, 0, 0, 0, 0}}, z)
    near(math.log(3), c:information(sure):table()[1])
    local none = c:nll(T.zeros{2, 7}, z)
    near(0, c:information(none):table()[1])
  end)

  it("is weighted by lambda in the loss", function()
    local nll = T.tensor{1, 10, 100}
    assert.equal(111, c:loss(nll):item())
    local d = T.latents{{"categorical", 3, weight = 2}, {"uniform", 2, weight = 0.5}}
    assert.equal(57, d:loss(nll):item())
  end)

  it("names a category from 1, and a mean", function()
    assert.same({2, 1}, c:category(q, 1):table())
    assert.same({0.25, 0}, c:mean(q, 2):table())
    assert.same({-0.5, 0.25}, c:mean(q, 3):table())
    assert.same({{2, 0.25, -0.5}, {1, 0, 0.25}}, c:read(q):table())
    local two = T.latents{{"categorical", 2, count = 2}}
    assert.same({2}, two:category(T.tensor{{5, 1, 0, 3}}, 2):table())
  end)
end)

describe("a representation by what Q says", function()
  it("has means and log probabilities, in the order of the latents", function()
    local c = T.latents{{"gaussian", 1}, {"categorical", 2, count = 2}, {"uniform", 1}}
    local q = T.tensor{{0.5, 0, math.log(3), 0, 0, 0, -0.25, 7}}
    local wanted = {0.5, math.log(0.75), math.log(0.25), math.log(0.5), math.log(0.5), -0.25}
    local found = c:represent(q):table()[1]
    assert.equal(#wanted, #found)
    for d, value in ipairs(wanted) do near(value, found[d]) end
    local columns = {}
    for i, latent in ipairs(c:list()) do columns[i] = latent.code or false end
    assert.same({1, false, false, 6}, columns)
  end)
end)

describe("setting a code", function()
  local c = T.latents{noise = 1, {"categorical", 2, count = 2}, {"uniform", 2}}
  local z = T.tensor{{7, 1, 0, 0, 1, 0.5, 0.25}}

  it("changes it and nothing else", function()
    assert.same({{7, 1, 0, 1, 0, 0.5, 0.25}}, c:put(z, 2, T.tensor{1}):table())
    assert.same({{7, 1, 0, 0, 1, -2, 0.25}}, c:put(z, 3, T.tensor{-2}):table())
    assert.same({{7, 1, 0, 0, 1, 0.5, 2}}, c:put(z, 4, T.tensor{2}):table())
    assert.same({{0, 1}}, c:value(z, 2):table())
    assert.same({{0.25}}, c:value(z, 4):table())
  end)

  it("in a sweep repeats each row, with all else fixed along it", function()
    local two = T.concat{z, z + 1}
    assert.same({{7, 1, 0, 0, 1, -1, 0.25}, {7, 1, 0, 0, 1, 1, 0.25},
      {8, 2, 1, 1, 2, -1, 1.25}, {8, 2, 1, 1, 2, 1, 1.25}},
      c:sweep(two, 3, T.tensor{-1, 1}):table())
  end)

  it("needs one that there is", function()
    assert.error_matches(function() c:put(z, 5, T.tensor{1}) end,
      "got latent 5, wanted one of 1..4")
    assert.error_matches(function() c:mean(z, "c1") end, "got latent c1, wanted one of 1..4")
    assert.error_matches(function() c:mean(z, 1) end,
      "got latent 1, which is categorical, wanted a continuous one")
    assert.error_matches(function() c:category(z, 3) end,
      "got latent 3, which is uniform, wanted a categorical one")
    assert.same({{1, 2}, {3, 4}, 2}, {c.categorical, c.continuous, c:categories(1)})
  end)

  it("is described by options that there are, within their range", function()
    local cases = {
      {{nosie = 62, {"categorical", 10}}, "got the option 'nosie', wanted one of: noise"},
      {{{"uniform", 2, weigth = 0.1}}, "got the option 'weigth', wanted one of: deviation, weight"},
      {{{"uniform", 2, count = 3}}, "got the option 'count', wanted one of: deviation, weight"},
      {{noise = -3}, "noise: got %-3, wanted an integer of 0 or more"},
      {{noise = 2.5}, "noise: got 2.5, wanted an integer of 0 or more"},
      {{{"uniform", 2, weight = -1}}, "weight: got %-1, wanted a number of 0 or more"},
      {{{"uniform", 2, weight = 0 / 0}}, "weight: got %-?nan"},
      {{[2] = {"uniform", 2}}, "latents: row 1: got none, wanted one in front of row 2"},
      {nil, "latents: got nil, wanted a description"},
    }
    for i = 1, #cases do
      assert.error_matches(function() T.latents(cases[i][1]) end, cases[i][2])
    end
  end)
end)

describe("scripts of older runs", function()
  it("call latents codes", function() assert.equal(T.latents, T.codes) end)
end)
