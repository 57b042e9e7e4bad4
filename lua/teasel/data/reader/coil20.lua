-- COIL-20 (Nene et al. 1996): 20 objects on a turntable, 72 views each, 5 degrees apart, 32 x 32; a
-- grid of object and azimuth, with objects as classes.
--
--   T.data.coil20{path = "COIL20.mat"}
--
-- Option: path; "": found by teasel.data.find as "coil20/COIL20.mat". nil, message where it cannot
-- be read.

local find = require "teasel.data.find"
local matlab = require "teasel.data.reader.matlab"
local options = require "teasel.options"

return function(given)
  local o = options.read("coil20", given, {path = ""})
  local path, message = find("coil20/COIL20.mat", o.path)
  if not path then return nil, message end
  return matlab{path, images = "X", side = 32, labels = "Y",
    names = {"object", "azimuth"}, sizes = {20, 72}}
end
