-- XY-squares (Michlo et al. 2021): three squares, each alone in a channel of 64 x 64 x 3, go over a
-- grid of their own size. Images that differ in one factor are all equally far from each other,
-- pixel by pixel, so that a reconstruction loss says nothing of the order of places: an adversary
-- of variational autoencoders.
--
--   local data = T.data.xy_squares{}              -- 262,144 images
--   local data = T.data.xy_squares{x_b = 0, y_b = 0}   -- the blue square stays in its corner
--
-- The factors, from the slowest: x_r, y_r, x_g, y_g, x_b, y_b, 8 places each, of the red, green
-- and blue square.

local core = require "teasel.core"
local drawn = require "teasel.data.drawn"

local op = core.op
local PLACES, SIDE = 8, 64

-- 1 in the pixels of a row or column where a square is, [n SIDE]
local function extent(place, n)
  local there = op.one_hot(place + 1, PLACES):reshape{n, PLACES, 1}
  return op.expand(there, {n, PLACES, SIDE // PLACES}):reshape{n, SIDE}
end

return drawn.new{
  name = "xy_squares", shape = {SIDE, SIDE, 3},
  factors = {{"x_r", PLACES}, {"y_r", PLACES}, {"x_g", PLACES}, {"y_g", PLACES}, {"x_b", PLACES},
    {"y_b", PLACES}},
  draw = function(f, n)
    local channels = {}
    for k, colour in ipairs{"r", "g", "b"} do
      local x, y = extent(f["x_" .. colour], n), extent(f["y_" .. colour], n)
      channels[k] = (y:reshape{n, SIDE, 1} * x:reshape{n, 1, SIDE}):reshape{n, SIDE, SIDE, 1}
    end
    return op.concat(channels, 4)
  end,
}
