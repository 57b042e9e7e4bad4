-- The Frey faces (Roweis): 1,965 frames of a film of one face, 28 high and 20 wide. Neighbours are
-- alike: split them in order, not at random.
--
--   T.data.frey_faces{path = "frey_rawface.mat"}
--
-- Option: path; "": found by teasel.data.find as "frey/frey_rawface.mat". nil, message where it
-- cannot be read.

local find = require "teasel.data.find"
local matlab = require "teasel.data.reader.matlab"
local options = require "teasel.options"

return function(given)
  local o = options.read("frey_faces", given, {path = ""})
  local path, message = find("frey/frey_rawface.mat", o.path)
  if not path then return nil, message end
  return matlab{path, images = "ff", side = {28, 20}, across = true}
end
