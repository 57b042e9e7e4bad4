-- Content and style apart: the networks, what the objectives are made of, and the view.

local T = require "teasel"
local core = require "teasel.core"

local network, tree = T.content_network, T.tree

local function count(params)
  local n = 0
  for _, leaf in ipairs((tree.leaves(params))) do n = n + leaf:size() end
  return n
end

-- a small one, and images of its shape
local function small(given, seed)
  local o = {width = 1 / 16}
  for k, v in pairs(given or {}) do o[k] = v end
  return T.content(network.mnist(3, 2, o), T.stream(seed or 1, "init"))
end

local function images(n, name) return T.stream(7, name or "x"):uniform{n, 28, 28, 1} end

local function near(a, b, tolerance)
  return math.abs(a - b) <= (tolerance or 1e-5) * math.max(1, math.abs(b))
end

describe("the networks of content and style", function()
  it("have as many parameters as the re-implementation's", function()
    local net = T.content(network.mnist(16, 16), T.stream(1))
    assert.equal(76848, count(net.params.coder.encoder))
    assert.equal(82737, count(net.params.coder.decoder))
    assert.equal(258850, count(net.params.critic))
  end)

  it("read and draw images of each data set's shape", function()
    for _, name in ipairs{"mnist", "sprites", "objects"} do
      local model = network[name](5, 4, {width = 1 / 16})
      local net = T.content(model, T.stream(1))
      local x = T.stream(2):uniform{2, table.unpack(model.shape)}
      local q = net:encode(net.params.coder, x)
      assert.same({{2, 5}, {2, 5}, {2, 4}},
        {q.mean:shape(), q.logvar:shape(), q.content:shape()})
      local y = net:decode(net.params.coder, q.content, q.mean)
      assert.same(x:shape(), y:shape())
      assert.is_true(T.min(y):item() >= 0 and T.max(y):item() <= 1)
      assert.same({2, 2}, net:judge(net.params.critic, x, y):shape())
    end
  end)

  it("say the same of an image whatever else is in the batch: norms keep no statistics", function()
    local net = small()
    local x = images(4)
    local all = net:encode(net.params.coder, x)
    local one = net:encode(net.params.coder, x:slice(1, 3, 3))
    for _, name in ipairs{"mean", "logvar", "content"} do
      local gap = T.max(T.abs(all[name]:slice(1, 3, 3) - one[name])):item()
      assert.is_true(gap < 1e-5, name)
    end
  end)

  it("keep the brightness of a last map of 2 x 2 only without its norm", function()
    local x = images(2)
    local function moved(last_norm)
      local net = small{last_norm = last_norm}
      -- all biases of the last convolution are raised: the norm takes that out again
      local p = tree.map(function(v) return v end, net.params.coder)
      local before = net:encode(p, x).content
      p.encoder[7].bias = p.encoder[7].bias + 1
      return T.max(T.abs(net:encode(p, x).content - before)):item()
    end
    assert.is_true(moved(true) < 1e-4)
    assert.is_true(moved(false) > 1e-3)
  end)

  it("refuse a row with something wrong in it", function()
    local row = {shape = {28, 28, 1}, encoder = {4}, critic = {4}, units = 8, start = 2,
      decoder = {{4, 0}, {1}}}
    assert.has_error(function() network.new(row, 2, 2) end)
    local ok, message = pcall(network.new, row, 2, 2)
    assert.is_false(ok)
    assert.matches("row.decoder', item 2: got nil, wanted an integer of 0 or more", message)
  end)
end)

