-- Parts of dSprites that are scored, by name: all images; every fifth angle and every second
-- position; or, to try things out, two angles and 16 positions.
--
--   parts(name) -> a data set; an unknown name is an error

local dsprites = require "teasel.data.generator.dsprites"
local drawn = require "teasel.data.drawn"
local options = require "teasel.options"

local every = drawn.every

local PARTS = {
  all = {},
  part = {orientation = every(5, 39), posX = every(2, 31), posY = every(2, 31)},
  few = {orientation = {0, 20}, posX = every(10, 31), posY = every(10, 31)},
}

return function(name)
  return dsprites(PARTS[name] or options.unknown("option --score", name, PARTS))
end
