-- Noise on all images that a discriminator sees, real and generated ones, which fades while it is
-- trained (Sonderby et al. 2017; Arjovsky & Bottou 2017): with it the two kinds overlap from the
-- beginning on, so that D cannot tell them by what no generator can draw yet.
--
--   local blur = T.instance_noise(0.1, 2000)   -- deviation 0.1 at first, 0 after 2,000 steps
--   net:players{sees = blur.sees, ...}
--   blur.at(step, stream:split "blur")         -- in each step, before its images are seen

local check = require "teasel.lib.check"
local optim = require "teasel.optim"
local shard = require "teasel.lib.shard"

-- instance_noise(deviation, steps) -> {at =, sees =}: N(0, sd^2), sd falling in a straight line
-- from the deviation to 0 over so many steps. at(step, stream) begins a step, sees(images) ->
-- images.
local function new(deviation, steps)
  check.number("instance_noise", "deviation", deviation, 0)
  local fade, sd, from = optim.schedule.linear(deviation, 0, steps), 0, nil
  local function at(step, stream) sd, from = fade(step), stream end
  local function sees(images)
    return sd > 0 and images + shard.draw(from, "normal", images, images:shape(), 0, sd) or images
  end
  return {at = check.called("instance_noise.at", at, "step: count, stream: stream"),
    sees = check.called("instance_noise.sees", sees, "images: tensor")}
end

return check.called("instance_noise", new, "deviation: number, steps: count")
