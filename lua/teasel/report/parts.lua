-- Parts of drawn sets that are scored, by name. Of dSprites: all images; part, every fifth angle
-- and every second position; or few, to try things out, two angles and 16 positions. Of faces, 64 x
-- 64: part, 15,840 images of eight people; or few.
--
--   parts(name [, set = "dsprites"]) -> a data set; an unknown name is an error

local drawn = require "teasel.data.drawn"
local dsprites = require "teasel.data.generator.dsprites"
local faces = require "teasel.data.generator.faces"
local options = require "teasel.options"

local every = drawn.every

local SETS = {
  dsprites = {make = dsprites, parts = {
    all = {},
    part = {orientation = every(5, 39), posX = every(2, 31), posY = every(2, 31)},
    few = {orientation = {0, 20}, posX = every(10, 31), posY = every(10, 31)},
  }},
  faces = {make = faces, parts = {
    part = {identity = every(1, 7), elevation = every(2, 10), light = every(2, 10),
      azimuth = every(2, 20)},
    few = {identity = {0, 1}, azimuth = {0, 10, 20}, elevation = {0, 10}, light = {0, 10},
      width = {0, 4}},
  }},
}

return function(name, set)
  local of = SETS[set or "dsprites"] or options.unknown("report.scored: set", set, SETS)
  return of.make(of.parts[name] or options.unknown("option --score", name, of.parts))
end
