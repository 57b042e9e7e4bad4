-- The networks of the GAN papers and their objectives.

local T = require "teasel"
local gan, tree = T.gan, T.tree

describe("the InfoGAN's networks", function()
  -- appendix C, tables 1 to 4: the numbers of parameters with a bias in each layer, less the biases
  -- that batch norm takes out: generator, trunk, D's head, Q's head; then an image
  local PUBLISHED = {
    mnist = {6652481 - 1024 - 6272 - 64, 6558144 - 128 - 1024, 1025,
      131072 + 128 + 2 * 128 + 128 * 14 + 14 - 128, {28, 28, 1}},
    celeba = {228 * 1792 + 2 * 1792 + 448 * 256 * 16 + 2 * 256 + 256 * 128 * 16 + 128
      + 128 * 64 * 16 + 64 + 64 * 3 * 16 + 3,
      3 * 64 * 16 + 64 + 64 * 128 * 16 + 2 * 128 + 128 * 256 * 16 + 2 * 256, 4097,
      4096 * 128 + 2 * 128 + 128 * 100 + 100, {32, 32, 3}},
    svhn = {168 * 1792 + 2 * 1792 + 448 * 256 * 16 + 2 * 256 + 256 * 128 * 16 + 128
      + 128 * 64 * 16 + 64 + 64 * 3 * 16 + 3,
      3 * 64 * 16 + 64 + 64 * 128 * 16 + 2 * 128 + 128 * 256 * 16 + 2 * 256, 4097,
      4096 * 128 + 2 * 128 + 128 * 48 + 48, {32, 32, 3}},
    azimuth = {133 * 1024 + 2 * 1024 + 1024 * 8192 + 2 * 8192 + 128 * 64 * 16 + 2 * 64
      + 64 * 16 + 1,
      64 * 16 + 64 + 64 * 128 * 16 + 2 * 128 + 8192 * 1024 + 2 * 1024, 1025, 1024 * 10 + 10,
      {32, 32, 1}},
    chairs_rotation = {189 * 1024 + 2 * 1024 + 1024 * 16384 + 2 * 16384
      + 2 * (256 * 256 * 16 + 2 * 256) + 256 * 128 * 16 + 2 * 128 + 128 * 64 * 16 + 2 * 64
      + 64 * 16 + 1,
      64 * 16 + 64 + 64 * 128 * 16 + 2 * 128 + 128 * 256 * 16 + 2 * 256
      + 2 * (256 * 256 * 16 + 2 * 256) + 16384 * 1024 + 2 * 1024, 1025, 1024 * 62 + 62,
      {64, 64, 1}},
    -- Higgins et al. 2017, table 1
    shapes = {10 * 256 + 2 * 256 + 256 * 256 + 2 * 256 + 256 * 32768 + 2 * 32768
      + 128 * 64 * 16 + 2 * 64 + 64 * 16 + 1,
      64 * 16 + 64 + 64 * 128 * 16 + 128 + 32768 * 256 + 256 + 256 * 256 + 256, 257,
      256 * 128 + 2 * 128 + 128 * 10 + 10, {64, 64, 1}},
  }

  for _, name in ipairs(tree.keys(PUBLISHED)) do
    local want = PUBLISHED[name]
    local slow = name == "chairs_rotation" and " #slow" or ""
    it("have the published sizes: " .. name .. slow, function()
      local row = gan.rows[name]
      local latents = T.latents(row.latents)
      local model = row.network(latents)
      local params = gan.init(model, T.stream(1))
      assert.same({want[1], want[2], want[3], want[4]}, {tree.size(params.generator),
        tree.size(params.critic.trunk), tree.size(params.critic.d_head), tree.size(params.q_head)})
      local x = gan.generate(model, params.generator, latents:sample(T.stream(2), 2))
      assert.same({2, table.unpack(want[5])}, x:shape())
      local logit, features = gan.judge(model, params.critic, x)
      assert.same({2, 1}, logit:shape())
      assert.same({2, latents.outputs}, gan.guess(model, params.q_head, features):shape())
    end)
  end

  it("of each row work at a reduced width", function()
    for _, name in ipairs(tree.keys(gan.rows)) do
      local row = gan.rows[name]
      local latents = T.latents(row.latents)
      local model = row.network(latents, {width = 1 / 32})
      local params, stats = gan.init(model, T.stream(1))
      local z = latents:sample(T.stream(2), 3)
      local x = gan.generate(model, params.generator, z, stats.generator)
      local _, features = gan.judge(model, params.critic, x, stats.critic)
      assert.same({3, latents.outputs}, gan.guess(model, params.q_head, features,
        stats.q_head):shape())
    end
  end)

  it("recognise images by running statistics, each apart from the others of its batch", function()
    local row = gan.rows.mnist
    local latents = T.latents(row.latents)
    local model = row.network(latents, {width = 1 / 32})
    local params, stats = gan.init(model, T.stream(1))
    local x = T.stream(2):uniform{4, 28, 28, 1}
    gan.judge(model, params.critic, x, stats.critic)
    local all = gan.recognise(model, params, stats, x)
    assert.same({4, latents.outputs}, all:shape())
    local one = gan.recognise(model, params, stats, T.slice(x, 1, 3, 3))
    local gap = (one - T.slice(all, 1, 3, 3)):abs():max():item()
    assert.is_true(gap < 1e-5, gap)
  end)

  it("are trained with options that there are", function()
    local latents = T.latents{noise = 4, {"categorical", 3}}
    local model = gan.mnist(latents, {width = 1 / 32})
    local params, stats = gan.init(model, T.stream(1))
    local function try(more)
      local o = {model = model, codes = latents, params = params, stats = stats}
      for name, value in pairs(more) do o[name] = value end
      return function() gan.infogan(o) end
    end
    try{}()
    assert.error_matches(try{informatoin = false}, "did you mean 'information'")
    assert.error_matches(try{codes = T.latents{noise = 4}}, "got no latents, wanted one or more")
    assert.error_matches(try{stats = false}, "option 'stats': got false, wanted that of gan.init")
    assert.error_matches(function() gan.mnist(latents, {width = -1}) end,
      "option 'width': got %-1, wanted a number above 0")
    for who, make in pairs{gan = gan.faces, ["contrastive.network"] = T.contrastive.network,
      ["vaegan.network"] = function(l, o) T.vaegan.network(l, {16, 16, 1}, o) end,
      ["content_network.new"] = function(_, o) T.content_network.mnist(2, 2, o) end} do
      for _, width in ipairs{0, -1, 65, "1"} do
        assert.error_matches(function() make(latents, {width = width}) end,
          who .. ": option 'width': got ", 1, true)
      end
    end
  end)

  it("have no q_head where there are no latents", function()
    local model = gan.mnist(T.latents{noise = 4}, {width = 1 / 32})
    assert.is_nil(model.q_head)
    assert.is_nil(gan.init(model, T.stream(1)).q_head)
  end)

  it("leak by 0.1, as the paper says", function()
    assert.matches("leaky_relu 0.1", tostring(gan.mnist(T.latents{noise = 1}, {width = 0.1}).trunk))
  end)
end)

