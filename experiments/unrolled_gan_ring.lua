-- Unrolled GAN on a ring of eight normal distributions: Metz et al. 2017, "Unrolled generative
-- adversarial networks", section 3.1 and figure 2.
--
-- Claim    With K = 0 the generator goes from mode to mode and does not settle; with K of 5 or more
--          virtual steps of the discriminator it covers all eight.
-- Data     8 modes at the angles 2 pi i / 8 of the unit circle, standard deviation 0.05. The
--          authors' notebook has 0.01, and linspace(0, 2 pi, 8), whose ends are one mode.
-- Models   the notebook's: z ~ N(0, I_256), two layers of 128 tanh units in G and in D, orthogonal
--          weights of gain 1.4
-- Loss     G minimises and D maximises f = E log D(x) + E log(1 - D(G(z))). G sees f at D's weights
--          after K virtual steps of Adam on the same batch, which start from D's own weights and
--          slots; its gradient goes through these steps (--through false: it stops at them).
--          D takes one ordinary step at the same time.
-- Choices  Adam with beta1 0.5 as in the notebook, which has the rates 1e-4 (D) and 1e-3 (G),
--          batches of 512 and 25,000 steps; here 5e-4 and 2e-3, 128 and 4,000, so that a seed takes
--          about a minute.
-- Scores   A sample is good when it is within 3 standard deviations of a mode; a covered mode has
--          at least a fifth of its share of the samples as good ones. Of 10,000 samples at the end,
--          and of 1,000 at each tenth of the way. KL of the model to the true mixture over cells:
--          the surroundings of each mode, and elsewhere; in nats.
-- Run      build/teasel experiments/unrolled_gan_ring.lua [--K 5] [--seed 1] [--through false]
--          build/teasel experiments/unrolled_gan_ring.lua --summary "runs/unrolled_gan_ring*"

local T = require "teasel"
local gan, nn, optim, run = T.gan, T.nn, T.optim, T.run

local config = run.config({
  K = 5,            -- virtual steps of D that G sees ahead, 0 or more
  through = true,   -- G's gradient goes through these steps; false: it stops at them
  steps = 4000,     -- steps of training
  batch = 128,      -- samples in a step
  lr_d = 5e-4,      -- learning rate of D
  lr_g = 2e-3,      -- learning rate of G
  noise = 256,      -- numbers that G reads
  sd = 0.05,        -- standard deviation of each mode
  seed = 1,         -- seed of the weights, the batches and the noise
  summary = "",     -- no training: a table of the runs that this pattern names
}, {"summary"})
local COLUMNS = {
  {"modes", function(r) return r.scored.covered end, "%g"},
  {"over time", function(r) return table.concat(r.scored.over_time, " ") end},
  {"good %", function(r) return 100 * r.scored.good end, "%.1f"},
  {"KL", function(r) return r.scored.kl end, "%.4f"},
  table.unpack(T.summary.cost)
}
if config.summary ~= "" then return T.summary.write(T.summary.open(config.summary), COLUMNS) end
T.command.at_least(config, {K = 0})

local FRAMES = 10
local data = T.data.ring{sd = config.sd}

local function mlp(n_in, n_out)
  local weights = {init = nn.init.orthogonal(1.4)}
  return nn.chain{nn.linear(n_in, 128, weights), nn.tanh, nn.linear(128, 128, weights), nn.tanh,
    nn.linear(128, n_out, weights)}
end

local model = {generator = mlp(config.noise, 2), critic = mlp(2, 1)}
local stream = T.stream(config.seed, "init")
local params = {generator = model.generator:init(stream:split("generator")),
  critic = model.critic:init(stream:split("critic"))}
local adam_d = optim.adam{lr = config.lr_d, b1 = 0.5}
local adam_g = optim.adam{lr = config.lr_g, b1 = 0.5}
local state = {params = params, d = adam_d:init(params.critic), g = adam_g:init(params.generator),
  frames = {}, at = {}}

-- -f
local function critic_loss(critic, real, fake)
  return T.softplus(-model.critic(critic, real)):mean()
    + T.softplus(model.critic(critic, fake)):mean()
end

local critic_step, slope = T.value_and_grad(critic_loss), T.grad(critic_loss)

-- f_K as a function of the generator's samples
local image_step = T.value_and_grad(function(fake, real)
  local seen = config.through and fake or T.stop_gradient(fake)
  local critic = gan.unroll(adam_d, config.K, params.critic, state.d,
    function(c) return (slope(c, real, seen)) end)
  return -critic_loss(critic, real, fake)
end)

local function samples(n, stream)
  return model.generator(params.generator, stream:normal{n, config.noise})
end

local function keep(frame, number)
  state.frames[frame], state.at[frame] = samples(1000, T.stream(config.seed, "frames")), number
end

for frame = 1, FRAMES do keep(frame, 0) end

local function step(number, stream)
  local real = data:batch(stream:split("real"), config.batch)
  local z = stream:split("z"):normal{config.batch, config.noise}
  local fake, back = T.vjp(function(g) return model.generator(g, z) end, params.generator)
  local f, image_slope = image_step(fake, real)
  local d_loss, grads = critic_step(params.critic, real, fake)
  adam_d:update(params.critic, grads, state.d)
  adam_g:update(params.generator, back(image_slope), state.g)
  local frame = number * FRAMES // config.steps   -- at each tenth of the way
  if frame > (number - 1) * FRAMES // config.steps then keep(frame, number) end
  return {d_loss = d_loss, f = f, live_mb = T.memory().live / 1e6}
end

local r = run.train{config = config, state = state, step = step, model = model, data = data}

local title = ("K = %d, seed %d"):format(config.K, config.seed)
local scores = data:coverage(samples(10000, T.stream(config.seed, "scores")))
local panels
scores.over_time, panels = data:film(state.frames, state.at)
scores.step, scores.seconds, scores.peak_bytes = r.step, r.note.seconds, r.note.peak_bytes
r:scores(scores)
assert(T.chart.panels(r:figure "samples.png", {title = title, columns = 5, panels = panels,
  kind = "scatter", width = 150, height = 150, legend = "none"}))
assert(T.figure.curves(r:figure "curves.png", r:log(), {{"d_loss", "-f"}, {"f", "f after K steps"}},
  title))
print(("%s: %d of 8 modes, %.1f %% of the samples good, KL %.4f nats; over time %s"):format(title,
  scores.covered, 100 * scores.good, scores.kl, table.concat(scores.over_time, " ")))
