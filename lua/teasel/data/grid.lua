-- Drawn sets of a size that a study can afford: dsprites as it is, faces and shapes3d cut to grids
-- of about 16,000 images of 64 x 64, drawn once (see teasel.data.stored).
--
--   local data = assert(T.data.grid "faces")

local check = require "teasel.lib.check"
local drawn = require "teasel.data.drawn"
local dsprites = require "teasel.data.generator.dsprites"
local faces = require "teasel.data.generator.faces"
local shapes3d = require "teasel.data.generator.shapes3d"
local stored = require "teasel.data.stored"

local every = drawn.every

local SETS = {
  dsprites = function() return dsprites{} end,
  faces = function()
    return stored(faces{size = 64, identity = every(1, 7), azimuth = every(2, 20),
      elevation = every(2, 10), light = every(2, 10)}, "study_faces")
  end,
  shapes3d = function()
    return stored(shapes3d{floor_hue = every(2, 9), wall_hue = every(2, 9),
      object_hue = every(2, 9), scale = every(2, 7), orientation = every(2, 14)},
      "study_shapes3d")
  end,
}

-- grid(name) -> a set with a space; nil and a message where its images cannot be kept. name:
-- "dsprites", 737,280 images of one channel; "faces", identity 0 to 7, every second azimuth,
-- elevation and light, and all widths; "shapes3d", every second level but of the shape, in colour
local function grid(name)
  local make = SETS[name] or check.wrong("grid", "name", name, '"dsprites", "faces" or "shapes3d"')
  return make()
end

return check.called("grid", grid, "name: string")
