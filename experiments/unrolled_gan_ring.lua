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
-- Appendix --settings appendix has those of the paper's appendix, as far as we know them; its D
--          reads a quarter of the points. K is 10 there (--K 10).
-- Choices  Adam with beta1 0.5 as in the notebook, which has the rates 1e-4 (D) and 1e-3 (G),
--          batches of 512 and 25,000 steps; here 5e-4 and 2e-3, 128 and 4,000, so that a seed takes
--          about a minute.
-- Scores   Of 10,000 samples at the end, and of 1,000 at each tenth of the way: modes that are
--          covered, the share of good samples (within 3 standard deviations of a mode), and KL of
--          the model to the true mixture over cells, in nats (see coverage of T.data.ring).
-- Run      build/teasel experiments/unrolled_gan_ring.lua [--K 5] [--seed 1] [--through false]
--          build/teasel summary "runs/unrolled_gan_ring*" --curves d_loss,f
--            --values covered,good,kl,step_seconds,peak_bytes --figure samples.png

local T = require "teasel"
local nn, run = T.nn, T.run

local SETTINGS = {
  notebook = {radius = 1, sd = 0.05, lr_d = 5e-4, lr_g = 2e-3, units = nn.tanh, gain = 1.4,
    hidden = 2, scale = 1},
  appendix = {radius = 2, sd = 0.02, lr_d = 1e-4, lr_g = 1e-4, units = nn.relu, gain = 0.8,
    hidden = 1, scale = 1 / 4},
}

local config = run.config({
  settings = "notebook",   -- or appendix
  K = 5,            -- virtual steps of D that G sees ahead, 0 or more
  through = true,   -- G's gradient goes through these steps; false: it stops at them
  steps = 4000,     -- steps of training
  batch = 128,      -- samples in a step
  lr_d = 0.0,       -- learning rate of D; 0: that of the settings
  lr_g = 0.0,       -- learning rate of G; 0: that of the settings
  noise = 256,      -- numbers that G reads
  sd = 0.0,         -- standard deviation of each mode; 0: that of the settings
  seed = 1,         -- seed of the weights, the batches and the noise
}, {settings = SETTINGS})
T.command.at_least(config, {K = 0, lr_d = 0, lr_g = 0, sd = 0})

local chosen = SETTINGS[config.settings]
local function own(name) return config[name] > 0 and config[name] or chosen[name] end
local data = T.data.ring{sd = own "sd", radius = chosen.radius}

local function mlp(n_in, n_out, hidden)
  local s = T.sequential({n_in}, {activation = chosen.units,
    init = nn.init.orthogonal(chosen.gain)})
  for _ = 1, hidden do s:linear(128) end
  return s:linear(n_out, {last = true}):chain()
end

local model = {generator = mlp(config.noise, 2, 2), critic = mlp(2, 1, chosen.hidden)}

-- f = E log D(x) + E log(1 - D(G(z))), with the critic's logits: log D is -softplus(-logit)
local function f(D, x, Gz)
  local function logit(points) return D(points * chosen.scale) end
  return -T.softplus(-logit(x)):mean() - T.softplus(logit(Gz)):mean()
end
local net = T.unrolled_gan(model, T.stream(config.seed, "init"), {K = config.K,
  through = config.through, noise = config.noise, noise_from = "gaussian",
  lr_d = own "lr_d", lr_g = own "lr_g",
  D = function(D, x, Gz) return -f(D, x, Gz) end,
  G = function(D_K, x, Gz)
    local value = f(D_K, x, Gz)
    return value, {f = value}
  end})
local keep = T.film.new(net.state, net:view(), config)

local function step(number, stream)
  local terms = net:step(data:batch(stream:split "real", config.batch), stream:split "z")
  keep(number)
  return terms
end

local r = run.train{config = config, state = net.state, step = step, model = model, data = data,
  view = net:view()}

T.ring_report.ring(r, {title = ("%s, K = %d, seed %d"):format(config.settings, config.K,
  config.seed)})
