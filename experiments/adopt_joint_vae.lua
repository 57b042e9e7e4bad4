-- A model of joint-vae as a run: the published weights of Dupont 2018, "Learning disentangled joint
-- continuous and discrete representations" (github.com/Schlumberger/joint-vae, MIT).
--
-- Claim    None of its own: what these weights do is measured as if they had been trained here.
-- Data     dSprites, drawn on demand, for a model of images of one colour with 64 x 64
--          pixels (--data none: none).
-- Model    4 x 4 convolutions, one hidden layer, ReLU; continuous latents and categorical ones; the
--          reverse; Bernoulli likelihood.
-- Choices  None: the sizes are those of the arrays, and how many layers there are their names say.
-- Run      build/teasel experiments/adopt_joint_vae.lua --weights model.pt
--          Then build/teasel score, repl, beside ... on its directory. Seconds, without the scores.

local T = require "teasel"

local config = T.run.config({
  weights = "model.pt",   -- the published file
  data = "dsprites",      -- what scores and figures are made of: dsprites, or none
  score = "few",          -- images of dSprites that the scores take: all, part or few
}, {"score", data = {dsprites = true, none = true}})

local weights = T.adopt.weights(config.weights)

-- the layers of a Sequential, in order, one or more
local function numbered(name)
  local list = {}
  for i = 0, 20 do
    local layer = ("%s.%d"):format(name, i)
    if weights[layer .. ".weight"] then list[#list + 1] = layer end
  end
  return #list > 0 and list or T.adopt.array(weights, name .. ".0.weight")   -- an error
end

local convolutions, deconvolutions = numbered "img_to_features", numbered "features_to_img"
local side, colours = 4 << #convolutions, weights[convolutions[1] .. ".weight"]:size(2)

-- the logits of all categorical latents as those of one layer
local layers, logits, biases, categories = T.tree.copy(weights), {}, {}, {}
for i, name in ipairs(numbered "fc_alphas") do
  logits[i], biases[i] = weights[name .. ".weight"], weights[name .. ".bias"]
  categories[i] = #biases[i]
end
layers["fc_alphas.weight"], layers["fc_alphas.bias"] = T.concat(logits, 1), T.concat(biases, 1)

local down = T.adopted(layers, {side, side, colours})
for _, name in ipairs(convolutions) do down:conv(name) end
down:linear "features_to_hidden.0"
  :heads{mean = "fc_mean", logvar = "fc_log_var", logits = "fc_alphas"}

local continuous = weights["fc_mean.weight"]:size(1)
local up = T.adopted(weights, {T.adopt.array(weights, "latent_to_features.0.weight"):size(2)})
  :linear "latent_to_features.0"
  :linear("latent_to_features.2", {to = {4, 4, weights[deconvolutions[1] .. ".weight"]:size(1)}})
for i, name in ipairs(deconvolutions) do up:deconv(name, {last = i == #deconvolutions}) end

local model = T.joint_vae.model{shape = {side, side, colours}, channels = {1}, hidden = {1},
  continuous = continuous, categories = categories}
local params = {}
model.encoder, params.encoder = down:network()
model.decoder, params.decoder = up:network()

local scored = config.data == "dsprites" and side == 64 and colours == 1
local r = T.adopt.run{config = config, weights = weights, model = model,
  view = T.vae.view(model, params), data = scored and T.data.dsprites{} or nil}

T.report.dsprites(r, {data = scored and T.report.scored(config.score) or nil,
  title = "joint-vae"})
