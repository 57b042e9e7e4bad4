-- What a trained GAN can do (see teasel.model.view): draw images from latents, and where it
-- has a Q say what that reads from images. Networks take and give pixels in their own range, a view
-- those in [0, 1].

local check = require "teasel.lib.check"
local in_batches = require "teasel.model.in_batches"
local loss = require "teasel.model.gan_loss"
local view = require "teasel.model.view"

local BATCH = 500   -- images that are drawn at a time

-- view(model, latents, params, stats) -> the view of a GAN by the running statistics:
--   decode     what the generator makes of latents, the noise among them
--   prior      latents:sample
--   represent  where there is a q_head, latents:represent of what Q says: means of continuous
--              latents and log probabilities of categories
--   recognise  likewise, the latents of a draw of the prior in which what Q reads has the place of
--              each but the noise: the mean, or the likeliest category
-- model: networks of teasel.model.gan_network, or a table with another `generator`; latents: a
-- description of teasel.model.latents; params and stats: of the whole model, {generator =, critic =
-- {trunk =, d_head =}, q_head =}, as gan.init gives them; stats is {} of a model without a q_head
-- whose generator has no running statistics.
local function of(model, latents, params, stats)
  if model.q_head then
    check.fields("gan.view", "argument 'params'", params, {"critic", "q_head"})
    check.fields("gan.view", "argument 'stats'", stats, {"critic", "q_head"})
  end
  local low, high = table.unpack(model.range or {0, 1})
  local shifted = low ~= 0 or high ~= 1
  local function decode(z)
    return in_batches(function(part)
      local x = model.generator(params.generator, part, {stats = stats.generator})
      return shifted and (x - low) / (high - low) or x
    end, BATCH, z)
  end
  local function heard(images)
    return loss.recognise(model, params, stats, loss.centred(model, images))
  end
  local function represent(images) return latents:represent(heard(images)) end
  local function recognise(images, stream)
    local said, z = latents:read(heard(images)), latents:sample(stream, #images)
    for k = 1, latents.count do z = latents:put(z, k, said:select(2, k)) end
    return z
  end
  return view{decode = decode, represent = model.q_head and represent,
    recognise = model.q_head and recognise,
    prior = function(stream, n) return latents:sample(stream, n) end, latents = latents:list()}
end

return check.called("gan_view", of, "model: table(generator), latents: table(inputs count), "
  .. "params: table(generator), stats: table")
