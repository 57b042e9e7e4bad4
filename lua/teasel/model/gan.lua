-- Generative adversarial networks: the networks of the papers, their objectives, and steps through
-- which one can differentiate.
--
-- A model is a table of layers:
--   generator  z [n inputs] (see teasel.model.codes) -> images [n h w c]
--   trunk      images -> features, shared by D and Q
--   d_head     features -> logit [n 1] that the image is real
--   q_head     features -> what Q says about the codes [n outputs]; absent where there are none
-- Its parameters are {generator =, critic = {trunk =, d_head =}, q_head =}, as are its running
-- statistics. Batch norm comes before the activation, and the biases that it would take out are
-- left out. Appendix C of the InfoGAN paper prints "ReLU, batchnorm"; its code has this order.
-- Weights are drawn from N(0, 0.02^2), as in its code.

local check = require "teasel.check"
local core = require "teasel.core"
local fail = require "teasel.fail"
local grad = require "teasel.grad"
local nn = require "teasel.nn"
local ops = require "teasel.ops"
local optim = require "teasel.optim"
local options = require "teasel.options"
local sequential = require "teasel.model.sequential"

local op = core.op
local gan = {}

local LEAK = 0.1
local LAST, BARE = {last = true}, {norm = false}

-- What D and Q, and what the generator begin with; norm: that of all layers, or false
local function critic(shape, norm)
  return sequential(shape, {activation = nn.leaky_relu(LEAK), norm = norm,
    init = nn.init.normal(0.02)})
end

local function generator(codes)
  return sequential({codes.inputs}, {activation = nn.relu, norm = nn.batch_norm,
    init = nn.init.normal(0.02)})
end

-- A function that scales numbers of channels and units.
local function scaled(given)
  local width = options.read("gan", given, {width = 1}).width
  if not (width > 0 and width < math.huge) then
    fail("gan: option 'width': got %s, wanted a number above 0", width)
  end
  return function(n) return math.max(1, math.floor(n * width + 0.5)) end
end

-- The model of its generator and trunk, with the heads of D and Q; hidden: units of Q's own layer,
-- where it has one.
local function model_of(codes, made, trunk, hidden)
  local features = trunk:size()
  local model = {generator = made:chain(), trunk = trunk:chain(),
    d_head = nn.linear(features, 1, {init = nn.init.normal(0.02)})}
  if codes.count > 0 then
    local q = critic({features}, nn.batch_norm)
    if hidden then q:linear(hidden) end
    model.q_head = q:linear(codes.outputs, LAST):chain()
  end
  return model
end

-- The networks of Chen et al. 2016, appendix C. `codes` is a description of teasel.model.codes; the
-- option width (1) scales all numbers of channels and units.

-- mnist(codes, options): table 1: 28 x 28 x 1, in [0, 1]
function gan.mnist(codes, given)
  local w = scaled(given)
  return model_of(codes,
    generator(codes):linear(w(1024)):linear(7 * 7 * w(128)):reshape{7, 7, w(128)}
      :deconv(w(64)):deconv(1, LAST):add(nn.sigmoid),
    critic({28, 28, 1}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):linear(w(1024)), w(128))
end

-- celeba(codes, options): tables 2 and 3, SVHN and CelebA: 32 x 32 x 3, in [-1, 1]
function gan.celeba(codes, given)
  local w = scaled(given)
  return model_of(codes,
    generator(codes):linear(2 * 2 * w(448)):reshape{2, 2, w(448)}
      :deconv(w(256)):deconv(w(128), BARE):deconv(w(64), BARE):deconv(3, LAST):add(nn.tanh),
    critic({32, 32, 3}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):conv(w(256)):flatten(),
    w(128))
end

-- faces(codes, options): table 4: 32 x 32 x 1, in [0, 1]; D and Q share all but the last layer
function gan.faces(codes, given)
  local w = scaled(given)
  return model_of(codes,
    generator(codes):linear(w(1024)):linear(8 * 8 * w(128)):reshape{8, 8, w(128)}
      :deconv(w(64)):deconv(1, LAST):add(nn.sigmoid),
    critic({32, 32, 1}, nn.batch_norm):conv(w(64), BARE):conv(w(128)):linear(w(1024)))
end

