-- The reference models of `make bench`, as a user would write them: each entry is a function that
-- makes a model, a table of
--   step(stream, x)  a training step on images, or, without, on noise of their shape
--   state            all that the step changes
--   images           the shape of a batch; batch sizes are those of the papers
--   probe(x)         a loss that takes no random numbers, and the latents that it reads, if any
-- peer.py has the same models: it makes and judges the same images as often, and asks for the same
-- gradients. What it does besides is to move the running statistics at every batch.

local T = require "teasel"
local dist, gan, latents, nn, optim, vae = T.dist, T.gan, T.latents, T.nn, T.optim, T.vae

local models = {}

local function noise(shape) return T.stream(1, "images"):uniform(shape, 0, 1) end

local function made(shape, state, step, probe)
  local own = noise(shape)
  return {images = shape, state = state, probe = probe,
    step = function(stream, x) step(stream, x or own) end}
end

local BETA = 4

local function vae_model(model, shape)
  local params = vae.init(model, T.stream(1, "init"))
  local optimizer = optim.adam{lr = 5e-4}
  local slots = optimizer:init(params)
  local objective = T.value_and_grad(function(p, x, stream)
    local reconstruction, kl = vae.terms(model, p, x, stream)
    return reconstruction + kl * BETA
  end)
  return made(shape, {params = params, adam = slots}, function(stream, x)
    local _, grads = objective(params, x, stream)
    optimizer:update(params, grads, slots)
  end, function(x)
    local q = model.encoder(params.encoder, x)
    local nll = T.mean(dist.bernoulli.nll(x, model.decoder(params.decoder, q.mean)))
    return nll + T.sum(T.mean(T.gaussian_kl(q.mean, q.logvar), 1)) * BETA
  end)
end

-- Higgins et al. 2017, table 1, row "2D shapes", with Adam
function models.fc(batch) return vae_model(vae.fc(10), {batch or 64, 64, 64, 1}) end

-- Burgess et al. 2018, appendix
function models.conv(batch, channels)
  return vae_model(vae.conv_burgess(10, 1, channels), {batch or 64, 64, 64, 1})
end

-- D's loss and Q's on generated images that do not change
local function gan_probe(model, c, params, batch)
  local z = c:sample(T.stream(1, "probe"), math.min(batch, 64))
  return function(x)
    local loss, features = gan.critic_loss(model, params.critic, x,
      gan.generate(model, params.generator, z))
    return loss + T.sum(c:nll(gan.guess(model, params.q_head, features), z)), z
  end
end

