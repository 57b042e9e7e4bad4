-- 3D chairs (Aubry et al. 2014): 1,393 models, 62 views each, as rendered:
-- MODEL/renders/image_III_pPPP_tTTT_rRRR.png, p the elevation and t the azimuth in degrees. A set
-- with models as classes and the two angles as factors.
--
--   T.data.rendered_chairs{folder = "rendered_chairs", size = 64, crop = 440, channels = 1}
--
-- Options: folder ("": found by teasel.data.find as "rendered_chairs"), and those of
-- teasel.data.reader.pictures.

local class_folders = require "teasel.data.reader.class_folders"

return function(given)
  return class_folders("rendered_chairs", given, {name = "chairs",
    only = "/renders/", pattern = "_p(%d+)_t(%d+)_", names = {"elevation", "azimuth"}})
end
