-- Generative adversarial networks under one name: the papers' networks and the settings of their
-- tables (teasel.model.gan_network), what they compute and their losses (teasel.model.gan_loss),
-- steps of training (teasel.model.infogan, teasel.model.game), and views (teasel.model.gan_view).

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local game = require "teasel.model.game"
local infogan = require "teasel.model.infogan"
local options = require "teasel.options"

local gan = {unroll = game.unroll, view = require "teasel.model.gan_view"}

for _, part in ipairs{"gan_network", "gan_loss"} do
  for name, value in pairs(require("teasel.model." .. part)) do gan[name] = value end
end

-- infogan{model =, codes =, params =, stats =, lr_d =, lr_g =, information = true} -> the state of
-- an InfoGAN's training, for run.train, and a function step(real [n h w c], z [n inputs]) -> terms:
-- one step of Adam for D and Q, one for G, on one draw of (z, c). The terms are d_loss and g_loss
-- without L_I and information [count], all in nats, and live_mb, megabytes of tensors. With
-- information = false nobody but Q learns of the latents: a GAN with an auxiliary Q. The objective
-- is that of the paper; teasel.model.infogan takes others, and calls the codes latents.
function gan.infogan(given)
  local t = options.read("gan.infogan", given, {model = options.any, codes = options.any,
    params = options.any, stats = options.any, lr_d = 2e-4, lr_g = 1e-3, information = true})
  for _, name in ipairs{"model", "codes", "params", "stats"} do
    if type(t[name]) ~= "table" then
      check.wrong("gan.infogan", ("option '%s'"):format(name), t[name], "that of gan.init")
    end
  end
  if t.codes.count == 0 then fail "gan.infogan: got no latents, wanted one or more" end
  local net = infogan(t.model, t.codes, {params = t.params, stats = t.stats})
  local D, G = net:players{lr_d = t.lr_d, lr_g = t.lr_g, aside = not t.information,
    D = function(V, L_I) return -V - L_I end,
    G = function(log_D, L_I) return L_I and -log_D - L_I or -log_D end}
  return net.state, function(real, z)
    return game.alternating{{D, real, G:forward(z), z}, {G, z}}
  end
end

check.functions("gan.", gan, {infogan = "given: table"})

return gan