-- one step of D and Q, one of G
local function infogan(name, shape)
  local row = gan.rows[name]
  local c = latents(row.latents)
  local model = row.network(c)
  local params, stats = gan.init(model, T.stream(1, "init"))
  local state, step = gan.infogan{model = model, codes = c, params = params, stats = stats,
    lr_d = row.lr_d, lr_g = row.lr_g}
  return made(shape, state, function(stream, real) step(real, c:sample(stream, #real)) end,
    gan_probe(model, c, params, shape[1]))
end

function models.infogan_mnist(batch) return infogan("mnist", {batch or 128, 28, 28, 1}) end

function models.infogan_celeba(batch) return infogan("celeba", {batch or 128, 32, 32, 3}) end

-- Unrolled InfoGAN: f_K with gradients through K = 5 steps of Adam
function models.unrolled(batch)
  local c = latents(gan.rows.mnist.latents)
  local model = gan.mnist(c)
  local params = gan.init(model, T.stream(1, "init"))
  local d_optimizer = optim.adam{lr = 2e-4, b1 = 0.5}
  local g_optimizer = optim.adam{lr = 1e-3, b1 = 0.5}
  local players = {generator = params.generator, q_head = params.q_head}
  local d_slots, g_slots = d_optimizer:init(params.critic), g_optimizer:init(players)
  local d_gradient = T.grad(function(critic, real, fake)
    return (gan.critic_loss(model, critic, real, fake))
  end)
  local objective = T.grad(function(p, real, z)
    local _, features = gan.judge(model, params.critic, p.fake)
    local q = gan.guess(model, p.q_head, features)
    local ahead = gan.unroll(d_optimizer, 5, params.critic, d_optimizer:init(params.critic),
      function(critic) return d_gradient(critic, real, p.fake) end)
    return T.sum(c:nll(q, z)) - (gan.critic_loss(model, ahead, real, p.fake))
  end)
  local function step(stream, real)
    local z = c:sample(stream, #real)
    local fake, back = T.vjp(function(p) return gan.generate(model, p, z) end, params.generator)
    d_optimizer:update(params.critic, d_gradient(params.critic, real, fake), d_slots)
    local slope = objective({fake = fake, q_head = params.q_head}, real, z)
    g_optimizer:update(players, {generator = back(slope.fake), q_head = slope.q_head}, g_slots)
  end
  return made({batch or 64, 28, 28, 1}, {params = params, d = d_slots, g = g_slots}, step,
    gan_probe(model, c, params, batch or 64))
end

local function down(n_in, n_out, f)
  return nn.conv(n_in, n_out, {kernel = 5, stride = 2, pad = 1}),
    nn.instance_norm(n_out, {affine = false}), f
end

-- a list of layers from groups of them
local function chain(...)
  local list = {}
  for _, group in ipairs{...} do table.move(group, 1, #group, #list + 1, list) end
  return nn.chain(list)
end

-- Mathieu et al. 2016 on MNIST: one step of the auto-encoder, two of the generator, one of D. The
-- images are three batches one behind another: x1, x2 of the same class, and x3.
function models.mathieu(batch)
  local n, size, leak = batch or 64, 16, nn.leaky_relu(0.2)
  local flat = {affine = false}
  local encoder = chain({down(1, 16, nn.relu)}, {down(16, 32, nn.relu)}, {down(32, 64, nn.relu)},
    {nn.flatten, nn.heads{mean = nn.linear(256, size), logvar = nn.linear(256, size),
      class = nn.linear(256, size)}})
  local inlets = {style = nn.linear(size, 256), class = nn.linear(size, 256)}
  local up = nn.chain{leak, nn.reshape{2, 2, 128},
    nn.deconv(128, 32, {kernel = 4, stride = 2}), nn.instance_norm(32, flat), leak,
    nn.deconv(32, 16, {kernel = 4, stride = 2}), nn.instance_norm(16, flat), leak,
    nn.deconv(16, 1, {kernel = 4, stride = 2, pad = 1}), nn.sigmoid}
  local critic = chain({down(2, 32, leak)}, {down(32, 64, leak)}, {down(64, 128, leak)},
    {nn.flatten, nn.linear(512, 2)})
  local stream = T.stream(1, "init")
  local params = {encoder = encoder:init(stream:split("encoder")), up = up:init(stream:split("up")),
    style = inlets.style:init(stream:split("style")),
    class = inlets.class:init(stream:split("class"))}
  local judge_params = critic:init(stream:split("critic"))
  local rate = {lr = 1e-4, b1 = 0.5}
  local optimizer = optim.adam(rate)
  local ae, generator = optimizer:init(params), optimizer:init(params)
  local discriminator = optimizer:init(judge_params)
  local function thirds(x)
    return x:slice(1, 1, n), x:slice(1, n + 1, 2 * n), x:slice(1, 2 * n + 1, 3 * n)
  end
  local real, fake = T.one_hot(T.ones{n} * 2, 2), T.one_hot(T.ones{n}, 2)

  local function decode(p, style, class)
    return up(p.up, T.concat({inlets.style(p.style, style), inlets.class(p.class, class)}, 2))
  end
  local function judge(p, a, b, label)
    return T.mean(T.cross_entropy(critic(p, T.concat({a, b}, 4)), label))
  end
  local function kl(q) return T.sum(T.gaussian_kl(q.mean, q.logvar)) * (1 / (n * 784)) end
  local function mse(a, b) return T.mean(T.square(a - b)) end

  local reconstruct = T.grad(function(p, random, x1, x2)
    local q, other = encoder(p.encoder, x1), encoder(p.encoder, x2)
    local style = dist.gaussian.sample(random, q.mean, q.logvar)
    return mse(decode(p, style, q.class), x1) + mse(decode(p, style, other.class), x1) + kl(q)
  end)
  local deceive = T.grad(function(p, random, x1, x3)
    local q, other = encoder(p.encoder, x1), encoder(p.encoder, x3)
    local style = dist.gaussian.sample(random:split("style"), q.mean, q.logvar)
    local prior = random:split("prior"):normal{n, size}
    return kl(q) + judge(judge_params, x3, decode(p, style, other.class), real)
      + judge(judge_params, x3, decode(p, prior, other.class), real)
  end)
  local function decoded(x1, x3)
    return decode(params, encoder(params.encoder, x1).mean, encoder(params.encoder, x3).class)
  end
  local detect = T.grad(function(p, x2, x3, decoy)
    return judge(p, x2, x3, real) + judge(p, x3, decoy, fake)
  end)
  local function step(random, x)
    local x1, x2, x3 = thirds(x)
    optimizer:update(params, reconstruct(params, random:split("ae"), x1, x2), ae)
    for i = 1, 2 do
      optimizer:update(params, deceive(params, random:split("generator" .. i), x1, x3), generator)
    end
    optimizer:update(judge_params, detect(judge_params, x2, x3, decoded(x1, x3)), discriminator)
  end
  local state = {params = params, critic = judge_params, ae = ae, g = generator,
    d = discriminator}
  return made({3 * n, 28, 28, 1}, state, step, function(x)
    local x1, x2, x3 = thirds(x)
    return mse(decoded(x1, x1), x1) + judge(judge_params, x2, x3, real)
      + judge(judge_params, x3, decoded(x1, x3), fake)
  end)
end

return models
