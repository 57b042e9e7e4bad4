-- The CMU face images (Mitchell 1997): 624 photographs of 20 people, 60 x 64 or 30 x 32, grey, as
-- one .npz with a labels.csv beside it. Classes are the people; factors are pose, expression and
-- eyes (open or behind sunglasses), each as a level. 16 of the 640 combinations are missing.
--
--   T.data.cmu_faces{path = "cmu_faces_half_size.npz"}
--
-- Option: path; "": found by teasel.data.find as "cmu_faces/cmu_faces_half_size.npz". nil, message
-- where it cannot be read.

local file = require "teasel.data.reader.file"
local find = require "teasel.data.find"
local options = require "teasel.options"

return function(given)
  local o = options.read("cmu_faces", given, {path = ""})
  local path, message = find("cmu_faces/cmu_faces_half_size.npz", o.path)
  if not path then return nil, message end
  return file{path, images = "data", table = "labels.csv", class = "person"}
end
