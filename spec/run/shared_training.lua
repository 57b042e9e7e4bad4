-- A training for spec/run/shard_spec.lua and ranks_spec.lua: in each step a VAE whose objective has
-- all that looks at more than one image, and an InfoGAN with batch norm whose generator sees its
-- discriminator some steps ahead.

local T = require "teasel"
local core = require "teasel.core"
local objective, vae = T.objective, T.vae

local config = T.run.config({
  steps = 2,
  batch = 16,
  K = 1,          -- virtual steps
  recompute = false,
  pause = 0.0,    -- seconds of a step
  fail = 0,       -- the step in which one of the processes fails
  seed = 1,
})

local data, ring = T.data.xy_squares{}, T.data.ring{}

-- the VAE
local optimizer = T.optim.adam{lr = 1e-3}
local net = vae.learner(vae.network{shape = data.shape, latents = 3, channels = {2, 2},
  hidden = {4}}, optimizer, T.stream(config.seed, "vae"))
local critic = T.factor_vae.discriminator{latents = 3, units = 4, stream = T.stream(2)}

local function learn(stream)
  local x = data:batch(stream:split "batch", config.batch)
  local prior = stream:split "prior":normal{config.batch, 3}
  local terms, pass = net:step(x, stream:split "z", function(pass)
    return pass.reconstruction + vae.capacity(pass.kl, 2, 0.3)
      + objective.total_correlation(pass, data:count()) + objective.dip(pass, {kind = "II"})
      + objective.mmd(pass.z, prior) + critic:total_correlation(pass.z)
  end)
  -- sets that draw for themselves
  local points, modes = ring:batch(stream:split "ring", config.batch)
  terms.points = (points * modes):mean()
  local own = T.game.alternating{{critic.player, pass.z,
    T.factor_vae.permuted(stream:split "order", pass.z)}}
  terms.discriminator = own.discriminator
  return terms
end

-- the InfoGAN
local latents = T.latents{noise = 2, {"categorical", 3}, {"uniform", 2, weight = 0.1}}
local gan = T.infogan(T.gan.mnist(latents, {width = 0.02}), latents, T.stream(config.seed, "gan"))
local D, G = gan:players{
  D = function(V, L_I) return -V - L_I end,
  G = function(_, L_I, Gz, x)
    local log_D = gan:log_D(gan:ahead(config.K, x, Gz, config.recompute), Gz)
    return -log_D - L_I, {g_loss = -log_D}
  end}

local function play(stream)
  local x = stream:split "images":uniform{config.batch, 28, 28, 1}
  local z = latents:sample(stream:split "z", config.batch)
  return T.game.simultaneous{{D, x, G:forward(z), z}, {G, z, x}}
end

local state = {vae = net.state, critic = critic.state, gan = gan.state}

local r = T.run.train{config = config, state = state, data = data, step = function(step, stream)
  local index = core.shard.place()
  if step == config.fail and index == 1 then error "this one fails" end
  if config.pause > 0 then core.system.sleep(config.pause) end
  local terms = learn(stream:split "vae")
  for name, value in pairs(play(stream:split "gan")) do terms[name] = value end
  terms.live_mb = nil
  return terms
end}

assert(T.save(r.dir .. "/end.h5", state))
local parts = {}
for i, x in ipairs(T.tree.leaves(state)) do parts[i] = x:data() end
print(core.file.sha256(table.concat(parts)))
