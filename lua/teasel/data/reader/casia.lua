-- CASIA-WebFace (Yi et al. 2014): 494,414 faces of 10,575 people, a folder each; a set with people
-- as classes. The data are not passed on with teasel.
--
--   T.data.casia{folder = "CASIA-WebFace", size = 64, crop = 180}
--
-- Options: folder ("": found by teasel.data.find as "casia"), and those of
-- teasel.data.reader.pictures; size is 64 and channels 3 where they are left out.

local class_folders = require "teasel.data.reader.class_folders"

return function(given)
  return class_folders("casia", given, {name = "casia", size = 64, channels = 3})
end
