-- 3D chairs (Aubry et al. 2014): 1,393 models, 62 views each, as rendered:
-- MODEL/renders/image_III_pPPP_tTTT_rRRR.png, p the elevation and t the azimuth in degrees. A set
-- with models as classes and the two angles as factors.
--
--   T.data.rendered_chairs{folder = "rendered_chairs", size = 64, crop = 440, channels = 1}
--
-- Options: folder ("": found by teasel.data.find as "rendered_chairs"), and those of
-- teasel.data.reader.pictures.

local find = require "teasel.data.find"
local folder = require "teasel.data.reader.folder"
local options = require "teasel.options"
local pictures = require "teasel.data.reader.pictures"

return function(given)
  local known = {folder = ""}
  for name, value in pairs(pictures.defaults) do known[name] = value end
  local o = options.read("rendered_chairs", given, known)
  local path, message = o.folder, nil
  if path == "" then
    path, message = find "rendered_chairs"
    if not path then return nil, message end
  end
  o.path, o.folder, o.name, o.only = path, nil, "chairs", "/renders/"
  o.pattern, o.names = "_p(%d+)_t(%d+)_", {"elevation", "azimuth"}
  return folder(o)
end