describe("the costs of content and style", function()
  local net = small()
  local p = net.params

  it("are those of the paper, by plain sums", function()
    local x, y = images(3), images(3, "y")
    local q = net:encode(p.coder, x)
    local mean, logvar, kl = q.mean:table(), q.logvar:table(), 0
    for i = 1, 3 do
      for d = 1, 3 do
        local m, v = mean[i][d], logvar[i][d]
        kl = kl + 0.5 * (m * m + math.exp(v) - 1 - v)
      end
    end
    assert.is_true(near(net:kl(q):item(), kl / (3 * 28 * 28 * 1)))
    local logits = net:judge(p.critic, x, y)
    local real, fake, right = 0, 0, 0
    for _, row in ipairs(logits:table()) do
      local gap = row[2] - row[1]   -- log of the odds of real
      real, fake = real + math.log(1 + math.exp(-gap)) / 3, fake + math.log(1 + math.exp(gap)) / 3
      right = right + (gap > 0 and 1 / 3 or 0)
    end
    assert.is_true(near(net:cost(logits, "real"):item(), real))
    assert.is_true(near(net:cost(logits, "fake"):item(), fake))
    assert.is_true(near(net:right(logits, "real"), right))
    assert.is_true(near(net:right(logits, "fake"), 1 - right))
    local sum = 0
    local a, b = x:reshape{3 * 784}:table(), y:reshape{3 * 784}:table()
    for i = 1, #a do sum = sum + (a[i] - b[i]) ^ 2 end
    assert.is_true(near(net:mse(x, y):item(), sum / (3 * 784)))
  end)

  it("judge the pair: the same image beside another gets another answer", function()
    local x, y = images(2), images(2, "y")
    assert.are_not.equal(net:judge(p.critic, x, y):data(), net:judge(p.critic, y, y):data())
  end)

  it("judge an image by its class where the critic is told that", function()
    local told = small{classes = 3}
    local x = images(3)
    local critic = told.params.critic
    assert.same({3, 784}, critic.classes:shape())
    local a = told:judge(critic, T.tensor{0, 1, 2}, x)
    local b = told:judge(critic, T.tensor{0, 2, 2}, x)
    assert.same(a:slice(1, 1, 1):table(), b:slice(1, 1, 1):table())
    assert.are_not.same(a:slice(1, 2, 2):table(), b:slice(1, 2, 2):table())
    -- the channel of a class is learned
    local slope = T.grad(function(c)
      return told:cost(told:judge(c, T.tensor{0, 0, 2}, x), "real")
    end)(critic)
    local moved = T.max(T.abs(slope.classes), 2):table()
    assert.is_true(moved[1] > 0 and moved[2] == 0 and moved[3] > 0)
  end)

  it("have the gradients of their differences", function()
    if not core.double then return end
    local x, x2 = images(2), images(2, "y")
    local function loss(params)
      local q, other = net:encode(params.coder, x), net:encode(params.coder, x2)
      local z = net:sample(q, T.stream(3))
      local y = net:decode(params.coder, other.content, z)
      return net:mse(y, x) + net:kl(q) + net:cost(net:judge(params.critic, x2, y), "real")
        + net:cost(net:judge(params.critic, x2, x), "fake")
    end
    local slope = T.grad(loss)(p)
    for i = 1, 3 do
      local stream, places = T.stream(i, "way"), 0
      local way = tree.map(function(v)
        places = places + 1
        return stream:split(tostring(places)):normal(v:shape())
      end, p)
      local wanted = 0
      local ways = tree.leaves(way)
      for k, leaf in ipairs((tree.leaves(slope))) do
        wanted = wanted + T.sum(leaf * ways[k]):item()
      end
      local function at(h)
        local k, leaves = 0, {}
        for j, leaf in ipairs((tree.leaves(p))) do leaves[j] = leaf + ways[j] * h end
        return loss(tree.map(function()
          k = k + 1
          return leaves[k]
        end, p)):item()
      end
      local h = 1e-6   -- norms over maps of 2 x 2 bend sharply
      local got = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
      assert.is_true(near(got, wanted, 1e-6), ("%.12g, %.12g"):format(got, wanted))
    end
  end)
end)

describe("the view of content and style", function()
  local data = T.data.set.new{count = 5, shape = {28, 28, 1}, images = function(index)
    return T.take(images(5, "data"), index, 1)
  end}
  local net = small()
  local v = net:view(data)
  local coder = net.params.coder

  it("represents by the means of the style and the content", function()
    local x = images(3)
    local q = net:encode(coder, x)
    assert.equal(q.content:data(), v.represent_content(x):data())
    assert.equal(q.mean:data(), v.represent_style(x):data())
    assert.equal(T.concat({q.mean, q.content}, 2):data(), v.represent(x):data())
    assert.same({"z1", "z3", "s1", "s2"},
      {v:code_name(1), v:code_name(3), v:code_name(4), v:code_name(5)})
    assert.equal(net:sample(q, T.stream(4)):data(), v.sample_style(x, T.stream(4)):data())
    -- a style that was never drawn in training is not drawn later
    assert.equal(q.mean:data(), net:view(data, false).sample_style(x, T.stream(4)):data())
  end)

  it("decodes content and style, or both in one tensor", function()
    local z, s = T.stream(1):normal{2, 3}, T.stream(2):normal{2, 2}
    local y = net:decode(coder, s, z)
    assert.equal(y:data(), v.decode(s, z):data())
    assert.equal(y:data(), v.decode(T.concat({z, s}, 2)):data())
    local ok, message = pcall(v.decode, z)
    assert.is_false(ok)
    assert.matches("got a tensor %[2 3%], wanted %[n 5%]", message)
  end)

  it("draws styles of N(0, I) beside contents of the data", function()
    local z = v.prior(T.stream(3), 200)
    assert.same({200, 5}, z:shape())
    local contents, known = v.represent_content(data:images()):table(), {}
    for _, row in ipairs(contents) do known[("%.4f %.4f"):format(row[1], row[2])] = true end
    local seen = {}
    for _, row in ipairs(z:slice(2, 4, 5):table()) do
      local name = ("%.4f %.4f"):format(row[1], row[2])
      assert.is_true(known[name])
      seen[name] = true
    end
    assert.same(known, seen)
    local style = z:slice(2, 1, 3)
    assert.is_true(math.abs(T.mean(style):item()) < 0.15)
    assert.is_true(math.abs(T.mean(T.square(style)):item() - 1) < 0.2)
  end)

  it("swaps: a row has one style, a column one content", function()
    local a, b = images(3), images(2, "y")
    local grid = v:swap(a, b)
    assert.same({6, 28, 28, 1}, grid:shape())
    local s, z = v.represent_content(a), v.represent_style(b)
    for i = 1, 2 do
      for j = 1, 3 do
        local y = v.decode(s:slice(1, j, j), z:slice(1, i, i))
        local gap = T.max(T.abs(grid:slice(1, 3 * (i - 1) + j, 3 * (i - 1) + j) - y)):item()
        assert.is_true(gap < 1e-5)
      end
    end
    local other = T.vae.view(T.vae.fc(2, 4), T.vae.init(T.vae.fc(2, 4), T.stream(1)))
    local ok, message = pcall(other.swap, other, a, b)
    assert.is_false(ok)
    assert.matches("view:swap: got a view without content and style", message)
  end)

  it("goes through its styles, not through its content", function()
    assert.same({1, 2, 3}, v:swept())
    local ok, message = pcall(v.line, v, 4)
    assert.is_false(ok)
    assert.matches("got 4, which is content of 2 columns", message)
  end)
end)