-- shapes(codes, options): the InfoGAN that Higgins et al. 2017 compare with, table 1, "2D shapes":
-- 64 x 64 x 1, in [-1, 1]. The table has two layers of 256 units and two transposed convolutions,
-- 128 and 64 channels; of what is between them it says nothing: here 16 x 16 x 128. Nor of batch
-- norm: here none in D, which with it knows the sparse images by their statistics, and wins.
function gan.shapes(codes, given)
  local w = scaled(given)
  return model_of(codes,
    generator(codes):linear(w(256)):linear(w(256)):linear(16 * 16 * w(128))
      :reshape{16, 16, w(128)}:deconv(w(64)):deconv(1, LAST):add(nn.tanh),
    critic({64, 64, 1}, false):conv(w(64)):conv(w(128)):linear(w(256)):linear(w(256)), w(128))
end

-- init(model, stream) -> fresh parameters and running statistics
function gan.init(model, stream)
  local params, stats = {critic = {}}, {critic = {}}
  local function begin(name, p, s)
    if model[name] then p[name], s[name] = model[name]:init(stream:split(name)) end
  end
  begin("generator", params, stats)
  begin("trunk", params.critic, stats.critic)
  begin("d_head", params.critic, stats.critic)
  begin("q_head", params, stats)
  return params, stats
end

local TRAIN = {train = true}

-- A mode with batch statistics; with `stats`, these are moved.
local function training(stats) return stats and {train = true, stats = stats} or TRAIN end

-- generate(model, params of the generator, z, stats) -> images, by batch statistics
function gan.generate(model, params, z, stats)
  return model.generator(params, z, training(stats))
end

-- judge(model, critic, x, stats) -> D's logits [n 1], features, by batch statistics. Real and
-- generated images are judged in batches of their own.
function gan.judge(model, critic, x, stats)
  local features = model.trunk(critic.trunk, x, training(stats and stats.trunk))
  return model.d_head(critic.d_head, features, TRAIN), features
end

-- guess(model, params of the q_head, features, stats) -> Q's outputs, by batch statistics
function gan.guess(model, params, features, stats)
  return model.q_head(params, features, training(stats))
end

-- recognise(model, params, stats, x) -> Q's outputs [n outputs] for images, by running statistics;
-- params and stats are those of the whole model
function gan.recognise(model, params, stats, x)
  local features = model.trunk(params.critic.trunk, x, {stats = stats.critic.trunk})
  return model.q_head(params.q_head, features, {stats = stats.q_head})
end

-- critic_loss(model, critic, real, fake, stats) -> -E log D(x) - E log(1 - D(G(z))), which is -f of
-- the papers, and the features of the generated images
function gan.critic_loss(model, critic, real, fake, stats)
  local d_real = gan.judge(model, critic, real, stats)
  local d_fake, features = gan.judge(model, critic, fake)
  return ops.mean(op.softplus(-d_real)) + ops.mean(op.softplus(d_fake)), features
end

-- generator_loss(d_fake) -> -E log D(G(z)), that does not saturate       Goodfellow et al. 2014
function gan.generator_loss(d_fake) return ops.mean(op.softplus(-d_fake)) end

-- infogan_loss(model, codes, p, real, fake, z, stats, information) -> the objective of D and Q,
-- -E log D(x) - E log(1 - D(G(z, c))) - sum of lambda L_I, its first two terms, and -log Q(c|x) of
-- each code; p is {critic =, q_head =}. With information = false Q only watches: its loss ends at
-- its own layers.
function gan.infogan_loss(model, codes, p, real, fake, z, stats, information)
  local loss, features = gan.critic_loss(model, p.critic, real, fake, stats.critic)
  if information == false then features = grad.stop_gradient(features) end
  local nll = codes:nll(gan.guess(model, p.q_head, features, stats.q_head), z)
  return loss + codes:loss(nll), loss, nll
end

