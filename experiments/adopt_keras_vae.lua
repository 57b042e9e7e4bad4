-- A VAE of Keras as a run: weights as `vae.save_weights("vae.h5")` of Keras 2 writes them for a
-- model built as Keras's own example (Chollet 2020, keras.io, "Variational AutoEncoder").
--
-- Claim    None of its own: what these weights do is measured as if they had been trained here.
-- Data     MNIST, for a model of images of one colour with 28 x 28 pixels (--data none: none).
-- Model    convolutions with stride 2 and padding "same", dense layers, ReLU; means and log
--          variances; the reverse, its last layer with stride 1; Bernoulli likelihood. Layers
--          have the names that Keras gives them; batch_normalization, where there is any, stands
--          between a convolution and its activation.
-- Choices  None: the sizes are those of the arrays, and how many layers there are their names say.
-- Run      build/teasel experiments/adopt_keras_vae.lua --weights vae.h5
--          Then build/teasel explore, repl, beside ... on its directory. Seconds.

local T = require "teasel"

local config = T.run.config({
  weights = "vae.h5",   -- the file of Keras
  data = "mnist",       -- what figures are made of: mnist, or none
}, {data = {mnist = true, none = true}})

local weights = T.adopt.weights(config.weights)

-- the layers of one kind in a model, conv2d, conv2d_1 ..., in the order in which they were made;
-- of kernels there has to be one
local function made(model, kind, array)
  local list, number = {}, {}
  for name in pairs(weights) do
    local layer, which = name:match("^(" .. model .. "%." .. kind .. "_?(%d*))%." .. array .. ":0$")
    if layer then list[#list + 1], number[layer] = layer, tonumber(which) or 0 end
  end
  table.sort(list, function(a, b) return number[a] < number[b] end)
  if #list == 0 and array == "kernel" then   -- an error
    T.adopt.array(weights, ("%s.%s.kernel:0"):format(model, kind))
  end
  return list
end

local dense, expand = made("encoder", "dense", "kernel"), made("decoder", "dense", "kernel")
local convolutions = made("encoder", "conv2d", "kernel")
local deconvolutions = made("decoder", "conv2d_transpose", "kernel")
local norms = {encoder = made("encoder", "batch_normalization", "moving_mean"),
  decoder = made("decoder", "batch_normalization", "moving_mean")}

-- the map that the decoder begins with, and the images
local maps = weights[deconvolutions[1] .. ".kernel:0"]:size(4)
local first = math.tointeger((weights[expand[#expand] .. ".kernel:0"]:size(2) / maps) ^ 0.5)
local side = first << #deconvolutions - 1
local colours = weights[convolutions[1] .. ".kernel:0"]:size(3)

local down = T.adopted(weights, {side, side, colours}, {order = "keras"})
for i, name in ipairs(convolutions) do
  down:conv(name, {pad = "same", norm = norms.encoder[i]})
end
for _, name in ipairs(dense) do down:linear(name) end
down:heads{mean = "encoder.z_mean", logvar = "encoder.z_log_var"}

local latents = #weights["encoder.z_mean.bias:0"]
local up = T.adopted(weights, {latents}, {order = "keras"})
for i, name in ipairs(expand) do
  up:linear(name, {to = i == #expand and {first, first, maps} or nil})
end
for i, name in ipairs(deconvolutions) do
  local last = i == #deconvolutions
  up:deconv(name, {pad = "same", stride = last and 1 or 2, last = last, norm = norms.decoder[i]})
end

local model, params = {latents = latents}, {}
for name, built in pairs{encoder = down, decoder = up} do
  local network, weight, stats = built:network()
  params[name] = weight
  model[name] = function(p, x) return network(p, x, {stats = stats}) end
end

local fits = config.data == "mnist" and side == 28 and colours == 1
local r = T.adopt.run{config = config, weights = weights, model = model,
  view = T.vae.view(model, params), data = fits and T.data.mnist{} or nil}

T.report.view(r, {title = "Keras's VAE"})