describe("the objectives", function()
  local latents = T.latents{noise = 3, {"categorical", 4}}
  local model = gan.mnist(latents, {width = 1 / 32})
  local params, stats = gan.init(model, T.stream(1))
  local real, fake = T.stream(2):uniform{6, 28, 28, 1}, T.stream(3):uniform{6, 28, 28, 1}

  it("are the logarithms of probabilities", function()
    local d_real = T.sigmoid(gan.judge(model, params.critic, real) + 0)
    local d_fake = T.sigmoid(gan.judge(model, params.critic, fake) + 0)
    local loss = gan.critic_loss(model, params.critic, real, fake)
    local wanted = -T.log(d_real):mean() - T.log(1 - d_fake):mean()
    assert.is_true(math.abs(loss:item() - wanted:item()) < 1e-5)
    local g = gan.generator_loss((gan.judge(model, params.critic, fake)))
    assert.is_true(math.abs(g:item() + T.log(d_fake):mean():item()) < 1e-5)
  end)

  it("move the statistics by the real images only, and only when they are given", function()
    local function bits()
      local list = {}
      for i, leaf in ipairs((tree.leaves(stats))) do list[i] = leaf:data() end
      return table.concat(list)
    end
    local before = bits()
    gan.critic_loss(model, params.critic, real, fake)
    assert.equal(before, bits())
    local other = tree.copy(stats)
    gan.critic_loss(model, params.critic, real, fake, stats.critic)
    assert.are_not.equal(before, bits())
    gan.judge(model, params.critic, real, other.critic)
    assert.same(tree.leaves(other.critic)[1]:data(), tree.leaves(stats.critic)[1]:data())
  end)
end)