-- infogan{model =, codes =, params =, stats =, lr_d =, lr_g =, information = true} -> the state of
-- an InfoGAN's training, for run.train, and a function step(real [n h w c], z [n inputs]) -> terms:
-- one step of Adam for D and Q, one for G, on one draw of (z, c). The terms are d_loss and g_loss
-- without L_I and information [count], all in nats, and live_mb, megabytes of tensors. With
-- information = false nobody but Q learns of the codes: a GAN with an auxiliary Q.
function gan.infogan(given)
  local t = options.read("gan.infogan", given, {model = options.any, codes = options.any,
    params = options.any, stats = options.any, lr_d = 2e-4, lr_g = 1e-3, information = true})
  for _, name in ipairs{"model", "codes", "params", "stats"} do
    if type(t[name]) ~= "table" then
      check.wrong("gan.infogan", ("option '%s'"):format(name), t[name], "that of gan.init")
    end
  end
  if t.codes.count == 0 then fail "gan.infogan: got no codes, wanted one or more" end
  local model, codes, params, stats = t.model, t.codes, t.params, t.stats
  local adam_d, adam_g = optim.adam{lr = t.lr_d, b1 = 0.5}, optim.adam{lr = t.lr_g, b1 = 0.5}
  local player = {critic = params.critic, q_head = params.q_head}
  local state = {params = params, stats = stats, d = adam_d:init(player),
    g = adam_g:init(params.generator)}
  local critic_step = grad.value_and_grad(function(p, real, fake, z)
    return gan.infogan_loss(model, codes, p, real, fake, z, stats, t.information)
  end)
  -- G's loss as a function of its images
  local image_step = grad.value_and_grad(function(fake, z)
    local d_fake, features = gan.judge(model, params.critic, fake)
    local loss = gan.generator_loss(d_fake)
    if not t.information then return loss, loss end
    return loss + codes:loss(codes:nll(gan.guess(model, params.q_head, features), z)), loss
  end)
  return state, function(real, z)
    local fake, back = grad.vjp(function(p) return gan.generate(model, p, z, stats.generator) end,
      params.generator)
    local _, grads, d_loss, nll = critic_step(player, real, fake, z)
    adam_d:update(player, grads, state.d)
    local _, slope, g_loss = image_step(fake, z)
    adam_g:update(params.generator, back(slope), state.g)
    return {d_loss = d_loss, g_loss = g_loss, information = codes:information(nll),
      live_mb = core.memory().live / 1e6}
  end
end

-- unroll(optimizer, steps, critic, state, slope) -> critic and state after virtual steps along
-- slope(critic), a gradient in it. Nothing that was given changes; within grad the steps are part
-- of what is differentiated.                                      Metz et al. 2017, eqs. 7 to 9
function gan.unroll(optimizer, steps, critic, state, slope)
  for _ = 1, steps do critic, state = optimizer:step(critic, slope(critic), state) end
  return critic, state
end

local MODEL = "model: table(generator trunk d_head)"
local NETWORK = "codes: table(inputs outputs count)"

check.functions("gan.", gan, {
  mnist = NETWORK, celeba = NETWORK, faces = NETWORK, shapes = NETWORK,
  init = MODEL .. ", stream: stream",
  generate = "model: table(generator), params: any, z: tensor",
  judge = "model: table(trunk d_head), critic: table(trunk d_head), x: tensor",
  guess = "model: table(q_head), params: any, features: tensor",
  recognise = "model: table(trunk q_head), params: table(critic q_head), "
    .. "stats: table(critic q_head), x: tensor",
  critic_loss = "model: table(trunk d_head), critic: table(trunk d_head), real: tensor, "
    .. "fake: tensor",
  generator_loss = "d_fake: tensor",
  infogan_loss = "model: table(trunk d_head q_head), codes: table(inputs outputs count), "
    .. "p: table(critic q_head), real: tensor, fake: tensor, z: tensor, "
    .. "stats: table(critic q_head)",
  infogan = "given: table",
  unroll = "optimizer: table(step), steps: integer, critic: tree, state: table(t slots), "
    .. "slope: callable",
})

-- The settings of the paper's tables, by name: network; codes, a description of teasel.model.codes;
-- learning rates of D with Q and of G. weight is the paper's lambda. Of SVHN the appendix has four
-- continuous codes and the text two; of the faces each panel of figure 3 has its own settings, and
-- "wide or narrow" those of the lighting.
local function faces(weight) return {noise = 128, {"uniform", 5, weight = weight}} end

gan.rows = {
  mnist = {network = gan.mnist, lr_d = 2e-4, lr_g = 1e-3,
    codes = {noise = 62, {"categorical", 10}, {"uniform", 2}}},
  svhn = {network = gan.celeba, lr_d = 2e-4, lr_g = 1e-3,
    codes = {noise = 124, {"categorical", 10, count = 4}, {"uniform", 4}}},
  celeba = {network = gan.celeba, lr_d = 2e-4, lr_g = 1e-3,
    codes = {noise = 128, {"categorical", 10, count = 10}}},
  azimuth = {network = gan.faces, lr_d = 2e-4, lr_g = 5e-4, codes = faces(0.2)},
  elevation = {network = gan.faces, lr_d = 4e-4, lr_g = 3e-4, codes = faces(0.1)},
  lighting = {network = gan.faces, lr_d = 8e-4, lr_g = 3e-4, codes = faces(0.1)},
  shapes = {network = gan.shapes, lr_d = 2e-4, lr_g = 1e-3, codes = {noise = 5, {"uniform", 5}}},
}

return gan
