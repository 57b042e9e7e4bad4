-- The faces of Isomap (Tenenbaum et al. 2000): 698 renderings of one head, 32 x 32, with light,
-- turn and tilt as continuous factors, standardised. They are no grid.
--
--   T.data.isomap_faces{path = "face_1024.mat"}
--
-- Option: path; "": found by teasel.data.find as "isomap_faces/face_1024.mat". nil, message where
-- it cannot be read.

local find = require "teasel.data.find"
local matlab = require "teasel.data.reader.matlab"
local options = require "teasel.options"

return function(given)
  local o = options.read("isomap_faces", given, {path = ""})
  local path, message = find("isomap_faces/face_1024.mat", o.path)
  if not path then return nil, message end
  return matlab{path, images = "dataY", side = 32, factors = "dataT",
    names = {"light", "turn", "tilt"}}
end
