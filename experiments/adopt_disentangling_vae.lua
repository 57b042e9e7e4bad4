-- A model of disentangling-vae as a run: published weights of Dubois et al. 2019 (MIT, from
-- github.com/YannDubs/disentangling-vae), whose network is that of Burgess et al. 2018,
-- "Understanding disentangling in beta-VAE", appendix.
--
-- Claim    None of its own: what these weights do is measured as if they had been trained here.
-- Data     dSprites, drawn on demand, for a model of images of one colour with 64 x 64 pixels; for
--          one of chairs: --data none, and then build/teasel beside RUN --data chairs.
-- Model    32 channels three times (four for 64 x 64), 256 units twice, ReLU; means and log
--          variances of 10 latents in turns; the reverse; Bernoulli likelihood.
-- Choices  None: the sizes are those of the arrays.
-- Run      build/teasel experiments/adopt_disentangling_vae.lua --weights model.pt [--score part]
--          Then build/teasel score, repl, beside ... on its directory. Seconds, without the scores.

local T = require "teasel"

local config = T.run.config({
  weights = "model.pt",   -- the published file
  data = "dsprites",      -- what scores and figures are made of: dsprites, or none
  score = "few",          -- images that the scores take: all, part or few
}, {"score", data = {dsprites = true, none = true}})

local weights = T.adopt.weights(config.weights)
local function array(name) return T.adopt.array(weights, name) end
local large, colours = weights["encoder.conv_64.weight"], array("encoder.conv1.weight"):size(2)
local side = large and 64 or 32

local down = T.adopted(weights, {side, side, colours})
down:conv "encoder.conv1":conv "encoder.conv2":conv "encoder.conv3"
if large then down:conv "encoder.conv_64" end
down:linear "encoder.lin1":linear "encoder.lin2"
  :interleaved("encoder.mu_logvar_gen", {"mean", "logvar"})

local latents = array("decoder.lin1.weight"):size(2)
local up = T.adopted(weights, {latents}):linear "decoder.lin1":linear "decoder.lin2"
  :linear("decoder.lin3", {to = {4, 4, array("decoder.convT1.weight"):size(1)}})
if large then up:deconv "decoder.convT_64" end
up:deconv "decoder.convT1":deconv "decoder.convT2":deconv("decoder.convT3", {last = true})

local model, params = {latents = latents}, {}
model.encoder, params.encoder = down:network()
model.decoder, params.decoder = up:network()

local scored = config.data == "dsprites" and large and colours == 1
local r = T.adopt.run{config = config, weights = weights, model = model,
  view = T.vae.view(model, params), data = scored and T.data.dsprites{} or nil}

T.report.dsprites(r, {data = scored and T.report.scored(config.score) or nil,
  title = "disentangling-vae"})
