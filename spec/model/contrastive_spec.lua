-- The contrastive regularizer of InfoGAN-CR: pairs that share one latent, and the network that says
-- which.

local T = require "teasel"
local tree = T.tree

local latents = T.latents{noise = 2, {"uniform", 3}, {"categorical", 4}}
local model = T.contrastive.network(latents, {width = 1 / 16, size = 16})

local function bits(t)
  local list = {}
  for i, leaf in ipairs((tree.leaves(t))) do list[i] = leaf:data() end
  return list
end

describe("pairs of latents", function()
  it("share the latent of their number, and nothing else, all latents equally often", function()
    local cr, n = T.contrastive(model, latents, T.stream(1)), 400
    local z, k = cr:pairs(T.stream(2), n)
    assert.same({{2 * n, 9}, {n}}, {z:shape(), k:shape()})
    local a, b = z:slice(1, 1, n), z:slice(1, n + 1, 2 * n)
    local counts, alike = {0, 0, 0, 0}, 0
    for i, shared in ipairs(k:table()) do
      counts[shared] = counts[shared] + 1
      local row = (a:slice(1, i, i) - b:slice(1, i, i)):abs():reshape{9}:table()
      for d = 1, 5 do
        if d - 2 == shared then assert.equal(0, row[d]) else assert.is_true(row[d] > 0) end
      end
      local other = row[6] + row[7] + row[8] + row[9]
      if shared == 4 then assert.equal(0, other) elseif other == 0 then alike = alike + 1 end
    end
    for _, count in ipairs(counts) do assert.is_true(math.abs(count - n / 4) < n / 10) end
    assert.is_true(alike < n * 0.3)   -- of other categories a quarter is equal by chance
    for _, half in ipairs{a, b} do
      assert.is_true(math.abs(half:slice(2, 3, 5):mean():item()) < 0.08)
      assert.equal(n, half:slice(2, 6, 9):sum():item())
    end
  end)
end)

describe("the regularizer", function()
  -- images in which latents are to be seen: row d is latent d
  local function draw(z)
    return z:reshape{#z, 9, 1, 1}:expand{#z, 9, 16, 1}:pad({0, 0, 0, 0}, {0, 7, 0, 0})
  end

  it("is log of the number of latents before H learned, and then falls #slow", function()
    local cr = T.contrastive(model, latents, T.stream(1))
    local H = cr:player{lr = 1e-2}
    local first
    for step = 1, 60 do
      local z, k = cr:pairs(T.stream(step), 32)
      local terms = T.game.alternating{{H, draw(z), k}}
      first = first or terms.cr_loss:item()
    end
    assert.is_true(math.abs(first - math.log(4)) < 0.1)
    local z, k = cr:pairs(T.stream(99), 400)
    local loss, right = cr:loss(draw(z), k)
    assert.is_true(loss:item() < first - 0.1, loss:item())
    assert.is_true(right:item() > 0.35, right:item())
  end)

  it("moves H's statistics only where H learns, and has a gradient in the images", function()
    local cr = T.contrastive(model, latents, T.stream(1))
    local z, k = cr:pairs(T.stream(2), 4)
    local before = bits{cr.params, cr.stats}
    local slope = T.grad(function(x) return (cr:loss(x, k)) end)(draw(z))
    assert.is_true(slope:abs():max():item() > 0)
    assert.same(before, bits{cr.params, cr.stats})
    cr:loss(draw(z), k, cr.params, cr.stats)
    assert.are_not.same(before, bits{cr.params, cr.stats})
    assert.has_error(function() cr:loss(draw(z), k:slice(1, 1, 3)) end)
    assert.has_error(function() T.contrastive(model, T.latents{{"uniform", 1}}, T.stream(1)) end)
  end)
end)

describe("the networks of InfoGAN-CR", function()
  it("are those of the authors for dSprites", function()
    local five = T.latents{noise = 5, {"uniform", 5, deviation = 1}}
    local net = T.contrastive.network(five)
    local function shapes(network)
      local list = {}
      for _, leaf in ipairs((tree.leaves((network:init(T.stream(1)))))) do
        if leaf:rank() > 1 then list[#list + 1] = table.concat(leaf:shape(), " ") end
      end
      table.sort(list)
      return list
    end
    assert.same({"10 128", "128 1024", "4 4 1 32", "4 4 32 32", "4 4 32 64", "4 4 64 64"},
      shapes(net.generator))
    assert.same({"1024 128", "4 4 1 32", "4 4 32 32", "4 4 32 64", "4 4 64 64"}, shapes(net.trunk))
    assert.same({"128 128", "128 5"}, shapes(net.q_head))
    assert.same({"1024 128", "128 5", "4 4 2 32", "4 4 32 32", "4 4 32 64", "4 4 64 64"},
      shapes(net.pair))
    local small = T.infogan(model, latents, T.stream(1))
    assert.same({3, 16, 16, 1}, small:view().decode(latents:sample(T.stream(2), 3)):shape())
    assert.has_error(function() T.contrastive.network(five, {size = 24}) end)
    local coloured = T.contrastive.network(five, {size = 16, colours = 3})
    local view = T.infogan(coloured, five, T.stream(1)):view()
    assert.same({2, 16, 16, 3}, view.decode(five:sample(T.stream(2), 2)):shape())
    assert.same({2, 5}, view.represent(T.zeros{2, 16, 16, 3}):shape())
    assert.equal("4 4 6 64", shapes(coloured.pair)[3])
  end)
end)
