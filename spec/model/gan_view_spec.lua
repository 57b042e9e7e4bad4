-- Views of GANs.

local T = require "teasel"
local gan, nn = T.gan, T.nn

local latents = T.latents{noise = 3, {"categorical", 4}, {"uniform", 2}}
local net = T.infogan(gan.shapes(latents, {width = 1 / 32}), latents, T.stream(1))
local view = net:view()
local z = view.prior(T.stream(2), 6)

local function near(a, b) assert.is_true((a - b):abs():max():item() < 1e-5) end

describe("the view of an InfoGAN", function()
  -- statistics that are not those of the beginning
  local made = gan.generate(net.model, net.params.generator, z, net.stats.generator)
  net:V(net.params.critic, made, made, net.stats)

  it("has latents for the noise and each code, which cover what the generator reads", function()
    local found = {}
    for i, l in ipairs(view.latents) do
      found[i] = {l.name, l.kind, l.first, l.last, l.code or false}
    end
    assert.same({{"noise", "uniform", 1, 3, false}, {"c1", "categorical", 4, 7, false},
      {"c2", "uniform", 8, 8, 5}, {"c3", "uniform", 9, 9, 6}}, found)
    assert.same({2, 3, 4}, view:swept())
    assert.same({"c1=1", "c1=4", "c2", "c3", "z7"}, {view:code_name(1), view:code_name(4),
      view:code_name(5), view:code_name(6), view:code_name(7)})
  end)

  it("has noise of one column as noise, that is not swept", function()
    local few = T.latents{noise = 1, {"uniform", 2}}
    local own = T.infogan(gan.shapes(few, {width = 1 / 32}), few, T.stream(1)):view()
    assert.same({2, 3}, own:swept())
    assert.is_true(own.latents[1].noise)
    assert.matches("latents: noise %(uniform%), c1 to c2 %(uniform%)$", tostring(own))
    assert.error_matches(function() own:line(1) end,
      "view:line: argument 'i': got 1, which is noise of 1 column, wanted one that can be swept")
  end)

  it("says at once that statistics of the parts that read images are missing", function()
    assert.error_matches(function() gan.view(net.model, latents, net.params, {}) end,
      "gan.view: argument 'stats': got a table of 0 items, wanted a table with critic, q_head")
  end)

  it("draws from the prior of the latents", function()
    assert.equal(latents:sample(T.stream(2), 6):data(), z:data())
  end)

  it("decodes by the running statistics into [0, 1], each item apart from the others", function()
    local x = view.decode(z)
    local raw = net.model.generator(net.params.generator, z, {stats = net.stats.generator})
    near((raw + 1) * 0.5, x)
    assert.is_true(raw:min():item() < 0 and x:min():item() >= 0 and x:max():item() <= 1)
    near(x:slice(1, 4, 4), view.decode(z:slice(1, 4, 4)))
    assert.same({12, 64, 64, 1}, view.decode(view:sweep(z:slice(1, 1, 3), 2, view:line(2))):shape())
  end)

  it("represents by log probabilities and means of Q", function()
    local x = view.decode(z)
    local q = gan.recognise(net.model, net.params, net.stats, x * 2 - 1)
    local found = view.represent(x)
    assert.same({6, 6}, found:shape())
    near(T.log_softmax(q:slice(2, 1, 4)), found:slice(2, 1, 4))
    near(q:slice(2, 5, 6), found:slice(2, 5, 6))
    near(T.ones{6}, found:slice(2, 1, 4):exp():sum(2))
    near(found:slice(1, 2, 2), view.represent(x:slice(1, 2, 2)))
  end)
end)

describe("what the view of an InfoGAN recognises in images", function()
  it("has what Q reads in a draw's place, and the draw's noise", function()
    local x = view.decode(z)
    local q = gan.recognise(net.model, net.params, net.stats, x * 2 - 1)
    local found = view.recognise(x, T.stream(4))
    near(T.one_hot(q:slice(2, 1, 4):argmax(2), 4), found:slice(2, 4, 7))
    near(q:slice(2, 5, 6), found:slice(2, 8, 9))
    near(view.prior(T.stream(4), 6):slice(2, 1, 3), found:slice(2, 1, 3))
    assert.same({6, 64, 64, 1}, view.decode(found):shape())
  end)
end)

describe("the view of a GAN without Q", function()
  it("decodes, and has no codes", function()
    local noise = T.latents{noise = 5, noise_from = "gaussian"}
    local generator = nn.linear(5, 2)
    local params = {generator = generator:init(T.stream(1))}
    local v = gan.view({generator = generator}, noise, params, {})
    local latents = v.prior(T.stream(3), 4)
    assert.equal(generator(params.generator, latents):data(), v.decode(latents):data())
    assert.is_nil(v.represent)
    assert.is_nil(v.recognise)
    assert.same({}, v:swept())
    assert.same({"noise", "gaussian", 5}, {v.latents[1].name, v.latents[1].kind,
      v.latents[1].width})
  end)
end)
